"""Tables and texts on disk that are read row by row or column by column, never as a whole.

Owns the form in which a column is kept: numbers as an array; texts as one piece of UTF-8 with the
end of each; few distinct texts as numbers of them; other values packed by `plain`. What is read
back equals what was written, with its types. Knows no model and writes no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from io import BytesIO
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.errors import ConfigError, SourceError
from recommender.index.plain import NotPlain, pack, unpack

Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""

Rows = NDArray[np.integer]

AGAIN = "the file was changed: fit the recommender and save it again"
"""The hint for what is damaged."""

SINGLY = 8
"""Values are read one by one if at most one of this many is wanted; else all are read."""

_ENDS, _TEXT, _CODES, _VALUES = "ends", "text", "codes", "values"
_REPEATED = 8
"""Texts are kept as numbers of distinct ones if each of these occurs this many times on average."""


class Column(msgspec.Struct, frozen=True):
    """How a column is kept."""

    label: str | int
    kind: str
    """``numbers``, ``moments``, ``texts``, ``coded`` or ``packed``."""
    dtype: str


class Texts:
    """Texts or packed values in one array of bytes; each is read when it is asked for.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        From `texts_of`.
    where : str
        The name of the file, for errors.
    read : callable, optional
        Makes a value of bytes; default: text.

    Examples
    --------
    >>> texts = Texts(texts_of(["oats", "rye"]), "a file")
    >>> len(texts), texts[1], texts[np.array([1, 0])].tolist()
    (2, 'rye', ['rye', 'oats'])
    >>> texts.find("oats"), texts.find("tea")
    (0, -1)
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        where: str,
        read: Callable[[bytes], Any] = bytes.decode,
    ) -> None:
        self._ends, self._bytes = arrays[_ENDS], arrays[_TEXT]
        self._where, self._read = where, read

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values().tolist())

    def __getitem__(self, at: Any) -> Any:
        """Return one value, or an object array of several by their numbers."""
        if isinstance(at, int | np.integer):
            return self._value(int(at))
        if len(at) * SINGLY > len(self):
            return self.values()[at]
        values = np.empty(len(at), dtype=object)
        for place, number in enumerate(np.asarray(at).tolist()):
            values[place] = self._value(number)
        return values

    def values(self) -> NDArray[np.object_]:
        """Return all values."""
        ends, whole, read = self._ends.tolist(), self._bytes.tobytes(), self._read
        values = np.empty(len(self), dtype=object)
        try:
            for at in range(len(values)):
                values[at] = read(whole[ends[at] : ends[at + 1]])
        except ValueError as error:
            raise self._damaged(str(error)) from None
        return values

    def find(self, text: str) -> int:
        """Return the number of a text, or -1; only for texts in ascending order."""
        try:
            wanted = text.encode()
        except UnicodeEncodeError:
            return -1
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._slice(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._slice(low) == wanted else -1

    def _value(self, at: int) -> Any:
        try:
            return self._read(self._slice(at))
        except ValueError as error:
            raise self._damaged(str(error)) from None

    def _slice(self, at: int) -> bytes:
        if at < 0:
            at += len(self)
        start, end = int(self._ends[at]), int(self._ends[at + 1])
        if not 0 <= start <= end <= len(self._bytes):
            raise self._damaged(f"row {at:,} ends before it begins")
        return self._bytes[start:end].tobytes()

    def _damaged(self, problem: str) -> SourceError:
        return SourceError(f"{self._where}: is damaged, {problem}", AGAIN)


def texts_of(values: Iterable[str | bytes]) -> Arrays:
    """Return texts, or bytes, as one array of bytes and the n + 1 ends.

    Raises
    ------
    NotPlain
        If a text has half a surrogate pair.
    """
    try:
        parts = [value.encode() if isinstance(value, str) else value for value in values]
    except UnicodeEncodeError as error:
        raise NotPlain(str(error)) from None
    ends = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)), out=ends[1:])
    return {_ENDS: ends, _TEXT: np.frombuffer(b"".join(parts), np.uint8)}


