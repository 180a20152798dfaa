"""Choose the shown entries so that every article gets links and none gets too many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.neighbors.base import empty_neighbors
from recommender.ranking.base import Context, Ranked, first_of, keep, ranked, within
from recommender.vectors.portable import total

STEP = 1e-3
"""Smallest raise of a price, as a share of the mean key of a shown entry."""
PATIENCE = 100
"""Number of rounds after which the smallest raise doubles, so that no contest lasts long."""
ROUNDS = 4_000
"""Largest number of rounds; only lists without a solution come near it."""
LIMIT = 10.0
"""Highest price, in units of the range of the keys."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Exposure:
    """Show every article in at least `min_inbound` lists and in none more than `max_inbound`.

    Decides over all lists at once which candidates are shown. Entries with an origin other than
    ``similar``, such as pins, keep their places and count as links. A list keeps its length if
    that is possible. The chosen entries stay in their order.

    Parameters
    ----------
    min_inbound : int, >= 0, default 1
        Number of lists that show each article, at least; an article that is a candidate in fewer
        lists is shown in all of these. An article that is a candidate in no list gets no link.
        With more articles than places, the articles that cost most get none.
    max_inbound : int, >= 0, default 0
        Number of lists that show an article, at most; 0 means no limit. It precedes the length
        of lists: a list without other candidates becomes shorter.

    Notes
    -----
    With x = 1 for a shown entry, the stage maximizes the sum of the keys over all lists::

        max Σ v[i, j] x[i, j]  with  Σ_j x[i, j] = length[i],  low <= Σ_i x[i, j] <= high

    where v is the key of an entry, or that of an entry before it if that is lower. This is a
    transportation problem. It is solved by an auction with prices per article [1]_: each list
    shows its best entries by v + price. First, the articles above `max_inbound` lower their
    prices, until other entries take their places; then those below `min_inbound` raise theirs,
    until they displace the cheapest entries. A price changes by at least 0.001 of the mean key,
    so the sum is within 0.001 · min_inbound / k of the optimum if no contest outlasts
    `PATIENCE` rounds. Ties go to the smaller row. Memory O(n candidates).

    References
    ----------
    .. [1] D. P. Bertsekas and D. A. Castañon (1989). The auction algorithm for the
       transportation problem. Annals of Operations Research 20, 67-96, doi:10.1007/BF02216923.

    Examples
    --------
    Nobody shows article 2; the first list can do so at the least cost.

    >>> from recommender.neighbors.base import Neighbors
    >>> from recommender.ranking import ranked
    >>> indices = np.array([[1, 2], [0, 2], [0, 1]], np.int32)
    >>> scores = np.array([[0.6, 0.5], [0.6, 0.2], [0.5, 0.2]], np.float32)
    >>> lists, own = ranked(Neighbors(indices, scores)), np.arange(3, dtype=np.int32)
    >>> context = Context(None, range(3), None, None, own, None, k=1)
    >>> Exposure(min_inbound=1)(lists, context).indices.tolist()
    [[2], [0], [1]]
    """

    min_inbound: int = 1
    max_inbound: int = 0

    @property
    def whole_site(self) -> bool:
        """Whether a list depends on the others."""
        return self.min_inbound > 0 or self.max_inbound > 0

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        k = min(context.k, lists.indices.shape[1])
        found = lists.indices >= 0
        fixed = found & (lists.origins > 0)
        fixed[:, k:] = False
        free = found & (lists.origins == 0)
        if not free.any():
            return first_of(lists, k)
        given = np.bincount(lists.indices[fixed], minlength=len(context.articles))
        low = np.maximum(self.min_inbound - given, 0)
        high = np.maximum(self.max_inbound - given, 0) if self.max_inbound else len(free) + 0 * low
        room = np.minimum(k - fixed.sum(axis=1), free.sum(axis=1))
        market = _Market(lists, free, room, low, high)
        market.lower_prices()
        market.raise_prices()
        return _shown(lists, fixed, market.chosen, k)


def _shown(lists: Ranked, fixed: Bools, chosen: Bools, k: int) -> Ranked:
    """Return the chosen entries in order in the places that the fixed ones leave."""
    out = ranked(empty_neighbors(len(chosen), k))
    left = np.argsort(fixed[:, :k], axis=1, kind="stable")
    rows, turn = _turns(chosen)
    pairs: Iterable[tuple[Any, Any]] = zip(out, lists, strict=True)
    for new, old in pairs:
        new[rows, left[rows, turn]] = old[chosen]
        new[np.nonzero(fixed)] = old[fixed]
    return keep(out, out.indices >= 0)


