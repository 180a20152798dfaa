"""Names and addresses of articles: from the path of a file, or from a template.

`url_template` fields are in braces: ``{path}``, ``{slug}``, ``{name}``, ``{year}``, ``{month}``,
``{day}``, and any field of the article that holds a text or number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from recommender.dates import parse_date
from recommender.errors import SourceError, did_you_mean
from recommender.text.languages import is_language

_MEANT = re.compile(r"[?#]|%(?![0-9A-Fa-f]{2})")
_FIELD = re.compile(r"\{([^{}]*)\}")
_DATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:[-_ ]|$)")
_TEMPLATE_MARKS = re.compile(
    r"[{}]|%(?![0-9A-Fa-f]{2})|(?:^|/):\w|:(?:year|month|day|title|slug|categories)"
)
_WORD_BREAK = re.compile(r"[-_./\s]+")
_INDEX_NAMES = frozenset({"index", "_index"})
_VERSION = re.compile(
    r"v\d+(?:\.\d+)*|\d+\.\d+(?:\.\d+)*|latest|stable|current|next|dev|nightly|main|master",
    re.IGNORECASE,
)
_VERSION_END = re.compile(r"[-_. ](?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+)$", re.IGNORECASE)


class FileName(NamedTuple):
    """What the path of a file says about its article."""

    path: str
    """Relative path without suffix and without a final ``index``."""
    name: str
    """Last part of `path`."""
    slug: str
    """`name` without a date before it."""
    date: str
    """The date before the name, ISO 8601, or an empty string."""

    @property
    def title(self) -> str:
        """A headline made from the slug."""
        words = " ".join(_WORD_BREAK.split(self.slug)).strip()
        return words[:1].upper() + words[1:]


def joined(base: str, address: str) -> str:
    """Return an address resolved against another; unchanged if one of them is not an address.

    Examples
    --------
    >>> joined("https://example.org/a/", "b"), joined("http://[", "b"), joined("/a", "")
    ('https://example.org/a/b', 'b', '')
    """
    try:
        return urljoin(base, address) if address else ""
    except ValueError:  # http://[
        return address


def host(address: str) -> str:
    """Return the host of an address, with port and in lower case; empty if there is none.

    Examples
    --------
    >>> host("https://Example.org/a"), host("/a"), host("http://[")
    ('example.org', '', '')
    """
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


@lru_cache(maxsize=1 << 16)  # several steps ask for the path of each file
def parse_path(relative: str) -> FileName:
    """Return what a relative path says about its article.

    Examples
    --------
    >>> parse_path("2014/03/2014-03-12-coming-soon.md")
    FileName(path='2014/03/2014-03-12-coming-soon', name='2014-03-12-coming-soon', \
slug='coming-soon', date='2014-03-12')
    >>> parse_path("rye/index.md").title
    'Rye'
    """
    *folders, name = [part for part in relative.split("/") if part not in ("", ".")]
    stem, _, suffix = name.rpartition(".")
    name = stem if stem and suffix else name
    if name.lower() in _INDEX_NAMES and folders:
        name = folders.pop()
    path = "/".join([*folders, name])
    dated = _DATED.match(name)
    day = dated[1] if dated and _is_date(dated[1]) else ""
    slug = name[len(dated[0]) :] if dated and day else name
    return FileName(f"/{path}" if relative[0] == "/" else path, name, slug or name, day)


@lru_cache(maxsize=1 << 16)
def shared_name(relative: str) -> str:
    """Return what the path of a page shares with the paths of its translations and versions.

    Parts that name a language or a version are left out.

    Examples
    --------
    >>> [shared_name(path) for path in ("rye/sow.md", "pt-br/rye/sow.html", "rye/sow.de.md")]
    ['rye/sow', 'rye/sow', 'rye/sow']
    >>> shared_name("v1.2/rye/index.html"), shared_name("terms-v1.2.html"), shared_name("24/rye-2")
    ('rye', 'terms', '24/rye-2')
    """
    *folders, name = parse_path(relative).path.split("/")
    stem, _, suffix = name.rpartition(".")
    name = stem if stem and is_language(suffix) else name
    kept = [part for part in folders if not (is_language(part) or _VERSION.fullmatch(part))]
    return "/".join([*kept, _VERSION_END.sub("", name)])


def own_address(fields: Mapping[str, Any]) -> str:
    """Return the address that front matter states, or an empty string if it is a template.

    Examples
    --------
    >>> own_address({"permalink": "/rye/"}), own_address({"permalink": "/{{ slug }}/"})
    ('/rye/', '')
    """
    for name in ("url", "permalink"):
        value = fields.get(name)
        if isinstance(value, str) and value.strip() and not _TEMPLATE_MARKS.search(value):
            return value.strip()
    return ""


def in_path(name: str) -> str:
    """Return the name of a file as part of an address, where `#`, `?` and `%` have meanings.

    A name that is encoded already, as those of posts from WordPress may be, stays.

    Examples
    --------
    >>> in_path("notes/c#"), in_path("why?"), in_path("50 % rye"), in_path("caf%c3%a9")
    ('notes/c%23', 'why%3F', '50 %25 rye', 'caf%c3%a9')
    """
    return _MEANT.sub(lambda sign: quote(sign[0]), name)


def fill_template(template: str, fields: Mapping[str, Any], moment: date | None, where: str) -> str:
    """Return an address made from the fields of an article.

    Raises
    ------
    SourceError
        If the template names a field that the article does not have.

    Examples
    --------
    >>> fill_template("/{year}/{slug}/", {"slug": "rye"}, date(2024, 3, 1), "rye.md")
    '/2024/rye/'
    """
    known = {
        name: str(value)
        for name, value in fields.items()
        if isinstance(value, (str, int)) and str(value).strip()
    }
    if moment:
        known |= {"year": f"{moment:%Y}", "month": f"{moment:%m}", "day": f"{moment:%d}"}
    for name in _FIELD.findall(template):
        if name not in known:
            raise _unknown_field(name, known, moment, where)
    return _FIELD.sub(lambda field: known[field[1]].strip("/"), template)


def _unknown_field(
    name: str, known: Mapping[str, str], moment: date | None, where: str
) -> SourceError:
    if not moment and name in ("year", "month", "day"):
        return SourceError(
            f"{where}: url_template needs {{{name}}}, and the article has no date",
            "add a date to it, or change url_template",
        )
    return SourceError(
        f"{where}: url_template field {{{name}}} not found, got {', '.join(sorted(known))}",
        did_you_mean(name, known) or "change url_template",
    )


def _is_date(text: str) -> bool:
    try:
        return parse_date(text) is not None
    except ValueError:
        return False