def column_of(label: Any, series: pd.Series) -> tuple[Column, Arrays]:
    """Return how a column is kept, and its arrays.

    Raises
    ------
    ConfigError
        If its values cannot be kept; names column, row and type.
    """
    if type(label) not in (str, int):
        raise ConfigError(
            f"column {label!r} cannot be saved, its name must be text", "rename or drop it"
        )
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return Column(label, "numbers", dtype.str), {_VALUES: series.to_numpy()}
    if _is_moments(dtype):
        return Column(label, "moments", str(dtype)), {_VALUES: series.astype("int64").to_numpy()}
    if not _can_be_named(dtype):
        raise ConfigError(
            f"column {label!r} of type {dtype} cannot be saved",
            "convert it before the fit, such as with astype(object), or drop it",
        )
    cells = series.astype(object).tolist()
    if set(map(type, cells)) <= {str}:
        distinct = dict.fromkeys(cells)
        if len(distinct) * _REPEATED <= len(cells):
            codes = dict(zip(distinct, range(len(distinct)), strict=True))
            kind = np.uint8 if len(codes) <= 256 else np.int32
            numbers = np.fromiter(map(codes.__getitem__, cells), kind, len(cells))
            return Column(label, "coded", str(dtype)), {_CODES: numbers, **texts_of(distinct)}
        return Column(label, "texts", str(dtype)), texts_of(cells)
    packed = []
    for row, cell in enumerate(cells):
        try:
            packed.append(pack(cell))
        except NotPlain as error:
            raise ConfigError(
                f"column {label!r}, row {row + 1:,}: {error} cannot be saved",
                "only text, numbers, dates, and lists and mappings of them can; convert or drop it",
            ) from None
    return Column(label, "packed", str(dtype)), texts_of(packed)


def _is_moments(dtype: Any) -> bool:
    zone = getattr(dtype, "tz", None)
    return dtype.kind == "M" and (zone is None or str(zone) == "UTC")


def _can_be_named(dtype: Any) -> bool:
    """Return whether a type can be made of its name."""
    try:
        return bool(pd.api.types.pandas_dtype(str(dtype)) == dtype)
    except (TypeError, ValueError):
        return False


class StoredColumn:
    """A column on disk.

    Parameters
    ----------
    column : Column
        How it is kept.
    arrays : mapping of str to ndarray
        From `column_of`.
    where : str
        The name of the file, for errors.
    """

    def __init__(self, column: Column, arrays: Mapping[str, NDArray[Any]], where: str) -> None:
        self._column, self._arrays, self._where = column, arrays, where

    @cached_property
    def texts(self) -> Texts:
        """The texts or packed values, each distinct one once if the column is ``coded``."""
        read: Any = unpack if self._column.kind == "packed" else bytes.decode
        return Texts(self._arrays, self._where, read)

    @cached_property
    def distinct(self) -> NDArray[np.object_]:
        """The distinct texts of a column that is ``coded``."""
        return self.texts.values()

    def values(self, rows: Rows | None = None) -> NDArray[Any]:
        """Return some values, or all: as objects, or as the numbers that are kept."""
        kind = self._column.kind
        if kind in ("numbers", "moments"):
            return self._arrays[_VALUES] if rows is None else self._arrays[_VALUES][rows]
        if kind == "coded":
            codes = self._arrays[_CODES] if rows is None else self._arrays[_CODES][rows]
            if codes.size and not 0 <= codes.min() <= codes.max() < len(self.distinct):
                raise SourceError(f"{self._where}: is damaged, a number is out of range", AGAIN)
            cells: NDArray[Any] = self.distinct[codes]
            return cells
        return self.texts.values() if rows is None else self.texts[rows]

    def series(self, rows: Rows | None, index: pd.Index) -> pd.Series:
        """Return some values, or all, as a column with its type."""
        values, dtype, name = self.values(rows), self._column.dtype, self._column.label
        if self._column.kind == "numbers":
            return pd.Series(np.array(values), index=index, name=name)
        if self._column.kind == "moments":
            unit = dtype.partition("[")[2].rstrip("]").partition(",")[0]
            moments = pd.DatetimeIndex(np.array(values).view(f"M8[{unit}]"))
            zoned = moments.tz_localize("UTC") if "UTC" in dtype else moments
            return pd.Series(zoned, index=index, name=name)
        plain = pd.Series(values, index=index, name=name, dtype=object)
        return plain if dtype == "object" else plain.astype(dtype)  # type: ignore[call-overload]


