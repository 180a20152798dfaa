"""Uses of a fitted model: lists for new articles, for several tables, for odd text."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import recommender as rec
from recommender.configured import load_settings
from recommender.errors import ConfigError, RecommenderError, UnknownArticleError
from recommender.outputs.cards import cards
from recommender.outputs.writers import WRITERS
from recommender.pages.preview import preview_page

HALF = "\ud83d"


def boats(**columns: Any) -> pd.DataFrame:
    """Return three articles; two of them are alike."""
    given = {
        "id": ["a", "b", "c"],
        "title": ["Red boat", "Blue boat", "Tea"],
        "text": ["The boat is red, at sea", "A boat at sea", "Green"],
    }
    return pd.DataFrame(given | columns)


def new_boats() -> pd.DataFrame:
    """Return two articles that were not fitted, one without a neighbor."""
    return pd.DataFrame({"id": ["new", "none"], "title": ["My boat", "Zebra"], "text": ["", ""]})


@pytest.mark.parametrize(
    "wrong",
    [{"teaser_words": 0}, {"teaser_words": 2.5}, {"because": [["x"]] * 9}, {"articles": None}],
)
def test_cards_raises_at_the_call(wrong: dict[str, Any]) -> None:
    """A wrong argument is an error before the first list is asked for."""
    model = rec.ArticleRecommender(min_score=0).fit(boats())
    with pytest.raises(RecommenderError):
        cards(model.recommend(), **({"articles": model.articles_} | wrong))


def test_cards_names_unknown_articles_at_the_call() -> None:
    """Lists of new articles without these articles are an error that says what to pass."""
    model = rec.ArticleRecommender(min_score=0).fit(boats())
    with pytest.raises(UnknownArticleError) as error:
        cards(model.recommend_for(new_boats()), model.articles_)
    assert "new_articles" in error.value.hint


@pytest.mark.parametrize("format", ["json", "hugo", "eleventy", "astro", "zola"])
def test_lists_of_new_articles_are_written(tmp_path: Path, format: str) -> None:
    """Each new article has a list of fitted ones; the fitted ones have none."""
    model = rec.ArticleRecommender(min_score=0, min_items=0).fit(boats())
    new, file = new_boats(), tmp_path / "lists.json"
    lists = model.recommend_for(new)
    why = rec.shared_terms(model, lists, new_articles=new)
    rec.write_recommendations(
        lists, file, articles=model.articles_, new_articles=new, because=why, format=format
    )
    written = list(json.loads(file.read_text())["lists"].values())
    assert len(written) == 2
    first = next(cards for cards in written if cards)
    assert {card["id"] for card in first} == {"a", "b"}
    assert first[0]["because"] == ["boat"]


def test_lists_of_new_articles_are_explained() -> None:
    """The parts add up to the score that `recommend_for` gave, a fitted id's new text included."""
    model = rec.ArticleRecommender(min_score=0).fit(boats())
    new = pd.DataFrame({"id": ["new", "c"], "title": ["My boat", "Sea"], "text": ["", "boat"]})
    lists = model.recommend_for(new)
    assert set(lists["article_id"]) == {"new", "c"}
    for row in lists.itertuples():
        why = rec.explain(model, row.article_id, row.related_id, new_articles=new)
        assert why.score == pytest.approx(row.score, abs=2e-6)
        assert why.contributions["contribution"].sum() == pytest.approx(row.score, abs=2e-6)


def test_articles_of_several_tables_keep_teasers() -> None:
    """Lists of a model fitted to several tables show what those of one table show."""
    table = boats(text=["word " * 100, "The boat", "A boat"], description=["", "", "Own."])
    one = rec.ArticleRecommender(min_score=0).fit(table)
    several = rec.ArticleRecommender(min_score=0).fit([table[:1], table[1:]])
    shown = [
        list(cards(model.recommend(), model.articles_, teaser_words=20)) for model in (one, several)
    ]
    assert shown[0] == shown[1]
    assert not several.articles_["text"].any()


def test_python_writes_what_the_command_writes(tmp_path: Path, monkeypatch: Any) -> None:
    """The README's lines and `recommender build` give the same bytes."""
    root = Path(__file__).parents[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(root / "data")
    block = re.search(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    assert block
    exec(block[1], {})
    command = [sys.executable, "-m", "recommender", "build", "data/articles", "-o", "b.json"]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "related.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def halves() -> pd.DataFrame:
    """Return articles with half a surrogate pair in every column."""
    names = ["category", "url", "image", "author", "description", "series", "path", "headings"]
    return pd.DataFrame(
        {name: [f"/{HALF}{name}/{i}" for i in "abc"] for name in ["id", "title", *names]}
        | {
            "text": [f"boat sea {HALF}"] * 3,
            "tags": [[f"x{HALF}"]] * 3,
            "links": [[f"/{HALF}"]] * 3,
            "lang": ["en"] * 3,
            "slug": [f"s{HALF}{i}" for i in "abc"],
            "extra": [{"a": [f"{HALF}"], HALF: (HALF, 1)}] * 3,
        },
        dtype=object,  # a column of pandas' own strings can hold no half pair
    )


@pytest.mark.parametrize("format", sorted(WRITERS.keys() - {"wordpress"}))  # its ids are numbers
def test_half_surrogate_pairs_never_reach_a_writer(tmp_path: Path, format: str) -> None:
    """Every format is written, with U+FFFD where half a pair was in any column."""
    model = rec.ArticleRecommender(min_score=0).fit(halves())
    lists = model.recommend()
    file = tmp_path / "out"
    rec.write_recommendations(
        lists,
        file,
        articles=halves(),
        format=format,
        because=rec.shared_terms(model, lists),
    )
    assert file.stat().st_size
    page = preview_page(model.articles_, lists, teasers={})
    rec.write_preview(page, tmp_path / "preview.html")


def test_a_table_holds_no_half_surrogate_pair() -> None:
    """Names of columns, ids, lists and further columns can all be encoded."""
    from recommender.articles import validate_articles

    given = halves()
    table = validate_articles(given)
    str([*table.columns, *table.to_dict("records")]).encode()
    assert "\\ud83d" not in repr(table.to_dict("records"))


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("text_weight", 1e6),
        ("path_weight", 1e6),
        ("idf_exponent", 100.0),
        ("hubness_exponent", 10.0),
    ],
)
def test_settings_and_model_share_ranges(name: str, most: float) -> None:
    """The largest number that the model takes is the largest of the settings too."""
    load_settings({name: most})
    rec.ArticleRecommender(min_df=1, **{name: most}).fit(boats())
    for call in (load_settings, lambda given: rec.ArticleRecommender(**given).fit(boats())):
        with pytest.raises(ConfigError, match=name):
            call({name: most * 1.01})
