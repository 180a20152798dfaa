"""Articles to field-weighted TF-IDF rows of unit length.

Owns the counting of terms per field, the weights and the normalisation. Invariant: terms are
sorted, and so are the indices within a row, so that equal articles give equal rows, bit for
bit, whatever order they came in. Reads no files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.analysis import Analyzer, Lexicon, Tokens, base_language, detect_languages
from recommender.neighbors.base import Progress

TEXT_FIELDS = ("title", "text", "tags", "headings", "category", "path")
"""Columns of the Article table whose terms are counted."""

FIELDS = (*TEXT_FIELDS, "phrases")
"""The fields that can be weighted: the columns, and pairs of neighboring terms."""

PROSE = ("title", "text")
"""The columns that tell an article's language, and whose pairs of terms are phrases."""

Sequences = dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Per field: the column of each word in order (-1: none), and the n + 1 ends of the articles."""

ALWAYS_KEPT_DF = 10
"""`max_df` drops no term of this many articles or fewer: in a small site nothing is common."""


class Words(NamedTuple):
    """The words of all articles in order, before any word is judged.

    A word is kept once per language, so that it can be a stop word in one of them only.
    """

    words: list[str]
    """Distinct words, once per language."""
    languages: list[str]
    """The language of each distinct word."""
    tokens: dict[str, Tokens]
    """Per field: the number of each word that stands there, article after article."""
    article_languages: list[str]
    """The language of each of the n articles, empty where unknown."""
    main_language: str
    """The language in which words of articles of unknown language are judged."""


def read_words(
    articles: pd.DataFrame,
    fields: Iterable[str],
    analyzer: Analyzer,
    progress: Progress | None = None,
    main_language: str | None = None,
) -> Words:
    """Cut the fields of all articles into words.

    Parameters
    ----------
    articles : DataFrame of n rows
        An Article table.
    fields : iterable of str
        Names out of `TEXT_FIELDS`; a column that is not there counts as empty.
    analyzer : Analyzer
        Tells each article's language.
    progress : callable, optional
        Called with ``("analysis", articles done, n)`` now and then.
    main_language : str, optional
        Language of articles that show none; None takes the most frequent of these articles.
    """
    lexicon = Lexicon()
    tokens = {
        field: lexicon.read(_field_texts(articles, field), progress if field == "text" else None)
        for field in fields
    }
    given = [base_language(tag) for tag in _field_texts(articles, "lang")]
    if analyzer.language != "auto":
        given = [base_language(analyzer.language)] * len(articles)
    if not all(given):
        prose = [tokens[field] for field in PROSE if field in tokens]
        detected = detect_languages(lexicon.words, *(prose or tokens.values()))
        given = [own or found for own, found in zip(given, detected, strict=True)]
    if main_language is None:
        main_language = _most_frequent(given)
    return _by_language(lexicon.words, tokens, given, main_language)


def _rows(tokens: Tokens) -> NDArray[np.int64]:
    """Return the number of the text that each word stands in."""
    return np.repeat(np.arange(len(tokens.ends) - 1), np.diff(tokens.ends))


def _by_language(
    words: list[str], tokens: dict[str, Tokens], article_languages: list[str], main_language: str
) -> Words:
    """Return the words with one number per language that they are used in."""
    judged_in = [language or main_language for language in article_languages]
    names = sorted(set(judged_in))
    index = np.array([names.index(language) for language in judged_in], np.int64)
    codes = {
        field: index[_rows(part)] * len(words) + part.numbers for field, part in tokens.items()
    }
    used = np.zeros(len(names) * len(words), np.bool_)
    for part in codes.values():
        used[part] = True
    number = np.cumsum(used, dtype=np.int32) - 1
    language, word = np.divmod(np.flatnonzero(used), max(len(words), 1))
    return Words(
        [words[at] for at in word],
        [names[at] for at in language],
        {field: Tokens(number[codes[field]], part.ends) for field, part in tokens.items()},
        article_languages,
        main_language,
    )


class ArticleVectorizer:
    """Turn articles into TF-IDF rows whose dot product is the cosine.

    Parameters
    ----------
    weights : mapping of str to float >= 0
        Weight of each field out of `FIELDS`; fields left out or at 0 do not count.
    analyzer : Analyzer
        Makes terms of words.
    tf_exponent : float in (0, 1], default 0.5
        Damping of the term frequency: 0.5 is the square root, 1 the plain count.
    idf_exponent : float >= 0, default 1.25
        Power of the inverse document frequency.
    min_df : int >= 1, default 2
        Terms in fewer articles are left out: they can relate nothing.
    max_df : float in (0, 1], default 0.5
        Terms in a larger share of the articles are left out.

    Attributes
    ----------
    terms_ : list of str
        The terms of the columns as a reader would write them: for each stem the most
        frequent word; for a phrase both words. Columns of phrases come last.
    df_ : ndarray of shape (terms,), int64
        In how many articles each term stands, in any field.
    idf_ : ndarray of shape (terms,), float64
        ``(ln((1 + n) / (1 + df)) + 1) ** idf_exponent``.
    languages_ : list of str
        The language of each article of the fit, empty where it shows none.
    main_language_ : str
        The most frequent of them; words of articles without a language are judged in it.

    Notes
    -----
    With c(t, f, a) the count of term t in field f of article a, and unit() division by the
    Euclidean length::

        part(f, a) = weight(f) * unit over t (c(t, f, a) ** tf_exponent * idf(t))
        row(a)     = unit (sum over f of part(f, a))

    idf is smoothed as in scikit-learn's ``TfidfTransformer``, then raised to a power. Giving
    each field unit length before it is weighted makes a title count the same over a short
    text and a long one; counting the fields together, as BM25F does [1]_, measured worse.

    References
    ----------
    .. [1] S. Robertson, H. Zaragoza and M. Taylor (2004). Simple BM25 extension to multiple
       weighted fields. CIKM, 42-49, doi:10.1145/1031171.1031181.

    Examples
    --------
    >>> articles = pd.DataFrame({"title": ["Red boats", "A red boat", "Tea"],
    ...                          "text": ["boats at sea", "the boat", "green tea"]})
    >>> vectorizer = ArticleVectorizer({"title": 0.3, "text": 1.0}, Analyzer("en"))
    >>> rows = vectorizer.fit_transform(articles)
    >>> rows.shape, vectorizer.terms_
    ((3, 2), ['boat', 'red'])
    """

    terms_: list[str]
    df_: NDArray[np.int64]
    idf_: NDArray[np.float64]
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
    ) -> None:
        self.weights = {field: float(weights[field]) for field in FIELDS if weights.get(field)}
        self.analyzer = analyzer
        self.tf_exponent = tf_exponent
        self.idf_exponent = idf_exponent
        self.min_df = min_df
        self.max_df = max_df

    def fit_transform(
        self, articles: pd.DataFrame, progress: Progress | None = None
    ) -> sparse.csr_array:
        """Learn terms and idf from the articles and return their rows.

        Parameters
        ----------
        articles : DataFrame of n rows
            An Article table.
        progress : callable, optional
            See `read_words`.

        Returns
        -------
        csr_array of shape (n, terms), float64
            Rows of unit length, or all zero for an article that shares no term with any
            other; indices sorted.
        """
        return self.fit_words(read_words(articles, self._text_fields, self.analyzer, progress))

    def fit_words(self, words: Words) -> sparse.csr_array:
        """Do `fit_transform` on words already cut, so that settings can be tried in turn."""
        self.languages_ = words.article_languages
        self.main_language_ = words.main_language
        term_of_word = self._judge(words)
        vocabulary = sorted({term for term in term_of_word if term})
        self._columns = {term: column for column, term in enumerate(vocabulary)}
        sequences = self._sequences(words, term_of_word)
        self._phrases = np.empty(0, np.int64)
        if "phrases" in self.weights:
            codes, _ = _phrase_codes(sequences, len(vocabulary))
            distinct, occurrences = np.unique(codes, return_counts=True)
            self._phrases = distinct[occurrences >= self.min_df]
        counts = self._count(sequences)
        n = len(words.article_languages)
        df = _document_frequencies(counts.values())
        limit = max(self.max_df * n, ALWAYS_KEPT_DF)
        self._kept = np.flatnonzero((df >= self.min_df) & (df <= limit))
        self.df_ = df[self._kept]
        self.idf_ = (np.log((1 + n) / (1 + self.df_)) + 1) ** self.idf_exponent
        self.terms_ = self._names(words, term_of_word)
        return _unit(_total(self._parts(counts)))

    def transform(self, articles: pd.DataFrame) -> sparse.csr_array:
        """Return the rows of other articles in the terms and idf of the fit.

        Parameters
        ----------
        articles : DataFrame of m rows
            An Article table. Terms that the fit did not see are left out.

        Returns
        -------
        csr_array of shape (m, terms), float64
        """
        return _unit(_total(self._parts(self._known_counts(articles))))

    def parts(self, articles: pd.DataFrame) -> dict[str, sparse.csr_array]:
        """Return what each field adds to the rows: the parts sum to `transform`'s result.

        Parameters
        ----------
        articles : DataFrame of m rows
            An Article table.

        Returns
        -------
        dict of str to csr_array of shape (m, terms), float64
            One entry per field of weight above 0.
        """
        parts = self._parts(self._known_counts(articles))
        scale = sparse.diags_array(1 / _lengths(_total(parts)))
        return {field: (scale @ part).tocsr() for field, part in parts.items()}

    def languages_of(self, articles: pd.DataFrame) -> list[str]:
        """Return the language of each article, as the fit would tell it."""
        return self._read(articles).article_languages

    @property
    def _text_fields(self) -> list[str]:
        """The columns to read; phrases are made of the title and the text."""
        fields = [field for field in self.weights if field != "phrases"]
        return fields if "phrases" not in self.weights else sorted({*fields, *PROSE})

    def _judge(self, words: Words) -> list[str]:
        pairs = zip(words.words, words.languages, strict=True)
        return [self.analyzer.term(word, language) for word, language in pairs]

    def _sequences(self, words: Words, term_of_word: list[str]) -> Sequences:
        """Return per field the column of every word in order, -1 where it has none."""
        columns = np.array([self._columns.get(term, -1) for term in term_of_word], np.int64)
        return {field: (columns[flat], ends) for field, (flat, ends) in words.tokens.items()}

    def _read(self, articles: pd.DataFrame) -> Words:
        return read_words(
            articles, self._text_fields, self.analyzer, main_language=self.main_language_
        )

    def _known_counts(self, articles: pd.DataFrame) -> dict[str, sparse.csr_array]:
        words = self._read(articles)
        return self._count(self._sequences(words, self._judge(words)))

    def _count(self, sequences: Sequences) -> dict[str, sparse.csr_array]:
        """Return per weighted field how often each term and phrase stands in each article."""
        width = len(self._columns)
        counts = {}
        for field in self.weights:
            if field == "phrases":
                codes, rows = _phrase_codes(sequences, width)
                at = np.searchsorted(self._phrases, codes)
                at[at == len(self._phrases)] = 0
                known = self._phrases[at] == codes if len(self._phrases) else at > 0
                columns, rows = width + at[known], rows[known]
            else:
                columns, ends = sequences[field]
                rows = np.repeat(np.arange(len(ends) - 1), np.diff(ends))[columns >= 0]
                columns = columns[columns >= 0]
            shape = (len(next(iter(sequences.values()))[1]) - 1, width + len(self._phrases))
            ones = np.ones(len(rows), np.int32)
            counts[field] = sparse.coo_array((ones, (rows, columns)), shape=shape).tocsr()
        return counts

    def _parts(self, counts: dict[str, sparse.csr_array]) -> dict[str, sparse.csr_array]:
        """Return per field its weight times the unit rows of damped counts times idf."""
        parts = {}
        for field, table in counts.items():
            part = table[:, self._kept].astype(np.float64)
            powers = np.arange(part.data.max(initial=0) + 1) ** self.tf_exponent
            part.data = powers[part.data.astype(np.int64)] * self.idf_[part.indices]
            part.sort_indices()
            parts[field] = self.weights[field] * _unit(part)
        return parts

    def _names(self, words: Words, term_of_word: list[str]) -> list[str]:
        """Return for each column the most frequent word of its stem, for a phrase both."""
        flat = np.concatenate([numbers for numbers, _ in words.tokens.values()])
        frequency = np.bincount(flat, minlength=len(words.words))
        best: dict[str, tuple[int, str]] = {}
        for word, term, count in zip(words.words, term_of_word, frequency, strict=True):
            best[term] = min(best.get(term, (1, "")), (-int(count), word))
        names = [best[term][1] for term in self._columns]
        for code in self._phrases:
            first, second = divmod(int(code), len(self._columns))
            names.append(f"{names[first]} {names[second]}")
        return [names[column] for column in self._kept]


def _most_frequent(languages: list[str]) -> str:
    known = Counter(language for language in languages if language)
    return max(sorted(known), key=lambda language: known[language], default="")


def _field_texts(articles: pd.DataFrame, name: str) -> list[str]:
    """Return the text of one field of every article; a column that is not there is empty."""
    if name not in articles:
        return [""] * len(articles)
    if name == "tags":
        return [" / ".join(tags) for tags in articles[name]]
    return list(articles[name])


def _phrase_codes(sequences: Sequences, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair of neighboring terms as ``first * width + second``, and its row."""
    codes, rows = [], []
    for field in PROSE:
        columns, ends = sequences[field]
        row = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        pair = (columns[:-1] >= 0) & (columns[1:] >= 0) & (row[:-1] == row[1:])
        codes.append((columns[:-1] * width + columns[1:])[pair])
        rows.append(row[:-1][pair])
    return np.concatenate(codes), np.concatenate(rows)


def _document_frequencies(counts: Iterable[sparse.csr_array]) -> NDArray[np.int64]:
    """Return in how many rows each column stands, in any of the tables."""
    total = _total({str(at): table for at, table in enumerate(counts)})
    return np.bincount(total.indices, minlength=total.shape[1]).astype(np.int64)


def _total(parts: Mapping[str, sparse.csr_array]) -> sparse.csr_array:
    total, *others = parts.values()
    for part in others:
        total = total + part
    return total


def _lengths(rows: sparse.csr_array) -> NDArray[np.float64]:
    """Return the Euclidean length of each row, 1 for a row of zeros."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)))
    return np.where(lengths > 0, lengths, 1.0)


def _unit(rows: sparse.csr_array) -> sparse.csr_array:
    """Return the rows divided by their length, with sorted indices."""
    unit = sparse.csr_array(sparse.diags_array(1 / _lengths(rows)) @ rows)
    unit.sort_indices()
    return unit
