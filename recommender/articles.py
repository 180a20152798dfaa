"""The Article table: a pandas DataFrame with one row per article.

Owns the column names, their types, and the check of a table.
Invariant: after `validate_articles`, `id` is unique and rows are ordered by `id`, so that a
row number means the same article for any order of the input.
Reads and writes no files.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.dates import as_written, is_ambiguous, parse_date, slashed_format
from recommender.errors import SourceError, UnknownArticleError, did_you_mean, join_problems
from recommender.index.table import StoredTable, places_of

REQUIRED = ("id", "title", "text")
TEXT_COLUMNS = (
    "category", "lang", "url", "image", "author", "description", "series", "path", "headings"
)  # fmt: skip
LIST_COLUMNS = ("tags", "links")
NUMBER_COLUMNS = ("prior", "votes")
OPTIONAL = (*TEXT_COLUMNS, *LIST_COLUMNS, "date", *NUMBER_COLUMNS, "unlisted")
COLUMNS = (*REQUIRED, *OPTIONAL)
"""Columns with a meaning; any other column is kept unchanged."""
UNLISTED_FLAGS = ("unlisted", "noindex", "robotsnoindex", "robots")
"""Columns, in any case, that say that an article is in no list; `robots` with ``noindex``."""

EARLIEST = pd.Timestamp("1678-01-01", tz="UTC")
LATEST = pd.Timestamp("2261-12-31", tz="UTC")
"""The range of dates that 64-bit nanoseconds can represent."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_HOST = re.compile(r"^[a-zA-Z][\w+.-]*:(//[^/]*)?")
_SUFFIX = re.compile(r"\.\w{1,8}$")
_WORD = re.compile(r"[^\W_]+")
_TOLD = re.compile(r"\A(?:true|yes|on|1|1\.0)\Z")
_TOLD_ROBOTS = re.compile(r"\b(?:noindex|none)\b")


def validate_articles(articles: pd.DataFrame) -> pd.DataFrame:
    """Return the table with all known columns in their types, ordered by `id`.

    Parameters
    ----------
    articles : DataFrame
        At least `id`, `title` and `text`. Missing optional columns are added empty; other
        columns are kept. The input is not changed.

    Returns
    -------
    DataFrame of n rows, index 0..n-1
        `id`, `title`, `text` and the text columns are str (missing: ``""``; half a surrogate
        pair, which UTF-8 cannot encode, becomes U+FFFD; several authors are joined by commas),
        `tags` and `links` are lists of str, an empty `path` becomes `path_words` of the address,
        else of the id, `date` is datetime64[ns, UTC] (missing: NaT): the time as written, without
        its offset, so that its day is the day on the page, `prior` and `votes` are float64
        (missing: NaN; a column with anything else contains it as it is), `unlisted` is bool:
        whether the article is in no list, because `unlisted`, `noindex` or `robotsnoindex` is
        true or `robots` contains ``noindex`` or ``none``. Rows are ordered by the code points
        of `id`.

    Raises
    ------
    SourceError
        If a required column is missing, an id is missing or repeated, or a date cannot be
        read; up to 20 problems are reported at once.

    Examples
    --------
    >>> table = validate_articles(pd.DataFrame(
    ...     {"id": ["b", "a"], "title": ["B", "A"], "text": ["x y", "y z"]}))
    >>> list(table["id"]), list(table["tags"])
    (['a', 'b'], [[], []])
    """
    if not isinstance(articles, pd.DataFrame):
        raise not_a_table(articles)
    if articles.columns.nlevels > 1:
        raise SourceError(
            f"articles: columns must be names, got {articles.columns.nlevels} levels of them",
            "keep one level: table.columns = table.columns.get_level_values(-1)",
        )
    if not articles.columns.is_unique:
        repeated = sorted({str(c) for c in articles.columns[articles.columns.duplicated()]})
        raise SourceError(
            f"articles: duplicate column{'s' * (len(repeated) > 1)}: {', '.join(repeated)}",
            "rename or drop one of them",
        )
    missing = [name for name in REQUIRED if name not in articles.columns]
    if missing:
        raise SourceError(
            f"articles: column{'s' * (len(missing) > 1)} {', '.join(missing)} not found, "
            f"got {', '.join(map(str, articles.columns)) or 'no columns'}",
            _mapping_hint(missing, articles.columns),
        )
    table = _in_utf8(articles.reset_index(drop=True))
    table = table.assign(id=text_column(table["id"]))
    problems = _id_problems(table["id"])
    columns: dict[str, Any] = {}
    for name in ("title", "text", *TEXT_COLUMNS):
        if name == "author" and name in table:
            table[name] = pd.Series(map(as_line, table[name]), dtype=object)
        given = text_column(table[name]) if name in table else [""] * len(table)
        columns[name] = pd.Series(given, dtype=object)
    for name in LIST_COLUMNS:
        lists = map(as_list, table[name]) if name in table else ([] for _ in range(len(table)))
        columns[name] = pd.Series([*lists], dtype=object)
    columns["path"] = _path_column(columns["path"], columns["url"], table["id"])
    columns["date"] = _date_column(table, problems)
    columns |= {name: _number_column(table, name) for name in NUMBER_COLUMNS}
    columns["unlisted"] = _unlisted_column(table)
    if problems:
        raise SourceError(join_problems(problems), "fix these rows in the source")
    return table.assign(**columns).sort_values("id", kind="stable", ignore_index=True)


def not_a_table(given: object) -> SourceError:
    """Return the error for articles that are not a table.

    Examples
    --------
    >>> not_a_table(None).message
    'articles: expected a pandas DataFrame, or several of them, got NoneType'
    """
    hint = "read them first: read_articles(path)" if isinstance(given, str | os.PathLike) else ""
    return SourceError(
        f"articles: expected a pandas DataFrame, or several of them, got {type(given).__name__}",
        hint or "make one with the columns id, title and text",
    )


def join_articles(tables: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return Article tables as one, ordered by `id`.

    Parameters
    ----------
    tables : sequence of DataFrame, at least one
        Tables returned by `validate_articles`.

    Returns
    -------
    table : DataFrame of n rows, index 0..n-1
    order : ndarray of shape (n,), intp
        The former position of each of its rows, counted across all tables.

    Raises
    ------
    SourceError
        If an id is in two tables; up to 20 are reported at once.

    Examples
    --------
    >>> parts = [pd.DataFrame({"id": ["a", "d"]}), pd.DataFrame({"id": ["b"]})]
    >>> table, order = join_articles(parts)
    >>> list(table["id"]), order.tolist()
    (['a', 'b', 'd'], [0, 2, 1])
    """
    table = pd.concat(tables, ignore_index=True)
    problems = _id_problems(table["id"])
    if problems:
        raise SourceError(join_problems(problems), "give each article a unique id")
    order = np.argsort(table["id"].to_numpy(dtype=object), kind="stable")
    return table.iloc[order].reset_index(drop=True), order


def as_list(value: Any) -> list[str]:
    """Return tags or links as a list: a string is split at commas, a missing value is empty.

    Examples
    --------
    >>> as_list("sea, ports"), as_list(["sea", None, "ports"]), as_list(None)
    (['sea', 'ports'], ['sea', 'ports'], [])
    """
    parts = value if type(value) is list else _parts(value)
    return [text for part in parts if (text := _text(part).strip())]


def as_line(value: Any) -> str:
    """Return names on one line: a list is joined by commas, a missing value is empty.

    Examples
    --------
    >>> as_line(["Ada Byron", "Bo Li"]), as_line("Ada Byron"), as_line(None)
    ('Ada Byron, Bo Li', 'Ada Byron', '')
    """
    return value if type(value) is str else ", ".join(as_list(value))


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, Iterable):
        return value  # the keys of a mapping
    return [] if _is_missing(value) else [value]


def path_words(address: str) -> str:
    """Return the words of an address or file name, without host, query and suffix.

    Years and months stay: articles of the same month are more likely to belong together.

    Examples
    --------
    >>> path_words("https://example.org/sea/ferry-sails.html"), path_words("2024/03/ferry.md")
    ('sea ferry sails', '2024 03 ferry')
    """
    path = address.partition("#")[0].partition("?")[0]
    return " ".join(_WORD.findall(_SUFFIX.sub("", _HOST.sub("", path))))


def row_of(articles: pd.DataFrame, article_id: str) -> int:
    """Return the row number of an article.

    Parameters
    ----------
    articles : DataFrame
        An Article table, returned by `validate_articles`.
    article_id : str
        An id of the table.

    Raises
    ------
    UnknownArticleError
        If no article has this id; names the closest ones, or those with such a title.

    Examples
    --------
    >>> row_of(pd.DataFrame({"id": ["a", "b"]}), "b")
    1
    """
    article_id = str(article_id)  # the table has numbers as text too
    if isinstance(articles, StoredTable):
        row = articles.find(article_id)
        if row >= 0:
            return row
    ids = articles["id"]
    row = int(ids.searchsorted(article_id))
    if row < len(ids) and ids.iloc[row] == article_id:
        return row
    within = _containing(articles, article_id.strip("/ ").casefold())[:3]
    advice = f"did you mean {' or '.join(within)}?" if within else did_you_mean(article_id, ids)
    raise UnknownArticleError(
        f"no article has the id {article_id!r}",
        advice or (f"ids look like this: {ids.iloc[0]}" if len(ids) else ""),
    )


def _containing(articles: pd.DataFrame, part: str) -> list[str]:
    """Return the ids that contain a text, or else those of the articles whose title does."""
    for column in ("id", "title"):
        if part and column in articles.columns:
            texts = articles[column].astype(str).str.casefold()
            found: list[str] = articles["id"][texts.str.contains(part, regex=False)].tolist()
            if found:
                return found
    return []


def rows_of(articles: pd.DataFrame, ids: pd.Series) -> NDArray[np.intp]:
    """Return the row number of each article that recommendations name.

    Parameters
    ----------
    articles : DataFrame
        An Article table, in any order.
    ids : Series of n ids
        A column of a Recommendations table.

    Returns
    -------
    ndarray of shape (n,), intp

    Raises
    ------
    UnknownArticleError
        If an id is not in the table; the message names the first.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"id": ["b", "a"]}), pd.Series(["a", "a", "b"])).tolist()
    [1, 1, 0]
    """
    names = text_column(ids).tolist()
    rows = places_of(articles, names).astype(np.intp)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        raise UnknownArticleError(
            f"recommendations: no article has the id {names[unknown[0]]!r}",
            "pass the articles that the recommendations were made from; those given to "
            "recommend_for as new_articles",
        )
    return rows


def _mapping_hint(missing: Sequence[str], columns: Iterable[Any]) -> str:
    guess = did_you_mean(missing[0], map(str, columns))
    names = ", ".join(f'"{name}": …' for name in missing)
    return f"{guess} name the columns in fit(articles, columns={{{names}}})".strip()


def _is_missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _in_utf8(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without half surrogate pairs in column names and other columns."""
    table.columns = pd.Index([_clean(name) for name in table.columns], dtype=object)
    for name, cells in table.items():
        if name in COLUMNS or cells.dtype != object:
            continue
        values = cells.tolist()
        cleaned = list(map(_clean, values))
        if any(map(operator.is_not, cleaned, values)):
            table[name] = pd.Series(cleaned, index=table.index, dtype=object)
    return table


