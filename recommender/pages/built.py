"""Compare the lists with the built pages: each list is on its page, each link leads to a page.

A list on a page is an element with the attribute ``data-recommender-list`` (its value is the name
of the list in the data file), an element of class ``recommender``, or the content between the
markers of `inject`. Reads pages, changes nothing, opens no network connection.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from recommender.outputs.cards import Card
from recommender.pages.inject import page_paths
from recommender.pages.place import END, START
from recommender.sources.addresses import parse_path
from recommender.sources.html.scan import Tag, element_ends, scan
from recommender.text.languages import base_language

MARK = b"data-recommender-list"
"""Attribute of a list's element; its value is the name of the list in the data file."""

SAMPLE = 200
"""Number of pages whose links are used to guess the site's base path."""

BASE_PARTS = 3
"""Maximum number of directories in a base path."""

_HOST = "site.invalid"
"""Placeholder for the host of the site if no page names it."""

_NAMING = ("CNAME", "sitemap.xml", "atom.xml", "feed.xml", "rss.xml", "index.xml")
"""Files at the root of a site that name its host, the most reliable first."""

_HEAD = 65_536

_BASE = re.compile(rb"<base[\s/>]", re.IGNORECASE)
_NAMING_TAGS = frozenset((b"a", b"base", b"img", b"link", b"meta", b"script"))
"""Elements that may name an address of the site."""

_ADDRESS = re.compile(r"<(?:loc|link)(?:\s[^<>]*?href=[\"']|[^<>]*>)\s*https?://([^/?#\s\"'<>]+)")

Lists = Mapping[str, Sequence[Card]]


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


