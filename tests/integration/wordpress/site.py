"""A WordPress in a temporary directory: Debian's files, PHP's own server, a database of MariaDB."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pyromark
from conftest import missing, require
from news import news_page

from integration.mariadb import PASSWORD, USER, MariaDb, free_port
from integration.sites import NEWSROOM, run
from integration.test_hostile_titles import TITLES
from recommender import read_articles
from recommender.sources.markdown.front_matter import split_front_matter

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DEBIAN = Path("/usr/share/wordpress")
MARKED = ["The <em>Tern</em> sails", "Fish &amp; chips &lt;b&gt;"]
"""Titles as WordPress stores them: with markup of words, and with entities."""
PHP = ("-d", "opcache.enable_cli=1", "-d", "opcache.validate_timestamps=0",
       "-d", "display_errors=stderr", "-d", "memory_limit=256M")  # fmt: skip
CONFIG = """<?php
define( 'DB_NAME', '{name}' );
define( 'DB_USER', '{user}' );
define( 'DB_PASSWORD', '{password}' );
define( 'DB_HOST', '127.0.0.1:{port}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HOME', '{address}' );
define( 'WP_SITEURL', '{address}' );
define( 'WP_CONTENT_DIR', __DIR__ . '/wp-content' );
define( 'WP_ENVIRONMENT_TYPE', 'local' );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', __DIR__ . '/debug.log' );
define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true );
define( 'SAVEQUERIES', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISABLE_WP_CRON', true );
define( 'FS_METHOD', 'direct' );
define( 'TESTS_KEY', '{key}' );
{keys}
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{
    define( 'ABSPATH', __DIR__ . '/' );
}}
require ABSPATH . 'wp-settings.php';
"""
KEYS = [f"{name}_{kind}" for name in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")
        for kind in ("KEY", "SALT")]  # fmt: skip


class Post(NamedTuple):
    """A post."""

    id: int
    path: str


class WordPress(NamedTuple):
    """A site that is served."""

    root: Path
    address: str
    database: str
    """SQLAlchemy URL, with the password."""
    key: str
    """Lets `evaluate` run code; it changes with each site."""

    @property
    def lists(self) -> Path:
        """The lists file."""
        return self.root / "wp-content" / "uploads" / "recommender" / "related.json"

    @property
    def log(self) -> Path:
        """Notices, warnings and errors of PHP."""
        return self.root / "debug.log"

    def evaluate(self, code: str) -> Any:
        """Run PHP code in WordPress as administrator, and return its value."""
        answer = self.get("/?evaluate", {"X-Key": self.key}, code.encode())
        return json.loads(answer.rpartition("\n")[2])

    def insert(self, posts: list[dict[str, Any]]) -> list[int]:
        """Insert posts, and return their ids."""
        ids: list[int] = json.loads(self._script("import.php", json.dumps(posts)))
        return ids

    def get(
        self, path: str, headers: dict[str, str] | None = None, data: bytes | None = None
    ) -> str:
        """Return a page as a visitor gets it."""
        request = urllib.request.Request(f"{self.address}{path}", data, headers or {})
        with urllib.request.urlopen(request, timeout=60) as response:
            text: str = response.read().decode()
        return text

    def post(self, name: str) -> Post:
        """Return a post by its name."""
        found = self.evaluate(
            f"$post = get_page_by_path('{name}', OBJECT, 'post');"
            "return array( $post->ID, wp_make_link_relative( get_permalink( $post ) ) );"
        )
        return Post(*found)

    def shown(self, path: str) -> list[int]:
        """Return the ids of the posts that the list of a page links."""
        html = self.get(path).partition('<nav class="recommender"')[2].partition("</nav>")[0]
        links = [unescape(link) for link in re.findall(r'<a href="([^"]*)"', html)]
        code = f"return array_map( 'url_to_postid', json_decode( '{json.dumps(links)}' ) );"
        ids: list[int] = self.evaluate(code) if links else []
        return ids

    def _script(self, name: str, given: str = "") -> str:
        done = subprocess.run(
            [require("php"), *PHP, "-d", "sendmail_path=true", HERE / name, self.root],
            input=given, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        log = self.log.read_text() if self.log.exists() else ""
        assert done.returncode == 0, (done.stdout + done.stderr + log)[-3000:]
        return done.stdout.rpartition("\n")[2]


@contextlib.contextmanager
def running(folder: Path, mariadb: MariaDb, database: str) -> Iterator[WordPress]:
    """Install WordPress with the plug-in into a directory, and serve it while the block runs."""
    if not (DEBIAN / "wp-load.php").is_file():
        missing("Debian's package wordpress")
    port = free_port()
    site = WordPress(folder, f"http://127.0.0.1:{port}", mariadb.create(database),
                     secrets.token_hex(16))  # fmt: skip
    _write_files(site, mariadb, database)
    assert site._script("install.php") == "installed"
    with _served(folder, port):
        yield site


def _write_files(site: WordPress, mariadb: MariaDb, database: str) -> None:
    shutil.copytree(DEBIAN, site.root, dirs_exist_ok=True, ignore_dangling_symlinks=True,
                    ignore=shutil.ignore_patterns("languages", "akismet", ".htaccess"))  # fmt: skip
    keys = "\n".join(f"define( '{key}', '{secrets.token_hex(32)}' );" for key in KEYS)
    config = CONFIG.format(
        name=database, user=USER, port=mariadb.port, address=site.address, key=site.key, keys=keys,
        password=PASSWORD.replace("\\", "\\\\").replace("'", "\\'"),
    )  # fmt: skip
    (site.root / "wp-config.php").write_text(config)
    shutil.copytree(HERE / "mu-plugins", site.root / "wp-content" / "mu-plugins")
    (site.root / "wp-content" / "uploads").mkdir()
    packed = site.root / "plugin.zip"
    run(sys.executable, ROOT / "integrations" / "wordpress" / "make_zip.py", packed, cwd=site.root)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(site.root / "wp-content" / "plugins")


@contextlib.contextmanager
def _served(root: Path, port: int) -> Iterator[None]:
    command = [require("php"), *PHP, "-S", f"127.0.0.1:{port}", "-t", root]
    with (root / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with_us,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": "4"},
        )  # fmt: skip
    try:
        _wait_for(port)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _end_with_us() -> None:
    """Let the system end a new process if the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readme.html", timeout=30).close()
            return
        except OSError:
            assert time.monotonic() < end, "PHP's server did not start"
            time.sleep(0.05)


