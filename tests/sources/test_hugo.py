"""Hugo: what its settings, directories and front matter make of a file of content.

The rules are those of Hugo's documentation; tests with Hugo itself are in the integration tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from integration.sites import write_files

from recommender.errors import ConfigError, SourceError
from recommender.sources import read_source
from recommender.sources.hugo import (
    HugoSite,
    Place,
    is_hugo,
    own_folder,
    read_settings,
)

SITE = Path("/site")
BY_NAME = {"languages": {"en": {}, "de": {}}, "defaultContentLanguage": "en"}
BY_FOLDER = {
    "languages": {"en": {"contentDir": "content/en"}, "de": {"contentDir": "content/de"}},
    "defaultContentLanguage": "en",
}
PROSE = "The bread and the rye are not as dear in the town as they are in the country."


def site(**settings: Any) -> HugoSite:
    """Return a site that is nowhere on the disk."""
    return HugoSite.of(SITE, settings)


def write_page(folder: Path, name: str, head: str = "") -> Path:
    """Write a file of content."""
    write_files(folder, {name: f"---\ntitle: Rye\n{head}---\n{PROSE}\n"})
    return folder / name


@pytest.mark.parametrize(
    ("settings", "file", "path", "language"),
    [
        ({}, "content/post/rye.md", "/post/rye", "en"),
        ({}, "content/post/Rye Bread.md", "/post/rye-bread", "en"),
        ({}, "content/post/rye/index.md", "/post/rye", "en"),
        ({}, "content/post/_index.md", "/post", "en"),
        ({}, "content/_index.md", "/", "en"),
        ({}, "content/rye.html", "/rye", "en"),
        ({}, "content/rye.1.md", "/rye.1", "en"),
        ({}, "content/rye.de.md", "/rye.de", "en"),
        ({"contentDir": "src"}, "src/rye.md", "/rye", "en"),
        ({"defaultContentLanguage": "DE"}, "content/rye.md", "/rye", "de"),
        (BY_NAME, "content/rye.md", "/rye", "en"),
        (BY_NAME, "content/rye.de.md", "/rye", "de"),
        (BY_NAME, "content/rye.DE.md", "/rye", "de"),
        (BY_NAME, "content/rye.fr.md", "/rye.fr", "en"),
        (BY_NAME, "content/rye/index.de.md", "/rye", "de"),
        (BY_NAME, "content/post/_index.de.md", "/post", "de"),
        (BY_FOLDER, "content/de/post/rye.md", "/post/rye", "de"),
        (BY_FOLDER, "content/en/post/rye.de.md", "/post/rye", "de"),
    ],
)
def test_place_is_path_and_language(
    settings: Mapping[str, Any], file: str, path: str, language: str
) -> None:
    """The language comes from the end of the name, else from the directory, else the default."""
    assert site(**settings).place(SITE / file) == Place(path, language)


@pytest.mark.parametrize(
    ("settings", "file"),
    [
        ({}, "static/rye.md"),
        ({}, "contents/rye.md"),
        (BY_FOLDER, "content/rye.md"),
        (BY_FOLDER, "content/fr/rye.md"),
        ({**BY_FOLDER, "disableLanguages": ["de"]}, "content/de/rye.md"),
        ({"languages": {"en": {"contentDir": "a"}, "de": {"contentDir": "b", "disabled": True}}},
         "b/rye.md"),
    ],
)  # fmt: skip
def test_a_file_outside_the_content_has_no_place(settings: Mapping[str, Any], file: str) -> None:
    """Nor has one of a language that is not built."""
    found = site(**settings)
    assert found.place(SITE / file) is None
    assert found.reason(SITE / file, {}) == "not built"
    assert found.inherited(SITE / file) == {}


def test_innermost_directory_of_content_counts() -> None:
    """A language's directory may lie in that of another."""
    found = site(languages={"en": {"contentDir": "content"}, "de": {"contentDir": "content/de"}})
    assert found.place(SITE / "content/de/rye.md") == Place("/rye", "de")
    assert found.place(SITE / "content/rye.md") == Place("/rye", "en")


