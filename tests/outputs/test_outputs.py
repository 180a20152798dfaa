"""Outputs: the formats, the teaser, and files that are whole or not there."""

from __future__ import annotations

import io
import json
import os
import resource
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from contracts import OutputContract

from recommender import ArticleRecommender, because, write_preview, write_recommendations
from recommender.articles import validate_articles
from recommender.errors import (
    ConfigError,
    MissingDependencyError,
    OutputError,
    UnknownArticleError,
)
from recommender.outputs.atomic import atomic_file
from recommender.outputs.cards import cards
from recommender.outputs.writers import WRITERS
from recommender.teasers import teaser

ARTICLES = pd.DataFrame(
    {
        "id": ["ferry", "port"],
        "title": ["Ferry", "Port"],
        "text": ["The ferry sails again.", "The port waits."],
        "url": ["/ferry/", ""],
        "date": ["2024-03-01", None],
        "image": ["/ferry.jpg", ""],
        "author": ["Ada Byron", ""],
    }
)
RELATED = pd.DataFrame(
    {
        "article_id": ["port"],
        "rank": [1],
        "related_id": ["ferry"],
        "score": [0.4123456],
        "origin": ["similar"],
    }
)
CARD = {
    "id": "ferry",
    "url": "/ferry/",
    "title": "Ferry",
    "teaser": "The ferry…",
    "date": "2024-03-01T00:00:00+00:00",
    "author": "Ada Byron",
    "image": "/ferry.jpg",
    "score": 0.412346,
    "because": ["boat", "sea"],
    "origin": "similar",
}


class TestJson(OutputContract):
    """One object for the whole site."""

    format, suffix = "json", ".json"

    def read(self, path: Path) -> Mapping[str, list[str]]:
        """Return the lists of the object."""
        lists = json.loads(path.read_text(encoding="utf-8"))["lists"]
        return {name: [card["id"] for card in cards] for name, cards in lists.items()}


class TestJsonl(OutputContract):
    """One object a line."""

    format, suffix = "jsonl", ".jsonl"

    def read(self, path: Path) -> Mapping[str, list[str]]:
        """Return the lists of the lines."""
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
        return {row["id"]: [card["id"] for card in row["related"]] for row in rows}


class TestCsv(OutputContract):
    """One row a recommendation."""

    format, suffix, keeps_empty_lists = "csv", ".csv", False

    def read(self, path: Path) -> Mapping[str, list[str]]:
        """Return the rows grouped by article."""
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table.groupby("article_id")["id"].agg(list).to_dict()


class TestParquet(OutputContract):
    """One row a recommendation, typed."""

    format, suffix, keeps_empty_lists = "parquet", ".parquet", False

    def read(self, path: Path) -> Mapping[str, list[str]]:
        """Return the rows grouped by article."""
        return pd.read_parquet(path).groupby("article_id")["id"].agg(list).to_dict()


