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
    _limit(seconds, megabytes)
    from selectolax.lexbor import LexborHTMLParser

    level = LexborHTMLParser(sys.stdin.buffer.read().decode()).css("html")
    while level and depth >= 0 and elements >= 0:
        level = [below for node in level for below in node.iter()]
        depth -= 1
        elements -= len(level)
    sys.exit(bool(level))


def _limit(seconds: int, megabytes: int) -> None:
    """Let the system end this process when it has used so much; a lower limit stays."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: megabytes << 20,
    }
    for kind, most in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
