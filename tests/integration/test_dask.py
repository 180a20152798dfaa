"""Builds on Dask write the local file byte for byte, for any pieces, workers and deaths."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import NEWSROOM

import recommender
from integration.conftest import require_module
from recommender import read_articles
from recommender.cluster import build as distributed
from recommender.cluster.build import Built, build_lists
from recommender.cluster.client import cluster
from recommender.errors import ConfigError, SourceError

PIECE = 60_000
"""Bytes of a piece, so that the small corpus comes in a few of them."""

EXTRA = [
    {"id": "x-de", "title": "Die Fähre", "text": "Die Fähre und der Hafen sind nicht mehr da."},
    {"id": "x-ja", "title": "東京の港", "text": "東京の港は晴れです。フェリー"},
    {"id": "x-none", "title": "Ferry harbour", "text": "ferry harbour bridge council"},
    {"id": "x-twin", "title": "Ferry harbour", "text": "ferry harbour bridge council"},
    {"id": "x-odd", "title": "&%", "text": "§§ 1"},
]
"""Articles in other languages and in none, an exact copy, and one unlike all others."""


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two workers of one thread each."""
    require_module("distributed")
    with cluster(workers=2) as client:
        yield client


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled articles and a few odd ones as JSON Lines, shuffled."""
    table = read_articles(NEWSROOM)
    table["date"] = table["date"].dt.strftime("%Y-%m-%d")
    columns = ["id", "title", "text", "tags", "category", "url", "date", "description"]
    rows = [*table[columns].to_dict("records"), *EXTRA]
    random.Random(1).shuffle(rows)
    path = tmp_path_factory.mktemp("corpus") / "articles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def build_locally(source: Path, output: Path, parameters: Mapping[str, Any] | None = None) -> bytes:
    """Return what `recommender build` writes."""
    model = recommender.ArticleRecommender(**(parameters or {})).fit(read_articles(source))
    lists = model.recommend()
    because = recommender.because(model, lists, terms=3)
    recommender.write_recommendations(lists, output, articles=model.articles_, because=because)
    return output.read_bytes()


@pytest.fixture(scope="module")
def expected(corpus: Path) -> bytes:
    """The file of the local engine."""
    return build_locally(corpus, corpus.with_name("local.json"))


@pytest.mark.parametrize("piece", [PIECE, 1 << 30])
def test_dask_writes_the_bytes_of_the_local_engine(
    client: Any, corpus: Path, expected: bytes, tmp_path: Path, piece: int
) -> None:
    """However the source is cut, the file is the same; nothing else stays beside it."""
    build_lists(corpus, tmp_path / "lists.json", client=client, piece_bytes=piece)
    assert (tmp_path / "lists.json").read_bytes() == expected
    assert os.listdir(tmp_path) == ["lists.json"]


def test_dask_writes_the_same_bytes_with_four_workers(
    corpus: Path, expected: bytes, tmp_path: Path
) -> None:
    """The number of workers changes nothing, nor does the order of the lines."""
    require_module("distributed")
    lines = corpus.read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "shards").mkdir()
    for shard in range(5):
        part = "".join(sorted(lines)[shard::5])
        (tmp_path / "shards" / f"{shard}.jsonl").write_text(part, "utf-8")
    with cluster(workers=4) as client:
        build_lists(tmp_path / "shards", tmp_path / "lists.json", client=client)
    assert (tmp_path / "lists.json").read_bytes() == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"phrases_weight": 0, "min_score": 0.1, "hubness_exponent": 0, "min_df": 1},
        {"title_weight": 0, "across_languages": True, "repeated_titles": True, "max_df": 0.1},
        {"text_weight": 0, "title_weight": 0, "tags_weight": 0, "category_weight": 0,
         "path_weight": 0, "language": "en", "stemming": False},
    ],
    ids=["no phrases", "no title", "phrases only"],
)  # fmt: skip
def test_dask_keeps_to_the_parameters(
    client: Any, corpus: Path, tmp_path: Path, parameters: dict[str, Any]
) -> None:
    """Whatever the settings, both engines write the same."""
    local = build_locally(corpus, tmp_path / "local.json", parameters)
    output = tmp_path / "lists.json"
    build_lists(corpus, output, client=client, piece_bytes=PIECE, parameters=parameters)
    assert output.read_bytes() == local


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "yaml"])
def test_dask_writes_other_formats(client: Any, corpus: Path, tmp_path: Path, suffix: str) -> None:
    """Parts are assembled to any format of one file."""
    local = build_locally(corpus, tmp_path / f"local.{suffix}")
    build_lists(corpus, tmp_path / f"lists.{suffix}", client=client)
    assert (tmp_path / f"lists.{suffix}").read_bytes() == local


@pytest.mark.parametrize("step", ["weigh", "search", "rank", "write"])
def test_a_worker_that_dies_changes_nothing(
    client: Any,
    corpus: Path,
    expected: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """The data of a killed worker is computed again by the others."""
    original = getattr(distributed._Run, step)
    killed = []

    def kill_and_go_on(self: Any, *arguments: Any) -> Any:
        mine = [future for part in arguments[:2] if isinstance(part, list) for future in part]
        client.gather([client.submit(type, one) for one in mine if hasattr(one, "key")])
        killed.append(max(client.run(os.getpid).values()))
        os.kill(killed[0], signal.SIGKILL)
        return original(self, *arguments)

    monkeypatch.setattr(distributed._Run, step, kill_and_go_on)
    build_lists(corpus, tmp_path / "lists.json", client=client, piece_bytes=PIECE)
    assert len(killed) == 1
    assert (tmp_path / "lists.json").read_bytes() == expected


def test_a_name_without_suffix_gets_the_parts(
    client: Any, corpus: Path, expected: bytes, tmp_path: Path
) -> None:
    """A directory contains one file per piece, and a manifest with sizes and content."""
    folder = tmp_path / "lists"
    built = build_lists(corpus, folder, client=client, piece_bytes=PIECE)
    manifest = json.loads((folder / "manifest.json").read_text())
    lists = {}
    for part in manifest["parts"]:
        data = (folder / part["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (part["size"], part["sha256"])
        rows = [json.loads(line) for line in data.splitlines()]
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
        lists |= {row["id"]: row["related"] for row in rows}
    assert lists == json.loads(expected)["lists"]
    assert built.articles == manifest["articles"] == len(lists)
    assert built.empty == sum(not related for related in lists.values())


def test_dask_reads_markdown_here_and_builds_there(client: Any, tmp_path: Path) -> None:
    """A source that cannot be cut is read by this process, with the same result."""
    local = build_locally(NEWSROOM, tmp_path / "local.json")
    build_lists(NEWSROOM, tmp_path / "lists.json", client=client, piece_bytes=PIECE)
    assert (tmp_path / "lists.json").read_bytes() == local


def test_dask_takes_its_own_data_frames(
    client: Any, newsroom: pd.DataFrame, tmp_path: Path
) -> None:
    """The partitions of a Dask DataFrame are the pieces."""
    require_module("pyarrow")
    require_module("dask.dataframe")
    import dask.dataframe as dask_frames

    table = newsroom[["id", "title", "text", "category", "date"]]
    model = recommender.ArticleRecommender().fit(table)
    lists = model.recommend()
    because = recommender.because(model, lists, terms=3)
    recommender.write_recommendations(
        lists, tmp_path / "local.json", articles=model.articles_, because=because
    )
    frame = dask_frames.from_pandas(table.sample(frac=1, random_state=1), npartitions=4)
    build_lists(frame, tmp_path / "lists.json", client=client)
    assert (tmp_path / "lists.json").read_bytes() == (tmp_path / "local.json").read_bytes()


def test_the_client_sees_neither_texts_nor_vectors(
    client: Any, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only small data returns: ids, languages, scores of random pairs, the manifest."""
    gathered: list[Any] = []
    original = distributed._Run.gather

    def gather(self: Any, futures: Any) -> list[Any]:
        results = original(self, futures)
        gathered.extend(results)
        return results

    monkeypatch.setattr(distributed._Run, "gather", gather)
    build_lists(corpus, tmp_path / "lists.json", client=client, piece_bytes=PIECE)
    kinds = {type(result).__name__ for result in gathered}
    assert kinds == {"Facts", "Head", "Part", "int", "list", "ndarray"}
    assert all(not result for result in gathered if isinstance(result, list))  # nothing skipped


