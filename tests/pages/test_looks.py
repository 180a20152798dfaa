"""How a list looks in a browser: one look for its cards, with our inline styles or related.css."""

from __future__ import annotations

import struct
import zlib
from importlib.resources import files
from typing import Any

import pytest

from recommender.pages.block import render_block

SIZES = {"/plain.png": (640, 360), "/wide.png": (800, 100), "/tall.png": (200, 900)}
LONG = "A headline that goes on about the lido and the crack in its floor " * 8
HEIGHTS = """block => [...block.querySelectorAll("li")].map(card =>
  ["img", "a"].map(name => card.querySelector(name)?.getBoundingClientRect())
    .map(box => box && [Math.round(box.width), Math.round(box.height), Math.round(box.top)]))"""


def png(width: int, height: int) -> bytes:
    """Return a gray picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def boxes(browser: Any, blocks: list[str], width: int) -> list[Any]:
    """Return for each block the boxes of its cards' pictures and links: width, height, top."""
    css = files("recommender").joinpath("templates/related.css").read_text("utf-8")
    style = "" if "style=" in blocks[0] else f"<style>{css}</style>"
    page = f"<!doctype html><meta charset=utf-8><title>T</title>{style}{''.join(blocks)}"

    def answer(route: Any) -> None:
        path = "/" + route.request.url.rpartition("/")[2]
        if path == "/page":
            route.fulfill(content_type="text/html", body=page)
        elif path in SIZES:
            route.fulfill(content_type="image/png", body=png(*SIZES[path]))
        else:
            route.fulfill(status=404)

    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.route("**/*", answer)
    tab.goto("http://site.test/page")
    tab.wait_for_function("[...document.images].every(image => image.complete)")
    found = [block.evaluate(HEIGHTS) for block in tab.query_selector_all("nav")]
    tab.close()
    return found


def block(*images: str, style: bool) -> str:
    """Return a list whose cards have these pictures, the second one a long title."""
    cards = [{"title": LONG if n == 1 else f"Title {n}", "url": f"/{n}/", "image": image}
             for n, image in enumerate(images)]  # fmt: skip
    return render_block(cards, style=style).replace('loading="lazy" ', "")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("style", [True, False], ids=["inline", "related.css"])
def test_pictures_have_one_shape_and_a_missing_one_leaves_no_hole(
    browser: Any, style: bool, width: int
) -> None:
    """Wide and tall pictures are cropped to 16 : 9; one that does not load takes no space."""
    (cards,) = boxes(browser, [block(*SIZES, "/missing.png", style=style)], width)
    *shown, (missing, _) = cards
    for (wide, high, _), _ in shown:
        assert wide > 200
        assert abs(high - wide * 9 / 16) <= 1
    assert missing[1] == 0


@pytest.mark.parametrize("style", [True, False], ids=["inline", "related.css"])
def test_a_long_title_ends_after_four_lines(browser: Any, style: bool) -> None:
    """The title's box is four times as high as the box of a one-line title."""
    for width in (1280, 390):
        (((_, short), (_, long)),) = boxes(browser, [block("", "", style=style)], width)
        assert 3.5 < long[1] / short[1] < 4.5


def test_a_list_with_one_card_without_picture_shows_none(browser: Any) -> None:
    """Templates write what the cards hold; the style sheet hides the pictures, and no gap stays."""
    whole = block("/plain.png", "/wide.png", "/tall.png", style=False)
    start = whole.index("<img")
    mixed = whole[:start] + whole[whole.index("<a") :]
    (cards,) = boxes(browser, [mixed], 1280)
    assert [picture and picture[1] for picture, _ in cards] == [None, 0, 0]
    assert len({link[2] for _, link in cards}) == 1
