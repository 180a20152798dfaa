"""Outputs: one writer per kind of file, each whole or not at all.

Adding one is a function (lists, file) in `writers.py`, a line in its table, and its suffix
in `SUFFIXES`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from recommender.articles import validate_articles
from recommender.errors import ConfigError, did_you_mean
from recommender.outputs.atomic import atomic_file, opened_file
from recommender.outputs.cards import Because, Card, article_table, cards
from recommender.outputs.writers import FRONT_MATTER_FORMAT, GENERATOR_FORMATS, PREPARED, WRITERS

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".yaml": "yaml",
    ".yml": "yaml",
}
"""Suffix of a file to its format, for ``auto``."""

__all__ = [
    "SUFFIXES",
    "WRITERS",
    "Card",
    "atomic_file",
    "cards",
    "output_format",
    "write_recommendations",
]


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
    """Write the lists where a site's build reads them.

    Parameters
    ----------
    recommendations : DataFrame
        As from `ArticleRecommender.recommend`.
    path : path or binary file
        File to write. It is replaced as a whole, at the end; a failed run leaves the old one.
        An open file is written into as it is.
        For frontmatter: the directory of the Markdown files that the articles were read from.
    articles : DataFrame
        The Article table, for titles, addresses and teasers. Every article gets a list.
    new_articles : DataFrame, optional
        What `recommend_for` was given, for its lists: then only these articles get one.
    format : str
        csv, json, jsonl, parquet or yaml, with lists by article id; ``auto`` goes by the
        suffix. astro, docusaurus, eleventy, hugo, jekyll or zola: JSON with lists under what the
        generator's templates have at hand, and in each card the heading of its list and the day
        in the language of the list's article. frontmatter: the key ``related`` of the articles'
        own files.
    source : path, optional
        Where the articles were read from; tells hugo, jekyll, zola and eleventy where in the site
        that is.
    because : sequence of sequences of str or of (str, float), optional
        Per recommendation the terms that made it, as from `recommender.shared_terms` or
        `recommender.because`. The command `build` writes ``shared_terms(model, lists, terms=3)``.
    teaser_words : int, >= 1
        Most words of a teaser, of the description or else of the text.

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
    chosen = format if format == FRONT_MATTER_FORMAT else output_format(path, format)
    if chosen == FRONT_MATTER_FORMAT and not isinstance(path, str | os.PathLike):
        raise ConfigError("format: frontmatter goes into the articles' own files, got an open file")
    articles = article_table(articles)
    if new_articles is not None:
        new_articles = validate_articles(new_articles)
    lists = cards(
        recommendations,
        articles,
        new_articles=new_articles,
        because=because,
        teaser_words=teaser_words,
        prepare=PREPARED.get(chosen),
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
    """Return the format that a file would be written in; an open file holds JSON by default.

    Raises
    ------
    ConfigError
        If the format or the suffix is unknown.

    Examples
    --------
    >>> output_format("data/related.csv")
    'csv'
    """
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
        raise ConfigError(
            f"{path}: suffix {suffix or '(none)'} is unknown, expected {', '.join(SUFFIXES)}",
            f"name the format with --format, one of {known}",
        )
    return SUFFIXES[suffix]
