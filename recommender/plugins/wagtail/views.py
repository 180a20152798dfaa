"""The address that the buttons of the panel call: it pins, bans or frees one article of a list."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST
from wagtail.models import Page

from recommender.plugins.django.models import EditorialChoice, Entry
from recommender.plugins.django.options import ModelOptions, options, options_of
from recommender.plugins.django.showing import public_objects
from recommender.plugins.django.writing import row_of
from recommender.plugins.wagtail.suggestions import suggestions

ROWS = "recommender_wagtail/rows.html"
KEY = re.compile(r"[0-9]{1,9}")
FREE = "free"
"""The action that takes a pin or ban back."""


@require_POST
def choose(request: HttpRequest, page_id: int) -> HttpResponse:
    """Change the list of a page, and return its suggestions.

    The form names an `action`, and the article: as `shown`, such as ``blog.blogpage:7``, or the
    key of a page in `page`.
    """
    page = get_object_or_404(Page, pk=page_id).specific
    own = options_of(page)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    action = request.POST.get("action", "")
    found = _shown(request)
    if own is None or found is None or action not in (*EditorialChoice.Action.values, FREE):
        return HttpResponseBadRequest("Not saved: choose a page that is live and public.")
    _, related = found
    if related.pk == page.pk:
        return HttpResponseBadRequest("Not saved: choose another page than this one.")
    _obey(action, own, page, found)
    draft = page.get_latest_revision_as_object()
    return render(request, ROWS, suggestions(own, draft))


def _shown(request: HttpRequest) -> tuple[ModelOptions, Any] | None:
    """Return the public article that a form names, and the options of its model."""
    label, _, key = request.POST.get("shown", "").partition(":")
    number = request.POST.get("page", "")
    if KEY.fullmatch(number) and (page := Page.objects.filter(pk=number).first()) is not None:
        own = options_of(page)
        label, key = (own.label, number) if own else ("", "")
    found = public_objects([Entry(label, key, 0.0, "", [])]).get((label, key))
    return None if found is None else (options().models[label], found)


def _obey(action: str, own: ModelOptions, page: Any, shown: tuple[ModelOptions, Any]) -> None:
    row, other = row_of(own, page), row_of(*shown)
    if action == FREE:
        row.choices.filter(shown=other).delete()
    else:
        row.choose(action, other)
