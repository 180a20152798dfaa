"""The day on which a page was published: from its markup, its address or its words.

A date in words is read only if it has a year and the name of a month, or if the language of the
page makes its order certain. Dates of changes and comments are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, NamedTuple

from recommender.dates import MONTHS, parse_date
from recommender.index.inputs import holds_until
from recommender.sources.html.frames import around, in_frame, text_around, written_names
from recommender.sources.html.text import clean

_MONTH = "|".join(sorted(map(re.escape, MONTHS), key=lambda name: (-len(name), name)))
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>[12]\d{{3}})\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)? (?:de |of )?(?P<month>{_MONTH})\.?,?"
        r" (?:de |del )?(?P<year>[12]\d{3})\b",
        r"(?P<year>[12]\d{3}) ?[年년] ?(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日일]",
        r"\b(?P<year>[12]\d{3})-(?P<month>\d{2})-(?P<day>\d{2})\b",
    )
)
_NUMERIC = tuple(
    re.compile(form)
    for form in (
        r"(?<![\d./-])(?P<year>(?:19|20)\d\d)(?P<sign>[./-]) ?(?P<month>\d\d?)(?P=sign) ?"
        r"(?P<day>\d\d?)(?![\d/-]|\.\d)",
        r"(?<![\d./-])(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>(?:19|20)\d\d)(?![\d/-]|\.\d)",
        r"(?<![\d./-])(?P<first>\d\d?)(?P<sign>[/-])(?P<second>\d\d?)(?P=sign)"
        r"(?P<year>(?:19|20)\d\d)(?![\d/-]|\.\d)",
    )
)
_IN_ADDRESS = (
    re.compile(
        r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])"
        r"(?!\d)(?!(?<=/\d\d)[^\W\d_]|(?<=/[1-3]\d)[-_ %])"
    ),
    re.compile(r"(?<!\d)((?:19|20)\d\d)(/)([1-9]|1[0-2])/([1-9]|[12]\d|3[01])(?![\w% -])"),
    re.compile(
        r"(?<!\d)((?:19|20)\d\d)(/)([a-z]{3,9})/(0\d(?![^\W_])|[1-3]?\d(?![\w% -]))", re.IGNORECASE
    ),
)
_DIGIT = re.compile(r"\d")
_DIGITS_ONLY = re.compile(r"(\d{4})/(\d\d?)/(\d\d?)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]?\d{4,6}Z?)?")
_RFC_822 = re.compile(
    r"(?:[a-z]{3,9},? )?(\d\d?) ([a-z]{3})[a-z]* (\d{4}) (\d\d?:\d\d(?::\d\d)?) ?"
    r"(Z|UTC|GMT|[+-]\d\d:?\d\d)?.*", re.IGNORECASE,
)  # fmt: skip
_CHANGED = re.compile(
    r"(?:up-?dated?|modified|edited|changed|reviewed|aktuali[sz]\w*|(?:ge)?änder\w*|"
    r"mise? à jour|modifié|a(?:c?t)ual(?:i[zt]|itz)\w*|modificad[oa]|aggiorna\w*|bijgewerkt|"
    r"gewijzigd|uppdater\w*|oppdater\w*|opdater\w*|päivitetty|úprav\w*|upraven[oaý]|frissít\w*|"
    r"обновлен\w*|оновлен\w*|ажурира\w*|ažurira\w*|ενημ[εέ]ρ[ωώ]\w*|güncelle\w*|"
    r"(?:pembaruan|diperbarui)(?: terakhir)?|cập nhật(?: mới nhất| lần cuối)?|"
    r"עדכון(?: אחרון)?|עודכן|تحديث|更新(?:日|于|於|时间|時間)?|수정일?|업데이트|อัปเดต|ปรับปรุง)"
    r"\W*(?:(?:on|at|am|le|el|il|em|op|den|:)\W*)?$", re.IGNORECASE,
)  # fmt: skip
_YEAR = re.compile(r"[12]\d{3}")
_MONTH_FIRST = ("en", "en-us", "en-ph", "en-ca")


class FoundDate(NamedTuple):
    """A date in a text."""

    iso: str
    """For example ``2025-03-27``."""
    text: str
    """As written."""


def find_date(text: str) -> FoundDate | None:
    """Return the first date of a text that can be read without guessing, or None.

    Examples
    --------
    >>> find_date("Posted on March 27, 2025 Tags:")
    FoundDate(iso='2025-03-27', text='March 27, 2025')
    >>> find_date("1er de marzo") is None, find_date("27 mars 2025").iso
    (True, '2025-03-27')
    """
    if not _DIGIT.search(text):
        return None
    for form in _FORMS:
        for match in form.finditer(text):
            if day := _day(match["year"], match["month"], match["day"]):
                return FoundDate(day, match[0])
    return None


def iso_date(value: Any, date_format: str | None = None) -> str:
    """Return a date as ISO 8601, or an empty string if only a guess could read it.

    The stated day is kept: a time keeps its offset from UTC.

    Examples
    --------
    >>> iso_date("March 27, 2025"), iso_date("03/04/25")
    ('2025-03-27T00:00:00+00:00', '')
    >>> iso_date("2022-05-03T21:30-04:00"), iso_date("2022-05-03T21:30+02:00")
    ('2022-05-03T21:30:00-04:00', '2022-05-03T21:30:00+02:00')
    """
    text = clean(str(value or "")).strip("\"'")
    for guess in _guesses(text):
        try:
            moment = parse_date(guess, date_format)
        except (ValueError, OverflowError):
            continue
        if moment:
            return moment.isoformat()
    return ""


def date_in_address(address: str) -> str:
    """Return the day in an address or path (``2025-03-27``), or an empty string.

    A title that begins with a number, as in ``/2025/03/18fs-year/`` or ``/2025/03/10-weeks/``, is
    not a day; one with a zero before it is.

    Examples
    --------
    >>> date_in_address("/2025/mar/27/rye"), date_in_address("/2025/03/rye/")
    ('2025-03-27', '')
    """
    for form in _IN_ADDRESS:
        for match in form.finditer(address):
            if day := _day(match[1], match[3], match[4]):
                return day
    return ""


def published_date(
    tree: Any,
    roots: Sequence[Any],
    headline: Any,
    stated: Sequence[str],
    address: str,
    lang: str,
    date_format: str | None = None,
    nearby: Callable[[], tuple[str, str]] | None = None,
    article: Sequence[Any] = (),
) -> str:
    """Return when a page was published as ISO 8601, or an empty string if the page does not say.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page.
    roots : sequence of selectolax nodes
        Elements that contain the article with its headline.
    headline : selectolax node
        Its headline, or where its text begins.
    stated : sequence of str
        Dates that the page's head states, the most reliable first.
    address : str
        Address of the page.
    lang : str
        Its language: decides whether 3/4/2025 is in March or in April.
    date_format : str, optional
        `strptime` format of dates that are not ISO 8601.
    nearby : callable, optional
        Returns the value of `text_around` for the headline.
    article : sequence of selectolax nodes
        Elements that contain its text; an ``<article>`` around them is not another article's card.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<h1>Rye</h1><p>By Ada, 27 March 2025</p>")
    >>> published_date(page, [page.body], page.css_first("h1"), [], "/rye/", "en")
    '2025-03-27T00:00:00+00:00'
    """
    by_address = date_in_address(address)
    ends = around([*roots, *article, *([] if headline is None else [headline])])
    marked = (value for root in (*roots, tree) for value in _marked(root, ends))
    for value in (*stated, *marked):
        if date := iso_date(value, date_format):
            return _by_clock_of_site(date, str(value), by_address)
    if date := _by_time_elements(roots, ends, date_format):
        return date
    return iso_date(by_address or _near(nearby or partial(text_around, tree.body, headline), lang))


def _guesses(text: str) -> Iterator[str]:
    yield text
    yield _DIGITS_ONLY.sub(r"\1-\2-\3", text)
    if compact := _COMPACT.fullmatch(text):
        yield "-".join(compact.groups())
    if (mail := _RFC_822.fullmatch(text)) and mail[2].lower() in MONTHS:
        yield f"{mail[3]}-{MONTHS[mail[2].lower()]}-{mail[1]} {mail[4]} {mail[5] or ''}"
    if found := find_date(text):
        yield found.iso


def _by_clock_of_site(date: str, stated: str, by_address: str) -> str:
    """Return a date; if it is stated in UTC and one day off the address, on the address's day.

    An address contains the day by the clock of its site.
    """
    if not by_address or not re.search(
        r"\d:\d\d(?:[:.]\d+)*\s*(?:Z|(?:UTC|GMT)?\s*[+-]00:?00|UTC|GMT)$", stated
    ):
        return date
    own, day = datetime.fromisoformat(date).date(), datetime.fromisoformat(by_address).date()
    if abs((own - day).days) != 1:
        return date
    nearest = time(23, 59, 59) if own > day else time()
    return datetime.combine(day, nearest, UTC).isoformat()


def _marked(root: Any, ends: set[int]) -> Iterator[str]:
    """Yield the values of ``itemprop=datePublished`` and of microformats, outside frames."""
    for node in root.css('[itemprop~="datePublished"], .dt-published, time[pubdate]'):
        if not in_frame(node, ends, cards=True):
            attributes = node.attributes
            yield attributes.get("datetime") or attributes.get("content") or node.text()


def _by_time_elements(roots: Sequence[Any], ends: set[int], date_format: str | None) -> str:
    """Return the date of the article's ``<time>`` elements: published ones first."""
    times = [node for root in roots for node in root.css("time") if not _is_changed(node)]
    times = [node for node in times if not in_frame(node, ends, cards=True)]
    marked = [node for node in times if _is_published(node)]
    for node in (*marked, *times):
        for value in (node.attributes.get("datetime"), node.text()):
            if date := iso_date(value, date_format):
                return date
    return ""


