"""Make candidates mutual: an article becomes a candidate of its own nearest articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, Ranked, padded, within


@dataclass(frozen=True)
class Reciprocal:
    """Add each article to the candidates of its own nearest articles.

    The search gives each article its nearest candidates. In many dimensions, this is not mutual:
    some articles are in nobody's list, although their own neighbors are close. The cosine is
    symmetric, so such an article can become a candidate of its neighbors, at the score that the
    search found. Without this, `Exposure` could not give it a link.

    Parameters
    ----------
    reach : int, >= 1, default 10
        Number of lists in which each article is a candidate afterwards: those of its nearest.
    room : int, >= 1, default 20
        Largest number of candidates that a list gets. If a list is full, the articles with the
        lower scores go to the list of their next neighbor.

    Notes
    -----
    The added candidates come last, by score, on ties by row. The stage takes them from
    `Context.graph`, without a further search, so a new article gets none. In rounds: in round r,
    each article that is a candidate in fewer than `reach` lists asks its r-th nearest.
    Time O(n depth²), memory O(n (depth + room)).

    Examples
    --------
    >>> Reciprocal()
    Reciprocal(reach=10, room=20)
    """

    whole_site: ClassVar[bool] = True

    reach: int = 10
    room: int = 20

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        own = context.own
        seeds, others, scores = self._pairs(context.graph)
        if not len(seeds) or not len(own):
            return lists
        order = np.lexsort((others, -scores, seeds))
        seeds, others, scores = seeds[order], others[order], scores[order]
        first, last = (np.searchsorted(seeds, own, side=side) for side in ("left", "right"))
        counts = np.where(own >= 0, last - first, 0)
        width = int(counts.max())
        if not width:
            return lists
        rows = np.repeat(np.arange(len(own)), counts)
        turn = within(counts)
        taken = np.repeat(first, counts) + turn
        places = (lists.indices >= 0).sum(axis=1)[rows] + turn
        out = padded(lists, lists.indices.shape[1] + width)
        out.indices[rows, places] = others[taken]
        out.scores[rows, places] = scores[taken]
        lowest = np.where(lists.indices >= 0, lists.keys, np.inf).min(axis=1, initial=np.inf)
        out.keys[rows, places] = np.minimum(scores[taken].astype(np.float64), lowest[rows])
        return out

    def _pairs(
        self, graph: Neighbors
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Return the lists, the articles to add to them, and their scores."""
        n, depth = graph.indices.shape
        places = np.zeros(n, np.int64)
        room = np.full(n, self.room)
        parts = []
        for turn in range(depth):
            asking = np.flatnonzero((places < self.reach) & (graph.indices[:, turn] >= 0))
            hosts = graph.indices[asking, turn].astype(np.int64)
            mutual = (graph.indices[hosts] == asking[:, None]).any(axis=1)
            places[asking[mutual]] += 1
            asking, hosts = asking[~mutual], hosts[~mutual]
            scores = graph.scores[asking, turn]
            order = np.lexsort((asking, -scores, hosts))
            asking, hosts, scores = asking[order], hosts[order], scores[order]
            rank = np.arange(len(hosts)) - np.searchsorted(hosts, hosts)
            fits = rank < room[hosts]
            room -= np.bincount(hosts[fits], minlength=n)
            places[asking[fits]] += 1
            parts.append((hosts[fits], asking[fits], scores[fits]))
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        hosts, others, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        return hosts, others, scores
