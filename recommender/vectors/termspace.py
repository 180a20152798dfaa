"""What a fit learns: the terms and phrases that are columns of the rows, and their weights.

A `TermSpace` is frozen, and counting and weighing depend on it alone. So a fit on one machine and
the workers of a cluster make the same rows. Reads no text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.text.counting import Fields, Part, count_columns, number_pairs
from recommender.text.words import PROSE
from recommender.vectors.portable import log, power
from recommender.vectors.weighing import Weights

Sequences = dict[str, Part]
"""For each field: the number of each word's term in order, -1 if it has none, and the n + 1
ends."""

ALWAYS_KEPT_DF = 10
"""`max_df` keeps terms in up to this many articles: on a small site, no term is common."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The terms that occur often enough to be in `min_df` articles."""

    terms: list[str]
    """Sorted; the number of a term is its position."""
    names: NDArray[np.object_]
    """The most frequent word of each term, as a reader would write it."""

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return dict(zip(self.terms, range(len(self.terms)), strict=True))

    def numbers_of(self, terms: Iterable[str]) -> NDArray[np.int32]:
        """Return the number of each term, or -1 if it is not in the vocabulary.

        Examples
        --------
        >>> Vocabulary(["oat", "rye"], np.array(["oats", "rye"])).numbers_of(["rye", "tea"])
        array([ 1, -1], dtype=int32)
        """
        get = self._numbers.get
        return np.array([get(term, -1) for term in terms], np.int32)


@dataclass(frozen=True, eq=False)
class TermSpace:
    """The columns of the rows: terms of a vocabulary, then phrases of two of its terms."""

    vocabulary: Vocabulary
    phrases: NDArray[np.int64]
    """Codes ``first * len(terms) + second`` of the phrases that are counted, ascending."""
    kept: NDArray[np.int64]
    """Numbers of the terms and phrases that are columns, ascending; phrases are numbered after
    terms."""
    df: NDArray[np.int64]
    """Number of articles in which each column occurs, in any field."""
    idf: NDArray[np.float64]
    """The weight of each column."""

    @property
    def width(self) -> int:
        """The number of terms and phrases that are counted."""
        return len(self.vocabulary.terms) + len(self.phrases)

    def count(self, sequences: Sequences, fields: Iterable[str]) -> dict[str, sparse.csr_array]:
        """Return, for each field, how often each term and phrase occurs in each article.

        Parameters
        ----------
        sequences : mapping of str to Part
            The numbers of terms of m articles, field by field.
        fields : iterable of str
            The fields that are weighted.

        Returns
        -------
        dict of str to csr_array of shape (m, width), int32
        """
        fields = list(fields)
        prose = prose_of(sequences, fields)
        pairs = number_pairs(prose, len(self.vocabulary.terms), self.phrases)
        parts = parts_of(sequences, pairs, fields)
        counts = {field: count_columns(several, self.width) for field, several in parts.items()}
        return after_terms(counts, len(self.vocabulary.terms))

    def weights(self, fields: Mapping[str, float], tf_exponent: float) -> Weights:
        """Return the weights that turn counts into rows, see `weighing.weigh_rows`."""
        place = np.full(self.width, -1, np.int32)
        place[self.kept] = np.arange(len(self.kept))
        return Weights(fields, place, self.idf, tf_exponent)

    def names_of(self, columns: NDArray[np.integer]) -> NDArray[np.object_]:
        """Return the terms of some columns, without making the names of all.

        Parameters
        ----------
        columns : ndarray of shape (n,), integer
            Columns of the rows, in any order.

        Returns
        -------
        ndarray of shape (n,), object
            For a stem, its most frequent word; for a phrase, both words.
        """
        kept, width = self.kept[columns], len(self.vocabulary.terms)
        phrase = kept >= width
        spelled = self.vocabulary.names
        names = np.empty(len(kept), dtype=object)
        names[~phrase] = spelled[kept[~phrase]]
        firsts, seconds = np.divmod(self.phrases[kept[phrase] - width], max(width, 1))
        names[phrase] = spelled[firsts] + " " + spelled[seconds]
        return names

    def columns_of(self, other: Columns) -> NDArray[np.int32]:
        """Return for each column of another space the column with the same term, or -1.

        Examples
        --------
        >>> def space(terms):
        ...     numbers = np.arange(len(terms))
        ...     vocabulary = Vocabulary(terms, np.array(terms))
        ...     return TermSpace(vocabulary, numbers[:0], numbers, numbers, numbers)
        >>> space(["oat", "rye"]).columns_of(Columns.of(space(["bun", "rye"])))
        array([-1,  1], dtype=int32)
        """
        mine, others = len(self.vocabulary.terms), len(other.terms)
        number = np.full(others + len(other.phrases), -1, np.int64)
        same = other.terms == self.vocabulary.terms
        terms = np.arange(mine) if same else self.vocabulary.numbers_of(other.terms)
        number[:others] = terms
        if len(self.phrases) and len(other.phrases):
            first, second = (terms[part] for part in np.divmod(other.phrases, max(others, 1)))
            codes = np.where((first < 0) | (second < 0), -1, first.astype(np.int64) * mine + second)
            places = np.minimum(np.searchsorted(self.phrases, codes), len(self.phrases) - 1)
            known = self.phrases[places] == codes
            number[others:] = np.where(known, places + mine, -1)
        column = np.full(self.width + 1, -1, np.int32)  # the last for -1
        column[self.kept] = np.arange(len(self.kept))
        return column[number[other.kept]]


