"""Jekyll: the address of an article by its settings, as Jekyll's documentation has it.

Tests with Jekyll itself are in the integration tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from integration.sites import write_files

from recommender.errors import ConfigError
from recommender.outputs import jekyll
from recommender.outputs.jekyll import STYLES, JekyllSite

DAY = pd.Timestamp("2024-03-01", tz="UTC")
POST = {"id": "2024-03-01-rye.md", "date": DAY}


def address(
    config: Mapping[str, Any], row: Mapping[str, Any], lead: tuple[str, ...] = ("_posts",)
) -> str:
    """Return the address of an article of a site."""
    return JekyllSite(config, lead).url(row)


@pytest.mark.parametrize(
    ("style", "url"),
    [
        (None, "/2024/03/01/rye.html"),
        ("date", "/2024/03/01/rye.html"),
        ("pretty", "/2024/03/01/rye/"),
        ("ordinal", "/2024/061/rye.html"),
        ("weekdate", "/2024/W09/Fri/rye.html"),
        ("none", "/rye.html"),
        ("/:title", "/rye"),
        (":title:output_ext", "/rye.html"),
        ("/:short_year/:i_month/:i_day/:title/", "/24/3/1/rye/"),
        ("/:long_month-:short_month/:long_day/:title/", "/March-Mar/Friday/rye/"),
        ("/:year_:title/", "/2024_rye/"),
        ("/:hour:minute:second/:title/", "/000000/rye/"),
        ("/:w_year/:w_day/:title/", "/2024/5/rye/"),
        ("//a//:title//", "/a/rye/"),
        ("/a/../:title/", "/a/rye/"),
    ],
)
def test_styles_and_placeholders(style: str | None, url: str) -> None:
    """Each named style, each placeholder of time, slashes and dots that Jekyll removes."""
    assert address({"permalink": style} if style else {}, POST) == url


@given(st.dates(date(1700, 1, 1), date(2200, 12, 31)), st.sampled_from([*STYLES, "/:title/"]))
def test_address_of_a_post_without_a_date_has_that_of_its_name(day: date, style: str) -> None:
    """The day in the file name stands in for a missing date, for every day and style."""
    named = {"id": f"{day:%Y-%m-%d}-rye.md", "date": pd.NaT}
    dated = {"id": "rye.md", "date": pd.Timestamp(day, tz="UTC")}
    assert address({"permalink": style}, named) == address({"permalink": style}, dated)


@pytest.mark.parametrize(
    ("config", "row", "url"),
    [
        ({}, {"date": pd.Timestamp("2024-02-29T23:30", tz="UTC")}, "/2024/02/29/rye.html"),
        ({"timezone": "Europe/Berlin"}, {"date": pd.Timestamp("2024-02-29T23:30", tz="UTC")},
         "/2024/03/01/rye.html"),
        ({"timezone": "America/New_York"}, {"date": pd.Timestamp("2024-03-01T02:00", tz="UTC")},
         "/2024/02/29/rye.html"),
        ({"timezone": "America/New_York"}, {"date": DAY}, "/2024/03/01/rye.html"),
    ],
)  # fmt: skip
def test_day_is_that_of_the_site_s_clock(
    config: Mapping[str, Any], row: dict[str, Any], url: str
) -> None:
    """A day without a time is no moment, and stays the day that it is."""
    assert address(config, POST | row) == url


@pytest.mark.parametrize(
    ("row", "url"),
    [
        ({"category": "Sea"}, "/sea/rye/"),
        ({"categories": ["Sea", "Old Ports"]}, "/sea/old%20ports/rye/"),
        ({"categories": "Sea ports sea"}, "/sea/ports/rye/"),
        ({"category": "Old Ports"}, "/old%20ports/rye/"),
        ({"category": "b", "categories": ["a"]}, "/a/b/rye/"),
        ({"category": "a", "categories": ["a", None]}, "/a/rye/"),
        ({"id": "Sea/_posts/2024-03-01-rye.md", "category": "b"}, "/sea/b/rye/"),
        ({}, "/rye/"),
    ],
)
def test_categories_come_from_path_and_front_matter(row: dict[str, Any], url: str) -> None:
    """In lower case, each once, a text split at its blanks."""
    lead = () if "id" in row else ("_posts",)
    assert address({"permalink": "/:categories/:title/"}, POST | row, lead) == url


@pytest.mark.parametrize(
    ("name", "title", "slug"),
    [
        ("Rye Bread", "Rye-Bread", "rye-bread"),
        ("Rye & Oats", "Rye-&-Oats", "rye-oats"),
        ("über-brot", "%C3%BCber-brot", "%C3%BCber-brot"),
        ("a.b_c", "a.b_c", "a-b-c"),
        ("-rye-", "rye", "rye"),
    ],
)
def test_title_keeps_signs_that_a_slug_drops(name: str, title: str, slug: str) -> None:
    """``:title`` keeps the case and the signs of the file name; ``:slug`` has hyphens only."""
    row = POST | {"id": f"2024-03-01-{name}.md"}
    assert address({"permalink": "/:title/"}, row) == f"/{title}/"
    assert address({"permalink": "/:slug/"}, row) == f"/{slug}/"


@pytest.mark.parametrize("key", ["own_slug", "slug"])
def test_slug_of_the_front_matter_replaces_the_name(key: str) -> None:
    """As Jekyll writes it: ``slug: Sown Rye`` is ``Sown-Rye`` in a title."""
    assert address({"permalink": "/:title/"}, POST | {key: "Sown Rye"}) == "/Sown-Rye/"


@pytest.mark.parametrize(
    ("config", "name", "url"),
    [
        ({}, "_docs/rye.md", "/docs/rye.html"),
        ({}, "_docs/grain/rye.md", "/docs/grain/rye.html"),
        ({"permalink": "pretty"}, "_docs/rye.md", "/docs/rye/"),
        ({"permalink": "/:title"}, "_docs/rye.md", "/docs/rye"),
        ({"collections": {"docs": {"permalink": "/d/:path/"}}}, "_docs/a/rye.md", "/d/a/rye/"),
        ({"collections": {"docs": {"permalink": "/d/:name"}}}, "_docs/a/Rye B.md", "/d/rye-b"),
        ({"collections": ["docs"]}, "_docs/rye.md", "/docs/rye.html"),
        ({"collections_dir": "content"}, "content/_docs/rye.md", "/docs/rye.html"),
        ({}, "about.md", "/about.html"),
        ({}, "shop/index.md", "/shop/"),
        ({"permalink": "pretty"}, "shop/hours.md", "/shop/hours/"),
        ({"permalink": "/:categories/:title/"}, "about.md", "/about/"),
    ],
)
def test_collections_and_pages_have_addresses_of_their_own(
    config: Mapping[str, Any], name: str, url: str
) -> None:
    """The style of the site decides on their end."""
    assert address(config, {"id": name}, ()) == url


def scope(path: str, permalink: str, **more: str) -> dict[str, Any]:
    """Return an entry of `defaults`."""
    return {"scope": {"path": path, **more}, "values": {"permalink": permalink}}


@pytest.mark.parametrize(
    ("defaults", "url"),
    [
        ([scope("", "/a/:title/")], "/a/rye/"),
        ([scope("", "/a/:title/", type="posts")], "/a/rye/"),
        ([scope("", "/a/:title/", type="post")], "/a/rye/"),
        ([scope("", "/a/:title/", type="pages")], "/2024/03/01/rye.html"),
        ([scope("_posts/sub", "/a/:title/")], "/2024/03/01/rye.html"),
        ([scope("", "/a/:title/"), scope("_posts", "/b/:title/")], "/b/rye/"),
        ([scope("_posts", "/b/:title/"), scope("", "/a/:title/")], "/b/rye/"),
        ([scope("", "/b/:title/", type="posts"), scope("", "/a/:title/")], "/b/rye/"),
        ([scope("", "/a/:title/"), scope("", "/b/:title/")], "/b/rye/"),
        ([{"values": {"permalink": "/a/:title/"}}], "/a/rye/"),
        ([None, "x", {"scope": {"path": ""}}, {"values": 7}], "/2024/03/01/rye.html"),
        ("x", "/2024/03/01/rye.html"),
    ],
)
def test_defaults_reach_their_scope(defaults: Any, url: str) -> None:
    """The longest path wins, then a type, then the later one; odd entries say nothing."""
    assert address({"defaults": defaults}, POST) == url


def test_permalink_of_the_article_goes_before_all() -> None:
    """Before the defaults, the collection and the site."""
    config = {"permalink": "/s/:title/", "defaults": [scope("", "/d/:title/")]}
    assert address(config, POST | {"permalink": "/own/:title/"}) == "/own/rye/"
    assert address(config, POST | {"permalink": " "}) == "/d/rye/"
    assert address(config, POST | {"permalink": None}) == "/d/rye/"


@pytest.mark.parametrize(
    ("permalink", "row", "told"),
    [
        ("/:yaer/:title/", POST, "_config.yml: permalink '/:yaer/:title/' contains the unknown "
         "placeholder :yaer\nHint: did you mean year"),
        ("/:year/:title/", {"id": "rye.md", "date": None}, "the unknown placeholder :year"),
        ("/:xyz/", POST, "unknown placeholder :xyz\nHint: set url_template instead"),
    ],
)  # fmt: skip
def test_placeholder_without_a_value_is_named(
    permalink: str, row: dict[str, Any], told: str
) -> None:
    """With the permalink, and the closest name."""
    with pytest.raises(ConfigError) as error:
        address({"permalink": permalink}, row)
    assert told in str(error.value)


def test_unknown_time_zone_is_named() -> None:
    """It matters only for moments, so that is where it is looked up."""
    config = {"timezone": "Europe/Atlantis"}
    assert address(config, POST) == "/2024/03/01/rye.html"
    with pytest.raises(ConfigError, match=r"_config\.yml: timezone 'Europe/Atlantis' is unknown"):
        address(config, POST | {"date": pd.Timestamp("2024-03-01T10:00", tz="UTC")})


@pytest.mark.parametrize(
    ("source", "lead"),
    [(".", ()), ("_posts", ("_posts",)), ("sea/_posts", ("sea", "_posts")), ("_docs", ("_docs",))],
)
def test_site_is_found_above_the_articles(tmp_path: Path, source: str, lead: Any) -> None:
    """Ids continue the way from the root."""
    write_files(tmp_path, {"_config.yml": "permalink: none", "sea/_posts/a.md": "", "_posts/a": ""})
    (tmp_path / "_docs").mkdir()
    found = JekyllSite.find(tmp_path / source)
    assert (found.config, found.lead) == ({"permalink": "none"}, lead)


def test_articles_without_a_site_are_posts(tmp_path: Path) -> None:
    """Without settings above, only the name of the directory tells what they are."""
    assert JekyllSite.find(None) == JekyllSite({}, ("_posts",))
    for name, lead in (("_drafts", ("_drafts",)), ("articles", ())):
        (tmp_path / name).mkdir()
        assert JekyllSite.find(tmp_path / name).lead == lead


@pytest.mark.parametrize("text", ["", "- a", "just text", "# nothing"])
def test_settings_without_keys_are_the_defaults(tmp_path: Path, text: str) -> None:
    """A file that holds no table says nothing."""
    (tmp_path / "_config.yaml").write_text(text)
    assert JekyllSite.find(tmp_path).config == {}


@pytest.mark.parametrize("data", [b"a: [", b"a: \xff", b"a: !!python/object:os.system {}"])
def test_settings_that_cannot_be_read_are_named(tmp_path: Path, data: bytes) -> None:
    """Nothing of them is run."""
    (tmp_path / "_config.yml").write_bytes(data)
    with pytest.raises(ConfigError, match=r"_config\.yml: cannot be read, .*\n?.*set url_template"):
        JekyllSite.find(tmp_path)


@given(st.lists(st.text("ab/", max_size=4), max_size=6), st.text("ab/", max_size=6))
def test_a_scope_applies_to_what_begins_with_any_match(names: list[str], path: str) -> None:
    """Only one of them is compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jekyll, "glob", lambda *_, **__: names)
        site = JekyllSite({}, (), {"*": jekyll._matches("*", Path(), "")})
    assert site._applies({"path": "*"}, path, "pages") == path.startswith(tuple(names))


def test_stars_in_scopes_are_those_of_the_shell(tmp_path: Path) -> None:
    """They are looked up in the site, so that only what is there matches."""
    config = {"defaults": [scope("sea/*/_posts", "/star/:title/")]}
    write_files(tmp_path, {"_config.yml": yaml.safe_dump(config), "sea/tide/_posts/a.md": "",
                           "sea/_posts/a.md": ""})  # fmt: skip
    site = JekyllSite.find(tmp_path)
    assert site.url(POST | {"id": "sea/tide/_posts/2024-03-01-rye.md"}) == "/star/rye/"
    assert site.url(POST | {"id": "sea/_posts/2024-03-01-rye.md"}) == "/sea/2024/03/01/rye.html"
