"""A small WordPress site for tests: its tables, with the columns of WordPress."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

COLUMNS = {
    "posts": "ID BIGINT PRIMARY KEY, post_author BIGINT, post_date DATETIME, "
    "post_date_gmt DATETIME, post_content LONGTEXT, post_title LONGTEXT, post_excerpt LONGTEXT, "
    "post_status VARCHAR(20), comment_status VARCHAR(20), post_password VARCHAR(255), "
    "post_name VARCHAR(200), post_modified DATETIME, post_parent BIGINT, guid VARCHAR(255), "
    "menu_order INT, post_type VARCHAR(20), comment_count BIGINT",
    "postmeta": "meta_id BIGINT PRIMARY KEY, post_id BIGINT, meta_key VARCHAR(255), "
    "meta_value LONGTEXT",
    "users": "ID BIGINT PRIMARY KEY, user_login VARCHAR(60), user_pass VARCHAR(255), "
    "user_nicename VARCHAR(50), display_name VARCHAR(250)",
    "terms": "term_id BIGINT PRIMARY KEY, name VARCHAR(200), slug VARCHAR(200), term_group BIGINT",
    "term_taxonomy": "term_taxonomy_id BIGINT PRIMARY KEY, term_id BIGINT, taxonomy VARCHAR(32), "
    "description LONGTEXT, parent BIGINT, count BIGINT",
    "term_relationships": "object_id BIGINT, term_taxonomy_id BIGINT, term_order INT, "
    "PRIMARY KEY (object_id, term_taxonomy_id)",
    "options": "option_id BIGINT PRIMARY KEY, option_name VARCHAR(191), option_value LONGTEXT, "
    "autoload VARCHAR(20)",
    "comments": "comment_ID BIGINT PRIMARY KEY, comment_post_ID BIGINT, comment_content TEXT",
}
"""The columns of each table, in types that SQLite and MariaDB know."""
WPML = (
    "translation_id BIGINT PRIMARY KEY, element_type VARCHAR(60), element_id BIGINT, trid BIGINT, "
    "language_code VARCHAR(7), source_language_code VARCHAR(7)"
)
WPML_LANGUAGES = (
    "code VARCHAR(7) PRIMARY KEY, english_name VARCHAR(128), default_locale VARCHAR(35)"
)


class Site:
    """The rows of a site; `save` and `write` make its tables.

    Parameters
    ----------
    prefix : str
        Beginning of the names of the tables.
    **options : str
        Options of the site.
    """

    def __init__(self, prefix: str = "wp_", **options: str) -> None:
        self.prefix = prefix
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
        self.users(1, "ann", "Ann Rye")
        self.term(1, "category", "uncategorized", "Uncategorized")
        given = {
            "home": "https://farm.example", "siteurl": "https://farm.example",
            "permalink_structure": "/%year%/%postname%/", "WPLANG": "en_GB",
            "default_category": "1", "show_on_front": "posts", "page_on_front": "0",
        }  # fmt: skip
        for name, value in (given | options).items():
            self._add("options", option_name=name, option_value=value, autoload="yes")

    def users(self, number: int, login: str, name: str) -> None:
        """Add a user."""
        self._add("users", ID=number, user_login=login, user_nicename=login, display_name=name)

    def term(
        self, number: int, taxonomy: str, slug: str, name: str = "", parent: int = 0,
        description: str = "",
    ) -> None:  # fmt: skip
        """Add a term; its number in the taxonomy is 100 more than its own."""
        self._add("terms", term_id=number, name=name or slug.title(), slug=slug)
        self._add("term_taxonomy", term_taxonomy_id=number + 100, term_id=number,
                  taxonomy=taxonomy, parent=parent, description=description)  # fmt: skip

    def post(
        self, number: int, content: str = "<p>Text of it.</p>", *, terms: tuple[int, ...] = (),
        metas: dict[str, str] | None = None, **columns: Any,
    ) -> None:  # fmt: skip
        """Add a post, published unless a column says otherwise."""
        given = {
            "ID": number, "post_title": f"Title {number}", "post_content": content,
            "post_name": f"post-{number}", "post_status": "publish", "post_type": "post",
            "post_author": 1, "post_parent": 0, "post_password": "", "post_excerpt": "",
            "post_date": "2024-05-06 12:30:05", "post_date_gmt": "2024-05-06 10:30:05",
        }  # fmt: skip
        self._add("posts", **(given | columns))
        for term in terms:
            self._add("term_relationships", object_id=number, term_taxonomy_id=term + 100)
        for name, value in (metas or {}).items():
            self._add("postmeta", post_id=number, meta_key=name, meta_value=value)

    def translation(self, number: int, lang: str, group: int) -> None:
        """Note the language of a post, and its translations, as WPML does."""
        self._add("icl_translations", element_type="post_post", element_id=number, trid=group,
                  language_code=lang)  # fmt: skip

    def wpml_language(self, code: str, locale: str) -> None:
        """Note the locale of a language, as WPML does."""
        self._add("icl_languages", code=code, default_locale=locale)

    def write(self, cursor: Any, mark: str = "?") -> None:
        """Make the tables through a cursor; `mark` is that of a parameter."""
        for name, rows in self.rows.items():
            table = f"{self.prefix}{name}"
            cursor.execute(f"CREATE TABLE {table} ({_columns(name)})")
            for row in rows:
                marks = ", ".join([mark] * len(row))
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
                )

    def save(self, directory: Path) -> str:
        """Write an SQLite database; return the source that names it."""
        path = directory / "wordpress.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            self.write(connection)
        return f"wordpress:sqlite:///{path}"

    def _add(self, table: str, /, **row: Any) -> None:
        rows = self.rows.setdefault(table, [])
        first = _columns(table).partition(" ")[0]
        own = {} if first in row or first == "object_id" else {first: len(rows) + 1}
        rows.append(own | row)


def _columns(table: str) -> str:
    return WPML_LANGUAGES if table == "icl_languages" else COLUMNS.get(table, WPML)
