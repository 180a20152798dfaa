"""The differences between two sets of lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recommender.outputs.changes import Moved, changes

LISTS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


def cards(ids: str | list[str]) -> list[dict[str, str]]:
    return [{"id": name, "title": name.upper()} for name in ids]


def test_entries_in_out_and_moved() -> None:
    """An entry below a new one has another rank, but has not moved."""
    found = changes({"x": cards("bcd")}, {"x": cards("nbd")})
    assert found.counts == {
        "lists": 1, "appeared": 0, "disappeared": 0, "changed": 1, "in": 1, "out": 1, "moved": 0,
        "rewritten": 0,
    }  # fmt: skip
    assert found.changed[0].entered == [("n", 1)]
    assert found.changed[0].left == [("c", 2)]


def test_the_fewest_moves_explain_the_order() -> None:
    """An entry that went from the end to the top moved; the others did not."""
    found = changes({"x": cards("abcd")}, {"x": cards("dabc")})
    assert found.changed[0].moved == [Moved("d", 4, 1)]


def test_lists_that_appear_and_disappear_are_named() -> None:
    """A list in one set only is no changed list."""
    found = changes({"a": cards("b"), "b": []}, {"b": [], "c": cards("a")})
    assert (found.appeared, found.disappeared, found.changed) == (["c"], ["a"], [])
    assert found.differ


def test_a_rewritten_card_is_a_change_and_another_score_is_none() -> None:
    """Readers see a title; they see no score."""
    old = {"x": [{"id": "a", "title": "A", "score": 0.5}]}
    other_score = {"x": [{"id": "a", "title": "A", "score": 0.4}]}
    other_title = {"x": [{"id": "a", "title": "B", "score": 0.5}]}
    assert not changes(old, other_score).differ
    assert changes(old, other_title).rewritten == 1
    assert changes(old, other_title).differ


def test_a_missing_value_is_an_empty_one() -> None:
    """CSV has no null: the same lists in two formats do not differ."""
    assert not changes({"x": [{"id": "a", "url": None}]}, {"x": [{"id": "a", "url": ""}]}).differ


@given(LISTS, LISTS)
def test_the_changes_turn_the_old_list_into_the_new(old: list[str], new: list[str]) -> None:
    """Take out what left and moved, put in what entered and moved at its rank: the new list."""
    found = changes({"x": cards(old)}, {"x": cards(new)})
    assert (found.changed == []) == (old == new)
    for change in found.changed:
        gone = {name for name, _ in change.left} | {move.id for move in change.moved}
        rebuilt = [name for name in old if name not in gone]
        placed = [*change.entered, *((move.id, move.new) for move in change.moved)]
        for name, rank in sorted(placed, key=lambda pair: pair[1]):
            rebuilt.insert(rank - 1, name)
        assert rebuilt == new


@given(LISTS, LISTS)
def test_both_directions_mirror_each_other(old: list[str], new: list[str]) -> None:
    """What comes in one way goes out the other way, and as many entries move."""
    there = changes({"x": cards(old)}, {"x": cards(new)}).counts
    back = changes({"x": cards(new)}, {"x": cards(old)}).counts
    assert (there["in"], there["out"], there["moved"]) == (back["out"], back["in"], back["moved"])
