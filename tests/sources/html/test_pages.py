"""The HTML source: which built pages are articles, and which words on them are the article's."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from news import news_page
from webencodings.labels import LABELS

from recommender.errors import ConfigError, SourceError
from recommender.outputs.cards import cards
from recommender.sources import SourceOptions, boilerplate_report, read_articles, read_source
from recommender.sources.html import reader
from recommender.sources.html.pages import Page, decode_page

BODY = [
    "The ferry Marigold ran aground on the bar at Calder Bay before dawn, with ninety on board.",
    "Pilots had warned of the shoal since autumn, when the dredger was sold to pay for the pier.",
    "Nobody was hurt, and the harbor master expects her to float on the next spring tide.",
]
OTHER_WORDS = [
    "cadet",
    "gymnast",
    "parallel",
    "reuters",
    "tags",
    "useful",
    "click",
    "star",
    "average",
    "rating",
    "vote",
    "count",
    "votes",
    "first",
    "zebra",
    "quagga",
    "keepers",
    "hedge",
    "escapes",
    "subscribe",
    "inbox",
    "whatsapp",
    "reply",
    "cookies",
    "jane",
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Fourteen news pages, each of its own words."""
    for number in range(14):
        body = [f"{text} So says log {number} of the ferry Marigold." for text in BODY]
        page = tmp_path / f"story-{number}" / "index.html"
        page.parent.mkdir()
        page.write_text(news_page(f"Ferry aground {number}", body), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("classes", [True, False])
def test_not_one_word_of_the_frame_reaches_the_article(tmp_path: Path, classes: bool) -> None:
    """Credit, date, tags, rating, newsletter, share bar, old list and comments are not text."""
    (tmp_path / "a.html").write_text(news_page("Ferry aground", BODY, classes=classes))
    row = read_articles(tmp_path, format="html").iloc[0]
    assert row["text"] == "\n\n".join(BODY)
    shown = f"{row['title']} {row['text']} {row['headings']}".lower()
    assert [word for word in OTHER_WORDS if word in shown.split()] == []


def test_vector_holds_no_term_of_the_frame(site: Path) -> None:
    """The terms of such pages are those of their titles, paragraphs and paths, and no other."""
    from recommender import ArticleRecommender

    model = ArticleRecommender(min_df=1, max_df=1.0)
    framed = model.fit(read_articles(site, format="html")).vectorizer_.terms_
    bare = [
        {"id": f"story-{n}/index.html", "url": f"/story-{n}/", "title": f"Ferry aground {n}",
         "text": "\n\n".join(f"{text} So says log {n} of the ferry Marigold." for text in BODY)}
        for n in range(14)
    ]  # fmt: skip
    assert model.fit(pd.DataFrame(bare)).vectorizer_.terms_ == framed


def test_title_date_language_and_address_are_the_page_s(tmp_path: Path) -> None:
    """The date comes from the line "March 27, 2025 Tags:", the title from the headline."""
    (tmp_path / "a.html").write_text(news_page("Ferry aground", BODY))
    row = read_articles(tmp_path, format="html").iloc[0]
    assert row["title"] == "Ferry aground"
    assert row["date"].isoformat() == "2025-03-27T00:00:00+00:00"
    assert (row["lang"], row["url"], row["image"]) == ("en-CA", "/a.html", "/lead.jpg")


@pytest.mark.parametrize("summary", ["", "<meta name=description content='Log %d%s'>"])
def test_lists_have_twelve_cards_with_teasers_of_twenty_words(site: Path, summary: str) -> None:
    """The project's own list for such a page is twelve titles with twenty words each."""
    from recommender import ArticleRecommender

    for number, file in enumerate(sorted(site.rglob("*.html"))):
        text = [f"Log {number}: the ferry, the harbor, the pilots and mooring {number} stood in "
                "fog and rain until the tide came in again over the bar that night."]  # fmt: skip
        head = summary and summary % (number, " of the ferry" * 20)
        file.write_text(head + news_page(f"Ferry aground {number}", text))
    articles = read_articles(site, format="html")
    model = ArticleRecommender(min_score=0.0, max_df=1.0).fit(articles)
    lists = dict(cards(model.recommend(k=12), model.articles_))
    first = lists["story-0/index.html"]
    assert len(first) == 12
    assert all(card["title"].startswith("Ferry aground") for card in first)
    assert {len(card["teaser"].split()) for card in first} == {20}


def test_blocks_that_recur_are_left_out_and_counted(site: Path) -> None:
    """A note on every page belongs to no article, and the report contains it."""
    for file in site.rglob("*.html"):
        note = "<p>Our readers pay for the dredging of this bar since nineteen hundred.</p></div>\n"
        page = file.read_text().replace("</p></div>\n<div class", f"</p>{note}<div class")
        page = page.replace("<main>", "<div>High water at noon</div><main>")
        file.write_text(page)
    articles = read_articles(site, format="html")
    assert not articles["text"].str.contains("Our readers").any()
    report = boilerplate_report(site).set_index("kind")
    assert report.loc["recurring", "pages"] == 14
    assert {"rating", "related", "comments", "outside"} <= set(report.index)
    assert report["share"].sum() == pytest.approx(1.0)


def test_repeated_headings_of_a_small_site_stay(tmp_path: Path) -> None:
    """Four recipes may all have a heading "Method"."""
    for number in range(4):
        page = (
            f"<article><h1>Bread {number}</h1><h2>Method</h2><p>Knead {number} times.</p></article>"
        )
        (tmp_path / f"{number}.html").write_text(page)
    assert set(read_articles(tmp_path, format="html")["headings"]) == {"Method"}


def test_a_page_is_let_go_when_it_has_become_a_row(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a site needs no memory for its pages and for its rows at once."""
    left: list[int] = []
    row = reader._row

    def count(*given: Any) -> dict[str, Any]:
        left.append(sum(isinstance(one, Page) for one in gc.get_objects()))
        return row(*given)

    monkeypatch.setattr(reader, "_row", count)
    read_articles(site)
    assert len(left) > 2
    assert left == [*range(left[0], left[0] - len(left), -1)]


@pytest.mark.parametrize("target", ["#part-{n}", "/posts/0/#part-{n}"])
@pytest.mark.parametrize("frame", ["<main>{}</main>", "<article>{}</article>"])
def test_headings_that_link_to_themselves_are_text(tmp_path: Path, target: str, frame: str) -> None:
    """Anchor links of headings are not a list of other pages, even if many follow each other."""
    for number in range(3):
        parts = "".join(
            f'<h3 id="part-{n}"><a class="toclink" href="{target.format(n=n)}">Part {n}</a></h3>'
            f"<p>Short note {n} of log {number}.</p>"
            for n in range(5)
        )
        page = f"<title>Log {number}</title>" + frame.format(f"<h1>Log {number}</h1>{parts}")
        (tmp_path / f"{number}.html").write_text(page)
    text = read_articles(tmp_path, format="html")["text"][0]
    assert text.split("\n\n")[:3] == ["Part 0", "Short note 0 of log 0.", "Part 1"]
    assert len(text.split("\n\n")) == 10


@pytest.mark.parametrize("mark", ["¶", "Ferry aground"])
def test_a_short_page_whose_headline_links_to_itself_is_an_article(
    tmp_path: Path, mark: str
) -> None:
    """A permalink in the headline leads to the same page, so the page is not a list."""
    link = f'<a class="permalink" href="#ferry-aground">{mark}</a>'
    page = f'<article><h1 id="ferry-aground">{link} aground</h1><p>{BODY[0]}</p></article>'
    for name in ("ferry", "dredger"):
        (tmp_path / f"{name}.html").write_text(page)
    assert len(read_articles(tmp_path, format="html")) == 2


def test_words_are_neither_glued_nor_split(tmp_path: Path) -> None:
    """Inline elements add no space, block elements and breaks part words."""
    page = "<article><h1>T</h1><p>un<b>bro</b>ken<br>line<p>next&shy;word<ul><li>one<li>two</ul><table>"  # noqa: E501
    (tmp_path / "a.html").write_text(f"{page}<tr><td>x<td>y</table></article>")
    text = read_articles(tmp_path, format="html")["text"][0]
    assert text.split() == ["unbroken", "line", "nextword", "one", "two", "x", "y"]
    assert text.startswith("unbroken line\n\nnextword\n\none")


def test_pages_that_are_no_articles_are_named_with_the_reason(tmp_path: Path) -> None:
    """Home, list, tag, paginated, redirect and error pages are left out and counted."""
    story = "<article><h1>Story</h1><p>The ferry ran aground.</p></article>"
    teaser = "<article><h2><a href='/x/'>X</a></h2><p>Short.</p></article>"
    pages = {
        "story/index.html": story, "index.html": story, "404.html": story, "tags/sea/index.html": story,  # noqa: E501
        "page/2/index.html": story, "news/index.html": teaser * 5,
        "old/index.html": '<meta http-equiv="refresh" content="0; url=/story/">',
        "about/index.html": "<p>About us.</p>",
        "map/index.html": "<p>Rye and oats, barley and wheat are sown here.<article>Map</article>",
    }  # fmt: skip
    for name, page in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(page)
    result = read_source(tmp_path, SourceOptions(format="html"))
    reasons = {Path(s.where).relative_to(tmp_path).as_posix(): s.reason for s in result.skipped}
    assert list(result.articles["id"]) == ["story/index.html"]
    assert reasons == {
        "index.html": "home page", "404.html": "error page", "tags/sea/index.html": "list page",
        "page/2/index.html": "paginated list", "news/index.html": "list page",
        "old/index.html": "redirect", "about/index.html": "under 25 words of prose",
        "map/index.html": "under 25 words of prose",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("robots", "own", "read"),
    [
        ("noindex", "", False),
        ("index", "", True),
        ("noindex", "<p>An own text of this page.", True),
    ],
)
def test_a_copy_of_other_pages_that_asks_not_to_be_listed_is_no_article(
    tmp_path: Path, robots: str, own: str, read: bool
) -> None:
    """Such as a book on one page, for printing."""
    texts = [f"<h2>{n}</h2><p>The {n} ran aground on the bar." for n in ("ferry", "barge", "ship")]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.html").write_text(f"<main><h1>Part {number}</h1>{text}</main>")
    head = f"<meta name=robots content={robots}>"
    (tmp_path / "print.html").write_text(f"{head}<main><h1>Boats</h1>{''.join(texts)}{own}</main>")
    found = read_source(tmp_path, SourceOptions(format="html"))
    assert ("print.html" in list(found.articles["id"])) is read
    assert [s.reason for s in found.skipped] == ["copy of other pages"] * (not read)


def test_a_site_that_marks_bodies_for_pagefind_is_read_by_its_marks(tmp_path: Path) -> None:
    """If a page has data-pagefind-body, pages without are skipped; ignore and meta work."""
    (tmp_path / "a.html").write_text(
        "<h1 data-pagefind-meta='title'>Rye</h1><p data-pagefind-meta='date:2024-05-06'>x</p>"
        "<div data-pagefind-body><p>Sow it early.</p><p data-pagefind-ignore>Not this.</p></div>"
    )
    (tmp_path / "b.html").write_text("<article><h1>Oats</h1><p>Roll them.</p></article>")
    articles = read_articles(tmp_path, format="html")
    assert articles[["title", "text"]].values.tolist() == [["Rye", "Sow it early."]]
    assert articles["date"][0].date().isoformat() == "2024-05-06"


@pytest.mark.parametrize(
    ("weight", "kept"),
    [("0", False), ("0.0", False), (".0", False), ("0.5", True), ("10", True), ("none", True)],
)
def test_blocks_without_weight_for_pagefind_are_no_text(
    tmp_path: Path, weight: str, kept: bool
) -> None:
    """A data-pagefind-weight of 0 leaves a block out; with any other it is text like the rest."""
    page = f"<article><p>Rye.</p><div data-pagefind-weight='{weight}'><p>Oats.</p></div></article>"
    (tmp_path / "a.html").write_text(page)
    assert ("Oats." in read_articles(tmp_path, format="html")["text"][0]) == kept


def test_a_list_that_was_put_in_is_no_part_of_the_page(tmp_path: Path) -> None:
    """With the markers, in any template, words, date, title and links are the page's own."""
    page = "<article><h1>Rye</h1><p>Sow it early, in rows, and roll the ground.</p>{}</article>"
    lists = (
        "<!-- recommender:start --><section><h1>More</h1><time datetime='2020-01-02'>2 Jan</time>"
        "<a href='/oats/'>Oats are sown in spring.</a></section><!--recommender:end-->"
    )
    read = []
    for block in ("", lists):
        (tmp_path / "a.html").write_text(page.format(block))
        read.append(read_articles(tmp_path, format="html").iloc[0].to_json())
    assert read[0] == read[1]


def test_tag_links_of_the_article_come_before_meta_keywords(tmp_path: Path) -> None:
    """Links with rel=tag in the article are its tags, even if the head has other keywords."""
    links = '<p>Tags: <a rel="tag" href="/t/rye/">rye</a> <a rel="tag" href="/t/oats/">oats</a></p>'
    page = f"<article><h1>Rye</h1><p>{PROSE}</p>{links}</article>"
    head = '<meta name="keywords" content="sea">'
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text(f"{head}{page.replace('Rye', 'Oats')}")
    assert list(read_articles(tmp_path, format="html")["tags"]) == [["rye", "oats"]] * 2


def test_tags_joined_in_one_element_are_several(tmp_path: Path) -> None:
    """Docusaurus writes one `article:tag` with all of them; a tag among others may have a comma."""
    tag = '<meta property="article:tag" content="{}">'
    page = f"<article><h1>Rye</h1><p>{PROSE}</p></article>"
    (tmp_path / "a.html").write_text(tag.format("rye, sea,oats") + page)
    (tmp_path / "b.html").write_text(tag.format("Paris, Texas") + tag.format("sea") + page)
    tags = list(read_articles(tmp_path, format="html")["tags"])
    assert tags == [["rye", "sea", "oats"], ["Paris, Texas", "sea"]]


@pytest.mark.parametrize(
    ("row", "tags"),
    [
        ('<ul><li><a href="/tags/rye/">rye</a></li><li><a href="/tags/sea/">#sea</a></li></ul>', 2),
        ('<p>Topics: <a href="/x/topics/rye">rye</a>, <a href="/x/topics/sea/">sea</a></p>', 2),
        ('<ul><li>2 May 2024</li><li><a href="/label/rye/">rye</a></li></ul>', 1),
        ('<p>All that we wrote about <a href="/tags/rye/">rye</a> is kept in one place.</p>', 0),
        ('<p><a href="/posts/rye/">rye</a> <a href="/tags/">all tags</a></p>', 0),
    ],
)
@pytest.mark.parametrize("place", ["<main><article>{}</article></main>", "<main>{}</main>"])
def test_a_row_of_links_to_tags_holds_the_tags(
    tmp_path: Path, row: str, tags: int, place: str
) -> None:
    """Most themes do not mark such links as tags; those in a sentence or on a card are none."""
    card = '<article><h2>Oats</h2><p><a href="/tags/oats/">oats</a></p></article>'
    body = place.format(f"<h1>Rye</h1>{row}<p>{PROSE}</p>")
    (tmp_path / "a.html").write_text(body + card * ("<article>" in place))
    read = read_articles(tmp_path, format="html")
    assert list(read["tags"]) == [["rye", "sea"][:tags]]


@pytest.mark.parametrize(
    ("head", "kept"), [("<meta property=og:type content=article>", True), ("", False)]
)
def test_a_page_of_pictures_is_an_article_if_it_says_so(
    tmp_path: Path, head: str, kept: bool
) -> None:
    """A title without text is an article of the site; any other page may have a title too."""
    (tmp_path / "a.html").write_text(f"<article><h1>Text</h1><p>{BODY[0]}</p></article>")
    (tmp_path / "b.html").write_text(
        f"<title>Film</title>{head}<article><h1>Film</h1><img src=/a.jpg></article>"
    )
    titles = list(read_articles(tmp_path, format="html")["title"])
    assert titles == (["Text", "Film"] if kept else ["Text"])


def test_json_ld_gives_date_tags_and_picture(tmp_path: Path) -> None:
    """A NewsArticle in a graph is read, the picture's own host is left off."""
    (tmp_path / "a.html").write_text(
        '<link rel=canonical href="https://x.org/blog/a.html"><link rel=alternate hreflang=de '
        'href="https://x.org/blog/de/a.html"><script type="application/ld+json">{"@graph": [{"@type": '  # noqa: E501
        '"NewsArticle", "headline": "Rye", "datePublished": "2024-05-06T07:00:00+02:00", "image": '
        '{"url": "https://x.org/r.png"}, "keywords": "rye, bread"}]}</script><main><p>'
        + "Sow it early. "
        * 20
    )
    row = read_articles(tmp_path, format="html").iloc[0]
    assert (row["title"], row["tags"], row["image"]) == ("Rye", ["rye", "bread"], "/r.png")
    assert row["date"].isoformat() == "2024-05-06T07:00:00+00:00"
    assert (row["url"], row["translations"]) == ("/blog/a.html", ["/blog/de/a.html"])


def test_an_address_on_another_site_is_not_the_page_s(tmp_path: Path) -> None:
    """An article that was published elsewhere first, and says so, is linked to where it is here."""
    for name, host in (("a", "x.org/blog"), ("b", "x.org/blog"), ("c", "elsewhere.example/@me")):
        head = f"<link rel=canonical href='https://{host}/{name}.html'>"
        (tmp_path / f"{name}.html").write_text(f"{head}<article><p>Rye {name}.</article>")
    urls = read_articles(tmp_path, format="html")["url"]
    assert list(urls) == ["/blog/a.html", "/blog/b.html", "/c.html"]


def test_suffixes_in_capitals_are_pages_too(tmp_path: Path) -> None:
    """OLD.HTM is read; a directory named like a Markdown file makes no site of Markdown."""
    (tmp_path / "notes.md").mkdir()
    (tmp_path / "OLD.HTM").write_text("<article><p>Rye.</article>")
    (tmp_path / "NEW.Html").write_text("<article><p>Oats.</article>")
    assert list(read_articles(tmp_path)["id"]) == ["NEW.Html", "OLD.HTM"]


@pytest.mark.parametrize("element", ["noscript", "template", "article hidden"])
def test_what_readers_do_not_see_is_not_the_article(tmp_path: Path, element: str) -> None:
    """A longer article that is hidden does not replace the visible one."""
    unseen = f"<body><{element}><article>{'Oats. ' * 50}</article></{element.split()[0]}>"
    (tmp_path / "a.html").write_text(f"{unseen}<article><p>Rye.</article>")
    assert list(read_articles(tmp_path, format="html")["text"]) == ["Rye."]


def test_lists_in_a_page_decide_nothing_about_the_next_ones(tmp_path: Path) -> None:
    """A page with its list is read like the page that was built, for lists of any length."""
    page = "<article>Rye is sown early here.</article><article>Oats.</article>"
    (tmp_path / "a.html").write_text(page)
    built = read_articles(tmp_path, format="html")
    block = f"<!-- recommender:start --><nav>{'Barley ' * 99}</nav><!-- recommender:end -->"
    (tmp_path / "a.html").write_text(page.replace("Oats.", f"Oats.{block}"))
    pd.testing.assert_frame_equal(read_articles(tmp_path, format="html"), built)


def test_article_selector_decides_where_it_is_given(tmp_path: Path) -> None:
    """Only pages in which the selector finds something are articles, and only that is read."""
    (tmp_path / "a.html").write_text("<div class='story'>Rye here.</div><p>Not this.</p>")
    (tmp_path / "b.html").write_text("<article><p>Oats.</p></article>")
    articles = read_articles(tmp_path, format="html", article_selector=".story")
    assert articles[["id", "text"]].values.tolist() == [["a.html", "Rye here."]]


def test_an_article_selector_that_is_none_is_named(tmp_path: Path) -> None:
    """It is an error of the settings, not one of each page."""
    (tmp_path / "a.html").write_text("<article>Rye</article>")
    with pytest.raises(ConfigError, match=r"article_selector: '\[\[' is not a CSS selector"):
        read_articles(tmp_path, format="html", article_selector="[[")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<meta charset=iso-8859-1><article><p>caf\xe9", "café"),
        (b"<article><p>caf\xc3\xa9", "café"),
        ("\ufeff<article><p>café".encode("utf-16"), "café"),
        (b"<meta charset=us-ascii><article><p>caf\xe9", "café"),
        (b"<meta charset=utf-16><article><p>caf\xc3\xa9", "café"),
        ("<meta charset=gb2312><article><p>朱镕基".encode("gbk"), "朱镕基"),
        ("<meta charset=Shift_JIS><article><p>①番".encode("cp932"), "①番"),
        ("<meta charset=x-sjis><article><p>番".encode("cp932"), "番"),
        ("<meta charset=ks_c_5601-1987><article><p>똠".encode("cp949"), "똠"),
        ("<meta charset=windows-949><article><p>똠".encode("cp949"), "똠"),
        ("<meta charset=gbk><article><p>𠀀".encode("gb18030"), "𠀀"),
        ("<meta charset=ibm866><article><p>рожь".encode("cp866"), "рожь"),
        ("<meta charset=koi8><article><p>рожь".encode("koi8-r"), "рожь"),
        ("<meta charset=x-mac-cyrillic><article><p>рожь".encode("mac-cyrillic"), "рожь"),
        ("<meta charset=iso88595><article><p>рожь".encode("iso-8859-5"), "рожь"),
        ("<meta charset=x-user-defined><article><p>caf\xe9".encode("cp1252"), "café"),
        ("<meta charset=latin-1><article><p>caf\xe9".encode("cp1252"), "café"),
        ("<meta charset=klingon><article><p>caf\xe9".encode(), "café"),
    ],
)
def test_encodings_are_read_as_browsers_do(tmp_path: Path, data: bytes, text: str) -> None:
    """The byte order mark wins, then the first meta element that declares an encoding, whose name
    means what browsers take it for, then the XML declaration, then UTF-8."""
    (tmp_path / "a.html").write_bytes(data)
    assert read_articles(tmp_path, format="html")["text"][0] == text


