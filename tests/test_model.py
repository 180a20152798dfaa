"""The recommender: scikit-learn's conventions, the lists, and the bundled newsroom."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import PLAIN, ROOT, TINY, TINY_LISTS, lists_of
from sklearn.base import clone

from recommender import ArticleRecommender, because, shared_terms
from recommender.config import Settings, of_group
from recommender.errors import ConfigError, NotFittedError, SourceError, UnknownArticleError
from recommender.model import Recommender
from recommender.neighbors.base import Neighbors
from recommender.ranking import (
    Backfill,
    Context,
    Filters,
    Hubness,
    MinScore,
    NoTranslations,
    NoTwins,
    Ranked,
    SameLanguage,
    Translated,
    first_of,
    keep,
)
from recommender.text.terms import stop_words_of

COPIES = pd.DataFrame(
    {
        "id": ["c", "a", "d", "b"],
        "title": ["Tea", "Red boat", "Tea cup", "Red boat"],
        "text": ["green tea", "the boat is red", "a boat of tea", "the boat is red"],
    }
)


@pytest.fixture(scope="module")
def tiny() -> ArticleRecommender:
    """The recommender under which `TINY` scores as worked out by hand."""
    return ArticleRecommender(**PLAIN).fit(TINY)


def test_lists_are_those_worked_out_by_hand(tiny: ArticleRecommender) -> None:
    """Scores, order and ties are the ones in the comment of conftest."""
    assert lists_of(tiny.recommend()) == TINY_LISTS


@pytest.mark.parametrize("k", [1, 2, 3, 50, 10**12])
def test_lists_of_k_are_the_heads_of_longer_lists(tiny: ArticleRecommender, k: int) -> None:
    """A shorter list is the beginning of a longer one; k may exceed the corpus."""
    assert lists_of(tiny.recommend(k=k)) == {name: row[:k] for name, row in TINY_LISTS.items()}


def test_lists_stand_in_the_order_asked_for(tiny: ArticleRecommender) -> None:
    """`ids` sets which lists are made, in which order; ranks count from 1."""
    related = tiny.recommend(["rye", "ferry"], k=2)
    assert related["article_id"].tolist() == ["rye", "ferry", "ferry"]
    assert related["rank"].tolist() == [1, 1, 2]
    assert set(related["origin"]) == {"similar"}
    assert tiny.recommend("rye").equals(tiny.recommend(["rye"]))
    assert tiny.recommend([]).columns.tolist() == related.columns.tolist()


def test_lists_do_not_hang_on_earlier_calls(newsroom: pd.DataFrame) -> None:
    """A long list asked for before changes no later list."""
    fresh, used = (ArticleRecommender(hubness_exponent=2).fit(newsroom) for _ in range(2))
    used.recommend(k=150)
    assert used.recommend().equals(fresh.recommend())


def test_lists_do_not_hang_on_how_many_are_made_together(
    newsroom: pd.DataFrame, newsroom_model: ArticleRecommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage sees the lists in blocks, whose widths may differ."""

    def best_of_each_block(lists: Ranked, context: Context) -> Ranked:
        widths.append(len(context.own) % 3 + 1)
        return first_of(lists, widths[-1])

    widths: list[int] = []
    whole = newsroom_model.recommend(), ArticleRecommender(stages=[]).fit(newsroom).recommend(k=3)
    monkeypatch.setattr("recommender.model.LISTS_AT_ONCE", 7)
    assert newsroom_model.recommend().equals(whole[0])
    own = ArticleRecommender(stages=[best_of_each_block]).fit(newsroom).recommend(k=3)
    assert len({*widths}) > 1
    assert len(own) < len(whole[1])
    assert len(own.merge(whole[1])) == len(own)


def test_lists_do_not_hang_on_the_order_of_articles(
    newsroom: pd.DataFrame, newsroom_model: ArticleRecommender
) -> None:
    """The input shuffled gives the same table."""
    shuffled = ArticleRecommender().fit(newsroom.sample(frac=1, random_state=1))
    assert shuffled.recommend().equals(newsroom_model.recommend())


