"""Where the block goes on a page, and where a block already is, as byte offsets.

The place is the first of these that exists: an existing block, ``<!-- recommender -->``, an element
with ``data-recommender``, the selector, the end of the article found by the HTML reader, of the
article element, of the main part, of the page.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

import webencodings

from recommender.errors import ConfigError
from recommender.pages.scan import Tag, element_ends, scan

START = b"<!-- recommender:start -->"
END = b"<!-- recommender:end -->"
MAX_TAGS = 100_000
"""Maximum number of tags on a page for a selector; parsing time may grow with the square."""

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_STATEFUL = frozenset(["iso-2022-jp", "replacement"])


End = tuple[list[int], bool]
"""Tag numbers of an element and of the elements around it, and whether the place is inside."""

Locate = Callable[[bytes], End | None]
"""Finds the end of the article on a page with start tags numbered in ``data-recommender-tag``."""


class PlaceError(ValueError):
    """There is no place for the block on this page; the message says why."""


class Layout(NamedTuple):
    """The layout of a page's bytes."""

    tags: list[Tag]
    blocks: list[tuple[int, int]]
    """Start and end of the blocks between markers."""
    encoding: str
    """``utf-8``, or ``ascii`` if other characters must be written as references."""
    lang: str
    newline: bytes


def read_layout(page: bytes) -> Layout:
    """Return the tags, blocks, encoding, language and line ends of a page.

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
    declared = _CHARSET.search(page, 0, 2048)
    label = declared[1].decode("ascii", "replace") if declared else ""
    encoding = webencodings.lookup(label)
    name = encoding.name if encoding else ""
    if name in _STATEFUL:
        raise PlaceError(
            f"is {label}; only encodings that keep ASCII bytes can be changed in place"
        )
    utf8 = page.startswith(codecs.BOM_UTF8) or name == "utf-8"
    tags = list(scan(page))
    newline = b"\r\n" if b"\r\n" in page[:4096] else b"\n"
    html = next((tag for tag in tags if tag.name == b"html"), None)
    lang = html.attributes().get(b"lang", b"") if html else b""
    text = lang.decode("ascii", "replace")
    return Layout(tags, _blocks(tags), "utf-8" if utf8 else "ascii", text, newline)


def find_place(
    page: bytes, layout: Layout, selector: str | None = None, locate: Locate | None = None
) -> int:
    """Return the offset for the block on a page that has none.

    If nothing on the page marks the place, `locate` finds it; if `locate` finds nothing, the
    names of elements determine it.

    Raises
    ------
    PlaceError
        If the selector matches no element with a known end.
    ConfigError
        If it is not a valid selector.
    """
    tags = _outside_templates(layout.tags)
    ends = element_ends(tags)
    for number, tag in enumerate(tags):
        if tag.name == b"!" and tag.raw.strip() == b"recommender":
            return tag.end
        if b"data-recommender" not in tag.raw or number not in ends:
            continue
        if b"data-recommender" in tag.attributes():
            return tags[ends[number]].start
    if selector:
        return _selected(page, tags, ends, selector)
    place = _located(page, tags, ends, locate) if locate and len(tags) <= MAX_TAGS else None
    return _end_of_article(page, tags, ends) if place is None else place


def _outside_templates(tags: list[Tag]) -> list[Tag]:
    """Return the tags of a page, except those in ``<template>``, which is not displayed."""
    kept: list[Tag] = []
    depth = 0
    for tag in tags:
        if tag.name == b"template":
            depth = max(0, depth + (-1 if tag.closing else 1))
        elif not depth:
            kept.append(tag)
    return kept if not depth else tags


def without_blocks(page: bytes, blocks: list[tuple[int, int]]) -> bytes:
    """Return a page without its blocks: the bytes of the original page."""
    for start, end in reversed(blocks):
        page = page[:start] + page[end:]
    return page


def _blocks(tags: list[Tag]) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    start: int | None = None
    for tag in tags:
        if tag.name != b"!" or not tag.raw.strip().startswith(b"recommender:"):
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


def _end_of_article(page: bytes, tags: list[Tag], ends: dict[int, int]) -> int:
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


def _located(page: bytes, tags: list[Tag], ends: dict[int, int], locate: Locate) -> int | None:
    """Return where the article ends; without an end tag it ends with the element around it."""
    end = locate(_numbered(page, tags))
    if end is None:
        return None
    numbers, inside = end
    if numbers and not inside:
        return tags[numbers[0]].start
    closing = next((ends[number] for number in numbers if number in ends), None)
    return None if closing is None else tags[closing].start


def _numbered(page: bytes, tags: list[Tag]) -> bytes:
    """Return a page with numbered start tags, because an HTML parser reports no offsets."""
    parts: list[bytes] = []
    position = 0
    for number, tag in enumerate(tags):
        if tag.name != b"!" and not tag.closing:
            place = tag.start + 1 + len(tag.name)
            parts += [page[position:place], b' data-recommender-tag="%d"' % number]
            position = place
    return b"".join([*parts, page[position:]])


def _selected(page: bytes, tags: list[Tag], ends: dict[int, int], selector: str) -> int:
    """Return the end of the element that a CSS selector matches."""
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    if len(tags) > MAX_TAGS:
        raise PlaceError(f"has {len(tags):,} tags, too many for a selector")
    tree = LexborHTMLParser(_numbered(page, tags).decode("utf-8", "replace"))
    try:
        node = tree.css_first(selector)
    except SelectolaxError as error:
        raise ConfigError(f"selector: {selector!r} is not a CSS selector", str(error)) from error
    number_text = node.attributes.get("data-recommender-tag") if node is not None else None
    if number_text is None:
        raise PlaceError(f"selector {selector!r} matches nothing")
    end = ends.get(int(number_text))
    if end is None:
        raise PlaceError(f"selector {selector!r} matches an element without an end tag")
    return tags[end].start