@pytest.mark.parametrize(
    "head",
    [
        "<meta charset=klingon><meta charset=koi8-r>",
        "<head><style>" + "a{} " * 900 + "</style><meta charset=koi8-r></head>",
        "<!-- <meta charset=utf-8> --><meta charset=koi8-r>",
        "<script>'<meta charset=utf-8>'</script><meta charset=koi8-r>",
        "<meta name=description content='charset=utf-8'>"
        "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>",
        "<meta charset=koi8-r><meta http-equiv=content-type content='text/html; charset=utf-8'>",
        "<?xml version='1.0' encoding='koi8-r'?>",
        "<?xml version='1.0' encoding='utf-8'?><meta charset=koi8-r>",
    ],
)
def test_the_first_declaration_in_the_head_counts(head: str) -> None:
    """A meta element before the XML declaration; comments, scripts and descriptions are none."""
    page = f"{head}<p>рожь"
    assert decode_page(page.encode("koi8-r"), "a.html") == page


def test_a_declaration_far_below_the_head_is_none() -> None:
    """Browsers have begun to show the page by then."""
    page = "<head></head><p>ж</p>" + "<p>Rye</p>" * 200 + "<meta charset=koi8-r>"
    assert decode_page(page.encode(), "a.html") == page


@pytest.mark.parametrize(
    ("lang", "encoding"),
    [("ja", "euc_jp"), ("ja-JP", "cp932"), ("ru", "cp1251"), ("zh", "gb18030"), ("zh-TW", "big5")],
)
def test_without_a_declaration_the_language_tells_the_encoding(lang: str, encoding: str) -> None:
    """What browsers take for it; Windows-1252 if the bytes are not in it."""
    text = {"ja": "麦の畑", "ru": "рожь"}.get(lang[:2], "春天")
    page = f'<html lang="{lang}"><p>{text}'.encode(encoding)
    assert decode_page(page, "a.html").endswith(text)
    assert decode_page(b'<html lang="ja"><p>caf\xe9', "a.html").endswith("café")


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "gb18030", "big5"])
def test_an_encoding_that_nothing_tells_is_named(tmp_path: Path, encoding: str) -> None:
    """Read as Windows-1252, the title would be unreadable wherever the page is in a list."""
    for name in "ab":
        page = "<title>種子春</title><article><p>" + "種子春 " * 9
        (tmp_path / f"{name}.html").write_bytes(page.encode(encoding))
    western = f"<article><p>Mühle – „Größe“ déjà vu</p></article><!-- {'—' * 40} -->"
    (tmp_path / "c.html").write_bytes(western.encode("cp1252"))
    result = read_source(tmp_path, SourceOptions(format="html"))
    assert result.articles["text"].tolist() == ["Mühle – „Größe“ déjà vu"]
    assert {reason for _, reason in result.skipped} == {"is not UTF-8 and declares no encoding"}


