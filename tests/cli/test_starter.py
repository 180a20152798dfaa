"""`init`: which generator makes a site, what is written for it, and what is left alone."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from recommender.cli.starter import (
    GENERATORS,
    Generator,
    find_generator,
    fitted,
    guess_generator,
    template_files,
)

ASTRO = "POSTS -f astro -o related.json"


def settings_of(path: str) -> dict[str, Any]:
    """Return what a settings file sets."""
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "package",
    [{"devDependencies": {"@11ty/eleventy": "^3"}}, {"scripts": {"build": "npx eleventy"}}],
)
def test_eleventy_without_settings_is_known_by_package_json(
    run: Command, package: dict[str, Any]
) -> None:
    """Eleventy needs no settings file: a dependency or a script in package.json identifies it."""
    Path("package.json").write_text(json.dumps(package))
    Path("posts").mkdir()
    assert run("init", "--templates", ".").code == 0
    assert settings_of("recommender.toml")["output"] == "_data/related.json"
    assert settings_of("recommender.toml")["source"] == "posts"
    assert Path("_includes/related.njk").is_file()


@pytest.mark.parametrize("package", ["{", "[]", '{"scripts": 1}', '{"name": "eleventy"}'])
def test_other_packages_are_not_eleventy(tmp_path: Path, package: str) -> None:
    """A package.json of something else, or a broken one, does not identify Eleventy."""
    (tmp_path / "package.json").write_text(package)
    assert guess_generator(tmp_path) is None


@pytest.mark.parametrize(
    ("files", "name", "pages"),
    [
        ({"_config.yml": "", "package.json": '{"dependencies": {"hexo": "^8"}}'}, "Hexo", "public"),
        ({"_config.yml": "", "_toc.yml": ""}, "Jupyter Book", "_build/html"),
        ({"book.toml": "", "src/SUMMARY.md": ""}, "mdBook", "book"),
        ({"conf.py": 'BLOG_TITLE = "Rye"  # (translatable)\n'}, "Nikola", "output"),
    ],
)
def test_a_generator_without_templates_is_named_with_the_command_for_its_pages(
    run: Command, files: dict[str, str], name: str, pages: str
) -> None:
    """It is not taken for one with a settings file of the same name."""
    _is_told(run, files, name, f"build the site, then run `recommender site {pages}`")


@pytest.mark.parametrize(
    ("files", "name", "build"),
    [
        ({"docs/.vitepress/config.mts": ""}, "VitePress", "docs -o docs/.vitepress/related.json"),
        ({".vuepress/config.js": ""}, "VuePress", ". -o .vuepress/related.json"),
        ({"package.json": '{"dependencies": {"gatsby": "^5"}}'}, "Gatsby", ASTRO),
        ({"package.json": '{"dependencies": {"next": "15"}}'}, "Next", ASTRO),
        ({"package.json": '{"dependencies": {"nuxt": "^3"}}'}, "Nuxt", ASTRO),
        ({"package.json": '{"devDependencies": {"@sveltejs/kit": "2"}}'}, "SvelteKit", ASTRO),
    ],
)
def test_a_generator_that_draws_its_pages_again_is_named_with_the_command_for_a_component(
    run: Command, files: dict[str, str], name: str, build: str
) -> None:
    """A list in its pages disappears in the browser."""
    _is_told(
        run, files, name, f"run `recommender build {build}`, and show the lists with a component"
    )


def test_init_says_what_to_do_where_no_generator_is_recognized(run: Command) -> None:
    """Its pages can be read, whatever made them."""
    done = run("init")
    assert done.code == 0
    assert "no site generator recognized; build the site, then run `recommender site`" in done.err


def _is_told(run: Command, files: dict[str, str], name: str, told: str) -> None:
    for file, text in files.items():
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text)
    refused = run("init", "--templates", ".")
    assert refused.code == 2
    assert f"--templates: there are none for {name}" in refused.err
    assert told in refused.err
    done = run("init")
    assert (done.code, f"made with {name}; {told}" in done.err) == (0, True)
    assert "output" not in settings_of("recommender.toml")


@pytest.mark.parametrize(
    ("folders", "source"),
    [
        (["src/content/docs"], "src/content/docs"),
        (["src/content/docs", "src/content/blog"], "src/content/blog"),
        ([], "src/content/blog"),
    ],
)
def test_astro_has_a_blog_or_the_docs_of_starlight(
    tmp_path: Path, folders: list[str], source: str
) -> None:
    """The collection that is there is read."""
    (tmp_path / "astro.config.mjs").write_text("")
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    made = guess_generator(tmp_path)
    assert made is not None
    assert fitted(made, tmp_path).source == source


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"eleventy.config.js": 'export default () => ({dir: {input: "site"}})'}, "site"),
        ({"eleventy.config.mjs": "c.setInputDirectory('site')"}, "site"),
        ({"package.json": '{"scripts": {"b": "eleventy --input=./site"}}'}, "site"),
        ({".eleventy.js": '// input: "old"\nmodule.exports = {}', "blog/a.md": ""}, "blog"),
        ({".eleventy.js": "", "a.md": ""}, "."),
    ],
)
def test_the_input_of_eleventy_is_read_from_its_settings(
    tmp_path: Path, files: dict[str, str], source: str
) -> None:
    """`source` is the input directory, or a directory of articles that is there."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert fitted(find_generator("eleventy"), tmp_path).source == source


