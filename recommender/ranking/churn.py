"""Keep what the last published lists show, unless something clearly better has come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.ranking.base import Context, Ranked, arrange


@dataclass(frozen=True)
class Churn:
    """Keep the entries of the last list, in their places, unless others beat them by a margin.

    An entry of the last list that is a candidate still stays if its key, times 1 + margin, is
    among the best; so a new entry takes its place only with a key more than a margin higher. The
    kept entries stay in their order, and a new one goes below them, but each moves up past
    entries that it beats by the margin. An article without a last list has the list that it
    would have without this stage.

    Parameters
    ----------
    margin : float, >= 0, default 0.1
        Share by which the key of an entry must be higher.

    Notes
    -----
    Only `Context.last` says what was shown; without it, nothing changes. The stage is
    idempotent: with its own result as the last lists, it returns the same lists, so that a
    rebuild of an unchanged site changes nothing. Time O(n k²) beside two sorts of the keys.

    Examples
    --------
    Article 1 was shown; article 2 is nearer, but by less than a tenth.

    >>> from recommender.neighbors.base import Neighbors
    >>> from recommender.ranking import ranked
    >>> found = Neighbors(np.array([[2, 1]], np.int32), np.array([[0.52, 0.5]], np.float32))
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"]})
    >>> last = pd.DataFrame({"article_id": ["a"], "rank": [1], "related_id": ["b"]})
    >>> own = np.zeros(1, np.int32)
    >>> context = Context(articles[:1], articles, None, found, own, found, k=1, last=last)
    >>> Churn(0.1)(ranked(found), context).indices[:, :1].tolist()
    [[1]]
    >>> Churn(0.01)(ranked(found), context).indices[:, :1].tolist()
    [[2]]
    """

    margin: float = 0.1

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        if context.last is None or not len(lists.indices):
            return lists
        place = _last_places(lists.indices, context, context.last)
        old = place >= 0
        if not old.any():
            return lists
        width = lists.indices.shape[1]
        keys = np.minimum.accumulate(lists.keys, axis=1)
        with np.errstate(invalid="ignore"):
            raised = np.where(old, keys + self.margin * np.abs(keys), keys)
        best = np.argsort(-raised, axis=1, kind="stable")
        inside = np.zeros(old.shape, np.bool_)
        np.put_along_axis(inside, best[:, : context.k], True, axis=1)
        rank = np.empty(old.shape, np.int64)
        np.put_along_axis(rank, best, np.broadcast_to(np.arange(width), old.shape), axis=1)
        most = int(place.max()) + 1
        turn = np.where(old & inside, place, most + rank)
        order = np.argsort(turn, axis=1, kind="stable")
        order = self._risen(order, keys, old, min(context.k, width))
        sorted_keys = np.take_along_axis(raised, best, axis=1)
        return arrange(lists, order)._replace(keys=sorted_keys)

    def _risen(
        self,
        order: NDArray[np.intp],
        keys: NDArray[np.float64],
        old: NDArray[np.bool_],
        k: int,
    ) -> NDArray[np.intp]:
        """Return the order after each of the first k entries has moved up as far as it may."""
        moved = np.take_along_axis(keys, order, axis=1)[:, :k].copy()
        kept = np.take_along_axis(old, order, axis=1)[:, :k]
        places = order[:, :k].copy()
        for start in range(1, k):
            moving = np.ones(len(order), np.bool_)
            for at in range(start, 0, -1):
                above, key = moved[:, at - 1], moved[:, at]
                with np.errstate(invalid="ignore"):
                    moving = moving & kept[:, at - 1] & (key > above + self.margin * np.abs(above))
                if not moving.any():
                    break
                for part in (moved, kept, places):
                    part[moving, at - 1 : at + 1] = part[moving, at - 1 : at + 1][:, ::-1]
        return np.concatenate([places, order[:, k:]], axis=1)


def _last_places(
    indices: NDArray[np.int32], context: Context, last: pd.DataFrame
) -> NDArray[np.int64]:
    """Return the rank that each entry had in the last list, -1 for a new one."""
    n = len(context.articles)
    rows = pd.Index(context.articles["id"])
    pairs = rows.get_indexer(last["article_id"]), rows.get_indexer(last["related_id"])
    known = (pairs[0] >= 0) & (pairs[1] >= 0)
    codes = (pairs[0].astype(np.int64) * n + pairs[1])[known]
    ranks = last["rank"].to_numpy(dtype=np.int64)[known]
    codes, first = np.unique(codes, return_index=True)
    if not len(codes):
        return np.full(indices.shape, -1, np.int64)
    wanted = np.where(indices >= 0, context.own[:, None].astype(np.int64) * n + indices, -1)
    wanted[context.own < 0] = -1
    at = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return np.where(codes[at] == wanted, ranks[first][at], -1)
