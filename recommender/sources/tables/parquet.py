"""Parquet: one row per article; needs the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recommender.errors import MissingDependencyError, SourceError
from recommender.sources.base import Records, SourceOptions
from recommender.sources.columns import table_records


def read_parquet(path: Path, options: SourceOptions) -> Records:
    """Return the rows of a Parquet file as records.

    Raises
    ------
    MissingDependencyError, SourceError
        As for `open_parquet`; also if there are no rows.
    """
    with open_parquet(path) as file:
        table = plain_cells(file.read().to_pandas(ignore_metadata=True))
    if table.empty:
        raise SourceError(f"{path}: contains no articles", "name a file with at least two")
    return table_records(table, path, options)


@contextmanager
def open_parquet(path: Path) -> Iterator[Any]:
    """Open a Parquet file as a `pyarrow.parquet.ParquetFile`.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    SourceError
        If the file cannot be opened, or read, as Parquet.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingDependencyError("pyarrow", "parquet", "reading Parquet") from error
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # pyarrow repeats what Thrift, C++ or Python say
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise SourceError(
            f"{path}: is not valid Parquet: {reason}", "write the file again, or leave it out"
        ) from error


def plain_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return an Arrow table with lists in its cells instead of arrays.

    Examples
    --------
    >>> plain_cells(pd.DataFrame({"tags": [np.array(["rye"])]}))["tags"][0]
    ['rye']
    """
    for name in table.columns[[dtype.kind == "O" for dtype in table.dtypes]]:
        table[name] = table[name].map(_plain)
    return table


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
