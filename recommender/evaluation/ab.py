"""A test of two settings on a site: which articles get which lists, and who won.

The arm of an article is a hash of its id, so that a build, a template and an evaluation agree
without a file. Reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.errors import JudgmentsError
from recommender.evaluation.clicks import ARMS
from recommender.evaluation.measures import Floats

MEASURES = ("clicks per entry", "clicks per view")
"""Clicks by entries shown, and by lists shown."""


class ABResult(NamedTuple):
    """The result of a test."""

    arms: pd.DataFrame
    """`measure`, `arm`, `articles`, `value`, `low`, `high`: each arm with its 95 % interval."""
    differences: pd.DataFrame
    """`measure`, `first` (a), `second` (b), `difference` (b - a), `low`, `high`, `p`."""


def arms_of(ids: Iterable[str]) -> NDArray[np.object_]:
    """Return the arm of each article, ``a`` or ``b``: the last bit of a hash of its id.

    Parameters
    ----------
    ids : iterable of n str
        The articles.

    Returns
    -------
    ndarray of shape (n,), object
        The same on every machine and in every version.

    Notes
    -----
    The last bit of the first byte of BLAKE2b of the id in UTF-8.

    Examples
    --------
    >>> arms_of(["posts/rye.md", "posts/oats.md", "posts/barley.md"]).tolist()
    ['a', 'a', 'b']
    """
    digests = (blake2b(str(name).encode("utf-8", "replace")).digest() for name in ids)
    return np.array([ARMS[digest[0] & 1] for digest in digests], dtype=object)


def ab_test(
    clicks: pd.DataFrame, *, samples: int = 2000, flips: int = 10_000, seed: int = 0
) -> ABResult:
    """Compare the clicks on the lists of the two arms.

    Parameters
    ----------
    clicks : DataFrame
        A Clicks table, as from [`read_clicks`][recommender.evaluation.clicks.read_clicks]; without
        a column `arm`, `arms_of` of the articles.
    samples : int, >= 1, default 2000
        How often the articles of each arm are drawn with replacement.
    flips : int, >= 1, default 10,000
        Random assignments of articles to arms tried.
    seed : int, default 0
        The same seed gives the same result.

    Returns
    -------
    ABResult

    Raises
    ------
    JudgmentsError
        If one of the arms has fewer than two articles.

    Notes
    -----
    "clicks per entry" is clicks / times over all rows of an arm, and "clicks per view" is clicks
    / times of the first position. Articles are assigned to arms, not readers, so articles are
    what the bootstrap draws [1]_ and the permutation test assigns: p = (1 + number of
    assignments with a difference at least as large) / (1 + flips). A few articles with most
    of the clicks make the intervals wide. Positions are not corrected: a better order should
    be clicked more.

    References
    ----------
    .. [1] A. Deng, U. Knoblich and J. Lu (2018). Applying the delta method in metric analytics:
       a practical guide with novel ideas. KDD, 233-242, doi:10.1145/3219819.3219919.

    Examples
    --------
    >>> clicks = pd.DataFrame({"article": list("wxyz"), "shown": "s", "position": 1,
    ...     "times": 100, "clicked": [10, 12, 30, 32], "arm": list("aabb")})
    >>> ab_test(clicks).differences["difference"].round(2).tolist()
    [0.2, 0.2]
    """
    units = _units(clicks)
    second = (units["arm"] == ARMS[1]).to_numpy()
    arms = ~second, second
    counts = [int(arm.sum()) for arm in arms]
    if min(counts) < 2:
        raise JudgmentsError(
            f"clicks: arm a has {counts[0]} articles and arm b {counts[1]}, "
            "expected two or more in each",
            "collect clicks on more articles",
        )
    totals = units[["clicked", "times", "views"]].to_numpy(np.float64)
    rng = np.random.default_rng(seed)
    drawn = [_bootstrap(totals[arm], samples, rng) for arm in arms]
    values = [_ratios(totals[arm].sum(axis=0)) for arm in arms]
    change = values[1] - values[0]
    p = (1 + _extreme(totals, second, change, flips, rng)) / (1 + flips)
    low, high = np.quantile(drawn[1] - drawn[0], [0.025, 0.975], axis=0)
    named = {"measure": MEASURES, "first": values[0], "second": values[1]}
    differences = pd.DataFrame(named | {"difference": change, "low": low, "high": high, "p": p})
    rows = [
        (measure, arm, count, value[at], *np.quantile(draws[:, at], [0.025, 0.975]))
        for at, measure in enumerate(MEASURES)
        for arm, count, value, draws in zip(ARMS, counts, values, drawn, strict=True)
    ]
    columns = ["measure", "arm", "articles", "value", "low", "high"]
    return ABResult(pd.DataFrame(rows, columns=columns), differences)


def _units(clicks: pd.DataFrame) -> pd.DataFrame:
    """Return clicks, times and views of each article (and arm)."""
    table = clicks if "arm" in clicks else clicks.assign(arm=arms_of(clicks["article"]))
    keys = ["article", "arm"]
    first = table["position"] == table.groupby(keys)["position"].transform("min")
    views = table["times"].where(first, 0)
    return (
        table.assign(views=views).groupby(keys)[["clicked", "times", "views"]].sum().reset_index()
    )


def _ratios(totals: Floats) -> Floats:
    """Return clicks per entry and per view of totals of shape (..., 3)."""
    return np.asarray(totals[..., :1] / totals[..., 1:], np.float64)


def _bootstrap(totals: Floats, samples: int, rng: np.random.Generator) -> Floats:
    """Return the ratios of articles drawn with replacement, of shape (samples, 2)."""
    n = len(totals)
    draws = (np.bincount(rng.integers(n, size=n), minlength=n) @ totals for _ in range(samples))
    return _ratios(np.stack(list(draws)))


def _extreme(
    totals: Floats, second: NDArray[np.bool_], change: Floats, flips: int, rng: np.random.Generator
) -> Floats:
    """Return how many random assignments give a difference at least as large."""
    whole, extreme = totals.sum(axis=0), np.zeros(len(change))
    for _ in range(flips):
        other = rng.permutation(second) @ totals
        difference = _ratios(other) - _ratios(whole - other)
        extreme += np.abs(difference) >= np.abs(change) - 1e-12
    return extreme
