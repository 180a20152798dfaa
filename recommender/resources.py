"""The processors and the memory that this process may use, and work spread over them.

A process may not use the whole machine: affinity, the limits of Linux control groups (containers,
services) and the limits of the process itself are respected. Use threads for work that releases
Python's lock: compiled code and NumPy; use processes for work in Python on many items.
"""

from __future__ import annotations

import _thread
import ctypes
import math
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, int, int], None]
"""Called with a phase, how much of it is done, and how much there is."""

ROOT = Path("/")
"""Directory with the files about control groups: ``proc`` and ``sys``."""

_SENT_AT_ONCE = 256
"""Number of results that a helper sends in one piece."""

_PR_SET_PDEATHSIG = 1
"""Linux: the signal that a process gets when its parent dies."""

_TRIED = 64
"""Maximum number of threads to start only to see whether they start."""

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


def startable(most: int) -> int:
    """Return with how many threads to work: `most`, or fewer if the system refuses to start them.

    Takes a tenth of a millisecond. Call it just before the work, as other programs and libraries
    start threads too.

    Examples
    --------
    >>> startable(1)
    1
    """
    if most == 1:
        return 1
    gate, ended = threading.Lock(), threading.Semaphore(0)
    tried, started = min(most, _TRIED), 0
    with gate, suppress(RuntimeError):  # a limit of processes, or of memory for stacks
        while started < tried:
            _thread.start_new_thread(_pass, (gate, ended))
            started += 1
    for _ in range(started):
        ended.acquire(timeout=1)  # one may have died for lack of memory
    return most if started == tried else max(1, started - 1)  # an ended one may still count


def _pass(gate: threading.Lock, ended: threading.Semaphore) -> None:
    """Wait until a lock is free."""
    with gate:
        ended.release()


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return the results of `work` in order, computed in `processors()` threads.

    Examples
    --------
    >>> in_threads(len, ["rye", "oats"])
    [3, 4]
    """
    threads = startable(processors())
    if threads == 1:
        return list(map(work, items))
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def in_processes(work: Callable[[T], R], items: Sequence[T], least: int) -> list[R]:
    """Return the results of `work` in order, computed in up to `processors()` processes.

    This process does its share of the work. A helper is a copy of it (a fork), so it starts in
    milliseconds and only its results are copied. Helpers do not outlive the call.

    Parameters
    ----------
    work : callable
        A function of one item; its results are pickled. What it changes elsewhere is lost.
    items : sequence
        One argument each.
    least : int, >= 1
        Minimum number of items for which a process pays.

    Returns
    -------
    list
        As of ``map(work, items)``. If a helper fails in any way, or cannot be started, its share is
        computed here, so exceptions are those of `work`. Where processes cannot be copied safely
        (Windows, macOS, or with several threads of Python), everything is computed here.

    Examples
    --------
    >>> in_processes(len, ["rye", "oats", "barley"], least=1)
    [3, 4, 6]
    """
    share = min(processors(), len(items) // least)
    if share < 2 or sys.platform != "linux" or threading.active_count() > 1:
        return list(map(work, items))
    results: list[R | None] = [None] * len(items)
    with _helpers(work, [items[number::share] for number in range(1, share)]) as helpers:
        results[::share] = list(map(work, items[::share]))
        for number in range(1, share):
            mine = items[number::share]
            helper = helpers[number - 1] if number <= len(helpers) else None
            results[number::share] = _received(helper, len(mine)) or list(map(work, mine))
    return results  # type: ignore[return-value]  # every place is filled


@contextmanager
def _helpers(
    work: Callable[[T], R], shares: Sequence[Sequence[T]]
) -> Iterator[Sequence[Connection]]:
    """Start a process for each share of the items; its results arrive at a connection.

    If the system refuses a process or a pipe, only the first shares have one.
    """
    import multiprocessing  # 20 ms that few runs need

    context = multiprocessing.get_context("fork")
    started: list[BaseProcess] = []
    receivers: list[Connection] = []
    try:
        with suppress(OSError):
            for share in shares:
                receiver, sender = context.Pipe(duplex=False)
                given = (work, share, sender, [*receivers, receiver], os.getpid())
                helper = context.Process(target=_help, args=given, daemon=True)
                with sender, warnings.catch_warnings():  # NumPy's idle threads know of copies
                    warnings.simplefilter("ignore", DeprecationWarning)
                    helper.start()
                started.append(helper)
                receivers.append(receiver)
        yield receivers
    finally:
        for process in started:
            process.kill()
            process.join()
        for receiver in receivers:
            receiver.close()


def _help(
    work: Callable[[T], R],
    items: Sequence[T],
    sender: Connection,
    receivers: list[Connection],
    parent: int,
) -> None:
    """Compute and send the results of some items; send nothing more after any problem."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
    try:
        _end_with(parent)
        for receiver in receivers:  # an open copy would hide that the other end is gone
            receiver.close()
        results = list(map(work, items))
        for start in range(0, len(results), _SENT_AT_ONCE):
            sender.send(results[start : start + _SENT_AT_ONCE])
    except BaseException:  # the process that waits computes these items itself
        os._exit(1)


def _end_with(parent: int) -> None:
    """Let this process be killed when its parent is, whose locks it would hold for longer."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before this call
        os._exit(1)


def _received(receiver: Connection | None, count: int) -> list[R] | None:
    """Return the results of a helper, or None if there is none, or it did not send all of them."""
    results: list[R] = []
    try:
        while receiver and len(results) < count:
            results += receiver.recv()
    except (EOFError, OSError):
        return None
    return results if receiver else None


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
    return int(min(_physical_memory(), _group_memory(ROOT), address_space()))


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


def address_space() -> float:
    """Return the limit of this process's address space in bytes (``ulimit -v``), or infinity."""
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    limit: int = resource.getrlimit(resource.RLIMIT_AS)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit
