"""Reading an editor's rules: TOML, CSV, front matter, columns and pages; and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import Command

from recommender.editorial import EditorialRule
from recommender.errors import ConfigError
from recommender.sources.editorial import read_editorial

GOOD = """# chosen by the desk
[[pin]]
on = "posts/a.md"
show = ["posts/b.md",
        "posts/c.md"]

[[ban]]
on = "news/*"
never = "sponsored/*"

[[pin]]
on = "posts/b.md"
show = "posts/a.md"

[[never]]
show = ["old.md"]
"""

WRONG = """never = ["old.md"]

[[pins]]
on = "rye.md"

[[pin]]
show = ["oats.md"]

[[pin]]
on = "rye.md"

[[pin]]
on = 5
show = ["oats.md"]

[[pin]]
on = "rye.md"
show = []

[[pin]]
on = "rye.md"
show = ["oats.md"]
shows = 1

[[pin]]
on = ["rye.md", "oats.md"]
show = ["oats.md"]

[[ban]]
on = "rye.md"
never = [""]

[[pin]]
on = "rye.md"
show = ["missing.md"]

[[pin]]
on = "rye.md"
show = ["oat*"]

[[pin]]
on = "rye.md"
show = ["rye.md"]

[[pin]]
on = "rye.md"
show = ["oats.md", "wheat.md", "/oats/"]

[[pin]]
on = "oats.md"
show = ["rye.md"]

[[ban]]
on = "oats.md"
never = ["rye.md"]

[[ban]]
on = "page"
never = "wheat.md"

[[ban]]
on = "rye.md"
show = ["oats.md"]
"""

TOLD = """\
editorial.toml:1: never must be tables, write [[never]]
editorial.toml:3: unknown table pins, expected pin, ban or never, did you mean pin?
editorial.toml:6: [[pin]] has no key on, expected the name or pattern of articles
editorial.toml:9: [[pin]] has no key show, expected a list of names
editorial.toml:13: on must be the name or pattern of articles, got 5
editorial.toml:18: show is empty, expected a list of names
editorial.toml:23: unknown key shows in [[pin]], expected on and show, did you mean show?
editorial.toml:26: on must be one name or pattern, got ['rye.md', 'oats.md']
editorial.toml:31: never contains an empty name
editorial.toml:35: no article is named 'missing.md'
editorial.toml:39: a pin needs names in order, got a pattern 'oat*'
editorial.toml:43: 'rye.md' is pinned to its own list
editorial.toml:47: 'oats.md' is pinned twice
editorial.toml:51: 'rye.md' is pinned and banned for one article, see editorial.toml:55
editorial.toml:58: several articles are named 'page': one/page.md, two/page.md
editorial.toml:63: unknown key show in [[ban]], expected never
""".splitlines()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Six short Markdown files in `posts`."""
    for name in ("rye.md", "oats.md", "wheat.md", "old.md", "one/page.md", "two/page.md"):
        file = tmp_path / "posts" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\ntitle: {name}\n---\nSow {name} and mill the grain of the field.\n")
    return tmp_path / "posts"


def related(run: Command, site: Path, *flags: str) -> dict[str, list[tuple[str, str]]]:
    """Return the lists that `build` writes, as (id, origin)."""
    done = run("build", site, "-o", "lists.json", *flags)
    assert done.code == 0, done.err
    lists = json.loads(Path("lists.json").read_text("utf-8"))["lists"]
    return {name: [(c["id"], c["origin"]) for c in cards] for name, cards in lists.items()}


def test_toml_becomes_rules_with_their_lines(tmp_path: Path) -> None:
    """In the order of the file; a single name needs no list."""
    file = tmp_path / "editorial.toml"
    file.write_text(GOOD)
    assert read_editorial(file).problems == ()
    assert read_editorial(file).rules == (
        EditorialRule(
            "pin", "posts/a.md", ("posts/b.md", "posts/c.md"), "editorial.toml:3",
            ("editorial.toml:4", "editorial.toml:5"),
        ),
        EditorialRule(
            "ban", "news/*", ("sponsored/*",), "editorial.toml:8", ("editorial.toml:9",)
        ),
        EditorialRule(
            "pin", "posts/b.md", ("posts/a.md",), "editorial.toml:12", ("editorial.toml:13",)
        ),
        EditorialRule("never", "*", ("old.md",), "editorial.toml:15", ("editorial.toml:16",)),
    )  # fmt: skip


def test_csv_becomes_the_same_rules(tmp_path: Path) -> None:
    """Columns in any order, from a spreadsheet too; blank lines are ignored."""
    file = tmp_path / "rules.csv"
    file.write_text(
        "\ufeffaction,article,related\nPin,a.md,'=b.md\n\n,,\nnever,,old.md\nban,x*,y*\n"
    )
    assert [(*rule[:3], rule.where) for rule in read_editorial([file]).rules] == [
        ("pin", "a.md", ("=b.md",), "rules.csv:2"),
        ("never", "*", ("old.md",), "rules.csv:5"),
        ("ban", "x*", ("y*",), "rules.csv:6"),
    ]


