"""Trees of documentation generators: which files are pages, and which are left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from recommender.errors import SourceError
from recommender.sources import Skipped, SourceOptions, SourceResult, read_source
from recommender.sources.base import Records
from recommender.sources.trees import merge


def grow(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def left_out(result: SourceResult, root: Path) -> dict[str, str]:
    return {Path(where).relative_to(root).as_posix(): why for where, why in result.skipped}


RST = "Rye\n===\n\nSow it."


def test_mkdocs_reads_docs_dir(tmp_path: Path) -> None:
    """Ids and addresses start at docs_dir; settings with tags of their own do not matter."""
    config = "site_name: x\nplugins: !!python/name:a.b\ndocs_dir: 'pages'  # here\n"
    files = {
        "mkdocs.yml": config,
        "README.md": "# Not a page\n\nx",
        "pages/rye.md": "# Rye\n\nSow.",
    }
    root = grow(tmp_path, files | {"pages/_snippets/part.md": "Part."})
    result = read_source(root)
    assert result.articles[["id", "url"]].values.tolist() == [["rye.md", "/rye/"]]
    assert left_out(result, root) == {"pages/_snippets/part.md": "partial"}


def test_mkdocs_without_its_pages_is_told(tmp_path: Path) -> None:
    """A docs_dir that is not there is named with the file that names it."""
    with pytest.raises(SourceError, match=r"mkdocs\.yml: docs_dir docs not found"):
        read_source(grow(tmp_path, {"mkdocs.yml": "site_name: x", "a.md": "x"}))


def test_docusaurus_reads_docs_and_blog(tmp_path: Path) -> None:
    """Pages elsewhere are none; files with an underscore are parts of others."""
    files = {
        "docusaurus.config.ts": "", "docs/rye.mdx": "# Rye\n\nSow.", "README.md": "# No\n\nx",
        "blog/2020-01-02-oats.md": "# Oats\n\nLate.", "docs/_part.mdx": "Part.",
        "versioned_docs/1/rye.md": "# Old\n\nOld.",
    }  # fmt: skip
    root = grow(tmp_path, files)
    result = read_source(root)
    assert list(result.articles["id"]) == ["blog/2020-01-02-oats.md", "docs/rye.mdx"]
    assert list(result.articles["url"]) == ["/blog/2020/01/02/oats", "/docs/rye"]
    assert left_out(result, root) == {"docs/_part.mdx": "partial"}


@pytest.mark.parametrize("place", ["", "docs/", "docs/source/"])
def test_sphinx_reads_rst_and_myst(tmp_path: Path, place: str) -> None:
    """Both languages are pages; what conf.py excludes, builds and templates are not."""
    pytest.importorskip("docutils")
    files = {
        f"{place}conf.py": "raise SystemExit\nexclude_patterns = ['old', 'drafts/*.rst']\n",
        f"{place}rye.rst": RST, f"{place}oats.md": "# Oats\n\nLate.",
        f"{place}old/a.rst": RST, f"{place}drafts/b.rst": RST,
        f"{place}_templates/c.rst": RST, f"{place}_links.rst": RST,
        f"{place}index.rst": "Farm\n====\n\n.. toctree::\n\n   rye\n",
    }  # fmt: skip
    root = grow(tmp_path, files)
    result = read_source(root)
    assert list(result.articles["id"]) == ["oats.md", "rye.rst"]
    assert list(result.articles["url"]) == ["/oats/", "/rye/"]
    assert left_out(result, root / place) == {
        "index.rst": "table of contents only",
        "old/a.rst": "not built", "drafts/b.rst": "not built",
        "_templates/c.rst": "partial", "_links.rst": "partial",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "head", "url"),
    [
        ("blog/2020/01/02/oats.md", "", "/blog/2020/01/02/oats"),
        ("blog/2020-01-02-oats/index.md", "slug: late-oats", "/blog/late-oats"),
        ("docs/01-grain/2-rye.md", "", "/docs/grain/rye"),
        ("docs/grain/rye.md", "slug: /rye", "/docs/rye"),
        ("docs/grain/rye.md", "slug: winter", "/docs/grain/winter"),
        ("docs/7.0-release.md", "", "/docs/7.0-release"),
        ("blog/sea/2020-1-2-oats.mdx", "", "/blog/2020/1/2/sea/oats"),
        ("blog/2020-01-02-oats.md", "slug: oats", "/blog/oats"),
        ("docs/01-grain/README.md", "", "/docs/grain/"),
        ("docs/rye/Rye.md", "id: other", "/docs/rye/"),
        ("docs/2-rye.md", "id: oats", "/docs/oats"),
        ("docs/rye.md", "url: https://x.example/r", "https://x.example/r"),
    ],
)
def test_docusaurus_gives_its_own_addresses(tmp_path: Path, name: str, head: str, url: str) -> None:
    """Dates become directories, order prefixes are removed, a slug takes precedence."""
    files = {"docusaurus.config.js": "", name: f"---\ntitle: T\n{head}\n---\nText."}
    assert list(read_source(grow(tmp_path, files)).articles["url"]) == [url]


def test_sphinx_with_myst_alone_reads_its_docs(tmp_path: Path) -> None:
    """Without .rst files, the words in conf.py show that it is Sphinx's."""
    files = {"README.md": "# No\n\nx", "docs/conf.py": "extensions = ['myst_parser']"}
    root = grow(tmp_path, files | {"docs/rye.md": "# Rye\n\nSow."})
    assert list(read_source(root).articles["id"]) == ["rye.md"]


