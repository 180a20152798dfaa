"""The command line: what it writes where, its exit codes, and what it says to bad input."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import NEWSROOM, ROOT, Command

from recommender import read_articles
from recommender.cli.console import HELP_ORDER
from recommender.config import TITLES
from recommender.outputs.reading import read_lists


def lists_in(path: Path) -> dict[str, list[str]]:
    """Return a JSON output as id -> related ids."""
    lists = json.loads(path.read_text(encoding="utf-8"))["lists"]
    return {name: [card["id"] for card in cards] for name, cards in lists.items()}


def test_build_writes_every_list_and_tells_what_it_did(run: Command, site: Path) -> None:
    """The file holds a list per article; stderr narrates; stdout stays empty."""
    flags = ["--min-score", "0.1", "--min-items", "0"]
    done = run("build", site, "-o", "out/related.json", *flags)
    assert (done.code, done.out) == (0, "")
    assert lists_in(Path("out/related.json")) == {
        "ferry.md": ["harbour.md"],
        "harbour.md": ["ferry.md"],
        "rye.md": ["wheat.md"],
        "wheat.md": ["rye.md"],
    }
    read, indexed, searched, wrote = done.err.splitlines()
    assert read.startswith(f"Read 4 articles from {site} (1 skipped: 1 draft")
    assert indexed.startswith("Indexed ")
    assert searched.startswith("Searched in ")
    assert wrote.startswith("Wrote out/related.json: 4 lists, 1.0 articles each, in ")


def test_build_prints_what_exposure_changed(run: Command, site: Path) -> None:
    """With a limit of links, a line says how many articles are in no list, and the cost."""
    done = run("build", site, "-o", "a.json", "-k", "1", "--min-score", "0", "--min-inbound", "1")
    line = done.err.splitlines()[3]
    assert line.startswith("Exposure: 0 -> 0 articles in no list, at most 1 -> 1 lists per article")
    assert re.search(r"; mean score (0\.\d{4}) -> \1$", line)


def test_build_refuses_limits_that_cannot_hold(run: Command, site: Path) -> None:
    """A lower limit above the upper one is an error, as is either on Dask."""
    done = run("build", site, "-o", "a.json", "--min-inbound", "3", "--max-inbound", "2")
    assert (done.code, done.err.splitlines()[-1]) == (
        2, "Error: min_inbound must be at most max_inbound, got 3 and 2"
    )  # fmt: skip
    done = run("build", site, "-o", "a.json", "--min-inbound", "3", "--engine", "dask")
    assert (done.code, done.err.splitlines()) == (
        2,
        [
            "Error: min_inbound: needs the local engine, got engine = dask",
            "Hint: leave the setting out, or set engine = auto",
        ],
    )


def test_short_lists_are_filled_and_marked(run: Command, site: Path) -> None:
    """By default lists have three entries; `build` counts what was added, `show` marks it."""
    done = run("build", site, "-o", "related.json", "--min-score", "0.1")
    assert {len(cards) for cards in lists_in(Path("related.json")).values()} == {3}
    assert done.err.splitlines()[-1] == "Filled 4 short lists: 8 without a date"
    shown = run("show", "rye.md", "--source", site, "--min-score", "0.1").out.splitlines()
    assert shown[3].endswith("  Wheat bread")
    assert [line.endswith("  [backfill:linked]") for line in shown[5::2]] == [True, True]


def test_a_site_of_few_articles_is_told_so(run: Command, site: Path) -> None:
    """Too few pairs to calibrate the minimum score: a hint, unless a minimum is set."""
    done = run("build", site, "-o", "related.json")
    assert "Hint: with only 4 articles, lists also show unrelated ones; set min_score" in done.err
    assert "such as 0.3, and min_items = 0" in done.err  # or the short lists would be filled
    assert "Hint" not in run("build", site, "-o", "related.json", "--min-score", "0.1").err
    assert "Hint" not in run("build", NEWSROOM, "-o", "related.json").err


def test_articles_without_a_common_term_are_told_so(run: Command, tmp_path: Path) -> None:
    """Copies of one text share every term, so none counts; the lists are only filled."""
    copies = tmp_path / "copies"
    copies.mkdir()
    for number in range(12):
        (copies / f"{number}.md").write_text(f"---\ntitle: Ferry {number}\n---\nThe ferry sails.")
    done = run("build", copies, "-o", "related.json")
    assert "Indexed 0 terms" in done.err
    assert "Warning: the articles have no terms to compare: " in done.err


def test_empty_lists_are_counted_and_explained(run: Command, site: Path) -> None:
    """Where filters leave nothing, `build` and `show` say so."""
    alone = ("--never-source", "id=wasser.md")
    (site / "wasser.md").write_text("---\ntitle: Wasser\nlang: de\n---\nDas Wasser.\n")
    done = run("build", site, "-o", "related.json", *alone)
    why = "language, filters and min_score leave no other article"
    assert done.err.splitlines()[-1] == f"1 list empty: {why}"
    shown = run("show", "wasser.md", "--source", site, *alone)
    assert shown.out.splitlines()[-1] == f"Empty: {why}."


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_build_writes_the_format_of_the_suffix(run: Command, site: Path, suffix: str) -> None:
    """Another suffix is another format."""
    assert run("build", site, "-o", f"related.{suffix}", "-k", 1).code == 0
    assert Path(f"related.{suffix}").stat().st_size > 0


def test_build_reads_everything_from_the_settings_file(run: Command, site: Path) -> None:
    """With source and output in the file, `build` needs no argument."""
    text = f'source = "{site.name}"\noutput = "data/related.json"\nk = 1\ndrafts = true\n'
    Path("recommender.toml").write_text(text, encoding="utf-8")
    assert run("build").code == 0
    assert len(lists_in(Path("data/related.json"))) == 5


def test_show_prints_a_list_with_its_terms(run: Command, site: Path) -> None:
    """stdout is the article, then rank, score, title, id and terms."""
    flags = ["--min-score", "0.1", "--min-items", "0"]
    done = run("show", "rye.md", "--source", site, *flags)
    assert done.code == 0
    title, name, _, first, why = done.out.splitlines()
    assert (title, name) == ("Rye bread", "rye.md")
    assert first.split() == ["1", first.split()[1], "Wheat", "bread"]
    assert why.strip().startswith("wheat.md: ")
    assert "bread" in why


def test_check_prints_findings_and_terms(run: Command, site: Path) -> None:
    """`check` reports what was read, what was skipped and why, doubts, and the heaviest terms."""
    done = run("check", site, "--terms", 3)
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("articles: 4, ")
    assert "skipped, draft: 1 (" in done.out
    assert "without date: 4 (ferry.md, harbour.md, rye.md and 1 more)" in done.out
    assert len(done.out.splitlines()[-1].removeprefix("heaviest terms: ").split(", ")) == 3


def test_preview_writes_a_page_and_prints_its_path(run: Command, site: Path) -> None:
    """stdout is the path, for a script to open."""
    done = run("preview", site, "-o", "page.html")
    assert done.code == 0
    assert done.out == f"{Path('page.html').resolve()}\n"
    assert "Ferry sails" in Path("page.html").read_text(encoding="utf-8")


def test_preview_says_which_articles_it_shows(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page for fewer articles than the site has tells so in the terminal too."""
    monkeypatch.setattr("recommender.pages.preview.LIMIT", 2)
    assert "Shows the newest 2 of 4 articles" in run("preview", site).err
    monkeypatch.setattr("recommender.pages.preview.LIMIT", 4)
    assert "Shows the newest" not in run("preview", site).err


