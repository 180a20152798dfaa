"""A large source as a stream of Article tables: only some of its texts are in memory at a time.

JSON Lines and Parquet are read twice: the first pass collects facts about the whole, see `pieces`.
Together, the tables contain the same articles as `read_source` returns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recommender.config import WORDPRESS
from recommender.sources.base import SourceOptions, SourceResult, open_bytes, reading
from recommender.sources.columns import table_records
from recommender.sources.html.recurrence import Sampled
from recommender.sources.ids import IdRegister
from recommender.sources.pieces import (
    Raw,
    facts_of,
    join_facts,
    piece_articles,
    recurring_of,
    sample_of,
)
from recommender.sources.readers import nothing_left, read_source
from recommender.sources.tables.folders import file_format
from recommender.sources.tables.json import objects_table, parse_lines
from recommender.sources.tables.parquet import open_parquet, plain_cells
from recommender.sources.tables.sql import is_url, shown_url
from recommender.teasers import teasers

if TYPE_CHECKING:
    from recommender.resources import Progress

BATCH_BYTES = 32 << 20
"""Number of unpacked bytes to read at a time."""
BATCH_ROWS = 8192
"""Number of Parquet rows to read at a time."""
LARGE_BYTES = 256 << 20
"""From this size in bytes, reading a file twice is worth the memory that it saves."""
PACKED = 4
"""Approximate ratio of unpacked to packed size."""


def stream_articles(
    path: str | os.PathLike[str], format: str = "auto", *, teaser_words: int = 20, **options: Any
) -> Iterator[pd.DataFrame]:
    """Yield the articles of a file as Article tables, for `ArticleRecommender.fit`.

    Parameters
    ----------
    path : path
        JSON Lines (also packed, ``.jsonl.gz``) or Parquet is read in batches; any other source that
        `read_articles` accepts is yielded as one table.
    format : str
        As for `read_articles`.
    teaser_words : int, >= 1, default 20
        Maximum number of words in a teaser. Each article's `description` is its teaser, because its
        text is no longer there when lists are written.
    **options
        As for `read_articles`.

    Yields
    ------
    DataFrame
        As returned by [`validate_articles`][recommender.articles.validate_articles].

    Raises
    ------
    SourceError, ConfigError, MissingDependencyError
        As for `read_articles`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "articles.jsonl")
    ...     _ = file.write_text('{"id": "rye", "title": "Rye", "text": "Sow it early."}')
    ...     [list(table["description"]) for table in stream_articles(file, teaser_words=2)]
    [['Sow it…']]
    """
    given = SourceOptions(format=format, **options)
    for result in stream_source(path, given, teaser_words):
        yield result.articles


def is_large(path: str | os.PathLike[str], format: str = "auto") -> bool:
    """Return whether a source can be streamed and is large enough for it."""
    file = Path(path)
    kind = _streamed_format(file, format)
    packed = kind == "parquet" or file.suffix.lower() == ".gz"
    return bool(kind) and file.stat().st_size * (PACKED if packed else 1) >= LARGE_BYTES


def stream_source(
    path: str | os.PathLike[str],
    options: SourceOptions | None = None,
    teaser_words: int = 20,
    progress: Progress | None = None,
) -> Iterator[SourceResult]:
    """Yield the articles of a source batch by batch, and the skipped ones; see `stream_articles`.

    Parameters
    ----------
    path : path
        As for `stream_articles`.
    options : SourceOptions, optional
        How to read it.
    teaser_words : int, >= 1, default 20
        As for `stream_articles`.
    progress : callable, optional
        Called with ``("reading", batches done, batches)``.

    Raises
    ------
    SourceError, ConfigError, MissingDependencyError
        As for `read_source`, with the same places; earlier batches have been yielded by then.
    """
    options = options or SourceOptions()
    options = replace(options, now=options.now or datetime.now(UTC))
    with reading(shown_url(path)):
        if is_url(path) or str(path).startswith(WORDPRESS):
            yield _with_teasers(read_source(path, options), teaser_words)
        else:
            yield from _results(Path(path), options, teaser_words, progress)


def _results(
    path: Path, options: SourceOptions, teaser_words: int, progress: Progress | None
) -> Iterator[SourceResult]:
    kind = _streamed_format(path, options.format)
    facts, sample = [], list[Sampled]()
    for raw in _batches(path, kind):
        facts.append(facts_of(raw, options))
        sample = sample_of(raw, options, sample)
    slashed = not options.date_format and any(fact.slashed for fact in facts)
    if len(facts) < 2 or slashed:  # a batch may not show which is the day; the whole does
        yield _with_teasers(read_source(path, options), teaser_words)
        return
    columns = join_facts(facts, str(path), options)
    recurring = recurring_of([sample])
    ids: set[str] = set()
    skipped = []
    for done, raw in enumerate(_batches(path, kind), start=1):
        result = piece_articles(raw, columns, str(path), options, recurring)
        own = set(result.articles["id"])
        if not ids.isdisjoint(own):
            known = (batch for batch, _ in zip(_batches(path, kind), range(done), strict=False))
            _check_repeated(ids & own, known, columns, str(path), options)
        ids |= own
        skipped += result.skipped
        yield _with_teasers(result, teaser_words)
        if progress is not None:
            progress("reading", done, len(facts))
    if not ids:
        raise nothing_left(str(path), skipped)


def _streamed_format(file: Path, format: str) -> str:
    """Return the format in which a file is streamed, or an empty string if it is not."""
    kind = file_format(file) if format == "auto" else format
    return kind if kind in _BATCHES and file.is_file() else ""


def _batches(file: Path, kind: str) -> Iterator[Raw]:
    return _BATCHES[kind](file) if kind else iter(())


def _line_batches(file: Path) -> Iterator[Raw]:
    before = 0
    with open_bytes(file) as lines_of:
        while lines := lines_of.readlines(BATCH_BYTES):
            items, numbers = parse_lines(lines, file, before + 1)
            before += len(lines)
            yield Raw(objects_table(items, file), [f"{file}:{n}" for n in numbers])


def _row_batches(file: Path) -> Iterator[Raw]:
    before = 0
    with open_parquet(file) as whole:
        for batch in whole.iter_batches(BATCH_ROWS):
            table = plain_cells(batch.to_pandas(ignore_metadata=True))
            yield Raw(table, [f"{file}: row {before + row + 1:,}" for row in range(len(table))])
            before += len(table)


_BATCHES = {"jsonl": _line_batches, "parquet": _row_batches}
"""Format to the function that reads it in batches."""


def _with_teasers(result: SourceResult, words: int) -> SourceResult:
    shown = pd.Series(teasers(result.articles, words), dtype=object)
    return result._replace(articles=result.articles.assign(description=shown))


def _check_repeated(
    ids: Set[str], batches: Iterator[Raw], columns: list[str], source: str, options: SourceOptions
) -> None:
    """Raise for ids that several batches contain; reads them again to find the lines."""
    register = IdRegister()
    for raw in batches:
        table = table_records(raw.table.reindex(columns=columns), source, options).table
        for name, place in zip(map(str, table["id"]), raw.places, strict=True):
            if name in ids:
                register.add(name, place)
    # An id that the table had to change (half a surrogate pair) is not found in the file.
    if not register.problems:
        register.add_repeated(ids, source)
    register.check()
