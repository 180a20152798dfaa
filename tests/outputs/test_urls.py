"""Addresses: none runs or leads to another host, in no output, and real ones stay."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.outputs import write_recommendations
from recommender.outputs.cards import cards
from recommender.outputs.urls import MAX_LENGTH, safe_address
from recommender.outputs.writers import GENERATOR_FORMATS, WRITERS
from recommender.pages.block import render_block
from recommender.pages.preview import preview_page

SCRIPT = "javascript:window.hit=1"
BAD = [
    SCRIPT, "JaVaScRiPt:window.hit=1", "java\tscript:window.hit=1", "java\nscript:window.hit=1",
    "\x01javascript:window.hit=1", "java\x00script:window.hit=1", " javascript:window.hit=1",
    "\u00a0javascript:window.hit=1", f"./{SCRIPT}", f"a/../{SCRIPT}", f"a/..//../{SCRIPT}",
    f".//{SCRIPT}", f"..//{SCRIPT}", f"../{SCRIPT}", f".\\{SCRIPT}", f"%2e/{SCRIPT}",
    f"a/%2E%2e/{SCRIPT}", "javascript&colon;window.hit=1", "javascript&#58;window.hit=1",
    "javascript&#x3a;window.hit=1", "javascript&amp;#58;window.hit=1",
    "java&Tab;script:window.hit=1",
    "&#106;avascript:window.hit=1", "javascript%3Awindow.hit=1", "javascript%253Awindow.hit=1",
    "%6aavascript:window.hit=1", "vbscript:x", "data:text/html,<script>window.hit=1</script>",
    "//evil.example/", "/\\evil.example/", "\\\\evil.example/", "/%5cevil.example/",
    "/%2Fevil.example/", "/&sol;evil.example/", "/..//evil.example/", "/.//evil.example/",
    "a/..//evil.example/", "/\t/evil.example/", "///evil.example/", "http:///evil.example/",
    "http:evil.example", "https:\\\\evil.example/", "http://[", "http://[::1", "http://",
    "https:/x",
    "mailto:ann@example.org", "tel:1", "?q", "#top", " ", "", None, "/" + "a" * MAX_LENGTH,
    "javascript%" + "25" * 20 + "3ax",
]  # fmt: skip
GOOD = [
    "/rye/", "/", "rye.html", "../rye/", "./rye/", "../../a/b:c/", "a/b:c/", "/a:b", "/tag/c++/",
    "10:30-report/", "2024/05/12:x", "https://example.org", "http://x.org/a?b#c", "a/b.html",
    "https://example.org/a?b=c:d&e=f#g:h", "HTTP://EXAMPLE.org/", "http://[::1]:80/x",
    "http://ann@host:80/x", "/a//b/", "/a/../b/", "/wiki/Special:Search?x=javascript:1",
    "/x?y=//z", "/x?y=a/../javascript:x", "/x%20y/%C3%A4", "/a?x=1&copy=2", "https://x.org/100%",
    "https://web.archive.org/web/2020/https://example.org/", "https://example.org/a%2525b",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD)
def test_address_that_may_run_or_lead_astray_is_dropped(url: str | None) -> None:
    """It is dropped in any form: resolved, decoded, with invisible characters or ``\\``."""
    assert safe_address(url) == ""


@pytest.mark.parametrize("url", GOOD)
def test_real_address_stays_as_it_is(url: str) -> None:
    """Paths with dots, colons in later parts, queries and whole addresses are written alike."""
    assert safe_address(url) == url


def test_quotes_spaces_braces_and_letters_are_encoded() -> None:
    """No address ends an attribute or starts a template; it still leads to the same page."""
    for url in ("/a b/<b>\"'`{{ x }}{% y %}\\/", "/straße/日本/"):
        address = safe_address(url)
        assert unquote(address) == url
        assert not set(address) & set(' "<>`{}\\ß日')
        assert safe_address(address) == address


def hostile_articles() -> pd.DataFrame:
    """Return an article for each bad address, as its own and as its picture's."""
    urls = [url for url in BAD if url and url.strip()]
    ids = [f"{row:03}.md" for row in range(len(urls))]
    assert len(urls) > 40
    return validate_articles(
        pd.DataFrame({"id": ids, "title": ids, "text": ids, "url": urls, "image": urls})
    )


