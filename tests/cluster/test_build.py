"""The build on a cluster, run in this process: byte for byte the local file, whatever the pieces.

Dask itself is in the integration tests; here each task runs at once, on copies of what it is given.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import NEWSROOM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import recommender
from recommender.cluster.build import Built, build_lists
from recommender.errors import ConfigError, OutputError, SourceError
from recommender.sources import SourceOptions, read_articles, read_source

WORDS = [
    "rye",
    "oats",
    "ferry",
    "ferries",
    "harbour",
    "bread",
    "the",
    "and",
    "Bäcker",
    "緑茶",
    "x-ray",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=0, max_size=6).map(" ".join)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"title": TEXTS, "text": TEXTS},
        optional={
            "tags": st.lists(st.sampled_from(WORDS), max_size=2),
            "category": st.sampled_from(["Farm", "farm", "Sea"]),
            "series": st.sampled_from(WORDS),
            "slug": st.sampled_from(WORDS),
            "links": st.lists(st.sampled_from([*WORDS, "a0", "a3"]), max_size=2),
            "lang": st.sampled_from(["en", "de", "pt-BR", "", "x\u0000y"]),
            "draft": st.booleans(),
            "date": st.sampled_from(["2024-03-01", "2023", "2199-01-01", ""]),
        },
    ),
    max_size=7,
)


class Here:
    """A cluster of one worker in this process, which sees copies only, as others would."""

    def submit(self, function: Callable[..., Any], *arguments: Any, pure: bool) -> Any:
        """Return the result of a call, pickled there and back."""
        return copied(function(*copied(arguments)))

    def gather(self, futures: Sequence[Any]) -> Sequence[Any]:
        """Return results."""
        return futures


def copied(value: Any) -> Any:
    """Return what arrives on another machine."""
    return pickle.loads(pickle.dumps(value))


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write rows as JSON Lines, each with an id."""
    lines = [json.dumps({"id": f"a{number}"} | row) for number, row in enumerate(rows)]
    path.write_text("\n".join(lines), "utf-8")
    return path


def build(source: Any, output: Path, **options: Any) -> Built:
    """Build in this process."""
    client: Any = Here()
    return build_lists(source, output, client=client, **options)


def build_locally(source: Path, output: Path, **parameters: Any) -> bytes:
    """Return what `recommender build` writes."""
    model = recommender.ArticleRecommender(**parameters).fit(read_articles(source))
    lists = model.recommend()
    because = recommender.because(model, lists, terms=3)
    recommender.write_recommendations(lists, output, articles=model.articles_, because=because)
    return output.read_bytes()


@given(ROWS, st.integers(50, 400), st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pieces_give_the_bytes_of_the_local_build(
    tmp_path: Path, rows: list[dict[str, Any]], size: int, draw: random.Random
) -> None:
    """Pieces of one article, of drafts alone, of no words; lines in any order: the same file."""
    parameters = {"min_df": 1, "max_df": 1.0, "min_score": 0.5, "min_items": 6}
    rows = [*rows, {"title": "rye bread", "text": ""}, {"title": "", "text": "ferry"}]
    source = write_rows(tmp_path / "a.jsonl", rows)
    local = build_locally(source, tmp_path / "local.json", **parameters)
    lines = source.read_text("utf-8").splitlines()
    source.write_text("\n".join(draw.sample(lines, len(lines))), "utf-8")
    build(source, tmp_path / "lists.json", parameters=parameters, piece_bytes=size)
    assert (tmp_path / "lists.json").read_bytes() == local


@pytest.mark.parametrize("piece", [20_000, 1 << 30])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"phrases_weight": 0, "min_score": 0.1, "hubness_exponent": 0},
        {"title_weight": 0, "text_weight": 0, "tags_weight": 0, "category_weight": 0,
         "path_weight": 0},
        {"across_languages": True, "repeated_titles": True, "stemming": False,
         "unscored": "category=s*"},
        {"series": True, "skip_linked": True},
        {"min_score": 0.3, "min_items": 6},
    ],
    ids=["defaults", "no phrases", "phrases only", "no filters", "series and links", "filled"],
)  # fmt: skip
def test_newsroom_is_built_as_here(
    tmp_path: Path, newsroom: pd.DataFrame, piece: int, parameters: dict[str, Any]
) -> None:
    """A real site, with every setting that decides on another path through the code."""
    rows = newsroom[["id", "title", "text", "tags", "category", "url", "description"]]
    rows = rows.assign(
        noindex=rows.index % 5 == 0,
        series=newsroom["series"],
        links=[[f"/{name}"] for name in newsroom["id"].shift(fill_value="x")],
        lang=["en-GB" if row < 60 and row % 2 else newsroom["lang"][row] for row in rows.index],
        translation_key=[f"{row // 2}" if row < 60 else None for row in rows.index],
    )
    source = tmp_path / "news.jsonl"
    rows.to_json(source, orient="records", lines=True)
    parameters = {"inherit_lists": False, **parameters}
    local = build_locally(source, tmp_path / "local.json", **parameters)
    built = build(source, tmp_path / "lists.json", parameters=parameters, piece_bytes=piece)
    assert (tmp_path / "lists.json").read_bytes() == local
    lists = json.loads(local)["lists"]
    assert built.articles == len(newsroom) == len(lists)
    assert built.recommendations == sum(map(len, lists.values()))
    assert built.empty == sum(not cards for cards in lists.values())


