"""From Markdown to plain text: the words of an article, its headings and its links.

Owns the Markdown parser. Leaves out what readers of the page do not read as text: code blocks,
picture descriptions and addresses.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from recommender.sources.html.boilerplate import NEAR_TOP
from recommender.sources.html.debris import reads_as_prose
from recommender.sources.html.markup import html_links, strip_comments, strip_html, strip_title
from recommender.sources.html.text import HEADINGS, Block, PageText, same_line
from recommender.sources.markdown.cleaning import unshield, without_templates

_URL = re.compile(
    r"(?<!\w)(?:(?:https?|ftp)://|www\.(?=\w)|mailto:)"
    r"(?:[^\s<>\"|().,;:!?']|[.,;:!?'](?=[^\s<>\"|()])|\([^\s()]{0,200}\))+",
    re.IGNORECASE,
)
_EMPTY_BRACKETS = re.compile(r" ?(?:\([\s,;]{0,20}\)|\[\s{0,20}\])")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")


MAX_MARKDOWN = 200_000
"""Maximum number of characters parsed as Markdown; a longer text (a book) only loses its marks."""

_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_ROUGH_LINK = re.compile(r"\]\(([^()\s\[\]]{1,500})\)")
_CELL_END = Token("text", "", 0, content=" ")
_MARKS = re.compile(r"[*_`~#>|\\\[\]]+|^[ \t]*(?:[-+=]+|\d{1,9}[.)])(?=\s)", re.MULTILINE)


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

    def page(self) -> PageText:
        """Return the blocks as those of a page without containers."""
        return PageText(self.blocks, starts=[0], ends=[len(self.blocks)])

    def without_heading(self, heading: str) -> Document:
        """Return the document without the title: its first heading, and lines near the top."""
        first = next((block for block in self.blocks if block.tag in HEADINGS), None)
        kept = [
            block
            for number, block in enumerate(self.blocks)
            if not ((block is first or number <= NEAR_TOP) and same_line(block.text, heading))
        ]
        return self._replace(blocks=kept)


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
    found = _Blocks(code)
    found.read(strip_html(source, code))
    found.links.update({(target, read_line(words)): None for target, words in html_links(source)})
    targets = [unshield(target) for target, _ in found.links]
    anchors = [words for _, words in found.links]
    return Document(found.blocks, targets, anchors)


def read_line(markdown: str) -> str:
    """Return the summary or a similar field as one line of plain text.

    Examples
    --------
    >>> read_line("**Rye**&mdash;sown <em>early</em>.")
    'Rye—sown early.'
    """
    if not any(char in markdown for char in "<&*_[`{\n~\\:"):
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


class _Blocks:
    """Collects the blocks of a document and its links."""

    def __init__(self, code: bool) -> None:
        self.code = code
        self.blocks: list[Block] = []
        self.links: dict[tuple[str, str], None] = {}
        self._after_image = False
        self._items = 0

    def read(self, source: str) -> None:
        if len(source) > MAX_MARKDOWN:
            self.read_roughly(source)
            return
        opened = "p"
        row: list[Token] = []
        for token in _parser().parse(source):
            if token.type == "inline" and opened in ("th", "td"):
                row += [*(token.children or ()), _CELL_END]
            elif token.type == "inline":
                self.add_inline(token.children or (), opened)
            elif token.type == "tr_close":  # the cells of a row are one line, as on the page
                self.add_inline(row, "tr")
                row = []
            elif token.type in ("fence", "code_block"):
                self.add_code(token)
            elif token.type in ("list_item_open", "list_item_close"):
                self._items += token.nesting
            opened = token.tag

    def add_inline(self, children: Sequence[Token], tag: str) -> None:
        links = list(_links(children))
        self.links.update(dict.fromkeys(links))
        self._after_image |= any(child.type == "image" for child in children)
        self.add("".join(_words(children)), tag, links)

    def read_roughly(self, source: str) -> None:
        """Remove the marks from a text that is too long to parse."""
        for block in re.split(r"\n[ \t]*\n", source):
            tag = "h2" if _HEADING.match(block) else "p"
            self.links.update(dict.fromkeys((link, "") for link in _ROUGH_LINK.findall(block)))
            self.add(_MARKS.sub(" ", _ROUGH_LINK.sub(" ", block)), tag)

    def add(self, text: str, tag: str = "p", links: Sequence[tuple[str, str]] = ()) -> None:
        text = _tidy(text)
        if text:
            away = sum(len(words) for target, words in links if not target.startswith("#"))
            linked = min(1.0, away / len(text))
            listed, image = self._items > 0, self._after_image
            self.blocks.append(Block(text, tag, linked, after_image=image, listed=listed))
            self._after_image = False

    def add_code(self, token: Token) -> None:
        if self.code:
            self.add(token.content)
        elif token.type == "code_block" and reads_as_prose(token.content):
            self.read(token.content)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Links stay as written; even one that a browser would refuse is not text.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def _words(children: Iterable[Token]) -> Iterator[str]:
    for child in children:
        if child.type in ("text", "code_inline"):
            yield child.content
        elif child.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif child.type == "image":
            yield " "


def _links(children: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield target and words of each link among the tokens of a block."""
    for start, child in enumerate(children):
        if child.type == "link_open" and child.attrs.get("href"):
            inside = takewhile(lambda token: token.type != "link_close", children[start:])
            yield str(child.attrs["href"]).strip(), _tidy("".join(_words(inside)))


def _tidy(text: str) -> str:
    """Remove addresses and entities left in a block, and even out its spaces."""
    text = html.unescape(unshield(text))
    if ":" in text or "www" in text:
        text = _EMPTY_BRACKETS.sub("", _URL.sub("", text))
    return _LINES.sub("\n", _SPACE.sub(" ", text)).strip()
