"""The settings in force, and where each value was set.

A flag overrides ``RECOMMENDER_*``, which overrides `recommender.toml` or ``[tool.recommender]`` in
`pyproject.toml`, which overrides the default. All problems are reported at once.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import ValidationError, convert

from recommender.config import SETTINGS, Settings, expected
from recommender.errors import ConfigError, did_you_mean, join_problems
from recommender.toml_text import read_toml, toml_problem

ENV_PREFIX = "RECOMMENDER_"

CONFIG_NAME = "recommender.toml"
HIDDEN_CONFIG_NAME = ".recommender.toml"
"""Read if there is no `CONFIG_NAME`: Jekyll publishes every file without a leading dot."""

EDITORIAL_NAME = "editorial.toml"
"""Read if it is beside the settings file and `editorial` names no other file."""

CREDENTIALS = ("RECOMMENDER_WORDPRESS_USER", "RECOMMENDER_WORDPRESS_PASSWORD")
"""Variables that are not settings, so that no file or command line contains them."""


class Origin(NamedTuple):
    """A setting's value and where it was set."""

    value: Any
    where: str
    """For example ``--k``, ``RECOMMENDER_K``, ``recommender.toml:3`` or ``default``."""


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    config_file: Path | None = None,
) -> tuple[Settings, dict[str, Origin]]:
    """Return the settings in force and the origin of each value.

    Parameters
    ----------
    flags : mapping, optional
        Values given on the command line; None values count as not given.
    environ : mapping, optional
        The environment; default ``os.environ``.
    directory : Path, optional
        Where to look for a configuration file; default the working directory.
    config_file : Path, optional
        The configuration file to read instead.

    Returns
    -------
    (Settings, dict of str to Origin)

    Raises
    ------
    ConfigError
        If any setting is unknown, of the wrong type or out of range; the message names all.

    Examples
    --------
    >>> settings, origins = load_settings({"k": 4}, environ={"RECOMMENDER_MIN_DF": "3"})
    >>> settings.k, origins["k"].where, settings.min_df, origins["min_df"].where
    (4, '--k', 3, 'RECOMMENDER_MIN_DF')
    """
    environ = os.environ if environ is None else environ
    configured = _configured(directory or Path.cwd(), config_file)
    tables = {name for name, origin in configured.items() if isinstance(origin.value, Mapping)}
    problems = [
        f"{configured[name].where}: [{name}] is a table, expected settings outside of any table"
        for name in sorted(tables)
    ]
    plain = {name: origin for name, origin in configured.items() if name not in tables}
    given = _given(flags or {}, environ, plain)
    values = {}
    for name, origin in given.items():
        if name not in SETTINGS:
            advice = did_you_mean(name, SETTINGS)
            problems.append(f"{origin.where}: unknown setting {name}{advice and ', ' + advice}")
            continue
        try:
            from_file = origin is plain.get(name)  # where a number has no quotes
            values[name] = _in_type(origin.value, SETTINGS[name].type, strict=from_file)
        except ValidationError:
            problems.append(
                f"{origin.where}: {name} is wrong, got {origin.value!r}, expected: {expected(name)}"
            )
    if problems:
        hint = "`recommender config` lists all settings"
        if tables:
            line = "tool.recommender" if "tool" in tables else min(tables)
            hint = f"remove the line [{line}]; {hint}"
        raise ConfigError(join_problems(problems), hint)
    if "editorial" not in values:
        found = _editorial_beside(directory or Path.cwd(), config_file)
        values |= {"editorial": found} if found else {}
    settings = Settings(**values)
    return settings, {
        name: Origin(getattr(settings, name), given[name].where if name in given else "default")
        for name in SETTINGS
    }


def _editorial_beside(directory: Path, config_file: Path | None) -> str | None:
    """Return the path of `EDITORIAL_NAME` beside the settings file, if it is there."""
    path = (config_file.parent if config_file else directory) / EDITORIAL_NAME
    if not _is_there(path):
        return None
    return EDITORIAL_NAME if directory == Path.cwd() and not config_file else str(path)


def _is_there(path: Path) -> bool:
    """Return whether a file exists; raise an error if something else has its name."""
    if path.is_file():
        return True
    if os.path.lexists(path):
        problem = "is a link to nothing" if not path.exists() else "is not a regular file"
        raise ConfigError(f"{path}: {problem}", "remove it, or put the file in its place")
    return False


