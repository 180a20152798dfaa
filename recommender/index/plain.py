"""Python values as MessagePack and back: the same values and types, without pickle.

A value that is not plain data, such as a function, is refused: what is read later must not depend
on code. Knows no files and no tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import numpy as np
import pandas as pd

_MARK = "\0"
"""The only key of a mapping that replaces a value of another type, by its type and content."""

_AS_IS = frozenset({type(None), bool, float, str, bytes})
_WHOLE = range(-(1 << 63), 1 << 64)
"""The integers of MessagePack."""


class NotPlain(ValueError):  # noqa: N818 - says what the value is
    """A value cannot be packed; the message names its type."""


def pack(value: Any) -> bytes:
    """Return a value as bytes.

    Parameters
    ----------
    value : object
        None, truth values, numbers, text, bytes, dates, times and time spans; NumPy numbers and
        arrays of them; timestamps, time spans and missing values of pandas; lists, tuples, sets
        and mappings of these.

    Raises
    ------
    NotPlain
        If it is or contains anything else.

    Examples
    --------
    >>> unpack(pack({"tags": ("sea", date(2024, 1, 31))}))
    {'tags': ('sea', datetime.date(2024, 1, 31))}
    """
    try:
        return msgspec.msgpack.encode(_marked(value))
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotPlain(str(error)) from None


def unpack(data: bytes | memoryview) -> Any:
    """Return the value that `pack` was given.

    Raises
    ------
    ValueError
        If the bytes are not from `pack`.
    """
    try:
        return _unmarked(msgspec.msgpack.decode(data))
    except (KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a packed value, {error}") from None


def _marked(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_IS:
        return value
    if kind is int:
        return value if value in _WHOLE else {_MARK: ["int", str(value)]}
    if kind is list:
        return [_marked(part) for part in value]
    if kind is dict:
        if all(type(key) is str for key in value) and _MARK not in value:
            return {key: _marked(part) for key, part in value.items()}
        return {_MARK: ["dict", [[_marked(key), _marked(part)] for key, part in value.items()]]}
    for name, (own, write, _) in _KINDS.items():
        if kind is own or (own in _FAMILIES and isinstance(value, own)):
            content = write(value)
            if name in _CHECKED and not _same(_KINDS[name][2](content), value):
                break
            return {_MARK: [name, content]}
    raise NotPlain(f"{kind.__module__}.{kind.__qualname__}")


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and _MARK in value:
        name, content = value[_MARK]
        return _KINDS[name][2](content)
    return {key: _unmarked(part) for key, part in value.items()}


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and repr(one) == repr(other)


def _array(value: np.ndarray[Any, Any]) -> list[Any]:
    if value.dtype.kind not in "biuf":
        raise NotPlain(f"numpy.ndarray of {value.dtype}")
    return [value.dtype.str, [*value.shape], value.tobytes()]


def _array_from(content: list[Any]) -> np.ndarray[Any, Any]:
    dtype, shape, data = content
    return np.frombuffer(bytearray(data), _number_type(dtype)).reshape(shape)


def _scalar(value: np.generic) -> list[Any]:
    if value.dtype.kind not in "biuf":
        raise NotPlain(f"numpy.{value.dtype}")
    return [value.dtype.str, value.tobytes()]


def _number_type(name: str) -> np.dtype[Any]:
    dtype = np.dtype(name)
    if dtype.kind not in "biuf":
        raise ValueError(f"not a type of numbers: {name}")
    return dtype


def _timestamp(value: pd.Timestamp) -> list[Any]:
    return [value.isoformat(), value.unit, None if value.tz is None else str(value.tz)]


def _timestamp_from(content: list[Any]) -> Any:
    written, unit, zone = content
    moment = pd.Timestamp(written).as_unit(unit)
    return moment if zone is None else moment.tz_convert(zone)


_Kind = tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]
_KINDS: Mapping[str, _Kind] = {
    "int": (None, str, int),
    "dict": (None, list, lambda pairs: {_unmarked(key): _unmarked(part) for key, part in pairs}),
    "tuple": (tuple, lambda value: [*map(_marked, value)], lambda parts: (*map(_unmarked, parts),)),
    "set": (
        set,
        lambda value: sorted(map(_marked, value), key=repr),
        lambda parts: {*map(_unmarked, parts)},
    ),
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "time": (time, time.isoformat, time.fromisoformat),
    "timestamp": (pd.Timestamp, _timestamp, _timestamp_from),
    "timedelta": (
        timedelta,
        lambda span: [span.days, span.seconds, span.microseconds],
        lambda parts: timedelta(*parts),
    ),
    "span": (
        pd.Timedelta,
        lambda span: [span.asm8.view("int64").item(), span.unit],
        lambda parts: pd.Timedelta(*parts).as_unit(parts[1]),
    ),
    "NaT": (type(pd.NaT), lambda _: 0, lambda _: pd.NaT),
    "NA": (type(pd.NA), lambda _: 0, lambda _: pd.NA),
    "array": (np.ndarray, _array, _array_from),
    "scalar": (
        np.generic,
        _scalar,
        lambda content: np.frombuffer(content[1], _number_type(content[0]))[0],
    ),
}
"""For each type its name, how its content is written, and how the value is made of that."""

_FAMILIES = frozenset({np.generic})
_CHECKED = frozenset({"datetime", "time", "timestamp"})
"""Types whose time zone may be one that cannot be written."""
