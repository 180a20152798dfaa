"""What a saved model is made of: the format that `saving` writes and `loading` reads.

A directory of arrays that are mapped into memory, texts, and one file of small values; no pickle,
no code. `index.json` names all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from importlib import import_module
from typing import Any

import msgspec

from recommender import ranking
from recommender.editorial import Editorial, EditorialRule
from recommender.index.table import Column
from recommender.ranking import Exposed
from recommender.ranking.series import Chain
from recommender.text.rules import Rule

FORMAT = 1
"""Number of this layout."""

KINDS = {
    "ArticleRecommender": "recommender.estimators",
    "Recommender": "recommender.model",
}
"""The classes that can be saved, with their modules."""

VALUES = "model.msgpack"
"""The file of settings, stages and other small values."""

_STAGES = {name: kind for name in ranking.__all__ if is_dataclass(kind := getattr(ranking, name))}
CLASSES: Mapping[str, Any] = {
    **_STAGES,
    **{kind.__name__: kind for kind in (Chain, Editorial, EditorialRule, Exposed, Rule)},
}
"""The classes of values beside plain data."""

NUMBERS = ("tf_exponent", "idf_exponent", "min_df", "max_df")
"""The attributes of a `Vectorizer` that are saved as they are."""


class Head(msgspec.Struct, frozen=True):
    """What every format of a saved model says about itself."""

    model: int
    """The format."""
    version: str
    """The version of this package."""


class Facts(msgspec.Struct, frozen=True):
    """What a saved model consists of; in `index.json`."""

    model: int
    version: str
    kind: str
    """Name of the class."""
    rows: int
    """Number of articles."""
    terms: int
    """Number of columns of the vectors."""
    arrays: dict[str, tuple[str, list[int]]]
    """Type and shape of each array by name."""
    tables: dict[str, tuple[int, str, list[Column]]]
    """For each table its number of rows, the type of its labels and its columns."""


def class_of(kind: str) -> Any:
    """Return the class of `KINDS` with a name, or None."""
    return getattr(import_module(KINDS[kind]), kind) if kind in KINDS else None
