"""What every source holds to, and what is particular to each format."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recommender.errors import ConfigError, SourceError
from recommender.sources import SourceOptions, read_articles, read_source

ROWS: list[dict[str, Any]] = [
    {
        "id": "b",
        "title": "Oats",
        "text": "Late.",
        "date": "2020-02-01",
        "tags": "x, y",
        "desk": "farm",
    },
    {
        "id": "a",
        "title": "Rye",
        "text": "Early.",
        "date": "2020-01-01",
        "tags": "x",
        "desk": "farm",
    },
    {"id": "c", "title": "", "text": "", "date": "2020-01-01", "tags": "", "desk": "farm"},
    {
        "id": "d",
        "title": "Barley",
        "text": "Soon.",
        "date": "2099-01-01",
        "tags": "",
        "desk": "farm",
    },
]


class SourceContract:
    """What every format must hold; subclasses write rows in their format."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write the rows and return what to read."""
        raise NotImplementedError

    def read(self, path: Path, **options: Any) -> pd.DataFrame:
        """Read without the rows that are left out."""
        return read_articles(path, now=datetime(2024, 1, 1, tzinfo=UTC), **options)

    def test_rows_become_a_validated_table(self, tmp_path: Path) -> None:
        """Rows come ordered by id, in the types of the Article table."""
        table = self.read(self.write(tmp_path, ROWS))
        assert list(table["title"]) == ["Rye", "Oats"]
        assert list(table["tags"]) == [["x"], ["x", "y"]]
        assert table["date"].tolist() == list(
            pd.to_datetime(["2020-01-01", "2020-02-01"], utc=True)
        )

    def test_unknown_columns_are_kept(self, tmp_path: Path) -> None:
        """A column without a meaning here is there for filters."""
        assert list(self.read(self.write(tmp_path, ROWS))["desk"]) == ["farm", "farm"]

    def test_columns_are_mapped_by_options(self, tmp_path: Path) -> None:
        """A column that the user names takes the place of its default."""
        table = self.read(self.write(tmp_path, ROWS), category_column="desk")
        assert list(table["category"]) == ["farm", "farm"]

    def test_what_is_left_out_has_a_reason(self, tmp_path: Path) -> None:
        """Rows without title and text and rows of the future are reported."""
        result = read_source(self.write(tmp_path, ROWS))
        assert sorted(s.reason for s in result.skipped) == ["empty text", "future-dated"]

    def test_a_title_without_text_is_an_article(self, tmp_path: Path) -> None:
        """A video, a gallery or a link post has a list and stands in those of others."""
        rows = [*ROWS[:2], ROWS[2] | {"title": "Corn, filmed"}]
        table = self.read(self.write(tmp_path, rows))
        assert list(table["title"]) == ["Rye", "Oats", "Corn, filmed"]
        assert list(table["text"]) == ["Early.", "Late.", ""]

    def test_order_of_the_input_does_not_matter(self, tmp_path: Path) -> None:
        """The same rows in another order are the same table."""
        forward, backward = tmp_path / "f", tmp_path / "b"
        forward.mkdir()
        backward.mkdir()
        first = self.read(self.write(forward, ROWS))
        second = self.read(self.write(backward, ROWS[::-1]))
        assert first["id"].tolist() == second["id"].tolist()
        assert first["text"].tolist() == second["text"].tolist()

    def test_missing_mapped_column_names_what_is_there(self, tmp_path: Path) -> None:
        """A column that is not there is answered with those that are, and a guess."""
        with pytest.raises(
            SourceError, match=r"dsk not found, got .*desk.*\nHint: did you mean desk"
        ):
            self.read(self.write(tmp_path, ROWS), category_column="dsk")

    def test_a_bad_date_is_named_by_row(self, tmp_path: Path) -> None:
        """A date that cannot be read names its place and the format to set."""
        rows = [{**ROWS[0], "date": "12/31/24"}]
        with pytest.raises(
            SourceError, match=r"`date` must be ISO 8601, got '12/31/24'\n.*%m/%d/%y"
        ):
            self.read(self.write(tmp_path, rows))

    def test_date_format_reads_other_dates(self, tmp_path: Path) -> None:
        """With date_format the same date is read."""
        rows = [{**ROWS[0], "date": "12/31/21"}]
        table = self.read(self.write(tmp_path, rows), date_format="%m/%d/%y")
        assert table["date"][0] == pd.Timestamp("2021-12-31", tz="UTC")


