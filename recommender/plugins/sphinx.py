"""Sphinx: ``extensions = ["recommender.plugins.sphinx"]`` adds the lists to the pages.

The text of each document is stored in the environment when it is read, so that a second build
reads only changed documents, and reading and writing in parallel give the same lists. Pages with
a changed list are written again, even if their document did not change.
A document with the field ``:recommender: false`` gets no list and appears in none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ConfigError as SphinxConfigError

import recommender
from recommender.errors import ConfigError
from recommender.pages.block import render_block
from recommender.plugins.base import (
    PluginSettings,
    listing_fields,
    lists_for,
    matching,
    placed,
    plugin_settings,
)
from recommender.sources.html.text import without_addresses
from recommender.sources.selection import asks_out

_NOT_READ = (nodes.literal_block, nodes.comment, nodes.system_message, nodes.math_block, nodes.raw)
_LINE_BREAK = re.compile(r"\s*<br\b", re.IGNORECASE)
VERSION = 3
"""Version of the data stored in the environment."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the settings and the events; Sphinx calls this for every extension."""
    app.add_config_value("recommender", {}, "env", types=(dict,))
    app.connect("doctree-read", _read_document)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _update)
    app.connect("html-page-context", _add_block)
    return {
        "version": recommender.__version__,
        "env_version": VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _documents(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return text and headings of all documents read so far, by name; kept in the environment."""
    documents: dict[str, dict[str, str]] = vars(env).setdefault("recommender_documents", {})
    return documents


def _read_document(app: Sphinx, doctree: nodes.document) -> None:
    found = list(_paragraphs(doctree))
    _documents(app.env)[app.env.current_document.docname] = {
        "text": "\n\n".join(text for text, _ in found),
        "headings": "\n".join(text for text, is_heading in found if is_heading),
    }


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _documents(env).pop(docname, None)


def _merge(
    app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    theirs = _documents(other)
    _documents(env).update({name: theirs[name] for name in docnames if name in theirs})


def _update(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Make all lists, and return the documents whose list has changed."""
    if app.builder.format != "html":
        return []
    found = _settings(app)
    wanted = matching(Path(app.srcdir), found.settings)
    before: dict[str, Any] = vars(env).get("recommender_lists", {})
    records = _records(env, wanted, str(app.config.language or ""))
    lists = lists_for(records, found.settings, before)
    vars(env)["recommender_lists"] = lists
    return sorted(name for name in env.found_docs if lists.get(name) != before.get(name))


def _add_block(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Pass a page its cards as `related`, and add the block after its body."""
    lists = vars(app.env).get("recommender_lists", {})
    cards = [
        card | {"url": app.builder.get_relative_uri(pagename, card["id"])}
        for card in lists.get(pagename, ())
    ]
    found, language = _settings(app), str(app.config.language or "")
    context["related"] = placed(cards, str, language, found.heading)
    if cards and found.insert and "body" in context:
        block = render_block(cards, lang=language, heading=found.heading or None)
        context["body"] = f"{context['body']}\n{block}"


def _settings(app: Sphinx) -> PluginSettings:
    try:
        return plugin_settings(app.config.recommender, "conf.py: recommender", Path(app.confdir))
    except ConfigError as error:
        raise SphinxConfigError(str(error)) from error


def _records(
    env: BuildEnvironment, wanted: set[str] | None, language: str
) -> Iterator[dict[str, Any]]:
    for name, found in sorted(_documents(env).items()):
        fields = env.metadata.get(name, {})
        left_out = wanted is not None and str(env.doc2path(name, base=False)) not in wanted
        if left_out or not found["text"] or _is_orphan(fields) or asks_out(fields):
            continue
        yield {
            "id": name,
            "title": _words(env.titles[name]) if name in env.titles else name,
            **found,
            "path": name,
            "lang": language,
            "date": fields.get("date"),
            "tags": fields.get("tags") or "",
            "category": str(fields.get("category") or ""),
            "description": str(fields.get("description") or ""),
            "author": fields.get("author") or fields.get("authors") or "",
            "image": str(fields.get("image") or ""),
            **listing_fields(fields),
        }


def _is_orphan(fields: Mapping[str, Any]) -> bool:
    """Return whether a document says that it is an orphan; fields of documents are always text.

    ABlog sets True for every post of a blog, so that Sphinx does not ask for a toctree.
    """
    return "orphan" in fields and fields["orphan"] is not True


def _paragraphs(doctree: nodes.document) -> Iterator[tuple[str, bool]]:
    """Yield the text blocks of a document, and whether they are headings.

    Its title, code and comments are left out.
    """
    title = next(doctree.findall(nodes.title), None)
    for node in doctree.findall(nodes.TextElement):
        inside = node is title or isinstance(node, _NOT_READ)
        if not inside and not isinstance(node.parent, nodes.TextElement):
            text = _words(node)
            if text:
                yield text, isinstance(node, nodes.title)


def _words(node: nodes.Node) -> str:
    """Return the text of a node on one line, without the tags of HTML in it and addresses."""
    texts = node.findall(lambda one: isinstance(one, nodes.Text | nodes.raw))
    found = "".join(
        one.astext() if isinstance(one, nodes.Text) else " " * bool(_LINE_BREAK.match(one.astext()))
        for one in texts
        if not isinstance(one.parent, nodes.raw)
    )
    return without_addresses(" ".join(found.split()))
