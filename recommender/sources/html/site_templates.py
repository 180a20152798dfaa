"""Finds where the articles of a site are in its template, for the pages that do not show it.

A post of one sentence has less prose than the comments below it, or than the teasers of other
posts. A page of a manual can have nearly all its prose in one of its sections. Judged alone, the
article would be misplaced; the other pages of the site show the place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_VARIES = re.compile(r"(?:category|tag|post_tag|format|author|has)-|\d")
"""Classes that name the subject or the number of a post rather than its template."""
_LEAST = 5
"""Minimum number of pages that show where the site's articles are."""
_RARE = 0.1
"""A place on more than this share of pages is another template rather than an exception."""
BODY = "body"
"""The place of the body, where `place_of` is empty."""


def place_of(node: Any) -> str:
    """Return the tags and classes of an element and of its ancestors, up to the body.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<body class=a><main class='x post-7 category-news'><p>Rye")
    >>> place_of(page.css_first("p"))
    'main.x p'
    """
    parts = []
    while node is not None and node.tag not in ("body", "html"):
        names = sorted((node.attributes.get("class") or "").split())
        parts.append(".".join([node.tag, *(n for n in names if not _VARIES.search(n))]))
        node = node.parent
    return " ".join(reversed(parts))


def element_around(node: Any, place: str) -> Any:
    """Return the nearest element around an element that has a place, or None.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<div>Oats</div><div><p>Rye")
    >>> element_around(page.css_first("p"), "div").text()
    'Rye'
    """
    while node is not None and (place_of(node) or BODY) != place:
        node = node.parent
    return node


def find_place(tree: Any, place: str) -> Any:
    """Return the only element with text at a place of a page; None if there is none, or several."""
    tag = place.rpartition(" ")[2].partition(".")[0]
    found = [node for node in tree.css(tag) if place_of(node) == place]
    return found[0] if len(found) == 1 and found[0].text().strip() else None


def common_place(places: Sequence[str]) -> tuple[str, list[int]]:
    """Return where most articles of a site are, and the few that are elsewhere.

    Parameters
    ----------
    places : sequence of str
        See `place_of`; empty for the body.

    Returns
    -------
    (str, list of int)
        Empty if fewer than five pages, or less than half of them, share a place. A place on more
        than a tenth of the pages is another template; these pages are not returned.

    Examples
    --------
    >>> common_place(["main"] * 6 + ["ol.comments"]), common_place(["main", "div", "p"])
    (('main', [6]), ('', []))
    """
    counts = Counter(places)
    place, most = counts.most_common(1)[0] if counts else ("", 0)
    if not place or most < max(_LEAST, len(places) / 2):
        return "", []
    few = max(2, _RARE * len(places))
    return place, [n for n, own in enumerate(places) if own != place and counts[own] <= few]


def wider_places(places: Sequence[str]) -> dict[int, str]:
    """Return the pages whose article is in a part of the element where it is on many others.

    Parameters
    ----------
    places : sequence of str
        See `place_of`.

    Returns
    -------
    dict of int to str
        For each such page, the place of the element around its article that is the article on most
        other pages: on at least five, and on twice as many as have the page's own place. Pages
        of rarer places come first, and then count as pages of the wider place. The body counts if
        it is the article on half of the pages.

    Examples
    --------
    >>> wider_places(["main"] * 6 + ["main dl", "main dl", "nav"])
    {6: 'main', 7: 'main'}
    """
    counts = Counter(places)
    if 2 * counts[""] < len(places):
        counts[""] = 0
    wider: dict[str, str] = {}
    for own in sorted({*places} - {""}, key=lambda place: (counts[place], place)):
        parts = own.split(" ")
        around = [" ".join(parts[:length]) for length in range(len(parts))]
        best = max(around, key=lambda place: (counts[place], len(place)))
        if counts[best] >= max(_LEAST, 2 * counts[own]):
            wider[own] = best
            counts[best] += counts[own]
    final = {own: _last(wider, own) for own in wider}
    return {number: final[own] or BODY for number, own in enumerate(places) if own in final}


def _last(wider: Mapping[str, str], place: str) -> str:
    while place in wider:
        place = wider[place]
    return place
