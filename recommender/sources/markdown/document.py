"""From Markdown to plain text: the words of an article, its headings and its links.

Owns the Markdown parser. Leaves out what readers of the page do not read as text: code blocks,
picture descriptions and addresses.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pyromark

from recommender.sources.html.boilerplate import NEAR_TOP
from recommender.sources.html.debris import reads_as_prose, strip_addresses
from recommender.sources.html.markup import (
    HEADINGS,
    has_mark,
    html_links,
    strip_comments,
    strip_html,
    strip_title,
)
from recommender.sources.html.text import Block, PageText, same_line
from recommender.sources.html.titles import OPENING
from recommender.sources.markdown.cleaning import is_shielded, unshield, without_templates

_MARKUP = re.compile(r"[<&*_\[`{\n~\\:]")
_SHIELD_NUMBER = re.compile(r"&#0*573[45]\d|&#[xX]0*[eE]00")
_REFERENCE = re.compile(r"(?<![\w\]])\[([^\[\]\n]{1,200})\]\[([^\[\]\n]{0,200})\]")
"""A link whose target is defined elsewhere, such as in a file that is included."""
_NOT_WORD = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"[(\[][\s,;]{0,20}[)\]]")
_EMPTY_BRACKETS = re.compile(r" ?(?:\([\s,;]{0,20}\)|\[\s{0,20}\])")

OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
"""What Markdown may contain beyond CommonMark."""
_INLINE = frozenset({"Emphasis", "Strong", "Strikethrough", "Link", "Image"})
_ROWS = frozenset({"TableHead", "TableRow"})
_BLOCK_TAG = re.compile(r"<(/?(?:p|h[1-6]|blockquote|ul|ol|li|pre|table|img))(?: [^>]*)?>")
_UNTOLD = frozenset({"pre", "table", "img"})
"""Elements that do not tell all that the parser's events do."""
_ANY_TAG = re.compile(r"<[^>]*>")
_ANCHOR = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.S)
_ENCODED = re.compile(r'<a href="[^"%]*%')


class Document(NamedTuple):
    """The readable parts of a Markdown text."""

    blocks: list[Block]
    """Paragraphs, headings, list items; those with a `kind` are not the article's."""
    links: list[str]
    """Targets of the links as written, those of Markdown before those of HTML."""
    anchors: list[str]
    """Words of each link as in `text`; each pair of target and words is listed once."""

    @property
    def text(self) -> str:
        """The blocks that are the article's, with a blank line between."""
        return "\n\n".join(block.text for block in self.blocks if not block.kind)

    @property
    def headings(self) -> list[str]:
        """Headings, from the first on; they are in `text` too."""
        return [b.text for b in self.blocks if b.tag in HEADINGS and not b.kind]

    @property
    def headline(self) -> str:
        """The heading that is the title of a file without another: the first, or empty.

        One below the first level begins a section if text comes before it, and it is one of
        several or the text is more than a few words.
        """
        found = [(row, b) for row, b in enumerate(self.blocks) if b.tag in HEADINGS]
        if not found:
            return ""
        (row, first), *others = found
        if first.tag == "h1" or row == 0:
            return first.text
        words = sum(len(block.text.split()) for block in self.blocks[:row])
        several = any(block.tag <= first.tag for _, block in others)
        return "" if several or words > OPENING else first.text

    def page(self) -> PageText:
        """Return the blocks as those of a page without containers."""
        return PageText(self.blocks, starts=[0], ends=[len(self.blocks)])

    def without_heading(self, heading: str) -> Document:
        """Return the document without the title: its first heading, and lines near the top."""
        first = next((block for block in self.blocks if block.tag in HEADINGS), None)
        near = self.blocks[: NEAR_TOP + 1]
        if first is not None and not any(block is first for block in near):
            near.append(first)
        repeats = [id(block) for block in near if same_line(block.text, heading)]
        if not repeats:
            return self
        return self._replace(blocks=[b for b in self.blocks if id(b) not in repeats])