def test_config_prints_every_value_and_its_origin(run: Command) -> None:
    """A line per setting, with where it was set."""
    Path("recommender.toml").write_text("min_df = 3\n", encoding="utf-8")
    lines = run("config", "--title-weight", "0.5").out.splitlines()
    origins = {line.split(" = ")[0].strip(): line.split("# ")[-1] for line in lines}
    assert origins["min_df"] == "recommender.toml:1"
    assert origins["title_weight"] == "--title-weight"
    assert origins["k"] == "default"


def test_init_writes_a_file_that_build_understands(run: Command, site: Path) -> None:
    """The file is written once, kept unless forced, and works unchanged."""
    Path("hugo.toml").touch()
    assert run("init", "--source", site.name).code == 0
    assert "Hugo" in Path("recommender.toml").read_text(encoding="utf-8")
    again = run("init")
    assert (again.code, again.out) == (1, "")
    assert "recommender.toml: already exists" in again.err
    assert run("init", "--force", "--source", site.name).code == 0
    assert run("build").code == 0
    assert Path("data/related.json").is_file()


def test_quiet_says_nothing_and_verbose_names_what_is_skipped(run: Command, site: Path) -> None:
    """The narration can be less and more."""
    assert run("--quiet", "build", site, "-o", "r.json").err == ""
    assert "later.md: draft" in run("--verbose", "build", site, "-o", "r.json").err


