"""Pages that are no articles, by their names and by what their heads say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources.html.kinds import (
    is_declared,
    is_home,
    is_stated,
    is_thanks,
    reason_by_name,
)
from recommender.sources.html.metadata import Metadata
from recommender.sources.html.site_templates import common_place, find_place, place_of


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("rye.html", ""), ("blog/rye/index.html", ""), ("index.html", ""), ("2024/03/rye.html", ""),
        ("404.html", "error page"), ("404/index.html", "error page"), ("de/404.html", "error page"),
        ("500.html", "error page"), ("blog/page/2/index.html", "paginated list"),
        ("page2.html", "paginated list"), ("index2.html", "paginated list"),
        ("blog/index13.html", "paginated list"), ("index1.html", ""), ("reindex2.html", ""),
        ("page-2/index.html", "paginated list"),
        ("blog/p/3/", "paginated list"), ("tags/index.html", "list page"),
        ("tags/sea/index.html", "list page"), ("category/sea.html", "list page"),
        ("Author/Ada/index.html", "list page"), ("blog/tag/sea.html", "list page"),
        ("archives.html", ""), ("search/index.html", "list page"),
        ("genindex.html", "list page"), ("pages/rye.html", ""), ("tagged/rye.html", ""),
        ("blog/tags-and-labels.html", ""), ("homepage2/rye.html", ""), ("4040.html", ""),
    ],
)  # fmt: skip
def test_name_of_a_page_says_what_it_is(path: str, reason: str) -> None:
    """Parts of its path, not words in them."""
    assert reason_by_name(path, Metadata()) == reason


@pytest.mark.parametrize(
    ("path", "meta", "reason"),
    [
        ("tags/sea/index.html", {"types": {"BlogPosting"}}, ""),
        ("tags/sea/index.html", {"types": {"og:article"}}, "list page"),
        ("tag/a/b/c/rye.html", {"types": {"og:article"}}, ""),
        ("tag/a/b/c/rye.html", {}, "list page"),
        ("blog/page/2/index.html", {"types": {"Article"}}, "paginated list"),
        ("404.html", {"types": {"Article"}}, "error page"),
        ("rye.html", {"types": {"CollectionPage"}}, "list page"),
        ("rye.html", {"types": {"ProfilePage", "Article"}}, ""),
        ("rye.html", {"body_classes": {"archive"}}, "list page"),
        ("rye.html", {"body_classes": {"archive", "single"}}, ""),
        ("rye.html", {"body_classes": {"error404"}}, "error page"),
        ("rye.html", {"titles": ["Page not found | Globe"]}, "error page"),
        ("rye.html", {"titles": ["The page that was found"]}, ""),
    ],
)
def test_what_a_page_says_of_itself_goes_before_its_name(
    path: str, meta: dict[str, Any], reason: str
) -> None:
    """An article by JSON-LD is one wherever it is; OpenGraph alone proves less."""
    assert reason_by_name(path, Metadata(**meta)) == reason


def test_kinds_of_statements() -> None:
    """JSON-LD states, OpenGraph declares."""
    for types, stated, declared in (({"Recipe"}, True, True), ({"og:article"}, False, True),
                                    ({"WebPage"}, False, False),
                                    (set(), False, False)):  # fmt: skip
        meta = Metadata(types=types)
        assert (is_stated(meta), is_declared(meta)) == (stated, declared)


@pytest.mark.parametrize(
    ("path", "lang", "home"),
    [
        ("index.html", "en", True), ("INDEX.HTM", "", True), ("home.html", "en", False),
        ("de/index.html", "de", True), ("de/index.html", "de-AT", True), ("de/index.html",
        "", False),
        ("pt-br/index.html", "pt-BR", True), ("pt_br/index.html", "pt", True),
        ("de/index.html", "en", False), ("blog/index.html", "en", False),
        ("de/blog/index.html", "de", False), ("rye.html", "en", False),
    ],
)  # fmt: skip
def test_home_page_is_at_the_root_or_in_its_language(path: str, lang: str, home: bool) -> None:
    """A directory is a language only if the page is in it."""
    assert is_home(path, lang) == home


@pytest.mark.parametrize(
    ("path", "thanks"),
    [
        ("thanks.html", True), ("thank-you/index.html", True), ("de/danke.html", True),
        ("Merci/index.html", True), ("thanks-to-rye.html", False),
        ("blog/thanks/rye.html", False), ("index.html", False),
    ],
)  # fmt: skip
def test_thanks_go_by_name(path: str, thanks: bool) -> None:
    """The name of the file, or of the directory of an index."""
    assert is_thanks(path) == thanks


@given(st.text(max_size=30), st.text(max_size=8))
def test_any_path_has_an_answer(path: str, lang: str) -> None:
    """File names may hold anything."""
    assert reason_by_name(path, Metadata()) in ("", "error page", "paginated list", "list page")
    assert is_home(path, lang) in (True, False)
    assert is_thanks(path) in (True, False)


@given(st.lists(st.sampled_from(["", "main", "div.a", "ol"]), max_size=30))
def test_common_place_is_that_of_most_pages(places: list[str]) -> None:
    """At least five and half of them; who is elsewhere is rare there."""
    place, elsewhere = common_place(places)
    if not place:
        assert elsewhere == []
        top = max((places.count(name) for name in {*places} - {""}), default=0)
        assert top < max(5, len(places) / 2) or places.count("") >= top
    else:
        assert places.count(place) >= max(5, len(places) / 2)
        assert all(places[page] != place for page in elsewhere)
        assert all(places.count(places[page]) <= max(2, len(places) / 10) for page in elsewhere)


@pytest.mark.parametrize(
    ("html", "place"),
    [
        ("<main><p>Rye</p></main>", "main p"),
        ("<main class='b a'><p class=x>Rye</p></main>", "main.a.b p.x"),
        ("<main class='post-7 category-news hentry'><p>Rye</p></main>", "main.hentry p"),
        ("<div><div class=tag-sea><p>Rye</p></div></div>", "div div p"),
    ],
)
def test_place_names_the_template_and_not_the_post(html: str, place: str) -> None:
    """Classes with a number or a subject differ from page to page."""
    tree = LexborHTMLParser(f"<body class=x>{html}</body>")
    assert place_of(tree.css_first("p")) == place
    assert find_place(tree, place).text() == "Rye"


@pytest.mark.parametrize(
    "html", ["<main><p>Rye</p><p>Oats</p></main>", "<main><p> </p></main>", "<main></main>", ""]
)
def test_place_that_is_not_there_once_is_none(html: str) -> None:
    """Missing, empty or repeated."""
    assert find_place(LexborHTMLParser(html), "main p") is None
