"""Write the lists into the front matter of the articles' own Markdown files.

Invariant: of a file only the value of the one key changes; comments, order, quotes, line ends,
byte order mark and body stay byte for byte. Every file is worked out, and read back, before the
first is written; a file that would not change is not touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recommender.errors import OutputError, join_problems
from recommender.outputs.atomic import atomic_file
from recommender.outputs.cards import Card
from recommender.outputs.heads import Head, NotEditableError, split_head
from recommender.outputs.urls import safe_url

KEY = "related"
"""The front-matter key that is written."""
ENTRY = ("id", "url", "title")
"""What an entry of the list holds."""


def write_front_matter(
    lists: Iterable[tuple[str, list[Card]]], directory: str | os.PathLike[str]
) -> int:
    """Write each article's list into its file, under `KEY`, and return how many files changed.

    Parameters
    ----------
    lists : iterable of (article id, cards)
        Ids are paths of files within `directory`, as the Markdown source gives them.
    directory : path
        Where the articles were read from.

    Raises
    ------
    OutputError
        If a file is not there, leads out of the directory, holds a hand-written `KEY`, or has
        a head in which no list can stand; up to 20 are named, and no file is written. Or if
        files were saved by others after they were read: these are left alone.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     file = Path(site, "rye.md")
    ...     _ = file.write_text("---\\ntitle: Rye # short\\n---\\nSow it.\\n")
    ...     card = {"id": "oats.md", "url": "/oats/", "title": "Oats"}
    ...     write_front_matter([("rye.md", [card])], site)
    ...     print(file.read_text(), end="")
    1
    ---
    title: Rye # short
    related:
    - {"id": "oats.md", "url": "/oats/", "title": "Oats"}
    ---
    Sow it.
    """
    root = Path(directory)
    changed: list[tuple[Path, bytes, bytes]] = []
    problems: list[str] = []
    for article_id, cards in lists:
        file = root / article_id
        try:
            old = _read(root, file)
            new = with_list(old, cards)
        except NotEditableError as error:
            problems.append(f"{file}: {error}")
            continue
        if new != old:
            changed.append((file, old, new))
    if problems:
        raise OutputError(
            join_problems(problems),
            "nothing was written; fix these files, or write a data file instead: -f json",
        )
    saved: list[str] = []
    for file, old, new in changed:
        if not _holds(file, old):
            saved.append(f"{file}: was saved by somebody else meanwhile")
            continue
        with atomic_file(file) as stream:
            stream.write(new)
    if saved:
        raise OutputError(join_problems(saved), "the other files are done; run it again for these")
    return len(changed)


def with_list(content: bytes, cards: Iterable[Card]) -> bytes:
    """Return the bytes of a Markdown file with these cards under `KEY`.

    Raises
    ------
    NotEditableError
        If the file cannot take the list without other changes.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotEditableError(f"is not UTF-8 at byte {error.start:,}") from error
    entries = [
        {
            name: safe_url(card[name]) or "" if name == "url" else _whole(card[name])
            for name in ENTRY
        }
        for card in cards
    ]
    head = split_head(text)
    _check_own(head)
    result = head.replaced(KEY, entries)
    _check_rest(head, split_head(result), entries)
    return result.encode("utf-8")


def _whole(text: Any) -> str:
    """Return a text without half characters (surrogates), which no file can hold."""
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False


def _read(root: Path, file: Path) -> bytes:
    if not file.resolve().is_relative_to(root.resolve()):
        raise NotEditableError("leads out of the directory")
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotEditableError(f"cannot be read, {reason}; are ids paths of files?") from error


def _check_own(head: Head) -> None:
    """Refuse to overwrite what someone else wrote under the key."""
    value: Any = head.fields.get(KEY) or []
    ours = isinstance(value, list) and all(
        isinstance(entry, dict) and tuple(entry) == ENTRY for entry in value
    )
    if not ours:
        raise NotEditableError(f"`{KEY}` holds something written by hand, got {value!r:.60}")


def _check_rest(before: Head, after: Head, entries: list[dict[str, Any]]) -> None:
    """Make sure that the new head reads as the old one, but for the key."""
    expected = {**before.fields, KEY: entries}
    if after.fields != expected or after.body != before.body:
        raise NotEditableError("its front matter cannot take a list without other changes")
