"""MkDocs: ``plugins: [search, recommender]`` in `mkdocs.yml` adds the lists to the pages.

ProperDocs, which continues MkDocs 1, finds the plug-in and its imports under the same names.
Works with every theme, including Material: the block goes after the content of the page.
With ``insert: false``, templates get the cards as ``related`` instead.
A page with ``recommender: false`` or ``related: false`` in its front matter gets no list and
appears in none.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url
from mkdocs.utils.templates import TemplateContext

from recommender.errors import ConfigError
from recommender.pages.block import render_block
from recommender.plugins.base import (
    PluginSettings,
    index_folder,
    listing_fields,
    lists_for,
    matching,
    placed,
    plugin_settings,
    read_texts,
)
from recommender.sources.selection import asks_out

logger = logging.getLogger(f"mkdocs.plugins.{__name__}")


class RecommenderPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]  # no scheme
    """Adds its list to every page of a MkDocs site.

    Options are the settings of `recommender` (`k`, `min_score`, `title_weight`, …), `glob` to
    select the articles below `docs_dir`, `insert` and `heading`.
    """

    _found: PluginSettings

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[list[Any], list[Any]]:
        """Check the options; MkDocs prints the errors."""
        self._lists: dict[str, list[Any]] = {}
        file = Path(config_file_path or "mkdocs.yml")
        try:
            self._found = plugin_settings(dict(options), file.name, file.parent)
        except ConfigError as error:
            return [("recommender", error)], []
        return [], []

    def on_env(self, env: Any, /, *, config: MkDocsConfig, files: Files) -> Any:
        """Compute all lists; every page has been read at this point."""
        settings = self._found.settings
        wanted = matching(Path(config.docs_dir), settings)
        folder = index_folder(settings, "mkdocs", Path(config.config_file_path or ".").parent)
        self._lists = lists_for(_records(files, wanted, folder), settings)
        logger.info("recommender: %s lists", f"{len(self._lists):,}")
        return env

    @event_priority(-100)  # after the search plug-in, which indexes the content
    def on_page_context(
        self, context: TemplateContext, /, *, page: Page, config: MkDocsConfig, nav: Any
    ) -> TemplateContext:
        """Pass a page its cards, and add the block after its content."""
        found = self._lists.get(page.file.src_uri, ())
        language = str(page.meta.get("lang") or _language(config))
        cards = placed(
            found,
            lambda url: get_relative_url(url or "./", page.url),
            language,
            self._found.heading,
        )
        context["related"] = cards  # type: ignore[typeddict-unknown-key]
        if cards and self._found.insert:
            block = render_block(cards, lang=language, heading=self._found.heading or None)
            page.content = f"{page.content or ''}\n{block}"
        return context


def _records(
    files: Files, wanted: set[str] | None, folder: Path | None
) -> Iterator[dict[str, Any]]:
    read = [
        (file, file.page)
        for file in files.documentation_pages()
        if file.page is not None
        and (wanted is None or file.src_uri in wanted)
        and not asks_out(file.page.meta)
    ]
    titles = [_title(page) for _, page in read]
    paths = [file.src_uri for file, _ in read]
    texts = read_texts([page.content or "" for _, page in read], titles, paths, folder)
    for (file, page), title, found in zip(read, titles, texts, strict=True):
        if not found["text"]:
            continue
        tags, date = page.meta.get("tags"), page.meta.get("date")
        yield {
            "id": file.src_uri,
            "title": title,
            **found,
            "url": page.url,
            "path": file.src_uri.removesuffix(".md"),
            "tags": [str(tag) for tag in tags] if isinstance(tags, list) else [],
            "date": date.get("created") if isinstance(date, dict) else date,  # Material's blog
            "lang": str(page.meta.get("lang") or ""),
            "description": str(page.meta.get("description") or ""),
            "author": page.meta.get("authors") or page.meta.get("author"),
            "image": str(page.meta.get("image") or ""),
            "category": str(page.meta.get("category") or ""),
            **listing_fields(page.meta),
        }


def _title(page: Page) -> str:
    """Return the title that readers of a page see: its own, else that of the navigation.

    The navigation calls pages by what they are in it, such as "Start".
    """
    heading = next((item.title for item in page.toc if item.level == 1), "")
    return str(page.meta.get("title") or unescape(heading) or page.title or "")


def _language(config: MkDocsConfig) -> str:
    locale = config.theme.get("language") or config.theme.get("locale")
    return str(locale or "")
