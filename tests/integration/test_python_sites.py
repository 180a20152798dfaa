"""Pelican, MkDocs and Sphinx, with the plug-ins: install, one line, the list is in the page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.conftest import require_module
from integration.sites import (
    SEED,
    articles,
    check_german,
    fingerprints,
    read_block,
    recommender,
    run,
    write_files,
    write_markdown,
)
from recommender.cli.starter import find_generator, template_files

Check = Callable[..., None]


@pytest.mark.parametrize("program", ["mkdocs", "properdocs"])
@pytest.mark.parametrize("theme", ["mkdocs", "material"])
def test_mkdocs_shows_the_lists(
    tmp_path: Path, program: str, theme: str, check_site: Check
) -> None:
    """One line of settings puts the lists on the pages, and a second build changes nothing."""
    require_module(program)
    require_module("material")
    write_markdown(tmp_path / "docs")
    write_files(
        tmp_path,
        {
            "docs/index.md": "---\nrecommender: false\n---\n# Courier\n\nAll the news.\n",
            f"{program}.yml": f"site_name: Courier\ntheme: {theme}\n"
            "plugins: [search, recommender]\n",
        },
    )
    command = (sys.executable, "-m", program, "build", "--strict")
    run(*command, cwd=tmp_path, SOURCE_DATE_EPOCH="1700000000")
    first = fingerprints(tmp_path / "site")
    run(*command, cwd=tmp_path, SOURCE_DATE_EPOCH="1700000000")
    assert fingerprints(tmp_path / "site") == first
    assert "You may also like" not in (tmp_path / "site" / "index.html").read_text("utf-8")
    index = (tmp_path / "site" / "search" / "search_index.json").read_text("utf-8")
    assert "You may also like" not in index
    check_site(tmp_path / "site", f"{SEED}/index.html", picture=theme)
    recommender("check", "--built", "site", cwd=tmp_path)


def test_mkdocs_hands_the_cards_to_a_template(tmp_path: Path, check_site: Check) -> None:
    """With insert: false, the list is where the theme's override puts it."""
    require_module("mkdocs")
    write_markdown(tmp_path / "docs")
    write_files(tmp_path, template_of("MkDocs"))
    write_files(
        tmp_path,
        {
            "docs/index.md": "# Courier\n",
            "overrides/main.html": '{% extends "base.html" %}{% block content %}{{ super() }}'
            '{% include "partials/related.html" %}{% endblock %}',
            "mkdocs.yml": "site_name: Courier\ntheme: {name: mkdocs, custom_dir: overrides}\n"
            "plugins: [{recommender: {insert: false, k: 4}}]\n",
        },
    )
    run(sys.executable, "-m", "mkdocs", "build", "--strict", cwd=tmp_path)
    check_site(tmp_path / "site", f"{SEED}/index.html")
    recommender("check", "--built", "site", cwd=tmp_path)


def template_of(generator: str) -> dict[str, str]:
    """Return the ready template of a generator, by its path in the site."""
    files = template_files(find_generator(generator))
    return {name: data.decode() for name, data in files.items()}


OFF = '{"insert": False}'
"""The setting that leaves the list to a template."""


def test_ready_templates_speak_the_language_of_the_page(tmp_path: Path) -> None:
    """On a German site, heading and dates of all three templates are German."""
    for module in ("mkdocs", "pelican", "sphinx", "myst_parser"):
        require_module(module)
    site = tmp_path / "mkdocs"
    write_markdown(site / "docs")
    write_files(site, template_of("MkDocs") | {
        "overrides/main.html": '{% extends "base.html" %}{% block content %}{{ super() }}'
        '{% include "partials/related.html" %}{% endblock %}',
        "mkdocs.yml": "site_name: C\ntheme: {name: mkdocs, custom_dir: overrides, locale: de}\n"
        "plugins: [{recommender: {insert: false}}]\n",
    })  # fmt: skip
    run(sys.executable, "-m", "mkdocs", "build", "--quiet", cwd=site)
    check_german(site / "site")
    site = tmp_path / "pelican"
    write_pelican(site / "content")
    write_files(site, template_of("Pelican") | {
        "theme/templates/article.html": '{{ article.content }}{% include "related.html" %}',
        "pelicanconf.py": 'PLUGINS = ["recommender.plugins.pelican"]\nSITENAME = "Courier"\n'
        'PATH = "content"\nTIMEZONE = "UTC"\nDEFAULT_LANG = "de"\nTHEME = "theme"\n'
        f'THEME_TEMPLATES_OVERRIDES = ["templates"]\nRECOMMENDER = {OFF}\n'
        'INDEX_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ARCHIVES_SAVE_AS = ""\n'
        'CATEGORIES_SAVE_AS = TAGS_SAVE_AS = AUTHORS_SAVE_AS = AUTHOR_SAVE_AS = ""\n'
        "FEED_ALL_ATOM = CATEGORY_FEED_ATOM = None\n",
    })  # fmt: skip
    run(sys.executable, "-m", "pelican", "-s", "pelicanconf.py", "-q", cwd=site)
    check_german(site / "output")
    site = tmp_path / "sphinx"
    write_sphinx(site)
    write_files(site, template_of("Sphinx") | {
        "_templates/page.html": '{% extends "!page.html" %}{% block body %}{{ super() }}'
        '{% include "related.html" %}{% endblock %}',
    })  # fmt: skip
    with (site / "conf.py").open("a") as file:
        file.write(f'language = "de"\ntemplates_path = ["_templates"]\nrecommender = {OFF}\n')
    run(sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "_build", cwd=site)
    check_german(site / "_build")


