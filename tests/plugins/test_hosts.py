"""What every plug-in holds to in its own host: one site, built in this process by each of them."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest
from integration.sites import Block, read_block, write_files

pytest.importorskip("mkdocs")
pytest.importorskip("pelican")
pytest.importorskip("sphinx")

EASY = {"min_score": 0.0, "min_df": 1, "max_df": 1.0}


class Page(NamedTuple):
    """A page to be written in the markup of a host."""

    name: str
    title: str
    text: str
    fields: dict[str, str] = {}  # noqa: RUF012 - never changed


RYE = Page("rye", "Rye of the valley", "The rye of the valley is sown before the first frost.")
OATS = Page("oats", "Oats of the hill", "The oats of the hill are sown after the last frost.")
TIDE = Page("tide", "Tide & <ebb>", "The tide carries the rye and the oats to the mill.")
SITE = (RYE, OATS, TIDE)

ORPHANS = """
FIELDS = {"orphan": True}


def setup(app):
    app.connect("doctree-read", lambda app, _: app.env.metadata[app.env.docname].update(FIELDS))
"""


class HostContract:
    """What a plug-in holds to: subclasses write pages for their host, and have it build them."""

    where: ClassVar[str]
    """How messages name the host's settings."""
    heading: ClassVar[str] = "## Why oats"
    """A heading within a page."""

    def build(self, site: Path, pages: tuple[Page, ...], plugin: dict[str, Any] | None) -> Path:
        """Build a site, without the plug-in if that is None, and return its output."""
        raise NotImplementedError

    def lists(self, output: Path) -> dict[str, Block | None]:
        """Return the block of every page of an article, None if it has none."""
        found = {page.name: output / f"{page.name}.html" for page in SITE}
        return {
            name: read_block(file) if 'class="recommender"' in file.read_text("utf-8") else None
            for name, file in found.items()
            if file.is_file()
        }

    def test_every_page_shows_the_others(self, tmp_path: Path) -> None:
        """With titles as text and links that lead to written pages."""
        output = self.build(tmp_path, SITE, EASY)
        lists = self.lists(output)
        assert {*lists} == {page.name for page in SITE}
        for name, block in lists.items():
            assert block is not None
            assert block.heading == "You may also like"
            assert {title for _, title in block.links} == {p.title for p in SITE if p.name != name}
            assert all((output / href).is_file() for href, _ in block.links)

    def test_a_second_build_changes_no_page(self, tmp_path: Path) -> None:
        """The list is made anew, not added to the one before."""
        first = self.build(tmp_path, SITE, EASY)
        before = {name: (first / f"{name}.html").read_bytes() for name in ("rye", "oats", "tide")}
        again = self.build(tmp_path, SITE, EASY)
        assert {name: (again / f"{name}.html").read_bytes() for name in before} == before

    @pytest.mark.parametrize("field", ["recommender", "related"])
    def test_a_page_may_ask_to_be_left_out(self, tmp_path: Path, field: str) -> None:
        """It gets no list and stands in none."""
        own = TIDE._replace(fields={field: "false"})
        lists = self.lists(self.build(tmp_path, (RYE, OATS, own), EASY))
        assert lists["tide"] is None
        for name, other in (("rye", OATS.title), ("oats", RYE.title)):
            block = lists[name]
            assert block is not None
            assert [title for _, title in block.links] == [other]

    def test_glob_selects_the_articles(self, tmp_path: Path) -> None:
        """A page that no pattern takes is no article; the build goes on."""
        plugin = EASY | {"glob": ["*.*", "!tide.*"]}
        lists = self.lists(self.build(tmp_path, SITE, plugin))
        assert lists["tide"] is None
        assert lists["rye"] is not None
        assert [title for _, title in lists["rye"].links] == [OATS.title]

    def test_settings_of_the_plugin_are_used(self, tmp_path: Path) -> None:
        """The number of articles and the heading, which is text and no markup."""
        plugin = EASY | {"k": 1, "heading": "Read <also> & more"}
        block = self.lists(self.build(tmp_path, SITE, plugin))["rye"]
        assert block is not None
        assert (block.heading, len(block.links)) == ("Read <also> & more", 1)

    def test_without_insert_no_page_changes(self, tmp_path: Path) -> None:
        """The cards are for templates then; the pages are as without the plug-in."""
        with_plugin = self.build(tmp_path / "with", SITE, EASY | {"insert": False})
        without = self.build(tmp_path / "without", SITE, None)
        for page in SITE:
            name = f"{page.name}.html"
            assert (with_plugin / name).read_bytes() == (without / name).read_bytes()

    def test_addresses_are_no_words(self, tmp_path: Path) -> None:
        """A teaser has the words around them, as on built pages."""
        text = f"See https://example.org/oats/sown. {OATS.text}"
        output = self.build(tmp_path, (RYE, OATS._replace(text=text), TIDE), EASY)
        assert f"See . {OATS.text}" in (output / "tide.html").read_text("utf-8")

    def test_headings_are_no_words_of_a_teaser(self, tmp_path: Path) -> None:
        """Between sentences, they are none."""
        text = f"Read this first.\n\n{self.heading}\n\n{OATS.text}"
        output = self.build(tmp_path, (RYE, OATS._replace(text=text), TIDE), EASY)
        assert f"Read this first. {OATS.text}" in (output / "tide.html").read_text("utf-8")

    def test_a_site_of_one_article_builds_without_lists(self, tmp_path: Path) -> None:
        """There is nothing to relate it to, which is no error."""
        assert self.lists(self.build(tmp_path, (RYE,), EASY)) == {"rye": None}

    @pytest.mark.parametrize(
        ("plugin", "told"),
        [
            ({"titel_weight": 1}, "unknown setting titel_weight"),
            ({"k": 0}, "k is wrong, got 0, expected: whole number >= 1"),
            ({"insert": "no"}, "insert is wrong, got 'no', expected: true or false"),
            ({"glob": "../*"}, "glob: a pattern leads out of the directory, got '../*'"),
        ],
    )
    def test_a_wrong_setting_stops_the_build(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, plugin: dict[str, Any], told: str
    ) -> None:
        """In the words of the command line, with the place where the host's settings are."""
        with pytest.raises(Exception, match=r".") as error:
            self.build(tmp_path, SITE, plugin)
        message = f"{error.value}\n{caplog.text}"
        assert told in message
        assert self.where in message or "glob" in plugin

    def test_the_settings_file_is_read_too(self, tmp_path: Path) -> None:
        """A `recommender.toml` beside the host's settings, which win over it."""
        write_files(tmp_path, {"recommender.toml": "k = 1\nmin_df = 1\nmax_df = 1.0\n"})
        block = self.lists(self.build(tmp_path, SITE, {"min_score": 0.0}))["rye"]
        assert block is not None
        assert len(block.links) == 1
        block = self.lists(self.build(tmp_path, SITE, {"min_score": 0.0, "k": 2}))["rye"]
        assert block is not None
        assert len(block.links) == 2

    def test_dates_and_summaries_reach_the_cards(self, tmp_path: Path) -> None:
        """As the host's own fields give them."""
        own = TIDE._replace(fields={"date": "2024-03-01", self.summary: "All of the tide"})
        output = self.build(tmp_path, (RYE, OATS, own), EASY)
        page = (output / "rye.html").read_text("utf-8")
        assert "All of the tide" in page
        assert 'datetime="2024-03-01' in page

    summary = "description"


