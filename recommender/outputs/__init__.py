"""Outputs: one writer per kind of file; each file is written completely or not at all.

To add one, write a function (lists, file) in `writers.py`, and add it to the table there and
its suffix to `SUFFIXES`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from recommender.errors import ConfigError, did_you_mean
from recommender.outputs.atomic import opened_file

if TYPE_CHECKING:
    import pandas as pd

    from recommender.outputs.cards import Because
    from recommender.outputs.writers import Lists

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".yaml": "yaml",
    ".yml": "yaml",
}
"""Format by file suffix, for ``auto``; see also `output_format`."""

__all__ = ["SUFFIXES", "output_format", "write_recommendations"]


def write_recommendations(
    recommendations: pd.DataFrame,
    path: str | os.PathLike[str] | BinaryIO,
    *,
    articles: pd.DataFrame,
    new_articles: pd.DataFrame | None = None,
    format: str = "auto",
    source: str | os.PathLike[str] | None = None,
    because: Because | None = None,
    teaser_words: int = 20,
) -> None:
    """Write the lists to a file that the build of a site can read.

    Parameters
    ----------
    recommendations : DataFrame
        Returned by `ArticleRecommender.recommend`.
    path : path or binary file
        File to write. It is replaced in one step at the end; if the run fails, the old file is
        kept. An open file is written to directly.
        For frontmatter: the directory of the Markdown files that the articles were read from.
    articles : DataFrame
        The Article table, for titles, addresses and teasers. Every article gets a list.
    new_articles : DataFrame, optional
        The articles passed to `recommend_for`, for its lists; then only these get a list.
    format : str
        csv, json, jsonl, parquet or yaml: lists by article id; ``auto`` chooses by the suffix.
        wordpress: JSON for the plug-in for WordPress, which ``auto`` chooses in its directory.
        astro, docusaurus, eleventy, hugo, jekyll or zola: JSON with lists by a key that the
        generator's templates know; each card contains the heading of its list and the day in
        the language of the list's article. frontmatter: the key ``related`` in the front matter
        of each article.
    source : path, optional
        Where the articles were read from; hugo, jekyll, zola and eleventy derive its place in
        the site from it.
    because : sequence of sequences of str or of (str, float), optional
        For each recommendation its main terms, as returned by `recommender.shared_terms` or
        `recommender.because`. The command `build` writes ``shared_terms(model, lists, terms=3)``.
    teaser_words : int, >= 1
        Maximum number of words in a teaser, which comes from the description, else the text.

    Raises
    ------
    ConfigError
        If the format is unknown.
    OutputError
        If the file cannot be written.
    UnknownArticleError
        If a recommendation names an article that is not in the table.
    MissingDependencyError
        If the format needs a library that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from recommender.articles import validate_articles
    >>> articles = validate_articles(pd.DataFrame(
    ...     {"id": ["a", "b"], "title": ["Rye", "Oats"], "text": ["Sow it.", "Roll them."]}))
    >>> related = pd.DataFrame({"article_id": ["a"], "rank": [1], "related_id": ["b"],
    ...                         "score": [0.4], "origin": ["similar"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "related.jsonl")
    ...     write_recommendations(related, file, articles=articles)
    ...     print(file.read_text().splitlines()[1])
    {"id":"b","related":[]}
    """
    from recommender.articles import validate_articles
    from recommender.outputs.cards import article_table, cards
    from recommender.outputs.writers import FRONT_MATTER_FORMAT, GENERATOR_FORMATS, WRITERS

    chosen = format if format == FRONT_MATTER_FORMAT else output_format(path, format)
    if chosen == FRONT_MATTER_FORMAT and not isinstance(path, str | os.PathLike):
        raise ConfigError(
            "format: frontmatter needs the directory of the articles, got an open file",
            "pass the directory that the articles were read from as path",
        )
    articles = article_table(articles)
    if new_articles is not None:
        new_articles = validate_articles(new_articles)
    lists: Lists = cards(
        recommendations,
        articles,
        new_articles=new_articles,
        because=because,
        teaser_words=teaser_words,
    )
    if chosen == FRONT_MATTER_FORMAT and isinstance(path, str | os.PathLike):
        from recommender.outputs.front_matter import write_front_matter

        write_front_matter(lists, path)
        return
    if chosen in GENERATOR_FORMATS:
        from recommender.outputs.generators import keyed, page_languages, pages

        place = None if source is None else os.fspath(source)
        named = pages(articles, chosen, place)
        owners = named if new_articles is None else pages(new_articles, chosen, place)
        languages = page_languages(articles if new_articles is None else new_articles)
        lists = keyed(lists, named, owners, languages)
    with opened_file(path) as file:
        WRITERS[chosen](lists, file)


def output_format(path: str | os.PathLike[str] | BinaryIO, format: str = "auto") -> str:
    """Return the format for a file; the default for an open file is JSON.

    A JSON file in the directory ``recommender`` of WordPress's uploads is for its plug-in.

    Raises
    ------
    ConfigError
        If the format or the suffix is unknown.

    Examples
    --------
    >>> output_format("data/related.csv")
    'csv'
    >>> output_format("wp-content/uploads/recommender/related.json")
    'wordpress'
    """
    from recommender.outputs.writers import FRONT_MATTER_FORMAT, WRITERS

    if format in WRITERS:
        return format
    known = ", ".join(sorted([*WRITERS, FRONT_MATTER_FORMAT]))
    if format != "auto":
        raise ConfigError(
            f"format: unknown output format {format!r}, expected auto, {known}",
            did_you_mean(format, [*WRITERS, FRONT_MATTER_FORMAT]),
        )
    if not isinstance(path, str | os.PathLike):
        return "json"
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        problem = f"suffix {suffix} is unknown" if suffix else "has no suffix"
        raise ConfigError(
            f"{path}: {problem}, expected {', '.join(SUFFIXES)}",
            f"set format to one of {known}",
        )
    found = SUFFIXES[suffix]
    return "wordpress" if found == "json" and _is_for_plugin(path) else found


def _is_for_plugin(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is in the directory that only the plug-in for WordPress reads."""
    folder = Path(os.path.abspath(path)).parent
    return folder.name == "recommender" and "/wp-content/uploads/" in folder.as_posix()
