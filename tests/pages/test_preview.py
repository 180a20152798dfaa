"""The preview page: what it embeds, that nothing in it can do harm, and how it is used."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from accessibility import Page

from recommender.articles import validate_articles
from recommender.errors import ConfigError, UnknownArticleError
from recommender.pages.preview import SHOWN_TERMS, TRIMMED_WORDS, preview_page

ARTICLES = validate_articles(
    pd.DataFrame(
        [
            {
                "id": "ferry/first",
                "title": "Café on the ferry reopens",
                "text": "The café is open.\n\nIt sells tea.",
                "date": "2025-03-01",
                "category": "Local",
                "tags": ["ferries", "food"],
                "url": "https://example.org/ferry/first/",
                "description": "After nine years.",
            },
            {
                "id": "ferry/second",
                "title": "Ferry runs aground",
                "text": "Nobody was hurt.",
                "date": "2025-04-02",
                "category": "Local",
                "url": "javascript:alert(1)",
            },
            {
                "id": "fähre",
                "title": "Die Fähre fährt wieder",
                "text": "Seit Montag.",
                "date": "2025-05-03",
                "category": "Verkehr",
                "lang": "de",
            },
            {"id": "undated", "title": "Of ferries in general", "text": "They float."},
        ]
    )
)
TEASERS = {article_id: f"Teaser of {article_id}" for article_id in ARTICLES["id"]}
RELATED = pd.DataFrame(
    [
        ("ferry/first", 1, "ferry/second", 0.412345, "similar", [("ferri", 0.3), ("ground", 0.1)]),
        ("ferry/first", 2, "fähre", 0.1, "pinned", None),
        ("ferry/second", 1, "ferry/first", 0.412345, "similar", [("ferri", 0.412345)]),
        ("fähre", 1, "undated", 0.05, "backfill:category", []),
    ],
    columns=["article_id", "rank", "related_id", "score", "origin", "because"],
)
STEPS = (["nearest", "hubness"], [[2, 1], [0, 0], [1, 1], [1, 1]])
"""Only the first entry was moved."""

ATTACKS = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "{{ constructor.constructor('window.hacked = 1')() }} %%DATA%% ${window.hacked = 1}",
    "abc\u202edesrever\u202c \x00 \u2028 \u2029 <!-- <script>",
    '"><svg onload=window.hacked=1> & &lt;b&gt;',
    "__proto__",
]


def embedded(page: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="data"[^>]*>(.*?)</script>', page, re.S)
    assert match is not None
    data: dict[str, Any] = json.loads(match[1])
    return data


def hostile_page() -> str:
    rows = [
        {"id": attack, "title": attack, "text": f"{attack}\n\n{attack}", "category": attack,
         "tags": [attack], "description": attack, "lang": attack, "url": "javascript:hacked=1"}
        for attack in ATTACKS
    ]  # fmt: skip
    related = pd.DataFrame(
        [
            (seed, rank, other, 0.5, seed, [(other, 0.5)])
            for seed in ATTACKS
            for rank, other in enumerate(ATTACKS, 1)
            if seed != other
        ],
        columns=list(RELATED.columns),
    )
    teasers = {attack: f"{attack} \ud800" for attack in ATTACKS}
    articles = validate_articles(pd.DataFrame(rows))
    return preview_page(articles, related, title=ATTACKS[0], teasers=teasers)


def test_page_embeds_every_article_newest_first() -> None:
    """Every article is in the page; the newest comes first, one without a date last."""
    data = embedded(preview_page(ARTICLES, RELATED, teasers=TEASERS))
    assert [article["id"] for article in data["articles"]] == [
        "fähre", "ferry/second", "ferry/first", "undated",
    ]  # fmt: skip
    assert (data["total"], data["words"]) == (4, None)


def test_cards_stand_by_rank_whatever_the_row_order() -> None:
    """Shuffled recommendations give the same page."""
    shuffled = RELATED.iloc[::-1]
    assert preview_page(ARTICLES, shuffled, teasers=TEASERS) == preview_page(
        ARTICLES, RELATED, teasers=TEASERS
    )


def test_because_argument_replaces_the_column() -> None:
    """Terms can be given per row; only the heaviest few travel."""
    terms = [(f"term{i}", i / 100) for i in range(10)]
    page = preview_page(ARTICLES, RELATED, teasers=TEASERS, because=[terms, None, None, None])
    cards = embedded(page)["articles"][2]["related"]
    assert cards[0][3][0] == ["term9", 0.09]
    assert [len(card[3]) for card in cards] == [SHOWN_TERMS, 0]


def test_limit_keeps_the_newest_with_trimmed_text() -> None:
    """Above the limit the newest stay, cut short, and a card for another has no text."""
    articles = ARTICLES.assign(text="word " * (TRIMMED_WORDS + 1))
    data = embedded(preview_page(articles, RELATED, teasers=TEASERS, limit=2))
    kept = [article["id"] for article in data["articles"] if "outside" not in article]
    assert kept == ["fähre", "ferry/second"]
    assert data["articles"][0]["text"].split() == ["word"] * TRIMMED_WORDS + ["…"]
    outside = data["articles"][data["articles"][0]["related"][0][0]]
    assert outside["id"] == "undated"
    assert "text" not in outside
    assert (data["total"], data["words"]) == (4, TRIMMED_WORDS)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a", True),
        ("HTTP://example.org/a", True),
        ("/posts/a/?b=c#d", False),
        ("/", False),
        ("//example.org/a", False),
        ("/\\example.org", False),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_web_and_site_addresses_become_links(url: str, kept: bool) -> None:
    """The link to the original page leads to http(s) or to the same site, or is left out."""
    data = embedded(preview_page(ARTICLES.assign(url=url), RELATED, teasers=TEASERS))
    assert ("url" in data["articles"][0]) is kept


def test_hostile_text_is_escaped() -> None:
    """No character of an article can end the data block, and no placeholder is filled twice."""
    page = hostile_page()
    block = re.split(r'id="data"[^>]*>', page, maxsplit=1)[1].split("</script>", 1)[0]
    assert not set(block) & {"<", ">", "&", "\u2028", "\u2029", "\u202e", "\x00", "\ud800"}
    assert "<title>&lt;/script&gt;" in page
    assert page.count("<script") == 2
    shown = "".join(article["title"] for article in json.loads(block)["articles"])
    assert not set(shown) & {"\u202e", "\x00"}
    assert "%%DATA%%" in block
    page.encode("utf-8")


def test_page_names_no_other_address() -> None:
    """Nothing in the page is loaded from elsewhere, and the policy forbids it."""
    page = preview_page(ARTICLES, RELATED, teasers=TEASERS)
    loads = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)|url\(([^)]*)\)|@import""", page)
    assert [a or b for a, b in loads] == ["data:image/svg+xml,%3Csvg", "#/"]
    assert "default-src 'none'" in page
    assert "unsafe" not in page


