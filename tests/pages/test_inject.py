"""Injecting lists: the right place, not a byte beside it, and the way back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ConfigError, OutputError
from recommender.outputs.wording import date_for, heading_for
from recommender.pages.block import CARD_NAMES, STYLES, render_block
from recommender.pages.inject import inject_lists, remove_lists
from recommender.pages.place import END, START, Locate
from recommender.sources.html.end import find_end
from recommender.sources.html.scan import scan

CARDS = [
    {"id": "oats", "title": "Oats & <rye>", "url": "/oats/", "teaser": "Roll them…",
     "date": "2024-05-06T00:00:00+00:00", "image": "/oats.png"},
    {"id": "bread", "title": "Bread", "url": "https://x.org/bread?a=1&b=2", "teaser": "", "date": None},  # noqa: E501
]  # fmt: skip
PAGES = {
    "crlf.html": b"\xef\xbb\xbf<!DOCTYPE html>\r\n<html lang=de>\r\n<article>Rye</article>\r\n",
    "latin.html": b"<meta charset=iso-8859-1><main>caf\xe9</main>",
    "sjis.html": b"<meta charset=shift_jis><main>\x83\x5c\x83\x3c</main>",
    "bare.html": b"Rye",
    "script.html": b"<body><script>'</article><article>'</script><p>Rye</body></html>\n\n",
    "comment.html": b"<article><!-- </article> --><pre>a</pre></ARTICLE ><footer>x</footer>",
}


def write_site(folder: Path, pages: dict[str, bytes]) -> None:
    """Write the pages of a site."""
    for name, data in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def read_site(folder: Path) -> dict[str, bytes]:
    """Return the pages of a site."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*.html")}


def inject_one(folder: Path, page: bytes, **options: object) -> bytes:
    """Return a page with its block."""
    (folder / "a.html").write_bytes(page)
    report = inject_lists(folder, {"a.html": CARDS}, **options)  # type: ignore[arg-type]
    assert report.refused == []
    return (folder / "a.html").read_bytes()


def test_inject_then_remove_gives_the_bytes_back(tmp_path: Path) -> None:
    """BOM, line ends, encodings and broken markup come back byte for byte."""
    write_site(tmp_path, PAGES)
    report = inject_lists(tmp_path, dict.fromkeys(PAGES, CARDS))
    assert sorted(report.written) == sorted(PAGES)
    assert remove_lists(tmp_path).removed == sorted(PAGES)
    assert read_site(tmp_path) == PAGES


def test_two_thousand_pages_come_back(tmp_path: Path) -> None:
    """A whole directory of generated pages is the same after inject and remove."""
    pages = {f"{n % 40}/{n}.html": b"<article>\n<h1>%d</h1>\n</article>" % n for n in range(2000)}
    write_site(tmp_path, pages)
    inject_lists(tmp_path, dict.fromkeys(pages, CARDS))
    remove_lists(tmp_path)
    assert read_site(tmp_path) == pages


markup = st.lists(
    st.sampled_from(
        ["<article>", "</article>", "<main>", "</main>", "<p>", "text", "<!-- x -->", "<!--", "-->",
         "<script>", "</script>", "<svg>", "<![CDATA[", "]]>", "<a title='>", "'", '"', "=", "<", ">",  # noqa: E501
         "<p>Sow the rye early, in rows, and roll the ground.", "<div class=comments>", "<td>",
         "<!-- recommender -->", "<div data-recommender>", "</div>", "\r\n", "é", "</body>", "<textarea>"]  # noqa: E501
    )
).map("".join)  # fmt: skip


