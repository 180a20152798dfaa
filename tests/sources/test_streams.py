"""Streams: the tables together are the source, and the lists are those of the whole."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from recommender import ArticleRecommender, explain, read_articles, shared_terms, stream_articles
from recommender.cli.main import cli
from recommender.errors import SourceError
from recommender.sources import read_source, streams
from recommender.sources.streams import is_large, stream_source
from recommender.teasers import teaser, teasers

ROWS: list[dict[str, Any]] = [
    {"id": "rye", "title": "Rye", "text": "Sow it early, and it feeds the geese.", "tags": ["a"]},
    {"id": "oats", "title": "Oats", "text": "Haferflocken für Ältere", "date": "2024-03-01"},
    {"id": "tea", "title": "Tea", "text": "緑茶", "category": "drinks", "summary": "Green."},
    {"id": "draft", "title": "Draft", "text": "Not yet.", "draft": True},
    {"id": "ale", "title": "Ale", "text": "Malt.", "section": "drinks", "description": "Brown."},
]


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write a JSON Lines file, with a blank line after the first."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    data = "\n".join([lines[0], "", *lines[1:]]).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture(params=[1, 150, 10_000])
def batches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Batches of a line each, of a few, and of all."""
    size: int = request.param
    monkeypatch.setattr(streams, "BATCH_BYTES", size)
    monkeypatch.setattr(streams, "BATCH_ROWS", -(-size // 100))
    return size


@pytest.fixture
def of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every source that can be streamed taken for large, and read line by line."""
    monkeypatch.setattr(streams, "BATCH_BYTES", 1)
    monkeypatch.setattr(streams, "LARGE_BYTES", 0)


def joined(tables: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """Return tables as one, by id."""
    return pd.concat([*tables]).sort_values("id", ignore_index=True)


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz"])
@pytest.mark.usefixtures("batches")
def test_streamed_lines_are_those_of_the_whole(tmp_path: Path, name: str) -> None:
    """Packed or not, in batches of any size; but for `description`, which is the teaser."""
    path = write_lines(tmp_path / name, ROWS)
    whole = read_articles(path)
    shown = [teaser(text, own, 3) for text, own in whole[["text", "description"]].values]
    found = joined(stream_articles(path, teaser_words=3))
    pd.testing.assert_frame_equal(found, whole.assign(description=shown), check_dtype=False)


@pytest.mark.usefixtures("batches")
def test_streamed_rows_of_parquet_are_those_of_the_whole(tmp_path: Path) -> None:
    """Lists in cells and missing values too."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    pd.DataFrame(ROWS).to_parquet(path, row_group_size=3)
    found = joined(stream_articles(path)).drop(columns="description")
    pd.testing.assert_frame_equal(
        found, read_articles(path).drop(columns="description"), check_dtype=False
    )


def test_what_is_left_out_is_named_by_its_line(tmp_path: Path, batches: int) -> None:
    """For any batches, the result is that of the whole source."""
    path = write_lines(tmp_path / "a.jsonl", ROWS)
    found = [one for result in stream_source(path) for one in result.skipped]
    assert found == [(f"{path}:5", "draft")] == read_source(path).skipped


def test_other_sources_are_one_table(tmp_path: Path) -> None:
    """Whatever can be read can be streamed."""
    (tmp_path / "a.md").write_text("# A\n\nOne.")
    (tmp_path / "b.md").write_text("# B\n\nTwo.")
    (table,) = stream_articles(tmp_path)
    assert list(table["id"]) == ["a.md", "b.md"]
    assert not is_large(tmp_path)


@pytest.mark.usefixtures("of_lines")
def test_dates_that_one_batch_cannot_read_make_a_whole(tmp_path: Path) -> None:
    """28/02/2024 shows how to read 01/02/2024, two batches away."""
    rows = [
        row | {"date": f"{day}/02/2024"} for row, day in zip(ROWS[:3], ("01", 28, 2), strict=True)
    ]
    path = write_lines(tmp_path / "a.jsonl", rows)
    (table,) = stream_articles(path)
    assert list(table["date"].dt.day) == [28, 1, 2]
    told = stream_articles(path, date_format="%d/%m/%Y")
    assert list(joined(told)["date"].dt.day) == [28, 1, 2]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "rye"', "a.jsonl:7: is not valid JSON"),
        ('{"id": "", "title": "x", "text": "y"}', "a.jsonl:7: id is missing"),
        ('{"id": "tea", "title": "x", "text": "y"}', "a.jsonl:7: id 'tea' is repeated, first at"),
        ('{"id": "x", "title": "x", "text": "y", "date": "soon"}', "a.jsonl:7: `date` must be"),
    ],
)
@pytest.mark.usefixtures("of_lines")
def test_wrong_lines_are_named(tmp_path: Path, line: str, problem: str) -> None:
    """Rows are named by their number in the file, in any batch."""
    path = write_lines(tmp_path / "a.jsonl", ROWS)
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    with pytest.raises(SourceError, match=problem):
        joined(stream_articles(path))


