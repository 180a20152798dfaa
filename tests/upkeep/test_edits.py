"""Links written into Markdown files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import require
from hypothesis import given
from hypothesis import strategies as st

from recommender.upkeep.edits import patch, with_link

LINKED = "[rye mill](/rye/)"


@pytest.mark.parametrize(
    "source",
    [
        "At the {} today.",
        "---\ntitle: The rye mill\n---\nAt the {}.",
        "\ufeff+++\r\ntitle = 'rye mill'\r\n+++\r\n\r\nAt the {}.\r\n",
        '{{"title": "rye mill"}}\nAt the {}.',
        "Title: The rye mill\nDate: 2024-05-06\n\nAt the {}.",
        "# The rye mill\n\nAt the {}.",
        "The rye mill\n====\n\nAt the {}.",
        "Not [the rye mill](/x/), but the {}.",
        "Not [the rye mill][x], but the {}.\n\n[x]: /rye-mill/",
        "![The rye mill](rye-mill.png) and the {}",
        "`rye mill` and the {}",
        "    rye mill\n\nAnd the {}",
        "```\nrye mill\n```\nAnd the {}",
        "| rye mill |\n|---|\n| rye mill |\n\nAnd the {}",
        "<div>rye mill</div>\n\nAnd the {}",
        "<a href='/x/'>the rye mill</a> and the {}",
        "{{{{< figure caption='rye mill' >}}}} and the {}",
        "{{% note rye mill %}} and the {}",
        "{{% note %}}The {} burns.{{% endnote %}}",
        "https://example.org/rye mill/ ryemill rye mills strye mill, the {}",
        "> In a quote: {}\n> ends",
        "- in a list: **{}**",
        "Ökonomie 🌾 at the {}",
        "Wow!rye mill! \\[rye mill, the {}",
    ],
)
def test_the_first_plain_place_is_linked(source: str) -> None:
    """Everything else stays as it was, to the last byte."""
    assert with_link(source.format("rye mill"), "rye mill", "/rye/") == source.format(LINKED)


@pytest.mark.parametrize(
    "source",
    ["", "a\nb\r\nrye mill", "# rye mill", "rye\nmill", "rye *mill*", "---\na: rye mill\n---\n"],
)
def test_without_a_plain_place_there_is_no_edit(source: str) -> None:
    """Better none than a broken page."""
    assert with_link(source, "rye mill", "/rye/") is None


def test_parentheses_of_an_address_do_not_end_the_link() -> None:
    """They are percent-encoded."""
    assert with_link("The rye mill", "rye mill", "/a(b)/") == "The [rye mill](/a%28b%29/)"


@given(st.text("rye mil[]()*_`<>{}!\\\n#-|&;\"'", max_size=60), st.text("*_[]`!\n ", max_size=5))
def test_the_rest_of_a_file_is_never_changed(before: str, after: str) -> None:
    """Whatever stands around the words: without the link, the file is the old one."""
    source = f"Rye. {before}rye mill{after} Oats."
    edited = with_link(source, "rye mill", "/new-address/")
    if edited is not None:
        assert edited.count("](/new-address/)") == 1
        place = edited.index("[rye mill](/new-address/)")
        link = len("[rye mill](/new-address/)")
        assert f"{edited[:place]}rye mill{edited[place + link :]}" == source


@pytest.mark.parametrize("end", ["\n", "", "\r\n"])
def test_git_applies_a_patch(tmp_path: Path, end: str) -> None:
    """Also to a file with odd line ends or none at its end."""
    git = require("git")
    before, after = (f"one\u2028two\x0b\r\nthe {words}{end}" for words in ("rye mill", LINKED))
    (tmp_path / "rye.md").write_bytes(before.encode())
    (tmp_path / "p.patch").write_bytes(patch("rye.md", before, after).encode())
    subprocess.run([git, "apply", "p.patch"], cwd=tmp_path, check=True)
    assert (tmp_path / "rye.md").read_bytes() == after.encode()
