"""Blocks of a built page's article that are nothing but links to other pages.

"Read more", teasers, lists of other articles that no heading announces. In an article that is
made of links, such as a weekly list of news, they are its text and stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from recommender.sources.html_text import HEADINGS, Block, PageText

_LABEL = re.compile(r"[^.!?:|]{2,25}[:|]\s")
_ALL = 0.8
"""Share of a block's characters that are links, from which it is nothing but a link."""
_MOST = 0.15
"""Share of an article's words in such blocks, from which they are its text."""


def mark_links(page: PageText) -> None:
    """Set `kind` of blocks that only link elsewhere to ``links``, in place.

    These are runs of two or more that are all link; a single one of three words or more; and
    one that begins with a label, such as "Read more: Rye in the north". A linked heading with
    text under it is none.

    Examples
    --------
    >>> blocks = [Block("Sow the rye early, in rows, and roll the ground well.", "p", 0.0)] * 4
    >>> page = PageText([*blocks, Block("Oats are sown late", "p", 1.0)])
    >>> mark_links(page)
    >>> [block.kind for block in page.blocks]
    ['', '', '', '', 'links']
    """
    blocks = [block for block in page.blocks if not block.kind]
    runs = _runs(blocks)
    in_runs = {id(block) for block in runs}
    found = runs + [b for b in blocks if id(b) not in in_runs and _is_labelled(b)]
    words = sum(block.words for block in found)
    if words < _MOST * sum(block.words for block in blocks):
        for block in found:
            block.kind = "links"


def _runs(blocks: Sequence[Block]) -> list[Block]:
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
        if len(run) > 1 or (run and run[0].tag not in HEADINGS and run[0].words > 2):
            found += run
        start = max(end, start + 1)
    return found


def _is_labelled(block: Block) -> bool:
    return (
        block.linked > 0.5
        and block.words <= 40
        and block.tag not in HEADINGS
        and _LABEL.match(block.text) is not None
    )
