"""The compiled lexicon gives the words and numbers of the plain one: all of Unicode, threads."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recommender.text import counting, lexicon, terms
from recommender.text.lexicon import CompiledLexicon, character_page, make_lexicon
from recommender.text.terms import Tokens, prepare

needs_extension = pytest.mark.skipif(
    not lexicon.AVAILABLE and "CI" not in os.environ,
    reason="the compiled extension is not installed",
)
"""Where CI is set the tests run, and fail, also without the extension."""

EVERY = range(0x110000)
CONTEXTS = [
    "{}", "a{}", "{}a", "É{}Z", "1{}1", "1.{}", "{},1", "a-{}", "{}-a", "{}++ {}#", "a#{}",
    "e{}\u0301", "Σ{}", "Α{}Σ", "ΑΣ{}Α", "\u0915{}\u093c", "\u1100{}\u11a8", "一{}一丁",
    "{}\u00ad{}", "_{}_", "{}{}{}",
]  # fmt: skip
"""Where a character may change what its neighbors become, or be changed by them."""


def assert_same(texts: list[str], threads: int = 1) -> None:
    """Hold the compiled lexicon's words and numbers equal to the plain one's."""
    plain, compiled = terms.Lexicon(), CompiledLexicon(threads)
    expected, found = plain.read(texts), compiled.read(texts)
    assert compiled.words == plain.words
    for part, right in zip(found, expected, strict=True):
        assert part.dtype == right.dtype
        assert_array_equal(part, right)


@needs_extension
@pytest.mark.parametrize("context", CONTEXTS, ids=ascii)
def test_every_character_is_read_the_same(context: str) -> None:
    """Each code point alone and beside others gives the words of the plain lexicon.

    In each context one in eight is tried, another eighth in the next; alone, all.
    """
    step, start = (1, 0) if context == "{}" else (8, CONTEXTS.index(context) % 8)
    assert_same([context.replace("{}", chr(code)) for code in EVERY[start::step]])


@needs_extension
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "a\0b",
        "The e-mail on C++, C#, F#m and Python 3.11: 11,000.5 v2.0.1, x--y, 3-4.5 c+++ a-",
        "İstanbul İ DİYARBAKIR ẞ STRASSE Ǆ ﬁ Ω K Å",
        "ΟΔΥΣΣΕΥΣ ΑΣ. ΑΣ.Β Σ ΣΣ 'Σ' ΑΣ\u0301 ΑΣ\xadΑ",
        "e\u0301 e\xad\u0301 \u0301e é\u0327\u0301 a\u0323\u0307 a\u0307\u0323",
        "co\xadoperate \xad a-\xadb c+\xad+ 3\xad.\xad5 snake_case été_1 _",
        "می‌خواهم 👩‍❤️‍👨 love हिन्दी में १.५ ๓.๑๑ ٣٫٥",
        "東京都 Python入門 海c++ 東-京 海 한국어 \u1112\u1161\u11ab ﾊﾟﾋﾟ ไทย 𠀀𠀁𠀂 a海b海海c",
        "\ud800 a\ud800b \udfff",
        "x" * 8 + " " + "y" * 9 + " " + "x" * 7 + "é " + "z" * 16 + " " + "z" * 17,
        "𝔘𝔫𝔦 𐐀𐐨 ᏣᎳᎩ Ꭰꭰ ა ᲐᲑ",
    ],
)
def test_hard_text_is_read_the_same(text: str) -> None:
    """Case, composition, joiners, signs, surrogates and NUL; and each beside wider text."""
    assert_same([text, text + " é", text + " 中", text + " 🎉", text + text, text[::-1]])


@needs_extension
@pytest.mark.parametrize("piece", ["word ", "wörd\n", "ΑΣ ", "word", "é", "東", "e\u0301", " "])
def test_text_longer_than_a_piece_is_read_the_same(piece: str) -> None:
    """Where a text is cut for reading, with blanks or without, cannot be seen."""
    for length in (8190, 8191, 8192, 8193, 30_000):
        text = (piece * length)[:length]
        assert_same([text, f"x{text}", f"{text} ΑΣ"])


@needs_extension
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_do_not_show(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are numbered as they first appear, whichever thread reads them."""
    monkeypatch.setattr(lexicon, "CHUNK", 50)
    generator = np.random.default_rng(threads)
    texts = [
        " ".join(f"wörd{number}" for number in generator.geometric(0.02, generator.integers(40)))
        for _ in range(300)
    ]
    assert_same(texts, threads)