def test_version_and_help_go_to_stdout(run: Command) -> None:
    """Both are data, and fine."""
    assert run("--version")[:2] == (0, "recommender, version 0.1.0\n")
    assert run("build", "--help").code == run("-h").code == 0


def test_help_lists_a_verb_on_one_line_each_and_flags_in_groups(run: Command) -> None:
    """No short help is cut, SOURCE is explained, and the flags of a verb come before settings."""
    assert "..." not in run("--help").out.partition("Commands:")[2]
    shown = run("build", "--help").out
    assert "SOURCE is the directory or file of the articles" in shown
    titles = ["Options:", *(f"{TITLES[group]}:" for group in HELP_ORDER)]
    assert [line for line in shown.splitlines() if line in titles] == titles
    assert shown.index("--report FILE") < shown.index("-k, --k N") < shown.index("--id-column")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Usage: "),
        (["bild"], "No such command 'bild'"),
        (["build", "posts", "--colour", "red"], "No such option '--colour'"),
        (["build", "posts"], "no output given\nHint: add -o related.json"),
        (["build"], "no source given\nHint: add the directory or file of the articles, or set"),
        (["show", "rye.md"], "no source given\nHint: add --source with the directory or file of"),
        (["check", "--config", "a.toml"], "'--config'. Write it before the verb"),
        (["build", "--source", "posts"], "'--source'. Name the source without a flag"),
        (["init", "posts/rye.md"], "'posts/rye.md' is a file"),
        (
            ["build", "posts", "-o", "r.json", "-k", "0"],
            "--k: k is wrong, got '0', expected: whole number >= 1",
        ),
        (["build", "posts", "-o", "r.json", "--min-score", "high"], "--min-score: min_score is wr"),
        (
            ["build", "posts", "-o", "r.json", "--title-weight", "inf"],
            "title_weight is wrong",
        ),
        (["build", "posts", "-o", "r.xml"], "suffix .xml is unknown"),
        (["--config", "no.toml", "config"], "no.toml: cannot be read"),
    ],
)
def test_wrong_usage_exits_with_2(
    run: Command, site: Path, arguments: list[str], message: str
) -> None:
    """Wrong usage and wrong settings: exit code 2, a message on stderr, nothing written."""
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not list(Path().glob("r.*"))


