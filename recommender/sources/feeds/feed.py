"""Feeds: RSS 0.9 to 2.0, RSS 1.0 (RDF), Atom and JSON Feed; one article per item.

The whole text of an item is read if the feed contains it, else its summary. Elements that are not
known here become columns with their names. XML needs the extra ``xml``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recommender.errors import SourceError
from recommender.sources.addresses import joined
from recommender.sources.base import Records, SourceOptions, read_text
from recommender.sources.columns import as_names, table_records
from recommender.sources.feeds.xml_stream import file_head, local, xml_items
from recommender.sources.html.fragments import first_image, read_fragment, read_inline
from recommender.sources.markdown.document import read_title

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_XML = "{http://www.w3.org/XML/1998/namespace}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_BODIES = ("encoded", "content", "body", "fullitem")
_SUMMARIES = ("description", "summary")
_DATES = ("pubDate", "published", "date", "issued", "created", "updated", "modified")
_RFC_822 = re.compile(r"(?:\w{3,9},?\s+)?\d{1,2}[\s-]\w{3,9}[\s-]\d{2,4}\b")
_ITEMS = ("item", "entry")
_USED = frozenset(
    [
        *("title", "link", "guid", "id", "category", "subject", "language", "enclosure"),
        *("source", "thumbnail", "group", "comments", "commentRss"),
        *(*_BODIES, *_SUMMARIES, *_DATES),
    ]
)
_NOT_A_FEED = 'export the feed again, or set source_format = "json" for JSON of another form'
_JSON_FEED = re.compile(rb"\"version\"\s*:\s*\"https?:(?://|\\/\\/)jsonfeed\.org")


def read_feed(path: Path, options: SourceOptions) -> Records:
    """Return the items of a feed as records.

    Parameters
    ----------
    path : Path
        An RSS, RDF, Atom or JSON Feed file.
    options : SourceOptions
        Uses the names of columns and `code`. The id is the item's ``guid`` or ``id``, else its
        link; `tags` are its categories.

    Raises
    ------
    SourceError
        If the file is not valid XML or JSON, or contains no item.
    MissingDependencyError
        If the feed is XML and defusedxml is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     file = pathlib.Path(site, "feed.xml")
    ...     item = "<guid>a</guid><title>Rye</title><description>Sow &lt;b>it&lt;/b></description>"
    ...     _ = file.write_text(f"<rss><channel><item>{item}</item></channel></rss>")
    ...     read_feed(file, SourceOptions()).table[["id", "title", "text"]].values.tolist()
    [['a', 'Rye', 'Sow it']]
    """
    is_json = file_head(path, 1000).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    rows = _json_rows(path, options) if is_json else _xml_rows(path, options)
    if not rows:
        raise SourceError(
            f"{path}: contains no articles, expected <item> or <entry> elements",
            "name a feed with at least two",
        )

    def place(row: int) -> str:
        return f"{path}: item {row + 1:,}"

    return table_records(pd.DataFrame(rows, dtype=object), path, options, place)


def is_json_feed(path: Path) -> bool:
    """Return whether the beginning of a JSON file says that it is a JSON Feed."""
    return bool(_JSON_FEED.search(file_head(path, 4_000)))


def moment_of(text: str) -> Any:
    """Return the moment of an RFC 822 date; any other text unchanged, for `select` to read.

    Examples
    --------
    >>> moment_of("Mon, 06 Sep 2010 00:01:00 +0200").isoformat()
    '2010-09-06T00:01:00+02:00'
    >>> moment_of("2010-09-06")
    '2010-09-06'
    """
    if not _RFC_822.match(text):
        return text
    try:
        return parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):  # a year of ten digits
        return text


class _Channel:
    """What a feed says about itself: its language and address."""

    def __init__(self) -> None:
        self.lang = ""
        self.base = ""

    def read(self, element: Element) -> None:
        name = local(element.tag)
        if name == "language":
            self.lang = _text(element)
        elif name in ("feed", "rss", "RDF", "channel"):
            self.lang = self.lang or element.get(f"{_XML}lang", "")
        elif name == "link" and element.get("rel", "alternate") == "alternate" and not self.base:
            self.base = _text(element) or element.get("href", "")


def _xml_rows(path: Path, options: SourceOptions) -> list[dict[str, Any]]:
    channel = _Channel()
    items = xml_items(path, lambda tag: local(tag) in _ITEMS, channel.read)
    rows = [_row(item, options) for item in items]
    for row in rows:  # the channel may describe itself after its items
        row["lang"] = row["lang"] or channel.lang
        row["url"] = joined(channel.base, row["url"])
        row["image"] = joined(row["url"] or channel.base, row["image"])
    return rows


def _row(item: Element, options: SourceOptions) -> dict[str, Any]:
    parts: dict[str, list[Element]] = {}
    for child in item:
        parts.setdefault(local(child.tag), []).append(child)
    body = _first(parts, _BODIES)
    summary = _first(parts, _SUMMARIES)
    fragment = read_fragment(body or summary, options.code)
    link = _link(parts)
    return _extras(parts) | {
        "id": _first(parts, ("guid", "id")) or item.get(f"{_RDF}about", "") or link,
        "title": read_title(_first(parts, ("title",))),
        "text": fragment.text,
        "headings": "\n".join(fragment.headings),
        "links": fragment.links,
        "url": link,
        "date": moment_of(_first(parts, _DATES)),
        "tags": list(_tags(parts)),
        "lang": item.get(f"{_XML}lang", "") or _first(parts, ("language",)),
        "image": _image(item) or fragment.image or first_image(summary),
        "description": read_inline(summary) if body else "",
    }


def _text(element: Element) -> str:
    """Return the content of an element; XHTML inside it is serialized again."""
    if not len(element):
        return (element.text or "").strip()
    from xml.etree.ElementTree import tostring  # S405 is about parsing

    inner = "".join(tostring(child, encoding="unicode") for child in element)
    return re.sub(r"(</?)\w+:", r"\1", f"{element.text or ''}{inner}").strip()


def _first(parts: Mapping[str, list[Element]], names: tuple[str, ...]) -> str:
    """Return the first text under some names; XHTML in media elements does not count."""
    for name in names:
        for element in parts.get(name, []):
            text = "" if "search.yahoo.com/mrss" in element.tag else _text(element)
            if text:
                return text
    return ""


def _link(parts: Mapping[str, list[Element]]) -> str:
    """Return the address of an item: RSS's text, Atom's alternate link, or a permanent guid."""
    for element in parts.get("link", []):
        if element.get("rel", "alternate") == "alternate":
            address = (element.text or "").strip() or element.get("href", "").strip()
            if address:
                return joined(element.get(f"{_XML}base", ""), address)
    for element in parts.get("guid", []):
        text = _text(element)
        if element.get("isPermaLink", "true") == "true" and text.startswith(("http:", "https:")):
            return text
    return ""


def _tags(parts: Mapping[str, list[Element]]) -> Iterator[str]:
    seen: set[str] = set()
    for name in ("category", "subject"):
        for element in parts.get(name, []):
            label = element.get("label") or _text(element) or element.get("term") or ""
            for tag in as_names(read_inline(label)):
                if tag.casefold() not in seen:
                    seen.add(tag.casefold())
                    yield tag


def _image(item: Element) -> str:
    """Return the picture that an item names, as in Media RSS, RSS or iTunes."""
    for element in item.iter():
        name = local(element.tag)
        address = element.get("url") or element.get("href") or ""
        kind = element.get("medium") or element.get("type") or ""
        is_picture = kind.startswith("image") or element.get("rel") == "enclosure:image"
        if address and (name in ("thumbnail", "image") or is_picture):
            return address.strip()
    return ""


def _extras(parts: Mapping[str, list[Element]]) -> dict[str, Any]:
    """Return the author, and the elements that are not known here if each contains one text."""
    extras: dict[str, Any] = {}
    for name, elements in parts.items():
        texts = [" ".join(" ".join(element.itertext()).split()) for element in elements]
        key = "author" if name == "creator" else name
        if name not in _USED and any(texts) and (key == "author" or not len(elements[0])):
            extras[key] = ", ".join(text for text in texts if text)
    return extras


def _json_rows(path: Path, options: SourceOptions) -> list[dict[str, Any]]:
    try:
        feed = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        problem = f"{path}:{error.lineno}: is not valid JSON: {error.msg}"
        raise SourceError(problem, _NOT_A_FEED) from error
    except RecursionError as error:
        raise SourceError(f"{path}: is not valid JSON: nested too deeply", _NOT_A_FEED) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise SourceError(f"{path}: expected a JSON Feed with a list `items`", _NOT_A_FEED)
    rows = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            problem = f"item {number:,}: expected an object, got {type(item).__name__}"
            raise SourceError(f"{path}: {problem}", _NOT_A_FEED)
        rows.append(_json_row(item, str(feed.get("language") or ""), options))
    return rows


def _json_row(item: dict[str, Any], lang: str, options: SourceOptions) -> dict[str, Any]:
    page = str(item.get("content_html") or "")
    fragment = read_fragment(page, options.code)
    plain = read_fragment(str(item.get("content_text") or item.get("summary") or "")).text
    taken = {"content_html", "content_text", "date_published", "banner_image", "language"}
    row = {name: value for name, value in item.items() if name not in taken}
    url = str(item.get("url") or item.get("external_url") or "")
    image = item.get("image") or item.get("banner_image") or fragment.image
    return row | {
        "id": item.get("id", url),
        "title": read_title(str(item.get("title") or "")),
        "text": fragment.text or plain,
        "headings": "\n".join(fragment.headings),
        "links": fragment.links,
        "url": url,
        "date": item.get("date_published") or item.get("date_modified"),
        "lang": item.get("language") or lang,
        "image": joined(url, str(image or "")),
        "description": read_inline(str(item.get("summary") or "")),
    }
