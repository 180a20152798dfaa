"""Blocks of text: what parts them, what is left out, and what no page can break."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources.html.debris import reads_as_prose, strip_math, strip_shortcodes
from recommender.sources.html.elements import judge_element, names_of
from recommender.sources.html.fragments import first_image, read_fragment, read_inline
from recommender.sources.html.markup import (
    drop_spans,
    html_links,
    strip_comments,
    strip_html,
    strip_title,
)
from recommender.sources.html.text import PageText, clean, read_blocks, same_line

WORD = st.sampled_from(["Rye", "oats", "sow", "it", "early", "ünlü", "東京", "x-ray", "3.14"])
WORDS = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
INLINE = st.sampled_from(["b", "i", "em", "span", "a", "code", "small", "mark", "sub"])
BLOCK = st.sampled_from(["p", "div", "li", "blockquote", "section", "h2", "dd", "figure"])
BROKEN = st.lists(
    st.sampled_from(["<", ">", "<p", "</", "<!--", "-->", "&", "&amp;", "&#0;", "<b>", "</p>", "'",
                     '"', "<script>", "</script>", "<pre>", "$", "$$", "\\(", "[caption ", "]",
                     "\0",
                     "\u202e", "<a href=", "<img src=x>", "Rye ", "\n\n", "\ue100", "<table><tr>"]),
    max_size=12,
).map("".join)  # fmt: skip


def blocks(page: str, judge: Any = lambda *_: "") -> list[str]:
    """Return the texts of a page's blocks."""
    return [block.text for block in read(page, judge).blocks]


def read(page: str, judge: Any = lambda *_: "") -> PageText:
    """Return the blocks of a page's body."""
    return read_blocks([LexborHTMLParser(page).body], judge)


@given(st.lists(st.tuples(BLOCK, st.lists(st.tuples(INLINE, WORDS), min_size=1, max_size=3)),
                max_size=5))  # fmt: skip
def test_inline_elements_part_no_words_and_blocks_do(
    page: list[tuple[str, list[tuple[str, str]]]],
) -> None:
    """A word may be half bold; every paragraph is a block of its own."""
    source, expected = "", []
    for tag, inside in page:
        marked = "".join(f"<{mark}>{html.escape(text)}</{mark}>" for mark, text in inside)
        source += f"<{tag}>{marked}</{tag}>"
        expected.append("".join(text for _, text in inside))
    assert blocks(source) == expected


@given(BROKEN)
def test_any_page_is_read_into_lines(source: str) -> None:
    """Blocks are lines without blanks at their ends and without what nobody sees."""
    page = read(source)
    for text in (block.text for block in page.blocks):
        assert text == " ".join(text.split()) != ""
        assert not re.search(r"[\x00-\x08\u202a-\u202e\u200b]", text)
    for number, (start, end) in enumerate(zip(page.starts, page.ends, strict=True)):
        assert 0 <= start <= end <= len(page.blocks), number


