"""A WordPress database in MariaDB: what SQLite gives, read only, and an error is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Command

pytest.importorskip("pymysql")
sqlalchemy = pytest.importorskip("sqlalchemy")

from wordpress_site import Site  # noqa: E402

from integration.mariadb import PASSWORD, USER, MariaDb  # noqa: E402
from recommender.errors import SourceError  # noqa: E402
from recommender.sources import read_articles, read_source  # noqa: E402
from recommender.sources.tables.sql import database  # noqa: E402

SHOWN = ["id", "title", "text", "url", "date", "author", "tags", "category", "lang", "image",
         "prior", "description"]  # fmt: skip


def farm() -> Site:
    """Return a site with terms, fields, zero dates and text of four bytes."""
    site = Site()
    site.term(2, "category", "grain", "Grain")
    site.term(3, "post_tag", "rye", "Rye")
    site.term(4, "post_tag", "aehre", "Ähre")
    site.post(5, "Sow 🌾 early.\n\nWait.", post_title="Rye", terms=(2, 3, 4),
              metas={"desk": "north", "ratings_average": "4.5"})  # fmt: skip
    site.post(6, post_date_gmt="0000-00-00 00:00:00")
    site.post(7, post_status="draft", post_date_gmt="0000-00-00 00:00:00")
    site.post(8, post_content="C:\\new 100% 'quoted'")
    return site


def fill(server: MariaDb, name: str, site: Site) -> str:
    """Write a site into a new database; return its URL."""
    url = server.create(name)
    with server.connect(name) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = ''")
        site.write(cursor, "%s")
    return url


def test_mariadb_gives_what_sqlite_gives(mariadb: MariaDb, tmp_path: Path) -> None:
    """Each column of each article is the same."""
    url = fill(mariadb, "farm", farm())
    there, here = read_source(f"wordpress:{url}"), read_source(farm().save(tmp_path))
    pd.testing.assert_frame_equal(there.articles[SHOWN], here.articles[SHOWN])
    assert there.articles["text"][0] == "Sow 🌾 early.\n\nWait."
    assert there.articles["date"][1] == pd.Timestamp("2024-05-06 12:30:05", tz="UTC")
    assert [reason for _, reason in there.skipped] == ["draft"]
    plain = url.replace("mysql+pymysql", "mariadb")
    assert len(read_articles(f"wordpress:{plain}")) == 3


def test_the_directory_of_a_site_is_enough(mariadb: MariaDb, tmp_path: Path, run: Command) -> None:
    """`wp-config.php` names the server; `build` writes the file of the plug-in, twice the same."""
    fill(mariadb, "mill", farm())
    spelled = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    (tmp_path / "wp-config.php").write_text(
        f"<?php\ndefine('DB_NAME', 'mill');\ndefine('DB_USER', '{USER}');\n"
        f"define('DB_PASSWORD', '{spelled}');\ndefine('DB_HOST', '127.0.0.1:{mariadb.port}');\n"
    )
    target = tmp_path / "wp-content/uploads/recommender/related.json"
    made = []
    for _ in range(2):
        done = run("build", "wordpress:.", "-o", target)
        assert done.code == 0, done.err
        assert "Read 3 articles from wordpress:." in done.err
        assert "Nothing has changed" not in done.err
        made.append(target.read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b'{"version":1,"lists":{\n"5":[')
    assert not (tmp_path / ".recommender").exists()
    done = run("build", f"wordpress:{mariadb.url('mill')}", "-o", "a.json", "--reasons")
    assert f"Read 3 articles from wordpress:mysql+pymysql://{USER}:***@127.0.0.1" in done.err


@pytest.mark.parametrize(
    ("part", "wrong", "message"),
    [
        (f"{USER}:", "nobody:", r"Access denied for user 'nobody'.*\nHint: check user and pass"),
        ("/orchard", "/barn", r"Unknown database 'barn'\nHint: check the name of the database"),
        ("127.0.0.1", "127.0.0.2", r"Can't connect to MySQL server.*\nHint: check host and port"),
    ],
)
def test_what_the_server_refuses_is_one_line(
    mariadb: MariaDb, part: str, wrong: str, message: str
) -> None:
    """A wrong user, name or host: its message, without the password, and what to check."""
    url = fill(mariadb, "orchard", farm())
    with pytest.raises(SourceError, match=message) as caught:
        read_articles(f"wordpress:{url.replace(part, wrong, 1)}")
    assert "oats" not in str(caught.value)
    assert "%26" not in str(caught.value)


def test_the_connection_cannot_write(mariadb: MariaDb) -> None:
    """The server itself refuses, whatever the user may do."""
    url = fill(mariadb, "farm", farm())

    def delete(connection: Any) -> None:
        connection.execute(sqlalchemy.text("DELETE FROM wp_posts"))

    with (
        pytest.raises(SourceError, match="READ ONLY transaction"),
        database(url, "farm") as connection,
    ):
        delete(connection)
    assert len(read_articles(f"wordpress:{url}")) == 3