def _clean(value: Any) -> Any:
    """Return a value with U+FFFD for each half of a surrogate pair, also in nested values."""
    if isinstance(value, str):
        clean = value.isascii() or not _SURROGATE.search(value)
        return value if clean else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(part) for key, part in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(map(_clean, value))
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        value = "" if _is_missing(value) else str(value)
    text: str = value
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def text_column(values: pd.Series) -> pd.Series:
    """Return a column as strings: missing cells are empty, numbers as they are written.

    Examples
    --------
    >>> text_column(pd.Series([7, None], dtype=object)).tolist()
    ['7', '']
    """
    column = values.astype(object)
    cells = column.tolist()
    if set(map(type, cells)) == {str} and all(map(str.isascii, cells)):
        return column
    plain = [cell if type(cell) is str and cell.isascii() else _text(cell) for cell in cells]
    return pd.Series(plain, dtype=object)


def _id_problems(ids: pd.Series) -> list[str]:
    problems = [f"article {row + 1:,}: id is missing" for row in ids.index[ids == ""]]
    repeated = ids[(ids != "") & ids.duplicated(keep=False)]
    for article_id, rows in repeated.groupby(repeated).groups.items():
        places = ", ".join(f"{row + 1:,}" for row in list(rows)[:5])
        problems.append(f"articles {places}: id {article_id!r} is used {len(rows)} times")
    return problems


