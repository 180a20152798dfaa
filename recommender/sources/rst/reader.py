"""reStructuredText: one article per file. Sphinx's additions neither break a file nor get into it.

Parses with docutils (extra ``rst``), with files, raw output and configuration switched off.
Pages that only list other pages are skipped and reported.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from recommender.errors import MissingDependencyError, SourceError
from recommender.sources.addresses import in_path, own_address, parse_path
from recommender.sources.base import (
    DEFAULT_GLOBS,
    RST_GLOBS,
    Found,
    Records,
    Skipped,
    SourceOptions,
    files_among,
    find_files,
    raise_or_skip,
    read_text,
    reading,
)
from recommender.sources.columns import as_names, candidates, table_records
from recommender.sources.limits import check_fields, check_rows
from recommender.sources.rst.limits import LimitError, check_source

MIN_WORDS = 20
"""A page with a table of contents is an article if it has this many words besides its headings."""

_MARKDOWN = 'Markdown among reStructuredText, set source_format = "markdown" to read it'
_REFRESH = re.compile(r"^[ \t]+:http-equiv=refresh:", re.IGNORECASE | re.MULTILINE)
_LEAVE_OUT = 'leave it out: glob = ["**/*.rst", "!**/name.rst"]'
_MAPPED = ("title", "url", "date", "tags", "category", "lang", "image", "author",
           "description", "prior", "votes", "links", "series")  # fmt: skip


class Page(NamedTuple):
    """The content of a reStructuredText file."""

    title: str
    text: str
    """Paragraphs, with a blank line between; without the title."""
    headings: list[str]
    links: list[str]
    fields: dict[str, str]
    """Fields at the head, names in lower case."""
    lines: dict[str, int]
    """Line of each field."""
    has_contents: bool
    """Whether it contains a ``toctree``."""


def read_rst(path: Path, options: SourceOptions) -> Records:
    """Return the reStructuredText files of a directory, or one file, as records.

    Parameters
    ----------
    path : Path
        The directory, searched for ``**/*.rst`` unless `glob` is set, or a file.
    options : SourceOptions
        `glob`, `code`, and names of the fields (``:date: 2024-01-31``) at the head of a file.

    Raises
    ------
    SourceError
        If there is no such file, or files cannot be read; up to 20 are named.
    MissingDependencyError
        If docutils is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     text = "Rye\\n===\\n\\nSow :term:`it <x>` *early*."
    ...     _ = pathlib.Path(site, "rye.rst").write_text(text)
    ...     records = read_rst(pathlib.Path(site), SourceOptions())
    >>> records.table[["id", "title", "text"]].values.tolist()
    [['rye.rst', 'Rye', 'Sow it early.']]
    """
    files, skipped = _files(path, options)
    root = path if path.is_dir() else path.parent
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    lines: list[dict[str, int]] = []
    errors: list[tuple[str, SourceError]] = []
    for file in files:
        try:
            with reading(str(file)):
                source = read_text(file)
                page = parse_rst(source, str(file), options.code)
        except SourceError as error:
            errors.append((str(file), error))
            continue
        if _REFRESH.search(source):
            skipped.append(Skipped(str(file), "redirect"))
            continue
        if page.has_contents and _words_besides_headings(page) < MIN_WORDS:
            skipped.append(Skipped(str(file), "table of contents only"))
            continue
        rows.append(_row(file.relative_to(root).as_posix(), page, options))
        places.append(str(file))
        lines.append(page.lines)
    raise_or_skip(errors, skipped, options, left=bool(rows))
    return _records(rows, places, lines, path, options)._replace(skipped=skipped)


def parse_rst(source: str, where: str = "text", code: bool = False) -> Page:
    """Return the title, text, headings, links and fields of a reStructuredText document.

    Parameters
    ----------
    source : str
        The document. Unknown roles give their text, unknown directives their content.
    where : str
        Name of the file for messages.
    code : bool
        Count code blocks as text.

    Raises
    ------
    SourceError
        If docutils cannot parse it.
    MissingDependencyError
        If docutils is not installed.
    """
    try:
        from recommender.sources.rst.dialect import Reading, parse
    except ImportError as error:
        raise MissingDependencyError("docutils", "rst", "reading reStructuredText") from error
    try:
        check_source(source)
        document, has_contents = parse(source, where)
        reading = Reading(document, code)
        check_fields(reading.fields, where)
    except LimitError as error:
        raise SourceError(f"{where}: {error}", _LEAVE_OUT) from error
    except (SourceError, MemoryError):
        raise
    except RecursionError as error:
        raise SourceError(f"{where}: is nested too deeply for docutils", _LEAVE_OUT) from error
    except Exception as error:  # docutils may raise anything, even an IndexError
        raise SourceError(
            f"{where}: docutils cannot parse it: {type(error).__name__}: {error}",
            f"fix the file, or {_LEAVE_OUT}",
        ) from error
    blocks, headings = list(reading.blocks), list(reading.headings)
    title = reading.fields.get("title", "")
    if headings and title in ("", headings[0]):
        title = headings.pop(0)
        blocks.remove(title)
    return Page(
        title,
        "\n\n".join(blocks),
        headings,
        list(reading.links),
        reading.fields,
        reading.lines,
        has_contents,
    )


def _files(path: Path, options: SourceOptions) -> Found:
    if path.is_file():
        return Found([path], [])
    found = find_files(path, options.glob or RST_GLOBS, RST_GLOBS)
    others = [] if options.glob else files_among(path, DEFAULT_GLOBS, _MARKDOWN)
    return found._replace(skipped=found.skipped + others)


def _words_besides_headings(page: Page) -> int:
    headings = sum(len(heading.split()) for heading in page.headings)
    return len(page.text.split()) - headings


def _row(relative: str, page: Page, options: SourceOptions) -> dict[str, Any]:
    file = parse_path(relative)
    taken = {name: _take(page.fields, name, options) for name in _MAPPED}
    row: dict[str, Any] = dict(page.fields)
    path = "" if file.path == "index" else f"{in_path(file.path)}/"
    return row | {
        "id": relative,
        "title": taken["title"] or page.title or (file.title if page.text else ""),
        "text": page.text,
        "headings": "\n".join(page.headings),
        "links": as_names(taken["links"]) or page.links,
        "url": taken["url"] or own_address(page.fields) or f"/{path}",
        "date": taken["date"] or file.date or None,
        "slug": page.fields.get("slug") or file.slug,
        "tags": as_names(taken["tags"]),
        "author": taken["author"],
    }


def _take(fields: dict[str, str], name: str, options: SourceOptions) -> str:
    return next((fields[key] for key in candidates(name, options) if fields.get(key)), "")


def _records(
    rows: list[dict[str, Any]],
    places: list[str],
    lines: list[dict[str, int]],
    path: Path,
    options: SourceOptions,
) -> Records:
    if not rows:
        return Records(pd.DataFrame(columns=["id", "title", "text"]), [], lambda row, name: "")
    check_rows(rows, str(path))
    table = pd.DataFrame(rows, dtype=object)
    records = table_records(table, path, options, lambda row: places[row])

    def locate(row: int, name: str) -> str:
        field = options.source_column(name)
        line = lines[row].get(field)
        return f"{places[row]}{f':{line}' if line else ''}: field `{field}`"

    return records._replace(locate=locate)
