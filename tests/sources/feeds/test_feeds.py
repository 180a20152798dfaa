"""Feeds and sitemaps: what every source holds to, the four formats, and hostile XML."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from source_contracts import SourceContract

from recommender.errors import MissingDependencyError, SourceError
from recommender.sources import SourceOptions, read_articles, read_source
from recommender.sources.feeds.feed import read_feed
from recommender.sources.html.fragments import read_fragment

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">
  <title>Farm</title><link href="https://farm.example/"/>
  <entry>
    <id>tag:farm,2020:rye</id><title>Rye &lt;b&gt;early&lt;/b&gt;</title>
    <link rel="self" href="/x.atom"/><link href="/rye/"/>
    <published>2020-01-02T10:00:00+02:00</published><updated>2021-01-01T00:00:00Z</updated>
    <category term="grain" label="Grain"/><category term="north"/>
    <summary>In brief.</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><h2>When</h2>
      <p>Sow <a href="/sow/">it</a> ear<b>ly</b>.</p><img src="/rye.jpg"/></div></content>
  </entry>
  <entry xml:lang="de"><id>2</id><title>Hafer</title>
    <content type="html">&lt;p&gt;Sp&amp;auml;t.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</content>
  </entry>
</feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://f.example/"><title>Farm</title></channel>
<item rdf:about="https://f.example/rye"><title>Rye</title><link>https://f.example/rye</link>
<description>Sow it.</description><dc:date>2020-01-02</dc:date><dc:subject>Grain</dc:subject></item>
</rdf:RDF>"""

RSS = """<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Farm</title><link>https://farm.example/</link><language>en</language>
<item><title>Rye &amp;#8217;s year</title><link>https://farm.example/rye/</link>
<guid isPermaLink="false">mill-1</guid><pubDate>Mon, 06 Jan 2020 00:01:00 EST</pubDate>
<category><![CDATA[Grain]]></category><dc:creator>Ada</dc:creator>
<media:content url="/rye.jpg" medium="image"><media:title type="plain">no title</media:title>
</media:content><description><![CDATA[In <b>brief</b>.]]></description>
<content:encoded><![CDATA[<p>Sow it.</p><figure><img src="/a.png"><figcaption>Photo: Reuters
</figcaption></figure><p>Deep.</p>
<p>The post <a href="/rye/">Rye</a> appeared first on <a href="/">Farm</a>.</p>]]></content:encoded>
</item></channel></rss>"""


def save(directory: Path, text: str, name: str = "feed.xml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


class TestRss(SourceContract):
    """RSS 2.0, with ISO dates and an element of the site's own."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        names = {"id": "guid", "text": "description", "date": "pubDate", "tags": "category"}
        items = "".join(
            "<item>" + "".join(
                f"<{names.get(key, key)}>{escape(str(value))}</{names.get(key, key)}>"
                for key, value in row.items()
            ) + "</item>"
            for row in rows
        )  # fmt: skip
        return save(directory, f"<rss version='2.0'><channel>{items}</channel></rss>")


class TestJsonFeed(SourceContract):
    """JSON Feed, distinguished from other JSON by its version."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        names = {"text": "content_text", "date": "date_published"}
        items = [{names.get(key, key): value for key, value in row.items()} for row in rows]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Farm", "items": items}
        return save(directory, json.dumps(feed), "feed.json")


def test_rss_gives_the_whole_text_and_the_facts(tmp_path: Path) -> None:
    """The body takes precedence over the summary; captions and the feed's footer are not text."""
    row = read_articles(save(tmp_path, RSS)).iloc[0]
    assert row["text"] == "Sow it.\n\nDeep."
    assert (row["id"], row["title"], row["lang"]) == ("mill-1", "Rye ’s year", "en")
    assert (row["description"], row["author"]) == ("In brief.", "Ada")
    assert row["image"] == "https://farm.example/rye.jpg"
    assert row["date"] == pd.Timestamp("2020-01-06 00:01", tz="UTC")
    assert row["tags"] == ["Grain"]


def test_atom_reads_xhtml_and_html(tmp_path: Path) -> None:
    """Both kinds of content become text; the publication date takes precedence over the update."""
    table = read_articles(save(tmp_path, ATOM))
    assert list(table["text"]) == ["Spät.", "When\n\nSow it early."]
    rye = table.iloc[1]
    assert (rye["title"], rye["url"]) == ("Rye early", "https://farm.example/rye/")
    assert (rye["headings"], rye["links"]) == ("When", ["/sow/"])
    assert rye["date"] == pd.Timestamp("2020-01-02 10:00", tz="UTC")
    assert rye["tags"] == ["Grain", "north"]
    assert list(table["lang"]) == ["de", "en-GB"]


def test_rdf_is_read(tmp_path: Path) -> None:
    """RSS 1.0 names its items by rdf:about."""
    row = read_articles(save(tmp_path, RDF)).iloc[0]
    assert (row["id"], row["text"], row["tags"]) == ("https://f.example/rye", "Sow it.", ["Grain"])


def test_packed_feeds_are_read(tmp_path: Path) -> None:
    """A suffix .gz is looked through."""
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(RSS.encode()))
    assert len(read_articles(path)) == 1


