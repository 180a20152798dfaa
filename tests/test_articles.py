"""The Article table: which input it accepts, converts and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.articles import COLUMNS, as_list, row_of, validate_articles
from recommender.errors import SourceError, UnknownArticleError


def table(**columns: Any) -> pd.DataFrame:
    """Return articles a, b, … with the columns given."""
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"id": list("abcdefgh"[:n]), "title": "T", "text": "x"}).assign(**columns)


def test_articles_come_in_the_order_of_their_ids() -> None:
    """Rows are ordered by code points, for any order of the input."""
    ids = ["b", "é", "a", "10", "9", "Z", "東"]
    assert list(validate_articles(table(id=ids))["id"]) == sorted(ids)


def test_articles_have_every_known_column_and_keep_the_others() -> None:
    """Missing columns are added empty, unknown ones are kept."""
    articles = validate_articles(table(mood=["glad"]))
    assert set(COLUMNS) | {"mood"} == set(articles.columns)
    row = articles.iloc[0]
    assert (row["url"], row["tags"], row["mood"]) == ("", [], "glad")
    assert pd.isna(row["date"])
    assert np.isnan(row["prior"])


def test_articles_do_not_change_the_input() -> None:
    """The table handed in stays as it was."""
    given = table(id=["b", "a"], tags=["x, y", "z"])
    copy = given.copy(deep=True)
    validate_articles(given)
    pd.testing.assert_frame_equal(given, copy)


def test_articles_validated_twice_are_the_same() -> None:
    """A valid table is left as it is."""
    once = validate_articles(table(date=["2024-01-02", None], tags=["x, y", None]))
    pd.testing.assert_frame_equal(validate_articles(once), once, check_dtype=False)


@pytest.mark.parametrize("missing", [None, np.nan, np.float32("nan"), pd.NA, pd.NaT, ""])
def test_articles_read_every_kind_of_missing_as_empty(missing: Any) -> None:
    """No "nan", "None" or "<NA>" comes into a text."""
    given = table(title=["x"]).astype(object)
    given = given.assign(title=pd.Series([missing], dtype=object), tags=[[missing, "sea"]])
    row = validate_articles(given.assign(category=given["title"])).iloc[0]
    assert (row["title"], row["category"], row["tags"]) == ("", "", ["sea"])


def test_articles_take_numbers_as_ids_and_titles() -> None:
    """Ids of a database are numbers, and stay findable by them."""
    articles = validate_articles(table(id=[10, 9], title=[1984, 2001]))
    assert list(articles["id"]) == ["10", "9"]
    assert row_of(articles, 9) == 1


def test_articles_replace_half_a_surrogate_pair() -> None:
    """A text cut in the middle of an emoji gets the replacement character."""
    broken = pd.Series(["ferry \ud83d"], dtype=object)
    assert validate_articles(table(text=broken))["text"][0] == "ferry \ufffd"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2024-12-31", "2024-12-31T00:00:00+00:00"),
        ("2024-12-31T10:30:00+02:00", "2024-12-31T10:30:00+00:00"),
        (pd.Timestamp("2024-12-31"), "2024-12-31T00:00:00+00:00"),
        (pd.Timestamp("2024-12-31").date(), "2024-12-31T00:00:00+00:00"),
        ("2024/12/31", "2024-12-31T00:00:00+00:00"),
        ("2017", "2017-01-01T00:00:00+00:00"),
        (2017, "2017-01-01T00:00:00+00:00"),
        (2017.0, "2017-01-01T00:00:00+00:00"),
        ("2017-05", "2017-05-01T00:00:00+00:00"),
    ],
)
def test_articles_read_dates_as_written(given: Any, expected: str) -> None:
    """Dates of any kind become the time that was written, without its offset."""
    assert validate_articles(table(date=[given]))["date"][0].isoformat() == expected


def test_articles_take_dates_of_mixed_kinds() -> None:
    """A column may hold dates with and without zone, and none."""
    given = ["2024-01-01", "2024-01-01T12:00:00+02:00", "  ", None, pd.Timestamp("2024-02-01")]
    assert validate_articles(table(date=given))["date"].notna().sum() == 3


@pytest.mark.parametrize("date", ["soon", "2024-13-01", "9999-12-31", 20241231])
def test_articles_refuse_what_is_no_date(date: Any) -> None:
    """A date that cannot be read or kept is named, never guessed."""
    with pytest.raises(SourceError, match=f"article 'a': date must be ISO 8601 .* got {date!r}"):
        validate_articles(table(date=[date]))


def test_articles_read_prior_as_numbers() -> None:
    """Numbers as text are numbers; with anything else, the column keeps it as it is."""
    prior = validate_articles(table(prior=["3.5", 2, "", None]))["prior"]
    assert (prior.dtype, prior.fillna(-1).tolist()) == ("float64", [3.5, 2.0, -1, -1])
    votes = validate_articles(table(votes=["3", "12k", None]))["votes"]
    assert votes.fillna(-1).tolist() == [3.0, "12k", -1]


def test_articles_name_all_problems_at_once() -> None:
    """Ids, dates and numbers that are wrong are reported together."""
    with pytest.raises(SourceError) as caught:
        validate_articles(table(id=["a", "a", ""], date=["x", "", ""]))
    assert caught.value.message.splitlines() == [
        "article 3: id is missing",
        "articles 1, 2: id 'a' is used 2 times",
        "article 'a': date must be ISO 8601 such as 2024-12-31, from 1678 to 2261, got 'x'",
    ]


def test_articles_name_the_column_that_is_missing() -> None:
    """A required column that is not there is named with what is, and with the way out."""
    with pytest.raises(SourceError) as caught:
        validate_articles(pd.DataFrame({"id": ["a"], "titel": ["x"], "text": ["y"]}))
    assert caught.value.message == "articles: column title not found, got id, titel, text"
    assert caught.value.hint == (
        'did you mean titel? name the columns in fit(articles, columns={"title": …})'
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sea, ports,", ["sea", "ports"]),
        ({"sea": 1}, ["sea"]),
        (("sea", 7), ["sea", "7"]),
        (np.array(["sea"]), ["sea"]),
        (7, ["7"]),
        (float("nan"), []),
    ],
)
def test_as_list_takes_what_sites_write(value: Any, expected: list[str]) -> None:
    """Tags may be a comma string, a list, a mapping, one value or nothing."""
    assert as_list(value) == expected


def test_row_of_suggests_the_closest_id() -> None:
    """A misspelt id is answered with ids that exist."""
    articles = validate_articles(table(id=["ferry/first", "bread/rye"]))
    with pytest.raises(UnknownArticleError, match="did you mean ferry/first"):
        row_of(articles, "ferry/frist")
    with pytest.raises(UnknownArticleError, match="no article has the id 'x'"):
        row_of(articles[:0], "x")


@pytest.mark.parametrize("name", ["/FERRY/first/", "first", "ferry sails"])
def test_row_of_knows_addresses_parts_and_titles(name: str) -> None:
    """What people write for an id: its address, a part of it, or the title in any case."""
    titles = ["The ferry sails", "Rye"]
    articles = validate_articles(table(id=["ferry/first", "bread/rye"], title=titles))
    with pytest.raises(UnknownArticleError) as error:
        row_of(articles, name)
    assert error.value.hint == "did you mean ferry/first?"
