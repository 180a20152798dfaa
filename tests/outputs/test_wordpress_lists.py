"""The file for the plug-in for WordPress: its exact layout, where it goes, and what it refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import Command
from hypothesis import given
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.config import WORDPRESS_OUTPUT
from recommender.errors import ConfigError
from recommender.outputs import output_format, write_recommendations
from recommender.outputs.cards import cards
from recommender.outputs.reading import read_lists
from recommender.outputs.writers import WRITERS

ARTICLES = validate_articles(
    pd.DataFrame(
        {
            "id": ["12", "9", "100"],
            "title": ["Rye", "Oats", "Barley"],
            "text": ["Sow it “early”.\n\nThen wait.", "Cut late.", "Malt it."],
            "url": ["https://farm.example/rye/", "", ""],
        }
    )
)
RELATED = pd.DataFrame(
    [("12", 1, "9", 0.4123456, "similar", "Also about: oats"), ("9", 1, "12", 0.5, "pinned", "")],
    columns=["article_id", "rank", "related_id", "score", "origin", "reason"],
)


def test_the_layout_is_exact(tmp_path: Path) -> None:
    """One line for each post, by number; no titles, addresses or spaces."""
    file = tmp_path / "related.json"
    write_recommendations(RELATED, file, articles=ARTICLES, format="wordpress")
    assert file.read_text(encoding="utf-8") == (
        '{"version":1,"lists":{\n'
        '"9":[{"id":12,"teaser":"Sow it “early”. Then wait.","reason":"","score":0.5}],\n'
        '"12":[{"id":9,"teaser":"Cut late.","reason":"Also about: oats","score":0.412}],\n'
        '"100":[]\n'
        "}}\n"
    )


def test_the_file_is_read_back(tmp_path: Path) -> None:
    """`diff` and the gates read it like any other, with ids as text."""
    file = tmp_path / "related.json"
    write_recommendations(RELATED, file, articles=ARTICLES, format="wordpress")
    lists = read_lists(file)
    found = {name: [card["id"] for card in own] for name, own in lists.items()}
    assert found == {"9": ["12"], "12": ["9"], "100": []}


@given(st.dictionaries(st.integers(1, 10**18), st.text(max_size=20), max_size=6))
def test_each_line_is_json_of_its_own(texts: dict[int, str]) -> None:
    """Whatever a teaser contains, a line is one list, and the whole is JSON."""
    numbers = [str(number) for number in texts]
    table = pd.DataFrame({"id": numbers, "title": "x", "text": list(texts.values())}, dtype=object)
    pairs = [(name, 1, numbers[0], 0.5, "similar") for name in numbers[1:]]
    columns = ["article_id", "rank", "related_id", "score", "origin"]
    file = io.BytesIO()
    WRITERS["wordpress"](
        cards(pd.DataFrame(pairs, columns=columns), validate_articles(table)), file
    )
    first, *lines, last, rest = file.getvalue().decode().split("\n")
    assert (first, last, rest) == ('{"version":1,"lists":{', "}}", "")
    names = [json.loads(line.removesuffix(",").partition(":")[0]) for line in lines]
    assert names == [str(number) for number in sorted(texts)]
    assert [line.endswith(",") for line in lines] == [True] * (len(lines) - 1) + [False] * bool(
        lines
    )
    assert json.loads(file.getvalue())["lists"].keys() == set(names)


@pytest.mark.parametrize("name", ["rye.md", "0", "-1", "1.0", "07", "٣", "9" * 20])
def test_other_ids_are_an_error(tmp_path: Path, name: str) -> None:
    """What is not the number of a post is named, and the old file stays."""
    articles = validate_articles(pd.DataFrame({"id": ["1", name], "title": "x", "text": "y"}))
    file = tmp_path / "related.json"
    file.write_text("old")
    with pytest.raises(ConfigError, match=r"format: wordpress needs the numbers of posts.*, got"):
        write_recommendations(RELATED[:0], file, articles=articles, format="wordpress")
    assert file.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("wp-content/uploads/recommender/related.json", "wordpress"),
        ("/srv/www/wp-content/uploads/sites/2/recommender/lists.json", "wordpress"),
        ("wp-content/uploads/recommender/related.csv", "csv"),
        ("wp-content/uploads/related.json", "json"),
        ("data/recommender/related.json", "json"),
    ],
)
def test_auto_knows_the_directory_of_the_plugin(name: str, format: str) -> None:
    """Only the plug-in reads JSON there; a file elsewhere is what its suffix says."""
    assert output_format(name) == format


def test_build_writes_where_the_plugin_looks(tmp_path: Path, run: Command) -> None:
    """`--format wordpress` needs no -o; `check` and `diff` read the file."""
    rows = [
        {"id": str(number), "title": f"Rye {number}", "text": f"Rye and barley {number} on loam."}
        for number in range(1, 13)
    ]
    (tmp_path / "posts.json").write_text(json.dumps(rows))
    done = run("build", "posts.json", "--format", "wordpress", "--reasons")
    assert done.code == 0, done.err
    lines = (tmp_path / WORDPRESS_OUTPUT).read_text().splitlines()
    assert lines[0] == '{"version":1,"lists":{'
    assert [line.partition(":")[0] for line in lines[1:-1]] == [f'"{n}"' for n in range(1, 13)]
    done = run(
        "check", "posts.json", "--lists", WORDPRESS_OUTPUT, "--max-stale", "0", "--max-dead", "0"
    )
    assert done.code == 0, done.out + done.err
    assert run("diff", WORDPRESS_OUTPUT, WORDPRESS_OUTPUT).code == 0
