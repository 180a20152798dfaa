"""Write a file whole or not at all.

Invariant: whoever reads the path sees the old bytes or the new ones, never a part, even if the
process or the machine stops in the middle.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from recommender.errors import OutputError

BUFFER = 1 << 20
"""Bytes that are written in one go."""


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place only when the block ends well.

    The bytes go to a temporary file in the same directory, are flushed to the disk, and the
    file is renamed over `path`. Missing directories are made. An existing file keeps its
    permissions, and its owner where the system allows it. If anything fails, `path` stays as
    it was and the temporary file is removed. A pipe or a device, as `/dev/stdout`, holds no
    old bytes: it is written straight into.

    Parameters
    ----------
    path : path
        The file to write; a link is followed.
    durable : bool, default True
        Flush the bytes to the disk before the rename, against a power cut. Off for files by
        the thousand that a build makes again anyway.

    Yields
    ------
    binary file

    Raises
    ------
    OutputError
        If the directory cannot be made or written, or the disk is full.

    Examples
    --------
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
        untouched = "" if straight else "; what stood there is untouched"
        raise OutputError(
            f"{path}: cannot be written, {(error.strerror or str(error)).lower()}",
            f"free space or choose another place with -o{untouched}",
        ) from error


def _is_stream(path: str | os.PathLike[str]) -> bool:
    """Tell whether bytes go through a path and do not stay there; such a one is not replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


@contextlib.contextmanager
def _replacement(path: str | os.PathLike[str], durable: bool) -> Iterator[BinaryIO]:
    """Open a temporary file beside a path that replaces it when the block ends well."""
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    try:
        with open(handle, "wb", BUFFER) as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        _keep_owner(temporary, target)
        os.chmod(temporary, _mode_for(target))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        _sync_directory(target.parent)


def _keep_owner(temporary: str, target: Path) -> None:
    """Give a file the owner of the one that it replaces; root in a container may do so."""
    with contextlib.suppress(OSError, AttributeError):
        old, new = target.stat(), os.stat(temporary)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(temporary, old.st_uid, old.st_gid)


def _mode_for(target: Path) -> int:
    """Return the permissions of the file replaced, else those of a newly made file."""
    with contextlib.suppress(OSError):
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable, where the system lets directories be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
