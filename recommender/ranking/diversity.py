"""Show different articles: prefer candidates that are unlike those above them in the list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.ranking.base import Context, Ranked, arrange, lists_of, within
from recommender.vectors.overlap import dot_products

AT_ONCE = 20_000
"""Number of lists that are worked on at once."""
BEST = 8
"""Number of candidates of a list that are compared at a time."""
LEAST_LAMBDA = 1e-3
"""Relevance counts this much at least, so that it decides between equals."""


@dataclass(frozen=True)
class Diversity:
    """Order lists by maximal marginal relevance.

    Parameters
    ----------
    amount : float in [0, 1], default 0.3
        How much likeness to the entries above counts against relevance: 1 - λ. At 0 nothing
        changes; at 1 only the first entry is chosen for its relevance.

    Notes
    -----
    The first entry is the best candidate. Each further one, up to the number that is shown, is
    the candidate c with the largest value, the formula of Carbonell and Goldstein [1]_::

        λ relevance(c) - (1 - λ) max{cosine(c, d): d is above c}

    The relevance is the key, scaled so that the first candidate's is its score: then both parts
    are cosines. The other candidates stay behind in their order. The new key is the value
    divided by λ, in the scale of the old keys, so later stages can compare it with others.

    A candidate is compared with the entries above only if its relevance could make it the next
    one, so a list takes few products of two sparse rows, at most k per candidate.

    References
    ----------
    .. [1] J. Carbonell and J. Goldstein (1998). The use of MMR, diversity-based reranking for
       reordering documents and producing summaries. SIGIR, 335-336,
       doi:10.1145/290941.291025.

    Examples
    --------
    Articles 1 and 2 are copies of one another, so 3 goes before the second copy.

    >>> from recommender.neighbors.base import Neighbors
    >>> from recommender.ranking import ranked
    >>> rows = sparse.csr_array(np.array([[0.6, 0.8], [1, 0], [1, 0], [0, 1.0]]))
    >>> found = Neighbors(np.array([[1, 2, 3]], np.int32), np.array([[0.9, 0.9, 0.8]], np.float32))
    >>> context = Context(None, None, rows, found, np.zeros(1, np.int32), found, k=3)
    >>> Diversity(0.3)(ranked(found), context).indices.tolist()
    [[1, 3, 2]]
    """

    amount: float = 0.3

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        if not self.amount or not lists.indices.size:
            return lists
        starts = range(0, len(lists.indices), AT_ONCE)
        parts = [self._ordered(lists_of(lists, slice(at, at + AT_ONCE)), context) for at in starts]
        keys, order = (np.concatenate(part) for part in zip(*parts, strict=True))
        return arrange(lists._replace(keys=keys), order)

    def _ordered(
        self, lists: Ranked, context: Context
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return the new keys, and the old place of each entry in the new order."""
        n, width = lists.indices.shape
        trade = self.amount / max(1 - self.amount, LEAST_LAMBDA)
        keys = np.minimum.accumulate(lists.keys, axis=1)
        usable = (keys[:, 0] > 0) & np.isfinite(keys[:, 0])
        scale = np.where(usable, lists.scores[:, 0], 1.0) / np.where(usable, keys[:, 0], 1.0)
        relevance = np.where(lists.indices >= 0, keys * scale[:, None], -np.inf)
        choice = _Choice(lists.indices, relevance, trade, context.vectors)
        turn = np.full(keys.shape, width)
        lowest = np.full(n, np.inf)
        for step in range(min(context.k, width)):
            best, value = choice.next()
            there = np.flatnonzero(value > -np.inf)
            lowest[there] = np.minimum(lowest[there], value[there])
            relevance[there, best[there]] = lowest[there]
            turn[there, best[there]] = step
        values = np.minimum(relevance, np.where(turn < width, np.inf, lowest[:, None]))
        return values / scale[:, None], np.argsort(turn, axis=1, kind="stable")


class _Choice:
    """The value of every candidate, which falls as more entries are chosen.

    Only the best candidates of a list are compared with its chosen entries: if the highest value
    is one that takes all of them into account, no other can be higher.
    """

    def __init__(
        self,
        indices: NDArray[np.int32],
        relevance: NDArray[np.float64],
        trade: float,
        vectors: sparse.csr_array,
    ) -> None:
        self.indices, self.trade, self.vectors = indices, trade, vectors
        self.relevance = relevance.copy()
        self.values = np.round(relevance, 9)
        self.likeness = np.zeros(relevance.shape)
        self.compared = np.zeros(relevance.shape, np.int64)
        self.chosen = np.empty((0, len(indices)), np.int32)

    def next(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the place and the value of the next entry of each list; -inf if none is left."""
        every = np.arange(len(self.values))
        waiting = every if len(self.chosen) else every[:0]
        while len(waiting):
            self._compare(waiting)
            best = np.argmax(self.values[waiting], axis=1)
            stale = self.compared[waiting, best] < len(self.chosen)
            waiting = waiting[stale & (self.values[waiting, best] > -np.inf)]
        best = np.argmax(self.values, axis=1)
        value = self.values[every, best]
        self.values[every, best] = -np.inf
        self.chosen = np.concatenate([self.chosen, self.indices[None, every, best]])
        return best, value

    def _compare(self, lists: NDArray[np.intp]) -> None:
        """Compare the best candidates of these lists with all chosen entries."""
        top = np.argsort(-self.values[lists], axis=1, kind="stable")[:, :BEST]
        rows, places = np.repeat(lists, top.shape[1]), top.ravel()
        missing = len(self.chosen) - self.compared[rows, places]
        missing[self.values[rows, places] == -np.inf] = 0
        pairs = np.repeat(np.arange(len(rows)), missing)
        if not len(pairs):
            return
        rows, places = rows[pairs], places[pairs]
        first = self.chosen[self.compared[rows, places] + within(missing), rows]
        order = np.argsort(first, kind="stable")  # each row is expanded once for all its pairs
        first, rows, places = first[order], rows[order], places[order]
        second = self.indices[rows, places]
        cosines = np.round(dot_products((self.vectors, first), (self.vectors, second)), 6)
        np.maximum.at(self.likeness, (rows, places), cosines)
        self.compared[rows, places] = len(self.chosen)
        value = self.relevance[rows, places] - self.trade * self.likeness[rows, places]
        self.values[rows, places] = np.round(value, 9)
