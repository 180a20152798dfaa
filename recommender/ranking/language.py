"""Keep a list in the language of its article and without translations of the article."""

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
        codes, names = pd.factorize(pd.Series(languages, dtype=object).map(base_language))
        codes[(names == "")[codes]] = -1
        own = codes[: len(context.seeds), None]
        other = codes[len(context.seeds) :][lists.indices]
        return keep(lists, (own == other) | (own < 0) | (other < 0))


@dataclass(frozen=True)
class NoTranslations:
    """Drop candidates that are translations of the seed.

    The column `translations`, which comes from the pages, lists the addresses of the same
    article in other languages. Without this column, nothing is dropped.

    Examples
    --------
    >>> NoTranslations()
    NoTranslations()
    """

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        if "translations" not in context.articles or "translations" not in context.seeds:
            return lists
        (seed_urls, seed_names), (urls, names) = map(_addresses, (context.seeds, context.articles))
        mask = np.ones(lists.indices.shape, np.bool_)
        for row, place in np.argwhere(lists.indices >= 0):
            candidate = lists.indices[row, place]
            mask[row, place] = (
                urls[candidate] not in seed_names[row] and seed_urls[row] not in names[candidate]
            )
        return keep(lists, mask)


def _addresses(articles: pd.DataFrame) -> tuple[list[str], list[frozenset[str]]]:
    """Return the address of each article and the addresses of its translations."""
    named = articles["translations"]
    return list(articles["url"]), [
        frozenset(urls) if isinstance(urls, list | tuple) else frozenset() for urls in named
    ]
