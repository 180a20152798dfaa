"""The settings: name, type, default, range and help of each, declared once.

One flat list serves the command line, the environment and the configuration file; names
differ only in case and in ``-`` and ``_``. `configured` finds the values that were set. Imports
nothing heavy.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, ValidationError, convert

from recommender.errors import shown

MOST = 2**31 - 1
"""Largest number that a setting can have."""

WORDPRESS = "wordpress:"
"""Beginning of a source that is a WordPress site: its database, directory, address or export."""
WORDPRESS_OUTPUT = "wp-content/uploads/recommender/related.json"
"""File that the plug-in for WordPress reads, in the directory of WordPress."""

MAIN_TERMS = 3
"""How many terms of each entry are written; a reason for readers is made of them."""

NotNegative = Annotated[float, Meta(ge=0, le=MOST)]
Weight = Annotated[float, Meta(ge=0, le=1_000_000)]
IdfExponent = Annotated[float, Meta(ge=0, le=100)]
HubnessExponent = Annotated[float, Meta(ge=0, le=10)]
Share = Annotated[float, Meta(ge=0, le=1)]
PositiveShare = Annotated[float, Meta(gt=0, le=1)]
AtLeastOne = Annotated[int, Meta(ge=1, le=MOST)]
NotNegativeInt = Annotated[int, Meta(ge=0, le=MOST)]

_WORDS = {
    bool: "true or false",
    float: "number",
    int: "whole number",
    str: "text",
    Sequence: "list",
}


def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(kw_only=True, init=False, repr=False, eq=False)
class InputSettings:
    """Where the articles are."""

    source: str | None = _setting(None, "Directory or file to read when the command names none.")
    editorial: str | Sequence[str] | None = _setting(
        None, "Files with pins and bans; default: editorial.toml beside the settings file."
    )
    source_format: str = _setting(
        "auto", "Format of the source; auto goes by suffix, content and directory."
    )
    own_vectors: str | None = _setting(
        None, "NumPy file (.npy) of your own vectors; the .txt file beside it has their ids."
    )
    clicks: str | None = _setting(
        None, "CSV file of clicks on lists; the click rates become the prior of the articles."
    )


@dataclass(kw_only=True, repr=False, eq=False)
class SourceSettings:
    """How articles are read. A ``*_column`` names a column of a table or a key of front matter."""

    glob: str | Sequence[str] | None = _setting(
        None, "Files of a directory that are articles; a leading ! excludes files."
    )
    id_column: str = _setting("id", "Column or key of the unique name.")
    title_column: str = _setting("title", "Column or key of the headline.")
    text_column: str = _setting("text", "Column or key of the body.")
    url_column: str = _setting("url", "Column or key of the page's address.")
    date_column: str = _setting("date", "Column or key of the date.")
    tags_column: str = _setting("tags", "Column or key of the tags.")
    category_column: str = _setting("category", "Column or key of the category.")
    lang_column: str = _setting("lang", "Column or key of the language (BCP 47).")
    image_column: str = _setting("image", "Column or key of the picture's address.")
    author_column: str = _setting("author", "Column or key of the authors.")
    description_column: str = _setting("description", "Column or key of the summary.")
    prior_column: str = _setting("prior", "Column or key of page views, or of the average rating.")
    votes_column: str = _setting(
        "votes", "Column or key of the number of ratings, if prior is their average."
    )
    links_column: str = _setting("links", "Column or key of the outgoing links.")
    series_column: str = _setting("series", "Column or key of the series.")
    article_selector: str | None = _setting(
        None, "HTML: CSS selector of the elements that hold an article."
    )
    table: str | None = _setting(None, "SQL: table or view to read.")
    query: str | None = _setting(None, "SQL: SELECT to read instead of a table.")
    post_type: str | Sequence[str] | None = _setting(
        None, "WordPress: types of the posts to read, such as page; default: post."
    )
    table_prefix: str | None = _setting(
        None, "WordPress: beginning of the names of its tables, such as wp_; default: found."
    )
    skip_invalid: bool = _setting(
        False, "Leave out files and rows that cannot be read, and report them; else: an error."
    )
    drafts: bool = _setting(False, "Read drafts and hidden articles too.")
    future: bool = _setting(False, "Read articles with a future date too.")
    expired: bool = _setting(True, "Read articles past their expiry date too.")
    code: bool = _setting(False, "Markdown: count code blocks as text.")
    date_format: str | None = _setting(None, "strptime format of dates that are not ISO 8601.")
    url_template: str | None = _setting(
        None, "Address made from fields, such as /{year}/{slug}/ or /{path}/."
    )


@dataclass(kw_only=True, repr=False, eq=False)
class VectorSettings:
    """How articles become vectors: the parameters of `ArticleVectorizer`."""

    title_weight: Weight = _setting(0.3, "Weight of the title.")
    text_weight: Weight = _setting(1.0, "Weight of the text.")
    tags_weight: Weight = _setting(0.2, "Weight of the tags.")
    headings_weight: Weight = _setting(0.0, "Weight of the headings.")
    category_weight: Weight = _setting(0.1, "Weight of the category.")
    path_weight: Weight = _setting(0.1, "Weight of the words in the address.")
    phrases_weight: Weight = _setting(0.4, "Weight of pairs of neighboring words.")
    tf_exponent: PositiveShare = _setting(
        0.5, "Power of the term frequency; 0.5 is the square root."
    )
    idf_exponent: IdfExponent = _setting(1.25, "Power of the inverse document frequency.")
    min_df: AtLeastOne = _setting(2, "Ignore terms that occur in fewer articles than this.")
    max_df: PositiveShare = _setting(
        0.5, "Ignore terms that occur in a larger share of the articles than this."
    )
    language: str = _setting("auto", "Language of all articles, by code or name, or auto.")
    stop_words: bool = _setting(True, "Ignore function words.")
    stemming: bool = _setting(True, "Reduce words to their stems.")
    unscored: str | Sequence[str] | None = _setting(
        None, "Categories and tags that do not count, as category=PATTERN or tags=PATTERN."
    )


@dataclass(kw_only=True, repr=False, eq=False)
class RankingSettings:
    """Which of the nearest articles a list contains, and in which order."""

    min_score: Literal["auto"] | Share = _setting(
        "auto", "Minimum score of a recommendation; auto calibrates it on random pairs."
    )
    hubness_exponent: HubnessExponent = _setting(
        0.4, "How strongly to rank down articles that are close to everything."
    )
    length_pivot: NotNegative = _setting(
        15.0, "Articles with this many terms get half their ranking score."
    )
    across_languages: bool = _setting(False, "Allow articles in other languages in a list.")
    inherit_lists: bool = _setting(
        True, "Give an article without entries the list of its translation, in its language."
    )
    repeated_titles: bool = _setting(False, "Allow a title more than once in a list.")
    never_target: str | Sequence[str] | None = _setting(
        None, "Articles to leave out of all lists, as COLUMN=PATTERN."
    )
    never_source: str | Sequence[str] | None = _setting(
        None, "Articles that get no list, as COLUMN=PATTERN."
    )
    never_pair: str | Sequence[str] | None = _setting(
        None, "Pairs to keep apart, as COLUMN=PATTERN -> COLUMN=PATTERN."
    )
    duplicate_score: Share = _setting(
        0.0, "Similarity of near-duplicates, such as 0.9: a list shows only one of them; 0: off."
    )
    series: bool = _setting(
        False,
        "Show the next and the previous part of a series first, and at most two parts of another.",
    )
    skip_linked: bool = _setting(False, "Leave out articles that the text already links to.")
    half_life: NotNegative = _setting(
        0.0,
        "Days after which an article counts half in the order of a list; 0: age does not count.",
    )
    nearness_weight: NotNegative = _setting(
        0.0, "How strongly to prefer articles written at about the same time."
    )
    age: Literal["any", "older", "newer"] = _setting(
        "any", "Show only articles that are older, or newer, than the article."
    )
    max_days_apart: NotNegative = _setting(
        0.0, "Show only articles written within this many days of the article; 0: all."
    )
    timeless_tags: str | Sequence[str] | None = _setting(
        None, "Tags of articles whose age does not count."
    )
    prior_weight: NotNegative = _setting(
        0.0, "How strongly to prefer articles with many views or good ratings."
    )
    meaning_weight: NotNegative = _setting(
        0.0, "How strongly to prefer articles that are close by your own vectors."
    )
    diversity: Share = _setting(
        0.0, "How strongly to prefer articles that differ from those above them in the list."
    )
    min_inbound: NotNegativeInt = _setting(
        0, "Minimum number of lists that show each article, if it has candidates."
    )
    max_inbound: NotNegativeInt = _setting(
        0, "Maximum number of lists that show an article; 0: no limit."
    )
    churn_margin: NotNegative = _setting(
        0.0, "Share by which a new entry must beat an entry of the last published list."
    )
    min_items: NotNegativeInt = _setting(
        3,
        "Fill shorter lists up to this length: same series, category or tag, weak matches, newest.",
    )


@dataclass(kw_only=True, repr=False, eq=False)
class SearchSettings:
    """How to search for the nearest articles."""

    engine: Literal["auto", "pruned", "reference", "dask"] = _setting(
        "auto", "Search engine; dask builds on a cluster."
    )
    threads: AtLeastOne | None = _setting(
        None, "Number of threads, and of processes that read pages; default: all."
    )
    memory_limit: AtLeastOne | None = _setting(
        None, "Memory limit of the search in MB; default: a quarter of what the process may use."
    )


@dataclass(kw_only=True, repr=False, eq=False)
class ModelSettings(SearchSettings, RankingSettings, VectorSettings):
    """How articles are related: the parameters of `ArticleRecommender`."""


@dataclass(kw_only=True, init=False, repr=False, eq=False)
class ListSettings:
    """What a list looks like."""

    k: AtLeastOne = _setting(6, "Maximum number of articles in a list.")
    reasons: bool = _setting(
        False, 'Add a short reason for readers to each entry, such as "Also about: ferries, tides".'
    )


@dataclass(kw_only=True, init=False, repr=False, eq=False)
class OutputSettings:
    """Where lists go."""

    output: str | None = _setting(None, "File to write when -o is not given.")
    format: str = _setting("auto", "Format of the output; auto goes by suffix and directory.")
    scheduler: str | None = _setting(
        None, "Address of a Dask scheduler; default: workers on this machine."
    )
    teaser_words: AtLeastOne = _setting(20, "Maximum number of words in a teaser.")
    site_title: str = _setting("You may also like", "Name of the site, in the preview.")


@dataclass(kw_only=True, init=False, repr=False, eq=False)
class IndexSettings:
    """What is kept between runs."""

    index: bool = _setting(
        True, "Keep what build and site learn, so that the next run does only what is new."
    )
    index_dir: str | None = _setting(
        None, "Directory of the index; default: .recommender beside the settings file."
    )


@dataclass(kw_only=True)
class Settings(
    IndexSettings, OutputSettings, ListSettings, ModelSettings, SourceSettings, InputSettings
):
    """Every setting with its type, default, range and help; `load_settings` checks them.

    Each is declared once, here. Flags, the environment, the settings file, its schema, the
    reference page, and the constructors of `SourceOptions` and `ArticleRecommender` derive
    from this class.

    Examples
    --------
    >>> Settings(k=12).k, Settings().title_weight
    (12, 0.3)
    """


SETTINGS: Mapping[str, Field[Any]] = {setting.name: setting for setting in fields(Settings)}
"""Each setting by its name, with its type and default."""

_GROUPS: Mapping[str, tuple[type, ...]] = {
    "source": (InputSettings, SourceSettings),
    "model": (VectorSettings, RankingSettings, SearchSettings),
    "lists": (ListSettings,),
    "output": (OutputSettings,),
    "index": (IndexSettings,),
}

TITLES = {
    "source": "Where the articles are, and which columns or keys to read",
    "model": "How articles are compared",
    "lists": "The lists",
    "output": "The output",
    "index": "What is kept between runs",
}
"""What the settings of each group are about, in settings files, help and docs."""


def source_path(source: str) -> str:
    """Return the path that a source names; empty for a WordPress site that is not an export.

    Examples
    --------
    >>> source_path("posts"), source_path("wordpress:https://example.org")
    ('posts', '')
    """
    path = source.removeprefix(WORDPRESS)
    return path if path == source or os.path.isfile(path) else ""


def group_of(name: str) -> str:
    """Return the group of a setting: source, model, lists, output or index.

    Examples
    --------
    >>> group_of("min_df")
    'model'
    """
    return next(
        group
        for group, parts in _GROUPS.items()
        if any(name in part.__annotations__ for part in parts)
    )


def help_of(name: str) -> str:
    """Return the one-line help of a setting.

    Examples
    --------
    >>> help_of("k")
    'Maximum number of articles in a list.'
    """
    return str(SETTINGS[name].metadata["help"])


def takes_several(name: str) -> bool:
    """Return whether a setting accepts a list of values.

    Examples
    --------
    >>> takes_several("glob"), takes_several("k")
    (True, False)
    """
    return any(get_origin(part) is Sequence for part in get_args(SETTINGS[name].type))


def expected(name: str) -> str:
    """Return the values that a setting accepts, in words.

    Examples
    --------
    >>> expected("k"), expected("min_score"), expected("stop_words")
    ('whole number >= 1', 'auto or number from 0 to 1', 'true or false')
    """
    return " or ".join(_in_words(SETTINGS[name].type))


def wrong_values(values: Mapping[str, Any]) -> list[str]:
    """Return one line for each invalid value; a string is never accepted as a number here.

    Parameters
    ----------
    values : mapping of str to value
        Values by setting name; numbers may be NumPy scalars.

    Examples
    --------
    >>> wrong_values({"k": 0, "min_df": 2, "stemming": "no"})
    ['k must be whole number >= 1, got 0', "stemming must be true or false, got 'no'"]
    """
    return [
        f"{name} must be {expected(name)}, got {shown(value)}"
        for name, value in values.items()
        if not _holds(value, SETTINGS[name].type)
    ]


def of_group(settings: object, group: str) -> dict[str, Any]:
    """Return the settings of one group by name.

    Examples
    --------
    >>> of_group(Settings(), "lists")
    {'k': 6, 'reasons': False}
    """
    return {n: getattr(settings, n) for n in SETTINGS if group_of(n) == group}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `recommender.toml`; editors use it to complete and check settings.

    Examples
    --------
    >>> json_schema()["properties"]["k"]["minimum"]
    1
    """
    from msgspec.json import schema

    made = schema(Settings)["$defs"]["Settings"]["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of recommender",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"description": help_of(name), **_without_null(part)}
            for name, part in made.items()
        },
    }


