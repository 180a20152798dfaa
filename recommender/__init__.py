"""Related articles for every page of a site: exact TF-IDF cosines, re-ranked for readers.

Importing the package loads nothing heavy; each name below is loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.estimators import (
        ArticleRecommender,
        ArticleVectorizer,
        ExactCosineNeighbors,
    )
    from recommender.explanation import because, explain, shared_terms
    from recommender.index.loading import load
    from recommender.outputs import write_recommendations
    from recommender.pages import write_preview
    from recommender.pages.preview import preview_page
    from recommender.sources import read_articles
    from recommender.sources.streams import stream_articles

_HOME = {
    "ArticleRecommender": "recommender.estimators",
    "ArticleVectorizer": "recommender.estimators",
    "ExactCosineNeighbors": "recommender.estimators",
    "because": "recommender.explanation",
    "explain": "recommender.explanation",
    "load": "recommender.index.loading",
    "preview_page": "recommender.pages.preview",
    "read_articles": "recommender.sources",
    "shared_terms": "recommender.explanation",
    "stream_articles": "recommender.sources.streams",
    "write_preview": "recommender.pages",
    "write_recommendations": "recommender.outputs",
}

__all__ = [
    "ArticleRecommender",
    "ArticleVectorizer",
    "ExactCosineNeighbors",
    "because",
    "explain",
    "load",
    "preview_page",
    "read_articles",
    "shared_terms",
    "stream_articles",
    "write_preview",
    "write_recommendations",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