def test_jekyll_gets_a_settings_file_that_it_does_not_publish(run: Command) -> None:
    """Jekyll copies every file without a leading dot to the site."""
    Path("_config.yml").touch()
    Path("_posts").mkdir()
    for name, other in (("rye", "oats"), ("oats", "rye")):
        Path(f"_posts/2024-01-01-{name}.md").write_text(f"Sow {name} beside the {other}.\n")
    assert run("init").code == 0
    assert not Path("recommender.toml").exists()
    assert run("config").out.count("# .recommender.toml:") == 3
    assert run("build").code == 0
    assert Path("_data/related.json").is_file()


def test_a_settings_file_of_the_usual_name_goes_first(run: Command) -> None:
    """Of two files the one without the dot counts, and `init` does not add the other."""
    Path("_config.yml").touch()
    Path("recommender.toml").write_text("k = 2\n")
    Path(".recommender.toml").write_text("k = 3\n")
    assert "# recommender.toml:1" in run("config").out
    assert run("init").code == 1


def test_pelican_tells_places_and_addresses(run: Command) -> None:
    """PATH, ARTICLE_URL and a theme in the site are taken over."""
    Path("pelicanconf.py").write_text(
        'PATH = "posts"  # here\nTHEME = "themes/mine"\nARTICLE_URL = "{date:%Y}/{slug}/"\n'
    )
    Path("themes/mine/templates").mkdir(parents=True)
    done = run("init", "--templates", ".")
    assert done.code == 0
    found = settings_of("recommender.toml")
    assert (found["source"], found["url_template"]) == ("posts", "/{year}/{slug}/")
    assert Path("themes/mine/templates/related.html").is_file()
    assert 'set PLUGINS = ["recommender.plugins.pelican"] in pelicanconf.py' in done.err


@pytest.mark.parametrize(
    "generator", [one for one in GENERATORS if template_files(one)], ids=lambda one: one.name
)
def test_init_says_how_a_template_is_used(run: Command, generator: Generator) -> None:
    """The line to write, not where to read about it."""
    said = run("init", "--generator", generator.name, "--templates", ".").err
    lines = [line for line in said.splitlines() if "use it as" in line]
    assert len(lines) == sum(not name.endswith(".css") for name in template_files(generator))
    assert all("related" in line.partition("use it as")[2].lower() for line in lines)


@pytest.mark.parametrize(
    ("setting", "head", "told"),
    [
        ("", "Title: Rye\nSlug: rye-of-may", True),
        ("", ":slug: rye-of-may", True),
        ("", "Title: Rye", False),
        ('SLUGIFY_SOURCE = "basename"', "Title: Rye", True),
    ],
)
def test_pelican_makes_slugs_of_titles(tmp_path: Path, setting: str, head: str, told: bool) -> None:
    """Then the names of files say nothing about addresses, and none are made of them."""
    (tmp_path / "pelicanconf.py").write_text(f"ARTICLE_URL = '{{slug}}/'\n{setting}\n")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "2024-may.md").write_text(f"{head}\n\nSown early.\n")
    made = fitted(find_generator("pelican"), tmp_path)
    assert dict(made.more) == ({"url_template": "/{slug}/"} if told else {})


def test_pelican_addresses_of_other_fields_are_left_open(tmp_path: Path) -> None:
    """A category in an address is a slug of Pelican's making: nothing is set then."""
    (tmp_path / "pelicanconf.py").write_text("ARTICLE_URL = '{category}/{slug}.html'\n")
    made = fitted(find_generator("pelican"), tmp_path)
    assert (dict(made.more), made.source) == ({}, "content")
    assert list(template_files(made)) == ["templates/related.html"]


def test_mkdocs_tells_its_docs_dir(tmp_path: Path) -> None:
    """docs_dir is the source, in whichever file it is."""
    (tmp_path / "properdocs.yml").write_text("docs_dir: 'pages'\n")
    made = fitted(find_generator("mkdocs"), tmp_path)
    assert (made.source, made.plugin[-14:]) == ("pages", "properdocs.yml")


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.name)
def test_no_site_around_changes_nothing(tmp_path: Path, generator: Any) -> None:
    """In an empty directory the usual places are kept, but for Eleventy's input."""
    made = fitted(generator, tmp_path)
    assert made._replace(source="", more={}) == generator._replace(source="", more={})
    assert made.source == ("." if generator.name == "Eleventy" else generator.source)


