"""A map of a site: a place in the plane for every article, near to those it is related to.

The map is for looking at, not for measuring: only nearness means something, distances and
directions do not. Deterministic: the same neighbors give the same map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.neighbors.base import Neighbors
from recommender.ranking import Ranked

NEAREST = 6
"""Number of each article's neighbors that pull it."""
PUSHES = 2
"""Number of random articles that push an article away, per neighbor."""
ROUNDS = 120
LONGEST_STEP = 4.0
SPREAD = 10.0
"""Width of the map while it is laid out, in units of the distance at which pull halves."""
LABEL_TERMS = 2
MOST_LABELS = 24
GRAVITY = 0.03
"""Pull to the middle, so that parts without a connection do not drift far apart."""

Floats = NDArray[np.float64]


class Topic(NamedTuple):
    """A region of the map and its name."""

    x: float
    y: float
    terms: list[str]
    """The terms that set its articles apart, the strongest first."""
    size: int
    """Number of articles in the region."""


def layout(graph: Neighbors | Ranked) -> Floats:
    """Return a place in the unit square for every article.

    Parameters
    ----------
    graph : Neighbors or Ranked of shape (n, k)
        The nearest neighbors of every article.

    Returns
    -------
    ndarray of shape (n, 2), float64 in [0, 1]

    Notes
    -----
    Starts with the spectral layout [1]_: the two eigenvectors of the normalized neighbor graph
    after the first. Then, as in LargeVis [2]_, neighbors pull each other with the force
    2 d / (1 + d²) and random articles push each other with 2 d / ((0.01 + d²)(1 + d²)), d the
    distance, with steps that shrink to zero. Time O(n · NEAREST · PUSHES · ROUNDS).

    References
    ----------
    .. [1] M. Belkin and P. Niyogi (2003). Laplacian eigenmaps for dimensionality reduction and
       data representation. Neural Computation 15(6), 1373-1396.
    .. [2] J. Tang, J. Liu, M. Zhang and Q. Mei (2016). Visualizing large-scale and
       high-dimensional data. WWW, 287-297.

    Examples
    --------
    >>> pairs = np.array([[1], [0], [3], [2]], np.int32)
    >>> places = layout(Neighbors(pairs, np.full((4, 1), 0.5, np.float32)))
    >>> near, far = np.linalg.norm(places[0] - places[1]), np.linalg.norm(places[0] - places[2])
    >>> bool(near < far)
    True
    """
    n = len(graph.indices)
    if n < 3:
        along = np.linspace(0.25, 0.75, n) if n > 1 else np.full(n, 0.5)
        return np.stack([along, along], axis=1)
    generator = np.random.default_rng(0)
    rows, columns, weights = _edges(graph)
    places = _spectral(n, rows, columns, weights) * SPREAD
    places += generator.normal(scale=0.1, size=places.shape)  # equal rows must not stay one dot
    for round_ in range(ROUNDS):
        step = 1 - round_ / ROUNDS
        move = _forces(places, rows, columns, weights, _pull)
        first = np.repeat(rows, PUSHES)
        other = generator.integers(n, size=len(first))
        move -= _forces(places, first, other, np.full(len(first), 1 / PUSHES), _push)
        move -= GRAVITY * (places - places.mean(axis=0))
        places += step * np.clip(move, -LONGEST_STEP, LONGEST_STEP)
    return _squared(places)


