"""What editors and administrators do with the plug-in, in the real pages of wp-admin."""

from __future__ import annotations

import base64
import json
import shlex
import urllib.error
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest

from integration.sites import recommender
from integration.wordpress.conftest import OPTIONS, build_lists
from integration.wordpress.site import Post, WordPress, lists_in

NAV = '<nav class="recommender"'


def choices(wordpress: WordPress, seed: Post) -> tuple[str, str]:
    """Return what is stored for a post: pins and bans."""
    pins, bans = wordpress.evaluate(
        f"return array( get_post_meta({seed.id}, '_recommender_pins', true),"
        f" get_post_meta({seed.id}, '_recommender_bans', true) );"
    )
    return pins, bans


def edit(tab: Any, wordpress: WordPress, seed: Post, more: str = "") -> None:
    """Open the editor of a post."""
    tab.goto(f"{wordpress.address}/wp-admin/post.php?post={seed.id}&action=edit{more}")


def test_a_pin_in_the_block_editor(
    wordpress: WordPress, seed: Post, login: Callable[..., Any]
) -> None:
    """The box shows the list; a pin goes first on the page at once, and in the next lists."""
    before = wordpress.shown(seed.path)
    tab = login()
    edit(tab, wordpress, seed)
    box = tab.locator("#recommender")
    rows = box.locator("tbody tr")
    entry = lists_in(wordpress.lists)[str(seed.id)][0]
    assert rows.count() == len(lists_in(wordpress.lists)[str(seed.id)])
    assert f"{entry['score']:.3f}" in rows.first.inner_text()
    assert entry["reason"] in rows.first.inner_text()
    tab.locator(f'[name="recommender_choices[{before[7]}]"][value="pin"]').check()
    tab.get_by_role("button", name="Update", exact=True).click()
    tab.get_by_text("Post updated.").first.wait_for()
    tab.wait_for_function("() => ! wp.data.select('core/edit-post').isSavingMetaBoxes()")
    assert choices(wordpress, seed) == (str(before[7]), "")
    pinned = [before[7], *before[:7], *before[8:]]
    assert wordpress.shown(seed.path) == pinned
    build_lists(wordpress)
    assert lists_in(wordpress.lists)[str(seed.id)][0]["id"] == before[7]
    assert wordpress.shown(seed.path)[0] == before[7]
    edit(tab, wordpress, seed)
    assert rows.first.get_by_label("Pin").is_checked()


def test_a_ban_and_other_pins_in_the_classic_editor(
    wordpress: WordPress, seed: Post, login: Callable[..., Any]
) -> None:
    """The same box as a plain form: a ban leaves the page at once, and the next lists."""
    before = wordpress.shown(seed.path)
    other = wordpress.post("hostile-0")
    tab = login()
    edit(tab, wordpress, seed, "&classic")
    tab.locator(f'[name="recommender_choices[{before[0]}]"][value="ban"]').check()
    tab.fill("#recommender-more", f"{wordpress.address}{other.path}, 99999999 {before[3]}")
    tab.click("#publish")
    assert choices(wordpress, seed) == (f"{other.id},{before[3]}", str(before[0]))
    first = [other.id, before[3], before[1], before[2]]
    assert wordpress.shown(seed.path)[:4] == first
    build_lists(wordpress)
    listed = [entry["id"] for entry in lists_in(wordpress.lists)[str(seed.id)]]
    assert listed[:2] == first[:2]
    assert before[0] not in listed
    assert before[0] not in wordpress.shown(seed.path)
    edit(tab, wordpress, seed, "&classic")
    banned = tab.locator(f'[name="recommender_choices[{before[0]}]"]')
    assert banned.nth(2).is_checked()
    banned.nth(0).check()
    tab.click("#publish")
    assert choices(wordpress, seed) == (f"{other.id},{before[3]}", "")


