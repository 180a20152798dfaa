"""Prefer articles that readers rated well or read often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.errors import SourceError, join_problems
from recommender.ranking.base import Context, Ranked, reorder
from recommender.vectors.portable import log, total


@dataclass(frozen=True)
class Prior:
    """Raise candidates by the ratings or the page views of their column `prior`.

    Parameters
    ----------
    weight : float, >= 0, default 0.2
        How much more the best article counts than one of standing 0.

    Raises
    ------
    SourceError
        If `prior` or `votes` contains anything but numbers >= 0 and empty cells.

    Notes
    -----
    ::

        key *= 1 + weight * standing

    The standing is in [0, 1] and depends on the column `votes`, the number of ratings. If any
    article has votes, `prior` is an average of ratings, and the standing is the Bayesian average
    divided by the largest one of the site::

        (votes * prior + m * mean) / (votes + m)

    where `mean` is the average of all ratings of the site and m the mean number of votes of an
    article with votes. So an article with a single 5 is not above one with a hundred 4.9:
    averages of few are shrunk towards the average of all [1]_. An article without votes has the
    standing of the mean.

    Without `votes`, `prior` is a count, such as page views, and the standing is
    log(1 + prior) / log(1 + largest prior). An article without a count has the mean standing.

    References
    ----------
    .. [1] B. Efron and C. Morris (1977). Stein's paradox in statistics. Scientific American
       236(5), 119-127, doi:10.1038/scientificamerican0577-119.

    Examples
    --------
    >>> rated = pd.DataFrame({"id": ["a", "b", "c"], "prior": [5, 4.9, 3],
    ...                       "votes": [1, 100, 80]})
    >>> standings(rated).round(2).tolist()
    [0.89, 1.0, 0.75]
    >>> standings(pd.DataFrame({"id": ["a", "b"], "prior": [9, 99]})).round(2).tolist()
    [0.5, 1.0]
    """

    weight: float = 0.2

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        standing = standings(context.articles)
        return reorder(lists, lists.keys * (1 + self.weight * standing)[lists.indices])


def standings(articles: pd.DataFrame) -> NDArray[np.float64]:
    """Return the standing of each article among all, in [0, 1]; all 0 without any prior.

    Raises
    ------
    SourceError
        If a value is not a number >= 0; up to 20 are named.
    """
    problems: list[str] = []
    prior, votes = (_numbers(articles, name, problems) for name in ("prior", "votes"))
    if problems:
        hint = "correct these values, or set prior_weight = 0 to ignore them"
        raise SourceError(join_problems(problems), hint)
    votes = np.where(np.isnan(prior), 0.0, np.nan_to_num(votes))
    if votes.any():
        rated = votes > 0
        ratings = np.where(rated, prior, 0.0)
        mean = total(votes * ratings) / total(votes)
        m = total(votes) / rated.sum()
        raw = (votes * ratings + m * mean) / (votes + m)
    else:
        raw = log(1 + prior)
        known = ~np.isnan(raw)
        raw = np.where(known, raw, total(raw[known]) / known.sum() if known.any() else 0.0)
    largest = raw.max(initial=0.0)
    return raw / largest if largest else np.zeros(len(articles))


def _numbers(articles: pd.DataFrame, name: str, problems: list[str]) -> NDArray[np.float64]:
    """Return a column as numbers, NaN for an empty cell; note cells that are neither."""
    if name not in articles:
        return np.full(len(articles), np.nan)
    given = articles[name]
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
    empty = given.isna().to_numpy()
    wrong = ~empty & ~((numbers >= 0) & np.isfinite(numbers))
    problems += [
        f"article {article!r}: {name} must be a number >= 0, got {value!r}"
        for article, value in zip(articles["id"][wrong], given[wrong], strict=True)
    ]
    return np.where(wrong, np.nan, numbers)
