"""The preview: one HTML page that shows articles with their lists, for readers and editors.

Owns the data in the page and its escaping; `preview.html` owns the design. Invariant: the page
makes no network request, and no text of an article can become markup or script: it is embedded
as escaped JSON and only becomes text nodes. Returns a string; the atomic writer writes it to
disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from recommender.errors import ConfigError, UnknownArticleError
from recommender.outputs.urls import web_address
from recommender.pages.selfcontained import (
    clean,
    day_of,
    fill_page,
    first_words,
    language_of,
    text_of,
    title_of,
)

Steps = tuple[Sequence[str], Sequence[Sequence[int]]]
"""Names of steps, and for each recommendation its rank after each step; 0 is none."""

WEAK = 1.25
"""An entry with a score below this many times the minimum score is a weak match."""

Because = Sequence[tuple[str, float]]
"""The terms of one recommendation, each with its part of the score."""

LIMIT = 5_000
"""Number of articles in the page: with as many of 320 words, it opens in two seconds."""

TRIMMED_WORDS = 120
"""Words to keep of each text if the site has more articles than the page can contain."""

SHOWN_TERMS = 6
"""Terms to keep per recommendation; the page shows the rest of the score as one line."""


def preview_page(
    articles: pd.DataFrame,
    recommendations: pd.DataFrame,
    *,
    title: str = "You may also like",
    teasers: Mapping[str, str],
    because: Sequence[Because | None] | None = None,
    steps: Steps | None = None,
    min_score: float = 0.0,
    limit: int = LIMIT,
) -> str:
    """Return one self-contained HTML page to find, read and judge articles and their lists.

    Parameters
    ----------
    articles : DataFrame of n rows
        An Article table. If it is empty, the page says so.
    recommendations : DataFrame
        `article_id`, `rank` (from 1), `related_id`, `score` in [0, 1], `origin`, and
        optionally `because`. Rows in any order: cards are ordered by `rank`.
    title : str
        Name of the site, in the top bar and the window title.
    teasers : mapping of str to str
        Teaser by article id; an article without a teaser gets a card without one.
    because : sequence of (sequence of (str, float), or None), optional
        For each row of `recommendations`, in row order, the terms with their parts of the
        score. Default: the column `because` if there is one.
    steps : Steps, optional
        The place of each recommendation after each step of the ranking, as returned by
        `recommender.explanation.entry_ranks`.
    min_score : float in [0, 1]
        The minimum score: an entry with less than `WEAK` times this score is marked as a weak
        match.
    limit : int, >= 1
        Maximum number of articles in the page. If there are more, the newest are kept
        (articles without a date count as oldest; ties by `id`), every text is cut to its first
        `TRIMMED_WORDS` words, and the page says so; cards of omitted articles have no link.

    Returns
    -------
    str
        The page, encodable as UTF-8. The same input gives the same text.

    Raises
    ------
    ConfigError
        If `limit` < 1, or `because` or `steps` have another length than `recommendations`.
    UnknownArticleError
        If a recommendation names an article that is not in the table.

    Notes
    -----
    A Content Security Policy in the page allows only its own style and script, identified by
    their SHA-256 [1]_. The page links to the original only if its address is http(s): the
    preview may be anywhere, so an address relative to the site would lead nowhere.

    References
    ----------
    .. [1] W3C, Content Security Policy Level 3, https://www.w3.org/TR/CSP3/.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b"], "title": ["Rye", "Oats"], "text": ["", ""]})
    >>> related = pd.DataFrame({"article_id": ["a"], "rank": [1], "related_id": ["b"],
    ...                         "score": [0.412], "origin": ["similar"]})
    >>> page = preview_page(articles, related, title="Field & Mill", teasers={"b": "Sown."})
    >>> page.startswith("<!doctype html>"), "<title>Field &amp; Mill</title>" in page
    (True, True)
    """
    names, ranks = steps or ([], None)
    _check(articles, recommendations, {"because": because, "steps": ranks}, limit)
    data = _page_data(articles, _lists(recommendations, because, ranks), teasers, limit)
    return fill_page("preview.html", title, data | {"steps": names, "weak": WEAK * min_score})


def _check(
    articles: pd.DataFrame,
    recommendations: pd.DataFrame,
    given: Mapping[str, Sequence[Any] | None],
    limit: int,
) -> None:
    if limit < 1:
        raise ConfigError(f"preview: limit must be at least 1, got {limit}")
    for name, values in given.items():
        if values is not None and len(values) != len(recommendations):
            raise ConfigError(
                f"preview: {name} must have one entry per recommendation, "
                f"got {len(values):,}, expected {len(recommendations):,}"
            )
    named = {*recommendations["article_id"], *recommendations["related_id"]}
    unknown = sorted(map(str, named.difference(articles["id"])))
    if unknown:
        raise UnknownArticleError(
            f"preview: the recommendations name {len(unknown):,} articles that are not in the "
            f"table, such as {unknown[0]!r}",
            "pass the articles that the recommendations were made from",
        )


def _lists(
    recommendations: pd.DataFrame,
    because: Sequence[Because | None] | None,
    ranks: Sequence[Sequence[int]] | None,
) -> dict[str, list[list[Any]]]:
    """Return the cards of each article id by rank: related id, score, origin, terms, rank, ranks.

    The last are the ranks after each step of the ranking.
    """
    if because is None and "because" in recommendations:
        because = list(recommendations["because"])
    if because is None:
        because = [None] * len(recommendations)
    names = ("article_id", "related_id", "score", "origin", "rank")
    places = [()] * len(recommendations) if ranks is None else ranks
    rows = zip(*(recommendations[name] for name in names), because, places, strict=True)
    lists: dict[str, list[list[Any]]] = {}
    for article_id, related_id, score, origin, rank, terms, steps in rows:
        shown = [round(float(score), 6), str(origin), _top_terms(terms), int(rank)]
        lists.setdefault(article_id, []).append([related_id, *shown, [int(at) for at in steps]])
    for cards in lists.values():
        cards.sort(key=lambda card: int(card[4]))
    return lists


def _top_terms(terms: Because | None) -> list[list[Any]]:
    if not isinstance(terms, Iterable):  # None, or the NaN of a missing cell
        return []
    heaviest = sorted(terms, key=lambda pair: (-pair[1], pair[0]))[:SHOWN_TERMS]
    return [[clean(term), round(float(part), 4)] for term, part in heaviest]


def _page_data(
    articles: pd.DataFrame,
    lists: Mapping[str, list[list[Any]]],
    teasers: Mapping[str, str],
    limit: int,
) -> dict[str, Any]:
    """Return the data for the script of the page: articles newest first, cards by position."""
    records = _newest_first(articles)
    embedded, rest = records[:limit], records[limit:]
    shown = {record["id"] for record in embedded}
    wanted = {card[0] for key in shown for card in lists.get(key, ())}
    outside = [record for record in rest if record["id"] in wanted]
    position = {record["id"]: row for row, record in enumerate([*embedded, *outside])}

    words = TRIMMED_WORDS if rest else None
    entries = []
    for record in embedded:
        cards = [[position[card[0]], *card[1:]] for card in lists.get(record["id"], ())]
        entries.append(_entry(record, teasers) | _reading(record, words) | {"related": cards})
    entries += [_entry(record, teasers) | {"outside": True} for record in outside]
    return {"total": len(records), "words": words, "articles": entries}


def _newest_first(articles: pd.DataFrame) -> list[dict[str, Any]]:
    table = articles.sort_values("id", kind="stable")
    if "date" in table:
        table = table.sort_values("date", ascending=False, na_position="last", kind="stable")
    return [{str(key): cell for key, cell in row.items()} for row in table.to_dict("records")]


def _entry(record: Mapping[str, Any], teasers: Mapping[str, str]) -> dict[str, Any]:
    """Return the content of a card, without empty values, to keep the page small."""
    entry = {
        "id": str(record["id"]),
        "title": title_of(record),
        "teaser": clean(teasers.get(record["id"]) or ""),
        "category": clean(text_of(record, "category")),
        "date": day_of(record),
        "lang": language_of(record),
    }
    return {key: value for key, value in entry.items() if value}


def _reading(record: Mapping[str, Any], words: int | None) -> dict[str, Any]:
    """Return the content of the article's own view, beyond its card."""
    text = clean(text_of(record, "text"))
    standfirst = clean(text_of(record, "description")).strip()
    tags = record.get("tags")
    reading = {
        "text": first_words(text, words) if words else text.strip(),
        # A generated description is often the beginning of the text: do not show it twice.
        "standfirst": "" if text.lstrip().startswith(standfirst.rstrip(".… ")) else standfirst,
        "tags": [clean(tag) for tag in tags] if isinstance(tags, list) else [],
        "url": web_address(text_of(record, "url")),
    }
    return {key: value for key, value in reading.items() if value}
