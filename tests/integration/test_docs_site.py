"""The docs as a site: MkDocs Material with our plug-in, as `make docs` builds it."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from integration.conftest import require_module
from integration.sites import read_block, run, target
from recommender.pages.built import check_built

ROOT = Path(__file__).parents[2]
ADDRESSES = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "srcset"}


class Addresses(HTMLParser):
    """The addresses and the anchors of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.anchors: set[str] = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given.get("id") or "", given.get("name") or ""}
        if given.get(ADDRESSES.get(tag, "")):
            self.found.append((tag, given[ADDRESSES[tag]] or ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built docs; --strict fails at a page that the navigation leaves out.

    Not with --quiet, which hides the warnings from --strict too.
    """
    require_module("material")
    require_module("mkdocstrings")
    folder = tmp_path_factory.mktemp("docs")
    run(sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder,
        cwd=ROOT, NO_MKDOCS_2_WARNING="1")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Addresses]:
    """Each page of the docs with its addresses."""
    return {page: Addresses(page) for page in site.rglob("index.html")}


def test_no_link_is_broken(site: Path, pages: dict[Path, Addresses]) -> None:
    """Each address within the site leads to a file, and to an anchor of it."""
    broken = []
    for page, addresses in pages.items():
        for _, address in addresses.found:
            if re.match(r"[a-z]+:", address):
                continue
            place, anchor = urldefrag(address)
            file = target(site, page, place) if place else page
            if not file.is_file() or (file in pages and unquote(anchor) not in pages[file].anchors):
                broken.append((str(page.relative_to(site)), address))
    assert broken == []


def test_nothing_is_loaded_from_other_hosts(pages: dict[Path, Addresses]) -> None:
    """Pages, fonts and scripts are the site's own; only links lead elsewhere."""
    loaded = [address for page in pages.values() for tag, address in page.found if tag != "a"]
    assert [
        one for one in loaded if re.match(r"(https?:)?//", one) and "localhost" not in one
    ] == []


def test_every_page_is_reached_and_has_its_list(site: Path, pages: dict[Path, Addresses]) -> None:
    """No page is an orphan, and below each are up to four others that our plug-in found."""
    home = site / "index.html"
    linked = {target(site, home, urldefrag(href)[0]) for tag, href in pages[home].found if href}
    assert set(pages) - linked == set()
    files = [*ROOT.glob("docs/**/*.md")]
    assert len(pages) >= len(files)
    assert [page for page in pages if not 1 <= len(read_block(page).links) <= 4] == []
    assert check_built(site).problems == {}


def test_api_documents_every_public_name(site: Path) -> None:
    """Each name of the package is on the page of the API, with its own defaults."""
    import recommender

    page = Addresses(site / "api" / "index.html")
    assert {f"recommender.{name}" for name in recommender.__all__} - page.anchors == set()
    text = (site / "api" / "index.html").read_text(encoding="utf-8")
    assert "_setting(" not in re.sub(r"<[^>]+>", "", text)
