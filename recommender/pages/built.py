"""Compare the lists with the built pages: each list is on its page, each link leads to a page.

A list on a page is an element with the attribute ``data-recommender-list`` (its value is the name
of the list in the data file), an element of class ``recommender``, or the content between the
markers of `inject`. Reads pages, changes nothing, opens no network connection.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from recommender.pages.address import LIST, SiteAddress, is_list, split_address, value
from recommender.pages.inject import CardsById, page_paths
from recommender.pages.place import END, START
from recommender.sources.addresses import parse_path
from recommender.sources.html.scan import element_ends, scan
from recommender.text.languages import base_language

_BASE = re.compile(rb"<base[\s/>]", re.IGNORECASE)


@dataclass(slots=True)
class BuiltReport:
    """The result of a comparison; problems are lines that start with the page or the list."""

    pages: int = 0
    """Number of pages of the site."""
    listed: list[str] = field(default_factory=list)
    """Pages with a list."""
    links: int = 0
    """Number of links in lists that were checked."""
    elsewhere: int = 0
    """Number of links in lists to other hosts, which were not checked."""
    injected: bool = False
    """Whether any list is between the markers of `inject`."""
    without_list: list[str] = field(default_factory=list)
    """Lists that are not on their page."""
    without_page: list[str] = field(default_factory=list)
    """Lists whose page does not exist."""
    dead: list[str] = field(default_factory=list)
    """Links that lead nowhere."""
    crowded: list[str] = field(default_factory=list)
    """Pages with the lists of several articles."""

    @property
    def problems(self) -> dict[str, list[str]]:
        """The problems by kind, without empty kinds."""
        kinds = {
            "lists missing on their page": self.without_list,
            "lists whose page does not exist": self.without_page,
            "links that lead nowhere": self.dead,
            "pages with the lists of several articles": self.crowded,
        }
        return {kind: lines for kind, lines in kinds.items() if lines}


class Seen(NamedTuple):
    """A list on a page."""

    key: str
    """Name of the list in the data file; empty if the page does not name it."""
    links: list[str]
    """Addresses as written."""
    injected: bool
    base: str = ""
    """The base of relative addresses from the page's ``<base>``."""


def check_built(site_dir: str | os.PathLike[str], lists: CardsById | None = None) -> BuiltReport:
    """Check the lists on the pages of a built site and report problems.

    Parameters
    ----------
    site_dir : path
        Directory of built pages.
    lists : mapping of str to sequence of Card, optional
        The lists that the site was built with, by the name of the generator's page, its
        address, its path in the directory, or the id of the article. Empty lists need no page.
        Without this argument, only the links on the pages are checked.

    Returns
    -------
    BuiltReport

    Raises
    ------
    OutputError
        If the directory is missing.

    Notes
    -----
    `SiteAddress` says how host and base path of the site are found. For a list that is on its
    page, the links on the page are checked; for a list that is on no page, its addresses in
    `lists`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     page = '<nav data-recommender-list="/a/"><a href="/b/">B</a></nav>'
    ...     _ = Path(site, "a.html").write_text(page)
    ...     report = check_built(site, {"/a/": [{"url": "/b/"}], "/c/": [{"url": "/a/"}]})
    >>> report.dead, report.without_page
    (['a.html: /b/', '/c/: /a/'], ['/c/'])
    """
    root = Path(site_dir)
    pages = page_paths(root)
    report = BuiltReport(pages=len(pages))
    seen: dict[str, list[Seen]] = {}
    for page in pages:
        found = _lists_on(root / page)
        if found:
            seen[page] = found
    report.listed = list(seen)
    report.injected = any(one.injected for found in seen.values() for one in found)
    site = SiteAddress.of(root, [*seen, *pages])
    for page, found in seen.items():
        if len({one.key or f"{number}" for number, one in enumerate(found)}) > 1:
            report.crowded.append(f"{page}: {len(found):,} lists")
        for href, start in dict.fromkeys((href, one.base) for one in found for href in one.links):
            _follow(site, page, href, page, report, start)
    if lists is not None:
        _find_all(lists, pages, seen, site, report)
    return report


def _find_all(
    lists: CardsById,
    pages: Sequence[str],
    seen: Mapping[str, Sequence[Seen]],
    site: SiteAddress,
    report: BuiltReport,
) -> None:
    """Record the lists that are on no page, and the dead links in them."""
    wanted = {name: cards for name, cards in lists.items() if cards}
    keys = {one.key for found in seen.values() for one in found}
    unnamed = {page for page, found in seen.items() if any(not one.key for one in found)}
    homes = {name: page for page, name in names_by_page(wanted, pages).items()}
    for name, cards in wanted.items():
        page = homes.get(name)
        if name in keys or page in unnamed:
            continue
        if page is None:
            report.without_page.append(name)
        else:
            report.without_list.append(name if name == page else f"{name}: {page}")
        for card in cards:
            if card.get("url"):
                _follow(site, "", str(card["url"]), name, report)


