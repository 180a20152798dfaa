"""The stages for the settings; build, tune, Dask and plug-ins all get them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from scipy import sparse

from recommender.config import RankingSettings
from recommender.ranking.backfill import Backfill
from recommender.ranking.base import Stage
from recommender.ranking.churn import Churn
from recommender.ranking.diversity import Diversity
from recommender.ranking.duplicates import NoDuplicates
from recommender.ranking.editorial import Decisions
from recommender.ranking.exposure import Exposure
from recommender.ranking.filters import Filters
from recommender.ranking.hubness import Hubness
from recommender.ranking.language import SameLanguage
from recommender.ranking.linked import NoLinked
from recommender.ranking.meaning import Meaning
from recommender.ranking.min_score import MinScore
from recommender.ranking.prior import Prior
from recommender.ranking.recency import Recency
from recommender.ranking.reciprocal import Reciprocal
from recommender.ranking.series import Series
from recommender.ranking.translations import NoTranslations, Translated
from recommender.ranking.twins import NoTwins
from recommender.text.rules import texts_of

LOCAL = (
    "editorial",
    "never_target",
    "never_source",
    "never_pair",
    "duplicate_score",
    "min_inbound",
    "max_inbound",
    "half_life",
    "nearness_weight",
    "age",
    "max_days_apart",
    "timeless_tags",
    "prior_weight",
    "churn_margin",
    "diversity",
    "meaning_weight",
)
"""Settings whose stages need data of all articles that no worker of a cluster has."""

DATED = ("half_life", "nearness_weight", "age", "max_days_apart")
"""Settings that switch on `Recency`."""

RANKING_DEFAULTS: dict[str, Any] = {f.name: f.default for f in fields(RankingSettings)}


def default_stages(
    parameters: Mapping[str, Any],
    vectors: sparse.csr_array | None = None,
    decisions: Decisions | None = None,
) -> list[Stage]:
    """Return the ranking stages for these parameters, in order.

    Parameters
    ----------
    parameters : mapping of str to value
        Ranking settings, as for `ArticleRecommender`; a missing one has its default. Others are
        ignored.
    vectors : csr_array of shape (articles, terms), optional
        The articles' rows, to calibrate ``min_score="auto"`` once. Without them, the stage
        calibrates itself at every call.
    decisions : Decisions, optional
        What an editor decided, from [`decide`][recommender.ranking.editorial.decide].

    Returns
    -------
    list of callables
        Stages that drop candidates, then those that order them, then those that add entries; a
        stage whose setting is off is missing.

    Examples
    --------
    >>> default_stages({"min_score": 0.1})[1:4]
    [SameLanguage(), NoTranslations(), MinScore(value=0.1, exceed=0.07)]
    """
    given = RANKING_DEFAULTS | dict(parameters)
    least_inbound, most_inbound = given["min_inbound"], given["max_inbound"]
    removing = [
        Filters(**{name: texts_of(given[name]) for name in vars(Filters())}),
        *_if(not given["across_languages"], SameLanguage()),
        NoTranslations(),
        *(decisions.before() if decisions else ()),
        *_if(given["duplicate_score"], NoDuplicates(given["duplicate_score"])),
        *_if(given["skip_linked"], NoLinked()),
    ]
    least = MinScore(given["min_score"])
    by_time = Recency(
        **{name: given[name] for name in DATED}, timeless_tags=texts_of(given["timeless_tags"])
    )
    in_window = replace(by_time, half_life=0.0, nearness_weight=0.0)
    window = _if(given["age"] != "any" or given["max_days_apart"], in_window)
    titles = _if(not given["repeated_titles"], NoTwins())
    series = _if(given["series"], Series(removing=tuple(removing)))
    refilled = (*removing, *window, *titles, *series)
    return [
        *_if(least_inbound, Reciprocal()),
        *removing,
        least if vectors is None else least.calibrated(vectors),
        Hubness(given["hubness_exponent"], given["length_pivot"]),
        *_if(any(given[name] != RANKING_DEFAULTS[name] for name in DATED), by_time),
        *_if(given["prior_weight"], Prior(given["prior_weight"])),
        *_if(given["meaning_weight"], Meaning(given["meaning_weight"])),
        *titles,
        *_if(given["diversity"], Diversity(given["diversity"])),
        *_if(given["churn_margin"], Churn(given["churn_margin"])),
        *series,
        *(decisions.after() if decisions else ()),
        *_if(least_inbound or most_inbound, Exposure(least_inbound, most_inbound)),
        *_if(given["inherit_lists"], Translated(removing=(*removing, *window))),
        *_if(given["min_items"], Backfill(given["min_items"], refilled, most_inbound)),
    ]


def _if(wanted: object, stage: Stage) -> list[Stage]:
    return [stage] if wanted else []
