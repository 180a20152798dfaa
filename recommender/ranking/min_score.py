"""Leave out candidates that are no closer than two random articles of the site."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, keep

RANDOM_PAIRS = 50_000
"""Pairs drawn to know how close unrelated articles of a site are."""

CHANCE_CANDIDATES = 10
"""Random candidates per article that may always pass: a small site's lists must not run dry."""


@dataclass(frozen=True)
class MinScore:
    """Drop candidates below a score.

    Parameters
    ----------
    value : float in [0, 1] or "auto", default "auto"
        The least score kept; ``"auto"`` takes `random_pair_score` of the candidates.
    exceed : float in (0, 1), default 0.05
        For ``"auto"``: the share of random pairs that may pass. On a site of n articles it is
        at least ``CHANCE_CANDIDATES / (n - 1)``, so a site of ten has no least score.

    Examples
    --------
    >>> MinScore(0.1)
    MinScore(value=0.1, exceed=0.05)
    """

    value: float | Literal["auto"] = "auto"
    exceed: float = 0.05

    def __call__(self, neighbors: Neighbors, context: Context) -> Neighbors:
        least = self.calibrated(context.vectors).value
        return keep(neighbors, neighbors.scores >= np.float32(least))

    def calibrated(self, vectors: sparse.csr_array) -> MinScore:
        """Return this stage with ``"auto"`` replaced by the number for these vectors."""
        if self.value != "auto":
            return self
        chance = CHANCE_CANDIDATES / max(vectors.shape[0] - 1, 1)
        exceed = max(self.exceed, chance)
        return replace(self, value=random_pair_score(vectors, exceed) if exceed < 1 else 0.0)


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
        all pairs where there are fewer; 0 with fewer than two rows.

    Examples
    --------
    >>> random_pair_score(sparse.csr_array(np.eye(3)), 0.05)
    0.0
    """
    n = vectors.shape[0]
    if n < 2:
        return 0.0
    if n * (n - 1) // 2 <= RANDOM_PAIRS:
        first, second = np.triu_indices(n, 1)
    else:
        first, second = np.random.default_rng(0).integers(n, size=(2, RANDOM_PAIRS))
        first, second = first[first != second], second[first != second]
    scores = vectors[first].multiply(vectors[second]).sum(axis=1)
    return float(np.round(np.quantile(scores, 1 - exceed), 6))
