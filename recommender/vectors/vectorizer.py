"""Turn articles into field-weighted TF-IDF rows of unit length.

Owns the counting of terms per field, the weights and the normalization. Invariant: terms are
sorted, and so are the indices within a row, so that equal articles give equal rows, bit for
bit, in any order of the input. Reads no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, reduce
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.checks import number, whole_number
from recommender.resources import Progress, drained, in_threads, processors
from recommender.text.counting import (
    count_blocks,
    document_frequencies,
    find_pairs,
    frequencies,
    look_up,
)
from recommender.text.rules import Rule
from recommender.text.terms import Analyzer
from recommender.text.words import PROSE, TEXT_FIELDS, WordReader, Words, read_words
from recommender.vectors.termspace import (
    ColumnRule,
    Sequences,
    TermSpace,
    Vocabulary,
    after_terms,
    parts_of,
    prose_of,
)
from recommender.vectors.weighing import Weights, lengths, scaled, total, weigh_parts, weigh_rows

FIELDS = (*TEXT_FIELDS, "phrases")
"""The fields that can be weighted: the columns, and pairs of neighboring terms."""


class Vectorizer:
    """Turn articles into TF-IDF rows whose dot product is the cosine.

    Parameters
    ----------
    weights : mapping of str to float >= 0
        Weight of each field in `FIELDS`; missing fields and fields with weight 0 are ignored.
    analyzer : Analyzer
        Converts words to terms.
    tf_exponent : float in (0, 1], default 0.5
        Damping of the term frequency: 0.5 is the square root, 1 the plain count.
    idf_exponent : float >= 0, default 1.25
        Power of the inverse document frequency.
    min_df : int >= 1, default 2
        Ignore terms that occur in fewer articles: a term of one article relates nothing.
    max_df : float in (0, 1], default 0.5
        Ignore terms that occur in a larger share of the articles.
    unscored : iterable of Rule, default ()
        Categories and tags to ignore.

    Attributes
    ----------
    space_ : TermSpace
        The terms and phrases that are columns, and their weights.
    terms_ : list of str
        The terms of the columns as a reader would write them: for each stem the most
        frequent word; for a phrase both words. Columns of phrases come last.
    df_ : ndarray of shape (terms,), int64
        Number of articles with each term, in any field.
    idf_ : ndarray of shape (terms,), float64
        ``(ln((1 + n) / (1 + df)) + 1) ** idf_exponent``.
    languages_ : list of str
        The language of each fitted article, empty if unknown.
    main_language_ : str
        The most frequent of them, assumed for articles without a language.

    Notes
    -----
    With c(t, f, a) the count of term t in field f of article a, and unit() division by the
    Euclidean length::

        part(f, a) = weight(f) * unit over t (c(t, f, a) ** tf_exponent * idf(t))
        row(a)     = unit (sum over f of part(f, a))

    idf is smoothed as in scikit-learn's ``TfidfTransformer``, then raised to a power. Each
    field has unit length before it is weighted, so that a title counts the same for a short
    text and a long one; counting all fields together, as BM25F does [1]_, gave worse lists.

    References
    ----------
    .. [1] S. Robertson, H. Zaragoza and M. Taylor (2004). Simple BM25 extension to multiple
       weighted fields. CIKM, 42-49, doi:10.1145/1031171.1031181.

    Examples
    --------
    >>> articles = pd.DataFrame({"title": ["Red boats", "A red boat", "Tea"],
    ...                          "text": ["boats at sea", "the boat", "green tea"]})
    >>> vectorizer = Vectorizer({"title": 0.3, "text": 1.0}, Analyzer("en"))
    >>> rows = vectorizer.fit_transform(articles)
    >>> rows.shape, vectorizer.terms_
    ((3, 2), ['boat', 'red'])
    """

    space_: TermSpace
    languages_: list[str]
    main_language_: str

    def __init__(
        self,
        weights: Mapping[str, float],
        analyzer: Analyzer,
        *,
        tf_exponent: float = 0.5,
        idf_exponent: float = 1.25,
        min_df: int = 2,
        max_df: float = 0.5,
        unscored: Iterable[Rule] = (),
    ) -> None:
        self.weights = {field: float(weights[field]) for field in FIELDS if weights.get(field)}
        self.analyzer = analyzer
        self.tf_exponent = tf_exponent
        self.idf_exponent = idf_exponent
        self.min_df = min_df
        self.max_df = max_df
        self.unscored = tuple(unscored)

    def fit_transform(
        self, articles: pd.DataFrame, progress: Progress | None = None
    ) -> sparse.csr_array:
        """Learn terms and idf from the articles and return their rows.

        Parameters
        ----------
        articles : DataFrame of n rows
            An Article table.
        progress : callable, optional
            See `WordReader.read`.

        Returns
        -------
        csr_array of shape (n, terms), float64
            Rows of unit length, or all zero for an article that has no term in common with any
            other; indices sorted.
        """
        reader = self.reader()
        reader.read(articles, progress)
        return self.fit_words(reader.words(), use_up=True)

    def reader(self) -> WordReader:
        """Return the reader that splits articles into words for `fit_words`."""
        return WordReader(self.text_fields, self.analyzer, self.unscored)

    def fit_words(self, words: Words, *, use_up: bool = False) -> sparse.csr_array:
        """Like `fit_transform`, for words: of many tables, or to try several settings.

        use_up: the words are not needed afterwards, so that their memory can be used.
        """
        self._check()
        self.languages_ = words.article_languages
        self.main_language_ = words.main_language
        frequency = frequencies(words.tokens.values(), len(words.words))
        terms, numbers = _vocabulary(self.terms_of(words), frequency, self.min_df)
        names = _spellings(words.words, numbers, frequency, len(terms))
        self.__dict__.pop("terms_", None)
        sequences = sequences_of(words, numbers, in_place=use_up)
        del words  # free what grows with the text once it has been used
        prose = prose_of(sequences, self.weights)
        phrases, pairs = find_pairs(prose, len(terms), self.min_df)
        fields, width = parts_of(sequences, pairs, self.weights), len(terms) + len(phrases)
        del sequences, prose, pairs
        counts = [after_terms(block, len(terms)) for block in count_blocks(fields, width)]
        del fields
        df, n = _document_frequencies(counts, width), len(self.languages_)
        self.space_ = self.rule.space(Vocabulary(terms, names), phrases, df, n)
        return weigh_rows(drained(counts), self._weights())

    def _check(self) -> None:
        """Raise unless the parameters are in their ranges."""
        whole_number("min_df", self.min_df)
        number("max_df", self.max_df, 0, 1)
        number("tf_exponent", self.tf_exponent, 0, 1)
        number("idf_exponent", self.idf_exponent, 0, 100)
        for field, weight in self.weights.items():
            number(f"weight of {field}", weight, 0, 1e6)

    def transform(self, articles: pd.DataFrame) -> sparse.csr_array:
        """Return the rows of other articles, with the terms and idf of the fit.

        Parameters
        ----------
        articles : DataFrame of m rows
            An Article table. Terms that are not in the fit are ignored.

        Returns
        -------
        csr_array of shape (m, terms), float64
        """
        return weigh_rows([self._known_counts(articles)], self._weights())

    def parts(self, articles: pd.DataFrame) -> dict[str, sparse.csr_array]:
        """Return the part of the rows from each field; the parts add up to `transform`'s result.

        Parameters
        ----------
        articles : DataFrame of m rows
            An Article table.

        Returns
        -------
        dict of str to csr_array of shape (m, terms), float64
            One entry for each field with a weight above 0.
        """
        parts = weigh_parts(self._known_counts(articles), self._weights())
        divisors = lengths(total(parts))
        return {field: scaled(part, divisors) for field, part in parts.items()}

    @cached_property
    def terms_(self) -> list[str]:
        """The terms of all columns; see the class."""
        return list(self.space_.names_of(np.arange(len(self.df_))))

    @property
    def df_(self) -> NDArray[np.int64]:
        """In how many articles each column occurs; see the class."""
        return self.space_.df

    @property
    def idf_(self) -> NDArray[np.float64]:
        """The weight of each column; see the class."""
        return self.space_.idf

    @property
    def rule(self) -> ColumnRule:
        """Which terms become columns."""
        return ColumnRule(self.min_df, self.max_df, self.idf_exponent)

    def languages_of(self, articles: pd.DataFrame) -> list[str]:
        """Return the language of each article, detected as in the fit."""
        return self._read(articles).article_languages

    @property
    def text_fields(self) -> list[str]:
        """The columns to read; phrases come from the title and the text."""
        fields = [field for field in self.weights if field != "phrases"]
        return fields if "phrases" not in self.weights else sorted({*fields, *PROSE})

    def terms_of(self, words: Words) -> list[str]:
        """Return the term of every distinct word, empty for ignored words."""
        terms: list[str] = []
        for language, run in groupby(words.languages):
            start = len(terms)
            terms += self.analyzer.terms(words.words[start : start + len(list(run))], language)
        return terms

    def _read(self, articles: pd.DataFrame) -> Words:
        main = self.main_language_
        return read_words(
            articles, self.text_fields, self.analyzer, main_language=main, unscored=self.unscored
        )

    def _known_counts(self, articles: pd.DataFrame) -> dict[str, sparse.csr_array]:
        words = self._read(articles)
        numbers = self.space_.vocabulary.numbers_of(self.terms_of(words))
        return self.space_.count(sequences_of(words, numbers), self.weights)

    def _weights(self) -> Weights:
        return self.space_.weights(self.weights, self.tf_exponent)


def _document_frequencies(
    counts: list[dict[str, sparse.csr_array]], width: int
) -> NDArray[np.int64]:
    """Return in how many articles each term and phrase occurs, in any field."""
    blocks = [[*fields.values()] for fields in counts]
    shares = [blocks[at :: processors()] for at in range(processors())]
    return reduce(np.add, in_threads(lambda share: document_frequencies(share, width), shares))


def _vocabulary(
    term_of_word: list[str], frequency: NDArray[np.int64], least: int
) -> tuple[list[str], NDArray[np.int32]]:
    """Return the terms that occur `least` times, and for each word its column or -1.

    No other term can be in that many articles. Terms are sorted.
    """
    numbers, terms = pd.factorize(np.array(term_of_word, dtype=object))
    total = np.bincount(numbers, frequency, minlength=len(terms))
    often = np.flatnonzero((total >= least) & (terms != ""))
    names = terms[often].tolist()
    order = np.array(sorted(range(len(names)), key=names.__getitem__), np.intp)
    place = np.full(len(terms), -1, np.int32)
    place[often[order]] = np.arange(len(order))
    return terms[often[order]].tolist(), place[numbers]


def _spellings(
    words: list[str], columns: NDArray[np.int32], frequency: NDArray[np.int64], width: int
) -> NDArray[np.object_]:
    """Return for each term the most frequent word of its stem; in a tie, the first."""
    counted = np.flatnonzero(columns >= 0)
    most = np.zeros(width, np.int64)
    np.maximum.at(most, columns[counted], frequency[counted])
    front = counted[frequency[counted] == most[columns[counted]]]
    spelled = np.array(words, dtype=object)[front]
    names = np.full(width, "", dtype=object)
    names[columns[front]] = spelled
    tied = np.bincount(columns[front], minlength=width)[columns[front]] > 1
    for word, column in zip(spelled[tied], columns[front][tied], strict=True):
        names[column] = min(word, names[column])
    return names


def sequences_of(words: Words, columns: NDArray[np.int32], *, in_place: bool = False) -> Sequences:
    """Return for each field the column of every word in order, or -1.

    in_place: put the columns where the words were.
    """
    return {
        field: (look_up(columns, part.numbers, in_place=in_place), part.ends)
        for field, part in words.tokens.items()
    }
