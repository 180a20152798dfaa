"""Parses one page in a process of its own, and says whether it is within the limits.

Run by `limits` as a program, with the page in UTF-8 on standard input. Imports nothing else of the
package.
"""

from __future__ import annotations

import sys
from contextlib import suppress

WITHIN, BEYOND = b"within", b"beyond"
"""What it prints at its end. If it ends otherwise, nothing is known of the page, unless one of its
own limits has ended it."""


def main() -> None:
    """Print whether the page can be parsed in some seconds and megabytes, and is not too deep."""
    seconds, megabytes, depth, elements = map(int, sys.argv[1:5])
    sys.path.append(sys.argv[5])
    from selectolax.lexbor import SelectolaxError

    _limit(seconds, megabytes)
    try:
        verdict = WITHIN if _is_within(depth, elements) else BEYOND
    except (MemoryError, SelectolaxError):
        verdict = BEYOND
    sys.stdout.buffer.write(verdict)


def _is_within(depth: int, elements: int) -> bool:
    from selectolax.lexbor import LexborHTMLParser

    level = LexborHTMLParser(sys.stdin.buffer.read().decode()).css("html")
    while level and depth >= 0 and elements >= 0:
        level = [below for node in level for below in node.iter()]
        depth -= 1
        elements -= len(level)
    return not level


def _limit(seconds: int, megabytes: int) -> None:
    """Let the system end this process when it has used so much; a lower limit stays.

    Where memory ends for all, this process is the first to go.
    """
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (seconds, seconds + 1),  # first SIGXCPU, so that SIGKILL is foreign
        resource.RLIMIT_AS: (megabytes << 20, megabytes << 20),
    }
    for kind, most in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, most)


if __name__ == "__main__":
    main()