@pytest.mark.usefixtures("of_lines")
def test_repeated_ids_are_named_with_both_places(tmp_path: Path) -> None:
    """The lines are looked up again, as no batch knows those of others."""
    path = write_lines(tmp_path / "a.jsonl", [*ROWS, ROWS[2]])
    with pytest.raises(SourceError, match=r"a\.jsonl:7: id .tea. is repeated, .*a\.jsonl:4"):
        joined(stream_articles(path))


@pytest.mark.usefixtures("of_lines")
def test_repeated_ids_that_are_no_text_are_named_too(tmp_path: Path) -> None:
    """Two halves of surrogate pairs are one id in the table, and none in the file."""
    rows = [row | {"id": name} for row, name in zip(ROWS[:2], ("\ud800", "\udfff"), strict=True)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(SourceError, match="id '\ufffd' is repeated"):
        joined(stream_articles(path))


@pytest.mark.usefixtures("of_lines")
def test_a_stream_without_articles_is_an_error(tmp_path: Path) -> None:
    """Drafts alone make no lists."""
    path = write_lines(tmp_path / "a.jsonl", [ROWS[3], ROWS[3]])
    with pytest.raises(SourceError, match="no article left, 2 skipped: 2 drafts"):
        joined(stream_articles(path))


@pytest.mark.usefixtures("of_lines")
@pytest.mark.parametrize("name", ["lists.json", "lists.csv"])
def test_build_writes_the_same_bytes_from_a_stream(
    newsroom: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The narration is the same, except for the times."""
    path = tmp_path / "news.jsonl"
    newsroom.sample(frac=1, random_state=1).to_json(
        path, orient="records", lines=True, date_format="iso"
    )
    outputs, told = [], []
    for large in (0, 1 << 40):
        monkeypatch.setattr(streams, "LARGE_BYTES", large)
        run = CliRunner().invoke(
            cli,
            ["build", str(path), "-o", str(tmp_path / name), "--teaser-words", "7", "--no-index"],
        )
        assert run.exit_code == 0, run.output
        outputs.append((tmp_path / name).read_bytes())
        told.append([line.partition(" in ")[0] for line in run.stderr.splitlines()])
    assert outputs[0] == outputs[1]
    assert told[0] == told[1]
    assert told[0][0].startswith("Read 184 articles")


def test_fit_to_several_tables_is_fit_to_their_whole(newsroom: pd.DataFrame) -> None:
    """Rows, lists and reasons do not depend on the order of the articles; texts are not kept."""
    whole = ArticleRecommender().fit(newsroom)
    mixed = newsroom.sample(frac=1, random_state=2)
    parted = ArticleRecommender().fit(mixed[at : at + 50] for at in range(0, len(mixed), 50))
    assert (whole.vectors_ != parted.vectors_).nnz == 0
    lists = whole.recommend()
    pd.testing.assert_frame_equal(parted.recommend(), lists)
    assert shared_terms(parted, lists) == shared_terms(whole, lists)
    summaries = newsroom["description"].where(newsroom["description"] != "", teasers(newsroom, 40))
    kept = whole.articles_.assign(text="", headings="", description=summaries)
    pd.testing.assert_frame_equal(parted.articles_, kept, check_dtype=False)


def test_fit_to_several_tables_holds_the_texts_of_one() -> None:
    """Twenty tables of four megabytes of text each never take a half of that together."""
    long = "harbour" + "." * 4000  # few words: they are kept

    def tables() -> Iterator[pd.DataFrame]:
        for part in range(20):
            rows = [f"{part}-{row}" for row in range(1000)]
            yield pd.DataFrame({"id": rows, "title": rows, "text": [long + row for row in rows]})

    ArticleRecommender().fit(tables())  # loads what is loaded once
    tracemalloc.start()
    ArticleRecommender().fit(tables())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 1000 * len(long) / 2, peak


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ([["a", "x", "y"], ["a", "x", "z"]], "id 'a' is used 2 times"),
        ([["a", "", ""], ["b", "", " "]], "none of the 2 articles has any text"),
        ([], "the table is empty"),
    ],
)
def test_fit_to_several_tables_names_what_is_wrong(tables: list[list[str]], problem: str) -> None:
    """As of one table."""
    given = [pd.DataFrame([row], columns=["id", "title", "text"]) for row in tables]
    with pytest.raises(SourceError, match=problem):
        ArticleRecommender().fit(given)


def test_explain_needs_the_texts(newsroom: pd.DataFrame) -> None:
    """Contributions that do not add up are not shown."""
    model = ArticleRecommender().fit([newsroom[:100], newsroom[100:]])
    first = model.recommend(k=1).iloc[0]
    with pytest.raises(SourceError, match="fit the recommender to one table"):
        explain(model, first["article_id"], first["related_id"])


def test_a_large_file_is_one_that_holds_much_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A packed file counts as larger; only files of streamed formats count."""
    monkeypatch.setattr(streams, "LARGE_BYTES", 100)
    for name in ("a.jsonl", "a.jsonl.gz", "a.csv", "a.parquet"):
        (tmp_path / name).write_bytes(b" " * 30)
    assert not is_large(tmp_path / "a.jsonl")
    assert is_large(tmp_path / "a.jsonl.gz")
    assert is_large(tmp_path / "a.parquet")
    assert not is_large(tmp_path / "a.csv")
    assert not is_large(tmp_path / "missing.jsonl")
