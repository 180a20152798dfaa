"""The readable text of a page: a block-aware walk over parsed nodes, without recursion.

Decides how text is divided into blocks: inline elements add no space, block elements end a
paragraph. `elements` decides which subtrees do not belong to the article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

import msgspec

from recommender.sources.html.debris import strip_addresses, strip_math, strip_shortcodes
from recommender.sources.html.limits import beyond_limits, parse_html
from recommender.sources.html.markup import BLOCKS, HEADINGS, SPACED
from recommender.text.characters import CONTROL, DIRECTION, UNSEEN

_INVISIBLE = re.compile(f"[{CONTROL}{UNSEEN}{DIRECTION}]")
_PERMALINK = re.compile(r"[\s#¶§🔗]*|permalink|link|anchor", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_QUOTES = (("‘", "'"), ("’", "'"), ("“", '"'), ("”", '"'))
_TAGGED = 0.6
"""Minimum share of characters in links with ``rel="tag"`` for a block that lists tags."""
_LABEL = 40
"""Maximum number of characters beside the links of a line that leads to translations."""
_FOOTNOTE = re.compile(r"[\s\[\]()*†‡\d,]*")

Attributes = Mapping[str, str | None]
Judge = Callable[[Any, str, Attributes], str]
"""Takes a node, its tag and attributes; returns its kind of boilerplate, or an empty string."""


class Block(msgspec.Struct, gc=False):
    """A paragraph, heading, list item or the like."""

    text: str
    """With single spaces, on one line; Markdown keeps its line breaks."""
    tag: str
    """The block element that contains it."""
    linked: float
    """Share of its characters that are the text of a link to another page, 0 to 1."""
    links: tuple[str, ...] = ()
    """Targets of its links, as written."""
    after_image: bool = False
    """Whether a picture is directly before it."""
    scope: int = 0
    """Number of the innermost container; see `PageText.ends`."""
    listed: bool = False
    """Whether it is in an item of a list."""
    kind: str = ""
    """Kind of boilerplate; empty for text of the article."""
    words: int = 0
    """Number of words, at least one for every 24 characters: some scripts have no spaces."""

    def __post_init__(self) -> None:
        self.words = max(self.text.count(" ") + 1, len(self.text) // 24)


class Cut(NamedTuple):
    """A subtree that was left out."""

    kind: str
    words: int
    text: str


class PageText(msgspec.Struct):
    """The blocks of an article and the subtrees left out."""

    blocks: list[Block] = []
    cuts: list[Cut] = []
    starts: list[int] = []
    """Per container, the number of its first block."""
    ends: list[int] = []
    """Per container, the number of the block after its last one."""
    image: str = ""
    """Address of the first picture."""


class Outline(NamedTuple):
    """A subtree's blocks with the elements that contain them."""

    page: PageText
    parents: list[int]
    """For each container, its parent, or -1 for the root. Parents come before their children."""
    nodes: list[Any]
    """Per container, its node."""
    pending: list[bool]
    """Per container, whether it is in a link or a list, or directly after a picture."""
    pictures: list[tuple[int, str]]
    """Number of the innermost container and address of each picture."""

    def text_of(self, scope: int) -> PageText | None:
        """Return the result of `read_blocks` for the node of a container, without its cuts.

        Returns
        -------
        PageText or None
            None if what is around the node changed the blocks in it. Takes the blocks of `page`,
            which must not be used afterwards.
        """
        if self.pending[scope] or self.nodes[scope].tag in HEADINGS:
            return None
        page = self.page
        last = scope + 1
        while last < len(self.parents) and self.parents[last] >= scope:
            last += 1
        first = page.starts[scope]
        blocks = page.blocks[first : page.ends[scope]]
        for block in blocks:
            block.scope -= scope
        starts = [number - first for number in page.starts[scope:last]]
        ends = [number - first for number in page.ends[scope:last]]
        image = next((source for own, source in self.pictures if scope <= own < last), "")
        return PageText(blocks, [], starts, ends, image)


def clean(text: str) -> str:
    """Return a text on one line, without control, zero-width and direction characters.

    Examples
    --------
    >>> clean(" Rye\\n and\\u202e oats ")
    'Rye and oats'
    """
    if text.isspace():
        return ""
    line = " ".join(text.split())
    return line if line.isprintable() else " ".join(_INVISIBLE.sub("", line).split())


