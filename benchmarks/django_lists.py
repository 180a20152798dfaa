"""Time of `manage.py recommend` and of the tag, and of one row per entry instead of JSON.

    python benchmarks/django_lists.py [10000] [--postgres DIRECTORY-OF-ITS-SOCKET]

Makes a project with generated articles in a temporary directory, on SQLite unless a server of
PostgreSQL with a user `courier` is named. Prints the seconds of the first, second and
third run (the third after an edit of one article), with and without an index directory, and the
queries and median milliseconds of a block of 6 cards; then writes and reads the same lists with one
row per entry.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import generator

READS = 300


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("articles", type=int, nargs="?", default=10_000)
    parser.add_argument("--postgres", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder), args.postgres)
        fill(args.articles)
        measure(Path(folder))


def configure(folder: Path, socket: str) -> None:
    """Set up Django with two tables: of articles, and of entries."""
    import django
    from django.conf import settings

    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db.sqlite3"}
    postgres = {"ENGINE": "django.db.backends.postgresql", "HOST": socket, "USER": "courier",
                "NAME": "postgres"}  # fmt: skip
    settings.configure(
        INSTALLED_APPS=["recommender.plugins.django"],
        DATABASES={"default": postgres if socket else sqlite},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
    )
    django.setup()
    from django.db import models

    class Article(models.Model):
        title = models.CharField(max_length=300)
        body = models.TextField()
        published = models.DateField()

        class Meta:
            app_label = "recommender"

        def get_absolute_url(self) -> str:
            return f"/{self.pk}/"

    class Place(models.Model):
        article = models.ForeignKey(Article, models.CASCADE, related_name="places")
        position = models.PositiveSmallIntegerField()
        related = models.ForeignKey(Article, models.CASCADE, related_name="+")
        score = models.FloatField()
        origin = models.CharField(max_length=30)
        because = models.CharField(max_length=300)

        class Meta:
            app_label = "recommender"

    globals().update(Article=Article, Place=Place)
    settings.RECOMMENDER = setting()


def setting(**more: object) -> dict[str, Any]:
    """Return the setting of the plug-in."""
    options = {"title": "title", "text": "body", "date": "published"}
    return {"models": {"recommender.Article": options}, **more}


def fill(n: int) -> None:
    """Write the articles."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Article)  # noqa: F821
        editor.create_model(Place)  # noqa: F821
    rows = (
        Article(  # noqa: F821
            title=row["title"], body=f"<p>{row['text']}</p>", published=row["date"][:10]
        )
        for row in generator.articles(n)
    )
    Article.objects.bulk_create(rows, batch_size=1_000)  # noqa: F821


def measure(folder: Path) -> None:
    """Time the runs, the tag and the other table."""
    from django.test import override_settings

    from recommender.plugins.django.models import RelatedList

    for name, more in (("without an index", {}), ("with an index", {"index_dir": str(folder)})):
        with override_settings(RECOMMENDER=setting(**more)):
            for run in ("first", "second", "third"):
                if run == "third":
                    first = Article.objects.first()  # noqa: F821
                    Article.objects.filter(pk=first.pk).update(body=first.body + " More.")  # noqa: F821
                seconds, said = timed(recommend)
                print(f"{run} run {name}: {seconds:.1f} s; {said}")
        if not more:
            RelatedList.objects.all().delete()
    measure_tag()
    measure_places()


def recommend() -> str:
    """Run the command, and return its last line."""
    from django.core.management import call_command

    out = io.StringIO()
    call_command("recommend", stdout=out, stderr=out)
    return out.getvalue().strip().splitlines()[-1]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of a call, and what it returned."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def measure_tag() -> None:
    """Time a block of 6 cards."""
    from django.db import connection
    from django.template import Context, Template
    from django.test.utils import CaptureQueriesContext

    template = Template("{% load recommender %}{% related article %}")
    some = [*Article.objects.order_by("?")[:READS]]  # noqa: F821
    times = [timed(lambda a=a: template.render(Context({"article": a})))[0] for a in some]
    with CaptureQueriesContext(connection) as queries:
        template.render(Context({"article": some[0]}))
    print(f"tag: {len(queries)} queries, {statistics.median(times) * 1e3:.2f} ms (median)")


def measure_places() -> None:
    """Write and read the lists as one row per entry."""
    from recommender.plugins.django.models import RelatedList

    lists = {int(row.object_id): row.found() for row in RelatedList.objects.iterator()}
    rows = [
        Place(  # noqa: F821
            article_id=own, position=at, related_id=int(e.key), score=e.score, origin=e.origin,
            because=",".join(e.because),
        )
        for own, entries in lists.items() for at, e in enumerate(entries)
    ]  # fmt: skip
    seconds, _ = timed(lambda: Place.objects.bulk_create(rows, batch_size=1_000))  # noqa: F821
    print(f"one row per entry: {len(rows):,} rows written in {seconds:.2f} s")
    new = [RelatedList(model="x", object_id=row.object_id, title=row.title, entries=row.entries)
           for row in RelatedList.objects.iterator()]  # fmt: skip
    seconds, _ = timed(lambda: RelatedList.objects.bulk_create(new, batch_size=500))
    print(f"one row per list: {len(new):,} rows written in {seconds:.2f} s")
    keys = [*lists][:READS]

    def read_places(key: int) -> list[Any]:
        return [*Place.objects.filter(article_id=key).order_by("position")]  # noqa: F821

    def read_list(key: int) -> Any:
        return RelatedList.objects.get(model="recommender.article", object_id=str(key)).found()

    for name, read in (("one row per entry", read_places), ("one row per list", read_list)):
        times = [timed(lambda key=key, read=read: read(key))[0] for key in keys]
        print(f"{name}: read in {statistics.median(times) * 1e3:.2f} ms (median)")
    everything = timed(lambda: [*Place.objects.values_list()])[0]  # noqa: F821
    print(f"one row per entry: all read in {everything:.2f} s, to find what changed")
    everything = timed(lambda: [*RelatedList.objects.filter(model="x").values_list()])[0]
    print(f"one row per list: all read in {everything:.2f} s, to find what changed")


if __name__ == "__main__":
    main()
