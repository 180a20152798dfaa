"""Front matter: the four forms, what stays text, and what a broken head says."""

from __future__ import annotations

import pytest

from recommender.errors import SourceError
from recommender.sources.markdown.front_matter import split_front_matter


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Rye\n---\nSow.",
        "\ufeff---\r\ntitle: Rye\r\n---\r\nSow.",
        "---\ntitle: Rye\n...\nSow.",
        "\n\n---\ntitle: Rye\n---\nSow.",
        '+++\ntitle = "Rye"\n+++\nSow.',
        '---json\n{"title": "Rye"}\n---\nSow.',
        '{\n  "title": "Rye"\n}\nSow.',
        "title: Rye\n\nSow.",
        "<!--\n.. title: Rye\n-->\n\nSow.",
    ],
    ids=[
        "yaml",
        "bom-crlf",
        "yaml-dots",
        "blank-lines",
        "toml",
        "json-mark",
        "json",
        "pelican",
        "nikola",
    ],
)
def test_every_form_gives_the_same_fields(text: str) -> None:
    """YAML, TOML, JSON and the lines of Pelican and Nikola give the same title and body."""
    head = split_front_matter(text)
    assert (head.fields, head.body.strip()) == ({"title": "Rye"}, "Sow.")


def test_yaml_words_and_numbers_stay_as_written() -> None:
    """NO is not false, 1.10 is not a number, and a date is not an object: all stay text."""
    head = split_front_matter(
        "---\na: NO\nb: 1.10\nc: 2024-01-01\nd: 007\ne: 7\nf: true\ng:\n---\n"
    )
    expected = {"a": "NO", "b": "1.10", "c": "2024-01-01", "d": "007", "e": 7, "f": True, "g": None}
    assert head.fields == expected


def test_text_that_only_looks_like_a_head_is_body() -> None:
    """A rule above the text, a line with a colon and a Liquid tag are not front matter."""
    assert split_front_matter("---\n\nSow.").body == "---\n\nSow."
    assert split_front_matter("Note: sow early.\n\nRye.").fields == {}
    assert split_front_matter("{% raw %}Sow.").fields == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitle: a: b\n---\n", r"a\.md:2: front matter is not valid YAML"),
        ("---\ntitle: [a\n---\n", r"a\.md:3: front matter is not valid YAML"),
        ("---\njust words\n---\n", r"a\.md:2: .* no `key: value` line"),
        ("\n---\ntitle: a: b\n---\n", r"a\.md:3: front matter is not valid YAML"),
        ("---\ntitle: a\n", r"a\.md:1: front matter is never closed"),
        ("+++\ntitle = a\n+++\n", r"a\.md:2: front matter is not valid TOML"),
        ('{\n"title": x}\n', r"a\.md:2: front matter is not valid JSON"),
        ("---\na: " + "[" * 9000 + "\n---\n", r"a\.md:\d+: front matter is not valid YAML"),
    ],
)
def test_a_broken_head_is_named_by_file_and_line(text: str, message: str) -> None:
    """The message leads with the line of the file on which the syntax breaks."""
    with pytest.raises(SourceError, match=message):
        split_front_matter(text, "a.md")


def test_yaml_aliases_cannot_grow_without_bound() -> None:
    """A few lines of nested aliases are refused, not expanded."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]" for a, b in zip("abcdef", "bcdefg")]  # noqa: B905
    with pytest.raises(SourceError, match="100,000 values"):
        split_front_matter("---\n" + "\n".join(lines) + "\n---\n")


def test_line_of_counts_from_the_top_of_the_file() -> None:
    """The line of a key counts from the start of the file, with the opening mark."""
    head = split_front_matter("---\ntitle: a\n\nDate: b\n---\n")
    assert (head.line_of("title"), head.line_of("date")) == (2, 4)
    head = split_front_matter("<!--\n.. title: a\n.. date: b\n-->\n")
    assert (head.line_of("title"), head.line_of("date")) == (2, 3)
