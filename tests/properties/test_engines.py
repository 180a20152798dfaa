"""The kernel gives the reference's lists on any small corpus, for any split of its work."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender.neighbors import pruned
from recommender.neighbors.base import Neighbors, search_reference
from recommender.neighbors.between import search_between
from recommender.neighbors.pruned import AVAILABLE, search_pruned

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="the compiled extension is not installed")


def weights(
    kind: str, shape: tuple[int, int], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return positive weights that are hard in one way."""
    if kind == "few values":
        return generator.integers(1, 4, shape).astype(float)
    if kind == "seventh digit":
        return 1.0 + 1e-7 * generator.integers(0, 4, shape)
    if kind == "extreme":
        return 10.0 ** generator.integers(-60, 1, shape) * generator.random(shape)
    return generator.random(shape) + 0.01


@st.composite
def corpora(draw: st.DrawFn, terms: int | None = None) -> sparse.csr_array:
    """Draw unit rows: dense or sparse, with empty rows, one-term rows, near and exact copies."""
    n = draw(st.integers(0, 40))
    terms = terms or draw(st.integers(1, 12))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["few values", "seventh digit", "extreme", "any"]))
    density = draw(st.sampled_from([0.05, 0.3, 0.7, 1.0]))
    cells = weights(kind, (n, terms), generator) * (generator.random((n, terms)) < density)
    if n and draw(st.booleans()):
        cells = cells[generator.integers(0, max(1, n // 5), n)]
    if n and draw(st.booleans()):
        cells *= 1.0 + 1e-7 * generator.integers(-3, 4, (n, 1)) * (cells == cells.max())
    lengths = np.sqrt((cells**2).sum(axis=1, keepdims=True))
    return sparse.csr_array(cells / np.where(lengths > 0, lengths, 1.0))


@pytest.fixture(
    params=[(0.05, 3.0), (-1.0, 3.0), (2.0, 0.0), (2.0, 1e9), (0.3, 8.0)],
    ids=["as planned", "all head", "all middle", "all rare", "mixed"],
)
def split(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Split terms and seeds so that small corpora meet every path."""
    head_share, rare_per_block = request.param
    monkeypatch.setattr(pruned, "HEAD_SHARE", head_share)
    monkeypatch.setattr(pruned, "RARE_PER_BLOCK", rare_per_block)
    monkeypatch.setattr(pruned, "RANGE_ROWS", 7)
    monkeypatch.setattr(pruned, "SLACK", 1)


def same(found: Neighbors, expected: Neighbors) -> bool:
    """Return whether lists and scores are equal bit for bit."""
    return found.indices.tobytes() == expected.indices.tobytes() and (
        found.scores.tobytes() == expected.scores.tobytes()
    )


@pytest.mark.usefixtures("split")
@settings(max_examples=400)
@given(rows=corpora(), k=st.integers(1, 50), threads=st.integers(1, 2))
def test_self_join_is_that_of_the_reference(rows: sparse.csr_array, k: int, threads: int) -> None:
    """The self-join gives the reference's bytes for any rows, k, threads and split of terms."""
    own = np.arange(rows.shape[0], dtype=np.int32)
    found = search_pruned(rows, rows, k, own_rows=own, threads=threads)
    assert same(found, search_reference(rows, rows, k, own_rows=own))


@pytest.mark.usefixtures("split")
@settings(max_examples=200)
@given(seeds=corpora(terms=6), candidates=corpora(terms=6), k=st.integers(1, 50), data=st.data())
def test_search_in_other_rows_is_that_of_the_reference(
    seeds: sparse.csr_array, candidates: sparse.csr_array, k: int, data: st.DataObject
) -> None:
    """Seeds that are other rows than the candidates find what the reference finds."""
    rows = st.integers(-1, max(0, candidates.shape[0] - 1)) if candidates.shape[0] else st.just(-1)
    n = seeds.shape[0]
    own = np.array(data.draw(st.lists(rows, min_size=n, max_size=n)), np.int32)
    found = search_pruned(seeds, candidates, k, own_rows=own, threads=2)
    assert same(found, search_reference(seeds, candidates, k, own_rows=own))


@pytest.mark.usefixtures("split")
@settings(max_examples=300)
@given(
    first=corpora(terms=6),
    second=corpora(terms=6),
    k=st.integers(1, 50),
    threads=st.integers(1, 2),
    seed=st.none() | st.integers(0, 99),
)
def test_both_sides_of_a_search_between_are_those_of_the_reference(
    first: sparse.csr_array, second: sparse.csr_array, k: int, threads: int, seed: int | None
) -> None:
    """Rows of either find what is wanted among the other's: all, or what scores enough."""
    expected = search_reference(first, second, k), search_reference(second, first, k)
    if seed is None:
        found = search_between(first, second, k, threads=threads)
        assert all(map(same, found, expected))
        return
    generator = np.random.default_rng(seed)
    least = tuple(
        whole.scores[np.arange(len(whole.scores)), generator.integers(0, k, len(whole.scores))]
        for whole in expected
    )
    found = search_between(first, second, k, least=(least[0], least[1]), threads=threads)
    for lists, whole, enough in zip(found, expected, least, strict=True):
        assert same(_at_least(lists, enough), _at_least(whole, enough))


def _at_least(lists: Neighbors, least: NDArray[np.float32]) -> Neighbors:
    """Return the lists without what scores less."""
    enough = (lists.scores >= least[:, None]) & (lists.indices >= 0)
    return Neighbors(np.where(enough, lists.indices, -1), lists.scores * enough)
