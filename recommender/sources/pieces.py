"""Large sources in pieces: byte ranges of JSON Lines, row groups of Parquet, files of a folder.

Any process can read a piece on its own. Together, pieces of any size give the result of
`read_source`. Facts about the whole (its columns, how its dates are written) are collected from the
`Facts` of the pieces. Knows no cluster.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.dates import slashed_format
from recommender.errors import ConfigError, SourceError
from recommender.sources.base import SourceOptions, SourceResult, read_bytes, reading
from recommender.sources.columns import candidates, check_columns, table_records
from recommender.sources.html.boilerplate import Signature
from recommender.sources.html.recurrence import Sampled, join_samples, recurring_lines, sample_texts
from recommender.sources.ids import IdRegister
from recommender.sources.limits import check_cells
from recommender.sources.readers import articles_of
from recommender.sources.tables.folders import data_files, file_format
from recommender.sources.tables.json import objects_table, parse_lines
from recommender.sources.tables.parquet import open_parquet, plain_cells

PIECE_BYTES = 16 << 20
"""Minimum size of a piece in bytes, if the source can be cut at all."""

MAX_PIECES = 256
"""Approximate maximum number of pieces: the search has as many blocks as their square."""


class Piece(NamedTuple):
    """A part of a file."""

    path: str
    format: str
    start: int
    """First byte, or row group."""
    stop: int
    """The one after the last; a line belongs to the piece that contains its first byte."""


class Raw(NamedTuple):
    """The rows of a piece, as read."""

    table: pd.DataFrame
    places: list[str]
    """The place of each row, for messages."""


class Facts(NamedTuple):
    """Facts of a piece about the whole source."""

    columns: list[str]
    slashed: list[str]
    """Names of columns whose dates can only be read with the help of other rows."""


def find_pieces(
    source: str | Path, format: str = "auto", size: int = PIECE_BYTES
) -> list[Piece] | None:
    """Return the pieces of a source in order, or None if it can only be read as a whole.

    Parameters
    ----------
    source : path
        A JSON Lines or Parquet file, or a directory of them; files of other kinds in a
        directory that holds such files are an error.
    format : str
        ``jsonl`` or ``parquet``; ``auto`` chooses by the suffix.
    size : int
        Size of a piece in bytes; larger if there would be more than `MAX_PIECES`. Packed files and
        row groups are not cut.

    Raises
    ------
    SourceError
        If a directory mixes such files with others.
    """
    path = Path(source)
    files = data_files(path) if path.is_dir() else [path]
    formats = {file_format(file) if format == "auto" else format for file in files}
    if not formats & {"jsonl", "parquet"} or not path.exists():
        return None
    if len(formats) > 1:
        others = [file.name for file in files if file_format(file) != file_format(files[0])]
        raise SourceError(
            f"{path}: expected files of one kind, got {files[0].name} and {others[0]}",
            "keep the parts of a corpus in their own directory",
        )
    size = max(size, sum(file.stat().st_size for file in files) // MAX_PIECES)
    cut = _line_pieces if formats == {"jsonl"} else _group_pieces
    return [piece for file in files for piece in cut(file, size)]


def read_piece(piece: Piece, options: SourceOptions) -> tuple[Raw, Facts, list[Sampled]]:
    """Return the rows of a piece under the source's own column names, their facts and their sample.

    From the sample of its texts, `recurring_of` finds the lines that recur.

    Raises
    ------
    SourceError
        If lines are not JSON objects; up to 20 are named.
    """
    with reading(piece.path):
        raw = _read_lines(piece) if piece.format == "jsonl" else _read_groups(piece)
    return raw, facts_of(raw, options), sample_of(raw, options)


def sample_of(raw: Raw, options: SourceOptions, known: Sequence[Sampled] = ()) -> list[Sampled]:
    """Return the sample of the texts of a piece, and of those `known` from other pieces."""
    names = [name for name in candidates("text", options) if name in raw.table]
    return sample_texts(raw.table[names[0]] if names else (), known)


def recurring_of(samples: Sequence[list[Sampled]]) -> set[Signature]:
    """Return the lines that recur over the whole source, from the samples of its pieces."""
    return recurring_lines(join_samples(samples))


def facts_of(raw: Raw, options: SourceOptions) -> Facts:
    """Return the facts of a piece about the whole source."""
    dated = {options.source_column("date").lower(), "publishdate", "expirydate"}
    slashed = [
        str(name)
        for name in raw.table.columns
        if str(name).lower() in dated and slashed_format(raw.table[name])
    ]
    return Facts(list(raw.table.columns), slashed)


def join_facts(facts: Sequence[Facts], source: str, options: SourceOptions) -> list[str]:
    """Return the columns of the whole source, in order of first appearance.

    Raises
    ------
    SourceError
        If a required column, or one that the user named, is in no piece.
    ConfigError
        If dates such as 31/12/2024 need `date_format`: a piece does not show their format.
    """
    columns = list(dict.fromkeys(name for fact in facts for name in fact.columns))
    check_columns(columns, source, options)
    slashed = sorted({name for fact in facts for name in fact.slashed})
    if slashed and not options.date_format and len(facts) > 1:
        raise ConfigError(
            f"{source}: dates of column {slashed[0]} are not ISO 8601, and a part of the source "
            "does not show which number is the day and which the month",
            'name their format, such as date_format = "%d/%m/%Y"',
        )
    return columns


def piece_articles(
    raw: Raw, columns: list[str], source: str, options: SourceOptions, recurring: set[Signature]
) -> SourceResult:
    """Return the articles of a piece, and what was left out.

    Parameters
    ----------
    raw : Raw
        From `read_piece`.
    columns : list of str
        From `join_facts`.
    source : str
        Name of the source, for messages.
    options : SourceOptions
        `now` must be set, so that all pieces agree.
    recurring : set of Signature
        From `recurring_of`.
    """
    with reading(source):
        check_cells(len(raw.table), len(columns), raw.table.size, source)
        table = raw.table.reindex(columns=columns)
        records = table_records(table, source, options, raw.places.__getitem__)
        return articles_of(records, source, options, recurring)


def cut_table(articles: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    """Return a table in pieces of about `size` characters of text."""
    ends = np.cumsum(articles["text"].str.len().to_numpy(dtype=np.int64))
    piece = (ends - ends[0]) // max(size, int(ends[-1]) // MAX_PIECES)
    return [part.reset_index(drop=True) for _, part in articles.groupby(piece)]


def number_articles(ids: list[list[str]], source: str) -> list[NDArray[np.int32]]:
    """Return for the articles of each piece their rows in the order of all ids."""
    every = np.array([name for part in ids for name in part], dtype=object)
    order = np.argsort(every, kind="stable")
    ranked = every[order]
    register = IdRegister()
    register.add_repeated(set(ranked[1:][ranked[1:] == ranked[:-1]]), source)
    register.check()
    if len(every) < 2:
        raise SourceError(
            f"{source}: contains only one article, a list needs at least two",
            "name the directory or file that contains all articles of the site",
        )
    numbers = np.empty(len(every), np.int32)
    numbers[order] = np.arange(len(every), dtype=np.int32)
    return np.split(numbers, np.cumsum([len(part) for part in ids])[:-1])


def _line_pieces(file: Path, size: int) -> list[Piece]:
    total = file.stat().st_size
    step = total if file.suffix.lower() == ".gz" else size
    starts = range(0, total, max(step, 1))
    return [Piece(str(file), "jsonl", start, min(start + step, total)) for start in starts]


def _group_pieces(file: Path, size: int) -> list[Piece]:
    with open_parquet(file) as table:
        metadata = table.metadata
    pieces, start, held = [], 0, 0
    for group in range(metadata.num_row_groups):
        held += metadata.row_group(group).total_byte_size
        if held >= size or group == metadata.num_row_groups - 1:
            pieces.append(Piece(str(file), "parquet", start, group + 1))
            start, held = group + 1, 0
    return pieces


def _read_lines(piece: Piece) -> Raw:
    path = Path(piece.path)
    if path.suffix.lower() == ".gz":
        data = read_bytes(path)
    else:
        with path.open("rb") as file:
            file.seek(max(piece.start - 1, 0))
            if piece.start:
                file.readline()  # the rest of the previous line; empty if one ended there
            data = file.read(max(piece.stop - file.tell(), 0))
            if data and not data.endswith(b"\n"):
                data += file.readline()
    where = piece.path if not piece.start else f"{piece.path} from byte {piece.start:,}"
    items, lines = parse_lines(io.BytesIO(data), where)
    return Raw(objects_table(items, piece.path), [f"{where}:{line}" for line in lines])


def _read_groups(piece: Piece) -> Raw:
    groups = list(range(piece.start, piece.stop))
    with open_parquet(Path(piece.path)) as file:
        table = plain_cells(file.read_row_groups(groups).to_pandas(ignore_metadata=True))
    where = f"{piece.path}: row group {piece.start}"
    return Raw(table, [f"{where}: row {row + 1:,}" for row in range(len(table))])
