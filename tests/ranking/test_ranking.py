"""The stages: their laws, what each is for, and the loop that runs them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st
from random_lists import worlds
from scipy import sparse

from recommender.errors import ConfigError
from recommender.neighbors.base import Neighbors
from recommender.ranking import (
    ORIGINS,
    Context,
    Hubness,
    MinScore,
    NoTwins,
    Ranked,
    SameLanguage,
    add,
    apply_stages,
    keep,
    random_pair_score,
    ranked,
    reorder,
    seeds_of,
)
from recommender.ranking.min_score import mean_scores, relative_chance

PAIR = Neighbors(np.array([[1], [0]], np.int32), np.full((2, 1), 0.5, np.float32))
"""Two articles, each in the list of the other."""


class TestSameLanguage(StageContract):
    """Other languages are dropped."""

    stage = SameLanguage()


class TestNoTwins(StageContract):
    """A title comes once in a list."""

    stage = NoTwins()

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Four articles in a row have the same title, written differently."""
        context = neighborhood[1]
        titles = [
            f"Page  {row // 4}" + (".", "", " ", "!")[row % 4] for row in context.articles.index
        ]
        articles = context.articles.assign(title=titles)
        return context._replace(articles=articles, seeds=articles)

    def test_a_title_comes_once(self, after: Ranked, context: Context) -> None:
        """Of articles with one title the first in the list stays."""
        for found in as_lists(after):
            pages = [index // 4 for index, _ in found]
            assert len(set(pages)) == len(pages)

    def test_the_better_twin_stays(self, before: Ranked, after: Ranked) -> None:
        """The first article of a list is never dropped as a twin."""
        assert (after.indices[:, 0] == before.indices[:, 0]).all()
        assert (after.indices >= 0).sum() < (before.indices >= 0).sum()

    def test_generic_titles_go_to_the_end(self, before: Ranked, context: Context) -> None:
        """A title of very many articles empties no list."""
        articles = context.articles.assign(title="Overview")
        after = NoTwins()(before, context._replace(articles=articles, seeds=articles))
        assert (after.indices == before.indices).all()

    def test_articles_without_title_are_no_twins(self, before: Ranked, context: Context) -> None:
        """No title is not the same title."""
        articles = context.articles.assign(title="")
        after = NoTwins(generic=1)(before, context._replace(articles=articles, seeds=articles))
        assert after is before


class TestMinScore(StageContract):
    """Distant candidates are dropped."""

    stage = MinScore(0.1)


class TestMinScoreAuto(StageContract):
    """Candidates no nearer than random pairs are dropped."""

    stage = MinScore()


class TestHubness(StageContract):
    """Hubs are pushed back."""

    stage = Hubness(0.5)


class TestHubnessOff(StageContract):
    """At exponent 0 and pivot 0 nothing changes."""

    stage = Hubness(0, 0)


def lists(indices: list[list[int]], scores: list[list[float]]) -> Ranked:
    """Return what search found, as the first stage gets it."""
    return ranked(Neighbors(np.array(indices, np.int32), np.array(scores, np.float32)))


def context(languages: list[str], graph: Ranked) -> Context:
    """Return a context in which every article is a seed."""
    articles = pd.DataFrame({"lang": languages})
    return world_of(articles, sparse.csr_array(np.eye(len(languages))), graph)


def world_of(articles: pd.DataFrame, vectors: sparse.csr_array, graph: Ranked) -> Context:
    """Return a context in which every article is a seed."""
    own = np.arange(len(articles), dtype=np.int32)
    found = Neighbors(graph.indices, graph.scores)
    return Context(articles, articles, vectors, found, own, found, 6)


def test_same_language_keeps_what_is_unknown() -> None:
    """Only candidates known to be in another language are dropped."""
    found = lists([[1, 2, 3]], [[0.9, 0.8, 0.7]])
    world = context(["de", "en", "de", ""], found)
    german = world._replace(seeds=world.seeds[:1], own=world.own[:1])
    assert SameLanguage()(found, german).indices.tolist() == [[2, 3, -1]]
    unknown = world._replace(seeds=world.seeds[3:], own=world.own[3:])
    assert SameLanguage()(found, unknown).indices.tolist() == [[1, 2, 3]]


def test_an_article_alone_in_its_language_has_a_list_in_the_main_one() -> None:
    """It would be empty; as a candidate, the article stays out of the other lists."""
    found = lists([[1, 2, 3], [0, 2, 3], [0, 1, 3]], [[0.9, 0.8, 0.7]] * 3)
    world = context(["es", "en", "en", "de"], found)
    some = world._replace(seeds=world.seeds[:3], own=world.own[:3])
    assert SameLanguage()(found, some).indices.tolist() == [[1, 2, -1], [2, -1, -1], [1, -1, -1]]
    one = lists([[0, 1, 2]], [[0.9, 0.8, 0.7]])
    new = world._replace(seeds=world.seeds[3:], own=np.array([-1], np.int32))
    assert SameLanguage()(one, new).indices.tolist() == [[-1, -1, -1]]
    unknown = new._replace(seeds=world.seeds[3:].assign(lang="fr"))
    assert SameLanguage()(one, unknown).indices.tolist() == [[1, 2, -1]]


@given(worlds(), st.floats(0, 1), st.lists(st.floats(1, 2), min_size=14, max_size=14))
def test_min_score_removes_those_below_it_and_nothing_more(
    world: tuple[Ranked, Context], value: float, chances: list[float]
) -> None:
    """The others keep their order, whatever each candidate needs; the stage is idempotent."""
    lists, context = world
    n = len(context.articles)
    stage = MinScore(value, chance=np.array(chances[:n]))
    least = stage.least(n)
    after = stage(lists, context)
    expected = [
        [(row, score) for row, score in found if np.float32(score) >= least[row]]
        for found in as_lists(lists)
    ]
    assert as_lists(after) == expected
    assert as_lists(stage(after, context)) == expected


def test_min_score_keeps_a_candidate_at_exactly_the_score() -> None:
    """A candidate with exactly the minimum score stays."""
    found = lists([[1, 2, 3]], [[0.2, 0.1, 0.099999]])
    assert MinScore(0.1)(found, context([""] * 4, found)).indices.tolist() == [[1, 2, -1]]


def test_hubness_puts_a_hub_behind_a_candidate_almost_as_near() -> None:
    """0.50 / 0.9^0.5 = 0.53 is less than 0.48 / 0.5^0.5 = 0.68."""
    graph = lists([[1], [0], [0]], [[0.5], [0.9], [0.5]])
    found = lists([[1, 2]], [[0.50, 0.48]])
    world = context([""] * 3, graph)
    assert as_lists(Hubness(0.5)(found, world)) == [[(2, 0.48), (1, 0.5)]]
    assert as_lists(Hubness(0)(found, world)) == [[(1, 0.5), (2, 0.48)]]


def test_hubness_puts_a_short_article_behind_a_longer_one_almost_as_near() -> None:
    """A row of one term counts 1/16 at pivot 15, a row of three 3/18."""
    vectors = sparse.csr_array(np.array([[0.6, 0.0, 0.8], [0, 1.0, 0.0], [0.6, 0.64, 0.48]]))
    found = lists([[1, 2]], [[0.50, 0.48]])
    articles = pd.DataFrame({"lang": [""] * 3})
    world = world_of(articles, vectors, lists([[1]] * 3, [[0.5]] * 3))
    assert as_lists(Hubness(0)(found, world)) == [[(2, 0.48), (1, 0.5)]]
    assert as_lists(Hubness(0, 0)(found, world)) == [[(1, 0.5), (2, 0.48)]]


def test_hubness_takes_a_candidate_without_neighbors() -> None:
    """A candidate whose own list is empty divides by no zero."""
    graph = lists([[-1], [-1]], [[0], [0]])
    found = lists([[1, -1]], [[0.5, 0]])
    assert as_lists(Hubness(1)(found, context(["", ""], graph))) == [[(1, 0.5)]]


def test_keep_closes_up_the_gaps_in_order() -> None:
    """Kept candidates stay in order; dropped ones leave padding at the end."""
    found = keep(lists([[5, 6, 7]], [[0.3, 0.2, 0.1]]), np.array([[False, True, True]]))
    assert found.indices.tolist() == [[6, 7, -1]]


def test_reorder_keeps_the_order_of_equal_keys() -> None:
    """Ties stay as search left them."""
    found = reorder(lists([[5, 6, 7]], [[0.3, 0.2, 0.1]]), np.array([[1.0, 2.0, 1.0]]))
    assert found.indices.tolist() == [[6, 5, 7]]


def test_reorder_moves_keys_and_origins_along() -> None:
    """Each entry keeps its origin; equal keys to nine decimals are a tie; -inf drops an entry."""
    found = add(lists([[5, 6]], [[0.3, 0.2]]), np.array([[7]]), np.array([[0.1]]), "pinned")
    found = reorder(found, np.array([[1.0, -np.inf, 1.0 + 1e-12]]))
    assert found.indices.tolist() == [[5, 7, -1]]
    assert [ORIGINS[code] for code in found.origins[0]] == ["similar", "pinned", "similar"]
    assert found.keys.tolist() == [[1.0, 1.0, -np.inf]]


@pytest.mark.parametrize(
    ("first", "expected"), [(True, [6, 8, 5, -1, -1]), (False, [5, 6, 8, -1, -1])]
)
def test_added_entries_come_once_and_before_the_padding(first: bool, expected: list[int]) -> None:
    """What is in the list already moves to the front or stays; gaps among the new ones close."""
    found = lists([[5, 6, -1]], [[0.3, 0.2, 0]])
    more = np.array([[-1, 6, 8]]), np.array([[0, 0.2, 0.1]])
    added = add(found, *more, "series", first=first)
    assert added.indices.tolist() == [[*expected, -1]]
    assert (np.diff(added.keys[added.indices >= 0]) <= 0).all()
    empty = add(lists([[]], [[]]), *more, "series", first=first)
    assert empty.indices.tolist() == [[6, 8, -1]]
    assert empty.keys.tolist() == [[0.0, 0.0, -np.inf]]


def test_stages_run_in_their_order() -> None:
    """Each stage gets what the one before returned; a function is a stage."""
    found = lists([[1, 2]], [[0.5, 0.4]])
    world = seeds_of(context([""] * 3, found), slice(1))

    def first_only(lists: Ranked, context: Context) -> Neighbors:
        return Neighbors(lists.indices[:, :1], lists.scores[:, :1])

    assert apply_stages(found, world, [MinScore(0.45), first_only]).indices.tolist() == [[1]]
    assert apply_stages(found, world, []) is found


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (None, "must return Ranked lists, got NoneType"),
        ([1, 2], "must return Ranked lists, got list"),
        (PAIR._replace(indices=np.array([[1]], np.int32)), r"must return 2 lists, .* got \(1, 1\)"),
        (PAIR._replace(scores=np.zeros((2, 2), np.float32)), "all parts of one shape"),
        (PAIR._replace(indices=np.array([[0.5], [1]])), "must be whole numbers, got float64"),
        (PAIR._replace(indices=np.array([[7], [1]])), "0 to 1, or -1, got 7"),
        (PAIR._replace(indices=np.array([[0], [-2]])), "0 to 1, or -1, got -2"),
        (PAIR._replace(indices=np.array([[0], [0]])), "must not be in its own list"),
        (PAIR._replace(scores=np.array([[0.5], [0.25]])), "must not change scores, got 0.25 in"),
        (PAIR._replace(scores=np.array([[0.5], [1.5]])), "cosines from 0 to 1, got 1.5"),
        (PAIR._replace(scores=np.array([[0.5], [np.nan]])), "cosines from 0 to 1, got nan"),
        (PAIR._replace(scores=np.array([[1], [0]])), "scores must be cosines, got int"),
        (Neighbors(np.array([[1, 1], [0, -1]]), np.full((2, 2), 0.5)), "must be in a list once"),
    ],
)
def test_a_wrong_return_is_an_error_that_names_the_stage(result: object, problem: str) -> None:
    """What is not a list per seed of rows of articles is refused, with the function's name."""

    def my_stage(lists: Ranked, context: Context) -> Any:
        return result

    articles = pd.DataFrame({"id": ["a", "b"]})
    own = np.array([0, 1], np.int32)
    context = Context(articles, articles, None, PAIR, own, PAIR, 1)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"stage 'my stage': .*{problem}"):
        apply_stages(PAIR, context, [my_stage])


