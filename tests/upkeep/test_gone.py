"""Where removed addresses lead."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from recommender.errors import SourceError
from recommender.model import Recommender
from recommender.upkeep.gone import (
    addresses_alone,
    as_json,
    as_netlify,
    as_nginx,
    redirects,
    stages,
)

TEXTS = ["The ferry sails from the port", "Ferry and port in a storm", "Rye bread", "Brot und Rye"]


def table(**columns: Any) -> pd.DataFrame:
    """Return an Article table; the texts are those of the four live articles."""
    count = len(next(iter(columns.values())))
    blank = {"id": [f"a{row}" for row in range(count)], "title": "", "text": TEXTS[:count]}
    return pd.DataFrame(blank | columns)


def model_of(**columns: Any) -> Recommender:
    """Return a recommender fitted on live articles."""
    return Recommender(stages=stages(0.1), min_df=1).fit(table(**columns))


LIVE = ["https://example.org/sail/", "https://example.org/storm/", "https://example.org/rye/"]


def old(**columns: Any) -> pd.DataFrame:
    """Return old articles as a fitted recommender has them."""
    return model_of(**columns).articles_


def led(found: pd.DataFrame) -> dict[str, str]:
    """Return the targets by address."""
    return dict(zip(found["address"], found["target"], strict=True))


def test_live_addresses_are_not_redirected() -> None:
    """Whatever their host, last slash, query or encoding."""
    live = model_of(url=["/sail/", "/storm", "/äpfel/index.html"])
    gone = addresses_alone(
        ["https://example.org/sail", "/storm/?page=2", "/%C3%A4pfel/", "/", "https://example.org"]
    )
    assert redirects(live, gone).empty


def test_an_article_with_the_same_id_leads_to_itself() -> None:
    """It has moved: whatever its text is now, the score is 1."""
    live = model_of(url=["/sail/", "/storm/", "/new-rye/"])
    moved = old(url=["/sail/", "/storm/", "/old-rye/"], text=["x", "y", "The ferry in a storm"])
    found = redirects(live, moved)
    assert found[["address", "target", "score"]].values.tolist() == [["/old-rye/", "/new-rye/", 1]]


def test_hidden_and_foreign_articles_are_no_targets() -> None:
    """An unlisted article or another language is never shown to a reader who asked for neither."""
    live = model_of(
        url=["/a/", "/b/", "/rye/", "/brot/"],
        lang=["en", "en", "en", "de"],
        unlisted=[False, False, True, False],
    )
    gone = old(id=["x", "y"], url=["/bread/", "/c/"], text=["Rye bread", "x"], lang=["en", "en"])
    assert led(redirects(live, gone)) == {"/bread/": "", "/c/": ""}


@pytest.mark.parametrize("url", ["", "http://[", "javascript:hit()"])
def test_an_article_without_an_address_is_no_target(url: str) -> None:
    """Its readers are not sent to the home page; nor if the address is none, or is not safe."""
    live = model_of(url=["/sail/", "/storm/", url])
    found = redirects(live, old(id=["a2", "x"], url=["/rye/", "/bread/"], text=["y", "Rye bread"]))
    assert found[["related_id", "target", "related_title"]].values.tolist() == [["", "", ""]] * 2
    assert found["score"].isna().all()


def test_a_target_on_another_host_is_complete() -> None:
    """Else it begins with a slash."""
    gone = {"id": ["x", "y"], "text": ["Rye bread", "storm"], "title": ["", ""]}
    moved = old(**gone, url=["https://old.example/r/", "https://example.org/s/"])
    found = redirects(model_of(url=LIVE), moved)
    assert led(found) == {"/r/": "https://example.org/rye/", "/s/": "/storm/"}


@pytest.mark.parametrize("which", ["live", "old"])
def test_articles_without_addresses_are_an_error(which: str) -> None:
    """It says which, and what to set."""
    tables = {"live": ["/a/", "/b/"], "old": ["/c/", "/d/"], which: ["", ""]}
    with pytest.raises(SourceError, match=f"the {which} articles have no addresses"):
        redirects(model_of(url=tables["live"]), old(url=tables["old"]))


def test_hostile_addresses_stay_inside_their_line() -> None:
    """Quotes, blanks, variables and new lines end no entry of a file and begin none."""
    lines = ['/a"b c', "/$host/rye", "/x;y\\z", "/ä{1}\u2028"]
    live = model_of(url=["/sail$1/", "/sto rm/", '/r"ye;/'])
    found = redirects(live, addresses_alone(lines)).assign(target="/r%22ye;/$1")
    netlify, nginx = as_netlify(found), as_nginx(found)
    assert [len(line.split(" ")) for line in netlify.splitlines()] == [3] * len(found)
    assert all(line.count('"') - line.count('\\"') == 4 for line in nginx.splitlines())
    assert "$1" not in nginx
    assert [row["from"] for row in json.loads(as_json(found))] == found["address"].tolist()
