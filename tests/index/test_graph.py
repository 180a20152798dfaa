"""A graph as files and back, and what a run does with them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import NEWSROOM, Command

from recommender import read_articles
from recommender.cli import kept
from recommender.config import Settings, of_group
from recommender.errors import SourceError
from recommender.index.graph import NAMES, PARTS, graph_of, parts_of
from recommender.model import Recommender
from recommender.neighbors import carry, pruned
from recommender.vectors.graphs import GraphMemory, Remembered


@pytest.fixture(scope="module")
def graph() -> Remembered:
    """The graph of the newsroom."""
    model = Recommender(**of_group(Settings(), "model")).fit(read_articles(NEWSROOM))
    model.memory = GraphMemory()
    model.recommend()
    assert model.memory.now is not None
    return model.memory.now


def whole(parts: dict[str, list[Any]]) -> dict[str, bytes]:
    """Return files that are given in pieces."""
    return {name: b"".join(pieces) for name, pieces in parts.items()}


def test_a_graph_is_read_as_it_was_written(graph: Remembered) -> None:
    """Only the weights are rounded."""
    back = graph_of(whole(parts_of(graph)).get)
    assert back is not None
    assert (back.ids, back.columns.terms) == (graph.ids, graph.columns.terms)
    for mine, given in (
        (back.columns.phrases, graph.columns.phrases),
        (back.columns.kept, graph.columns.kept),
        (back.rows.indices, graph.rows.indices),
        (back.rows.indptr, graph.rows.indptr),
        (back.rows.data, graph.rows.data.astype(np.float32)),
        (back.known.indices, graph.known.indices),
        (back.known.outside, graph.known.outside),
    ):
        assert np.array_equal(mine, given)
        assert mine.dtype == given.dtype


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("data", [None, b"", b"\x93NUMPY of another version"])
def test_without_one_of_its_files_there_is_no_graph(
    graph: Remembered, name: str, data: bytes | None
) -> None:
    """Nor with one of another kind."""
    assert graph_of({**whole(parts_of(graph)), name: data}.get) is None


def test_ids_of_other_rows_are_no_graph(graph: Remembered) -> None:
    """Files of two versions do not fit."""
    other = whole(parts_of(graph._replace(ids=graph.ids[1:])))
    assert graph_of({**whole(parts_of(graph)), NAMES: other[NAMES]}.get) is None


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the newsroom, whose graph is kept though it is small."""
    monkeypatch.setattr("recommender.vectors.graphs.LEAST_ARTICLES", 0)
    monkeypatch.setattr(carry, "MOST", 1.0)
    return Path(shutil.copytree(NEWSROOM, tmp_path / "posts"))


def edit(site: Path) -> None:
    """Add a word to one article."""
    file = min(site.rglob("*.md"))
    file.write_text(file.read_text("utf-8") + "\nFerry.\n", "utf-8")


def clean(run: Command, site: Path) -> bytes:
    """Return what a build without an index writes."""
    assert run("build", site, "-o", "clean.json", "--no-index").code == 0
    return Path("clean.json").read_bytes()


@pytest.mark.skipif(not pruned.AVAILABLE, reason="needs the compiled extension")
def test_a_run_uses_the_graph_of_the_last(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an edit there is no full search, and the lists are those of a clean build."""
    run("build", site, "-o", "lists.json")
    for stale in (1.0, 0.0, 0.0):
        monkeypatch.setattr("recommender.vectors.graphs.STALE", stale)
        edit(site)
        expected = clean(run, site)
        with monkeypatch.context() as patch:
            patch.setattr(Recommender, "_search", lambda *_: pytest.fail("searched all"))
            done = run("build", site, "-o", "lists.json")
        assert done.code == 0, done.err
        assert Path("lists.json").read_bytes() == expected


@pytest.mark.skipif(not pruned.AVAILABLE, reason="needs the compiled extension")
def test_a_run_that_fails_keeps_the_graph(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run after it need not search all."""
    run("build", site, "-o", "lists.json")
    edit(site)
    with monkeypatch.context() as patch:
        patch.setattr("recommender.cli.main.fit", raise_source_error)
        assert run("build", site, "-o", "lists.json").code == 1
    monkeypatch.setattr(Recommender, "_search", lambda *_: pytest.fail("searched all"))
    assert run("build", site, "-o", "lists.json").code == 0


def raise_source_error(*_: object, **__: object) -> None:
    """Fail as a source that cannot be read does."""
    raise SourceError("posts: cannot be read")


def test_the_graph_of_another_version_is_dropped(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the run makes none of its own."""
    run("build", site, "-o", "lists.json")
    assert [*Path(kept.FOLDER).rglob("*.npy")]
    monkeypatch.setattr(kept, "program", lambda: "another version")
    assert run("build", site, "-o", "lists.json", "--engine", "reference").code == 0
    assert not [*Path(kept.FOLDER).rglob("*.npy")]


def test_a_small_site_keeps_no_graph(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full search takes less time than reading it."""
    monkeypatch.undo()
    monkeypatch.chdir(site.parent)
    run("build", site, "-o", "lists.json")
    assert [*Path(kept.FOLDER).rglob("files-*")]
    assert not [*Path(kept.FOLDER).rglob("*.npy")]


@pytest.mark.parametrize("part", PARTS)
def test_a_damaged_graph_is_named_and_made_again(run: Command, site: Path, part: str) -> None:
    """One warning; the lists are right, and the next run has a whole graph again."""
    run("build", site, "-o", "lists.json")
    (file,) = Path(kept.FOLDER).rglob(f"{part.partition('.')[0]}-*")
    file.write_bytes(file.read_bytes()[:-1] + b"\0\0")
    edit(site)
    done = run("build", site, "-o", "lists.json")
    assert done.code == 0
    assert done.err.count("is damaged, its digest is another; the index is made again") == 1
    assert Path("lists.json").read_bytes() == clean(run, site)
    edit(site)
    assert "is damaged" not in run("build", site, "-o", "lists.json").err
    assert Path("lists.json").read_bytes() == clean(run, site)
