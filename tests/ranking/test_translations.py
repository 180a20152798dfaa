"""Translations: one of them in a list, and a list for one that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from contracts import StageContract, as_lists
from hypothesis import given
from hypothesis import strategies as st

from recommender import ArticleRecommender, read_articles
from recommender.ranking import (
    ORIGINS,
    Context,
    NoTranslations,
    Ranked,
    SameLanguage,
    Translated,
    apply_stages,
    translation_groups,
)

LANGUAGES = ("en", "de", "fr")


class TestNoTranslations(StageContract):
    """Three articles in a row are translations of one another."""

    stage = NoTranslations()

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Rows 0, 1, 2 have one key and three languages, and so on."""
        context = neighborhood[1]
        rows = context.articles.index
        articles = context.articles.assign(
            translation_key=[f"key {row // 3}" for row in rows],
            lang=[LANGUAGES[row % 3] for row in rows],
        )
        return context._replace(articles=articles, seeds=articles)

    def test_a_group_comes_once_in_the_seeds_language(self, before: Ranked, after: Ranked) -> None:
        """Each list keeps, of each group, the candidate in its language, else the first."""
        for row, (old, new) in enumerate(zip(as_lists(before), as_lists(after), strict=True)):
            best: dict[int, int] = {}
            for index, _ in sorted(old, key=lambda entry: entry[0] % 3 != row % 3):
                best.setdefault(index // 3, index)
            best.pop(row // 3, None)
            assert [i for i, _ in new] == [i for i, _ in old if best.get(i // 3) == i]

    def test_a_second_pass_changes_nothing(self, after: Ranked, context: Context) -> None:
        """The stage is idempotent."""
        assert apply_stages(after, context, [NoTranslations()]) is after


class TestTranslated(StageContract):
    """Every list in German is empty; the article before it is the original."""

    stage = Translated()
    adds = True

    @pytest.fixture
    def before(self, neighborhood: tuple[Ranked, Context]) -> Ranked:
        """The lists with none in German."""
        lists = Ranked._make(part.copy() for part in neighborhood[0])
        for part, blank in zip(lists, (-1, 0, -np.inf, 0), strict=True):
            part[1::2] = blank
        return lists

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """Rows 0 and 1 are English and German, and so on; the last pairs are not translated."""
        context = neighborhood[1]
        rows = context.articles.index
        articles = context.articles.assign(
            translation_key=[f"key {row // 2}" if row < 150 else "" for row in rows],
            lang=[LANGUAGES[row % 2] for row in rows],
        )
        return context._replace(articles=articles, seeds=articles)

    def test_a_translated_article_inherits_a_list(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """The entries are those of the original, in German as far as they are translated."""
        previous = [[], *([index for index, _ in found] for found in as_lists(before))]
        for row, (old, new) in enumerate(zip(as_lists(before), as_lists(after), strict=True)):
            expected = [index for index, _ in old]
            if row % 2 and row < 150:
                mapped = [i + 1 if i % 2 == 0 and i < 150 else i for i in previous[row]]
                expected = [i for i in dict.fromkeys(mapped) if i != row]
                codes = after.origins[row, : len(new)].tolist()
                assert {ORIGINS[code] for code in codes} <= {"translated"}
            assert [index for index, _ in new] == expected
        dense = context.vectors.toarray()
        for index, score in as_lists(after)[1]:
            assert score == pytest.approx(dense[1] @ dense[index], abs=1.1e-6)

    def test_a_removing_stage_keeps_entries_out(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """With `SameLanguage`, only translated entries are inherited."""
        german = apply_stages(before, context, [Translated((SameLanguage(),))])
        for row, (some, new) in enumerate(zip(as_lists(after), as_lists(german), strict=True)):
            assert new == [entry for entry in some if row % 2 == 0 or entry[0] % 2]

    def test_a_second_pass_changes_nothing(self, after: Ranked, context: Context) -> None:
        """The stage is idempotent."""
        assert as_lists(apply_stages(after, context, [Translated()])) == as_lists(after)

    def test_a_site_without_translations_needs_no_other_lists(self, context: Context) -> None:
        """The stage takes entries from other lists only where there may be any."""
        assert Translated().fitted(context).whole_site
        plain = context._replace(articles=context.articles.drop(columns="translation_key"))
        assert not Translated().fitted(plain).whole_site


def groups(**columns: list[Any]) -> list[list[int]]:
    """Return the groups as lists."""
    table = pd.DataFrame({"url": "", "lang": ""} | columns)
    return [rows.tolist() for rows in translation_groups(table)]


def test_pages_name_their_translations() -> None:
    """One page may name the others; addresses that are not there, or its own, do not count."""
    urls = ["/a/", "/de/a/", "/fr/a/", "/b/"]
    languages = ["en", "de", "fr", "en"]
    named = [["/de/a/", "/a/", "/es/a/"], None, ["/a/"], []]
    assert groups(url=urls, lang=languages, translations=named) == [[0, 1, 2]]
    assert groups(url=urls, lang=languages) == []


def test_the_home_page_in_another_language_is_no_translation_of_all_pages() -> None:
    """An address that two pages of one language name is ignored."""
    urls = ["/a/", "/b/", "/de/", "/de/b/"]
    named = [["/de/"], ["/de/", "/de/b/"], [], []]
    assert groups(url=urls, lang=["en", "en", "de", "de"], translations=named) == [[1, 3]]


def test_two_articles_in_one_language_are_no_translations() -> None:
    """A key that several articles of one language have is none; regions are languages here."""
    keys = ["x", "x", "x", "y", "y", "", ""]
    assert groups(lang=["en", "en", "de", "en-GB", "en-US", "en", "de"], translation_key=keys) == [
        [3, 4]
    ]


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(LANGUAGES)), max_size=9))
def test_groups_do_not_overlap_and_have_each_language_once(given: list[tuple[str, str]]) -> None:
    """A group is all articles of a key, or it is none."""
    found = groups(translation_key=[key for key, _ in given], lang=[tag for _, tag in given])
    same = [[i for i, (key, _) in enumerate(given) if key == one] for one in "xyz"]
    valid = [rows for rows in same if 1 < len(rows) == len({given[row][1] for row in rows})]
    assert found == sorted(valid)


def test_the_version_for_the_region_comes_before_others() -> None:
    """Of en-US and en-GB, a list in en-GB has the second, although the first is nearer."""
    languages = ["en-GB", "en-US", "en-GB", "de"]
    texts = ["rye bread", "rye bread", "rye bread oats", "rye bread"]
    columns = {"id": [*"abcd"], "title": "", "text": texts, "url": "", "lang": languages}
    articles = pd.DataFrame(columns).assign(translation_key=["x", "y", "y", "y"])
    for across in (False, True):
        model = ArticleRecommender(min_df=1, max_df=1.0, min_score=0.0, across_languages=across)
        lists = model.fit(articles).recommend()
        assert lists.loc[lists["article_id"] == "a", "related_id"].tolist() == ["c"]


def test_a_new_article_does_not_get_its_translation() -> None:
    """A draft that names the published original is not related to it, in any language."""
    articles = pd.DataFrame(
        {"id": ["a", "b"], "title": "", "text": "rye bread", "url": ["/a/", "/b/"], "lang": "en"}
    ).assign(translations=[[], []])
    model = ArticleRecommender(min_df=1, max_df=1.0, min_score=0.0, across_languages=True)
    draft = pd.DataFrame(
        {"id": ["c"], "title": "", "text": "rye bread", "lang": "de", "translations": [["/a/"]]}
    )
    assert model.fit(articles).recommend_for(draft)["related_id"].tolist() == ["b"]


def test_hugo_says_which_pages_are_translations(tmp_path: Path) -> None:
    """The same path in two languages, or the same translationKey; not on a site of one."""
    config = "[languages.en]\n[languages.de]\n"
    words = "Sow rye early in the autumn, before the first frost comes over the fields."
    content = tmp_path / "content" / "post"
    content.mkdir(parents=True)
    (tmp_path / "hugo.toml").write_text(config, encoding="utf-8")
    heads = {"rye.md": "", "rye.de.md": "", "oats.md": "translationKey: x", "hafer.de.md":
             "translationkey: x", "corn.md": ""}  # fmt: skip
    for name, head in heads.items():
        (content / name).write_text(f"---\ntitle: {name}\n{head}\n---\n{words}", encoding="utf-8")
    articles = read_articles(tmp_path)
    names = articles["title"].tolist()
    found = [{names[row] for row in rows} for rows in translation_groups(articles)]
    assert sorted(found, key=sorted) == [{"oats.md", "hafer.de.md"}, {"rye.md", "rye.de.md"}]
    (tmp_path / "hugo.toml").write_text("title = 'x'\n", encoding="utf-8")
    assert "translation_key" not in read_articles(tmp_path)


def test_a_page_without_entries_gets_the_list_of_its_translation() -> None:
    """The German page has no neighbor; with `inherit_lists` it has those of the original."""
    rows = [
        ("a", "en", "1", "rye bread sea"), ("b", "en", "2", "rye bread oats"),
        ("c", "de", "1", "ganz anders"), ("d", "de", "2", "noch etwas"), ("e", "en", "", "sea"),
    ]  # fmt: skip
    articles = pd.DataFrame(rows, columns=["id", "lang", "translation_key", "text"])
    model = ArticleRecommender(
        min_df=1, max_df=1.0, min_score=0.0, min_items=0, inherit_lists=True
    ).fit(articles.assign(title=""))
    found = model.recommend(["c"])
    assert found[["related_id", "origin", "score"]].values.tolist() == [["d", "translated", 0.0]]
    assert model.recommend(["a"])["related_id"].tolist() == ["b", "e"]
