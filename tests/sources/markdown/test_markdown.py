"""A directory of Markdown: identity, title, date, address, and what is left out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recommender.errors import SourceError
from recommender.sources import SourceOptions, read_articles, read_source

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def write(root: Path, **files: str | bytes) -> Path:
    """Write files; in their names, `__` means `/`."""
    for name, content in files.items():
        path = root / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def read_one(root: Path, content: str, **options: Any) -> pd.Series:
    """Return the only article of a directory."""
    return read_articles(write(root, rye=content), now=NOW, **options).iloc[0]


def test_id_is_the_posix_path_with_suffix(tmp_path: Path) -> None:
    """Articles are named by their path in the directory, ordered by it."""
    site = write(tmp_path, b="Oats.", a__index="Rye.")
    assert list(read_articles(site)["id"]) == ["a/index.md", "b.md"]


def test_title_comes_from_front_matter_heading_or_file_name(tmp_path: Path) -> None:
    """Front matter wins, then the first heading, which leaves the text, then the name."""
    site = write(tmp_path, a="---\ntitle: Rye&#8217;s\n---\nA.", b="# Oats\n\nB.", c_d="C.")
    table = read_articles(site)
    assert list(table["title"]) == ["Rye’s", "Oats", "C d"]
    assert list(table["text"]) == ["A.", "B.", "C."]


@pytest.mark.parametrize(
    ("text", "title", "kept"),
    [
        ("## Rye\n\nSow.\n\n## Early", "Rye", "Sow.\n\nEarly"),
        ("Sown.\n\n## Rye\n\nSow.", "Rye", "Sown.\n\nSow."),
        ("Sown.\n\n# Rye\n\nSow.\n\n# Early", "Rye", "Sown.\n\nSow.\n\nEarly"),
        ("Sown.\n\n## Usage\n\nSow.\n\n## Early", "Name", "Sown.\n\nUsage\n\nSow.\n\nEarly"),
        ("Sown.\n\n### Usage\n\n## Early", "Name", "Sown.\n\nUsage\n\nEarly"),
        ("Sown " * 26 + "\n\n## Usage", "Name", "Sown " * 25 + "Sown\n\nUsage"),
    ],
)
def test_a_heading_that_begins_a_section_is_no_title(
    tmp_path: Path, text: str, title: str, kept: str
) -> None:
    """It has text before it, and others of its level or more than a few words above."""
    row = read_articles(write(tmp_path, name=text)).iloc[0]
    assert (row["title"], row["text"]) == (title, kept)
    assert read_articles(write(tmp_path / "x", README="Sown.\n\n## A\n\n## B"))["title"][0] == "A"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2013-05-01", "2013-05-01T00:00:00+00:00"),
        ("2013-05-01 10:00:00 -0500", "2013-05-01T10:00:00+00:00"),
        ("2013-05-01 10:00:00 -5", "2013-05-01T10:00:00+00:00"),
        ("2013-05-01T10:00Z", "2013-05-01T10:00:00+00:00"),
        ("05/13/2013", "2013-05-13T00:00:00+00:00"),
    ],
)
def test_date_forms_are_read_as_written(tmp_path: Path, written: str, moment: str) -> None:
    """Every form that sites write gives the time as written, whatever its offset."""
    assert read_one(tmp_path, f"---\ndate: {written}\n---\nSow.")["date"].isoformat() == moment


def test_date_and_slug_come_from_the_file_name(tmp_path: Path) -> None:
    """A name such as 2014-03-12-coming-soon gives date, title and words of the path."""
    row = read_articles(write(tmp_path, **{"posts__2014-03-12-coming-soon": "Sow."})).iloc[0]
    assert row["date"] == pd.Timestamp("2014-03-12", tz="UTC")
    assert (row["title"], row["path"]) == ("Coming soon", "posts 2014 03 12 coming soon")


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("draft: true", "draft"),
        ("published: false", "draft"),
        ("Status: draft", "draft"),
        ("status: hidden", "hidden"),
        ("permalink: false", "not built"),
        ("date: 2024-06-02", "future-dated"),
        ("publishDate: 2024-06-02", "future-dated"),
        ("expiryDate: 2024-05-01", "expired"),
        ("tags: [x]", "empty text"),
    ],
)
def test_what_is_not_published_is_left_out_and_named(
    tmp_path: Path, head: str, reason: str
) -> None:
    """Each article that is left out is reported with its file and the reason."""
    body = "" if reason == "empty text" else "Sow."
    site = write(tmp_path, a=f"---\n{head}\n---\n{body}", b="Oats.")
    result = read_source(site, SourceOptions(now=NOW, expired=False))
    assert result.skipped == [(str(tmp_path / "a.md"), reason)]
    assert list(result.articles["id"]) == ["b.md"]


def test_jekyll_drafts_directory_holds_drafts(tmp_path: Path) -> None:
    """A file in _drafts is always a draft, whatever its front matter says."""
    site = write(tmp_path, _drafts__a="Rye.", b="Oats.")
    assert [skipped.reason for skipped in read_source(site).skipped] == ["draft"]


def test_options_bring_back_what_was_left_out(tmp_path: Path) -> None:
    """drafts, future and expired read what they name."""
    site = write(tmp_path, a="---\ndraft: true\n---\nA.", b="---\ndate: 2024-06-02\n---\nB.",
                 c="---\nexpirydate: 2024-05-01\n---\nC.")  # fmt: skip
    assert len(read_articles(site, now=NOW, drafts=True, future=True, expired=True)) == 3


def test_fields_have_synonyms_and_forms(tmp_path: Path) -> None:
    """Category, language, picture and summary are found under the names that sites use."""
    row = read_one(
        tmp_path,
        "---\ntags: sea, ports\ncategories: [news, b]\nlocale: de\nimage: {src: /a.png}\n"
        "excerpt: '**Rye**'\nauthor: Ada\nseries: Grain\nprior: 3.5\n---\nSow [it](/x).",
    )
    named = ["category", "lang", "image", "description", "author", "series", "prior"]
    assert list(row[named]) == ["news", "de", "/a.png", "Rye", "Ada", "Grain", 3.5]
    assert (row["tags"], row["links"]) == (["sea", "ports"], ["/x"])


def test_fields_under_zolas_and_hugos_tables_are_found(tmp_path: Path) -> None:
    """Tags under taxonomies and a series under params count as fields."""
    head = '+++\n[taxonomies]\ntags = ["sea"]\n[params]\nSeries = "Grain"\n+++\n'
    row = read_one(tmp_path, f"{head}Sow.")
    assert (row["tags"], row["series"]) == (["sea"], "Grain")


def test_flags_of_any_case_count_on_every_file(tmp_path: Path) -> None:
    """Status and status on different files both make drafts."""
    site = write(tmp_path, a="Status: draft\n\nA.", b="---\nstatus: draft\n---\nB.", c="C.")
    assert list(read_articles(site)["id"]) == ["c.md"]


def test_front_matter_keys_are_mapped_by_options(tmp_path: Path) -> None:
    """id_column and tags_column name front-matter keys, in either case."""
    row = read_one(
        tmp_path, "---\nSlug: rye\ntopics: [a]\n---\nSow.", id_column="slug", tags_column="topics"
    )
    assert (row["id"], row["tags"]) == ("rye", ["a"])


@pytest.mark.parametrize(
    ("head", "options", "url"),
    [
        ("url: /x/", {}, "/x/"),
        ("permalink: /x.html", {}, "/x.html"),
        ("permalink: /{{ slug }}/", {}, "/rye/"),
        ("permalink: /:year/:title/", {}, "/rye/"),
        ("date: 2014-03-12", {"url_template": "/{year}/{month}/{day}/{slug}/"}, "/2014/03/12/rye/"),
        ("url: /x/", {"url_template": "/{path}.html"}, "/rye.html"),
    ],
)
def test_address_comes_from_template_front_matter_or_path(
    tmp_path: Path, head: str, options: dict[str, Any], url: str
) -> None:
    """A template of the user wins, then a plain address of the article, then its path."""
    assert read_one(tmp_path, f"---\n{head}\n---\nSow.", **options)["url"] == url


@pytest.mark.parametrize(
    "options", [{}, {"url_template": "/{path}/"}, {"url_template": "/{name}/"}]
)
def test_signs_of_a_file_name_that_mean_something_in_an_address_are_encoded(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """Else a link would lead to the part of the name before the sign."""
    for name in ("c#", "why?", "50%"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nSow the rye.")
    assert list(read_articles(tmp_path, **options)["url"]) == ["/50%25/", "/c%23/", "/why%3F/"]


def test_glob_takes_and_leaves_out_files(tmp_path: Path) -> None:
    """A pattern led by an exclamation mark leaves files out; dot directories never count."""
    site = write(tmp_path, a="A.", old__b="B.", **{".git__c": "C."})
    assert list(read_articles(site)["id"]) == ["a.md", "old/b.md"]
    assert list(read_articles(site, glob=["**/*.md", "!old/*"])["id"]) == ["a.md"]


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (
            {"a": b"# R\n\xe9t\xe9"},
            {},
            r"a\.md:2: is not UTF-8, got byte 0xe9 at offset 4\n.*iconv",
        ),
        ({"a": b"\x00\x01\x02"}, {}, r"a\.md:1: is not text, got a NUL byte at offset 0"),
        ({"a": "---\ntitle: a: b\n---\n"}, {}, r"a\.md:2: front matter is not valid YAML"),
        (
            {"a": "---\ntitle: a\n\ndate: 12/31/24\n---\nA."},
            {},
            r"a\.md:4: front matter `date` must be ISO 8601, got '12/31/24'\n"
            r'Hint: write 2024-12-31, or set date_format = "%m/%d/%y"',
        ),
        ({"a": "A."}, {"glob": "*.txt"}, r"no file matches \*\.txt"),
        (
            {"a": "---\nslug: x\n---\nA."},
            {"id_column": "slog"},
            r"key slog not found.*\n.*mean slug",
        ),
        (
            {"a": "---\ntags: x\n---\nA."},
            {"tags_column": "topics"},
            "key topics not found, got tags",
        ),
        (
            {"a": "", "b": "---\ndraft: true\n---\n"},
            {},
            "no article left, 2 skipped: 1 draft, 1 empty",
        ),
        ({"thanks": "Thank you."}, {}, "no article left, 1 skipped: 1 thank-you page"),
        ({"a": "A."}, {"url_template": "/{slugg}/"}, r"field \{slugg\} not found.*\n.*mean slug"),
        ({"a": "A."}, {"url_template": "/{year}/"}, r"needs \{year\}, and the article has no date"),
    ],
)
def test_bad_input_is_named_with_the_next_action(
    tmp_path: Path, files: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    """The message names file, line, problem and next step."""
    with pytest.raises(SourceError, match=message):
        read_articles(write(tmp_path, **files), now=NOW, **options)


def test_problems_of_many_files_are_named_at_once(tmp_path: Path) -> None:
    """Two bad files are two lines of one error."""
    with pytest.raises(SourceError, match=r"a\.md:3: .*\n.*b\.md:1: .*\nHint: "):
        read_articles(write(tmp_path, a="---\nx: [\n---\n", b=b"\xff"))


def test_one_markdown_file_is_no_source(tmp_path: Path) -> None:
    """One file is answered with the directory to name."""
    write(tmp_path, a="A.")
    with pytest.raises(
        SourceError, match=r"is one file, expected a directory.*\nHint: name the dir"
    ):
        read_articles(tmp_path / "a.md")


def test_headings_that_link_to_themselves_are_text(tmp_path: Path) -> None:
    """If headings contain anchors, the headings and the text under them are kept."""
    parts = "\n\n".join(f"## [Part {n}](#part-{n})\n\nShort note {n}." for n in range(5))
    assert (
        len(read_one(tmp_path, f"---\ntitle: Log\n---\nSow.\n\n{parts}\n")["text"].split("\n\n"))
        == 11
    )


def test_tags_stand_once(tmp_path: Path) -> None:
    """A tag that front matter names twice counts as often as on the page that is built of it."""
    assert read_one(tmp_path, "---\ntags: [sea, ports, sea]\n---\nSow.")["tags"] == ["sea", "ports"]


def test_a_title_without_text_is_an_article(tmp_path: Path) -> None:
    """Videos, galleries and link posts stay; a file with neither title nor text is empty."""
    site = write(tmp_path, a="---\ntitle: The ferry, filmed\n---\n", b="---\ntags: [x]\n---\n")
    result = read_source(site)
    assert result.articles[["title", "text"]].to_numpy().tolist() == [["The ferry, filmed", ""]]
    assert [skipped.reason for skipped in result.skipped] == ["empty text"]


def test_articles_in_another_markup_are_named(tmp_path: Path) -> None:
    """A .rst file among Markdown is not read, and says so; a glob of your own decides alone."""
    (tmp_path / "a.md").write_text("# Rye\n\nSow it early.")
    (tmp_path / "b.rst").write_text("Oats\n====\n\nSow them late.")
    skipped = read_source(tmp_path).skipped
    assert [(Path(where).name, why[:16]) for where, why in skipped] == [
        ("b.rst", "reStructuredText")
    ]
    assert read_source(tmp_path, SourceOptions(glob="*.md")).skipped == []


def test_labels_in_brackets_are_no_shortcodes(tmp_path: Path) -> None:
    """``[video]`` before a link is text; with attributes it is WordPress'."""
    (tmp_path / "a.md").write_text('Rye.\n\n[video] Of rye [audio src="a.mp3"] and oats')
    assert read_articles(tmp_path)["text"][0] == "Rye.\n\n[video] Of rye and oats"