def test_empty_site_gives_a_page() -> None:
    """No articles is not an error here."""
    page = preview_page(ARTICLES.iloc[:0], RELATED.iloc[:0], teasers={})
    assert embedded(page)["articles"] == []


def test_wrong_arguments_are_named() -> None:
    """A limit below 1, terms for other rows and an unknown article are refused."""
    with pytest.raises(ConfigError, match="limit must be at least 1, got 0"):
        preview_page(ARTICLES, RELATED, teasers={}, limit=0)
    with pytest.raises(ConfigError, match=r"because must .* got 1, expected 4"):
        preview_page(ARTICLES, RELATED, teasers={}, because=[[]])
    with pytest.raises(ConfigError, match=r"steps must .* got 1, expected 4"):
        preview_page(ARTICLES, RELATED, teasers={}, steps=(["nearest"], [[1]]))
    with pytest.raises(UnknownArticleError, match="such as 'undated'"):
        preview_page(ARTICLES.iloc[:3], RELATED, teasers={})


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colors_keep_wcag_aa(scheme: int) -> None:
    """Every text color has a contrast of 4.5:1 on each of its backgrounds, in both schemes."""
    page = preview_page(ARTICLES, RELATED, teasers=TEASERS)
    block = re.findall(r":root \{(.*?)\}", page, re.S)[scheme]
    colors = {name: luminance(hex_) for name, hex_ in re.findall(r"--([\w-]+): (#\w+);", block)}
    pairs = [(t, g) for t in ("ink", "soft", "accent") for g in ("paper", "band")]
    for text, ground in [*pairs, ("ink", "tint"), ("accent", "tint"), ("on-accent", "accent")]:
        low, high = sorted((colors[text], colors[ground]))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


# --- In a browser ---


