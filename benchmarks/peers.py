"""What others would do: each peer takes the articles and gives everyone's k nearest.

A peer is used as its documentation shows it, with its defaults. `PEERS` names them all; one
whose library is not installed says so. Texts are title and text, as a user would join them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Peer = Callable[[list[str], int], Indices]


class Run(NamedTuple):
    """A named way to make lists."""

    name: str
    nearest: Peer
    """(texts, k) to row numbers of shape (n, k), best first, the row itself left out."""


def nearest_of_scores(scores: NDArray[np.floating], first: int, k: int) -> Indices:
    """Return the k best columns of each row but the row's own (row i is article first + i)."""
    scores[np.arange(len(scores)), first + np.arange(len(scores))] = -np.inf
    k = min(k, scores.shape[1] - 1)
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")
    return np.take_along_axis(best, order, 1)


def scikit_learn(texts: list[str], k: int) -> Indices:
    """`TfidfVectorizer` and `linear_kernel`, in blocks to bound the memory."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import linear_kernel

    rows = TfidfVectorizer().fit_transform(texts)
    blocks = range(0, len(texts), 1000)
    return np.vstack(
        [nearest_of_scores(linear_kernel(rows[at : at + 1000], rows), at, k) for at in blocks]
    )


def gensim_tfidf(texts: list[str], k: int) -> Indices:
    """gensim's `TfidfModel` over `simple_preprocess`, searched by `SparseMatrixSimilarity`."""
    from gensim.similarities import SparseMatrixSimilarity

    dictionary, corpus, model = _gensim(texts)
    index = SparseMatrixSimilarity(model[corpus], num_features=len(dictionary))
    return _gensim_nearest(index, model, corpus, k)


def gensim_lsi(texts: list[str], k: int) -> Indices:
    """gensim's `LsiModel` with 200 topics over its TF-IDF, searched by `MatrixSimilarity`."""
    from gensim.models import LsiModel
    from gensim.similarities import MatrixSimilarity

    dictionary, corpus, model = _gensim(texts)
    weighted = [model[document] for document in corpus]
    lsi = LsiModel(weighted, id2word=dictionary, num_topics=200, random_seed=0)
    index = MatrixSimilarity(lsi[weighted], num_features=200)
    return _gensim_nearest(index, lsi, weighted, k)


def _gensim(texts: list[str]):  # type: ignore[no-untyped-def]
    from gensim.corpora import Dictionary
    from gensim.models import TfidfModel
    from gensim.utils import simple_preprocess

    tokens = [simple_preprocess(text) for text in texts]
    dictionary = Dictionary(tokens)
    corpus = [dictionary.doc2bow(words) for words in tokens]
    return dictionary, corpus, TfidfModel(corpus)


def _gensim_nearest(index, model, corpus, k: int) -> Indices:  # type: ignore[no-untyped-def]
    blocks = range(0, len(corpus), 500)
    return np.vstack(
        [nearest_of_scores(np.array(index[model[corpus[at : at + 500]]]), at, k) for at in blocks]
    )


def bm25(texts: list[str], k: int) -> Indices:
    """bm25s with its defaults and stop words, each article being its own query."""
    import bm25s

    tokens = bm25s.tokenize(texts, stopwords="en", show_progress=False)
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    found, _ = index.retrieve(tokens, k=min(k + 1, len(texts)), show_progress=False)
    out = np.full((len(texts), k), -1, dtype=np.intp)
    for row, candidates in enumerate(np.asarray(found)):
        others = candidates[candidates != row][:k]
        out[row, : len(others)] = others
    return out


def minilm(texts: list[str], k: int) -> Indices:
    """The sentence embedding all-MiniLM-L6-v2 of the first 256 tokens, by cosine."""
    from minilm import embed

    rows = embed(texts)
    blocks = range(0, len(texts), 1000)
    return np.vstack([nearest_of_scores(rows[at : at + 1000] @ rows.T, at, k) for at in blocks])


NEURAL = "all-MiniLM-L6-v2"

PEERS = (
    Run("scikit-learn TfidfVectorizer", scikit_learn),
    Run("gensim TF-IDF", gensim_tfidf),
    Run("gensim LSI 200", gensim_lsi),
    Run("bm25s", bm25),
    Run(NEURAL, minilm),
)


def lists_of(indices: Indices, ids: pd.Series) -> pd.DataFrame:
    """Return row numbers of neighbors as a Recommendations table without scores."""
    rows, places = np.nonzero(indices >= 0)
    names = ids.to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "article_id": names[rows],
            "rank": places + 1,
            "related_id": names[indices[rows, places]],
            "score": 0.0,
            "origin": "similar",
        }
    )
