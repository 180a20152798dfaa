"""Limits of reStructuredText, for which docutils needs time and memory that grow much faster.

Each check counts in time proportional to the text. Knows the syntax, not docutils.
"""

from __future__ import annotations

import re

MAX_NAME_PARTS = 250
"""Maximum number of parts of a word such as ``2024-05-06``: docutils looks for the end of a
reference from each of them."""
MAX_MARKED = 20_000_000
"""Maximum product of the length of a paragraph and its number of signs of markup: docutils looks
through the rest of the paragraph for the end of each. The same holds for a word and its signs after
which an address may begin."""
MAX_COLUMNS = 200
"""Maximum number of columns of a table."""
MAX_SUBSTITUTED = 1_000_000
"""Maximum length of a substitution, with those in it replaced."""
MAX_NESTED = 50
"""Maximum number of substitutions inside one another."""

_LONG_WORD = re.compile(r"\S{1000,}")
_STARTS = "-'{/"
"""Characters of an e-mail address after which another one may begin."""
_LONG_NAME = re.compile(rf"(?<![^\W_])(?:[^\W_]++[-._+:]){{{MAX_NAME_PARTS}}}")
_MARKS = "*`|_[:"
_BORDER = re.compile(r"^[ \t]*+(?:\+[-=+]*+(?<=\+)[ \t]*+|=[= \t]*+)$", re.MULTILINE)
_DEFINITION = re.compile(r"^[ \t]*\.\. +\|([^|\n]+)\|(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_REFERENCE = re.compile(r"\|([^|\n]+)\|")


class LimitError(ValueError):
    """A document is beyond a limit; the message says which."""


def check_source(source: str) -> None:
    """Raise if tables or substitutions of a document are too large.

    Raises
    ------
    LimitError
    """
    for border in _BORDER.finditer(source):
        columns = max(border[0].count("+") - 1, len(border[0].split()))
        if columns > MAX_COLUMNS:
            raise LimitError(f"a table has {columns:,} columns, at most {MAX_COLUMNS:,} are read")
    _check_substitutions(source)


def check_paragraph(text: str) -> None:
    """Raise if docutils would look for the ends of markup in a paragraph for too long.

    Raises
    ------
    LimitError
    """
    if len(text) * sum(map(text.count, _MARKS)) > MAX_MARKED:
        raise LimitError(f"a paragraph of {len(text):,} characters has too much markup")
    if _LONG_NAME.search(text):
        raise LimitError(f"a word has more than {MAX_NAME_PARTS:,} parts")
    for found in _LONG_WORD.finditer(text):
        word = found[0]
        if len(word) * sum(map(word.count, _STARTS)) > MAX_MARKED:
            raise LimitError(f"a word of {len(word):,} characters has too many signs")


def _check_substitutions(source: str) -> None:
    """Add up how long each substitution gets, those in it first."""
    texts = {name.casefold(): text for name, text in _DEFINITION.findall(source)}
    sizes: dict[str, int] = {}

    def size_of(name: str, depth: int) -> int:
        if name not in texts:
            return len(name)
        if depth > MAX_NESTED:
            raise LimitError(f"substitutions are nested more than {MAX_NESTED} deep")
        if name not in sizes:
            sizes[name] = 0  # of one that contains itself, docutils complains
            inner = [found.casefold() for found in _REFERENCE.findall(texts[name])]
            size = len(texts[name]) + sum(size_of(other, depth + 1) for other in inner)
            if size > MAX_SUBSTITUTED:
                raise LimitError("substitutions replace one another without end")
            sizes[name] = size
        return sizes[name]

    whole = sum(size_of(found.casefold(), 0) for found in _REFERENCE.findall(source))
    if whole > 20 * MAX_SUBSTITUTED:
        raise LimitError("substitutions make the document too long")
