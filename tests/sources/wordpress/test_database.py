"""WordPress databases: which posts are read, what they contain, and what is reported."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Command
from source_contracts import SourceContract
from wordpress_site import Site

pytest.importorskip("sqlalchemy")
pytest.importorskip("defusedxml")

import sqlalchemy
from sqlalchemy import event

from recommender.errors import ConfigError, SourceError
from recommender.ranking.editorial import decide
from recommender.ranking.translations import translation_groups
from recommender.sources import SourceOptions, read_articles, read_source, summarize_skipped
from recommender.sources.streams import stream_articles
from recommender.sources.tables.sql import _advice
from recommender.sources.wordpress import database
from recommender.sources.wordpress.site import database_of


class TestDatabase(SourceContract):
    """A database with custom fields."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        site = Site()
        numbers = {"a": 1, "b": 2, "c": 3, "d": 4}
        tags: dict[str, int] = {}
        for row in rows:
            names = [name.strip() for name in row.get("tags", "").split(",") if name]
            for name in names:
                if name not in tags:
                    tags[name] = 10 + len(tags)
                    site.term(tags[name], "post_tag", name, name)
            site.post(
                numbers[row["id"]], row["text"], post_title=row["title"],
                post_date_gmt=row["date"], post_date=row["date"], metas={"desk": row["desk"]},
                terms=tuple(tags[name] for name in names),
            )  # fmt: skip
        return site.save(directory)  # type: ignore[return-value]


def test_what_is_no_published_post_is_counted_by_reason(tmp_path: Path) -> None:
    """Drafts, private, protected and scheduled posts and the trash; pages are not even counted."""
    site = Site()
    statuses = ("publish", "draft", "pending", "private", "future", "trash", "auto-draft", "old")
    for number, status in enumerate(statuses, 1):
        site.post(number, post_status=status)
    site.post(9, post_password="hush")
    site.post(10, post_type="page")
    site.post(11, post_type="revision", post_status="inherit")
    result = read_source(site.save(tmp_path))
    assert list(result.articles["id"]) == ["1"]
    assert summarize_skipped(result.skipped) == (
        "8 skipped: 3 drafts, 1 future-dated, 1 hidden, 1 password-protected, 1 status old, "
        "1 trashed"
    )
    assert result.skipped[0].where.endswith("wordpress.sqlite: post 5")


def test_a_post_is_read_whole(tmp_path: Path) -> None:
    """Title, text, excerpt, author, terms, picture, rating and date, as from an export."""
    site = Site()
    site.term(2, "category", "farm", "Farm &amp; mill")
    site.term(3, "category", "grain", "Grain")
    site.term(4, "post_tag", "rye", "Rye")
    site.post(
        7,
        "<!-- wp:heading --><h2>When</h2><!-- /wp:heading -->\n"
        '<!-- wp:paragraph --><p>Sow rye <a href="/oats/">early</a>.</p><!-- /wp:paragraph -->\n\n'
        "Then wait [sic].\n\nA third paragraph.[gallery ids='1']",
        post_title="Rye &#8211; a year", post_excerpt="In <b>brief</b>.", terms=(2, 3, 4),
        metas={"_thumbnail_id": "8", "ratings_average": "4.5", "ratings_users": "12",
               "_yoast_wpseo_primary_category": "3", "desk": "north", "_edit_lock": "1:1"},
    )  # fmt: skip
    site.post(8, post_type="attachment", post_status="inherit",
              metas={"_wp_attached_file": "2024/05/rye.jpg"})  # fmt: skip
    row = read_articles(site.save(tmp_path)).iloc[0]
    assert (row["id"], row["title"], row["author"]) == ("7", "Rye – a year", "Ann Rye")
    assert row["text"] == "When\n\nSow rye early.\n\nThen wait [sic].\n\nA third paragraph."
    assert (row["headings"], row["links"]) == ("When", ["/oats/"])
    assert (row["category"], row["tags"]) == ("Grain", ["Rye", "Farm & mill"])
    assert row["image"] == "https://farm.example/wp-content/uploads/2024/05/rye.jpg"
    assert (row["description"], row["url"]) == ("In brief.", "https://farm.example/2024/post-7/")
    assert (row["prior"], row["votes"], row["desk"]) == (4.5, 12, "north")
    assert row["date"] == pd.Timestamp("2024-05-06 10:30:05", tz="UTC")
    assert row["lang"] == "en-GB"
    assert "_edit_lock" not in row.index


