"""Pages that a script draws again in the browser, which removes a list in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Command

from recommender.pages.place import START
from recommender.pages.redrawn import removes_list

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
    assert removes_list(head + root % BLOCK) == program
    assert removes_list(head + root % b"" + BLOCK) == ""
    assert removes_list(head + root % b"") == ""


def test_next_may_draw_whole_pages() -> None:
    """With its directory `app`, there is no element around the pages, but scripts below them."""
    script = b"<script>(self.__next_f=self.__next_f||[]).push([0])</script>"
    assert removes_list(b"<main>Rye</main>" + BLOCK + script + script) == "Next"
    assert removes_list(b"<main>Rye</main>" + script + script + BLOCK) == ""


def test_sveltekit_draws_the_element_around_its_script() -> None:
    """Whatever element that is; a page that only shows such a script is none of its."""
    script = b"<script>{ __sveltekit_1ab = {}; const element = 1; }</script>"
    root = b"<div><main>%b</main>" + script + b"</div>"
    assert removes_list(b"<body>" + root % BLOCK) == "SvelteKit"
    assert removes_list(b"<body>" + root % b"" + BLOCK) == ""
    assert removes_list(b"<body><p>__sveltekit_1ab</p>" + BLOCK) == ""


@pytest.mark.parametrize(("flags", "warned"), [((), True), (("--selector", "body"), False)])
def test_site_warns_that_browsers_will_not_show_its_lists(
    run: Command, flags: tuple[str, ...], warned: bool
) -> None:
    """The warning names the program and a place where they stay."""
    page = f"<body><div id=__nuxt><main><article><h1>{{}}</h1>{PROSE}</article></main></div></body>"
    Path("dist").mkdir()
    for name in ("rye", "oats", "tide"):
        Path(f"dist/{name}.html").write_text(page.format(f"The {name} of the valley"))
    done = run("site", "dist", "--no-index", *flags)
    assert done.code == 0
    assert ("Nuxt draws its pages again in the browser" in done.err) is warned
