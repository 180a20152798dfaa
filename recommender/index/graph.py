"""A remembered neighbor graph as files of the index, and back."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from scipy import sparse

from recommender.index.table import npy_pieces
from recommender.neighbors.carry import Known
from recommender.vectors.graphs import Remembered
from recommender.vectors.termspace import Columns

NAMES = "graph.msgpack"
"""The file with the ids of the articles and the terms."""

ARRAYS = ("phrases", "kept", "ends", "columns", "weights", "neighbors", "bounds")
"""The other files, without their ending."""

PARTS = (NAMES, *(f"{name}.npy" for name in ARRAYS))
"""All files of a graph."""


class _Names(msgspec.Struct, frozen=True):
    """The content of `NAMES`."""

    ids: list[str]
    terms: list[str]


def parts_of(graph: Remembered) -> dict[str, list[bytes | memoryview]]:
    """Return the files of a graph, in pieces; weights are rounded to float32."""
    columns, rows, known = graph.columns, graph.rows, graph.known
    arrays: tuple[NDArray[Any], ...] = (
        columns.phrases,
        columns.kept.astype(np.int32),
        rows.indptr,
        rows.indices,
        rows.data.astype(np.float32),
        known.indices,
        known.outside,
    )
    names: bytes | memoryview = msgspec.msgpack.encode(_Names(graph.ids, columns.terms))
    return dict(zip(PARTS, ([names], *map(npy_pieces, arrays)), strict=True))


def graph_of(part: Callable[[str], bytes | None]) -> Remembered | None:
    """Return the graph of files; None if one is missing or is not what `parts_of` returns.

    Parameters
    ----------
    part : callable
        Returns a file by name.
    """
    files = []
    for name in PARTS:
        data = part(name)
        if data is None:
            return None
        files.append(data)
    try:
        names = msgspec.msgpack.decode(files[0], type=_Names)
        phrases, kept, ends, columns, weights, neighbors, bounds = map(_unpacked, files[1:])
        rows = sparse.csr_array((weights, columns, ends), shape=(len(ends) - 1, len(kept)))
    except (EOFError, ValueError, msgspec.MsgspecError):  # of another version
        return None
    if len(names.ids) != rows.shape[0]:
        return None
    return Remembered(
        names.ids,
        Columns(names.terms, phrases, kept.astype(np.int64)),
        rows,
        Known(neighbors, bounds),
    )


def _unpacked(data: bytes) -> NDArray[Any]:
    """Return the array of a file that NumPy wrote, without copying its numbers."""
    file = io.BytesIO(data)
    npy.read_magic(file)
    shape, by_columns, dtype = npy.read_array_header_1_0(file)
    numbers = np.frombuffer(data, dtype, offset=file.tell())
    return numbers.reshape(shape, order="F" if by_columns else "C")
