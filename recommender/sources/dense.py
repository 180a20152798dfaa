"""Reads the user's own vectors: a NumPy file, and a text file with an id per row."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError

import numpy as np
import pandas as pd

from recommender.errors import SourceError

_ONE_ID_A_LINE = "write the id of each row on a line, in the order of the rows"


def read_vectors(path: str | Path) -> pd.DataFrame:
    """Return the vectors of a .npy file, with the ids of the .txt file beside it as the index.

    Parameters
    ----------
    path : path
        ``vectors.npy``, an array of shape (m, d); ``vectors.txt`` has m lines, an id in each.

    Returns
    -------
    DataFrame of m rows and d columns
        The index contains the ids.

    Raises
    ------
    SourceError
        If a file cannot be read, the array has another shape, or an id is there twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder, "own.npy"), np.array([[0.5, 1.0]]))
    ...     _ = Path(folder, "own.txt").write_text("rye.md\\n")
    ...     read_vectors(Path(folder, "own.npy")).loc["rye.md"].tolist()
    [0.5, 1.0]
    """
    file, names = Path(path), Path(path).with_suffix(".txt")
    try:
        array = np.load(file, allow_pickle=False)
    except OSError as error:
        raise SourceError(
            f"{file}: cannot be read, {error.strerror or error}", "name a file of numpy.save"
        ) from error
    except (ValueError, EOFError, SyntaxError, TokenError) as error:
        raise SourceError(
            f"{file}: is not a NumPy file, {error}", "write it with numpy.save"
        ) from error
    try:
        ids = names.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceError(f"{names}: cannot be read, {reason}", _ONE_ID_A_LINE) from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "fiu":
        got = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else "more"
        raise SourceError(
            f"{file}: expected one table of numbers, got {got}", "save an array of a row per id"
        )
    if len(ids) != len(array):
        raise SourceError(
            f"{names}: {len(ids):,} ids for {len(array):,} rows of {file.name}", _ONE_ID_A_LINE
        )
    index = pd.Index(ids)
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        line = len(ids) - ids[::-1].index(twice)
        raise SourceError(f"{names}:{line}: id {twice!r} is there twice", "keep one of its rows")
    return pd.DataFrame(array, index=index)
