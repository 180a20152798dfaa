"""CSV: one row per article under a header line; commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from recommender.errors import SourceError
from recommender.sources.base import INVALID, Records, Skipped, SourceOptions, read_text
from recommender.sources.columns import table_records
from recommender.sources.limits import check_cells
from recommender.text.csv_cells import as_written


def read_csv(path: Path, options: SourceOptions) -> Records:
    """Return the rows of a CSV file as records; every value is text.

    Raises
    ------
    SourceError
        If the file is empty, or a row has more values than the header.
    """
    text = read_text(path)
    header = text.lstrip().partition("\n")[0]
    if not header.strip():
        raise SourceError(
            f"{path}: is empty, expected a header line such as id,title,text",
            "write the names of the columns, then one article a line",
        )
    lines, separator = text.count("\n") + 1, _separator(header)
    columns = header.count(separator) + 1
    check_cells(lines, columns, text.count(separator) + lines, str(path))
    skipped: list[Skipped] = []
    if options.skip_invalid:
        text, skipped = _without_long_rows(text, separator, path)
    try:
        # Read without a header: pandas would take surplus values for an index, or drop them.
        cells = pd.read_csv(
            io.StringIO(text), sep=separator, header=None, dtype=str,
            keep_default_na=False, na_filter=False, index_col=False, encoding_errors="strict",
        )  # fmt: skip
    except pd.errors.ParserError as error:
        problem = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise SourceError(
            f"{path}: is not valid CSV: {problem}",
            'put values with commas, quotes or line ends in "quotes", a quote in them as ""',
        ) from error
    table = (
        cells.iloc[1:]
        .map(as_written)
        .set_axis([str(name).strip() for name in cells.iloc[0]], axis=1)
    )
    if table.empty:
        raise SourceError(
            f"{path}: contains no articles, only a header", "name a file with at least two"
        )
    return table_records(table, path, options)._replace(skipped=skipped)


def _without_long_rows(text: str, separator: str, path: Path) -> tuple[str, list[Skipped]]:
    """Return a CSV without the rows that have more values than the header, and these rows."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    kept: list[list[str]] = []
    skipped = []
    for row in reader:
        if kept and len(row) > len(kept[0]):
            problem = f"{INVALID}: {len(row)} values, expected {len(kept[0])}"
            skipped.append(Skipped(f"{path}:{reader.line_num}", problem))
        elif row:
            kept.append(row)
    if not skipped:
        return text, []
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(kept)
    return out.getvalue(), skipped


def _separator(header: str) -> str:
    """Return the most frequent separator in the header, a comma if they tie."""
    return max(",;\t", key=header.count)
