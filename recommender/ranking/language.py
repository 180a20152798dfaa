"""Keep a list in the language of its article."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.ranking.base import Context, Ranked, keep
from recommender.text.languages import base_language


@dataclass(frozen=True)
class SameLanguage:
    """Drop candidates that are known to be in another language than the seed.

    Regions are ignored: en-GB matches en-US. A candidate or seed in an unknown language matches
    every language. A seed whose language no other article has is taken to be in the language of
    most articles: its list would be empty.

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
        own, codes = np.split(same[tags], [len(context.seeds)])
        own = _joined(own, codes, context.own, names)[:, None]
        other = codes[lists.indices]
        return keep(lists, (own == other) | (own < 0) | (other < 0))


def _joined(
    own: NDArray[np.intp],
    codes: NDArray[np.intp],
    rows: NDArray[np.int32],
    names: NDArray[np.object_],
) -> NDArray[np.intp]:
    """Return the languages of the seeds, the main one for those that are alone in theirs.

    Parameters
    ----------
    own : ndarray of shape (m,), intp
        Number of each seed's language, -1 if it is unknown.
    codes : ndarray of shape (n,), intp
        The same for all articles.
    rows : ndarray of shape (m,), int32
        The seeds among the articles, -1 for new ones.
    names : ndarray of object
        The languages by number; of two that are equally frequent, the first by name is the main.
    """
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    if not counts.any():
        return own
    main = min(range(len(names)), key=lambda code: (-counts[code], str(names[code])))
    alone = (own >= 0) & (counts[own] - ((rows >= 0) & (codes[rows] == own)) == 0)
    return np.where(alone, main, own)
