"""Finds the pages of a site that are not articles, by their names and their metadata.

These are tag, category and author pages, home pages, search results, errors and thanks. A page that
calls itself an article in JSON-LD is always one. A list with `og:type=article` remains a list,
because some themes put this on every page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from recommender.sources.html.linked_data import ARTICLE_TYPES

if TYPE_CHECKING:
    from recommender.sources.html.metadata import Metadata

_PAGINATED = re.compile(
    r"(?:^|/)page[/-]?\d+(?:/|\.|$)|/p/\d+/?$|(?:^|/)index(?:[2-9]|[1-9]\d+)\.html$"
)
_LISTS = frozenset(
    {"tag", "tags", "category", "categories", "author", "authors", "archive", "archives", "label",
     "labels", "search", "genindex", "py-modindex", "modindex", "page"}
)  # fmt: skip
_INDEXES = frozenset({"genindex", "py-modindex", "modindex"})
_BY_DATE = re.compile(
    r"(?:^|/)(?:19|20)\d\d(?:/(?:0?[1-9]|1[0-2])(?:/(?:0?[1-9]|[12]\d|3[01]))?)?"
    r"(?:/index)?\.html?$"
)
_BELOW_MONTH = re.compile(r"(?:^|/)(?:19|20)\d\d/(?:0?[1-9]|1[0-2])/.")
_ERRORS = frozenset({"404", "500", "403", "50x"})
_THANKS = frozenset(["thankyou", "thank-you", "thank_you", "thanks", "danke", "merci", "gracias"])
THANKS = "thank-you page"
"""Why a page that says thanks for submitting a form is skipped."""
_LIST_TYPES = frozenset({"CollectionPage", "ProfilePage", "SearchResultsPage"})
_LIST_CLASSES = frozenset({"archive", "search-results", "search-no-results"})
"""Classes of ``<body>`` in WordPress and its imitations."""
FEW_WORDS = 150
"""Maximum number of words of a page that is judged by its name or its surroundings."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][a-z]{2,4})?")


def is_stated(meta: Metadata) -> bool:
    """Return whether a page says in JSON-LD that it is an article."""
    return bool(meta.types & ARTICLE_TYPES)


def is_declared(meta: Metadata) -> bool:
    """Return whether a page says that it is an article, in JSON-LD or OpenGraph."""
    return is_stated(meta) or "og:article" in meta.types


def reason_by_name(relative: str, meta: Metadata) -> str:
    """Return why a page is not an article, by its path and its head, or an empty string.

    Examples
    --------
    >>> from recommender.sources.html.metadata import Metadata
    >>> reason_by_name("tags/sea/index.html", Metadata(types={"og:article"}))
    'list page'
    >>> reason_by_name("tags/sea/index.html", Metadata(types={"BlogPosting"}))
    ''
    """
    parts = relative.lower().split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    if (
        is_error(relative)
        or "error404" in meta.body_classes
        or any("page not found" in title.lower() for title in meta.titles)
    ):
        return "error page"
    if _PAGINATED.search(relative):
        return "paginated list"
    if is_stated(meta):
        return ""
    if meta.types & _LIST_TYPES or (
        meta.body_classes & _LIST_CLASSES and not {"single", "page"} & meta.body_classes
    ):
        return "list page"
    if stem in _INDEXES or _LISTS.intersection(parts[:-1]):
        return "list page" if _is_last(parts, stem) or "og:article" not in meta.types else ""
    return ""


def is_error(relative: str) -> bool:
    """Return whether a page has the name of one that a server shows instead of a missing page.

    Examples
    --------
    >>> is_error("404.html"), is_error("404/index.html"), is_error("rye/404-grains.html")
    (True, True, False)
    """
    parts = relative.lower().split("/")
    return parts[0] in _ERRORS or parts[-1].rsplit(".", 1)[0] in _ERRORS


def has_list_name(relative: str) -> bool:
    """Return whether a page, not its directory, has the name of a list.

    It may be a list, or an article about searching or archives.

    Examples
    --------
    >>> has_list_name("guide/search.html"), has_list_name("guide/search/index.html")
    (True, False)
    """
    return relative.lower().rpartition("/")[2].rsplit(".", 1)[0] in _LISTS


def is_home(relative: str, lang: str) -> bool:
    """Return whether a page is the home page of the site, or of one of its languages.

    Examples
    --------
    >>> is_home("index.html", ""), is_home("de/index.html", "de-AT"), is_home("rye/a.html", "de")
    (True, True, False)
    """
    *folders, name = relative.lower().split("/")
    if name not in ("index.html", "index.htm") or len(folders) > 1:
        return False
    if not folders:
        return True
    code = folders[0].replace("_", "-")
    own = lang.lower().replace("_", "-")
    return bool(_LANGUAGE.fullmatch(code)) and own.partition("-")[0] == code.partition("-")[0]


def is_named_by_date(relative: str) -> bool:
    """Return whether the path of a page ends in a year, a month or a day, as lists by date do.

    Such a page is a list if it has only links, however few; a report on a year has text.

    Examples
    --------
    >>> is_named_by_date("2024/index.html"), is_named_by_date("de/2024/03.html")
    (True, True)
    >>> is_named_by_date("2024/rye.html"), is_named_by_date("blog/rye-2024/index.html")
    (False, False)
    """
    return _BY_DATE.search(relative) is not None


def is_thanks(relative: str) -> bool:
    """Return whether a page has the name of one that says thanks for submitting a form.

    It is one if it has less than `FEW_WORDS`. A post below a year and a month is not one.

    Examples
    --------
    >>> is_thanks("thank-you/index.html"), is_thanks("thanks.html"), is_thanks("rye.html")
    (True, True, False)
    >>> is_thanks("blog/2024/12/thanks/index.html")
    False
    """
    if _BELOW_MONTH.search(relative):
        return False
    *folders, name = relative.lower().split("/")
    stem = name.rsplit(".", 1)[0]
    named = folders[-1] if stem == "index" and folders else stem
    return named in _THANKS


def _is_last(parts: list[str], stem: str) -> bool:
    """Return whether a path ends in the name of a list and at most one name after it."""
    names = [*parts[:-1], *([] if stem == "index" else [stem])]
    return bool(_LISTS.intersection(names[-2:]))