def test_copies_recommend_each_other_and_never_themselves() -> None:
    """An article is masked by its id, not by its rank."""
    lists = lists_of(ArticleRecommender(min_score=0).fit(COPIES).recommend(k=1))
    assert (lists["a"], lists["b"]) == ([("b", 1.0)], [("a", 1.0)])


def test_scores_are_cosines_of_six_decimals(newsroom_model: ArticleRecommender) -> None:
    """A score is the dot product of two rows, to six decimals, though a stage reorders."""
    related = newsroom_model.recommend()
    row = {name: at for at, name in enumerate(newsroom_model.articles_["id"])}
    vectors = newsroom_model.vectors_
    first, second = (related[c].map(row).to_numpy() for c in ("article_id", "related_id"))
    cosines = vectors[first].multiply(vectors[second]).sum(axis=1)
    assert np.abs(related["score"] - cosines).max() < 1e-6
    assert (related["score"] == related["score"].round(6)).all()


def test_new_articles_get_lists_out_of_the_fitted_ones(tiny: ArticleRecommender) -> None:
    """An article that was not fitted is compared by the terms of the fit."""
    new = pd.DataFrame({"id": ["new"], "title": [""], "text": ["rye unheard"]})
    assert lists_of(tiny.recommend_for(new)) == {"new": [("rye", 0.707107)]}


def test_new_articles_are_left_out_of_their_own_lists(tiny: ArticleRecommender) -> None:
    """A fitted article handed in again gets the list it has."""
    assert tiny.recommend_for(TINY).equals(tiny.recommend())


def test_new_articles_may_be_none_or_unlike_any(tiny: ArticleRecommender) -> None:
    """No article, or one of unknown words, has no rows."""
    odd = pd.DataFrame({"id": ["new"], "title": [""], "text": ["zinc"]})
    assert len(tiny.recommend_for(odd)) == len(tiny.recommend_for(TINY[:0])) == 0


def test_bundled_articles_given_again_get_their_lists(
    newsroom: pd.DataFrame, newsroom_model: ArticleRecommender
) -> None:
    """`recommend_for` on fitted articles is `recommend`, stages and languages included."""
    some = newsroom[newsroom["id"].str.contains("deutsch|nihongo|science")]
    expected = newsroom_model.recommend(sorted(some["id"]))
    assert newsroom_model.recommend_for(some).equals(expected)


def test_clone_copies_the_parameters_and_not_the_fit(tiny: ArticleRecommender) -> None:
    """scikit-learn's `clone` works, stages included."""
    copy = clone(ArticleRecommender(**{**PLAIN, "stages": [MinScore(0.4)]}).fit(TINY))
    assert copy.get_params() == {**tiny.get_params(), "stages": [MinScore(0.4)]}
    assert not hasattr(copy, "vectors_")


def test_constructor_only_stores() -> None:
    """Even nonsense is stored as it is, and refused by `fit`."""
    stages = [MinScore()]
    model = ArticleRecommender(min_df=-1, stages=stages)
    assert (model.min_df, model.stages is stages) == (-1, True)


def test_parameters_have_the_defaults_of_the_settings() -> None:
    """The command line and the library recommend the same."""
    params = ArticleRecommender().get_params()
    own = ("editorial", "last_lists", "now", "own_vectors", "stages")
    assert [params.pop(name) for name in own] == [None] * len(own)
    assert params == of_group(Settings(), "model")


