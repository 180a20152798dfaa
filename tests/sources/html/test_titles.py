"""The title of a page: parts of stated titles, and the name of the site, which is none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources import read_articles
from recommender.sources.html.titles import (
    LONGEST,
    SEPARATOR,
    choose_title,
    find_headlines,
    heading_text,
    last_part,
    outer_parts,
    title_parts,
    usual,
)

WORDS = st.lists(st.sampled_from(["Rye", "oats", "sown", "in", "März", "東京", "C++"]),
                 min_size=1, max_size=4).map(" ".join)  # fmt: skip
SIGNS = st.sampled_from([" | ", " – ", " — ", " - ", " · ", " » ", " :: ", "|", " / "])


@given(st.lists(WORDS, min_size=1, max_size=4), SIGNS)
def test_title_is_cut_at_its_signs(parts: list[str], sign: str) -> None:
    """The last part is the last; every part is among those of headline, section and site."""
    title = sign.join(parts)
    assert SEPARATOR.split(title) == parts
    assert last_part(title) == (parts[-1] if len(parts) > 1 else "")
    leading, others = title_parts(title)
    assert set(others) <= set(parts)
    if len(parts) > 1:
        assert parts[0] in leading
        assert all(part in leading or part in others for part in parts)
    else:
        assert (leading, others) == ([], parts)


@pytest.mark.parametrize(
    "title",
    ["Rye-bread", "well-known", "24/7", "a: b", "Rye: sown", "1–2", "AT&T", "C#/C++", "Q&A"],
)
def test_signs_within_words_are_no_cuts(title: str) -> None:
    """Hyphens, slashes and colons belong to titles."""
    assert title_parts(title) == ([], [title])


@given(st.text(max_size=40))
def test_any_title_has_parts(title: str) -> None:
    """Each of them a text of the title without blanks at its ends."""
    leading, others = title_parts(title)
    for part in (*leading, *others, last_part(title)):
        assert part == part.strip()
        assert part in title
    chosen = choose_title([], [title], [])
    assert chosen in title or not title.strip()


@given(st.lists(WORDS, min_size=3, max_size=8, unique=True), SIGNS)
def test_ending_that_most_pages_share_is_the_site(titles: list[str], sign: str) -> None:
    """Whatever the sign before it; the rest is the title."""
    site = "The Globe"
    chosen = [choose_title([], [f"{title}{sign}{site}"], [], [], [site]) for title in titles]
    assert chosen == titles


@pytest.mark.parametrize("title", ["{}: The Globe", "The Globe: {}", "{} (The Globe (2024))"])
@pytest.mark.parametrize(("pages", "shown"), [(6, "Rye: sown"), (5, "")])
def test_beginning_or_end_is_the_site_if_most_pages_share_it(
    title: str, pages: int, shown: str
) -> None:
    """Other colons belong to titles, and so does this one if half of the pages have none."""
    titles = [title.format(f"Rye: {number}") for number in range(pages - 1)]
    stated = title.format("Rye: sown")
    parts = Counter(part for one in [*titles, stated] for part in outer_parts(one))
    parts.pop("Rye: ", None)
    assert choose_title([], [stated], [], [], usual(parts, 10)) == (shown or stated)


@pytest.mark.parametrize(
    ("headlines", "stated", "names", "title"),
    [
        (["Rye is sown"], ["Rye | Globe"], ["Globe"], "Rye is sown"),
        ([], ["Rye | Globe"], ["Globe"], "Rye"),
        ([], ["Globe | Rye"], ["Globe"], "Rye"),
        ([], ["Rye | News | Globe"], ["Globe", "News"], "Rye"),
        ([], ["Rye | Globe"], ["GLOBE!"], "Rye"),
        ([], ["Globe"], ["Globe"], "Globe"),
        ([], ["Globe", "Rye"], ["Globe"], "Rye"),
        ([], ["| Globe"], ["Globe"], "Globe"),
        ([], ["Rye | Oats"], [], "Rye | Oats"),
        ([], [], ["Globe"], ""),
        ([], [""], [], ""),
        (["Globe"], [], ["Globe"], "Globe"),
    ],
)
def test_title_of_one_page(
    headlines: list[str], stated: list[str], names: list[str], title: str
) -> None:
    """A heading first, then what is stated without the site; the site alone if nothing else is."""
    assert choose_title(headlines, stated, names) == title


@pytest.mark.parametrize(("pages", "count", "kept"), [(2, 2, True), (10, 5, True), (10, 6, False)])
def test_heading_of_most_pages_is_no_headline(pages: int, count: int, kept: bool) -> None:
    """From three pages on, of which more than half have it."""
    found = choose_title(["Welcome"], ["Rye"], [], usual({"Welcome": count}, pages))
    assert found == ("Welcome" if kept else "Rye")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Rye</h1>", "Rye"), ("<h1>Rye<br>oats</h1>", "Rye oats"), ("<h1> Rye\n oats </h1>",
        "Rye oats"),
        ("<h1>R<b>y</b>e</h1>", "Rye"), ("<h1>Rye <a href='#r'>#</a></h1>", "Rye"),
        ("<h1><a href='#r'>¶</a> Rye</h1>", "Rye"), ("<h1><a href='#r'>Rye</a></h1>", "Rye"),
        ("<h1>Rye<a class=headerlink href='#r'>Link</a></h1>", "Rye"), ("<h1>C#</h1>", "C#"),
        ("<h1>Learn C<a href='/c'>#</a></h1>", "Learn C#"), ("<h1></h1>", ""),
    ],
)  # fmt: skip
def test_text_of_a_heading(html: str, text: str) -> None:
    """On one line, without the sign of its permalink; a sign of its own stays."""
    assert heading_text(LexborHTMLParser(html).css_first("h1")) == text


def headline(body: str, *stated: str, names: tuple[str, ...] = ()) -> str:
    """Return the best headline of a page."""
    tree = LexborHTMLParser(body)
    roots = tree.css("article") or tree.css("main") or [tree.body]
    return next(iter(find_headlines(tree, roots, stated, names).texts), "")


PROSE = "<p>The ferry ran aground on the bar before dawn, with ninety passengers on board.</p>" * 3


@pytest.mark.parametrize(
    ("body", "stated", "title"),
    [
        (f"<article><h1>Rye</h1>{PROSE}</article>", "Rye | Globe", "Rye"),
        (f"<h1>Globe</h1><article><h2>Rye</h2>{PROSE}</article>", "Rye | Globe", "Rye"),
        (f"<h1><a href='/'>Globe</a></h1><article>{PROSE}</article>", "Rye is sown", ""),
        (f"<h1 class=site-title>Rye</h1><article>{PROSE}</article>", "Oats", ""),
        (f"<article>{PROSE}<h1>Events</h1>{PROSE}</article>", "Rye", ""),
        (f"<article><h1>Wholly other words</h1>{PROSE}</article>", "Rye | Globe", ""),
        (f"<article><h1>How the rye of the valley is sown</h1>{PROSE}</article>", "Oats", "How the "
         "rye of the valley is sown"),
        (f"<aside><h1>Rye</h1></aside><article>{PROSE}</article>", "Rye", ""),
        (f"<article><h1>{'x' * (LONGEST + 1)}</h1>{PROSE}</article>", "", ""),
        (f"<article><div class=x>Rye of the valley</div>{PROSE}</article>", "Rye of the valley",
         "Rye of the valley"),
        (f"<article><h2 class=entry-title>Rye</h2>{PROSE}</article>", "Rye | Globe", "Rye"),
        (f"<article><h1></h1><h1>Rye</h1>{PROSE}</article>", "Rye", "Rye"),
        (f"<article><h2>Rye</h2>{PROSE}</article>", "Rye: the Globe", "Rye"),
        (f"<article><h2>1.2 Rye</h2>{PROSE}</article>", "The Globe: 1.2 Rye", "1.2 Rye"),
        (f"<article><h3>1.2 Rye</h3>{PROSE}</article>", "The Globe 4: Section 1.2", "1.2 Rye"),
        (f"<article><h2>A.7 Rye</h2>{PROSE}</article>", "The Globe: Appendix A.7", "A.7 Rye"),
        (f"<article><h2>Chapter 3. Rye</h2>{PROSE}</article>", "Globe: Part 3", "Chapter 3. Rye"),
        (f"<article><h2>1.3 Rye</h2>{PROSE}</article>", "The Globe: Section 1.2", ""),
        (f"<article>{PROSE}<h2>Rye</h2>{PROSE}</article>", "Sown: Rye", ""),
        (f"<h1>Rye: sown</h1><article><h1>Rye</h1>{PROSE}</article>", "Rye: sown", "Rye: sown"),
        (f"<article><h1>Rye: sown</h1><h2>Rye</h2>{PROSE}</article>", "Rye: sown", "Rye: sown"),
        (f"<article>{'<a href=/a/>Oats are sown</a>' * 20}<h3>Rye</h3>{PROSE}</article>",
         "Sown: Rye", "Rye"),
        ("", "Rye", ""),
    ],
)  # fmt: skip
def test_headline_is_the_heading_that_opens_the_article(body: str, stated: str, title: str) -> None:
    """And says what the page states; the site's own heading and those of sections are none."""
    assert headline(body, stated) == title


