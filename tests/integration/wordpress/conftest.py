"""One WordPress for all tests of this directory, and a check of its log after each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integration.mariadb import MariaDb
from integration.sites import recommender
from integration.wordpress import site as sites
from integration.wordpress.site import Post, WordPress, lists_in

CORE = re.compile(r"PHP Deprecated: .* in \S+/wp-(?:includes|admin)/")
"""Debian's WordPress is older than its PHP."""
LOGIN = """
$user = get_user_by( 'login', 'USER' )->ID;
$end = time() + 3600;
$token = WP_Session_Tokens::get_instance( $user )->create( $end );
return array( AUTH_COOKIE => wp_generate_auth_cookie( $user, $end, 'auth', $token ),
    LOGGED_IN_COOKIE => wp_generate_auth_cookie( $user, $end, 'logged_in', $token ) );
"""
"""The cookies of a login: its pages are WordPress's own, and slow."""
OPTIONS = {"heading": "", "count": 12, "place": "content", "types": ["post"]}


def build_lists(wordpress: WordPress) -> bytes:
    """Write the lists of all posts from the database, and return them."""
    recommender(
        "build", f"wordpress:{wordpress.database}", "-f", "wordpress", "-o", wordpress.lists,
        "-k", "12", "--min-items", "12", "--reasons", cwd=wordpress.root,
    )  # fmt: skip
    return wordpress.lists.read_bytes()


@pytest.fixture(scope="session")
def courier(tmp_path_factory: pytest.TempPathFactory, mariadb: MariaDb) -> Iterator[WordPress]:
    """A news site of 200 posts with their lists."""
    folder = tmp_path_factory.mktemp("wordpress")
    with sites.running(folder, mariadb, "courier") as wordpress:
        ids = wordpress.insert(sites.newsroom_posts())
        assert len(ids) == 200
        build_lists(wordpress)
        yield wordpress


@pytest.fixture
def wordpress(courier: WordPress) -> Iterator[WordPress]:
    """The site; what a test changes in its lists, settings and choices is undone."""
    kept = courier.lists.read_bytes()
    courier.evaluate(f"update_option('recommender', json_decode('{json.dumps(OPTIONS)}', true));")
    before = logged(courier)
    yield courier
    courier.evaluate(
        "foreach ( array( 'pins', 'bans' ) as $kind ) {"
        ' delete_post_meta_by_key( "_recommender_$kind" ); }'
    )
    courier.lists.parent.mkdir(exist_ok=True)
    if not courier.lists.is_file() or courier.lists.read_bytes() != kept:
        courier.lists.write_bytes(kept)
    assert logged(courier)[len(before) :] == []


@pytest.fixture
def seed(wordpress: WordPress) -> Post:
    """The page of a news site."""
    return wordpress.post("seed")


def logged(wordpress: WordPress) -> list[str]:
    """Return what PHP logged, but for what Debian's own files are too old for."""
    text = wordpress.log.read_text() if wordpress.log.is_file() else ""
    return [line for line in text.splitlines() if not CORE.search(line)]


@pytest.fixture
def login(wordpress: WordPress, browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that returns a tab of the browser in which a user has logged in."""
    contexts = []

    def open_tab(user: str = "admin") -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        contexts.append(context)
        cookies = wordpress.evaluate(LOGIN.replace("USER", user))
        context.add_cookies(
            [{"name": name, "value": value, "url": wordpress.address}
             for name, value in cookies.items()]
        )  # fmt: skip
        tab = context.new_page()
        tab.route(lambda url: not url.startswith(wordpress.address), lambda route: route.abort())
        return tab

    yield open_tab
    for context in contexts:
        context.close()


__all__ = ["build_lists", "courier", "lists_in", "logged", "login", "seed", "wordpress"]