def test_set_params_sets_known_parameters_and_refuses_others() -> None:
    """A misspelt parameter is an error that names those that there are."""
    model = ArticleRecommender()
    assert model.set_params(min_df=3) is model
    assert repr(model) == "ArticleRecommender(min_df=3)"
    with pytest.raises(ValueError, match="title_weight"):
        model.set_params(title_wieght=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title_weight": -1},
        {"text_weight": float("inf")},
        {"text_weight": float("nan")},
        {"tags_weight": "high"},
        {"tf_exponent": 0},
        {"min_df": 0},
        {"min_df": 2.0},
        {"max_df": 1.5},
        {"min_score": "some"},
        {"engine": "magic"},
        {"threads": 0},
        {"memory_limit": 0},
        {"language": None},
    ],
)
def test_fit_refuses_parameters_out_of_range(wrong: dict[str, Any]) -> None:
    """The parameter, its value and its rule are named."""
    ((name, value),) = wrong.items()
    with pytest.raises(ConfigError, match=rf"{name} must be .* got {value!r}"):
        ArticleRecommender(**wrong).fit(TINY)


def test_fit_names_all_wrong_parameters_at_once() -> None:
    """Two wrong parameters are one error."""
    with pytest.raises(ConfigError, match=r"min_df must .*; max_df must"):
        ArticleRecommender(min_df=0, max_df=0).fit(TINY)
    with pytest.raises(ConfigError, match="at least one field weight"):
        ArticleRecommender(**{**PLAIN, "text_weight": 0}).fit(TINY)


def test_fit_takes_numbers_of_numpy() -> None:
    """A parameter search hands over numpy's numbers."""
    numbers = {"min_df": np.int64(2), "max_df": np.float32(0.5), "threads": np.int32(1)}
    assert ArticleRecommender(**{**PLAIN, **numbers}).fit(TINY).vectorizer_.terms_ == [
        "bread",
        "ferry",
        "harbour",
    ]


def test_fit_refuses_articles_without_any_text() -> None:
    """Articles without any text are refused."""
    blank = TINY.assign(text=" ")
    with pytest.raises(SourceError, match="none of the 4 articles has any text"):
        ArticleRecommender().fit(blank)


@pytest.mark.parametrize(
    "texts", [["the", "of"], ["ferry", "bread"], ["ferry"], ["ferry", ""], ["", "!?", "x"]]
)
def test_articles_that_share_nothing_have_no_lists(texts: list[str]) -> None:
    """Stop words only, no shared term, one article only: no rows, no error."""
    articles = pd.DataFrame({"id": range(len(texts)), "title": "T", "text": texts})
    assert ArticleRecommender(title_weight=0, min_items=0).fit(articles).recommend().empty


def test_unfitted_recommender_says_so() -> None:
    """Every method that needs a fitted model says to call `fit`."""
    for call in (ArticleRecommender().recommend, ArticleRecommender().recommend_for):
        with pytest.raises(NotFittedError, match="call fit"):
            call(TINY)


def test_unknown_id_is_answered_with_the_closest(tiny: ArticleRecommender) -> None:
    """A misspelt id is an error with a suggestion."""
    with pytest.raises(UnknownArticleError, match="did you mean bakery"):
        tiny.recommend(["bakrey"])


@pytest.mark.parametrize("k", [0, -3, 2.5, "6"])
def test_k_is_a_whole_number_from_one(tiny: ArticleRecommender, k: Any) -> None:
    """A list has a length."""
    with pytest.raises(ConfigError, match="k must be a whole number >= 1"):
        tiny.recommend(k=k)


def test_stages_are_language_score_order_titles_and_backfill_by_default(
    newsroom_model: ArticleRecommender,
) -> None:
    """The calibrated minimum score is in the stages and in `min_score_`."""
    floor = newsroom_model.min_score_
    removing = (Filters(), SameLanguage(), NoTranslations())
    expected = [*removing, MinScore(floor), Hubness(), NoTwins(), Translated(removing)]
    fill = Backfill(3, (*removing, NoTwins()))
    assert newsroom_model.stages_ == (*expected, fill)
    found = newsroom_model.recommend().query("origin == 'similar'")
    least = found["related_id"].map(newsroom_model.least_score)
    assert (found["score"] >= least).all()
    assert 0 < least.min() == floor < least.max()


