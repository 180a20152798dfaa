"""Lets docutils read Sphinx's dialect without Sphinx, and extracts the text of its trees.

While a text is parsed, unknown directives give their content and unknown roles their text;
afterwards docutils is restored. This module imports docutils, so it is itself imported late.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.parsers.rst.states import Inliner
from docutils.utils import Reporter

from recommender.sources.directives import (
    CONTENTS,
    NO_TEXT,
    OWN_ROLES,
    is_object,
    role_text,
    shown_argument,
)
from recommender.sources.html.debris import strip_addresses
from recommender.sources.rst.limits import check_paragraph

_SUBSTITUTION = re.compile(r"\|[^|]+\|")
_OF_PROGRAM = re.compile(r"[(.A-Z]")
_COMMENT_FIELD = re.compile(r"([a-z][a-z_]*):(?:\s+(.*))?", re.DOTALL)
_SETTINGS = {
    "_disable_config": True,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "sectsubtitle_xform": False,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": Reporter.SEVERE_LEVEL + 1,
    "halt_level": Reporter.SEVERE_LEVEL + 1,
    "input_encoding": "unicode",
    "syntax_highlight": "none",
    "smart_quotes": False,
    "line_length_limit": 10_000_000,
}
_LOCK = threading.Lock()


def _inliner() -> Inliner:
    """Return a parser of paragraphs that refuses those for which it would need minutes."""
    inliner = Inliner()
    parse = inliner.parse

    def checked(text: str, *arguments: Any) -> Any:
        check_paragraph(text)
        return parse(text, *arguments)

    inliner.parse = checked  # type: ignore[assignment,method-assign] # a subclass lacks its patterns
    return inliner


class _AnyOption(dict[str, Any]):
    """Options of an unknown directive: all are accepted."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        return lambda value: value


class _MoreOptions(dict[str, Any]):
    """Options of a directive that Sphinx has more of than docutils, which would refuse them."""

    def __missing__(self, name: str) -> Any:
        return lambda value: value


class _Foreign(Directive):
    """A directive of Sphinx or an extension: what it contains is text, its options are not.

    So the text that an author adds to an object of autodoc stays; its docstring is unknown.
    """

    optional_arguments: ClassVar[int] = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()
    title = ""

    def run(self) -> list[nodes.Node]:
        box = nodes.container()
        text = self._argument()
        if text:
            parsed, _ = self.state.inline_text(text, self.lineno)
            box += nodes.paragraph(text, "", *parsed)
        if self.name == "glossary" or self.content:
            self.state.nested_parse(self.content, self.content_offset, box, match_titles=True)
        return [box]

    def _argument(self) -> str:
        text = shown_argument(self.name, " ".join(self.arguments).strip())
        objects = text.replace("_", r"\_").replace("*", r"\*")
        return objects if is_object(self.name) else text


class _Class(_Foreign):
    """A class of a program, or one of a style sheet, whose name readers do not see."""

    def _argument(self) -> str:
        return super()._argument() if _OF_PROGRAM.search(" ".join(self.arguments)) else ""


class _Silent(_Foreign):
    """A directive with code, a drawing or a setting in it."""

    def run(self) -> list[nodes.Node]:
        return []


class _Code(_Foreign):
    """A block of code, kept separate because code may be counted as text."""

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        return [nodes.literal_block(text, text)]


def parse(source: str, where: str) -> tuple[nodes.document, bool]:
    """Return the tree of a reStructuredText document, and whether a ``toctree`` is in it.

    Examples
    --------
    >>> tree, has_contents = parse("Rye\\n===\\n\\n.. toctree::\\n\\n   oats\\n", "rye.rst")
    >>> has_contents
    True
    """
    with _LOCK, _sphinx_dialect() as seen:
        document = publish_doctree(
            source,
            source_path=where,
            parser=Parser(inliner=_inliner()),
            settings_overrides=_SETTINGS,
        )
    return document, bool(CONTENTS & seen)


