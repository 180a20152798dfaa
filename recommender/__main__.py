"""The program: `recommender`, or `python -m recommender`.

Sets up the process before anything heavy is loaded, and exits at once when done. A command
works with standard streams that are closed or cannot show a character, ends without a traceback
when interrupted, rarely collects garbage, starts no threads for linear algebra, and loads pyarrow
only for Parquet. Imports only modules that Python has already loaded: until `main` runs, nothing
here can catch an interruption.
"""

from __future__ import annotations

import gc
import os
import sys

OBJECTS_BETWEEN_COLLECTIONS = 10_000_000
"""Most objects of a run live until its end. With Python's default of 700, searching them for
garbage took a tenth of the start-up time and a fifth of the time for 10,000 articles."""

LINEAR_ALGEBRA = "OPENBLAS_NUM_THREADS"
"""Variable that sets the threads of OpenBLAS, which NumPy and SciPy load one each of. No command
multiplies large dense matrices. Its threads spin for a while once started: without them a build of
509 articles takes 0.12 of 1.00 CPU seconds less on two processors."""

INTERRUPTED = 130
"""Exit code of an interrupted process, as in shells."""


class _NoArrow:
    """Tells pandas, while it loads, that pyarrow is not installed.

    pandas would load it for a kind of text that no command uses: a tenth of the time of a build of
    509 articles, and 48 MB. It still reads and writes Parquet, for which pyarrow is loaded then.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse pyarrow until pandas is loaded; leave all other modules to Python."""
        pandas = sys.modules.get("pandas")
        if name == "pyarrow" and pandas is not None and not hasattr(pandas, "DataFrame"):
            raise ModuleNotFoundError("pandas is loaded without pyarrow", name=name)


def main() -> None:
    """Run the command line and exit."""
    try:
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
        os.environ.setdefault(LINEAR_ALGEBRA, "1")
        sys.meta_path.insert(0, _NoArrow())
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
    """Ensure that the process has all three standard streams.

    A closed stream is opened on the null device; otherwise the next opened file would take its
    number, and narration would go into that file. A character that a stream cannot encode is
    escaped.
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
        if reconfigure is not None:  # a stream that a host has replaced may lack it
            reconfigure(errors="backslashreplace")


def _leave(code: int) -> None:
    """End the process without freeing its objects one by one, unless other threads run in it.

    The system frees all memory at once anyway.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has exited, as `head` does
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
    """Write to stderr and flush it; ignore errors."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass


def _forget_output() -> None:
    """Keep Python's own flush at exit from failing."""
    null = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(null, number)


if __name__ == "__main__":
    main()
