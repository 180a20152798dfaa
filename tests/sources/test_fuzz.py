"""Broken files: every reader gives articles, or an error that names the file. Nothing else."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("selectolax")
pytest.importorskip("defusedxml")
pytest.importorskip("docutils")
pytest.importorskip("pyarrow")

from recommender.errors import RecommenderError, SourceError
from recommender.outputs import cards
from recommender.outputs.writers import WRITERS
from recommender.sources import read_source
from recommender.sources.base import reading

MUTATIONS = int(os.environ.get("FUZZ", "60"))
"""How many broken files of each format are read."""

ROWS = [
    {"id": f"{name}", "title": name.title(), "text": f"{name} is sown on light soil. \u00e4\u20ac",
     "url": f"https://example.org/{name}/", "date": f"2024-05-0{day}", "tags": "sea, ports",
     "image": "/a.png", "lang": "en", "prior": "0.5"}
    for day, name in enumerate(["rye", "oats", "wheat"], 1)
]  # fmt: skip
ITEM = (
    "<item><guid>{id}</guid><title>{title}</title><link>{url}</link><description>{text}"
    "</description><pubDate>Mon, 06 May 2024 10:00:00 +0200</pubDate><category>sea</category>"
    '<enclosure url="{image}" type="image/png"/></item>'
)
WP_ITEM = (
    "<item><title>{title}</title><link>{url}</link><content:encoded><![CDATA[<p>{text}</p>]]>"
    "</content:encoded><wp:post_id>{id}</wp:post_id><wp:status>publish</wp:status>"
    "<wp:post_type>post</wp:post_type><wp:post_date_gmt>2024-05-06 10:00:00</wp:post_date_gmt>"
    '<category domain="category" nicename="sea">Sea</category></item>'
)
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} - Mill</title>
<link rel="canonical" href="{url}"><meta property="og:image" content="{image}">
<script type="application/ld+json">{{"@type": "Article", "datePublished": "{date}"}}</script>
</head>
<body><article><h1>{title}</h1><time datetime="{date}">x</time><p>{text}
<a href="{url}">more</a></p>
<img src="{image}"></article></body></html>"""
MARKDOWN = """---
title: "{title}"
date: {date}
tags: [sea, ports]
image: {{src: {image}}}
---

# {title}

{text} [more]({url}) ![x]({image})
"""
TOML = """+++
title = "{title}"
date = {date}
tags = ["sea", "ports"]
+++

{text}
"""
RST = "{title}\n==========\n\n:date: {date}\n:tags: sea, ports\n\n{text} `more <{url}>`_\n"
FEED = "<?xml version='1.0'?><rss version='2.0'><channel><link>https://example.org</link>"
ATOM = (
    "<entry><id>{id}</id><title>{title}</title><link href='{url}'/><updated>{date}T10:00:00Z"
    "</updated><content type='html'>{text}</content></entry>"
)


def joined(template: str, before: str = "", after: str = "") -> bytes:
    return (before + "".join(template.format(**row) for row in ROWS) + after).encode()


