"""A fault at every call that writes: the files are whole, the run says what to do, the next mends.

`crash` notes the calls, see there; it kills runs at them too (``make crash N=200``).
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from conftest import ROOT, Command, Run
from crash import Site, Step, Steps, index_of, left, outputs

from recommender.cli import kept
from recommender.index.inputs import digest_of_bytes
from recommender.index.store import NAME
from recommender.outputs import atomic

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="steps are named by /proc")

ERRORS = [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EIO]
THOROUGH = bool(os.environ.get("THOROUGH"))
"""Whether each error is tried at each call, and 100 builds are watched, which takes minutes."""


@pytest.fixture
def build(tmp_path: Path) -> Site:
    """A few files of Markdown."""
    return Site(tmp_path, "build")


def clean(run: Command, site: Site) -> dict[str, bytes]:
    """Return what a run without an index writes, and leave everything as it was."""
    before = site.folder / "before"
    shutil.copytree(site.folder / "content", before)
    lists = site.folder / "lists.json"
    old = lists.read_bytes() if lists.exists() else None
    assert run(*site.arguments, "--no-index").code == 0
    new = outputs(site.folder, site.verb)
    shutil.rmtree(site.content)
    before.rename(site.content)
    if old is not None:
        lists.write_bytes(old)
    return new


def with_fault(run: Command, site: Site, steps: Steps) -> Run:
    atomic.remove_left.cache_clear()
    with steps.noted():
        return run(*site.arguments)


@pytest.mark.parametrize("verb", ["build", "site"])
def test_a_fault_at_any_step_costs_nothing_but_the_run(
    run: Command, tmp_path: Path, verb: str
) -> None:
    """The errors of a full, broken or read-only disk in turn, at each call that writes."""
    site, draw = Site(tmp_path / "site", verb, pages=4), random.Random(3)
    os.chdir(site.folder)
    assert run(*site.arguments).code == 0
    site.edit(draw)
    new = clean(run, site)
    old, saved = outputs(site.folder, verb), tmp_path / "saved"
    shutil.copytree(site.folder, saved)
    whole = Steps()
    assert with_fault(run, site, whole).code == 0
    assert outputs(site.folder, verb) == new
    assert {step.call for step in whole.seen} >= {"open", "write", "fsync", "replace", "unlink"}
    for number, step in enumerate(whole.seen):
        for error in ERRORS if THOROUGH else [ERRORS[number % len(ERRORS)]]:
            restore(saved, site.folder)

            def fail(error: int = error) -> None:
                raise OSError(error, os.strerror(error))

            ended = with_fault(run, site, Steps(number, fail))
            where = f"{step} {errno.errorcode[error]}: {ended.err}"
            judge(step, ended, where)
            for name, data in outputs(site.folder, verb).items():
                assert data in (old[name], new[name]), where
            again = run(*site.arguments)
            assert again.code == 0, where
            assert "Warning" not in again.err, where
            assert outputs(site.folder, verb) == new, where
            kept_after = [] if step.call == "unlink" else left(site.folder)
            assert kept_after == [], where


def restore(saved: Path, folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(saved, folder, dirs_exist_ok=True)


def judge(step: Step, ended: Run, where: str) -> None:
    """A fault of the output is an error, one of the index a warning, with what to do."""
    assert "Traceback" not in ended.err, where
    if ended.code:
        assert ended.code == 1, where
        assert not step.of_index, where
        assert "cannot be written" in ended.err, where
        assert "\nHint: " in ended.err, where
        assert "unchanged" in ended.err, where
    if "Warning" in ended.err:
        assert step.of_index, where
        assert "the index cannot be written" in ended.err, where
        assert "--no-index" in ended.err, where
        assert "index_dir" in ended.err, where
    if step.call == "write":
        assert ended.code or "Warning" in ended.err, where


def test_what_is_named_is_on_the_disk_before(run: Command, tmp_path: Path) -> None:
    """A power cut at any moment: `index.json` names nothing that may not be there."""
    site = Site(tmp_path, "site", pages=4)
    assert run(*site.arguments).code == 0
    site.edit(random.Random(1))
    steps = Steps()
    assert with_fault(run, site, steps).code == 0
    of_index = [n for n, s in enumerate(steps.seen) if s.of_index and s.call == "replace"]
    last = of_index[-1]
    assert ".index.json." in steps.seen[last].path
    before = steps.seen[:last]
    flushed = [step.path for step in before if step.call == "fsync"]
    parts = [step.path for step in before if step.call == "replace" and step.of_index]
    assert len(parts) == 2
    for part in parts:
        assert str(Path(part).parent) in flushed[flushed.index(part) :]
    assert flushed[-1] == steps.seen[last].path
    pages = [path for path in site.content.rglob("*.html") if f"{path}" in flushed]
    assert {str(page) for page in pages} == {
        f"{Path(step.path).parent / 'index.html'}"
        for step in before
        if step.call == "replace" and not step.of_index
    }


def test_many_pages_are_flushed_at_once(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one they would take minutes; where that is not possible, they do."""
    from recommender.index import inputs

    site = Site(tmp_path, "site")
    asked: list[int] = []
    monkeypatch.setattr(inputs, "_flush_all", lambda handle: not asked.append(handle))
    assert run(*site.arguments).code == 0
    assert len(asked) == 1
    monkeypatch.setattr(inputs, "_flush_all", lambda _: False)
    shutil.rmtree(tmp_path / ".recommender")
    for number in site.texts:
        site._write(number, site.content)
    steps = Steps()
    assert with_fault(run, site, steps).code == 0
    written = [Path(s.path).parent for s in steps.seen if s.call == "replace" and not s.of_index]
    assert len(written) > inputs.MOST_SINGLY
    flushed = {step.path for step in steps.seen if step.call == "fsync"}
    assert {str(folder / "index.html") for folder in written} <= flushed


