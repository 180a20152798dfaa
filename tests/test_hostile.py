"""Hostile pages, titles and addresses: nothing runs in a browser, messages name the file."""

from __future__ import annotations

import io
import json
import time
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.errors import SourceError
from recommender.outputs.cards import cards
from recommender.outputs.writers import WRITERS
from recommender.pages.block import render_block
from recommender.pages.inject import inject_lists, remove_lists
from recommender.pages.judging import judging_page
from recommender.pages.preview import preview_page
from recommender.sources import SourceOptions, read_articles, read_source

BLOCK_TAGS = {"nav", "h2", "ul", "li", "a", "span", "p", "img", "time", "script"}
TITLES = [
    "<script>window.hit=1</script>", '"><img src=x onerror=window.hit=1>', "'><svg onload=window.hit=1>",  # noqa: E501
    "</script><script>window.hit=1</script>", "</style></nav><script>window.hit=1</script>",
    "NUL \0 in it", "\u202egnp.exe\u202c bidi", "{{ 7 * 7 }} {% raw %}", "<!-- recommender:end -->",
    "--><script>window.hit=1</script>", "<![CDATA[<script>window.hit=1</script>]]>", "\ud800 alone",
    "&lt;script&gt;window.hit=1&lt;/script&gt;", "</title><script>window.hit=1</script>",
]  # fmt: skip
URLS = [
    "javascript:window.hit=1", "data:text/html,<script>window.hit=1</script>",
    '/x"onmouseover="window.hit=1', "/x'><script>window.hit=1</script>", "/a b/<b>", "/ok/",
    "jav\nascript:window.hit=1", "//evil.example/", "/\\evil.example/", "vbscript:x",
]  # fmt: skip


def hostile_cards() -> list[dict[str, Any]]:
    """Return a card for every title with every address."""
    return [
        {"id": "x", "title": title, "url": url, "teaser": title, "date": title, "image": url}
        for title in TITLES
        for url in URLS
    ]