def without_addresses(text: str) -> str:
    """Return a line without the addresses in it: they do not count as words.

    Examples
    --------
    >>> without_addresses("Rye: https://example.org/rye/, and oats")
    'Rye: , and oats'
    """
    rest = strip_addresses(text)
    return text if rest is text else clean(rest)


def same_line(one: str, other: str) -> bool:
    """Return whether two lines are the same except for case, curled quotes and permalink signs.

    Examples
    --------
    >>> same_line("Rye’s year ¶", "RYE's year")
    True
    """
    starts = one[:1] + other[:1]
    if starts.isascii() and starts.isalnum() and len(set(starts.lower())) > 1:  # most lines
        return False
    return _plain_line(one) == _plain_line(other)


def _plain_line(text: str) -> str:
    text = text.rstrip("#¶ ")
    if not text.isascii():
        for curled, straight in _QUOTES:
            text = text.replace(curled, straight)
    return text.casefold()


def read_blocks(roots: Iterable[Any], judge: Judge) -> PageText:
    """Return the blocks of text under some nodes, in the order of the page.

    Parameters
    ----------
    roots : iterable of selectolax nodes
        Elements that contain the article.
    judge : callable
        Called for each element; one with a kind is left out with everything in it.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<div><h2>R<b>ye</b></h2>Sow it<p>early,<br>deep.</div>")
    >>> [(block.tag, block.text) for block in read_blocks([page.body], lambda *_: "").blocks]
    [('h2', 'Rye'), ('div', 'Sow it'), ('p', 'early, deep.')]
    """
    walker = _Walker(judge)
    for root in roots:
        walker.walk(root)
    return walker.page


def read_outline(root: Any, judge: Judge) -> Outline:
    """Return the result of `read_blocks` for one node, with the containers of the blocks."""
    walker = _Walker(judge)
    walker.walk(root)
    return Outline(walker.page, walker.parents, walker.nodes, walker.pending, walker.pictures)


