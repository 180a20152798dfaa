"""The metadata of a page: its headline, the day it was published, its authors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from recommender.sources import read_articles
from recommender.sources.html import metadata
from recommender.sources.html.dates import iso_date
from recommender.sources.html.frames import text_around
from recommender.sources.html.metadata import read_article, read_metadata

TEXT = "<p>The ferry ran aground on the bar before dawn, with ninety passengers on board.</p>"
LONG = TEXT * 4


def read_one(folder: Path, page: str, name: str = "rye.html"):
    """Return the one article of a site of one page."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(page, encoding="utf-8")
    return read_articles(folder, format="html").iloc[0]


def ld(**fields: str) -> str:
    """Return a JSON-LD script of an article."""
    import json

    thing = json.dumps({"@type": "NewsArticle", **fields})
    return f'<script type="application/ld+json">{thing}</script>'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", f"<article><h1>Ferry aground</h1>{LONG}</article>"),
        ("<title>Ferry aground | Globe</title>",
         f"<header><h1>Globe</h1></header><article><h2>Ferry aground</h2>{LONG}</article>"),
        ("<title>Ferry aground – Globe</title><meta property=og:title content='Ferry aground'>",
         f"<article><h1>Globe</h1><h2>Ferry aground</h2>{LONG}</article>"),
        ("<title>Globe | Ferry aground</title><meta property=og:site_name content=Globe>",
         f"<h1><a href='/'>Globe</a></h1><main>{LONG}</main>"),
        (ld(headline="Ferry aground", name="x"),
         f"<h1 class=site-title>Globe</h1><article>{LONG}</article>"),
        ("<title>Ferry aground — News — Globe</title><meta property=og:site_name content=Globe>"
         "<meta property=og:title content='Ferry aground'>",
         f"<main><h1>News</h1>{LONG}</main>"),
        ("<title>Ferry aground - The Globe</title>"
         "<link rel=canonical href='https://theglobe.example/a/'>",
         f"<article>{LONG}</article>"),
        ("<title>Ferry aground | Globe</title>",
         "<div class=content-sidebar-wrap><main><h1 class=entry-title>Ferry aground</h1>"
         f"{LONG}</main></div>"),
        ("<title>Ferry aground | Globe</title>",
         f"<main><div class=card><h1>Ferry aground <a href='#f'>¶</a></h1>{LONG}</div></main>"),
    ],
)  # fmt: skip
def test_the_title_is_the_headline_and_never_the_site_s_name(
    tmp_path: Path, head: str, body: str
) -> None:
    """The heading of the article that the page states comes before any other heading."""
    row = read_one(tmp_path, f"<html><head>{head}</head><body>{body}</body></html>")
    assert row["title"] == "Ferry aground"
    assert row["text"].count("aground") == 4, "the headline is no part of the text"


def test_a_heading_that_most_pages_share_is_no_headline(tmp_path: Path) -> None:
    """Sixteen posts below a <h1> of the site's name keep the titles of their own."""
    for number in range(16):
        (tmp_path / f"{number}.html").write_text(
            f"<title>Ferry {number} aground - Globe Ledger</title><article><h1>Globe Ledger</h1>"
            f"<div>Ferry {number} aground</div>{LONG}</article>"
        )
    titles = read_articles(tmp_path, format="html")["title"]
    assert sorted(titles) == sorted(f"Ferry {number} aground" for number in range(16))


def test_a_heading_after_the_prose_begins_a_section(tmp_path: Path) -> None:
    """An issue whose sections are <h1>s has the title that the page states, not a section's."""
    for number in range(5):
        (tmp_path / f"{number}.html").write_text(
            f"<title>This Week in Rye {number} - Globe</title><article><a>This Week in Rye {number}"
            f"</a>{LONG}<h1>This week's jobs</h1>{LONG}<h1>Events {number}</h1>{LONG}</article>"
        )
    titles = read_articles(tmp_path, format="html")["title"]
    assert sorted(titles) == sorted(f"This Week in Rye {number}" for number in range(5))


