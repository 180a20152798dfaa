"""Settings files are edited as by hand: one value changes, every other byte stays."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.cli.toml_edit import with_settings
from recommender.errors import ConfigError

CONFIG = """# The newsroom
k = 8
title-weight = 1   # high
"text_weight" = 1.0

[other]
title_weight = 5
"""
PROJECT = """[build-system]
requires = [
  "hatchling",   # builds it
]

[tool.recommender]
k = 6

# The linter, as the others of the house
[tool.ruff]
line-length = 100
"""


def test_only_the_named_lines_of_a_settings_file_change() -> None:
    """Comments, order, other keys and other tables stay; a new key joins its table."""
    edited = with_settings(CONFIG, {"title_weight": 0.6, "stemming": False})
    assert edited == CONFIG.replace("= 1   #", "= 0.6   #").replace(
        '"text_weight" = 1.0\n', '"text_weight" = 1.0\nstemming = false\n'
    )


def test_a_new_setting_leaves_the_comment_of_the_next_table_there() -> None:
    """It comes below the last one of its table, not below what is said of the next."""
    edited = with_settings(PROJECT, {"stemming": False}, "tool.recommender")
    assert edited == PROJECT.replace("k = 6\n", "k = 6\nstemming = false\n")


@pytest.mark.parametrize(
    ("text", "section", "expected"),
    [
        ("", "", "k = 3\n"),
        ("", "tool.r", "[tool.r]\nk = 3\n"),
        ("k = 6", "", "k = 3"),
        ("[a]\nb = 1\n", "", "k = 3\n\n[a]\nb = 1\n"),
        ("[tool.recommender]\nk = 6\n", "tool.recommender", "[tool.recommender]\nk = 3\n"),
        ("[a]\r\nb = 1\r\n", "tool.r", "[a]\r\nb = 1\r\n\r\n[tool.r]\r\nk = 3\r\n"),
        ("[a]\nb = 1\n# last\n", "tool.r", "[a]\nb = 1\n# last\n\n[tool.r]\nk = 3\n"),
        ("[tool]\nr = {k = 6} # one line\n", "tool.r", "[tool]\nr = {k = 3} # one line\n"),
        ("tool.r.k = 6\n", "tool.r", "tool.r.k = 3\n"),
        ('a = """\nk = 6\n"""\n', "", 'a = """\nk = 6\n"""\nk = 3\n'),
        ("k = 6 # [a]\n[b]\nk = 6\n", "", "k = 3 # [a]\n[b]\nk = 6\n"),
    ],
)
def test_settings_find_their_table(text: str, section: str, expected: str) -> None:
    """An empty file, a file of tables, pyproject.toml and CRLF are all edited in place."""
    assert with_settings(text, {"k": 3}, section) == expected


@pytest.mark.parametrize("text", ["k = \n", "tool = 3\n", "[[tool.r]]\nk = 6\n"])
def test_a_file_that_cannot_be_edited_is_refused(text: str) -> None:
    """Rather than break a file, tell what to set by hand."""
    with pytest.raises(ConfigError, match="set by hand: k = 3"):
        with_settings(text, {"k": 3}, "tool.r")


NAMES = ["k", "title_weight", "text-weight", "stemming", "'quoted'"]
VALUES = [
    "1",
    "0x1F",
    "1_000",
    "1e3",
    "'a # b'",
    '"""\nk = 5\n[x]\n"""',
    "[1,\n  2, # two\n]",
    "{ a = 1 }",
]
GAPS = st.sampled_from(["", "\n", "\n\n", "# a note\n", "  # k = 3\n\n"])
KEYS = st.tuples(GAPS, st.sampled_from(["", "  "]), st.sampled_from(["=", " = ", "  ="]),
                 st.sampled_from(VALUES), st.sampled_from(["", "  # why"]))  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Return a settings file, and the line or lines of each of its keys at the top."""
    spans: dict[str, str] = {}
    text = ""
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        gap, indent, equals, value, note = draw(KEYS)
        spans[name] = f"{indent}{name}{equals}{value}{note}\n"
        text += gap + spans[name]
    tables = draw(
        st.sampled_from(["", "\n# of a\n[a]\nk = 1 # its own\n", "[[b]]\n[[b]]\n[c.d]\n"])
    )
    return text + draw(GAPS) + tables, spans


@given(files(), st.sampled_from(NAMES), st.sampled_from([3, 0.5, True, "auto"]), st.booleans())
def test_bytes_of_other_settings_never_change(
    file: tuple[str, dict[str, str]], name: str, value: object, windows: bool
) -> None:
    """All that a file has is in the edited one, in order, but for the value that was set."""
    text, spans = file
    setting = name.strip("'").replace("-", "_")
    given_text = text.replace("\n", "\r\n") if windows else text
    edited = with_settings(given_text, {setting: value})
    if "\r\n" in given_text:
        assert edited.count("\n") == edited.count("\r\n")
    lines = edited.replace("\r\n", "\n")
    if name in spans:
        before, after = text.split(spans[name], 1)
        assert lines.startswith(before)
        assert lines.endswith(after)
        changed = lines[len(before) : len(lines) - len(after)]
        assert changed.count("\n") == 1
        assert changed.endswith(spans[name][-len("  # why\n") :]) or "# why" not in spans[name]
    else:
        added = iter(lines.splitlines())
        assert all(line in added for line in text.splitlines() if line)
        assert len(lines.splitlines()) <= len(text.splitlines()) + 2
    key = name.strip("'") if name in spans else setting
    assert tomllib.loads(edited) == tomllib.loads(given_text) | {key: value}
