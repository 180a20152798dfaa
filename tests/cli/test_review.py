"""The verbs with which editors look at lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import NEWSROOM, POSTS, ROOT, Command

FAR = (
    "business/2021-03-11-port-plans-tamber-quay-terminal.md",
    "world/2025-07-08-sestrian-pickers-visa-strawberries.md",
)
"""Two articles of the newsroom with a score of 0.056."""


def test_explain_prints_parts_that_add_up(run: Command, site: Path) -> None:
    """The titles come first; the first column sums to the score."""
    done = run("explain", "rye.md", "wheat.md", "--source", site)
    score = float(done.out.split()[1].rstrip(":"))
    head, _, _ = done.out.partition("\nplace of ")
    parts = [float(line.split()[0]) for line in head.splitlines()[5:]]
    assert done.code == 0
    assert head.splitlines()[1:3] == ["  Rye bread (rye.md)", "  Wheat bread (wheat.md)"]
    assert sum(parts) == pytest.approx(score, abs=1e-5)


def test_explain_shows_each_step_and_what_kept_an_article_out(run: Command, site: Path) -> None:
    """Below the terms is the rank after each stage; the last line says how it ended."""
    done = run("explain", "rye.md", "wheat.md", "--source", site, "--min-score", "0.1")
    place = done.out.partition("\nplace of ")[2].splitlines()
    assert place[0] == "wheat.md in the list of rye.md"
    assert place[1].split() == ["1", "of", "1", "nearest"]
    assert place[-1] == "in the list at rank 1"
    done = run("explain", *FAR, "--source", NEWSROOM, "--min-score", "0.4", "--min-items", "0")
    assert "\n   41 of 50   nearest\n" in done.out
    assert "\n  not in 2    min score\n" in done.out
    assert done.out.splitlines()[-1] == (
        "not in the list, removed at the step 'min score': its score is below 0.400"
    )
    done = run("explain", "rye.md", "ferry.md", "--source", site, "--min-items", "0")
    assert done.out.splitlines()[-1] == "not in the list: it shares no term"
    done = run("explain", "rye.md", "rye.md", "--source", site)
    assert done.out.splitlines()[-1] == "not in the list: it is the same article"


def test_explain_names_the_rank_of_what_is_too_far(run: Command) -> None:
    """Of an article beyond those that the search found, the rank among all is printed."""
    first, *others = json.loads(run("-q", "build", NEWSROOM, "-o", "-").out)["lists"]
    for other in others:
        done = run("-q", "explain", first, other, "--source", NEWSROOM, "--terms", "0")
        last = done.out.splitlines()[-1]
        if "by score it is number" in last:
            break
    number = int(last.partition("number ")[2].partition(",")[0])
    assert 50 < number < 184


def test_explain_as_json_says_the_same(run: Command, site: Path) -> None:
    """All terms, their fields, the steps and the outcome; no rank is null."""
    done = run("explain", "rye.md", "wheat.md", "--source", site, "--min-score", "0.1", "--json")
    data = json.loads(done.out)
    assert data["article"] == {"id": "rye.md", "title": "Rye bread"}
    assert sum(term["part"] for term in data["terms"]) == pytest.approx(data["score"], abs=1e-5)
    assert sum(pair["part"] for pair in data["fields"]) == pytest.approx(data["score"], abs=1e-5)
    assert (data["rank"], data["origin"], data["kept_out"]) == (1, "similar", None)
    assert data["steps"][0] == {"step": "nearest", "rank": 1, "length": 1}
    done = run(
        "explain", *FAR, "--source", NEWSROOM, "--min-score", "0.4", "--min-items", "0", "--json"
    )
    data = json.loads(done.out)
    assert (data["rank"], data["origin"], data["kept_out"]) == (None, None, "min score")


@pytest.fixture
def two_files(run: Command, site: Path) -> tuple[str, str]:
    """The lists of the site before and after an article came and another was renamed."""
    flags = ("--min-score", "0.1", "--min-items", "0")
    run("build", site, "-o", "old.json", *flags)
    (site / "oats.md").write_text("---\ntitle: Oats\n---\nBread from oats flour.")
    (site / "ferry.md").write_text(POSTS["ferry.md"].replace("sails", "leaves"))
    run("build", site, "-o", "new.json", *flags)
    return "old.json", "new.json"


def test_diff_prints_what_changed(run: Command, two_files: tuple[str, str]) -> None:
    """The summary comes first, then each changed list with its entries."""
    done = run("diff", *two_files)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:3] == [
        "4 lists in both, 1 new, 0 gone",
        "2 lists changed: 2 entries in, 0 out, 0 moved",
        "entries with another title, teaser, address, date or picture: 1",
    ]
    assert "\nrye.md\n  +  2        oats.md  Oats\n" in done.out


def test_diff_exits_as_git_does(run: Command, two_files: tuple[str, str]) -> None:
    """Only with --exit-code are changes a failure; the same file twice is none."""
    old, new = two_files
    assert run("diff", old, new).code == 0
    assert run("diff", old, new, "--exit-code").code == 1
    assert run("diff", old, old, "--exit-code").code == 0
    assert run("diff", old, "none.json", "--exit-code").code == 1
    assert run("diff", old).code == 2


def test_diff_as_json_has_every_change(run: Command, two_files: tuple[str, str]) -> None:
    """Ids, titles and ranks of the entries, and the summary."""
    data = json.loads(run("diff", *two_files, "--json").out)
    assert data["summary"]["in"] == 2
    assert data["appeared"] == ["oats.md"]
    assert data["changed"][0]["in"] == [{"id": "oats.md", "title": "Oats", "rank": 2}]


def test_diff_warns_about_files_of_two_formats(run: Command, two_files: tuple[str, str]) -> None:
    """No list in common is a sign of keys of another kind."""
    text = Path("old.json").read_text(encoding="utf-8").replace('.md": [', '": [')
    Path("other.json").write_text(text, encoding="utf-8")
    assert "Warning: no article has a list in both" in run("diff", "old.json", "other.json").err


def test_unchanged_site_changes_no_byte(run: Command, site: Path) -> None:
    """A second build writes the same file."""
    run("build", site, "-o", "one.json")
    run("build", site, "-o", "two.json")
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()


def test_page_shows_what_is_printed(run: Command, tmp_path: Path) -> None:
    """The example of docs/review.md is the real output, but for steps that are off by default."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    page = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    command, _, shown = page.partition("```console\n$ recommender ")[2].partition("\n")
    printed = run(*command.split()).out
    for text in (printed, shown.partition("```")[0]):
        assert text.splitlines()[-1] == "in the list at rank 2"
    assert printed.partition("\nplace of ")[0] == shown.partition("\nplace of ")[0]


