"""Settings: where they come from, which one takes precedence, and how wrong ones are reported."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.request import url2pathname

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import recommender
from recommender.cli.starter import GENERATORS, guess_generator, starter_config
from recommender.config import (
    SETTINGS,
    Settings,
    group_of,
    help_of,
    json_schema,
    of_group,
    schema_link,
)
from recommender.configured import load_settings
from recommender.errors import ConfigError
from recommender.toml_text import toml_value


def load(directory: Path, toml: str = "", pyproject: str = "", **given: Any) -> Any:
    """Return the settings of a directory with these files; no file for an empty text."""
    for name, text in (("recommender.toml", toml), ("pyproject.toml", pyproject)):
        if text:
            (directory / name).write_text(text, encoding="utf-8")
    flags, environ = given.get("flags"), given.get("environ", {})
    return load_settings(flags, environ=environ, directory=directory)


def problems_of(directory: Path, toml: str = "", **given: Any) -> list[str]:
    """Return the lines of the error that loading these settings gives."""
    with pytest.raises(ConfigError) as caught:
        load(directory, toml, **given)
    return caught.value.message.splitlines()


@pytest.mark.parametrize(
    ("sources", "value", "where"),
    [
        ({}, 6, "default"),
        ({"pyproject": "[tool.recommender]\nk = 2"}, 2, "pyproject.toml:2"),
        ({"pyproject": "[tool.recommender]\nk = 2", "toml": "k = 3"}, 3, "recommender.toml:1"),
        ({"toml": "k = 3", "environ": {"RECOMMENDER_K": "4"}}, 4, "RECOMMENDER_K"),
        ({"environ": {"RECOMMENDER_K": "4"}, "flags": {"k": "5"}}, 5, "--k"),
        ({"toml": "k = 3", "flags": {"k": None}}, 3, "recommender.toml:1"),
    ],
)
def test_flag_goes_before_environment_before_file_before_default(
    tmp_path: Path, sources: dict[str, Any], value: int, where: str
) -> None:
    """The stronger source wins, and every value knows where it came from."""
    settings, origins = load(tmp_path, **sources)
    assert (settings.k, origins["k"]) == (value, (value, where))


def test_recommender_toml_goes_alone(tmp_path: Path) -> None:
    """Beside a recommender.toml the pyproject.toml is not read."""
    settings, _ = load(tmp_path, "min_df = 3", "[tool.recommender]\nk = 2")
    assert (settings.min_df, settings.k) == (3, 6)


def test_names_may_be_written_with_hyphens(tmp_path: Path) -> None:
    """In a file `title-weight` is `title_weight`."""
    settings, origins = load(tmp_path, "\ntitle-weight = 0.5")
    assert settings.title_weight == 0.5
    assert origins["title_weight"].where == "recommender.toml:2"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("STEMMING", "false", False),
        ("MIN_SCORE", "auto", "auto"),
        ("MIN_SCORE", "0.25", 0.25),
        ("THREADS", "2", 2),
        ("GLOB", "**/*.txt", "**/*.txt"),
    ],
)
def test_environment_is_read_in_the_setting_s_type(
    tmp_path: Path, name: str, text: str, value: Any
) -> None:
    """Texts of the environment become numbers and switches."""
    settings, _ = load(tmp_path, environ={f"RECOMMENDER_{name}": text, "OTHER_K": "x"})
    assert getattr(settings, name.lower()) == value


def test_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Files from Windows editors can be read."""
    (tmp_path / "recommender.toml").write_bytes(b"\xef\xbb\xbfk = 2\r\n")
    assert load(tmp_path)[0].k == 2


def test_unknown_setting_is_answered_with_the_closest(tmp_path: Path) -> None:
    """A misspelt name is reported with its line and a suggestion."""
    (line,) = problems_of(tmp_path, "# mine\n\ntitle_wieght = 1")
    assert line.startswith("recommender.toml:3: unknown setting title_wieght, did you mean title_w")


