"""Words that explain shared columns to readers: words before dates, complete where possible.

A column is a term or a pair of terms. In scripts without spaces a term is a pair of characters,
and neighboring pairs overlap: a column of two overlapping pairs means that both texts contain the
three characters in a row, so words can be rebuilt without the texts. With the extra `segment`,
Chinese runs are split into words of a dictionary. Works on names only: knows no articles, changes
no score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommender.dates import MONTHS
from recommender.text.terms import PAIRED_RUN
from recommender.vectors.overlap import MOST_COLUMNS, Rows, strongest_columns

SPARE = 4
"""Columns to examine beyond those shown, because years and other numbers say little."""

SPARE_PAIRS = 30
"""Columns to examine beyond those shown, in a script with words merged from pairs."""

LONGEST = 12
"""Maximum length of a merged run: a longer one is a quotation, not a word."""

_WORD, _DATE, _NOTHING = range(3)

_Cell = TypeVar("_Cell")


def name_reasons(
    first: Rows,
    second: Rows,
    names_of: Callable[[NDArray[np.intp]], Iterable[str]],
    terms: int,
) -> list[list[tuple[str, float]]]:
    """Return the reasons to show to readers for each pair of rows.

    Parameters
    ----------
    first, second : Rows
        As for `strongest_columns`: pair i is row i of each.
    names_of : callable
        Takes distinct columns, in order, and returns the name of each.
    terms : int from 1 to 1000
        Maximum number of reasons per pair.

    Returns
    -------
    list of n lists of (str, float)
        Words first, then numbers and names of months, each largest first; ties by the order of
        columns. The part of a merged word is the sum of the parts of its columns.

    Examples
    --------
    >>> from scipy import sparse
    >>> names = ["2025", "may 12", "boat"]
    >>> table = sparse.csr_array(np.array([[0.8, 0.0, 0.6]])), np.array([0])
    >>> name_reasons(table, table, lambda columns: [names[at] for at in columns], 2)
    [[('boat', 0.36), ('2025', 0.64)]]
    """
    shown = _in_order(first, second, names_of, terms + SPARE, terms)
    rows = _with_parts(shown)
    for row, reasons in _merged(first, second, names_of, terms, shown.paired):
        rows[row] = reasons
    return rows


def name_terms(
    first: Rows,
    second: Rows,
    names_of: Callable[[NDArray[np.intp]], Iterable[str]],
    terms: int,
) -> list[list[str]]:
    """Return what `name_reasons` returns, without the parts."""
    shown = _in_order(first, second, names_of, terms + SPARE, terms)
    rows = _rows(shown.names.ravel().tolist(), shown)
    for row, reasons in _merged(first, second, names_of, terms, shown.paired):
        rows[row] = [name for name, _ in reasons]
    return rows


class _Shown(NamedTuple):
    """The reasons for n pairs of rows, in order."""

    names: NDArray[np.object_]
    """Of shape (n, most); empty after the last reason."""
    parts: NDArray[np.float64]
    """Of shape (n, most)."""
    counts: NDArray[np.int64]
    """How many reasons each pair has."""
    paired: NDArray[np.intp]
    """The pairs of rows whose names have pairs of characters."""


def _rows(cells: list[_Cell], shown: _Shown) -> list[list[_Cell]]:
    """Return a list for each pair of rows, of as many cells as it has reasons."""
    starts = np.arange(len(shown.counts)) * shown.names.shape[1]
    stops = starts + shown.counts
    return [cells[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]


def _with_parts(shown: _Shown) -> list[list[tuple[str, float]]]:
    """Return the reasons for each pair of rows with their parts."""
    cells = zip(shown.names.ravel().tolist(), shown.parts.ravel().tolist(), strict=True)
    return _rows([*cells], shown)


def _merged(
    first: Rows,
    second: Rows,
    names_of: Callable[[NDArray[np.intp]], Iterable[str]],
    terms: int,
    paired: NDArray[np.intp],
) -> Iterator[tuple[int, list[tuple[str, float]]]]:
    """Yield some pairs of rows with their reasons, in which pairs of characters are merged."""
    if len(paired):
        more = [(table, numbers[paired]) for table, numbers in (first, second)]
        count = terms + SPARE_PAIRS
        shown = _in_order(more[0], more[1], names_of, count, count)
        for row, reasons in zip(paired.tolist(), _with_parts(shown), strict=True):
            yield row, _whole_words(reasons)[:terms]


def _in_order(
    first: Rows,
    second: Rows,
    names_of: Callable[[NDArray[np.intp]], Iterable[str]],
    count: int,
    most: int,
) -> _Shown:
    """Return the names and parts of the strongest columns.

    count: how many columns to examine for each pair of rows.
    most: how many of them to return.
    """
    columns, parts = strongest_columns(first, second, min(count, MOST_COLUMNS))
    shown = np.zeros(first[0].shape[1] + 1, np.bool_)  # the last is for -1
    shown[columns] = True
    wanted = np.flatnonzero(shown[:-1])
    names = np.full(len(shown), "", dtype=object)
    names[wanted] = list(names_of(wanted))
    group = np.full(len(shown), _NOTHING, np.int8)
    group[wanted] = [_DATE if is_date(name) else _WORD for name in names[wanted]]
    has_pair = np.zeros(len(shown), np.bool_)
    has_pair[wanted] = [has_pairs(name) for name in names[wanted]]
    paired = np.flatnonzero(has_pair[columns].any(axis=1))
    kinds = group[columns]
    dated = np.flatnonzero((kinds == _DATE).any(axis=1))  # the others are in order already
    order = np.argsort(kinds[dated], axis=1, kind="stable")
    for table in (columns, parts):
        table[dated] = np.take_along_axis(table[dated], order, axis=1)
    columns = columns[:, :most]
    return _Shown(names[columns], parts[:, :most], (columns >= 0).sum(axis=1), paired)


def is_date(name: str) -> bool:
    """Return whether a name consists only of numbers and names of months.

    Examples
    --------
    >>> is_date("2025"), is_date("june 2025"), is_date("seat 12")
    (True, True, False)
    """
    return all(word in MONTHS or not any(map(str.isalpha, word)) for word in name.split())


def has_pairs(name: str) -> bool:
    """Return whether a name has characters of a script that is split into pairs.

    Examples
    --------
    >>> has_pairs("機器"), has_pairs("boat")
    (True, False)
    """
    return not name.isascii() and PAIRED_RUN.search(name) is not None


def _whole_words(reasons: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return reasons with merged pairs of characters, largest first within each group."""
    runs: dict[str, float] = {}
    for name, part in reasons:
        run = _run(name)
        held = next((other for other in runs if run in other), run)  # such as 機器 in 機器學
        runs[held] = runs.get(held, 0.0) + part
    cut = _segmenter()
    words: dict[str, float] = {}
    halves: dict[str, float] = {}
    for run, part in _grown(runs).items():
        found = [word for word in cut(run) if len(word) > 1] if has_pairs(run) else [run]
        total = sum(map(len, found))
        for word in found:
            words[word] = words.get(word, 0.0) + part * len(word) / total
        if not found:
            halves[run] = part
    return [
        (name, round(part, 6))
        for some in (words, halves)
        for name, part in sorted(some.items(), key=lambda pair: (is_date(pair[0]), -pair[1]))
    ]


