"""All stages at once, with any settings: what holds for every list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.editorial import Editorial, ban, never, pin
from recommender.model import Recommender

WORDS = ["ferry", "harbour", "bread", "rye", "oats", "mill"]
PLAIN = {"min_df": 1, "max_df": 1.0, "path_weight": 0.0}

ARTICLES = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["Rye", "Oats", "Rye, part 1", "Rye, part 2", "Ferry", "Part 3"]),
        "text": st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join),
        "lang": st.sampled_from(["en", "en", "de"]),
        "category": st.sampled_from(["farm", "sea"]),
        "series": st.sampled_from(["", "The mill"]),
        "tags": st.lists(st.sampled_from(WORDS), max_size=2),
        "links": st.lists(st.sampled_from(["a1", "a2", "a3"]), max_size=2),
        "date": st.sampled_from(["2020-01-01", "2021-01-01", "2022-01-01", None]),
    }
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "series": st.booleans(),
        "skip_linked": st.booleans(),
        "repeated_titles": st.booleans(),
        "duplicate_score": st.sampled_from([0.0, 0.9]),
        "half_life": st.sampled_from([0.0, 300.0]),
        "age": st.sampled_from(["any", "older", "newer"]),
        "diversity": st.sampled_from([0.0, 0.4]),
        "min_inbound": st.integers(0, 1),
        "max_inbound": st.sampled_from([0, 3]),
        "min_items": st.integers(0, 9),
        "min_score": st.sampled_from([0.0, 0.4]),
        "never_target": st.sampled_from(["category=sea", "tags=rye"]),
    },
)


@given(st.lists(ARTICLES, min_size=5, max_size=9), SETTINGS, st.integers(1, 7), st.data())
@settings(deadline=None)
def test_what_every_list_holds(
    rows: list[dict[str, Any]], chosen: dict[str, Any], k: int, data: Any
) -> None:
    """Never the article, none twice, true cosines; pins first; what is barred only as a pin."""
    names = [f"a{row}" for row in range(len(rows))]
    articles = pd.DataFrame(rows).assign(id=names)
    seed, first, second, banned, hidden = data.draw(st.permutations(names))[:5]
    rules = Editorial([pin(seed, first, second), ban(seed, banned), never(hidden)])
    model = Recommender(**PLAIN, **chosen, editorial=rules).fit(articles)
    lists = model.recommend(k=k)
    assert (lists["article_id"] != lists["related_id"]).all()
    assert not lists.duplicated(["article_id", "related_id"]).any()
    assert (lists.groupby("article_id").size() <= k).all()
    own = lists[lists["article_id"] == seed]
    assert own["related_id"].tolist()[:2] == [first, second][:k]
    assert banned not in own["related_id"].tolist()
    assert hidden not in lists["related_id"].tolist()
    others = lists[lists["origin"] != "pinned"]
    by_id = model.articles_.set_index("id")
    seeds, shown = (by_id.loc[others[name]] for name in ("article_id", "related_id"))
    assert (seeds["lang"].to_numpy() == shown["lang"].to_numpy()).all()
    if chosen.get("never_target") == "category=sea":
        assert (shown["category"] != "sea").all()
    place = {name: row for row, name in enumerate(model.articles_["id"])}
    pairs = [lists[name].map(place).to_numpy() for name in ("article_id", "related_id")]
    cosines = (model.vectors_ @ model.vectors_.T).toarray()[tuple(pairs)]
    assert np.allclose(lists["score"], cosines, atol=2e-6)
    again = model.recommend([seed], k=k)
    assert again["related_id"].tolist() == own["related_id"].tolist()


@given(st.lists(ARTICLES, min_size=2, max_size=9), st.integers(1, 7))
@settings(deadline=None)
def test_all_off_is_the_pure_cosine_list(rows: list[dict[str, Any]], k: int) -> None:
    """With every setting off, the lists are those without any stage."""
    articles = pd.DataFrame(rows).assign(id=[f"a{row}" for row in range(len(rows))], lang="en")
    off = {"min_score": 0.0, "hubness_exponent": 0.0, "length_pivot": 0.0, "min_items": 0}
    model = Recommender(**PLAIN, **off, repeated_titles=True).fit(articles)
    plain = Recommender(**PLAIN, stages=[]).fit(articles)
    pd.testing.assert_frame_equal(model.recommend(k=k), plain.recommend(k=k))
