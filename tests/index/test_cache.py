"""Results of files that have not changed."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.index import cache as module
from recommender.index import inputs as inputs_module
from recommender.index.cache import FileCache, with_dates, without_dates
from recommender.index.inputs import Watch

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False)
    | st.text() | st.dates() | st.times().map(lambda moment: moment.replace(fold=0))
    | st.datetimes(timezones=st.none() | st.just(timezone(timedelta(hours=5)))).map(
        lambda moment: moment.replace(fold=0)
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text() | st.just(module._DATE), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(PLAIN)
def test_dates_survive(value: Any) -> None:
    """Every value of front matter comes back with its type."""
    packed = module.msgspec.msgpack.encode(without_dates(value))
    back = with_dates(module.msgspec.msgpack.decode(packed))
    assert back == value
    assert repr(back) == repr(value)


def test_kinds_of_dates_stay_apart() -> None:
    """A datetime is also a date for Python."""
    for value in (datetime(2024, 1, 31), date(2024, 1, 31), time(12)):
        assert type(with_dates(without_dates([value]))[0]) is type(value)


def results(folder: Path, last: FileCache | None, states: Any = None) -> tuple[list[Any], Any]:
    """Return what the cache has of each file of a directory, after filling it, and the cache."""
    with Watch([str(folder)]) as watch:
        cache = FileCache(watch, last.results() if last else None, states)
        found = []
        for file in sorted(folder.iterdir()):
            found.append(cache.get(str(file), file.name, dict[str, int]))
            if found[-1] is None:
                data = file.read_bytes()
                cache.put(str(file), file.name, data, {"bytes": len(data)})
        return found, (cache, watch.inputs())


def test_a_file_that_is_as_it_was_is_not_opened(tmp_path: Path, monkeypatch: Any) -> None:
    """A changed, new, renamed or forgotten file is; one with another time is compared."""
    for name in "abcd":
        (tmp_path / name).write_text(name * 3)
        os.utime(tmp_path / name, (1e9, 1e9))
    monkeypatch.setattr(inputs_module, "_settled", lambda changed, _: changed)
    found, (cache, inputs) = results(tmp_path, None)
    assert found == [None] * 4
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"opened")
    monkeypatch.setattr(module, "digest_of", lambda path: "opened")
    found, (cache, inputs) = results(tmp_path, cache, inputs.files)
    assert found == [{"bytes": 3}] * 4
    monkeypatch.undo()
    (tmp_path / "a").write_text("bbb")
    os.utime(tmp_path / "b")
    (tmp_path / "c").rename(tmp_path / "e")
    found, _ = results(tmp_path, cache, inputs.files)
    assert found == [None, {"bytes": 3}, {"bytes": 3}, None]


def test_a_result_of_another_shape_counts_as_missing(tmp_path: Path) -> None:
    """A later version may keep something else under the same name."""
    (tmp_path / "a").write_text("rye")
    with Watch([str(tmp_path)]) as watch:
        cache = FileCache(watch)
        cache.put(str(tmp_path / "a"), "a", b"rye", ["a list"])
        again = FileCache(watch, cache.results())
        assert again.get(str(tmp_path / "a"), "a", dict[str, int]) is None
        assert again.get(str(tmp_path / "a"), "a", list[str]) == ["a list"]


def test_what_was_not_asked_for_is_forgotten(tmp_path: Path) -> None:
    """Results of removed files do not pile up."""
    (tmp_path / "a").write_text("rye")
    with Watch([str(tmp_path)]) as watch:
        cache = FileCache(watch)
        cache.put(str(tmp_path / "a"), "a", b"rye", 1)
        between = FileCache(watch, cache.results())
        last = FileCache(watch, between.results())
        assert last.get(str(tmp_path / "a"), "a", int) is None


def test_a_value_is_kept_once(tmp_path: Path) -> None:
    """A source that is read twice, as for two arms, needs no second copy."""
    (tmp_path / "a").write_text("rye")
    with Watch([str(tmp_path)]) as watch:
        cache = FileCache(watch)
        for _ in range(2):
            cache.put(str(tmp_path / "a"), "a", b"rye", "sown early")
        again = FileCache(watch, cache.results())
        for _ in range(2):
            assert again.get(str(tmp_path / "a"), "a", str) == "sown early"
        for values in (cache.results().values, again.results().values):
            assert values.seek(0, os.SEEK_END) == len(b"_sown early")


class Full(BytesIO):
    """A disk with room for three bytes, on which the rest of a value is not written."""

    def write(self, data: Any, /) -> int:
        return super().write(data[: max(0, 3 - self.tell())])


class Broken(BytesIO):
    """A disk that can be neither read nor written."""

    def write(self, data: Any, /) -> int:
        raise OSError

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError


class Moved(BytesIO):
    """A file that loses all but its first byte when it is moved from memory to a full disk."""

    def write(self, data: Any, /) -> int:
        written = super().write(data)
        if 3 < self.tell() < 12:
            self.truncate(1)
        return written


@pytest.mark.parametrize("values", [Full(), Broken(), Moved()])
def test_on_a_full_disk_nothing_is_kept(tmp_path: Path, values: BytesIO) -> None:
    """The run goes on; the next one reads the files again, rather than what is left of a value."""
    with Watch([str(tmp_path)]) as watch:
        cache = FileCache(watch, values=values)
        for value in (1, "too long", 2):
            (tmp_path / str(value)).write_text("rye")
            cache.put(str(tmp_path / str(value)), str(value), b"rye", value)
        again = FileCache(watch, cache.results())
        names = [1, "too long", 2]
        found = [again.get(str(tmp_path / str(name)), str(name), int | str) for name in names]
        assert found == [None, None, None]


def test_a_value_that_cannot_be_read_counts_as_missing(tmp_path: Path) -> None:
    """The file is read again."""
    (tmp_path / "a").write_text("rye")
    with Watch([str(tmp_path)]) as watch:
        cache = FileCache(watch)
        cache.put(str(tmp_path / "a"), "a", b"rye", 1)
        last = cache.results()._replace(values=Broken())
        assert FileCache(watch, last).get(str(tmp_path / "a"), "a", int) is None
