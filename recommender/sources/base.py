"""The shared parts of all sources: options, results, and decoding of bytes.

A reader turns one path into `Records`: a table with canonical column names, and the place of
each row. It does not decide which rows are articles; `selection` does.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import re
import struct
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, BinaryIO, NamedTuple, cast

import pandas as pd

from recommender.config import SourceSettings
from recommender.errors import RecommenderError, SourceError, join_problems
from recommender.index.cache import FileCache
from recommender.index.inputs import holds_until
from recommender.resources import Progress
from recommender.sources.folders import Globs, patterns_of, shown, walk

_BROKEN = (zlib.error, struct.error)

MAX_UNPACKED = 20 << 20
"""Every compressed file may unpack to this many bytes."""

MAX_RATIO = 50
"""Maximum ratio of unpacked to packed size of a larger file; text has 3 to 30."""

DEFAULT_GLOBS = ("**/*.md", "**/*.markdown", "**/*.mdx")
"""The files of Markdown in a directory."""
RST_GLOBS = ("**/*.rst",)
"""The files of reStructuredText in a directory."""


@dataclass(kw_only=True)
class SourceOptions(SourceSettings):
    """How to read a source: the settings of the source, the reader, and the current time.

    Naming a column that does not exist is an error.

    Examples
    --------
    >>> SourceOptions(id_column="slug").text_column
    'text'
    """

    format: str = "auto"
    """Name of the reader; ``auto`` chooses it by the suffix."""
    now: datetime | None = None
    """The current time, which decides what is future-dated or expired; None: the clock."""
    cache: FileCache | None = None
    """What files gave in the last run; readers of directories do not open them again."""
    progress: Progress | None = None
    """Called with ``("reading", articles done, articles)`` by readers of databases and sites."""

    def source_column(self, name: str) -> str:
        """Return the name that the source uses for a canonical column."""
        return str(getattr(self, f"{name}_column", name))

    def is_mapped(self, name: str) -> bool:
        """Return whether the user named a source column for a canonical one."""
        return self.source_column(name) != name


INVALID = "invalid"
"""Start of the reason for an article that cannot be read, if `skip_invalid` is on."""


class Skipped(NamedTuple):
    """An article that was skipped."""

    where: str
    """File, line or row."""
    reason: str
    """Such as ``draft``, ``future-dated``, ``not built`` or ``empty text``; or ``invalid:`` and
    what is wrong."""


class SourceResult(NamedTuple):
    """The result of reading a source."""

    articles: pd.DataFrame
    """The Article table."""
    skipped: list[Skipped]
    """The skipped articles, in the order of the source."""
    warnings: Sequence[str] = ()
    """Problems of articles that were read nevertheless."""


class Records(NamedTuple):
    """All rows that were read, with canonical column names, before any is skipped."""

    table: pd.DataFrame
    """One row per record, index 0..n-1; values unchanged."""
    places: Sequence[str]
    """The place of each row, such as ``posts/a.md`` or ``articles.csv: row 3``."""
    locate: Callable[[int, str], str]
    """Return the place of a field and its name in the source, for messages."""
    skipped: Sequence[Skipped] = ()
    """Files or rows that the reader itself skipped."""
    judged: bool = False
    """Whether blocks that recur were already cut."""
    words: tuple[int, int] = (0, 0)
    """Words that the reader cut from the articles' texts as boilerplate, and words that it kept."""
    warnings: Sequence[str] = ()
    """Problems of rows that were read nevertheless."""
    numbered: bool = False
    """Whether editors name articles by number: an unknown number is a warning, not an error."""


Reader = Callable[[Path, SourceOptions], Records]


class Found(NamedTuple):
    """The files of a directory that match."""

    files: list[Path]
    """In order of their paths below the directory."""
    skipped: list[Skipped]
    """Paths that match but cannot be read."""


