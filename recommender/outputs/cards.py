"""What a page shows of each recommendation: title, address, teaser, date, picture, why.

Joins the Recommendations table with the articles that it names. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from recommender.articles import COLUMNS, validate_articles
from recommender.errors import ConfigError, UnknownArticleError

CHARACTERS_PER_WORD = 3
"""How many characters stand for a word where words are not parted by spaces."""

LONG_WORD = 12
"""Where words are longer than this on average, they are not parted by spaces."""

_BEFORE_ELLIPSIS = " .,;:!?…–—-"

Card = dict[str, Any]
"""`id`, `url`, `title`, `teaser`, `date`, `image`, `score`, `because`, `origin`."""


def teaser(text: str, description: str = "", words: int = 20) -> str:
    """Return the lines that invite to read an article.

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
    if len(bare) > max(limit, LONG_WORD * len(bare.split())):
        bare, cut = bare[:limit].rstrip(_BEFORE_ELLIPSIS), True
    return f"{bare}…" if cut else start


def cards(
    recommendations: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    because: Sequence[Sequence[tuple[str, float]]] | None = None,
    teaser_words: int = 20,
) -> Iterator[tuple[str, list[Card]]]:
    """Yield every article's id and its list of cards, by id, best first.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`, `rank`, `related_id`, `score`, `origin`, in any order.
    articles : DataFrame
        The Article table that the ids are from, or the one that `fit` was given. Each article
        gets a list, if an empty one.
    because : sequence of sequences of (str, float), optional
        Per row of `recommendations` the terms that made it.
    teaser_words : int, >= 1
        See `teaser`.

    Raises
    ------
    UnknownArticleError
        If an id is not among the articles.
    ConfigError
        If `teaser_words` < 1.
    """
    if teaser_words < 1:
        raise ConfigError(f"teaser_words must be at least 1, got {teaser_words}")
    if not set(COLUMNS) <= set(articles.columns):
        articles = validate_articles(articles)
    shown = {
        article_id: (url or None, title, (text, description), date, image or None)
        for article_id, url, title, text, description, date, image in zip(
            *(articles[name] for name in ("id", "url", "title", "text", "description")),
            _iso_dates(articles["date"]),
            articles["image"],
            strict=True,
        )
    }
    teasers: dict[str, str] = {}
    lists: dict[str, list[tuple[int, Card]]] = {article_id: [] for article_id in shown}
    reasons = because if because is not None else [()] * len(recommendations)
    columns = (recommendations[n] for n in ("article_id", "rank", "related_id", "score", "origin"))
    for article_id, rank, related_id, score, origin, terms in zip(*columns, reasons, strict=True):
        for name in (article_id, related_id):
            if name not in shown:
                raise UnknownArticleError(
                    f"recommendations: no article has the id {name!r}",
                    "pass the articles that the recommendations were made from",
                )
        url, title, (text, description), date, image = shown[related_id]
        if related_id not in teasers:
            teasers[related_id] = teaser(text, description, teaser_words)
        card: Card = {
            "id": related_id,
            "url": url,
            "title": title,
            "teaser": teasers[related_id],
            "date": date,
            "image": image,
            "score": round(float(score), 6),
            "because": [term for term, _ in terms],
            "origin": origin,
        }
        lists[article_id].append((rank, card))
    for article_id in sorted(lists):
        ranked = sorted(lists[article_id], key=lambda pair: pair[0])
        yield article_id, [card for _, card in ranked]


def _iso_dates(dates: pd.Series) -> list[str | None]:
    return [None if pd.isna(date) else date.isoformat() for date in dates]
