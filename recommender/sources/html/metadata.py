"""What a page says about itself: titles, date, author, language, address, picture, tags.

Reads JSON-LD, OpenGraph, `<meta>`, `<link>`, the article and Pagefind's attributes; the first that
is not empty wins. Reads one page only: what recurs on a site is judged in `reader`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, partial
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from recommender.sources.html.authors import read_authors
from recommender.sources.html.dates import published_date
from recommender.sources.html.frames import text_around
from recommender.sources.html.linked_data import ARTICLE_TYPES, LinkedData, read_linked_data
from recommender.sources.html.text import clean
from recommender.sources.html.titles import find_headlines, find_openings
from recommender.sources.selection import SWITCHES, asks_out

_DATE_METAS = (
    "articlepublishedtime", "articlepublished", "ogarticlepublishedtime", "ogpublishedtime",
    "datepublished", "publisheddate", "publishdate", "publicationdate", "publishtime",
    "datepublication", "articledateoriginal", "originalpublicationdate", "articledate", "pubdate",
    "articlepubdate", "btpubdate", "ogpubdate", "parselypubdate", "sailthrudate",
    "cxenseparserecspublishtime", "citationpublicationdate", "citationonlinedate", "citationdate",
    "dcdateissued", "dctermsissued", "dcdatecreated", "dctermscreated", "dccreated", "dctermsdate",
    "dcdate", "displaydate", "rnewsdatepublished", "prismpublicationdate", "datecreated",
    "creationdate", "ogreleasedate", "releasedate", "date",
)  # fmt: skip
"""Names of ``<meta>`` elements, letters only, the most reliable first."""
_AUTHOR_METAS = ("author", "articleauthorname", "parselyauthor", "citationauthor", "dccreator",
                 "dctermscreator", "sailthruauthor", "byl", "dcauthor",
                 "articleauthor")  # fmt: skip
_SIGN = re.compile(r"(?<!\S)[#¶🔗](?!\S)")
"""Signs of a heading's permalink, which generators leave in a summary of the page."""
_TAG_PAGE = re.compile(r"/(?:tag|topic|label|keyword)s?/[^/?#]+/?$", re.IGNORECASE)
_MARKED_TAGS = 'article a[rel~="tag"], main a[rel~="tag"]'
_TAG_LABEL = 4
"""Maximum number of words beside the links in a row of tags: a label, a date."""
_ADJACENT = frozenset({"prev", "previous", "next"})
_NO_LETTER = re.compile(r"[^a-z0-9]")
_NO_INDEX = re.compile(r"\b(?:noindex|none)\b", re.IGNORECASE)


class Metadata(msgspec.Struct):
    """What one page says about itself; empty if not stated."""

    titles: list[str] = []
    """Titles that the page states, the most reliable first; ``<title>`` last."""
    headlines: list[str] = []
    """Headings that may be its headline, the best first; see `read_article`."""
    openings: list[str] = []
    """Headings that open its article; see `read_article`."""
    site_names: list[str] = []
    """Names of the site, its publisher and its host."""
    date: str = ""
    """When it was published, ISO 8601."""
    author: str = ""
    """Names, separated by commas."""
    description: str = ""
    image: str = ""
    lang: str = ""
    canonical: str = ""
    """Complete address, as stated by the page."""
    address: str = ""
    """The same, or OpenGraph's if the page states none."""
    tags: list[str] = []
    category: str = ""
    rating: tuple[float | None, float | None] = (None, None)
    """Average and number of the readers' ratings."""
    translations: dict[str, str] = {}
    """Language to address of the same article."""
    adjacent: list[str] = []
    """Addresses of the previous and the next page."""
    types: set[str] = set()
    """Types of JSON-LD objects, and ``og:article``."""
    dates: list[str] = []
    """Dates of publication that its head states, as written, the most reliable first."""
    authors: list[list[str]] = []
    """Authors that its head states, by source."""
    body_classes: frozenset[str] = frozenset()
    """Classes of ``<body>``, in lower case."""
    redirect: bool = False
    """Whether the page redirects its reader."""
    unlisted: bool = False
    """Whether the page says that search engines should not list it."""
    pins: str = ""
    """Articles that its list shows first: ``<meta name="recommender-related" content="a, b">``."""
    bans: str = ""
    """Articles that its list does not show: ``recommender-related-exclude``."""
    left_out: bool = False
    """Whether the page opts out: ``<meta name="recommender" content="false">``."""