def test_directory_of_markdown_is_read_here_and_built_there(tmp_path: Path) -> None:
    """A source that has no pieces is cut once it is read."""
    local = build_locally(NEWSROOM, tmp_path / "local.json")
    build(NEWSROOM, tmp_path / "lists.json", piece_bytes=50_000)
    assert (tmp_path / "lists.json").read_bytes() == local


def test_what_is_left_out_is_told_as_by_a_local_build(tmp_path: Path) -> None:
    """Every draft of every piece, by its line."""
    rows = [{"title": f"Rye {n}", "text": "rye bread", "draft": n % 3 == 0} for n in range(9)]
    source = write_rows(tmp_path / "a.jsonl", rows)
    options = SourceOptions()
    built = build(source, tmp_path / "lists.json", options=options, piece_bytes=60)
    told = [skipped.reason for skipped in built.skipped]
    assert told == [skipped.reason for skipped in read_source(source, options).skipped]
    assert built.articles == 6
    assert "from byte" in built.skipped[1].where


def test_name_without_suffix_is_a_directory_of_parts(tmp_path: Path) -> None:
    """A file per piece, and a manifest that tells what is in each."""
    source = write_rows(
        tmp_path / "a.jsonl", [{"title": "rye", "text": f"oats {n}"} for n in "abcd"]
    )
    folder = tmp_path / "lists"
    parameters = {"min_df": 1, "max_df": 1.0, "min_score": 0.0, "repeated_titles": True}
    built = build(source, folder, parameters=parameters, piece_bytes=80)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["articles"] == built.articles == 4
    assert manifest["recommendations"] == built.recommendations
    assert manifest["min_score"] == built.min_score == 0
    assert len(manifest["parts"]) == len(built.parts) > 1
    for part in manifest["parts"]:
        data = (folder / part["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (part["size"], part["sha256"])
    assert {file.name for file in folder.iterdir()} == {
        "manifest.json", *(part["file"] for part in manifest["parts"]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("output", "options", "kind", "told"),
    [
        ("a.txt", {}, ConfigError, "a.txt: format .txt cannot be assembled from parts, expected "
         "csv, json, jsonl, parquet, wordpress, yaml\nHint: name a file in one of these, or a "
         "directory without a suffix"),
        ("a.json", {"format": "hugo"}, ConfigError, "a.json: format hugo cannot be assembled"),
        ("a.json", {"parameters": {"stages": []}}, ConfigError,
         "stages: custom stages cannot run on Dask yet, expected None"),
        ("a.json", {"parameters": {"min_df": 0}}, ConfigError, "min_df"),
        ("a.json", {"parameters": {"never_target": "id=a*"}}, ConfigError,
         "never_target: needs the local engine, got engine = dask"),
        ("a.json", {"options": SourceOptions(text_column="body")}, SourceError,
         "column body not found, got id, text, title"),
    ],
)  # fmt: skip
def test_wrong_arguments_leave_nothing_behind(
    tmp_path: Path, output: str, options: dict[str, Any], kind: type[Exception], told: str
) -> None:
    """The fault is named, and no file or directory is left from the try."""
    source = write_rows(tmp_path / "a.jsonl", [{"title": "rye", "text": "oats"}] * 3)
    with pytest.raises(kind) as error:
        build(source, tmp_path / output, **options)
    assert told in str(error.value)
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"title": "a", "text": "", "draft": True}] * 3, "no article left, 3 skipped: 3 drafts"),
        ([{"title": "", "text": " "}] * 2, "no article left, 2 skipped: 2 empty text"),
        ([{"id": "rye", "title": "a", "text": "b"}] * 2, "id 'rye' is repeated"),
        ([{"title": "a", "text": "b"}], "only one article"),
    ],
)
def test_source_without_lists_is_named(
    tmp_path: Path, rows: list[dict[str, Any]], told: str
) -> None:
    """Drafts alone, blanks alone, an id in two pieces, one article: as in a local build."""
    source = write_rows(tmp_path / "a.jsonl", rows)
    with pytest.raises(SourceError, match=told) as error:
        build(source, tmp_path / "lists.json", piece_bytes=60)
    assert str(source) in error.value.message
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


def test_lists_are_not_inherited_on_a_cluster(tmp_path: Path) -> None:
    """The list of a translation may be on another worker: the setting is named."""
    rows = [{"title": "rye", "text": "oats", "translation_key": "x"}] * 3
    source = write_rows(tmp_path / "a.jsonl", rows)
    with pytest.raises(ConfigError, match="inherit_lists: needs the local engine"):
        build(source, tmp_path / "lists.json")
    assert build(source, tmp_path / "b.json", parameters={"inherit_lists": False}).articles == 3


def test_workers_elsewhere_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a worker wrote to a disk of its own are missing here."""
    source = write_rows(tmp_path / "a.jsonl", [{"title": "rye", "text": "oats"}] * 3)
    monkeypatch.setattr("recommender.cluster.parts.atomic_file", lost(tmp_path / "elsewhere"))
    with pytest.raises(OutputError) as error:
        build(source, tmp_path / "lists.json")
    assert str(error.value) == (
        f"{tmp_path}/.lists.json.parts: the files that the workers wrote are missing\n"
        "Hint: choose an output on a file system that the workers and this machine share"
    )


def lost(place: Path) -> Callable[..., Any]:
    """Return what writes to another place than it is told."""
    return lambda path, **options: place.open("wb")
