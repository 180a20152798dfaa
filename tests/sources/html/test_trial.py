"""Pages that another process tries first, where it cannot: the reason is told, and not kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from selectolax import lexbor

from recommender.cli.main import cli
from recommender.errors import SourceError
from recommender.index.inputs import moments_noted
from recommender.sources import read_source
from recommender.sources.html import limits
from recommender.sources.html.limits import SURE_TAGS, beyond_limits

MANY = "<p>Rye</p>" * SURE_TAGS
DEEP = "<div>" * (SURE_TAGS + 1)
PAGE = (
    "<!doctype html><title>{0}</title><article><h1>{0}</h1><p>Sow the {0} early, in rows, and roll "
    "the ground well before the first frost.</p>{1}</article>"
)


def no_process(*_: Any, **__: Any) -> None:
    raise BlockingIOError(11, "Resource temporarily unavailable")


def too_slow(*_: Any, **__: Any) -> None:
    raise subprocess.TimeoutExpired("python", 20.0)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("sys.executable", None, "the program of Python is unknown"),
        ("sys.executable", "", "the program of Python is unknown"),
        ("sys.executable", "/usr/bin/true", "the program of Python is unknown"),
        ("sys.executable", "/none/python", "no such file or directory"),
        ("subprocess.run", no_process, "resource temporarily unavailable"),
        ("subprocess.run", too_slow, "it took more than 20 s"),
        ("subprocess.run", lambda *_, **__: subprocess.CompletedProcess("", 0, b""), "code 0"),
        ("subprocess.run", lambda *_, **__: subprocess.CompletedProcess("", 1, b""), "code 1"),
        ("subprocess.run", lambda *_, **__: subprocess.CompletedProcess("", -9, b""), "killed"),
    ],
)
def test_a_page_that_cannot_be_tried_is_not_parsed(
    monkeypatch: pytest.MonkeyPatch, place: str, value: Any, reason: str
) -> None:
    """The reason is the true one, and the next run looks again."""
    monkeypatch.setattr(place, value)
    with moments_noted() as moments:
        problem = beyond_limits(MANY)
    assert problem.startswith("many tags, and could not be tried in another process: ")
    assert reason in problem
    assert len(moments) == 1
    assert beyond_limits("<p>Rye</p>" * 10_000) == ""


def test_a_page_that_could_not_be_tried_is_read_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index keeps neither the reason nor that nothing has changed."""
    monkeypatch.chdir(tmp_path)
    for name, more in (("rye", ""), ("oats", ""), ("barley", MANY)):
        path = Path("site", name, "index.html")
        path.parent.mkdir(parents=True)
        path.write_text(PAGE.format(name, more))
    command = ["build", "site", "-o", "lists.json"]
    with monkeypatch.context() as without:
        without.setattr(subprocess, "run", no_process)
        first = CliRunner().invoke(cli, command)
    second = CliRunner().invoke(cli, command)
    assert "Read 2 articles" in first.output
    assert "Read 3 articles" in second.output
    assert "Nothing has changed" in CliRunner().invoke(cli, command).output


def test_the_parser_of_this_process_tries_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without its packages gets it by its directory, and reads no variables."""
    monkeypatch.setattr(sys, "executable", os.path.realpath(sys.executable))
    monkeypatch.setenv("PYTHONSTARTUP", "/none")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    assert beyond_limits(MANY) == ""
    assert "never closed" in beyond_limits(DEEP)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize("megabytes", [30, 100])
def test_a_trial_without_memory_refuses_a_page(
    monkeypatch: pytest.MonkeyPatch, megabytes: int
) -> None:
    """Its own limit is a verdict on the page."""
    run = subprocess.run

    def narrow(command: list[str], **given: Any) -> Any:
        return run([*command[:4], str(megabytes), *command[5:]], **given)

    monkeypatch.setattr(subprocess, "run", narrow)
    assert beyond_limits(MANY * 8) == limits._TOO_DEEP


def test_a_parser_without_memory_is_an_error_that_names_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own exception would be a traceback."""

    class Full:
        def __init__(self, _: str) -> None:
            raise lexbor.SelectolaxError("Can't parse HTML.")

    (tmp_path / "rye.html").write_text(PAGE.format("rye", ""))
    monkeypatch.setattr(lexbor, "LexborHTMLParser", Full)
    with pytest.raises(SourceError, match=r"rye\.html: does not fit into memory"):
        read_source(tmp_path)
