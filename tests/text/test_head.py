"""The head of a file: where it begins and ends, for its reader and for its editor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.outputs.heads import NotEditableError, split_head
from recommender.sources.markdown.front_matter import split_front_matter
from recommender.text.head import find_comment, find_head, find_headers, find_object

PIECES = st.lists(
    st.sampled_from(["---", "+++", "...", "\n", "\r\n", "title: Rye", "a = 1", "{", "}", '{"a": 1}',
                     " ", "\t", "\ufeff", "Sow it.", "----", "--- yaml", "---toml", "# Rye",
                     "Tags: a",
                     "  more", "Note: x", ":", "=", "\n\n", "- a"]),
    max_size=10,
).map("".join)  # fmt: skip


@given(PIECES)
def test_offsets_of_a_head_are_those_of_its_lines(text: str) -> None:
    """In order; each line begins where it says, behind blanks only."""
    head = find_head(text)
    if head is None:
        return
    assert text[: head.start].strip("\ufeff").strip() == ""
    assert text[head.start :].startswith(head.mark)
    assert "\n" not in text[head.start : head.fields].rstrip("\r\n")
    if head.end < 0:
        assert head.body == -1
        return
    assert head.start < head.fields <= head.end < head.body <= len(text)
    closing = text[head.end : head.body].strip()
    assert closing == head.mark or (head.mark, closing) == ("---", "...")
    assert head.end == 0 or text[head.end - 1] == "\n"


@given(PIECES)
def test_any_text_has_a_head_or_none(text: str) -> None:
    """An object begins at a brace; headers end at a line."""
    start = find_object(text)
    assert start == -1 or text[start] == "{"
    fields, end = find_headers(text)
    assert bool(fields) == bool(end)
    assert all(name.isascii() and value == value.strip() for name, value in fields.items())
    assert end <= len(text)


@given(PIECES)
def test_reader_and_editor_agree(text: str) -> None:
    """Where both can take a file, they see the same fields and the same text below them."""
    try:
        read = split_front_matter(text, "a.md")
        edited = split_head(text)
        fields = edited.fields
    except (SourceError, NotEditableError):
        return
    assert bool(read.fields) == bool(fields)
    if edited.language:
        assert edited.body.split() == read.body.lstrip("-+. \t\r\n").split()
    else:
        assert edited.after.split() == read.body.split()


@pytest.mark.parametrize(
    ("text", "fields", "body"),
    [
        ("---\na: 1\n---\nRye", "a: 1\n", "Rye"), ("\ufeff---\r\na: 1\r\n---\r\nRye", "a: 1\r\n",
        "Rye"),
        ("\n\n---\na: 1\n---\n", "a: 1\n", ""), ("---\n---", "", ""), ("---\na: 1\n...\nRye",
        "a: 1\n", "Rye"),
        ("+++\na = 1\n+++", "a = 1\n", ""), ("--- toml\na = 1\n---\n", "a = 1\n", ""),
        ("---\na: |\n  ---\n---\nRye", "a: |\n  ---\n", "Rye"), ("---\na: 1\n----\n---\n",
        "a: 1\n----\n", ""),
    ],
)  # fmt: skip
def test_head_is_between_its_lines(text: str, fields: str, body: str) -> None:
    """A mark that is indented or longer closes nothing."""
    head = find_head(text)
    assert head is not None
    assert (text[head.fields : head.end], text[head.body :]) == (fields, body)


@pytest.mark.parametrize(
    "text",
    ["", "Rye", "----\na\n----", "---\nA rule, then text.", "--- a\n---", "Rye\n---\na: 1\n---"],
)
def test_other_lines_open_no_head(text: str) -> None:
    """A rule above a text, longer lines, lines below a text."""
    assert find_head(text) is None


@pytest.mark.parametrize("text", ["---\ntitle: Rye\nSow it.", "+++\nSow it.", "---\n'a': 1"])
def test_a_head_that_is_never_closed_is_found(text: str) -> None:
    """So that its reader can say so, rather than take it for text."""
    head = find_head(text)
    assert head is not None
    assert (head.end, head.body) == (-1, -1)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Title: Rye\nDate: 2024\n\nSow", {"Title": "Rye", "Date": "2024"}),
        ("title: Rye", {"title": "Rye"}), ("Title:\n\nSow", {"Title": ""}),
        ("Title: Rye\n  and oats\nX: y\n", {"Title": "Rye and oats", "X": "y"}),
        ("Note: Rye\n\nSow", {}), ("Title: Rye\nSow it.\n", {}), ("Title:Rye\n", {}),
        (" Title: Rye\n", {}), ("", {}), ("https://example.org\n", {}),
    ],
)  # fmt: skip
def test_headers_are_lines_of_key_and_value(text: str, fields: dict[str, str]) -> None:
    """Of which one is known; a colon in prose makes no header."""
    assert find_headers(text)[0] == fields


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("<!--\n.. title: Rye\n.. date: 2024\n-->\n\nSow", {"title": "Rye", "date": "2024"}),
        ("<!-- \n.. title: Rye\n\n.. link: \n-->", {"title": "Rye", "link": ""}),
        ("<!--\n.. slug: rye\n-->\n", {}), ("<!--\ntitle: Rye\n-->", {}),
        ("Sow.\n<!--\n.. title: Rye\n-->", {}), ("<!--\n.. title: Rye\nSow it.\n-->", {}),
        ("<!--\n" + ".. title: Rye\n" * 9, {}),
    ],
)  # fmt: skip
def test_a_comment_of_fields_is_a_head(text: str, fields: dict[str, str]) -> None:
    """At the top of the file, with a title, and nothing else in it."""
    assert find_comment(text)[0] == fields
