"""Warnings about a whole site, each with the setting that would help.

All verbs that read a source print these, and those that follow links `better_links`. Most checks
warn only when most of the articles are affected, so that a normal run has no warnings; unknown
languages and shared addresses are always reported.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from recommender.resources import available_memory
from recommender.sources.folders import walk
from recommender.text.languages import base_language

FEW = 8
"""With fewer articles than this, shares mean nothing."""
FEW_TO_CALIBRATE = 20
"""With fewer articles than this, more than half of all random pairs reach the minimum score."""
HALF = 0.5
HIGH_SCORE = 0.6
"""Above this minimum score, random pairs are too similar to be separate articles."""

NEEDED, NEEDED_PER_BYTE = 150 << 20, 6
"""Bytes that a build needs at least: without articles, and for each byte of their texts. 20,000
articles of 1.9 kB are built in 400 MB, not in 350 MB."""
NEEDED_BY_SUFFIX = {".gz": 24, ".parquet": 24, ".html": 3, ".htm": 3}
"""For each byte of packed texts and of built pages: a manual of 51 MB is built in 300 MB, not in
250 MB."""
AMPLE = 4 << 30
"""With this much memory, the size of a source is not looked up."""
_TEXTS = ("**/*.md", "**/*.markdown", "**/*.mdx", "**/*.rst", "**/*.html", "**/*.htm", "*.jsonl",
          "*.ndjson", "*.gz", "*.parquet")  # fmt: skip

FEW_LINKS = 50
"""With fewer links than this, their share means nothing."""
LOW_SHARE = 0.1
"""If a smaller share is resolved, a setting may be missing; most links of a blog lead elsewhere."""
MANY_TIMES = 3
"""A setting is suggested if it resolves at least this many times as many links."""

_LISTS = re.compile(
    r"(?:^|/)(?:tags?|categor(?:y|ies)|authors?|topics?|labels?|archives?|page)/", re.IGNORECASE
)


def memory_doubt(source: str) -> str:
    """Return a warning if a source may not fit into memory, or an empty string.

    Where a control group sets a limit, the system ends a process that exceeds it without a message.

    Examples
    --------
    >>> memory_doubt("no such file")
    ''
    """
    allowed = available_memory()
    needed = NEEDED + _needed_for(Path(source)) if allowed < AMPLE else 0
    if needed <= allowed:
        return ""
    return (
        f"the build may need {needed >> 20:,} MB of memory, and this process may use "
        f"{allowed >> 20:,} MB; if it is killed, give it more"
    )


def _needed_for(source: Path) -> int:
    """Return the bytes of memory that the articles in a file or directory need."""
    files = [source / entry.path for entry in walk(source, _TEXTS)] if source.is_dir() else [source]
    return sum(
        os.path.getsize(file) * NEEDED_BY_SUFFIX.get(file.suffix.lower(), NEEDED_PER_BYTE)
        for file in files
        if file.is_file()
    )


def doubts_about(
    articles: pd.DataFrame,
    *,
    skipped: Sequence[tuple[str, str]] = (),
) -> list[str]:
    """Return warnings about the articles, each with the setting that would help.

    Parameters
    ----------
    articles : DataFrame
        An Article table; if it has no texts, they are not checked.
    skipped : sequence of (where, reason)
        The articles that the source skipped.

    Returns
    -------
    list of str
        Empty if nothing looks wrong. With fewer than `FEW` articles, only their addresses are
        checked.

    Examples
    --------
    >>> table = pd.DataFrame({"id": list("abcdefgh"), "title": "Globe", "url": "", "lang": "en"})
    >>> doubts_about(table)
    ["8 of 8 articles have the title 'Globe'; name the right column or key with title_column"]
    """
    checks = [
        _languages(articles["lang"]),
        _titles(articles["title"]),
        _empty(len(articles), [reason for _, reason in skipped]),
        _lists(articles["id"], articles["url"]),
    ]
    lines = checks if len(articles) + len(skipped) >= FEW else []
    return [line for line in [*lines, _addresses(articles["id"], articles["url"])] if line]


def _languages(names: Iterable[str]) -> str:
    wrong = Counter(name for name in names if name and name != "und" and not base_language(name))
    if not wrong:
        return ""
    shown = ", ".join(f"{name!r}" for name, _ in wrong.most_common(3))
    return (
        f"articles in no known language: {sum(wrong.values()):,}, got {shown}; "
        "name the right column or key with lang_column, or set language"
    )


def _titles(titles: pd.Series) -> str:
    counts = Counter(title for title in titles if title)
    title, n = next(iter(counts.most_common(1)), ("", 0))
    if n <= HALF * len(titles):
        return ""
    return (
        f"{n:,} of {len(titles):,} articles have the title {title!r}; "
        "name the right column or key with title_column"
    )


def _empty(read: int, reasons: Sequence[str]) -> str:
    n = reasons.count("empty text")
    if n <= HALF * (read + n):
        return ""
    return (
        f"{n:,} of {read + n:,} articles have no text; name the element of the article with "
        "article_selector, or the column or key of the text with text_column"
    )


def _lists(ids: pd.Series, urls: pd.Series) -> str:
    places = zip(ids, urls, strict=True)
    found = [
        match for pair in places if (match := next(filter(None, map(_LISTS.search, pair)), None))
    ]
    if len(found) <= HALF * len(ids):
        return ""
    kind, n = Counter(match[0].strip("/").lower() for match in found).most_common(1)[0]
    return (
        f"{n:,} of {len(ids):,} articles are pages of one kind, {kind!r}, which look like lists; "
        f'leave them out with glob = "!**/{kind}/**"'
    )


def _addresses(ids: pd.Series, urls: pd.Series) -> str:
    shared = urls[(urls != "") & urls.duplicated(keep=False)]
    if shared.empty:
        return ""
    url = shared.iloc[0]
    first, second = ids[urls == url].iloc[:2]
    return (
        f"{len(shared):,} articles share their address with another, such as {url} "
        f"({first} and {second}): its page shows the list of one of them; rename or drop the others"
    )


def few_articles(n: int) -> list[str]:
    """Return a hint if a site has too few articles to calibrate the minimum score, else nothing.

    Examples
    --------
    >>> few_articles(20), few_articles(10)[0][:60]
    ([], 'Hint: with only 10 articles, lists also show unrelated ones;')
    """
    if n >= FEW_TO_CALIBRATE:
        return []
    return [
        f"Hint: with only {n} articles, lists also show unrelated ones; set min_score, such as "
        "0.3, and min_items = 0, or link the articles by hand"
    ]


def score_doubt(min_score: float) -> str:
    """Return a warning about an unusual calibrated minimum score, else an empty string.

    Examples
    --------
    >>> score_doubt(0.05), score_doubt(0.992)[:35]
    ('', 'the minimum score is 0.992: article')
    """
    if min_score < HIGH_SCORE:
        return ""
    return (
        f"the minimum score is {min_score:.3f}: articles picked at random are nearly the same; "
        "run `check --boilerplate` to see what is cut, or set article_selector or min_score"
    )


def better_links(
    articles: pd.DataFrame, hosts: Iterable[str], resolved: int, links: int
) -> list[str]:
    """Return hints for a site where few links lead to another article.

    Parameters
    ----------
    articles : DataFrame
        An Article table with `links`; its other columns may contain addresses.
    hosts : iterable of str
        See `LinkResolver`.
    resolved, links : int
        The number of links that lead to another article, and of all links.

    Returns
    -------
    list of str
        One line: the column or host that would resolve several times as many links, or general
        advice if there is none. Empty if enough links resolve.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["1", "2"], "url": ["", ""], "path": ["/rye/", "/oats/"],
    ...                          "links": [["/oats/"] * 30, ["/rye/"] * 30]})
    >>> better_links(articles, [], 0, 60)
    ['Hint: --url-column path would resolve 60 links']
    """
    # loads SciPy, which a build loads later without the modules that it does not need
    from recommender.ranking.links import LinkResolver, count_resolved, plain_target, split_target

    if links < FEW_LINKS or resolved >= LOW_SHARE * links:
        return []
    columns = [name for name in articles.columns if _holds_addresses(articles[name], str(name))]
    given = list(hosts)
    known = LinkResolver(articles, given).hosts
    targets = (plain_target(link) for row in articles["links"] for link in row if "//" in link)
    linked = Counter(host for host, _ in map(split_target, targets) if host and host not in known)
    best, advice = MANY_TIMES * max(resolved, FEW_LINKS / 10), ""
    for column in [None, *columns]:
        table = articles if column is None else articles.assign(url=articles[column])
        for host in [None, *(name for name, _ in linked.most_common(2))]:
            count = count_resolved(table, given if host is None else [*given, host])
            flags = [f"--url-column {column}"] if column is not None else []
            flags += [f"--host {host}"] if host is not None else []
            if count > best:
                best, advice = count, " ".join(flags)
    if advice:
        return [f"Hint: {advice} would resolve {best:,} links"]
    if resolved >= LOW_SHARE / 10 * links:
        return []
    return [
        "Hint: links are compared with the addresses of the articles; url_column or "
        "url_template sets these, --host names another host of the site"
    ]


def _holds_addresses(column: pd.Series, name: str) -> bool:
    """Return whether a column other than `url` seems to contain addresses."""
    if name in ("id", "url", "title", "text", "headings", "description", "image"):
        return False
    filled = [value for value in column if isinstance(value, str) and value]
    looks = sum("/" in value and not re.search(r"\s", value) for value in filled)
    return looks > len(column) / 2
