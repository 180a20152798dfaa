"""Show each title once in a list: pages for several products or versions share titles."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.ranking.base import Context, Ranked, arrange, repeats

_ENDING = " .,:;!?…。！？"


@dataclass(frozen=True)
class NoTwins:
    """Drop candidates with the same title as an earlier candidate.

    Case, spaces and punctuation at the end are ignored; an article without a title has no
    twin. A candidate with the seed's title stays: a copy of the seed is a neighbor like others.

    Parameters
    ----------
    generic : int, >= 1, default 20
        A title that more articles have, such as "Overview", says little: its twins move to the
        end of the list instead, so that no list becomes too short.
    titles : ndarray of shape (articles,), intp, optional
        The number of each article's title, or -1; set by `fitted`.

    Examples
    --------
    >>> NoTwins()
    NoTwins(generic=20)
    """

    generic: int = 20
    titles: NDArray[np.intp] | None = field(default=None, repr=False, compare=False)

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        titles = self.titles
        if titles is None:
            titles = _numbered(context.articles["title"])
        counts = np.bincount(titles[titles >= 0], minlength=1)
        titles = np.where(counts[titles] > 1, titles, -1)
        found = np.where(lists.indices >= 0, titles[lists.indices], -1)
        several = np.count_nonzero(found >= 0, axis=1) > 1
        twin = np.zeros(found.shape, np.bool_)
        twin[several] = repeats(found[several])
        if not twin.any():
            return lists
        behind = twin & (counts[found] > self.generic)
        order = np.argsort(behind, axis=1, kind="stable")
        return arrange(lists, order, ~twin | behind)

    def fitted(self, site: Context) -> NoTwins:
        """Return this stage with the titles of the site."""
        return replace(self, titles=_numbered(site.articles["title"]))


def _numbered(titles: pd.Series) -> NDArray[np.intp]:
    """Return a number for each title: the same for twins, -1 for an empty title."""
    codes, distinct = pd.factorize(titles.to_numpy(dtype=object))
    plain = [" ".join(title.casefold().split()).rstrip(_ENDING) for title in distinct]
    same, names = pd.factorize(np.array(plain, dtype=object))
    same[(names == "")[same]] = -1
    numbers: NDArray[np.intp] = same[codes]
    return numbers
