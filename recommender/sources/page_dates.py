"""Dates in the words of a page, such as "March 27, 2025" or "27. März 2025".

Only dates with a year and a month by name, or in the East Asian form, are read: they leave no
order of day and month open.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

_MONTHS: dict[str, int] = {}
for _names in (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jän feb mär apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada "
    "grudnia",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
):
    _MONTHS.update({name: number for number, name in enumerate(_names.split(), 1)})

_MONTH = "|".join(sorted(map(re.escape, _MONTHS), key=lambda name: (-len(name), name)))
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


class FoundDate(NamedTuple):
    """A date in a text."""

    iso: str
    """Such as ``2025-03-27``."""
    text: str
    """As it stands."""


def find_date(text: str) -> FoundDate | None:
    """Return the first date of a text that can be read without guessing, if any.

    Examples
    --------
    >>> find_date("Posted on March 27, 2025 Tags:")
    FoundDate(iso='2025-03-27', text='March 27, 2025')
    >>> find_date("1er de marzo") is None, find_date("27 mars 2025").iso
    (True, '2025-03-27')
    """
    if not any(char.isdigit() for char in text):
        return None
    for form in _FORMS:
        for match in form.finditer(text):
            month = match["month"]
            number = int(month) if month.isdigit() else _MONTHS[month.lower()]
            try:
                moment = datetime(int(match["year"]), number, int(match["day"]))
            except ValueError:
                continue
            return FoundDate(f"{moment:%Y-%m-%d}", match[0])
    return None
