"""Names and addresses of articles: what a path says, and what a template makes of its fields."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.sources.addresses import (
    fill_template,
    host,
    joined,
    own_address,
    parse_path,
    shared_name,
)

DAYS = st.dates(date(1700, 1, 1), date(2200, 12, 31))
SLUGS = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8}){0,3}", fullmatch=True).filter(
    lambda slug: slug != "index"
)


@pytest.mark.parametrize(
    ("path", "name", "slug", "day", "title"),
    [
        ("rye.md", "rye", "rye", "", "Rye"),
        ("2024-03-01-rye-bread.md", "2024-03-01-rye-bread", "rye-bread", "2024-03-01", "Rye bread"),
        ("2024-03-01_rye.md", "2024-03-01_rye", "rye", "2024-03-01", "Rye"),
        ("2024-03-01.md", "2024-03-01", "2024-03-01", "2024-03-01", "2024 03 01"),
        ("2024-02-30-rye.md", "2024-02-30-rye", "2024-02-30-rye", "", "2024 02 30 rye"),
        ("2024-03-011-rye.md", "2024-03-011-rye", "2024-03-011-rye", "", "2024 03 011 rye"),
        ("posts/rye/index.md", "rye", "rye", "", "Rye"),
        ("posts/rye/_index.md", "rye", "rye", "", "Rye"),
        ("posts/rye/INDEX.html", "rye", "rye", "", "Rye"),
        ("index.md", "index", "index", "", "Index"),
        ("straße_am-see.md", "straße_am-see", "straße_am-see", "", "Straße am see"),
        ("rye.de.md", "rye.de", "rye.de", "", "Rye de"),
    ],
)
def test_path_says_name_slug_and_day(path: str, name: str, slug: str, day: str, title: str) -> None:
    """A day before the name is its date, if there is such a day; a final index is its folder."""
    found = parse_path(path)
    assert (found.name, found.slug, found.date, found.title) == (name, slug, day, title)
    assert found.path.split("/")[-1] == name


@given(DAYS, SLUGS, st.sampled_from("-_ "), st.sampled_from(["", "posts/", "a/b/"]))
def test_any_day_before_a_name_is_read(day: date, slug: str, sign: str, folder: str) -> None:
    """The day, the slug and the folders of a dated file name are found again."""
    found = parse_path(f"{folder}{day:%Y-%m-%d}{sign}{slug}.md")
    assert (found.date, found.slug) == (f"{day:%Y-%m-%d}", slug)
    assert found.path == f"{folder}{found.name}"


@given(
    st.lists(st.sampled_from([*"ab./ ", "index", "_index", ".md", ".."]), min_size=1, max_size=7)
)
@example(["/", "index", ".md"])
def test_a_path_is_taken_apart_as_by_pathlib(pieces: list[str]) -> None:
    """Suffix, empty parts and ``.`` are left out; a leading ``//`` is one slash."""
    relative = "".join(pieces)
    path = PurePosixPath(f"/{relative.lstrip('/')}" if relative[0] == "/" else relative)
    assume(path.name)
    path = path.with_suffix("")
    path = path.parent if path.name in ("index", "_index") and path.parent.name else path
    assert parse_path(relative)[:2] == (str(path), path.name)


@given(SLUGS, st.sampled_from(["md", "html"]))
def test_a_page_bundle_and_a_file_have_one_path(slug: str, suffix: str) -> None:
    """``rye/index.md`` is ``rye.md``."""
    assert parse_path(f"posts/{slug}/index.{suffix}") == parse_path(f"posts/{slug}.{suffix}")


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("rye/sow.md", "de/rye/sow.md"),
        ("rye/sow.md", "rye/sow.pt-br.md"),
        ("docs/rye.html", "docs/v2/rye.html"),
        ("docs/rye.html", "docs/latest/rye.html"),
        ("docs/rye.html", "docs/2.10.3/rye/index.html"),
        ("docs/rye.html", "en/docs/stable/rye.html"),
        ("terms.html", "terms-v1.2.html"),
        ("terms.html", "terms_1.0.html"),
    ],
)
def test_translations_and_versions_share_a_name(path: str, other: str) -> None:
    """Parts that name a language or a version are left out, wherever they stand."""
    assert shared_name(path) == shared_name(other)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("rye.md", "oats.md"),
        ("2023/rye.md", "2024/rye.md"),
        ("rye-1.md", "rye-2.md"),
        ("rye.v.md", "rye.md"),
        ("masters/rye.md", "rye.md"),
        ("part1/rye.md", "part2/rye.md"),
    ],
)
def test_other_articles_share_no_name(path: str, other: str) -> None:
    """Years, numbers and words that only resemble a version stay."""
    assert shared_name(path) != shared_name(other)


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, ""),
        ({"url": "/rye/"}, "/rye/"),
        ({"url": " /rye/ \n"}, "/rye/"),
        ({"permalink": "/rye/"}, "/rye/"),
        ({"url": "/a/", "permalink": "/b/"}, "/a/"),
        ({"url": "", "permalink": "/b/"}, "/b/"),
        ({"url": "/:year/:title/", "permalink": "/b/"}, "/b/"),
        ({"url": "/caf%C3%A9/"}, "/caf%C3%A9/"),
        ({"url": "/%Y/rye/"}, ""),
        ({"permalink": "/{{ page.slug }}/"}, ""),
        ({"permalink": "/{% if x %}a{% endif %}/"}, ""),
        ({"permalink": "posts:title"}, ""),
        ({"permalink": "/:x/"}, ""),
        ({"permalink": False}, ""),
        ({"url": ["/a/"]}, ""),
        ({"url": "https://example.org:8080/a"}, "https://example.org:8080/a"),
    ],
)
def test_own_address_is_no_template(fields: dict[str, object], address: str) -> None:
    """A placeholder of Jekyll, Liquid or Eleventy is not an address; a port is none of these."""
    assert own_address(fields) == address


