"""Limits of files that no honest site reaches, so that a hostile one costs little time and memory.

A small file must not take much longer, or much more memory, than its size suggests. So each limit
counts what makes a parser slow or a table large. None is a time, so the result does not depend on
the machine. A file beyond a limit is an error, or skipped and reported, like one that is damaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.errors import SourceError

MAX_FIELDS = 1_000
"""Maximum number of fields at the head of a file."""
MAX_COLUMNS = 10_000
"""Maximum number of columns of a table of text."""
MANY_CELLS, MAX_SPARSE = 2_000_000, 50
"""A table of more cells than this has at most so many for each cell that the file states: an empty
cell takes memory, but no byte of the file."""
MAX_ANSWER = 64 << 20
"""Maximum bytes of one answer of a site, unpacked; a hundred posts have a megabyte or two."""


def check_fields(fields: Mapping[str, Any], where: str) -> None:
    """Raise if the head of a file has too many fields.

    Raises
    ------
    SourceError
        If there are more than `MAX_FIELDS`.
    """
    if len(fields) > MAX_FIELDS:
        raise SourceError(
            f"{where}: has {len(fields):,} fields, at most {MAX_FIELDS:,} are read",
            "leave the file out with glob, or move the data elsewhere",
        )


def check_rows(rows: Sequence[Mapping[str, Any]], where: str) -> None:
    """Raise if a table of these rows would consist of empty cells nearly everywhere.

    Raises
    ------
    SourceError
        As `check_cells`.
    """
    check_cells(len(rows), len(set[str]().union(*rows)), sum(map(len, rows)), where)


def check_cells(rows: int, columns: int, filled: int, where: str) -> None:
    """Raise if a table consists of empty cells nearly everywhere.

    Parameters
    ----------
    rows, columns : int
        Size of the table.
    filled : int
        Number of cells that the source states.
    where : str
        The source, for the message.

    Raises
    ------
    SourceError
        If it has more than `MAX_COLUMNS`, or more than `MANY_CELLS` cells, and `MAX_SPARSE` for
        each that is filled.
    """
    if columns > MAX_COLUMNS or rows * columns > max(MANY_CELLS, MAX_SPARSE * filled):
        raise SourceError(
            f"{where}: {rows:,} articles with {columns:,} different fields do not fit into a table",
            "give all articles the same fields, or leave some articles out",
        )
