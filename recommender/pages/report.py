"""The report page: figures of a site's lists, a map of its topics, and every list, in one file.

Owns the data in the page; `report.html` owns the design. The page makes no network request, and
no text of an article can become markup or script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from recommender.articles import rows_of
from recommender.outputs.urls import web_address
from recommender.pages.preview import WEAK
from recommender.pages.selfcontained import (
    clean,
    day_of,
    fill_page,
    language_of,
    text_of,
    title_of,
)


def report_page(
    articles: pd.DataFrame,
    recommendations: pd.DataFrame,
    report: Mapping[str, Any],
    topic_map: Mapping[str, Any],
    *,
    title: str,
    changes: Mapping[str, Any] | None = None,
) -> str:
    """Return one self-contained HTML page with the report on a site's lists.

    Parameters
    ----------
    articles : DataFrame of n rows
        The Article table that the recommender was fitted to, ordered by id.
    recommendations : DataFrame
        The lists of all articles.
    report : mapping
        The figures from `recommender.evaluation.report.site_report`.
    topic_map : mapping
        From `recommender.evaluation.report.topic_map`; its places are in the order of `articles`.
    title : str
        The heading of the page.
    changes : mapping, optional
        `summary` and `changed` of a comparison with the last lists.

    Returns
    -------
    str
        The page, encodable as UTF-8. The same input gives the same text.

    Examples
    --------
    >>> from recommender.evaluation.report import site_report, topic_map
    >>> from recommender.model import Recommender
    >>> table = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                       "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> model = Recommender(min_score=0.1).fit(table)
    >>> lists = model.recommend(k=2)
    >>> page = report_page(model.articles_, lists, site_report(model, lists, 2), topic_map(model),
    ...                    title="Boats & tea")
    >>> "<title>Boats &amp; tea</title>" in page
    True
    """
    data = {
        "report": report,
        "articles": [_entry(record) for record in articles.to_dict("records")],
        "lists": _lists(articles, recommendations, WEAK * report["scores"]["min_score"]),
        "map": topic_map,
        "changes": changes,
    }
    return fill_page("report.html", title, data)


def _entry(record: Mapping[Any, Any]) -> dict[str, str]:
    """Return what the page shows of an article, without empty values."""
    entry = {
        "id": str(record["id"]),
        "title": title_of(record),
        "category": clean(text_of(record, "category")),
        "date": day_of(record),
        "lang": language_of(record),
        "url": web_address(text_of(record, "url")),
    }
    return {key: value for key, value in entry.items() if value}


def _lists(
    articles: pd.DataFrame, recommendations: pd.DataFrame, weak: float
) -> list[list[list[Any]]]:
    """Return each article's list as [row, score], with the origin and 1 for a weak match."""
    lists: list[list[list[Any]]] = [[] for _ in range(len(articles))]
    ordered = recommendations.sort_values("rank", kind="stable")
    rows = zip(
        rows_of(articles, ordered["article_id"]).tolist(),
        rows_of(articles, ordered["related_id"]).tolist(),
        np.round(ordered["score"].to_numpy(dtype=float), 4).tolist(),
        ordered["origin"],
        strict=True,
    )
    for owner, row, score, origin in rows:
        entry: list[Any] = [row, score]
        if origin != "similar":
            entry.append(str(origin))
        elif score < weak:
            entry += ["", 1]
        lists[owner].append(entry)
    return lists
