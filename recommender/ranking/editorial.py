"""Obey an editor: articles pinned to the top of a list, and articles kept out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.editorial import (
    BANS,
    PINS,
    PLACE,
    Action,
    Editorial,
    EditorialRule,
    own_names,
)
from recommender.errors import ConfigError, did_you_mean, join_problems, shown
from recommender.ranking.base import Context, Ranked, add, keep, true_scores
from recommender.ranking.links import LinkResolver
from recommender.text.rules import Rule

Rows = tuple[int, ...]
"""Rows of articles."""

PATTERN = re.compile(r"[*?\[]")
"""A name with one of these is a pattern, unless an article has this very id."""

EXPANDED = 10_000
"""A ban of at most this many pairs is kept as pairs."""

_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Banned:
    """Drop candidates that an editor does not want in a list.

    Parameters
    ----------
    pairs : tuple of (rows, rows), default ()
        For each ban the rows of the articles whose lists it is about, and those not to show.
    never : rows, default ()
        The articles that no list shows.

    Examples
    --------
    >>> Banned(never=(3,))
    Banned(pairs=(), never=(3,))
    """

    pairs: tuple[tuple[Rows, Rows], ...] = ()
    never: Rows = ()

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        n = len(context.articles)
        own = context.own.astype(np.int64)[:, None]
        hidden = np.zeros(n + 1, np.bool_)
        hidden[list(self.never)] = True
        banned = hidden[lists.indices]
        codes: list[NDArray[np.int64]] = []
        for on, show in self.pairs:
            first, second = np.array(on, np.int64), np.array(show, np.int64)
            if len(on) * len(show) <= EXPANDED:
                codes.append((first[:, None] * n + second).ravel())
            else:
                banned |= np.isin(own, first) & np.isin(lists.indices, second)
        if codes:
            banned |= np.isin(own * n + lists.indices, np.concatenate(codes)) & (own >= 0)
        return keep(lists, ~banned)


@dataclass(frozen=True)
class Pinned:
    """Put the articles that an editor chose at the top of a list, in the order given.

    Their `origin` is ``pinned``, and nothing that an earlier stage removed stays away: neither
    another language nor a ban. Lists of articles without pins stay as they are.

    Parameters
    ----------
    pins : tuple of (row, rows), default ()
        The row of each article with pins, and the rows to show.

    Examples
    --------
    >>> Pinned(((0, (4, 2)),))
    Pinned(pins=((0, (4, 2)),))
    """

    pins: tuple[tuple[int, Rows], ...] = ()

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        chosen = dict(self.pins)
        rows = [chosen.get(row, ()) for row in context.own.tolist()]
        width = max(map(len, chosen.values()), default=0)
        if not width:
            return lists
        indices = np.full((len(rows), width), -1, np.int32)
        for place, some in enumerate(rows):
            indices[place, : len(some)] = some
        return add(lists, indices, true_scores(context, indices), "pinned", first=True)


class Decisions(NamedTuple):
    """The rules of an editor as rows of articles."""

    banned: Banned
    pinned: Pinned

    def before(self) -> list[Banned]:
        """Return the stage for the start of the ranking, if there is anything to ban."""
        return [self.banned] if self.banned != Banned() else []

    def after(self) -> list[Pinned]:
        """Return the stage for the end of the ranking, if there is anything to pin."""
        return [self.pinned] if self.pinned != Pinned() else []


def decide(
    editorial: Editorial | None, articles: pd.DataFrame, *, columns: bool = True
) -> Decisions:
    """Find the articles that an editor's rules name.

    Parameters
    ----------
    editorial : Editorial or None
        The rules of files; None means none.
    articles : DataFrame of n rows
        An Article table. Its columns `related` (a list of names to pin) and `related_exclude`
        (names to ban) are rules of each article's own. Lists of mappings in `related`, which
        ``format = "frontmatter"`` writes, are not rules.
    columns : bool, default True
        Whether to use these columns.

    Returns
    -------
    Decisions

    Raises
    ------
    ConfigError
        If a rule is wrong, names no article or several, pins an article to itself, or both pins
        and bans it; up to 20 are reported at once.

    Examples
    --------
    >>> from recommender.editorial import ban, pin
    >>> table = pd.DataFrame({"id": ["news/a.md", "news/b.md", "ads/c.md"]})
    >>> made = decide(Editorial([pin("a", "ads/c.md"), ban("news/*", "*b.md")]), table)
    >>> made.pinned.pins, made.banned.pairs
    (((0, (2,)),), (((0, 1), (1,)),))
    """
    site = _Site(articles, [*(editorial.problems if editorial else ())])
    rules = [*(editorial.rules if editorial else ()), *(_own_rules(articles) if columns else ())]
    pins: dict[int, list[int]] = {}
    pairs: list[tuple[Rows, Rows]] = []
    hidden: set[int] = set()
    for rule in rules:
        on, show = site.seeds(rule), site.shown(rule)
        if rule.action == "never":
            hidden.update(show)
        elif rule.action == "ban":
            pairs += [(tuple(on), tuple(show))] if on and show else []
        for row in on if rule.action == "pin" else ():
            own = pins.setdefault(row, [])
            own += [other for other in show if other != row and other not in own]
    site.check(rules)
    if site.problems:
        raise ConfigError(
            join_problems(sorted(dict.fromkeys(site.problems), key=_by_line)),
            "name articles by id, path or address; `recommender check -v` prints what is skipped",
        )
    banned = Banned(tuple(pairs), tuple(sorted(hidden)))
    return Decisions(banned, Pinned(tuple((row, tuple(pins[row])) for row in sorted(pins))))


def unused_patterns(editorial: Editorial | None, articles: pd.DataFrame) -> list[str]:
    """Return a line for each pattern of an editor's rules that no article fits.

    It may be misspelled, or wait for articles to come, so it is not an error.

    Examples
    --------
    >>> from recommender.editorial import ban
    >>> table = pd.DataFrame({"id": ["news/a.md"]})
    >>> unused_patterns(Editorial([ban("*", "nwes/*")._replace(where="rules.toml:3")]), table)
    ["rules.toml:3: no article fits the pattern 'nwes/*'"]
    """
    site = _Site(articles, [])
    rules = [*(editorial.rules if editorial else ()), *_own_rules(articles)]
    named = [pair for rule in rules for pair in ((rule.on, rule.where), *_placed(rule))]
    return [
        f"{place}: no article fits the pattern {shown(name)}"
        for name, place in dict.fromkeys(named)
        if name != "*" and site.unused(name)
    ]


def _own_rules(articles: pd.DataFrame) -> Iterator[EditorialRule]:
    """Yield the rules in the articles' own columns."""
    actions: tuple[tuple[str, Action], ...] = ((PINS, "pin"), (BANS, "ban"))
    for column, action in actions:
        if column not in articles:
            continue
        places = articles.get(PLACE.format(column), articles["id"])
        for name, cell, place in zip(articles["id"], articles[column], places, strict=True):
            names = own_names(cell)
            if names:
                where = place if isinstance(place, str) and place else name
                yield EditorialRule(action, name, tuple(names), where)


