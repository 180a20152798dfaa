"""Lines that recur over the texts of a table are cut as they are from pages, in any piece of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.sources import SourceOptions, boilerplate_report, read_articles
from recommender.sources.html import recurrence
from recommender.sources.html.boilerplate import mark_recurring
from recommender.sources.html.recurrence import recurring_lines, sample_texts, without_recurring
from recommender.sources.html.text import Block
from recommender.sources.pieces import find_pieces, piece_articles, read_piece, recurring_of
from recommender.sources.streams import stream_articles

NOTICE = (
    "Um diesen Inhalt zu sehen, erlauben Sie bitte die Cookies von Drittanbietern auf der Seite."
)
STORIES = ["Der Bagger wurde verkauft.", "Ein Dieb ging um.", "Es regnet auf die Mole.",
           "Zwei Boote liefen auf Grund.", "Die Brauerei schließt.", "Ein Reh lief."]  # fmt: skip


SAYERS = ["Ada", "Bert", "Cleo", "Dora", "Emil", "Finn"]


def write_lines(file: Path, texts: list[str]) -> Path:
    """Write texts as JSON Lines."""
    rows = [{"id": f"{n:03}", "title": f"Nummer {n}", "text": text} for n, text in enumerate(texts)]
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def test_a_notice_in_each_text_of_a_table_is_cut(tmp_path: Path) -> None:
    """Two unrelated stories share no word of the cookie notice that is in both."""
    said = [f"Sagt {name}." for name in SAYERS]
    texts = [f"{story}\n\n{NOTICE}\n\n{end}" for story, end in zip(STORIES, said, strict=True)]
    read = read_articles(write_lines(tmp_path / "a.jsonl", texts))["text"].tolist()
    assert read == [f"{story}\n\n{end}" for story, end in zip(STORIES, said, strict=True)]


@pytest.mark.parametrize("suffix", ["csv", "xml"])
def test_csv_and_feeds_are_cut_alike(tmp_path: Path, suffix: str) -> None:
    """The kind of source does not matter."""
    rows = [f'{n},Nummer {n},"{story}\n{NOTICE}"' for n, story in enumerate(STORIES)]
    items = "".join(
        f"<item><guid>{n}</guid><title>N {n}</title><link>https://example.org/{n}</link>"
        f"<description>&lt;p&gt;{story}&lt;/p&gt;&lt;p&gt;{NOTICE}&lt;/p&gt;</description></item>"
        for n, story in enumerate(STORIES)
    )
    content = {
        "csv": "id,title,text\n" + "\n".join(rows),
        "xml": f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>",
    }[suffix]
    (tmp_path / f"a.{suffix}").write_text(content, encoding="utf-8")
    assert sorted(read_articles(tmp_path / f"a.{suffix}")["text"]) == sorted(STORIES)


def test_what_few_texts_share_and_copies_stay(tmp_path: Path) -> None:
    """Two texts are not a site, and a text with only recurring lines is not emptied."""
    texts = [f"{story}\n{NOTICE}" for story in STORIES[:2]]
    assert read_articles(write_lines(tmp_path / "a.jsonl", texts))["text"].tolist() == texts
    copies = [f"{NOTICE}\n{STORIES[0]}"] * 6
    assert read_articles(write_lines(tmp_path / "b.jsonl", copies))["text"].tolist() == copies


def test_texts_without_recurring_lines_keep_every_character(tmp_path: Path) -> None:
    """Blank lines and spaces are those of the source where nothing is cut."""
    texts = [f"{story}\n\n\n\n  {end} " for story, end in zip(STORIES, SAYERS, strict=True)]
    assert read_articles(write_lines(tmp_path / "a.jsonl", texts))["text"].tolist() == texts


def test_cuts_of_a_table_are_counted(tmp_path: Path) -> None:
    """The report holds for tables too."""
    file = write_lines(tmp_path / "a.jsonl", [f"{story}\n{NOTICE}" for story in STORIES])
    counted = boilerplate_report(file).set_index("kind")["blocks"].to_dict()
    assert counted == {"recurring": 6, "article": 6}


@pytest.mark.parametrize("sample", [8, 2_000])
def test_pieces_and_streams_cut_what_the_whole_cuts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: int
) -> None:
    """The sample is the same for any pieces of a table, even if it cannot contain all."""
    monkeypatch.setattr(recurrence, "SAMPLE", sample)
    monkeypatch.setattr("recommender.sources.streams.BATCH_BYTES", 400)
    notices = [NOTICE, "Subscribe to our list of lists.", STORIES[0], STORIES[1]]
    numbers = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60)]
    texts = [
        f"The log of {name}.\n{notices[n * n % 7 % 4]}\nIt was kept on the pier by {name}."
        for n, name in enumerate(numbers)
    ]
    file = write_lines(tmp_path / "a.jsonl", texts)
    whole = read_articles(file)["text"].tolist()
    assert whole != texts
    options = SourceOptions()
    read = [read_piece(piece, options) for piece in find_pieces(file, size=500) or []]
    found = recurring_of([part for *_, part in read])
    columns = ["id", "title", "text"]
    pieces = [piece_articles(raw, columns, "a", options, found).articles for raw, *_ in read]
    assert len(pieces) > 2
    assert [text for piece in pieces for text in piece["text"]] == whole
    assert [text for part in stream_articles(file) for text in part["text"]] == whole


def test_sample_of_no_texts_finds_nothing() -> None:
    """Cells that are not texts are ignored."""
    assert recurring_lines(sample_texts([None, 3.0, float("nan")])) == set()
    assert without_recurring(None, {b"x"}) is None


def test_blocks_that_differ_only_in_case_numbers_or_line_ends_recur() -> None:
    """Each pair of variants is one block of the site."""
    short = ("Page 1 of 12", "PAGE 3\nof 4", "page 20 of 20", "Page 5 of\n6", "Page 7 OF 8")
    long = "Mind the gap between\nthe train and the platform of the Große STRASSE, please."
    folded = long.replace("\n", " ").casefold()
    pages = [
        [Block(f"All on {name}", "p", 0.0), Block(line, "p", 0.0), Block(text, "p", 0.0)]
        for name, line, text in zip("abcde", short, [long, folded] * 3, strict=False)
    ]
    mark_recurring(pages)
    assert {tuple(block.kind for block in blocks) for blocks in pages} == {
        ("", "recurring", "recurring")
    }
