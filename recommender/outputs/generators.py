"""The key and the address that a generator's templates have for every article's page.

Owns how Hugo, Jekyll, Eleventy, Astro, Zola and Docusaurus name a page by default, each checked
with the real program. An address set by front matter or `url_template` overrides every rule here.
Reads no article, writes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, TypeGuard

import pandas as pd

from recommender.errors import SourceError, join_problems
from recommender.outputs.cards import Card
from recommender.outputs.eleventy import EleventySite
from recommender.outputs.jekyll import JekyllSite, Row
from recommender.outputs.urls import safe_url
from recommender.outputs.wording import heading_for, in_language

_SUFFIX = re.compile(r"\.(?:md|markdown|mdx|html?|rst)$", re.IGNORECASE)
_INDEX = re.compile(r"(?:^|/)_?index$", re.IGNORECASE)
_LANGUAGE = re.compile(r"\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)$")
_PART_SIGN = re.compile(r"[%?#]")
"""Signs that have a meaning in an address, but not in the name of a file."""
_HOST = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class Page(NamedTuple):
    """How a generator names the page of an article."""

    key: str
    """Key that a template of that page can compute."""
    url: str | None
    """Address within the site, or None if it is not a web address."""
    suffix: str = ""
    """The end of `key` that names a language, if there is one."""


def pages(articles: pd.DataFrame, format: str, source: str | Path | None = None) -> dict[str, Page]:
    """Return the page of each article, as the generator names it, by id.

    Parameters
    ----------
    articles : DataFrame
        The Article table; where a key is made from the path, ids must be paths of files.
    format : {"hugo", "jekyll", "eleventy", "astro", "zola", "docusaurus"}
        The key is ``.Path`` for hugo (with the language if there are several),
        ``page.relative_path`` for zola, ``page.url`` for jekyll and eleventy, the entry's id
        for astro, and the path of the file for docusaurus.
    source : path, optional
        The directory that the articles were read from. Hugo's paths start with its part after
        ``content``; the settings of Jekyll and Eleventy are searched for above it.

    Raises
    ------
    SourceError
        If two articles get the same key; up to 20 are reported.
    ConfigError
        If Jekyll's ``permalink`` contains an unknown placeholder.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["Rye Bread.md"], "url": ["/Rye Bread/"]})
    >>> pages(table, "hugo", "content/posts")
    {'Rye Bread.md': Page(key='/posts/rye-bread', url='/posts/rye-bread/', suffix='')}
    """
    rule = _RULES[format](Path(source) if source is not None else None)
    rows = [{str(name): cell for name, cell in row.items()} for row in articles.to_dict("records")]
    named = {row["id"]: rule(row) for row in rows}
    if format == "hugo":
        named = _without_languages(named)
    twice = {key for key, n in Counter(page.key for page in named.values()).items() if n > 1}
    if twice:
        raise SourceError(
            join_problems([f"{name}: has the same key as another article, {p.key!r}"
                           for name, p in named.items() if p.key in twice]),
            "give each its own address, with url in the front matter or with url_template",
        )  # fmt: skip
    return named


def keyed(
    lists: Iterable[tuple[str, list[Card]]],
    named: Mapping[str, Page],
    owners: Mapping[str, Page] | None = None,
    languages: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, list[Card]]]:
    """Yield the lists under the generator's keys, ordered by key.

    The `url` of a card becomes that of the generator's page, `path` is the key of the shown
    article, and texts in the language of the page are added, see `in_language`. `owners` are
    the pages with the lists, if they differ from the shown pages; `languages` are their
    languages by id.
    """
    owners, languages = named if owners is None else owners, languages or {}
    result = []
    for article_id, cards in lists:
        lang = languages.get(article_id, "")
        heading = heading_for(lang, cards)
        shown = [in_language(_of_page(card, named[card["id"]]), lang, heading) for card in cards]
        result.append((owners[article_id].key, shown))
    yield from sorted(result, key=lambda pair: pair[0])


def page_languages(articles: pd.DataFrame) -> dict[str, str]:
    """Return the language of each article by id; the most frequent one where it is unknown.

    Examples
    --------
    >>> page_languages(pd.DataFrame({"id": ["a", "b"], "lang": ["de", ""]}))
    {'a': 'de', 'b': 'de'}
    """
    known = Counter(lang for lang in articles["lang"] if lang)
    main = min(known, key=lambda lang: (-known[lang], lang), default="")
    return {name: lang or main for name, lang in zip(articles["id"], articles["lang"], strict=True)}


def _of_page(card: Card, page: Page) -> Card:
    return card | {"url": page.url, "path": page.key}


Rule = Callable[[Row], Page]


def _stem(row: Row) -> str:
    """Return the path of the article's file without its suffix and without a final ``index``."""
    return _INDEX.sub("", _SUFFIX.sub("", str(row["id"])))


def _encoded(path: str) -> str:
    """Return the path of a file as an address."""
    return _PART_SIGN.sub(lambda sign: f"%{ord(sign[0]):X}", path)


def _own_url(row: Row) -> str:
    """Return the address set for the article; empty if it was only guessed from the path."""
    url, file = str(row.get("url") or ""), str(row["id"])
    stem = str(PurePosixPath(_SUFFIX.sub("", file)))
    guesses = {f"/{stem}/", f"/{_INDEX.sub('', stem)}/", "/"}
    guessed = url in {*guesses, *map(_encoded, guesses)} and _SUFFIX.search(file)
    return "" if guessed else url