def test_the_heading_above_the_article_is_its_title(tmp_path: Path) -> None:
    """Where the page states only the site's name, the <h1> above wins over those of sections."""
    for number in range(5):
        (tmp_path / f"{number}.html").write_text(
            "<title>- Globe</title><meta property=og:site_name content=Globe>"
            f"<div><h1>Rye {number}</h1></div><article><h1>Questions {number}</h1>{LONG}"
            f"<h1>Answers</h1>{LONG}</article>"
        )
    titles = read_articles(tmp_path, format="html")["title"]
    assert sorted(titles) == sorted(f"Rye {number}" for number in range(5))


def test_a_headline_that_differs_from_the_title_for_search_engines_stays(tmp_path: Path) -> None:
    """The heading that readers see wins over og:title, and every word of the text stays."""
    head = "<meta property=og:title content='Ferry Marigold aground: what we know'>"
    row = read_one(tmp_path, f"{head}<article><h1>The Marigold ran aground</h1>{LONG}</article>")
    assert row["title"] == "The Marigold ran aground"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (ld(datePublished="2022-05-03T21:30:00-04:00", dateModified="2022-06-01"), ""),
        ("<meta property=article:published_time content=2022-05-03T00:10:00+09:00>", ""),
        ("<meta property=article:modified_time content=2022-06-01>",
         "<p>Updated June 1, 2022</p><p>Published May 3, 2022</p>"),
        ("", "<span itemprop=dateModified content=2022-06-01></span>"
         "<span itemprop=datePublished content=2022-05-03T08:00></span>"),
        ("", "<time class=updated datetime=2022-06-01>x</time><time datetime=2022-05-03>y</time>"),
        ("", "<p>Last updated: <time datetime=2022-06-01>x</time></p><time>3 May 2022</time>"),
        ("", "<p>By Ada Byron | 3 mai 2022</p>"),
        ("", "<div>Veröffentlicht am 03.05.2022 um 10:00</div>"),
        ('<script type="application/ld+json">{"@type": "Article", "datePublished": "2022-05-03",}'
         "</script>", ""),
        ('<script type="application/ld+json"><!-- {"@type": "WebPage", "datePublished": '
         '"2022-05-03"} --></script>', ""),
        (ld(datePublished="Tue May 03 2022 03:05:46 GMT+0200"), ""),
        ("<meta name=DC.date.issued content=20220503>", ""),
    ],
)  # fmt: skip
def test_the_date_is_the_day_of_publication_as_stated(tmp_path: Path, head: str, body: str) -> None:
    """By the page's own clock; dates of changes, of comments and of other cards are not read."""
    other = (
        "<ol class=comment-list><li><time datetime=2023-01-01>1 Jan</time></ol>"
        "<div class=related><time datetime=2021-01-01>x</time></div>"
        "<article><time pubdate datetime=2020-01-01>x</time></article>"
    )
    page = f"<head>{head}</head><article><h1>Ferry aground</h1>{body}{LONG}{other}</article>"
    assert str(read_one(tmp_path, page)["date"])[:10] == "2022-05-03"


@pytest.mark.parametrize(
    ("name", "body", "day"),
    [
        ("2022/05/03/rye/index.html", "<p>By Ada</p>", "2022-05-03"),
        ("2022-05-03-rye.html", "", "2022-05-03"),
        ("2022/05/rye.html", "", "NaT"),
        ("rye.html", "<p>3/4/2022</p>", "2022-03-04"),
        ("rye.html", "<p>13/4/2022</p>", "2022-04-13"),
        ("rye.html", "", "NaT"),
        ("rye.html", "<p>Updated on May 3, 2022</p>", "NaT"),
    ],
)
def test_the_address_and_the_words_near_the_headline_date_a_page_that_states_nothing(
    tmp_path: Path, name: str, body: str, day: str
) -> None:
    """A month alone is not a day, and 3/4 is read in the language of the page."""
    page = f"<html lang=en><article><h1>Ferry aground</h1>{body}{LONG}</article></html>"
    assert str(read_one(tmp_path, page, name)["date"])[:10] == day


