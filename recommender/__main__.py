"""The program: `recommender`, or `python -m recommender`.

Looks for garbage seldom, and says so before anything heavy is loaded; leaves at once when done.
"""

from __future__ import annotations

import gc
import os
import sys
import threading

OBJECTS_BETWEEN_COLLECTIONS = 10_000_000
"""A run makes many objects that live to its end. At Python's 700, a tenth of the start and a
fifth of the time of 10,000 articles went into looking for garbage among them."""


def main() -> None:
    """Run the command line, and leave."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    from recommender.cli import main as run

    try:
        run()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        _leave(end.code or 0)
    _leave(0)


def _leave(code: int) -> None:
    """End the process without taking its objects apart, where nothing else runs in it.

    The system takes all memory back at once anyway.
    """
    if threading.active_count() > 1:
        sys.exit(code)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # started with it closed, as some schedulers do
                stream.flush()
    except BrokenPipeError:  # the reader has seen enough, as `head` does
        os._exit(code or 1)
    except OSError:
        sys.exit(code)  # Python tells what is lost
    os._exit(code)


if __name__ == "__main__":
    main()