def _turns(mask: Bools) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the row of each true cell, and how many are before it in its row."""
    return np.nonzero(mask)[0], within(mask.sum(axis=1))


class _Market:
    """The shown entries and the price of every article, while the auction runs.

    Entries are numbered through all lists: entry e is at ``divmod(e, width)``.
    """

    def __init__(
        self, lists: Ranked, free: Bools, room: Integers, low: Integers, high: Integers
    ) -> None:
        self.width = free.shape[1]
        self.articles = np.where(free, lists.indices, np.int32(0))
        self.values = np.where(free, _falling(lists.keys), -np.inf)
        self.free, self.room, self.high = free, room, high
        self.entries = np.flatnonzero(free)
        rows, turn = _turns(free)
        self.chosen: Bools = np.zeros(free.shape, np.bool_)
        self.chosen.ravel()[self.entries[turn < room[rows]]] = True
        self.prices = np.zeros(len(low))
        self.inbound = np.bincount(self.articles[self.chosen], minlength=len(low))
        articles = self.articles.ravel()[self.entries]
        self.entries = self.entries[np.argsort(articles, kind="stable")]
        counts = np.bincount(articles, minlength=len(low))
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self.low = np.minimum(np.minimum(low, counts), high)
        size = np.abs(self.values[self.chosen])
        self.step = STEP * max(total(size) / max(len(size), 1), 1e-9)
        scale = max(float(np.ptp(self.values[free])), float(size.max(initial=0.0)), 1e-6)
        self.empty, self.limit = -2 * scale, LIMIT * scale

    def lower_prices(self) -> None:
        """Lower the prices of articles with too many links until other entries replace them."""
        for turn in range(ROUNDS):
            crowded = np.flatnonzero(self.inbound > self.high)
            if not len(crowded):
                return
            self._release(crowded, self._step(turn))
        for article in np.flatnonzero(self.inbound > self.high):
            self._drop(self._of(np.array([article]), chosen=True)[0][self.high[article] :])

    def raise_prices(self) -> None:
        """Raise the prices of articles with too few links until they displace other entries.

        An article whose price is still below 0 has too few if there is room below its limit.
        """
        for turn in range(ROUNDS):
            below = (self.inbound < self.low) & (self.prices < self.limit)
            cheap = (self.inbound < self.high) & (self.prices < 0)
            wanting = np.flatnonzero(below | cheap)
            if not len(wanting):
                return
            self._enter(wanting, self._step(turn))

    def _step(self, turn: int) -> float:
        return float(self.step * 2.0 ** min(turn // PATIENCE, 40))

    def _release(self, crowded: Integers, step: float) -> None:
        """Take the articles out of the lists that lose least, and refill these lists."""
        entries, owner = self._of(crowded, chosen=True)
        rows, at = np.unique(entries // self.width, return_inverse=True)
        others = np.where(self.free[rows] & ~self.chosen[rows], self._worth(rows), self.empty)
        rival = np.maximum(others.max(axis=1), self.empty)
        articles = crowded[owner]
        loss = self.values.ravel()[entries] + self.prices[articles] - rival[at]
        entries, owner, loss, rank = _ranked_within(entries, owner, loss)
        over = (self.inbound - self.high)[crowded]
        reached = np.full(len(crowded), self.limit)
        least = rank == over[owner]
        reached[owner[least]] = loss[least]
        last = rank == over[owner] - 1
        reached[owner[last]] = np.maximum(reached[owner[last]], loss[last])
        self.prices[crowded] -= np.maximum(reached, 0.0) + step
        self._drop(entries[rank < over[owner]])
        self._refill(rows)

    def _refill(self, rows: NDArray[np.int64]) -> None:
        """Fill the open places of lists with their best other entries."""
        missing = self.room[rows] - self.chosen[rows].sum(axis=1)
        worth = np.where(self.free[rows] & ~self.chosen[rows], self._worth(rows), -np.inf)
        order = np.argsort(-worth, axis=1, kind="stable")
        best = np.take_along_axis(worth, order, axis=1) > self.empty
        at, turn = np.nonzero(best & (np.arange(self.width) < missing[:, None]))
        self._take(rows[at] * self.width + order[at, turn])

    def _enter(self, wanting: Integers, step: float) -> None:
        """Bring the articles into the lists where they cost least, in place of the weakest."""
        entries, owner = self._of(wanting, chosen=False)
        rows, at = np.unique(entries // self.width, return_inverse=True)
        weakest = np.where(self.chosen[rows], self._worth(rows), np.inf).min(axis=1)
        full = self.chosen[rows].sum(axis=1) >= self.room[rows]
        weakest = np.where(full & (self.room[rows] > 0), weakest, self.empty)
        weakest[self.room[rows] == 0] = np.inf
        ask = weakest[at] - self.values.ravel()[entries]
        entries, owner, ask, rank = _ranked_within(entries, owner, ask)
        below = (self.inbound < self.low)[wanting]
        most = np.where(below, self.limit, 0.0)
        bound = np.where(below, self.low[wanting], self.high[wanting])
        missing = (bound - self.inbound[wanting])[owner]
        price = most.copy()
        next_best = rank == missing
        price[owner[next_best]] = np.minimum(price[owner[next_best]], ask[next_best] + step)
        self.prices[wanting] = np.maximum(price, self.prices[wanting])
        bids = entries[(rank < missing) & (ask < most[owner])]
        self._take(bids)
        self._displace(np.unique(bids // self.width))

    def _displace(self, rows: NDArray[np.int64]) -> None:
        """Drop the weakest entries of lists that are longer than their room."""
        worth = np.where(self.chosen[rows], self._worth(rows), -np.inf)
        order = np.argsort(-worth, axis=1, kind="stable")
        count = self.chosen[rows].sum(axis=1)[:, None]
        turn = np.arange(self.width)
        at, place = np.nonzero((turn >= self.room[rows][:, None]) & (turn < count))
        self._drop(rows[at] * self.width + order[at, place])

    def _worth(self, rows: NDArray[np.int64]) -> Floats:
        worth: Floats = self.values[rows] + self.prices[self.articles[rows]]
        return worth

    def _of(self, articles: Integers, *, chosen: bool) -> tuple[Integers, Integers]:
        """Return the entries of articles, chosen or not, and the position of each one's article."""
        counts = self.starts[articles + 1] - self.starts[articles]
        owner = np.repeat(np.arange(len(articles)), counts)
        entries = self.entries[np.repeat(self.starts[articles], counts) + within(counts)]
        kept = self.chosen.ravel()[entries] == chosen
        return entries[kept], owner[kept]

    def _take(self, entries: Integers) -> None:
        self.chosen.ravel()[entries] = True
        np.add.at(self.inbound, self.articles.ravel()[entries], 1)

    def _drop(self, entries: Integers) -> None:
        self.chosen.ravel()[entries] = False
        np.subtract.at(self.inbound, self.articles.ravel()[entries], 1)


