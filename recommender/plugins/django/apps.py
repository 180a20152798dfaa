"""The app as Django starts it: its name, and its checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.core.signals import setting_changed

from recommender.plugins.django.checks import check_settings
from recommender.plugins.django.options import forget


class RecommenderConfig(AppConfig):
    """The app ``recommender``."""

    name = "recommender.plugins.django"
    label = "recommender"
    verbose_name = "Related articles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect to Django."""
        checks.register(check_settings)
        setting_changed.connect(forget)
