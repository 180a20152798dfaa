"""The Dockerfile: what it says, and the command on a read-only system, without Docker.

Bubblewrap gives the command what `docker run --read-only --tmpfs /tmp` would: a root that cannot be
written, a user that is not root, the variables of the image, and no others.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from building import BESIDE, ROOT, tracked
from conftest import require
from integration.sites import write_files, write_markdown

Command = Callable[..., subprocess.CompletedProcess[str]]


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage, as (name, arguments)."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.M))
    found: list[list[tuple[str, str]]] = []
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


def values(name: str) -> dict[str, str]:
    """Return the variables or labels of the last stage."""
    [line] = [rest for instruction, rest in stages()[-1] if instruction == name]
    return dict(word.split("=", 1) for word in shlex.split(line))


@pytest.fixture
def container(installed: Path, with_wheel: dict[str, str], tmp_path: Path) -> Command:
    """Return a function that runs the image's command, or another program, on `tmp_path`/site."""
    bwrap = require("bwrap")
    site = tmp_path / "site"
    site.mkdir()
    libraries = with_wheel["PYTHONPATH"]
    environment = values("ENV") | {"PYTHONPATH": libraries, "LANG": "C.UTF-8"}
    environment["PATH"] = environment["PATH"].replace("$PATH", "/usr/bin:/bin")
    read = [sys.base_prefix, str(Path(np.__file__).parents[1]), "/usr", "/bin", "/lib", "/lib64"]
    sandbox = [bwrap, "--unshare-all", "--die-with-parent", "--clearenv", "--proc", "/proc"]
    sandbox += ["--dev", "/dev", "--tmpfs", "/tmp", "--uid", "10001", "--gid", "10001"]
    for place in read:
        sandbox += ["--ro-bind-try", place, place]
    sandbox += ["--ro-bind", libraries, libraries, "--ro-bind", str(installed), "/opt/recommender"]
    sandbox += ["--ro-bind", str(installed), str(installed)]  # the first line of its scripts
    for name, value in environment.items():
        sandbox += ["--setenv", name, value]
    sandbox += ["--bind", str(site), "/site", "--chdir", "/site", "--remount-ro", "/"]

    def run(*arguments: str, program: str = "") -> subprocess.CompletedProcess[str]:
        [entry] = [json.loads(rest) for name, rest in stages()[-1] if name == "ENTRYPOINT"]
        command = [program] if program else entry
        return subprocess.run(
            [*sandbox, *command, *arguments], capture_output=True, text=True, timeout=120
        )

    return run


def test_root_cannot_be_written_and_the_user_is_not_root(container: Command) -> None:
    """The sandbox of these tests is as strict as it says."""
    assert container("-u", program="id").stdout == "10001\n"
    for place in ("/x", "/opt/recommender/x", "/usr/x"):
        assert "Read-only file system" in container(place, program="touch").stderr
    assert container("/tmp/x", "/site/x", program="touch").returncode == 0


def test_build_works_on_a_read_only_system(container: Command, tmp_path: Path) -> None:
    """Lists and index go to the site; the second run finds nothing to do."""
    site = tmp_path / "site"
    write_markdown(site / "content")
    done = container("build", "content", "-o", "related.json")
    assert (done.returncode, "Wrote related.json" in done.stderr) == (0, True), done.stderr
    assert "cannot" not in done.stderr
    again = container("build", "content", "-o", "related.json")
    assert "Nothing has changed" in again.stderr
    assert sorted(file.name for file in site.iterdir()) == [
        ".recommender", "content", "related.json"
    ]  # fmt: skip


def test_site_works_on_a_read_only_system(container: Command, tmp_path: Path) -> None:
    """Built pages get their lists."""
    texts = {"ferry": "The ferry left the harbour at dawn.", "pilot": "A pilot boards the ferry."}
    page = '<html lang="en"><title>{0}</title><article><h1>{0}</h1><p>{1}</p></article></html>'
    pages = {f"public/{name}.html": page.format(name, text) for name, text in texts.items()}
    write_files(tmp_path / "site", pages)
    done = container("site", "public")
    assert (done.returncode, "2 pages written" in done.stderr) == (0, True), done.stderr


def test_image_is_small_named_and_runs_as_a_user() -> None:
    """Both stages have the same named base; the last has no compiler, no checkout, no root."""
    first, last = stages()
    assert first[0] == ("FROM", "python:3.13-slim AS build")
    assert last[0] == ("FROM", "python:3.13-slim")
    assert [rest for name, rest in last if name == "COPY"] == [
        "--from=build /opt/recommender /opt/recommender"
    ]
    assert "RUN" not in dict(last)
    assert dict(last)["USER"] == "10001:10001"
    assert values("LABEL")["org.opencontainers.image.licenses"] == "BSD-3-Clause"
    assert values("ENV")["PYTHONDONTWRITEBYTECODE"] == "1"


def test_scripts_of_the_image_are_scripts() -> None:
    """A shell can parse each RUN."""
    scripts = [script for name, script in stages()[0] if name == "RUN"]
    for script in scripts:
        subprocess.run(["sh", "-n", "-c", script], check=True)
    checks = re.findall(r"python \S* *-c", scripts[-1])
    assert checks == ["python -P -c"], "the checkout is not what is checked"


def test_image_is_built_from_what_builds_the_wheel() -> None:
    """The context contains those files only, and nothing that a checkout has compiled."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {*BESIDE, "recommender"}
    assert {rule.rpartition(".")[2] for rule in rules[1:] if rule.startswith("recommender/")} == {
        "c", "so"
    }  # fmt: skip
    assert not [name for name in tracked() if name.endswith((".c", ".so", ".pyc"))]
