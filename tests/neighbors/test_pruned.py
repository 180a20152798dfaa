"""The kernel: the contract of engines, and what is its own (second search, threads, blocks)."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import EngineContract, random_rows
from scipy import sparse

from recommender.errors import ConfigError
from recommender.neighbors import between, pruned
from recommender.neighbors.base import Neighbors, search_reference
from recommender.neighbors.pruned import AVAILABLE, search_pruned

needs_kernel = pytest.mark.skipif(not AVAILABLE, reason="the compiled extension is not installed")


def own_rows(rows: sparse.csr_array) -> np.ndarray:
    """Return every row as its own."""
    return np.arange(rows.shape[0], dtype=np.int32)


def both(rows: sparse.csr_array, k: int, threads: int = 2) -> tuple[Neighbors, Neighbors]:
    """Return the self-join by the kernel and by the reference."""
    own = own_rows(rows)
    found = search_pruned(rows, rows, k, own_rows=own, threads=threads)
    return found, search_reference(rows, rows, k, own_rows=own)


def assert_same(found: Neighbors, expected: Neighbors) -> None:
    """Hold two results equal bit for bit."""
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert found.indices.dtype == np.int32
    assert found.scores.dtype == np.float32


@pytest.fixture
def searched_again(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the seeds that the guard sends to the second search, as it does."""
    seeds: list[int] = []
    again = pruned.Search.again

    def spy(search: pruned.Search, rows: np.ndarray) -> None:
        seeds.extend(rows.tolist())
        again(search, rows)

    monkeypatch.setattr(pruned.Search, "again", spy)
    return seeds


@needs_kernel
class TestPruned(EngineContract):
    """The kernel keeps the contract of engines."""

    search = staticmethod(search_pruned)


@needs_kernel
def test_ties_beyond_the_slack_are_searched_again(searched_again: list[int]) -> None:
    """If more candidates tie for the last place than a list has room for, all are compared."""
    cells = np.zeros((200, 60))
    cells[:, 0] = 1.0
    cells[np.arange(200), 1 + np.arange(200) % 50] = 0.5
    rows = sparse.csr_array(cells / np.sqrt(1.25))
    assert_same(*both(rows, 8))
    assert sorted(searched_again) == list(range(200))