class _Walker:
    def __init__(self, judge: Judge) -> None:
        self.page = PageText()
        self.parents: list[int] = []
        self.nodes: list[Any] = []
        self.pending: list[bool] = []
        self.pictures: list[tuple[int, str]] = []
        self._judge = judge
        self._parts: list[str] = []
        self._links: list[str] = []
        self._linked = 0
        self._tagged = 0
        self._translations = 0
        self._in_link = False
        self._in_tag = False
        self._image = False
        self._tags: list[str] = []
        self._items = 0
        self._scopes: list[int] = []

    def walk(self, root: Any) -> None:
        """Visit a subtree with an explicit stack: pages may be nested thousands deep."""
        self._open(root, root.tag or "div")
        stack: list[Any] = [root.child]
        closing: list[str] = []
        parts = self._parts
        while stack:
            node = stack.pop()
            if node is None:
                if closing:
                    self._close(closing.pop())
                continue
            stack.append(node.next)
            tag = node.tag
            if tag == "-text":
                text = node.text_content or ""
                parts.append(text)
                if self._in_link:
                    self._linked += len(text.strip())
                    self._tagged += len(text.strip()) * self._in_tag
            elif tag and tag[0] != "-" and self._enter(node, tag):
                closing.append(tag)
                stack.append(node.child)
        self._end()

    def _enter(self, node: Any, tag: str) -> bool:
        attributes = node.attributes
        if tag == "img":
            self._picture(attributes)
            return False
        kind = self._judge(node, tag, attributes)
        if kind == "prose":
            self._read_again(node)
            return False
        if kind:
            self._cut(node, kind, tag)
            return False
        if tag == "a":
            target = attributes.get("href") or ""
            if _is_mark(node, target):
                return False
            self._in_link = self._leads_away(target)
            kinds = (attributes.get("rel") or "").lower().split()
            self._in_tag = "tag" in kinds
            self._translations += "alternate" in kinds and "hreflang" in attributes
            if target:
                self._links.append(target.strip())
        elif tag == "sup" and _FOOTNOTE.fullmatch(node.text()) and node.css_first("a"):
            return False
        if tag in BLOCKS:
            self._flush()
            self._open(node, tag)
        elif tag in SPACED:
            self._parts.append(" ")
        return True

    def _leads_away(self, target: str) -> bool:
        """Return whether a link leads to another page: a heading may link to itself."""
        in_heading = self._tags[-1] in HEADINGS
        return bool(target) and not target.startswith("#") and not (in_heading and "#" in target)

    def _open(self, node: Any, tag: str) -> None:
        self.pending.append(self._image or self._in_link or self._items > 0)
        self._items += tag == "li"
        self.nodes.append(node)
        self.parents.append(self._scopes[-1] if self._scopes else -1)
        self._tags.append(tag)
        self._scopes.append(len(self.page.starts))
        self.page.starts.append(len(self.page.blocks))
        self.page.ends.append(0)

    def _close(self, tag: str) -> None:
        if tag == "a":
            self._in_link = False
        elif tag in BLOCKS:
            self._end()
        elif tag in SPACED:
            self._parts.append(" ")

    def _end(self) -> None:
        self._flush()
        self._items -= self._tags.pop() == "li"
        self.page.ends[self._scopes.pop()] = len(self.page.blocks)

    def _picture(self, attributes: Attributes) -> None:
        source = attributes.get("src") or ""
        if source and not source.startswith("data:"):
            self.page.image = self.page.image or source.strip()
            self.pictures.append((self._scopes[-1], source.strip()))
        self._parts.append(" ")
        self._image = True

    def _cut(self, node: Any, kind: str, tag: str) -> None:
        if tag in BLOCKS:
            self._flush()
        else:
            self._parts.append(" ")
        if kind != "embedded":
            text = clean(node.text(separator=" "))
            if text:
                self.page.cuts.append(Cut(kind, text.count(" ") + 1, text[:200]))

    def _read_again(self, node: Any) -> None:
        """Add the blocks of text inside a code block, whether its tags are escaped or not."""
        self._flush()
        inner = _Walker(lambda *given: "code" if given[1] == "pre" else self._judge(*given))
        source = _BLANK_LINE.sub("<p>", lines_of(node))
        if beyond_limits(source):
            source = escape(source, quote=False)
        inner.walk(parse_html(source).body)
        for block in inner.page.blocks:
            block.scope = self._scopes[-1]
        self.page.blocks += inner.page.blocks
        self.page.cuts += inner.page.cuts

    def _flush(self) -> None:
        if self._parts:
            text = clean("".join(self._parts))
            if "[" in text:
                text = clean(strip_shortcodes(text))
            if "\\" in text:
                text = clean(strip_math(text))
            text = without_addresses(text)
            if text:
                self._add(text)
            self._parts.clear()
        self._links, self._linked, self._tagged, self._translations = [], 0, 0, 0

    def _add(self, text: str) -> None:
        """Add a block with the text since the last one."""
        # A list cannot end with the heading's own element.
        headed = self._tags[-1] in HEADINGS and len(self._scopes) > 1
        scope, listed = self._scopes[-2 if headed else -1], self._items > 0
        tag, share = self._tags[-1], min(1.0, self._linked / len(text))
        block = Block(text, tag, share, tuple(self._links), self._image, scope, listed)
        if self._tagged > _TAGGED * len(text):
            block.kind = "tags"
        elif self._translations and self._leads_to_translations(text):
            block.kind = "navigation"
        self.page.blocks.append(block)
        self._image = False

    def _leads_to_translations(self, text: str) -> bool:
        """Return whether a block only leads to the page in other languages."""
        return 2 * self._translations >= len(self._links) and len(text) - self._linked <= _LABEL


def lines_of(code: Any) -> str:
    """Return the text of a code block; some highlighters end its lines with ``<br>``.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<pre><span>Sow it</span><br><span>early.</span></pre>")
    >>> lines_of(page.css_first("pre"))
    'Sow it\\nearly.'
    """
    if code.css_first("br") is None:
        return str(code.text())
    parts = code.traverse(include_text=True)
    return "".join("\n" if part.tag == "br" else part.text_content or "" for part in parts)


def _is_mark(node: Any, target: str) -> bool:
    """Return whether a link is a heading's permalink sign, or leads back from a footnote."""
    if not target.startswith("#"):
        return False
    text = node.text().strip()
    return bool(_PERMALINK.fullmatch(text)) or text in ("↩", "↩︎", "^", "↑")
