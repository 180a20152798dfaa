"""Clicks of readers on lists: reading them, and what they say once positions are corrected.

Readers look at the first entries of a list more often than at the last, so raw click rates favor
whatever is at the top already. `position_bias` learns how often each position is looked at, and
`click_rates` divides by it. Both, and all that use them, take a Clicks table; the result of
`read_clicks` describes its columns.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recommender.errors import JudgmentsError, did_you_mean, join_problems
from recommender.evaluation.measures import Floats
from recommender.text.csv_cells import as_written

REQUIRED = ("article", "shown", "clicked", "position")
"""Columns that a file of clicks has."""
ARMS = ("a", "b")
"""Names of the two arms of a test."""
STRENGTH = 20.0
"""How many looks at an entry the prior is worth."""
STEPS = 500
"""The most steps of expectation maximization."""
TOLERANCE = 1e-6
"""The steps end when no position changes by more than this."""
MOST = 2**31 - 1
"""The largest number that a file of clicks may contain."""
DIGITS = 20
"""The most digits of a number, with zeros in front."""

_FORM = (
    "write a .csv with article,shown,clicked,position and optionally times and arm: the page, the "
    "entry of its list, the number of clicks, its place from 1, how often it was shown"
)


def is_clicks(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a .csv with the columns of clicks.

    Examples
    --------
    >>> is_clicks("judgments.jsonl")
    False
    """
    file = Path(path)
    if file.suffix.lower() != ".csv" or not file.is_file():
        return False
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        try:
            header = {name.strip() for name in next(csv.reader(lines), [])}
        except csv.Error:
            return False
    return {"article", "clicked"} <= header or {"shown", "clicked"} <= header


def read_clicks(path: str | os.PathLike[str], ids: Iterable[str] | None = None) -> pd.DataFrame:
    """Read a file of clicks.

    Parameters
    ----------
    path : path
        ``.csv`` in UTF-8 with a header that names the columns of the result, in any order.
        `times` (default 1) and `arm` may be missing; other columns are ignored.
    ids : iterable of str, optional
        Ids of the articles; at least one row must relate two of them. Rows of other articles stay.

    Returns
    -------
    DataFrame
        A Clicks table, one row per article, entry, position and arm; rows of the file that agree
        in these are added up. Its columns:

        - `article` (str): id of the page
        - `shown` (str): id of an entry of its list
        - `position` (int64, >= 1): place of the entry in the list
        - `times` (int64, >= 1): how often the entry was shown there
        - `clicked` (int64, 0 to `times`): how many of these times it was clicked
        - `arm` (str, ``a`` or ``b``): only if the file has it

    Raises
    ------
    JudgmentsError
        If the file cannot be read, or a row is wrong; up to 20 are reported with their lines.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "clicks.csv")
    ...     _ = file.write_text("article,shown,clicked,position\\na,b,1,1\\na,b,0,1\\na,c,0,2\\n")
    ...     read_clicks(file).values.tolist()
    [['a', 'b', 1, 2, 1], ['a', 'c', 2, 1, 0]]
    """
    file = Path(path)
    rows: list[tuple[Any, ...]] = []
    problems: list[str] = []
    armed = False
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            names = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = names
            missing = [name for name in REQUIRED if name not in names]
            if missing:
                raise JudgmentsError(
                    f"{file}:1: column {missing[0]} not found, got {', '.join(names) or 'none'}",
                    did_you_mean(missing[0], names) or _FORM,
                )
            armed = "arm" in names
            for record in reader:
                if None in record:
                    problems.append(f"{file}:{reader.line_num}: has more cells than the header")
                _take(f"{file}:{reader.line_num}", record, armed, rows, problems)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise JudgmentsError(f"{file}: cannot be read, {reason}", _FORM) from error
    except UnicodeDecodeError as error:
        raise JudgmentsError(f"{file}: is not UTF-8, {error.reason}", _FORM) from error
    except csv.Error as error:
        raise JudgmentsError(f"{file}:{reader.line_num + 1}: is not CSV, {error}", _FORM) from error
    if problems or not rows:
        raise JudgmentsError(join_problems(problems or [f"{file}: contains no clicks"]), _FORM)
    columns = ["article", "shown", "position", "times", "clicked", "arm"]
    table = pd.DataFrame(rows, columns=columns)
    keys = ["article", "shown", "position", *(["arm"] if armed else [])]
    table = table.groupby(keys, as_index=False)[["times", "clicked"]].sum()
    if ids is not None:
        _check_fit(table, set(ids), str(file))
    return table[[name for name in columns if name in table]]