def test_the_block_in_the_editor(wordpress: WordPress, login: Callable[..., Any]) -> None:
    """It is inserted by name, shows the list of the post, obeys its settings, and is shown once."""
    seed = wordpress.post("seed")
    pins = ",".join(map(str, wordpress.shown(seed.path)))
    (post_id,) = wordpress.insert([{"post_title": "Short", "post_content": ""}])
    wordpress.evaluate(f"update_post_meta({post_id}, '_recommender_pins', '{pins}');")
    tab = login()
    failed: list[str] = []
    tab.on("pageerror", lambda error: failed.append(str(error.stack)))
    tab.goto(f"{wordpress.address}/wp-admin/post.php?post={post_id}&action=edit")
    tab.wait_for_function("() => window.wp?.data?.select('core/block-editor')")
    tab.evaluate(
        "wp.data.dispatch('core/block-editor').insertBlock("
        "wp.blocks.createBlock('recommender/list', {count: 4, heading: 'More'}))"
    )
    block = tab.locator('[data-type="recommender/list"] nav.recommender')
    block.wait_for()
    assert block.locator("li").count() == 4
    assert block.locator("h2").inner_text() == "More"
    assert block.evaluate("node => getComputedStyle(node.querySelector('ul')).display") == "grid"
    tab.get_by_role("button", name="Update", exact=True).click()
    tab.get_by_text("Post updated.").first.wait_for()
    page = wordpress.get(f"/?p={post_id}")
    assert page.count(NAV) == 1
    assert (
        page.count("<time datetime=", page.index(NAV), page.index("</nav>", page.index(NAV))) == 4
    )
    assert [error for error in failed if "plugins/recommender" in error] == []
    wordpress.evaluate(f"wp_delete_post({post_id}, true);")


def test_settings_are_saved_and_obeyed(
    wordpress: WordPress, seed: Post, login: Callable[..., Any]
) -> None:
    """The form changes heading, number, place and types; wrong values become right ones."""
    tab = login()
    tab.goto(f"{wordpress.address}/wp-admin/options-general.php?page=recommender")
    assert "has 200 lists" in tab.locator(".notice-success").inner_text()
    tab.fill("#recommender-heading", 'Read <b>on</b> & "on"')
    tab.fill("#recommender-count", "5")
    tab.get_by_label("Pages").check()
    tab.click("#submit")
    assert "Settings saved." in tab.locator("#wpbody").inner_text()
    assert wordpress.evaluate("return get_option('recommender');") == {
        "heading": 'Read on & "on"', "count": 5, "place": "content", "types": ["post", "page"],
    }  # fmt: skip
    assert tab.input_value("#recommender-heading") == 'Read on & "on"'
    page = wordpress.get(seed.path)
    assert "Read on &amp; &quot;on&quot;</h2>" in page.replace("&#8220;", "&quot;").replace(
        "&#8221;", "&quot;"
    )
    assert len(wordpress.shown(seed.path)) == 5
    tab.get_by_label("Only where").check()
    tab.get_by_label("Posts").uncheck()
    tab.get_by_label("Pages").uncheck()
    tab.evaluate("document.querySelector('#recommender-count').type = 'text'")
    tab.fill("#recommender-count", "999")
    tab.click("#submit")
    assert wordpress.evaluate("return get_option('recommender');") == {
        "heading": 'Read on & "on"', "count": 12, "place": "manual", "types": [],
    }  # fmt: skip
    assert NAV not in wordpress.get(seed.path)


def test_the_command_of_the_settings_makes_the_lists(
    wordpress: WordPress, login: Callable[..., Any]
) -> None:
    """Copied into a shell, it writes the file, with more entries than the page shows."""
    wordpress.lists.unlink()
    wordpress.evaluate("update_option( 'recommender', array( 'count' => 3 ) );")
    tab = login()
    tab.goto(f"{wordpress.address}/wp-admin/options-general.php?page=recommender")
    assert "is missing" in tab.locator(".notice-error").inner_text()
    name, *command = shlex.split(tab.locator("pre code").inner_text())
    assert name == "recommender"
    recommender(*command, cwd=wordpress.root)
    tab.reload()
    assert "has 200 lists" in tab.locator(".notice-success").inner_text()
    lists = lists_in(wordpress.lists).values()
    assert max(map(len, lists)) == 3 + 4
    assert all(entry["reason"] for entry in next(iter(lists))[:2])


