"""Ranking stages: their signature, the data they may use, and the loop that runs them.

A stage is any callable ``(Ranked, Context) -> Ranked``. It may drop, reorder or add entries but
never change a score: the score stays the cosine. `keep`, `reorder`, `arrange` and `add` make the
new lists.

A stage may have further attributes:

- ``fitted(site: Context) -> Stage`` is called once, with every article as a seed, for what a
  stage learns from the whole site.
- ``whole_site = True`` says that a list depends on the other lists, so that the stage always
  runs over the lists of all articles.
- ``looks_ahead = True`` says that it may drop an entry because of a later one.
- ``alone`` is the stage to use in its place for new articles, whose lists do not depend on others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.errors import ConfigError
from recommender.neighbors.base import Neighbors, empty_neighbors
from recommender.vectors.overlap import dot_products

ORIGINS = (
    "similar", "series", "translated", "pinned", "backfill:series", "backfill:category",
    "backfill:tag", "backfill:newest", "backfill:linked", "backfill:similar",
)  # fmt: skip
"""How an entry can come into a list; `Ranked.origins` contains positions in this tuple."""

SCORE_GRAIN = 1e-6
CHECKED_ENTRIES = 1 << 16
"""Number of old and new entries that are compared at a time, so that they stay in cache."""
_IS_NEW = 1 << 31
"""The bit of an entry's code that tells a new list from an old one."""


class Ranked(NamedTuple):
    """The lists of n seeds, at most k entries each, best first.

    A shorter list is padded at the end with index -1, score 0 and key -inf.
    """

    indices: NDArray[np.int32]
    """int32 of shape (n, k): rows of the articles, or -1."""
    scores: NDArray[np.float32]
    """float32 of shape (n, k): cosines in [0, 1] that are whole millionths."""
    keys: NDArray[np.float64]
    """float64 of shape (n, k): what the stages order the lists by, at first the scores."""
    origins: NDArray[np.uint8]
    """uint8 of shape (n, k): how each entry came in, as a position in `ORIGINS`."""


class RowLengths(NamedTuple):
    """A substitute for the vectors on a cluster, where a stage only has their lengths."""

    indptr: NDArray[np.int64]
    """int64 of shape (articles + 1,)."""


class Context(NamedTuple):
    """All data that a stage may use."""

    seeds: pd.DataFrame
    """Article rows of the n seeds, in the order of the lists."""
    articles: pd.DataFrame
    """Article rows of the candidates; the indices in a list are row numbers of this table."""
    vectors: sparse.csr_array
    """float64 of shape (articles, terms): the candidates' unit rows."""
    graph: Neighbors
    """The nearest neighbors of every article, from the search."""
    own: NDArray[np.int32]
    """int32 of shape (n,): the row of each seed in `articles`, or -1 for a new article."""
    found: Neighbors
    """What the search found for the seeds, before any stage."""
    k: int
    """The number of entries of a list that will be shown."""
    rows: sparse.csr_array | None = None
    """float64 of shape (n, terms): the seeds' unit rows; None if all seeds are articles."""
    last: pd.DataFrame | None = None
    """The lists that were last published: `article_id`, `rank` and `related_id`."""
    dense: NDArray[np.float32] | None = None
    """float32 of shape (articles, d): the user's own vectors, of unit length or zero."""
    dense_seeds: NDArray[np.float32] | None = None
    """float32 of shape (n, d): those of the seeds; None if all seeds are articles."""


Stage = Callable[[Ranked, Context], Ranked]


def ranked(neighbors: Neighbors | Ranked) -> Ranked:
    """Return neighbors as lists in the same order: their keys are the scores.

    Examples
    --------
    >>> found = Neighbors(np.array([[7, -1]], np.int32), np.array([[0.5, 0.0]], np.float32))
    >>> ranked(found).keys.tolist(), ranked(found).origins.tolist()
    ([[0.5, -inf]], [[0, 0]])
    """
    if isinstance(neighbors, Ranked):
        return neighbors
    indices, scores = neighbors
    falling = np.minimum.accumulate(scores, axis=1, dtype=np.float64) if scores.size else scores
    keys = np.where(indices >= 0, falling, -np.inf)
    return Ranked(indices, scores, keys, np.zeros(indices.shape, np.uint8))