def nearest(n: int, k: int) -> Neighbors:
    """Return lists of n articles: the next k articles, with falling scores."""
    rows = (np.arange(n)[:, None] + np.arange(1, k + 1)) % n
    scores = np.broadcast_to(np.linspace(0.9, 0.1, k).round(6), (n, k))
    return Neighbors(rows.astype(np.int32), scores.astype(np.float32))


def problem_of(found: Neighbors, result: Neighbors) -> str:
    """Return the error of a stage that makes these lists out of those, or an empty string."""
    n = len(found.indices)
    table = pd.DataFrame(index=range(n))
    own = np.arange(n, dtype=np.int32)
    context = Context(table, table, None, found, own, found, 1)  # type: ignore[arg-type]
    try:
        apply_stages(found, context, [lambda lists, context: result])
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", [0, 1499, 2999])
def test_every_list_of_a_large_site_is_checked(seed: int) -> None:
    """A changed score and a repeated article are found in the first list as in the last."""
    found = nearest(3000, 40)
    turned = Neighbors(found.indices[:, ::-1].copy(), found.scores[:, ::-1].copy())
    assert problem_of(found, turned) == ""
    turned.scores[seed, 7] += np.float32(2e-6)
    assert "must not change scores" in problem_of(found, turned)
    turned.scores[seed, 7] -= np.float32(2e-6)
    turned.indices[seed, 7], turned.scores[seed, 7] = turned.indices[seed, 31], 0.5
    assert "must be in a list once" in problem_of(found, turned)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 10**6))
