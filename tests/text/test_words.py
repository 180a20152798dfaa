"""The words of articles by field: their languages, several tables as one, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.errors import SourceError
from recommender.text.terms import Analyzer, tokenize
from recommender.text.words import TEXT_FIELDS, WordReader, Words, read_tables, read_words

ENGLISH = "the bread and the rye are not as dear in the town"
GERMAN = "das Brot und der Roggen sind in der Stadt nicht so teuer"
SOME = ["rye", "Rye", "OATS", "die", "the", "緑茶", "x-ray", "3.11", "é"]
TEXTS = st.lists(st.sampled_from(SOME), max_size=6).map(" ".join)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"title": TEXTS, "text": TEXTS, "lang": st.sampled_from(["", "en", "de", "de-AT", "?"])}
    ),
    min_size=1,
    max_size=8,
)


def table(rows: list[dict[str, Any]], start: int = 0) -> pd.DataFrame:
    """Return an Article table of rows, each with an id."""
    named = [{"id": f"a{number:03}", **row} for number, row in enumerate(rows, start)]
    return validate_articles(pd.DataFrame(named))


def texts_of(words: Words, field: str) -> list[list[tuple[str, str]]]:
    """Return for each article the words of a field, each with the language it is judged in."""
    numbers, ends = words.tokens[field]
    flat = [(words.words[number], words.languages[number]) for number in numbers]
    return [flat[a:b] for a, b in pairwise(ends)]


@given(ROWS)
def test_words_of_every_article_are_there_in_order(rows: list[dict[str, Any]]) -> None:
    """Each in the language of its article, or in the main one where that is unknown."""
    words = read_words(table(rows), ["title", "text"], Analyzer())
    for field in ("title", "text"):
        found = texts_of(words, field)
        judged = [own or words.main_language for own in words.article_languages]
        expected = [
            [(word, language) for word in tokenize(row[field])]
            for row, language in zip(rows, judged, strict=True)
        ]
        assert found == expected
    pairs = list(zip(words.words, words.languages, strict=True))
    assert len(set(pairs)) == len(pairs), "a word has one number per language"


@given(ROWS, st.lists(st.integers(1, 3), max_size=4))
def test_several_tables_are_read_as_one(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    """Wherever they are cut, and in whatever order they come."""
    whole = read_words(table(rows), ["title", "text"], Analyzer())
    parts, start = [], 0
    for length in (*cuts, len(rows)):
        if start < len(rows):
            parts.append(table(rows[start : start + length], start))
            start += length
    reader = WordReader(["title", "text"], Analyzer())
    try:
        articles, order = read_tables(parts[::-1], reader)
    except SourceError:
        assert not any(tokenize(row["title"] + row["text"]) for row in rows)
        return
    words = reader.words(order)
    assert list(articles["id"]) == [f"a{number:03}" for number in range(len(rows))]
    assert words.article_languages == whole.article_languages
    for field in ("title", "text"):
        assert texts_of(words, field) == texts_of(whole, field)


@pytest.mark.parametrize(
    ("langs", "main"),
    [
        (["en", "en", "de"], "en"), (["de", "en"], "de"), (["", ""], ""), (["", "de"], "de"),
        (["English", "en-GB", "de"], "en"), (["??", "de"], "de"),
    ],
)  # fmt: skip
def test_main_language_is_the_most_frequent(langs: list[str], main: str) -> None:
    """Of two as frequent, the first by code; it is assumed where none is known."""
    words = read_words(table([{"title": "x", "text": "1", "lang": lang} for lang in langs]),
                       ["text"], Analyzer())  # fmt: skip
    assert words.main_language == main


def test_language_is_detected_where_the_article_names_none() -> None:
    """By its prose, whatever other fields are read."""
    rows = [{"title": "", "text": ENGLISH}, {"title": "", "text": GERMAN},
            {"title": "", "text": "42"}, {"title": "", "text": GERMAN, "lang": "en"}]  # fmt: skip
    words = read_words(table(rows), ["text", "tags"], Analyzer())
    assert words.article_languages == ["en", "de", "", "en"]


def test_language_of_the_setting_is_that_of_all() -> None:
    """No article's own counts then, nor what its words look like."""
    rows = [{"title": "", "text": GERMAN, "lang": "de"}, {"title": "", "text": "42"}]
    words = read_words(table(rows), ["text"], Analyzer(language="English"))
    assert words.article_languages == ["en", "en"]


