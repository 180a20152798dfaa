"""Show the next and the previous part of a series first, and few parts of any other."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

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
    fit_stages,
    keep,
    true_scores,
)
from recommender.text.languages import base_language

_NUMERALS = {
    word: number
    for words in (
        "i ii iii iv v vi vii viii ix x xi xii",
        "one two three four five six seven eight nine ten eleven twelve",
        "eins zwei drei vier fünf",
        "un deux trois quatre cinq",
        "uno dos tres cuatro cinco",
        "一 二 三 四 五 六 七 八 九 十",
    )
    for number, word in enumerate(words.split(), 1)
}
_DIGITS = r"\d{1,4}(?![.,]?\d|%|\w)"
_NUMBER = rf"(?P<number>{_DIGITS}|(?:{'|'.join(_NUMERALS)})\b)"

_PARTS = re.compile(
    rf"\b(?:part|pt\.?|teil|partie|parte|deel|część|часть|rész|bölüm)(?:\s+|(?=\d)){_NUMBER}"
    r"|[(\[](?P<a>\d{1,2})\s*(?:/|of|von|de|di|sur|van|из)\s*\d{1,2}[)\]]"
    r"|第(?P<b>\d{1,4}|[一二三四五六七八九十])(?:回|部|話|话|章|弾|编|編|篇|集|讲|講|課|课)"
    r"|제?\s?(?P<c>\d{1,3})(?:부|편|화|회)(?!\w)"
)
_ISSUES = re.compile(
    rf"(?:#\s?|№\s?|\b(?:issue|episode|ep\.?|folge|épisode|episodio|volume|vol\.?|ausgabe|edition"
    rf"|edición|numéro|no\.|nr\.?|chapter|kapitel|lesson|week|day)\s?)"
    rf"(?P<number>{_DIGITS})|第(?P<b>\d{{1,4}})(?:期|号|號)"
)
_LAST = re.compile(rf"(?<=[\w)\]:\-–—#] )(?P<number>{_DIGITS})\W*\Z|\((?P<b>\d{{1,3}})\)\Z")

_FORMS = {"part": (_PARTS, 2), "issue": (_ISSUES, 3), "last": (_LAST, 5)}
"""Each form of a number with the fewest parts that make a series."""
_YEARS = range(1500, 2101)


class Part(NamedTuple):
    """The place of an article in a series."""

    form: str
    """``part``, ``issue`` or ``last``: how the title is numbered; ``named`` for front matter."""
    name: str
    """The title before the number, in lower case, without punctuation."""
    number: int


class Chain(NamedTuple):
    """The series of n articles."""

    labels: NDArray[np.intp]
    """intp of shape (n,): the number of each article's series, or -1."""
    sizes: NDArray[np.intp]
    """intp of shape (n,): the number of articles in its series, or 0."""
    following: NDArray[np.int32]
    """int32 of shape (n,): the row of the next part, or -1."""
    previous: NDArray[np.int32]
    """int32 of shape (n,): the row of the previous part, or -1."""


@dataclass(frozen=True)
class Series:
    """Put the next and the previous part of the seed's series first; thin out the other parts.

    Parameters
    ----------
    removing : tuple of callables, default ()
        The stages whose decisions hold for the parts too, such as `Filters`: what they drop is
        not added.
    longest : int, >= 2, default 20
        Other parts of the seed's own series are dropped, unless it is longer, as a newsletter is.
    most : int, >= 1, default 2
        Number of parts of any other series that stay: the first in the list.
    chain : Chain, optional
        The series of the site; set by `fitted`.

    Notes
    -----
    See `find_series` for what a series is. The parts come with origin ``series``, the next one
    first, whether the search found them or not. A new article gets no parts.

    Examples
    --------
    >>> Series()
    Series(removing=(), longest=20, most=2)
    """

    removing: tuple[Stage, ...] = ()
    longest: int = 20
    most: int = 2
    chain: Chain | None = field(default=None, repr=False, compare=False)

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        chain = self.chain or find_series(context.articles)
        known = context.own >= 0
        parts = np.stack([chain.following[context.own], chain.previous[context.own]], axis=1)
        parts[~known] = -1
        labels = np.where(lists.indices >= 0, chain.labels[lists.indices], -1)
        own = np.where(known, chain.labels[context.own], -1)[:, None]
        short = (chain.sizes[context.own] <= self.longest)[:, None]
        mine = (labels == own) & (own >= 0)
        lists = keep(lists, ~(mine & short) & (_turns(np.where(mine, -1, labels)) < self.most))
        if not (parts >= 0).any():
            return lists
        parts = np.take_along_axis(parts, np.argsort(parts < 0, axis=1, kind="stable"), axis=1)
        added = Neighbors(parts, true_scores(context, parts))
        kept = apply_stages(added, context, self.removing)
        return add(lists, kept.indices, kept.scores, "series", first=True)

    def fitted(self, site: Context) -> Series:
        """Return this stage with the series of the site."""
        removing = tuple(fit_stages(self.removing, site))
        return replace(self, removing=removing, chain=find_series(site.articles))


