"""Judgments: which articles are known to be related, from a file, from links or from tags.

Owns the readers of judgments and saved lists, and the judgments derived from the articles.
A table has `query`, `related` (ids) and `gain` (0 means judged unrelated), each pair once.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from recommender.errors import JudgmentsError, SourceError, did_you_mean, join_problems, shown
from recommender.evaluation.clicks import is_clicks, judgments_from_clicks, read_clicks
from recommender.outputs import reading
from recommender.ranking.links import LinkResolver, without_words
from recommender.text.csv_cells import as_written

COLUMNS = ("query", "related", "gain")
COMMON_TAG_SHARE = 0.05
"""A tag on a larger share of the articles says nothing about their topic."""
COMMON_TAG_ARTICLES = 20
"""A tag on at most this many articles counts in any case."""


class FreeJudgments(NamedTuple):
    """Judgments derived from the articles, and the articles without the data they come from."""

    table: pd.DataFrame
    """`query`, `related`, `gain`."""
    articles: pd.DataFrame
    """The Article table to evaluate, without the data that the judgments come from."""
    links: int
    """Number of links or tags examined."""
    resolved: int
    """How many of them relate two articles."""
    uncut: int
    """Links whose words are still in the text, because the source does not mark them."""


def read_judgments(
    path: str | os.PathLike[str], articles: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Read judgments from a file.

    Parameters
    ----------
    path : path
        ``.csv`` or ``.tsv`` with a header: `query`, `related` and optionally `gain` (default
        1), or of clicks, see [`read_clicks`][recommender.evaluation.clicks.read_clicks];
        ``.jsonl``: ``{"query": id, "relevant": {id: gain}}`` per line; any other suffix:
        TREC qrels, four words per line: query, ignored, related, gain.
    articles : DataFrame, optional
        The Article table to check against: at least one pair must be in it.

    Returns
    -------
    DataFrame
        `query` and `related` as str, `gain` float64 >= 0, each pair once.

    Raises
    ------
    JudgmentsError
        If the file cannot be read, a line is wrong (up to 20 are reported at once), a pair is
        repeated with different gains, or no pair is in the articles.

    Notes
    -----
    Negative gains in TREC files (spam, broken pages) count as 0.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "judgments.csv")
    ...     _ = file.write_text("query,related,gain\\na,b,2\\n")
    ...     read_judgments(file).values.tolist()
    [['a', 'b', 2.0]]
    """
    file = Path(path)
    if is_clicks(file):
        ids = None if articles is None else articles["id"]
        return judgments_from_clicks(read_clicks(file, ids))
    parse = _PARSERS.get(file.suffix.lower(), _qrels)
    rows: list[tuple[str, str, float]] = []
    problems: list[str] = []
    for where, cells in parse(_text(file), file):
        _take(where, cells, rows, problems)
    if problems:
        raise JudgmentsError(join_problems(problems), _FORMS)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"gain": float}).drop_duplicates()
    twice = table[table.duplicated(["query", "related"])]
    if len(twice):
        pair = twice.iloc[0]
        raise JudgmentsError(
            f"{file}: {len(twice):,} pairs are repeated with different gains, such as "
            f"{pair['query']!r} and {pair['related']!r}",
            "keep one gain per pair, such as the mean of the judges'",
        )
    if articles is not None:
        _check_fit(table, articles, str(file))
    return table.reset_index(drop=True)


def judgments_from_links(articles: pd.DataFrame, hosts: Iterable[str] = ()) -> FreeJudgments:
    """Return a judgment of gain 1 for each link from an article's text to another article.

    Parameters
    ----------
    articles : DataFrame
        An Article table with a column `links`, and a column `anchors` with the words of each
        link, in the same order.
    hosts : iterable of str
        Hosts of the site (``example.org``) in addition to the hosts in the column `url`.

    Returns
    -------
    FreeJudgments
        The words of the links that became judgments are cut from `text` and `headings` of its
        articles: they are often the title of the other article, and would give it away.

    Notes
    -----
    Links are biased: authors link to few of the many good articles, and only to older ones.
    Use the figures to compare settings; do not rely on absolute values.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a.md", "b.md"], "text": ["Read of rye there.", "Rye"],
    ...     "headings": ["", ""], "links": [["b.md"], []], "anchors": [["of rye"], []]})
    >>> free = judgments_from_links(articles)
    >>> free.table.values.tolist(), free.articles["text"][0].split()
    ([['a.md', 'b.md', 1.0]], ['Read', 'there.'])
    """
    resolver = LinkResolver(articles, hosts)
    pairs: dict[tuple[str, str], float] = {}
    texts: dict[str, list[str]] = {"text": [], "headings": []}
    links = resolved = uncut = 0
    for row in articles.to_dict("records"):
        source, targets = row["id"], row["links"]
        found = [resolver.resolve(link, source) for link in targets]
        own = [related is not None and related != source for related in found]
        pairs |= {(source, related): 1.0 for related in found if related and related != source}
        links, resolved = links + len(targets), resolved + sum(own)
        anchors = row.get("anchors")
        if not isinstance(anchors, list) or len(anchors) != len(targets):
            anchors, uncut = [""] * len(targets), uncut + sum(own)
        for name, column in texts.items():
            column.append(without_words(row.get(name, ""), zip(anchors, own, strict=True)))
    table = pd.DataFrame([(*pair, gain) for pair, gain in pairs.items()], columns=list(COLUMNS))
    return FreeJudgments(table, articles.assign(**texts), links, resolved, uncut)


