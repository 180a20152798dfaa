"""Bytes of sources: decoding, packed files and their limits, and errors of the libraries."""

from __future__ import annotations

import codecs
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ConfigError, SourceError
from recommender.sources import SourceOptions, base, read_articles
from recommender.sources.base import decode, find_files, open_bytes, read_bytes, read_text, reading


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=60))
def test_utf_8_is_read_with_and_without_a_mark(text: str) -> None:
    """A byte order mark is no part of a text."""
    assert decode(text.encode(), "a.md") == decode(text.encode("utf-8-sig"), "a.md") == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "a.md:1: is not UTF-8, got byte 0xff at offset 0"),
        (b"Rye\nm\xfcnchen\n", "a.md:2: is not UTF-8, got byte 0xfc at offset 5"),
        (b"\n\n\xc3", "a.md:3: is not UTF-8, got byte 0xc3 at offset 2"),
        (b"\xef\xbb\xbfRye\n\0", "a.md:2: is not text, got a NUL byte at offset 7"),
        ("Rye".encode("utf-16"), "a.md:1: is not UTF-8, got byte 0xff at offset 0"),
        (b"x" * 1234 + b"\0", "a.md:1: is not text, got a NUL byte at offset 1,234"),
    ],
)
def test_other_bytes_are_named_by_line_and_offset(data: bytes, message: str) -> None:
    """The offset is that in the file, so that an editor finds the byte."""
    with pytest.raises(SourceError) as error:
        decode(data, "a.md")
    assert error.value.message == message
    assert "iconv -f " in error.value.hint


@pytest.mark.parametrize(
    ("data", "where", "hint"),
    [
        (
            b"M\xfcnchen",
            "posts/a.md",
            '(iconv -f LATIN1 -t UTF-8), or leave it out: glob = ["**/*.md", "!**/a.md"]',
        ),
        (b"M\xfcnchen", "posts.csv", "(iconv -f LATIN1 -t UTF-8)"),
        (
            "a,рожь сеют".encode("cp1251"),
            "posts.csv",
            "(iconv -f ENCODING -t UTF-8, such as CP1251 or SHIFT_JIS)",
        ),
        ("Rye".encode("utf-16"), "posts.csv", "(iconv -f UTF-16 -t UTF-8)"),
        (codecs.BOM_UTF16_BE + "Rye".encode("utf-16-be"), "a.jsonl", "(iconv -f UTF-16 -t UTF-8)"),
    ],
)
def test_the_hint_names_the_encoding_and_leaves_out_only_one_file_of_many(
    data: bytes, where: str, hint: str
) -> None:
    """A byte order mark tells UTF-16; a source that is one file cannot do without it."""
    with pytest.raises(SourceError) as error:
        decode(data, where)
    assert error.value.hint == f"convert the file to UTF-8 {hint}"


def test_lines_are_counted_from_the_line_where_the_text_begins() -> None:
    """A part of a file tells the line of the file."""
    with pytest.raises(SourceError, match=r"a\.md:12: is not UTF-8"):
        decode(b"Rye\n\n\xff", "a.md", first_line=10)


@given(st.binary(max_size=2000))
def test_packed_bytes_are_those_that_were_packed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """A file whose name ends in ``.gz`` is unpacked, in any case of its letters."""
    folder = tmp_path_factory.mktemp("packed")
    for name in ("a.jsonl.gz", "B.JSONL.GZ"):
        (folder / name).write_bytes(gzip.compress(data))
        assert read_bytes(folder / name) == data
    (folder / "plain").write_bytes(data)
    assert read_bytes(folder / "plain") == data


def test_several_packed_parts_are_one_file(tmp_path: Path) -> None:
    """As logs and shards are put together with ``cat``."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"Rye\n") + gzip.compress(b"Oats\n"))
    assert read_bytes(tmp_path / "a.gz") == b"Rye\nOats\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Rye", "Not a gzipped file"),
        (gzip.compress(b"Rye" * 100)[:20], "ended before the end-of-stream marker"),
        (gzip.compress(b"Rye" * 100)[:-8] + b"\0" * 8, "CRC check failed"),
        (gzip.compress(b"Rye" * 100)[:10] + b"\xff" * 12, "Error -3 while decompressing data"),
    ],
)
def test_broken_packed_files_are_named(tmp_path: Path, data: bytes, reason: str) -> None:
    """Cut off, changed or not packed at all: an error that names the file and the fault."""
    (tmp_path / "a.gz").write_bytes(data)
    with pytest.raises(SourceError, match=rf"a\.gz: cannot be read, got .*{reason}"):
        read_bytes(tmp_path / "a.gz")


def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the limit in bytes and in ratio: a repeated text is no source."""
    monkeypatch.setattr(base, "MAX_UNPACKED", 10_000)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 10_000))
    assert len(read_bytes(path)) == 10_000
    path.write_bytes(gzip.compress(b" " * 1_000_000))
    with pytest.raises(SourceError) as error:
        read_bytes(path)
    assert str(error.value) == (
        f"{path}: unpacks to more than 50 times its size\nHint: a file that is mostly blanks or "
        "repeats cannot be read packed: unpack it first"
    )


