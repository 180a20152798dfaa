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
        Filters, language, minimum score, order, titles, backfill; and the stages whose settings
        are on; bans follow the language, pins the titles.

    Examples
    --------
    >>> default_stages({"min_score": 0.1})[1:4]
    [SameLanguage(), NoTranslations(), MinScore(value=0.1, exceed=0.07)]
    """
    parameters = RANKING_DEFAULTS | dict(parameters)
    least_inbound, most_inbound = parameters["min_inbound"], parameters["max_inbound"]
    language: list[Stage] = [] if parameters["across_languages"] else [SameLanguage()]
    language.append(NoTranslations())
    least = MinScore(parameters["min_score"])
    if vectors is not None:
        least = least.calibrated(vectors)
    order: list[Stage] = [Hubness(parameters["hubness_exponent"], parameters["length_pivot"])]
    by_time = Recency(
        **{name: parameters[name] for name in DATED},
        timeless_tags=texts_of(parameters["timeless_tags"]),
    )
    if any(parameters[name] != RANKING_DEFAULTS[name] for name in DATED):
        order.append(by_time)
    removes = parameters["age"] != "any" or parameters["max_days_apart"]
    window: list[Stage] = [replace(by_time, half_life=0.0, nearness_weight=0.0)] * bool(removes)
    if parameters["prior_weight"]:
        order.append(Prior(parameters["prior_weight"]))
    if parameters["meaning_weight"]:
        order.append(Meaning(parameters["meaning_weight"]))
    titles: list[Stage] = [] if parameters["repeated_titles"] else [NoTwins()]
    given = {name: texts_of(parameters[name]) for name in vars(Filters())}
    same = parameters["duplicate_score"]
    copies: list[Stage] = [NoDuplicates(same)] if same else []
    unlike = parameters["diversity"]
    diverse: list[Stage] = [Diversity(unlike)] if unlike else []
    churn: list[Stage] = [Churn(parameters["churn_margin"])] if parameters["churn_margin"] else []
    bans: list[Stage] = [*decisions.before()] if decisions else []
    pins: list[Stage] = [*decisions.after()] if decisions else []
    mutual: list[Stage] = [Reciprocal()] if least_inbound else []
    linked: list[Stage] = [NoLinked()] if parameters["skip_linked"] else []
    filters: list[Stage] = [Filters(**given), *language, *bans, *copies, *linked]
    parts: list[Stage] = [Series(removing=tuple(filters))] if parameters["series"] else []
    exposure = [Exposure(least_inbound, most_inbound)] if least_inbound or most_inbound else []
    after: list[Stage] = [*diverse, *churn, *parts, *pins, *exposure]
    stages: list[Stage] = [*mutual, *filters, least, *order, *titles, *after]
    if parameters["inherit_lists"]:
        stages.append(Translated(removing=(*filters, *window)))
    if parameters["min_items"]:
        removing = (*filters, *window, *titles, *parts)
        stages.append(Backfill(parameters["min_items"], removing, most_inbound))
    return stages
