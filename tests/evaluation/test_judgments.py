"""Judgments from files, from the site's own links and from tags."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from recommender.articles import validate_articles
from recommender.errors import JudgmentsError
from recommender.evaluation.judgments import (
    judgments_from_links,
    judgments_from_tags,
    read_judgments,
    read_lists,
)
from recommender.outputs import SUFFIXES, write_recommendations
from recommender.ranking.links import LinkResolver, plain_target, without_words

SITE = validate_articles(
    pd.DataFrame(
        {
            "id": [
                "posts/2014-03-12-rye-sown-early.md",
                "posts/2015-01-02-oats.md",
                "posts/2015-02-02-oats.md",
                "docs/mill/index.md",
                "docs/mill/stones.md",
                "grain and chaff.md",
            ],
            "title": "",
            "text": "text",
            "url": ["https://www.example.org/rye/", "", "", "", "/guide/stones/", ""],
            "date": ["2014-03-12", "2015-01-02", "2015-02-02", None, None, None],
        }
    )
)
RYE, FIRST_OATS = "posts/2014-03-12-rye-sown-early.md", "posts/2015-01-02-oats.md"
MILL, STONES = "docs/mill/index.md", "docs/mill/stones.md"


@pytest.mark.parametrize(
    ("link", "related"),
    [
        ("stones.md", STONES),
        ("./stones.html#top", STONES),
        ("../mill/", MILL),
        ("/docs/mill/stones?x=1", STONES),
        ("/guide/stones/", STONES),
        ("content/docs/mill/stones.md", STONES),
        ("/mill/stones", STONES),
        ("https://example.org/rye", RYE),
        ("https://EXAMPLE.org/guide/stones/#a", STONES),
        ("/2014/03/12/rye-sown-early.html", RYE),
        ("/blog/rye-sown-early/", RYE),
        ("//2014/03/12/rye-sown-early/", RYE),
        ("https://other.net/2014/03/12/rye-sown-early/", RYE),
        ("/2015/01/oats/", FIRST_OATS),
        ("2015-01-02-oats", FIRST_OATS),
        ('{{< ref "2015-01-02-oats.md" >}}', FIRST_OATS),
        ('{{% relref "docs/mill/stones" %}}', STONES),
        ("{% post_url 2014-03-12-rye-sown-early %}", RYE),
        ("{% link _posts/2015-01-02-oats.md %}", FIRST_OATS),
        ('{{ "/guide/stones/" | relative_url }}', STONES),
        ("{{ site.baseurl }}/guide/stones/", STONES),
        ("/grain%20and%20chaff/", "grain and chaff.md"),
        ("/oats/", None),
        ("/topics/stones", None),
        ("https://other.net/guide/stones/", None),
        ("mailto:rye@example.org", None),
        ("#stones", None),
        ("/picture.png", None),
        ("", None),
        ("http://[", None),
        ("{{ unknown }}", None),
    ],
)
def test_links_find_their_article(link: str, related: str | None) -> None:
    """However a site writes it, a link leads to its article, and an ambiguous one to none."""
    assert LinkResolver(SITE).resolve(link, MILL) == related


def test_a_host_is_learned_from_links_by_date_and_name() -> None:
    """A host that dated links of the site lead to is the site's own."""
    dated = [f"https://site.gov/{p}/" for p in
             ("2014/03/12/rye-sown-early", "2015/01/02/oats", "2015/02/02/oats")]  # fmt: skip
    links = [dated, [], [], [], [], []]
    assert LinkResolver(SITE).resolve("https://site.gov/guide/stones/", MILL) is None
    learned = LinkResolver(SITE.assign(links=links))
    assert learned.resolve("https://site.gov/guide/stones/", MILL) == STONES
    named = LinkResolver(SITE, hosts=["www.site.gov"])
    assert named.resolve("https://site.gov/guide/stones/", MILL) == STONES


def test_a_link_without_template_stays() -> None:
    """A plain target is left as it is."""
    assert plain_target(" /a/b/ ") == "/a/b/"


