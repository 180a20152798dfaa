"""An editor's pins and bans: what they name, their law, and who wins."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists, random_rows
from hypothesis import given
from hypothesis import strategies as st

from recommender import ArticleRecommender
from recommender.editorial import Editorial, EditorialRule, ban, never, pin
from recommender.errors import ConfigError
from recommender.neighbors.base import search_reference
from recommender.ranking import ORIGINS, Banned, Context, Pinned, Ranked, decide, ranked
from recommender.ranking.editorial import unused_patterns

IDS = ["ads/x.md", "news/a.md", "news/b.md", "posts/2024-01-02-rye.md", "posts/oats.md"]
TABLE = pd.DataFrame(
    {
        "id": IDS,
        "url": [
            "/ads/x/",
            "/news/a/",
            "/news/b/",
            "/2024/01/02/rye/",
            "https://mill.example/oats/",
        ],
    }
)


class TestBanned(StageContract):
    """Pairs, in a small and a large ban, and articles that no list shows."""

    stage = Banned(((tuple(range(0, 90, 3)), tuple(range(0, 90, 2))), ((5, 6), (7,))), (1, 2))

    def test_nothing_else_is_dropped(
        self, before: Ranked, after: Ranked, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The entries that go are those of the rules, and large bans drop the same."""
        (on, show), _ = self.stage.pairs
        for row, (old, new) in enumerate(zip(as_lists(before), as_lists(after), strict=True)):
            gone = {other for other, _ in old} - {other for other, _ in new}
            expected = (
                {1, 2} | (set(show) if row in on else set()) | ({7} if row in (5, 6) else set())
            )
            assert gone == expected & {other for other, _ in old}


class TestPinned(StageContract):
    """Two articles at the top of a list, one of them far away."""

    stage = Pinned(((0, (90, 3)), (5, (4,))))
    adds = True

    def test_pins_come_first_and_others_stay(self, before: Ranked, after: Ranked) -> None:
        """Lists without pins stay; in the others the pins lead, in their order."""
        names = [[other for other, _ in found] for found in as_lists(after)]
        old = [[other for other, _ in found] for found in as_lists(before)]
        assert names[0][:2] == [90, 3]
        assert [other for other in names[0][2:] if other not in (90, 3)] == names[0][2:]
        assert names[5][0] == 4
        assert [ORIGINS[code] for code in after.origins[0, :3]] == ["pinned", "pinned", "similar"]
        assert names[1:5] == old[1:5]


PAIRS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 7), max_size=3, unique=True).map(tuple),
        st.lists(st.integers(0, 7), max_size=3, unique=True).map(tuple),
    ),
    max_size=3,
).map(tuple)


@given(PAIRS, st.integers(0, 99), st.booleans(), st.integers(1, 3))
def test_law_of_bans_and_pins(pairs: Any, seed: int, fresh: bool, k: int) -> None:
    """Bans only drop, in order; pins come first, once and with their cosine; both are stable."""
    vectors = random_rows(8, 4, 0.4, seed)
    own = np.full(8, -1, np.int32) if fresh else np.arange(8, dtype=np.int32)
    articles = pd.DataFrame({"id": [f"a{n}" for n in range(8)]})
    found = search_reference(vectors, vectors, k, own_rows=own)
    world = Context(articles, articles, vectors, found, own, found, 6, vectors)
    lists, never = ranked(found), (seed % 8,)
    banned = Banned(pairs, never)(lists, world)
    pins = tuple(
        (row, rows) for row, rows in {r: show for on, show in pairs for r in on}.items()
        if row not in rows
    )  # fmt: skip
    pinned = Pinned(pins)(banned, world)
    for row, (old, left, new) in enumerate(
        zip(as_lists(lists), as_lists(banned), as_lists(pinned), strict=True)
    ):
        bans = {other for on, show in pairs for other in show if row in on and not fresh} | {*never}
        assert left == [entry for entry in old if entry[0] not in bans]
        first = list(dict(pins).get(row, ())) if not fresh else []
        assert [other for other, _ in new[: len(first)]] == first
        assert new[len(first) :] == [entry for entry in left if entry[0] not in first]
        for other, score in new:
            dot = float((vectors[[row]] @ vectors[[other]].T).sum())
            assert score == pytest.approx(dot, abs=1e-6)
    assert as_lists(Pinned(pins)(pinned, world)) == as_lists(pinned)
    assert as_lists(Banned(pairs, never)(banned, world)) == as_lists(banned)


