"""Files of rows: the same rows from every format, and the whole message where they are wrong."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.sources import SourceOptions, read_articles, read_source

pytest.importorskip("pyarrow")

Row = dict[str, str]
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries({"title": TEXT, "text": TEXT.map("Rye {}".format), "desk": TEXT}),
    min_size=1,
    max_size=4,
).map(lambda rows: [{"id": f"a{number}"} | row for number, row in enumerate(rows)])


def write_json(path: Path, rows: list[Row]) -> Path:
    """Write a list of objects."""
    path.write_text(json.dumps(rows), "utf-8")
    return path


def write_lines(path: Path, rows: list[Row]) -> Path:
    """Write an object a line."""
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def write_csv(path: Path, rows: list[Row]) -> Path:
    """Write a table as Python does, every value in quotes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: list[Row]) -> Path:
    """Write a table as pandas does."""
    pd.DataFrame(rows).to_parquet(path)
    return path


def write_sqlite(path: Path, rows: list[Row]) -> Path:
    """Write a database of one table with an odd name."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE "my ""posts""" (id, title, text, desk)')
        connection.executemany(
            'INSERT INTO "my ""posts""" VALUES (:id, :title, :text, :desk)', rows
        )
    return path


FILES: dict[str, Callable[[Path, list[Row]], Path]] = {
    "a.json": write_json, "a.jsonl": write_lines, "a.csv": write_csv, "a.parquet": write_parquet,
    "a.sqlite": write_sqlite,
}  # fmt: skip


