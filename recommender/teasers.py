"""Teasers: the first words of an article, from its summary or else its text."""

from __future__ import annotations

import pandas as pd

CHARACTERS_PER_WORD = 3
"""How many characters stand for a word where words are not parted by spaces."""

LONG_WORD = 12
"""Where words are longer than this on average, they are not parted by spaces."""

_BEFORE_ELLIPSIS = " .,;:!?…–—-"


def teaser(text: str, description: str = "", words: int = 20) -> str:
    """Return the first words of an article.

    Parameters
    ----------
    text : str
        Plain text of the article.
    description : str
        Its own summary, taken instead of the text if there is one.
    words : int, >= 1
        Most words taken.

    Returns
    -------
    str
        One line. What goes on ends in an ellipsis. Where the script has no spaces, a word
        counts as three characters. A teaser's own teaser is itself.

    Examples
    --------
    >>> teaser("The tide, they say, waits.", words=2)
    'The tide…'
    >>> teaser("Short.", words=20), teaser("Text", "A summary.")
    ('Short.', 'A summary.')
    """
    parts = (description if description.strip() else text).split(maxsplit=words)
    start = " ".join(parts[:words])
    bare = start.rstrip(_BEFORE_ELLIPSIS)
    cut = len(parts) > words
    limit = CHARACTERS_PER_WORD * words
    if len(bare) > max(limit, LONG_WORD * (bare.count(" ") + 1)):
        bare, cut = bare[:limit].rstrip(_BEFORE_ELLIPSIS), True
    return f"{bare}…" if cut else start


def teasers(articles: pd.DataFrame, words: int = 20) -> list[str]:
    """Return the teaser of each article of an Article table, see `teaser`."""
    texts = zip(articles["text"], articles["description"], strict=True)
    return [teaser(text, description, words) for text, description in texts]
