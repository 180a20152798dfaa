"""What is read from a WordPress that runs: by its database, its REST API and its export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from integration.sites import run
from integration.wordpress.conftest import lists_in
from integration.wordpress.site import WordPress
from recommender.errors import SourceError
from recommender.ranking.editorial import decide
from recommender.sources import read_articles, read_source

STRUCTURES = [
    "", "/%postname%/", "/%year%/%monthnum%/%day%/%postname%/", "/archives/%post_id%",
    "/%category%/%postname%/", "/%author%/%hour%-%minute%-%second%/%postname%.html",
    "/index.php/%year%/%postname%", "/%tag%/%postname%/",
]  # fmt: skip
MIXED = """
$ids = array();
$farm = wp_create_category( 'Farm' );
$grain = wp_create_category( 'Grain & mill', $farm );
$posts = array(
    array( 'post_title' => 'Rye & oats', 'post_category' => array( $grain, $farm ),
        'tags_input' => array( 'Zebra', 'Ähre' ), 'post_author' => 2, 'post_excerpt' => 'In brief.',
        'post_content' => "<!-- wp:paragraph -->\\n<p>Sow <em>rye</em>.</p>\\n"
            . "<!-- /wp:paragraph -->\\n\\n<!-- wp:latest-posts /-->\\n[gallery]" ),
    array( 'post_title' => 'Рожь', 'post_content' => "Classic.\\n\\nText \\"in\\" two." ),
    array( 'post_title' => 'Draft', 'post_status' => 'draft', 'post_content' => 'x' ),
    array( 'post_title' => 'Private', 'post_status' => 'private', 'post_content' => 'x' ),
    array( 'post_title' => 'Hush', 'post_password' => 'hush', 'post_content' => 'x' ),
    array( 'post_title' => 'Later', 'post_status' => 'future', 'post_content' => 'x',
        'post_date' => '2090-01-01 10:00:00' ),
    array( 'post_title' => 'Gone', 'post_status' => 'trash', 'post_content' => 'x' ),
    array( 'post_title' => 'About', 'post_type' => 'page', 'post_content' => 'x' ),
);
foreach ( $posts as $post ) {
    $ids[] = wp_insert_post( wp_slash( $post + array( 'post_status' => 'publish' ) ) );
}
$ids[] = wp_insert_post( array( 'post_title' => 'Team', 'post_type' => 'page',
    'post_content' => 'x', 'post_status' => 'publish', 'post_parent' => end( $ids ) ) );
return $ids;
"""
LINKS = """
update_option( 'permalink_structure', 'STRUCTURE' );
$GLOBALS['wp_rewrite']->init();
$links = array();
foreach ( get_posts( array( 'numberposts' => -1, 'post_type' => array( 'post', 'page' ),
    'has_password' => false ) ) as $post ) {
    $links[ $post->ID ] = get_permalink( $post );
}
return $links;
"""
EXPORT = """
require_once ABSPATH . 'wp-admin/includes/export.php';
ob_start();
export_wp();
return ob_get_clean();
"""
PASSWORD = (
    "return WP_Application_Passwords::create_new_application_password("
    " 1, array( 'name' => wp_generate_password() ) )[0];"
)
SAME = ["id", "title", "text", "url", "tags", "category", "date", "lang"]
"""Columns that the database and an export tell alike."""


@pytest.fixture
def mixed(wordpress: WordPress) -> Iterator[list[int]]:
    """Posts of every status, and pages, beside those of the site; removed afterwards."""
    ids: list[int] = wordpress.evaluate(MIXED)
    yield ids
    wordpress.evaluate(
        f"foreach ( {json.dumps(ids)} as $id ) {{ wp_delete_post( $id, true ); }}"
        "update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );"
        "$GLOBALS['wp_rewrite']->init(); $GLOBALS['wp_rewrite']->flush_rules( false );"
    )


@pytest.fixture
def editor(wordpress: WordPress, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process an application password of the site."""
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_USER", "admin")
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_PASSWORD", wordpress.evaluate(PASSWORD))


def test_addresses_are_those_of_wordpress(wordpress: WordPress, mixed: list[int]) -> None:
    """For each structure, the address computed for each post and page is its permalink."""
    for structure in STRUCTURES:
        links = wordpress.evaluate(LINKS.replace("STRUCTURE", structure))
        table = read_articles(f"wordpress:{wordpress.database}", post_type=["post", "page"])
        ours = dict(zip(table["id"], table["url"], strict=True))
        assert ours.keys() == links.keys()
        plain = {number: f"{wordpress.address}/?p={number}" for number in links}
        wrong = {
            number: (url, links[number])
            for number, url in ours.items()
            if url not in (links[number], plain[number])
        }
        assert wrong == {}, structure
        untold = [number for number, url in ours.items() if url != links[number]]
        assert (len(untold) > 3) == ("%tag%" in structure), structure


