"""Lines of links in built pages: those of a template are cut, those of an author are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.sources import SourceOptions, read_source
from recommender.sources.html.link_lines import mark_links
from recommender.sources.html.text import Block, PageText

PROSE = [Block("The ferry ran aground on the bar before dawn, with ninety aboard.", "p", 0.0)] * 6


def links(*targets: str) -> list[Block]:
    return [Block(f"Marram Lido drained again {n}", "p", 1.0, (t,)) for n, t in enumerate(targets)]


def kept(page: PageText) -> int:
    return sum(not block.kind for block in page.blocks)


def test_links_to_pages_of_the_site_are_dropped_from_a_page_alone() -> None:
    """A run of link lines is cut, whether its links name the host or not."""
    page = PageText([*PROSE, *links("/a/", "https://calder.example/b/")])
    mark_links([page], ["calder.example"])
    assert kept(page) == len(PROSE)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([], id="to other sites"),
        pytest.param([Block("The council publishes these three plans:", "p", 0.0)], id="announced"),
    ],
)
def test_link_lines_that_belong_to_the_text_stay(before: list[Block]) -> None:
    """Links to other sites stay, and so does a list that a sentence announces."""
    targets = ("/a/", "/b/") if before else ("https://a.example/", "https://b.example/")
    page = PageText([*PROSE, *before, *links(*targets)])
    mark_links([page], ["calder.example"])
    assert kept(page) == len(page.blocks)


@pytest.mark.parametrize(("target", "stays"), [("/a/", False), ("https://a.example/", True)])
def test_a_labelled_link_is_dropped_only_if_it_stays_on_the_site(target: str, stays: bool) -> None:
    """ "Read more: …" is cut; "serde: a new release" in a list of news from elsewhere is kept."""
    line = Block("Harbor: the bridge opens, and the ferry stays", "li", 0.7, (target,))
    page = PageText([*PROSE, line])
    mark_links([page], ["calder.example"])
    assert (kept(page) == len(page.blocks)) is stays


@pytest.mark.parametrize(("with_links", "stay"), [(2, True), (6, False)])
def test_link_lines_of_few_pages_are_their_authors(with_links: int, stay: bool) -> None:
    """On a site, link lines are cut only if many pages have some: then a template writes them."""
    lists = [links("/a/", "/b/") if number < with_links else [] for number in range(10)]
    pages = [PageText([*PROSE, *blocks]) for blocks in lists]
    mark_links(pages, [""] * 10)
    assert all(kept(page) == len(page.blocks) for page in pages) is stay


def test_a_page_of_links_to_its_site_is_no_article(tmp_path: Path) -> None:
    """An index of the site's pages is skipped; a list of links to other sites is an article."""
    prose = f"<p>{'The ferry ran aground on the bar before dawn, with ninety aboard. ' * 6}</p>"
    line = '<li><a href="{}">Marram Lido drained after crack</a></li>'
    pages = {
        "news": "".join(line.format(f"/{n}/") for n in range(40)),
        "press": "".join(line.format(f"https://a{n}.example/") for n in range(40)),
        "lido": prose,
    }
    for name, text in pages.items():
        (tmp_path / f"{name}.html").write_text(f"<main><h1>{name.title()}</h1>{text}</main>")
    source = read_source(tmp_path, SourceOptions(format="html"))
    assert sorted(source.articles["id"]) == ["lido.html", "press.html"]
    assert [(Path(left.where).name, left.reason) for left in source.skipped] == [
        ("news.html", "list page")
    ]


@pytest.mark.parametrize(
    ("more", "read"), [("", False), ("<p>Three boats sank last year.</p>", True)]
)
def test_a_page_of_a_few_links_and_nothing_else_is_no_article(
    tmp_path: Path, more: str, read: bool
) -> None:
    """The page of a small section is an index, unless it says something itself."""
    line = '<li><a href="{}.html">Marram Lido drained after crack {}</a></li>'
    links = "".join(line.format(n, n) for n in ("rye", "oats", "tide"))
    (tmp_path / "sea.html").write_text(f"<main><h1>The sea</h1>{more}<ul>{links}</ul></main>")
    (tmp_path / "ferry.html").write_text("<main><h1>Ferry</h1><p>It ran aground.</p></main>")
    source = read_source(tmp_path, SourceOptions(format="html"))
    assert list(source.articles["id"]) == ["ferry.html", *["sea.html"] * read]
    assert [left.reason for left in source.skipped] == ["list page"] * (not read)
