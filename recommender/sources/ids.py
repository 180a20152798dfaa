"""The ids of a source, each with its first place; reports missing and repeated ids."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.errors import SourceError, join_problems


class IdRegister:
    """Collect ids one by one; `check` reports those that are missing or repeated.

    Examples
    --------
    >>> ids = IdRegister()
    >>> for line, name in enumerate(["rye", "", "rye"], 1):
    ...     ids.add(name, f"a.csv:{line}")
    >>> ids.problems
    ['a.csv:2: id is missing', "a.csv:3: id 'rye' is repeated, first at a.csv:1"]
    """

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self.problems: list[str] = []
        """One line for each id that is missing or repeated."""

    def add(self, name: str, place: str) -> None:
        """Note the id of the article at a place."""
        if not name:
            self.problems.append(f"{place}: id is missing")
        elif name in self._first:
            self.problems.append(f"{place}: id {name!r} is repeated, first at {self._first[name]}")
        else:
            self._first[name] = place

    def add_repeated(self, names: Iterable[str], source: str) -> None:
        """Note ids that are known to be repeated somewhere in a source."""
        self.problems += [f"{source}: id {name!r} is repeated" for name in sorted(names)]

    def check(self) -> None:
        """Raise a SourceError that names up to 20 of the problems, if there are any."""
        if self.problems:
            raise SourceError(join_problems(self.problems), "give each article an id of its own")