def _turns(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how often each label already occurs earlier in its row; 0 for a negative one.

    Examples
    --------
    >>> _turns(np.array([[4, 7, 4, -1, -1, 4]])).tolist()
    [[0, 0, 1, 0, 0, 2]]
    """
    order = np.argsort(labels, axis=1, kind="stable")
    row = np.take_along_axis(labels, order, axis=1)
    place = np.broadcast_to(np.arange(labels.shape[1]), labels.shape)
    starts = np.ones(labels.shape, np.bool_)
    starts[:, 1:] = row[:, 1:] != row[:, :-1]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    turns = np.zeros(labels.shape, np.intp)
    np.put_along_axis(turns, order, np.where(row >= 0, place - first, 0), axis=1)
    return turns


def find_series(articles: pd.DataFrame) -> Chain:
    """Return the series among articles, with the next and the previous part of each.

    Parameters
    ----------
    articles : DataFrame of n rows
        An Article table; uses `series`, `title`, `date`, `lang` and, if it is there,
        `series_order`.

    Returns
    -------
    Chain

    Notes
    -----
    Articles with the same `series` are one, ordered by `series_order`, else by the numbers in
    their titles, else by date; only if every article has one. All others are judged by their
    titles: those that are equal before their number, in one language. ``Part 2`` (in several
    languages), ``(2/4)`` and ``第2回`` make a series of two; an article with exactly the title
    before the number is then its first part. ``#124``, ``Issue 124`` and ``Episode 124`` need
    three numbers, a number at the end of a title five, and at least half of the numbers from the
    first to the last; years do not count. Of several articles with the next number, the nearest
    in time is the next part.

    Examples
    --------
    >>> table = pd.DataFrame({"title": ["Rye, part 2: Sow", "Rye, part 1: Plow", "Windows 11"]})
    >>> find_series(table).previous.tolist()
    [1, -1, -1]
    """
    chain = Chain(*(np.full(len(articles), -1, kind) for kind in (np.intp, *[np.int32] * 3)))
    chain = chain._replace(sizes=np.zeros(len(articles), np.intp))
    days = _days(articles)
    for label, members in enumerate(_groups(articles, days)):
        rows = np.array([row for row, _ in members], np.intp)
        numbers = np.array([number for _, number in members], np.int64)
        chain.labels[rows], chain.sizes[rows] = label, len(rows)
        for row, number in members:
            for column, side in ((chain.following, 1), (chain.previous, -1)):
                beyond = side * (numbers - number)
                if (beyond > 0).any():
                    near = rows[beyond == beyond[beyond > 0].min()]
                    column[row] = near[np.argmin(np.abs(days[near] - days[row]))]
    return chain


def part_of(title: str) -> list[Part]:
    """Return the parts that a title may be, by the forms of its numbers, the surest first.

    Examples
    --------
    >>> part_of("Interviews, Part II: Conversation")
    [Part(form='part', name='interviews', number=2)]
    >>> part_of("This Week in Rust 500"), part_of("Windows 95.1")
    ([Part(form='last', name='this week in rust', number=500)], [])
    """
    plain = unicodedata.normalize("NFKC", title).casefold()
    found = []
    for form, (pattern, _) in _FORMS.items():
        match = pattern.search(plain)
        if match is None:
            continue
        number = _value(next(filter(None, _numbers(match))))
        name = _name(plain[: match.start()])
        if number not in _YEARS and (name or form == "issue"):
            found.append(Part(form, name, number))
    return found


def _numbers(match: re.Match[str]) -> Iterator[str | None]:
    names = match.re.groupindex
    return (match[name] for name in ("number", "a", "b", "c") if name in names)


def _value(text: str) -> int:
    return int(text) if text.isdigit() else _NUMERALS[text]


def _name(text: str) -> str:
    """Return the words of a text."""
    return " ".join(re.findall(r"[^\W_]+", text))


Members = list[tuple[int, int]]
"""Rows of the parts of a series and their numbers."""


def _groups(articles: pd.DataFrame, days: NDArray[np.float64]) -> Iterator[Members]:
    """Yield the series of two parts or more."""
    names = [name.strip().casefold() for name in _column(articles, "series")]
    languages = _languages(articles)
    named: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(names, languages, strict=True)):
        if key[0]:
            named.setdefault(key, []).append(row)
    for rows in named.values():
        if len(rows) > 1:
            yield _ordered(articles, rows, days)
    others = [row for row, name in enumerate(names) if not name]
    yield from _numbered(others, _column(articles, "title"), languages)


def _numbered(rows: list[int], titles: list[str], languages: list[str]) -> Iterator[Members]:
    """Yield the series that the numbers in the titles of some articles make."""
    found: dict[tuple[str, str, str], Members] = {}
    for row in rows:
        for part in part_of(titles[row]):
            key = (part.form, part.name, languages[row])
            found.setdefault(key, []).append((row, part.number))
    plain = {(_name(titles[row].casefold()), languages[row]): row for row in reversed(rows)}
    openings = _openings(found) | plain
    taken: set[int] = set()
    for form, (_, least) in _FORMS.items():
        for key in [key for key in found if key[0] == form]:
            members = [(row, number) for row, number in found[key] if row not in taken]
            opening = openings.get(key[1:])
            if form == "part" and opening is not None and all(n > 1 for _, n in members):
                members.append((opening, 1))
            if _is_series(members, least):
                taken |= {row for row, _ in members}
                yield members


def _openings(found: dict[tuple[str, str, str], Members]) -> dict[tuple[str, str], int]:
    """Return the first parts by the beginnings of their names: later parts may be shorter."""
    return {
        (" ".join(name.split()[:end]), language): members[0][0]
        for (form, name, language), members in found.items()
        if form == "part" and members[0][1] == 1
        for end in range(2, 1 + name.count(" "))
    }


def _is_series(members: Members, least: int) -> bool:
    """Return whether there are enough different numbers, without large gaps."""
    numbers = {number for _, number in members} or {0}
    return len(numbers) >= least and max(numbers) - min(numbers) < 2 * len(numbers)


def _ordered(articles: pd.DataFrame, rows: Sequence[int], days: NDArray[np.float64]) -> Members:
    """Return the articles of a named series with their numbers."""
    orders = _column(articles, "series_order")
    given = [orders[row].strip() for row in rows]
    if all(re.fullmatch(r"\d+(?:\.0)?", text) for text in given):
        return [(row, int(float(text))) for row, text in zip(rows, given, strict=True)]
    titles = _column(articles, "title")
    parts = [part_of(titles[row]) for row in rows]
    if all(parts) and len({part[0].number for part in parts}) == len(rows):
        return [(row, part[0].number) for row, part in zip(rows, parts, strict=True)]
    by_date = sorted(rows, key=lambda row: (days[row], row))
    return [(row, number) for number, row in enumerate(by_date, 1)]


def _languages(articles: pd.DataFrame) -> list[str]:
    """Return the language of each article; if it is unknown, the most frequent one."""
    codes = [base_language(tag) for tag in _column(articles, "lang")]
    counts = Counter(filter(None, codes))
    main = max(sorted(counts), key=counts.__getitem__, default="")
    return [code or main for code in codes]


def _days(articles: pd.DataFrame) -> NDArray[np.float64]:
    """Return the date of each article in days; without a date, the first day of all."""
    if "date" not in articles:
        return np.zeros(len(articles))
    days = (articles["date"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    return np.asarray(days.fillna(days.min()).fillna(0.0), np.float64)


def _column(articles: pd.DataFrame, name: str) -> list[str]:
    """Return a column as texts; a missing column or value is empty."""
    if name not in articles:
        return [""] * len(articles)
    cells: Iterable[Any] = articles[name]
    return ["" if cell is None or cell != cell else str(cell) for cell in cells]