def test_a_few_damaged_characters_do_not_hide_a_page() -> None:
    """A description that a program cut within a character, as browsers show it."""
    cut = "麦の畑".encode("cp932")[:-1]
    page = b'<meta charset=shift_jis><meta name=description content="%b">' % cut
    assert '麦の\ufffd">' in decode_page(page + "種をまく".encode("cp932") * 20, "a.html")
    with pytest.raises(SourceError, match="is not shift_jis, got byte 0x94 at offset 6"):
        decode_page(page, "a.html")


def test_characters_of_nec_and_ibm_in_euc_jp() -> None:
    """Python does not know them; they are those of Shift_JIS."""
    text = "①㈱ミ㍉№℡髙﨑纊"
    rows = b"\xad\xa1\xad\xea\xa5\xdf\xad\xc0\xad\xe2\xad\xe4\xfc\xe2\xf9\xf5\xf9\xa1"
    found = decode_page(b"<meta charset=euc-jp>" + rows, "a.html").removeprefix(
        "<meta charset=euc-jp>"
    )
    assert found == text


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_standard_is_known(label: str) -> None:
    """A page in any encoding that keeps ASCII is read; those that browsers refuse are named."""
    data = f"<meta charset={label}><p>Rye is sown.".encode("ascii")
    if LABELS[label] == "replacement":
        with pytest.raises(SourceError, match="is in an encoding that browsers refuse"):
            decode_page(data, "a.html")
    else:
        assert decode_page(data, "a.html") == data.decode("ascii")


