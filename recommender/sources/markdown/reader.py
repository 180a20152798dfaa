"""A directory of Markdown files: one article per file, its fields in front matter.

The id is the path in the directory, with suffix and ``/`` between parts. Files in directories
whose name starts with a dot, and in ``node_modules``, are not content. Boilerplate is removed
by the same rules as from built pages, so that both give the same lists.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from msgspec.structs import replace

from recommender.articles import COLUMNS, UNLISTED_FLAGS
from recommender.editorial import BANS, PINS
from recommender.errors import SourceError
from recommender.index.cache import has_dates, with_dates, without_dates
from recommender.resources import in_processes
from recommender.sources.addresses import (
    FileName,
    host,
    in_path,
    own_address,
    parse_path,
    shared_name,
)
from recommender.sources.base import (
    DEFAULT_GLOBS,
    RST_GLOBS,
    Records,
    Skipped,
    SourceOptions,
    decode,
    files_among,
    find_files,
    raise_or_skip,
    read_bytes,
    reading,
)
from recommender.sources.columns import (
    MAPPED,
    as_address,
    as_names,
    as_people,
    as_scalar,
    candidates,
    is_missing,
    missing_columns,
)
from recommender.sources.html.boilerplate import count_words, mark_blocks, mark_recurring
from recommender.sources.html.kinds import FEW_WORDS, THANKS, is_thanks
from recommender.sources.html.link_lines import is_index
from recommender.sources.html.text import Block
from recommender.sources.limits import check_rows
from recommender.sources.markdown.document import Document, read_document, read_line, read_title
from recommender.sources.markdown.front_matter import FrontMatter, split_front_matter
from recommender.sources.selection import SWITCHES

PROCESS_FILES = 500
"""Number of files for which another process pays."""
_AT_ONCE = 10_000
"""Number of files whose bytes are in memory at once."""
_RST = 'reStructuredText among Markdown, set source_format = "rst" to read it'

_SHARED = ("links", "anchors")
"""Fields of an article that are usually its document's."""

Rules = Callable[[Path, Mapping[str, Any]], tuple[Mapping[str, Any], str]]
"""How a generator treats a file with this front matter: the fields that it uses, and why it does
not publish the file, or an empty string."""


def read_markdown(path: Path, options: SourceOptions, rules: Rules | None = None) -> Records:
    """Return the Markdown files of a directory as records.

    Parameters
    ----------
    path : Path
        The directory.
    options : SourceOptions
        Uses `glob`, the names of front-matter keys, and `code`.
    rules : callable, optional
        See `Rules`; by default every file is an article.

    Returns
    -------
    Records
        Column `slug` is the front matter's, else the name of the file without its date;
        `own_slug`, `own_url` and `own_category` are what the keys `slug`, `url` and `category`
        of the front matter contain.

    Raises
    ------
    SourceError
        If it is not a directory, contains no such file, or files cannot be read; up to 20 are
        named.
    """
    files, skipped = find_files(path, options.glob, DEFAULT_GLOBS)
    files, left_out, documents, rows, heads = _read(path, files, options, rules)
    _check_mapping(path, heads, options)
    texts = ({"text": d.text, "headings": "\n".join(d.headings)} for d in documents)
    check_rows(rows, str(path))
    rows = [row | text for row, text in zip(rows, texts, strict=True)]
    table = pd.DataFrame(rows, dtype=object, columns=None if rows else ["id", "title", "text"])
    places = [str(file) for file in files]

    def locate(row: int, name: str) -> str:
        key = options.source_column(name)
        return f"{files[row]}:{heads[row].line_of(key)}: front matter `{key}`"

    words = count_words(document.blocks for document in documents)
    others = [] if options.glob or rules else files_among(path, RST_GLOBS, _RST)
    left_out = [*skipped, *left_out, *others]
    return Records(table, places, locate, left_out, judged=True, words=words)


def read_documents(
    path: Path, options: SourceOptions, rules: Rules | None = None
) -> list[tuple[str, Document]]:
    """Return files and documents of a directory, every block judged, see `read_markdown`."""
    found = _read(path, find_files(path, options.glob, DEFAULT_GLOBS).files, options, rules)
    names = [file.relative_to(path).as_posix() for file in found.files]
    return list(zip(names, found.documents, strict=True))