def test_mounts_replace_the_directory_of_content() -> None:
    """A mount below content puts its pages there; one of layouts or of no language does not."""
    mounts = [
        {"source": "docs", "target": "content/docs"},
        {"source": "de", "target": "content", "lang": "de"},
        {"source": "fr", "target": "content", "lang": "fr"},
        {"source": "layouts", "target": "layouts"},
        {"source": "x", "target": "contents"},
    ]
    settings = {"module": {"mounts": mounts}, "languages": {"en": {}, "de": {}, "fr": {}}}
    found = site(**settings, disableLanguages=["fr"])
    assert found.place(SITE / "docs/rye.md") == Place("/docs/rye", "en")
    assert found.place(SITE / "de/rye.md") == Place("/rye", "de")
    assert [found.place(SITE / name) for name in ("fr/a.md", "layouts/a.md", "x/a.md")] == [
        None
    ] * 3


@pytest.mark.parametrize(
    ("settings", "key"),
    [({}, "/rye"), (BY_NAME, "/rye.de"), ({**BY_NAME, "disableLanguages": ["de"]}, "/rye")],
)
def test_key_names_the_language_where_there_are_several(
    settings: Mapping[str, Any], key: str
) -> None:
    """One language needs no name in the keys of the lists."""
    assert site(**settings).key(Place("/rye", "de")) == key


@pytest.mark.parametrize(
    ("settings", "path", "language", "fields", "address"),
    [
        ({}, "/post/rye", "en", {}, "/post/rye/"),
        ({}, "/", "en", {}, "/"),
        (BY_NAME, "/", "de", {}, "/de/"),
        (BY_NAME, "/rye", "de", {}, "/de/rye/"),
        ({**BY_NAME, "defaultContentLanguageInSubdir": True}, "/rye", "en", {}, "/en/rye/"),
        ({}, "/post/rye", "en", {"slug": "Rye Bread"}, "/post/rye-bread/"),
        ({}, "/post/rye", "en", {"Slug": "bread"}, "/post/bread/"),
        ({"permalinks": {"post": "/:year/:month/:day/:slug/"}}, "/post/rye", "en",
         {"date": "2024-03-01T10:00:00Z", "slug": "sown"}, "/2024/03/01/sown/"),
        ({"permalinks": {"post": "/:title/"}}, "/post/rye", "en", {"title": "Rye, sown!"},
         "/rye-sown/"),
        ({"permalinks": {"post": "/:year/:slug/"}}, "/post/rye", "en", {"title": "Rye"},
         "/post/rye/"),
        ({"permalinks": {"post": "/:sections/:slug/"}}, "/post/rye", "en", {"title": "Rye"},
         "/post/rye/"),
        ({"permalinks": {"page": {"post": "/a/:contentbasename/"}}}, "/post/rye", "en", {},
         "/a/rye/"),
        ({"permalinks": {"post": "/:section/:slugorfilename/"}}, "/post/sub/rye", "en", {},
         "/post/rye/"),
        ({"permalinks": {"post": "/a/"}}, "/news/rye", "en", {}, "/news/rye/"),
        ({"uglyURLs": True}, "/post/rye", "en", {}, "/post/rye.html"),
        ({"uglyURLs": True}, "/", "en", {}, "/"),
        ({"uglyURLs": {"news": True}}, "/post/rye", "en", {}, "/post/rye/"),
        ({"uglyURLs": True, "permalinks": {"post": "/:slug/"}}, "/post/rye", "en",
         {"slug": "sown"}, "/sown.html"),
        ({}, "/post/it's-c#", "en", {}, "/post/its-c%23/"),
        ({}, "/why?/100%-rye-(2),-&-a%20b", "en", {}, "/why/100-rye-2--a%20b/"),
        ({}, "/post/हिन्दी", "en", {}, "/post/हिन्दी/"),
        ({"permalinks": {"q&a": "/:section/:filename/"}}, "/q&a/c#", "en", {}, "/qa/c%23/"),
    ],
)  # fmt: skip
def test_address_follows_settings_and_front_matter(
    settings: Mapping[str, Any], path: str, language: str, fields: dict[str, Any], address: str
) -> None:
    """Where a pattern needs what the page does not have, the address follows its path."""
    assert site(**settings).address(Place(path, language), fields) == address


