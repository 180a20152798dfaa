"""Pages per second: reading and injecting, next to Pagefind's indexing and trafilatura.

usage: python benchmarks/html_pages.py [PAGES] [BYTES]     defaults: 10000 pages of 30000 bytes
Pages are generated; Pagefind and trafilatura are timed if they are installed
(`pip install trafilatura "pagefind[bin]"`), trafilatura on 500 pages only.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from recommender.pages.inject import inject_lists, remove_lists
from recommender.sources.base import SourceOptions
from recommender.sources.html.reader import read_html

WORDS = [
    f"{a}{b}{c}" for a in "kmprst" for b in ("ar", "el", "in", "or") for c in ("an", "ek", "is")
]


def make_page(number: int, size: int) -> str:
    """Return a page with a menu, an article of paragraphs with links, a footer."""
    rng = random.Random(number)
    menu = "".join(f'<li class="m"><a href="/c{n}/">Menu entry {n}</a></li>' for n in range(60))
    head = f'<html lang="en"><meta charset="utf-8"><title>Page {number}</title>'
    parts = [
        f"<!DOCTYPE html>{head}<nav><ul>{menu}</ul></nav><main><article><h1>Page {number}</h1>"
    ]
    length = len(parts[0])
    while length < size:
        words = " ".join(rng.choices(WORDS, k=60))
        link = f'<a href="/p/{rng.randrange(99)}/">a link</a>'
        part = f'<p class="text">{words} {link} and <b>bold</b>.</p>\n'
        parts.append(part)
        length += len(part)
    return "".join([*parts, "</article></main><footer>Foot</footer></html>"])


def timed(name: str, pages: int, work: Callable[[], object]) -> None:
    """Run and print pages per second."""
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(
        f"{name:34} {pages:7,} pages {seconds:8.1f} s {pages / seconds:9,.0f} pages/s", flush=True
    )


def main(pages: int = 10_000, size: int = 30_000) -> None:
    """Generate the site, time each step."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        for number in range(pages):
            file = site / str(number % 100) / f"{number}.html"
            file.parent.mkdir(exist_ok=True)
            file.write_text(make_page(number, size), encoding="utf-8")
        timed("read_html", pages, lambda: read_html(site, SourceOptions()))
        cards = [
            {
                "id": str(n),
                "title": f"Page {n}",
                "url": f"/{n}.html",
                "teaser": "Twenty words " * 10,
            }
            for n in range(6)
        ]
        lists = {f"{n % 100}/{n}.html": cards for n in range(pages)}
        timed("inject_lists, first", pages, lambda: inject_lists(site, lists))
        timed("inject_lists, again", pages, lambda: inject_lists(site, lists))
        timed("remove_lists", pages, lambda: remove_lists(site))
        others(site, pages)


def others(site: Path, pages: int) -> None:
    """Time what else is installed."""
    try:
        from trafilatura import extract
    except ImportError:
        print("trafilatura is not installed")
    else:
        some = [file.read_text() for file in sorted(site.rglob("*.html"))[:500]]
        timed("trafilatura.extract", len(some), lambda: [extract(page) for page in some])
    command = [sys.executable, "-m", "pagefind", "--site", str(site)]
    if subprocess.run([*command[:3], "--version"], capture_output=True).returncode:
        print("pagefind is not installed")
    else:
        timed("pagefind", pages, lambda: subprocess.run(command, capture_output=True, check=True))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