def test_lists_are_checked_as_the_rules_say(k: int, width: int, seed: int) -> None:
    """Exactly the lists with a repeated article or a changed score are refused."""
    draw = np.random.default_rng(seed)
    found = nearest(8, k)
    rows = draw.integers(-1, 8, (8, width)).astype(np.int32)
    rows[rows == np.arange(8)[:, None]] = -1
    scores = np.full(rows.shape, 0.3, np.float32)
    for at, place in np.argwhere(rows >= 0):
        same = np.flatnonzero(found.indices[at] == rows[at, place])
        if len(same) and draw.random() < 0.95:
            scores[at, place] = found.scores[at, same[0]] + draw.choice([0.0, -0.0, 5e-7])
    own = [dict(zip(*lists, strict=True)) for lists in zip(*found, strict=True)]
    entries = [
        [pair for pair in zip(*row, strict=True) if pair[0] >= 0]
        for row in zip(rows, scores, strict=True)
    ]
    repeated = any(len(dict(row)) < len(row) for row in entries)
    changed = any(
        abs(score - own[at].get(row, score)) > 1e-6
        for at, pairs in enumerate(entries)
        for row, score in pairs
    )
    assert bool(problem_of(found, Neighbors(rows, scores))) == (repeated or changed)


def test_a_stage_that_returns_neighbors_is_taken_as_it_is() -> None:
    """`Neighbors` without keys are lists in their order."""
    articles = pd.DataFrame({"id": ["a", "b"]})
    own = np.array([0, 1], np.int32)
    context = Context(articles, articles, None, PAIR, own, PAIR, 1)  # type: ignore[arg-type]
    assert apply_stages(PAIR, context, [lambda lists, context: PAIR]).keys.tolist() == [[0.5]] * 2


