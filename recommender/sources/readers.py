"""Picks the reader of a source, and takes the steps that follow every reader.

A reader and its libraries are loaded when a source needs them. The steps that all sources share:
lines that recur, dates and drafts, validation, addresses.
"""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recommender.articles import validate_articles
from recommender.config import WORDPRESS
from recommender.errors import ConfigError, SourceError, did_you_mean
from recommender.resources import give_back
from recommender.sources.addresses import fill_template, in_path, parse_path
from recommender.sources.base import (
    INVALID,
    Reader,
    Records,
    Skipped,
    SourceOptions,
    SourceResult,
    reading,
)
from recommender.sources.folders import walk
from recommender.sources.html.recurrence import (
    judge_text,
    recurring_lines,
    sample_texts,
    without_recurring,
)
from recommender.sources.selection import select
from recommender.sources.tables.folders import folder_format, read_folder
from recommender.sources.tables.sql import is_url, read_sql, shown_url

if TYPE_CHECKING:
    from recommender.sources.html.boilerplate import Signature
    from recommender.sources.html.text import PageText

READERS: Mapping[str, str] = {
    "csv": "tables.csv",
    "feed": "feeds.feed",
    "html": "html.reader",
    "json": "tables.json",
    "jsonl": "tables.json",
    "markdown": "markdown.reader",
    "parquet": "tables.parquet",
    "rst": "rst.reader",
    "sitemap": "feeds.sitemap",
    "sql": "tables.sql",
    "sqlite": "tables.sqlite",
    "wordpress": "wordpress.export",
}
"""Module of the reader by name of the format."""

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".parquet": "parquet",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".rst": "rst",
    ".rss": "feed",
    ".atom": "feed",
    ".rdf": "feed",
    ".xml": "feed",
    ".wxr": "wordpress",
}
"""Format by file suffix, for ``auto``; a further ``.gz`` is ignored.

The root element of a ``.xml`` file decides: a feed, a WordPress export or a sitemap.
"""

FEW = 8
"""With fewer articles than this, shares of words mean nothing."""

PAGE_SUFFIXES = (".html", ".htm")

SAMPLE = 20
"""How many pages show whether a directory with other files too is a built site."""

_BUILT = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?:\s++|<!--.*?-->|<\?.*?\?>)*+<(?:!doctype|html)\b", re.I | re.S
)
_TEMPLATE = re.compile(rb"\{\{|\{%|<%")


def read_articles(
    path: str | os.PathLike[str], format: str = "auto", **options: Any
) -> pd.DataFrame:
    """Return the articles of a directory or file as an Article table.

    Parameters
    ----------
    path : path
        A directory of Markdown or reStructuredText files, including Sphinx, MkDocs, Docusaurus,
        Hugo and Zola projects; a directory of built pages; a JSON, JSONL, CSV, Parquet or SQLite
        file, or a directory of JSONL or Parquet files; a feed, a WordPress export or a sitemap; or
        the SQLAlchemy URL of a database, such as ``postgresql://user@host/blog``. After
        ``wordpress:``, the URL of a WordPress database, the address of a site, or its directory or
        export.
    format : str
        Name of the format. ``auto`` chooses by the suffix, for XML and JSON by the content. A
        directory is read as the settings of a generator in it say. Without them, it is read as
        JSONL or Parquet if it contains only such files, else as what most of its files are:
        Markdown, reStructuredText or built pages.
    **options
        Fields of `SourceOptions`, such as ``id_column="slug"`` or ``drafts=True``.

    Returns
    -------
    DataFrame
        As returned by [`validate_articles`][recommender.articles.validate_articles]. Drafts,
        hidden and future-dated articles, and articles without title and text, are skipped, with
        ``expired=False`` expired ones too; `read_source` lists them.

    Raises
    ------
    SourceError
        If there is nothing to read, or rows are wrong; up to 20 are reported at once.
    ConfigError
        If an option or the format is unknown.
    MissingDependencyError
        If the format needs a library that is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     _ = pathlib.Path(site, "rye.md").write_text("# Rye\\n\\nSow it early.")
    ...     articles = read_articles(site)
    >>> articles[["id", "title", "text", "url"]].values.tolist()
    [['rye.md', 'Rye', 'Sow it early.', '/rye/']]
    """
    known = [field.name for field in fields(SourceOptions)]
    for name in options:
        if name not in known:
            raise ConfigError(
                f"read_articles: unknown option {name}",
                did_you_mean(name, known) or f"options are {', '.join(known)}",
            )
    result = read_source(path, SourceOptions(format=format, **options))
    for line in result.warnings:
        logging.getLogger("recommender").warning(line)
    return result.articles


