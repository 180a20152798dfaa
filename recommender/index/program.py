"""The program itself as an input: what one version keeps, another does not use."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import recommender
from recommender.index.inputs import digest_of_bytes


def digest_of_data(value: Any) -> str:
    """Return a digest of plain data; names of files need not be UTF-8."""
    return digest_of_bytes(json.dumps(value, sort_keys=True, default=str).encode())


@cache
def program() -> str:
    """Return a digest of everything that runs: Python, this package and all that is installed."""
    package = Path(recommender.__file__).parent
    installed = sorted(
        name
        for path in dict.fromkeys(sys.path)
        if os.path.isdir(path)
        for name in os.listdir(path)
        if name.endswith((".dist-info", ".egg-info"))
    )
    return digest_of_data(
        [sys.version, recommender.__version__, installed, _package_state(package)]
    )


def _package_state(package: Path) -> list[Any]:
    """Return the digests of the package's files as installed, or their times in a checkout."""
    for folder in package.parent.glob("recommender-*.dist-info"):
        lines = (folder / "RECORD").read_text("utf-8").splitlines()
        own = [line for line in lines if line.startswith("recommender/") and ".pyc," not in line]
        if own:
            return own
    state: list[Any] = []
    for path, folders, names in os.walk(package):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(".pyc"):
                found = os.stat(os.path.join(path, name))
                state.append((name, found.st_size, found.st_mtime_ns))
    return state
