"""Exact search for few seeds among rows that are kept by term: reads only the seeds' own terms.

The rows of each term are kept with rounded weights, which take a quarter of the space. So the
scores of all rows are known up to a small error, and only rows that may be among the nearest are
compared exactly. Lists follow the contract of `base`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import integers, sparse_rows, unit_rows, whole_number
from recommender.errors import ConfigError
from recommender.neighbors.base import SCORE_SCALE, Neighbors, empty_neighbors, top_k

FEW_SEEDS = 32
"""For more seeds, another engine is faster."""

RELATIVE, ABSOLUTE = 2.0**-10, 2.0**-24
"""Half precision rounds a weight by at most 2^-11 of its value, or by 2^-25 if it is small. An
approximate score errs by at most RELATIVE of it, and by ABSOLUTE times the sum of the seed's
weights; both are twice of what rounding needs."""


class Postings(NamedTuple):
    """For each term the rows that contain it, ascending, and their weights."""

    ends: NDArray[np.int64]
    """int64 of shape (terms + 1,)."""
    rows: NDArray[np.int32]
    """int32 of shape (cells,)."""
    weights: NDArray[np.float16]
    """float16 of shape (cells,): rounded."""

    def search(
        self,
        seeds: sparse.csr_array,
        candidates: sparse.csr_array,
        k: int,
        *,
        own_rows: NDArray[np.int32],
    ) -> Neighbors:
        """Return the k nearest candidates of every seed, exactly.

        Parameters
        ----------
        seeds, k, own_rows
            As for `search_reference`.
        candidates : csr_array of shape (m, terms), float64
            The rows that the postings were made of. Only some of them are read.

        Returns
        -------
        Neighbors
            Arrays of shape (n, k), as from every engine.

        Raises
        ------
        ConfigError
            If an argument breaks the contract, or the postings are not those of the candidates.

        Examples
        --------
        >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
        >>> own = np.arange(3, dtype=np.int32)
        >>> postings_of(rows).search(rows, rows, 2, own_rows=own).indices.tolist()
        [[1, -1], [2, 0], [1, -1]]
        """
        seeds, k = unit_rows("seeds", seeds), whole_number("k", k)
        m, width = candidates.shape
        if len(self.ends) != width + 1 or seeds.shape[1] != width:
            raise ConfigError(
                f"seeds {seeds.shape}, candidates {candidates.shape} and postings of "
                f"{len(self.ends) - 1:,} terms do not fit"
            )
        own = integers("own_rows", own_rows, -1, m - 1, seeds.shape[0])
        found = empty_neighbors(seeds.shape[0], k)
        for at in range(seeds.shape[0]):
            seed = seeds[[at]]
            near = self._near(seed, m, k, int(own[at]))
            scores = np.zeros((1, len(near)))
            if len(near):
                scores = (seed @ sparse_rows("candidates", candidates, near).T.tocsr()).toarray()
            best = empty_neighbors(1, k)
            top_k(scores, k, out=best)
            there = best.indices[0] >= 0
            found.indices[at, there] = near[best.indices[0, there]]
            found.scores[at] = best.scores[0]
        return found

    def _near(self, seed: sparse.csr_array, m: int, k: int, own: int) -> NDArray[np.int64]:
        """Return, ascending, all rows that may be among the k nearest of one seed."""
        spans = [
            slice(int(self.ends[term]), int(self.ends[term + 1])) for term in seed.indices.tolist()
        ]
        rows = np.concatenate([np.empty(0, np.int32), *(self.rows[span] for span in spans)])
        parts = [
            self.weights[span].astype(np.float64) * weight
            for span, weight in zip(spans, seed.data.tolist(), strict=True)
        ]
        weights = np.concatenate([np.empty(0), *parts])
        if len(rows) != len(weights) or (len(rows) and not 0 <= rows.min() <= rows.max() < m):
            raise ConfigError(f"postings: rows must be from 0 to {m - 1:,}")
        about = np.bincount(rows, weights, minlength=m)
        there = np.bincount(rows, minlength=m) > 0
        if own >= 0:
            there[own] = False
        near = np.flatnonzero(there)
        if len(near) > k:
            scores = about[near]
            limit = np.partition(scores, len(scores) - k)[len(scores) - k]
            error = RELATIVE * limit + ABSOLUTE * seed.data.sum()
            least = limit - 2 * error - 1 / SCORE_SCALE
            near = near[scores >= least]
        return near


def postings_of(rows: sparse.csr_array) -> Postings:
    """Return the postings of a table of unit rows.

    Parameters
    ----------
    rows : csr_array of shape (m, terms), float64
        Unit rows with sorted indices.
    """
    by_term = unit_rows("rows", rows).tocsc()
    return Postings(
        by_term.indptr.astype(np.int64),
        by_term.indices.astype(np.int32, copy=False),
        by_term.data.astype(np.float16),
    )
