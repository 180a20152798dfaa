"""Clicks: bad rows are named, and simulated readers' true tastes are found again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender.articles import validate_articles
from recommender.cli.console import Narrator
from recommender.cli.main import cli
from recommender.cli.steps import read, start
from recommender.errors import ConfigError, JudgmentsError, SourceError
from recommender.evaluation.ab import ab_test, arms_of
from recommender.evaluation.clicks import (
    click_prior,
    click_rates,
    is_clicks,
    judgments_from_clicks,
    position_bias,
    read_clicks,
    share_moved,
)
from recommender.evaluation.judgments import read_judgments

LOOKS = np.array([1.0, 0.6, 0.4, 0.3, 0.2])
"""How often simulated readers look at each position."""


def simulate(
    pages: int = 60,
    views: int = 300,
    seed: int = 0,
    *,
    moved: bool = True,
    looks: NDArray[np.float64] = LOOKS,
) -> tuple[pd.DataFrame, pd.Series]:
    """Clicks of readers who look at a position, then click what attracts them; and what does."""
    rng = np.random.default_rng(seed)
    rows, truth = [], {}
    for page in range(pages):
        attraction = rng.beta(2, 10, len(looks))
        truth |= {(f"p{page}", f"e{page}-{i}"): g for i, g in enumerate(attraction)}
        for _ in range(4):
            order = rng.permutation(len(looks)) if moved else np.argsort(-attraction)
            clicked = rng.binomial(views, looks * attraction[order])
            for place, (i, count) in enumerate(zip(order, clicked, strict=True), 1):
                rows.append((f"p{page}", f"e{page}-{i}", place, views, count))
    columns = ["article", "shown", "position", "times", "clicked"]
    return pd.DataFrame(rows, columns=columns), pd.Series(truth)


def test_the_bias_of_simulated_readers_is_found() -> None:
    """Where entries move, each position's share of looks is found within 0.05."""
    clicks, _ = simulate()
    np.testing.assert_allclose(position_bias(clicks), LOOKS, atol=0.05)


def test_readers_without_bias_have_none() -> None:
    """Readers who look at every position alike give 1 at each, within 0.05."""
    clicks, _ = simulate(looks=np.ones(5))
    np.testing.assert_allclose(position_bias(clicks), 1.0, atol=0.05)


def test_corrected_rates_order_entries_as_readers_do() -> None:
    """The corrected rates are near the true attraction and order entries better than raw ones."""
    clicks, truth = simulate(views=100)
    keys = ["article", "shown"]
    corrected, raw = (
        click_rates(clicks, bias).set_index(keys)["rate"].reindex(truth.index)
        for bias in (None, dict.fromkeys(range(1, 6), 1.0))
    )
    assert corrected.corr(truth, method="spearman") > 0.9
    assert raw.corr(truth, method="spearman") < corrected.corr(truth, method="spearman") - 0.05
    assert (corrected - truth).abs().mean() < (raw - truth).abs().mean() / 3


def test_a_single_click_proves_little() -> None:
    """One click on one impression ranks below 100 on 500: rates lean to the mean of all."""
    clicks = pd.DataFrame({"article": "x", "shown": ["one", "many", "rest"], "position": 1,
                           "times": [1, 500, 5000], "clicked": [1, 100, 200]})  # fmt: skip
    rates = click_rates(clicks).set_index("shown")["rate"]
    assert rates["many"] > rates["one"] > rates["rest"]


