"""Reads the data about an article in the JSON-LD of its page: headline, date, author and more.

Objects with a type of article take precedence over the page around it. Many scripts are not valid
JSON; their stated date is read all the same.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recommender.sources.columns import as_names, positive
from recommender.sources.html.text import clean

ARTICLE_TYPES = frozenset(
    {"Article", "NewsArticle", "BlogPosting", "TechArticle", "ScholarlyArticle", "Report",
     "ReportageNewsArticle", "OpinionNewsArticle", "AnalysisNewsArticle", "ReviewNewsArticle",
     "LiveBlogPosting", "SocialMediaPosting", "ClaimReview", "Recipe", "HowTo"}
)  # fmt: skip
MAX_JSON = 1_000_000
"""Maximum number of characters read from a JSON-LD script."""
_PAGES = frozenset({"WebPage", "ItemPage", "AboutPage", "FAQPage", "QAPage", "MedicalWebPage",
                    "CreativeWork", "VideoObject", "Event", "Product", "Review"})  # fmt: skip
_SITES = frozenset({"WebSite", "Organization", "NewsMediaOrganization", "Corporation"})
_RATED = frozenset({"CreativeWorkSeries"})
"""A type that widgets for ratings use for the page that they are on."""
_NESTED = ("mainEntity", "mainEntityOfPage", "@graph")
_OPENED = re.compile(r"<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[")
_CLOSED = re.compile(r"(?:-->|/\*\s*\]\]>\s*\*/|//\s*\]\]>|\]\]>)\Z")
_AFTER = " \t\r\n\f\v;"
_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')


@dataclass(slots=True)
class LinkedData:
    """The data in the JSON-LD of one page; empty if not stated."""

    headline: str = ""
    dates: list[str] = field(default_factory=list)
    """As stated; those of articles come first."""
    authors: list[str] = field(default_factory=list)
    image: str = ""
    section: str = ""
    keywords: list[str] = field(default_factory=list)
    rating: float | None = None
    """Average of the readers' ratings."""
    votes: float | None = None
    """Number of these ratings."""
    types: set[str] = field(default_factory=set)
    """Types of all objects."""
    names: list[str] = field(default_factory=list)
    """Names of the site and of its publisher."""


def read_linked_data(tree: Any) -> LinkedData:
    """Return the data in the JSON-LD of a page.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> script = '{"@type": "Article", "headline": "Rye", "author": [{"name": "Ada"}, "Bo"]}'
    >>> page = LexborHTMLParser(f'<script type="application/ld+json">{script}</script>')
    >>> found = read_linked_data(page)
    >>> found.headline, found.authors
    ('Rye', ['Ada', 'Bo'])
    """
    found = LinkedData()
    others: list[dict[str, Any]] = []
    things: list[dict[str, Any]] = []
    later: list[str] = []
    for script in tree.css('script[type*="ld+json" i]'):
        text = script.text()[:MAX_JSON]
        try:
            things += _things(json.loads(_bare(text), strict=False))
        except (ValueError, RecursionError):
            later += _PUBLISHED.findall(text)[:1]
    by_id = {str(thing["@id"]): thing for thing in things if "@id" in thing and "name" in thing}
    for thing in things:
        names = _types(thing)
        found.types |= names
        if names & ARTICLE_TYPES:
            _add_article(found, thing, by_id)
        elif names & (_PAGES | _RATED):
            others.append(thing)
        elif names & _SITES:
            found.names.append(_text(thing.get("name")))
    for thing in others:
        _add_rating(found, thing)
        found.dates.append(_text(thing.get("datePublished")))
        found.image = found.image or _text(thing.get("image"))
    found.dates = [date for date in [*found.dates, *later] if date]
    found.names = [name for name in found.names if name]
    return found


def _add_article(
    found: LinkedData, thing: dict[str, Any], by_id: dict[str, dict[str, Any]]
) -> None:
    found.headline = found.headline or _text(thing.get("headline") or thing.get("name"))
    found.dates += [_text(thing.get("datePublished") or thing.get("dateCreated"))]
    found.authors = found.authors or list(_people(thing.get("author"), by_id))
    found.image = found.image or _text(thing.get("image"))
    found.section = found.section or _text(thing.get("articleSection"))
    keywords = thing.get("keywords")
    terms = as_names([keywords] if isinstance(keywords, dict) else keywords)
    found.keywords = found.keywords or terms
    _add_rating(found, thing)
    for name in ("publisher", "isPartOf"):
        if isinstance(thing.get(name), dict):
            found.names.append(_text(thing[name].get("name")))


def _add_rating(found: LinkedData, thing: dict[str, Any]) -> None:
    """Add the readers' ratings of the page, if it has votes and none are known yet."""
    rating = thing.get("aggregateRating")
    if isinstance(rating, dict) and found.rating is None:
        average = positive(rating.get("ratingValue"))
        votes = positive(rating.get("ratingCount") or rating.get("reviewCount"))
        if average and votes:
            found.rating, found.votes = average, votes


def _bare(text: str) -> str:
    """Return a script without the comment or CDATA marks around it."""
    text = text.lstrip().rstrip(_AFTER)
    opened = _OPENED.match(text)
    closed = _CLOSED.search(text)
    return text[opened.end() if opened else 0 : closed.start() if closed else None].rstrip(_AFTER)


def _things(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the objects of a script: its own, those of its graph, and the page's main entity."""
    for thing in data if isinstance(data, list) else [data]:
        if isinstance(thing, dict):
            yield thing
            if depth < 3:
                for name in _NESTED:
                    yield from _things(thing.get(name), depth + 1)


def _types(thing: dict[str, Any]) -> set[str]:
    types = thing.get("@type")
    names = (str(name) for name in (types if isinstance(types, list) else [types]) if name)
    return {name.rpartition("/")[2] for name in names}


def _people(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the names of authors: texts, objects, or objects that are elsewhere in the graph."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            known = one if "name" in one else by_id.get(str(one.get("@id")), one)
            name = known.get("name") or ""
            yield from (_text(part) for part in (name if isinstance(name, list) else [name]))
        elif isinstance(one, str):
            yield _text(one)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("name") or ""
    return clean(html.unescape(str(value))) if isinstance(value, str | int) else ""