def _falling(keys: Floats) -> Floats:
    """Return the keys, none higher than one before it: the order decides, as in the lists."""
    if (keys[:, 1:] <= keys[:, :-1]).all():
        return keys
    return np.minimum.accumulate(keys, axis=1)


def _ranked_within(
    entries: Integers, owner: Integers, costs: Floats
) -> tuple[Integers, Integers, Floats, Integers]:
    """Return entries by owner and cost, with their owners, costs, and ranks among the owner's."""
    order = np.lexsort((entries, costs, owner))
    entries, owner, costs = entries[order], owner[order], costs[order]
    return entries, owner, costs, np.arange(len(owner)) - np.searchsorted(owner, owner)


class Exposed(NamedTuple):
    """What `Exposure` changed in the shown lists."""

    before: float
    """Mean score of the shown entries without the stage."""
    after: float
    """Mean score of the shown entries with it."""
    orphans: tuple[int, int]
    """Number of articles in no list, without and with the stage."""
    most: tuple[int, int]
    """Largest number of lists that show an article, without and with the stage."""

    @property
    def cost(self) -> float:
        """The share of the mean score that the stage cost."""
        return 1 - self.after / self.before if self.before else 0.0


def exposed(before: Ranked, after: Ranked, k: int, articles: int) -> Exposed:
    """Compare the first `k` entries of all lists without and with the stage.

    Examples
    --------
    >>> from recommender.neighbors.base import Neighbors
    >>> from recommender.ranking import ranked
    >>> before = ranked(Neighbors(np.array([[1], [0], [0]]), np.array([[0.6], [0.6], [0.5]])))
    >>> after = ranked(Neighbors(np.array([[2], [0], [1]]), np.array([[0.5], [0.6], [0.2]])))
    >>> exposed(before, after, 1, 3).orphans
    (1, 0)
    """
    means, counts = [], []
    for lists in (before, after):
        shown = first_of(lists, k)
        found = shown.indices >= 0
        means.append(float(shown.scores[found].mean()) if found.any() else 0.0)
        counts.append(np.bincount(shown.indices[found], minlength=articles))
    orphans = tuple(int((count == 0).sum()) for count in counts)
    most = tuple(int(count.max(initial=0)) for count in counts)
    return Exposed(means[0], means[1], (orphans[0], orphans[1]), (most[0], most[1]))
