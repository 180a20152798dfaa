"""The walk over a directory of content: patterns, and files that are none."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("docutils")

from recommender.errors import ConfigError, SourceError
from recommender.pages.inject import inject_lists, page_paths
from recommender.sources import SourceOptions, read_source
from recommender.sources.folders import walk

OPEN = open
MARKDOWN = "# {0}\n\n{0} is sown in autumn on light soil and reaped in July.\n"
RST = "{0}\n=====\n\n{0} is sown in autumn on light soil and reaped in July.\n"
HTML = "<article><h1>{0}</h1><p>{0} is sown in autumn on light soil.</p></article>"


def write_site(root: Path, suffix: str, text: str, *marks: str) -> Path:
    """Write two articles, and the settings by which a generator is known."""
    for name in ("rye", "oats"):
        (root / f"{name}{suffix}").write_text(text.format(name.title()))
    for mark in marks:
        (root / mark).write_text("docs_dir: .\nextensions = ['sphinx']\n")
    return root


SITES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "html": (lambda root: write_site(root, ".html", HTML), ".html"),
    "markdown": (lambda root: write_site(root, ".md", MARKDOWN), ".md"),
    "rst": (lambda root: write_site(root, ".rst", RST), ".rst"),
    "mkdocs": (lambda root: write_site(root, ".md", MARKDOWN, "mkdocs.yml"), ".md"),
    "sphinx": (lambda root: write_site(root, ".rst", RST, "conf.py"), ".rst"),
}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """Return a directory of two articles of each kind, and the suffix of its files."""
    build, suffix = SITES[request.param]
    return build(tmp_path), suffix


def left_out(root: Path) -> dict[str, str]:
    """Read a directory whose two articles must come through; return what was left out, and why."""
    result = read_source(root)
    assert sorted(Path(name).stem for name in result.articles["id"]) == ["oats", "rye"]
    return {os.path.relpath(where, root): reason for where, reason in result.skipped}


def test_named_pipe_is_not_opened(site: tuple[Path, str]) -> None:
    """A pipe with the name of an article is named, where opening it would wait for ever."""
    root, suffix = site
    os.mkfifo(root / f"pipe{suffix}")
    assert left_out(root) == {f"pipe{suffix}": "not a regular file"}


def test_unreadable_directory_is_named(
    site: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that may not be opened does not disappear: root may open it, so it is refused."""
    root, suffix = site
    (root / "closed").mkdir()
    (root / "closed" / f"wheat{suffix}").write_text("wheat")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert left_out(root) == {"closed": "cannot be read, permission denied"}


def test_name_that_is_not_utf_8_is_named(site: tuple[Path, str]) -> None:
    """A file or directory of such a name is left out, and its name can be printed."""
    root, suffix = site
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9" + suffix.encode())).write_text("x")
    folder = Path(os.fsdecode(os.fsencode(root) + b"/\xff"))
    folder.mkdir()
    (folder / f"x{suffix}").write_text("x")
    assert left_out(root) == {
        f"caf\\xe9{suffix}": "name is not UTF-8",
        f"\\xff/x{suffix}": "name is not UTF-8",
    }


def test_links_in_a_circle_end(site: tuple[Path, str]) -> None:
    """A link to a directory above, to itself and to nothing: each is named once."""
    root, suffix = site
    (root / "up").symlink_to(root)
    (root / f"self{suffix}").symlink_to(f"self{suffix}")
    (root / f"gone{suffix}").symlink_to("nothing")
    found = left_out(root)
    assert found.pop(f"self{suffix}").startswith("cannot be read, too many levels")
    assert found == {"up": "link to a directory", f"gone{suffix}": "link to nothing"}


def test_directory_of_nothing_readable_says_why(tmp_path: Path) -> None:
    """The error names what would have matched."""
    os.mkfifo(tmp_path / "rye.md")
    with pytest.raises(SourceError, match=r"rye.md: not a regular file\n.*no file matches"):
        read_source(tmp_path, SourceOptions(format="markdown"))


def test_inject_names_what_it_cannot_read(tmp_path: Path) -> None:
    """Pages get their lists; a pipe with a page's name is refused and not opened."""
    write_site(tmp_path, ".html", HTML)
    os.mkfifo(tmp_path / "pipe.html")
    assert page_paths(tmp_path) == ["oats.html", "rye.html"]
    report = inject_lists(tmp_path, {"rye.html": [{"title": "Oats", "url": "/oats.html"}]})
    assert report.written == ["rye.html"]
    assert [tuple(page) for page in report.refused] == [("pipe.html", "not a regular file")]


