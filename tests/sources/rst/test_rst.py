"""reStructuredText: fields, and what Sphinx adds to the language."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from source_contracts import SourceContract

from recommender.errors import MissingDependencyError, SourceError
from recommender.sources import SourceOptions, read_articles, read_source

pytest.importorskip("docutils")

from docutils.parsers.rst import directives, roles

from recommender.sources.rst.reader import parse_rst, read_rst


class TestRst(SourceContract):
    """A directory of files with fields under the title, as Pelican has them."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        for row in rows:
            fields = "".join(
                f":{name}: {row[name]}\n" for name in row if name not in ("id", "text", "title")
            )
            title = f"{row['title']}\n{'=' * len(row['title'])}\n"
            (directory / f"{row['id']}.rst").write_text(f"{title}\n{fields}\n{row['text']}\n")
        return directory

    def test_a_bad_date_names_its_line(self, tmp_path: Path) -> None:
        """The message contains the line of the field."""
        self.write(tmp_path, [{"id": "a", "title": "Rye", "text": "x", "date": "soon"}])
        with pytest.raises(SourceError, match=r"a\.rst:4: field `date` must be ISO 8601"):
            self.read(tmp_path)


def text_of(source: str) -> str:
    return parse_rst(source).text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (":func:`~json.dumps` and :py:class:`!Rye`.", "dumps and Rye."),
        (":ref:`rye` :ref:`the rye <rye>` :doc:`/a/b`", "the rye"),
        (":term:`grain` :kbd:`Ctrl` :unknown:`word <x>`", "grain Ctrl word"),
        ("By |version| of |release|", "By of"),
        ("Broken *emphasis and Missing_ link", "Broken emphasis and Missing link"),
        (":math:`x^2` and x\\ :sub:`2`", "and x2"),
        ("See https://example.org/a and `rye <https://example.org>`__.", "See and rye."),
        (".. versionadded:: 3.2\n   New *thing*.", "New thing."),
        (".. versionchanged:: 3.2 Now faster.", "Now faster."),
        (".. py:function:: sow(rye, deep=True)\n   :module: farm\n\n   Sows.", "sow\n\nSows."),
        (
            ".. tab-set::\n\n   .. tab-item:: Linux\n      :sync: l\n\n      Use apt.",
            "Linux\n\nUse apt.",
        ),
        (".. plot:: path/to/x.py\n   :include-source:\n\n   code()", ""),
        (".. whatever:: path/x.py\n   :opt: y\n\n   Its content.", "Its content."),
        (".. code-block:: python\n   :linenos:\n\n   secret()", ""),
        (".. literalinclude:: x.py\n   :lines: 1-3", ""),
        (".. automodule:: x\n   :members:", ""),
        (".. autoclass:: x.Rye\n   :members:\n\n   Sow it.", "Sow it."),
        (
            ".. class:: Rye(seed=None, *, \\\n              deep=True)\n\n   Sow it.",
            "Rye\n\nSow it.",
        ),
        (".. class:: alert *\n\n   Sow it.\n\n.. class:: big\n\nEarly.", "Sow it.\n\nEarly."),
        (".. note::\n   :collapsible: open\n\n   Sow it.", "Sow it."),
        (".. list-table:: Rye\n   :vertical: x\n\n   * - Sow\n     - it", "Rye\n\nSow\n\nit"),
        (":pep:`8#imports`, :pep:`Rye <8#imports>`, :rfc:`2822`.", "PEP 8, Rye, RFC 2822."),
        (":index:`Rye` and :meth:`.Field.sow`.", "Rye and Field.sow."),
        (".. raw:: html\n\n   <b>secret</b>", ""),
        (".. include:: /etc/passwd", ""),
        (".. csv-table:: T\n   :file: /etc/passwd", ""),
        ("Code::\n\n   secret()", "Code:"),
        (">>> secret()\n1", ""),
        (".. note:: Mind\n   this.", "Mind this."),
        (".. glossary::\n\n   rye\n      A grain.", "rye\n\nA grain."),
        (".. figure:: a.png\n   :alt: secret\n\n   Photo: secret", ""),
        (".. rubric:: Notes\n\n.. [#a] A note.", "Notes\n\nA note."),
        ("* one\n* two\n\n| line\n| block", "one\n\ntwo\n\nline\n\nblock"),
    ],
)
def test_what_sphinx_adds_neither_breaks_nor_leaks(source: str, text: str) -> None:
    """Readers' words stay; labels, paths, options, code and files do not come in."""
    assert text_of(source) == text


def test_code_counts_if_asked(tmp_path: Path) -> None:
    """With `code`, blocks of code are text."""
    page = parse_rst("Rye::\n\n   sow()\n\n.. code-block:: python\n\n   reap()", code=True)
    assert page.text == "Rye:\n\nsow()\n\nreap()"