def test_author_s_own_reading_list_stays(tmp_path: Path) -> None:
    """A heading like "Related articles" with prose under it is part of the article."""
    prose = (
        "The museum keeps the related articles of clothing in a cold room, where nobody is let in. "
    )
    page = (
        f"<article><h1>Coats</h1><p>Wool.</p><h2>Related articles</h2><p>{prose * 2}</p></article>"
    )
    (tmp_path / "a.html").write_text(page)
    assert "cold room" in read_articles(tmp_path, format="html")["text"][0]


def test_inline_elements_beside_the_article_s_own_text_do_not_end_it(tmp_path: Path) -> None:
    """Text, links and emphasis directly in the article, without paragraphs, are read to the end."""
    page = "<article><h1>T</h1>Sow <b>rye</b> <a href='/oats/'>oats</a> <i>early</i>. <p>Reap <b>late</b>.</p> End.</article>"  # noqa: E501
    (tmp_path / "a.html").write_text(page)
    text = read_articles(tmp_path, format="html")["text"][0]
    assert text == "Sow rye oats early.\n\nReap late.\n\nEnd."


PROSE = "The ferry ran aground on the bar before dawn, with ninety passengers on board."
COLORED = PROSE.replace("ran aground", "<span class='n'>ran</span> <span class='k'>aground</span>")


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (f"<pre><code>{PROSE}</code></pre>", PROSE),
        (f"<pre><code>&lt;p class=a&gt;{PROSE}&lt;/p&gt;&lt;pre&gt;x</code></pre>", PROSE),
        (f"<pre class='wp-block-verse'>{PROSE}</pre>", PROSE),
        (f"<pre><code class='language-text'>{PROSE}</code></pre>", PROSE),
        (f"<pre><code class='language-sh'>{PROSE}</code></pre>", "Rye."),
        (f"<pre class='a-1 language-text'>{COLORED}</pre>", PROSE),
        (f"<div class='language-text b-2'><pre class='a-1'>{PROSE}</pre></div>", PROSE),
        (f"<pre class='text language-sh'>{PROSE}</pre>", "Rye."),
        (f"<pre><i class=x>“{PROSE[:-1]}.”</i> – Ada</pre>", f"“{PROSE}” – Ada"),
        (f"<div class=language-sh><span class=lang>sh</span><pre>{PROSE}</pre></div>", "Rye."),
        ("<p><span class=lang>English</span>, or Dutch</p>", "English, or Dutch"),
        (f"<div class='highlight'><pre><span></span><code>{COLORED}</code></pre></div>", PROSE),
        (
            f"<pre><span>{PROSE}</span><br><span>It lay there.</span></pre>",
            f"{PROSE} It lay there.",
        ),
        (f"<div class='language-sql highlight'><pre><code>{COLORED}</code></pre></div>", "Rye."),
        (f"<div class='highlight-sql'><div class='highlight'><pre>{COLORED}</pre></div>", "Rye."),
        (f"<pre><code><span class='k'>$ tide</span>\n{PROSE}</code></pre>", "Rye."),
        (
            "<pre><code><span class='k'>SELECT</span> name, place FROM pilots AS p JOIN harbors AS "
            "h ON harbor WHERE place IS NOT NULL ORDER BY name</code></pre>",
            "Rye.",
        ),
        (
            "<pre>cd rye/ && ls -la\nmake -j4\nnpm i --save-dev oats\ngit add . && git log</pre>",
            "Rye.",
        ),
    ],
)
def test_prose_indented_by_accident_is_text(tmp_path: Path, block: str, text: str) -> None:
    """A code block that names no language and holds sentences is read, its tags taken as tags."""
    (tmp_path / "a.html").write_text(f"<article><p>Rye.</p>{block}</article>")
    assert read_articles(tmp_path, format="html")["text"][0].removeprefix("Rye.\n\n") == text


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        ("<li>Share ideas early</li>", True),
        ("<p>Two champions debated this hot topic:</p>", True),
        ("<p>The policies fall into three categories:</p>", True),
        ("<p>Share this article on WhatsApp</p>", False),
        ("<p>Share Tweet Pin it</p>", False),
        ("<p>By Jane, May 6, 2024 | Tags: sea</p>", False),
        ("<h1>The ferry’s year</h1>", False),
        ("<p>[youtube https://example.org/v]</p>", False),
        ("<p>mailto:jane@example.org</p>", False),
    ],
)
def test_short_lines_are_cut_only_as_parts_of_the_frame(
    tmp_path: Path, block: str, kept: bool
) -> None:
    """An author's sentence stays though it begins with "share" or ends in "topic:"."""
    page = f"<article><h1>The ferry's year</h1><p>{BODY[0]}</p>{block}<p>{BODY[1]}</p></article>"
    (tmp_path / "a.html").write_text(page)
    assert (len(read_articles(tmp_path, format="html")["text"][0].split("\n\n")) == 3) == kept


