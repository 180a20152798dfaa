"""docs/command-line.md: every block runs unchanged, except for /srv/site."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from conftest import allow_interrupts, require

from integration.sites import SEED, read_block, recommender, run, write_files, write_markdown
from integration.test_site_generators import HUGO, hugo

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
LISTS = "data/related.json"


def block(start: str, language: str) -> str:
    """Return the first code block of a language behind some words."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE.partition(start)[2], re.M | re.S)
    assert found, start
    return found[1]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """PATH with our command and Hugo, and a pip that installs nothing."""
    write_files(tmp_path / "tools", {"pip": "#!/bin/sh\n"})
    (tmp_path / "tools" / "pip").chmod(0o755)
    (tmp_path / "tools" / "hugo").symlink_to(hugo())
    own = [str(tmp_path / "tools"), str(Path(sys.executable).parent)]
    return os.pathsep.join([*own, os.environ["PATH"]])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A Hugo site with the nightly script, ready but for its lists."""
    folder = tmp_path / "site"
    write_markdown(folder / "content")
    write_files(folder, HUGO | {"nightly.sh": block("## A nightly job", "sh")})
    (folder / "nightly.sh").chmod(0o755)
    recommender("init", "--templates", ".", cwd=folder)
    return folder


def shell(script: str, cwd: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run lines as a shell does, and return what came of it."""
    return subprocess.run(
        ["sh", "-c", script], cwd=cwd, env={**os.environ, "PATH": path, "CI": "true"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_output_is_as_shown(tmp_path: Path, path: str) -> None:
    """The commands of the first block print what the page says."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    lines = block("## What is printed where", "console").splitlines()
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    shown = [line for line in lines if not line.startswith("$ ")]
    printed = "".join(shell(command, tmp_path, path).stdout for command in commands)
    assert printed.splitlines() == shown


def test_nightly_job_is_silent_and_puts_lists_on_pages(site: Path, path: str) -> None:
    """cron's line runs the script: nothing is printed, and the page has its list."""
    _, _, line = block("### cron", "text").splitlines()
    schedule, command = line.split(maxsplit=5)[:5], line.split(maxsplit=5)[5]
    assert all(re.fullmatch(r"\*|\d+", part) for part in schedule)
    done = shell(command.replace("/srv/site", str(site)), site.parent, path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(read_block(site / f"public/{SEED}/index.html").links) >= 3


def test_nightly_job_ends_at_what_fails(site: Path, path: str) -> None:
    """Its exit code is the command's, its output is the error, and the lists are kept."""
    assert shell("./nightly.sh", site, path).returncode == 0
    before = (site / LISTS).read_bytes()
    with (site / "recommender.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[lists]\nk = "six"\n')
    failed = shell("./nightly.sh", site, path)
    assert failed.returncode == 2
    assert failed.stderr.startswith("Error: ")
    kept = shell(block("with the lists of the last good run", "sh"), site, path)
    assert kept.returncode == 0
    assert "recommender: code 2, the old lists were kept" in kept.stderr
    assert (site / LISTS).read_bytes() == before


def test_units_of_systemd_are_right(site: Path, tmp_path: Path) -> None:
    """systemd accepts both units, and the service runs the script."""
    service, timer = (block(f"related.{kind}`:", "ini") for kind in ("service", "timer"))
    unit = configparser.ConfigParser(delimiters="=", interpolation=None)
    unit.read_string(service)
    assert unit["Service"]["ExecStart"] == "/srv/site/nightly.sh"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = {"related.service": service, "related.timer": timer}
    write_files(tmp_path, {n: u.replace("/srv/site", str(site)) for n, u in units.items()})
    said = run("systemd-analyze", "verify", *(tmp_path / name for name in units), cwd=tmp_path)
    assert "related." not in said


def test_nightly_job_of_ci_commits_changes_only(site: Path, path: str, tmp_path: Path) -> None:
    """The first night commits the lists; the second, without changes, commits nothing."""
    git = (require("git"), "-c", "user.name=A", "-c", "user.email=a@example.org")
    run(*git, "init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "remote.git",
        cwd=site)  # fmt: skip
    run(*git, "clone", "--quiet", tmp_path / "remote.git", tmp_path / "clone", cwd=tmp_path)
    shutil.copytree(site, tmp_path / "clone", dirs_exist_ok=True)
    run(*git, "add", "content", "layouts", "recommender.toml", cwd=tmp_path / "clone")
    run(*git, "commit", "--quiet", "-m", "Work", cwd=tmp_path / "clone")
    run(*git, "push", "--quiet", "-u", "origin", "HEAD", cwd=tmp_path / "clone")
    steps = yaml.safe_load(block("### CI", "yaml"))["jobs"]["lists"]["steps"]
    for _ in range(2):
        for step in steps:
            if "run" in step:
                done = shell(f"set -e\n{step['run']}", tmp_path / "clone", path)
                assert done.returncode == 0, done.stderr
    log = run(*git, "--git-dir", tmp_path / "remote.git", "log", "--format=%s", cwd=site)
    assert log.split("\n") == ["Update the related articles", "Work", ""]


def test_nightly_job_stops_when_lists_are_lost(site: Path, path: str) -> None:
    """Most articles are gone: the job names the limit, and the lists of last night are kept."""
    assert shell("./nightly.sh", site, path).returncode == 0
    report = json.loads((site / "run.json").read_text(encoding="utf-8"))
    shown = json.loads(block("### The report of a run", "json"))
    assert report["ok"] is True
    assert set(shown) <= set(report)
    assert set(shown["counts"]) <= set(report["counts"])
    assert set(shown["times"]) == set(report["times"])
    before = (site / LISTS).read_bytes()
    for file in sorted((site / "content" / "culture").glob("*.md")):
        file.unlink()
    stopped = shell("./nightly.sh", site, path)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr.startswith("Error: lists lost since the last build: ")
    assert (site / LISTS).read_bytes() == before


def test_log_names_what_is_skipped(site: Path, path: str) -> None:
    """The log has the time, and the files that are left out."""
    write_files(site, {"content/local/later.md": "---\ntitle: Later\ndraft: true\n---\nNot yet."})
    assert shell(block("## Logs", "sh"), site, path).returncode == 0
    log = (site / "related.log").read_text(encoding="utf-8")
    assert "later.md: draft" in log
    assert time.strftime("%Y") in log.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("build content -o lists.json", 0),
        ("build nowhere -o lists.json", 1),
        ("build content -o content/local/ferry.md/lists.json", 1),
        ("show nobody --source content", 1),
        ("evaluate content --judgments tags --fail-under nDCG@10=1.1", 1),
        ("harvest", 2),
        ("build content -o lists.json --kk 3", 2),
        ("build content -o lists.json -k 0", 2),
    ],
)
def test_exit_codes_are_those_of_the_table(
    site: Path, path: str, arguments: str, code: int
) -> None:
    """The same kind of failure always has the same code, and its message is on stderr."""
    write_files(site, {"content/local/ferry.md": "# Ferry\n\nThe ferry sails.\n"})
    done = shell(f"recommender -q {arguments}", site, path)
    assert done.returncode == code, done.stderr
    assert ("Error: " in done.stderr) == (code > 0)
    assert f"| {code} |" in PAGE


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_runs_end_with_the_codes_of_shells(
    site: Path, stop: signal.Signals, code: int
) -> None:
    """A run that is stopped at work leaves no output, and ends with the code on the page."""
    line = [sys.executable, "-m", "recommender", "build", "content", "-o", "lists.json"]
    process = subprocess.Popen(
        line, cwd=site, stderr=subprocess.PIPE, text=True, preexec_fn=allow_interrupts
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Read ")
    process.send_signal(stop)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert err.endswith("; files already written were kept.\n")
    assert not list(site.glob(".*.recommender-tmp"))
    assert not (site / "lists.json").exists()
    assert f"| {code} |" in PAGE