def test_stages_may_be_functions_of_the_user() -> None:
    """Any callable from neighbors to neighbors is a stage."""

    def reverse(neighbors: Neighbors, context: Context) -> Neighbors:
        return Neighbors(neighbors.indices[:, ::-1], neighbors.scores[:, ::-1])

    model = ArticleRecommender(**{**PLAIN, "stages": [reverse]}).fit(TINY)
    assert model.recommend(["ferry"])["related_id"].tolist()[-1] == "port"


@pytest.mark.parametrize(("desk", "language"), [("deutsch", "de"), ("nihongo", "ja")])
def test_bundled_foreign_articles_recommend_their_own_language(
    newsroom_model: ArticleRecommender, desk: str, language: str
) -> None:
    """German articles lead to German ones, Japanese to Japanese."""
    articles = newsroom_model.articles_.set_index("id")
    ids = [name for name in articles.index if name.startswith(f"{desk}/")]
    related = newsroom_model.recommend(ids)
    assert set(articles["lang"][related["related_id"]]) == {language}
    assert set(related["article_id"]) == set(ids)


def test_bundled_stories_lead_to_themselves(newsroom_model: ArticleRecommender) -> None:
    """Of the articles in running stories at least 90 % have a follow-up at rank 1."""
    story = pd.read_csv(ROOT / "data" / "stories.csv").set_index("article_id")["story"].dropna()
    story = story[story.index.isin(newsroom_model.articles_["id"])]
    running = story[story.map(story.value_counts()) > 1]
    first = newsroom_model.recommend(running.index, k=1).set_index("article_id")["related_id"]
    right = first.map(story).reindex(running.index) == running
    assert len(running) > 100
    assert right.mean() >= 0.9


def test_bundled_copies_are_found_and_only_they_score_one(
    newsroom_model: ArticleRecommender,
) -> None:
    """The exact duplicates of the newsroom are first in each other's lists."""
    texts = newsroom_model.articles_.set_index("id")["text"]
    copies = texts[texts.duplicated(keep=False)]
    first = newsroom_model.recommend(copies.index, k=1).set_index("article_id")["related_id"]
    assert len(copies) >= 4
    assert (texts[first].to_numpy() == copies[first.index].to_numpy()).all()


def test_documented_parameters_are_those_of_the_constructor() -> None:
    """The docstring names every parameter, and no other."""
    section = re.split(r"\n-{4,}\n", inspect.getdoc(Recommender) or "")[1]
    named = re.findall(r"^([a-z_, ]+?) :", section.replace("\\\n", ""), re.MULTILINE)
    assert set(", ".join(named).split(", ")) == set(ArticleRecommender().get_params())


@pytest.mark.parametrize(
    "given", [None, "posts", Path("posts"), 5, [1, 2], {"id": ["a"]}, pd.Series(["a"]), np.eye(2)]
)
def test_what_is_no_table_is_named(given: Any) -> None:
    """Articles that are not tables are one error that names the type."""
    with pytest.raises(SourceError, match="expected a pandas DataFrame"):
        ArticleRecommender().fit(given)


def test_columns_of_several_levels_or_numbers_are_named() -> None:
    """Columns with two levels, or with numbers for names, are an error that shows them."""
    table = pd.DataFrame({"id": ["a"], "title": ["Rye"], "text": ["Rye"]})
    levels = pd.MultiIndex.from_product([["x"], table.columns])
    with pytest.raises(SourceError, match="got 2 levels"):
        ArticleRecommender().fit(table.set_axis(levels, axis=1))
    with pytest.raises(SourceError, match="id, title, text not found, got 0, 1, 2"):
        ArticleRecommender().fit(table.set_axis([0, 1, 2], axis=1))