def raise_or_skip(
    errors: Sequence[tuple[str, SourceError]],
    skipped: list[Skipped],
    options: SourceOptions,
    *,
    left: bool,
) -> None:
    """Raise one error for the files or rows that cannot be read, or add them to the skipped.

    Files that the system does not let this process read are always skipped if anything is left.

    Parameters
    ----------
    errors : sequence of (place, SourceError)
        In the order of the source.
    skipped : list of Skipped
        Extended in place if `skip_invalid` is on.
    options : SourceOptions
        With the setting.
    left : bool
        Whether anything else could be read.

    Raises
    ------
    SourceError
        If there are errors, and `skip_invalid` is off or nothing is left; names up to 20.
    """
    closed = [(place, reason) for place, error in errors if (reason := _refusal(error))]
    if left:
        skipped += [Skipped(place, reason) for place, reason in closed]
        errors = [(place, error) for place, error in errors if not _refusal(error)]
    if errors and not (options.skip_invalid and left):
        raise SourceError(join_problems([e.message for _, e in errors]), errors[0][1].hint)
    for place, error in errors:
        problem = error.message.partition("\n")[0].removeprefix(place).lstrip(": ")
        problem = re.sub(r"^(\d+): ", r"line \1: ", problem)
        skipped.append(Skipped(place, f"{INVALID}: {problem}"))


def _refusal(error: SourceError) -> str:
    """Return why the system did not let a file be read, or an empty string for another error."""
    cause = error.__cause__
    if not isinstance(cause, OSError) or cause.errno is None:
        return ""
    return f"cannot be read, {(cause.strerror or str(cause)).lower()}"


_BEYOND_ASCII = bytes(range(0x80, 0x100))
_EITHER_CASE = re.compile(r"\[([a-z])[A-Z]\]")
"""A letter in a pattern for names in any case."""


def find_files(
    root: Path,
    globs: Globs,
    default: Sequence[str],
    hint: str = "name the directory that contains the articles, or set glob",
) -> Found:
    """Return the files of a directory that match, and unreadable ones, see `folders.walk`.

    Parameters
    ----------
    root : Path
        The directory.
    globs : str or sequence of str or None
        The setting `glob`.
    default : sequence of str
        The patterns to use if `glob` has none, or only patterns that exclude files.
    hint : str
        What to do if no file matches.

    Raises
    ------
    SourceError
        If it is not a directory, or no file matches.
    ConfigError
        If a pattern is wrong.
    """
    if not root.is_dir():
        raise SourceError(
            f"{shown(root)}: is one file, expected a directory",
            f"name the directory: {shown(root.parent)}",
        )
    found = sorted(walk(root, globs, default))
    skipped = [Skipped(shown(root / path), problem) for path, problem in found if problem]
    if len(skipped) == len(found):
        patterns = patterns_of(globs)
        problems = [f"{where}: {problem}" for where, problem in skipped]
        readable = patterns or [_EITHER_CASE.sub(r"\1", pattern) for pattern in default]
        problems.append(f"{shown(root)}: no file matches {', '.join(readable)}")
        raise SourceError(join_problems(problems), hint)
    return Found([root / path for path, problem in found if not problem], skipped)


def files_among(path: Path, globs: Sequence[str], reason: str) -> list[Skipped]:
    """Return the files of a directory that match as left out for a reason."""
    found = sorted(walk(path, globs))
    return [Skipped(shown(path / name), reason) for name, problem in found if not problem]


