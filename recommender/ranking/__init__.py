"""Ranking stages: turn the nearest articles into the list that readers see."""

from recommender.ranking.backfill import Backfill
from recommender.ranking.base import (
    ORIGINS,
    Context,
    Ranked,
    Stage,
    add,
    apply_stages,
    arrange,
    first_of,
    fit_stages,
    keep,
    lists_of,
    name_of,
    needs_site,
    padded,
    ranked,
    reorder,
    repeats,
    run_stages,
    seeds_of,
    true_scores,
)
from recommender.ranking.churn import Churn
from recommender.ranking.defaults import default_stages
from recommender.ranking.diversity import Diversity
from recommender.ranking.duplicates import NoDuplicates, near_duplicate_groups
from recommender.ranking.editorial import Banned, Decisions, Pinned, decide
from recommender.ranking.exposure import Exposed, Exposure, exposed
from recommender.ranking.filters import Filters
from recommender.ranking.hubness import Hubness
from recommender.ranking.language import SameLanguage
from recommender.ranking.linked import NoLinked
from recommender.ranking.meaning import Encoder, Meaning, unit_vectors
from recommender.ranking.min_score import MinScore, random_pair_score
from recommender.ranking.prior import Prior, standings
from recommender.ranking.recency import Recency
from recommender.ranking.reciprocal import Reciprocal
from recommender.ranking.series import Series, find_series
from recommender.ranking.translations import NoTranslations, Translated, translation_groups
from recommender.ranking.twins import NoTwins

__all__ = [
    "ORIGINS",
    "Backfill",
    "Banned",
    "Churn",
    "Context",
    "Decisions",
    "Diversity",
    "Encoder",
    "Exposed",
    "Exposure",
    "Filters",
    "Hubness",
    "Meaning",
    "MinScore",
    "NoDuplicates",
    "NoLinked",
    "NoTranslations",
    "NoTwins",
    "Pinned",
    "Prior",
    "Ranked",
    "Recency",
    "Reciprocal",
    "SameLanguage",
    "Series",
    "Stage",
    "Translated",
    "add",
    "apply_stages",
    "arrange",
    "decide",
    "default_stages",
    "exposed",
    "find_series",
    "first_of",
    "fit_stages",
    "keep",
    "lists_of",
    "name_of",
    "near_duplicate_groups",
    "needs_site",
    "padded",
    "random_pair_score",
    "ranked",
    "reorder",
    "repeats",
    "run_stages",
    "seeds_of",
    "standings",
    "translation_groups",
    "true_scores",
    "unit_vectors",
]