@needs_extension
def test_a_thread_that_is_late_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first chunk is taken first and read last; its words have the first numbers."""

    class LatePool(ThreadPoolExecutor):
        def submit(self, work: Callable[[slice], Any], /, chunk: slice) -> Future[Any]:
            def begin(chunk: slice) -> Any:
                if chunk.start == 0:
                    others_done.wait(timeout=10)
                part = work(chunk)
                if chunk.stop == len(texts):
                    others_done.set()
                return part

            return super().submit(begin, chunk)

    others_done = threading.Event()
    monkeypatch.setattr(lexicon, "CHUNK", 20)
    monkeypatch.setattr(lexicon, "ThreadPoolExecutor", LatePool)
    texts = ["rye oats barley wheat", "wheat rye spelt millet", "millet spelt teff rye"]
    assert_same(texts, threads=2)
    assert others_done.is_set()


@needs_extension
def test_lexicon_remembers_words_from_one_call_to_the_next() -> None:
    """Texts may be added in portions: the numbering continues."""
    compiled = CompiledLexicon()
    assert compiled.read(["tea for two"]).numbers.tolist() == [0, 1, 2]
    assert compiled.read([]).ends.tolist() == [0]
    assert compiled.read(["two", "", "teas tea"]).numbers.tolist() == [2, 3, 0]
    assert compiled.words == ["tea", "for", "two", "teas"]
    assert compiled.numbers_of(["teas", "team", "", "tea"]).tolist() == [3, -1, -1, 0]


@needs_extension
def test_a_great_many_words_are_told_apart() -> None:
    """The table grows, and words of all lengths keep their numbers."""
    words = [f"{'w' * (number % 20)}{number}" for number in range(50_000)]
    tokens = CompiledLexicon(1).read([" ".join(words), " ".join(words[::-1])])
    assert_array_equal(tokens.numbers[:50_000], np.arange(50_000))
    assert_array_equal(tokens.numbers[50_000:], np.arange(50_000)[::-1])


@needs_extension
def test_progress_ends_at_the_number_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress counts texts up to n, and is not reported without texts."""
    monkeypatch.setattr(lexicon, "CHUNK", 1000)
    told: list[tuple[str, int, int]] = []
    for threads in (1, 2):
        told.clear()
        CompiledLexicon(threads).read(["some words"] * 500, lambda *step: told.append(step))
        assert told == sorted(told)
        assert len(told) > 1
        assert told[-1] == ("analysis", 500, 500)
    told.clear()
    CompiledLexicon().read([], lambda *step: told.append(step))
    assert told == []


