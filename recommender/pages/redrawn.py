"""Pages that a script draws again in the browser: a list in the part that it draws disappears.

Vue, React and Svelte compare the page with what they would draw, and remove what they do not know.
A list outside of their element stays, also when they draw another page there.
"""

from __future__ import annotations

import re

from recommender.pages.place import START

_ROOTS = {
    "__docusaurus": "Docusaurus",
    "___gatsby": "Gatsby",
    "__next": "Next",
    "__nuxt": "Nuxt",
}
"""Ids of the elements that are drawn again, by the program that does it."""
_BY_NAME = re.compile(r"(?:VitePress|VuePress)\b")
_NEXT_APP = b"self.__next_f"
"""In the scripts of Next's directory `app`, which draws all of the body before them."""
_SVELTEKIT = "__sveltekit_"
"""In the script with which SvelteKit draws the element around it."""


def removes_list(page: bytes) -> str:
    r"""Return the program that will remove the inserted list of a page, or an empty string.

    Examples
    --------
    >>> block = START + b'<nav class="recommender"></nav>'
    >>> removes_list(b'<div id="__next"><p>Rye</p>' + block + b"</div>")
    'Next'
    >>> removes_list(b'<div id="__next"><p>Rye</p></div>' + block)
    ''
    """
    from selectolax.lexbor import LexborHTMLParser

    if START not in page:
        return ""
    if page.rfind(_NEXT_APP) > page.find(START):
        return "Next"
    tree = LexborHTMLParser(page.decode("utf-8", "replace"))
    roots = dict(_ROOTS)
    for meta in tree.css('meta[name="generator"]'):
        if found := _BY_NAME.match(meta.attributes.get("content") or ""):
            roots["app"] = found[0]
    drawn = [(tree.css_first(f"#{name}"), program) for name, program in roots.items()]
    scripts = [script for script in tree.css("script") if _SVELTEKIT in script.text()]
    drawn += [(script.parent, "SvelteKit") for script in scripts]
    for root, program in drawn:
        if root is not None and START.decode() in (root.html or ""):
            return program
    return ""