def read_document(markdown: str, code: bool = False) -> Document:
    """Return the text, headings and links of a Markdown body.

    Parameters
    ----------
    markdown : str
        As sites write it: with templates, shortcodes, HTML, directives and code.
    code : bool
        Count code blocks as text.

    Examples
    --------
    >>> document = read_document("# Rye\\n\\nSow [early](/sow/), &amp; *deep*.")
    >>> document.text, document.headings, document.links, document.anchors
    ('Rye\\n\\nSow early, & deep.', ['Rye'], ['/sow/'], ['early'])
    """
    source = strip_comments(without_templates(markdown, code))
    plain = strip_html(source, code)
    shielded = is_shielded(source) or _names_shield(plain)
    found = _Blocks(code, shielded)
    if not found.read_markup(plain):
        found.read(plain)
    found.links.update({(target, read_line(words)): None for target, words in html_links(source)})
    targets = [target for target, _ in found.links]
    if shielded:
        targets = list(map(unshield, targets))
    anchors = [words for _, words in found.links]
    return Document(found.blocks, targets, anchors)


def read_line(markdown: str) -> str:
    """Return the summary or a similar field as one line of plain text.

    Examples
    --------
    >>> read_line("**Rye**&mdash;sown <em>early</em>.")
    'Rye—sown early.'
    """
    if not _MARKUP.search(markdown):
        return " ".join(markdown.split())
    return " ".join(read_document(markdown).text.split())


def read_title(title: str) -> str:
    """Return a headline without tags and entities, on one line.

    Examples
    --------
    >>> read_title("Rye&#8217;s <em>year</em>")
    'Rye’s year'
    """
    return " ".join(html.unescape(strip_title(title)).split())


def _names_shield(text: str) -> bool:
    """Return whether a text may contain a character of `shield_code_spans` as a number."""
    return has_mark(text, "&#") and _SHIELD_NUMBER.search(text) is not None