def apply_stages(
    neighbors: Neighbors | Ranked, context: Context, stages: Iterable[Stage]
) -> Ranked:
    """Run the stages one after the other.

    Parameters
    ----------
    neighbors : Neighbors or Ranked of shape (n_seeds, k)
        The result of the search.
    context : Context
        Passed to every stage.
    stages : iterable of callables
        The stages, in the order to run them.

    Returns
    -------
    Ranked of shape (n_seeds, any)
        The result of the last stage.

    Raises
    ------
    ConfigError
        If a stage returns anything else than n_seeds lists of rows of `context.articles`, each
        row once, without the seed and with the score that it had; the message names the stage.
    """
    given = lists = ranked(neighbors)
    for _, lists in run_stages(given, context, stages):  # noqa: B007 - only the last counts
        pass
    return lists


def run_stages(
    neighbors: Neighbors | Ranked, context: Context, stages: Iterable[Stage]
) -> Iterator[tuple[Stage, Ranked]]:
    """Yield each stage with the lists that it returned; see `apply_stages`."""
    lists = ranked(neighbors)
    for stage in stages:
        lists = _checked(stage(lists, context), stage, lists, context)
        yield stage, lists


def name_of(stage: Stage) -> str:
    """Return the name of a stage in plain words: of its function, or else of its class.

    Examples
    --------
    >>> def only_older(lists, context): ...
    >>> name_of(only_older)
    'only older'
    """
    name = getattr(stage, "__name__", type(stage).__name__)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()


def _checked(result: Any, stage: Stage, before: Ranked, context: Context) -> Ranked:
    """Return the result of a stage as `Ranked`; if it is none, raise an error that names it."""
    where, hint = f"stage {name_of(stage)!r}", "see ranking.keep, reorder, arrange and add"
    seeds, articles = len(before.indices), len(context.articles)
    if not isinstance(result, Neighbors | Ranked):
        kind = type(result).__name__
        raise ConfigError(
            f"{where}: must return Ranked lists, got {kind}", f"{hint}: they make them"
        )
    shapes = {np.shape(part) for part in result}
    if len(shapes) > 1 or len(shape := shapes.pop()) != 2 or shape[0] != seeds:
        got = ", ".join(str(np.shape(part)) for part in result)
        raise ConfigError(
            f"{where}: must return {seeds:,} lists, all parts of one shape, got {got}", hint
        )
    if not np.issubdtype(result.indices.dtype, np.integer):
        raise ConfigError(
            f"{where}: indices must be whole numbers, got {result.indices.dtype}", hint
        )
    if result.indices.size and not -1 <= result.indices.min() <= result.indices.max() < articles:
        wrong = result.indices[(result.indices < -1) | (result.indices >= articles)][0]
        raise ConfigError(
            f"{where}: indices must be rows of context.articles, 0 to {articles - 1:,}, "
            f"or -1, got {wrong}",
            hint,
        )
    problem = _wrong_entries(result, before, context)
    if problem:
        raise ConfigError(f"{where}: {problem}", hint)
    return ranked(result)


