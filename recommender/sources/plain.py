"""From Markdown to plain text: the words of an article, its headings and its links.

Owns the Markdown parser. What a reader of the page does not read as text is left out: code
blocks, picture descriptions and addresses.
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

from recommender.sources.cleaning import unshield, without_templates
from recommender.sources.markup import html_links, strip_comments, strip_html, strip_title

_URL = re.compile(
    r"(?<!\w)(?:(?:https?|ftp)://|www\.(?=\w)|mailto:)"
    r"(?:[^\s<>\"|().,;:!?']|[.,;:!?'](?=[^\s<>\"|()])|\([^\s()]{0,200}\))*",
    re.IGNORECASE,
)
_EMPTY_BRACKETS = re.compile(r" ?(?:\([\s,;]{0,20}\)|\[\s{0,20}\])")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n\s*")


MAX_MARKDOWN = 200_000
"""Characters that are parsed as Markdown (a whole book has more); beyond, marks are cut out."""

_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_ROUGH_LINK = re.compile(r"\]\(([^()\s\[\]]{1,500})\)")
_MARKS = re.compile(r"[*_`~#>|\\\[\]]+|^[ \t]*(?:[-+=]+|\d{1,9}[.)])(?=\s)", re.MULTILINE)


class Document(NamedTuple):
    """The readable parts of a Markdown text."""

    text: str
    """Paragraphs, with a blank line between."""
    headings: list[str]
    """Headings, from the first on; they stand in `text` too."""
    links: list[str]
    """Targets of the links as written, Markdown's before HTML's."""
    anchors: list[str]
    """Words of each link as they stand in `text`; target and words together stand once."""

    def without_heading(self, heading: str) -> Document:
        """Return the document without this heading, if it is the first; for the title."""
        if not self.headings or self.headings[0].casefold() != heading.casefold():
            return self
        first = self.headings[0]
        before, _, after = f"\n\n{self.text}\n\n".partition(f"\n\n{first}\n\n")
        return self._replace(text=f"{before}\n\n{after}".strip(), headings=self.headings[1:])


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
    >>> read_document("# Rye\\n\\nSow [early](/sow/), &amp; *deep*.")
    Document(text='Rye\\n\\nSow early, & deep.', headings=['Rye'], links=['/sow/'], \
anchors=['early'])
    """
    source = strip_comments(without_templates(markdown, code))
    found = _Blocks(code)
    found.read(strip_html(source, code))
    found.links.update({(target, read_line(words)): None for target, words in html_links(source)})
    targets = [unshield(target) for target, _ in found.links]
    anchors = [words for _, words in found.links]
    return Document("\n\n".join(found.texts), found.headings, targets, anchors)


def read_line(markdown: str) -> str:
    """Return a field such as a summary as one line of plain text.

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
    """Collects the blocks of a document, its headings and its links."""

    def __init__(self, code: bool) -> None:
        self.code = code
        self.texts: list[str] = []
        self.headings: list[str] = []
        self.links: dict[tuple[str, str], None] = {}

    def read(self, source: str) -> None:
        if len(source) > MAX_MARKDOWN:
            self.read_roughly(source)
            return
        opened = ""
        for token in _parser().parse(source):
            if token.type == "inline":
                self.links.update(dict.fromkeys(_links(token.children or ())))
                self.add("".join(_words(token.children or ())), opened == "heading_open")
            elif token.type in ("fence", "code_block"):
                self.add_code(token)
            opened = token.type

    def read_roughly(self, source: str) -> None:
        """Take the marks out of a text that is too long to be parsed in good time."""
        for block in re.split(r"\n[ \t]*\n", source):
            heading = _HEADING.match(block)
            self.links.update(dict.fromkeys((link, "") for link in _ROUGH_LINK.findall(block)))
            self.add(_MARKS.sub(" ", _ROUGH_LINK.sub(" ", block)), bool(heading))

    def add(self, text: str, is_heading: bool = False) -> None:
        block = _tidy(text)
        if block:
            self.texts.append(block)
            if is_heading:
                self.headings.append(block)

    def add_code(self, token: Token) -> None:
        if self.code:
            self.add(token.content)
        elif token.type == "code_block" and _reads_as_prose(token.content):
            self.read(token.content)


def _reads_as_prose(text: str) -> bool:
    """Tell whether an indented block is a paragraph under a list, set in too far."""
    words = text.split()
    signs = sum(map(text.count, "{}()[];=<>$_|\\#\"'"))
    return len(words) >= 8 and len(words) >= 6 * text.count("\n") and signs < len(words) / 2


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Links stay as written, and one that a browser would refuse is still no text.
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
    """Drop addresses and entities left in a block, and even its spaces out."""
    text = html.unescape(unshield(text))
    if ":" in text or "www" in text:
        text = _EMPTY_BRACKETS.sub("", _URL.sub("", text))
    return _LINES.sub("\n", _SPACE.sub(" ", text)).strip()