@contextmanager
def small_files() -> Iterator[None]:
    """Let no file grow over 4 KB, as on a full disk; the test's own log must not be written to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("reasons", [[["boat", "sea"]], [[("boat", 0.3), ("sea", 0.1)]]])
def test_json_shows_everything_a_card_needs(
    tmp_path: Path, reasons: list[list[str]] | list[list[tuple[str, float]]]
) -> None:
    """Address, title, teaser, date, picture, score and reasons; null where there is none."""
    path = tmp_path / "related.json"
    write_recommendations(RELATED, path, articles=ARTICLES, because=reasons, teaser_words=2)
    expected = {"schema": 1, "lists": {"ferry": [], "port": [CARD]}}
    assert json.loads(path.read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize("reasons", [[], [["boat"], ["sea"]]])
def test_reasons_are_as_many_as_recommendations(tmp_path: Path, reasons: list[list[str]]) -> None:
    """Fewer or more are an error, and no file is written."""
    with pytest.raises(ConfigError, match="because must have one entry per recommendation"):
        write_recommendations(RELATED, tmp_path / "a.json", articles=ARTICLES, because=reasons)
    assert not list(tmp_path.iterdir())


def test_json_of_the_newsroom_keeps_to_the_schema(
    newsroom_model: ArticleRecommender, tmp_path: Path
) -> None:
    """The schema in the package describes what is written, formats included."""
    schema = json.loads((resources.files("recommender.outputs") / "schema.json").read_bytes())
    related = newsroom_model.recommend()
    path = tmp_path / "related.json"
    write_recommendations(
        related, path, articles=newsroom_model.articles_, because=because(newsroom_model, related)
    )
    written = json.loads(path.read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(written)
    assert list(written["lists"]) == newsroom_model.articles_["id"].tolist()


@pytest.mark.parametrize("change", [{"score": 1.5}, {"origin": "magic"}, {"id": ""}, {"x": 1}])
def test_schema_refuses_what_is_never_written(change: dict[str, object]) -> None:
    """The schema is strict: a wrong card does not pass."""
    schema = json.loads((resources.files("recommender.outputs") / "schema.json").read_bytes())
    wrong = {"schema": 1, "lists": {"a": [CARD | change]}}
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


def test_lists_stand_in_the_order_of_their_ranks(tmp_path: Path) -> None:
    """The rank decides, for any order of the rows."""
    rows = [("ferry", 2, "port", 0.9, "similar"), ("ferry", 1, "ferry", 0.1, "pinned")]
    related = pd.DataFrame(rows, columns=RELATED.columns)
    write_recommendations(related, tmp_path / "r.csv", articles=ARTICLES)
    assert pd.read_csv(tmp_path / "r.csv")["id"].tolist() == ["ferry", "port"]


@pytest.mark.parametrize(
    ("text", "description", "words", "expected"),
    [
        ("One two three four", "", 3, "One two three…"),
        ("One two three", "", 3, "One two three"),
        ("One, two — three.", "", 3, "One, two…"),
        ("One two, three", "", 2, "One two…"),
        ("Text", " A summary.\n Two lines. ", 4, "A summary. Two lines."),
        ("Text", "A summary that goes on.", 4, "A summary that goes…"),
        ("Text", "要約" * 100, 20, "要約" * 30 + "…"),
        ("", "", 20, ""),
        ("一" * 200, "", 20, "一" * 60 + "…"),
        ("一" * 60, "", 20, "一" * 60),
        ("東京都の予算が決まった。", "", 20, "東京都の予算が決まった。"),
        ("a\n\nb\tc", "", 20, "a b c"),
    ],
)
def test_teaser_is_the_summary_or_the_first_words(
    text: str, description: str, words: int, expected: str
) -> None:
    """The first words of the description, else of the text, with an ellipsis if cut."""
    assert teaser(text, description, words) == expected


def test_teaser_of_japanese_is_cut_at_characters(newsroom: pd.DataFrame) -> None:
    """In scripts without spaces, three characters count as a word."""
    texts = newsroom["text"][newsroom["id"].str.startswith("nihongo/")]
    assert {len(teaser(text)) <= 61 and teaser(text)[-1] == "…" for text in texts} == {True}


@pytest.mark.parametrize(
    "text",
    [
        "本页面描述了 Let's Encrypt 过往及当前运作的所有证书颁发机构 (CA)。 所谓的 CA 是名称。 ",
        "Let's Encrypt は TLS 証明書を発行する認証局です。 無料で、 自動化された認証局です。 ",
        "ใบรับรอง TLS ของ Let's Encrypt ออกให้ฟรี และต่ออายุได้เองโดยอัตโนมัติทุกหกสิบวัน ",
    ],
)
def test_teasers_of_scripts_without_spaces_are_alike_with_latin_words_between(text: str) -> None:
    """Some spaces do not make each run of characters a word: twenty words are sixty characters."""
    found = teaser(text * 9, words=20)
    assert 40 <= len(found) <= 100
    assert teaser(found, words=20) == found


def test_unknown_format_and_suffix_are_told(tmp_path: Path) -> None:
    """An unknown format is refused with the formats that exist."""
    with pytest.raises(ConfigError, match="did you mean json"):
        write_recommendations(RELATED, tmp_path / "x", articles=ARTICLES, format="jsn")
    with pytest.raises(ConfigError, match=r"suffix \.xml is unknown, expected \.csv, \.json"):
        write_recommendations(RELATED, tmp_path / "x.xml", articles=ARTICLES)


def test_recommendation_of_a_stranger_is_told(tmp_path: Path) -> None:
    """Recommendations and articles must belong together."""
    with pytest.raises(UnknownArticleError, match="no article has the id 'port'"):
        write_recommendations(RELATED, tmp_path / "x.json", articles=ARTICLES[:1])


def test_teaser_words_are_at_least_one(tmp_path: Path) -> None:
    """A teaser of no words is a wrong setting."""
    with pytest.raises(ConfigError, match="teaser_words must be a whole number >= 1, got 0"):
        write_recommendations(RELATED, tmp_path / "x.csv", articles=ARTICLES, teaser_words=0)


def test_parquet_without_its_library_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pyarrow the error is a line to type, and no file is left."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="needs pyarrow"):
        write_recommendations(RELATED, tmp_path / "x.parquet", articles=ARTICLES)
    assert list(tmp_path.iterdir()) == []


def test_file_is_made_with_its_directories(tmp_path: Path) -> None:
    """A missing directory is made; nothing but the file is left in it."""
    write_preview("<p>ü</p>", tmp_path / "a" / "b" / "page.html")
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["page.html"]
    assert (tmp_path / "a" / "b" / "page.html").read_bytes() == "<p>ü</p>".encode()


def test_file_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    """A file of mode 640 stays one; a new one follows the umask."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o640)
    mask = os.umask(0o027)
    write_preview("x", old)
    write_preview("x", new)
    os.umask(mask)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (old, new)] == [0o640, 0o640]


