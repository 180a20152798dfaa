"""The authors of a page: names as bylines write them, and what is no name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources.html.authors import MOST, read_authors


def authors(body: str, *stated: list[str], names: tuple[str, ...] = ()) -> str:
    """Return the authors of a page whose article follows its headline."""
    tree = LexborHTMLParser(f"<main><h1>Rye</h1>{body}<p>Sow it early.</p></main>")
    return read_authors(tree, tree.css("main"), tree.css_first("h1"), stated, names)


def stated(name: str) -> str:
    """Return the authors of a page whose head states a name."""
    return authors("", [name])


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("Ada Byron", "Ada Byron"),
        ("By Ada Byron", "Ada Byron"), ("BY ADA BYRON", "ADA BYRON"), ("by: Ada Byron",
        "Ada Byron"),
        ("Written by Ada Byron", "Ada Byron"), ("Posted by Ada Byron", "Ada Byron"),
        ("Text: Ada Byron", "Text: Ada Byron"), ("Von Ada Byron", "Ada Byron"),
        ("Par Ada Byron", "Ada Byron"), ("Por Ada Byron", "Ada Byron"), ("Di Ada Byron",
        "Ada Byron"),
        ("Door Ada Byron", "Ada Byron"), ("Av Ada Byron", "Ada Byron"), ("Autor: Ada Byron",
        "Ada Byron"),
        ("Autorin Ada Byron", "Ada Byron"), ("Автор: Ада Байрон", "Ада Байрон"), ("作者：王小明",
        "王小明"),
        ("作者: 王小明、李四", "王小明, 李四"), ("文 王小明", "王小明"), ("Di Cook", "Di Cook"),
        ("Von Trapp", "Von Trapp"),
        ("Ada Byron and Bo Li", "Ada Byron, Bo Li"), ("Ada Byron & Bo Li", "Ada Byron, Bo Li"),
        ("Ada Byron und Bo Li", "Ada Byron, Bo Li"), ("Ada Byron et Bo Li", "Ada Byron, Bo Li"),
        ("Ada Byron y Bo Li", "Ada Byron, Bo Li"), ("Ada Byron, Bo Li; Cy Oh",
        "Ada Byron, Bo Li, Cy Oh"),
        ("Ada Byron, Ada Byron", "Ada Byron"), ("Ada Byron | The Globe", "Ada Byron"),
        ("Ada Byron · 5 min read", "Ada Byron"), ("By Ada Byron on 3 May", "Ada Byron"),
        ("Ada Byron, May 3, 2022", "Ada Byron"), ("Ada Byron - Globe", "Ada Byron"),
        ("Ada Byron posted this", "Ada Byron"), ("Ada Byron 12:30", "Ada Byron"),
        ("Anne-Marie O'Brien", "Anne-Marie O'Brien"), ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("Łukasz Ćwik", "Łukasz Ćwik"), ("Andy Sandy", "Andy Sandy"), ("Marietta", "Marietta"),
    ],
)  # fmt: skip
def test_names_are_taken_out_of_a_byline(byline: str, people: str) -> None:
    """Without the words before and what follows; several are parted, each once."""
    assert stated(byline) == people


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "https://example.org/ada", "www.example.org", "ada@example.org", "@ada",
        "{{ author }}",
        "<b>", "[author]", "ada_b", "admin", "Admin", "administrator", "root", "Staff", "Editor",
        "webmaster", "unknown", "None", "null", "undefined", "Anonymous", "Guest", "author", "By",
        "Read more", "View all posts", "Follow us", "user1", "A name that has far too many words",
        "x" * 61, "=cmd",
    ],
)  # fmt: skip
def test_accounts_addresses_and_roles_are_no_names(name: str) -> None:
    """Nor are templates that nobody filled in."""
    assert stated(name) == ""


@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1])
def test_a_whole_staff_is_no_author(count: int) -> None:
    """Up to twenty names are read."""
    names = [f"Ada {chr(65 + number)}byron" for number in range(count)]
    assert authors("", names) == (", ".join(names) if count <= MOST else "")


def test_name_of_the_site_is_no_author() -> None:
    """In any case of its letters; the next source is asked then."""
    assert authors("", ["The Globe"], ["Ada Byron"], names=("THE GLOBE",)) == "Ada Byron"
    assert authors("", ["The Globe, Ada Byron"], names=("the globe",)) == "Ada Byron"


@pytest.mark.parametrize(
    "mark",
    [
        "<span itemprop=author><span itemprop=name>{}</span></span>",
        "<span itemprop=author>{}</span>", "<div class='p-author h-card'>{}</div>",
        "<a rel=author href=/ada/>{}</a>",
        "<span class='author vcard'><a class='url fn'>{}</a></span>",
        "<p class=byline>By <span class=author>{}</span></p>", "<span class=author-name>{}</span>",
        "<span class=post-author><a href=/ada/>{}</a></span>", "<div class=author>{}</div>",
        "<p class=entry-author>{}</p>", "<p class=byline>By {}</p>", "<p>By {}, 3 May 2022</p>",
        "<p>3 May 2022 by {}</p>", "<p>written by {} on 2022-05-03</p>", "<p>Posted by {}</p>",
        "<p>Posted on 2022-05-03 by {}</p>", "<p class=byline>Posted on 3 May 2022 by {}</p>",
        "<p class=byline>2022-05-03, by {}</p>", "<p>Par {} | Globe</p>",
        "<meta itemprop=author content='{}'>",
        "<span class=elementor-post-info__item--type-author>{}</span>",
    ],
)  # fmt: skip
def test_author_is_found_where_themes_mark_one(mark: str) -> None:
    """Schema.org, microformats, WordPress, and the words near the headline."""
    assert authors(mark.format("Ada Byron")) == "Ada Byron"


@pytest.mark.parametrize(
    "frame",
    [
        "<aside>{}</aside>",
        "<ol class=comment-list><li>{}</ol>",
        "<nav>{}</nav>",
        "<div class=related>{}</div>",
    ],
)
def test_authors_of_comments_and_related_articles_are_not_read(frame: str) -> None:
    """However they are marked."""
    for mark in (
        "<a rel=author>{}</a>",
        "<span class=author>{}</span>",
        "<p>By {}, 3 May 2022</p>",
    ):
        assert authors(frame.format(mark.format("Bo Li"))) == ""


@pytest.mark.parametrize(
    "line", ["Published by Penguin Books", "It was written by Ada Byron", "Posted by the Wend"]
)
def test_a_line_below_the_headline_need_not_name_the_author(line: str) -> None:
    """A publisher is none, nor is anybody in a sentence."""
    assert authors(f"<p>{line}</p>") == ""


def test_surest_mark_wins() -> None:
    """The head, then a marked name, then a class, then words."""
    words, marked = "<p>By Cy Oh, 3 May 2022</p>", "<a rel=author>Bo Li</a>"
    assert authors(words) == "Cy Oh"
    assert authors(words + marked) == "Bo Li"
    assert authors(words + marked, [], ["admin"], ["Ada Byron"]) == "Ada Byron"


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    """Into names without signs at their ends, each of at most five words."""
    for name in filter(None, stated(text).split(", ")):
        assert name == name.strip(" .,:;|·•–—-")
        assert len(name.split()) <= 5
        assert "@" not in name