def test_control_characters_do_not_break_a_feed(tmp_path: Path) -> None:
    """Characters that exports write and XML forbids are left out."""
    assert len(read_articles(save(tmp_path, RSS.replace("Sow it", "Sow\x08\x0b it")))) == 1


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    + "]><rss><channel><item><title>&i;</title></item></channel></rss>"
)
OUTSIDE = (
    '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<rss><channel><item><title>&x;</title></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("label", "codec", "title"),
    [
        ("EUC-JP", "euc_jp", "麦の畑"), ("Shift_JIS", "cp932", "①麦の畑"),
        ("x-sjis", "cp932", "麦"),
        ("iso-2022-jp", "iso2022_jp", "麦の畑"), ("gb2312", "gb18030", "朱镕基"),
        ("big5", "big5", "春天"), ("euc-kr", "cp949", "호밀"), ("koi8-r", "koi8-r", "рожь"),
        ("iso-8859-1", "cp1252", "“Rye”"), ("windows-1251", "utf-8-sig", "рожь"),
    ],
)  # fmt: skip
def test_feeds_in_encodings_of_browsers(tmp_path: Path, label: str, codec: str, title: str) -> None:
    """The parser knows none with several bytes for a character; a byte order mark comes first."""
    feed = (f'<?xml version="1.0" encoding="{label}"?><rss version="2.0"><channel>'
            f"<item><title>{title}</title><link>/a/</link></item></channel></rss>")  # fmt: skip
    (tmp_path / "a.xml").write_bytes(feed.encode(codec))
    assert read_articles(tmp_path / "a.xml")["title"].tolist() == [title]


def test_a_feed_that_is_not_in_its_encoding_is_named(tmp_path: Path) -> None:
    """With the first byte that is not."""
    feed = '<?xml version="1.0" encoding="euc-jp"?><rss><title>Рожь сеют осенью</title></rss>'
    (tmp_path / "a.xml").write_bytes(feed.encode("cp1251"))
    with pytest.raises(SourceError, match=r"a\.xml: is not euc-jp, got byte 0x"):
        read_articles(tmp_path / "a.xml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "declares or refers to entities"),
        (OUTSIDE, "declares or refers to entities"),
        ("<rss>\n<channel>", r"feed\.xml:2: is not valid XML: no element found"),
        ("<rss>\n<a>&nbsp;</a></rss>", r":2: is not valid XML: undefined entity.*\n.*&#160;"),
        ("<rss><channel/></rss>", "contains no articles, expected <item>"),
        ("<html/>", "root element <html> is unknown, expected <rss>"),
        ("", r"root element \(none\) is unknown"),
        ("<rss>" + "<a>" * 5000, "nests more than 500 elements"),
        ("<rss><channel><item><title>x</title></item></channel></rss>", "item 1: id is missing"),
        ("<?xml version='1.0' encoding='x-none'?><rss/>", "cannot be read|not valid XML"),
    ],
)  # fmt: skip
def test_a_hostile_or_broken_feed_is_named(tmp_path: Path, content: str, message: str) -> None:
    """The message names file, line and problem; nothing is expanded or fetched."""
    with pytest.raises(SourceError, match=message):
        read_articles(
            save(tmp_path, content.replace("<title>x", "<description>d</description><title>x"))
        )


def test_a_broken_json_feed_is_named(tmp_path: Path) -> None:
    """An item that is not an object is reported by its number."""
    feed = '{"version": "https://jsonfeed.org/version/1", "items": [{"id": 1}, 2]}'
    with pytest.raises(SourceError, match=r"feed\.json: item 2: expected an object, got int"):
        read_articles(save(tmp_path, feed, "feed.json"))