@pytest.mark.parametrize(
    ("settings", "data", "includes"),
    [
        ('({dir: {input: "site"}})', "site/_data", "site/_includes"),
        ('({dir: {input: "site", data: "../facts", includes: "parts"}})', "facts", "site/parts"),
        ('{ c.setDataDirectory("facts"); c.setIncludesDirectory("parts") }', "facts", "parts"),
    ],
)
def test_the_files_for_eleventy_go_where_it_looks_for_them(
    run: Command, settings: str, data: str, includes: str
) -> None:
    """The directories of data and of includes are below the input directory."""
    Path("eleventy.config.js").write_text(f"export default (c) => {settings}")
    Path("site").mkdir()
    assert run("init", "--templates", ".").code == 0
    assert settings_of("recommender.toml")["output"] == f"{data}/related.json"
    assert Path(includes, "related.njk").is_file()
    assert Path("related.css").is_file()


def test_init_without_a_generator_can_be_made_good(run: Command) -> None:
    """A file written before the generator was recognized is replaced by one that names it."""
    assert run("init").code == 0
    assert "output" not in settings_of("recommender.toml")
    assert run("init", "--generator", "eleventy", "--templates", ".").code == 0
    assert settings_of("recommender.toml")["output"] == "_data/related.json"


def test_templates_without_a_generator_write_nothing(run: Command) -> None:
    """Nothing to copy is an error before anything is written."""
    done = run("init", "--templates", ".")
    assert (done.code, "--generator" in done.err) == (2, True)
    assert list(Path().iterdir()) == []


def test_an_edited_settings_file_is_kept_and_named(run: Command) -> None:
    """Templates can be had again; the settings stay, and the run says so."""
    Path("hugo.toml").touch()
    Path("recommender.toml").write_text("k = 2\n")
    done = run("init", "--templates", ".")
    assert (done.code, "Kept recommender.toml" in done.err) == (0, True)
    assert Path("recommender.toml").read_text() == "k = 2\n"
    assert Path("layouts/_partials/related.html").is_file()


def test_init_writes_all_or_nothing(run: Command) -> None:
    """A file that cannot be written takes back those before it, and says which one it was."""
    Path("_config.yml").touch()
    Path("assets").write_text("a file where a directory is wanted")
    done = run("init", "--templates", ".")
    assert done.code == 1
    assert "assets/css/related.css: cannot be written" in done.err
    assert not Path(".recommender.toml").exists()
    assert not Path("_includes/related.html").exists()


def test_forced_init_that_fails_puts_back_what_was_there(run: Command) -> None:
    """Of files that were replaced the old content comes back."""
    Path("_config.yml").touch()
    Path("assets").write_text("a file where a directory is wanted")
    Path(".recommender.toml").write_text("k = 2\n")
    assert run("init", "--force", "--templates", ".").code == 1
    assert Path(".recommender.toml").read_text() == "k = 2\n"


def test_hugo_files_go_where_the_mounts_of_the_site_put_them(tmp_path: Path) -> None:
    """Mounts replace the usual directories: a style sheet in `assets` would not be found."""
    (tmp_path / "hugo.toml").write_text(
        'dataDir = "facts"\n'
        '[[module.mounts]]\nsource = "themes/own/assets"\ntarget = "assets"\n'
        '[[module.mounts]]\nsource = "stats.json"\ntarget = "assets/stats.json"\n'
        '[[module.mounts]]\nsource = "src"\ntarget = "assets"\n'
        '[[module.mounts]]\nsource = "views"\ntarget = "layouts"\n'
    )
    hugo = fitted(find_generator("hugo"), tmp_path)
    assert sorted(template_files(hugo)) == ["src/css/related.css", "views/_partials/related.html"]
    assert hugo.output == "facts/related.json"


def test_wordpress_gets_settings_without_a_password(run: Command) -> None:
    """The directory is the source; the file is hidden, since the web server may show others."""
    Path("wp-config.php").write_text(
        "<?php define('DB_PASSWORD', 'hush'); define('DB_NAME', 'secret_name');"
    )
    done = run("init")
    assert done.code == 0, done.err
    assert "made with WordPress; activate the plug-in" in done.err
    assert settings_of(".recommender.toml") == {
        "source": "wordpress:.", "output": "wp-content/uploads/recommender/related.json",
        "format": "wordpress", "reasons": True,
    }  # fmt: skip
    text = Path(".recommender.toml").read_text(encoding="utf-8")
    assert "hush" not in text + done.err
    assert "secret_name" not in text + done.err
    done = run("init", "--templates", ".")
    assert (done.code, "--templates: WordPress needs none" in done.err) == (2, True)