def test_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    """A link is followed."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_preview("new", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_prepared_cards_are_written_like_any(tmp_path: Path, format: str) -> None:
    """Cards turned to JSON ahead give the bytes of plain ones, half surrogate pairs and all."""
    broken = 'half \ud83d, "quoted", ü \\ \x01'
    titles = pd.Series([broken, "Port"], dtype=object)
    addresses = pd.Series([np.str_("/ferry/"), ""], dtype=object)
    articles = validate_articles(ARTICLES).assign(title=titles, url=addresses)
    file, plain = tmp_path / "related", io.BytesIO()
    reasons = [[broken, np.str_("sea")]]
    write_recommendations(RELATED, file, articles=articles, format=format, because=reasons)
    WRITERS[format](list(cards(RELATED, articles, because=reasons)), plain)
    assert file.read_bytes() == plain.getvalue()
    assert b"half ?, " in plain.getvalue()


def test_reader_sees_the_old_file_until_the_end(tmp_path: Path) -> None:
    """While a file is being written, its path holds the old bytes."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with atomic_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_pipe_is_written_into(tmp_path: Path) -> None:
    """A pipe is not replaced like a file: its reader gets every byte of every format, in order."""
    numbers = {"ferry": "7", "port": "9"}  # ids that every format can write
    pipe = tmp_path / "pipe"
    lists = list(cards(RELATED.replace(numbers), ARTICLES.replace({"id": numbers})))
    os.mkfifo(pipe)
    for write in WRITERS.values():
        plain = io.BytesIO()
        write(iter(lists), plain)
        with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
            with atomic_file(pipe) as file:
                write(iter(lists), file)
            assert reader.read() == plain.getvalue()
    assert [path.is_fifo() for path in tmp_path.iterdir()] == [True]


def test_device_is_written_into(tmp_path: Path) -> None:
    """A device gets the bytes, through a link as well."""
    reader, device = os.openpty()
    link = tmp_path / "terminal"
    link.symlink_to(os.ttyname(device))
    write_preview("page", link)
    assert os.read(reader, 100) == b"page"
    os.close(device)
    os.close(reader)


def test_reader_that_leaves_is_told(tmp_path: Path) -> None:
    """A pipe that is closed at the other end is an error, and nothing is said of old bytes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def write() -> None:
        with atomic_file(pipe) as file:
            os.close(reader)
            file.write(b"page")

    with pytest.raises(OutputError, match="pipe: cannot be written, broken pipe") as caught:
        write()
    assert "untouched" not in str(caught.value)


def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A full disk is an error with a hint; the old file is kept, the partial one is removed."""
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    message = r"page\.html: cannot be written, file too large"
    with small_files(), pytest.raises(OutputError, match=message):
        write_preview("x" * 10_000, path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("page.html", b"old")]


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A directory in the file's place, or a file in the directory's, is named with the reason."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder: cannot be written, is a directory") as error:
        write_preview("x", tmp_path / "folder")
    assert error.value.hint == f"name a file in it, such as {tmp_path / 'folder' / 'related.json'}"
    with pytest.raises(OutputError, match="cannot be written") as error:
        write_preview("x", tmp_path / "file" / "page.html")
    assert error.value.hint.startswith("a directory of this path is a file: ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]
