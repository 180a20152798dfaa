"""integrations/npm: the packed package, installed into a project, runs the command of the wheel."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from building import ROOT
from conftest import allow_interrupts, require

from integration.sites import write_files
from recommender import __version__

SOURCE = ROOT / "integrations" / "npm"
PACKAGE = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
FAILS = '[ "$1" = -c ] && echo 3.12 && exit; echo "{}"; exit 1'
DEBIAN = "The virtual environment was not created successfully because ensurepip is not\navailable."
POSTS = {
    "posts/ferry.md": "# Ferry\n\nThe ferry left the harbour at dawn.\n",
    "posts/harbour.md": "# Harbour\n\nThe harbour waits for the ferry at dawn.\n",
    "posts/pilot.md": "# Pilot\n\nThe pilot of the harbour boards the ferry at dawn.\n",
}
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose name needs quotes, with the package installed from its tarball."""
    npm = require("npm")
    top = tmp_path_factory.mktemp("npm") / "Übung mit Rogge's $HOME"
    write_files(top, {"package.json": '{"private": true}', **POSTS})
    quiet = ("--silent", "--offline", "--no-audit", "--no-fund")
    packed = subprocess.run(
        [npm, "pack", "--json", "--pack-destination", top], cwd=SOURCE, capture_output=True,
        check=True, text=True,
    )  # fmt: skip
    [made] = json.loads(packed.stdout)
    assert sorted(file["path"] for file in made["files"]) == [
        "LICENSE",
        "README.md",
        "package.json",
        "recommender.js",
    ]
    subprocess.run([npm, "install", *quiet, top / made["filename"]], cwd=top, check=True)
    return top


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory of a user, whose path needs quotes too."""
    return tmp_path_factory.mktemp("cache") / "Käse und Brot"


@pytest.fixture
def npx(project: Path, cache: Path, with_wheel: dict[str, str]) -> Command:
    """Return a function that runs the command of the package as npm scripts do."""
    program = project / "node_modules" / ".bin" / "recommender"

    def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], cwd=project, input=stdin, capture_output=True, text=True,
            env=environ(project, cache, with_wheel) | variables, timeout=240,
        )  # fmt: skip

    return run


def environ(project: Path, cache: Path, with_wheel: dict[str, str]) -> dict[str, str]:
    """Return the variables of an npm script on a machine with a Python, and no command."""
    path = [project / "node_modules" / ".bin", Path(require("node")).parent, "/usr/bin", "/bin"]
    return with_wheel | {
        "PATH": os.pathsep.join(map(str, path)),
        "PYTHON": sys.executable,
        "XDG_CACHE_HOME": str(cache),
    }


def kept(cache: Path) -> list[str]:
    """Return what is in the cache of the package."""
    folder = cache / PACKAGE["name"]
    return sorted(os.listdir(folder)) if folder.exists() else []


def fake(folder: Path, version: str, code: str) -> str:
    """Write a command `recommender` of some version; return its directory."""
    file = folder / "recommender"
    write_files(
        folder,
        {
            file.name: f"#!{sys.executable}\nimport os, signal, sys, time\n"
            f"if sys.argv[1:] == ['--version']: print('recommender, version {version}'); exit()\n"
            f"{code}\n"
        },
    )
    file.chmod(0o755)
    return str(folder)


def test_two_first_runs_at_once_make_one_environment(
    project: Path, cache: Path, with_wheel: dict[str, str], npx: Command
) -> None:
    """Both work; one installs, the other waits. A later run installs nothing, without pip."""
    command = [require("npx"), "--no-install", "recommender", "build", "posts", "-o"]
    running = [
        subprocess.Popen(
            [*command, f"{name}.json"], cwd=project, stderr=subprocess.PIPE, text=True,
            env=environ(project, cache, with_wheel),
        )
        for name in ("one", "two")
    ]  # fmt: skip
    told = [process.communicate(timeout=240)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    assert sum(text.count("recommender: installing") for text in told) == 1
    assert (project / "one.json").read_bytes() == (project / "two.json").read_bytes()
    assert re.fullmatch(rf"{__version__}-[0-9a-f]{{12}}", "+".join(kept(cache)))
    again = npx("build", "posts", "-o", "one.json", PIP_FIND_LINKS="/nowhere")
    assert (again.returncode, "installing" in again.stderr) == (0, False)
    assert "Nothing has changed" in again.stderr
    assert "Usage: recommender build" in npx("build", "--help").stdout


def test_broken_environment_is_made_again(npx: Command, cache: Path) -> None:
    """An environment whose package is damaged is replaced."""
    assert npx("--version").stdout == f"recommender, version {__version__}\n"
    [name] = kept(cache)
    [package] = (cache / PACKAGE["name"] / name).rglob("site-packages/recommender")
    (package / "__main__.py").unlink()
    done = npx("check", "posts")
    assert (done.returncode, "recommender: installing" in done.stderr) == (0, True), done.stderr
    assert kept(cache) == [name]


def test_exit_codes_and_streams_pass(npx: Command) -> None:
    """Results go to standard output, errors to standard error, with the code of the command."""
    done = npx("build", "posts", "--quiet", "-o", "-", "-f", "jsonl")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert npx("check", "nowhere").returncode == 1
    assert npx("biuld").returncode == 2


def test_command_of_the_same_version_is_used(npx: Command, project: Path, tmp_path: Path) -> None:
    """It gets flags and input as they are; one of another version is passed over."""
    code = "print(sys.argv[1:], sys.stdin.read()); sys.exit(7)"
    odd = ["--k", "", "a b", "'\"$HOME`", "Käse", "*"]
    other = fake(tmp_path / "other", "9.9.9", "sys.exit(9)")
    same = fake(tmp_path / "same", __version__, code)
    path = os.pathsep.join([f"{project}/node_modules/.bin", other, same, os.environ["PATH"]])
    done = npx(*odd, stdin="Rye\n", PATH=path)
    assert (done.returncode, done.stdout) == (7, f"{odd} Rye\n\n")


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_signals_pass(
    project: Path, cache: Path, with_wheel: dict[str, str], tmp_path: Path, name: str, code: int
) -> None:
    """The command gets the signal, may tidy up, and its exit code is that of the run."""
    number = getattr(signal, name)
    waiting = (
        f"def end(*_): os.write(1, b'tidied\\n'); sys.exit({code})\n"
        f"signal.signal({number:d}, end)\n"
        "print('ready', flush=True)\nfor _ in range(600): time.sleep(0.1)"
    )
    variables = environ(project, cache, with_wheel)
    variables["PATH"] = fake(tmp_path, __version__, waiting) + os.pathsep + variables["PATH"]
    process = subprocess.Popen(
        [project / "node_modules" / ".bin" / "recommender"], env=variables,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=allow_interrupts,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=60) == ("tidied\n", "")
    assert process.returncode == code


def test_interrupted_installation_leaves_nothing(
    project: Path, tmp_path: Path, with_wheel: dict[str, str]
) -> None:
    """Ctrl-C while the environment is made ends with 130, and removes the part that is made."""
    slow = tmp_path / "python"
    write_files(
        tmp_path,
        {
            slow.name: f'#!/bin/sh\n[ "$2" = venv ] || exec "{sys.executable}" "$@"\n'
            'mkdir -p "$3"\nexec sleep 60\n'
        },
    )
    slow.chmod(0o755)
    cache = tmp_path / "cache"
    process = subprocess.Popen(
        [project / "node_modules" / ".bin" / "recommender", "--version"],
        env=environ(project, cache, with_wheel) | {"PYTHON": str(slow)},
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=allow_interrupts,
    )  # fmt: skip
    assert "installing" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert "nothing is left of it" in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert kept(cache) == []


@pytest.fixture
def quick(tmp_path: Path) -> str:
    """A Python whose environments have a pip that fails, without the time that real ones take."""
    pip = tmp_path / "pip"
    python = tmp_path / "python"
    write_files(
        tmp_path,
        {
            pip.name: "#!/bin/sh\nshift 6\n"
            'for word; do echo "<$word>"; done\necho none >&2\nexit 1\n',
            python.name: '#!/bin/sh\n[ "$1" = -c ] && echo 3.12 && exit\n'
            f'mkdir -p "$3/bin"; cp "{pip}" "$3/bin/python"\n',
        },
    )
    pip.chmod(0o755)
    python.chmod(0o755)
    return str(python)


def test_failed_pip_says_why(npx: Command, quick: str, tmp_path: Path) -> None:
    """The last lines of pip, which got the given arguments, and what to do; nothing is left."""
    arguments = "-f \"a 'b'\" --x='c d'e f\\g"
    variables = {"PYTHON": quick, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = npx("--version", **variables, RECOMMENDER_PIP_ARGS=arguments)
    assert done.returncode == 1
    said = done.stderr.partition("recommender: pip could not install ")[2]
    got = "".join(f"  <{word}>\n" for word in ("-f", "a 'b'", "--x=c de", "f\\g"))
    hint = "Hint: for wheel files or another index, set RECOMMENDER_PIP_ARGS"
    assert said.startswith(f"recommender=={__version__}:\n{got}  none\n{hint}")
    assert kept(tmp_path / "cache") == []


def test_lock_of_a_run_that_died_does_not_hold(npx: Command, quick: str, tmp_path: Path) -> None:
    """A lock without a sign of life is removed, and so is what its run left."""
    variables = {"PYTHON": quick, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    told = npx("--version", **variables).stderr
    name = re.search(r"into .*/(\S+), once", told)[1]
    folder = tmp_path / "cache" / PACKAGE["name"]
    for left in (f"{name}.lock", f"{name}.tmp-0123"):
        (folder / left).mkdir()
    os.utime(folder / f"{name}.lock", (0, 0))
    done = npx("--version", **variables)
    assert "another run is installing" in done.stderr
    assert "pip could not install" in done.stderr
    assert kept(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 127", "is not Python 3.11 or later\nHint: change or unset it"),
        ("echo 3.9", "is not Python 3.11 or later ("),
        (FAILS.format(DEBIAN), "apt install python3-venv"),
        (FAILS.format("no space"), "-m venv failed:\n  no space"),
    ],
)  # fmt: skip
def test_python_that_does_not_serve(npx: Command, tmp_path: Path, script: str, said: str) -> None:
    """One that is missing, old, without its module venv, or that fails, is named with a cure."""
    write_files(tmp_path, {"python": f"#!/bin/sh\n{script}\n"})
    (tmp_path / "python").chmod(0o755)
    done = npx("--version", PYTHON=f"{tmp_path}/python", XDG_CACHE_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert f"{tmp_path}/python" in done.stderr


def test_without_python_it_says_how_to_get_one(npx: Command, tmp_path: Path) -> None:
    """The hint names the package manager of this system."""
    (tmp_path / "node").symlink_to(require("node"))
    (tmp_path / "env").symlink_to(require("env"))
    done = npx("--version", PATH=str(tmp_path), PYTHON="", XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "recommender: found no Python 3.11 or later\nHint: " in done.stderr
    assert "; or set PYTHON to its path\n" in done.stderr


def test_package_is_of_this_version_and_needs_no_other() -> None:
    """Version, name of the Python package, oldest Node.js and license are those of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert re.sub(r"-(a|b|rc)\.", r"\1", PACKAGE["version"]) == __version__
    assert (PACKAGE["pythonPackage"], PACKAGE["license"]) == (project["name"], project["license"])
    assert PACKAGE["engines"] == {"node": ">=18"}
    assert not {name for name in PACKAGE if "ependencies" in name or name == "scripts"}
    assert (SOURCE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert shutil.which("node") or not os.environ.get("CI")
