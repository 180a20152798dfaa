"""Blocks that are not the article: only whole formulas, and what recurs; prose always stays."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from recommender.cli.main import cli
from recommender.sources import boilerplate_blocks, boilerplate_report, read_articles
from recommender.sources.html.boilerplate import is_date_or_author, mark_blocks
from recommender.sources.html.formulas import matches
from recommender.sources.html.text import Block, PageText

WORDS = "The pilots of Calder Bay have warned of the shoal since the dredger was sold last autumn."


def kinds(*blocks: Block, built: bool = True) -> list[str]:
    """Return the kinds that the blocks of one page are given."""
    mark_blocks(PageText(list(blocks), starts=[0], ends=[len(blocks)]), built)
    return [block.kind for block in blocks]


def paragraph(text: str, linked: float = 0.0, tag: str = "p", **more: object) -> Block:
    """Return a block."""
    return Block(text, tag, linked, **more)  # type: ignore[arg-type]


def card(title: str, teaser: str, site: str = "") -> list[Block]:
    """Return a linked heading with a paragraph under it."""
    link = [f"{site}/{title.lower().replace(' ', '-')}/"]
    return [paragraph(title, 1.0, "h3", links=link), paragraph(teaser)]


@pytest.mark.parametrize(
    "text",
    [
        "Subscribe to the relevant trackers and contribute whenever you have time.",
        "Sign up for our mailing list, ask questions. It helps make this a strong community.",
        "Sign up now to hear how other agencies address responsive design.",
        "Get the latest updates on the status of listed suspects; and",
        "Deadline: 21 July 2024",
        "Date: August 19, 2015",
        "Updated: Added link to the blog post on direct video uploads.",
        "Updated baseline standards for Windows targets",
        "Written blog content for a national outlet",
        "Published data shows a rise.",
        "Written in Rust, it is fast.",
        "Every container starts from a base image: choose it well.",
        "GNOME",
        "UNESCO WORLD HERITAGE",
        "Topics: we look at parsing, layout and paint in this article today.",
        "Topics: parsing, layout and paint",
        "Tags: the three that we use are described below.",
        "Share it via the parish office",
        "Share ideas early",
        "Print it.",
        "Email:",
        "Email",
        "Loading",
        "Newsletter",
        "Comments",
        "12 responses",
        "Image: the graphic below shows how the figure moves.",
        "We can now use low-level functions for drawing on top of the image:",
        "The rocket was built by the National Aeronautics and Space Administration (NASA).",
        "Further reading",
        "More from the archive of the harbor master, who kept every log",
        "By the time the dredger came it was too late.",
        "Rate this of all the things that the council did lowest.",
        "Related work is described in section two.",
    ],
)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("built", [True, False])
def test_prose_stays_wherever_it_stands(text: str, place: str, built: bool) -> None:
    """Words that formulas begin with, labels and names in capitals make no boilerplate."""
    others = [paragraph(f"{WORDS} Log {number}.") for number in range(8)]
    block = paragraph(text)
    others.insert({"first": 0, "middle": 4, "last": 8}[place], block)
    assert kinds(*others, built=built) == [""] * 9


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How useful was this post?", "rating"),
        ("Average rating 4.5 / 5. Vote count: 12", "rating"),
        ("Wie hilfreich war dieser Beitrag?", "rating"),
        ("Share this:", "share"),
        ("Share this article on WhatsApp", "share"),
        ("Facebook · Twitter · E-Mail", "share"),
        ("Teilen auf Facebook", "share"),
        ("Subscribe to our weekly newsletter!", "newsletter"),
        ("Subscribe here", "newsletter"),
        ("Sign up for our newsletter to receive more great content like this.", "newsletter"),
        ("Abonnieren Sie unseren Newsletter", "newsletter"),
        ("Suscríbete a nuestro boletín", "newsletter"),
    ],
)
def test_whole_formulas_go_in_every_language(text: str, kind: str) -> None:
    """A paragraph that is only such a formula is cut, on pages in any language."""
    others = [paragraph(f"{WORDS} Log {number}.") for number in range(8)]
    assert kinds(*others[:4], paragraph(text), *others[4:])[4] == kind


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("By Ada Lovelace", True),
        ("Von Ada Lovelace und Karl Babbage, 3. Mai 2024", True),
        ("Ada Lovelace · May 3, 2024", True),
        ("Last updated on Monday, May 3, 2024 at 10:30 am", True),
        ("Publié le 3 mai 2024", True),
        ("2024-05-03 by alovelace, kb-babbage", True),
        ("By alovelace and kbabbage on May 3, 2024", True),
        ("Updated May 3, 2024 with notes", False),
        ("By May 3, 2024 all boats leave", False),
        ("5 min read", True),
        ("President Ada Lovelace, May 3, 2024", False),
        ("Due on May 3, 2024", False),
        ("Agenda 2024-05-03", False),
        ("On Monday", False),
    ],
)
def test_bylines_hold_dates_names_and_their_labels_only(text: str, line: bool) -> None:
    """One word that is not a label or name makes it a sentence of the article."""
    assert is_date_or_author(text) == line


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("A cadet trained on the bars on February 25, 2025. REUTERS", True),
        ("The bay at dawn (photo: Ada Lovelace)", True),
        ("Photo credit: Ada Lovelace / Harbor Museum", True),
        ("REUTERS", True),
        (f"{WORDS} (c){' Abcdefg' * 10}", True),
        (f"{WORDS} (c){' Abcdefg' * 10}h", False),
        ("GNOME", False),
        ("As the picture shows: the shoal has grown by ten meters a year.", False),
    ],
)
def test_credits_after_a_picture_name_their_maker(text: str, cut: bool) -> None:
    """A caption is cut with its credit; a sentence after a picture is kept."""
    block = paragraph(text, after_image=True)
    assert (kinds(*[paragraph(WORDS)] * 3, block)[3] == "credit") == cut


def test_a_run_of_linked_headings_is_the_article_of_its_author() -> None:
    """In a file that someone wrote, a gift guide or a roundup of links is what it is about."""
    guide = [block for n in range(9) for block in card(f"Gift {n}", "A fine one.")]
    assert set(kinds(paragraph(WORDS), paragraph(WORDS), *guide, built=False)) == {""}


def test_a_run_of_linked_headings_on_a_page_is_a_list_if_it_looks_like_cards() -> None:
    """Teasers break off, titles lead to the same site, and nothing of the article follows."""
    lead = [paragraph(WORDS), paragraph(WORDS)]
    cards = [block for n in range(4) for block in card(f"Log {n}", f"{WORDS} And...")]
    assert kinds(*lead, *cards)[2:] == ["related"] * 8
    prose = [block for n in range(4) for block in card(f"Gift {n}", WORDS)]
    assert set(kinds(*lead, *prose)) == {""}
    shops = [
        block
        for n in range(4)
        for block in card(f"Gift {n}", "A fine one.", f"https://shop-{n}.example")
    ]
    assert set(kinds(*lead, *shops)) == {""}
    assert set(kinds(*lead, *(b for n in range(4) for b in card(f"Log {n}", "Short.")), *lead)) == {
        ""
    }


@pytest.mark.parametrize("built", [True, False])
def test_what_follows_an_old_list_is_kept(built: bool) -> None:
    """A list ends with its last link, even before a very short paragraph."""
    links = [paragraph(f"The log of ship {n}", 1.0, "li") for n in range(3)]
    found = kinds(
        paragraph(WORDS),
        paragraph("Related posts", tag="h2"),
        *links,
        paragraph("Thanks go to the harbor master and to all who kept the logs since the flood."),
        paragraph(WORDS),
        built=built,
    )
    assert found == ["", *["related"] * 4, "", ""]


def test_a_note_with_such_words_goes_when_it_recurs(tmp_path: Path) -> None:
    """One invitation is prose; the same on three pages is the site's."""
    note = "Sign up for the workshop, which we hold on the pier whenever the weather is fair."
    for number in range(9):
        ending = note if number < 3 else f"The log of day {number} is kept on the pier."
        (tmp_path / f"{number}.md").write_text(f"{WORDS} So says log {number}.\n\n{ending}\n")
    texts = read_articles(tmp_path)["text"]
    assert not texts.str.contains("workshop").any()
    (tmp_path / "2.md").unlink()
    assert read_articles(tmp_path)["text"].str.contains("workshop").sum() == 2


