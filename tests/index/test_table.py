"""Tables and texts that are read row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.articles import row_of, validate_articles
from recommender.errors import ConfigError, SourceError, UnknownArticleError
from recommender.index.table import (
    StoredColumn,
    StoredTable,
    Texts,
    column_of,
    places_of,
    texts_of,
    values_at,
)

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COLUMNS: dict[str, Any] = {
    "text": ["rye", "", "öats 🌾", "a\0b"],
    "few": ["en"] * 4,
    "tags": [["a", "b"], [], ["ö"], ["a"]],
    "mixed": [None, 1, "x", (2.5, {"a": 1})],
    "number": [1.5, np.nan, -0.0, np.inf],
    "whole": np.array([1, 2, 3, 255], np.uint8),
    "flag": [True, False, True, True],
    "date": pd.to_datetime(["2024-01-31", None, "1999-12-31", None], utc=True).as_unit("ns"),
    "naive": pd.to_datetime(["2024-01-31", None, "1999-12-31", None]).as_unit("s"),
    "zoned": pd.to_datetime(["2024-01-31"] * 4).tz_localize("Europe/Berlin"),
    "span": pd.to_timedelta(["1h", None, "-2s", "0s"]),
    "spans": pd.Series([pd.Timedelta("1h"), None, pd.NaT, pd.Timedelta("2s")], dtype=object),
    "string": pd.array(["a", None, "c", ""], "string"),
    "maybe": pd.array([1, None, 3, 4], "Int64"),
}


def stored(table: pd.DataFrame) -> StoredTable:
    """Return a table as it would be read from disk."""
    columns = {}
    for label, series in table.items():
        column, arrays = column_of(label, series)
        columns[label] = StoredColumn(column, arrays, "a file")
    return StoredTable(columns, len(table), labels=str(table.columns.dtype))


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("rows", [[2, 0, 2], [], [3]])
def test_columns_come_back(name: str, rows: list[int]) -> None:
    """All rows and some rows, with types, missing values and index."""
    table = pd.DataFrame({name: COLUMNS[name]})
    pd.testing.assert_frame_equal(stored(table).frame, table)
    some = stored(table).iloc[np.array(rows, np.int64)]
    pd.testing.assert_series_equal(some[name], table.iloc[rows][name])
    pd.testing.assert_frame_equal(some.frame, table.iloc[rows])


@given(st.lists(WORDS, max_size=40))
def test_texts_come_back(words: list[str]) -> None:
    """Any text at its place, as one, some or all."""
    texts = Texts(texts_of(words), "a file")
    assert [*texts] == words
    assert [texts[at] for at in range(len(words))] == words
    assert texts[np.arange(len(words))[::-1]].tolist() == words[::-1]


@given(st.sets(WORDS, max_size=40), WORDS)
def test_texts_are_found(words: set[str], other: str) -> None:
    """Each of sorted texts, and no other."""
    ordered = sorted(words)
    texts = Texts(texts_of(ordered), "a file")
    assert [texts.find(word) for word in ordered] == [*range(len(ordered))]
    assert texts.find(other) == (ordered.index(other) if other in words else -1)
    assert texts.find("\ud800") == -1


@pytest.mark.parametrize(
    "series",
    [pd.Series([print]), pd.Series(["a"], dtype="category"), pd.Series([["\ud800"]])],
    ids=["code", "category", "half a character"],
)
def test_a_column_that_cannot_be_kept_is_named(series: pd.Series) -> None:
    """With the next action."""
    with pytest.raises(ConfigError, match=r"column 'x'.* cannot be saved") as error:
        column_of("x", series)
    assert error.value.hint


def articles(n: int = 60) -> pd.DataFrame:
    """Return an Article table."""
    ids = [f"{row:03}" for row in range(n)]
    return validate_articles(pd.DataFrame({"id": ids, "title": ids, "text": "rye"}))


def test_only_what_is_used_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is found and read without the column."""
    table = stored(articles())
    monkeypatch.setattr(Texts, "values", None)
    assert row_of(table, "041") == 41  # type: ignore[arg-type]
    assert places_of(table, ["007", "none", "059"]).tolist() == [7, -1, 59]
    assert values_at(table, "title", np.array([3, 1])).tolist() == ["003", "001"]
    assert table.iloc[[5, 6]].iloc[[1]]["id"].tolist() == ["006"]


def test_unknown_ids_are_an_error_with_advice() -> None:
    """As for a DataFrame."""
    for table in (articles(), stored(articles())):
        with pytest.raises(UnknownArticleError, match="'0411'") as error:
            row_of(table, "0411")  # type: ignore[arg-type]
        assert "041" in error.value.hint


def test_a_stored_table_behaves_as_a_data_frame() -> None:
    """Where stages and rules use it; what it does not know, the DataFrame does."""
    table = articles()
    same = stored(table)
    assert len(same) == len(table)
    assert "url" in same
    assert "none" not in same
    assert same.get("none", 7) == 7
    assert same.columns.equals(table.columns)
    assert [*same] == [*table]
    pd.testing.assert_frame_equal(same[["title", "lang"]], table[["title", "lang"]])
    pd.testing.assert_frame_equal(same[:3].frame, table[:3])
    pd.testing.assert_frame_equal(
        same.reindex(columns=["id", "none"]), table.reindex(columns=["id", "none"])
    )
    pd.testing.assert_frame_equal(same.set_index("id"), table.set_index("id"))
    mask = table["id"] > "010"
    pd.testing.assert_frame_equal(same[mask], table[mask])
    pd.testing.assert_series_equal(same.iloc[3], table.iloc[3])
    with pytest.raises(KeyError):
        same["none"]


def test_damage_is_named() -> None:
    """Ends that fall, bytes that are no text, numbers out of range."""
    arrays = texts_of(["rye", "oats"])
    falling = Texts(arrays | {"ends": np.array([0, 9, 7])}, "rows.npy")
    wrong = Texts(arrays | {"text": np.full(7, 255, np.uint8)}, "rows.npy")
    for texts in (falling, wrong):
        with pytest.raises(SourceError, match=r"rows\.npy: is damaged"):
            texts[0]
    with pytest.raises(SourceError, match=r"rows\.npy: is damaged"):
        wrong.values()
    column, parts = column_of("x", pd.Series(["en"] * 9))
    coded = StoredColumn(column, parts | {"codes": np.full(9, 4, np.uint8)}, "rows.npy")
    with pytest.raises(SourceError, match=r"rows\.npy: is damaged"):
        coded.values()
