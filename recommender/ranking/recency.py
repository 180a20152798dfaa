"""Prefer newer articles, or articles of the same time, and leave out those too far away in time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.ranking.base import Context, Ranked, reorder
from recommender.vectors.portable import exp, exp2

DAY = 86_400e9
"""Nanoseconds of a day."""
YEAR = 365.0
"""Days after which the preference for the same time has fallen to 1/e."""


@dataclass(frozen=True)
class Recency:
    """Order candidates by their age, and drop those on the wrong side of the article.

    Parameters
    ----------
    half_life : float, >= 0, default 0
        Days after which a candidate's key has halved, counted from the newest article of the
        site; 0 ignores age.
    nearness_weight : float, >= 0, default 0
        How much more a candidate of the same day counts than one many years away.
    age : {"any", "older", "newer"}, default "any"
        Keep only candidates that are no newer, or no older, than the article.
    max_days_apart : float, >= 0, default 0
        Keep only candidates that were written at most this many days before or after the
        article; 0 keeps all.
    timeless_tags : tuple of str, default ()
        Tags of candidates whose age does not count, whatever their case: they count as new, as
        of the article's own day, and are never dropped.

    Notes
    -----
    With a the days from the candidate to the newest article, and d the days between candidate
    and article::

        key *= 2 ** (-a / half_life) * (1 + nearness_weight * exp(-d / 365))

    The first factor is the exponential decay of time-aware ranking [1]_. Age is counted from the
    newest article, not from today: a rebuild of an unchanged site gives the same lists.

    A candidate without a date counts as old as the median of those with one, gets nothing for
    nearness, and is never dropped; so is every candidate if the article has no date.

    References
    ----------
    .. [1] X. Li and W. B. Croft (2003). Time-based language models. CIKM, 469-475,
       doi:10.1145/956863.956951.

    Examples
    --------
    >>> Recency(half_life=365)
    Recency(half_life=365, nearness_weight=0.0, age='any', max_days_apart=0.0, timeless_tags=())
    """

    half_life: float = 0.0
    nearness_weight: float = 0.0
    age: Literal["any", "older", "newer"] = "any"
    max_days_apart: float = 0.0
    timeless_tags: tuple[str, ...] = ()

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        days, own = _days(context.articles["date"]), _days(context.seeds["date"])
        timeless = tagged(context.articles["tags"], self.timeless_tags)[lists.indices]
        later = days[lists.indices] - own[:, None]
        apart = np.where(timeless, 0.0, np.abs(later))
        keys = lists.keys * self._decay(days)[lists.indices]
        if self.half_life and timeless.any():
            keys = np.where(timeless, lists.keys, keys)
        if self.nearness_weight:
            near = np.where(np.isnan(apart), 0.0, exp(-np.nan_to_num(apart) / YEAR))
            keys = keys * (1 + self.nearness_weight * near)
        wrong = self._wrong_side(later) & ~timeless
        if self.max_days_apart:
            wrong |= apart > self.max_days_apart
        return reorder(lists, np.where(wrong, -np.inf, keys))

    def _decay(self, days: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor of every article's age."""
        dated = ~np.isnan(days)
        if not self.half_life or not dated.any():
            return np.ones(len(days))
        ages = days[dated].max() - np.where(dated, days, np.median(days[dated]))
        return exp2(-ages / self.half_life)

    def _wrong_side(self, later: NDArray[np.float64]) -> NDArray[np.bool_]:
        if self.age == "older":
            return later > 0
        return later < 0 if self.age == "newer" else np.zeros(later.shape, np.bool_)


def _days(dates: pd.Series) -> NDArray[np.float64]:
    """Return dates as days since 1970; NaN for a missing one."""
    moments = dates.to_numpy(dtype="datetime64[ns]")
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / DAY)


def tagged(tags: pd.Series, wanted: Collection[str]) -> NDArray[np.bool_]:
    """Return which articles have one of the tags, whatever its case.

    Examples
    --------
    >>> tagged(pd.Series([["Guide", "sea"], []]), ["guide"]).tolist()
    [True, False]
    """
    names = {name.casefold() for name in wanted}
    if not names:
        return np.zeros(len(tags), np.bool_)
    return np.array([any(tag.casefold() in names for tag in own) for own in tags], np.bool_)
