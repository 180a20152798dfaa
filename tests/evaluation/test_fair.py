"""Fair judging: only articles that existed are candidates, and the lists are as deep as others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from contracts import StageContract
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recommender import ArticleRecommender
from recommender.articles import validate_articles
from recommender.cli.main import cli
from recommender.config import Settings, of_group
from recommender.evaluation import fair
from recommender.evaluation.compare import per_query
from recommender.evaluation.fair import NotLater, fair_judgments, fair_lists, search_fairly
from recommender.evaluation.tuning import _Bench, tune
from recommender.neighbors import search
from recommender.ranking import Context, Ranked, keep

DEFAULTS = of_group(Settings(), "model")
WORDS = [f"{a}{b}word" for a in "abcd" for b in "klmno"]


class TestNotLater(StageContract):
    """Later articles are dropped."""

    stage = NotLater()


def site(n: int = 90, seed: int = 0) -> pd.DataFrame:
    """Articles of random words, one a day; every seventh has no date."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2020-01-01", periods=n, tz="UTC").to_series(index=range(n))
    return validate_articles(
        pd.DataFrame(
            {
                "id": [f"{row:03}" for row in rng.permutation(n)],
                "title": [" ".join(rng.choice(WORDS, 2)) for _ in range(n)],
                "text": [" ".join(rng.choice(WORDS, 15)) for _ in range(n)],
                "date": dates.where(np.arange(n) % 7 > 0),
                "lang": "en",
            }
        )
    )


