"""Keep a list in the language of its article."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.ranking.base import Context, Ranked, keep
from recommender.text.languages import base_language


@dataclass(frozen=True)
class SameLanguage:
    """Drop candidates that are known to be in another language than the seed.

    Regions are ignored: en-GB matches en-US. A candidate or seed in an unknown language matches
    every language.

    Examples
    --------
    >>> SameLanguage()
    SameLanguage()
    """

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        tables = (context.seeds, context.articles)
        languages = np.concatenate([table["lang"].to_numpy(dtype=object) for table in tables])
        tags, distinct = pd.factorize(languages)
        same, names = pd.factorize(np.array([base_language(tag) for tag in distinct], dtype=object))
        same[(names == "")[same]] = -1
        codes = same[tags]
        own = codes[: len(context.seeds), None]
        other = codes[len(context.seeds) :][lists.indices]
        return keep(lists, (own == other) | (own < 0) | (other < 0))
