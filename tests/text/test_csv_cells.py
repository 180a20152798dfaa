"""CSV that a spreadsheet opens and we read again: no cell runs, none changes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.evaluation.judgments import read_judgments, read_lists
from recommender.outputs import write_recommendations
from recommender.pages.judging import judging_page
from recommender.sources import read_articles
from recommender.text.csv_cells import as_written, csv_text

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
TITLES = [
    '=HYPERLINK("https://evil.example","x")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1",
    "\r=1", "'=1", "''=1", "'tis the season", "a\rb", 'a"b', "a,b", "a\nb", "＝1", "-", "plain",
]  # fmt: skip


def articles() -> pd.DataFrame:
    """Return an article for each title, which is its id too."""
    return validate_articles(pd.DataFrame({"id": TITLES, "title": TITLES, "text": TITLES}))


def pairs() -> pd.DataFrame:
    return pd.DataFrame(
        {"article_id": "plain", "rank": range(1, len(TITLES) + 1), "related_id": TITLES,
         "score": 0.5, "origin": "similar"}
    )  # fmt: skip


def test_no_cell_of_the_lists_starts_a_formula_and_all_are_read_again(tmp_path: Path) -> None:
    """Excel, LibreOffice and Sheets show a quoted text, `evaluate` reads the id as it was."""
    file = tmp_path / "lists.csv"
    terms = [["=1", "b"]] * len(TITLES)
    write_recommendations(pairs(), file, articles=articles(), because=terms)
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    assert len(rows) == len(TITLES) + 1
    assert list(read_lists(file)["related_id"]) == TITLES


def test_table_that_we_write_is_read_as_articles_with_the_same_titles(tmp_path: Path) -> None:
    """The round trip changes no id and no title, but for blanks at their ends."""
    table = articles()[["id", "title", "text"]]
    (tmp_path / "a.csv").write_text(csv_text(table), newline="")
    assert list(read_articles(tmp_path / "a.csv")["title"]) == list(table["title"])


def test_numbers_stay_numbers() -> None:
    """A negative number is not a formula."""
    assert csv_text(pd.DataFrame({"gain": [-1.5], "rank": [-2]})) == "gain,rank\n-1.500000,-2\n"


@pytest.mark.parametrize("cell", TITLES)
def test_what_is_written_is_read_as_it_was(cell: str) -> None:
    """Guarding twice adds two quotes, and reading removes one."""
    once = next(csv.reader(io.StringIO(csv_text(pd.DataFrame({cell: [cell]})), newline="")))
    assert once == [cell]
    (row,) = list(csv.DictReader(io.StringIO(csv_text(pd.DataFrame({"x": [cell]})), newline="")))
    assert as_written(row["x"]) == cell


def test_grades_of_the_judging_sheet_are_read_again(browser: Any, tmp_path: Path) -> None:
    """The sheet's CSV guards ids as ours does."""
    run = pairs()[["article_id", "rank", "related_id"]].query("related_id != 'plain'")
    page = tmp_path / "sheet.html"
    page.write_text(judging_page(articles(), [run], depth=99), newline="")
    tab = browser.new_page()
    tab.goto(page.as_uri())
    tab.evaluate("for (const [q, r] of pairs) grades.set(keyOf(q, r), 1)")
    text = tab.evaluate("csv()")
    tab.close()
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(FORMULA)]
    (tmp_path / "judgments.csv").write_text(text, newline="")
    found = read_judgments(tmp_path / "judgments.csv", articles())
    assert json.dumps(sorted(found["related"])) == json.dumps(sorted(run["related_id"]))