def test_a_date_in_utc_is_the_day_that_the_address_holds(tmp_path: Path) -> None:
    """An address holds the day by the clock of its site, if it is one day off."""
    for name, day in (("2022/05/03/a.html", "2022-05-03"), ("2022/04/03/b.html", "2022-05-04")):
        page = f"{ld(datePublished='2022-05-04T01:30:00Z')}<article><h1>A</h1>{LONG}</article>"
        folder = tmp_path / day
        assert str(read_one(folder, page, name)["date"])[:10] == day


@pytest.mark.parametrize(
    ("stated", "moment"),
    [
        ("2022-05-03T21:30-04:00", "2022-05-03T21:30:00-04:00"),
        ("2022-05-04T00:30+02:00", "2022-05-04T00:30:00+02:00"),
        ("2022-05-03T08:00+02:00", "2022-05-03T08:00:00+02:00"),
        ("Tue, 03 May 2022 08:00:00 +0200", "2022-05-03T08:00:00+02:00"),
    ],
)
def test_a_moment_stays_on_the_day_that_it_states(stated: str, moment: str) -> None:
    """Its offset is kept, so that the day is the one on the page."""
    assert iso_date(stated) == moment


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        (ld(author={"@type": "Person", "name": "Ada Byron"}), "", "Ada Byron"),
        (ld(author=[{"name": "Ada Byron"}, {"name": "Bo Li"}]), "", "Ada Byron, Bo Li"),
        ('<script type="application/ld+json">{"@graph": [{"@type": "Article", "author": '
         '{"@id": "#ada"}}, {"@type": "Person", "@id": "#ada", "name": "Ada Byron"}]}</script>',
         "", "Ada Byron"),
        ("<meta name=author content='By Ada Byron and Bo Li'>", "", "Ada Byron, Bo Li"),
        ("<meta property=article:author content='https://facebook.com/ada'>",
         "<a rel=author href='/ada/'>Ada Byron</a>", "Ada Byron"),
        ("", "<span itemprop=author><span itemprop=name>Ada Byron</span></span>", "Ada Byron"),
        ("", "<p class=byline>By <a href='/ada/'>Ada Byron</a> on May 3, 2022</p>", "Ada Byron"),
        ("", "<p>By Ada Byron, 3 May 2022</p>", "Ada Byron"),
        ("", "<p class=byline>By <a href='/di/'>Di Cook</a>, <a href='/av/'>Av Li</a></p>",
         "Di Cook, Av Li"),
        ("<meta name=author content='Di Ada Byron'>", "", "Ada Byron"),
        (ld(author=[{"name": f"Ada {name}"} for name in "BCDEFGHI"]), "",
         "Ada B, Ada C, Ada D, Ada E, Ada F, Ada G, Ada H, Ada I"),
        ("", "<p>3 May 2022 by Ada Byron</p>", "Ada Byron"),
        ("", "<p>The hull was built by Twitter. But Ada Byron knew.</p>", ""),
        ("", "<p>By Friday Night the ferry had gone.</p>", ""),
        ("<meta name=author content=admin>", "", ""),
        ("<meta property=og:site_name content=Globe>" + ld(author={"name": "Globe"}), "", ""),
        ("", "<div class=comment><a rel=author>Troll</a></div>", ""),
    ],
)  # fmt: skip
def test_authors_are_those_that_the_page_names(
    tmp_path: Path, head: str, body: str, author: str
) -> None:
    """No address, account or name of the site, and none of the readers who comment."""
    page = f"<head>{head}</head><article><h1>Ferry aground</h1>{body}{LONG}</article>"
    assert read_one(tmp_path, page)["author"] == author


