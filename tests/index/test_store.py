"""Files that are kept as a whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from recommender.errors import OutputError
from recommender.index import store as module
from recommender.index.store import NAME, Store, locked


class Facts(msgspec.Struct):
    """What a test keeps."""

    run: int


def kept(folder: Path) -> tuple[Facts | None, bytes | None, str]:
    """Return what a new process would find."""
    store = Store(folder)
    facts = store.facts(Facts)
    return facts, store.part("rows.bin"), store.problem


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Facts and parts come back; the directory asks not to be committed or backed up."""
    assert kept(tmp_path / "index") == (None, None, "")
    Store(tmp_path / "index").write(Facts(1), {"rows.bin": b"rye"})
    assert kept(tmp_path / "index") == (Facts(1), b"rye", "")
    assert (tmp_path / "index" / ".gitignore").read_text() == "*\n"
    assert (
        (tmp_path / "index" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d17")
    )


def test_old_files_go_with_the_next_run(tmp_path: Path) -> None:
    """Also those of a killed run, that nothing names."""
    Store(tmp_path).write(Facts(1), {"rows.bin": b"rye"})
    (tmp_path / "rows-0000.bin").write_bytes(b"of a killed run")
    Store(tmp_path).write(Facts(2), {"rows.bin": b"oats"})
    names = sorted(os.listdir(tmp_path))
    assert [name for name in names if name.startswith("rows")] == [
        f"rows-{module.digest_of_bytes(b'oats')[:16]}.bin"
    ]
    assert kept(tmp_path) == (Facts(2), b"oats", "")


def test_a_part_that_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    """Its name is its digest."""
    store = Store(tmp_path)
    store.write(Facts(1), {"rows.bin": b"rye"})
    (file,) = tmp_path.glob("rows-*")
    before = file.stat().st_mtime_ns
    store.write(Facts(2), {"rows.bin": b"rye"})
    assert file.stat().st_mtime_ns == before


def test_parts_may_stay_unread(tmp_path: Path) -> None:
    """A run that names them keeps them; those that are not there are ignored."""
    Store(tmp_path).write(Facts(1), {"rows.bin": b"rye"})
    store = Store(tmp_path)
    store.facts(Facts)
    store.write(Facts(2), {"more.bin": b"oats"}, same=["rows.bin", "others.bin"])
    assert kept(tmp_path) == (Facts(2), b"rye", "")
    store.write(Facts(3), {})
    assert kept(tmp_path) == (Facts(3), None, "")


def test_a_damaged_part_is_written_again(tmp_path: Path) -> None:
    """Even if its bytes are to be what they were before."""
    Store(tmp_path).write(Facts(1), {"rows.bin": b"rye"})
    next(tmp_path.glob("rows-*")).write_bytes(b"dry")
    store = Store(tmp_path)
    store.facts(Facts)
    assert store.part("rows.bin") is None
    store.write(Facts(2), {"rows.bin": b"rye"}, same=["rows.bin"])
    assert kept(tmp_path) == (Facts(2), b"rye", "")
    next(tmp_path.glob("rows-*")).write_bytes(b"dry")
    assert store.file("rows.bin", verify=True) is None
    store.write(Facts(3), {"rows.bin": b"rye"})
    assert kept(tmp_path) == (Facts(3), b"rye", "")


@pytest.mark.parametrize("size", [0, 3, module.BUFFER + 1])
def test_a_part_may_be_an_open_file(tmp_path: Path, size: int) -> None:
    """All of it is written, wherever the file stands."""
    store = Store(tmp_path)
    with store.unnamed_file() as file:
        file.write(bytes(size))
        store.write(Facts(1), {"rows.bin": file})
        assert [entry.name for entry in tmp_path.iterdir() if entry.name[:3] == "tmp"] == []
    assert kept(tmp_path) == (Facts(1), bytes(size), "")


@pytest.mark.parametrize("place", ["rows", NAME])
@pytest.mark.parametrize("at", [0, 0.5, 0.999])
@pytest.mark.parametrize("cut", [True, False])
def test_damage_is_noticed_and_named(tmp_path: Path, place: str, at: float, cut: bool) -> None:
    """A file that is cut, or has one other byte, counts as missing."""
    Store(tmp_path).write(Facts(1), {"rows.bin": b"rye" * 100})
    (file,) = (f for f in tmp_path.iterdir() if f.name.startswith(place))
    data = bytearray(file.read_bytes())
    where = int(at * len(data))
    data[where] ^= 1
    file.write_bytes(data[:where] if cut else data)
    facts, part, problem = kept(tmp_path)
    assert part is None
    assert (facts is None) == (place == NAME)
    assert problem == f"{file}: is damaged, its digest is another"


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    """Somebody cleaned up half of the directory."""
    Store(tmp_path).write(Facts(1), {"rows.bin": b"rye"})
    next(tmp_path.glob("rows-*")).unlink()
    assert kept(tmp_path)[1] is None
    assert "no such file" in kept(tmp_path)[2]


def test_another_format_counts_as_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of another version is made again without a warning."""
    Store(tmp_path).write(Facts(1), {})
    monkeypatch.setattr(module, "FORMAT", 2)
    assert kept(tmp_path) == (None, None, "")
    monkeypatch.setattr(module, "FORMAT", 1)
    store = Store(tmp_path)
    assert store.facts(dict[str, str]) is None
    assert store.problem == ""


def test_a_run_that_fails_while_writing_leaves_the_old_index(
    tmp_path: Path, full_at: Callable[[int], AbstractContextManager[None]]
) -> None:
    """At each file: whatever cannot be written, the last run is still there as a whole."""
    Store(tmp_path).write(Facts(1), {"rows.bin": b"rye", "more.bin": b"1"})
    for failing in range(3):
        with full_at(failing), pytest.raises(OutputError, match="no space left"):
            Store(tmp_path).write(Facts(2), {"rows.bin": b"oats", "more.bin": b"2"})
        assert kept(tmp_path) == (Facts(1), b"rye", "")


KILLED = """
import sys
from pathlib import Path
from recommender.index.store import locked
with locked(Path(sys.argv[1]), print):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    """A second run waits for the first, and a killed one holds nothing."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout
    assert first.stdout.readline() == "locked\n"
    told: list[str] = []

    def kill(line: str) -> None:
        told.append(line)
        first.kill()

    with locked(tmp_path, kill):
        assert told == [f"Waiting for another run that uses {tmp_path}"]
    first.communicate()


def test_nothing_is_left_of_a_run_that_kept_nothing(tmp_path: Path) -> None:
    """A first run that fails does not leave an empty directory."""
    store = Store(tmp_path / ".recommender" / "build")
    with locked(store.folder, print):
        pass
    store.remove_if_empty()
    assert list(tmp_path.iterdir()) == []
    store.write(Facts(1), {})
    store.remove_if_empty()
    assert kept(store.folder)[0] == Facts(1)


def test_a_file_is_found_by_its_name(tmp_path: Path) -> None:
    """Given in pieces; its size is always compared, its digest if wanted."""
    Store(tmp_path).write(Facts(1), {"rows.bin": [b"ry", memoryview(b"e")]})
    store = Store(tmp_path)
    assert store.facts(Facts) == Facts(1)
    path = store.file("rows.bin", verify=True)
    assert path is not None
    assert path.read_bytes() == b"rye"
    path.write_bytes(b"oat")
    assert store.file("rows.bin") == path
    assert store.file("rows.bin", verify=True) is None
    assert store.problem == f"{path}: is damaged, its digest is another"
    path.write_bytes(b"oats")
    assert store.facts(Facts) == Facts(1)
    assert store.file("rows.bin") is None
    assert store.problem == f"{path}: is damaged, expected 3 bytes, got 4"
    assert store.file("none.bin") is None
    assert "names no file none.bin" in store.problem


def test_files_of_others_stay(tmp_path: Path) -> None:
    """A store removes only what has a name of its own kind; no cache, it hides nothing."""
    for name in ("notes.txt", "my-file.npy", "rows-0123456789abcdef.bin"):
        (tmp_path / name).write_text("mine")
    Store(tmp_path, cache=False).write(Facts(1), {})
    assert sorted(os.listdir(tmp_path)) == [NAME, "lock", "my-file.npy", "notes.txt"]
