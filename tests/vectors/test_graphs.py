"""A model that remembers: the lists of every run are those of a model that does not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pandas as pd
import pytest
from conftest import NEWSROOM
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender import read_articles
from recommender.config import Settings, of_group
from recommender.errors import ConfigError
from recommender.index.graph import graph_of, parts_of
from recommender.model import Recommender
from recommender.neighbors import carry, pruned
from recommender.neighbors.base import Neighbors, search_reference
from recommender.vectors.graphs import GraphMemory, Remembered
from recommender.vectors.termspace import TermSpace, Vocabulary


@pytest.fixture(autouse=True)
def _always_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newsroom is so small that a full search would take less time."""
    monkeypatch.setattr(carry, "MOST", 1.0)


def fitted(
    articles: pd.DataFrame, memory: GraphMemory | None = None, **given: object
) -> Recommender:
    """Return a fitted model with a memory."""
    model = Recommender(**(of_group(Settings(), "model") | given)).fit(articles)
    model.memory = memory
    return model


def edits() -> Iterator[pd.DataFrame]:
    """Yield versions of the newsroom: each is another edit of the one before."""
    articles = read_articles(NEWSROOM)
    yield articles
    articles = articles.copy()
    articles.loc[3, "text"] += " A sentence about the ferry was added."
    yield articles
    articles.loc[7, ["title", "text"]] = articles.loc[9, ["title", "text"]].tolist()
    yield articles
    added = articles.iloc[[12, 40]].assign(id=["a-new-one", "z-new-one"])
    articles = pd.concat([articles.drop(index=[5, 60]), added])
    yield articles
    articles = articles[articles["id"] != articles["id"].iloc[20]].reset_index(drop=True)
    articles.loc[30, "text"] = ""
    yield articles


def test_the_newsroom_is_edited() -> None:
    """Run after run, the neighbors and the lists are those of a model without a memory."""
    memory = GraphMemory()
    versions = list(edits())
    assert len(versions) == 5
    for articles in versions:
        memory = GraphMemory(memory.now)
        model, clean = fitted(articles, memory), fitted(articles)
        pd.testing.assert_frame_equal(model.recommend(k=6), clean.recommend(k=6))
        for mine, others in zip(
            model._neighbor_graph(6, None), clean._neighbor_graph(6, None), strict=True
        ):
            assert mine.tobytes() == others.tobytes()


@pytest.mark.skipif(not pruned.AVAILABLE, reason="needs the compiled extension")
def test_a_small_edit_searches_for_few_and_keeps_the_old_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole site is searched only the first time."""
    first, second, *_ = edits()
    memory = GraphMemory()
    fitted(first, memory).recommend()
    monkeypatch.setattr("recommender.vectors.graphs.STALE", 1.0)
    monkeypatch.setattr(Recommender, "_search", lambda *_: pytest.fail("searched all"))
    again = GraphMemory(memory.now)
    fitted(second, again).recommend()
    assert again.now is memory.now is not None
    monkeypatch.setattr("recommender.vectors.graphs.STALE", 0.0)
    stale = GraphMemory(memory.now)
    fitted(second, stale).recommend()
    assert stale.now is not memory.now


Counts = dict[str, dict[str, int]]
"""How often each article contains each term."""


def weighed(counts: Counts) -> tuple[list[str], TermSpace, sparse.csr_array]:
    """Return ids, term space and TF-IDF rows."""
    ids = sorted(counts)
    terms = sorted({term for words in counts.values() for term in words})
    table = np.array([[counts[name].get(term, 0) for term in terms] for name in ids], float)
    df = np.count_nonzero(table, axis=0)
    idf = np.log((1 + len(ids)) / (1 + df)) + 1
    cells = np.sqrt(table) * idf
    lengths = np.sqrt((cells**2).sum(axis=1, keepdims=True))
    none = np.empty(0, np.int64)
    space = TermSpace(Vocabulary(terms, np.array(terms)), none, np.arange(len(terms)), df, idf)
    return ids, space, sparse.csr_array(cells / np.where(lengths > 0, lengths, 1))


def rewritten(counts: Counts, random: Random) -> Counts:
    """Return a few edits later: articles and terms come and go, so that all weights change."""
    counts = dict(counts)
    for _ in range(random.randrange(4)):
        name, other = random.choice([*counts]), random.choice([*counts])
        words = {f"t{random.randrange(30)}": random.randrange(1, 4) for _ in range(5)}
        edits: list[Counts] = [
            {name: counts[other]}, {name: words}, {name: counts[name] | {words.popitem()[0]: 1}},
            {f"{random.choice('acz')}{random.random()}": words}, {name: {}},
        ]  # fmt: skip
        counts |= random.choice(edits)
        if len(counts) > 3 and random.random() < 0.2:
            del counts[name]
    return counts


@given(st.integers(0, 2**31), st.integers(1, 8), st.sampled_from([0.0, 0.1, 1.0]))
@settings(max_examples=60, deadline=None)
def test_no_history_of_edits_changes_a_list(seed: int, k: int, stale: float) -> None:
    """Through the files of the index, whether a graph is replaced often, seldom or never."""
    random = Random(seed)
    counts: Counts = {"m": {"t1": 1}}
    for number in range(random.randrange(3, 50)):
        counts[f"m{number}"] = {f"t{int(random.expovariate(0.2)) % 30}": 1 for _ in range(6)}
    last: Remembered | None = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recommender.vectors.graphs.STALE", stale)
        for _ in range(5):
            ids, space, rows = weighed(counts)
            own = np.arange(len(ids), dtype=np.int32)

            def search_all(
                depth: int, rows: sparse.csr_array = rows, own: NDArray[np.int32] = own
            ) -> Neighbors:
                return search_reference(rows, rows, depth, own_rows=own)

            memory = GraphMemory(last)
            found = memory.search(ids, space, rows, k, search_all)
            for mine, others in zip(found, search_all(k), strict=True):
                assert mine.tobytes() == others.tobytes()
            assert memory.now is not None
            parts = {name: b"".join(own) for name, own in parts_of(memory.now).items()}
            last = graph_of(parts.get)
            counts = rewritten(counts, random)


def test_longer_lists_than_memory_allows_are_not_kept() -> None:
    """The lists are made without them."""
    articles = read_articles(NEWSROOM)
    memory = GraphMemory()
    model = fitted(articles, memory)
    asked: list[int] = []

    def search_all(k: int) -> Neighbors:
        asked.append(k)
        if k > 5:
            raise ConfigError("memory_limit: the search needs more", "raise it")
        return five

    five = fitted(articles, stages=())._neighbor_graph(5, None)
    ids, space = model.articles_["id"].tolist(), model.vectorizer_.space_
    found = memory.search(ids, space, model.vectors_, 5, search_all)
    assert asked == [5 + carry.EXTRA, 5]
    assert found is five
    assert memory.now is None


def test_the_reference_engine_remembers_nothing() -> None:
    """It is asked for to check the others."""
    memory = GraphMemory()
    fitted(read_articles(NEWSROOM), memory, engine="reference").recommend()
    assert memory.now is None
