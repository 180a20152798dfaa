"""Whole paragraphs that do not belong to an article, by kind, in the languages of ``formulas/``.

One file per language lists the formulas of each kind, one per line: a regular expression that
matches a whole paragraph in lower case without punctuation. A line that ends in ``…`` is an
opening: a paragraph that begins like this may be prose, and is removed only if it also recurs on
the site. ``{networks}`` is any of the names under ``[networks]``. Formulas of all languages are
tried at once, because an article may quote any language and pages often name the wrong one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from importlib import resources

_SEPARATORS = re.compile(r"[^\w'’&+ -]+")
_ASCII = bytes(ord(_SEPARATORS.sub(" ", chr(code).lower())) for code in range(128)).ljust(256)
"""What `plain_words` makes of each ASCII character: a table for `bytes.translate`."""
_OPENING = " …"
_GROUP = re.compile(r"(?<!\\)\((?!\?)")
"""A group of a formula; nobody asks what it matched, and one that is not kept matches faster."""


@lru_cache(maxsize=1024)  # the paragraphs of a page are compared with formulas of several kinds
def plain_words(text: str) -> str:
    """Return the words of a paragraph in lower case with single spaces between.

    Examples
    --------
    >>> plain_words("Average rating: 4.5 / 5!")
    'average rating 4 5 5'
    """
    if text.isascii():  # most paragraphs, in half of the time
        spaced = text.encode().translate(_ASCII).decode()
    else:
        spaced = _SEPARATORS.sub(" ", text.casefold())
    return " ".join(spaced.split()).strip(" -'’+&")


def matches(kind: str, text: str) -> bool:
    """Return whether a whole paragraph is a formula of a kind.

    Parameters
    ----------
    kind : str
        A section of the files, for example ``"rating"``.
    text : str
        The paragraph, unchanged or as returned by `plain_words`.

    Examples
    --------
    >>> matches("share", "Share this on Facebook!"), matches("share", "Share it with the office")
    (True, False)
    """
    return _pattern(kind).fullmatch(plain_words(text)) is not None


def opening_kind(text: str) -> str:
    """Return the kind of opening with which a paragraph begins, or an empty string.

    Examples
    --------
    >>> opening_kind("Sign up for the workshop."), opening_kind("A sign of rain.")
    ('newsletter', '')
    """
    found = _openings().match(plain_words(text[:80]))
    return (found.lastgroup or "") if found else ""


@cache
def alternatives(kind: str) -> str:
    """Return the formulas of a kind in all languages as the alternatives of an expression."""
    lines = [line for line in _lines()[kind] if not line.endswith(_OPENING)]
    return "|".join(lines)


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(alternatives(kind))


@cache
def _openings() -> re.Pattern[str]:
    kinds = {
        kind: [line.removesuffix(_OPENING) for line in lines if line.endswith(_OPENING)]
        for kind, lines in _lines().items()
    }
    groups = (rf"(?P<{kind}>(?:{'|'.join(found)})\b)" for kind, found in kinds.items() if found)
    return re.compile("|".join(groups))


@cache
def _lines() -> dict[str, list[str]]:
    """Return the lines of each section over all files."""
    found: dict[str, list[str]] = defaultdict(list)
    folder = resources.files("recommender.sources.html") / "formulas"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        kind = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                kind = line.strip("[]")
            elif line and not line.startswith("#"):
                found[kind].append(line)
    networks = f"(?:{'|'.join(found['networks'])})"
    for lines in found.values():
        plain = (line.replace("{networks}", networks) for line in lines)
        lines[:] = dict.fromkeys(_GROUP.sub("(?:", line) for line in plain)
    return found