def read_source(path: str | os.PathLike[str], options: SourceOptions | None = None) -> SourceResult:
    """Return the articles of a directory or file, and the skipped ones with the reasons.

    Parameters
    ----------
    path : path
        As for `read_articles`.
    options : SourceOptions, optional
        How to read it.

    Raises
    ------
    SourceError, ConfigError, MissingDependencyError
        As for `read_articles`; also if every article was skipped.
    """
    options = options or SourceOptions()
    with reading(shown_url(path)):
        result = articles_of(_read(path, options), shown_url(path), options)
    give_back()  # what the files were parsed into
    if result.articles.empty:
        raise nothing_left(shown_url(path), result.skipped)
    return result


def nothing_left(source: str, skipped: list[Skipped]) -> SourceError:
    """Return the error for a source whose articles were all skipped."""
    return SourceError(
        f"{source}: no article left, {summarize_skipped(skipped)}",
        "check the settings drafts, future and expired, and text_column for the text",
    )


def articles_of(
    records: Records,
    source: str,
    options: SourceOptions,
    recurring: Set[Signature] | None = None,
) -> SourceResult:
    """Return the articles among records, valid and with addresses, and the skipped ones.

    Lines that recur in the texts are cut, unless the reader has already cut them.

    Parameters
    ----------
    records : Records
        Records returned by a reader.
    source : str
        Name of their source, for messages.
    options : SourceOptions
        How to read them.
    recurring : set of Signature, optional
        The lines to cut, if the records are a piece of a source; default: found in the records.

    Raises
    ------
    SourceError
        If rows are wrong; up to 20 are reported at once.
    """
    if not records.judged:
        records = _without_recurring(records, recurring)
    result = select(records, options)
    skipped = [*records.skipped, *result.skipped]
    try:
        articles = validate_articles(result.articles)
    except SourceError as error:
        problems = "\n".join(f"{source}: {line}" for line in error.message.split("\n"))
        raise SourceError(problems, error.hint) from error
    warnings = [*records.warnings, *result.warnings, *_doubts(records)]
    return SourceResult(_with_addresses(articles, options), skipped, warnings)


def _doubts(records: Records) -> list[str]:
    """Return a warning if more words were cut from the texts than kept."""
    cut, kept = records.words
    if cut <= kept or len(records.places) < FEW:
        return []
    return [
        f"{cut:,} of {cut + kept:,} words were cut because they do not belong to the articles; "
        "`check --boilerplate -v` shows them; set article_selector if they do"
    ]


def _without_recurring(records: Records, recurring: Set[Signature] | None) -> Records:
    texts = records.table["text"]
    found = recurring_lines(sample_texts(texts)) if recurring is None else recurring
    if not found:
        return records
    cut = pd.Series([without_recurring(text, found) for text in texts], dtype=object)
    return records._replace(table=records.table.assign(text=cut))


def boilerplate_report(
    path: str | os.PathLike[str], options: SourceOptions | None = None
) -> pd.DataFrame:
    """Return the number of blocks that are cut from the articles of a site, by kind.

    Parameters
    ----------
    path : path
        As for `read_source`. In a table or feed, each line of a text is a block.
    options : SourceOptions, optional
        As for `read_source`.

    Returns
    -------
    DataFrame
        `kind`, the number of `pages` and `blocks` in which it was found, `words`, `share` of all
        words in the articles' elements (0 to 1), and an `example`; most words first. The last
        row, `article`, is the remaining text; `outside` is text outside the article's root.

    Raises
    ------
    SourceError, ConfigError, MissingDependencyError
        As for `read_source`.
    """
    from recommender.sources.html.boilerplate import count_cuts

    with reading(shown_url(path)):
        pages = [page for _, page in _judged_pages(path, options or SourceOptions())]
    table = pd.DataFrame(count_cuts(pages), columns=["kind", "pages", "blocks", "words", "example"])
    table.insert(4, "share", table["words"] / max(1, table["words"].sum()))
    return table


