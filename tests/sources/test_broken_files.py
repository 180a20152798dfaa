"""Files that are broken in one known way: an error that names the file, or a value left out."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("defusedxml")
pytest.importorskip("pyarrow")
from recommender.errors import SourceError
from recommender.sources import (
    SourceOptions,
    base,
    boilerplate_blocks,
    boilerplate_report,
    read_articles,
    read_source,
)
from recommender.sources.pieces import find_pieces, read_piece

DIGITS = "9" * 4_301
"""One digit more than Python reads as a whole number."""

ROWS = pd.DataFrame({"id": ["rye", "oats"], "title": ["Rye", "Oats"], "text": ["Sow it.", "Cut."]})


def parquet() -> bytes:
    file = io.BytesIO()
    ROWS.to_parquet(file, index=False, compression=None)
    return file.getvalue()


def footer(data: bytes) -> int:
    """Return the offset at which the footer starts."""
    return len(data) - 8 - int.from_bytes(data[-8:-4], "little")


WHOLE = parquet()
BROKEN_PARQUET = {
    "bad magic": WHOLE[:-4] + b"PARX",
    "footer cut off": WHOLE[: footer(WHOLE) + 30] + WHOLE[-8:],
    "broken schema": WHOLE[: footer(WHOLE)] + b"\xff" * 40 + WHOLE[footer(WHOLE) + 40 :],
    "footer longer than the file": WHOLE[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1",
    "garbage in a column": WHOLE[:4] + b"\xa7" * (footer(WHOLE) - 4) + WHOLE[footer(WHOLE) :],
}


def read_all_pieces(path: Path) -> None:
    for piece in find_pieces(path) or []:
        read_piece(piece, SourceOptions())


@pytest.mark.parametrize("fault", BROKEN_PARQUET)
def test_broken_parquet_is_named(tmp_path: Path, fault: str) -> None:
    """Read whole, as part of a directory, or as a piece of a large source: one error."""
    path = tmp_path / "a.parquet"
    path.write_bytes(BROKEN_PARQUET[fault])
    message = r"a\.parquet: is not valid Parquet"
    with pytest.raises(SourceError, match=message):
        read_source(path)
    with pytest.raises(SourceError, match=message):
        read_source(tmp_path)
    with pytest.raises(SourceError, match=message):
        read_all_pieces(path)
    with pytest.raises(SourceError, match=message):
        boilerplate_report(path)


def test_parquet_names_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    """A column name that is not UTF-8 is an error of the file."""
    path = tmp_path / "a.parquet"
    path.write_bytes(WHOLE.replace(b"title", b"t\xff\xfele"))
    with pytest.raises(SourceError, match=r"a\.parquet: "):
        read_source(path)


def test_sqlite_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """The file and the column are in the message."""
    path = tmp_path / "a.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE posts (id, title, text)")
        connection.execute("INSERT INTO posts VALUES ('rye', CAST(x'ff41' AS TEXT), 'Sow it.')")
    with pytest.raises(SourceError, match=r"a\.sqlite: .*title"):
        read_source(path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '[{"id": "rye",\n "text": %s}]', r"a\.json:\d: .*4,?300 digits"),
        ("a.jsonl", '{"id": "oats", "text": "Cut."}\n{"id": "rye", "text": %s}', r"a\.jsonl:2: .*"),
        ("a.md", '{"title": %s}\nSow it.', r"a\.md:1: front matter is not valid JSON"),
        ("a.md", "+++\nprior = %s\n+++\nSow it.", r"a\.md:2: front matter is not valid TOML"),
    ],
)
def test_whole_numbers_beyond_what_python_reads_are_named(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    """A number of more than 4,300 digits is an error with file and line."""
    (tmp_path / name).write_text(text % DIGITS)
    with pytest.raises(SourceError, match=message):
        read_source(tmp_path if name.endswith(".md") else tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "---\ntitle: Rye\nprior: %s\ntags: %s\n---\nSow it."),
        ("a.csv", "id,title,text,prior,tags\nrye,Rye,Sow it.,%s,%s\n"),
    ],
)
def test_long_digits_in_text_formats_are_text(tmp_path: Path, name: str, text: str) -> None:
    """In YAML and CSV, a number of any length stays text."""
    (tmp_path / name).write_text(text % (DIGITS, DIGITS))
    articles = read_articles(tmp_path if name.endswith(".md") else tmp_path / name)
    assert articles["text"].tolist() == ["Sow it."]
    assert articles["tags"].tolist() == [[DIGITS]]


PAGE = (
    "<!DOCTYPE html><html lang=en><head><title>Rye</title><link rel=canonical href='{url}'>"
    "<meta property='og:image' content='{url}'></head><body><article><h1>Rye</h1><p>Sow it early. "
    "<a href='{url}'>more</a><img src='{url}'></p></article></body></html>"
)
RSS = (
    "<rss version='2.0'><channel><link>{url}</link><item><guid>rye</guid><title>Rye</title>"
    "<link>{url}</link><description>Sow it.</description><pubDate>{date}</pubDate></item>"
    "</channel></rss>"
)
WORDPRESS = (
    '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>{url}</link>'
    "<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>{url}</wp:base_site_url><item>"
    "<title>Rye</title><link>{url}</link><content:encoded>&lt;a href='{url}'&gt;Sow it.&lt;/a&gt;"
    "</content:encoded><wp:post_id>1</wp:post_id><wp:status>publish</wp:status>"
    "<wp:post_type>post</wp:post_type></item></channel></rss>"
)
FEED = '{"version": "https://jsonfeed.org/version/1.1", "home_page_url": "%s", "items": [%s]}'
ITEM = '{"id": "rye", "title": "Rye", "url": "%s", "image": "%s", "content_text": "Sow it."}'


@pytest.mark.parametrize("url", ["http://[", "https://[::1", "//[/x", "http://a]b/"])
@pytest.mark.parametrize("name", ["feed.xml", "a.wxr", "feed.json", "a.html", "a.jsonl"])
def test_addresses_that_cannot_be_parsed_take_no_article_away(
    tmp_path: Path, name: str, url: str
) -> None:
    """The article is read, without an address."""
    text = {
        "feed.xml": RSS.format(url=url, date="Mon, 06 May 2024 10:00:00 +0200"),
        "a.wxr": WORDPRESS.format(url=url),
        "feed.json": FEED % (url, ITEM % (url, url)),
        "a.html": PAGE.format(url=url),
        "a.jsonl": json.dumps(
            {"id": "rye", "title": "Rye", "text": "Sow it.", "url": url, "links": [url]}
        ),
    }[name]
    (tmp_path / name).write_text(text)
    articles = read_articles(tmp_path if name == "a.html" else tmp_path / name)
    assert len(articles) == 1
    assert articles["text"][0].startswith("Sow it")


def test_sitemap_skips_addresses_that_cannot_be_parsed(tmp_path: Path) -> None:
    """One broken address is counted, the pages of the others are read."""
    (tmp_path / "a.html").write_text(PAGE.format(url="/a.html"))
    (tmp_path / "sitemap.xml").write_text(
        "<urlset><url><loc>http://[</loc></url><url><loc>https://example.org/a.html</loc></url></urlset>"
    )
    result = read_source(tmp_path / "sitemap.xml")
    assert len(result.articles) == 1
    assert len(result.skipped) == 1
    assert "http://[" in str(result.skipped[0])


@pytest.mark.parametrize("year", ["1000000000", "99999", "0", "-1"])
def test_years_beyond_the_calendar_are_warnings(tmp_path: Path, year: str) -> None:
    """The article is read without its date, and the warning names what was written."""
    broken = RSS.format(url="https://example.org/rye/", date=f"Mon, 06 May {year} 10:00:00 +0200")
    good = "<item><guid>oats</guid><title>Oats</title><pubDate>Mon, 06 May 2024 10:00:00 +0200"
    good += "</pubDate><description>Cut.</description></item></channel>"
    (tmp_path / "feed.xml").write_text(broken.replace("</channel>", good))
    result = read_source(tmp_path / "feed.xml")
    dates = result.articles.set_index("id")["date"]
    assert dates.isna().to_dict() == {"rye": True, "oats": False}
    assert any("feed.xml" in line and year in line for line in result.warnings)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_half_surrogates_in_keys_are_no_traceback(tmp_path: Path, name: str) -> None:
    """A key that no encoding can write is a column that nothing reads."""
    row = '{"id": "rye", "title": "Rye", "text": "Sow it.", "\\ud800": "x", "\\udc00": 1}'
    (tmp_path / name).write_text(f"[{row}]" if name == "a.json" else row)
    articles = read_articles(tmp_path / name)
    assert articles["text"].tolist() == ["Sow it."]
    "".join(articles.columns).encode()


@pytest.mark.parametrize("report", [boilerplate_report, boilerplate_blocks])
def test_reports_of_boilerplate_name_broken_files(
    tmp_path: Path, report: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception of a library inside a reader becomes an error that names the source."""
    (tmp_path / "a.md").write_text("# Rye\n\nSow it.")
    monkeypatch.setattr("recommender.sources.markdown.reader.split_front_matter", overflow)
    with pytest.raises(SourceError, match="cannot be read, got OverflowError"):
        report(tmp_path)  # type: ignore[operator]


