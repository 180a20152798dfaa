"""The admin: every list with its reasons and scores, and the pins and bans of editors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from recommender.plugins.django.models import EditorialChoice, RelatedList
from recommender.plugins.django.options import options
from recommender.plugins.django.showing import kept_list, with_banned

BUTTONS: Mapping[str, Any] = {
    "_pin": EditorialChoice.Action.PIN,
    "_ban": EditorialChoice.Action.BAN,
}
"""The buttons beside an entry; their value is the primary key of its list."""

KEY = re.compile(r"[0-9]{1,18}")


class ModelFilter(admin.SimpleListFilter):
    """Lists of one model."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the models in the table."""
        labels = RelatedList.objects.order_by("model").values_list("model", flat=True).distinct()
        return [(label, label) for label in labels]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the lists of the chosen model."""
        return queryset.filter(model=self.value()) if self.value() else queryset


class ChoiceInline(admin.TabularInline):
    """The pins and bans of a list."""

    model = EditorialChoice
    fk_name = "list"
    autocomplete_fields: ClassVar = ["shown"]
    extra = 1


@admin.register(RelatedList)
class RelatedListAdmin(admin.ModelAdmin):
    """A list: what the last run found, which only editors change."""

    list_display: ClassVar = ["title", "model", "length"]
    list_filter: ClassVar = [ModelFilter]
    search_fields: ClassVar = ["title"]
    fields: ClassVar = ["model", "object_id"]
    readonly_fields: ClassVar = fields
    inlines: ClassVar = [ChoiceInline]
    change_form_template = "admin/recommender/list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A run makes the lists."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A run removes them."""
        return False

    @admin.display(description="entries")
    def length(self, row: RelatedList) -> int:
        """Return the number of entries that the last run found."""
        return len(row.entries)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the entries to the page of a list."""
        row = self.get_object(request, object_id)
        extra = {
            "entries": [] if row is None else entries_of(row),
            "shown": options().settings.k,
            "can_choose": self.has_change_permission(request, row) and _may_choose(request),
        }
        shown: HttpResponse = super().change_view(
            request, object_id, form_url, {**extra, **(extra_context or {})}
        )
        return shown

    def response_change(self, request: HttpRequest, obj: RelatedList) -> HttpResponse:
        """Obey a button beside an entry, and stay on the page."""
        for name, action in BUTTONS.items():
            key = request.POST.get(name, "")
            if KEY.fullmatch(key) and _may_choose(request):
                shown = RelatedList.objects.filter(pk=key).exclude(pk=obj.pk).first()
                if shown is not None:
                    obj.choose(action, shown)
                    self.log_change(request, obj, f"{action.label}: {shown}")
                return HttpResponseRedirect(request.path)
        answer: HttpResponse = super().response_change(request, obj)
        return answer


def _may_choose(request: HttpRequest) -> bool:
    rights = ("recommender.add_editorialchoice", "recommender.change_editorialchoice")
    return bool(request.user.has_perms(rights))


def entries_of(row: RelatedList) -> list[dict[str, Any]]:
    """Return the entries of a list for the page of an editor, banned ones last; two queries.

    Parameters
    ----------
    row : RelatedList
        The row of the list.

    Returns
    -------
    list of dict
        `entry`, an `Entry`; `row`, the list of its article, or None; `banned`.
    """
    kept = kept_list(row.model, row.object_id)
    every = with_banned(kept)
    keys = {entry.key for entry in every}
    rows = {(r.model, r.object_id): r for r in RelatedList.objects.filter(object_id__in=keys)}
    return [
        {"entry": entry, "row": rows.get(entry[:2]), "banned": entry[:2] in kept.bans}
        for entry in every
    ]
