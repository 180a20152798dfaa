"""Lists in parts: what is written, what the manifest says, and how one file is made of them."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.cluster.parts import (
    FORMATS,
    assembled_format,
    read_parts,
    write_lists,
    write_manifest,
)
from recommender.errors import ConfigError, OutputError
from recommender.outputs.cards import CardLists, cards
from recommender.outputs.writers import WRITERS

IDS = st.lists(
    st.text("abé日\U0001f600/ .", min_size=1, max_size=4), min_size=2, max_size=7, unique=True
)


def lists_of(ids: list[str]) -> CardLists:
    """Return lists in which each article has all others, in the order of their ids."""
    articles = validate_articles(pd.DataFrame({"id": ids, "title": ids, "text": ids}))
    rows = [
        (own, rank, other, 0.5, "similar")
        for own in sorted(ids)
        for rank, other in enumerate([name for name in sorted(ids) if name != own], 1)
    ]
    columns = ["article_id", "rank", "related_id", "score", "origin"]
    return cards(pd.DataFrame(rows, columns=columns), articles)


def entries_of(lists: CardLists, wanted: set[str]) -> CardLists:
    """Return the lists of some articles."""
    return replace(lists, entries=[entry for entry in lists.entries if entry[0] in wanted])


@pytest.mark.parametrize(
    ("name", "format", "found"),
    [
        ("lists", "auto", ""), ("lists.json", "auto", "json"), ("lists.JSON", "auto", "json"),
        ("lists.ndjson", "auto", "jsonl"), ("lists.yml", "auto", "yaml"), ("lists", "csv", "csv"),
        ("lists.json", "csv", "csv"), ("lists.parquet", "auto", "parquet"),
        ("wp-content/uploads/recommender/related.json", "auto", "wordpress"),
    ],
)  # fmt: skip
def test_format_is_named_or_told_by_the_suffix(name: str, format: str, found: str) -> None:
    """A name without a suffix, and no format, is a directory of parts."""
    assert assembled_format(Path(name), format) == found
    assert found in ("", *FORMATS)


@pytest.mark.parametrize("format", sorted({*WRITERS, "frontmatter"} - {*FORMATS}))
def test_formats_of_generators_are_not_assembled(format: str) -> None:
    """Their keys come from the whole site."""
    with pytest.raises(ConfigError, match=f"a.json: format {format} cannot be assembled"):
        assembled_format(Path("a.json"), format)


def test_parts_make_the_file_for_wordpress(tmp_path: Path) -> None:
    """Posts in any part are in order of their numbers, as all lists at once are."""
    ids = ["9", "10", "100", "2"]
    parts = [
        write_lists(entries_of(lists_of(ids), set(own)), tmp_path / f"part-{number}.jsonl")
        for number, own in enumerate((ids[::2], ids[1::2]))
    ]
    whole, joined = io.BytesIO(), io.BytesIO()
    WRITERS["wordpress"](lists_of(ids), whole)
    WRITERS["wordpress"](read_parts(tmp_path, parts), joined)
    assert joined.getvalue() == whole.getvalue()


@given(IDS, st.integers(1, 4), st.sampled_from(["json", "jsonl", "csv", "yaml"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_make_the_file_of_the_whole(
    tmp_path: Path, ids: list[str], count: int, format: str
) -> None:
    """Any articles in any of the parts: the same bytes as all lists at once, by code points."""
    parts = []
    for number in range(count):
        own = {name for name in ids if hash(name) % count == number}
        parts.append(write_lists(entries_of(lists_of(ids), own), tmp_path / f"{number}.jsonl"))
    whole, joined = io.BytesIO(), io.BytesIO()
    WRITERS[format](lists_of(ids), whole)
    WRITERS[format](read_parts(tmp_path, parts), joined)
    assert joined.getvalue() == whole.getvalue()


def test_part_tells_what_it_holds(tmp_path: Path) -> None:
    """Name, counts, size and hash of the file; written again, it is the same."""
    path = tmp_path / "part-00000.jsonl"
    part = write_lists(lists_of(["a", "b", "c"]), path)
    data = path.read_bytes()
    assert part == write_lists(lists_of(["a", "b", "c"]), path)
    assert part == (
        "part-00000.jsonl", 3, 6, 0, len(data), hashlib.sha256(data).hexdigest()
    )  # fmt: skip
    assert path.read_bytes() == data
    assert [json.loads(line)["id"] for line in data.splitlines()] == ["a", "b", "c"]


def test_empty_lists_are_counted(tmp_path: Path) -> None:
    """An article without any related one has a line, and none that is recommended."""
    articles = validate_articles(pd.DataFrame({"id": ["a", "b"], "title": "T", "text": "x"}))
    none = pd.DataFrame(columns=["article_id", "rank", "related_id", "score", "origin"])
    part = write_lists(cards(none, articles), tmp_path / "a.jsonl")
    assert (part.articles, part.recommendations, part.empty) == (2, 0, 2)


def test_missing_part_is_told_before_any_list(tmp_path: Path) -> None:
    """All files are opened first."""
    part = write_lists(lists_of(["a", "b"]), tmp_path / "a.jsonl")
    gone: Any = part._replace(file="b.jsonl")
    with pytest.raises(OutputError, match="the files that the workers wrote are missing"):
        next(read_parts(tmp_path, [part, gone]))


def test_part_that_cannot_be_read_is_not_called_missing(tmp_path: Path) -> None:
    """As if the process had too many open files: where the workers write is not the problem."""
    part = write_lists(lists_of(["a", "b"]), tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").mkdir()
    with pytest.raises(OutputError, match="cannot be read, Is a directory"):
        next(read_parts(tmp_path, [part, part._replace(file="b.jsonl")]))


def test_manifest_adds_up_its_parts(tmp_path: Path) -> None:
    """Golden: the file that another program reads."""
    part = write_lists(lists_of(["a", "b"]), tmp_path / "a.jsonl")
    other = part._replace(
        file="b.jsonl", articles=1, recommendations=0, empty=1, size=7, sha256="x"
    )
    write_manifest(tmp_path, [part, other], 0.25)
    assert json.loads((tmp_path / "manifest.json").read_text()) == {
        "schema": 1,
        "articles": 3,
        "recommendations": 2,
        "min_score": 0.25,
        "parts": [
            {"file": "a.jsonl", "articles": 2, "recommendations": 2, "empty": 0,
             "size": part.size, "sha256": part.sha256},
            {"file": "b.jsonl", "articles": 1, "recommendations": 0, "empty": 1, "size": 7,
             "sha256": "x"},
        ],
    }  # fmt: skip