def _run(name: str) -> str:
    """Return two overlapping pairs as their three characters."""
    first, _, second = name.partition(" ")
    return first + second[1:] if has_pairs(first) and second[:1] == first[-1] else name


def _grown(runs: dict[str, float]) -> dict[str, float]:
    """Merge runs that contain each other or overlap by two characters."""
    whole: dict[str, float] = {}
    for run, part in runs.items():
        longer = run
        for other in [other for other in whole if has_pairs(longer)]:
            grown = _overlapping(other, longer)
            if grown:
                part += whole.pop(other)
                longer = grown
        whole[longer] = whole.get(longer, 0.0) + part
    return whole


def _overlapping(one: str, other: str) -> str:
    """Return two runs merged into one if possible, else an empty string."""
    if one in other or other in one:
        return max(one, other, key=len)
    for first, second in ((one, other), (other, one)):
        for size in range(min(len(one), len(other)) - 1, 1, -1):
            if first.endswith(second[:size]) and len(first) + len(second) - size <= LONGEST:
                return first + second[size:]
    return ""


@cache
def _segmenter() -> Callable[[str], list[str]]:
    """Return the function that splits a run into words, or keeps it whole without a dictionary."""
    try:
        import rjieba
    except ImportError:
        return lambda run: [run]
    return lambda run: rjieba.cut(run, hmm=False) if _only_chinese(run) else [run]


def _only_chinese(run: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" for character in run)
