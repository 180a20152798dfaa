"""Which records are articles: reads their dates and leaves out drafts and the like.

Every record that is skipped is reported with the reason. The rules are those of the generators:
what Hugo, Jekyll and Pelican do not publish is not an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pandas as pd

from recommender.articles import EARLIEST, LATEST
from recommender.dates import (
    as_written,
    date_hint,
    date_in_path,
    is_ambiguous,
    parse_date,
    slashed_format,
)
from recommender.editorial import BANS, PINS, PLACE, own_names
from recommender.errors import SourceError, join_problems
from recommender.index.inputs import holds_until
from recommender.sources.base import INVALID, Records, Skipped, SourceOptions, SourceResult
from recommender.sources.columns import is_missing
from recommender.sources.ids import IdRegister

SWITCHES = ("recommender", "related")
"""Fields with which an author excludes an article."""
LEFT_OUT = "left out by itself"
_FLAGS = ("draft", "published", "status", "hidden", "permalink", *SWITCHES)
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def select(records: Records, options: SourceOptions) -> SourceResult:
    """Return the records that are articles, with their dates, and the others with a reason.

    A record with a title but no text, such as a video or a gallery, is an article.

    Raises
    ------
    SourceError
        If most dates of a column cannot be read, its dates are ambiguous, or ids are missing or
        repeated; up to 20 are reported at once.

    Notes
    -----
    If an article's date is missing or wrong, it gets the date of `publishdate`, else the day in its
    file name or address. An expiry date later than 2261, such as 9999-12-31, means never.
    """
    table = records.table
    names = {str(name).lower(): str(name) for name in reversed(table.columns)}
    columns = _DateColumns(records)
    dates = columns.read("date", names, options)
    opening = columns.read("publishdate", names, options)
    closing = columns.read("expirydate", names, options)
    urls = table["url"] if "url" in table else [None] * len(table)
    dates = [
        day or start or _day_of_path(name, url)
        for day, start, name, url in zip(dates, opening, table["id"], urls, strict=True)
    ]
    now = options.now or datetime.now(UTC)
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    coming = [day for day in chain(dates, opening, closing) if day and day > now]
    if coming:
        holds_until(min(coming))
    reasons = _flag_reasons(table, names, options)
    words = zip(table["title"], table["text"], strict=True)
    for row, (said, day, start, last) in enumerate(
        zip(words, dates, opening, closing, strict=True)
    ):
        if reasons[row]:
            continue
        if not options.future and ((day and day > now) or (start and start > now)):
            reasons[row] = "future-dated"
        elif not options.expired and last and last <= now:
            reasons[row] = "expired"
        elif all(is_missing(cell) or not str(cell).strip() for cell in said):
            reasons[row] = "empty text"
    _check_ids(table["id"], records.places, reasons, options)
    table = _with_dates(table, dates).assign(**_editorial_places(records))
    skipped = [
        Skipped(place, reason)
        for place, reason in zip(records.places, reasons, strict=True)
        if reason
    ]
    kept = pd.Series([not reason for reason in reasons], dtype=bool)
    table = table[kept].reset_index(drop=True)
    if records.numbered:
        table, warnings = _numbers_of_articles(table)
        return SourceResult(table, skipped, [*columns.warnings, *warnings])
    return SourceResult(table, skipped, columns.warnings)


def asks_out(fields: Mapping[str, Any]) -> bool:
    """Return whether an article is excluded by ``recommender: false`` or ``related: false``.

    Examples
    --------
    >>> asks_out({"recommender": "No"}), asks_out({"related": ["a.md"]}), asks_out({})
    (True, False, False)
    """
    return any(_is(fields, switch, _FALSE) for switch in SWITCHES)


def flag_reason(fields: Mapping[str, Any], drafts: bool = False) -> str:
    """Return why the fields of an article keep it from being shown, or an empty string.

    Parameters
    ----------
    fields : mapping
        Lower-case names to values, as read.
    drafts : bool
        Show drafts and hidden articles too.

    Examples
    --------
    >>> flag_reason({"published": False}), flag_reason({"status": "hidden"}), flag_reason({})
    ('draft', 'hidden', '')
    """
    if _word(fields.get("permalink")) == "false":
        return "not built"
    if asks_out(fields):
        return LEFT_OUT
    if drafts:
        return ""
    status = _word(fields.get("status"))
    if status == "draft" or _is(fields, "draft", _TRUE) or _is(fields, "published", _FALSE):
        return "draft"
    if status in ("hidden", "private") or _is(fields, "hidden", _TRUE):
        return "hidden"
    return ""


def _with_dates(table: pd.DataFrame, dates: Sequence[datetime | None]) -> pd.DataFrame:
    """Return a table with dates in UTC, and with their offsets from UTC if they state any."""
    written = pd.Series([as_written(day) for day in dates], dtype=object)
    moments = pd.Series(pd.to_datetime(written, utc=True))
    table = table.assign(date=moments.astype("datetime64[ns, UTC]"))
    offsets = [day.utcoffset() if day else None for day in dates]
    if any(offsets):  # Jekyll takes the day of an address from the moment
        table = table.assign(utc_offset=pd.to_timedelta(pd.Series(offsets)).fillna(pd.Timedelta(0)))
    return table


def _editorial_places(records: Records) -> dict[str, pd.Series]:
    """Return where each article names others to pin or to ban, for messages."""
    return {
        PLACE.format(name): pd.Series(
            [
                records.locate(row, name) if own_names(cell) else ""
                for row, cell in enumerate(records.table[name])
            ],
            dtype=object,
        )
        for name in (PINS, BANS)
        if name in records.table
    }


def _numbers_of_articles(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a table whose articles pin and ban articles only, and a line for each other number.

    Editors of a site that numbers its articles cannot see which numbers are published.
    """
    known = {str(name) for name in table["id"]}
    warnings: list[str] = []
    pinned: list[list[str]] = [[]] * len(table)
    for column in (PINS, BANS):
        if column not in table:
            continue
        cells = []
        rows = zip(table["id"], table[column], table[PLACE.format(column)], pinned, strict=True)
        for own, cell, place, before in rows:
            names: list[str] = []
            for name in own_names(cell):
                problem = _problem_of_number(name, str(own), names, before, known)
                if problem:
                    warnings.append(f"{place} {problem}; it is left out")
                else:
                    names.append(name)
            cells.append(names if own_names(cell) else cell)
        table = table.assign(**{column: pd.Series(cells, dtype=object)})
        pinned = [own_names(cell) for cell in cells] if column == PINS else pinned
    return table, warnings


