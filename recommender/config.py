"""The settings: name, type, default, range, help, and where each value came from.

One flat list serves the command line, the environment and the configuration file; names
differ only in case and in ``-`` and ``_``. A flag goes before ``RECOMMENDER_*``, that before
`recommender.toml` or ``[tool.recommender]`` in `pyproject.toml`, that before the default.
All problems are reported at once. Imports nothing heavy.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recommender.errors import ConfigError, did_you_mean, join_problems

ENV_PREFIX = "RECOMMENDER_"
CONFIG_NAME = "recommender.toml"


def _setting(default: Any, help: str, group: str, **limits: Any) -> Any:
    return Field(default, description=help, json_schema_extra={"group": group}, **limits)


class Settings(BaseModel):
    """Every setting with its type, default, range and help.

    Examples
    --------
    >>> Settings(k=12).k, Settings().title_weight
    (12, 0.3)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str | None = _setting(None, "Directory or file to read when none is named.", "source")
    source_format: str = _setting(
        "auto", "Format of the source; auto goes by suffix, content and directory.", "source"
    )
    glob: str | list[str] | None = _setting(
        None, "Which files of a directory are articles; a leading ! leaves files out.", "source"
    )
    id_column: str = _setting("id", "Column or key of the unique name.", "source")
    title_column: str = _setting("title", "Column or key of the headline.", "source")
    text_column: str = _setting("text", "Column or key of the body.", "source")
    url_column: str = _setting("url", "Column or key of the page's address.", "source")
    date_column: str = _setting("date", "Column or key of the date.", "source")
    tags_column: str = _setting("tags", "Column or key of the tags.", "source")
    category_column: str = _setting("category", "Column or key of the category.", "source")
    lang_column: str = _setting("lang", "Column or key of the language (BCP 47).", "source")
    image_column: str = _setting("image", "Column or key of the picture's address.", "source")
    description_column: str = _setting("description", "Column or key of the summary.", "source")
    prior_column: str = _setting("prior", "Column or key of page views or stars.", "source")
    links_column: str = _setting("links", "Column or key of the outgoing links.", "source")
    series_column: str = _setting("series", "Column or key of the series.", "source")
    article_selector: str | None = _setting(
        None, "HTML: CSS selector of the elements that hold an article.", "source"
    )
    table: str | None = _setting(None, "SQL: table or view to read.", "source")
    query: str | None = _setting(None, "SQL: SELECT to read instead of a table.", "source")
    drafts: bool = _setting(False, "Read drafts and hidden articles too.", "source")
    future: bool = _setting(False, "Read articles dated after now too.", "source")
    expired: bool = _setting(True, "Read articles past their expiry date too.", "source")
    code: bool = _setting(False, "Markdown: count code blocks as text.", "source")
    date_format: str | None = _setting(None, "strptime format of dates not in ISO 8601.", "source")
    url_template: str | None = _setting(
        None, "Address made from fields, such as /{year}/{slug}/ or /{path}/.", "source"
    )

    title_weight: float = _setting(0.3, "Weight of the title.", "model", ge=0)
    text_weight: float = _setting(1.0, "Weight of the text.", "model", ge=0)
    tags_weight: float = _setting(0.2, "Weight of the tags.", "model", ge=0)
    headings_weight: float = _setting(0.0, "Weight of the headings.", "model", ge=0)
    category_weight: float = _setting(0.1, "Weight of the category.", "model", ge=0)
    path_weight: float = _setting(0.1, "Weight of the words in the address.", "model", ge=0)
    phrases_weight: float = _setting(0.4, "Weight of pairs of neighboring words.", "model", ge=0)
    tf_exponent: float = _setting(
        0.5, "Power of the term frequency; 0.5 is the square root.", "model", gt=0, le=1
    )
    idf_exponent: float = _setting(1.25, "Power of the inverse document frequency.", "model", ge=0)
    min_df: int = _setting(2, "Leave out terms of fewer articles than this.", "model", ge=1)
    max_df: float = _setting(
        0.5, "Leave out terms of a larger share of the articles.", "model", gt=0, le=1
    )
    language: str = _setting("auto", "Language of all articles, or auto.", "model")
    stop_words: bool = _setting(True, "Leave out function words.", "model")
    stemming: bool = _setting(True, "Reduce words to their stems.", "model")
    min_score: Literal["auto"] | Annotated[float, Field(ge=0, le=1)] = _setting(
        "auto", "Least score of a recommendation; auto calibrates it by random pairs.", "model"
    )
    hubness_exponent: float = _setting(
        0.4, "How much articles near to everything are pushed back.", "model", ge=0
    )
    length_pivot: float = _setting(
        15.0, "Articles of this many terms count half in the order of a list.", "model", ge=0
    )
    across_languages: bool = _setting(False, "Let lists hold articles in other languages.", "model")
    engine: Literal["auto", "pruned", "reference", "dask"] = _setting(
        "auto", "How to search; dask builds on a cluster.", "model"
    )
    threads: int | None = _setting(None, "Threads of the search; default: all.", "model", ge=1)
    memory_limit: int | None = _setting(
        None, "MB that the search may add; default: a quarter of the machine's.", "model", ge=1
    )

    k: int = _setting(6, "Articles in a list at most.", "lists", ge=1)

    output: str | None = _setting(None, "File to write when -o is not given.", "output")
    format: str = _setting("auto", "Format of the output; auto goes by the suffix.", "output")
    scheduler: str | None = _setting(
        None, "Address of a Dask scheduler; default: workers on this machine.", "output"
    )
    teaser_words: int = _setting(20, "Most words of a teaser, of summary or text.", "output", ge=1)
    site_title: str = _setting("You may also like", "Name of the site, in the preview.", "output")


