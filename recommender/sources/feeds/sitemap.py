"""A sitemap beside built pages: the pages that it names are the articles.

The HTML reader reads the pages; nothing is fetched. Invariant: no file outside the
sitemap's own directory is read. Needs the extra ``xml``.
"""

from __future__ import annotations

import glob as globs
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from recommender.errors import SourceError
from recommender.sources.base import Records, Skipped, SourceOptions
from recommender.sources.feeds.xml_stream import local, root_name, xml_items
from recommender.sources.folders import patterns_of, walk

_PAGES = ("**/*.html", "**/*.htm")
_MAX_PREFIX = 3


def read_sitemap(path: Path, options: SourceOptions) -> Records:
    """Return the pages that a sitemap names, if their files are beside it, as records.

    Parameters
    ----------
    path : Path
        ``sitemap.xml`` or an index of sitemaps, ``.gz`` or not, in the directory of the site.
    options : SourceOptions
        As for built HTML pages.

    Returns
    -------
    Records
        As returned by the HTML reader. Addresses without a file, and pages that the sitemap
        does not name, are in `skipped`.

    Raises
    ------
    SourceError
        If the file is not a sitemap, or none of its addresses has a file.
    MissingDependencyError
        If defusedxml is not installed.
    """
    from recommender.sources.html.reader import read_html

    root = path.parent
    skipped: list[Skipped] = []
    addresses = list(dict.fromkeys(_addresses(path, skipped, {path.resolve()})))
    files = _best_files(root, addresses)
    skipped += [
        Skipped(url, "no file") for url, file in zip(addresses, files, strict=True) if not file
    ]
    named = {file for file in files if file}
    if not named:
        shown = addresses[0] if addresses else "no <loc>"
        raise SourceError(
            f"{path}: none of its {len(addresses):,} addresses has a file beside it, got {shown}",
            "put the sitemap into the directory of the built site, or name that directory",
        )
    others = [page for page in _pages(root) if page not in named]
    skipped += [Skipped(str(root / page), "not in the sitemap") for page in others]
    unnamed = [f"!{globs.escape(page)}" for page in others]
    chosen = [*(patterns_of(options.glob) or _PAGES), *unnamed]
    records = read_html(root, replace(options, glob=chosen))
    return records._replace(skipped=[*records.skipped, *skipped])


def _addresses(path: Path, skipped: list[Skipped], seen: set[Path]) -> Iterable[str]:
    """Yield the addresses in a sitemap and in the sitemaps that it names; each is read once."""
    kind = root_name(path)
    if kind not in ("urlset", "sitemapindex"):
        raise SourceError(
            f"{path}: is not a sitemap, expected <urlset> or <sitemapindex>, got <{kind}>",
            'set source_format = "feed" for a feed, "wordpress" for an export of WordPress',
        )
    locations = [
        (entry.text or "").strip()
        for item in xml_items(path, lambda tag: local(tag) in ("url", "sitemap"), lambda _: None)
        for entry in item
        if local(entry.tag) == "loc"
    ]
    if kind == "urlset":
        yield from locations
        return
    for url, file in zip(locations, _best_files(path.parent, locations), strict=True):
        if not file:
            skipped.append(Skipped(url, "no file"))
        elif (child := (path.parent / file).resolve()) not in seen:
            seen.add(child)
            yield from _addresses(path.parent / file, skipped, seen)


def _best_files(root: Path, addresses: Sequence[str]) -> list[str]:
    """Return the file of each address, relative to the root, or an empty string.

    A site may be published under a path (``/blog/``). So the same number of leading parts is
    removed from all addresses: the number with which most files are found.
    """
    found = [[_file_of(root, url, drop) for url in addresses] for drop in range(_MAX_PREFIX + 1)]
    return max(found, key=lambda files: sum(map(bool, files)))


def _file_of(root: Path, url: str, drop: int) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:  # http://[
        return ""
    parts = [part for part in unquote(path).split("/") if part][drop:]
    if any(part in (".", "..") or "\0" in part or "\\" in part for part in parts):
        return ""
    relative = "/".join(parts)
    names = [f"{relative}/index.html" if relative else "index.html"]
    if relative:
        names = [relative, f"{relative}.html", *names, f"{relative}/index.htm", f"{relative}.htm"]
    base = root.resolve()
    for name in names:
        file = root / name
        try:
            if file.is_file() and file.resolve().is_relative_to(base):
                return name
        except OSError:  # a name too long for the file system
            return ""
    return ""


def _pages(root: Path) -> list[str]:
    return sorted(path for path, problem in walk(root, _PAGES) if not problem)
