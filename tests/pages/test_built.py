"""`check --built`: what is wrong with the lists on the pages of a built site."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from recommender.pages.built import check_built


def nav(*links: str, key: str = "") -> str:
    """Return a list as the ready templates write it."""
    mark = f' data-recommender-list="{key}"' if key else ""
    items = "".join(f'<li><a href="{link}">x</a></li>' for link in links)
    return f'<nav class="recommender"{mark}><h2>You may also like</h2><ul>{items}</ul></nav>'


def site_of(folder: Path, pages: Mapping[str, str]) -> Path:
    """Write the pages of a built site."""
    for name, body in pages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'<!doctype html><html lang="en"><body>{body}</body></html>')
    return folder


def card(url: str, **more: Any) -> dict[str, Any]:
    """Return a card that leads to an address."""
    return {"id": url, "url": url, "title": "x", **more}


def test_lists_on_their_pages_are_fine(tmp_path: Path) -> None:
    """Pages are counted, and so are the links; an empty list needs no place."""
    site = site_of(
        tmp_path, {"a/index.html": nav("/b/", "../b"), "b/index.html": nav("/a/index.html")}
    )
    report = check_built(site, {"/a/": [card("/b/")], "/b/": [card("/a/")], "/c/": []})
    assert report.problems == {}
    assert (report.pages, report.listed, report.links) == (2, ["a/index.html", "b/index.html"], 3)


@pytest.mark.parametrize("key", ["/a/", "a.md", "a/index.html", "a.html", "/a"])
def test_a_page_without_its_list_is_named(tmp_path: Path, key: str) -> None:
    """The page of a list is found by address, by path, and by the id of its source."""
    site = site_of(tmp_path, {"a/index.html": "", "b/index.html": nav("/a/")})
    report = check_built(site, {key: [card("/b/")], "/b/": [card("/a/")]})
    assert [line.partition(": ")[0] for line in report.without_list] == [key]
    assert list(report.problems) == ["lists missing on their page"]


def test_a_list_without_a_page_is_named_with_its_dead_links(tmp_path: Path) -> None:
    """Of a list that no page shows, the addresses in the file are followed."""
    site = site_of(tmp_path, {"b/index.html": nav("/b/")})
    report = check_built(site, {"/gone/": [card("/b/"), card("/nowhere/")], "/b/": [card("/b/")]})
    assert report.without_page == ["/gone/"]
    assert report.dead == ["/gone/: /nowhere/"]


def test_a_list_may_have_any_id_for_its_name(tmp_path: Path) -> None:
    """Such as the guid of an item of a feed, which need not be an address."""
    site = site_of(tmp_path, {"b/index.html": nav("/b/")})
    report = check_built(site, {"http://[": [card("/b/")]})
    assert report.without_page == ["http://["]


def test_a_list_is_known_by_its_name_wherever_its_page_is(tmp_path: Path) -> None:
    """A page may be elsewhere than the name of its list says: permalinks of Hugo."""
    site = site_of(tmp_path, {"p/one.html": nav("/p/two.html", key="/posts/One &amp; a"),
                              "p/two.html": nav("/p/one.html", key="/posts/b")})  # fmt: skip
    lists = {"/posts/One & a": [card("/posts/b/")], "/posts/b": [card("/posts/one-a/")]}
    assert check_built(site, lists).problems == {}


def test_a_translation_is_known_by_hugos_key(tmp_path: Path) -> None:
    """The list `/rye.de` belongs to the page of Rye in German, also where no card links to it."""
    site = site_of(tmp_path, {"rye/index.html": "<p>Rye</p>", "de/rye/index.html": "Roggen"})
    report = check_built(site, {"/rye.de": [card("")]})
    assert (report.without_page, report.without_list) == ([], ["/rye.de: de/rye/index.html"])


def test_the_list_of_another_article_does_not_count(tmp_path: Path) -> None:
    """A page that shows the list of another article lacks its own."""
    site = site_of(tmp_path, {"a.html": nav("b.html", key="/b/"), "b.html": nav("a.html")})
    assert check_built(site, {"/a.html": [card("/b.html")]}).without_list == ["/a.html: a.html"]


@pytest.mark.parametrize(
    ("href", "dead"),
    [
        ("/b", False), ("/b/", False), ("/b/index.html", False), ("b/", False), ("./b/#x", False),
        ("/c", False), ("/c.html?q=1", False), ("/", False), ("/%C3%BC%20x.html", False),
        ("https://example.org/b/", False), ("/c/", True), ("/B/", True), ("c.htm", True),
        ("../../b/", False), ("javascript:go()", True), ("http://[", True), ("mailto:a@b", True),
    ],
)  # fmt: skip
def test_links_are_followed_as_a_server_would(tmp_path: Path, href: str, dead: bool) -> None:
    """A file, a directory with an index, or a name without its .html; nothing else."""
    home = '<link rel="canonical" href="https://example.org/">'
    pages = {"b/index.html": "", "c.html": "", "ü x.html": "", "index.html": home}
    site = site_of(tmp_path, {**pages, "a.html": nav(href)})
    report = check_built(site)
    assert report.dead == ([f"a.html: {href}"] if dead else [])
    assert report.links == 1


def test_other_hosts_are_counted_and_not_followed(tmp_path: Path) -> None:
    """Pages on another host cannot be checked in the directory."""
    report = check_built(site_of(tmp_path, {"a.html": nav("https://example.com/b/", "//c.org/")}))
    assert (report.links, report.elsewhere, report.problems) == (0, 2, {})


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="https://example.org/docs/v1/{}/">',
        '<link rel="stylesheet" href="/docs/v1/site.css"><a href="/docs/v1/">Home</a>',
    ],
)
def test_the_base_path_of_a_site_is_guessed(tmp_path: Path, head: str) -> None:
    """A site may live below a path: its links begin with it, and those that do not are dead."""
    site = site_of(
        tmp_path,
        {"a/index.html": head.format("a") + nav("/docs/v1/b/", "../b/", "/b/", "/docs/b/"),
         "b/index.html": head.format("b") + nav("/docs/v1/a/")},
    )  # fmt: skip
    (site / "site.css").write_text("")
    assert check_built(site).dead == ["a/index.html: /b/", "a/index.html: /docs/b/"]


def test_a_base_path_is_not_guessed_from_the_lists(tmp_path: Path) -> None:
    """Links that all lead one directory too low are dead, not a base path."""
    site = site_of(tmp_path, {"a/index.html": '<a href="/">Home</a>' + nav("/content/b/"),
                              "b/index.html": nav("/content/a/")})  # fmt: skip
    assert len(check_built(site).dead) == 2


HOST = "https://courier.example"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("CNAME", "courier.example\n"),
        ("sitemap.xml", f"<urlset><url><loc>{HOST}/a/</loc></url></urlset>"),
        ("atom.xml", f'<feed xmlns="http://www.w3.org/2005/Atom"><link href="{HOST}/"/></feed>'),
        ("rss.xml", f"<rss><channel><title>C</title><link>{HOST}/</link></channel></rss>"),
        ("b/index.html", f'<head><meta property="og:url" content="{HOST}/b/"></head>'),
        ("b/index.html", f'<head><base href="{HOST}/b/"></head>'),
    ],
)
def test_dead_links_with_the_sites_host_are_found(tmp_path: Path, file: str, text: str) -> None:
    """Without canonical addresses, the site's files and pages tell its host."""
    pages = {"a/index.html": nav(f"{HOST}/b/", f"{HOST}/gone/", "https://other.example/x/")}
    site = site_of(tmp_path, {**pages, "b/index.html": ""})
    (site / file).write_text(text)
    report = check_built(site)
    assert report.dead == [f"a/index.html: {HOST}/gone/"]
    assert (report.links, report.elsewhere) == (2, 1)


