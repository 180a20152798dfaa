"""Break files of every kind and read them: no error but ours, no waste of memory or time.

    python tests/fuzz.py [INPUTS] [--seed 0] [--kind page.md]

Makes inputs from the samples of this file: cut, flipped, doubled, mixed with what breaks parsers,
or with one piece of theirs repeated thousands of times. Each seed gives the same inputs. An input
fails if it raises anything but a `RecommenderError`, if it adds more than `MOST_MEMORY` to the
process, or takes more than `MOST_SLOW` times the median of its kind per byte. Failing inputs are
written to ``build/fuzz``. The tests run the first seeds, without the clock.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from wordpress_site import Site

from recommender.cli.kept import LastRun
from recommender.configured import load_settings
from recommender.errors import RecommenderError
from recommender.evaluation.clicks import read_clicks
from recommender.evaluation.judgments import read_judgments
from recommender.index.inputs import digest_of_bytes
from recommender.index.store import Store
from recommender.outputs.cards import cards
from recommender.outputs.front_matter import with_list
from recommender.outputs.heads import NotEditableError
from recommender.outputs.reading import read_lists
from recommender.outputs.writers import WRITERS
from recommender.pages.inject import inject_lists, remove_lists
from recommender.sources import SourceOptions, read_source
from recommender.sources.dense import read_vectors
from recommender.sources.editorial import read_editorial
from recommender.sources.hugo import read_settings
from recommender.sources.readers import articles_of
from recommender.sources.wordpress.api import Answer, read_answer
from recommender.sources.wordpress.rest import read_posts

MOST_MEMORY = 1 << 30
"""Bytes that an input may add to the memory of the process; inputs have less than 300 kB."""
MOST_SLOW = 100
"""How many times as long as the median of its kind, per byte, an input may take."""
LEAST_BYTES, LEAST_SECONDS = 2_000, 1.0
"""Inputs count as at least this long, and none that takes less time is called slow."""
MOST_BYTES = 300_000
REPORTED = 10_000
"""Number of inputs after which the command says how far it is."""
AT_ONCE = 50
"""Number of files that are read together, if they are the files of a directory."""

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


SETTINGS = b"""source = "content"
output = "related.json"
k = 6
min_df = 2
title_weight = 3.5
glob = ["**/*.md", "!drafts/**"]
language = "en"
stop_words = true
threads = 2
min_score = 0.05
date_format = "%Y-%m-%d"
"""
EDITORIAL = b"""[[pin]]
on = "posts/a.md"
show = ["posts/b.md", "posts/c.md"]

[[ban]]
on = "news/*"
never = "sponsored/*"

