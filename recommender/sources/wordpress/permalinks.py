"""Addresses of posts, computed from the settings of a site as WordPress does.

An address that cannot be computed (an unknown tag in the structure, a type that a plug-in
registers, a domain for each language) is ``?p=`` and the number: WordPress redirects it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recommender.sources.wordpress.posts import PRIMARY

_TAG = re.compile(r"%([a-z_]+)%")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_PARTS_OF_DATE = ("year", "monthnum", "day", "hour", "minute", "second")
_DEEPEST = 50
"""Maximum number of pages or categories above one; more is a circle."""


class Node(NamedTuple):
    """A category or page in its hierarchy."""

    slug: str
    parent: str
    """Number of the one above it; ``0`` at the top."""


class LanguagePaths(NamedTuple):
    """How a plug-in for several languages changes addresses."""

    form: str = ""
    """``directory``, ``parameter``, ``domain``, or an empty string: not at all."""
    default: str = ""
    """Code of the language whose addresses stay as they are."""
    before: str = ""
    """Directories before that of the language, such as ``language/``."""


class Linked(NamedTuple):
    """What the address of a post is made of."""

    number: str
    kind: str
    slug: str
    date: str
    """In the time of the site, ``2024-05-06 10:00:00``."""
    author: str = ""
    """Short name of the author."""
    categories: Sequence[str] = ()
    """Numbers of its categories."""
    metas: Mapping[str, str] = {}
    lang: str = ""


class Permalinks(NamedTuple):
    """The settings of a site that decide the addresses of its posts.

    Examples
    --------
    >>> site = Permalinks("https://farm.example", "/%year%/%postname%/")
    >>> site.of(Linked("7", "post", "rye", "2024-05-06 10:00:00"))
    'https://farm.example/2024/rye/'
    >>> site.of(Linked("8", "recipe", "bread", "2024-05-06 10:00:00"))
    'https://farm.example/?p=8'
    """

    home: str
    structure: str = ""
    categories: Mapping[str, Node] = {}
    """By number."""
    default_category: str = ""
    pages: Mapping[str, Node] = {}
    """By number."""
    front_page: str = ""
    """Number of the page that is the home page, or an empty string."""
    languages: LanguagePaths = LanguagePaths()

    def of(self, post: Linked) -> str:
        """Return the address of a post."""
        if self.languages.form == "domain":
            return self._plain(post)
        if post.kind == "page" and post.number == self.front_page:
            return self._at("/", post)
        path = ""
        if self.structure and post.kind == "post":
            path = self._filled(post)
        elif self.structure and post.kind == "page":
            path = self._page(post)
        if not path:
            return self._plain(post)
        return self._at(path.rstrip("/") + "/" * self.structure.endswith("/"), post)

    def _plain(self, post: Linked) -> str:
        return f"{self.home.rstrip('/')}/?p={post.number}"

    def _at(self, path: str, post: Linked) -> str:
        """Return the address of a path, in the language of the post."""
        languages, home = self.languages, self.home.rstrip("/")
        if languages.form and post.lang and post.lang != languages.default:
            if languages.form == "parameter":
                return f"{home}{path}?lang={post.lang}"
            if languages.before.startswith("index.php/"):
                path = path.removeprefix("/index.php")
            home = f"{home}/{languages.before}{post.lang}"
        return f"{home}/{path.lstrip('/')}"

    def _filled(self, post: Linked) -> str:
        """Return the structure with the values of a post, or an empty string if one is unknown."""
        moment = _MOMENT.match(post.date)
        dated = moment is not None and moment[1] != "0000"
        known = {
            **(dict(zip(_PARTS_OF_DATE, moment.groups(), strict=True)) if moment and dated else {}),
            "post_id": post.number,
            "postname": post.slug,
            "pagename": post.slug,
            "author": post.author,
        }
        names = _TAG.findall(self.structure)
        if "category" in names:
            known["category"] = self._category(post)
        if not all(known.get(name) for name in names):
            return ""
        return _TAG.sub(lambda tag: known[tag[1]], self.structure)

    def _category(self, post: Linked) -> str:
        """Return the path of the primary category, else of the oldest; that of the default."""
        own = [number for number in post.categories if number in self.categories]
        primary = next((post.metas[name] for name in PRIMARY if post.metas.get(name)), "")
        if own:
            return _path(primary if primary in own else min(own, key=int), self.categories)
        default = self.categories.get(self.default_category)
        return default.slug if default else ""

    def _page(self, post: Linked) -> str:
        path = _path(post.number, self.pages) if post.slug else ""
        root = "index.php/" if self.structure.lstrip("/").startswith("index.php/") else ""
        return f"/{root}{path}" if path else ""


def _path(number: str, nodes: Mapping[str, Node]) -> str:
    """Return the slugs from the top down to a node; empty if one is missing, or in a circle."""
    slugs: list[str] = []
    while number not in ("", "0"):
        node = nodes.get(number)
        if node is None or not node.slug or len(slugs) == _DEEPEST:
            return ""
        slugs.append(node.slug)
        number = node.parent
    return "/".join(reversed(slugs))