def parts_of(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob(".recommender/*/*") if "." in p.name[1:] and
                  p.name != "CACHEDIR.TAG")  # fmt: skip


@pytest.mark.parametrize("cut", [True, False])
def test_damage_is_named_once_and_mended(run: Command, build: Site, cut: bool) -> None:
    """Each file of the index cut at many lengths, or with one other bit; the source unchanged."""
    draw = random.Random(2)
    assert run(*build.arguments).code == 0
    new = outputs(build.folder, "build")
    for number in range(len(parts_of(build.folder))):
        for at in [0, 1, *(draw.random() for _ in range(6)), -1]:
            os.utime(build.content / "1.md", (number, number))
            (build.folder / "lists.json").unlink()
            path = parts_of(build.folder)[number]
            data = bytearray(path.read_bytes())
            where = at if isinstance(at, int) else int(at * len(data))
            data[where] ^= 1 << draw.randrange(8)
            path.write_bytes(data[:where] if cut else data)
            first, second = run(*build.arguments), run(*build.arguments)
            assert (first.code, second.code) == (0, 0), (path, where)
            assert first.err.count("Warning") == 1, (path, where)
            assert f"{path}: is damaged, " in first.err, (path, where)
            assert "; the index is made again" in first.err, (path, where)
            assert second.err.startswith("Nothing has changed"), (path, where)
            assert "Warning" not in second.err, (path, where)
            assert outputs(build.folder, "build") == new, (path, where)


@pytest.mark.parametrize("place", ["", "build", "lock", NAME, "files", "values"])
def test_something_else_in_place_of_the_index(run: Command, build: Site, place: str) -> None:
    """A file for a directory, or a directory for a file: the lists are built all the same."""
    assert run(*build.arguments, "--no-index").code == 0
    new = outputs(build.folder, "build")
    if place in ("", "build"):
        path = build.folder / ".recommender"
        if place:
            assert run(*build.arguments).code == 0
            (path,) = path.iterdir()
            shutil.rmtree(path)
        path.write_text("a file")
    else:
        assert run(*build.arguments).code == 0
        (path,) = build.folder.glob(f".recommender/*/{place}*")
        path.unlink()
        path.mkdir()
    (build.folder / "lists.json").unlink()
    ended = run(*build.arguments)
    assert ended.code == 0
    assert ended.err.count("Warning") in (1, 2)  # that it is damaged, and cannot be mended
    assert "index" in ended.err
    assert "--no-index" in ended.err or place == "files"
    assert outputs(build.folder, "build") == new


def disturbed(run: Command, monkeypatch: pytest.MonkeyPatch, site: Site, act: Callable[[], object]
              ) -> Run:  # fmt: skip
    """Run while another process does something after the lists are written."""
    keep = kept.Index._keep

    def act_first(*arguments: object) -> None:
        act()
        keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(kept.Index, "_keep", act_first)
    ended = run(*site.arguments)
    monkeypatch.setattr(kept.Index, "_keep", keep)
    return ended


