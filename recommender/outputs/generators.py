"""What a generator's templates have at hand: the key and the address of every article's page.

Owns how Hugo, Jekyll, Eleventy and Astro name a page by default, each checked with the real
program. An address that front matter or `url_template` set goes before any rule here.
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
from recommender.outputs.jekyll import JekyllSite
from recommender.outputs.urls import safe_url
from recommender.outputs.wording import in_language

_SUFFIX = re.compile(r"\.(?:md|markdown|mdx|html?|rst)$", re.IGNORECASE)
_INDEX = re.compile(r"(?:^|/)_?index$", re.IGNORECASE)
_LANGUAGE = re.compile(r"\.([a-z]{2,3}(?:-[A-Za-z]{2,4})?)$")
_HOST = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class Page(NamedTuple):
    """How a generator knows the page of an article."""

    key: str
    """What a template of that page has at hand."""
    url: str | None
    """Address within the site, or None where it is no address of the web."""
    suffix: str = ""
    """The end of `key` that names a language, if it does."""


def pages(articles: pd.DataFrame, format: str, source: str | Path | None = None) -> dict[str, Page]:
    """Return for each article id how the generator names its page.

    Parameters
    ----------
    articles : DataFrame
        The Article table; ids are paths of files where a key is made from the path.
    format : {"hugo", "jekyll", "eleventy", "astro", "zola", "docusaurus"}
        hugo keys by ``.Path`` (and language, where there are several), zola by
        ``page.relative_path``, jekyll and eleventy by ``page.url``, astro by the entry's id,
        docusaurus by the path of the file.
    source : path, optional
        The directory that the articles were read from: what follows ``content`` in it leads
        Hugo's paths; the settings of Jekyll and Eleventy are looked for above it.

    Raises
    ------
    SourceError
        If two articles get the same key; up to 20 are named.
    ConfigError
        If Jekyll's ``permalink`` holds a placeholder that is not known here.

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
            join_problems([f"{name}: has the key {p.key!r} of another article"
                           for name, p in named.items() if p.key in twice]),
            "give each its own address: url in the front matter, or url_template",
        )  # fmt: skip
    return named


def keyed(
    lists: Iterable[tuple[str, list[Card]]],
    named: Mapping[str, Page],
    owners: Mapping[str, Page] | None = None,
    languages: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, list[Card]]]:
    """Yield the lists under the generator's keys, ordered by key.

    A card's `url` becomes the page's, `path` is the key of the article that it shows, and what
    the page shows in its language is added, see `in_language`. `owners` are the pages that the
    lists are for, where they are not among those shown; `languages` are theirs, by id.
    """
    owners, languages = named if owners is None else owners, languages or {}
    result = []
    for article_id, cards in lists:
        lang = languages.get(article_id, "")
        shown = [in_language(_of_page(card, named[card["id"]]), lang) for card in cards]
        result.append((owners[article_id].key, shown))
    yield from sorted(result, key=lambda pair: pair[0])


def page_languages(articles: pd.DataFrame) -> dict[str, str]:
    """Return the language of each article by id; where none is known, the most frequent one.

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


Row = Mapping[str, Any]
Rule = Callable[[Row], Page]


def _stem(row: Row) -> str:
    """Return the path of the article's file without suffix and without a final ``index``."""
    return _INDEX.sub("", _SUFFIX.sub("", str(row["id"])))


def _own_url(row: Row) -> str:
    """Return the address set for the article; nothing if it was but guessed from the path."""
    url = str(row.get("url") or "")
    stem = str(PurePosixPath(_SUFFIX.sub("", str(row["id"]))))
    guesses = {f"/{stem}/", f"/{_INDEX.sub('', stem)}/", "/"}
    return "" if url in guesses and _SUFFIX.search(str(row["id"])) else url


def _named_url(row: Row) -> str:
    """Return the address set for the article by anything but `url` in front matter.

    Jekyll, Eleventy and Astro ignore that key, which may hold the address of an older site.
    """
    own = _own_url(row)
    return "" if own and own == str(row.get("own_url") or "") else own


def _key_of(url: str) -> str:
    return _HOST.sub("", url) or "/"


def _below(source: Path | None, *roots: str) -> str:
    """Return what follows the last of some directories in a path, with ``/`` after it."""
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
    """Tell whether the source, which knows the site, named the page."""
    return isinstance(key, str) and bool(key)


def _hugo_by_names(source: Path | None) -> Rule:
    """Return the rule where the site's settings are not at hand."""
    lead = _below(source, "content")

    def rule(row: Row) -> Page:
        path = _SUFFIX.sub("", f"{lead}{row['id']}")
        language = _LANGUAGE.search(path)
        suffix = language[0].lower() if language and _is_written_in(row, language[1]) else ""
        path = _INDEX.sub("", path[: len(path) - len(suffix)])
        key = "/" + path.lower().replace(" ", "-") + suffix
        own = _own_url(row)
        bare = key.removesuffix(suffix) if suffix else key
        return Page(key, safe_url(own or f"{bare}/".replace("//", "/")), suffix)

    return rule


def _is_written_in(row: Row, code: str) -> bool:
    return str(row.get("lang") or "").lower().partition("-")[0] == code.partition("-")[0]


def _without_languages(named: dict[str, Page]) -> dict[str, Page]:
    """Take the language off a key, as ``.Path`` does, where no translation has that key."""
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
        named = own != permalink or _HOST.match(own)  # by another key, or by url_template
        url = own if own and named else site.url(row)
        return Page(_key_of(url), safe_url(url))

    return rule


def _eleventy(source: Path | None) -> Rule:
    lead = _eleventy_lead(source)

    def rule(row: Row) -> Page:
        stem = _stem(row)
        folder, _, name = stem.rpartition("/")
        if name and folder.rpartition("/")[2] == name:  # rye/rye.md is rye's index
            stem = folder
        url = _named_url(row) or _permalink(row) or f"/{lead}{stem}/".replace("//", "/")
        if not _HOST.match(url):
            url = re.sub(r"/index\.html$", "/", f"/{url.lstrip('/')}")
        return Page(_key_of(url), safe_url(url))

    return rule


def _permalink(row: Row) -> str:
    """Return Eleventy's `permalink`, unless it is a template."""
    permalink = row.get("permalink")
    return permalink if isinstance(permalink, str) and not re.search(r"[{%]", permalink) else ""


def _eleventy_lead(source: Path | None) -> str:
    """Return what stands before the ids in addresses: by the site's settings, else by names."""
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
    """Return a part of a path as Astro writes it in an entry's id: no signs, no ``²``."""
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