def test_pieces_name_broken_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers of a cluster raise the errors that one process does."""
    (tmp_path / "a.jsonl").write_text('{"id": "rye", "text": "Sow it."}\n')
    monkeypatch.setattr("recommender.sources.pieces.parse_lines", overflow)
    [piece] = find_pieces(tmp_path / "a.jsonl") or []
    with pytest.raises(SourceError, match=r"a\.jsonl: cannot be read, got OverflowError"):
        read_piece(piece, SourceOptions())


def overflow(*_: object, **__: object) -> None:
    raise OverflowError("too large")


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "a.csv.gz", "feed.xml.gz"])
def test_packed_files_that_unpack_to_too_much_are_named(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kilobytes that hold gigabytes of blanks are refused before memory is full."""
    packed = gzip.compress(b" " * (200 << 20), 9)
    head = {"feed.xml.gz": b"<rss><channel>", "a.csv.gz": b"id,text\n"}.get(name, b"")
    (tmp_path / name).write_bytes(gzip.compress(head) + packed)
    monkeypatch.setattr(base, "MAX_UNPACKED", 1 << 20)
    used = unpacked_bytes(monkeypatch)
    with pytest.raises(SourceError, match=rf"{name}: unpacks to more than"):
        read_source(tmp_path / name)
    assert 0 < sum(used) < 16 << 20


def unpacked_bytes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the size of every piece that is unpacked."""
    sizes: list[int] = []
    readinto = gzip.GzipFile.readinto

    def counted(self: gzip.GzipFile, buffer: Any) -> int:
        sizes.append(readinto(self, buffer))
        return sizes[-1]

    monkeypatch.setattr(gzip.GzipFile, "readinto", counted)
    return sizes