def test_without_defusedxml_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "defusedxml", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "defusedxml>=0.7.1"'):
        read_feed(save(tmp_path, RSS), SourceOptions())


def test_fragments_neither_glue_nor_split_words() -> None:
    """Blocks end paragraphs, inline tags add nothing, cells and breaks a space."""
    fragment = read_fragment(
        "<p>One<br/>two</p><p>thr<b>ee</b></p><ul><li>a</li><li>b</li></ul>"
        "<table><tr><td>c</td><td>d</td></tr></table>4 &lt; 5 *not a list* # nor heading"
    )
    words = fragment.text.split()
    assert words[:7] == ["One", "two", "three", "a", "b", "c", "d"]
    assert fragment.text.endswith("4 < 5 *not a list* # nor heading")


def test_ratings_and_related_lists_are_no_text() -> None:
    """Text that plugins append to a post in its feed does not get into the vectors."""
    fragment = read_fragment(
        "<p>Rye is sown early in the year.</p><p>How useful was this post?</p>"
        "<p>Average rating 0 / 5. Vote count: 0</p><h3>You may also like</h3>"
        '<p><a href="/oats/">Oats come late</a></p><p>In the north, oats are sown when….</p>'
        '<p><a href="/corn/">Corn is sold</a></p><p>All of it, by the sack, and before….</p>'
    )
    assert fragment.text == "Rye is sown early in the year."
    assert fragment.headings == []


def page(title: str) -> str:
    words = " ".join(f"{title}{n}" for n in range(60))
    return (
        f"<html lang=en><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>{words}.</p></article></body></html>"
    )


def site(directory: Path, locations: Sequence[str]) -> Path:
    for name in ("rye", "oats", "hops"):
        (directory / name).mkdir()
        (directory / name / "index.html").write_text(page(name.title()))
    (directory / "corn.html").write_text(page("Corn"))
    entries = "".join(f"<url><loc>{location}</loc></url>" for location in locations)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return save(directory, f"<urlset xmlns='{space}'>{entries}</urlset>", "sitemap.xml")


def test_a_sitemap_names_the_articles_beside_it(tmp_path: Path) -> None:
    """Pages of the sitemap are read; others, and addresses without a file, are named."""
    base = "https://farm.example/farm"
    path = site(tmp_path, [f"{base}/rye/", f"{base}/oats", f"{base}/corn", f"{base}/gone/"])
    result = read_source(path)
    assert list(result.articles["title"]) == ["Corn", "Oats", "Rye"]
    assert (f"{base}/gone/", "no file") in result.skipped
    assert (str(tmp_path / "hops/index.html"), "not in the sitemap") in result.skipped


def test_an_index_of_sitemaps_leads_to_them(tmp_path: Path) -> None:
    """The sitemaps that it names are read, each once, even if it names itself."""
    path = site(tmp_path, ["https://f.example/rye/", "https://f.example/oats/"])
    index = "".join(
        f"<sitemap><loc>https://f.example/{name}</loc></sitemap>"
        for name in ("sitemap.xml", "sitemap.xml", "index.xml")
    )
    top = save(path.parent, f"<sitemapindex>{index}</sitemapindex>", "index.xml")
    assert list(read_articles(top)["title"]) == ["Oats", "Rye"]


def test_a_sitemap_cannot_lead_out_of_its_directory(tmp_path: Path) -> None:
    """An address with .. or over a link has no file."""
    inner = tmp_path / "site"
    inner.mkdir()
    (tmp_path / "secret.html").write_text(page("Secret"))
    (inner / "link.html").symlink_to(tmp_path / "secret.html")
    path = save(
        inner,
        "<urlset><url><loc>https://x/%2e%2e/secret.html</loc></url>"
        "<url><loc>https://x/link.html</loc></url></urlset>",
        "sitemap.xml",
    )
    with pytest.raises(SourceError, match="none of its 2 addresses has a file"):
        read_articles(path)


def test_note_marks_are_no_words() -> None:
    """A number that leads to a footnote is not glued to its word; other superscripts stay."""
    fragment = read_fragment('<p>Rye<sup id="a"><a href="#n">[12]</a></sup> on 5 m<sup>x</sup></p>')
    assert fragment.text == "Rye on 5 mx"
