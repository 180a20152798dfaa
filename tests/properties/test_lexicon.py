"""Properties of the compiled lexicon and of counting, over texts that hypothesis makes up."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from recommender.text import counting, lexicon, terms
from recommender.text.lexicon import CompiledLexicon
from recommender.text.terms import tokenize

pytestmark = pytest.mark.skipif(
    not (lexicon.AVAILABLE and counting.AVAILABLE) and "CI" not in os.environ,
    reason="the compiled extension is not installed",
)

TRICKY = st.sampled_from(
    "aAzZ09_-+#.,' \n\0\xad\u200d\u200cÉéİıẞßΣσςΑǅ\u0301\u0327\u0345\u093c\u0915\u1100\u1161\u11a8"
    "가각海京ไทย\u0e38ﾊﾟ𠀀𐐀🎉\ud800٣१ªⅣ²"
)
TEXTS = st.one_of(
    st.text(TRICKY, max_size=30), st.text(max_size=30), st.text(TRICKY | st.characters())
)
COLUMNS = st.lists(st.lists(st.integers(-1, 5), max_size=8), max_size=6)


@given(st.lists(TEXTS, max_size=8), st.integers(1, 3), st.integers(0, 8))
def test_words_and_numbers_are_those_of_the_plain_lexicon(
    texts: list[str], threads: int, cut: int
) -> None:
    """Any texts, in one call or two, by any number of threads, give the same."""
    plain, compiled = terms.Lexicon(), CompiledLexicon(threads)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexicon, "CHUNK", 5)
        for portion in (texts[:cut], texts[cut:]):
            expected, found = plain.read(portion), compiled.read(portion)
            assert_array_equal(found.numbers, expected.numbers)
            assert_array_equal(found.ends, expected.ends)
    assert compiled.words == plain.words
    asked = [*plain.words, *(part for text in texts for part in text.split(maxsplit=3))]
    assert_array_equal(compiled.numbers_of(asked), plain.numbers_of(asked))


@given(TEXTS)
def test_words_are_those_of_tokenize(text: str) -> None:
    """One text's numbers spell the words of `tokenize`."""
    compiled = CompiledLexicon(1)
    assert [compiled.words[at] for at in compiled.read([text]).numbers] == tokenize(text)


def parts_of(shape: list[list[list[int]]]) -> list[counting.Part]:
    """Return parts of the same number of rows."""
    n = min(map(len, shape))
    return [
        (
            np.array([column for row in rows[:n] for column in row], np.int32),
            np.cumsum([0, *map(len, rows[:n])]).astype(np.int64),
        )
        for rows in shape
    ]


@given(st.lists(COLUMNS, min_size=1, max_size=3), st.integers(1, 3))
def test_counting_is_the_same_in_both_forms(shape: list[list[list[int]]], least: int) -> None:
    """The compiled form, in one block or in many, counts as the NumPy form does."""
    parts = parts_of(shape)
    results = []
    for available, at_once in ((True, 1000), (True, 2), (False, 2)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(counting, "AVAILABLE", available)
            patch.setattr(counting, "PAIRS_AT_ONCE", at_once)
            table = counting.count_columns(parts, 6)
            single = [counting.count_columns([part], 6) for part in parts]
            df = counting.document_frequencies([single, single[:1]], 6)
            total = counting.frequencies([(np.maximum(c, 0), e) for c, e in parts], 6)
            codes, numbers = counting.find_pairs(parts, 6, least)
        results.append([table.indptr, table.indices, table.data, df, total, codes, *numbers])
    for one, blocks, other in zip(*results, strict=True):
        assert_array_equal(one, other)
        assert_array_equal(blocks, other)
        assert one.dtype == blocks.dtype == other.dtype
    for part, right in zip(counting.number_pairs(parts, 6, codes), numbers, strict=True):
        assert_array_equal(part, right)


@given(st.lists(COLUMNS, min_size=1, max_size=3), st.integers(0, 9))
def test_sums_are_the_same_in_both_forms(shape: list[list[list[int]]], most: int) -> None:
    """The compiled and the SciPy form add up the same rows of a table."""
    table = sparse.csr_array(np.array([[0, 1], [2, 0], [0, 0], [3, 4], [5, 0], [0, 6]], np.int32))
    parts = [(np.maximum(columns, 0), ends) for columns, ends in parts_of(shape)]
    results = []
    for available in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(counting, "AVAILABLE", available)
            patch.setattr(counting, "ROWS_AT_ONCE", 2)
            results.append(counting.sum_rows(parts, table, most))
    dense = table.toarray()
    for row, total in enumerate(results[0]):
        words = [columns[ends[row] : ends[row + 1]][:most] for columns, ends in parts]
        assert_array_equal(total, dense[np.concatenate(words)].sum(axis=0))
    assert_array_equal(results[0], results[1])
    assert results[0].dtype == results[1].dtype
