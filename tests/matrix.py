"""Build the same lists in every setting, and compare the files: one hash, or it fails.

    python tests/matrix.py [--articles 3000] [--versions]

Builds made-up articles twice in each setting: with the default stages, and with all stages that
calculate (age, ratings, own vectors, diversity, exposure). ``--versions`` installs the package into
temporary environments too, one for each Python that is found, with the oldest NumPy, pandas and
SciPy that it allows and with the newest ones; this needs a package index.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
OLDEST = ("numpy", "pandas", "scipy", "scikit-learn")
"""Packages whose oldest allowed versions are tried."""
ALL_STAGES = (
    "--half-life", "365", "--nearness-weight", "0.5", "--prior-weight", "0.4",
    "--meaning-weight", "0.2", "--diversity", "0.3", "--min-inbound", "2", "--max-inbound", "30",
    "--idf-exponent", "1.7", "--tf-exponent", "0.45", "--reasons",
)  # fmt: skip
"""Flags of the second build of each setting."""
BUILD = "import sys; from recommender.__main__ import main; sys.exit(main())"
WITHOUT_KERNELS = (
    "import sys; from recommender.resources import EXTENSIONS; "
    "sys.modules.update(dict.fromkeys('recommender.' + name for name in EXTENSIONS)); " + BUILD
)
"""Runs the command as if the package had been installed without a compiler."""
RESTLESS = (
    "import sys; sys.setswitchinterval(1e-6); "
    "import recommender.text.lexicon as lexicon; lexicon.CHUNK = 1; " + BUILD
)
"""Runs the command with threads that are interrupted often and have many pieces of work."""


class Setting(NamedTuple):
    """One row of the table."""

    name: str
    flags: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    python: tuple[str, ...] = (sys.executable,)
    """The interpreter, and its options."""
    code: str = BUILD
    source: str = "articles.jsonl"
    one_processor: bool = False
    all_stages: bool = True
    """Whether the second build is possible too."""


class Result(NamedTuple):
    """What a setting gave."""

    name: str
    hashes: tuple[str, ...]
    """SHA-256 of each file; or one message that says why there is none."""


def write_articles(folder: Path, count: int) -> None:
    """Write articles in three orders, and a vector for each."""
    rows = [*made_up(count)]
    random.Random(2).shuffle(rows)
    for name, order in {"articles": rows, "reversed": rows[::-1], "sorted": by_id(rows)}.items():
        lines = "".join(json.dumps(row) + "\n" for row in order)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    vectors = np.random.default_rng(5).normal(size=(count, 96))
    np.save(folder / "vectors.npy", vectors)
    (folder / "vectors.txt").write_text("".join(row["id"] + "\n" for row in by_id(rows)))


def by_id(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return articles in the order of their ids."""
    return sorted(rows, key=lambda row: str(row["id"]))


def made_up(count: int) -> Iterator[dict[str, Any]]:
    """Yield articles of a few topics, with words that occur as often as in texts."""
    draw = random.Random(1)
    letters = "bdfgklmnprst"
    words = [f"{draw.choice(letters)}{vowel}{draw.choice(letters)}{n}" for n in range(9_000)
             for vowel in draw.choice("aeiou")]  # fmt: skip
    for number in range(count):
        topic = number % max(2, count // 40)
        common = [
            words[int(draw.paretovariate(0.6)) % 2_000] for _ in range(draw.randrange(20, 90))
        ]
        special = [words[2_000 + topic * 40 + draw.randrange(60)] for _ in range(30)]
        text = common + special
        draw.shuffle(text)
        yield {
            "id": f"a{number:06}",
            "title": " ".join(draw.sample(special, 3)).title(),
            "text": " ".join(text) + ".",
            "date": f"20{draw.randrange(10, 25)}-0{draw.randrange(1, 10)}-1{draw.randrange(10)}",
            "tags": [f"topic {topic}"],
            "prior": round(draw.uniform(1, 5), 1),
            "votes": draw.randrange(40),
        }


def processors() -> Iterator[Setting]:
    """Yield settings without vector units of this processor that NumPy and the C library use."""
    try:
        from numpy._core import _multiarray_umath as umath
    except ImportError:  # NumPy 1.26
        from numpy.core import _multiarray_umath as umath
    found = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]]
    for first in range(len(found)):
        off = " ".join(found[first:])
        yield Setting(f"NumPy without {off}", environment=(("NPY_DISABLE_CPU_FEATURES", off),))
    tunables = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-FMA,-FMA4"
    yield Setting("C library without AVX2, FMA", environment=(("GLIBC_TUNABLES", tunables),))
    for core in ("PRESCOTT", "HASWELL"):
        yield Setting(f"OpenBLAS for {core.title()}", environment=(("OPENBLAS_CORETYPE", core),))


