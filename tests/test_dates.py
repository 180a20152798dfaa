"""Dates: one rule for files, tables and data frames, and the next best source of a day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.dates import parse_date
from recommender.errors import SourceError
from recommender.sources import SourceOptions, read_articles, read_source


def csv_of(folder: Path, dates: list[str]) -> Path:
    """Write a table with a column of dates."""
    rows = [f"a{row},T,Some text,{date}" for row, date in enumerate(dates)]
    file = folder / "articles.csv"
    file.write_text("\n".join(["id,title,text,date", *rows]), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["01/02/2024", "31/12/2024"], "2024-02-01"),
        (["01/02/2024", "12/31/2024"], "2024-01-02"),
        (["2024-02-01", "2024"], "2024-02-01"),
    ],
)
def test_dates_are_the_same_in_a_file_and_in_a_data_frame(
    tmp_path: Path, dates: list[str], first: str
) -> None:
    """The whole column decides the order of day and month, for any position of the clear date."""
    table = read_articles(csv_of(tmp_path, dates), future=True)
    frame = pd.DataFrame({"id": ["a0", "a1"], "title": "T", "text": "Some text", "date": dates})
    assert list(table["date"]) == list(validate_articles(frame)["date"])
    assert f"{table['date'][0]:%Y-%m-%d}" == first


def test_dates_that_can_be_read_in_two_ways_are_an_error(tmp_path: Path) -> None:
    """Where any order of day and month fits, none is guessed."""
    dates = ["01/02/2024", "03/04/2024"]
    with pytest.raises(SourceError, match="as day/month and as month/day, got '01/02/2024'"):
        read_articles(csv_of(tmp_path, dates))
    frame = pd.DataFrame({"id": ["a0", "a1"], "title": "T", "text": "Some text", "date": dates})
    with pytest.raises(SourceError, match="as day/month and as month/day"):
        validate_articles(frame)


def test_one_wrong_date_is_a_warning(tmp_path: Path) -> None:
    """An article with a wrong date gets the date of its file name, and the others are read."""
    for name, date in {
        "2024-05-12-rye": "soon", "oats": "2024-01-01", "barley": "2024-01-02"
    }.items():  # fmt: skip
        text = f"---\ntitle: T\ndate: {date}\n---\nSome text.\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    result = read_source(tmp_path)
    days = result.articles.set_index("id")["date"].dt.strftime("%Y-%m-%d").to_dict()
    assert days["2024-05-12-rye.md"] == "2024-05-12"
    assert len(result.warnings) == 1
    assert "2024-05-12-rye.md:3: front matter `date` must be ISO 8601" in result.warnings[0]


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("/blog/2024/05/12/rye/", "2024-05-12"), ("/2024-05-12/rye.html", "2024-05-12"),
        ("/blog/2024/rye/", None), ("/2024/13/12/rye/", None), ("/p/12024/05/12/", None),
        ("/2024/05/10-weeks-in-spain/", None), ("/2024/5/7-tips/", None),
        ("/2024/05/07-rye/", "2024-05-07"), ("/2024-05-10-rye/", "2024-05-10"),
    ],
)  # fmt: skip
def test_dates_in_addresses_are_used(tmp_path: Path, url: str, day: str | None) -> None:
    """An article without a date has the day that its address says, if it says a whole one."""
    file = tmp_path / "articles.csv"
    file.write_text(f"id,title,text,url\na,T,Some text,{url}\n", encoding="utf-8")
    date = read_source(file, SourceOptions()).articles["date"][0]
    assert (None if pd.isna(date) else f"{date:%Y-%m-%d}") == day


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("September 1st, 2021", "2021-09-01T00:00:00+00:00"),
        ("Sept. 1, 2021", "2021-09-01T00:00:00+00:00"),
        ("1er mars 2021", None),
        ("3 mai 2021 10:00", "2021-05-03T10:00:00+00:00"),
        ("2012-03-30 23:00:00 UTC-03:00", "2012-03-30T23:00:00-03:00"),
        ("2012-03-30 23:00 GMT+1", "2012-03-30T23:00:00+01:00"),
        ("Rye 1, 2021", None),
        ("May 32, 2021", None),
        ("May 2021", None),
    ],
)
def test_dates_with_words_are_read_without_guessing(written: str, moment: str | None) -> None:
    """A month by its name, an offset beside UTC; anything else is an error."""
    if moment is None:
        with pytest.raises(ValueError):  # noqa: PT011 - any message
            parse_date(written)
    else:
        assert parse_date(written) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("key", ["pubDate", "pubDatetime", "publishedAt", "published_at"])
def test_other_names_of_a_date(tmp_path: Path, key: str) -> None:
    """As starters for Astro and Next name it; `date` itself goes before."""
    (tmp_path / "rye.md").write_text(f"---\ntitle: Rye\n{key}: Jul 08 2022\n---\nSow it.\n")
    (tmp_path / "oats.md").write_text(f"---\n{key}: soon\ndate: 2022-07-08\n---\nSow it.\n")
    days = read_articles(tmp_path)["date"]
    assert list(days.dt.strftime("%Y-%m-%d")) == ["2022-07-08"] * 2