def position_bias(clicks: pd.DataFrame, strength: float = STRENGTH) -> pd.Series:
    """Return the share of readers who look at each position, relative to the first.

    Parameters
    ----------
    clicks : DataFrame
        A Clicks table, as from [`read_clicks`][recommender.evaluation.clicks.read_clicks].
    strength : float, > 0, default 20
        Weight of the prior of an entry's attraction, in times shown.

    Returns
    -------
    Series of float64 in [0, 1], indexed by position
        1 at the first position of the table.

    Notes
    -----
    The position-based model: P(click) = theta_p * gamma_as, where theta_p is the probability
    that a reader looks at position p, and gamma_as that entry s attracts readers of article a
    [1]_. It is fitted by expectation maximization [2]_. For n times shown and c clicks::

        attracted = c + (n - c) gamma (1 - theta) / (1 - theta gamma)
        seen      = c + (n - c) theta (1 - gamma) / (1 - theta gamma)
        gamma     = (strength m + sum of attracted) / (strength + sum of n)
        theta     = sum of seen / sum of n,  theta = 1 at the first position

    gamma has a Beta prior with the mean m of all attractions. The model can tell positions from
    entries only if entries appear at several positions, such as after a rebuild or in a test
    of two settings. Where every entry keeps its place, all differences between positions are
    taken for bias.

    References
    ----------
    .. [1] N. Craswell, O. Zoeter, M. Taylor and B. Ramsey (2008). An experimental comparison of
       click position-bias models. WSDM, 87-94, doi:10.1145/1341531.1341545.
    .. [2] A. Chuklin, I. Markov and M. de Rijke (2015). Click Models for Web Search, sections
       3.2 and 4.2. Morgan & Claypool, doi:10.2200/S00654ED1V01Y201507ICR043.

    Examples
    --------
    >>> clicks = pd.DataFrame({"article": "x", "shown": ["a", "b", "a", "b"], "times": 10_000,
    ...     "position": [1, 1, 2, 2], "clicked": [2000, 1000, 1000, 500]})
    >>> position_bias(clicks).round(2).to_dict()
    {1: 1.0, 2: 0.5}
    """
    cells = clicks.groupby(["article", "shown", "position"], as_index=False).sum(numeric_only=True)
    shown, clicked = (cells[name].to_numpy(np.float64) for name in ("times", "clicked"))
    pair = cells.groupby(["article", "shown"]).ngroup().to_numpy()
    place, positions = pd.factorize(cells["position"], sort=True)
    theta: Floats = np.where(np.arange(len(positions)) > 0, 0.5, 1.0)  # all 1 would stay so
    mean = clicked.sum() / max(shown.sum(), 1)
    gamma: Floats = np.full(int(pair.max(initial=-1)) + 1, mean)
    for _ in range(STEPS):
        t, g = theta[place], gamma[pair]
        unclicked = (shown - clicked) / np.maximum(1 - t * g, 1e-12)
        attracted = clicked + unclicked * g * (1 - t)
        seen = clicked + unclicked * t * (1 - g)
        mean = attracted.sum() / max(shown.sum(), 1)
        total = np.bincount(pair, attracted)
        gamma = (strength * mean + total) / (strength + np.bincount(pair, shown))
        before, theta = theta, np.bincount(place, seen) / np.bincount(place, shown)
        theta[0] = 1.0
        if np.abs(theta - before).max() < TOLERANCE:
            break
    return pd.Series(theta, pd.Index(positions, name="position"), name="bias")


