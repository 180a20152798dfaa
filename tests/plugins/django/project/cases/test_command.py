"""``manage.py recommend``: what it writes, and what it leaves."""

from __future__ import annotations

import tempfile
from html import unescape
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.core.management import CommandError
from django.db.models import QuerySet
from django.test import TestCase, TransactionTestCase, override_settings
from news.models import Article, Note
from news.newsroom import SEED, fill

from cases.base import BAN, PIN, Newspaper, run, table, writes
from recommender import ArticleRecommender
from recommender.plugins.django.models import RelatedList
from recommender.plugins.django.options import options
from recommender.plugins.django.records import read_records


def given(**changes: object) -> override_settings:
    """Return the setting with some keys changed."""
    return override_settings(RECOMMENDER={**settings.RECOMMENDER, **changes})


class WhatARunWrites(Newspaper, TestCase):
    """The lists of the library, and only what changed."""

    def test_lists_are_those_of_the_library(self) -> None:
        """A fit to the same texts gives the same entries, scores and order."""
        import pandas as pd

        rows = [*read_records(options().models["news.article"])]
        for row in rows:
            row["text"] = unescape(row.pop("html").replace("<p>", "\n\n").replace("</p>", ""))
        model = ArticleRecommender().fit(pd.DataFrame(rows))
        lists = model.recommend(k=12)
        wanted = lists[lists["article_id"] == f"news.article:{self.seed.pk}"]
        near = [related.partition(":")[2] for related in wanted["related_id"]]
        found = self.row.found()
        self.assertEqual([entry.key for entry in found], near)
        self.assertIn("lido", found[0].because)
        self.assertAlmostEqual(found[0].score, wanted["score"].iloc[0], delta=1e-6)

    def test_every_article_has_a_row(self) -> None:
        """With its title, for the search of the admin."""
        self.assertEqual(RelatedList.objects.count(), Article.objects.count())
        self.assertEqual(self.row.title, SEED)

    def test_a_second_run_writes_nothing(self) -> None:
        """It only reads."""
        said, statements = writes()
        self.assertIn("Nothing to write: ", said)
        self.assertEqual(statements, [])

    def test_only_lists_that_changed_are_written(self) -> None:
        """The others keep their rows, which another edit shows."""
        before = table()
        Article.objects.filter(pk=self.seed.pk).update(body="<p>Rye bread, and rye again.</p>")
        said, statements = writes()
        after = table()
        changed = sum(before[name] != after[name] for name in before)
        self.assertIn(f"Wrote lists: {changed} changed, ", said)
        self.assertLess(0, changed)
        self.assertLess(changed, len(before))
        self.assertTrue(all(sql.lstrip("( ").startswith("UPDATE") for sql in statements))

    def test_an_unpublished_article_leaves_the_lists(self) -> None:
        """Its row goes, and no entry names it."""
        first = self.row.found()[0]
        Article.objects.filter(pk=first.key).update(is_public=False)
        self.assertIn("1 removed", run())
        keys = {key for _, entries in table().values() for _, key, *_ in entries}
        self.assertNotIn(first.key, keys)
        self.assertNotIn(("news.article", first.key), table())

    def test_a_dry_run_says_what_it_would_do(self) -> None:
        """And writes nothing."""
        Article.objects.filter(pk=self.seed.pk).delete()
        said, statements = writes(dry_run=True)
        self.assertRegex(said, r"Would write lists: (\d+ changed, )?1 removed, \d+ unchanged")
        self.assertEqual(statements, [])

    def test_a_useless_run_needs_consent(self) -> None:
        """Lists are not lost to a mistake in the setting."""
        before = table()
        Article.objects.update(is_public=False)
        with self.assertRaisesMessage(CommandError, "lists would be empty, so nothing is written"):
            run()
        self.assertEqual(table(), before)
        self.assertIn("there are no articles", run(allow_empty=True))
        self.assertEqual(table(), {})

    def test_a_run_without_texts_warns(self) -> None:
        """Most lists are empty then, which is not a good result."""
        RelatedList.objects.all().delete()
        Article.objects.update(body="", summary="", title="")
        self.assertIn("lists are empty; check that text names", run())

    def test_reasons_for_readers_are_kept(self) -> None:
        """With the setting `reasons`, in the language of the article."""
        with given(reasons=True):
            run()
        self.row.refresh_from_db()
        self.assertRegex(self.row.found()[0].reason, "^Also about: .*[Ll]ido")

    def test_churn_compares_with_the_lists_that_are_shown(self) -> None:
        """With a large margin, no entry of the table is replaced."""
        order = [*reversed(self.row.entries)]
        RelatedList.objects.filter(pk=self.row.pk).update(entries=order)
        with given(churn_margin=1000.0):
            run()
        self.row.refresh_from_db()
        self.assertEqual({e[1] for e in order}, {entry.key for entry in self.row.found()})
        self.assertEqual(order[0][1], self.row.found()[0].key)

    def test_the_settings_file_counts(self) -> None:
        """A relative name is beside ``BASE_DIR``; the models are part of the setting."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "lists.toml").write_text("min_score = 0.3\nmin_items = 0\n")
            with override_settings(BASE_DIR=Path(folder)), given(settings="lists.toml"):
                run(allow_empty=True)
        self.row.refresh_from_db()
        self.assertTrue(self.row.entries)
        self.assertTrue(all(entry.score >= 0.3 for entry in self.row.found()))


class BansAndPins(Newspaper, TestCase):
    """What the next run makes of them."""

    def test_a_run_fills_the_place_of_a_banned_article(self) -> None:
        """The list that it keeps is as long as before."""
        with given(count=6):
            run()
            self.row.refresh_from_db()
            banned = self.row.found()[0]
            self.choose(BAN, self.shown()[0])
            run()
        self.row.refresh_from_db()
        self.assertEqual(len(self.row.entries), 6)
        self.assertNotIn(banned.key, [entry.key for entry in self.row.found()])

    def test_a_row_that_is_pinned_outlives_its_article(self) -> None:
        """So that the pin is there when the article is published again."""
        title = self.shown()[0]
        self.choose(PIN, title)
        Article.objects.filter(title=title).update(is_public=False)
        run()
        self.assertTrue(self.row.choices.exists())
        self.assertNotIn(title, self.shown())
        Article.objects.filter(title=title).update(is_public=True)
        run()
        self.assertEqual(self.shown()[0], title)


class TwoModels(Newspaper, TestCase):
    """Lists over articles and notes together."""

    notes = 20

    def test_lists_mix_models_and_kinds_of_keys(self) -> None:
        """A note with a UUID is in lists of articles, and has one itself."""
        notes = {str(key) for key in Note.objects.values_list("pk", flat=True)}
        own = RelatedList.objects.filter(model="news.note")
        self.assertEqual({row.object_id for row in own}, notes)
        others = RelatedList.objects.filter(model="news.article")
        entries = [entry for row in others for entry in row.found()]
        self.assertTrue({e.key for e in entries if e.model == "news.note"} <= notes)
        self.assertTrue(any(entry.model == "news.note" for entry in entries))

    def test_one_model_alone(self) -> None:
        """Its lists contain only its own objects; rows of the other stay."""
        notes = {name: row for name, row in table().items() if name[0] == "news.note"}
        run(model=["news.Article"])
        after = table()
        articles = [row for name, row in after.items() if name[0] == "news.article"]
        self.assertTrue(all(entry[0] == "news.article" for _, row in articles for entry in row))
        self.assertEqual(notes, {n: row for n, row in after.items() if n[0] == "news.note"})

    def test_an_unknown_model_is_named(self) -> None:
        """With what was meant."""
        with self.assertRaisesMessage(CommandError, "did you mean news.Note or "):
            run(model=["news.Notes"])


class Crash(TransactionTestCase):
    """A run that dies on the way."""

    def test_the_old_lists_stay(self) -> None:
        """All of them, even those that were replaced before it died."""
        fill()
        run()
        before = table()
        Article.objects.filter(title=SEED).update(body="<p>Rye bread, and rye again.</p>")
        Article.objects.create(title="New", body="<p>Rye bread and oats.</p>")
        updated = []

        def update(rows: QuerySet, *args: object, **kwargs: object) -> int:
            updated.append(plain(rows, *args, **kwargs))
            return updated[-1]

        plain = QuerySet.bulk_update
        killed = mock.patch.object(QuerySet, "bulk_create", side_effect=KeyboardInterrupt)
        with killed, mock.patch.object(QuerySet, "bulk_update", update):
            self.assertRaises(KeyboardInterrupt, run)
        self.assertGreater(updated[0], 0)
        self.assertEqual(table(), before)
        self.assertIn("1 new", run())


class TwoRuns(TransactionTestCase):
    """Two runs at once, without an index directory whose lock lets one wait."""

    def test_the_second_says_so_and_changes_nothing(self) -> None:
        """The first has written the rows that the second wants to add."""
        fill()
        plain = QuerySet.bulk_create

        def late(rows: QuerySet, new: list[RelatedList], **kwargs: object) -> object:
            first = RelatedList(model=new[0].model, object_id=new[0].object_id)
            plain(rows, [first])
            return plain(rows, new, **kwargs)

        with (
            mock.patch.object(QuerySet, "bulk_create", late),
            self.assertRaisesMessage(CommandError, "run the command again"),
        ):
            run()
        self.assertEqual(table(), {})
        self.assertIn(" new, ", run())


class Index(TestCase):
    """What is kept between runs."""

    def setUp(self) -> None:
        """Make a directory for it."""
        fill()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(given(index_dir=str(self.folder)))
        run()

    def test_an_unchanged_set_is_not_computed_again(self) -> None:
        """The lists are the same, and nothing is written."""
        with mock.patch("recommender.plugins.django.building.fit_pages") as fit:
            said, statements = writes()
        fit.assert_not_called()
        self.assertIn("nothing has changed", said)
        self.assertEqual(statements, [])

    def test_lost_rows_come_back(self) -> None:
        """The table is compared with what is kept."""
        before = table()
        RelatedList.objects.filter(title__startswith="M").delete()
        self.assertIn(" new, ", run())
        self.assertEqual(table(), before)

    def test_lists_are_those_without_an_index(self) -> None:
        """After a change, too."""
        Article.objects.filter(title=SEED).update(body="<p>Rye bread, and rye again.</p>")
        run()
        kept = table()
        with given():
            self.assertIn("Nothing to write", run())
        self.assertEqual(table(), kept)

    def test_a_damaged_file_is_made_again(self) -> None:
        """It is named, and the lists are right."""
        before = table()
        (file,) = (self.folder / "django").glob("lists-*.msgpack")
        file.write_bytes(b"rye" + file.read_bytes()[3:])
        with self.assertLogs("recommender", "WARNING") as logs:
            self.assertIn("Nothing to write", run())
        self.assertIn("is damaged", logs.output[0])
        self.assertEqual(table(), before)

    def test_settings_and_bans_count(self) -> None:
        """With another setting, or a ban, the lists are others."""
        with given(index_dir=str(self.folder), min_score=0.3, min_items=0):
            self.assertNotIn("nothing has changed", run(allow_empty=True))
        run()
        row = RelatedList.objects.get(title=SEED)
        row.choose(BAN, RelatedList.objects.get(object_id=row.found()[0].key))
        self.assertIn("1 changed", run())
