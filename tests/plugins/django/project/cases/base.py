"""Shared by all cases: the newspaper with its lists, and what a run says and asks the database."""

from __future__ import annotations

import io
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from news.models import Article
from news.newsroom import SEED, fill

from recommender.plugins.django.models import EditorialChoice, RelatedList

PIN, BAN = EditorialChoice.Action.PIN, EditorialChoice.Action.BAN
CHANGES = ("INSERT", "UPDATE", "DELETE")


def run(**options: Any) -> str:
    """Run the command, and return what it says."""
    out = io.StringIO()
    call_command("recommend", stdout=out, stderr=out, **options)
    return out.getvalue()


def writes(**options: Any) -> tuple[str, list[str]]:
    """Run the command, and return what it says, and its statements that write."""
    with CaptureQueriesContext(connection) as queries:
        said = run(**options)
    found = (query["sql"] for query in queries.captured_queries)
    return said, [sql for sql in found if sql.lstrip("( ").startswith(CHANGES)]


def table() -> dict[tuple[str, str], Any]:
    """Return all lists."""
    rows = RelatedList.objects.all()
    return {(row.model, row.object_id): (row.title, row.entries) for row in rows}


class Newspaper:
    """A mixin with the bundled articles and their lists."""

    notes = 0

    @classmethod
    def setUpTestData(cls) -> None:
        """Fill the tables."""
        fill(cls.notes)
        run()

    def setUp(self) -> None:
        """Find the article that most cases look at."""
        self.seed = Article.objects.get(title=SEED)
        self.row = row_of(self.seed)

    def shown(self, count: int | None = None) -> list[str]:
        """Return the titles that the seed's page shows."""
        from recommender.plugins.django.showing import related_cards

        return [card["title"] for card in related_cards(self.seed, count)]

    def choose(self, action: str, title: str) -> None:
        """Pin or ban an article in the seed's list."""
        self.row.choose(action, RelatedList.objects.get(title=title))


def row_of(instance: Any) -> RelatedList:
    """Return the list of an object."""
    label = instance._meta.label_lower
    return RelatedList.objects.get(model=label, object_id=str(instance.pk))
