"""Lists for generators: names of pages, front matter, and templates with their starter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
import yaml

from recommender import write_recommendations
from recommender.articles import validate_articles
from recommender.cli.starter import GENERATORS, find_generator, template_files
from recommender.errors import ConfigError, OutputError, SourceError
from recommender.outputs.front_matter import with_list, write_front_matter
from recommender.outputs.generators import pages
from recommender.outputs.heads import NotEditableError
from recommender.outputs.writers import GENERATOR_FORMATS
from recommender.sources import read_articles
from recommender.sources.markdown.front_matter import split_front_matter

CARDS = [{"id": "oats.md", "url": "/oats/", "title": 'Oats: "rolled" # & {cut}'}]


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return validate_articles(pd.DataFrame([{"title": "T", "text": "x", **row} for row in rows]))


@pytest.mark.parametrize(
    ("format", "source", "name", "key"),
    [
        ("hugo", "content", "posts/Rye Bread.md", "/posts/rye-bread"),
        ("hugo", "site/content/posts", "rye/index.md", "/posts/rye"),
        ("hugo", "content", "_index.md", "/"),
        ("hugo", "content", "v1.10.md", "/v1.10"),
        ("eleventy", "content", "a b.md", "/a b/"),
        ("eleventy", "src/posts", "2021-03-09-rye.md", "/posts/2021-03-09-rye/"),
        ("eleventy", "posts", "rye/rye.md", "/posts/rye/"),
        ("eleventy", "content", "index.md", "/"),
        ("astro", "src/content/blog", "Sea & Shore/It's.md", "sea--shore/its"),
        ("astro", None, "sea/index.md", "sea"),
        ("jekyll", "_posts", "2021-03-09-rye.md", "/2021/03/09/rye.html"),
        ("jekyll", "_docs", "a/rye.md", "/docs/a/rye.html"),
    ],
)  # fmt: skip
def test_a_key_is_what_the_generator_calls_the_page(
    format: str, source: str | None, name: str, key: str
) -> None:
    """Paths become keys by the generator's own rule."""
    stem = name.removesuffix(".md").removesuffix("/index")
    articles = table({"id": name, "url": f"/{stem}/", "date": "2021-03-09"})
    assert pages(articles, format, source)[name].key == key


def test_an_address_of_its_own_goes_before_any_rule() -> None:
    """Front matter's url, here with a host, is the key of Jekyll and Eleventy."""
    articles = table({"id": "rye.md", "url": "https://example.org/grain/rye.html"})
    assert pages(articles, "jekyll", "_posts")["rye.md"].key == "/grain/rye.html"
    assert pages(articles, "eleventy", "posts")["rye.md"].key == "/grain/rye.html"


@pytest.mark.parametrize("name", ["C#", "100% sure?", "a%20b", "Grün & Möwe"])
def test_a_link_to_a_page_of_eleventy_leads_to_its_file(name: str) -> None:
    """Whatever signs are in its name; the key is the name itself, as in `page.url`."""
    articles = table({"id": f"{name}.md", "url": f"/{name}/"})
    page = pages(articles, "eleventy", "content")[f"{name}.md"]
    assert page.key == f"/{name}/"
    assert page.url is not None
    assert unquote(urlsplit(page.url).path) == f"/{name}/"


@pytest.mark.parametrize(
    ("format", "key", "url"),
    [
        ("jekyll", "/2021/03/09/c.html", "/2021/03/09/c.html"),
        ("eleventy", "/2021-03-09-c#/", "/2021-03-09-c%23/"),
        ("astro", "2021-03-09-c", "/2021-03-09-c/"),
        ("hugo", "/2021-03-09-c#", "/2021-03-09-c%23/"),
        ("docusaurus", "2021-03-09-c#.md", "/2021-03-09-c%23/"),
    ],
)
def test_address_that_a_source_made_of_a_file_is_not_the_articles_own(
    tmp_path: Path, format: str, key: str, url: str
) -> None:
    """Signs that the source encodes change nothing: the generator's rule applies."""
    for name in ("c#", "oats"):
        text = f"# T\n\nSow the rye, says {name}."
        (tmp_path / f"2021-03-09-{name}.md").write_text(text)
    articles = read_articles(tmp_path)
    source = "_posts" if format == "jekyll" else "content"
    page = pages(articles, format, source)["2021-03-09-c#.md"]
    assert (page.key, page.url) == (key, url)


