"""The report on a site's lists: all figures of `health` in one table for programs and pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import recommender
from recommender.evaluation.health import (
    count_lists,
    duplicate_groups,
    exposure,
    newest_inbound,
    random_inbound,
    reach_by_age,
    score_distribution,
    stage_effects,
)
from recommender.evaluation.topics import layout, topics
from recommender.model import Recommender

MOST_HUBS = 20


def site_report(model: Recommender, recommendations: pd.DataFrame, k: int) -> dict[str, Any]:
    """Return the figures of a site's lists, ready for JSON.

    Parameters
    ----------
    model : ArticleRecommender
        Fitted.
    recommendations : DataFrame
        Its lists for all articles, cut at `k`.
    k : int, >= 1
        Maximum length of a list.

    Returns
    -------
    dict
        `version`, `articles`, `k`, `lists` (full, short, empty, entries, mean score),
        `exposure` (of these lists, of random ones and of the newest articles), `hubs`,
        `orphans`, `short`, `empty` and `duplicates` (ids), `scores`, `stages`, `ages`,
        `origins` and `added` (entries that are not there for their score). See
        `recommender.evaluation.health`.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                       "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> model = Recommender(min_score=0.1, min_items=0).fit(table)
    >>> report = site_report(model, model.recommend(k=2), k=2)
    >>> report["lists"]["empty"], report["orphans"], report["exposure"]["lists"]["reach"]
    (1, ['c'], 0.6667)
    """
    articles = model.articles_
    ids = articles["id"].to_numpy(dtype=object)
    counts = count_lists(recommendations, ids, k)
    inbound, lengths, full = counts
    hubs = np.argsort(-inbound, kind="stable")[:MOST_HUBS]
    short = np.flatnonzero((lengths > 0) & (lengths < full))
    added = recommendations[recommendations["origin"] != "similar"]
    mean = recommendations["score"].mean()
    return {
        "version": recommender.__version__,
        "articles": len(articles),
        "k": k,
        "lists": {
            "full": int((lengths >= full).sum()),
            "short": len(short),
            "empty": int((lengths == 0).sum()),
            "entries": len(recommendations),
            "mean_score": None if pd.isna(mean) else round(float(mean), 6),
        },
        "exposure": {
            "lists": exposure(inbound),
            "random": exposure(random_inbound(lengths)),
            "newest": exposure(newest_inbound(lengths, articles["date"])),
        },
        "hubs": [{"id": ids[row], "lists": int(inbound[row])} for row in hubs if inbound[row]],
        "orphans": ids[inbound == 0].tolist(),
        "short": [{"id": ids[row], "length": int(lengths[row])} for row in short],
        "empty": ids[lengths == 0].tolist(),
        "duplicates": duplicate_groups(model),
        "scores": score_distribution(model, recommendations),
        "stages": stage_effects(model, k),
        "ages": reach_by_age(inbound, articles["date"]),
        "origins": recommendations["origin"].value_counts(sort=False).sort_index().to_dict(),
        "added": added[["article_id", "related_id", "origin"]].to_dict("records"),
    }


def topic_map(model: Recommender) -> dict[str, Any]:
    """Return a place for every article, in the order of `articles_`, and the names of regions.

    Returns
    -------
    dict
        `places` (x and y, whole thousandths from 0 to 1000) and `topics` (x, y, terms, size);
        see `recommender.evaluation.topics`.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                       "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> len(topic_map(Recommender().fit(table))["places"])
    3
    """
    _, nearest = next(model.trace())
    places = layout(nearest)
    named = topics(places, model.vectors_, model.vectorizer_.space_.names_of)
    return {
        "places": np.rint(places * 1000).astype(int).tolist(),
        "topics": [
            {"x": round(x * 1000), "y": round(y * 1000), "terms": terms, "size": size}
            for x, y, terms, size in named
            if terms
        ],
    }
