"""Where a built site is on the web, as its pages say it, and how they link to each other.

Reads files of the site, changes nothing, opens no network connection.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import unescape
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from recommender.sources.html.kinds import is_error
from recommender.sources.html.scan import Tag, scan

LIST = b"data-recommender-list"
"""Attribute of a list's element; its value is the name of the list in the data file."""

SAMPLE = 200
"""Number of pages whose links are used to guess where the site is."""

BASE_PARTS = 3
"""Maximum number of directories in a base path."""

_HOST = "site.invalid"
"""Placeholder for the host of the site if no page names it."""

_NAMING = ("CNAME", "sitemap.xml", "atom.xml", "feed.xml", "rss.xml", "index.xml")
"""Files at the root of a site that name its host, the most reliable first."""

_HEAD = 65_536

_NAMING_TAGS = frozenset((b"a", b"base", b"img", b"link", b"meta", b"script"))
"""Elements that may name an address of the site."""

_ADDRESS = re.compile(r"<(?:loc|link)(?:\s[^<>]*?href=[\"']|[^<>]*>)\s*https?://([^/?#\s\"'<>]+)")
_PATH_END = re.compile(r"[?#]|\Z")


class SiteAddress(NamedTuple):
    """The files of a site, its address on the web, and the form of its links.

    The host comes from canonical addresses, ``og:url`` and ``<base>``, else from ``CNAME``, the
    sitemap or the feeds, else from complete addresses of the site's own files that most pages link
    to. The base path comes from canonical addresses, else from the pages' links, else ``<base>``.
    An error page is shown at any address, so its links are complete paths on any site.
    """

    files: frozenset[str]
    """Paths of all files, and of directories with an ``index.html``, ending with ``/``."""
    hosts: frozenset[str]
    base: str
    """Base path: the prefix of the paths of files in an address, ``/`` or ``/docs/``."""
    movable: bool
    """Whether its pages link to each other by relative paths only, so that the site works below
    any path, and from a disk."""
    short: bool = False
    """Whether its pages leave out ``.html`` in links to each other, as their scripts may need."""

    @classmethod
    def of(cls, root: Path, pages: Sequence[str]) -> SiteAddress:
        """Return the address of the site in a directory, as some of its pages, the first, say it.

        Parameters
        ----------
        root : Path
            Directory of built pages.
        pages : sequence of str
            Their paths in it.
        """
        bare = cls(frozenset(_files(root)), frozenset(), "/", movable=False)
        owns = {page: _own_links(root / page) for page in islice(dict.fromkeys(pages), SAMPLE)}
        canonical = _canonical(owns)
        hosts = frozenset(host for host, _ in canonical) or _most(
            Counter(host for own in owns.values() for host in own.stated if host)
        )
        hosts = hosts or _named_hosts(root) or _linked_hosts(owns, bare)
        if canonical:
            return bare._replace(hosts=hosts, base=canonical.most_common(1)[0][0][1])
        usual = {page: own for page, own in owns.items() if not is_error(page)}
        bases = _bases(usual, hosts, bare)
        near = any(bare.has(_joined(page, path)) for page, own in owns.items() for path in own.near)
        movable = near and not bases
        bases = bases or _bases(owns, hosts, bare)
        base = max(bases, key=lambda base: (bases[base], -len(base)), default="/")
        found = bare._replace(hosts=hosts, base=base, movable=movable)
        return found._replace(short=_are_short(usual, found))

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

    def written(self, page: str, address: str) -> str:
        """Return how a page writes the path of a file of the site.

        Parameters
        ----------
        page : str
            Path of the page in the directory.
        address : str
            Path from the root of the directory, such as ``/rye/``; others are returned as they
            are: complete addresses, and paths that begin with the base path already.

        Examples
        --------
        >>> files = frozenset({"rye/", "oats/index.html"})
        >>> SiteAddress(files, frozenset(), "/docs/", False).written("oats/index.html", "/rye/")
        '/docs/rye/'
        >>> SiteAddress(files, frozenset(), "/", True).written("oats/index.html", "/rye/#sow")
        '../rye/#sow'
        """
        as_is = self.base == "/" and not self.movable and not self.short
        if address[:1] != "/" or address[:2] == "//" or as_is:
            return address
        end = _PATH_END.search(address)
        path, rest = (address[: end.start()], address[end.start() :]) if end else (address, "")
        below = unquote(path).removeprefix(self.base)
        if self.base != "/" and unquote(path).startswith(self.base) and self.has(below):
            return address
        if not self.has(unquote(path)[1:]):
            return address
        if self.short and not path.endswith("/index.html"):
            path = path.removesuffix(".html")
        if not self.movable:
            return f"{self.base}{path[1:]}{rest}"
        near = posixpath.relpath(path, f"/{quote(posixpath.dirname(page))}")
        near += "/" * (path.endswith("/") and not near.endswith("/"))
        return f"./{near}{rest}" if ":" in near.partition("/")[0] else f"{near}{rest}"

    def has(self, path: str) -> bool:
        """Return whether a path is a file or directory that a server would serve."""
        names = (path, f"{path}.html", f"{path}/") if path else ("index.html", "index.htm")
        return any(name in self.files for name in names)

    def has_below(self, path: str) -> bool:
        """Return whether a path leads to a file of the site other than its front page."""
        parts = unquote(path).strip("/").split("/")
        ends = ("/".join(parts[start:]) for start in range(min(BASE_PARTS, len(parts))))
        return any(self.has(end) for end in ends if end)


