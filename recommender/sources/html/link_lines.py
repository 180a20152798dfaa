"""Finds blocks of a built page's article that only link to other pages of its site.

Such blocks are "Read more", teasers, and lists of other articles without a heading. A list of links
to other sites, or one that a sentence introduces, belongs to the article. So do all links of an
article that consists of links, for example a weekly list of news.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from recommender.sources.html.markup import HEADINGS
from recommender.sources.html.text import Block, PageText

_LABEL = re.compile(r"[^.!?:|]{2,25}[:|]\s")
_INDEX = 10
"""Minimum number of lines of links on a page that may be an index of others."""
_MOSTLY = 0.7
"""Minimum share of an index's words in such lines."""
_BARE = 3
"""Minimum number of such lines on a page that has nothing else but headings."""
_DATE = 5
"""Maximum number of words in a date, with its day of the week and a time."""
_SITE = 5
"""On a site with fewer pages, each is judged alone."""
_PAGES = 1 / 3
"""If at least this share of a site's pages have such blocks, its templates write them."""
_SENTENCE = 5
"""Minimum number of words in a sentence with a colon that introduces a list; fewer are a label."""
_ALL = 0.8
"""Minimum share of characters in links for a block that is only a link."""
_MOST = 0.15
"""With at least this share of an article's words, such blocks are its text."""


def mark_links(pages: Sequence[PageText], hosts: Sequence[str]) -> None:
    """Set `kind` of blocks that only link to other pages of the site to ``links``, in place.

    These are runs of two or more blocks that are only links; a single one of three words or more;
    and one that begins with a label ("Read more: Rye in the north"). A linked heading with text
    under it does not count. If only few pages of a site have such blocks, their authors wrote them,
    and the blocks are kept.

    Parameters
    ----------
    pages : sequence of PageText
        The blocks of each article of a site.
    hosts : sequence of str
        Host of each page, in lower case; links without a host lead to the site too.

    Examples
    --------
    >>> blocks = [Block("Sow the rye early, in rows, and roll the ground well.", "p", 0.0)] * 4
    >>> page = PageText([*blocks, Block("Oats are sown late", "p", 1.0, ("/oats/",))])
    >>> mark_links([page], [""])
    >>> [block.kind for block in page.blocks]
    ['', '', '', '', 'links']
    """
    found = [_find(page, host) for page, host in zip(pages, hosts, strict=True)]
    if len(pages) < _SITE or sum(map(bool, found)) >= _PAGES * len(pages):
        for block in itertools.chain.from_iterable(found):
            block.kind = "links"


def is_index(blocks: Sequence[Block], host: str = "") -> bool:
    """Return whether a page is mostly lines that link to other pages of its site.

    Examples
    --------
    >>> links = [Block("Marram Lido drained again", "li", 1.0, ("/lido/",))] * 10
    >>> text = Block("All news of the year", "p", 0.0)
    >>> is_index([*links, text]), is_index([*links[:9], text]), is_index(links[:3])
    (True, False, True)
    """
    lines = [b for b in blocks if b.linked > 0.5 and b.links and _stays_here([b], host)]
    words = sum(block.words for block in lines)
    numbers = {id(block) for block in lines}
    if all(id(block) in numbers or block.tag in HEADINGS for block in blocks):
        return len(lines) >= _BARE
    return len(lines) >= _INDEX and words >= _MOSTLY * sum(block.words for block in blocks)


def is_list_of_a_period(blocks: Sequence[Block], host: str = "") -> bool:
    """Return whether a page that is named by a date has only links to pages of its site, and dates.

    One link is enough, as in a month with one article. Headings and lines that are not longer than
    a date do not count.

    Examples
    --------
    >>> day, link = Block("Thu 14 March 2024", "dt", 0.0), Block("Rye", "dd", 1.0, ("/rye/",))
    >>> heading, text = Block("2024", "h1", 0.0), Block("The year of rye at a glance.", "p", 0.0)
    >>> is_list_of_a_period([heading, day, link]), is_list_of_a_period([heading, text, link])
    (True, False)
    """
    lines = [block for block in blocks if _is_line(block, host)]
    numbers = {id(block) for block in lines}
    others = [b for b in blocks if id(b) not in numbers and b.tag not in HEADINGS]
    return len(lines) >= max(1, len(others)) and all(b.words <= _DATE for b in others)


def _is_line(block: Block, host: str) -> bool:
    """Return whether most letters of a block are links to pages of the site."""
    letters = sum(map(str.isalpha, block.text))
    linked = block.linked * len(block.text)
    return bool(block.links) and linked > 0.5 * letters and _stays_here([block], host)


def _find(page: PageText, host: str) -> list[Block]:
    blocks = [block for block in page.blocks if not block.kind]
    runs = _runs(blocks, host)
    in_runs = {id(block) for block in runs}
    found = runs + [b for b in blocks if id(b) not in in_runs and _is_labeled(b, host)]
    words = sum(block.words for block in found)
    return found if words < _MOST * sum(block.words for block in blocks) else []


def _runs(blocks: Sequence[Block], host: str) -> list[Block]:
    found: list[Block] = []
    start = 0
    while start < len(blocks):
        end = start
        while end < len(blocks) and blocks[end].linked >= _ALL:
            end += 1
        last = end
        if end < len(blocks):  # headings at the end have their text below
            while last > start and blocks[last - 1].tag in HEADINGS:
                last -= 1
        run = blocks[start:last]
        if (start and _introduces(blocks[start - 1])) or not _stays_here(run, host):
            run = []
        if len(run) > 1 or (run and run[0].tag not in HEADINGS and run[0].words > 2):
            found += run
        start = max(end, start + 1)
    return found


def _introduces(block: Block) -> bool:
    """Return whether a block is a sentence that announces what follows."""
    return block.words >= _SENTENCE and block.text.endswith((":", "："))


def _stays_here(run: Sequence[Block], host: str) -> bool:
    """Return whether most links of a run lead to pages of the site."""
    links = [link for block in run for link in block.links]
    return 2 * sum(_host(link) in ("", host) for link in links) >= len(links)


def _host(link: str) -> str:
    try:
        return urlsplit(link).netloc.lower()
    except ValueError:
        return "?"


def _is_labeled(block: Block, host: str) -> bool:
    return (
        block.linked > 0.5
        and _stays_here([block], host)
        and block.words <= 40
        and block.tag not in HEADINGS
        and _LABEL.match(block.text) is not None
    )
