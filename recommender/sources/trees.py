"""Directories from which a generator builds: Sphinx, MkDocs, Docusaurus, Hugo, Zola.

For each generator: which file identifies it, where its pages are, and what it does not build. The
readers of Markdown and reStructuredText read the pages. Settings are read as text, never run.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from recommender.errors import SourceError
from recommender.sources.addresses import parse_path
from recommender.sources.base import (
    DEFAULT_GLOBS,
    RST_GLOBS,
    Reader,
    Records,
    Skipped,
    SourceOptions,
    find_files,
    read_text,
)
from recommender.sources.folders import Globs, patterns_of, walk
from recommender.sources.hugo import HugoSite
from recommender.sources.markdown.front_matter import split_front_matter
from recommender.sources.markdown.reader import Rules, read_markdown
from recommender.sources.rst.reader import read_rst
from recommender.sources.zola import ZolaSite

_DOCS_DIR = re.compile(r"^docs_dir\s*:\s*(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\s#'\"]+))", re.M)
_MKDOCS = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml")
_DOCUSAURUS = tuple(f"docusaurus.config.{suffix}" for suffix in ("js", "ts", "mjs", "cjs"))
_DOCUSAURUS_DIRS = ("docs", "blog")
_SPHINX_WORDS = re.compile(r"\bsphinx\b|\bmyst_parser\b|^html_theme\b", re.M)
_BLOG_DATE = re.compile(r"(.*)(\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(.*)")
_ORDER = re.compile(r"^\d+\s*[-_.]+\s*(?=\D)")
_BEFORE_NAME = re.compile(r"(?<![^/])\*\*(?=[^/])")
_IN_NAME = re.compile(r"([^/*])\*\*+")
_SUFFIX = re.compile(r"\.\w+")
_PARTIALS = ("**/_*", "**/_*/**/*")
_SPHINX_UNBUILT = ("_build/**/*", "_static/**/*", "_templates/**/*")


def tree_reader(path: Path) -> Reader | None:
    """Return how to read a directory from which a generator builds, or None for another one.

    Parameters
    ----------
    path : Path
        A directory.

    Returns
    -------
    Reader or None
        For Docusaurus (``docusaurus.config.*``) its ``docs`` and ``blog``, for MkDocs
        (``mkdocs.yml``) its ``docs_dir``, for Sphinx (``conf.py`` beside pages, or in
        ``docs``, ``doc`` or ``source``) its .rst and .md files, for Hugo and Zola the site's
        content or a directory of it.
    """
    if any((path / name).is_file() for name in _DOCUSAURUS):
        return _read_docusaurus
    for name in _MKDOCS:
        if (path / name).is_file():
            return partial(_read_mkdocs, path / name)
    for place in (path, path / "docs", path / "doc", path / "source", path / "docs" / "source"):
        if (place / "conf.py").is_file() and _is_sphinx(place):
            return partial(_read_sphinx, place)
    if HugoSite.find(path) or ZolaSite.find(path):
        return _read_content
    return None


def content_rules(path: Path, options: SourceOptions) -> tuple[SourceOptions, Rules] | None:
    """Return how to read the Markdown of a Hugo or Zola site, or None for another directory.

    Returns
    -------
    (SourceOptions, Rules) or None
        The options with the files that the generator reads, and how it treats each.
    """
    hugo = HugoSite.find(path)
    if hugo:
        folders = [mount.folder for mount in hugo.mounts]
        usual = (*DEFAULT_GLOBS, "**/*.html", "**/*.htm")
        return _of_content(path, folders, options, usual), partial(_hugo_rules, hugo)
    zola = ZolaSite.find(path)
    if zola:
        return _of_content(path, [zola.content], options, ("**/*.md",)), partial(_zola_rules, zola)
    return None


def _read_content(path: Path, options: SourceOptions) -> Records:
    found = content_rules(path, options)
    return read_markdown(path, *found) if found else read_markdown(path, options)


def _hugo_rules(
    site: HugoSite, file: Path, fields: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str]:
    file = file.resolve()
    fields = {**site.inherited(file), **fields}
    place, reason = site.place(file), site.reason(file, fields)
    if reason or place is None:
        return fields, reason
    usual = {"lang": place.language, "url": site.address(place, fields)}
    if len(site.languages) > 1:
        named = {str(name).lower(): value for name, value in fields.items()}
        usual["translation_key"] = str(named.get("translationkey") or place.path)
    return {**usual, **fields, "page_key": site.key(place)}, ""


def _zola_rules(
    site: ZolaSite, file: Path, fields: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str]:
    file = file.resolve()
    reason = site.reason(file, fields)
    if reason:
        return fields, reason
    named = {"url": site.address(file, fields), "page_key": site.key(file)}
    return {"lang": site.language(file), **fields, **named}, ""


def _of_content(
    path: Path, folders: Sequence[Path], options: SourceOptions, usual: Sequence[str]
) -> SourceOptions:
    """Return options that read the usual files of the content below a directory."""
    if not _only_leaves(options.glob):
        return options
    root = path.resolve()
    below = [folder.relative_to(root).parts for folder in folders if folder.is_relative_to(root)]
    tops = dict.fromkeys(f"{parts[0]}/" if parts else "" for parts in below) or {"": None}
    if root.name == "content" or "" in tops:
        tops = {"": None}
    left = patterns_of(options.glob)
    return replace(options, glob=[*(top + glob for top in tops for glob in usual), *left])


def _only_leaves(globs: Globs) -> bool:
    return all(glob[:1] == "!" for glob in patterns_of(globs))


def _read_docusaurus(path: Path, options: SourceOptions) -> Records:
    """Read the docs and the blog, without partials: files and directories named ``_…``."""
    if not options.glob:
        globs = [f"{folder}/{glob}" for folder in _DOCUSAURUS_DIRS for glob in DEFAULT_GLOBS]
        options = replace(options, glob=globs)
    records = _without(path, options, _PARTIALS, read_markdown)
    if options.is_mapped("url") or not records.places:
        return records
    files = [Path(place) for place in records.places]
    rows = zip(files, records.table["url"], strict=True)
    urls = [_address(file.relative_to(path).as_posix(), _head(file), url) for file, url in rows]
    return records._replace(table=records.table.assign(url=urls))


def _head(file: Path) -> Mapping[str, Any]:
    return split_front_matter(read_text(file), str(file)).fields


def _address(relative: str, head: Mapping[str, Any], url: str) -> str:
    """Return the address that Docusaurus gives a page, unless the page sets its own.

    Examples
    --------
    >>> _address("blog/sea/2020-01-02-oats.md", {}, "/blog/sea/2020-01-02-oats/")
    '/blog/2020/01/02/sea/oats'
    >>> _address("docs/01-grain/2-rye.md", {"id": "oats"}, "/docs/01-grain/2-rye/")
    '/docs/grain/oats'
    """
    if url.strip("/") != parse_path(relative).path.strip("/"):
        return url
    root, _, path = relative.rpartition(".")[0].partition("/")
    slug = str(head.get("slug") or "")
    if root == "blog":
        dated = _BLOG_DATE.match(path)
        named = f"{dated[2].replace('-', '/')}/{dated[1]}{dated[3]}" if dated else path
        return _joined(root, slug or named.removesuffix("/index"))
    *folders, name = path.split("/")
    inside = [_ORDER.sub("", folder) for folder in folders]
    if slug:
        return _joined(root, *([] if slug.startswith("/") else inside), slug)
    if name.lower() in ("index", "readme", *(folder.lower() for folder in folders[-1:])):
        return f"{_joined(root, *inside)}/"
    return _joined(root, *inside, str(head.get("id") or _ORDER.sub("", name)))


def _joined(*parts: str) -> str:
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))


def _read_mkdocs(config: Path, path: Path, options: SourceOptions) -> Records:
    """Read ``docs_dir``, which is beside the settings unless they say otherwise."""
    text = config.read_text(encoding="utf-8", errors="replace")
    named = _DOCS_DIR.search(text)
    docs = path / (next(filter(None, named.groups())) if named else "docs")
    if not docs.is_dir():
        raise SourceError(
            f"{config}: docs_dir {docs.name} not found, expected the directory {docs}",
            "fix docs_dir, or name the directory that contains the pages",
        )
    return _without(docs, options, _PARTIALS, read_markdown)


def _read_sphinx(root: Path, path: Path, options: SourceOptions) -> Records:
    """Read the pages beside ``conf.py``, except those that it excludes."""
    unbuilt = list(_SPHINX_UNBUILT)
    for pattern in _excluded(root / "conf.py"):
        unbuilt += [pattern.rstrip("/"), f"{pattern.rstrip('/')}/**/*"]
    if options.glob:
        chosen = _by_markup(root, options)
        return _built([_without(root, some, unbuilt, read) for some, read in chosen])
    unbuilt += _PARTIALS
    found = []
    globs = _rst_globs(root / "conf.py")
    if _holds(root, globs):
        found.append(_without(root, replace(options, glob=globs), unbuilt, read_rst))
    if _holds(root, DEFAULT_GLOBS):  # MyST
        found.append(_without(root, options, unbuilt, read_markdown))
    return _built(found)


def _built(found: Sequence[Records]) -> Records:
    """Return the pages of Sphinx, which builds those with a field ``:Status: Draft`` too."""
    records = merge(found)
    return records._replace(table=records.table.drop(columns="status", errors="ignore"))


def _by_markup(root: Path, options: SourceOptions) -> list[tuple[SourceOptions, Reader]]:
    """Return the chosen files of reStructuredText and those of MyST, with their readers."""
    files = (path for path, problem in walk(root, options.glob) if not problem)
    endings = {os.path.splitext(path)[1] for path in files} - {""}
    myst = {ending for ending in endings if f"**/*{ending.lower()}" in DEFAULT_GLOBS}

    def without(some: set[str]) -> SourceOptions:
        left_out = (f"!**/*{ending}" for ending in sorted(some))
        return replace(options, glob=[*patterns_of(options.glob), *left_out])

    if not myst:
        return [(options, read_rst)]
    others = [(without(myst), read_rst)] if endings > myst else []
    return [*others, (without(endings - myst), read_markdown)]


def merge(found: Sequence[Records]) -> Records:
    """Return the records of several readers as one."""
    if len(found) == 1:
        return found[0]
    owners = [(records, row) for records in found for row in range(len(records.places))]

    def locate(row: int, name: str) -> str:
        records, own = owners[row]
        return records.locate(own, name)

    tables = [records.table for records in found if len(records.table)]
    table = pd.concat(tables, ignore_index=True) if tables else found[0].table
    places = [place for records in found for place in records.places]
    skipped = dict.fromkeys(left for records in found for left in records.skipped)
    judged = all(records.judged for records in found)
    cut, kept = zip(*(records.words for records in found), strict=True)
    words = sum(cut), sum(kept)
    warnings = [line for records in found for line in records.warnings]
    return Records(table, places, locate, list(skipped), judged, words, warnings)


def _without(root: Path, options: SourceOptions, unbuilt: Sequence[str], read: Reader) -> Records:
    """Read a directory except some files, and report those that would have been read."""
    globs = patterns_of(options.glob)
    kept = replace(options, glob=[*globs, *(f"!{pattern}" for pattern in unbuilt)])
    everything = find_files(root, options.glob, DEFAULT_GLOBS).files
    chosen = {root / path for path, problem in walk(root, kept.glob, DEFAULT_GLOBS) if not problem}
    left = [Skipped(str(f), _reason(f, root)) for f in everything if f not in chosen]
    if not chosen:
        columns = pd.DataFrame(columns=["id", "title", "text"])
        return Records(columns, [], lambda row, name: str(root), left)
    records = read(root, kept)
    return records._replace(skipped=[*records.skipped, *left])


def _reason(file: Path, root: Path) -> str:
    parts = file.relative_to(root).parts
    return "partial" if any(part.startswith("_") for part in parts) else "not built"


def _is_sphinx(place: Path) -> bool:
    """Return whether the ``conf.py`` of a directory is Sphinx's, by the pages beside it or its
    words."""
    if _holds(place, RST_GLOBS):
        return True
    text = (place / "conf.py").read_text(encoding="utf-8", errors="replace")
    globs = (*DEFAULT_GLOBS, *_rst_globs(place / "conf.py"))
    return bool(_SPHINX_WORDS.search(text)) and _holds(place, globs)


def _excluded(config: Path) -> list[str]:
    """Return the ``exclude_patterns`` that a ``conf.py`` contains as plain text, as globs.

    In Sphinx, ``**`` also matches a part of a name: ``**.tmp`` is a name in any directory.
    """
    return [
        _IN_NAME.sub(r"\1*", _BEFORE_NAME.sub("**/*", pattern))
        for pattern in _texts(config, "exclude_patterns")
        if pattern.strip("/") and not pattern.startswith("/") and ".." not in pattern.split("/")
    ]


def _rst_globs(config: Path) -> tuple[str, ...]:
    """Return which files of a Sphinx project are reStructuredText, by its ``source_suffix``."""
    suffixes = [suffix for suffix in _texts(config, "source_suffix") if _SUFFIX.fullmatch(suffix)]
    globs = (f"**/*{suffix}" for suffix in suffixes)
    return (*RST_GLOBS, *(glob for glob in globs if glob not in (*RST_GLOBS, *DEFAULT_GLOBS)))


def _texts(config: Path, name: str) -> list[str]:
    """Return the plain texts of a setting in ``conf.py``: one, a list, or the keys of a dict."""
    try:
        tree = ast.parse(config.read_text(encoding="utf-8", errors="replace"))
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: list[str] = []
    for node in tree.body:
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and name in names:
            value: Any = node.value
            values = getattr(value, "elts", None) or getattr(value, "keys", None) or [value]
            texts = (one.value for one in values if isinstance(one, ast.Constant))
            found += [text for text in texts if isinstance(text, str)]
    return found


def _holds(path: Path, globs: Sequence[str]) -> bool:
    return any(not problem for _, problem in walk(path, globs))