GREETING = (
    "Welcome to another letter of the harbor! The harbor is the oldest of the coast. This is a "
    "weekly summary of its ships and people. Want something mentioned? Tag us at the pier, or send "
    "us a note."
)


@pytest.mark.parametrize("kind", ["md", "html"])
@pytest.mark.parametrize(
    ("variant", "kept"),
    [
        (GREETING.replace("at the pier", "at the (new) pier"), False),
        (GREETING.removesuffix(" Tag us at the pier, or send us a note."), False),
        (f"{GREETING} Thank you all.", False),
        ("Welcome to another letter of the harbor! The pier burned on Sunday night, and the lamp "
         "with it, so that no ship may enter before the dredger is back from the yard.", True),
        ("Want something mentioned? Tag us at the pier, or send us a note.", True),
    ],
)  # fmt: skip
def test_a_variant_of_what_recurs_goes_with_it(
    kind: str, variant: str, kept: bool, tmp_path: Path
) -> None:
    """A few words more, less or changed make no prose of it; news after its opening is prose."""
    for number in range(9):
        start = GREETING if number else variant
        body = [start, f"{WORDS} So says log {number}."]
        page = "\n\n".join(body) if kind == "md" else f"<article><p>{'<p>'.join(body)}</article>"
        (tmp_path / f"{number}.{kind}").write_text(page)
    text = read_articles(tmp_path)["text"][0]
    assert text.startswith(variant) == kept
    assert "So says log 0" in text