@given(
    st.from_regex(r"/([a-z0-9-]{1,5}/){0,3}[a-z0-9-]{1,5}", fullmatch=True),
    st.sampled_from(["en", "de"]),
    st.booleans(),
    st.text(max_size=12),
)
def test_address_is_a_path_of_the_site(path: str, language: str, ugly: bool, slug: str) -> None:
    """Whatever the slug: it begins with one slash, and ends in one or in .html."""
    found = site(**BY_NAME, uglyURLs=ugly).address(Place(path, language), {"slug": slug})
    assert found.startswith("/")
    assert "//" not in found
    assert found.endswith(".html" if ugly and found != "/" else "/")
    assert found.startswith("/de/") == (language == "de") or path.startswith("/de/")


@pytest.mark.parametrize(
    ("name", "head", "reason"),
    [
        ("post/rye.md", "", ""),
        ("post/_index.md", "", "list page"),
        ("post/_index.de.md", "", "list page"),
        ("post/_index.fr.md", "", ""),
        ("leaf/index.md", "", ""),
        ("leaf/index.de.md", "", ""),
        ("leaf/recipe.md", "", "part of a bundle"),
        ("leaf/deep/er/recipe.md", "", "part of a bundle"),
        ("leaf/deep/index.md", "", "part of a bundle"),
        ("post/a.md", "build:\n  render: never\n", "not built"),
        ("post/a.md", "_build:\n  render: link\n", "not built"),
        ("post/a.md", "build:\n  render: false\n", "not built"),
        ("post/a.md", "Build:\n  Render: NEVER\n", "not built"),
        ("post/a.md", "build:\n  render: always\n  list: never\n", ""),
        ("post/a.md", "headless: true\n", "not built"),
        ("post/a.md", "headless: false\n", ""),
        ("post/a.draft.md", "", "not built"),
        ("old/a.md", "", "not built"),
    ],
)
def test_what_hugo_makes_no_page_of(tmp_path: Path, name: str, head: str, reason: str) -> None:
    """Lists, resources of a bundle, files ignored by the settings and pages not rendered."""
    root = tmp_path / "site"
    write_page(root / "content", "leaf/index.md")
    file = write_page(root / "content", name, head)
    settings = {**BY_NAME, "ignoreFiles": [r"\.draft\.md$", "/old/", "(?P<bad", "a{2,1}"]}
    found = HugoSite.of(root, settings)
    fields = yaml.safe_load(file.read_text().split("---")[1])
    assert found.reason(file, fields) == reason


def test_one_pattern_of_ignored_files_may_be_a_text(tmp_path: Path) -> None:
    """``ignoreFiles = "x"`` is a list of one, not of letters."""
    found = HugoSite.of(tmp_path, {"ignoreFiles": "old"})
    assert found.reason(tmp_path / "content/d.md", {}) == ""
    assert found.reason(tmp_path / "content/old.md", {}) == "not built"