def click_rates(
    clicks: pd.DataFrame,
    bias: Mapping[int, float] | pd.Series | None = None,
    *,
    by: Sequence[str] = ("article", "shown"),
    strength: float = STRENGTH,
) -> pd.DataFrame:
    """Return smoothed click rates, corrected for positions.

    Parameters
    ----------
    clicks : DataFrame
        A Clicks table, as from [`read_clicks`][recommender.evaluation.clicks.read_clicks].
    bias : mapping of position to float in (0, 1], optional
        How often each position is looked at, such as from an experiment; default
        `position_bias`. A position of 1.0 for all gives the raw rates.
    by : sequence of str, default ("article", "shown")
        The columns to add up by: pairs, or ``["shown"]`` for entries anywhere.
    strength : float, > 0, default 20
        Weight of the mean rate, in looks.

    Returns
    -------
    DataFrame
        The columns of `by`, `clicked`, `times`, `looks` (float64, how often it was looked at) and
        `rate` (float64 in [0, 1]); ordered by `by`.

    Notes
    -----
    ::

        looks = sum over positions p of times_p * bias_p
        rate  = (clicked + strength * m) / (looks + strength),  m = all clicks / all looks

    clicked / looks is clicks over expected clicks [1]_, which weighs each click as inverse
    propensity scoring does [2]_. The rate is the mean of the posterior with the prior
    Beta(strength * m, strength * (1 - m)).

    References
    ----------
    .. [1] V. Zhang and R. Jones (2007). Comparing click logs and editorial labels for training
       query rewriting. WWW workshop on query log analysis.
    .. [2] T. Joachims, A. Swaminathan and T. Schnabel (2017). Unbiased learning-to-rank with
       biased feedback. WSDM, 781-789, doi:10.1145/3018661.3018699.

    Examples
    --------
    >>> clicks = pd.DataFrame({"article": "x", "shown": ["a", "b"], "position": [1, 2],
    ...                        "times": 100, "clicked": [20, 10]})
    >>> click_rates(clicks, {1: 1.0, 2: 0.5})["rate"].round(3).tolist()
    [0.2, 0.2]
    """
    seen = clicks["position"].map(position_bias(clicks, strength) if bias is None else bias)
    counted = clicks.assign(looks=clicks["times"] * seen)
    table = counted.groupby(list(by), as_index=False)[["clicked", "times", "looks"]].sum()
    mean = table["clicked"].sum() / max(table["looks"].sum(), 1e-12)
    rate = (table["clicked"] + strength * mean) / (table["looks"] + strength)
    return table.assign(rate=rate.clip(upper=1.0))


def share_moved(clicks: pd.DataFrame) -> float:
    """Return the share of impressions of entries that were shown at several positions.

    Only these tell `position_bias` positions from entries.

    Parameters
    ----------
    clicks : DataFrame
        A Clicks table, as from [`read_clicks`][recommender.evaluation.clicks.read_clicks].

    Returns
    -------
    float in [0, 1]

    Examples
    --------
    >>> share_moved(pd.DataFrame({"article": "x", "shown": ["a", "a", "b"],
    ...                           "position": [1, 2, 3], "times": [1, 1, 2]}))
    0.5
    """
    places = clicks.groupby(["article", "shown"])["position"].transform("nunique")
    return float(clicks["times"][places > 1].sum() / clicks["times"].sum())


def judgments_from_clicks(clicks: pd.DataFrame) -> pd.DataFrame:
    """Return clicks as judgments: the gain of a pair is its corrected rate, 0 without a click.

    Parameters
    ----------
    clicks : DataFrame
        A Clicks table, as from [`read_clicks`][recommender.evaluation.clicks.read_clicks].

    Returns
    -------
    DataFrame
        `query`, `related`, `gain`.

    Notes
    -----
    Only what was shown can be clicked, so these judgments favor lists like those that were
    shown: use them to compare settings whose lists were both shown, as in a test of two arms.

    Examples
    --------
    >>> clicks = pd.DataFrame({"article": "x", "shown": ["a", "b"], "position": [1, 2],
    ...                        "times": 100, "clicked": [20, 0]})
    >>> judgments_from_clicks(clicks)[["query", "related"]].values.tolist()
    [['x', 'a'], ['x', 'b']]
    """
    rates = click_rates(clicks)
    gain = rates["rate"].where(rates["clicked"] > 0, 0.0)
    named = {"query": rates["article"], "related": rates["shown"], "gain": gain}
    return pd.DataFrame(named)