def test_wrong_settings_are_all_told_with_suggestions(run: Command, site: Path) -> None:
    """Two wrong settings in the file are two lines of one error."""
    Path("recommender.toml").write_text('title_wieght = 3\nk = "x"\n', encoding="utf-8")
    done = run("build", site, "-o", "r.json")
    first, second, hint = done.err.splitlines()
    assert done.code == 2
    assert first.startswith("Error: recommender.toml:1: unknown setting title_wieght, did you mean")
    assert second.startswith("recommender.toml:2: k is wrong, got 'x', expected: whole number")
    assert hint == "Hint: `recommender config` lists all settings"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "nowhere",
            None,
            "nowhere: no such file or directory\nHint: name one that exists; relative",
        ),
        ("empty/", None, "empty: no file matches **/*.md, **/*.markdown, **/*.mdx\nHint: name the"),
        (
            "one/a.md",
            b"# One\n\nText.",
            "one: contains only one article, a list needs at least two",
        ),
        (
            "dup.jsonl",
            b'{"id":"a","title":"x","text":"y"}\n{"id":"a","title":"x","text":"y"}\n',
            "dup.jsonl:2: id 'a' is repeated, first at dup.jsonl:1",
        ),
        (
            "blank.jsonl",
            b'{"id":"a","title":"","text":""}\n{"id":"b","title":null,"text":" "}\n',
            "blank.jsonl: no article left, 2 skipped: 2 empty text",
        ),
        ("latin/a.md", b"---\ntitle: Caf\xe9\n---\nx\n", "latin/a.md:2: is not UTF-8, got byte 0x"),
        ("noise/a.md", bytes(range(128, 256)), "noise/a.md:1: is not UTF-8, got byte 0x80 at off"),
        ("nul/a.md", b"# a\n\0\0", "nul/a.md:2: is not text, got a NUL byte"),
        (
            "yaml/a.md",
            b"---\ntitle: [x\ntags: {a\n---\nx\n",
            "yaml/a.md:3: front matter is not val",
        ),
        ("t.csv", b"id,title,body\na,b,c\n", "t.csv: column text not found, got body, id, title"),
        ("t.jsonl", b'{"id": "a"\n', "t.jsonl:1: is not valid JSON"),
        ("t.xyz", b"", "one of csv"),
        ("t", b"", "t: has no suffix, expected .csv"),
    ],
)
def test_wrong_data_exits_with_1(
    run: Command, name: str, content: bytes | None, message: str
) -> None:
    """Articles that cannot be read: code 1, the place and what to do on stderr, no file."""
    path = Path(name)
    (path if name.endswith("/") else path.parent).mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    done = run("build", name.split("/")[0], "-o", "out.json")
    assert (done.code, done.out) == (1, "")
    assert message in done.err
    assert "\nHint: " in done.err
    assert "Traceback" not in done.err
    assert not Path("out.json").exists()


def test_unknown_article_exits_with_1_and_the_closest(run: Command, site: Path) -> None:
    """A misspelt id is reported with the closest one."""
    done = run("show", "rey.md", "--source", site)
    assert (done.code, done.out) == (1, "")
    assert "did you mean rye.md" in done.err
    assert run("explain", "rye.md", "rey.md", "--source", site).code == 1


def test_output_that_cannot_be_written_exits_with_1(run: Command, site: Path) -> None:
    """A file in place of the directory is reported, and nothing is left behind."""
    Path("taken").write_text("x", encoding="utf-8")
    done = run("build", site, "-o", "taken/related.json", "--no-index")
    assert done.code == 1
    assert "taken/related.json: cannot be written, " in done.err
    assert sorted(path.name for path in Path().iterdir()) == ["posts", "taken"]


