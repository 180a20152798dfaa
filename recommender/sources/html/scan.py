"""Find the tags of a page with their byte offsets, without changing or re-serializing it.

A tokenizer for bytes, following section 13.2.5 of the HTML standard; works for every encoding that
keeps ASCII bytes. Linear in the size of the page, unlike `html.parser` before Python 3.13.6 on
hostile input. Builds no tree.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from recommender.sources.html.limits import FORMATTING

MAX_TAGS = 100_000
"""Maximum number of tags on a page that is parsed; parsing time may grow with the square."""

NUMBER = "data-recommender-tag"
"""Attribute with the number of an element's tag; see `numbered`."""

_ATTRIBUTES = rb"(?:[^>=]++|=[\s]*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)*+"
_TOKEN = re.compile(
    rb"<(?:!--(?P<comment>)|(?P<close>/)?(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>" + _ATTRIBUTES
    + rb")(?:>|\Z)|!\[CDATA\[(?P<cdata>)|[!?/][^>]*+(?:>|\Z))"
)  # fmt: skip
_COMMENT_END = re.compile(rb"--!?>")
_ATTRIBUTE = re.compile(
    rb"([^\s=/>][^\s=/>]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"'][^\s>]*+)))?+"
)
_RAW = frozenset(b"script style textarea title xmp iframe noembed noframes noscript".split())
RAW_END = re.compile(rb"</(" + b"|".join(sorted(_RAW)) + rb")(?=[\s/>])", re.IGNORECASE)
"""The end tag of an element whose content is text, not markup."""
_FOREIGN = frozenset((b"svg", b"math"))
_FORMATTING = frozenset(name.encode() for name in FORMATTING)
_SPECIAL = _RAW | _FOREIGN | {b"plaintext"}
"""Elements after whose start tag markup is read differently."""


class Tag(NamedTuple):
    """A tag or comment of the page."""

    start: int
    """Offset of its ``<``."""
    end: int
    """Offset after its ``>``."""
    name: bytes
    """Lower case; ``!`` for a comment."""
    closing: bool
    raw: bytes
    """Attributes as written, or the text of the comment."""

    def attributes(self) -> dict[bytes, bytes]:
        """Return names in lower case with their values as written; the first of a name wins."""
        found: dict[bytes, bytes] = {}
        for name, *values in _ATTRIBUTE.findall(self.raw):
            found.setdefault(name.lower(), b"".join(values))
        return found


def scan(page: bytes, names: Collection[bytes] | None = None) -> Iterator[Tag]:
    """Yield the tags and comments of a page, but not those in scripts and similar elements.

    Parameters
    ----------
    page : bytes
        In any encoding in which ASCII characters are single bytes.
    names : collection of bytes, optional
        Yield only tags of these names, in lower case; ``!`` means comments. Takes less than half of
        the time.

    Examples
    --------
    >>> page = b"<p title='<b>'>a</p><script>'<i>'</script><!-- x -->"
    >>> [tag.name for tag in scan(page)], [tag.start for tag in scan(page, [b"p"])]
    ([b'p', b'p', b'script', b'script', b'!'], [0, 16])
    """
    if names is None:
        return _tags(page)
    return (tag for tag in _tags(page, _others(frozenset(names))) if tag.name in names)


def _tags(page: bytes, others: re.Pattern[bytes] | None = None) -> Iterator[Tag]:
    """Yield the tags and comments of a page, without most of those that a pattern skips."""
    position = foreign = 0
    size = len(page)
    search, make = _TOKEN.search, tuple.__new__  # there are hundreds of tags on a page
    while True:
        if others and (skipped := others.match(page, position)):
            position = skipped.end()
        match = search(page, position)
        if match is None:
            return
        start, position = match.span()
        comment, close, written, raw, cdata = match.groups()
        if comment is not None:
            position = _comment_end(page, start)
            yield Tag(start, position, b"!", False, page[start + 4 : position - 3])
        elif cdata is not None:
            end = page.find(b"]]>" if foreign else b">", position)
            position = size if end < 0 else end + (3 if foreign else 1)
        elif position == size and page[-1:] != b">":
            return  # a tag that never ends
        elif written is not None:
            name = written.lower()
            tag: Tag = make(Tag, (start, position, name, close is not None, raw))
            yield tag
            if name in _SPECIAL:
                position, foreign = _after(page, tag, foreign)


