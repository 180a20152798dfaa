"""What looks wrong about a whole site is reported with the setting that would help."""

from __future__ import annotations

import pandas as pd
import pytest

from recommender.doubts import FEW, doubts_about, score_doubt


def table(**columns: object) -> pd.DataFrame:
    """Return ten articles that are as they should be, but for some columns."""
    given = {
        "id": [f"posts/a{row}.md" for row in range(10)],
        "title": [f"Title {row}" for row in range(10)],
        "url": [f"/posts/a{row}/" for row in range(10)],
        "lang": "en",
    }
    return pd.DataFrame(given | columns)


def test_a_site_as_it_should_be_gives_no_warning() -> None:
    """Nothing is reported without cause."""
    assert doubts_about(table(), skipped=[("x.md", "draft")] * 20) == []


@pytest.mark.parametrize(
    ("columns", "skipped", "what", "setting"),
    [
        ({"title": "Globe Ledger"}, [], "10 of 10 articles have the title", "title_column"),
        ({}, [("x", "empty text")] * 11, "11 of 21 articles have no text", "article_selector"),
        ({"url": [f"/tag/a{n}/" for n in range(10)]}, [], "pages of one kind, 'tag'", "glob"),
        ({"lang": ["en"] * 9 + ["blog"]}, [], "1 articles are in no known language", "lang_column"),
    ],
)
def test_a_doubt_names_the_setting_that_helps(
    columns: dict[str, object], skipped: list[tuple[str, str]], what: str, setting: str
) -> None:
    """Each check says how many articles are concerned, and what to set."""
    (line,) = doubts_about(table(**columns), skipped=skipped)
    assert what in line
    assert setting in line


def test_few_articles_give_no_warning() -> None:
    """Shares of a handful say nothing."""
    assert doubts_about(table(title="Globe")[: FEW - 1]) == []


def test_a_least_score_that_is_absurd_is_doubted() -> None:
    """0.992 between random pairs means that they share their text."""
    assert "min_score" in score_doubt(0.992)
    assert score_doubt(0.1) == ""
