"""Links written into Markdown files: as edits of their source, for a patch."""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterator
from typing import Any

import pyromark

from recommender.sources.markdown.document import OPTIONS
from recommender.sources.markdown.front_matter import split_front_matter

_TEMPLATE = re.compile(rb"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HTML_LINK = re.compile(r"<(/?)a\b", re.IGNORECASE)
_PLAIN = frozenset({"Paragraph", "Item", "List", "BlockQuote", "Emphasis", "Strong"})
"""Elements in which a link may be written."""
_SEEN = frozenset({"Text", "Code", "Html", "InlineHtml"})


def with_link(source: str, words: str, address: str) -> str | None:
    """Return a Markdown file with a link at the first place where some words are plain text.

    Parameters
    ----------
    source : str
        The file, with its front matter.
    words : str
        The words to link, as a reader sees them.
    address : str
        Where the link leads, from `safe_address`.

    Returns
    -------
    str or None
        Everything but the link is as it was. None if the words are only in a heading, a link, a
        table, code, HTML or a template, or are interrupted by markup or the end of a line; and if
        the file has line ends of several kinds.

    Raises
    ------
    SourceError
        If the front matter cannot be read.

    Examples
    --------
    >>> with_link("# Our rye\\n\\nBake [our rye](/a/) or *our rye*.", "our rye", "/rye/")
    '# Our rye\\n\\nBake [our rye](/a/) or *[our rye](/rye/)*.'
    """
    lines = source.replace("\r\n", "\n")
    newline = "\n" if lines == source else "\r\n"
    if "\r" in lines or lines.replace("\n", newline) != source:
        return None
    body = split_front_matter(lines).body.encode()
    head = lines.encode()[: -len(body) or None]
    target = address.replace("(", "%28").replace(")", "%29").encode()
    pattern = re.compile(rb"(?<![\w!\\\[/])" + re.escape(words.encode()) + rb"(?![\w/])")
    hidden = [found.span() for found in _TEMPLATE.finditer(body)]
    for first, last in _plain_texts(body):
        for found in pattern.finditer(body, first, last):
            start, end = found.span()
            if any(left < end and start < right for left, right in hidden):
                continue
            edited = b"%b[%b](%b)%b" % (body[:start], found[0], target, body[end:])
            if _seen(edited) == _seen(body):
                return (head + edited).decode().replace("\n", newline)
    return None


def _events(body: bytes) -> Iterator[tuple[str, Any, int, int]]:
    """Yield kind and value of each event of the parser, and its place in bytes."""
    events: Any = pyromark.events_with_range(body.decode(), options=OPTIONS)
    for event, place in events:
        kind, value = next(iter(event.items())) if isinstance(event, dict) else (event, "")
        yield kind, value, place["start"], place["end"]


def _plain_texts(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield the places of the pieces of text in which a link may be written."""
    others, in_link = 0, False
    for kind, value, start, end in _events(body):
        if kind in ("Start", "End"):
            name = value if isinstance(value, str) else next(iter(value))
            others += 0 if name in _PLAIN else 1 if kind == "Start" else -1
        elif kind == "InlineHtml" and (tag := _HTML_LINK.match(value)):
            in_link = not tag[1]
        elif kind == "Text" and not others and not in_link:
            yield start, end


def _seen(body: bytes) -> str:
    """Return the text of a page, without the markup of Markdown."""
    return "".join(value for kind, value, _, _ in _events(body) if kind in _SEEN)


def patch(name: str, before: str, after: str) -> str:
    """Return the difference of two versions of a file, as ``git apply`` and ``patch -p1`` read it.

    Examples
    --------
    >>> print(patch("rye.md", "Sow rye.\\n", "Sow [rye](/r/).\\n"), end="")
    --- a/rye.md
    +++ b/rye.md
    @@ -1 +1 @@
    -Sow rye.
    +Sow [rye](/r/).
    """
    old, new = (io.StringIO(text, newline="\n").readlines() for text in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    end = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else f"{line}{end}" for line in lines)
