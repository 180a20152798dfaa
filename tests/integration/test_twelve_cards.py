"""A news site whose articles have little in common: twelve cards on every page all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from news import news_page

SUBJECTS = [
    "ferry harbor pilot shoal dredger",
    "rye flour oven crust baker",
    "venom spider reptile fang keeper",
    "drone missile front troops treaty",
    "bank rate bond inflation lender",
    "goal keeper striker league derby",
    "vaccine clinic nurse dose patient",
]
CHEAP = ["--min-df", "1", "--max-df", "1.0", "-k", "12", "--min-items", "12"]
CARDS = """() => [...document.querySelectorAll("nav.recommender li")].map((card) => ({
    title: card.querySelector("a").innerText, teaser: card.querySelector("p").innerText,
    path: card.querySelector("a").getAttribute("href"),
    shown: card.getBoundingClientRect().height > 0,
}))"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two stories on each of seven subjects, and no other word in common."""
    for number, subject in enumerate(2 * SUBJECTS):
        words = [f"{word}{suffix}" for word in subject.split() for suffix in ("", "ly", "ment")]
        text = f"Log {number} says {' '.join(words)} and {' '.join(reversed(words))}."
        page = tmp_path / "public" / f"story-{number}" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(news_page(f"{subject.title()} {number}", [text]), encoding="utf-8")
    return tmp_path / "public"


def test_every_list_has_twelve_cards(run: Command, site: Path) -> None:
    """Twelve other articles with teasers of twenty words; origins say which ones fill the list."""
    done = run("build", site, "-o", "lists.json", *CHEAP, "--min-score", "0.2")
    assert done.code == 0, done.err
    lists = json.loads(Path("lists.json").read_text("utf-8"))["lists"]
    assert len(lists) == 14
    for owner, cards in lists.items():
        assert len({card["id"] for card in cards} - {owner}) == len(cards) == 12
        assert {len(card["teaser"].split()) for card in cards} == {20}
        assert all(card["title"] for card in cards)
        similar = [card["score"] >= 0.2 for card in cards]
        assert similar == [card["origin"] == "similar" for card in cards]
        assert similar == sorted(similar, reverse=True)
        assert similar[0]
        assert {card["origin"] for card in cards[1:]} <= {"backfill:similar", "backfill:newest"}
    assert "Filled 14 short lists: " in done.err
    assert "12.0 articles each" in done.err


def test_every_page_shows_twelve_cards(run: Command, site: Path, browser: Any) -> None:
    """`site` puts them on each page, and a browser shows all of them."""
    done = run("site", site, *CHEAP, "--min-score", "0.2")
    assert done.code == 0, done.err
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    tab.route("**/*", lambda route: route.abort())
    for page in sorted(site.rglob("*.html")):
        tab.set_content(page.read_text("utf-8"))
        cards = tab.evaluate(CARDS)
        assert len({card["path"] for card in cards} - {f"/{page.parent.name}/"}) == 12
        assert len(cards) == 12
        assert all(card["shown"] and card["title"] for card in cards)
        assert {len(card["teaser"].split()) for card in cards} == {20}
    tab.close()
