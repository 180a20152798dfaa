"""What a run reads and writes, so that the next run can tell whether anything has changed.

While a `Watch` is active, Python itself reports every file that is opened and every directory that
is listed (an audit hook), so that no reader can forget to. Files are compared by size and time of
the last change, and if these differ by a digest of their bytes: a fresh checkout changes the times
only. Where the system keeps a time that no program can set, it counts too: reproducible builds give
all their files the same time.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from hashlib import file_digest, sha256
from typing import Any, NamedTuple

import msgspec

from recommender.index.locks import WINDOWS

TEMPORARY = ".recommender-tmp"
"""Suffix of a file that is renamed once it is complete."""

SETTINGS_FILES = (
    ".toml", ".yml", ".yaml", ".js", ".cjs", ".mjs", ".ts", ".py", "package.json", "config.json",
    "hugo.json",
)  # fmt: skip
"""Ends of the names of files by which a generator is recognized, in or above a source."""

COARSE_NS, FINE_NS = 2_000_000_000, 50_000_000
"""A file that was read so soon after its last change may change again at the same time of its
clock. Some file systems count in steps of two seconds, others in nanoseconds."""

MOST_SINGLY = 8
"""More files than these are flushed with their whole file system: on a busy machine, 1,000 pages
took 5.8 s one by one and 0.02 s at once."""

_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/zoneinfo/")

_watching: Watch | None = None
_noting: list[list[datetime]] = []
_inside = threading.local()


class FileState(msgspec.Struct, array_like=True, frozen=True):
    """A file as it was read or written."""

    size: int
    changed: int
    """Time of the last change in nanoseconds; 0 if only the digest is certain."""
    digest: str


class FolderState(msgspec.Struct, array_like=True, frozen=True):
    """A directory as it was listed."""

    changed: int
    """Time of the last change in nanoseconds; 0 if only the digest is certain."""
    digest: str
    """Of the names in it, except hidden ones."""


class Inputs(msgspec.Struct, frozen=True):
    """All that decides the result of a run, and the files that it wrote."""

    files: dict[str, FileState]
    """By absolute path."""
    missing: list[str]
    """Files that were looked for and were not there."""
    folders: dict[str, FolderState]
    """By absolute path."""
    above: dict[str, str]
    """Digest of the names of settings files in the directories of the sources and above."""
    at: float
    """Time of the run in seconds since 1970."""
    until: float | None
    """Time from which on the result may be another, since a date has come; None: never."""

    def change(self) -> str:
        """Return the first thing that is not as this run left it, or an empty string."""
        now = time.time()
        if now < self.at or (self.until is not None and now >= self.until):
            return "the date"
        for folder, digest in self.above.items():
            if _digest_of_names(_settings_files(folder)) != digest:
                return folder
        for folder, listed in self.folders.items():
            if not (listed.changed and _changed_at(folder) == listed.changed) and (
                _digest_of_names(_names(folder)) != listed.digest
            ):
                return folder
        for path, state in self.files.items():
            if not is_same(path, state):
                return path
        return next(filter(os.path.exists, self.missing), "")


class Version(NamedTuple):
    """A file without its bytes."""

    size: int
    written: int
    """Time of the last change of its bytes in nanoseconds; programs can set it."""
    changed: int
    """The same, or the time of the last change of its name, owner or mode if that is later."""


class Watch:
    """Notes what this process reads and writes from its start until `inputs` is called.

    Parameters
    ----------
    sources : iterable of str
        The directories and files that the run was told to read.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self.sources = [os.path.abspath(source) for source in sources]
        self.digests: dict[str, str] = {}
        """Digest of the bytes that a reader has read, by absolute path."""
        self._at = time.time()
        self._until: float | None = None
        self._read: dict[str, Version | None] = {}
        self._written: dict[str, FileState] = {}
        self._folders: dict[str, tuple[int, frozenset[str]]] = {}

    def __enter__(self) -> Watch:
        global _watching
        _install()
        _watching = self
        for source in self.sources:
            if os.path.isfile(source):
                self.opened(source)
        return self

    def __exit__(self, *_: object) -> None:
        global _watching
        _watching = None

    def holds_until(self, moment: datetime) -> None:
        """Note that from this moment on the result may be another."""
        seconds = moment.timestamp()
        self._until = seconds if self._until is None else min(self._until, seconds)

    def opened(self, path: str) -> None:
        """Note a file that is about to be read."""
        path = os.path.abspath(path)
        if path not in self._read and not _is_of_system(path) and not os.path.isdir(path):
            self.note(path)

    def note(self, path: str) -> Version | None:
        """Note a file by its absolute path; return its version, or None if it is missing."""
        if path not in self._read:
            self._read[path] = _version(path)
        return self._read[path]

    def listed(self, folder: str) -> None:
        """Note a directory that is about to be listed."""
        folder = os.path.abspath(folder)
        if folder not in self._folders and not _is_of_system(folder + os.sep):
            self._folders[folder] = (_changed_at(folder), _names(folder))

    def replaces(self, temporary: str, path: str) -> None:
        """Note a complete file that is about to take its place."""
        version = _version(temporary)
        if version is not None:
            state = FileState(version.size, version.written, digest_of(temporary))
            self._written[os.path.abspath(path)] = state

    def written(self, path: str) -> str:
        """Return the digest of a file that was written, or an empty string."""
        state = self._written.get(path)
        return state.digest if state else ""

    def flushed(self) -> bool:
        """Flush what was written to the disk; False if some of it may not survive a power cut."""
        try:
            with unwatched():
                _flush([*self._written])
        except OSError:
            return False
        return True

    def inputs(self) -> Inputs | None:
        """Return what was read and written.

        Returns
        -------
        Inputs or None
            None if anything has been changed by others, or has a name that is not UTF-8, which
            cannot be written.
        """
        with unwatched():
            return self._inputs()

    def _inputs(self) -> Inputs | None:
        files = {path: _in_place(path, state) for path, state in self._written.items()}
        missing = []
        for path, before in self._read.items():
            if path in files:
                continue
            now = _version(path)
            if before is None or now is None:
                if now is not before:
                    return None
                missing.append(path)
                continue
            if now[:2] != before[:2]:
                return None
            digest = self.digests.get(path) or digest_of(path)
            changed = _settled(before.changed, self._at) if now == before else 0
            files[path] = FileState(before.size, changed, digest)
        folders = {}
        written: dict[str, set[str]] = {}
        for path in self._written:
            written.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))
        for folder, (changed, before_names) in self._folders.items():
            own, names = written.get(folder, set()), _names(folder)
            if names - own != before_names - own:
                return None
            same = _changed_at(folder) == changed
            digest = _digest_of_names(names)
            folders[folder] = FolderState(_settled(changed, self._at) if same else 0, digest)
        above = {
            folder: _digest_of_names(_settings_files(folder))
            for folder in _at_and_above(self.sources)
        }
        if not all(map(_is_utf8, (*files, *missing, *folders, *above))):
            return None
        return Inputs(files, missing, folders, above, self._at, self._until)


