"""The verb `check`: gates with limits, on fresh and on written lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import POSTS, Command, Run

FLAGS = ("--min-score", "0.1", "--min-items", "0", "-k", "1")


@pytest.fixture
def site(site: Path, run: Command) -> Path:
    """The posts, with settings and written lists."""
    Path("recommender.toml").write_text(
        'source = "posts"\noutput = "lists.json"\nmin_score = 0.1\nmin_items = 0\nk = 1\n'
    )
    assert run("build").code == 0
    return site


def gate_lines(done: Run) -> list[str]:
    """Return the gates that hold, then the broken ones."""
    lines = done.out.splitlines() + done.err.splitlines()
    return [line for line in lines if line.startswith(("ok: ", "Error: "))]


def test_gates_that_hold_exit_with_0(run: Command, site: Path) -> None:
    """All gates of a healthy site hold; each is a line."""
    done = run("check", "--max-orphans", "0", "--min-filled", "100%", "--max-empty", "0",
               "--max-hub", "1", "--max-foreign", "0", "--max-duplicates", "0",
               "--max-unreadable", "0", "--max-dead", "0", "--max-stale", "0",
               "--max-shrink", "0.2")  # fmt: skip
    assert done.code == 0
    assert len(gate_lines(done)) == 11
    assert all(line.startswith("ok: ") for line in gate_lines(done))
    assert "articles in no list: 0 of 4 (0.0%), at most 0" in done.out


def test_broken_gates_exit_with_1_and_name_articles(run: Command, site: Path) -> None:
    """Every broken gate is named at once, with examples."""
    (site / "oats.md").write_text("# Alone\n\nNothing in common whatsoever.")
    done = run("check", "--max-empty", "0", "--max-orphans", "10%", "--max-hub", "9")
    assert done.code == 1
    assert gate_lines(done) == [
        "ok: lists that show one article: 1 of 5 (20.0%), at most 9",
        "Error: articles in no list: 1 of 5 (20.0%), at most 10 % (oats.md)",
        "Error: empty lists: 1 of 5 (20.0%), at most 0 (oats.md)",
    ]


def test_broken_gates_are_named_even_if_quiet(run: Command, site: Path) -> None:
    """cron mails what is on stderr: with -q, that is the broken gates and nothing else."""
    done = run("-q", "check", "--max-hub", "0", "--max-empty", "0")
    assert done.code == 1
    assert done.err.startswith("Error: lists that show one article: 1 of 4 (25.0%), at most 0 (")
    assert done.err.count("\n") == 1


def test_without_limits_nothing_is_checked(run: Command, site: Path) -> None:
    """`check` alone reports and succeeds."""
    done = run("check")
    assert (done.code, gate_lines(done)) == (0, [])


def test_links_to_drafts_and_missing_articles_are_found(run: Command, site: Path) -> None:
    """A written list that leads to what is no article any more breaks the gate."""
    (site / "harbour.md").write_text("---\ndraft: true\n---\nThe harbour waits for the ferry.")
    (site / "wheat.md").unlink()
    done = run("check", "--max-dead", "0")
    assert done.code == 1
    assert "ferry.md -> harbour.md (draft), rye.md -> wheat.md (missing)" in done.err


def test_stale_lists_are_found(run: Command, site: Path) -> None:
    """After an edit that changes a list, the written file is stale until the next build."""
    (site / "rye.md").write_text(POSTS["harbour.md"])
    assert run("check", "--max-stale", "0").code == 1
    run("build")
    assert run("check", "--max-stale", "0").code == 0


def test_a_site_that_shrinks_is_found(run: Command, site: Path) -> None:
    """Half of the lists are lost; a site that grows loses none."""
    for name in ("rye.md", "wheat.md"):
        (site / name).unlink()
    done = run("check", "--max-shrink", "0.4")
    assert done.code == 1
    assert "lists lost since the last build: 2 of 4 (50.0%), at most 40 % (rye.md, wheat.md)" in (
        done.err
    )
    assert run("check", "--max-shrink", "50%").code == 0


def test_gates_on_written_lists_need_a_file(run: Command, site: Path) -> None:
    """Without lists to look at, the gate is an error, not a success."""
    Path("lists.json").unlink()
    assert run("check", "--max-dead", "0").code == 1
    Path("recommender.toml").write_text('source = "posts"\n')
    done = run("check", "--max-shrink", "0.2")
    assert done.code == 2
    assert "no lists given\nHint: add --lists FILE, or set output in recommender.toml" in done.err


def test_duplicates_are_a_gate(run: Command, site: Path) -> None:
    """Two articles with the same text are a group."""
    (site / "copy.md").write_text(POSTS["rye.md"])
    done = run("check", "--max-duplicates", "0")
    assert done.code == 1
    assert "groups of near-duplicates: 1, at most 0 (copy.md, rye.md)" in done.err


def test_unreadable_files_are_a_gate(run: Command, site: Path) -> None:
    """A link to nothing is skipped, and the gate sees it; a draft is no failure."""
    (site / "gone.md").symlink_to("nowhere.md")
    done = run("check", "--max-unreadable", "0")
    assert done.code == 1
    assert "gone.md: link to nothing" in done.err
    assert "later.md" not in gate_lines(done)[0]


def test_json_has_findings_and_gates(run: Command, site: Path) -> None:
    """One object, also if a gate is broken."""
    (site / "oats.md").write_text("# Alone\n\nNothing in common whatsoever.")
    done = run("check", "--json", "--max-empty", "0")
    data = json.loads(done.out)
    assert done.code == 1
    assert (data["ok"], data["articles"], data["skipped"]["draft"]) == (
        False, 5, ["posts/later.md"]
    )  # fmt: skip
    assert data["gates"] == [
        {"gate": "empty lists", "value": 1, "of": 5, "limit": "0", "ok": False,
         "items": ["oats.md"]}
    ]  # fmt: skip


def test_github_gets_annotations(run: Command, site: Path) -> None:
    """A broken gate is a workflow command on a line of its own."""
    done = run("check", "--github", "--max-hub", "0")
    assert done.code == 1
    assert done.out.splitlines()[-1].startswith("::error title=recommender check::lists that show")


def test_a_wrong_limit_names_its_flag(run: Command, site: Path) -> None:
    """It is a mistake of usage, reported before anything is read."""
    done = run("check", "--max-empty", "few")
    assert (done.code, done.out) == (2, "")
    assert "--max-empty: expected a count such as 12, or a share" in done.err