@pytest.mark.parametrize("kind", ["md", "html"])
@pytest.mark.parametrize(("pages", "kept"), [(11, True), (13, False)])
def test_items_of_lists_recur_in_digests(kind: str, pages: int, kept: bool, tmp_path: Path) -> None:
    """An event that is listed for weeks is news; a paragraph on as many pages is the site's."""
    event = "Monday, 14 May, at the pier in Calder Bay: a talk about the shoal."
    for number in range(48):
        story = f"{WORDS} So says log {number}."
        items = [event if number < pages else f"Log {number} is shown.", f"Talk {number} is over."]
        page = "\n\n".join([story, *(f"- {item}" for item in items)])
        if kind == "html":
            page = f"<article><p>{story}</p><ul><li><p>{'</p><li>'.join(items)}</ul></article>"
        (tmp_path / f"{number:02}.{kind}").write_text(page)
    assert read_articles(tmp_path)["text"].str.contains("14 May").any() == kept


@pytest.mark.parametrize(("pages", "kept"), [(2, True), (3, False)])
def test_an_invitation_to_the_inbox_goes_when_it_recurs(
    pages: int, kept: bool, tmp_path: Path
) -> None:
    """A short line of the letters of one year only, which short lines of a site may be."""
    for number in range(40):
        start = "Want the log in your inbox? Subscribe here." if number < pages else "Hear, hear."
        (tmp_path / f"{number}.md").write_text(f"{start}\n\n{WORDS} So says log {number}.\n")
    assert read_articles(tmp_path)["text"].str.contains("inbox").any() == kept


def test_dropped_blocks_are_counted_and_printed_with_rule_and_file(tmp_path: Path) -> None:
    """`check --boilerplate` counts by rule; with -v it names file, rule and text of each block."""
    (tmp_path / "a.md").write_text(f"{WORDS}\n\nShare this:\n\n{WORDS} Again.\n")
    assert boilerplate_blocks(tmp_path).to_dict("records") == [
        {"file": "a.md", "kind": "share", "words": 2, "text": "Share this:"}
    ]
    assert boilerplate_report(tmp_path)[["kind", "blocks"]].to_numpy().tolist() == [
        ["share", 1],
        ["article", 2],
    ]
    run = CliRunner().invoke(cli, ["check", str(tmp_path), "--boilerplate", "-v"])
    assert "a.md: share: Share this:\n" in run.stdout
    assert "a.md" not in CliRunner().invoke(cli, ["check", str(tmp_path), "--boilerplate"]).stdout


def test_every_formula_is_an_expression_and_stands_once() -> None:
    """A file names known sections; each line compiles and matches nothing empty."""
    known = {
        "agencies", "byline", "comments", "counted comments", "credit", "more", "networks",
        "newsletter", "notice", "rating", "reading time", "related", "share", "tags", "topics",
    }  # fmt: skip
    for file in (resources.files("recommender.sources.html") / "formulas").iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        sections = {line.strip("[]") for line in lines if line.startswith("[")}
        assert set() < sections <= known, file.name
        for line in lines:
            if line[:1] not in ("#", "["):
                pattern = line.removesuffix(" …").replace("{networks}", "x")
                assert not re.fullmatch(pattern, ""), (file.name, line)
                assert not any(f"[{name}]" in line for name in known), (file.name, line)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Поделиться", "share"), ("Категории:", "topics"), ("Поділитися", "share"),
     ("Категорія", "topics")],
)  # fmt: skip
def test_formulas_of_russian_and_ukrainian(text: str, kind: str) -> None:
    assert matches(kind, text)


def test_a_table_of_contents_of_any_length_is_left_out(tmp_path: Path) -> None:
    """Also its heading. A long part that is named like one, and is not linked, stays."""
    links = "".join(f"<dt><a href='#p{n}'>Part {n} of the bay</a></dt>" for n in range(200))
    contents = f"<div class=toc><p><b>Table of Contents</b></p><dl>{links}</dl></div>"
    prose = "".join(f"<p>{WORDS} The log of day {n} says so.</p>" for n in range(30))
    for name, part in (("a", contents), ("b", f"<div class=toc>{prose}</div>")):
        end = (
            f"<p>{WORDS} Bay {name} was dredged in spring, and again after the storms of March.</p>"
        )
        page = f"<div class=chapter><h1>Bay {name}</h1>{part}{end}</div>"
        (tmp_path / f"{name}.html").write_text(page)
    texts = list(read_articles(tmp_path, format="html")["text"])
    assert [text.count(WORDS) for text in texts] == [1, 30]
    assert not any(name in text for text in texts for name in ("Part", "Contents"))