class _Blocks:
    """Collects the blocks of a document and its links from the events of the parser."""

    def __init__(self, code: bool, shielded: bool) -> None:
        self.code = code
        self._shielded = shielded
        self.blocks: list[Block] = []
        self.links: dict[tuple[str, str], None] = {}
        self._after_image = False
        self._rows = self._items = self._images = 0  # open around the next text
        self._start_block()

    def read_markup(self, source: str) -> bool:
        """Read a text from the parser's HTML, with the result of `read`, in half of the time.

        Returns
        -------
        bool
            False, with nothing read, if the HTML may not tell all that the events do: raw HTML,
            code blocks, tables, pictures, and addresses whose encoding the parser completed.
        """
        if "<" in source:
            return False
        page = pyromark.html(source, options=OPTIONS)
        if "%" in page and _ENCODED.search(page):
            return False
        pieces = _BLOCK_TAG.split(page)
        names = [*pieces[1::2], "/p"]
        if not _UNTOLD.isdisjoint(names):
            return False
        for text, name in zip(pieces[::2], names, strict=True):
            if text not in ("", "\n"):
                self._add_markup(text, name[1:] if name[:2] == "/h" else "p")
            if name == "li":
                self._items += 1
            elif name == "/li":
                self._items -= 1
        return True

    def _add_markup(self, text: str, tag: str) -> None:
        links: list[tuple[str, str]] = []
        if "<" in text:
            for target, words in _ANCHOR.findall(text):
                target = html.unescape(target).strip()
                if target:
                    words = html.unescape(_ANY_TAG.sub("", words) if "<" in words else words)
                    links.append((target, _tidy(words, self._shielded)))
            text = _ANY_TAG.sub("", text)
            if text:  # else it is a link without words
                self.links.update(dict.fromkeys(links))
        self.add(html.unescape(text) if "&" in text else text, tag, links)

    def read(self, source: str) -> None:
        code: list[str] | None = None
        indented = False
        events: Iterable[Any] = pyromark.events(source, options=OPTIONS)
        for event in events:
            if isinstance(event, str):  # a line break or a rule
                self._parts.append("\n")
                continue
            ((kind, value),) = event.items()
            if kind == "Start":
                name, details = _named(value)
                if name == "CodeBlock":
                    self._end_block()
                    code, indented = [], details == "Indented"
                else:
                    self._open(name, details)
            elif kind == "End":
                name, ended = _named(value)
                if name == "CodeBlock":
                    self._add_code("".join(code or ()), indented)
                    code = None
                else:
                    self._close(name, ended)
            elif code is not None:
                code.append(value)
            elif not self._images:
                self._parts.append(value)
        self._end_block()

    def _open(self, name: str, details: Any) -> None:
        if name == "Link":
            target = details["dest_url"]
            target = f"mailto:{target}" if details["link_type"] == "Email" else target
            self._opened.append((target.strip(), len(self._parts)))
        elif name == "Image":
            self._images += 1
            self._after_image = True
            self._parts.append(" ")
        elif name in _ROWS:
            self._end_block()
            self._rows += 1
        elif name not in _INLINE and not self._rows:
            self._end_block()
            self._items += name == "Item"

    def _close(self, name: str, level: Any) -> None:
        if name == "Link":
            target, start = self._opened.pop()
            if target:
                self._links.append((target, _tidy("".join(self._parts[start:]), self._shielded)))
        elif name == "Image":
            self._images -= 1
        elif name == "TableCell":
            self._parts.append(" ")
        elif name in _ROWS:  # the cells of a row are one line, as on the page
            self._end_block("tr")
            self._rows -= 1
        elif name not in _INLINE:
            self._end_block(level.lower() if name == "Heading" else "p")
            self._items -= name == "Item"

    def _end_block(self, tag: str = "p") -> None:
        if self._parts:
            self.links.update(dict.fromkeys(self._links))
            self.add("".join(self._parts), tag, self._links)
        self._start_block()

    def _start_block(self) -> None:
        self._parts: list[str] = []
        self._links: list[tuple[str, str]] = []
        self._opened: list[tuple[str, int]] = []

    def add(self, text: str, tag: str = "p", links: Sequence[tuple[str, str]] = ()) -> None:
        text = _tidy(text, self._shielded)
        if text:
            linked = 0.0
            if links:
                away = sum(len(words) for target, words in links if not target.startswith("#"))
                linked = min(1.0, away / len(text))
            listed, image = self._items > 0, self._after_image
            self.blocks.append(Block(text, tag, linked, (), image, listed=listed))
            self._after_image = False

    def _add_code(self, text: str, indented: bool) -> None:
        """Add a code block if code counts, or if it is indented prose, taken for code."""
        if self.code:
            self.add(text)
        elif indented and reads_as_prose(text):
            self.read(text)


def _named(value: Any) -> tuple[str, Any]:
    """Return the name of what an event starts or ends, and its details."""
    return (value, None) if isinstance(value, str) else next(iter(value.items()))


def _tidy(text: str, shielded: bool) -> str:
    """Remove addresses, entities and open references left in a block, and even out its spaces."""
    if "[" in text and "][" in text:
        text = _REFERENCE.sub(_referring, text)
    if shielded:
        text = unshield(text)
    if "&" in text:
        text = html.unescape(text)
    if ":" in text or "www" in text:
        text = strip_addresses(text)
        if ("(" in text or "[" in text) and _BRACKETS.search(text):
            text = _EMPTY_BRACKETS.sub("", text)
    if "\n" not in text:
        return _even(text)
    return "\n".join(filter(None, map(_even, text.split("\n"))))


def _referring(link: re.Match[str]) -> str:
    """Return the words of an open reference, and its name as written if that says more."""
    words, name = (_NOT_WORD.sub("", part.casefold()) for part in link.groups())
    return link[0] if name not in ("", words) else link[1]


def _even(line: str) -> str:
    """Return a line with single spaces between its words."""
    if "  " not in line and line.isprintable():  # no other white space than spaces is printable
        return line.strip(" ")
    return " ".join(line.split())
