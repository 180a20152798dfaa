"""The term space against counts by hand: which terms and phrases are columns, and their weights."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.text.counting import Part
from recommender.vectors.termspace import (
    ALWAYS_KEPT_DF,
    ColumnRule,
    Columns,
    TermSpace,
    Vocabulary,
    after_terms,
    parts_of,
    prose_of,
)

TERMS = ["bread", "ferry", "oats", "rye"]
NAMES = np.array(["breads", "ferries", "oats", "rye"], dtype=object)
ARTICLES = st.lists(
    st.tuples(*[st.lists(st.integers(-1, len(TERMS) - 1), max_size=5)] * 2), min_size=1, max_size=5
)
PHRASES = st.sets(st.integers(0, len(TERMS) ** 2 - 1), max_size=6).map(sorted)


def part(rows: list[list[int]]) -> Part:
    """Return rows of terms as a part."""
    flat = [number for row in rows for number in row]
    return np.array(flat, np.int32), np.cumsum([0, *map(len, rows)], dtype=np.int64)


def space(phrases: list[int], kept: list[int] | None = None) -> TermSpace:
    """Return a space of four terms and some phrases, of which all or some are columns."""
    width = len(TERMS) + len(phrases)
    columns = np.array(range(width) if kept is None else kept, np.int64)
    df = np.arange(1, len(columns) + 1)
    return TermSpace(Vocabulary(TERMS, NAMES), np.array(phrases, np.int64), columns, df, 1.0 / df)


@given(st.permutations(TERMS), st.lists(st.text(max_size=3), max_size=4))
def test_number_of_a_term_is_its_place(wanted: list[str], others: list[str]) -> None:
    """In the sorted vocabulary; a term that is not there has none."""
    numbers = Vocabulary(TERMS, NAMES).numbers_of([*wanted, *others])
    expected = [TERMS.index(term) if term in TERMS else -1 for term in (*wanted, *others)]
    assert (numbers.dtype, numbers.tolist()) == (np.int32, expected)


@given(ARTICLES, PHRASES)
def test_counts_are_those_of_a_counter(
    articles: list[tuple[list[int], list[int]]], phrases: list[int]
) -> None:
    """Terms of their field; phrases of neighbors in title or text, over no end and no gap."""
    titles, texts = ([list(article[at]) for article in articles] for at in (0, 1))
    sequences = {"title": part(titles), "text": part(texts)}
    counts = space(phrases).count(sequences, ["title", "text", "phrases"])
    for field, rows in (("title", titles), ("text", texts)):
        for row, own in enumerate(rows):
            found = Counter(number for number in own if number >= 0)
            assert counts[field].toarray()[row].tolist()[: len(TERMS)] == [
                found[number] for number in range(len(TERMS))
            ]
    for row, (title, text) in enumerate(zip(titles, texts, strict=True)):
        pairs = Counter(
            a * len(TERMS) + b for own in (title, text) for a, b in pairwise(own) if a >= 0 <= b
        )
        shown = counts["phrases"].toarray()[row].tolist()
        assert shown == [0] * len(TERMS) + [pairs[code] for code in phrases]
    shape = (len(articles), len(TERMS) + len(phrases))
    assert {table.shape for table in counts.values()} == {shape}


@given(st.data(), PHRASES)
def test_columns_are_named_by_their_words(data: st.DataObject, phrases: list[int]) -> None:
    """A phrase by both, in any order of the columns and as often as asked."""
    whole = space(phrases)
    columns = data.draw(st.lists(st.integers(0, whole.width - 1), max_size=8))
    expected = [
        NAMES[column] if column < len(TERMS)
        else " ".join(NAMES[at] for at in divmod(phrases[column - len(TERMS)], len(TERMS)))
        for column in columns
    ]  # fmt: skip
    assert whole.names_of(np.array(columns, np.int64)).tolist() == expected


@given(st.sets(st.integers(0, 5)).map(sorted))
def test_place_of_a_column_is_its_number_among_the_kept(kept: list[int]) -> None:
    """Those that are left out are at -1; the kept ascend."""
    weights = space([0, 5], kept).weights({"text": 1.0}, 0.5)
    expected = [kept.index(column) if column in kept else -1 for column in range(6)]
    assert weights.place.tolist() == expected
    assert weights.idf.tolist() == [1.0 / number for number in range(1, len(kept) + 1)]
    assert (weights.fields, weights.tf_exponent) == ({"text": 1.0}, 0.5)


@given(
    st.lists(st.integers(0, 200), max_size=12),
    st.integers(1, 5),
    st.floats(0.01, 1.0),
    st.floats(0, 3),
    st.integers(1, 200),
)
def test_rule_keeps_and_weighs_by_its_formula(
    df: list[int], min_df: int, max_df: float, exponent: float, n: int
) -> None:
    """As its docstring has it; a small site keeps terms of up to ten articles."""
    df = [min(count, n) for count in df]
    rule = ColumnRule(min_df, max_df, exponent)
    most = max(max_df * n, ALWAYS_KEPT_DF)
    kept = [number for number, count in enumerate(df) if min_df <= count <= most]
    assert rule.kept(np.array(df, np.int64), n).tolist() == kept
    made = rule.space(Vocabulary([], NAMES[:0]), np.arange(len(df)), np.array(df, np.int64), n)
    assert made.kept.tolist() == kept
    assert made.df.tolist() == [df[number] for number in kept]
    expected = [(math.log((1 + n) / (1 + df[number])) + 1) ** exponent for number in kept]
    assert made.idf == pytest.approx(expected)


@pytest.mark.parametrize(
    ("fields", "prose", "parts"),
    [
        (["text"], 0, {"text": 1}),
        (["title", "text", "phrases"], 2, {"title": 1, "text": 1, "phrases": 2}),
        (["tags", "phrases"], 2, {"tags": 1, "phrases": 2}),
        ([], 0, {}),
    ],
)
def test_phrases_are_made_of_title_and_text(
    fields: list[str], prose: int, parts: dict[str, int]
) -> None:
    """Whether these are weighted themselves or not; without phrases, none are looked for."""
    sequences = {name: part([[0, 1]]) for name in ("title", "text", "tags")}
    found = prose_of(sequences, fields)
    assert len(found) == prose
    pairs = [np.array([0, -1], np.int32)] * len(found)
    assert {field: len(own) for field, own in parts_of(sequences, pairs, fields).items()} == parts


def test_columns_of_phrases_follow_those_of_terms() -> None:
    """Counted from 0, they come to lie behind; other fields stay."""
    counts = space([0, 1]).count(
        {"title": part([[0, 0, 1]]), "text": part([[]])}, ["title", "phrases"]
    )
    assert counts["phrases"].indices.tolist() == [4, 5]
    assert after_terms({"title": counts["title"]}, 9)["title"].indices.tolist() == [0, 1]


def drawn_space(data: st.DataObject) -> TermSpace:
    """Return a space of some of five terms, of which some and some phrases are columns."""
    terms = sorted(data.draw(st.sets(st.sampled_from("abcde"))))
    pairs = st.sets(st.integers(0, max(len(terms) ** 2 - 1, 0))) if terms else st.just(set())
    phrases = np.array(sorted(data.draw(pairs)), np.int64)
    width = len(terms) + len(phrases)
    kept = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=width, max_size=width)))
    names = np.array(terms, dtype=object)
    return TermSpace(Vocabulary(terms, names), phrases, kept, kept, kept)


@given(st.data())
def test_columns_of_another_space_are_found_by_name(data: st.DataObject) -> None:
    """A term or phrase that is no column of both has none."""
    mine, other = drawn_space(data), drawn_space(data)
    names, others = (list(space.names_of(np.arange(len(space.kept)))) for space in (mine, other))
    columns = mine.columns_of(Columns.of(other))
    assert columns.dtype == np.int32
    assert columns.tolist() == [names.index(name) if name in names else -1 for name in others]
