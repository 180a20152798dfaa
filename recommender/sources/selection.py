"""Which records are articles: reads their dates and leaves out drafts and the like.

Every record that is left out is named with the reason; nothing goes silently. The rules are
those of the generators: what Hugo, Jekyll and Pelican do not publish is no article.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from recommender.errors import SourceError, join_problems
from recommender.sources.base import Records, Skipped, SourceOptions, SourceResult
from recommender.sources.columns import is_missing
from recommender.sources.dates import date_hint, parse_date, slashed_format

SWITCHES = ("recommender", "related")
"""Fields by which an article asks to be left out."""
_FLAGS = ("draft", "published", "status", "hidden", "unlisted", "permalink", *SWITCHES)
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def select(records: Records, options: SourceOptions) -> SourceResult:
    """Return the records that are articles, with their dates, and the others with a reason.

    Raises
    ------
    SourceError
        If a date cannot be read; up to 20 are named at once.
    """
    table = records.table
    names = {str(name).lower(): str(name) for name in reversed(table.columns)}
    problems = _Problems(records)
    dates = problems.read("date", names, options)
    opening = problems.read("publishdate", names, options)
    closing = problems.read("expirydate", names, options)
    problems.raise_if_any()
    now = options.now or datetime.now(UTC)
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    reasons = _flag_reasons(table, names, options)
    for row, (text, day, start, last) in enumerate(
        zip(table["text"], dates, opening, closing, strict=True)
    ):
        if reasons[row]:
            continue
        if not options.future and ((day and day > now) or (start and start > now)):
            reasons[row] = "future-dated"
        elif not options.expired and last and last <= now:
            reasons[row] = "expired"
        elif is_missing(text) or not str(text).strip():
            reasons[row] = "empty text"
    moments = pd.Series(pd.to_datetime(pd.Series(dates, dtype=object), utc=True))
    table = table.assign(date=moments.astype("datetime64[ns, UTC]"))
    skipped = [
        Skipped(place, reason)
        for place, reason in zip(records.places, reasons, strict=True)
        if reason
    ]
    kept = pd.Series([not reason for reason in reasons], dtype=bool)
    kept_places = [place for place, keep in zip(records.places, kept, strict=True) if keep]
    _check_ids(table["id"][kept], kept_places)
    return SourceResult(table[kept].reset_index(drop=True), skipped)


def flag_reason(fields: Mapping[str, Any], drafts: bool = False) -> str:
    """Return why the fields of an article say that it is not to be shown, or nothing.

    Parameters
    ----------
    fields : mapping
        Lower-case names to values, as read.
    drafts : bool
        Show drafts and hidden articles all the same.

    Examples
    --------
    >>> flag_reason({"published": False}), flag_reason({"status": "hidden"}), flag_reason({})
    ('draft', 'hidden', '')
    """
    if _word(fields.get("permalink")) == "false":
        return "not built"
    if any(_is(fields, switch, _FALSE) for switch in SWITCHES):
        return "left out by itself"
    if drafts:
        return ""
    status = _word(fields.get("status"))
    if status == "draft" or _is(fields, "draft", _TRUE) or _is(fields, "published", _FALSE):
        return "draft"
    if status in ("hidden", "private") or any(
        _is(fields, f, _TRUE) for f in ("hidden", "unlisted")
    ):
        return "hidden"
    return ""


def _check_ids(ids: Iterable[Any], places: Sequence[str]) -> None:
    """Name missing and repeated ids by where they stand, which only the source knows."""
    first: dict[str, str] = {}
    problems: list[str] = []
    for value, place in zip(ids, places, strict=True):
        name = "" if is_missing(value) else str(value)
        if not name:
            problems.append(f"{place}: id is missing")
        elif name in first:
            problems.append(f"{place}: id {name!r} is repeated, it stands at {first[name]} too")
        else:
            first[name] = place
    if problems:
        raise SourceError(join_problems(problems), "give each article an id of its own")


class _Problems:
    """Reads date columns, and collects the values that are no dates."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.problems: list[str] = []
        self.hint = ""

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
        date_format = options.date_format or slashed_format(values)
        return [
            self.parse(row, names[name], values[row], date_format) for row in range(len(values))
        ]

    def parse(self, row: int, name: str, value: Any, date_format: str | None) -> datetime | None:
        try:
            return parse_date(value, date_format)
        except (ValueError, OverflowError):
            expected = f"must be ISO 8601{f' or {date_format}' if date_format else ''}"
            self.problems.append(f"{self.records.locate(row, name)} {expected}, got {value!r:.80}")
            self.hint = self.hint or date_hint(value)
            return None

    def raise_if_any(self) -> None:
        if self.problems:
            raise SourceError(join_problems(self.problems), self.hint)


def _flag_reasons(
    table: pd.DataFrame, names: Mapping[str, str], options: SourceOptions
) -> list[str]:
    flags = [flag for flag in _FLAGS if flag in names]
    if not flags:
        return [""] * len(table)
    rows = zip(*(table[names[flag]] for flag in flags), strict=True)
    return [flag_reason(dict(zip(flags, row, strict=True)), options.drafts) for row in rows]


def _word(value: Any) -> str:
    if isinstance(value, (list, dict)):  # `related` holds the list that `build` wrote
        return ""
    return "" if is_missing(value) else str(value).strip().lower()


def _is(fields: Mapping[str, Any], name: str, words: frozenset[str]) -> bool:
    return _word(fields.get(name)) in words
