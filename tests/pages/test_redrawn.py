"""Pages that a script draws again in the browser, which removes a list in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Command

from recommender.pages.place import START
from recommender.pages.redrawn import Redrawn, redrawn

BLOCK = START + b'<nav class="recommender"></nav>'
VITEPRESS = b'<meta name="generator" content="VitePress v1.6.4">'
PROSE = "<p>The ferry ran aground on the bar before dawn, with ninety passengers on board.</p>" * 3


@pytest.mark.parametrize(
    ("head", "name", "program"),
    [
        (b"", b"__next", "Next"), (b"", b"__nuxt", "Nuxt"), (b"", b"___gatsby", "Gatsby"),
        (b"", b"__docusaurus", "Docusaurus"), (VITEPRESS, b"app", "VitePress"),
        (VITEPRESS.replace(b"VitePress v1", b"VuePress 2"), b"app", "VuePress"),
        (b"", b"app", ""), (b'<meta name="generator" content="Hugo">', b"app", ""),
    ],
)  # fmt: skip
def test_a_list_in_what_is_drawn_again_disappears(head: bytes, name: bytes, program: str) -> None:
    """One below it stays, and a page without a list has nothing to lose."""
    root = b'<div id="' + name + b'"><div><p>Rye</p>%b</div></div>'
    inside, below = Redrawn(program, True), Redrawn(program, False)
    assert redrawn(head + root % BLOCK) == (inside if program else None)
    assert redrawn(head + root % b"" + BLOCK) == (below if program else None)
    assert redrawn(head + root % b"") is None
    hostile = b"<p>" + b"".join(b"<b id=%d>" % n for n in range(1_900)) + b"<p>Rye" * 2_000
    assert redrawn(head + hostile + root % BLOCK) is None


def test_next_may_draw_whole_pages() -> None:
    """With its directory `app`, there is no element around the pages, but scripts below them."""
    script = b"<script>(self.__next_f=self.__next_f||[]).push([0])</script>"
    assert redrawn(b"<main>Rye</main>" + BLOCK + script + script) == ("Next", True)
    assert redrawn(b"<main>Rye</main>" + script + script + BLOCK) == ("Next", False)
    assert redrawn(b"<main><code>self.__next_f</code></main>" + BLOCK) is None


def test_sveltekit_draws_the_element_around_its_script() -> None:
    """Whatever element that is; a page that only shows such a script is none of its."""
    script = b"<script>{ __sveltekit_1ab = {}; const element = 1; }</script>"
    root = b"<div><main>%b</main>" + script + b"</div>"
    assert redrawn(b"<body>" + root % BLOCK) == ("SvelteKit", True)
    assert redrawn(b"<body>" + root % b"" + BLOCK) == ("SvelteKit", False)
    assert redrawn(b"<body><p>__sveltekit_1ab</p>" + BLOCK) is None


@pytest.mark.parametrize(
    ("root", "flags", "warning"),
    [
        ("__nuxt", (), "Nuxt draws its pages again in the browser: the lists disappear"),
        ("__nuxt", ("--selector", "body"), "Nuxt draws its pages in the browser: a list stays"),
        ("main", (), ""),
    ],
)
def test_site_warns_that_browsers_will_not_show_its_lists(
    run: Command, root: str, flags: tuple[str, ...], warning: str
) -> None:
    """Below the page they stay, but are those of the page that was loaded first."""
    page = f"<body><div id={root}><main><article><h1>{{}}</h1>{PROSE}</article></main></div></body>"
    Path("dist").mkdir()
    for name in ("rye", "oats", "tide"):
        Path(f"dist/{name}.html").write_text(page.format(f"The {name} of the valley"))
    done = run("site", "dist", "--no-index", *flags)
    assert done.code == 0
    assert ("use a component" in done.err) is bool(warning)
    assert warning in done.err
