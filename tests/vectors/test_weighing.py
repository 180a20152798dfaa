"""Counts to rows: compiled code and SciPy give the same bits, and pure Python agrees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from recommender.vectors import weighing
from recommender.vectors.weighing import Counts, Weights, weigh_parts, weigh_rows

COUNTED = 40
FIELDS = {"title": 0.3, "text": 1.0, "phrases": 0.4}


def blocks_of(seed: int) -> tuple[list[Counts], Weights]:
    """Return counts of 3 + 0 + 60 rows, some of them empty in a field or in all, and weights."""
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero(rng.random(COUNTED) < 0.7)
    place = np.full(COUNTED, -1, np.int32)
    place[kept] = np.arange(len(kept))
    weights = Weights(FIELDS, place, 1 + rng.random(len(kept)) * 9, rng.choice([0.5, 0.8, 1.0]))
    blocks = []
    for rows in (3, 0, 60):
        counts = {}
        for field in FIELDS:
            dense = rng.integers(0, 30, (rows, COUNTED)) * (rng.random((rows, COUNTED)) < 0.2)
            dense[rng.random(rows) < 0.3] = 0
            counts[field] = sparse.csr_array(dense.astype(np.int32))
        blocks.append(counts)
    return blocks, weights


def plain_row(blocks: list[Counts], weights: Weights, row: int) -> list[float]:
    """Return a row of the last block by the formula of `Vectorizer`."""
    sums = [0.0] * len(weights.idf)
    for field, weight in weights.fields.items():
        part = [0.0] * len(weights.idf)
        for column, count in enumerate(blocks[-1][field].toarray()[row].tolist()):
            if weights.place[column] >= 0 and count:
                to = weights.place[column]
                part[to] = count**weights.tf_exponent * weights.idf[to]
        length = math.hypot(*part) or 1.0
        sums = [old + weight * value / length for old, value in zip(sums, part, strict=True)]
    length = math.hypot(*sums) or 1.0
    return [value / length for value in sums]


@pytest.mark.skipif(not weighing.AVAILABLE, reason="the compiled extension is not installed")
@pytest.mark.parametrize("seed", range(20))
def test_compiled_code_and_scipy_are_equal(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Indices and values are the same bits and types, over blocks of any size."""
    blocks, weights = blocks_of(seed)
    compiled = weigh_rows(blocks, weights)
    monkeypatch.setattr(weighing, "AVAILABLE", False)
    plain = weigh_rows(blocks, weights)
    assert compiled.shape == plain.shape == (63, len(weights.idf))
    for name in ("indptr", "indices", "data"):
        assert getattr(compiled, name).dtype == getattr(plain, name).dtype
        assert_array_equal(getattr(compiled, name), getattr(plain, name))


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_those_of_the_formula(seed: int) -> None:
    """Damped, times idf, each field of unit length before it is weighted, then the sum."""
    blocks, weights = blocks_of(seed)
    rows = weigh_rows(blocks, weights).toarray()[-60:]
    for row in range(60):
        assert rows[row].tolist() == pytest.approx(plain_row(blocks, weights, row), abs=1e-12)


def test_nothing_counted_gives_empty_rows() -> None:
    """Articles without a term that stays have rows without a column."""
    counts = {"text": sparse.csr_array((2, 3), dtype=np.int32)}
    weights = Weights({"text": 1.0}, np.full(3, -1, np.int32), np.empty(0), 0.5)
    assert weigh_rows([counts], weights).shape == (2, 0)
    assert weigh_parts(counts, weights)["text"].shape == (2, 0)
