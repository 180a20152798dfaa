"""The element at which the article of a parsed page ends, and where it is in the page.

A command that reads pages and then changes them can remember the places that it found while
reading: see `remembering`. A place is known by the bytes of its page, so a page that has changed
since then has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import Any, NamedTuple

from recommender.sources.html.elements import judge_element
from recommender.sources.html.root import UNSEEN
from recommender.sources.html.scan import MAX_TAGS, element_ends, outside_templates, scan

_MOST = 0.8
_TEXT = frozenset({"p", "ul", "ol", "dl", "table", "pre", "blockquote", "figure", "h1", "h2", "h3",
                   "h4", "h5", "h6", "li", "tbody", "tr", "td", "a", "span", "em", "strong", "b",
                   "i", "font", "center", "address", "details"})  # fmt: skip
"""Elements that are parts of a text rather than its containers."""
_CLOSED = frozenset({"table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl", "dt", "p", "pre",
                     "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "em", "strong", "b", "i",
                     "font"})  # fmt: skip
"""Elements that may not contain a list: browsers would move it, or show it as a part of a text."""
_LONG = 200
"""Minimum number of characters in a paragraph after which an article has not ended."""
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_AFTER = frozenset({"comments", "related", "navigation", "footer", "sidebar", "form", "newsletter"})
"""Kinds of blocks that follow an article; a list is placed before them."""
_CERTAIN = frozenset({"article", "aside", "body", "div", "footer", "main", "nav", "section"})
"""Elements that a parser makes from each of their start tags, and from nothing else."""
_MOVED = "table {0}, noscript {0}, svg {0}, math {0}"
"""Where the elements of a tree may be in another order than their tags on the page."""
_NOSCRIPT = re.compile(rb"<noscript\b.*?(?:</noscript|\Z)", re.IGNORECASE | re.DOTALL)
"""What is markup for a parser, but not for browsers: elements may move out of it."""


class Place(NamedTuple):
    """Where the article of a page ends."""

    page: bytes
    """Fingerprint of the page."""
    offset: int | None
    """Offset in its bytes; None if only a parse of the page with numbered tags shows it."""
    path: tuple[int, ...]
    """Number of each element among its siblings, from the top; see `node_at`."""
    inside: bool
    """True: at the end of the element, inside it. False: before the element."""


_KNOWN: ContextVar[dict[bytes, Place] | None] = ContextVar("places", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember, inside, where the articles of the pages end that are read."""
    before = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(before)


def is_remembering() -> bool:
    """Return whether the places of the pages that are read will be asked for."""
    return _KNOWN.get() is not None


def remember(place: Place) -> None:
    """Keep a place for `known_place`, if anything is remembered."""
    known = _KNOWN.get()
    if known is not None:
        known[place.page] = place


def known_place(page: bytes) -> Place | None:
    """Return where the article of a page ends, or None if that is not known."""
    known = _KNOWN.get()
    return known.get(_fingerprint(page)) if known else None


def place_of_end(page: bytes, tree: Any, roots: Sequence[Any]) -> Place | None:
    """Return where the article of a parsed page ends; None if it has no nameable place.

    Parameters
    ----------
    page : bytes
        The page as it is on disk.
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page.
    roots : sequence of selectolax nodes
        Elements that contain the article, in the order of the page.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = b"<body><p>Oats</p><script></script><main>Sow the rye early.<nav>Home</nav></main>"
    >>> tree = LexborHTMLParser(page)
    >>> place = place_of_end(page, tree, tree.css("main"))
    >>> page[place.offset:], place.path, place.inside, node_at(tree, place.path).tag
    (b'<nav>Home</nav></main>', (1, 1, 0), False, 'nav')
    """
    node, inside = last_place(roots)
    path = _path_of(node)
    if path is None:
        return None
    return Place(_fingerprint(page), _offset(page, tree, node, inside), path, inside)


def _offset(page: bytes, tree: Any, node: Any, inside: bool) -> int | None:
    """Return the offset of a place; None if the tags of its element cannot be told by counting."""
    name = node.tag
    if name not in _CERTAIN or b"recommender" in page or page.count(b"<") > MAX_TAGS:
        return None
    if tree.css_first(_MOVED.format(name)) is not None:
        return None
    if any(f"<{name}".encode() in part.lower() for part in _NOSCRIPT.findall(page)):
        return None
    tags = outside_templates(list(scan(page, [name.encode(), b"template"])))
    starts = [number for number, tag in enumerate(tags) if not tag.closing]
    nodes = [other.mem_id for other in tree.css(name)]
    if len(starts) != len(nodes) or node.mem_id not in nodes:
        return None
    start = starts[nodes.index(node.mem_id)]
    number = element_ends(tags).get(start) if inside else start
    return None if number is None else tags[number].start


