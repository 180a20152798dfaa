"""Tags of a page by their offsets, and pages that hold articles as data: no byte is misread."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.pages.place import find_place, read_layout, without_blocks
from recommender.pages.selfcontained import clean, embeddable_json, first_words
from recommender.sources.html.scan import Tag, element_ends, scan

NAMES = st.sampled_from(["div", "p", "b", "article", "section", "ul", "li", "x-y"])
VALUES = st.text(st.sampled_from("ab <>='&\"/\n"), max_size=6)
BROKEN = st.lists(
    st.sampled_from([b"<", b">", b"</", b"/>", b"<!--", b"-->", b"--!>", b"<!", b"<?", b"<![CDATA[",
                     b"]]>", b"<script>", b"</script>", b"<style", b"<svg>", b"</svg>", b"<title>",
                     b"</title>", b"'", b'"', b"=", b" ", b"a", b"<p ", b"<P>", b"\xff", b"\0",
                     b"<textarea>", b"<!-->", b"<plaintext>", b"<template>", b"</template>",
                     b"<!-- recommender:start -->", b"<!-- recommender:end -->"]),
    max_size=14,
).map(b"".join)  # fmt: skip


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> str:
    """Draw nested elements with attributes, texts and comments."""
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["text", "comment", "element"]))
        if kind == "text":
            parts.append(draw(st.text("ab c", max_size=4)))
        elif kind == "comment":
            parts.append(f"<!-- {draw(st.text('ab <>', max_size=5))} -->")
        elif depth:
            name = draw(NAMES)
            value = draw(VALUES).replace('"', "")
            inner = draw(trees(depth=depth - 1))
            parts.append(f'<{name} class="{value}" hidden>{inner}</{name}>')
    return "".join(parts)


class Oracle(HTMLParser):
    """The tags that the standard library sees, with their attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[tuple[str, bool, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, False, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((tag, True, {}))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("!", False, {}))


@given(trees())
def test_tags_are_those_of_the_standard_library(page: str) -> None:
    """Names, ends and attributes of any well-formed page, with their offsets."""
    oracle = Oracle()
    oracle.feed(page)
    tags = list(scan(page.encode()))
    assert [(tag.name.decode(), tag.closing) for tag in tags] == [t[:2] for t in oracle.tags]
    for tag, (name, closing, attributes) in zip(tags, oracle.tags, strict=True):
        assert page[tag.start] == "<"
        assert page[tag.end - 1] == ">"
        if name != "!" and not closing:
            found = {key.decode(): value.decode() for key, value in tag.attributes().items()}
            assert found == {"class": attributes["class"], "hidden": ""}


@given(trees())
def test_every_element_has_its_end(page: str) -> None:
    """Pairs nest, and each is of one name."""
    tags = list(scan(page.encode()))
    ends = element_ends(tags)
    starts = [number for number, tag in enumerate(tags) if tag.name != b"!" and not tag.closing]
    assert sorted(ends) == starts
    for start, end in ends.items():
        assert start < end
        assert tags[start].name == tags[end].name
        assert all(start < ends[other] < end for other in starts if start < other < end)


@given(BROKEN)
def test_any_bytes_are_scanned_in_order(page: bytes) -> None:
    """Tags do not overlap, and each is where it says."""
    end = 0
    for tag in scan(page):
        assert end <= tag.start < tag.end <= len(page)
        assert page[tag.start : tag.start + 1] == b"<"
        assert tag.name == tag.name.lower() != b""
        end = tag.end


@given(
    st.one_of(BROKEN, trees().map(str.encode)),
    st.sets(st.sampled_from([b"p", b"b", b"!", b"a", b"svg", b"div"])),
)
def test_tags_of_some_names_are_found_among_others(page: bytes, names: set[bytes]) -> None:
    """A search for names finds the same tags as a scan of all, whatever is skipped."""
    assert list(scan(page, names)) == [tag for tag in scan(page) if tag.name in names]


@given(BROKEN)
def test_visible_elements_are_those_of_a_parser(page: bytes) -> None:
    """What a browser's parser makes an element of, by its attribute, has a tag here."""
    marked = page + b"<p data-mark=1>x</p>"
    tree = LexborHTMLParser(marked.replace(b"\0", b"").decode("utf-8", "replace"))
    seen = tree.css_first("p[data-mark='1']") is not None
    found = any(tag.attributes().get(b"data-mark") == b"1" for tag in scan(marked))
    if seen:
        assert found


@given(trees(), st.sampled_from(["", "<main>", "<article>"]))
def test_place_is_between_tags_and_a_block_there_is_found_again(page: str, around: str) -> None:
    """Put in and taken out, the page has its bytes back."""
    close = around.replace("<", "</")
    whole = f"<html><body>{around}{page}{close}</body></html>".encode()
    place = find_place(whole)
    assert whole[place : place + 1] in (b"<", b"")
    block = b"<!-- recommender:start --><nav>x</nav><!-- recommender:end -->"
    filled = whole[:place] + block + whole[place:]
    layout = read_layout(filled)
    assert layout.blocks == [(place, place + len(block))]
    assert without_blocks(filled, layout.blocks) == whole


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (b"<p>a<b>", "p b"), (b"<P CLASS=x>", "p"), (b"<p", ""), (b"<p title='>'>", "p"),
        (b"<p a=b/>", "p"), (b"</>", ""), (b"< p>", ""), (b"<1>", ""), (b"<!doctype html><p>", "p"),
        (b"<?php <p> ?><p>", "p"), (b"<!-- <p> --><b>", "! b"), (b"<!--><b>", "! b"),
        (b"<!-- a --!><b>", "! b"), (b"<!-- never", "!"), (b"<script><p></script><b>",
        "script script b"),
        (b"<script><!--<script></script>--></script><b>", "script script b"),
        (b"<style><p></STYLE ><b>", "style style b"), (b"<title><p></title>", "title title"),
        (b"<textarea><p></textareas></textarea>", "textarea textarea"), (b"<script>", "script"),
        (b"<svg><script><p></script></svg>", "svg script p script svg"),
        (b"<svg><![CDATA[<p>]]></svg>", "svg svg"), (b"<![CDATA[<p>]]><b>", "b"),
        (b"<svg/><title><p></title>", "svg title title"), (b"<plaintext><p>", "plaintext"),
        (b"<svg><plaintext><p>", "svg plaintext p"),
    ],
)  # fmt: skip
def test_tags_by_the_rules_of_the_standard(page: bytes, names: str) -> None:
    """What is in a script, a style, a title or a comment is no tag."""
    assert b" ".join(tag.name for tag in scan(page)).decode() == names


