"""Counting against the plainest count there is, compiled and not; errors of the arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommender.errors import ConfigError
from recommender.resources import using
from recommender.text import counting
from recommender.text.counting import (
    Part,
    count_blocks,
    count_columns,
    document_frequencies,
    find_pairs,
    frequencies,
    look_up,
    number_pairs,
    rows_of,
    sum_rows,
)

WIDTH = 4
ROWS = st.lists(st.lists(st.integers(-1, WIDTH - 1), max_size=5), min_size=1, max_size=6)
WORDS = st.lists(st.lists(st.integers(0, WIDTH - 1), max_size=5), min_size=1, max_size=6)


@st.composite
def parts_of(draw: st.DrawFn, least: int = -1, empty: bool = False) -> list[list[list[int]]]:
    """Draw one to three parts of the same rows, or none at all."""
    n = draw(st.integers(1, 6))
    row = st.lists(st.integers(least, WIDTH - 1), max_size=5)
    return draw(st.lists(st.lists(row, min_size=n, max_size=n), min_size=not empty, max_size=3))


PARTS = parts_of()

pytestmark = pytest.mark.parametrize("form", ["compiled", "plain"])
anyhow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _form(form: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run everything with the extension and without, in blocks of two rows, in two threads."""
    if form == "compiled" and not counting.AVAILABLE:
        pytest.skip("the compiled extension is not installed")
    monkeypatch.setattr(counting, "AVAILABLE", form == "compiled")
    monkeypatch.setattr(counting, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(counting, "PAIRS_AT_ONCE", 3)
    monkeypatch.setattr(counting, "WORDS_AT_ONCE", 2)
    with using(2):
        yield


def part(rows: list[list[int]]) -> Part:
    """Return rows of words as a part."""
    words = [word for row in rows for word in row]
    return np.array(words, np.int32), np.cumsum([0, *map(len, rows)], dtype=np.int64)


def counted(parts: list[list[list[int]]]) -> list[list[int]]:
    """Return how often each word occurs in each row of all parts: the oracle."""
    rows = [Counter(word for own in same for word in own) for same in zip(*parts, strict=True)]
    return [[row[column] for column in range(WIDTH)] for row in rows]


@given(PARTS)
@anyhow
def test_counts_are_those_of_a_counter(form: str, parts: list[list[list[int]]]) -> None:
    """Per row over all parts; ignored words count nowhere; indices are sorted."""
    table = count_columns([part(rows) for rows in parts], WIDTH)
    assert table.toarray().tolist() == counted(parts)
    assert (table.dtype, table.has_sorted_indices) == (np.int32, True)
    assert (table.data > 0).all()


@given(PARTS)
@anyhow
def test_blocks_put_together_are_the_whole(form: str, parts: list[list[list[int]]]) -> None:
    """Whatever their height, in order; each field for itself."""
    blocks = count_blocks({"title": [part(parts[0])], "text": [*map(part, parts)]}, WIDTH)
    for field, expected in (("title", parts[:1]), ("text", parts)):
        whole = sparse.vstack([block[field] for block in blocks])
        assert whole.toarray().tolist() == counted(expected)


@given(PARTS)
@anyhow
def test_document_frequency_counts_rows(form: str, parts: list[list[list[int]]]) -> None:
    """A column in two fields of a row is in one row; blocks add up."""
    tables = [count_columns([part(rows)], WIDTH) for rows in parts]
    rows = counted(parts)
    expected = [sum(row[column] > 0 for row in rows) for column in range(WIDTH)]
    assert document_frequencies([tables], WIDTH).tolist() == expected
    twice = document_frequencies([tables, tables], WIDTH)
    assert twice.tolist() == [2 * count for count in expected]


@given(parts_of(least=0, empty=True))
@anyhow
def test_frequency_counts_words(form: str, parts: list[list[list[int]]]) -> None:
    """Of all parts together; no part, no word."""
    words = Counter(word for rows in parts for row in rows for word in row)
    found = frequencies([*map(part, parts)], WIDTH)
    assert found.tolist() == [words[column] for column in range(WIDTH)]


@given(parts_of(empty=True), st.integers(1, 3))
@anyhow
def test_pairs_are_neighbors_of_one_row(
    form: str, parts: list[list[list[int]]], least: int
) -> None:
    """They cross no end of a row or part and no ignored word; those seen too rarely have none."""
    pairs = [
        [(a, b) if a >= 0 and b >= 0 else None for a, b in pairwise(row)] + [None] * bool(row)
        for rows in parts
        for row in rows
    ]
    often = Counter(pair for row in pairs for pair in row if pair)
    kept = sorted(pair for pair, count in often.items() if count >= least)
    codes, numbers = find_pairs([*map(part, parts)], WIDTH, least)
    assert codes.tolist() == [a * WIDTH + b for a, b in kept]
    expected = [kept.index(pair) if pair in kept else -1 for row in pairs for pair in row]
    assert [number for own in numbers for number in own.tolist()] == expected
    assert [len(own) for own in numbers] == [sum(map(len, rows)) for rows in parts]


@given(PARTS, st.integers(1, 3))
@anyhow
def test_known_pairs_are_numbered_as_they_were_found(
    form: str, parts: list[list[list[int]]], least: int
) -> None:
    """Other rows with the same words get the same numbers; an unknown pair none."""
    given_parts = [*map(part, parts)]
    codes, numbers = find_pairs(given_parts, WIDTH, least)
    again = number_pairs(given_parts, WIDTH, codes)
    assert [own.tolist() for own in again] == [own.tolist() for own in numbers]
    none = number_pairs(given_parts, WIDTH, np.empty(0, np.int64))
    assert all((own == -1).all() for own in none)


@given(WORDS, st.integers(0, 6))
@anyhow
def test_sums_take_the_first_words_of_a_row(form: str, rows: list[list[int]], most: int) -> None:
    """As many as are asked for, of each part for itself."""
    values = [[1, 0], [0, 5], [2, 3], [0, 0]]
    table = sparse.csr_array(np.array(values, np.int32))
    expected = [
        [2 * sum(values[word][column] for word in row[:most]) for column in range(2)]
        for row in rows
    ]
    assert sum_rows([part(rows), part(rows)], table, most).tolist() == expected


def test_sums_of_an_empty_table_are_zero(form: str) -> None:
    """No word has a value: nothing is read, and the shape is right."""
    table = sparse.csr_array((2, 3), dtype=np.int32)
    assert sum_rows([part([[0, 1], []])], table, 9).tolist() == [[0] * 3] * 2


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), st.data())
@anyhow
def test_look_up_is_an_index(form: str, table: list[int], data: st.DataObject) -> None:
    """Whatever the number of threads and the size of their shares."""
    numbers = data.draw(st.lists(st.integers(0, len(table) - 1), max_size=9))
    found = look_up(np.array(table, np.int32), np.array(numbers, np.int32))
    assert found.dtype == np.int32
    assert found.tolist() == [table[number] for number in numbers]