def boilerplate_blocks(
    path: str | os.PathLike[str], options: SourceOptions | None = None
) -> pd.DataFrame:
    """Return every block of text that is cut from the articles of a site, in order of the files.

    Parameters and errors are those of `boilerplate_report`; its counts are the sums of these rows.

    Returns
    -------
    DataFrame
        `file`, `kind`, `words` and `text`, on one line; for a subtree, its first 200 characters.
    """
    from recommender.sources.html.boilerplate import list_cuts

    with reading(shown_url(path)):
        pages = _judged_pages(path, options or SourceOptions())
    rows = [(file, *cut) for file, page in pages for cut in list_cuts(page)]
    return pd.DataFrame(rows, columns=["file", "kind", "words", "text"])


def _judged_pages(
    path: str | os.PathLike[str], options: SourceOptions
) -> list[tuple[str, PageText]]:
    """Return the file and the blocks of each article; blocks to cut have a kind."""
    from recommender.sources.html.reader import read_html, read_site
    from recommender.sources.markdown.reader import read_documents, read_markdown
    from recommender.sources.trees import content_rules

    source = Path(path)
    reader = None if is_url(path) else _reader_for(source, options.format)
    if reader is read_html:
        return [(page.relative, page.text) for page in read_site(source, options).articles]
    rules = content_rules(source, options) if source.is_dir() else None
    if reader is read_markdown or rules:
        options, judge = rules or (options, None)
        documents = read_documents(source, options, judge)
        return [(file, document.page()) for file, document in documents]
    records = _read(path, options)
    found = recurring_lines(sample_texts(records.table["text"]))
    pages = (judge_text(text, found) for text in records.table["text"])
    return list(zip(records.places, pages, strict=True))


def reason_kind(reason: str) -> str:
    """Return a reason without its details, to count those of a kind.

    Examples
    --------
    >>> reason_kind("invalid: id is missing"), reason_kind("draft")
    ('invalid', 'draft')
    """
    return INVALID if reason.startswith(f"{INVALID}: ") else reason


def summarize_skipped(skipped: list[Skipped]) -> str:
    """Return how many articles were skipped for each reason, most frequent first.

    Examples
    --------
    >>> summarize_skipped([Skipped("a.md", "draft"), Skipped("b.md", "draft"),
    ...                    Skipped("c.md", "empty text")])
    '3 skipped: 2 drafts, 1 empty text'
    """
    kinds = Counter(reason_kind(reason) for _, reason in skipped)
    counts = sorted(kinds.items(), key=lambda c: (-c[1], c[0]))
    parts = [f"{n:,} {reason}{'s' * (reason == 'draft' and n > 1)}" for reason, n in counts]
    return f"{len(skipped):,} skipped" + (f": {', '.join(parts)}" if parts else "")


def _read(path: str | os.PathLike[str], options: SourceOptions) -> Records:
    if isinstance(path, str) and path.startswith(WORDPRESS):
        if options.format not in ("auto", "wordpress"):
            raise ConfigError(
                f"source_format: {WORDPRESS} is WordPress, got {options.format!r}",
                "leave source_format out",
            )
        from recommender.sources.wordpress.site import read_site

        return read_site(path, options)
    if is_url(path) and options.format in ("auto", "sql"):
        return read_sql(str(path), options)
    source = Path(path)
    return _reader_for(source, options.format)(source, options)


