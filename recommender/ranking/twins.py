"""Show each title once in a list: pages for several products or versions share titles."""

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
    """Drop candidates with the same title as an earlier candidate.

    Case, spaces and punctuation at the end are ignored; an article without a title has no
    twin. A candidate with the seed's title stays: a copy of the seed is a neighbor like others.

    Parameters
    ----------
    generic : int, >= 1, default 20
        A title that more articles have, such as "Overview", says little: its twins move to the
        end of the list instead, so that no list becomes too short.

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
    """Return a number for each title: the same for twins, -1 for an empty title."""
    codes, distinct = pd.factorize(titles.to_numpy(dtype=object))
    plain = [" ".join(title.casefold().split()).rstrip(_ENDING) for title in distinct]
    same, names = pd.factorize(np.array(plain, dtype=object))
    same[(names == "")[same]] = -1
    numbers: NDArray[np.intp] = same[codes]
    return numbers


def _repeats(found: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which numbers already occur earlier in their row; -1 never does."""
    order = np.argsort(found, axis=1, kind="stable")
    row = np.take_along_axis(found, order, axis=1)
    again = np.zeros(row.shape, np.bool_)
    again[:, 1:] = (row[:, 1:] == row[:, :-1]) & (row[:, 1:] >= 0)
    out = np.zeros(row.shape, np.bool_)
    np.put_along_axis(out, order, again, axis=1)
    return out
