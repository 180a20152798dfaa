"""Dates of articles: ISO 8601, a day with the name of its month, or a format named by the user.

One rule for files, tables and data frames. Nothing is guessed: slashed dates such as 08/30/2018
are read only if the column as a whole allows just one order of day and month.
"""

from __future__ import annotations

import contextlib
import re
import string
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from numbers import Integral
from typing import Any

_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:(?:T|\s+)(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|(?:UTC|GMT)?(?:[+-]\d\d?(?::?\d\d)?)?)",
    re.IGNORECASE,
)
_COARSE = re.compile(r"(\d{4})(?:-(\d\d))?")
_YEAR_FIRST = re.compile(r"(\d{4})([/.])(\d\d?)\2(\d\d?)")
_NAMED = re.compile(
    r"(?:[^\W\d]{2,9}\.?,?\s+)?(?:([^\W\d]{3,12})\.?\s+(\d\d?)(?:st|nd|rd|th)?"
    r"|(\d\d?)(?:st|nd|rd|th|\.)?[\s-]+([^\W\d]{3,12})\.?),?[\s-]+(\d{4})(?:,?(\s+\d.*))?",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/\d{4}")
_IN_PATH = re.compile(
    r"(?:^|/)(\d{4})([/-])(\d\d?)\2(\d\d?)(?=[/_-]|$)(?!(?:(?<=/[1-9])|(?<=/[1-9]\d))[_-])"
)
_HINT_FORMATS = ["%m/%d/%y", "%m/%d/%Y", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d"]
_YEARS = range(1678, 2262)
"""Years that datetime64[ns] can represent."""
MONTHS: dict[str, int] = {}
"""Names of months in lower case, and their numbers, in the languages of many sites."""
for _names in (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jän feb mär apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mars avr mai juin juil août sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago sep oct nov dic",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november december",
    "januari februari maret april mei juni juli agustus september oktober november desember",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada "
    "grudnia",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie "
    "decembrie",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta "
    "syyskuuta lokakuuta marraskuuta joulukuuta",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου "
    "οκτωβρίου νοεμβρίου δεκεμβρίου",
):
    MONTHS.update({name: number for number, name in enumerate(_names.split(), 1)})


def parse_date(value: Any, date_format: str | None = None) -> datetime | None:
    """Return a date as a time with its offset from UTC, or None for a missing one.

    Parameters
    ----------
    value : str, int, date, datetime or None
        ISO 8601, with a space or T, with or without seconds and offset; a time without offset
        means UTC, and a day its midnight; ``2024/12/31``; ``Dec 31, 2024`` or ``31 December 2024``
        with or without a weekday and a time; a year or a month alone means its first day. Hugo's
        zero date, in year 1, counts as missing.
    date_format : str, optional
        A `strptime` format to try first.

    Raises
    ------
    ValueError
        If the value is not a date, or outside the years 1678 to 2261.

    Examples
    --------
    >>> parse_date("2013-05-01 10:00:00 -0500").isoformat()
    '2013-05-01T10:00:00-05:00'
    >>> parse_date("01.05.2013", "%d.%m.%Y").isoformat()
    '2013-05-01T00:00:00+00:00'
    >>> parse_date(2017).isoformat(), parse_date("Jul 08 2022").isoformat()
    ('2017-01-01T00:00:00+00:00', '2022-07-08T00:00:00+00:00')
    """
    if isinstance(value, str):
        return _read(value.strip(), date_format)
    if value is None or value != value:
        return None
    if isinstance(value, (Integral, float)) and value in _YEARS:
        return datetime(int(value), 1, 1, tzinfo=UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise ValueError("no date")
    return _in_range(value)


@lru_cache(1 << 16)  # many articles share a day
def _read(text: str, date_format: str | None) -> datetime | None:
    if not text:
        return None
    moment = None
    if date_format:
        with contextlib.suppress(ValueError):  # file names and exports may contain ISO dates
            moment = datetime.strptime(text, date_format)
    return _in_range(moment or _iso_moment(text))


def as_written(moment: datetime | None) -> datetime | None:
    """Return a time as its author wrote it, without the offset: its day is the day on the page.

    Examples
    --------
    >>> as_written(parse_date("2020-01-30 19:00:00 -0500")).isoformat()
    '2020-01-30T19:00:00+00:00'
    """
    return moment and moment.replace(tzinfo=UTC)


def _in_range(moment: datetime) -> datetime | None:
    if moment.year == 1:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.year not in _YEARS:
        raise ValueError("year out of range")
    return moment


def slashed_format(values: Iterable[Any]) -> str | None:
    """Return the only `strptime` format that fits all slashed dates of a column, or None.

    Examples
    --------
    >>> slashed_format(["08/30/2018", "01/02/2018"]), slashed_format(["01/02/2018"])
    ('%m/%d/%Y', None)
    """
    texts = (value for value in values if isinstance(value, str) and "/" in value)
    found = [_SLASHED.fullmatch(text.strip()) for text in texts]
    pairs = [(int(match[1]), int(match[2])) for match in found if match]
    month_first = all(first <= 12 for first, _ in pairs)
    day_first = all(second <= 12 for _, second in pairs)
    if month_first == day_first:
        return None
    return "%m/%d/%Y" if month_first else "%d/%m/%Y"


def is_ambiguous(values: Iterable[Any]) -> bool:
    """Return whether most dates of a column are slashed and fit both orders of day and month.

    Examples
    --------
    >>> is_ambiguous(["01/02/2018", "03/04/2018"]), is_ambiguous(["01/02/2018", "31/12/2018"])
    (True, False)
    >>> is_ambiguous(["01/02/2018", "2018-03-04", "2018-03-05"])
    False
    """
    given = [value for value in values if value is not None and str(value).strip()]
    found = [_SLASHED.fullmatch(str(value).strip()) for value in given]
    pairs = [(int(match[1]), int(match[2])) for match in found if match]
    return 2 * len(pairs) > len(given) and all(max(pair) <= 12 for pair in pairs)


def date_in_path(path: str) -> str:
    """Return the day in the directories or the file name of an address, or an empty string.

    A number that begins a title, as in ``/2020/08/10-weeks-in-spain/``, is not a day.

    Examples
    --------
    >>> date_in_path("/blog/2024/05/12/rye/"), date_in_path("posts/2024-05-12-rye.md")
    ('2024-05-12', '2024-05-12')
    >>> date_in_path("/2024/rye/"), date_in_path("/v/2024-55-12/"), date_in_path("/2024/05/12-days")
    ('', '', '')
    """
    for match in _IN_PATH.finditer(path):
        year, _, month, day = match.groups()
        with contextlib.suppress(ValueError):
            return f"{date(int(year), int(month), int(day)):%Y-%m-%d}"
    return ""


def date_hint(value: Any) -> str:
    """Return the hint for a date that cannot be read.

    Examples
    --------
    >>> date_hint("12/31/24")
    'write 2024-12-31, or set date_format = "%m/%d/%y"'
    """
    for guess in _HINT_FORMATS:
        try:
            moment = datetime.strptime(str(value).strip(), guess)
        except ValueError:
            continue
        return f'write {moment:%Y-%m-%d}, or set date_format = "{guess}"'
    return "write it as 2024-12-31, or name its format with date_format"


def _iso_moment(text: str) -> datetime:
    coarse = _COARSE.fullmatch(text)
    if coarse and int(coarse[1]) in _YEARS:
        return datetime(int(coarse[1]), int(coarse[2] or 1), 1, tzinfo=UTC)
    match = _ISO.fullmatch(_YEAR_FIRST.sub(r"\1-\3-\4", _with_number(text)))
    if not match:
        raise ValueError("not ISO 8601")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micro = int((match[7] or "0")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=_offset(match[8]))


def _with_number(text: str) -> str:
    """Return a date as ISO 8601 writes it if it names its month, else as it is."""
    named = _NAMED.fullmatch(text)
    month = MONTHS.get((named[1] or named[4]).lower()) if named else None
    return f"{named[5]}-{month}-{named[2] or named[3]}{named[6] or ''}" if named and month else text


def _offset(text: str | None) -> timezone:
    sign = (text or "").lstrip(string.ascii_letters)
    if not sign:
        return UTC
    digits = sign[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return timezone((-1 if sign[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
