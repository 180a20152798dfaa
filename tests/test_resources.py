"""Memory is given back where the system can be asked, and nothing happens elsewhere."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from recommender import resources as memory


def resident() -> int:
    """Return the bytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_freed_memory_is_given_back() -> None:
    """Many small texts, of which a few stay here and there, leave nearly all their room."""
    texts = [b"x" * 1000 + bytes([n % 256]) for n in range(100_000)]
    kept = texts[::1000]
    texts.clear()
    before = resident()
    memory.give_back()
    assert before - resident() > 50_000_000
    assert len(kept) == 100


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that function of the C library nothing is done."""
    monkeypatch.setattr(memory, "_malloc_trim", lambda: None)
    memory.give_back()
