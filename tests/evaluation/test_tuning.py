"""Tuning: what it searches, that its figure is honest, and what it writes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from recommender import ArticleRecommender
from recommender.articles import validate_articles
from recommender.cli.evaluate import evaluate, tune
from recommender.cli.main import cli
from recommender.config import Settings, of_group
from recommender.errors import ConfigError, JudgmentsError
from recommender.evaluation.compare import fitting_judgments, per_query
from recommender.evaluation.tuning import LADDERS, _Bench
from recommender.evaluation.tuning import tune as tune_settings

DEFAULTS = of_group(Settings(), "model")
WORDS = [f"word{letter}{other}" for letter in "abcdefgh" for other in "klmnopqr"]


def topical_corpus(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Articles whose titles tell their subject and whose texts are noise; the subject judges."""
    rng = np.random.default_rng(seed)
    subjects = rng.integers(0, 12, 72)
    articles = pd.DataFrame(
        {
            "id": [f"{row:03}" for row in range(72)],
            "title": [f"{WORDS[s]} {WORDS[s + 12]}" for s in subjects],
            "text": [" ".join(rng.choice(WORDS, 40)) for _ in subjects],
            "lang": "en",
        }
    )
    pairs = [
        (articles["id"][a], articles["id"][b], 1.0)
        for a in range(72)
        for b in range(72)
        if a != b and subjects[a] == subjects[b]
    ]
    judged = pd.DataFrame(pairs, columns=["query", "related", "gain"])
    return validate_articles(articles), judged


ARTICLES, JUDGED = topical_corpus()


def test_tuning_finds_the_field_that_tells() -> None:
    """Where only titles tell the subject, their weight rises, and the gain is significant."""
    result = tune_settings(ARTICLES, JUDGED, trials=15, folds=3)
    assert result.best["title_weight"] > DEFAULTS["title_weight"]
    assert result.significant
    row = result.gain.iloc[0]
    assert row["low"] <= row["difference"] <= row["high"]
    assert len(result.chosen) == 3
    assert result.trials["value"].is_monotonic_decreasing