class Keys:
    """Which keys of front matter hold the columns, under the settings of a run.

    Parameters
    ----------
    options : SourceOptions
        Uses the names of front-matter keys.

    Examples
    --------
    >>> keys = Keys(SourceOptions(lang_column="Tongue"))
    >>> keys.take({"tongue": "de", "authors": ["Ada"]}, "lang")
    'de'
    """

    def __init__(self, options: SourceOptions) -> None:
        self.options = options
        self._of = {name: [key.lower() for key in candidates(name, options)] for name in MAPPED}
        self.known = frozenset(COLUMNS).union(*self._of.values()) - {"categories"}
        """Keys that are columns of the table; `categories` is kept too, for Jekyll."""

    def take(self, fields: Mapping[str, Any], name: str) -> Any:
        """Return the first value under the keys of a column that is not empty."""
        for key in self._of[name]:
            value = fields.get(key)
            if value is not None and not is_missing(value) and value not in ("", [], {}):
                return value
        return None


class ParsedFile(NamedTuple):
    """An article as its file alone gives it: plain data."""

    head: FrontMatter
    """With the fields that the generator uses; without the body, which is read."""
    document: Document
    """Without the title; blocks that their own text shows to be boilerplate have a kind."""
    row: dict[str, Any]
    """Fields of the article, except its text and headings."""


class _Files(NamedTuple):
    """The files that are articles, and the others with a reason."""

    files: list[Path]
    skipped: list[Skipped]
    documents: list[Document]
    rows: list[dict[str, Any]]
    heads: list[FrontMatter]


def parse_file(head: FrontMatter, relative: str, where: str, keys: Keys) -> ParsedFile:
    """Return the article of one file: everything that the rest of the site does not decide.

    A pure function: the same arguments give the same result.

    Parameters
    ----------
    head : FrontMatter
        From `split_front_matter`; its fields may have been completed by `Rules`.
    relative : str
        Path in the directory, with ``/`` between parts.
    where : str
        The file, for messages.
    keys : Keys
        With the options, of which `code` is used.

    Raises
    ------
    SourceError
        If the key for the id is set and the file does not have it.
    """
    document, row = _article(relative, head, where, keys)
    mark_blocks(document.page(), built=False)
    return ParsedFile(head._replace(body=""), document, row)


def judge_files(parsed: Sequence[ParsedFile], paths: Sequence[str]) -> None:
    """Set `kind` of the blocks that recur on a site, as for built pages, in place.

    Parameters
    ----------
    parsed : sequence of ParsedFile
        All articles of the site.
    paths : sequence of str
        Their paths in the directory.
    """
    names = [shared_name(path) for path in paths]
    mark_recurring([one.document.blocks for one in parsed], names)


def _read(path: Path, files: Sequence[Path], options: SourceOptions, rules: Rules | None) -> _Files:
    """Return text, fields and front matter of each file that is an article."""
    parsed: list[ParsedFile] = []
    read: list[Path] = []
    paths: list[str] = []
    skipped: list[Skipped] = []
    errors: list[tuple[str, SourceError]] = []
    root = os.path.join(path, "")
    named = [(file, str(file).removeprefix(root).replace(os.sep, "/")) for file in files]
    for (file, relative), found in zip(named, _parsed(named, Keys(options), rules), strict=True):
        if isinstance(found, SourceError):
            errors.append((str(file), found))
            continue
        reason = found if isinstance(found, str) else _why_none(found, relative)
        if reason or isinstance(found, str):
            skipped.append(Skipped(str(file), reason))
            continue
        parsed.append(found)
        read.append(file)
        paths.append(relative)
    raise_or_skip(errors, skipped, options, left=bool(read))
    judge_files(parsed, paths)
    documents = [one.document for one in parsed]
    return _Files(read, skipped, documents, [one.row for one in parsed], [p.head for p in parsed])


def _why_none(one: ParsedFile, relative: str) -> str:
    """Return why a file is not an article, by its text, or an empty string.

    A list with a date is a post, such as the best of a year.
    """
    if _says_thanks(one, relative):
        return THANKS
    return "" if one.row["date"] or not _is_list(one.document) else "list page"


