"""Turns a fragment of HTML, as in feeds and exports, into plain text.

Not for whole pages: a fragment is an article, so none is searched for. Photo captions, forms, star
ratings and lists of related articles are left out. Time is linear in the fragment.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import NamedTuple

from recommender.sources.html.boilerplate import mark_blocks
from recommender.sources.html.debris import strip_addresses
from recommender.sources.html.markup import drop_spans, html_links, strip_comments, strip_html
from recommender.sources.html.text import Block, PageText
from recommender.text.characters import CONTROL, DIRECTION, UNSEEN, with_plain_ends

_NO_TEXT = re.compile(r"<(figcaption|form|nav|button|dialog)\b[^<>]*+>", re.IGNORECASE)
_VERSE = re.compile(r"<pre\b[^<>]*\bwp-block-(?:verse|preformatted)\b[^<>]*+>", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])\b[^<>]*+>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^<>]{0,4000}", re.IGNORECASE)
_SOURCE = re.compile(
    r"\s(?:data-)?(?:lazy-)?src\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I
)
_NOTE_MARK = re.compile(
    r"<sup\b[^<>]*+>\s*+(?:<[^<>]{0,500}+>\s*+){0,3}+\[?\d{1,3}\]?\s*+"
    r"(?:</[^<>]{0,50}+>\s*+){0,3}?</sup>"
)
_UNREAD = re.compile(rf"[{CONTROL}{UNSEEN}{DIRECTION}\ue100\ue101]")
_BLANK = re.compile(r"\n[^\S\n]*\n")
_LONGEST_HEADING = 2_000
# Mark where links begin and end while the text is split into paragraphs.
_OPEN, _CLOSE = "\ue100", "\ue101"
_LINK = re.compile(r"<a\b[^<>]*+>", re.IGNORECASE)
_LINK_END = re.compile(r"</a\s*+>", re.IGNORECASE)
_LINKED = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*)")
_NO_MARKS = {ord(_OPEN): None, ord(_CLOSE): None}
_FEED_FOOTER = re.compile(
    r"\n\n(?:The post [^\n]{1,500} (?:appeared first on|first appeared on) [^\n]{1,200}"
    r"|(?:Continue reading|Read more|Read the rest of this entry)\b[^\n]{0,200})\s*\Z"
)


class Fragment(NamedTuple):
    """The readable parts of a fragment."""

    text: str
    """Paragraphs, with a blank line between."""
    headings: list[str]
    """Headings; they are in `text` too."""
    links: list[str]
    """Targets of the links as written, each once."""
    image: str
    """Address of the first picture, or an empty string."""


def read_fragment(source: str, code: bool = False) -> Fragment:
    """Return the text, headings, links and first picture of a fragment of HTML.

    Parameters
    ----------
    source : str
        HTML; plain text is taken as it is, with blank lines between paragraphs.
    code : bool
        Count code blocks as text.

    Examples
    --------
    >>> read_fragment('<h2>Rye</h2><p>Sow <a href="/sow/">ear</a>ly &amp; deep.</p>')
    Fragment(text='Rye\\n\\nSow early & deep.', headings=['Rye'], links=['/sow/'], image='')
    """
    source = strip_comments(with_plain_ends(_UNREAD.sub("", source)))
    if "<" not in source:
        return Fragment(_article(_blocks(source), []), [], [], "")
    source = _VERSE.sub("<div>", source).replace("</pre>", "</pre>\n\n")
    image = first_image(source)
    source = drop_spans(source, _NO_TEXT, lambda tag: rf"</{tag[1]}\s{{0,20}}>")
    source = _NOTE_MARK.sub("", source)
    links = dict.fromkeys(html.unescape(link) for link, _ in html_links(source))
    marked = _LINK_END.sub(_CLOSE, _LINK.sub(_OPEN, source))
    text = _FEED_FOOTER.sub("", "\n\n" + _blocks(strip_html(marked, code))).strip()
    headings = list(_headings(source))
    text = _article(text, headings)
    kept = set(text.split("\n\n"))
    return Fragment(text, [line for line in headings if line in kept], list(links), image)


def read_inline(source: str) -> str:
    """Return a fragment (a headline, a summary) as one line of plain text.

    Examples
    --------
    >>> read_inline("Rye&#8217;s <em>ye</em>ar")
    'Rye’s year'
    """
    return " ".join(read_fragment(source).text.split())


def first_image(source: str) -> str:
    """Return the address of the first picture in HTML, or an empty string.

    Examples
    --------
    >>> first_image('<img alt="a" src="/rye.jpg?a=1&amp;b=2"><img src="/oats.jpg">')
    '/rye.jpg?a=1&b=2'
    """
    for tag in _IMAGE.finditer(source):
        for found in _SOURCE.finditer(tag[0]):
            address = html.unescape(found[1] or found[2] or found[3] or "").strip()
            if address and not address.startswith("data:"):
                return address
    return ""


def _article(text: str, headings: list[str]) -> str:
    """Return a text without star ratings, old lists of related articles, credits and the like.

    Uses the rules for pages. If nothing would remain, the text is returned whole.
    """
    lines = text.split("\n\n")
    if len(lines) < 2:
        return text.translate(_NO_MARKS)
    tags = dict.fromkeys(headings, "h2")
    blocks = []
    for line in lines:
        plain = line.translate(_NO_MARKS)
        linked = sum(len(part) for part in _LINKED.findall(line)) / max(1, len(plain))
        blocks.append(Block(plain, tags.get(plain, "p"), linked))
    mark_blocks(PageText(blocks, starts=[0], ends=[len(blocks)]))
    return "\n\n".join(
        block.text for block in blocks if block.text and not block.kind
    ) or text.translate(_NO_MARKS)


def _headings(source: str) -> Iterable[str]:
    for opening in _HEADING.finditer(source):
        start, closing = opening.end(), f"</{source[opening.start() + 1 : opening.start() + 3]}"
        end = source.find(closing, start, start + _LONGEST_HEADING)
        if end >= 0:
            heading = _blocks(strip_html(source[start:end]))
            if heading:
                yield " ".join(heading.split())


def _blocks(text: str) -> str:
    """Return the paragraphs of a text without tags, each on one line, without addresses."""
    text = strip_addresses(html.unescape(text))
    blocks = (" ".join(block.split()) for block in _BLANK.split(text))
    return "\n\n".join(block for block in blocks if block)
