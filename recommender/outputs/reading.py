"""Reads files of lists back: each format that `write_recommendations` writes by article id.

Invariant: a file with other content is an error that names the place; lists that are returned
contain cards only.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.errors import MissingDependencyError, SourceError, join_problems
from recommender.outputs.cards import Card
from recommender.outputs.writers import SCHEMA_VERSION
from recommender.text.csv_cells import as_written

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("id", "url", "title", "teaser", "date", "image", "path")
"""Values of a card that are text or missing; every card has an `id`."""

_HINT = "write it with: recommender build SOURCE -o related.json"


def read_lists(path: str | os.PathLike[str]) -> dict[str, list[Card]]:
    """Return the lists of a file that `write_recommendations` wrote.

    Parameters
    ----------
    path : path
        A file with the suffix .jsonl, .csv, .yaml or .parquet; with any other suffix, JSON. The
        rows of CSV and Parquet contain no empty lists.

    Returns
    -------
    dict of str to list of Card
        The lists by article id, or by the key of the generator's page, in the order of the file.

    Raises
    ------
    SourceError
        If the file cannot be read or has other content; the message names the place.
    MissingDependencyError
        For Parquet, if pyarrow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "related.json")
    ...     _ = file.write_text('{"schema": 1, "lists": {"a": [{"id": "b"}], "b": []}}')
    ...     read_lists(file)
    {'a': [{'id': 'b'}], 'b': []}
    """
    file = Path(path)
    suffix = {".ndjson": ".jsonl", ".yml": ".yaml"}.get(file.suffix.lower(), file.suffix.lower())
    kind, read = _READERS.get(suffix, ("JSON", _from_json))
    try:
        lists = read(file.read_bytes())
    except OSError as error:
        raise SourceError(f"{file}: cannot be read, {error.strerror}", _HINT) from error
    except MissingDependencyError:
        raise
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise SourceError(
            f"{file}: is not {kind} written by `recommender build`, {error}", _HINT
        ) from error
    problems = [f"{file}: {line}" for name, cards in lists.items() for line in _wrong(name, cards)]
    if problems:
        raise SourceError(join_problems(problems), _HINT)
    return lists


def as_table(lists: Mapping[str, Sequence[Mapping[str, Any]]]) -> pd.DataFrame:
    """Return lists as a table of `article_id`, `rank` and `related_id`.

    Examples
    --------
    >>> as_table({"a": [{"id": "b"}, {"id": "c"}], "b": []}).values.tolist()
    [['a', 1, 'b'], ['a', 2, 'c']]
    """
    import pandas as pd

    rows = [(owner, at, card["id"]) for owner in lists for at, card in enumerate(lists[owner], 1)]
    return pd.DataFrame(rows, columns=["article_id", "rank", "related_id"])


def _from_json(data: bytes) -> dict[str, list[Card]]:
    return _lists_in(json.loads(data.decode("utf-8-sig")))


def _from_yaml(data: bytes) -> dict[str, list[Card]]:
    import yaml

    try:
        return _lists_in(yaml.load(data, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both loaders are the safe ones
    except yaml.YAMLError as error:
        raise ValueError(str(error).partition("\n")[0]) from error


def _lists_in(data: Any) -> dict[str, list[Card]]:
    lists = data.get("lists") if isinstance(data, dict) else None
    if not isinstance(lists, dict):
        got = "no key `lists`" if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"got {got}")
    if data.get("schema", SCHEMA_VERSION) != SCHEMA_VERSION:
        raise ValueError(f"got schema {data['schema']!r:.20}, expected {SCHEMA_VERSION}")
    return lists if "schema" in data else _with_text_ids(lists)


def _with_text_ids(lists: dict[str, Any]) -> dict[str, Any]:
    """Return lists with ids as text: for WordPress they are written as numbers."""
    for cards in lists.values():
        for card in cards if isinstance(cards, list) else ():
            if isinstance(card, dict) and type(card.get("id")) is int:
                card["id"] = str(card["id"])
    return lists


def _from_lines(data: bytes) -> dict[str, list[Card]]:
    lists = {}
    for number, line in enumerate(data.decode("utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row, dict) or not {"id", "related"} <= set(row):
            raise ValueError(f"line {number}: got no `id` and `related`")
        lists[row["id"]] = row["related"]
    return lists


def _from_csv(data: bytes) -> dict[str, list[Card]]:
    csv.field_size_limit(1 << 27)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return _grouped([{name: as_written(cell) for name, cell in row.items()} for row in rows])


def _from_parquet(data: bytes) -> dict[str, list[Card]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table
    except ImportError:
        raise MissingDependencyError("pyarrow", "parquet", "reading Parquet") from None
    try:
        return _grouped(read_table(io.BytesIO(data)).to_pylist())
    except MemoryError:  # pyarrow's own is an ArrowException too
        raise
    except ArrowException as error:
        raise ValueError(str(error).partition("\n")[0]) from error


def _grouped(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Card]]:
    """Return rows of recommendations as lists, ordered by rank."""
    lists: dict[str, list[Card]] = {}
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        card = {name: cell for name, cell in row.items() if name not in ("article_id", "rank")}
        card["score"] = float(card["score"])
        lists.setdefault(row["article_id"], []).append(card)
    return dict(sorted(lists.items()))


def _wrong(name: Any, cards: Any) -> Iterator[str]:
    """Yield a problem for each entry of a list that is not a card."""
    if not isinstance(cards, list):
        yield f"list {name!r}: got {type(cards).__name__}, expected a list"
        return
    for number, card in enumerate(cards, 1):
        if not isinstance(card, dict):
            yield f"list {name!r}, card {number}: got {type(card).__name__}, expected an object"
            continue
        for key in TEXTS:
            value = card.get(key)
            if not isinstance(value, str) and (value is not None or key == "id"):
                yield f"list {name!r}, card {number}: {key} must be text, got {value!r:.40}"


_READERS = {
    ".csv": ("CSV", _from_csv),
    ".jsonl": ("JSON Lines", _from_lines),
    ".parquet": ("Parquet", _from_parquet),
    ".yaml": ("YAML", _from_yaml),
}