@pytest.mark.parametrize(
    "stored", ["'x'", "array( 'count' => array(), 'types' => 'x', 'heading' => array() )"]
)
def test_damaged_settings_are_defaults(wordpress: WordPress, seed: Post, stored: str) -> None:
    """What another plug-in or an old backup left in the option breaks no page."""
    wordpress.evaluate(f"update_option('recommender', {stored});")
    wordpress.get(seed.path)


def test_only_editors_choose(wordpress: WordPress, seed: Post, login: Callable[..., Any]) -> None:
    """A form without the nonce, with that of another post, or of another user changes nothing."""
    target = wordpress.shown(seed.path)[0]
    own = wordpress.evaluate(
        "return wp_insert_post( array( 'post_title' => 'Mine', 'post_status' => 'draft', "
        "'post_author' => get_user_by( 'login', 'author' )->ID ) );"
    )
    tab = login("author")
    tab.goto(f"{wordpress.address}/wp-admin/post.php?post={own}&action=edit&classic")
    form = tab.evaluate("Object.fromEntries(new FormData(document.querySelector('#post')))")
    chosen = {f"recommender_choices[{target}]": "pin"}
    nonce = "recommender_choices_nonce"
    send = tab.context.request.post
    address = f"{wordpress.address}/wp-admin/post.php"
    # the user's own form, but about a post of somebody else
    send(address, form={**form, **chosen, "post_ID": str(seed.id)})
    assert choices(wordpress, seed) == ("", "")
    # the user's own post, without the nonce of the box, as a page of another site would send it
    send(address, form={**form, **chosen, nonce: ""})
    assert choices(wordpress, Post(own, "")) == ("", "")
    # a nonce of another action
    send(address, form={**form, **chosen, nonce: form["_wpnonce"]})
    assert choices(wordpress, Post(own, "")) == ("", "")
    # hostile values in the user's own form
    hostile = dict.fromkeys(["1 OR 1=1", "-3", "0", "x][y"], "pin")
    hostile = {f"recommender_choices[{name}]": value for name, value in hostile.items()}
    hostile["recommender_more"] = "<script>7</script> 1;DROP"
    send(address, form={**form, **chosen, **hostile})
    assert choices(wordpress, Post(own, "")) == (str(target), "")
    wordpress.evaluate(f"wp_delete_post({own}, true);")


def test_the_box_tells_no_secrets(wordpress: WordPress, login: Callable[..., Any]) -> None:
    """Who pins the id of a post that they may not read does not learn its title."""
    secret, own = wordpress.evaluate(
        "$author = get_user_by( 'login', 'author' )->ID; return array("
        "wp_insert_post( array( 'post_title' => 'Secret merger', 'post_status' => 'private' ) ),"
        "wp_insert_post( array( 'post_title' => 'Mine', 'post_author' => $author ) ) );"
    )
    tab = login("author")
    tab.goto(f"{wordpress.address}/wp-admin/post.php?post={own}&action=edit&classic")
    tab.fill("#recommender-more", str(secret))
    tab.click("#save-post")
    tab.locator("#recommender tbody tr").wait_for()
    assert "Secret merger" not in tab.content()
    assert f"Post {secret}" in tab.locator("#recommender").inner_text()
    wordpress.evaluate(f"wp_delete_post({own}, true); wp_delete_post({secret}, true);")


def test_subscribers_see_neither_settings_nor_choices(
    wordpress: WordPress, seed: Post, login: Callable[..., Any]
) -> None:
    """The page and the form of settings are closed, and so is the editor."""
    tab = login("subscriber")
    for page in ("options-general.php?page=recommender", "options.php",
                 f"post.php?post={seed.id}&action=edit"):  # fmt: skip
        answer = tab.goto(f"{wordpress.address}/wp-admin/{page}")
        assert answer.status == 403 or "not allowed" in tab.content(), page
    sent = tab.context.request.post(
        f"{wordpress.address}/wp-admin/options.php",
        form={"option_page": "recommender", "action": "update", "recommender[count]": "1"},
    )
    assert sent.status == 403
    assert wordpress.evaluate("return get_option('recommender');") == OPTIONS


