"""Sitemaps and the stream of XML below them: which files are read, and none outside the site."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.sites import write_files

pytest.importorskip("defusedxml")
from recommender.errors import SourceError
from recommender.sources import SourceOptions, SourceResult, read_source
from recommender.sources.feeds.xml_stream import (
    MAX_DEPTH,
    local,
    root_name,
    xml_events,
    xml_format,
    xml_items,
)

PROSE = "The ferry ran aground on the bar before dawn, with ninety passengers on board."
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def page(title: str) -> str:
    """Return a page of an article."""
    return f"<title>{title}</title><article><h1>{title}</h1><p>{PROSE}</p></article>"


def sitemap(*addresses: str, index: bool = False, head: str = NAMESPACE) -> str:
    """Return a sitemap, or an index of sitemaps."""
    root, item = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    entries = "".join(f"<{item}><loc>{url}</loc></{item}>" for url in addresses)
    return f'<?xml version="1.0"?>\n<{root} {head}>{entries}</{root}>'


def read(
    site: Path, addresses: Sequence[str], files: Sequence[str], **options: Any
) -> SourceResult:
    """Read a site of pages by its sitemap."""
    write_files(site, {name: page(f"Page {name}") for name in files})
    (site / "sitemap.xml").write_text(sitemap(*addresses))
    return read_source(site / "sitemap.xml", **options)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("https://example.org/rye/", "rye/index.html"), ("https://example.org/rye", "rye.html"),
        ("https://example.org/rye.html", "rye.html"), ("https://example.org/rye", "rye/index.html"),
        ("https://example.org/rye/", "rye.htm"), ("https://example.org/a%20b/", "a b/index.html"),
        ("https://example.org/%C3%BCber", "über.html"), ("/rye/", "rye/index.html"),
        ("https://example.org/rye/?a=1#b", "rye/index.html"),
        ("https://example.org/blog/rye/", "rye/index.html"),
        ("https://example.org/a/b/c/rye/", "rye/index.html"),
    ],
)  # fmt: skip
def test_address_leads_to_its_file(tmp_path: Path, address: str, file: str) -> None:
    """As servers serve them, also where the site is published under a path."""
    result = read(tmp_path, [address], [file])
    assert list(result.articles["id"]) == [file]
    assert result.skipped == []


def test_same_part_is_removed_from_all_addresses(tmp_path: Path) -> None:
    """The one with which most files are found: not one page from here, another from there."""
    addresses = [f"https://example.org/blog/{name}/" for name in ("a", "b", "blog")]
    result = read(tmp_path, addresses, ["a/index.html", "b/index.html", "blog/a/index.html"])
    assert list(result.articles["id"]) == ["a/index.html", "b/index.html"]
    assert set(result.skipped) == {
        ("https://example.org/blog/blog/", "no file"),
        (f"{tmp_path}/blog/a/index.html", "not in the sitemap"),
    }


@pytest.mark.parametrize(
    "address",
    ["https://example.org/../out.html", "https://example.org/%2e%2e/out.html", "/a/../../out.html",
     "file:///etc/passwd", "https://example.org/link.html", "https://example.org/a%00b", "http://[",
     "https://example.org/" + "x" * 300, "..%5cout.html", "https://example.org/folder/"],
)  # fmt: skip
def test_no_address_leads_out_of_the_site(tmp_path: Path, address: str) -> None:
    """Whatever it resolves to, through a link too; it is told as an address without a file."""
    site = tmp_path / "site"
    write_files(tmp_path, {"out.html": page("Secret"), "secret/index.html": page("Secret")})
    site.mkdir()
    (site / "link.html").symlink_to(tmp_path / "out.html")
    (site / "folder").symlink_to(tmp_path / "secret")
    result = read(site, [address, "https://example.org/rye.html"], ["rye.html"])
    assert list(result.articles["id"]) == ["rye.html"]
    assert (address, "no file") in result.skipped


def test_glob_chooses_among_the_pages_that_are_named(tmp_path: Path) -> None:
    """A page that is not in the sitemap is no article, whatever its name."""
    files = ["blog/a.html", "blog/b[1].html", "c.html"]
    result = read(
        tmp_path, ["/blog/a.html", "/c.html"], files, options=SourceOptions(glob="blog/*")
    )
    assert list(result.articles["id"]) == ["blog/a.html"]
    assert (f"{tmp_path}/blog/b[1].html", "not in the sitemap") in result.skipped


def test_index_is_followed_once(tmp_path: Path) -> None:
    """Into directories and packed files; sitemaps that name each other end."""
    write_files(tmp_path, {"a.html": page("A"), "sub/b.html": page("B"),
                           "sub/one.xml": sitemap("/sitemap.xml",
                           "/sub/one.xml", index=True)})  # fmt: skip
    (tmp_path / "two.xml.gz").write_bytes(gzip.compress(sitemap("/a.html", "/sub/b.html").encode()))
    names = ["https://example.org/two.xml.gz", "/sub/one.xml", "/sitemap.xml", "/gone.xml"]
    (tmp_path / "sitemap.xml").write_text(sitemap(*names, index=True))
    result = read_source(tmp_path / "sitemap.xml")
    assert list(result.articles["id"]) == ["a.html", "sub/b.html"]
    assert ("/gone.xml", "no file") in result.skipped


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (sitemap("https://example.org/gone/"), "none of its 1 addresses has a file beside it, got "
         "https://example.org/gone/\nHint: put the sitemap into the directory of the built site"),
        (sitemap(), "none of its 0 addresses has a file beside it, got no <loc>"),
        ("<rss></rss>", "is not a sitemap, expected <urlset> or <sitemapindex>, got <rss>\nHint: "
         'set source_format = "feed" for a feed, "wordpress" for an export of WordPress'),
        ("", "is not a sitemap, expected <urlset> or <sitemapindex>, got <>"),
    ],
)  # fmt: skip
def test_sitemap_without_pages_is_named(tmp_path: Path, text: str, told: str) -> None:
    """With one of its addresses, so that the mistake shows."""
    path = tmp_path / "sitemap.xml"
    path.write_text(text)
    with pytest.raises(SourceError) as error:
        read_source(path, SourceOptions(format="sitemap"))
    assert str(error.value).startswith(f"{path}: {told}")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("<rss/>", "rss"), ("<a:feed xmlns:a='x'/>", "feed"), ('<?xml version="1.0"?><rss>', "rss"),
        ("<!-- <feed> --><rss>", "rss"), ("<!DOCTYPE rss [<!ENTITY a '<b>'>]><rss>", "rss"),
        ("<!DOCTYPE feed SYSTEM 'x'>\n<feed>", "feed"), ("<?php <b> ?><rdf:RDF>", "RDF"),
        ("\ufeff  <rss>", "rss"), ("", ""), ("no xml", ""), ("< rss>", ""), ("<r\u00fcss>", "r"),
    ],
)  # fmt: skip
def test_root_element_is_found_behind_what_may_precede_it(
    tmp_path: Path, text: str, root: str
) -> None:
    """Declarations, comments, document types and namespaces."""
    (tmp_path / "a.xml").write_text(text, "utf-8")
    assert root_name(tmp_path / "a.xml") == root


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("<urlset>", "sitemap"), ("<sitemapindex>", "sitemap"), ("<rss>", "feed"), ("<feed>",
        "feed"),
        ("<rdf:RDF>", "feed"), ("<rss xmlns:wp='http://wordpress.org/export/1.2/'>", "wordpress"),
    ],
)  # fmt: skip
def test_format_of_a_file_is_told_by_its_root(tmp_path: Path, text: str, format: str) -> None:
    """An export of WordPress is an RSS file with a namespace of its own."""
    (tmp_path / "a.xml").write_text(text)
    assert xml_format(tmp_path / "a.xml") == format


@pytest.mark.parametrize(
    ("text", "shown"), [("<html>", "<html>"), ("", "(none)"), ("{}", "(none)")]
)
def test_other_xml_is_named_by_its_root(tmp_path: Path, text: str, shown: str) -> None:
    """With what was expected."""
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(SourceError) as error:
        xml_format(tmp_path / "a.xml")
    assert str(error.value) == (
        f"{tmp_path}/a.xml: root element {shown} is unknown, expected <rss>, <feed>, <rdf:RDF>, "
        "<urlset> or <sitemapindex>\nHint: convert other kinds of XML to JSON or CSV first"
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<a><b></a>", "a.xml:1: is not valid XML: mismatched tag\nHint: check the file with"),
        (b"<a>\n&nbsp;</a>", "a.xml:2: is not valid XML: undefined entity"),
        (b"<a>\n\n<b>", "a.xml:3: is not valid XML: no element found\nHint: the file breaks off"),
        (b"", "a.xml:1: is not valid XML: no element found"),
        (b"<a>\xff</a>", "a.xml:1: is not valid XML: not well-formed (invalid token)"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a.xml: declares or refers to entities"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "a.xml: declares or"),
        (b"<a>" * (MAX_DEPTH + 1), f"a.xml: nests more than {MAX_DEPTH} elements"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "a.xml"),
    ],
)  # fmt: skip
def test_hostile_and_broken_xml_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    """By its line where the parser knows it; no entity is expanded or opened."""
    (tmp_path / "a.xml").write_bytes(data)
    with pytest.raises(SourceError) as error:
        list(xml_events(tmp_path / "a.xml"))
    assert str(error.value).startswith(f"{tmp_path}/{told}")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"]
)
def test_encodings_of_xml_are_read(tmp_path: Path, encoding: str) -> None:
    """As the declaration or the first bytes say."""
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")[:6]}"?><a>Zürich</a>'
    if encoding == "iso-8859-1":
        text = text.replace('encoding="iso-88"', 'encoding="iso-8859-1"')
    (tmp_path / "a.xml").write_bytes(text.encode(encoding))
    assert [element.text for _, element in xml_events(tmp_path / "a.xml", ("end",))] == ["Zürich"]


@given(st.lists(st.sampled_from(["item", "other", "deep"]), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_items_come_one_by_one_and_are_whole(tmp_path: Path, names: list[str]) -> None:
    """In order, with all that is in them; what is between them is told apart."""
    inner = {"item": "<item>{0}<b>x</b></item>", "other": "<other>{0}</other>",
             "deep": "<c><item><item>{0}</item></item></c>"}  # fmt: skip
    body = "".join(inner[name].format(number) for number, name in enumerate(names))
    (tmp_path / "a.xml").write_text(f"<rss><channel>{body}</channel></rss>")
    outside: list[str] = []
    texts = [
        "".join(element.itertext())
        for element in xml_items(
            tmp_path / "a.xml", lambda tag: local(tag) == "item", lambda e: outside.append(e.tag)
        )
    ]
    expected = [
        f"{n}x" if name == "item" else str(n) for n, name in enumerate(names) if name != "other"
    ]
    assert texts == expected
    assert outside.count("other") == names.count("other")
    assert "item" not in outside
