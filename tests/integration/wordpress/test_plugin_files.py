"""The files of the plug-in as they are: valid, in one style, and complete in the zip."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import require

from integration.sites import run
from integration.wordpress.site import ROOT

FOLDER = ROOT / "integrations" / "wordpress"
PLUGIN = FOLDER / "recommender"
PHP = sorted(PLUGIN.rglob("*.php"))
ALL = "\n".join(file.read_text(encoding="utf-8") for file in PHP)


def test_php_is_valid() -> None:
    """PHP parses every file."""
    php = require("php")
    for file in PHP:
        run(php, "-l", file, cwd=FOLDER)


def test_php_has_one_style() -> None:
    """PHP_CodeSniffer finds nothing, by the rules in `phpcs.xml`."""
    command = [require("phpcs"), "-q", "--report=emacs", "--standard=phpcs.xml", "."]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_block_script_is_valid() -> None:
    """Node parses it."""
    run(require("node"), "--check", PLUGIN / "block" / "editor.js", cwd=FOLDER)


@pytest.mark.parametrize("file", PHP, ids=lambda file: file.name)
def test_no_file_runs_outside_wordpress(file: Path) -> None:
    """Each stops before its first function if a visitor asks for it."""
    guard = re.compile(r"defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;")
    text = file.read_text(encoding="utf-8")
    found = guard.search(text)
    assert found
    assert not re.search(r"^(function|add_|require|return|if)\b", text[: found.start()], re.M)


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ("recommender.css", "recommender/templates/related.css"),
        ("headings.json", "recommender/outputs/headings.json"),
    ],
)
def test_copies_are_the_same(copy: str, original: str) -> None:
    """The look and the headings are those of the package; copy the file again if this fails."""
    assert (PLUGIN / copy).read_bytes() == (ROOT / original).read_bytes()


def test_one_version_everywhere() -> None:
    """The header, the constant, the readme and the script of the block name the same version."""
    places = [
        ("recommender.php", r"Version: +(\S+)"),
        ("recommender.php", r"VERSION = '(.+)'"),
        ("readme.txt", r"Stable tag: (\S+)"),
        ("block/editor.asset.php", r"'version' +=> '(.+)'"),
    ]
    found = {re.search(line, (PLUGIN / name).read_text())[1] for name, line in places}
    assert len(found) == 1


def test_every_text_can_be_translated() -> None:
    """Each call of a translation function names our text domain."""
    calls = re.findall(r"\b_(?:_|e|x|n)\(.*|\besc_(?:html|attr)__\(.*", ALL)
    assert len(calls) > 20
    assert [call for call in calls if "'recommender' )" not in call] == []
    script = (PLUGIN / "block" / "editor.js").read_text()
    assert script.count(" __( '") == script.count(", 'recommender' )") > 3
    assert json.loads((PLUGIN / "block" / "block.json").read_text())["textdomain"] == "recommender"


def test_two_zips_are_the_same_bytes(tmp_path: Path) -> None:
    """The zip has every file and the license, whatever their dates and modes."""
    for name in ("a.zip", "b.zip"):
        run(sys.executable, FOLDER / "make_zip.py", tmp_path / name, cwd=tmp_path)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert set(archive.namelist()) == {"recommender/LICENSE"} | {
            file.relative_to(FOLDER).as_posix() for file in PLUGIN.rglob("*") if file.is_file()
        }
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
