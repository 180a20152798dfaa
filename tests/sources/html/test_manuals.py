"""Pages of documentation: sections, ids that name their subjects, and where their lists go."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from recommender.pages.inject import inject_lists
from recommender.sources import SourceOptions, read_articles, read_source
from recommender.sources.html.elements import judge_element
from recommender.sources.html.end import find_end
from recommender.sources.html.ending import remembering
from recommender.sources.html.root import find_root
from recommender.sources.html.site_templates import wider_places
from recommender.sources.html.text import read_blocks

SAIL = "Hoist the sail before the boat leaves the pier, and make its sheet fast at the stern."
REEF = "Tie a reef as soon as the wind turns the crests white, and never later than that."
MOOR = "Bring the bow into the tide, pick up the buoy, and take two turns around the post."
LIST = {"title": "Rowing", "url": "/rowing.html"}


def text_of(body: str) -> list[str]:
    """Return the blocks of the article of a page."""
    tree = LexborHTMLParser(f"<body>{body}</body>")
    return [block.text for block in read_blocks(find_root(tree).nodes, judge_element).blocks]


def with_list(body: str) -> tuple[str, str]:
    """Return the text of a page before and after a list inserted at the end of its article."""
    page = f"<body>{body}</body>".encode()
    place = find_end(page)
    assert place is not None
    tree = LexborHTMLParser(page[:place] + b"<nav>LIST</nav>" + page[place:])
    before, _, after = tree.body.text(separator=" ").partition("LIST")
    return before, after


@pytest.mark.parametrize("tag", ["div class=sect1", "section", "div"])
def test_sections_side_by_side_are_one_article(tag: str) -> None:
    """A page with nearly all its prose in one section ends after the last one."""
    texts = {"Name": ["sail"], "Use": [SAIL, REEF, MOOR] * 4, "Bugs": [REEF], "See also": ["oar"]}
    parts = [
        f"<{tag}><h2>{head}</h2>{''.join(f'<p>{text}</p>' for text in lines)}</{tag[:7]}>"
        for head, lines in texts.items()
    ]
    page = f"<div>{''.join(parts)}</div><div class=foot>Printed in May</div>"
    assert [line for head in texts for line in (head, *texts[head])] == text_of(page)
    before, after = with_list(page)
    assert before.split()[-3:] == ["See", "also", "oar"]
    assert after.split() == ["Printed", "in", "May"]


def test_a_box_of_links_or_of_another_level_is_not_a_section() -> None:
    """Boxes of a page that have the article's class count by what is in them."""
    links = "".join(f"<p><a href='/{n}/'>All {n} ferries of the north</a></p>" for n in range(5))
    story = "<h2>Sails</h2>" + f"<p>{SAIL}</p><p>{REEF}</p>" * 4
    for other in (f"<h2>Most read</h2>{links}", f"<h3>Weather</h3><p>{MOOR}</p>", f"<p>{MOOR}</p>"):
        page = f"<div class=col><div class=box>{story}</div><div class=box>{other}</div></div>"
        assert text_of(f"<div>{links}</div>{page}") == ["Sails", *[SAIL, REEF] * 4]


def _manual(folder: Path) -> None:
    """Write ten pages of which two have nearly all their prose in one place."""
    for number in range(10):
        use = f"<p>{SAIL} {REEF}</p>" * 2
        part = f"<p>{MOOR} {MOOR}</p>" * 2
        if number in (2, 3):
            use, part = "", f"<dl><dt>-a</dt><dd>{use * 6}</dd></dl>"
        page = (
            f"<title>Sea {number}</title><div class=page>Seas</div>"
            f"<div class=page><h2>Use</h2>{use}<div>{part}</div>"
            f"<h2>Sea</h2><p>Sea {number} is deep.</p></div><hr>"
        )
        (folder / f"sea-{number}.html").write_text(page, encoding="utf-8")


def test_the_other_pages_tell_that_an_article_is_larger_than_its_longest_part(
    tmp_path: Path,
) -> None:
    """Its text is all of it, and its list comes after all of it, on two runs alike."""
    _manual(tmp_path)
    texts = read_articles(tmp_path, format="html").set_index("id")["text"]
    assert [text.endswith(f"Sea {n} is deep.") for n, text in enumerate(texts)] == [True] * 10
    with remembering():
        read_source(tmp_path, SourceOptions(format="html"))
        inject_lists(tmp_path, {name: [LIST] for name in texts.index}, locate=find_end)
    for name in texts.index:
        before = (tmp_path / name).read_text(encoding="utf-8").partition("<!-- recomm")[0]
        assert before.endswith("is deep.</p>")