@pytest.mark.parametrize("sign", ["'", "&#39;", "&amp;#39;", "&amp;apos;"])
def test_a_summary_that_is_escaped_twice_is_text(tmp_path: Path, sign: str) -> None:
    """Some themes escape what is escaped already; nobody sees it in the page."""
    head = f'<meta name=description content="The ferry{sign}s year">'
    page = f"{head}<article><h1>A</h1>{LONG}</article>"
    assert read_one(tmp_path, page)["description"] == "The ferry's year"


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("The ferry ranaground, and the millstood idle...", False),
        ("The ferry ran aground, and the mill…", True),
        ("The ferryboat ran aground", True),
    ],
)
def test_a_summary_with_glued_words_of_the_text_is_left_out(
    tmp_path: Path, summary: str, kept: bool
) -> None:
    """The text itself gives a better teaser; other summaries are the author's own."""
    text = "<p>The ferry ran<br>aground, and the mill</p><p>stood idle all of the day.</p>"
    page = f"<meta name=description content='{summary}'><article><h1>A</h1>{text}{LONG}</article>"
    assert read_one(tmp_path, page)["description"] == (summary if kept else "")


def test_a_summary_is_without_the_signs_of_headings(tmp_path: Path) -> None:
    """Generators that cut it from the page take the permalinks with it."""
    summary = "🔗 The bar # The ferry ran aground, as C# and #1 ¶"
    page = f"<meta name=description content='{summary}'><article><h1>A</h1>{LONG}</article>"
    assert read_one(tmp_path, page)["description"] == "The bar The ferry ran aground, as C# and #1"


def test_authors_reach_the_cards_from_every_source(tmp_path: Path) -> None:
    """Names in one column, separated by commas, from a page, front matter or a table."""
    page = f"{ld(author=[{'name': 'Ada Byron'}, {'name': 'Bo Li'}])}<article><h1>A</h1>{LONG}"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.html").write_text(page)
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.md").write_text(
        "---\ntitle: A\nauthors:\n  - name: Ada Byron\n  - Bo Li\n---\nThe ferry."
    )
    (tmp_path / "a.jsonl").write_text(
        '{"id": "a", "title": "A", "text": "x", "author": ["Ada Byron", "Bo Li"]}'
    )
    for source in ("site", "posts", "a.jsonl"):
        assert list(read_articles(tmp_path / source)["author"]) == ["Ada Byron, Bo Li"], source


def test_the_words_around_a_headline_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Date and author are both looked for there, and the walk to them is a long one."""
    calls = []

    def counted(body: Any, node: Any) -> tuple[str, str]:
        calls.append(node)
        return text_around(body, node)

    monkeypatch.setattr(metadata, "text_around", counted)
    page = LexborHTMLParser("<h1>Rye</h1><p>By Ada Byron, 27 March 2025</p>")
    found = read_metadata(page)
    read_article(found, page, [page.body], "/rye/")
    assert (found.date[:10], found.author) == ("2025-03-27", "Ada Byron")
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"ratingValue": "4,5", "ratingCount": 12}, (4.5, 12)),
        ({"ratingValue": 4, "reviewCount": "3"}, (4, 3)),
        ({"ratingValue": "5", "ratingCount": "0"}, (-1, -1)),
        ({"ratingValue": "good", "ratingCount": 2}, (-1, -1)),
        ([], (-1, -1)),
    ],
)
@pytest.mark.parametrize("kind", ["NewsArticle", "CreativeWorkSeries", "WebPage"])
def test_ratings_of_readers_are_read(
    tmp_path: Path, stated: Any, expected: tuple[float, int], kind: str
) -> None:
    """The average and the number of ratings in JSON-LD are the prior and the votes."""
    script = ld(**{"@type": kind, "aggregateRating": stated})
    row = read_one(tmp_path, f"{script}<article><h1>Ferry aground</h1>{LONG}</article>")
    assert tuple(row[["prior", "votes"]].fillna(-1)) == expected
