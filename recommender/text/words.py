"""The words of all articles, by field: numbered, and told apart by the language they stand in.

Knows the columns of an Article table that hold text; judges no word. Reads no files.
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
from recommender.text.terms import Analyzer, Tokens, detect_languages

TEXT_FIELDS = ("title", "text", "tags", "headings", "category", "path")
"""Columns of the Article table whose terms are counted."""

PROSE = ("title", "text")
"""The columns that tell an article's language, and whose pairs of terms are phrases."""

TEASER_WORDS = 40
"""Words kept of a text that is let go of: teasers are made of them."""

LET_GO = ("text", "headings")
"""The long columns, which are not kept where articles come as several tables."""


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


class WordReader:
    """Cuts the fields of articles into words, table after table: no text need stay in memory.

    Parameters
    ----------
    fields : iterable of str
        Names out of `TEXT_FIELDS`; a column that is not there counts as empty.
    analyzer : Analyzer
        Tells each article's language.
    """

    def __init__(self, fields: Iterable[str], analyzer: Analyzer) -> None:
        self._language = analyzer.language
        self._lexicon = make_lexicon()
        self._tokens: dict[str, list[Tokens]] = {field: [] for field in fields}
        self._given: list[str] = []

    def read(self, articles: pd.DataFrame, progress: Progress | None = None) -> None:
        """Cut the articles of a table.

        Parameters
        ----------
        articles : DataFrame of n rows
            An Article table.
        progress : callable, optional
            Called with ``("analysis", articles done, n)`` now and then.
        """
        for field, parts in self._tokens.items():
            texts = _field_texts(articles, field)
            parts.append(self._lexicon.read(texts, progress if field == "text" else None))
        tags = _field_texts(articles, "lang")
        if self._language != "auto":
            tags = [self._language] * len(articles)
        self._given += map(base_language, tags)

    def words(
        self, order: NDArray[np.intp] | None = None, main_language: str | None = None
    ) -> Words:
        """Return the words of all articles read; the reader keeps none, and its use is over.

        Parameters
        ----------
        order : ndarray of shape (n,), intp, optional
            Which article stands in each row; as they were read when left out.
        main_language : str, optional
            Language of articles that show none; None takes the most frequent of these articles.
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
        return _by_language(self._lexicon.words, tokens, given, main_language)


def read_tables(
    tables: pd.DataFrame | Iterable[pd.DataFrame],
    reader: WordReader,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, NDArray[np.intp] | None]:
    """Read the articles of one table, or of several, whose texts are then let go of.

    Parameters
    ----------
    tables : DataFrame or iterable of DataFrame
        See `validate_articles`.
    reader : WordReader
        What cuts them.
    progress : callable, optional
        For one table, see `WordReader.read`.

    Returns
    -------
    articles : DataFrame of n rows
        The Article table; of several tables without the texts in the columns `LET_GO`, whose
        start is the `description` of an article that has none.
    order : ndarray of shape (n,), intp, or None
        What `reader.words` is to be given for its rows.

    Raises
    ------
    SourceError
        If a table breaks a rule, an id stands twice, or no article has any text.
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
    if not has_text:
        raise SourceError(
            f"articles: none of the {n:,} articles has any text",
            "see which column the text is in, and name it with text_column",
        )


def read_words(
    articles: pd.DataFrame,
    fields: Iterable[str],
    analyzer: Analyzer,
    progress: Progress | None = None,
    main_language: str | None = None,
) -> Words:
    """Cut the fields of the articles of one table, see `WordReader`."""
    reader = WordReader(fields, analyzer)
    reader.read(articles, progress)
    return reader.words(main_language=main_language)


def _by_language(
    words: list[str], tokens: dict[str, Tokens], article_languages: list[str], main_language: str
) -> Words:
    """Return the words with one number per language that they are used in."""
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
    """Return the words of several tables' articles, article ``order[i]`` in row i."""
    if order is None and len(parts) == 1:
        return parts[0]
    rows = [part.numbers[a:b] for part in parts for a, b in pairwise(part.ends.tolist())]
    if order is not None:
        rows = [rows[at] for at in order.tolist()]
    return Tokens(np.concatenate(rows), np.cumsum([0, *map(len, rows)], dtype=np.int64))


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