def test_the_usual_place_is_better_than_a_wider_one(tmp_path: Path) -> None:
    """A stub whose notice is longer than its text is read where other texts are, not all of it."""
    note = "<div class=warning><p>Nobody has translated this page yet, please help.</p></div>"
    for number in range(40):
        text = f"<div class=text>{f'<p>{SAIL} {number}</p><p>{REEF}</p>' * 3}</div>"
        (tmp_path / f"{number}.html").write_text(f"<main><h1>Sail {number}</h1>{text}</main>")
    for number in range(6):
        text = "".join(f"<div class=c{n}><p>{SAIL} {number}</p></div>" for n in "abcdef")
        (tmp_path / f"w{number}.html").write_text(f"<main><h1>Wide {number}</h1>{text}</main>")
    for number in range(2):
        text = f"{note}<div class=text><p>Moved to {number}.</p></div>"
        (tmp_path / f"s{number}.html").write_text(f"<main><h1>Stub {number}</h1>{text}</main>")
    articles = read_articles(tmp_path, format="html").set_index("id")["text"]
    assert [articles[f"s{number}.html"] for number in range(2)] == ["Moved to 0.", "Moved to 1."]


@pytest.mark.parametrize(
    ("places", "wider"),
    [
        (["a"] * 5 + ["a b"] * 2, {5: "a", 6: "a"}),
        (["a"] * 5 + ["a b"] * 3, {}),
        (["a"] * 4 + ["a b"], {}),
        (["a"] * 5 + ["a b"] * 3 + ["a c"], {5: "a", 6: "a", 7: "a", 8: "a"}),
        (["a"] * 9 + ["a b c"] * 2 + ["a b"] * 4, {9: "a", 10: "a", 11: "a", 12: "a", 13: "a",
                                                   14: "a"}),
        (["ab"] * 5 + ["abc"], {}),
        ([""] * 6 + ["a"], {6: "body"}),
        ([""] * 5 + ["a"] * 2 + ["b"] * 4, {}),
        ([], {}),
    ],
)  # fmt: skip
def test_a_place_is_wider_if_twice_as_many_pages_have_it(
    places: list[str], wider: dict[int, str]
) -> None:
    """The rarest places come first, and their pages then count for the wider place."""
    assert wider_places(places) == wider


@pytest.mark.parametrize(
    "text",
    [
        f"<dl><dt>-a</dt><dd><p>{SAIL}</p><p>{REEF}</p></dd></dl>",
        f"<ul><li><p>{SAIL}</p></li><li><p>{REEF}</p></li></ul>",
        f"<table><tr><td>{SAIL}</td></tr><tr><td>{REEF}</td></tr></table>",
        f"<table><tbody><tr><td><p>{SAIL}</p></td><td><p>{REEF}</p></td></tr></tbody></table>",
        f"<div><ol><li><p>{SAIL}</p></li><li><p>{REEF}</p></li></ol></div>",
    ],
    ids=["terms", "items", "rows", "cells", "inner"],
)
@pytest.mark.parametrize("after", ["", "<hr><div>Printed in May</div>", "</p><div>In May</div>"])
def test_a_list_is_not_put_between_the_parts_of_a_table_or_list(text: str, after: str) -> None:
    """Browsers would move it before the table, or show it as an item."""
    before, rest = with_list(f"<h1>Sails</h1>{text}{after}")
    assert before.rstrip().endswith(REEF)
    assert rest.split() == LexborHTMLParser(after).body.text(separator=" ").split()


def test_a_list_comes_after_a_long_paragraph_below_most_of_the_text() -> None:
    """A table and the words after it are one article; a short line below is not its end."""
    table = f"<div class=table>{f'<p>{SAIL} {REEF}</p>' * 8}</div>"
    before, _ = with_list(f"<div><h1>Sails</h1>{table}<p>{SAIL} {REEF} {MOOR}</p></div>")
    assert before.rstrip().endswith(MOOR)
    before, after = with_list(f"<div><h1>Sails</h1>{table}<p>Printed in May</p></div>")
    assert before.rstrip().endswith(REEF)
    assert after.split() == ["Printed", "in", "May"]


