"""Front matter with a list: only the list changes, whatever else is in it and however often."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.errors import OutputError
from recommender.outputs import heads
from recommender.outputs.front_matter import with_list, write_front_matter
from recommender.outputs.heads import NotEditableError, split_head

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CARDS = st.lists(
    st.fixed_dictionaries(
        {"id": TEXTS, "url": st.sampled_from(["/a/", "/b c/", None]), "title": TEXTS}
    ),
    max_size=3,
)
RYE = [{"id": "rye.md", "url": "/rye/", "title": "Rye"}]
OATS = [{"id": "oats.md", "url": "/oats/", "title": 'Oats: "rolled" # 1'}]

YAML_LINES = (
    "title: Rye # the grain", "tags: [sea, ports]", "tags:\n- sea\n- ports # last",
    "summary: |\n  related:\n  - a\n\n  end", "text: >-\n  related: folded", "'quoted key': 1",
    "nested:\n  related: [x]\n  deep: {related: 1}", "# a comment", "", "date: 2024-03-01",
    "anchor: &a {b: 1}", "ref: *a", 'quoted: "related: [1]"', "empty:", "unicode: Zürich 東京",
)  # fmt: skip
TOML_LINES = (
    'title = "Rye" # the grain', 'tags = ["sea"]', "tags2 = [\n  'sea',\n  'ports', # last\n]",
    'summary = """\nline\nend"""', "literal = '''\nx = 1\n'''", "date = 2024-03-01",
    "# related = 1",
    "", 'dotted.related = "x"', '"quoted key" = 1', "inline = {related = 1}",
)  # fmt: skip
TOML_TABLES = ("", "[extra]\nrelated = 1\n", "[[items]]\nrelated = 'x'\n[params]\n")
BODIES = ("", "Sow it.\n", "\n\n---\nrelated: no\n---\n", "+++\n", "{}", "\ttab\u2028 line\r")
ENDS = st.sampled_from(["\n", "\r\n"])


def yaml_file(lines: list[str], body: str, end: str, mark: str) -> bytes:
    """Return a Markdown file with YAML front matter."""
    keys: dict[str, str] = {}
    for line in lines:  # a key once, and a reference after its anchor
        if line != "ref: *a" or "anchor" in keys:
            keys.setdefault(line.partition(":")[0], line)
    kept = keys.values()
    return (mark + "\n".join(["---", *kept, "---", body]).replace("\n", end)).encode()


@given(st.lists(st.sampled_from(YAML_LINES), max_size=6), st.sampled_from(BODIES), ENDS,
       st.sampled_from(["", "\ufeff"]), CARDS, CARDS)  # fmt: skip
def test_yaml_keeps_all_but_the_list(
    lines: list[str], body: str, end: str, mark: str, first: list[Any], second: list[Any]
) -> None:
    """Comments, nested keys of that name, block texts, anchors, line ends: the same bytes."""
    old = yaml_file(lines, body, end, mark)
    check_laws(old, first, second, lambda text: yaml.safe_load(text) or {})
    new = with_list(old, first).decode()
    assert new.startswith(mark + "---" + end)
    assert ("\r\n" in new) == (end == "\r\n") or "\r" in body


def test_a_tab_may_come_before_a_comment() -> None:
    """Readers of YAML differ there: what reads the fields also finds the list."""
    old = b"---\ntitle: Rye\t# the grain\n---\n"
    assert with_list(old, RYE).startswith(old[:-4] + b"related:\n- {")


@given(st.lists(st.sampled_from(TOML_LINES), max_size=6, unique=True),
       st.sampled_from(TOML_TABLES), st.sampled_from(BODIES), ENDS, CARDS, CARDS)  # fmt: skip
def test_toml_keeps_all_but_the_list(
    lines: list[str], tables: str, body: str, end: str, first: list[Any], second: list[Any]
) -> None:
    """The list goes before the first table, whose own `related` is another key."""
    text = "\n".join(["+++", *lines, f"{tables}+++", body]).replace("\n", end)
    check_laws(text.encode(), first, second, lambda text: tomllib.loads(text.replace("\r\n", "\n")))


@given(st.dictionaries(TEXTS.filter(lambda name: name != "related"), st.none() | st.integers()
                       | TEXTS | st.lists(TEXTS, max_size=2)
                       | st.dictionaries(st.just("related"), TEXTS), max_size=4),
       st.sampled_from([None, 1, 2, "\t"]), st.sampled_from(BODIES), CARDS, CARDS)  # fmt: skip
def test_json_keeps_all_but_the_list(
    fields: dict[str, Any], indent: Any, body: str, first: list[Any], second: list[Any]
) -> None:
    """On one line or indented, with any texts in it."""
    old = f"{json.dumps(fields, indent=indent)}\n\n{body}".encode()
    check_laws(old, first, second, json.loads)


def check_laws(
    old: bytes, first: list[Any], second: list[Any], parse: Callable[[str], dict[str, Any]]
) -> None:
    """Check what holds for a file and any two lists."""
    new = with_list(old, first)
    before, after = split_head(old.decode()), split_head(new.decode())
    wanted = [{"id": card["id"], "title": card["title"]} for card in first]
    shown = parse(after.source)
    assert [{k: v for k, v in card.items() if k != "url"} for card in shown["related"]] == wanted
    assert {name: value for name, value in shown.items() if name != "related"} == parse(
        before.source
    )
    assert (after.before, after.after, after.language) == (
        before.before,
        before.after,
        before.language,
    )
    assert with_list(new, first) == new, "again, the same"
    assert with_list(new, second) == with_list(old, second), "as if the first list had never been"


@pytest.mark.parametrize(
    ("text", "language", "source", "body"),
    [
        ("Sow it.", "", "", "Sow it."),
        ("", "", "", ""),
        ("\ufeffSow it.", "", "", "Sow it."),
        ("---\na: 1\n---\nSow it.", "yaml", "a: 1\n", "Sow it."),
        ("---\n---\nSow it.", "yaml", "", "Sow it."),
        ("---\na: 1\n...\nSow it.", "yaml", "a: 1\n", "Sow it."),
        ("--- yaml\na: 1\n---\nSow it.", "yaml", "a: 1\n", "Sow it."),
        ("---toml\na = 1\n---\nSow it.", "toml", "a = 1\n", "Sow it."),
        ("+++\r\na = 1\r\n+++\r\nSow it.", "toml", "a = 1\r\n", "Sow it."),
        ('{"a": 1}\n\nSow it.', "json", '{"a": 1}', "Sow it."),
        ("{}\nSow it.", "json", "{}", "Sow it."),
        ("{{< shortcode >}} Sow it.", "", "", "{{< shortcode >}} Sow it."),
        ("----\nA line\n----\n", "", "", "A line\n----\n"),
    ],
)
def test_head_is_split_as_generators_do(text: str, language: str, source: str, body: str) -> None:
    """YAML, TOML and JSON; a rule of four dashes or a shortcode is no front matter."""
    head = split_head(text)
    assert (head.language, head.source, head.body) == (language, source, body)
    assert head.before + head.source + head.after == text


TOML_PARTS = (
    '"', '""', '"""', "'", "'''", "\\", "\n", "\r\n", "#", " ", "[", "]", "{", "}", "a", "=", "1",
    ",", "x = 1\n", '"a"', "'b'", '"""c\n"d""""', "'''e\n'''", "[1,\n2]", '{a="}"}', '"\\""', "# ]",
)  # fmt: skip


def is_toml(text: str) -> bool:
    """Return whether a text can be parsed as TOML."""
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


@given(st.lists(st.sampled_from(TOML_PARTS), max_size=8), st.sampled_from(["", "\nz = 1\n"]))
@example(["[", '"]"', ",\n", "'''", "]\n", "'''", "# ]", "\n", "]"], "\nz = 1\n")
@example(["1", " ", "# ]", "\r\n"], "")
def test_value_in_toml_ends_at_the_first_line_end_where_it_is_one(
    parts: list[str], after: str
) -> None:
    """It is that of an attempt at each line end."""
    source = "".join(parts) + after
    ends = (cut.start() for cut in re.finditer(r"\r?\n|\Z", source))
    right = next((end for end in ends if is_toml(f"a = {source[:end]}")), None)
    try:
        found = heads._toml_value_end(source, 0)
    except NotEditableError:
        found = None
    assert found == right


def test_long_value_in_toml_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at each of its lines, which takes minutes for a hostile file."""
    parsed: list[str] = []
    monkeypatch.setattr(heads, "read_toml", parsed.append)
    source = "[\n" + "  1,\n" * 100 + "]\nz = 1\n"
    assert source[heads._toml_value_end(source, 0) :] == "\nz = 1\n"
    assert len(parsed) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\na: 1\nSow it.", "front matter is never closed with ---"),
        ("+++\na = 1\n---\n", "front matter is never closed with +++"),
        ("---\n{a: 1}\n---\n", "front matter is in braces, expected one `key: value` per line"),
        ("---\n- a\n---\n", "front matter contains no `key: value` line"),
        ("---\na: [\n---\n", "front matter cannot be read, while parsing a flow node"),
        ("+++\na = = 1\n+++\n", "front matter cannot be read, Invalid value (at line 1, column 5)"),
        ('{"a": 1\n\nSow it.', "front matter cannot be read, Expecting ',' delimiter"),
        ("---\nrelated: [a.md]\n---\n", "`related` was written by hand, got ['a.md']"),
        ("---\nrelated: oats\n---\n", "`related` was written by hand, got 'oats'"),
        ('---\nrelated:\n- {"id": "a", "note": "x"}\n---\n', "`related` was written by hand"),
        ("<!--\r\n.. title: Rye\r\n-->\r\nSow it.", "Nikola's comment of"),
        ("Title: Rye\nDate: 2024-03-01\n\nSow it.", "Pelican's `Key: value` lines cannot contain"),
    ],
)
def test_head_that_cannot_take_a_list_is_named(text: str, problem: str) -> None:
    """The problem in one line, and nothing is changed."""
    with pytest.raises(NotEditableError) as error:
        with_list(text.encode(), RYE)
    assert str(error.value).startswith(problem)


def test_bytes_that_are_no_text_are_named() -> None:
    """The byte is told, as an editor counts it."""
    with pytest.raises(NotEditableError, match="is not UTF-8 at byte 1,004"):
        with_list(b"x" * 1004 + b"\xff", RYE)


GOLDEN = {
    "Sow it.\n": "---\nrelated:\n- {}\n---\n\nSow it.\n",
    "---\ntitle: Rye\n---\nSow it.\n": "---\ntitle: Rye\nrelated:\n- {}\n---\nSow it.\n",
    "---\nrelated: []\ntitle: Rye\n---\n": "---\nrelated:\n- {}\ntitle: Rye\n---\n",
    "+++\n+++\n": "+++\nrelated = [\n  {toml},\n]\n+++\n",
    "+++\n[extra]\na = 1\n+++\n": "+++\nrelated = [\n  {toml},\n]\n[extra]\na = 1\n+++\n",
    '{"title": "Rye"}\n': '{"title": "Rye", "related": [{}]}\n',
    '{\n  "title": "Rye"\n}\n': '{\n  "title": "Rye",\n  "related": [\n    {}\n  ]\n}\n',
}
ENTRY = '{"id": "oats.md", "url": "/oats/", "title": "Oats: \\"rolled\\" # 1"}'
TOML_ENTRY = '{id = "oats.md", url = "/oats/", title = "Oats: \\"rolled\\" # 1"}'


@pytest.mark.parametrize("text", GOLDEN)
def test_list_is_written_as_an_editor_would(text: str) -> None:
    """Golden: one entry a line, in the language and the layout of the file."""
    expected = GOLDEN[text].replace("- {}", f"- {ENTRY}").replace("{toml}", TOML_ENTRY)
    expected = expected.replace("[{}]", f"[{ENTRY}]").replace("    {}\n", f"    {ENTRY}\n")
    assert with_list(text.encode(), OATS).decode() == expected
    assert with_list(expected.encode(), OATS).decode() == expected


def test_a_list_that_becomes_empty_stays_as_a_key() -> None:
    """A template finds the key on every page."""
    text = with_list(b"---\ntitle: Rye\n---\n", OATS)
    assert with_list(text, []) == b"---\ntitle: Rye\nrelated: []\n---\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone.md", "gone.md: cannot be read, no such file or directory; are ids paths of files?"),
        ("../out.md", "../out.md: leads out of the directory"),
        ("link.md", "link.md: leads out of the directory"),
        ("folder", "folder: cannot be read, is a directory; are ids paths of files?"),
    ],
)
def test_files_outside_or_missing_stop_everything(tmp_path: Path, name: str, told: str) -> None:
    """Before the first file is written; links do not lead out either."""
    site = tmp_path / "site"
    (site / "folder").mkdir(parents=True)
    for file in (site / "rye.md", tmp_path / "out.md"):
        file.write_text("Sow it.")
    (site / "link.md").symlink_to(tmp_path / "out.md")
    with pytest.raises(OutputError) as error:
        write_front_matter([("rye.md", OATS), (name, OATS)], site)
    assert str(error.value) == (
        f"{site}/{told}\nHint: nothing was written; fix these files, or write a data file "
        "instead: -f json"
    )
    assert (site / "rye.md").read_text() == (tmp_path / "out.md").read_text() == "Sow it."


def test_changed_files_are_counted(tmp_path: Path) -> None:
    """A second run with the same lists changes none."""
    for name in ("rye.md", "oats.md"):
        (tmp_path / name).write_text("Sow it.")
    lists: list[Any] = [("rye.md", OATS), ("oats.md", RYE)]
    assert write_front_matter(lists, tmp_path) == 2
    assert write_front_matter(lists, tmp_path) == 0
    assert write_front_matter([("rye.md", OATS), ("oats.md", [])], tmp_path) == 1
