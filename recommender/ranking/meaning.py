"""Prefer candidates that are close to the article by vectors that the user supplies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.articles import text_column
from recommender.errors import ConfigError, SourceError, join_problems, shown
from recommender.ranking.base import Context, Ranked, reorder

CELLS = 1 << 24
"""Maximum number of numbers that are worked on at once."""
GRAIN = 2.0**-20
"""Unit vectors consist of multiples of this. Products of two have at most 41 bits, so that their
sums are exact in float64, and do not depend on the order in which a processor adds."""
COLUMN = "vector"
"""Column of an Article table that contains the vectors if no others are given."""

_ROWS = "give each article a row of as many numbers"


class Encoder(Protocol):
    """Whatever turns texts into vectors, such as a model of sentence-transformers or model2vec."""

    def encode(self, sentences: list[str], /) -> Any:
        """Return an array of shape (texts, d)."""


@dataclass(frozen=True)
class Meaning:
    """Add the cosine of the user's own vectors to the cosine of words.

    Parameters
    ----------
    weight : float, >= 0, default 0.15
        Weight of the second cosine.

    Notes
    -----
    With s the score, d the cosine of the own vectors of article and candidate, and m the mean of
    d over the candidates in the list that have a vector::

        key *= max(s + weight * (d - m), 0) / s

    So the cosine s + weight * d takes the place of s in the key, whatever else the key contains.
    The mean is the same for a whole list; without it, a candidate without a vector would fall
    behind all others. Such a candidate keeps its key, as do all candidates of an article without
    a vector. The reported score stays the cosine of words. Time O(n candidates d).

    Examples
    --------
    >>> Meaning(0.1)
    Meaning(weight=0.1)
    """

    weight: float = 0.15

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        dense = context.dense
        if dense is None or not lists.indices.size:
            return lists
        seeds = dense[context.own] if context.dense_seeds is None else context.dense_seeds
        step = max(1, CELLS // (lists.indices.shape[1] * dense.shape[1]))
        near = np.concatenate(
            [
                _cosines(dense[lists.indices[at : at + step]], seeds[at : at + step])
                for at in range(0, len(seeds), step)
            ]
        )
        there, seeded = (np.abs(part).sum(axis=1) > 0 for part in (dense, seeds))
        known = (lists.indices >= 0) & there[lists.indices] & seeded[:, None]
        count = np.maximum(known.sum(axis=1, keepdims=True), 1)
        mean = np.where(known, near, 0.0).sum(axis=1, keepdims=True) / count
        gain = np.where(known, self.weight * (near - mean), 0.0)
        factor = np.maximum(lists.scores + gain, 0.0) / np.maximum(lists.scores, 1e-6)
        return reorder(lists, lists.keys * np.where(known, factor, 1.0))


def unit_vectors(
    articles: pd.DataFrame, given: pd.DataFrame | Encoder | None
) -> NDArray[np.float32]:
    """Return the user's vector of each article, scaled to unit length.

    Parameters
    ----------
    articles : DataFrame of n rows
        An Article table.
    given : DataFrame, Encoder or None
        A DataFrame of numbers with a row per article and the ids as its index; or an object with
        a method `encode`, which gets the title and the text of each article. None means the
        column `vector` of the articles: sequences of numbers, or empty.

    Returns
    -------
    ndarray of shape (n, d), float32
        Zeros for an article without a vector.

    Raises
    ------
    ConfigError
        If there are no vectors, or `given` is none of these.
    SourceError
        If a vector contains anything but finite numbers, or vectors differ in length.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b"]})
    >>> unit_vectors(articles, pd.DataFrame([[3.0, 4.0]], index=["b"])).round(1).tolist()
    [[0.0, 0.0], [0.6000000238418579, 0.800000011920929]]
    """
    if isinstance(given, pd.DataFrame):
        rows = pd.Index(text_column(given.index.to_series())).get_indexer(articles["id"])
        found = _numbers(given, given.index)
        vectors = np.where(rows[:, None] >= 0, found[rows], 0.0)
    elif given is not None and hasattr(given, "encode"):
        texts = (articles["title"] + "\n" + articles["text"]).tolist()
        vectors = _numbers(given.encode(texts), articles["id"])
        if len(vectors) != len(articles):
            raise ConfigError(
                f"own_vectors: {len(vectors):,} vectors for {len(articles):,} texts, expected one "
                "for each"
            )
    elif given is None and COLUMN in articles:
        vectors = _stacked(articles)
    elif given is None:
        raise ConfigError(
            "meaning_weight: there are no vectors",
            f"set own_vectors to a .npy file, or give the articles a column {COLUMN!r}",
        )
    else:
        raise ConfigError(
            f"own_vectors must be a DataFrame or have a method encode, got {shown(given)}"
        )
    return _unit(vectors)


def _cosines(candidates: NDArray[np.float32], seeds: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the products of (n, k, d) candidates and (n, d) seeds, in float64: (n, k)."""
    cosines: NDArray[np.float64] = np.einsum("nkd,nd->nk", candidates, seeds, dtype=np.float64)
    return cosines


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return rows scaled to unit length, in multiples of `GRAIN`; zeros stay zeros.

    First the largest number of each row is scaled to 1, so that up to 2^12 squares have an exact
    sum too.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0.0)
    rows = np.rint(vectors / np.where(largest > 0, largest, 1.0) / GRAIN) * GRAIN
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    units: NDArray[np.float64] = np.rint(rows / np.where(lengths > 0, lengths, 1.0) / GRAIN) * GRAIN
    return units.astype(np.float32)


def _numbers(table: Any, ids: Sequence[Any] | pd.Index | pd.Series) -> NDArray[np.float64]:
    """Return a table as float64; raises for what is not two-dimensional or not finite."""
    try:
        numbers = np.asarray(table, np.float64)
    except (TypeError, ValueError) as error:
        raise SourceError(f"own_vectors: expected numbers, {error}", _ROWS) from None
    if numbers.ndim != 2:
        raise SourceError(
            f"own_vectors: expected a table of rows, got shape {numbers.shape}", _ROWS
        )
    wrong = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
    if len(wrong):
        names = list(ids)
        problems = [f"own_vectors: article {names[row]!r}: is not finite" for row in wrong]
        raise SourceError(join_problems(problems), "leave out articles without a vector")
    return numbers


def _stacked(articles: pd.DataFrame) -> NDArray[np.float64]:
    """Return the vectors of the column `vector`, zeros for an empty cell."""
    cells = articles[COLUMN].tolist()
    there = [row for row, cell in enumerate(cells) if np.ndim(cell) == 1 and len(cell)]
    if not there:
        raise ConfigError(
            f"meaning_weight: the column {COLUMN!r} contains no vectors",
            "expected a list of numbers for each article",
        )
    width = len(cells[there[0]])
    wrong = [row for row in there if len(cells[row]) != width]
    if wrong:
        problems = [
            f"article {articles['id'].iloc[row]!r}: {COLUMN} has {len(cells[row]):,} numbers, "
            f"others have {width:,}"
            for row in wrong
        ]
        raise SourceError(join_problems(problems), "make all vectors with one model")
    vectors = np.zeros((len(cells), width))
    vectors[there] = _numbers([cells[row] for row in there], articles["id"].iloc[there])
    return vectors