def test_title_headings_and_links() -> None:
    """The first heading is the title; embedded targets are links."""
    page = parse_rst(".. _top:\n\nRye\n===\n\n`Sow <sow.html>`_ it.\n\nDeep\n----\n\nYes.")
    assert (page.title, page.headings, page.links) == ("Rye", ["Deep"], ["sow.html"])
    assert page.text == "Sow it.\n\nDeep\n\nYes."


def test_pages_that_only_list_pages_are_left_out(tmp_path: Path) -> None:
    """A toctree with less than a paragraph is not an article; with more, it is."""
    contents = (
        "Farm\n====\n\nContents:\n\n.. toctree::\n   :maxdepth: 2\n\n   rye\n\n* :ref:`search`\n"
    )
    (tmp_path / "index.rst").write_text(contents)
    (tmp_path / "guide.rst").write_text(contents + "\n" + "Long enough to read. " * 10)
    (tmp_path / "rye.rst").write_text("Rye\n===\n\nShort.")
    result = read_source(tmp_path)
    assert list(result.articles["id"]) == ["guide.rst", "rye.rst"]
    assert result.skipped == [(str(tmp_path / "index.rst"), "table of contents only")]


def test_one_file_is_read(tmp_path: Path) -> None:
    """A file by itself is a source of one article."""
    (tmp_path / "rye.rst").write_text("Rye\n===\n\nShort.")
    assert list(read_articles(tmp_path / "rye.rst")["title"]) == ["Rye"]


def test_signs_of_a_file_name_that_mean_something_in_an_address_are_encoded(tmp_path: Path) -> None:
    """Else a link would lead to the part of the name before the sign."""
    (tmp_path / "c#.rst").write_text("Rye\n===\n\nShort.")
    assert list(read_articles(tmp_path / "c#.rst")["url"]) == ["/c%23/"]


def test_docutils_is_left_as_it_was() -> None:
    """Reading registers nothing: docutils knows no more than before."""
    before = (directives.directive, roles.role)
    parse_rst(":func:`x`\n\n.. toctree::\n\n.. role:: red\n\n.. default-role:: red")
    assert (directives.directive, roles.role) == before
    assert "red" not in roles._roles  # type: ignore[attr-defined]
    assert "" not in roles._roles  # type: ignore[attr-defined]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """The message names every wrong file."""
    (tmp_path / "a.rst").write_bytes(b"Caf\xe9")
    (tmp_path / "b.rst").write_text("* " * 3000 + "x")
    with pytest.raises(SourceError, match=r"a\.rst:1: is not UTF-8(.|\n)*b\.rst: is nested"):
        read_articles(tmp_path)


def test_without_docutils_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to install."""
    (tmp_path / "rye.rst").write_text("Rye\n===\n\nShort.")
    monkeypatch.delitem(sys.modules, "recommender.sources.rst.dialect", raising=False)
    monkeypatch.setitem(sys.modules, "docutils", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "docutils>=0.20"'):
        read_rst(tmp_path, SourceOptions())


def test_fields_of_nikola_are_comments_above_the_text() -> None:
    """The first heading is then one of the text."""
    head = ".. title: The rye book\n.. slug: rye\n.. date: 2012-03-30 23:00\n.. link:\n\n"
    page = parse_rst(f"{head}Intro\n-----\n\nSow it.")
    assert (page.title, page.text, page.headings) == ("The rye book", "Intro\n\nSow it.", ["Intro"])
    assert page.fields == {
        "title": "The rye book",
        "slug": "rye",
        "date": "2012-03-30 23:00",
        "link": "",
    }
    assert page.lines["date"] == 3
    assert parse_rst(".. todo: sow\n\nRye\n===\n\n.. title: no").fields == {}


def test_a_date_that_only_sphinx_knows_is_none(tmp_path: Path) -> None:
    """A substitution such as that of the day of the build is no value."""
    (tmp_path / "rye.rst").write_text("Rye\n===\n\n:Release: |version|\n:Date: |today|\n\nShort.")
    articles = read_articles(tmp_path)
    assert articles["date"].isna().all()
    assert list(articles["text"]) == ["Short."]


def test_pages_that_lead_elsewhere_are_left_out(tmp_path: Path) -> None:
    """As built ones are."""
    (tmp_path / "rye.rst").write_text("Rye\n===\n\nShort.")
    (tmp_path / "old.rst").write_text(
        ".. meta::\n\n  :http-equiv=refresh: 3; url=../rye/\n\nMoved\n=====\n\nGo to rye."
    )
    result = read_source(tmp_path)
    assert result.skipped == [(str(tmp_path / "old.rst"), "redirect")]
