"""Files kept in a directory, all of one run: the new ones as a whole, or still the old ones.

`index.json` names every other file with its size and digest, and is replaced last. A file's name
contains its digest, so a killed run leaves the old files as they were; files that `index.json` does
not name are removed by the next run that writes. What is damaged counts as missing, with the
reason.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from io import IOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from recommender.index.inputs import digest_of, digest_of_bytes
from recommender.index.locks import lock, try_lock

FORMAT = 1
"""Number of this layout; an index of another one is made again."""

FOLDER = ".recommender"
"""Usual name of the directory with all indexes of a site."""

NAME = "index.json"

_OWN = re.compile(r"\w+-[0-9a-f]+\.[\w.]+")
"""Names of files of a store; others in its directory are left alone."""

BUFFER = 1 << 20
"""Bytes to read at once."""

IN_MEMORY = 32 << 20
"""Size up to which an unnamed file is kept in memory."""

Data = bytes | Sequence[bytes | memoryview] | BinaryIO
"""The bytes of a file, as a whole, in pieces, or in an open file."""


class Part(msgspec.Struct, array_like=True, frozen=True):
    """A file of the index."""

    file: str
    size: int
    digest: str


class Listing(msgspec.Struct, frozen=True):
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
    cache : bool, default True
        Whether the directory can be made again at any time, and so is kept out of repositories
        and backups.
    """

    def __init__(self, folder: Path, *, cache: bool = True) -> None:
        self.folder = folder
        self._cache = cache
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
            self.problem = f"{path}: cannot be read, {_reason(error)}"
            return None
        if digest.decode("ascii", "replace") != digest_of_bytes(data):
            self.problem = f"{path}: is damaged, its digest is another"
            return None
        try:
            listing = msgspec.json.decode(data, type=Listing)
            if listing.format != FORMAT:
                return None
            facts = msgspec.json.decode(listing.facts, type=kind)
        except (msgspec.MsgspecError, RecursionError):  # of another version
            return None
        self._parts = listing.parts
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
            self._lose(name, f"{path}: cannot be read, {_reason(error)}")
            return None
        if len(data) != part.size or digest_of_bytes(data) != part.digest:
            self._lose(name, f"{path}: is damaged, its digest is another")
            return None
        return data

    def file(self, name: str, *, verify: bool = False) -> Path | None:
        """Return the path of a file that was written, or None; call `facts` first.

        Parameters
        ----------
        name : str
            The name that `write` was given.
        verify : bool, default False
            Compare the digest of its bytes too, not only their number.
        """
        part = self._parts.get(name)
        if part is None:
            self.problem = f"{self.folder / NAME}: names no file {name}"
            return None
        path = self.folder / part.file
        try:
            size = path.stat().st_size
        except OSError as error:
            self._lose(name, f"{path}: cannot be read, {_reason(error)}")
            return None
        if size != part.size:
            self._lose(name, f"{path}: is damaged, expected {part.size:,} bytes, got {size:,}")
            return None
        if verify and digest_of(path) != part.digest:
            self._lose(name, f"{path}: is damaged, its digest is another")
            return None
        return path

    def unnamed_file(self) -> BinaryIO:
        """Open a new file, in memory until it is large, then on the same disk without a buffer.

        It disappears when it is closed.
        """
        from tempfile import SpooledTemporaryFile

        file = SpooledTemporaryFile(IN_MEMORY, buffering=0, dir=str(self.folder))  # noqa: SIM115
        return cast(BinaryIO, file)

    def _lose(self, name: str, problem: str) -> None:
        """Note that a file must be written again, even if it is to be the same."""
        self.problem = problem
        del self._parts[name]

    def write(self, facts: Any, parts: Mapping[str, Data], same: Iterable[str] = ()) -> None:
        """Replace what is kept.

        Parameters
        ----------
        facts : msgspec.Struct
            Small facts.
        parts : mapping of str to Data
            The files by name, such as ``pages.msgpack``.
        same : iterable of str
            Names of files that stay as they are, if they are there.

        Raises
        ------
        OutputError
            If a file cannot be written; the old ones are kept.
        """
        from recommender.outputs.atomic import atomic_file

        named = {name: self._parts[name] for name in same if name in self._parts}
        for name, given in parts.items():
            hashed, size = sha256(), 0
            for piece in _pieces(given):
                hashed.update(piece)
                size += len(piece)
            digest = hashed.hexdigest()
            stem, dot, suffix = name.partition(".")
            part = named[name] = Part(f"{stem}-{digest[:16]}{dot}{suffix}", size, digest)
            if self._parts.get(name) != part or not os.path.isfile(self.folder / part.file):
                with atomic_file(self.folder / part.file) as file:
                    file.writelines(_pieces(given))
        listing = Listing(FORMAT, msgspec.Raw(msgspec.json.encode(facts)), named)
        data = msgspec.json.encode(listing)
        with contextlib.suppress(OSError):  # only the marks: what matters is reported below
            _mark(self.folder, self._cache)
        with atomic_file(self.folder / NAME) as file:
            file.write(data + b"\n" + digest_of_bytes(data).encode())
        self._parts = named
        self._remove_others()

    def remove_if_empty(self) -> None:
        """Remove the directory if nothing was ever kept in it, as after a run that failed."""
        if not os.path.exists(self.folder / NAME):
            with contextlib.suppress(OSError):
                for name in _MARKS:
                    (self.folder / name).unlink(missing_ok=True)
                self.folder.rmdir()
                if self.folder.parent.name.startswith("."):
                    self.folder.parent.rmdir()

    def _remove_others(self) -> None:
        kept = {NAME, *_MARKS, *(part.file for part in self._parts.values())}
        with contextlib.suppress(OSError):  # the next run removes them
            for entry in [*os.scandir(self.folder)]:
                ours = _OWN.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
                if ours and entry.name not in kept:
                    os.unlink(entry.path)


