"""Push back articles that are near to everything: hubs, and texts too short to tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, reorder


@dataclass(frozen=True)
class Hubness:
    """Order candidates by their score, over how near they are to their own neighbors.

    Parameters
    ----------
    exponent : float, >= 0, default 0.4
        0 leaves hubs where they are; at 1 an article near to many has no advantage left.
    length_pivot : float, >= 0, default 15
        A candidate of this many terms counts half; one of 400 hardly less than whole. 0 leaves
        short articles where they are.
    nearest : int, >= 1, default 10
        How many of a candidate's own neighbors count.

    Notes
    -----
    With t the number of terms of the candidate's row and r the mean score of the candidate to
    its `nearest` nearest::

        key = score * t / (t + length_pivot) / r ** exponent

    The means come from the neighbor graph; no further search is made. Dividing by r is the
    local scaling of Zelnik-Manor and Perona [1]_ with the seed's own factor left out, since it
    is the same for a whole list; why hubs arise is told in [2]_. The cosine of a very short
    article rests on few terms and is too high as often as not, which pivoted length
    normalisation [3]_ was made for; here the pivot is absolute. The score shown stays the
    cosine.

    References
    ----------
    .. [1] L. Zelnik-Manor and P. Perona (2004). Self-tuning spectral clustering. NIPS 17.
    .. [2] M. Radovanović, A. Nanopoulos and M. Ivanović (2010). Hubs in space: popular
       nearest neighbors in high-dimensional data. JMLR 11, 2487-2531.
    .. [3] A. Singhal, C. Buckley and M. Mitra (1996). Pivoted document length normalization.
       SIGIR, 21-29.

    Examples
    --------
    >>> Hubness()
    Hubness(exponent=0.4, length_pivot=15.0, nearest=10)
    """

    exponent: float = 0.4
    length_pivot: float = 15.0
    nearest: int = 10

    def __call__(self, neighbors: Neighbors, context: Context) -> Neighbors:
        means = context.graph.scores[:, : self.nearest].mean(axis=1, dtype=np.float64)
        terms = np.maximum(np.diff(context.vectors.indptr), 1)
        factor = terms / (terms + self.length_pivot) / np.maximum(means, 1e-6) ** self.exponent
        key = np.round(neighbors.scores * factor[neighbors.indices], 9)
        return reorder(neighbors, np.where(neighbors.indices >= 0, key, -np.inf))
