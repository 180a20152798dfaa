"""All default stages at once, on random tables with random settings."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
from contracts import as_lists, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.neighbors.base import search_reference
from recommender.ranking import (
    Context,
    Ranked,
    default_stages,
    fit_stages,
    ranked,
    run_stages,
)
from recommender.text.languages import base_language
from recommender.text.rules import parse_pair, parse_rule, texts_of

ADDING = {"Reciprocal", "Series", "Translated", "Backfill"}
"""The stages that may bring in articles."""
DROPPING = {
    "Filters", "SameLanguage", "NoTranslations", "NoDuplicates", "NoLinked", "MinScore", "Recency",
    "NoTwins", "Series", "Exposure",
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


def check(lists: Ranked, site: Context) -> None:
    """Raise unless these are lists of other articles, each once, with their cosines."""
    found = lists.indices >= 0
    assert (lists.indices < len(site.articles)).all()
    assert (lists.indices != site.own[:, None]).all()
    assert (found[:, 1:] <= found[:, :-1]).all()
    assert all(len(dict(entries)) == len(entries) for entries in as_lists(lists))
    cosines = (site.vectors @ site.vectors.T).toarray()[site.own[:, None], lists.indices]
    assert np.allclose(lists.scores, np.where(found, cosines, 0), atol=2e-6)


@given(SITES, SETTINGS)
@settings(max_examples=60)
def test_only_the_documented_stages_add_and_drop(site: Context, given: dict[str, Any]) -> None:
    """After every stage: other articles, each once, with their cosines; the rest stays."""
    stages = fit_stages(default_stages(given, site.vectors), site)
    before = ranked(site.found)
    check(before, site)
    for stage, after in run_stages(site.found, site, stages):
        check(after, site)
        name = type(stage).__name__
        for old, new in zip(as_lists(before), as_lists(after), strict=True):
            assert name in ADDING or dict(new).keys() <= dict(old).keys(), name
            assert name in DROPPING or dict(old).keys() <= dict(new).keys(), name
        before = after


@given(SITES, SETTINGS)
@settings(max_examples=40)
def test_nothing_that_a_filter_excludes_is_ever_shown(site: Context, given: dict[str, Any]) -> None:
    """Whatever adds entries: rules, unlisted articles, languages and links hold to the end."""
    stages = fit_stages(default_stages(given, site.vectors), site)
    *_, (_, lists) = run_stages(site.found, site, stages)
    seeds, places = np.nonzero(lists.indices >= 0)
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
        assert ((codes[seeds] == codes[rows]) | (codes[seeds] == "") | (codes[rows] == "")).all()


@given(SITES)
def test_with_all_off_the_list_is_the_nearest_by_cosine(site: Context) -> None:
    """Without unlisted articles and translations, the stages that remain change nothing."""
    plain = site.articles.assign(unlisted=False).drop(columns="translation_key")
    site = site._replace(articles=plain, seeds=plain)
    stages = fit_stages(default_stages(OFF, site.vectors), site)
    *_, (_, lists) = run_stages(site.found, site, stages)
    assert as_lists(lists) == as_lists(site.found)


@given(SITES, SETTINGS, st.randoms(use_true_random=False))
def test_the_order_of_settings_decides_nothing(
    site: Context, given: dict[str, Any], draw: random.Random
) -> None:
    """Stages have one order, and the same input gives the same lists again."""
    shuffled = dict(draw.sample([*given.items()], len(given)))
    first, second = (
        [lists for _, lists in run_stages(site.found, site, fit_stages(stages, site))][-1]
        for stages in (default_stages(given, site.vectors), default_stages(shuffled, site.vectors))
    )
    assert as_lists(first) == as_lists(second)
    assert (first.origins == second.origins).all()