def _pieces(data: Data) -> Iterator[bytes | memoryview]:
    if isinstance(data, BinaryIO | IOBase):  # the first is for the type checker
        data.seek(0)
        return iter(partial(data.read, BUFFER), b"")
    return iter([data] if isinstance(data, bytes) else data)


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


_LOCK = "lock"
_MARKS = {
    _LOCK: b"",  # the first: if Windows does not let it be removed, the others stay too
    ".gitignore": b"*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n",
}


def _mark(folder: Path, cache: bool) -> None:
    """Make the directory and its lock; keep a cache out of repositories and backups."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in _MARKS.items():
        path = folder / name
        missing = not path.exists() or (data and not path.stat().st_size)  # killed in between
        if missing and (cache or name == _LOCK):
            path.write_bytes(data)


class Lock:
    """The right to use a directory, until the process ends or gives it back.

    Parameters
    ----------
    handle : int
        The open lock file, which is empty unless a run is at work or died at it.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.left_by_dead_run = bool(os.fstat(handle).st_size)
        """Whether the last run was killed at work, so that its temporary files may be left."""

    def at_work(self) -> None:
        """Note that files are going to be written."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._handle, 1)

    def done(self) -> None:
        """Note that the run has ended, whether it succeeded or raised an error."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._handle, 0)


@contextlib.contextmanager
def locked(folder: Path, tell: Callable[[str], None], *, cache: bool = True) -> Iterator[Lock]:
    """Let only one process at a time use a directory; the system releases the lock of a dead one.

    Parameters
    ----------
    folder : Path
        The directory; made if it is missing.
    tell : callable
        Called with a message if another process must be waited for.
    cache : bool, default True
        As for `Store`.

    Yields
    ------
    Lock

    Raises
    ------
    OSError
        If the directory cannot be written to.
    """
    message = f"Waiting for another run that uses {folder}"
    handle = _opened_lock(folder, cache, lambda: tell(message))
    right = Lock(handle)
    try:
        yield right
    finally:
        right.done()
        os.close(handle)


def _opened_lock(folder: Path, cache: bool, tell: Callable[[], None]) -> int:
    """Open and lock the lock file of a directory; another run may remove it meanwhile."""
    while True:
        _mark(folder, cache)
        handle = os.open(folder / _LOCK, os.O_RDWR)
        try:
            if try_lock(handle) is False:
                tell()
                lock(handle)
            if _is_file(handle, folder / _LOCK):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_file(handle: int, path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False
