"""The docs are held to what the code does: examples run, references are complete."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from recommender import __version__
from recommender.cli.main import cli
from recommender.config import SETTINGS, help_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PATTERNS = ("*.md", "docs/**/*.md", "data/README.md", "integrations/*/README.md")
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))
SECONDS = re.compile(r"\d+\.\d+ s\b")


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def test_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three lines of Python write the lists of the bundled articles."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks("python")), "README.md", "exec"), {})
    assert (tmp_path / "related.json").stat().st_size > 100_000


def test_python_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of docs/python.md run one after the other, and the first prints what it says."""
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, block in enumerate(blocks("python", page)):
        exec(compile(block, f"python.md, block {number}", "exec"), names)
        printed = capsys.readouterr().out
        assert number or printed == blocks("text", page)[0]
    assert names["search"].best_score_ > 0.5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_announces_follows(page: Path) -> None:
    """A colon at the end of a paragraph is followed by a list, table or block, not a heading."""
    text = re.sub(r"^```.*?^```", "```", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert re.findall(r"^.*:\n\s*(?:\n#.*|\Z)", text, re.MULTILINE) == []


def test_readmes_first_commands_print_what_it_says(tmp_path: Path) -> None:
    """The first console block is the real output, but for the seconds."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    script = blocks("console")[0]
    said = [shlex.split(line[2:]) for line in script.splitlines() if line.startswith("$ ")]
    shown = "".join(line + "\n" for line in script.splitlines() if not line.startswith("$ "))
    printed = ""
    for command in said:
        run = subprocess.run(
            [sys.executable, "-m", "recommender", *command[1:]],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
        )  # fmt: skip
        printed += run.stdout
    assert SECONDS.sub("0 s", printed) == SECONDS.sub("0 s", shown)


@pytest.mark.parametrize("page", ["cli.md", "settings.md"])
def test_reference_pages_are_up_to_date(page: str) -> None:
    """docs/generate.py would write the reference pages as they are."""
    pages = runpy.run_path(str(ROOT / "docs" / "generate.py"))["PAGES"]
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == pages[page]()


def test_every_setting_has_help() -> None:
    """Each setting says in one line what it does."""
    assert all(help_of(name).endswith(".") for name in SETTINGS)


def test_every_verb_has_help() -> None:
    """Each verb says in one line what it does."""
    assert all(command.get_short_help_str() for command in cli.commands.values())


def test_every_module_is_on_the_map() -> None:
    """The map in ARCHITECTURE.md contains each module and folder of the package."""
    package = ROOT / "recommender"
    rooms = {path.stem for path in package.glob("*.py") if path.stem != "__init__"}
    rooms |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"`{room}`" not in ARCHITECTURE] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_docs_lead_somewhere(page: Path) -> None:
    """A relative link in the docs names a file that is there."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_install_lines_work_without_the_public_index() -> None:
    """The name is not ours on the public index: what is installed is a path, or a library."""
    files = [*PAGES, *ROOT.glob("recommender/**/*.py"), ROOT / "Makefile"]
    line = re.compile(
        r"(?:pip|pipx|uv\w* \w*) install (?:-\S+ )*[\"']?recommender(?![-\w/]*-)[^-\w]"
    )
    assert [file.name for file in files if line.search(file.read_text(encoding="utf-8"))] == []


def test_every_extra_is_documented() -> None:
    """docs/install.md lists each extra for users."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    extras = set(project["optional-dependencies"])
    assert {extra for extra in extras if f"`{extra}`" not in page} == set()


def test_citation_names_this_version() -> None:
    """CITATION.cff has the version and the license of the package."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (citation["version"], citation["license"]) == (__version__, project["license"])


def test_tools_are_groups_that_name_no_package_of_ours() -> None:
    """No extra installs a tool, and a group alone gets nothing of our name from an index."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [line for group in project["dependency-groups"].values() for line in group]
    assert {"bench", "dev", "docs", "wheel"} == set(project["dependency-groups"])
    assert [line for line in lines if isinstance(line, str) and "recommender" in line] == []
    assert {"bench", "dev"} & set(project["project"]["optional-dependencies"]) == set()