@given(ROWS)
@anyhow
def test_row_of_each_word(form: str, rows: list[list[int]]) -> None:
    """As many times as the row has words."""
    expected = [number for number, row in enumerate(rows) for _ in row]
    assert rows_of(part(rows)[1]).tolist() == expected


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_rows_without_words(form: str, count: int) -> None:
    """No rows, or rows of nothing, are counted too."""
    empty = part([[] for _ in range(count)])
    assert count_columns([empty], WIDTH).shape == (count, WIDTH)
    assert sum(block["text"].shape[0] for block in count_blocks({"text": [empty]}, WIDTH)) == count
    assert find_pairs([empty], WIDTH, 1)[0].tolist() == []


def words(*numbers: int, kind: Any = np.int32) -> Any:
    """Return numbers as an array."""
    return np.array(numbers, kind)


def ends(*numbers: int, kind: Any = np.int64) -> Any:
    """Return ends as an array."""
    return np.array(numbers, kind)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], "parts: at least one is needed, got none"),
        ([(words(0, 4), ends(0, 2))], "parts: words must be from -1 to 3, got 0 to 4"),
        ([(words(-2, 0), ends(0, 2))], "parts: words must be from -1 to 3, got -2 to 0"),
        ([(words(0), ends(0, 2))], "ends of a part: place 1 must be from 0 to 1, got 2"),
        ([(words(0, 1), ends(0, 1))], "parts: ends must ascend from 0 to the number of words, 2"),
        ([(words(0, 1), ends(1, 2))], "parts: ends must ascend from 0 to the number of words, 2"),
        ([(words(0, 1), ends(0, 2, 1, 2))], "parts: ends must ascend from 0"),
        ([(words(0), ends())], "parts: ends must ascend from 0 to the number of words, 1"),
        ([(words(0), ends(0, 1)), (words(0), ends(0, 0, 1))],
         "ends of a part: 3 whole numbers do not fit, expected 2"),
        ([(words(0, kind=np.int64), ends(0, 1))],
         "parts: words must be contiguous int32 and ends int64, got int64 and int64"),
        ([(words(0), ends(0, 1, kind=np.int32))], "ends int64, got int32 and int32"),
        ([(words(0, 1, 0, 1)[::2], ends(0, 2))], "parts: words must be contiguous int32"),
        ([([0], ends(0, 1))], "parts: words and ends must be arrays of one dimension"),
        ([(words(0).reshape(1, 1), ends(0, 1))], "must be arrays of one dimension"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", [count_columns, lambda parts, n: count_blocks({"a": parts}, n)])
def test_wrong_parts_are_refused_before_a_kernel_reads_them(
    form: str, count: Callable[..., Any], parts: Any, told: str
) -> None:
    """A kernel reads any memory that its arguments point to."""
    with pytest.raises(ConfigError) as error:
        count(parts, WIDTH)
    assert told in error.value.message


def test_parts_of_other_rows_are_refused(form: str) -> None:
    """The kernel takes the rows of one part for those of all, and would read past the end."""
    several = [part([[0], [1], [2]]), part([[3]])]
    calls: list[Callable[[], Any]] = [
        lambda: count_columns(several, WIDTH), lambda: frequencies(several, WIDTH),
        lambda: find_pairs(several, WIDTH, 1), lambda: frequencies(several[::-1], WIDTH),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ConfigError, match=r"ends of a part: \d whole numbers do not fit"):
            call()


@pytest.mark.parametrize("width", [-1, 1.5, True, None, 2**31])
def test_wrong_widths_are_refused(form: str, width: Any) -> None:
    """By every function that takes one."""
    calls: list[Callable[[], Any]] = [
        lambda: count_columns([part([[0]])], width), lambda: frequencies([part([[0]])], width),
        lambda: find_pairs([part([[0]])], width, 1), lambda: document_frequencies([], width),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ConfigError, match="width must be a whole number >= 0, got"):
            call()


def test_ignored_words_have_no_value(form: str) -> None:
    """Where every word is a row of a table, -1 is out of range."""
    table = sparse.csr_array(np.ones((2, 1), np.int32))
    ignored = [part([[-1]])]
    for call in (lambda: sum_rows(ignored, table, 1), lambda: frequencies(ignored, 2)):
        with pytest.raises(ConfigError, match="words must be from 0 to 1, got -1 to -1"):
            call()


def test_tables_of_a_block_have_one_shape(form: str) -> None:
    """Else a row would be another article's."""
    one, two = (sparse.csr_array(np.ones((n, WIDTH), np.int32)) for n in (1, 2))
    with pytest.raises(ConfigError, match="tables of a block must have 4 columns and one n"):
        document_frequencies([[one, two]], WIDTH)
    with pytest.raises(ConfigError, match="tables of a block must have 3 columns and one n"):
        document_frequencies([[one]], WIDTH - 1)
