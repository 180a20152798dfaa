"""The judging sheet: an HTML page on which people grade candidates without knowing their source.

Owns the choice of articles and candidates; `judging.html` owns the design. Invariant: the page
contains no ranks, no scores and no configurations, makes no network request, and no text of an
article can become markup or script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recommender.errors import ConfigError, UnknownArticleError
from recommender.pages.selfcontained import (
    clean,
    day_of,
    fill_page,
    first_words,
    language_of,
    text_of,
    title_of,
)

SEED_WORDS = 250
"""Number of words to show of the judged article."""
CANDIDATE_WORDS = 60
"""Number of words to show of each candidate."""


def judging_page(
    articles: pd.DataFrame,
    runs: Sequence[pd.DataFrame],
    *,
    title: str = "Judging sheet",
    count: int = 30,
    depth: int = 5,
    seed: int = 0,
) -> str:
    """Return one self-contained HTML page on which people grade pooled candidates from 0 to 3.

    Parameters
    ----------
    articles : DataFrame
        An Article table.
    runs : sequence of DataFrame
        Recommendations tables of the configurations to compare, at least one.
    title : str
        Name of the sheet.
    count : int, >= 1, default 30
        Number of articles to judge, drawn at random from those with a list in every run.
    depth : int, >= 1, default 5
        Number of positions of each run's list to pool.
    seed : int, default 0
        Seed of the random draw and the shuffling: the same input gives the same page.

    Returns
    -------
    str
        The page, encodable as UTF-8. It saves the grades as a CSV with `query`, `related` and
        `gain`, which `read_judgments` reads; candidates without a grade are not in it.

    Raises
    ------
    ConfigError
        If there is no run, or `count` or `depth` is below 1.
    UnknownArticleError
        If a run names an article that is not in the table.

    Notes
    -----
    Depth pooling as at TREC [1]_: the union of the first `depth` positions of all runs, shuffled.

    References
    ----------
    .. [1] K. Spärck Jones and C. J. van Rijsbergen (1975). Report on the need for and
       provision of an "ideal" information retrieval test collection.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b"], "title": ["Rye", "Oats"], "text": ["", ""]})
    >>> run = pd.DataFrame({"article_id": ["a"], "rank": [1], "related_id": ["b"]})
    >>> page = judging_page(articles, [run])
    >>> '"queries":[{"id":"a","candidates":["b"]}]' in page
    True
    """
    if not runs or count < 1 or depth < 1:
        raise ConfigError(
            f"judge: needs at least one run, count >= 1 and depth >= 1, got {len(runs)} runs, "
            f"count {count} and depth {depth}"
        )
    queries = _queries(runs, count, depth, np.random.default_rng(seed))
    named = {name for query in queries for name in (query["id"], *query["candidates"])}
    unknown = sorted(named.difference(articles["id"]))
    if unknown:
        raise UnknownArticleError(
            f"judge: {len(unknown):,} articles of the lists are not in the table, "
            f"such as {unknown[0]!r}",
            "pass the articles that the lists were made from",
        )
    seeds = {query["id"] for query in queries}
    shown = {
        row["id"]: _entry(row, SEED_WORDS if row["id"] in seeds else CANDIDATE_WORDS)
        for row in articles[articles["id"].isin(named)].to_dict("records")
    }
    data = {"words": CANDIDATE_WORDS, "queries": queries, "articles": shown}
    return fill_page("judging.html", title, data)


def _queries(
    runs: Sequence[pd.DataFrame], count: int, depth: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return the drawn articles, each with its pooled candidates in random order."""
    tops = [run[run["rank"] <= depth] for run in runs]
    common = set.intersection(*(set(top["article_id"]) for top in tops))
    pooled = pd.concat(tops)
    pooled = pooled[pooled["article_id"].isin(common)]
    pools = {
        query: sorted(set(related)) for query, related in pooled.groupby("article_id")["related_id"]
    }
    order = rng.permutation(len(common))[:count]
    drawn = np.array(sorted(common), dtype=object)[order]
    return [
        {"id": query, "candidates": [pools[query][at] for at in rng.permutation(len(pools[query]))]}
        for query in drawn
    ]


def _entry(record: Mapping[Any, Any], words: int) -> dict[str, Any]:
    entry = {
        "title": title_of(record),
        "text": first_words(clean(text_of(record, "text")), words),
        "date": day_of(record),
        "lang": language_of(record),
    }
    return {key: value for key, value in entry.items() if value}
