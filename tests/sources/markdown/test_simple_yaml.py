"""Simple front matter is read as PyYAML reads it, or left to PyYAML."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recommender.sources.markdown.front_matter import _TextLoader
from recommender.sources.markdown.simple_yaml import read_simple

LINES = st.lists(
    st.lists(
        st.sampled_from(
            ["title", "a_b-c", "null", "true", "x", ":", ": ", " ", "  ", "- ", "-", "  - ", "Rye",
             "oats", "é", "\xa0", "\u2028", "\t", "'", '"', "''", "\\", "#", " #", "# ", "[", "]",
             "[]", ", ", ",", "{", "}", "&a", "*a", "!", "|", ">", "%", "@", "`", "~", "?", "=",
             "<<", "0", "12", "-3", "007", "1.0", "1e3", "yes", "2024-01-02", "10:30", "/p/q", "(",
             ".", "...", "---", "\U0001f33e", "\x07", "\ufeff", "$", "_", "+", "FALSE"]
        ),
        max_size=6,
    ).map("".join),
    max_size=6,
).map("\n".join)  # fmt: skip
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["title: ", "tags:\n- ", "tags:\n  - ", "  - ", "- ", "b: [", "c:\n"]),
        st.text(alphabet="aZ09 é:#'\"\\-,[]{}&*!|>%@`~?=./(_$+\n\t", max_size=8),
    ),
    max_size=5,
).map(lambda pairs: "\n".join(lead + text for lead, text in pairs))  # fmt: skip


@given(LINES | FIELDS)
@settings(max_examples=600, deadline=None)
@example("title: Rye: oats")
@example("tags:\n - a\n  - b")
@example("a: 'b''c'\nd: [e, f g]")
@example("a:\n\n- b\n\nc: d")
@example("a: b\n# c\n  d")
@example("# a\n#b: c")
@example("a:\n  b: c\n  d:\n  - e")
@example("a:\n  b: c\n  b:\nd:\n  true: e")
@example('a: "b \n  c: # d  \n e"\nf: g')
@example("a: 'b\n\n c'")
@example("a: 'b\nc'")
@example('a: "b\n  c" # d')
@example('a:\n  b: "c\n  d"')
@example("a: b\n  c\n d\n\n  e")
@example("a: b\n  c: d")
@example('a: "\n b"')
@example('a: "b\nc: d"')
@example('a: "b\n---\nc"')
@example("a: b\n  # c\n  d")
def test_simple_yaml_is_read_as_by_pyyaml(source: str) -> None:
    """A text that is not declined gives the same fields, of the same types, in the same order."""
    found = read_simple(source)
    if found is not None:
        fields = yaml.load(source, Loader=_TextLoader)
        assert repr(found) == repr(fields or {})


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("title: Rye\ndate: 2024-01-02 10:00:00 -0400", {"title": "Rye",
                                                         "date": "2024-01-02 10:00:00 -0400"}),
        ("tags:\n- sea\n- 'it''s'\ndraft: true", {"tags": ["sea", "it's"], "draft": True}),
        ('weight: 10\nlist: [a, "b c"]\nempty:', {"weight": 10, "list": ["a", "b c"],
                                                  "empty": None}),
        ("params:\n  doi: '10'\n  toc: false\nby: ada", {"params": {"doi": "10", "toc": False},
                                                        "by": "ada"}),
        ('a: "sown\nearly,\n  rye"\nb: sown\n  late', {"a": "sown early, rye", "b": "sown late"}),
        ("# who\nby:\n# see /authors\n- ada\n#\n- bo", {"by": ["ada", "bo"]}),
    ],
)  # fmt: skip
def test_usual_front_matter_is_simple(source: str, fields: dict[str, object]) -> None:
    """The forms that sites use most are not declined."""
    assert read_simple(source) == fields