def check_built(site_dir: str | os.PathLike[str], lists: Lists | None = None) -> BuiltReport:
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
    The host of the site comes from canonical addresses, ``og:url`` and ``<base>``, else from
    ``CNAME``, the sitemap or the feeds, else from complete addresses of the site's own files
    that most pages link to. If a site is below a path (``https://example.org/docs/``), the path
    comes from canonical addresses, else from the pages' own links. For a list that is on its
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
    site = _Site.of(root, pages, seen)
    for page, found in seen.items():
        if len({one.key or f"{number}" for number, one in enumerate(found)}) > 1:
            report.crowded.append(f"{page}: {len(found):,} lists")
        for href, start in dict.fromkeys((href, one.base) for one in found for href in one.links):
            _follow(site, page, href, page, report, start)
    if lists is not None:
        _find_all(lists, pages, seen, site, report)
    return report


def _find_all(
    lists: Lists,
    pages: Sequence[str],
    seen: Mapping[str, Sequence[Seen]],
    site: _Site,
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


def names_by_page(lists: Lists, pages: Sequence[str]) -> dict[str, str]:
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
            path = unquote(urlsplit(url).path).strip("/")
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
    site: _Site, page: str, href: str, where: str, report: BuiltReport, start: str = ""
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
        hrefs = (_value(tag, b"href") for tag in scan(alone) if tag.name == b"a")
        return [Seen("", [*filter(None, hrefs)], injected=True)]
    tags = list(scan(page))
    ends = element_ends(tags)
    spans = [(start, end, "", True) for start, end in _marked(page)]
    for number, tag in enumerate(tags):
        if not tag.closing and b"recommender" in tag.raw and number in ends and _is_list(tag):
            key = _value(tag, MARK)
            spans.append((tag.start, tags[ends[number]].end, key, False))
    links = [(tag.start, _value(tag, b"href")) for tag in tags if tag.name == b"a"]
    base = next((_value(tag, b"href") for tag in tags if tag.name == b"base"), "")
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
    return None if MARK in block else block


def _marked(page: bytes) -> Iterator[tuple[int, int]]:
    """Yield the positions of the blocks of `inject`; blocks without an end are ignored."""
    end = 0
    while (start := page.find(START, end)) >= 0 and (end := page.find(END, start)) >= 0:
        yield start, end


def _is_list(tag: Tag) -> bool:
    attributes = tag.attributes()
    return MARK in attributes or b"recommender" in attributes.get(b"class", b"").split()


def _value(tag: Tag, name: bytes) -> str:
    return unescape(tag.attributes().get(name, b"").decode("utf-8", "replace")).strip()


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


class _Site(NamedTuple):
    """The files of a site, and its address on the web."""

    files: frozenset[str]
    """Paths of all files, and of directories with an ``index.html``, ending with ``/``."""
    hosts: frozenset[str]
    base: str
    """Base path: the prefix of the paths of files in an address, ``/`` or ``/docs/``."""

    @classmethod
    def of(cls, root: Path, pages: Sequence[str], listed: Mapping[str, object]) -> _Site:
        """Return the site of a directory, with host and base path from some of its pages."""
        files = frozenset(_files(root))
        asked = list(dict.fromkeys(islice([*listed, *pages], SAMPLE)))
        bare = cls(files, frozenset(), "/")
        votes: Counter[tuple[str, str]] = Counter()
        stated: Counter[str] = Counter()
        shared: Counter[str] = Counter()
        links: list[tuple[str, str]] = []
        for page in asked:
            own = _own_links(root / page)
            links += own.links
            stated.update(host for host in own.stated if host)
            shared.update({host for host, path in own.links if host and bare.has_below(path)})
            url = _split(own.canonical)
            base = _before(unquote(url.path), page)
            if url.netloc and base is not None:
                votes[url.netloc.lower(), base] += 1
        hosts = frozenset(host for host, _ in votes) or _most(stated) or _named_hosts(root)
        hosts = hosts or _most(shared, len(asked) / 2)
        if votes:
            return cls(files, hosts, votes.most_common(1)[0][0][1])
        paths = [path for host, path in links if not host or host in hosts]
        return cls(files, hosts, _base_of(paths, bare))

    def leads_somewhere(self, page: str, href: str, start: str = "") -> bool | None:
        """Return whether a link on a page leads to a file of the site; None for another host."""
        try:
            own = f"http://{_HOST}{self.base}{quote(page)}"
            url = urlsplit(urljoin(urljoin(own, start), href))
        except ValueError:  # http://[
            return False
        if url.scheme and url.scheme not in ("http", "https"):
            return False
        if url.netloc.lower() not in (_HOST, *self.hosts):
            return None
        path = unquote(url.path) or "/"
        return path.startswith(self.base) and self.has(path.removeprefix(self.base))

    def has(self, path: str) -> bool:
        """Return whether a path is a file or directory that a server would serve."""
        names = (path, f"{path}.html", f"{path}/") if path else ("index.html", "index.htm")
        return any(name in self.files for name in names)

    def has_below(self, path: str) -> bool:
        """Return whether a path leads to a file of the site other than its front page."""
        parts = unquote(path).strip("/").split("/")
        ends = ("/".join(parts[start:]) for start in range(min(BASE_PARTS, len(parts))))
        return any(self.has(end) for end in ends if end)


def _files(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root, followlinks=True):
        lead = Path(folder).relative_to(root).as_posix()
        lead = "" if lead == "." else f"{lead}/"
        for name in names:
            yield lead + name
            if name in ("index.html", "index.htm", "index.xhtml") and lead:
                yield lead


class _Own(NamedTuple):
    """The address of the site according to a page."""

    canonical: str
    stated: list[str]
    """Hosts of ``og:url`` and ``<base>``."""
    links: list[tuple[str, str]]
    """Host (or an empty string) and path of links with an absolute path, except in lists."""


def _own_links(page: Path) -> _Own:
    try:
        tags = list(scan(page.read_bytes()))
    except OSError:
        return _Own("", [], [])
    own = _Own("", [], [])
    inside: bytes = b""
    for tag in tags:
        if inside:
            inside = b"" if tag.closing and tag.name == inside else inside
        elif not tag.closing and b"recommender" in tag.raw and _is_list(tag):
            inside = tag.name
        elif tag.name in _NAMING_TAGS and not tag.closing:
            own = _with_tag(own, tag)
    return own


def _with_tag(own: _Own, tag: Tag) -> _Own:
    """Return what is known of the site's address after one more tag."""
    if tag.name == b"meta":
        if _value(tag, b"property").lower() == "og:url":
            own.stated.append(_split(_value(tag, b"content")).netloc.lower())
        return own
    link = _split(_value(tag, b"href") or _value(tag, b"src"))
    if tag.name == b"link" and b"canonical" in tag.raw.lower():
        return own._replace(canonical=own.canonical or link.geturl())
    if tag.name == b"base":
        own.stated.append(link.netloc.lower())
    elif link.path.startswith("/"):
        own.links.append((link.netloc.lower(), link.path))
    return own


@lru_cache(maxsize=1 << 14)  # most links of a page are in its menu
def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # http://[
        return urlsplit("")


def _most(votes: Counter[str], more_than: float = 0) -> frozenset[str]:
    """Return the host with the most votes, as a set; empty if it has too few."""
    best = votes.most_common(1)
    return frozenset(host for host, count in best if count > more_than)


def _named_hosts(root: Path) -> frozenset[str]:
    """Return the host from ``CNAME``, the sitemap or a feed at the root of a site."""
    for name in _NAMING:
        try:
            with (root / name).open("rb") as file:
                head = file.read(_HEAD).decode("utf-8", "replace")
        except OSError:
            continue
        if name == "CNAME":
            return frozenset(head.lower().split()[:1])
        found = _ADDRESS.search(head)
        if found:
            return frozenset([found[1].lower()])
    return frozenset()


def _before(path: str, page: str) -> str | None:
    """Return the part of an address before the path of the page; None for another page.

    Examples
    --------
    >>> _before("/docs/rye/", "rye/index.html"), _before("/rye", "rye.html")
    ('/docs/', '/')
    """
    for name in (page, page.removesuffix("index.html"), page.rpartition(".")[0]):
        for end in (name, name.rstrip("/")):
            lead = path.removesuffix(end)
            if path.endswith(end) and (not lead or lead.endswith("/")):
                return lead or "/"
    return None


def _base_of(paths: Sequence[str], site: _Site) -> str:
    """Return the base path with which most absolute links lead to a file."""
    votes: Counter[str] = Counter()
    for written, times in Counter(paths).items():
        path = unquote(written)
        parts = path.strip("/").split("/")
        for count in range(min(BASE_PARTS, len(parts)) + 1):
            base = "/" + "".join(f"{part}/" for part in parts[:count])
            rest = path.removeprefix(base.rstrip("/")).lstrip("/")
            if rest and site.has(rest):
                votes[base] += times
    return max(votes, key=lambda base: (votes[base], -len(base)), default="/")