AUTHORED = """# The {ship}'s year

The log of the {ship} is [kept](/log/) by <jane@example.org>, who writes `https://`
and **bold** _words_[^1].

<figure><img src="/f.jpg"><figcaption>Photo: Jane</figcaption></figure>

| ship | tons |
|------|------|
| {ship} | 90 |

1. Cast off the {ship} at dawn.
   - Mind the shoal.

> Rain<sup><a href="#n">2</a></sup> again, "as ever", aboard the {ship}.

```sh
make ferry
```

```
Make for the harbor, said the note that the pilot of the {ship} had pinned to the mast.
```

Disclaimer: no ferry, dredger or pier named here is an endorsement by the harbor
of what it names or of whoever owns it.

Photo: Jane / Harbor
"""


def test_markdown_and_the_page_built_of_it_have_the_same_words(tmp_path: Path) -> None:
    """Captions, marks of notes, code, and notes that recur are cut from both; the rest from none."""  # noqa: E501
    import pyromark

    render = pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES).html
    for ship in ("Marigold", "Heron", "Anvil", "Curlew", "Lantern", "Osprey"):
        source = AUTHORED.replace("{ship}", ship)
        for folder, name, text in (
            ("posts", "md", f"---\ntitle: The {ship}’s year\n---\n{source}"),
            ("site", "html", f"<article>{render(source.replace('[^1]', ''))}</article>"),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / f"{ship}.{name}").write_text(text, encoding="utf-8")
    written = read_articles(tmp_path / "posts")["text"].str.split().tolist()
    built = read_articles(tmp_path / "site")["text"].str.split().tolist()
    assert written == built
    assert written[0][4:8] == ["Anvil", "is", "kept", "by"]
    cut = boilerplate_report(tmp_path / "posts").set_index("kind")["pages"].to_dict()
    assert cut == {"recurring": 6, "article": 6}