def test_full_disk_exits_with_1_and_leaves_the_old_file(tmp_path: Path) -> None:
    """A disk that fills up costs nothing that was there."""
    (tmp_path / "related.json").write_text("old", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "recommender", "build", NEWSROOM, "-o", "related.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )  # fmt: skip
    assert done.returncode == 1
    assert "related.json: cannot be written, file too large" in done.stderr
    assert {p.name for p in tmp_path.iterdir()} <= {"related.json", ".recommender"}
    assert (tmp_path / "related.json").read_text(encoding="utf-8") == "old"


def test_process_ends_with_the_code_and_all_of_its_output(tmp_path: Path) -> None:
    """All output arrives, and a wrong flag gives exit code 2."""
    recommender = [sys.executable, "-m", "recommender"]
    shown = subprocess.run([*recommender, "config"], cwd=tmp_path, capture_output=True, check=True)
    assert shown.stdout.startswith(b"source ")
    assert shown.stdout.endswith(b" # default\n")
    assert subprocess.run([*recommender, "biuld"], capture_output=True, check=False).returncode == 2


def test_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    """`recommender --help | head` ends without a word, but not as if all had been read."""
    command = [sys.executable, "-m", "recommender", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_full_standard_output_is_told(tmp_path: Path) -> None:
    """Failed output is reported without a traceback, unless `--verbose` is given."""
    command = f'exec "{sys.executable}" -m recommender config {{}} >/dev/full'
    message = "Error: standard output: cannot be written, no space left on device\nHint: free space"
    for flag, first in {"": message, "-v": "Traceback "}.items():
        line = ["sh", "-c", command.format(flag)]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(first)
        assert message in done.stderr


def test_build_needs_no_standard_output(tmp_path: Path) -> None:
    """A scheduler may start it with that closed: it ends well all the same."""
    command = f'exec "{sys.executable}" -m recommender -q build "{NEWSROOM}" -o r.json >&-'
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "r.json").is_file()


def test_build_gives_the_same_bytes_in_any_order_and_with_any_threads(
    run: Command, newsroom: pd.DataFrame
) -> None:
    """Lines shuffled, one thread or two, or a second time: the same file."""
    columns = ["id", "title", "text", "tags", "category", "lang"]
    lines = newsroom[columns].to_json(orient="records", lines=True).splitlines()
    shuffled = np.random.default_rng(0).permutation(lines)
    Path("a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    Path("b.jsonl").write_text("\n".join(shuffled), encoding="utf-8")
    assert run("build", "a.jsonl", "-o", "1.json", "--threads", 1).code == 0
    assert run("build", "b.jsonl", "-o", "2.json", "--threads", 2).code == 0
    assert run("build", "a.jsonl", "-o", "3.json").code == 0
    first, second, third = (Path(f"{n}.json").read_bytes() for n in (1, 2, 3))
    assert first == second == third


def test_build_is_the_same_in_another_process_and_under_another_hash_seed(tmp_path: Path) -> None:
    """Nothing hangs on the order of Python's sets."""
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "recommender", "-q", "build", NEWSROOM, "-o", f"{seed}.json"],
            cwd=tmp_path, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_environment_sets_what_flags_do_not(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RECOMMENDER_SOURCE and RECOMMENDER_OUTPUT serve a container; unknown names are a warning."""
    monkeypatch.setenv("RECOMMENDER_SOURCE", str(site))
    monkeypatch.setenv("RECOMMENDER_OUTPUT", "r.csv")
    assert run("build").code == 0
    assert Path("r.csv").is_file()
    monkeypatch.setenv("RECOMMENDER_COLOUR", "red")
    monkeypatch.setenv("RECOMMENDER_STEMING", "0")
    monkeypatch.setenv("RECOMMENDER_PORT", "tcp://10.0.0.1:80")  # Kubernetes, for a Service
    done = run("build")
    assert done.code == 0
    assert "Warning: RECOMMENDER_STEMING is not a setting and is ignored, did you mean" in done.err
    assert "Warning: RECOMMENDER_COLOUR, RECOMMENDER_PORT are not settings" in done.err


def test_interrupted_build_says_that_nothing_was_lost(
    run: Command, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends with code 130 and leaves the old file."""
    Path("r.json").write_text("old", encoding="utf-8")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("recommender.model.Recommender.recommend", interrupt)
    done = run("build", site, "-o", "r.json")
    assert (done.code, Path("r.json").read_text(encoding="utf-8")) == (130, "old")
    assert "Traceback" not in done.err


def test_command_of_the_readme_finds_the_bundled_articles() -> None:
    """The newsroom is where every example expects it."""
    assert len(list((ROOT / "data" / "articles").rglob("*.md"))) >= 160


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "rye.md"],
        ["explain", "rye.md", "wheat.md"],
        ["check"],
        ["preview"],
        ["judge"],
        ["evaluate", "--judgments", "judgments.csv"],
    ],
)
def test_dask_serves_build_only(run: Command, site: Path, arguments: list[str]) -> None:
    """With engine = "dask" in the settings file, the other verbs search on this machine."""
    Path("recommender.toml").write_text(f'engine = "dask"\nsource = "{site}"\n', "utf-8")
    Path("judgments.csv").write_text("query,related\nrye.md,wheat.md\n", "utf-8")
    assert run(*arguments).code == 0