def test_wrong_settings_are_told_all_at_once(tmp_path: Path) -> None:
    """Every wrong setting is named, from whichever place it came."""
    lines = problems_of(
        tmp_path, "min_df = 0\ncolour = 1", environ={"RECOMMENDER_MAX_DF": "2"}, flags={"k": "x"}
    )
    assert sorted(line.split(" ")[0] for line in lines) == [
        "--k:", "RECOMMENDER_MAX_DF:", "recommender.toml:1:", "recommender.toml:2:",
    ]  # fmt: skip
    assert "got 0, expected: whole number >= 1" in "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("engine", "fast", "auto or pruned or reference or dask"),
        ("min_score", "most", "auto or number from 0 to 1"),
        ("min_score", 2, "auto or number from 0 to 1"),
        ("title_weight", "nan", "number from 0 to 1000000"),
        ("threads", 1.5, "whole number >= 1"),
        ("threads", True, "whole number >= 1"),
        ("stemming", "perhaps", "true or false"),
        ("title_column", 5, "text"),
        ("glob", [1], "text or list"),
        ("k", np.int64(5), "whole number >= 1"),
        ("k", "\udcff", "whole number >= 1"),
    ],
)
def test_wrong_setting_is_told_in_plain_words(
    tmp_path: Path, name: str, value: Any, expected: str
) -> None:
    """The error says what was given and what the setting takes."""
    (line,) = problems_of(tmp_path, flags={name: value})
    told = f"--{name.replace('_', '-')}: {name} is wrong, got {value!r}, expected: {expected}"
    assert line == told


def test_table_of_settings_is_told_and_not_passed_over(tmp_path: Path) -> None:
    """Settings inside a table would be ignored: that is an error, even if a flag wins."""
    lines = problems_of(tmp_path, 'k = 2\n[source]\nglob = "*.md"', flags={"source": "posts"})
    assert lines == [
        "recommender.toml:2: [source] is a table, expected settings outside of any table"
    ]


def test_line_in_pyproject_is_that_of_our_table(tmp_path: Path) -> None:
    """A key of the same name in another tool's table is passed over."""
    text = '[tool.coverage]\nsource = "x"\n\n[tool.recommender]\nsource = "posts"\n'
    assert load(tmp_path, pyproject=text)[1]["source"].where == "pyproject.toml:5"


@pytest.mark.parametrize(
    ("data", "problem", "form"),
    [
        ("k = 2\n".encode("utf-16"), "1: is not UTF-8, got byte 0xff", "UTF-16"),
        ("k = 2\n# Café".encode("latin-1"), "2: is not UTF-8, got byte 0xe9", "LATIN1"),
    ],
)
def test_settings_in_another_encoding_are_told_with_their_line(
    tmp_path: Path, data: bytes, problem: str, form: str
) -> None:
    """Shells of Windows write UTF-16; the hint says how to convert it."""
    (tmp_path / "recommender.toml").write_bytes(data)
    with pytest.raises(ConfigError) as error:
        load_settings(directory=tmp_path, environ={})
    assert error.value.message == f"recommender.toml:{problem}"
    assert error.value.hint == f"save the file as UTF-8 (iconv -f {form} -t UTF-8)"


@pytest.mark.parametrize("name", ["recommender.toml", "editorial.toml"])
def test_settings_that_are_no_file_are_not_passed_over(tmp_path: Path, name: str) -> None:
    """Nobody would see that the defaults are used, and no pins."""
    path = tmp_path / name
    path.symlink_to("nowhere")
    with pytest.raises(ConfigError, match=rf"{name}: is a link to nothing"):
        load_settings(directory=tmp_path, environ={})
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=rf"{name}: is not a regular file"):
        load_settings(directory=tmp_path, environ={})


def test_a_table_of_pyproject_in_recommender_toml_is_told_with_its_line(tmp_path: Path) -> None:
    """The hint names the line as it is written."""
    (tmp_path / "recommender.toml").write_text("# Ours\n[tool.recommender]\nk = 2\n")
    with pytest.raises(ConfigError) as error:
        load_settings(directory=tmp_path, environ={})
    assert error.value.message.startswith("recommender.toml:2: [tool] is a table")
    assert error.value.hint.startswith("remove the line [tool.recommender]; ")


