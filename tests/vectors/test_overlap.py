"""Terms that two rows share: compiled code and SciPy give the same bits, and NumPy agrees."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import random_rows
from scipy import sparse

from recommender.errors import ConfigError
from recommender.vectors import overlap
from recommender.vectors.overlap import Rows, dot_products, strongest_columns


def pairs_of_rows(seed: int) -> tuple[Rows, Rows]:
    """Return two tables with equal values and empty rows among them, and 200 pairs."""
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 4, (2, 30, 25)) * (rng.random((2, 30, 25)) < 0.3) / 7
    dense[:, 3] = 0
    numbers = rng.integers(30, size=(2, 200))
    first, second = ((sparse.csr_array(d), n) for d, n in zip(dense, numbers, strict=True))
    return first, second


@pytest.mark.skipif(not overlap.AVAILABLE, reason="the compiled extension is not installed")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [1, 3, 40])
def test_compiled_code_and_scipy_are_equal(
    monkeypatch: pytest.MonkeyPatch, seed: int, count: int
) -> None:
    """Columns, parts and sums are the same bits, for any number of pairs at once."""
    first, second = pairs_of_rows(seed)
    columns, parts = strongest_columns(first, second, count)
    sums = dot_products(first, second)
    monkeypatch.setattr("recommender.vectors.overlap.AVAILABLE", False)
    monkeypatch.setattr("recommender.vectors.overlap.PAIRS_AT_ONCE", 7)
    assert np.array_equal(columns, strongest_columns(first, second, count)[0])
    assert np.array_equal(parts, strongest_columns(first, second, count)[1])
    assert np.array_equal(sums, dot_products(first, second))


def test_parts_are_the_largest_products() -> None:
    """The best come first, ties are in the order of columns, and -1 fills the rest."""
    first, second = pairs_of_rows(0)
    columns, parts = strongest_columns(first, second, 4)
    products = first[0].toarray()[first[1]] * second[0].toarray()[second[1]]
    assert np.allclose(dot_products(first, second), products.sum(axis=1))
    for row, own, product in zip(columns, parts, products, strict=True):
        best = [c for c in np.argsort(-product, kind="stable") if product[c] > 0][:4]
        assert row.tolist() == best + [-1] * (4 - len(best))
        assert own.tolist() == pytest.approx([*product[best], *[0] * (4 - len(best))], abs=1e-6)


def test_no_pairs_share_nothing() -> None:
    """No pairs give empty arrays of the right shape."""
    table = sparse.csr_array((2, 3)), np.empty(0, np.int64)
    assert strongest_columns(table, table, 3)[0].shape == (0, 3)
    assert dot_products(table, table).shape == (0,)


def test_few_pairs_of_a_large_table_are_compared_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other rows are neither copied nor checked, and the result is the same."""
    rows = random_rows(200, 30, 0.3, seed=1)
    first, second = np.array([3, 150, 3]), np.array([199, 0, 3])
    expected = (
        strongest_columns((rows, first), (rows, second), 5),
        dot_products((rows, first), (rows, second)),
    )
    spoiled = rows.copy()
    spoiled.data[spoiled.indptr[10] : spoiled.indptr[20]] = -1.0
    found = (
        strongest_columns((spoiled, first), (spoiled, second), 5),
        dot_products((spoiled, first), (spoiled, second)),
    )
    assert all((a == b).all() for a, b in zip(found[0], expected[0], strict=True))
    assert (found[1] == expected[1]).all()
    with pytest.raises(ConfigError, match="holds"):
        dot_products((spoiled, np.array([12])), (spoiled, np.array([3])))


@pytest.mark.parametrize("part", ["indptr", "indices", "data"])
def test_rows_that_do_not_fit_reach_no_kernel(part: str) -> None:
    """A table whose arrays contradict each other is refused also where few rows are used."""
    rows = random_rows(200, 30, 0.3, seed=1)
    wrong = {"indptr": 1 << 20, "indices": 99, "data": np.nan}[part]
    getattr(rows, part)[rows.indptr[7] if part != "indptr" else 8] = wrong
    with pytest.raises(ConfigError):
        dot_products((rows, np.array([7])), (rows, np.array([9])))