TREE = [
    "a.md", "b.txt", "old/c.md", "old/deep/d.md", "new/e.md", "new/index.md", ".git/f.md",
    ".g.md", "node_modules/h.md", "new/node_modules/i.md",
]  # fmt: skip


@pytest.mark.parametrize(
    ("globs", "found"),
    [
        ("**/*.md", "a.md new/e.md new/index.md old/c.md old/deep/d.md"),
        ("*.md", "a.md"),
        ("*/*.md", "new/e.md new/index.md old/c.md"),
        ("old/**/*.md", "old/c.md old/deep/d.md"),
        ("old/**", "old/c.md old/deep/d.md"),
        ("**/deep/*", "old/deep/d.md"),
        (["**/*.md", "!old/**"], "a.md new/e.md new/index.md"),
        (["**/*.md", "!old/**/*"], "a.md new/e.md new/index.md"),
        (["**/*.md", "!**/index.*", "!old/*"], "a.md new/e.md old/deep/d.md"),
        ("!old/**", "a.md b.txt new/e.md new/index.md"),
        ("./a.md", "a.md"),
        ("[ab].*", "a.md b.txt"),
        ("**/**/d.md", "old/deep/d.md"),
        ("old", ""),
    ],
)
def test_patterns_are_those_of_pathlib(tmp_path: Path, globs: str | list[str], found: str) -> None:
    """Hidden directories and node_modules are skipped; ``**`` at the end matches all below."""
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(path for path, _ in walk(tmp_path, globs)) == found.split()


@pytest.mark.parametrize("glob", ["", " ", "../*.md", "/etc/*", "a**/b", "!", "."])
def test_wrong_patterns_are_errors_of_the_setting(tmp_path: Path, glob: str) -> None:
    """A pattern that can match nothing below the directory is named."""
    with pytest.raises(ConfigError, match="glob: a pattern"):
        list(walk(tmp_path, glob))


def test_linked_directory_is_read_where_a_pattern_names_it(tmp_path: Path) -> None:
    """``posts/*.md`` reads through the link ``posts``; ``**`` alone does not follow it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.md").touch()
    (tmp_path / "posts").symlink_to("real")
    assert [path for path, _ in walk(tmp_path, "posts/**/*.md")] == ["posts/a.md"]
    assert sorted(walk(tmp_path, "**/*.md")) == [
        ("posts", "link to a directory"),
        ("real/a.md", ""),
    ]


def test_device_behind_a_link_is_no_file(tmp_path: Path) -> None:
    """It would be read without end."""
    write_site(tmp_path, ".md", MARKDOWN)
    (tmp_path / "zero.md").symlink_to("/dev/zero")
    assert dict(walk(tmp_path))["zero.md"] == "not a regular file"
    with pytest.raises(SourceError, match="is a device or a socket"):
        read_source("/dev/zero", SourceOptions(format="jsonl"))


@pytest.mark.parametrize("suffix", [".md", ".html", ".rst"])
def test_files_that_the_system_refuses_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Without permission, or on a broken disk: the others are read, whatever `skip_invalid` is."""
    text = {".md": MARKDOWN, ".html": HTML, ".rst": RST}[suffix]
    write_site(tmp_path, suffix, text)
    (tmp_path / f"secret{suffix}").write_text(text.format("Secret"))
    monkeypatch.setattr("builtins.open", refusing("secret"))
    monkeypatch.setattr("io.open", refusing("secret"))
    result = read_source(tmp_path)
    assert list(result.articles["id"]) == [f"oats{suffix}", f"rye{suffix}"]
    [(where, reason)] = result.skipped
    assert Path(where).name == f"secret{suffix}"
    assert re.fullmatch("cannot be read, (got )?'?[Pp]ermission denied'?", reason)
    monkeypatch.setattr("builtins.open", refusing(suffix))
    monkeypatch.setattr("io.open", refusing(suffix))
    with pytest.raises(SourceError, match="Permission denied"):
        read_source(tmp_path)


def refusing(part: str) -> Callable[..., Any]:
    """Return `open`, without permission for files with a part of a name."""

    def refuse(path: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if part in os.path.basename(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return OPEN(path, mode, *arguments, **options)

    return refuse


def test_pipes_among_the_parts_of_a_corpus_are_named(tmp_path: Path) -> None:
    """They are not opened: nobody may write into them."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(
            f'{{"id": "{name}", "title": "A", "text": "x y"}}\n'
        )
    os.mkfifo(tmp_path / "c.jsonl")
    result = read_source(tmp_path)
    assert list(result.articles["id"]) == ["a", "b"]
    assert [(Path(s.where).name, s.reason) for s in result.skipped] == [
        ("c.jsonl", "not a regular file")
    ]
