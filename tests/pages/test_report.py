"""The report: what it contains, that nothing in it can do harm, and how it is used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from accessibility import Page
from conftest import NEWSROOM, Command
from pages.test_preview import ATTACKS, Visit, embedded

from recommender import read_articles
from recommender.evaluation.report import site_report, topic_map
from recommender.model import Recommender
from recommender.pages.report import report_page

SEED = "local/2021-03-09-marram-lido-drained-after-crack.md"


def page_of(articles: pd.DataFrame, *, title: str = "The News", **parameters: Any) -> str:
    """Return the report on the lists of these articles."""
    model = Recommender(**parameters).fit(articles)
    lists = model.recommend(k=6)
    report, places = site_report(model, lists, 6), topic_map(model)
    return report_page(model.articles_, lists, report, places, title=title)


@pytest.fixture(scope="module")
def newsroom_page() -> str:
    """The report on the bundled articles."""
    return page_of(read_articles(NEWSROOM))


def hostile_page() -> str:
    rows = [{"id": attack, "title": attack, "text": f"{attack} boat sea", "category": attack,
             "lang": attack, "url": "javascript:hacked=1"} for attack in ATTACKS]  # fmt: skip
    return page_of(pd.DataFrame(rows), title=ATTACKS[0], min_score=0.0, min_df=1, max_df=1.0)


def test_page_has_every_list_by_rank(newsroom_page: str) -> None:
    """The lists are those of the model, by the place of each article."""
    model = Recommender().fit(read_articles(NEWSROOM))
    data = embedded(newsroom_page)
    ids = [article["id"] for article in data["articles"]]
    lists = model.recommend([SEED], k=6)
    shown = data["lists"][ids.index(SEED)]
    assert [ids[row] for row, *_ in shown] == lists["related_id"].tolist()
    assert [score for _, score, *_ in shown] == lists["score"].round(4).tolist()


def test_weak_matches_and_origins_are_marked() -> None:
    """An entry just above the minimum score is weak; one that is there otherwise says how."""
    table = pd.DataFrame({"id": ["a", "b", "c"], "title": "", "text": ["boat sea", "boat", "sea"]})
    model = Recommender(min_score=0.7, min_items=0, min_df=1, max_df=1.0, phrases_weight=0).fit(
        table
    )
    lists = model.recommend(k=2)
    lists.loc[lists["article_id"] == "b", "origin"] = "pinned"
    page = report_page(
        model.articles_, lists, site_report(model, lists, 2), topic_map(model), title=""
    )
    by_id = dict(zip("abc", embedded(page)["lists"], strict=True))
    assert [entry[2:] for entry in by_id["a"]] == [["", 1], ["", 1]]
    assert [entry[2:] for entry in by_id["b"]] == [["pinned"]]


def test_hostile_text_is_escaped() -> None:
    """No character of an article can end the data block."""
    page = hostile_page()
    block = page.split('<script type="application/json"', 1)[1].split("</script>", 1)[0]
    assert not set(block.split(">", 1)[1]) & {"<", ">", "&", "\u2028", "\u202e", "\x00"}
    assert page.count("<script") == 2
    assert "javascript:hacked" not in block


def test_page_names_no_other_address(newsroom_page: str) -> None:
    """Nothing in the page is loaded from elsewhere, and the policy forbids it."""
    loads = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)|url\(([^)]*)\)|@import""", newsroom_page)
    assert [a or b for a, b in loads] == ["data:image/svg+xml,%3Csvg", "#"]
    assert "default-src 'none'" in newsroom_page
    assert "@include" not in newsroom_page


# --- In a browser ---


@pytest.fixture
def visit(browser: Any, tmp_path: Path, newsroom_page: str) -> Iterator[Visit]:
    """Open the report; it must stay silent and off the network."""
    visit = Visit(browser, tmp_path / "report.html", newsroom_page)
    visit.page.set_viewport_size({"width": 1280, "height": 900})
    yield visit
    visit.page.close()
    assert visit.noise == []


def test_page_shows_every_section(visit: Visit) -> None:
    """The headings are in order, and the figures are those of the report."""
    assert visit.page.locator("h2").all_inner_texts() == [
        "Topics", "Who is shown", "Scores", "What each step changes", "Lists that are not full",
        "Near-duplicates", "Old and new", "Choose an article",
    ]  # fmt: skip
    steps = visit.page.locator("tbody").first.locator("td:first-child").all_inner_texts()
    assert steps[0] == "nearest"
    assert steps[-1] == "first 6"
    assert visit.page.get_by_role("img").count() == 4


def test_entries_and_random_pairs_both_fill_the_chart_of_scores(visit: Visit) -> None:
    """However many pairs have no word in common, the scores of the entries can be compared."""
    heights = """name => Math.max(...[...document.querySelector(".ghost").closest("svg")
        .querySelectorAll(name)].map((bar) => Number(bar.getAttribute("height"))))"""
    assert visit.page.evaluate(heights, ".bar-of") == 90
    assert visit.page.evaluate(heights, ".ghost") == 90