@pytest.mark.parametrize(
    "parameters",
    [
        {"min_df": 2**64},
        {"idf_exponent": 1000},
        {"idf_exponent": 10**5000},
        {"title_weight": 1e300},
        {"hubness_exponent": 1e6},
        {"threads": 0},
        {"engine": "nonsense"},
    ],
)
def test_parameters_are_refused_before_and_after_fit(parameters: dict[str, Any]) -> None:
    """A parameter out of range is an error of `fit`, and of what comes after `set_params`."""
    with pytest.raises(ConfigError, match=next(iter(parameters))):
        ArticleRecommender(**parameters).fit(COPIES)
    model = ArticleRecommender(min_score=0).fit(COPIES)
    model.recommend()
    with pytest.raises(ConfigError, match=next(iter(parameters))):
        model.set_params(**parameters).recommend()


def test_weights_too_small_to_square_are_refused() -> None:
    """Weights whose squares vanish would give empty lists; they are an error."""
    zero = {name: 0 for name in ArticleRecommender().get_params() if name.endswith("_weight")}
    with pytest.raises(ConfigError, match="at least one field weight"):
        ArticleRecommender(**{**zero, "text_weight": 1e-200}).fit(COPIES)


def test_a_stage_of_your_own_is_calibrated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fit` draws the random pairs of a `MinScore` among the stages; no later call does."""
    table = pd.DataFrame({"id": [f"{i:03}" for i in range(300)]})
    words = np.random.default_rng(0).integers(0, 40, (300, 8))
    table["title"], table["text"] = "", [" ".join(f"w{w}" for w in row) for row in words]
    model = ArticleRecommender(stages=[MinScore()]).fit(table)
    assert model.min_score_ == ArticleRecommender().fit(table).min_score_ > 0
    monkeypatch.setattr("recommender.ranking.min_score.random_pairs", None)
    found = model.recommend()
    assert (found["score"] >= found["related_id"].map(model.least_score)).all()


def test_one_thread_is_one_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """With threads = 1 no pool is started, by fit, lists or reasons."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pool was started")

    for module in ("resources", "text.lexicon", "neighbors.pruned"):
        monkeypatch.setattr(f"recommender.{module}.ThreadPoolExecutor", refuse)
    model = ArticleRecommender(threads=1, min_score=0).fit(COPIES)
    shared_terms(model, model.recommend())
    model.recommend_for(COPIES)


@pytest.mark.parametrize("terms", [0, -1, 2**31, 3.0, None, True, "6"])
def test_a_number_of_terms_that_is_none_is_refused(terms: Any) -> None:
    """Reasons are asked for by a whole number from 1 on."""
    model = ArticleRecommender(min_score=0).fit(COPIES)
    for reasons in (shared_terms, because):
        with pytest.raises(ConfigError, match="terms must be a whole number"):
            reasons(model, model.recommend(), terms)


@pytest.mark.parametrize("language", ["x" * 300, "../../articles", "..", "/etc/passwd", "e\0n"])
def test_a_language_is_never_the_name_of_a_file(language: str) -> None:
    """An unknown code has no stop words, in any form."""
    assert stop_words_of(language) == frozenset()
    table = COPIES.assign(lang=language)
    assert len(ArticleRecommender(min_score=0).fit(table).recommend())


@pytest.mark.parametrize("whole_site", [False, True])
def test_trace_ends_with_the_lists(newsroom: pd.DataFrame, whole_site: bool) -> None:
    """The first step is what was found, the last what is recommended, for all or some articles."""

    def half(lists: Ranked, context: Context) -> Ranked:
        return keep(lists, np.arange(lists.indices.shape[1]) % 2 == 0)

    half.whole_site = whole_site  # type: ignore[attr-defined]
    model = ArticleRecommender(stages=[SameLanguage(), half]).fit(newsroom)
    ids = [model.articles_["id"][9], model.articles_["id"][3]]
    steps = list(model.trace(3, ids))
    assert [name for name, _ in steps] == ["nearest", "same language", "half", "first 3"]
    assert steps[0][1].indices.shape == (2, 50)
    shown = [model.articles_["id"].iloc[row].tolist() for row in steps[-1][1].indices]
    assert [name for names in shown for name in names] == list(
        model.recommend(ids, k=3)["related_id"]
    )
    assert len(next(iter(model.trace(3)))[1].indices) == len(newsroom)
