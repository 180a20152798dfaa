"""Cards: the title, address, teaser, date, picture and reasons that a page shows.

Joins the Recommendations table with the articles that it names. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from recommender.articles import COLUMNS, rows_of, validate_articles
from recommender.checks import whole_number
from recommender.errors import ConfigError
from recommender.outputs.urls import safe_url
from recommender.teasers import teasers

Card = dict[str, Any]
"""`id`, `url`, `title`, `teaser`, `date`, `author`, `image`, `score`, `because`, `origin`, and in
a test of two settings `arm`, and `reason` if reasons for readers are on."""

Because = Sequence[Sequence[str]] | Sequence[Sequence[tuple[str, float]]]
"""For each recommendation its main terms, as returned by `shared_terms` or `because`."""


class Entry(NamedTuple):
    """One recommendation in a list."""

    card: int
    """Which of the lists' cards it shows."""
    score: float
    because: Sequence[str]
    origin: str
    arm: str = ""
    """Arm of the list in a test of two settings."""
    reason: str = ""
    """A text for readers, such as "Also about: venom"."""


@dataclass(frozen=True, eq=False)
class CardLists:
    """The lists of all articles, to be read once: pairs of an article's id and its cards.

    The part of a card that is the same in every list (`id` to `image`) is stored once per article;
    a list is entries that refer to it. A writer that can use this reads `entries`, any other the
    pairs.
    """

    cards: Sequence[Card]
    entries: Iterator[tuple[str, list[Entry]]]

    def __iter__(self) -> Iterator[tuple[str, list[Card]]]:
        for owner, entries in self.entries:
            yield owner, [joined(self.cards[entry.card], entry) for entry in entries]


def joined(card: Card, entry: Entry) -> Card:
    """Return a card as one list shows it."""
    shown = card | {"score": entry.score, "because": entry.because, "origin": entry.origin}
    if entry.arm:
        shown["arm"] = entry.arm
    if entry.reason:
        shown["reason"] = entry.reason
    return shown


def cards(
    recommendations: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    new_articles: pd.DataFrame | None = None,
    because: Because | None = None,
    teaser_words: int = 20,
) -> CardLists:
    """Return every article's list of cards, by id, best first.

    Parameters
    ----------
    recommendations : DataFrame
        `article_id`, `rank`, `related_id`, `score`, `origin`, and optionally `arm` and
        `reason`, in any order.
    articles : DataFrame
        The Article table with these ids, or the table passed to `fit`. Each article gets a
        list, which may be empty.
    new_articles : DataFrame, optional
        The articles passed to `ArticleRecommender.recommend_for`; then only these get a list.
    because : sequence of sequences of str or of (str, float), optional
        For each row of `recommendations` its main terms.
    teaser_words : int, >= 1
        See `teaser`.

    Raises
    ------
    UnknownArticleError
        If an id is not among the articles.
    ConfigError
        If `teaser_words` < 1, or `because` has another length than `recommendations`.
    """
    whole_number("teaser_words", teaser_words)
    articles = article_table(articles)
    owners = articles if new_articles is None else article_table(new_articles)
    ids = owners["id"].to_numpy(dtype=object)
    seeds = rows_of(owners, recommendations["article_id"])
    related = rows_of(articles, recommendations["related_id"])
    named = np.unique(related)
    shown = list(_constant_parts(articles.iloc[named], teaser_words))
    by_id = np.argsort(ids, kind="stable")
    place = np.empty(len(ids), np.int64)
    place[by_id] = np.arange(len(ids))
    order = np.lexsort((recommendations["rank"], place[seeds]))
    reasons = [()] * len(order) if because is None else terms_alone(because)
    if len(reasons) != len(order):
        raise ConfigError(
            f"because must have one entry per recommendation, got {len(reasons):,}, "
            f"expected {len(order):,}"
        )
    texts = (
        recommendations[name] if name in recommendations else pd.Series("", order, dtype=object)
        for name in ("arm", "reason")
    )
    found = zip(
        np.searchsorted(named, related[order]).tolist(),
        recommendations["score"].to_numpy(dtype=float)[order].round(6).tolist(),
        map(reasons.__getitem__, order.tolist()),
        recommendations["origin"].to_numpy(dtype=object)[order].tolist(),
        *(column.to_numpy(dtype=object)[order].tolist() for column in texts),
        strict=True,
    )
    entries = map(Entry._make, found)
    counts = np.bincount(place[seeds], minlength=len(ids)).tolist()
    pairs = zip(ids[by_id].tolist(), counts, strict=True)
    return CardLists(shown, ((owner, list(islice(entries, count))) for owner, count in pairs))


def article_table(articles: pd.DataFrame) -> pd.DataFrame:
    """Return an Article table unchanged, and any other table converted to one."""
    whole = isinstance(articles, pd.DataFrame) and set(COLUMNS) <= set(articles.columns)
    return articles if whole else validate_articles(articles)


def terms_alone(because: Because) -> Sequence[Sequence[str]]:
    """Return the terms of each recommendation without their parts of the score."""
    first = next((reason[0] for reason in because if reason), "")
    if isinstance(first, str):
        return cast(Sequence[Sequence[str]], because)
    return [[str(pair[0]) for pair in reason] for reason in because]


def _constant_parts(articles: pd.DataFrame, teaser_words: int) -> Iterator[Card]:
    """Yield for each article the part of its card that is the same in every list."""
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
    codes, distinct = pd.factorize(dates)  # many articles share a day; -1 means no date
    texts = [moment.isoformat() for moment in pd.DatetimeIndex(distinct).to_pydatetime()]
    return [texts[code] if code >= 0 else None for code in codes.tolist()]
