"""Fill short lists: nothing that an earlier stage removed comes back, except weak matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import (
    ORIGINS,
    Context,
    Ranked,
    Stage,
    add,
    apply_stages,
    first_of,
    fit_stages,
    keep,
    lists_of,
    padded,
    seeds_of,
    true_scores,
    within,
)
from recommender.ranking.links import LinkResolver
from recommender.vectors.overlap import dot_products

TIERS = tuple(
    ORIGINS.index(f"backfill:{tier}")
    for tier in ("series", "category", "tag", "similar", "newest", "linked")
)
"""The origins of added entries, in the order of preference."""

PEERS = 50
"""Maximum number of articles of one series or tag that are tried beyond what the search found."""

FIRST_NEAR = 8
"""How many more articles than are wanted are tried first."""

FIRST_BATCH = 64
BATCH_GROWTH = 4
"""Number of the newest articles that are tried first, and how much longer the next batches are."""

CELLS = 1 << 21
"""Maximum size of a table of proposals: larger ones are made in parts."""

Proposals = tuple[NDArray[np.int32], NDArray[np.uint8]]
"""For each list the rows to add, best first, and their origins; -1 is none."""


@dataclass(frozen=True)
class Backfill:
    """Add articles to lists that are too short.

    A list with fewer than `min_items` entries, or fewer than are shown if that is less, gets
    further articles in the order of these kinds. The origin of an added entry names its kind:

    1. ``backfill:series``: articles of the same series;
    2. ``backfill:category``: of the articles that the search found, those of the same category;
    3. ``backfill:tag``: articles with a tag of the seed;
    4. ``backfill:similar``: the other articles that the search found;
    5. ``backfill:newest``: articles with a date, the newest first;
    6. ``backfill:linked``: articles without a date, those with most links in other texts first.

    Within kinds 1 to 4, what the search found comes first, the nearest first, then the newest;
    equals keep the order of ids. So an entry below the minimum score may return, but never an
    article that one of the stages in `removing` would drop, nor the seed.

    Parameters
    ----------
    min_items : int, >= 0, default 3
        The length up to which lists are filled, at most the number of entries shown.
    removing : tuple of callables, default ()
        The stages whose decisions hold for added entries too, in their order: they run over
        the list with the proposals behind it, and what they drop is not added.
    max_inbound : int, >= 0, default 0
        Do not add an article that is in this many lists; 0 means no limit. Lists are filled in
        the order of ids. In lists of new articles, the limit does not count.

    Notes
    -----
    Entries that are there already keep their places. The score of an added entry is its cosine,
    which may be 0. Only short lists take time.

    Examples
    --------
    >>> Backfill()
    Backfill(min_items=3, removing=(), max_inbound=0)
    """

    min_items: int = 3
    removing: tuple[Stage, ...] = ()
    max_inbound: int = 0

    @property
    def whole_site(self) -> bool:
        """Whether a list depends on the others."""
        return self.max_inbound > 0

    @property
    def alone(self) -> Backfill:
        """This stage without a limit, which would need the lists of all articles."""
        return replace(self, max_inbound=0)

    def fitted(self, site: Context) -> Backfill:
        """Return this stage with its removing stages fitted to the site."""
        return replace(self, removing=tuple(fit_stages(self.removing, site)))

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        wanted = min(self.min_items, context.k)
        short = np.flatnonzero(_lengths(lists) < wanted)
        if not len(short):
            return lists
        lists = Ranked._make(part.copy() for part in padded(lists, wanted))
        site = _Site(context.articles)
        if self.max_inbound:
            shown = first_of(lists, context.k).indices
            counts = np.bincount(shown[shown >= 0], minlength=site.count)
            site.room = np.maximum(self.max_inbound - counts, 0)
        few = None if needs_later(self.removing) else wanted + FIRST_NEAR
        for width, propose in _rounds(site, context, few):
            short = short[_lengths(lists_of(lists, short)) < wanted]
            if not len(short):
                break
            at_once = max(1, CELLS // width)
            for rows in np.split(short, range(at_once, len(short), at_once)):
                some = seeds_of(context, rows)
                known = lists_of(lists, rows)
                longer = self._extended(known, propose(some), some, wanted, site.room)
                pairs: Iterable[tuple[Any, Any]] = zip(lists, longer, strict=True)
                for part, new in pairs:
                    part[rows, :wanted] = new
        return lists

    def _extended(
        self,
        lists: Ranked,
        proposals: Proposals,
        context: Context,
        wanted: int,
        room: NDArray[np.intp] | None,
    ) -> Ranked:
        """Return the first `wanted` entries of lists with the proposals behind them.

        An article is added to as many lists as it has `room` for, which is updated.
        """
        lists, given = first_of(lists, wanted), _lengths(lists)
        indices = np.where(proposals[0] == context.own[:, None], -1, proposals[0])
        new = add(lists, indices, true_scores(context, indices), proposals[1])
        allowed = _among(new.indices, apply_stages(new, context, self.removing).indices)
        old = np.arange(new.indices.shape[1]) < given[:, None]
        safe = apply_stages(lists, context, self.removing)
        lost = (old & ~allowed & _among(new.indices, safe.indices)).any(axis=1)
        for row in np.flatnonzero(lost):
            allowed[row] &= self._harmless(lists_of(new, [row]), int(given[row]), context, int(row))
        if room is not None:
            _take_room(new.indices, allowed & ~old, np.maximum(wanted - given, 0), room, allowed)
        return first_of(keep(new, old | allowed), wanted)

    def _harmless(self, new: Ranked, given: int, context: Context, row: int) -> NDArray[np.bool_]:
        """Return which proposals for one list cost it no entry, as a newer copy of one would."""
        harmless: NDArray[np.bool_] = new.indices[0] >= 0
        count = int(harmless.sum()) - given
        pairs = np.tile(new.indices[0, : given + 1], (count, 1))
        pairs[:, given] = new.indices[0, given : given + count]
        ones = Neighbors(pairs, np.tile(new.scores[0, : given + 1], (count, 1)))
        kept = _lengths(apply_stages(ones, seeds_of(context, [row] * count), self.removing))
        alone = apply_stages(first_of(new, given), seeds_of(context, [row]), self.removing)
        harmless[given : given + count] = kept > _lengths(alone)[0]
        return harmless


def _take_room(
    indices: NDArray[np.int32],
    added: NDArray[np.bool_],
    wanted: NDArray[np.intp],
    room: NDArray[np.intp],
    allowed: NDArray[np.bool_],
) -> None:
    """Clear `allowed` at added entries that have no room left; the others lose some of theirs."""
    for row in np.flatnonzero(added.any(axis=1)):
        places = np.flatnonzero(added[row])
        taken = places[room[indices[row, places]] > 0][: wanted[row]]
        room[indices[row, taken]] -= 1
        allowed[row, places] = False
        allowed[row, taken] = True


def needs_later(stages: Iterable[Stage]) -> bool:
    """Return whether what one of the stages drops may depend on later entries of a list."""
    return any(getattr(stage, "looks_ahead", False) for stage in stages)


def _rounds(
    site: _Site, context: Context, few: int | None
) -> Iterator[tuple[int, Callable[[Context], Proposals]]]:
    """Yield the functions that propose articles, with the number of proposals that each makes.

    The first makes only the best `few` of the second, which is quicker and nearly always enough.
    """
    near = context.found.indices.shape[1] + 2 * PEERS
    if few is not None and few < near:
        yield near, partial(site.near, few)
    yield near, partial(site.near, near)
    start, count = 0, FIRST_BATCH
    while start < site.count:
        yield count, partial(site.next, start, start + count)
        if site.room is None:
            start += count
        elif count >= site.count:
            return
        count *= BATCH_GROWTH


class _Site:
    """What backfill needs to know about all articles, each fact learned when it is first used."""

    def __init__(self, articles: pd.DataFrame) -> None:
        self.articles = articles
        self.count = len(articles)
        self.room: NDArray[np.intp] | None = None
        """How many more lists each article may be added to; None means any number."""

    @cached_property
    def newest(self) -> NDArray[np.intp]:
        """Rows of the articles with a date, newest first."""
        if "date" not in self.articles:
            return np.empty(0, np.intp)
        dated = self.articles["date"].notna().to_numpy()
        moments = self.articles["date"].astype("int64").to_numpy()[dated]
        return np.flatnonzero(dated)[np.argsort(-moments, kind="stable")]

    @cached_property
    def undated(self) -> NDArray[np.intp]:
        """Rows of the articles without a date, ascending."""
        return np.setdiff1d(np.arange(self.count), self.newest)

    @cached_property
    def linked(self) -> NDArray[np.intp]:
        """Rows of the articles without a date, most linked first."""
        links = _inbound_links(self.articles)[self.undated]
        return self.undated[np.argsort(-links, kind="stable")]

    @cached_property
    def newest_and_linked(self) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """All rows, the dated ones first, and the origin of each."""
        counts = len(self.newest), len(self.linked)
        origins = np.repeat(np.array(TIERS[-2:], np.uint8), counts)
        return np.concatenate([self.newest, self.linked]), origins

    @cached_property
    def at_place(self) -> NDArray[np.intp]:
        """All rows, the newest first; those without a date come last."""
        return np.concatenate([self.newest, self.undated])

    @cached_property
    def place(self) -> NDArray[np.intp]:
        """The place of each article in this order."""
        return np.argsort(self.at_place)

    @cached_property
    def tags(self) -> tuple[sparse.csr_array, dict[str, int]]:
        """Which article has which tag, and the column of each tag."""
        return _tag_table(self.articles, {}, grow=True)

    @cached_property
    def tagged(self) -> sparse.csr_array:
        """For each tag the places of the newest articles with it."""
        groups = _members(*self.tags[0].nonzero(), self.tags[0].shape[1], self.place)
        indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in groups])])
        places = self.place[np.concatenate([*groups, np.empty(0, np.intp)]).astype(np.intp)]
        return sparse.csr_array(
            (np.ones(len(places)), places, indptr), shape=(len(groups), self.count)
        )

    @cached_property
    def numbers(self) -> dict[str, NDArray[np.intp]]:
        """A number for the series and the category of each article; -1 for none."""
        names = ("series", "category")
        return {name: _numbers(name, self.articles, self.articles[:0])[0] for name in names}

    def of_seeds(self, name: str, context: Context) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the numbers of each article's and each seed's text in a column."""
        if context.rows is not None:
            return _numbers(name, self.articles, context.seeds)
        return self.numbers[name], self.numbers[name][context.own]

    def tags_of(self, context: Context) -> sparse.csr_array:
        """Return which seed has which tag."""
        if context.rows is not None:
            return _tag_table(context.seeds, self.tags[1])[0]
        return self.tags[0][context.own]

    def next(self, start: int, end: int, context: Context) -> Proposals:
        """Propose articles that have nothing to do with the seed: the newest, the most linked.

        With a limit, they are those with room, so that they all can be added.
        """
        rows, origins = self.newest_and_linked
        if self.room is not None:
            some = self.room[rows] > 0
            rows, origins = rows[some], origins[some]
        rows, origins = rows[start:end], origins[start:end]
        shape = len(context.own), len(rows)
        return np.broadcast_to(rows.astype(np.int32), shape), np.broadcast_to(origins, shape)

    def near(self, count: int, context: Context) -> Proposals:
        """Propose the best of what the search found, and the newest of the seed's series and tags.

        They are the first `count` of all these, in order.
        """
        found = context.found.indices
        series, own_series = self.of_seeds("series", context)
        category, own_category = self.of_seeds("category", context)
        own_tags = self.tags_of(context)
        peers = self._peers(series, own_series, own_tags)
        rows = np.concatenate([found, peers], axis=1)
        behind = found.shape[1] + self.place[peers]
        order = np.concatenate([np.broadcast_to(np.arange(found.shape[1]), found.shape), behind], 1)
        before_tagged = slice(found.shape[1] + PEERS)  # the peers behind them all have a tag
        tagged = rows >= 0
        tagged[:, before_tagged] = _share(own_tags, self.tags[0], rows[:, before_tagged])
        tier = np.full(rows.shape, 3)
        tier[tagged] = 2
        tier[:, : found.shape[1]][_equal(own_category, category, found)] = 1
        tier[_equal(own_series, series, rows)] = 0
        last = len(TIERS) * (found.shape[1] + self.count)
        key = np.where(rows >= 0, tier * (found.shape[1] + self.count) + order, last)
        if count < key.shape[1]:
            best = np.argpartition(key, count, axis=1)[:, :count]
            inside = np.argsort(np.take_along_axis(key, best, 1), axis=1, kind="stable")
            by_tier = np.take_along_axis(best, inside, 1)
        else:
            by_tier = np.argsort(key, axis=1, kind="stable")
        origins = np.array(TIERS, np.uint8)[tier]
        return np.take_along_axis(rows, by_tier, 1), np.take_along_axis(origins, by_tier, 1)

    def _peers(
        self,
        series: NDArray[np.intp],
        own_series: NDArray[np.intp],
        own_tags: sparse.csr_array,
    ) -> NDArray[np.int32]:
        """Return the newest articles of each seed's series, and those with one of its tags."""
        peers = np.full((len(own_series), 2 * PEERS), -1, np.int32)
        if (own_series >= 0).any():
            parts = np.flatnonzero(series >= 0)
            groups = _members(parts, series[parts], series.max(initial=0) + 1, self.place)
            for row in np.flatnonzero(own_series >= 0):
                some = groups[own_series[row]] if own_series[row] < len(groups) else parts[:0]
                peers[row, : len(some)] = some
        tagged = own_tags @ self.tagged
        tagged.sort_indices()
        counts = np.diff(tagged.indptr)
        rank = within(counts)
        first = rank < PEERS
        rows = np.repeat(np.arange(len(counts)), counts)[first]
        peers[rows, PEERS + rank[first]] = self.at_place[tagged.indices[first]]
        return peers


