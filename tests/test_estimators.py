"""scikit-learn's protocol: its own checks, and its tools at work on our estimators."""

from __future__ import annotations

import pickle
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import TINY
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from recommender import ArticleRecommender, ArticleVectorizer, ExactCosineNeighbors, because
from recommender.config import Settings, of_group
from recommender.errors import ConfigError, SourceError
from recommender.evaluation.compare import ndcg_scorer

TEXTS = ["The ferry sails at dawn.", "A ferry to the island", "Rye bread", "Bread of rye flour"]
ESTIMATORS = [ArticleRecommender(), ArticleVectorizer(), ExactCosineNeighbors()]


@pytest.mark.filterwarnings("ignore:Can't test estimator")
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_checks_of_scikit_learn_pass(estimator: Any) -> None:
    """All checks pass, without an exception declared.

    Of the first two, which take tables and texts and say so in their tags as TfidfVectorizer
    does, scikit-learn checks the protocol alone; the tests below do on tables what its checks
    do on arrays.
    """
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert [one["check_name"] for one in results if one["status"] == "failed"] == []
    assert {one["status"] for one in results} >= {"passed"}


FITTED = [
    (ArticleRecommender(min_score=0.0), TINY, lambda model: model.recommend()),
    (ArticleVectorizer(min_df=1), TINY, lambda model: model.transform(TINY).toarray()),
    (
        ExactCosineNeighbors(1),
        sparse.csr_array(np.eye(3) + 1),
        lambda model: np.hstack(model.kneighbors()),
    ),
]


@pytest.mark.parametrize(("estimator", "table", "result"), FITTED, ids=["lists", "rows", "near"])
def test_fit_is_repeatable_and_survives_clone_pickle_and_joblib(
    estimator: Any, table: Any, result: Any, tmp_path: Any
) -> None:
    """A second fit, a clone's fit, and the fit stored and loaded give the same; none is changed."""
    before, kept = estimator.get_params(), table.copy()
    assert estimator.fit(table) is estimator
    first = np.asarray(result(estimator))
    joblib.dump(estimator, tmp_path / "model.joblib")
    copies = [
        clone(estimator).fit(table),
        pickle.loads(pickle.dumps(estimator)),
        joblib.load(tmp_path / "model.joblib"),
        estimator.fit(table),
    ]
    for copy in copies:
        assert (np.asarray(result(copy)) == first).all()
    assert estimator.get_params() == before
    assert np.array_equal(np.asarray(table != kept), np.zeros(table.shape, bool)) or (
        table.equals(kept) if isinstance(table, pd.DataFrame) else not (table != kept).nnz
    )


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_estimators_are_shown_in_notebooks(estimator: Any) -> None:
    """The HTML of a notebook names the estimator."""
    assert type(estimator).__name__ in estimator._repr_html_()


def test_parameters_are_those_of_the_settings() -> None:
    """Names and defaults are declared; the constructor's own are None."""
    params = ArticleRecommender().get_params()
    own = ("editorial", "last_lists", "now", "own_vectors", "stages")
    assert [params.pop(name) for name in own] == [None] * len(own)
    assert params == of_group(Settings(), "model")


def test_pipeline_clusters_articles() -> None:
    """The vectorizer feeds what takes rows."""
    pipeline = make_pipeline(ArticleVectorizer(min_df=1), KMeans(2, n_init=4, random_state=0))
    groups = pipeline.fit_predict(TEXTS)
    assert groups[0] == groups[1] != groups[2] == groups[3]


def test_vectors_come_in_the_order_of_the_input_and_as_pandas() -> None:
    """Rows are in the order of the table, for any order of ids; `set_output` names the columns."""
    table = pd.DataFrame({"id": [9, 10, 1], "title": "", "text": TEXTS[:3]})
    vectorizer = ArticleVectorizer(min_df=1, sparse_output=False).set_output(transform="pandas")
    rows = vectorizer.fit_transform(table)
    assert list(rows.columns) == list(vectorizer.get_feature_names_out())
    assert rows["ferry"].gt(0).tolist() == [True, True, False]
    assert np.allclose((rows**2).sum(axis=1), 1)
    assert np.allclose(vectorizer.transform(table), rows)


