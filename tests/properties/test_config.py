"""Settings: what is written is read, the surer place wins, and the schema agrees."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import recommender
from recommender.config import SETTINGS, Settings, expected, json_schema, wrong_values
from recommender.configured import load_settings
from recommender.errors import ConfigError
from recommender.toml_text import toml_value

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = (
    st.booleans() | st.integers(-3, 40) | st.floats(-1, 3).filter(lambda x: x != int(x)) | TEXT
    | st.lists(TEXT | st.integers(0, 3), max_size=2)
    | st.sampled_from(["auto", "en", "pruned", 0, 1, 0.5, 10**7, "*.md", "true", "3"])
)  # fmt: skip
NAMES = st.sampled_from(sorted(SETTINGS))
SCHEMA = json_schema()
anyhow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def load(folder: Path, **given_values: Any) -> Settings:
    """Load settings from a file only."""
    text = "\n".join(f"{name} = {toml_value(value)}" for name, value in given_values.items())
    (folder / "recommender.toml").write_text(text, "utf-8")
    return load_settings(environ={}, directory=folder)[0]


@given(TEXT | st.booleans() | st.integers() | st.lists(TEXT, max_size=3)
       | st.floats(allow_nan=False, allow_infinity=False))  # fmt: skip
def test_value_is_read_back_from_toml(value: Any) -> None:
    """Any text, with control characters too, which TOML wants escaped."""
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


@given(NAMES, VALUES)
@anyhow
def test_schema_and_loader_agree_on_every_value(tmp_path: Path, name: str, value: Any) -> None:
    """What an editor marks, a run refuses, and nothing else; the loaded value is the one given."""
    valid = not list(Draft202012Validator(SCHEMA).iter_errors({name: value}))
    if not valid:
        told = f"recommender.toml:1: {name} is wrong, got {value!r}, expected: {expected(name)}"
        with pytest.raises(ConfigError, match=re.escape(told)):
            load(tmp_path, **{name: value})
        return
    loaded = getattr(load(tmp_path, **{name: value}), name)
    assert loaded == value
    assert type(loaded) is type(value) or isinstance(loaded, (int, float))


@given(st.dictionaries(NAMES, VALUES, max_size=5))
@anyhow
def test_every_wrong_setting_is_named_at_once(tmp_path: Path, given_values: dict[str, Any]) -> None:
    """By its line; settings that are right are not."""
    wrong = [
        (line, name)
        for line, (name, value) in enumerate(given_values.items(), 1)
        if list(Draft202012Validator(SCHEMA).iter_errors({name: value}))
    ]
    if not wrong:
        load(tmp_path, **given_values)
        return
    with pytest.raises(ConfigError) as error:
        load(tmp_path, **given_values)
    told = error.value.message.splitlines()
    assert sorted(line.partition(" is wrong")[0] for line in told) == sorted(
        f"recommender.toml:{line}: {name}" for line, name in wrong
    )


@given(
    st.sets(st.sampled_from(["flag", "environment", "file"])),
    st.sampled_from([("k", 3, 4, 5), ("min_score", 0.1, 0.2, "auto"), ("site_title", "a", "b", "c"),
                     ("drafts", True, False, True), ("engine", "pruned", "auto", "reference")]),
)  # fmt: skip
@anyhow
def test_surest_place_wins(
    tmp_path: Path, places: set[str], values: tuple[str, Any, Any, Any]
) -> None:
    """A flag, then the environment, then the file, then the default; the origin says which."""
    name, flag, variable, line = values
    text = f"{name} = {toml_value(line)}" if "file" in places else ""
    (tmp_path / "recommender.toml").write_text(text)
    shown = str(variable).lower() if isinstance(variable, bool) else str(variable)
    environ = {f"RECOMMENDER_{name.upper()}": shown} if "environment" in places else {}
    flags = {name: flag} if "flag" in places else {name: None}
    found, origins = load_settings(flags, environ=environ, directory=tmp_path)
    expected_value, where = next(
        (value, origin)
        for place, value, origin in (
            ("flag", flag, f"--{name.replace('_', '-')}"),
            ("environment", variable, f"RECOMMENDER_{name.upper()}"),
            ("file", line, "recommender.toml:1"),
            ("default", getattr(Settings(), name), "default"),
        )
        if place in places or place == "default"
    )
    assert getattr(found, name) == expected_value
    assert origins[name] == (expected_value, where)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_default_of_every_setting_is_allowed(tmp_path: Path, name: str) -> None:
    """By its own rule, by the schema, and in a file."""
    value = asdict(Settings())[name]
    assert wrong_values({name: value}) == []
    if value is not None:
        assert not list(Draft202012Validator(SCHEMA).iter_errors({name: value}))
        assert getattr(load(tmp_path, **{name: value}), name) == value


def test_schema_is_a_schema_and_that_of_the_package() -> None:
    """The file in the package, which editors read, is the one that the code makes."""
    Draft202012Validator.check_schema(SCHEMA)
    file = Path(recommender.__file__).with_name("settings.schema.json")
    assert json.loads(file.read_bytes()) == SCHEMA