class Visit:
    """An open page, with all its errors and requests."""

    def __init__(self, browser: Any, path: Path, html: str) -> None:
        path.write_text(html, encoding="utf-8", newline="\n")
        self.page = browser.new_page()
        self.noise: list[str] = []
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("dialog", lambda dialog: self.noise.append(dialog.message))
        self.page.on("request", lambda request: self.noise.append(request.url))
        self.page.goto(path.as_uri())
        self.noise.remove(path.as_uri())

    def headline(self) -> str:
        return str(self.page.locator("h1").inner_text())


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Visit]:
    """Open the page of the small corpus; it must stay silent and off the network."""
    page = preview_page(
        ARTICLES, RELATED, title="The Ferry Post", teasers=TEASERS, steps=STEPS, min_score=0.34
    )
    visit = Visit(browser, tmp_path / "preview.html", page)
    yield visit
    visit.page.close()
    assert visit.noise == []


def wait_for_title(page: Any, start: str) -> None:
    """Wait until an article is shown, without code in the page, which its policy forbids."""
    from playwright.sync_api import expect

    expect(page).to_have_title(re.compile(f"^{start}"))


def test_reader_goes_from_search_to_article_to_next_article(visit: Visit) -> None:
    """Type without the accent, press Enter, read, follow a card, and return."""
    page = visit.page
    page.keyboard.press("/")
    page.keyboard.type("cafe")
    option = page.get_by_role("option").all_inner_texts()
    assert [re.sub(r"\s", "", text) for text in option] == ["CaféontheferryreopensLocalMar1,2025"]
    page.keyboard.press("Enter")
    assert visit.headline() == "Café on the ferry reopens"
    assert page.title() == "Café on the ferry reopens · The Ferry Post"
    assert page.locator(".reading p").all_inner_texts() == ["The café is open.", "It sells tea."]
    assert (
        page.get_by_text("Original page").get_attribute("href")
        == "https://example.org/ferry/first/"
    )

    cards = page.get_by_role("navigation", name="You may also like").locator(".card")
    assert cards.count() == 2
    assert cards.first.get_by_role("link").count() == 1
    assert "Teaser of ferry/second" in cards.first.inner_text()
    cards.first.get_by_role("link").click()
    wait_for_title(page, "Ferry runs aground")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert page.get_by_text("Original page").count() == 0

    page.go_back()
    wait_for_title(page, "Café")
    assert visit.headline() == "Café on the ferry reopens"


def test_editor_sees_why(visit: Visit) -> None:
    """The switch shows rank, score, origin and terms that add up; it outlives the next click."""
    page = visit.page
    page.evaluate("location.hash = '#/ferry/first'")
    switch = page.get_by_role("button", name="Why these?")
    first = page.locator(".why").first
    assert (switch.get_attribute("aria-pressed"), first.is_visible()) == ("false", False)
    switch.click()
    assert (switch.get_attribute("aria-pressed"), first.is_visible()) == ("true", True)
    assert " ".join(first.inner_text().split()) == (
        "Rank 1 Score 0.412 weak match ferri 0.300 ground 0.100 other words 0.012 "
        "Rank by step: nearest 2 → hubness 1 Pin Ban here"
    )
    bars = [bar.bounding_box()["width"] for bar in first.locator("i").all()]
    assert bars[0] / bars[1] == pytest.approx(3, rel=0.02)
    assert bars[0] / bars[2] == pytest.approx(0.3 / 0.012345, rel=0.1)
    second = page.locator(".why").nth(1).inner_text()
    assert "pinned by an editor" in second
    assert "Rank by step" not in second

    page.locator(".card a").first.click()
    wait_for_title(page, "Ferry runs")
    assert switch.get_attribute("aria-pressed") == "true"
    page.keyboard.press("w")
    assert switch.get_attribute("aria-pressed") == "false"


def test_weak_matches_are_marked_and_other_origins_named(visit: Visit) -> None:
    """A score near the minimum is weak; an entry that fills the list says why it is there."""
    page = visit.page
    page.evaluate("location.hash = '#/ferry/second'")
    page.keyboard.press("w")
    assert "weak match" in page.locator(".why").first.inner_text()
    page.evaluate("location.hash = '#/f%C3%A4hre'")
    wait_for_title(page, "Die")
    assert "fills the list: same category" in page.locator(".why").first.inner_text()


