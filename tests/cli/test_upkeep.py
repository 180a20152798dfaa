"""The verbs for the upkeep of a site: removed addresses, links and tags."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import NEWSROOM, Command, require

from recommender.cli.upkeep import REDIRECT_FORMATS
from recommender.upkeep.gone import FORMATS

ROOT = Path(__file__).parents[2]

LIDO = "local/2021-03-09-marram-lido-drained-after-crack.md"
LIDO_ADDRESS = "/local/2021-03-09-marram-lido-drained-after-crack/"


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """The bundled articles without one, and with one at another address."""
    folder = tmp_path / "live"
    for file in NEWSROOM.rglob("*.md"):
        name = file.relative_to(NEWSROOM)
        if name != Path(LIDO):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(file.read_bytes())
    return folder


def test_all_formats_can_be_named() -> None:
    """The flag knows the formats without loading the module that writes them."""
    assert tuple(FORMATS) == REDIRECT_FORMATS


def test_a_removed_article_leads_to_one_about_the_same_thing(run: Command, live: Path) -> None:
    """One address is gone, and another article about the lido is nearest."""
    done = run("gone", NEWSROOM, live)
    address, target, code = done.out.split()
    assert (address, code) == (LIDO_ADDRESS, "301")
    assert "marram-lido" in target
    assert "1 redirect of 1 removed addresses" in done.err


def test_addresses_alone_are_compared_by_their_words(run: Command, tmp_path: Path) -> None:
    """What leads nowhere is named, and null in JSON; a live address and the start are kept."""
    lines = f"/lido-drained-crack\n/qqq/\n/\nhttps://example.org{LIDO_ADDRESS}index.html\n"
    (tmp_path / "missing.txt").write_text(lines)
    done = run("gone", "missing.txt", NEWSROOM, "-f", "json", "-o", "moved.json")
    found = {row["from"]: row["to"] for row in json.loads(Path("moved.json").read_text())}
    assert found == {"/lido-drained-crack": LIDO_ADDRESS, "/qqq/": None}
    assert "No article is near enough to /qqq/" in done.err


def test_a_line_that_is_no_address_is_named(run: Command, tmp_path: Path) -> None:
    """With file, line and what to write."""
    (tmp_path / "missing.txt").write_text("/rye/\njavascript:alert(1)\n")
    done = run("gone", "missing.txt", NEWSROOM)
    assert done.code == 1
    assert "missing.txt:2: is not an address, got 'javascript:alert(1)'" in done.err
    assert "Hint: write one address a line" in done.err


def test_tags_are_printed_by_kind(run: Command) -> None:
    """Some of each kind; all of them with --verbose."""
    done = run("tags", NEWSROOM)
    assert done.code == 0
    assert "  Saltmere (12), saltmere (2)\n" in done.out
    assert "more; --verbose prints them" in done.out
    assert "more; --verbose" not in run("tags", NEWSROOM, "-v").out


def test_tags_as_json(run: Command) -> None:
    """Everything, for other programs."""
    found = json.loads(run("tags", NEWSROOM, "--json").out)
    assert sorted(found) == ["counts", "missing", "once", "twins"]
    assert ["Saltmere", "saltmere"] in found["twins"]
    assert {"article_id", "tag", "share"} == {*found["missing"][0]}


def test_links_are_printed_with_their_sentences(run: Command) -> None:
    """The words to link are in brackets; --json has all."""
    done = run("links", NEWSROOM)
    assert done.out.splitlines()[0] == "29 links in 28 articles"
    assert (
        "  She is the first child delivered at night in the [Thornley birth unit] since" in done.out
    )
    assert "and 19 more; --verbose prints them" in done.out
    assert len(json.loads(run("links", NEWSROOM, "--json").out)) == 29


def test_the_host_of_links_is_suggested(run: Command, tmp_path: Path) -> None:
    """Links to a host that is not known as the site's own do not count as links until it is."""
    posts = tmp_path / "posts"
    posts.mkdir()
    for number in range(60):
        link = f"https://example.org/{(number + 1) % 60}/"
        text = f"---\ntitle: Ferry {number}\n---\nThe [ferry]({link}) sails at {number}."
        (posts / f"{number}.md").write_text(text)
    hint = "Hint: --host example.org would resolve 60 links"
    assert hint in run("links", posts).err.splitlines()
    assert "Hint" not in run("links", posts, "--host", "example.org").err


def test_a_patch_is_applied_and_the_links_are_known(run: Command, live: Path) -> None:
    """After `git apply`, no suggestion of the patch is left."""
    done = run("links", "live", "--patch")
    Path("links.patch").write_bytes(done.out.encode())
    wanted = int(done.err.partition("Wrote a patch with ")[2].split()[0])
    subprocess.run([require("git"), "apply", "links.patch"], check=True)
    left = len(json.loads(run("links", "live", "--json", "--per-article", "99").out))
    before = len(json.loads(run("links", NEWSROOM, "--json", "--per-article", "99").out))
    assert 20 < wanted <= before - left + 2


def test_a_patch_of_files_elsewhere_is_applied_there(
    run: Command, live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its paths never go up, where `git apply` refuses them; the message names the directory."""
    source = live.resolve()
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    done = run("links", source, "--patch")
    assert "--- a/../" not in done.out
    assert f" links, to apply in {source}\n" in done.err
    Path("links.patch").write_bytes(done.out.encode())
    patch = Path("links.patch").resolve()
    subprocess.run([require("git"), "apply", patch], cwd=source, check=True)


def test_a_patch_needs_addresses(run: Command, tmp_path: Path) -> None:
    """Else there is nothing to link to."""
    rows = [{"id": str(n), "title": f"The rye mill {n}", "text": "rye"} for n in range(3)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    done = run("links", "a.json", "--patch")
    assert done.code == 1
    assert "the articles have no addresses to link to" in done.err


def test_examples_of_the_page_print_what_it_says(tmp_path: Path) -> None:
    """The console blocks of docs/upkeep.md, unchanged, in a shell."""
    page = (ROOT / "docs" / "upkeep.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 3
    (tmp_path / "data").symlink_to(ROOT / "data")
    command = f'recommender() {{ {shlex.quote(sys.executable)} -m recommender "$@"; }}\n'
    for example in examples:
        lines = example.splitlines(keepends=True)
        typed = "".join(line[2:] for line in lines if line.startswith("$ "))
        shown = "".join(line for line in lines if not line.startswith("$ "))
        done = subprocess.run(
            [require("bash"), "-c", command + typed],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.stdout, done.stderr) == (shown, "")
