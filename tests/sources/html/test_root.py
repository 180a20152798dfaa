"""The article of a page is found by its prose, for any names of the elements."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources import SourceOptions, read_source
from recommender.sources.html.elements import judge_element
from recommender.sources.html.root import find_root
from recommender.sources.html.text import read_blocks

SENTENCES = [
    "The ferry Marigold ran aground on the bar at Calder Bay before dawn, with ninety on board.",
    "Pilots had warned of the shoal since autumn, when the dredger was sold to pay for the pier.",
    "Nobody was hurt, and the harbor master expects her to float on the next spring tide.",
    "Until then the mail goes by road, which takes a day longer and costs the council more.",
]
STORY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
REMARKS = [
    "<article class='{}'><time datetime='2020-01-0{}'>then</time><p>I was on that ferry, and it "
    "was number {} that hit the bar, as my aunt said.</p></article>".format("c", n % 9 + 1, n)
    for n in range(12)
]
CARDS = "".join(
    f"<article><h3><a href='/z{n}/'>Zebra {n} escapes from a park</a></h3>"
    f"<p>Keepers searched hedge {n} until dark, and then went home to...</p></article>"
    for n in range(6)
)


def text_of(body: str, title: str = "") -> str:
    """Return the text of the article of a page."""
    tree = LexborHTMLParser(f"<html><head><title>{title}</title></head><body>{body}</body></html>")
    blocks = read_blocks(find_root(tree).nodes, judge_element).blocks
    return "\n".join(block.text for block in blocks)


@pytest.mark.parametrize(
    "body",
    [
        f"<div><h1>T</h1><div>{STORY}</div><section>{''.join(REMARKS)}</section></div>",
        f"<article>Buy oats at half the price today.</article><div>{STORY}</div>",
        f"<article class='ad'><a href='/x'>Oats, rye, and more, for less.</a></article>"
        f"<main><div>{STORY}</div></main>",
        f"<script>{'var a = 1, b = 2; ' * 500}</script><div>{STORY}</div>",
        f"<article><script>{'var a = 1, b = 2; ' * 500}</script></article><div>{STORY}</div>",
        f"<div class='a'><div><div><div>{STORY}</div></div></div></div>"
        f"<div class='posts-widget'>{CARDS}</div>",
        f"<form><div><a href='/'>Home</a></div><div>{STORY}</div></form>",
        f"<div class='comments-open'>{STORY}</div>",
        f"<div id='wrap' aria-hidden='true'>{STORY}</div>",
    ],
    ids=[
        "twelve comments", "short article beside it", "ad slot", "script", "script in an article",
        "soup of divs", "all of it in a form", "class of comments", "hidden behind a dialog",
    ],
)  # fmt: skip
def test_the_text_is_where_the_prose_is(body: str) -> None:
    """Comments, cards, ad slots and scripts are never the article, in any elements."""
    assert text_of(body).split("\n")[-4:] == SENTENCES


@pytest.mark.parametrize(
    "body",
    [
        "<main>{}<article>{}</article><article>{}</article></main>",
        "<div class='grid'><div class='article-body'>{}{}</div></div>"
        "<div class='grid'><div class='article-body'>{}</div></div>",
        "<article><header>{}</header><section>{}</section><section>{}</section></article>",
    ],
    ids=["sibling articles", "one body in two columns", "sections"],
)
def test_parts_in_boxes_of_their_own_are_one_article(body: str) -> None:
    """An article that continues in the next element is read to its end."""
    text = text_of(body.format(f"<p>{SENTENCES[0]}</p>", STORY, STORY))
    assert text.split("\n") == [SENTENCES[0], *SENTENCES, *SENTENCES]


def test_a_second_parse_gives_the_same_elements() -> None:
    """The same function finds the place for the list, in tags with numbers on them."""
    body = f"<div class=a><div>{STORY}</div><article class=ad>Buy oats, now.</article></div>"
    first = find_root(LexborHTMLParser(body)).nodes
    numbered = body.replace("<div", "<div data-n=1").replace("<p", "<p data-n=2")
    second = find_root(LexborHTMLParser(numbered)).nodes
    assert [n.text() for n in first] == [n.text() for n in second] == ["".join(SENTENCES)]


def test_one_page_with_an_article_element_rejects_no_page_without(tmp_path: Path) -> None:
    """Every page is judged by itself: an "About" page with <article> says nothing of the posts."""
    (tmp_path / "about.html").write_text(f"<article><h1>About</h1>{STORY}</article>")
    for number in range(5):
        text = STORY.replace("ferry", f"ferry {number}")
        (tmp_path / f"{number}.html").write_text(f"<div><h1>{number}</h1><div>{text}</div></div>")
    result = read_source(tmp_path, SourceOptions(format="html"))
    assert len(result.articles) == 6
    assert not result.skipped


def test_pages_of_teasers_are_lists_and_a_gift_guide_is_none(tmp_path: Path) -> None:
    """Headlines that are links make a list if little text is under them, in any elements."""
    teasers = CARDS.replace("article", "div")
    guide = "".join(f"<h3><a href='https://x.org/{n}'>Thing {n}</a></h3>{STORY}" for n in range(5))
    (tmp_path / "news.html").write_text(f"<main><h1>News</h1><div>{teasers}</div></main>")
    (tmp_path / "guide.html").write_text(f"<main><h1>Gifts</h1><div>{guide}</div></main>")
    result = read_source(tmp_path, SourceOptions(format="html"))
    assert list(result.articles["id"]) == ["guide.html"]
    assert [s.reason for s in result.skipped] == ["list page"]


@pytest.mark.parametrize("installed", [True, False])
def test_trafilatura_is_asked_where_a_page_has_little_prose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    """What it finds is the text; without it such a page is named, and the rest is read."""
    fake = SimpleNamespace(extract=lambda *_, **__: "\n".join(SENTENCES))
    monkeypatch.setitem(sys.modules, "trafilatura", fake if installed else None)
    (tmp_path / "few.html").write_text("<div>Rye. Oats.</div>")
    (tmp_path / "good.html").write_text(f"<div>{STORY.replace('ferry', 'barge')}</div>")
    result = read_source(tmp_path, SourceOptions(format="html"))
    assert len(result.articles) == 1 + installed
    assert [s.reason for s in result.skipped] == ["under 25 words of prose"] * (not installed)


def test_titles_of_links_that_trafilatura_finds_are_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of them is a list, although it does not say that they are links."""
    fake = SimpleNamespace(extract=lambda *_, **__: "\n".join(SENTENCES))
    monkeypatch.setitem(sys.modules, "trafilatura", fake)
    links = "".join(f"<li>1. <a href=/{n}>{line}</a>" for n, line in enumerate(SENTENCES))
    (tmp_path / "toc.html").write_text(f"<ol>{links}<li>Rye <li>Oats <li>Tide</ol>")
    (tmp_path / "few.html").write_text("<div>Rye. Oats.</div>")
    articles = read_source(tmp_path, SourceOptions(format="html")).articles
    assert list(articles["id"]) == ["few.html"]