@given(ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_format_gives_the_rows_that_were_written(tmp_path: Path, rows: list[Row]) -> None:
    """Any texts: quotes, line ends, formulas, what only JSON escapes. CSV ends lines in one way."""
    for name, write in FILES.items():
        found = read_articles(write(tmp_path / name, rows))
        for column in ("id", "title", "text", "desk"):
            given_texts = [row[column] for row in rows]
            assert list(found[column]) == given_texts, name


@pytest.mark.parametrize("name", FILES)
def test_articles_are_read_from_a_name_with_signs(tmp_path: Path, name: str) -> None:
    """Of URLs, globs and shells."""
    rows = [{"id": "rye", "title": "Rye", "text": "Sow it.", "desk": "x"}]
    path = tmp_path / "a b?c=1&d#e%20[f]*" / name
    path.parent.mkdir()
    assert list(read_articles(FILES[name](path, rows))["id"]) == ["rye"]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("id,title,text\na,Rye,x\n", ["Rye"]),
        ("id;title;text\na;Rye, sown;x\n", ["Rye, sown"]),
        ("id\ttitle\ttext\na\tRye, sown\tx\n", ["Rye, sown"]),
        ("\ufeffid,title,text\r\na,Rye,x\r\n", ["Rye"]),
        ("\n\nid,title,text\n\na,Rye,x\n\n\n", ["Rye"]),
        (" id , title ,text\na,Rye,x", ["Rye"]),
        ('id,title,text\na,"Rye ""sown""",x\n', ['Rye "sown"']),
        ('id,title,text\na,"Rye\nsown",x\n', ["Rye\nsown"]),
        ("id,title,text\na,NA,x\nb,null,x\nc,007,x\n", ["NA", "null", "007"]),
        ("id,title,text\na,Rye\nb,Oats,x\n", ["Rye", "Oats"]),
        ("id,title,text\na,'=1,x\nb,''=1,x\nc,'tis,x\n", ["=1", "'=1", "'tis"]),
        ("id,title,text\ra,Rye,x\r", ["Rye"]),
    ],
)
def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, text: str, titles: list[str]) -> None:
    """With commas, semicolons or tabs; every value is text; missing values at the end are empty."""
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert list(read_articles(tmp_path / "a.csv")["title"]) == titles


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", "", "a.csv: is empty, expected a header line such as id,title,text"),
        ("a.csv", " \n\n", "a.csv: is empty, expected a header line such as id,title,text"),
        ("a.csv", "id,title,text\n", "a.csv: contains no articles, only a header"),
        ("a.csv", "id,title,text\na,b,c,d\n",
         "a.csv: is not valid CSV: Expected 3 fields in line 2, saw 4\nHint: put values with "
         'commas, quotes or line ends in "quotes", a quote in them as ""'),
        ("a.csv", 'id,title,text\na,"b,c\n', "a.csv: is not valid CSV: EOF inside string"),
        ("a.csv", "id,title,title\na,b,c\n", "a.csv: duplicate column: title"),
        ("a.json", "{", "a.json:1: is not valid JSON: Expecting property name"),
        ("a.json", "[\n{},\n{,}\n]", "a.json:3: is not valid JSON: "),
        ("a.json", "[]", "a.json: contains no articles\nHint: name a file with at least two"),
        ("a.json", "7", "a.json: expected a list of articles, got int\nHint: write [{"),
        ("a.json", '{"a": 1, "b": {}}', "a.json: expected a list of articles, got a, b"),
        ("a.json", '{"a": [], "b": []}', "a.json: expected a list of articles, got a, b"),
        ("a.json", '[{"id": 1}, 7, "x", null]',
         "a.json: article 2: expected an object, got int\na.json: article 3: expected an object, "
         "got str\na.json: article 4: expected an object, got NoneType\nHint: each article is"),
        ("a.json", "[" * 100_000, "a.json:1: is not valid JSON: "),
        ("a.jsonl", "", "a.jsonl: contains no articles"),
        ("a.jsonl", "\n \n", "a.jsonl: contains no articles"),
        ("a.jsonl", '{"id": 1}\n\n[]\nx\n', "a.jsonl:3: expected an object, got list\n"
         "a.jsonl:4: is not valid JSON: Expecting value"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: is not valid JSON: "),
        ("a.sqlite", "not a database at all, but text", "a.sqlite: cannot be read through SQLite: "
         "file is not a database\nHint: name an SQLite database"),
        ("a.sqlite", "", "a.sqlite: expected one table, got none\nHint: name one with table"),
        ("a.parquet", "PAR1", "a.parquet: is not valid Parquet: "),
    ],
)  # fmt: skip
def test_broken_file_is_named_with_the_fault(
    tmp_path: Path, name: str, data: str, told: str
) -> None:
    """The file, the line where there is one, what is wrong and what to do."""
    (tmp_path / name).write_text(data, "utf-8")
    with pytest.raises(SourceError) as error:
        read_articles(tmp_path / name)
    assert str(error.value).replace(f"{tmp_path}/", "").startswith(told)


@pytest.mark.parametrize("key", ["articles", "posts"])
def test_list_within_an_object_is_found(tmp_path: Path, key: str) -> None:
    """The only list, or the one called `articles`."""
    rows = [{"id": "rye", "title": "Rye", "text": "x"}]
    others = {"tags": ["sea"]} if key == "articles" else {}
    (tmp_path / "a.json").write_text(json.dumps({"version": 1, key: rows} | others))
    assert list(read_articles(tmp_path / "a.json")["id"]) == ["rye"]


@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity", "123456789012345678901234567890"])
def test_numbers_that_only_python_reads_are_read(tmp_path: Path, value: str) -> None:
    """In a file of lines as in a file of a list; an id is the number as it was written."""
    row = f'{{"id": {value}, "title": "Rye", "text": "x", "n": {value}}}'
    (tmp_path / "a.jsonl").write_text(row)
    (tmp_path / "a.json").write_text(f"[{row}]")
    if value.isdigit():
        for name in ("a.jsonl", "a.json"):
            assert list(read_articles(tmp_path / name)["id"]) == [value]
    else:
        named = SourceOptions(id_column="title")
        for name in ("a.jsonl", "a.json"):
            assert list(read_source(tmp_path / name, named).articles["id"]) == ["Rye"]