def lists_of(articles: pd.DataFrame) -> pd.DataFrame:
    """Return a list of all articles for the first one."""
    ids = list(articles["id"])
    return pd.DataFrame(
        {"article_id": ids[0], "rank": range(1, len(ids) + 1), "related_id": ids,
         "score": 0.5, "origin": "similar"}
    )  # fmt: skip


WITHOUT_LINKS = {"wordpress"}
"""Formats with numbers of posts only; test_wordpress_lists.py has their exact bytes."""


@pytest.mark.parametrize(
    "format", sorted({*WRITERS, "frontmatter"} - {*GENERATOR_FORMATS} - WITHOUT_LINKS)
)
def test_no_output_holds_a_bad_address(format: str, tmp_path: Path) -> None:
    """Data files and front matter are held to the same rule as the pages."""
    articles = hostile_articles()
    path = tmp_path / "related"
    if format == "frontmatter":
        path.mkdir()
        for name in articles["id"]:
            (path / name).write_text(f"---\ntitle: {name}\n---\ntext\n")
    write_recommendations(lists_of(articles), path, articles=articles, format=format)
    if format == "parquet":
        found = pd.read_parquet(path)
        assert len(found) == len(articles)
        assert not found["url"].any()
        assert not found["image"].any()
        return
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    text = "".join(file.read_text() for file in files)
    assert all(text.count(name) for name in articles["id"])
    assert "window.hit" not in text
    assert "evil.example" not in text


@pytest.mark.parametrize("format", GENERATOR_FORMATS)
def test_no_data_file_of_a_generator_holds_a_bad_address(format: str, tmp_path: Path) -> None:
    """Its keys are looked up, never linked to: addresses and pictures of cards are."""
    articles = hostile_articles()
    for row in range(len(articles)):
        hostile = articles[row : row + 1]
        write_recommendations(
            lists_of(hostile), tmp_path / "x.json", articles=hostile, format=format
        )
        (((card,),),) = [json.loads((tmp_path / "x.json").read_text())["lists"].values()]
        assert card["image"] is None
        url = card["url"] or "/"
        assert safe_address(url) == url
        assert url.startswith(("/", "http"))


def test_pages_hold_no_bad_address() -> None:
    """The block and the preview drop what the data files drop."""
    articles = hostile_articles()
    (_, shown), *_ = cards(lists_of(articles), articles)
    block = render_block([card | {"url": "/x/", "image": card["image"]} for card in shown])
    page = preview_page(articles, lists_of(articles), teasers={})
    for text in (block, page):
        assert all(text.count(name) for name in articles["id"][1:])
        assert "window.hit" not in text
        assert "evil.example" not in text


READINGS = [str, posixpath.normpath, unquote, lambda url: url.lstrip("./")]
"""Changes that a template or a filter, such as Eleventy's `url`, makes to an address."""


def test_no_click_runs_anything(browser: Any) -> None:
    """Links without any escaping are resolved in many ways and clicked: none runs, none leaves."""
    urls = [safe_address(url) for url in [*BAD, *GOOD]]
    links = [f'<a href="{read(url)}">x</a>' for url in urls if url for read in READINGS]
    raw = "".join(links)
    left: list[str] = []

    def serve(route: Any) -> None:
        if route.request.url == "https://site.example/posts/":
            route.fulfill(body=f"<meta charset=utf-8>{raw}", content_type="text/html")
        else:
            left.append(route.request.url)
            route.fulfill(status=204)

    tab = browser.new_page()
    tab.route("**/*", serve)
    tab.goto("https://site.example/posts/")
    tab.evaluate("[...document.links].forEach(link => link.click())")
    for link in tab.locator("a").all()[:20]:
        link.click()
    tab.wait_for_timeout(200)
    assert tab.evaluate("window.hit") is None
    assert tab.evaluate("document.links.length") == len(links)
    hosts = tab.evaluate("[...document.links].map(link => link.hostname)")
    tab.close()
    assert "evil.example" not in hosts
    assert not [url for url in left if "evil" in url]
