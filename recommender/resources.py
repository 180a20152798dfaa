"""The processors that this process may use, and work spread over them in threads.

For work that lets go of Python's lock: compiled code and NumPy.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""Called with a phase, how much of it is done, and how much there is."""


_THREADS: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def using(threads: int | None) -> Iterator[None]:
    """Have everything that is called inside, in this thread, use so many threads; None: all.

    Examples
    --------
    >>> with using(1):
    ...     processors()
    1
    """
    before = _THREADS.set(threads)
    try:
        yield
    finally:
        _THREADS.reset(before)


def processors() -> int:
    """Return the number of threads to use: of `using`, else one a processor of this process."""
    threads = _THREADS.get()
    if threads is not None:
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return the results of `work`, in order, made in as many threads as `processors` says.

    Examples
    --------
    >>> in_threads(len, ["rye", "oats"])
    [3, 4]
    """
    if processors() == 1:
        return list(map(work, items))
    with ThreadPoolExecutor(processors()) as pool:
        return list(pool.map(work, items))


def drained(items: list[T]) -> Iterator[T]:
    """Yield the items of a list in order, and take each out of it: work lets go of what it had.

    Examples
    --------
    >>> seeds = ["rye", "oats"]
    >>> next(drained(seeds)), seeds
    ('rye', ['oats'])
    """
    items.reverse()
    while items:
        yield items.pop()


def physical_memory() -> int:
    """Return the bytes of memory of this machine, 16 GB where the system does not tell."""
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 16_000_000_000


def give_back() -> None:
    """Give freed memory back to the system, where the C library can be asked to (glibc).

    What many small objects leave behind is else kept for more of their kind, and large arrays
    come on top of it. Takes milliseconds; nothing in use moves.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl and macOS have no such function
        return None
    return trim


EXTENSIONS = (
    "text._counting",
    "text._lexicon",
    "vectors._overlap",
    "vectors._weighing",
    "neighbors._pruned",
)
"""The compiled parts of the package; each has an equal in Python or NumPy."""


def missing_extensions() -> list[str]:
    """Return the compiled parts that were not built, as without a C compiler.

    Examples
    --------
    >>> set(missing_extensions()) <= set(EXTENSIONS)
    True
    """
    return [name for name in EXTENSIONS if find_spec(f"recommender.{name}") is None]
