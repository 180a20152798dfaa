"""Meaning: the user's own vectors beside the words, from a table, a column or an encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Command
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st
from random_lists import entries, worlds

from recommender.articles import validate_articles
from recommender.errors import ConfigError, SourceError
from recommender.evaluation.fair import fair_lists
from recommender.evaluation.tuning import tune
from recommender.model import Recommender
from recommender.neighbors.base import Neighbors
from recommender.ranking import Context, Meaning, Ranked, ranked, unit_vectors
from recommender.sources.dense import read_vectors


def some_vectors(n: int) -> np.ndarray:
    """Return unit vectors of n articles, zero for every fifth."""
    dense = np.random.default_rng(7).normal(size=(n, 8)).astype(np.float32)
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    return np.where(np.arange(n)[:, None] % 5, dense, np.float32(0))


class TestMeaning(StageContract):
    """Lists are ordered by both cosines; some articles have no vector."""

    stage = Meaning(0.2)

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Every fifth article has no vector."""
        return neighborhood[1]._replace(dense=some_vectors(len(neighborhood[1].articles)))


class TestMeaningWithoutVectors(StageContract):
    """Without vectors nothing changes."""

    stage = Meaning(0.2)


def test_meaning_adds_the_second_cosine_less_its_mean() -> None:
    """0.5 + 0.2 (0 - 0.5) = 0.4 is less than 0.45 + 0.2 (1 - 0.5) = 0.55; 3 has no vector."""
    found = Neighbors(np.array([[1, 2, 3]], np.int32), np.array([[0.5, 0.45, 0.42]], np.float32))
    dense = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], np.float32)
    own = np.zeros(1, np.int32)
    articles = pd.DataFrame({"id": list("abcd")})
    context = Context(articles[:1], articles, None, found, own, found, 3, dense=dense)
    after = Meaning(0.2)(ranked(found), context)
    assert as_lists(after) == [[(2, 0.45), (3, 0.42), (1, 0.5)]]
    assert after.keys[0] == pytest.approx([0.55, 0.42, 0.4])


@given(worlds(pins=False), st.floats(0, 3), st.integers(0, 2))
def test_meaning_only_orders(drawn: tuple[Ranked, Context], weight: float, missing: int) -> None:
    """Entries stay; keys of candidates without a vector, or of such an article, stay too."""
    lists, context = drawn
    n = len(context.articles)
    dense = np.random.default_rng(missing).integers(-1, 2, (n, 2)).astype(np.float32)
    dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1)
    after = Meaning(weight)(lists, context._replace(dense=dense))
    for row, (old, new) in enumerate(zip(entries(lists), entries(after), strict=True)):
        assert sorted(new) == sorted(old)
        keys = dict(zip(after.indices[row], after.keys[row], strict=True))
        for index, key in zip(lists.indices[row], lists.keys[row], strict=True):
            if index >= 0 and not (dense[index].any() and dense[row].any()):
                assert keys[index] == pytest.approx(key, abs=1e-8)


TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "title": ["Rye bread", "Rye flour", "Rye field", "Rye"],
        "text": ["rye bread", "rye flour", "rye field", "rye"],
    }
)
NEAR_D = pd.DataFrame([[1.0, 0.1], [-1, 0], [-1, 0.2], [1, 0]], index=["a", "b", "c", "d"])


class Letters:
    """An encoder of texts by their first letters."""

    def encode(self, sentences: list[str]) -> Any:
        """Return a vector per text, its first letters as numbers."""
        return [[float(ord(text[4:5] or "y") - 101), 1.0] for text in sentences]


def first_of_a(**parameters: Any) -> str:
    """Return the first entry in the list of article a."""
    table = parameters.pop("table", TABLE)
    model = Recommender(min_score=0, min_df=1, max_df=1.0, min_items=0, **parameters)
    return str(model.fit(table).recommend(["a"], k=3)["related_id"].iloc[0])


@pytest.mark.parametrize("how", ["table", "column", "encoder"])
def test_own_vectors_decide_the_order(how: str) -> None:
    """Whatever supplies them, the article that is close by them comes first."""
    given_as: dict[str, dict[str, Any]] = {
        "table": {"own_vectors": NEAR_D},
        "column": {"table": TABLE.assign(vector=NEAR_D.to_numpy().tolist())},
        "encoder": {"own_vectors": Letters()},
    }
    expected = {"table": "d", "column": "d", "encoder": "b"}[how]
    assert first_of_a(meaning_weight=100, **given_as[how]) == expected


def test_new_articles_have_vectors_too() -> None:
    """The vectors of new articles come from the same place, by their ids."""
    vectors = pd.concat([NEAR_D, pd.DataFrame([[-1.0, 0.2]], index=["new"])])
    model = Recommender(
        min_score=0, min_df=1, max_df=1.0, meaning_weight=100, own_vectors=vectors
    ).fit(TABLE)
    new = pd.DataFrame({"id": ["new"], "title": ["Rye"], "text": ["rye bread and rye"]})
    assert model.recommend_for(new, k=1)["related_id"].tolist() == ["c"]


