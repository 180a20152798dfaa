"""Make the pictures of the pages about Django and Wagtail, of the projects that the tests run.

python docs/make_site_pictures.py
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from make_pictures import shrink
from playwright.sync_api import Page, sync_playwright

SITES = Path(__file__).parent / "sites"
TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "plugins" / "django")]

from test_django import NEWSPAPER, PAGES, SEED, WAGTAIL, started  # noqa: E402

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def main() -> None:
    """Make them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"]
        )
        with tempfile.TemporaryDirectory() as folder:
            django(browser, Path(folder))
        with tempfile.TemporaryDirectory() as folder:
            wagtail(browser, Path(folder))
        browser.close()
    shrink(SITES)


def django(browser: Any, folder: Path) -> None:
    """Take the page of an article, and the page of its list in the admin."""
    with started(folder, NEWSPAPER) as address:
        page = browser.new_page(viewport=WIDE)
        sign_in(page, f"{address}/admin/login/?next=/admin/recommender/relatedlist/")
        page.get_by_role("link", name=SEED).click()
        page.locator("tr", has_text="Slipway swimmers").get_by_role("button", name="Pin").click()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.screenshot(path=SITES / "django-admin.png")
        key = page.locator(".field-object_id .readonly").inner_text()
        page.locator("input[type=checkbox]").first.check()
        page.get_by_role("button", name="Save", exact=True).last.click()
        block(page, f"{address}/{key}/x/", "django")
        page.close()


def wagtail(browser: Any, folder: Path) -> None:
    """Take a page, and the panel of its editor."""
    with started(folder, PAGES, **WAGTAIL) as address:
        page = browser.new_page(viewport=WIDE)
        block(page, f"{address}/marram-lido-drained-after-crack-opens-in-the-deep-end/", "wagtail")
        page.set_viewport_size({"width": 1280, "height": 900})
        sign_in(page, f"{address}/admin/login/?next=/admin/recommender/relatedlist/")
        page.get_by_role("link", name=SEED).click()
        key = page.locator(".field-object_id .readonly").inner_text()
        page.goto(f"{address}/cms/pages/{key}/edit/")
        panel = page.locator("[data-recommender]")
        panel.locator("tr", has_text="Slipway swimmers").get_by_role("button", name="Pin").click()
        panel.get_by_role("button", name="Undo").wait_for()
        page.evaluate("e => e.scrollIntoView()", panel.element_handle())
        page.mouse.wheel(0, -180)
        page.wait_for_timeout(500)
        page.screenshot(path=SITES / "wagtail-panel.png")
        page.close()


def sign_in(page: Page, address: str) -> None:
    """Sign in as the editor."""
    page.goto(address)
    page.locator("[name=username]").fill("ngai")
    page.locator("[name=password]").fill("x")
    page.locator("form [type=submit]").click()


def block(page: Page, address: str, name: str) -> None:
    """Take the list on a page, on a wide and on a narrow screen."""
    for size, suffix in ((WIDE, ""), (PHONE, "-phone")):
        page.set_viewport_size(size)
        page.goto(address)
        found = page.get_by_role("navigation", name="You may also like")
        found.scroll_into_view_if_needed()
        page.evaluate("e => window.scrollTo(0, e.offsetTop - 260)", found.element_handle())
        page.wait_for_timeout(300)
        page.screenshot(path=SITES / f"{name}{suffix}.png")


if __name__ == "__main__":
    main()