@pytest.mark.parametrize(
    ("format", "starts"), [([], '{"schema": 1,'), (["-f", "csv"], "article_id,")]
)
def test_a_dash_is_standard_output(
    run: Command, site: Path, format: list[str], starts: str
) -> None:
    """`-o -` writes JSON, or the format that is named, to stdout and makes no file."""
    command = [sys.executable, "-m", "recommender", "build", site, "-o", "-", *format]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(starts)
    assert "Wrote standard output: 4 lists" in done.stderr
    assert not Path("-").exists()


@pytest.mark.parametrize("verb", ["preview", "judge"])
def test_pages_go_to_standard_output_too(site: Path, verb: str) -> None:
    """`-o -` writes the page and nothing else."""
    command = [sys.executable, "-m", "recommender", verb, site, "-o", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.rstrip().endswith("</html>")


@pytest.mark.parametrize("verb", ["preview", "judge", "report"])
def test_a_page_does_not_replace_the_lists(run: Command, site: Path, verb: str) -> None:
    """Their file is not named for a page, except by mistake."""
    Path("related.json").write_text("{}", "utf-8")
    done = run(verb, site, "-o", "related.json")
    assert (done.code, done.out) == (2, "")
    assert "got related.json" in done.err
    assert "-o" in done.err
    assert Path("related.json").read_text("utf-8") == "{}"


@pytest.mark.parametrize(
    "arguments",
    [
        [
            "build",
            "blog/rye.md",
            "--source-format",
            "markdown",
            "-o",
            "link.json",
            "--format",
            "json",
        ],
        ["build", "blog", "-o", "blog/rye.md", "--format", "json"],
        ["build", "blog", "-o", "lists.json", "--report", "blog/rye.md"],
        ["build", "rows.jsonl", "-o", "rows.jsonl"],
        ["build", "rows.jsonl", "-o", "link.jsonl"],
        ["preview", "blog", "-o", "blog/rye.html"],
        ["report", "blog", "-o", "blog/rye.html"],
        ["judge", "blog", "-o", "blog/rye.html"],
        ["evaluate", "rows.jsonl", "--judgments", "tags", "--per-query", "rows.jsonl"],
        ["gone", "rows.jsonl", "blog", "-o", "rows.jsonl"],
        ["gone", "blog", "rows.jsonl", "-o", "rows.jsonl"],
        ["site", "blog", "--save-lists", "blog/rye.html"],
        ["site", "blog", "--report", "blog/rye.html"],
    ],
)
def test_articles_are_never_replaced_by_an_output(
    run: Command, site: Path, arguments: list[str]
) -> None:
    """Neither the source, by any of its names, nor a file in its directory."""
    blog = site.rename("blog")
    row = {"id": "a", "title": "Rye", "text": "Sow the rye early, in rows.", "tags": ["rye"]}
    lines = [json.dumps(row | {"id": name}) for name in "abc"]
    Path("rows.jsonl").write_text("\n".join(lines))
    Path("link.json").symlink_to("blog/rye.md")
    Path("link.jsonl").symlink_to("rows.jsonl")
    (blog / "rye.html").write_text("<title>Rye</title><article><h1>Rye</h1><p>Sow it early.")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = run(*arguments)
    assert done.code == 2
    assert "Error: output: " in done.err
    assert "would be lost" in done.err
    assert {path: path.read_bytes() for path in before} == before


def test_outputs_beside_the_articles_are_replaced(run: Command, site: Path) -> None:
    """A page or a file of lists that a run wrote into the directory of the source."""
    for _ in range(2):
        assert run("preview", site, "-o", site / "preview.html").code == 0
        assert run("build", site, "-o", site / "lists.json", "--no-index").code == 0


def test_judge_names_the_command_that_measures(run: Command, site: Path) -> None:
    """It can be run as printed: a source that was given is part of it."""
    next_step = "  recommender evaluate{} --judgments judgments.csv\n"
    assert run("judge", site).err.endswith(next_step.format(f" {site}"))
    Path("recommender.toml").write_text(f'source = "{site}"\n', "utf-8")
    assert run("judge").err.endswith(next_step.format(""))


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "", "-o", "r.json"],
        ["build", "posts", "-o", ""],
        ["check", ""],
        ["show", "rye.md", "--source", ""],
        ["preview", "posts", "-o", ""],
        ["init", ""],
        ["site", ""],
        ["inject", "", "--remove"],
        ["--config", "", "build", "posts", "-o", "r.json"],
    ],
)
def test_an_empty_name_is_an_error(run: Command, site: Path, arguments: list[str]) -> None:
    """An empty argument, as of an unset variable, never means the current directory."""
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "empty" in done.err
    assert [path.name for path in Path().iterdir()] == ["posts"]


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
def test_build_needs_no_standard_error(tmp_path: Path, closed: str) -> None:
    """If stderr is closed, narration neither ends the build nor gets into a file."""
    command = f'"{sys.executable}" -m recommender build "{NEWSROOM}" -o r.json {closed}; echo $?'
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert done.stdout == b"0\n"
    assert len(lists_in(tmp_path / "r.json")) > 100


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_output_of_another_encoding_is_no_error(site: Path, encoding: str) -> None:
    """A character that the terminal's encoding does not have is written as an escape."""
    (site / "rye.md").write_text("# Ржаной хлеб\n\nBake the bread from rye flour.", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "recommender", "-q", "show", "rye.md", "--source", site],
        capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert done.stdout.startswith(b"\\u0420\\u0436")