@given(markup, st.sampled_from([None, find_end]))
def test_inject_is_idempotent_and_reversible(
    tmp_path_factory: pytest.TempPathFactory, page: str, locate: Locate | None
) -> None:
    """Whatever the markup: twice is as once, in place, and removing gives the page back."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "a.html").write_bytes(page.encode())
    if inject_lists(folder, {"a.html": CARDS}, locate=locate).refused:
        assert (folder / "a.html").read_bytes() == page.encode()
        return
    once = (folder / "a.html").read_bytes()
    assert inject_lists(folder, {"a.html": CARDS}, locate=locate).unchanged == ["a.html"]
    other = inject_lists(folder, {"a.html": CARDS[:1]}, locate=locate)
    assert other.written == ["a.html"]
    inject_lists(folder, {"a.html": CARDS}, locate=locate)
    assert (folder / "a.html").read_bytes() == once
    remove_lists(folder)
    assert (folder / "a.html").read_bytes() == page.encode()


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        (b"<article>a</article>b", b"<article>a", b"</article>b"),
        (b"<p>a<!-- recommender --><article>b</article>", b"-->", b"<article>b"),
        (b"<div data-recommender></div><article>a</article>", b"recommender>", b"</div>"),
        (
            b"<main><article>a</article><article>longer</article></main>",
            b"longer",
            b"</article></m",
        ),
        (b"<article>a<article>reply</article></article>", b"</article>", b"</article>"),
        (b"<body>a</body>", b"<body>a", b"</body>"),
        (b"<script>'<!-- recommender -->'</script><main>a</main>", b"<main>a", b"</main>"),
        (
            b"<template><!-- recommender --><article>long</article></template><main>a</main>",
            b"<main>a",
            b"</main>",
        ),
        (b"<article hidden>longer</article><article>a</article>", b"<article>a", b"</article>"),
        (b"<MAIN>b<DIV DATA-PAGEFIND-BODY>a</DIV></MAIN>", b"BODY>a", b"</DIV>"),
    ],
)
def test_the_block_stands_where_the_page_wants_it(
    tmp_path: Path, page: bytes, before: bytes, after: bytes
) -> None:
    """Placeholder, attribute, article, main part, body: the first that readers see."""
    changed = inject_one(tmp_path, page)
    start, end = changed.index(START), changed.index(END) + len(END)
    assert changed[:start].endswith(before)
    assert changed[end:].startswith(after)


def test_selector_finds_any_element(tmp_path: Path) -> None:
    """A CSS selector finds its element, even if the parser repairs the markup around it."""
    page = b"<table><p>x</table><div class=a>1</div><section><div class='b a'>2<div>3</div></div>"
    changed = inject_one(tmp_path, page, selector="section > .a")
    assert changed[: changed.index(START)].endswith(b"3</div>")
    report = inject_lists(tmp_path, {"a.html": CARDS}, selector=".none")
    assert report.unchanged == ["a.html"]
    with pytest.raises(ConfigError, match="not a CSS selector"):
        inject_one(tmp_path, page, selector="[[")


def test_a_selector_cannot_name_a_part_of_a_line_nor_a_hostile_page(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>Rye <b class=a>oats</b>.")
    hostile = "<p>" + "".join(f"<b id={n}>" for n in range(1_900)) + "<p class=a>Rye</p>" * 2_000
    (tmp_path / "b.html").write_text(hostile)
    (tmp_path / "c.html").write_bytes(b"<p>Rye<script class=a>oats()</script>")
    lists = dict.fromkeys(("a.html", "b.html", "c.html"), CARDS)
    refused = dict(inject_lists(tmp_path, lists, selector=".a").refused)
    assert refused["a.html"] == "selector '.a' matches <b>, which cannot contain a list"
    assert "never closed" in refused["b.html"]
    assert refused["c.html"] == "the place is in <script>, which cannot contain a list"


def test_unchanged_pages_are_not_touched(tmp_path: Path) -> None:
    """A page whose block is already the right one keeps its time of change."""
    inject_one(tmp_path, b"<article>a</article>")
    os.utime(tmp_path / "a.html", (1, 1))
    inject_lists(tmp_path, {"a.html": CARDS})
    assert (tmp_path / "a.html").stat().st_mtime == 1


def test_dry_run_shows_a_diff_and_writes_nothing(tmp_path: Path) -> None:
    """The diff names the page; the file stays."""
    (tmp_path / "a.html").write_bytes(b"<article>a</article>\n")
    report = inject_lists(tmp_path, {"a.html": CARDS}, dry_run=True)
    assert report.diff.startswith("--- a/a.html\n+++ b/a.html\n@@")
    assert '+<h2 id="recommender-heading">You may also like</h2>\n' in report.diff
    assert (tmp_path / "a.html").read_bytes() == b"<article>a</article>\n"


def test_compressed_copies_are_reported_stale(tmp_path: Path) -> None:
    """index.html.gz beside a changed page is named."""
    (tmp_path / "a.html.gz").write_bytes(b"")
    (tmp_path / "a.html").write_bytes(b"<article>a</article>")
    assert inject_lists(tmp_path, {"a.html": CARDS}).stale == ["a.html.gz"]


def test_a_page_without_a_list_loses_its_block(tmp_path: Path) -> None:
    """Injecting again leaves what a fresh build with these lists would have."""
    inject_one(tmp_path, b"<article>a</article>")
    assert inject_lists(tmp_path, {}).removed == ["a.html"]
    assert (tmp_path / "a.html").read_bytes() == b"<article>a</article>"


def test_nothing_outside_the_site_is_written(tmp_path: Path) -> None:
    """Paths upward, absolute paths and links are refused with the reason."""
    site, outside = tmp_path / "site", tmp_path / "outside"
    write_site(site, {"real.html": b"<article>a</article>"})
    write_site(outside, {"b.html": b"<article>b</article>"})
    (site / "link.html").symlink_to(outside / "b.html")
    (site / "folder").symlink_to(outside)
    (site / "alias.html").symlink_to(site / "real.html")
    names = ["../outside/b.html", str(outside / "b.html"), "link.html", "folder/b.html",
             "alias.html", "none.html", "x\0y.html"]  # fmt: skip
    report = inject_lists(site, dict.fromkeys(names, CARDS))
    assert {page.path for page in report.refused} == set(names)
    assert report.written == []
    assert (outside / "b.html").read_bytes() == b"<article>b</article>"
    assert (site / "alias.html").is_symlink()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<article>a</article>".encode("utf-16"), "UTF-16"),
        ("<article>a</article>".encode("utf-16-le"), "UTF-16"),
        (b"<meta charset=csISO2022JP><article>a</article>", "is iso-2022-jp; only encodings"),
        (b"<meta charset=hz-gb-2312><article>a</article>", "an encoding that browsers refuse"),
        (START + b"<article>a</article>", "not paired"),
        (b"Rye<NOSCRIPT data-recommender>oats</NOSCRIPT>", "the place is in <noscript>"),
        (END + b"<article>a</article>" + START, "not paired"),
    ],
)
def test_pages_that_cannot_be_changed_are_named(tmp_path: Path, page: bytes, reason: str) -> None:
    """Their bytes stay, and the report says why."""
    (tmp_path / "a.html").write_bytes(page)
    [refused] = inject_lists(tmp_path, {"a.html": CARDS}).refused
    assert refused.path == "a.html"
    assert reason in refused.reason
    assert (tmp_path / "a.html").read_bytes() == page


def test_a_page_that_the_site_s_build_writes_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output made from an old page does not replace the new page."""
    page = tmp_path / "a.html"
    page.write_bytes(b"<article>old</article>")

    def build_too(*_: object, **__: object) -> str:
        page.write_bytes(b"<article>newer</article>")
        return "<nav>list</nav>"

    monkeypatch.setattr("recommender.pages.inject.render_block", build_too)
    [refused] = inject_lists(tmp_path, {"a.html": CARDS}).refused
    assert refused.reason == "was changed by another program meanwhile"
    assert page.read_bytes() == b"<article>newer</article>"


