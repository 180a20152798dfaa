"""The app as Django starts it."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.core import checks
from django.core.exceptions import ImproperlyConfigured


class RecommenderWagtailConfig(AppConfig):
    """The app ``recommender_wagtail``, which has no tables."""

    name = "recommender.plugins.wagtail"
    label = "recommender_wagtail"
    verbose_name = "Related pages"

    def ready(self) -> None:
        """Say how pages become articles, and listen to what editors publish."""
        if not apps.is_installed("recommender.plugins.django"):
            raise ImproperlyConfigured(
                "INSTALLED_APPS: recommender.plugins.wagtail needs recommender.plugins.django"
            )
        from wagtail.signals import page_published

        from recommender.plugins.django.options import add_defaults
        from recommender.plugins.wagtail.pages import check_index, page_defaults
        from recommender.plugins.wagtail.publishing import list_published

        add_defaults(page_defaults)
        checks.register(check_index)
        page_published.connect(list_published, dispatch_uid="recommender")