def test_an_export_gives_the_same_text(tmp_path: Path) -> None:
    """A post's content becomes the same text and headings by SQL and from an export."""
    content = "Classic.\n\nTwo [box]lines[/box]\nof it.<!-- wp:list --><ul><li>One</li></ul>"
    site = Site()
    site.post(1, content)
    (tmp_path / "e.xml").write_text(
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>'
        f"<item><title>Title 1</title><content:encoded><![CDATA[{content}]]></content:encoded>"
        "<wp:post_id>1</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>"
        "</item></channel></rss>"
    )
    first = read_articles(site.save(tmp_path)).iloc[0]
    second = read_articles(f"wordpress:{tmp_path}/e.xml").iloc[0]
    assert first["text"] == second["text"] == "Classic.\n\nTwo lines of it.\n\nOne"
    assert (first["id"], first["title"]) == (second["id"], second["title"])


def test_batches_cost_a_few_queries_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts are read by number, without gaps or repeats, with five queries for a batch."""
    monkeypatch.setattr(database, "AT_ONCE", 7)
    site = Site()
    site.term(2, "post_tag", "rye", "Rye")
    for number in range(3, 73, 2):
        site.post(number, metas={"_thumbnail_id": "1"}, terms=(2,))
    asked: list[str] = []
    told: list[tuple[str, int, int]] = []

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
    try:
        source = site.save(tmp_path)
        table = read_articles(source, progress=lambda *step: told.append(step))
    finally:
        event.remove(sqlalchemy.Engine, "before_cursor_execute", note)
    assert sorted(map(int, table["id"])) == list(range(3, 73, 2))
    assert told == [("reading", done, 35) for done in (7, 14, 21, 28, 35)]
    own = [query for query in asked if "wp_" in query and "sqlite_master" not in query]
    assert len(own) <= 5 * 5 + 1 + 3  # batches, their end, and the site
    assert "OFFSET" not in " ".join(own).upper().replace("OFFSET ?", "")
    assert all(query.lstrip().startswith("SELECT") for query in own)


def test_types_are_chosen(tmp_path: Path, run: Command) -> None:
    """Pages have the addresses of their hierarchy; other types those that WordPress redirects."""
    site = Site(show_on_front="page", page_on_front="4")
    site.post(1)
    site.post(2, post_type="page", post_name="about", post_parent=0)
    site.post(3, post_type="page", post_name="team", post_parent=2)
    site.post(4, post_type="page", post_name="home", post_parent=0)
    site.post(5, post_type="page", post_name="lost", post_parent=99)
    site.post(6, post_type="recipe")
    table = read_articles(site.save(tmp_path), post_type=["page", "recipe"])
    home = "https://farm.example"
    assert dict(zip(table["id"], table["url"], strict=True)) == {
        "2": f"{home}/about/", "3": f"{home}/about/team/", "4": f"{home}/", "5": f"{home}/?p=5",
        "6": f"{home}/?p=6",
    }  # fmt: skip
    done = run("check", f"wordpress:sqlite:///{tmp_path}/wordpress.sqlite", "--post-type", "page",
               "--post-type", "post")  # fmt: skip
    assert "articles: 5," in done.out, done.err


def test_polylang_tells_languages_and_translations(tmp_path: Path) -> None:
    """The language of each post, its translations, and the directory of the language."""
    site = Site(polylang='a:4:{s:10:"force_lang";i:1;s:12:"hide_default";b:1;s:7:"rewrite";i:1;'
                's:12:"default_lang";s:2:"en";}')  # fmt: skip
    site.term(2, "language", "en", "English")
    site.term(3, "language", "de", "Deutsch")
    site.term(4, "post_translations", "pll_1", "pll_1")
    site.post(1, terms=(2, 4), post_name="rye")
    site.post(2, terms=(3, 4), post_name="roggen")
    site.post(3, terms=(3,), post_name="hafer")
    table = read_articles(site.save(tmp_path))
    assert table["lang"].tolist() == ["en", "de", "de"]
    assert [url.removeprefix("https://farm.example") for url in table["url"]] == [
        "/2024/rye/", "/de/2024/roggen/", "/de/2024/hafer/",
    ]  # fmt: skip
    assert [rows.tolist() for rows in translation_groups(table)] == [[0, 1]]


def test_wpml_tells_languages_and_translations(tmp_path: Path) -> None:
    """Its table has the language and the group of each post."""
    site = Site(icl_sitepress_settings='a:2:{s:25:"language_negotiation_type";s:1:"3";'
                's:16:"default_language";s:2:"en";}')  # fmt: skip
    for number, lang, group in ((1, "en", 5), (2, "de", 5), (3, "de", 6)):
        site.post(number, post_name=f"p{number}")
        site.translation(number, lang, group)
    table = read_articles(site.save(tmp_path))
    assert table["lang"].tolist() == ["en", "de", "de"]
    assert table["url"][1] == "https://farm.example/2024/p2/?lang=de"
    assert [rows.tolist() for rows in translation_groups(table)] == [[0, 1]]


def locale(name: str) -> str:
    """Return what Polylang writes about a language."""
    return f'a:3:{{s:6:"locale";s:{len(name)}:"{name}";s:3:"rtl";i:0;s:9:"flag_code";s:2:"xx";}}'


def test_codes_that_are_no_languages_are_read_by_their_locales(tmp_path: Path) -> None:
    """Owners choose the codes of Polylang, often countries; addresses keep them."""
    site = Site(polylang='a:3:{s:10:"force_lang";i:1;s:7:"rewrite";i:1;s:12:"hide_default";i:0;}')
    for number, (code, told) in enumerate(
        [("cn", locale("zh_CN")), ("ua", locale("uk")), ("de", locale("de_DE_formal")), ("fi", "")]
    ):
        site.term(number + 2, "language", code, description=told)
        site.post(number + 1, terms=(number + 2,))
    table = read_articles(site.save(tmp_path))
    assert table["lang"].tolist() == ["zh-CN", "uk", "de", "fi"]
    assert table["url"][0] == "https://farm.example/cn/2024/post-1/"


def test_codes_of_wpml_are_read_by_their_locales(tmp_path: Path) -> None:
    """The table of languages has them."""
    site = Site()
    for number, (code, told) in enumerate([("jp", "ja"), ("en", "en_US")], start=1):
        site.wpml_language(code, told)
        site.post(number)
        site.translation(number, code, number)
    assert read_articles(site.save(tmp_path))["lang"].tolist() == ["ja", "en"]


def test_a_copy_of_a_post_is_no_translation(tmp_path: Path) -> None:
    """Plug-ins that copy posts copy the terms too; the group of Polylang lists its members."""
    site = Site()
    site.term(2, "language", "en")
    site.term(3, "language", "de")
    site.term(4, "post_translations", "pll_1", description='a:2:{s:2:"en";i:1;s:2:"de";i:2;}')
    for number, lang in ((1, 2), (2, 3), (3, 2)):
        site.post(number, terms=(lang, 4))
    table = read_articles(site.save(tmp_path))
    assert [rows.tolist() for rows in translation_groups(table)] == [[0, 1]]


def test_tables_of_wpml_count_no_more_under_polylang(tmp_path: Path) -> None:
    """They stay in the database when Polylang takes the place of WPML."""
    site = Site(
        active_plugins='a:1:{i:0;s:21:"polylang/polylang.php";}',
        polylang='a:2:{s:10:"force_lang";i:1;s:7:"rewrite";i:1;}',
        icl_sitepress_settings='a:1:{s:25:"language_negotiation_type";s:1:"3";}',
    )
    site.term(2, "language", "de")
    site.post(1, terms=(2,))
    site.translation(1, "fr", 5)
    table = read_articles(site.save(tmp_path))
    assert (table["lang"][0], table["url"][0]) == ("de", "https://farm.example/de/2024/post-1/")
    assert "translation_key" not in table


def test_a_text_with_all_translations_is_read_in_the_main_language(tmp_path: Path) -> None:
    """qTranslate keeps them in one text; without text in that language, the first one counts."""
    site = Site(qtranslate_default_language="de")
    site.post(1, "[:en]<p>Rye.</p>[:de]<p>Roggen.</p>[:]", post_title="[:en]Rye[:de]Roggen[:]",
              post_excerpt="{:en}In brief{:de}Kurz{:}")  # fmt: skip
    site.post(2, "<!--:en--><p>Oats.</p><!--:--><!--:fr--><p>Avoine.</p><!--:-->",
              post_title="<!--:en-->Oats<!--:--><!--:fr-->Avoine<!--:-->")  # fmt: skip
    site.post(3, "<p>Copy rows[:], or rows[:to] and {:en}.</p>", post_title="[:] and [:en]")
    site.post(4, "[:en]<p>Slice rows[:end].</p>[:fr]<p>Coupez.</p>[:]<p>2024</p>")
    table = read_articles(site.save(tmp_path))
    assert table["title"].tolist() == ["Roggen", "Oats", "[:] and [:en]", "Title 4"]
    assert table["text"].tolist() == [
        "Roggen.", "Oats.", "Copy rows[:], or rows[:to] and {:en}.", "Slice rows[:end].\n\n2024",
    ]  # fmt: skip
    assert table["lang"].tolist() == ["de", "en", "en-GB", "en"]
    assert table["description"][0] == "Kurz"


def test_products_have_categories_and_tags(tmp_path: Path) -> None:
    """The taxonomies of WooCommerce."""
    site = Site()
    site.term(2, "product_cat", "grain")
    site.term(3, "product_tag", "rye")
    site.post(1, terms=(2, 3), post_type="product")
    table = read_articles(site.save(tmp_path), post_type="product")
    assert (table["category"][0], table["tags"][0]) == ("Grain", ["Rye"])


def test_editors_choices_become_pins_and_bans(tmp_path: Path) -> None:
    """Numbers in the fields; one that is not published is a warning with the post."""
    site = Site()
    site.post(1, metas={"_recommender_pins": "3,2,4", "_recommender_bans": "5"})
    site.post(2)
    site.post(3)
    site.post(4, post_status="draft")
    site.post(5)
    result = read_source(site.save(tmp_path))
    decided = decide(None, result.articles)
    assert decided.pinned.pins == ((0, (2, 1)),)
    assert decided.banned.pairs == (((0,), (3,)),)
    (line,) = result.warnings
    assert line.endswith(
        "post 1: `_recommender_pins` names 4, which is not published, or of no type that is read; "
        "it is left out"
    )


def test_sites_of_a_network_are_told_apart(tmp_path: Path) -> None:
    """With tables of several sites one must be named; they share their users."""
    first, second = Site(), Site("wp_2_", permalink_structure="")
    first.post(1)
    second.post(5, metas={"_thumbnail_id": "6"})
    second.post(6, post_type="attachment", metas={"_wp_attached_file": "a.png"})
    del second.rows["users"]
    source = first.save(tmp_path)
    with closing(sqlite3.connect(tmp_path / "wordpress.sqlite")) as connection, connection:
        second.write(connection)
    with pytest.raises(SourceError, match=r"begin with wp_, wp_2_\nHint: .*table_prefix"):
        read_articles(source)
    assert read_articles(source, table_prefix="wp_")["id"].tolist() == ["1"]
    row = read_articles(source, table_prefix="wp_2_").iloc[0]
    assert (row["author"], row["url"]) == ("Ann Rye", "https://farm.example/?p=5")
    assert row["image"] == "https://farm.example/wp-content/uploads/sites/2/a.png"
    with pytest.raises(SourceError, match=r"got wp_, wp_2_\nHint: did you mean wp_2_"):
        read_articles(source, table_prefix="wp_22_")


def test_without_users_posts_have_no_authors(tmp_path: Path) -> None:
    """A site with the users of another database is read all the same, with a warning."""
    site = Site()
    site.post(1)
    del site.rows["users"]
    result = read_source(site.save(tmp_path))
    assert result.articles["author"].tolist() == [""]
    assert "has no table of users" in result.warnings[0]


def test_custom_fields_beyond_measure_are_left_out(tmp_path: Path) -> None:
    """Of thousands of different fields only the most frequent are columns, and it says so."""
    site = Site()
    for number in range(1, 11):
        fields = {f"row_{number}_{field}": "x" for field in range(50)}
        site.post(number, metas={"desk": "north", "_views": "3", **fields})
        site.post(number + 10, metas={"title": "none", "recommender": "false"})
    result = read_source(site.save(tmp_path), SourceOptions(prior_column="_views"))
    assert result.articles["desk"].tolist() == ["north"] * 10
    assert result.articles["prior"].tolist() == [3.0] * 10
    assert result.articles["title"].tolist()[:2] == ["Title 1", "Title 10"]
    assert {reason for _, reason in result.skipped} == {"left out by itself"}
    assert result.articles.shape[1] < 260
    assert "of 502 custom fields, the 200 most frequent are read" in result.warnings[0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("wordpress:", "names no site"),
        ("wordpress:gone.xml", "no such file or directory\nHint: after wordpress: comes"),
        ("wordpress:sqlite:///gone.db", r"no such file: gone\.db"),
        ("wordpress:nosuch://ann:hush@host/blog", r"nosuch://ann:\*\*\*@host/blog: database is"),
        ("wordpress:mysql+pymysql://ann:hush@127.0.0.1:1/blog", "check host and port"),
        ("wordpress:mysql+pymysql://ann:hush@none.invalid/blog", "check host and port"),
    ],
)
def test_what_cannot_be_opened_is_one_line(source: str, message: str) -> None:
    """The source without its password, what is wrong, and what to do."""
    pytest.importorskip("pymysql")
    with pytest.raises(SourceError, match=message) as caught:
        read_articles(source)
    assert "hush" not in str(caught.value)


def test_what_the_driver_lacks_is_named() -> None:
    """PyMySQL needs another library for the passwords of MySQL 8 over a network."""
    error = RuntimeError("'cryptography' package is required for sha256_password")
    assert _advice(error).startswith("pip install cryptography")


def test_other_tables_and_formats_are_named(tmp_path: Path) -> None:
    """A database without WordPress names its tables; another format is a contradiction."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE wp_posts (id)")
    with pytest.raises(SourceError, match=r"expected tables of WordPress .*, got wp_posts"):
        read_articles(f"wordpress:sqlite:///{tmp_path}/a.db")
    with pytest.raises(ConfigError, match=r"source_format: wordpress: is WordPress, got 'csv'"):
        read_articles(f"wordpress:sqlite:///{tmp_path}/a.db", format="csv")


