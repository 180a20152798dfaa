"""Sources in pieces: together, pieces of any size are the whole source."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ConfigError, SourceError
from recommender.sources import SourceOptions, read_source
from recommender.sources.pieces import (
    cut_table,
    find_pieces,
    join_facts,
    number_articles,
    piece_articles,
    read_piece,
    recurring_of,
)

ROWS = [
    {"id": "rye", "title": "Rye", "text": "Sow it early.", "tags": ["grain"]},
    {"id": "oats", "title": "Oats", "text": "Haferflocken für Ältere", "date": "2024-03-01"},
    {"id": "tea", "title": "Tea", "text": "緑茶", "category": "drinks"},
    {"id": "draft", "title": "Draft", "text": "Not yet.", "draft": True},
    {"id": "ale", "title": "Ale", "text": "Malt.", "section": "drinks"},
]


def write_lines(path: Path, rows: list[dict[str, object]], blank: bool = False) -> Path:
    """Write a JSON Lines file."""
    joint = "\n\n" if blank else "\n"
    path.write_text(joint.join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def read_pieces(path: Path, options: SourceOptions, size: int) -> pd.DataFrame:
    """Read a source piece by piece."""
    read = [read_piece(piece, options) for piece in find_pieces(path, size=size) or []]
    columns = join_facts([facts for _, facts, _ in read], "source", options)
    recurring = recurring_of([sample for *_, sample in read])
    tables = [
        piece_articles(raw, columns, "source", options, recurring).articles for raw, *_ in read
    ]
    return pd.concat([table for table in tables if len(table)]).sort_values("id")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows as JSON Lines, some lines blank, without an end of the last line."""
    return write_lines(tmp_path_factory.mktemp("lines") / "a.jsonl", ROWS, blank=True)


@given(st.integers(1, 600))
def test_bytes_of_any_number_give_the_same_articles(lines: Path, size: int) -> None:
    """A line is read once wherever the pieces end, inside a character too."""
    whole = read_source(lines).articles
    found = read_pieces(lines, SourceOptions(), size)
    pd.testing.assert_frame_equal(
        found[list(whole.columns)].reset_index(drop=True), whole, check_dtype=False
    )


def test_a_key_of_one_piece_is_a_column_of_all(lines: Path) -> None:
    """If some lines have `category`, `section` is used for none, as in the whole source."""
    found = read_pieces(lines, SourceOptions(), 60).set_index("id")["category"]
    assert found["tea"] == "drinks"
    assert found["ale"] == ""


def test_row_groups_of_a_folder_are_pieces(tmp_path: Path) -> None:
    """Each row group of each Parquet file is a piece, files in the order of their names."""
    pytest.importorskip("pyarrow")
    table = pd.DataFrame(ROWS[:3])[["id", "title", "text"]]
    table.to_parquet(tmp_path / "b.parquet", row_group_size=1)
    table.assign(id=["a", "b", "c"]).to_parquet(tmp_path / "a.parquet")
    pieces = find_pieces(tmp_path, size=1) or []
    assert [(Path(piece.path).name, piece.start) for piece in pieces] == [
        ("a.parquet", 0), ("b.parquet", 0), ("b.parquet", 1), ("b.parquet", 2),
    ]  # fmt: skip
    found = read_pieces(tmp_path, SourceOptions(), 1)
    assert list(found["id"]) == ["a", "b", "c", "oats", "rye", "tea"]


def test_other_sources_have_no_pieces(tmp_path: Path) -> None:
    """Markdown and files that are not there are left to the readers of whole sources."""
    (tmp_path / "a.md").write_text("# A")
    assert find_pieces(tmp_path) is None
    assert find_pieces(tmp_path / "missing.jsonl") is None


def test_a_folder_of_several_kinds_is_an_error(tmp_path: Path) -> None:
    """Other files beside the shards are reported, not ignored."""
    write_lines(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(SourceError, match=r"notes\.txt"):
        find_pieces(tmp_path)


def test_a_column_that_no_piece_has_is_an_error(tmp_path: Path) -> None:
    """A missing required column is reported, with the columns that exist."""
    path = write_lines(tmp_path / "a.jsonl", [{"id": 1, "title": "x", "body": "y"}])
    with pytest.raises(
        SourceError, match=r"column text not found, got body, id, title\n.*text_column = .body"
    ):
        read_pieces(path, SourceOptions(), 10)


def test_slashed_dates_must_be_told(tmp_path: Path) -> None:
    """31/12/2024 shows its form, 01/02/2024 does not: pieces could read it in unlike ways."""
    rows = [row | {"date": f"{day}/02/2024"} for row, day in zip(ROWS, (1, 28, 2), strict=False)]
    path = write_lines(tmp_path / "a.jsonl", rows)
    with pytest.raises(ConfigError, match="column date"):
        read_pieces(path, SourceOptions(), 10)
    found = read_pieces(path, SourceOptions(date_format="%d/%m/%Y"), 10)
    assert list(found["date"].dt.day) == [28, 1, 2]


def test_a_table_is_cut_by_its_text() -> None:
    """Pieces hold about as much text each, every row once and in order."""
    table = pd.DataFrame({"text": ["x" * 10] * 10})
    assert [len(part) for part in cut_table(table, 30)] == [3, 3, 3, 1]
    assert [len(part) for part in cut_table(pd.DataFrame({"text": ["x", ""]}), 30)] == [2]


def test_articles_are_numbered_by_id() -> None:
    """A number is the row that the article has in the whole table."""
    numbers = number_articles([["b", "d"], ["a", "c"]], "source")
    assert [part.tolist() for part in numbers] == [[1, 3], [0, 2]]
    with pytest.raises(SourceError, match="'a' is repeated"):
        number_articles([["a"], ["a"]], "source")
    with pytest.raises(SourceError, match="only one article"):
        number_articles([["a"]], "source")