def schema_link(directory: Path) -> str:
    """Return the link to the schema for a settings file in this directory.

    Examples
    --------
    >>> schema_link(Path("/nowhere")).startswith("file:///")
    True
    """
    file = Path(__file__).with_name("settings.schema.json")
    root = directory.resolve()
    return f"./{file.relative_to(root).as_posix()}" if file.is_relative_to(root) else file.as_uri()


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a setting without null, which TOML does not have."""
    kinds = [kind for kind in part.get("anyOf", []) if kind != {"type": "null"}]
    kept = {key: value for key, value in part.items() if key != "default" or value is not None}
    if "anyOf" in kept:
        del kept["anyOf"]
        kept |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return kept


def _holds(value: Any, kind: Any) -> bool:
    """Return whether a value has the type of a setting, without conversion."""
    try:
        convert(value.item() if hasattr(value, "item") else value, kind)
    except (ValidationError, ValueError, OverflowError, RecursionError):
        return False
    return True


def _in_words(kind: Any) -> Iterator[str]:
    """Yield the values that a type accepts: a word, or a range."""
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) is Annotated:
        base, limits = get_args(kind)
        yield f"{_WORDS[base]} {_range(limits)}"
    elif get_args(kind) and get_origin(kind) is not Sequence:
        for part in get_args(kind):
            yield from _in_words(part)
    elif kind is not type(None):
        yield _WORDS[get_origin(kind) or kind]


def _range(limits: Meta) -> str:
    if limits.le in (None, MOST):
        return f">= {limits.ge}"
    if limits.ge is None:
        return f"above {limits.gt} and at most {limits.le}"
    return f"from {limits.ge} to {limits.le}"