def holds_until(moment: datetime) -> None:
    """Tell the active watch that from this moment on the result may be another."""
    for moments in _noting:
        moments.append(moment)
    if _watching is not None:
        _watching.holds_until(moment)


@contextmanager
def moments_noted() -> Iterator[list[datetime]]:
    """Collect the moments that `holds_until` is called with inside the block.

    Examples
    --------
    >>> with moments_noted() as moments:
    ...     holds_until(datetime(2030, 1, 31))
    >>> moments
    [datetime.datetime(2030, 1, 31, 0, 0)]
    """
    moments: list[datetime] = []
    _noting.append(moments)
    try:
        yield moments
    finally:
        _noting.remove(moments)


@contextmanager
def unwatched() -> Iterator[None]:
    """Read inside the block without a note: what is read there decides nothing."""
    before = getattr(_inside, "hook", False)
    _inside.hook = True
    try:
        yield
    finally:
        _inside.hook = before


def is_same(path: str, state: FileState) -> bool:
    """Return whether a file has the bytes of a state."""
    version = _version(path)
    if version is None or version.size != state.size:
        return False
    return is_settled(state, version) or digest_of(path) == state.digest


def is_settled(state: FileState, version: Version | None) -> bool:
    """Return whether size and time alone tell that a file has the bytes of a state.

    Not of a file that could not be read.
    """
    if version is None or not (state.changed and state.digest):
        return False
    return (state.size, state.changed) == (version.size, version.changed)


