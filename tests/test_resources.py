"""The limits of a process are obeyed, and memory is given back where the system can be asked."""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import json
import math
import multiprocessing
import os
import pkgutil
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recommender import resources as memory
from recommender.cli.main import cli, main
from recommender.resources import in_processes, using

THREADS = [1, 2, 5]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits and copies of Linux")
TOLD = "from recommender.resources import *; print(processors(), available_memory())"
MB = 1_000_000


def resident() -> int:
    """Return the bytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_freed_memory_is_given_back() -> None:
    """Many small texts, with a few kept here and there, free nearly all their memory."""
    texts = [b"x" * 1000 + bytes([n % 256]) for n in range(100_000)]
    kept = texts[::1000]
    texts.clear()
    before = resident()
    memory.give_back()
    assert before - resident() > 50_000_000
    assert len(kept) == 100


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that function of the C library nothing is done."""
    monkeypatch.setattr(memory, "_malloc_trim", lambda: None)
    memory.give_back()


def groups(root: Path, lines: str, files: dict[str, str]) -> Path:
    """Write the files that tell a process of its control groups."""
    for name, text in {"proc/self/cgroup": lines, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("lines", "files", "processors", "limit"),
    [
        ("", {}, math.inf, math.inf),
        ("0::/\n", {"cpu.max": "max 100000\n", "memory.max": "max\n"}, math.inf, math.inf),
        ("0::/\n", {"cpu.max": "100000 100000\n", "memory.max": "1000000000\n"}, 1, 1000 * MB),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2, math.inf),
        ("0::/\n", {"cpu.max": "5000 100000\n"}, 1, math.inf),
        ("0::/a/b\n", {"a/cpu.max": "200000 100000\n", "a/b/cpu.max": "max 100000\n",
                       "a/memory.max": "7000\n", "a/b/memory.max": "9000\n"}, 2, 7000),
        ("0::/../../x\n", {"memory.max": "7000\n"}, math.inf, 7000),
        ("0::/\n", {"cpu.max": "rye\n", "memory.max": ""}, math.inf, math.inf),
        ("4:memory:/m\n3:cpu,cpuacct:/c\n0::/\n",
         {"cpu/c/cpu.cfs_quota_us": "300000\n", "cpu/c/cpu.cfs_period_us": "100000\n",
          "memory/m/memory.limit_in_bytes": "5000\n"}, 3, 5000),
        ("4:memory:/docker/m\n3:cpu:/docker/m\n",
         {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
          "memory/memory.limit_in_bytes": "5000\n"}, math.inf, 5000),
    ],
)  # fmt: skip
def test_limits_of_control_groups_are_read(
    tmp_path: Path, lines: str, files: dict[str, str], processors: float, limit: float
) -> None:
    """Version 1 and 2, groups within groups, no limit, paths of the host in a container."""
    root = groups(tmp_path, lines, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    assert memory._quota(root) == processors
    assert memory._group_memory(root) == limit


def test_a_machine_without_control_groups_has_no_such_limit(tmp_path: Path) -> None:
    """As macOS and Windows."""
    assert (memory._quota(tmp_path), memory._group_memory(tmp_path)) == (math.inf, math.inf)


def test_a_small_container_gets_one_thread_and_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One processor of quota and 1 GB: pools and the default limit of the search obey."""
    root = groups(
        tmp_path,
        "0::/\n",
        {"sys/fs/cgroup/cpu.max": "100000 100000", "sys/fs/cgroup/memory.max": "1000000000"},
    )
    monkeypatch.setattr(memory, "ROOT", root)
    assert (memory.processors(), memory.available_memory()) == (1, 1000 * MB)
    with memory.using(3):
        assert memory.processors() == 3


def limited(code: str, **limits: Any) -> str:
    """Return what Python prints in a process that was limited before it began.

    At a few sizes, a hash table of pandas crashes where memory ends; then 5 MB less must do.
    """
    for less in (0, 5, 10):
        changed = {"space": limits["space"] - less * MB} if less else {}
        done = _limited(code, limits | changed)
        if done.returncode >= 0 or "space" not in limits:
            break
    assert done.returncode >= 0, f"killed by signal {-done.returncode}"
    return done.stdout + done.stderr


def _limited(code: str, limits: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if "processors" in limits:
            os.sched_setaffinity(0, limits["processors"])
        if "space" in limits:
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (limits["space"], limits["space"]))

    command = [sys.executable, *code.split("\0")]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)


@LINUX
def test_affinity_and_address_space_of_a_process_are_obeyed() -> None:
    """One processor of those there are, and 600 MB, set for real."""
    one = {min(os.sched_getaffinity(0))}
    told = limited(f"-c\0{TOLD}", processors=one, space=600 * MB).split()
    assert told[0] == "1"
    assert int(told[1]) <= 600 * MB


@LINUX
@pytest.mark.parametrize("space", [400, 500, 700])
def test_a_build_without_memory_says_so(tmp_path: Path, space: int) -> None:
    """20,000 short articles within little address space: lists, or one clear message."""
    words = [f"w{number}" for number in range(5000)]
    source, output = tmp_path / "a.jsonl", tmp_path / "lists.json"
    draw = random.Random(1)
    with source.open("w") as file:
        for number in range(20_000):
            text = " ".join(draw.choices(words, k=30))
            file.write(json.dumps({"id": f"a{number}", "title": text[:20], "text": text}) + "\n")
    command = f"-m\0recommender\0-q\0build\0{source}\0-o\0{output}"
    said = limited(command, space=space * MB)
    if output.exists():
        assert said == ""
    else:
        first = said.partition("\n")[0]
        assert first.startswith("Error: ")
        assert "out of memory" in first or first.endswith("does not fit into memory")
        assert "Traceback" not in said
    assert {path.name for path in tmp_path.iterdir()} <= {"a.jsonl", "lists.json"}


@pytest.mark.parametrize("threads", THREADS)
def test_results_of_threads_come_in_order(threads: int) -> None:
    """However long each takes, of a list or of what yields its items one by one."""
    waits = [0.02, 0.0, 0.01, 0.0]

    def work(wait: float) -> float:
        time.sleep(wait)
        return wait

    with memory.using(threads):
        assert memory.in_threads(work, waits) == waits
        assert memory.in_threads(work, iter(waits)) == waits
        assert memory.in_threads(work, []) == []


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_in_a_thread_is_raised_as_it_is(threads: int) -> None:
    """Not lost, and not wrapped."""

    def work(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    with memory.using(threads), pytest.raises(ValueError, match=r"^two$"):
        memory.in_threads(work, range(4))


def test_number_of_threads_holds_inside_and_ends_with_its_block() -> None:
    """Blocks nest, and an error ends them too."""
    outside = memory.processors()
    with memory.using(3):
        with memory.using(1):
            assert memory.processors() == 1
        with contextlib.suppress(ZeroDivisionError), memory.using(2):
            raise ZeroDivisionError
        assert memory.processors() == 3
        with memory.using(None):
            assert memory.processors() == outside
    assert memory.processors() == outside


def test_number_of_threads_is_that_of_the_calling_thread() -> None:
    """Another thread of the same program has its own."""
    found: list[int] = []
    outside = memory.processors()
    with memory.using(outside + 1):
        other = threading.Thread(target=lambda: found.append(memory.processors()))
        other.start()
        other.join()
    assert found == [outside]


def test_drained_items_are_let_go_one_by_one() -> None:
    """In order; what is already out is no longer held by the list."""
    items = [object() for _ in range(3)]
    expected = list(items)
    seen = []
    for item in memory.drained(items):
        seen.append(item)
        assert len(items) == 3 - len(seen)
    assert seen == expected
    assert list(memory.drained([])) == []


def test_parts_that_were_not_compiled_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its module, so that `check` can say what is slow."""
    assert memory.missing_extensions() == []
    monkeypatch.setattr(memory, "find_spec", lambda name: None if "overlap" in name else name)
    assert memory.missing_extensions() == ["vectors._overlap"]


def _in_a_process(number: int) -> tuple[int, int]:
    return number, os.getpid()


def _fails_in_a_helper(number: int) -> int:
    if os.getpid() != THIS:
        os._exit(3) if number % 2 else sys.exit(number)
    return number


def _fails_everywhere(number: int) -> int:
    raise ValueError(number)


THIS = os.getpid()


@LINUX
@pytest.mark.usefixtures("no_other_threads")
@pytest.mark.parametrize("processors", [2, 3])
def test_results_of_processes_are_in_order(processors: int) -> None:
    """Every item is computed once, this process computes its share, and no helper is left."""
    with using(processors):
        results = in_processes(_in_a_process, range(1_000), least=10)
    assert [number for number, _ in results] == list(range(1_000))
    workers = {worker for _, worker in results}
    assert len(workers) == processors
    assert os.getpid() in workers
    assert multiprocessing.active_children() == []


def test_one_thread_means_one_process() -> None:
    """With one thread, or with too few items, nothing is computed elsewhere."""
    with using(1):
        alone = in_processes(_in_a_process, range(100), least=1)
    with using(2):
        few = in_processes(_in_a_process, range(100), least=51)
    assert {worker for _, worker in [*alone, *few]} == {os.getpid()}


@LINUX
@pytest.mark.usefixtures("no_other_threads")
def test_the_share_of_a_helper_that_dies_is_computed_here() -> None:
    """Nothing is lost if a helper is killed or fails."""
    with using(3):
        assert in_processes(_fails_in_a_helper, range(100), least=1) == list(range(100))


@LINUX
@pytest.mark.usefixtures("no_other_threads")
def test_an_exception_is_that_of_the_work() -> None:
    """An error in any process is raised here, as without processes, and no helper is left."""
    with using(2), pytest.raises(ValueError, match=r"^\d+$"):
        in_processes(_fails_everywhere, range(100), least=1)
    assert multiprocessing.active_children() == []


@LINUX
@pytest.mark.usefixtures("no_other_threads")
@pytest.mark.parametrize("place", ["os.fork", "multiprocessing.connection.Pipe"])
@pytest.mark.parametrize("allowed", [0, 1])
def test_the_share_of_a_helper_that_cannot_be_started_is_computed_here(
    monkeypatch: pytest.MonkeyPatch, place: str, allowed: int
) -> None:
    """A container may allow few processes or open files."""
    left, original = [None] * allowed, pkgutil.resolve_name(place)

    def refused(*given: Any, **named: Any) -> Any:
        if not left:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        left.pop()
        return original(*given, **named)

    monkeypatch.setattr(place, refused)
    with using(3):
        results = in_processes(_in_a_process, range(100), least=1)
    assert [number for number, _ in results] == list(range(100))
    assert len({worker for _, worker in results}) == 1 + allowed
    assert multiprocessing.active_children() == []


@pytest.fixture(params=[0, 1, 2, 3])
def few_threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The system lets so many threads run at the same time."""
    tried: set[object] = set()
    originals = _thread.start_new_thread, threading.Thread.start
    before = threading.active_count()

    def check() -> None:
        if threading.active_count() - before + len(tried) >= request.param:
            raise RuntimeError("can't start new thread")

    def start_new(work: Callable[..., None], given: tuple[Any, ...]) -> int:
        def one() -> None:
            work(*given)
            tried.remove(one)

        check()
        tried.add(one)
        return originals[0](one, ())

    def start(thread: threading.Thread) -> None:
        check()
        originals[1](thread)

    monkeypatch.setattr(_thread, "start_new_thread", start_new)
    monkeypatch.setattr(threading.Thread, "start", start)
    return request.param


def test_work_needs_no_threads_that_cannot_be_started(few_threads: int) -> None:
    """One is left in reserve; without any, all is done in this one."""
    with using(4):
        assert memory.startable(4) == max(1, few_threads - 1)
        assert memory.in_threads(abs, range(100)) == list(range(100))


def test_lists_are_the_same_with_few_threads(tmp_path: Path, few_threads: int) -> None:
    """From the words of many texts to the file that is written."""
    source, output = tmp_path / "a.jsonl", tmp_path / "lists.json"
    draw, words = random.Random(1), [f"w{number}" for number in range(500)]
    rows = [" ".join(draw.choices(words, k=300)) for _ in range(600)]
    lines = (
        json.dumps({"id": f"a{n}", "title": row[:20], "text": row}) for n, row in enumerate(rows)
    )
    source.write_text("\n".join(lines))
    written = []
    for threads in ("1", "4"):
        given = ["build", str(source), "-o", str(output), "--no-index", "--threads", threads]
        assert CliRunner().invoke(cli, given, catch_exceptions=False).exit_code == 0
        written.append(output.read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("space", "message"), [(math.inf, "refuses to start another thread"), (1e9, "out of memory")]
)
def test_a_thread_that_is_refused_later_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], space: float, message: str
) -> None:
    """Not missing memory, unless the address space is limited, which stacks need."""

    def refused(**_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(memory, "address_space", lambda: space)
    monkeypatch.setattr(cli, "main", refused)
    with pytest.raises(SystemExit):
        main()
    assert message in capsys.readouterr().err


def test_memory_that_ends_the_message_too_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An import may fail in any way where memory ends."""

    def full(**_: Any) -> None:
        raise MemoryError

    def broken() -> int:
        raise ValueError("field 'target' is required for AnnAssign")

    monkeypatch.setattr(memory, "available_memory", broken)
    monkeypatch.setattr(cli, "main", full)
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith("Error: out of memory\nHint: ")


ORPHAN = """
import os, sys, time
from recommender.resources import in_processes, using
main = os.getpid()
def work(item):
    helper = os.getpid() != main
    print("started" if helper else "", flush=True)
    time.sleep(600 if helper else 5)
with using(2):
    in_processes(work, [1, 2], 1)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no helpers")
def test_helpers_die_with_a_process_that_is_killed() -> None:
    """They would hold its locks, which the next run waits for; its output ends when all do."""
    run = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    lines = [run.stdout.readline(), run.stdout.readline()]
    run.kill()
    assert sorted(lines) == ["\n", "started\n"]
    assert run.communicate(timeout=60)[0] == ""
