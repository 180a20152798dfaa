"""Churn: what was shown stays in its place, unless something clearly better has come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Command
from contracts import StageContract
from hypothesis import given
from hypothesis import strategies as st
from random_lists import entries, worlds

from recommender.model import Recommender
from recommender.neighbors.base import Neighbors
from recommender.ranking import Churn, Context, Ranked, first_of, ranked


def table(lists: Ranked, context: Context) -> pd.DataFrame:
    """Return the shown entries as a Recommendations table."""
    shown = first_of(lists, context.k)
    rows, places = np.nonzero(shown.indices >= 0)
    ids = context.articles["id"].to_numpy()
    return pd.DataFrame(
        {
            "article_id": context.seeds["id"].to_numpy()[rows],
            "rank": places + 1,
            "related_id": ids[shown.indices[rows, places]],
        }
    )


class TestChurn(StageContract):
    """Lists of the last build, in which every other article was there, keep their entries."""

    stage = Churn(0.3)

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """The last lists are the nearest of the articles in even rows."""
        found, context = neighborhood
        before = found._replace(indices=np.where(found.indices % 2, -1, found.indices))
        wide = context._replace(k=20)
        return context._replace(last=table(before, wide))


def world(scores: list[float], last: list[int], k: int) -> tuple[Ranked, Context]:
    """Return the list 1, 2, … of article 0 with these scores; `last` was shown."""
    n = len(scores) + 1
    articles = pd.DataFrame({"id": [f"{row}" for row in range(n)]})
    found = Neighbors(np.arange(1, n, dtype=np.int32)[None], np.array([scores], np.float32))
    shown = [("0", rank, f"{row}") for rank, row in enumerate(last, 1)]
    published = pd.DataFrame(shown, columns=["article_id", "rank", "related_id"])
    own = np.zeros(1, np.int32)
    return ranked(found), Context(
        articles[:1], articles, None, found, own, found, k, last=published
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "last", "expected"),
    [
        ([0.54, 0.51, 0.50], [3, 2], [3, 2]),  # neither order nor entries change within a tenth
        ([0.56, 0.51, 0.50], [3, 2], [2, 1]),  # 1 beats 3, but goes below 2
        ([0.60, 0.52, 0.51], [2, 3], [1, 2]),  # 1 beats both
        ([0.60, 0.56, 0.50], [3, 2], [2, 1]),
        ([0.60, 0.58, 0.40], [1, 9], [1, 2]),  # what is no longer there leaves its place
        ([0.60, 0.58, 0.57], [3], [3, 1]),  # a new entry fills a list from the end
        ([0.60, 0.58, 0.50], [3], [1, 2]),
        ([0.60, 0.58, 0.50], [], [1, 2]),
    ],
)
def test_churn_keeps_what_no_newcomer_beats(
    scores: list[float], last: list[int], expected: list[int]
) -> None:
    """A new entry, or one further down, needs a key more than a tenth higher."""
    lists, context = world(scores, last, 2)
    assert Churn(0.1)(lists, context).indices[0, :2].tolist() == expected


def test_churn_leaves_new_articles_alone() -> None:
    """An article without a last list has the list of the search, with the same keys."""
    lists, context = world([0.6, 0.5], [2], 1)
    other = context._replace(own=np.array([-1], np.int32))
    assert Churn(9.0)(lists, context).indices.tolist() == [[2, 1]]
    assert Churn(9.0)(lists, other).indices.tolist() == [[1, 2]]
    assert Churn(9.0)(lists, context._replace(last=None)) is lists


@given(worlds(), worlds(), st.sampled_from([0.0, 0.1, 0.5]))
def test_churn_is_idempotent(
    drawn: tuple[Ranked, Context], other: tuple[Ranked, Context], margin: float
) -> None:
    """Its own result as the last lists gives the same shown lists; any last lists will do."""
    lists, context = drawn
    stage = Churn(margin)
    before = context._replace(last=table(*other))
    shown = first_of(stage(lists, before), context.k)
    again = stage(lists, context._replace(last=table(shown, context)))
    assert (first_of(again, context.k).indices == shown.indices).all()


@given(worlds(), worlds(), st.sampled_from([0.0, 0.1, 0.5]))
def test_churn_only_orders(
    drawn: tuple[Ranked, Context], other: tuple[Ranked, Context], margin: float
) -> None:
    """Every entry stays, with its score and origin, and keys fall."""
    lists, context = drawn
    after = Churn(margin)(lists, context._replace(last=table(*other)))
    for old, new in zip(entries(lists), entries(after), strict=True):
        assert sorted(new) == sorted(old)
    assert (np.diff(np.where(after.indices < 0, -9.0, after.keys), axis=1) <= 0).all()


@given(worlds(), st.sampled_from([0.0, 0.1, 0.5]))
def test_churn_changes_nothing_on_an_unchanged_site(
    drawn: tuple[Ranked, Context], margin: float
) -> None:
    """With the lists as they are as the last ones, the order stays."""
    lists, context = drawn
    after = Churn(margin)(lists, context._replace(last=table(lists, context)))
    assert (after.indices == lists.indices).all()


def test_lists_of_a_changed_site_keep_their_entries(newsroom_model: Any) -> None:
    """After an edit, fewer lists of other articles change with the margin than without."""
    articles = newsroom_model.articles_
    last = Recommender().fit(articles).recommend()
    edited = articles.assign(text=articles["text"].where(articles.index != 40, "A new ferry."))
    kept = []
    for margin in (0.0, 0.1):
        model = Recommender(churn_margin=margin, last_lists=last).fit(edited)
        kept.append(len(last.merge(model.recommend(), on=["article_id", "related_id"])))
    assert kept[0] < kept[1] < len(last)


SITE = {
    "rye.md": "Rye grows on poor soil. Rye bread is dark.",
    "oats.md": "Oats grow on poor soil. Oats and rye make porridge.",
    "wheat.md": "Wheat grows on rich soil. Wheat bread is light.",
    "bread.md": "Bread from rye or wheat is baked at home. Dark bread keeps.",
}


@pytest.mark.parametrize(
    ("output", "flags"),
    [
        ("out.json", []),
        ("out.jsonl", []),
        ("out.csv", []),
        ("out.yaml", []),
        ("out.parquet", []),
        ("out.json", ["-f", "hugo"]),
    ],
)
def test_build_keeps_what_its_last_output_shows(
    run: Command, tmp_path: Path, output: str, flags: list[str]
) -> None:
    """Other settings change the file, but not with the margin; without the file they do."""
    folder = tmp_path / "content" / "posts"
    folder.mkdir(parents=True)
    for name, text in SITE.items():
        (folder / name).write_text(f"---\ntitle: {name[:-3]}\n---\n{text}", encoding="utf-8")
    build = ["build", folder, "-o", output, *flags, "-k", "2", "--min-score", "0"]
    assert run(*build, "--title-weight", "0").code == 0
    first = ids_in(Path(output))
    assert run(*build, "--title-weight", "5", "--churn-margin", "50").code == 0
    assert ids_in(Path(output)) == first
    Path(output).unlink()
    assert run(*build, "--title-weight", "5", "--churn-margin", "50").code == 0
    assert ids_in(Path(output)) != first


def ids_in(path: Path) -> dict[str, list[Any]]:
    """Return the ids in the lists of a file."""
    from recommender.outputs.reading import read_lists

    return {name: [card["id"] for card in cards] for name, cards in read_lists(path).items()}


def test_build_names_a_last_output_that_is_something_else(run: Command, tmp_path: Path) -> None:
    """A file of another kind is an error before the search, and is kept."""
    Path("posts").mkdir()
    for name, text in SITE.items():
        Path("posts", name).write_text(f"---\ntitle: {name}\n---\n{text}", encoding="utf-8")
    Path("out.json").write_text("[1]", encoding="utf-8")
    done = run("build", "posts", "-o", "out.json", "--churn-margin", "0.1")
    assert done.code == 1
    assert "out.json: is not JSON written by `recommender build`, got list" in done.err
    assert Path("out.json").read_text(encoding="utf-8") == "[1]"