@pytest.mark.parametrize(
    "body",
    [
        "<h1><a href='/'>Globe</a></h1><article><h2>{0}</h2>{1}</article>",
        "<h1>Globe</h1><article><header><h2>{0}</h2></header><div class=post-body>{1}<h3>Sown</h3>"
        "{1}</div></article>",
        "<h1>Globe</h1><main><div class=post><h2>{0}</h2><div class=entry>{1}</div></div></main>",
        "<h1>Globe</h1><article><h3>News</h3><h2>{0}</h2>{1}</article>",
        "<h1>Globe</h1><meta property=og:title content='{0}'><article>{1}<h2>Sown</h2></article>",
        "<h1>Globe</h1><meta property=og:title content='Globe'><article><h2>{0}</h2>{1}</article>",
    ],
)
def test_name_that_most_pages_state_is_no_title(tmp_path: Path, body: str) -> None:
    """Where it is all that the heads of a site say, a heading of the article is the title."""
    names = ["Rye", "Oats are sown", "Barley", "Wheat"]
    for number, name in enumerate(names):
        text = f"<title>Globe</title>{body.format(name, PROSE + f'<p>So says log {number}.</p>')}"
        (tmp_path / f"{number}.html").write_text(text)
    assert list(read_articles(tmp_path, format="html")["title"]) == names


