"""Drop candidates that are no closer than two random articles of the site."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class MinScore:
    """Drop candidates below a score.

    Parameters
    ----------
    value : float in [0, 1] or "auto", default "auto"
        The minimum score to keep; ``"auto"`` uses `random_pair_score` of the candidates.
    exceed : float in (0, 1), default 0.1
        For ``"auto"``: the share of random pairs that pass. With n articles it is at least
        ``CHANCE_CANDIDATES / (n - 1)``, so a site of ten articles has no minimum score.

    Examples
    --------
    >>> MinScore(0.1)
    MinScore(value=0.1, exceed=0.1)
    """

    value: float | Literal["auto"] = "auto"
    exceed: float = 0.1

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        least = self.calibrated(context.vectors).value
        return keep(lists, lists.scores >= np.float32(least))

    def calibrated(self, vectors: sparse.csr_array) -> MinScore:
        """Return this stage with ``"auto"`` replaced by the minimum score for these vectors."""
        if self.value != "auto":
            return self
        exceed = self.exceeded_by(vectors.shape[0])
        return replace(self, value=random_pair_score(vectors, exceed) if exceed < 1 else 0.0)

    def exceeded_by(self, n: int) -> float:
        """Return the share of random pairs that pass on a site of n articles."""
        return max(self.exceed, CHANCE_CANDIDATES / max(n - 1, 1))


def random_pair_score(vectors: sparse.csr_array, exceed: float) -> float:
    """Return the score that a random pair of rows exceeds with probability `exceed`.

    Parameters
    ----------
    vectors : csr_array of shape (n, terms), float64, unit rows
    exceed : float in (0, 1)

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
    return exceeded_score(dot_products((vectors, first), (vectors, second)), exceed)


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


def exceeded_score(scores: NDArray[np.float64], exceed: float) -> float:
    """Return the score, to 6 decimals, that the share `exceed` of `scores` exceeds."""
    return float(np.round(np.quantile(scores, 1 - exceed), 6))
