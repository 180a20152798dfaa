"""The tables of lists, and of pins and bans."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The first tables."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="RelatedList",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                )),
                ("model", models.CharField(editable=False, max_length=100)),
                ("object_id", models.CharField(editable=False, max_length=255)),
                ("title", models.CharField(editable=False, max_length=255)),
                ("teaser", models.TextField(default="", editable=False)),
                ("entries", models.JSONField(default=list, editable=False)),
            ],
            options={
                "verbose_name": "related list",
                "ordering": ["title", "pk"],
                "constraints": [models.UniqueConstraint(
                    fields=("model", "object_id"), name="recommender_one_list"
                )],
            },
        ),
        migrations.CreateModel(
            name="EditorialChoice",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                )),
                ("action", models.CharField(
                    choices=[("pin", "Show first"), ("ban", "Do not show")],
                    default="pin", max_length=3,
                )),
                ("position", models.PositiveSmallIntegerField(
                    default=0, help_text="Pinned articles are shown in this order."
                )),
                ("list", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="choices",
                    to="recommender.relatedlist",
                )),
                ("shown", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="chosen_in",
                    to="recommender.relatedlist", verbose_name="article",
                )),
            ],
            options={
                "verbose_name": "pin or ban",
                "verbose_name_plural": "pins and bans",
                "ordering": ["action", "position", "pk"],
                "constraints": [models.UniqueConstraint(
                    fields=("list", "shown"), name="recommender_one_choice"
                )],
            },
        ),
    ]  # fmt: skip