def table(write: Callable[[pd.DataFrame, io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(pd.DataFrame(ROWS), file)
    return file.getvalue()


def sqlite_bytes() -> bytes:
    connection = sqlite3.connect(":memory:")
    pd.DataFrame(ROWS).to_sql("posts", connection, index=False)
    return connection.serialize()


GOOD: dict[str, bytes] = {
    "a.json": json.dumps(ROWS).encode(),
    "a.jsonl": b"\n".join(json.dumps(row).encode() for row in ROWS),
    "a.jsonl.gz": gzip.compress(b"\n".join(json.dumps(row).encode() for row in ROWS)),
    "a.csv": table(lambda rows, file: rows.to_csv(file, index=False)),
    "a.parquet": table(lambda rows, file: rows.to_parquet(file, index=False)),
    "index.parquet": table(lambda rows, file: rows.set_index("lang").to_parquet(file)),
    "a.sqlite": sqlite_bytes(),
    "feed.xml": joined(ITEM, FEED, "</channel></rss>"),
    "atom.xml": joined(ATOM, "<feed xmlns='http://www.w3.org/2005/Atom'>", "</feed>"),
    "feed.json": json.dumps(
        {"version": "https://jsonfeed.org/version/1.1",
         "items": [row | {"content_text": row["text"]} for row in ROWS]}
    ).encode(),
    "a.wxr": joined(
        WP_ITEM,
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>'
        "<link>https://example.org</link>",
        "</channel></rss>",
    ),
    "sitemap.xml": joined("<url><loc>{url}</loc></url>", "<urlset>", "</urlset>"),
    "page.html": PAGE.format(**ROWS[0]).encode(),
    "page.md": MARKDOWN.format(**ROWS[0]).encode(),
    "toml.md": TOML.format(**ROWS[0]).encode(),
    "page.rst": RST.format(**ROWS[0]).encode(),
}  # fmt: skip

BAD = [
    b"\xff", b"\x00", b"\xed\xa0\x80", b"\\ud83d", b'"\\ud800":1,', b"\x1b[31m", b"&#55357;",
    b"http://[", b"https://[::1", b"9" * 5000, b"1e999", b"-", b"NaN", b"[" * 3000, b"{" * 3000,
    b"<b>" * 3000, b"&a;", b"<!--", b"]]>", b'"', b"'", b"\n", b"\r", b"\t", b",", b"---\n", b": ",
    b"*x", b"&x", b"!!python/object:os.system", b"10:00", b"1000000000", b"0000-00-00",
    b"2024-13-45", b"99999-01-01", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff\xfe", b"{{", b"{%",
]  # fmt: skip


def mutate(data: bytes, draw: random.Random) -> bytes:
    """Return data with one to three of the ways in which files break."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        at, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + 200)
        way = draw.randrange(7)
        if way == 0:
            data = data[:at]
        elif way == 1 and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
        elif way == 2:
            data = data[:at] + data[end:]
        elif way == 3:
            data = data[:end] + data[at:]
        elif way == 4:
            data = data[:at] + draw.randbytes(draw.randrange(1, 9)) + data[at:]
        elif way == 5 and b"2024" in data:
            data = data.replace(b"2024", draw.choice(BAD), 1)
        elif way == 6 and b"https://example.org" in data:
            data = data.replace(b"https://example.org", draw.choice(BAD), draw.choice((1, 2, -1)))
        else:
            data = data[:at] + draw.choice(BAD) + data[at:]
    return data


def site_of(folder: Path, name: str, data: bytes) -> Path:
    """Write a file, and what else its reader needs; return what is read."""
    (folder / name).write_bytes(data)
    if name.endswith((".html", ".md", ".rst")):
        whole = {".html": PAGE, ".md": MARKDOWN, ".rst": RST}[Path(name).suffix]
        (folder / f"oats{Path(name).suffix}").write_text(whole.format(**ROWS[1]))
        return folder
    if name == "sitemap.xml":
        for row in ROWS:
            (folder / f"{row['id']}.html").write_text(PAGE.format(**row))
    return folder / name


def read_and_write(path: Path) -> str:
    """Read a source and write what it holds in every format; return what came of it."""
    try:
        articles = read_source(path).articles
    except RecommenderError as error:
        return f"{type(error).__name__}: {error}"
    ids = list(articles["id"])
    pairs = pd.DataFrame(
        {"article_id": ids[0], "rank": range(1, len(ids) + 1), "related_id": ids, "score": 0.5,
         "origin": "similar"}
    )  # fmt: skip
    for name in ("json", "jsonl", "csv"):
        WRITERS[name](cards(pairs, articles), io.BytesIO())
    return "articles"


@pytest.mark.parametrize("name", GOOD)
def test_broken_file_is_read_or_named(name: str, tmp_path: Path) -> None:
    """Cut, flipped, doubled and mixed with what breaks parsers: no other error than ours."""
    draw = random.Random(name)
    assert read_and_write(site_of(tmp_path, name, GOOD[name])) == "articles"
    for _ in range(MUTATIONS):
        data = mutate(GOOD[name], draw)
        try:
            assert read_and_write(site_of(tmp_path, name, data)).encode()
        except Exception as error:
            error.add_note(f"of the file {data!r}")
            raise


def test_mistakes_of_ours_show_as_such() -> None:
    """An exception that bad bytes cannot cause is not reported as an error of the file."""
    for mistake in (TypeError, KeyError, AttributeError, IndexError, NameError, AssertionError):
        with pytest.raises(mistake), reading("a.json"):
            raise mistake("x")
    message = r"a\.json: cannot be read, got OverflowError: x"
    with pytest.raises(SourceError, match=message), reading("a.json"):
        raise OverflowError("x")
