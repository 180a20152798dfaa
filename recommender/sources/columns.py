"""The columns of a source: what each contains, and its values in the form of the Article table.

A column that the user named must exist; columns with default names may be missing, and some have
synonyms (`summary` for `description`). Unknown columns are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.articles import COLUMNS, REQUIRED, as_list
from recommender.config import SourceSettings
from recommender.errors import SourceError, did_you_mean
from recommender.sources.base import Records, SourceOptions
from recommender.toml_text import toml_value

MAPPED = tuple(
    field.name.removesuffix("_column")
    for field in fields(SourceSettings)
    if field.name.endswith("_column")
)
"""The columns for which a setting such as `id_column` names another one."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "category": ("categories", "section"),
    "lang": ("language", "locale"),
    "author": ("authors",),
    "date": ("pubdate", "pubdatetime", "publishedat", "published_at", "date_published"),
    "tags": ("tag",),
    "description": ("summary", "excerpt"),
}
"""Other names of a column, tried in this order if its own is missing."""

LIKELY: Mapping[str, tuple[str, ...]] = {
    "id": ("slug", "guid", "uuid", "post_id", "number", "path", "url", "permalink"),
    "title": ("headline", "name", "heading", "subject", "post_title"),
    "text": ("body", "content", "html", "markdown", "post_content"),
}
"""Names that a required column often has in other programs: suggested, but not used unasked."""

SHOWN, LONG_NAME = 30, 60
"""How many names of columns an error shows, and how much of each. A longer one is a value: the
header is missing."""


def candidates(name: str, options: SourceOptions) -> tuple[str, ...]:
    """Return the names under which a source may hold a column, the first one wins.

    Examples
    --------
    >>> candidates("lang", SourceOptions())
    ('lang', 'language', 'locale')
    >>> candidates("lang", SourceOptions(lang_column="tongue"))
    ('tongue',)
    """
    if options.is_mapped(name):
        return (options.source_column(name),)
    return (name, *SYNONYMS.get(name, ()))


def map_columns(table: pd.DataFrame, path: Path | str, options: SourceOptions) -> pd.DataFrame:
    """Return a table under canonical column names.

    Raises
    ------
    SourceError
        If a required column, or one that the user named, is missing.
    """
    table = table.rename(columns=column_name)
    check_columns(table.columns, str(path), options)
    canonical: dict[str, pd.Series] = {}
    used: set[str] = set()
    for name in COLUMNS:
        found = [known for known in candidates(name, options) if known in table.columns]
        if found:
            canonical[name] = _column(table[found[0]], _READERS.get(name))
            used.add(found[0])
    extras = [name for name in table.columns if name not in used and name not in COLUMNS]
    return pd.concat([pd.DataFrame(canonical), table[extras]], axis=1)


def positive(value: Any) -> float | None:
    """Return a number above 0, also one with a decimal comma; None for anything else.

    Examples
    --------
    >>> positive("4,5"), positive(3), positive("0"), positive("good")
    (4.5, 3.0, None, None)
    """
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def column_name(name: Any) -> str:
    """Return a name that can be written as UTF-8: half a surrogate pair is replaced."""
    return str(name).encode("utf-8", "replace").decode()


def table_records(
    table: pd.DataFrame,
    path: Path | str,
    options: SourceOptions,
    places: Callable[[int], str] | None = None,
) -> Records:
    """Return the rows of a table file as records.

    Parameters
    ----------
    table : DataFrame
        As read, under the source's own column names.
    path : Path
        The file, for messages.
    options : SourceOptions
        Names of the columns.
    places : callable, optional
        The place of row i; default: ``path: row i + 1``.

    Raises
    ------
    SourceError
        If a column is missing.
    """
    names = pd.Index([column_name(name) for name in table.columns])
    repeated = [str(name) for name in names[names.duplicated()]]
    if repeated:
        raise SourceError(
            f"{path}: duplicate column: {repeated[0]}", "give each column its own name"
        )
    place = places or (lambda row: f"{path}: row {row + 1:,}")
    mapped = map_columns(table.reset_index(drop=True), path, options)

    def locate(row: int, name: str) -> str:
        return f"{place(row)}: `{options.source_column(name)}`"

    return Records(mapped, [place(row) for row in range(len(mapped))], locate)


def check_columns(present: Iterable[Any], where: str, options: SourceOptions) -> None:
    """Raise an error that names all columns that a source lacks, if any.

    Raises
    ------
    SourceError
        If a required column, or one that the user named, is missing.
    """
    names = set(present)
    missing = [
        name
        for name in COLUMNS
        if (name in REQUIRED or options.is_mapped(name))
        and not names & {*candidates(name, options)}
    ]
    if missing:
        raise missing_columns(missing, where, names, options)