def test_nothing_is_written(tmp_path: Path) -> None:
    """The database has the same bytes as before."""
    site = Site()
    site.post(1)
    source = site.save(tmp_path)
    before = (tmp_path / "wordpress.sqlite").read_bytes()
    read_articles(source)
    assert (tmp_path / "wordpress.sqlite").read_bytes() == before


CONFIG = r"""<?php
/** define( 'DB_NAME', 'example' ); */
// define( 'DB_NAME', 'older' );
define( 'DB_NAME', "farm" );   # define( 'DB_USER', 'none' );
define('DB_USER','ann');
define( 'DB_PASSWORD', 'h\'u\\s/*h' );
define( 'DB_HOST', '%s' );
define( 'AUTH_KEY', 'x*/ // y' );
define( "WP_HOME", 'https://mill.example/blog/' );
$table_prefix = 'mill_';
"""


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("db.example", "@db.example/farm"),
        ("db.example:3307", "@db.example:3307/farm"),
        ("[::1]:3307", "@[::1]:3307/farm"),
        ("localhost:/var/run/my.sock", "@localhost/farm?unix_socket=%2Fvar%2Frun%2Fmy.sock"),
    ],
)
def test_the_directory_of_a_site_names_its_database(tmp_path: Path, host: str, place: str) -> None:
    """`wp-config.php` is read as text: comments do not count, quotes are PHP's."""
    (tmp_path / "wp-config.php").write_text(CONFIG % host)
    (tmp_path / "public").mkdir()
    for folder in (tmp_path, tmp_path / "public"):
        url, prefix, home = database_of(folder)
        assert (prefix, home) == ("mill_", "https://mill.example/blog")
        parsed = sqlalchemy.make_url(url)
        assert (parsed.username, parsed.password) == ("ann", r"h'u\s/*h")
        assert url.startswith("mysql+pymysql://ann:")
        assert url.endswith(place)