@given(BROKEN)
def test_any_fragment_is_read_into_paragraphs(source: str) -> None:
    """As of pages; reading the text of a fragment again changes no word of it."""
    found = read_fragment(source)
    for paragraph in filter(None, found.text.split("\n\n")):
        assert paragraph == " ".join(paragraph.split())
    assert not re.search(r"[\x00\u202e\ue100\ue101]", found.text)
    assert set(found.headings) <= set(found.text.split("\n\n"))
    assert type(read_inline(source)) is str
    for text in (
        strip_html(source),
        strip_title(source),
        strip_comments(source),
        strip_math(source),
    ):
        assert type(text) is str


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("Rye<br>oats", ["Rye oats"]), ("<td>Rye</td>", ["Rye"]), ("a<img src=x>b", ["a b"]),
        ("<table><tr><td>Rye<td>1<tr><td>Oats<td>2</table>", ["Rye 1", "Oats 2"]),
        ("Rye<p>oats<p>barley", ["Rye", "oats", "barley"]),
        ("<ul><li>Rye<ul><li>winter</ul><li>Oats</ul>", ["Rye", "winter", "Oats"]),
        ("Sow<sup><a href='#fn1'>1</a></sup>, it", ["Sow, it"]), ("x<sup>2</sup>", ["x2"]),
        ("<h2>Rye<a href='#rye'>¶</a></h2>", ["Rye"]), ("Note <a href='#ref'>↩</a>", ["Note"]),
        ("<h2><a href='#rye'>Rye</a></h2>", ["Rye"]), ("See https://example.org/a.", ["See ."]),
        ("<p>\u200b\u00ad</p>", []), ("co\u00adop", ["coop"]), ("<!-- no -->Rye", ["Rye"]),
        ("<details><summary>Rye</summary>Sow</details>", ["Rye", "Sow"]),
        ("<p>[caption id=1]Rye[/caption] and [1]", ["Rye and [1]"]), ("", []),
    ],
)  # fmt: skip
def test_text_is_what_a_reader_sees(page: str, texts: list[str]) -> None:
    """Breaks and cells part words; signs of headings and notes are no text."""
    assert blocks(page) == texts


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_share_of_linked_text(linked: list[bool]) -> None:
    """From 0 to 1, by characters; links within the page do not count."""
    parts = [f"<a href=/x/>{'word'}</a>" if link else "<a href='#x'>word</a>" for link in linked]
    (block,) = read(f"<p>{''.join(parts)}</p>").blocks
    assert block.linked == pytest.approx(sum(linked) / len(linked))
    assert len(block.links) == len(linked)


def test_a_subtree_with_a_kind_is_left_out_and_counted() -> None:
    """With its words; what readers never see, such as scripts, is not counted."""
    page = read("<p>Rye</p><nav>Home <b>page</b></nav><script>x</script>", judge_element_of)
    assert [block.text for block in page.blocks] == ["Rye"]
    assert page.cuts == [("navigation", 2, "Home page")]


def judge_element_of(node: Any, tag: str, attributes: Any) -> str:
    """Judge as the reader of pages does."""
    return judge_element(node, tag, attributes)


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ("<nav>a</nav>", "navigation"), ("<footer>a</footer>", "footer"), ("<aside>a</aside>",
        "sidebar"),
        ("<aside class=note>a</aside>", ""), ("<figcaption>a</figcaption>", "caption"),
        ("<script>a</script>", "embedded"), ("<svg></svg>", "embedded"), ("<form>a</form>", "form"),
        (f"<form>{'a ' * 200}</form>", ""), ("<pre>let x = 1</pre>", "code"),
        ("<pre class=wp-block-verse>Rye</pre>", ""), ("<div hidden>a</div>", "hidden"),
        ("<div style='display: none'>a</div>", "hidden"), ("<div aria-hidden=true>a</div>",
        "hidden"),
        ("<div data-pagefind-ignore>a</div>", "marked"), ("<div data-pagefind-weight=0.0>a</div>",
        "marked"),
        ("<div data-pagefind-weight=2>a</div>", ""), ("<div data-recommender-ignore>a</div>",
        "marked"),
        ("<div role=navigation>a</div>", "navigation"), ("<div role=main>a</div>", ""),
        ("<div class=share-buttons>a</div>", "share"), ("<div class=shareholder>a</div>", ""),
        ("<div class=relatedPosts>a</div>", "related"), ("<p class=comments>a</p>", "comments"),
        (f"<div class=share>{'a ' * 50}</div>", ""), ("<h2 class=related>Rye</h2>", ""),
        ("<div class=sidebar><h1>Rye</h1></div>", ""), ("<div class=newsletter>a</div>",
        "newsletter"),
        (f"<div class=menu>{'a ' * 20}</div>", ""), ("<div id=toc><a href=x>a</a></div>",
        "navigation"),
        ("<div class=star>a</div>", "rating"), ("<div class=starlight>a</div>", ""),
        ("<div class='ad'>a</div>", "notice"), ("<div class=address>a</div>", ""),
        ("<div class=data-sponsor>a</div>", "notice"), ("<div id=sponsors>a</div>", "notice"),
        ("<div id=become-a-sponsor>a</div>", ""), ("<div id=thank-our-sponsors>a</div>", ""),
    ],
)  # fmt: skip
def test_element_is_judged_by_tag_role_attribute_and_class(element: str, kind: str) -> None:
    """Whole words of a class only; a subtree too large for its kind may hold the article."""
    node = LexborHTMLParser(f"<body>{element}").body.child
    assert judge_element(node, node.tag, node.attributes) == kind


