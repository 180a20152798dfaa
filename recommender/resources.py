"""The processors and the memory that this process may use, and work spread over threads.

What a machine has is not what a process gets: affinity, the limits of the control groups of
Linux (containers, services) and limits of the process itself are obeyed. Threads are for work
that lets go of Python's lock: compiled code and NumPy.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""Called with a phase, how much of it is done, and how much there is."""

ROOT = Path("/")
"""Where the files are that tell of control groups: ``proc`` and ``sys``."""

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
    """Return the number of threads to use: of `using`, else one a processor of this process.

    Those it may run on, or as many as its quota of processor time keeps busy, if that is less.
    """
    threads = _THREADS.get()
    return threads if threads is not None else int(min(_processors_to_run_on(), _quota(ROOT)))


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


def available_memory() -> int:
    """Return the bytes of memory that this process may use.

    The least of the machine's memory (16 GB where the system does not tell), the limits of its
    control groups, and its own limit of address space (``ulimit -v``).
    """
    return int(min(_physical_memory(), _group_memory(ROOT), _address_space()))


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


def _processors_to_run_on() -> int:
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _quota(root: Path) -> float:
    """Return how many processors the control groups under a root pay for, 1 or more."""
    quotas = [math.inf]
    for group in _groups("cpu", root):
        words = _words(group / "cpu.max") or [
            *_words(group / "cpu.cfs_quota_us"),
            *_words(group / "cpu.cfs_period_us"),
        ]
        if len(words) == 2 and all(word.isdigit() and word != "0" for word in words):
            quotas.append(math.ceil(int(words[0]) / int(words[1])))
    return min(quotas)


@cache
def _group_memory(root: Path) -> float:
    """Return the least memory limit of the control groups under a root, in bytes."""
    files = [
        group / name
        for group in _groups("memory", root)
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    limits = [int(word) for file in files for word in _words(file) if word.isdigit()]
    return min(limits, default=math.inf)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the directories of this process's control groups, of version 2 and 1, and above.

    Limits of every level count. In a container the path may be one that only its host has; the
    limits are then in the directory that it sees as the top.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    mounts = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = mounts / controller if controllers else mounts
        yield group
        for part in path.split("/"):
            if part not in ("", ".."):
                group /= part
                yield group


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return []


def _physical_memory() -> int:
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 16_000_000_000


def _address_space() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    limit: int = resource.getrlimit(resource.RLIMIT_AS)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit
