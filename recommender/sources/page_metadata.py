"""What a page says of itself: title, date, language, address, picture, tags.

Reads JSON-LD, OpenGraph, `<meta>`, `<link>`, `<time>` and Pagefind's attributes; the first that
holds something wins. Looks at one page only: what recurs over a site is judged by `html`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from recommender.sources.dates import parse_date
from recommender.sources.html_text import clean
from recommender.sources.page_dates import find_date

ARTICLE_TYPES = frozenset(
    {"Article", "NewsArticle", "BlogPosting", "TechArticle", "ScholarlyArticle", "Report",
     "ReportageNewsArticle", "OpinionNewsArticle", "AnalysisNewsArticle", "Recipe", "HowTo"}
)  # fmt: skip
MAX_JSON = 1_000_000
"""Characters of a JSON-LD script that are looked at."""
_DATE_METAS = ("article:published_time", "datepublished", "date", "pubdate", "publish-date",
               "dc.date", "dc.date.issued", "dcterms.created", "citation_publication_date",
               "parsely-pub-date", "og:published_time")  # fmt: skip
_DIGITS_ONLY = re.compile(r"(\d{4})/(\d\d)/(\d\d)")


@dataclass(slots=True)
class Metadata:
    """What one page says of itself; empty where it says nothing."""

    title: str = ""
    """Headline by JSON-LD or OpenGraph."""
    page_title: str = ""
    """``<title>``, often with the name of the site."""
    site_name: str = ""
    date: str = ""
    """ISO 8601."""
    description: str = ""
    image: str = ""
    lang: str = ""
    canonical: str = ""
    """Whole address, as the page gives it."""
    tags: list[str] = field(default_factory=list)
    category: str = ""
    translations: dict[str, str] = field(default_factory=dict)
    """Language to address of the same article."""
    types: set[str] = field(default_factory=set)
    """Types of JSON-LD objects, and ``og:article``."""
    redirect: bool = False
    """The page sends its reader elsewhere."""


def read_metadata(tree: Any, date_format: str | None = None) -> Metadata:
    """Return what a parsed page says of itself.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page, scripts included.
    date_format : str, optional
        `strptime` format of dates that are not ISO 8601.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = '<html lang="en-CA"><title>Rye</title><time datetime=2025-03-27>'
    >>> found = read_metadata(LexborHTMLParser(page))
    >>> found.page_title, found.lang, found.date
    ('Rye', 'en-CA', '2025-03-27T00:00:00+00:00')
    """
    metas = _metas(tree)
    article = _linked_data(tree)
    own = _pagefind(tree)
    found = Metadata(types=article.pop("types"))
    if "article" in metas.get("og:type", []):
        found.types.add("og:article")
    html = tree.css_first("html")
    lang = (html.attributes.get("lang") if html is not None else "") or ""
    found.lang = clean(lang or _first(metas, "og:locale", "content-language")).replace("_", "-")
    title = tree.css_first("head title") or tree.css_first("title")
    found.page_title = clean(title.text()) if title is not None else ""
    found.title = clean(
        own.get("title", "") or article["headline"] or _first(metas, "og:title", "twitter:title")
    )
    found.site_name = clean(_first(metas, "og:site_name", "application-name"))
    found.date = _date(tree, own.get("date", ""), article["date"], metas, date_format)
    found.description = clean(_first(metas, "description", "og:description"))
    image = own.get("image", "") or _first(metas, "og:image", "og:image:url", "twitter:image")
    found.image = clean(image or article["image"])
    found.tags = _tags(tree, metas, article["keywords"])
    found.category = clean(_first(metas, "article:section") or article["section"])
    found.redirect = any(
        (node.attributes.get("http-equiv") or "").lower() == "refresh"
        and "url" in (node.attributes.get("content") or "").lower()
        for node in tree.css("meta[http-equiv]")
    )
    _read_links(tree, found)
    return found


def path_of(address: str, base: str = "") -> str:
    """Return the path of an address on the site, decoded; nothing for other schemes.

    A fragment alone names no page: its path is empty without a `base`.

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


