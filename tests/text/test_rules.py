"""Rules: what they match, and what is said about wrong ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender import ArticleRecommender
from recommender.errors import ConfigError
from recommender.text.rules import Rule, any_match, parse_pair, parse_rule

TABLE = pd.DataFrame(
    {
        "id": ["news/a.md", "news/b.md", "jobs/c.md"],
        "tags": [["Sea", "Ports"], [], ["sea lion"]],
        "stars": [4.5, np.nan, 3.0],
        "date": pd.to_datetime(["2024-05-01", None, "2025-01-01"], utc=True),
        "draft": [True, False, None],
        "area": [None, "line\nbreak", "x[1]"],
    }
)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("id=news/*", [1, 1, 0]), ("id = NEWS/A.MD ", [1, 0, 0]), ("id=news", [0, 0, 0]),
        ("tags=sea", [1, 0, 0]), ("tags=sea*", [1, 0, 1]), ("tags=", [0, 1, 0]),
        ("stars=4.5", [1, 0, 0]), ("stars=", [0, 1, 0]), ("stars=*", [1, 1, 1]),
        ("date=2024-*", [1, 0, 0]), ("date=", [0, 1, 0]), ("draft=true", [1, 0, 0]),
        ("area=line*", [0, 1, 0]), ("area=x[[]1]", [0, 0, 1]), ("area=?*", [0, 1, 1]),
        ("nothing=*", [0, 0, 0]), ("id=a=b", [0, 0, 0]),
    ],
)  # fmt: skip
def test_rule_matches(rule: str, fits: list[int]) -> None:
    """Case does not count, a list fits by one item, nothing fits only the empty pattern or `*`."""
    assert parse_rule(rule).matches(TABLE).astype(int).tolist() == fits


def test_any_match_is_the_union() -> None:
    """An article fits several rules if it fits one."""
    assert any_match([Rule("id", "jobs/*"), Rule("tags", "sea")], TABLE).tolist() == [1, 0, 1]
    assert any_match([], TABLE).tolist() == [0, 0, 0]


def test_pair_has_two_rules() -> None:
    """The article's rule is left of the arrow, the candidate's right of it."""
    assert parse_pair("id=a->tags=b=c") == (Rule("id", "a"), Rule("tags", "b=c"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"never_target": "News"}, "never_target: rule 'News' has no ="),
        ({"never_source": ["=News"]}, "never_source: rule '=News' names no column"),
        ({"never_pair": "id=a"}, "never_pair: rule 'id=a' has no ->"),
        ({"never_pair": "id=a -> b"}, "never_pair: rule 'id=a -> b' has no ="),
        ({"unscored": "title=x"}, "unscored: rule 'title=x' must name category or tags"),
        ({"never_target": ["categry=x", "id=a"]}, "the articles have no column categry"),
        ({"never_pair": "id=a -> secton=b"}, "the articles have no column secton"),
        ({"never_target": 3}, "never_target must be"),
    ],
)
def test_a_wrong_rule_is_one_error_that_names_it(settings: dict[str, Any], message: str) -> None:
    """Rules are checked before the search."""
    articles = pd.DataFrame({"id": ["a", "b"], "title": "Rye", "text": "Rye bread"})
    with pytest.raises(ConfigError) as error:
        ArticleRecommender(**settings).fit(articles)
    assert message in error.value.message


def test_all_wrong_rules_are_named_at_once_with_the_closest_column() -> None:
    """Two rules with unknown columns are one error; the hint names a column that exists."""
    articles = pd.DataFrame({"id": ["a"], "title": "Rye", "text": "Rye", "section": "x"})
    model = ArticleRecommender(never_target=["sektion=x", "categories=y"])
    with pytest.raises(ConfigError) as error:
        model.fit(articles)
    assert "sektion=x" in error.value.message
    assert "categories=y" in error.value.message
    assert error.value.hint == "did you mean section?"


def test_unscored_categories_and_tags_do_not_relate_their_articles() -> None:
    """Articles with only the ignored category in common are strangers, and keep the category."""
    articles = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "title": ["Rye", "Ferry", "Moon"],
            "text": ["rye", "ferry", "moon"],
            "category": ["Uncategorized", "uncategorized", "Sky"],
            "tags": [["featured", "x"], ["Featured"], ["sky"]],
        }
    )
    plain: dict[str, Any] = {"min_score": 0.0, "min_items": 0, "language": "en", "max_df": 1.0}
    related = ArticleRecommender(**plain).fit(articles).recommend()
    assert related["article_id"].tolist() == ["a", "b"]
    model = ArticleRecommender(**plain, unscored=["category=uncat*", "tags=featured"])
    assert model.fit(articles).recommend().empty
    assert model.articles_["category"].tolist() == ["Uncategorized", "uncategorized", "Sky"]
    assert model.recommend_for(articles.assign(id=["d", "e", "f"]))["article_id"].tolist() == []
