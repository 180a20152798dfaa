"""Small files that would cost minutes or gigabytes: left out with a reason, before they do."""

from __future__ import annotations

import csv
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("defusedxml")
pytest.importorskip("docutils")
pytest.importorskip("pyarrow")

from docutils.parsers.rst.states import Inliner

from recommender.errors import SourceError
from recommender.sources import SourceOptions, read_source
from recommender.sources.feeds.xml_stream import root_name
from recommender.sources.html.limits import beyond_limits
from recommender.sources.limits import MAX_FIELDS, check_cells, check_rows
from recommender.sources.rst.limits import LimitError, check_paragraph, check_source
from recommender.sources.tables import sqlite
from recommender.sources.tables.json import MAX_PROBLEMS
from recommender.toml_text import MAX_KEY_PARTS, read_toml

GOOD = {
    ".md": "# Oats\n\nOats are cut.",
    ".rst": "Oats\n====\n\nOats are cut.",
    ".html": "<article><h1>Oats</h1><p>Oats are cut.</article>",
}
RST = "Rye\n===\n\n"
LAUGHS = ".. |a0| replace:: ha\n" + "".join(
    f".. |a{n}| replace:: {f'|a{n - 1}| ' * 8}\n" for n in range(1, 12)
)
HOSTILE = {
    "key of many parts.md": ("+++\n" + ".".join("a" * 30_000) + " = 1\n+++\n", "64 parts"),
    "table of many parts.md": ("+++\n[" + ".".join("a" * 30_000) + "]\n+++\n", "64 parts"),
    "quoted parts.md": ("+++\n" + '"a" . ' * 9_000 + "b = 1\n+++\n", "64 parts"),
    "TOML of many fields.md": (
        "+++\n" + "".join(f"k{n} = 1\n" for n in range(1_001)) + "+++\n",
        "1,001 fields",
    ),
    "YAML of many fields.md": (
        "---\n" + "".join(f"k{n}: 1\n" for n in range(1_001)) + "---\n",
        "1,001 fields",
    ),
    "aliases.md": (
        "---\na0: &a0 [x]\n"
        + "".join(f"a{n}: &a{n} [{'*a' + str(n - 1)}, *a{n - 1}]\n" for n in range(1, 40))
        + "---\n",
        "100,000 values",
    ),
    "deep YAML.md": ("---\na: " + "[" * 30_000 + "\n---\n", "nest"),
    "deep JSON.md": ('{"a": ' + "[" * 30_000, "nested too deeply"),
    "word of many parts.rst": (RST + "-1" * 15_000, "250 parts"),
    "quotation marks.rst": (RST + "Rye" + "'" * 15_000, "too many signs"),
    "dashes.rst": (RST + "Rye " + "-" * 15_000, "too many signs"),
    "dates.rst": (RST + "2024-" * 8_000, "250 parts"),
    "emphasis without end.rst": (RST + "*a " * 15_000, "too much markup"),
    "literal without end.rst": (RST + "``a " * 15_000, "too much markup"),
    "references.rst": (RST + "a_ " * 15_000, "too much markup"),
    "substitutions.rst": (RST + LAUGHS + "\n|a11|", "substitutions"),
    "wide table.rst": (RST + "+" + "-+" * 3_000, "3,000 columns"),
    "fields.rst": (RST + "".join(f":a{n}: x\n" for n in range(1_001)), "1,001 fields"),
    "quotes.rst": (RST + "".join(" " * n + "a\n\n" for n in range(300)), "nested too deeply"),
    "attributes.html": (
        "<article><h1>Rye</h1><p " + "".join(f"a{n}=1 " for n in range(20_000)) + ">Sow it.",
        "1,000 attributes",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_left_out_and_named(tmp_path: Path, name: str) -> None:
    """The other files of the directory are read."""
    content, reason = HOSTILE[name]
    suffix = Path(name).suffix
    (tmp_path / name).write_text(content)
    (tmp_path / f"good{suffix}").write_text(GOOD[suffix])
    result = read_source(tmp_path, SourceOptions(skip_invalid=True))
    assert list(result.articles["id"]) == [f"good{suffix}"]
    [skipped] = result.skipped
    assert Path(skipped.where).name == name
    assert reason in skipped.reason


@pytest.mark.parametrize("name", [name for name in HOSTILE if not name.endswith(".html")])
def test_hostile_files_are_errors_unless_skipped(tmp_path: Path, name: str) -> None:
    """Built pages that cannot be parsed are always left out, as pages without an article are."""
    (tmp_path / name).write_text(HOSTILE[name][0])
    (tmp_path / f"good{Path(name).suffix}").write_text(GOOD[Path(name).suffix])
    with pytest.raises(SourceError, match=HOSTILE[name][1]):
        read_source(tmp_path)


def test_parsers_do_not_see_what_would_take_them_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are checked before the work, not after it."""
    called: list[str] = []
    monkeypatch.setattr(tomllib, "loads", lambda text: called.append(text))
    with pytest.raises(ValueError, match=r"64 parts \(at line 2\)"):
        read_toml("a = 1\n" + ".".join("a" * 100) + " = 1")
    monkeypatch.setattr(Inliner, "parse", lambda *given: called.append(given))
    for name in ("dates.rst", "emphasis without end.rst"):
        with pytest.raises(LimitError):
            check_paragraph(HOSTILE[name][0])
    assert called == []


def test_an_element_may_have_a_thousand_attributes() -> None:
    """Each is counted once, with its value and what is quoted in it."""
    attributes = [f"{'a' * 40}{n}='<b c d>' " for n in range(1_001)]
    for many, problem in ((1_000, ""), (1_001, "an element with more than 1,000 attributes")):
        page = f"<p {''.join(attributes[:many])}>Rye, 1 < 2."
        assert beyond_limits(page) == problem


@pytest.mark.parametrize(
    "formatting",
    [
        "<b id={}>",
        "<b/id={}>",
        "<B ID='{}'>",
        "<b title='>{}'>",
        "<b a=x' b=\" c'>{}\">",
        "<tt\n{}>",
    ],
)
def test_no_element_is_opened_again_without_end(formatting: str) -> None:
    """A parser opens what is not closed again in every paragraph: 30 kB would take a gigabyte."""
    page = "<p>" + "".join(map(formatting.format, range(1_900))) + "<p>Rye" * 2_000
    assert "never closed" in beyond_limits(page)


@pytest.mark.parametrize(
    "part",
    [
        '<svg><path d="M1,2"/><circle r="1"/></svg>',
        "<li><a href='x_<CONFIG>_y' title='<NAME>'>x</a>",
        "<p><b class=a>Rye<i>Oats</b></i></p>",
        "<table><tr><td><code class='a'>x</code><td>y</table>",
        "<script>write('<div><div><b>')</script>",
    ],
)
def test_large_pages_are_parsed_that_are_not_nested_deep(part: str) -> None:
    """What looks like an open element may be none."""
    assert beyond_limits(part * 20_000) == ""


def test_honest_files_are_below_the_limits(tmp_path: Path) -> None:
    """Long words, many fields, deep keys, long tables and dense markup are read."""
    fields = "".join(f"k{n} = 1\n" for n in range(MAX_FIELDS - 2))
    key = ".".join(["a"] * MAX_KEY_PARTS)
    (tmp_path / "a.md").write_text(f"+++\n{key} = 1\n{fields}+++\nRye is sown.")
    marked = " ".join(f"*rye* ``{n}`` :ref:`x <y>`" for n in range(150))
    table = "+---+---+\n| a | b |\n+---+---+\n" + "| 1 | 2 |\n+---+---+\n" * 200
    rst = tmp_path / "rst"
    rst.mkdir()
    (rst / "b.rst").write_text(f"{RST}{'12:' * 200}34 {marked}\n\n{table}")
    assert len(read_source(tmp_path).articles) == 1
    assert "34 rye" in read_source(rst).articles["text"][0]


@pytest.mark.parametrize(
    "head",
    ["<?" * 30_000, "<!--" * 15_000, "<!DOCTYPE " * 6_000, "<!DOCTYPE [ " * 5_000, "<" * 60_000],
)
def test_heads_of_xml_without_end_have_no_root(tmp_path: Path, head: str) -> None:
    """What is not closed is looked through once."""
    (tmp_path / "feed.xml").write_text(head + "<rss></rss>")
    assert root_name(tmp_path / "feed.xml") == ""
    with pytest.raises(SourceError, match=r"root element \(none\) is unknown"):
        read_source(tmp_path / "feed.xml")


@pytest.mark.parametrize(
    "head",
    [
        "", "<?xml version='1.0'?>", "<!-- <feed> > -->", "<!DOCTYPE rss>", "<!-->-->",
        "<!DOCTYPE rss [<!ENTITY a 'x'> ]>", "<?a <b> ?>\n<!DOCTYPE x PUBLIC '-//X'>\n<!-- b -->",
    ],
)  # fmt: skip
def test_what_comes_before_a_root_is_passed_over(tmp_path: Path, head: str) -> None:
    """Declarations, comments and a DOCTYPE, with or without a subset."""
    (tmp_path / "feed.xml").write_text(head + "<x:rss a='1'><feed/></x:rss>")
    assert root_name(tmp_path / "feed.xml") == "rss"


def test_tables_of_empty_cells_are_refused_before_they_are_made() -> None:
    """Each of 20,000 articles with its own field would need 400 million cells."""
    with pytest.raises(SourceError, match="20,000 articles with 20,000 different fields"):
        check_rows([{f"k{n}": 1} for n in range(20_000)], "a.json")
    with pytest.raises(SourceError, match="different fields"):
        check_cells(3_000_000, 30, 3_000_000 - 2_000_000, "a.csv")
    check_cells(3_000_000, 30, 3_000_000, "a.csv")
    check_rows([{f"k{n}": 1} for n in range(1_000)], "a.json")


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv"])
def test_tables_of_too_many_fields_are_errors(tmp_path: Path, name: str) -> None:
    """The error names the file."""
    rows = [f'{{"id": "{n}", "title": "Rye", "text": "x", "k{n}": 1}}' for n in range(3_000)]
    content = {
        "a.json": f"[{','.join(rows)}]",
        "a.jsonl": "\n".join(rows),
        "a.csv": "id,title,text" + "".join(f",k{n}" for n in range(20_000)) + "\nrye,Rye,Sow it.\n",
    }
    (tmp_path / name).write_text(content[name])
    with pytest.raises(SourceError, match=rf"{name}: .* different fields"):
        read_source(tmp_path / name)


@pytest.mark.parametrize(("name", "content"), [("a.json", "[1" + ",1" * 9_999 + "]"),
                                               ("a.jsonl", "1\n" * 10_000)])  # fmt: skip
def test_wrong_articles_are_counted_to_a_thousand(tmp_path: Path, name: str, content: str) -> None:
    """The messages of millions of wrong lines would need more memory than the file."""
    (tmp_path / name).write_text(content)
    with pytest.raises(SourceError) as error:
        read_source(tmp_path / name)
    assert error.value.message.count("\n") == 20
    assert (
        MAX_PROBLEMS - 20 <= int(error.value.message.split()[-2].replace(",", "")) <= MAX_PROBLEMS
    )


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("a.csv", "pandas.read_csv"),
        ("a.json", "recommender.sources.tables.json.read_text"),
        ("a.parquet", "pyarrow.parquet.ParquetFile"),
        ("a.rst", "recommender.sources.rst.dialect.parse"),
        ("a.sqlite", "sqlite3.connect"),
        ("a.xml", "defusedxml.ElementTree.iterparse"),
    ],
)
def test_memory_that_is_full_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    """No traceback, and no word of a broken file, whatever reads the file."""

    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    (tmp_path / name).write_text("<rss></rss>")
    monkeypatch.setattr(step, full)
    with pytest.raises(SourceError, match=rf"{name}: does not fit into memory"):
        read_source(tmp_path / name)


def test_columns_of_simple_tables_count_too() -> None:
    """Borders of either kind of table."""
    with pytest.raises(LimitError, match="250 columns"):
        check_source("= " * 249 + "=\n")
    check_source("===== ======\nRye   Oats\n===== ======\n")


def test_long_fields_of_csv_are_read_after_a_short_file(tmp_path: Path) -> None:
    """The limit of the `csv` module is one for the whole process: reading must not lower it."""
    (tmp_path / "short.csv").write_text("id,title,text\nrye,Rye,Sow it.\n")
    (tmp_path / "long.csv").write_text(f"id,title,text\nrye,Rye,{'Sow it. ' * 30_000}\n")
    for name in ("short.csv", "long.csv"):
        read_source(tmp_path / name, SourceOptions(skip_invalid=True))
    assert csv.field_size_limit() >= 131_072


@pytest.mark.parametrize(
    ("name", "view", "message"),
    [
        ("rows", "SELECT n AS id, 'a' AS title, 'b' AS text FROM t", "more than 100,000 rows"),
        ("steps", "SELECT max(n) AS id, 'a' AS title, 'b' AS text FROM t", "interrupted"),
    ],
)
def test_views_without_end_are_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, view: str, message: str
) -> None:
    """A database may hold a view of endless rows, or one that works without end for a row."""
    monkeypatch.setattr(sqlite, "MAX_STEPS", 5_000_000)
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as database:
        endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)"
        database.execute(f"CREATE VIEW posts AS {endless} {view}")
    with pytest.raises(SourceError, match=message):
        read_source(tmp_path / "a.sqlite", SourceOptions(table="posts"))
