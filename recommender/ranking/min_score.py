"""Drop candidates that are no closer than random articles of the site."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ranking.base import Context, Ranked, keep
from recommender.vectors.overlap import dot_products

RANDOM_PAIRS = 50_000
"""Number of random pairs that show how close unrelated articles of a site are."""

CHANCE_CANDIDATES = 10
"""Random candidates per article that always pass, so that lists of small sites have entries."""

CHANCE_RANGE = 1.0, 2.0
"""Bounds of `relative_chance`. A low mean score often only means that the article is short."""


@dataclass(frozen=True)
class MinScore:
    """Drop candidates below a score.

    Parameters
    ----------
    value : float in [0, 1] or "auto", default "auto"
        The minimum score to keep; ``"auto"`` uses `random_pair_score` of the candidates, times
        the `relative_chance` of each.
    exceed : float in (0, 1), default 0.07
        For ``"auto"``: the share of random pairs that pass. With n articles it is at least
        ``CHANCE_CANDIDATES / (n - 1)``, so a site of ten articles has no minimum score.
    chance : ndarray of shape (articles,), float64, optional
        The factor of `value` for each candidate; set by `calibrated`. Without it, `value` is the
        minimum score of all.

    Examples
    --------
    >>> MinScore(0.1)
    MinScore(value=0.1, exceed=0.07)
    """

    value: float | Literal["auto"] = "auto"
    exceed: float = 0.07
    chance: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        least = self.calibrated(context.vectors).least(len(context.articles))
        return keep(lists, lists.scores >= least[lists.indices])

    def calibrated(self, vectors: sparse.csr_array) -> MinScore:
        """Return this stage with ``"auto"`` replaced by the minimum score for these vectors."""
        if self.value != "auto":
            return self
        exceed = self.exceeded_by(vectors.shape[0])
        if exceed >= 1:
            return replace(self, value=0.0)
        total = np.asarray(vectors.sum(axis=0), np.float64)
        chance = relative_chance(mean_scores(vectors, total, vectors.shape[0]))
        return replace(self, value=random_pair_score(vectors, exceed, chance), chance=chance)

    def exceeded_by(self, n: int) -> float:
        """Return the share of random pairs that pass on a site of n articles."""
        return max(self.exceed, CHANCE_CANDIDATES / max(n - 1, 1))

    def least(self, n: int) -> NDArray[np.float32]:
        """Return the minimum score of each of n candidates; only if `value` is a number."""
        chance = np.ones(n) if self.chance is None else self.chance
        return np.round(float(self.value) * chance, 6).astype(np.float32)


def mean_scores(
    vectors: sparse.csr_array, total: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Return the mean score of some articles to all others of the site, to 9 decimals.

    Parameters
    ----------
    vectors : csr_array of shape (m, terms), float64, unit rows
    total : ndarray of shape (terms,), float64
        The sum of the rows of all n articles, of which the m are some.
    n : int

    Examples
    --------
    >>> rows = sparse.csr_array([[0.6, 0.8], [1.0, 0.0]])
    >>> mean_scores(rows, rows.sum(axis=0), 2)
    array([0.6, 0.6])
    """
    own = np.diff(vectors.indptr) > 0
    return np.round((vectors @ total - own) / max(n - 1, 1), 9)


def relative_chance(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many times closer than the average each article is to a random one.

    Parameters
    ----------
    means : ndarray of shape (n,), float64
        The `mean_scores` of all articles.

    Returns
    -------
    ndarray of shape (n,), float64
        Within `CHANCE_RANGE`: 1 up to the average. An article in the vocabulary of the whole
        site is close to everything, so that a score means less.

    Examples
    --------
    >>> relative_chance(np.array([0.01, 0.03, 0.05])).round(2)
    array([1.  , 1.  , 1.67])
    """
    average = means.mean() if len(means) else 0.0
    if average <= 0:
        return np.ones(len(means))
    return np.clip(means / average, *CHANCE_RANGE)


def random_pair_score(
    vectors: sparse.csr_array, exceed: float, chance: NDArray[np.float64] | None = None
) -> float:
    """Return the score that a random pair of rows exceeds with probability `exceed`.

    Parameters
    ----------
    vectors : csr_array of shape (n, terms), float64, unit rows
    exceed : float in (0, 1)
    chance : ndarray of shape (n,), float64, optional
        The `relative_chance` of each row: scores are divided by that of the candidate, and each
        pair counts twice, with either row as the candidate.

    Returns
    -------
    float in [0, 1]
        The (1 - exceed) quantile over `RANDOM_PAIRS` pairs drawn with a fixed seed, or over
        all pairs if there are fewer; 0 with fewer than two rows.

    Examples
    --------
    >>> random_pair_score(sparse.csr_array(np.eye(3)), 0.05)
    0.0
    """
    if vectors.shape[0] < 2:
        return 0.0
    first, second = random_pairs(vectors.shape[0])
    scores = dot_products((vectors, first), (vectors, second))
    sides = np.ones((1, 1)) if chance is None else chance[np.stack([first, second])]
    return exceeded_score(scores, exceed, sides)


def random_pairs(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return `RANDOM_PAIRS` pairs of different rows out of n, or all pairs if there are fewer.

    Examples
    --------
    >>> [part.tolist() for part in random_pairs(3)]
    [[0, 0, 1], [1, 2, 2]]
    """
    if n * (n - 1) // 2 <= RANDOM_PAIRS:
        first, second = np.triu_indices(n, 1)
    else:
        first, second = np.random.default_rng(0).integers(n, size=(2, RANDOM_PAIRS))
        first, second = first[first != second], second[first != second]
        order = np.argsort(first, kind="stable")  # each row is expanded once for all its pairs
        first, second = first[order], second[order]
    return first, second


def exceeded_score(scores: NDArray[np.float64], exceed: float, sides: NDArray[np.float64]) -> float:
    """Return the score, to 6 decimals, that the share `exceed` of pairs exceeds.

    Parameters
    ----------
    scores : ndarray of shape (pairs,), float64
    exceed : float in (0, 1)
    sides : ndarray of shape (2, pairs), float64
        The `relative_chance` of the two articles of each pair: a pair counts once for either.
    """
    return float(np.clip(np.round(np.quantile(scores / sides, 1 - exceed), 6), 0, 1))
