"""Make the pictures of the docs with Chromium.

python docs/make_pictures.py preview.html report.html
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
SEED = "local/2021-03-09-marram-lido-drained-after-crack.md"

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"]
    )
    for scheme in ("light", "dark"):
        page = browser.new_page(
            viewport={"width": 1180, "height": 3200}, color_scheme=scheme, device_scale_factor=1
        )
        page.goto(f"{Path(sys.argv[1]).resolve().as_uri()}#/{SEED}")
        page.keyboard.press("w")
        page.wait_for_timeout(300)
        lists = page.get_by_role("navigation", name="You may also like")
        lists.screenshot(path=DOCS / f"preview-{scheme}.png")
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    page.goto(f"{Path(sys.argv[2]).resolve().as_uri()}#/{SEED}")
    page.wait_for_timeout(300)
    page.screenshot(path=DOCS / "report-light.png")
    browser.close()
