"""Make the pictures of the docs with Chromium.

python docs/make_pictures.py sites                      the gallery, by the generators' tests
python docs/make_pictures.py preview.html report.html   the preview and the report
"""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
SEED = "local/2021-03-09-marram-lido-drained-after-crack.md"
COLORS = 64
"""Colors of a picture: enough for pages of text, at a third of the size."""


def picture_sites() -> None:
    """Let the tests build a site with each generator, and picture its list."""
    folder = DOCS / "sites"
    os.environ |= {"CI": "true", "TEST_PICTURES": str(folder.resolve())}
    tests = str(DOCS.parent / "tests" / "integration")
    if pytest.main(["-q", tests, "-k", "shows_the_lists or get_their_lists"]):
        sys.exit("a test failed")
    shrink(folder)


def shrink(folder: Path) -> None:
    """Reduce the colors of new pictures."""
    for file in folder.glob("*.png"):
        with Image.open(file) as picture:
            if picture.mode != "P":
                picture.convert("RGB").quantize(COLORS).save(file, optimize=True)


def picture_tools(preview: Path, report: Path) -> None:
    """Picture the preview in light and dark, and the report."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": 1180, "height": 3200}, color_scheme=scheme, device_scale_factor=1
            )
            page.goto(f"{preview.resolve().as_uri()}#/{SEED}")
            page.keyboard.press("w")
            page.wait_for_timeout(300)
            lists = page.get_by_role("navigation", name="You may also like")
            lists.screenshot(path=DOCS / f"preview-{scheme}.png")
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        page.goto(f"{report.resolve().as_uri()}#/{SEED}")
        page.wait_for_timeout(300)
        page.screenshot(path=DOCS / "report-light.png")
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["sites"]:
        picture_sites()
    else:
        picture_tools(*map(Path, sys.argv[1:]))