def judgments_from_tags(articles: pd.DataFrame) -> FreeJudgments:
    """Return a judgment for each pair of articles with a common tag; gain = number of such tags.

    Parameters
    ----------
    articles : DataFrame
        An Article table with a column `tags`.

    Returns
    -------
    FreeJudgments
        Its articles have no tags, because they would give the judgments away.

    Notes
    -----
    Shared tags are weak judgments: two articles with a common tag need not be related, and
    most related articles share none. Case is ignored. Tags on more than `COMMON_TAG_SHARE` of
    the articles are ignored.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "tags": [["Rye"], ["rye", "oats"], []]})
    >>> judgments_from_tags(articles).table.values.tolist()
    [['a', 'b', 1.0], ['b', 'a', 1.0]]
    """
    ids = articles["id"].to_numpy(dtype=object)
    rows = np.repeat(np.arange(len(ids)), [len(tags) for tags in articles["tags"]])
    tags = [tag.casefold() for carried in articles["tags"] for tag in carried]
    names, _ = pd.factorize(np.array(tags, dtype=object))
    ones = np.ones(len(rows))
    shape = (len(ids), int(names.max(initial=-1)) + 1)
    carried = sparse.csr_array((ones, (rows, names)), shape=shape).sign()
    common = max(COMMON_TAG_SHARE * len(ids), COMMON_TAG_ARTICLES)
    telling = carried[:, np.flatnonzero(carried.sum(axis=0) <= common)]
    shared = (telling @ telling.T).tocoo()
    query, related = shared.coords
    other = query != related
    table = pd.DataFrame(
        {"query": ids[query[other]], "related": ids[related[other]], "gain": shared.data[other]}
    ).sort_values(["query", "related"], ignore_index=True)
    bare = articles.assign(tags=pd.Series([[] for _ in ids], articles.index, dtype=object))
    return FreeJudgments(table, bare, len(rows), int(telling.sum()), 0)


def read_lists(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read saved lists, as `recommender build` writes them.

    Parameters
    ----------
    path : path
        A file that `write_recommendations` made, or a ``.csv`` with the columns `article_id`,
        `rank` and `id`.

    Returns
    -------
    DataFrame
        `article_id`, `rank`, `related_id`.

    Raises
    ------
    JudgmentsError
        If the file cannot be read, contains no lists, or a list has an article or a rank twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "related.json")
    ...     _ = file.write_text('{"schema": 1, "lists": {"a": [{"id": "b"}], "b": []}}')
    ...     read_lists(file).values.tolist()
    [['a', 1, 'b']]
    """
    file = Path(path)
    if file.suffix.lower() == ".csv":
        lists = _csv_lists(_csv(_text(file), file), file)
    else:
        try:
            lists = reading.as_table(reading.read_lists(file))
        except SourceError as error:
            raise JudgmentsError(error.message, error.hint) from error
    problems = [f"{file}: {problem}" for problem in _repeats(lists)]
    if problems:
        raise JudgmentsError(join_problems(problems), _LIST_FORMS)
    return lists


def _csv_lists(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Return the lists of a CSV file, which may come from another program."""
    missing = [name for name in ("article_id", "rank", "id") if name not in table]
    if missing:
        there = ", ".join(table.columns) or "none"
        raise JudgmentsError(
            f"{file}: contains no lists, column {missing[0]} not found, got {there}", _LIST_FORMS
        )
    problems = [
        f"{file}: row {row}: rank must be a whole number >= 1, got {rank!r}"
        for row, rank in enumerate(table["rank"], 1)
        if not _RANK.fullmatch(rank.strip())
    ]
    if problems:
        raise JudgmentsError(join_problems(problems), _LIST_FORMS)
    columns = {"article_id": table["article_id"], "rank": table["rank"].astype(int)}
    return pd.DataFrame(columns | {"related_id": table["id"]})


