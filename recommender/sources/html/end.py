"""Finds the end of a page's article, inside the element that sets the width of the text.

Uses the same root as the HTML source. So a list is placed at the end of the text from which it was
made: not in a card, and not after comments or the site's footer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recommender.sources.html.ending import known_place, last_place, node_at
from recommender.sources.html.limits import beyond_limits, parse_html
from recommender.sources.html.pages import decode_page
from recommender.sources.html.root import find_root
from recommender.sources.html.scan import (
    MAX_TAGS,
    NUMBER,
    element_ends,
    numbered,
    outside_templates,
    scan,
)


def find_end(page: bytes, selector: str | None = None) -> int | None:
    """Return the offset at which the article of a page ends, or None if the page has no article.

    It ends at an end tag, or before an element that follows it. An element without an end tag ends
    with the element around it.

    Parameters
    ----------
    page : bytes
        A page without a list.
    selector : str, optional
        CSS selector of the elements that contain an article.

    Raises
    ------
    SourceError
        If the bytes are not in the encoding that the page names.

    Examples
    --------
    >>> text = b"<main><p>Sow the rye early, in rows, and roll the ground well.</p>"
    >>> page = text + b"<nav>Oats</nav></main>"
    >>> find_end(page) == len(text)
    True
    """
    known = known_place(page)
    if known is not None and known.offset is not None:
        return known.offset
    tags = outside_templates(list(scan(page)))
    if len(tags) > MAX_TAGS:
        return None
    source = decode_page(numbered(page, tags), "page").replace("\0", "")
    if beyond_limits(source):
        return None
    tree = parse_html(source)
    node, inside = (node_at(tree, known.path), known.inside) if known else (None, False)
    if node is None:
        root = find_root(tree, selector)
        if not root.nodes:
            return None
        node, inside = last_place(root.nodes)
    numbers = list(_numbers(node))
    if numbers and not inside:
        return tags[numbers[0]].start
    ends = element_ends(tags)
    return next((tags[ends[number]].start for number in numbers if number in ends), None)


def _numbers(node: Any) -> Iterator[int]:
    """Yield the numbers of the tags of an element and of its ancestors, if they have one."""
    while node is not None:
        number = (node.attributes or {}).get(NUMBER)
        if number is not None and number.isdigit():
            yield int(number)
        node = node.parent