def test_interruption_while_modules_load_is_no_traceback(tmp_path: Path) -> None:
    """Ctrl-C before the command line is there ends with code 130 and without a word."""
    (tmp_path / "recommender_cli_is_loading.py").write_text(
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'recommender.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from recommender.__main__ import main\n"
        "main()\n"
    )
    command = [sys.executable, tmp_path / "recommender_cli_is_loading.py"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize(("set_before", "then"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_linear_algebra_starts_no_threads_unless_the_user_wants_them(
    tmp_path: Path, set_before: dict[str, str], then: str
) -> None:
    (tmp_path / "shown_before_numpy.py").write_text(
        "import os, sys\n"
        "class Look:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'recommender.cli.main': print(os.environ['OPENBLAS_NUM_THREADS'])\n"
        "sys.meta_path.insert(0, Look())\n"
        "sys.argv = ['recommender', '--version']\n"
        "from recommender.__main__ import main\n"
        "main()\n"
    )
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, tmp_path / "shown_before_numpy.py"]
    done = subprocess.run(command, env=kept | set_before, capture_output=True, check=True)
    assert done.stdout.split()[0] == then.encode()


def test_pandas_loads_pyarrow_for_parquet_only(tmp_path: Path) -> None:
    """Otherwise it takes a tenth of the time of a small build."""
    pytest.importorskip("pyarrow")
    (tmp_path / "seen_at_the_end.py").write_text(
        "import os, sys\n"
        "leave = os._exit\n"
        "def look(code):\n"
        "    print('pandas' in sys.modules, 'pyarrow' in sys.modules, flush=True)\n"
        "    leave(code)\n"
        "os._exit = look\n"
        "from recommender.__main__ import main\n"
        "main()\n"
    )

    def build(source: Path, output: str) -> bytes:
        command = [sys.executable, "seen_at_the_end.py", "build", source, "-o", output]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout

    def lists(output: str) -> dict[str, Any]:
        return read_lists(tmp_path / output)

    assert build(NEWSROOM, "r.json") == b"True False\n"
    assert build(NEWSROOM, "r.parquet") == b"True True\n"
    assert lists("r.parquet").keys() == lists("r.json").keys()
    articles = read_articles(NEWSROOM)[["id", "title", "text"]]
    articles.to_parquet(tmp_path / "articles.parquet")
    assert build(tmp_path / "articles.parquet", "again.json") == b"True True\n"
    assert lists("again.json").keys() == lists("r.json").keys()


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "rye.md"],
        ["explain", "rye.md", "wheat.md"],
        ["check", "-v"],
        ["show", "\x1b[2Jrey.md"],
        ["judge", "-o", "-", "--depth", "\x1b[2J"],
    ],
)
def test_no_title_reaches_the_terminal_as_an_escape_sequence(
    run: Command, site: Path, arguments: list[str]
) -> None:
    """Control characters of titles, file names and arguments are written out."""
    for name in ("rye.md", "wheat.md", "\x1b[31mspelt.md"):
        text = f'---\ntitle: "Bread \\e]0;hit\\a \\u202e {name[1:]}"\n---\nBake bread from flour.'
        (site / name).write_text(text, encoding="utf-8")
    done = run(*arguments, *([] if arguments[0] in ("check", "judge") else ["--source"]), site)
    assert "\\x1b" in done.out + done.err
    assert not set(done.out + done.err) & set("\x1b\x07\u202e")


