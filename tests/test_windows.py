"""Windows, as far as it can be played here: what has no POSIX has its other branch.

The fixture takes away what Windows does not have, and forbids what it does not allow: to rename
or remove an open or mapped file, to open a directory, to flush a file that is open for reading.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from conftest import Command
from integration.sites import write_files
from outputs.test_atomic import only_old_files_go

from recommender import ArticleRecommender, load, resources
from recommender.cli import starter
from recommender.errors import OutputError
from recommender.index import inputs, locks
from recommender.index.inputs import TEMPORARY
from recommender.index.store import locked
from recommender.outputs import atomic
from recommender.outputs.atomic import atomic_file

pytestmark = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")

POSIX_ONLY = {
    os: ("O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fork", "sched_getaffinity", "sysconf"),
    signal: ("SIGALRM", "SIGHUP", "SIGKILL"),
}
ARTICLES = {
    "rye": "Sow the rye early in the autumn, in rows, and roll the ground after it.",
    "oats": "Sow the oats in spring, in rows, and roll the ground before the rain.",
    "ferry": "The ferry leaves the harbour at dawn and is back before the evening.",
    "port": "The harbour waits for the ferry, which is late in the evening again.",
}


def is_open(path: Any) -> bool:
    """Return whether this process has a file open or mapped."""
    real = os.path.realpath(path)
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{number}") == real:
                return True
        except OSError:  # the listing itself
            continue
    return f" {real}\n" in Path("/proc/self/maps").read_text()


def is_read_only(path: Any) -> bool:
    """Return whether there is a file that its owner may not write."""
    return os.path.exists(path) and not os.stat(path).st_mode & stat.S_IWRITE


def forbid_what_is_open(patch: pytest.MonkeyPatch, name: str) -> None:
    """Let a call fail if one of its files is open, or if it would remove a read-only one."""
    call = getattr(os, name)

    def careful(*paths: Any, **more: Any) -> None:
        for path in paths if not more else ():
            if is_open(path) or (path is paths[-1] and is_read_only(path)):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
        call(*paths, **more)

    patch.setattr(os, name, careful)


def lock_byte(handle: int, mode: int, count: int) -> None:
    """Lock a byte far behind the end of a file, as `msvcrt.locking` does."""
    assert (os.lseek(handle, 0, os.SEEK_CUR), mode, count) == (1 << 30, 2, 1)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None


def forbid_directories_and_flushes(patch: pytest.MonkeyPatch) -> None:
    """Open no directory as a file; flush no file that is open for reading."""
    real_open, real_fsync = os.open, os.fsync

    def open_file(path: Any, *arguments: Any, **more: Any) -> int:
        if not more and os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, *arguments, **more)

    def fsync(handle: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real_fsync(handle)

    patch.setattr(os, "open", open_file)
    patch.setattr(os, "fsync", fsync)


def no_c_library(name: str | None, *_: Any, **__: Any) -> Any:
    """Fail as `ctypes.CDLL` does, which finds no library without a name."""
    raise TypeError(f"bad argument type for built-in operation: {name}")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave of this system what Windows has too."""
    fake = SimpleNamespace(platform="win32", version_info=(3, 11), modules=sys.modules)
    monkeypatch.setattr(locks, "fcntl", None)
    for module in (atomic, inputs):
        monkeypatch.setattr(module, "WINDOWS", True)
    monkeypatch.setattr(resources, "sys", fake)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=lock_byte))
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(ctypes, "CDLL", no_c_library)
    forbid_directories_and_flushes(monkeypatch)
    for name in ("rename", "replace", "unlink"):
        forbid_what_is_open(monkeypatch, name)
    for module, names in POSIX_ONLY.items():
        for name in names:
            monkeypatch.delattr(module, name)
    cached = (atomic.remove_left, resources._malloc_trim)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.endswith(TEMPORARY)]


@pytest.mark.usefixtures("windows")
def test_build_keeps_its_index(run: Command, tmp_path: Path) -> None:
    """Lists are written, left as they are, and made again after an edit."""
    write_files(tmp_path / "content", {f"{k}.md": f"# {k}\n\n{v}\n" for k, v in ARTICLES.items()})
    first = run("build", "content", "-o", "lists.json")
    assert (first.code, left_in(tmp_path)) == (0, [])
    assert "nothing has changed" in run("build", "content", "-o", "lists.json").err.lower()
    rye = tmp_path / "content" / "rye.md"
    rye.write_text(rye.read_text() + "\nThe ferry brings the seed.\n")
    assert run("build", "content", "-o", "lists.json").code == 0
    kept = (tmp_path / "lists.json").read_bytes()
    assert run("build", "content", "-o", "lists.json", "--no-index").code == 0
    assert (tmp_path / "lists.json").read_bytes() == kept


