"""Columns of a source: which one holds what, and the shapes in which generators write values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.sources.base import SourceOptions
from recommender.sources.columns import (
    as_address,
    as_names,
    as_people,
    as_scalar,
    candidates,
    column_name,
    is_missing,
    map_columns,
    table_records,
)

ROW = {"id": "rye", "title": "Rye", "text": "Sow it."}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def table_of(**columns: Any) -> pd.DataFrame:
    """Return a table of one row."""
    return pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in columns.items()})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" sea ", "sea"), (["sea", "ports"], "sea"), ([], ""), ((), ""), (("sea",), "sea"),
        (2024, "2024"), (0, "0"), (False, "False"), (None, ""), (float("nan"), ""), (pd.NaT, ""),
        (pd.NA, ""), ([None], ""), ({"name": "sea"}, ""), ([["sea"]], ""), ([{"a": 1}], ""),
    ],
)  # fmt: skip
def test_scalar_is_one_text(value: Any, text: str) -> None:
    """The first of a list; nothing for missing values and objects; zero is a value."""
    assert as_scalar(value) == text


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("/rye.jpg", "/rye.jpg"),
        ({"url": "/rye.jpg"}, "/rye.jpg"),
        ({"src": "/rye.jpg", "alt": "Rye"}, "/rye.jpg"),
        ({"url": "", "src": "/rye.jpg"}, "/rye.jpg"),
        ({"path": "/rye.jpg", "thumbnail": "/t.jpg"}, "/rye.jpg"),
        ({"feature": "rye.jpg", "teaser": "t.jpg"}, "rye.jpg"),
        ({"teaser": "t.jpg"}, "t.jpg"),
        ({"alt": "Rye"}, ""),
        ([{"url": "/rye.jpg"}, "/oats.jpg"], "/rye.jpg"),
        (["/rye.jpg", "/oats.jpg"], "/rye.jpg"),
        ([], ""),
        (None, ""),
    ],
)
def test_address_of_a_picture_in_every_shape(value: Any, address: str) -> None:
    """Text, list and the objects of Jekyll's and Hugo's themes."""
    assert as_address(value) == address


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("sea, ports", ["sea", "ports"]),
        ("sea", ["sea"]),
        ("", []),
        (None, []),
        (2024, ["2024"]),
        (["sea", " ports ", "", None], ["sea", "ports"]),
        (
            [{"name": "sea", "slug": "s"}, {"slug": "ports"}, {"title": "Tide"}],
            ["sea", "ports", "Tide"],
        ),
        ([{"label": "sea"}], []),
        ({"sea": 1, "ports": {}}, ["sea", "ports"]),
        (("sea", 2024), ["sea", "2024"]),
        (np.array(["sea", "ports"], dtype=object), ["sea", "ports"]),
    ],
)
def test_names_of_tags_in_every_shape(value: Any, names: list[str]) -> None:
    """Texts with commas, lists of texts and of objects, mappings, the arrays of Parquet."""
    assert as_names(value) == names


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("Byron, Ada", "Byron, Ada"),
        (" Ada Byron ", "Ada Byron"),
        (["Ada Byron", "Bo Li"], "Ada Byron, Bo Li"),
        ([{"name": "Ada Byron", "email": "a@b"}, {"title": "Bo Li"}], "Ada Byron, Bo Li"),
        ({"name": "Ada Byron"}, "Ada Byron"),
        ({"name": ["Ada Byron"]}, "Ada Byron"),
        ({}, ""),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_people_are_one_line(value: Any, people: str) -> None:
    """A comma in a text is part of a name; several authors are parted by commas."""
    assert as_people(value) == people


@given(VALUES)
def test_any_value_of_front_matter_becomes_text(value: Any) -> None:
    """However deep it is nested, and whatever its types, it is text without blanks at the ends."""
    texts = [as_scalar(value), as_address(value), *as_names(value)]
    assert all(type(text) is str for text in (*texts, as_people(value)))
    assert all(text.strip() for text in as_names(value) if not isinstance(value, dict))


@pytest.mark.parametrize("value", [None, float("nan"), np.float64("nan"), pd.NaT, pd.NA])
def test_missing_values_of_all_libraries(value: Any) -> None:
    """What pandas, NumPy and JSON call missing is missing."""
    assert is_missing(value)


@pytest.mark.parametrize("value", ["", 0, False, [], {}, np.array([1, 2]), np.array([])])
def test_empty_values_are_not_missing(value: Any) -> None:
    """An empty text or list was written by somebody, and an array has no one truth."""
    assert not is_missing(value)


def test_synonyms_stand_in_for_a_missing_column_only() -> None:
    """`section` is the category unless there is a category; the user's name beats both."""
    options = SourceOptions()
    both = table_of(**ROW, section="grain", category="farm")
    assert map_columns(both, "a.csv", options)["category"][0] == "farm"
    assert map_columns(both.drop(columns="category"), "a.csv", options)["category"][0] == "grain"
    named = map_columns(both, "a.csv", SourceOptions(category_column="section"))
    assert named["category"][0] == "grain"
    assert candidates("category", options) == ("category", "categories", "section")