def test_tuning_to_noise_is_not_significant() -> None:
    """Judgments that have nothing to do with the articles give no winner."""
    rng = np.random.default_rng(1)
    noise = JUDGED.assign(related=rng.permutation(JUDGED["related"])).drop_duplicates(
        ["query", "related"]
    )
    assert not tune_settings(ARTICLES, noise, trials=15, folds=3).significant


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title_weight": 2.4, "tf_exponent": 1.0},
        {"title_weight": 0.0, "headings_weight": 0.4, "stemming": False},
        {"hubness_exponent": 0.0, "idf_exponent": 2.0},
        {"min_score": 0.3, "length_pivot": 0.0},
        {"across_languages": True},
        {"min_score": "auto", "length_pivot": 40.0, "min_inbound": 1},
    ],
)
def test_a_trial_ranks_as_a_build_does(changes: dict[str, Any]) -> None:
    """The score of a configuration is the score of the lists that `build` makes with it."""
    articles = ARTICLES.assign(
        lang=["en", "de"] * (len(ARTICLES) // 2),
        url=ARTICLES["id"],
        translations=[[other] for other in ARTICLES["id"][::-1]],
    )
    judged = fitting_judgments(JUDGED, articles["id"]).table
    lists = ArticleRecommender(**changes).fit(articles).recommend(k=10)
    built = per_query(lists, judged, 10)["nDCG@10"]
    bench = _Bench(articles, judged, DEFAULTS, 10)
    bench.values(DEFAULTS)
    assert bench.values(DEFAULTS | changes).tolist() == built.tolist()


def test_a_stage_setting_needs_no_further_search() -> None:
    """Settings of the stages are tried on the search that is there already."""
    bench = _Bench(ARTICLES, fitting_judgments(JUDGED, ARTICLES["id"]).table, DEFAULTS, 10)
    bench.values(DEFAULTS)
    searched = bench._searched
    bench.values(DEFAULTS | {"min_score": 0.2, "length_pivot": 0.0})
    assert bench._searched is searched
    assert bench.ladders["min_score"] == (0.0, 0.05, 0.1, "auto", 0.2)


def test_the_given_settings_have_one_figure() -> None:
    """The table of trials and the cross-validated line agree on the settings as set."""
    result = tune_settings(ARTICLES, JUDGED, trials=3, folds=2)
    as_set = result.trials[result.trials["settings"] == "as set"]
    assert as_set["value"].tolist() == result.gain["first"].tolist()


@pytest.mark.parametrize("trials", [1, 4, 9])
def test_tuning_tries_as_many_configurations_as_asked(trials: int) -> None:
    """The folds share the trials: four are four in all."""
    assert len(tune_settings(ARTICLES, JUDGED, trials=trials, folds=3).trials) == trials


def test_tuning_is_seeded() -> None:
    """The same input gives the same result."""
    first, second = (tune_settings(ARTICLES, JUDGED, trials=5, folds=2) for _ in range(2))
    pd.testing.assert_frame_equal(first.trials, second.trials)
    assert first.best == second.best


def test_every_ladder_is_a_setting() -> None:
    """Only settings of the model are searched, and the values found are valid settings."""
    assert set(LADDERS) <= set(DEFAULTS)
    assert all(Settings(**{name: step}) for name, steps in LADDERS.items() for step in steps)


def test_wrong_arguments_and_too_few_queries_are_refused() -> None:
    """Tuning needs two folds, a trial, and enough queries to choose by."""
    with pytest.raises(ConfigError, match="folds >= 2, got 60 and 1"):
        tune_settings(ARTICLES, JUDGED, folds=1)
    with pytest.raises(JudgmentsError, match="1 queries fit the articles, expected 20"):
        tune_settings(ARTICLES, JUDGED[:1])


# --- The commands ---


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The corpus as files in the working directory."""
    ARTICLES[["id", "title", "text", "lang"]].to_csv(tmp_path / "articles.csv", index=False)
    JUDGED.to_csv(tmp_path / "judged.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: Any, *arguments: str) -> Result:
    """Run a verb as the command line does."""
    return CliRunner().invoke(cli, [command.name, "articles.csv", *arguments])


def test_tune_prints_and_writes_the_winner(site: Path) -> None:
    """The table and the figure are on stdout; --write edits recommender.toml."""
    (site / "recommender.toml").write_text("k = 3 # mine\n")
    result = run(tune, "--judgments", "judged.csv", "--trials", "10", "--write")
    assert result.exit_code == 0, result.output
    assert "as set" in result.stdout
    assert "cross-validated nDCG@10" in result.stdout
    text = (site / "recommender.toml").read_text()
    assert text.startswith("k = 3 # mine\n")
    assert tomllib.loads(text)["title_weight"] > DEFAULTS["title_weight"]


def test_tune_writes_nothing_without_a_winner(site: Path) -> None:
    """Judgments that are noise have no winner: a warning, and no file."""
    judged = JUDGED.assign(related=JUDGED["related"].sample(frac=1, random_state=1).to_numpy())
    judged.drop_duplicates(["query", "related"]).to_csv(site / "judged.csv", index=False)
    result = run(tune, "--judgments", "judged.csv", "--trials", "1", "--write")
    assert result.exit_code == 0, result.output
    assert "Warning: no settings beat the current ones" in result.stderr
    assert not (site / "recommender.toml").exists()


def test_evaluate_compares_configurations(site: Path) -> None:
    """stdout holds the measures and the comparison; --per-query has a row per query and run."""
    result = run(evaluate, "--judgments", "judged.csv", "--set", "title_weight=2 tf-exponent=1",
                 "--per-query", "queries.csv", "--cutoff", "5")  # fmt: skip
    assert result.exit_code == 0, result.output
    for name in (
        "nDCG@5",
        "MAP@5",
        "reach",
        "inbound Gini",
        "empty lists",
        "mean cosine",
        "against",
    ):
        assert name in result.stdout
    table = pd.read_csv(site / "queries.csv")
    queries = JUDGED["query"].nunique()
    assert table["run"].value_counts().tolist() == [queries, queries]


def test_evaluate_fails_under_a_threshold(site: Path) -> None:
    """Exit code 1 below the threshold, 0 at it; with --log, the error has its time too."""
    low = run(evaluate, "--judgments", "judged.csv", "--fail-under", "nDCG@10=0.99")
    assert low.exit_code == 1
    assert "Error: nDCG@10 is" in low.stderr
    dated = run(evaluate, "--log", "--judgments", "judged.csv", "--fail-under", "nDCG@10=0.99")
    lines = dated.stderr.splitlines()
    assert "Error: nDCG@10 is" in lines[-1]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* ", line) for line in lines)
    assert run(evaluate, "--judgments", "judged.csv", "--fail-under", "reach=0").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-under", "NDCG@10=0.4"], "did you mean nDCG@10"),
        (["--fail-under", "nDCG@10=high"], "expected nDCG@10=NUMBER"),
        (["--fail-under", "reach=nan"], "expected reach=NUMBER"),
        (["--set", "title"], "expected NAME=VALUE, got 'title'"),
        (["--set", "title_wieght=1"], "did you mean title_weight"),
    ],
)
def test_wrong_usage_is_named(site: Path, arguments: list[str], message: str) -> None:
    """An unknown measure, threshold or setting is a ConfigError."""
    result = run(evaluate, "--judgments", "judged.csv", *arguments)
    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)
    assert "Read " not in result.output


def test_evaluate_reads_saved_lists(site: Path) -> None:
    """A file of lists measures the same as the run that made it."""
    lists = ArticleRecommender().fit(ARTICLES).recommend(k=10)
    lists.rename(columns={"related_id": "id"}).to_csv(site / "lists.csv", index=False)
    saved = run(evaluate, "--judgments", "judged.csv", "--run", "lists.csv")
    fresh = run(evaluate, "--judgments", "judged.csv")
    assert saved.exit_code == 0, saved.output
    assert saved.stdout.splitlines()[1].split() == fresh.stdout.splitlines()[1].split()


def test_evaluate_reads_the_lists_of_a_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists by the keys of pages belong to their articles; keys of no article are an error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts").mkdir()
    for name, link in (("rye", "oats"), ("oats", "mill"), ("mill", "rye")):
        text = f"# {name}\n\nGrain and flour: [next]({link}.md)."
        (tmp_path / "posts" / f"{name}.md").write_text(text)
    built = CliRunner().invoke(cli, ["build", "posts", "-f", "hugo", "-o", "lists.json"])
    assert built.exit_code == 0, built.output
    command = ["evaluate", "posts", "--judgments", "links", "--run", "lists.json"]
    monkeypatch.setenv("RECOMMENDER_FORMAT", "hugo")
    measured = CliRunner().invoke(cli, command)
    assert measured.exit_code == 0, measured.output
    assert re.search(r"^Recall@10 +1\.0000", measured.stdout, re.MULTILINE)
    monkeypatch.delenv("RECOMMENDER_FORMAT")
    refused = CliRunner().invoke(cli, command)
    assert isinstance(refused.exception, JudgmentsError)
    assert "no list of an article of the source, got '/" in str(refused.exception)


def test_weak_judges_are_named(site: Path) -> None:
    """Judging by tags comes with a warning."""
    table = ARTICLES[["id", "title", "text"]].assign(tags=ARTICLES["title"].str.split().str[0])
    table.to_csv(site / "articles.csv", index=False)
    result = run(evaluate, "--judgments", "tags")
    assert result.exit_code == 0, result.output
    assert "precision 0.76, recall 0.09" in result.stderr


def test_evaluate_takes_the_links_of_a_site(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links in Markdown are judgments without any labelling."""
    (site / "posts").mkdir()
    for name, link in (("rye", "oats.md"), ("oats", "/mill/"), ("mill", "rye.md")):
        (site / "posts" / f"{name}.md").write_text(f"# {name}\n\nGrain and flour: [next]({link}).")
    result = CliRunner().invoke(cli, ["evaluate", "posts", "--judgments", "links"])
    assert result.exit_code == 0, result.output
    assert "3 of 3 links lead to another article" in result.stderr
    assert "3 judgments of 3 queries" in result.stderr
    assert "Warning: with fewer than 20 queries the figures are unreliable" in result.stderr
