"""JSON-LD: shapes that sites write, broken scripts, and objects that are no article."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.sources.html.linked_data import ARTICLE_TYPES, LinkedData, read_linked_data

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["@type", "@id", "@graph", "name", "headline", "author", "image", "url",
                         "datePublished", "mainEntity", "publisher", "isPartOf", "keywords"])
        | st.text(max_size=3),
        inner | st.sampled_from(["Article", "WebPage", "Person", "#a"]),
        max_size=5,
    ),
    max_leaves=15,
)  # fmt: skip


def script(text: str) -> str:
    """Return a script of JSON-LD."""
    return f'<script type="application/ld+json">{text}</script>'


def read(*things: Any) -> LinkedData:
    """Return what a page with these objects, each in a script, says."""
    return read_linked_data(
        LexborHTMLParser("".join(script(json.dumps(thing)) for thing in things))
    )


@pytest.mark.parametrize("kind", sorted(ARTICLE_TYPES))
@pytest.mark.parametrize("form", ["{}", "https://schema.org/{}", "http://schema.org/{}"])
def test_article_of_every_type_is_read(kind: str, form: str) -> None:
    """By its short name or by its address, alone or in a list of types."""
    for types in (form.format(kind), [form.format(kind), "Thing"]):
        found = read({"@type": types, "headline": "Rye", "datePublished": "2022-05-03"})
        assert (found.headline, found.dates) == ("Rye", ["2022-05-03"])
        assert kind in found.types


@pytest.mark.parametrize(
    "nest",
    [
        lambda thing: thing,
        lambda thing: [thing],
        lambda thing: {"@graph": [{"@type": "WebSite"}, thing]},
        lambda thing: {"@type": "WebPage", "mainEntity": thing},
        lambda thing: {"@type": "WebPage", "mainEntityOfPage": [thing]},
        lambda thing: [{"@graph": {"mainEntity": {"mainEntity": thing}}}],
    ],
)
def test_article_is_found_where_sites_nest_it(nest: Any) -> None:
    """In lists, in a graph, as what the page is about."""
    assert read(nest({"@type": "Article", "headline": "Rye"})).headline == "Rye"


def test_article_wins_over_the_page_around_it() -> None:
    """Its dates come first, and its picture stays."""
    page = {
        "@type": "WebPage",
        "name": "Globe",
        "datePublished": "2020-01-01",
        "image": "/page.png",
    }
    own = {"@type": "Article", "name": "Rye", "dateCreated": "2022-05-03", "image": ["/rye.png"]}
    for found in (read(page, own), read(own, page), read([page, own])):
        assert (found.headline, found.image) == ("Rye", "/rye.png")
        assert found.dates == ["2022-05-03", "2020-01-01"]
    assert read(page).image == "/page.png"
    assert read(page).headline == ""


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ada Byron", ["Ada Byron"]),
        ({"name": "Ada Byron"}, ["Ada Byron"]),
        ({"@type": "Person", "name": ["Ada Byron", "Bo Li"]}, ["Ada Byron", "Bo Li"]),
        ([{"name": "Ada Byron"}, "Bo Li"], ["Ada Byron", "Bo Li"]),
        ({"@id": "#ada"}, ["Ada Byron"]),
        ([{"@id": "#ada"}, {"@id": "#gone"}], ["Ada Byron", ""]),
        ({"@id": "#ada", "name": "Own Name"}, ["Own Name"]),
        (7, []), (None, []), ([], []), ({}, [""]), ([None, 7], []),
    ],
)  # fmt: skip
def test_authors_are_read_in_every_shape(author: Any, names: list[str]) -> None:
    """Texts, objects, lists, and objects that stand elsewhere in the graph."""
    ada = {"@type": "Person", "@id": "#ada", "name": "Ada Byron"}
    found = read({"@graph": [{"@type": "Article", "author": author}, ada]})
    assert found.authors == names


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ("/rye.png", "/rye.png"), (["/rye.png", "/b.png"], "/rye.png"),
        ({"@type": "ImageObject", "url": "/rye.png"}, "/rye.png"),
        ({"@id": "/rye.png"}, "/rye.png"),
        ([{"url": "/rye.png"}], "/rye.png"), ([], ""), ({}, ""), (None, ""), (True, "True"),
        ({"url": {"url": "x"}}, ""),
    ],
)  # fmt: skip
def test_picture_is_read_in_every_shape(image: Any, address: str) -> None:
    """The first of a list, the address of an object."""
    assert read({"@type": "Article", "image": image}).image == address


@pytest.mark.parametrize(
    "text",
    [
        '<!-- {} -->', "// <![CDATA[\n{}\n// ]]>", "/* <![CDATA[ */ {} /* ]]> */", "<![CDATA[{}]]>",
        "{};", "\n\n {} \n", "{}\n;\n",
    ],
)  # fmt: skip
def test_marks_around_a_script_are_left_out(text: str) -> None:
    """Comments and CDATA, as old editors write them, and a semicolon at the end."""
    thing = '{"@type": "Article", "headline": "Rye"}'
    page = LexborHTMLParser(script(text.replace("{}", thing)))
    assert read_linked_data(page).headline == "Rye"


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ('{"@type": "Article", "datePublished": "2022-05-03",}', ["2022-05-03"]),
        ('{"datePublished": "2022-05-03", "a": "line\nbreak" oops}', ["2022-05-03"]),
        ('{"datePublished":"2022-05-03"} {"datePublished":"2022-05-04"}', ["2022-05-03"]),
        ('{"datePublished": "soon",}', []),
        ("{", []), ("", []), ("null", []), ("[1, 2]", []), ('"Article"', []), ("[" * 5000, []),
        ('{"a":' * 5000, []),
    ],
)  # fmt: skip
def test_script_that_is_no_json_gives_its_date(text: str, dates: list[str]) -> None:
    """The first that it states; nothing else of it is trusted, and nothing raises an error."""
    found = read_linked_data(LexborHTMLParser(script(text)))
    assert (found.dates, found.headline, found.authors) == (dates, "", [])


def test_a_broken_script_does_not_spoil_the_next() -> None:
    """Dates of whole scripts come first."""
    page = script('{"datePublished": "2020-01-01",}') + script(
        '{"@type": "Article", "headline": "Rye", "datePublished": "2022-05-03"}'
    )
    found = read_linked_data(LexborHTMLParser(page))
    assert (found.headline, found.dates) == ("Rye", ["2022-05-03", "2020-01-01"])


def test_names_of_the_site_are_collected() -> None:
    """Of the site, its publisher and what the article is part of; empty ones are left out."""
    found = read(
        {"@type": "WebSite", "name": "Globe"}, {"@type": "Organization", "name": ""},
        {"@type": "Article", "publisher": {"name": "Globe Media"}, "isPartOf": {"name": "News"}},
    )  # fmt: skip
    assert found.names == ["Globe", "Globe Media", "News"]


def test_entities_in_texts_are_characters() -> None:
    """Some sites escape twice; blanks are those of a line."""
    found = read({"@type": "Article", "headline": "Rye &amp; Oats\n &lt;b&gt;"})
    assert found.headline == "Rye & Oats <b>"


@pytest.mark.parametrize("kind", ["text/javascript", "application/json", ""])
def test_other_scripts_are_not_read(kind: str) -> None:
    """Only JSON-LD, in any case of its letters, with a charset or without."""
    text = '{"@type": "Article", "headline": "Rye"}'
    page = LexborHTMLParser(f'<script type="{kind}">{text}</script>')
    assert read_linked_data(page).headline == ""
    for own in ("Application/LD+JSON", "application/ld+json; charset=utf-8"):
        page = LexborHTMLParser(f'<script type="{own}">{text}</script>')
        assert read_linked_data(page).headline == "Rye"


@given(st.lists(ANYTHING, max_size=3))
def test_any_objects_are_read_without_an_error(things: list[Any]) -> None:
    """Whatever types the values have: texts are texts, without blanks at their ends."""
    found = read(*things)
    for text in (
        found.headline,
        found.image,
        found.section,
        *found.dates,
        *found.authors,
        *found.names,
    ):
        assert type(text) is str
        assert text == text.strip()


@pytest.mark.parametrize(
    ("keywords", "names"),
    [
        ("rye, bread", ["rye", "bread"]),
        (["rye", "bread"], ["rye", "bread"]),
        ([{"@type": "DefinedTerm", "name": "rye"}, "bread"], ["rye", "bread"]),
        ({"@type": "DefinedTerm", "name": "rye"}, ["rye"]),
        (2024, ["2024"]),
        (None, []),
    ],
)
def test_keywords_of_any_shape_are_names(keywords: Any, names: list[str]) -> None:
    """schema.org allows text and defined terms; a number is no reason to fail."""
    assert read({"@type": "Article", "keywords": keywords}).keywords == names
