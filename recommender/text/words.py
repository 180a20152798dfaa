"""The words of all articles by field, as numbers that differ by word and language.

Knows the text columns of an Article table; does not decide which words count. Reads no files.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.articles import join_articles, not_a_table, validate_articles
from recommender.errors import SourceError
from recommender.resources import Progress
from recommender.teasers import teasers
from recommender.text.languages import base_language
from recommender.text.lexicon import make_lexicon
from recommender.text.rules import Rule
from recommender.text.terms import Analyzer, Tokens, detect_languages

TEXT_FIELDS = ("title", "text", "tags", "headings", "category", "path")
"""Columns of the Article table with terms to count."""

PROSE = ("title", "text")
"""The columns used to detect the language, and to form phrases from pairs of terms."""

TEASER_WORDS = 40
"""Words to keep of a text that is freed, for teasers."""

LET_GO = ("text", "headings")
"""The long columns, which are not kept when articles come as several tables."""


class Words(NamedTuple):
    """The words of all articles in order, before stop words and rare words are dropped.

    A word is stored once per language, because it may be a stop word in only one of them.
    """

    words: list[str]
    """Distinct words, once per language."""
    languages: list[str]
    """The language of each distinct word."""
    tokens: dict[str, Tokens]
    """For each field the number of each word in it, article after article."""
    article_languages: list[str]
    """The language of each of the n articles, empty if unknown."""
    main_language: str
    """The language to assume for the words of articles in an unknown language."""


class WordReader:
    """Splits the fields of articles into words, table after table, without keeping the texts.

    Parameters
    ----------
    fields : iterable of str
        Names from `TEXT_FIELDS`; a missing column counts as empty.
    analyzer : Analyzer
        Determines the language of each article.
    unscored : iterable of Rule, default ()
        Values of fields to ignore.
    """

    def __init__(
        self, fields: Iterable[str], analyzer: Analyzer, unscored: Iterable[Rule] = ()
    ) -> None:
        self._language = analyzer.language
        self._unscored = tuple(unscored)
        self._lexicon = make_lexicon()
        self._tokens: dict[str, list[Tokens]] = {field: [] for field in fields}
        self._given: list[str] = []

    def read(self, articles: pd.DataFrame, progress: Progress | None = None) -> None:
        """Split the articles of a table into words.

        Parameters
        ----------
        articles : DataFrame of n rows
            An Article table.
        progress : callable, optional
            Called with ``("analysis", articles done, n)`` from time to time.
        """
        for field, parts in self._tokens.items():
            texts = _field_texts(articles, field, self._unscored)
            parts.append(self._lexicon.read(texts, progress if field == "text" else None))
        tags = _field_texts(articles, "lang")
        if self._language != "auto":
            tags = [self._language] * len(articles)
        self._given += map(base_language, tags)

    def words(
        self, order: NDArray[np.intp] | None = None, main_language: str | None = None
    ) -> Words:
        """Return the words of all articles read; the reader cannot be used afterwards.

        Parameters
        ----------
        order : ndarray of shape (n,), intp, optional
            The article in each row; default: in the order of reading.
        main_language : str, optional
            Language of articles without one; default: the most frequent of these articles.
        """
        tokens = {}
        for field in [*self._tokens]:
            tokens[field] = _arranged(self._tokens.pop(field), order)
        given = self._given if order is None else [self._given[at] for at in order.tolist()]
        if not all(given):
            prose = [tokens[field] for field in PROSE if field in tokens]
            detected = detect_languages(self._lexicon, *(prose or tokens.values()))
            given = [own or found for own, found in zip(given, detected, strict=True)]
        if main_language is None:
            main_language = _most_frequent(given)
        words = self._lexicon.words
        del self._lexicon  # its tables are as large as the words
        return _by_language(words, tokens, given, main_language)


def read_tables(
    tables: pd.DataFrame | Iterable[pd.DataFrame],
    reader: WordReader,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, NDArray[np.intp] | None]:
    """Read the articles of one table, or of several tables whose texts are then freed.

    Parameters
    ----------
    tables : DataFrame or iterable of DataFrame
        See `validate_articles`.
    reader : WordReader
        Splits the articles into words.
    progress : callable, optional
        For one table, see `WordReader.read`.

    Returns
    -------
    articles : DataFrame of n rows
        The Article table. With several tables, the columns `LET_GO` are empty, and the start of
        a text is the `description` of an article that has none.
    order : ndarray of shape (n,), intp, or None
        Argument of `reader.words` for its rows.

    Raises
    ------
    SourceError
        If a table breaks a rule, an id is repeated, or no article has any text.
    """
    if isinstance(tables, pd.DataFrame):
        articles = validate_articles(tables)
        _raise_without_text(_has_text(articles), len(articles))
        reader.read(articles, progress)
        return articles, None
    if isinstance(tables, str | os.PathLike | Mapping | pd.Series) or not isinstance(
        tables, Iterable
    ):
        raise not_a_table(tables)
    kept, has_text = [], False
    for table in map(validate_articles, tables):
        has_text = has_text or _has_text(table)
        reader.read(table)
        empty = pd.Series("", index=table.index, dtype=object)
        shown = table["description"].mask(lambda own: own.str.strip() == "")
        shown = shown.fillna(pd.Series(teasers(table, TEASER_WORDS), dtype=object))
        kept.append(table.assign(description=shown, **dict.fromkeys(LET_GO, empty)))
    _raise_without_text(has_text, sum(map(len, kept)))
    return join_articles(kept)


def _has_text(articles: pd.DataFrame) -> bool:
    return any(map(str.strip, chain(articles["title"], articles["text"])))


def _raise_without_text(has_text: bool, n: int) -> None:
    if not n:
        raise SourceError(
            "articles: the table is empty", "pass a table with a row for each article"
        )
    if not has_text:
        raise SourceError(
            f"articles: none of the {n:,} articles has any text",
            "name the column with the text with text_column",
        )


def read_words(
    articles: pd.DataFrame,
    fields: Iterable[str],
    analyzer: Analyzer,
    progress: Progress | None = None,
    main_language: str | None = None,
    unscored: Iterable[Rule] = (),
) -> Words:
    """Split the fields of the articles of one table, see `WordReader`."""
    reader = WordReader(fields, analyzer, unscored)
    reader.read(articles, progress)
    return reader.words(main_language=main_language)


def _by_language(
    words: list[str], tokens: dict[str, Tokens], article_languages: list[str], main_language: str
) -> Words:
    """Return the words with one number for each language in which they occur."""
    judged_in = [language or main_language for language in article_languages]
    names = sorted(set(judged_in))
    if len(names) == 1:
        return Words(words, names * len(words), tokens, article_languages, main_language)
    shift = np.array([names.index(language) for language in judged_in], np.int64) * len(words)
    codes = {
        field: np.repeat(shift, np.diff(part.ends)) + part.numbers for field, part in tokens.items()
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


def _arranged(parts: list[Tokens], order: NDArray[np.intp] | None) -> Tokens:
    """Return the words of the articles of several tables, article ``order[i]`` in row i."""
    if order is None and len(parts) == 1:
        return parts[0]
    rows = [part.numbers[a:b] for part in parts for a, b in pairwise(part.ends.tolist())]
    if order is not None:
        rows = [rows[at] for at in order.tolist()]
    return Tokens(np.concatenate(rows), np.cumsum([0, *map(len, rows)], dtype=np.int64))


def _most_frequent(languages: list[str]) -> str:
    known = Counter(language for language in languages if language)
    return max(sorted(known), key=lambda language: known[language], default="")


def _field_texts(articles: pd.DataFrame, name: str, unscored: Iterable[Rule] = ()) -> list[str]:
    """Return the text of one field of every article; a missing column is empty."""
    if name not in articles:
        return [""] * len(articles)
    rules = [rule for rule in unscored if rule.column == name]

    def counts(value: str) -> bool:
        return not any(rule.fits(value) for rule in rules)

    if name == "tags":
        return [" / ".join(filter(counts, tags)) for tags in articles[name]]
    return [text if counts(text) else "" for text in articles[name]] if rules else [*articles[name]]
