"""Lists in parts: a JSON Lines file for each, a manifest, and their assembly to one file.

Each part is sorted by id, and may contain any ids. Invariant: the assembled file is byte for byte
the file that the writer of its format would write for all lists.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from recommender.errors import ConfigError, OutputError
from recommender.outputs import SUFFIXES, output_format
from recommender.outputs.atomic import atomic_file
from recommender.outputs.cards import Card, CardLists, Entry
from recommender.outputs.writers import SCHEMA_VERSION, write_jsonl

FORMATS = ("csv", "json", "jsonl", "parquet", "wordpress", "yaml")
"""Formats that parts can be assembled to."""

MANIFEST = "manifest.json"


class Part(NamedTuple):
    """A file that holds the lists of some articles."""

    file: str
    articles: int
    recommendations: int
    empty: int
    """Lists without any article."""
    size: int
    sha256: str


def assembled_format(target: Path, format: str) -> str:
    """Return the format of the file to assemble, an empty string for none."""
    if format == "auto" and not target.suffix:
        return ""
    found = format
    if format == "auto":
        found = output_format(target) if target.suffix.lower() in SUFFIXES else ""
    if found not in FORMATS:
        raise ConfigError(
            f"{target}: format {found or target.suffix} cannot be assembled from parts, "
            f"expected {', '.join(FORMATS)}",
            "name a file in one of these, or a directory without a suffix",
        )
    return found


def write_lists(lists: CardLists, path: Path) -> Part:
    """Write lists as one part; every call writes the same bytes.

    Parameters
    ----------
    lists : CardLists
        By id.
    path : Path
        File to write, whole or not at all.
    """
    buffer, sizes = io.BytesIO(), list[int]()

    def counted() -> Iterator[tuple[str, list[Entry]]]:
        for article_id, entries in lists.entries:
            sizes.append(len(entries))
            yield article_id, entries

    write_jsonl(replace(lists, entries=counted()), buffer)
    data = buffer.getvalue()
    with atomic_file(path, durable=False) as file:
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    return Part(path.name, len(sizes), sum(sizes), sizes.count(0), len(data), digest)


def read_parts(folder: Path, parts: Sequence[Part]) -> Iterator[tuple[str, list[Card]]]:
    """Yield the lists of all parts by id; keeps one line of each part in memory.

    Raises
    ------
    OutputError
        If a part is missing.
    """
    with contextlib.ExitStack() as stack:
        try:
            files = [stack.enter_context((folder / part.file).open("rb")) for part in parts]
        except FileNotFoundError as error:
            raise OutputError(
                f"{folder}: the files that the workers wrote are missing",
                "choose an output on a file system that the workers and this machine share",
            ) from error
        except OSError as error:
            raise OutputError(
                f"{folder}: the files that the workers wrote cannot be read, {error.strerror}",
                "raise the limit of open files (ulimit -n) if there are too many, else check them",
            ) from error
        lists = (map(json.loads, file) for file in files)
        for line in heapq.merge(*lists, key=itemgetter("id")):
            yield line["id"], line["related"]


def write_manifest(folder: Path, parts: Sequence[Part], min_score: float) -> None:
    """Write the manifest of the parts, once all of them are written."""
    manifest = {
        "schema": SCHEMA_VERSION,
        "articles": sum(part.articles for part in parts),
        "recommendations": sum(part.recommendations for part in parts),
        "min_score": min_score,
        "parts": [part._asdict() for part in parts],
    }
    with atomic_file(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode() + b"\n")