def settings() -> list[Setting]:
    """Return the settings that need nothing installed."""
    found = [Setting("as it is")]
    found += [Setting(f"{count} threads", ("--threads", str(count))) for count in (1, 2, 3)]
    found += [Setting("8 restless threads", ("--threads", "8"), code=RESTLESS)]
    found += [Setting("one processor", one_processor=True)]
    found += [Setting(f"engine {name}", ("--engine", name)) for name in ("reference", "pruned")]
    if find_spec("distributed"):
        found += [Setting("engine dask", ("--engine", "dask", "--threads", "2"), all_stages=False)]
    found += [Setting(f"with an index, {run} time", ("--index",)) for run in ("first", "second")]
    found += [Setting("without compiled code", code=WITHOUT_KERNELS)]
    found += [
        Setting(f"articles {order}", source=f"{order}.jsonl") for order in ("reversed", "sorted")
    ]
    for name, values in {
        "PYTHONHASHSEED": ("0", "1", "4294967295"),
        "LC_ALL": ("C", "C.UTF-8", "POSIX"),
        "TZ": ("UTC", "Asia/Tokyo", "America/St_Johns", "Pacific/Kiritimati"),
        "PYTHONUTF8": ("1",),
    }.items():
        found += [Setting(f"{name}={value}", environment=((name, value),)) for value in values]
    found += [Setting("python -OO", python=(sys.executable, "-OO")), *processors()]
    return found


def versions(folder: Path) -> Iterator[Setting]:
    """Install the package for each Python, with the oldest and the newest libraries."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"]]
    here = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    oldest = [
        f"{one.name}{one.specifier}.*".replace(">=", "==") for one in here if one.name in OLDEST
    ]
    for version in PYTHONS:
        python = interpreter(version)
        if python is None:
            continue
        for age, pins in (("oldest", oldest), ("newest", [])):
            name = f"Python {version}, {age} libraries"
            home = folder / f"{version}-{age}"
            subprocess.run([python, "-m", "venv", home], check=True)
            install = [home / "bin" / "pip", "install", "-q", "--disable-pip-version-check"]
            done = subprocess.run(
                [*install, "--only-binary", ",".join(OLDEST), str(ROOT), *pins],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:  # no wheels of the oldest ones for this Python
                reason = (done.stderr.strip().splitlines() or ["?"])[-1]
                print(f"{name}: not installed, {reason[:150]}", flush=True)
                continue
            installed = (str(home / "bin" / "python"),)
            yield Setting(name, python=installed)
            yield Setting(f"{name}, 8 threads", ("--threads", "8"), python=installed, code=RESTLESS)


def interpreter(version: str) -> str | None:
    """Return a Python of a version, from the path or from pyenv."""
    pyenv = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(
        f"versions/{version}.*/bin/python"))  # fmt: skip
    return str(pyenv[-1]) if pyenv else shutil.which(f"python{version}")


def build(setting: Setting, folder: Path) -> Result:
    """Build the lists of a setting twice, and return the hashes of the files."""
    hashes = []
    both = ((), (*ALL_STAGES, "--own-vectors", "vectors.npy"))
    for stages in both[: 1 + setting.all_stages]:
        output = folder / "related.json"
        output.unlink(missing_ok=True)
        flags = ["-q", "build", setting.source, "-o", output.name, "--no-index", *stages]
        environment = {**os.environ, **dict(setting.environment)}
        command = [*setting.python, "-c", setting.code, *flags, *setting.flags]
        if setting.one_processor and shutil.which("taskset"):
            command = ["taskset", "-c", "0", *command]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return Result(setting.name, ((done.stderr.strip().splitlines() or ["?"])[-1],))
        hashes.append(hashlib.sha256(output.read_bytes()).hexdigest())
    return Result(setting.name, tuple(hashes))


def differing(results: Sequence[Result]) -> list[str]:
    """Return the names of the settings whose files are not those of the first."""
    return [
        result.name
        for result in results
        if result.hashes != results[0].hashes[: len(result.hashes)]
    ]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=3_000)
    parser.add_argument("--versions", action="store_true", help="install other versions too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_articles(folder, arguments.articles)
        results = []

        def show(setting: Setting) -> None:
            result = build(setting, folder)
            results.append(result)
            print(f"{result.name:42} " + " ".join(text[:16] for text in result.hashes), flush=True)

        for setting in settings():
            show(setting)
        for setting in versions(folder) if arguments.versions else ():
            show(setting)
    wrong = differing(results)
    print(
        f"{len(results)} settings, {len(wrong)} differ" + "".join(f"\n  {name}" for name in wrong)
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
