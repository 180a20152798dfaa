"""What the plug-in for WordPress adds to a page view on a site of 10,000 posts.

python benchmarks/wordpress.py [--posts 10000] [--pages 100]

It installs Debian's WordPress with MariaDB and PHP's own server as the tests do, and asks for the
pages of posts with and without the plug-in, in turn: each page for the first time (cold: of the
lists file nothing is in memory) and again (warm). It prints medians of the queries, of the server's
milliseconds and of the pairs' difference, and the plan of the plug-in's own query.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from integration import mariadb
from integration.wordpress import site as sites

WORDS = [f"{start}{end}" for start in "bcdfghklmnprst" for end in ("arley", "erry", "oat", "ye")]
COLUMNS = ("post_author", "post_title", "post_name", "post_content", "post_excerpt", "to_ping",
           "pinged", "post_content_filtered", "post_date", "post_date_gmt", "post_modified",
           "post_modified_gmt")  # fmt: skip
NUMBER = re.compile(r'id="(queries|seconds)">(.*?)</script>', re.S)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for part in ("database", "site"):
            (Path(name) / part).mkdir()
        with (
            mariadb.running(Path(name) / "database") as server,
            sites.running(Path(name) / "site", server, "bench") as wordpress,
        ):
            fill(server, given.posts)
            write_lists(wordpress.lists, given.posts)
            size = wordpress.lists.stat().st_size / 1e6
            print(f"{given.posts:,} posts, lists of 12, a file of {size:.1f} MB\n")
            report(wordpress, given.posts, given.pages)
            explain(server, wordpress)


def sentence(random_: random.Random, words: int) -> str:
    """Return some words."""
    return " ".join(random_.choices(WORDS, k=words)).capitalize()


def fill(server: mariadb.MariaDb, posts: int) -> None:
    """Insert the posts, with ids from 1, each of 300 words."""
    rows = []
    for number in range(1, posts + 1):
        own = random.Random(number)
        text = "".join(f"<p>{sentence(own, 60)}.</p>\n" for _ in range(5))
        days = ["2020-01-01 08:00:00"] * 4
        rows.append((1, sentence(own, 7), f"post-{number}", text, "", "", "", "", *days))
    marks = ", ".join(["%s"] * len(COLUMNS))
    with server.connect("bench") as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE wp_posts")
        query = f"INSERT INTO wp_posts ({', '.join(COLUMNS)}) VALUES ({marks})"
        cursor.executemany(query, rows)
        cursor.execute("ANALYZE TABLE wp_posts")


def write_lists(file: Path, posts: int) -> None:
    """Write a list of 12 other posts for each."""
    file.parent.mkdir()
    lines = []
    for number in range(1, posts + 1):
        own = random.Random(number)
        entries = [{"id": other, "teaser": f"{sentence(own, 20)} …", "score": 0.412,
                    "reason": f"Also about: {sentence(own, 2)}"}
                   for other in own.sample(range(1, posts + 1), 12)]  # fmt: skip
        lines.append(f'"{number}":{json.dumps(entries, ensure_ascii=False)}')
    text = '{"version":1,"lists":{\n' + ",\n".join(lines) + "\n}}\n"
    file.write_text(text, encoding="utf-8")


def forget(file: Path) -> None:
    """Let the system drop a file from memory."""
    with file.open("rb") as handle:
        os.fsync(handle)
        os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ask(wordpress: sites.WordPress, number: int, more: str) -> tuple[int, float]:
    """Return the queries and the server's milliseconds of a page."""
    page = wordpress.get(f"/2020/01/post-{number}/?queries{more}")
    found: dict[str, Any] = {name: json.loads(text) for name, text in NUMBER.findall(page)}
    assert ('<nav class="recommender"' in page) == (more == "")
    return len(found["queries"]), 1000 * found["seconds"]


def report(wordpress: sites.WordPress, posts: int, pages: int) -> None:
    """Print queries and milliseconds with and without the plug-in."""
    options = "update_option('recommender', array( 'count' => 12 ));"
    wordpress.evaluate(options)
    for number in range(1, 21):  # PHP compiles each file once
        ask(wordpress, number, "")
        ask(wordpress, number, "&without")
    print(f"{'':6}{'queries':>10}{'without':>10}{'ms':>10}{'without':>10}{'difference':>12}")
    chosen = random.Random(0).sample(range(21, posts + 1), pages)
    for name in ("cold", "warm"):
        pairs = []
        for turn, number in enumerate(chosen):
            if name == "cold":
                forget(wordpress.lists)
            order = ("", "&without") if turn % 2 else ("&without", "")
            asked = {more: ask(wordpress, number, more) for more in order}
            pairs.append((*asked[""], *asked["&without"]))
        with_, ms, without, ms_without = (
            statistics.median(values) for values in zip(*pairs, strict=True)
        )
        more = statistics.median(pair[1] - pair[3] for pair in pairs)
        print(f"{name:6}{with_:>10.0f}{without:>10.0f}{ms:>10.1f}{ms_without:>10.1f}{more:>12.2f}")
    parts(wordpress, chosen)


def parts(wordpress: sites.WordPress, chosen: list[int]) -> None:
    """Print the milliseconds of the plug-in's steps, and of a transient instead of the first."""
    code = """
        $sums = array_fill_keys( array( 'find', 'transient', 'load', 'html' ), 0.0 );
        foreach ( json_decode( '%s' ) as $id ) {
            set_transient( "bench_$id", Recommender\\list_of( $id ), DAY_IN_SECONDS );
            wp_cache_flush();
            get_option( 'permalink_structure' ); // What every page has loaded.
            update_meta_cache( 'post', array( $id ) );
            $times = array( microtime( true ) );
            get_transient( "bench_$id" ); $times[] = microtime( true );
            Recommender\\list_of( $id ); $times[] = microtime( true );
            Recommender\\shown_entries( $id, 12 ); $times[] = microtime( true );
            Recommender\\list_html( $id, 12, '' ); $times[] = microtime( true );
            foreach ( array( 'transient', 'find', 'load', 'html' ) as $step => $name ) {
                $sums[ $name ] += $times[ $step + 1 ] - $times[ $step ];
            }
            delete_transient( "bench_$id" );
        }
        return $sums;
    """
    print()
    steps = {"find": "find the list", "transient": "find it in a transient instead",
             "load": "load the posts", "html": "make the HTML"}  # fmt: skip
    for name, seconds in wordpress.evaluate(code % json.dumps(chosen)).items():
        print(f"{steps[name]}: {1000 * seconds / len(chosen):.2f} ms")


def explain(server: mariadb.MariaDb, wordpress: sites.WordPress) -> None:
    """Print the plan of the query for the cards."""
    ids = ",".join(str(entry["id"]) for entry in sites.lists_in(wordpress.lists)["21"])
    with server.connect("bench") as connection, connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN SELECT wp_posts.* FROM wp_posts WHERE ID IN ({ids})")
        names = [column[0] for column in cursor.description]
        print("\nEXPLAIN SELECT wp_posts.* FROM wp_posts WHERE ID IN (12 ids)")
        for row in cursor.fetchall():
            print(", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True)))


if __name__ == "__main__":
    main()
