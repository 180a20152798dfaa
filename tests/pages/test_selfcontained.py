"""Templates of pages: what several of them contain is in one file, and every include is filled."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from recommender.pages.selfcontained import fill_page

PAGES = ("judging.html", "preview.html", "report.html")
RUN = 6
"""Number of consecutive lines that may not be in two templates."""


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole(name: str) -> None:
    """Nothing is left to fill in, and each part of a document is there once."""
    page = fill_page(name, "Title", {})
    assert not re.search(r"@include|%%[A-Z]+%%", page)
    for tag in (
        "<!doctype html>",
        "<head>",
        "</head>",
        "<body>",
        "<style>",
        "<title>Title</title>",
    ):
        assert page.count(tag) == 1, tag


def test_templates_share_what_they_have_in_common() -> None:
    """No six lines in a row are in two templates: such lines belong in a file to include."""
    homes: dict[tuple[str, ...], str] = {}
    for name in PAGES:
        text = files("recommender.pages").joinpath(name).read_text("utf-8")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for start in range(len(lines) - RUN + 1):
            run = tuple(lines[start : start + RUN])
            assert homes.setdefault(run, name) == name, "\n".join(run)
    assert {*homes.values()} == {*PAGES}
