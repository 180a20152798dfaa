"""Unattended runs: the report of a run, times in the log, and files that cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import POSTS, Command

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d "


def test_report_of_a_build_has_counts_times_settings_and_versions(run: Command, site: Path) -> None:
    """The figures are those of the lists; the settings are those in force."""
    flags = ("--min-score", "0.1", "--min-items", "0", "-k", "1")
    assert run("-q", "build", site, "-o", "o.json", *flags, "--report", "run.json").code == 0
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert (report["command"], report["ok"], report["error"]) == ("build", True, None)
    assert report["counts"] == {
        "articles": 4, "skipped": {"draft": 1}, "terms": report["counts"]["terms"],
        "min_score": 0.1, "lists": 4, "entries": 4, "full_lists": 4, "short_lists": 0,
        "empty_lists": 0, "origins": {"similar": 4},
    }  # fmt: skip
    assert list(report["times"]) == ["read", "index", "search", "write"]
    assert report["seconds"] >= sum(report["times"].values()) * 0.5
    assert (report["settings"]["k"], report["settings"]["min_score"]) == (1, 0.1)
    assert set(report["versions"]) == {"python", "recommender", "numpy", "scipy", "pandas"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", report["started"])


def test_report_of_a_failed_build_has_the_error(run: Command, site: Path) -> None:
    """The exit code is that of the error, and the report says what it was."""
    (site / "bad.md").write_text("---\ntitle: [\n---\nText.")
    assert run("build", site, "-o", "o.json", "--report", "run.json").code == 1
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert report["ok"] is False
    assert "bad.md" in report["error"]
    assert report["settings"]["source"] == str(site)


def test_report_has_every_warning(run: Command, site: Path) -> None:
    """Also those that are printed only with -v."""
    for number in range(5):
        (site / f"bad{number}.md").write_text("---\ntitle: [\n---\nText.")
    done = run("build", site, "-o", "o.json", "--skip-invalid", "--report", "run.json")
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert done.err.count("is left out, invalid") == 3
    assert "Warning: 2 more like these" in done.err
    assert sum("is left out, invalid" in line for line in report["warnings"]) == 5
    assert report["counts"]["skipped"] == {"draft": 1, "invalid": 5}


def test_report_names_no_password(run: Command) -> None:
    """The address of a database is written without its password."""
    url = "postgresql://ann:secret@127.0.0.1:1/none"
    run("build", url, "-o", "o.json", "--report", "run.json")
    assert "secret" not in Path("run.json").read_text(encoding="utf-8")


def test_site_writes_a_report_too(run: Command, tmp_path: Path) -> None:
    """It counts the pages that were written."""
    words = {"ferry": "the ferry left the harbour", "port": "a harbour for the ferry"}
    for name, text in words.items():
        page = f"<title>{name}</title><main><article><h1>{name}</h1><p>{text * 9}</p></article>"
        (tmp_path / "public").mkdir(exist_ok=True)
        (tmp_path / "public" / f"{name}.html").write_text(page)
    done = run("site", "public", "--min-score", "0", "--report", "run.json")
    report = json.loads(Path("run.json").read_text(encoding="utf-8"))
    assert done.code == 0, done.err
    assert (report["command"], report["counts"]["pages"]["written"]) == ("site", 2)


@pytest.mark.parametrize("place", ["before", "behind"])
def test_log_begins_every_line_with_the_time(run: Command, site: Path, place: str) -> None:
    """Before or behind the verb; results on stdout have no times."""
    line = ["build", str(site), "-o", "-"]
    done = run(*(["--log", *line] if place == "before" else [*line, "--log"]), "-v")
    assert len(done.err.splitlines()) >= 4
    assert all(re.match(STAMP, text) for text in done.err.splitlines())
    assert done.out.startswith('{"schema"')


def test_log_stamps_errors(run: Command) -> None:
    """Each line of an error has the time too."""
    done = run("--log", "build", "nowhere", "-o", "o.json")
    assert done.code == 1
    assert re.match(f"{STAMP}Error: ", done.err)


def test_invalid_files_are_an_error_by_default(run: Command, site: Path) -> None:
    """Nothing is left out unless it is asked for."""
    (site / "bad.md").write_text("---\ntitle: [\n---\nText.")
    assert run("build", site, "-o", "o.json").code == 1
    done = run("build", site, "-o", "o.json", "--skip-invalid")
    assert done.code == 0
    assert "1 draft, 1 invalid" in done.err
    assert f"Warning: {site}/bad.md is left out, invalid: line 3: front matter" in done.err


@pytest.mark.parametrize(
    ("name", "content", "skipped"),
    [
        (
            "a.jsonl",
            '{"id": "a", "title": "A", "text": "sea"}\n[1]\n{"id": "a", "title": "B"}\n'
            '{"title": "C"}\n{nope\n{"id": "b", "title": "B", "text": "sea"}\n',
            [
                "a.jsonl:2: invalid: expected an object, got list",
                "a.jsonl:5: invalid: is not valid JSON: Expecting property name enclosed in "
                "double quotes",
                "a.jsonl:3: invalid: id 'a' is repeated, first at a.jsonl:1",
                "a.jsonl:4: invalid: id is missing",
            ],
        ),
        (
            "a.json",
            '[{"id": "a", "title": "A", "text": "sea"}, 7, {"id": "b", "title": "sea"}]',
            ["a.json: article 2: invalid: expected an object, got int"],
        ),
        (
            "a.csv",
            'id,title,text\na,A,"sea\nport"\nb,B,x,y\nc,C,sea\n',
            ["a.csv:4: invalid: 4 values, expected 3"],
        ),
    ],
)
def test_invalid_rows_are_named(run: Command, name: str, content: str, skipped: list[str]) -> None:
    """Each row that is left out is named with its place; the others are read."""
    Path(name).write_text(content, encoding="utf-8")
    assert run("build", name, "-o", "o.json").code == 1
    done = run("-v", "build", name, "-o", "o.json", "--skip-invalid")
    assert done.code == 0, done.err
    said = [line for line in done.err.splitlines() if line.startswith("  skipped ")]
    assert [line.removeprefix("  skipped ") for line in said] == skipped
    assert len(json.loads(Path("o.json").read_text())["lists"]) == 2


def test_a_directory_of_json_lines_skips_invalid_lines(run: Command) -> None:
    """As in one file, with the file in the place."""
    Path("parts").mkdir()
    for number in "12":
        row = json.dumps({"id": number, "title": "A", "text": "sea"})
        Path("parts", f"{number}.jsonl").write_text(f"{row}\n7\n")
    assert run("build", "parts", "-o", "o.json").code == 1
    done = run("-v", "build", "parts", "-o", "o.json", "--skip-invalid")
    assert done.code == 0, done.err
    assert "skipped parts/2.jsonl:2: invalid: expected an object, got int" in done.err


def test_a_source_of_invalid_files_only_is_an_error(run: Command, site: Path) -> None:
    """Nothing left is never a success."""
    for file in site.iterdir():
        file.write_text("---\ntitle: [\n---\nText.")
    assert run("build", site, "-o", "o.json", "--skip-invalid").code == 1
    assert not Path("o.json").exists()


def test_reasons_are_an_option_of_build_and_site(run: Command, site: Path) -> None:
    """Each entry says in words what it has in common with the article."""
    run("build", site, "-o", "o.json", "--min-score", "0.1", "--reasons")
    lists = json.loads(Path("o.json").read_text(encoding="utf-8"))["lists"]
    assert lists["ferry.md"][0]["reason"] == "Also about: ferry, harbour, dawn"
    Path("public").mkdir()
    for name, text in (("ferry", POSTS["ferry.md"]), ("port", POSTS["harbour.md"])):
        words = text.rpartition("---\n")[2]
        page = f"<title>{name}</title><main><article><h1>{name}</h1><p>{words}</p></article></main>"
        Path("public", f"{name}.html").write_text(page)
    assert run("site", "public", "--min-score", "0", "--reasons").code == 0
    assert "Also about: " in Path("public", "ferry.html").read_text(encoding="utf-8")
