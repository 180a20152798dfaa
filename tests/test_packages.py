"""The wheel and the source distribution: complete, and the same bytes each time."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from building import BESIDE, ROOT, Packages, tracked
from integration.sites import write_files

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


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
    """The text of the license is in both, its name in the metadata."""
    with zipfile.ZipFile(builds[0].wheel) as archive:
        names = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
        assert archive.read(names["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
        assert b"\nLicense-Expression: BSD-3-Clause\n" in archive.read(names["METADATA"])
    assert "LICENSE" in in_sdist(builds[0].sdist)


def test_compiled_parts_name_no_directory_of_the_build(builds: list[Packages]) -> None:
    """No path of the machine that built a wheel is in its compiled code."""
    with zipfile.ZipFile(builds[0].wheel) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(SUFFIX)]
        assert compiled
        for name in compiled:
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
            "integrations/npm/package.json": '{\n  "version": "1.2.0",\n}\n',
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