def missing_columns(
    missing: Sequence[str],
    where: str,
    present: Iterable[Any],
    options: SourceOptions,
    kind: str = "column",
) -> SourceError:
    """Return the error for columns, or front-matter keys, that a source does not have."""
    names = sorted({str(known) for known in present})
    shown = ", ".join(map(_short, names[:SHOWN])) + (", …" if len(names) > SHOWN else "")
    wanted = [options.source_column(name) for name in missing]
    kinds = kind if len(wanted) == 1 else f"{kind}s"
    message = f"{where}: {kinds} {', '.join(wanted)} not found, got {shown or 'none'}"
    if max(map(len, names), default=0) > LONG_NAME:
        return SourceError(message, "the first line must name the columns, such as id,title,text")
    hints = [_advice(name, names, options, kind) for name in missing]
    return SourceError(message, "; ".join(hints))


def _advice(name: str, names: Sequence[str], options: SourceOptions, kind: str) -> str:
    """Return how to name the column of the source that takes the place of a missing one."""
    wanted = options.source_column(name)
    tried = (wanted,) if options.is_mapped(name) else (wanted, *LIKELY.get(name, ()))
    plain = {other.casefold(): other for other in reversed(names)}
    if found := next((plain[known] for known in map(str.casefold, tried) if known in plain), None):
        return f"set {name}_column = {toml_value(found)}"
    hint = f"name the {kind} that holds the {name} with {name}_column"
    guess = did_you_mean(wanted, names)
    return f"{guess} Or {hint}" if guess else hint


def _short(name: str) -> str:
    """Return a name on one line, cut if it is long, as the text of an article is."""
    line = " ".join(name.split())
    return line if len(line) <= LONG_NAME else f"{line[: LONG_NAME - 1]}…"


def is_missing(value: Any) -> bool:
    """Return whether a cell is empty: None, NaN, NaT or NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing("")
    (True, False)
    """
    return (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or (isinstance(value, float) and value != value)
    )


def as_scalar(value: Any) -> str:
    """Return a value as text: the first of a list; empty for a missing value or an object.

    Examples
    --------
    >>> as_scalar(["sea", "ports"]), as_scalar(2024), as_scalar(None)
    ('sea', '2024', '')
    """
    if isinstance(value, (list, tuple)):
        value = next(iter(value), None)
    return "" if is_missing(value) or isinstance(value, (dict, list)) else str(value).strip()


def as_address(value: Any) -> str:
    """Return the address in a text, a list of them or an object with ``url`` or ``src``.

    Examples
    --------
    >>> as_address({"src": "/rye.jpg", "alt": "Rye"}), as_address(["/a.png", "/b.png"])
    ('/rye.jpg', '/a.png')
    """
    if isinstance(value, (list, tuple)):
        value = next(iter(value), None)
    if isinstance(value, Mapping):
        names = ("url", "src", "path", "feature", "teaser")
        value = next((value[name] for name in names if value.get(name)), None)
    return as_scalar(value)


def as_names(value: Any) -> list[str]:
    """Return tags as a list of names: for objects, their ``name``, ``title`` or ``slug``.

    Examples
    --------
    >>> as_names("sea, ports"), as_names([{"name": "sea"}, 2024])
    (['sea', 'ports'], ['sea', '2024'])
    """
    if type(value) is not list:
        if isinstance(value, Mapping):
            return [str(name) for name in value]
        if isinstance(value, str) or not isinstance(value, Iterable):
            return as_list(value)
    return [name for name in map(_name, value) if name]


def as_people(value: Any) -> str:
    """Return the names of authors on one line.

    Examples
    --------
    >>> as_people([{"name": "Ada Byron"}, "Bo Li"]), as_people({"name": "Ada"}), as_people(None)
    ('Ada Byron, Bo Li', 'Ada', '')
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        return _name(value)
    return ", ".join(as_names(value))


def _name(value: Any) -> str:
    if type(value) is str:
        return value.strip()
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("name", "title", "slug") if value.get(key)), None)
    return as_scalar(value)


def _column(values: pd.Series, read: Callable[[Any], Any] | None) -> pd.Series:
    if read is None:
        return values
    return pd.Series([read(value) for value in values], dtype=object, index=values.index)


_READERS: dict[str, Callable[[Any], Any]] = {
    "category": as_scalar,
    "lang": as_scalar,
    "series": as_scalar,
    "image": as_address,
    "author": as_people,
    "tags": as_names,
    "links": as_names,
}