def newsroom_posts() -> list[dict[str, Any]]:
    """Return the bundled articles, those with hostile titles, and the page of a news site."""
    table = read_articles(NEWSROOM)
    posts = []
    for row in table.to_dict("records"):
        text = split_front_matter((NEWSROOM / row["id"]).read_text(encoding="utf-8-sig")).body
        posts.append(
            {
                "post_title": row["title"],
                "post_content": pyromark.html(text),
                "post_date": f"{row['date']:%Y-%m-%d} 08:00:00",
                "tags_input": list(row["tags"]),
            }
        )
    hostile = [{**posts[0], "post_title": title, "post_name": f"hostile-{number}"}
               for number, title in enumerate([*TITLES, *MARKED])]  # fmt: skip
    return [*posts, *hostile, news_post(posts[1])]


def news_post(like: dict[str, Any]) -> dict[str, Any]:
    """Return a post in the manner of a news site: a credit first, a widget to rate it last."""
    page = news_page("A cadet swims again", [])
    credit = page.partition("<p>")[2].partition("</p>")[0]
    widget = page[page.index('<div class="rmp') : page.index("<p>Subscribe")]
    content = f"<p>{credit}</p>\n{like['post_content']}\n{widget}"
    return {**like, "post_title": "A cadet swims again", "post_name": "seed",
            "post_content": content, "tags_input": ["reuters"]}  # fmt: skip


def lists_in(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of a lists file."""
    lists: dict[str, list[dict[str, Any]]] = json.loads(file.read_text(encoding="utf-8"))["lists"]
    return lists