def test_vectorizer_takes_texts_only() -> None:
    """Numbers are not accepted as texts."""
    with pytest.raises(SourceError, match="texts"):
        ArticleVectorizer().fit(np.eye(3))
    with pytest.raises(ConfigError, match="min_df must be whole number >= 1, got 0"):
        ArticleVectorizer(min_df=0).fit(TEXTS)


def test_grid_search_finds_the_better_setting() -> None:
    """Judgments choose the field that relates articles."""
    articles = pd.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "title": ["Ferry", "Ferry", "Bread", "Bread"],
            "text": ["Rye and oats", "Salt and sea", "Rye and oats", "Salt and sea"],
        }
    )
    judgments = pd.DataFrame({"query": ["1", "3"], "related": ["2", "4"], "gain": [1.0, 1.0]})
    rows = np.arange(4)
    search = GridSearchCV(
        ArticleRecommender(min_score=0.0, stages=[]),
        {"title_weight": [0.0, 10.0]},
        scoring=ndcg_scorer(judgments, k=1),
        cv=[(rows, rows)],
    )
    search.fit(articles)
    assert search.best_params_ == {"title_weight": 10.0}
    assert search.best_score_ == 1.0


def test_ids_keep_their_type() -> None:
    """Integer ids stay integers in all results, and `explain` accepts them."""
    table = TINY.assign(id=[30, 4, 5, 100])
    model = ArticleRecommender(min_score=0.0).fit(table)
    lists = model.recommend()
    assert lists["article_id"].dtype == lists["related_id"].dtype == np.int64
    assert model.recommend([4])["article_id"].unique().tolist() == [4]
    assert len(because(model, lists)) == len(lists)
    new = model.recommend_for(table.assign(id=[1, 2, 3, 7]))
    assert set(new["article_id"]) <= {1, 2, 3, 7}
    assert set(new["related_id"]) <= {30, 4, 5, 100}


def test_ids_of_two_types_stay_apart() -> None:
    """New articles may have numbers where the fitted ones have text, and tables may differ."""
    model = ArticleRecommender(min_score=0.0).fit(TINY)
    new = model.recommend_for(TINY.assign(id=[1, 2, 3, 7]))
    assert set(new["article_id"]) <= {1, 2, 3, 7}
    assert set(new["related_id"]) <= set(TINY["id"])
    model = ArticleRecommender(min_score=0.0).fit([TINY, TINY.assign(id=[30, 4, 5, 100])])
    assert set(model.recommend()["related_id"]) <= {*TINY["id"], 30, 4, 5, 100}


def test_columns_are_named_in_fit() -> None:
    """A table with other names needs no copy of the caller's; a wrong name gets a guess."""
    table = TINY.rename(columns={"title": "headline", "text": "body"})
    names = {"title": "headline", "text": "body"}
    model = ArticleRecommender(min_score=0.0).fit(table, columns=names)
    assert model.recommend().equals(ArticleRecommender(min_score=0.0).fit(TINY).recommend())
    assert model.recommend_for(table).equals(model.recommend())
    with pytest.raises(ConfigError, match="did you mean title"):
        ArticleRecommender().fit(table, columns={"titel": "headline"})
    with pytest.raises(
        SourceError, match=r"columns: headlin not found, .*\nHint: did you mean head"
    ):
        ArticleRecommender().fit(table, columns=names | {"title": "headlin"})


def test_one_id_needs_no_list() -> None:
    """A number or a text is one id, of the type that the table has."""
    model = ArticleRecommender(min_score=0.0).fit(TINY.assign(id=range(7, 7 + len(TINY))))
    for article_id in (8, np.int64(8), "8"):
        assert set(model.recommend(article_id)["article_id"]) == {8}


