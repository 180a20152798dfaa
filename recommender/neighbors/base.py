"""The contract of every search engine, the tie rule, and the reference engine.

**The tie rule.** The score of two rows is the sum, in float64 and in the order of the terms,
of the products of their weights, rounded to 1e-6 before anything is compared. A higher
score goes first; among equal scores, the smaller row comes first. A row is never its own neighbor,
and a row with score zero is not a neighbor.

Every engine gives exactly the lists that `search_reference` gives. Arrays only: no pandas.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import integers, unit_rows, whole_number
from recommender.errors import ConfigError
from recommender.resources import Progress, available_memory

SCORE_SCALE = 1_000_000
"""Scores are compared as whole millionths."""

BLOCK_CELLS = 4_000_000
"""Number of scores that the reference keeps at once (float64: 32 MB per block)."""


class Neighbors(NamedTuple):
    """The k best rows for each of n seeds, best first.

    A row with fewer than k neighbors is padded at the end with index -1 and score 0.
    """

    indices: NDArray[np.int32]
    """int32 of shape (n_seeds, k): rows of the candidates, or -1."""
    scores: NDArray[np.float32]
    """float32 of shape (n_seeds, k): cosines in [0, 1] that are whole millionths."""


def search_reference(
    seeds: sparse.csr_array,
    candidates: sparse.csr_array,
    k: int,
    *,
    own_rows: NDArray[np.int32] | None = None,
    progress: Progress | None = None,
) -> Neighbors:
    """Return the k nearest candidates of every seed by cosine, exactly.

    Block products of SciPy; the oracle of every other engine. Time is the number of
    term pairs, sum over terms of df_seeds * df_candidates; memory is one block.

    Parameters
    ----------
    seeds : csr_array of shape (n, terms), float64, rows of unit length, sorted indices
        Rows to find neighbors for.
    candidates : csr_array of shape (m, terms), float64, rows of unit length, sorted indices
        Rows to choose from.
    k : int, >= 1
        Length of each list; may exceed m.
    own_rows : ndarray of shape (n,), int32, optional
        For each seed the candidate row that is the seed itself, or -1; it is excluded.
    progress : callable, optional
        Called with ``("search", seeds done, n)`` after each block.

    Returns
    -------
    Neighbors
        Arrays of shape (n, k), by the tie rule of this module.

    Raises
    ------
    ConfigError
        If an argument breaks the contract; the message names the argument and the row.

    Examples
    --------
    >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    >>> search_reference(rows, rows, 2, own_rows=np.arange(3, dtype=np.int32)).indices.tolist()
    [[1, -1], [2, 0], [1, -1]]
    """
    seeds, candidates, k, own_rows = checked_search(seeds, candidates, k, own_rows)
    n, m = seeds.shape[0], candidates.shape[0]
    found = empty_neighbors(n, k)
    transposed = candidates.T.tocsr()
    height = max(1, BLOCK_CELLS // max(m, 1))
    for start in range(0, n, height):
        stop = min(start + height, n)
        scores = (seeds[start:stop] @ transposed).toarray()
        own = own_rows[start:stop]
        scores[np.flatnonzero(own >= 0), own[own >= 0]] = 0.0
        top_k(scores, k, out=Neighbors(found.indices[start:stop], found.scores[start:stop]))
        if progress is not None:
            progress("search", stop, n)
    return found


def checked_search(
    seeds: sparse.csr_array,
    candidates: sparse.csr_array,
    k: int,
    own_rows: NDArray[np.int32] | None = None,
) -> tuple[sparse.csr_array, sparse.csr_array, int, NDArray[np.int32]]:
    """Check and return the arguments of a search for any engine; see `search_reference`.

    If seeds and candidates are the same object, it is checked once and stays one object.

    Examples
    --------
    >>> rows = sparse.csr_array(np.eye(2, dtype=np.float32))
    >>> seeds, candidates, k, own = checked_search(rows, rows, 1)
    >>> seeds is candidates, seeds.dtype, own.tolist()
    (True, dtype('float64'), [-1, -1])
    """
    checked = unit_rows("seeds", seeds)
    others = checked if candidates is seeds else unit_rows("candidates", candidates)
    if checked.shape[1] != others.shape[1]:
        raise ConfigError(
            f"seeds {checked.shape} and candidates {others.shape} do not fit, "
            "expected rows of the same columns"
        )
    n, m = checked.shape[0], others.shape[0]
    k = whole_number("k", k)
    if 8 * n * k > available_memory():
        raise ConfigError(f"k: {n:,} lists of {k:,} do not fit into memory", "ask for fewer")
    if own_rows is None:
        return checked, others, k, np.full(n, -1, np.int32)
    return checked, others, k, integers("own_rows", own_rows, -1, m - 1, n).astype(np.int32)


def top_k(scores: NDArray[np.float64], k: int, *, out: Neighbors) -> None:
    """Write the k best columns of each row of `scores` into `out`, by the tie rule.

    Score and column are packed into one int64 key, so that one comparison applies the rule.

    Parameters
    ----------
    scores : ndarray of shape (n, m), float64, in [0, 1]
        Unrounded scores; columns with score 0 are not neighbors.
    k : int, >= 1
        Number of neighbors per row.
    out : Neighbors of shape (n, k)
        Written in place; must contain -1 and 0 before.

    Notes
    -----
    key = round(10^6 score) * m + (m - 1 - column).  Time O(n (m + k log k)).
    """
    m = scores.shape[1]
    kept = min(k, m)
    if kept == 0:
        return
    millionths = np.rint(scores * SCORE_SCALE).astype(np.int64)
    keys = millionths * m + np.arange(m - 1, -1, -1)
    if kept < m:
        keys = np.partition(keys, m - kept, axis=1)[:, m - kept :]
    keys = -np.sort(-keys, axis=1)
    best, columns = np.divmod(keys, m)
    found = best > 0
    out.indices[:, :kept] = np.where(found, m - 1 - columns, -1)
    out.scores[:, :kept] = np.where(found, best / SCORE_SCALE, 0.0)


def empty_neighbors(n: int, k: int) -> Neighbors:
    """Return n empty lists of length k.

    Examples
    --------
    >>> empty_neighbors(1, 2).indices.tolist()
    [[-1, -1]]
    """
    return Neighbors(np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32))
