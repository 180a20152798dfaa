"""Characters that nobody reads: which they are, and that they are written once."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

import recommender
from recommender.text import characters


@pytest.mark.parametrize(
    ("kind", "categories"),
    [
        ("CONTROL", {"Cc"}),
        ("CONTROL_C1", {"Cc"}),
        ("DIRECTION", {"Cf"}),
        ("UNSEEN", {"Cf"}),
        ("SURROGATES", {"Cs"}),
    ],
)
def test_kinds_hold_nothing_that_is_read(kind: str, categories: set[str]) -> None:
    """By Unicode's own categories; tabs and line ends are in none of them."""
    kept = re.compile(f"[{getattr(characters, kind)}]")
    found = [chr(code) for code in range(0x11000) if kept.match(chr(code))]
    assert {unicodedata.category(character) for character in found} == categories
    assert not set("\t\n\r") & set(found)


def test_all_control_characters_are_in_one_of_two_kinds() -> None:
    """Of Unicode's control characters only tabs and line ends are left."""
    kept = re.compile(f"[{characters.CONTROL}{characters.CONTROL_C1}]")
    control = {chr(code) for code in range(0x110) if unicodedata.category(chr(code)) == "Cc"}
    assert {character for character in control if not kept.match(character)} == set("\t\n\r")


def test_no_other_module_spells_them_out() -> None:
    """A pattern that lists control characters of its own drifts from the others."""
    package = Path(recommender.__file__).parent
    own = [
        file.name
        for file in package.rglob("*.py")
        if file.name != "characters.py" and "\\x00-" in file.read_text(encoding="utf-8")
    ]
    assert own == []
