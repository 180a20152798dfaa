"""Pelican: ``PLUGINS = ["recommender.plugins.pelican"]`` adds the lists to the articles.

Each article gets the attribute `related`, a list of cards for the theme's templates. The block
is added to its page after Pelican has written it, so that feeds, summaries and pages with several
articles do not change; with ``RECOMMENDER = {"insert": False}``, no page changes. Drafts, hidden
articles and articles with ``Recommender: false`` in their header appear in no list. Works with
articles in any markup.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican import signals
from pelican.contents import Content
from pelican.generators import ArticlesGenerator

from recommender.pages.block import render_block
from recommender.pages.place import PlaceError, find_place, read_layout
from recommender.plugins.base import (
    index_folder,
    listing_fields,
    lists_for,
    matching,
    placed,
    plugin_settings,
    read_texts,
)
from recommender.sources.selection import asks_out

logger = logging.getLogger(__name__)

BLOCKS = "recommender_blocks"
"""Key of the context: a mapping from the path of an article's page to its block."""


def register() -> None:
    """Connect to Pelican, which calls this for every plug-in."""
    signals.all_generators_finalized.connect(add_related)
    signals.content_written.connect(put_block)


def add_related(generators: list[Any]) -> None:
    """Set `related` on the articles of all generators, and make the blocks for their pages.

    Raises
    ------
    ConfigError
        If ``RECOMMENDER`` contains an unknown setting.
    """
    for generator in generators:
        if isinstance(generator, ArticlesGenerator):
            _add_to(generator)


def put_block(path: str, context: Mapping[str, Any]) -> None:
    """Add the block to an article's own page, after its content.

    Parameters
    ----------
    path : str
        The written file.
    context : mapping
        The context of its template.
    """
    block = context.get(BLOCKS, {}).get(context.get("output_file"))
    if not block or "article" not in context:
        return
    file = Path(path)
    page = file.read_bytes()
    content = str(context["article"].content).strip().encode()
    start = page.find(content) if content else -1
    try:
        place = start + len(content)
        if start < 0:
            read_layout(page)  # refuses what cannot be changed
            place = find_place(page)
    except PlaceError as error:
        logger.warning("recommender: %s: %s; the page has no list", path, error)
        return
    file.write_bytes(b"%b\n%b%b" % (page[:place], block.encode(), page[place:]))


def _add_to(generator: Any) -> None:
    config = generator.settings
    folder = Path(config["PATH"])
    found = plugin_settings(config.get("RECOMMENDER") or {}, "RECOMMENDER", folder.parent)
    articles = [*generator.articles, *generator.translations]
    wanted = matching(folder, found.settings)
    kept = index_folder(found.settings, "pelican", folder.parent)
    lists = lists_for(_records(articles, wanted, kept), found.settings)
    blocks = generator.context.setdefault(BLOCKS, {})
    for article in articles:
        cards = lists.get(_name(article), ())
        place = partial(_address, article, config)
        article.related = placed(cards, place, article.lang, found.heading)
        if article.related and found.insert:
            blocks[article.save_as] = render_block(
                article.related, lang=article.lang, heading=found.heading or None
            )
    logger.info("recommender: %s lists", f"{len(lists):,}")


def _address(article: Any, config: Mapping[str, Any], url: str) -> str:
    if config.get("RELATIVE_URLS"):
        return f"{'../' * article.save_as.count('/')}{url}"
    return f"{config.get('SITEURL') or ''}/{url}"


def _records(
    articles: list[Any], wanted: set[str] | None, folder: Path | None
) -> Iterator[dict[str, Any]]:
    asked = (a for a in articles if wanted is None or _source(a) in wanted)
    read = [article for article in asked if not asks_out(article.metadata)]
    contents = [article._content or "" for article in read]
    paths = [_source(article) for article in read]
    texts = read_texts(contents, paths=paths, folder=folder)
    for article, found in zip(read, texts, strict=True):
        yield {
            "id": _name(article),
            "title": _plain(article.title),
            **found,
            "url": article.url,
            "date": getattr(article, "date", None),
            "tags": [tag.name for tag in getattr(article, "tags", ())],
            "category": str(getattr(article, "category", "")),
            "lang": article.lang,
            "image": str(getattr(article, "image", "") or getattr(article, "cover", "") or ""),
            "author": [author.name for author in getattr(article, "authors", ())],
            "description": _plain(article.metadata.get("summary") or ""),
            **listing_fields(article.metadata),
        }


def _name(article: Content) -> str:
    return f"{_source(article)}#{article.lang}"


def _source(article: Any) -> str:
    return str(article.get_relative_source_path()).replace("\\", "/")


def _plain(markup: Any) -> str:
    """Return a title or summary, which is HTML in Pelican, as text."""
    return Markup(str(markup)).striptags()  # noqa: S704 - only its text is used
