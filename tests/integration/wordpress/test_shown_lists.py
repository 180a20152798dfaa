"""Lists on the pages of a real WordPress, as its readers get them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import STRAIGHT, node_program, take_pictures
from integration.sites import PICTURES, read_block
from integration.test_hostile_titles import TITLES
from integration.wordpress.conftest import build_lists
from integration.wordpress.site import Post, WordPress, lists_in

NAV = '<nav class="recommender"'
LIST = "nav.recommender"
STYLE = ".recommender ul"
CARDS = """() => [...document.querySelectorAll("nav.recommender li")].map((card) => ({
    title: card.querySelector("a").innerText, teaser: card.querySelector("p")?.innerText || "",
    href: card.querySelector("a").href, day: card.querySelector("time").dateTime,
    shown: card.getBoundingClientRect().height > 0,
}))"""
UPDATE = "global $wpdb; $wpdb->update( $wpdb->posts, array( {} ), array( 'ID' => {} ) );"
"""Changes a post as an import or another program would; there is no object cache to clear."""
CONTROLS = re.compile("[\u202a-\u202e]")


def test_wordpress_shows_the_lists(
    wordpress: WordPress, login: Callable[..., Any], browser: Any
) -> None:
    """The page of an article lists another one about the lido, and so does the editor's box."""
    post = wordpress.post("marram-lido-drained-after-crack-opens-in-the-deep-end")
    page = wordpress.get(post.path)
    assert "Marram Lido" in page[page.index(NAV) : page.index("</nav>", page.index(NAV))]
    tab = login()
    tab.goto(f"{wordpress.address}/wp-admin/post.php?post={post.id}&action=edit&classic")
    box = tab.locator("#recommender")
    assert "Marram Lido" in box.inner_text()
    if PICTURES is not None:
        take_pictures(browser, wordpress.address + post.path, PICTURES / "wordpress", wide=1280)
        box.locator("tbody tr").first.get_by_label("Pin").check()
        box.screenshot(path=PICTURES / "wordpress-box.png")


def test_twelve_cards_under_a_post(wordpress: WordPress, seed: Post, browser: Any) -> None:
    """Each has title, address, teaser and date; the content above them is as it was."""
    tab = browser.new_page()
    tab.goto(wordpress.address + seed.path)
    cards = tab.evaluate(CARDS)
    assert len({card["href"] for card in cards} - {tab.url}) == len(cards) == 12
    assert all(card["shown"] and card["title"] and card["day"] for card in cards)
    assert {len(card["teaser"].replace("…", "").split()) for card in cards} == {20}
    ids = [entry["id"] for entry in lists_in(wordpress.lists)[str(seed.id)]]
    assert wordpress.shown(seed.path) == ids[:12]
    assert tab.get_by_role("navigation", name="You may also like").count() == 1
    content = tab.locator(".entry-content")
    assert content.inner_text().startswith("A cadet gymnast trained")
    assert content.get_by_text("Click on a star to rate it!").is_visible()
    assert content.locator(":scope > *").last.get_attribute("class") == "recommender"
    for card in cards[:2]:
        tab.get_by_role("navigation", name="You may also like").get_by_role(
            "link", name=card["title"], exact=True
        ).first.click()
        assert tab.url == card["href"]
        assert tab.locator("h1").inner_text() == card["title"]
        tab.go_back()
    tab.close()


def test_markup_is_valid_and_accessible(
    wordpress: WordPress, seed: Post, browser: Any, tmp_path: Path
) -> None:
    """A strict parser finds one list without foreign elements, and axe-core finds no fault."""
    page = tmp_path / "page.html"
    page.write_text(wordpress.get(seed.path), encoding="utf-8")
    block = read_block(page)
    assert (block.heading, len(block.links), block.foreign) == ("You may also like", 12, [])
    _, script = node_program("axe", "axe-core/axe.min.js")
    tab = browser.new_page()
    tab.goto(wordpress.address + seed.path)
    tab.evaluate(script.read_text(encoding="utf-8"))
    assert tab.evaluate("axe.run('nav.recommender').then((found) => found.violations)") == []
    tab.close()


def test_phones_need_not_scroll_sideways(wordpress: WordPress, seed: Post, browser: Any) -> None:
    """At 390 pixels, one card is below the other, and nothing is wider than the screen."""
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(wordpress.address + seed.path)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [card.bounding_box() for card in tab.locator(f"{LIST} li").all()]
    assert len({box["x"] for box in boxes}) == 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    tab.close()


