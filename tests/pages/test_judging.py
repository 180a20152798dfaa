"""The judging sheet: its content and use, and that it is blind and harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from recommender.articles import validate_articles
from recommender.cli.main import cli
from recommender.errors import ConfigError, UnknownArticleError
from recommender.evaluation.judgments import read_judgments
from recommender.pages.judging import CANDIDATE_WORDS, SEED_WORDS, judging_page

ATTACK = "</script><script>window.hacked=1</script><img src=x onerror=hacked=1> %%DATA%% \u202e"
IDS = ["a,1", 'b"2', "c", "d", "__proto__", ATTACK]
ARTICLES = validate_articles(
    pd.DataFrame(
        {
            "id": IDS,
            "title": ["Ferry", "Harbour", "Rye", "Die Fähre", "Proto", ATTACK],
            "text": [f"{word} " * 300 for word in ("boat", "quay", "bread", "Kai", "x", ATTACK)],
            "lang": ["en", "en", "en", "de", "", ATTACK],
            "date": ["2024-03-01", None, None, None, None, None],
        }
    )
)


def lists(*rows: tuple[str, int, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["article_id", "rank", "related_id"])


FIRST = lists(
    *((seed, rank, other) for seed in IDS[:2] for rank, other in enumerate(IDS[2:5], 1)),
)
SECOND = lists(
    *((seed, rank, other) for seed in IDS[:3] for rank, other in enumerate(IDS[:2:-1], 1)),
)


def embedded(page: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="data"[^>]*>(.*?)</script>', page, re.S)
    assert match is not None
    data: dict[str, Any] = json.loads(match[1])
    return data


def test_sheet_pools_the_first_places_of_every_run() -> None:
    """Candidates are the union of the runs' first places, each once, for articles of all runs."""
    data = embedded(judging_page(ARTICLES, [FIRST, SECOND], depth=2))
    pools = {query["id"]: set(query["candidates"]) for query in data["queries"]}
    union = {"c", "d", "__proto__", ATTACK}
    assert pools == {"a,1": union, 'b"2': union}


def test_sheet_is_blind() -> None:
    """Nothing reveals rank, score or run: swapping the runs gives the same page."""
    scored = [run.assign(score=0.123456, origin="similar") for run in (FIRST, SECOND)]
    page = judging_page(ARTICLES, scored)
    assert page == judging_page(ARTICLES, scored[::-1])
    assert "0.123456" not in page
    assert set(embedded(page)["queries"][0]) == {"id", "candidates"}


def test_draw_and_order_are_seeded() -> None:
    """The seed decides which articles, and the order of all."""
    pages = {judging_page(ARTICLES, [FIRST, SECOND], seed=seed) for seed in range(8)}
    assert len(pages) > 1
    assert judging_page(ARTICLES, [FIRST], seed=1) == judging_page(ARTICLES, [FIRST], seed=1)
    assert len(embedded(judging_page(ARTICLES, [FIRST], count=1))["queries"]) == 1


def test_texts_are_cut() -> None:
    """The article shows more words than its candidates, and neither the whole text."""
    articles = embedded(judging_page(ARTICLES, [FIRST]))["articles"]
    assert articles["a,1"]["text"].count("boat") == SEED_WORDS
    assert articles["c"]["text"].count("bread") == CANDIDATE_WORDS


def test_hostile_text_is_escaped_and_nothing_is_loaded() -> None:
    """No article can end the data block, and the policy forbids all but the page's own script."""
    page = judging_page(ARTICLES, [SECOND], title=ATTACK)
    block = page.split('id="data"', 1)[1].split(">", 1)[1].split("</script>", 1)[0]
    assert not set(block) & set("<>&\u202e")
    assert page.count("<script") == 2
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    page.encode("utf-8")


def test_wrong_arguments_are_named() -> None:
    """No run, no depth and an unknown article are refused."""
    with pytest.raises(ConfigError, match="got 0 runs"):
        judging_page(ARTICLES, [])
    with pytest.raises(ConfigError, match="depth 0"):
        judging_page(ARTICLES, [FIRST], depth=0)
    with pytest.raises(UnknownArticleError, match="such as 'zzz'"):
        judging_page(ARTICLES, [lists(("a,1", 1, "zzz"))])