def test_humps_of_a_class_are_words() -> None:
    """``relatedPosts`` is ``related-posts``; other attributes name nothing."""
    assert (
        names_of({"class": "relatedPosts Wide", "id": None, "href": "menu"}) == "related-posts wide"
    )
    assert names_of({}) == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("$x$ is", "is"), ("$$a\nb$$ is", "is"), (r"\(a_1\) is", "is"), (r"\[x = y\] is", "is"),
        ("costs $5 and $10", "costs $5 and $10"), ("$HOME and $PATH", "$HOME and $PATH"),
        (r"\begin{align}a\end{align} is", "is"), (r"\begin{align} open", r"\begin{align} open"),
        (r"a \(word) b", r"a \(word) b"), ("a $ b $ c", "a $ b $ c"),
        (r"\$5 or \$6", r"\$5 or \$6"),
        ("$E = mc^2$!", "!"), ("US$5–US$6", "US$5–US$6"),
    ],
)  # fmt: skip
def test_formulas_are_left_out_and_prices_stay(text: str, kept: str) -> None:
    """LaTeX in all its marks; a dollar is also money, and a name in a shell."""
    assert " ".join(strip_math(text).split()) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[caption id=a]Rye[/caption]", "Rye"), ("[gallery ids='1,2']", ""), ("[video src=x]", ""),
        ("[video]", "[video]"), ("[embed https://a]", ""), ("[1]", "[1]"), ("[note](/a)",
        "[note](/a)"),
        ("[gallery](/a)", "[gallery](/a)"), ("[vc_row el=1]Rye[/vc_row]", "Rye"), ("[captions]",
        "[captions]"),
    ],
)  # fmt: skip
def test_shortcodes_are_left_out_and_labels_stay(text: str, kept: str) -> None:
    """A single word in brackets is a label; a link is a link."""
    assert strip_shortcodes(text) == kept


PROSE = "The rye was sown early this year, before the first frost came to us."


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        (PROSE, True), (PROSE.replace(" ", "\n"), True), ("$ make all\n" + PROSE, False),
        ("too short to tell", False), ("let x = f(1) + g(2);\n" * 9, False),
        (f'from farm import Field\n\napp = Field()\n\nnote = """\n{PROSE * 9}\n"""', False),
        (f"@app.get()\nasync def sow():\n    # {PROSE}", False),
        (f"struct Field {{\n  {PROSE}\n}};", False), (f"x <- 2\ny := 3\n{PROSE}", False),
        (f"x = 2\n{PROSE}", True), ("a = 1\nb = 2\n" + f"{PROSE}\n" * 9, True),
        (f"From farm to farm; {PROSE};\n" * 3, True),
        (f"<b>{PROSE}</b> &amp; more", True), ("GET /a HTTP/1.1\nHost: x\n" * 5, False),
    ],
)  # fmt: skip
def test_prose_in_a_code_block_is_known_by_its_words(text: str, prose: bool) -> None:
    """Twelve plain words or more, no prompt of a shell, and few lines of a program."""
    assert reads_as_prose(text) == prose


@pytest.mark.parametrize("tag", ["address", "dir", "div", "hgroup", "menu", "search"])
def test_blocks_are_apart_in_pages_and_in_fragments(tag: str) -> None:
    """The same elements begin a paragraph in both."""
    source = f"Rye<{tag}>oats</{tag}>and wheat."
    assert blocks(source) == ["Rye", "oats", "and wheat."]
    assert read_fragment(source, code=True).text.split("\n\n") == ["Rye", "oats", "and wheat."]


