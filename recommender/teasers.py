"""Teasers: the first words of an article, from its summary or else its text."""

from __future__ import annotations

import re

import pandas as pd

CHARACTERS_PER_WORD = 3
"""Number of characters that count as a word in scripts without spaces."""

LONG_WORD = 12
"""A text with longer words than this on average is in a script without spaces."""

_BEFORE_ELLIPSIS = " .,;:!?…–—-、。，；：！？・（「『《"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\uffef"
_CHARACTER = re.compile(rf"[{_UNSPACED}]")
_PIECE = re.compile(rf"(?P<character>[{_UNSPACED}])|[^\s{_UNSPACED}]+")


def teaser(text: str, description: str = "", words: int = 20) -> str:
    """Return the first words of an article.

    Parameters
    ----------
    text : str
        Plain text of the article.
    description : str
        The article's own summary; if there is one, it is used instead of the text.
    words : int, >= 1
        Maximum number of words.

    Returns
    -------
    str
        One line. It ends with an ellipsis if the text continues. Three characters of a script
        without spaces count as a word, also between words with spaces. The teaser of a teaser
        is the same teaser.

    Examples
    --------
    >>> teaser("The tide, they say, waits.", words=2)
    'The tide…'
    >>> teaser("Short.", words=20), teaser("Text", "A summary.")
    ('Short.', 'A summary.')
    >>> teaser("Sow 黑麦早，因为它长得慢。", words=3)
    'Sow 黑麦早，因为…'
    """
    parts = (description if description.strip() else text).split(maxsplit=words)
    start = " ".join(parts[:words])
    end = _end_of_words(start, words)
    bare = start[:end].rstrip(_BEFORE_ELLIPSIS)
    cut = len(parts) > words or end < len(start)
    limit = CHARACTERS_PER_WORD * words
    if len(bare) > max(limit, LONG_WORD * (bare.count(" ") + 1)):
        bare, cut = bare[:limit].rstrip(_BEFORE_ELLIPSIS), True
    return f"{bare}…" if cut else start


def _end_of_words(text: str, words: int) -> int:
    """Return the offset after this many words; a character without spaces is part of a word.

    text: has at most this many words with spaces between them.
    """
    if text.isascii() or not _CHARACTER.search(text):
        return len(text)
    left = CHARACTERS_PER_WORD * words
    for piece in _PIECE.finditer(text):
        left -= 1 if piece["character"] else CHARACTERS_PER_WORD
        if left < 0:
            return piece.start()
    return len(text)


def teasers(articles: pd.DataFrame, words: int = 20) -> list[str]:
    """Return the teaser of each article in an Article table, see `teaser`.

    A paragraph of the text that is one of the article's headings is left out: between sentences, it
    is not one.

    Examples
    --------
    >>> articles = pd.DataFrame({"text": ["Sow rye early.\\n\\nThe soil\\n\\nIt may be poor."],
    ...                          "headings": ["The soil"], "description": [""]})
    >>> teasers(articles)
    ['Sow rye early. It may be poor.']
    """
    rows = zip(articles["text"], articles["headings"], articles["description"], strict=True)
    return [
        teaser(text if said.strip() else _without_headings(text, headings), said, words)
        for text, headings, said in rows
    ]


def _without_headings(text: str, headings: str) -> str:
    """Return a text without the paragraphs that are headings, unless there are no others."""
    if not headings:
        return text
    known = frozenset(headings.split("\n"))
    paragraphs = text.split("\n\n")
    return "\n\n".join(one for one in paragraphs if one not in known) or text
