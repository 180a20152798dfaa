"""Eleventy: the input directory by its settings, which are read and never run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from integration.sites import write_files

from recommender.outputs.eleventy import CONFIGS, EleventySite

PACKAGE = json.dumps({"devDependencies": {"@11ty/eleventy": "^3"}})


def lead(root: Path, source: str = "src/posts") -> str | None:
    """Return what comes before the ids of a source in addresses."""
    site = EleventySite.find(root / source)
    assert site is not None
    return site.lead(root / source)


@pytest.mark.parametrize("name", CONFIGS)
def test_site_is_known_by_its_settings(tmp_path: Path, name: str) -> None:
    """Under any of the names that Eleventy looks for; without an input, it is the root."""
    write_files(tmp_path, {name: "export default {}", "src/posts/a.md": ""})
    assert lead(tmp_path) == "src/posts/"


@pytest.mark.parametrize(
    "package",
    [
        {"dependencies": {"@11ty/eleventy": "^3"}},
        {"devDependencies": {"@11ty/eleventy": "^3"}},
        {"scripts": {"build": "eleventy"}},
        {"scripts": {"build": "npx --no eleventy && echo"}},
        {"scripts": {"build": "node_modules/.bin/eleventy --serve"}},
    ],
)
def test_site_is_known_by_its_package(tmp_path: Path, package: dict[str, object]) -> None:
    """Which depends on Eleventy, or runs it."""
    write_files(tmp_path, {"package.json": json.dumps(package), "src/posts/a.md": ""})
    assert lead(tmp_path) == "src/posts/"


@pytest.mark.parametrize(
    "text",
    [
        "", "[", "[]", "7", "null", '{"scripts": []}', '{"scripts": {"a": 7}}',
        '{"dependencies": ["@11ty/eleventy"]}', '{"scripts": {"a": "eleventyish"}}',
        '{"devDependencies": {"@11ty/eleventy-img": "1"}}', "[" * 100_000,
    ],
)  # fmt: skip
def test_other_packages_are_no_site(tmp_path: Path, text: str) -> None:
    """A package that is broken, odd or of something else is passed over."""
    write_files(tmp_path, {"package.json": text, "src/posts/a.md": ""})
    assert EleventySite.find(tmp_path / "src" / "posts") is None


@pytest.mark.parametrize(
    ("settings", "before"),
    [
        ('return { dir: { input: "src" } };', "posts/"),
        ("return { dir: { 'input': 'src', output: 'x' } };", "posts/"),
        ("return { dir: { input: `./src/` } };", "posts/"),
        ('eleventyConfig.setInputDirectory("src");', "posts/"),
        ('eleventyConfig.setInputDirectory( "src/posts" );', ""),
        ('export const config = { dir: { input: "other" } };', None),
        ('// input: "other"\nmodule.exports = { dir: { input: "src" } };', "posts/"),
        ('/* dir: { input: "other" } */ x = { input: "src" };', "posts/"),
        ('const home = "https://example.org"; x = { input: "src" };', "posts/"),
        ("const input = somewhere();", "src/posts/"),
        ('x = { myinput: "other" };', "src/posts/"),
    ],
)
def test_input_directory_is_read_from_the_settings(
    tmp_path: Path, settings: str, before: str | None
) -> None:
    """As an object or by the method; comments and values that are computed say nothing."""
    write_files(tmp_path, {"eleventy.config.js": settings, "src/posts/a.md": "", "other/a.md": ""})
    assert lead(tmp_path) == before


@pytest.mark.parametrize(
    ("script", "before"),
    [
        ("eleventy --input=src", "posts/"),
        ("eleventy --input src --output x", "posts/"),
        ("npx eleventy --serve --input='src/posts'", ""),
        ("eleventy && cp --input other", "src/posts/"),
        ("eleventy --output=src", "src/posts/"),
    ],
)
def test_flag_of_a_script_goes_before_the_settings(
    tmp_path: Path, script: str, before: str
) -> None:
    """As on Eleventy's own command line."""
    package = {"scripts": {"build": script}}
    write_files(tmp_path, {"package.json": json.dumps(package), "src/posts/a.md": ""})
    assert lead(tmp_path) == before


def test_nothing_of_the_settings_is_run(tmp_path: Path) -> None:
    """Bytes that are no text are no error either."""
    write_files(tmp_path, {"src/posts/a.md": ""})
    (tmp_path / ".eleventy.js").write_bytes(b'\xff require("fs"); x = {input: "src"}')
    assert lead(tmp_path) == "posts/"


def test_site_far_above_is_not_searched_for(tmp_path: Path) -> None:
    """Six directories up at most."""
    write_files(tmp_path, {"package.json": PACKAGE})
    near, far = tmp_path / "1/2/3/4/5/6", tmp_path / "1/2/3/4/5/6/7"
    far.mkdir(parents=True)
    assert EleventySite.find(near) is not None
    assert EleventySite.find(far) is None
