"""Kill runs at random moments, and look at what they leave.

    python tests/crash.py 200 [--seed 0]

Two small sites, of Markdown for ``build`` and of built pages for ``site``, are edited before each
run. A third of the runs is killed (SIGKILL) after a random time, a third before a random call that
changes a file or in the middle of a write, and a third at such a call of the index. After each
kill every file must be the old or the new one as a whole; the next run must write what a run
without an index writes, and leave no temporary file.

Runs are copies of this process (forks), which has loaded everything, so that a kill hits the
work and not the imports. POSIX only.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from recommender.cli.main import main as command
from recommender.index.inputs import TEMPORARY
from recommender.index.store import NAME
from recommender.outputs import atomic

CALLS = ("open", "mkdir", "rename", "replace", "fsync", "chmod", "unlink", "rmdir", "ftruncate")
"""Functions of `os` that change a file or make it last."""
INDEX = ".recommender"
WORDS = ("rye", "oats", "ferry", "harbour", "tide", "bread", "baker", "storm", "winter", "market")
LOOSE = ("--min-items", "0", "--min-score", "0")


class Step(NamedTuple):
    """A call that changes a file or makes it last."""

    call: str
    path: str

    @property
    def of_index(self) -> bool:
        """Whether the file belongs to the index."""
        return INDEX in Path(self.path).parts


class Steps:
    """Notes the steps of a run, and does something at one of them.

    Parameters
    ----------
    at : int or None
        The number of the step.
    act : callable or None
        Kills the process or raises an OSError; in a write, when half of the bytes are written.
    """

    def __init__(self, at: int | None = None, act: Callable[[], None] | None = None) -> None:
        self.seen: list[Step] = []
        self._at, self._act = at, act

    def is_the_one(self, call: str, path: object) -> bool:
        """Note a step, and return whether something is to happen in it."""
        self.seen.append(Step(call, _name_of(path)))
        return self._act is not None and len(self.seen) - 1 == self._at

    def act(self) -> None:
        """Do what is to happen."""
        if self._act is not None:
            self._act()

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Replace the functions through which files are written."""
        real = {name: getattr(os, name) for name in CALLS}
        for name in CALLS:
            setattr(os, name, self._before(name, real[name]))
        real_open = io.open
        io.open = self._before_writing(real_open)
        atomic.open = self._torn_open  # type: ignore[attr-defined]
        try:
            yield
        finally:
            for name in CALLS:
                setattr(os, name, real[name])
            io.open = real_open
            del atomic.open  # type: ignore[attr-defined]

    def _before(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *rest: Any, **named: Any) -> Any:
            if self.is_the_one(name, path):
                self.act()
            return real(path, *rest, **named)

        return call

    def _before_writing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if "w" in mode and self.is_the_one("open", path):
                self.act()
            return real(path, mode, *rest, **named)

        return call

    def _torn_open(self, handle: Any, mode: str, buffer: int) -> Any:
        if not isinstance(handle, int):
            return builtins.open(handle, mode, buffer)
        return io.BufferedWriter(_Torn(handle, self), buffer)