@pytest.mark.parametrize("generator", ["jekyll", "eleventy"])
def test_a_permalink_goes_before_the_url_template(generator: str, tmp_path: Path) -> None:
    """The generator obeys its own key in front matter, whatever the setting says of the others."""
    articles = table(
        {"id": "rye.md", "url": "/2024/rye/", "permalink": "/grain/rye/"},
        {"id": "oats.md", "url": "/2024/oats/", "permalink": None},
    )
    found = pages(articles, generator, tmp_path)
    assert [found[name].url for name in ("rye.md", "oats.md")] == ["/grain/rye/", "/2024/oats/"]


def test_translations_keep_their_language_in_the_key() -> None:
    """Only a path that no translation shares loses its language, as in .Path."""
    articles = table(
        *({"id": n, "lang": n.split(".")[1]} for n in ("a.de.md", "a.en.md", "b.de.md"))
    )
    keys = {name: page.key for name, page in pages(articles, "hugo", "content").items()}
    assert keys == {"a.de.md": "/a.de", "a.en.md": "/a.en", "b.de.md": "/b"}


def test_two_pages_of_one_key_are_named() -> None:
    """An ambiguous key is an error, not a coin toss."""
    articles = table({"id": "A b.md"}, {"id": "a-b.md"})
    with pytest.raises(SourceError, match=r"(?s)A b\.md: .*a-b\.md: "):
        pages(articles, "hugo", "content")


@pytest.mark.parametrize("permalink", ["/:year/:nonsense/", "/:i_mnth/:title"])
def test_jekyll_names_an_unknown_placeholder(tmp_path: Path, permalink: str) -> None:
    """A permalink that cannot be followed is an error."""
    (tmp_path / "_config.yml").write_text(f"permalink: {permalink}\n")
    (tmp_path / "_posts").mkdir()
    with pytest.raises(ConfigError, match="unknown placeholder"):
        pages(table({"id": "2021-03-09-rye.md"}), "jekyll", tmp_path / "_posts")


@pytest.mark.parametrize("format", [*GENERATOR_FORMATS, "json", "yaml"])
def test_every_form_holds_the_same_cards(tmp_path: Path, format: str) -> None:
    """Only keys, the page's address and `path` differ; no key is one of Jinja's methods."""
    articles = table(
        {"id": "a.md", "image": "javascript:x"}, {"id": "b.md", "image": "javascript:x"}
    )
    related = pd.DataFrame({"article_id": ["a.md"], "rank": [1], "related_id": ["b.md"],
                            "score": [0.4], "origin": ["similar"]})  # fmt: skip
    file = tmp_path / "related.json"
    write_recommendations(related, file, articles=articles, format=format, source="content")
    text = file.read_text(encoding="utf-8")
    whole = yaml.safe_load(text) if format == "yaml" else json.loads(text)
    (card,) = next(cards for cards in whole["lists"].values() if cards)
    assert (card["id"], card["title"], card["score"]) == ("b.md", "T", 0.4)
    assert not {"items", "keys", "values"} & {*whole, *card}
    assert len(whole["lists"]) == 2
    if format in GENERATOR_FORMATS:
        assert card["path"] in whole["lists"]
        assert card["image"] is None


