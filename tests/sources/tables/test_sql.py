"""Databases behind a URL: rows in, nothing written, no password out."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from source_contracts import ROWS, TableContract

from recommender.errors import ConfigError, MissingDependencyError, SourceError
from recommender.sources import SourceOptions, read_articles
from recommender.sources.tables.sql import read_sql, shown_url

pytest.importorskip("sqlalchemy")


class TestSql(TableContract):
    """An SQLite database through SQLAlchemy."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = directory / "articles.db"
        with closing(sqlite3.connect(path)) as connection:
            pd.DataFrame(rows).to_sql("posts", connection, index=False)
        return f"sqlite:///{path}"  # type: ignore[return-value]

    def test_query_and_table_choose_rows(self, tmp_path: Path) -> None:
        """A query gives the rows; colons in it are text."""
        url = self.write(tmp_path, ROWS)
        query = "SELECT id, title || ' 10:30 :x' AS title, text FROM posts WHERE id = 'a'"
        assert list(self.read(url, query=query)["title"]) == ["Rye 10:30 :x"]
        assert len(self.read(url, table="posts")) == 2

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"query": "DELETE FROM posts"}, "query must be one SELECT, got 'DELETE"),
            (
                {"query": "WITH x AS (SELECT 1) DELETE FROM posts"},
                "readonly database|does not return rows",
            ),
            ({"query": "SELECT missing FROM posts"}, "cannot be read: no such column: missing"),
            ({"query": "SELECT * FROM posts WHERE id = 'z'"}, "gave no rows"),
            ({"table": "post"}, r"table post not found, got posts\nHint: did you mean posts"),
            ({"table": "a", "query": "b"}, "table and query are both set"),
        ],
    )
    def test_what_does_not_fit_is_named(
        self, tmp_path: Path, options: dict[str, str], message: str
    ) -> None:
        """Wrong tables and queries are reported, and nothing is written."""
        url = self.write(tmp_path, ROWS)
        with pytest.raises(SourceError, match=message):
            self.read(url, **options)
        assert len(self.read(url)) == 2


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://ann:hush@127.0.0.1:1/blog",
        "postgresql+nodriver://ann:hush@host/blog",
        "mysql+pymysql://ann:hu%73h@127.0.0.1:1/blog?password=hush",
        "oracle://ann:hush@127.0.0.1:notaport/blog",
        "nosuch://ann:hush@host/blog",
        "sqlite:///hush.db?password=hush",
    ],
)
def test_no_message_holds_the_password(url: str) -> None:
    """In no error does the message, the hint or the cause contain the password."""
    with pytest.raises(SourceError) as caught:
        read_articles(url)
    said = str(caught.value).replace("hush.db", "")
    assert "hush" not in said
    assert "hu%73h" not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_argument_that_sqlite_does_not_know_is_named(tmp_path: Path) -> None:
    """SQLAlchemy would ignore it, with a warning in its own words."""
    url = TestSql().write(tmp_path, ROWS)
    for added, names in (("?password=hush", "password"), ("?uri=false&key=1&timeout=3", "key")):
        with pytest.raises(SourceError) as caught:
            read_articles(f"{url}{added}")
        assert caught.value.message.endswith(f": its driver does not know the argument {names}")
        assert caught.value.hint == "leave it out of the address"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mysql://ann:a:b@c@host/x", "mysql://ann:***@host/x"),
        ("mysql://ann@host/x", "mysql://ann@host/x"),
        ("mssql://host/x?user=a&pwd=b&c=d", "mssql://host/x?user=a&pwd=***&c=d"),
        ("content/posts", "content/posts"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    """Messages and narration show a source like this."""
    assert shown_url(url) == shown


def test_a_missing_sqlite_file_is_not_made(tmp_path: Path) -> None:
    """A misspelt file is an error, no new empty database."""
    with pytest.raises(SourceError, match=r"no such file: .*gone\.db\nHint: .*four slashes"):
        read_articles(f"sqlite:///{tmp_path}/gone.db")
    assert not (tmp_path / "gone.db").exists()


def test_an_address_of_a_site_is_no_database() -> None:
    """What may be meant is in the hint."""
    with pytest.raises(SourceError, match=r"is unknown\nHint: .* wordpress:https://a\.exa"):
        read_articles("https://a.example")


def test_a_url_is_no_other_format() -> None:
    """A URL with another format is taken for the path that this format reads."""
    with pytest.raises(SourceError, match="no such file"):
        read_articles("sqlite:///x.db", format="csv")
    with pytest.raises(ConfigError, match="did you mean sql"):
        read_articles("x.db", format="sq")


def test_without_sqlalchemy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "SQLAlchemy>=2"'):
        read_sql("sqlite://", SourceOptions())
