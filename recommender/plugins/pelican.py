"""Pelican: ``PLUGINS = ["recommender.plugins.pelican"]``, and the lists are on the articles.

Each article gets the attribute `related`, a list of cards for the theme's templates, and the
block after its content; ``RECOMMENDER = {"insert": False}`` leaves the content as it is.
Drafts and hidden articles are in no list. Works with articles in any markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican import signals
from pelican.contents import Content
from pelican.generators import ArticlesGenerator
from pelican.utils import truncate_html_paragraphs, truncate_html_words

from recommender.outputs.block import render_block
from recommender.plugins.base import lists_for, matching, placed, plugin_settings


def register() -> None:
    """Connect to Pelican; it calls this for every plug-in."""
    signals.all_generators_finalized.connect(add_related)


def add_related(generators: list[Any]) -> None:
    """Set `related` on the articles of all generators, and put the block after their content.

    Raises
    ------
    ConfigError
        If ``RECOMMENDER`` holds what is no setting.
    """
    for generator in generators:
        if isinstance(generator, ArticlesGenerator):
            _add_to(generator)


def _add_to(generator: Any) -> None:
    config = generator.settings
    folder = Path(config["PATH"])
    found = plugin_settings(config.get("RECOMMENDER") or {}, "RECOMMENDER", folder.parent)
    articles = [*generator.articles, *generator.translations]
    wanted = matching(folder, found.settings)
    lists = lists_for(_records(articles, wanted), found.settings)
    for article in articles:
        cards = lists.get(_name(article), ())
        article.related = placed(cards, partial(_address, article, config))
        if article.related and found.insert:
            _keep_summary(article, config)
            block = render_block(article.related, lang=article.lang, heading=found.heading or None)
            article._content += f"\n{block}"  # `content` is made from it, once


def _address(article: Any, config: Mapping[str, Any], url: str) -> str:
    if config.get("RELATIVE_URLS"):
        return f"{'../' * article.save_as.count('/')}{url}"
    return f"{config.get('SITEURL') or ''}/{url}"


def _keep_summary(article: Any, config: Mapping[str, Any]) -> None:
    """Make the summary from the text before the block joins it, as Pelican would later."""
    if "summary" in article.metadata:
        return
    summary, paragraphs = article._content, config.get("SUMMARY_MAX_PARAGRAPHS")
    if paragraphs is not None:
        summary = truncate_html_paragraphs(summary, paragraphs)
    if config["SUMMARY_MAX_LENGTH"] is not None:
        suffix = config["SUMMARY_END_SUFFIX"]
        summary = truncate_html_words(summary, config["SUMMARY_MAX_LENGTH"], suffix)
    article.metadata["summary"] = article._summary = summary


def _records(articles: list[Any], wanted: set[str] | None) -> Iterator[dict[str, Any]]:
    from recommender.sources.plain import read_document

    for article in articles:
        if wanted is not None and _source(article) not in wanted:
            continue
        yield {
            "id": _name(article),
            "title": _plain(article.title),
            "text": read_document(article._content).text,
            "url": article.url,
            "date": getattr(article, "date", None),
            "tags": [tag.name for tag in getattr(article, "tags", ())],
            "category": article.category.name,
            "lang": article.lang,
            "image": str(getattr(article, "image", "") or getattr(article, "cover", "") or ""),
            "author": [author.name for author in getattr(article, "authors", ())],
            "description": _plain(article.metadata.get("summary") or ""),
        }


def _name(article: Content) -> str:
    return f"{_source(article)}#{article.lang}"


def _source(article: Any) -> str:
    return str(article.get_relative_source_path()).replace("\\", "/")


def _plain(markup: Any) -> str:
    """Return a title or summary, which are HTML in Pelican, as text."""
    return Markup(str(markup)).striptags()  # noqa: S704 - text is what is wanted of it