def test_report_writes_one_page(run: Command) -> None:
    """The path is printed; the page has the figures; -o - writes it to stdout."""
    done = run("report", NEWSROOM, "-o", "r.html")
    assert (done.code, done.out) == (0, f"{Path('r.html').resolve()}\n")
    assert Path("r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "open it in a browser" in done.err


def test_report_as_json_has_the_figures(run: Command, two_files: tuple[str, str]) -> None:
    """Figures go to stdout, and no page is written; --last adds what changed."""
    done = run("report", "posts", "--json", "--last", "old.json", "--min-score", "0.1")
    data = json.loads(done.out)
    assert data["articles"] == 5
    assert data["changes"]["appeared"] == ["oats.md"]
    assert data["stages"][0]["step"] == "nearest"
    assert not Path("report.html").exists()


def test_report_compares_with_the_output_of_the_settings(run: Command, site: Path) -> None:
    """Without --last, the lists that `build` wrote are the last ones, if they can be compared."""
    Path("recommender.toml").write_text('source = "posts"\noutput = "lists.json"\n')
    assert json.loads(run("report", "--json").out)["changes"] is None
    run("build")
    assert json.loads(run("report", "--json").out)["changes"]["summary"]["changed"] == 0
    Path("lists.json").write_text('{"lists": {"/other/": []}}')
    done = run("report", "--json")
    assert json.loads(done.out)["changes"] is None
    assert "cannot be compared" in done.err
