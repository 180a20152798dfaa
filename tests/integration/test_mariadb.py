"""The server that other tests read from: it is up, and its URLs are right."""

from __future__ import annotations

import pytest

pytest.importorskip("pymysql")
sqlalchemy = pytest.importorskip("sqlalchemy")

from integration.mariadb import MariaDb  # noqa: E402
from recommender.sources import read_articles  # noqa: E402


def test_a_table_is_read_by_url(mariadb: MariaDb) -> None:
    """The password in the URL is escaped, and text of four bytes arrives."""
    url = mariadb.create("farm")
    with mariadb.connect("farm") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE posts (id INT PRIMARY KEY, title TEXT, text TEXT)")
        cursor.execute("INSERT INTO posts VALUES (7, 'Rye 🌾', 'Sow it early.')")
    assert read_articles(url)[["id", "title"]].values.tolist() == [["7", "Rye 🌾"]]