def test_a_site_in_sqlite_is_known_by_its_directory(tmp_path: Path) -> None:
    """The plug-in that replaces MySQL keeps its file below `wp-content`."""
    site = Site("mill_")
    site.post(1)
    (tmp_path / "wp-config.php").write_text(CONFIG % "localhost")
    (tmp_path / "wp-content/database").mkdir(parents=True)
    (tmp_path / "wp-content/db.php").touch()
    site.save(tmp_path)
    (tmp_path / "wordpress.sqlite").rename(tmp_path / "wp-content/database/.ht.sqlite")
    row = read_articles(f"wordpress:{tmp_path}").iloc[0]
    assert (row["id"], row["url"]) == ("1", "https://mill.example/blog/2024/post-1/")
    (table,) = stream_articles(f"wordpress:{tmp_path}", teaser_words=2)
    assert table["description"].tolist() == ["Text of…"]


def test_a_computed_configuration_is_named(tmp_path: Path) -> None:
    """What is not in plain text must be given in the environment; the password is never shown."""
    text = (CONFIG % "127.0.0.1:1").replace("'ann'", "getenv('DB_USER')")
    (tmp_path / "wp-config.php").write_text(text)
    with pytest.raises(SourceError, match=r"php: DB_USER is not there .*\nHint: .*_SOURCE"):
        read_articles(f"wordpress:{tmp_path}")
    (tmp_path / "wp-config.php").unlink()
    with pytest.raises(SourceError, match=r"contains no wp-config\.php"):
        read_articles(f"wordpress:{tmp_path}")