LANGUAGES = ["", "ca", "cs", "da", "de", "el", "es", "fi", "fr", "he", "hu", "pt-br", "zh-tw"]


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("{name}/{ship}", LANGUAGES),
        ("{name}/{ship}", ["", *(f"v1.{number}" for number in range(12))]),
        ("{ship}{name}", ["", *(f"-v{number}" for number in range(12))]),
    ],
)
@pytest.mark.parametrize("suffix", ["html", "md"])
def test_text_that_translations_or_versions_of_a_page_share_is_kept(
    tmp_path: Path, form: str, names: list[str], suffix: str
) -> None:
    """A page not translated yet, or the same in each release, repeats its text, not the site's."""
    shared = "Write to the harbor master, who keeps the keys to the boats and the sheds."
    for name in names:
        for ship in OTHER_WORDS[5:13]:
            own = [f"The {ship} was built for the coal trade, {n} years ago." for n in range(3)]
            news = f"In {name or 'en'} we call the {ship} by a name that nobody else would know."
            text = "\n\n".join([news, *own, shared])
            if suffix == "html":
                body = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
                text = f"<title>{ship}</title><article><h1>{ship}</h1>{body}</article>"
            file = tmp_path / f"{form.format(ship=ship, name=name).lstrip('/')}.{suffix}"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    texts = read_articles(tmp_path)["text"]
    assert len(texts) == 8 * len(names)
    assert texts.str.contains("was built for the coal trade, 2 years ago").all()
    assert not texts.str.contains("harbor master").any()


def test_a_day_to_come_in_the_words_of_a_page_is_not_its_date(tmp_path: Path) -> None:
    """A page that mentions only a future day is published, without a date."""
    for name in ("ferry", "mill"):
        text = f"The new {name} opens on March 1, 2199, says the harbor master of Calder Bay."
        page = f"<title>{name}</title><article><h1>The {name}</h1><p>{text}</p></article>"
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    result = read_source(tmp_path)
    assert result.articles["date"].isna().tolist() == [True, True]
    assert result.skipped == []


@pytest.mark.parametrize(
    "label",
    [
        "Last updated:", "Zuletzt aktualisiert:", "Letzte Änderung:", "Poslední úprava:",
        "Dernière mise à jour :", "Utoljára frissítve:", "Ultimo aggiornamento:",
        "Última atualização:", "Última actualización:", "Seneste opdatering:",
        "Viimeksi päivitetty:", "Останнє оновлення:", "Τελευταία ενημέρωση:", "Son Güncelleme:",
        "Pembaruan terakhir:", "Cập nhật lần cuối:", "עדכון אחרון:", "최근 업데이트:", "最近更新：",
    ],
)  # fmt: skip
def test_the_day_of_a_change_is_not_the_date_of_an_article(tmp_path: Path, label: str) -> None:
    """Whatever the language says it in."""
    page = (
        f"<title>Mill</title><article><h1>The mill</h1><p>{label} March 1, 2019</p><p>{BODY[0]}</p>"
    )
    (tmp_path / "mill.html").write_text(page, encoding="utf-8")
    assert read_articles(tmp_path)["date"].isna().tolist() == [True]


