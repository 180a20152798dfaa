"""Cards and the files of them: every list in order, and in every format the same."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.errors import ConfigError, UnknownArticleError
from recommender.outputs.cards import cards
from recommender.outputs.writers import COLUMNS, WRITERS
from recommender.teasers import teaser, teasers
from recommender.text.csv_cells import as_written

TEXT = st.text(max_size=10) | st.sampled_from(["=1", "\ud800", "a\r\nb", '"', "</script>", "日本"])
IDS = st.lists(st.text("abé日/ .", min_size=1, max_size=3), min_size=2, max_size=6, unique=True)


@st.composite
def lists(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame, list[list[str]]]:
    """Draw articles, some recommendations among them in any order, and their terms."""
    ids = draw(IDS)
    rows = [{"id": name, "title": draw(TEXT), "text": draw(TEXT), "url": draw(
        st.sampled_from(["/a/", "javascript:x",
        "https://example.org/b c", None]))} for name in ids]  # fmt: skip
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=8, unique=True)
    )
    pairs = [(own, other) for own, other in pairs if own != other]
    rank = dict.fromkeys(ids, 0)
    found = []
    for own, other in pairs:
        rank[own] += 1
        found.append((own, rank[own], other, draw(st.floats(0, 1)), "similar"))
    found = draw(st.permutations(found))
    table = pd.DataFrame(found, columns=["article_id", "rank", "related_id", "score", "origin"])
    terms = [draw(st.lists(TEXT, max_size=2)) for _ in found]
    return validate_articles(pd.DataFrame(rows, dtype=object)), table, terms


def written(format: str, given_lists: tuple[pd.DataFrame, pd.DataFrame, list[list[str]]]) -> bytes:
    """Return what a format makes of lists."""
    articles, table, terms = given_lists
    file = io.BytesIO()
    WRITERS[format](cards(table, articles, because=terms), file)
    return file.getvalue()


@given(lists())
def test_every_article_has_its_list_in_the_order_of_the_ranks(
    given_lists: tuple[pd.DataFrame, pd.DataFrame, list[list[str]]],
) -> None:
    """By id; each card is of the article that the row names, with the row's score and terms."""
    articles, table, terms = given_lists
    found = list(cards(table, articles, because=terms))
    assert [owner for owner, _ in found] == sorted(articles["id"])
    rows = table.assign(because=terms).sort_values("rank")
    titles = dict(zip(articles["id"], articles["title"], strict=True))
    for owner, shown in found:
        own = rows[rows["article_id"] == owner]
        assert [card["id"] for card in shown] == list(own["related_id"])
        assert [card["because"] for card in shown] == list(own["because"])
        assert [card["score"] for card in shown] == [round(score, 6) for score in own["score"]]
        assert [card["title"] for card in shown] == [titles[name] for name in own["related_id"]]
        assert all(card["url"] in ("/a/", "https://example.org/b%20c", None) for card in shown)


@given(lists())
def test_every_format_holds_the_same_lists(
    given_lists: tuple[pd.DataFrame, pd.DataFrame, list[list[str]]],
) -> None:
    """JSON, JSON Lines, YAML and CSV agree on ids, titles and scores, for any texts."""
    whole = json.loads(written("json", given_lists))["lists"]
    lines = [json.loads(line) for line in written("jsonl", given_lists).splitlines()]
    assert {line["id"]: line["related"] for line in lines} == whole
    assert list(whole) == [line["id"] for line in lines]
    assert yaml.safe_load(written("yaml", given_lists))["lists"] == whole
    text = io.StringIO(written("csv", given_lists).decode(), newline="")
    rows = [[as_written(cell) for cell in row] for row in csv.reader(text)]
    assert tuple(rows[0]) == COLUMNS
    expected = [
        [owner, str(rank), card["id"], card["title"]]
        for owner, shown in whole.items()
        for rank, card in enumerate(shown, 1)
    ]
    titled = [[row[0], row[1], row[2], row[COLUMNS.index("title")]] for row in rows[1:]]
    assert titled == expected