class _Torn(io.FileIO):
    """A file in which the step may happen when half of a write is done."""

    def __init__(self, handle: int, steps: Steps) -> None:
        super().__init__(handle, "wb")
        self._steps = steps

    def write(self, data: Any, /) -> int:
        if self._steps.is_the_one("write", self.fileno()):
            super().write(bytes(data)[: len(data) // 2])
            self._steps.act()
        return super().write(data)


def _name_of(path: object) -> str:
    """Return the path of a file, also of an open one."""
    if isinstance(path, int):
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/self/fd/{path}")
        return ""
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""


class Site:
    """A site that is edited, and its command.

    Parameters
    ----------
    folder : Path
        An empty directory.
    verb : str
        ``build`` or ``site``.
    """

    def __init__(self, folder: Path, verb: str, pages: int = 12) -> None:
        self.folder, self.verb = folder, verb
        self.texts = {number: list(WORDS[number % 7 :]) for number in range(pages)}
        self.content = folder / "content"
        for number in self.texts:
            self._write(number, self.content)

    @property
    def arguments(self) -> list[str]:
        """What the command is called with, in the directory."""
        output = ["-o", "lists.json"] if self.verb == "build" else []
        return [self.verb, "content", *output, *LOOSE]

    def edit(self, draw: random.Random) -> None:
        """Change a page, and let the generator write it and another one again."""
        one, other = draw.sample(sorted(self.texts), 2)
        self.texts[one].append(draw.choice(WORDS))
        for number in (one, other):
            self._write(number, self.content)

    def expected(self, clean: Path) -> dict[str, bytes]:
        """Return what a run without an index writes, made in another directory."""
        shutil.rmtree(clean, ignore_errors=True)
        for number in self.texts:
            self._write(number, clean / "content")
        ended = run([*self.arguments, "--no-index"], clean)
        if ended.status:
            raise SystemExit(f"{self.verb}: a run without an index failed\n{ended.said}")
        return outputs(clean, self.verb)

    def _write(self, number: int, content: Path) -> None:
        words = " ".join(self.texts[number] * 3)
        if self.verb == "build":
            path = content / f"{number}.md"
            text = f"---\ntitle: Story {number}\ndate: 2024-01-31\n---\n{words}.\n"
        else:
            path = content / f"p{number}" / "index.html"
            text = (
                f"<html lang=en><title>Story {number}</title><main><article><h1>Story {number}"
                f"</h1><p>{words} {number}.</p></article></main></html>"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Ended(NamedTuple):
    """How a run ended."""

    status: int
    """0, or negative: the signal that killed it."""
    said: str
    steps: list[Step]
    """Of a run that was not killed."""
    seconds: float


def run(
    arguments: list[str], folder: Path, *, after: float | None = None, at: int | None = None
) -> Ended:
    """Run the command in a copy of this process; kill it after some seconds, or at a step."""
    with tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as noted:
        begin = time.perf_counter()
        child = os.fork()
        if not child:
            _be_the_run(arguments, folder, err.fileno(), noted.fileno(), at)
        if after is not None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        seconds = time.perf_counter() - begin
        err.seek(0)
        noted.seek(0)
        steps = [Step(*step) for step in json.loads(noted.read() or b"[]")]
        said = err.read().decode("utf-8", "replace")
        return Ended(os.waitstatus_to_exitcode(status), said, steps, seconds)


def _be_the_run(arguments: list[str], folder: Path, err: int, noted: int, at: int | None) -> None:
    status = 1
    try:
        os.chdir(folder)
        os.dup2(err, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", closefd=False) for n in (1, 2))
        sys.argv = ["recommender", *arguments]
        steps = Steps(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        with steps.noted():
            try:
                command()
                status = 0
            except SystemExit as stop:
                status = int(stop.code or 0)
        os.write(noted, json.dumps(steps.seen).encode())
        sys.stderr.flush()
    finally:
        os._exit(status)


def outputs(folder: Path, verb: str) -> dict[str, bytes]:
    """Return what the command writes, by path."""
    pattern = "lists.json" if verb == "build" else "content/**/*.html"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob(pattern)}


def left(folder: Path) -> list[str]:
    """Return temporary files, and files that an index does not name."""
    found = [str(path) for path in folder.rglob(f"*{TEMPORARY}")]
    for index in folder.rglob(NAME):
        named = index.read_text("utf-8")
        marks = (NAME, ".gitignore", "CACHEDIR.TAG", "lock")
        found += [str(p) for p in index.parent.iterdir() if p.name not in marks
                  and p.name not in named]  # fmt: skip
    return found


def index_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of what names the parts of each index."""
    return {str(path): path.read_bytes() for path in folder.rglob(NAME)}


class Kills:
    """Kills runs of a site, and counts what is found then."""

    def __init__(self, folder: Path, verb: str, draw: random.Random) -> None:
        self.site = Site(folder / verb, verb)
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._clean = folder / f"{verb}-clean"
        self._draw = draw
        self._last = run(self.site.arguments, self.site.folder)
        if self._last.status:
            raise SystemExit(f"{verb}: the first run failed\n{self._last.said}")
        self.site.edit(draw)
        self._last = run(self.site.arguments, self.site.folder)

    def kill(self, moment: str) -> None:
        """Edit the site, kill a run at a moment of a kind, and let the next one repair."""
        site, folder = self.site, self.site.folder
        site.edit(self._draw)
        new = site.expected(self._clean)
        old, old_index = outputs(folder, site.verb), index_of(folder)
        chosen = self._chosen(moment)
        killed = run(site.arguments, folder, **chosen)
        if killed.status not in (0, -signal.SIGKILL):
            self.problems.append(f"{site.verb} {chosen}: ended with {killed.status}\n{killed.said}")
        found, index = outputs(folder, site.verb), index_of(folder)
        self._judge(f"{site.verb} {chosen}", old, new, found)
        touched = found != old or index != old_index or bool(left(folder))
        ended = killed.status == 0
        self.counts["after" if ended else "while" if touched else "before"] += 1
        self._repair(f"{site.verb} {chosen}", new)

    def _chosen(self, moment: str) -> dict[str, Any]:
        if moment == "time":
            return {"after": self._draw.uniform(0, self._last.seconds)}
        steps = [
            number for number, step in enumerate(self._last.steps)
            if moment == "step" or step.of_index
        ]  # fmt: skip
        return {"at": self._draw.choice(steps)}

    def _judge(
        self, run_: str, old: Mapping[str, bytes], new: Mapping[str, bytes],
        found: Mapping[str, bytes],
    ) -> None:  # fmt: skip
        for name in {*old, *new}:
            data = found.get(name)
            if data is None:
                self._count("lost", f"{run_}: {name} is gone")
            elif data not in (old.get(name), new.get(name)):
                self._count("mixed", f"{run_}: {name} is neither the old nor the new file")

    def _repair(self, run_: str, new: Mapping[str, bytes]) -> None:
        folder = self.site.folder
        self._last = run(self.site.arguments, folder)
        if self._last.status or "Warning" in self._last.said:
            self._count("not repaired", f"{run_}: the next run said\n{self._last.said}")
        found = outputs(folder, self.site.verb)
        if found != new:
            wrong = sorted(name for name in {*new, *found} if found.get(name) != new.get(name))
            self._count("other bytes", f"{run_}: after the next run, {', '.join(wrong)}")
        for path in left(folder):
            self._count("left", f"{run_}: {path}")

    def _count(self, kind: str, problem: str) -> None:
        self.counts[kind] += 1
        self.problems.append(problem)


MOMENTS = ("time", "step", "index")
SHOWN = ("before", "while", "after", "lost", "mixed", "left", "not repaired", "other bytes")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for verb in ("build", "site"):  # so that copies of this process need not import
            _import_all(folder / "warm" / verb, verb)
        verbs = {verb: Kills(folder, verb, draw) for verb in ("build", "site")}
        counts = {(verb, moment): Counter[str]() for verb in verbs for moment in MOMENTS}
        for number in range(arguments.kills):
            verb = ("build", "site")[number % 2]
            moment = MOMENTS[number // 2 % 3]
            before = verbs[verb].counts.copy()
            verbs[verb].kill(moment)
            counts[verb, moment] += verbs[verb].counts - before
    print(f"{'killed in a':16}" + "".join(f"{name:>14}" for name in SHOWN))
    for (verb, moment), found in counts.items():
        print(f"{verb + ' by ' + moment:16}" + "".join(f"{found[name]:14}" for name in SHOWN))
    problems = [problem for kills in verbs.values() for problem in kills.problems]
    print("\n".join(problems[:20]) or f"{arguments.kills} kills: nothing lost, mixed or left")
    return int(bool(problems))


def _import_all(folder: Path, verb: str) -> None:
    """Run the command once in this process, for all that it imports."""
    site = Site(folder, verb)
    here = os.getcwd()
    os.chdir(folder)
    try:
        sys.argv = ["recommender", "-q", *site.arguments]
        command()
    finally:
        os.chdir(here)


if __name__ == "__main__":
    sys.exit(main())