class Strict(HTMLParser):
    """Collects the elements of a block and checks that they nest."""

    VOID = ("img",)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_block_is_conforming_whatever_the_cards() -> None:
    """The page gets only the block's own elements and attributes, correctly nested."""
    parser = Strict()
    block = render_block(hostile_cards())
    parser.feed(block)
    assert parser.open == []
    assert {tag for tag, _ in parser.found} <= {
        "nav",
        "h2",
        "ul",
        "li",
        "a",
        "span",
        "p",
        "img",
        "time",
        "script",
    }
    names = {name for _, attributes in parser.found for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    scripts = [attributes for tag, attributes in parser.found if tag == "script"]
    assert scripts == [{"type": "application/ld+json"}]
    text = block.partition('ld+json">')[2].partition("</script>")[0]
    assert all(url.startswith(("/", "http")) for url in json.loads(text)["relatedLink"])
    assert "\0" not in block
    assert "\u202e" not in block


def test_nothing_runs_in_a_browser(browser: Any, tmp_path: Path) -> None:
    """Hostile lists in a page leave `window.hit` unset, after every link was checked."""
    page = b"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>t</title><article>a</article>"
    (tmp_path / "a.html").write_bytes(page)
    assert inject_lists(tmp_path, {"a.html": hostile_cards()}).written == ["a.html"]
    tab = browser.new_page()
    dialogs: list[Any] = []
    tab.on("dialog", lambda dialog: dialogs.append(dialog))
    tab.goto(f"file://{tmp_path}/a.html")
    tab.hover("nav.recommender a >> nth=0")
    tab.wait_for_timeout(200)
    schemes = tab.evaluate("[...new Set([...document.links].map(a => a.protocol))]")
    assert tab.evaluate("window.hit") is None
    assert tab.evaluate("document.querySelectorAll('nav.recommender script').length") == 0
    assert schemes == ["file:"]
    assert tab.evaluate("document.querySelectorAll('article > nav.recommender').length") == 1
    tab.close()
    assert dialogs == []
    remove_lists(tmp_path)
    assert (tmp_path / "a.html").read_bytes() == page


def test_hostile_pages_are_read_as_text(tmp_path: Path) -> None:
    """Markup in titles becomes text in the table; scripts are removed."""
    (tmp_path / "a.html").write_text(
        "<title>x</title><article><h1>&lt;script&gt;a&lt;/script&gt; {{ x }}</h1><p>Rye\0\u202e oats"  # noqa: E501
        '<script>hit()</script></p><script type=application/ld+json>{"a": '
        + "[" * 100_000
        + "</script>"
    )
    row = read_articles(tmp_path, format="html").iloc[0]
    assert row["title"] == "<script>a</script> {{ x }}"
    assert row["text"] == "Rye oats"


@pytest.mark.parametrize(
    "element",
    ["<div>", "<b>", "<ul><li>", "<table><tr><td>", "<svg><g>", "<div></b>", "<li><dd>", "<x></y>"],
)
def test_pages_nested_too_deep_are_left_out_and_named(tmp_path: Path, element: str) -> None:
    """Fifty megabytes of nested elements take no time that a build would notice."""
    (tmp_path / "deep.html").write_text("<article>" + element * (10_000_000 // len(element)))
    (tmp_path / "huge.html").write_text("<article>" + element * (50_000_000 // len(element)))
    (tmp_path / "a.html").write_text("<article><h1>Rye</h1><p>Sow it.</article>")
    started = time.monotonic()
    result = read_source(tmp_path, SourceOptions(format="html"))
    assert time.monotonic() - started < 60, "hangs"
    assert list(result.articles["id"]) == ["a.html"]
    assert {Path(s.where).name: s.reason for s in result.skipped} == {
        "deep.html": "elements nested more than 512 deep, or never closed",
        "huge.html": "larger than 20 MB",
    }


def test_code_is_parsed_within_the_limits_of_pages(tmp_path: Path) -> None:
    """Tags in a code block that would take a gigabyte are read as text."""
    tags = "<p>" + "".join(f"<b id={n}>" for n in range(1_900)) + "<p>Rye" * 2_000
    page = f"<article><h1>Rye</h1><p>Sow it.<pre><code>{escape(tags)}</code></pre></article>"
    (tmp_path / "a.html").write_text(page)
    text = read_source(tmp_path, SourceOptions(format="html", code=True)).articles["text"][0]
    assert ("Sow it." in text, "<b id=7>" in text, text.count("Rye")) == (True, True, 2_000)


def test_deep_pages_below_the_limit_are_read(tmp_path: Path) -> None:
    """The walk does not recurse: a thousand levels are read."""
    (tmp_path / "a.html").write_text("<article>" + "<div>" * 1900 + "Rye is sown.")
    assert read_articles(tmp_path, format="html")["text"][0] == "Rye is sown."


def test_wrong_encodings_are_errors_that_name_the_file(tmp_path: Path) -> None:
    """A page that is not what its meta element says is not guessed at."""
    (tmp_path / "bad.html").write_bytes(b"<meta charset=utf-8><article>caf\xe9</article>")
    (tmp_path / "odd.html").write_bytes(b"<meta charset=iso-2022-kr><article>a</article>")
    with pytest.raises(SourceError) as error:
        read_articles(tmp_path, format="html")
    assert "bad.html: is not utf-8, got byte 0xe9" in str(error.value)
    assert "odd.html: is in an encoding that browsers refuse" in str(error.value)


CODE = ["</script>", "-->", "<!--", "{{ 7 * 7 }}", "{% raw %}", "{{< x >}}", "<%= 7 %>", "${7}"]


def hostile_articles() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pairs and articles whose titles, texts and tags are code of some language."""
    articles = pd.DataFrame(
        {"id": [f"{n}.md" for n in range(len(CODE))], "title": CODE, "text": CODE,
         "url": [f"/{n}/" for n in range(len(CODE))], "tags": [[code] for code in CODE]}
    )  # fmt: skip
    articles = validate_articles(articles)
    pairs = pd.DataFrame(
        {"article_id": "0.md", "rank": range(1, len(CODE)), "related_id": articles["id"][1:],
         "score": 0.5, "origin": "similar"}
    )  # fmt: skip
    return pairs.reset_index(drop=True), articles


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "yaml"])
def test_titles_of_code_are_written_as_they_are(name: str) -> None:
    """A data file holds each title as text, and nothing in it is filled in."""
    pairs, articles = hostile_articles()
    file = io.BytesIO()
    WRITERS[name](cards(pairs, articles), file)
    text = file.getvalue().decode()
    assert "49" not in text
    assert "{{ 7 * 7 }}" in text
    if name == "json":
        lists = json.loads(text)["lists"]
        assert [card["title"] for card in lists["0.md"]] == CODE[1:]


def test_pages_with_titles_of_code_end_no_script() -> None:
    """The preview and the judging sheet hold as many script elements as without articles."""
    pairs, articles = hostile_articles()
    for page in (
        preview_page(articles, pairs, teasers={}),
        judging_page(articles, [pairs], depth=9),
    ):
        ends = page.lower().count("</script>")
        assert ends == page.lower().count("<script")
        assert "<!--" not in page.partition("<script")[2]
        assert "{{ 7 * 7 }}" in page


def test_block_holds_titles_of_code_as_text() -> None:
    """A list in a page fills nothing in, and ends neither comment nor script."""
    pairs, articles = hostile_articles()
    parser = Strict()
    made = dict(cards(pairs, articles))["0.md"]
    block = render_block(made)
    parser.feed(block)
    assert parser.open == []
    assert "{{ 7 * 7 }}" in block
    assert "49" not in block
