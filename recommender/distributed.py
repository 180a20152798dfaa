"""The former home of `recommender.cluster.build_lists`, kept for scripts that use it."""

from recommender.cluster.build import build_lists

__all__ = ["build_lists"]
