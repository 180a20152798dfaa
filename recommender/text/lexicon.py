"""Number the words of many texts, with compiled code and threads if available.

Owns the choice between `terms.Lexicon` and its compiled equivalent, the character tables of the
latter, and the threads. Invariant: the words and numbers equal those of `terms.Lexicon`, for any
number of threads. Knows no language.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.checks import whole_number
from recommender.resources import Progress, in_threads, processors, startable
from recommender.text import terms
from recommender.text.terms import PAIRED_RUN, Tokens, goes_on, prepare

try:
    import recommender.text._lexicon as _lexicon
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

CHUNK = 1 << 19
"""Minimum number of characters that a thread reads at once; each chunk reports progress."""
CHUNKS = 64
"""Approximate maximum of chunks: each takes time in proportion to the known words."""


def make_lexicon(threads: int | None = None) -> terms.Lexicon:
    """Return an empty lexicon, compiled if available.

    Parameters
    ----------
    threads : int >= 1, optional
        Number of threads; default: one per processor that this process may use.

    Examples
    --------
    >>> make_lexicon().read(["Tea for two", "two teas"]).numbers.tolist()
    [0, 1, 2, 2, 3]
    """
    return CompiledLexicon(threads) if AVAILABLE else terms.Lexicon()


class _Part(NamedTuple):
    """The words of a chunk, as numbers of the thread's own table."""

    thread: int
    tokens: Tokens
    spelled: NDArray[np.uint8]
    """The words that were new in the table."""
    ends: NDArray[np.int64]