@pytest.mark.parametrize("base", ["", "/docs"])
def test_whole_addresses_that_most_pages_share_tell_the_host(tmp_path: Path, base: str) -> None:
    """A menu of whole addresses names the host, and so the path below which the site lives."""
    menu = f'<a href="{HOST}{base}/a/">A</a><a href="https://other.example/about">Us</a>'
    link = f"{HOST}{base}/gone/"
    site = site_of(tmp_path, {"a/index.html": menu + nav(link), "b/index.html": menu})
    assert check_built(site).dead == [f"a/index.html: {link}"]


def test_a_host_that_few_pages_link_to_is_another(tmp_path: Path) -> None:
    """A path that happens to exist on both hosts makes none of them the site's."""
    link = '<a href="https://other.example/a/">A</a>'
    pages = {"a/index.html": link + nav("https://other.example/x/"), "b.html": "", "c.html": ""}
    assert check_built(site_of(tmp_path, pages)).elsewhere == 1


def test_links_start_from_the_base_of_their_page(tmp_path: Path) -> None:
    """A page with a base has addresses that start there."""
    head = '<head><base href="/posts/"></head>'
    pages = {"posts/a.html": "", "deep/down/b.html": head + nav("a.html", "gone.html")}
    report = check_built(site_of(tmp_path, pages))
    assert report.dead == ["deep/down/b.html: gone.html"]


