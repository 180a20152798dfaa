"""The verbs `inject` and `site`: exit codes, dry runs, lists from a file, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Command

from recommender.pages.built import names_by_page

TEXTS = {
    "ferry": "The ferry left the harbour at dawn.",
    "harbour": "The harbour waits for the ferry at dawn.",
    "rye": "Bake the bread from rye flour.",
    "wheat": "Bake the bread from wheat flour.",
}
NO_BOUND = ("--min-score", "0.1")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built site of four articles and a home page."""
    site = tmp_path / "public"
    for name, text in TEXTS.items():
        page = site / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(
            f'<!DOCTYPE html><html lang="en"><title>{name}</title><article><h1>{name.title()}</h1>'
            f'<time datetime="2024-05-12">May 12</time><p>{text}</p></article></html>\n'
        )
    (site / "index.html").write_text("<h1>Home</h1><a href='/ferry/'>Ferry</a>")
    return site


def pages_of(site: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a site."""
    return {
        file.relative_to(site).as_posix(): file.read_bytes()
        for file in sorted(site.rglob("*"))
        if file.is_file()
    }


def test_site_reads_lists_and_injects_in_one_step(run: Command, built: Path) -> None:
    """Every article gets its list, the home page none; stderr narrates; stdout stays empty."""
    before = pages_of(built)
    done = run("site", built, *NO_BOUND)
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[-1].startswith("4 pages written in ")
    after = pages_of(built)
    assert b'<a href="/harbour/"' in after["ferry/index.html"]
    assert b'<time datetime="2024-05-12"' in after["ferry/index.html"]
    assert b">May 12, 2024</time>" in after["ferry/index.html"]
    assert b'<a href="/wheat/"' in after["rye/index.html"]
    assert after["index.html"] == before["index.html"]


def test_site_without_pages_says_to_build_it(run: Command, tmp_path: Path) -> None:
    """The patterns are readable, and the usual reason is that nothing has been built yet."""
    (tmp_path / "public").mkdir()
    done = run("site", tmp_path / "public")
    assert done.code == 1
    assert done.err.endswith(
        "public: no file matches **/*.html, **/*.htm\n"
        "Hint: build the site, then name the directory of its pages, or set glob\n"
    )


def test_site_again_changes_nothing(run: Command, built: Path) -> None:
    """The inserted lists do not count as text of the pages: the second run finds the same lists."""
    run("site", built, *NO_BOUND)
    once = pages_of(built)
    times = {file: file.stat().st_mtime_ns for file in built.rglob("*.html")}
    done = run("site", built, *NO_BOUND, "--no-index")
    assert done.err.splitlines()[-1].startswith("4 pages unchanged in ")
    assert pages_of(built) == once
    assert {file: file.stat().st_mtime_ns for file in built.rglob("*.html")} == times


def test_remove_gives_back_what_was_built(run: Command, built: Path) -> None:
    """All bytes are those of before, and removing again has nothing to do."""
    before = pages_of(built)
    run("site", built, *NO_BOUND)
    done = run("inject", built, "--remove")
    assert done.code == 0
    assert done.err.startswith("4 pages restored in ")
    assert pages_of(built) == before
    assert run("inject", built, "--remove").err.startswith("Nothing to do in ")


@pytest.mark.parametrize("verb", [("site",), ("inject",), ("inject", "--remove")])
def test_dry_run_prints_a_diff_and_changes_nothing(
    run: Command, built: Path, verb: tuple[str, ...]
) -> None:
    """The diff is on stdout, in a form that patch takes; no file changes."""
    if "--remove" in verb:
        run("site", built, *NO_BOUND)
    before = pages_of(built)
    done = run(verb[0], built, *verb[1:], "--dry-run", *NO_BOUND)
    assert done.code == 0
    assert done.out.startswith("--- a/ferry/index.html\n+++ b/ferry/index.html\n@@ ")
    sign = "-" if "--remove" in verb else "+"
    assert f"\n{sign}<!-- recommender:end --></article></html>\n" in done.out
    assert pages_of(built) == before


def test_lists_come_from_the_file_of_build(run: Command, built: Path) -> None:
    """Lists of Markdown sources find their pages by id or address; the others are counted."""
    card = {"id": "wheat.md", "url": "/wheat/", "title": "Wheat", "teaser": "", "date": None}
    lists = {"ferry.md": [card], "rye.md": [card], "gone.md": [card]}
    Path("related.json").write_text(json.dumps({"lists": lists}))
    done = run("inject", built, "--lists", "related.json")
    assert done.code == 0
    read, wrote = done.err.splitlines()
    assert read == "Read 3 lists from related.json (1 list without a page)"
    assert wrote.startswith("2 pages written in ")
    assert b'<a href="/wheat/"' in pages_of(built)["ferry/index.html"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "related.json: cannot be read"),
        ("[]", "related.json: is not JSON written by `recommender build`"),
        ('{"schema": 1}', "got no key `lists`"),
        ('{"lists": []}', "is not JSON written by `recommender build`"),
        ('{"lists": {"ferry/": 1}}', "list 'ferry/': got int, expected a list"),
        ('{"lists": {"ferry/": "ab"}}', "list 'ferry/': got str, expected a list"),
        ('{"lists": {"ferry/": ["a"]}}', "list 'ferry/', card 1: got str, expected an object"),
        ('{"lists": {"ferry/": [{"title": "a", "url": 3}]}}', "card 1: url must be text, got 3"),
        (
            '{"lists": {"ferry/": [{"title": ["a"], "url": "/a/"}]}}',
            "title must be text, got ['a']",
        ),
        ("[" * 100_000, "is not JSON written by `recommender build`"),
        ('{"lists": {"gone.md": []}}', "none of its lists belongs to a page in"),
    ],
)
def test_wrong_lists_end_with_one_and_change_nothing(
    run: Command, built: Path, content: str | None, message: str
) -> None:
    """The error names the file and says what to do."""
    before = pages_of(built)
    if content is not None:
        Path("related.json").write_text(content)
    done = run("inject", built, "--lists", "related.json")
    assert done.code == 1
    assert message in done.err
    assert pages_of(built) == before


def test_options_of_the_block_are_heeded(run: Command, built: Path) -> None:
    """Heading, selector and no-style reach the pages."""
    run("site", built, *NO_BOUND, "--heading", "More <here>", "--selector", "h1", "--no-style")
    page = pages_of(built)["ferry/index.html"]
    assert b'<h2 id="recommender-heading">More &lt;here&gt;</h2>' in page
    assert b"style=" not in page
    assert page.index(b"recommender:end") < page.index(b"</h1>")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("site", "nowhere"), 1, "nowhere"),
        (("inject", "nowhere", "--remove"), 1, "nowhere: no such directory"),
        (("site",), 2, "SITE_DIR"),
        (("site", "public", "--lists", "x.json"), 2, "--lists"),
        (("site", "public", "--selector", "[["), 2, "is not a CSS selector"),
        (("site", "public", "--template", "none.html"), 2, "none.html: cannot be read"),
    ],
)
def test_wrong_calls_are_told_from_wrong_data(
    run: Command, built: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """Usage and settings end with 2, data with 1; each error names what is wrong."""
    before = pages_of(built)
    done = run(*arguments, *(NO_BOUND if len(arguments) > 1 and arguments[0] == "site" else ()))
    assert done.code == code
    assert message in done.err
    assert pages_of(built) == before


def test_a_page_that_cannot_be_changed_fails_the_run_after_the_others(
    run: Command, built: Path
) -> None:
    """The others get their lists; the exit code is 1 and the page is named with the reason."""
    page = built / "rye" / "index.html"
    page.write_text(f"<!-- recommender:start -->{page.read_text()}")
    done = run("site", built, *NO_BOUND)
    assert done.code == 1
    assert "rye/index.html: marker 'recommender:start' is not paired" in done.err
    assert b'<a href="/harbour/"' in pages_of(built)["ferry/index.html"]


def test_site_saves_the_lists_that_it_adds(run: Command, built: Path, tmp_path: Path) -> None:
    """The saved lists are those on the pages; a run with nothing to do writes a lost file again."""
    saved = tmp_path / "lists.json"
    assert run("site", built, *NO_BOUND, "--save-lists", saved).code == 0
    first = saved.read_bytes()
    lists = json.loads(first)["lists"]
    assert lists["ferry/index.html"][0]["url"] == "/harbour/"
    assert run("check", "--built", built, "--lists", saved).code == 0
    saved.unlink()
    assert run("site", built, *NO_BOUND, "--save-lists", saved).code == 0
    assert saved.read_bytes() == first


def test_dry_run_saves_no_lists(run: Command, built: Path, tmp_path: Path) -> None:
    """With --dry-run, no file is written."""
    saved = tmp_path / "lists.json"
    assert run("site", built, *NO_BOUND, "--dry-run", "--save-lists", saved).code == 0
    assert not saved.exists()


def test_compressed_copies_are_reported(run: Command, built: Path) -> None:
    """index.html.gz beside a changed page is named as stale."""
    (built / "ferry" / "index.html.gz").write_bytes(b"")
    done = run("site", built, *NO_BOUND)
    assert "out-of-date compressed copies: 1; compress again: ferry/index.html.gz" in done.err


@pytest.mark.parametrize(
    "page", ["2024/05/12/oats/index.html", "2024/05/12/oats.html", "a/b/oats.html"]
)
def test_lists_find_pages_of_dated_sources(page: str) -> None:
    """An article that is in no list has no address in the file: its page is found by its name."""
    lists = {"posts/2024-05-12-oats.md": [{"id": "rye.md"}]}
    assert list(names_by_page(lists, [page, "rye/index.html"])) == [page]


def test_lists_go_to_no_page_of_a_doubtful_name() -> None:
    """Two pages of one name, or two lists, are not guessed between."""
    assert names_by_page({"oats.md": []}, ["a/oats.html", "b/oats.html"]) == {}
    assert (
        names_by_page({"a/2024-01-01-oats.md": [], "b/2023-01-01-oats.md": []}, ["x/oats.html"])
        == {}
    )


PROSE = (
    "<p>The council met twice about the {name}, and found no money for its repair this year.</p>"
    "<p>Whoever works near the {name} was heard, and none of them asked that it be closed.</p>"
)
DIVS = (
    "<html lang=en><head><title>{title} | Globe</title></head><body><div class=top><a href='/'>"
    "Globe</a></div><div class=page><div class=story><h1>{title}</h1>"
    + PROSE
    + "</div><div class=cards>"
    "<div class=card><h3><a href='/rye/'>Rye</a></h3><p>Bake it…</p></div></div></div>"
    "<div class=foot><p>All rights reserved.</p></div></body></html>"
)


@pytest.mark.parametrize("flags", [(), ("--article-selector", ".story")])
def test_the_list_goes_where_the_article_was_found(
    run: Command, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """On pages of <div>s too: to the end of the text, not into a card or behind the footer."""
    for name in TEXTS:
        page = DIVS.format(title=name.title(), name=name)
        (tmp_path / f"{name}.html").write_text(page)
    assert run("site", tmp_path, *NO_BOUND, *flags).code == 0
    written = [page for page in pages_of(tmp_path).values() if b"recommender:start" in page]
    assert written
    for page in written:
        start, end = page.index(b"<!-- recommender:start"), page.index(b"recommender:end -->") + 19
        assert page[:start].endswith(b"be closed.</p>")
        assert page[end:].startswith(b"</div><div class=cards>")
