"""A database behind an SQLAlchemy URL: the rows of a table, a view or a query.

Needs the extra ``sql`` and the database's own driver. Reads only: nothing is committed.
Invariant: no message contains the password of a URL.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recommender.config import WORDPRESS
from recommender.errors import MissingDependencyError, RecommenderError, SourceError, did_you_mean
from recommender.sources.base import Records, SourceOptions
from recommender.sources.columns import table_records

if TYPE_CHECKING:
    import sqlalchemy as sa

_URL = re.compile(rf"(?:{WORDPRESS})?[A-Za-z][A-Za-z0-9+_.-]+://")
_PASSWORD = re.compile(r"(://[^:/?#@\s]*):.*@", re.DOTALL)
_SECRET = re.compile(r"([?&;](?:password|passwd|pwd|secret|token)=)[^&;#\s]*", re.IGNORECASE)
_READING = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*|\(\s*)*(?:select|with|values|table)\b", re.I
)
_PACKAGES = {"psycopg2": "psycopg[binary]", "MySQLdb": "mysqlclient"}
_DENIED, _UNREACHED = "check user and password", "check host and port, and that the server runs"
_ADVICE = {
    1044: _DENIED, 1045: _DENIED, 1698: _DENIED, 1049: "check the name of the database",
    2002: _UNREACHED, 2003: _UNREACHED, 2005: _UNREACHED,
}  # fmt: skip
"""What to do, by the number of an error of MySQL or MariaDB."""
_HINT = "name an SQLAlchemy URL such as postgresql://user@host/blog or sqlite:///blog.db"


def is_url(source: object) -> bool:
    """Return whether a source is a URL rather than a path.

    Examples
    --------
    >>> is_url("sqlite:///blog.db"), is_url("C:/blog.db"), is_url("content/posts")
    (True, False, False)
    >>> is_url("wordpress:https://example.org")
    True
    """
    return isinstance(source, str) and bool(_URL.match(source))


def shown_url(source: object) -> str:
    """Return a source for messages: a URL without its password.

    Examples
    --------
    >>> shown_url("postgresql://ann:p@ss@host/blog?sslpassword=x&password=y")
    'postgresql://ann:***@host/blog?sslpassword=x&password=***'
    """
    text = str(source)
    return _SECRET.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text)) if is_url(text) else text


def read_sql(url: str | Path, options: SourceOptions) -> Records:
    """Return the rows that `table` or `query` names as records; the one table if neither does.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL, such as ``postgresql://user@host/blog`` or ``sqlite:///blog.db``.
    options : SourceOptions
        `table` (with its schema, if need be: ``blog.posts``), `query` (one SELECT), and the names
        of columns are used.

    Raises
    ------
    SourceError
        If it is not such a URL, the database does not answer, or the table or query is wrong.
    MissingDependencyError
        If SQLAlchemy is not installed.

    Examples
    --------
    >>> rows = SourceOptions(query="SELECT 'a' AS id, 'Rye' AS title, 'Sow it.' AS text")
    >>> read_sql("sqlite://", rows).table.values.tolist()
    [['a', 'Rye', 'Sow it.']]
    """
    where = shown_url(url)
    if not is_url(url) or str(url).startswith(WORDPRESS):
        raise SourceError(f"{where}: expected the URL of a database", _HINT)
    if options.table and options.query:
        raise SourceError(f"{where}: table and query are both set", "keep one of them")
    if options.query and not _READING.match(options.query):
        raise SourceError(
            f"{where}: query must be one SELECT, got {options.query!r:.80}",
            "write a SELECT, or name a table or view with table",
        )
    hint = "check that the query is one SELECT" if options.query else ""
    with database(str(url), where, hint=hint) as connection:
        import sqlalchemy

        statement = (
            sqlalchemy.text(options.query.replace(":", r"\:"))
            if options.query
            else _select(connection, where, options.table)
        )
        result = connection.execute(statement)
        columns, rows = list(result.keys()), result.fetchall()
    if not rows:
        raise no_rows(where, options)
    table = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    return table_records(table, where, options, lambda row: f"{where}: row {row + 1:,}")


def chosen_table(
    wanted: str | None, tables: Sequence[str], names: Sequence[str], where: str
) -> str:
    """Return the name of the table to read: the wanted one, else the only one.

    Parameters
    ----------
    wanted : str or None
        The setting `table`.
    tables, names : sequence of str
        The tables of the database; its tables and views.
    where : str
        The source, for messages.

    Raises
    ------
    SourceError
        If there is no such table or view; or if none is wanted, unless there is one table only.

    Examples
    --------
    >>> chosen_table(None, ["posts"], ["posts", "shown"], "blog.db")
    'posts'
    """
    shown = ", ".join(names[:30]) or "none"
    if wanted is None and len(tables) != 1:
        raise SourceError(f"{where}: expected one table, got {shown}", "name one with table")
    if wanted is not None and wanted not in names:
        raise SourceError(
            f"{where}: table {wanted} not found, got {shown}",
            did_you_mean(wanted, names) or "name one of these with table",
        )
    return tables[0] if wanted is None else wanted


def no_rows(where: str, options: SourceOptions) -> SourceError:
    """Return the error for a table, view or query without rows."""
    return SourceError(
        f"{where}: {options.query or options.table or 'the table'} gave no rows",
        "check the query" if options.query else "name another table or view with table",
    )


@contextmanager
def database(
    url: str, where: str, *, extra: str = "sql", hint: str = ""
) -> Iterator[sa.Connection]:
    """Open a database; in the block it can only be read.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL.
    where : str
        The source without its password, for messages.
    extra : str
        The extra of this package that installs SQLAlchemy.
    hint : str
        What to do if a statement in the block fails; default: by the error.

    Raises
    ------
    SourceError
        If it cannot be opened, or anything in the block raises an exception of a library.
    MissingDependencyError
        If SQLAlchemy is not installed.
    """
    try:
        import sqlalchemy  # noqa: F401 - named before the URL is looked at
    except ImportError as error:
        raise MissingDependencyError("SQLAlchemy", extra, "reading a database URL") from error
    engine = _engine(url, where)
    try:
        with engine.connect() as connection:
            _read_only(connection)
            yield connection
    except (RecommenderError, MemoryError):
        raise
    except Exception as error:  # drivers may raise anything
        # Not chained: a driver's message may contain the password.
        raise SourceError(
            f"{where}: cannot be read: {_reason(error, engine.url)}", hint or _advice(error)
        ) from None
    finally:
        engine.dispose()


def _engine(url: str, where: str) -> sa.Engine:
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SAWarning

    try:
        parsed = sqlalchemy.make_url(re.sub(r"^postgres:", "postgresql:", url))
        if parsed.drivername == "postgresql" and not find_spec("psycopg2") and find_spec("psycopg"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.drivername in ("mysql", "mariadb") and not find_spec("MySQLdb"):
            parsed = parsed.set(drivername=f"{parsed.drivername}+pymysql")
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Query string argument", SAWarning)
            engine = sqlalchemy.create_engine(parsed)
    except SAWarning as warning:
        names = ", ".join(re.findall(r"'(\w+)'", str(warning).partition(" are not ")[0]))
        raise SourceError(
            f"{where}: its driver does not know the argument {names}",
            "leave it out of the address",
        ) from None
    except (ArgumentError, ValueError, NoSuchModuleError, TypeError) as error:
        unknown = isinstance(error, NoSuchModuleError)
        problem = "database is unknown" if unknown else "is not a valid URL"
        hint = _HINT
        if where.startswith(("https://", "http://")):
            hint = f"download the file; or, for a WordPress site, write {WORDPRESS}{where}"
        raise SourceError(f"{where}: {problem}", hint) from None
    except ImportError as error:
        driver = error.name or str(error)
        raise SourceError(
            f"{where}: needs the driver {driver}, which is not installed",
            f"pip install {_PACKAGES.get(driver, driver)}",
        ) from None
    name = engine.url.database
    if engine.dialect.name == "sqlite" and name and name != ":memory:":
        file = Path(name.removeprefix("file:").partition("?")[0])
        if not file.is_file():
            raise SourceError(
                f"{where}: no such file: {file}",
                "a path from the root has four slashes: sqlite:////srv/blog.db",
            )
    return engine


def _read_only(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    elif connection.dialect.name in ("postgresql", "mysql", "mariadb"):
        with suppress(Exception):  # an older server; nothing is committed anyway
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _select(connection: sa.Connection, where: str, wanted: str | None) -> Any:
    import sqlalchemy

    inspector = sqlalchemy.inspect(connection)
    tables = sorted(inspector.get_table_names())
    names = sorted({*tables, *inspector.get_view_names()})
    schema = None
    if wanted and wanted not in names and "." in wanted:
        schema, _, wanted = wanted.rpartition(".")
        if schema in inspector.get_schema_names():
            names = sorted({*inspector.get_table_names(schema), *inspector.get_view_names(schema)})
    return sqlalchemy.select(sqlalchemy.text("*")).select_from(
        sqlalchemy.table(chosen_table(wanted, tables, names, where), schema=schema)
    )


def _reason(error: Exception, url: sa.URL) -> str:
    """Return the first line of a driver's message, without the password."""
    cause = getattr(error, "orig", None) or error
    told = cause.args[1] if _code(error) and len(cause.args) > 1 else cause
    text = str(told).strip().partition("\n")[0]
    secrets = [str(url.password or ""), *(str(value) for value in url.query.values())]
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return shown_url(text) if is_url(text) else text


def _code(error: Exception) -> int:
    """Return the number of an error of MySQL or MariaDB, or 0."""
    arguments = getattr(error, "orig", error).args
    return arguments[0] if arguments and type(arguments[0]) is int else 0


def _advice(error: Exception) -> str:
    """Return what to do about an error of a driver."""
    if "'cryptography' package is required" in str(error):  # for the default of MySQL 8
        return "pip install cryptography, or connect through a socket (?unix_socket=/run/…)"
    return _ADVICE.get(_code(error), "check host, user, password and the name of the database")