@pytest.mark.parametrize(("zone", "kept"), [("+09:00", True), ("-09:00", False)])
def test_a_post_is_from_the_future_by_its_own_clock(tmp_path: Path, zone: str, kept: bool) -> None:
    """At noon in London, Tokyo's evening is past and Alaska's is not; each keeps its day."""
    write(tmp_path, a=f"---\ndate: 2024-05-12T20:00:00{zone}\n---\nSow.", b="Reap.")
    noon = datetime(2024, 5, 12, 12, tzinfo=UTC)
    read = read_source(tmp_path, SourceOptions(now=noon)).articles.set_index("id")
    assert ("a.md" in read.index) == kept
    if kept:
        assert read["date"]["a.md"].isoformat() == "2024-05-12T20:00:00+00:00"


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        ("* 2021 [Rye in the {}]({}.md)", False), ("* [Rye in the {}](https://a.org/{})", True),
        ("* The rye in the {}, and oats in {}", True), ("* [Rye]({}.md) of the {}", True),
    ],
)  # fmt: skip
def test_a_file_of_links_to_other_files_is_no_article(
    tmp_path: Path, lines: str, read: bool
) -> None:
    """Such as the page of a section; links to other sites are an article."""
    own = "\n".join(lines.format(name, name) for name in ("north", "south", "valley"))
    site = write(tmp_path, README=f"# All\n\n{own}\n", rye="Rye.")
    found = read_source(site)
    assert ("README.md" in list(found.articles["id"])) is read
    assert [left.reason for left in found.skipped] == ["list page"] * (not read)


def test_a_list_with_a_date_is_a_post(tmp_path: Path) -> None:
    """Its author wrote it on that day, as the best of a year."""
    own = "".join(f"* [Rye in the {name}]({name}.md)\n" for name in ("north", "south", "valley"))
    site = write(tmp_path, best=f"---\ndate: 2024-12-31\n---\n{own}", rye="Rye.")
    assert len(read_source(site).articles) == 2


def test_the_page_after_a_form_is_no_article(tmp_path: Path) -> None:
    """A short page named for its thanks, in any language; a dated post or a long text stays."""
    dated, long = "---\ndate: 2024-01-02\n---\nSent.", "We thank all who sowed. " * 40
    site = write(tmp_path, de__thankyou=dated, thanks="---\ntitle: Thanks\n---\nSent.",
                 merci__index="Merci.", posts__gracias="Gracias.", posts__thanks=dated,
                 danke=long, rye="Rye.", **{"2024-01-02-thanks": "Sent."})  # fmt: skip
    result = read_source(site, SourceOptions(now=NOW))
    kept = ["2024-01-02-thanks.md", "danke.md", "posts/thanks.md", "rye.md"]
    assert list(result.articles["id"]) == kept
    assert {left.reason for left in result.skipped} == {"thank-you page"}