def _path_column(paths: pd.Series, urls: pd.Series, ids: pd.Series) -> pd.Series:
    words = [
        path or (url and path_words(url)) or path_words(name)
        for path, url, name in zip(paths, urls, ids, strict=True)
    ]
    return pd.Series(words, dtype=object)


def _date_column(table: pd.DataFrame, problems: list[str]) -> pd.Series:
    if "date" not in table:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns, UTC]")
    if table["date"].dtype == "datetime64[ns, UTC]":
        return table["date"]
    given = _given(table["date"])
    date_format = slashed_format(given)
    if is_ambiguous(given):
        first = given.dropna().iloc[0]
        problems.append(
            "articles: dates can be read as day/month and as month/day, expected ISO 8601 such as "
            f"2024-12-31, got {first!r}"
        )
        given = given.mask(given.notna(), None)
    dates: list[datetime | None] = []
    for row, value in enumerate(given):
        try:
            dates.append(as_written(parse_date(value, date_format)))
        except (ValueError, OverflowError):
            dates.append(None)
            problems.append(
                f"article {table['id'][row]!r}: date must be ISO 8601 such as 2024-12-31, "
                f"from {EARLIEST.year} to {LATEST.year}, got {value!r}"
            )
    moments = pd.to_datetime(pd.Series(dates, index=table.index, dtype=object), utc=True)
    return moments.astype("datetime64[ns, UTC]")