def _is_published(node: Any) -> bool:
    names = written_names(node)
    return "publish" in names or "posted" in names or "entry-date" in names


def _is_changed(node: Any) -> bool:
    names = written_names(node)
    if "publish" in names:
        return False
    if any(word in names for word in ("updated", "modified")):
        return True
    before = node.prev if node.prev is not None or node.parent is None else node.parent.prev
    if before is None:
        return False
    return bool(_CHANGED.search(clean(before.text() or before.text_content or "")))


def _near(nearby: Callable[[], tuple[str, str]], lang: str) -> str:
    """Return the first date in the text after the headline, else the last before it.

    Future days are ignored: they are part of the story.
    """
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    before, after = nearby()
    for text, number in ((after, 0), (before, -1)):
        days = [found.iso for found in _all_dates(text, lang)]
        dates = [day for day in days if day <= today]
        if coming := [day for day in days if day > today]:
            holds_until(datetime.fromisoformat(min(coming)).replace(tzinfo=UTC))
        if dates:
            return dates[number]
    return ""


def _all_dates(text: str, lang: str) -> list[FoundDate]:
    """Return the dates of a text in order, without the dates of changes."""
    found: dict[int, FoundDate] = {}
    if not _YEAR.search(text):
        return []
    for form in (*_FORMS, *_NUMERIC):
        for match in form.finditer(text):
            parts = match.groupdict()
            if "first" in parts:
                parts |= _in_order(parts["first"], parts["second"], parts["sign"], lang)
            day = _day(parts["year"], parts.get("month") or "", parts.get("day") or "")
            if day and not _CHANGED.search(text[max(0, match.start() - 40) : match.start()]):
                found.setdefault(match.start(), FoundDate(day, match[0]))
    return [found[start] for start in sorted(found)]


def _in_order(first: str, second: str, sign: str, lang: str) -> dict[str, str]:
    """Return month and day of 3/4/2025, or an empty result if the order is uncertain."""
    month_first = {"month": first, "day": second}
    day_first = {"month": second, "day": first}
    if int(first) > 12 or first == second:
        return day_first
    if int(second) > 12:
        return month_first
    if not lang:
        return {}
    return month_first if lang.lower() in _MONTH_FIRST and sign == "/" else day_first


def _day(year: str, month: str, day: str) -> str:
    """Return a day as ISO 8601, or an empty string if there is no such day."""
    number = int(month) if month.isdigit() else MONTHS.get(month.lower(), 0)
    try:
        return f"{datetime(int(year), number, int(day)):%Y-%m-%d}"
    except ValueError:
        return ""
