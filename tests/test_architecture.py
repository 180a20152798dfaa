"""The house: layers, a core without files, modules that say what they own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

import recommender

PACKAGE = Path(recommender.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [
    path
    for path in MODULES
    if (path.parent == PACKAGE and path.stem in ("articles", "model", "explanation"))
    or path.parent.name in ("text", "vectors", "neighbors", "ranking")
]
FILE_MODULES = {
    "pathlib",
    "io",
    "tempfile",
    "shutil",
    "glob",
    "sqlite3",
    "socket",
    "urllib.request",
}


def name(path: Path) -> str:
    """Return a module's path in the package, as the id of its test."""
    return str(path.relative_to(PACKAGE))


def imports(path: Path) -> set[str]:
    """Return every module imported anywhere in a file, and the packages that contain it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    whence = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    parts = [module.split(".") for module in plain | whence]
    return {".".join(names[:end]) for names in parts for end in range(1, len(names) + 1)}


def test_layers_hold() -> None:
    """The import contracts of pyproject.toml are kept."""
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("only in the source tree")
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_touches_no_files(path: Path) -> None:
    """Modules that count, search, rank and explain open no file and no connection."""
    calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    assert not imports(path) & FILE_MODULES
    assert "open" not in {call.func.id for call in calls if isinstance(call.func, ast.Name)}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_says_what_it_owns(path: Path) -> None:
    """Every module opens with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_prints_only_from_the_command_line(path: Path) -> None:
    """The library is silent."""
    nodes = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    assert "print" not in {n.func.id for n in nodes if isinstance(n.func, ast.Name)}


def test_every_dependency_says_what_it_is_for() -> None:
    """The tables of the architecture page name the dependencies of pyproject.toml, no others."""
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("only in the source tree")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = declared["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    groups += declared.get("dependency-groups", {}).values()
    names = {
        re.match(r"[\w.-]+", line)[0] for lines in groups for line in lines if isinstance(line, str)
    }
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = page.partition("## Dependencies")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|.*[^| \n-].*\|$", section, re.MULTILINE)
    told = [name for row in rows for name in row.split(", ") if name != "dependency"]
    assert sorted(told) == sorted(names - {"recommender"})


def test_modules_of_tests_have_names_of_their_own() -> None:
    """Pytest cannot collect two of one name in one run, unless they are in packages."""
    folder = Path(__file__).parent
    files = (
        file for file in folder.rglob("test_*.py") if not (file.parent / "__init__.py").exists()
    )
    names = sorted(file.name for file in files)
    assert sorted(set(names)) == names
