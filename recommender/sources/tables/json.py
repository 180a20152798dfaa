"""JSON and JSONL: one object per article; both may be packed with gzip."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from recommender.errors import SourceError, join_problems
from recommender.sources.base import (
    INVALID,
    Records,
    Skipped,
    SourceOptions,
    decode,
    open_bytes,
    raise_or_skip,
    read_text,
)
from recommender.sources.columns import column_name, table_records
from recommender.sources.limits import check_rows

MAX_PROBLEMS = 1_000
"""Number of wrong articles after which no more are counted."""


def read_json(path: Path, options: SourceOptions) -> Records:
    """Return the objects of a JSON list, or of the one list in a JSON object, as records.

    Raises
    ------
    SourceError
        If the file is not JSON, or contains no list of objects.
    """
    text = read_text(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _not_json(path, error.lineno, error.msg) from error
    except (RecursionError, ValueError) as error:
        raise _not_json(path, 1, str(error)) from error
    items = _list_of(data, path)
    numbers = [number for number, item in enumerate(items, start=1) if isinstance(item, dict)]
    wrong = (
        (f"{path}: article {number:,}", item)
        for number, item in enumerate(items, start=1)
        if not isinstance(item, dict)
    )
    most = None if options.skip_invalid else MAX_PROBLEMS
    errors = [(place, _no_object(place, item)) for place, item in islice(wrong, most)]
    skipped: list[Skipped] = []
    raise_or_skip(errors, skipped, options, left=bool(numbers))
    if not numbers:
        raise _no_articles(path)
    table = objects_table([items[number - 1] for number in numbers], path)
    return table_records(
        table, path, options, lambda row: f"{path}: row {numbers[row]:,}"
    )._replace(skipped=skipped)


def read_jsonl(path: Path, options: SourceOptions) -> Records:
    """Return the objects of a JSON Lines file as records; blank lines are ignored.

    Raises
    ------
    SourceError
        If lines are not JSON objects; up to 20 are named.
    """
    skipped: list[Skipped] = []
    with open_bytes(path) as file:
        items, lines = parse_lines(file, path, skipped=skipped if options.skip_invalid else None)
    if not items:
        raise _no_articles(path)
    records = table_records(
        objects_table(items, path), path, options, lambda row: f"{path}:{lines[row]}"
    )
    return records._replace(skipped=skipped)


def objects_table(items: list[Any], where: Path | str) -> pd.DataFrame:
    """Return JSON objects as a table, one row each; its column names can be written as UTF-8.

    Raises
    ------
    SourceError
        If they have so many different keys that the table would be far larger than they are.

    Examples
    --------
    >>> objects_table([{"id": "rye", "\\ud800": 1}], "a.json").columns.tolist()
    ['id', '?']
    """
    check_rows(items, str(where))
    try:
        return pd.DataFrame(items, dtype=object)
    except UnicodeEncodeError:  # half of a surrogate pair in a key
        named = [{column_name(key): item[key] for key in item} for item in items]
        return pd.DataFrame(named, dtype=object)


def parse_lines(
    data: Iterable[bytes],
    path: Path | str,
    first: int = 1,
    skipped: list[Skipped] | None = None,
) -> tuple[list[Any], list[int]]:
    """Return the objects of JSON Lines, and the number of the line of each, from `first`.

    If `skipped` is given, wrong lines are added to it instead of raising an error.

    Raises
    ------
    SourceError
        As for `read_jsonl`, except that a file without articles is not an error.

    Examples
    --------
    >>> parse_lines([b'{"id": "rye"}\\n', b'\\n', b'{"id": "oats"}'], "a.jsonl")
    ([{'id': 'rye'}, {'id': 'oats'}], [1, 3])
    """
    items: list[Any] = []
    lines: list[int] = []
    problems: list[str] = []
    for number, line in enumerate(data, start=first):
        if not line or line.isspace():
            continue
        try:
            items.append(_object(line, path, number))
            lines.append(number)
        except SourceError as error:
            if skipped is None:
                problems.append(error.message)
                if len(problems) > MAX_PROBLEMS:
                    break
            else:
                place = f"{path}:{number}"
                problem = error.message.removeprefix(f"{place}: ")
                skipped.append(Skipped(place, f"{INVALID}: {problem}"))
    if problems:
        raise _wrong(join_problems(problems))
    return items, lines


def _object(line: bytes, path: Path | str, number: int) -> dict[str, Any]:
    item = _parsed(line)
    if item is None:
        item = _parsed_by_json(decode(line, str(path), number), path, number)
    if not isinstance(item, dict):
        raise _no_object(f"{path}:{number}", item)
    return item


def _parsed(line: bytes) -> Any:
    """Return the value that msgspec reads, or None if `json` must: errors, NaN, huge floats."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None


def _parsed_by_json(line: str, path: Path | str, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise _not_json(path, number, error.msg) from error
    except (RecursionError, ValueError) as error:
        raise _not_json(path, number, str(error)) from error


def _no_object(place: str, item: Any) -> SourceError:
    return _wrong(f"{place}: expected an object, got {type(item).__name__}")


def _wrong(message: str) -> SourceError:
    hint = 'each article is an object such as {"id": "rye", "title": "Rye", "text": "…"}'
    return SourceError(message, hint)


def _no_articles(path: Path) -> SourceError:
    return SourceError(f"{path}: contains no articles", "name a file with at least two")


def _list_of(data: Any, path: Path) -> list[Any]:
    if isinstance(data, list):
        return data
    lists = {k: v for k, v in data.items() if isinstance(v, list)} if isinstance(data, dict) else {}
    if "articles" in lists:
        return list(lists["articles"])
    if len(lists) == 1:
        return list(next(iter(lists.values())))
    found = ", ".join(data) if isinstance(data, dict) else type(data).__name__
    raise SourceError(
        f"{path}: expected a list of articles, got {found:.200}",
        'write [{"id": …, "title": …, "text": …}, …], or put the list under "articles"',
    )


def _not_json(path: Path | str, line: int, problem: str) -> SourceError:
    return SourceError(
        f"{path}:{line}: is not valid JSON: {problem}",
        "one JSON value per file is .json, one object per line is .jsonl",
    )
