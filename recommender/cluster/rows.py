"""Turns the texts of one shard into rows, with the sums over all shards that this needs.

Each function sees one shard or sums, never the corpus. Together they make exactly the rows of
`Vectorizer`. Knows no cluster: `build` decides what runs where, and each function may run again.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.articles import COLUMNS
from recommender.cluster.search import Shard
from recommender.editorial import BANS, PINS, own_names
from recommender.errors import ConfigError
from recommender.model import in_languages
from recommender.teasers import teasers
from recommender.text.counting import count_columns, document_frequencies, find_pairs
from recommender.text.words import Words, read_words
from recommender.vectors.termspace import Sequences, TermSpace, Vocabulary, prose_of
from recommender.vectors.vectorizer import Vectorizer, sequences_of
from recommender.vectors.weighing import weigh_rows

Counts = tuple[str, NDArray[np.int64]]
"""Term, word and language of each distinct word, separated by NUL, and how often each occurs.

One text for all: a dictionary would take five times the memory.
"""

Word = tuple[str, str, str]
"""Term, word and language."""

Tally = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Ascending codes of phrases, and the number of articles with each."""


class Opened(NamedTuple):
    """A shard of m articles as read."""

    words: Words
    articles: pd.DataFrame
    """The data for ranking and cards: the Article table with teasers instead of texts."""


class Head(NamedTuple):
    """The facts about a shard's articles that are needed for the whole."""

    ids: list[str]
    languages: Counter[str]


class Judged(NamedTuple):
    """The words of a shard, and the term of each."""

    words: Words
    terms: list[str]


EXTRA_COLUMNS = ("translations", "translation_key", "slug", "series_order", "adjacent")
"""Columns without a meaning of their own that the default stages read where they are there."""


def open_shard(articles: pd.DataFrame, vectorizer: Vectorizer, teaser_words: int) -> Opened:
    """Cut a shard into words, and drop the texts and the columns that nothing else reads."""
    named = [name for name in (PINS, BANS) if name in articles]
    if any(own_names(cell) for name in named for cell in articles[name]):
        raise ConfigError(
            f"{' or '.join(named)} of the articles: needs the local engine, got engine = dask",
            "remove it from the articles, or set engine = auto",
        )
    # Words of articles without a language get terms later, in the main language of all.
    fields, analyzer = vectorizer.text_fields, vectorizer.analyzer
    unscored = vectorizer.unscored
    words = read_words(articles, fields, analyzer, main_language="", unscored=unscored)
    blank = dict.fromkeys(("text", "headings", "path"), "")
    articles = in_languages(articles, words.article_languages)
    shown = {"description": teasers(articles, teaser_words)}
    names = [*COLUMNS, *(name for name in EXTRA_COLUMNS if name in articles)]
    return Opened(words, articles[names].assign(**blank, **shown))


def judge(vectorizer: Vectorizer, words: Words, main_language: str) -> Judged:
    """Turn the words of a shard into terms."""
    words = words._replace(
        languages=[language or main_language for language in words.languages],
        main_language=main_language,
    )
    return Judged(words, vectorizer.terms_of(words))


def place(judged: Judged, vocabulary: Vocabulary) -> Sequences:
    """Return, for each field, the number of each word's term, or -1 if it has none."""
    return sequences_of(judged.words, vocabulary.numbers_of(judged.terms))


