"""Sums over shards: whatever the shards, they are those of the whole."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender.articles import validate_articles
from recommender.cluster import rows as shards
from recommender.cluster.rows import (
    add_arrays,
    add_counts,
    add_tallies,
    count_articles,
    count_words,
    head,
    join_vocabularies,
    judge,
    keep_phrases,
    make_shard,
    open_shard,
    place,
    term_space,
    vocabulary_of,
)
from recommender.text.terms import Analyzer
from recommender.vectors.vectorizer import Vectorizer

TEXTS = st.lists(st.sampled_from(["rye", "ryes", "oats", "ferry", "the", "brot", "緑茶", "x-ray"]),
                 max_size=6).map(" ".join)  # fmt: skip
ROWS = st.lists(
    st.fixed_dictionaries(
        {"title": TEXTS, "text": TEXTS, "lang": st.sampled_from(["en", "de", ""])}
    ),
    min_size=2,
    max_size=8,
)
TALLIES = st.lists(
    st.dictionaries(st.integers(0, 20), st.integers(1, 9), max_size=6), min_size=1, max_size=4
)


def vectorizer(**options: Any) -> Vectorizer:
    """Return one that keeps everything that occurs."""
    weights = {"title": 0.5, "text": 1.0, "phrases": 0.3}
    return Vectorizer(weights, Analyzer(), **{"min_df": 1, "max_df": 1.0} | options)


def tally(counts: dict[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return counts of phrases as a shard gives them."""
    codes = sorted(counts)
    return np.array(codes, np.int64), np.array([counts[code] for code in codes], np.int64)


@given(TALLIES)
def test_tallies_add_up_like_counters(parts: list[dict[int, int]]) -> None:
    """Codes ascend, each once; shards without phrases change nothing."""
    total = sum((Counter(part) for part in parts), Counter())
    codes, counts = add_tallies([tally(part) for part in parts])
    assert codes.tolist() == sorted(total)
    assert counts.tolist() == [total[code] for code in sorted(total)]


@given(TALLIES)
def test_tallies_may_be_added_in_any_grouping(parts: list[dict[int, int]]) -> None:
    """A tree sum adds sums: one after the other gives the same as all at once."""
    step = tally({})
    for part in parts:
        step = add_tallies([step, tally(part)])
    whole = add_tallies([tally(part) for part in parts])
    assert [one.tolist() for one in step] == [one.tolist() for one in whole]


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=4))
def test_arrays_add_up(parts: list[list[int]]) -> None:
    """Place by place."""
    assert add_arrays([np.array(part) for part in parts]).tolist() == np.sum(parts, axis=0).tolist()


@given(ROWS, st.integers(1, 4), st.integers(1, 5), st.integers(1, 2))
def test_rows_of_all_shards_are_those_of_one_fit(
    articles: list[dict[str, str]], count: int, buckets: int, min_df: int
) -> None:
    """Terms, names, df, idf and every row, bit for bit, for any shards and buckets."""
    table = validate_articles(
        pd.DataFrame([{"id": f"a{n}", **row} for n, row in enumerate(articles)])
    )
    local = vectorizer(min_df=min_df)
    expected = local.fit_transform(table)

    own = vectorizer(min_df=min_df)
    parts = [table.iloc[at::count].reset_index(drop=True) for at in range(count)]
    parts = [part for part in parts if len(part)]
    opened = [open_shard(part, own, 20) for part in parts]
    languages = sum((head(one).languages for one in opened), Counter())
    main = max(sorted(filter(None, languages)), key=languages.__getitem__, default="")
    assert main == local.main_language_
    judged = [judge(own, one.words, main) for one in opened]
    counted = [count_words(one, buckets) for one in judged]
    totals = [add_counts([one[b] for one in counted]) for b in range(buckets)]
    vocabulary = join_vocabularies([vocabulary_of(total, min_df) for total in totals])
    placed = [place(one, vocabulary) for one in judged]
    found = [count_articles(own, one, vocabulary, buckets) for one in placed]
    phrases = [add_tallies([one[b] for _, one in found]) for b in range(buckets)]
    kept = [keep_phrases(own, one, len(table)) for one in phrases]
    df = add_arrays([one for one, _ in found])
    space = term_space(own, vocabulary, df, kept, len(table))

    names = space.names_of(np.arange(len(space.kept))).tolist()
    assert names == local.terms_
    assert space.df.tolist() == local.df_.tolist()
    assert space.idf.tolist() == local.idf_.tolist()
    for at, one in enumerate(placed):
        numbers = np.arange(len(table), dtype=np.int32)[at::count]
        shard = make_shard(own, one, space, numbers)
        assert (shard.rows != expected[numbers]).nnz == 0


def test_words_of_a_term_are_in_one_bucket() -> None:
    """So that a bucket alone tells whether a term is kept, and what its name is."""
    table = validate_articles(pd.DataFrame(
        {"id": ["a"], "title": "", "text": "ferry ferries ferries rye oats bread", "lang": "en"}
    ))  # fmt: skip
    own = vectorizer()
    counts = count_words(judge(own, open_shard(table, own, 5).words, "en"), 3)
    buckets = [{term for (term, _, _), _ in shards._unpacked(one)} for one in counts]
    assert sum(map(len, buckets)) == len(set().union(*buckets)) == 4
    vocabulary = join_vocabularies([vocabulary_of(one, 1) for one in counts])
    assert dict(zip(vocabulary.terms, vocabulary.names, strict=True))["ferri"] == "ferries"


def test_shard_keeps_what_lists_need_and_lets_the_texts_go() -> None:
    """Titles, addresses and the language that was found; a teaser for the text."""
    text = "The bread and the rye are not as dear in the town as they are in the country."
    rows = pd.DataFrame({"id": ["a"], "title": ["Rye"], "url": "/rye/", "text": [text]})
    table = validate_articles(rows)
    opened = open_shard(table, vectorizer(), 3)
    row = opened.articles.iloc[0]
    assert (row["text"], row["description"], row["lang"], row["url"]) == (
        "", "The bread and…", "en", "/rye/",
    )  # fmt: skip
    assert head(opened).ids == ["a"]


@pytest.mark.parametrize("fields", [{"text": 1.0}, {"phrases": 1.0}, {"title": 1.0, "tags": 0.1}])
def test_a_field_without_weight_counts_nowhere(fields: dict[str, float]) -> None:
    """Phrases alone, or none of them."""
    own = Vectorizer(fields, Analyzer("en"), min_df=1, max_df=1.0)
    table = validate_articles(
        pd.DataFrame({"id": ["a", "b"], "title": "rye oats", "text": "ferry rye"})
    )
    judged = judge(own, open_shard(table, own, 5).words, "en")
    vocabulary = join_vocabularies([vocabulary_of(one, 1) for one in count_words(judged, 1)])
    df, tallies = count_articles(own, place(judged, vocabulary), vocabulary, 2)
    assert bool(df.sum()) == (set(fields) != {"phrases"})
    assert bool(sum(len(codes) for codes, _ in tallies)) == ("phrases" in fields)