def read_metadata(tree: Any) -> Metadata:
    """Return what the head of a parsed page says about it; `read_article` adds the rest.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page, scripts included.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = '<html lang="en-CA"><title>Rye</title><meta name=date content=2025-03-27>'
    >>> found = read_metadata(LexborHTMLParser(page))
    >>> found.titles, found.lang, found.dates
    (['Rye'], 'en-CA', ['2025-03-27'])
    """
    metas = _metas(tree)
    data = read_linked_data(tree)
    own = _pagefind(tree)
    found = Metadata(types=data.types)
    if "article" in metas.get("ogtype", []):
        found.types.add("og:article")
    html = tree.css_first("html")
    lang = (html.attributes.get("lang") if html is not None else "") or ""
    found.lang = clean(lang or _first(metas, "oglocale", "contentlanguage")).replace("_", "-")
    body = tree.body.attributes.get("class") if tree.body is not None else ""
    found.body_classes = frozenset((body or "").lower().split())
    found.titles = _titles(tree, own, data, metas)
    description = _first(metas, "description", "ogdescription")
    found.description = clean(_SIGN.sub(" ", unescape(description)))  # some escape twice
    image = own.get("image", "") or _first(metas, "ogimage", "ogimageurl", "twitterimage")
    found.image = clean(image or data.image)
    found.tags = _tags(tree, metas, data.keywords)
    found.category = clean(_first(metas, "articlesection") or data.section)
    found.rating = data.rating, data.votes
    found.redirect = any(
        (node.attributes.get("http-equiv") or "").lower() == "refresh"
        and "url" in (node.attributes.get("content") or "").lower()
        for node in tree.css("meta[http-equiv]")
    )
    found.left_out = asks_out({name: _first(metas, name) for name in SWITCHES})
    found.pins = _first(metas, "recommenderrelated")
    found.bans = _first(metas, "recommenderrelatedexclude")
    found.unlisted = _NO_INDEX.search(_first(metas, "robots")) is not None
    _read_links(tree, found)
    found.address = found.canonical or _first(metas, "ogurl")
    found.site_names = _site_names(data, metas, found.address)
    if _is_of_site(data, metas):
        found.types -= ARTICLE_TYPES
    stated = [own.get("date", ""), *data.dates, *(_first(metas, name) for name in _DATE_METAS)]
    found.dates = [date for date in stated if date]
    found.authors = [[own.get("author", "")], data.authors]
    found.authors += [metas.get(name, []) for name in _AUTHOR_METAS]
    return found


def read_article(
    found: Metadata,
    tree: Any,
    roots: Sequence[Any],
    address: str,
    date_format: str | None = None,
    article: Sequence[Any] = (),
) -> None:
    """Add what the article of a page says: headlines, date, author; in place.

    Parameters
    ----------
    found : Metadata
        From `read_metadata`, for the same tree.
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page.
    roots : sequence of selectolax nodes
        Elements that contain the article with its headline.
    address : str
        Path of the page.
    date_format : str, optional
        `strptime` format of dates that are not ISO 8601.
    article : sequence of selectolax nodes
        Elements that contain its text, if `roots` are larger.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<article><h1>Rye</h1><time>27 March 2025</time></article>")
    >>> found = read_metadata(page)
    >>> read_article(found, page, page.css("article"), "/rye/")
    >>> found.headlines, found.date
    (['Rye'], '2025-03-27T00:00:00+00:00')
    """
    headlines = find_headlines(tree, roots, found.titles, found.site_names)
    found.headlines = headlines.texts
    found.openings = find_openings(article or roots)
    start = headlines.node or next(iter(roots), None)
    where = f"{address} {found.address}"
    nearby = cache(partial(text_around, tree.body, start))  # a walk over half of the page
    found.date = published_date(
        tree, roots, start, found.dates, where, found.lang, date_format, nearby, article
    )
    found.author = read_authors(tree, roots, start, found.authors, found.site_names, nearby)


def path_of(address: str, base: str = "") -> str:
    """Return the path of an address on the site, decoded; an empty string for other schemes.

    Without a `base`, the path of a fragment alone is empty.

    Examples
    --------
    >>> path_of("https://example.org/rye%20bread/?a=1#top"), path_of("../oats/", "/rye/")
    ('/rye bread/', '/oats/')
    >>> path_of("javascript:alert(1)"), path_of("#top")
    ('', '')
    """
    try:
        parts = urlsplit(urljoin(base, address.strip()))
    except ValueError:
        return ""
    path = unquote(parts.path) or "/" * bool(parts.netloc)
    return path if parts.scheme in ("", "http", "https") else ""


