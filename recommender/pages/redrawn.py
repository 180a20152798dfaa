"""Pages that a script draws again in the browser: a list in the part that it draws disappears.

Vue, React and Svelte compare the page with what they would draw, and remove what they do not know.
A list outside of their element stays, also when they draw another page there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from recommender.pages.place import START
from recommender.sources.html.limits import beyond_limits, parse_html

_ROOTS = {
    "__docusaurus": "Docusaurus",
    "___gatsby": "Gatsby",
    "__next": "Next",
    "__nuxt": "Nuxt",
}
"""Ids of the elements that are drawn again, by the program that does it."""
_BY_NAME = re.compile(r"(?:VitePress|VuePress)\b")
_NEXT_APP = "self.__next_f"
"""In the scripts of Next's directory `app`, which draws all of the body before them."""
_SVELTEKIT = "__sveltekit_"
"""In the script with which SvelteKit draws the element around it."""


class Redrawn(NamedTuple):
    """What draws a page in the browser."""

    program: str
    """Its name."""
    removes: bool
    """Whether the list is in the part that it draws, and so disappears."""


def redrawn(page: bytes) -> Redrawn | None:
    r"""Return what draws a page with a list in the browser, or None.

    Examples
    --------
    >>> block = START + b'<nav class="recommender"></nav>'
    >>> redrawn(b'<div id="__next"><p>Rye</p>' + block + b"</div>")
    Redrawn(program='Next', removes=True)
    >>> redrawn(b'<div id="__next"><p>Rye</p></div>' + block)
    Redrawn(program='Next', removes=False)
    """
    if START not in page:
        return None
    source = page.decode("utf-8", "replace")
    if beyond_limits(source):
        return None
    tree = parse_html(source)
    roots = dict(_ROOTS)
    for meta in tree.css('meta[name="generator"]'):
        if named := _BY_NAME.match(meta.attributes.get("content") or ""):
            roots["app"] = named[0]
    drawn = [(tree.css_first(f"#{name}"), program) for name, program in roots.items()]
    scripts = [(script, script.text()) for script in tree.css("script")]
    drawn += [(script.parent, "SvelteKit") for script, text in scripts if _SVELTEKIT in text]
    mark = START.decode()
    found = [Redrawn(name, mark in (root.html or "")) for root, name in drawn if root is not None]
    if any(_NEXT_APP in text for _, text in scripts):
        found.append(Redrawn("Next", page.rfind(_NEXT_APP.encode()) > page.find(START)))
    return max(found, key=lambda one: one.removes, default=None)
