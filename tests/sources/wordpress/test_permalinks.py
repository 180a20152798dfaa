"""Addresses of posts: every structure that WordPress offers, and those of plug-ins."""

from __future__ import annotations

import pytest

from recommender.sources.wordpress.database import language_paths
from recommender.sources.wordpress.permalinks import LanguagePaths, Linked, Node, Permalinks

HOME = "https://farm.example"
CATEGORIES = {
    "1": Node("uncategorized", "0"), "4": Node("grain", "9"), "9": Node("farm", "0"),
    "6": Node("mill", "0"), "7": Node("a", "8"), "8": Node("b", "7"),
}  # fmt: skip
POST = Linked("12", "post", "rye-is-sown", "2024-05-06 07:08:09", "ann", ("6", "4"))


def site(structure: str, **settings: object) -> Permalinks:
    return Permalinks(HOME, structure, CATEGORIES, "1")._replace(**settings)


@pytest.mark.parametrize(
    ("structure", "path"),
    [
        ("", "/?p=12"),
        ("/%year%/%monthnum%/%day%/%postname%/", "/2024/05/06/rye-is-sown/"),
        ("/%year%/%monthnum%/%postname%/", "/2024/05/rye-is-sown/"),
        ("/archives/%post_id%", "/archives/12"),
        ("/%postname%/", "/rye-is-sown/"),
        ("/%postname%", "/rye-is-sown"),
        ("/%category%/%postname%/", "/farm/grain/rye-is-sown/"),
        ("/%author%/%hour%-%minute%-%second%/%postname%.html", "/ann/07-08-09/rye-is-sown.html"),
        ("/index.php/%year%/%postname%/", "/index.php/2024/rye-is-sown/"),
        ("/blog/%pagename%/", "/blog/rye-is-sown/"),
        ("/%series%/%postname%/", "/?p=12"),
    ],
)
def test_structures(structure: str, path: str) -> None:
    """The usual structures, with every tag of WordPress; an unknown tag cannot be told."""
    assert site(structure).of(POST) == HOME + path


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"metas": {"_yoast_wpseo_primary_category": "6"}}, "/mill/rye-is-sown/"),
        ({"metas": {"rank_math_primary_category": "9"}}, "/farm/grain/rye-is-sown/"),
        ({"categories": ()}, "/uncategorized/rye-is-sown/"),
        ({"categories": ("7",)}, "/?p=12"),
        ({"slug": ""}, "/?p=12"),
        ({"slug": "%d1%80%d0%be%d0%b6%d1%8c"}, "/farm/grain/%d1%80%d0%be%d0%b6%d1%8c/"),
    ],
)
def test_categories_in_addresses(changes: dict[str, object], path: str) -> None:
    """The primary category, else the oldest, with those above it; never a circle."""
    post = POST._replace(**changes)  # type: ignore[arg-type]
    assert site("/%category%/%postname%/").of(post) == HOME + path


def test_what_a_post_does_not_have_is_not_made_up() -> None:
    """Without a date or an author, an address with them cannot be told."""
    undated = POST._replace(date="0000-00-00 00:00:00", author="")
    assert site("/%year%/%postname%/").of(undated) == f"{HOME}/?p=12"
    assert site("/%author%/%postname%/").of(undated) == f"{HOME}/?p=12"
    assert site("/%postname%/").of(undated) == f"{HOME}/rye-is-sown/"


def test_pages_have_the_path_of_their_parents() -> None:
    """With the root of the structure, whether it ends in a slash or not."""
    pages = {"2": Node("about", "0"), "3": Node("team", "2")}
    page = Linked("3", "page", "team", "")
    assert site("/%postname%/", pages=pages).of(page) == f"{HOME}/about/team/"
    assert site("/x/%postname%", pages=pages).of(page) == f"{HOME}/about/team"
    assert site("/index.php/%postname%", pages=pages).of(page) == f"{HOME}/index.php/about/team"
    assert site("", pages=pages).of(page) == f"{HOME}/?p=3"
    assert site("", pages=pages, front_page="3").of(page) == f"{HOME}/"


@pytest.mark.parametrize(
    ("languages", "url"),
    [
        (LanguagePaths("directory", "en"), "/de/rye-is-sown/"),
        (LanguagePaths("directory", "", "language/"), "/language/de/rye-is-sown/"),
        (LanguagePaths("directory", "de"), "/rye-is-sown/"),
        (LanguagePaths("parameter", "en"), "/rye-is-sown/?lang=de"),
        (LanguagePaths("domain", "en"), "/?p=12"),
        (LanguagePaths(), "/rye-is-sown/"),
    ],
)
def test_languages_in_addresses(languages: LanguagePaths, url: str) -> None:
    """A directory or a parameter for each language; domains cannot be told."""
    post = POST._replace(lang="de")
    assert site("/%postname%/", languages=languages).of(post) == HOME + url


def test_the_directory_of_a_language_follows_the_root() -> None:
    """Polylang puts it behind index.php, of posts and pages."""
    told = {"polylang": 's:10:"force_lang";i:1;s:7:"rewrite";i:1;',
            "permalink_structure": "/index.php/%postname%/"}  # fmt: skip
    languages = language_paths(told, wpml=False)
    links = site(told["permalink_structure"], languages=languages, pages={"3": Node("team", "0")})
    assert links.of(POST._replace(lang="de")) == f"{HOME}/index.php/de/rye-is-sown/"
    page = Linked("3", "page", "team", "", lang="de")
    assert links.of(page) == f"{HOME}/index.php/de/team/"


def test_settings_of_language_plugins() -> None:
    """Polylang's and WPML's options, in PHP's notation."""
    polylang = 's:10:"force_lang";i:2;s:12:"hide_default";b:1;s:12:"default_lang";s:2:"en";'
    assert language_paths({"polylang": polylang}, wpml=False).form == "domain"
    assert language_paths({"polylang": polylang.replace("i:2", "i:0")}, wpml=False).form == ""
    wpml = 's:25:"language_negotiation_type";i:1;s:16:"default_language";s:2:"en";'
    told = {"icl_sitepress_settings": wpml}
    assert language_paths(told, wpml=True) == LanguagePaths("directory", "en")
    every = {"icl_sitepress_settings": wpml + 's:30:"directory_for_default_language";i:1;'}
    assert language_paths(every, wpml=True) == LanguagePaths("directory", "")
    assert language_paths({}, wpml=False) == language_paths(told, wpml=False) == LanguagePaths()