def test_long_name_of_the_site_is_no_title(tmp_path: Path) -> None:
    """If it is longer than the title before it, it is none of a page all the same."""
    names = [
        "Rye",
        "Oats",
        *(f"A rather long title of {grain}" for grain in ("wheat", "emmer", "teff")),
    ]
    for number, name in enumerate(names):
        body = f"<h1>Globe of Grain 2.1</h1><h1>{name}</h1>{PROSE}"
        text = f"<title>{name} — Globe of Grain 2.1</title>{body}<p>So says log {number}."
        (tmp_path / f"{number}.html").write_text(text)
    assert list(read_articles(tmp_path, format="html")["title"]) == names


def test_heading_of_a_section_is_no_title(tmp_path: Path) -> None:
    """It comes after prose, so the name of the site is all that is known."""
    for number in range(4):
        body = f"{PROSE}<p>So says log {number}.<h2>Part {number}</h2>{PROSE}"
        text = f"<title>Globe</title><h1>Globe</h1><article>{body}</article>"
        (tmp_path / f"{number}.html").write_text(text)
    assert set(read_articles(tmp_path, format="html")["title"]) == {"Globe"}


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["Rye", "Oats", "Emmer"], ["Rye", "Oats", "Emmer"]),
        (["Overview of rye", "Oats", "Emmer"], ["Overview", "Overview", "Overview"]),
        (["Oats", "Oats", "Emmer"], ["Overview", "Overview", "Overview"]),
        (["Rye", "Oats"], ["Overview", "Overview"]),
    ],
    ids=["sections", "named by a title", "titles alike", "two pages"],
)
def test_a_heading_of_several_pages_with_other_titles_begins_a_section(
    tmp_path: Path, titles: list[str], expected: list[str]
) -> None:
    """The other headings of such a page are none of it either."""
    for number, title in enumerate(titles):
        text = f"<p>Field {number} is sown in rows, early in the year, and harrowed after rain.</p>"
        body = f"<h1>Overview</h1>{text * 3}<h1>Use of field {number}</h1>{text}"
        (tmp_path / f"{number}.html").write_text(f"<title>{title}</title><main>{body}</main>")
    for number in range(8):
        page = f"<title>Barley {number}</title><main><h1>Barley {number}</h1><p>It is sown.</main>"
        (tmp_path / f"other-{number}.html").write_text(page)
    found = read_articles(tmp_path, format="html").set_index("id")["title"]
    assert [found[f"{number}.html"] for number in range(len(titles))] == expected
