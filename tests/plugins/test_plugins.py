"""The shared part of the plug-ins: settings, and lists for a host's pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recommender.config import Settings
from recommender.errors import ConfigError
from recommender.plugins.base import lists_for, matching, placed, plugin_settings, read_texts
from recommender.plugins.mkdocs import _records

EASY = Settings(min_score=0.0, min_df=1, max_df=1.0)


def test_settings_have_the_names_of_everywhere(tmp_path: Path) -> None:
    """The host's configuration overrides the settings file, and that overrides the default."""
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
    """It does not fail the build."""
    assert lists_for(pages, EASY) == {}


@pytest.mark.parametrize("given", ["soon", "2024-99-99", None, 7, date(2024, 1, 1)])
def test_any_date_of_a_page_will_do(given: object) -> None:
    """A value that is not a date counts as missing."""
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


def test_a_page_whose_list_is_only_filled_says_so_in_its_heading() -> None:
    """A heading of the settings goes before it."""
    card = {"url": "rye/", "image": None, "date": None, "origin": "backfill:newest"}
    assert placed([card], str, "en")[0]["heading"] == "More to read"
    assert placed([card, card | {"origin": "similar"}], str)[0]["heading"] == "You may also like"
    assert placed([card], str, "en", "Rye")[0]["heading"] == "Rye"


def test_addresses_are_placed_for_the_page() -> None:
    """A complete address is kept; the host resolves a relative one."""
    cards = [{"url": "a/", "image": "/x.png"}, {"url": "b/", "image": "y.png"}]
    found = [(card["url"], card["image"]) for card in placed(cards, "../".__add__)]
    assert found == [("../a/", "/x.png"), ("../b/", "../y.png")]


PROSE = "The rye was sown early this year, before the first frost came to the fields."


def test_contents_are_read_as_built_pages_are() -> None:
    """Marks of headings and code are not text, but prose set as code is; the title occurs once."""
    content = (
        "<h1>Rye</h1><h2 id=a>Sow it<a class=headerlink href='#a'>¶</a></h2><p>Not 1. late.</p>"
        "<div class=highlight><pre><span></span><code><span class=k>let</span> x = 1</code></pre>"
        f"</div><div class=highlight><pre><code>{PROSE}</code></pre></div>"
        "<p># of fields: *two*.</p>"
    )
    (found,) = read_texts([content], ["Rye"])
    assert found["headings"] == "Sow it"
    assert found["text"].split("\n\n") == ["Sow it", "Not 1. late.", PROSE, "# of fields: *two*."]


def test_headings_of_sections_stay_though_most_pages_have_them() -> None:
    """They are headings, not lines that recur; a notice of the site is one."""
    notice = "<p>Write to the harbor office if you find an error on this page.</p>"
    names = ["ash", "birch", "cedar", "dogwood", "elm", "fir", "gum", "hazel", "iris", "juniper"]
    contents = [
        f"<p>{PROSE.replace('rye', name)}</p>{'<h2>Sowing</h2>' * (number < 4)}{notice}"
        for number, name in enumerate(names)
    ]
    texts = [found["text"] for found in read_texts(contents)]
    assert sum("Sowing" in text for text in texts) == 4
    assert not any("harbor office" in text for text in texts)


def test_mkdocs_pages_are_read_as_extensions_made_them() -> None:
    """A page of API documentation or of included files has little text of its own."""
    page = SimpleNamespace(
        title="Rye", markdown="::: rye.sow", content=f"<p>{PROSE}</p>", meta={}, url="rye/", toc=[]
    )
    file: Any = SimpleNamespace(page=page, src_uri="rye.md")
    files: Any = SimpleNamespace(documentation_pages=lambda: [file])
    assert [record["text"] for record in _records(files, None, None)] == [PROSE]


RYE = [{"id": n, "title": n, "text": f"rye bread {n} {t}", "date": None}
       for n, t in zip("abcd", ["oats", "oats", "barley", "oats barley"], strict=True)]  # fmt: skip


def test_the_lists_of_the_last_build_hold_where_the_host_keeps_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An entry keeps its place within the margin; else a warning names the setting."""
    settings = Settings(min_score=0.0, min_df=1, max_df=1.0, k=3, churn_margin=1.0)
    plain = lists_for(RYE, Settings(min_score=0.0, min_df=1, max_df=1.0, k=3))
    turned = {name: cards[::-1] for name, cards in plain.items()}
    kept = lists_for(RYE, settings, turned)
    assert [card["id"] for card in kept["d"]] == [card["id"] for card in turned["d"]]
    assert not caplog.records
    assert lists_for(RYE, settings) == plain
    assert "churn_margin has no effect" in caplog.text


def test_clicks_raise_pages_as_in_a_build(tmp_path: Path) -> None:
    """`clicks` is a setting of plug-ins; with `prior_weight`, what readers click comes first."""
    last = lists_for(RYE, EASY)["d"][-1]["id"]
    clicks = tmp_path / "clicks.csv"
    rows = [f"d,{name},{900 * (name == last)},{rank},1000" for rank, name in enumerate("abc", 1)]
    clicks.write_text("\n".join(["article,shown,clicked,position,times", *rows, ""]))
    (tmp_path / "recommender.toml").write_text(
        f"clicks = '{clicks}'\nprior_weight = 9.0\nmin_score = 0.0\nmin_df = 1\nmax_df = 1.0\n"
    )
    found = plugin_settings({}, "mkdocs.yml", tmp_path).settings
    assert lists_for(RYE, found)["d"][0]["id"] == last
    assert plugin_settings({"clicks": "x.csv"}, "conf.py", tmp_path).settings.clicks == "x.csv"
