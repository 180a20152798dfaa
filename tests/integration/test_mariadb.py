"""The server that other tests read from: it is up, and its URLs are right."""

from __future__ import annotations

import pytest

pytest.importorskip("pymysql")
sqlalchemy = pytest.importorskip("sqlalchemy")

from wordpress_site import Site  # noqa: E402

from integration.mariadb import MariaDb  # noqa: E402
from recommender.sources import read_articles  # noqa: E402


def test_a_table_is_read_by_url(mariadb: MariaDb) -> None:
    """The password in the URL is escaped, and text of four bytes arrives."""
    url = mariadb.create("farm")
    with mariadb.connect("farm") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE posts (id INT PRIMARY KEY, title TEXT, text TEXT)")
        cursor.execute("INSERT INTO posts VALUES (7, 'Rye 🌾', 'Sow it early.')")
    assert read_articles(url)[["id", "title"]].values.tolist() == [["7", "Rye 🌾"]]


@pytest.mark.parametrize("names", ["latin1", "utf8mb4"])
def test_utf_8_in_tables_of_latin1_is_read_as_wordpress_reads_it(
    mariadb: MariaDb, names: str
) -> None:
    """Old versions said latin1 to the server, but wrote UTF-8; newer ones are converted by it."""
    url = mariadb.create("old")
    site = Site()
    site.term(2, "category", "gruen", "Grün")
    site.post(1, "<p>„Roggen“ für Ångström – €5.</p>", post_title="Müller, à Kôln", terms=(2,))
    with mariadb.connect("old") as connection, connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE old CHARACTER SET latin1")
        cursor.execute(f"SET NAMES {names}")
        site.write(cursor, "%s")
    row = read_articles(f"wordpress:{url}").iloc[0]
    assert (row["title"], row["category"]) == ("Müller, à Kôln", "Grün")
    assert row["text"] == "„Roggen“ für Ångström – €5."
