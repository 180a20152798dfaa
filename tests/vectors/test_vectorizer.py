"""TF-IDF rows: the formula, its edges, and what they do not hang on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import TINY
from numpy.testing import assert_allclose
from oracles import add_phrases, tfidf_rows
from scipy import sparse

from recommender.articles import validate_articles
from recommender.model import make_vectorizer
from recommender.text.terms import Analyzer, tokenize
from recommender.text.words import TEXT_FIELDS, read_words
from recommender.vectors.vectorizer import FIELDS, Vectorizer

WEIGHTS = {"title": 0.3, "text": 1.0, "tags": 0.2, "headings": 0.1, "category": 0.1, "phrases": 0.4}


def vectorize(articles: pd.DataFrame, weights: dict[str, float], **options: Any) -> tuple:
    """Return a vectorizer for unstemmed English words, and its rows."""
    vectorizer = Vectorizer(weights, Analyzer("en", stemming=False), **options)
    return vectorizer, vectorizer.fit_transform(articles)


def terms_of(articles: pd.DataFrame) -> list[dict[str, list[str]]]:
    """Return the terms of every article per field, for the oracle."""
    analyzer = Analyzer("en", stemming=False)
    texts = articles.assign(tags=articles["tags"].map(" / ".join))
    return [
        add_phrases({f: analyzer.terms(tokenize(row[f]), "en") for f in TEXT_FIELDS})
        for row in texts.to_dict("records")
    ]


def row_dicts(vectorizer: Vectorizer, rows: sparse.csr_array) -> list[dict[str, float]]:
    """Return the rows as term -> weight."""
    terms = np.array(vectorizer.terms_, dtype=object)
    return [dict(zip(terms[r.nonzero()], r[r.nonzero()], strict=True)) for r in rows.toarray()]


@pytest.fixture(scope="module")
def english(newsroom: pd.DataFrame) -> pd.DataFrame:
    """Thirty of the bundled articles, hyphens out (a term is named by its word)."""
    articles = newsroom[newsroom["id"].str.startswith(("business", "culture"))].head(30)
    plain = {f: articles[f].str.replace("-", " ") for f in ("title", "text", "headings")}
    tags = articles["tags"].map(lambda tags: [tag.replace("-", " ") for tag in tags])
    return validate_articles(articles.assign(**plain, tags=tags))


@pytest.mark.parametrize(
    "options",
    [{}, {"tf_exponent": 1.0, "idf_exponent": 0.0}, {"min_df": 3, "max_df": 0.4}, {"min_df": 1}],
)
def test_rows_are_those_of_the_formula(english: pd.DataFrame, options: dict[str, Any]) -> None:
    """Every weight of every row equals the plain formula to 1e-12."""
    vectorizer, rows = vectorize(english, WEIGHTS, **options)
    expected = tfidf_rows(terms_of(english), WEIGHTS, **options)
    for row, right in zip(row_dicts(vectorizer, rows), expected, strict=True):
        assert row == pytest.approx(right, abs=1e-12)


def test_rows_of_the_tiny_corpus_are_those_worked_out_by_hand() -> None:
    """The square root of the count, over the length: (2, 1) / √5."""
    vectorizer, rows = vectorize(TINY, {"text": 1}, idf_exponent=0, min_df=1)
    assert vectorizer.terms_ == ["bread", "ferry", "harbour", "rye"]
    assert_allclose(rows.toarray()[1], [0, 2 / 5**0.5, 1 / 5**0.5, 0], atol=1e-12)
    assert vectorizer.df_.tolist() == [2, 2, 3, 1]


def test_rows_have_unit_length_or_are_empty(newsroom_model: Any) -> None:
    """A row is 1 long, or has no term at all; its indices are sorted."""
    rows = newsroom_model.vectors_
    lengths = np.sqrt((rows.toarray() ** 2).sum(axis=1))
    assert_allclose(lengths[lengths > 0], 1, atol=1e-12)
    assert rows.has_sorted_indices


def test_transform_of_the_fitted_articles_gives_their_rows(newsroom_model: Any) -> None:
    """To fit and to transform the same articles is the same, bit for bit."""
    again = newsroom_model.vectorizer_.transform(newsroom_model.articles_)
    assert (again != newsroom_model.vectors_).nnz == 0


def test_transform_takes_each_article_for_itself(newsroom_model: Any) -> None:
    """The row of an article does not hang on the others transformed with it."""
    some = newsroom_model.articles_.iloc[[170, 3, 90]].reset_index(drop=True)
    rows = newsroom_model.vectorizer_.transform(some)
    assert (rows != newsroom_model.vectors_[[170, 3, 90]]).nnz == 0


def test_transform_leaves_out_terms_that_the_fit_did_not_see() -> None:
    """An article of new words only has an empty row."""
    vectorizer, rows = vectorize(TINY, {"text": 1, "phrases": 1}, min_df=1)
    other = validate_articles(pd.DataFrame({"id": ["a"], "title": ["zinc"], "text": ["tin"]}))
    assert vectorizer.transform(other).shape == (1, rows.shape[1])
    assert vectorizer.transform(other).nnz == 0


def test_parts_add_up_to_the_rows(newsroom_model: Any) -> None:
    """The contributions of the fields add up to the row."""
    parts = newsroom_model.vectorizer_.parts(newsroom_model.articles_)
    assert set(parts) == {"title", "text", "tags", "category", "path", "phrases"}
    assert abs(sum(parts.values()) - newsroom_model.vectors_).max() < 1e-12


def test_rows_do_not_hang_on_the_order_of_articles(newsroom_model: Any) -> None:
    """Articles in another order have the same rows in that order, bit for bit."""
    articles = newsroom_model.articles_
    order = np.random.default_rng(0).permutation(len(articles))
    shuffled = make_vectorizer(newsroom_model)
    rows = shuffled.fit_transform(articles.iloc[order].reset_index(drop=True))
    assert shuffled.terms_ == newsroom_model.vectorizer_.terms_
    assert (rows != newsroom_model.vectors_[order]).nnz == 0


@pytest.mark.parametrize(
    ("min_df", "terms"),
    [(1, ["bread", "ferry", "harbour", "rye"]), (2, ["bread", "ferry", "harbour"]),
     (3, ["harbour"]), (4, [])],
)  # fmt: skip
def test_min_df_keeps_terms_of_exactly_that_many_articles(min_df: int, terms: list[str]) -> None:
    """A term in `min_df` articles is kept; a term in one fewer is dropped."""
    assert vectorize(TINY, {"text": 1}, min_df=min_df)[0].terms_ == terms


@pytest.mark.parametrize(("max_df", "kept"), [(0.5, False), (0.55, True), (0.6, True)])
def test_max_df_keeps_terms_of_exactly_that_share(max_df: float, kept: bool) -> None:
    """A term in the share `max_df` of the articles is kept; a term in more is dropped."""
    texts = ["ferry port"] * 11 + ["port"] * 9
    articles = validate_articles(pd.DataFrame({"id": range(20), "title": "", "text": texts}))
    assert ("ferry" in vectorize(articles, {"text": 1}, max_df=max_df)[0].terms_) is kept


def test_max_df_drops_nothing_from_a_small_site() -> None:
    """A term of ten articles stays, be they all the site has."""
    articles = pd.DataFrame({"title": [""] * 10, "text": ["ferry"] * 10})
    assert vectorize(articles, {"text": 1}, max_df=0.1)[0].terms_ == ["ferry"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_empty_everywhere_changes_nothing(field: str) -> None:
    """A field without any term adds nothing, and alone gives empty rows."""
    articles = validate_articles(pd.DataFrame({"id": ["1", "2"], "title": "", "text": ""}))
    rows = vectorize(articles.assign(path=""), {field: 1.0}, min_df=1)[1]
    assert (rows.shape, rows.nnz) == ((2, 0), 0)


def test_a_title_counts_the_same_over_short_and_long_texts() -> None:
    """Each field has unit length before it is weighted."""
    texts = ["ferry " * 3, "ferry " * 300]
    articles = pd.DataFrame({"title": ["Rye bread"] * 2, "text": texts})
    rows = vectorize(articles, {"title": 0.3, "text": 1})[1].toarray()
    assert_allclose(rows[0], rows[1], atol=1e-12)


def test_a_word_is_judged_in_the_language_of_its_article() -> None:
    """German "die" is a function word, English "die" is not."""
    articles = validate_articles(
        pd.DataFrame({"id": list("abcd"), "title": "", "text": "die"}).assign(
            lang=["de", "de", "en", "en"]
        )
    )
    rows = Vectorizer({"text": 1}, Analyzer()).fit_transform(articles)
    assert rows.toarray().ravel().tolist() == [0, 0, 1, 1]


def test_a_phrase_does_not_reach_over_a_stop_word_or_into_the_next_article() -> None:
    """Only neighboring words of one article and field are a phrase."""
    texts = ["red ferry", "red ferry", "red or ferry", "ferry", "red"]
    articles = pd.DataFrame({"title": [""] * 5, "text": texts})
    vectorizer, _ = vectorize(articles, {"phrases": 1}, min_df=1)
    assert (vectorizer.terms_, vectorizer.df_.tolist()) == (["red ferry"], [2])


def test_terms_are_named_by_their_most_frequent_word() -> None:
    """A reader sees a word, not a stem."""
    articles = pd.DataFrame({"title": ["", ""], "text": ["ferries ferries", "ferry"]})
    vectorizer = Vectorizer({"text": 1}, Analyzer("en"))
    vectorizer.fit_transform(articles)
    assert vectorizer.terms_ == ["ferries"]


def test_language_that_the_article_names_goes_first() -> None:
    """An article's own language is used, but a setting for all overrides it."""
    german = "Die Brücke über den Fluss ist seit gestern für alle offen, aber das Geld fehlt."
    articles = pd.DataFrame({"title": ["", ""], "text": [german, german], "lang": ["", "pt-BR"]})
    assert read_words(articles, ["text"], Analyzer()).article_languages == ["de", "pt"]
    assert read_words(articles, ["text"], Analyzer("en-US")).article_languages == ["en", "en"]