class CompiledLexicon(terms.Lexicon):
    """Numbers distinct words in the order of their first appearance, fast.

    Parameters
    ----------
    threads : int >= 1, optional
        Number of threads for long lists of texts; default: one per processor that this process
        may use. The result does not depend on it.

    Notes
    -----
    Each thread numbers the words of its chunks in its own table. The new words of a chunk are
    then numbered here, in the order of the chunks, which is the order of first appearance.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.words: list[str] = []
        self._threads = processors() if threads is None else whole_number("threads", threads)
        self._table = _lexicon.Table(character_page, prepare)

    def read(self, texts: Sequence[str], progress: Progress | None = None) -> Tokens:
        """Split texts into words and number them.

        Parameters
        ----------
        texts : sequence of n str
        progress : callable, optional
            Called with ``("analysis", texts done, n)`` from time to time, in this thread.
        """
        texts = list(texts)
        chunks = _chunks(texts)

        def tell(chunk: slice) -> None:
            if progress is not None and texts:
                progress("analysis", chunk.stop, len(texts))

        threads = startable(min(self._threads, len(chunks)))
        if threads == 1:
            tokens = self._read_in_turn(texts, chunks, tell)
        else:
            tokens = self._read_in_threads(threads, texts, chunks, tell)
        self.words += self._table.words_from(len(self.words))
        return tokens

    def numbers_of(self, words: Iterable[str]) -> NDArray[np.int32]:
        """Return the number of each word, or -1 for a word that was not read."""
        return self._table.numbers_of([*words])

    def _read_in_turn(
        self, texts: list[str], chunks: list[slice], tell: Callable[[slice], None]
    ) -> Tokens:
        parts = []
        for chunk in chunks:
            parts.append(Tokens(*self._table.scan(texts[chunk])))
            tell(chunk)
        return _joined(parts, [None] * len(parts))

    def _read_in_threads(
        self, threads: int, texts: list[str], chunks: list[slice], tell: Callable[[slice], None]
    ) -> Tokens:
        # A thread takes chunks in their order, so that its own table numbers new words in order.
        own = threading.local()
        numbers: dict[int, list[NDArray[np.int32]]] = defaultdict(list)

        def read(chunk: slice) -> _Part:
            if not hasattr(own, "table"):
                own.table = _lexicon.Table(character_page, prepare)
            known = len(own.table)
            tokens = Tokens(*own.table.scan(texts[chunk]))
            return _Part(threading.get_ident(), tokens, *own.table.spelled_from(known))

        parts = []
        with ThreadPoolExecutor(threads) as pool:
            try:
                for chunk, reading in [(chunk, pool.submit(read, chunk)) for chunk in chunks]:
                    part = reading.result()
                    numbers[part.thread].append(self._table.absorb(part.spelled, part.ends))
                    parts.append(part)
                    tell(chunk)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        shared = {thread: np.concatenate(pieces) for thread, pieces in numbers.items()}
        return _joined([part.tokens for part in parts], [shared[part.thread] for part in parts])


def _chunks(texts: list[str]) -> list[slice]:
    """Return ranges of texts, each of `CHUNK` characters or slightly more, except the last."""
    ends = np.cumsum([0, *map(len, texts)])
    size = max(CHUNK, int(ends[-1]) // CHUNKS)
    chunks: list[slice] = []
    start = 0
    while start < len(texts) or not chunks:
        stop = min(int(np.searchsorted(ends, ends[start] + size)), len(texts))
        chunks.append(slice(start, stop))
        start = stop
    return chunks


def _joined(parts: list[Tokens], numbers: list[NDArray[np.int32] | None]) -> Tokens:
    """Return the words of all parts, one after the other.

    numbers: for each part the new value of each number in it, or None to keep them.
    """
    if len(parts) == 1 and numbers[0] is None:
        return parts[0]
    ends = [np.zeros(1, np.int64)]
    for part in parts:
        ends.append(part.ends[1:] + ends[-1][-1])
    joined = np.empty(ends[-1][-1], np.int32)

    def place(at: int) -> None:
        own, instead = parts[at].numbers, numbers[at]
        joined[ends[at][-1] : ends[at + 1][-1]] = own if instead is None else instead[own]

    in_threads(place, range(len(parts)))
    return Tokens(joined, np.concatenate(ends))


@cache
def character_page(number: int, as_is: bool) -> NDArray[np.uint32]:
    """Return the normalized form and the kind of 256 characters.

    Computed with `terms` and Python itself, so that the result cannot differ from them.

    Parameters
    ----------
    number : int
        The characters are those from ``256 * number``.
    as_is : bool
        False for an original text; True for a text returned by `prepare`.

    Returns
    -------
    ndarray of shape (256,), uint32
        The normalized character, plus ``_lexicon.FLAGS << 24``. The flag "depends" means that
        the result depends on neighboring characters, so that `prepare` must compute it.
    """
    characters = [chr(code) for code in range(256 * number, 256 * number + 256)]
    flags = np.zeros(256, np.uint32)
    became = characters
    if not as_is:
        became, depends = _prepared(characters)
        flags[depends] = _lexicon.FLAGS["depends"]
        flags[[not result for result in became]] |= _lexicon.FLAGS["dropped"]
    plain = [" " if flag else result for flag, result in zip(flags, became, strict=True)]
    page = "".join(plain)
    flags[[goes_on(character) for character in page]] |= _lexicon.FLAGS["letter"]
    for name, pattern in _PATTERNS.items():
        for run in pattern.finditer(page):
            flags[run.start() : run.end()] |= _lexicon.FLAGS[name]
    return np.array([ord(result) for result in plain], np.uint32) | flags << np.uint32(24)


_PATTERNS = {
    "first": re.compile(r"\w+"),
    "letter": re.compile(r"\w+"),
    "digit": re.compile(r"\d+"),
    "paired": PAIRED_RUN,
}
"""The kinds of characters that `tokenize` distinguishes, by the pattern of a run."""


def _prepared(characters: list[str]) -> tuple[list[str], list[bool]]:
    """Return the form of each character, and whether it may depend on its neighbors."""
    # No rule crosses a blank; use one that is not among the characters.
    blank = " " if " " not in characters else "\u3000"
    became = prepare(blank.join(characters)).split(blank)
    lower = blank.join(characters).lower().split(blank)
    # Only the sigma at the end of a word depends on the characters before it.
    after_a = ("a" + f"{blank}a".join(characters)).lower().split(blank)
    composing = _composing()
    depends = [
        len(low) > 1 or len(result) > 1 or after != "a" + low
        or low in composing or unicodedata.combining(low) > 0
        for result, low, after in zip(became, lower, after_a, strict=True)
    ]  # fmt: skip
    return became, depends


@cache
def _composing() -> frozenset[str]:
    """Return the characters that can combine with the character before them, and some others."""
    # All characters that decompose are in the first two planes; Hangul decomposes by rule.
    planes = np.arange(0x20000, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    pages = (planes[at : at + 256] for at in range(0, len(planes), 256))
    changed = "".join(page for page in pages if not unicodedata.is_normalized("NFD", page))
    every = map(unicodedata.decomposition, changed)
    pairs = [parts.split()[1:] for parts in every if parts and parts[0] != "<"]
    hangul = unicodedata.normalize("NFD", "".join(map(chr, range(0xAC00, 0xD7A4))))
    return frozenset(chr(int(code, 16)) for pair in pairs for code in pair) | frozenset(hangul)