def _repeats(lists: pd.DataFrame) -> Iterator[str]:
    """Yield a problem for each entry whose article or rank is in its list already."""
    for row in lists[lists.duplicated(["article_id", "related_id"])].itertuples():
        yield f"the list of {row.article_id!r} shows {row.related_id!r} twice"
    for row in lists[lists.duplicated(["article_id", "rank"])].itertuples():
        yield f"the list of {row.article_id!r} has two entries of rank {row.rank}"


_FORMS = (
    "write a .csv with query,related,gain, a .jsonl of "
    '{"query": id, "relevant": {id: gain}}, or TREC qrels'
)
_LIST_FORMS = "give a file that `recommender build` wrote, or one with article_id, rank and id"
_RANK = re.compile(r"0*[1-9][0-9]{0,8}")
Line = tuple[str, tuple[Any, ...]]


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise JudgmentsError(f"{file}: cannot be read, {reason}", _FORMS) from error
    except UnicodeDecodeError as error:
        raise JudgmentsError(f"{file}: is not UTF-8, {error.reason}", _FORMS) from error


def _csv(text: str, file: Path, separator: str = ",") -> pd.DataFrame:
    """Return a table of texts; a row with fewer cells than the header ends in empty ones."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise JudgmentsError(f"{file}: is not CSV, {error}", _FORMS) from error
    header, *rows = [cells for cells in lines if cells] or [[]]
    if len(set(header)) < len(header):
        raise JudgmentsError(f"{file}: the header names a column twice", _FORMS)
    for number, row in enumerate(rows, 1):
        if len(row) > len(header):
            raise JudgmentsError(
                f"{file}: row {number} has {len(row):,} cells, the header {len(header):,}", _FORMS
            )
        row += [""] * (len(header) - len(row))
    return pd.DataFrame(rows, columns=header, dtype=object).map(as_written)


def _table_lines(text: str, file: Path) -> Iterator[Line]:
    table = _csv(text, file, "\t" if file.suffix.lower() == ".tsv" else ",")
    missing = [name for name in COLUMNS[:2] if name not in table]
    if missing:
        there = ", ".join(table.columns) or "none"
        raise JudgmentsError(f"{file}: column {missing[0]} not found, got {there}", _FORMS)
    gains = table["gain"] if "gain" in table else ["1"] * len(table)
    cells = zip(table["query"], table["related"], gains, strict=True)
    yield from ((f"{file}: row {row}", line) for row, line in enumerate(cells, 1))


def _json_lines(text: str, file: Path) -> Iterator[Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            query, gains = record["query"], record["relevant"].items()
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise JudgmentsError(
                f"{file}:{number}: cannot be read as judgments, got {shown(line)}", _FORMS
            ) from error
        for related, gain in gains:
            yield f"{file}:{number}", (query, related, gain)


def _qrels(text: str, file: Path) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words:
            query, _, related, gain, *_ = [*words, "", "", ""]
            given: Any = gain if len(words) == 4 else line
            with contextlib.suppress(ValueError):
                given = max(0.0, float(given))
            yield f"{file}:{number}", (query, related, given)


_PARSERS: dict[str, Callable[[str, Path], Iterator[Line]]] = {
    ".csv": _table_lines,
    ".tsv": _table_lines,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
}


def _take(
    where: str,
    cells: tuple[Any, ...],
    rows: list[tuple[str, str, float]],
    problems: list[str],
) -> None:
    query, related, given = cells
    try:
        gain = float(given)
    except (ValueError, TypeError):
        gain = float("nan")
    if not 0 <= gain < float("inf"):
        problems.append(f"{where}: gain must be a number of 0 or more, got {given!r}")
    elif not query or not related:
        problems.append(f"{where}: query and related must be ids, got {query!r} and {related!r}")
    else:
        rows.append((str(query), str(related), gain))


def _check_fit(table: pd.DataFrame, articles: pd.DataFrame, where: str) -> None:
    known = set(articles["id"])
    if (table["query"].isin(known) & table["related"].isin(known)).any():
        return
    example = next((name for name in table["query"] if name not in known), "")
    raise JudgmentsError(
        f"{where}: none of the {len(table):,} judgments relates two of the "
        f"{len(known):,} articles, got ids such as {example!r}",
        did_you_mean(example, known) or f"the articles have ids such as {min(known, default='')!r}",
    )
