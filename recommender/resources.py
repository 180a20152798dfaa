"""The processors and the memory that this process may use, and work spread over threads.

A process may not use the whole machine: affinity, the limits of Linux control groups (containers,
services) and the limits of the process itself are respected. Use threads for work that releases
Python's lock: compiled code and NumPy.
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
"""Directory with the files about control groups: ``proc`` and ``sys``."""

_THREADS: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def using(threads: int | None) -> Iterator[None]:
    """Set the number of threads for all calls made inside, in this thread; None: all processors.

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
    """Return the number of threads to use: the one set by `using`, else one per processor.

    Only processors on which this process may run count, and no more than its quota of processor
    time keeps busy.
    """
    threads = _THREADS.get()
    return threads if threads is not None else int(min(_processors_to_run_on(), _quota(ROOT)))


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return the results of `work` in order, computed in `processors()` threads.

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
    """Yield the items of a list in order and remove each from it, so that its memory can be freed.

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

    The minimum of the machine's memory (16 GB if the system does not report it), the limits of the
    process's control groups, and its own limit of address space (``ulimit -v``).
    """
    return int(min(_physical_memory(), _group_memory(ROOT), _address_space()))


def give_back() -> None:
    """Return freed memory to the system, if the C library can do it (glibc).

    Otherwise the memory of many small objects is kept for new small objects, and large arrays need
    more. Takes milliseconds; memory in use is not moved.
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
"""The compiled parts of the package; each has an equivalent in Python or NumPy."""


def missing_extensions() -> list[str]:
    """Return the compiled parts that were not built, usually because there was no C compiler.

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
    """Return the number of processors that control groups under a root allow, 1 or more."""
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
    """Return the lowest memory limit of the control groups under a root, in bytes."""
    files = [
        group / name
        for group in _groups("memory", root)
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    limits = [int(word) for file in files for word in _words(file) if word.isdigit()]
    return min(limits, default=math.inf)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the directories of this process's control groups and their parents, versions 1 and 2.

    The limits of every level apply. In a container, the path may exist only on the host; then the
    limits are in the top directory that the container sees.
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