def test_ids_may_be_numbers_and_vectors_may_be_missing() -> None:
    """A row is found by its id as text; an article without one has zeros."""
    articles = validate_articles(pd.DataFrame({"id": [7, 8], "title": "", "text": ""}))
    found = unit_vectors(articles, pd.DataFrame([[0.0, 2.0]], index=[8]))
    assert found.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize(
    ("given_as", "error", "told"),
    [
        ({}, ConfigError, "meaning_weight: there are no vectors"),
        ({"own_vectors": 5}, ConfigError, "own_vectors must be a DataFrame or have a method"),
        ({"own_vectors": NEAR_D.assign(x="y")}, SourceError, "own_vectors: expected numbers"),
        ({"own_vectors": NEAR_D * np.inf}, SourceError, "own_vectors: article 'a': is not finite"),
        ({"table": TABLE.assign(vector=None)}, ConfigError, "column 'vector' contains no vectors"),
        ({"table": TABLE.assign(vector=[[1.0], [1.0, 2.0], None, [3.0]])}, SourceError,
         "article 'b': vector has 2 numbers, others have 1"),
    ],
)  # fmt: skip
def test_wrong_vectors_are_named(
    given_as: dict[str, Any], error: type[Exception], told: str
) -> None:
    """What is not a vector is an error that names the place, before the search."""
    with pytest.raises(error, match=told):
        first_of_a(meaning_weight=0.1, **given_as)


def test_wrong_vectors_are_counted() -> None:
    """Twenty of a thousand wrong vectors are named, the others counted."""
    ids = [f"a{row}" for row in range(1_001)]
    articles = pd.DataFrame({"id": ids, "vector": [[1.0], *[[1.0, 2.0]] * 1_000]})
    own = pd.DataFrame(np.full((1_001, 1), np.nan), index=ids)
    for given_as, left in ((None, 980), (own, 981)):
        with pytest.raises(SourceError) as error:
            unit_vectors(articles, given_as)
        assert error.value.message.splitlines()[-1] == f"... and {left:,} more"


def save(folder: Path, array: Any, ids: str) -> Path:
    """Write vectors and ids."""
    np.save(folder / "own.npy", array, allow_pickle=True)
    (folder / "own.txt").write_text(ids, encoding="utf-8")
    return folder / "own.npy"


@pytest.mark.parametrize(
    ("array", "ids", "told"),
    [
        (np.eye(2), "a\n", "own.txt: 1 ids for 2 rows of own.npy"),
        (np.eye(2), "a\na\n", "own.txt:2: id 'a' is there twice"),
        (np.ones(2), "a\nb\n", "own.npy: expected one table of numbers, got float64 of shape"),
        (np.array([["x"]]), "a\n", "own.npy: expected one table of numbers"),
        (np.array([[object()]]), "a\n", "own.npy: is not a NumPy file"),
    ],
)
def test_wrong_files_of_vectors_are_named(tmp_path: Path, array: Any, ids: str, told: str) -> None:
    """Shape, count and ids are checked; nothing is unpickled."""
    with pytest.raises(SourceError, match=told):
        read_vectors(save(tmp_path, array, ids))


def test_missing_files_of_vectors_are_named(tmp_path: Path) -> None:
    """Either file may be missing, and the ids may be in another encoding."""
    path = save(tmp_path, np.eye(1), "a")
    (tmp_path / "own.txt").unlink()
    with pytest.raises(SourceError, match=r"own\.txt: cannot be read"):
        read_vectors(path)
    (tmp_path / "own.txt").write_bytes(b"caf\xe9.md\n")
    with pytest.raises(SourceError, match=r"own\.txt: cannot be read, it is not UTF-8"):
        read_vectors(path)
    with pytest.raises(SourceError, match=r"none\.npy: cannot be read"):
        read_vectors(tmp_path / "none.npy")


def test_build_reads_the_file_of_vectors(run: Command, tmp_path: Path) -> None:
    """The settings name the file; the list is in the order of its vectors."""
    save(tmp_path, NEAR_D.to_numpy(), "a\nb\nc\nd\n")
    TABLE.to_csv("site.csv", index=False)
    open_to_all = ["--min-score", "0", "--min-df", "1", "--max-df", "1"]
    arguments = [*open_to_all, "--meaning-weight", "100", "-k", "1", "-o", "out.csv"]
    done = run("build", "site.csv", *arguments, "--own-vectors", tmp_path / "own.npy")
    assert done.code == 0, done.err
    lists = pd.read_csv("out.csv").set_index("article_id")["id"]
    assert lists["a"] == "d"
    assert run("build", "site.csv", *arguments, "--own-vectors", "no.npy").code == 1


def test_tuning_searches_the_weight_if_there_are_vectors(newsroom: pd.DataFrame) -> None:
    """Vectors that know the judged pairs raise the weight above 0; without any it is not tried."""
    few = newsroom.iloc[:60].reset_index(drop=True)
    pairs = pd.DataFrame(
        {"query": few["id"], "related": few["id"].iloc[np.arange(60) ^ 1].to_numpy(), "gain": 1.0}
    )
    vectors = pd.DataFrame(np.eye(30).repeat(2, axis=0), index=few["id"])
    trials = [
        tune(few, pairs, {"min_score": 0.0}, trials=200, folds=2, own_vectors=given).trials
        for given in (vectors, None)
    ]
    tried = [table["settings"].str.contains("meaning_weight") for table in trials]
    assert tried[0].any()
    assert not tried[1].any()
    assert "meaning_weight=0.4" in trials[0]["settings"].iloc[0]


def test_fair_lists_use_the_vectors(newsroom: pd.DataFrame) -> None:
    """Lists among the articles that existed are ordered by them too."""
    ids = newsroom["id"].tolist()
    vectors = pd.DataFrame(some_vectors(len(ids)), index=ids)
    found = [
        fair_lists(Recommender(meaning_weight=w, own_vectors=vectors).fit(newsroom), ids[-20:], 6)
        for w in (0.0, 1.0)
    ]
    assert not found[0].equals(found[1])
