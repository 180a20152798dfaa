"""Where a built site is on the web, and how its pages write the addresses of its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Command
from integration.sites import read_block, target

from recommender.pages.address import SiteAddress

PAGES = ("index.html", "rye.html", "grain/oats.html", "grain/barley/index.html")
TEXT = "The {} of the valley is sown before the first frost, and the mill is open in June."


def site_of(folder: Path, link: Callable[[str, str], str], head: str = "") -> Path:
    """Write a site whose pages link to each other, and to a style sheet, in some form."""
    (folder / "style.css").write_text("p { margin: 0 }")
    for page in PAGES:
        links = "".join(f'<a href="{link(page, other)}">x</a>' for other in PAGES)
        name = page.removesuffix("/index.html").rpartition("/")[2].removesuffix(".html")
        file = folder / page
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f'<!doctype html><html lang="en"><head><title>{name}</title>{head}'
            f'<link rel="stylesheet" href="{link(page, "style.css")}"></head><body>'
            f"<nav>{links}</nav><article><h1>{name}</h1><p>{TEXT.format(name)}</p></article></body>"
        )
    return folder


def near(page: str, other: str) -> str:
    """Return a relative link."""
    return "../" * page.count("/") + other


@pytest.mark.parametrize(
    ("link", "head", "base", "movable", "written"),
    [
        (near, "", "/", True, "../rye.html"),
        (lambda page, other: f"/{other}", "", "/", False, "/rye.html"),
        (lambda page, other: f"/mill/{other}", "", "/mill/", False, "/mill/rye.html"),
        (lambda page, other: "#top", "", "/", False, "/rye.html"),
        (lambda page, other: f"https://mill.example/{other}", "", "/", False, "/rye.html"),
        (lambda page, other: other, '<base href="/mill/">', "/mill/", False, "/mill/rye.html"),
        (lambda page, other: other, '<base href="https://mill.example/a/index.html">', "/a/",
         False, "/a/rye.html"),
        (near, '<base href=".">', "/", False, "/rye.html"),
        (near, '<base target="_blank">', "/", True, "../rye.html"),
    ],
)  # fmt: skip
def test_addresses_are_written_as_the_pages_write_theirs(
    tmp_path: Path,
    link: Callable[[str, str], str],
    head: str,
    base: str,
    movable: bool,
    written: str,
) -> None:
    """Relative, from the root, below a path, without any link, complete, and with a base."""
    found = SiteAddress.of(site_of(tmp_path, link, head), PAGES)
    assert (found.base, found.movable) == (base, movable)
    assert found.written("grain/oats.html", "/rye.html") == written


@pytest.mark.parametrize("base", ["/", "/mill/"])
def test_the_links_of_an_error_page_do_not_tell_how_others_link(tmp_path: Path, base: str) -> None:
    """It is shown at any address, so a site of relative links has complete paths there."""
    site_of(tmp_path, near)
    for head in (f'<base href="{base}">', f'<link href="{base}rye.html">'):
        (tmp_path / "404.html").write_text(f'<head>{head}</head><a href="rye.html">Rye</a>')
        found = SiteAddress.of(tmp_path, ["404.html", *PAGES])
        assert (found.base, found.movable) == (base, True)
        assert found.written("grain/oats.html", "/rye.html") == "../rye.html"


@pytest.mark.parametrize(
    ("home", "short", "near_short"),
    [("grain/oats", "/rye", "rye"), ("grain/oats.html", "/rye.html", "rye.html")],
)
def test_pages_that_leave_out_html_get_such_links(
    tmp_path: Path, home: str, short: str, near_short: str
) -> None:
    """Their scripts may know pages by such addresses only; one full name is enough against it."""
    pages = {"index.html": home, "grain/oats.html": "../rye", "rye.html": "grain/oats"}
    (tmp_path / "grain").mkdir()
    for page, link in pages.items():
        (tmp_path / page).write_text(f'<a href="{link}">x</a>')
    assert SiteAddress.of(tmp_path, [*pages]).written("rye.html", "/rye.html") == near_short
    for page, link in pages.items():
        link = link.removeprefix("../")
        (tmp_path / page).write_text(f'<a href="/{link}">x</a>')
    assert SiteAddress.of(tmp_path, [*pages]).written("rye.html", "/rye.html") == short


def test_the_page_of_a_directory_keeps_its_name(tmp_path: Path) -> None:
    """No site leaves out half of it."""
    (tmp_path / "rye").mkdir()
    for page in ("rye/index.html", "oats.html"):
        (tmp_path / page).write_text('<a href="/oats">x</a>')
    site = SiteAddress.of(tmp_path, ["oats.html", "rye/index.html"])
    assert site.short
    assert site.written("oats.html", "/rye/index.html") == "/rye/index.html"


def test_a_directory_is_not_a_page_without_html(tmp_path: Path) -> None:
    """A link to one says nothing about the names of pages."""
    (tmp_path / "rye").mkdir()
    for page in ("rye/index.html", "rye.html", "oats.html"):
        (tmp_path / page).write_text('<a href="/rye">x</a>')
    assert not SiteAddress.of(tmp_path, ["oats.html", "rye.html"]).short


def test_a_canonical_address_says_where_the_site_is(tmp_path: Path) -> None:
    """Then relative links say nothing: it is published there."""
    for page in PAGES:
        site_of(tmp_path, near)
        file = tmp_path / page
        canonical = f'<link rel="canonical" href="https://mill.example/a/{page}">'
        file.write_text(file.read_text().replace("</head>", f"{canonical}</head>"))
    found = SiteAddress.of(tmp_path, PAGES[-1:])
    assert found.hosts == {"mill.example"}
    assert (found.base, found.movable) == ("/a/", False)


@pytest.mark.parametrize(
    ("page", "address", "written"),
    [
        ("rye.html", "/grain/oats.html", "grain/oats.html"),
        ("rye.html", "/grain/barley/", "grain/barley/"),
        ("grain/barley/index.html", "/grain/barley/", "./"),
        ("grain/oats.html", "/", "../"),
        ("grain/oats.html", "/rye.html?a=/b#c", "../rye.html?a=/b#c"),
        ("grain/oats.html", "/grain/1%3A2.html", "1%3A2.html"),
        ("grain/oats.html", "/grain/a:b.html", "./a:b.html"),
        ("Grüße/a b.html", "/Gr%C3%BC%C3%9Fe/c.html", "c.html"),
        ("rye.html", "/elsewhere.html", "/elsewhere.html"),
        ("rye.html", "//cdn.example/x.png", "//cdn.example/x.png"),
        ("rye.html", "https://mill.example/rye.html", "https://mill.example/rye.html"),
        ("rye.html", "", ""),
    ],
)
def test_relative_addresses(page: str, address: str, written: str) -> None:
    """From any depth, with query and fragment, colons and letters; others stay as they are."""
    files = {*PAGES, "grain/", "grain/barley/", "grain/1:2.html", "grain/a:b.html", "Grüße/c.html"}
    site = SiteAddress(frozenset(files), frozenset(), "/", movable=True)
    assert site.written(page, address) == written


def test_a_page_may_have_a_directory_of_the_site_as_base(tmp_path: Path) -> None:
    """Then the site is not below it."""
    pages = {"grain/barley/index.html": "/grain/barley/", "rye/index.html": "/rye/"}
    for page, base in pages.items():
        (tmp_path / page).parent.mkdir(parents=True)
        (tmp_path / page).write_text(f'<base href="{base}"><a href="other.html">x</a>')
    found = SiteAddress.of(tmp_path, [*pages])
    assert (found.base, found.movable) == ("/", False)


def test_a_base_path_is_not_added_twice() -> None:
    """Nor if a directory of the site has its name."""
    site = SiteAddress(frozenset({"rye.html", "mill/rye.html"}), frozenset(), "/mill/", False)
    assert site.written("rye.html", "/mill/rye.html") == "/mill/rye.html"
    assert site.written("rye.html", "/rye.html") == "/mill/rye.html"


@pytest.mark.parametrize("link", [near, lambda page, other: f"/mill/{other}"])
def test_the_lists_of_a_moved_site_lead_to_its_pages(
    tmp_path: Path, run: Command, link: Callable[[str, str], str]
) -> None:
    """Wherever it is published: our own check finds each page, and again no byte changes."""
    site = tmp_path / "mill"
    site.mkdir()
    site_of(site, link)
    command = ("site", str(site), "--min-score", "0", "--min-df", "1", "--no-index")
    assert run(*command).code == 0
    first = {page: (site / page).read_bytes() for page in PAGES}
    links = [(page, href) for page in PAGES[1:] for href, _ in read_block(site / page).links]
    assert len(links) == 6
    for page, href in links:
        assert href.startswith("/mill/") is (link is not near)
        assert target(tmp_path, site / page, href).is_file(), (page, href)
    assert run(*command).code == 0
    assert {page: (site / page).read_bytes() for page in PAGES} == first