class TestMkDocs(HostContract):
    """Markdown with YAML; addresses of files, so that all hosts have the same."""

    where = "mkdocs.yml"

    def build(self, site: Path, pages: tuple[Page, ...], plugin: dict[str, Any] | None) -> Path:
        """Build with the theme `mkdocs`."""
        from mkdocs.commands.build import build
        from mkdocs.config import load_config

        for page in pages:
            head = "".join(f"{name}: {value}\n" for name, value in page.fields.items())
            title = escape(page.title)
            write_files(
                site, {f"docs/{page.name}.md": f"---\n{head}---\n# {title}\n\n{page.text}\n"}
            )
        write_files(site, {"docs/index.md": "---\nrecommender: false\n---\n# Courier\n"})
        plugins = [] if plugin is None else [{"recommender": plugin}]
        settings = {"site_name": "C", "use_directory_urls": False, "plugins": plugins,
                    "theme": {"name": "mkdocs"}}  # fmt: skip
        (site / "mkdocs.yml").write_text(json.dumps(settings))
        config = load_config(str(site / "mkdocs.yml"))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        return site / "site"


class TestPelican(HostContract):
    """Markdown with Pelican's headers."""

    where = "RECOMMENDER"
    summary = "summary"
    theme = "<html lang='en'><body>{{ article.content }}</body></html>"
    settings: ClassVar[dict[str, Any]] = {"RELATIVE_URLS": True}

    def test_addresses_are_those_of_the_site(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without RELATIVE_URLS they begin with SITEURL, or with a slash."""
        for site, lead in (("https://example.org/sub", "https://example.org/sub/"), ("", "/")):
            monkeypatch.setattr(TestPelican, "settings", {"SITEURL": site})
            output = self.build(tmp_path / str(len(site)), SITE, EASY)
            block = self.lists(output)["rye"]
            assert block is not None
            assert {href for href, _ in block.links} == {f"{lead}oats.html", f"{lead}tide.html"}

    @pytest.mark.parametrize(
        ("theme", "before"),
        [
            ("<article><p>{{ article.content|striptags }}</p></article>", "</p>"),
            ("<div><main>{{ article.content|upper }}</main></div>", "</P>"),
        ],
    )
    def test_a_theme_that_changes_the_content_gets_the_list_after_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str, before: str
    ) -> None:
        """Where the content is not on the page as it is, the place is found as by `inject`."""
        monkeypatch.setattr(TestPelican, "theme", f"<html><body>{theme}</body></html>")
        page = (self.build(tmp_path, SITE, EASY) / "rye.html").read_text("utf-8")
        assert page.partition("<!--")[0].rstrip().partition("<nav")[0].rstrip().endswith(before)
        assert page.count('class="recommender"') == 1

    def test_a_page_without_a_place_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It stays as the theme wrote it, and the build goes on."""
        monkeypatch.setattr(TestPelican, "theme", "<!-- recommender:start -->{{ article.title }}")
        output = self.build(tmp_path, SITE, EASY)
        page = output / "rye.html"
        assert page.read_text("utf-8") == f"<!-- recommender:start -->{RYE.title}"
        assert (
            f"{page}: marker 'recommender:start' is not paired; the page has no list" in caplog.text
        )

    def build(self, site: Path, pages: tuple[Page, ...], plugin: dict[str, Any] | None) -> Path:
        """Build with a theme of one template."""
        from pelican import Pelican, signals
        from pelican.settings import read_settings

        from recommender.plugins.pelican import add_related, put_block

        lists = dict.fromkeys(("index", "category", "tag", "author", "archives"), "")
        templates = {"article": self.theme, **lists}
        write_files(site, {f"theme/templates/{n}.html": text for n, text in templates.items()})
        for page in pages:
            fields = {"title": escape(page.title), "date": "2021-01-01", "slug": page.name}
            head = "".join(f"{name}: {value}\n" for name, value in (fields | page.fields).items())
            write_files(site, {f"content/{page.name}.md": f"{head}\n{page.text}\n"})
        settings = {
            "PATH": str(site / "content"), "OUTPUT_PATH": str(site / "output"), "TIMEZONE": "UTC",
            "THEME": str(site / "theme"), "SITENAME": "C", **self.settings,
            "FEED_ALL_ATOM": None, "CATEGORY_FEED_ATOM": None, "DEFAULT_LANG": "en",
            "PLUGINS": [] if plugin is None else ["recommender.plugins.pelican"],
            "RECOMMENDER": plugin or {}, "CACHE_CONTENT": False, "LOAD_CONTENT_CACHE": False,
        }  # fmt: skip
        try:
            Pelican(read_settings(override=settings)).run()
        finally:  # its signals are those of the process
            signals.all_generators_finalized.disconnect(add_related)
            signals.content_written.disconnect(put_block)
        return site / "output"


class TestSphinx(HostContract):
    """reStructuredText with field lists."""

    where = "conf.py: recommender"
    heading = "Why oats\n--------"
    builder = "html"
    fresh = True
    others: ClassVar[tuple[str, ...]] = ()
    """Further extensions."""
    more: ClassVar[dict[str, str]] = {}
    """Further settings."""

    def test_code_comments_and_formulas_are_no_text(self, tmp_path: Path) -> None:
        """A card's teaser is the first prose of its page, lists and tables included."""
        text = (
            ".. a comment\n\n::\n\n   code = here\n\n.. math::\n\n   a^2\n\n.. raw:: html\n\n"
            "   <b>raw</b>\n\n* An item of *oats*\n\n  and ``inline``\n\nProse of the oats."
        )
        output = self.build(tmp_path, (RYE, OATS._replace(text=text), TIDE), EASY)
        page = (output / "tide.html").read_text("utf-8")
        assert "An item of oats and inline Prose of the oats." in page
        assert "code = here" not in page
        assert "a comment" not in page

    def test_tags_of_html_within_a_line_are_no_text(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither in a title nor in a teaser; what they contain is text, a line break a space."""
        prolog = ".. role:: html(raw)\n   :format: html\n"
        monkeypatch.setattr(TestSphinx, "more", {"rst_prolog": prolog})
        tagged = r':html:`<abbr title="Early, deep">`\ ESD\ :html:`</abbr>`'
        text = f"The oats {tagged} of the hill,\\ :html:`<br>`\\ and rye."
        oats = OATS._replace(title=f"Oats {tagged}", text=text)
        output = self.build(tmp_path, (RYE, oats, TIDE), EASY)
        block = self.lists(output)["tide"]
        assert block is not None
        assert "Oats ESD" in {title for _, title in block.links}
        assert "The oats ESD of the hill, and rye." in (output / "tide.html").read_text("utf-8")

    def test_other_builders_make_no_lists(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Plain text has no place for them, and no page is written again for their sake."""
        monkeypatch.setattr(TestSphinx, "builder", "text")
        with_plugin = self.build(tmp_path / "with", SITE, EASY)
        without = self.build(tmp_path / "without", SITE, None)
        assert (with_plugin / "rye.txt").read_bytes() == (without / "rye.txt").read_bytes()

    def test_a_page_that_is_gone_is_in_no_list(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The next build, which reads only what changed, forgets its text."""
        monkeypatch.setattr(TestSphinx, "fresh", False)
        output = self.build(tmp_path, SITE, EASY)
        (tmp_path / "tide.rst").unlink()
        (output / "tide.html").unlink()
        lists = self.lists(self.build(tmp_path, (RYE, OATS), EASY))
        assert lists["rye"] is not None
        assert [title for _, title in lists["rye"].links] == [OATS.title]
        assert "tide" not in lists

    def test_an_orphan_is_no_article(self, tmp_path: Path) -> None:
        """A page that no table of contents names, as its field says."""
        lists = self.lists(
            self.build(tmp_path, (RYE, OATS, TIDE._replace(fields={"orphan": ""})), EASY)
        )
        assert lists["tide"] is None

    def test_an_orphan_by_an_extension_is_an_article(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """ABlog calls every post an orphan, so that no toctree need name it."""
        monkeypatch.syspath_prepend(tmp_path)
        write_files(tmp_path, {"orphans.py": ORPHANS})
        monkeypatch.setattr(TestSphinx, "others", ("orphans",))
        lists = self.lists(self.build(tmp_path, SITE, EASY))
        assert all(lists[page.name] is not None for page in SITE)

    def build(self, site: Path, pages: tuple[Page, ...], plugin: dict[str, Any] | None) -> Path:
        """Build with the theme `basic`, from scratch."""
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace

        names = "\n".join(f"   {page.name}" for page in pages)
        write_files(site, {"conf.py": "", "index.rst": f"C\n=\n\n.. toctree::\n\n{names}\n"})
        for page in pages:
            head = "".join(f":{name}: {value}\n" for name, value in page.fields.items())
            line = "=" * len(page.title)
            write_files(
                site, {f"{page.name}.rst": f"{head}\n{page.title}\n{line}\n\n{page.text}\n"}
            )
        extensions = [] if plugin is None else ["recommender.plugins.sphinx"]
        settings = {"extensions": [*extensions, *self.others], "html_theme": "basic",
                    "html_last_updated_fmt": None, **self.more,
                    **({} if plugin is None else {"recommender": plugin})}  # fmt: skip
        output = site / "output"
        with docutils_namespace():
            app = Sphinx(site, site, output, output / ".doctrees", self.builder, settings,
                         status=None, warning=None, freshenv=self.fresh)  # fmt: skip
            app.build(force_all=self.fresh)
        return output
