"""Every exception that the package raises on purpose.

The tree::

    RecommenderError
    ├── ConfigError            (ValueError)   a setting or parameter is wrong
    ├── SourceError            (ValueError)   articles cannot be read, or are wrong
    ├── OutputError            (OSError)      a result cannot be written
    ├── JudgmentsError         (ValueError)   judgments cannot be read, or fit no article
    ├── UnknownArticleError    (KeyError)     no article has this id
    ├── NotFittedError         (ValueError)   `fit` has not been called
    └── MissingDependencyError (ImportError)  an optional library is not installed

A message reads ``where: what is wrong, got X, expected Y``; the next action is in `hint`.
Errors know nothing of the command line, which prints them as they are.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from heapq import nlargest
from typing import Self

MAX_REPORTED = 20
"""How many problems one error lists; the rest are counted."""

MOST_COMPARED = 1_000
"""Of more names, only the likeliest are compared with a misspelled one: 100,000 take 13 s."""


class RecommenderError(Exception):
    """Base of all errors of this package: a message and a hint at the next action.

    Parameters
    ----------
    message : str
        Where (file, line or setting), then what is wrong.
    hint : str, optional
        What to do next, a whole sentence or a line to type.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nHint: {self.hint}" if self.hint else self.message


class ConfigError(RecommenderError, ValueError):
    """A setting, flag or constructor parameter is unknown or out of range."""


class SourceError(RecommenderError, ValueError):
    """The articles cannot be read, or break the rules of the Article table."""


class OutputError(RecommenderError, OSError):
    """A result cannot be written; an existing file is left unchanged."""


class JudgmentsError(RecommenderError, ValueError):
    """The judgments cannot be read, or none of them fits the articles."""


class UnknownArticleError(RecommenderError, KeyError):
    """No article has this id."""


class NotFittedError(RecommenderError, ValueError):
    """The recommender has seen no articles yet."""


class MissingDependencyError(RecommenderError, ImportError):
    """An optional library is needed and not installed."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        self._given = (library, extra, purpose)
        super().__init__(
            f"{purpose} needs {library}, which is not installed",
            install_hint(extra),
        )

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str]]:
        return type(self), self._given  # so that a worker process can send it back


def install_hint(extra: str) -> str:
    """Return the command that installs the libraries of an extra of this package.

    It names the libraries, so that it works no matter how this package was installed.

    Examples
    --------
    >>> install_hint("parquet")
    'pip install "pyarrow>=15"'
    """
    from importlib.metadata import PackageNotFoundError, requires

    try:
        declared = requires("recommender") or []
    except PackageNotFoundError:  # run from a clone that is not installed
        declared = []
    found = re.compile(rf"""(.+?)\s*;\s*extra\s*==\s*["']{re.escape(extra)}["']""")
    needed = [match[1] for line in declared if (match := found.fullmatch(line))]
    if not needed:
        return f'in a clone of this package: pip install ".[{extra}]"'
    quoted = [f'"{name}"' if set(name) & set("<>=[]!~ ") else name for name in needed]
    return f"pip install {' '.join(quoted)}"


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return advice ("did you mean …?") for a misspelled name, or an empty string.

    Examples
    --------
    >>> did_you_mean("title_wieght", ["title_weight", "min_df"])
    'did you mean title_weight?'
    """
    close = difflib.get_close_matches(name, _likely(name, list(known)), n=3, cutoff=cutoff)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _likely(name: str, known: list[str]) -> list[str]:
    """Return the names that have most in common with a name, if there are too many to compare."""
    if len(known) <= MOST_COMPARED:
        return known
    pairs = {name[at : at + 2] for at in range(len(name) - 1)}

    def common(other: str) -> int:
        return sum(pair in other for pair in pairs) - abs(len(other) - len(name))

    return nlargest(MOST_COMPARED, known, key=common)


def shown(value: object) -> str:
    """Return a short form of a value for an error; Python cannot print a huge integer."""
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 70 digits"
    spelled = repr(value)
    return spelled if len(spelled) <= 80 else f"{spelled[:77]}..."


def join_problems(problems: list[str]) -> str:
    """Return the first problems, one per line, and the number of further ones.

    Examples
    --------
    >>> print(join_problems(["a.md: empty", "b.md: empty"]))
    a.md: empty
    b.md: empty
    """
    lines = problems[:MAX_REPORTED]
    if len(problems) > MAX_REPORTED:
        lines = [*lines, f"... and {len(problems) - MAX_REPORTED:,} more"]
    return "\n".join(lines)