class Origin(NamedTuple):
    """A setting's value and where it was set."""

    value: Any
    where: str
    """Such as ``--k``, ``RECOMMENDER_K``, ``recommender.toml:3`` or ``default``."""


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    config_file: Path | None = None,
) -> tuple[Settings, dict[str, Origin]]:
    """Return the settings in force, and for each where its value came from.

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
        If a setting is unknown, of the wrong type or out of range; every one is named.

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
        f"{configured[name].where}: [{name}] is a table, settings stand outside of any"
        for name in sorted(tables)
    ]
    plain = {name: origin for name, origin in configured.items() if name not in tables}
    given = _given(flags or {}, environ, plain)
    known = Settings.model_fields
    for name, origin in given.items():
        if name not in known:
            advice = did_you_mean(name, known)
            problems.append(f"{origin.where}: unknown setting {name}{advice and ', ' + advice}")
    settings = Settings()
    try:
        settings = Settings(**{name: o.value for name, o in given.items() if name in known})
    except ValidationError as error:
        problems += _wrong_values(error, given)
    if problems:
        raise ConfigError(join_problems(problems), "`recommender config` lists all settings")
    return settings, {
        name: Origin(getattr(settings, name), given[name].where if name in given else "default")
        for name in known
    }


def group_of(name: str) -> str:
    """Return the group of a setting: source, model, lists or output.

    Examples
    --------
    >>> group_of("min_df")
    'model'
    """
    extra = Settings.model_fields[name].json_schema_extra
    return str(extra["group"]) if isinstance(extra, dict) else ""


def help_of(name: str) -> str:
    """Return the one-line help of a setting.

    Examples
    --------
    >>> help_of("k")
    'Articles in a list at most.'
    """
    return Settings.model_fields[name].description or ""


def of_group(settings: Settings, group: str) -> dict[str, Any]:
    """Return the settings of one group by name.

    Examples
    --------
    >>> of_group(Settings(), "lists")
    {'k': 6}
    """
    return {n: getattr(settings, n) for n in Settings.model_fields if group_of(n) == group}


def toml_value(value: Any) -> str:
    """Return a setting's value as TOML writes it.

    Examples
    --------
    >>> toml_value(True), toml_value("auto"), toml_value(0.5)
    ('true', '"auto"', '0.5')
    """
    return json.dumps(value, ensure_ascii=False)


def _given(
    flags: Mapping[str, Any], environ: Mapping[str, str], configured: dict[str, Origin]
) -> dict[str, Origin]:
    """Return what was set anywhere; of two values for one setting the stronger."""
    in_environment = {
        name.removeprefix(ENV_PREFIX).lower(): Origin(text, name)
        for name, text in sorted(environ.items())
        if name.startswith(ENV_PREFIX)
    }
    flagged = {
        name: Origin(value, "--" + name.replace("_", "-"))
        for name, value in flags.items()
        if value is not None and value != ()
    }
    return configured | in_environment | flagged


def _configured(directory: Path, config_file: Path | None) -> dict[str, Origin]:
    """Return what the configuration file sets; nothing if there is none."""
    path = config_file or directory / CONFIG_NAME
    section: tuple[str, ...] = ()
    if config_file is None and not path.is_file():
        path, section = directory / "pyproject.toml", ("tool", "recommender")
        if not path.is_file():
            return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        table: Any = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read, {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path.name}: is not TOML, {error}", "mend the line named") from error
    for key in section:
        table = table.get(key, {})
    return {
        name.replace("-", "_"): Origin(value, f"{path.name}{_line_of(name, text, section)}")
        for name, value in table.items()
    }


def _line_of(name: str, text: str, section: tuple[str, ...]) -> str:
    header = re.search(rf"^[ \t]*\[{re.escape('.'.join(section))}\]", text, re.MULTILINE)
    place = re.compile(
        rf"^[ \t]*(\[{re.escape(name)}\]|\"?{re.escape(name)}\"?[ \t]*=)", re.MULTILINE
    )
    match = place.search(text, header.end() if header else 0)
    return f":{text.count(chr(10), 0, match.start()) + 1}" if match else ""


def _wrong_values(error: ValidationError, given: Mapping[str, Origin]) -> list[str]:
    """Return one line per setting whose value is wrong."""
    lines: dict[str, list[str]] = {}
    for problem in error.errors():
        lines.setdefault(str(problem["loc"][0]), []).append(problem["msg"].lower())
    return [
        f"{given[name].where}: {name} is wrong, got {given[name].value!r}, "
        f"expected: {' or '.join(dict.fromkeys(m.removeprefix('input should be ') for m in texts))}"
        for name, texts in lines.items()
    ]
