"""Which records are articles: flags of generators, dates, and the reason for each one left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.sources.base import Records, SourceOptions, SourceResult
from recommender.sources.selection import asks_out, flag_reason, select

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DATES = st.none() | st.datetimes(
    datetime(2024, 5, 30), datetime(2024, 6, 3), timezones=st.just(UTC)
)


def records(rows: Sequence[dict[str, Any]]) -> Records:
    """Return records of a table file; what a row lacks is missing."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object)
                          for name in names})  # fmt: skip
    places = [f"a.csv: row {number}" for number in range(1, len(rows) + 1)]
    return Records(table, places, lambda row, name: f"{places[row]}: `{name}`")


def article(name: str = "rye", **fields: Any) -> dict[str, Any]:
    """Return the row of an article."""
    return {"id": name, "title": name.title(), "text": "Sow it."} | fields


def chosen(*rows: dict[str, Any], **options: Any) -> SourceResult:
    """Select among rows at `NOW`."""
    return select(records(rows), SourceOptions(now=options.pop("now", NOW), **options))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"draft": True}, "draft"), ({"draft": "yes"}, "draft"), ({"draft": " TRUE "}, "draft"),
        ({"draft": 1}, "draft"), ({"draft": False}, ""), ({"draft": ""}, ""), ({"draft": 0}, ""),
        ({"draft": None}, ""), ({"draft": float("nan")}, ""), ({"draft": "perhaps"}, ""),
        ({"published": False}, "draft"), ({"published": "off"}, "draft"), ({"published": True}, ""),
        ({"published": "2024-03-01"}, ""), ({"published": None}, ""),
        ({"status": "draft"}, "draft"), ({"status": "Draft"}, "draft"),
        ({"status": "hidden"}, "hidden"), ({"status": "private"}, "hidden"),
        ({"status": "published"}, ""),
        ({"hidden": True}, "hidden"), ({"unlisted": "true"}, ""), ({"hidden": "no"}, ""),
        ({"permalink": False}, "not built"), ({"permalink": "/rye/"}, ""),
        ({"recommender": False}, "left out by itself"), ({"related": "no"}, "left out by itself"),
        ({"related": []}, ""), ({"related": ["oats.md"]}, ""), ({"recommender": {"a": 1}}, ""),
        ({"draft": True, "recommender": False}, "left out by itself"),
        ({"draft": True, "permalink": False}, "not built"),
        ({"draft": True, "hidden": True}, "draft"),
    ],
)  # fmt: skip
def test_flags_of_generators_are_understood(fields: dict[str, Any], reason: str) -> None:
    """Words for yes and no in any case, and numbers; other words and missing values say nothing."""
    assert flag_reason(fields) == reason
    assert asks_out(fields) == (reason == "left out by itself")


@pytest.mark.parametrize("flag", ["draft", "hidden"])
def test_drafts_and_hidden_articles_are_shown_on_request(flag: str) -> None:
    """With `drafts`, only what is not built and what asks to be left out stays out."""
    assert flag_reason({flag: True}, drafts=True) == ""
    assert flag_reason({flag: True, "related": False}, drafts=True) == "left out by itself"
    assert flag_reason({flag: True, "permalink": False}, drafts=True) == "not built"


