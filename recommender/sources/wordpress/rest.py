"""A WordPress site read through its REST API: posts by number, a hundred at a time.

The numbers are listed first, each page overlapping the one before, so that posts which are
published or vanish meanwhile shift nothing. Then the posts are asked for by number; those that
have vanished by then are reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from recommender.configured import CREDENTIALS
from recommender.errors import SourceError
from recommender.sources.base import Records, SourceOptions
from recommender.sources.wordpress.api import Api, RefusedError
from recommender.sources.wordpress.posts import THUMBNAIL, Post, Posts, Term, wanted_types

AT_ONCE = 100
"""Number of posts in a request; WordPress allows no more."""
MAX_POSTS = 1_000_000
RESTARTS = 5
"""How often the list of numbers is read again because posts vanished from it."""
_FIELDS = (
    "id,type,status,slug,link,date,date_gmt,title,excerpt,content,author,featured_media,"
    "categories,tags,product_cat,product_tag,meta,lang,translations,password"
)
_BASES = {"post": "posts", "page": "pages"}
_ALL = "publish,future,draft,pending,private"
_TERMS = {
    "categories": "category", "tags": "post_tag",
    "product_cat": "product_cat", "product_tag": "product_tag",
}  # fmt: skip
"""For each field with numbers of terms: their taxonomy."""
_LOOKUPS = {
    "categories": ("wp/v2/categories", "id,name,slug", "categories"),
    "tags": ("wp/v2/tags", "id,name,slug", "tags"),
    "product_cat": ("wp/v2/product_cat", "id,name,slug", "categories"),
    "product_tag": ("wp/v2/product_tag", "id,name,slug", "tags"),
    "author": ("wp/v2/users", "id,name", "authors"),
    "featured_media": ("wp/v2/media", "id,source_url", "pictures"),
}
"""For each field with numbers: the route and fields of what they mean, and its name."""


class Site(Protocol):
    """What a reading needs of `Api`."""

    where: str

    @property
    def has_password(self) -> bool:
        """Whether requests are made as a user."""

    @property
    def namespaces(self) -> frozenset[str]:
        """Parts of the API, such as ``wp/v2``."""

    def get(self, route: str, **parameters: Any) -> tuple[Any, Mapping[str, str]]:
        """Return the data at a route, and the headers of the answer."""


def read_rest(address: str, options: SourceOptions) -> Records:
    """Return the published posts of a WordPress site as records.

    Parameters
    ----------
    address : str
        The address of the site, ``https://example.org/blog``.
    options : SourceOptions
        Uses `post_type`, `progress`, and those that
        [`read_wordpress`][recommender.sources.wordpress.export.read_wordpress] uses. Drafts need
        the password of an editor.

    Returns
    -------
    Records
        The id is the number of the post. With a password in the environment
        (``RECOMMENDER_WORDPRESS_USER``, ``RECOMMENDER_WORDPRESS_PASSWORD``) the content is read as
        it was written, else as the site shows it.

    Raises
    ------
    SourceError
        If the site does not answer, has no REST API or does not show it.
    MissingDependencyError
        If urllib3 is not installed.
    """
    return read_posts(Api(address, os.environ), options)


def read_posts(site: Site, options: SourceOptions) -> Records:
    """Return the posts of a site whose API is known; see `read_rest`."""
    if options.drafts and not site.has_password:
        raise SourceError(
            f"{site.where}: drafts are shown to editors only",
            f"set {CREDENTIALS[0]} and {CREDENTIALS[1]}, or drafts = false",
        )
    return _Reading(site, options).posts().records()


class _Reading:
    """The posts of a site, and the names that they refer to."""

    def __init__(self, site: Site, options: SourceOptions) -> None:
        self.site, self.options = site, options
        self.kinds = wanted_types(options) or ("post",)
        self.result = Posts(site.where, options, self.kinds)
        self.status = {"status": _ALL} if options.drafts else {}
        self.known: dict[str, dict[int, Mapping[str, Any]]] = {name: {} for name in _LOOKUPS}
        self.closed: set[str] = set()
        self.homes: list[tuple[str, str]] = []
        """The home page of each language of Polylang, longest first, and its code."""

    def posts(self) -> Posts:
        """Return all posts."""
        self.read_languages()
        listed = [(kind, self.route_of(kind)) for kind in self.kinds]
        if self.site.has_password:  # a wrong one makes a visitor, who would read less
            for _, route in listed:
                self.site.get(route, context="edit", per_page=1, _fields="id")
        numbers = [(kind, route, self.numbers(route)) for kind, route in listed]
        total, done = sum(len(own) for _, _, own in numbers), 0
        for kind, route, own in numbers:
            for start in range(0, len(own), AT_ONCE):
                batch = own[start : start + AT_ONCE]
                self.add(kind, batch, self.items(route, batch))
                done += len(batch)
                if self.options.progress is not None:
                    self.options.progress("reading", done, total)
        return self.result

    def read_languages(self) -> None:
        """Read the languages of Polylang, if it shows them."""
        if "pll/v1" not in self.site.namespaces:
            return
        try:
            data, _ = self.site.get("pll/v1/languages", _fields="slug,locale,home_url")
            items = [*self._objects(data)]
        except SourceError:  # posts can be read without
            return
        for item in items:
            code = _text(item.get("slug"))
            self.result.languages[code] = _text(item.get("locale"))
            self.homes.append((_text(item.get("home_url")), code))
        self.homes.sort(key=lambda home: (-len(home[0]), home))

    def route_of(self, kind: str) -> str:
        """Return the route of the posts of a type."""
        base = _BASES.get(kind)
        if base is None:
            try:
                data, _ = self.site.get(f"wp/v2/types/{quote(kind, safe='')}")
            except RefusedError as error:
                if error.status != 404:
                    raise
                data = {}
            base = data.get("rest_base") if isinstance(data, dict) else None
            if not isinstance(base, str) or not base:
                raise SourceError(
                    f"{self.site.where}: post_type {kind} is not in the REST API",
                    "name another type, or read the database or an export",
                )
        return f"wp/v2/{quote(base, safe='')}"

    def numbers(self, route: str) -> list[int]:
        """Return the numbers of all posts of a route, ascending.

        Each page begins with the last post of the one before. If it does not, a post before it has
        vanished, others have moved up, and the list is read again.
        """
        for _ in range(RESTARTS):
            found: list[int] = []
            while True:
                page = self._page_of_numbers(route, max(len(found) - 1, 0))
                if found and page[:1] != found[-1:]:
                    break
                new = page[1:] if found else page
                found += new
                if not new:
                    return found
                if sorted(set(found)) != found or len(found) > MAX_POSTS:
                    raise SourceError(
                        f"{self.site.where}: does not list its posts in order of their numbers",
                        "a plug-in may change the order; read the database or an export instead",
                    )
        raise SourceError(
            f"{self.site.where}: posts vanish while they are listed, {RESTARTS} times in a row",
            "run it again when nobody edits the site",
        )

    def _page_of_numbers(self, route: str, offset: int) -> list[int]:
        items, _ = self.site.get(
            route, _fields="id", per_page=AT_ONCE, orderby="id", order="asc", offset=offset,
            **self.status,
        )  # fmt: skip
        return [number for item in self._objects(items) if (number := _number(item.get("id")))]

    def items(self, route: str, batch: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        """Return posts by number, without those that have vanished.

        Those that a user may not edit are asked for as a visitor sees them.
        """
        found: dict[int, Mapping[str, Any]] = {}
        contexts = ("edit", "view") if self.site.has_password else ("view",)
        for context in contexts:
            while missing := [number for number in batch if number not in found]:
                items, _ = self.site.get(
                    route, include=",".join(map(str, missing)), per_page=AT_ONCE,
                    orderby="include", context=context, _fields=_FIELDS, **self.status,
                )  # fmt: skip
                new = {_number(item.get("id")): item for item in self._objects(items)}
                new = {number: new[number] for number in missing if number in new}
                found |= {number: item for number, item in new.items() if number is not None}
                if not new:
                    break
        return found

    def add(self, kind: str, batch: Sequence[int], found: Mapping[int, Mapping[str, Any]]) -> None:
        """Add posts, and report those that have vanished."""
        for field in _LOOKUPS:
            self.look_up(field, {n for item in found.values() for n in _numbers(item.get(field))})
        for number in batch:
            where = f"{self.site.where}: {kind} {number}"
            if number in found:
                self.result.add(self.post(number, kind, found[number]), where)
            else:
                self.result.skip(where, "vanished while it was read")

    def look_up(self, field: str, numbers: set[int]) -> None:
        """Read what the numbers in a field mean, as far as the site shows it."""
        route, fields, name = _LOOKUPS[field]
        known = self.known[field]
        new = sorted(numbers - known.keys())
        for start in range(0, len(new), AT_ONCE) if field not in self.closed else ():
            part = new[start : start + AT_ONCE]
            known |= {number: {} for number in part}
            try:
                items, _ = self.site.get(
                    route, include=",".join(map(str, part)), per_page=AT_ONCE, _fields=fields
                )
            except RefusedError as error:
                if error.status not in (400, 401, 403, 404):
                    raise
                self.closed.add(field)
                self.result.warnings.append(
                    f"{self.site.where}: {name} are not read, it does not show them "
                    f"(HTTP {error.status})"
                )
                return
            for item in self._objects(items):
                if (number := _number(item.get("id"))) in numbers and number is not None:
                    known[number] = item
                    if field == "featured_media":
                        self.result.pictures[str(number)] = _text(item.get("source_url"))

    def language_of(self, item: Mapping[str, Any]) -> str:
        """Return the language of a post as a plug-in tells it, else by the home page above it."""
        link = _text(item.get("link"))
        by_address = (code for home, code in self.homes if home and link.startswith(home))
        return _text(item.get("lang")) or next(by_address, "")

    def post(self, number: int, kind: str, item: Mapping[str, Any]) -> Post:
        content = item.get("content")
        metas = dict(_metas(item.get("meta")))
        metas[THUMBNAIL] = str(_number(item.get("featured_media")) or "")
        return Post(
            number=str(number),
            kind=kind,
            status=_text(item.get("status")) or "publish",
            title=_text(item.get("title")),
            content=_text(content),
            url=_text(item.get("link")),
            dates=(_text(item.get("date_gmt")), _text(item.get("date"))),
            slug=_text(item.get("slug")),
            excerpt=_text(item.get("excerpt")),
            author=next(map(_name, self._meant("author", item)), ""),
            terms=[
                Term(taxonomy, _text(term.get("slug")), _name(term))
                for field, taxonomy in _TERMS.items()
                for term in self._meant(field, item)
            ],
            metas=metas,
            protected=bool(item.get("password"))
            or (isinstance(content, Mapping) and content.get("protected") is True),
            lang=self.language_of(item),
            translation_key=_translations(number, item.get("translations")),
        )

    def _meant(self, field: str, item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return what the numbers in a field of a post mean."""
        found = [self.known[field].get(number, {}) for number in _numbers(item.get(field))]
        return [*filter(None, found)]

    def _objects(self, items: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of a list that the site sent."""
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise SourceError(
                f"{self.site.where}: expected a list of objects, got {type(items).__name__}",
                "a plug-in may change the REST API; read the database or an export instead",
            )
        yield from items


def _number(value: Any) -> int | None:
    """Return the number of a post, term, user or picture; None for anything else."""
    return value if type(value) is int and 0 < value < 2**63 else None


def _numbers(value: Any) -> list[int]:
    values = value if isinstance(value, list) else [value]
    return [number for each in values if (number := _number(each)) is not None]


def _text(value: Any) -> str:
    """Return a text, as it was written if an editor sees it, else as the site shows it."""
    if isinstance(value, Mapping):
        value = value.get("raw", value.get("rendered"))
    return value if isinstance(value, str) else ""


def _name(item: Mapping[str, Any]) -> str:
    return _text(item.get("name"))


def _metas(value: Any) -> Iterator[tuple[str, str]]:
    """Yield custom fields of one value; lists of texts are joined by commas."""
    for name, field in value.items() if isinstance(value, Mapping) else ():
        parts = field if isinstance(field, list) else [field]
        if parts and all(isinstance(part, str | int | float) for part in parts):
            yield (
                name,
                ",".join(
                    str(part).lower() if isinstance(part, bool) else str(part) for part in parts
                ),
            )


def _translations(number: int, value: Any) -> str:
    """Return a name that a post shares with its translations, made of the smallest number.

    A post that is not among them is a copy of one, made by a plug-in.
    """
    numbers = [n for n in map(_number, value.values()) if n] if isinstance(value, Mapping) else []
    return f"rest_{min(numbers)}" if len(numbers) > 1 and number in numbers else ""
