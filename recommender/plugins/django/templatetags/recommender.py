"""``{% load recommender %}``: the list of an object, as a block or as cards.

``{% related object %}`` is the block of ``recommender/related.html``;
``{% related object as cards %}`` sets a variable and writes nothing. Both take ``count=4`` and the
block ``heading="More"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from recommender.outputs.wording import heading_for
from recommender.pages.block import linked_data
from recommender.plugins.django.options import options
from recommender.plugins.django.showing import related_cards

register = template.Library()

TEMPLATE = "recommender/related.html"
_USAGE = "expected {% related OBJECT [count=N] [heading=TEXT] [as NAME] %}"


class RelatedNode(template.Node):
    """The tag, compiled."""

    def __init__(
        self, what: FilterExpression, given: Mapping[str, FilterExpression], name: str
    ) -> None:
        self._what = what
        self._given = given
        self._name = name

    def render(self, context: Any) -> str:
        """Return the block, or set the variable and return nothing."""
        given = {key: value.resolve(context) for key, value in self._given.items()}
        request = context.get("request")
        cards = related_cards(self._what.resolve(context), _count(given.get("count")), request)
        if self._name:
            context[self._name] = cards
            return ""
        return _block(cards, given.get("heading"), request)


@register.tag
def related(parser: Parser, token: Token) -> RelatedNode:
    """Compile ``{% related object %}``."""
    words = token.split_contents()[1:]
    name = ""
    if len(words) > 2 and words[-2] == "as":
        name, words = words[-1], words[:-2]
    rest = words[1:]
    given = token_kwargs(rest, parser)
    if not words or rest or not {*given} <= {"count", "heading"}:
        raise template.TemplateSyntaxError(f"related: got {token.contents!r}, {_USAGE}")
    return RelatedNode(parser.compile_filter(words[0]), given, name)


def _count(value: Any) -> int | None:
    """Return the number of cards; a value that is none is an error of the template."""
    if value is None:
        return None
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        raise template.TemplateSyntaxError(
            f"related: count must be a whole number, got {value!r}"
        ) from None


def _block(cards: list[dict[str, Any]], heading: Any, request: Any) -> str:
    if not cards:
        return ""
    names = {
        "cards": cards,
        "heading": heading or options().heading or heading_for(get_language() or "", cards),
        "linked_data": mark_safe(linked_data(cards)),  # noqa: S308 - JSON escapes all markup
    }
    return str(render_to_string(TEMPLATE, names, request))
