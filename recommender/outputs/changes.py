"""What changed between two sets of lists: whole lists, and entries in, out and moved."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from recommender.outputs.cards import Card

SHOWN = ("url", "title", "teaser", "date", "author", "image")
"""The values of a card that readers see."""


class Moved(NamedTuple):
    """An entry that is in both lists, at another place among the entries of both."""

    id: str
    old: int
    """Rank in the old list, from 1."""
    new: int
    """Rank in the new list, from 1."""


class ListChange(NamedTuple):
    """The difference between the old and the new list of one article."""

    id: str
    entered: list[tuple[str, int]]
    """Ids with their ranks in the new list, in order."""
    left: list[tuple[str, int]]
    """Ids with their ranks in the old list, in order."""
    moved: list[Moved]
    """The fewest entries whose moves explain the new order."""


class Changes(NamedTuple):
    """The differences between two sets of lists."""

    lists: int
    """Number of articles with a list in both."""
    appeared: list[str]
    """Ids of articles that have a list in the new set only."""
    disappeared: list[str]
    """Ids of articles that have a list in the old set only."""
    changed: list[ListChange]
    """Lists whose entries or order differ, in the order of the new set."""
    rewritten: int
    """Number of entries in both whose title, address, teaser, date, author or picture differs."""

    @property
    def counts(self) -> dict[str, int]:
        """The number of lists and of entries by kind of change."""
        return {
            "lists": self.lists,
            "appeared": len(self.appeared),
            "disappeared": len(self.disappeared),
            "changed": len(self.changed),
            "in": sum(len(change.entered) for change in self.changed),
            "out": sum(len(change.left) for change in self.changed),
            "moved": sum(len(change.moved) for change in self.changed),
            "rewritten": self.rewritten,
        }

    @property
    def differ(self) -> bool:
        """Whether a reader would see any difference. A change of scores alone is not one."""
        return bool(self.appeared or self.disappeared or self.changed or self.rewritten)


def changes(old: Mapping[str, Sequence[Card]], new: Mapping[str, Sequence[Card]]) -> Changes:
    """Return what changed from the old to the new lists.

    Parameters
    ----------
    old, new : mapping of str to sequence of Card
        Lists by article id, best first; `read_lists` reads them.

    Returns
    -------
    Changes

    Examples
    --------
    >>> old = {"a": [{"id": "b"}, {"id": "c"}, {"id": "d"}]}
    >>> new = {"a": [{"id": "d"}, {"id": "e"}, {"id": "b"}]}
    >>> found = changes(old, new).changed[0]
    >>> found.entered, found.left, found.moved
    ([('e', 2)], [('c', 2)], [Moved(id='d', old=3, new=1)])
    """
    both = [name for name in new if name in old]
    changed, rewritten = [], 0
    for name in both:
        before, after = old[name], new[name]
        change = _list_change(name, _ids(before), _ids(after))
        if change.entered or change.left or change.moved:
            changed.append(change)
        rewritten += _rewritten(before, after)
    return Changes(
        len(both),
        [name for name in new if name not in old],
        [name for name in old if name not in new],
        changed,
        rewritten,
    )


def _ids(cards: Sequence[Card]) -> list[str]:
    """Return the ids of cards, without repetitions."""
    return list(dict.fromkeys(str(card.get("id")) for card in cards))


def _list_change(name: str, old: list[str], new: list[str]) -> ListChange:
    before = {entry: rank for rank, entry in enumerate(old, 1)}
    after = {entry: rank for rank, entry in enumerate(new, 1)}
    common = [entry for entry in new if entry in before]
    still = _longest_rising([before[entry] for entry in common])
    return ListChange(
        name,
        [(entry, rank) for entry, rank in after.items() if entry not in before],
        [(entry, rank) for entry, rank in before.items() if entry not in after],
        [
            Moved(entry, before[entry], after[entry])
            for at, entry in enumerate(common)
            if at not in still
        ],
    )


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Return the positions of a longest rising subsequence of different numbers."""
    ends: list[int] = []  # smallest last number of a rising subsequence of each length
    places: list[int] = []
    before: list[int] = []
    for at, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(places[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        places[length : length + 1] = [at]
    kept, at = set(), places[-1] if places else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return kept


def _rewritten(old: Sequence[Card], new: Sequence[Card]) -> int:
    before = {card.get("id"): _seen(card) for card in old}
    return sum(card.get("id") in before and before[card.get("id")] != _seen(card) for card in new)


def _seen(card: Card) -> list[Any]:
    return [card.get(name) or "" for name in SHOWN]
