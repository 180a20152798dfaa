"""Public functions that call compiled code return or report what is wrong, for any argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommender.cluster.search import Shard, search_block, search_pair
from recommender.errors import ConfigError
from recommender.neighbors import ENGINES, search
from recommender.neighbors.base import search_reference
from recommender.neighbors.between import search_between
from recommender.neighbors.pruned import AVAILABLE, Search, rows_of, search_pruned
from recommender.text.counting import (
    count_blocks,
    count_columns,
    document_frequencies,
    find_pairs,
    frequencies,
    number_pairs,
    sum_rows,
)
from recommender.text.lexicon import make_lexicon
from recommender.vectors.overlap import dot_products, strongest_columns
from recommender.vectors.weighing import Weights, weigh_parts, weigh_rows

ODD = st.sampled_from(
    [None, True, False, -1, 0, 2**31, 2**64, 3.0, 2.5, float("nan"), "2", "", [], b"x", 10**5000]
)
"""Values that are not counts, or out of every range."""

counts = st.one_of(st.integers(1, 5), st.sampled_from([np.int8(3), np.uint64(2)]), ODD)


@st.composite
def tables(draw: st.DrawFn) -> Any:
    """Draw what is a table of unit rows, or one with a fault of its own, or none."""
    n, terms = draw(st.integers(0, 6)), draw(st.sampled_from([3, 3, 3, 4]))
    generator = np.random.default_rng(draw(st.integers(0, 99)))
    cells = generator.random((n, terms)) * (generator.random((n, terms)) < 0.6)
    lengths = np.sqrt((cells**2).sum(axis=1, keepdims=True))
    rows: Any = sparse.csr_array(cells / np.where(lengths > 0, lengths, 1.0))
    fault = draw(st.sampled_from([*FAULTS, *[_same] * len(FAULTS)]))
    return fault(rows)


def _same(rows: Any) -> Any:
    return rows


def _with(part: str, place: int, value: Any) -> Callable[[Any], Any]:
    """Return what writes a value into a part of a table, where it has that place."""

    def fault(rows: Any) -> Any:
        if len(getattr(rows, part)) > abs(place):
            getattr(rows, part)[place] = value
        return rows

    return fault


def _holding(kind: Any) -> Callable[[Any], Any]:
    """Return what gives a table another type of values, of any byte order."""

    def fault(rows: Any) -> Any:
        rows = rows.copy()
        rows.data = rows.data.astype(kind)
        return rows

    return fault


def _shortened(part: str) -> Callable[[Any], Any]:
    def fault(rows: Any) -> Any:
        setattr(rows, part, getattr(rows, part)[:-1])
        return rows

    return fault


FAULTS: list[Callable[[Any], Any]] = [
    *(_with("data", 0, value) for value in (np.nan, np.inf, -1.0, 1e300, 2.0)),
    *(_with("indices", 0, value) for value in (-1, 3, 4, 2**31 - 1)),
    *(_with("indptr", place, value) for place in (0, 1, -1) for value in (-5, 1, 2**31 - 1)),
    *map(_shortened, ("data", "indices", "indptr")),
    *map(_holding, ("f4", ">f8", complex, object, bool)),
    lambda rows: rows.tocsc(),
    lambda rows: rows.toarray(),
    sparse.csr_matrix,
    lambda rows: sparse.csr_array(
        (rows.data[::-1], rows.indices[::-1], rows.indptr), shape=rows.shape
    ),
    lambda rows: None,
    lambda rows: [[1.0, 0.0]],
]

row_numbers = st.one_of(
    st.none(),
    st.lists(st.integers(-2, 7), max_size=6),
    st.lists(st.integers(-1, 3), max_size=6).map(lambda rows: np.array(rows, np.int32)),
    st.sampled_from([[2**40], [0.5], [True], "rows", [[0]], [None], np.array([0], ">i4")]),
)


def answers(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Return what the call returns, or None where it raises the one named error."""
    try:
        return call(*given, **named)
    except ConfigError:
        return None


@settings(max_examples=100)
@given(tables(), tables(), counts, row_numbers, counts, counts)
def test_any_search_gives_lists_or_says_what_is_wrong(
    first: Any, second: Any, k: Any, own: Any, threads: Any, limit: Any
) -> None:
    """All engines take the same arguments, give the same lists, and refuse the rest."""
    expected = answers(search_reference, first, second, k, own_rows=own)
    for engine in ("auto", "reference", *(["pruned"] if AVAILABLE else [])):
        found = answers(search, first, second, k, own_rows=own, engine=engine)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert np.array_equal(found.indices, expected.indices)
            assert np.array_equal(found.scores, expected.scores)
    answers(search, first, second, k, threads=threads, memory_limit=limit)
    if AVAILABLE:
        answers(search_pruned, first, first, k, threads=threads, memory_limit=limit)


@settings(max_examples=80)
@given(tables(), tables(), counts, counts, row_numbers)
def test_any_search_between_gives_lists_or_says_what_is_wrong(
    first: Any, second: Any, k: Any, threads: Any, numbers: Any
) -> None:
    """Two tables, and two shards, are searched or refused."""
    found = answers(search_between, first, second, k, threads=threads)
    if found is not None:
        for lists, seeds, others in zip(found, (first, second), (second, first), strict=True):
            assert np.array_equal(lists.indices, search_reference(seeds, others, k).indices)
    answers(search_between, first, second, k, least=(numbers, numbers))
    shards = Shard(numbers, first), Shard(numbers, second)
    answers(search_block, *shards, k)
    answers(search_pair, *shards, k, threads=threads)


