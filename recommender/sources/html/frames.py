"""Finds what surrounds the article of a page (comments, cards, sidebars), and the text near a node.

An element that contains the article or its headline is never a frame, even with a class like
``content-sidebar-wrap``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from recommender.sources.html.text import clean

_FRAME = re.compile(
    r"(?<![a-z])(?:comments?|commentlist|comment-?(?:list|section|area|body|meta|author)|respond|"
    r"disqus\w*|webmentions?|related\w*|recommended|sidebar|modal|popup|cookies?)(?![a-z])|"
    r"(?:^|\s)widgets?(?=[\s_-]|$)"
)
_CARDS = re.compile(
    r"(?<![a-z])(?:recent|latest|popular|trending|most-?read|teasers?|cards?|carousel|up-?next|"
    r"read-?next|prev-?next|post-navigation)(?![a-z])"
)
_TAGS = frozenset({"aside", "nav", "dialog", "noscript", "template"})
_UNSEEN = _TAGS | {
    "head",
    "form",
    "script",
    "style",
    "select",
    "textarea",
    "button",
    "svg",
    "iframe",
}
_INLINE = frozenset(
    ["a", "abbr", "address", "b", "cite", "em", "font", "i", "small", "span", "strong", "time", "u"]
)
AFTER, BEFORE = 700, 300
"""Number of characters that `text_around` reads after a node and before it."""


def written_names(node: Any) -> str:
    """Return the class, id and itemprop of an element as written, in lower case.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> written_names(LexborHTMLParser('<p id=Top class="Lead a">').css_first("p"))
    'lead a top '
    """
    attributes = node.attributes
    return " ".join(attributes.get(name) or "" for name in ("class", "id", "itemprop")).lower()


def around(nodes: Iterable[Any]) -> set[int]:
    """Return the ids of nodes and of all elements that contain them."""
    found: set[int] = set()
    for node in nodes:
        while node is not None and node.mem_id not in found:
            found.add(node.mem_id)
            node = node.parent
    return found


def in_frame(node: Any, ends: set[int], cards: bool = False) -> bool:
    """Return whether an element is in comments, a sidebar or similar.

    Parameters
    ----------
    node : selectolax node
    ends : set of int
        See `around`: of the article and its headline.
    cards : bool
        Count cards of other articles too.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<main><p>Rye<ol class=comment-list><li>Oats")
    >>> ends = around(page.css("main"))
    >>> in_frame(page.css_first("p"), ends), in_frame(page.css_first("li"), ends)
    (False, True)
    """
    while node is not None and node.mem_id not in ends and node.tag not in ("body", "html"):
        if node.tag in _TAGS or _is_named(node, cards) or (cards and node.tag == "article"):
            return True
        node = node.parent
    return False


def text_around(body: Any, node: Any) -> tuple[str, str]:
    """Return the visible text shortly before an element and from its end on, frames left out.

    Both are empty if there is no such element. Blocks are separated by bars. The days of
    ``<time>`` elements come before their texts.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<body>News<h1>Rye</h1><p>By Ada<nav>Home</nav>")
    >>> text_around(page.body, page.css_first("h1"))
    ('News', '| By Ada')
    """
    if body is None or node is None:
        return "", ""
    ends = around([node])
    texts: tuple[list[str], list[str]] = ([], [])
    met, length = 0, 0
    stack = [body.child]
    while stack and length < AFTER:
        one = stack.pop()
        if one is None:
            continue
        stack.append(one.next)
        if one.mem_id == node.mem_id:
            met = 1
        elif one.tag == "-text":
            text = one.text_content or ""
            texts[met].append(text)
            length += len(text.strip()) * met
        elif one.tag and one.tag[0] != "-":
            if one.mem_id not in ends and (one.tag in _UNSEEN or _is_named(one, True)):
                continue
            stack.append(one.child)
            if one.tag not in _INLINE:
                texts[met].append(" | ")
            day = (one.attributes.get("datetime") or "")[:10] if one.tag == "time" else ""
            texts[met].append(f" {day} ")
    return clean("".join(texts[0]))[-BEFORE:], clean("".join(texts[1]))[: 2 * AFTER]


def _is_named(node: Any, cards: bool) -> bool:
    names = written_names(node)
    return bool(names.strip() and (_FRAME.search(names) or (cards and _CARDS.search(names))))
