"""The whole command: whatever happens between two builds, the second equals a clean one.

A machine of random steps edits a site, changes settings, damages the index and interrupts builds;
after each step the build with the index and one without it write the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recommender import model
from recommender.cli import kept, main
from recommender.cli.console import Narrator
from recommender.configured import load_settings
from recommender.errors import OutputError
from recommender.neighbors import carry
from recommender.vectors import graphs

WORDS = [
    "rye",
    "oats",
    "ferry",
    "harbour",
    "tide",
    "bread",
    "baker",
    "storm",
    "winter",
    "market",
    "train",
    "stone",
]


def text_of(words: list[str], title: str, draft: bool = False, extra: str = "") -> str:
    """Return a Markdown file."""
    head = f"---\ntitle: {title}\ndate: 2024-01-31\ndraft: {str(draft).lower()}\n{extra}---\n"
    return f"{head}\n{' '.join(words)}\n\n[a link](/x/)\n\nRead more news every day.\n"


def four_posts(folder: Path) -> Path:
    """Write four posts that have words in common, and return their directory."""
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.md").write_text(text_of(WORDS[number:], f"Title {number}"))
    return folder


class Site(RuleBasedStateMachine):
    """A directory of Markdown with its index, which keeps the graph of so small a site too."""

    names = st.sampled_from(
        [f"{folder}{number}.md" for folder in ("", "a/") for number in range(6)]
    )
    words = st.lists(st.sampled_from(WORDS), min_size=3, max_size=12)

    @initialize(texts=st.lists(words, min_size=8, max_size=8))
    def start(self, texts: list[list[str]]) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(graphs, "LEAST_ARTICLES", 0)
        self.patch.setattr(carry, "MOST", 1.0)
        self.patch.setattr(carry, "EXTRA", 2)
        self.patch.setattr(graphs, "EXTRA", 2)
        self.patch.setattr(model, "CANDIDATES", 4)
        self.root = Path(tempfile.mkdtemp())
        self.site = self.root / "content"
        (self.site / "a").mkdir(parents=True)
        self.flags: dict[str, Any] = {}
        for number, words in enumerate(texts):
            self.path(f"{'a/' * (number % 2)}{number // 2}.md").write_text(
                text_of(words, f"Title {number}")
            )
        self.path("a/5.md").write_text(text_of(WORDS, "Always there"))
        self.path("5.md").write_text(text_of(WORDS[:6], "There too"))

    def teardown(self) -> None:
        if hasattr(self, "root"):
            self.patch.undo()
            shutil.rmtree(self.root, ignore_errors=True)

    def path(self, name: str) -> Path:
        return self.site / name

    @rule(name=names, words=words, title=st.sampled_from(WORDS), draft=st.booleans())
    def write(self, name: str, words: list[str], title: str, draft: bool) -> None:
        if name not in ("5.md", "a/5.md"):
            self.path(name).write_text(text_of(words, title, draft))

    @rule(name=names, day=st.sampled_from(["2099-01-01", "2001-01-01"]))
    def expire(self, name: str, day: str) -> None:
        if name not in ("5.md", "a/5.md"):
            self.path(name).write_text(text_of(WORDS, "Day", extra=f"publishdate: {day}\n"))

    @rule(name=names)
    def remove(self, name: str) -> None:
        if name not in ("5.md", "a/5.md"):
            self.path(name).unlink(missing_ok=True)

    @rule(name=names, other=names)
    def rename(self, name: str, other: str) -> None:
        if self.path(name).exists() and not {name, other} & {"5.md", "a/5.md"}:
            self.path(name).replace(self.path(other))

    @rule(name=names)
    def touch(self, name: str) -> None:
        if self.path(name).exists():
            os.utime(self.path(name))

    @rule(k=st.integers(1, 4), code=st.booleans(), weight=st.sampled_from([0.3, 2.0]))
    def change_settings(self, k: int, code: bool, weight: float) -> None:
        self.flags = {"k": k, "code": code, "title_weight": weight}

    @rule(on=st.booleans())
    def become_a_site_of_hugo(self, on: bool) -> None:
        settings_file = self.root / "hugo.toml"
        if on:
            settings_file.write_text("title = 'Site'\n")
        else:
            settings_file.unlink(missing_ok=True)

    @rule(title=st.sampled_from(WORDS))
    def cascade(self, title: str) -> None:
        self.path("a/_index.md").write_text(f"---\ncascade:\n  category: {title}\n---\n")

    @rule(output=st.sampled_from(["removed", "changed"]))
    def lose_the_output(self, output: str) -> None:
        file = self.root / "lists.json"
        if output == "removed":
            file.unlink(missing_ok=True)
        elif file.exists():
            file.write_text("{}")

    @rule(which=st.floats(0, 0.999), where=st.floats(0, 0.999))
    def damage_the_index(self, which: float, where: float) -> None:
        files = sorted(path for path in self.root.glob(".recommender/*/*") if path.stat().st_size)
        if files:
            file = files[int(which * len(files))]
            content = bytearray(file.read_bytes())
            content[int(where * len(content))] ^= 1
            file.write_bytes(content)

    @rule()
    def be_killed_in_the_middle(self) -> None:
        (self.root / "lists.json").unlink(missing_ok=True)
        with pytest.raises(KeyboardInterrupt):
            self.build(index=True, work=self.stop)

    @rule()
    def fail_to_write(self) -> None:
        (self.root / "lists.json").unlink(missing_ok=True)
        with pytest.raises(OutputError):
            self.build(index=True, work=self.fail)

    @staticmethod
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    @staticmethod
    def fail(*_: Any) -> None:
        raise OutputError("disk full", "")

    def build(self, *, index: bool, work: Callable[..., None] | None = None) -> bytes:
        output = self.root / ("lists.json" if index else "clean.json")
        flags = {**self.flags, "source": str(self.site), "output": str(output), "index": index,
                 "index_dir": str(self.root / ".recommender")}  # fmt: skip
        chosen, _ = load_settings(flags, directory=self.root, environ={})
        narrator = Narrator(quiet=True)
        obj = (narrator, None)

        def make(left: kept.Kept | None) -> None:
            main._build(obj, chosen, None, flags, left)
            if work:
                work()

        kept.indexed("build", obj, chosen, make, sources=[chosen.source], flags={})
        return output.read_bytes()

    @invariant()
    def equals_a_clean_build(self) -> None:
        if hasattr(self, "site"):
            clean = self.build(index=False)
            (self.root / "clean.json").unlink()
            assert self.build(index=True) == clean
            assert self.build(index=True) == clean


TestSite = Site.TestCase
TestSite.settings = settings(max_examples=10, stateful_step_count=10, deadline=None)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Twelve built pages of one layout."""
    site = tmp_path / "public"
    for number in range(12):
        words = " ".join(WORDS[number % 5 :] * 4)
        page = site / f"p{number}" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(
            f"<html lang=en><title>Story {number}</title><nav><a href=/>Home</a></nav><main>"
            f"<article><h1>Story {number}</h1><p>{words} {number}.</p></article></main></html>"
        )
    return site