def _is_list(document: Document) -> bool:
    """Return whether a file is mostly lines that link to others of its site, see `is_index`.

    A block of Markdown does not name its links, so those of the document decide where they lead.
    """
    if 2 * sum(bool(host(link)) for link in document.links) > len(document.links):
        return False
    return is_index([replace(b, links=("/",)) if b.linked else b for b in document.blocks])


def _says_thanks(one: ParsedFile, relative: str) -> bool:
    """Return whether a file is the page after a form; one in a directory with a date is a post."""
    name = shared_name(relative)
    if not is_thanks(name):
        return False
    if one.row["date"] and ("/" in name or parse_path(relative).date):
        return False
    return len(one.document.text.split()) < FEW_WORDS


class _Kept(NamedTuple):
    """A parsed file in the cache."""

    values: tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any]]
    """The front matter as written; as the generator's rules complete it, if that differs; the
    row."""
    dated: bool
    """Whether there are dates among the values."""
    source: str
    first_line: int
    blocks: list[Block]
    links: list[str]
    anchors: list[str]
    shared: list[str]
    """Fields of the row that are the document's, and empty in it."""


class _Opened(NamedTuple):
    """A file that must be parsed."""

    data: bytes
    written: dict[str, Any]
    """The front matter as written."""
    head: FrontMatter
    """With the fields that the generator uses."""


def _parsed(
    named: Sequence[tuple[Path, str]], keys: Keys, rules: Rules | None
) -> Iterator[ParsedFile | str | SourceError]:
    """Yield the article of each file, why it is not published, or why it cannot be read.

    This process opens the files and owns the cache; several may parse.
    """
    cache = keys.options.cache
    for start in range(0, len(named), _AT_ONCE):
        batch = named[start : start + _AT_ONCE]
        given = [_given(file, relative, keys, rules) for file, relative in batch]
        waiting = [
            (file, relative, one.head)
            for (file, relative), one in zip(batch, given, strict=True)
            if isinstance(one, _Opened)
        ]
        parsed = iter(in_processes(partial(_parse, keys), waiting, PROCESS_FILES))
        for (file, relative), one in zip(batch, given, strict=True):
            if not isinstance(one, _Opened):
                yield one
                continue
            found = next(parsed)
            if cache is not None and isinstance(found, ParsedFile):
                cache.put(str(file), relative, one.data, _kept(found, one.written))
            yield found


def _given(
    file: Path, relative: str, keys: Keys, rules: Rules | None
) -> ParsedFile | str | SourceError | _Opened:
    """Return the result for a file if it need not be parsed, else its content."""
    cache, where = keys.options.cache, str(file)
    try:
        with reading(where):
            kept = cache.get(where, relative, _Kept) if cache is not None else None
            if kept is not None:
                written, used, row = kept.values
                if kept.dated:
                    written, used, row = map(with_dates, kept.values)
                fields, reason = _used(file, written, rules)
                if reason or fields == (written if used is None else used):
                    return reason or _restored(kept, fields, row)
            data = read_bytes(file)
            head = split_front_matter(decode(data, where), where)
            fields, reason = _used(file, head.fields, rules)
            return reason or _Opened(data, head.fields, head._replace(fields=fields))
    except SourceError as error:
        return error


def _parse(keys: Keys, given: tuple[Path, str, FrontMatter]) -> ParsedFile | SourceError:
    file, relative, head = given
    try:
        with reading(str(file)):
            return parse_file(head, relative, str(file), keys)
    except SourceError as error:
        return error


def _used(file: Path, fields: dict[str, Any], rules: Rules | None) -> tuple[dict[str, Any], str]:
    if rules is None:
        return fields, ""
    used, reason = rules(file, fields)
    return dict(used), reason


def _kept(parsed: ParsedFile, written: dict[str, Any]) -> _Kept:
    head, document, row = parsed
    shared: dict[str, Any] = {name: [] for name in _SHARED if row[name] is getattr(document, name)}
    used = None if head.fields == written else head.fields
    values = (written, used, {**row, **shared})
    dated = has_dates(values)
    if dated:
        values = tuple(map(without_dates, values))
    return _Kept(values, dated, head.source, head.first_line, *document, [*shared])


def _restored(kept: _Kept, fields: dict[str, Any], row: dict[str, Any]) -> ParsedFile:
    row |= {name: getattr(kept, name) for name in kept.shared}
    head = FrontMatter(fields, "", kept.source, kept.first_line)
    return ParsedFile(head, Document(kept.blocks, kept.links, kept.anchors), row)