def test_a_synonym_that_is_not_used_is_kept_as_it_is() -> None:
    """A column without a meaning here is there for filters, under its own name."""
    found = map_columns(table_of(**ROW, section="grain", category="farm"), "a", SourceOptions())
    assert found["section"][0] == "grain"


def test_one_column_may_serve_as_two() -> None:
    """The title may be the id as well; an unused column of a meaning here does not come back."""
    table = table_of(title="Rye", text="Sow it.", id="7")
    found = map_columns(table, "a.csv", SourceOptions(id_column="title"))
    assert found[["id", "title"]].values.tolist() == [["Rye", "Rye"]]


def test_missing_column_names_what_there_is_and_what_to_set() -> None:
    """The whole message: file, column, what is there, the closest name, the option."""
    table = table_of(id="rye", title="Rye", texts="Sow it.")
    with pytest.raises(SourceError) as error:
        map_columns(table, "a.csv", SourceOptions())
    assert str(error.value) == (
        "a.csv: column text not found, got id, texts, title\nHint: did you mean texts? "
        "Or name the column that holds the text with text_column"
    )


@pytest.mark.parametrize(
    ("names", "problem", "hint"),
    [
        (
            ("slug", "headline", "body"),
            "columns id, title, text not found, got body, headline, slug",
            'set id_column = "slug"; set title_column = "headline"; set text_column = "body"',
        ),
        (
            ("ID", "Title", "Text"),
            "columns id, title, text not found, got ID, Text, Title",
            'set id_column = "ID"; set title_column = "Title"; set text_column = "Text"',
        ),
        (
            ("1", "Rye", "Sow it early,\n" + "before the frost. " * 9),
            "columns id, title, text not found, got 1, Rye, "
            "Sow it early, before the frost. before the frost. before th…",
            "the first line must name the columns, such as id,title,text",
        ),
    ],
)
def test_all_missing_columns_are_named_at_once(
    names: tuple[str, ...], problem: str, hint: str
) -> None:
    """With the setting for names that other programs use; a text for a name means no header."""
    table = pd.DataFrame([["a", "b", "c"]], columns=list(names))
    with pytest.raises(SourceError) as error:
        map_columns(table, "a.csv", SourceOptions())
    assert str(error.value) == f"a.csv: {problem}\nHint: {hint}"


def test_a_wide_table_is_not_listed_whole() -> None:
    """Thirty names of columns are enough to see what the file is."""
    table = pd.DataFrame([range(50)], columns=[f"c{number:02}" for number in range(50)])
    with pytest.raises(SourceError, match=r"got c00, .*, c29, …\n") as error:
        map_columns(table, "a.csv", SourceOptions())
    assert error.value.message.count(", c") == 29


def test_repeated_column_is_named() -> None:
    """Two columns of one name cannot be told apart."""
    table = pd.DataFrame([["a", "b", "c", "d"]], columns=["id", "title", "text", "title"])
    with pytest.raises(SourceError) as error:
        table_records(table, "a.csv", SourceOptions())
    assert str(error.value) == (
        "a.csv: duplicate column: title\nHint: give each column its own name"
    )


def test_records_know_their_places_and_their_columns() -> None:
    """Messages name the row, counted from one, and the column as the source calls it."""
    table = pd.concat([table_of(**ROW | {"day": "soon"})] * 2)
    records = table_records(table, "a.csv", SourceOptions(date_column="day"))
    assert list(records.places) == ["a.csv: row 1", "a.csv: row 2"]
    assert records.locate(1, "date") == "a.csv: row 2: `day`"
    assert list(records.table.index) == [0, 1]


@pytest.mark.parametrize(
    ("name", "shown"), [(7, "7"), ("a\ud800", "a?"), ("日", "日"), (None, "None")]
)
def test_names_of_columns_can_be_written(name: Any, shown: str) -> None:
    """Half a surrogate pair, which JSON may hold, is no character."""
    assert column_name(name) == shown