@needs_extension
@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_not_text_is_refused(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is not a str raises TypeError, in threads too."""
    monkeypatch.setattr(lexicon, "CHUNK", 1)
    texts: list = ["some", b"bytes", "more"]
    with pytest.raises(TypeError):
        CompiledLexicon(threads).read(texts)


@needs_extension
def test_pages_agree_with_prepare() -> None:
    """A character that its page maps to itself becomes what `prepare` makes of it."""
    flags = lexicon._lexicon.FLAGS
    for number in range(0x1100):
        page = character_page(number, False)
        for code, entry in enumerate(page.tolist(), 256 * number):
            if not (entry >> 24) & (flags["depends"] | flags["dropped"]):
                assert prepare(chr(code)) == chr(entry & 0x1FFFFF)


def test_characters_that_compose_are_all_known() -> None:
    """No second half of any decomposition is missing, in this version of Unicode."""
    seconds = {part for code in EVERY for part in unicodedata.normalize("NFD", chr(code))[1:]}
    assert seconds <= lexicon._composing() | {s for s in seconds if unicodedata.combining(s)}


def test_plain_lexicon_serves_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extension the plain lexicon is taken."""
    monkeypatch.setattr(lexicon, "AVAILABLE", False)
    assert type(make_lexicon()) is terms.Lexicon
    assert make_lexicon().read(["Tea"]).numbers.tolist() == [0]


@pytest.fixture(params=["compiled", "numpy"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Choose one form of the functions of `counting`."""
    if request.param == "numpy":
        monkeypatch.setattr(counting, "AVAILABLE", False)
    elif not counting.AVAILABLE and "CI" not in os.environ:
        pytest.skip("the compiled extension is not installed")
    else:
        monkeypatch.setattr(counting, "AVAILABLE", True)
    return str(request.param)


def part_of(*rows: list[int]) -> counting.Part:
    """Return rows of columns as a part."""
    flat = np.array([column for row in rows for column in row], np.int32)
    return flat, np.cumsum([0, *map(len, rows)]).astype(np.int64)


@pytest.mark.usefixtures("form")
def test_columns_are_counted_in_order() -> None:
    """Each row contains its columns once, in order, with their counts over all parts."""
    table = counting.count_columns(
        [part_of([9, 1, 9, -1], [], [0]), part_of([1], [-1], [70_000])], 70_001
    )
    assert table.shape == (3, 70_001)
    assert table.indptr.tolist() == [0, 2, 2, 4]
    assert table.indices.tolist() == [1, 9, 0, 70_000]
    assert table.data.tolist() == [2, 2, 1, 1]
    assert table.data.dtype == np.int32
    df = counting.document_frequencies([[table, table]], 70_001)
    assert df[[0, 1, 2, 9]].tolist() == [1, 1, 0, 1]


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("at_once", [4, 1000])
def test_pairs_are_numbered_in_order(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """Pairs that occur often enough are numbered by their columns; rows and gaps part them."""
    monkeypatch.setattr(counting, "PAIRS_AT_ONCE", at_once)
    parts = [part_of([2, 1, -1, 2, 1], [1], [0, 0, 0]), part_of([], [0, 0], [2, 1, 2])]
    codes, numbers = counting.find_pairs(parts, 3, 2)
    assert codes.tolist() == [0, 7]
    assert [part.tolist() for part in numbers] == [
        [1, -1, -1, 1, -1, -1, 0, 0, -1],
        [0, -1, 1, -1, -1],
    ]
    again = counting.number_pairs(parts, 3, codes)
    assert [part.tolist() for part in again] == [part.tolist() for part in numbers]


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("rows", [[], [[]], [[-1]], [[], [-1, -1]]])
def test_nothing_is_counted_in_nothing(rows: list[list[int]]) -> None:
    """Rows without words, no rows and no columns give empty tables."""
    table = counting.count_columns([part_of(*rows)], 0)
    assert (table.shape, table.nnz) == ((len(rows), 0), 0)
    assert counting.document_frequencies([[table]], 0).tolist() == []
    assert counting.frequencies([], 2).tolist() == [0, 0]
    codes, numbers = counting.find_pairs([part_of(*rows)], 0, 1)
    assert codes.tolist() == []
    assert set(numbers[0].tolist()) <= {-1}
    assert counting.find_pairs([], 0, 1)[1] == []


@needs_extension
def test_tokens_are_arrays_of_the_promised_types() -> None:
    """Numbers are int32, ends int64, also where there is nothing."""
    for texts in ([], [""], ["a b"]):
        tokens = CompiledLexicon().read(texts)
        assert isinstance(tokens, Tokens)
        assert (tokens.numbers.dtype, tokens.ends.dtype) == (np.int32, np.int64)
        assert len(tokens.ends) == len(texts) + 1
