"""Locks of open files, which the system releases when a process ends, however it ends.

POSIX has flock. Windows locks a byte instead, one that no file of ours has, so that others can
still read the file.
"""

from __future__ import annotations

import importlib
import os
import time
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WINDOWS = fcntl is None
"""Whether open files cannot be renamed or removed, and files open for reading not flushed."""

_BYTE = 1 << 30


def try_lock(handle: int) -> bool | None:
    """Lock a file until its handle is closed; False if it is locked, None without locks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     try_lock(file.fileno())
    True
    """
    try:
        if fcntl is None:
            return _try_byte(handle)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return None
    return True


def lock(handle: int) -> None:
    """Lock a file until its handle is closed; wait until it is free."""
    if fcntl is None:
        while _try_byte(handle) is False:
            time.sleep(0.1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX)


def _try_byte(handle: int) -> bool:
    msvcrt: Any = importlib.import_module("msvcrt")
    os.lseek(handle, _BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except PermissionError:
        return False
    return True
