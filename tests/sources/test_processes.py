"""Pages parsed in several processes give what one process gives, in the same order."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from click.testing import CliRunner

from recommender.cli.main import cli
from recommender.errors import SourceError
from recommender.resources import using
from recommender.sources import SourceOptions, boilerplate_blocks, read_source
from recommender.sources.html import reader as html

TEXT = "Sow the rye early, in rows {0}, and roll the ground well before the first frost of {0}."
NOTICE = "Mind the gap between the train and the platform."


pytestmark = pytest.mark.usefixtures("no_other_threads")


@pytest.fixture(autouse=True)
def always_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process pays for three pages."""
    monkeypatch.setattr(html, "PROCESS_PAGES", 3)


def _write(folder: Path, broken: tuple[int, ...] = ()) -> None:
    for n in range(20):
        text = TEXT.format(n)
        page = f"<title>Rye {n}</title><article><h1>Rye {n}</h1><p>{text}<p>{text}<p>{NOTICE}"
        data = page.encode() if n not in broken else b"<meta charset=utf-8>\xff"
        (folder / f"{n:02}.html").write_bytes(data)


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_give_the_same_articles(tmp_path: Path, processes: int) -> None:
    """Articles, skipped files, warnings and cut blocks are the same, in the same order."""
    _write(tmp_path)
    options = SourceOptions(format="html")
    with using(1):
        alone, cut = read_source(tmp_path, options), boilerplate_blocks(tmp_path, options)
    with using(processes):
        several, also_cut = read_source(tmp_path, options), boilerplate_blocks(tmp_path, options)
    assert several.articles.equals(alone.articles)
    assert (several.skipped, several.warnings) == (alone.skipped, alone.warnings)
    assert also_cut.equals(cut)
    assert len(cut) > 0


@pytest.mark.parametrize("broken", [(4, 9, 10, 17), tuple(range(20))])
def test_processes_report_broken_pages_in_the_same_order(
    tmp_path: Path, broken: tuple[int, ...]
) -> None:
    """Broken pages are skipped with the same reasons; if all are broken, the error is the same."""
    _write(tmp_path, broken)
    found = []
    for processes in (1, 3):
        with using(processes):
            try:
                found.append(str(read_source(tmp_path, SourceOptions(format="html")).skipped))
            except SourceError as error:
                found.append(f"{error} {error.hint}")
    assert found[0] == found[1]
    assert all(f"{n:02}.html" in found[0] for n in broken)


def test_one_thread_reads_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting `threads` holds for reading too."""
    monkeypatch.setattr(multiprocessing, "get_context", lambda *_: pytest.fail("a process"))
    _write(tmp_path)
    command = ["site", str(tmp_path), "--threads", "1", "--no-index"]
    assert CliRunner().invoke(cli, command).exit_code == 0
