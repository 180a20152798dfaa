"""The same articles give the same bytes in every setting: the quick rows of ``make matrix``."""

from __future__ import annotations

from pathlib import Path

import pytest
from matrix import Result, Setting, build, differing, processors, settings, write_articles

ROWS = {
    row.name: row
    for row in settings()
    if row.name
    in (
        "1 threads", "engine reference", "without compiled code", "articles reversed",
        "PYTHONHASHSEED=1", "TZ=Asia/Tokyo", "LC_ALL=C", "python -OO", "with an index, first time",
        "C library without AVX2, FMA",
    )
}  # fmt: skip
"""Each begins two processes; the others are left to ``make matrix``."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many articles that the last bit of a logarithm once decided between two."""
    made = tmp_path_factory.mktemp("matrix")
    write_articles(made, 400)
    return made


@pytest.fixture(scope="module")
def usual(folder: Path) -> Result:
    """What this machine gives."""
    result = build(Setting("as it is"), folder)
    assert len(result.hashes) == 2, result
    assert len(set(result.hashes)) == 2
    return result


@pytest.mark.parametrize("name", ROWS)
def test_lists_do_not_depend_on_the_setting(folder: Path, usual: Result, name: str) -> None:
    """Threads, engine, order, hash seed, time zone, locale, optimization, an index."""
    assert differing([usual, build(ROWS[name], folder)]) == []


@pytest.mark.parametrize("row", list(processors())[:2], ids=lambda row: row.name)
def test_lists_do_not_depend_on_the_processor(folder: Path, usual: Result, row: Setting) -> None:
    """As on an older one, NumPy does without some vector units."""
    assert differing([usual, build(row, folder)]) == []


def test_settings_that_differ_or_fail_are_named() -> None:
    """A row without files differs too, and one of a single build may agree."""
    rows = [Result("a", ("1", "2")), Result("b", ("1",)), Result("c", ("1", "3"))]
    assert differing([*rows, Result("d", ("Error: no such file",))]) == ["c", "d"]