def brute(rows: sparse.csr_array, k: int, given: Any = None) -> tuple[Any, Any]:
    """Return the neighbors by scikit-learn, ties put in our order."""
    n = rows.shape[0]
    most = n - (given is None)
    peer = NearestNeighbors(n_neighbors=most, metric="cosine", algorithm="brute").fit(rows)
    distances, indices = peer.kneighbors(given)
    distances = distances.round(6)
    order = np.lexsort((indices, distances), axis=-1)
    take = np.take_along_axis
    return take(distances, order, 1)[:, :k], take(indices, order, 1)[:, :k]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 8), st.booleans())
def test_neighbors_are_those_of_scikit_learn(seed: int, n: int, columns: int, own: bool) -> None:
    """On random rows, many alike or empty: the same rows at the same distances."""
    generator = np.random.default_rng(seed)
    cells = generator.integers(0, 4, (n, columns)) * (generator.random((n, columns)) < 0.5)
    rows = sparse.csr_array(cells.astype(float))
    k = int(generator.integers(1, n))
    given = None if own else rows[: max(1, n // 2)]
    distances, indices = ExactCosineNeighbors(k).fit(rows).kneighbors(given)
    expected, nearest = brute(rows, k, given)
    assert np.allclose(distances, expected, atol=2e-6)
    apart = np.abs(np.diff(expected, axis=1, append=2.0)) > 3e-6
    apart &= np.abs(np.diff(expected, axis=1, prepend=-1.0)) > 3e-6
    apart[:, -1] = False  # the one cut off behind it may be as near
    assert (indices[apart] == nearest[apart]).all()


def test_neighbors_of_real_texts_are_those_of_scikit_learn(newsroom: pd.DataFrame) -> None:
    """On real articles: the same lists, ties by the smaller row."""
    rows = ArticleVectorizer().fit_transform(newsroom)
    distances, indices = ExactCosineNeighbors(10).fit(rows).kneighbors()
    expected, nearest = brute(rows, 10)
    assert np.allclose(distances, expected, atol=2e-6)
    assert (indices == nearest).mean() > 0.99


def test_ties_go_by_the_smaller_row_and_empty_rows_are_far() -> None:
    """Equal rows keep their order; a row that shares nothing gets the first rows, at distance 1."""
    rows = sparse.csr_array(np.array([[1.0, 0], [0, 0], [2, 0], [3, 0], [0, 1]]))
    distances, indices = ExactCosineNeighbors(3).fit(rows).kneighbors()
    assert indices.tolist() == [[2, 3, 1], [0, 2, 3], [0, 3, 1], [0, 2, 1], [0, 1, 2]]
    assert distances[1].tolist() == [1, 1, 1]
    assert distances[0].tolist() == [0, 0, 1]


def test_graph_holds_the_neighbors() -> None:
    """Ones or distances, k in each row."""
    rows = sparse.csr_array(np.array([[1.0, 0], [1, 1], [0, 1]]))
    neighbors = ExactCosineNeighbors(2).fit(rows)
    distances, indices = neighbors.kneighbors(rows)
    graph = neighbors.kneighbors_graph(rows, mode="distance")
    assert graph.shape == (3, 3)
    assert np.array_equal(graph.indices.reshape(3, 2), indices)
    assert np.array_equal(graph.data.reshape(3, 2), distances)
    assert set(neighbors.kneighbors_graph().data) == {1.0}


@pytest.mark.parametrize("k", [3, 0, 1.5])
def test_too_many_neighbors_are_refused(k: Any) -> None:
    """There must be as many other rows, and a whole number of them."""
    rows = sparse.csr_array(np.eye(3))
    with pytest.raises(ValueError, match="n_neighbors"):
        ExactCosineNeighbors(1).fit(rows).kneighbors(n_neighbors=k)
