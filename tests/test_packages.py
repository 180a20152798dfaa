"""The wheel and the source distribution: complete, and the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from conftest import require
from integration.sites import write_files

ROOT = Path(__file__).parents[1]
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
BESIDE = ("CHANGELOG.md", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py")


class Packages(NamedTuple):
    """What one build gave."""

    wheel: Path
    sdist: Path


def tracked(*folders: str) -> list[str]:
    """Return the files of some directories that git knows; default: the package."""
    if not (ROOT / ".git").exists():
        pytest.skip("only in a clone")
    command = [require("git"), "ls-files", "-z", *(folders or ["recommender"])]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def copied(folder: Path, mode: int) -> Path:
    """Return a copy of the tree in which every file is new and has this mode."""
    for name in (*BESIDE, *tracked("recommender", "integrations")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(mode)
    return folder


def started(tree: Path, mask: int) -> subprocess.Popen[bytes]:
    """Start a build; without optimization, which is most of its time."""
    compiler = tree.parent / "cc"
    compiler.write_text(f'#!/bin/sh\nexec {require("cc")} "$@" -O0\n')
    compiler.chmod(0o755)
    names = {"SOURCE_DATE_EPOCH", "PYTHONHASHSEED", "RECOMMENDER_CHECKED"}
    return subprocess.Popen(
        [sys.executable, "-m", "build", "--no-isolation"],
        cwd=tree,
        env={name: value for name, value in os.environ.items() if name not in names}
        | {"CC": str(compiler)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        umask=mask,
    )


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Packages]]:
    """Return two builds: in two directories, with two modes of files, of the same tree."""
    pytest.importorskip("build")
    top = tmp_path_factory.mktemp("packages")
    trees = [copied(top / "a" / "tree", 0o644), copied(top / "another" / "place", 0o600)]
    running = [started(tree, mask) for tree, mask in zip(trees, (0o022, 0o077), strict=True)]
    for process in running:
        told = process.communicate()[0].decode()
        assert process.returncode == 0, told
    yield [
        Packages(*(next((tree / "dist").glob(kind)) for kind in ("*.whl", "*.tar.gz")))
        for tree in trees
    ]
    shutil.rmtree(top)


def in_wheel(wheel: Path) -> set[str]:
    """Return the names in a wheel, without its own data."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def in_sdist(sdist: Path) -> set[str]:
    """Return the names in a source distribution, without the directory above them."""
    with tarfile.open(sdist) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_two_builds_are_the_same_bytes(builds: list[Packages]) -> None:
    """Neither place, time, owner, umask nor order of files is in an archive."""
    first, second = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in build}
        for build in builds
    )
    assert first == second


def test_wheel_holds_the_package_and_nothing_else(builds: list[Packages]) -> None:
    """Every file that git knows is installed, but for the sources of the compiled parts."""
    sources = {name for name in tracked() if name.endswith((".h", ".pyx"))}
    compiled = {name.removesuffix(".pyx") + SUFFIX for name in sources if name.endswith(".pyx")}
    assert in_wheel(builds[0].wheel) == (set(tracked()) - sources) | compiled


def test_source_distribution_holds_what_builds_the_wheel(builds: list[Packages]) -> None:
    """It has the package, the plug-ins for other programs, and what builds it; nothing compiled."""
    made = {name for name in in_sdist(builds[0].sdist) if ".egg-info/" in name}
    kept = tracked("recommender", "integrations")
    assert in_sdist(builds[0].sdist) - made == {*kept, *BESIDE, "PKG-INFO", "setup.cfg"}


def test_packages_name_their_licence(builds: list[Packages]) -> None:
    """The text of the licence is in both, its name in the metadata."""
    with zipfile.ZipFile(builds[0].wheel) as archive:
        names = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
        assert archive.read(names["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
        assert b"\nLicense-Expression: BSD-3-Clause\n" in archive.read(names["METADATA"])
    assert "LICENSE" in in_sdist(builds[0].sdist)


def test_compiled_parts_name_no_directory_of_the_build(builds: list[Packages]) -> None:
    """No path of the machine that built a wheel is in its compiled code."""
    with zipfile.ZipFile(builds[0].wheel) as archive:
        for name in archive.namelist():
            if name.endswith(SUFFIX):
                content = archive.read(name)
                assert b"/build-via-sdist" not in content, name
                assert str(ROOT).encode() not in content, name


def test_each_wheel_is_tried_by_tests_that_exist() -> None:
    """The commands for wheels name tests of this repository, and groups of `pyproject.toml`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    commands = project["tool"]["cibuildwheel"]["test-command"]
    places = re.findall(r"\{project\}/(\S+)", " ".join(commands))
    assert len(places) > 1
    assert [place for place in places if not (ROOT / place).exists()] == []
    assert set(project["tool"]["cibuildwheel"]["test-groups"]) <= set(project["dependency-groups"])


def test_publishing_waits_for_a_person_and_alone_has_rights() -> None:
    """Every other job of the workflow may only read; the last runs nothing of the repository."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    jobs = dict(workflow["jobs"])
    publish = jobs.pop("publish")
    assert workflow["permissions"] == {}
    assert publish["environment"] == "release"
    assert [name for name, job in jobs.items() if "write" in str(job.get("permissions"))] == []
    assert "checkout" not in str(publish)


@pytest.mark.parametrize(
    ("version", "heading", "end"),
    [
        ("1.2.0", "1.2.0 (2030-01-31)", ""),
        ("1.2.0", "1.2.1", "has no section"),
        ("1.3", "1.3", "got"),
    ],
)
def test_notes_of_a_release(tmp_path: Path, version: str, heading: str, end: str) -> None:
    """They are the section of the changelog, if the version is the same everywhere."""
    changes = f"# Changelog\n\n## {heading}\n\n### Reading\n\n- Rye.\n\n## 1.1.0\n\n- Oats.\n"
    write_files(
        tmp_path,
        {
            ".ci/notes": (ROOT / ".ci" / "notes").read_text(encoding="utf-8"),
            "recommender/__init__.py": '__version__ = "1.2.0"\n',
            "CITATION.cff": "version: 1.2.0\n",
            "CHANGELOG.md": changes,
        },
    )
    command = [sys.executable, tmp_path / ".ci" / "notes", version]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.stdout == ("" if end else "### Reading\n\n- Rye.\n")
    assert end in done.stderr
    assert bool(done.returncode) == bool(end)


def test_no_registry_is_named() -> None:
    """Neither code nor docs name a host of packages: users have mirrors of their own."""
    hosts = re.compile(rb"pypi\.org|pythonhosted|npmjs\.(com|org)|rubygems\.|crates\.io|ghcr\.io")
    here = Path(__file__).relative_to(ROOT).as_posix()
    files = [name for name in tracked(".") if (ROOT / name).is_file() and name != here]
    assert [name for name in files if hosts.search((ROOT / name).read_bytes())] == []