class _Site:
    """Finds the articles that names and patterns mean, and collects problems."""

    def __init__(self, articles: pd.DataFrame, problems: list[str]) -> None:
        self.articles = articles
        self.problems = problems

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each id."""
        ids = self.articles["id"]
        return dict(zip(ids.tolist(), range(len(ids)), strict=True))

    @cached_property
    def resolver(self) -> LinkResolver:
        """Finds articles by path and address."""
        return LinkResolver(self.articles)

    def seeds(self, rule: EditorialRule) -> list[int]:
        """Return the articles whose lists a rule is about."""
        if rule.on == "*":
            return list(range(len(self.articles))) if rule.action != "never" else []
        return self._named(rule.on, rule.where)

    def shown(self, rule: EditorialRule) -> list[int]:
        """Return the articles that a rule is about, in its order."""
        return [row for name, place in _placed(rule) for row in self._shown(name, place, rule)]

    def unused(self, name: str) -> bool:
        """Return whether a name is a pattern that no article fits."""
        return self._is_pattern(name) and not self._fitting(name)

    def check(self, rules: Iterable[EditorialRule]) -> None:
        """Add a problem for each contradiction between rules that name both articles."""
        pairs = [(rule, *pair) for rule in rules for pair in self._pairs(rule)]
        banned = {pair: place for rule, pair, place in pairs if rule.action == "ban"}
        seen: set[tuple[EditorialRule, tuple[int, int]]] = set()
        for rule, pair, place in pairs:
            if rule.action != "pin":
                continue
            name = shown(self.articles["id"].iloc[pair[1]])
            if pair[0] == pair[1]:
                self.problems.append(f"{place}: {name} is pinned to its own list")
            if (rule, pair) in seen:
                self.problems.append(f"{place}: {name} is pinned twice")
            if pair in banned:
                see = f", see {banned[pair]}" if banned[pair] else ""
                self.problems.append(f"{place}: {name} is pinned and banned for one article{see}")
            seen.add((rule, pair))

    def _pairs(self, rule: EditorialRule) -> Iterator[tuple[tuple[int, int], str]]:
        """Yield the pairs of articles that a rule names without patterns, with their places."""
        if rule.action == "never" or self._is_pattern(rule.on):
            return
        for row in self._rows_of(rule.on):
            for name, place in _placed(rule):
                if not self._is_pattern(name):
                    for other in self._rows_of(name):
                        yield (row, other), place

    def _shown(self, name: str, place: str, rule: EditorialRule) -> list[int]:
        if rule.action == "pin" and self._is_pattern(name):
            self.problems.append(
                f"{place}: a pin needs names in order, got a pattern {shown(name)}"
            )
            return []
        return self._named(name, place)

    def _named(self, name: str, place: str) -> list[int]:
        if self._is_pattern(name):
            return self._fitting(name)
        found = self._rows_of(name)
        if not found:
            several = [one for one in self.rows if _ends_with(one, name)][:3]
            if len(several) > 1:
                problem = f"several articles are named {shown(name)}: {', '.join(several)}"
            else:
                advice = self._advice(name)
                problem = f"no article is named {shown(name)}{advice and ', ' + advice}"
            self.problems.append(f"{place}: {problem}")
        return found

    def _advice(self, name: str) -> str:
        """Return which ids may be meant by a name that is a title, or similar to an id."""
        titles = self.articles.get("title", ())
        title = name.strip().lower()
        pairs = zip(titles, self.rows, strict=False)
        titled = [own for other, own in pairs if title and str(other).strip().lower() == title][:3]
        if titled:
            return f"which is a title; the name is {' or '.join(titled)}"
        return did_you_mean(name, self.rows)

    def _is_pattern(self, name: str) -> bool:
        return PATTERN.search(name) is not None and name not in self.rows

    def _rows_of(self, name: str) -> list[int]:
        """Return the row of the article with a name, if there is one and no other."""
        found = name if name in self.rows else self.resolver.resolve(name, "")
        return [] if found is None else [self.rows[found]]

    def _fitting(self, pattern: str) -> list[int]:
        """Return the rows of the articles whose id or address fits a pattern."""
        fits = Rule("id", pattern).matches(self.articles)
        if "url" in self.articles:
            fits |= Rule("url", pattern).matches(self.articles)
            fits |= Rule("url", f"/{pattern}").matches(self.articles)
        rows: list[int] = np.flatnonzero(fits).tolist()
        return rows


def _placed(rule: EditorialRule) -> Iterator[tuple[str, str]]:
    """Yield the names that a rule shows or hides, with their places."""
    return zip(rule.show, rule.places or [rule.where] * len(rule.show), strict=True)


def _ends_with(article_id: str, name: str) -> bool:
    """Return whether a name is the end of a path, with or without its suffix."""
    path, end = f"/{article_id}".lower(), f"/{name.strip('/')}".lower()
    return path.endswith(end) or path.rpartition(".")[0].endswith(end)


def _by_line(problem: str) -> list[Any]:
    """Return a key that orders problems by file and line."""
    where = problem.partition(": ")[0]
    return [int(part) if part.isdigit() else part for part in _NUMBERS.split(where)]
