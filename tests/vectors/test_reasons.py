"""Reasons: words before dates, whole words in scripts without spaces."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pandas as pd
import pytest

from recommender import ArticleRecommender, because, shared_terms
from recommender.vectors import reasons

CHINESE = [
    "机器学习模型可以预测天气，研究人员训练了新的模型",
    "机器学习模型正在改变医院，医生使用新的模型",
    "北京烤鸭店很有名，游客喜欢北京烤鸭",
    "北京烤鸭的做法，游客在家也能做北京烤鸭",
    "足球比赛今晚开始",
]
JAPANESE = [
    "ラーメン屋がまた開店した",
    "ラーメン屋で昼ごはん",
    "東京タワーにのぼる",
    "夜の東京タワー",
    "サッカーの試合",
]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """The segmenter is looked for once: here once per test, and again by tests that follow."""
    reasons._segmenter.cache_clear()
    yield
    reasons._segmenter.cache_clear()


def first_reasons(texts: list[str]) -> list[list[str]]:
    """The terms of each best neighbor."""
    ids = [f"a{n}" for n in range(len(texts))]
    articles = pd.DataFrame({"id": ids, "title": "", "text": texts})
    model = ArticleRecommender(min_score=0).fit(articles)
    return shared_terms(model, model.recommend(k=1), terms=3)


def test_month_names_come_after_words() -> None:
    """A month with its year comes after the word that both articles share."""
    texts = ["june 2025 june 2025 seat", "june 2025 june 2025 seat", "tide", "tide boat"]
    found = first_reasons(texts)[0]
    assert found[0] == "seat"
    assert {"june", "2025"} & {word for name in found[1:] for word in name.split()}


def test_pairs_that_follow_each_other_are_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a segmenter a reason is the run that both texts have."""
    monkeypatch.setitem(sys.modules, "rjieba", None)
    assert first_reasons(CHINESE)[0][0] == "机器学习模型"
    assert first_reasons(CHINESE)[2][:2] == ["北京烤鸭", "游客"]
    assert first_reasons(JAPANESE)[0] == ["ラーメン屋"]


def test_pairs_that_are_apart_stay_apart() -> None:
    """京都 and 東京 grow together only where both texts have 東京都."""
    apart = [
        "東京の天気、京都の祭り",
        "京都は雪、東京は雨",
        "サッカーの試合",
        "サッカーの決勝",
    ]
    found = first_reasons(apart)[0]
    assert found
    assert not any("東京都" in name for name in found)


def test_segmenter_cuts_chinese_into_words() -> None:
    """With a dictionary, reasons are its words and no halves."""
    pytest.importorskip("rjieba")
    assert set(first_reasons(CHINESE)[0]) == {"模型", "机器", "学习"}


def test_parts_of_grown_words_add_up() -> None:
    """A word contributes what its pairs contribute: no more than the score."""
    ids = [f"a{n}" for n in range(len(CHINESE))]
    articles = pd.DataFrame({"id": ids, "title": "", "text": CHINESE})
    model = ArticleRecommender(min_score=0).fit(articles)
    lists = model.recommend(k=1)
    assert len(lists) == len(CHINESE)
    for score, found in zip(lists["score"], because(model, lists, terms=100), strict=True):
        assert sum(part for _, part in found) == pytest.approx(score, abs=1e-4)


def test_runs_stay_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that both quote does not count as one word of its length."""
    monkeypatch.setitem(sys.modules, "rjieba", None)
    quoted = "昨日的新闻说明天将会下很大的雨请大家带好雨伞"
    found = first_reasons([quoted + "北京", quoted + "上海", "足球比赛", "足球决赛"])[0]
    assert max(map(len, found)) <= reasons.LONGEST