def test_markers_in_an_attribute_are_no_block(tmp_path: Path) -> None:
    """A page that shows a marker to its readers is restored, and counted as restored."""
    page = b"<article><p title='<!-- recommender:start -->'>a</p></article>"
    inject_one(tmp_path, page)
    assert remove_lists(tmp_path).removed == ["a.html"]
    assert (tmp_path / "a.html").read_bytes() == page


def test_a_page_keeps_its_owner_and_permissions(tmp_path: Path) -> None:
    """A build that runs as root leaves the site to the user whose it is; hard links part."""
    owner = (12345, 54321) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    page, backup = tmp_path / "a.html", tmp_path / "backup"
    page.write_bytes(b"<article>a</article>")
    page.chmod(0o440)
    os.chown(page, *owner)
    os.link(page, backup)
    inject_lists(tmp_path, {"a.html": CARDS})
    found = page.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (*owner, 0o440)
    assert backup.read_bytes() == b"<article>a</article>"


def test_a_run_that_is_interrupted_leaves_whole_pages(tmp_path: Path) -> None:
    """After Ctrl-C, each page is old or new, nothing else is left, and a second run completes."""
    pages = {f"{n}.html": b"<article>%d</article>" % n for n in range(20)}
    write_site(tmp_path, pages)

    def interrupt(phase: str, done: int, total: int) -> None:
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inject_lists(tmp_path, dict.fromkeys(pages, CARDS), progress=interrupt)
    assert len(list(tmp_path.iterdir())) == 20
    assert len(inject_lists(tmp_path, dict.fromkeys(pages, CARDS)).written) == 11
    remove_lists(tmp_path)
    assert read_site(tmp_path) == pages