def _wrong_entries(result: Neighbors | Ranked, before: Ranked, context: Context) -> str:
    """Return what is wrong with the entries of well-formed lists, or an empty string."""
    indices, scores = result.indices, result.scores
    if not np.issubdtype(scores.dtype, np.floating):
        return f"scores must be cosines, got {scores.dtype}"
    outside = ~((scores >= 0) & (scores <= 1))
    if outside.any():
        return f"scores must be cosines from 0 to 1, got {scores[outside][0]}"
    if ((indices == context.own[:, None]) & (indices >= 0)).any():
        return "an article must not be in its own list"
    if indices is before.indices and scores is before.scores:
        return ""
    scored = not isinstance(context.vectors, RowLengths)  # there, new entries get theirs later
    step = max(1, CHECKED_ENTRIES // max(1, indices.shape[1] + before.indices.shape[1]))
    blocks = (slice(start, start + step) for start in range(0, len(indices), step))
    problems = (_wrong_changes(result, before, block, scored) for block in blocks)
    return next(filter(None, problems), "")


def _wrong_changes(result: Neighbors | Ranked, before: Ranked, block: slice, scored: bool) -> str:
    """Return which law the entries of some lists break, or an empty string.

    No article repeats, and none has another score than before. Each entry is coded as a number:
    its row, a bit that is set in new lists, its score. When an old and a new list are sorted
    together, an article's new code follows its old one and differs in that bit only.
    """
    indices, scores = result.indices[block], result.scores[block]
    old_indices, old_scores = before.indices[block], before.scores[block]
    shared = min(indices.shape[1], old_indices.shape[1])
    same = (indices[:, :shared] == old_indices[:, :shared]).all(axis=1)
    same &= (scores[:, :shared] == old_scores[:, :shared]).all(axis=1)
    moved = ~(same & (indices[:, shared:] < 0).all(axis=1))
    if not moved.any():
        return ""
    old = _entry_codes(old_indices[moved], old_scores[moved])
    new = _entry_codes(indices[moved], scores[moved]) | _IS_NEW
    codes = np.sort(np.concatenate([old, new], axis=1), axis=1)
    differing = codes[:, 1:] ^ codes[:, :-1]
    odd = (codes[:, :-1] >= 0) & (differing < 2 * _IS_NEW) & (differing != _IS_NEW)
    first, second = codes[:, :-1][odd], codes[:, 1:][odd]
    if (first & second & _IS_NEW).any():
        return "an article must be in a list once"
    had, got = (
        (code & (_IS_NEW - 1)).astype(np.int32).view(np.float32) for code in (first, second)
    )
    changed = ((second & _IS_NEW) > 0) & (np.abs(got - had) > SCORE_GRAIN)
    if scored and changed.any():
        return (
            f"must not change scores, got {got[changed][0]:g} in place of {had[changed][0]:g}; "
            "change the keys of the lists instead"
        )
    return ""


def _entry_codes(indices: NDArray[Any], scores: NDArray[Any]) -> NDArray[np.int64]:
    """Return entries as numbers: the row in the high 32 bits, the float32 score in the low 31."""
    bits = np.abs(scores).astype(np.float32, copy=False).view(np.int32)
    codes: NDArray[np.int64] = (indices.astype(np.int64) << 32) | bits
    return codes


Some = TypeVar("Some", Neighbors, Ranked)


def lists_of(lists: Some, rows: Any) -> Some:
    """Return the lists of some of the seeds, by a slice or an array of their positions."""
    return type(lists)._make(part[rows] for part in lists)


def seeds_of(context: Context, rows: Any) -> Context:
    """Return the context of some of the seeds, by a slice or an array of their positions."""
    return context._replace(
        seeds=context.seeds.iloc[rows],
        own=context.own[rows],
        found=lists_of(context.found, rows),
        rows=None if context.rows is None else context.rows[rows],
        dense_seeds=None if context.dense_seeds is None else context.dense_seeds[rows],
    )


def true_scores(context: Context, indices: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the cosines of the seeds and the articles in their lists, as the search gives them.

    Parameters
    ----------
    context : Context
        Where it has no vectors, as on a cluster, each score is 0.
    indices : ndarray of shape (n, k), int
        Rows of the articles, or -1, whose score is 0.

    Returns
    -------
    ndarray of shape (n, k), float32
    """
    scores = np.zeros(indices.shape, np.float32)
    places = np.nonzero(indices >= 0)
    if len(places[0]) and sparse.issparse(context.vectors):
        table = context.vectors if context.rows is None else context.rows
        seeds = context.own if context.rows is None else np.arange(len(indices))
        others = context.vectors, indices[places]
        scores[places] = np.round(dot_products((table, seeds[places[0]]), others), 6)
    return scores


def first_of(lists: Ranked, k: int) -> Ranked:
    """Return the first `k` entries of each list."""
    return Ranked._make(part[:, :k] for part in lists)


def padded(lists: Ranked, k: int) -> Ranked:
    """Return lists with at least `k` places each.

    Examples
    --------
    >>> lists = ranked(Neighbors(np.array([[7]], np.int32), np.array([[0.9]], np.float32)))
    >>> padded(lists, 2).indices.tolist()
    [[7, -1]]
    """
    n, width = lists.indices.shape
    if width >= k:
        return lists
    more: Iterable[tuple[Any, Any]] = zip(lists, ranked(empty_neighbors(n, k - width)), strict=True)
    return Ranked._make(np.concatenate(parts, axis=1) for parts in more)


def fit_stages(stages: Iterable[Stage], site: Context) -> list[Stage]:
    """Return the stages with what those that have a method ``fitted`` learn from the site."""
    return [stage.fitted(site) if hasattr(stage, "fitted") else stage for stage in stages]


def needs_site(stages: Iterable[Stage]) -> bool:
    """Return whether one of the stages must run over the lists of all articles."""
    return any(getattr(stage, "whole_site", False) for stage in stages)


def keep(lists: Ranked, mask: NDArray[np.bool_]) -> Ranked:
    """Return the lists with only the entries where `mask` is true, without gaps, in order.

    Parameters
    ----------
    lists : Ranked of shape (n, k)
        Empty positions come last.
    mask : ndarray of shape (n, k), bool

    Examples
    --------
    >>> lists = ranked(Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32)))
    >>> keep(lists, np.array([[False, True]])).indices.tolist()
    [[5, -1]]
    """
    found = lists.indices >= 0
    kept = mask & found
    if np.array_equal(kept, found):
        return lists
    return _without_gaps(lists, kept)


def _without_gaps(lists: Ranked, kept: NDArray[np.bool_]) -> Ranked:
    rows = np.nonzero(kept)[0]
    places = (np.cumsum(kept, axis=1) - 1)[kept]
    out = ranked(empty_neighbors(*kept.shape))
    pairs: Iterable[tuple[Any, Any]] = zip(out, lists, strict=True)
    for new, old in pairs:
        new[rows, places] = old[kept]
    return out


def reorder(lists: Ranked, key: NDArray[np.float64]) -> Ranked:
    """Return the lists ordered by `key`, highest first; equal keys keep their order.

    Parameters
    ----------
    lists : Ranked of shape (n, k)
    key : ndarray of shape (n, k), float64
        The new keys of the entries. They are rounded to 9 decimals, so that the last bits of
        floating-point arithmetic decide nothing. An entry with -inf is dropped.

    Examples
    --------
    >>> lists = ranked(Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32)))
    >>> reorder(lists, np.array([[1.0, 2.0]])).indices.tolist()
    [[5, 7]]
    """
    keys = np.where(lists.indices >= 0, np.round(key, 9), -np.inf)
    order = np.argsort(-keys, axis=1, kind="stable")
    return arrange(lists._replace(keys=keys), order, keys > -np.inf)


def arrange(
    lists: Ranked, order: NDArray[np.intp], mask: NDArray[np.bool_] | None = None
) -> Ranked:
    """Return the lists with their entries in another order and their keys unchanged.

    Parameters
    ----------
    lists : Ranked of shape (n, k)
    order : ndarray of shape (n, k), intp
        For each new position of a list the old one; a permutation of 0..k-1.
    mask : ndarray of shape (n, k), bool, optional
        By old positions: the entries to keep.

    Examples
    --------
    >>> lists = ranked(Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32)))
    >>> arrange(lists, np.array([[1, 0]])).scores.tolist() == [[np.float32(0.8), np.float32(0.9)]]
    True
    """
    moved = Ranked._make(np.take_along_axis(part, order, axis=1) for part in lists)
    if mask is None:
        return moved
    return keep(moved, np.take_along_axis(mask, order, axis=1))


def add(
    lists: Ranked,
    indices: NDArray[np.int32],
    scores: NDArray[np.float32],
    origin: str | NDArray[np.uint8],
    *,
    first: bool = False,
) -> Ranked:
    """Return the lists with further entries; of an article in a list twice, the first stays.

    Parameters
    ----------
    lists : Ranked of shape (n, k)
    indices : ndarray of shape (n, m), int32
        Rows of the articles to add, in order; -1 is none.
    scores : ndarray of shape (n, m), float32
        Their cosines to the seeds.
    origin : str, or ndarray of shape (n, m), uint8
        One of `ORIGINS`; or for each entry its position in `ORIGINS`.
    first : bool, default False
        Add them before the others instead of after them. An entry that is there already then
        moves, and gets this origin.

    Returns
    -------
    Ranked of shape (n, k + m)
        Keys keep their order: an added entry has the key of the entry beside it.

    Examples
    --------
    >>> lists = ranked(Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32)))
    >>> more = np.array([[5, 2]], np.int32), np.array([[0.8, 0.1]], np.float32)
    >>> added = add(lists, *more, "pinned", first=True)
    >>> added.indices.tolist(), [ORIGINS[code] for code in added.origins[0, :3]]
    ([[5, 2, 7, -1]], ['pinned', 'pinned', 'similar'])
    """
    found = lists.indices >= 0
    limit = np.where(found, lists.keys, -np.inf).max(axis=1, initial=-np.inf)
    if not first:
        limit = np.where(found, lists.keys, limit[:, None]).min(axis=1, initial=np.inf)
    beside = np.where(np.isfinite(limit), limit, 0.0)[:, None]
    new = Ranked(
        indices.astype(np.int32),
        scores.astype(np.float32),
        np.broadcast_to(beside, indices.shape),
        np.full(indices.shape, ORIGINS.index(origin), np.uint8)
        if isinstance(origin, str)
        else origin,
    )
    parts: tuple[Iterable[Any], Iterable[Any]] = (new, lists) if first else (lists, new)
    joined = Ranked._make(np.concatenate(pair, axis=1) for pair in zip(*parts, strict=True))
    return _without_gaps(joined, (joined.indices >= 0) & ~repeats(joined.indices))


def connected(pairs: Sequence[tuple[int, int]], n: int) -> list[NDArray[np.intp]]:
    """Return the groups that pairs of n rows make: two are in one if a chain of pairs joins them.

    The rows of each group of two or more, ascending; groups in order of their first rows.

    Examples
    --------
    >>> [rows.tolist() for rows in connected([(4, 2), (0, 1), (2, 3)], 6)]
    [[0, 1], [2, 3, 4]]
    """
    if not pairs:
        return []
    edges = sparse.coo_array((np.ones(len(pairs)), np.transpose(pairs)), shape=(n, n))
    _, labels = sparse.csgraph.connected_components(edges, directed=False)
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted((rows for rows in groups if len(rows) > 1), key=lambda rows: int(rows[0]))


def within(counts: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return the numbers from 0 to count - 1 for each count, one after the other.

    Examples
    --------
    >>> within(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    starts = np.cumsum(counts) - counts
    return np.asarray(np.arange(counts.sum()) - np.repeat(starts, counts), np.intp)


def repeats(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers already occur earlier in their row; a negative one never does.

    Examples
    --------
    >>> repeats(np.array([[4, 7, 4, -1, -1]])).tolist()
    [[False, False, True, False, False]]
    """
    order = np.argsort(numbers, axis=1, kind="stable")
    row = np.take_along_axis(numbers, order, axis=1)
    again = np.zeros(row.shape, np.bool_)
    again[:, 1:] = (row[:, 1:] == row[:, :-1]) & (row[:, 1:] >= 0)
    out = np.zeros(row.shape, np.bool_)
    np.put_along_axis(out, order, again, axis=1)
    return out
