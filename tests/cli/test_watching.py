"""--watch: a verb that runs again after each change."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Run

from recommender.cli.console import Narrator
from recommender.cli.steps import Invocation
from recommender.cli.watching import repeated
from recommender.config import Settings
from recommender.errors import SourceError


def lists() -> dict[str, object]:
    """Return the lists that were written."""
    found: dict[str, object] = json.loads(Path("lists.json").read_text())["lists"]
    return found


LONG = 60
"""Seconds after which a test gives up."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four articles in the directory `posts` of the working directory."""
    monkeypatch.chdir(tmp_path)
    posts = tmp_path / "posts"
    posts.mkdir()
    for number, words in enumerate(("rye bread", "rye oats", "ferry tide", "ferry storm")):
        (posts / f"{number}.md").write_text(f"# Title {number}\n\nThe {words} of the year.\n")
    return posts


class Watched:
    """A verb that is watched in a thread, and what it was called with."""

    def __init__(self, settings: Settings, fails: int = 0) -> None:
        self.settings = settings
        self.fails = fails
        self.runs = 0
        self.stop = threading.Event()
        self.ran = threading.Condition()
        arguments = (self.run, (Narrator(quiet=True), None), None, self.stop)
        self.thread = threading.Thread(target=repeated, args=arguments)

    def run(self, obj: Invocation) -> Settings:
        with self.ran:
            self.runs += 1
            self.ran.notify_all()
        if self.runs == self.fails:
            raise SourceError("broken for a moment", "")
        return self.settings

    def wait(self, runs: int) -> None:
        with self.ran:
            assert self.ran.wait_for(lambda: self.runs >= runs, LONG)


@pytest.fixture
def watched(site: Path) -> Iterator[Callable[..., Watched]]:
    """Start to watch; end with the test."""
    started: list[Watched] = []

    def start(fails: int = 0) -> Watched:
        one = Watched(Settings(source="posts", output="posts/lists.json"), fails)
        started.append(one)
        one.thread.start()
        one.wait(1)
        time.sleep(0.5)  # the watch begins after the first run
        return one

    yield start
    for one in started:
        one.stop.set()
        one.thread.join(LONG)


def test_a_change_of_the_source_or_the_settings_runs_again(
    watched: Callable[..., Watched], site: Path
) -> None:
    """Also of a file that is new; an error does not end the watch."""
    verb = watched(fails=2)
    (site / "new.md").write_text("# New")
    verb.wait(2)
    (site / "0.md").write_text("# Title")
    verb.wait(3)
    Path("recommender.toml").write_text("k = 3\n")
    verb.wait(4)


def test_our_own_output_and_hidden_files_run_nothing(
    watched: Callable[..., Watched], site: Path
) -> None:
    """Otherwise each run would start the next one."""
    verb = watched()
    (site / "lists.json").write_text("{}")
    (site / ".swap").write_text("x")
    (site / ".lists.json.0000.recommender-tmp").write_text("x")
    (site / "0.md~").write_text("x")
    time.sleep(2)
    assert verb.runs == 1


def test_the_first_run_must_succeed(site: Path) -> None:
    """A wrong source is an error at once."""

    def fail(obj: Invocation) -> Settings:
        raise SourceError("posts: no such directory", "")

    with pytest.raises(SourceError):
        repeated(fail, (Narrator(quiet=True), None))


def test_watchfiles_is_named_if_it_is_missing(
    site: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how to install it."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    done = run("build", site, "-o", "lists.json", "--watch")
    assert done.code == 1
    assert "--watch needs watchfiles" in done.err


def test_lists_follow_the_articles(site: Path) -> None:
    """The whole command: saved, rebuilt, ended with Ctrl-C."""
    line = [sys.executable, "-m", "recommender", "build", "posts", "-o", "lists.json", "--watch",
            "--min-score", "0"]  # fmt: skip
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = []
    while not (said and said[-1].startswith("Watching ")):
        said.append(process.stderr.readline())
        assert said[-1], said
    assert len(lists()) == 4
    time.sleep(0.5)
    (site / "4.md").write_text("# Fifth\n\nRye bread of the storm.\n")
    ends = time.monotonic() + LONG
    while len(lists()) != 5:
        assert time.monotonic() < ends
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LONG)
    assert process.returncode == 130