@pytest.mark.parametrize(
    "name",
    ["posts/2024-01-02-rye.md", "posts/2024-01-02-rye", "/2024/01/02/rye/", "rye",
     "./posts/2024-01-02-rye.md",
     "https://mill.example/2024/01/02/rye/"],
)  # fmt: skip
def test_an_article_is_named_by_id_path_or_address(name: str) -> None:
    """Any form that a link could have means the article."""
    made = decide(Editorial([pin("news/a.md", name)]), TABLE)
    assert made.pinned.pins == ((1, (3,)),)


@pytest.mark.parametrize("pattern", ["news/*", "/news/*", "NEWS/?.md", "news/[ab].md"])
def test_a_pattern_means_ids_and_addresses(pattern: str) -> None:
    """`*`, `?` and `[ab]` are compared with both; case does not count."""
    made = decide(Editorial([ban(pattern, "ads/*"), never("posts/*")]), TABLE)
    assert made.banned == Banned((((1, 2), (0,)),), (3, 4))


def test_pins_of_several_rules_follow_each_other() -> None:
    """In the order of the rules, each article once, and never the article itself."""
    rules = [pin("news/*", "news/a.md", "ads/x.md"), pin("news/a.md", "posts/oats.md", "ads/x.md")]
    made = decide(Editorial(rules), TABLE)
    assert made.pinned.pins == ((1, (0, 4)), (2, (1, 0)))


def test_columns_of_the_articles_are_rules_of_their_own() -> None:
    """Names are pins and bans; a list that `build` wrote, or a switch, is not."""
    table = TABLE.assign(
        related=["news/a.md, news/b.md", [{"id": "news/b.md"}], None, False, ["ads/x.md"]],
        related_exclude=[None, ["posts/*"], float("nan"), "", []],
    )
    made = decide(None, table)
    assert made.pinned.pins == ((0, (1, 2)), (4, (0,)))
    assert made.banned.pairs == (((1,), (3, 4)),)
    assert decide(None, table, columns=False).before() == []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (pin("news/c.md", "news/a.md"), "no article is named 'news/c.md', did you mean news/"),
        (pin("news/a.md", "zzz"), "no article is named 'zzz'"),
        (ban("news/a.md", "zzz"), "no article is named 'zzz'"),
        (never("zzz"), "no article is named 'zzz'"),
        (pin("news/a.md", "ads/*"), "a pin needs names in order, got a pattern 'ads/*'"),
        (pin("news/a.md", "news/a.md"), "'news/a.md' is pinned to its own list"),
        (pin("news/a.md", "oats", "posts/oats.md"), "'posts/oats.md' is pinned twice"),
    ],
)
def test_wrong_rules_are_named(rule: EditorialRule, problem: str) -> None:
    """Each error says where, what is wrong, and what may be meant."""
    with pytest.raises(ConfigError, match=re.escape(f"editorial.toml:7: {problem}")) as error:
        decide(Editorial([rule._replace(where="editorial.toml:7")]), TABLE)
    assert "by id, path or address" in error.value.hint


def test_a_name_of_several_articles_is_an_error() -> None:
    """It lists some of them."""
    table = pd.DataFrame({"id": ["a/rye.md", "b/rye.md", "c.md"]})
    with pytest.raises(ConfigError, match=r"several articles are named 'rye': a/rye.md, b/rye.md"):
        decide(Editorial([never("rye")]), table)


def test_the_name_of_an_article_is_told_for_its_title() -> None:
    """Case and blanks around it do not count; an empty title is nobody's name."""
    table = pd.DataFrame({"id": ["a/rye.md", "b.md"], "title": ["Rye Bread", ""]})
    with pytest.raises(ConfigError, match=r"'rye bread ', which is a title; the name is a/rye\.md"):
        decide(Editorial([never("rye bread ")]), table)
    with pytest.raises(ConfigError) as error:
        decide(Editorial([never(" ")]), table)
    assert error.value.message == ": no article is named ' '"


def test_patterns_that_no_article_fits_are_told_once() -> None:
    """Of files and of articles' own rules; an id with brackets is no pattern."""
    table = pd.DataFrame({"id": ["news/a.md", "[b].md"], "related_exclude": [["ads*"], None]})
    rules = [ban("nwes/*", "*"), ban("nwes/*", "news/*"), never("[b].md", "[c].md")]
    assert unused_patterns(Editorial(rules), table) == [
        ": no article fits the pattern 'nwes/*'",
        ": no article fits the pattern '[c].md'",
        "news/a.md: no article fits the pattern 'ads*'",
    ]


