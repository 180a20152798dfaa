"""The words of all articles, by field: numbered, and told apart by the language they stand in.

Knows the columns of an Article table that hold text; judges no word. Reads no files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from recommender.analysis import Analyzer, Tokens, base_language, detect_languages
from recommender.lexicon import make_lexicon
from recommender.neighbors.base import Progress

TEXT_FIELDS = ("title", "text", "tags", "headings", "category", "path")
"""Columns of the Article table whose terms are counted."""

PROSE = ("title", "text")
"""The columns that tell an article's language, and whose pairs of terms are phrases."""


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
    lexicon = make_lexicon()
    tokens = {
        field: lexicon.read(_field_texts(articles, field), progress if field == "text" else None)
        for field in fields
    }
    given = [base_language(tag) for tag in _field_texts(articles, "lang")]
    if analyzer.language != "auto":
        given = [base_language(analyzer.language)] * len(articles)
    if not all(given):
        prose = [tokens[field] for field in PROSE if field in tokens]
        detected = detect_languages(lexicon, *(prose or tokens.values()))
        given = [own or found for own, found in zip(given, detected, strict=True)]
    if main_language is None:
        main_language = _most_frequent(given)
    return _by_language(lexicon.words, tokens, given, main_language)


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
