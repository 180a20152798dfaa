"""The reference engine: the contract of every engine, and blocks."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import EngineContract, as_lists, random_rows

from recommender.neighbors import base
from recommender.neighbors.base import Neighbors, empty_neighbors, search_reference, top_k


class TestReference(EngineContract):
    """The SciPy engine holds what every engine must."""

    search = staticmethod(search_reference)


def test_reference_gives_the_same_lists_in_blocks_of_any_height(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How many seeds are multiplied at once changes nothing."""
    rows = random_rows(50, 20, 0.2, seed=5)
    own = np.arange(50, dtype=np.int32)
    whole = search_reference(rows, rows, 7, own_rows=own)
    monkeypatch.setattr(base, "BLOCK_CELLS", 150)
    blocks = search_reference(rows, rows, 7, own_rows=own)
    assert as_lists(whole) == as_lists(blocks)


def test_top_k_rounds_before_it_compares() -> None:
    """Equal millionths are a tie, and less than half a millionth counts as zero."""
    out = empty_neighbors(1, 3)
    top_k(np.array([[0.5, 0.5000004, 0.0000004, 0.5000006]]), 3, out=out)
    assert as_lists(out) == [[(3, 0.500001), (0, 0.5), (1, 0.5)]]


def test_top_k_writes_nothing_without_candidates() -> None:
    """No columns leave the lists as they were."""
    out = empty_neighbors(2, 3)
    top_k(np.empty((2, 0)), 3, out=out)
    assert as_lists(out) == [[], []]


def test_neighbors_name_their_parts() -> None:
    """A stage reads `indices` and `scores`."""
    assert Neighbors._fields == ("indices", "scores")