def _flush(paths: Sequence[str]) -> None:
    """Flush files, or the file system of the first if they are many: they are of one site."""
    for path in paths:
        handle = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)
        try:
            if len(paths) > MOST_SINGLY and _flush_all(handle):
                return
            os.fsync(handle)
        finally:
            os.close(handle)


def _flush_all(handle: int) -> bool:
    """Flush the file system of an open file; False where the C library cannot (Linux can)."""
    import ctypes

    try:
        return bool(ctypes.CDLL(None).syncfs(handle) == 0)
    except (AttributeError, OSError, TypeError):
        return False


def digest_of(path: str | os.PathLike[str]) -> str:
    """Return the digest of a file's bytes; empty if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def digest_of_bytes(data: bytes) -> str:
    """Return the digest of bytes, equal to that of a file that contains them."""
    return sha256(data).hexdigest()


def _version(path: str) -> Version | None:
    """Return the version of a file, or None if there is nothing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    written = found.st_mtime_ns
    changed = written if WINDOWS else max(written, found.st_ctime_ns)  # there, when it was made
    return Version(found.st_size, written, changed)


def _in_place(path: str, state: FileState) -> FileState:
    """Return the state of a file that was written before its name was changed."""
    now = _version(path)
    same = now is not None and now[:2] == (state.size, state.changed)
    return FileState(state.size, now.changed if now and same else 0, state.digest)


def _settled(changed: int, read_at: float) -> int:
    """Return the time of a file's last change, or 0 if it may have changed again since."""
    window = FINE_NS if changed % 1_000_000 else COARSE_NS
    return changed if changed + window < read_at * 1e9 else 0


def _changed_at(folder: str) -> int:
    version = _version(folder)
    return version.changed if version else 0


def _names(folder: str) -> frozenset[str]:
    try:
        return frozenset(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        return frozenset()


def _settings_files(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(SETTINGS_FILES)]
    except OSError:
        return []


def _digest_of_names(names: Iterable[str]) -> str:
    return digest_of_bytes("\0".join(sorted(names)).encode("utf-8", "surrogateescape"))


def _at_and_above(paths: Iterable[str]) -> list[str]:
    """Return the directories of paths, and all above them."""
    found: dict[str, None] = {}
    for path in paths:
        folder = os.path.realpath(path if os.path.isdir(path) else os.path.dirname(path))
        while folder not in found:
            found[folder] = None
            folder = os.path.dirname(folder)
    return [*found]


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _ignored() -> tuple[str, ...]:
    """Return directories of programs, whose files are not inputs."""
    places = {os.path.dirname(os.__file__), os.path.dirname(os.path.dirname(__file__))}
    places |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    resolved = {os.path.realpath(path) for path in places}
    return (*_SYSTEM, *sorted(os.path.join(path, "") for path in places | resolved))


def _is_of_system(path: str) -> bool:
    return path.startswith(_ignored()) or path.endswith(TEMPORARY)


@cache
def _install() -> None:
    """Add the audit hook, once: Python has no way to remove one."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching is None or event not in _EVENTS or getattr(_inside, "hook", False):
        return
    with unwatched():
        _EVENTS[event](_watching, *arguments)


def _on_open(watch: Watch, path: Any, mode: Any, flags: int) -> None:
    if isinstance(path, str | bytes) and not flags & (os.O_WRONLY | os.O_RDWR):
        watch.opened(os.fsdecode(path))


def _on_list(watch: Watch, path: Any, *_: Any) -> None:
    if not isinstance(path, int):
        watch.listed("." if path is None else os.fsdecode(path))


def _on_rename(watch: Watch, source: Any, target: Any, *_: Any) -> None:
    source = os.fsdecode(source)
    if source.endswith(TEMPORARY):
        watch.replaces(source, os.fsdecode(target))


def _on_connect(watch: Watch, path: Any) -> None:
    """Note a SQLite database, and the log beside it that contains its latest changes."""
    name = os.fsdecode(path).removeprefix("file:").partition("?")[0]
    watch.opened(name)
    watch.opened(f"{name}-wal")


_EVENTS: dict[str, Callable[..., None]] = {
    "open": _on_open,
    "os.listdir": _on_list,
    "os.scandir": _on_list,
    "os.rename": _on_rename,
    "sqlite3.connect": _on_connect,
}
