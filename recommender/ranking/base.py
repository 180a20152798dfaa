"""What a stage is, what it may look at, and the loop that runs them.

A stage is any callable ``(Neighbors, Context) -> Neighbors``: it may drop, reorder or add
candidates, never change a score: the score stays the cosine. Order is what a list says.
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
    """All that a stage may look at."""

    seeds: pd.DataFrame
    """Article rows of the n seeds, in the order of the lists."""
    articles: pd.DataFrame
    """Article rows of the candidates; a list's indices are row numbers of it."""
    vectors: sparse.csr_array
    """float64 of shape (articles, terms): the candidates' unit rows."""
    graph: Neighbors
    """Every article's own nearest others, as search found them."""


Stage = Callable[[Neighbors, Context], Neighbors]


def apply_stages(neighbors: Neighbors, context: Context, stages: Iterable[Stage]) -> Neighbors:
    """Run the stages one after the other.

    Parameters
    ----------
    neighbors : Neighbors of shape (n_seeds, k)
        What search found.
    context : Context
        Handed to every stage.
    stages : iterable of callables
        Run in this order.

    Returns
    -------
    Neighbors of shape (n_seeds, any)
        What the last stage returned.

    Raises
    ------
    ValueError
        If a stage returns a list count other than n_seeds, or indices and scores of unlike shape.
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
    """Return the lists with only the places where `mask` is true, closed up, order kept.

    Parameters
    ----------
    neighbors : Neighbors of shape (n, k)
        Empty places come last.
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
        A place with -inf is emptied.

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
