"""Keep a list in the language of its article."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, keep


@dataclass(frozen=True)
class SameLanguage:
    """Drop candidates that are known to be in another language than the seed.

    A candidate or seed whose language is unknown goes with all.

    Examples
    --------
    >>> SameLanguage()
    SameLanguage()
    """

    def __call__(self, neighbors: Neighbors, context: Context) -> Neighbors:
        own = context.seeds["lang"].to_numpy(dtype=object)[:, None]
        other = context.articles["lang"].to_numpy(dtype=object)[neighbors.indices]
        return keep(neighbors, np.asarray((own == other) | (own == "") | (other == "")))
