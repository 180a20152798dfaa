"""A model that remembers: the lists of every run are those of a model that does not."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from conftest import NEWSROOM

from recommender import read_articles
from recommender.config import Settings, of_group
from recommender.errors import ConfigError
from recommender.model import Recommender
from recommender.neighbors import carry, pruned
from recommender.neighbors.base import Neighbors
from recommender.vectors.graphs import GraphMemory


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
    for articles in edits():
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
