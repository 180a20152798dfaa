"""The text of an element, taken from the outline of the page, is that of a walk of its own."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources.html.elements import judge_element
from recommender.sources.html.text import read_blocks, read_outline

HTML = st.lists(
    st.sampled_from(
        ["<div>", "</div>", "<p>", "</p>", "<ul><li>", "</ul>", "<h2>", "</h2>", "<article>",
         "</article>", "<a href='/rye/'>", "<a href='#x'>", "</a>", "<b>", "</b>", "<br>", "Rye ",
         "oats, sown early.", "<img src=a.png>", "<img src='data:x'>", "<nav>Menu</nav>", "<table>",
         "<tr><td>", "</table>", "<section class=related>", "</section>", "<span>", "</span>",
         "<pre>sow(rye)</pre>", "<blockquote>", "</blockquote>", " ", "https://n.example/ "]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(HTML)
@settings(max_examples=300, deadline=None)
@example("<img src=a.png><div>Rye<p>oats</p></div>")
@example("<ul><li><div>Rye</div></li></ul><h2><div>oats</div></h2>")
@example("<a href='/rye/'><div>Rye</div></a>")
def test_text_of_an_element_is_that_of_its_own_walk(html: str) -> None:
    """Blocks, containers and the picture are the same, or the outline does not know them."""
    body = LexborHTMLParser(html).body
    for scope in range(len(read_outline(body, judge_element).nodes)):
        outline = read_outline(body, judge_element)
        found = outline.text_of(scope)
        if found is not None:
            own = read_blocks([outline.nodes[scope]], judge_element)
            own.cuts = []
            assert found == own


def test_text_of_most_elements_is_known() -> None:
    """Only links, lists and pictures before an element keep the outline from knowing its text."""
    outline = read_outline(
        LexborHTMLParser("<div><p>Rye<p>Oats<img src=b.png></div>").body, judge_element
    )
    found = outline.text_of(1)
    assert found is not None
    assert [block.text for block in found.blocks] == ["Rye", "Oats"]
    assert (found.starts, found.ends, found.image) == ([0, 0, 1], [2, 1, 2], "b.png")
