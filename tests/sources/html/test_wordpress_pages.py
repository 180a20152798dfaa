"""Sites in the manner of WordPress: what is read from their posts, and where a list is put."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import wordpress_themes
from wordpress_themes import THEMES, Post, pages, posts

from recommender.pages.inject import inject_lists, remove_lists
from recommender.pages.place import END, START
from recommender.sources import SourceOptions, read_source
from recommender.sources.html.end import find_end

SITES = [
    (theme, seo, comments) for theme in THEMES for seo in (True, False) for comments in (3, 12)
]
CARDS = [
    {"id": f"c{n}", "title": f"Oats in a year of rain, part {n}", "url": f"/oats/{n}/",
     "teaser": "Roll them early, and keep them dry until the last of the snow is gone…"}
    for n in range(6)
]  # fmt: skip
AROUND = ("Reader 0", "Leave a Reply", "All rights reserved", "owered by", "About the paper")
"""The text that follows a post, in the themes that have it."""


def write_site(folder: Path, theme: str, seo: bool, comments: int) -> None:
    """Write the pages of a site."""
    for name, page in pages(theme, seo=seo, comments=comments).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(page, encoding="utf-8")


def read_site(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the pages of a site."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*.html")}


@pytest.mark.parametrize("theme", THEMES)
def test_a_post_of_ten_words_is_where_the_other_posts_are(
    tmp_path: Path, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its twelve comments and the teasers of other posts hold more prose, and are not its text."""
    short = posts()[2]
    text = "The quarry by the ridge closed its doors on Monday."
    body_of = wordpress_themes.body_of
    monkeypatch.setattr(
        wordpress_themes,
        "body_of",
        lambda post: f"<p>{text}</p>" if post.number == short.number else body_of(post),
    )
    write_site(tmp_path, theme, seo=True, comments=12)
    found = read_source(tmp_path, SourceOptions(format="html")).articles.set_index("id")
    assert found.loc[page_of(short), "text"] == text


def page_of(post: Post) -> str:
    """Return the path of a post's page."""
    return f"{post.slug}/index.html"


@pytest.mark.parametrize(("theme", "seo", "comments"), SITES)
def test_title_day_author_and_text_of_every_post_are_its_own(
    tmp_path: Path, theme: str, seo: bool, comments: int
) -> None:
    """All sixteen posts are read to the word; home page and archives are not articles."""
    write_site(tmp_path, theme, seo, comments)
    found = read_source(tmp_path, SourceOptions(format="html")).articles.set_index("id")
    assert len(found) == len(posts())
    for post in posts():
        row = found.loc[page_of(post)]
        assert (row["title"], str(row["date"])[:10], row["author"], row["text"]) == (
            post.title, post.day, "Ada Byron", post.text,
        )  # fmt: skip


@pytest.mark.parametrize(("theme", "seo", "comments"), SITES)
def test_the_list_ends_the_post_and_comes_out_again(
    tmp_path: Path, theme: str, seo: bool, comments: int
) -> None:
    """After the last paragraph, before comments, sidebar and footer, and in no card; again, no
    byte changes; taken out, every byte is back."""
    write_site(tmp_path, theme, seo, comments)
    before = read_site(tmp_path)
    lists = {page_of(post): CARDS for post in posts()}
    report = inject_lists(tmp_path, lists, locate=find_end)
    assert (len(report.written), report.refused) == (len(lists), [])
    for post in posts():
        page = (tmp_path / page_of(post)).read_bytes()
        start, end = page.index(START), page.index(END)
        assert start > page.index(post.paragraphs[-1].encode())
        assert [mark for mark in AROUND if mark.encode() in page[:start]] == []
        assert not _in_a_card(page)
        assert end < page.index(b"</body>")
    once = read_site(tmp_path)
    assert inject_lists(tmp_path, lists, locate=find_end).written == []
    assert read_site(tmp_path) == once
    remove_lists(tmp_path)
    assert read_site(tmp_path) == before


def _in_a_card(page: bytes) -> bool:
    from selectolax.lexbor import LexborHTMLParser

    node = LexborHTMLParser(page).css_first("nav.recommender")
    while node is not None and node.tag != "body":
        names = node.attributes.get("class") or ""
        if any(name in names for name in ("card", "elementor-post", "related", "x3", "comment")):
            return True
        node = node.parent
    return False


@pytest.mark.parametrize(
    ("theme", "seo"), [(theme, seo) for theme in THEMES for seo in (True, False)]
)
def test_the_list_is_as_wide_as_the_text(
    tmp_path: Path, browser: Any, theme: str, seo: bool
) -> None:
    """In Chromium its left and right edges are those of the paragraphs above it."""
    write_site(tmp_path, theme, seo, 3)
    post = posts()[0]
    inject_lists(tmp_path, {page_of(post): CARDS}, locate=find_end)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((tmp_path / page_of(post)).as_uri())
    edges = page.evaluate(
        """text => {
            const edges = element => {
                const box = element.getBoundingClientRect();
                return [Math.round(box.left), Math.round(box.right)];
            };
            const paragraphs = [...document.querySelectorAll("p")];
            const last = paragraphs.find(one => one.textContent.trim() === text);
            return [edges(last), edges(document.querySelector("nav.recommender"))];
        }""",
        post.paragraphs[-1],
    )
    page.close()
    assert edges[0] == edges[1]


def test_the_posts_are_sixteen_and_their_text_never_recurs() -> None:
    """The expected texts are written by hand, and differ from post to post."""
    texts = [paragraph for post in wordpress_themes.posts() for paragraph in post.paragraphs]
    assert len(texts) == 16 * 8
    assert len({text for text in texts if not text.startswith("What the")}) >= 16 * 7
