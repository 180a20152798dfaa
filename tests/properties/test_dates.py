"""Dates: what is written is read again, and no text raises another error than a ValueError."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from recommender.dates import (
    MONTHS,
    date_hint,
    date_in_path,
    is_ambiguous,
    parse_date,
    slashed_format,
)

DAYS = st.dates(date(1678, 1, 2), date(2261, 12, 30))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1678, 1, 2), datetime(2261, 12, 30), timezones=OFFSETS)
PATHS = [
    "/{0:%Y/%m/%d}/rye/", "posts/{0:%Y-%m-%d}-rye.md", "{0:%Y/%m/%d}", "/a/{0:%Y-%m-%d}",
    "/12/{0:%Y/%m/%d}/7", "{0:%Y-%m-%d}_rye.md",
]  # fmt: skip
PARTS = st.lists(
    st.sampled_from([*"0123456789-/:.,TZ +", "2024", "12", "31", "00", "UTC", "٣", "99999999999"]),
    max_size=14,
).map("".join)


@given(MOMENTS)
def test_moment_is_read_from_its_own_iso_text(moment: datetime) -> None:
    """With a T or a blank, in its own offset afterwards; so is the moment itself."""
    texts = [moment.isoformat(), str(moment), f" {moment.isoformat()}\n", moment]
    for found in map(parse_date, texts):
        assert found == moment
        assert found.utcoffset() == moment.utcoffset()
        assert parse_date(found) == found


@given(DAYS)
def test_day_is_its_midnight_in_utc(day: date) -> None:
    """As a date, and in each of the forms that sites use."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    y, m, d = day.year, day.month, day.day
    forms = [f"{y}-{m:02}-{d:02}", f"{y}-{m}-{d}", f"{y}/{m:02}/{d:02}", f"{y}.{m}.{d}",
             f"{y}-{m:02}-{d:02} 00:00", f"{y}-{m:02}-{d:02}T00:00:00Z", day]  # fmt: skip
    assert {parse_date(form) for form in forms} == {midnight}


@given(st.integers(1678, 2261), st.integers(1, 12))
def test_year_and_month_are_their_first_day(year: int, month: int) -> None:
    """A number or a text."""
    first = datetime(year, 1, 1, tzinfo=UTC)
    assert {parse_date(form) for form in (year, str(year), float(year))} == {first}
    assert parse_date(f"{year}-{month:02}") == first.replace(month=month)


@given(DAYS, st.sampled_from(["%B %d, %Y", "%b %d %Y", "%d %B %Y", "%d-%b-%Y", "%a, %d %b %Y",
                              "%a %b %d %Y", "%a, %d %b %Y 00:00:00 +0000"]))  # fmt: skip
def test_a_named_month_is_read_in_any_order(day: date, form: str) -> None:
    """As Astro, ABlog and mail headers write days: nothing has to be guessed."""
    assume(day.year >= 1000)
    assert parse_date(f"{day:{form}}") == datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(DAYS, st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%B %d, %Y", "%Y%m%d", "%a, %d %b %Y"]))
def test_named_format_is_tried_first(day: date, form: str) -> None:
    """And ISO 8601 is read all the same, as file names have it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert parse_date(f"{day:{form}}", form) == parse_date(day.isoformat(), form) == midnight


@given(PARTS | st.text(max_size=12))
@example("2024-02-30")
@example("2024-01-01T24:00")
@example("2024-01-01 10:00+99:99")
@example("0000-00-00")
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    """A moment in UTC of the years that can be represented, nothing for blanks, or an error."""
    try:
        found = parse_date(text)
    except ValueError:
        return
    except OverflowError:  # callers catch both
        return
    if found is None:
        assert not text.strip() or text.strip().startswith("0001")
    else:
        assert found.tzinfo is not None
        assert 1677 <= found.year <= 2262


@pytest.mark.parametrize(
    "value", [True, False, [], {}, b"2024-01-01", 1677, 2262, 20240101, 1.5, 10**30, object()]
)
def test_other_values_are_no_dates(value: Any) -> None:
    """Neither a truth nor a number that is no year."""
    with pytest.raises(ValueError, match=r"."):
        parse_date(value)


@given(st.lists(DAYS, min_size=1, max_size=5), st.sampled_from(["%m/%d/%Y", "%d/%m/%Y"]),
       st.randoms(use_true_random=False))  # fmt: skip
def test_column_of_slashed_dates_has_one_format_or_is_ambiguous(
    days: list[date], form: str, draw: Any
) -> None:
    """Whatever the order of the rows; where one format is found, it reads every date."""
    texts = [f"{day:{form}}" for day in days]
    found = slashed_format(texts)
    if any(day.day > 12 for day in days):
        assert found == form
        assert [parse_date(text, found) for text in texts] == [parse_date(day) for day in days]
    else:
        assert found is None
    assert is_ambiguous(texts) == (found is None)
    draw.shuffle(texts)
    assert slashed_format([None, *texts, "2024-01-01", 7]) == found


@given(st.lists(st.none() | PARTS | st.integers() | st.floats(), max_size=5))
def test_any_column_can_be_asked(values: list[Any]) -> None:
    """Columns of anything have a format or none, and are ambiguous or not."""
    assert slashed_format(values) in (None, "%m/%d/%Y", "%d/%m/%Y")
    assert not (is_ambiguous(values) and slashed_format(values))


@given(DAYS, st.sampled_from(PATHS))
def test_day_in_a_path_is_found(day: date, path: str) -> None:
    """As directories or at the head of a name."""
    assert date_in_path(path.format(day)) == day.isoformat()


@given(st.text(alphabet="0123456789/-_.ab", max_size=20))
def test_day_in_a_path_is_a_day(path: str) -> None:
    """Never one that the calendar does not have."""
    found = date_in_path(path)
    assert found == "" or date.fromisoformat(found).isoformat() == found


@given(DAYS, st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%Y%m%d"]))
def test_hint_names_a_format_that_reads_the_date(day: date, form: str) -> None:
    """The advice can be followed: the format in it reads the value as the day in it."""
    assume(day.year >= 1000)
    hint = date_hint(f"{day:{form}}")
    written, _, named = hint.partition(', or set date_format = "')
    assert parse_date(f"{day:{form}}", named.removesuffix('"')) == parse_date(
        written.removeprefix("write ")
    )


@pytest.mark.parametrize("value", ["soon", "", None, 7, "32/13/2024", "x" * 1000])
def test_hint_without_a_guess_says_how_to_write_it(value: Any) -> None:
    """No format is made up."""
    assert date_hint(value) == "write it as 2024-12-31, or name its format with date_format"


def test_names_of_months_are_those_of_twelve() -> None:
    """In lower case, each for one month; every language has all twelve."""
    assert set(MONTHS.values()) == set(range(1, 13))
    assert all(name == name.lower() for name in MONTHS)
    for names in (["march", "märz", "mars", "marzo", "marca", "марта"], ["may", "mai", "mayo"]):
        assert len({MONTHS[name] for name in names}) == 1
