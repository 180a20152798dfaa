"""Files parsed in several processes give what one process gives, in the same order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recommender.cli.main import cli
from recommender.errors import SourceError
from recommender.resources import using
from recommender.sources import SourceOptions, boilerplate_blocks, read_source
from recommender.sources.html import reader as html
from recommender.sources.markdown import reader as markdown

TEXT = "Sow the rye early, in rows {0}, and roll the ground well before the first frost of {0}."
NOTICE = "Mind the gap between the train and the platform."


pytestmark = pytest.mark.usefixtures("no_other_threads")


@pytest.fixture(autouse=True)
def always_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process pays for three files, and a batch has nine."""
    monkeypatch.setattr(html, "PROCESS_PAGES", 3)
    monkeypatch.setattr(markdown, "PROCESS_FILES", 3)
    for module in (html, markdown):
        monkeypatch.setattr(module, "_AT_ONCE", 9)


FILES = {
    "html": "<title>Rye {0}</title><article><h1>Rye {0}</h1><p>{1}<p>{1}<p>{2}",
    "markdown": "---\ntitle: Rye {0}\ndate: 2024-03-01\nslug: s{0}\n---\n"
    "{1}\n\n[{1}](/{0}/)\n\n{2}",
}


def _write(folder: Path, kind: str = "html", broken: tuple[int, ...] = ()) -> None:
    for n in range(20):
        data = FILES[kind].format(n, TEXT.format(n), NOTICE).encode()
        suffix = "html" if kind == "html" else "md"
        if n in broken:
            data = b"<meta charset=utf-8>\xff"
        (folder / f"{n:02}.{suffix}").write_bytes(data)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("processes", [2, 4])
def test_processes_give_the_same_articles(tmp_path: Path, processes: int, kind: str) -> None:
    """Articles, skipped files, warnings and cut blocks are the same, in the same order."""
    _write(tmp_path, kind)
    options = SourceOptions(format=kind)
    with using(1):
        alone, cut = read_source(tmp_path, options), boilerplate_blocks(tmp_path, options)
    with using(processes):
        several, also_cut = read_source(tmp_path, options), boilerplate_blocks(tmp_path, options)
    assert several.articles.equals(alone.articles)
    assert (several.skipped, several.warnings) == (alone.skipped, alone.warnings)
    assert also_cut.equals(cut)
    assert len(cut) > 0


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("broken", [(4, 9, 10, 17), tuple(range(20))])
def test_processes_report_broken_files_in_the_same_order(
    tmp_path: Path, broken: tuple[int, ...], kind: str
) -> None:
    """They are left out with the same reasons; if all are broken, the error is the same."""
    _write(tmp_path, kind, broken)
    options = SourceOptions(format=kind, skip_invalid=True)
    found = _outcomes(tmp_path, options)
    assert found[0] == found[1]
    assert all(f"{n:02}." in found[0] for n in broken)


def test_the_bytes_of_large_pages_are_not_in_memory_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages wait until there are enough bytes, and few of them pay for a process."""
    _write(tmp_path)
    waited: list[tuple[int, int, int]] = []

    def noted(work: Any, items: Sequence[tuple[Any, ...]], least: int) -> list[Any]:
        sizes = [len(data) for *_, data in items]
        waited.append((sum(sizes[:-1]), sum(sizes), least))
        return [*map(work, items)]

    monkeypatch.setattr(html, "in_processes", noted)
    monkeypatch.setattr(html, "_BYTES_AT_ONCE", 1_000)
    monkeypatch.setattr(html, "_PROCESS_BYTES", 500)
    assert len(read_source(tmp_path).articles) == 20
    assert all(before < 1_000 for before, _, _ in waited)
    assert sum(size for _, size, _ in waited) == sum(f.stat().st_size for f in tmp_path.iterdir())
    assert {least for *_, least in waited} == {1}


def test_errors_of_a_helper_are_those_of_one_process(tmp_path: Path) -> None:
    """An id that is missing is found where the file is parsed."""
    _write(tmp_path, "markdown")
    for n in (3, 12):
        (tmp_path / f"{n:02}.md").write_text("No slug.")
    found = _outcomes(tmp_path, SourceOptions(format="markdown", id_column="slug"))
    assert found[0] == found[1]
    assert "03.md" in found[0]
    assert "12.md" in found[0]


def _outcomes(folder: Path, options: SourceOptions) -> list[str]:
    """Return what one process, and three, leave out; or their error."""
    found = []
    for processes in (1, 3):
        with using(processes):
            try:
                found.append(str(read_source(folder, options).skipped))
            except SourceError as error:
                found.append(f"{error} {error.hint}")
    return found


def test_one_thread_reads_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting `threads` holds for reading too."""
    monkeypatch.setattr(multiprocessing, "get_context", lambda *_: pytest.fail("a process"))
    _write(tmp_path)
    command = ["site", str(tmp_path), "--threads", "1", "--no-index"]
    assert CliRunner().invoke(cli, command).exit_code == 0
