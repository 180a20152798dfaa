"""Zola: addresses by its documentation, and the template with its lists.

Zola is on none of the registries that tests install from, so its rules are held by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
import pytest
from integration.sites import recommender, write_files

from recommender import read_articles
from recommender.cli.starter import find_generator, template_files
from recommender.errors import ConfigError
from recommender.sources.zola import ZolaSite

ENGLISH = "The bread and the rye are not as dear in the town as they are in the country"
ALL = ("--min-score", "0", "--min-df", "1", "--max-df", "1")
CONFIG = 'base_url = "https://example.org/sub"\ndefault_language = "en"\n[languages.fr]\n'


def page(title: str, head: str = "") -> str:
    """Return a file of content with TOML front matter."""
    return f'+++\ntitle = "{title}"\n{head}\n+++\n{ENGLISH} {title}.\n'


CONTENT = {
    "content/_index.md": ("", "/"),
    "content/blog/_index.md": ("", "/blog/"),
    "content/blog/rye.md": ("date = 2024-03-01", "/blog/rye/"),
    "content/blog/Rye & Oats.md": ("", "/blog/rye-oats/"),
    "content/blog/2023-10-08-hello.md": ("", "/blog/hello/"),
    "content/blog/2023-10-09T10:00:00Z-moment.md": ("", "/blog/moment/"),
    "content/blog/bundle/index.md": ('slug = "Own Slug"', "/blog/own-slug/"),
    "content/blog/straße.md": ("", "/blog/strasse/"),
    "content/blog/elsewhere.md": ('path = "/some/where"', "/some/where/"),
    "content/blog/rye.fr.md": ("", "/fr/blog/rye/"),
    "content/about.md": ("[taxonomies]\ntags = ['a', 'b']\n[extra]\nimage = '/a.png'", "/about/"),
}


def write_site(site: Path, config: str = CONFIG) -> None:
    """Write a site with pages of every kind."""
    files = {name: page(f"N{n}", head) for n, (name, (head, _)) in enumerate(CONTENT.items())}
    write_files(site, {"config.toml": config} | files)


@pytest.mark.parametrize("source", ["", "content", "content/blog"])
def test_zola_addresses_are_those_of_its_documentation(tmp_path: Path, source: str) -> None:
    """`path`, `slug`, dates in names, folders, languages and slugs make the address."""
    write_site(tmp_path)
    table = read_articles(tmp_path / source)
    lead = f"{source}/" if source else ""
    found = {lead + row["id"]: row["url"] for row in table.to_dict("records")}
    expected = {
        name: url for name, (_, url) in CONTENT.items()
        if "_index" not in name and name.startswith(lead)
    }  # fmt: skip
    assert found == expected


def test_zola_front_matter_gives_tags_date_and_picture(tmp_path: Path) -> None:
    """Fields under [taxonomies] and [extra] are used; the file's name may contain a date."""
    write_site(tmp_path)
    rows = read_articles(tmp_path / "content").set_index("id")
    assert rows["tags"]["about.md"] == ["a", "b"]
    assert rows["image"]["about.md"] == "/a.png"
    assert f"{rows['date']['blog/2023-10-08-hello.md']:%Y-%m-%d}" == "2023-10-08"
    assert rows["lang"]["blog/rye.fr.md"] == "fr"


@pytest.mark.parametrize(
    ("setting", "name", "url"),
    [
        ("[slugify]\npaths_keep_dates = true", "2024-01-02-Rye.md", "/2024-01-02-rye/"),
        ('[slugify]\npaths = "safe"', "Rye Bread (new).md", "/Rye_Bread_new/"),
        ('[slugify]\npaths = "off"', "Rye Bread.md", "/Rye Bread/"),
    ],
)
def test_zola_slugs_follow_the_settings(tmp_path: Path, setting: str, name: str, url: str) -> None:
    """The table [slugify] decides which signs stay in an address."""
    write_files(tmp_path, {"config.toml": CONFIG + setting, f"content/{name}": page("Rye")})
    assert list(read_articles(tmp_path)["url"]) == [url]


@pytest.mark.parametrize(
    ("data", "told", "hint"),
    [
        (b"a = = 1", "zola.toml:1: is not valid TOML, invalid value", "put text in"),
        (b"a = '\xff'", "zola.toml:1: is not UTF-8, got byte 0xff at offset 5", "convert the file"),
    ],
)
def test_broken_settings_are_named(tmp_path: Path, data: bytes, told: str, hint: str) -> None:
    """One message and one hint: what is wrong with the bytes is no matter of TOML."""
    (tmp_path / "zola.toml").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        ZolaSite.find(tmp_path)
    assert caught.value.message == f"{tmp_path}/{told}"
    assert caught.value.hint.startswith(hint)


def test_zola_lists_are_keyed_by_the_file(tmp_path: Path) -> None:
    """`init` finds Zola; lists and cards are stored under page.relative_path."""
    write_site(tmp_path)
    recommender("init", "--templates", ".", cwd=tmp_path)
    recommender("-q", "build", *ALL, cwd=tmp_path)
    lists = json.loads((tmp_path / "data/related.json").read_text(encoding="utf-8"))["lists"]
    files = {name.removeprefix("content/") for name in CONTENT if "_index" not in name}
    assert set(lists) == files
    assert {card["path"] for cards in lists.values() for card in cards} <= files
    assert (tmp_path / "templates/partials/related.html").is_file()


def test_zola_template_shows_the_list(tmp_path: Path) -> None:
    """The template, run as Jinja with Zola's functions, links by file and escapes titles."""
    source = template_files(find_generator("zola"))["templates/partials/related.html"].decode()
    cards = [{"path": "blog/oats.md", "title": "<b>Oats</b>", "teaser": "", "image": None,
              "date": "2024-03-01T00:00:00+00:00",
              "heading": "Aussi", "day_shown": "1 mars 2024",
              "reason": "Aussi : foin"}]  # fmt: skip
    tera = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    tera.filters["get"] = lambda table, key, default: table.get(key, default)
    html = tera.from_string(source).render(
        page={"relative_path": "blog/rye.md"},
        load_data=lambda path, required: {"lists": {"blog/rye.md": cards}},
        get_url=lambda path: f"https://example.org/{path}",
    )
    assert '<h2 id="recommender-heading">Aussi</h2>' in html
    assert ">1 mars 2024</time>" in html
    assert "<small>Aussi : foin</small>" in html
    assert '<a href="https://example.org/@/blog/oats.md">&lt;b&gt;Oats&lt;/b&gt;</a>' in html


def test_zola_settings_of_a_wrong_type_say_nothing() -> None:
    """Zola refuses them; here no file is ignored, and no language is known."""
    found = ZolaSite(Path("/site"), {"languages": 1.5, "ignored_content": 1.5})
    file = Path("/site/content/rye.fr.md")
    assert (found.reason(file, {}), found.language(file)) == ("", "en")