def test_fields_that_a_table_lacks_are_empty() -> None:
    """Every field of the package may be asked for; tags are parted, so that none is a phrase."""
    rows = pd.DataFrame(
        {"title": ["Rye"], "text": ["Sow"], "tags": [["sea", "port town"]], "lang": ""}
    )
    words = read_words(rows, TEXT_FIELDS, Analyzer(language="en"))
    found = {field: [word for word, _ in texts_of(words, field)[0]] for field in TEXT_FIELDS}
    assert found == {
        "title": ["rye"], "text": ["sow"], "tags": ["sea", "port", "town"], "headings": [],
        "category": [], "path": [],
    }  # fmt: skip


def test_progress_is_told_of_the_text() -> None:
    """Up to all articles, once a field."""
    calls: list[tuple[str, int, int]] = []
    rows = table([{"title": "Rye", "text": "Sow"}] * 3)
    read_words(rows, ["title", "text"], Analyzer(), lambda *call: calls.append(call))
    assert calls[-1] == ("analysis", 3, 3)
    assert len(calls) == 1


def test_texts_are_let_go_and_their_start_stays() -> None:
    """Of several tables, what is long is not kept; a summary of its own is."""
    rows = [{"title": "Rye", "text": "Sow it early. " * 40, "headings": "Sowing"},
            {"title": "Oats", "text": "Late.", "description": "All of oats"}]  # fmt: skip
    articles, _ = read_tables(
        [table(rows[:1]), table(rows[1:], 1)], WordReader(["text"], Analyzer())
    )
    assert list(articles["text"]) == list(articles["headings"]) == ["", ""]
    assert articles["description"][0].startswith("Sow it early. Sow it early.")
    assert articles["description"][1] == "All of oats"


@pytest.mark.parametrize("given_tables", ["articles.csv", {"id": []}, None, 7, pd.Series(["a"])])
def test_what_is_no_table_is_refused(given_tables: Any) -> None:
    """A path is a common mistake, which the hint knows."""
    with pytest.raises(
        SourceError, match="expected a pandas DataFrame, or several of them"
    ) as error:
        read_tables(given_tables, WordReader(["text"], Analyzer()))
    assert ("read_articles(path)" in error.value.hint) == isinstance(given_tables, str)


@pytest.mark.parametrize("count", [1, 3])
def test_articles_without_any_text_are_refused(count: int) -> None:
    """In one table or in several; the number and the setting are named."""
    blank = [table([{"title": " ", "text": "\n"}], start) for start in range(count)]
    for given_tables in (pd.concat(blank), iter(blank)):
        with pytest.raises(SourceError) as error:
            read_tables(given_tables, WordReader(["text"], Analyzer()))
        assert str(error.value) == (
            f"articles: none of the {count} articles has any text\n"
            "Hint: name the column with the text with text_column"
        )


def test_words_are_counted_in_32_bits() -> None:
    """Numbers of words are int32 and ends int64, as the kernels want them."""
    words = read_words(table([{"title": "Rye", "text": GERMAN, "lang": "de"},
                              {"title": "Rye", "text": ENGLISH, "lang": "en"}]),
                       ["title", "text"], Analyzer())  # fmt: skip
    for numbers, ends in words.tokens.values():
        assert (numbers.dtype, ends.dtype) == (np.int32, np.int64)
    pairs = {*zip(words.words, words.languages, strict=True)}
    assert {("rye", "de"), ("rye", "en")} <= pairs
