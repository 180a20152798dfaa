"""Files kept in a directory, all of one run: the new ones as a whole, or still the old ones.

`index.json` names every other file with its size and digest, and is replaced last. A file's name
contains its digest, so a killed run leaves the old files as they were; files that `index.json` does
not name are removed by the next run that writes. What is damaged counts as missing, with the
reason.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from recommender.index.inputs import digest_of_bytes

FORMAT = 1
"""Number of this layout; an index of another one is made again."""

FOLDER = ".recommender"
"""Usual name of the directory with all indexes of a site."""

NAME = "index.json"

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Part(msgspec.Struct, array_like=True, frozen=True):
    """A file of the index."""

    file: str
    size: int
    digest: str


class Kept(msgspec.Struct, frozen=True):
    """The content of `index.json`."""

    format: int
    facts: msgspec.Raw
    """Small facts, as JSON."""
    parts: dict[str, Part]
    """The other files by name."""


class Store:
    """A directory with the files that a run keeps for the next.

    Parameters
    ----------
    folder : Path
        Made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problem = ""
        """What is damaged, after `facts` or `part` returned None."""
        self._parts: dict[str, Part] = {}

    def facts(self, kind: type[Any]) -> Any:
        """Return the small facts that were written, or None."""
        path = self.folder / NAME
        try:
            data, _, digest = path.read_bytes().rpartition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            self.problem = f"{path}: cannot be read, {(error.strerror or str(error)).lower()}"
            return None
        if digest.decode("ascii", "replace") != digest_of_bytes(data):
            self.problem = f"{path}: is damaged, its digest is another"
            return None
        try:
            kept = msgspec.json.decode(data, type=Kept)
            if kept.format != FORMAT:
                return None
            facts = msgspec.json.decode(kept.facts, type=kind)
        except (msgspec.MsgspecError, RecursionError):  # of another version
            return None
        self._parts = kept.parts
        return facts

    def part(self, name: str) -> bytes | None:
        """Return a file that was written, or None; call `facts` first."""
        part = self._parts.get(name)
        if part is None:
            return None
        path = self.folder / part.file
        try:
            data = path.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            reason = getattr(error, "strerror", None) or str(error)
            self.problem = f"{path}: cannot be read, {reason.lower()}"
            return None
        if len(data) != part.size or digest_of_bytes(data) != part.digest:
            self.problem = f"{path}: is damaged, its digest is another"
            return None
        return data

    def write(self, facts: Any, parts: Mapping[str, bytes]) -> None:
        """Replace what is kept.

        Parameters
        ----------
        facts : msgspec.Struct
            Small facts.
        parts : mapping of str to bytes
            The files by name, such as ``pages.msgpack``.

        Raises
        ------
        OutputError
            If a file cannot be written; the old ones are kept.
        """
        from recommender.outputs.atomic import atomic_file

        named = {}
        for name, data in parts.items():
            digest = digest_of_bytes(data)
            stem, dot, suffix = name.partition(".")
            part = named[name] = Part(f"{stem}-{digest[:16]}{dot}{suffix}", len(data), digest)
            if self._parts.get(name) != part or not (self.folder / part.file).is_file():
                with atomic_file(self.folder / part.file) as file:
                    file.write(data)
        kept = Kept(FORMAT, msgspec.Raw(msgspec.json.encode(facts)), named)
        data = msgspec.json.encode(kept)
        _mark_as_cache(self.folder)
        with atomic_file(self.folder / NAME) as file:
            file.write(data + b"\n" + digest_of_bytes(data).encode())
        self._parts = named
        self._remove_others()

    def remove_if_empty(self) -> None:
        """Remove the directory if nothing was ever kept in it, as after a run that failed."""
        if not (self.folder / NAME).exists():
            with contextlib.suppress(OSError):
                for name in _MARKS:
                    (self.folder / name).unlink(missing_ok=True)
                self.folder.rmdir()
                if self.folder.parent.name.startswith("."):
                    self.folder.parent.rmdir()

    def _remove_others(self) -> None:
        kept = {NAME, *_MARKS, *(part.file for part in self._parts.values())}
        for entry in [*os.scandir(self.folder)]:
            if entry.name not in kept and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


_MARKS = {
    ".gitignore": b"*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n",
    "lock": b"",
}


def _mark_as_cache(folder: Path) -> None:
    """Keep the directory out of repositories and backups."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in _MARKS.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(data)


@contextlib.contextmanager
def locked(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Let only one process at a time use a directory; the system releases the lock of a dead one.

    Parameters
    ----------
    folder : Path
        The directory; made if it is missing.
    tell : callable
        Called with a message if another process must be waited for.

    Raises
    ------
    OSError
        If the directory cannot be written to.
    """
    _mark_as_cache(folder)
    handle = os.open(folder / "lock", os.O_RDWR)
    try:
        if fcntl is not None:
            _wait(handle, lambda: tell(f"Waiting for another run that uses {folder}"))
        yield
    finally:
        os.close(handle)


def _wait(handle: int, tell: Callable[[], None]) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        tell()
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        return