def test_random_pair_score_is_the_quantile_of_all_pairs_of_a_small_site() -> None:
    """Of the pairs (1, 0, 0) the upper half starts at 0 and the last at 1."""
    rows = sparse.csr_array(np.array([[1.0, 0], [1.0, 0], [0, 1.0]]))
    assert random_pair_score(rows, 0.5) == 0.0
    assert random_pair_score(rows, 1e-9) == 1.0
    assert random_pair_score(rows[:1], 0.05) == 0.0


def test_random_pair_score_draws_the_same_pairs_every_time() -> None:
    """A large site is sampled with a fixed seed, never an article with itself."""
    rows = sparse.csr_array(np.eye(400))
    assert random_pair_score(rows, 1e-6) == random_pair_score(rows, 1e-6) == 0.0


def test_relative_chance_asks_more_of_a_candidate_that_is_close_to_everything() -> None:
    """The calibrated minimum score of each candidate grows with its mean score to all others."""
    plain = np.eye(60)
    plain[:, 0], plain[0] = 0.3, 0.3  # row 0 is near all others, which are near nothing else
    rows = sparse.csr_array(plain / np.linalg.norm(plain, axis=1)[:, None])
    stage = MinScore(exceed=0.02).calibrated(rows)
    least = stage.least(60)
    assert least[0] > 1.5 * least[1] > 0
    assert (least[1:] == np.float32(stage.value)).all()


def test_a_minimum_score_of_the_user_is_that_of_every_candidate() -> None:
    """A number is not calibrated, nor multiplied by anything."""
    rows = sparse.csr_array(np.eye(60))
    assert MinScore(0.25).calibrated(rows).least(60).tolist() == [0.25] * 60


def test_mean_scores_of_parts_are_those_of_the_whole() -> None:
    """A cluster adds up the rows of its shards."""
    rows = sparse.csr_array(np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    scores = rows.toarray() @ rows.toarray().T
    total = rows.sum(axis=0)
    parts = [mean_scores(rows[:2], total, 4), mean_scores(rows[2:], total, 4)]
    np.fill_diagonal(scores, 0)
    np.testing.assert_allclose(np.concatenate(parts), scores.sum(axis=1) / 3, atol=1e-9)


def test_relative_chance_without_common_terms_is_one() -> None:
    """No article is closer to others than any other."""
    assert relative_chance(np.zeros(3)).tolist() == [1.0, 1.0, 1.0]
    assert len(relative_chance(np.zeros(0))) == 0
