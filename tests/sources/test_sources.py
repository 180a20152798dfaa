"""The contract for every source, and the particulars of each format."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from source_contracts import ROWS, SourceContract, TableContract

from recommender.errors import ConfigError, SourceError
from recommender.sources import SourceOptions, read_articles, read_source

PROSE = "The bread and the rye are not as dear in the town as they are in the country."
ASKS_OUT = {
    "yaml.md": "---\ntitle: A\n{}: false\n---\n{}",
    "params.md": "---\ntitle: A\nparams:\n  {}: no\n---\n{}",
    "toml.md": '+++\ntitle = "A"\n{} = false\n+++\n{}',
    "extra.md": '+++\ntitle = "A"\n[extra]\n{} = false\n+++\n{}',
    "json.md": '{{"title": "A", "{}": false}}\n\n{}',
    "pelican.md": "Title: A\n{}: False\n\n{}",
    "under.rst": "A\n=\n\n:{}: false\n\n{}\n",
    "above.rst": ":{}: no\n\nA\n=\n\n{}\n",
    "page.html": '<title>A</title><meta name="{}" content="false"><article><p>{}</article>',
}


@pytest.mark.parametrize("switch", ["recommender", "related"])
@pytest.mark.parametrize("name", ASKS_OUT)
def test_an_article_may_ask_to_be_left_out(tmp_path: Path, name: str, switch: str) -> None:
    """Front matter, fields or <meta> can opt out, and the reason is reported."""
    text = ASKS_OUT[name]
    (tmp_path / name).write_text(text.format(switch, PROSE))
    (tmp_path / f"b-{name}").write_text(text.format("other", f"{PROSE} {PROSE}"))
    found = read_source(tmp_path, SourceOptions())
    assert list(found.articles["id"]) == [f"b-{name}"]
    assert [skipped.reason for skipped in found.skipped] == ["left out by itself"]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.md", "# 麦\n\n{}\n"),
        ("a.rst", "麦\n==\n\n{}\n"),
        ("a.html", "<title>麦</title><article><h1>麦</h1><p>{}</p></article>"),
        ("a.rss", "<rss version='2.0'><channel><item><guid>a</guid><title>麦</title>"
         "<description>&lt;p&gt;{}&lt;/p&gt;</description></item></channel></rss>"),
    ],
)  # fmt: skip
def test_text_after_an_address_is_kept(tmp_path: Path, name: str, source: str) -> None:
    """Also in languages without spaces, and in parentheses."""
    text = (
        "详见：https://example.org/a。小麦很好。黑麦（https://example.org/b）也很好。 www.x.org, it"
    )
    (tmp_path / name).write_text(source.format(text), encoding="utf-8")
    found = read_articles(tmp_path / name if name == "a.rss" else tmp_path)["text"]
    assert found.tolist() == ["详见：。小麦很好。黑麦（）也很好。 , it"]


class TestMarkdown(SourceContract):
    """A directory of Markdown."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        for row in rows:
            head = "".join(f"{name}: {row[name]}\n" for name in row if name not in ("id", "text"))
            (directory / f"{row['id']}.md").write_text(f"---\n{head}---\n{row['text']}")
        return directory


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
        ("a.json", b"[]", "contains no articles"),
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
        ("a.html", b"<p>x", r"is one page, expected the directory of .*\nHint: name the directory"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The message names the file, the line or row, and the problem."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read_articles(tmp_path / name)


def test_a_missing_path_gets_a_guess(tmp_path: Path) -> None:
    """A missing path is reported with a similar one that exists."""
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


PAGE = "<!doctype html><title>{0}</title><article><h1>{0}</h1><p>{1}</article>"
LAYOUT = "<!doctype html><title>{{{{ title }}}}</title><main>{0} {1}{{{{ content }}}}</main>"
PART = "<article><h2>{0}</h2><p>{1}</article>"


@pytest.mark.parametrize(
    ("counts", "page", "read", "told"),
    [
        ({"html": 4, "md": 3}, PAGE, "html", set()),
        ({"html": 4, "md": 4}, PAGE, "md", set()),
        ({"html": 4, "rst": 3}, PAGE, "html", set()),
        ({"html": 4, "md": 3}, LAYOUT, "md", set()),
        ({"html": 4, "rst": 2, "md": 1}, PART, "rst", {".md"}),
        ({"rst": 3, "md": 2}, "", "rst", {".md"}),
        ({"rst": 3, "md": 3}, "", "md", {".rst"}),
        ({"html": 2}, PART, "html", set()),
    ],
)
def test_a_directory_is_what_most_of_its_files_are(
    tmp_path: Path, counts: dict[str, int], page: str, read: str, told: set[str]
) -> None:
    """A readme in a built site, or in a manual, is not the only article of it.

    Templates and parts of pages are no site.
    """
    texts = {"html": page, "md": "# {0}\n\n{1}\n", "rst": "{0}\n=======\n\n{1}\n"}
    for suffix, count in counts.items():
        for number in range(count):
            text = texts[suffix].format(f"Field {number}", f"{PROSE} {PROSE} {number}")
            (tmp_path / f"{number}.{suffix}").write_text(text)
    found = read_source(tmp_path)
    assert list(found.articles["id"]) == [f"{number}.{read}" for number in range(counts[read])]
    assert {Path(skipped.where).suffix for skipped in found.skipped} == told
