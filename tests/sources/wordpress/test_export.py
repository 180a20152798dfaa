"""WordPress exports: what counts as an article, what its content becomes, and memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from source_contracts import SourceContract

from recommender.errors import SourceError
from recommender.ranking.editorial import decide
from recommender.ranking.translations import translation_groups
from recommender.sources import SourceOptions, read_articles, read_source, summarize_skipped
from recommender.sources.wordpress.shortcodes import strip_wordpress

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Farm</title><link>https://farm.example</link><language>en-GB</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://farm.example</wp:base_blog_url>
<wp:category><wp:term_id>9</wp:term_id><wp:cat_name><![CDATA[Grain]]></wp:cat_name></wp:category>
"""
TAIL = "</channel></rss>"


def item(
    number: int | str, content: str = "<p>Text of it.</p>", kind: str = "post",
    status: str = "publish", extra: str = "", **metas: object,
) -> str:  # fmt: skip
    meta = "".join(
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key>"
        f"<wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
        for key, value in metas.items()
    )
    return (
        f"<item><title><![CDATA[Title {number}]]></title><link>https://farm.example/{number}/</link>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:status>{status}</wp:status>"
        f"<wp:post_type>{kind}</wp:post_type>{extra}{meta}</item>"
    )


def save(directory: Path, *items: str) -> Path:
    path = directory / "farm.WordPress.xml"
    path.write_text(HEAD + "\n".join(items) + TAIL, encoding="utf-8")
    return path