@given(st.data())
def test_rates_are_the_written_formula(data: st.DataObject) -> None:
    """On random clicks, a rate is (clicks + 20 m) / (looks + 20), at most 1, by plain loops."""
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    n = data.draw(st.integers(1, 30))
    times = rng.integers(1, 50, n)
    ids = {"article": rng.choice(list("xy"), n), "shown": rng.choice(list("abc"), n)}
    counts = {"times": times, "clicked": rng.integers(0, times + 1)}
    clicks = pd.DataFrame(ids | {"position": rng.integers(1, 4, n)} | counts)
    bias = {1: 1.0, 2: 0.5, 3: 0.25}
    rows = list(clicks.itertuples(index=False))
    mean = sum(r.clicked for r in rows) / sum(r.times * bias[r.position] for r in rows)
    for line in click_rates(clicks, bias).itertuples():
        own = [r for r in rows if (r.article, r.shown) == (line.article, line.shown)]
        looks = sum(r.times * bias[r.position] for r in own)
        rate = (sum(r.clicked for r in own) + 20 * mean) / (looks + 20)
        assert line.rate == pytest.approx(min(rate, 1.0))
    assert position_bias(clicks).between(0, 1).all()


def test_gains_are_rates_of_what_was_clicked() -> None:
    """As judgments, an entry without a click has gain 0, and better ones a higher gain."""
    clicks, truth = simulate(pages=10)
    table = judgments_from_clicks(clicks).set_index(["query", "related"])["gain"]
    assert table.reindex(truth.index).corr(truth, method="spearman") > 0.9
    never = pd.DataFrame({"article": "x", "shown": ["a", "b"], "position": [1, 2],
                          "times": 9, "clicked": [3, 0]})  # fmt: skip
    assert judgments_from_clicks(never)["gain"].tolist()[1] == 0


