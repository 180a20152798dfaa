"""Where the head of a file (its front matter) begins and ends.

Finds the lines only: `sources.markdown.front_matter` reads the fields between them, and
`outputs.heads` edits them, so both agree on where they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OPENING = re.compile(r"\ufeff?\s*?(---|\+\+\+)[ \t]*(yaml|yml|toml|json)?[ \t]*(?:\r?\n|\Z)")
_CLOSING = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*(?:\r?\n|\Z)", re.MULTILINE),
}
_KEY_LINE = re.compile(r"\s*[\w\"'.-]+[ \t]*[:=]")
_OBJECT = re.compile(r"\ufeff?\s*(?=\{\s*[\"}])")

_COMMENT = re.compile(
    r"\ufeff?\s*<!--[ \t]*\n((?:[ \t]*(?:\.\. [a-z][a-z_]*:.*)?\n)+?)[ \t]*-->\n?"
)
_COMMENT_LINE = re.compile(r"^[ \t]*\.\. ([a-z][a-z_]*):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_HEADER_LINE = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")
_HEADER_KEYS = frozenset(
    ["title", "date", "slug", "category", "tags", "author", "authors", "status", "modified"]
)


class HeadLines(NamedTuple):
    """Offsets of a head between two lines of ``---`` or ``+++``."""

    mark: str
    """``---`` or ``+++``."""
    language: str
    """``yaml``, ``toml`` or ``json``."""
    start: int
    """Where the opening line begins."""
    fields: int
    """Where the fields begin."""
    end: int
    """Where the closing line begins; -1 if there is none."""
    body: int
    """Where the text after the closing line begins; -1 if there is none."""


def find_head(text: str) -> HeadLines | None:
    """Return where the head of a text is, or None if no line opens one.

    A byte order mark, blank lines above and CRLF line ends are accepted. A ``---`` without a
    closing line is a rule above the text, unless a ``key: value`` line follows.

    Examples
    --------
    >>> find_head("---\\ntitle: Rye\\n---\\nSow it.")
    HeadLines(mark='---', language='yaml', start=0, fields=4, end=15, body=19)
    >>> find_head("---\\nSow rye.") is None
    True
    """
    opening = _OPENING.match(text)
    if opening is None:
        return None
    mark = opening[1]
    language = (opening[2] or ("toml" if mark == "+++" else "yaml")).replace("yml", "yaml")
    closing = _CLOSING[mark].search(text, opening.end())
    if closing is None and mark == "---" and not _KEY_LINE.match(text, opening.end()):
        return None
    end, body = closing.span() if closing else (-1, -1)
    return HeadLines(mark, language, opening.start(1), opening.end(), end, body)


def find_object(text: str) -> int:
    """Return where the JSON object at the head of a text begins; -1 if there is none.

    Examples
    --------
    >>> find_object('{"title": "Rye"}'), find_object("{{ toc }}")
    (0, -1)
    """
    found = _OBJECT.match(text)
    return found.end() if found else -1


def find_comment(text: str) -> tuple[dict[str, str], int]:
    """Return Nikola's fields and where they end: a comment of lines ``.. key: value``.

    One of them is the title. Ends of lines are ``\\n``.

    Examples
    --------
    >>> find_comment("<!--\\n.. title: Rye\\n.. tags:\\n-->\\nSow it.")
    ({'title': 'Rye', 'tags': ''}, 32)
    >>> find_comment("<!-- title: Rye -->")
    ({}, 0)
    """
    found = _COMMENT.match(text)
    fields = dict(_COMMENT_LINE.findall(found[1])) if found else {}
    return (fields, found.end()) if found and fields.get("title") else ({}, 0)


def find_headers(text: str) -> tuple[dict[str, str], int]:
    """Return Pelican's headers and where they end: ``Key: value`` lines, one of them known.

    Examples
    --------
    >>> find_headers("Title: Rye\\nTags: grain,\\n  field\\n\\nSow it.")
    ({'Title': 'Rye', 'Tags': 'grain, field'}, 32)
    >>> find_headers("Note: sow rye.")
    ({}, 0)
    """
    fields: dict[str, str] = {}
    key, end = "", 0
    for line in text.removeprefix("\ufeff").splitlines(keepends=True):
        header = _HEADER_LINE.match(line.rstrip())
        if header:
            key = header[1]
            fields[key] = (header[2] or "").strip()
        elif key and line[0] in " \t" and line.strip():
            fields[key] = f"{fields[key]} {line.strip()}".strip()
        elif key and not line.strip():
            break
        else:
            return {}, 0
        end += len(line)
    known = any(name.lower() in _HEADER_KEYS for name in fields)
    return (fields, end + text.startswith("\ufeff")) if known else ({}, 0)
