"""Fixtures of the tests that run real generators and a real browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import missing, require

from integration.mariadb import mariadb  # noqa: F401 - a fixture of these tests
from integration.sites import (
    HOSTILE_TITLE,
    PICTURES,
    read_block,
    run,
    served,
    target,
)

STRAIGHT = str.maketrans("“”‘’", "\"\"''")
"""Some generators set titles with typographic quotes."""


def require_module(name: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        missing(f"the package {name}")
    assert spec is not None
    return Path(next(iter(spec.submodule_search_locations or [])))


def node_program(generator: str, script: str) -> tuple[str, Path]:
    """Return Node and a script of a pinned npm package, installed beside its lock if needed."""
    node = require("node")
    folder = Path(__file__).parent / generator
    found = folder / "node_modules" / script
    if not found.is_file():
        npm = shutil.which("npm")
        if npm is None or not os.environ.get("CI"):
            missing(f"{generator} (npm ci in tests/integration/{generator})")
        run(npm, "ci", "--no-audit", "--no-fund", cwd=folder)
    return node, found


@pytest.fixture
def check_site(browser: Any) -> Callable[..., None]:
    """A function that reads the list of the seed's page back, and clicks it as a reader would."""

    def check(site: Path, page: str, picture: str = "") -> None:
        file = site / page
        block = read_block(file)
        titles = [title for _, title in block.links]
        assert block.heading == "You may also like"
        if PICTURES is None:
            assert HOSTILE_TITLE in [title.translate(STRAIGHT) for title in titles]
        assert any("Marram Lido" in title for title in titles)
        assert block.foreign == []
        assert len(block.times) == len(block.links) >= 2
        assert [href for href, _ in block.links if not target(site, file, href).is_file()] == []
        _click(browser, site, page, titles)
        if PICTURES is not None and picture:
            with served(site) as address:
                start = f"{address}/{page.removesuffix('index.html')}"
                take_pictures(browser, start, PICTURES / picture)

    return check


def _click(browser: Any, site: Path, page: str, titles: list[str]) -> None:
    with served(site) as address:
        tab = browser.new_page()
        ran: list[str] = []
        tab.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        _stay_here(tab, address)
        tab.goto(f"{address}/{page.removesuffix('index.html')}", wait_until="domcontentloaded")
        links = tab.get_by_role("navigation", name="You may also like").get_by_role("link")
        assert [" ".join(text.split()) for text in links.all_inner_texts()] == titles
        for number in range(2):
            place, leads_to = tab.url, links.nth(number).evaluate("link => link.href")
            with tab.expect_navigation(wait_until="domcontentloaded") as navigation:
                links.nth(number).click()
            assert tab.url == leads_to
            assert navigation.value is None or navigation.value.status == 200  # None: by script
            tab.goto(place, wait_until="domcontentloaded")
        assert ran == [], "a title ran as script"
        tab.close()


def _stay_here(tab: Any, address: str) -> None:
    """Let the page load from this server only: themes ask for fonts and scripts of others."""
    server = "/".join(address.split("/")[:3])
    tab.route(
        lambda url: not url.startswith(server), lambda route: route.abort("internetdisconnected")
    )


def take_pictures(browser: Any, address: str, path: Path, wide: int = 960) -> None:
    """Picture the list on a page of a desktop and of a phone."""
    for end, width in (("", wide), ("-phone", 390)):
        tab = browser.new_page(viewport={"width": width, "height": 760})
        _stay_here(tab, address)
        tab.goto(address)
        block = tab.get_by_role("navigation", name="You may also like")
        top = block.evaluate("list => list.getBoundingClientRect().top + window.scrollY")
        tab.evaluate("top => window.scrollTo(0, top)", top - 200)
        tab.wait_for_timeout(300)
        tab.screenshot(path=path.with_name(f"{path.name}{end}.png"))
        tab.close()