def test_marks_are_saved_as_editorial_rules(visit: Visit) -> None:
    """Pins, bans and articles never to show become a TOML file; they are hidden at first."""
    page = visit.page
    page.evaluate("location.hash = '#/ferry/first'")
    assert not page.get_by_role("button", name="Never show").is_visible()
    page.keyboard.press("w")
    page.locator(".why").nth(0).get_by_role("button", name="Pin").click()
    page.locator(".why").nth(1).get_by_role("button", name="Ban").click()
    page.get_by_role("button", name="Never show").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save editorial.toml").click()
    assert saved.value.suggested_filename == "editorial.toml"
    visit.noise = [url for url in visit.noise if not url.startswith("blob:")]
    assert tomllib.loads(Path(saved.value.path()).read_text(encoding="utf-8")) == {
        "pin": [{"on": "ferry/first", "show": ["ferry/second"]}],
        "ban": [{"on": "ferry/first", "never": ["fähre"]}],
        "never": [{"show": ["ferry/first"]}],
    }


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    """axe-core has nothing to say about the front and about an article with its reasons."""
    file = tmp_path / "preview.html"
    page = preview_page(ARTICLES, RELATED, teasers=TEASERS, steps=STEPS, min_score=0.34)
    file.write_text(page, encoding="utf-8")
    visit = Page(browser, file, scheme, width)
    assert visit.violations() == {}
    visit.page.evaluate("location.hash = '#/ferry/first'")
    visit.page.keyboard.press("w")
    visit.page.locator("[data-mark]").last.click()
    assert visit.violations() == {}
    visit.close()


def test_search_box_is_a_combobox(visit: Visit) -> None:
    """If empty, it lists the latest; arrows mark, Escape closes, no result is reported."""
    page = visit.page
    box = page.get_by_role("combobox", name="Find an article")
    box.click()
    options = page.get_by_role("option")
    assert options.count() == 4
    page.keyboard.press("ArrowUp")
    assert options.nth(3).get_attribute("aria-selected") == "true"
    assert box.get_attribute("aria-activedescendant") == options.nth(3).get_attribute("id")
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    page.keyboard.type("zeppelin")
    assert "No article has these words" in page.locator("#found").inner_text()
    box.fill("ferry aground")
    options.first.click()
    assert visit.headline() == "Ferry runs aground"


def test_each_article_speaks_its_language(visit: Visit) -> None:
    """Language, date and the list's heading follow the article; others fall back to English."""
    page = visit.page
    page.evaluate("location.hash = '#/f%C3%A4hre'")
    wait_for_title(page, "Die")
    assert page.locator("article").get_attribute("lang") == "de"
    assert page.locator("article time").inner_text() == "3. Mai 2025"
    assert page.locator("#related").inner_text() == "Das könnte Sie auch interessieren"


def test_arrow_keys_turn_to_newer_and_older(visit: Visit) -> None:
    """Right is the next older article, left the newer one; at the end nothing happens."""
    page = visit.page
    page.evaluate("location.hash = '#/ferry/first'")
    wait_for_title(page, "Café")
    page.keyboard.press("ArrowRight")
    wait_for_title(page, "Of ferries")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    wait_for_title(page, "Café")


def test_unknown_address_leads_home(visit: Visit) -> None:
    """A stale or broken link shows a page with a way to the front."""
    page = visit.page
    page.evaluate("location.hash = '#/no%such'")
    page.wait_for_function("document.querySelector('h1').textContent === 'Article not found'")
    page.get_by_role("link", name="See the latest").click()
    page.wait_for_function("document.querySelector('h1').textContent === 'Latest'")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_no_sideways_scrolling(visit: Visit, width: int) -> None:
    """The page fits a desk and a phone."""
    page = visit.page
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("location.hash = '#/ferry/first'")
    page.keyboard.press("w")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_corpus_executes_nothing(browser: Any, tmp_path: Path) -> None:
    """Every hostile article opens as plain text, with its list and its terms."""
    visit = Visit(browser, tmp_path / "hostile.html", hostile_page())
    page = visit.page
    for row in range(len(ATTACKS)):
        page.evaluate(f"go(readable[{row}])")
        page.wait_for_function("document.querySelectorAll('.related .card').length === 5")
        page.locator("#finder").fill("script")
        assert page.locator("main :is(img, svg, script, b:not(.figures b))").count() == 0
        assert page.evaluate("typeof window.hacked") == "undefined"
    page.close()
    assert visit.noise == []


def test_policy_refuses_a_script_that_is_not_the_page_own(browser: Any, tmp_path: Path) -> None:
    """Were markup ever to slip in, the browser would still not run it."""
    page = preview_page(ARTICLES, RELATED, teasers=TEASERS)
    slipped = page.replace("</body>", "<script>window.hacked = 1</script></body>")
    visit = Visit(browser, tmp_path / "slipped.html", slipped)
    assert visit.page.evaluate("typeof window.hacked") == "undefined"
    assert visit.headline() == "Latest"
    visit.page.close()