def test_no_verb_shows_the_password(
    tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither messages nor settings nor reports of a run contain the password of a URL."""
    pytest.importorskip("pymysql")
    source = "wordpress:mysql+pymysql://ann:hush@127.0.0.1:1/blog"
    monkeypatch.setenv("RECOMMENDER_SOURCE", source)
    report = tmp_path / "run.json"
    for arguments in (
        ("build", "-o", "a.json", "--report", report), ("build", "-o", "a.json", "--watch"),
        ("check", "--verbose"), ("config",), ("report",), ("preview",),
    ):  # fmt: skip
        done = run(*arguments)
        assert "hush" not in done.out + done.err, arguments
        assert "ann:***@127.0.0.1" in done.out + done.err, arguments
    assert "hush" not in report.read_text()


def test_a_database_keeps_no_index(tmp_path: Path, run: Command) -> None:
    """Each run reads the posts again: the second sees what was published in between."""
    site = Site()
    for number in range(1, 11):
        site.post(number, f"Rye and oats {number}.")
    source = site.save(tmp_path)
    assert "Read 10 articles" in run("build", source, "-o", "a.json").err
    site.post(11)
    (tmp_path / "wordpress.sqlite").unlink()
    site.save(tmp_path)
    assert "Read 11 articles" in run("build", source, "-o", "a.json").err
    assert not (tmp_path / ".recommender").exists()


def test_an_export_keeps_an_index(tmp_path: Path, run: Command) -> None:
    """With the prefix too, a second run has nothing to do; the bytes are those without an index."""
    items = "".join(
        f"<item><title>Rye {n}</title><wp:post_id>{n}</wp:post_id><wp:status>publish</wp:status>"
        "<wp:post_type>post</wp:post_type></item>" for n in range(1, 11)
    )  # fmt: skip
    (tmp_path / "e.xml").write_text(
        '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        f"<wp:wxr_version>1.2</wp:wxr_version>{items}</channel></rss>"
    )
    assert "Read 10 articles" in run("build", "wordpress:e.xml", "-o", "a.json").err
    assert "Nothing has changed" in run("build", "wordpress:e.xml", "-o", "a.json").err
    run("build", "wordpress:e.xml", "-o", "b.json", "--no-index")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert "--watch" not in run("build", "e.xml", "-o", "a.json").err
