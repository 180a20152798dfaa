"""The settings: name, type, default, range, help, and where each value came from.

One flat list serves the command line, the environment and the configuration file; names
differ only in case and in ``-`` and ``_``. A flag goes before ``RECOMMENDER_*``, that before
`recommender.toml` or ``[tool.recommender]`` in `pyproject.toml`, that before the default.
All problems are reported at once. Imports nothing heavy.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from msgspec import Meta, ValidationError, convert

from recommender.errors import ConfigError, did_you_mean, join_problems

ENV_PREFIX = "RECOMMENDER_"
CONFIG_NAME = "recommender.toml"
HIDDEN_CONFIG_NAME = ".recommender.toml"
"""Read where there is no `CONFIG_NAME`: Jekyll publishes every file without a leading dot."""

NotNegative = Annotated[float, Meta(ge=0)]
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
IdfExponent = Annotated[float, Meta(ge=0, le=100)]
HubnessExponent = Annotated[float, Meta(ge=0, le=10)]
Share = Annotated[float, Meta(ge=0, le=1)]
PositiveShare = Annotated[float, Meta(gt=0, le=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]

_IN_WORDS = {
    "array": "list",
    "bool": "true or false",
    "float": "number",
    "int": "whole number",
    "object": "table",
    "str": "text",
}


def _setting(default: Any, help: str, group: str) -> Any:
    return field(default=default, metadata={"help": help, "group": group})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its type, default, range and help; `load_settings` checks them.

    Examples
    --------
    >>> Settings(k=12).k, Settings().title_weight
    (12, 0.3)
    """

    source: str | None = _setting(None, "Directory or file to read when none is named.", "source")
    source_format: str = _setting(
        "auto", "Format of the source; auto goes by suffix, content and directory.", "source"
    )
    glob: str | list[str] | None = _setting(
        None, "Files of a directory that are articles; a leading ! excludes files.", "source"
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
    author_column: str = _setting("author", "Column or key of the authors.", "source")
    description_column: str = _setting("description", "Column or key of the summary.", "source")
    prior_column: str = _setting(
        "prior", "Column or key of page views or stars; not used yet.", "source"
    )
    links_column: str = _setting("links", "Column or key of the outgoing links.", "source")
    series_column: str = _setting("series", "Column or key of the series; not used yet.", "source")
    article_selector: str | None = _setting(
        None, "HTML: CSS selector of the elements that hold an article.", "source"
    )
    table: str | None = _setting(None, "SQL: table or view to read.", "source")
    query: str | None = _setting(None, "SQL: SELECT to read instead of a table.", "source")
    drafts: bool = _setting(False, "Read drafts and hidden articles too.", "source")
    future: bool = _setting(False, "Read articles with a future date too.", "source")
    expired: bool = _setting(True, "Read articles past their expiry date too.", "source")
    code: bool = _setting(False, "Markdown: count code blocks as text.", "source")
    date_format: str | None = _setting(
        None, "strptime format of dates that are not ISO 8601.", "source"
    )
    url_template: str | None = _setting(
        None, "Address made from fields, such as /{year}/{slug}/ or /{path}/.", "source"
    )

    title_weight: Weight = _setting(0.3, "Weight of the title.", "model")
    text_weight: Weight = _setting(1.0, "Weight of the text.", "model")
    tags_weight: Weight = _setting(0.2, "Weight of the tags.", "model")
    headings_weight: Weight = _setting(0.0, "Weight of the headings.", "model")
    category_weight: Weight = _setting(0.1, "Weight of the category.", "model")
    path_weight: Weight = _setting(0.1, "Weight of the words in the address.", "model")
    phrases_weight: Weight = _setting(0.4, "Weight of pairs of neighboring words.", "model")
    tf_exponent: PositiveShare = _setting(
        0.5, "Power of the term frequency; 0.5 is the square root.", "model"
    )
    idf_exponent: IdfExponent = _setting(1.25, "Power of the inverse document frequency.", "model")
    min_df: AtLeastOne = _setting(
        2, "Ignore terms that occur in fewer articles than this.", "model"
    )
    max_df: PositiveShare = _setting(
        0.5, "Ignore terms that occur in a larger share of the articles.", "model"
    )
    language: str = _setting("auto", "Language of all articles, by code or name, or auto.", "model")
    stop_words: bool = _setting(True, "Ignore function words.", "model")
    stemming: bool = _setting(True, "Reduce words to their stems.", "model")
    min_score: Literal["auto"] | Share = _setting(
        "auto", "Minimum score of a recommendation; auto calibrates it on random pairs.", "model"
    )
    hubness_exponent: HubnessExponent = _setting(
        0.4, "How far articles that are close to everything are ranked down.", "model"
    )
    length_pivot: NotNegative = _setting(
        15.0, "Articles with this many terms get half their ranking score.", "model"
    )
    across_languages: bool = _setting(
        False, "Allow articles in other languages in a list.", "model"
    )
    repeated_titles: bool = _setting(False, "Allow a title more than once in a list.", "model")
    engine: Literal["auto", "pruned", "reference", "dask"] = _setting(
        "auto", "How to search; dask builds on a cluster.", "model"
    )
    threads: AtLeastOne | None = _setting(None, "Threads of the search; default: all.", "model")
    memory_limit: AtLeastOne | None = _setting(
        None, "Memory in MB that the search may use; default: a quarter of the machine's.", "model"
    )

    k: AtLeastOne = _setting(6, "Maximum number of articles in a list.", "lists")

    output: str | None = _setting(None, "File to write when -o is not given.", "output")
    format: str = _setting("auto", "Format of the output; auto goes by the suffix.", "output")
    scheduler: str | None = _setting(
        None, "Address of a Dask scheduler; default: workers on this machine.", "output"
    )
    teaser_words: AtLeastOne = _setting(20, "Maximum number of words in a teaser.", "output")
    site_title: str = _setting("You may also like", "Name of the site, in the preview.", "output")


SETTINGS: Mapping[str, Field[Any]] = {setting.name: setting for setting in fields(Settings)}
"""Each setting by its name, with its type and default."""


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
            values[name] = _in_type(origin.value, SETTINGS[name].type)
        except ValidationError as error:
            problems.append(
                f"{origin.where}: {name} is wrong, got {origin.value!r}, "
                f"expected: {_expected(name, str(error))}"
            )
    if problems:
        raise ConfigError(join_problems(problems), "`recommender config` lists all settings")
    settings = Settings(**values)
    return settings, {
        name: Origin(getattr(settings, name), given[name].where if name in given else "default")
        for name in SETTINGS
    }


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
    """Return what to say about variables that look like settings and are none.

    They are no error: Kubernetes sets ``RECOMMENDER_PORT`` for a Service of that name.

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
        if name.startswith(ENV_PREFIX) and _named_by(name) not in SETTINGS
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


def group_of(name: str) -> str:
    """Return the group of a setting: source, model, lists or output.

    Examples
    --------
    >>> group_of("min_df")
    'model'
    """
    return str(SETTINGS[name].metadata["group"])


def help_of(name: str) -> str:
    """Return the one-line help of a setting.

    Examples
    --------
    >>> help_of("k")
    'Maximum number of articles in a list.'
    """
    return str(SETTINGS[name].metadata["help"])


def of_group(settings: Settings, group: str) -> dict[str, Any]:
    """Return the settings of one group by name.

    Examples
    --------
    >>> of_group(Settings(), "lists")
    {'k': 6}
    """
    return {n: getattr(settings, n) for n in SETTINGS if group_of(n) == group}


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
    """Return the name of the setting that a variable of the environment is for."""
    return variable.removeprefix(ENV_PREFIX).lower()


def _configured(directory: Path, config_file: Path | None) -> dict[str, Origin]:
    """Return what the configuration file sets; nothing if there is none."""
    path = config_file or config_path(directory)
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
        raise ConfigError(f"{path.name}: is not TOML, {error}", "fix that line") from error
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


def _in_type(value: Any, kind: Any) -> Any:
    """Return a value in the type of a setting, a text too; raises `ValidationError`."""
    try:
        return convert(value, kind, strict=False)
    except UnicodeEncodeError:  # bytes that are no UTF-8 may name a file, but are no number
        return convert("?", kind, strict=False)


def _expected(name: str, problem: str) -> str:
    """Return what a setting may hold, from what msgspec says of a wrong value."""
    if problem.startswith("Invalid enum value"):
        return " or ".join(_choices(SETTINGS[name].type))
    wanted = problem.removeprefix("Expected ").partition(", got")[0]
    return re.sub(r"`(.+?)`", lambda types: _in_words(types[1]), wanted)


def _choices(kind: Any) -> list[str]:
    """Return the words that a type takes, and the name of each other type that it is made of."""
    parts = get_args(kind)
    if get_origin(kind) is Literal:
        return [*parts]
    if get_origin(kind) is Annotated:
        parts = parts[:1]
    return [choice for part in parts for choice in _choices(part)] or [_in_words(kind.__name__)]


def _in_words(types: str) -> str:
    return " or ".join(_IN_WORDS.get(name, name) for name in types.split(" | ") if name != "null")