def test_a_page_with_the_lists_of_several_articles_is_named(tmp_path: Path) -> None:
    """An index that shows whole articles must not show their lists."""
    both = nav("/a.html", key="x") + nav("/a.html", key="y")
    site = site_of(tmp_path, {"index.html": both, "a.html": nav("/", key="a") * 2})
    assert check_built(site).crowded == ["index.html: 2 lists"]


def test_lists_of_any_template_are_seen(tmp_path: Path) -> None:
    """The markers of `inject`, the class without quotes, the attribute on any element."""
    start, end = "<!-- recommender:start -->", "<!-- recommender:end -->"
    bodies = [
        f"{start}<div><a href=/no/>x</a></div>{end}",
        "<aside class='side recommender'><a href=/no/>x</a></aside>",
        "<NAV class=recommender><a href=/no/>x</a></NAV>",
        '<section data-recommender-list="k"><div><a href="/no/">x</a></div></section>',
        f'{start}<nav class="recommender"><a href=/no/>x</a></nav>{end}',
    ]
    site = site_of(tmp_path, {f"{number}.html": body for number, body in enumerate(bodies)})
    assert len(check_built(site).dead) == len(bodies)
    assert check_built(site).crowded == []


def test_what_only_mentions_the_recommender_is_no_list(tmp_path: Path) -> None:
    """Prose, code and other classes are not lists."""
    body = '<p class="recommender-note">a recommender</p><script>"<nav class=recommender>"</script>'
    assert check_built(site_of(tmp_path, {"a.html": body})).listed == []


def lists_file(folder: Path, lists: Mapping[str, list[dict[str, Any]]]) -> Path:
    """Write lists as `build` does."""
    file = folder / "related.json"
    file.write_text(json.dumps({"schema": 1, "lists": lists}))
    return file


def test_check_built_prints_counts_and_passes(run: Command, tmp_path: Path) -> None:
    """All is well: the counts on stdout, exit code 0."""
    site = site_of(tmp_path / "public", {"a.html": nav("b.html"), "b.html": nav("a.html")})
    file = lists_file(tmp_path, {"/a": [card("/b")], "/b": [card("/a")], "/c": []})
    done = run("check", "--built", site, "--lists", file)
    assert (done.code, done.out.splitlines()) == (
        0, ["pages: 2, 2 with a list", "lists: 3, 1 empty", "links in lists: 2"],
    )  # fmt: skip