def write_pages_of_divs(folder: Path) -> None:
    """Write a site in which no element says what the article is."""
    for thing in ("ferry", "dredger", "mill"):
        frame = "<div><a href='/'>Home</a> <a href='/news/'>News</a></div>"
        body = "".join(
            f"<div>On day {day} the {thing} lay idle, for the council, which pays for the {thing}, "
            f"had not met since the flood of the lower town, as reader {day} wrote.</div>"
            for day in range(5)
        )
        (folder / f"{thing}.html").write_text(
            f"<html><head><title>The {thing} lies idle | Courier</title></head><body>{frame}"
            f"<div><div>The {thing} lies idle</div><img src='/{thing}.jpg'>{body}</div>"
            "<div>Copyright Courier. <a href='/privacy/'>Privacy</a></div></body></html>"
        )


@pytest.mark.parametrize("extra", [True, False])
def test_pages_that_mark_nothing_are_read_by_where_their_prose_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: bool
) -> None:
    """Where there are only <div>s, the one with the sentences is the text, with trafilatura or not."""  # noqa: E501
    if not extra:
        monkeypatch.setitem(sys.modules, "trafilatura", None)
    write_pages_of_divs(tmp_path)
    (tmp_path / "void.html").write_text("<body><div><a href='/'>Home</a></div></body>")
    result = read_source(tmp_path, SourceOptions(format="html"))
    row = result.articles.set_index("id").loc["mill.html"]
    assert (row["title"], row["image"]) == ("The mill lies idle", "/mill.jpg")
    assert row["text"].startswith("On day 0 the mill lay idle, for the council")
    assert row["text"].endswith("as reader 4 wrote.")
    assert [Path(s.where).name for s in result.skipped] == ["void.html"]


def reasons_of(folder: Path, pages: dict[str, str]) -> dict[str, str]:
    """Return why pages of a site are not articles."""
    for name, page in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(page)
    result = read_source(folder, SourceOptions(format="html"))
    return {Path(s.where).relative_to(folder).as_posix(): s.reason for s in result.skipped}


STORY = (
    "<article><h1>Story</h1><p>The ferry ran aground on the bar, and nobody was hurt.</p></article>"
)
OG = "<meta property=og:type content=article>"
LD = '<script type="application/ld+json">{"@type": "%s"}</script>'


OF_SITE = """<meta property="og:site_name" content="The Globe"><script type="application/ld+json">
{"@type": "BlogPosting", "headline": "The globe", "publisher": {"name": "Ada"}}</script>"""


@pytest.mark.parametrize(
    ("name", "page", "reason"),
    [
        ("tags/sea/index.html", OG + STORY, "list page"),
        ("author/ada.html", OG + STORY, "list page"),
        ("tags/sea/index.html", LD % "BlogPosting" + STORY, ""),
        ("category/news/2022/story/index.html", OG + STORY, ""),
        ("staff/ada/index.html", LD % "ProfilePage" + STORY, "list page"),
        ("news/index.html", f"<body class='archive category'>{STORY}", "list page"),
        ("archive/index.html", f"<body class='single archive'>{LD % 'Article'}{STORY}", ""),
        ("index.html", OG + STORY * 2, "home page"),
        ("de/index.html", f"<html lang=de>{STORY}", "home page"),
        ("pt-br/index.html", f"<html lang=pt-BR>{STORY}", "home page"),
        ("de/index.html", f"<html lang=de>{LD % 'Article'}{STORY}", ""),
        ("go/index.html", f"<html lang=en>{STORY}", ""),
        ("de/story/index.html", f"<html lang=de>{STORY}", ""),
        ("thank-you/index.html", STORY, "thank-you page"),
        ("thanks.html", LD % "Article" + STORY, ""),
        ("2024/12/thanks/index.html", STORY, ""),
        ("tags/sea/index.html", OF_SITE + STORY, "list page"),
        ("de/index.html", f"<html lang=de>{OF_SITE}{STORY}", "home page"),
        ("gone.html", f"<body class=error404>{STORY}", "error page"),
    ],
)
def test_lists_home_pages_and_thanks_are_no_articles_whatever_og_type_says(
    tmp_path: Path, name: str, page: str, reason: str
) -> None:
    """A theme may call every page an article for OpenGraph; JSON-LD that does so is believed,
    unless its headline is the name of the site."""
    found = reasons_of(tmp_path, {"story/index.html": STORY, name: page})
    assert found == ({name: reason} if reason else {})


@pytest.mark.parametrize("top", ["", "<h1>The Globe</h1>"])
def test_the_day_in_the_footer_of_an_article_is_its_own(tmp_path: Path, top: str) -> None:
    """Also where the only `<h1>` is the name of the site, so that the article is like a card."""
    footer = "<footer><p>Published: <time datetime=2024-05-12>Sunday</time></footer>"
    card = "<article><h3>Oats</h3><time datetime=2024-06-13>Monday</time></article>"
    told = "<h2>The ferry</h2><p>It ran aground on 1 February 2024.</p>"
    article = STORY.replace("h1", "h3").replace("<article>", f"<article>{told}")
    article = article.replace("</article>", footer)
    (tmp_path / "a.html").write_text(
        f"<header>{top}</header><main>{article}</article></main>{card}"
    )
    articles = read_articles(tmp_path, format="html")
    assert f"{articles['date'][0]:%Y-%m-%d}" == "2024-05-12"


ENTRY = "<article><h2><a href='{}'>Rye</a></h2><div><p>{}</p></div></article>"
WORDS = "The ferry ran aground on the bar, and nobody was hurt. " * 4