def _article(
    relative: str, head: FrontMatter, where: str, keys: Keys
) -> tuple[Document, dict[str, Any]]:
    """Return the document and the fields of an article."""
    options, take = keys.options, keys.take
    fields = _fields(head)
    file = parse_path(relative)
    document = read_document(_as_markdown(head.body, relative), options.code)
    title = read_title(as_scalar(take(fields, "title")))
    if not title and document.headings:
        nameless = file.title.lower() in ("index", "readme")
        title = read_title(document.headings[0] if nameless else document.headline)
    row = _extras(head, fields, keys)
    row |= {
        "id": _own_id(fields, where, keys) if options.is_mapped("id") else relative,
        "title": title or (file.title if document.blocks else ""),
        "date": take(fields, "date") or file.date,
        "url": _address(fields, file, keys),
        "slug": as_scalar(fields.get("slug")) or file.slug,
        "own_slug": as_scalar(fields.get("slug")),
        "own_category": as_scalar(fields.get("category")),
        "own_url": as_scalar(fields.get("url")),
        "prior": take(fields, "prior"),
        "votes": take(fields, "votes"),
    }
    document = document.without_heading(title)
    if options.is_mapped("text"):
        own = read_document(as_scalar(take(fields, "text")))
        document = document._replace(blocks=own.blocks)
    row |= _lists(fields, document, keys)
    row |= {name: as_scalar(take(fields, name)) for name in ("category", "lang", "series")}
    if "_drafts" in relative.split("/")[:-1]:
        row["draft"] = True  # Jekyll's directory of drafts
    return document, row


def _as_markdown(body: str, relative: str) -> str:
    """Return a body as a Markdown parser needs it: a file of HTML becomes one block."""
    if not relative.lower().endswith((".html", ".htm")):
        return body
    return "<div>\n" + re.sub(r"\n\s*", "\n", body.strip()) + "\n</div>\n"


def _lists(fields: Mapping[str, Any], document: Document, keys: Keys) -> dict[str, Any]:
    own_links, take = keys.options.is_mapped("links"), keys.take
    return {
        "links": as_names(take(fields, "links")) if own_links else document.links,
        "anchors": [] if own_links else document.anchors,
        "tags": list(dict.fromkeys(as_names(take(fields, "tags")))),
        "image": as_address(take(fields, "image")),
        "author": as_people(take(fields, "author")),
        "description": read_line(as_scalar(take(fields, "description"))),
    }


def _own_id(fields: Mapping[str, Any], where: str, keys: Keys) -> str:
    value = as_scalar(keys.take(fields, "id"))
    if not value:
        raise missing_columns(["id"], where, fields, keys.options, "front-matter key")
    return value


def _address(fields: Mapping[str, Any], file: FileName, keys: Keys) -> str:
    if keys.options.is_mapped("url"):
        return as_scalar(keys.take(fields, "url"))
    path = "" if file.path in ("index", "_index") else f"{in_path(file.path)}/"
    return own_address(fields) or f"/{path}"


def _extras(head: FrontMatter, fields: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
    """Return the fields that are not known here, in lower case as in Hugo and Pelican."""
    extras = {
        low: value for name, value in head.fields.items() if (low := name.lower()) not in keys.known
    }
    named = (PINS, BANS, *SWITCHES, *UNLISTED_FLAGS)  # in tables too: Zola has no others
    return extras | {name: fields[name] for name in named if name in fields}


def _fields(head: FrontMatter) -> dict[str, Any]:
    """Return the fields in lower case; those under Zola's and Hugo's tables come last."""
    fields = {name.lower(): value for name, value in head.fields.items()}
    for table in ("taxonomies", "params", "extra"):
        nested = fields.get(table)
        if isinstance(nested, Mapping):
            fields = {str(name).lower(): value for name, value in nested.items()} | fields
    return fields


def _check_mapping(path: Path, heads: list[FrontMatter], options: SourceOptions) -> None:
    mapped = [name for name in MAPPED if options.is_mapped(name)]
    present = {name for head in heads for name in _fields(head)} if mapped else set()
    missing = [name for name in mapped if options.source_column(name).lower() not in present]
    if missing:
        raise missing_columns(missing, str(path), present, options, "front-matter key")