def _metas(tree: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        names = (attributes.get(name) for name in ("property", "name", "itemprop", "http-equiv"))
        for name in names:
            if name:
                key = _NO_LETTER.sub("", name.lower())
                found.setdefault(key, []).append(attributes.get("content") or "")
    return found


def _first(metas: dict[str, list[str]], *names: str) -> str:
    return next((value for name in names for value in metas.get(name, ()) if value.strip()), "")


def _titles(
    tree: Any, own: dict[str, str], data: LinkedData, metas: dict[str, list[str]]
) -> list[str]:
    node = tree.css_first("head title") or tree.css_first("title")
    names = ("ogtitle", "twittertitle", "dctitle", "citationtitle", "parselytitle")
    stated = [own.get("title", ""), data.headline, *(_first(metas, name) for name in names)]
    stated.append(node.text() if node is not None else "")
    return [title for title in map(clean, stated) if title]


def _is_of_site(data: LinkedData, metas: dict[str, list[str]]) -> bool:
    """Return whether the JSON-LD describes the site: some themes write it as an article on lists.

    Its headline is the name that the page gives the site, its publisher, or what it is part of.
    """
    names = map(clean, (*data.names, _first(metas, "ogsitename")))
    return bool(data.headline) and data.headline.casefold() in map(str.casefold, names)


def _site_names(data: LinkedData, metas: dict[str, list[str]], canonical: str) -> list[str]:
    names = [*data.names, _first(metas, "ogsitename"), _first(metas, "applicationname")]
    try:
        host = (urlsplit(canonical).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    return [name for name in (*map(clean, names), host, host.partition(".")[0]) if name]


def _pagefind(tree: Any) -> dict[str, str]:
    """Return the values of ``data-pagefind-meta``: ``title``, ``date:2025-03-27``,
    ``image[src]``."""
    found: dict[str, str] = {}
    for node in tree.css("[data-pagefind-meta]"):
        attributes = node.attributes
        for part in (attributes.get("data-pagefind-meta") or "").split(","):
            name, colon, value = part.strip().partition(":")
            name, bracket, source = name.partition("[")
            if bracket:
                value = attributes.get(source.rstrip("]")) or ""
            elif not colon:
                value = node.text(separator=" ")
            found.setdefault(name.strip().lower(), clean(value))
    return found


def _tags(tree: Any, metas: dict[str, list[str]], keywords: list[str]) -> list[str]:
    """Return the tags of the first place that has any."""
    stated = metas.get("articletag", [])
    places: tuple[Iterable[str], ...] = (
        stated[0].split(",") if len(stated) == 1 else stated,  # Docusaurus joins them
        keywords,
        [node.text() for node in tree.css(_MARKED_TAGS)] or _tag_row(tree),
        _first(metas, "keywords").split(","),
    )
    found = (list(dict.fromkeys(filter(None, map(clean, place)))) for place in places)
    return next(filter(None, found), [])


def _tag_row(tree: Any) -> list[str]:
    """Return the tags in the first element of the article that has links to tags and no prose."""
    articles = tree.css("article")
    titled = [node for node in articles if node.css_first("h1")]
    scopes = titled or articles or tree.css("main")
    if len(scopes) != 1:
        return []
    for link in filter(_leads_to_tag, scopes[0].css("a[href]")):
        row = link.parent.parent if link.parent.tag == "li" else link.parent
        names = [node.text() for node in filter(_leads_to_tag, row.css("a[href]"))]
        if len(row.text().split()) <= len(" ".join(names).split()) + _TAG_LABEL:
            return [name.strip().lstrip("#") for name in names]
    return []


def _leads_to_tag(link: Any) -> bool:
    return _TAG_PAGE.search(link.attributes.get("href") or "") is not None


def _read_links(tree: Any, found: Metadata) -> None:
    for node in tree.css("link[rel][href], a[rel][href]"):
        attributes = node.attributes
        names = (attributes.get("rel") or "").lower().split()
        address = (attributes.get("href") or "").strip()
        if not _ADJACENT.isdisjoint(names):
            found.adjacent.append(address)
        if node.tag != "link":
            continue
        if "canonical" in names:
            found.canonical = found.canonical or address
        elif "alternate" in names and attributes.get("hreflang"):
            found.translations[(attributes["hreflang"] or "").lower()] = address
