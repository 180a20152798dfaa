"""SQLite: the rows of a table, a view or a query; the database is opened read-only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

from recommender.errors import SourceError
from recommender.sources.base import Records, SourceOptions
from recommender.sources.columns import table_records
from recommender.sources.tables.sql import chosen_table, no_rows

MANY_ROWS, BYTES_PER_ROW = 100_000, 4
"""A query of more rows than this gives at most one for each so many bytes of the database."""
MAX_STEPS, STEPS_AT_ONCE = 5_000_000_000, 1_000_000
"""Steps of SQLite's machine that a query may take, and between two looks at their number."""


def read_sqlite(path: Path, options: SourceOptions) -> Records:
    """Return the rows that `table` or `query` names as records; the one table if neither does.

    Raises
    ------
    SourceError
        If the file is not a database, or the table or query is wrong.
    """
    if options.table and options.query:
        raise SourceError(f"{path}: table and query are both set", "keep one of them")
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            query = options.query or _select(connection, path, options.table)
            steps = iter(range(MAX_STEPS // STEPS_AT_ONCE))
            connection.set_progress_handler(lambda: next(steps, None) is None, STEPS_AT_ONCE)
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description or ()]
            most = max(MANY_ROWS, path.stat().st_size // BYTES_PER_ROW)
            rows = cursor.fetchmany(most + 1)
    except sqlite3.Error as error:
        raise SourceError(
            f"{path}: cannot be read through SQLite: {error}",
            "check that the query is one SELECT" if options.query else "name an SQLite database",
        ) from error
    if len(rows) > most:
        raise SourceError(
            f"{path}: gives more than {most:,} rows, more than a file of its size can contain",
            "check the view or the query: it repeats rows",
        )
    if not rows:
        raise no_rows(str(path), options)
    return table_records(pd.DataFrame(rows, columns=columns, dtype=object), path, options)


def _select(connection: sqlite3.Connection, path: Path, table: str | None) -> str:
    found = connection.execute(
        "SELECT name, type FROM sqlite_master"
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
    ).fetchall()
    names = [name for name, _ in found]
    tables = [name for name, kind in found if kind == "table"]
    quoted = chosen_table(table, tables, names, str(path)).replace('"', '""')
    return f'SELECT * FROM "{quoted}"'  # noqa: S608