def test_pages_with_the_longest_names_are_changed(tmp_path: Path) -> None:
    """A name of 255 bytes leaves no room for the longer name of a temporary file."""
    name = f"{'雨' * 83}a.html"
    (tmp_path / name).write_bytes(b"<article>a</article>")
    assert inject_lists(tmp_path, {name: CARDS}).written == [name]


def test_the_block_is_xml_too(tmp_path: Path) -> None:
    """A page of XHTML stays well-formed, pictures and all."""
    from xml.etree import ElementTree

    page = b'<?xml version="1.0" encoding="utf-8"?><html><body><article>a</article></body></html>'
    (tmp_path / "a.xhtml").write_bytes(page)
    inject_lists(tmp_path, {"a.xhtml": CARDS[:1]})
    assert ElementTree.fromstring((tmp_path / "a.xhtml").read_bytes()).find(".//img") is not None


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(OutputError, match="no such directory"):
        inject_lists(tmp_path / "none", {})


def test_block_has_one_link_a_card_and_the_page_s_language(tmp_path: Path) -> None:
    """A labelled nav, one link per card, JSON-LD with the addresses, ASCII in old encodings."""
    changed = inject_one(tmp_path, b"<html lang=ja><meta charset=shift_jis><article>a</article>")
    assert changed.count(b"<li") == changed.count(b"<a ") == 2
    assert b'<nav class="recommender" aria-labelledby="recommender-heading"' in changed
    assert changed.isascii()
    data = json.loads(re.search(rb"json\">(.*?)</script>", changed)[1])  # type: ignore[index]
    assert data["relatedLink"] == ["/oats/", "https://x.org/bread?a=1&b=2"]
    assert heading_for("ja") == "こちらの記事もおすすめ"


@pytest.mark.parametrize(
    "head",
    [b"<script charset=utf-8 src=a.js></script>", b"<link charset=utf-8 href=a.css>",
     b"<!-- <meta charset=utf-8> -->", b"<meta name=a content='charset=utf-8'>"],
)  # fmt: skip
def test_what_else_names_an_encoding_does_not_count(tmp_path: Path, head: bytes) -> None:
    """The block is in that of the page, which its own meta element declares."""
    page = b"<html lang=ja>" + head + b"<meta charset=shift_jis><article>a</article>"
    assert inject_one(tmp_path, page).isascii()


def test_block_of_a_filled_list_has_the_heading_that_promises_nothing() -> None:
    """Cards without a link are not shown and do not count."""
    filled = {"title": "Rye", "url": "/rye/", "origin": "backfill:newest"}
    unlinked = {"title": "Oats", "url": "", "origin": "similar"}
    assert '<h2 id="recommender-heading">More to read</h2>' in render_block([filled, unlinked])
    assert "More to read" not in render_block([filled, filled | {"origin": "similar"}])


@pytest.mark.parametrize(
    ("lang", "shown"),
    [("en", "May 6, 2024"), ("en-gb", "6 May 2024"), ("fr_CA", "6 mai 2024"),
     ("ja", "2024年5月6日"), ("fa", "2024-05-06"), ("tlh", "May 6, 2024"),
     ("vi", "6 tháng 5, 2024")],
)  # fmt: skip
def test_dates_are_written_as_readers_write_them(lang: str, shown: str) -> None:
    """The day is written in the page's language, and as ISO 8601 for machines."""
    assert f'<time datetime="2024-05-06">{shown}</time>' in render_block(
        CARDS, lang=lang, style=False
    )


def test_every_language_with_a_heading_has_a_form_of_dates() -> None:
    """No page has its heading in one language and its dates in another; months differ."""
    tables = ROOT / "recommender" / "outputs"
    headings = json.loads((tables / "headings.json").read_text(encoding="utf-8"))
    dates = json.loads((tables / "dates.json").read_text(encoding="utf-8"))
    assert {lang.split("-")[0] for lang in headings} <= dates.keys()
    for lang in dates:
        assert len({date_for(f"2024-{month:02}-05", lang) for month in range(1, 13)}) == 12


