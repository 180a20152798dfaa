"""Ranking stages: their signature, the data they may use, and the loop that runs them.

A stage is any callable ``(Neighbors, Context) -> Neighbors``. It may drop, reorder or add
candidates but never change a score: the score stays the cosine, and the order is the ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.neighbors.base import Neighbors, empty_neighbors


class Context(NamedTuple):
    """All data that a stage may use."""

    seeds: pd.DataFrame
    """Article rows of the n seeds, in the order of the lists."""
    articles: pd.DataFrame
    """Article rows of the candidates; the indices in a list are row numbers of this table."""
    vectors: sparse.csr_array
    """float64 of shape (articles, terms): the candidates' unit rows."""
    graph: Neighbors
    """The nearest neighbors of every article, from the search."""


Stage = Callable[[Neighbors, Context], Neighbors]


def apply_stages(neighbors: Neighbors, context: Context, stages: Iterable[Stage]) -> Neighbors:
    """Run the stages one after the other.

    Parameters
    ----------
    neighbors : Neighbors of shape (n_seeds, k)
        The result of the search.
    context : Context
        Passed to every stage.
    stages : iterable of callables
        The stages, in the order to run them.

    Returns
    -------
    Neighbors of shape (n_seeds, any)
        The result of the last stage.

    Raises
    ------
    ValueError
        If a stage does not return n_seeds lists, or if its indices and scores differ in shape.
    """
    for stage in stages:
        before, neighbors = len(neighbors.indices), stage(neighbors, context)
        if neighbors.indices.shape != neighbors.scores.shape or len(neighbors.indices) != before:
            raise ValueError(
                f"stage {stage!r}: must return {before} lists of indices and scores of one "
                f"shape, got {neighbors.indices.shape} and {neighbors.scores.shape}"
            )
    return neighbors


def keep(neighbors: Neighbors, mask: NDArray[np.bool_]) -> Neighbors:
    """Return the lists with only the entries where `mask` is true, without gaps, in order.

    Parameters
    ----------
    neighbors : Neighbors of shape (n, k)
        Empty positions come last.
    mask : ndarray of shape (n, k), bool

    Examples
    --------
    >>> lists = Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32))
    >>> keep(lists, np.array([[False, True]])).indices.tolist()
    [[5, -1]]
    """
    found = neighbors.indices >= 0
    kept = mask & found
    if np.array_equal(kept, found):
        return neighbors
    out = empty_neighbors(*kept.shape)
    rows = np.nonzero(kept)[0]
    places = (np.cumsum(kept, axis=1) - 1)[kept]
    out.indices[rows, places] = neighbors.indices[kept]
    out.scores[rows, places] = neighbors.scores[kept]
    return out


def reorder(neighbors: Neighbors, key: NDArray[np.float64]) -> Neighbors:
    """Return the lists ordered by `key`, highest first; equal keys keep their order.

    Parameters
    ----------
    neighbors : Neighbors of shape (n, k)
    key : ndarray of shape (n, k), float64
        A position with -inf becomes empty.

    Examples
    --------
    >>> lists = Neighbors(np.array([[7, 5]], np.int32), np.array([[0.9, 0.8]], np.float32))
    >>> reorder(lists, np.array([[1.0, 2.0]])).indices.tolist()
    [[5, 7]]
    """
    order = np.argsort(-key, axis=1, kind="stable")
    out = empty_neighbors(*neighbors.indices.shape)
    kept = np.take_along_axis(key, order, axis=1) > -np.inf
    out.indices[kept] = np.take_along_axis(neighbors.indices, order, axis=1)[kept]
    out.scores[kept] = np.take_along_axis(neighbors.scores, order, axis=1)[kept]
    return out
