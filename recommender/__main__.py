"""The program: `recommender`, or `python -m recommender`.

Sets up the process before anything heavy is loaded, and leaves at once when done: standard
streams that are closed or cannot show a character end no command, an interruption ends it
without a traceback, garbage is looked for seldom. Imports only what Python has loaded already:
until `main` runs, nothing of ours can catch an interruption.
"""

from __future__ import annotations

import gc
import os
import sys

OBJECTS_BETWEEN_COLLECTIONS = 10_000_000
"""A run makes many objects that live to its end. At Python's 700, a tenth of the start and a
fifth of the time of 10,000 articles went into looking for garbage among them."""

INTERRUPTED = 130
"""Exit code of a process that was interrupted, by the habit of shells."""


def main() -> None:
    """Run the command line, and leave."""
    try:
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
        _open_streams()
        from recommender.cli.main import main as run

        run()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        _leave(end.code or 0)
    except KeyboardInterrupt:  # while modules were loading: nothing has been written
        _leave(INTERRUPTED)
    _leave(0)


def _open_streams() -> None:
    """Give the process the three standard streams, whatever it was started with.

    A closed one is opened on the null device: the next file opened would take its number, and
    narration would go into that file. A character that a stream's encoding does not have is
    written as an escape.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a stream that a host has put there may have none
            reconfigure(errors="backslashreplace")


def _leave(code: int) -> None:
    """End the process without taking its objects apart, where nothing else runs in it.

    The system takes all memory back at once anyway.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as `head` does
        code = code or 1
    except OSError as error:
        if not code:
            code = 1
            _complain(f"Error: standard output: {(error.strerror or str(error)).lower()}\n")
    _complain("")
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        _forget_output()
        sys.exit(code)
    os._exit(code)


def _complain(text: str) -> None:
    """Write to stderr and flush it; where nobody can read it, that is no error."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass


def _forget_output() -> None:
    """Let Python's own flush at exit fail no more."""
    null = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(null, number)


if __name__ == "__main__":
    main()
