"""Add the lists to built pages, and remove them again.

Invariant: no byte of a page outside the markers changes; removing the block restores the original
bytes. Pages that do not change are not written, and nothing outside the directory is written.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from recommender.errors import OutputError
from recommender.outputs.atomic import atomic_file, remove_left
from recommender.outputs.cards import Card
from recommender.pages.block import render_block
from recommender.pages.image_size import sizes_in
from recommender.pages.place import (
    END,
    START,
    Locate,
    PlaceError,
    find_place,
    read_layout,
    without_blocks,
)
from recommender.resources import Progress
from recommender.sources.folders import Content, shown, walk

SIBLINGS = (".gz", ".br", ".zst")
_SUFFIXES = (".html", ".htm", ".xhtml")
_PAGES = ("**/*.[hH][tT][mM][lL]", "**/*.[hH][tT][mM]", "**/*.[xX][hH][tT][mM][lL]")

Written = Callable[[str, str], str]
CardsById = Mapping[str, Sequence[Card]]
"""The cards of each article, by id."""


class Refused(NamedTuple):
    """A page that cannot be changed."""

    path: str
    reason: str


@dataclass(slots=True)
class InjectReport:
    """The result; paths are relative to the site."""

    written: list[str] = field(default_factory=list)
    """Pages with a new or changed block."""
    unchanged: list[str] = field(default_factory=list)
    """Pages that already had the same block."""
    removed: list[str] = field(default_factory=list)
    """Pages whose block was removed."""
    refused: list[Refused] = field(default_factory=list)
    """Pages that could not be changed, with the reasons."""
    stale: list[str] = field(default_factory=list)
    """Out-of-date compressed copies of changed pages, such as ``index.html.gz``."""
    diff: str = ""
    """The changes as a unified diff, for a dry run only."""


def inject_lists(
    site_dir: str | os.PathLike[str],
    lists: CardsById,
    *,
    selector: str | None = None,
    locate: Locate | None = None,
    heading: str | None = None,
    template: str | None = None,
    style: bool = True,
    written: Written | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> InjectReport:
    """Add each list to its page.

    The block replaces an existing block; else it goes after ``<!-- recommender -->``; else to
    the end of the first of these that exists: an element with ``data-recommender``, the element
    that `selector` matches, the element that `locate` finds, the article element, the main
    part, the page. A block on a page without a list, or with an empty one, is removed.

    Parameters
    ----------
    site_dir : path
        Directory of built pages.
    lists : mapping of str to sequence of Card
        The cards of each page, best first, by its path in the directory (with ``/``).
    selector : str, optional
        CSS selector of the element to append the block to.
    locate : callable, optional
        Finds the end of the article: takes the bytes of a page and returns an offset, or None if
        it finds no end. The commands pass ``recommender.sources.html.end.find_end``.
    heading : str, optional
        Heading of the list; default: "You may also like" in the page's language.
    template : str, optional
        Jinja2 source of the block, see `render_block`.
    style : bool
        Write style attributes.
    written : callable, optional
        Takes the path of a page and an address of a card, and returns the address to write.
        The commands pass `SiteAddress.written`, if they make the lists from the pages.
    dry_run : bool
        Change no file; report the changes as a diff.
    progress : callable, optional
        Called with ``("inject", done, total)``.

    Returns
    -------
    InjectReport

    Raises
    ------
    OutputError
        If the directory is missing, or a page cannot be written (earlier pages are written).
    ConfigError
        If the selector or template is wrong.
    MissingDependencyError
        If a template is given and Jinja2 is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     page = Path(site, "rye.html")
    ...     _ = page.write_bytes(b"<article>Rye</article>")
    ...     report = inject_lists(site, {"rye.html": [{"title": "Oats", "url": "/oats/"}]})
    ...     changed = page.read_bytes()
    ...     _ = remove_lists(site)
    ...     report.written, b'<a href="/oats/"' in changed, page.read_bytes()
    (['rye.html'], True, b'<article>Rye</article>')
    """
    root = _root(site_dir)
    size = sizes_in(root)

    def change(page: bytes, relative: str) -> tuple[bytes, bool]:
        layout = read_layout(page)
        bare = without_blocks(page, layout.blocks)
        cards = lists.get(relative, ())
        block = render_block(
            cards,
            lang=layout.lang,
            heading=heading,
            template=template,
            style=style,
            size=size,
            written=partial(written, relative) if written else None,
        )
        if not block:
            return bare, False
        data = block.encode(layout.encoding, "xmlcharrefreplace").replace(b"\n", layout.newline)
        if START in data or END in data:
            raise PlaceError("the template writes the markers itself")
        place = layout.blocks[0][0] if layout.blocks else find_place(page, selector, locate)
        new = b"".join([bare[:place], START, layout.newline, data, END, bare[place:]])
        if (template or place == len(bare)) and len(read_layout(new).blocks) != 1:
            raise PlaceError("the page or the template ends inside a tag, comment or script")
        return new, True

    pages = _pages(root)
    report = InjectReport(refused=[Refused(shown(p), problem) for p, problem in pages if problem])
    if not dry_run:
        for folder in dict.fromkeys(os.path.dirname(page.path) for page in pages):
            remove_left(root / folder)
    found = dict.fromkeys(path for path, problem in pages if not problem)  # inside, and no links
    names = found | dict.fromkeys(sorted(lists))
    for done, relative in enumerate(names, 1):
        if progress:
            progress("inject", done, len(names))
        if relative not in found and (problem := _outside(root, relative)):
            report.refused.append(Refused(relative, problem))
            continue
        _apply(root, relative, change, relative in lists, dry_run, report)
    return report


def remove_lists(
    site_dir: str | os.PathLike[str], *, dry_run: bool = False, progress: Progress | None = None
) -> InjectReport:
    """Remove the blocks from all pages; each is then byte for byte as it was built.

    See `inject_lists` for the parameters and errors.
    """
    return inject_lists(site_dir, {}, dry_run=dry_run, progress=progress)


def page_paths(site_dir: str | os.PathLike[str]) -> list[str]:
    """Return the paths of a site's pages, relative to it; links are not followed.

    Raises
    ------
    OutputError
        If the directory is missing.
    """
    return [path for path, problem in _pages(_root(site_dir)) if not problem]


def _root(site_dir: str | os.PathLike[str]) -> Path:
    root = Path(site_dir)
    if not root.is_dir():
        raise OutputError(
            f"{root}: no such directory", "build the site, or name the directory of its pages"
        )
    return root


def _pages(root: Path) -> list[Content]:
    """Return the pages of a directory by path, and unreadable ones; symbolic links are skipped."""
    return [page for page in sorted(walk(root, _PAGES)) if not (root / page.path).is_symlink()]


def _apply(
    root: Path,
    relative: str,
    change: Callable[[bytes, str], tuple[bytes, bool]],
    listed: bool,
    dry_run: bool,
    report: InjectReport,
) -> None:
    """Change one page of the site, if its content changes."""
    path = root / relative
    try:
        before = _version(path)
        old = path.read_bytes()
        if not listed and START[4:-4] not in old:
            return
        new, holds_list = change(old, relative)
    except PlaceError as error:
        report.refused.append(Refused(relative, str(error)))
        return
    except OSError as error:
        report.refused.append(Refused(relative, f"cannot be read, {error.strerror}"))
        return
    if new == old:
        report.unchanged += [relative] if listed else []
        return
    if not dry_run and _version(path) != before:
        report.refused.append(Refused(relative, "was changed by another program meanwhile"))
        return
    (report.written if holds_list else report.removed).append(relative)
    report.stale += [relative + end for end in SIBLINGS if os.path.exists(f"{path}{end}")]
    if dry_run:
        report.diff += _diff(old, new, relative)
        return
    with atomic_file(path, durable=False) as file:
        file.write(new)


def _version(path: Path) -> tuple[int, int, int] | None:
    """Return a value that changes when a file is written, or None without a file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _outside(root: Path, relative: str) -> str:
    """Return why a path in the lists is not a page of the site, or an empty string."""
    if "\0" in relative:
        return "is not a path"
    path = root / relative
    try:
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return "is a loop of links"
    if not inside or ".." in relative.split("/") or Path(relative).is_absolute():
        return "leads out of the site"
    if any((root / part).is_symlink() for part in (Path(relative), *Path(relative).parents[:-1])):
        return "is a link to another page"
    if not path.is_file():
        return "no such page"
    return "" if relative.lower().endswith(_SUFFIXES) else "is not an HTML page"


def _diff(old: bytes, new: bytes, relative: str) -> str:
    before, after = (
        page.decode("utf-8", "backslashreplace").splitlines(keepends=True) for page in (old, new)
    )
    lines = difflib.unified_diff(before, after, f"a/{relative}", f"b/{relative}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
