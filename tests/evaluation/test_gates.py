"""Gates of a build: limits, figures, and what is behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recommender.errors import ConfigError
from recommender.evaluation.gates import (
    Gate,
    Limit,
    dead_links,
    foreign_links,
    github_annotations,
    list_gates,
    read_limit,
)
from recommender.evaluation.health import ListCounts


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("0", Limit(0, False)),
        ("12", Limit(12, False)),
        ("1", Limit(1, False)),
        ("1.0", Limit(1.0, True)),
        ("0.2", Limit(0.2, True)),
        ("20%", Limit(0.2, True)),
        (" 20 % ", Limit(0.2, True)),
    ],
)
def test_limits_are_counts_or_shares(text: str, limit: Limit) -> None:
    """A whole number is a count, anything with a point or a percent sign a share."""
    assert read_limit(text) == limit


@pytest.mark.parametrize("text", ["", "-1", "many", "1.5", "120%", "nan", "inf", "1e400", "٣"])
def test_other_limits_are_errors(text: str) -> None:
    """A share beyond 1 is a mistake, not a limit that nothing breaks."""
    with pytest.raises(ConfigError, match="expected a count such as 12, or a share"):
        read_limit(text)


LISTS = ListCounts(np.array([0, 3, 1, 0]), np.array([2, 1, 0, 2]), 2)
IDS = ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("name", "good", "bad", "items"),
    [
        ("orphans", "2", "1", ["a", "d"]),
        ("filled", "50%", "51%", ["b", "c"]),
        ("empty", "25%", "0", ["c"]),
        ("hub", "3", "2", ["b"]),
    ],
)
def test_gate_breaks_beyond_its_limit(name: str, good: str, bad: str, items: list[str]) -> None:
    """At the limit a gate holds; beyond, it names the articles."""
    (holds,) = list_gates(LISTS, IDS, {name: read_limit(good)})
    (breaks,) = list_gates(LISTS, IDS, {name: read_limit(bad)})
    assert (holds.ok, breaks.ok, breaks.items) == (True, False, items)


def test_gate_without_limit_is_left_out() -> None:
    """Only what is asked for is checked."""
    assert list_gates(LISTS, IDS, {"orphans": None}) == []


def test_share_of_nothing_is_kept() -> None:
    """No entry at all breaks no share."""
    assert Gate("dead", 0, 0, Limit(0.0, True), False, []).ok


def test_foreign_links_go_by_base_language() -> None:
    """en-GB links to en-US; an unknown language matches every other."""
    articles = pd.DataFrame({"id": IDS, "lang": ["en-GB", "en-US", "de", ""]})
    lists = pd.DataFrame({"article_id": ["a", "a", "a"], "related_id": ["b", "c", "d"]})
    assert foreign_links(lists, articles) == ["a -> c (en, de)"]


def test_dead_links_have_the_reason() -> None:
    """A skipped article is found by the end of its path, not by part of a name."""
    lists = {"a.md": [{"id": "a.md"}, {"id": "c.md"}, {"id": "x/c.md"}]}
    skipped = [("posts/bc.md", "expired"), ("posts/x/c.md", "draft")]
    assert dead_links(lists, ["a.md"], skipped) == [
        "a.md -> c.md (draft)", "a.md -> x/c.md (draft)"
    ]  # fmt: skip
    assert dead_links(lists, ["a.md"], skipped[:1])[0] == "a.md -> c.md (missing)"


def test_annotations_are_one_line_each() -> None:
    """New lines and percent signs are escaped; what holds is not mentioned."""
    broken = Gate("empty\nlists", 20, 40, Limit(0, False), False, [f"{n}%.md" for n in range(20)])
    (line,) = github_annotations([broken, broken._replace(value=0)])
    assert "\n" not in line
    assert line.startswith("::error title=recommender check::empty%0Alists: 20 of 40 (50.0%25)")
    assert line.endswith("%0A9%25.md%0Aand 10 more")