@given(lists(), st.sampled_from(["json", "jsonl", "csv", "yaml"]))
def test_order_of_the_recommendations_decides_nothing(
    given_lists: tuple[pd.DataFrame, pd.DataFrame, list[list[str]]], format: str
) -> None:
    """Rows in another order, with their terms, and articles in another order: the same bytes."""
    articles, table, terms = given_lists
    order = np.arange(len(table))[::-1]
    other = articles.iloc[::-1], table.iloc[order], [terms[at] for at in order]
    assert written(format, other) == written(format, given_lists)


@given(st.text(max_size=80), st.text(max_size=20), st.integers(1, 9))
def test_teaser_is_one_line_of_few_words(text: str, description: str, words: int) -> None:
    """Of the summary where there is one; again made of itself, it is the same."""
    found = teaser(text, description, words)
    source = description if description.strip() else text
    assert found == " ".join(found.split())
    assert len(found.split()) <= words
    assert found == " ".join(source.split()) or found.endswith("…")
    assert teaser(found, words=words) == found
    table = pd.DataFrame({"text": [text], "headings": "", "description": [description]})
    assert teasers(table, words) == [found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The soil\n\nSow early.\n\nOn sand\n\nDeep.", "Sow early. Deep."),
        ("The soil is poor.\n\nOn sand", "The soil is poor."),
        ("The soil\n\nOn sand", "The soil On sand"),
        ("", ""),
    ],
)
def test_teasers_leave_out_headings(text: str, found: str) -> None:
    """Whole paragraphs only, and not if there is nothing else."""
    table = pd.DataFrame({"text": [text], "headings": "The soil\nOn sand", "description": ""})
    assert teasers(table) == [found]


ARTICLES = validate_articles(pd.DataFrame({"id": ["a", "b"], "title": "T", "text": "x"}))
PAIR = pd.DataFrame(
    {"article_id": ["a"], "rank": [1], "related_id": ["b"], "score": [0.5], "origin": "similar"}
)


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda: cards(PAIR, ARTICLES, teaser_words=0), ConfigError,
         "teaser_words must be a whole number >= 1, got 0"),
        (lambda: cards(PAIR, ARTICLES, because=[]), ConfigError,
         "because must have one entry per recommendation, got 0, expected 1"),
        (lambda: cards(PAIR.assign(related_id="c"), ARTICLES), UnknownArticleError,
         "recommendations: no article has the id 'c'"),
        (lambda: cards(PAIR.assign(article_id="c"), ARTICLES), UnknownArticleError,
         "recommendations: no article has the id 'c'"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(
    call: Callable[[], Any], kind: type[Exception], told: str
) -> None:
    """Before anything is written."""
    with pytest.raises(kind) as error:
        call()
    assert told in str(error.value)


def test_terms_may_come_with_their_parts_of_the_score() -> None:
    """As `because` returns them; a card shows the terms alone."""
    for terms in ([["rye", "oats"]], [[("rye", 0.3), ("oats", 0.1)]]):
        ((_, (card,)), _) = cards(PAIR, ARTICLES, because=terms)
        assert list(card["because"]) == ["rye", "oats"]


def test_lists_of_new_articles_are_theirs_alone() -> None:
    """Their cards show the fitted articles."""
    new = validate_articles(pd.DataFrame({"id": ["n", "m"], "title": "New", "text": "y"}))
    found = dict(cards(PAIR.assign(article_id="n"), ARTICLES, new_articles=new))
    assert {name: [card["id"] for card in shown] for name, shown in found.items()} == {
        "m": [], "n": ["b"],
    }  # fmt: skip


def test_values_that_no_file_can_hold_are_named() -> None:
    """A list that a host made may hold anything."""
    with pytest.raises(TypeError, match=r"an output cannot contain complex, got 1j"):
        WRITERS["json"]([("a", [{"id": "b", "score": 1j}])], io.BytesIO())
    file = io.BytesIO()
    WRITERS["json"]([("a", [{"id": np.str_("b"), "title": "\ud800"}])], file)
    assert json.loads(file.getvalue())["lists"] == {"a": [{"id": "b", "title": "?"}]}