@pytest.mark.parametrize(
    ("raw", "attributes"),
    [
        (b' a="1" b=2 c', {b"a": b"1", b"b": b"2", b"c": b""}), (b" A='x y'", {b"a": b"x y"}),
        (b" a = 1", {b"a": b"1"}), (b" a=1 a=2", {b"a": b"1"}), (b" /", {}), (b"", {}),
        (b' a="1"b=2', {b"a": b"1", b"b": b"2"}), (b' data-x="<>"', {b"data-x": b"<>"}),
    ],
)  # fmt: skip
def test_attributes_of_a_tag(raw: bytes, attributes: dict[bytes, bytes]) -> None:
    """The first of a name wins; names are in lower case."""
    assert Tag(0, 1, b"p", False, raw).attributes() == attributes


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12) | st.sampled_from(["</script>", "<!--", "]]>", "\u2028", "\u202e",
    "&lt;"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), ANY, max_size=3))
def test_data_in_a_page_is_the_data_and_no_markup(data: dict[str, Any]) -> None:
    """Read again, it is the same; written, it can be encoded, and begins or ends no element."""
    text = embeddable_json(data)
    assert json.loads(text) == json.loads(json.dumps(data))
    assert not re.search("[<>&\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    assert text.encode("utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_javascript_cannot_read_are_refused(value: float) -> None:
    """A page with them would be blank."""
    with pytest.raises(ValueError, match="Out of range float values"):
        embeddable_json({"score": value})


def test_half_a_surrogate_pair_is_replaced() -> None:
    """In data and in text, so that the page can be written."""
    assert json.loads(embeddable_json({"a": "\ud800"})) == {"a": "\ufffd"}
    assert clean("a\ud800\x00\x1b[31m\r\nb\u202e") == "a\ufffd[31m\nb"


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=6), st.integers(1, 6))
def test_first_words_end_with_an_ellipsis_where_more_follow(words: list[str], count: int) -> None:
    """Line ends between them stay as they are."""
    text = " \n".join(words)
    more = len(words) > count
    assert first_words(text, count).split() == words[:count] + ["…"] * more
