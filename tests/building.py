"""Builds the packages once for all tests that look at them, install them or run what is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
BESIDE = ("CHANGELOG.md", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py")


class Packages(NamedTuple):
    """What one build gave."""

    wheel: Path
    sdist: Path


def tracked(*folders: str) -> list[str]:
    """Return the files of some directories that git knows; default: the package."""
    if not (ROOT / ".git").exists():
        pytest.skip("only in a clone")
    git = shutil.which("git") or pytest.fail("git is not installed")
    command = [git, "ls-files", "-z", *(folders or ["recommender"])]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def two_builds(top: Path) -> list[Packages]:
    """Build the same tree in two directories, with two modes of files, at the same time."""
    pytest.importorskip("build")
    trees = [_copied(top / "a" / "tree", 0o644), _copied(top / "another" / "place", 0o600)]
    running = [_started(tree, mask) for tree, mask in zip(trees, (0o022, 0o077), strict=True)]
    for process in running:
        told = process.communicate()[0].decode()
        assert process.returncode == 0, told
    return [
        Packages(*(next((tree / "dist").glob(kind)) for kind in ("*.whl", "*.tar.gz")))
        for tree in trees
    ]


def _copied(folder: Path, mode: int) -> Path:
    """Return a copy of the tree in which every file is new and has this mode."""
    for name in (*BESIDE, *tracked("recommender", "integrations")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(mode)
    return folder


def _started(tree: Path, mask: int) -> subprocess.Popen[bytes]:
    """Start a build; without optimization, which is most of its time."""
    compiler = tree.parent / "cc"
    compiler.write_text(f'#!/bin/sh\nexec {shutil.which("cc")} "$@" -O0\n')
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


def offline(packages: Packages, libraries: Path) -> dict[str, str]:
    """Return variables with which pip installs the wheel without a network.

    The libraries that it needs are linked into a directory that Python looks into: to install
    them would take longer than all that is tried with them.
    """
    libraries.mkdir()
    for entry in Path(np.__file__).parents[1].iterdir():
        if not entry.name.startswith(("recommender", "__editable__", "__pycache__")):
            (libraries / entry.name).symlink_to(entry)
    return {
        "PIP_FIND_LINKS": str(packages.wheel.parent),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PYTHONPATH": str(libraries),
    }