def _problem_of_number(
    name: str, own: str, names: Sequence[str], pinned: Sequence[str], known: Set[str]
) -> str:
    """Return why an article cannot pin or ban another by its number, or an empty string."""
    if not (name.isascii() and name.isdigit()):
        return ""  # a path or an address, which `fit` finds
    if name == own:
        return f"names {name}, which is the article itself"
    if name not in known:
        return f"names {name}, which is not published, or of no type that is read"
    if name in names:
        return f"names {name} twice"
    return f"names {name}, which is pinned too" if name in pinned else ""


def _check_ids(
    ids: Iterable[Any], places: Sequence[str], reasons: list[str], options: SourceOptions
) -> None:
    """Report missing and repeated ids of the articles that are kept, or leave them out, in place.

    Only the source knows their places.
    """
    register = IdRegister()
    for row, (value, place) in enumerate(zip(ids, places, strict=True)):
        if reasons[row]:
            continue
        before = len(register.problems)
        register.add("" if is_missing(value) else str(value), place)
        if options.skip_invalid and len(register.problems) > before:
            reasons[row] = f"{INVALID}: {register.problems.pop().removeprefix(f'{place}: ')}"
    register.check()


def _day_of_path(name: object, url: object) -> datetime | None:
    return parse_date(date_in_path(str(name)) or date_in_path(str(url or "")))


class _DateColumns:
    """Reads columns of dates, with a warning for each value that is not a date."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.warnings: list[str] = []

    def read(
        self, name: str, names: Mapping[str, str], options: SourceOptions
    ) -> list[datetime | None]:
        if name not in names:
            return [None] * len(self.records.table)
        column = self.records.table[names[name]]
        if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
            moments = pd.to_datetime(column, utc=True)
            return [None if is_missing(moment) else moment for moment in moments]
        values = [None if is_missing(value) else value for value in column]
        given = sum(value is not None and str(value).strip() != "" for value in values)
        date_format = options.date_format or slashed_format(values)
        if not date_format and is_ambiguous(values):
            raise self.two_ways(names[name], values)
        found: list[datetime | None] = []
        wrong: list[int] = []
        for row, value in enumerate(values):
            try:
                found.append(parse_date(value, date_format))
            except (ValueError, OverflowError):
                found.append(None)
                if name != "expirydate" or not _is_after_all(value):  # 9999-12-31 means never
                    wrong.append(row)
        expected = f"must be ISO 8601{f' or {date_format}' if date_format else ''}"
        years = f", from {EARLIEST.year} to {LATEST.year}"
        lines = [
            f"{self.records.locate(row, names[name])} {expected}"
            f"{years * _is_after_all(values[row])}, got {values[row]!r:.80}"
            for row in wrong
        ]
        if 2 * len(wrong) > given:  # the setting is wrong, not the article
            raise SourceError(join_problems(lines), date_hint(values[wrong[0]]))
        self.warnings += lines
        return found

    def two_ways(self, name: str, values: Sequence[Any]) -> SourceError:
        row = next(row for row, value in enumerate(values) if value)
        return SourceError(
            f"{self.records.locate(row, name)} can be read as day/month and as month/day, "
            f"got {values[row]!r:.80}",
            'set date_format = "%d/%m/%Y" or "%m/%d/%Y"',
        )


def _is_after_all(value: Any) -> bool:
    """Return whether a date is later than any that can be represented."""
    found = re.match(r"\s*(\d{4})-\d", str(value))
    return found is not None and int(found[1]) > LATEST.year


def _flag_reasons(
    table: pd.DataFrame, names: Mapping[str, str], options: SourceOptions
) -> list[str]:
    flags = [flag for flag in _FLAGS if flag in names]
    if not flags:
        return [""] * len(table)
    rows = zip(*(table[names[flag]] for flag in flags), strict=True)
    return [flag_reason(dict(zip(flags, row, strict=True)), options.drafts) for row in rows]


def _word(value: Any) -> str:
    if isinstance(value, (list, dict)):  # `related` contains the list that `build` wrote
        return ""
    return "" if is_missing(value) else str(value).strip().lower()


def _is(fields: Mapping[str, Any], name: str, words: frozenset[str]) -> bool:
    return _word(fields.get(name)) in words