def test_the_prior_adds_up_an_entry_over_all_pages() -> None:
    """An entry that attracts on many pages has a high prior."""
    clicks, truth = simulate()
    clicks["shown"] = "s" + clicks["shown"].str[-1]
    raw = clicks.assign(clicked=(clicks["shown"] == "s2") * clicks["times"] // 3)
    assert click_prior(raw).idxmax() == "s2"
    assert len(click_prior(raw)) == 5
    assert truth.between(0, 1).all()


def test_entries_that_keep_their_place_are_counted() -> None:
    """The share of impressions that can tell positions from entries is 1 or 0."""
    assert share_moved(simulate(moved=False)[0]) == 0
    assert share_moved(simulate()[0]) > 0.9


# --- The file ---


def write(folder: Path, text: str) -> Path:
    """Write a file of clicks."""
    file = folder / "clicks.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_read_and_added_up(tmp_path: Path) -> None:
    """Rows of the same place are added up; spaces, order and other columns do not matter."""
    file = write(
        tmp_path, "position, clicked,shown,article,when\n1,1,b,a,x\n 1 ,0, b ,a,y\n2,0,c,a,\n"
    )
    expected = [["a", "b", 1, 2, 1], ["a", "c", 2, 1, 0]]
    assert read_clicks(file).values.tolist() == expected
    assert is_clicks(file)


def test_every_bad_row_is_named_with_its_line(tmp_path: Path) -> None:
    """All mistakes are reported at once, each with file, line, column and value."""
    file = write(tmp_path, "article,shown,clicked,position,times,arm\n"
        "a,b,1,1,1,a\n,b,0,1,1,a\na,b,2,1,1,a\na,b,x,1,1,a\na,b,0,0,1,a\n"
        "a,b,0,1.5,1,a\na,a,0,1,1,b\na,b,0,1,0,a\na,b,0,1,1,c\na,b,0,1,1,a,9\n"
        "a,b,0,1,99999999999,a\na,b\na,b,0,1,00000000009999999999,a\n")  # fmt: skip
    with pytest.raises(JudgmentsError) as raised:
        read_clicks(file)
    for line in (
        "3: article must be an id, got nothing",
        "4: clicked must be at most 1, got 2",
        "5: clicked must be a whole number >= 0, got 'x'",
        "6: position must be a whole number >= 1, got '0'",
        "7: position must be a whole number >= 1, got '1.5'",
        "8: 'a' is shown in its own list",
        "9: times must be a whole number >= 1, got '0'",
        "10: arm must be a or b, got 'c'",
        "11: has more cells than the header",
        "12: times must be a whole number >= 1, got '99999999999'",
        "13: clicked must be a whole number >= 0, got ''",
        "14: times must be a whole number >= 1, got '00000000009999999999'",
    ):
        assert f"{file}:{line}" in str(raised.value)
    assert f"{file}:2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("article,shown,clicks,position\n", ":1: column clicked not found"),
        ("article,shown,clicked,position\n", "contains no clicks"),
        ("", ":1: column article not found, got none"),
        ("article,shown,clicked,position\nx,y,1,1\n", "no row relates two of the 2 articles"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    """A missing column, an empty file, and ids of another site are errors."""
    with pytest.raises(JudgmentsError, match=message):
        read_clicks(write(tmp_path, text), ["a", "b"])


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A missing file, a file in another encoding and a cell without end are errors."""
    with pytest.raises(JudgmentsError, match="cannot be read"):
        read_clicks(tmp_path / "none.csv")
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"article,shown,clicked,position\n\xff,b,1,1\n")
    with pytest.raises(JudgmentsError, match="is not UTF-8"):
        read_clicks(broken)
    csv.field_size_limit(131_072)  # Python's own, which readers of long cells raise
    broken.write_text("article,shown,clicked,position\n" + "x" * 200_000 + ",b,1,1\n")
    with pytest.raises(JudgmentsError, match=r"broken.csv:2: is not CSV"):
        read_clicks(broken)


def test_judgments_may_be_clicks(tmp_path: Path) -> None:
    """`read_judgments` recognizes a file of clicks by its header."""
    file = write(tmp_path, "article,shown,clicked,position,times\na,b,3,1,9\na,c,0,2,9\n")
    table = read_judgments(file)
    assert table[["query", "related"]].to_numpy().tolist() == [["a", "b"], ["a", "c"]]
    assert table["gain"].gt(0).tolist() == [True, False]


# --- A test of two arms ---


def arm_clicks(lift: float, pages: int = 300, seed: int = 0) -> pd.DataFrame:
    """Clicks on pages of unlike popularity; arm b is clicked `lift` times as often."""
    rng = np.random.default_rng(seed)
    names = [f"page {i}" for i in range(pages)]
    times = rng.integers(20, 400, pages)
    rate = rng.beta(2, 30, pages) * np.where(arms_of(names) == "b", lift, 1.0)
    rows = [
        (name, f"e{place}", place, views, rng.binomial(views, r / place))
        for name, views, r in zip(names, times, rate, strict=True)
        for place in (1, 2)
    ]
    return pd.DataFrame(rows, columns=["article", "shown", "position", "times", "clicked"])


def test_arms_are_stable_and_even() -> None:
    """An id has the same arm for ever, and half of many ids are in each arm."""
    assert arms_of(["posts/rye.md", "ärger", ""]).tolist() == ["a", "a", "a"]
    assert abs((arms_of(map(str, range(10_000))) == "b").mean() - 0.5) < 0.015


def test_a_real_lift_is_found_and_its_size_is_in_the_interval() -> None:
    """Half as many clicks again is significant, and the true lift is inside the interval."""
    result = ab_test(arm_clicks(1.5), samples=500, flips=500)
    row = result.differences.set_index("measure").loc["clicks per view"]
    truth = 0.5 * (2 / 32) * 1.5
    assert row["p"] < 0.01
    assert row["low"] < truth < row["high"]
    assert result.arms["articles"].tolist()[:2] == [
        int((arms_of(f"page {i}" for i in range(300)) == arm).sum()) for arm in "ab"
    ]


def test_equal_arms_differ_as_often_as_chance_says() -> None:
    """Without a lift, p is below 0.1 in about a tenth of the tests."""
    low = [
        ab_test(arm_clicks(1.0, pages=60, seed=seed), samples=2, flips=200).differences["p"][0]
        < 0.1
        for seed in range(60)
    ]
    assert sum(low) <= 14


def test_totals_are_plain_ratios() -> None:
    """Clicks per entry and per view are sums over an arm; a view is a look at the first entry."""
    clicks = arm_clicks(1.0, pages=40)
    arms = ab_test(clicks, samples=10, flips=10).arms.set_index(["measure", "arm"])["value"]
    for arm in "ab":
        own = clicks[arms_of(clicks["article"]) == arm]
        first = own["times"][own["position"] == 1].sum()
        assert arms["clicks per entry", arm] == own["clicked"].sum() / own["times"].sum()
        assert arms["clicks per view", arm] == own["clicked"].sum() / first


def test_the_arm_in_the_file_counts() -> None:
    """A column `arm` is taken instead of the hash; a missing arm is an error."""
    clicks = arm_clicks(1.0, pages=40).assign(arm="a")
    with pytest.raises(JudgmentsError, match="arm a has 40 articles and arm b 0"):
        ab_test(clicks)


# --- The commands ---


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty articles on four subjects, and clicks on random lists of five."""
    words = ["rye bread oven flour", "boat sail harbour sea", "goal match league team",
             "vote law senate bill"]  # fmt: skip
    rng = np.random.default_rng(0)
    articles = pd.DataFrame({
        "id": [f"{row:02}" for row in range(40)],
        "title": [f"Story {row}" for row in range(40)],
        "text": [" ".join(rng.choice(words[row % 4].split(), 12)) for row in range(40)],
    })  # fmt: skip
    articles.to_csv(tmp_path / "articles.csv", index=False)
    shown = [
        (page, other, place)
        for page in range(40)
        for _ in range(3)
        for place, other in enumerate(rng.permutation([o for o in range(40) if o != page])[:5], 1)
    ]
    rows = [
        (f"{page:02}", f"{other:02}", place, 50, rng.binomial(50, 0.4 / place))
        for page, other, place in shown
    ]
    columns = ["article", "shown", "position", "times", "clicked"]
    table = pd.DataFrame(rows, columns=columns).groupby(columns[:3], as_index=False).sum()
    table.drop_duplicates(["article", "shown"]).to_csv(tmp_path / "clicks.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(cli, list(arguments))


def test_evaluate_takes_clicks_as_judgments(site: Path) -> None:
    """Clicks judge lists, with a warning where entries hardly moved."""
    result = run("evaluate", "articles.csv", "--judgments", "clicks.csv")
    assert result.exit_code == 0, result.output
    assert "nDCG@10" in result.stdout
    assert "Warning: clicks.csv: only 0% of the impressions" in result.stderr


def test_tune_takes_clicks_as_judgments(site: Path) -> None:
    """Settings may be chosen by clicks."""
    result = run("tune", "articles.csv", "--judgments", "clicks.csv", "--trials", "2")
    assert "cross-validated nDCG@10" in result.stdout, result.output


def test_clicks_become_the_prior_of_the_articles(site: Path) -> None:
    """With the setting `clicks`, the column `prior` is the click rate, missing if never shown."""
    narrator, settings = start(
        (Narrator(), None), {"source": "articles.csv", "clicks": "clicks.csv"}
    )
    prior = read(settings, narrator).articles.set_index("id")["prior"]
    expected = click_prior(read_clicks("clicks.csv"))
    assert prior.dropna().to_dict() == pytest.approx(expected.to_dict())


def test_clicks_move_the_lists(site: Path) -> None:
    """With a prior weight, articles that readers click rise, whatever ratings the source has."""
    table = pd.read_csv("articles.csv", dtype=str)
    for name, extra in (("plain.csv", {}), ("rated.csv", {"prior": 4.5, "votes": 12})):
        table.assign(**extra).to_csv(name, index=False)
        run("build", name, "-o", f"{name}.json", "--clicks", "clicks.csv", "--prior-weight", "9")
    run("build", "plain.csv", "-o", "off.json")
    lists = [json.loads((site / f).read_text()) for f in ("plain.csv.json", "rated.csv.json")]
    assert lists[0] == lists[1]
    assert lists[0] != json.loads((site / "off.json").read_text())


def test_clicks_on_another_site_are_an_error(site: Path) -> None:
    """If no entry of the file is an article, the build stops and names an id."""
    write(site, "article,shown,clicked,position\nx,/posts/y,1,1\n")
    result = run("build", "articles.csv", "-o", "out.json", "--clicks", "clicks.csv")
    assert isinstance(result.exception, SourceError)
    assert "shows no article of the source, got ids such as '/posts/y'" in str(result.exception)


def test_build_gives_half_of_the_articles_other_lists(site: Path) -> None:
    """Each list is the one of its arm's settings, and each entry says the arm."""
    for name, flags in (
        ("both", ["--ab", "min_score=0.99, hubness_exponent=0"]), ("a", []),
        ("b", ["--min-score", "0.99", "--hubness-exponent", "0"])):  # fmt: skip
        assert run("build", "articles.csv", "-o", f"{name}.json", *flags).exit_code == 0
    lists = {n: json.loads((site / f"{n}.json").read_text())["lists"] for n in ("both", "a", "b")}
    for article, arm in zip(lists["both"], arms_of(lists["both"]), strict=True):
        cards = lists["both"][article]
        assert {card["arm"] for card in cards} <= {arm}
        bare = [{k: v for k, v in card.items() if k != "arm"} for card in cards]
        assert bare == lists[arm][article]
    assert lists["a"] != lists["b"]
    assert all("arm" not in card for cards in lists["a"].values() for card in cards)


def test_the_arm_is_a_column_of_tables(site: Path) -> None:
    """A CSV file has a column `arm`, only in a test."""
    assert run("build", "articles.csv", "-o", "ab.csv", "--ab", "k=2").exit_code == 0
    table = pd.read_csv("ab.csv", dtype=str)
    assert table["arm"].tolist() == arms_of(table["article_id"]).tolist()


def test_evaluate_compares_the_arms(site: Path) -> None:
    """`evaluate --ab` needs clicks only, and prints both arms and the difference."""
    result = run("evaluate", "--ab", "clicks.csv")
    assert result.exit_code == 0, result.output
    assert [line.split("  ")[0] for line in result.stdout.splitlines()] == [
        "measure", "clicks per entry", "clicks per entry", "clicks per view", "clicks per view", "",
        "b against a", "measure", "clicks per entry", "clicks per view",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "articles.csv", "-o", "x.json", "--ab", "k"], "--ab: expected NAME=VALUE"),
        (["build", "articles.csv", "-o", "x.json", "--ab", "kk=1"], "unknown setting kk"),
        (["evaluate", "articles.csv"], "no judgments given"),
        (["build", "articles.csv", "-o", "x.json", "--engine", "dask", "--ab", "k=2"],
         "--ab: needs the local engine, got engine dask"),
        (["build", "articles.csv", "-o", "x.json", "--engine", "dask", "--clicks", "clicks.csv"],
         "clicks: needs the local engine, got engine dask"),
    ],
)  # fmt: skip
def test_wrong_usage_is_named(site: Path, arguments: list[str], message: str) -> None:
    """Wrong flags are ConfigErrors that say what to write."""
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError)
    assert message in str(result.exception)


def test_large_sources_get_their_prior_too(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles that are streamed have the same prior as those that are read at once."""
    from recommender.cli import steps
    from recommender.sources import streams

    rows = pd.read_csv("articles.csv", dtype=str)
    rows.to_json("articles.jsonl", orient="records", lines=True)
    monkeypatch.setattr(streams, "is_large", lambda *_: True)
    narrator, settings = start(
        (Narrator(), None), {"source": "articles.jsonl", "clicks": "clicks.csv"}
    )
    model = steps.fit(settings, narrator, keep_texts=False)
    prior = model.articles_.set_index("id")["prior"]
    assert prior.dropna().to_dict() == pytest.approx(
        click_prior(read_clicks("clicks.csv")).to_dict()
    )
    assert len(validate_articles(rows)) == len(prior)
