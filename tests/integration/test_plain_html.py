"""A site that no generator made: pages written by hand, and the lists in them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import pyromark
import pytest

from integration.sites import (
    SEED,
    Article,
    articles,
    fingerprints,
    read_block,
    recommender,
    target,
    write_files,
)

Check = Callable[..., None]

HEAD = (
    '<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
    "<title>{title} | The Calder Bay Courier</title>\n"
    '<link rel="stylesheet" href="../courier.css">\n</head>\n<body>\n'
)
SHARE = (
    '<div class="share">Share: <a href="https://example.org/s?u={name}">Post</a> '
    '<a href="mailto:?subject=Courier">E-mail</a> <a href="#" onclick="print()">Print</a></div>\n'
)
TODAY = (
    "{head}<header><p>The Calder Bay Courier</p>\n"
    '<nav><a href="../index.html">Front page</a> <a href="../culture/">Culture</a></nav></header>\n'
    "<main><article>\n<h1>{title}</h1>\n"
    '<p class="byline">By our desk, <time datetime="{date}">{date}</time></p>\n'
    "{body}{share}</article></main>\n"
    "<footer><p>© The Calder Bay Courier. All rights reserved.</p></footer>\n</body>\n</html>\n"
)
OLD = (
    '{head}<div id="top"><b>The Calder Bay Courier</b> <a href="../index.html">Front page</a> '
    '| <a href="../culture/">Culture</a></div>\n<div id="content">\n<h1>{title}</h1>\n'
    '<p class="posted">Posted on {date}</p>\n{body}{share}<!-- recommender -->\n</div>\n'
    '<div id="bottom">© The Calder Bay Courier. All rights reserved.</div>\n</body>\n</html>\n'
)
CSS = (
    "body { margin: 0 auto; max-width: 52rem; font: 1rem/1.5 Georgia, serif }\n"
    "header, footer, #top, #bottom, .share { padding: .5rem 0; color: #555 }\n"
)


def page_of(article: Article, form: str) -> str:
    """Return an article as a page that someone wrote by hand."""
    title = escape(article.title)
    lang = "de" if article.desk == "deutsch" else "en"
    return form.format(
        head=HEAD.format(lang=lang, title=title),
        title=title,
        date=article.date,
        body=pyromark.html(article.body),
        share=SHARE.format(name=article.name),
    )


@pytest.mark.parametrize("form", [TODAY, OLD], ids=["today", "old"])
def test_pages_by_hand_get_their_lists(tmp_path: Path, form: str, check_site: Check) -> None:
    """One command, on today's HTML and on rows of div; again, it changes no byte; and back."""
    written = articles()
    pages = {f"{article.name}.html": page_of(article, form) for article in written}
    rows = "".join(
        f'<li><a href="{article.name}.html">{escape(article.title)}</a></li>\n'
        for article in written
    )
    front = HEAD.format(lang="en", title="Front page").replace("../", "")
    front += f"<h1>The Calder Bay Courier</h1>\n<ul>\n{rows}</ul>\n</body>\n</html>\n"
    site = tmp_path / "public"
    write_files(site, {**pages, "index.html": front, "courier.css": CSS})
    built = fingerprints(site)
    recommender("site", "public", cwd=tmp_path)
    first = fingerprints(site)
    recommender("site", "public", cwd=tmp_path)
    assert fingerprints(site) == first
    changed = {
        Path(name).relative_to(site).as_posix() for name in built if first[name] != built[name]
    }
    assert changed == {name for name in pages if "recommender:start" in (site / name).read_text()}
    assert len(changed) >= 20
    for name in changed:
        links = read_block(site / name).links
        assert [href for href, _ in links if not target(site, site / name, href).is_file()] == []
    check_site(site, f"{SEED}.html", picture="anything-else" if form == TODAY else "")
    recommender("check", "--built", "public", cwd=tmp_path)
    recommender("inject", "public", "--remove", cwd=tmp_path)
    assert fingerprints(site) == built