@pytest.mark.usefixtures("windows")
def test_site_writes_into_pages_and_takes_back(run: Command, tmp_path: Path) -> None:
    """Pages with Windows' line ends get their lists, and are restored byte for byte."""
    page = "<html><body><article>\r\n<h1>{}</h1>\r\n<p>{}</p>\r\n</article></body></html>\r\n"
    site = tmp_path / "public"
    site.mkdir()
    before = {f"{k}.html": page.format(k, v).encode() for k, v in ARTICLES.items()}
    for name, content in before.items():
        (site / name).write_bytes(content)
    assert run("site", "public").code == 0
    assert all(b"recommender:start" in (site / name).read_bytes() for name in before)
    assert run("inject", "public", "--remove").code == 0
    assert {name: (site / name).read_bytes() for name in before} == before


@pytest.mark.usefixtures("windows")
def test_saved_model_can_be_replaced_while_it_is_mapped(tmp_path: Path) -> None:
    """A model that is in use keeps its files; the new one has files of its own."""
    table = pd.DataFrame({"id": [*ARTICLES], "title": "", "text": [*ARTICLES.values()]})
    model = ArticleRecommender(min_df=1).fit(table)
    model.save(tmp_path / "model")
    used = load(tmp_path / "model")
    ArticleRecommender(min_df=1).fit(table.iloc[:3]).save(tmp_path / "model")
    assert [*used.articles_["id"]] == sorted(ARTICLES)
    assert used.recommend(["rye"]).equals(model.recommend(["rye"]))
    assert len(load(tmp_path / "model").articles_) == 3


@pytest.mark.usefixtures("windows")
def test_temporary_files_of_killed_runs_go(tmp_path: Path) -> None:
    """After a day: a file that is being written cannot be told from one that was left."""
    only_old_files_go(tmp_path)


@pytest.mark.usefixtures("windows")
def test_a_file_that_is_being_read_is_waited_for(tmp_path: Path) -> None:
    """It is replaced as soon as its reader closes it."""
    target = tmp_path / "lists.json"
    target.write_text("old")
    with open(target) as reader:
        closing = threading.Timer(0.1, reader.close)
        closing.start()
        with atomic_file(target) as file:
            file.write(b"new")
        closing.join()
    assert target.read_text() == "new"


@pytest.mark.usefixtures("windows")
def test_a_file_that_stays_open_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file stays, the temporary one goes."""
    monkeypatch.setattr(atomic, "WAITS", (0.01,))
    target = tmp_path / "lists.json"
    target.write_text("old")
    with (
        open(target),
        pytest.raises(OutputError, match="permission denied"),
        atomic_file(target) as file,
    ):
        file.write(b"new")
    assert (target.read_text(), left_in(tmp_path)) == ("old", [])


@pytest.mark.usefixtures("windows")
def test_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    """The lock of an index is a byte of its lock file."""
    told: list[str] = []
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path, told.append):
            order.append("second")

    with locked(tmp_path, print):
        other = threading.Thread(target=second)
        other.start()
        while not told:
            time.sleep(0.01)
        order.append("first")
    other.join(30)
    assert order == ["first", "second"]


@pytest.mark.usefixtures("windows")
def test_a_read_only_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file is not read-only too, or it could not be removed."""
    monkeypatch.setattr(atomic, "WAITS", (0.01,))
    target = tmp_path / "lists.json"
    target.write_text("old")
    target.chmod(stat.S_IREAD)
    with pytest.raises(OutputError, match="permission denied"), atomic_file(target) as file:
        file.write(b"new")
    assert (target.read_text(), left_in(tmp_path)) == ("old", [])


@pytest.mark.usefixtures("windows")
def test_work_is_done_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is copied; without the calls of POSIX, processors and memory are estimated."""
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(resources, "ROOT", Path("/nowhere"))
    assert resources.processors() == 4
    assert resources.available_memory() == 16_000_000_000
    assert resources.in_processes(len, ["rye", "oats"], least=1) == [3, 4]
    resources.give_back()


def test_settings_are_written_with_slashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`init` writes no path with backslashes, which TOML would take for escapes."""
    monkeypatch.setattr(os.path, "relpath", lambda *_: "src\\_data\\related.json")
    monkeypatch.setattr(os, "sep", "\\")
    assert starter._relative(tmp_path, tmp_path) == "src/_data/related.json"