def test_hostile_titles_are_text(wordpress: WordPress, seed: Post, browser: Any) -> None:
    """Nothing in a title runs or opens an element, and its characters are all there."""
    ids = [wordpress.post(f"hostile-{number}").id for number in range(len(TITLES))]
    titles: list[str] = []
    tab = browser.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    for part in (ids[:12], ids[12:]):
        pins = ",".join(map(str, part))
        wordpress.evaluate(f"update_post_meta({seed.id}, '_recommender_pins', '{pins}');")
        tab.goto(wordpress.address + seed.path)
        titles += [link.text_content() for link in tab.query_selector_all(f"{LIST} a")[: len(part)]]
        assert tab.query_selector_all(f"{LIST} script, {LIST} a *, {LIST} img") == []
        assert tab.evaluate("window.hit") is None
    assert [plain(title) for title in titles] == [plain(title) for title in TITLES]
    assert errors == []
    tab.close()


def plain(title: str) -> str:
    """Return a title without what may change: quotes, dashes, spaces, directions."""
    straight = unescape(CONTROLS.sub("", title)).translate(STRAIGHT).replace("–", "--")
    return " ".join(straight.split())


def test_words_in_titles_keep_their_markup(wordpress: WordPress, seed: Post) -> None:
    """An emphasized word stays so, and entities are not escaped twice."""
    pins = ",".join(str(wordpress.post(f"hostile-{len(TITLES) + n}").id) for n in (0, 1))
    wordpress.evaluate(f"update_post_meta({seed.id}, '_recommender_pins', '{pins}');")
    page = wordpress.get(seed.path)
    assert ">The <em>Tern</em> sails</a>" in page
    assert ">Fish &amp; chips &lt;b&gt;</a>" in page


@pytest.mark.parametrize(
    "change",
    ["post_status=private", "post_status=draft", "post_status=trash", "post_status=future",
     "post_password=rye"],
)  # fmt: skip
def test_a_post_that_is_no_longer_public_vanishes_at_once(
    wordpress: WordPress, seed: Post, change: str
) -> None:
    """It does so without a run of the program, and comes back when it is public again."""
    before = wordpress.shown(seed.path)
    column, value = change.split("=")
    wordpress.evaluate(UPDATE.format(f"'{column}' => '{value}'", before[3]))
    try:
        assert wordpress.shown(seed.path) == before[:3] + before[4:]
    finally:
        public = "'post_status' => 'publish', 'post_password' => ''"
        wordpress.evaluate(UPDATE.format(public, before[3]))
    assert wordpress.shown(seed.path) == before


def test_teasers_of_changed_posts_are_live(wordpress: WordPress, seed: Post) -> None:
    """A teaser is that of the list until its post is changed; then it is of the post's own text."""
    entry = lists_in(wordpress.lists)[str(seed.id)][0]
    kept = wordpress.evaluate(f"return get_post({entry['id']})->post_content;")
    assert entry["teaser"].split()[0] in wordpress.get(seed.path)
    changed = (
        "<figure><figcaption>Credit</figcaption></figure>"
        "<p>Barley &amp; <b>rye</b> [gallery] sown.</p>"
    )
    code = "wp_update_post( array( 'ID' => {}, 'post_content' => json_decode( '{}' ) ) );"
    try:
        wordpress.evaluate(code.format(entry["id"], json.dumps(changed)))
        assert "<p>Barley &amp; rye sown.</p>" in wordpress.get(seed.path)
        wordpress.evaluate(
            f"wp_update_post( array( 'ID' => {entry['id']}, 'post_excerpt' => 'Oats.' ) );"
        )
        assert "<p>Oats.</p>" in wordpress.get(seed.path)
    finally:
        undone = (
            f"'post_excerpt' => '', 'post_content' => json_decode( '{slashed(kept)}' ), "
            "'post_modified_gmt' => '2021-03-09 08:00:00'"
        )
        wordpress.evaluate(UPDATE.format(undone, entry["id"]))


def slashed(text: str) -> str:
    """Return a text as JSON within single quotes of PHP."""
    return json.dumps(text).replace("\\", "\\\\").replace("'", "\\'")


def test_a_second_run_changes_nothing(wordpress: WordPress) -> None:
    """The lists of the same posts are the same bytes."""
    assert wordpress.lists.read_bytes() == build_lists(wordpress)


def test_the_shortcode_places_the_list(wordpress: WordPress, seed: Post) -> None:
    """It stands where the shortcode is, with its own number and heading, and not again below."""
    content = '<p>One.</p>[recommender count="3" heading="More & <b>more</b>"]<p>Two.</p>'
    (post_id,) = wordpress.insert([{"post_title": "Short", "post_content": content}])
    ids = ",".join(map(str, wordpress.shown(seed.path)))
    wordpress.evaluate(f"update_post_meta({post_id}, '_recommender_pins', '{ids}');")
    page = wordpress.get(f"/?p={post_id}")
    wordpress.evaluate(f"wp_delete_post({post_id}, true);")
    assert page.count(NAV) == 1
    assert page.count("<time datetime=", page.index(NAV), page.index("Two.")) == 3
    assert '">More &amp; &lt;b&gt;more&lt;/b&gt;</h2>' in page


