"""What a run read and wrote, and whether it is still the same."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.index import inputs as module
from recommender.index.inputs import FileState, Inputs, Watch, holds_until, is_same
from recommender.outputs.atomic import atomic_file

LONG_AGO = time.time() - 3600


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with two files and a directory, unchanged for an hour."""
    site = tmp_path / "site"
    (site / "news").mkdir(parents=True)
    for name in ("a.md", "b.md", "news/c.md"):
        (site / name).write_text(name)
        os.utime(site / name, (LONG_AGO, LONG_AGO))
    for folder in (site / "news", site):
        os.utime(folder, (LONG_AGO, LONG_AGO))
    return site


def read_all(site: Path) -> Inputs:
    """Return what a run reads that opens every file below a directory."""
    with Watch([str(site)]) as watch:
        for folder, _, names in os.walk(site):
            for name in names:
                Path(folder, name).read_bytes()
        found = watch.inputs()
    assert found is not None
    return found


def touch(site: Path) -> None:
    os.utime(site / "a.md")


def check_out(site: Path) -> None:
    data = (site / "a.md").read_bytes()
    (site / "a.md").unlink()
    (site / "a.md").write_bytes(data)


SAME: list[Callable[[Path], object]] = [
    lambda site: None,
    touch,
    check_out,
    lambda site: (site / ".swap").write_text("hidden"),
    lambda site: (site.parent / "other.txt").write_text("beside"),
]
CHANGES: list[Callable[[Path], object]] = [
    lambda site: (site / "a.md").write_text("A.md"),
    lambda site: (site / "a.md").write_text("longer"),
    lambda site: (site / "news" / "d.md").write_text("new"),
    lambda site: (site / "b.md").unlink(),
    lambda site: (site / "b.md").rename(site / "e.md"),
    lambda site: (site / "news").rename(site / "old"),
    lambda site: (site.parent / "hugo.toml").write_text("title = 'Rye'"),
    lambda site: (site / "_config.yml").write_text("title: Rye"),
]


@pytest.mark.parametrize("act", SAME)
def test_nothing_that_a_reader_sees_has_changed(site: Path, act: Callable[[Path], object]) -> None:
    """Other times, hidden files and files beside a site do not matter."""
    read = read_all(site)
    act(site)
    assert read.change() == ""


@pytest.mark.parametrize("act", CHANGES)
def test_every_change_is_found(site: Path, act: Callable[[Path], object]) -> None:
    """Changed, new, removed and renamed files, and the settings of a generator above."""
    read = read_all(site)
    act(site)
    assert read.change() != ""