class StoredTable:
    """Some rows of a table on disk; behaves as a DataFrame, and reads what is asked for.

    A column is read when it is first used. Whatever only a DataFrame can do reads the whole
    table.

    Parameters
    ----------
    columns : mapping of label to StoredColumn
    count : int
        Number of rows of the table on disk.
    rows : ndarray of shape (n,), integer, optional
        The rows that this table shows, in order; default: all.
    labels : str, default "object"
        The type of the labels.
    """

    def __init__(
        self,
        columns: Mapping[Any, StoredColumn],
        count: int,
        rows: Rows | None = None,
        *,
        labels: str = "object",
    ) -> None:
        self._columns, self._count, self._rows, self._labels = columns, count, rows, labels
        self._read: dict[Any, pd.Series] = {}

    def __len__(self) -> int:
        return self._count if self._rows is None else len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns)

    def __contains__(self, label: object) -> bool:
        return label in self._columns

    def __getitem__(self, wanted: Any) -> Any:
        if isinstance(wanted, str) and wanted in self._columns:
            if wanted not in self._read:
                self._read[wanted] = self._columns[wanted].series(self._rows, self.index)
            return self._read[wanted]
        if isinstance(wanted, slice):
            return self.iloc[wanted]
        if isinstance(wanted, list) and all(label in self._columns for label in wanted):
            labels = pd.Index(wanted, dtype=self._labels)
            columns = {label: self[label] for label in wanted}
            return pd.DataFrame(columns, index=self.index, columns=labels)
        return self.frame[wanted]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.frame, name)

    @property
    def columns(self) -> pd.Index:
        """The labels of the columns."""
        labels: pd.Index = pd.Index([*self._columns], dtype=self._labels)
        return labels

    @property
    def index(self) -> pd.Index:
        """The numbers of the rows, as in the table on disk."""
        every = pd.RangeIndex(self._count)
        index: pd.Index = every if self._rows is None else every.take(self._rows)
        return index

    @property
    def iloc(self) -> _Places:
        """Some of the rows, by their places."""
        return _Places(self)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        read = {
            label: self._read[label]
            if label in self._read
            else column.series(self._rows, self.index)
            for label, column in self._columns.items()
        }
        return pd.DataFrame(read, index=self.index, columns=self.columns)

    def get(self, label: str, default: Any = None) -> Any:
        """Return a column, or a default if there is none."""
        return self[label] if label in self._columns else default

    def reindex(self, *, columns: list[str]) -> pd.DataFrame:
        """Return some columns, empty where there is none."""
        known: pd.DataFrame = self[[label for label in columns if label in self]]
        return known.reindex(columns=columns)

    def values_at(self, label: str, rows: Rows) -> NDArray[Any]:
        """Return the values of some rows in a column."""
        return self._columns[label].values(rows if self._rows is None else self._rows[rows])

    def find(self, article_id: str) -> int:
        """Return the row with an id, or -1; only for all rows of a table in order of `id`."""
        return self._columns["id"].texts.find(article_id)

    def at(self, places: Any) -> StoredTable:
        """Return some of the rows as a table of the same kind."""
        every = np.arange(self._count) if self._rows is None else self._rows
        return StoredTable(self._columns, self._count, every[places], labels=self._labels)


class _Places:
    """`StoredTable.iloc`."""

    def __init__(self, table: StoredTable) -> None:
        self._table = table

    def __getitem__(self, places: Any) -> Any:
        if isinstance(places, slice | list | np.ndarray):
            return self._table.at(places)
        return self._table.frame.iloc[places]


def frame_of(table: Any) -> pd.DataFrame:
    """Return a table as a DataFrame."""
    frame: pd.DataFrame = table.frame if isinstance(table, StoredTable) else table
    return frame


def values_at(table: Any, label: str, rows: Rows) -> NDArray[np.object_]:
    """Return the values of some rows in a column of a DataFrame or stored table, as objects."""
    if isinstance(table, StoredTable):
        return table.values_at(label, rows)
    cells: NDArray[np.object_] = table[label].to_numpy(dtype=object)[rows]
    return cells


def places_of(table: Any, ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the row of each id in a table in order of `id`, or -1.

    Examples
    --------
    >>> places_of(pd.DataFrame({"id": ["a", "b"]}), ["b", "c"]).tolist()
    [1, -1]
    """
    if isinstance(table, StoredTable) and len(ids) * SINGLY < len(table):
        return np.array([table.find(one) for one in ids], np.int64)
    rows: NDArray[np.int64] = pd.Index(table["id"]).get_indexer(pd.Series([*ids], dtype=object))
    return rows


def npy_head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the beginning of a ``.npy`` file, up to the cells."""
    head = BytesIO()
    known = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, known)
    return head.getvalue()


def npy_pieces(array: NDArray[Any]) -> list[bytes | memoryview]:
    """Return an array as the pieces of a ``.npy`` file."""
    array = np.ascontiguousarray(array)
    cells = memoryview(array.data).cast("B") if array.size else b""
    return [npy_head(array.dtype, array.shape), cells]