def click_prior(clicks: pd.DataFrame) -> pd.Series:
    """Return the corrected, smoothed click rate of each entry, wherever it was shown.

    Parameters
    ----------
    clicks : DataFrame
        A Clicks table, as from [`read_clicks`][recommender.evaluation.clicks.read_clicks].

    Returns
    -------
    Series of float64 in [0, 1], indexed by id
        For the column `prior` of the articles.

    Examples
    --------
    >>> clicks = pd.DataFrame({"article": ["x", "y"], "shown": "a", "position": 1,
    ...                        "times": 100, "clicked": [20, 10]})
    >>> click_prior(clicks).to_dict()
    {'a': 0.15}
    """
    return click_rates(clicks, position_bias(clicks), by=["shown"]).set_index("shown")["rate"]


def with_click_prior(articles: pd.DataFrame, prior: pd.Series) -> pd.DataFrame:
    """Return articles with their click rates as `prior`; they are not ratings with votes.

    Parameters
    ----------
    articles : DataFrame
        With a column `id`; not changed.
    prior : Series of float
        Click rates by id, from `click_prior`. An article without one has no prior.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b"], "votes": [3.0, 4.0]})
    >>> with_click_prior(table, pd.Series({"a": 0.5})).to_dict("list")
    {'id': ['a', 'b'], 'votes': [nan, nan], 'prior': [0.5, nan]}
    """
    rated = articles.assign(prior=articles["id"].map(prior))
    return rated.assign(votes=float("nan")) if "votes" in rated else rated


def _take(
    where: str,
    record: Mapping[str, str | None],
    armed: bool,
    rows: list[tuple[Any, ...]],
    problems: list[str],
) -> None:
    cells = {name: as_written((value or "").strip()) for name, value in record.items() if name}
    found = len(problems)
    empty = [name for name in ("article", "shown") if not cells[name]]
    problems += [f"{where}: {name} must be an id, got nothing" for name in empty]
    if cells["article"] and cells["article"] == cells["shown"]:
        problems.append(f"{where}: {cells['shown']!r} is shown in its own list")
    position = _number(where, "position", cells["position"], 1, problems)
    times = _number(where, "times", cells.get("times") or "1", 1, problems)
    clicked = _number(where, "clicked", cells["clicked"], 0, problems)
    if len(problems) == found and clicked > times:
        problems.append(f"{where}: clicked must be at most {times}, got {clicked}")
    if armed and cells["arm"] not in ARMS:
        problems.append(f"{where}: arm must be a or b, got {cells['arm']!r}")
    if len(problems) == found:
        arm = cells["arm"] if armed else ""
        rows.append((cells["article"], cells["shown"], position, times, clicked, arm))


def _number(where: str, name: str, text: str, least: int, problems: list[str]) -> int:
    if text.isascii() and text.isdigit() and len(text) <= DIGITS and least <= int(text) <= MOST:
        return int(text)
    problems.append(f"{where}: {name} must be a whole number >= {least}, got {text!r}")
    return least


def _check_fit(clicks: pd.DataFrame, ids: set[str], where: str) -> None:
    if (clicks["article"].isin(ids) & clicks["shown"].isin(ids)).any():
        return
    example = next((name for name in clicks["article"] if name not in ids), clicks["shown"].iloc[0])
    raise JudgmentsError(
        f"{where}: no row relates two of the {len(ids):,} articles, got ids such as {example!r}",
        did_you_mean(example, ids) or f"the articles have ids such as {min(ids, default='')!r}",
    )