def test_every_wrong_row_of_a_csv_is_told(tmp_path: Path) -> None:
    """Line by line, with what is expected."""
    file = tmp_path / "rules.csv"
    rows = ["article,related,action", "a,b", "a,b,pim", "a,,pin", ",b,pin", "a,b,never"]
    file.write_text("\n".join(rows))
    assert read_editorial(file).problems == (
        "rules.csv:2: must have 3 cells, got 2",
        "rules.csv:3: action must be pin, ban or never, got 'pim', did you mean pin?",
        "rules.csv:4: related is empty, expected the name of an article",
        "rules.csv:5: article is empty, expected a name or a pattern",
        "rules.csv:6: never is for all articles, leave article empty or write ban",
    )


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    """A comment may contain Unicode's own line ends."""
    file = tmp_path / "e.toml"
    file.write_text("# a\u2028b\x85c\n[[pin]]\non = 'a'\nshow = [\n'b',\n'c']\n", encoding="utf-8")
    (rule,) = read_editorial(str(file)).rules
    assert (rule.where, rule.places) == ("e.toml:3", ("e.toml:5", "e.toml:6"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.toml", b"[[pin]\n", "e.toml:1: is not valid TOML"),
        ("e.csv", b"a,b\n", "e.csv:1: header must be article,related,action, got a,b"),
        ("e.csv", b"", "e.csv:1: header must be article,related,action, got nothing"),
        ("e.toml", b"\xff\xfe", "is not UTF-8"),
        ("none.toml", None, "cannot be read"),
    ],
)
def test_files_that_are_none_are_told(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """No TOML, no header, no text, no file: one error each."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_editorial(str(tmp_path / name))


def test_sixteen_mistakes_are_sixteen_errors_at_once(run: Command, site: Path) -> None:
    """Each with file and line, those of the form and those of the names together."""
    Path("editorial.toml").write_text(WRONG)
    done = run("build", site, "-o", "lists.json")
    assert done.code == 2
    lines = done.err.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("Error: "))
    assert lines[first:-1] == [f"Error: {TOLD[0]}", *TOLD[1:]]
    assert lines[-1].startswith("Hint: name articles by id, path or address")
    assert not Path("lists.json").exists()


def test_a_pattern_that_no_article_fits_is_a_warning(run: Command, site: Path) -> None:
    """The build goes on: articles that fit may come."""
    Path("editorial.toml").write_text('[[never]]\nshow = ["spnsored/*"]\n')
    done = run("build", site, "-o", "lists.json")
    assert done.code == 0
    assert "Warning: editorial.toml:2: no article fits the pattern 'spnsored/*'" in done.err


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[pin]\non = "a"\n[pin]\non = "b"\n', "write [[pin]], not [pin]"),
        ("[[ban]]\non = news/*\n", 'names are in quotes, as in show = ["posts/rye.md"]'),
    ],
)
def test_what_is_no_toml_has_a_hint(tmp_path: Path, text: str, hint: str) -> None:
    """The usual causes: one bracket in place of two, no quotes."""
    (tmp_path / "e.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_editorial(tmp_path / "e.toml")
    assert hint in error.value.hint


def test_file_beside_the_settings_is_obeyed(run: Command, site: Path) -> None:
    """`editorial.toml` needs no setting; --editorial names others, also several."""
    Path("editorial.toml").write_text('[[pin]]\non = "rye"\nshow = ["old.md", "/two/page/"]\n')
    assert related(run, site)["rye.md"][:2] == [("old.md", "pinned"), ("two/page.md", "pinned")]
    Path("a.csv").write_text("article,related,action\nrye.md,oats.md,pin\n,old.md,never\n")
    Path("b.toml").write_text('[[ban]]\non = "rye.md"\nnever = ["wheat.md"]\n')
    lists = related(run, site, "--editorial", "a.csv", "--editorial", "b.toml", "--min-items", "5")
    assert lists["rye.md"][0] == ("oats.md", "pinned")
    assert "wheat.md" not in dict(lists["rye.md"])
    assert not any("old.md" in dict(cards) for cards in lists.values())
    assert len(lists["oats.md"]) == 4
    shown = run("show", "rye.md", "--source", site).out
    assert "[pinned]" in shown


def test_front_matter_pins_and_bans(run: Command, site: Path) -> None:
    """`related` and `related_exclude`, also nested as in Zola; an error names file and line."""
    (site / "rye.md").write_text("---\ntitle: Rye\nrelated: [old.md, oats]\n---\nSow the grain.\n")
    (site / "oats.md").write_text(
        '+++\ntitle = "Oats"\n[extra]\nrelated_exclude = ["*page.md"]\n+++\nMill the grain.\n'
    )
    lists = related(run, site, "--min-items", "5")
    assert lists["rye.md"][:2] == [("old.md", "pinned"), ("oats.md", "pinned")]
    assert {name for name, _ in lists["oats.md"]} == {"rye.md", "wheat.md", "old.md"}
    (site / "rye.md").write_text("---\ntitle: Rye\nrelated: [nobody]\n---\nSow.\n")
    done = run("build", site, "-o", "lists.json")
    assert done.code == 2
    assert "posts/rye.md:3: front matter `related`: no article is named 'nobody'" in done.err


def test_a_pin_to_an_article_that_opts_out_is_an_error(run: Command, site: Path) -> None:
    """`recommender: false` beats a pin."""
    (site / "old.md").write_text("---\ntitle: Old\nrecommender: false\n---\nGrain.\n")
    Path("editorial.toml").write_text('[[pin]]\non = "rye.md"\nshow = ["old.md"]\n')
    done = run("build", site, "-o", "lists.json")
    assert done.code == 2
    assert "editorial.toml:3: no article is named 'old.md'" in done.err


def test_lists_in_front_matter_are_no_pins(run: Command, site: Path) -> None:
    """`-f frontmatter` writes under the same key: read again, its lists pin nothing."""
    before = related(run, site)
    assert run("build", site, "-f", "frontmatter").code == 0
    assert "related:\n" in (site / "rye.md").read_text()
    once = {file: file.read_bytes() for file in site.rglob("*.md")}
    assert related(run, site) == before
    assert run("build", site, "-f", "frontmatter").code == 0
    assert {file: file.read_bytes() for file in site.rglob("*.md")} == once


def test_hand_written_names_are_not_overwritten(run: Command, site: Path) -> None:
    """A list of names stays in its file; other files are not written either."""
    (site / "rye.md").write_text("---\ntitle: Rye\nrelated: [old.md]\n---\nSow the grain.\n")
    once = {file: file.read_bytes() for file in site.rglob("*.md")}
    done = run("build", site, "-f", "frontmatter")
    assert done.code == 1
    assert "`related` was written by hand" in done.err
    assert {file: file.read_bytes() for file in site.rglob("*.md")} == once


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
def test_columns_of_tables_pin_and_ban(run: Command, tmp_path: Path, suffix: str) -> None:
    """A list, or names separated by commas."""
    names = ["a", "b", "c", "d"]
    table = pd.DataFrame({"id": names, "title": names, "text": "Sow the grain."})
    table["related"] = ["c, d", "", "", ""]
    table["related_exclude"] = ["", "a", "", ""]
    file = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        table.to_csv(file, index=False)
    else:
        table.to_json(file, orient="records", lines=suffix == "jsonl")
    lists = related(run, file)
    assert lists["a"][:2] == [("c", "pinned"), ("d", "pinned")]
    assert {name for name, _ in lists["b"]} == {"c", "d"}


def test_pages_pin_and_ban_by_meta(run: Command, tmp_path: Path) -> None:
    """`<meta name="recommender-related">` names addresses; other pages have no such column."""
    heads = {
        "rye": '<meta name="recommender-related" content="/oats/, /wheat/">',
        "oats": '<meta name="recommender-related-exclude" content="/rye/">',
        "wheat": "",
    }
    for name, head in heads.items():
        page = tmp_path / "public" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(
            f"<title>{name}</title>{head}<article><h1>{name}</h1><p>Sow {name}.</article>"
        )
    lists = related(run, tmp_path / "public")
    assert lists["rye/index.html"] == [
        ("oats/index.html", "pinned"), ("wheat/index.html", "pinned")
    ]  # fmt: skip
    assert [name for name, _ in lists["oats/index.html"]] == ["wheat/index.html"]


def test_rst_pins_by_its_fields(run: Command, tmp_path: Path) -> None:
    """Names separated by commas in the list of fields."""
    pytest.importorskip("docutils")
    for name, field in {
        "rye": ":related: oats.rst, wheat.rst\n\n",
        "oats": "",
        "wheat": "",
    }.items():
        (tmp_path / f"{name}.rst").write_text(f"{name}\n{'=' * 9}\n\n{field}Sow the grain.\n")
    lists = related(run, tmp_path, "--source-format", "rst")
    assert lists["rye.rst"] == [("oats.rst", "pinned"), ("wheat.rst", "pinned")]


@pytest.mark.parametrize("where", ["file", "front matter"])
def test_dask_refuses_rules(run: Command, tmp_path: Path, where: str) -> None:
    """Neither a file nor a column of the articles is ignored silently."""
    file = tmp_path / "rows.jsonl"
    row = {"id": "a", "title": "Rye", "text": "Sow rye."} | (
        {"related": ["b"]} if where == "front matter" else {}
    )
    file.write_text(json.dumps(row))
    if where == "file":
        Path("editorial.toml").write_text('[[never]]\nshow = "a"\n')
        done = run("build", file, "-o", "lists.json", "--engine", "dask")
        assert (done.code, done.err.splitlines()[0]) == (
            2, "Error: editorial: needs the local engine, got engine = dask"
        )  # fmt: skip
        return
    from recommender.cluster.rows import open_shard
    from recommender.model import Recommender, make_vectorizer
    from recommender.sources import read_articles

    with pytest.raises(ConfigError, match="related of the articles: needs the local engine"):
        open_shard(read_articles(file), make_vectorizer(Recommender()), 20)
