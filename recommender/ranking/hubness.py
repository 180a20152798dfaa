"""Rank down articles that are close to everything: hubs and very short texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.ranking.base import Context, Ranked, reorder
from recommender.vectors.portable import power


@dataclass(frozen=True)
class Hubness:
    """Order candidates by score, divided by their mean score to their own neighbors.

    Parameters
    ----------
    exponent : float, >= 0, default 0.4
        0 does not move hubs; at 1, an article close to many others has no advantage left.
    length_pivot : float, >= 0, default 15
        A candidate with this many terms gets half its ranking score; one with 400 terms gets
        nearly all of it. 0 does not move short articles.
    nearest : int, >= 1, default 10
        Number of the candidate's own neighbors to average over.

    Notes
    -----
    With t the number of terms of the candidate's row and r the mean score of the candidate to
    its `nearest` nearest::

        key *= t / (t + length_pivot) / r ** exponent

    The key is the score, unless an earlier stage changed it. The means come from the neighbor
    graph, without a further search. Dividing by r is the local scaling of Zelnik-Manor and
    Perona [1]_ without the seed's own factor, which is the same for a whole list; [2]_ explains
    why hubs arise. The cosine of a very short article depends on few terms and is often too
    high, the problem that pivoted length normalization [3]_ addresses; here the pivot is
    absolute. The reported score stays the cosine.

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

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        means = context.graph.scores[:, : self.nearest].mean(axis=1, dtype=np.float64)
        terms = np.maximum(np.diff(context.vectors.indptr), 1)
        factor = terms / (terms + self.length_pivot) / power(np.maximum(means, 1e-6), self.exponent)
        return reorder(lists, lists.keys * factor[lists.indices])
