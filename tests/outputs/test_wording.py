"""Texts of a list in each language: headings and days, for every language in the tables."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.outputs.wording import date_for, day_of, heading_for, in_language
from recommender.text.languages import base_language
from recommender.text.terms import stop_word_languages

DATES, HEADINGS, MORE = (
    json.loads(files("recommender.outputs").joinpath(name).read_text("utf-8"))
    for name in ("dates.json", "headings.json", "more_headings.json")
)
FILLED = [{"origin": "backfill:newest"}, {"origin": "backfill:tag"}]
DAYS = st.dates(date(1678, 1, 1), date(2261, 12, 31))


@pytest.mark.parametrize("language", sorted(stop_word_languages()))
def test_language_with_stop_words_has_a_heading_and_dates(language: str) -> None:
    """A site that is read in a language is not shown English words."""
    if language != "en":
        assert heading_for(language) != heading_for("en")
        assert date_for("2024-05-12", language) != date_for("2024-05-12", "en")


@pytest.mark.parametrize("table", [DATES, HEADINGS], ids=["dates", "headings"])
def test_codes_of_the_tables_are_languages(table: dict[str, object]) -> None:
    """In lower case, with or without a region, under the code of their base language."""
    for code in table:
        assert code == code.lower()
        assert base_language(code.split("-")[0]), code


@pytest.mark.parametrize("cards", [[], FILLED], ids=["similar", "filled"])
@pytest.mark.parametrize("code", sorted(HEADINGS))
def test_heading_is_one_short_line(code: str, cards: list[dict[str, str]]) -> None:
    """Without blanks at its ends, markup or a sign that a template would have to escape."""
    heading = heading_for(code, cards)
    assert heading == heading.strip()
    assert 3 < len(heading) < 60
    assert not re.search(r"[<>&\"\n{}]", heading)


@given(DAYS, st.sampled_from(sorted(DATES)))
def test_every_day_is_shown_with_its_year_and_number(day: date, code: str) -> None:
    """In digits, whatever the order and the names of the months."""
    shown = date_for(day.isoformat(), code)
    numbers = [int(number) for number in re.findall(r"\d+", shown)]
    assert day.year in numbers
    assert day.day in numbers
    assert not re.search(r"[{}|]", shown)


@pytest.mark.parametrize("code", sorted(DATES))
def test_months_have_names_of_their_own(code: str) -> None:
    """Twelve days of a year, one in each month, are shown in twelve ways."""
    shown = {date_for(f"2024-{month:02}-10", code) for month in range(1, 13)}
    assert len(shown) == 12


@pytest.mark.parametrize(
    ("lang", "like"),
    [
        ("de-AT", "de"), ("DE_ch", "de"), ("zh-Hant-HK", "zh-hant"), ("en-US", "en"), ("", "en"),
        ("tlh", "en"), ("de-Latn-AT-1996", "de"), ("-", "en"), ("x" * 500, "en"),
    ],
)  # fmt: skip
def test_tag_falls_back_to_its_language_and_to_english(lang: str, like: str) -> None:
    """Region and script are left out until the table has it."""
    assert heading_for(lang) == heading_for(like)
    assert date_for("2024-05-12", lang) == date_for("2024-05-12", like)


@pytest.mark.parametrize(
    ("given_date", "day"),
    [
        ("2024-05-12T08:00:00+00:00", "2024-05-12"), ("2024-05-12", "2024-05-12"),
        (" 2024-05-12", "2024-05-12"), (None, ""), ("", ""), ("soon", ""), ("2024-13-12", ""),
        ("2024-05-32", ""), ("12.05.2024", ""), (20240512, ""), ("<b>2024-05-12", ""),
        ("٢٠٢٤-٠٥-١٢", ""),
    ],
)  # fmt: skip
def test_day_of_a_card_is_a_day_or_nothing(given_date: object, day: str) -> None:
    """A card that a host made may hold anything as its date."""
    assert day_of({"date": given_date}) == day
    assert bool(in_language({"date": given_date}, "de")["day_shown"]) == bool(day)


def test_card_gets_the_texts_of_the_page() -> None:
    """The heading of the settings goes before that of the language; the rest stays."""
    card = {"title": "Rye", "date": "2024-05-12"}
    assert in_language(card, "de", "Mehr") == card | {
        "heading": "Mehr",
        "day_shown": "12. Mai 2024",
    }
    assert in_language(card, "de")["heading"] == "Das könnte Sie auch interessieren"
    assert card == {"title": "Rye", "date": "2024-05-12"}


def test_list_that_only_backfill_made_has_a_heading_that_promises_no_likeness() -> None:
    """In every language; one card that is similar is enough for the usual heading."""
    assert MORE.keys() == HEADINGS.keys()
    for code in HEADINGS:
        assert heading_for(code, FILLED) == MORE[code] != HEADINGS[code]
        assert heading_for(code, [*FILLED, {"origin": "similar"}]) == HEADINGS[code]
        assert heading_for(code, [{"title": "Rye"}]) == HEADINGS[code]
