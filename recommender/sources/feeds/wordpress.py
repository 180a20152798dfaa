"""WordPress exports (WXR): one article per published post, read as a stream.

Drafts, private and protected posts, the trash, attachments, menus and the like are skipped and
reported. Only the row of an item is kept, so memory grows with the text of the posts, not with the
file. Needs the extra ``xml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recommender.errors import SourceError
from recommender.sources.addresses import joined
from recommender.sources.base import Records, Skipped, SourceOptions
from recommender.sources.columns import positive, table_records
from recommender.sources.feeds.feed import moment_of
from recommender.sources.feeds.shortcodes import strip_wordpress
from recommender.sources.feeds.xml_stream import local, xml_items
from recommender.sources.html.fragments import read_fragment, read_inline
from recommender.sources.markdown.document import read_title

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_WP = "{http://wordpress.org/export/"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_INTERNAL = re.compile(
    r"revision|custom_css|customize_changeset|oembed_cache|user_request|wp_\w+|acf-.*|elementor_.*"
    r"|wpcf7_.*|wpforms.*|mc4wp.*|_.*|jp_.*|amp_.*|popup.*|shop_(?:order|coupon).*|ngg_.*|tablepress.*"
)
_RATINGS = (
    *("ratings_average", "_kksr_avg", "_kksr_avg_default", "kksr_avg", "rmp_avg_rating"),
    *("_glsr_average", "_wc_average_rating", "_wp_avg_rating", "wpdiscuz_post_rating"),
    *("_yasr_overall_rating", "yasr_overall_rating", "_wp_review_total", "wp_review_total"),
    *("_wppr_rating", "wppr_rating", "taq_review_score"),
)
_RATING = re.compile(
    r"(?:.*_)?(?:(?:avg|average)_(?:star_?)?ratings?|(?:star_?)?ratings?_(?:avg|average))"
)
_VOTES: Mapping[str, str] = {
    "ratings_average": "ratings_users",
    "_kksr_avg": "_kksr_casts",
    "_kksr_avg_default": "_kksr_count_default",
    "rmp_avg_rating": "rmp_vote_count",
    "_glsr_average": "_glsr_reviews",
    "_wc_average_rating": "_wc_review_count",
    "wpdiscuz_post_rating": "wpdiscuz_post_rating_count",
}
"""The field with the number of ratings, beside the field with their average."""
_DESCRIPTIONS = ("_yoast_wpseo_metadesc", "rank_math_description", "_aioseo_description")
_LONGEST_META = 500
_ZERO = "0000-00-00"


def read_wordpress(path: Path, options: SourceOptions) -> Records:
    """Return the published posts of a WordPress export as records.

    Parameters
    ----------
    path : Path
        A WXR file, as Tools > Export writes it.
    options : SourceOptions
        Uses the names of columns, `drafts` and `code`. The id is the number of the post; `slug` is
        its name, `prior` the average of its star ratings and `votes` their number (both missing
        without votes), `image` its thumbnail. Custom fields become columns with their names if
        they are short and public, or if an option names them.

    Returns
    -------
    Records
        Pages are articles only in an export without posts.

    Raises
    ------
    SourceError
        If the file is not valid XML or not a WordPress export.
    MissingDependencyError
        If defusedxml is not installed.
    """
    reading = _Reading(path, options)
    for number, item in enumerate(xml_items(path, _is_item, reading.channel), start=1):
        reading.read(number, item)
    if not reading.version:
        raise SourceError(
            f"{path}: is not a WordPress export, expected <wp:wxr_version>",
            "make one in WordPress under Tools > Export; any other feed is format = feed",
        )
    return reading.records()


class _Reading:
    """The rows of an export in its order, and what is known only at its end."""

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self.path, self.options = path, options
        self.version = self.lang = self.site = ""
        self.rows: list[dict[str, Any]] = []
        self.places: list[str] = []
        self.skipped: list[Skipped] = []
        self.attachments: dict[str, str] = {}
        self.terms: dict[str, str] = {}
        self.metas = {
            options.source_column(name)
            for name in ("id", "title", "text", "url", "date", "category", "lang", "image",
                         "author", "description", "prior", "votes", "series", "tags", "links")
            if options.is_mapped(name)
        }  # fmt: skip

    def channel(self, element: Element) -> None:
        name, text = local(element.tag), (element.text or "").strip()
        if name == "wxr_version":
            self.version = text
        elif name == "language":
            self.lang = text
        elif name == "base_blog_url" or (name == "link" and not self.site):
            self.site = text
        elif name == "category" and element.tag.startswith(_WP):
            parts = _parts(element)
            self.terms[parts.get("term_id", "")] = parts.get("cat_name", "")

    def read(self, number: int, item: Element) -> None:
        parts = _parts(item)
        kind = parts.get("post_type", "post")
        post = parts.get("post_id") or "?"
        where = f"{self.path}: item {number:,} ({kind} {post})"
        if kind == "attachment":
            self.attachments[post] = parts.get("attachment_url") or parts.get("guid", "")
        reason = _left_out(kind, parts)
        if reason:
            self.skipped.append(Skipped(where, reason))
            return
        self.rows.append(_row(item, parts, self.metas, self.options) | {"type": kind})
        self.places.append(where)

    def records(self) -> Records:
        self._leave_pages_out()
        columns = None if self.rows else ["id", "title", "text"]
        for row in self.rows:
            self._complete(row)
        table = pd.DataFrame(self.rows, dtype=object, columns=columns)
        if table.empty:
            return Records(table, [], lambda row, name: "", self.skipped)
        records = table_records(table, self.path, self.options, lambda row: self.places[row])
        return records._replace(skipped=self.skipped)

    def _leave_pages_out(self) -> None:
        """Skip the pages (About, Contact) if there are posts."""
        if not any(row["type"] != "page" and row["status"] == "publish" for row in self.rows):
            return
        kept = [number for number, row in enumerate(self.rows) if row["type"] != "page"]
        pages = [number for number, row in enumerate(self.rows) if row["type"] == "page"]
        self.skipped += [Skipped(self.places[number], "page") for number in pages]
        self.rows = [self.rows[number] for number in kept]
        self.places = [self.places[number] for number in kept]

    def _complete(self, row: dict[str, Any]) -> None:
        row["lang"] = row["lang"] or self.lang
        image = self.attachments.get(row.pop("thumbnail")) or row["image"]
        row["image"] = joined(row["url"] or self.site, image)
        primary = self.terms.get(row.pop("primary"))
        names = row.pop("categories")
        row["category"] = primary if primary in names else next(iter(names), "")
        row["tags"] += [
            name for name in names if name != row["category"] and name not in row["tags"]
        ]


def _is_item(tag: str) -> bool:
    return tag == "item"


def _parts(element: Element) -> dict[str, str]:
    """Return the texts of the children by local name; WordPress's content is kept separate."""
    parts: dict[str, str] = {}
    for child in element:
        name = "content" if child.tag == _CONTENT else local(child.tag)
        parts.setdefault("excerpt" if name == "encoded" else name, (child.text or "").strip())
    return parts