def test_command_writes_the_sheet(tmp_path: Path) -> None:
    """By default, `judge` compares the settings with the plain nearest articles."""
    ARTICLES[:4][["id", "title", "text"]].to_csv(tmp_path / "articles.csv", index=False)
    sheet = tmp_path / "sheet.html"
    result = CliRunner().invoke(
        cli,
        f"judge {tmp_path}/articles.csv -o {sheet} --min-score 0 --max-df 1",
    )
    assert result.exit_code == 0, result.output
    assert "(plain;" in result.stderr
    assert sheet.read_text(encoding="utf-8").startswith("<!doctype html>")


# --- In a browser ---


@pytest.fixture
def sheet(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The open sheet; it must stay silent and off the network."""
    path = tmp_path / "sheet.html"
    path.write_text(judging_page(ARTICLES, [FIRST, SECOND], depth=3), encoding="utf-8")
    page = browser.new_page()
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: noise.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert {url for url in noise if not url.startswith("blob:")} == {path.as_uri()}
    assert page.evaluate("typeof window.hacked") == "undefined"
    page.close()


def saved(page: Any, path: Path) -> pd.DataFrame:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "judgments.csv"
    download.value.save_as(path)
    return read_judgments(path, ARTICLES)


def test_grades_by_keyboard_survive_a_reload_and_are_saved(sheet: Any, tmp_path: Path) -> None:
    """Digits grade and move on, arrows turn, a reload keeps all, and `evaluate` reads the CSV."""
    order = sheet.evaluate("data.queries")
    assert sheet.get_by_role("button", name="Save as CSV").is_disabled()
    sheet.keyboard.type("312")
    sheet.keyboard.press("ArrowRight")
    sheet.locator(".kicker", has_text="2 of 2").wait_for()
    sheet.keyboard.press("ArrowDown")
    sheet.keyboard.press("0")
    assert sheet.locator("#count").inner_text() == "4 of 8 graded"
    sheet.wait_for_timeout(500)  # Chromium passes what is stored to other processes later
    sheet.reload()
    assert sheet.locator("#count").inner_text() == "4 of 8 graded"
    table = saved(sheet, tmp_path / "judgments.csv")
    first, second = (query["candidates"] for query in order)
    expected = {
        (order[0]["id"], first[0], 3),
        (order[0]["id"], first[1], 1),
        (order[0]["id"], first[2], 2),
        (order[1]["id"], second[1], 0),
    }
    assert {tuple(row) for row in table.to_numpy().tolist()} == expected


def test_keys_after_the_last_candidate_change_nothing(sheet: Any, tmp_path: Path) -> None:
    """Once all are graded, further digits are ignored until an arrow key moves back."""
    candidates = embedded(sheet.content())["queries"][0]["candidates"]
    for _ in candidates:
        sheet.keyboard.press("2")
    for key in ("3", "ArrowDown", "0"):
        sheet.keyboard.press(key)
    assert set(saved(sheet, tmp_path / "first.csv")["gain"]) == {2.0}
    sheet.keyboard.press("ArrowRight")
    sheet.keyboard.press("ArrowLeft")
    sheet.keyboard.press("1")
    assert set(saved(sheet, tmp_path / "second.csv")["gain"]) == {2.0}
    sheet.keyboard.press("ArrowUp")
    sheet.keyboard.press("0")
    table = saved(sheet, tmp_path / "third.csv")
    assert dict(zip(table["related"], table["gain"], strict=True))[candidates[-1]] == 0.0
    assert table["gain"].tolist().count(2.0) == len(candidates) - 1


def test_grades_by_mouse(sheet: Any) -> None:
    """A click on a grade counts, and a second one replaces it."""
    candidate = sheet.locator(".candidate").nth(1)
    candidate.get_by_text("A must").click()
    candidate.get_by_text("Unrelated").click()
    assert sheet.locator("#count").inner_text() == "1 of 8 graded"
    assert candidate.get_by_role("radio", name="Unrelated").is_checked()


def test_blocked_storage_is_survived(browser: Any, tmp_path: Path) -> None:
    """Without localStorage the sheet works, and the CSV can be saved."""
    path = tmp_path / "sheet.html"
    path.write_text(judging_page(ARTICLES, [FIRST]), encoding="utf-8")
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw 1; }})")
    page.goto(path.as_uri())
    page.keyboard.press("2")
    assert saved(page, tmp_path / "judgments.csv")["gain"].tolist() == [2.0]
    page.close()


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_no_sideways_scrolling(sheet: Any, width: int) -> None:
    """The sheet fits a desk and a phone."""
    sheet.set_viewport_size({"width": width, "height": 800})
    assert sheet.evaluate("document.documentElement.scrollWidth <= innerWidth")
