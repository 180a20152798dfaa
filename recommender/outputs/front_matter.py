"""Write the lists into the front matter of the articles' own Markdown files.

Invariant: only the value of one key changes in a file; comments, order, quotes, line ends, byte
order mark and body stay the same byte for byte. The new content of every file is made and
checked before the first is written; a file that would not change is not touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recommender.errors import OutputError, join_problems
from recommender.outputs.atomic import atomic_file
from recommender.outputs.cards import Card
from recommender.outputs.heads import NotEditableError, split_head
from recommender.outputs.urls import safe_url

KEY = "related"
"""The front-matter key to write."""
ENTRY = ("id", "url", "title")
"""The fields of an entry of the list."""


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
        If a file is missing, leads out of the directory, contains a hand-written `KEY`, or has
        front matter that cannot contain a list; up to 20 are reported, and no file is written.
        Or if files were saved by another program after they were read; these are not changed.

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
    root, inside = Path(directory), Path(directory).resolve()
    changed: list[tuple[Path, bytes, bytes]] = []
    problems: list[str] = []
    for article_id, cards in lists:
        file = root / article_id
        try:
            old = _read(file, inside)
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
            saved.append(f"{file}: was saved by another program meanwhile")
            continue
        with atomic_file(file) as stream:
            stream.write(new)
    if saved:
        raise OutputError(
            join_problems(saved), "the other files are done; run it again for these files"
        )
    return len(changed)


def with_list(content: bytes, cards: Iterable[Card]) -> bytes:
    """Return the bytes of a Markdown file with these cards under `KEY`.

    Raises
    ------
    NotEditableError
        If the list cannot be added without other changes to the file.
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
    fields = head.fields
    _check_own(fields.get(KEY) or [])
    result = head.replaced(KEY, entries)
    after = split_head(result)
    if after.fields != {**fields, KEY: entries} or after.body != head.body:
        raise NotEditableError("a list cannot be added to its front matter without other changes")
    return result.encode("utf-8")


def _whole(text: Any) -> str:
    """Return a text without half characters (surrogates), which a file cannot contain."""
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False


def _read(file: Path, inside: Path) -> bytes:
    if not file.resolve().is_relative_to(inside):
        raise NotEditableError("leads out of the directory")
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotEditableError(f"cannot be read, {reason}; are ids paths of files?") from error


def _check_own(value: Any) -> None:
    """Refuse to overwrite a hand-written value of the key."""
    ours = isinstance(value, list) and all(
        isinstance(entry, dict) and tuple(entry) == ENTRY for entry in value
    )
    if not ours:
        raise NotEditableError(f"`{KEY}` was written by hand, got {value!r:.60}")
