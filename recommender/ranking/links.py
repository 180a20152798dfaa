"""Which article a link leads to, and the text without the words of such links.

Owns the forms of links between articles of a site: paths with and without suffix, addresses,
Hugo's ``ref``, Jekyll's ``post_url`` and ``link``, Liquid's filters. A link that could lead to
two articles is not resolved. Reads no files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd

LEARNED_HOST_LINKS = 3
"""A foreign host with this many links by date and name counts as the site's own."""
TELLING_NAME_WORDS = 3
"""A name of this many words identifies an article in any section of the site."""

_TAG = re.compile(r"\{\{[<%]?\s*(.*?)\s*[>%]?\}\}|\{%-?\s*(.*?)\s*-?%\}")
_REFERENCE = re.compile(r"(?:rel)?ref\b|post_url\b|link\b")
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")
_SUFFIX = re.compile(r"\.(?:md|markdown|mdx|html?|php|aspx?|rst|txt|ipynb)$")
_DATED = re.compile(r"^(?:.*/)?(\d{4})[-/](\d\d?)(?:[-/](\d\d?))?[-/]([^/]+)$")
_DATE_PREFIX = re.compile(r"^\d{4}-\d\d?-\d\d?-")
_INDEX_NAMES = frozenset({"index", "_index", "readme"})


class LinkResolver:
    """Find the article that a link leads to.

    Parameters
    ----------
    articles : DataFrame
        An Article table; uses `id`, `url`, `date` and a column `slug`.
    hosts : iterable of str
        Hosts of the site, such as ``example.org``. The hosts of `url` are always included, as
        is any host with several links that match an article by date and name.

    Notes
    -----
    A target is compared as a path relative to the linking article, as a whole path, as a
    longer or shorter form of a path (at least two parts), by date and name, and by name alone.
    The name alone is used if the target is only a name, or if the name has
    `TELLING_NAME_WORDS` words or more. Case, suffix, ``index``, query and anchor are ignored.
    An address on a foreign host matches only by date and name together.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["posts/2014-03-12-rye.md", "posts/2015-01-02-oats.md"]})
    >>> resolver = LinkResolver(articles)
    >>> for link in ['{{< ref "2015-01-02-oats" >}}', "/2014/03/12/rye/", "2015-01-02-oats.md#top"]:
    ...     print(resolver.resolve(link, "posts/2014-03-12-rye.md"))
    posts/2015-01-02-oats.md
    posts/2014-03-12-rye.md
    posts/2015-01-02-oats.md
    """

    def __init__(self, articles: pd.DataFrame, hosts: Iterable[str] = ()) -> None:
        self.hosts = {_host(host) for host in hosts}
        self._paths: dict[str, str | None] = {}
        self._tails: dict[str, str | None] = {}
        self._dated: dict[str, str | None] = {}
        self._names: dict[str, str | None] = {}
        for row in _columns(articles, "id", "url", "slug", "date"):
            self._add(*row)
        if "links" in articles:
            self._learn_hosts(articles["links"])

    def resolve(self, link: str, source: str) -> str | None:
        """Return the id of the article that a link in the article `source` leads to, or None.

        Parameters
        ----------
        link : str
            The target as written, including template tags.
        source : str
            Id of the article that contains the link.
        """
        host, path, parts = _target(link)
        if host is None or not parts:
            return None
        if host and host not in self.hosts:
            return self._by_date(parts, day_only=True)
        if not host and not path.startswith("/"):
            found = self._paths.get("/".join(_parts(f"{source.rpartition('/')[0]}/{path}")))
            if found:
                return found
        return self._by_path(parts) or self._by_date(parts) or self._by_name(parts)

    def _add(self, article_id: str, url: str, slug: str, date: Any) -> None:
        host, path = split_target(url)
        if host:
            self.hosts.add(host)
        own, address = _parts(article_id), _parts(path)
        for parts in filter(None, (own, address)):
            _enter(self._paths, "/".join(parts), article_id)
            for start in range(1, len(parts) - 1):
                _enter(self._tails, "/".join(parts[start:]), article_id)
        last = own[-1] if own else ""
        names = {_DATE_PREFIX.sub("", last), slug.lower(), *address[-1:]} - {""}
        days = {f"{date:%Y-%m-%d}"} if isinstance(date, pd.Timestamp) else set()
        for parts in (own, address):
            days |= {day for day, _ in _dates_in("/".join(parts)) if len(day) == 10}
        for name in names | {last}:
            _enter(self._names, name, article_id)
        for day in days:
            for name in names:
                _enter(self._dated, f"{day}/{name}", article_id)
                _enter(self._dated, f"{day[:7]}/{name}", article_id)

    def _learn_hosts(self, links: Iterable[Sequence[str]]) -> None:
        split = [split_target(plain_target(link)) for row in links for link in row if "//" in link]
        foreign = {(host, path) for host, path in split if host and host not in self.hosts}
        hits = Counter(host for host, path in foreign if self._by_date(_parts(path), day_only=True))
        self.hosts |= {host for host, count in hits.items() if count >= LEARNED_HOST_LINKS}

    def _by_path(self, parts: Sequence[str]) -> str | None:
        for start in range(max(1, len(parts) - 1)):
            found = self._paths.get("/".join(parts[start:]))
            if found:
                return found
        return self._tails.get("/".join(parts)) if len(parts) > 1 else None

    def _by_date(self, parts: Sequence[str], day_only: bool = False) -> str | None:
        for day, name in _dates_in("/".join(parts)):
            if len(day) == 10 or not day_only:
                return self._dated.get(f"{day}/{name}")
        return None

    def _by_name(self, parts: Sequence[str]) -> str | None:
        name = _DATE_PREFIX.sub("", parts[-1])
        telling = len(re.findall(r"[^\W_]+", name)) >= TELLING_NAME_WORDS
        return self._names.get(name) if len(parts) == 1 or telling else None


