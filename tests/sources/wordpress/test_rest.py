"""WordPress over its REST API: a server on this machine plays the site."""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import Command
from source_contracts import SourceContract

pytest.importorskip("urllib3")

from recommender.errors import MissingDependencyError, SourceError
from recommender.sources import SourceOptions, read_articles, read_source
from recommender.sources.wordpress import api, rest

PASSWORD = "abcd EFGH 1234 ijkl"
SECRET = "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()


def post(number: int, **changes: Any) -> dict[str, Any]:
    """Return a post as the site keeps it, with its content as written and as shown."""
    return {
        "id": number, "type": "post", "status": "publish", "slug": f"p{number}",
        "link": f"https://farm.example/p{number}/", "date": "2024-05-06T12:00:00",
        "date_gmt": "2024-05-06T10:00:00", "author": 3, "featured_media": 0,
        "title": {"raw": f"Title {number} & more", "rendered": f"Title {number} &#038; more"},
        "content": {"raw": f"Raw {number}.\n\nEnd[gallery].", "protected": False,
                    "rendered": f"<p>Shown {number}.</p>"},
        "excerpt": {"raw": "", "rendered": "", "protected": False}, "meta": {},
        "categories": [], "tags": [],
    } | changes  # fmt: skip


class FakeSite:
    """The site: its posts, what it refuses, and which requests it got."""

    def __init__(self, posts: list[dict[str, Any]]) -> None:
        self.posts = posts
        self.others = {
            "users": [{"id": 3, "name": "Ann Rye", "slug": "ann"}],
            "categories": [{"id": 5, "name": "Grain &amp; mill", "slug": "grain"},
                           {"id": 1, "name": "Uncategorized", "slug": "uncategorized"}],
            "tags": [{"id": 8, "name": "Rye", "slug": "rye"}, {"id": 9, "name": "Oats"}],
            "media": [{"id": 12, "source_url": "https://farm.example/rye.jpg"}],
        }  # fmt: skip
        self.asked: list[str] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        """Answers instead of the next ones, after `spare`."""
        self.pause = 0.0
        """Seconds after each byte of an answer."""
        self.spare = 1
        self.link = True
        self.pretty = True
        self.closed: set[str] = set()
        self.owned: set[int] | None = None
        """Posts that the user may edit; None: all."""
        self.before: Callable[[str], None] = lambda route: None
        self.secrets: list[str] = []

    def answer(self, path: str, secret: str) -> tuple[int, dict[str, str], bytes]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        route = query.pop("rest_route", None)
        if route is None and self.pretty and "/wp-json/" in path:
            route = "/" + urlsplit(path).path.partition("/wp-json/")[2]
        if route is None:
            link = {"Link": '<./wp-json/>; rel="https://api.w.org/"'} if self.link else {}
            return 200 if urlsplit(path).path == "/" else 404, link, b"<html>Farm</html>"
        self.asked.append(path)
        self.secrets.append(secret)
        self.before(route)
        if secret not in ("", SECRET):
            return _json({"code": "incorrect_password", "message": "No"}, 401)
        if self.answers and len(self.asked) > self.spare:
            return self.answers.pop(0)
        if route == "/":
            return _json(
                {"namespaces": ["wp/v2"] + ["pll/v1"] * ("/pll/v1/languages" in self.others)}
            )
        name = route.removeprefix("/wp/v2/")
        if name in self.closed:
            return _json({"code": "rest_no_route", "message": "No"}, 401)
        if name == "types/recipe":
            return _json({"rest_base": "recipes"})
        rows = self.posts if name in ("posts", "recipes") else self.others.get(name)
        if rows is None:
            return _json({"code": "rest_no_route", "message": "No"}, 404)
        if query.get("context") == "edit" and not secret:
            return _json({"code": "rest_forbidden_context", "message": "No"}, 401)
        return _json(self.chosen(rows, query))

    def chosen(self, rows: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        statuses = query.get("status", "publish").split(",")
        rows = [row for row in rows if row.get("status", "publish") in statuses]
        if "include" in query:
            wanted = [int(number) for number in query["include"].split(",")]
            rows = [row for row in rows if row["id"] in wanted]
        if query.get("context") == "edit" and self.owned is not None:
            rows = [row for row in rows if row["id"] in self.owned]
        rows = sorted(rows, key=lambda row: row["id"])
        start = int(query.get("offset", 0))
        rows = rows[start : start + int(query.get("per_page", 10))]
        fields = query["_fields"].split(",")
        return [
            {name: self.seen(row[name], query) for name in fields if name in row} for row in rows
        ]

    def seen(self, value: Any, query: dict[str, str]) -> Any:
        """Return a field; only editors see what was written, and custom fields."""
        if query.get("context") == "edit" or not isinstance(value, dict):
            return value
        return {name: part for name, part in value.items() if name[0] != "_" and name != "raw"}


def _json(data: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(data).encode()


@contextmanager
def served(site: FakeSite) -> Iterator[str]:
    """Serve a site on this machine; yield its address as a source."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = site.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET" and not site.pause:
                self.wfile.write(body)
            for byte in body if self.command == "GET" and site.pause else ():
                self.wfile.write(bytes([byte]))
                time.sleep(site.pause)

        do_HEAD = do_GET  # noqa: N815 - the name that the library looks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"wordpress:http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without a user, whatever the environment of the tests has."""
    for name in ("RECOMMENDER_WORDPRESS_USER", "RECOMMENDER_WORDPRESS_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def as_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the process a user and an application password."""
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_USER", "ann")
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_PASSWORD", PASSWORD)


class TestRest(SourceContract):
    """A site that an editor reads, with custom fields."""

    @pytest.fixture(autouse=True)
    def site(self, as_editor: None) -> Iterator[None]:
        self.fake = FakeSite([])
        with served(self.fake) as self.source:
            yield

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        numbers = {"a": 1, "b": 2, "c": 3, "d": 4}
        tags = {"x": 18, "y": 19}
        self.fake.others["tags"] = [{"id": of, "name": name} for name, of in tags.items()]
        self.fake.posts = [
            post(
                numbers[row["id"]], title={"raw": row["title"]}, content={"raw": row["text"]},
                date_gmt=row["date"], meta={"desk": row["desk"]},
                tags=[of for name, of in tags.items() if name in row["tags"]],
            )
            for row in rows
        ]  # fmt: skip
        return self.source  # type: ignore[return-value]


def test_pages_of_a_hundred_are_read(run: Command) -> None:
    """All posts, each once, ids as text; a few requests for each hundred."""
    told: list[tuple[str, int, int]] = []
    site = FakeSite([post(number) for number in range(500, 0, -2)])
    with served(site) as source:
        table = read_articles(source, progress=lambda *step: told.append(step))
        assert sorted(map(int, table["id"])) == list(range(2, 501, 2))
        assert told == [("reading", done, 250) for done in (100, 200, 250)]
        assert len(site.asked) == 1 + 4 + 3 + 1  # root, numbers, posts, authors
        assert all("_embed" not in path for path in site.asked)
        done = run("check", source)
        assert "articles: 250," in done.out, done.err


def test_a_visitor_sees_what_the_site_shows() -> None:
    """Content as shown; names of authors, terms and pictures; protected posts are counted."""
    site = FakeSite([
        post(7, categories=[5, 1], tags=[9, 8], featured_media=12, lang="de",
             translations={"en": 4, "de": 7},
             excerpt={"raw": "x", "rendered": "<p>In brief.</p>"}),
        post(8, content={"rendered": "", "protected": True}),
    ])  # fmt: skip
    with served(site) as source:
        result = read_source(source)
    row = result.articles.iloc[0]
    assert (row["id"], row["title"], row["text"]) == ("7", "Title 7 & more", "Shown 7.")
    assert (row["author"], row["category"], row["tags"]) == (
        "Ann Rye", "Grain & mill", ["Oats", "Rye"],
    )  # fmt: skip
    assert (row["image"], row["lang"]) == ("https://farm.example/rye.jpg", "de")
    assert (row["url"], row["description"]) == ("https://farm.example/p7/", "In brief.")
    assert row["translation_key"] == "rest_4"
    assert f"{row['date']:%Y-%m-%d %H:%M}" == "2024-05-06 10:00"
    assert [reason for _, reason in result.skipped] == ["password-protected"]


def test_languages_of_polylang_without_its_fields() -> None:
    """Only the paid edition has them; else the home page of a language is above its posts."""
    site = FakeSite([
        post(1, link="https://farm.example/rye/"), post(2, link="https://farm.example/cn/rye/"),
        post(3, lang="cn", translations={"en": 1, "cn": 2}),
    ])  # fmt: skip
    site.others["/pll/v1/languages"] = [
        {"id": 1, "slug": "en", "locale": "en_GB", "home_url": "https://farm.example/"},
        {"id": 2, "slug": "cn", "locale": "zh_CN", "home_url": "https://farm.example/cn/"},
    ]
    with served(site) as source:
        table = read_articles(source)
    assert table["lang"].tolist() == ["en", "zh-CN", "zh-CN"]
    assert "translation_key" not in table, "a copy is not a translation"


def test_products_have_categories_and_tags() -> None:
    """The taxonomies of WooCommerce."""
    site = FakeSite([post(1, product_cat=[15], product_tag=[16])])
    site.others |= {"product_cat": [{"id": 15, "name": "Grain", "slug": "grain"}],
                    "product_tag": [{"id": 16, "name": "Rye", "slug": "rye"}]}  # fmt: skip
    with served(site) as source:
        table = read_articles(source)
    assert (table["category"][0], table["tags"][0]) == ("Grain", ["Rye"])


def test_an_editor_reads_what_was_written(as_editor: None) -> None:
    """Content as in the database, and the pins and bans of the plug-in."""
    site = FakeSite([
        post(1, meta={"_recommender_pins": "3,2", "_recommender_bans": "4,9", "desk": "north",
                      "empty": []}),
        post(2), post(3), post(4), post(5, status="draft"),
    ])  # fmt: skip
    with served(site) as source:
        result = read_source(source)
        drafts = read_articles(source, drafts=True)
    row = result.articles.iloc[0]
    assert row["text"] == "Raw 1.\n\nEnd."
    assert (row["related"], row["related_exclude"], row["desk"]) == (["3", "2"], ["4"], "north")
    assert "names 9, which is not published" in result.warnings[0]
    assert len(result.articles) == 4
    assert len(drafts) == 5
    assert set(site.secrets) == {SECRET}


def test_posts_of_others_are_read_as_a_visitor(as_editor: None) -> None:
    """A user who may edit some posts only gets the others as the site shows them."""
    site = FakeSite([post(1), post(2), post(3)])
    site.owned = {2}
    with served(site) as source:
        result = read_source(source)
    assert result.articles["text"].tolist() == ["Shown 1.", "Raw 2.\n\nEnd.", "Shown 3."]
    assert not result.skipped


@pytest.mark.parametrize(("link", "pretty"), [(True, True), (False, True), (False, False)])
def test_the_api_is_found(link: bool, pretty: bool) -> None:
    """By the header of the site, at /wp-json/, or with plain addresses."""
    site = FakeSite([post(1), post(2)])
    site.link, site.pretty = link, pretty
    with served(site) as source:
        assert len(read_articles(source)) == 2
    assert ("rest_route" in site.asked[-1]) == (not pretty)


def test_a_post_that_vanishes_shifts_no_other() -> None:
    """While numbers are listed, the list is read again; later, the post is reported."""
    site = FakeSite([post(number) for number in range(1, 231)])
    seen: list[str] = []

    def vanish(route: str) -> None:
        seen.append(route)
        if len(seen) == 3:  # between two pages of numbers
            site.posts = [row for row in site.posts if row["id"] not in (20, 30)]
        if len(seen) == 8:  # between numbers and posts
            site.posts = [row for row in site.posts if row["id"] != 150]
            site.posts.append(post(999))

    site.before = vanish
    with served(site) as source:
        result = read_source(source)
    numbers = sorted(map(int, result.articles["id"]))
    assert numbers == [n for n in range(1, 231) if n not in (20, 30, 150)]
    assert [tuple(skipped) for skipped in result.skipped] == [
        (f"{source}: post 150", "vanished while it was read")
    ]


def test_a_site_that_keeps_changing_is_an_error() -> None:
    """Posts that vanish at every look end in a message, not in an endless loop."""
    site = FakeSite([post(number) for number in range(1, 400)])

    def vanish(route: str) -> None:
        del site.posts[0]

    site.before = vanish
    with served(site) as source, pytest.raises(SourceError, match="vanish while they are listed"):
        read_articles(source)


@pytest.mark.parametrize(
    "answers",
    [
        [(429, {"Retry-After": "0"}, b"slow down"), (503, {}, b"")],
        [(500, {}, b"<b>Fatal error</b>")],
        [(200, {"Content-Length": "90"}, b'[{"id": 1')],
    ],
)
def test_a_bad_moment_is_tried_again(
    answers: list[tuple[int, dict[str, str], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many requests, a failing server, a connection that breaks off."""
    site = FakeSite([post(1), post(2)])
    site.answers = list(answers)
    with served(site) as source:
        assert len(read_articles(source)) == 2
    assert site.answers == []


def test_a_site_does_not_make_us_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it asks for, a wait has a limit, and so have the tries."""
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    site = FakeSite([post(1)])
    site.answers = [(429, {"Retry-After": "86400"}, b"")] * 20
    with served(site) as source, pytest.raises(SourceError, match=r"no answer in 6 tries \(HTTP 4"):
        read_articles(source)
    assert waits == [api.LONGEST_WAIT] * api.TRIES


def test_a_site_that_sends_one_byte_at_a_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, but not the whole."""
    monkeypatch.setattr(api, "LONGEST_ANSWER", 0.3)
    site = FakeSite([post(1), post(2)])
    site.pause = 0.05
    with served(site) as source, pytest.raises(SourceError, match=r"more than 0\.3 s for one"):
        read_articles(source)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (_json({"code": "rest_forbidden"}, 401),
         r"does not show its posts to visitors \(HTTP 401, rest_forbidden\)\nHint: set RECOMM"),
        ((403, {}, b"<html>Forbidden"), r"visitors \(HTTP 403\)\nHint: set RECOMMENDER_WORDPRESS"),
        (_json({"code": "rest_no_route"}, 404), r"has no such part .*\(HTTP 404, rest_no_route\)"),
        ((200, {}, b"<!DOCTYPE html><title>Login"), "answered with HTML rather than JSON\nHint: o"),
        ((200, {}, b"Notice: x[]"), "answered with text rather than JSON"),
        (_json({"id": 1}), "expected a list of objects, got dict"),
        (_json([1, 2]), "expected a list of objects"),
        (_json([{"id": 3}, {"id": 2}]), "does not list its posts in order"),
        ((418, {}, b"{}"), r"refuses the request \(HTTP 418\)"),
    ],
)  # fmt: skip
def test_what_a_site_refuses_is_one_line(
    answer: tuple[int, dict[str, str], bytes], message: str
) -> None:
    """The site, what is wrong, and what to do next."""
    site = FakeSite([post(1)])
    site.answers = [answer]
    with served(site) as source, pytest.raises(SourceError, match=message) as caught:
        read_articles(source)
    assert str(caught.value).startswith(f"{source}: ")
    assert len(str(caught.value).splitlines()) == 2


def test_a_wrong_password_is_named_and_never_shown(
    as_editor: None, monkeypatch: pytest.MonkeyPatch, run: Command
) -> None:
    """The message names the variables; neither it nor a traceback contains the password."""
    with served(FakeSite([post(1)])) as source:
        monkeypatch.setenv("RECOMMENDER_WORDPRESS_USER", "ann")
        monkeypatch.setenv("RECOMMENDER_WORDPRESS_PASSWORD", "hush hush")
        done = run("build", source, "-o", "a.json", "--verbose")
    assert done.code == 1
    assert "does not accept the user or the application password (HTTP 401, incorrect" in done.err
    assert "RECOMMENDER_WORDPRESS_PASSWORD" in done.err
    assert "is not a setting" not in done.err
    assert "hush" not in done.err + done.out
    assert base64.b64encode(b"ann:hush hush").decode() not in done.err + done.out


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://farm.example", r"would send the password unencrypted\nHint: .*https://"),
        ("http://127.0.0.1.example", "would send the password unencrypted"),
        ("https://ann:hush@farm.example", "must not contain a user or a password"),
        ("https://", "is not an address"),
        ("https://[::1", "is not an address"),
    ],
)
def test_a_password_is_not_sent_anywhere(as_editor: None, address: str, message: str) -> None:
    """Not in clear text over a network, and none is read from an address."""
    with pytest.raises(SourceError, match=message) as caught:
        read_articles(f"wordpress:{address}")
    assert "hush" not in str(caught.value)


def test_a_password_stays_with_its_host(as_editor: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that moves to another host is named, before it gets the password."""
    there, here = FakeSite([post(1)]), FakeSite([post(1)])
    with served(there) as other, served(here) as source:
        target = other.removeprefix("wordpress:").replace("127.0.0.1", "localhost")
        monkeypatch.setattr(
            here, "answer", lambda path, secret: (302, {"Location": target + "/"}, b"")
        )
        with pytest.raises(SourceError, match=rf"is at {target}/\nHint: name that address"):
            read_articles(source)
    assert there.secrets == []


def test_a_password_is_not_sent_where_https_ends(
    as_editor: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site that leads from https:// to http:// is named too."""
    plain = api.Answer(200, {}, b"", "http://farm.example/")
    monkeypatch.setattr(api.Api, "_asked", lambda *_, **__: plain)
    with pytest.raises(SourceError, match=r"is at http://farm\.example/"):
        read_articles("wordpress:https://farm.example")


def test_half_of_a_password_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a password is a mistake, not a visitor."""
    monkeypatch.setenv("RECOMMENDER_WORDPRESS_USER", "ann")
    with pytest.raises(SourceError, match="RECOMMENDER_WORDPRESS_PASSWORD is not set"):
        read_articles("wordpress:https://farm.example")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://none.invalid", r"host is unknown\nHint: check the address"),
        ("http://127.0.0.1:1", "cannot be reached"),
    ],
)
def test_a_site_that_is_not_there_is_one_line(
    address: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown host and a closed port."""
    monkeypatch.setattr("urllib3.util.retry.time.sleep", lambda _: None)
    with pytest.raises(SourceError, match=rf"^wordpress:{address}: {message}"):
        read_articles(f"wordpress:{address}")


def test_a_site_without_wordpress_is_named() -> None:
    """Whatever answers there, it is no WordPress."""
    site = FakeSite([])
    site.answers, site.spare = [_json({"hello": 1}), _json([])], 0
    with served(site) as source, pytest.raises(SourceError, match="has no REST API of WordPress"):
        read_articles(source)


def test_a_circle_of_redirects_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that sends everyone back to where they came from."""
    site = FakeSite([])
    monkeypatch.setattr(site, "answer", lambda path, secret: (302, {"Location": "/"}, b""))
    with served(site) as source, pytest.raises(SourceError, match="redirects in a circle"):
        read_articles(source)


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer beyond the limit is an error, whatever its header says."""
    monkeypatch.setattr(api, "MAX_ANSWER", 1 << 20)
    site = FakeSite([post(1)])
    site.answers = [(200, {}, b"[" * (2 << 20))]
    with served(site) as source, pytest.raises(SourceError, match="sends more than 1 MB at once"):
        read_articles(source)


def test_names_that_a_site_hides_are_a_warning() -> None:
    """Posts are read without authors where a plug-in closes that route, and it says so once."""
    site = FakeSite([post(number) for number in range(1, 203)])
    site.closed = {"users"}
    with served(site) as source:
        result = read_source(source)
    assert len(result.articles) == 202
    assert set(result.articles["author"]) == {""}
    assert result.warnings == [f"{source}: authors are not read, it does not show them (HTTP 401)"]


def test_other_types_have_routes_of_their_own() -> None:
    """The site says where a type is; one that it does not show is named."""
    with served(FakeSite([post(1, type="recipe"), post(2, type="recipe")])) as source:
        assert len(read_articles(source, post_type="recipe")) == 2
        with pytest.raises(SourceError, match="post_type event is not in the REST API"):
            read_articles(source, post_type="event")


def test_drafts_need_an_editor() -> None:
    """A visitor cannot read drafts: that is an error, not an empty result."""
    with served(FakeSite([post(1)])) as source, pytest.raises(SourceError, match="editors only"):
        read_articles(source, drafts=True)


def test_without_urllib3_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(MissingDependencyError, match="urllib3"):
        read_articles("wordpress:https://farm.example")


def test_odd_values_are_left_out() -> None:
    """What a plug-in puts into a field in another type is neither text nor a number."""
    odd = post(1, title=None, author="3", categories="5", tags=[{"id": 8}], meta=[], lang=5,
               featured_media=True, translations=[], link=None, slug=7)  # fmt: skip

    class Site:
        where, has_password = "wordpress:x", False
        namespaces = frozenset(["wp/v2"])

        def get(self, route: str, **parameters: Any) -> tuple[Any, dict[str, str]]:
            return ([odd] if parameters.get("offset", 0) == 0 else []), {}

    records = rest.read_posts(Site(), SourceOptions())
    assert records.table["text"].tolist() == ["Raw 1.\n\nEnd."]
    assert records.table["title"].tolist() == [""]