def test_a_large_file_that_packs_like_text_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit in bytes does not hold for what unpacks to a few times its size."""
    monkeypatch.setattr(base, "MAX_UNPACKED", 100)
    rows = [{"id": f"a{n}", "title": f"Rye {n}", "text": f"Sow {n * 7919}."} for n in range(200)]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    assert len(read_articles(path)) == 200


def test_missing_and_closed_files_are_named(tmp_path: Path) -> None:
    """The reason of the system, and the path."""
    with pytest.raises(SourceError, match=r"no\.md: cannot be read, got 'No such file or dir"):
        read_text(tmp_path / "no.md")
    with (
        pytest.raises(SourceError, match="cannot be read, got 'Is a directory'"),
        open_bytes(tmp_path),
    ):
        pass


def fails(error: Exception) -> Callable[[], None]:
    """Return what raises an error."""

    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("no such code"), "a.db: cannot be read, got ValueError: no such code"),
        (ValueError("first\nsecond"), "a.db: cannot be read, got ValueError: first"),
        (EOFError(), "a.db: cannot be read, got EOFError: no reason"),
        (RecursionError("too deep"), "a.db: cannot be read, got RecursionError: too deep"),
        (zlib.error("Error -3"), "a.db: cannot be read, got error: Error -3"),
        (struct.error("unpack requires"), "a.db: cannot be read, got error: unpack requires"),
        (ZeroDivisionError("division"), "a.db: cannot be read, got ZeroDivisionError: division"),
    ],
)
def test_errors_of_libraries_become_ours(error: Exception, told: str) -> None:
    """Their first line, behind the name of the source; the error itself stays the cause."""
    with pytest.raises(SourceError) as raised, reading("a.db"):
        fails(error)()
    assert raised.value.message == told
    assert raised.value.__cause__ is error


def test_long_reasons_are_cut() -> None:
    """A library that prints the whole file does not fill the screen."""
    with pytest.raises(SourceError) as raised, reading("a.db"):
        raise ValueError("x" * 10_000)
    assert len(raised.value.message) < 350


def test_our_own_errors_pass_as_they_are() -> None:
    """An error that names the file already is not wrapped again."""
    error = ConfigError("format: unknown")
    with pytest.raises(ConfigError) as raised, reading("a.db"):
        raise error
    assert raised.value is error


def test_directory_is_expected_where_a_file_is_given(tmp_path: Path) -> None:
    """The hint is the directory around the file."""
    (tmp_path / "rye.md").write_text("Rye")
    with pytest.raises(SourceError) as error:
        find_files(tmp_path / "rye.md", None, base.DEFAULT_GLOBS)
    assert str(error.value) == (
        f"{tmp_path}/rye.md: is one file, expected a directory\n"
        f"Hint: name the directory: {tmp_path}"
    )


@pytest.mark.parametrize(
    ("globs", "patterns"),
    [(None, "**/*.md, **/*.markdown, **/*.mdx"), ("*.txt", "*.txt"), (["a/*", "!b"], "a/*, !b")],
)
def test_no_match_names_the_patterns(tmp_path: Path, globs: object, patterns: str) -> None:
    """Those of the setting, else those that were used."""
    with pytest.raises(SourceError) as error:
        find_files(tmp_path, globs, base.DEFAULT_GLOBS)  # type: ignore[arg-type]
    assert str(error.value) == (
        f"{tmp_path}: no file matches {patterns}\n"
        "Hint: name the directory that contains the articles, or set glob"
    )


def test_options_know_which_columns_the_user_named() -> None:
    """A default is no choice; a choice is what the source calls the column."""
    options = SourceOptions(id_column="slug")
    assert (options.source_column("id"), options.is_mapped("id")) == ("slug", True)
    assert (options.source_column("lang"), options.is_mapped("lang")) == ("lang", False)
    assert options.source_column("publishdate") == "publishdate"
