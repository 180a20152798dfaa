"""Short reasons for readers: whole words as written, in the language of the page."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.outputs import write_recommendations
from recommender.outputs.reading import read_lists
from recommender.outputs.reasons import with_reasons
from recommender.outputs.wording import reason_for
from recommender.pages.block import render_block

OUTPUTS = Path(write_recommendations.__code__.co_filename).parent
ARTICLES = validate_articles(
    pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "title": ["The venom", "Das Gift", "島の灯台"],
            "lang": ["en", "de-CH", "ja"],
            "text": [
                "Venom kills. The venom of Port Wend needs a co-operative, and antivenom.",
                "Das Gift der Schlange. Hier wirkt Gift, sagt der Arzt.",
                "島の灯台は古い。",
            ],
        }
    )
)


def reasons(*terms: list[str]) -> list[str]:
    """Return the reasons for terms in the lists of the three articles."""
    lists = pd.DataFrame({"article_id": list("abc")[: len(terms)]})
    return with_reasons(lists, terms, ARTICLES)["reason"].tolist()


def test_words_are_spelled_as_within_sentences() -> None:
    """A name and a German noun have their capital, the first word of a sentence has none."""
    assert reasons(["venom", "wend", "antivenom"], ["gift", "schlange"]) == [
        "Also about: venom, Wend, antivenom",
        "Auch zum Thema: Gift, Schlange",
    ]


def test_what_is_no_word_is_left_out() -> None:
    """Numbers, months, parts of hyphenated words and of longer terms, and kana are no reasons."""
    assert reasons(["co", "operative", "2024", "may 12", "port", "port wend"]) == [
        "Also about: Port Wend"
    ]
    assert reasons([], ["nie gesehen"], ["島の", "灯台"]) == ["", "", "共通の話題：灯台"]


def test_at_most_three_terms_are_shown() -> None:
    """Beyond three, a reason is no longer short."""
    articles = ARTICLES.assign(text="")
    lists = pd.DataFrame({"article_id": ["a"]})
    found = with_reasons(lists, [list("wxyz")], articles.assign(title=""))
    assert found["reason"].tolist() == ["Also about: w, x, y"]


def test_every_language_with_a_heading_has_a_reason() -> None:
    """The two tables have the same languages, and each text one place for the terms."""
    tables = [
        json.loads((OUTPUTS / f"{name}.json").read_text("utf-8"))
        for name in ("headings", "reasons")
    ]
    assert list(tables[0]) == list(tables[1])
    assert all(text.count("{}") == 1 for text in tables[1].values())
    assert reason_for(["a"], "xx") == "Also about: a"


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "yaml"])
def test_outputs_have_the_reason_only_if_asked(tmp_path: Path, suffix: str) -> None:
    """Without the column, nothing changes; an entry without a reason has none in JSON."""
    lists = pd.DataFrame(
        [("a", 1, "b", 0.5, "similar"), ("a", 2, "c", 0.4, "similar")],
        columns=["article_id", "rank", "related_id", "score", "origin"],
    )
    file = tmp_path / f"lists.{suffix}"
    write_recommendations(lists, file, articles=ARTICLES)
    assert "reason" not in read_lists(file)["a"][0]
    told = with_reasons(lists, [["venom"], []], ARTICLES)
    write_recommendations(told, file, articles=ARTICLES)
    first, second = read_lists(file)["a"]
    assert first["reason"] == "Also about: venom"
    assert not second.get("reason")
    if suffix == "json":
        schema = json.loads((OUTPUTS / "schema.json").read_text("utf-8"))
        jsonschema.validate(json.loads(file.read_text("utf-8")), schema)


def test_block_shows_the_reason_as_text() -> None:
    """It is escaped, stands below the teaser, and is left out if there is none."""
    card = {"title": "B", "url": "/b/", "teaser": "Teaser.", "reason": "Also about: <b>"}
    block = render_block([card], style=False)
    assert "<p>Teaser.</p>\n<p>Also about: &lt;b&gt;</p>" in block
    assert render_block([card | {"reason": ""}], style=False).count("<p>") == 1
