"""Contents of a host's pages: parsed once, as long as they stay the same."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from recommender.plugins import contents as module
from recommender.plugins.base import read_texts
from recommender.plugins.contents import parsed_contents
from recommender.sources.html.text import PageText

PAGES = [
    f"<h2>Rye {n}</h2><p>Sow it <a href='/x/'>early</a> in {n}.</p><table><tr><td>1<td>{n}</table>"
    for n in range(6)
]


def test_kept_contents_are_those_parsed_again(tmp_path: Path) -> None:
    """Every field of every block comes back, in the order of the pages."""
    plain = parsed_contents(PAGES)
    assert parsed_contents(PAGES, tmp_path) == plain
    assert parsed_contents(PAGES[::-1], tmp_path) == plain[::-1]


def test_hostile_contents_have_no_text(caplog: pytest.LogCaptureFixture) -> None:
    """A small page that would take a gigabyte ends no build, and the log names it as such."""
    hostile = "<p>" + "".join(f"<b id={n}>" for n in range(1_900)) + "<p>Rye" * 2_000
    assert [len(page.blocks) for page in parsed_contents([hostile, PAGES[0]])] == [0, 3]
    assert "never closed" in caplog.text


def test_only_new_contents_are_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contents of removed pages are forgotten with the next build."""
    parsed_contents(PAGES, tmp_path)
    parsed: list[str] = []
    read = module.read_content
    monkeypatch.setattr(module, "read_content", lambda html: parsed.append(html) or read(html))
    parsed_contents([*PAGES[1:], "<p>New"], tmp_path)
    assert parsed == ["<p>New"]
    parsed_contents(PAGES, tmp_path)
    assert parsed == ["<p>New", PAGES[0]]


def test_blocks_that_are_marked_do_not_stay_marked(tmp_path: Path) -> None:
    """What recurs on one build's pages may not recur on those of the next."""
    notice = "<p>Mind the gap between the train and the platform.</p>"
    many = [f"{page}{notice}" for page in PAGES]
    first = read_texts(many, folder=tmp_path)
    assert not any("Mind the gap" in found["text"] for found in first)
    assert "Mind the gap" in read_texts(many[:1], folder=tmp_path)[0]["text"]


def test_a_damaged_or_unwritable_index_is_named_and_costs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The texts are the same."""
    folder = tmp_path / "index"
    parsed_contents(PAGES, folder)
    (file,) = folder.glob("pages-*")
    file.write_bytes(b"x" + file.read_bytes()[1:])
    assert parsed_contents(PAGES, folder) == parsed_contents(PAGES)
    assert "is damaged" in caplog.text
    (tmp_path / "file").write_text("")
    assert parsed_contents(PAGES, tmp_path / "file") == parsed_contents(PAGES)
    assert "the index cannot be written" in caplog.text


def test_two_builds_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first, and so parses only what the first did not."""
    parsed: list[str] = []
    read, met = module.read_content, Barrier(2)

    def reading(html: str) -> PageText:
        parsed.append(html)
        if len(parsed) == 1:
            met.wait(10)  # the second build begins while the first parses
            time.sleep(0.2)
        return read(html)

    monkeypatch.setattr(module, "read_content", reading)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(parsed_contents, PAGES, tmp_path)
        met.wait(10)
        second = pool.submit(parsed_contents, [*PAGES, "<p>New"], tmp_path)
        assert second.result(30)[:-1] == first.result(30)
    assert parsed == [*PAGES, "<p>New"]