@pytest.mark.parametrize(
    ("origin", "heading"),
    [("similar", "You may also like"), ("backfill:newest", "More to read")],
)
def test_cards_of_a_filled_list_have_the_heading_that_promises_nothing(
    tmp_path: Path, origin: str, heading: str
) -> None:
    """A template shows the heading of the first card and need not know origins."""
    related = pd.DataFrame({"article_id": ["a.md"], "rank": [1], "related_id": ["b.md"],
                            "score": [0.0], "origin": [origin]})  # fmt: skip
    articles = table({"id": "a.md"}, {"id": "b.md"})
    file = tmp_path / "related.json"
    write_recommendations(related, file, articles=articles, format="hugo", source="content")
    (card,) = next(cards for cards in json.loads(file.read_text())["lists"].values() if cards)
    assert card["heading"] == heading


HEADS = {
    "yaml": "---\n# why\ntitle: 'Rye'   # short\ntags:\n- a\n\n# end\nd: 2024-01-01\n---\nBody\n",
    "yaml-crlf": "\ufeff---\r\ntitle: Rye\r\n---\r\nBody\r\n\r\n---\r\n",
    "yaml-old": '---\nrelated:\n- {"id": "x", "url": "/x/", "title": "X"}\n# on\na: 1\n---\n',
    "toml": "+++\ntitle = 'Rye' # short\n\n[params]\nrelated = 1\n[[menu]]\na = 1\n+++\nBody",
    "toml-old": '+++\nrelated = [\n  {id = "x", url = "/x/", title = "]"},\n]\na = 1\n+++\n',
    "json": '{\n    "title": "Rye",\n    "tags": []\n}\n\nBody',
    "json-line": '{"title": "Rye", "params": {"related": 1}}\nBody',
    "json-empty": "---json\n{}\n---\nBody",
    "none": "Just text.\n",
    "empty": "---\n---\nBody\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_only_the_one_key_changes(name: str) -> None:
    """Every line stays, in its order; writing again, or other cards, changes no other line."""
    before = HEADS[name].encode()
    once = with_list(before, CARDS)
    assert with_list(once, CARDS) == once
    emptied = with_list(once, [])
    assert with_list(emptied, CARDS) == once
    rest = iter(once.decode().splitlines(keepends=True))
    ours = ("related", "- {", "  {", "]", '{"title"', '    "')
    lines = HEADS[name].splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith((*ours, "{}"))]
    assert [line for line in kept if line not in rest] == []


def test_comments_quotes_and_line_ends_stay() -> None:
    """The new lines are at the end of the head, with the same line ends as the others."""
    new = with_list(HEADS["yaml"].encode(), CARDS).decode()
    entry = '{"id": "oats.md", "url": "/oats/", "title": "Oats: \\"rolled\\" # & {cut}"}'
    lines = f"\nrelated:\n- {entry}"
    assert new.replace(lines, "") == HEADS["yaml"]
    crlf = with_list(HEADS["yaml-crlf"].encode(), CARDS)
    assert crlf.count(b"\n") == crlf.count(b"\r\n")
    assert crlf.startswith(b"\xef\xbb\xbf---\r\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\nrelated: [mine]\n---\n", "written by hand"),
        ("---\nrelated:\n  - id: x\n---\n", "written by hand"),
        ("Title: Rye\nDate: 2024-01-01\n\nBody", "recommender.plugins.pelican"),
        ("---\ntitle: Rye\n", "never closed"),
        ("---\n{title: Rye}\n---\n", "in braces"),
        ("---\ntitle: [\n---\n", "cannot be read"),
        ("+++\ntitle = \n+++\n", "cannot be read"),
        ('{"title": }\n', "cannot be read"),
    ],
)
def test_what_cannot_take_the_list_is_refused(text: str, problem: str) -> None:
    """Hand-written lists, Pelican's headers and broken heads are left alone, with the reason."""
    with pytest.raises(NotEditableError, match=problem):
        with_list(text.encode(), CARDS)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("---\n\nSow rye.\n", True),
        ("\n\n---\ntitle: Rye\n---\nSow rye.\n", True),
        ("Note: sow rye.\n", True),
        ("Summary: Sow it.\nModified: 2024-05-14\n\nSow rye.\n", False),
    ],
    ids=["a rule above the text", "blank lines above", "a line with a colon", "headers"],
)
def test_writer_and_reader_agree_where_the_head_is(text: str, written: bool) -> None:
    """A list changes neither the other fields nor the body, as the reader finds them."""
    before = split_front_matter(text)
    if not written:
        with pytest.raises(NotEditableError, match="Pelican"):
            with_list(text.encode(), [])
        return
    after = split_front_matter(with_list(text.encode(), []).decode())
    assert after.fields == before.fields | {"related": []}
    assert after.body.strip() == before.body.strip()