@contextmanager
def _sphinx_dialect() -> Iterator[set[str]]:
    seen: set[str] = set()
    known_directive, known_role = directives.directive, roles.role

    def directive(name: str, language: Any, document: Any) -> Any:
        lower = name.lower()
        seen.add(lower)
        if lower in ("code-block", "sourcecode", "code"):
            return _Code, []
        if lower in CONTENTS or lower in NO_TEXT:
            return _Silent, []
        if lower == "class":
            return _Class, []
        found, _ = known_directive(name, language, document)
        return _lenient(found) if found else _Foreign, []

    def role(name: str, language: Any, lineno: int, reporter: Any) -> Any:
        if name.lower() in OWN_ROLES:
            return _foreign_role, []
        found, _ = known_role(name, language, lineno, reporter)
        return found or _foreign_role, []

    directives.directive, roles.role = directive, role  # type: ignore[assignment]
    try:
        yield seen
    finally:
        directives.directive, roles.role = known_directive, known_role


def _lenient(directive: Any) -> Any:
    """Return a directive of docutils that takes the options of Sphinx, too."""
    known = getattr(directive, "option_spec", None)
    if not known:
        return directive
    return type(directive.__name__, (directive,), {"option_spec": _MoreOptions(known)})


def _foreign_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None,
    content: Any = None,
) -> tuple[list[nodes.Node], list[nodes.system_message]]:  # fmt: skip
    shown = role_text(name, text.replace("\0", ""))
    return [nodes.inline(rawtext, shown)] if shown else [], []


_SKIPPED = (
    nodes.comment, nodes.system_message, nodes.raw, nodes.substitution_definition, nodes.target,
    nodes.image, nodes.math, nodes.math_block, nodes.footnote_reference, nodes.citation_reference,
    nodes.pending, nodes.meta, nodes.label, nodes.caption, nodes.docinfo,
    nodes.field_name,
)  # fmt: skip


class Reading:
    """The text of a doctree: its blocks, headings, links, and the fields at its head."""

    def __init__(self, document: nodes.document, code: bool) -> None:
        self.blocks: list[str] = []
        self.headings: list[str] = []
        self.links: dict[str, None] = {}
        self.fields: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self._code = code
        self._head = _head_fields(document)
        if self._head is not None:
            self._read_fields(self._head)
        self._read_comments(document)
        self._walk(document)

    def _walk(self, node: nodes.Node) -> None:
        if isinstance(node, _SKIPPED) or node is self._head:
            return
        if isinstance(node, (nodes.literal_block, nodes.doctest_block)) and not self._code:
            return
        if isinstance(node, nodes.topic) and "contents" in node["classes"]:
            return
        if isinstance(node, nodes.TextElement) and not isinstance(node, nodes.Inline):
            text = " ".join("".join(self._words(node)).split())
            if text:
                self.blocks.append(text)
                if isinstance(node, nodes.title) and isinstance(node.parent, nodes.section):
                    self.headings.append(text)
            return
        for child in node.children:
            self._walk(child)

    def _words(self, node: nodes.Node) -> Iterator[str]:
        if isinstance(node, nodes.Text):
            yield strip_addresses(node.astext())
        elif isinstance(node, nodes.problematic):
            text = node.astext()
            yield "" if text.startswith("|") else text.strip("`*_ ")
        elif not isinstance(node, _SKIPPED):
            if isinstance(node, nodes.reference) and node.get("refuri"):
                self.links[str(node["refuri"])] = None
            for child in node.children:
                yield from self._words(child)

    def _read_fields(self, head: nodes.field_list) -> None:
        for field in head.children:
            if isinstance(field, nodes.field):
                value = " ".join(field[1].astext().split())
                if not _SUBSTITUTION.fullmatch(value):  # only Sphinx knows its value
                    name = field[0].astext().strip().lower()
                    self.fields[name] = value
                    self.lines[name] = field.line or head.line or 1

    def _read_comments(self, document: nodes.document) -> None:
        """Read the fields of Nikola: a comment for each, above the text, one of them the title."""
        fields: dict[str, str] = {}
        lines: dict[str, int] = {}
        for node in document.children:
            found = _COMMENT_FIELD.fullmatch(node.astext())
            if not isinstance(node, nodes.comment) or not found:
                break
            fields[found[1]] = " ".join((found[2] or "").split())
            lines[found[1]] = node.line or 1
        if fields.get("title"):
            self.fields |= fields
            self.lines |= lines


def _head_fields(document: nodes.document) -> nodes.field_list | None:
    """Return the list of fields before the text, above the title or under it."""
    invisible = (nodes.comment, nodes.target, nodes.substitution_definition, nodes.system_message)
    waiting = list(document.children)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, nodes.field_list):
            return node
        if isinstance(node, nodes.section):
            waiting = node.children[1:]
        elif not isinstance(node, (*invisible, nodes.title)):
            return None
    return None
