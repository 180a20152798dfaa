"""Properties of the rows, over articles that hypothesis makes up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import add_phrases, tfidf_rows

from recommender.text.terms import Analyzer, tokenize
from recommender.vectors.vectorizer import Vectorizer

PLAIN = Analyzer("en", stemming=False, stop_words=False)
WEIGHTS = {"title": 0.3, "text": 1.0, "phrases": 0.4}
WORDS = st.sampled_from(["ferry", "harbour", "bread", "rye", "東京", "naïve", "3.11"])
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
CORPORA = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12).map(
    lambda rows: pd.DataFrame(rows, columns=["title", "text"])
)


@given(CORPORA, st.integers(1, 3), st.floats(0.2, 1), st.floats(0.3, 1), st.floats(0, 2))
def test_rows_are_those_of_the_formula(
    articles: pd.DataFrame, min_df: int, max_df: float, tf: float, idf: float
) -> None:
    """For any corpus and settings the rows are the plain formula's."""
    options = {"min_df": min_df, "max_df": max_df, "tf_exponent": tf, "idf_exponent": idf}
    vectorizer = Vectorizer(WEIGHTS, PLAIN, **options)
    rows = vectorizer.fit_transform(articles).toarray()
    terms = [
        add_phrases({field: tokenize(row[field]) for field in ("title", "text")})
        for row in articles.to_dict("records")
    ]
    expected = tfidf_rows(terms, WEIGHTS, **options)
    assert sorted(vectorizer.terms_) == sorted(set().union(*expected))
    for row, right in zip(rows, expected, strict=True):
        assert row == pytest.approx([right.get(term, 0) for term in vectorizer.terms_], abs=1e-12)


@given(CORPORA, st.integers(0, 99))
def test_rows_do_not_hang_on_the_order_of_articles(articles: pd.DataFrame, seed: int) -> None:
    """Any order of the articles gives the same rows, bit for bit."""
    order = np.random.default_rng(seed).permutation(len(articles))
    first, second = (Vectorizer(WEIGHTS, Analyzer()) for _ in range(2))
    rows = first.fit_transform(articles)
    shuffled = second.fit_transform(articles.iloc[order].reset_index(drop=True))
    assert first.terms_ == second.terms_
    assert (rows[order] != shuffled).nnz == 0


@given(CORPORA)
def test_transform_is_fit_and_parts_are_its_sum(articles: pd.DataFrame) -> None:
    """The fitted articles transformed give their rows, and the parts add up to them."""
    vectorizer = Vectorizer(WEIGHTS, PLAIN, min_df=1)
    rows = vectorizer.fit_transform(articles)
    assert (vectorizer.transform(articles) != rows).nnz == 0
    total = sum(vectorizer.parts(articles).values())
    assert np.abs((total - rows).toarray()).max(initial=0) < 1e-12


@given(st.text(max_size=60))
def test_tokenize_is_stable_under_its_own_result(text: str) -> None:
    """Words are lower-case and hold no blank; cut again, each of them has a word."""
    words = tokenize(text)
    assert all(word.split() == [word] for word in words)
    assert all(word == word.lower() for word in words)