def test_nothing_is_written_if_one_file_is_wrong(tmp_path: Path) -> None:
    """All files are worked out before the first is written; a path never leads out."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.md").write_text("---\ntitle: A\n---\n")
    (tmp_path / "out.md").write_text("---\ntitle: Out\n---\n")
    lists = [("a.md", CARDS), ("missing.md", CARDS), ("../out.md", CARDS)]
    with pytest.raises(OutputError, match=r"(?s)missing\.md: cannot be read.*leads out"):
        write_front_matter(lists, tmp_path / "site")
    assert (tmp_path / "site" / "a.md").read_text() == "---\ntitle: A\n---\n"
    assert (tmp_path / "out.md").read_text() == "---\ntitle: Out\n---\n"


def test_a_file_that_does_not_change_is_not_touched(tmp_path: Path) -> None:
    """The second run writes no file."""
    (tmp_path / "a.md").write_text("---\ntitle: A\n---\n")
    assert write_front_matter([("a.md", CARDS)], tmp_path) == 1
    assert write_front_matter([("a.md", CARDS)], tmp_path) == 0


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.name)
def test_every_generator_has_a_template(generator: Any) -> None:
    """Each is labelled, loads pictures late, and shows no score; WordPress has its plug-in."""
    files = template_files(generator)
    if generator.name == "WordPress":
        assert files == {}
        return
    texts = [data.decode() for name, data in files.items() if not name.endswith(".css")]
    assert texts
    for text in texts:
        assert 'aria-labelledby="recommender-heading"' in text
        assert 'loading="lazy"' in text
        assert "score" not in text


def test_an_unknown_generator_is_named() -> None:
    """With what was meant."""
    with pytest.raises(ConfigError, match="did you mean hugo"):
        find_generator("hugoo")


def test_front_matter_saved_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """A file that its author saves between reading and writing is kept; the others are written."""
    card = {"id": "c.md", "url": "/c/", "title": "C"}
    for name in "ab":
        (tmp_path / f"{name}.md").write_text("---\ntitle: T\n---\nText.\n")

    def lists() -> Iterator[tuple[str, list[dict[str, str]]]]:
        yield "a.md", [card]
        (tmp_path / "a.md").write_text("---\ntitle: New\n---\nText.\n")
        yield "b.md", [card]

    with pytest.raises(OutputError, match=r"a\.md: was saved by another program"):
        write_front_matter(lists(), tmp_path)
    assert (tmp_path / "a.md").read_text() == "---\ntitle: New\n---\nText.\n"
    assert "related:" in (tmp_path / "b.md").read_text()


@pytest.mark.parametrize(
    "head", ["---\ntitle: a\n---\n", '{"title": "a"}\n', "+++\ntitle='a'\n+++\n"]
)
@pytest.mark.parametrize(
    "title", [r"the text \ud83d itself", "half \ud83d one", "whole 😀", "\x85"]
)
def test_any_title_is_written_into_front_matter(head: str, title: str) -> None:
    """A title may hold what reads as an escape, and half a character becomes a question mark."""
    new = with_list(head.encode(), [{"id": "b", "url": "/b/", "title": title}])
    expected = title.replace("\ud83d", "\ufffd")
    assert split_front_matter(new.decode()).fields["related"][0]["title"] == expected