def database(path: Path) -> Path:
    """Write a database of two tables and a view."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, title, text);"
            "CREATE TABLE users (id, name);"
            "CREATE VIEW shown AS SELECT * FROM posts WHERE title <> 'Draft';"
            "INSERT INTO posts (title, text) VALUES ('Rye', 'Sow'), ('Draft', 'No');"
            "INSERT INTO posts (title, text) VALUES ('Oats', 'Cut');"
        )
    return path


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ({"table": "posts"}, ["Rye", "Draft", "Oats"]),
        ({"table": "shown"}, ["Rye", "Oats"]),
        ({"query": "SELECT id, title, text FROM posts WHERE id > 2"}, ["Oats"]),
        ({"query": "SELECT id AS slug, title, text AS body FROM posts", "id_column": "slug",
          "text_column": "body"}, ["Rye", "Draft", "Oats"]),
    ],
)  # fmt: skip
def test_table_view_and_query_of_a_database(
    tmp_path: Path, options: dict[str, str], titles: list[str]
) -> None:
    """Each gives its rows, under the names of its columns."""
    found = read_articles(database(tmp_path / "a.db"), **options)
    assert list(found["title"]) == titles


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "expected one table, got posts, shown, users\nHint: name one with table"),
        ({"table": "post"}, "table post not found, got posts, shown, users\nHint: did you mean"),
        ({"table": "x", "query": "y"}, "table and query are both set\nHint: keep one of them"),
        ({"query": "SELEC"}, 'cannot be read through SQLite: near "SELEC": syntax error\n'
         "Hint: check that the query is one SELECT"),
        ({"query": "SELECT * FROM posts WHERE id > 9"}, "SELECT * FROM posts WHERE id > 9 gave no"),
        ({"query": "DELETE FROM posts"}, "cannot be read through SQLite: attempt to write a read"),
        ({"query": "SELECT 1; DROP TABLE posts"}, "cannot be read through SQLite: You can only"),
        ({"table": "posts'; DROP TABLE posts; --"}, "table posts'; DROP TABLE posts; -- not found"),
    ],
)  # fmt: skip
def test_wrong_choice_in_a_database_is_named(
    tmp_path: Path, options: dict[str, str], told: str
) -> None:
    """And nothing is written into it."""
    path = database(tmp_path / "a.db")
    before = path.read_bytes()
    with pytest.raises(SourceError) as error:
        read_articles(path, **options)
    assert str(error.value).startswith(f"{path}: {told}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_directory_of_parts_is_one_table(tmp_path: Path, suffix: str) -> None:
    """In the order of their names; hidden and private files are none, empty parts are."""
    write = FILES[f"a.{suffix}"]
    row = {"title": "Rye", "text": "x", "desk": "d"}
    write(tmp_path / f"2.{suffix}", [{"id": "b", **row}])
    write(tmp_path / f"1.{suffix}", [{"id": "c", **row}, {"id": "a", **row}])
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / ".crc").write_text("")
    if suffix == "jsonl":
        (tmp_path / "3.jsonl").write_text("")
    result = read_source(tmp_path)
    assert list(result.articles["id"]) == ["a", "b", "c"]
    write(tmp_path / f"1.{suffix}", [{"id": "z", "date": "soon", **row}])
    with pytest.raises(SourceError, match=rf"1\.{suffix}(:1|: row 1).*`date`"):
        read_source(tmp_path)


@pytest.mark.parametrize(
    ("files", "format", "told"),
    [
        ({"a.jsonl": "", "b.parquet": ""}, "jsonl", "b.parquet: expected a jsonl file\nHint: keep"),
        ({"a.jsonl": ""}, "parquet", "a.jsonl: expected a parquet file"),
        ({"a.jsonl": ""}, "jsonl", ": contains no articles\nHint: put jsonl files into it"),
        ({}, "jsonl", ": contains no articles\nHint: put jsonl files into it"),
    ],
)
def test_directory_of_other_files_is_named(
    tmp_path: Path, files: dict[str, str], format: str, told: str
) -> None:
    """Each file of another kind, all at once."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SourceError) as error:
        read_articles(tmp_path, format=format)
    assert told in str(error.value)