@needs_kernel
def test_scores_closer_than_float32_can_tell_are_searched_again(
    searched_again: list[int],
) -> None:
    """Order among scores that differ in the seventh digit is decided in float64."""
    angles = 0.8 + 1e-7 * np.random.default_rng(0).permutation(400)
    angles[0] = 0.0
    rows = sparse.csr_array(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert_same(*both(rows, 10))
    assert 0 in searched_again


@needs_kernel
def test_distinct_scores_are_proven_at_once(searched_again: list[int]) -> None:
    """Without near-ties no seed is searched again."""
    rows = sparse.csr_array(np.random.default_rng(0).random((300, 40)))
    rows.data /= np.repeat(np.sqrt(rows.multiply(rows).sum(axis=1)), np.diff(rows.indptr))
    assert_same(*both(rows, 5))
    assert searched_again == []


@needs_kernel
def test_what_is_wanted_between_two_is_proven_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists that hold all that scores enough, and no more, need no second search."""
    rows = sparse.csr_array(np.random.default_rng(0).random((300, 40)))
    rows.data /= np.repeat(np.sqrt(rows.multiply(rows).sum(axis=1)), np.diff(rows.indptr))
    first, second = rows[:100], rows[100:]
    expected = search_reference(first, second, 9), search_reference(second, first, 9)
    monkeypatch.setattr(between, "search", None)
    least = expected[0].scores[:, 3], expected[1].scores[:, 3]
    for found, whole in zip(
        between.search_between(first, second, 9, least=least), expected, strict=True
    ):
        np.testing.assert_array_equal(found.indices[:, :4], whole.indices[:, :4])
        np.testing.assert_array_equal(found.scores[:, :4], whole.scores[:, :4])


@needs_kernel
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_several_blocks_of_candidates_give_the_same_lists(threads: int) -> None:
    """Rows beyond one block, with ties across blocks, give the lists of the reference."""
    rows = sparse.csr_array(sparse.vstack([random_rows(4300, 80, 0.04, seed=s) for s in (1, 2)]))
    assert_same(*both(rows, 6, threads))


@needs_kernel
def test_a_memory_limit_changes_no_list_and_says_what_it_takes() -> None:
    """Without room for lists of each thread's own the lists are the same; less is an error."""
    rows = random_rows(90, 30, 0.2, seed=3)
    own = np.arange(90, dtype=np.int32)
    one_list = 8 * 90 * pruned.ROOM * (5 + pruned.SLACK)
    least = pruned.BYTES_PER_WEIGHT * rows.nnz + 8 * 90 * 5 + one_list
    for limit in (least, least + one_list):
        found = search_pruned(rows, rows, 5, own_rows=own, threads=2, memory_limit=limit)
        assert_same(found, search_reference(rows, rows, 5, own_rows=own))
    with pytest.raises(ConfigError, match="needs 1 MB, got 0"):
        search_pruned(rows, rows, 5, own_rows=own, threads=2, memory_limit=least - 1)


@needs_kernel
def test_very_long_rows_go_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows too long for the float32 error bound are searched by the reference."""
    monkeypatch.setattr(pruned, "MAX_TERMS", 3)
    assert_same(*both(random_rows(40, 30, 0.5, seed=4), 5))


@needs_kernel
def test_index_arrays_of_64_bits_are_read() -> None:
    """Rows whose index arrays are int64, as beyond 2^31 weights, give the same lists."""
    rows = random_rows(60, 30, 0.2, seed=5)
    wide = rows.copy()
    wide.indices, wide.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    assert_same(both(wide, 5)[0], both(rows, 5)[1])


@needs_kernel
def test_progress_counts_up_to_all_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is reported after each range and ends at the number of seeds."""
    monkeypatch.setattr(pruned, "RANGE_ROWS", 10)
    rows, told = random_rows(95, 30, 0.2, seed=6), []
    search_pruned(rows, rows, 3, progress=lambda *news: told.append(news), threads=2)
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})
    assert told[-1] == ("search", 95, 95)
    assert len(told) == 10


@needs_kernel
@pytest.mark.parametrize("threads", [1, 2])
def test_interrupt_between_ranges_ends_the_search(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception of the caller (or Ctrl-C) is raised, and the rest is not searched."""
    monkeypatch.setattr(pruned, "RANGE_ROWS", 10)
    rows, told = random_rows(500, 30, 0.2, seed=7), []

    def interrupt(*news: object) -> None:
        told.append(news)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search_pruned(rows, rows, 3, progress=interrupt, threads=threads)
    assert len(told) == 1


@needs_kernel
def test_shapes_that_do_not_fit_are_refused() -> None:
    """Seeds and candidates of different terms, or own rows of another length, are an error."""
    rows = random_rows(5, 4, 0.5, seed=8)
    with pytest.raises(ValueError, match="do not fit"):
        search_pruned(rows, random_rows(5, 6, 0.5, seed=8), 2)
    with pytest.raises(ValueError, match="do not fit"):
        search_pruned(rows, rows, 2, own_rows=np.zeros(4, np.int32))


@needs_kernel
def test_no_rows_give_no_lists() -> None:
    """No seeds, no candidates or only empty rows give empty lists, padded."""
    none, some = sparse.csr_array((0, 4)), sparse.csr_array((3, 4))
    assert search_pruned(none, some, 2).indices.shape == (0, 2)
    assert search_pruned(some, none, 2).indices.tolist() == [[-1, -1]] * 3
    assert search_pruned(some, some, 2).indices.tolist() == [[-1, -1]] * 3


def test_missing_extension_is_an_error_only_when_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the compiled extension the module imports and a search says what to do."""
    monkeypatch.setattr(pruned, "AVAILABLE", False)
    rows = random_rows(5, 4, 0.5, seed=9)
    with pytest.raises(ImportError, match="Hint: install with a C compiler"):
        search_pruned(rows, rows, 2)