@pytest.mark.skipif(not AVAILABLE, reason="the compiled extension is not installed")
@given(tables(), counts, row_numbers, counts, st.booleans())
def test_any_search_object_is_made_or_says_what_is_wrong(
    table: Any, k: Any, own: Any, threads: Any, halves: bool
) -> None:
    """`Search` checks its numbers; rows are checked where they are made."""
    rows = answers(rows_of, table)
    answers(Search, rows, rows, k, own, threads=threads, halves=halves)


@settings(max_examples=80)
@given(tables(), tables(), row_numbers, row_numbers, counts)
def test_any_pairs_of_rows_have_columns_or_an_error(
    first: Any, second: Any, rows: Any, others: Any, count: Any
) -> None:
    """Row numbers out of range, and counts that are none, are named."""
    answers(strongest_columns, (first, rows), (second, others), count)
    answers(dot_products, (first, rows), (second, others))


parts = st.tuples(
    st.one_of(
        st.lists(st.integers(-2, 4), max_size=6).map(lambda words: np.array(words, np.int32)),
        st.lists(st.integers(0, 2), min_size=3, max_size=3).map(lambda w: np.array(w, np.int32)),
        st.sampled_from([None, [1], np.array([1.0]), np.array([1]), np.zeros((2, 2), np.int32)]),
    ),
    st.one_of(
        st.lists(st.integers(-1, 7), max_size=4).map(lambda ends: np.array(ends, np.int64)),
        st.sampled_from([np.array([0, 1, 3]), np.array([0, 3]), np.array([0, 3], np.int32), None]),
    ),
)


@settings(max_examples=80)
@given(st.lists(parts, max_size=2), counts, counts, tables())
def test_any_counting_counts_or_says_what_is_wrong(
    some: list[Any], width: Any, least: Any, table: Any
) -> None:
    """Words out of range, ends that fall and widths that are none are named."""
    answers(count_columns, some, width)
    answers(count_blocks, {"text": some}, width)
    answers(frequencies, some, width)
    answers(sum_rows, some, table, least)
    answers(document_frequencies, [[table, table]], width)
    found = answers(find_pairs, some, width, least)
    if found is not None:
        answers(number_pairs, some, width, found[0])


@settings(max_examples=80)
@given(
    tables(),
    row_numbers,
    st.lists(st.floats(), max_size=4).map(np.array),
    st.one_of(st.floats(), ODD),
    st.one_of(st.floats(), ODD),
)
def test_any_weighing_gives_rows_or_says_what_is_wrong(
    table: Any, place: Any, idf: Any, exponent: Any, weight: Any
) -> None:
    """Places, factors and exponents that do not fit are named."""
    whole = sparse.csr_array(np.array([[9, 5, 16], [0, 2, 0]], np.int32))
    for counts_given in (table, whole):
        for weights in (
            Weights({"text": weight}, place, idf, exponent),
            Weights({"text": 1.0}, np.array([0, -1, 1], np.int32), np.ones(2), 0.5),
        ):
            answers(weigh_rows, [{"text": counts_given}], weights)
            answers(weigh_parts, {"text": counts_given}, weights)


@given(counts)
def test_any_number_of_threads_reads_or_is_refused(threads: Any) -> None:
    """A lexicon reads with any number of threads that is one."""
    lexicon = answers(make_lexicon, threads)
    assert lexicon is None or lexicon.read(["Tea for two"]).numbers.tolist() == [0, 1, 2]


def test_an_engine_that_is_none_is_refused() -> None:
    """The name of an engine is one of the known; a near one is offered."""
    rows = sparse.csr_array(np.eye(2))
    with pytest.raises(ConfigError, match="did you mean pruned") as raised:
        search(rows, rows, 1, engine="prunned")
    assert all(name in str(raised.value) for name in ENGINES)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (_with("data", 3, np.nan), "row 2 holds nan, expected finite numbers >= 0"),
        (_with("data", 3, 2.0), "row 2 must have the length 1, got 2.15407"),
        (_with("indices", 3, 9), "row 2 has the column 9, expected below 2"),
        (_with("indices", 4, 0), "row 2 has this column too late or twice: 0"),
    ],
)
def test_the_row_that_is_wrong_is_named(fault: Callable[[Any], Any], message: str) -> None:
    """The error says which row, what it holds and what was expected."""
    rows = fault(sparse.csr_array(np.array([[0.6, 0.8], [0, 1.0], [0.6, 0.8]])))
    with pytest.raises(ConfigError, match=message):
        search_reference(rows, rows, 1)


def test_rows_of_other_types_are_searched_as_float64() -> None:
    """float32, big-endian, spaced and 64-bit rows give the lists of the same float64 rows."""
    rows = sparse.csr_array(np.array([[0.6, 0.8], [0, 1.0], [0.8, 0.6]]))
    spaced = rows.copy()
    spaced.data = np.repeat(rows.data, 2)[::2]
    wide = rows.copy()
    wide.indices, wide.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    expected = search_reference(rows, rows, 2)
    for other in (_holding("f4")(rows), _holding(">f8")(rows), spaced, wide):
        for engine in ("reference", *(["pruned"] if AVAILABLE else [])):
            found = search(other, other, 2, engine=engine)
            assert np.array_equal(found.indices, expected.indices)
            assert np.array_equal(found.scores, expected.scores)