def _left_out(kind: str, parts: Mapping[str, str]) -> str:
    """Return why an item is not an article, or an empty string; `select` handles drafts."""
    if kind == "nav_menu_item":
        return "menu item"
    if kind == "attachment" or _INTERNAL.fullmatch(kind):
        return kind
    if parts.get("status") == "trash":
        return "trashed"
    if parts.get("post_password"):
        return "password-protected"
    return ""


def _row(
    item: Element, parts: Mapping[str, str], named: set[str], options: SourceOptions
) -> dict[str, Any]:
    metas = dict(_metas(item))
    content = strip_wordpress(parts.get("content", ""))
    fragment = read_fragment(content, options.code)
    terms = list(_terms(item))
    row: dict[str, Any] = {
        name: value
        for name, value in metas.items()
        if name in named or (name[:1] != "_" and len(value) <= _LONGEST_META)
    }
    return row | {
        "id": parts.get("post_id") or parts.get("guid") or parts.get("link", ""),
        "slug": parts.get("post_name", ""),
        "title": read_title(parts.get("title", "")),
        "text": fragment.text,
        "headings": "\n".join(fragment.headings),
        "links": fragment.links,
        "url": parts.get("link", ""),
        "date": _date(parts),
        "status": _status(parts.get("status", "publish")),
        "author": parts.get("creator", ""),
        "tags": [name for domain, _, name in terms if domain in ("post_tag", "tag")],
        "categories": [
            name
            for domain, nicename, name in terms
            if domain == "category" and nicename != "uncategorized"
        ],
        "series": next((name for domain, _, name in terms if domain == "series"), ""),
        "lang": next((nicename for domain, nicename, _ in terms if domain == "language"), ""),
        "primary": metas.get("_yoast_wpseo_primary_category")
        or metas.get("rank_math_primary_category", ""),
        "thumbnail": metas.get("_thumbnail_id", ""),
        "image": fragment.image,
        "description": _description(parts, metas),
        **_rating(metas),
        "robots": _robots(metas),
    }


def _metas(item: Element) -> Iterator[tuple[str, str]]:
    for meta in item:
        if local(meta.tag) == "postmeta":
            parts = _parts(meta)
            yield parts.get("meta_key", ""), parts.get("meta_value", "")


def _terms(item: Element) -> Iterator[tuple[str, str, str]]:
    """Yield the domain, short name and name of each term, each once."""
    seen: set[tuple[str, str]] = set()
    for term in item:
        if term.tag != "category":
            continue
        domain, name = term.get("domain", "category"), read_title(term.text or "")
        if name and (domain, name.casefold()) not in seen:
            seen.add((domain, name.casefold()))
            yield domain, term.get("nicename", ""), name


def _date(parts: Mapping[str, str]) -> Any:
    """Return the date and time in UTC; an empty string for a draft without one."""
    for name in ("post_date_gmt", "post_date", "pubDate"):
        text = parts.get(name, "")
        if text and not text.startswith(_ZERO) and "-0001" not in text:
            return moment_of(text)
    return None


def _status(status: str) -> str:
    """Return a status in the words of `select`; for ``future``, the date decides."""
    return "draft" if status in ("pending", "auto-draft", "draft", "inherit") else status


def _description(parts: Mapping[str, str], metas: Mapping[str, str]) -> str:
    texts = [parts.get("excerpt", ""), *(metas.get(name, "") for name in _DESCRIPTIONS)]
    found = next((text for text in texts if text and "%%" not in text), "")
    return read_inline(strip_wordpress(found))


def _robots(metas: Mapping[str, str]) -> str:
    """Return what a plugin for search engines tells them about a post."""
    yoast = "noindex" * (metas.get("_yoast_wpseo_meta-robots-noindex") == "1")
    return f"{yoast} {metas.get('rank_math_robots', '')}".strip()


def _rating(metas: Mapping[str, str]) -> dict[str, float | None]:
    """Return the average of the star ratings and their number; None without (plugins write 0)."""
    others = sorted(name for name in metas if _RATING.fullmatch(name) and name not in _RATINGS)
    for name in (*_RATINGS, *others):
        if (value := positive(metas.get(name))) is not None:
            return {"prior": value, "votes": positive(metas.get(_VOTES.get(name, "")))}
    return {"prior": None, "votes": None}