def test_cells_of_a_table_that_trafilatura_finds_are_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rules and bars are not, but a bar in a sentence is."""
    rows = [f"| {SENTENCES[0]} | {SENTENCES[1]} |", "|---|---|", "| | Rye |", "Write a | b."]
    fake = SimpleNamespace(extract=lambda *_, **__: "\n".join([*rows, *SENTENCES]))
    monkeypatch.setitem(sys.modules, "trafilatura", fake)
    (tmp_path / "few.html").write_text("<div>Rye. Oats.</div>")
    text = read_source(tmp_path, SourceOptions(format="html")).articles["text"][0]
    assert text.split("\n\n")[:3] == [" ".join(SENTENCES[:2]), "Rye", "Write a | b."]


def test_a_page_that_cannot_be_decoded_is_named_and_the_rest_read(tmp_path: Path) -> None:
    """One page in an encoding other than it names does not end the run."""
    (tmp_path / "bad.html").write_bytes(b"<meta charset=utf-8><article><p>caf\xe9</article>")
    (tmp_path / "good.html").write_text(f"<article>{STORY}</article>")
    result = read_source(tmp_path, SourceOptions(format="html"))
    assert list(result.articles["id"]) == ["good.html"]
    assert [(Path(s.where).name, s.reason) for s in result.skipped] == [
        ("bad.html", "is not utf-8, got byte 0xe9 at offset 35")
    ]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("<ul><li><a href='/a/'>Oats are late</a><li><a href='/b/'>Barley is early</a></ul>", 0),
        ("<p>Read more: <a href='/a/'>Oats are late this year</a></p>", 0),
        ("<p><a href='/a/'>Oats are late this year</a></p>", 0),
        ("<h2><a href='/a/'>Oats</a></h2><p>They are sown late, and reaped late too.</p>", 2),
        ("<p>They are sown late, as <a href='/a/'>the almanac has it</a>.</p>", 1),
        ("<ul><li><a href='#oats'>Oats are late</a><li><a href='#rye'>Rye is early</a></ul>", 2),
    ],
)
def test_blocks_that_are_all_link_are_no_text(tmp_path: Path, lines: str, kept: int) -> None:
    """Teasers and "read more" are cut; a linked heading with text under it, and prose, are kept."""
    (tmp_path / "a.html").write_text(f"<article><h1>T</h1>{STORY}{lines}{STORY}</article>")
    text = read_source(tmp_path, SourceOptions(format="html")).articles["text"][0]
    assert len(text.split("\n\n")) == 8 + kept


def test_an_article_that_is_made_of_links_keeps_them(tmp_path: Path) -> None:
    """A weekly list of links to read elsewhere is the text of its page."""
    news = "".join(f"<li><a href='https://x.org/{n}'>News {n} of the ferry</a></li>" for n in "abc")
    (tmp_path / "a.html").write_text(f"<article><p>{SENTENCES[0]}</p><ul>{news}</ul></article>")
    text = read_source(tmp_path, SourceOptions(format="html")).articles["text"][0]
    assert text.count("of the ferry") == 3


TREES = st.recursive(
    st.sampled_from(["Rye.", "Sow the rye early, in rows, and roll the ground well.", "<br>", ""]),
    lambda inner: st.builds(
        lambda tag, name, parts: f"<{tag} class='{name}'>{''.join(parts)}</{tag}>",
        st.sampled_from(["div", "p", "article", "aside", "ul", "li", "a", "pre", "form", "h1"]),
        st.sampled_from(["", "comments", "article-body", "related", "card", "share"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_any_tree_has_a_root_or_no_text(body: str) -> None:
    """No tree ends in an error, and looking again finds the same elements."""
    tree = LexborHTMLParser(f"<body>{body}</body>")
    first = [node.html for node in find_root(tree).nodes]
    assert first == [node.html for node in find_root(tree).nodes]
    assert first or not tree.body.text().strip()


@pytest.mark.parametrize(
    "body",
    ["<div class=share>" * 1_900 + STORY, "<p>Sow it early, in rows, and roll it.</p>" * 30_000],
    ids=["deep", "wide"],
)
def test_deep_and_wide_pages_are_read(body: str) -> None:
    """A page with 1,900 nested elements, or 30,000 side by side, can be read."""
    assert text_of(body).strip()


@pytest.mark.parametrize("name", ["alert alert-info", "admonition note", "callout"])
def test_a_note_in_a_box_is_a_paragraph_of_the_article(name: str) -> None:
    """If the only sentence of a short article is in a box, the box is not the article."""
    note = f"<p>{SENTENCES[0]}</p>"
    for box in (f"<div class='{name}'>{note}</div>", f"<div class='{name}'>{SENTENCES[0]}</div>"):
        text = text_of(f"<main><div><h4>Used</h4><p>Two maps</p>{box}</div></main>")
        assert text.split("\n") == ["Used", "Two maps", SENTENCES[0]]


@pytest.mark.parametrize("name", ["donate", "disclaimer", "subscribers"])
def test_a_name_of_the_frame_may_be_the_subject_of_the_page(name: str) -> None:
    """On a page about donations, everything is; an appeal below an article is not its text."""
    items = [f"<div class='{name}-item'><p>{sentence}</p></div>" for sentence in SENTENCES]
    about = f"<div id='page-{name}'><div>{''.join(items[:2])}</div><div>{items[2]}</div></div>"
    assert text_of(f"<div><h1>Give</h1>{about}</div>").split("\n")[-3:] == SENTENCES[:3]
    appeal = f"<div class='{name}-box'><p>{SENTENCES[3]}</p></div>"
    page = f"<div><div class='text'>{STORY.replace(SENTENCES[3], 'It rained.')}</div>{appeal}</div>"
    assert SENTENCES[3] not in text_of(page)
