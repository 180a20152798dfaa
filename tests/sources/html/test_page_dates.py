"""The day of a page: months in every language, orders of day and month, and what is no such day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from recommender.dates import MONTHS
from recommender.sources.html.dates import date_in_address, find_date, iso_date, published_date

DAYS = st.dates(date(1678, 1, 2), date(2261, 12, 30))
MODERN = st.dates(date(1900, 1, 1), date(2023, 12, 31))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def day_of(body: str, *, lang: str = "en", address: str = "", stated: tuple[str, ...] = ()) -> str:
    """Return the day of a page whose article follows its headline."""
    tree = LexborHTMLParser(f"<main><h1>Rye</h1>{body}<p>Sow it early.</p></main>")
    found = published_date(tree, tree.css("main"), tree.css_first("h1"), stated, address, lang)
    return found[:10]


@pytest.mark.parametrize("month", sorted(MONTHS))
def test_month_of_every_language_is_read(month: str) -> None:
    """Before the day or after it, in any case, with the signs and particles of its language."""
    day = f"2024-{MONTHS[month]:02}-09"
    for name in (month, month.title(), month.upper()):
        for text in (
            f"{name} 9, 2024", f"9 {name} 2024", f"9. {name} 2024", f"9 de {name} de 2024",
            f"Posted: {name}. 9 2024 by Ada", f"le 9 {name}, 2024 | Rye", f"9th of {name} 2024",
        ):  # fmt: skip
            found = find_date(text)
            if name.lower() != month:  # İ and its like have no such pair of cases
                continue
            assert found is not None, text
            assert found.iso == day, text
            assert found.text in text


@given(MODERN)
def test_any_day_in_words_and_digits_is_read(day: date) -> None:
    """The forms that leave no doubt, in a sentence."""
    y, m, d = day.year, day.month, day.day
    for text in (f"{day:%B} {d}, {y}", f"{d} {day:%b} {y}", f"{y}年{m}月{d}日",
                 f"{y}년 {m}월 {d}일", f"{day:%Y-%m-%d}",
                 f"{day:%A}, {d} {day:%B} {y}"):  # fmt: skip
        found = find_date(f"Rye, {text} – Ada")
        assert found is not None, text
        assert found.iso == day.isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "", "Rye", "9 Rye 2024", "March 2024", "9 March", "31 April 2024", "29 February 2023",
        "March 99, 2024", "2024-13-01", "12024-01-01", "2024-01-011", "3/4/2024", "9 Marches 2024",
        "version 2024-1-1", "0 May 2024",
    ],
)  # fmt: skip
def test_other_texts_hold_no_day(text: str) -> None:
    """Days that there are not, and numbers that may mean something else."""
    assert find_date(text) is None


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    """A day, a moment or nothing, each of them valid."""
    found = find_date(text)
    assert found is None or date.fromisoformat(found.iso)
    moment = iso_date(text)
    assert not moment or datetime.fromisoformat(moment).tzinfo is not None
    assert not date_in_address(text) or date.fromisoformat(date_in_address(text))


@given(st.datetimes(datetime(1678, 1, 2), datetime(2261, 12, 30), timezones=OFFSETS))
def test_moment_stays_on_its_day(moment: datetime) -> None:
    """The day that a page states is that of its own clock, which the moment keeps."""
    found = datetime.fromisoformat(iso_date(moment.isoformat()))
    assert found == moment
    assert found.date() == moment.date()


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("20240309", "2024-03-09"), ("20240309T101500Z", "2024-03-09"), ("2024/3/9", "2024-03-09"),
        ("Sat, 09 Mar 2024 10:15:00 +0100", "2024-03-09"), ("9 Mar 2024 10:15 GMT", "2024-03-09"),
        ('"2024-03-09"', "2024-03-09"), (" 2024-03-09 \n", "2024-03-09"), (None, ""), ("", ""),
        ("Published on March 9, 2024", "2024-03-09"), ("03/09/2024", ""), ("soon", ""),
        ("2024", "2024-01-01"), ("0001-01-01T00:00:00Z", ""), ("9999-12-31", ""), (0, ""),
    ],
)  # fmt: skip
def test_value_of_a_field_is_read_in_the_forms_of_the_web(value: Any, day: str) -> None:
    """ISO 8601 long and short, mail, words; never a guess between day and month."""
    assert iso_date(value)[:10] == day


@given(DAYS.filter(lambda day: 1900 <= day.year < 2100))
def test_day_of_an_address_is_read(day: date) -> None:
    """Directories with and without zeros, names of months, a date without signs."""
    y, m, d = day.year, day.month, day.day
    for address in (f"/{y}/{m:02}/{d:02}/rye/", f"/{y}/{m}/{d}/rye", f"/{y}-{m:02}-{d:02}-rye.html",
                    f"/{y}/{day:%b}/{d:02}/rye/", f"/p/{day:%Y%m%d}/rye",
                    f"/{y}_{m:02}_{d:02}", f"/{y}/{m:02}/{d:02}.html"):  # fmt: skip
        assert date_in_address(address) == day.isoformat(), address


def test_day_with_a_zero_is_one_before_a_title_too() -> None:
    """A title that begins with a number has none before it."""
    for address in ("/2024/03/09-rye/", "/2024/mar/09-rye"):
        assert date_in_address(address) == "2024-03-09", address


def test_words_of_a_page_tell_the_day_where_its_address_is_doubtful() -> None:
    """The number may begin the title."""
    words = "<p>Posted on March 12, 2024</p>"
    assert day_of(words, address="/2024/03/10-weeks-in-spain/") == "2024-03-12"


@pytest.mark.parametrize(
    "address",
    ["/2024/03/rye/", "/rye-2024/", "/id/120240309", "/2024030912", "/2024/13/09/", "/1824/03/09/",
     "/2024/rye/09/", "/2024-3/09", "", "/2024/10/18fs-year/", "/2024/3/2nd-rye/",
     "/2024/mar/27th/", "/2024/03/09º/", "/2024/03/10-weeks/", "/2024/3/7-tips", "/2024/mar/7_tips",
     "/2024/03/10%20weeks/"],
)  # fmt: skip
def test_other_numbers_of_an_address_are_no_day(address: str) -> None:
    """A month alone, numbers that are longer, months that there are not."""
    assert date_in_address(address) == ""


@pytest.mark.parametrize(
    ("text", "lang", "day"),
    [
        ("3/4/2022", "en", "2022-03-04"), ("3/4/2022", "en-US", "2022-03-04"),
        ("3/4/2022", "en-GB", "2022-04-03"), ("3/4/2022", "fr", "2022-04-03"),
        ("3-4-2022", "en", "2022-04-03"), ("3/4/2022", "", ""), ("13/4/2022", "", "2022-04-13"),
        ("4/13/2022", "", "2022-04-13"), ("4/13/2022", "fr", "2022-04-13"),
        ("4/4/2022", "", "2022-04-04"), ("3.4.2022", "en", "2022-04-03"),
        ("2022/4/3", "", "2022-04-03"), ("2022.4.3", "", "2022-04-03"), ("3/4/22", "en", ""),
        ("1.2.3.2022", "de", ""), ("13/13/2022", "en", ""),
    ],
)  # fmt: skip
def test_order_of_day_and_month_is_that_of_the_language(text: str, lang: str, day: str) -> None:
    """Where no language says it, only a number above 12 or two that are equal do."""
    assert day_of(f"<p>{text}</p>", lang=lang) == day


CHANGED = [
    "Updated", "Last updated:", "Last modified on", "Edited", "Reviewed:", "Aktualisiert am",
    "Geändert:", "Mis à jour le", "Modifié le", "Actualizado el", "Atualizado em", "Modificado:",
    "Aggiornato il", "Bijgewerkt op", "Gewijzigd:", "Uppdaterad", "Oppdatert", "Opdateret",
    "Päivitetty", "Upraveno", "Frissítve:", "Обновлено", "Оновлено:", "Ενημερώθηκε", "Güncellendi:",
    "Diperbarui", "Cập nhật lần cuối:", "更新日:", "更新于", "업데이트:", "수정일:", "อัปเดต",
]  # fmt: skip


@pytest.mark.parametrize("words", CHANGED)
def test_day_of_a_change_is_not_the_day_of_publication(words: str) -> None:
    """In the languages of many sites, before a date in words or before a time element."""
    assert day_of(f"<p>{words} 2022-06-01</p>") == ""
    assert day_of(f"<p>{words} 2022-06-01</p><p>2022-05-03</p>") == "2022-05-03"
    assert day_of(f"<p>{words} <time datetime=2022-06-01>x</time></p>") == ""
    assert day_of(f"<p>2022-05-03</p><p>{words} 2022-06-01</p>") == "2022-05-03"


@pytest.mark.parametrize(
    "words", ["Published", "Posted on", "Veröffentlicht am", "Publié le", "投稿日:"]
)
def test_day_of_publication_is_that_after_other_words(words: str) -> None:
    """They are no change."""
    assert day_of(f"<p>{words} 2022-05-03</p><p>Updated 2022-06-01</p>") == "2022-05-03"


def test_surest_source_goes_first() -> None:
    """The head, then marked elements, then time elements, then the address, then words."""
    words, address = "<p>2022-05-05</p>", "/2022/05/04/rye/"
    time = "<time datetime=2022-05-03>x</time>"
    marked = "<span itemprop=datePublished content=2022-05-02>x</span>"
    stated = ("soon", "2022-05-01")
    assert day_of(words) == "2022-05-05"
    assert day_of(words, address=address) == "2022-05-04"
    assert day_of(time + words, address=address) == "2022-05-03"
    assert day_of(time + marked + words, address=address) == "2022-05-02"
    assert day_of(time + marked + words, address=address, stated=stated) == "2022-05-01"


@pytest.mark.parametrize(
    "frame",
    ["<aside>{}</aside>", "<nav>{}</nav>", "<div class=comments>{}</div>",
     "<div class='related-posts'>{}</div>", "<ul class=recent>{}</ul>", "<div id=respond>{}</div>"],
)  # fmt: skip
def test_dates_of_comments_and_cards_are_not_read(frame: str) -> None:
    """Neither marked nor as time elements nor in words."""
    marked = ["<time pubdate datetime=2022-05-03>x</time>", "<time datetime=2022-05-03>x</time>",
              "<span itemprop=datePublished>2022-05-03</span>"]  # fmt: skip
    for date_text in (*marked, "2022-05-03"):
        assert day_of(frame.format(date_text)) == ""


@pytest.mark.parametrize("days", [1, 400, 36500])
def test_a_day_to_come_is_one_that_the_text_speaks_of(days: int) -> None:
    """Words near the headline are no date then, but for one that is past."""
    coming = f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
    assert day_of(f"<p>Sown on {coming}</p>") == ""
    assert day_of(f"<p>Sown on {coming}, said on 2022-05-03</p>") == "2022-05-03"


def test_time_marked_as_published_goes_before_the_first() -> None:
    """A first time element may be that of an event."""
    first = "<time datetime=2022-06-01>x</time>"
    for mark in ("class='entry-date published'", "class=posted-on", "itemprop=datePublished"):
        assert day_of(f"{first}<time {mark} datetime=2022-05-03>x</time>") == "2022-05-03"