def test_three_ways_give_the_same_articles(
    wordpress: WordPress, mixed: list[int], editor: None
) -> None:
    """Database, export and REST API with a password: the same texts, terms and addresses."""
    database = read_source(f"wordpress:{wordpress.database}")
    export = wordpress.root / "export.xml"
    export.write_text(wordpress.evaluate(EXPORT), encoding="utf-8")
    exported = read_source(f"wordpress:{export}")
    asked = read_source(f"wordpress:{wordpress.address}")
    pd.testing.assert_frame_equal(database.articles[SAME], exported.articles[SAME])
    but_lang = [name for name in (*SAME, "author", "description") if name != "lang"]
    pd.testing.assert_frame_equal(database.articles[but_lang], asked.articles[but_lang])
    row = database.articles.set_index("id").loc[str(mixed[0])]
    assert (row["title"], row["text"], row["category"]) == ("Rye & oats", "Sow rye.", "Farm")
    assert (row["tags"], row["author"]) == (["Zebra", "Ähre", "Grain & mill"], "author")
    reasons = sorted(reason for _, reason in database.skipped)
    assert reasons == ["draft", "future-dated", "hidden", "password-protected", "trashed"]
    assert [reason for _, reason in asked.skipped] == ["password-protected"]


def test_a_visitor_reads_posts_without_the_lists(
    wordpress: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site shows each post with its list; the list is not text of the post."""
    for name in ("RECOMMENDER_WORDPRESS_USER", "RECOMMENDER_WORDPRESS_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    asked = read_articles(f"wordpress:{wordpress.address}")
    database = read_articles(f"wordpress:{wordpress.database}")
    assert asked["id"].tolist() == database["id"].tolist()
    lengths = asked["text"].str.len() - database["text"].str.len()
    assert lengths.abs().max() < 40
    assert not asked["text"].str.contains("You may also like").any()


def test_choices_of_editors_arrive(wordpress: WordPress, editor: None) -> None:
    """Pins and bans that the plug-in keeps are rules of the next run, by SQL and by REST."""
    first, second, third = sorted(map(int, lists_in(wordpress.lists)))[:3]
    wordpress.evaluate(
        f"update_post_meta( {first}, '_recommender_pins', '{third},{second}' );"
        f"update_post_meta( {second}, '_recommender_bans', '{first},999999' );"
    )
    for source in (wordpress.database, wordpress.address):
        result = read_source(f"wordpress:{source}")
        ids = result.articles["id"].tolist()
        decided = decide(None, result.articles)
        ((own, pins),) = decided.pinned.pins
        assert (ids[own], [ids[row] for row in pins]) == (str(first), [str(third), str(second)])
        assert [([ids[a] for a in on], [ids[b] for b in never]) for on, never in
                decided.banned.pairs] == [([str(second)], [str(first)])]  # fmt: skip
        assert len(result.warnings) == 1
        assert "names 999999, which is not published" in result.warnings[0]


def test_one_command_makes_the_lists_of_the_site(wordpress: WordPress, tmp_path: Path) -> None:
    """`build` in the directory of WordPress writes what the plug-in shows, twice the same bytes."""
    wordpress.lists.unlink()
    command = [sys.executable, "-m", "recommender", "build", "wordpress:.", "-f", "wordpress"]
    run(*command, cwd=wordpress.root)
    made = wordpress.lists.read_bytes()
    post = wordpress.post("seed")
    listed = [card["id"] for card in lists_in(wordpress.lists)[str(post.id)]]
    assert wordpress.shown(post.path) == listed
    run(*command, cwd=wordpress.root)
    assert wordpress.lists.read_bytes() == made


def test_a_user_who_edits_nothing_is_refused(
    wordpress: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password and a user without rights are told apart."""
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_USER", "admin")
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_PASSWORD", "rye and oats")
    with pytest.raises(SourceError, match="does not accept the user or the application pass"):
        read_articles(f"wordpress:{wordpress.address}")
    secret = wordpress.evaluate(
        "$user = get_user_by( 'login', 'subscriber' );" + PASSWORD.replace(" 1,", " $user->ID,")
    )
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_USER", "subscriber")
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_PASSWORD", secret)
    with pytest.raises(SourceError, match=r"does not let this user .*rest_forbidden_context"):
        read_articles(f"wordpress:{wordpress.address}")