@given(st.text("ab<>-! \n", max_size=30))
def test_spans_are_dropped_from_their_opener_to_their_closer(text: str) -> None:
    """An opener without an end stays; what is outside of spans stays in order."""
    found = drop_spans(text, re.compile("<"), lambda match: ">")
    assert found == re.sub(r"<[^>]*>", " ", text)


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ('<a href="/a">A</a>', [("/a", "A")]), ("<a href='/a'>A</a>", [("/a", "A")]),
        ("<a href=/a>A</a>", [("/a", "A")]), ("<A HREF=/a>A</A>", [("/a", "A")]),
        ('<a class=x href=" /a ">A</a>', [("/a", "A")]), ("<a name=x>A</a>", []),
        ('<a href="">A</a>', []),
        ("<https://example.org/>", [("https://example.org/", "")]), ("<abbr href=/a>A</abbr>", []),
        ('<a href="/a">A<a href="/b">B</a>', [("/a", "A"), ("/b", "B")]),
    ],
)  # fmt: skip
def test_links_of_markup(source: str, links: list[tuple[str, str]]) -> None:
    """Quoted or not, in any case; an anchor without a target is none."""
    assert html_links(source) == links


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ('<img src="/a.png">', "/a.png"), ("<img src=/a.png>", "/a.png"),
        ("<img alt=x src='/a.png'/>", "/a.png"),
        ('<img src="data:x" ><img src="/b.png">', "/b.png"), ('<img data-src="/a.png">', "/a.png"),
        ('<img data-lazy-src="/a.png" src="data:x">', "/a.png"),
        ('<img src="/a?b=1&amp;c=2">', "/a?b=1&c=2"), ("<p>none</p>", ""), ("<img>", ""),
        ("<image src=x>", ""),
    ],
)  # fmt: skip
def test_first_picture_of_a_fragment(source: str, address: str) -> None:
    """Loaded late or not; one that is in the page itself is passed over."""
    assert first_image(source) == address


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Rye", "RYE", True), ("Rye’s", "Rye's", True), ("Rye ¶", "Rye", True),
        ("“Rye”", '"rye"', True),
        ("Straße", "STRASSE", True), ("Rye", "Oats", False), ("", "#", True),
    ],
)  # fmt: skip
def test_same_line_in_other_letters(one: str, other: str, same: bool) -> None:
    """Case, curled quotes and the sign of a permalink make no other line."""
    assert same_line(one, other) == same_line(other, one) == same


@given(st.text(max_size=30))
def test_clean_text_is_one_line(text: str) -> None:
    """Cleaned again, it is the same."""
    found = clean(text)
    assert found == clean(found) == " ".join(found.split())


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<p>Sow it.</p> <a rel=tag href=/t/rye/>rye</a> ", ["Sow it."]),
        ("<p>Sow it.</p><p><a rel='category tag' href=/t/>rye</a>, <a rel=TAG href=/t/b/>oats</a>",
         ["Sow it."]),
        ("<ul><li><a rel=tag href=/t/rye/>rye</a><li>Sow it.</ul>", ["Sow it."]),
        ("<p>Sow <a rel=tag href=/t/rye/>#rye</a> early, in rows.", ["Sow #rye early, in rows."]),
        ("<p><a rel=tagged href=/t/>rye</a>", ["rye"]),
        ("<p><a rel=tag href=/t/>rye</a><p>oats", ["oats"]),
    ],
)  # fmt: skip
def test_a_block_of_links_to_tags_is_no_text(page: str, left: list[str]) -> None:
    """Links with ``rel="tag"`` name the page's tags, unless they are in a sentence."""
    found = read_blocks([LexborHTMLParser(page).body], judge_element)
    assert [block.text for block in found.blocks if not block.kind] == left