@pytest.mark.parametrize(
    "section",
    [
        "<section id=chapter><h2>1. Chapter</h2><section id={0}><h3>1.1. {1}</h3>{2}</section>"
        "</section>",
        "<div class=section id=s-chapter><h2>Chapter</h2><div class=section id=s-{0}><h3>{1}</h3>"
        "{2}</div></div>",
        "<div class=sect2 id=CHAPTER-{0}><div class=titlepage><h3>{1}</h3></div>{2}</div>",
        "<div class=section id=c-{0}><div class=titlepage><h3>{1}</h3></div>{2}</div>",
        "<div class=subsection id=Block-{0}><h4 class=subsection>{1}</h4>{2}</div>",
        "<div class=section id={0}><h3 class=section>{1}</h3>{2}</div>",
        "<h3>{1}</h3><a id=_{0}_here>{2}</a>",
        "<h3>{1}</h3><dl><dt id=sea.{0}>{1}</dt><dd>{2}</dd></dl>",
    ],
    ids=["docutils", "sphinx", "docbook", "docbook section", "texinfo", "texinfo 2", "anchor",
         "term"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["comments", "cookies", "sharing", "navigation", "metadata"])
def test_the_id_of_a_section_names_its_subject(section: str, name: str) -> None:
    """A section about comments is text, although comments below an article have the same id."""
    body = section.format(name, name.title(), f"<p>{MOOR}</p>")
    texts = text_of(f"<main><p>{SAIL}</p><p>{REEF}</p>{body}</main>")
    assert texts[:2] == [SAIL, REEF]
    assert texts[-1] == MOOR
    assert any(text.endswith(name.title()) for text in texts)


@pytest.mark.parametrize(
    "comments",
    [
        "<div id=comments><h3>Comments</h3>{}</div>",
        "<section id=comments><h3>3 comments</h3>{}</section>",
        "<div class=section id=comments>{}</div>",
        "<a id=comments href='/all/'>{}</a>",
    ],
)
def test_comments_below_an_article_are_known_by_their_id(comments: str) -> None:
    """No section around them has an id that repeats its heading."""
    body = comments.format("<p>I was on that boat, and it was cold.</p>")
    page = f"<section id=main><h2>Sails</h2><p>{SAIL}</p><p>{REEF}</p>{body}</section>"
    assert text_of(page) == ["Sails", SAIL, REEF]


def test_a_heading_in_a_link_is_text_whatever_its_class() -> None:
    """Some generators wrap the text of a heading in a link to the contents."""
    head = "<h2><a class=toc-backref href='#id1'>How do I sail?</a><a class=headerlink>#</a></h2>"
    assert text_of(f"<main>{head}<p>{SAIL}</p></main>") == ["How do I sail?", SAIL]


def test_sentences_named_tags_are_text() -> None:
    """Generators of references call the notes of a function its tags."""
    notes = f"<dl class=tags><dt>bug</dt><dd>{REEF}</dd></dl>"
    assert REEF in text_of(f"<main><p>{SAIL}</p>{notes}</main>")
    links = " ".join(f"<a href='/t/{n}/'>sea and tide {n}</a>" for n in range(4))
    posted = f"<div class=tags>This was posted in {links}. Keep the permalink.</div>"
    assert text_of(f"<main><p>{SAIL}</p>{posted}</main>") == [SAIL]


@pytest.mark.parametrize("heading", ["4. Comments", "3.1. Responses to a storm", "2) Replies"])
def test_the_number_of_a_section_counts_no_comments(tmp_path: Path, heading: str) -> None:
    """ "4. Comments" is a section; "4 comments" is the end of an article."""
    page = f"<main><h1>Sails</h1><p>{SAIL}</p><p>{REEF}</p><h2>{heading}</h2><p>{MOOR}</p></main>"
    (tmp_path / "sails.html").write_text(page, encoding="utf-8")
    assert read_articles(tmp_path, format="html")["text"][0].endswith(MOOR)


STORY = f"<h1>Finding words</h1><p>{SAIL}</p><p>{REEF}</p><p>{MOOR}</p>" * 4
ENTRY = f"<p><a href='/{{0}}/'>Boat {{0}}</a></p><p>{SAIL}</p>"


@pytest.mark.parametrize("name", ["search.html", "guide/archive.html", "tags.html"])
@pytest.mark.parametrize(
    ("body", "read"),
    [
        (STORY, True),
        ("<h1>Search</h1><p>Please enable scripts, or else nothing is found here.</p>", False),
        ("".join(ENTRY.format(number) for number in range(20)), False),
    ],
    ids=["article", "form", "entries"],
)
def test_a_page_named_like_a_list_may_be_an_article(
    tmp_path: Path, name: str, body: str, read: bool
) -> None:
    """A page about searching has prose and few lines of links."""
    for file, text in ((name, body), ("other.html", f"<p>{SAIL}</p><p>{REEF}</p>")):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(f"<main>{text}</main>", encoding="utf-8")
    found = read_source(tmp_path, SourceOptions(format="html"))
    assert (name in set(found.articles["id"])) == read
    assert [skipped.reason for skipped in found.skipped] == ["list page"] * (not read)


def test_a_headline_that_links_to_its_own_file_is_no_teaser(tmp_path: Path) -> None:
    """The link may be relative to a directory."""
    for name in ("sails", "oars"):
        page = f"<div><h2><a href='{name}.html'>On {name}</a></h2><p>{SAIL}</p><p>{REEF}</p></div>"
        (tmp_path / "guide").mkdir(exist_ok=True)
        (tmp_path / "guide" / f"{name}.html").write_text(page, encoding="utf-8")
    assert len(read_articles(tmp_path, format="html")) == 2


@pytest.mark.parametrize("name", ["footer", "site-footer", "navfooter"])
def test_a_footer_with_the_only_sentences_is_no_article(tmp_path: Path, name: str) -> None:
    """A page of links to chapters is a list, whatever the notice below it says."""
    links = "".join(f"<li><a href='/{n}.html'>Chapter {n}</a></li>" for n in range(12))
    foot = f"<div class={name}><p>{MOOR}</p></div>"
    (tmp_path / "all.html").write_text(f"<div role=main><h1>All</h1><ul>{links}</ul></div>{foot}")
    (tmp_path / "one.html").write_text(f"<div role=main><p>{SAIL}</p><p>{REEF}</p></div>{foot}")
    found = read_source(tmp_path, SourceOptions(format="html"))
    assert list(found.articles["id"]) == ["one.html"]
    assert [skipped.reason for skipped in found.skipped] == ["list page"]
    assert MOOR in text_of(f"<div class={name}>{f'<p>{MOOR}</p>' * 9}</div>")


def test_icons_and_repeated_titles_are_not_shown_on_cards(tmp_path: Path) -> None:
    """A picture or a description that says nothing about its page is left out."""
    for name, picture in (
        ("sails", "boat"),
        ("oars", "icon"),
        ("tides", "icon"),
        ("ports", "icon"),
    ):
        page = (
            f"<title>On {name} - Sea</title><meta name=description content='On {name} - Sea'>"
            f"<meta name=keywords content='On {name} - Sea'>"
            f"<main><h1>On {name}</h1><p><img src=../{picture}.png>{SAIL}</p><p>{REEF}</p></main>"
        )
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(page, encoding="utf-8")
    articles = read_articles(tmp_path, format="html").set_index("title")
    assert dict(articles["image"]) == {
        "On sails": "/boat.png", "On oars": "", "On tides": "", "On ports": ""
    }  # fmt: skip
    assert set(articles["description"]) == {""}
    assert not any(articles["tags"])


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("In: <a href=/de/ hreflang=de rel=alternate>de</a> | <a href=/en/>en</a>", False),
        ("<a href=/de/ hreflang=de rel=alternate>Deutsch</a>", False),
        ("In: <a href=/de/ hreflang=de>de</a> | <a href=/en/>en</a>", True),
        (f"{SAIL} <a href=/de/ hreflang=de rel=alternate>Read it in German</a>", True),
    ],
)
def test_a_line_of_links_to_translations_is_not_text(line: str, kept: bool) -> None:
    """The links say so themselves; a sentence that contains one is text."""
    tree = LexborHTMLParser(f"<main><p>{line}</p><p>{SAIL}</p><p>{REEF}</p></main>")
    blocks = read_blocks(find_root(tree).nodes, judge_element).blocks
    assert [block.kind for block in blocks] == ["" if kept else "navigation", "", ""]