[[never]]
show = ["old.md"]
"""
EDITORIAL_CSV = b"""article,related,action
posts/a.md,posts/b.md,pin
news/*,sponsored/*,ban
*,old.md,never
"""
CLICKS = b"""article,shown,position,times,clicked
rye,oats,1,100,7
rye,wheat,2,90,3
oats,rye,1,40,2
"""
JUDGMENTS = b"""query,related,gain
rye,oats,2
oats,wheat,1
"""
LISTS = json.dumps(
    {"lists": {"rye": [{"id": "oats", "title": "Oats", "url": "/oats/", "score": 0.5}]}}
).encode()
LISTS_CSV = b"""article_id,rank,id,url,title,teaser,date,author,image,score,because,origin
rye,1,oats,/oats/,Oats,Sow it.,2024-05-06,Ada,,0.5,soil,similar
"""
HUGO = b"""baseURL = "https://example.org"
title = "Mill"
[permalinks]
posts = "/:year/:slug/"
[[module.mounts]]
source = "content"
target = "content"
[[cascade]]
draft = true
[cascade.target]
path = "/posts/**"
"""


def vectors() -> bytes:
    """Return the bytes of a NumPy file."""
    file = io.BytesIO()
    np.save(file, np.eye(3))
    return file.getvalue()


class Kind(NamedTuple):
    """Inputs of one kind, and what is done with them."""

    sample: bytes
    read: Callable[[Path, list[bytes]], object]
    """Called with an empty directory and the inputs."""
    at_once: int = 1


def repeated(data: bytes, draw: random.Random) -> bytes:
    """Return data in which a piece of a few bytes stands thousands of times in a row."""
    piece = draw.choice(BAD)[:8] if draw.random() < 0.3 else b""
    if not piece:
        at = draw.randrange(max(len(data), 1))
        piece = data[at : at + draw.choice((1, 1, 2, 2, 3, 4, 8, 20))]
    at = draw.randrange(len(data) + 1)
    return (
        data[:at] + piece * (draw.choice((1_000, 10_000, 30_000)) // max(len(piece), 1)) + data[at:]
    )


def inputs_of(sample: bytes, draw: random.Random, count: int) -> list[bytes]:
    """Return broken inputs made from a sample."""
    made = []
    for _ in range(count):
        data = mutate(sample, draw)
        made.append((repeated(data, draw) if draw.random() < 0.03 else data)[:MOST_BYTES])
    return made


def read_files(suffix: str) -> Callable[[Path, list[bytes]], object]:
    """Return a function that reads inputs as the files of one directory."""

    def read(folder: Path, inputs: list[bytes]) -> object:
        for number, data in enumerate(inputs):
            (folder / f"{number}{suffix}").write_bytes(data)
        return write(read_source(folder, SourceOptions(skip_invalid=True)).articles)

    return read


def read_file(name: str) -> Callable[[Path, list[bytes]], object]:
    """Return a function that reads an input as a source."""

    def read(folder: Path, inputs: list[bytes]) -> object:
        (folder / name).write_bytes(inputs[0])
        if name == "sitemap.xml":
            for row in ROWS:
                (folder / f"{row['id']}.html").write_text(PAGE.format(**row))
        options = SourceOptions(skip_invalid=len(inputs[0]) % 2 == 0)
        return write(read_source(folder / name, options).articles)

    return read


def by_path(name: str, function: Callable[[Path], object]) -> Callable[[Path, list[bytes]], object]:
    """Return a function that writes an input to a file and calls another with its path."""

    def read(folder: Path, inputs: list[bytes]) -> object:
        (folder / name).write_bytes(inputs[0])
        return function(folder / name)

    return read


def write(articles: pd.DataFrame) -> None:
    """Write the lists of articles in every format."""
    ids = list(articles["id"])
    pairs = pd.DataFrame(
        {"article_id": ids[0], "rank": range(1, len(ids) + 1), "related_id": ids, "score": 0.5,
         "origin": "similar"}
    )  # fmt: skip
    for name in ("json", "jsonl", "csv"):
        WRITERS[name](cards(pairs, articles), io.BytesIO())


def wordpress_database(folder: Path, inputs: list[bytes]) -> object:
    """Read an input as the database of a WordPress site."""
    (folder / "wp.sqlite").write_bytes(inputs[0])
    source = f"wordpress:sqlite:///{folder}/wp.sqlite"
    return write(read_source(source, SourceOptions(post_type=["post", "page"])).articles)


def wordpress_site(folder: Path, inputs: list[bytes]) -> object:
    """Read an input as all that a WordPress site answers, whatever it is asked."""
    options = SourceOptions(post_type="post")
    records = read_posts(AnsweringSite(inputs[0]), options)
    return write(articles_of(records, "site", options).articles)


class AnsweringSite:
    """A site whose every answer is the same, read as those of a real one."""

    where, has_password = "site", True
    namespaces = frozenset(["wp/v2", "pll/v1"])

    def __init__(self, body: bytes) -> None:
        self.body = body

    def get(self, route: str, **parameters: object) -> tuple[object, dict[str, str]]:
        """Return the data, of a list the part from an offset on."""
        data = read_answer(Answer(200, {}, self.body, "https://example.org"), "site")
        offset = int(str(parameters.get("offset", 0)))
        return (data[offset:] if isinstance(data, list) else data), {}


def inject(folder: Path, inputs: list[bytes]) -> None:
    """Write lists into pages and remove them: the pages must be what they were."""
    made = {f"{number}.html": data for number, data in enumerate(inputs)}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    card = {"id": "oats", "title": "Oats", "url": "/oats/", "teaser": "Sow it."}
    written = inject_lists(folder, {name: [card] for name in made}).written
    remove_lists(folder)
    for name in written:
        data = made[name]
        if b"recommender" not in data and (folder / name).read_bytes() != data:
            raise AssertionError(f"{name} is not what it was")


def edit_head(folder: Path, inputs: list[bytes]) -> None:
    """Write a list into the front matter of a file."""
    with suppress(NotEditableError):
        with_list(inputs[0], [{"id": "oats", "title": "Oats", "url": "/oats/"}])


def settings(folder: Path, inputs: list[bytes]) -> None:
    """Read a settings file."""
    (folder / "recommender.toml").write_bytes(inputs[0])
    load_settings({}, environ={}, directory=folder)


def index(folder: Path, inputs: list[bytes]) -> None:
    """Open an index whose facts are broken, although their digest is right."""
    data = inputs[0]
    for content in (data, data + b"\n" + digest_of_bytes(data).encode()):
        (folder / "index.json").write_bytes(content)
        store = Store(folder)
        if store.facts(LastRun) is not None:
            store.part("files.msgpack")


def index_sample() -> bytes:
    """Return the facts of an index."""
    with tempfile.TemporaryDirectory() as folder:
        Store(Path(folder)).write(LastRun("a", "b", None, ["c"], {"d": 1}), {"files.msgpack": b"x"})
        return (Path(folder) / "index.json").read_bytes().rpartition(b"\n")[0]


def own_vectors(file: Path) -> None:
    """Read vectors with three ids beside them."""
    file.with_suffix(".txt").write_text("rye\noats\nwheat\n")
    read_vectors(file)


WP_POSTS = json.dumps(
    [{"id": number, "status": "publish", "link": row["url"], "date_gmt": f"{row['date']}T10:00:00",
      "title": {"rendered": row["title"]}, "content": {"raw": f"<p>{row['text']}</p>"},
      "author": 3, "categories": [3], "meta": {"desk": "x", "_recommender_pins": "2,3"},
      "rest_base": "recipes", "name": "Sea", "translations": {"en": 1, "de": 2}}
     for number, row in enumerate(ROWS, 1)]
).encode()  # fmt: skip


def wordpress_bytes() -> bytes:
    """Return the SQLite database of a WordPress site."""
    site = Site()
    site.term(2, "category", "sea", "Sea")
    for number, row in enumerate(ROWS, 1):
        site.post(
            number, f"<p>{row['text']}</p>[gallery]", post_title=row["title"], terms=(1, 2),
            post_date=f"{row['date']} 10:00:00",
            metas={"desk": "x", "_recommender_pins": "2,3", "_thumbnail_id": "3"},
        )  # fmt: skip
    connection = sqlite3.connect(":memory:")
    site.write(connection)
    connection.commit()
    return connection.serialize()


KINDS = {
    "wp.sqlite": Kind(wordpress_bytes(), wordpress_database),
    "wp.json": Kind(WP_POSTS, wordpress_site),
    **{name: Kind(GOOD[name], read_files(Path(name).suffix), AT_ONCE)
       for name in ("page.md", "toml.md", "page.html", "page.rst")},
    "object.md": Kind(json.dumps(ROWS[0]).encode() + b"\n\n" + ROWS[0]["text"].encode(),
                      read_files(".md"), AT_ONCE),
    "headers.md": Kind(b"Title: Rye\nDate: 2024-05-06\nTags: sea,\n  ports\n\nSow it.",
                       read_files(".md"), AT_ONCE),
    **{name: Kind(GOOD[name], read_file(name))
       for name in GOOD if Path(name).suffix not in (".md", ".html", ".rst")},
    "inject": Kind(GOOD["page.html"], inject, AT_ONCE),
    "front matter": Kind(GOOD["page.md"], edit_head),
    "settings": Kind(SETTINGS, settings),
    "editorial.toml": Kind(EDITORIAL, by_path("editorial.toml", read_editorial)),
    "editorial.csv": Kind(EDITORIAL_CSV,
                          by_path("editorial.csv", read_editorial)),
    "clicks.csv": Kind(CLICKS, by_path("clicks.csv", read_clicks)),
    "judgments.csv": Kind(JUDGMENTS, by_path("judgments.csv", read_judgments)),
    "lists.json": Kind(LISTS, by_path("lists.json", read_lists)),
    "lists.csv": Kind(LISTS_CSV, by_path("lists.csv", read_lists)),
    "lists.yaml": Kind(LISTS, by_path("lists.yaml", read_lists)),
    "index": Kind(index_sample(), index),
    "vectors.npy": Kind(vectors(), by_path("vectors.npy", own_vectors)),
    "hugo.toml": Kind(HUGO, by_path("hugo.toml", lambda file: read_settings(file.parent))),
}  # fmt: skip


REGRESSIONS = {
    "vectors.npy": [vectors().replace(b"}", b" ", 1), vectors().replace(b"(3, 3)", b"(3, 3")],
    "page.html": [
        b"<title>" + b"a - " * 20_000 + b"</title><article>x",
        GOOD["page.html"].replace(b"<head>", b"<head>" + b"</>" * 10_000).replace(b"</title>", b""),
        GOOD["page.html"].replace(b'{"@type"', b"; " * 15_000 + b'{"@type"'),
        b"<article>Rye" + (b"<p " * 999 + b">") * 30,
        b"<article><pre>" + b"Sow the rye early in the year. " * 9 + b"\n" + b" " * 50_000 + b"x",
    ],
    "page.rst": [
        *(b"Rye\n===\n\n" + sign * 15_000 for sign in (b"-1", b"`a ", b"{{", b"''")),
        b"Rye\n===\n\n" + b" " * 30_000 + b"=" * 30_000 + b"x",
    ],
    "toml.md": [b"+++\n" + b"a." * 30_000 + b"a = 1\n+++\n"],
    "feed.xml": [b"<?" * 30_000],
    "editorial.toml": [b"a = " + b"[" * 10_000],
    "index": [
        index_sample().replace(b'"d":1', b'"d":' + b"[" * 20_000),
        index_sample().replace(b"files-", b"\\u0000"),
    ],
    "settings": [b"k = " + b"[" * 10_000],
    "front matter": [b"---\ndate: " + b"{" * 3_000 + b"\n---\n"],
    "judgments.csv": [b"query,related,gain\nr" + b"," * 30_000],
    "editorial.csv": [b"article,related,action\ra,b,pin\r", b"article,related,action\na,\rb,pin"],
}
"""Inputs that once failed, for each kind."""


class Failure(NamedTuple):
    """An input that did what no input may do."""

    kind: str
    seed: int
    reason: str
    inputs: list[bytes]


class Timing(NamedTuple):
    """How long a batch took."""

    kind: str
    seed: int
    size: int
    seconds: float


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def try_out(name: str, inputs: list[bytes], folder: Path) -> str:
    """Read inputs of a kind; return what was wrong, or an empty string."""
    before = peak()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        KINDS[name].read(folder, inputs)
    except RecommenderError as error:
        str(error).encode()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    grown = peak() - before
    return f"{grown >> 20:,} MB more memory" if grown > MOST_MEMORY else ""


def batch(name: str, seed: int) -> list[bytes]:
    """Return the inputs of a seed."""
    draw = random.Random(f"{name} {seed}")
    return inputs_of(KINDS[name].sample, draw, KINDS[name].at_once)


def run(names: list[str], seeds: range, folder: Path) -> Iterator[Failure | Timing]:
    """Yield how long each batch took, and those that failed, cut down to single inputs."""
    for seed in seeds:
        for name in names:
            inputs = batch(name, seed)
            started = time.process_time()
            reason = try_out(name, inputs, folder)
            yield Timing(name, seed, sum(map(len, inputs)), time.process_time() - started)
            if reason:
                guilty = [[one] for one in inputs if try_out(name, [one], folder)]
                yield Failure(name, seed, reason, guilty[0] if guilty else inputs)


def slow_ones(timings: list[Timing]) -> Iterator[Failure]:
    """Yield the batches that took far longer than others of their kind, per byte."""
    for name in sorted({timing.kind for timing in timings}):
        own = [timing for timing in timings if timing.kind == name]
        median = statistics.median(t.seconds / max(t.size, LEAST_BYTES) for t in own)
        for timing in own:
            times = timing.seconds / max(timing.size, LEAST_BYTES) / median
            if times > MOST_SLOW and timing.seconds > LEAST_SECONDS:
                reason = f"{timing.seconds:.1f} s, {times:,.0f} times the median per byte"
                yield Failure(name, timing.seed, reason, batch(name, timing.seed))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("inputs", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--kind", choices=KINDS, help="only inputs of this kind")
    arguments = parser.parse_args()
    names = [arguments.kind] if arguments.kind else list(KINDS)
    each = sum(KINDS[name].at_once for name in names)
    seeds = range(arguments.seed, arguments.seed + -(-arguments.inputs // each))
    done, failures, timings = 0, 0, list[Timing]()

    def report(failure: Failure) -> None:
        folder = Path("build/fuzz")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{failure.seed}-{failure.kind}".replace(" ", "-")).write_bytes(
            b"\n----\n".join(failure.inputs)
        )
        print(f"{failure.kind}, seed {failure.seed}: {failure.reason:.300}", flush=True)

    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as made:
        for result in run(names, seeds, Path(made) / "inputs"):
            if isinstance(result, Timing):
                timings.append(result)
                done += KINDS[result.kind].at_once
                if done // REPORTED > (done - KINDS[result.kind].at_once) // REPORTED:
                    print(f"{done // REPORTED * REPORTED:,} inputs", flush=True)
            else:
                failures += 1
                report(result)
    for failure in slow_ones(timings):
        failures += 1
        report(failure)
    print(f"{len(seeds) * each:,} inputs of {len(names)} kinds, {failures:,} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