def test_administrators_save_settings_with_a_nonce_only(
    wordpress: WordPress, login: Callable[..., Any]
) -> None:
    """A form that another site sends with the administrator's cookies changes nothing."""
    tab = login()
    sent = tab.context.request.post(
        f"{wordpress.address}/wp-admin/options.php",
        form={"option_page": "recommender", "action": "update", "recommender[count]": "1"},
    )
    assert sent.status == 403
    assert wordpress.evaluate("return get_option('recommender');") == OPTIONS


def rest(wordpress: WordPress, path: str, password: str = "", body: Any = None) -> Any:
    """Return an answer of the REST API, or its status if it is an error."""
    headers = {"Content-Type": "application/json"}
    if password:
        token = base64.b64encode(f"admin:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    data = json.dumps(body).encode() if body is not None else None
    try:
        return json.loads(wordpress.get(f"/wp-json/wp/v2/{path}", headers, data))
    except urllib.error.HTTPError as error:
        return error.code


def test_choices_by_rest(wordpress: WordPress, seed: Post) -> None:
    """An application password reads and writes them in the context of editing; nobody else."""
    wordpress.evaluate(f"update_post_meta({seed.id}, '_recommender_pins', '12, 34;x,34,-1');")
    password = wordpress.evaluate(
        "return WP_Application_Passwords::create_new_application_password("
        " 1, array( 'name' => 'r' ) )[0];"
    )
    read = rest(wordpress, f"posts/{seed.id}?context=edit", password)
    assert read["meta"]["_recommender_pins"] == "12,34"
    assert read["meta"]["_recommender_bans"] == ""
    changed = rest(
        wordpress, f"posts/{seed.id}", password, {"meta": {"_recommender_bans": "7,<b>8"}}
    )
    assert changed["meta"]["_recommender_bans"] == "7"
    public = rest(wordpress, f"posts/{seed.id}")
    assert "recommender" not in json.dumps(public.get("meta"))
    assert rest(wordpress, f"posts/{seed.id}?context=edit") == 401
    assert rest(wordpress, f"posts/{seed.id}", "", {"meta": {"_recommender_pins": "1"}}) == 401
    preview = f"block-renderer/recommender/list?context=edit&post_id={seed.id}"
    assert rest(wordpress, preview) == 401
    assert NAV in rest(wordpress, preview, password)["rendered"]


def test_files_of_the_plugin_do_nothing_by_themselves(wordpress: WordPress) -> None:
    """Each PHP file that a visitor asks for is empty, and says nothing about the server."""
    plugin = wordpress.root / "wp-content" / "plugins" / "recommender"
    files = sorted(plugin.rglob("*.php"))
    assert len(files) > 8
    for file in files:
        name = file.relative_to(wordpress.root).as_posix()
        assert wordpress.get(f"/{name}") == "", name


def test_uninstall_leaves_nothing(wordpress: WordPress, seed: Post) -> None:
    """Deleting the plug-in removes options, choices and the lists, and nothing else."""
    kept = wordpress.lists.read_bytes()
    beside = wordpress.root / "wp-content" / "uploads" / "2021.txt"
    beside.write_text("A file of somebody else")
    (wordpress.lists.parent / "other.json").symlink_to(beside)
    wordpress.evaluate(
        f"update_post_meta({seed.id}, '_recommender_pins', '12');"
        f"update_post_meta({seed.id}, '_recommender_bans', '34');"
        "deactivate_plugins( 'recommender/recommender.php' );"
        "uninstall_plugin( 'recommender/recommender.php' );"
    )
    try:
        assert not wordpress.lists.parent.exists()
        assert beside.is_file()
        left = wordpress.evaluate(
            "global $wpdb; $left = array();"
            "foreach ( array( 'option_name' => $wpdb->options, 'meta_key' => $wpdb->postmeta,"
            " 'meta_key ' => $wpdb->usermeta ) as $name => $table ) { $left = array_merge( $left,"
            " $wpdb->get_col( \"SELECT $name FROM $table WHERE $name LIKE '%recommender%'\" ) ); }"
            "return $left;"
        )
        assert left == []
        assert NAV not in wordpress.get(seed.path)
    finally:
        beside.unlink()
        wordpress.evaluate("activate_plugin( 'recommender/recommender.php' );")
        wordpress.lists.parent.mkdir(exist_ok=True)
        wordpress.lists.write_bytes(kept)
    assert NAV in wordpress.get(seed.path)