class TestMarkdown(SourceContract):
    """A directory of Markdown."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        for row in rows:
            head = "".join(f"{name}: {row[name]}\n" for name in row if name not in ("id", "text"))
            (directory / f"{row['id']}.md").write_text(f"---\n{head}---\n{row['text']}")
        return directory


class TableContract(SourceContract):
    """What files with named columns hold in addition."""

    def test_missing_text_column_is_an_error(self, tmp_path: Path) -> None:
        """Without a text column nothing can be read, and the option is named."""
        rows = [{"id": "a", "title": "Rye", "texts": "Early."}]
        with pytest.raises(
            SourceError, match=r"column text not found, got id, texts, title\n.*text_column"
        ):
            self.read(self.write(tmp_path, rows))

    def test_repeated_ids_are_named_with_the_file(self, tmp_path: Path) -> None:
        """Two rows of one id are an error that names where both stand."""
        path = self.write(tmp_path, [ROWS[2], ROWS[0], ROWS[0]])
        with pytest.raises(
            SourceError, match=r"(row |:)[35]: id 'b' is repeated, first at .*(row |:)[23]"
        ):
            self.read(path)


class TestJson(TableContract):
    """A list of objects."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = directory / "articles.json"
        path.write_text(json.dumps({"made": "today", "articles": list(rows)}))
        return path


class TestJsonl(TableContract):
    """One object per line, packed."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = directory / "articles.jsonl.gz"
        path.write_bytes(gzip.compress("\n\n".join(map(json.dumps, rows)).encode()))
        return path


class TestCsv(TableContract):
    """A header and rows, with Excel's byte order mark."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = directory / "articles.csv"
        pd.DataFrame(rows).to_csv(path, index=False, sep=";", encoding="utf-8-sig")
        return path


class TestParquet(TableContract):
    """Columns in Parquet."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        pytest.importorskip("pyarrow")
        path = directory / "articles.parquet"
        pd.DataFrame(rows).to_parquet(path)
        return path


class TestSqlite(TableContract):
    """The one table of a database."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = directory / "articles.db"
        with closing(sqlite3.connect(path)) as connection:
            pd.DataFrame(rows).to_sql("posts", connection, index=False)
        return path

    def test_query_and_table_choose_rows(self, tmp_path: Path) -> None:
        """A query gives the rows, and cannot write."""
        path = self.write(tmp_path, ROWS)
        assert len(self.read(path, query="SELECT * FROM posts WHERE id = 'a'")) == 1
        with pytest.raises(SourceError, match="readonly database"):
            self.read(path, query="DELETE FROM posts")

    def test_unknown_table_gets_a_guess(self, tmp_path: Path) -> None:
        """A misspelt table is answered with the tables there are."""
        with pytest.raises(
            SourceError, match=r"table post not found, got posts\nHint: did you mean"
        ):
            self.read(self.write(tmp_path, ROWS), table="post")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", r"a\.json:1: is not valid JSON"),
        ("a.json", b'{"x": 1}', "expected a list of articles, got x"),
        ("a.json", b"[1]", "article 1: expected an object, got int"),
        ("a.json", b"[]", "holds no articles"),
        (
            "a.jsonl",
            b'{"id": 1}\nx\n[]',
            r"a\.jsonl:2: is not valid JSON.*\n.*:3: expected an object",
        ),
        ("a.jsonl", b'{"id": "\xe9"}', r"a\.jsonl:1: is not UTF-8, got byte 0xe9 at offset 8"),
        ("a.csv", b"", "is empty, expected a header"),
        ("a.csv", b"id,title,text\n", "only a header"),
        ("a.csv", b"id,title,text\na,b,c,d\n", "Expected 3 fields in line 2, saw 4"),
        ("a.csv", b"id,id,text\na,b,c\n", "duplicate column: id"),
        ("a.csv", b'id,title,text\na,"b,c\n', "is not valid CSV: EOF inside string"),
        ("a.csv.gz", b"id,title,text\n", "cannot be read"),
        ("a.parquet", b"PAR?", "is not valid Parquet"),
        ("a.db", b"noise" * 500, "file is not a database"),
        ("a.txt", b"x", r"suffix \.txt is unknown, expected \.csv"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """File, line or row, and what is wrong with it stand in the message."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read_articles(tmp_path / name)


def test_a_missing_path_gets_a_guess(tmp_path: Path) -> None:
    """A path that is not there is answered with one that is."""
    (tmp_path / "posts").mkdir()
    with pytest.raises(
        SourceError, match=r"post: no such file or directory\nHint: did you mean posts"
    ):
        read_articles(tmp_path / "post")


def test_unknown_options_and_formats_get_a_guess(tmp_path: Path) -> None:
    """Misspelt names are settings errors with a suggestion."""
    with pytest.raises(ConfigError, match="unknown option id_colum\nHint: did you mean id_column"):
        read_articles(tmp_path, id_colum="slug")
    with pytest.raises(
        ConfigError, match=r"unknown source format 'jsn'.*\nHint: did you mean json"
    ):
        read_source(tmp_path, SourceOptions(format="jsn"))


def test_slashed_dates_are_read_where_one_order_fits(tmp_path: Path) -> None:
    """08/30/2018 fixes the order of the column; alone, 01/02/2018 is refused."""
    path = tmp_path / "a.csv"
    path.write_text("id,title,text,date\na,A,x,08/30/2018\nb,B,y,01/02/2018\n")
    assert list(read_articles(path)["date"].dt.month) == [8, 1]
    path.write_text("id,title,text,date\nb,B,y,01/02/2018\n")
    with pytest.raises(SourceError, match="row 1: `date` can be read as day"):
        read_articles(path)