@pytest.mark.parametrize(
    ("cascade", "path", "fields"),
    [
        ({"color": "red"}, "/post/rye", {"color": "red"}),
        ({"Params": {"Color": "red"}}, "/post/rye", {"color": "red"}),
        ({"color": "red", "params": {"color": "blue"}}, "/post/rye", {"color": "red"}),
        ({"color": "red", "target": {"path": "/post/**"}}, "/post/rye", {"color": "red"}),
        ({"color": "red", "_target": {"path": "/news/**"}}, "/post/rye", {}),
        ({"color": "red", "target": {"path": "{/news,/post}/*"}}, "/post/rye", {"color": "red"}),
        ({"color": "red", "target": {"kind": "section"}}, "/post/rye", {}),
        ({"color": "red", "target": {"kind": "Page"}}, "/post/rye", {"color": "red"}),
        ({"color": "red", "target": {"lang": "de"}}, "/post/rye", {}),
        ({"color": "red", "target": [{"lang": "de"}, {"path": "/post/*"}]}, "/post/rye",
         {"color": "red"}),
        ([{"color": "red"}, {"color": "blue", "target": {"path": "/news/*"}}], "/post/rye",
         {"color": "red"}),
        ([{"color": "red"}, {"color": "blue"}], "/post/rye", {"color": "blue"}),
        (None, "/post/rye", {}),
        ("red", "/post/rye", {}),
        ([None, "red"], "/post/rye", {}),
    ],
)  # fmt: skip
def test_cascade_of_the_settings_reaches_its_targets(
    cascade: Any, path: str, fields: dict[str, Any]
) -> None:
    """By path, kind and language; parameters count as fields; the last of several wins."""
    assert site(cascade=cascade).inherited(SITE / f"content{path}.md") == fields


def test_nearest_cascade_wins(tmp_path: Path) -> None:
    """A section overrides the site and the sections above it, and keeps what it does not name."""
    head = "cascade:\n  color: {0}\n  from{0}: true\n"
    write_page(tmp_path / "content", "_index.md", head.format("root"))
    write_page(tmp_path / "content", "post/_index.md", head.format("post"))
    write_page(tmp_path / "content", "post/deep/_index.html", head.format("deep"))
    found = HugoSite.of(tmp_path, {"cascade": {"color": "site", "fromsite": True}})
    for file, color, count in (
        ("rye.md", "root", 2), ("post/rye.md", "post", 3), ("post/deep/rye.md", "deep", 4),
        ("news/rye.md", "root", 2),
    ):  # fmt: skip
        fields = found.inherited(tmp_path / "content" / file)
        assert fields["color"] == color
        assert len(fields) == 1 + count


@pytest.mark.parametrize("settings", [BY_NAME, BY_FOLDER])
def test_a_cascade_stays_in_its_language(tmp_path: Path, settings: Mapping[str, Any]) -> None:
    """What an English list page hands down reaches no German page, as in Hugo itself."""
    folders = [table.get("contentDir", "content") for table in settings["languages"].values()]
    english, german = (tmp_path / folder / "post" for folder in folders)
    write_page(english, "_index.md", "cascade:\n  color: red\n")
    found = HugoSite.of(tmp_path, settings)
    assert found.inherited(english / "rye.md") == {"color": "red"}
    assert found.inherited(english / "rye.de.md") == found.inherited(german / "rye.de.md") == {}
    write_page(english, "_index.de.md", "cascade:\n  color: rot\n")
    found = HugoSite.of(tmp_path, settings)
    assert found.inherited(english / "rye.md") == {"color": "red"}
    assert found.inherited(english / "rye.de.md") == {"color": "rot"}


def test_a_list_page_does_not_inherit_from_itself(tmp_path: Path) -> None:
    """What `_index` hands down reaches the pages below it only."""
    write_page(tmp_path / "content", "_index.md", "cascade:\n  color: root\n")
    own = write_page(tmp_path / "content", "post/_index.md", "cascade:\n  color: post\n")
    assert HugoSite.of(tmp_path, {}).inherited(own) == {"color": "root"}


def test_broken_front_matter_of_a_section_is_named(tmp_path: Path) -> None:
    """The error is that of the section's file, not of the page that asks."""
    write_files(tmp_path / "content", {"post/_index.md": "---\ncascade: [\n---\n"})
    with pytest.raises(SourceError, match=r"post/_index\.md"):
        HugoSite.of(tmp_path, {}).inherited(tmp_path / "content/post/rye.md")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["hugo.toml"], True), (["hugo.yaml"], True), (["hugo.json"], True), (["hugo.yml"], True),
        (["config/_default/params.toml"], True),
        (["config.toml"], False), (["config.toml", "archetypes/a.md"], True),
        (["config.yaml", "layouts/a.html"], True), (["config.json", "content/a.md"], True),
        (["_config.yml", "content/a.md"], False), (["content/a.md"], False),
        (["zola.toml", "config.toml", "content/a.md"], False), ([], False),
    ],
)  # fmt: skip
def test_hugo_is_known_by_its_files(tmp_path: Path, files: list[str], found: bool) -> None:
    """A `config.toml` alone may be anybody's."""
    write_files(tmp_path, dict.fromkeys(files, ""))
    assert is_hugo(tmp_path) == found