def _path_of(node: Any) -> tuple[int, ...] | None:
    """Return the path of an element for `node_at`; None if it has none."""
    path: list[int] = []
    while node is not None and node.tag != "html":
        if node.tag in UNSEEN or node.parent is None:
            return None
        before = 0
        sibling = node.prev
        while sibling is not None:
            before += _counts(sibling)
            sibling = sibling.prev
        path.append(before)
        node = node.parent
    return tuple(reversed(path))


def node_at(tree: Any, path: Sequence[int]) -> Any:
    """Return the element of a tree at a path from ``<html>``, or None.

    Scripts and other elements that are not displayed do not count, nor do texts and comments.
    """
    node = tree.root
    for number in path:
        children = [] if node is None else [child for child in _children(node) if _counts(child)]
        node = children[number] if number < len(children) else None
    return node


def last_place(roots: Sequence[Any]) -> tuple[Any, bool]:
    """Return the element at which an article ends, and whether the place is inside it."""
    node = _innermost(roots[-1])
    part = None
    while node.tag in _CLOSED:
        part, node = node, node.parent
    after = _what_follows(node) if part is None else _next(part)
    return (node, True) if after is None else (after, False)


def _next(node: Any) -> Any:
    """Return the first element with text after an element in its container, or None."""
    while (node := node.next) is not None:
        if _counts(node) and node.text().strip():
            break
    return node


def _counts(node: Any) -> bool:
    tag = node.tag
    return bool(tag) and tag[0] != "-" and tag not in UNSEEN


def _fingerprint(page: bytes) -> bytes:
    return sha256(page).digest()


def _innermost(root: Any) -> Any:
    """Return the smallest element with most of the article's text, which sets its width."""
    node, sizes = root, None
    while inner := [child for child in _children(node) if child.tag not in _TEXT]:
        if sizes is None:  # most articles need none: all elements in them are parts of a text
            sizes = _sizes(root)
        least = _MOST * sizes.get(root.mem_id, 0)
        inner = [child for child in inner if least and sizes.get(child.mem_id, 0) >= least]
        inner = [child for child in inner if not _goes_on_after(child, sizes)]
        if not inner:
            break
        node = inner[0]
    return node


def _goes_on_after(node: Any, sizes: Mapping[int, int]) -> bool:
    """Return whether a headed section of the article, or a long paragraph, follows an element."""
    while (node := node.next) is not None:
        size = sizes.get(node.mem_id, 0)
        if size and any(one.mem_id in sizes for one in node.css(_HEADINGS)):
            return True
        if node.tag == "p" and size >= _LONG:
            return True
    return False


def _sizes(root: Any) -> dict[int, int]:
    """Return the length of the text of each element, without text outside the article."""
    sizes: dict[int, int] = {}
    path: list[list[int]] = []  # identity and length of the elements around a node
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            name, size = path.pop()
            if size:
                sizes[name] = size
                if path:
                    path[-1][1] += size
            continue
        tag = node.tag
        if tag == "-text":
            path[-1][1] += len((node.text_content or "").strip())
            continue
        kind = judge_element(node, tag, node.attributes) if path else ""
        if not kind or kind in ("prose", "code"):
            path.append([node.mem_id, 0])
            stack.append(None)
            child = node.child
            while child is not None:
                tag = child.tag
                if tag and (tag[0] != "-" or tag == "-text"):
                    stack.append(child)
                child = child.next
    return sizes


def _children(node: Any, texts: bool = False) -> list[Any]:
    found = []
    child = node.child
    while child is not None:
        if child.tag and (child.tag[0] != "-" or (texts and child.tag == "-text")):
            found.append(child)
        child = child.next
    return found


def _what_follows(node: Any) -> Any:
    """Return the first of the elements that follow the article at the end of a node, or None."""
    first = None
    for child in reversed(_children(node, texts=True)):
        if child.tag == "-text":
            if (child.text_content or "").strip():
                break
        elif not child.text().strip() and child.css_first("img, video, picture") is None:
            continue
        elif judge_element(child, child.tag, child.attributes) in _AFTER:
            first = child
        else:
            break
    return first
