"""What the plug-ins share: their settings, and lists for a host's pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recommender.config import Settings
from recommender.errors import ConfigError
from recommender.plugins.base import lists_for, matching, placed, plugin_settings

EASY = Settings(min_score=0.0, min_df=1, max_df=1.0)


def test_settings_have_the_names_of_everywhere(tmp_path: Path) -> None:
    """The host's configuration goes before the settings file, that before the default."""
    (tmp_path / "recommender.toml").write_text("k = 3\ntitle_weight = 0.7\n")
    found = plugin_settings({"k": 4, "heading": "More"}, "mkdocs.yml", tmp_path)
    assert (found.settings.k, found.settings.title_weight) == (4, 0.7)
    assert (found.insert, found.heading) == (True, "More")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"titel_weight": 1}, "conf.py: unknown setting titel_weight\nHint: did you mean title"),
        ({"output": "x"}, "conf.py: unknown setting output"),
        ({"k": 0}, "conf.py: k is wrong, got 0"),
        ({"insert": "no"}, "conf.py: insert is wrong, got 'no'"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    """With the host's file and what was meant."""
    with pytest.raises(ConfigError) as caught:
        plugin_settings(given, "conf.py", tmp_path)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("pages", [[], [{"id": "a", "title": "A", "text": "x"}],
                                   [{"id": n, "title": n, "text": " "} for n in "ab"]])  # fmt: skip
def test_a_site_without_articles_has_no_lists(pages: list[dict[str, Any]]) -> None:
    """It is no error of the build."""
    assert lists_for(pages, EASY) == {}


@pytest.mark.parametrize("given", ["soon", "2024-99-99", None, 7, date(2024, 1, 1)])
def test_any_date_of_a_page_will_do(given: object) -> None:
    """What is no date is taken for none."""
    pages = [{"id": n, "title": n, "text": "rye bread", "date": given} for n in "ab"]
    (card,) = lists_for(pages, EASY)["a"]
    assert card["date"] in (None, "2024-01-01T00:00:00+00:00")


def test_glob_says_which_pages_are_articles(tmp_path: Path) -> None:
    """Patterns led by ! leave out; no pattern takes all."""
    for name in ("index.md", "blog/a.md", "blog/b.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert matching(tmp_path, Settings(glob=["blog/*.md", "!**/b.md"])) == {"blog/a.md"}
    assert matching(tmp_path, Settings()) is None


def test_addresses_are_placed_for_the_page() -> None:
    """A whole address stays, a relative one goes the host's way."""
    cards = [{"url": "a/", "image": "/x.png"}, {"url": "b/", "image": "y.png"}]
    found = [(card["url"], card["image"]) for card in placed(cards, "../".__add__)]
    assert found == [("../a/", "/x.png"), ("../b/", "../y.png")]