def test_the_documented_command_writes_a_directory_of_parts(
    corpus: Path, tmp_path: Path, expected: bytes
) -> None:
    """`build DIR -o DIR --engine dask` reads a directory of parts and writes another."""
    lines = corpus.read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "articles").mkdir()
    for part in range(2):
        (tmp_path / "articles" / f"{part}.jsonl").write_text("".join(lines[part::2]), "utf-8")
    command = [sys.executable, "-m", "recommender", "build", "articles", "--engine", "dask"]
    done = subprocess.run([*command, "-o", "lists"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    parts = sorted((tmp_path / "lists").glob("part-*.jsonl"))
    ids = [json.loads(line)["id"] for part in parts for line in part.read_text().splitlines()]
    assert sorted(ids) == sorted(json.loads(expected)["lists"])
    wrong = subprocess.run(
        [*command, "-o", "lists.txt"], cwd=tmp_path, capture_output=True, check=False
    )
    assert wrong.returncode == 2
    assert b"lists.txt: format .txt cannot be assembled from parts" in wrong.stderr


def test_wrong_input_is_told_before_any_work(client: Any, corpus: Path, tmp_path: Path) -> None:
    """Formats without an assembly, own stages and repeated ids are errors that name the fault."""
    output = tmp_path / "lists.json"
    with pytest.raises(ConfigError, match="hugo"):
        build_lists(corpus, output, client=client, format="hugo")
    with pytest.raises(ConfigError, match="stages"):
        build_lists(corpus, output, client=client, parameters={"stages": []})
    twice = tmp_path / "twice.jsonl"
    twice.write_bytes(corpus.read_bytes() * 2)
    with pytest.raises(SourceError, match=r"twice\.jsonl: id '.*' is repeated"):
        build_lists(twice, output, client=client, piece_bytes=corpus.stat().st_size)
    assert os.listdir(tmp_path) == ["twice.jsonl"]


def test_an_address_that_does_not_answer_is_an_error() -> None:
    """The address is named, and what to do."""
    require_module("distributed")
    import dask

    quick = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with (
        quick,
        pytest.raises(ConfigError, match=r"tcp://127\.0\.0\.1:9"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_built_tells_what_was_made(client: Any, corpus: Path, tmp_path: Path) -> None:
    """The counts are those of the lists and of the local model."""
    built: Built = build_lists(corpus, tmp_path / "lists.json", client=client, piece_bytes=PIECE)
    model = recommender.ArticleRecommender().fit(read_articles(corpus))
    lists = model.recommend()
    assert (built.articles, built.terms) == (len(model.articles_), len(model.vectorizer_.terms_))
    assert (built.recommendations, built.min_score) == (len(lists), model.min_score_)
