"""Text to terms: find the words, drop the stop words, stem the rest.

There are two steps, so that each distinct word is processed once: `tokenize` splits a text into
words and knows no language; `Analyzer.terms` converts a word of a language to its term, or to an
empty string. Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are split into pairs of
characters, because they have no spaces between words. Knows nothing of articles or weights.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.text.counting import sum_rows
from recommender.text.languages import NO_LANGUAGE

SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Name of the Snowball stemmer by language code (BCP 47, first part)."""

SAMPLED_WORDS = 400
"""Number of words of a text used to detect its language."""

_PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Burmese, Khmer
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff"
    "\u3005\u3007"
)
_JOINERS = "\u200c\u200d"  # zero-width, inside words of Persian and of Indian languages


def goes_on(character: str) -> bool:
    """Return whether a word continues with this character, a mark or joiner outside ``\\w``.

    Examples
    --------
    >>> goes_on("\\u0301"), goes_on("a")
    (True, False)
    """
    return character in _JOINERS or unicodedata.category(character) in ("Mn", "Mc", "Me")


def _marks() -> str:
    """Return all such characters as ranges of a character class."""
    ranges: list[tuple[int, int]] = []
    for code in (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0)):
        if goes_on(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = (ranges[-1][0], code)
            else:
                ranges.append((code, code))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def _word_pattern(first: str, letter: str) -> re.Pattern[str]:
    """Return the pattern of a word: `first`, then a run of `letter`, and four exceptions.

    ``3.11`` and ``11,000`` are not split; ``c++`` and ``c#`` keep their signs; a hyphen after
    a single first letter joins (``e-mail``, ``x-ray``).
    """
    return re.compile(
        rf"{first}(?:-{letter}+|{letter}*(?:\+\+|\#(?!{letter})|(?:(?<=\d)[.,]\d+)+)?)"
    )


_ASCII_WORD = _word_pattern("[a-z0-9]", "[a-z0-9]")
PAIRED_RUN = re.compile(f"[{_PAIRED}]+")
"""A run of characters that is split into pairs."""
_PAIRED_SPLIT = re.compile(f"([{_PAIRED}]+)")


@cache
def _unicode_word() -> re.Pattern[str]:
    # No word starts with a mark or joiner, or those of emoji would be words.
    return _word_pattern(r"\w", rf"[\w{_marks()}]")


def prepare(text: str) -> str:
    """Return a text prepared for `tokenize`: lower case, in form NFC, without soft hyphens.

    Examples
    --------
    >>> prepare("Sna_ke Co\xadoperate")
    'sna ke cooperate'
    """
    composed = unicodedata.normalize("NFC", text.lower())
    return composed.replace("_", " ").replace("\xad", "")


def tokenize(text: str) -> list[str]:
    """Return the words of a text in order, in lower case and Unicode form NFC.

    Parameters
    ----------
    text : str
        Plain text in any language.

    Returns
    -------
    list of str
        Runs of letters, marks and digits. Numbers keep a point or comma inside, ``c++`` and
        ``c#`` keep their signs, and a single first letter keeps its hyphen. Runs in a script
        without spaces become overlapping pairs of characters (a single character stays).

    Examples
    --------
    >>> tokenize("The e-mail on C++ and Python 3.11, Łódź's")
    ['the', 'e-mail', 'on', 'c++', 'and', 'python', '3.11', 'łódź', 's']
    >>> tokenize("東京都")
    ['東京', '京都']
    """
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    text = prepare(text)
    words: list[str] = _unicode_word().findall(text)
    if PAIRED_RUN.search(text) is None:
        return words
    return [part for word in words for part in _pairs(word)]


class Tokens(NamedTuple):
    """The words of n texts as numbers, one text after the other."""

    numbers: NDArray[np.int32]
    """int32 of shape (words,): the number of each word in order."""
    ends: NDArray[np.int64]
    """int64 of shape (n + 1,): where the texts start and end in `numbers`, from 0."""


class Lexicon:
    """Numbers distinct words in the order of their first appearance.

    Examples
    --------
    >>> lexicon = Lexicon()
    >>> lexicon.read(["Tea for two", "two teas"]).numbers.tolist(), lexicon.words
    ([0, 1, 2, 2, 3], ['tea', 'for', 'two', 'teas'])
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}

    def read(
        self, texts: Sequence[str], progress: Callable[[str, int, int], None] | None = None
    ) -> Tokens:
        """Split texts into words and number them.

        Parameters
        ----------
        texts : sequence of n str
        progress : callable, optional
            Called with ``("analysis", texts done, n)`` from time to time.
        """
        known, flat, ends = self._numbers, array("i"), array("q", [0])
        for row, text in enumerate(texts):
            words = tokenize(text)
            for word in words:
                if word not in known:
                    known[word] = len(self.words)
                    self.words.append(word)
            flat.extend([known[word] for word in words])
            ends.append(len(flat))
            if progress is not None and (row % 256 == 255 or row == len(texts) - 1):
                progress("analysis", row + 1, len(texts))
        return Tokens(np.array(flat, np.int32), np.array(ends, np.int64))

    def numbers_of(self, words: Iterable[str]) -> NDArray[np.int32]:
        """Return the number of each word, or -1 for a word that was not read.

        Examples
        --------
        >>> lexicon = Lexicon()
        >>> tokens = lexicon.read(["Tea for two"])
        >>> lexicon.numbers_of(["two", "teas"]).tolist()
        [2, -1]
        """
        return np.array([self._numbers.get(word, -1) for word in words], np.int32)


def _pairs(word: str) -> Iterable[str]:
    for part in _PAIRED_SPLIT.split(word):
        if len(part) < 3 or PAIRED_RUN.match(part) is None:
            if part:
                yield part
        else:
            yield from (part[at : at + 2] for at in range(len(part) - 1))


@dataclass(frozen=True)
class Analyzer:
    """Converts words to terms; equal analyzers give equal terms.

    Parameters
    ----------
    language : str, default "auto"
        Code or name of the language of all articles, or ``"auto"``: the article's own `lang`,
        else the language detected by script and stop words, else none.
    stop_words : bool, default True
        Ignore the function words of the article's language.
    stemming : bool, default True
        Reduce words to their Snowball stem if the language has a stemmer.

    Examples
    --------
    >>> analyzer = Analyzer()
    >>> analyzer.terms(tokenize("The harbours of the coast"), "en")
    ['', 'harbour', '', '', 'coast']
    """

    language: str = "auto"
    stop_words: bool = True
    stemming: bool = True

    def terms(self, words: Iterable[str], language: str) -> list[str]:
        """Return the term of each word, or an empty string for an ignored word.

        A single character is ignored unless its script has no spaces; the hyphen of ``e-mail``
        is removed, so that both spellings give the same term.
        """
        left_out = stop_words_of(language) if self.stop_words else frozenset()
        bare = [
            ""
            if word in left_out or (len(word) == 1 and PAIRED_RUN.match(word) is None)
            else word.replace("-", "")
            for word in words
        ]
        return _stemmer(language)(bare) if self.stemming else bare


@cache
def stop_words_of(language: str) -> frozenset[str]:
    """Return the bundled stop words of a language; empty if there is no list for it.

    Examples
    --------
    >>> "the" in stop_words_of("en"), stop_words_of("tlh")
    (True, frozenset())
    """
    if language not in stop_word_languages():  # never use a file name from an article
        return frozenset()
    file = resources.files("recommender.text") / "stopwords" / f"{language}.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def stop_word_languages() -> tuple[str, ...]:
    """Return the codes of all languages with a bundled stop list, sorted."""
    files = (resources.files("recommender.text") / "stopwords").iterdir()
    return tuple(sorted(file.name[:-4] for file in files if file.name.endswith(".txt")))


@cache
def _languages_of_stop_words() -> dict[str, list[int]]:
    """Return for each stop word the positions of its languages in the list of codes."""
    places: dict[str, list[int]] = {}
    for place, code in enumerate(stop_word_languages()):
        for word in stop_words_of(code):
            places.setdefault(word, []).append(place)
    return places


def detect_languages(lexicon: Lexicon, *fields: Tokens) -> list[str]:
    """Return the language of each text, or an empty string if it is uncertain.

    A script that only one language uses decides if it makes up a third of the characters. Else
    the language with the most stop words among the first 400 words of each field wins, if there
    are at least three, at least 1 in 10 words, and no other language has as many.

    Parameters
    ----------
    lexicon : Lexicon
        The lexicon that split the texts into words.
    *fields : Tokens of n texts
        The parts of the same n texts, returned by its `read`.

    Returns
    -------
    list of n str

    Examples
    --------
    >>> lexicon = Lexicon()
    >>> tokens = lexicon.read(["Der Hund und die Katze sind nicht im Haus", "42", "東京は晴れ"])
    >>> detect_languages(lexicon, tokens)
    ['de', '', 'ja']
    """
    hits = sum_rows(fields, _stop_word_table(lexicon), SAMPLED_WORDS)
    masses = sum_rows(fields, _script_table(lexicon.words), SAMPLED_WORDS)
    lengths = np.array([np.diff(tokens.ends) for tokens in fields])
    words_seen = np.minimum(lengths, SAMPLED_WORDS).sum(axis=0)
    by_stop_words = _languages_by_stop_words(hits, words_seen)
    found = zip(_languages_by_script(masses), by_stop_words, strict=True)
    return [own or other for own, other in found]


def _table(cells: list[tuple[int, int, int]], shape: tuple[int, int]) -> sparse.csr_array:
    """Return a table of (row, column, value)."""
    row, column, value = np.array(cells, np.int32).reshape(-1, 3).T
    return sparse.csr_array((value, (row, column)), shape=shape)


def _stop_word_table(lexicon: Lexicon) -> sparse.csr_array:
    """Return for each word and language whether it is a stop word."""
    languages_of = _languages_of_stop_words()
    numbers = lexicon.numbers_of(languages_of).tolist()
    found = zip(numbers, languages_of.values(), strict=True)
    cells = [(number, place, 1) for number, places in found if number >= 0 for place in places]
    return _table(cells, (len(lexicon.words), len(stop_word_languages())))


def _languages_by_stop_words(hits: NDArray[np.int64], words: NDArray[np.int64]) -> list[str]:
    """Return for each text the language with the most stop words in it, if there is one."""
    second, most = np.partition(hits, -2, axis=1)[:, -2:].T
    sure = (most > second) & (most >= np.maximum(3, words / 10))
    codes = [*stop_word_languages(), NO_LANGUAGE]
    return [codes[place] for place in np.where(sure, hits.argmax(axis=1), -1).tolist()]


def _script_table(words: list[str]) -> sparse.csr_array:
    """Return the length of each word, and the number of its characters of each script.

    Without columns if there is no such character.
    """
    scripts = [_KANA, *_SCRIPTS.values()]
    if all(map(str.isascii, words)):
        return _table([], (len(words), 0))
    cells = [
        (number, column, sum(map(len, script.findall(word))))
        for number, word in enumerate(words) if not word.isascii() and _OWN_SCRIPT.search(word)
        for column, script in enumerate(scripts, start=1) if script.search(word)
    ]  # fmt: skip
    if cells:
        cells += [(number, 0, len(word)) for number, word in enumerate(words)]
    return _table(cells, (len(words), len(scripts) + 1 if cells else 0))


def _languages_by_script(masses: NDArray[np.int64]) -> list[str]:
    """Return for each text the language whose own script makes up a third of it, if any."""
    found = [NO_LANGUAGE] * len(masses)
    if not masses.shape[1]:
        return found
    total, kana, *own = masses.T
    for language, mass in zip(_SCRIPTS, own, strict=True):
        for row in np.flatnonzero((3 * mass > total) & (mass > 0)):
            found[row] = "ja" if language == "zh" and kana[row] else language
    return found


_KANA = re.compile("[\u3040-\u30ff]")
_SCRIPTS = {
    "zh": re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"),
    "ko": re.compile("[\uac00-\ud7a3]+"),
    "th": re.compile("[\u0e00-\u0e7f]+"),
    "lo": re.compile("[\u0e80-\u0eff]+"),
    "my": re.compile("[\u1000-\u109f]+"),
    "km": re.compile("[\u1780-\u17ff]+"),
    "el": re.compile("[\u0370-\u03ff]+"),
    "hy": re.compile("[\u0530-\u058f]+"),
    "ta": re.compile("[\u0b80-\u0bff]+"),
}
_OWN_SCRIPT = re.compile("|".join(script.pattern for script in _SCRIPTS.values()))


@cache
def _stemmer(language: str) -> Callable[[list[str]], list[str]]:
    if language not in SNOWBALL:
        return list
    import Stemmer

    stem: Callable[[list[str]], list[str]] = Stemmer.Stemmer(SNOWBALL[language], 0).stemWords
    return stem
