"""What plug-ins for several languages store: codes, groups of translations, texts within texts.

Polylang and WPML name a language by a code that the owner of the site chooses, often that of a
country (``cn``, ``ua``), beside its locale. qTranslate keeps all translations in one text.
"""

from __future__ import annotations

import re

from recommender.text.languages import base_language, is_language

_LOCALE = re.compile(r"([a-z]{2,3})(?:[_-]([A-Z]{2})(?![A-Za-z]))?")
_MEMBER = re.compile(r's:\d+:"[^"]*";(?:i:|s:\d+:")(\d+)"?;')
_MARKS = [
    re.compile(rf"{before}([a-z]{{2,3}})?{after}")
    for before, after in ((r"\[:", r"\]"), (r"\{:", r"\}"), ("<!--:", "-->"))
]
"""The marks of qTranslate, in each of its forms: with a code, before a part; without, after it."""


def locale_tag(locale: str) -> str:
    """Return a locale of WordPress as a language tag; an empty string if it is none.

    Examples
    --------
    >>> locale_tag("de_DE_formal"), locale_tag("fi"), locale_tag("")
    ('de-DE', 'fi', '')
    """
    found = _LOCALE.match(locale)
    return "-".join(filter(None, found.groups())) if found else ""


def language_tag(code: str, locale: str) -> str:
    """Return a language as its code, or by its locale if the code means another language or none.

    Examples
    --------
    >>> language_tag("de", "de_DE"), language_tag("cn", "zh_CN"), language_tag("zh", "zh_TW")
    ('de', 'zh-CN', 'zh-TW')
    """
    tag = locale_tag(locale)
    return tag if tag and base_language(tag) != base_language(code) else code


def php_value(array: str, name: str) -> str:
    """Return a short value of an array in PHP's notation as text, or an empty string.

    Examples
    --------
    >>> php_value('a:2:{s:6:"locale";s:5:"de_DE";s:3:"rtl";i:0;}', "locale")
    'de_DE'
    """
    start = f's:{len(name)}:"{name}";'
    found = re.search(re.escape(start) + r"(?:[bi]:(\d+)|s:\d+:\"([^\"]{0,40})\")", array)
    return (found[1] or found[2] or "") if found else ""


def group_members(description: str) -> set[str]:
    """Return the numbers of posts in the description of a group of Polylang, an array of PHP.

    Examples
    --------
    >>> sorted(group_members('a:2:{s:2:"en";i:7;s:2:"de";s:2:"12";}'))
    ['12', '7']
    """
    return set(_MEMBER.findall(description))


def in_one_language(text: str, wanted: str) -> tuple[str, str]:
    """Return a text of qTranslate in one language, and its code.

    Parameters
    ----------
    text : str
        Begins with ``[:en]``, ``{:en}`` or ``<!--:en-->``; so does each part. It ends with the next
        one or with ``[:]``, ``{:}`` or ``<!--:-->``, and what follows belongs to all languages.
    wanted : str
        A code, or an empty string. Without text in that language, the first one counts.

    Returns
    -------
    tuple of str
        Text and code; the text as it is, and an empty code, if it does not begin so.

    Examples
    --------
    >>> in_one_language("[:en]Rye[:de]Roggen[:] 2024", "de")
    ('Roggen 2024', 'de')
    >>> in_one_language("Copy rows[:], then rows[:to]", "de")
    ('Copy rows[:], then rows[:to]', '')
    """
    start = text.lstrip()
    found = next(filter(None, (form.match(start) for form in _MARKS)), None)
    if found is None or not is_language(found[1] or ""):
        return text, ""
    marks = [*filter(_is_mark, found.re.finditer(start))]
    ends = [mark.start() for mark in marks[1:]] + [len(start)]
    parts = [(mark[1], start[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    codes = [code for code, part in parts if code and part.strip()]
    chosen = wanted if wanted in codes else next(iter(codes), "")
    return "".join(part for code, part in parts if code in (None, chosen)), chosen


def _is_mark(found: re.Match[str]) -> bool:
    """Return whether a match is a mark, rather than code such as ``rows[:end]``."""
    return found[1] is None or is_language(found[1])
