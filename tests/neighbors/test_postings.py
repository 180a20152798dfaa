"""The search for few seeds: the contract of every engine, without reading other rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from contracts import EngineContract, random_rows
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recommender.checks import sparse_rows, unit_rows
from recommender.errors import ConfigError
from recommender.neighbors import postings as module
from recommender.neighbors.base import Neighbors, search_reference
from recommender.neighbors.postings import Postings, postings_of


def search(
    seeds: sparse.csr_array, candidates: sparse.csr_array, k: int, *, own_rows: Any = None
) -> Neighbors:
    """Search as every engine does."""
    own = np.full(np.shape(seeds)[0], -1, np.int32) if own_rows is None else own_rows
    return postings_of(candidates).search(seeds, unit_rows("c", candidates), k, own_rows=own)


class TestPostings(EngineContract):
    """They hold what every engine must, but report no progress on few seeds."""

    search = staticmethod(search)
    test_engine_reports_progress_to_the_end = None  # type: ignore[assignment]


@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.2, 0.8]), st.integers(1, 30))
def test_lists_are_those_of_the_reference(seed: int, density: float, k: int) -> None:
    """Bit for bit, with scores that differ by less than half precision can tell."""
    rows = random_rows(60, 12, density, seed)
    near = sparse.vstack([rows, rows]).tocsr()
    near.data *= 1 - 1e-6 * np.random.default_rng(seed).random(near.nnz)
    near = sparse.csr_array(near)
    found, expected = search(rows, near, k), search_reference(rows, near, k)
    assert (found.indices == expected.indices).all()
    assert (found.scores == expected.scores).all()


def test_a_million_tiny_weights_do_not_hide_the_nearest() -> None:
    """Their errors add up to more than the difference of two scores."""
    n, step = 1_000_000, 2.0**-24  # half precision knows only multiples of the step
    mixed = np.where(np.arange(n) % 2, 1.51, 3.4) * step  # rounded up: nearer than it is
    rows = sparse.csr_array(np.stack([mixed, np.full(n, 2.49 * step)]))
    seed = sparse.csr_array(np.full((1, n), 1 / np.sqrt(n)))
    assert search(seed, rows, 1).indices.tolist() == [[1]]
    assert search_reference(seed, rows, 1).indices.tolist() == [[1]]


def test_only_few_rows_are_compared_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rounded weights tell which rows cannot be among the nearest."""
    rows = random_rows(2_000, 300, 0.05, seed=1)
    looked: list[int] = []

    def noted(name: str, table: Any, few: Any) -> sparse.csr_array:
        looked.append(len(few))
        return sparse_rows(name, table, few)

    monkeypatch.setattr(module, "sparse_rows", noted)
    search(rows[:5], rows, 10)
    assert len(looked) == 5
    assert max(looked) < 20


def test_postings_of_other_rows_are_refused() -> None:
    """Rows out of range, parts of different length, other terms."""
    rows = random_rows(20, 6, 0.5, seed=1)
    own = np.full(20, -1, np.int32)
    ends, places, weights = postings_of(rows)
    for wrong in (
        Postings(ends, places + 20, weights),
        Postings(ends, places, weights[:-1]),
        Postings(ends[:-1], places, weights),
    ):
        with pytest.raises(ConfigError, match="postings"):
            wrong.search(rows, rows, 3, own_rows=own)