def decode(data: bytes, where: str, first_line: int = 1) -> str:
    """Return UTF-8 bytes as text without byte order mark.

    Raises
    ------
    SourceError
        If the bytes are not UTF-8 or hold a NUL byte; names line, byte and offset.

    Examples
    --------
    >>> decode(b"\\xef\\xbb\\xbfRye", "a.md")
    'Rye'
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
        problem = f"is not UTF-8, got byte 0x{data[start]:02x}"
    else:
        if "\0" not in text:
            return text
        start = data.index(b"\0")
        problem = "is not text, got a NUL byte"
    line = first_line + data.count(b"\n", 0, start)
    raise SourceError(
        f"{where}:{line}: {problem} at offset {start:,}",
        _to_utf8(data, where),
    )


def _to_utf8(data: bytes, where: str) -> str:
    """Return how to convert a file, or, if it is one of many, how to leave it out."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        form, such_as = "UTF-16", ""
    elif len(data.translate(None, _BEYOND_ASCII)) > len(data) * 0.8:
        form, such_as = "LATIN1", ""
    else:  # a text in other letters than Latin ones
        form, such_as = "ENCODING", ", such as CP1251 or SHIFT_JIS"
    name = PurePath(where).name
    one_of_many = PurePath(name).suffix.lower() in (".md", ".markdown", ".mdx")
    left_out = f', or leave it out: glob = ["**/*.md", "!**/{name}"]' if one_of_many else ""
    return f"convert the file to UTF-8 (iconv -f {form} -t UTF-8{such_as}){left_out}"


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn an exception of a library that cannot read some bytes into a `SourceError`.

    Every source is read inside this context. Exceptions that only a bug of ours can raise
    (`TypeError`, `KeyError`, `AttributeError` and the like) are passed on unchanged.

    Parameters
    ----------
    where : str
        The source, for the message.

    Examples
    --------
    >>> with reading("a.json"):
    ...     _ = b"\\xff".decode()
    Traceback (most recent call last):
        ...
    recommender.errors.SourceError: a.json: cannot be read, got UnicodeDecodeError: ...
    """
    try:
        yield
    except RecommenderError:
        raise
    except MemoryError as error:
        holds_until(datetime.now(UTC))  # the next run may have more
        raise SourceError(
            f"{where}: does not fit into memory",
            "split it into several files, or exclude files that are not articles",
        ) from error
    except (OSError, EOFError, ValueError, ArithmeticError, RecursionError, *_BROKEN) as error:
        reason = str(error).strip().partition("\n")[0] or "no reason"
        raise SourceError(
            f"{where}: cannot be read, got {type(error).__name__}: {reason:.300}",
            "export or write the file again, or leave it out; --verbose shows where it went wrong",
        ) from error


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked if its name ends in ``.gz``.

    Raises
    ------
    SourceError
        If it cannot be opened, read or unpacked, or unpacks to more than `MAX_UNPACKED` bytes
        and to more than `MAX_RATIO` times its size.
    """
    packed = path.suffix.lower() == ".gz"
    try:
        with io.BufferedReader(_Unpacked(path), 1 << 20) if packed else path.open("rb") as file:
            yield cast(BinaryIO, file)
    except (OSError, EOFError, zlib.error) as error:
        if getattr(error, "errno", None) not in (None, errno.EACCES, errno.EPERM):
            holds_until(datetime.now(UTC))  # a failing disk, too many open files
        reason, hint = str(error), "it breaks off or is damaged: pack or download it again"
        if isinstance(error, OSError) and error.strerror:
            reason, hint = error.strerror, "check the path, and that you may read the file"
        raise SourceError(f"{path}: cannot be read, got {reason!r}", hint) from error


class _Unpacked(io.RawIOBase):
    """The content of a packed file, up to a limit far above any text.

    The ratio counts what has been read so far, so that a file is refused before all is unpacked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed = path.open("rb")
        self._file = gzip.GzipFile(fileobj=self._packed)
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer)
        self._size += count
        if self._size > MAX_UNPACKED and self._size > MAX_RATIO * self._read_so_far():
            raise SourceError(
                f"{self._path}: unpacks to more than {MAX_RATIO} times its size",
                "a file that is mostly blanks or repeats cannot be read packed: unpack it first",
            )
        return count

    def close(self) -> None:
        self._file.close()
        self._packed.close()
        super().close()

    def _read_so_far(self) -> int:
        return self._packed.tell() if self._packed.seekable() else 0


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, see `open_bytes`."""
    name = os.fspath(path)
    if not name.lower().endswith(".gz"):
        try:
            with open(name, "rb", buffering=0) as plain:
                return plain.read()
        except OSError:  # reported below
            pass
    with open_bytes(path) as file:
        return file.read()


def read_text(path: Path) -> str:
    """Return a UTF-8 file as text, see `decode` and `read_bytes`."""
    return decode(read_bytes(path), str(path))