def topics(
    places: Floats,
    vectors: sparse.csr_array,
    names_of: Callable[[NDArray[np.integer]], Iterable[str]],
) -> list[Topic]:
    """Return the regions of a map, the largest first, named by the terms that set them apart.

    Parameters
    ----------
    places : ndarray of shape (n, 2), float64
        The map from `layout`.
    vectors : csr_array of shape (n, terms), float64
        The articles' rows.
    names_of : callable
        Takes columns and returns the name of each.

    Returns
    -------
    list of Topic
        About half the square root of n, at most `MOST_LABELS`; none for fewer than ten
        articles.
    """
    from scipy.cluster.vq import kmeans2

    n = len(places)
    count = min(MOST_LABELS, int(np.sqrt(n) / 2))
    if n < 10 or count < 2:
        return []
    _, region = kmeans2(places, count, minit="++", seed=np.random.default_rng(0), missing="warn")
    mean = np.asarray(vectors.mean(axis=0)).ravel()
    found: list[Topic] = []
    used: set[str] = set()
    sizes = np.bincount(region, minlength=count)
    for number in np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)].tolist():
        members = np.flatnonzero(region == number)
        apart = np.asarray(vectors[members].mean(axis=0)).ravel() - mean
        strongest = np.argsort(-apart, kind="stable")[:12]
        terms = _distinct(names_of(strongest[apart[strongest] > 0]), used)
        x, y = np.median(places[members], axis=0).tolist()
        found.append(Topic(x, y, terms, len(members)))
    return found


def _distinct(names: Iterable[str], used: set[str]) -> list[str]:
    """Return the first names without a used word that are not numbers; add their words to it."""
    kept: list[str] = []
    for name in names:
        words = set(name.split())
        if len(kept) < LABEL_TERMS and any(map(str.isalpha, name)) and not words & used:
            kept.append(name)
            used |= words
    return kept


def _edges(graph: Neighbors | Ranked) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return the edges of the graph in both directions, with weights of mean 1."""
    indices = graph.indices[:, :NEAREST]
    row, place = np.nonzero(indices >= 0)
    column = indices[row, place].astype(np.int64)
    score = graph.scores[row, place].astype(np.float64)
    mean = score.mean() if len(score) else 1.0
    weights = score / mean
    return np.concatenate([row, column]), np.concatenate([column, row]), np.tile(weights, 2)


def _spectral(
    n: int, rows: NDArray[np.int64], columns: NDArray[np.int64], weights: Floats
) -> Floats:
    """Return the second and third eigenvector of the normalized graph, scaled to [-1, 1]."""
    from scipy.sparse.linalg import ArpackError, eigsh

    graph = sparse.csr_array((weights, (rows, columns)), shape=(n, n))
    root = 1 / np.sqrt(np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-9))
    normal = sparse.diags_array(root) @ graph @ sparse.diags_array(root)
    try:
        if n < 8:
            raise ArpackError(0, {0: "too small"})
        start = np.random.default_rng(0).normal(size=n)
        values, found = eigsh(normal, k=3, which="LA", v0=start, maxiter=20 * n, tol=1e-4)
        found = found[:, np.argsort(-values, kind="stable")][:, 1:] * root[:, None]
    except ArpackError:  # the start decides nothing but the look
        angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
        found = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    spread: Floats = found / np.maximum(np.abs(found).max(axis=0), 1e-12)
    return spread


def _forces(
    places: Floats,
    first: NDArray[np.int64],
    other: NDArray[np.int64],
    weights: Floats,
    force: Callable[[Floats], Floats],
) -> Floats:
    """Return the sum of the forces on each article, towards the others."""
    apart = places[other] - places[first]
    size = weights * force((apart**2).sum(axis=1))
    n = len(places)
    return (
        np.stack(
            [np.bincount(first, weights=apart[:, axis] * size, minlength=n) for axis in (0, 1)],
            axis=1,
        )
        / NEAREST
    )


def _pull(squares: Floats) -> Floats:
    return 2 / (1 + squares)


def _push(squares: Floats) -> Floats:
    return 2 / ((0.01 + squares) * (1 + squares))


def _squared(places: Floats) -> Floats:
    """Return the places in the unit square; the few farthest are moved to its edge."""
    low, high = np.quantile(places, [0.005, 0.995], axis=0)
    wide = np.maximum(high - low, 1e-9)
    square: Floats = np.clip((places - low) / wide, -0.03, 1.03) / 1.06 + 0.03 / 1.06
    return square
