"""Other people's nearest-neighbor searches behind one signature, on rows that are given.

Each is used as its documentation shows it, with all its threads where it has any. `SEARCHES`
names them all, ours included. Imports stand inside: one peer must not weigh on another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Found = tuple[NDArray[np.integer], NDArray[np.floating]]
"""Row numbers (-1: none) and cosines, both of shape (n, k), best first, the row itself left out."""
BLOCK = 1_000
"""Rows whose scores are held at once where a peer leaves that to its user."""
DIMENSIONS = 200
"""Of the dense vectors that faiss is given."""


class Search(NamedTuple):
    """A way to find everyone's k nearest."""

    run: Callable[[sparse.csr_array, int, int], Found]
    """Takes the rows, k and the number of threads."""
    exact: bool
    """Whether it claims to find the true neighbors."""
    limit: int
    """Most rows that it is tried on: beyond, it takes hours or all memory."""


def ours(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """Run the project's search, by the engine that it chooses itself."""
    from recommender.neighbors import search

    own = np.arange(rows.shape[0], dtype=np.int32)
    return search(rows, rows, k, own_rows=own, threads=threads)


def reference(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """Run the project's reference engine: SciPy's block products."""
    from recommender.neighbors.base import search_reference

    return search_reference(rows, rows, k, own_rows=np.arange(rows.shape[0], dtype=np.int32))


def sparse_dot_topn(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """`sp_matmul_topn` in float32."""
    from sparse_dot_topn import sp_matmul_topn

    single = sparse.csr_matrix(rows).astype(np.float32)
    best = sp_matmul_topn(single, single.T.tocsr(), top_n=k + 1, n_threads=threads, sort=True)
    lengths = np.diff(best.indptr)
    place = np.arange(best.nnz) - np.repeat(best.indptr[:-1], lengths)
    at = np.repeat(np.arange(len(lengths)), lengths), place
    indices = np.full((len(lengths), k + 1), -1)
    scores = np.zeros(indices.shape, np.float32)
    indices[at], scores[at] = best.indices, best.data
    return without_self(indices, scores)


def scikit_learn(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """`NearestNeighbors` by brute force with the cosine metric."""
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=k + 1, metric="cosine", algorithm="brute", n_jobs=threads)
    distances, indices = model.fit(rows).kneighbors(rows)
    return without_self(indices, 1.0 - distances)


def gensim(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """`SparseMatrixSimilarity`, asked for blocks of articles; the k best are cut from its rows."""
    from gensim.matutils import Sparse2Corpus
    from gensim.similarities import SparseMatrixSimilarity

    corpus = Sparse2Corpus(sparse.csr_matrix(rows), documents_columns=False)
    index = SparseMatrixSimilarity(corpus, num_features=rows.shape[1])
    n = rows.shape[0]
    indices, scores = np.empty((n, k), np.int64), np.empty((n, k), np.float32)
    for at in range(0, n, BLOCK):
        block = np.asarray(index.get_similarities(sparse.csr_matrix(rows[at : at + BLOCK])))
        block[np.arange(len(block)), at + np.arange(len(block))] = -1.0
        best = np.argpartition(-block, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(block, best, 1), axis=1)
        indices[at : at + BLOCK] = np.take_along_axis(best, order, 1)
        scores[at : at + BLOCK] = np.take_along_axis(block, indices[at : at + BLOCK], 1)
    return indices, scores


def pynndescent(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """`NNDescent` on the sparse rows with the cosine metric."""
    from pynndescent import NNDescent

    single = sparse.csr_matrix(rows).astype(np.float32)
    index = NNDescent(single, metric="cosine", n_neighbors=k + 1, n_jobs=threads, random_state=0)
    indices, distances = index.neighbor_graph
    return without_self(indices, 1.0 - distances)


def faiss_hnsw(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """faiss' `IndexHNSWFlat` on `TruncatedSVD` vectors; the SVD counts."""
    import faiss

    dense = reduced(rows)
    index = faiss.IndexHNSWFlat(DIMENSIONS, 32, faiss.METRIC_INNER_PRODUCT)
    return from_faiss(index, dense, k, threads)


def faiss_flat(rows: sparse.csr_array, k: int, threads: int) -> Found:
    """faiss' exhaustive `IndexFlatIP` on `TruncatedSVD` vectors; the SVD counts."""
    import faiss

    return from_faiss(faiss.IndexFlatIP(DIMENSIONS), reduced(rows), k, threads)


def reduced(rows: sparse.csr_array) -> NDArray[np.float32]:
    """Return dense rows of unit length by scikit-learn's `TruncatedSVD`."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    svd = TruncatedSVD(DIMENSIONS, random_state=0)
    return normalize(svd.fit_transform(sparse.csr_matrix(rows)).astype(np.float32))


def from_faiss(index, dense: NDArray[np.float32], k: int, threads: int) -> Found:  # type: ignore[no-untyped-def]
    """Fill an index of faiss and ask it for everyone's nearest."""
    import faiss

    faiss.omp_set_num_threads(threads)
    index.add(dense)
    scores, indices = index.search(dense, k + 1)
    return without_self(indices, scores)


def without_self(indices: NDArray[np.integer], scores: NDArray[np.floating]) -> Found:
    """Return lists of k + 1 without the row itself, or without their last where it is not there."""
    own = indices == np.arange(len(indices))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = len(indices), indices.shape[1] - 1
    return indices[~own].reshape(shape), scores[~own].reshape(shape)


SEARCHES = {
    "recommender": Search(ours, True, 10**9),
    "reference": Search(reference, True, 20_000),
    "sparse_dot_topn": Search(sparse_dot_topn, True, 300_000),
    "scikit-learn": Search(scikit_learn, True, 20_000),
    "gensim": Search(gensim, True, 20_000),
    "pynndescent": Search(pynndescent, False, 100_000),
    "faiss HNSW": Search(faiss_hnsw, False, 100_000),
    "faiss flat": Search(faiss_flat, False, 100_000),
}
"""By name; the first is ours."""
