"""Languages: names and codes mean the same, in columns and in the setting."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from recommender import ArticleRecommender, read_articles
from recommender.errors import ConfigError
from recommender.text.languages import base_language, is_language
from recommender.text.terms import SNOWBALL, stop_word_languages


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("English", "en"), ("en-US", "en"), ("en_us", "en"), ("eng", "en"), ("Deutsch", "de"),
        ("Español", "es"), ("pt-BR", "pt"), ("nb", "no"), ("zh-cn", "zh"), ("zh-Hans", "zh"),
        ("zh-tw", "zh-tw"), ("zh_Hant_HK", "zh-tw"), ("English (US)", "en"), ("ast", "ast"),
        ("tlh", "tlh"), ("und", ""), ("blog", ""), ("xx", ""), ("", ""),
    ],
)  # fmt: skip
def test_languages_have_one_code(given: str, code: str) -> None:
    """Names, tags and their regions become one code; anything else becomes an empty string."""
    assert base_language(given) == code


def test_languages_with_words_are_in_the_table() -> None:
    """Every language that has stop words or a stemmer is known by its code."""
    assert all(base_language(code) == code for code in (*SNOWBALL, *stop_word_languages()))


def test_language_in_a_list_is_the_same_language(tmp_path: Path) -> None:
    """`language: [English]` in front matter is English, as `en` is."""
    for name, head in {"a": "language: [English]", "b": "lang: en"}.items():
        text = f"---\ntitle: {name}\n{head}\n---\nThe harbours of the coast and the sea.\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    model = ArticleRecommender(min_df=1, max_df=1.0).fit(read_articles(tmp_path))
    assert list(model.articles_["lang"]) == ["en", "en"]


def test_a_tag_keeps_its_region_and_regions_share_lists() -> None:
    """Headings and days are written as in the region; en-GB and en-US are one language."""
    texts = ["The rye is sown early in the fields", "The rye is rolled late in the fields"]
    articles = pd.DataFrame({"id": ["a", "b"], "title": "T", "text": texts})
    articles["lang"] = ["en-GB", "en-US"]
    model = ArticleRecommender(min_score=0, min_df=1).fit(articles)
    assert list(model.articles_["lang"]) == ["en-GB", "en-US"]
    assert list(model.recommend(k=1)["related_id"]) == ["b", "a"]


def test_language_setting_takes_a_name() -> None:
    """`english` stems as `en` does, and a misspelled language is an error."""
    table = pd.DataFrame({"id": ["a", "b"], "title": "Harbours", "text": ["harbours", "harbour"]})
    vectors = [
        ArticleRecommender(language=name, min_df=1, max_df=1.0).fit(table).vectors_
        for name in ("en", "english")
    ]
    assert (vectors[0] != vectors[1]).nnz == 0
    with pytest.raises(ConfigError, match=r"language must be .* got 'englsh'\nHint: .*english"):
        ArticleRecommender(language="englsh").fit(table)
    assert not is_language("englsh")