def test_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    """A syntax error names the file and the line."""
    (line,) = problems_of(tmp_path, "k = 2\nmin_df = = 3")
    assert line.startswith("recommender.toml:2: is not valid TOML, ")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("output = related.json", 'put text in "quotes", and write true or false'),
        ("stemming = yes", 'put text in "quotes", and write true or false'),
        ('source = "C:\\posts"', "in paths, write / instead of \\"),
        ('source = "C:\\users"', "in paths, write / instead of \\"),
        ("k = 3", "set each name once"),
        ("k", "fix that line"),
    ],
)
def test_usual_faults_of_toml_have_a_hint(tmp_path: Path, line: str, hint: str) -> None:
    """What people write who do not know TOML; each is named with its line."""
    (tmp_path / "recommender.toml").write_text(f"k = 2\n{line}\n")
    with pytest.raises(ConfigError, match=r"^recommender\.toml:2: is not valid TOML, ") as error:
        load_settings(environ={}, directory=tmp_path)
    assert error.value.hint == hint


def test_named_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """A file named with --config must be there."""
    with pytest.raises(ConfigError, match=r"no\.toml: cannot be read, No such file"):
        load_settings(config_file=tmp_path / "no.toml", environ={})


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_group_and_a_line_of_help(name: str) -> None:
    """Every setting has a help text."""
    assert group_of(name) in {"source", "model", "lists", "output", "index"}
    assert help_of(name).endswith(".")


def test_groups_hold_every_setting_once() -> None:
    """The groups together are all settings."""
    names = ("source", "model", "lists", "output", "index")
    groups = [of_group(Settings(), name) for name in names]
    assert sum(map(len, groups)) == len(SETTINGS)


@pytest.mark.parametrize("value", [True, 3, 0.5, 'a "b" ü', ["*.md", "!x.md"], ""])
def test_toml_value_is_read_back_by_toml(value: Any) -> None:
    """`config` and `init` print valid TOML."""
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


@pytest.mark.parametrize("generator", [None, *GENERATORS])
def test_starter_file_loads_as_it_stands(tmp_path: Path, generator: Any) -> None:
    """The file that `init` writes is valid, and sets where the generator keeps things."""
    settings, origins = load(tmp_path, starter_config(generator))
    expected = (generator.source, generator.output) if generator else (None, None)
    assert (settings.source, settings.output) == expected
    changed = {name for name, origin in origins.items() if origin.where != "default"}
    assert changed <= {"source", "output", "format", *(generator.more if generator else ())}


def test_starter_file_shows_every_setting_with_its_default(tmp_path: Path) -> None:
    """Without the signs in front, the file sets every setting that has a default to it."""
    lines = [line.removeprefix("# ") for line in starter_config(None).splitlines()]
    shown = tomllib.loads("\n".join(line for line in lines if " = " in line and '""' not in line))
    defaults = {name: value for name, value in asdict(Settings()).items() if value is not None}
    assert shown == defaults


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.name)
def test_generator_is_guessed_by_a_file_that_only_it_has(tmp_path: Path, generator: Any) -> None:
    """Each generator is known by any of its own files."""
    assert generator.marks
    for name in generator.marks:
        mark = tmp_path / name.replace("*", "toml")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        assert guess_generator(tmp_path) == generator
        mark.unlink()
        assert guess_generator(tmp_path) is None


@pytest.mark.parametrize(
    ("toml", "problems"),
    [
        ("", 0),
        ("k = 3\nmin_score = 'auto'\nglob = ['*.md']\nthreads = 2\ndrafts = true", 0),
        ("k = 0", 1),
        ("titel_weight = 1", 1),
        ("min_score = 2\nstemming = 'no'\nglob = 5", 3),
    ],
)
def test_schema_and_loading_agree_on_files(tmp_path: Path, toml: str, problems: int) -> None:
    """The schema refuses exactly the values that a run refuses."""
    errors = list(Draft202012Validator(json_schema()).iter_errors(tomllib.loads(toml)))
    assert len(errors) == problems
    assert len(problems_of(tmp_path, toml) if problems else []) == problems
    if not problems:
        load(tmp_path, toml)


def test_a_starter_names_the_schema_of_the_package(tmp_path: Path) -> None:
    """The first line names the schema file for editors, as a relative path if it is below."""
    line = starter_config(None, directory=tmp_path).splitlines()[0]
    file = Path(url2pathname(line.removeprefix("#:schema file://")))
    assert json.loads(file.read_bytes()) == json_schema()
    assert schema_link(Path(recommender.__file__).parent) == "./settings.schema.json"
