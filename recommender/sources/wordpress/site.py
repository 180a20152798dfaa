"""A WordPress site by what follows ``wordpress:``: a database, an address, a directory, an export.

In the directory of a site, ``wp-config.php`` says where its database is. It is read as text, and
its password is in no message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recommender.config import WORDPRESS
from recommender.errors import MissingDependencyError, SourceError
from recommender.sources.base import Records, SourceOptions
from recommender.sources.tables.sql import is_url, shown_url

if TYPE_CHECKING:
    import sqlalchemy as sa

CONFIG = "wp-config.php"
_WEB = re.compile(r"https?://", re.IGNORECASE)
_TOKEN = re.compile(
    r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|/\*.*?\*/|//[^\n]*|#[^\n]*", re.DOTALL
)
"""A text in quotes, which may contain the marks of a comment, or a comment."""
_TEXT = r"(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\$]|\\.)*)\")"
_PREFIX = re.compile(rf"\$table_prefix\s*=\s*{_TEXT}\s*;")
_NAMES = ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST")
_HOST = re.compile(r"(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?::?(/.*))?")
_SOCKETS = (
    "/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock", "/var/mysql/mysql.sock",  # noqa: S108 - where MySQL has it by default
)  # fmt: skip
"""Where a server of this machine listens, if its name is ``localhost``."""


def read_site(source: str, options: SourceOptions) -> Records:
    """Return the posts of a WordPress site as records.

    Parameters
    ----------
    source : str
        ``wordpress:`` and the SQLAlchemy URL of its database, the address of the site (its REST
        API is read), the directory with its ``wp-config.php``, or an export.
    options : SourceOptions
        As for `read_database`, `read_rest` and `read_wordpress`.

    Raises
    ------
    SourceError, MissingDependencyError
        As these do.
    """
    place = source.removeprefix(WORDPRESS)
    if not place.strip():
        raise SourceError(
            f"{source}: names no site",
            "write the URL of its database, its address, its directory or an export after it",
        )
    if _WEB.match(place):
        from recommender.sources.wordpress.rest import read_rest

        return read_rest(place, options)
    from recommender.sources.wordpress.database import read_database

    if is_url(place):
        return read_database(place, options, where=shown_url(source))
    if Path(place).is_dir():
        found = database_of(Path(place))
        return read_database(found.url, options, where=source, prefix=found.prefix, home=found.home)
    if not Path(place).exists():
        raise SourceError(
            f"{source}: no such file or directory",
            "after wordpress: comes https://…, mysql+pymysql://…, a directory with "
            f"{CONFIG} or an export",
        )
    from recommender.sources.wordpress.export import read_wordpress

    return read_wordpress(Path(place), options)


class Database(NamedTuple):
    """What ``wp-config.php`` says."""

    url: str
    """SQLAlchemy URL, with the password."""
    prefix: str = ""
    """Beginning of the names of the tables."""
    home: str = ""
    """Address of the site, if it is set there."""


def database_of(directory: Path) -> Database:
    """Return what ``wp-config.php`` says about the database of a site.

    Parameters
    ----------
    directory : Path
        The root of the site; ``wp-config.php`` may also be in the directory above.

    Raises
    ------
    SourceError
        If there is no ``wp-config.php``, or it does not name the database in plain text.
    """
    try:
        from sqlalchemy import URL
    except ImportError as error:
        raise MissingDependencyError("SQLAlchemy", "wordpress", "reading a database") from error
    found = (folder / CONFIG for folder in (directory, directory.resolve().parent))
    file = next((file for file in found if file.is_file()), None)
    if file is None:
        raise SourceError(
            f"{directory}: contains no {CONFIG}", "name the directory in which WordPress is"
        )
    text = file.read_text(encoding="utf-8", errors="replace")
    text = _TOKEN.sub(lambda token: token[0] if token[0][0] in "'\"" else " ", text)
    home = (_defined("WP_HOME", text) or "").rstrip("/")
    prefix = _PREFIX.search(text)
    start = _unquoted(prefix) if prefix else ""
    own = file.parent / "wp-content/database/.ht.sqlite"
    if own.is_file() and (file.parent / "wp-content/db.php").is_file():
        # The plug-in SQLite Database Integration.
        return Database(f"sqlite:///{own.resolve()}", start, home)
    values = {name: _defined(name, text) for name in _NAMES}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise SourceError(
            f"{file}: {', '.join(missing)} is not there in plain text",
            "name the database itself, in the environment: RECOMMENDER_SOURCE="
            "wordpress:mysql+pymysql://USER:PASSWORD@HOST/DATABASE",
        )
    url = _url({name: value or "" for name, value in values.items()}, URL)
    return Database(url.render_as_string(hide_password=False), start, home)


def _url(values: Mapping[str, str], made: type[sa.URL]) -> sa.URL:
    found = _HOST.fullmatch(values["DB_HOST"])
    host, port, socket = found.groups() if found else (values["DB_HOST"], None, None)
    if host == "localhost" and not port:
        socket = socket or next(filter(os.path.exists, _SOCKETS), None)
    return made.create(
        "mysql+pymysql",
        values["DB_USER"],
        values["DB_PASSWORD"],
        host.strip("[]") or "localhost",
        int(port) if port else None,
        values["DB_NAME"],
        {"unix_socket": socket} if socket else {},
    )


def _defined(name: str, text: str) -> str | None:
    """Return the text that PHP defines under a name; None if it is computed or missing."""
    found = re.search(rf"\bdefine\s*\(\s*['\"]{name}['\"]\s*,\s*{_TEXT}\s*\)", text)
    return _unquoted(found) if found else None


def _unquoted(found: re.Match[str]) -> str:
    """Return the text between quotes as PHP reads it."""
    if found[1] is not None:
        return re.sub(r"\\([\\'])", r"\1", found[1])
    return re.sub(r"\\([\\\"$])", r"\1", found[2])
