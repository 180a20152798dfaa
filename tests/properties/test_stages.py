"""All default stages at once, on random tables with random settings: what holds for every list."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from contracts import as_lists, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.editorial import Editorial, ban, never, pin
from recommender.model import Recommender
from recommender.neighbors.base import search_reference
from recommender.ranking import (
    ORIGINS,
    Context,
    Ranked,
    Stage,
    decide,
    default_stages,
    fit_stages,
    ranked,
    run_stages,
)
from recommender.text.languages import base_language
from recommender.text.rules import parse_pair, parse_rule, texts_of

ADDING = {"Reciprocal", "Series", "Pinned", "Translated", "Backfill"}
"""The stages that may bring in articles."""
DROPPING = {
    "Filters", "SameLanguage", "NoTranslations", "Banned", "NoDuplicates", "NoLinked", "MinScore",
    "Recency", "NoTwins", "Series", "Exposure",
}  # fmt: skip
"""The stages that may leave articles out."""

RULES = st.sampled_from(
    ["category=a", "category=", "tags=x", "id=1", "title=*part*", "unlisted=true", "lang=d*"]
)
SOME_RULES = st.none() | RULES | st.lists(RULES, max_size=2)
PAIRS = st.builds("{} -> {}".format, RULES, RULES)

OFF: dict[str, Any] = {
    "min_score": 0.0, "hubness_exponent": 0.0, "length_pivot": 0.0, "across_languages": True,
    "inherit_lists": False, "repeated_titles": True, "min_items": 0,
}  # fmt: skip
"""The settings that switch off the stages that are on by default."""

SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "min_score": st.sampled_from(["auto", 0.0, 0.3, 0.9]),
        "hubness_exponent": st.sampled_from([0.0, 0.4, 2.0]),
        "length_pivot": st.sampled_from([0.0, 15.0]),
        "across_languages": st.booleans(),
        "inherit_lists": st.booleans(),
        "repeated_titles": st.booleans(),
        "never_target": SOME_RULES,
        "never_source": SOME_RULES,
        "never_pair": st.none() | PAIRS,
        "duplicate_score": st.sampled_from([0.0, 0.5, 0.9]),
        "series": st.booleans(),
        "skip_linked": st.booleans(),
        "half_life": st.sampled_from([0.0, 30.0]),
        "nearness_weight": st.sampled_from([0.0, 0.2]),
        "age": st.sampled_from(["any", "older", "newer"]),
        "max_days_apart": st.sampled_from([0.0, 2.0]),
        "timeless_tags": st.none() | st.just("x"),
        "prior_weight": st.sampled_from([0.0, 0.5]),
        "diversity": st.sampled_from([0.0, 0.5]),
        "min_inbound": st.integers(0, 2),
        "max_inbound": st.sampled_from([0, 3]),
        "churn_margin": st.sampled_from([0.0, 0.1]),
        "min_items": st.integers(0, 6),
    },
)

ROWS = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", "Rye", "rye.", "Story, part 1", "Story, part 2", "Story 3"]),
        "text": st.sampled_from(["", "rye bread", "a ferry to the port", "a ferry to the harbor"]),
        "lang": st.sampled_from(["", "en", "en-GB", "de"]),
        "category": st.sampled_from(["", "a", "b"]),
        "tags": st.lists(st.sampled_from("xyz"), max_size=2),
        "links": st.lists(st.sampled_from(["/0/", "/3", "5", "https://example.org/"]), max_size=2),
        "series": st.sampled_from(["", "", "s"]),
        "date": st.none() | st.dates(min_value=pd.Timestamp("2024-01-01").date(),
                                     max_value=pd.Timestamp("2024-01-09").date()).map(str),
        "prior": st.none() | st.integers(0, 9),
        "unlisted": st.sampled_from([False, False, True]),
        "translation_key": st.sampled_from(["", "", "k", "m"]),
    }
)  # fmt: skip


def world(rows: list[dict[str, Any]], seed: int, width: int) -> Context:
    """Return a site of these articles with random vectors, of which some tie or are empty."""
    table = pd.DataFrame(rows).assign(id=[str(number) for number in range(len(rows))])
    table["url"] = "/" + table["id"] + "/"
    articles = validate_articles(table)
    vectors = random_rows(len(rows), 6, 0.5, seed)
    own = np.arange(len(rows), dtype=np.int32)
    graph = search_reference(vectors, vectors, width, own_rows=own)
    return Context(articles, articles, vectors, graph, own, graph, 6)


SITES = st.builds(
    world, st.lists(ROWS, min_size=1, max_size=14), st.integers(0, 99), st.integers(1, 14)
)


EDITORS = st.none() | st.permutations(range(5))
"""Five articles: one with a list, two pinned to it, one banned from it, one never shown."""


def editorial(order: list[int] | None, n: int) -> Editorial | None:
    """Return the rules of an editor, if there are any and the site has five articles."""
    if order is None or n < 5:
        return None
    seed, first, second, banned, hidden = map(str, order)
    return Editorial([pin(seed, first, second), ban(seed, banned), never(hidden)])


def stages_of(site: Context, given: dict[str, Any], editor: list[int] | None = None) -> list[Stage]:
    """Return the fitted stages for these settings and rules."""
    decisions = decide(editorial(editor, len(site.articles)), site.articles)
    return fit_stages(default_stages(given, site.vectors, decisions), site)


def check(lists: Ranked, site: Context) -> None:
    """Raise unless these are lists of other articles, each once, with their cosines."""
    found = lists.indices >= 0
    assert (lists.indices < len(site.articles)).all()
    assert (lists.indices != site.own[:, None]).all()
    assert (found[:, 1:] <= found[:, :-1]).all()
    assert all(len(dict(entries)) == len(entries) for entries in as_lists(lists))
    cosines = (site.vectors @ site.vectors.T).toarray()[site.own[:, None], lists.indices]
    assert np.allclose(lists.scores, np.where(found, cosines, 0), atol=2e-6)


@given(SITES, SETTINGS, EDITORS)
@settings(max_examples=60)
def test_only_the_documented_stages_add_and_drop(
    site: Context, given: dict[str, Any], editor: list[int] | None
) -> None:
    """After every stage: other articles, each once, with their cosines; the rest stays."""
    before = ranked(site.found)
    check(before, site)
    for stage, after in run_stages(site.found, site, stages_of(site, given, editor)):
        check(after, site)
        name = type(stage).__name__
        for old, new in zip(as_lists(before), as_lists(after), strict=True):
            assert name in ADDING or dict(new).keys() <= dict(old).keys(), name
            assert name in DROPPING or dict(old).keys() <= dict(new).keys(), name
        before = after


@given(SITES, SETTINGS, EDITORS)
@settings(max_examples=40)
def test_nothing_that_a_filter_excludes_is_shown_but_by_a_pin(
    site: Context, given: dict[str, Any], editor: list[int] | None
) -> None:
    """Whatever adds entries: rules, unlisted articles, languages and links hold to the end."""
    *_, (_, lists) = run_stages(site.found, site, stages_of(site, given, editor))
    filtered = (lists.indices >= 0) & (lists.origins != ORIGINS.index("pinned"))
    seeds, places = np.nonzero(filtered)
    rows = lists.indices[seeds, places]
    articles = site.articles
    assert not articles["unlisted"].to_numpy()[rows].any()
    for rule in map(parse_rule, texts_of(given.get("never_target"))):
        assert not rule.matches(articles)[rows].any()
    for rule in map(parse_rule, texts_of(given.get("never_source"))):
        assert not rule.matches(articles)[seeds].any()
    for first, second in map(parse_pair, texts_of(given.get("never_pair"))):
        assert not (first.matches(articles)[seeds] & second.matches(articles)[rows]).any()
    if not given.get("across_languages"):
        codes = articles["lang"].map(base_language).to_numpy()
        counts = Counter(code for code in codes if code)
        main = min(counts, key=lambda code: (-counts[code], code), default="")
        own = np.array([main if counts[code] == 1 else code for code in codes[seeds]], object)
        assert ((own == codes[rows]) | (own == "") | (codes[rows] == "")).all()


@given(st.lists(ROWS, min_size=5, max_size=14), st.integers(0, 99), SETTINGS,
       st.permutations(range(5)))  # fmt: skip
@settings(max_examples=40)
def test_the_decisions_of_an_editor_hold_under_all_settings(
    rows: list[dict[str, Any]], seed: int, given: dict[str, Any], editor: list[int]
) -> None:
    """Pins are at the top in their order; what is banned or hidden does not come back."""
    site = world(rows, seed, len(rows))
    *_, (_, lists) = run_stages(site.found, site, stages_of(site, given, editor))
    own, first, second, banned, hidden = editor
    # The ids are texts, so that the rows of the table are in their order: "10" before "2".
    place = {int(name): row for row, name in enumerate(site.articles["id"])}
    assert lists.indices[place[own], :2].tolist() == [place[first], place[second]]
    assert (lists.origins[place[own], :2] == ORIGINS.index("pinned")).all()
    assert place[banned] not in lists.indices[place[own]]
    assert place[hidden] not in lists.indices


@given(SITES)
def test_with_all_off_the_list_is_the_nearest_by_cosine(site: Context) -> None:
    """Without unlisted articles and translations, the stages that remain change nothing."""
    plain = site.articles.assign(unlisted=False).drop(columns="translation_key")
    site = site._replace(articles=plain, seeds=plain)
    *_, (_, lists) = run_stages(site.found, site, stages_of(site, OFF))
    assert as_lists(lists) == as_lists(site.found)


@given(SITES, SETTINGS, EDITORS, st.randoms(use_true_random=False))
def test_the_order_of_settings_decides_nothing(
    site: Context, given: dict[str, Any], editor: list[int] | None, draw: random.Random
) -> None:
    """Stages have one order, and the same input gives the same lists again."""
    shuffled = dict(draw.sample([*given.items()], len(given)))
    first, second = (
        [lists for _, lists in run_stages(site.found, site, stages_of(site, chosen, editor))][-1]
        for chosen in (given, shuffled)
    )
    assert as_lists(first) == as_lists(second)
    assert (first.origins == second.origins).all()


@given(st.lists(ROWS, min_size=1, max_size=9), SETTINGS, EDITORS, st.integers(1, 7))
def test_a_list_asked_for_alone_is_the_same_and_has_at_most_k_entries(
    rows: list[dict[str, Any]], given: dict[str, Any], editor: list[int] | None, k: int
) -> None:
    """Of the model: stages that decide over the whole site see all of it for a single list."""
    rows[0] = rows[0] | {"text": "rye bread"}  # a site without any text is an error
    site = world(rows, 0, 1)
    rules = editorial(editor, len(rows))
    model = Recommender(min_df=1, max_df=1.0, **given, editorial=rules).fit(site.articles)
    lists = model.recommend(k=k)
    assert (lists.groupby("article_id").size() <= k).all()
    for name, own in lists.groupby("article_id"):
        alone = model.recommend([name], k=k)
        pd.testing.assert_frame_equal(alone, own.reset_index(drop=True))
