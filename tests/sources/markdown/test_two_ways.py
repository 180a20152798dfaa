"""A document read from the parser's HTML is the one that its events give."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from recommender.sources.markdown.document import _Blocks, read_document

MARKDOWN = st.lists(
    st.sampled_from(
        ["Rye ", "oats", "é", "\n", "\n\n", "- ", "  ", "    ", "1. ", "> ", "# ", "## ", "*", "**",
         "_", "~~", "`", "[a](/b/)", "[", "](", ")", "](/c?d=1&e=2 \"f\")", "[](g)", "[h](#i)",
         "![j](k)", "***\n", "---\n", "===\n", "&amp;", "&lt;", "&#xE000;", "&", "\"", "'", "\\",
         "\\[", "  \n", "\t", "\xa0", "%20", "[l]: /m\n", "[l]", ":", "https://n.example/o", "( )",
         "\ue000", "|", "| a | b |\n|---|---|\n| c | d |\n", "<b>", "<", "</a>", "\u2028"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(MARKDOWN)
@settings(max_examples=400, deadline=None)
@example("- [](a)\n  ***\n  b")
@example("1. a\n   > # b\n   c\n\n2. d\\\n   e")
@example('[a](/b "c > d") [é](é) [f](%zz)')
def test_html_and_events_give_the_same_document(source: str) -> None:
    """Both ways give the same blocks and links, if the short one takes the text at all."""
    short, long = _Blocks(code=False, shielded=True), _Blocks(code=False, shielded=True)
    if short.read_markup(source):
        long.read(source)
    assert (short.blocks, list(short.links)) == (long.blocks, list(long.links))


def test_plain_prose_takes_the_short_way() -> None:
    """Headings, lists, quotes and links need no events."""
    source = "# Rye\n\nSow *early*, see [oats](/oats/?a=1&b=2).\n\n- deep\n\n> well"
    blocks = _Blocks(code=False, shielded=False)
    assert blocks.read_markup(source)
    assert [(block.tag, block.text, block.listed) for block in blocks.blocks] == [
        ("h1", "Rye", False),
        ("p", "Sow early, see oats.", False),
        ("p", "deep", True),
        ("p", "well", False),
    ]
    assert list(blocks.links) == [("/oats/?a=1&b=2", "oats")]


def test_an_empty_link_alone_is_no_link_of_the_article() -> None:
    """A link without words in a paragraph of its own is left out, beside words it counts."""
    blocks = _Blocks(code=False, shielded=False)
    assert blocks.read_markup("[](/rye/)\n\nSow [](/oats/) early.")
    assert list(blocks.links) == [("/oats/", "")]


def test_numbers_of_private_characters_are_read_as_the_characters() -> None:
    """A character that stands for a bracket in code gives that bracket, as a number too."""
    assert read_document("\ue000 &#xE000; &#57345; &#057346;").text == "< < > {"
