"""Lists made from earlier ones: always those of a full search, and most rows are not searched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from contracts import random_rows
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from recommender.errors import ConfigError
from recommender.neighbors import carry as module
from recommender.neighbors import pruned, search
from recommender.neighbors.base import Neighbors, search_reference
from recommender.neighbors.carry import EXTRA, Carried, Earlier, Known, carry, known_of

pytestmark = pytest.mark.skipif(not pruned.AVAILABLE, reason="needs the compiled extension")


@pytest.fixture(autouse=True)
def _always_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never give up because a full search would take less time."""
    monkeypatch.setattr(module, "MOST", 1.0)


def numbers(n: int) -> NDArray[np.int32]:
    """Return 0 to n - 1."""
    return np.arange(n, dtype=np.int32)


def full(rows: sparse.csr_array, k: int) -> Neighbors:
    """Return the k nearest other rows by the reference."""
    return search_reference(rows, rows, k, own_rows=numbers(rows.shape[0]))


def first_known(rows: sparse.csr_array, k: int) -> Known:
    """Return what a full search leaves."""
    return known_of(full(rows, k + EXTRA))


def unit(cells: NDArray[np.float64]) -> sparse.csr_array:
    """Return rows of length 1."""
    lengths = np.sqrt((cells**2).sum(axis=1, keepdims=True))
    return sparse.csr_array(cells / np.where(lengths > 0, lengths, 1))


def assert_same(carried: Carried | None, rows: sparse.csr_array, k: int) -> None:
    """Fail unless the lists are those of a full search, bit for bit, and the bounds hold."""
    assert carried is not None
    expected = full(rows, k)
    assert carried.found.indices[:, :k].tolist() == expected.indices.tolist()
    assert (carried.found.scores[:, :k] == expected.scores).all()
    scores = (rows @ rows.T).toarray()
    np.fill_diagonal(scores, 0.0)
    indices, outside = carried.known
    owner, place = np.nonzero(indices >= 0)
    scores[owner, indices[owner, place]] = 0.0
    assert (scores.max(axis=1, initial=0) <= outside + 1e-12).all()


