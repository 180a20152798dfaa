"""Files are whole or not there, and killed runs leave nothing for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from recommender.errors import OutputError
from recommender.index.inputs import TEMPORARY as SUFFIX
from recommender.outputs import atomic
from recommender.outputs.atomic import atomic_file

WRITE = """
import sys, time
from recommender.outputs.atomic import atomic_file
with atomic_file(sys.argv[1]) as file:
    file.write(b"x" * 2_000_000)
    file.flush()
    print("writing", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def start(target: Path, seconds: float = 60) -> subprocess.Popen[str]:
    """Start a process that is in the middle of writing a file."""
    run = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(target), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "writing\n"
    return run


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(SUFFIX))


@pytest.mark.parametrize("sign", ["SIGKILL", "SIGTERM"])
def test_next_run_removes_what_a_killed_one_left(tmp_path: Path, sign: str) -> None:
    """The old file stays, and so does the temporary file of a run that lives."""
    target = tmp_path / "lists.json"
    target.write_text("old")
    dead, living = start(target), start(tmp_path / "other.json")
    try:
        dead.send_signal(getattr(signal, sign))
        dead.wait(30)
        assert target.read_text() == "old"
        assert len(left_in(tmp_path)) == 2
        start(target, 0).wait(30)
        assert [name.partition(".json")[0] for name in left_in(tmp_path)] == [".other"]
        assert target.stat().st_size == 2_000_000
    finally:
        living.kill()
        living.wait(30)


def test_runs_at_once_into_one_file_give_one_of_them_whole(tmp_path: Path) -> None:
    """Each writes to its own file; the last to finish remains, and no other file is left."""
    runs = [start(tmp_path / "lists.json", 0.2) for _ in range(4)]
    assert [run.wait(30) for run in runs] == [0] * 4
    assert (tmp_path / "lists.json").read_bytes() == b"x" * 2_000_000
    assert left_in(tmp_path) == []


def only_old_files_go(tmp_path: Path) -> None:
    """Write a file beside two temporary ones: the one that is two days old is removed."""
    old, new = (tmp_path / f".{name}.0{SUFFIX}" for name in ("old", "new"))
    for path in (old, new):
        path.touch()
    os.utime(old, (time.time() - 2 * atomic.DAY,) * 2)
    with atomic_file(tmp_path / "lists.json") as file:
        file.write(b"{}")
    assert left_in(tmp_path) == [new.name]


def test_without_locks_only_old_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without locks of the file system, a file counts as left over after a day without a write."""
    monkeypatch.setattr(atomic, "_lock", lambda handle: None)
    only_old_files_go(tmp_path)


def test_odd_things_with_the_name_of_a_temporary_file_do_no_harm(tmp_path: Path) -> None:
    """A pipe is not waited for, a directory and a link's target stay."""
    os.mkfifo(tmp_path / f".pipe{SUFFIX}")
    (tmp_path / f".folder{SUFFIX}").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / f".link{SUFFIX}").symlink_to("mine")
    with atomic_file(tmp_path / "lists.json") as file:
        file.write(b"{}")
    assert (tmp_path / "mine").read_text() == "mine"
    assert (tmp_path / f".folder{SUFFIX}").is_dir()


def test_new_file_has_the_permissions_that_umask_leaves(tmp_path: Path) -> None:
    """The mask of the process is not touched, which other threads make files by."""
    masks: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            probe = tmp_path / "probe"
            probe.unlink(missing_ok=True)
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL, 0o666))
            masks.add(probe.stat().st_mode & 0o777)

    before = os.umask(0o027)
    watcher = threading.Thread(target=watch)
    try:
        watcher.start()
        for number in range(200):
            with atomic_file(tmp_path / f"{number}.json", durable=False) as file:
                file.write(b"{}")
    finally:
        done.set()
        watcher.join()
        os.umask(before)
    assert masks == {0o640}
    assert {p.stat().st_mode & 0o777 for p in tmp_path.glob("*.json")} == {0o640}


def test_directory_is_no_file_to_write(tmp_path: Path) -> None:
    """The error comes before anything is written."""
    with pytest.raises(OutputError, match="is a directory"), atomic_file(tmp_path):
        raise AssertionError("opened")


KILLED = """
import os, random, signal, sys, time
from recommender.outputs.atomic import atomic_file
target, draw = sys.argv[1], random.Random(1)
whole = [bytes([letter]) * 1_000_000 for letter in b"ab"]
with atomic_file(target) as file:
    file.write(whole[0])
for _ in range(20):
    child = os.fork()
    if not child:
        while True:
            for data in whole:
                with atomic_file(target) as file:
                    file.write(data)
    time.sleep(draw.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with open(target, "rb") as file:
        assert file.read() in whole
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_file_is_whole_whenever_the_run_is_killed(tmp_path: Path) -> None:
    """Twenty runs killed at any moment: the file is the old one or the new one."""
    target = tmp_path / "lists.json"
    subprocess.run([sys.executable, "-c", KILLED, str(target)], check=True, timeout=120)
    start(target, 0).wait(30)
    assert left_in(tmp_path) == []
