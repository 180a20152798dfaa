"""CSV cells that no spreadsheet runs as formulas: a quote before them, removed when read.

Invariant: `as_written` restores every text that `csv_text` writes.
"""

from __future__ import annotations

import csv
import re
from typing import Any

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def csv_text(table: pd.DataFrame) -> str:
    r"""Return a table as CSV with a header; texts that look like formulas get a leading ``'``.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"id": ["a", "b"], "title": ["=LINK(1)", "-"], "score": [-1, 2]}))
    "id,title,score\na,'=LINK(1),-1\nb,'-,2\n"
    """
    texts = table.select_dtypes(exclude="number")
    table = table.assign(**{str(name): texts[name].map(_guarded) for name in texts})
    # A bare carriage return ends a row for most readers, and QUOTE_MINIMAL does not quote it.
    bare = any(isinstance(cell, str) and "\r" in cell for name in texts for cell in table[name])
    return table.to_csv(
        index=False,
        lineterminator="\n",
        float_format="%.6f",
        quoting=csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL,
    )


def as_written(cell: str) -> str:
    """Return a CSV cell without the quote that keeps a spreadsheet from running it.

    Examples
    --------
    >>> as_written("'=A1"), as_written("''=A1"), as_written("'tis the season"), as_written("=A1")
    ('=A1', "'=A1", "'tis the season", '=A1')
    """
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _guarded(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
