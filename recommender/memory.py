"""The memory of the machine, and what this process has freed, given back to the system."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache


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
