"""Names that Sphinx adds to reStructuredText and MyST: which readers see, and what of them.

Needs no docutils: the reader of Markdown uses it for MyST.
"""

from __future__ import annotations

import re

NO_TEXT = frozenset([
    "autosummary", "code-block", "sourcecode", "literalinclude", "highlight", "highlightlang",
    "index", "currentmodule", "module", "py:module", "py:currentmodule", "tabularcolumns",
    "testcode", "testsetup", "doctest", "testoutput", "testcleanup", "graphviz", "digraph",
    "graph", "inheritance-diagram", "mermaid", "plantuml", "plot", "ipython", "ipython3", "image",
    "code", "math", "raw", "include", "contents", "sectnum", "csv-table-file", "prompt",
    "command-output", "program-output", "productionlist", "meta", "codeauthor", "sectionauthor",
    "moduleauthor", "youtube", "video", "raw-html", "jupyter-execute", "altair-plot",
    "bokeh-plot", "exec", "click", "argparse", "program", "bibliography", "default-domain",
    "default-role", "role", "highlight-language", "comment", "ifconfig", "todo", "todolist",
    "git_changelog", "jinja", "include_docstring", "plotly",
])  # fmt: skip
CONTENTS = frozenset({"toctree", "autotoctree"})
_TITLED = frozenset([
    "seealso", "rubric", "centered", "dropdown", "card", "grid-item-card", "tab", "tab-item",
    "group-tab", "admonition", "note", "warning", "tip", "important", "caution", "danger", "hint",
    "attention", "error", "topic", "sidebar", "details", "collapse", "versionadded-text",
])  # fmt: skip
_VERSIONS = frozenset([
    "versionadded", "versionchanged", "deprecated", "versionremoved", "deprecated-removed",
    "version-added", "version-changed", "version-deprecated", "version-removed",
])  # fmt: skip
_SILENT_ROLES = frozenset([
    "ref", "doc", "numref", "eq", "math", "cite", "cite:p", "cite:t", "cite:ts", "cite:ct",
    "footcite", "footcite:p", "footcite:t", "raw", "raw-html", "keyref", "anchor",
])  # fmt: skip
_NUMBERED_ROLES = frozenset(["pep", "rfc"])
OWN_ROLES = _SILENT_ROLES | _NUMBERED_ROLES | {"index"}
"""Roles of Sphinx that docutils has too, or whose names it keeps for itself."""
_OBJECT_ROLES = frozenset([
    "func", "meth", "class", "attr", "mod", "obj", "exc", "data", "const", "type", "method",
    "function", "module", "property", "any",
])  # fmt: skip
_OBJECTS = frozenset([
    "function", "class", "method", "classmethod", "staticmethod", "attribute", "data",
    "exception", "module", "property", "decorator", "type", "macro", "member", "enum",
    "enumerator", "struct", "union", "var", "option", "envvar", "cmdoption", "describe", "object",
    "confval", "setting", "rst:directive", "rst:role",
])  # fmt: skip
_BOXES = frozenset([
    "card-carousel", "container", "definition", "div", "epigraph", "exercise", "glossary", "grid",
    "grid-item", "highlights", "list-table", "margin", "pull-quote", "solution", "tab-set", "table",
    "tabs", "toggle",
])  # fmt: skip
_PROOFS = ("prf:", "proof:")
_EXPLICIT = re.compile(r"(.+?)\s*(?<!\x00)<[^<>]*>\Z", re.DOTALL)
_SIGNATURE = re.compile(r"[^(\[{]*")


def contains_text(name: str) -> bool:
    """Return whether a directive is known to contain text: a name of a language is none.

    Examples
    --------
    >>> contains_text("note"), contains_text("py:class"), contains_text("python")
    (True, True, False)
    """
    name = name.lower()
    known = name in _TITLED or name in _VERSIONS or name in _BOXES or is_object(name)
    return known or name.startswith(_PROOFS)


def is_object(name: str) -> bool:
    """Return whether a directive describes an object of a program: its argument is a signature."""
    name = name.lower()
    return name in _OBJECTS or name.rpartition(":")[2] in _OBJECTS


def shown_argument(name: str, text: str) -> str:
    """Return the part of a directive's argument that readers see: not paths and settings.

    Examples
    --------
    >>> shown_argument("note", "Mind this"), shown_argument("image", "rye.png")
    ('Mind this', '')
    >>> shown_argument("versionadded", "3.2 For rye."), shown_argument("py:function", "sow(rye)")
    ('For rye.', 'sow')
    """
    name = name.lower()
    if name in _VERSIONS:
        return " ".join(text.split(None, 1)[1:])
    if is_object(name):
        found = _SIGNATURE.match(text)
        return (found[0] if found else "").strip()
    return text if name in _TITLED else ""


def role_text(name: str, text: str) -> str:
    """Return the part of a role that readers see, for a role that only Sphinx knows.

    A label or path without a text of its own gives an empty string.

    Examples
    --------
    >>> role_text("ref", "the rye <rye-label>"), role_text("ref", "rye-label")
    ('the rye', '')
    >>> role_text("py:func", "~json.dumps"), role_text("class", "!Rye"), role_text("meth", ".Rye.x")
    ('dumps', 'Rye', 'Rye.x')
    >>> role_text("pep", "8#imports"), role_text("index", "! rye")
    ('PEP 8', 'rye')
    """
    text = text.strip()
    explicit = _EXPLICIT.match(text)
    if explicit:
        return explicit[1].strip()
    name = name.lower()
    if name in _SILENT_ROLES:
        return ""
    if name in _NUMBERED_ROLES:
        return f"{name.upper()} {text.partition('#')[0]}"
    if name == "index":
        return text.lstrip("! ")
    if name.rpartition(":")[2] not in _OBJECT_ROLES:
        return text
    return text.rpartition(".")[2].lstrip("~") if text.startswith("~") else text.lstrip("!~.")