def test_names_of_flags_are_read_in_any_case() -> None:
    """``Draft`` is ``draft``; of two spellings the first column counts."""
    result = chosen(article("a", Draft=True), article("b", Draft=False))
    assert (list(result.articles["id"]), result.skipped) == (["b"], [("a.csv: row 1", "draft")])
    result = chosen(article("a", DRAFT=False, draft=True), article("b"))
    assert list(result.articles["id"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("title", "text", "kept"),
    [
        ("Rye", "Sow it.", True), ("Rye", "", True), ("", "Sow it.", True), ("Rye", None, True),
        ("", "", False), (None, None, False), (" \n", "\t", False), (float("nan"), pd.NA, False),
        (0, None, True),
    ],
)  # fmt: skip
def test_an_article_has_a_title_or_a_text(title: Any, text: Any, kept: bool) -> None:
    """A video without text is an article; a row of blanks is none."""
    result = chosen(article("a", title=title, text=text), article("b"))
    assert ("a" in set(result.articles["id"])) == kept
    assert result.skipped == ([] if kept else [("a.csv: row 1", "empty text")])


@given(st.lists(st.tuples(DATES, DATES, DATES), min_size=1, max_size=6))
def test_future_and_expired_articles_are_those_of_the_clock(
    moments: list[tuple[datetime | None, datetime | None, datetime | None]],
) -> None:
    """A later date or publish date is of the future; an expiry date that has come has expired."""
    rows = [
        article(f"a{number}", date=day, publishdate=start, expirydate=end)
        for number, (day, start, end) in enumerate(moments)
    ]
    expected = []
    for day, start, end in moments:
        later = any(moment and moment > NOW for moment in (day, start))
        expected.append("future-dated" if later else "expired" if end and end <= NOW else "")
    found = dict(chosen(*rows, expired=False).skipped)
    assert [found.get(f"a.csv: row {n}", "") for n in range(1, len(rows) + 1)] == expected
    assert chosen(*rows, future=True).skipped == []


@pytest.mark.parametrize("day", ["9999-12-31", "2999-01-01T00:00:00Z", date(9999, 12, 31)])
def test_an_article_that_expires_after_all_years_never_does(day: Any) -> None:
    """Sites write 9999-12-31 for never: no warning, and no error if most articles have it."""
    result = chosen(article("a", expirydate=day), article("b", expirydate=day), expired=False)
    assert list(result.articles["id"]) == ["a", "b"]
    assert result.warnings == []


def test_a_year_that_cannot_be_represented_is_told_with_the_range() -> None:
    """The date is ISO 8601, so that alone would be no help."""
    with pytest.raises(SourceError) as error:
        chosen(article("a", date="2999-01-01"), article("b", date="soon"))
    assert error.value.message == (
        "a.csv: row 1: `date` must be ISO 8601, from 1678 to 2261, got '2999-01-01'\n"
        "a.csv: row 2: `date` must be ISO 8601, got 'soon'"
    )


def test_the_clock_may_be_given_without_a_zone() -> None:
    """It means UTC, as do dates without an offset."""
    moment = NOW + timedelta(seconds=1)
    rows = [article("a", date=moment.isoformat()), article("b", date=NOW.isoformat())]
    assert list(chosen(*rows, now=NOW.replace(tzinfo=None)).articles["id"]) == ["b"]


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"date": "2024-03-01", "publishdate": "2024-04-01"}, "2024-03-01"),
        ({"date": None, "publishdate": "2024-04-01"}, "2024-04-01"),
        ({"date": "", "url": "/2024/05/02/rye/"}, "2024-05-02"),
        ({"url": None}, "NaT"),
        ({"date": "0001-01-01T00:00:00Z", "url": "/2024/05/02/rye/"}, "2024-05-02"),
    ],
)
def test_next_best_date_stands_in(fields: dict[str, Any], day: str) -> None:
    """The publish date, then the day in the id or the address; Hugo's zero date is none."""
    found = chosen(article(**fields)).articles["date"][0]
    assert str(found)[:10] == day


def test_day_in_the_id_goes_before_the_one_in_the_address() -> None:
    """The file is what its author named."""
    row = article("2024-03-01-rye.md", url="/2024/05/02/rye/")
    assert str(chosen(row).articles["date"][0])[:10] == "2024-03-01"


def test_columns_of_moments_are_taken_as_they_are() -> None:
    """Dates that pandas or a database typed are not read as text; without zone they are UTC."""
    table = records([article("a"), article("b")])
    zoned = pd.Series(pd.to_datetime(["2024-03-01T10:00+02:00", None], utc=True))
    for column in (zoned, zoned.dt.tz_localize(None), zoned.astype("datetime64[ms, UTC]")):
        given_dates = table._replace(table=table.table.assign(date=column))
        found = select(given_dates, SourceOptions(now=NOW)).articles["date"]
        assert [str(found[0]), str(found[1])] == ["2024-03-01 08:00:00+00:00", "NaT"]
        assert str(found.dtype) == "datetime64[ns, UTC]"