@pytest.mark.parametrize("program", ["mkdocs", "properdocs"])
def test_mkdocs_names_a_wrong_setting(tmp_path: Path, program: str) -> None:
    """A misspelt setting stops the build, and the file and what was meant are named."""
    require_module(program)
    write_files(
        tmp_path,
        {
            "docs/index.md": "# Courier\n",
            f"{program}.yml": "site_name: C\ntheme: mkdocs\n"
            "plugins: [{recommender: {titel_weight: 1}}]\n",
        },
    )
    said = rf"{program}\.yml: unknown setting titel_weight[\s\S]*did you mean title_weight"
    with pytest.raises(AssertionError, match=said):
        run(sys.executable, "-m", program, "build", cwd=tmp_path)


@pytest.mark.parametrize("relative", [False, True])
def test_pelican_shows_the_lists(tmp_path: Path, relative: bool, check_site: Check) -> None:
    """One line in pelicanconf.py puts the lists on the articles; the index has none."""
    require_module("pelican")
    write_pelican(tmp_path / "content")
    write_files(
        tmp_path,
        {
            "content/local/own.md": "Title: Own\nDate: 2021-01-01\nRecommender: false\n\nLido.\n",
            "pelicanconf.py": 'PLUGINS = ["recommender.plugins.pelican"]\n'
            'SITENAME = "Courier"\nPATH = "content"\nTIMEZONE = "UTC"\nDEFAULT_LANG = "en"\n'
            'THEME = "simple"\nFEED_ALL_ATOM = CATEGORY_FEED_ATOM = None\n'
            f"RELATIVE_URLS = {relative}\n"
            'ARTICLE_URL = ARTICLE_SAVE_AS = "{category}/{slug}.html"\n',
        },
    )
    command = (sys.executable, "-m", "pelican", "-s", "pelicanconf.py", "-q")
    run(*command, cwd=tmp_path)
    first = fingerprints(tmp_path / "output")
    run(*command, cwd=tmp_path)
    assert fingerprints(tmp_path / "output") == first
    assert "You may also like" not in (tmp_path / "output" / "index.html").read_text("utf-8")
    assert "You may also like" not in (tmp_path / "output" / "local" / "own.html").read_text(
        "utf-8"
    )
    check_site(tmp_path / "output", f"{SEED}.html", picture="pelican")
    recommender("check", "--built", "output", cwd=tmp_path)


@pytest.mark.parametrize("relative", [False, True])
def test_pelican_lists_are_on_the_articles_own_pages_only(tmp_path: Path, relative: bool) -> None:
    """Pages that show whole articles, summaries and both feeds are as without the plug-in."""
    require_module("pelican")
    write_pelican(tmp_path / "content")
    theme = {
        f"theme/templates/{name}.html": "<html lang='en'><body>{% for article in articles %}"
        "{{ article.content }}{{ article.summary }}{% endfor %}</body></html>"
        for name in ("index", "category", "tag", "author", "archives")
    }
    page = "<html lang='en'><body><div>{{ article.content }}</div><p>End</p></body></html>"
    write_files(tmp_path, theme | {
        "theme/templates/article.html": page,
        "pelicanconf.py": 'SITENAME = "Courier"\nPATH = "content"\nTIMEZONE = "UTC"\n'
        'DEFAULT_LANG = "en"\nTHEME = "theme"\nSITEURL = "https://example.org"\n'
        'FEED_ALL_ATOM = "atom.xml"\nFEED_ALL_RSS = "rss.xml"\nRSS_FEED_SUMMARY_ONLY = False\n'
        f"AUTHOR = 'Desk'\nDEFAULT_PAGINATION = 10\nRELATIVE_URLS = {relative}\n",
    })  # fmt: skip
    command = (sys.executable, "-m", "pelican", "-s", "pelicanconf.py", "-q")
    run(*command, "-o", "plain", cwd=tmp_path)
    with (tmp_path / "pelicanconf.py").open("a") as file:
        file.write('PLUGINS = ["recommender.plugins.pelican"]\n')
    run(*command, "-o", "output", cwd=tmp_path)
    recommender("check", "--built", "output", cwd=tmp_path)
    changed = {
        file.relative_to(tmp_path / "output").as_posix()
        for file in (tmp_path / "output").rglob("*.*")
        if (tmp_path / "plain" / file.relative_to(tmp_path / "output")).read_bytes()
        != file.read_bytes()
    }
    with_list = {file.name for file in (tmp_path / "output").glob("*.html")
                 if b'class="recommender"' in file.read_bytes()}  # fmt: skip
    assert changed == with_list
    assert len(changed) >= 30
    page = (tmp_path / "output" / min(changed)).read_text("utf-8")
    assert page.endswith("</script>\n</div><p>End</p></body></html>")


