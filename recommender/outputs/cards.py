"""What a page shows of each recommendation: title, address, teaser, date, picture, why.

Joins the Recommendations table with the articles that it names. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

import numpy as np
import pandas as pd

from recommender.articles import COLUMNS, rows_of, validate_articles
from recommender.errors import ConfigError
from recommender.outputs.urls import safe_url

CHARACTERS_PER_WORD = 3
"""How many characters stand for a word where words are not parted by spaces."""

LONG_WORD = 12
"""Where words are longer than this on average, they are not parted by spaces."""

_BEFORE_ELLIPSIS = " .,;:!?…–—-"

Card = dict[str, Any]
"""`id`, `url`, `title`, `teaser`, `date`, `author`, `image`, `score`, `because`, `origin`."""

Because = Sequence[Sequence[str]] | Sequence[Sequence[tuple[str, float]]]
"""Per recommendation the terms that made it, as from `shared_terms` or `because`."""


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
    if len(bare) > max(limit, LONG_WORD * (bare.count(" ") + 1)):
        bare, cut = bare[:limit].rstrip(_BEFORE_ELLIPSIS), True
    return f"{bare}…" if cut else start


def teasers(articles: pd.DataFrame, words: int = 20) -> list[str]:
    """Return the teaser of each article of an Article table, see `teaser`."""
    texts = zip(articles["text"], articles["description"], strict=True)
    return [teaser(text, description, words) for text, description in texts]


def cards(
    recommendations: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    because: Because | None = None,
    teaser_words: int = 20,
    prepare: Callable[[Card], Any] | None = None,
) -> Iterator[tuple[str, list[Card]]]:
    """Yield every article's id and its list of cards, by id, best first.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`, `rank`, `related_id`, `score`, `origin`, in any order.
    articles : DataFrame
        The Article table that the ids are from, or the one that `fit` was given. Each article
        gets a list, if an empty one.
    because : sequence of sequences of str or of (str, float), optional
        Per row of `recommendations` the terms that made it.
    teaser_words : int, >= 1
        See `teaser`.
    prepare : callable, optional
        Makes something of what an article's card begins with wherever it stands, `id` to
        `image`: once for each article, not for each recommendation. That then stands under
        `id` instead of it.

    Raises
    ------
    UnknownArticleError
        If an id is not among the articles.
    ConfigError
        If `teaser_words` < 1, or `because` has another length than `recommendations`.
    """
    if teaser_words < 1:
        raise ConfigError(f"teaser_words must be at least 1, got {teaser_words}")
    if not set(COLUMNS) <= set(articles.columns):
        articles = validate_articles(articles)
    ids = articles["id"].to_numpy(dtype=object)
    seeds = rows_of(articles, recommendations["article_id"])
    related = rows_of(articles, recommendations["related_id"])
    named = np.unique(related)
    shown = _constant_parts(articles.iloc[named], teaser_words)
    by_id = np.argsort(ids, kind="stable")
    place = np.empty(len(ids), np.int64)
    place[by_id] = np.arange(len(ids))
    order = np.lexsort((recommendations["rank"], place[seeds]))
    reasons = [()] * len(order) if because is None else _terms_alone(because)
    if len(reasons) != len(order):
        raise ConfigError(
            f"because must have one entry per recommendation, got {len(reasons):,}, "
            f"expected {len(order):,}"
        )
    found = zip(
        related[order].tolist(),
        recommendations["score"].to_numpy(dtype=float)[order].round(6).tolist(),
        map(reasons.__getitem__, order.tolist()),
        recommendations["origin"].to_numpy(dtype=object)[order].tolist(),
        strict=True,
    )
    entries: Iterator[Card]
    if prepare is None:
        whole = dict(zip(named.tolist(), shown, strict=True))
        entries = (
            {**whole[other], "score": score, "because": terms, "origin": origin}
            for other, score, terms, origin in found
        )
    else:
        ready = dict(zip(named.tolist(), map(prepare, shown), strict=True))
        entries = (
            {"id": ready[other], "score": score, "because": terms, "origin": origin}
            for other, score, terms, origin in found
        )
    counts = np.bincount(place[seeds], minlength=len(ids)).tolist()
    for article_id, count in zip(ids[by_id].tolist(), counts, strict=True):
        yield article_id, list(islice(entries, count))


def _terms_alone(because: Because) -> Sequence[Sequence[str]]:
    first = next((reason[0] for reason in because if reason), "")
    if isinstance(first, str):
        return cast(Sequence[Sequence[str]], because)
    return [[str(pair[0]) for pair in reason] for reason in because]


def _constant_parts(articles: pd.DataFrame, teaser_words: int) -> Iterator[Card]:
    """Yield for each article what its card says in whatever list it stands."""
    names = ("id", "url", "title", "image", "author")
    columns = (articles[name] for name in names)
    for article_id, url, title, image, author, lines, date in zip(
        *columns, teasers(articles, teaser_words), _iso_dates(articles["date"]), strict=True
    ):
        yield {
            "id": article_id,
            "url": safe_url(url),
            "title": title,
            "teaser": lines,
            "date": date,
            "author": author or None,
            "image": safe_url(image),
        }


def _iso_dates(dates: pd.Series) -> list[str | None]:
    codes, distinct = pd.factorize(dates)  # many articles share a day; -1 is none
    texts = [moment.isoformat() for moment in pd.DatetimeIndex(distinct).to_pydatetime()]
    return [texts[code] if code >= 0 else None for code in codes.tolist()]