def _named_url(row: Row) -> str:
    """Return the address set for the article other than by `url` in front matter.

    Jekyll, Eleventy and Astro ignore that key, which may contain the address of an older site.
    """
    own = _own_url(row)
    return "" if own and own == str(row.get("own_url") or "") else own


def _key_of(url: str) -> str:
    return _HOST.sub("", url) or "/"


def _below(source: Path | None, *roots: str) -> str:
    """Return the part of a path after the last of some directories, ending with ``/``."""
    parts = source.parts if source and not _SUFFIX.search(source.name) else ()
    places = [place for place, part in enumerate(parts) if part in roots]
    return "".join(f"{part}/" for part in parts[places[-1] + 1 :]) if places else ""


def _hugo(source: Path | None) -> Rule:
    by_names = _hugo_by_names(source)

    def rule(row: Row) -> Page:
        key = row.get("page_key")
        return Page(key, safe_url(str(row.get("url") or ""))) if _is_key(key) else by_names(row)

    return rule


def _zola(_: Path | None) -> Rule:
    def rule(row: Row) -> Page:
        key = row.get("page_key")
        return Page(key if _is_key(key) else str(row["id"]), safe_url(str(row.get("url") or "")))

    return rule


def _is_key(key: Any) -> TypeGuard[str]:
    """Return whether the source, which knows the site, named the page."""
    return isinstance(key, str) and bool(key)


def _hugo_by_names(source: Path | None) -> Rule:
    """Return the rule to use without the site's settings."""
    lead = _below(source, "content")

    def rule(row: Row) -> Page:
        path = _SUFFIX.sub("", f"{lead}{row['id']}")
        language = _LANGUAGE.search(path)
        suffix = language[0].lower() if language and _is_written_in(row, language[1]) else ""
        path = _INDEX.sub("", path[: len(path) - len(suffix)])
        key = "/" + path.lower().replace(" ", "-") + suffix
        own = _own_url(row)
        bare = key.removesuffix(suffix) if suffix else key
        return Page(key, safe_url(own or _encoded(f"{bare}/".replace("//", "/"))), suffix)

    return rule


def _is_written_in(row: Row, code: str) -> bool:
    return str(row.get("lang") or "").lower().partition("-")[0] == code.partition("-")[0]


def _without_languages(named: dict[str, Page]) -> dict[str, Page]:
    """Remove the language from a key, as ``.Path`` does, if no translation has that key."""
    bare = {name: page.key.removesuffix(page.suffix) or "/" for name, page in named.items()}
    counts = Counter(bare.values())
    return {
        name: page._replace(key=bare[name]) if counts[bare[name]] == 1 else page
        for name, page in named.items()
    }


def _jekyll(source: Path | None) -> Rule:
    site = JekyllSite.find(source)

    def rule(row: Row) -> Page:
        own, permalink = _named_url(row), row.get("permalink")
        if isinstance(permalink, str) and permalink and not (own == permalink and _HOST.match(own)):
            own = ""  # Jekyll obeys it, whatever url_template says
        url = own or site.url(row)
        return Page(_key_of(url), safe_url(url))

    return rule


def _eleventy(source: Path | None) -> Rule:
    lead = _eleventy_lead(source)

    def rule(row: Row) -> Page:
        stem = _stem(row)
        folder, _, name = stem.rpartition("/")
        if name and folder.rpartition("/")[2] == name:  # rye/rye.md is the index of rye
            stem = folder
        url = _permalink(row) or _named_url(row)
        if not url:
            key = f"/{lead}{stem}/".replace("//", "/")
            return Page(key, safe_url(_encoded(key)))
        if not _HOST.match(url):
            url = re.sub(r"/index\.html$", "/", f"/{url.lstrip('/')}")
        return Page(_key_of(url), safe_url(url))

    return rule


def _permalink(row: Row) -> str:
    """Return Eleventy's `permalink`, unless it is a template."""
    permalink = row.get("permalink")
    return permalink if isinstance(permalink, str) and not re.search(r"[{%]", permalink) else ""


def _eleventy_lead(source: Path | None) -> str:
    """Return the prefix of ids in addresses, from the site's settings, else from names."""
    site = EleventySite.find(source) if source else None
    lead = site.lead(source) if site and source else None
    if lead is not None or source is None:
        return lead or ""
    lead = _below(source, "content", "src")
    if not lead and not source.is_absolute() and source.name not in ("content", "src"):
        lead = "".join(f"{part}/" for part in source.parts if part not in (".", ".."))
    return lead


def _astro(_: Path | None) -> Rule:
    def rule(row: Row) -> Page:
        stem = _SUFFIX.sub("", str(row["id"]))
        path = "/".join(_github_slug(part) for part in stem.split("/")).removesuffix("/index")
        key = str(row.get("own_slug", row.get("slug")) or "") or path
        return Page(key, safe_url(_named_url(row) or f"/{key}/"))

    return rule


def _github_slug(text: str) -> str:
    """Return a part of a path in the form of Astro's entry ids: no punctuation, no ``²``."""
    kinds = ((c, unicodedata.category(c)) for c in text.lower())
    kept = (c for c, kind in kinds if c in " -" or kind[0] in "LM" or kind in ("Nd", "Nl", "Pc"))
    return "".join(kept).replace(" ", "-")


def _docusaurus(_: Path | None) -> Rule:
    return lambda row: Page(str(row["id"]), safe_url(str(row.get("url") or "")))


_RULES: Mapping[str, Callable[[Path | None], Rule]] = {
    "astro": _astro,
    "docusaurus": _docusaurus,
    "eleventy": _eleventy,
    "hugo": _hugo,
    "jekyll": _jekyll,
    "zola": _zola,
}
