"""Errors: the tree, the message, and what becomes of it elsewhere."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
from pathlib import Path

import pytest

from recommender import errors
from recommender.errors import (
    MAX_REPORTED,
    ConfigError,
    MissingDependencyError,
    RecommenderError,
    UnknownArticleError,
    did_you_mean,
    join_problems,
)

TREE = dict(re.findall(r"[├└]── (\w+) +\((\w+)\)", errors.__doc__ or ""))
CLASSES = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, RecommenderError) and kind is not RecommenderError
}


def test_error_tree_in_the_docstring_is_the_tree() -> None:
    """The docstring draws every error with its standard base."""
    assert {name: kind.__bases__[1].__name__ for name, kind in CLASSES.items()} == TREE


@pytest.mark.parametrize("kind", CLASSES.values())
def test_error_is_documented(kind: type[RecommenderError]) -> None:
    """Every error says in a sentence what it means."""
    assert (kind.__doc__ or "").strip()


def without_hint() -> list[str]:
    """Return the places where an error about a user's files is made without a hint."""
    about_files = {"SourceError", "OutputError", "JudgmentsError", "UnknownArticleError"}
    package = Path(errors.__file__).parent
    return [
        f"{file.relative_to(package)}:{node.lineno}"
        for file in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in about_files
        and len(node.args) + len(node.keywords) < 2
    ]


def test_error_about_files_names_the_next_action() -> None:
    """Whoever reads it did not write the code: it says what to do with the file."""
    assert without_hint() == []


def test_error_shows_its_message_and_its_hint() -> None:
    """The text is what is wrong, then the next action on a line of its own."""
    assert str(ConfigError("k: got 0", "write k = 6")) == "k: got 0\nHint: write k = 6"
    assert str(UnknownArticleError("no article 'x'")) == "no article 'x'"


@pytest.mark.parametrize("kind", sorted(set(CLASSES) - {"MissingDependencyError"}))
def test_error_survives_pickling(kind: str) -> None:
    """A worker process can send an error back whole."""
    back = pickle.loads(pickle.dumps(CLASSES[kind]("wrong", "mend it")))
    assert (type(back), str(back), back.hint) == (CLASSES[kind], "wrong\nHint: mend it", "mend it")


def test_missing_dependency_names_what_to_install() -> None:
    """The hint is a line to type, also after pickling."""
    error = pickle.loads(pickle.dumps(MissingDependencyError("pyarrow", "parquet", "Parquet")))
    assert error.message == "Parquet needs pyarrow, which is not installed"
    assert error.hint == 'pip install "pyarrow>=15"'


@pytest.mark.parametrize("name", ["posts/017777-rey.md", "posts/17777-rye.md", "017777-rye.md"])
def test_the_closest_of_very_many_names_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though few are compared one by one, they are as close as those of a whole comparison."""
    known = [f"posts/{number:06}-{'rye' if number % 2 else 'oats'}.md" for number in range(3000)]
    known += ["posts/017777-rye.md", "x" * 300]
    found = did_you_mean(name, known)
    monkeypatch.setattr(errors, "MOST_COMPARED", len(known))
    assert found == did_you_mean(name, known)
    assert found.startswith("did you mean posts/017777-rye.md")


def test_few_of_very_many_names_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing one name takes as long as looking through a thousand."""
    compared: list[int] = []
    monkeypatch.setattr(
        errors.difflib,
        "get_close_matches",
        lambda _, names, **__: compared.append(len(names)) or [],
    )
    did_you_mean("rye", map(str, range(9000)))
    assert compared == [errors.MOST_COMPARED]


def test_did_you_mean_stays_silent_without_a_close_name() -> None:
    """Without a close or known name, there is no suggestion."""
    assert did_you_mean("zzz", ["title_weight"]) == did_you_mean("k", []) == ""


def test_join_problems_counts_what_it_does_not_list() -> None:
    """Twenty problems are listed, the others counted."""
    lines = join_problems([f"p{n}" for n in range(MAX_REPORTED + 1_234)]).splitlines()
    assert len(lines) == MAX_REPORTED + 1
    assert lines[-1] == "... and 1,234 more"