@pytest.mark.parametrize(
    ("base", "address", "whole"),
    [
        ("https://example.org/a/b", "c", "https://example.org/a/c"),
        ("https://example.org/a/b", "/c", "https://example.org/c"),
        ("https://example.org/a/", "../c", "https://example.org/c"),
        ("https://example.org", "https://other.example/", "https://other.example/"),
        ("", "/a", "/a"),
        ("https://example.org", "", ""),
        ("http://[", "a", "a"),
        ("https://example.org", "http://[", "http://["),
    ],
)
def test_address_is_joined_or_left_as_it_is(base: str, address: str, whole: str) -> None:
    """What is not an address, such as an open bracket of IPv6, raises nothing."""
    assert joined(base, address) == whole


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_are_joined(base: str, address: str) -> None:
    """No text from a page or feed makes it fail, and an empty address stays empty."""
    assert isinstance(joined(base, address), str)
    assert isinstance(host(address), str)
    assert joined(base, "") == ""


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("/{year}/{month}/{day}/{slug}/", "/2024/03/01/rye/"),
        ("/{path}/", "/posts/rye/"),
        ("/{category}/{slug}.html", "/grain/rye.html"),
        ("/p/{number}", "/p/7"),
        ("/about/", "/about/"),
        ("{slug}{slug}", "ryerye"),
        ("/{}", None),
        ("/{slug", "/{slug"),
        ("/{empty}/", None),
        ("/{tags}/", None),
    ],
)
def test_template_is_filled_from_the_fields(template: str, address: str | None) -> None:
    """Texts and numbers fill it; a list, an empty text and a name without letters do not."""
    fields = {"slug": "rye", "path": "/posts/rye/", "category": "grain", "number": 7,
              "empty": " ", "tags": ["a"]}  # fmt: skip
    if address is None:
        with pytest.raises(SourceError, match=r"^rye\.md: url_template field \{.*\} not found"):
            fill_template(template, fields, date(2024, 3, 1), "rye.md")
    else:
        assert fill_template(template, fields, date(2024, 3, 1), "rye.md") == address


def test_template_names_the_fields_there_are() -> None:
    """A misspelt field is told with all names and the closest."""
    with pytest.raises(SourceError) as error:
        fill_template("/{slugg}/", {"slug": "rye", "name": "rye"}, None, "rye.md")
    assert str(error.value) == (
        "rye.md: url_template field {slugg} not found, got name, slug\nHint: did you mean slug?"
    )


@pytest.mark.parametrize("part", ["year", "month", "day"])
def test_template_with_a_date_needs_one(part: str) -> None:
    """An article without a date is told so, rather than that the field is unknown."""
    with pytest.raises(SourceError) as error:
        fill_template(f"/{{{part}}}/", {"slug": "rye"}, None, "rye.md")
    assert str(error.value) == (
        f"rye.md: url_template needs {{{part}}}, and the article has no date\n"
        "Hint: add a date to it, or change url_template"
    )


@given(SLUGS)
def test_values_are_not_filled_again(slug: str) -> None:
    """A field whose text holds braces stays as it is."""
    assert fill_template("/{slug}/", {"slug": f"{{{slug}}}"}, None, "a.md") == f"/{{{slug}}}/"