class TestWordPress(SourceContract):
    """An export with custom fields."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        items = []
        for row in rows:
            tags = "".join(
                f'<category domain="post_tag" nicename="x">{tag.strip()}</category>'
                for tag in row.get("tags", "").split(",") if tag
            )  # fmt: skip
            date = f"<wp:post_date_gmt>{row['date']}</wp:post_date_gmt>"
            metas = {name: row[name] for name in row if name in ("desk",)}
            text = item(row["id"], escape(row["text"]), extra=tags + date, **metas)
            items.append(text.replace(f"Title {row['id']}", row["title"]))
        return save(directory, *items)


def test_what_is_no_published_post_is_counted_by_reason(tmp_path: Path) -> None:
    """Drafts, private posts, the trash, attachments, menus, pages and furniture are left out."""
    path = save(
        tmp_path,
        item(1),
        item(2, status="draft"), item(3, status="pending"), item(4, status="private"),
        item(5, status="trash"), item(6, kind="attachment", status="inherit"),
        item(7, kind="nav_menu_item"), item(8, kind="page"), item(9, kind="wp_global_styles"),
        item(10, extra="<wp:post_password>x</wp:post_password>"), item(11, kind="revision"),
    )  # fmt: skip
    result = read_source(path)
    assert list(result.articles["id"]) == ["1"]
    assert summarize_skipped(result.skipped) == (
        "10 skipped: 2 drafts, 1 attachment, 1 hidden, 1 menu item, 1 page, 1 password-protected, "
        "1 revision, 1 trashed, 1 wp_global_styles"
    )
    assert "item 5 (post 5)" in next(where for where, why in result.skipped if why == "trashed")
    assert list(read_articles(path, drafts=True)["id"]) == ["1", "2", "3", "4"]


def test_an_export_of_pages_only_gives_pages(tmp_path: Path) -> None:
    """If there are no posts, pages are the articles."""
    assert len(read_articles(save(tmp_path, item(1, kind="page"), item(2, kind="page")))) == 2


def test_content_is_cleaned(tmp_path: Path) -> None:
    """Block comments, shortcodes, captions, buttons and code leave no trace; words stay whole."""
    content = (
        '<!-- wp:paragraph {"dropCap":true} -->\n<p>So<b>w</b> rye [sic] early.</p>\n'
        "<!-- /wp:paragraph -->\n<!-- wp:image {\"id\":5} --><figure><img src='/a.png'/>"
        "<figcaption>Photo: Reuters</figcaption></figure><!-- /wp:image -->"
        "<!-- wp:buttons --><div><a>Subscribe</a></div><!-- /wp:buttons -->"
        "<!-- wp:latest-posts /-->"
        '[caption id="x"]<img src="/b.png"> A caption[/caption][gallery ids="1,2"]'
        '[su_note color="red"]Noted.[/su_note] [ratings] [contact-form-7 id="3"]'
        "[code]secret()[/code]<pre>secret()</pre>\n\nhttps://www.youtube.com/watch?v=1\n\n"
        '<pre class="wp-block-verse">Roses<br>red</pre>See [1] and [the mayor].'
    )
    row = read_articles(save(tmp_path, item(1, content))).iloc[0]
    text = "Sow rye [sic] early. Noted. Roses red See [1] and [the mayor]."
    assert " ".join(row["text"].split()) == text


def test_a_shortcode_is_told_from_a_word_in_brackets() -> None:
    """Names, attributes and closing tags tell; escaped ones are text."""
    assert strip_wordpress("[[gallery]] [note] [box]x[/box] [map zoom=3]").split() == [
        "[gallery]", "[note]", "x",
    ]  # fmt: skip


def test_terms_prior_and_thumbnail(tmp_path: Path) -> None:
    """The primary category is the category, the others are tags; a thumbnail may come later."""
    terms = (
        '<category domain="category" nicename="uncategorized">Uncategorized</category>'
        '<category domain="category" nicename="farm">Farm</category>'
        '<category domain="category" nicename="grain">Grain</category>'
        '<category domain="post_tag" nicename="rye">Rye</category>'
        '<category domain="language" nicename="de">Deutsch</category>'
        "<wp:post_date_gmt>2020-01-02 03:04:05</wp:post_date_gmt><wp:post_name>rye</wp:post_name>"
        "<excerpt:encoded><![CDATA[In <b>brief</b>.]]></excerpt:encoded>"
    )
    picture = "<wp:attachment_url>https://farm.example/rye.jpg</wp:attachment_url>"
    path = save(
        tmp_path,
        item(1, extra=terms, _thumbnail_id=7, ratings_average="4.5", ratings_users="12",
             _yoast_wpseo_primary_category=9),
        item(2, rmp_avg_rating="0", rmp_vote_count="0"), item(3, _kksr_avg="3,5"),
        item(4, my_average_rating="2"),
        item(7, kind="attachment", extra=picture),
    )  # fmt: skip
    table = read_articles(path)
    row = table.iloc[0]
    assert (row["category"], row["tags"], row["lang"]) == ("Grain", ["Rye", "Farm"], "de")
    assert (row["image"], row["slug"]) == ("https://farm.example/rye.jpg", "rye")
    assert (row["description"], row["url"]) == ("In brief.", "https://farm.example/1/")
    assert row["date"] == pd.Timestamp("2020-01-02 03:04:05", tz="UTC")
    assert table["prior"].fillna(-1).tolist() == [4.5, -1, 3.5, 2.0]
    assert table["votes"].fillna(-1).tolist() == [12, -1, -1, -1]


def test_a_custom_field_can_be_the_prior(tmp_path: Path) -> None:
    """An option names a custom field, even one whose name starts with an underscore."""
    path = save(tmp_path, item(1, _views=12), item(2, _views=7))
    assert list(read_articles(path, prior_column="_views")["prior"]) == [12, 7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + item(1)[:-7], r"farm\.xml:\d+: is not valid XML"),
        (HEAD + TAIL, "no article left"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + HEAD[39:] + item(1) + TAIL, "entities of its own"),
        (HEAD.replace("wp:wxr_version", "wp:other") + item(1) + TAIL, "is not a WordPress export"),
        (HEAD + item(1, kind="page", status="trash") + TAIL, "1 skipped: 1 trashed"),
        (HEAD + item(1) + item(1) + TAIL, r"item 2 \(post 1\): id '1' is repeated"),
    ],
)
def test_a_broken_export_is_named(tmp_path: Path, text: str, message: str) -> None:
    """File, line or item, and what is wrong with it."""
    (tmp_path / "farm.xml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read_articles(tmp_path / "farm.xml")


def test_a_large_export_streams(tmp_path: Path) -> None:
    """Reading 30 MB, mostly comments, takes less memory than the file is long."""
    comment = "<wp:comment><wp:comment_content>" + "spam and more spam " * 25
    comments = (comment + "</wp:comment_content></wp:comment>") * 20
    path = tmp_path / "farm.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(3_000):
            file.write(item(number, f"<p>Article {number}.</p>", extra=comments))
        file.write(TAIL)
    assert path.stat().st_size > 30_000_000
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "import defusedxml.ElementTree\n"
        "from recommender.sources import SourceOptions\n"
        "from recommender.sources.wordpress.export import read_wordpress\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = used()\n"
        "rows = len(read_wordpress(Path(sys.argv[1]), SourceOptions()).table)\n"
        "print(rows, (used() - before) * 1024)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    rows, grown = map(int, run.stdout.split())
    assert rows == 3_000
    assert grown < 20_000_000


def test_posts_that_search_engines_do_not_list_are_unlisted(tmp_path: Path) -> None:
    """Yoast SEO writes a number, Rank Math a list in PHP's notation."""
    yoast = {"_yoast_wpseo_meta-robots-noindex": "1"}
    followed = {"_yoast_wpseo_meta-robots-noindex": "2"}
    rank_math = {"rank_math_robots": 'a:1:{i:0;s:7:"noindex";}'}
    path = save(tmp_path, item(1, **yoast), item(2, **followed), item(3, **rank_math), item(4))
    assert read_articles(path)["unlisted"].tolist() == [True, False, True, False]


