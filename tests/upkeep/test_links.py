"""Links that a text could have."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from recommender.errors import ConfigError
from recommender.model import Recommender
from recommender.upkeep.links import MOST_TEXTS, SENTENCE, suggest_links

TITLES = ["The rye mill burns", "Bread prices in June 2024", "Oats: a field guide", "The old ferry"]
TEXTS = [
    "A fire in the mill. Rye and bread were lost.",
    "Since the rye mill burned, bread is dear. A Rye Mill is no ferry.",
    "Sow oats, not rye, near the mill.",
    "The ferry brings rye, oats and bread.",
]


def found(**columns: Any) -> list[tuple[str, str, str]]:
    """Return article, target and words of all suggestions for four articles."""
    table = pd.DataFrame({"id": list("abcd"), "title": TITLES, "text": TEXTS} | columns)
    model = Recommender(min_df=1, language="en", stages=[]).fit(table)
    rows = suggest_links(model, min_strength=0.01)
    return [*zip(rows["article_id"], rows["related_id"], rows["anchor"], strict=True)]


def test_an_article_is_named_by_words_of_its_title() -> None:
    """In any case, once per pair, by the first mention."""
    assert found() == [("b", "a", "rye mill")]


def test_the_longest_phrase_is_linked() -> None:
    """Not a shorter one within it."""
    longer = [*TEXTS[:3], "As the rye mill burns, the ferry waits."]
    assert ("d", "a", "rye mill burns") in found(text=longer)


def test_the_surest_mention_of_an_article_is_linked() -> None:
    """Not the first one."""
    twice = [*TEXTS[:3], "Near the rye mill bread is dear. The rye mill burns."]
    assert ("d", "a", "rye mill burns") in found(text=twice)


def test_words_that_are_more_of_a_title_are_surer() -> None:
    """Without stop words: `rye mill` is all of `The Rye Mill`, and a third of a longer title."""
    table = pd.DataFrame({"id": list("abcd"), "title": ["", "The Rye Mill", "", ""], "text": TEXTS})
    table.loc[1, "text"], table.loc[0, "text"] = TEXTS[0], TEXTS[1]
    longer = table.assign(title=["", "The Rye Mill burns: bread, oats, prices", "", ""])
    whole, third = (
        suggest_links(Recommender(min_df=1, language="en", stages=[]).fit(one), min_strength=0.01)
        for one in (table, longer)
    )
    assert whole["anchor"].tolist() == third["anchor"].tolist() == ["rye mill"]
    shares = [(rows["strength"] / rows["score"]).item() for rows in (whole, third)]
    assert shares[0] == pytest.approx(3 * shares[1], rel=1e-4)


@pytest.mark.parametrize("link", ["/mill/", "https://example.org/mill/#top"])
def test_what_is_linked_already_is_left_out(link: str) -> None:
    """However the link is written."""
    urls = ["https://example.org/mill/", "/b/", "/c/", "/d/"]
    assert found(url=urls, links=[[], [link], [], []]) == []


def test_phrases_of_two_titles_name_neither() -> None:
    """They name what both are about."""
    assert found(title=[TITLES[0], TITLES[1], "Another rye mill", TITLES[3]]) == []


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        ("Bread: prices rose in June 2024.", []),
        ("Bread: prices in the fall of June.", []),
        ("Bread: dear in June 2024.", []),
        ("Prices, bread: dear.", []),
        ("Bread prices in the fall.", ["Bread prices"]),
    ],
)
def test_dates_and_words_with_stop_words_at_an_end_are_no_names(
    text: str, anchors: list[str]
) -> None:
    """Nor single words."""
    links = found(text=[TEXTS[0], "Bread is dear.", text, ""])
    assert links == [("c", "b", anchor) for anchor in anchors]


@pytest.mark.parametrize(
    "words", ["rye, mill", "rye. Mill", "rye (mill", "ryemill", "rye mills", "rye\n\nmill"]
)
def test_words_must_follow_each_other(words: str) -> None:
    """With nothing but space between them, in one paragraph or item, and be whole."""
    assert found(text=[TEXTS[0], f"Near the {words} bread is dear.", *TEXTS[2:]]) == []


def test_words_may_be_on_two_lines_of_a_paragraph() -> None:
    """As in files whose lines are short."""
    assert found(text=[TEXTS[0], "Near the rye\nmill bread is dear.", *TEXTS[2:]]) == [
        ("b", "a", "rye\nmill")
    ]


def test_headings_are_not_linked() -> None:
    """But the text below them is."""
    heading, below = "A rye mill", "The Rye Mill is no ferry."
    headings = ["", f"Bread\n{heading}", "", ""]
    only = [TEXTS[0], f"Bread is dear.\n\n{heading}\n\nIt is no ferry.", *TEXTS[2:]]
    assert found(text=only, headings=headings) == []
    both = [TEXTS[0], f"Bread is dear.\n\n{heading}\n\n{below}", *TEXTS[2:]]
    assert found(text=both, headings=headings) == [("b", "a", "Rye Mill")]


@pytest.mark.parametrize(
    ("anchor", "count"), [("rye mill", 0), ("the Rye Mill (burned)", 0), ("mill burned", 1)]
)
def test_words_that_are_linked_already_are_left_out(anchor: str, count: int) -> None:
    """Wherever they lead; other links change nothing."""
    elsewhere = "https://rye.example/"
    assert len(found(links=[[], [elsewhere], [], []], anchors=[[], [anchor], [], []])) == count


def test_unlisted_articles_are_no_targets() -> None:
    """They are shown nowhere."""
    assert found(unlisted=[True, False, False, False]) == []


def test_common_phrases_name_a_topic() -> None:
    """In more than `MOST_TEXTS` texts, a phrase names no article."""
    for count, expected in ((MOST_TEXTS, MOST_TEXTS), (MOST_TEXTS + 1, 0)):
        table = pd.DataFrame({"id": [f"{n:03}" for n in range(100)], "title": "", "text": "tea"})
        table.loc[0, "title"] = "The rye mill"
        table.loc[1:count, "text"] = "Bread of the rye mill"
        model = Recommender(min_df=1, language="en", stages=[]).fit(table)
        assert len(suggest_links(model, min_strength=0.01)) == expected


def test_the_surest_come_first_and_few_per_article() -> None:
    """By strength, and at most as many as asked for."""
    texts = [*TEXTS[:3], "The rye mill, the field guide and bread prices."]
    table = pd.DataFrame({"id": list("abcd"), "title": TITLES, "text": texts})
    model = Recommender(min_df=1, language="en", stages=[]).fit(table)
    all_of_them = suggest_links(model, min_strength=0.01, per_article=9)
    assert all_of_them["strength"].is_monotonic_decreasing
    own = all_of_them[all_of_them["article_id"] == "d"]
    assert sorted(own["related_id"]) == ["a", "b", "c"]
    two = suggest_links(model, min_strength=0.01, per_article=2)
    assert two[two["article_id"] == "d"]["related_id"].tolist() == own["related_id"].tolist()[:2]


def test_long_sentences_are_cut_around_the_words() -> None:
    """With an ellipsis where something is missing, on one line."""
    text = "bread " * 100 + "\nof the rye mill is " + "dear " * 100
    table = pd.DataFrame({"id": list("abcd"), "title": TITLES, "text": [TEXTS[0], text, "x", "y"]})
    model = Recommender(min_df=1, language="en", stages=[]).fit(table)
    (sentence,) = suggest_links(model, min_strength=0.01)["sentence"]
    assert "of the rye mill is" in sentence
    assert sentence.endswith("…")
    assert len(sentence) <= SENTENCE + 2


@pytest.mark.parametrize("wrong", [{"per_article": 0}, {"min_strength": -1.0}])
def test_arguments_are_checked(wrong: dict[str, Any]) -> None:
    """Before anything is searched."""
    model = Recommender(min_df=1).fit(pd.DataFrame({"id": ["a"], "title": "x", "text": "rye"}))
    with pytest.raises(ConfigError):
        suggest_links(model, **wrong)