def test_one_pair_pinned_and_banned_is_an_error() -> None:
    """Both places are named; a ban by pattern or of all lists gives way to the pin."""
    first = pin("news/a.md", "news/b.md")._replace(where="e.toml:1")
    with pytest.raises(ConfigError, match=r"'news/b.md' is pinned and banned .* e\.csv:2"):
        decide(Editorial([ban("news/a", "news/b.md")._replace(where="e.csv:2"), first]), TABLE)
    made = decide(Editorial([first, ban("news/*", "*/b.md"), never("news/b.md")]), TABLE)
    assert made.pinned.pins == ((1, (2,)),)


def test_all_problems_come_at_once_and_in_order() -> None:
    """Wrong rules of the file and names that fit nothing are sorted by file and line."""
    rules = [never("zzz")._replace(where="e.toml:10"), never("yyy")._replace(where="a.md:3")]
    with pytest.raises(ConfigError) as error:
        decide(Editorial(rules, ["e.toml:9: wrong"]), TABLE)
    places = [line.partition(": ")[0] for line in error.value.message.splitlines()]
    assert places == ["a.md:3", "e.toml:9", "e.toml:10"]


@pytest.fixture(scope="module")
def articles() -> pd.DataFrame:
    """Twelve articles, two of them German, of which all others share some words."""
    texts = [f"rye oats barley {'wheat' * (n % 2)} mill{n % 3}" for n in range(12)]
    names = [f"a{n:02}" for n in range(12)]
    langs = ["en"] * 10 + ["de"] * 2
    return pd.DataFrame({"id": names, "title": names, "text": texts, "lang": langs})


def lists(model: ArticleRecommender, **options: Any) -> dict[str, list[str]]:
    """Return each article's related ids."""
    table = model.recommend(**options)
    return {name: rows["related_id"].tolist() for name, rows in table.groupby("article_id")}


PLAIN = {"min_df": 1, "max_df": 1.0, "min_score": 0.0}


def test_pins_beat_every_stage_and_bans_hold_in_backfill(articles: pd.DataFrame) -> None:
    """A pin of another language, below the score and never a target leads; a ban never returns."""
    rules = Editorial([pin("a00", "a11", "a05"), ban("a0*", "a03"), never("a04")])
    model = ArticleRecommender(
        **PLAIN | {"min_score": 0.99}, min_items=9, never_target="id=a05", editorial=rules,
        min_inbound=1, max_inbound=12,
    ).fit(articles)  # fmt: skip
    found = lists(model, k=9)
    assert found["a00"][:2] == ["a11", "a05"]
    assert {name for name, own in found.items() if "a03" in own} <= {"a10", "a11"}
    assert not any("a04" in own for own in found.values())
    assert len(found["a00"]) == 8
    origins = model.recommend(["a00"], k=9)["origin"]
    assert (origins == "pinned").tolist() == [True] * 2 + [False] * 6
    assert lists(model, ids=["a00"], k=1) == {"a00": ["a11"]}


def test_new_articles_obey_the_rules_of_their_ids(articles: pd.DataFrame) -> None:
    """`recommend_for` pins and bans for ids of the fit; other ids have only what is hidden."""
    rules = Editorial([pin("a00", "a11"), ban("a00", "a01"), never("a02")])
    model = ArticleRecommender(**PLAIN, editorial=rules).fit(articles)
    new = articles[:1]
    table = model.recommend_for(pd.concat([new, new.assign(id="new")]), k=11)
    found = {name: rows["related_id"].tolist() for name, rows in table.groupby("article_id")}
    assert found["a00"][0] == "a11"
    assert "a01" not in found["a00"]
    assert "a01" in found["new"]
    assert "a11" not in found["new"]
    assert not any("a02" in own for own in found.values())


def test_own_stages_stay_between_bans_and_pins(articles: pd.DataFrame) -> None:
    """With stages of the user's own, the rules still hold, but columns are only columns."""
    table = articles.assign(related=[["nobody"]] * 12)
    rules = Editorial([pin("a00", "a11"), never("a01")])
    model = ArticleRecommender(**PLAIN, stages=[], editorial=rules).fit(table)
    assert [type(stage) for stage in model.stages_] == [Banned, Pinned]
    assert lists(model)["a00"][0] == "a11"
    plain = ArticleRecommender(**PLAIN, stages=[]).fit(table)
    assert plain.stages_ == ()


def test_wrong_names_are_told_before_the_search(articles: pd.DataFrame) -> None:
    """`fit` raises them, for columns too."""
    with pytest.raises(ConfigError, match="a00: no article is named 'nobody'"):
        ArticleRecommender(**PLAIN).fit(articles.assign(related=[["nobody"]] + [None] * 11))