def test_words_of_links_are_cut_once_and_in_order() -> None:
    """The words are cut where the link was, and kept elsewhere."""
    text = "The mill. Visit the\nmill or see the mill museum."
    cut = without_words(text, [("Visit the mill", False), ("the mill museum", True)])
    assert cut.split() == ["The", "mill.", "Visit", "the", "mill", "or", "see", "."]
    assert without_words("Art in parties.", [("art", True)]) == "Art in p ies."
    assert without_words("Rye.", [("", True), ("oats", True)]) == "Rye."


def test_links_become_judgments_and_leave_the_text() -> None:
    """A link to another article is a judgment; its words are cut, those of other links are kept."""
    articles = validate_articles(
        pd.DataFrame(
            {
                "id": ["a.md", "b.md"],
                "title": ["", ""],
                "text": ["Read all about rye, or a book, or above.", "Rye."],
                "links": [["b.md", "https://example.org/", "a.md", "b.md"], []],
                "anchors": [["all about rye", "a book", "above", "Read"], []],
            }
        )
    )
    free = judgments_from_links(articles)
    assert free.table.to_numpy().tolist() == [["a.md", "b.md", 1.0]]
    assert free.articles["text"][0].split() == [",", "or", "a", "book,", "or", "above."]
    assert (free.links, free.resolved, free.uncut) == (4, 2, 0)
    assert articles["text"][0].startswith("Read all")


def test_links_without_their_words_are_counted() -> None:
    """Where the source does not tell the words of links, the caller learns how many stay."""
    articles = SITE.assign(links=[["stones.md", "/guide/stones/"], [], [], [], [], []])
    free = judgments_from_links(articles)
    assert free.uncut == free.resolved == 2
    assert (free.articles["text"] == "text").all()


