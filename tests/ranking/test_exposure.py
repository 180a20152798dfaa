"""Exposure: links for every article, too many for none, at the least cost."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st
from random_lists import entries, worlds
from scipy import sparse
from scipy.optimize import linprog

from recommender.model import Recommender
from recommender.neighbors.base import Neighbors, search_reference
from recommender.ranking import Context, Exposure, Ranked, Reciprocal, add, first_of, ranked


class TestExposure(StageContract):
    """Hubs give way to articles that nobody shows."""

    stage = Exposure(min_inbound=3, max_inbound=8)


class TestExposureOff(StageContract):
    """Without limits, only the first k entries stay."""

    stage = Exposure(0, 0)


class TestReciprocal(StageContract):
    """Articles become candidates of their own nearest."""

    stage = Reciprocal()
    adds = True


def with_hubs(n: int, depth: int, seed: int) -> tuple[Ranked, Context]:
    """Return lists of random rows, a few of which are close to everything."""
    generator = np.random.default_rng(seed)
    cells = generator.random((n, 30)) * (generator.random((n, 30)) < 0.3)
    cells = cells * generator.pareto(2, (n, 1)) + 0.3 * generator.random((n, 1))
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    rows, own = sparse.csr_array(cells), np.arange(n, dtype=np.int32)
    found = search_reference(rows, rows, depth, own_rows=own)
    context = Context(None, range(n), rows, found, own, found, 6)
    return Reciprocal()(ranked(found), context), context


def best_sum(lists: Ranked, n: int, k: int, low: int, high: int) -> float:
    """Return the largest sum of keys of any shown lists within the limits, as a linear program."""
    seeds, places = np.nonzero(lists.indices >= 0)
    articles, size = lists.indices[seeds, places], len(seeds)
    shown = sparse.csr_array((np.ones(size), (seeds, np.arange(size))))
    inbound = sparse.csr_array((np.ones(size), (articles, np.arange(size))), shape=(n, size))
    limits = np.minimum(low, np.bincount(articles, minlength=n)), np.full(n, high)
    found = linprog(
        -lists.keys[seeds, places],
        A_ub=sparse.vstack([-inbound, inbound]),
        b_ub=np.concatenate([-limits[0], limits[1]]),
        A_eq=shown,
        b_eq=np.minimum(k, (lists.indices >= 0).sum(axis=1)),
        bounds=(0, 1),
    )
    assert found.success
    return float(-found.fun)


@pytest.mark.parametrize(("low", "high"), [(1, 300), (3, 300), (0, 12), (2, 9), (6, 7)])
def test_exposure_is_within_a_thousandth_of_the_optimum(low: int, high: int) -> None:
    """The sum of keys is that of an exact solver, within 0.1 %, and every limit is held."""
    lists, context = with_hubs(300, 20, seed=low + high)
    after = Exposure(low, high)(lists, context)
    counts = np.bincount(after.indices[after.indices >= 0], minlength=300)
    before = np.bincount(first_of(lists, 6).indices.ravel(), minlength=300)
    assert before.min() < low or before.max() > high
    assert (counts.min(), counts.max()) >= (low, 0)
    assert counts.max() <= high
    reached = after.keys[after.indices >= 0].sum()
    assert reached >= 0.999 * best_sum(lists, 300, 6, low, high)


@given(worlds(), st.integers(0, 3), st.integers(0, 4))
def test_exposure_only_chooses_among_entries(
    world: tuple[Ranked, Context], low: int, high: int
) -> None:
    """Entries keep score, key and origin, and their order; fixed ones their place."""
    lists, context = world
    after = Exposure(low, max(low, high))(lists, context)
    for old, new in zip(entries(lists), entries(after), strict=True):
        similar = [entry for entry in new if entry[2] == 0]
        assert similar == [entry for entry in old if entry in similar]
        assert [e for e in old[: context.k] if e[2]] == [e for e in new if e[2]]
        assert len(new) <= context.k


@given(worlds(), st.integers(0, 3), st.integers(1, 4))
def test_exposure_shows_no_article_too_often(
    world: tuple[Ranked, Context], low: int, high: int
) -> None:
    """No article has more links than allowed, but for those that fixed entries give it."""
    lists, context = world
    after = Exposure(min(low, high), high)(lists, context)
    fixed = (after.origins > 0) & (after.indices >= 0)
    n = len(context.articles)
    given_links = np.bincount(after.indices[fixed], minlength=n)
    counts = np.bincount(after.indices[after.indices >= 0], minlength=n)
    assert (counts <= np.maximum(given_links, high)).all()


@given(worlds(), st.integers(1, 2))
def test_exposure_keeps_the_length_of_lists(world: tuple[Ranked, Context], low: int) -> None:
    """Without an upper limit, every list is as long as before."""
    lists, context = world
    after = Exposure(low)(lists, context)
    length = (lists.indices >= 0).sum(axis=1).clip(max=context.k)
    assert ((after.indices >= 0).sum(axis=1) == length).all()


@given(worlds())
def test_exposure_changes_nothing_without_need(world: tuple[Ranked, Context]) -> None:
    """If every candidate is shown often enough, the lists stay as they are."""
    lists, context = world
    shown = first_of(lists, context.k)
    assert entries(Exposure(0, 99)(lists, context)) == entries(shown)
    assert entries(Exposure(1)(shown, context)) == entries(shown)


def lists_of(indices: list[list[int]], scores: list[list[float]]) -> Ranked:
    """Return lists as the search gives them."""
    return ranked(Neighbors(np.array(indices, np.int32), np.array(scores, np.float32)))


def site(lists: Ranked, k: int) -> Context:
    """Return the context of all articles."""
    own, graph = np.arange(len(lists.indices), dtype=np.int32), lists_of([], [])
    found = Neighbors(lists.indices, lists.scores)
    return Context(None, own, None, found, own, Neighbors(graph.indices, graph.scores), k)


def test_exposure_looks_beyond_the_cheapest_list() -> None:
    """The only list for article 4 is list 0, so article 3 goes to list 1 at a higher price."""
    lists = lists_of(
        [[1, 3, 4], [0, 3, -1], [0, 1, -1], [0, -1, -1], [1, -1, -1]],
        [[0.9, 0.8, 0.1], [0.9, 0.2, 0], [0.9, 0.8, 0], [0.9, 0, 0], [0.9, 0, 0]],
    )
    after = Exposure(1)(lists, site(lists, 1))
    assert after.indices.tolist() == [[4], [3], [0], [0], [1]]


def test_exposure_gives_what_places_there_are() -> None:
    """With three articles for one place, the nearest gets it, and the others none."""
    lists = lists_of([[1, 2, 3], [0] * 3, [0] * 3, [0] * 3], [[0.5, 0.4, 0.3]] + [[0.1, 0, 0]] * 3)
    lists = lists._replace(indices=np.where(lists.scores > 0, lists.indices, -1))
    assert Exposure(1)(lists, site(lists, 1)).indices.tolist() == [[1], [0], [0], [0]]


def test_exposure_makes_a_list_shorter_rather_than_show_an_article_too_often() -> None:
    """Two lists have no candidate but article 0, which may be shown once: the nearer keeps it."""
    lists = lists_of([[1], [0], [0]], [[0.5], [0.5], [0.4]])
    assert as_lists(Exposure(0, 1)(lists, site(lists, 1))) == [[(1, 0.5)], [(0, 0.5)], []]


def test_exposure_leaves_pins_in_their_places() -> None:
    """A pin stays first, counts as a link, and takes a place from no other limit."""
    lists = lists_of([[1, 2], [0, 2], [0, 1]], [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    pinned = np.array([[2], [-1], [-1]], np.int32)
    lists = add(lists, pinned, np.zeros((3, 1), np.float32), "pinned", first=True)
    after = Exposure(1)(lists, site(lists, 2))
    assert after.indices.tolist() == [[2, 1], [0, 2], [0, 1]]
    assert after.origins.tolist() == [[3, 0], [0, 0], [0, 0]]


def test_reciprocal_adds_an_article_to_the_lists_of_its_nearest() -> None:
    """Article 2 is in no list; its nearest, 0 and 1, get it at the score of its own list."""
    lists = lists_of([[1], [0], [0]], [[0.9], [0.9], [0.5]])
    assert as_lists(Reciprocal()(lists, site(lists, 1))) == [
        [(1, 0.9), (2, 0.5)], [(0, 0.9)], [(0, 0.5)],
    ]  # fmt: skip


def test_reciprocal_fills_no_list_beyond_its_room() -> None:
    """The nearer of two articles gets the one place; the other asks its next neighbor."""
    lists = lists_of(
        [[1, -1], [0, -1], [0, 1], [0, 1]], [[0.9, 0], [0.9, 0], [0.5, 0.2], [0.6, 0.2]]
    )
    after = Reciprocal(reach=1, room=1)(lists, site(lists, 1))
    assert as_lists(after) == [
        [(1, 0.9), (3, 0.6)], [(0, 0.9), (2, 0.2)], [(0, 0.5), (1, 0.2)], [(0, 0.6), (1, 0.2)],
    ]  # fmt: skip


@given(worlds(pins=False), st.integers(1, 4))
def test_reciprocal_makes_every_article_a_candidate(
    world: tuple[Ranked, Context], reach: int
) -> None:
    """An article with a neighbor is in the list of its nearest, at the same score."""
    _, context = world
    after = Reciprocal(reach)(ranked(context.found), context)
    for article, near in enumerate(as_lists(context.graph)):
        for neighbor, score in near[:reach]:
            assert (article, score) in as_lists(after)[neighbor]


def test_exposure_is_reported_with_its_cost(newsroom_model: Recommender) -> None:
    """The model says how many articles were in no list, before and after, and the mean scores."""
    table = newsroom_model.articles_
    model = Recommender(min_inbound=1, max_inbound=4, min_items=0).fit(table)
    lists = model.recommend(k=2)
    report = model.exposed_
    assert report is not None
    assert report.orphans == (12, 0)
    assert report.after == pytest.approx(lists["score"].mean())
    assert lists["related_id"].value_counts().max() == report.most[1] == 4
    assert 0 < report.cost < 0.03
    assert model.recommend([table["id"][5]], k=2)["related_id"].tolist() == (
        lists["related_id"][lists["article_id"] == table["id"][5]].tolist()
    )