def write_pelican(folder: Path) -> None:
    """Write the articles with Pelican's own headers."""
    for article in articles():
        file = folder / f"{article.name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        head = {"Title": article.title, "Date": article.date, "Tags": ", ".join(article.tags),
                "Slug": file.stem}  # fmt: skip
        lines = "".join(f"{name}: {value}\n" for name, value in head.items())
        file.write_text(f"{lines}\n{article.body}\n", encoding="utf-8")


def write_sphinx(folder: Path) -> None:
    """Write the articles for myst-parser, each with its title as heading, and their contents."""
    names = [article.name for article in articles()]
    tree = "\n".join(f"   {name}" for name in names)
    write_files(folder, {
        "index.rst": f"Courier\n=======\n\n.. toctree::\n\n{tree}\n",
        "conf.py": 'extensions = ["myst_parser", "recommender.plugins.sphinx"]\n'
        'project = "Courier"\nsuppress_warnings = ["myst.header"]\n',
    })  # fmt: skip
    for article in articles():
        file = folder / f"{article.name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        title = "".join(f"\\{c}" if c in "<>{}[]*_`%&\"'" else c for c in article.title)
        body = (
            article.body if not article.body.startswith("# ") else article.body.partition("\n")[2]
        )
        head = f"---\ndate: {article.date}\n---\n\n"
        file.write_text(f"{head}# {title}\n\n{body}\n", encoding="utf-8")


@pytest.mark.parametrize("jobs", [1, 2])
def test_sphinx_shows_the_lists(tmp_path: Path, jobs: int, check_site: Check) -> None:
    """One extension puts the lists on the pages, read by one process or by two."""
    require_module("sphinx")
    require_module("myst_parser")
    write_sphinx(tmp_path)
    command = (sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-j", jobs, ".", "_build")
    run(*command, cwd=tmp_path, SOURCE_DATE_EPOCH="1700000000")
    first = fingerprints(tmp_path / "_build")
    run(*command, cwd=tmp_path, SOURCE_DATE_EPOCH="1700000000")
    changed = {k for k, v in fingerprints(tmp_path / "_build").items() if first.get(k) != v}
    assert {name for name in changed if name.endswith(".html")} == set()
    check_site(tmp_path / "_build", f"{SEED}.html", picture="sphinx")
    recommender("check", "--built", "_build", cwd=tmp_path)


def test_sphinx_writes_pages_whose_list_changed(tmp_path: Path) -> None:
    """A page that did not change itself shows the new title of a related one."""
    require_module("sphinx")
    require_module("myst_parser")
    write_sphinx(tmp_path)
    command = (sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "_build")
    run(*command, cwd=tmp_path)
    other = tmp_path / "local" / "2023-06-27-marram-lido-misses-another-summer.md"
    text = other.read_text(encoding="utf-8")
    title = next(line for line in text.split("\n") if line.startswith("# "))
    other.write_text(text.replace(title, "# Marram Lido is back"), encoding="utf-8")
    run(*command, cwd=tmp_path)
    page = (tmp_path / "_build" / f"{SEED}.html").read_text(encoding="utf-8")
    assert "Marram Lido is back" in page


def test_mkdocs_lists_show_the_titles_of_pages(tmp_path: Path) -> None:
    """A card has the heading of its page, not its name in the navigation, and not twice."""
    require_module("material")
    heads = ("# Rye & bread of Sirbental", "---\ntitle: All of rye\n---\n", "")
    text = "Sow the rye early, then bake bread of rye flour"
    pages = {f"docs/{n}.md": f"{head}\n\n{text}, field {n}.\n" for n, head in enumerate(heads)}
    write_files(
        tmp_path,
        pages
        | {
            "docs/index.md": "---\nrecommender: false\n---\n# Courier\n",
            "mkdocs.yml": "site_name: Courier\ntheme: material\nplugins:\n"
            "  - recommender: {min_score: 0, min_df: 1, max_df: 1}\n"
            "markdown_extensions: [toc: {permalink: true}]\n"
            "nav: [index.md, Start: 0.md, First: 1.md, Second: 2.md]\n",
        },
    )
    run(sys.executable, "-m", "mkdocs", "build", "--strict", cwd=tmp_path)
    titles = {
        title for n in "012" for _, title in read_block(tmp_path / f"site/{n}/index.html").links
    }
    assert titles == {"Rye & bread of Sirbental", "All of rye", "Second"}
    assert "Sirbental Sow" not in (tmp_path / "site/1/index.html").read_text("utf-8")
    assert ">Sow the rye early" in (tmp_path / "site/1/index.html").read_text("utf-8")