def count_articles(
    vectorizer: Vectorizer, sequences: Sequences, vocabulary: Vocabulary, buckets: int
) -> tuple[NDArray[np.int64], list[Tally]]:
    """Return the number of articles with each term, and with each phrase by ranges of codes."""
    width = len(vocabulary.terms)
    fields = [sequences[field] for field in vectorizer.weights if field != "phrases"]
    df = np.zeros(width, np.int64)
    if fields:
        df = document_frequencies([[count_columns(fields, width)]], width)
    prose = prose_of(sequences, vectorizer.weights)
    if not prose:
        return df, [(np.empty(0, np.int64), np.empty(0, np.int64))] * buckets
    codes, numbers = find_pairs(prose, width, 1)
    parts = [(number, ends) for number, (_, ends) in zip(numbers, prose, strict=True)]
    articles = document_frequencies([[count_columns(parts, len(codes))]], len(codes))
    ends = np.searchsorted(codes, [width * width * b // buckets for b in range(buckets + 1)])
    return df, [(codes[a:b], articles[a:b]) for a, b in pairwise(ends)]


def keep_phrases(vectorizer: Vectorizer, tally: Tally, n: int) -> Tally:
    """Return those phrases that become columns in a corpus of n articles."""
    kept = vectorizer.rule.kept(tally[1], n)
    return tally[0][kept], tally[1][kept]


def term_space(
    vectorizer: Vectorizer,
    vocabulary: Vocabulary,
    df: NDArray[np.int64],
    phrases: list[Tally],
    n: int,
) -> TermSpace:
    """Return the columns and their weights in a corpus of n articles."""
    codes, counts = (np.concatenate(part) for part in zip(*phrases, strict=True))
    return vectorizer.rule.space(vocabulary, codes, np.concatenate([df, counts]), n)


def head(opened: Opened) -> Head:
    """Return the facts about a shard that are needed for the whole."""
    return Head(list(opened.articles["id"]), Counter(opened.words.article_languages))


def count_words(judged: Judged, buckets: int) -> list[Counts]:
    """Return how often each word occurs in a shard, with all words of a term in one bucket."""
    words, languages, tokens, _, _ = judged.words
    frequency = np.zeros(len(words), np.int64)
    for part in tokens.values():
        frequency += np.bincount(part.numbers, minlength=len(words))
    buckets_of_words: list[dict[Word, int]] = [{} for _ in range(buckets)]
    rows = zip(judged.terms, words, languages, frequency.tolist(), strict=True)
    for term, word, language, count in rows:
        if term:
            bucket = buckets_of_words[zlib.crc32(term.encode()) % buckets]
            key = term, word, language.replace("\0", "")
            bucket[key] = bucket.get(key, 0) + count
    return [_packed(bucket) for bucket in buckets_of_words]


def add_counts(parts: Sequence[Counts]) -> Counts:
    """Return how often each word occurs in several shards together."""
    total: dict[Word, int] = {}
    for part in parts:
        for key, count in _unpacked(part):
            total[key] = total.get(key, 0) + count
    return _packed(total)


def vocabulary_of(counts: Counts, least: int) -> Vocabulary:
    """Return the terms that occur at least `least` times: no other can be in so many articles."""
    total: Counter[str] = Counter()
    best: dict[str, tuple[int, str]] = {}
    for (term, word, _), count in _unpacked(counts):
        total[term] += count
        best[term] = min(best.get(term, (1, "")), (-count, word))
    terms = sorted(term for term, count in total.items() if count >= least)
    names = np.array([best[term][1] for term in terms], dtype=object)
    return Vocabulary(terms, names)


def join_vocabularies(parts: Sequence[Vocabulary]) -> Vocabulary:
    """Return the vocabulary of all buckets."""
    pairs = sorted(pair for part in parts for pair in zip(part.terms, part.names, strict=True))
    names = np.array([name for _, name in pairs], dtype=object)
    return Vocabulary([term for term, _ in pairs], names)


def add_tallies(parts: Sequence[Tally]) -> Tally:
    """Return the number of articles of several shards with each phrase."""
    codes = np.concatenate([part[0] for part in parts])
    order = np.argsort(codes, kind="stable")
    codes, counts = codes[order], np.concatenate([part[1] for part in parts])[order]
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    return codes[first], np.add.reduceat(counts, first) if len(first) else counts


def add_arrays(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the sum of arrays of one shape."""
    return reduce(add, parts)


def make_shard(
    vectorizer: Vectorizer, sequences: Sequences, space: TermSpace, numbers: NDArray[np.int32]
) -> Shard:
    """Return the rows of a shard with their numbers in the whole."""
    counts = space.count(sequences, vectorizer.weights)
    weights = space.weights(vectorizer.weights, vectorizer.tf_exponent)
    return Shard(numbers, weigh_rows([counts], weights))


def _packed(counts: dict[Word, int]) -> Counts:
    return "\0".join("\0".join(word) for word in counts), np.array([*counts.values()], np.int64)


def _unpacked(counts: Counts) -> Iterator[tuple[Word, int]]:
    parts = iter(counts[0].split("\0"))
    return zip(zip(parts, parts, parts, strict=False), counts[1].tolist(), strict=False)