@pytest.mark.parametrize("date", ["2024-13-01", "2024-05-32", "12/05/2024", "²024-05-06", "<b>"])
def test_what_is_no_day_is_left_out(date: str) -> None:
    """A date that cannot be read is not shown."""
    assert "<time" not in render_block([{"title": "Rye", "url": "/rye/", "date": date}])


def test_pictures_on_the_site_have_their_size(tmp_path: Path) -> None:
    """Width and height are read from the file, in the site's directory only."""
    (tmp_path / "oats.png").write_bytes(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\x20\0\0\x01\xc2\x08\2"
    )
    write_site(tmp_path, {"a.html": b"<article>a</article>"})
    inject_lists(tmp_path, {"a.html": CARDS[:1]})
    changed = (tmp_path / "a.html").read_bytes()
    assert b'alt="" loading="lazy" decoding="async" width="800" height="450"' in changed


def test_template_of_the_package_gives_the_default_block() -> None:
    """block.html is the built-in block, in the form to start one's own from."""
    pytest.importorskip("jinja2")
    template = ROOT / "recommender" / "pages" / "block.html"
    own = render_block(CARDS, template=template.read_text(encoding="utf-8"))
    assert own.replace("&#39;", "&#x27;").replace("&#34;", "&quot;") == render_block(CARDS)


def test_templates_run_in_a_sandbox() -> None:
    """A template reaches no internals, and a wrong one is an error with its line."""
    pytest.importorskip("jinja2")
    with pytest.raises(ConfigError, match="template"):
        render_block(CARDS, template="{{ cards.__class__.__mro__ }}")
    with pytest.raises(ConfigError, match="template:2"):
        render_block(CARDS, template="a\n{% for %}")
    assert "&lt;rye&gt;" in render_block(CARDS, template="{{ cards[0].title }}")


def test_style_can_be_left_to_the_site() -> None:
    """Without styles the block holds class names only."""
    assert "style=" not in render_block(CARDS, style=False)
    assert STYLES["list"] in render_block(CARDS)


def test_scan_is_linear_on_hostile_bytes() -> None:
    """Unclosed tags, comments, quotes and scripts end."""
    for part in (
        b"<!--",
        b"<a ",
        b"<a b='",
        b"</",
        b"<script><!--<script>",
        b"<![CDATA[",
        b"<a =",
        b"<",
    ):
        assert len(list(scan(part * 100_000))) <= 100_000


@pytest.mark.parametrize(
    ("template", "name", "advice"),
    [
        ("{% for card in crads %}{% endfor %}", "crads", "did you mean cards"),
        ("{% for card in cards %}{{ card.titel }}{% endfor %}", "titel", "did you mean title"),
        ("{{ styles.nvav }}", "nvav", "did you mean nav"),
        ("{% if hedaing %}x{% endif %}", "hedaing", "did you mean heading"),
    ],
)
def test_a_name_that_a_template_does_not_find_is_an_error(
    template: str, name: str, advice: str
) -> None:
    """An empty list in every page would be the alternative; the known names are listed."""
    pytest.importorskip("jinja2")
    said = f"unknown name '{name}', expected cards, heading"
    with pytest.raises(ConfigError, match=said) as raised:
        render_block(CARDS, template=template)
    assert advice in raised.value.hint


@pytest.mark.parametrize("style", [True, False])
def test_every_documented_name_is_there(style: bool) -> None:
    """Names are there for a card that has nothing but a title and an address."""
    pytest.importorskip("jinja2")
    names = [*(f"card.{name}" for name in CARD_NAMES), *(f"styles.{part}" for part in STYLES)]
    text = "{% for card in cards %}" + "".join(f"{{{{ {n} }}}}" for n in names) + "{% endfor %}"
    assert "Rye" in render_block([{"title": "Rye", "url": "/rye/"}], template=text, style=style)
    page = (ROOT / "docs/sites/anything-else.md").read_text("utf-8")
    assert [name for name in (*CARD_NAMES, *STYLES) if f"`{name}`" not in page] == []


def test_a_list_has_pictures_on_all_of_its_cards_or_on_none() -> None:
    """One look for a list: a card without a picture takes those of the others away."""
    cards = [{"title": f"T{n}", "url": f"/{n}/", "image": "/a.png"} for n in range(3)]
    assert render_block(cards).count("<img") == 3
    assert "<img" not in render_block([*cards, {"title": "T", "url": "/t/"}])
