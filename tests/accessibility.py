"""axe-core on pages in a browser: what it finds wrong, by severity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration.conftest import node_program


class Page:
    """A page that is open in a browser, and what axe-core says about it."""

    def __init__(self, browser: Any, path: Path, scheme: str, width: int) -> None:
        _, script = node_program("axe", "axe-core/axe.min.js")
        self.context = browser.new_context(
            bypass_csp=True,  # the page itself runs no foreign script
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
        )
        self.page = self.context.new_page()
        self.page.goto(path.as_uri())
        self.page.evaluate(script.read_text(encoding="utf-8"))

    def violations(self) -> dict[str, list[str]]:
        """Return the rules that the page breaks now, with the elements that break them."""
        found = self.page.evaluate("axe.run(document)")["violations"]
        return {
            f"{rule['impact']}: {rule['id']}": [node["html"] for node in rule["nodes"]]
            for rule in found
        }

    def close(self) -> None:
        """Close the page."""
        self.context.close()
