"""Values of columns as MessagePack."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.index.plain import NotPlain, pack, unpack

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda moment: moment.replace(fold=0))
    | st.builds(np.float32, st.floats(width=32)) | st.sampled_from([pd.NaT, pd.NA]),
    lambda inner: st.lists(inner, max_size=3)
    | st.tuples(inner, inner)
    | st.dictionaries(st.text() | st.just("\0") | st.integers(), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(PLAIN)
def test_values_come_back_with_their_types(value: Any) -> None:
    """Whatever is packed: the same value, to the last bit."""
    assert repr(unpack(pack(value))) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        time(12, 30, fold=0),
        datetime(2024, 1, 31, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        pd.Timestamp("2024-01-31 12:00", tz="Europe/Berlin"),
        pd.Timestamp("2024-01-31").as_unit("s"),
        timedelta(days=-1, seconds=7, microseconds=3),
        pd.Timedelta("2h30min"),
        pd.Timedelta("-1ns"),
        pd.Timedelta("7s").as_unit("s"),
        np.int8(7),
        np.bool_(True),
        -0.0,
    ],
)
def test_rarer_types_come_back(value: Any) -> None:
    """Times, zones, units and the numbers of NumPy."""
    back = unpack(pack([value]))[0]
    assert type(back) is type(value)
    assert repr(back) == repr(value)


def test_sets_come_back() -> None:
    """In any order: that of a set of texts differs between processes."""
    back = unpack(pack([{1, "a", None}]))[0]
    assert type(back) is set
    assert back == {1, "a", None}


def test_arrays_come_back() -> None:
    """With shape and type, and writable."""
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    back = unpack(pack({"vector": array}))["vector"]
    assert back.dtype == array.dtype
    assert (back == array).all()
    back[0] = 1


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (print, "builtin_function_or_method"),
        ([{"a": object()}], "builtins.object"),
        (Decimal("1.5"), "decimal.Decimal"),
        (OrderedDict(a=1), "OrderedDict"),
        (np.array(["a"]), "numpy.ndarray of <U1"),
        (datetime(2024, 1, 31, tzinfo=ZoneInfo("Europe/Berlin")), "datetime.datetime"),
        ("\ud800", "surrogates"),
    ],
)
def test_what_is_not_plain_is_refused(value: Any, named: str) -> None:
    """Code, other classes, and what would come back as something else."""
    with pytest.raises(NotPlain, match=named.replace("<", ".")):
        pack(value)


@given(st.binary(max_size=60) | PLAIN.map(pack).map(lambda data: data[:-1] + b"\0"))
def test_other_bytes_are_a_value_error(data: bytes) -> None:
    """Never another exception, and never code that runs."""
    with suppress(ValueError):
        unpack(data)


def test_dates_are_not_datetimes() -> None:
    """A datetime is a date for Python."""
    assert [type(value) for value in unpack(pack([date(2024, 1, 31), datetime(2024, 1, 31)]))] == [
        date,
        datetime,
    ]
