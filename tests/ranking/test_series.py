"""Series: which articles are one, and their place in a list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st

from recommender import ArticleRecommender
from recommender.ranking import (
    ORIGINS,
    Context,
    Filters,
    Ranked,
    Series,
    apply_stages,
    find_series,
)
from recommender.ranking.series import part_of


class TestSeries(StageContract):
    """Five articles in a row are parts of one series."""

    stage = Series()
    adds = True

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Rows 0 to 4 are "Story 0, part 1" to "part 5", and so on."""
        context = neighborhood[1]
        titles = [f"Story {row // 5}: part {row % 5 + 1}" for row in context.articles.index]
        articles = context.articles.assign(title=titles, lang="en", series="")
        return context._replace(articles=articles, seeds=articles)

    def test_next_and_previous_part_come_first_and_no_other(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """The parts have origin "series"; the rest is the old list without the series."""
        n = len(context.articles)
        for row, (old, new) in enumerate(zip(as_lists(before), as_lists(after), strict=True)):
            near = [part for part in (row + 1, row - 1) if part // 5 == row // 5 and part < n]
            assert [index for index, _ in new[: len(near)]] == near
            others = [entry for entry in old if entry[0] // 5 != row // 5]
            earlier = [[index // 5 for index, _ in others[:place]] for place in range(len(others))]
            assert new[len(near) :] == [
                entry
                for entry, before_it in zip(others, earlier, strict=True)
                if before_it.count(entry[0] // 5) < 2
            ]
            codes = after.origins[row, : len(new)]
            assert [ORIGINS[code] for code in codes[: len(near)]] == ["series"] * len(near)
            assert not codes[len(near) :].any()

    def test_scores_of_added_parts_are_cosines(self, after: Ranked, context: Context) -> None:
        """A part that the search did not find has its cosine too, in whole millionths."""
        dense = context.vectors.toarray()
        for row, found in enumerate(as_lists(after)):
            for index, score in found:
                assert score == pytest.approx(dense[row] @ dense[index], abs=1.1e-6)

    def test_a_second_pass_changes_nothing(self, after: Ranked, context: Context) -> None:
        """The stage is idempotent."""
        again = apply_stages(after, context, [Series()])
        assert as_lists(again) == as_lists(after)

    def test_a_fitted_stage_gives_the_same(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """The series of the site are the same at every call."""
        assert as_lists(Series().fitted(context)(before, context)) == as_lists(after)

    def test_a_removing_stage_keeps_a_part_out(self, before: Ranked, context: Context) -> None:
        """A part that a filter excludes is not added."""
        stage = Series((Filters(never_target=("title=*part 2",)),))
        plain, without = (
            [
                {index for index, _ in found}
                for found in as_lists(apply_stages(before, context, [s]))
            ]
            for s in (Series(), stage)
        )
        assert [row for row, found in enumerate(plain[:5]) if 1 in found] == [0, 2]
        assert [row for row, found in enumerate(without[:5]) if 1 in found] == []

    def test_other_parts_of_a_long_series_stay(self, before: Ranked, context: Context) -> None:
        """In a newsletter, every issue is a part: only the order changes."""
        after = apply_stages(before, context, [Series(longest=3, most=99)])
        for row, (old, new) in enumerate(zip(as_lists(before), as_lists(after), strict=True)):
            near = {part for part in (row + 1, row - 1) if part // 5 == row // 5}
            near &= set(context.articles.index)
            rest = [entry for entry in new if entry[0] not in near]
            assert rest == [entry for entry in old if entry[0] not in near]


@pytest.mark.parametrize(
    ("title", "name", "number"),
    [
        ("Rye, Part 2: Sowing", "rye", 2), ("Rye pt. 3", "rye", 3), ("Rye – part II", "rye", 2),
        ("Rye (2/4)", "rye", 2), ("Rye [2 of 4]", "rye", 2), ("Rye: Part Two", "rye", 2),
        ("Roggen, Teil 2", "roggen", 2), ("Roggen (Teil 3 von 5)", "roggen", 3),
        ("Le seigle, partie 2", "le seigle", 2), ("El centeno, parte 4", "el centeno", 4),
        ("ライ麦 第2回 種まき", "ライ麦", 2), ("ライ麦（第３話）", "ライ麦", 3),
        ("黑麦 第二章", "黑麦", 2), ("호밀 3부", "호밀", 3),
    ],
)  # fmt: skip
def test_parts_are_read(title: str, name: str, number: int) -> None:
    """The number in words, digits or Roman numerals, and the title before it."""
    assert part_of(title)[0] == ("part", name, number)


@pytest.mark.parametrize(
    ("title", "form", "name", "number"),
    [
        ("This Week #124: Rye", "issue", "this week", 124),
        ("#124 – Rye", "issue", "", 124),
        ("Rye Weekly, Issue 7", "issue", "rye weekly", 7),
        ("Episode 12: Rye", "issue", "", 12),
        ("This Week in Rust 500", "last", "this week in rust", 500),
        ("Rye (3)", "last", "rye", 3),
    ],
)
def test_numbers_of_issues_are_read(title: str, form: str, name: str, number: int) -> None:
    """A number sign, a word for an issue, and a number at the end."""
    assert (form, name, number) in part_of(title)


@pytest.mark.parametrize(
    "title",
    [
        "Top 5 ways to sow rye", "Windows 95.1", "Rye in 2024", "Le parti", "Part 2: no name",
        "Rust 1.75.0", "Compiler Warning C4996", "11 ideas", "Sow 50% more", "Take part in it",
        "", "World War II", "The 2/3 rule", "Resumen del 5 de mayo",
    ],
)  # fmt: skip
def test_other_numbers_are_no_parts(title: str) -> None:
    """Counts, years, versions, codes and ordinary words."""
    assert part_of(title) == []


def chains(titles: list[str], **columns: Any) -> list[tuple[int, int]]:
    """Return (next, previous) of each article."""
    table = pd.DataFrame({"title": titles} | columns)
    if "date" in table:
        table["date"] = pd.to_datetime(table["date"], utc=True)
    chain = find_series(table)
    return list(zip(chain.following.tolist(), chain.previous.tolist(), strict=True))


ALONE = (-1, -1)


def test_two_parts_are_a_series_and_two_versions_are_none() -> None:
    """A number at the end must be one of five without large gaps."""
    assert chains(["Rye part 2", "Rye, Part 1", "Rye"]) == [(-1, 1), (0, -1), ALONE]
    assert chains(["Windows 10", "Windows 11"]) == [ALONE, ALONE]
    assert chains([f"Rye {n}" for n in (1, 2, 3, 4, 90)]) == [ALONE] * 5
    assert chains([f"Rye {n}" for n in (1, 2, 3, 5, 6)])[2] == (3, 1)
    assert chains([f"Annual report {n}" for n in range(2015, 2023)]) == [ALONE] * 8
    assert chains(["#1", "#2"]) == [ALONE, ALONE]
    assert chains(["#3: Rye", "#1: Oats", "#2"]) == [(-1, 2), (2, -1), (0, 1)]


def test_the_first_part_may_lack_a_number_or_have_a_longer_name() -> None:
    """Authors number a post only when they write the second."""
    assert chains(["A long story", "A Long Story, part 2"]) == [(1, -1), (-1, 0)]
    long = ["Rye and oats are the crops we need, part 1", "Rye and oats part 2: Sowing"]
    assert chains(long) == [(1, -1), (-1, 0)]


def test_languages_have_their_own_series() -> None:
    """Part 2 in another language is no next part; an unknown language is the usual one."""
    titles = ["Rye (1/2)", "Rye (2/2)", "Rye (2/2)"]
    assert chains(titles, lang=["en", "de", "en"]) == [(2, -1), ALONE, (-1, 0)]
    assert chains(titles[:2], lang=["en", ""]) == [(1, -1), (-1, 0)]


def test_of_two_equal_numbers_the_nearest_in_time_is_next() -> None:
    """Two series may have one name."""
    titles = ["Interview part 1", "Interview part 2", "Interview part 2", "Interview part 1"]
    dates = ["2020-01-01", "2024-01-02", "2020-01-02", "2024-01-01"]
    assert chains(titles, date=dates) == [(2, -1), (-1, 3), (-1, 0), (1, -1)]


@pytest.mark.parametrize(
    "columns",
    [
        {"series_order": [2, 3, 1], "title": ["Oats", "Rye", "Corn"]},
        {"series_order": ["2", "", "1"], "title": ["Oats, part 2", "Rye, part 3", "Corn, part 1"]},
        {"date": ["2024-01-02", "2024-01-03", "2024-01-01"], "title": ["#1", "b", "c"]},
    ],
)
def test_a_named_series_is_ordered(columns: dict[str, list[Any]]) -> None:
    """By `series_order`, else by the numbers in the titles, else by date."""
    table = {"series": ["Farm", "farm ", "FARM"], "lang": "en"} | columns
    assert chains(table.pop("title"), **table) == [(1, 2), (-1, 0), (0, -1)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5)), max_size=12))
def test_next_and_previous_are_of_the_same_series(parts: list[tuple[str, int]]) -> None:
    """A next part has a higher number of the same name, with none in between."""
    titles = [f"Story {name}, part {number}" for name, number in parts]
    for row, sides in enumerate(chains(titles)):
        for side, other in zip((1, -1), sides, strict=True):
            if other >= 0:
                assert parts[other][0] == parts[row][0]
                numbers = [n for name, n in parts if name == parts[row][0]]
                beyond = [side * (n - parts[row][1]) for n in numbers]
                assert side * (parts[other][1] - parts[row][1]) == min(n for n in beyond if n > 0)


def test_series_are_found_at_once_and_shown_by_the_setting() -> None:
    """With `series`, the next part comes first although another article is nearer."""
    words = ["rye bread oats", "rye", "bread oats rye", "oats"]
    titles = ["Farm, part 1", "Farm, part 2", "Bread", "Farm, part 3"]
    articles = pd.DataFrame({"id": list("abcd"), "title": titles, "text": words})
    model = ArticleRecommender(min_df=1, max_df=1.0, min_score=0.0, series=True, min_items=0)
    found = model.fit(articles).recommend(["a"])
    assert found["related_id"].tolist() == ["b", "c"]
    assert found["origin"].tolist() == ["series", "similar"]
    assert np.array_equal(model.recommend(["b"])["related_id"], ["d", "a", "c"])
