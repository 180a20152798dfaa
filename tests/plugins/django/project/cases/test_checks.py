"""``manage.py check``: everything wrong with the setting at once, and migrations are complete."""

from __future__ import annotations

import doctest
import io
from typing import Any
from unittest import TestLoader, TestSuite

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings
from news.models import Article

from recommender.plugins.django import models, records
from recommender.plugins.django.checks import check_settings
from recommender.plugins.django.options import options
from recommender.plugins.django.records import objects_of

GOOD = {"title": "title", "text": "body"}
NOT_CALLABLE = "rye"


def cut() -> Any:
    """Return a queryset that cannot be filtered."""
    return Article.objects.all()[:3]


def found(**setting: Any) -> list[str]:
    """Return the messages of the check for a setting, each with its code."""
    with override_settings(RECOMMENDER=setting):
        return [f"{m.id.partition('.')[2]} {m.msg}; {m.hint}" for m in check_settings()]


def of_model(**keys: Any) -> list[str]:
    """Return the messages for the options of one model."""
    return found(models={"news.Article": GOOD | keys})


class Checks(SimpleTestCase):
    """What the check finds."""

    def test_a_right_setting_passes(self) -> None:
        """With everything that it may contain."""
        keys = {"date": "published", "tags": ["tags"], "category": "desk.name",
                "language": "language", "queryset": "objects.public",
                "url": "get_absolute_url", "image": "slug",
                "author": "desk.name", "description": lambda a: a.summary}  # fmt: skip
        self.assertEqual(of_model(**keys), [])
        self.assertEqual(of_model(queryset="objects"), [])
        self.assertEqual(of_model(queryset="cases.test_checks.cut"), [])
        self.assertEqual(found(models={"news.Article": GOOD}, count=3, k=2, min_score=0.2), [])

    def test_everything_wrong_is_named_at_once(self) -> None:
        """In the words of the setting."""
        wrong = found(
            models={
                "news.Artcle": GOOD,
                "news.Note": {"titel": "x", "text": ["text", "boddy"], "title": "headline"},
                "news.Article": GOOD
                | {"title": "titel", "queryset": "objects.publik", "url": "adress"},
            },
            count=0,
            min_scor=0.1,
        )
        self.assertEqual(
            [line[:4] for line in wrong],
            ["E002", "E003", "E004", "E004", "E004", "E007", "E004", "E005", "E006"],
        )
        every = "\n".join(wrong)
        for part in ("did you mean news.Article", "unknown key 'titel'", "did you mean title?",
                     "no field or method 'boddy'", "got 'objects.publik'", "no method 'adress'",
                     "from 1 to 2,147,483,647, got 0", "unknown setting min_scor",
                     "did you mean min_score"):  # fmt: skip
            self.assertIn(part, every)

    def test_single_mistakes(self) -> None:
        """Each with a message of its own."""
        for keys, message in (
            ({"text": ()}, "E004"),
            ({"text": 7}, "E005 RECOMMENDER: models['news.Article']: text must name a field, got"),
            ({"title": ["title", "slug"]}, "title must be one field, got ['title', 'slug']"),
            ({"category": "desk.nam"}, "Desk has no field or method 'nam'; did you mean name?"),
            ({"queryset": "no.such.thing"}, "E007"),
            ({"queryset": "cases.test_checks.NOT_CALLABLE"}, "E007"),
            ({"queryset": 3}, "or a function by its dotted path, got 3"),
        ):  # fmt: skip
            with self.subTest(keys):
                lines = of_model(**keys)
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(message, lines[0])
        for setting in ({}, {"models": {}}, {"models": {"news.Article": "title"}}, {"models": 3}):
            self.assertEqual([line[:4] for line in found(**setting)], ["E001"], setting)
        missing = found(models={"news.Article": {"title": "title"}})
        self.assertIn("text is missing", missing[0])
        self.assertIn("cannot be read", found(models={"news.Article": GOOD}, settings="no.toml")[0])
        self.assertIn("glob has no effect", found(models={"news.Article": GOOD}, glob="*")[0])

    def test_the_command_refuses_a_wrong_setting(self) -> None:
        """With the same messages, as does whoever needs the options."""
        with override_settings(RECOMMENDER={"models": {"news.Artcle": GOOD}}):
            with self.assertRaisesMessage(ImproperlyConfigured, "there is no such model"):
                options()
            with self.assertRaisesMessage(CommandError, "there is no such model"):
                call_command("recommend", skip_checks=True)
            with self.assertRaisesMessage(CommandError, "recommender.E002"):
                call_command("check")

    def test_a_queryset_of_something_else_is_named(self) -> None:
        """When it is used: to make it may need the database."""
        for queryset, message in (
            ("cases.test_checks.cut", "is cut off"),
            (list, "returned a list, expected a QuerySet"),
            (lambda: models.RelatedList.objects.all(), "objects of recommender.RelatedList"),
        ):
            with (
                override_settings(
                    RECOMMENDER={"models": {"news.Article": GOOD | {"queryset": queryset}}}
                ),
                self.assertRaisesMessage(ValueError, message),
            ):
                objects_of(options().models["news.article"])


class Migrations(TestCase):
    """The tables."""

    def test_they_are_complete(self) -> None:
        """Django would make no further one."""
        out = io.StringIO()
        call_command("makemigrations", "--check", "--dry-run", "recommender", stdout=out)
        self.assertIn("No changes detected", out.getvalue())


def load_tests(loader: TestLoader, tests: TestSuite, pattern: str) -> TestSuite:
    """Add the examples of the modules that need an app registry."""
    for module in (models, records):
        tests.addTests(doctest.DocTestSuite(module))
    return tests
