"""--watch: a verb that runs again after each change."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Command, allow_interrupts

from recommender.cli.console import Narrator
from recommender.cli.steps import Invocation
from recommender.cli.watching import Verb, repeated
from recommender.config import Settings
from recommender.errors import ConfigError, SourceError


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
        self.during: Callable[[], object] = lambda: None
        verb = Verb(lambda obj: self.settings, self.run)
        arguments = (verb, (Narrator(quiet=True), None), settings, None, self.stop)
        self.thread = threading.Thread(target=repeated, args=arguments)

    def run(self, obj: Invocation, settings: Settings) -> None:
        self.during()
        with self.ran:
            self.runs += 1
            self.ran.notify_all()
        if self.runs == self.fails:
            raise SourceError("broken for a moment", "")

    def wait(self, runs: int) -> None:
        with self.ran:
            assert self.ran.wait_for(lambda: self.runs >= runs, LONG)


@pytest.fixture
def watched(site: Path) -> Iterator[Callable[..., Watched]]:
    """Start to watch; end with the test."""
    started: list[Watched] = []

    def start(
        fails: int = 0, during: Callable[[], object] | None = None, source: str = "posts"
    ) -> Watched:
        one = Watched(Settings(source=source, output=f"{source}/lists.json"), fails)
        one.during = during or one.during
        started.append(one)
        one.thread.start()
        one.wait(1)
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


def test_a_change_during_the_first_run_is_not_missed(
    watched: Callable[..., Watched], site: Path
) -> None:
    """Reading a large site takes longer than saving a file."""
    verb = watched(during=lambda: (site / "0.md").write_text("# Title"))
    verb.during = lambda: None
    verb.wait(2)


def test_settings_that_change_hold_at_once(watched: Callable[..., Watched], site: Path) -> None:
    """The new output starts no run, and the new source is watched instead of the old one."""
    verb = watched()
    other = Path("drafts")
    other.mkdir()
    verb.settings = Settings(source="drafts", output="drafts/lists.json")
    Path("recommender.toml").write_text("source = 'drafts'\n")
    verb.wait(2)
    time.sleep(1)
    (other / "lists.json").write_text("{}")
    (site / "0.md").write_text("# Title")
    time.sleep(1)
    assert verb.runs == 2
    (other / "0.md").write_text("# Title")
    verb.wait(3)


def test_our_own_output_is_known_behind_a_link(watched: Callable[..., Watched], site: Path) -> None:
    """The system reports changes by real paths."""
    Path("linked").symlink_to(site)
    verb = watched(source="linked")
    (site / "lists.json").write_text("{}")
    time.sleep(1)
    assert verb.runs == 1
    (site / "0.md").write_text("# Title")
    verb.wait(2)


def test_one_file_may_go_and_come_back(watched: Callable[..., Watched], site: Path) -> None:
    """Some editors save a file by renaming the old one; the files beside it do not count."""
    file = site / "0.md"
    verb = watched(source=str(file))
    file.rename(site / "0.bak")
    verb.wait(2)
    (site / "1.md").write_text("# Title")
    time.sleep(1)
    assert verb.runs == 2
    file.write_text("# Title")
    verb.wait(3)


def test_a_directory_may_be_removed_and_made_anew(
    watched: Callable[..., Watched], site: Path
) -> None:
    """Generators that clean their output do so; what they write next is watched too."""
    verb = watched()
    for seconds in (0.0, 0.3, 1.0):
        shutil.rmtree(site)
        time.sleep(seconds)
        runs = verb.runs
        site.mkdir()
        (site / "0.md").write_text("# Title")
        verb.wait(runs + 1)
        time.sleep(1)
        runs = verb.runs
        (site / "1.md").write_text("# Title")
        verb.wait(runs + 1)


def test_the_first_run_must_succeed(site: Path) -> None:
    """A wrong source is an error at once."""

    def fail(obj: Invocation, settings: Settings) -> None:
        raise SourceError("posts: no such directory", "")

    verb, obj = Verb(lambda obj: Settings(), fail), (Narrator(quiet=True), None)
    with pytest.raises(SourceError):
        repeated(verb, obj, Settings(source="post"))
    with pytest.raises(ConfigError, match="is not a directory or file on this machine"):
        repeated(verb, obj, Settings(source="postgresql://host/articles"))


def test_watchfiles_is_named_if_it_is_missing(
    site: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how to install it."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    done = run("build", site, "-o", "lists.json", "--watch")
    assert done.code == 1
    assert "--watch needs watchfiles" in done.err


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_lists_follow_the_articles(site: Path, end: signal.Signals, code: int) -> None:
    """The whole command: saved, rebuilt, ended with Ctrl-C or by the system."""
    line = [sys.executable, "-m", "recommender", "build", "posts", "-o", "lists.json", "--watch",
            "--min-score", "0"]  # fmt: skip
    process = subprocess.Popen(
        line,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=allow_interrupts,
    )
    assert process.stderr is not None
    try:
        said = []
        while not (said and said[-1].startswith("Watching ")):
            said.append(process.stderr.readline())
            assert said[-1], said
        assert len(lists()) == 4
        (site / "4.md").write_text("# Fifth\n\nRye bread of the storm.\n")
        ends = time.monotonic() + LONG
        while len(lists()) != 5:
            assert time.monotonic() < ends
            time.sleep(0.05)
        process.send_signal(end)
        process.communicate(timeout=LONG)
        assert process.returncode == code
    finally:
        process.kill()
