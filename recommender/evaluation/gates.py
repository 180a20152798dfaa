"""Gates for a build: figures of the lists, each with the limit that it must keep.

A gate has a name, a figure, a limit, and the articles or files behind the figure. Whoever calls
it decides what a broken limit means; the command line ends with exit code 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from recommender.errors import ConfigError
from recommender.evaluation.health import ListCounts
from recommender.text.languages import base_language


class Limit(NamedTuple):
    """A number, or a share of the articles."""

    value: float
    is_share: bool

    def of(self, n: int) -> float:
        """Return the limit as a number of n articles."""
        return self.value * n if self.is_share else self.value

    def __str__(self) -> str:
        return f"{self.value:.4g}" if not self.is_share else f"{100 * self.value:.4g} %"


class Gate(NamedTuple):
    """A figure and its limit."""

    name: str
    """For example ``articles in no list``."""
    value: int
    """The figure, a count."""
    of: int
    """The number that shares of the figure refer to."""
    limit: Limit
    least: bool
    """Whether the limit is the least allowed value; else it is the largest."""
    items: Sequence[str]
    """The articles, files or links behind the figure, in order; may be empty."""

    @property
    def ok(self) -> bool:
        """Whether the figure keeps its limit."""
        limit = self.limit.of(self.of)
        return self.value >= limit - 1e-9 if self.least else self.value <= limit + 1e-9

    def __str__(self) -> str:
        share = f" of {self.of:,} ({self.value / self.of:.1%})" if self.of else ""
        how = "at least" if self.least else "at most"
        return f"{self.name}: {self.value:,}{share}, {how} {self.limit}"


def read_limit(text: str) -> Limit:
    """Return a limit: a whole number is a count, a decimal number or a percentage a share.

    Raises
    ------
    ConfigError
        If it is none of them, or a share is not from 0 to 1.

    Examples
    --------
    >>> read_limit("12"), read_limit("5 %"), read_limit("0.05") == read_limit("5%")
    (Limit(value=12, is_share=False), Limit(value=0.05, is_share=True), True)
    """
    plain = text.strip()
    try:
        if plain.isascii() and plain.isdigit():
            return Limit(int(plain), False)
        share = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigError(
            f"limit: expected a count such as 12, or a share such as 5% or 0.05, got {text!r}"
        )
    return Limit(share, True)


def list_gates(
    lists: ListCounts, ids: Sequence[str], limits: Mapping[str, Limit | None]
) -> list[Gate]:
    """Return the gates on exposure and lengths whose limit is given.

    Parameters
    ----------
    lists : ListCounts
        From `recommender.evaluation.health.count_lists`.
    ids : sequence of n str
        The ids of the articles, in the order of `lists`.
    limits : mapping of str to Limit or None
        `orphans` (articles in no list), `filled` (full lists, at least), `empty` (empty lists),
        `hub` (lists of the article that is in most); others are ignored.

    Examples
    --------
    >>> import numpy as np
    >>> lists = ListCounts(np.array([0, 2]), np.array([1, 1]), 1)
    >>> [str(gate) for gate in list_gates(lists, ["a", "b"], {"orphans": read_limit("0")})]
    ['articles in no list: 1 of 2 (50.0%), at most 0']
    """
    n = len(ids)
    inbound, lengths, full = lists
    shown = list(zip(ids, inbound.tolist(), lengths.tolist(), strict=True))
    most = int(inbound.max(initial=0))
    orphans = [name for name, links, _ in shown if not links]
    empty = [name for name, _, length in shown if not length]
    short = [name for name, _, length in shown if length < full]
    hubs = [name for name, links, _ in shown if links == most and links]
    found = {
        "orphans": ("articles in no list", len(orphans), False, orphans),
        "filled": ("full lists", n - len(short), True, short),
        "empty": ("empty lists", len(empty), False, empty),
        "hub": ("lists that show one article", most, False, hubs),
    }
    return [
        Gate(name, value, n, limit, least, items)
        for key, (name, value, least, items) in found.items()
        if (limit := limits.get(key)) is not None
    ]


def foreign_links(recommendations: pd.DataFrame, articles: pd.DataFrame) -> list[str]:
    """Return the entries in another language than their article, as ``a.md -> b.md (en, de)``.

    Articles in unknown languages are in the same language as any other.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "lang": ["en", "de-CH", ""]})
    >>> lists = pd.DataFrame({"article_id": ["a", "a"], "related_id": ["b", "c"]})
    >>> foreign_links(lists, articles)
    ['a -> b (en, de)']
    """
    languages = dict(zip(articles["id"], articles["lang"].map(base_language), strict=True))
    pairs = zip(recommendations["article_id"], recommendations["related_id"], strict=True)
    return [
        f"{one} -> {other} ({languages[one]}, {languages[other]})"
        for one, other in pairs
        if languages[one] and languages[other] and languages[one] != languages[other]
    ]


def dead_links(
    lists: Mapping[str, Sequence[Mapping[str, Any]]],
    ids: Iterable[str],
    skipped: Iterable[tuple[str, str]] = (),
) -> list[str]:
    """Return the entries of written lists that are not articles of the source, and why.

    Parameters
    ----------
    lists : mapping of str to sequence of cards
        Lists as `read_lists` returns them.
    ids : iterable of str
        The ids of the articles.
    skipped : iterable of (where, reason)
        The articles that the source skipped.

    Examples
    --------
    >>> lists = {"a.md": [{"id": "b.md"}, {"id": "c.md"}, {"id": "d.md"}]}
    >>> dead_links(lists, ["a.md", "b.md"], [("posts/c.md", "draft")])
    ['a.md -> c.md (draft)', 'a.md -> d.md (missing)']
    """
    known = set(ids)
    dead = [
        (owner, card["id"])
        for owner, cards in lists.items()
        for card in cards
        if card["id"] not in known
    ]
    reasons = _reasons_by_id(skipped) if dead else {}
    return [f"{owner} -> {name} ({reasons.get(name, 'missing')})" for owner, name in dead]


def _reasons_by_id(skipped: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the reasons by every end of a path: the id of a file is its path in the source."""
    reasons: dict[str, str] = {}
    for place, reason in skipped:
        parts = place.replace("\\", "/").split("/")
        for start in range(len(parts)):
            reasons.setdefault("/".join(parts[start:]), reason)
    return reasons


def github_annotations(gates: Iterable[Gate], shown: int = 10) -> list[str]:
    """Return the broken gates as workflow commands of GitHub Actions, one error each.

    Examples
    --------
    >>> gate = Gate("empty lists", 1, 9, Limit(0, False), False, ["a%.md"])
    >>> github_annotations([gate])
    ['::error title=recommender check::empty lists: 1 of 9 (11.1%25), at most 0%0Aa%25.md']
    """
    lines = []
    for gate in gates:
        if gate.ok:
            continue
        more = [f"and {len(gate.items) - shown:,} more"] if len(gate.items) > shown else []
        text = "\n".join([str(gate), *gate.items[:shown], *more])
        escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        lines.append(f"::error title=recommender check::{escaped}")
    return lines
