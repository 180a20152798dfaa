"""Search in shards fulfils the contract of every engine, for any division of the rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from contracts import EngineContract, as_lists, random_rows
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender.cluster.build import pairs_of_shards
from recommender.cluster.search import Shard, merge_neighbors, search_block, search_pair
from recommender.neighbors.base import Neighbors, Progress, empty_neighbors, search_reference


def deal(rows: sparse.csr_array, count: int, seed: int) -> list[Shard]:
    """Return the rows divided at random into shards; some may be empty."""
    holder = np.random.default_rng(seed).integers(count, size=rows.shape[0])
    held = [np.flatnonzero(holder == shard).astype(np.int32) for shard in range(count)]
    assert sum(map(len, held)) == rows.shape[0]
    return [Shard(numbers, rows[numbers]) for numbers in held]


def search_sharded(seeds: Shard, shards: Iterable[Shard], k: int) -> Neighbors:
    """Search one block after the other, and merge."""
    found = empty_neighbors(len(seeds.numbers), k)
    for shard in shards:
        found = merge_neighbors([found, search_block(seeds, shard, k)], k)
    return found


def search_dealt(
    seeds: sparse.csr_array,
    candidates: sparse.csr_array,
    k: int,
    *,
    own_rows: NDArray[np.int32] | None = None,
    progress: Progress | None = None,
) -> Neighbors:
    """Search in four shards, as an engine is called; a seed's number is its own row's."""
    n, m = seeds.shape[0], candidates.shape[0]
    numbers = np.full(n, -1, np.int32) if own_rows is None else own_rows
    strangers = np.flatnonzero(numbers < 0)
    numbers = numbers.copy()
    numbers[strangers] = m + np.arange(len(strangers))
    order = np.argsort(numbers)
    found = search_sharded(Shard(numbers[order], seeds[order]), deal(candidates, 4, 0), k)
    if progress is not None:  # the caller that runs the blocks reports progress
        progress("search", n, n)
    back = np.argsort(order)
    return Neighbors(found.indices[back], found.scores[back])


class TestSharded(EngineContract):
    """Four shards give what every engine gives."""

    search = staticmethod(search_dealt)


@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 20), st.integers(0, 99))
def test_lists_do_not_depend_on_the_shards(n: int, count: int, k: int, seed: int) -> None:
    """Any deal of the rows gives bit for bit the lists of one search."""
    rows = random_rows(n, 8, 0.4, seed)
    whole = search_reference(rows, rows, k, own_rows=np.arange(n, dtype=np.int32))
    shards = deal(rows, count, seed)
    for shard in shards:
        found = search_sharded(shard, reversed(shards), k)
        np.testing.assert_array_equal(found.indices, whole.indices[shard.numbers])
        np.testing.assert_array_equal(found.scores, whole.scores[shard.numbers])


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 20), st.integers(0, 99))
def test_pairs_of_shards_give_the_lists_of_the_whole(n: int, count: int, k: int, seed: int) -> None:
    """Each shard in itself, then group by group what the lists so far leave to be found."""
    rows = random_rows(n, 8, 0.4, seed)
    whole = search_reference(rows, rows, k, own_rows=np.arange(n, dtype=np.int32))
    shards = deal(rows, count, seed)
    lists = [search_block(shard, shard, k) for shard in shards]
    for group in pairs_of_shards(count):
        found = [[own] for own in lists]
        for s, t in group:
            two = search_pair(shards[s], shards[t], k, known=(lists[s], lists[t]))
            found[s].append(two[0])
            found[t].append(two[1])
        lists = [merge_neighbors(each, k) for each in found]
    for shard, each in zip(shards, lists, strict=True):
        np.testing.assert_array_equal(each.indices, whole.indices[shard.numbers])
        np.testing.assert_array_equal(each.scores, whole.scores[shard.numbers])


@given(st.integers(1, 99))
def test_every_pair_of_shards_is_searched_once(count: int) -> None:
    """All pairs, none twice; in a group each shard has its turn."""
    groups = pairs_of_shards(count)
    pairs = [frozenset(pair) for group in groups for pair in group]
    assert len(set(pairs)) == len(pairs) == count * (count - 1) // 2
    assert all(len(pair) == 2 for pair in pairs)
    assert all(set().union(*group) == set(range(count)) for group in groups)


@given(st.integers(0, 99))
def test_merge_may_be_done_in_any_grouping(seed: int) -> None:
    """A tree of merges and one merge of all blocks are the same."""
    rows = random_rows(40, 6, 0.5, seed)
    shards = deal(rows, 5, seed)
    blocks = [search_block(shards[0], shard, 6) for shard in shards]
    at_once = merge_neighbors(blocks, 6)
    tree = merge_neighbors([merge_neighbors(blocks[3:], 6), merge_neighbors(blocks[:3], 6)], 6)
    assert as_lists(at_once) == as_lists(tree)
    assert at_once.scores.dtype == np.float32
    assert at_once.indices.dtype == np.int32


def test_ties_go_to_the_smaller_number_of_the_whole() -> None:
    """If equal rows are in different shards, their numbers in the whole matrix decide."""
    rows = sparse.csr_array(np.ones((4, 1)))
    late = Shard(np.array([1, 3], np.int32), rows[[1, 3]])
    early = Shard(np.array([0, 2], np.int32), rows[[0, 2]])
    assert search_sharded(late, [late, early], 2).indices.tolist() == [[0, 2], [0, 1]]


def test_a_block_without_candidates_is_empty() -> None:
    """An empty shard adds nothing."""
    rows = sparse.csr_array(np.eye(2))
    none = Shard(np.empty(0, np.int32), rows[:0])
    assert as_lists(search_block(Shard(np.arange(2, dtype=np.int32), rows), none, 3)) == [[], []]


@pytest.mark.parametrize(
    ("first", "second"), [([0, 2, 4], [1, 3]), ([], [1, 3]), ([0, 2, 4], []), ([], [])]
)
def test_numbers_of_shards_may_be_lists(first: list[int], second: list[int]) -> None:
    """Numbers that are no array give the same as arrays do, also in a shard without rows."""
    rows = random_rows(5, 4, 0.6, seed=1)
    numbers = [np.array(row_numbers, np.int32) for row_numbers in (first, second)]
    arrays = [Shard(own, rows[own]) for own in numbers]
    lists = [Shard(own.tolist(), rows[own]) for own in numbers]  # type: ignore[arg-type]
    assert as_lists(search_block(*lists, 2)) == as_lists(search_block(*arrays, 2))
    for found, expected in zip(search_pair(*lists, 2), search_pair(*arrays, 2), strict=True):
        assert as_lists(found) == as_lists(expected)