def count_resolved(articles: pd.DataFrame, hosts: Iterable[str]) -> int:
    """Return how many links lead to another article.

    Parameters
    ----------
    articles : DataFrame
        An Article table with `links`.
    hosts : iterable of str
        See `LinkResolver`.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a.md", "b.md"], "url": "", "links": [["b.md"], ["c.md"]]})
    >>> count_resolved(articles, [])
    1
    """
    resolver = LinkResolver(articles, hosts)
    return sum(
        resolver.resolve(link, source) not in (None, source)
        for source, row in zip(articles["id"], articles["links"], strict=True)
        for link in row
    )


def plain_target(link: str) -> str:
    """Return a link's target without template tags.

    Examples
    --------
    >>> plain_target('{{ "/rye/" | relative_url }}'), plain_target("{{ site.baseurl }}/rye/")
    ('/rye/', '/rye/')
    >>> plain_target("{% post_url 2014-03-12-rye %}")
    '2014-03-12-rye'
    """
    return _TAG.sub(_target_of_tag, link).strip() if "{" in link else link.strip()


def split_target(target: str) -> tuple[str | None, str]:
    """Return host and path of a target; the host is None if it is not the address of a page.

    Examples
    --------
    >>> split_target("https://www.example.org/rye/"), split_target("mailto:me@example.org")
    (('example.org', '/rye/'), (None, ''))
    """
    try:
        parts = urlsplit(target)
    except ValueError:
        return None, ""
    if parts.scheme and parts.scheme not in ("http", "https"):
        return None, ""
    if parts.netloc and "." not in parts.netloc and not parts.scheme:
        return "", f"/{parts.netloc}{parts.path}"  # `//2015/09/28/x`: a slash too many
    return _host(parts.netloc), parts.path


def without_words(text: str, anchors: Iterable[tuple[str, bool]]) -> str:
    """Return a text without the words of some of its links, each removed once.

    Parameters
    ----------
    text : str
        Plain text of the article.
    anchors : iterable of (str, bool)
        The words of its links in order, and whether to remove them. The kept ones help to find
        the right position of the next.

    Examples
    --------
    >>> without_words("See rye. Rye here and rye there.", [("Rye here", False), ("rye", True)])
    'See rye. Rye here and   there.'
    """
    position = 0
    for anchor, goes in anchors:
        words = r"\s+".join(map(re.escape, anchor.split()))
        if not words:
            continue
        whole = re.compile(rf"(?<!\w){words}(?!\w)")
        found = whole.search(text, position)
        if found:
            position = found.start() if goes else found.end()
        elif goes:
            found = whole.search(text) or re.search(words, text)
        if found and goes:
            text = f"{text[: found.start()]} {text[found.end() :]}"
    return text


@lru_cache(maxsize=1 << 14)  # most links of a page are in its menu
def _target(link: str) -> tuple[str | None, str, tuple[str, ...]]:
    """Return the host and path of a link, and the parts of the path."""
    host, path = split_target(plain_target(link))
    return host, path, tuple(_parts(path))


def _target_of_tag(tag: re.Match[str]) -> str:
    content = tag[1] if tag[1] is not None else tag[2]
    quoted = _QUOTED.search(content)
    if quoted:
        return quoted[1]
    reference = _REFERENCE.match(content)
    return content[reference.end() :].split()[0] if reference and " " in content else ""


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")


def _parts(path: str) -> list[str]:
    """Return the parts of a path in the form used for comparison."""
    parts: list[str] = []
    for part in unquote(path).lower().split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    if parts:
        parts[-1] = _SUFFIX.sub("", parts[-1])
    return parts[:-1] if len(parts) > 1 and parts[-1] in _INDEX_NAMES else parts


def _dates_in(path: str) -> Iterator[tuple[str, str]]:
    """Yield date (day or month) and name if a path ends with both."""
    match = _DATED.match(path)
    if match:
        year, month, day, name = match.groups()
        yield f"{year}-{month:0>2}" + (f"-{day:0>2}" if day else ""), name


def _enter(table: dict[str, str | None], key: str, article_id: str) -> None:
    """Record the owner of a key; None if two articles have it."""
    table[key] = article_id if table.get(key, article_id) == article_id else None


def _columns(articles: pd.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    """Yield some cells of every row; a missing cell or column gives an empty string."""
    given = articles.reindex(columns=list(names)).astype(object)
    return given.where(given.notna(), "").itertuples(index=False, name=None)
