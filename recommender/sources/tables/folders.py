"""A directory of JSON Lines or Parquet files, read as one table: the parts of a large corpus.

Such files can also be read in pieces, see `sources.pieces`, with the same articles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from recommender.errors import SourceError, join_problems
from recommender.sources.base import Records, Skipped, SourceOptions, open_bytes
from recommender.sources.columns import table_records
from recommender.sources.tables.json import objects_table, parse_lines
from recommender.sources.tables.parquet import open_parquet, plain_cells

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
"""Ending of a file's name to its format."""


def file_format(file: Path) -> str:
    """Return the format of a file that can be one of several parts, else an empty string.

    Examples
    --------
    >>> file_format(Path("a.jsonl.gz")), file_format(Path("a.md"))
    ('jsonl', '')
    """
    name = file.name.lower()
    return next((kind for end, kind in FORMATS.items() if name.endswith(end)), "")


def data_files(folder: Path) -> list[Path]:
    """Return the files directly in a directory, in order; hidden and private ones are left out."""
    return sorted(_files(folder))


def _files(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith((".", "_")) and entry.is_file():
                yield folder / entry.name


def folder_format(folder: Path) -> str:
    """Return the one format of all files in a directory, empty if it is not one of `FORMATS`."""
    formats: set[str] = set()
    for file in _files(folder):
        formats.add(file_format(file))
        if "" in formats or len(formats) > 1:
            return ""
    return formats.pop() if formats else ""


def read_folder(folder: Path, options: SourceOptions) -> Records:
    """Return the articles of all files in a directory as records.

    Raises
    ------
    SourceError
        If a file is of another kind or cannot be read, or none contains an article.
    """
    files = data_files(folder)
    kind = folder_format(folder) if options.format == "auto" else options.format
    others = [f"{file}: expected a {kind} file" for file in files if file_format(file) != kind]
    if others:
        raise SourceError(
            join_problems(others), "keep the parts of a corpus in their own directory"
        )
    read = _jsonl_parts if kind == "jsonl" else _parquet_parts
    skipped = [
        Skipped(str(entry), "not a regular file")
        for entry in sorted(folder.iterdir())
        if file_format(entry) == kind and not (entry.is_file() or entry.is_dir())
    ]
    parts = [*read(files, skipped if options.skip_invalid else None)]
    places = [place for _, own in parts for place in own]
    if not places:
        raise SourceError(f"{folder}: contains no articles", f"put {kind} files into it")
    table = pd.concat([table for table, _ in parts if len(table)], ignore_index=True)
    records = table_records(table, folder, options, places.__getitem__)
    return records._replace(skipped=skipped)


def _jsonl_parts(
    files: list[Path], skipped: list[Skipped] | None
) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    for path in files:
        with open_bytes(path) as file:
            items, lines = parse_lines(file, path, skipped=skipped)
        yield objects_table(items, path), [f"{path}:{line}" for line in lines]


def _parquet_parts(
    files: list[Path], skipped: list[Skipped] | None
) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    for path in files:
        with open_parquet(path) as file:
            table = plain_cells(file.read().to_pandas(ignore_metadata=True))
        yield table, [f"{path}: row {row + 1:,}" for row in range(len(table))]
