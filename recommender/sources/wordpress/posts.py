"""From posts to articles, wherever they were read from: which are articles, and what they contain.

Drafts, private and protected posts, the trash, attachments, menus and the like are skipped and
reported. Only the row of a post is kept, so memory grows with the text of the posts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from recommender.editorial import BANS, PINS
from recommender.sources.addresses import joined
from recommender.sources.base import Records, Skipped, SourceOptions
from recommender.sources.columns import MAPPED, positive, table_records
from recommender.sources.feeds.feed import moment_of
from recommender.sources.html.fragments import read_fragment, read_inline
from recommender.sources.markdown.document import read_title
from recommender.sources.selection import SWITCHES
from recommender.sources.wordpress.languages import in_one_language, language_tag
from recommender.sources.wordpress.shortcodes import strip_wordpress

PINS_META, BANS_META = "_recommender_pins", "_recommender_bans"
"""Fields in which an editor names the numbers of posts, with commas between."""

RATINGS = (
    *("ratings_average", "_kksr_avg", "_kksr_avg_default", "kksr_avg", "rmp_avg_rating"),
    *("_glsr_average", "_wc_average_rating", "_wp_avg_rating", "wpdiscuz_post_rating"),
    *("_yasr_overall_rating", "yasr_overall_rating", "_wp_review_total", "wp_review_total"),
    *("_wppr_rating", "wppr_rating", "taq_review_score"),
)
VOTES: Mapping[str, str] = {
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
PRIMARY = ("_yoast_wpseo_primary_category", "rank_math_primary_category")
"""Fields with the number of the category that a plug-in shows first."""
CATEGORIES, TAGS = ("category", "product_cat"), ("post_tag", "tag", "product_tag")
"""Taxonomies of posts, and of products in WooCommerce."""
THUMBNAIL = "_thumbnail_id"
HIDDEN_METAS = (
    *RATINGS, *VOTES.values(), *_DESCRIPTIONS, *PRIMARY, THUMBNAIL, PINS_META, BANS_META,
    "_yoast_wpseo_meta-robots-noindex", "rank_math_robots",
)  # fmt: skip
"""Fields that are read although they are not public, or long."""
LONGEST_META = 500
"""Characters of a custom field that becomes a column."""
MAX_CUSTOM = 200
"""Number of custom fields that become columns; some plug-ins make one for each row of a post."""
_INTERNAL = re.compile(
    r"revision|custom_css|customize_changeset|oembed_cache|user_request|wp_\w+|acf-.*|elementor_.*"
    r"|wpcf7_.*|wpforms.*|mc4wp.*|_.*|jp_.*|amp_.*|popup.*|shop_(?:order|coupon).*|ngg_.*|tablepress.*"
)
_RATING = re.compile(
    r"(?:.*_)?(?:(?:avg|average)_(?:star_?)?ratings?|(?:star_?)?ratings?_(?:avg|average))"
)
_STATUSES = {
    "publish": "publish", "future": "future", "private": "private", "draft": "draft",
    "pending": "draft", "auto-draft": "draft", "inherit": "draft",
}  # fmt: skip
"""The statuses of posts in the words of `select`."""
_ZERO = "0000-00-00"
_NUMBER = re.compile(r"0*[1-9][0-9]*")


class Term(NamedTuple):
    """A category, tag, language or the like of a post."""

    taxonomy: str
    slug: str
    name: str
    """As WordPress keeps it, with entities."""


class Post(NamedTuple):
    """A post as WordPress keeps it."""

    number: str
    kind: str
    """Such as ``post`` or ``page``."""
    status: str
    title: str
    content: str
    url: str
    dates: Sequence[str]
    """The first that is a date counts: in UTC, then that of the site."""
    slug: str = ""
    excerpt: str = ""
    author: str = ""
    terms: Sequence[Term] = ()
    metas: Mapping[str, str] = {}
    protected: bool = False
    """Whether it has a password."""
    lang: str = ""
    translation_key: str = ""
    """A name that only its translations share."""


class Posts:
    """The posts of a site in their order, and what is known only at the end.

    Parameters
    ----------
    source : str
        Name of the source, for messages.
    options : SourceOptions
        Uses the names of columns, `post_type`, `drafts`, `future` and `code`.
    kinds : sequence of str, optional
        The types of posts that are articles; default: those of the option, else all that may be.
    """

    def __init__(
        self, source: str, options: SourceOptions, kinds: Sequence[str] | None = None
    ) -> None:
        self.source, self.options = source, options
        self.lang = self.site = ""
        """Language and address of the site."""
        self.main = ""
        """Code of the language to read in posts that contain several; default: their first."""
        self.languages: dict[str, str] = {}
        """Locale of each language by its code."""
        self.groups: dict[str, set[str]] = {}
        """Numbers of the posts in a group of translations, as far as they are known."""
        self.pictures: dict[str, str] = {}
        """Address of each picture by its number; may be filled later than the posts."""
        self.categories: dict[str, str] = {}
        """Name of each category by its number."""
        self.skipped: list[Skipped] = []
        self.warnings: list[str] = []
        self._rows: list[dict[str, Any]] = []
        self._places: list[str] = []
        self._kinds = kinds or wanted_types(options)
        self._named = named_metas(options)
        self._custom: Counter[str] = Counter()

    def add(self, post: Post, where: str) -> None:
        """Add a post, or note why it is skipped."""
        reason = self._left_out(post)
        if reason:
            self.skip(where, reason)
            return
        self._rows.append(self._row(post, where))
        self._places.append(where)

    def skip(self, where: str, reason: str) -> None:
        """Note a post that is not an article."""
        self.skipped.append(Skipped(where, reason))

    def records(self) -> Records:
        """Return the rows of all posts; if no type is named, pages only in a site without posts."""
        if not self._kinds:
            self._leave_pages_out()
        self._leave_fields_out()
        columns = None if self._rows else ["id", "title", "text"]
        for row in self._rows:
            self._complete(row)
        if not any(row["translation_key"] for row in self._rows):
            for row in self._rows:
                del row["translation_key"]
        table = pd.DataFrame(self._rows, dtype=object, columns=columns)
        if self._rows:
            read = table_records(table, self.source, self.options, self._places.__getitem__)
        else:
            read = Records(table, [], self._locate)
        return read._replace(
            locate=self._locate, skipped=self.skipped, warnings=self.warnings, numbered=True
        )

    def _locate(self, row: int, name: str) -> str:
        field = {PINS: PINS_META, BANS: BANS_META}.get(name) or self.options.source_column(name)
        return f"{self._places[row]}: `{field}`"

    def _left_out(self, post: Post) -> str:
        """Return why a post is not an article, or an empty string; `select` handles drafts."""
        if post.kind == "nav_menu_item":
            return "menu item"
        if self._kinds and post.kind not in self._kinds:
            return post.kind
        if post.kind == "attachment" or _INTERNAL.fullmatch(post.kind):
            return post.kind
        if post.status == "trash":
            return "trashed"
        if post.status not in _STATUSES:
            return f"status {post.status}"
        if post.status == "future" and not self.options.future:
            return "future-dated"
        return "password-protected" if post.protected else ""

    def _row(self, post: Post, where: str) -> dict[str, Any]:
        post, lang = _monolingual(post, post.lang or self.main)
        metas = post.metas
        fragment = read_fragment(strip_wordpress(post.content), self.options.code)
        terms = _distinct(post.terms)
        of = {term.taxonomy: term.slug for term in reversed(terms)}
        own: dict[str, Any] = {
            "id": post.number,
            "slug": post.slug,
            "title": read_title(post.title),
            "text": fragment.text,
            "headings": "\n".join(fragment.headings),
            "links": fragment.links,
            "url": post.url,
            "date": _date(post.dates),
            "status": _STATUSES[post.status],
            "type": post.kind,
            "author": post.author,
            "tags": [term.name for term in terms if term.taxonomy in TAGS],
            "categories": [
                term.name
                for term in terms
                if term.taxonomy in CATEGORIES and term.slug != "uncategorized"
            ],
            "series": next((term.name for term in terms if term.taxonomy == "series"), ""),
            "lang": post.lang or of.get("language", "") or lang,
            "translation_key": post.translation_key or of.get("post_translations", ""),
            "primary": next((metas[name] for name in PRIMARY if metas.get(name)), ""),
            "thumbnail": metas.get(THUMBNAIL, ""),
            "image": fragment.image,
            "description": _description(post.excerpt, metas),
            **_rating(metas),
            "robots": _robots(metas),
            **self._chosen(metas, where),
        }
        custom = {
            name: value
            for name, value in metas.items()
            if name in self._named or (name[:1] != "_" and len(value) <= LONGEST_META)
        }
        self._custom.update(custom.keys() - self._named - own.keys())
        return custom | own

    def _chosen(self, metas: Mapping[str, str], where: str) -> dict[str, list[str]]:
        """Return the numbers of posts that an editor wants in the list of a post, or not."""
        chosen = {}
        for meta, column in ((PINS_META, PINS), (BANS_META, BANS)):
            names = [name.strip() for name in metas.get(meta, "").split(",") if name.strip()]
            numbers = [name for name in names if _NUMBER.fullmatch(name)]
            self.warnings += [
                f"{where}: {meta} must be numbers of posts, got {name!r:.40}"
                for name in names
                if name not in numbers
            ]
            if names:
                chosen[column] = [number.lstrip("0") for number in numbers]
        return chosen

    def _leave_pages_out(self) -> None:
        """Skip the pages (About, Contact) if there are posts."""
        if not any(row["type"] != "page" and row["status"] == "publish" for row in self._rows):
            return
        pages = [number for number, row in enumerate(self._rows) if row["type"] == "page"]
        self.skipped += [Skipped(self._places[number], "page") for number in pages]
        for number in reversed(pages):
            del self._rows[number], self._places[number]

    def _leave_fields_out(self) -> None:
        """Drop the rarest custom fields, if there are too many for a table."""
        if len(self._custom) <= MAX_CUSTOM:
            return
        ordered = sorted(self._custom, key=lambda name: (-self._custom[name], name))
        dropped = set(ordered[MAX_CUSTOM:]) - {*SWITCHES, BANS}
        self._rows = [
            {name: value for name, value in row.items() if name not in dropped}
            for row in self._rows
        ]
        self.warnings.append(
            f"{self.source}: of {len(ordered):,} custom fields, the {MAX_CUSTOM} most frequent are "
            "read, and those that settings name"
        )

    def _complete(self, row: dict[str, Any]) -> None:
        row["lang"] = self._language(row["lang"])
        if row["id"] not in self.groups.get(row["translation_key"], (row["id"],)):
            row["translation_key"] = ""  # a copy of a post has the group of the original
        image = self.pictures.get(row.pop("thumbnail")) or row["image"]
        row["image"] = joined(row["url"] or self.site, image)
        primary = self.categories.get(row.pop("primary"))
        names = row.pop("categories")
        row["category"] = primary if primary in names else next(iter(names), "")
        row["tags"] += [
            name for name in names if name != row["category"] and name not in row["tags"]
        ]

    def _language(self, code: str) -> str:
        return language_tag(code, self.languages.get(code, "")) if code else self.lang


def wanted_types(options: SourceOptions) -> tuple[str, ...]:
    """Return the types of posts that are named by the options.

    Examples
    --------
    >>> wanted_types(SourceOptions(post_type=["post", "page"])), wanted_types(SourceOptions())
    (('post', 'page'), ())
    """
    given = options.post_type
    return (given,) if isinstance(given, str) else tuple(given or ())


def named_metas(options: SourceOptions) -> set[str]:
    """Return the custom fields that options name as columns.

    Examples
    --------
    >>> named_metas(SourceOptions(prior_column="_views"))
    {'_views'}
    """
    return {options.source_column(name) for name in MAPPED if options.is_mapped(name)}


def _monolingual(post: Post, wanted: str) -> tuple[Post, str]:
    """Return a post in one language, and its code if it contains several."""
    title, of_title = in_one_language(post.title, wanted)
    content, code = in_one_language(post.content, wanted)
    excerpt, _ = in_one_language(post.excerpt, wanted)
    metas = {name: in_one_language(text, wanted)[0] for name, text in post.metas.items()}
    read = post._replace(title=title, content=content, excerpt=excerpt, metas=metas)
    return read, code or of_title


def _distinct(given: Sequence[Term]) -> list[Term]:
    """Return terms as readers see their names, each once, in order of their names."""
    read = [term._replace(name=read_title(term.name)) for term in given]
    named = {(term.taxonomy, term.name.casefold()): term for term in reversed(read) if term.name}
    return sorted(named.values(), key=lambda term: (term.name.casefold(), term.slug))


def _date(dates: Sequence[str]) -> Any:
    """Return the first date and time; None for a draft without one."""
    given = (text for text in dates if text and not text.startswith(_ZERO) and "-0001" not in text)
    return next(map(moment_of, given), None)


def _description(excerpt: str, metas: Mapping[str, str]) -> str:
    texts = [excerpt, *(metas.get(name, "") for name in _DESCRIPTIONS)]
    found = next((text for text in texts if text and "%%" not in text), "")
    return read_inline(strip_wordpress(found))


def _robots(metas: Mapping[str, str]) -> str:
    """Return what a plug-in for search engines tells them about a post."""
    yoast = "noindex" * (metas.get("_yoast_wpseo_meta-robots-noindex") == "1")
    return f"{yoast} {metas.get('rank_math_robots', '')}".strip()


def _rating(metas: Mapping[str, str]) -> dict[str, float | None]:
    """Return the average of the star ratings and their number; None without (plugins write 0)."""
    others = sorted(name for name in metas if _RATING.fullmatch(name) and name not in RATINGS)
    for name in (*RATINGS, *others):
        if (value := positive(metas.get(name))) is not None:
            return {"prior": value, "votes": positive(metas.get(VOTES.get(name, "")))}
    return {"prior": None, "votes": None}