def test_a_dot_shows_its_title_and_opens_its_list(visit: Visit) -> None:
    """Hovering shows the title; a click opens the article with its list."""
    page = visit.page
    row = page.evaluate(f"byId.get({json.dumps(SEED)}).row")
    x, y = page.evaluate(f"spot(map.places[{row}])")
    box = page.locator("canvas").bounding_box()
    page.locator("canvas").hover(position={"x": x, "y": y})
    shown = page.locator(".tip").inner_text()
    page.mouse.click(box["x"] + x, box["y"] + y)
    panel = page.get_by_role("complementary", name="Article")
    panel.get_by_role("heading", name=shown).wait_for()
    assert panel.locator(".entry").count() >= 3
    assert page.evaluate("document.activeElement.tagName") == "H2"


def test_keys_are_enough(visit: Visit) -> None:
    """Arrow keys walk over the map, Enter opens, Escape returns, slash finds."""
    page = visit.page
    page.locator(".map").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator(".tip").inner_text()
    page.keyboard.press("ArrowRight")
    second = page.locator(".tip").inner_text()
    assert first != second
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    panel.get_by_role("heading", name=second).wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert panel.locator("h2").inner_text() == "Choose an article"
    assert page.evaluate("document.activeElement.className") == "map"
    page.keyboard.press("/")
    page.keyboard.type("lido drained")
    page.keyboard.press("Enter")
    panel.get_by_role("heading", name="Marram Lido drained after crack").wait_for()


def test_marks_are_counted_and_kept(visit: Visit) -> None:
    """A pin and a ban of one entry exclude each other; marks outlive a reload."""
    page = visit.page
    page.evaluate(f"location.hash = '#/{SEED}'")
    entry = page.locator(".entry").first
    pin, ban = entry.get_by_role("button", name="Pin"), entry.get_by_role("button", name="Ban")
    pin.click()
    ban.click()
    assert (pin.get_attribute("aria-pressed"), ban.get_attribute("aria-pressed")) == (
        "false", "true"
    )  # fmt: skip
    page.get_by_role("button", name="Never show").click()
    tray = page.get_by_role("region", name="Your marks")
    assert tray.locator("p").inner_text() == "Your marks: 1 banned, 1 never shown."
    page.reload()
    visit.noise.clear()  # the reload is a request for the file
    assert page.get_by_role("button", name="Never show").get_attribute("aria-pressed") == "true"
    tray.get_by_role("button", name="Clear").click()
    assert tray.count() == 0


def test_marks_made_by_clicking_are_obeyed(browser: Any, run: Command, tmp_path: Path) -> None:
    """The saved editorial.toml, put beside the settings, pins, bans and hides in the next build."""

    def lists() -> dict[str, list[str]]:
        data = json.loads(run("-q", "build", NEWSROOM, "-o", "-").out)["lists"]
        return {name: [card["id"] for card in cards] for name, cards in data.items()}

    assert run("report", NEWSROOM).code == 0
    before = lists()
    first, second, third, *_ = before[SEED]
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri() + f"#/{SEED}")
    entries = page.locator(".entry")
    entries.nth(0).get_by_role("button", name="Ban").click()
    entries.nth(2).get_by_role("button", name="Pin").click()
    page.evaluate(f"location.hash = '#/{second}'")
    page.wait_for_function(f"currentId() === {json.dumps(second)}")
    page.get_by_role("button", name="Never show").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save editorial.toml").click()
    saved.value.save_as(tmp_path / "editorial.toml")
    page.close()
    after = lists()
    assert after[SEED][0] == third
    assert first not in after[SEED]
    assert any(first in shown for shown in after.values())
    assert all(second not in shown for shown in after.values())
    assert (
        run("explain", SEED, first, "--source", NEWSROOM)
        .out.splitlines()[-1]
        .startswith("not in the list, removed at the step")
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_no_sideways_scrolling(visit: Visit, width: int) -> None:
    """The page fits a desk and a phone, with and without the panel."""
    page = visit.page
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(f"location.hash = '#/{SEED}'")
    page.locator(".entry").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_corpus_executes_nothing(browser: Any, tmp_path: Path) -> None:
    """Every hostile article opens as plain text, with its list."""
    visit = Visit(browser, tmp_path / "hostile.html", hostile_page())
    for row in range(len(ATTACKS)):
        visit.page.evaluate(f"go(articles[{row}])")
        visit.page.wait_for_function(f"chosen === {row}")
        assert visit.page.locator(":is(main, aside) :is(img, script, iframe)").count() == 0
        assert visit.page.evaluate("typeof window.hacked") == "undefined"
    visit.page.close()
    assert visit.noise == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(
    browser: Any, tmp_path: Path, newsroom_page: str, scheme: str, width: int
) -> None:
    """axe-core has nothing to say about the page, with and without an open article."""
    file = tmp_path / "report.html"
    file.write_text(newsroom_page, encoding="utf-8")
    page = Page(browser, file, scheme, width)
    assert page.violations() == {}
    page.page.evaluate(f"location.hash = '#/{SEED}'")
    page.page.locator(".entry").first.wait_for()
    page.page.locator("[data-mark]").first.click()
    assert page.violations() == {}
    page.close()
