"""Broken files: every reader gives articles, or an error that names the file. Nothing else.

`fuzz` makes the files, and runs as long as one likes (``make fuzz N=1000000``).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("defusedxml")
pytest.importorskip("docutils")
pytest.importorskip("pyarrow")
pytest.importorskip("sqlalchemy")

import fuzz
from fuzz import KINDS, LEAST_BYTES, REGRESSIONS, Kind, Timing, batch, run, slow_ones, try_out

from recommender.errors import SourceError
from recommender.sources import SourceOptions, read_source
from recommender.sources.base import reading

INPUTS = 100
"""How many broken inputs of each kind are read here."""


@pytest.mark.parametrize("name", KINDS)
def test_broken_inputs_are_read_or_named(name: str, tmp_path: Path) -> None:
    """Cut, flipped, doubled and mixed with what breaks parsers: no other error than ours."""
    KINDS[name].read(tmp_path, [KINDS[name].sample])
    for seed in range(-(-INPUTS // KINDS[name].at_once)):
        inputs = batch(name, seed)
        assert try_out(name, inputs, tmp_path / "inputs") == "", f"seed {seed}"


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name, found in REGRESSIONS.items() for data in found]
)
def test_inputs_that_once_failed_do_no_more(name: str, data: bytes, tmp_path: Path) -> None:
    """Whatever a long run finds is kept."""
    assert try_out(name, [data], tmp_path / "inputs") == ""


def test_a_seed_makes_the_same_inputs() -> None:
    """And another seed makes others."""
    assert batch("page.md", 3) == batch("page.md", 3) != batch("page.md", 4)
    assert len(batch("page.md", 3)) == KINDS["page.md"].at_once


def test_guilty_inputs_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that breaks on one input of a batch gives that input."""

    def read(folder: Path, inputs: list[bytes]) -> None:
        if any(len(data) % 7 == 3 for data in inputs):
            raise KeyError("seven")

    monkeypatch.setitem(KINDS, "page.md", Kind(KINDS["page.md"].sample, read, 50))
    timing, failure = run(["page.md"], range(1), tmp_path / "inputs")
    assert isinstance(timing, Timing)
    assert failure.reason == "KeyError: 'seven'"
    assert [len(data) % 7 for data in failure.inputs] == [3]


def test_memory_beyond_the_limit_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process may not grow by more than the limit."""
    monkeypatch.setattr(fuzz, "MOST_MEMORY", 10 << 20)
    monkeypatch.setattr(fuzz, "peak", iter([100 << 20, 120 << 20]).__next__)
    assert try_out("page.md", batch("page.md", 0), tmp_path / "inputs") == "20 MB more memory"


def test_slow_inputs_are_those_far_from_the_median() -> None:
    """Per byte, of their kind, and only if they take a second."""
    usual = [Timing("page.md", seed, 2 * LEAST_BYTES, 0.02) for seed in range(9)]
    slow = Timing("page.md", 9, LEAST_BYTES, 1.5)
    large = Timing("page.md", 10, 150 * LEAST_BYTES, 1.5)
    assert [failure.seed for failure in slow_ones([*usual, slow, large])] == [9]


def test_samples_are_articles(tmp_path: Path) -> None:
    """What the broken files are made from is whole."""
    (tmp_path / "rye.json").write_text(json.dumps(fuzz.ROWS))
    assert len(read_source(tmp_path / "rye.json", SourceOptions()).articles) == len(fuzz.ROWS)


def test_mistakes_of_ours_show_as_such() -> None:
    """An exception that bad bytes cannot cause is not reported as an error of the file."""
    for mistake in (TypeError, KeyError, AttributeError, IndexError, NameError, AssertionError):
        with pytest.raises(mistake), reading("a.json"):
            raise mistake("x")
    message = r"a\.json: cannot be read, got OverflowError: x"
    with pytest.raises(SourceError, match=message), reading("a.json"):
        raise OverflowError("x")
