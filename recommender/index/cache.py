"""Results of parsing files, kept by name and digest: a file that is as it was is not opened again.

A result is plain data: text, numbers, lists, mappings and dates. Whoever keeps one decides its
shape; a result that cannot be written, or not be read back, counts as missing.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any, BinaryIO, NamedTuple

import msgspec

from recommender.index.inputs import FileState, Watch, digest_of, digest_of_bytes, is_settled

_DATES: Mapping[str, type[Any]] = {"datetime": datetime, "date": date, "time": time}
_DATE = "\0date"


class Result(msgspec.Struct, array_like=True, frozen=True):
    """What a file gave when its bytes had this digest: a part of `Results.values`."""

    digest: str
    start: int
    size: int


class Results(NamedTuple):
    """What the files of a run gave. The values are as large as the texts, so a file has them."""

    table: bytes
    """A `Result` by name."""
    values: BinaryIO
    """The values, one after the other."""


class FileCache:
    """What files gave in the last run, and what they give in this one.

    Parameters
    ----------
    watch : Watch
        Notes the files of this run.
    last : Results or None
        From `results` of the last run.
    states : mapping of str to FileState
        The files of the last run by absolute path, so that most need not be opened.
    values : binary file, optional
        An empty one for the values of this run, without a buffer; default: in memory.
    """

    def __init__(
        self,
        watch: Watch,
        last: Results | None = None,
        states: Mapping[str, FileState] | None = None,
        values: BinaryIO | None = None,
    ) -> None:
        self._watch = watch
        self._states = states or {}
        self._last: dict[str, Result] = {}
        self._now: dict[str, Result] = {}
        self._paths: dict[str, str] = {}
        self._values = io.BytesIO() if values is None else values
        self._end = 0
        self._is_full = False
        if last is not None:
            self._last = msgspec.msgpack.decode(last.table, type=dict[str, Result])
            self._last_values = last.values

    def __len__(self) -> int:
        """Return the number of files of this run that gave something."""
        return len(self._now)

    def get(self, path: str, name: str, kind: Any) -> Any:
        """Return what a file gave, or None if it is new or has changed.

        Parameters
        ----------
        path : str
            The file.
        name : str
            Its name in the cache: what the result depends on besides the bytes.
        kind : type
            The type of the result, for msgspec.
        """
        self._paths[name] = path = os.path.abspath(path)
        last = self._last.get(name)
        if last is None:
            return None
        version = self._watch.note(path)
        state = self._states.get(path)
        digest = state.digest if state and is_settled(state, version) else digest_of(path)
        if digest != last.digest:
            return None
        try:
            self._last_values.seek(last.start)
            data = self._last_values.read(last.size)
            value = msgspec.msgpack.decode(data, type=kind)
        except (OSError, msgspec.MsgspecError):
            return None
        self._watch.digests[path] = digest
        self._keep(name, digest, data)
        return value

    def put(self, path: str, name: str, data: bytes, value: Any) -> None:
        """Keep what a file with these bytes gives, unless it cannot be written; see `get`."""
        self._paths[name] = path = os.path.abspath(path)
        digest = digest_of_bytes(data)
        self._watch.digests[path] = digest
        with suppress(UnicodeEncodeError, OverflowError):  # half a surrogate pair, 10 ** 30
            self._keep(name, digest, msgspec.msgpack.encode(value))

    def _keep(self, name: str, digest: str, data: bytes) -> None:
        """Keep the value of a file; if the disk is full, nothing is kept."""
        if name in self._now or self._is_full:
            return
        end = self._end + len(data)
        size = -1
        with suppress(OSError):
            self._values.seek(self._end)
            self._values.write(data)
            size = self._values.seek(0, os.SEEK_END)
        if size == end:
            self._now[name] = Result(digest, self._end, len(data))
            self._end = end
        else:  # values that were moved from memory to the disk may be cut too
            self._is_full = True
            self._now.clear()

    def lists_were_written(self) -> None:
        """Note that files which this run has written since give the same as before.

        So it is for built pages, which are read without the lists in them.
        """
        for name, result in self._now.items():
            digest = self._watch.written(self._paths[name])
            if digest:
                self._now[name] = msgspec.structs.replace(result, digest=digest)

    def results(self) -> Results:
        """Return what the files of this run gave, for the next run."""
        return Results(msgspec.msgpack.encode(self._now), self._values)


def has_dates(value: Any) -> bool:
    """Return whether `without_dates` would change a value."""
    if isinstance(value, str):  # most values
        return False
    if isinstance(value, dict):
        return _DATE in value or any(map(has_dates, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_dates, value))
    return isinstance(value, date | time)


def without_dates(value: Any) -> Any:
    """Return a value with its dates as text that `with_dates` turns back.

    Examples
    --------
    >>> with_dates(without_dates({"date": date(2024, 1, 31)}))
    {'date': datetime.date(2024, 1, 31)}
    """
    if isinstance(value, dict):
        plain = {name: without_dates(part) for name, part in value.items()}
        return {_DATE: ["dict", [*plain.items()]]} if _DATE in plain else plain
    if isinstance(value, list | tuple):
        return [without_dates(part) for part in value]
    for name, kind in _DATES.items():
        if isinstance(value, kind):
            return {_DATE: [name, value.isoformat()]}
    return value


def with_dates(value: Any) -> Any:
    """Undo `without_dates`; tuples come back as lists."""
    if isinstance(value, list):
        return [with_dates(part) for part in value]
    if not isinstance(value, dict):
        return value
    if _DATE in value:
        kind, written = value[_DATE]
        if kind == "dict":
            return {name: with_dates(part) for name, part in written}
        return _DATES[kind].fromisoformat(written)
    return {name: with_dates(part) for name, part in value.items()}