def test_check_built_fails_on_any_problem(run: Command, tmp_path: Path) -> None:
    """Every kind of problem is counted, with examples; exit code 1."""
    site = site_of(tmp_path / "public", {"a.html": nav("b.html", "/no/"), "b.html": ""})
    file = lists_file(tmp_path, {"/a": [card("/b")], "/b": [card("/a")], "/c": [card("/a")]})
    done = run("check", "--built", site, "--lists", file)
    assert done.code == 1
    assert done.err.splitlines()[:3] == [
        f"Error: {site}: lists missing on their page: 1 (/b: b.html)",
        f"{site}: lists whose page does not exist: 1 (/c)",
        f"{site}: links that lead nowhere: 1 of 4 (a.html: /no/)",
    ]


@pytest.mark.parametrize(
    ("links", "hint"), [(["b.html"], "add the list to the templates"), (["/no/"], "url_template")]
)
def test_the_hint_fits_the_problem(
    run: Command, tmp_path: Path, links: list[str], hint: str
) -> None:
    """A page whose template shows no list has the right address; a dead link has a wrong one."""
    site = site_of(tmp_path / "public", {"a.html": nav(*links), "b.html": ""})
    file = lists_file(tmp_path, {"/a": [card("/b")], "/b": [card("/a")]})
    assert hint in run("check", "--built", site, "--lists", file).err


def test_check_built_takes_the_output_in_the_settings(run: Command, tmp_path: Path) -> None:
    """The file that `build` wrote by the settings is what the pages are compared with."""
    site = site_of(tmp_path / "public", {"a.html": "", "b.html": nav("a.html")})
    lists_file(Path(), {"/a": [card("/b")]})
    Path("recommender.toml").write_text('output = "related.json"\n')
    done = run("check", "--built", site)
    assert done.code == 1
    assert "lists missing on their page: 1 (/a: a.html)" in done.err


def test_check_built_fails_where_no_page_has_a_list(run: Command, tmp_path: Path) -> None:
    """A site without any list is not what the command was run for."""
    done = run("check", "--built", site_of(tmp_path / "public", {"a.html": ""}))
    assert (done.code, "no page has a list" in done.err) == (1, True)
    assert run("check", "--built", tmp_path / "missing").code == 1


def test_check_built_says_so_where_no_page_is(run: Command, tmp_path: Path) -> None:
    """A build that failed leaves an empty directory: not a fault of the lists."""
    (tmp_path / "public").mkdir()
    done = run("check", "--built", tmp_path / "public", "--lists", lists_file(tmp_path, {"/a": []}))
    assert (done.code, done.err.count("\n")) == (1, 2)
    assert "public: contains no pages\nHint: build the site" in done.err


def test_check_built_makes_injected_lists_again(run: Command, tmp_path: Path) -> None:
    """Where the lists were put into the built pages, a page that lost its list is named."""
    texts = {"ferry": "The ferry left the harbour at dawn.",
             "harbour": "The harbour waits for the ferry at dawn."}  # fmt: skip
    pages = {f"{name}.html": f"<article><h1>{name}</h1><p>{text}</p></article>"
             for name, text in texts.items()}  # fmt: skip
    site = site_of(tmp_path / "public", pages)
    flags = ("--min-score", "0", "--min-df", "1", "--max-df", "1")
    assert run("site", site, *flags).code == 0
    assert run("check", "--built", site, *flags).code == 0
    site_of(site, {"ferry.html": pages["ferry.html"]})
    done = run("check", "--built", site, *flags)
    assert (done.code, "lists missing on their page: 1 (ferry.html)" in done.err) == (1, True)


def test_site_fails_where_a_link_leads_nowhere(run: Command, tmp_path: Path) -> None:
    """`site` checks its own work: an address that the site has no page for is an error."""
    head = '<link rel="canonical" href="https://example.org/elsewhere/{}">'
    body = "<article><h1>{}</h1><p>Rye bread is on sale.</p></article>"
    pages = {f"a/{name}.html": (head + body).format(name, name) for name in "xy"}
    site = site_of(tmp_path / "public", pages)
    done = run("site", site, "--min-score", "0", "--min-df", "1", "--max-df", "1")
    assert (done.code, "links that lead nowhere: 2 of 2" in done.err) == (1, True)
