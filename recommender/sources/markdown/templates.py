"""Template syntax in Markdown: Hugo shortcodes, Liquid, Nunjucks and Jinja tags.

Removes the tags and keeps the text between paired ones, except in blocks of code.
A tag that is a link's target is replaced by the address it names. Time is linear in the text.
"""

from __future__ import annotations

import re

MAX_TAG = 4_000
"""Maximum number of characters in a tag; an opener without a closer this near is literal."""

_OPENER = re.compile(r"\{\{[<%]?|\{%|\{#")
_CLOSERS = {"{{<": ">}}", "{{%": "%}}", "{{": "}}", "{%": "%}", "{#": "#}"}
_HEADING_ID = re.compile(r"\{#[^\s{}#]{1,200}\}")
_NAME = re.compile(r"[-~+\s]*(/?)\s*([\w./-]*)")
_QUOTED = re.compile(r"[\"']([^\"'\s()]+)[\"']")
_BARE_TARGET = re.compile(r"\s*(?:post_url|link|relref|ref)\s+([^\s\"'()|]+)")
_LINK_STARTS = ("](", '="', "='", "]: ")
_CODE_BLOCKS = frozenset(
    {"highlight", "codeblock", "code", "comment", "macro", "mermaid", "math", "katex", "chart",
     "script", "style", "schema", "javascript", "stylesheet", "css", "js", "svg"}
)  # fmt: skip
_RAW = frozenset({"raw", "verbatim"})
_BRACES = str.maketrans("{}%", "   ")


def strip_templates(text: str) -> str:
    """Return a text without template tags.

    The text of paired shortcodes and blocks is kept. Captions and other arguments of a tag are
    removed, and so are whole blocks of code, comments and macros.

    Examples
    --------
    >>> strip_templates('{{< note "x" >}}Rye{{< /note >}} and {% if a %}oats{% endif %}.').split()
    ['Rye', 'and', 'oats', '.']
    >>> strip_templates('[rye]({{< ref "rye.md" >}})')
    '[rye](rye.md)'
    """
    return _Stripper(text).run() if _OPENER.search(text) else text


class _Stripper:
    """One pass over a text; remembers what it did not find, to avoid searching for it again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.next_closer: dict[str, int] = {}
        self.missing: set[str] = set()

    def run(self) -> str:
        text, position = self.text, 0
        kept: list[str] = []
        while opener := _OPENER.search(text, position):
            kept.append(text[position : opener.start()])
            replacement, position = self.replace(opener)
            kept.append(replacement)
        kept.append(text[position:])
        return "".join(kept)

    def replace(self, opener: re.Match[str]) -> tuple[str, int]:
        """Return the replacement of the tag at `opener`, and where the text continues."""
        mark, start = opener[0], opener.start()
        heading_id = _HEADING_ID.match(self.text, start) if mark == "{#" else None
        if heading_id:
            return "", heading_id.end()
        closer = _CLOSERS[mark]
        stop = self.find_closer(closer, opener.end())
        if stop < 0 or stop - start > MAX_TAG:
            return self.text[start], start + 1
        end = stop + len(closer)
        content = self.text[opener.end() : stop]
        found = _NAME.match(content)
        name = found[2].lower() if found and not found[1] else ""
        if mark == "{%" and name in _RAW:
            return self.raw(name, end)
        holds_code = name in _CODE_BLOCKS or (name == "set" and "=" not in content)
        if holds_code and mark not in ("{{", "{#"):
            end = self.block_end(mark, name, end) or end
        return self.instead(start, content), end

    def find_closer(self, closer: str, start: int) -> int:
        position = self.next_closer.get(closer, -1)
        if position < start:
            position = self.text.find(closer, start)
            self.next_closer[closer] = position if position >= 0 else len(self.text)
        return position if position < len(self.text) else -1

    def raw(self, name: str, start: int) -> tuple[str, int]:
        """Return the literal text up to the end of a raw block, its braces blanked."""
        closing = self.search(rf"\{{%[-~+]?\s*end{name}\s*[-~+]?%\}}", start)
        if not closing:
            return "", start
        return self.text[start : closing.start()].translate(_BRACES), closing.end()

    def block_end(self, mark: str, name: str, start: int) -> int | None:
        """Return where the block that a tag opens ends, None if nothing closes it."""
        name = re.escape(name)
        if mark == "{%":
            closing = self.search(rf"\{{%[-~+]?\s*end{name}\b[^%]{{0,100}}%\}}", start)
        else:
            closing = self.search(rf"\{{\{{[<%]\s*/\s*{name}\s*[>%]\}}\}}", start)
        return closing.end() if closing else None

    def search(self, pattern: str, start: int) -> re.Match[str] | None:
        if pattern in self.missing:
            return None
        found = re.compile(pattern, re.IGNORECASE).search(self.text, start)
        if not found:
            self.missing.add(pattern)
        return found

    def instead(self, start: int, content: str) -> str:
        """Return a link's target, an empty string at the start of a line, else a space."""
        before = self.text[max(0, start - 3) : start]
        if before.endswith(_LINK_STARTS):
            target = _QUOTED.search(content) or _BARE_TARGET.match(content)
            return target[1] if target else ""
        return "" if not before or before[-1] in "\n(/" else " "
