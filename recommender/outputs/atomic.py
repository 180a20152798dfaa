"""Write a file completely or not at all.

Invariant: readers of the path see the old bytes or the new ones, never a part, even if the
process or the machine stops in the middle. The next run in the same directory removes the
temporary files of a killed run; a file that is still being written is locked and kept.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from recommender.errors import OutputError
from recommender.index.inputs import TEMPORARY, unwatched
from recommender.index.locks import WINDOWS, try_lock

BUFFER = 1 << 20
"""Bytes to write at once."""

DAY = 24 * 60 * 60
"""Where files cannot be locked, a temporary file this many seconds old counts as abandoned."""

WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
"""Seconds to wait on Windows for programs that have the old file open."""


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces `path` only if the block ends without an error.

    The bytes go to a temporary file in the same directory, are flushed to the disk, and the
    file is renamed to `path`. Missing directories are created. An existing file keeps its
    permissions, and its owner where the system allows it. If anything fails, `path` is
    unchanged and the temporary file is removed. A pipe or a device such as `/dev/stdout` is
    written to directly.

    Parameters
    ----------
    path : path
        The file to write; a link is followed.
    durable : bool, default True
        Flush the bytes to the disk before the rename, in case of a power cut. Turn it off for
        thousands of files that a build can make again.

    Yields
    ------
    binary file

    Raises
    ------
    OutputError
        If the directory cannot be created or written to, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_file(Path(folder, "data", "x.json")) as file:
    ...         _ = file.write(b"{}")
    ...     Path(folder, "data", "x.json").read_bytes()
    b'{}'
    """
    straight = _is_stream(path)
    try:
        with open(path, "wb", BUFFER) if straight else _replacement(path, durable) as file:
            yield file
    except OutputError:
        raise
    except OSError as error:
        untouched = "; the existing file is unchanged" if os.path.isfile(path) else ""
        raise OutputError(
            f"{path}: cannot be written, {(error.strerror or str(error)).lower()}",
            f"{_advice(error, path)}{untouched}",
        ) from error


def _advice(error: OSError, path: str | os.PathLike[str]) -> str:
    """Return what to do so that a file can be written."""
    if error.errno == errno.EISDIR:
        return f"name a file in it, such as {Path(path, 'related.json')}"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a directory of this path is a file: choose another place"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "change the permissions of its directory, or choose another place"
    return "free space or choose another place"


def _is_stream(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a pipe or a device, which cannot be replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


@contextlib.contextmanager
def _replacement(path: str | os.PathLike[str], durable: bool) -> Iterator[BinaryIO]:
    """Open a temporary file beside a path that replaces it if the block ends without an error."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_left(target.parent)
    handle, temporary = _temporary(target)
    try:
        with open(handle, "wb", BUFFER) as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if not WINDOWS:
                _take_after(temporary, target)
                os.replace(temporary, target)  # before closing the handle releases the lock
        if WINDOWS:
            _replace_closed(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        _sync_directory(target.parent)


def _temporary(target: Path) -> tuple[int, Path]:
    """Create and lock a file beside the target, with the permissions of a new file or fewer."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        temporary = target.parent / f".{target.name[:40]}.{secrets.token_hex(4)}{TEMPORARY}"
        try:
            handle = os.open(temporary, flags, 0o600 if target.exists() else 0o666)
        except FileExistsError:
            continue
        if _lock(handle) is not False and temporary.exists():
            return handle, temporary
        os.close(handle)  # another run removed it as abandoned, before it was locked


def _replace_closed(temporary: Path, target: Path) -> None:
    """Rename a closed file on Windows, which refuses that while a program reads the target.

    A browser, a search or a virus scanner reads for milliseconds, so the rename is tried again. A
    program that reads for longer makes it fail.
    """
    for seconds in WAITS:
        try:
            os.replace(temporary, target)
        except PermissionError:
            time.sleep(seconds)
        else:
            return
    os.replace(temporary, target)


def _lock(handle: int) -> bool | None:
    """Lock a temporary file; None where it must be closed, and so unlocked, before its rename."""
    return None if WINDOWS else try_lock(handle)


@functools.cache
def remove_left(folder: Path) -> None:
    """Remove temporary files of killed runs from a directory, once per process.

    `atomic_file` does so where it writes; call it for files that may not change this time. A run's
    lock is released however it ends, and works across containers. Without locks, a file that has
    not been written to for a day counts as abandoned.
    """
    with contextlib.suppress(OSError), unwatched(), os.scandir(folder) as entries:
        left = [e.path for e in entries if e.name[0] == "." and e.name.endswith(TEMPORARY)]
        for path in left:
            with contextlib.suppress(OSError):
                _remove_if_left(path)


def _remove_if_left(path: str) -> None:
    handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        free = _lock(handle)
        if free is None:
            free = os.fstat(handle).st_mtime < time.time() - DAY
        if free and not WINDOWS:
            os.unlink(path)  # while it is locked
    finally:
        os.close(handle)
    if free and WINDOWS:
        os.unlink(path)


def _take_after(temporary: Path, target: Path) -> None:
    """Give a file the owner and permissions of the file that it replaces, if there is one.

    Root in a container may change the owner.
    """
    try:
        old, new = target.stat(), temporary.stat()
    except FileNotFoundError:
        return
    with contextlib.suppress(OSError, AttributeError):
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(temporary, old.st_uid, old.st_gid)
    os.chmod(temporary, old.st_mode & 0o7777)


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable, where the system can sync directories."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def opened_file(
    path: str | os.PathLike[str] | BinaryIO,
) -> contextlib.AbstractContextManager[BinaryIO]:
    """Open a path as `atomic_file` does, or use a file that is already open."""
    return atomic_file(path) if isinstance(path, str | os.PathLike) else _flushed(path)


@contextlib.contextmanager
def _flushed(file: BinaryIO) -> Iterator[BinaryIO]:
    """Flush, so that errors of an open file are reported at once."""
    yield file
    file.flush()
