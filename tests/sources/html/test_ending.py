"""A place remembered while reading is the one that a search on the page finds."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from recommender.pages.inject import inject_lists
from recommender.sources import SourceOptions, read_source
from recommender.sources.html.end import find_end
from recommender.sources.html.ending import Place, known_place, remember, remembering
from recommender.sources.html.pages import Page, parse_page

MARKUP = st.lists(
    st.sampled_from(
        ["<article>", "</article>", "<main>", "</main>", "<p>", "</p>", "text", "<div>", "</div>",
         "<div class=entry-content>", "<script>", "</script>", "<svg>", "</svg>", "<a title='>'>",
         "</a>", "'", "<", ">", "<p>Sow the rye early, in rows, and roll the ground.", "<table>",
         "<div class=comments>Oats</div>", "<tr><td>", "</table>", "<nav>Home</nav>", "é", "<b>",
         "<h1>Rye</h1>", "<noscript>", "</noscript>", "<template>", "</template>", "<ul><li>",
         "</ul>", "</body>", "<body>", "<div data-pagefind-body>", "<img src=a.png>", "<i"]
    ),
    max_size=30,
).map("".join)  # fmt: skip
PAGE = "<main><h1>{0}</h1>{1}<nav>Home</nav></main>"
TEXT = "<p>Sow the rye early, in rows, and roll the ground well before the first frost.</p>" * 4


def _read(data: bytes) -> Place | None:
    page = parse_page(data, "a.html", "a.html", SourceOptions(glob="a.html"), end=True)
    return page.end if isinstance(page, Page) else None


@example("<noscript><div class=comments>Oats</div><noscript><article></noscript><div>")
@given(MARKUP)
@settings(max_examples=300, deadline=None)
def test_a_remembered_place_is_the_one_that_is_found(markup: str) -> None:
    """Whatever the markup, reading a page and searching it agree where its article ends."""
    data = markup.encode()
    place = _read(data)
    found = find_end(data)
    assert place is None or place.offset in (None, found)
    with remembering():
        if place is not None:
            remember(place)
        assert find_end(data) == found


def test_a_page_that_changed_since_it_was_read_is_searched() -> None:
    """A place belongs to the bytes of one page, and is forgotten afterwards."""
    data = PAGE.format("Rye", TEXT).encode()
    place = _read(data)
    assert place is not None
    with remembering():
        remember(place)
        assert known_place(data) == place
        assert find_end(data) == place.offset is not None
        assert known_place(data + b" ") is None
    assert known_place(data) is None


def test_reading_a_site_remembers_the_places_of_its_articles(tmp_path: Path) -> None:
    """Lists are inserted with remembered places exactly where a search inserts them."""
    for name in ("one", "two"):
        for title in ("Rye", "Oats", "Spelt"):
            file = tmp_path / name / f"{title.lower()}.html"
            file.parent.mkdir(exist_ok=True)
            file.write_text(PAGE.format(title, TEXT.replace("rye", title)), encoding="utf-8")
    lists = {f"{title}.html": [{"title": "Bread", "url": "/"}] for title in ("rye", "oats")}
    with remembering():
        read_source(tmp_path / "one", SourceOptions(format="html"))
        assert known_place((tmp_path / "one/rye.html").read_bytes()) is not None
        inject_lists(tmp_path / "one", lists, locate=find_end)
    inject_lists(tmp_path / "two", lists, locate=find_end)
    for title in ("rye", "oats", "spelt"):
        one, two = ((tmp_path / name / f"{title}.html").read_bytes() for name in ("one", "two"))
        assert one == two


def test_an_odd_page_gets_its_list_where_the_other_pages_show_it(tmp_path: Path) -> None:
    """A note above a very short article is not its article: the list goes after the text."""
    note = "<div class=untranslated>This page is not translated yet. You can help us here.</div>"
    text = f"<div class=text>{TEXT}</div>"
    for title in ("Rye", "Oats", "Spelt", "Emmer", "Barley", "Millet"):
        page = PAGE.format(title, text.replace("rye", title.lower()))
        (tmp_path / f"{title.lower()}.html").write_text(page, encoding="utf-8")
    odd = tmp_path / "moved.html"
    odd.write_text(PAGE.format("Moved", f"{note}<div class=text><p>See Rye.</p></div>"))
    with remembering():
        read_source(tmp_path, SourceOptions(format="html"))
        inject_lists(tmp_path, {"moved.html": [{"title": "Bread", "url": "/"}]}, locate=find_end)
    before, block = odd.read_text(encoding="utf-8").split("<!-- recommender:start -->")
    assert before.endswith("<p>See Rye.</p>")
    assert block.endswith("<!-- recommender:end --></div><nav>Home</nav></main>")


def test_a_list_is_not_placed_before_a_later_section() -> None:
    """An element with most of the text does not end the article if a headed section follows."""
    first = f"<div class=part>{TEXT}</div>"
    later = (
        "<div class=part><h2>Errors</h2><p>Seed that rots was sown too deep, or too late.</p></div>"
    )
    place = _read(f"<main><article><h1>Rye</h1>{first}{later}</article></main>".encode())
    bio = "<div class=bio><p>Ada Byron has grown rye since she was a child.</p></div>"
    other = _read(f"<main><article><h1>Rye</h1>{first}{bio}</article></main>".encode())
    assert place is not None
    assert other is not None
    assert place.path == other.path[:-1]
