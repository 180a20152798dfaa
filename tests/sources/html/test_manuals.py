"""Pages of documentation: sections, ids that name their subjects, and where their lists go."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from recommender.sources import read_articles
from recommender.sources.html.elements import judge_element
from recommender.sources.html.root import find_root
from recommender.sources.html.text import read_blocks

SAIL = "Hoist the sail before the boat leaves the pier, and make its sheet fast at the stern."
REEF = "Tie a reef as soon as the wind turns the crests white, and never later than that."
MOOR = "Bring the bow into the tide, pick up the buoy, and take two turns around the post."


def text_of(body: str) -> list[str]:
    """Return the blocks of the article of a page."""
    tree = LexborHTMLParser(f"<body>{body}</body>")
    return [block.text for block in read_blocks(find_root(tree).nodes, judge_element).blocks]


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
