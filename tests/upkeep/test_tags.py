"""Tags that could be tidied."""

from __future__ import annotations

import pandas as pd
import pytest

from recommender.errors import ConfigError
from recommender.model import Recommender
from recommender.upkeep.tags import stages, tidy


def model_of(tags: list[list[str]], texts: list[str] | None = None) -> Recommender:
    """Return a recommender fitted on articles with these tags, all alike unless texts are given."""
    table = pd.DataFrame({"id": [f"a{n}" for n in range(len(tags))], "title": "", "tags": tags})
    table["text"] = texts or "The ferry sails from the port to the island"
    return Recommender(stages=stages(), min_df=1, tags_weight=0.0).fit(table)


def test_spellings_of_one_tag_are_twins() -> None:
    """Case, hyphens, spaces and endings do not count; signs of a language's name do."""
    found = tidy(
        model_of([["E-Mail", "Ferries", "C"], ["email", "ferry", "C++"], ["e mail", "C#"]])
    )
    assert found.twins == [["E-Mail", "e mail", "email"], ["Ferries", "ferry"]]
    assert found.once == ["C", "C#", "C++"]


def test_the_most_used_spelling_comes_first() -> None:
    """It is the one to keep."""
    found = tidy(model_of([["Port"], ["port"], ["port", "port"]]))
    assert found.twins == [["port", "Port"]]
    assert found.counts == {"port": 2, "Port": 1}


def test_a_tag_of_most_of_the_nearest_is_missing() -> None:
    """The share is weighted by score: here all scores are equal, and three of four have the tag."""
    found = tidy(model_of([["sea"], ["sea"], ["Sea"], ["hill"], []]))
    assert found.missing.values.tolist() == [["a3", "sea", 0.75], ["a4", "sea", 0.75]]


def test_rare_tags_are_not_proposed() -> None:
    """Two articles with a tag say little."""
    assert tidy(model_of([["sea"], ["sea"], []])).missing.empty


def test_a_twin_of_a_tag_is_not_missing() -> None:
    """An article has the tag if it has one of its spellings."""
    found = tidy(model_of([["sea"], ["sea"], ["sea"], ["Sea"]]))
    assert found.missing.empty


@pytest.mark.parametrize("share", [0.0, 1.1, float("nan")])
def test_the_share_is_checked(share: float) -> None:
    """It is above 0 and at most 1."""
    with pytest.raises(ConfigError, match="share must be"):
        tidy(model_of([["sea"], []]), share=share)