def test_site_twice_writes_nothing_and_reads_nothing(
    run: Command, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run ends before anything heavy is loaded."""
    first = run("site", built, "--min-items", 0, "--min-score", 0)
    assert first.code == 0, first.err
    pages = {page: page.read_bytes() for page in built.rglob("*.html")}
    monkeypatch.setattr("recommender.cli.inject.fit", lambda *_, **__: pytest.fail("read again"))
    again = run("site", built, "--min-items", 0, "--min-score", 0)
    assert again.code == 0
    assert again.err.startswith("Nothing has changed since 20")
    assert {page: page.read_bytes() for page in built.rglob("*.html")} == pages


def test_site_reads_only_the_page_that_changed(
    run: Command, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lists that it wrote do not make the other pages new."""
    from recommender.sources.html import pages, reader

    run("site", built)
    page = built / "p3" / "index.html"
    page.write_bytes(page.read_bytes().replace(b"<p>", b"<p>Penguins. "))
    parsed: list[str] = []
    parse = pages.parse_page

    def note(data: bytes, relative: str, *rest: Any, **named: Any) -> Any:
        parsed.append(relative)
        return parse(data, relative, *rest, **named)

    for module in (pages, reader):
        monkeypatch.setattr(module, "parse_page", note)
    assert run("site", built).code == 0
    assert parsed == ["p3/index.html"]
    once = {page: page.read_bytes() for page in built.rglob("*.html")}
    assert run("site", built, "--no-index").code == 0
    assert {page: page.read_bytes() for page in built.rglob("*.html")} == once


def test_warnings_are_said_again(run: Command, tmp_path: Path) -> None:
    """A run with nothing to do is as honest as the first; `--report` has its counts."""
    site = four_posts(tmp_path / "posts")
    (site / "4.md").write_text("---\ndate: soon\n---\nRye and oats")
    first = run("build", site, "-o", "lists.json", "--report", "one.json")
    again = run("build", site, "-o", "lists.json", "--report", "two.json")
    warning = next(line for line in first.err.splitlines() if line.startswith("Warning"))
    assert warning in again.err
    assert "Nothing has changed" in again.err
    one, two = (json.loads(Path(name).read_text()) for name in ("one.json", "two.json"))
    assert two["counts"] == one["counts"]
    assert two["warnings"] == one["warnings"]


def test_the_index_of_a_directory_that_cannot_be_written(run: Command, tmp_path: Path) -> None:
    """The lists are built all the same, with a warning that says what to do."""
    site = four_posts(tmp_path / "posts")
    (tmp_path / "taken").write_text("a file")
    done = run("build", site, "-o", "lists.json", "--index-dir", tmp_path / "taken")
    assert done.code == 0
    assert "the index cannot be written" in done.err
    assert "--no-index" in done.err
    assert Path("lists.json").exists()


def test_standard_output_is_written_each_time(run: Command, tmp_path: Path) -> None:
    """It is no file that could be up to date."""
    site = four_posts(tmp_path / "posts")
    outs = [run("build", site, "-o", "-", "-f", "json") for _ in range(2)]
    assert [done.code for done in outs] == [0, 0]
    assert not (tmp_path / ".recommender").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, all names are UTF-8")
@pytest.mark.parametrize("folder", [os.fsdecode(b"\xff"), "posts"], ids=["no UTF-8", "posts"])
def test_what_utf8_cannot_express_does_not_disturb_the_index(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Names of directories, half surrogate pairs and large numbers: the lists are the same."""
    site = four_posts(tmp_path / folder)
    (site / "4.md").write_text(f'{{"title": "Rye \\ud800", "n": {10**30}}}\n\nRye and oats\n')
    (site / os.fsdecode(b"\xfe")).mkdir()
    monkeypatch.chdir(site)
    for _ in range(2):
        done = run("build", site, "-o", "lists.json")
        assert done.code == 0, done.err
        clean = run("build", site, "-o", tmp_path / "clean.json", "--no-index")
        assert clean.code == 0, clean.err
        assert Path("lists.json").read_bytes() == (tmp_path / "clean.json").read_bytes()


def test_half_a_surrogate_pair_in_a_page_does_not_disturb_the_index(
    run: Command, built: Path
) -> None:
    """JSON-LD can name one, UTF-8 cannot."""
    page = built / "p0" / "index.html"
    data = '<script type="application/ld+json">{"@type": "Article", "headline": "\\ud800"}</script>'
    page.write_text(page.read_text().replace("<nav>", f"{data}<nav>"))
    done = run("site", built, "--min-items", 0, "--min-score", 0)
    assert done.code == 0, done.err