@cache
def _others(names: frozenset[bytes]) -> re.Pattern[bytes]:
    """Return a pattern of all that is before a comment, a tag of these names or a special one."""
    stops = b"|".join(map(re.escape, sorted(names | _SPECIAL)))
    tag = rb"</?+(?!(?:" + stops + rb")[\s/>])[a-zA-Z][^\s/>]*+" + _ATTRIBUTES + rb">"
    return re.compile(rb"(?:[^<]++|" + tag + rb"|<(?![a-zA-Z!/?]))*+", re.IGNORECASE)


def outside_templates(tags: Sequence[Tag]) -> list[Tag]:
    """Return the tags of a page, except those in ``<template>``, which is not displayed.

    Examples
    --------
    >>> page = b"<p>a</p><template><i>b</i></template>"
    >>> [tag.name for tag in outside_templates(list(scan(page)))]
    [b'p', b'p']
    """
    kept: list[Tag] = []
    depth = 0
    for tag in tags:
        if tag.name == b"template":
            depth = max(0, depth + (-1 if tag.closing else 1))
        elif not depth:
            kept.append(tag)
    return kept if not depth else list(tags)


def numbered(page: bytes, tags: Sequence[Tag]) -> bytes:
    """Return a page whose start tags have their number as attribute `NUMBER`.

    An HTML parser reports no offsets. Formatting elements get no number: no two would be alike, and
    a parser opens many that are alike only `limits.COPIES` times again.

    Examples
    --------
    >>> page = b"<p>a</p><p class=b>c"
    >>> numbered(page, list(scan(page)))
    b'<p data-recommender-tag="0">a</p><p data-recommender-tag="2" class=b>c'
    """
    parts: list[bytes] = []
    position = 0
    for number, tag in enumerate(tags):
        if tag.name != b"!" and not tag.closing and tag.name not in _FORMATTING:
            place = tag.start + 1 + len(tag.name)
            parts += [page[position:place], b' %s="%d"' % (NUMBER.encode(), number)]
            position = place
    return b"".join([*parts, page[position:]])


def _after(page: bytes, tag: Tag, foreign: int) -> tuple[int, int]:
    """Return where markup goes on after a special tag, and in how many foreign elements."""
    if tag.name in _FOREIGN:
        opened = not tag.raw.endswith(b"/")
        return tag.end, max(0, foreign - 1 if tag.closing else foreign + opened)
    if tag.closing or foreign:
        return tag.end, foreign
    return len(page) if tag.name == b"plaintext" else _raw_end(page, tag.name, tag.end), foreign


def element_ends(tags: Sequence[Tag]) -> dict[int, int]:
    """Return the number of the end tag by the number of the start tag, for elements with both.

    Parameters
    ----------
    tags : sequence of Tag
        All tags of a page. Tags are paired by name, no matter what is between them.

    Examples
    --------
    >>> element_ends(list(scan(b"<div><p><div></div></div>")))
    {2: 3, 0: 4}
    """
    ends: dict[int, int] = {}
    unclosed: dict[bytes, list[int]] = {}
    for number, tag in enumerate(tags):
        if not tag.closing:
            unclosed.setdefault(tag.name, []).append(number)
        elif unclosed.get(tag.name):
            ends[unclosed[tag.name].pop()] = number
    return ends


def _comment_end(page: bytes, start: int) -> int:
    for short in (b"<!-->", b"<!--->"):
        if page.startswith(short, start):
            return start + len(short)
    end = _COMMENT_END.search(page, start + 4)
    return end.end() if end else len(page)


def _raw_end(page: bytes, name: bytes, position: int) -> int:
    """Return where the text of a script, style or similar element ends: at its end tag."""
    closer = re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE)
    end = closer.search(page, position)
    if end is None:
        return len(page)
    if name == b"script" and b"<!--" in page[position : end.start()]:
        return _script_end(page, position)
    return end.start()


def _script_end(page: bytes, position: int) -> int:
    """Return the end of a script with another script in a comment, as on old pages."""
    escaped = doubled = False
    for mark in re.compile(rb"<!--|-->|<(/?)script(?=[\s/>])", re.IGNORECASE).finditer(
        page, position
    ):
        text = mark[0].lower()
        if text == b"<!--":
            escaped = True
        elif text == b"-->":
            escaped = doubled = False
        elif mark[1]:
            if not doubled:
                return mark.start()
            doubled = False
        elif escaped:
            doubled = True
    return len(page)
