"""Finds the end of a page's article, inside the element that sets the width of the text.

Uses the same root as the HTML source. So a list is placed at the end of the text from which it was
made: not in a card, and not after comments or the site's footer.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from recommender.sources.html.ending import known_place, last_place, node_at
from recommender.sources.html.pages import beyond_limits, decode_page
from recommender.sources.html.root import find_root

NUMBER = "data-recommender-tag"
"""Attribute with the number of an element's tag."""
_NUMBERS = re.compile(rb' %s="\d+"' % NUMBER.encode())


class ArticleEnd(NamedTuple):
    """A place on a page."""

    numbers: list[int]
    """Numbers of the tags of the element and of its ancestors, the innermost first."""
    inside: bool
    """True: at the end of the element, inside it. False: before the element."""


def find_end(page: bytes, selector: str | None = None) -> ArticleEnd | None:
    """Return where the article of a page ends, or None if the page has no article.

    Parameters
    ----------
    page : bytes
        A page in which each element has an attribute `NUMBER`.
    selector : str, optional
        CSS selector of the elements that contain an article.

    Raises
    ------
    SourceError
        If the bytes are not in the encoding that the page names.

    Examples
    --------
    >>> text = b"<p data-recommender-tag=3>Sow the rye early, in rows, and roll the ground.</p>"
    >>> page = b"<main data-recommender-tag=1><div data-recommender-tag=2>" + text + b"</div>"
    >>> find_end(page + b"<nav data-recommender-tag=5>Oats</nav></main>")
    ArticleEnd(numbers=[2, 1], inside=True)
    """
    from selectolax.lexbor import LexborHTMLParser

    if beyond_limits(page):
        return None
    tree = LexborHTMLParser(decode_page(page, "page").replace("\0", ""))
    known = known_place(_NUMBERS.sub(b"", page))
    node = node_at(tree, known.path) if known else None
    if known and node is not None:
        return ArticleEnd(_numbers(node), known.inside)
    root = find_root(tree, selector)
    if not root.nodes:
        return None
    node, inside = last_place(root.nodes)
    return ArticleEnd(_numbers(node), inside)


def _numbers(node: Any) -> list[int]:
    """Return the numbers of the tags of an element and of its ancestors, if they have one."""
    found = []
    while node is not None:
        number = (node.attributes or {}).get(NUMBER)
        if number is not None and number.isdigit():
            found.append(int(number))
        node = node.parent
    return found
