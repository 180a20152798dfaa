"""Show a title once in a list: pages of several products or versions share theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.neighbors.base import Neighbors
from recommender.ranking.base import Context, reorder

_ENDING = " .,:;!?…。！？"


@dataclass(frozen=True)
class NoTwins:
    """Drop candidates whose title a candidate before them has.

    Case, spaces and punctuation at the end do not count, and an article without title has no
    twin. The seed's own title may come: its copy is a neighbor like others.

    Parameters
    ----------
    generic : int, >= 1, default 20
        A title of more articles, such as "Overview", says little: its twins go to the end of
        the list instead, so that no list runs dry.

    Examples
    --------
    >>> NoTwins()
    NoTwins(generic=20)
    """

    generic: int = 20

    def __call__(self, neighbors: Neighbors, context: Context) -> Neighbors:
        titles = _numbered(context.articles["title"])
        counts = np.bincount(titles[titles >= 0], minlength=1)
        found = np.where(neighbors.indices >= 0, titles[neighbors.indices], -1)
        twin = _repeats(found)
        if not twin.any():
            return neighbors
        width = found.shape[1]
        place = np.broadcast_to(-np.arange(width, dtype=np.float64), found.shape)
        behind = np.where(counts[found] > self.generic, place - width, -np.inf)
        key = np.where(twin, behind, place)
        return reorder(neighbors, np.where(neighbors.indices >= 0, key, -np.inf))


def _numbered(titles: pd.Series) -> NDArray[np.intp]:
    """Return a number for each title, the same for twins, -1 for an empty one."""
    codes, distinct = pd.factorize(titles.to_numpy(dtype=object))
    plain = [" ".join(title.casefold().split()).rstrip(_ENDING) for title in distinct]
    same, names = pd.factorize(np.array(plain, dtype=object))
    same[(names == "")[same]] = -1
    numbers: NDArray[np.intp] = same[codes]
    return numbers


def _repeats(found: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which numbers of a row occur further left in it; -1 never does."""
    order = np.argsort(found, axis=1, kind="stable")
    row = np.take_along_axis(found, order, axis=1)
    again = np.zeros(row.shape, np.bool_)
    again[:, 1:] = (row[:, 1:] == row[:, :-1]) & (row[:, 1:] >= 0)
    out = np.zeros(row.shape, np.bool_)
    np.put_along_axis(out, order, again, axis=1)
    return out