def config_path(directory: Path) -> Path:
    """Return the settings file of a directory, or where it would be if there is none.

    Examples
    --------
    >>> config_path(Path("/nowhere")).name
    'recommender.toml'
    """
    hidden = directory / HIDDEN_CONFIG_NAME
    usual = directory / CONFIG_NAME
    return hidden if hidden.is_file() and not usual.is_file() else usual


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return warnings about environment variables that look like settings but are not.

    They are not errors: Kubernetes sets ``RECOMMENDER_PORT`` for a Service of that name.

    Parameters
    ----------
    environ : mapping, optional
        The environment; default ``os.environ``.

    Examples
    --------
    >>> unknown_variables({"RECOMMENDER_STEMING": "0", "RECOMMENDER_K": "4"})
    ['RECOMMENDER_STEMING is not a setting and is ignored, did you mean stemming?']
    >>> unknown_variables({"RECOMMENDER_PORT": "tcp://10.0.0.1:80"})
    ['RECOMMENDER_PORT is not a setting and is ignored']
    """
    environ = os.environ if environ is None else environ
    advice = {
        name: did_you_mean(_named_by(name), SETTINGS, cutoff=0.8)
        for name in sorted(environ)
        if name.startswith(ENV_PREFIX)
        and _named_by(name) not in SETTINGS
        and name not in CREDENTIALS
    }
    lines = [
        f"{name} is not a setting and is ignored, {meant}"
        for name, meant in advice.items()
        if meant
    ]
    others = [name for name, meant in advice.items() if not meant]
    if others:
        more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
        verb = "is not a setting and is" if len(others) == 1 else "are not settings and are"
        lines.append(f"{', '.join(others[:3])}{more} {verb} ignored")
    return lines


def _given(
    flags: Mapping[str, Any], environ: Mapping[str, str], configured: dict[str, Origin]
) -> dict[str, Origin]:
    """Return every value that was set; if a setting has several, the one that takes precedence."""
    in_environment = {
        _named_by(name): Origin(text, name)
        for name, text in sorted(environ.items())
        if name.startswith(ENV_PREFIX) and _named_by(name) in SETTINGS
    }
    flagged = {
        name: Origin(value, "--" + name.replace("_", "-"))
        for name, value in flags.items()
        if value is not None and not (isinstance(value, tuple) and not value)
    }
    return configured | in_environment | flagged


def _named_by(variable: str) -> str:
    """Return the name of the setting that an environment variable sets."""
    return variable.removeprefix(ENV_PREFIX).lower()


def _configured(directory: Path, config_file: Path | None) -> dict[str, Origin]:
    """Return what the configuration file sets; nothing if there is none."""
    path = config_file or config_path(directory)
    section: tuple[str, ...] = ()
    if config_file is None and not _is_there(path):
        path, section = directory / "pyproject.toml", ("tool", "recommender")
        if not path.is_file():
            return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        table: Any = read_toml(text)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read, {error.strerror}", "name a settings file that you may read"
        ) from error
    except ValueError as error:
        raise ConfigError(*toml_problem(error, path.name)) from error
    for key in section:
        table = table.get(key, {})
    return {
        name.replace("-", "_"): Origin(value, f"{path.name}{_line_of(name, text, section)}")
        for name, value in table.items()
    }


def _line_of(name: str, text: str, section: tuple[str, ...]) -> str:
    header = re.search(rf"^[ \t]*\[{re.escape('.'.join(section))}\]", text, re.MULTILINE)
    place = re.compile(
        rf"^[ \t]*(\[{re.escape(name)}(?:\.[^]\n]*)?\]|\"?{re.escape(name)}\"?[ \t]*=)",
        re.MULTILINE,
    )
    match = place.search(text, header.end() if header else 0)
    return f":{text.count(chr(10), 0, match.start()) + 1}" if match else ""


def _in_type(value: Any, kind: Any, strict: bool) -> Any:
    """Return a value, or unless strict its text, in a setting's type; raises `ValidationError`."""
    try:
        return convert(value, kind, strict=strict)
    except UnicodeEncodeError:  # bytes that are not UTF-8 may name a file, but never a number
        return convert("?", kind, strict=False)
