"""Small sites of the bundled newsroom, for real generators, and what a reader does with them."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from recommender import read_articles
from recommender.sources.markdown.front_matter import split_front_matter

NEWSROOM = Path(__file__).parents[2] / "data" / "articles"
DESKS = ("culture", "deutsch", "local")
GERMAN = "sirbental-glashuette-eberlohe-schliesst"
SEED = "local/2021-03-09-marram-lido-drained-after-crack"
PICTURES = Path(os.environ["TEST_PICTURES"]) if "TEST_PICTURES" in os.environ else None
"""Where the tests leave the pictures of the docs, if they shall make them."""
HOSTILE = "local/2021-03-20-hostile"
HOSTILE_TITLE = """Lido <3 & "crack" 'tile' {{ 7*7 }} {% raw %}"""
"""Without a whole tag: a title's tags are taken off when it is read."""


class Article(NamedTuple):
    """An article of the site."""

    name: str
    """Path without suffix."""
    title: str
    date: str
    tags: list[str]
    desk: str
    body: str


def articles() -> list[Article]:
    """Return some desks of the newsroom, and one article with a title that attacks the page."""
    table = read_articles(NEWSROOM, glob=[f"{desk}/*.md" for desk in DESKS])
    found = []
    for row in table.to_dict("records"):
        text = (NEWSROOM / row["id"]).read_text(encoding="utf-8-sig")
        body = split_front_matter(text).body.strip()
        if any(mark in body for mark in ("{{", "{%", "{<")):
            continue
        name, desk = row["id"].removesuffix(".md"), row["id"].split("/")[0]
        day = f"{row['date']:%Y-%m-%d}"
        found.append(Article(name, row["title"], day, list(row["tags"]), desk, body))
    if PICTURES is not None:  # they show the newsroom as it is
        return found
    seed = next(article for article in found if article.name == SEED)
    hostile = seed._replace(name=HOSTILE, title=HOSTILE_TITLE, date="2021-03-20")
    return [*found, hostile]


def write_markdown(folder: Path, flat: bool = False, **extra: str) -> None:
    """Write the articles as Markdown files with YAML front matter."""
    for article in articles():
        name = article.name.replace("/", "-", 1).partition("-")[2] if flat else article.name
        file = folder / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        fields = {"title": article.title, "date": article.date, "category": article.desk,
                  "tags": article.tags, **extra}  # fmt: skip
        head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items())
        head = head.replace(f'"{article.date}"', article.date)
        file.write_text(f"---\n{head}---\n\n{article.body}\n", encoding="utf-8")


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their path in the folder."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def run(*command: object, cwd: Path, **environ: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RECOMMENDER_")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**kept, "CI": "true", **environ},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def recommender(*arguments: object, cwd: Path) -> str:
    """Run our own command line."""
    return run(sys.executable, "-m", "recommender", *arguments, cwd=cwd)


def fingerprints(*places: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below some folders."""
    files = (file for place in places for file in sorted(place.rglob("*")) if file.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


class Block(NamedTuple):
    """The content of a page's list, as a parser reads it."""

    heading: str
    links: list[tuple[str, str]]
    """Address and text."""
    times: list[str]
    foreign: list[str]
    """Elements that the block does not consist of."""


class _BlockReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.heading = ""
        self.links: list[list[str]] = []
        self.times: list[str] = []
        self.foreign: list[str] = []
        self.blocks = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "nav" and "recommender" in (given.get("class") or "").split():
            self.open, self.blocks = ["nav"], self.blocks + 1
        elif self.open and tag not in ("img", "link"):
            self.open.append(tag)
            if tag not in ("a", "h2", "li", "p", "span", "time", "ul"):
                self.foreign.append(tag)
            if tag == "a":
                self.links.append([given.get("href") or "", ""])

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if "a" in self.open:
            self.links[-1][1] += data
        elif self.open[-1:] == ["h2"]:
            self.heading += data
        elif self.open[-1:] == ["time"]:
            self.times.append(data)


def read_block(page: Path) -> Block:
    """Return the one list of a page."""
    reader = _BlockReader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert reader.blocks == 1, f"{page}: {reader.blocks} lists"
    links = [(href, " ".join(text.split())) for href, text in reader.links]
    return Block(reader.heading.strip(), links, reader.times, reader.foreign)


def check_german(site: Path) -> None:
    """Check that the page of a German article has a German heading and German dates."""
    name = re.compile(re.escape(GERMAN) + r"(?:\.html|/index\.html)$")
    (page,) = (file for file in site.rglob("*.html") if name.search(file.as_posix()))
    block = read_block(page)
    assert block.heading == "Das könnte Sie auch interessieren"
    assert "2. März 2022" in block.times
    assert all(re.fullmatch(r"\d+\. [A-Z]\w+ \d{4}", day) for day in block.times)


def target(site: Path, page: Path, href: str) -> Path:
    """Return the file that a link on a page leads to."""
    path = urljoin("/" + page.relative_to(site).as_posix(), unquote(urlsplit(href).path))
    file = site / path.lstrip("/")
    return file / "index.html" if path.endswith("/") else file


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a directory on this machine, and give its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
