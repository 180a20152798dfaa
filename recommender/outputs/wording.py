"""The texts of a list in each language: its heading, and the dates and reasons of its cards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.outputs.cards import Card

_DAY = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


def heading_for(lang: str, cards: Iterable[Mapping[str, Any]] = ()) -> str:
    """Return the heading of a list in a language; in English if the language is unknown.

    Parameters
    ----------
    lang : str
        A code, with or without region.
    cards : iterable of Card
        The list. If backfill added all of them, so that no card is about the same subject, the
        heading is "More to read", else "You may also like".

    Examples
    --------
    >>> heading_for("fr-CA"), heading_for("zh-Hant-TW"), heading_for("")
    ('Vous aimerez aussi', '您可能也會喜歡', 'You may also like')
    >>> heading_for("en", [{"origin": "backfill:newest"}])
    'More to read'
    """
    filled = [str(card.get("origin") or "").startswith("backfill:") for card in cards]
    table = "more_headings.json" if filled and all(filled) else "headings.json"
    heading: str = _in_language(table, lang)
    return heading


def reason_for(terms: Sequence[str], lang: str) -> str:
    """Return "Also about: " and the terms in a language; without terms, an empty string.

    Examples
    --------
    >>> reason_for(["venom", "antivenom"], ""), reason_for(["港", "船"], "ja"), reason_for([], "en")
    ('Also about: venom, antivenom', '共通の話題：港、船', '')
    """
    base = lang.lower().replace("_", "-").partition("-")[0]
    between = {"ja": "、", "zh": "、", "ar": "، ", "fa": "، "}.get(base, ", ")
    text: str = _in_language("reasons.json", lang)
    return text.format(between.join(terms)) if terms else ""


def date_for(day: str, lang: str) -> str:
    """Return a day such as ``2024-05-12`` in the format of a language; ``en`` is American.

    Examples
    --------
    >>> date_for("2024-05-12", "de-CH"), date_for("2024-05-12", "en-GB"), date_for("2024-05-12", "")
    ('12. Mai 2024', '12 May 2024', 'May 12, 2024')
    """
    form, names = _in_language("dates.json", lang)
    year, month, date = (int(part) for part in day.split("-"))
    name = names.split("|")[month - 1] if names else ""
    shown: str = form.format(year=year, month=name, number=month, day=date, iso=day)
    return shown


def in_language(card: Card, lang: str, heading: str = "") -> Card:
    """Return a card with the texts of the ready-made templates in the language of the page.

    Parameters
    ----------
    card : Card
        Its `date`, if any, starts with the day.
    lang : str
        Language of the page that the list is on.
    heading : str
        The heading of the list; default: "You may also like" in the language.

    Returns
    -------
    Card
        With the `heading` of its list, and with `day_shown`, which is empty without a date.

    Examples
    --------
    >>> in_language({"date": "2024-05-12T08:00:00"}, "fr")["day_shown"]
    '12 mai 2024'
    """
    day = day_of(card)
    shown = date_for(day, lang) if day else ""
    return card | {"heading": heading or heading_for(lang), "day_shown": shown}


def day_of(card: Card) -> str:
    """Return the day of a card as ``2024-05-12``, or an empty string.

    Examples
    --------
    >>> day_of({"date": "2024-05-12T08:00:00"}), day_of({"date": None})
    ('2024-05-12', '')
    """
    day = str(card.get("date") or "").strip()[:10]
    return day if _DAY.fullmatch(day) else ""


def _in_language(table: str, lang: str) -> Any:
    """Return the entry of a table for a language or its base language, else for English."""
    parts = lang.lower().replace("_", "-").split("-")
    known = _table(table)
    names = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[name] for name in names if name in known), known["en"])


@cache
def _table(name: str) -> dict[str, Any]:
    text = files("recommender.outputs").joinpath(name).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