def _lengths(lists: Ranked) -> NDArray[np.intp]:
    lengths: NDArray[np.intp] = (lists.indices >= 0).sum(axis=1)
    return lengths


def _among(rows: NDArray[np.int32], others: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which entries of each list are also in the other list."""
    step = max(rows.max(initial=0), others.max(initial=0)) + 2
    base = np.arange(len(rows), dtype=np.int64)[:, None] * step + 1
    known = np.append(np.sort(base + others, axis=1), np.iinfo(np.int64).max)
    asked = base + rows
    among: NDArray[np.bool_] = (known[np.searchsorted(known, asked)] == asked) & (rows >= 0)
    return among


def _numbers(
    name: str, articles: pd.DataFrame, seeds: pd.DataFrame
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return a number for each article's and each seed's text in a column; -1 for no text."""
    if name not in articles or name not in seeds:
        return np.full(len(articles), -1), np.full(len(seeds), -1)
    codes, texts = pd.factorize(
        np.concatenate([table[name].to_numpy(dtype=object) for table in (articles, seeds)])
    )
    same, plain = pd.factorize(np.array([str(text).strip().casefold() for text in texts], object))
    same[(plain == "")[same]] = -1
    numbers = same[codes]
    return numbers[: len(articles)], numbers[len(articles) :]


def _equal(
    own: NDArray[np.intp], numbers: NDArray[np.intp], rows: NDArray[np.int32]
) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (own[:, None] == numbers[rows]) & (own >= 0)[:, None]
    return same


def _share(
    own: sparse.csr_array, tags: sparse.csr_array, rows: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return which rows have a tag of the seed."""
    seeds, places = np.nonzero((rows >= 0) & (np.diff(own.indptr) > 0)[:, None])
    shared = np.zeros(rows.shape, np.bool_)
    shared[seeds, places] = dot_products((own, seeds), (tags, rows[seeds, places])) > 0
    return shared


def _tag_table(
    articles: pd.DataFrame, columns: dict[str, int], *, grow: bool = False
) -> tuple[sparse.csr_array, dict[str, int]]:
    """Return which article has which tag; tags without a column are ignored, or get one."""
    indptr, indices = [0], []
    column: Iterable[list[str]] = articles.get("tags", [[]] * len(articles))
    for tags in column:
        plain = {str(tag).casefold(): None for tag in tags}
        if grow:
            for tag in plain:
                columns.setdefault(tag, len(columns))
        indices += sorted(columns[tag] for tag in plain if tag in columns)
        indptr.append(len(indices))
    ones = np.ones(len(indices))
    table = sparse.csr_array((ones, indices, indptr), shape=(len(articles), len(columns)))
    return table, columns


def _members(
    rows: NDArray[np.integer], groups: NDArray[np.integer], count: int, place: NDArray[np.intp]
) -> list[NDArray[Any]]:
    """Return up to `PEERS` rows of each group, by place."""
    order = np.lexsort((place[rows], groups))
    ends = np.searchsorted(groups[order], np.arange(count + 1))
    return [rows[order[a : min(a + PEERS, b)]] for a, b in pairwise(ends.tolist())]


def _inbound_links(articles: pd.DataFrame) -> NDArray[np.intp]:
    """Return the number of other articles whose text links to each article."""
    counts = np.zeros(len(articles), np.intp)
    if "links" not in articles or not articles["links"].map(len).any():
        return counts
    resolver, row = LinkResolver(articles), {name: at for at, name in enumerate(articles["id"])}
    for source, links in zip(articles["id"], articles["links"], strict=True):
        for target in {resolver.resolve(link, source) for link in links} - {None, source}:
            counts[row[str(target)]] += 1
    return counts
