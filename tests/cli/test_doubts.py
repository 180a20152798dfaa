"""Each doubt about a whole site is reported with the setting that would help."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from conftest import Command

from recommender.cli import doubts
from recommender.cli.doubts import FEW, better_links, doubts_about, memory_doubt, score_doubt
from recommender.sources import read_source


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
        ({"lang": ["en"] * 9 + ["blog"]}, [], "articles in no known language: 1", "lang_column"),
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


def test_two_articles_of_one_address_are_named() -> None:
    """Only one of them can have its list on the page; articles without address share none."""
    urls = ["/a/", "/b/", "/a/", "", ""]
    five = table().head(5).assign(url=urls)
    (line,) = doubts_about(five)
    assert line.startswith("2 articles share their address with another, such as /a/ (posts/a0.md")


def test_a_least_score_that_is_absurd_is_doubted() -> None:
    """0.992 between random pairs means that they share their text."""
    assert "min_score" in score_doubt(0.992)
    assert score_doubt(0.1) == ""


@pytest.mark.parametrize("notice", [False, True])
def test_a_site_of_which_most_was_cut_is_reported(tmp_path: Path, notice: bool) -> None:
    """Where more words are cut from the texts than kept, the run says so and names the setting."""
    same = "Every page of this site ends in one long notice that says the same again. " * 6
    for number in range(12):
        own = f"Ferry number {number} ran aground on bar {number * 7} before dawn on day {number}."
        (tmp_path / f"{number}.md").write_text(f"# Ferry {number}\n\n{own}\n\n{same * notice}\n")
    warnings = read_source(tmp_path).warnings
    assert ["were cut" in line and "article_selector" in line for line in warnings] == (
        [True] if notice else []
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("articles.jsonl", 38_070_904),
        ("posts/a.md", 38_070_904),
        ("parts/1.parquet", 9_517_726),
        ("pages/a.html", 76_141_808),
    ],
)
def test_a_source_that_may_not_fit_is_reported_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    """38 MB of articles are built in 400 MB of memory, and killed without a message in 350 MB."""
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"")
    os.truncate(file, size)
    source = str(file if file.parent == tmp_path else file.parent)
    monkeypatch.setattr(doubts, "available_memory", lambda: 400 << 20)
    assert memory_doubt(source) == ""
    monkeypatch.setattr(doubts, "available_memory", lambda: 350 << 20)
    assert "may need 367 MB of memory, and this process may use 350 MB" in memory_doubt(source)


def test_a_build_warns_of_little_memory(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warning comes first, and the build goes on."""
    (tmp_path / "a.jsonl").write_text(
        "".join(
            f'{{"id": "a{n}", "title": "Rye {n}", "text": "Sow rye early."}}\n' for n in range(3)
        )
    )
    monkeypatch.setattr(doubts, "available_memory", lambda: 100 << 20)
    done = run("build", "a.jsonl", "-o", "lists.json")
    assert done.code == 0
    lines = done.err.splitlines()
    assert lines[0].startswith("Warning: the build may need 150 MB")
    assert lines[1].startswith("Read 3 articles")


def test_the_setting_with_which_links_resolve_is_named() -> None:
    """Where nearly no link resolves, the column or host with which most would is suggested."""
    paths = [f"/{letter}/{number}/" for letter in "abcdef" for number in range(10)]
    articles = pd.DataFrame(
        {
            "id": [str(number) for number in range(60)],
            "url": "",
            "path": paths,
            "slug": "",
            "links": [[paths[number - 1], "https://example.com/x/"] for number in range(60)],
        }
    )
    assert better_links(articles, [], 0, 120) == ["Hint: --url-column path would resolve 60 links"]
    whole = articles.assign(
        links=[[f"https://example.org{path}" for path in links[:1]] for links in articles["links"]]
    )
    assert better_links(whole, [], 0, 60) == [
        "Hint: --url-column path --host example.org would resolve 60 links"
    ]
    placed = whole.assign(url=paths, path="")
    assert better_links(placed, [], 0, 60) == ["Hint: --host example.org would resolve 60 links"]
    assert better_links(placed, ["example.org"], 60, 60) == []
    lost = placed.assign(links=[["/nowhere/"]] * 60)
    assert "url_column or url_template" in better_links(lost, [], 0, 60)[0]
