"""Finds the end of a page's article, inside the element that sets the width of the text.

Uses the same root as the HTML source. So a list is placed at the end of the text from which it was
made: not in a card, and not after comments or the site's footer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from recommender.sources.html.elements import judge_element
from recommender.sources.html.pages import MAX_BYTES, decode_page, is_deep
from recommender.sources.html.root import find_root

NUMBER = "data-recommender-tag"
"""Attribute with the number of an element's tag."""
_MOST = 0.8
_TEXT = frozenset({"p", "ul", "ol", "dl", "table", "pre", "blockquote", "figure", "h1", "h2", "h3",
                   "h4", "h5", "h6", "li", "tbody", "tr", "td", "a", "span", "em", "strong", "b",
                   "i", "font", "center", "address", "details"})  # fmt: skip
"""Elements that are parts of a text rather than its containers."""
_AFTER = frozenset({"comments", "related", "navigation", "footer", "sidebar", "form", "newsletter"})
"""Kinds of blocks that follow an article; a list is placed before them."""


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

    if len(page) > MAX_BYTES or is_deep(page):
        return None
    tree = LexborHTMLParser(decode_page(page, "page").replace("\0", ""))
    root = find_root(tree, selector)
    if not root.nodes:
        return None
    node = _innermost(root.nodes[-1])
    after = _what_follows(node)
    return ArticleEnd(_numbers(after or node), after is None)


def _innermost(root: Any) -> Any:
    """Return the smallest element with most of the article's text, which sets its width."""
    sizes = _sizes(root)
    least = _MOST * sizes.get(root.mem_id, 0)
    node = root
    while True:
        inner = [child for child in _children(node) if child.tag not in _TEXT]
        inner = [child for child in inner if least and sizes.get(child.mem_id, 0) >= least]
        if not inner:
            return node
        node = inner[0]


def _sizes(root: Any) -> dict[int, int]:
    """Return the length of the text of each element, without text outside the article."""
    sizes: dict[int, int] = {}
    stack: list[tuple[Any, list[int]]] = [(root, [])]
    while stack:
        node, path = stack.pop()
        if node.tag == "-text":
            length = len((node.text_content or "").strip())
            for one in path if length else ():
                sizes[one] = sizes.get(one, 0) + length
            continue
        kind = judge_element(node, node.tag, node.attributes) if path else ""
        if not kind or kind in ("prose", "code"):
            inner = [*path, node.mem_id]
            stack += [(child, inner) for child in _children(node, texts=True)]
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


def _numbers(node: Any) -> list[int]:
    """Return the numbers of the tags of an element and of its ancestors, if they have one."""
    found = []
    while node is not None:
        number = (node.attributes or {}).get(NUMBER)
        if number is not None and number.isdigit():
            found.append(int(number))
        node = node.parent
    return found