@pytest.mark.parametrize("how", ["removed", "emptied", "replaced"])
def test_the_index_changes_in_the_middle_of_a_run(
    run: Command, build: Site, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Somebody cleans up, or a CI host restores its cache over it."""
    index, older = build.folder / ".recommender", build.folder / "older"
    assert run(*build.arguments).code == 0
    shutil.copytree(index, older)
    for _ in range(2):
        build.edit(random.Random(4))
        new = clean(run, build)

        def act() -> None:
            if how == "emptied":
                for path in index.glob("*/*"):
                    path.unlink()
            else:
                shutil.rmtree(index)
            if how == "replaced":
                shutil.copytree(older, index)

        ended = disturbed(run, monkeypatch, build, act)
        assert ended.code == 0
        assert "Warning" not in ended.err
        assert outputs(build.folder, "build") == new
        again = run(*build.arguments)
        assert "Warning" not in again.err
        assert outputs(build.folder, "build") == new
        assert left(build.folder) == []


READ = """
import sys
import time
from hashlib import sha256
from pathlib import Path
lists, index = map(Path, sys.argv[1:])
seen = set()
print("reading", flush=True)
while lists.exists():
    try:
        data = lists.read_bytes()
        kept, _, digest = index.read_bytes().rpartition(b"\\n")
    except FileNotFoundError:
        break
    assert sha256(kept).hexdigest() == digest.decode()
    seen.add(data)
    time.sleep(0.001)
print(len(seen), *(sha256(data).hexdigest() for data in seen))
"""


def test_readers_see_only_whole_files(run: Command, build: Site) -> None:
    """Builds that alternate between two contents, while another process reads."""
    page = build.content / "3.md"
    contents = [page.read_text(), page.read_text().replace("rye", "tide")]
    contents = [text + extra * 9 for text, extra in zip(contents, ("", " bread"), strict=True)]
    lists, whole = build.folder / "lists.json", set()
    for text in contents:
        page.write_text(text)
        assert run(*build.arguments).code == 0
        whole.add(digest_of_bytes(lists.read_bytes()))
    assert len(whole) == 2
    (index,) = index_of(build.folder)
    reader = subprocess.Popen(
        [sys.executable, "-c", READ, str(lists), index], stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout
    assert reader.stdout.readline() == "reading\n"
    for _, text in zip(range(100 if THOROUGH else 20), cycle(contents), strict=False):
        page.write_text(text)
        assert run(*build.arguments).code == 0
    lists.unlink()
    said, _ = reader.communicate(timeout=60)
    assert reader.returncode == 0
    assert said.split() == ["2", *said.split()[1:]]
    assert set(said.split()[1:]) == whole


HOLD = """
import sys
from pathlib import Path
from recommender.index.store import locked
with locked(Path(sys.argv[1]), print) as lock:
    lock.at_work()
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def builds(build: Site) -> Iterator[list[subprocess.Popen[str]]]:
    """Starts processes, and ends them."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start(site: Site, builds: list[subprocess.Popen[str]], *command: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, *command], cwd=site.folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )
    builds.append(process)
    return process


def test_a_build_waits_for_another_even_if_that_is_killed(
    run: Command, build: Site, builds: list[subprocess.Popen[str]]
) -> None:
    """It says so, goes on once the lock is free, and does all of the work."""
    assert run(*build.arguments).code == 0
    (index,) = index_of(build.folder)
    holder = start(build, builds, "-c", HOLD, str(Path(index).parent))
    assert holder.stdout
    assert holder.stdout.readline() == "locked\n"
    waiting = start(build, builds, "-m", "recommender", *build.arguments)
    assert waiting.stderr
    folder = Path(index).parent.relative_to(build.folder)
    assert waiting.stderr.readline().endswith(f"{folder}\n")
    new = outputs(build.folder, "build")
    holder.kill()
    _, said = waiting.communicate(timeout=120)
    assert waiting.returncode == 0
    assert said.startswith("Read 12 articles")
    assert outputs(build.folder, "build") == new
    assert run(*build.arguments).err.startswith("Nothing has changed")


def test_two_builds_at_once_write_the_same(
    run: Command, build: Site, builds: list[subprocess.Popen[str]]
) -> None:
    """One waits for the other, or both find the index in turn."""
    assert run(*build.arguments).code == 0
    build.edit(random.Random(5))
    new = clean(run, build)
    for _ in range(2):
        start(build, builds, "-m", "recommender", *build.arguments)
    for process in builds:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert "Warning" not in said
    assert outputs(build.folder, "build") == new
    assert left(build.folder) == []


def test_killed_runs_lose_mix_and_leave_nothing() -> None:
    """Twelve moments; ``make crash`` takes as many as one likes."""
    script = [sys.executable, str(ROOT / "tests" / "crash.py"), "12", "--seed", "7"]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("12 kills: nothing lost, mixed or left\n")


def test_what_a_dead_run_left_is_found_though_nothing_has_changed(
    run: Command, build: Site
) -> None:
    """The edit of the killed run was taken back, so no file differs from the last index."""
    assert run(*build.arguments).code == 0
    (index,) = index_of(build.folder)
    dead = build.folder / f".lists.json.0{atomic.TEMPORARY}"
    dead.write_text("half")
    (Path(index).parent / "lock").write_text("1")
    atomic.remove_left.cache_clear()
    assert run(*build.arguments).code == 0
    assert not dead.exists()
    assert run(*build.arguments).err.startswith("Nothing has changed")


def test_site_removes_what_a_dead_run_left_beside_a_page_that_does_not_change(
    run: Command, tmp_path: Path
) -> None:
    """Its list may be the one that it has."""
    site = Site(tmp_path, "site")
    assert run(*site.arguments).code == 0
    dead = site.content / "p3" / f".index.html.0{atomic.TEMPORARY}"
    dead.write_text("half")
    atomic.remove_left.cache_clear()
    assert run(*site.arguments, "--no-index").code == 0
    assert not dead.exists()
