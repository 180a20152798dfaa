"""Edit one key in the front matter (the head) of a Markdown file: YAML, TOML or JSON.

Finds where the value of a key starts and ends, and writes a list of entries in each language.
Everything outside that span stays the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from recommender.text.head import find_comment, find_head, find_headers, find_object
from recommender.toml_text import read_toml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: the same result, more slowly
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Entries = list[dict[str, Any]]

_SPACE = re.compile(r"\s*")
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_TOML_TABLE = re.compile(r"^[ \t]*\[\[?[\w.\"' -]+\]\]?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_TOML_KEY = r"^[ \t]*(?:{0}|\"{0}\"|'{0}')[ \t]*=[ \t]*"
_TOML_TOKEN = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}|"(?:[^"\\\n]|\\.)*+"'''
    r"""|'''(?:[^']|'(?!''))*+'{3,5}|'[^'\n]*+'|#[^\r\n]*+|[][{}"']|\r?\n""",
    re.DOTALL,
)
"""Strings, comments, brackets and line ends; a quote by itself begins a string without an end."""


class NotEditableError(ValueError):
    """A list cannot be added to the head of a file; the message says why."""


class Head(NamedTuple):
    """The parts of a file: ``before + source + after`` is the whole file."""

    before: str
    """Byte order mark and opening line."""
    source: str
    """The fields as written."""
    after: str
    """Closing line and body."""
    language: str
    """``yaml``, ``toml`` or ``json``; empty if the file has no head."""
    newline: str
    """The line ends of the file."""

    @property
    def body(self) -> str:
        """The text after the head."""
        return self.after.lstrip("-+. \t\r\n")

    @property
    def fields(self) -> dict[str, Any]:
        """The parsed fields."""
        try:
            value = _PARSERS[self.language](self.source) if self.language else {}
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            first = str(error).partition("\n")[0]
            raise NotEditableError(f"front matter cannot be read, {first}") from error
        if not isinstance(value, Mapping):
            raise NotEditableError("front matter contains no `key: value` line")
        return dict(value)

    def replaced(self, key: str, entries: Entries) -> str:
        """Return the whole file with these entries as the value of the key."""
        if not self.language:
            lines = _yaml_lines(key, entries, self.newline)
            return (
                f"{self.before}---{self.newline}{lines}---{self.newline}{self.newline}{self.after}"
            )
        source = _EDITORS[self.language](self.source, key, entries, self.newline)
        return f"{self.before}{source}{self.after}"


def split_head(text: str) -> Head:
    """Split the text of a file into its parts.

    Raises
    ------
    NotEditableError
        If the head is never closed, or consists of the lines of Pelican or Nikola.

    Examples
    --------
    >>> split_head("+++\\na = 1\\n+++\\nRye")
    Head(before='+++\\n', source='a = 1\\n', after='+++\\nRye', language='toml', newline='\\n')
    """
    newline = "\r\n" if re.match(r"[^\n]*\r\n", text) else "\n"
    head = find_head(text)
    if head and head.end < 0:
        raise NotEditableError(f"front matter is never closed with {head.mark}")
    if head:
        before, source, after = text[: head.fields], text[head.fields : head.end], text[head.end :]
        return Head(before, source, after, head.language, newline)
    start = find_object(text)
    if start >= 0:
        try:
            _, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError as error:
            raise NotEditableError(f"front matter cannot be read, {error}") from error
        return Head(text[:start], text[start:end], text[end:], "json", newline)
    if find_comment(text.replace("\r\n", "\n"))[0]:
        raise NotEditableError("Nikola's comment of `.. key: value` lines cannot contain lists")
    if find_headers(text)[0]:
        raise NotEditableError(
            "Pelican's `Key: value` lines cannot contain lists; use recommender.plugins.pelican"
        )
    mark = "\ufeff" * text.startswith("\ufeff")
    return Head(mark, "", text[len(mark) :], "", newline)


def _yaml_lines(key: str, entries: Entries, newline: str) -> str:
    """Return the key with its entries, each a flow mapping: JSON strings are valid YAML."""
    if not entries:
        return f"{key}: []{newline}"
    lines = [f"{key}:", *(f"- {_json(entry)}" for entry in entries)]
    return "".join(line + newline for line in lines)


def _edit_yaml(source: str, key: str, entries: Entries, newline: str) -> str:
    root = yaml.compose(source, Loader=_Loader)
    lines = _yaml_lines(key, entries, newline)
    if root is not None and (not isinstance(root, yaml.MappingNode) or root.flow_style):
        raise NotEditableError("front matter is in braces, expected one `key: value` per line")
    for name, value in root.value if root is not None else ():
        if name.value == key:
            end = _end_of_line(source, _last(value).end_mark.index)
            return source[: name.start_mark.index] + lines + source[end:]
    return _on_own_line(source, newline) + lines


def _last(node: yaml.Node) -> yaml.Node:
    """Return the last node of a value: the end of a block includes the comments after it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return node


def _edit_toml(source: str, key: str, entries: Entries, newline: str) -> str:
    rows = ["  {" + ", ".join(f"{n} = {_json(v)}" for n, v in e.items()) + "}," for e in entries]
    line = newline.join([f"{key} = [", *rows, "]"]) if rows else f"{key} = []"
    found = re.search(_TOML_KEY.format(re.escape(key)), source, re.MULTILINE)
    tables = _TOML_TABLE.search(source)
    if found and (tables is None or found.start() < tables.start()):
        end = _toml_value_end(source, found.end())
        return source[: found.start()] + line + source[end:]
    place = tables.start() if tables else len(source)
    return _on_own_line(source[:place], newline) + line + newline + source[place:]


def _toml_value_end(source: str, start: int) -> int:
    """Return where a value ends: at the first line end outside of its brackets and strings."""
    depth, end = 0, len(source)
    for token in _TOML_TOKEN.finditer(source, start):
        sign = token[0]
        if sign in ('"', "'"):
            break  # never closed
        depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        if depth <= 0 and sign in ("\n", "\r\n"):
            end = token.start()
            break
    try:
        read_toml(f"a = {source[start:end]}")
    except ValueError as error:
        raise NotEditableError("front matter cannot be read") from error
    return end


def _edit_json(source: str, key: str, entries: Entries, newline: str) -> str:
    place = source.index("{")
    inner = re.match(r"\s*", source[place + 1 :])
    step = inner[0] if inner and "\n" in inner[0] else ""
    rows = [(f"{step}  " if step else "") + _json(entry) for entry in entries]
    value = "[" + ("," if step else ", ").join(rows) + (step if rows else "") + "]"
    span = _json_span(source, key, place + 1)
    if span:
        return source[: span[0]] + value + source[span[1] :]
    body = source[: source.rindex("}")].rstrip()
    end = source[len(body) :]
    lead = step if body.endswith("{") else "," + (step or " ")
    return f'{body}{lead}"{key}": {value}{end}'


def _json_span(source: str, key: str, place: int) -> tuple[int, int] | None:
    """Return the span of a key's value in the object that starts at this offset."""
    decoder = json.JSONDecoder()
    while True:
        place = _after(_BETWEEN, source, place)
        if source[place] == "}":
            return None
        name, place = decoder.raw_decode(source, place)
        place = _after(_SPACE, source, source.index(":", place) + 1)
        _, end = decoder.raw_decode(source, place)
        if name == key:
            return place, end
        place = end


def _after(pattern: re.Pattern[str], source: str, place: int) -> int:
    """Return where the match of a pattern that matches anywhere ends; copies nothing."""
    found = pattern.match(source, place)
    return found.end() if found else place


def _json(value: Any) -> str:
    # YAML and TOML do not allow DEL, NEL and similar characters unescaped.
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda c: f"\\u{ord(c[0]):04x}", text
    )


def _end_of_line(source: str, place: int) -> int:
    end = source.find("\n", place)
    return len(source) if end < 0 else end + 1


def _on_own_line(source: str, newline: str) -> str:
    return source if not source or source.endswith("\n") else source + newline


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "yaml": lambda source: yaml.load(source, Loader=_Loader) or {},
    "toml": lambda source: read_toml(source.replace("\r\n", "\n")),
    "json": json.loads,
}
_EDITORS: Mapping[str, Callable[[str, str, Entries, str], str]] = {
    "yaml": _edit_yaml,
    "toml": _edit_toml,
    "json": _edit_json,
}
