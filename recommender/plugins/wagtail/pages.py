"""Pages as articles: the options that the setting need not contain.

The text of rich text and of StreamFields comes from the values themselves, as Wagtail's search
reads them; no template is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db.models import Model, QuerySet
from wagtail.blocks import ListBlock, StreamBlock, StreamValue, StructBlock
from wagtail.blocks.field_block import BaseChoiceBlock
from wagtail.models import Page
from wagtail.rich_text import RichText

from recommender.plugins.django.options import read_options
from recommender.plugins.django.records import html_of

LOCALE = "locale"
"""Column with the locale of a page: a list contains only pages in that of its page."""


def page_defaults(model: type[Model]) -> Mapping[str, Any] | None:
    """Return the options of a type of pages, see `add_defaults`; None for other models."""
    if not issubclass(model, Page):
        return None
    return {
        "date": "first_published_at",
        "language": "locale.language_code",
        "description": "search_description",
        "url": page_url,
        "only": public_pages,
        "html": page_html,
        "keep_apart": LOCALE,
        "more": {LOCALE: _locale, "translation_key": lambda page: str(page.translation_key)},
    }


def page_url(page: Page, request: Any) -> str:
    """Return the address of a page; empty for one below no site."""
    return page.get_url(request) or ""


def public_pages(pages: QuerySet[Any]) -> QuerySet[Any]:
    """Return the pages that every visitor may see."""
    return pages.live().public().select_related("locale")


def page_html(value: Any) -> str:
    """Return a value of a page's text as HTML, without its templates."""
    if isinstance(value, StreamValue):
        return "\n".join(html_of(text) for text in _stream_texts(value) if text.strip())
    return html_of(value.source if isinstance(value, RichText) else value)


def _stream_texts(stream: StreamValue) -> Iterator[str]:
    for child in stream:
        yield from _block_texts(child.block, child.value)


def _block_texts(block: Any, value: Any) -> Iterator[str]:
    """Yield rich text as its HTML, with paragraphs, and of other blocks what search finds.

    Choices, such as that of a layout, are not text. A block with a rule of its own for search keeps
    it.
    """
    own = type(block).get_searchable_content
    if isinstance(block, BaseChoiceBlock) or not getattr(block, "search_index", True):
        return
    if isinstance(value, RichText):
        yield value.source
    elif own is StructBlock.get_searchable_content:
        for name, child in block.child_blocks.items():
            yield from _block_texts(child, value.get(name, child.get_default()))
    elif own is ListBlock.get_searchable_content:
        for item in value:
            yield from _block_texts(block.child_block, item)
    elif own is StreamBlock.get_searchable_content:
        yield from _stream_texts(value)
    else:
        yield from map(str, block.get_searchable_content(value))


def _locale(page: Page) -> str:
    return str(page.locale.language_code)


def check_index(app_configs: Any = None, **others: Any) -> list[CheckMessage]:
    """Warn if nothing is kept that gives a new page its list."""
    found, _ = read_options()
    pages = [m for m in found.models.values() if issubclass(m.model, Page)] if found else []
    if not pages or (found and found.index):
        return []
    return [
        Warning(
            "RECOMMENDER: without index_dir, a new page has no list until the next run, and the "
            "panel of editors shows no suggestions",
            hint='set "index_dir": a directory that the command and the site share',
            id="recommender.W001",
        )
    ]
