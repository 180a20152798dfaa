"""Parses one page in a process of its own: exit code 0 says that it is within the limits.

Run by `limits` as a program, with the page in UTF-8 on standard input. Imports nothing else of the
package.
"""

from __future__ import annotations

import sys
from contextlib import suppress


def main() -> None:
    """Exit with 0 if the page can be parsed in some seconds and megabytes, and is not too deep."""
    seconds, megabytes, depth, elements = map(int, sys.argv[1:])
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    from selectolax.lexbor import LexborHTMLParser

    level = LexborHTMLParser(sys.stdin.buffer.read().decode()).css("html")
    while level and depth >= 0 and elements >= 0:
        level = [below for node in level for below in node.iter()]
        depth -= 1
        elements -= len(level)
    sys.exit(bool(level))


if __name__ == "__main__":
    main()