@pytest.mark.parametrize("name", ["blog.html", "blog/index.html"])
@pytest.mark.parametrize(
    ("first", "reason"),
    [("/rye/", "list page"), ("https://example.org/rye/", "list page"), ("https://x.org/rye", ""),
     ("/{}", ""), ("#rye", "")],
)  # fmt: skip
def test_the_longest_of_several_teasers_is_no_article(
    tmp_path: Path, name: str, first: str, reason: str
) -> None:
    """Its headline leads to its page; that of an article beside cards does not."""
    canonical = f'<link rel=canonical href="https://example.org/{name}">'
    own = ENTRY.format(first.format(name), WORDS * 3)
    others = "".join(ENTRY.format(f"/oats-{n}/", f"{WORDS[:60]}{n}.") for n in range(3))
    page = f"{canonical}<main>{own}{others}</main>"
    found = reasons_of(tmp_path, {"rye/index.html": STORY, name: page})
    assert found == ({name: reason} if reason else {})


LINKS = (
    "<li>{0}-12-17 10:00 <a href='{2}/rye/'>Rye</a>",
    "<dl><dt>Tue 17 December {0}<dd><a href='{2}/rye/'>Rye</a></dl>",
    "<p><a href='{2}/rye/'>Rye of the valley</a><p><a href='{2}/oats/'>Oats</a>",
)


@pytest.mark.parametrize("links", LINKS)
@pytest.mark.parametrize("host", ["", "https://example.org"])
@pytest.mark.parametrize("name", ["2024/index.html", "blog/2024/12/index.html", "2024/12/17.html"])
def test_a_list_of_a_period_is_no_article_however_short(
    tmp_path: Path, name: str, host: str, links: str
) -> None:
    """A month with one article has one link; the feed tells the host if nothing else does."""
    feed = '<link rel=alternate type="application/atom+xml" href="https://example.org/feed.xml">'
    page = f"{feed}<main><h1>{{1}}</h1>{links}</main>".format(2024, "Posts of 2024", host)
    found = reasons_of(tmp_path, {"rye/index.html": STORY, name: page})
    assert found == {name: "list page"}


@pytest.mark.parametrize(
    "text",
    [
        "<p>The ferry ran aground on the bar before dawn.</p>" + LINKS[0],
        "<p>2024-12-17 <a href='https://example.net/rye/'>Rye</a></p>",
        "<p>Mill, idle</p><p>Ferry, aground</p>" + LINKS[0],
    ],
)
def test_an_article_about_a_year_is_one(tmp_path: Path, text: str) -> None:
    """Its address is that of a list, but it has sentences, or links to other sites."""
    page = f"<main><h1>The year</h1>{text}</main>".format(2024, "", "")
    assert not reasons_of(tmp_path, {"rye/index.html": STORY, "2024/index.html": page})


TEASER = (
    OG + "<section class=hero><h1>News</h1><p>The ferry ran aground, in the dark.</p></section>"
)


@pytest.mark.parametrize("beside", ["index.xml", "page/1/index.html", "page/2/index.html"])
@pytest.mark.parametrize(("page", "reason"), [(TEASER, "list page"), (STORY, "")])
def test_a_page_unlike_the_articles_with_its_feed_or_more_pages_is_a_list(
    tmp_path: Path, beside: str, page: str, reason: str
) -> None:
    """A list that shows no more than a teaser is known by what is built with it."""
    more = tmp_path / "news" / beside
    more.parent.mkdir(parents=True)
    more.write_text("<p>Mill idle again.</p>")
    stories = {f"news/{day}/index.html": STORY.replace("ferry", day) for day in ("mon", "tue")}
    found = reasons_of(tmp_path, {"news/index.html": page, **stories})
    found.pop(f"news/{beside}", None)
    assert found == ({"news/index.html": reason} if reason else {})


def test_an_article_that_goes_on_after_its_usual_element_is_kept_whole(tmp_path: Path) -> None:
    """A closing tag too many in an author's HTML parts an article; its second half is text."""
    frame = "<h1>{0}</h1><main><div class=body>{1}</div><aside>Home</aside></main>"
    for day in ("mon", "tue", "wed", "thu", "fri", "two"):
        story = "".join(f"<p>On {day} {line}</p>" for line in BODY)
        if day == "two":
            story += "</div><div class=wide>" + story.replace("two", "the next day")
        (tmp_path / f"{day}.html").write_text(frame.format(day, story))
    text = read_articles(tmp_path, format="html").set_index("id").at["two.html", "text"]
    assert text.endswith(f"On the next day {BODY[-1]}")


def test_a_copy_is_left_out_and_a_page_of_its_own_is_not(tmp_path: Path) -> None:
    """A canonical address of another page makes a copy only of a page that says the same."""
    link = "<link rel=canonical href='https://x.example/%s/'>"
    other = STORY.replace("Story", "Mill").replace("ferry", "miller")
    pages = {
        "a/index.html": link % "a" + STORY,
        "b/index.html": link % "a" + STORY,
        "c/index.html": link % "a" + other,
        "d/index.html": "<link rel=canonical href='https://elsewhere.example/a/'>" + other,
    }
    assert reasons_of(tmp_path, pages) == {"b/index.html": "copy of another page"}
    urls = read_articles(tmp_path, format="html").set_index("id")["url"]
    assert dict(urls) == {"a/index.html": "/a/", "c/index.html": "/c/", "d/index.html": "/d/"}


def test_articles_that_were_first_published_elsewhere_keep_their_addresses(tmp_path: Path) -> None:
    """Even where most pages of a site name another one as their source."""
    for number in range(9):
        host = "x.example" if number < 3 else "elsewhere.example/posts"
        slug = f"story-{number}" if number < 3 else f"{number}"
        page = f"<link rel=canonical href='https://{host}/{slug}/'>{STORY.replace('Story', slug)}"
        reasons_of(tmp_path, {f"story-{number}/index.html": page})
    urls = read_articles(tmp_path, format="html")["url"]
    assert list(urls) == [f"/story-{number}/" for number in range(9)]
