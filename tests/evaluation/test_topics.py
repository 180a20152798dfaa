"""The map of topics: near what is related, the same every time, and named by its words."""

from __future__ import annotations

import numpy as np
import pytest

from recommender import ArticleRecommender
from recommender.evaluation.topics import layout, topics
from recommender.neighbors.base import Neighbors


def rings(count: int, size: int) -> Neighbors:
    """Return groups of articles, each near to the next two of its own group."""
    rows = np.arange(count * size)
    base = rows // size * size
    steps = np.arange(1, 3)
    indices = base[:, None] + (rows[:, None] - base[:, None] + steps) % size
    return Neighbors(indices.astype(np.int32), np.full((count * size, 2), 0.5, np.float32))


def test_groups_lie_apart() -> None:
    """Articles of a group are nearer to each other than to those of another group."""
    places = layout(rings(4, 12)).reshape(4, 12, 2)
    middles = places.mean(axis=1)
    within = np.linalg.norm(places - middles[:, None], axis=2).mean()
    between = np.linalg.norm(middles[:, None] - middles, axis=2)[np.triu_indices(4, 1)].min()
    assert between > 2 * within


def test_related_articles_are_neighbors_on_the_map(newsroom_model: ArticleRecommender) -> None:
    """The nearest article lies much nearer than an article at random."""
    _, nearest = next(newsroom_model.trace())
    places = layout(Neighbors(nearest.indices, nearest.scores))
    near = np.linalg.norm(places - places[nearest.indices[:, 0]], axis=1)
    far = np.linalg.norm(places - np.roll(places, 37, axis=0), axis=1)
    assert np.median(near) < np.median(far) / 4


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 40])
def test_every_article_has_a_place_in_the_square(n: int) -> None:
    """Sites of any size, also with articles near to nothing, have a map."""
    graph = Neighbors(np.full((n, 3), -1, np.int32), np.zeros((n, 3), np.float32))
    places = layout(graph)
    assert places.shape == (n, 2)
    assert ((places >= 0) & (places <= 1)).all()


def test_map_is_the_same_every_time() -> None:
    """The same neighbors give the same places, bit for bit."""
    assert np.array_equal(layout(rings(3, 9)), layout(rings(3, 9)))


def test_topics_are_named_by_what_sets_them_apart(newsroom_model: ArticleRecommender) -> None:
    """Regions have different words and together contain every article."""
    _, nearest = next(newsroom_model.trace())
    places = layout(Neighbors(nearest.indices, nearest.scores))
    space = newsroom_model.vectorizer_.space_
    found = topics(places, newsroom_model.vectors_, space.names_of)
    words = [word for topic in found for term in topic.terms for word in term.split()]
    assert sum(topic.size for topic in found) == len(places)
    assert len(set(words)) == len(words) >= len(found)
    assert [topic.size for topic in found] == sorted((t.size for t in found), reverse=True)
    assert topics(places[:5], newsroom_model.vectors_[:5], space.names_of) == []