def test_a_change_at_the_same_time_and_size_is_found(site: Path) -> None:
    """A file that was just written is compared by its bytes: its time may stay the same."""
    (site / "a.md").write_text("one")
    times = (site / "a.md").stat()
    read = read_all(site)
    (site / "a.md").write_text("two")
    os.utime(site / "a.md", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert read.change() == str(site / "a.md")


@pytest.fixture
def all_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is so young that it may change again at the same time of its clock."""
    monkeypatch.setattr(module, "FINE_NS", -(10**10))
    monkeypatch.setattr(module, "COARSE_NS", -(10**10))


POSIX = pytest.mark.skipif(os.name != "posix", reason="a time that no program can set")


@POSIX
@pytest.mark.usefixtures("all_settled")
@pytest.mark.parametrize("act", CHANGES[:3])
@pytest.mark.parametrize("at", [LONG_AGO, time.time() + 3600])
def test_a_change_that_sets_back_its_times_is_found(
    site: Path, act: Callable[[Path], object], at: float
) -> None:
    """Reproducible builds, `rsync -t` and archives set the times of files and directories."""
    paths = [site, *site.rglob("*")]
    for path in paths:
        os.utime(path, (at, at))
    read = read_all(site)
    act(site)
    for path in (site, *site.rglob("*")):
        os.utime(path, (at, at))
    assert read.change() != ""


@pytest.mark.usefixtures("all_settled")
def test_a_file_that_could_not_be_read_is_looked_at_again(site: Path) -> None:
    """Permissions and disks come back without a new time of the file."""
    path = str(site / "a.md")
    version = module._version(path)
    assert version is not None
    assert not is_same(path, FileState(version.size, version.changed, ""))
    assert is_same(path, FileState(version.size, version.changed, "not compared"))


def test_a_file_of_which_only_the_mode_changes_while_it_is_read_is_compared(site: Path) -> None:
    """SQLite gives its log the owner of the database; no bytes are another's."""
    with Watch([str(site)]) as watch:
        (site / "a.md").read_bytes()
        (site / "a.md").chmod(0o600)
        read = watch.inputs()
    assert read is not None
    assert read.files[str(site / "a.md")].changed == 0
    assert read.change() == ""


@pytest.mark.usefixtures("all_settled")
def test_files_that_settled_are_not_opened(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Size and time are enough for a file that had not changed for a while."""
    read = read_all(site)
    monkeypatch.setattr(module, "digest_of", lambda path: pytest.fail(f"opened {path}"))
    assert read.change() == ""


def test_a_file_that_was_missing_and_appears_is_a_change(site: Path) -> None:
    """A reader that found no file looks elsewhere; with the file it would not."""
    with Watch([str(site)]) as watch:
        with pytest.raises(FileNotFoundError):
            (site / "editorial.toml").read_text()
        read = watch.inputs()
    assert read is not None
    assert read.change() == ""
    (site / "editorial.toml").write_text("")
    assert read.change() != ""


def test_a_file_that_changes_while_it_is_read_makes_the_run_forgotten(site: Path) -> None:
    """Nobody knows whether the reader saw the old bytes or the new ones."""
    with Watch([str(site)]) as watch:
        (site / "a.md").read_bytes()
        (site / "a.md").write_text("changed meanwhile")
        assert watch.inputs() is None


def test_a_file_that_appears_while_a_directory_is_read_makes_the_run_forgotten(
    site: Path,
) -> None:
    """The reader has listed the directory before."""
    with Watch([str(site)]) as watch:
        os.listdir(site)
        (site / "z.md").write_text("new")
        assert watch.inputs() is None


def test_time_is_linear_in_the_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A built site has a directory for each page: each path that was written is cut up once."""
    with Watch([str(tmp_path)]) as watch:
        for number in range(100):
            with atomic_file(tmp_path / str(number) / "index.html") as file:
                file.write(b"written")
            os.listdir(tmp_path / str(number))
        cut, real = [], os.path.dirname
        monkeypatch.setattr(os.path, "dirname", lambda path: (cut.append(path), real(path))[1])
        watch._inputs()
    assert 100 <= len(cut) < 300


def test_what_a_run_writes_belongs_to_it(site: Path) -> None:
    """Its own output in the directory is no change; another output later is one."""
    with Watch([str(site)]) as watch:
        os.listdir(site)
        (site / "a.md").read_bytes()
        for name in ("a.md", "lists.json"):
            with atomic_file(site / name) as file:
                file.write(b"written")
        read = watch.inputs()
    assert read is not None
    assert read.change() == ""
    (site / "lists.json").write_bytes(b"Written")
    assert read.change() == str(site / "lists.json")


def test_the_date_is_an_input(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the moment has come, or the clock was set back, nothing holds any longer."""
    with Watch([str(site)]) as watch:
        holds_until(datetime.now(UTC) + timedelta(days=2))
        holds_until(datetime.now(UTC) + timedelta(days=1))
        read = watch.inputs()
    assert read is not None
    assert read.change() == ""
    now = time.time()
    for days, change in ((0.9, ""), (1.1, "the date"), (-1, "the date")):
        monkeypatch.setattr(module.time, "time", lambda days=days: now + days * 86_400)
        assert read.change() == change


def test_sqlite_is_watched_with_its_log(tmp_path: Path) -> None:
    """SQLite opens its files by itself; the latest changes are in the log beside them."""
    path = tmp_path / "blog.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE articles (id TEXT)")
    database.commit()
    with Watch([str(path)]) as watch:
        sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("SELECT * FROM articles")
        read = watch.inputs()
    assert read is not None
    database.execute("INSERT INTO articles VALUES ('rye')")
    database.commit()
    assert read.change() == f"{path}-wal"


def test_the_program_itself_is_no_input(site: Path) -> None:
    """Modules that are loaded meanwhile, and files of the system, are not noted."""
    with Watch([str(site)]) as watch:
        Path(os.__file__).read_bytes()
        Path(module.__file__).read_bytes()
        read = watch.inputs()
    assert read is not None
    assert read.files == {}


def test_outside_a_watch_nothing_is_noted(site: Path) -> None:
    """The hook stays in the process, without effect."""
    read_all(site)
    (site / "a.md").read_bytes()
    with Watch([str(site)]) as watch:
        read = watch.inputs()
    assert read is not None
    assert read.files == {}


def test_a_digest_that_is_not_certain_is_computed(tmp_path: Path) -> None:
    """Time 0 means that only the bytes count."""
    file = tmp_path / "a"
    file.write_bytes(b"rye")
    state = FileState(3, 0, module.digest_of_bytes(b"rye"))
    assert is_same(str(file), state)
    assert not is_same(str(file), FileState(3, 0, module.digest_of_bytes(b"oat")))
    assert not is_same(str(tmp_path / "none"), state)