def test_an_editor_names_posts_by_number(tmp_path: Path) -> None:
    """Pins and bans of the fields; others than published posts are reported."""
    path = save(
        tmp_path,
        item(1, _recommender_pins="3, 02,9,x,3,1", _recommender_bans="2,4,5"),
        item(2), item(3, _recommender_pins=""), item(4, status="draft"), item(5),
    )  # fmt: skip
    result = read_source(path)
    row = result.articles.iloc[0]
    assert (row["related"], row["related_exclude"]) == (["3", "2"], ["5"])
    said = [line.removeprefix(f"{path}: item 1 (post 1)") for line in result.warnings]
    assert said == [
        ": _recommender_pins must be numbers of posts, got 'x'",
        ": `_recommender_pins` names 9, which is not published, or of no type that is read; it is "
        "left out",
        ": `_recommender_pins` names 3 twice; it is left out",
        ": `_recommender_pins` names 1, which is the article itself; it is left out",
        ": `_recommender_bans` names 2, which is pinned too; it is left out",
        ": `_recommender_bans` names 4, which is not published, or of no type that is read; it is "
        "left out",
    ]
    decided = decide(None, result.articles)
    assert decided.pinned.pins == ((0, (2, 1)),)
    assert decided.banned.pairs == (((0,), (3,)),)


def test_types_that_are_named_are_read(tmp_path: Path) -> None:
    """With a type, pages are articles beside posts, or instead of them; others are counted."""
    path = save(tmp_path, item(1), item(2, kind="page"), item(3, kind="product"))
    assert list(read_articles(path)["id"]) == ["1", "3"]
    assert list(read_articles(path, post_type=["post", "page"])["id"]) == ["1", "2"]
    result = read_source(path, SourceOptions(post_type="page"))
    assert list(result.articles["id"]) == ["2"]
    assert summarize_skipped(result.skipped) == "2 skipped: 1 post, 1 product"


def test_a_status_of_a_plugin_is_not_published(tmp_path: Path) -> None:
    """Only `publish` is; a scheduled post is not either, though its date has passed."""
    date = "<wp:post_date_gmt>2020-01-02 03:04:05</wp:post_date_gmt>"
    path = save(tmp_path, item(1), item(2, status="archived"), item(3, status="future", extra=date))
    result = read_source(path)
    assert list(result.articles["id"]) == ["1"]
    assert summarize_skipped(result.skipped) == "2 skipped: 1 future-dated, 1 status archived"


def term(taxonomy: str, slug: str, description: str) -> str:
    return (
        f"<wp:term><wp:term_id>9</wp:term_id><wp:term_taxonomy>{taxonomy}</wp:term_taxonomy>"
        f"<wp:term_slug>{slug}</wp:term_slug><wp:term_parent></wp:term_parent>"
        f"<wp:term_description><![CDATA[{description}]]></wp:term_description></wp:term>"
    )


def test_polylang_tells_languages_and_translations(tmp_path: Path) -> None:
    """Codes are read by their locales, and groups by their members, as in the database."""
    group = '<category domain="post_translations" nicename="pll_1">pll_1</category>'
    chinese, english = (
        f'<category domain="language" nicename="{code}">{code}</category>' for code in ("cn", "en")
    )
    path = save(
        tmp_path,
        term("language", "cn", 'a:2:{s:6:"locale";s:5:"zh_CN";s:3:"rtl";i:0;}'),
        term("language", "en", 'a:2:{s:6:"locale";s:5:"en_US";s:3:"rtl";i:0;}'),
        term("post_translations", "pll_1", 'a:2:{s:2:"cn";i:1;s:2:"en";i:2;}'),
        item(1, extra=chinese + group), item(2, extra=english + group),
        item(3, extra=english + group), item(4),
    )  # fmt: skip
    table = read_articles(path)
    assert table["lang"].tolist() == ["zh-CN", "en", "en", "en-GB"]
    assert [rows.tolist() for rows in translation_groups(table)] == [[0, 1]]


def test_a_text_with_all_translations_is_read_in_the_language_of_the_site(tmp_path: Path) -> None:
    """qTranslate keeps them in one text."""
    path = save(tmp_path, item(1, "[:de]<p>Roggen.</p>[:en]<p>Rye.</p>[:]"),
                item(2, "[:de]<p>Hafer.</p>[:fr]<p>Avoine.</p>[:]"))  # fmt: skip
    table = read_articles(path)
    assert table["text"].tolist() == ["Rye.", "Hafer."]
    assert table["lang"].tolist() == ["en", "de"]
