"""Properties of JSON Lines as read."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.sources.tables.json import parse_lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


@given(st.lists(OBJECTS, max_size=4), st.booleans())
def test_lines_are_read_as_the_standard_library_reads_them(
    objects: list[dict[str, object]], ascii_only: bool
) -> None:
    """Long integers, NaN and half surrogate pairs too; the fast parser knows none of these."""
    lines = [json.dumps(item, ensure_ascii=ascii_only) for item in objects]
    data = "\n".join(lines).encode("utf-8", "replace")
    read, numbers = parse_lines(io.BytesIO(data), "a.jsonl")
    assert repr(read) == repr([json.loads(line) for line in data.decode().split("\n") if line])
    assert numbers == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("value", [2**64, -(2**70), 10**40, [2**64], {"id": [2**65]}])
def test_long_integers_are_kept_digit_by_digit(value: object) -> None:
    """An integer of more than 64 bits is not read as a float, in any position."""
    assert parse_lines([json.dumps({"id": value}).encode()], "a.jsonl")[0] == [{"id": value}]