def iso_date(value: Any, date_format: str | None = None) -> str:
    """Return a date as ISO 8601, nothing where it cannot be read without guessing.

    Examples
    --------
    >>> iso_date("March 27, 2025"), iso_date("03/04/25")
    ('2025-03-27T00:00:00+00:00', '')
    """
    text = clean(str(value or ""))
    for guess in (text, _DIGITS_ONLY.sub(r"\1-\2-\3", text), (find_date(text) or ("",))[0]):
        try:
            moment = parse_date(guess, date_format)
        except (ValueError, OverflowError):
            continue
        if moment:
            return moment.isoformat()
    return ""


def _metas(tree: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        names = (attributes.get(name) for name in ("property", "name", "itemprop", "http-equiv"))
        for name in names:
            if name:
                found.setdefault(name.lower(), []).append(attributes.get("content") or "")
    return found


def _first(metas: dict[str, list[str]], *names: str) -> str:
    return next((value for name in names for value in metas.get(name, ()) if value.strip()), "")


def _linked_data(tree: Any) -> dict[str, Any]:
    """Return headline, date, picture, keywords, section and all types of the page's JSON-LD."""
    found: dict[str, Any] = dict.fromkeys(("headline", "date", "image", "section"), "")
    found |= {"keywords": [], "types": set()}
    for thing in _things(tree):
        types = thing.get("@type")
        names = {str(name) for name in (types if isinstance(types, list) else [types])}
        found["types"] |= names
        if names & ARTICLE_TYPES:
            found["headline"] = found["headline"] or _text(
                thing.get("headline") or thing.get("name")
            )
            found["date"] = found["date"] or _text(thing.get("datePublished"))
            found["image"] = found["image"] or _text(thing.get("image"))
            found["section"] = found["section"] or _text(thing.get("articleSection"))
            found["keywords"] = found["keywords"] or thing.get("keywords") or []
    return found


def _things(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the top objects of the page's JSON-LD; what is no JSON is passed over."""
    for script in tree.css('script[type="application/ld+json"]'):
        try:
            data = json.loads(script.text()[:MAX_JSON], strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in data if isinstance(data, list) else [data]:
            if isinstance(thing, dict):
                yield thing
                graph = thing.get("@graph")
                yield from (
                    (x for x in graph if isinstance(x, dict)) if isinstance(graph, list) else ()
                )


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("name") or ""
    return clean(str(value)) if isinstance(value, str | int) else ""


def _pagefind(tree: Any) -> dict[str, str]:
    """Return what ``data-pagefind-meta`` marks: ``title``, ``date:2025-03-27``, ``image[src]``."""
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


def _date(
    tree: Any, own: str, linked: str, metas: dict[str, list[str]], date_format: str | None
) -> str:
    for value in (own, linked, *(_first(metas, name) for name in _DATE_METAS)):
        if value and (date := iso_date(value, date_format)):
            return date
    times = tree.css("time[datetime]")
    marked = [node for node in times if _is_published(node)]
    for node in (*marked, *times):
        if date := iso_date(node.attributes.get("datetime"), date_format):
            return date
    return ""


def _is_published(node: Any) -> bool:
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('itemprop') or ''}".lower()
    return "pubdate" in attributes or "publish" in names or "dt-published" in names


def _tags(tree: Any, metas: dict[str, list[str]], keywords: Any) -> list[str]:
    tags = list(metas.get("article:tag", ()))
    if not tags:
        tags = keywords.split(",") if isinstance(keywords, str) else list(map(str, keywords or ()))
    if not tags:
        tags = [node.text() for node in tree.css('article a[rel~="tag"], main a[rel~="tag"]')]
    if not tags:
        tags = _first(metas, "keywords").split(",")
    return list(dict.fromkeys(tag for tag in map(clean, tags) if tag))


def _read_links(tree: Any, found: Metadata) -> None:
    for node in tree.css("link[rel][href]"):
        attributes = node.attributes
        names = (attributes.get("rel") or "").lower().split()
        address = (attributes.get("href") or "").strip()
        if "canonical" in names:
            found.canonical = found.canonical or address
        elif "alternate" in names and attributes.get("hreflang"):
            found.translations[(attributes["hreflang"] or "").lower()] = address
