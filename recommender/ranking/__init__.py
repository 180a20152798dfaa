"""Ranking stages: turn the nearest articles into the list that readers see."""

from recommender.ranking.base import Context, Stage, apply_stages, keep, reorder
from recommender.ranking.defaults import default_stages
from recommender.ranking.hubness import Hubness
from recommender.ranking.language import NoTranslations, SameLanguage
from recommender.ranking.min_score import MinScore, random_pair_score
from recommender.ranking.twins import NoTwins

__all__ = [
    "Context",
    "Hubness",
    "MinScore",
    "NoTranslations",
    "NoTwins",
    "SameLanguage",
    "Stage",
    "apply_stages",
    "default_stages",
    "keep",
    "random_pair_score",
    "reorder",
]
