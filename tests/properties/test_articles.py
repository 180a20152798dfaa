"""The Article table: whatever a data frame holds, it is valid afterwards or refused by name."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.articles import (
    COLUMNS,
    LIST_COLUMNS,
    TEXT_COLUMNS,
    as_line,
    as_list,
    join_articles,
    path_words,
    row_of,
    rows_of,
    validate_articles,
)
from recommender.errors import SourceError, UnknownArticleError
from recommender.text.csv_cells import as_written, csv_text

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from([np.nan, pd.NA, pd.NaT, np.int8(3), np.str_("x"), b"x", "\ud800", "a, b",
                       "2024-03-01", "31/12/2024", "01/02/2024", date(2024, 3, 1),
                       datetime(2024, 3, 1), pd.Timestamp("2024-03-01", tz="Asia/Tokyo")])
)  # fmt: skip
CELLS = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS)
NAMES = st.sampled_from([*COLUMNS, "Mood", ""])
WRITABLE = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
IDS = st.lists(st.text("abAZé日\U0001f600 /0", min_size=1, max_size=4), max_size=6, unique=True)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a table with ids, titles and texts, and some other columns of any values."""
    ids = draw(IDS)
    others = draw(st.lists(NAMES, max_size=4, unique=True))
    columns = {
        name: pd.Series(draw(st.lists(CELLS, min_size=len(ids), max_size=len(ids))), dtype=object)
        for name in {"title", "text", *others} - {"id"}
    }
    index = draw(st.sampled_from([0, 1, -3]))
    table = pd.DataFrame({"id": pd.Series(ids, dtype=object), **columns})
    return table.set_axis(range(index, index + len(table)))


def valid(table: pd.DataFrame) -> pd.DataFrame | None:
    """Return the table validated, None if its dates are refused."""
    try:
        return validate_articles(table)
    except SourceError as error:
        if "date" not in error.message:
            raise
        return None


@given(frames())
def test_any_table_is_valid_or_its_dates_are_named(table: pd.DataFrame) -> None:
    """All columns are there in their types, by id; a second validation changes nothing."""
    found = valid(table)
    if found is None:
        return
    assert list(found["id"]) == sorted(table["id"])
    assert list(found.index) == list(range(len(table)))
    for name in ("id", "title", "text", *TEXT_COLUMNS):
        assert all(type(cell) is str and cell.encode() is not None for cell in found[name])
    for name in LIST_COLUMNS:
        assert all(type(tag) is str and tag.strip() for tags in found[name] for tag in tags)
    assert str(found["date"].dtype) == "datetime64[ns, UTC]"
    assert str(found["prior"].dtype) in ("float64", "object")  # objects, if one is no number
    again = validate_articles(found)
    pd.testing.assert_frame_equal(again, found, check_dtype=False)


@given(frames(), st.randoms(use_true_random=False))
def test_order_of_the_rows_decides_nothing(table: pd.DataFrame, draw: Any) -> None:
    """The same rows in another order are the same table, or refused as well."""
    order = draw.sample(range(len(table)), len(table))
    found, shuffled = valid(table), valid(table.iloc[order])
    assert (found is None) == (shuffled is None)
    if found is not None and shuffled is not None:
        pd.testing.assert_frame_equal(shuffled, found, check_dtype=False)


@given(frames())
def test_input_is_left_as_it_is(table: pd.DataFrame) -> None:
    """Values that can change, such as lists, too."""
    before = repr(table.to_dict("list"))
    valid(table)
    assert repr(table.to_dict("list")) == before


@given(IDS, st.integers(1, 4))
def test_joined_tables_are_the_whole(ids: list[str], count: int) -> None:
    """However the articles are dealt out; `order` says where each row was."""
    whole = validate_articles(pd.DataFrame({"id": ids, "title": ids, "text": ids}))
    parts = [whole.iloc[at::count] for at in range(count)]
    table, order = join_articles(parts)
    pd.testing.assert_frame_equal(table, whole, check_dtype=False)
    assert [name for part in parts for name in part["id"]] == [
        whole["id"][row] for row in np.argsort(order)
    ]


@given(IDS, st.text("abAZ0", min_size=1, max_size=4))
def test_row_of_an_article_is_where_it_is(ids: list[str], other: str) -> None:
    """For every id, one by one and all at once; another id is an error that quotes it."""
    table = validate_articles(pd.DataFrame({"id": ids, "title": "T", "text": "x"}))
    assert [row_of(table, name) for name in table["id"]] == list(range(len(ids)))
    assert rows_of(table, table["id"][::-1]).tolist() == list(range(len(ids)))[::-1]
    if other not in ids:
        for find in (lambda: row_of(table, other), lambda: rows_of(table, pd.Series([other]))):
            with pytest.raises(UnknownArticleError, match=re.escape(repr(other))):
                find()


@given(CELLS)
def test_any_cell_is_a_list_and_a_line(cell: Any) -> None:
    """Of texts without blanks at their ends; a list of them is taken as it is."""
    texts = as_list(cell)
    assert all(text and text == text.strip() for text in texts)
    assert as_list(texts) == texts
    assert type(as_line(cell)) is str


@given(st.text(max_size=30))
def test_words_of_any_address_are_words(address: str) -> None:
    """Letters and digits with single blanks between; what comes after ? or # is left out."""
    found = path_words(address)
    assert found == " ".join(found.split())
    assert all(part.isalnum() or not part.isascii() for part in found.split())
    assert path_words(f"{address.partition('#')[0].partition('?')[0]}?a=1#b") == found


@given(st.lists(st.text(WRITABLE, max_size=8), min_size=1, max_size=4))
def test_csv_gives_back_what_was_written(cells: list[str]) -> None:
    """Any texts, with quotes, commas, line ends and what a spreadsheet would run."""

    text = csv_text(pd.DataFrame({"id": cells, "n": range(len(cells))}))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [as_written(row["id"]) for row in rows] == cells
    assert not [row for row in rows if row["id"][:1] in tuple("=+-@\t\r＝＋－＠")]
