"""The rules of production sites in the benchmarks: Hugo's against Hugo itself, and tags."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import recommender as rec
from integration.sites import run, write_files
from integration.test_site_generators import hugo
from recommender.articles import validate_articles

ROOT = Path(__file__).parents[2]
HOME = """{{ range .Site.RegularPages }}{{ .Params.row }}:
{{- range first 10 (.Site.RegularPages.Related .) }} {{ .Params.row }}{{ end }}
{{ end }}"""


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of the benchmarks."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("rules")


def test_hugo_related_is_what_hugo_lists(rules: Any, tmp_path: Path) -> None:
    """On the newsroom, every list of the rule is the one that Hugo makes by default."""
    articles = rec.read_articles(ROOT / "data" / "articles")
    kinds = '"rss", "sitemap", "taxonomy", "term", "section", "404"'
    pages = {
        f"content/p/{row:03}.md": json.dumps(
            {"title": title, "date": date.isoformat(), "tags": tags, "row": row}
        )
        for row, title, date, tags in articles[["title", "date", "tags"]].itertuples()
        if not pd.isna(date)
    }
    write_files(tmp_path, pages | {
        "hugo.toml": f'baseURL = "https://example.org/"\ndisableKinds = [{kinds}]\n',
        "layouts/index.html": HOME,
        "layouts/_default/single.html": "{{ .Title }}",
    })  # fmt: skip
    run(hugo(), "--quiet", "--buildFuture", cwd=tmp_path)
    lines = (tmp_path / "public/index.html").read_text(encoding="utf-8").split("\n")
    theirs = dict(line.split(":") for line in lines if line.strip())
    ours = rules.hugo_related(articles, 10)
    assert len(theirs) == len(articles)
    for row, listed in theirs.items():
        assert [int(other) for other in listed.split()] == [c for c in ours[int(row)] if c >= 0]


def test_tags_and_newest_rank_as_their_names_say(rules: Any) -> None:
    """Most common tags and authors first, then the newest; and the newest of all others."""
    articles = validate_articles(pd.DataFrame({
        "id": list("abcd"), "title": "x", "text": "y", "author": ["Ann", "Ann, Bo", "", "Bo"],
        "tags": [["rye", "oats"], ["rye"], ["rye"], ["tea"]],
        "date": ["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"],
    }))  # fmt: skip
    assert rules.shared_tags(articles, 3).tolist() == [
        [1, 2, -1], [0, 3, 2], [1, 0, -1], [1, -1, -1]]  # fmt: skip
    assert rules.newest(articles, 2).tolist() == [[3, 2], [3, 2], [3, 1], [2, 1]]
