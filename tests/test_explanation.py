"""Explanations: they add up, and the short form agrees with the long one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import PLAIN, TINY

from recommender import ArticleRecommender, because, explain, shared_terms
from recommender.errors import NotFittedError, UnknownArticleError
from recommender.explanation import Step, entry_ranks, placement
from recommender.ranking import Context, Ranked, keep, reorder
from recommender.vectors.overlap import AVAILABLE


def reversed_order(lists: Ranked, context: Context) -> Ranked:
    """Put the farthest first."""
    return reorder(lists, -lists.keys)


def close_only(lists: Ranked, context: Context) -> Ranked:
    """Keep scores from 0.5."""
    return keep(lists, lists.scores >= 0.5)


def test_contributions_are_those_worked_out_by_hand() -> None:
    """ferry·port = 2/√10 from the ferry and 1/√10 from the harbour."""
    why = explain(ArticleRecommender(**PLAIN).fit(TINY), "ferry", "port")
    assert why.score == 0.948683
    assert why.terms["term"].tolist() == ["ferry", "harbour"]
    assert why.terms["contribution"].tolist() == pytest.approx([2 / 10**0.5, 1 / 10**0.5])
    assert set(why.terms["fields"]) == {"text"}


def test_contributions_add_up_to_the_score(newsroom_model: ArticleRecommender) -> None:
    """For 300 random pairs the parts sum to the score, to its own grain."""
    pairs = np.random.default_rng(0).choice(newsroom_model.articles_["id"], (300, 2))
    whys = [explain(newsroom_model, *pair) for pair in pairs]
    sums = [why.contributions["contribution"].sum() for why in whys]
    assert sums == pytest.approx([why.score for why in whys], abs=1e-6)
    by_term = [why.terms["contribution"].sum() for why in whys[:50]]
    assert by_term == pytest.approx(sums[:50])
    assert all((why.contributions["contribution"] > 0).all() for why in whys)


def test_explanation_is_the_same_from_either_side(newsroom_model: ArticleRecommender) -> None:
    """The score of a pair has no direction; its fields change sides."""
    related = newsroom_model.recommend(k=1).iloc[7]
    there = explain(newsroom_model, related["article_id"], related["related_id"])
    back = explain(newsroom_model, related["related_id"], related["article_id"])
    assert there.score == back.score == related["score"]
    fields = ["seed_field", "related_field"]
    turned = back.contributions.rename(columns=dict(zip(fields, fields[::-1], strict=True)))
    key = ["term", *fields]
    left, right = (t.set_index(key)["contribution"] for t in (there.contributions, turned))
    assert left.to_dict() == pytest.approx(right.to_dict())


def test_because_agrees_with_explain(newsroom_model: ArticleRecommender) -> None:
    """In scripts with spaces, reasons are the first words of the full explanation."""
    articles = newsroom_model.articles_
    spaced = articles["id"][~articles["lang"].isin(["ja", "zh"])]
    related = newsroom_model.recommend(k=1).iloc[::9]
    related = related[related["article_id"].isin(spaced)]
    for row, reasons in zip(related.itertuples(), because(newsroom_model, related), strict=True):
        terms = explain(newsroom_model, row.article_id, row.related_id).terms
        terms = terms[terms["term"].str.contains("[^\\W\\d_]")].head(len(reasons))
        assert [part for _, part in reasons] == pytest.approx(terms["contribution"].tolist(), 1e-4)
        assert 1 <= len(reasons) <= 6
    alone = shared_terms(newsroom_model, related)
    pairs = because(newsroom_model, related)
    assert alone == [[term for term, _ in reasons] for reasons in pairs]


@pytest.mark.skipif(not AVAILABLE, reason="the compiled extension is not installed")
@pytest.mark.parametrize("terms", [1, 3, 500])
def test_because_gives_the_same_without_compiled_code(
    newsroom_model: ArticleRecommender, monkeypatch: pytest.MonkeyPatch, terms: int
) -> None:
    """Neither compiled code nor the number of pairs multiplied at once changes anything."""
    related = newsroom_model.recommend().iloc[::-1]
    whole = because(newsroom_model, related, terms)
    monkeypatch.setattr("recommender.vectors.overlap.AVAILABLE", False)
    monkeypatch.setattr("recommender.vectors.overlap.PAIRS_AT_ONCE", 7)
    assert because(newsroom_model, related, terms) == whole


def test_unrelated_articles_have_an_empty_explanation() -> None:
    """No shared term gives score 0 and no rows."""
    why = explain(ArticleRecommender(**PLAIN).fit(TINY), "ferry", "rye")
    assert (why.score, len(why.contributions), len(why.terms)) == (0, 0, 0)


def test_an_article_is_all_like_itself() -> None:
    """The score of an article with itself is 1."""
    assert explain(ArticleRecommender(**PLAIN).fit(TINY), "ferry", "ferry").score == 1


def test_explanations_need_a_fit_and_known_ids() -> None:
    """Both ways of asking say what is missing."""
    model = ArticleRecommender(**PLAIN).fit(TINY)
    with pytest.raises(NotFittedError):
        explain(ArticleRecommender(), "a", "b")
    with pytest.raises(NotFittedError):
        because(ArticleRecommender(), model.recommend())
    with pytest.raises(UnknownArticleError, match="did you mean ferry"):
        explain(model, "rye", "fery")
    assert because(model, model.recommend([])) == []


def test_years_and_months_of_addresses_are_no_first_reasons() -> None:
    """Bare numbers come after the words, and are dropped if there are enough words."""
    articles = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "title": ["Seat", "Seats", "Tea", "Ale"],
            "text": ["A seat by the window", "One more seat by the door", "Green leaves", "Malt"],
            "url": ["/2025/06/a/", "/2025/06/b/", "/2024/01/c/", "/2023/02/d/"],
        }
    )
    model = ArticleRecommender(min_df=1, min_score=0, path_weight=5.0).fit(articles)
    lists = pd.DataFrame({"article_id": ["a"], "related_id": ["b"]})
    reasons = shared_terms(model, lists)[0]
    assert reasons[0].startswith("seat")
    assert {"2025", "06"} <= set(reasons)
    assert shared_terms(model, lists, terms=1) == [reasons[:1]]
    assert [term for term, _ in because(model, lists)[0]] == reasons


def test_placement_shows_the_rank_after_each_stage() -> None:
    """What a stage moves or drops is seen at its step; the last step is the list."""
    model = ArticleRecommender(**{**PLAIN, "stages": [reversed_order, close_only]}).fit(TINY)
    found = placement(model, "bakery", "ferry", k=2)
    assert found.steps == [
        Step("nearest", 3, 3),
        Step("reversed order", 1, 3),
        Step("close only", 0, 2),
        Step("first 2", 0, 2),
    ]
    assert (found.nearest_rank, found.origin, found.kept_out) == (3, "", "close only")
    kept = placement(model, "bakery", "port", k=2)
    assert [step.rank for step in kept.steps] == [1, 2, 1, 1]
    assert (kept.origin, kept.kept_out) == ("similar", "")


def test_placement_says_what_was_never_near() -> None:
    """An article without a shared term has no rank by score; nor has the article itself."""
    model = ArticleRecommender(**PLAIN).fit(TINY)
    assert placement(model, "ferry", "rye")[:1] == (0,)
    assert placement(model, "ferry", "rye").kept_out == "nearest"
    assert placement(model, "ferry", "ferry").nearest_rank == 0


def test_placement_agrees_with_the_lists(newsroom_model: ArticleRecommender) -> None:
    """For all entries of ten lists, the last step has the rank of the list."""
    lists = newsroom_model.recommend(newsroom_model.articles_["id"][:10], k=4)
    assert len(lists) == 40
    for row in lists.to_dict("records"):
        found = placement(newsroom_model, row["article_id"], row["related_id"], k=4)
        assert (found.steps[-1].rank, found.origin) == (row["rank"], row["origin"])


def test_placement_needs_a_fit_and_known_articles(newsroom_model: ArticleRecommender) -> None:
    """The errors are those of `explain`."""
    with pytest.raises(NotFittedError):
        placement(ArticleRecommender(), "a", "b")
    with pytest.raises(UnknownArticleError):
        placement(newsroom_model, newsroom_model.articles_["id"][0], "nobody")


def test_ranks_of_all_entries_agree_with_placement(newsroom_model: ArticleRecommender) -> None:
    """Each row of the recommendations has the ranks that `placement` finds for its pair."""
    lists = newsroom_model.recommend(k=6)
    names, ranks = entry_ranks(newsroom_model, 6)
    assert len(ranks) == len(lists)
    for row in range(0, len(lists), 97):
        pair = lists.iloc[row]
        steps = placement(newsroom_model, pair["article_id"], pair["related_id"], 6).steps
        assert [step.name for step in steps[:-1]] == names
        assert [step.rank for step in steps[:-1]] == ranks[row]
