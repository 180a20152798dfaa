"""Why two articles are related, and what each stage does to their place in a list.

Invariant: the contributions of a pair add up to its score (to 1e-6, the precision of scores).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from recommender.articles import row_of, rows_of, validate_articles
from recommender.checks import whole_number
from recommender.errors import NotFittedError, SourceError
from recommender.index.table import frame_of
from recommender.model import Recommender
from recommender.ranking import ORIGINS
from recommender.resources import using
from recommender.vectors.overlap import MOST_COLUMNS, Rows
from recommender.vectors.reasons import name_reasons, name_terms


class Explanation(NamedTuple):
    """The score of a pair and its contributions."""

    score: float
    """The cosine, 6 decimals."""
    contributions: pd.DataFrame
    """`term`, `seed_field`, `related_field`, `contribution` (float64, > 0), largest first."""

    @property
    def terms(self) -> pd.DataFrame:
        """`term`, `contribution` and `fields` (where it occurs, ``title+text``), largest first."""
        table = self.contributions
        both = table.melt(["term"], ["seed_field", "related_field"], value_name="field")
        fields = both.drop_duplicates(["term", "field"]).groupby("term")["field"]
        grouped = pd.DataFrame(
            {
                "contribution": table.groupby("term")["contribution"].sum(),
                "fields": fields.agg(lambda names: "+".join(sorted(names))),
            }
        )
        order = grouped.sort_values("contribution", ascending=False, kind="stable")
        return order.reset_index()


class Step(NamedTuple):
    """The place of an article in a list after one step of the ranking."""

    name: str
    """``nearest``, the name of a stage, or ``first k``; see `Recommender.trace`."""
    rank: int
    """Position in the list, from 1; 0 if the article is not in it."""
    length: int
    """Number of entries of the list."""


class Placement(NamedTuple):
    """How an article came into a list, or what kept it out."""

    nearest_rank: int
    """Position by score among all other articles, from 1; 0 if the score is 0."""
    steps: list[Step]
    """The steps of the ranking, in order; the last is the list that readers see."""
    origin: str
    """How it came in, one of `recommender.ranking.ORIGINS`; empty if it is not in the list."""
    kept_out: str
    """The step that removed it for good, or empty."""


def placement(model: Recommender, article_id: str, related_id: str, k: int = 6) -> Placement:
    """Return how `related_id` came into the list of `article_id`, step by step.

    Parameters
    ----------
    model : ArticleRecommender
        Fitted.
    article_id, related_id : str
        Ids of two fitted articles: the list's own article, and the article to look for in it.
    k : int, >= 1, default 6
        Maximum length of the list.

    Returns
    -------
    Placement

    Raises
    ------
    NotFittedError, UnknownArticleError, ConfigError
        As for `Recommender.recommend`.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                          "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> from recommender import ArticleRecommender
    >>> found = placement(ArticleRecommender(min_score=0.1, min_items=0).fit(articles), "a", "b")
    >>> found.nearest_rank, found.steps[-1], found.origin
    (1, Step(name='first 6', rank=1, length=1), 'similar')
    """
    if not hasattr(model, "vectors_"):
        raise NotFittedError("placement: the recommender has no articles yet", "call fit first")
    related = row_of(model.known_articles, related_id)
    steps, origin = [], ""
    for name, lists in model.trace(k, [article_id]):
        entries = lists.indices[0]
        at = entries.tolist().index(related) if related in entries else -1
        steps.append(Step(name, at + 1, int((entries >= 0).sum())))
        origin = ORIGINS[lists.origins[0, at]] if at >= 0 else ""
    gone = len(steps)
    while gone and not steps[gone - 1].rank:
        gone -= 1
    kept_out = steps[gone].name if gone < len(steps) else ""
    return Placement(_nearest_rank(model, article_id, related), steps, origin, kept_out)


def entry_ranks(model: Recommender, k: int = 6) -> tuple[list[str], list[list[int]]]:
    """Return the rank of every recommendation after each step of the ranking.

    Parameters
    ----------
    model : ArticleRecommender
        Fitted.
    k : int, >= 1, default 6
        Maximum length of a list.

    Returns
    -------
    names : list of str
        The steps of `Recommender.trace`, without the last.
    ranks : list of list of int
        For each row of ``model.recommend(k=k)`` its rank after each step, from 1; 0 where it is
        not in the list.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                          "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> from recommender import ArticleRecommender
    >>> names, ranks = entry_ranks(ArticleRecommender(min_score=0.1, min_items=0).fit(articles))
    >>> names[0], [row[0] for row in ranks]
    ('nearest', [1, 1])
    """
    steps = list(model.trace(k))
    last = steps[-1][1].indices
    shown = last >= 0
    columns = []
    for _, lists in steps[:-1]:
        rank = np.zeros(last.shape, np.int64)
        for place in range(lists.indices.shape[1] - 1, -1, -1):
            rank[last == lists.indices[:, [place]]] = place + 1
        columns.append(rank[shown])
    return [name for name, _ in steps[:-1]], np.stack(columns, axis=1).tolist()


def _nearest_rank(model: Recommender, article_id: str, related: int) -> int:
    """Return the position of a row by score among all other rows; 0 if it shares no term."""
    own = row_of(model.known_articles, article_id)
    scores = (model.vectors_ @ model.vectors_[[own]].T).toarray().ravel().round(6)
    if related == own or not scores[related]:
        return 0
    before = (scores > scores[related]) | (
        (scores == scores[related]) & (np.arange(len(scores)) < related)
    )
    before[own] = False
    return int(before.sum()) + 1


def explain(
    model: Recommender,
    article_id: str,
    related_id: str,
    *,
    new_articles: pd.DataFrame | None = None,
) -> Explanation:
    """Return the terms and fields that make two articles related.

    Parameters
    ----------
    model : ArticleRecommender
        Fitted.
    article_id, related_id : str
        Ids of fitted articles; either order gives the same score.
    new_articles : DataFrame, optional
        The articles passed to `recommend_for`; `article_id` is then one of them.

    Returns
    -------
    Explanation

    Raises
    ------
    NotFittedError
        If the model has not been fitted.
    UnknownArticleError
        If an id is not among the fitted articles.
    SourceError
        If the recommender did not keep the texts, as after a fit to several tables.

    Notes
    -----
    A row is the sum of the parts of its fields, so the cosine is a sum over terms and over pairs
    of fields: ``sum over t, f, g of part(f, a)[t] * part(g, b)[t]``.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                          "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> from recommender import ArticleRecommender
    >>> why = explain(ArticleRecommender().fit(articles), "a", "b")
    >>> why.score, list(why.terms["term"])
    (1.0, ['boat'])
    """
    if not hasattr(model, "vectors_"):
        raise NotFittedError("explain: the recommender has no articles yet", "call fit first")
    seeds, seed_rows = _seeds(model, new_articles)
    articles = model.known_articles
    row, related = row_of(seeds, article_id), row_of(articles, related_id)
    both = frame_of(seeds.iloc[[row]]), frame_of(articles.iloc[[related]])
    parts = model.vectorizer_.parts(pd.concat(both, ignore_index=True))
    found = []
    for seed_field, seed_part in parts.items():
        for related_field, related_part in parts.items():
            product = seed_part[[0]].multiply(related_part[[1]]).tocoo()
            names = model.vectorizer_.space_.names_of(product.coords[-1])
            found += [
                (name, seed_field, related_field, float(value))
                for name, value in zip(names, product.data, strict=True)
            ]
    table = pd.DataFrame(found, columns=["term", "seed_field", "related_field", "contribution"])
    table = table.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)
    score = float(seed_rows[[row]].multiply(model.vectors_[[related]]).sum())
    if abs(score - table["contribution"].sum()) > 1e-6:
        raise SourceError(
            f"explain: the texts of {article_id!r} and {related_id!r} differ from the fitted ones",
            "fit the recommender to one table; with several tables it keeps no texts",
        )
    return Explanation(round(score, 6), table)


def because(
    model: Recommender,
    recommendations: pd.DataFrame,
    terms: int = 6,
    *,
    new_articles: pd.DataFrame | None = None,
) -> list[list[tuple[str, float]]]:
    """Return the terms that contribute most to the score of each recommendation.

    Parameters
    ----------
    model : ArticleRecommender
        Fitted; both ids of every row are among its articles.
    recommendations : DataFrame of n rows
        A Recommendations table.
    terms : int from 1 to 1000, default 6
        Maximum number of terms per recommendation.
    new_articles : DataFrame, optional
        The articles passed to `recommend_for`, for its lists.

    Returns
    -------
    list of n lists of (str, float)
        Terms with their part of the score, largest first; ties by the order of terms. Numbers
        and names of months, such as those in an address, come after the words. In scripts
        without spaces, pairs of characters that follow each other in both texts are merged into
        a word, whose part is their sum; with the extra `segment`, Chinese is split into words of
        a dictionary.

    Raises
    ------
    NotFittedError, UnknownArticleError
        As for `explain`.
    ConfigError
        If `terms` is out of range.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                          "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> from recommender import ArticleRecommender
    >>> model = ArticleRecommender(min_score=0, min_items=0).fit(articles)
    >>> [[term for term, part in row] for row in because(model, model.recommend(k=1))]
    [['boat'], ['boat']]

    For new articles:

    >>> new = pd.DataFrame({"id": ["new"], "title": ["My boat"], "text": [""]})
    >>> lists = model.recommend_for(new, k=1)
    >>> [[term for term, part in row] for row in because(model, lists, new_articles=new)]
    [['boat']]
    """
    pairs = _pairs(model, recommendations, terms, new_articles)
    with using(model.threads):
        return name_reasons(*pairs, model.vectorizer_.space_.names_of, terms)


def shared_terms(
    model: Recommender,
    recommendations: pd.DataFrame,
    terms: int = 6,
    *,
    new_articles: pd.DataFrame | None = None,
) -> list[list[str]]:
    """Return the terms that contribute most to each recommendation, without the parts.

    Parameters
    ----------
    model, recommendations, terms, new_articles
        As for `because`.

    Returns
    -------
    list of n lists of str
        In the order of `because`.

    Raises
    ------
    NotFittedError, UnknownArticleError
        As for `explain`.
    ConfigError
        If `terms` is out of range.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                          "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> from recommender import ArticleRecommender
    >>> model = ArticleRecommender(min_score=0, min_items=0).fit(articles)
    >>> shared_terms(model, model.recommend(k=1))
    [['boat'], ['boat']]
    """
    pairs = _pairs(model, recommendations, terms, new_articles)
    with using(model.threads):
        return name_terms(*pairs, model.vectorizer_.space_.names_of, terms)


def _seeds(model: Recommender, new_articles: pd.DataFrame | None) -> tuple[pd.DataFrame, Any]:
    """Return the articles that have the lists, and their rows."""
    if new_articles is None:
        return model.known_articles, model.vectors_
    table = validate_articles(new_articles)
    with using(model.threads):
        return table, model.vectorizer_.transform(table)


def _pairs(
    model: Recommender,
    recommendations: pd.DataFrame,
    terms: int,
    new_articles: pd.DataFrame | None,
) -> tuple[Rows, Rows]:
    """Check the arguments of `because`, and return the two rows of each recommendation."""
    if not hasattr(model, "vectors_"):
        raise NotFittedError("reasons: the recommender has no articles yet", "call fit first")
    whole_number("terms", terms, most=MOST_COLUMNS)
    seeds, seed_rows = _seeds(model, new_articles)
    first = (seed_rows, rows_of(seeds, recommendations["article_id"]))
    second = (model.vectors_, rows_of(model.known_articles, recommendations["related_id"]))
    return first, second
