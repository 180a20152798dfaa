"""The suggestions for a page, and what editors decide about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from wagtail.models import Page

from recommender.errors import RecommenderError
from recommender.plugins.django.building import list_for
from recommender.plugins.django.models import key_of
from recommender.plugins.django.options import ModelOptions, options
from recommender.plugins.django.records import title_of
from recommender.plugins.django.showing import (
    PINNED,
    Kept,
    kept_list,
    public_objects,
    with_banned,
)


def suggestions(own: ModelOptions, page: Any) -> dict[str, Any]:
    """Return the suggestions for a page as it is, for the template of the panel.

    Parameters
    ----------
    own : ModelOptions
        The options of its type.
    page : Page
        Specific, such as the draft that an editor sees.

    Returns
    -------
    dict
        `rows`, each with `key`, `title`, `edit` (an address), `entry` and `state` (``pinned``,
        ``banned`` or empty); and `problem`, why there is no list for this text, or empty.
    """
    kept, problem = kept_list(own.label, str(page.pk)), ""
    try:
        kept = kept._replace(entries=list_for(own, page))
    except RecommenderError as error:
        problem = str(error)
    return {"rows": [*_rows(kept)], "problem": problem}


def _rows(kept: Kept) -> Iterable[dict[str, Any]]:
    entries = with_banned(kept)
    found = public_objects(entries)
    for entry in entries:
        page = found.get((entry.model, entry.key))
        if page is not None:
            pinned = "pinned" if entry.origin == PINNED else ""
            yield {
                "key": key_of(entry.model, entry.key),
                "title": title_of(options().models[entry.model], page),
                "edit": _edit_address(page),
                "entry": entry,
                "state": "banned" if entry[:2] in kept.bans else pinned,
            }


def _edit_address(found: Any) -> str:
    if not isinstance(found, Page):
        return ""
    return str(reverse("wagtailadmin_pages:edit", args=[found.pk]))
