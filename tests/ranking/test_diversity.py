"""Diversity: the greedy choice of the paper, over lists of any length."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import StageContract
from hypothesis import given
from hypothesis import strategies as st
from random_lists import entries, worlds

from recommender.model import Recommender
from recommender.ranking import Context, Diversity, Hubness, Ranked


class TestDiversity(StageContract):
    """Like articles are pushed apart."""

    stage = Diversity(0.4)


class TestDiversityAll(StageContract):
    """At 1, relevance only decides between equals."""

    stage = Diversity(1.0)


class TestDiversityOff(StageContract):
    """At 0, nothing changes."""

    stage = Diversity(0.0)


def greedy(keys: list[float], score: float, cosines: np.ndarray, amount: float, k: int) -> list:
    """Return the places of the first k entries by the formula of the paper, one by one."""
    relevance = [key * score / keys[0] for key in keys]
    chosen: list[int] = []
    while len(chosen) < min(k, len(keys)):
        values = {
            place: round(
                (1 - amount) * relevance[place]
                - amount * max((cosines[place, other] for other in chosen), default=0.0),
                9,
            )
            for place in range(len(keys))
            if place not in chosen
        }
        chosen.append(max(values, key=lambda place: (values[place], -place)))
    return chosen


@pytest.mark.parametrize("amount", [0.1, 0.3, 0.6, 0.9])
def test_diversity_chooses_as_the_paper_does(
    neighborhood: tuple[Ranked, Context], amount: float
) -> None:
    """On the bundled articles, after hubness, each list is that of the greedy rule."""
    found, context = neighborhood
    lists = Hubness()(found, context)
    after = Diversity(amount)(lists, context)
    rows = context.vectors
    seeds = range(0, len(lists.indices), 7)
    expected = []
    for seed in seeds:
        those = lists.indices[seed]
        cosines = np.round((rows[those] @ rows[those].T).toarray(), 6)
        first = float(lists.scores[seed, 0])
        chosen = greedy(lists.keys[seed].tolist(), first, cosines, amount, context.k)
        expected.append(those[chosen].tolist())
    assert after.indices[seeds, : context.k].tolist() == expected


@given(worlds(pins=False), st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_diversity_only_orders(drawn: tuple[Ranked, Context], amount: float) -> None:
    """Every entry stays with its score, the best one first, and keys fall."""
    lists, context = drawn
    after = Diversity(amount)(lists, context)
    for old, new in zip(entries(lists), entries(after), strict=True):
        assert sorted(new) == sorted(old)
        assert new[:1] == old[:1]
    keys = np.where(after.indices < 0, -np.inf, after.keys)
    assert (keys[:, 1:] <= keys[:, :-1]).all()


@given(worlds(pins=False))
def test_a_little_diversity_changes_nothing(drawn: tuple[Ranked, Context]) -> None:
    """With an amount near 0, the order is that of the keys, and so are the keys."""
    lists, context = drawn
    after = Diversity(1e-12)(lists, context)
    assert (after.indices == lists.indices).all()
    found = lists.indices >= 0
    assert after.keys[found] == pytest.approx(lists.keys[found], abs=1e-6)


def test_diversity_makes_the_entries_of_a_list_less_alike(newsroom_model: Recommender) -> None:
    """The mean cosine between entries falls, and each list keeps its first entry."""
    articles, rows = newsroom_model.articles_, newsroom_model.vectors_
    likeness, firsts = [], []
    for amount in (0.0, 0.5):
        lists = Recommender(diversity=amount).fit(articles).recommend()
        firsts.append(lists[lists["rank"] == 1]["related_id"].tolist())
        pairs = lists.merge(lists, on="article_id").query("rank_x < rank_y")
        places = [articles["id"].searchsorted(pairs[f"related_id_{side}"]) for side in "xy"]
        likeness.append(rows[places[0]].multiply(rows[places[1]]).sum(axis=1).mean())
    assert likeness[1] < 0.9 * likeness[0]
    assert firsts[0] == firsts[1]