def linked(articles: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Random judgments between the articles."""
    rng = np.random.default_rng(seed)
    ids = articles["id"].to_numpy()
    pairs = {tuple(rng.choice(ids, 2, replace=False)) for _ in range(200)}
    return pd.DataFrame(sorted(pairs), columns=["query", "related"]).assign(gain=1.0)


@given(st.data())
def test_fair_search_is_the_search_of_the_articles_that_existed(data: st.DataObject) -> None:
    """On random rows and dates, with ties, it equals a loop over the allowed articles."""
    n = data.draw(st.integers(1, 25))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    depth = data.draw(st.integers(1, n))
    dense = rng.integers(0, 3, (n, 4)) + np.array([1, 0, 0, 0])
    unit = dense / np.linalg.norm(dense, axis=1, keepdims=True)
    days = rng.integers(-3, 4, n)
    dates = pd.to_datetime(pd.Series(days).where(days != 0), unit="D", utc=True)
    articles = pd.DataFrame({"date": dates.astype("datetime64[ns, UTC]")})
    found = search_fairly(sparse.csr_array(unit), articles, np.arange(n, dtype=np.int32), depth)
    for row in range(n):
        allowed = [c for c in range(n) if not (days[row] and days[c] and days[c] > days[row])]
        scores = {c: round(1e6 * sum(unit[row] * unit[c])) for c in allowed if c != row}
        best = sorted((c for c in scores if scores[c] > 0), key=lambda c: (-scores[c], c))[:depth]
        assert [c for c in found.indices[row] if c >= 0] == best


def test_later_articles_are_masked_before_the_lists_are_cut() -> None:
    """One old article far behind 300 newer ones is still found, and nothing newer is."""
    newer = pd.DataFrame({"id": [f"n{i}" for i in range(300)], "title": "Rye", "text": "rye bread"})
    old = pd.DataFrame({"id": ["old", "seed"], "title": ["Oats", "Rye"],
                        "text": ["oats and rye with barley", "rye bread"]})  # fmt: skip
    dates = ["2024-01-01"] * 300 + ["2020-01-01", "2021-01-01"]
    articles = pd.concat([newer, old]).assign(date=dates)
    model = ArticleRecommender(min_score=0.0, max_df=1.0, min_df=1).fit(articles)
    assert fair_lists(model, ["seed"], 10)["related_id"].tolist() == ["old"]
    assert "old" not in set(model.recommend(["seed"], 10)["related_id"])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search in blocks of one seed gives the same lists."""
    model = ArticleRecommender().fit(site())
    whole = fair_lists(model, model.articles_["id"], 10)
    monkeypatch.setattr(fair, "CELLS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(fair_lists(model, model.articles_["id"], 10), whole)


def test_both_searches_obey_the_memory_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of the model do."""
    limits = []

    def noted(*given: Any, memory_limit: int | None = None, **how: Any) -> Any:
        limits.append(memory_limit)
        return search(*given, memory_limit=memory_limit, **how)

    monkeypatch.setattr(fair, "search", noted)
    model = ArticleRecommender(memory_limit=50).fit(site())
    fair_lists(model, model.articles_["id"], 10)
    assert set(limits) == {50_000_000}


def test_an_article_without_a_date_is_never_later() -> None:
    """Without a single date, the fair lists are the plain ones."""
    articles = site().assign(date=pd.NaT)
    model = ArticleRecommender().fit(articles)
    lists = fair_lists(model, model.articles_["id"], 10)
    pd.testing.assert_frame_equal(lists, model.recommend(k=10), check_dtype=False)


def test_articles_of_the_same_day_are_candidates() -> None:
    """Dates are compared by day: an article of the evening may be linked from the morning's."""
    table = pd.DataFrame({"id": ["a", "b"], "date": pd.to_datetime(
        ["2020-01-01T08:00Z", "2020-01-01T20:00Z"])})  # fmt: skip
    pairs = pd.DataFrame({"query": ["a"], "related": ["b"], "gain": [1.0]})
    assert len(fair_judgments(pairs, table)) == 1


def test_what_a_stage_adds_must_have_existed() -> None:
    """A stage over the whole site that adds the newest article cannot bring it in."""

    class AddsNewest:
        whole_site = True

        def __call__(self, lists: Ranked, context: Context) -> Ranked:
            assert len(context.seeds) == len(context.articles)
            newest = context.articles["date"].argmax()
            indices = lists.indices.copy()
            indices[(lists.indices != newest).all(axis=1), 0] = newest
            return keep(lists._replace(indices=indices), indices != context.own[:, None])

    model = ArticleRecommender(stages=[AddsNewest()]).fit(site())
    articles = model.articles_.set_index("id")
    newest = articles["date"].idxmax()
    old = articles.index[articles["date"] < articles["date"].max()]
    assert newest in set(model.recommend(list(old), 10)["related_id"])
    lists = fair_lists(model, old, 10)
    assert newest not in set(lists["related_id"])
    assert lists["article_id"].drop_duplicates().tolist() == [
        name for name in old if name in set(lists["article_id"])
    ]


def test_short_lists_are_filled_with_what_existed() -> None:
    """With a high minimum score, lists are filled up to `min_items`, and with nothing later."""
    model = ArticleRecommender(min_score=0.99, min_items=3).fit(site())
    date = model.articles_.set_index("id")["date"]
    old = date.sort_values().index[5:60]
    lists = fair_lists(model, old, 10)
    assert lists.groupby("article_id").size().reindex(old, fill_value=0).min() >= 3
    pairs = zip(lists["article_id"], lists["related_id"], strict=True)
    assert not any(date[related] > date[query] for query, related in pairs)


def test_exposure_and_fairness_go_together() -> None:
    """With every stage that is a number or a switch on, fair lists repeat nothing, and are fair."""
    on = {"min_inbound": 2, "max_inbound": 9, "diversity": 0.3, "nearness_weight": 0.2,
          "half_life": 90.0, "series": True, "duplicate_score": 0.9}  # fmt: skip
    model = ArticleRecommender(min_score=0.0, **on).fit(site(150))
    lists = fair_lists(model, model.articles_["id"], 10)
    date = model.articles_.set_index("id")["date"]
    assert lists["article_id"].nunique() > 100
    assert not lists.duplicated(["article_id", "related_id"]).any()
    pairs = zip(lists["article_id"], lists["related_id"], strict=True)
    assert not any(date[related] > date[query] or query == related for query, related in pairs)


def test_links_to_later_articles_are_left_out() -> None:
    """A link to a later article was added afterwards; a query with no other is no query."""
    articles = site()
    fitting = fair_judgments(linked(articles), articles)
    date = articles.set_index("id")["date"]
    expected = [
        (q, r)
        for q, r in linked(articles)[["query", "related"]].itertuples(index=False)
        if not date[r] > date[q]
    ]
    assert list(fitting[["query", "related"]].itertuples(index=False, name=None)) == expected


def test_a_fair_trial_ranks_as_the_fair_lists() -> None:
    """Tuning measures both lists of a configuration: the fair ones first, and the plain ones."""
    articles, judged = site(), linked(site())
    fitting = fair_judgments(judged, articles)
    judged = judged[judged["query"].isin(fitting["query"])]
    changes = {"hubness_exponent": 0.0, "idf_exponent": 2.0}
    model = ArticleRecommender(**changes).fit(articles)
    bench = _Bench(articles, judged, DEFAULTS, 10, fitting)
    lists = fair_lists(model, bench.queries, 10), model.recommend(k=10)
    for column, made, table in zip((0, 1), lists, (fitting, judged), strict=True):
        expected = per_query(made, table, 10)["nDCG@10"].to_numpy()
        np.testing.assert_array_equal(bench.table_of(DEFAULTS | changes)[:, column], expected)


def test_tuning_reports_both_figures() -> None:
    """With `fair`, the gain has two rows, and the trials are ordered by the fair one."""
    articles = site()
    result = tune(articles, linked(articles), trials=3, folds=2, fair=True)
    assert result.gain["measure"].tolist() == ["fair nDCG@10", "nDCG@10"]
    assert result.trials["value"].is_monotonic_decreasing
    as_set = result.trials.set_index("settings").loc["as set"]
    assert as_set[["value", "plain"]].tolist() == result.gain["first"].tolist()


# --- The commands ---


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dated blog, its judgments as a file, and the same articles without dates."""
    articles = site()
    articles[["id", "title", "text", "date"]].to_csv(tmp_path / "dated.csv", index=False)
    articles[["id", "title", "text"]].to_csv(tmp_path / "undated.csv", index=False)
    linked(articles).to_csv(tmp_path / "judged.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_evaluate_prints_both_figures(posts: Path) -> None:
    """The fair measures come beside the plain ones, in the comparison and per query too."""
    result = CliRunner().invoke(
        cli, ["evaluate", "dated.csv", "--judgments", "judged.csv", "--fair",
              "--set", "hubness_exponent=0", "--per-query", "queries.csv",
              "--fail-under", "fair nDCG@10=0"])  # fmt: skip
    assert result.exit_code == 0, result.output
    names = [line.split("@")[0] for line in result.stdout.splitlines()]
    assert names.count("nDCG") == names.count("fair nDCG") == 2
    assert "links to later articles left out of the fair measures" in result.stderr
    table = pd.read_csv(posts / "queries.csv")
    assert table["fair nDCG@10"].notna().sum() < table["nDCG@10"].notna().sum() == len(table)


def test_a_floor_of_a_measure_that_is_missing_fails(posts: Path) -> None:
    """Without dates there is no fair figure: a note says so, and its floor is not reached."""
    result = CliRunner().invoke(
        cli, ["evaluate", "undated.csv", "--judgments", "judged.csv", "--fair",
              "--fail-under", "fair nDCG@10=0"])  # fmt: skip
    assert result.exit_code == 1
    assert "Note: the articles have no dates, so there are no fair measures" in result.stderr
    assert "fair nDCG" not in result.stdout


def test_links_of_a_dated_site_are_judged_fairly(posts: Path) -> None:
    """With links as judgments, `evaluate` and `tune` do so without a flag."""
    (posts / "blog").mkdir()
    for day in range(1, 27):
        name, other = f"rye-{day:02}", f"rye-{max(day - 3, 1):02}"
        text = f"---\ndate: 2024-01-{day:02}\n---\n# Rye {day}\n\nRye of {day % 5} [x]({other}.md)."
        (posts / "blog" / f"{name}.md").write_text(text)
    shown = CliRunner().invoke(cli, ["evaluate", "blog", "--judgments", "links"])
    assert "fair nDCG@10" in shown.stdout, shown.output
    tuned = CliRunner().invoke(cli, ["tune", "blog", "--judgments", "links", "--trials", "1"])
    assert tuned.stdout.startswith("fair nDCG@10"), tuned.output
    assert "cross-validated nDCG@10" in tuned.stdout
