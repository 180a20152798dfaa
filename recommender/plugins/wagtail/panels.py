"""A panel of the page editor: suggestions for the text as it is, with reasons, to pin or ban."""

from __future__ import annotations

from typing import Any

from django.forms import Media
from django.urls import reverse
from wagtail.admin.panels import Panel
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Page

from recommender.plugins.django.options import options, options_of
from recommender.plugins.wagtail.suggestions import suggestions

CHOOSER = "recommender-pin"


class RelatedPanel(Panel):
    """Suggestions for a page.

    Parameters
    ----------
    heading : str, default "Related suggestions"
    **others
        As for every panel of Wagtail.
    """

    def __init__(self, heading: str = "Related suggestions", **others: Any) -> None:
        super().__init__(heading=heading, **others)

    class BoundPanel(Panel.BoundPanel):
        """The panel of one page."""

        template_name = "recommender_wagtail/panel.html"

        def _chooser(self) -> AdminPageChooser:
            found = options().models.values()
            return AdminPageChooser(
                target_models=[m.model for m in found if issubclass(m.model, Page)]
            )

        @property
        def is_known(self) -> bool:
            """Whether the page is saved, and its type is in the setting."""
            return bool(self.instance.pk) and options_of(self.instance) is not None

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            """Return the names of the template."""
            names: dict[str, Any] = super().get_context_data(parent_context)
            own = options_of(self.instance)
            names["is_known"] = self.is_known
            if own is not None and self.is_known:
                names |= suggestions(own, self.instance)
                names["address"] = reverse("recommender_choose", args=[self.instance.pk])
                names["chooser"] = self._chooser().render(CHOOSER, None, {"id": CHOOSER})
            return names

        @property
        def media(self) -> Media:
            """Script and style of the panel, and those of the chooser."""
            own = Media(
                js=["recommender_wagtail/panel.js"],
                css={"all": ["recommender_wagtail/panel.css"]},
            )
            return self._chooser().media + own if self.is_known else own
