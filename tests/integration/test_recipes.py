"""docs/recipes.md: every recipe runs unchanged, except that nothing is installed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import require

from integration.conftest import node_program
from integration.sites import SEED, read_block, recommender, run, write_files, write_markdown
from integration.test_site_generators import HUGO, PAGE

ROOT = Path(__file__).parents[2]
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
HUGO_PAGE = f"public/{SEED}/index.html"
LISTS = "data/related.json"


def recipe(title: str, number: int = 0) -> str:
    """Return a block of code of a section, its first by default."""
    section = RECIPES.split(f"\n## {title}\n")[1].partition("\n## ")[0]
    return re.findall(r"^```\w+\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[number]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """PATH with our command and Hugo, and a pip that installs nothing."""
    tools = tmp_path / "tools"
    write_files(tools, {"pip": "#!/bin/sh\n"})
    (tools / "pip").chmod(0o755)
    return os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A Hugo site, ready but for its lists."""
    folder = tmp_path / "site"
    write_markdown(folder / "content")
    write_files(folder, HUGO)
    recommender("init", "--templates", ".", cwd=folder)
    return folder


def scripts(workflow: str) -> list[str]:
    """Return what the steps of a workflow run."""
    return [step["run"] for step in yaml.safe_load(workflow)["steps"] if "run" in step]


def hugo_commands() -> dict[str, str]:
    """Return the command lines for a Hugo site: those before its build, and those after."""
    netlify = recipe("Netlify")
    action = recipe("GitHub Actions").replace("uses: OWNER", "run: recommender build #")
    alone = recipe("GitHub Actions", 2)
    after = re.findall(r"# or.*?- run: (.*)", alone)
    return {
        "Netlify": tomllib.loads(netlify)["build"]["command"],
        "Netlify, after": re.findall(r'# or: "(.*)"', netlify)[0],
        "GitHub Actions": " && ".join(scripts(action)),
        "GitHub Actions, alone": " && ".join(scripts(alone)),
        "GitHub Actions, after": " && ".join(["hugo --minify", *after]),
    }


@pytest.mark.parametrize("name", hugo_commands())
def test_hosts_commands_put_lists_on_the_pages(site: Path, path: str, name: str) -> None:
    """The commands for a host give a page with its list, before the build or after it."""
    run("sh", "-c", hugo_commands()[name], cwd=site, PATH=path)
    assert (site / LISTS).exists() != name.endswith("after")
    assert len(read_block(site / HUGO_PAGE).links) >= 3


def test_make_builds_what_is_old(site: Path, path: str) -> None:
    """Lists are made if there are none, and again only if an article changes or is deleted."""
    make = require("make")
    write_files(site, {"Makefile": recipe("Makefile")})
    assert "recommender build" in run(make, cwd=site, PATH=path)
    assert len(read_block(site / HUGO_PAGE).links) >= 3
    again = run(make, cwd=site, PATH=path)
    assert "hugo --minify" in again
    assert "recommender build" not in again
    gone = next(site.glob("content/local/*misses-another-summer.md"))
    gone.unlink()
    made = (site / LISTS).stat().st_mtime
    os.utime(gone.parent, (made + 1, made + 1))
    run(make, cwd=site, PATH=path)
    assert gone.stem not in (site / LISTS).read_text(encoding="utf-8")


def test_pre_push_holds_back_old_lists(site: Path, path: str, tmp_path: Path) -> None:
    """The hook refuses a push if the lists are not committed, and allows it if they are."""
    git = (require("git"), "-c", "user.name=A", "-c", "user.email=a@example.org")
    run(*git, "init", "--quiet", "--bare", tmp_path / "remote.git", cwd=site)
    run(*git, "init", "--quiet", cwd=site)
    write_files(site, {".git/hooks/pre-push": recipe("git pre-push hook")})
    (site / ".git/hooks/pre-push").chmod(0o755)

    def push() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*git, "push", "--quiet", tmp_path / "remote.git", "HEAD:main"], cwd=site,
            env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def commit(*names: str) -> None:
        run(*git, "add", "--", *names, cwd=site)
        run(*git, "commit", "--quiet", "-m", "Work", cwd=site)

    commit("content", "layouts", "recommender.toml")
    for new in ("", "content/local/2025-01-01-tiles.md"):
        if new:
            write_files(site, {new: "# Tiles\n\nMarram Lido has been tiled for its swimmers.\n"})
            commit(new)
        held = push()
        assert (held.returncode, "commit it, then push" in held.stderr) == (1, True)
        commit("data")
        assert push().returncode == 0


@pytest.mark.parametrize("title", ["npm scripts", "Cloudflare Pages"])
def test_npm_builds_with_lists(tmp_path: Path, path: str, title: str) -> None:
    """The scripts of package.json, and the host's one line, run Eleventy after the lists."""
    _, eleventy = node_program("eleventy", "@11ty/eleventy/cmd.cjs")
    npm = require("npm")
    site = tmp_path / "site"
    write_markdown(site / "content", layout="post.njk")
    code = recipe(title)
    scripts = json.loads(code)["scripts"] if title == "npm scripts" else {"build": code.strip()}
    write_files(
        site,
        {
            "package.json": json.dumps({"private": True, "scripts": scripts}),
            "eleventy.config.js": "module.exports = () => ({ dir: {\n"
            '  input: "content", includes: "../_includes", data: "../_data" } });\n',
            "_includes/post.njk": f'{PAGE}{{{{ content | safe }}}}{{% include "related.njk" %}}',
        },
    )
    (site / "node_modules").symlink_to(eleventy.parents[2])
    recommender("init", "--templates", ".", cwd=site)
    run(npm, "run", "build", cwd=site, PATH=path)
    assert len(read_block(site / f"_site/{SEED}/index.html").links) >= 3


def test_hook_stops_a_commit_with_an_article_that_cannot_be_read(tmp_path: Path) -> None:
    """The hook of the recipe is one that this repository offers; it runs where the settings are."""
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    [wanted] = yaml.safe_load(recipe("pre-commit"))["repos"][0]["hooks"]
    [hook] = [hook for hook in offered if hook["id"] == wanted["id"]]
    command = [sys.executable, "-m", *shlex.split(hook["entry"]), *hook["args"]]
    write_markdown(tmp_path / "content")
    write_files(tmp_path, {"recommender.toml": 'source = "content"\n'})
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    write_files(tmp_path, {"content/broken.md": "---\ntitle: [Rye\n---\nSow it.\n"})
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 1
