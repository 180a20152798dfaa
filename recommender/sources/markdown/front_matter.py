"""Front matter: the fields at the head of a Markdown file, in the five forms sites use.

YAML between ``---`` lines, TOML between ``+++`` lines, a JSON object, Pelican's ``Key: value``
lines, or Nikola's comment of ``.. key: value`` lines. Invariant: values stay text as written
(``NO``, ``1.10``, ``2024-01-01``); only null, true, false and plain whole numbers get another type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from recommender.errors import SourceError
from recommender.sources.html.markup import has_mark
from recommender.sources.limits import check_fields
from recommender.sources.markdown.simple_yaml import read_simple
from recommender.text.characters import with_plain_ends
from recommender.text.head import HeadLines, find_comment, find_head, find_headers, find_object
from recommender.toml_text import read_toml

try:
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML built without libyaml: the same result, ten times slower
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

MAX_VALUES = 100_000
"""Maximum number of values in the front matter of one file, with YAML aliases expanded."""

_TOML_LINE = re.compile(r"\(at line (\d+)")


class FrontMatter(NamedTuple):
    """The head of a file, separated from its body."""

    fields: dict[str, Any]
    """Keys as written, values in their types."""
    body: str
    """The text after the head."""
    source: str
    """The head as written."""
    first_line: int
    """Line of the file on which `source` starts, from 1."""

    def line_of(self, key: str) -> int:
        """Return the line of a key in the file, or the first line if it is not found."""
        pattern = re.compile(rf"^\s*(?:\.\. )?[\"']?{re.escape(key)}[\"']?\s*[:=]", re.I | re.M)
        match = pattern.search(self.source)
        # \s* may have taken line ends before the key
        before = self.source[: match.end()].rstrip() if match else ""
        return self.first_line + before.count("\n")


class _TextLoader(_BaseLoader):
    """YAML in which plain scalars stay text, except those that would be written the same again."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own attribute


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:0|-?[1-9][0-9]{0,17})$", list("-0123456789")),
):
    _TextLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def split_front_matter(text: str, where: str = "text") -> FrontMatter:
    """Return the fields at the head of a Markdown text, and the body.

    Parameters
    ----------
    text : str
        The file; a byte order mark and CRLF line ends are accepted.
    where : str
        Name of the file for messages.

    Raises
    ------
    SourceError
        If front matter is not closed or cannot be read; names file and line.

    Examples
    --------
    >>> split_front_matter("---\\ntitle: NO\\n---\\nRye.")[:2]
    ({'title': 'NO'}, 'Rye.')
    >>> split_front_matter("No front matter.")[:2]
    ({}, 'No front matter.')
    """
    text = with_plain_ends(text.removeprefix("\ufeff"))
    head = find_head(text)
    if head:
        return _delimited(text, head, where)
    start = find_object(text)
    if start >= 0:
        return _json_object(text, start, where)
    headers, end = find_comment(text) if has_mark(text, "<!--") else ({}, 0)
    if not headers:
        headers, end = find_headers(text)
    check_fields(headers, where)
    return FrontMatter(dict(headers), text[end:], text[:end], 1)


def _delimited(text: str, head: HeadLines, where: str) -> FrontMatter:
    line = text.count("\n", 0, head.start) + 1  # Hugo allows blank lines above
    if head.end < 0:
        raise SourceError(
            f"{where}:{line}: front matter is never closed, expected a second {head.mark} line",
            f"add a line {head.mark} after the last field",
        )
    source = text[head.fields : head.end]
    fields = _PARSERS[head.language](source, where, line + 1)
    check_fields(fields, where)
    return FrontMatter(fields, text[head.body :], source, line + 1)


def _parse_yaml(source: str, where: str, first_line: int) -> dict[str, Any]:
    simple = read_simple(source)
    if simple is not None:
        return simple
    try:
        fields = yaml.load(source, Loader=_TextLoader)  # noqa: S506 - built on the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise _invalid(where, line, "YAML", str(error.problem or error.context)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _invalid(where, first_line, "YAML", str(error).partition("\n")[0]) from error
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise _invalid(where, first_line, "YAML", "no `key: value` line")
    if "*" in source and _is_too_large(fields):
        raise _invalid(
            where, first_line, "YAML", f"more than {MAX_VALUES:,} values through aliases"
        )
    return {str(key): value for key, value in fields.items()}


def _parse_toml(source: str, where: str, first_line: int) -> dict[str, Any]:
    try:
        return read_toml(source)
    except (ValueError, RecursionError) as error:
        found = _TOML_LINE.search(str(error))
        line = first_line + (int(found[1]) - 1 if found else 0)
        raise _invalid(where, line, "TOML", str(error).partition(" (at ")[0]) from error


def _parse_json(source: str, where: str, first_line: int) -> dict[str, Any]:
    return _decode_json(source, where, first_line)[0]


_PARSERS: dict[str, Callable[[str, str, int], dict[str, Any]]] = {
    "yaml": _parse_yaml,
    "toml": _parse_toml,
    "json": _parse_json,
}


def _json_object(text: str, start: int, where: str) -> FrontMatter:
    line = text.count("\n", 0, start) + 1
    fields, end = _decode_json(text[start:], where, line)
    check_fields(fields, where)
    return FrontMatter(fields, text[start + end :], text[start : start + end], line)


def _decode_json(source: str, where: str, first_line: int) -> tuple[dict[str, Any], int]:
    start = len(source) - len(source.lstrip())
    try:
        fields, end = json.JSONDecoder().raw_decode(source, start)
    except json.JSONDecodeError as error:
        raise _invalid(where, first_line + error.lineno - 1, "JSON", error.msg) from error
    except RecursionError as error:
        raise _invalid(where, first_line, "JSON", "nested too deeply") from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise _invalid(where, first_line, "JSON", str(error)) from error
    if not isinstance(fields, dict):
        raise _invalid(where, first_line, "JSON", "no object")
    return fields, end


def _invalid(where: str, line: int, language: str, problem: str) -> SourceError:
    hint = f"fix the {language} at the head of the file"
    if language == "YAML":
        hint += "; a value that holds `: `, or starts with one of [ { * & ! % @ `, needs quotes"
    return SourceError(f"{where}:{line}: front matter is not valid {language}: {problem}", hint)


def _is_too_large(value: Any) -> bool:
    waiting, seen = [value], 0
    while waiting and seen <= MAX_VALUES:
        seen += 1
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
        if len(waiting) > MAX_VALUES:
            return True
    return seen > MAX_VALUES
