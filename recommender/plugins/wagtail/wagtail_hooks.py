"""What Wagtail finds by itself: the address of the panel's buttons."""

from __future__ import annotations

from django.urls import URLPattern, path
from wagtail import hooks

from recommender.plugins.wagtail.views import choose


@hooks.register("register_admin_urls")
def addresses() -> list[URLPattern]:
    """Return the addresses within the admin."""
    return [path("recommender/<int:page_id>/", choose, name="recommender_choose")]