def test_a_directory_of_json_lines_is_one_corpus(run: Command, newsroom: pd.DataFrame) -> None:
    """The parts of a corpus in a directory give the lists of the whole in one file."""
    columns = ["id", "title", "text", "tags", "category", "lang"]
    lines = newsroom[columns].to_json(orient="records", lines=True).splitlines()
    Path("all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    Path("parts").mkdir()
    for part in range(3):
        text = "\n".join(lines[part::3])
        Path("parts", f"part-{part}.jsonl").write_text(text, encoding="utf-8")
    Path("parts", "_SUCCESS").touch()
    assert run("build", "all.jsonl", "-o", "all.json").code == 0
    assert run("build", "parts", "-o", "parts.json").code == 0
    assert Path("parts.json").read_bytes() == Path("all.json").read_bytes()
    pd.read_json("all.jsonl", lines=True).to_parquet("parts/part-0.parquet")
    mixed = run("build", "parts", "--source-format", "jsonl", "-o", "mixed.json")
    assert "part-0.parquet: expected a jsonl file" in mixed.err


@pytest.mark.parametrize(("names", "hints"), [(("neighbors._none",), 1), ((), 0)])
def test_missing_compiled_code_is_told_once_for_many_articles(
    run: Command, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], hints: int
) -> None:
    """A large corpus without some compiled part gets one line that names it and the remedy."""
    monkeypatch.setattr("recommender.resources.EXTENSIONS", names)
    monkeypatch.setattr("recommender.cli.steps.LARGE", 2)
    done = run("build", NEWSROOM, "-o", "related.json", "--engine", "reference")
    assert done.code == 0
    assert done.err.count("Hint: compiled code is missing (neighbors._none)") == hints


def test_check_shows_the_start_of_what_is_cut(run: Command, tmp_path: Path) -> None:
    """The example of a kind is at most 80 characters long, for a block of any length."""
    (tmp_path / "a.md").write_text("# Rye\n\n" + "The rye stands high this year. " * 40, "utf-8")
    done = run("check", str(tmp_path), "--boilerplate")
    row = next(line for line in done.out.splitlines() if line.strip().startswith("article"))
    assert row.endswith("…")
    assert len(row[row.index("The rye") :]) <= 80
