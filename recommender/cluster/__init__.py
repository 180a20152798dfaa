"""The same build on Dask, byte for byte."""

from recommender.cluster.build import build_lists
from recommender.cluster.client import cluster

__all__ = ["build_lists", "cluster"]