@dataclass(frozen=True, eq=False)
class Columns:
    """The term of each column of a `TermSpace`, without weights."""

    terms: list[str]
    phrases: NDArray[np.int64]
    kept: NDArray[np.int64]

    @classmethod
    def of(cls, space: TermSpace) -> Columns:
        """Return the columns of a space."""
        return cls(space.vocabulary.terms, space.phrases, space.kept)


@dataclass(frozen=True)
class ColumnRule:
    """Which terms become columns, and how much each weighs.

    With n articles, a term in df articles is kept if
    ``min_df <= df <= max(max_df * n, ALWAYS_KEPT_DF)``. Its weight is
    ``(ln((1 + n) / (1 + df)) + 1) ** idf_exponent``.
    """

    min_df: int
    max_df: float
    idf_exponent: float

    def kept(self, df: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        """Return the numbers of the terms that are kept, in ascending order.

        Examples
        --------
        >>> ColumnRule(2, 0.5, 1.0).kept(np.array([1, 2, 10, 80]), 100).tolist()
        [1, 2]
        """
        limit = max(self.max_df * n, ALWAYS_KEPT_DF)
        return np.flatnonzero((df >= self.min_df) & (df <= limit))

    def space(
        self, vocabulary: Vocabulary, phrases: NDArray[np.int64], df: NDArray[np.int64], n: int
    ) -> TermSpace:
        """Return the term space of n articles, given the df of all terms, then of all phrases."""
        kept = self.kept(df, n)
        return TermSpace(vocabulary, phrases, kept, df[kept], self._idf(df[kept], n))

    def _idf(self, df: NDArray[np.int64], n: int) -> NDArray[np.float64]:
        """Return the weights of columns; each df that occurs is calculated once."""
        weights = np.zeros(df.max(initial=0) + 1)
        occurring = np.flatnonzero(np.bincount(df))
        weights[occurring] = power(log((1 + n) / (1 + occurring)) + 1, self.idf_exponent)
        return weights[df]


def prose_of(sequences: Sequences, fields: Iterable[str]) -> list[Part]:
    """Return the fields that phrases are made of; none if phrases have no weight."""
    return [sequences[field] for field in PROSE] if "phrases" in fields else []


def parts_of(sequences: Sequences, pairs: list[NDArray[np.int32]], fields: Iterable[str]) -> Fields:
    """Return the parts of each weighted field.

    pairs: for each field of `PROSE`, the number of the phrase that each word begins, or -1.
    """
    phrases = [
        (numbers, sequences[field][1]) for field, numbers in zip(PROSE, pairs, strict=bool(pairs))
    ]
    return {field: phrases if field == "phrases" else [sequences[field]] for field in fields}


def after_terms(counts: dict[str, sparse.csr_array], terms: int) -> dict[str, sparse.csr_array]:
    """Shift the columns of phrases behind those of the terms, in place."""
    if "phrases" in counts:
        counts["phrases"].indices += np.int32(terms)
    return counts