def test_a_config_with_the_base_url_of_zola_is_not_hugos(tmp_path: Path) -> None:
    """Zola writes ``base_url``, Hugo ``baseURL``; both have a directory `content`."""
    write_files(tmp_path, {"config.toml": 'base_url = "https://a.example"', "content/a.md": ""})
    assert not is_hugo(tmp_path)
    (tmp_path / "config.toml").write_text('baseURL = "https://a.example"')
    assert is_hugo(tmp_path)


@pytest.mark.parametrize("suffix", ["toml", "yaml", "yml", "json"])
def test_settings_are_read_in_every_format(tmp_path: Path, suffix: str) -> None:
    """Names are compared in lower case; a byte order mark is no part of the file."""
    texts = {"toml": 'contentDir = "src"', "json": json.dumps({"contentDir": "src"})}
    text = texts.get(suffix, "contentDir: src")
    (tmp_path / f"hugo.{suffix}").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_settings(tmp_path) == {"contentdir": "src"}


def test_settings_in_parts_are_put_together(tmp_path: Path) -> None:
    """The file at the root goes before the directory; each language has a file of its own."""
    write_files(tmp_path, {
        "config/_default/hugo.toml": 'contentDir = "a"\nuglyURLs = true',
        "config/_default/params.toml": "k = 1",
        "config/_default/permalinks.yaml": "post: /:slug/",
        "config/_default/languages.en.toml": 'contentDir = "en"',
        "config/_default/languages.de.toml": 'contentDir = "de"',
        "config/_default/menus.de.toml": "x = 1",
        "config/_default/README.md": "# no settings",
        "hugo.toml": 'contentDir = "b"',
        "config.toml": 'contentDir = "c"',
    })  # fmt: skip
    assert read_settings(tmp_path) == {
        "contentdir": "b",
        "uglyurls": True,
        "params": {"k": 1},
        "permalinks": {"post": "/:slug/"},
        "languages": {"en": {"contentdir": "en"}, "de": {"contentdir": "de"}},
    }


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("hugo.toml", b"a = = 1", r"hugo\.toml:1: is not valid TOML, invalid value\n.*put text in"),
        ("hugo.yaml", b"a: [", r"hugo\.yaml: cannot be read, while parsing"),
        ("hugo.json", b"{", r"hugo\.json: cannot be read, Expecting property name"),
        ("hugo.json", b"[" * 100_000, r"hugo\.json: cannot be read, "),
        ("hugo.toml", b"a = '\xff'", r"hugo\.toml:1: is not UTF-8"),
        ("config/_default/params.toml", b"=", r"params\.toml:1: is not valid TOML, "),
    ],
)
def test_broken_settings_are_named(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    """An error of the settings, with their file, whatever the format."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=told):
        read_settings(tmp_path)


@pytest.mark.parametrize("text", ["", "- a\n- b", "just text", "null", "7"])
def test_settings_that_are_no_table_are_empty(tmp_path: Path, text: str) -> None:
    """A file without keys says nothing, and the defaults hold."""
    (tmp_path / "hugo.yaml").write_text(text)
    assert read_settings(tmp_path) == {}
    assert HugoSite.of(tmp_path, {}).mounts == [(tmp_path / "content", "", "")]


@pytest.mark.parametrize(
    "settings",
    [
        {"languages": None}, {"languages": {"en": None}}, {"languages": []}, {"module": []},
        {"module": {"mounts": None}}, {"permalinks": "x"}, {"uglyurls": "yes"}, {"build": 1},
        {"disablelanguages": None}, {"ignorefiles": None}, {"cascade": 7}, {"contentdir": ""},
        {"module": {"mounts": ["x", None, {}]}}, {"defaultcontentlanguage": None},
    ],
)  # fmt: skip
def test_odd_settings_do_no_harm(settings: dict[str, Any]) -> None:
    """What is not of the type that Hugo wants is taken for missing."""
    found = HugoSite.of(SITE, settings)
    place = found.place(SITE / "content/post/rye.md")
    assert place == Place("/post/rye", "en")
    assert found.address(place) == "/post/rye/"
    assert found.reason(SITE / "content/post/rye.md", {}) == ""


@pytest.mark.parametrize(
    ("source", "found"),
    [(".", True), ("content", True), ("content/post", True), ("static", False), ("..", False)],
)
def test_site_is_found_from_its_content(tmp_path: Path, source: str, found: bool) -> None:
    """From its root, its content or below; a directory beside the content is not of the site."""
    root = tmp_path / "site"
    write_files(root, {"hugo.toml": "", "content/post/rye.md": "", "static/a.txt": ""})
    assert (HugoSite.find(root / source) is not None) == found
    assert HugoSite.find(None) is None


@pytest.mark.parametrize(
    ("mounts", "folder"),
    [
        ([], "assets"),
        ([{"source": "src", "target": "assets"}], "src"),
        ([{"source": "src", "target": "/assets/"}], "src"),
        ([{"source": "themes/x/assets", "target": "assets"}], "assets"),
        ([{"source": "../theme", "target": "assets"}], "assets"),
        ([{"source": "/srv/assets", "target": "assets"}], "assets"),
        ([{"source": "node_modules/x", "target": "assets"}], "assets"),
        ([{"source": "a/logo.png", "target": "assets"}], "assets"),
        ([{"source": "node_modules/x", "target": "assets"}, {"source": "own", "target": "assets"}],
         "own"),
        ([{"source": "src", "target": "assets/css"}], "assets"),
    ],
)  # fmt: skip
def test_own_directory_of_a_component(mounts: list[dict[str, str]], folder: str) -> None:
    """A mount replaces the usual one if it is a directory of the site itself."""
    assert own_folder({"module": {"mounts": mounts}}, "assets") == folder
    assert own_folder({"assetdir": "pipeline"}, "assets") == "pipeline"


def test_a_hugo_site_is_read_with_its_reasons(tmp_path: Path) -> None:
    """Addresses and languages by its rules, and a reason for each file that is no article."""
    write_files(tmp_path, {"hugo.toml": "[languages.en]\n[languages.de]\n"})
    for name in ("post/rye.md", "post/rye.de.md", "post/_index.md", "leaf/index.md", "leaf/x.md"):
        write_page(tmp_path / "content", name)
    result = read_source(tmp_path / "content")
    found = result.articles.set_index("id")[["url", "lang"]]
    assert {name: tuple(row) for name, row in found.T.to_dict("list").items()} == {
        "leaf/index.md": ("/leaf/", "en"),
        "post/rye.md": ("/post/rye/", "en"),
        "post/rye.de.md": ("/de/post/rye/", "de"),
    }
    assert sorted(reason for _, reason in result.skipped) == ["list page", "part of a bundle"]


@pytest.mark.parametrize("value", [1.5, True, {"a": 1}, "de"])
def test_settings_of_a_wrong_type_are_no_lists(value: Any) -> None:
    """A text is a list of one; Hugo refuses the others, and here they say nothing."""
    found = site(
        languages={"en": {}, "de": {}},
        disableLanguages=value,
        ignoreFiles=value,
        module={"mounts": value},
    )
    assert found.languages == (("en",) if value == "de" else ("en", "de"))
    assert len(found.ignored) == (value == "de")
    assert own_folder({"module": {"mounts": value}}, "assets") == "assets"