def test_style_sheet_is_loaded_with_a_list_only(wordpress: WordPress, seed: Post) -> None:
    """The front page and a page without a list have no byte of it."""
    assert STYLE in wordpress.get(seed.path)
    (page_id,) = wordpress.insert([{"post_title": "About", "post_type": "page"}])
    try:
        for path in ("/", f"/?page_id={page_id}"):
            page = wordpress.get(path)
            assert "recommender" not in page, page[page.index("recommender") - 200 :][:400]
    finally:
        wordpress.evaluate(f"wp_delete_post({page_id}, true);")


def test_feeds_and_excerpts_have_no_list(wordpress: WordPress, seed: Post) -> None:
    """The list belongs to the page of a post alone."""
    assert "recommender-heading" not in wordpress.get("/feed/")
    assert "recommender-heading" not in wordpress.get("/?s=lido")
    assert "recommender-heading" not in wordpress.get(f"/wp-json/wp/v2/posts/{seed.id}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "is not a lists file"),
        (b"<?php phpinfo();", "is not a lists file"),
        (b'{"version":2,"lists":{\n}}\n', "has version 2 of the format"),
        (b'{"version":1,"lists":{\n"1":[{"id":2,"teaser":"Ry', "is not complete"),
        (b'{"version":1,"lists":{\n"%d":[{"id":2,]\n}}\n', "Line 2 is damaged"),
        (b'{"version":1,"lists":{\n"9":[],\n"%d":{"id":2}\n}}\n', "Line 3 is damaged"),
        (b'{"version":1,"lists":{\n"9":[],\n"8":[]\n}}\n', "Line 3 is damaged or not in the order"),
        (b'{"version":1,"lists":{\n}}\n', "has 0 lists"),
    ],
)
def test_unusable_lists_show_nothing_and_are_explained(
    wordpress: WordPress, seed: Post, content: bytes | None, said: str
) -> None:
    """Pages are as without the plug-in; the page of settings names the file, fault and command."""
    wordpress.lists.unlink()
    if content is not None:
        wordpress.lists.write_bytes(content.replace(b"%d", b"%d" % seed.id))
    assert NAV not in wordpress.get(seed.path)
    code = "ob_start(); Recommender\\print_state(); return ob_get_clean();"
    state = unescape(wordpress.evaluate(INCLUDE_ADMIN + code))
    assert said in state
    assert str(wordpress.lists) in state
    assert "recommender build " in state


INCLUDE_ADMIN = (
    "foreach ( array( 'box', 'settings-page' ) as $name ) {"
    ' require_once WP_PLUGIN_DIR . "/recommender/includes/$name.php"; } '
)
"""The files that the plug-in loads within wp-admin only."""


def test_a_hostile_lists_file_is_text_or_nothing(wordpress: WordPress, seed: Post) -> None:
    """Texts are escaped, wrong types and ids ignored, and a long line costs no memory."""
    other = [entry["id"] for entry in lists_in(wordpress.lists)[str(seed.id)]][:2]
    entries = [
        {"id": other[0], "teaser": f"[recommender]{TITLES[0]}\u202e\x00", "reason": {"a": 1}},
        {"id": other[1], "teaser": ["<b>"], "reason": "<b>", "score": "1e999"},
        {"id": "1 OR 1=1"}, {"id": -5}, {"id": 1.5}, {"id": True}, {"id": 10**30}, {"id": None},
        {"teaser": "x"}, 7, None, "x", [], {"id": seed.id, "teaser": "own"}, {"id": 987654321},
    ]  # fmt: skip
    line = json.dumps(entries)
    wordpress.lists.write_text(f'{{"version":1,"lists":{{\n"{seed.id}":{line}\n}}}}\n')
    page = wordpress.get(seed.path)
    assert wordpress.shown(seed.path) == other
    assert "<p>&#91;recommender]&lt;script&gt;window.hit=1&lt;/script&gt;</p>" in page
    many = json.dumps([{"id": number} for number in range(1, 10_000)])
    for line, cards in ((many, 12), ("[" * 100_000, 0), ("[" + " " * 3_000_000 + "]", 0)):
        wordpress.lists.write_text(f'{{"version":1,"lists":{{\n"{seed.id}":{line}\n}}}}\n')
        assert len(wordpress.shown(seed.path)) == cards


