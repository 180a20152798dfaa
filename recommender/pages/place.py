"""Where the block goes on a page, and where a block already is, as byte offsets.

The place is the first of these that exists: an existing block, ``<!-- recommender -->``, an element
with ``data-recommender``, the selector, the end of the article found by the HTML reader, of the
article element, of the main part, of the page.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import NamedTuple

from recommender.sources.html.encodings import REFUSED, declared_encoding
from recommender.sources.html.limits import FORMATTING, beyond_limits, parse_html
from recommender.sources.html.root import selecting
from recommender.sources.html.scan import (
    MAX_TAGS,
    NUMBER,
    RAW_END,
    Tag,
    element_ends,
    numbered,
    outside_templates,
    scan,
)

START = b"<!-- recommender:start -->"
END = b"<!-- recommender:end -->"

Locate = Callable[[bytes], int | None]
"""Finds the offset at which the article of a page ends; None if it finds no end."""


class PlaceError(ValueError):
    """There is no place for the block on this page; the message says why."""


class Layout(NamedTuple):
    """The layout of a page's bytes."""

    blocks: list[tuple[int, int]]
    """Start and end of the blocks between markers."""
    encoding: str
    """``utf-8``, or ``ascii`` if other characters must be written as references."""
    lang: str
    newline: bytes


def read_layout(page: bytes) -> Layout:
    """Return the blocks, encoding, language and line ends of a page.

    Raises
    ------
    PlaceError
        If its encoding does not keep ASCII bytes, or a start marker has no end.

    Examples
    --------
    >>> layout = read_layout(b'<html lang="de"><!-- recommender:start -->x<!-- recommender:end -->')
    >>> layout.lang, layout.blocks
    ('de', [(16, 67)])
    """
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in page[:4]:
        raise PlaceError("is UTF-16; only encodings that keep ASCII bytes can be changed in place")
    name = declared_encoding(page)
    if name == REFUSED:
        raise PlaceError("is in an encoding that browsers refuse")
    if name == "iso-2022-jp":
        raise PlaceError(f"is {name}; only encodings that keep ASCII bytes can be changed in place")
    blocks = _blocks(scan(page, [b"!"])) if b"recommender:" in page else []
    newline = b"\r\n" if b"\r\n" in page[:4096] else b"\n"
    html = next(scan(page, [b"html"]), None)
    lang = html.attributes().get(b"lang", b"") if html else b""
    text = lang.decode("ascii", "replace")
    return Layout(blocks, "utf-8" if name == "utf-8" else "ascii", text, newline)


def find_place(page: bytes, selector: str | None = None, locate: Locate | None = None) -> int:
    """Return the offset for the block on a page that has none.

    If nothing on the page marks the place, `locate` finds it; if `locate` finds nothing, the
    names of elements determine it.

    Raises
    ------
    PlaceError
        If the selector matches no element with a known end, or the place is in a script or
        another element whose content is not markup.
    ConfigError
        If it is not a valid selector.
    """
    place = _marked(page) if b"recommender" in page else None
    if place is None and selector:
        place = _selected(page, selector)
    if place is None and locate:
        place = locate(page)
    if place is None:
        place = _end_of_article(page)
    if end := RAW_END.match(page, place):
        raise PlaceError(
            f"the place is in <{end[1].decode().lower()}>, which cannot contain a list"
        )
    return place


def _marked(page: bytes) -> int | None:
    """Return the place that the page itself marks, or None."""
    tags = outside_templates(list(scan(page)))
    ends = element_ends(tags)
    for number, tag in enumerate(tags):
        if tag.name == b"!" and tag.raw.strip() == b"recommender":
            return tag.end
        if b"data-recommender" not in tag.raw or number not in ends:
            continue
        if b"data-recommender" in tag.attributes():
            return tags[ends[number]].start
    return None


def without_blocks(page: bytes, blocks: list[tuple[int, int]]) -> bytes:
    """Return a page without its blocks: the bytes of the original page."""
    for start, end in reversed(blocks):
        page = page[:start] + page[end:]
    return page


def _blocks(tags: Iterable[Tag]) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    start: int | None = None
    for tag in tags:
        if not tag.raw.strip().startswith(b"recommender:"):
            continue
        if tag.raw.strip() == b"recommender:start" and start is None:
            start = tag.start
        elif tag.raw.strip() == b"recommender:end" and start is not None:
            blocks.append((start, tag.end))
            start = None
        else:
            raise PlaceError(f"marker {tag.raw.strip().decode('ascii', 'replace')!r} is not paired")
    if start is not None:
        raise PlaceError("marker 'recommender:start' is not paired")
    return blocks


def _end_of_article(page: bytes) -> int:
    tags = outside_templates(list(scan(page)))
    ends = element_ends(tags)
    candidates: list[tuple[int, int, int]] = []
    outer = 0
    for number, tag in enumerate(tags):
        if tag.closing or tag.start < outer:
            continue
        rank = _rank(tag)
        end = ends.get(number) if rank else None
        if rank and end is not None:
            if tag.name == b"article":
                outer = tags[end].start
            candidates.append((rank, tags[end].start - tag.start, tags[end].start))
    if candidates:
        return max(candidates)[2]
    for name in (b"body", b"html"):
        closing = [tag.start for tag in tags if tag.name == name and tag.closing]
        if closing:
            return closing[-1]
    return len(page)


def _rank(tag: Tag) -> int:
    """Return how likely an element is the article; 0 means not at all."""
    raw = tag.raw.lower()
    if b"hidden" in raw and b"hidden" in tag.attributes():
        return 0
    if b"data-pagefind-body" in raw or b"data-recommender-body" in raw:
        return 4
    if tag.name == b"article":
        return 3
    if b"articlebody" in raw or b"entry-content" in raw:
        return 2
    return int(tag.name == b"main" or b'role="main"' in raw or b"role=main" in raw)


def _selected(page: bytes, selector: str) -> int:
    """Return the end of the element that a CSS selector matches."""
    tags = outside_templates(list(scan(page)))
    if len(tags) > MAX_TAGS:
        raise PlaceError(f"has {len(tags):,} tags, too many for a selector")
    source = numbered(page, tags).decode("utf-8", "replace")
    if problem := beyond_limits(source):
        raise PlaceError(f"has {problem}")
    tree = parse_html(source)
    with selecting("selector", selector):
        node = tree.css_first(selector)
    if node is not None and node.tag in FORMATTING:
        raise PlaceError(f"selector {selector!r} matches <{node.tag}>, which cannot contain a list")
    number_text = node.attributes.get(NUMBER) if node is not None else None
    if number_text is None:
        raise PlaceError(f"selector {selector!r} matches nothing")
    end = element_ends(tags).get(int(number_text))
    if end is None:
        raise PlaceError(f"selector {selector!r} matches an element without an end tag")
    return tags[end].start