def _number_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as float64; if a value is not a number, as objects, with that value as is.

    `ranking.prior` names the values that it cannot use; without a weight, nobody needs them.
    """
    if name not in table:
        return pd.Series(float("nan"), index=table.index)
    if table[name].dtype == "float64":
        return table[name]
    given = _given(table[name])
    numbers = pd.to_numeric(given, errors="coerce").astype(float)
    wrong = numbers.isna() & given.notna()
    return numbers.astype(object).mask(wrong, given) if wrong.any() else numbers


def closed_at(articles: pd.DataFrame, now: datetime) -> NDArray[np.bool_]:
    """Return for each article whether it is not published yet, or no longer.

    Parameters
    ----------
    articles : DataFrame of n rows
        An Article table. Columns `publishdate` and `expirydate` may contain further dates in
        the forms of `date`.
    now : datetime
        The time to judge by; without an offset it is in UTC.

    Returns
    -------
    ndarray of shape (n,), bool
        True if `date` or `publishdate` is after `now`, or if `expirydate` is not after it. A
        missing date, and one that cannot be read, closes nothing.

    Examples
    --------
    >>> table = pd.DataFrame({"date": pd.to_datetime(["2024-05-01", "2024-07-01", None], utc=True),
    ...                       "expirydate": [None, None, "2024-05-30"]})
    >>> closed_at(table, datetime(2024, 6, 1)).tolist()
    [False, True, True]
    """
    moment = pd.Timestamp(now)
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment
    later = [_moments(articles, name) > moment for name in ("date", "publishdate")]
    ended = _moments(articles, "expirydate") <= moment
    return (later[0] | later[1] | ended).to_numpy(dtype=np.bool_)


def _moments(articles: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of dates as moments, NaT where there is none."""
    if name not in articles:
        return pd.Series(pd.NaT, index=articles.index, dtype="datetime64[ns, UTC]")
    moments: list[datetime | None] = []
    for value in _given(articles[name]):
        try:
            moments.append(parse_date(value))
        except (ValueError, OverflowError):
            moments.append(None)
    return pd.Series(moments, index=articles.index, dtype="datetime64[ns, UTC]")


def _unlisted_column(table: pd.DataFrame) -> pd.Series:
    """Return which articles are to be in no list."""
    if "unlisted" in table and table["unlisted"].dtype == np.bool_:
        return table["unlisted"]
    names = {str(name).lower(): name for name in reversed(table.columns)}
    found = np.zeros(len(table), np.bool_)
    for flag in UNLISTED_FLAGS:
        if flag in names:
            told = _TOLD_ROBOTS if flag == "robots" else _TOLD
            cells = table[names[flag]]
            texts = (" ".join(as_list(cell)).lower() for cell in cells)
            found |= np.array([told.search(text) is not None for text in texts], np.bool_)
    return pd.Series(found, index=table.index)


def _given(values: pd.Series) -> pd.Series:
    """Return the values as objects, with None for missing or blank ones."""
    cells = values.astype(object)
    blank = np.array([not str(cell).strip() for cell in cells], bool)
    return cells.mask(cells.isna() | blank, None)
