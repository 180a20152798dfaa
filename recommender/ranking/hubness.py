"""Push back the few articles that are near to everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, reorder


@dataclass(frozen=True)
class Hubness:
    """Order candidates by their score over how near they are to their own neighbors.

    Parameters
    ----------
    exponent : float, >= 0, default 0.35
        0 changes nothing; at 1 an article that is near to many has no advantage left.
    nearest : int, >= 1, default 10
        How many of a candidate's own neighbors count.

    Notes
    -----
    key = score / (mean score of the candidate to its `nearest` nearest)^exponent. The means
    come from the neighbor graph; no further search is made. In the manner of the local
    scaling of Zelnik-Manor and Perona [1]_, with the seed's own factor left out, since it is
    the same for a whole list; why hubs arise is told in [2]_.

    References
    ----------
    .. [1] L. Zelnik-Manor and P. Perona (2004). Self-tuning spectral clustering. NIPS 17.
    .. [2] M. Radovanović, A. Nanopoulos and M. Ivanović (2010). Hubs in space: popular
       nearest neighbors in high-dimensional data. JMLR 11, 2487-2531.

    Examples
    --------
    >>> Hubness()
    Hubness(exponent=0.35, nearest=10)
    """

    exponent: float = 0.35
    nearest: int = 10

    def __call__(self, neighbors: Neighbors, context: Context) -> Neighbors:
        if self.exponent == 0:
            return neighbors
        means = context.graph.scores[:, : self.nearest].mean(axis=1, dtype=np.float64)
        divisor = np.maximum(means, 1e-6)[neighbors.indices] ** self.exponent
        key = np.round(neighbors.scores / divisor, 9)
        return reorder(neighbors, np.where(neighbors.indices >= 0, key, -np.inf))