def is_list(tag: Tag) -> bool:
    """Return whether a tag opens the element of a list."""
    attributes = tag.attributes()
    return LIST in attributes or b"recommender" in attributes.get(b"class", b"").split()


def value(tag: Tag, name: bytes) -> str:
    """Return the value of an attribute, decoded; empty without it."""
    return unescape(tag.attributes().get(name, b"").decode("utf-8", "replace")).strip()


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
    bases: list[str]
    """Paths of ``<base>``."""
    links: list[tuple[str, str]]
    """Host (or an empty string) and path of links with an absolute path, except in lists."""
    near: list[str]
    """Relative paths of links, except in lists."""


def _own_links(page: Path) -> _Own:
    own = _Own("", [], [], [], [])
    try:
        tags = list(scan(page.read_bytes()))
    except OSError:
        return own
    inside = b""
    for tag in tags:
        if inside:
            inside = b"" if tag.closing and tag.name == inside else inside
        elif not tag.closing and b"recommender" in tag.raw and is_list(tag):
            inside = tag.name
        elif tag.name in _NAMING_TAGS and not tag.closing:
            own = _with_tag(own, tag)
    return own


def _with_tag(own: _Own, tag: Tag) -> _Own:
    """Return what is known of the site's address after one more tag."""
    if tag.name == b"meta":
        if value(tag, b"property").lower() == "og:url":
            own.stated.append(split_address(value(tag, b"content")).netloc.lower())
        return own
    link = split_address(value(tag, b"href") or value(tag, b"src"))
    if tag.name == b"link" and b"canonical" in tag.raw.lower():
        return own._replace(canonical=own.canonical or link.geturl())
    if tag.name == b"base":
        own.stated.append(link.netloc.lower())
        own.bases.extend([posixpath.dirname(link.path).rstrip("/") + "/"] if link.path else [])
    elif link.path.startswith("/"):
        own.links.append((link.netloc.lower(), link.path))
    elif link.path and not link.scheme and not link.netloc:
        own.near.append(link.path)
    return own


def _joined(page: str, path: str) -> str:
    """Return the path in the directory that a relative link on a page leads to."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(path)))
    return "" if found == "." else found


@lru_cache(maxsize=1 << 14)  # most links of a page are in its menu
def split_address(address: str) -> SplitResult:
    """Return the parts of an address, all empty if it is not one.

    Examples
    --------
    >>> split_address("https://example.org/rye/?a=1").path, split_address("http://[").path
    ('/rye/', '')
    """
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


def _canonical(owns: Mapping[str, _Own]) -> Counter[tuple[str, str]]:
    """Return how many pages name each host and base path in their canonical address."""
    votes: Counter[tuple[str, str]] = Counter()
    for page, own in owns.items():
        url = split_address(own.canonical)
        base = _before(unquote(url.path), page)
        if url.netloc and base is not None:
            votes[url.netloc.lower(), base] += 1
    return votes


def _linked_hosts(owns: Mapping[str, _Own], site: SiteAddress) -> frozenset[str]:
    """Return the host to whose files of this site most pages link, as a set."""
    votes: Counter[str] = Counter()
    for own in owns.values():
        votes.update({host for host, path in own.links if host and site.has_below(path)})
    return _most(votes, len(owns) / 2)


def _are_short(owns: Mapping[str, _Own], site: SiteAddress) -> bool:
    """Return whether links lead to ``rye.html`` as ``rye``, and none to a page by its full name."""
    links = Counter(
        path.removeprefix(site.base)
        for own in owns.values()
        for host, path in own.links
        if path.startswith(site.base) and (not host or host in site.hosts)
    )
    links.update(_joined(page, path) for page, own in owns.items() for path in own.near)
    paths = [unquote(path) for path in links]
    if any(path.endswith(".html") and path in site.files for path in paths):
        return False
    return any(
        f"{path}.html" in site.files and not site.files & {path, f"{path}/"} for path in paths
    )


def _bases(owns: Mapping[str, _Own], hosts: frozenset[str], site: SiteAddress) -> Counter[str]:
    return _linked_bases(owns, hosts, site) or _stated_bases(owns, site)


def _linked_bases(
    owns: Mapping[str, _Own], hosts: frozenset[str], site: SiteAddress
) -> Counter[str]:
    """Return how many absolute links lead to a file with each base path."""
    votes: Counter[str] = Counter()
    links = Counter(link for own in owns.values() for link in own.links)
    for (host, written), times in links.items():
        path = unquote(written) if not host or host in hosts else ""
        parts = path.strip("/").split("/")
        for count in range(min(BASE_PARTS, len(parts)) + 1):
            base = "/" + "".join(f"{part}/" for part in parts[:count])
            rest = path.removeprefix(base.rstrip("/")).lstrip("/")
            if rest and site.has(rest):
                votes[base] += times
    return votes


def _stated_bases(owns: Mapping[str, _Own], site: SiteAddress) -> Counter[str]:
    """Return how many pages have each ``<base>``; those in the site count for its root."""
    bases = [base for own in owns.values() for base in own.bases]
    inside = {
        base
        for base in set(bases)
        if base[:1] != "/" or any(file.startswith(base[1:]) for file in site.files)
    }
    return Counter("/" if base in inside else base for base in bases)