def test_every_list_is_found(wordpress: WordPress) -> None:
    """The binary search finds each of many lists of all lengths, and none that is not there."""
    lines = [f'"{7 * n}":[{{"id":{n},"teaser":"{"x" * (n * n % 5000)}"}}]' for n in range(1, 400)]
    wordpress.lists.write_text('{"version":1,"lists":{\n' + ",\n".join(lines) + "\n}}\n")
    found = wordpress.evaluate(
        "$found = array(); foreach ( range( 0, 2810 ) as $id ) { "
        "$list = Recommender\\list_of( $id ); if ( $list ) { $found[ $id ] = key( $list ); } }"
        "return $found;"
    )
    assert found == {str(7 * n): n for n in range(1, 400)}


def queries(wordpress: WordPress, path: str, more: str = "") -> list[str]:
    """Return the queries of a page."""
    page = wordpress.get(f"{path}?queries{more}")
    found = re.search(r'<script type="application/json" id="queries">(.*?)</script>', page, re.S)
    assert found
    asked: list[str] = json.loads(found[1])
    return asked


@pytest.fixture
def permalinks(wordpress: WordPress) -> Iterator[Callable[[str], None]]:
    """A function that changes the addresses of all posts."""
    code = (
        "global $wp_rewrite; $wp_rewrite->set_permalink_structure( '{}' ); flush_rewrite_rules();"
    )
    yield lambda form: wordpress.evaluate(code.format(form))
    wordpress.evaluate(code.format("/%year%/%monthnum%/%postname%/"))


@pytest.mark.parametrize(
    ("form", "languages", "added"),
    [
        ("/%year%/%monthnum%/%postname%/", "", 1),
        ("/%category%/%postname%/", "", 3),
        ("/%author%/%postname%/", "", 1),
        ("/%year%/%monthnum%/%postname%/", "polylang", 3),
    ],
)
def test_a_list_costs_one_query_more(
    wordpress: WordPress, permalinks: Callable[[str], None], form: str, languages: str, added: int
) -> None:
    """Twelve cards are loaded by one query; addresses by category or languages need two more."""
    permalinks(form)
    wordpress.evaluate(
        f"update_option('test_german', array(1)); update_option('test_languages', '{languages}');"
    )
    post = wordpress.post("seed")
    wordpress.get(post.path)  # the first page of a site stores what the theme computes
    counts = [queries(wordpress, post.path, more) for more in ("&without", "")]
    wordpress.evaluate("delete_option('test_languages'); delete_option('test_german');")
    assert len(counts[1]) - len(counts[0]) == added, "\n".join(counts[1])


def test_an_object_cache_saves_the_query_and_the_file(wordpress: WordPress, seed: Post) -> None:
    """With one, a second view neither asks the database nor opens the file, until it changes."""
    cache = wordpress.root / "wp-content" / "object-cache.txt"
    cache.write_text("b:0;")
    try:
        first = wordpress.get(seed.path)
        without = queries(wordpress, seed.path, "&without")
        kept, stat = wordpress.lists.read_text(), wordpress.lists.stat()
        wordpress.lists.write_text(" " * stat.st_size)
        os.utime(wordpress.lists, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert len(queries(wordpress, seed.path)) == len(without)
        assert wordpress.get(seed.path).count("<time ") == first.count("<time ") > 12
        wordpress.lists.write_text(kept.replace(f'"{seed.id}":', '"99999999":'))
        assert NAV not in wordpress.get(seed.path)
    finally:
        cache.unlink()


@pytest.mark.parametrize("languages", ["polylang", "wpml"])
def test_lists_keep_to_the_language_of_the_page(
    wordpress: WordPress, seed: Post, languages: str
) -> None:
    """Posts in another language are left out, unless they are pinned; then the link says so.

    The code that the owner of the site chose is that of a country.
    """
    ids = wordpress.shown(seed.path)
    wordpress.evaluate(
        f"update_option('test_languages', '{languages}');"
        f"update_option('test_german', array({ids[0]}, {ids[1]}, {ids[2]}));"
        f"update_post_meta({seed.id}, '_recommender_pins', '{ids[1]}');"
    )
    try:
        assert wordpress.shown(seed.path) == [ids[1], *ids[3:]]
        page = wordpress.get(seed.path)
        assert page.count(' hreflang="de-AT"', page.index(NAV)) == 1
        assert '<li lang="de-AT"><a href=' in page
        wordpress.evaluate(f"update_option('test_german', array({seed.id}));")
        assert "Das könnte Sie auch interessieren</h2>" in wordpress.get(seed.path)
    finally:
        wordpress.evaluate("delete_option('test_languages'); delete_option('test_german');")