def _reader_for(path: Path, format: str) -> Reader:
    if format != "auto" and format not in READERS:
        raise ConfigError(
            f"format: unknown source format {format!r}, expected auto, {', '.join(READERS)}",
            did_you_mean(format, READERS),
        )
    if not path.exists():
        raise SourceError(f"{path}: no such file or directory", _nearby(path))
    if not (path.is_file() or path.is_dir() or path.is_fifo()):
        raise SourceError(f"{path}: is a device or a socket", "name a directory or a file")
    if format == "auto" and path.is_dir():
        from recommender.sources.trees import tree_reader

        return tree_reader(path) or _folder_reader(path)
    if format == "auto":
        return _reader(_format_of(path))
    if path.is_dir() and format in ("jsonl", "parquet"):
        return read_folder
    if path.is_dir() and format not in ("html", "markdown", "rst"):
        raise SourceError(
            f"{path}: is a directory, expected a {format} file",
            "name a file in it, or set source_format",
        )
    return _reader(format)


def _folder_reader(directory: Path) -> Reader:
    """Return the reader for the content of a directory without the settings of a generator."""
    if folder_format(directory):
        return read_folder
    files = [path for path, problem in walk(directory) if not problem]
    formats = Counter(map(_format_of_many, files))
    most = max(("markdown", "rst", "html"), key=lambda name: formats[name])
    if most == "html" and formats["markdown"] + formats["rst"]:
        pages = sorted(name for name in files if _format_of_many(name) == "html")
        if not _are_built(directory, pages[:: -(-len(pages) // SAMPLE)]):
            most = max(("markdown", "rst"), key=lambda name: formats[name])
    return _reader(most if formats[most] else "markdown")


def _format_of_many(name: str) -> str:
    """Return the format that is read from directories of such files, or an empty string."""
    suffix = os.path.splitext(name)[1].lower()
    found = "html" if suffix in PAGE_SUFFIXES else SUFFIXES.get(suffix, "")
    return found if found in ("markdown", "rst", "html") else ""


def _are_built(directory: Path, pages: list[str]) -> bool:
    """Return whether most of these are pages as a browser gets them, not templates or parts."""
    built = 0
    for name in pages:
        with suppress(OSError), open(directory / name, "rb") as file:
            start = file.read(2_000)
            built += bool(_BUILT.match(start)) and not _TEMPLATE.search(start)
    return 2 * built > len(pages)


def _reader(format: str) -> Reader:
    module = import_module(f"recommender.sources.{READERS[format]}")
    reader: Reader = getattr(module, f"read_{format}")
    return reader


def _format_of(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    if suffix in PAGE_SUFFIXES:
        raise SourceError(
            f"{path}: is one page, expected the directory of the built pages",
            f"name the directory: {path.parent}",
        )
    if suffix not in SUFFIXES:
        problem = f"suffix {suffix} is unknown" if suffix else "has no suffix"
        raise SourceError(
            f"{path}: {problem}, expected {', '.join(SUFFIXES)}",
            f"set source_format to one of {', '.join(READERS)}",
        )
    if suffix == ".xml":
        from recommender.sources.feeds.xml_stream import xml_format

        return xml_format(path)
    if suffix == ".json":
        from recommender.sources.feeds.feed import is_json_feed

        return "feed" if is_json_feed(path) else "json"
    return SUFFIXES[suffix]


def _nearby(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"{path.parent} is missing too{_start_of(path)}"
    return did_you_mean(path.name, names) or f"name one that exists{_start_of(path)}"


def _start_of(path: Path) -> str:
    """Return where a relative path starts, as the command may run in the wrong directory."""
    try:
        return "" if path.is_absolute() else f"; relative paths start at {Path.cwd()}"
    except OSError:  # the working directory has been removed
        return ""


def _with_addresses(articles: pd.DataFrame, options: SourceOptions) -> pd.DataFrame:
    template = options.url_template
    if not template:
        return articles
    urls = []
    for row in articles.to_dict("records"):
        file = parse_path(str(row["id"]))
        parts = {"path": file.path, "name": file.name, "slug": file.slug}
        names = {name: in_path(part) for name, part in parts.items()}
        fields_of = {str(name): value for name, value in row.items() if name != "path"}
        moment = None if pd.isna(row["date"]) else row["date"]
        urls.append(fill_template(template, names | fields_of, moment, str(row["id"])))
    return articles.assign(url=urls)
