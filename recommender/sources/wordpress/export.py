"""WordPress exports (WXR): one article per published post, read as a stream.

Memory grows with the text of the posts, not with the file. Needs the extra ``xml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.errors import SourceError
from recommender.sources.base import Records, SourceOptions
from recommender.sources.feeds.xml_stream import local, xml_items
from recommender.sources.wordpress.languages import group_members, php_value
from recommender.sources.wordpress.posts import Post, Posts, Term
from recommender.text.languages import base_language

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_WP = "{http://wordpress.org/export/"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def read_wordpress(path: Path, options: SourceOptions) -> Records:
    """Return the published posts of a WordPress export as records.

    Parameters
    ----------
    path : Path
        A WXR file, as Tools > Export writes it.
    options : SourceOptions
        Uses the names of columns, `post_type`, `drafts` and `code`. The id is the number of the
        post; `slug` is its name, `prior` the average of its star ratings and `votes` their number
        (both missing without votes), `image` its thumbnail. Custom fields become columns with
        their names if they are short and public, or if an option names them.

    Returns
    -------
    Records
        Unless a type is named, pages are articles only in an export without posts.

    Raises
    ------
    SourceError
        If the file is not valid XML or not a WordPress export.
    MissingDependencyError
        If defusedxml is not installed.
    """
    posts, site = Posts(str(path), options), _Site()
    items = xml_items(path, lambda tag: tag == "item", site.channel)
    for number, item in enumerate(items, start=1):
        post = _post(item)
        posts.main = base_language(site.lang)
        if post.kind == "attachment":
            posts.pictures[post.number] = post.url
        posts.add(post, f"{path}: item {number:,} ({post.kind} {post.number or '?'})")
    if not site.version:
        raise SourceError(
            f"{path}: is not a WordPress export, expected <wp:wxr_version>",
            'make one in WordPress under Tools > Export, or set source_format = "feed" for a feed',
        )
    posts.lang, posts.site, posts.categories = site.lang, site.address, site.categories
    posts.languages, posts.groups = site.languages, site.groups
    return posts.records()


class _Site:
    """What an export says about the site, before and after its posts."""

    def __init__(self) -> None:
        self.version = self.lang = self.address = ""
        self.categories: dict[str, str] = {}
        self.languages: dict[str, str] = {}
        self.groups: dict[str, set[str]] = {}

    def channel(self, element: Element) -> None:
        name, text = local(element.tag), (element.text or "").strip()
        if name == "wxr_version":
            self.version = text
        elif name == "language":
            self.lang = text
        elif name == "base_blog_url" or (name == "link" and not self.address):
            self.address = text
        elif name == "category" and element.tag.startswith(_WP):
            parts = _parts(element)
            self.categories[parts.get("term_id", "")] = parts.get("cat_name", "")
        elif name == "term" and element.tag.startswith(_WP):
            self._term(_parts(element))

    def _term(self, parts: Mapping[str, str]) -> None:
        """Note what Polylang says about a language or a group of translations."""
        slug, told = parts.get("term_slug", ""), parts.get("term_description", "")
        if parts.get("term_taxonomy") == "language":
            self.languages[slug] = php_value(told, "locale")
        elif parts.get("term_taxonomy") == "post_translations" and (found := group_members(told)):
            self.groups[slug] = found


def _post(item: Element) -> Post:
    parts = _parts(item)
    kind = parts.get("post_type", "post")
    number = parts.get("post_id", "")
    url = parts.get("link", "")
    if kind == "attachment":
        url = parts.get("attachment_url") or parts.get("guid", "")
    return Post(
        number=number or parts.get("guid") or url,
        kind=kind,
        status=parts.get("status", "publish"),
        title=parts.get("title", ""),
        content=parts.get("content", ""),
        url=url,
        dates=[parts.get(name, "") for name in ("post_date_gmt", "post_date", "pubDate")],
        slug=parts.get("post_name", ""),
        excerpt=parts.get("excerpt", ""),
        author=parts.get("creator", ""),
        terms=list(_terms(item)),
        metas=dict(_metas(item)),
        protected=bool(parts.get("post_password")),
    )


def _parts(element: Element) -> Mapping[str, str]:
    """Return the texts of the children by local name; WordPress's content is kept separate."""
    parts: dict[str, str] = {}
    for child in element:
        name = "content" if child.tag == _CONTENT else local(child.tag)
        parts.setdefault("excerpt" if name == "encoded" else name, (child.text or "").strip())
    return parts


def _metas(item: Element) -> Iterator[tuple[str, str]]:
    for meta in item:
        if local(meta.tag) == "postmeta":
            parts = _parts(meta)
            yield parts.get("meta_key", ""), parts.get("meta_value", "")


def _terms(item: Element) -> Iterator[Term]:
    for term in item:
        if term.tag == "category":
            yield Term(term.get("domain", "category"), term.get("nicename", ""), term.text or "")
