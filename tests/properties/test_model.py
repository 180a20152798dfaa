"""Properties of the lists, over articles that hypothesis makes up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import lists_of
from contracts import as_dicts, as_lists
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import cosine_top_k

from recommender import ArticleRecommender, because, explain
from recommender.neighbors.base import search_reference
from recommender.teasers import teaser

WORDS = st.sampled_from(["ferry", "harbour", "bread", "rye", "the", "of", "die", "und", "東京都"])
TEXTS = st.lists(WORDS, min_size=1, max_size=10).map(" ".join)


@st.composite
def corpora(draw: Any) -> pd.DataFrame:
    """Return 1 to 12 articles, some of them copies, with ids in no order."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=10))
    texts += texts[: draw(st.integers(0, 2))]
    ids = draw(st.permutations([f"{n}" for n in range(len(texts))]))
    return pd.DataFrame({"id": ids, "title": texts, "text": texts[::-1]})


@given(corpora(), st.integers(0, 99))
def test_lists_do_not_hang_on_the_order_of_articles(articles: pd.DataFrame, seed: int) -> None:
    """Any order of the articles gives the same table."""
    shuffled = articles.sample(frac=1, random_state=seed)
    first, second = (ArticleRecommender().fit(table).recommend() for table in (articles, shuffled))
    pd.testing.assert_frame_equal(first, second)


@given(corpora())
def test_lists_never_hold_the_article_or_another_twice(articles: pd.DataFrame) -> None:
    """No article recommends itself, with or without copies, and none is in a list twice."""
    related = ArticleRecommender(min_score=0).fit(articles).recommend(k=20)
    assert (related["article_id"] != related["related_id"]).all()
    assert not related.duplicated(["article_id", "related_id"]).any()
    assert related["score"].between(0, 1).all()


@given(corpora())
def test_copies_are_all_found(articles: pd.DataFrame) -> None:
    """Every copy that has a term is among the articles with a plain cosine of 1."""
    model = ArticleRecommender(stages=(), min_df=1, path_weight=0).fit(articles)
    lists = lists_of(model.recommend(k=20))
    content = model.articles_.set_index("id")[["title", "text"]].agg("\0".join, axis=1)
    for name in content.index[np.diff(model.vectors_.indptr) > 0]:
        copies = set(content.index[content == content[name]]) - {name}
        assert copies <= {related for related, score in lists.get(name, []) if score == 1}


@given(corpora(), st.integers(1, 8))
def test_lists_are_those_of_the_oracle(articles: pd.DataFrame, k: int) -> None:
    """Without stages the lists are the plain top k of the rows."""
    model = ArticleRecommender(stages=()).fit(articles)
    rows, n = as_dicts(model.vectors_), len(articles)
    own = np.arange(n, dtype=np.int32)
    expected = cosine_top_k(rows, rows, k, own)
    assert as_lists(search_reference(model.vectors_, model.vectors_, k, own_rows=own)) == expected
    ids = model.articles_["id"]
    lists = {ids[at]: [(ids[row], score) for row, score in e] for at, e in enumerate(expected) if e}
    assert lists_of(model.recommend(k=k)) == lists


@settings(max_examples=8)
@given(corpora())
def test_explanations_add_up(articles: pd.DataFrame) -> None:
    """For every recommendation the contributions sum to its score."""
    model = ArticleRecommender(min_score=0).fit(articles)
    related = model.recommend(k=2)
    for row, reasons in zip(related.itertuples(), because(model, related, terms=99), strict=True):
        why = explain(model, row.article_id, row.related_id)
        assert why.score == row.score
        assert why.contributions["contribution"].sum() == pytest.approx(row.score, abs=1e-6)
        assert sum(part for _, part in reasons) == pytest.approx(row.score, abs=1e-4)


@given(corpora())
def test_fitted_articles_given_as_new_get_their_lists(articles: pd.DataFrame) -> None:
    """`recommend_for` the fitted articles is `recommend`."""
    model = ArticleRecommender(min_score=0).fit(articles)
    pd.testing.assert_frame_equal(model.recommend_for(articles), model.recommend())


@given(st.text(max_size=200), st.integers(1, 30))
def test_teaser_is_one_line_that_begins_like_the_text(text: str, words: int) -> None:
    """A teaser has no line break and says nothing that the text does not."""
    line = teaser(text, words=words)
    assert "\n" not in line
    assert " ".join(text.split()).startswith(line.removesuffix("…").rstrip())
    assert len(line.split()) <= words
    assert teaser("", line, words) == line, "a teaser that is cut again changes"
