"""Walks over a directory of content and finds the files that match the patterns of `glob`.

Regular files only: a named pipe is not opened, and a link to a directory is not followed unless
a pattern names it. Hidden names and ``node_modules`` are skipped. Files that match but cannot be
read are found too, with the reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch, translate
from functools import lru_cache
from pathlib import PurePath
from typing import NamedTuple

from recommender.errors import ConfigError

LINK = "link to a directory"
"""Problem of a link that is not followed."""

ALL = frozenset([("**",), ("**", "*")])
"""Patterns that match everything below."""

Patterns = frozenset[tuple[str, ...]]
"""The rest of each pattern below a directory, part by part."""


class Content(NamedTuple):
    """A file of a directory that matches."""

    path: str
    """Relative to the directory, with ``/`` between parts."""
    problem: str = ""
    """Why it cannot be read; empty for a regular file."""


Globs = str | Sequence[str] | None
"""The setting `glob`: a pattern, several, or none."""


def patterns_of(globs: Globs) -> list[str]:
    """Return the patterns of the setting `glob` as a list.

    Examples
    --------
    >>> patterns_of("posts/*.md"), patterns_of(None)
    (['posts/*.md'], [])
    """
    return [globs] if isinstance(globs, str) else list(globs or ())


def walk(
    root: str | os.PathLike[str], globs: Globs = None, default: Sequence[str] = ("**/*",)
) -> Iterator[Content]:
    """Yield the files below a directory that match, directory by directory.

    Parameters
    ----------
    root : path
        The directory.
    globs : str or sequence of str, optional
        Patterns of paths below it, as of `pathlib.Path.glob`; ``**`` at the end takes all below.
        Those that start with ``!`` exclude files.
    default : sequence of str
        The patterns to use if `globs` is empty or only excludes files: ``!x`` alone means all of
        these except ``x``.

    Yields
    ------
    Content
        A directory that cannot be opened is always yielded, with its problem.

    Raises
    ------
    ConfigError
        If a pattern is empty, leads out of the directory, or has ``**`` in the middle of a name.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "rye.md").write_text("Rye")
    ...     _ = Path(folder, "oats.md").symlink_to("missing.md")
    ...     sorted(walk(folder, ["*.md", "!old/**"]))
    [Content(path='oats.md', problem='link to nothing'), Content(path='rye.md', problem='')]
    """
    patterns = patterns_of(globs)
    takes = _below([_parts(glob) for glob in patterns if glob[:1] != "!"])
    leaves = _below([_parts(glob[1:]) for glob in patterns if glob[:1] == "!"])
    takes = takes or _below(map(_parts, default))
    waiting = [(os.fspath(root), "", takes, leaves)]
    while waiting:
        folder, lead, takes, leaves = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError as error:
            yield Content(lead.rstrip("/") or ".", _unreadable(error))
            continue
        for entry in entries:
            name = entry.name
            if name.startswith(".") or name == "node_modules":
                continue
            if _is_directory(entry):
                below, left = _into(takes, name), _into(leaves, name)
                if not below or not left.isdisjoint(ALL):
                    continue
                if entry.is_symlink() and not _is_named_by(takes, name):
                    yield Content(lead + name, LINK)
                else:
                    waiting.append((entry.path, f"{lead}{name}/", below, left))
            elif _match(takes, name) and not _match(leaves, name):
                yield Content(lead + name, _problem(entry, lead))


def shown(path: str | os.PathLike[str]) -> str:
    r"""Return a path for messages: bytes that are not UTF-8 as ``\xff``.

    Examples
    --------
    >>> print(shown(os.fsdecode(b"caf\xe9.md")))
    caf\xe9.md
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _parts(glob: str) -> tuple[str, ...]:
    """Return the parts of a pattern."""
    parts = tuple(part for part in PurePath(glob).as_posix().split("/") if part != ".")
    wrong = (
        "is empty" if not glob.strip() or not parts
        else "leads out of the directory" if ".." in parts or PurePath(glob).is_absolute()
        else "has ** in the middle of a name" if any("**" in p and p != "**" for p in parts)
        else "holds a NUL" if "\0" in glob
        else ""
    )  # fmt: skip
    if wrong:
        raise ConfigError(
            f"glob: a pattern {wrong}, got {glob!r}",
            "patterns are relative to the directory, such as posts/**/*.md or !**/draft-*",
        )
    return parts


def _below(patterns: Iterable[tuple[str, ...]]) -> Patterns:
    """Return patterns, and those that remain if a leading ``**`` matches no directory."""
    found = set()
    for parts in patterns:
        found.add(parts)
        while parts[0] == "**" and len(parts) > 1:
            parts = parts[1:]
            found.add(parts)
    return frozenset(found)


def _into(patterns: Patterns, name: str) -> Patterns:
    """Return the rest of the patterns inside a directory of that name."""
    inside = [parts for parts in patterns if parts[0] == "**"]
    inside += [parts[1:] for parts in patterns if len(parts) > 1 and _is_named(name, parts[0])]
    return _below(inside)


def _match(patterns: Patterns, name: str) -> bool:
    return _last_parts(patterns).match(os.path.normcase(name)) is not None


@lru_cache(maxsize=64)
def _last_parts(patterns: Patterns) -> re.Pattern[str]:
    """Return a pattern of the names that the patterns match without another directory."""
    globs = ["*" if p[0] == "**" else os.path.normcase(p[0]) for p in patterns if len(p) == 1]
    return re.compile("|".join(map(translate, sorted(globs))) or "(?!)")


def _is_named(name: str, part: str) -> bool:
    return part != "**" and fnmatch(name, part)


def _is_named_by(patterns: Patterns, name: str) -> bool:
    return any(len(parts) > 1 and _is_named(name, parts[0]) for parts in patterns)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _problem(entry: os.DirEntry[str], lead: str) -> str:
    """Return why an entry cannot be read as a file, or an empty string if it can."""
    try:
        (lead + entry.name).encode()
        if entry.is_file():
            return ""
    except UnicodeEncodeError:
        return "name is not UTF-8"
    except OSError as error:
        return _unreadable(error)
    broken = entry.is_symlink() and not os.path.exists(entry.path)
    return "link to nothing" if broken else "not a regular file"


def _unreadable(error: OSError) -> str:
    return f"cannot be read, {(error.strerror or str(error)).lower()}"
