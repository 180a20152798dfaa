"""Files of lists, read back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.errors import SourceError
from recommender.outputs import write_recommendations
from recommender.outputs.reading import read_lists

TITLE = "-B\u2028is one\x85line"
ARTICLES = validate_articles(
    pd.DataFrame({"id": ["=a", "b", "c"], "title": ["A", TITLE, "C"], "text": ["", "", "x\ny"]})
)
RELATED = pd.DataFrame(
    [
        ("=a", 1, "b", 0.5, "similar"),
        ("=a", 2, "c", 0.25, "pinned"),
        ("b", 1, "=a", 0.5, "similar"),
    ],
    columns=["article_id", "rank", "related_id", "score", "origin"],
)
WHOLE = {"=a": ["b", "c"], "b": ["=a"], "c": []}


@pytest.mark.parametrize("suffix", ["json", "jsonl", "ndjson", "yaml", "yml", "csv", "parquet"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    """Lists, titles, scores and origins come back; rows of tables have no empty lists."""
    file = tmp_path / f"related.{suffix}"
    write_recommendations(RELATED, file, articles=ARTICLES)
    lists = read_lists(file)
    shown = WHOLE if suffix not in ("csv", "parquet") else {k: v for k, v in WHOLE.items() if v}
    assert {name: [card["id"] for card in cards] for name, cards in lists.items()} == shown
    second = lists["=a"][1]
    assert (second["title"], second["score"], second["origin"]) == ("C", 0.25, "pinned")
    assert lists["=a"][0]["title"] == TITLE


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.json", "[1]", "is not JSON written by `recommender build`, got list"),
        ("a.json", "{}", "got no key `lists`"),
        ("a.json", '{"schema": 2, "lists": {}}', "got schema 2, expected 1"),
        ("a.json", '{"schema": null, "lists": {}}', "got schema None, expected 1"),
        ("a.json", "{", "is not JSON written"),
        ("a.json", '{"lists": {"a": 1}}', "list 'a': got int, expected a list"),
        ("a.json", '{"lists": {"a": [1]}}', "list 'a', card 1: got int, expected an object"),
        ("a.json", '{"lists": {"a": [{"id": "b", "title": 1}]}}', "title must be text, got 1"),
        ("a.json", '{"lists": {"a": [{"title": "B"}]}}', "card 1: id must be text, got None"),
        ("a.jsonl", '{"id": "a"}', "is not JSON Lines .* line 1: got no `id` and `related`"),
        ("a.yaml", "a: [", "is not YAML written"),
        ("a.csv", "a,b\n1,2", "is not CSV written"),
        ("a.csv", "rank,score\nx,1", "is not CSV written"),
        ("a.parquet", "PAR1", "is not Parquet written"),
    ],
)
def test_other_content_is_named(tmp_path: Path, name: str, content: str, problem: str) -> None:
    """A file that `build` did not write is one error with its name."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=f"{name}: .*{problem}|{name}: {problem}"):
        read_lists(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The system's reason is in the message."""
    with pytest.raises(SourceError, match=r"none\.json: cannot be read, No such file"):
        read_lists(tmp_path / "none.json")
