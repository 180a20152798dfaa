"""The former location of `recommender.cluster.build_lists`, kept for existing scripts."""

from recommender.cluster.build import build_lists

__all__ = ["build_lists"]