def test_shared_tags_judge_but_common_ones_do_not() -> None:
    """The gain counts shared tags, except tags of many articles; the table loses its tags."""
    tags = [["Rye", "all"], ["rye", "ALL", "mill"], ["mill", "rye", "all"], *[["all"]] * 30]
    articles = pd.DataFrame({"id": [f"{i:02}" for i in range(33)], "tags": tags})
    free = judgments_from_tags(articles)
    gains = {(q, r): g for q, r, g in free.table.itertuples(index=False)}
    assert gains == {
        ("00", "01"): 1, ("01", "00"): 1, ("00", "02"): 1,
        ("02", "00"): 1, ("01", "02"): 2, ("02", "01"): 2,
    }  # fmt: skip
    assert not any(free.articles["tags"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "query,related,gain\nq,a,2\nq,b,0\n"),
        ("a.tsv", "\ufeffquery\trelated\tgain\nq\ta\t2\nq\tb\t0\n"),
        ("a.jsonl", '{"query": "q", "relevant": {"a": 2, "b": 0}, "note": "\u2028"}\r\n\n'),
        ("a.qrels", "q 0 a 2\nq 0 b -1\n"),
        ("a.txt", "q Q0 a 2\r\nq Q0 b 0\r\n"),
    ],
)
def test_every_form_reads_the_same(tmp_path: Path, name: str, text: str) -> None:
    """CSV, TSV, JSON lines and TREC qrels give the same table."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    table = read_judgments(tmp_path / name)
    assert table.to_numpy().tolist() == [["q", "a", 2.0], ["q", "b", 0.0]]


def test_gain_is_one_where_none_is_given(tmp_path: Path) -> None:
    """A CSV of pairs is enough."""
    (tmp_path / "a.csv").write_text("query,related\nq,a\n")
    assert read_judgments(tmp_path / "a.csv")["gain"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "query,related,gain\nq,a,much\nq,,1\n", "row 1: gain must be a number"),
        ("a.csv", "query,related,gain\nq,a,-1\n", "got '-1'"),
        ("a.csv", "query,article\nq,a\n", "column related not found, got query, article"),
        ("a.csv", "", "column query not found, got none"),
        ("a.csv", "query,related,gain\nq,a,1\nq,a,2\n", "1 pairs are repeated"),
        ("a.jsonl", "\n{}\n", "a.jsonl:2: cannot be read as judgments, got '{}'"),
        ("a.jsonl", '{"query": "q", "relevant": ["a"]}\n', "a.jsonl:1: cannot be read as judgm"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: cannot be read as judgments, got '\\[\\[\\["),
        ("a.jsonl", '{"query": "q", "relevant": {"a": NaN}}\n', "a.jsonl:1: gain must be"),
        ("a.qrels", "q a 1\n", "a.qrels:1: gain must be a number of 0 or more, got 'q a 1'"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    """An error names file and line, and the hint says what is expected."""
    (tmp_path / name).write_text(text)
    with pytest.raises(JudgmentsError, match=message):
        read_judgments(tmp_path / name)


def test_a_header_too_long_for_csv_is_named(tmp_path: Path) -> None:
    """The reader of CSV has a limit, which others may raise."""
    (tmp_path / "a.csv").write_text("q" * 200_000)
    limit = csv.field_size_limit(131_072)
    try:
        with pytest.raises(JudgmentsError, match=r"a\.csv: is not CSV, field larger than"):
            read_judgments(tmp_path / "a.csv")
    finally:
        csv.field_size_limit(limit)


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    """A file that is not there, or no text, raises our error."""
    with pytest.raises(JudgmentsError, match="no such file") as error:
        read_judgments(tmp_path / "none.csv")
    assert str(error.value).count("none.csv") == str(error.value).count("Hint: ") == 1
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(JudgmentsError, match="not UTF-8"):
        read_judgments(tmp_path / "a.csv")


def test_judgments_of_another_site_are_refused(tmp_path: Path) -> None:
    """If no pair fits the articles, the closest id is offered."""
    (tmp_path / "a.csv").write_text("query,related\ndocs/mill/stone.md,x\n")
    with pytest.raises(JudgmentsError, match=r"did you mean docs/mill/stones\.md"):
        read_judgments(tmp_path / "a.csv", SITE)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saved_lists_are_read_back(tmp_path: Path, suffix: str) -> None:
    """A file written by `build` gives the same lists."""
    name = f"related{suffix}"
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    lists = pd.DataFrame(
        [(RYE, 1, STONES, 0.5, "similar"), (RYE, 2, MILL, 0.4, "similar")],
        columns=["article_id", "rank", "related_id", "score", "origin"],
    )
    write_recommendations(lists, tmp_path / name, articles=SITE)
    assert read_lists(tmp_path / name).to_numpy().tolist() == [[RYE, 1, STONES], [RYE, 2, MILL]]


def test_lists_of_another_program_need_three_columns(tmp_path: Path) -> None:
    """Neither scores nor titles."""
    (tmp_path / "a.csv").write_text("article_id,rank,id\na,1,b\n")
    assert read_lists(tmp_path / "a.csv").to_numpy().tolist() == [["a", 1, "b"]]
    (tmp_path / "a.csv").write_text("article_id,id\na,b\n")
    with pytest.raises(JudgmentsError, match="contains no lists"):
        read_lists(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("a,1,b\na,0,c\n", "row 2: rank must be a whole number >= 1, got '0'"),
        ("a,-1,b\n", "row 1: rank must be"),
        (f"a,{10**20},b\n", "row 1: rank must be"),
        ("a,,b\n", "row 1: rank must be a whole number >= 1, got ''"),
        ("a,1,b\na,2,b\n", "the list of 'a' shows 'b' twice"),
        ("a,1,b\na,1,c\n", "the list of 'a' has two entries of rank 1"),
    ],
)
def test_lists_that_cannot_be_measured_are_refused(tmp_path: Path, rows: str, problem: str) -> None:
    """A rank below 1, or an article twice, made recall larger than 1."""
    (tmp_path / "a.csv").write_text(f"article_id,rank,id\n{rows}")
    with pytest.raises(JudgmentsError, match=f"a.csv: {problem}"):
        read_lists(tmp_path / "a.csv")


def test_other_files_are_no_lists(tmp_path: Path) -> None:
    """A JSON file that holds something else is named."""
    (tmp_path / "a.json").write_text(json.dumps({"articles": []}))
    with pytest.raises(JudgmentsError, match=r"a\.json: is not JSON written by"):
        read_lists(tmp_path / "a.json")