def changed(
    cells: NDArray[np.float64], generator: np.random.Generator, step: float
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """Return another version of rows: edits, drift, columns and rows in another order.

    Also returns the column of today of each earlier one, and the earlier row of each.
    """
    n, terms = cells.shape
    factors = 1 + step * generator.random(terms) * (generator.random(terms) < 0.5)
    cells = cells * factors
    edited = generator.random(n) < 0.1
    cells[edited] = np.roll(cells[edited], 1, axis=1)
    cells[generator.random(n) < 0.03] = 0.0
    places = numbers(n)[generator.random(n) < 0.95]
    added = cells[generator.integers(0, n, 3)] * (generator.random((3, terms)) < 0.8)
    order = generator.permutation(len(places) + 3)
    places = np.concatenate([places, np.full(3, -1, np.int32)])[order]
    today = np.empty((len(places), terms))
    today[places >= 0], today[places < 0] = cells[places[places >= 0]], added
    back = np.full(terms, -1, np.int32)
    kept = np.flatnonzero(generator.random(terms) < 0.95)
    columns = generator.permutation(len(kept)).astype(np.int32)
    back[kept] = columns
    moved = np.zeros((len(places), len(kept) + 1))
    moved[:, columns] = today[:, kept]
    moved[:, -1] = generator.random(len(places)) < 0.02
    return moved, back, places.astype(np.int32)


@given(
    seed=st.integers(0, 2**31),
    n=st.integers(8, 90),
    k=st.integers(1, 12),
    density=st.sampled_from([0.05, 0.2, 0.6]),
    step=st.sampled_from([0.0, 1e-7, 1e-4, 1e-2, 0.5]),
)
def test_lists_are_those_of_a_full_search(
    seed: int, n: int, k: int, density: float, step: float
) -> None:
    """After three changes in turn, with ties, copies, zero rows, new and removed rows and terms."""
    generator = np.random.default_rng(seed)
    cells = random_rows(n, 25, density, seed).toarray()
    cells[: n // 8] = cells[n // 8 : 2 * (n // 8)]
    rows = unit(cells)
    known = first_known(rows, k)
    for _ in range(3):
        cells, columns, places = changed(cells, generator, step)
        earlier = Earlier(rows.astype(np.float32), columns, places, known)
        rows = unit(cells)
        carried = carry(rows, k, earlier, threads=1 + seed % 2)
        if carried is None:  # nothing can be proven
            known = first_known(rows, k)
            continue
        assert_same(carried, rows, k)
        known = carried.known


def drifted(n: int, step: float) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return random rows of distinct weights, and the same with columns weighed otherwise."""
    generator = np.random.default_rng(n)
    cells = generator.random((n, 40)) ** 4 * (generator.random((n, 40)) < 0.3)
    factors = 1 + step * generator.random(40)
    return unit(cells), unit(cells * factors)


def test_only_new_and_edited_rows_are_searched() -> None:
    """With nothing else changed, all other lists are proven."""
    before, _ = drifted(300, 0)
    cells = before.toarray()
    cells[7] = cells[8:12].mean(axis=0)
    rows = unit(np.vstack([cells, cells[20:23].mean(axis=0)]))
    places = np.append(numbers(300), np.int32(-1))
    known = first_known(before, 10)
    carried = carry(rows, 10, Earlier(before.astype(np.float32), numbers(40), places, known))
    assert_same(carried, rows, 10)
    assert carried is not None
    assert 2 <= carried.searched < 30


def test_a_small_drift_of_all_rows_leaves_most_lists_proven() -> None:
    """As when one article more changes the weight of every term a little."""
    before, rows = drifted(300, 1e-5)
    known = first_known(before, 10)
    earlier = Earlier(before.astype(np.float32), numbers(40), numbers(300), known)
    carried = carry(rows, 10, earlier)
    assert_same(carried, rows, 10)
    assert carried is not None
    assert carried.searched < 30


def test_equal_scores_outside_a_list_are_looked_at() -> None:
    """A copy with a smaller number belongs into a list whose k-th score it equals."""
    cells = np.eye(3)[[0] * 20 + [1] * 3]
    before = sparse.csr_array(cells)
    known = first_known(before, 2)
    order = np.roll(numbers(23), 5)
    earlier = Earlier(before[order].astype(np.float32), numbers(3), numbers(23), known)
    moved = Known(np.argsort(order).astype(np.int32)[known.indices[order]], known.outside[order])
    moved.indices[known.indices[order] < 0] = -1
    rows = before[order]
    assert_same(carry(rows, 2, earlier._replace(known=moved)), rows, 2)


def carried_over(before: list[list[float]], now: list[list[float]], k: int) -> None:
    """Fail unless lists carried from some rows to others, in the same columns, are exact."""
    was, rows = sparse.csr_array(before), sparse.csr_array(now)
    n, terms = rows.shape
    known = first_known(was, k)
    earlier = Earlier(was.astype(np.float32), numbers(terms), numbers(n), known)
    assert_same(carry(rows, k, earlier), rows, k)


def test_two_rows_that_grow_towards_each_other_meet() -> None:
    """Their score rises by the growth of the one and of the other."""
    t, s = 0.01, 0.015  # the other scores of the first row are between one growth and both
    rest = (1 - t * t) ** 0.5
    near_first, near_second = [[s, 0.0, 0.9, 0.0]] * 2, [[0.0, 0.1, 0.0, 0.9]] * 2
    before = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    now = [[rest, t, 0.0, 0.0], [t, rest, 0.0, 0.0]]
    carried_over([*before, *near_first, *near_second], [*now, *near_first, *near_second], 2)


def test_two_rows_that_grow_by_a_factor_rise_by_its_square() -> None:
    """Rows 1 to 8 fill the list of row 0 after its only neighbor that is shown; row 10 does not
    fit, and then rises above it."""
    factor, shared, shown = 1.009, 0.4, 0.1625  # 0.16 * factor < shown < 0.16 * factor ** 2
    row = [shared, 0.5, 0.4]
    listed = [[0.0, shown / 0.5, 0.0], *[[0.0, 0.0, 0.4]] * 8]
    outside = [shared, 0.0, 0.0]
    grown = [shared * factor, 0.5, 0.4], [shared * factor, 0.0, 0.0]
    carried_over([row, *listed, outside], [grown[0], *listed, grown[1]], 1)


def test_many_changes_are_left_to_a_full_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of new rows, or a large drift, is noticed before the work."""
    monkeypatch.undo()
    before, rows = drifted(300, 2.0)
    known = first_known(before, 10)
    earlier = Earlier(before.astype(np.float32), numbers(40), numbers(300), known)
    assert carry(rows, 10, earlier) is None
    third = np.where(np.arange(300) % 3, numbers(300), np.int32(-1))
    assert carry(before, 10, earlier._replace(places=third)) is None
    assert carry(before, 9, earlier) is None
    assert carry(before, 10, earlier) is not None


def test_without_the_extension_there_is_nothing_to_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference engine searches all."""
    before, rows = drifted(50, 0)
    known = first_known(before, 3)
    earlier = Earlier(before.astype(np.float32), numbers(40), numbers(50), known)
    monkeypatch.setattr(pruned, "AVAILABLE", False)
    assert carry(rows, 3, earlier) is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "rows",
            sparse.csr_array(np.full((50, 40), 1)),
            "earlier rows: row 0 must have the length",
        ),
        ("columns", np.full(40, 40, np.int32), "earlier columns: place 0 must be from -1 to 39"),
        ("columns", np.zeros(40, np.int32), "earlier columns: one is named twice"),
        ("places", np.full(50, 50, np.int32), "earlier places: place 0 must be from -1 to 49"),
        ("places", np.zeros(50, np.int32), "earlier places: one is named twice"),
        ("places", numbers(49), "expected 50"),
        ("known", Known(np.full((50, 11), 50), np.ones(50)), "earlier neighbors: place 0"),
        ("known", Known(np.zeros((49, 11), int), np.ones(49)), "must be those of 50 rows"),
        ("known", Known(np.zeros((50, 11), int), np.full(50, np.nan)), "must be numbers >= 0"),
    ],
)
def test_wrong_arguments_are_refused(name: str, value: Any, message: str) -> None:
    """No kernel sees them."""
    before, rows = drifted(50, 0)
    earlier = Earlier(
        before.astype(np.float32), numbers(40), numbers(50), first_known(before, 3)
    )._replace(**{name: value})
    with pytest.raises(ConfigError, match=message):
        carry(rows, 3, earlier)


def test_lists_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if there are many ranges."""
    monkeypatch.setattr(module, "RANGE_ROWS", 7)
    before, rows = drifted(200, 1e-3)
    known = known_of(search(before, before, 5 + EXTRA, own_rows=numbers(200)))
    earlier = Earlier(before.astype(np.float32), numbers(40), numbers(200), known)
    one, three = (carry(rows, 5, earlier, threads=threads) for threads in (1, 3))
    assert one is not None
    assert three is not None
    assert_same(one, rows, 5)
    for mine, others in zip((*one.found, *one.known), (*three.found, *three.known), strict=True):
        assert np.array_equal(mine, others)
