"""The tables: the list of each object, and what editors decide about it.

A list is one row, with its entries as JSON: showing it reads one row, and a run writes only the
rows that changed. Objects are named by their model and the text of their key, which works for
keys of any type and needs no query for content types.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models


class Entry(NamedTuple):
    """An entry of a list, as its JSON contains it."""

    model: str
    """Name of the model, such as ``news.article``."""
    key: str
    """Primary key as text."""
    score: float
    """The cosine, 6 decimals."""
    origin: str
    """How it came in, one of `recommender.ranking.ORIGINS`."""
    because: list[str]
    """The terms that contribute most to the score."""
    reason: str = ""
    """A text for readers, with the setting `reasons`."""
    teaser: str = ""
    """The first words of the article, or its description."""


class RelatedList(models.Model):
    """The list of one object, as the last run made it."""

    model = models.CharField(max_length=100, editable=False)
    object_id = models.CharField(max_length=255, editable=False)
    title = models.CharField(max_length=255, editable=False)
    teaser = models.TextField(default="", editable=False)
    entries = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = "related list"
        ordering: ClassVar = ["title", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "object_id"], name="recommender_one_list")
        ]

    def __str__(self) -> str:
        return self.title or f"{self.model} {self.object_id}"

    def found(self) -> list[Entry]:
        """Return the entries."""
        return [Entry(*entry) for entry in self.entries]

    def choose(self, action: str, shown: RelatedList) -> None:
        """Pin an article to the end of the pinned ones, or ban it.

        Parameters
        ----------
        action : EditorialChoice.Action
        shown : RelatedList
            The list of the article.
        """
        last = self.choices.aggregate(last=models.Max("position"))["last"]
        values = {"action": action, "position": 0 if last is None else last + 1}
        EditorialChoice.objects.update_or_create(list=self, shown=shown, defaults=values)


class EditorialChoice(models.Model):
    """An article that an editor pins to the top of a list, or bans from it."""

    class Action(models.TextChoices):
        """What to do."""

        PIN = "pin", "Show first"
        BAN = "ban", "Do not show"

    list = models.ForeignKey(RelatedList, models.CASCADE, related_name="choices")
    action = models.CharField(max_length=3, choices=Action.choices, default=Action.PIN)
    shown = models.ForeignKey(
        RelatedList, models.CASCADE, related_name="chosen_in", verbose_name="article"
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Pinned articles are shown in this order."
    )

    class Meta:
        verbose_name = "pin or ban"
        verbose_name_plural = "pins and bans"
        ordering: ClassVar = ["action", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["list", "shown"], name="recommender_one_choice")
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.shown}"

    def clean(self) -> None:
        """Refuse an article in its own list."""
        if self.shown_id is not None and self.shown_id == self.list_id:
            raise ValidationError({"shown": "An article is never in its own list: choose another."})


def key_of(model: str, object_id: Any) -> str:
    """Return the name of an object among all, such as ``news.article:17``."""
    return f"{model}:{object_id}"