def names_by_page(lists: CardsById, pages: Sequence[str]) -> dict[str, str]:
    """Return the name of the list for the path of each page, for any kind of list names.

    Parameters
    ----------
    lists : mapping of str to sequence of Card
        By the path of a page, its address, or the id of its source.
    pages : sequence of str
        Paths of the site's pages.

    Returns
    -------
    dict of str to str
        Without lists that have no page. If the page is not at the path from the list's address
        or id, the page with the same file name is used, if there is exactly one.

    Examples
    --------
    >>> names_by_page({"rye.md": [], "/oats/": []}, ["rye/index.html", "oats/index.html"])
    {'rye/index.html': 'rye.md', 'oats/index.html': '/oats/'}
    >>> names_by_page({"posts/2024-05-12-rye.md": []}, ["blog/bread/rye.html", "oats.html"])
    {'blog/bread/rye.html': 'posts/2024-05-12-rye.md'}
    """
    known = set(pages)
    addresses = {
        str(card.get("path") or card.get("id")): str(card["url"])
        for cards in lists.values()
        for card in cards
        if card.get("url")
    }
    found: dict[str, str] = {}
    homeless: dict[str, list[str]] = {}
    for name in lists:
        file = parse_path(name)
        for path in _candidates(name, addresses.get(name), file.date, file.slug):
            if path in known:
                found.setdefault(path, name)
                break
        else:
            homeless.setdefault(file.slug, []).append(name)
    by_name: dict[str, list[str]] = {}
    for page in pages:
        by_name.setdefault(parse_path(page).slug, []).append(page)
    for slug, several in homeless.items():
        if len(several) == len(by_name.get(slug, ())) == 1:
            found.setdefault(by_name[slug][0], several[0])
    return found


def _candidates(name: str, address: str | None, date: str, slug: str) -> Iterator[str]:
    """Yield the possible paths of a page, the most reliable first."""
    yield name
    for url in (address, name):
        if url:
            path = unquote(split_address(url).path).strip("/")
            stem = path.removesuffix(PurePosixPath(path).suffix)
            code = path.removeprefix(f"{stem}.")  # Hugo's key of a translation: /rye.de
            if base_language(code):
                yield f"{code}/{stem}/index.html"
            for part in (path, stem):
                yield f"{part}/index.html".lstrip("/")
                yield f"{part}.html"
            yield path
            below = path.partition("/")[2]  # the address may start with the site's base path
            yield f"{below}/index.html"
            yield below
    if date:
        dated = f"{date.replace('-', '/')}/{slug}"  # the default of Jekyll and Eleventy
        yield f"{dated}/index.html"
        yield f"{dated}.html"


def _follow(
    site: SiteAddress, page: str, href: str, where: str, report: BuiltReport, start: str = ""
) -> None:
    leads = site.leads_somewhere(page, href, start)
    if leads is None:
        report.elsewhere += 1
        return
    report.links += 1
    if not leads:
        report.dead.append(f"{where}: {href}")


def _lists_on(path: Path) -> list[Seen]:
    """Return the lists on a page; none if the page cannot be read."""
    try:
        page = path.read_bytes()
    except OSError:
        return []
    if b"recommender" not in page:
        return []
    if (alone := _only_block(page)) is not None:
        hrefs = (value(tag, b"href") for tag in scan(alone) if tag.name == b"a")
        return [Seen("", [*filter(None, hrefs)], injected=True)]
    tags = list(scan(page))
    ends = element_ends(tags)
    spans = [(start, end, "", True) for start, end in _marked(page)]
    for number, tag in enumerate(tags):
        if not tag.closing and b"recommender" in tag.raw and number in ends and is_list(tag):
            key = value(tag, LIST)
            spans.append((tag.start, tags[ends[number]].end, key, False))
    links = [(tag.start, value(tag, b"href")) for tag in tags if tag.name == b"a"]
    base = next((value(tag, b"href") for tag in tags if tag.name == b"base"), "")
    seen: list[Seen] = []
    for start, end, inner in _outermost(spans):
        found = [href for place, href in links if start <= place < end and href]
        key = next((key for *_, key, _ in inner if key), "")
        seen.append(Seen(key, found, any(one[3] for one in inner), base))
    return seen


def _only_block(page: bytes) -> bytes | None:
    """Return the block of `inject` if no other list and no ``<base>`` can be on the page."""
    start, end = page.find(START), page.find(END)
    around = page[:start] + page[end + len(END) :]
    if start < 0 or end < start or b"recommender" in around or _BASE.search(around):
        return None
    block = page[start:end]
    return None if LIST in block else block


def _marked(page: bytes) -> Iterator[tuple[int, int]]:
    """Yield the positions of the blocks of `inject`; blocks without an end are ignored."""
    end = 0
    while (start := page.find(START, end)) >= 0 and (end := page.find(END, start)) >= 0:
        yield start, end


_Span = tuple[int, int, str, bool]


def _outermost(spans: Iterable[_Span]) -> Iterator[tuple[int, int, list[_Span]]]:
    """Yield the spans that are inside no other span, each with all spans inside it."""
    group: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if group and span[0] >= group[0][1]:
            yield group[0][0], group[0][1], group
            group = []
        group.append(span)
    if group:
        yield group[0][0], group[0][1], group
