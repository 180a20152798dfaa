"""Rules that choose articles by a column: ``category=News``, ``tags=draft*``.

One form for all settings that name articles: ``COLUMN=PATTERN``, and for pairs
``COLUMN=PATTERN -> COLUMN=PATTERN``. Knows no setting's purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.errors import ConfigError, did_you_mean, join_problems, shown

PAIR_RULES = ("never_pair",)
"""Settings with two rules to an entry."""
RULES = ("never_target", "never_source", *PAIR_RULES, "unscored")
"""Settings that contain rules."""
UNSCORED_COLUMNS = ("category", "tags")
"""The columns whose values `unscored` can exclude."""

_EXPECTED = "expected COLUMN=PATTERN, such as category=News"
_EXPECTED_PAIR = "expected COLUMN=PATTERN -> COLUMN=PATTERN"


class Rule(NamedTuple):
    """A condition on one column of an article."""

    column: str
    pattern: str
    """``*`` is any text, ``?`` one character, ``[ab]`` one of several; case does not count."""

    def matches(self, articles: pd.DataFrame) -> NDArray[np.bool_]:
        """Return for each article whether it fits the rule.

        Parameters
        ----------
        articles : DataFrame of n rows
            A table of articles. If the column is missing, no article fits.

        Returns
        -------
        ndarray of shape (n,), bool
            A list fits if one of its items does; an empty list or a missing value fits only the
            empty pattern. Numbers, dates and truth values are compared as they are printed.

        Examples
        --------
        >>> table = pd.DataFrame({"tags": [["Sea", "Ports"], [], ["rye"]]})
        >>> Rule("tags", "port*").matches(table).tolist(), Rule("tags", "").matches(table).tolist()
        ([True, False, False], [False, True, False])
        """
        if self.column not in articles:
            return np.zeros(len(articles), np.bool_)
        fits = _matcher(self.pattern)
        cells = articles[self.column].to_numpy(dtype=object)
        return np.fromiter((any(map(fits, _items(cell))) for cell in cells), np.bool_, len(cells))

    def fits(self, value: str) -> bool:
        """Return whether one value fits the pattern.

        Examples
        --------
        >>> Rule("category", "uncat*").fits("Uncategorized")
        True
        """
        return _matcher(self.pattern)(value)


def parse_rule(text: str) -> Rule:
    """Return the rule that a text states.

    Raises
    ------
    ValueError
        If there is no ``=``, or no column before it.

    Examples
    --------
    >>> parse_rule("category = News")
    Rule(column='category', pattern='News')
    """
    column, equals, pattern = text.partition("=")
    if not equals:
        raise ValueError(f"has no =, {_EXPECTED}")
    if not column.strip():
        raise ValueError(f"names no column, {_EXPECTED}")
    return Rule(column.strip(), pattern.strip())


def parse_pair(text: str) -> tuple[Rule, Rule]:
    """Return the rules for the article and for the candidate of a pair.

    Raises
    ------
    ValueError
        If there is no ``->``, or a side of it is not a rule.

    Examples
    --------
    >>> [rule.pattern for rule in parse_pair("category=Sponsored -> category=News")]
    ['Sponsored', 'News']
    """
    first, arrow, second = text.partition("->")
    if not arrow:
        raise ValueError(f"has no ->, {_EXPECTED_PAIR}")
    try:
        return parse_rule(first), parse_rule(second)
    except ValueError as error:
        raise ValueError(str(error).partition(",")[0] + f", {_EXPECTED_PAIR}") from None


def texts_of(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the entries of a setting as a tuple.

    Examples
    --------
    >>> texts_of("id=a"), texts_of(None)
    (('id=a',), ())
    """
    return (value,) if isinstance(value, str) else tuple(value or ())


def wrong_rules(settings: Mapping[str, Any]) -> list[str]:
    """Return one line for each entry of `RULES` that is not a rule.

    Parameters
    ----------
    settings : mapping of str to value
        Values by setting name; other settings are ignored.

    Examples
    --------
    >>> wrong_rules({"never_target": ["category=News", "News"], "min_df": 2})
    ["never_target: rule 'News' has no =, expected COLUMN=PATTERN, such as category=News"]
    """
    problems = []
    for setting in RULES:
        for text in texts_of(settings.get(setting)):
            try:
                rules = _rules_in(text, setting)
            except ValueError as error:
                problems.append(f"{setting}: rule {shown(text)} {error}")
                continue
            if setting == "unscored" and rules[0].column not in UNSCORED_COLUMNS:
                problems.append(
                    f"{setting}: rule {shown(text)} must name {' or '.join(UNSCORED_COLUMNS)}"
                )
    return problems


def check_columns(settings: Mapping[str, Any], columns: Collection[Any]) -> None:
    """Raise one ConfigError that names every rule with a column that the articles do not have.

    Parameters
    ----------
    settings : mapping of str to value
        Values by setting name, whose rules are rules; other settings are ignored.
    columns : collection of str
        The columns of the Article table.

    Raises
    ------
    ConfigError
        The message names the rules; the hint the closest column.
    """
    wrong = [
        (f"{setting}: rule {shown(text)}: the articles have no column {rule.column}", rule.column)
        for setting in RULES
        for text in texts_of(settings.get(setting))
        for rule in _rules_in(text, setting)
        if rule.column not in columns
    ]
    if wrong:
        names = sorted(map(str, columns))
        advice = [did_you_mean(column, names) for _, column in wrong]
        raise ConfigError(
            join_problems([line for line, _ in wrong]),
            next(filter(None, advice), f"columns are {', '.join(names)}"),
        )


def any_match(rules: Iterable[Rule], articles: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each article whether it fits one of the rules.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b", "c"]})
    >>> any_match([Rule("id", "A"), Rule("id", "c")], table).tolist()
    [True, False, True]
    """
    found = np.zeros(len(articles), np.bool_)
    for rule in rules:
        found |= rule.matches(articles)
    return found


def _rules_in(text: str, setting: str) -> tuple[Rule, ...]:
    return parse_pair(text) if setting in PAIR_RULES else (parse_rule(text),)


def _items(cell: Any) -> Sequence[str]:
    """Return the values of a cell as texts: one, or those of a list."""
    if isinstance(cell, str):
        return (cell.strip(),)
    if isinstance(cell, list | tuple | set | frozenset | np.ndarray):
        return [part for item in cell for part in _items(item)] or ("",)
    missing = cell is None or (pd.api.types.is_scalar(cell) and bool(pd.isna(cell)))
    return ("" if missing else str(cell),)


@lru_cache(256)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that matches texts against a pattern and remembers the results."""
    compiled = re.compile(translate(pattern), re.IGNORECASE)
    return lru_cache(1 << 14)(lambda text: compiled.match(text) is not None)
