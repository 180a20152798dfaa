"""Translations of one article: show one of them, and let them share a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import (
    Context,
    Ranked,
    Stage,
    add,
    apply_stages,
    connected,
    fit_stages,
    keep,
    repeats,
    seeds_of,
    true_scores,
)
from recommender.text.languages import base_language

TRANSLATION_COLUMNS = ("translations", "translation_key")
"""The columns that name translations: addresses of the others, or a name that all have."""


@dataclass(frozen=True)
class NoTranslations:
    """Keep one of several translations of an article, and none of the seed's own.

    Parameters
    ----------
    labels : ndarray of shape (articles,), intp, optional
        The number of each article's group, or -1; set by `fitted`.

    Notes
    -----
    Of a group of translations, the candidate in the seed's language stays, that of its region
    before others, else the first of the list. See `translation_groups`; without its columns,
    nothing is dropped.

    Examples
    --------
    >>> NoTranslations()
    NoTranslations()
    """

    labels: NDArray[np.intp] | None = field(default=None, repr=False, compare=False)

    @property
    def looks_ahead(self) -> bool:
        """Whether a later entry may take the place of an earlier one."""
        return self.labels is None or bool((self.labels >= 0).any())

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        if not _tells_translations(context.articles):
            return lists
        if self.labels is None or (context.own < 0).any():
            labels, own = _labels(context)
        else:
            labels, own = self.labels, self.labels[context.own]
        if not (labels >= 0).any():
            return lists
        groups = np.where(lists.indices >= 0, labels[lists.indices], -1)
        codes, seed_codes = _languages(context)
        regions, seed_regions = _languages(context, regions=True)
        foreign = (codes[lists.indices] != seed_codes[:, None]).astype(np.int8)
        foreign += regions[lists.indices] != seed_regions[:, None]
        order = np.argsort(foreign, axis=1, kind="stable")
        again = np.zeros(groups.shape, np.bool_)
        np.put_along_axis(again, order, repeats(np.take_along_axis(groups, order, axis=1)), axis=1)
        return keep(lists, ~again & ((groups != own[:, None]) | (groups < 0)))

    def fitted(self, site: Context) -> NoTranslations:
        """Return this stage with the groups of the site."""
        labels = np.full(len(site.articles), -1, np.intp)
        if _tells_translations(site.articles):
            labels, _ = _labels(site)
        return replace(self, labels=labels)


@dataclass(frozen=True)
class Translated:
    """Give an article without entries the list of its translation, in its own language.

    Parameters
    ----------
    removing : tuple of callables, default ()
        The stages whose decisions hold for the added entries too, such as `SameLanguage`.
    whole_site : bool, default True
        Whether the site has translations; set by `fitted`.

    Notes
    -----
    The list is that of the translation in the most frequent language of the site that has one,
    else of the first by id. Each entry is replaced by its own translation into the seed's
    language; one without it stays as it is, for `removing` to decide. The origin is
    ``translated``, the score the cosine of the two articles, which may be 0.

    Examples
    --------
    >>> Translated()
    Translated(removing=())
    """

    removing: tuple[Stage, ...] = ()
    whole_site: bool = field(default=True, repr=False, compare=False)

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        if not _tells_translations(context.articles):
            return lists
        labels, own = _labels(context)
        added = np.full(lists.indices.shape, -1, np.int32)
        for at, rows in _inherited(lists, context, labels, own):
            added[at, : len(rows)] = rows
        takers = np.flatnonzero((added >= 0).any(axis=1))
        if not len(takers):
            return lists
        some, new = seeds_of(context, takers), added[takers]
        kept = apply_stages(Neighbors(new, true_scores(some, new)), some, self.removing)
        added[takers] = -1
        added[takers, : kept.indices.shape[1]] = kept.indices
        return add(lists, added, true_scores(context, added), "translated")

    def fitted(self, site: Context) -> Translated:
        """Return this stage, which needs all lists only if the site has translations."""
        removing = tuple(fit_stages(self.removing, site))
        return replace(self, removing=removing, whole_site=_tells_translations(site.articles))


def translation_groups(articles: pd.DataFrame) -> list[NDArray[np.intp]]:
    """Return the groups of articles that are translations of one another.

    Parameters
    ----------
    articles : DataFrame of n rows
        An Article table; uses `lang`, `url` and, if they are there, `translations` (lists of
        addresses) and `translation_key` (a name that all translations have).

    Returns
    -------
    list of ndarray of intp
        The rows of each group of two or more, ascending; groups in order of their first rows.

    Notes
    -----
    Groups are connected: one page may name the others. An address that two pages in one language
    name, such as the home page in another language, is not a translation of them, and a group with
    two articles in one language is not one.

    Examples
    --------
    >>> table = pd.DataFrame({"url": ["/rye/", "/de/roggen/", "/oats/"], "lang": ["en", "de", "en"],
    ...                       "translations": [["/de/roggen/"], [], []]})
    >>> [rows.tolist() for rows in translation_groups(table)]
    [[0, 1]]
    """
    pairs = [*_named_pairs(articles), *_keyed_pairs(articles)]
    tags, groups = articles["lang"].tolist(), connected(pairs, len(articles))
    return [rows for rows in groups if len({tags[row] for row in rows}) == len(rows)]


def _inherited(
    lists: Ranked, context: Context, labels: NDArray[np.intp], own: NDArray[np.intp]
) -> Iterator[tuple[int, list[int]]]:
    """Yield each seed without entries that inherits some, and their rows in its language."""
    codes, seed_codes = _languages(context)
    members, rank = _members(labels), _frequency_ranks(codes)
    found = np.asarray((lists.indices >= 0).any(axis=1))
    place = {int(row): at for at, row in enumerate(context.own) if row >= 0 and found[at]}
    for at in np.flatnonzero(~found & (own >= 0) & (context.own >= 0)).tolist():
        sources = [row for row in members[int(own[at])] if row in place]
        if sources:
            source = min(sources, key=lambda row: (rank[row], row))
            entries = [row for row in lists.indices[place[source]].tolist() if row >= 0]
            mapped = (
                _in_language(row, members.get(int(labels[row]), []), codes, int(seed_codes[at]))
                for row in entries
            )
            yield at, [row for row in dict.fromkeys(mapped) if labels[row] != own[at]]


def _named_pairs(articles: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """Yield each article with those whose addresses it names as translations."""
    if "translations" not in articles:
        return
    cells: Iterable[Any] = articles["translations"].tolist()
    if not any(isinstance(urls, list | tuple) and urls for urls in cells):
        return
    row_of_url = {url: row for row, url in enumerate(articles["url"]) if url}
    named = [
        (row, row_of_url[url])
        for row, urls in enumerate(cells)
        for url in (dict.fromkeys(urls) if isinstance(urls, list | tuple) else ())
        if row_of_url.get(url, row) != row
    ]
    tags = articles["lang"].tolist()
    claims = Counter((target, tags[row]) for row, target in named)
    unclear = {target for (target, _), count in claims.items() if count > 1}
    yield from (pair for pair in named if pair[1] not in unclear)


def _keyed_pairs(articles: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """Yield the articles with the same `translation_key`, each with the one before it."""
    if "translation_key" not in articles:
        return
    cells: Iterable[Any] = articles["translation_key"]
    keys = [(str(key), row) for row, key in enumerate(cells) if isinstance(key, str) and key]
    for _, same in groupby(sorted(keys), key=lambda pair: pair[0]):
        rows = [row for _, row in same]
        yield from pairwise(rows)


def _tells_translations(articles: pd.DataFrame) -> bool:
    return any(name in articles for name in TRANSLATION_COLUMNS)


def _labels(context: Context) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the number of the group of each article, and of each seed; -1 for none."""
    new = context.own < 0
    table, n = context.articles, len(context.articles)
    if new.any():
        used = ("lang", "url", *TRANSLATION_COLUMNS)
        both = (
            some[[name for name in used if name in some]]
            for some in (table, context.seeds.iloc[np.flatnonzero(new)])
        )
        table = pd.concat(both, ignore_index=True)
    labels = np.full(len(table), -1, np.intp)
    for number, rows in enumerate(translation_groups(table)):
        labels[rows] = number
    own = np.where(new, -1, labels[context.own])
    own[new] = labels[n:]
    return labels[:n], own


def _languages(
    context: Context, regions: bool = False
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return a number for the language of each article and each seed, or for its region too."""
    tags = pd.concat([context.articles["lang"], context.seeds["lang"]])
    tags = tags.str.lower().str.replace("_", "-") if regions else tags.map(base_language)
    codes = pd.factorize(tags)[0]
    return codes[: len(context.articles)], codes[len(context.articles) :]


def _frequency_ranks(codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each article the place of its language in the order of frequency."""
    counts = np.bincount(codes)
    ranks = np.empty(len(counts), np.intp)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return ranks[codes]


def _members(labels: NDArray[np.intp]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in np.flatnonzero(labels >= 0).tolist():
        found.setdefault(int(labels[row]), []).append(row)
    return found


def _in_language(row: int, group: list[int], codes: NDArray[np.intp], language: int) -> int:
    """Return the translation of an article into a language, or the article."""
    if codes[row] == language:
        return row
    return next((other for other in group if codes[other] == language), row)