def test_sphinx_reads_the_suffixes_of_its_settings(tmp_path: Path) -> None:
    """A project may name its files ``.txt``; a list, a dict or one text says so."""
    pytest.importorskip("docutils")
    for number, suffix in enumerate(["'.txt'", "['.rst', '.txt']", "{'.txt': 'restructuredtext'}"]):
        files = {"docs/conf.py": f"html_theme = 'x'\nsource_suffix = {suffix}", "README.md": "# No"}
        root = grow(tmp_path / str(number), files | {"docs/rye.txt": RST})
        assert list(read_source(root).articles["id"]) == ["rye.txt"]


def test_sphinx_excludes_parts_of_names(tmp_path: Path) -> None:
    """Where ``**`` is a part of a name, it stands for any directory, and ``..`` leads nowhere."""
    pytest.importorskip("docutils")
    left = ["guide/.checks/a.rst", "b.checks/c.rst", "old-1/d.rst", "notes/e-old.rst"]
    settings = "exclude_patterns: list[str] = ['**.checks', 'old**', '../x', '**-old.rst']"
    root = grow(tmp_path, {"conf.py": settings, "rye.rst": RST, **dict.fromkeys(left, RST)})
    assert list(read_source(root).articles["id"]) == ["rye.rst"]


def test_sphinx_builds_pages_about_drafts(tmp_path: Path) -> None:
    """The field is that of a proposal, not of the page."""
    pytest.importorskip("docutils")
    page = "Rye\n===\n\n:Status: Draft\n\nSow."
    assert len(read_source(grow(tmp_path, {"conf.py": "", "rye.rst": page})).articles) == 1


@pytest.mark.parametrize(
    ("glob", "read"),
    [
        ("guide/**", {"guide/oats.md": "Oats", "guide/rye.rst": "Rye"}),
        ("**/*.md", {"guide/oats.md": "Oats", "note.md": "Note"}),
        (["**/*", "!guide/**"], {"note.md": "Note"}),
    ],
)
def test_chosen_files_of_sphinx_are_read_by_their_markup(
    tmp_path: Path, glob: str | list[str], read: dict[str, str]
) -> None:
    """`glob` chooses files, not the language that they are read as."""
    pytest.importorskip("docutils")
    files = {"conf.py": "", "guide/rye.rst": RST, "guide/oats.md": "# Oats\n\nRoll *them*.",
             "note.md": "# Note\n\nRye is _not_ wheat."}  # fmt: skip
    articles = read_source(grow(tmp_path, files), SourceOptions(glob=glob)).articles
    assert dict(zip(articles["id"], articles["title"], strict=True)) == read
    assert not articles["text"].str.contains(r"[*_#]").any()


def test_errors_of_both_readers_name_the_right_file(tmp_path: Path) -> None:
    """A date is located in the file that holds it, whichever reader read it."""
    pytest.importorskip("docutils")
    files = {"conf.py": "", "a.rst": RST, "b.md": "---\ntitle: B\ndate: soon\n---\nx"}
    with pytest.raises(SourceError, match=r"b\.md:3: front matter `date` must be ISO"):
        read_source(grow(tmp_path, files))


def test_a_plain_directory_stays_markdown(tmp_path: Path) -> None:
    """Without a generator's settings, names with underscores are not partials."""
    root = grow(tmp_path, {"_index.md": "# Farm\n\nAll.", "conf.py": "", "x.txt": ""})
    assert list(read_source(root).articles["id"]) == ["_index.md"]


def test_a_directory_of_rst_alone_is_read_as_such(tmp_path: Path) -> None:
    """If there is no Markdown, .rst files are the articles."""
    pytest.importorskip("docutils")
    assert len(read_source(grow(tmp_path, {"rye.rst": RST})).articles) == 1


def test_merged_records_are_those_of_all_readers() -> None:
    """Rows, skipped files, warnings and words: nothing that a reader reports is lost."""
    names = ("rye", "oats")
    parts = [
        Records(
            pd.DataFrame({"id": [name]}),
            [f"{name}.md"],
            lambda row, field, name=name: f"{name}.md: {field}",  # type: ignore[misc]
            [Skipped(f"old/{name}.md", "draft")],
            words=(1, 2),
            warnings=[f"{name}.md: date"],
        )
        for name in names
    ]
    found = merge(parts)
    assert found.table["id"].tolist() == list(names)
    assert [found.locate(row, "date") for row in (0, 1)] == ["rye.md: date", "oats.md: date"]
    assert [where for where, _ in found.skipped] == ["old/rye.md", "old/oats.md"]
    assert (found.words, found.warnings) == ((2, 4), ["rye.md: date", "oats.md: date"])