def test_few_wrong_dates_are_warnings_with_their_places() -> None:
    """One of three cannot be read: it is told, and the article stays without a date."""
    rows = [article(name, date=day) for name, day in zip("abc", ("2024-03-01", "soon", "2024"),
                                                        strict=True)]  # fmt: skip
    result = chosen(*rows)
    assert list(result.warnings) == ["a.csv: row 2: `date` must be ISO 8601, got 'soon'"]
    assert result.articles["date"].isna().tolist() == [False, True, False]


def test_many_wrong_dates_are_an_error_of_the_setting() -> None:
    """More than half cannot be read: up to 20 are named, with a format that would read them."""
    rows = [article(f"a{number}", date="12/31/24") for number in range(25)]
    with pytest.raises(SourceError) as error:
        chosen(*rows)
    lines = error.value.message.splitlines()
    assert lines[0] == "a.csv: row 1: `date` must be ISO 8601, got '12/31/24'"
    assert (len(lines), lines[-1]) == (21, "... and 5 more")
    assert error.value.hint == 'write 2024-12-31, or set date_format = "%m/%d/%y"'


def test_a_wrong_format_is_told_with_the_dates() -> None:
    """The format that was tried is part of the message, and a long value is cut."""
    rows = [article("a", date="x" * 200)]
    with pytest.raises(SourceError) as error:
        chosen(*rows, date_format="%d.%m.%Y")
    told = error.value.message
    assert told.startswith("a.csv: row 1: `date` must be ISO 8601 or %d.%m.%Y, got 'xxx")
    assert len(told) < 160


@pytest.mark.parametrize("name", ["date", "publishdate", "expirydate", "PublishDate"])
def test_dates_that_can_be_read_in_two_ways_are_named(name: str) -> None:
    """The column, the first of its values, and both formats to choose from."""
    with pytest.raises(SourceError) as error:
        chosen(article("a"), article("b", **{name: "01/02/2024"}))
    assert str(error.value) == (
        f"a.csv: row 2: `{name}` can be read as day/month and as month/day, got '01/02/2024'\n"
        'Hint: set date_format = "%d/%m/%Y" or "%m/%d/%Y"'
    )


@pytest.mark.parametrize("missing", [None, "", float("nan"), pd.NA])
def test_missing_and_repeated_ids_are_named_by_their_rows(missing: Any) -> None:
    """All at once; an article that is left out may have any id."""
    rows = [article("rye"), article("oats", draft=True), article("oats"), article("rye")]
    with pytest.raises(SourceError) as error:
        chosen(*rows, article() | {"id": missing})
    assert str(error.value) == (
        "a.csv: row 4: id 'rye' is repeated, first at a.csv: row 1\n"
        "a.csv: row 5: id is missing\nHint: give each article an id of its own"
    )


def test_numbers_and_texts_of_one_spelling_are_one_id() -> None:
    """The Article table holds ids as text, where 7 and "7" are the same."""
    with pytest.raises(SourceError, match=r"row 2: id '7' is repeated, first at a\.csv: row 1"):
        chosen(article() | {"id": 7}, article() | {"id": "7"}, article() | {"id": np.int64(8)})


@given(st.permutations(range(6)))
def test_order_of_the_rows_decides_nothing(order: list[int]) -> None:
    """The same rows are kept, and left out for the same reasons, in any order."""
    rows = [
        article("a"), article("b", draft=True), article("c", date="2025-01-01"),
        article("d", title="", text=""), article("e", expirydate="2020-01-01"),
        article("f", date="soon", publishdate="2024-01-01"),
    ]  # fmt: skip
    result = chosen(*(rows[at] for at in order), expired=False)
    assert sorted(result.articles["id"]) == ["a", "f"]
    assert sorted(reason for _, reason in result.skipped) == [
        "draft", "empty text", "expired", "future-dated",
    ]  # fmt: skip
