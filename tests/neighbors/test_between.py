"""Search between two sets of rows, and the choice of an engine: the oracle's lists, or an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from contracts import EngineContract, as_dicts, as_lists, random_rows
from hypothesis import given
from hypothesis import strategies as st
from oracles import cosine_top_k
from scipy import sparse

from recommender import neighbors
from recommender.errors import ConfigError
from recommender.neighbors import between, pruned, search
from recommender.neighbors.base import Neighbors
from recommender.neighbors.between import search_between

EYE = sparse.csr_array(np.eye(3))


def nobody(rows: sparse.csr_array) -> list[int]:
    """Return that no row is among the others."""
    return [-1] * rows.shape[0]


class TestBetween(EngineContract):
    """Both sides of a search between, as one search for all rows of the first."""

    @staticmethod
    def search(
        seeds: sparse.csr_array, candidates: sparse.csr_array, k: int, **options: Any
    ) -> Neighbors:
        """Search one row after the other, so that a row is never in both sets."""
        own, progress = options.get("own_rows"), options.get("progress")
        n, m = seeds.shape[0], candidates.shape[0]
        found = [
            TestBetween.one(seeds[[row]], candidates, k, -1 if own is None else int(own[row]))
            for row in range(n)
        ]
        if progress is not None:
            progress("search", n, n)
        if not found or not m:
            return search(seeds, candidates, k)
        return Neighbors(*(np.concatenate([pair[at] for pair in found]) for at in (0, 1)))

    @staticmethod
    def one(seed: sparse.csr_array, candidates: sparse.csr_array, k: int, own: int) -> Neighbors:
        """Return the list of a row among all others but itself."""
        others = np.flatnonzero(np.arange(candidates.shape[0]) != own).astype(np.int32)
        lists, _ = search_between(seed, candidates[others], k)
        there = lists.indices >= 0
        numbers = others[np.where(there, lists.indices, 0)] if len(others) else lists.indices
        return Neighbors(np.where(there, numbers, np.int32(-1)), lists.scores)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("m", "n"), [(1, 60), (60, 1), (40, 70), (0, 5), (5, 0), (0, 0)])
def test_both_sides_are_those_of_the_oracle(
    monkeypatch: pytest.MonkeyPatch, m: int, n: int, compiled: bool, threads: int
) -> None:
    """With the extension and without, in any number of threads, and with nothing on a side."""
    monkeypatch.setattr(pruned, "AVAILABLE", compiled and pruned.AVAILABLE)
    first, second = random_rows(m, 12, 0.3, seed=m), random_rows(n, 12, 0.3, seed=n + 1)
    forth, back = search_between(first, second, 4, threads=threads)
    rows, others = as_dicts(first), as_dicts(second)
    assert as_lists(forth) == cosine_top_k(rows, others, 4, nobody(first))
    assert as_lists(back) == cosine_top_k(others, rows, 4, nobody(second))


@pytest.mark.skipif(not pruned.AVAILABLE, reason="needs the compiled extension")
@pytest.mark.parametrize(("few", "searched"), [(0, True), (64, False)])
def test_lists_that_are_not_proven_are_searched_again(
    monkeypatch: pytest.MonkeyPatch, few: int, searched: bool
) -> None:
    """By a search of their own if they are many; 80 equal scores prove no list of 4."""
    calls: list[int] = []

    def noted(*arguments: Any, **options: Any) -> Neighbors:
        calls.append(arguments[0].shape[0])
        return search(*arguments, **options)

    monkeypatch.setattr(between, "FEW", few)
    monkeypatch.setattr(between, "search", noted)
    first = random_rows(3, 12, 0.5, seed=1)
    second = first[np.zeros(80, np.int32)]
    forth, _ = search_between(first, second, 4)
    assert as_lists(forth) == cosine_top_k(as_dicts(first), as_dicts(second), 4, nobody(first))
    assert bool(calls) is searched


@given(st.integers(0, 2**31), st.integers(1, 5), st.floats(0, 1, width=32))
def test_lists_are_whole_above_the_least_score(seed: int, k: int, least: float) -> None:
    """Neighbors below it may be left out; those at it or above are all there, in order."""
    first, second = (random_rows(25, 8, 0.5, seed=seed + side) for side in (0, 1))
    grain = np.float32(round(least * 1e6) / 1e6)
    floors = np.full(25, grain, np.float32), np.full(25, grain, np.float32)
    every = search_between(first, second, k)
    for lists, expected in zip(search_between(first, second, k, least=floors), every, strict=True):
        for found, whole in zip(as_lists(lists), as_lists(expected), strict=True):
            wanted = [pair for pair in whole if pair[1] >= round(float(grain), 6)]
            assert found[: len(wanted)] == wanted
            assert set(found) <= set(whole)


@pytest.mark.parametrize(
    ("least", "told"),
    [
        (np.zeros(3), "least must be two arrays of scores, one for each side"),
        ((np.zeros(3),), "least must be two arrays of scores, one for each side"),
        ((np.zeros(2), np.zeros(3)), "least of first: 2 numbers do not fit, expected 3"),
        ((np.zeros(3), np.full(3, 1.5)), "least of second: place 0 must be from 0 to 1, got 1.5"),
        (
            (np.zeros(3), np.full(3, np.nan)),
            "least of second: place 0 must be from 0 to 1, got nan",
        ),
    ],
)
def test_wrong_least_scores_are_named(least: Any, told: str) -> None:
    """By their side and place."""
    with pytest.raises(ConfigError) as error:
        search_between(EYE, EYE, 2, least=least)
    assert error.value.message == told


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (EYE * 2, EYE, "first: row 0 must have the length 1, got 2"),
        (EYE, EYE * 1.5, "second: row 0 must have the length 1, got 1.5"),
        (EYE, -EYE, "second: row 0 holds -1.0, expected finite numbers >= 0"),
        (np.eye(3), EYE, "first must be a CSR table (scipy.sparse.csr_array), got a ndarray"),
        (EYE, EYE.tocsc(), "second must be a CSR table (scipy.sparse.csr_array), got a csc table"),
        (EYE, sparse.csr_array(np.eye(4)), "do not fit"),
    ],
)
def test_rows_that_break_the_contract_are_named(first: Any, second: Any, told: str) -> None:
    """Before any kernel sees them."""
    with pytest.raises(ConfigError) as error:
        search_between(first, second, 2)
    assert told in error.value.message


@pytest.mark.parametrize("engine", ["auto", "pruned", "reference"])
@given(st.integers(0, 2**31), st.integers(1, 30))
def test_every_engine_gives_the_lists_of_the_oracle(engine: str, seed: int, k: int) -> None:
    """By name or chosen by size, on rows with ties, empty rows and k > n."""
    rows = random_rows(20, 6, 0.4, seed=seed)
    own = np.arange(20, dtype=np.int32)
    found = search(rows, rows, k, own_rows=own, engine=engine)
    assert as_lists(found) == cosine_top_k(as_dicts(rows), as_dicts(rows), k, own)


def test_auto_takes_the_compiled_engine_for_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From `CROSSOVER` candidates on, and never without the extension."""
    calls: list[str] = []
    monkeypatch.setattr(neighbors, "CROSSOVER", 4)
    monkeypatch.setattr(neighbors, "search_reference", lambda *a, **k: calls.append("reference"))
    monkeypatch.setattr(pruned, "search_pruned", lambda *a, **k: calls.append("pruned"))
    monkeypatch.setattr(pruned, "AVAILABLE", True)
    search(EYE, EYE, 1)
    search(EYE, sparse.csr_array(np.eye(4)), 1)
    monkeypatch.setattr(pruned, "AVAILABLE", False)
    search(EYE, sparse.csr_array(np.eye(4)), 1)
    assert calls == ["reference", "pruned", "reference"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: search(EYE, EYE, 1, engine="fast"),
         "engine must be one of auto, pruned, reference, got 'fast'"),
        (lambda: search(EYE, EYE, 1, engine=None), "engine must be one of auto, pruned, reference"),
        (lambda: search(EYE, EYE, 0), "k must be a whole number >= 1, got 0"),
        (lambda: search(EYE, EYE, 1, threads=0), "threads must be a whole number >= 1, got 0"),
        (lambda: search(EYE, EYE, 1, threads=True), "threads must be a whole number >= 1, got T"),
        (lambda: search(EYE, EYE, 1, memory_limit=-1), "memory_limit must be a whole number >= 1"),
        (lambda: search(EYE, EYE, 1, own_rows=np.zeros(2, np.int32)), "own_rows"),
        (lambda: search(EYE, EYE, 1, own_rows=np.full(3, 3, np.int32)), "own_rows"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_a_search_are_named(call: Callable[[], Any], told: str) -> None:
    """Whatever engine would have got them."""
    with pytest.raises(ConfigError) as error:
        call()
    assert error.value.message.startswith(told)


def test_compiled_engine_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setattr(pruned, "AVAILABLE", False)
    with pytest.raises(ConfigError) as error:
        search(EYE, EYE, 1, engine="pruned")
    assert str(error.value) == (
        "engine: 'pruned' needs the compiled extension, which is not installed\n"
        "Hint: install a C compiler, reinstall this package, or use engine auto"
    )
