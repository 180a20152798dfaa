"""Lists of pages: their text, locales and addresses, publishing, and the panel of editors."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.template import Context, Template
from django.test import RequestFactory, TestCase, override_settings
from django.urls import reverse
from pages.models import ArticlePage, HomePage, NotePage
from pages.newsroom import SEED, fill, home_in
from wagtail.models import (
    GroupPagePermission,
    Locale,
    Page,
    PageViewRestriction,
)
from wagtail.rich_text import RichText
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from recommender.plugins.django.checks import check_settings
from recommender.plugins.django.models import RelatedList
from recommender.plugins.django.options import options
from recommender.plugins.django.records import record_of
from recommender.plugins.django.showing import related_cards
from recommender.plugins.wagtail.pages import check_index

HOSTILE = "<script>alert('hit')</script> & {{ 7|add:7 }}"


class Courier(TestCase):
    """The newspaper on Wagtail, with its lists and an index directory of this class."""

    @classmethod
    def setUpTestData(cls) -> None:
        """Fill the tables, and make the lists."""
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        setting = {**settings.RECOMMENDER, "index_dir": cls.folder}
        cls.enterClassContext(override_settings(RECOMMENDER=setting))
        cls.home = fill(30)
        run()

    def setUp(self) -> None:
        """Find the page that most cases look at."""
        self.seed = ArticlePage.objects.get(title=SEED)

    def shown(self, page: Page | None = None) -> list[str]:
        """Return the titles that a page shows."""
        return [card["title"] for card in related_cards(page or self.seed)]

    def published(self, page: Page, parent: Page | None = None) -> Page:
        """Publish a new page as an editor does."""
        (parent or self.home).add_child(instance=page)
        with self.captureOnCommitCallbacks(execute=True):
            page.save_revision().publish()
        return page


def run() -> str:
    """Run the command, and return what it says."""
    out = io.StringIO()
    call_command("recommend", stdout=out, stderr=out)
    return out.getvalue()


def article(title: str = "The lido again", text: str = "", **others: Any) -> ArticlePage:
    """Return a new page about the subject of the seed."""
    text = text or "<p>Marram Lido is drained, and its swimmers look into the deep end.</p>"
    return ArticlePage(title=title, body=[("paragraphs", RichText(text))], **others)


class Lists(Courier):
    """What a run makes of pages."""

    def test_types_of_the_setting_have_lists_together(self) -> None:
        """Other pages have none, and are in none."""
        labels = set(RelatedList.objects.values_list("model", flat=True))
        self.assertEqual(labels, {"pages.articlepage", "pages.notepage"})
        models = {e.model for row in RelatedList.objects.all() for e in row.found()}
        self.assertEqual(models, labels)
        self.assertEqual(related_cards(self.home), [])
        self.assertEqual(run().count("Nothing to write"), 1)

    def test_text_of_blocks_is_read_without_templates(self) -> None:
        """Of every block that search reads, in paragraphs; no choice, no raw HTML."""
        rich = (
            '<p data-block-key="a">One <b>b</b>old.</p><p>Two &amp; three.</p>'
            '<embed alt="ALT" embedtype="image" format="left" id="1"/>'
        )
        box = {"note": "UNSEARCHED", "points": ["<p>Third.</p><p>4th.</p>"]}
        blocks = {"heading": "Rye < oats", "paragraphs": rich, "layout": "wide",
                  "quote": {"text": "Said.", "speaker": "Perpetua Ngai"},
                  "html": "<script>RAW</script>", "points": ["First", "Second"],
                  "boxes": [{"type": "box", "value": box}]}  # fmt: skip
        body = json.dumps([{"type": name, "value": value} for name, value in blocks.items()])
        page = ArticlePage(title="Blocks", body=body, locale=self.home.locale)
        self.home.add_child(instance=page)
        html = record_of(options().models["pages.articlepage"], page)["html"]
        text = _texts(html)
        for part in ("Rye < oats", "One bold.", "Two & three.", "Said.", "Perpetua Ngai",
                     "First", "Second", "Third.", "4th."):  # fmt: skip
            self.assertIn(part, text)
        for part in ("MARKUP", "ALT", "RAW", "wide", "Wide", "UNSEARCHED", "data-block-key"):
            self.assertNotIn(part, "\n".join(text))

    def test_rich_text_is_read(self) -> None:
        """As the field has it."""
        note = NotePage.objects.first()
        html = record_of(options().models["pages.notepage"], note)["html"]
        self.assertEqual(html, note.body)

    def test_lists_stay_in_the_locale(self) -> None:
        """Of the page, whatever its text; a page alone in its locale has no list."""
        ours = {str(p.pk): p.locale_id for p in Page.objects.all()}
        rows = RelatedList.objects.all()
        self.assertTrue(any(row.entries and ours[row.object_id] != self.home.locale_id
                            for row in rows))  # fmt: skip
        for row in rows:
            self.assertEqual(
                {ours[entry.key] for entry in row.found()} - {ours[row.object_id]}, set()
            )

    def test_translations_are_in_no_list_of_each_other(self) -> None:
        """Neither in another language nor in another region of the same."""
        british = home_in("en-gb")
        copy = article(SEED, self.seed.body[0].value.source, locale=british.locale)
        copy.translation_key = self.seed.translation_key
        british.add_child(instance=copy)
        before = self.shown()
        with mock.patch.dict(settings.RECOMMENDER, across_languages=True):
            run()
        self.assertNotIn(copy.pk, [card["object"].pk for card in related_cards(self.seed)])
        self.assertEqual(self.shown()[:3], before[:3])
        self.assertEqual(self.shown(copy), [])

    def test_private_pages_are_in_no_list(self) -> None:
        """Neither after a run nor before it."""
        title = self.shown()[0]
        page = Page.objects.get(title=title)
        PageViewRestriction.objects.create(page=page, restriction_type="login")
        self.assertNotIn(title, self.shown())
        run()
        rows = RelatedList.objects.all()
        self.assertNotIn(str(page.pk), {e.key for row in rows for e in row.found()})
        self.assertFalse(rows.filter(object_id=page.pk).exists())

    def test_a_queryset_of_the_setting_is_live_and_public_all_the_same(self) -> None:
        """It only narrows the choice."""
        models = {"pages.ArticlePage": {"text": "body", "queryset": "objects"}}
        self.seed.unpublish()
        with override_settings(RECOMMENDER={"models": models}):
            run()
        self.assertFalse(RelatedList.objects.filter(object_id=self.seed.pk).exists())

    def test_the_number_of_queries_does_not_depend_on_the_count(self) -> None:
        """One for the list; for each type one for its pages and one for what is private."""
        template = Template("{% load recommender %}{% related page count=count %}")
        request = RequestFactory().get("/")
        template.render(Context({"page": self.seed, "count": 1, "request": request}))
        row = RelatedList.objects.get(object_id=self.seed.pk)
        self.assertEqual(len({entry.model for entry in row.found()}), 2)
        for count in (1, 6, 12):
            with self.subTest(count=count), self.assertNumQueries(5):
                template.render(Context({"page": self.seed, "count": count, "request": request}))

    def test_a_page_shows_its_list(self) -> None:
        """With links that lead to pages, in its own language."""
        answer = self.client.get(self.seed.url)
        self.assertContains(answer, "You may also like")
        for card in related_cards(self.seed):
            self.assertContains(answer, card["title"].replace('"', "&quot;"))
            self.assertEqual(self.client.get(card["url"]).status_code, 200)
        german = next(p for p in ArticlePage.objects.filter(locale__language_code="de")
                      if related_cards(p))  # fmt: skip
        self.assertTrue(german.url.startswith("/de/"))
        self.assertContains(self.client.get(german.url), "Das könnte Sie auch interessieren")

    def test_a_page_that_is_not_specific_has_the_same_list(self) -> None:
        """As a template gets it from a menu."""
        self.assertEqual(self.shown(Page.objects.get(pk=self.seed.pk)), self.shown())


class Publishing(Courier):
    """What happens when an editor publishes."""

    def test_a_new_page_has_its_list_at_once(self) -> None:
        """The one that the next run makes begins the same."""
        page = self.published(article(locale=self.home.locale))
        found = self.shown(page)
        self.assertIn(SEED, found[:3])
        run()
        self.assertEqual({*self.shown(page)[:3]}, {*found[:3]})

    def test_an_unpublished_page_is_hidden_at_once(self) -> None:
        """And back when it is published again."""
        page = Page.objects.get(title=self.shown()[0]).specific
        page.unpublish()
        self.assertNotIn(page.title, self.shown())
        with self.captureOnCommitCallbacks(execute=True):
            page.get_latest_revision_as_object().save_revision().publish()
        self.assertEqual(self.shown()[0], page.title)

    def test_a_draft_has_no_list(self) -> None:
        """Only what is published."""
        page = article(locale=self.home.locale, live=False)
        self.home.add_child(instance=page)
        with self.captureOnCommitCallbacks(execute=True):
            page.save_revision()
        self.assertFalse(RelatedList.objects.filter(object_id=page.pk).exists())

    def test_a_page_of_a_new_locale_has_no_foreign_list(self) -> None:
        """Though the last run knew nothing of the locale."""
        british = home_in("en-gb")
        page = self.published(article(locale=british.locale), british)
        self.assertEqual(RelatedList.objects.get(object_id=page.pk).entries, [])

    def test_other_pages_are_published_as_before(self) -> None:
        """Without a list."""
        page = self.published(HomePage(title="More", locale=self.home.locale))
        self.assertTrue(page.live)
        self.assertFalse(RelatedList.objects.filter(object_id=page.pk).exists())

    def test_a_damaged_model_does_not_stop_the_editor(self) -> None:
        """The page is published, and the log says why it has no list."""
        for file in Path(self.folder, "django", "model").glob("vectors*"):
            file.rename(f"{file}.away")
            self.addCleanup(Path(f"{file}.away").rename, file)
        with self.assertLogs("recommender", "WARNING") as logs:
            page = self.published(article(locale=self.home.locale))
        self.assertIn("has no list yet", logs.output[0])
        self.assertTrue(Page.objects.get(pk=page.pk).live)

    def test_nothing_is_written_if_the_transaction_fails(self) -> None:
        """The list waits for the page."""
        page = article(locale=self.home.locale)
        self.home.add_child(instance=page)

        def fail() -> None:
            with transaction.atomic():
                page.save_revision().publish()
                raise ZeroDivisionError

        with self.captureOnCommitCallbacks(execute=True):
            self.assertRaises(ZeroDivisionError, fail)
        self.assertFalse(RelatedList.objects.filter(object_id=page.pk).exists())

    def test_without_an_index_directory_a_check_warns(self) -> None:
        """Nothing else is wrong with the setting."""
        self.assertEqual(check_settings() + check_index(), [])
        models = settings.RECOMMENDER["models"]
        with override_settings(RECOMMENDER={"models": models}):
            self.assertEqual(check_settings(), [])
            self.assertEqual([m.id for m in check_index()], ["recommender.W001"])
            page = self.published(article(locale=self.home.locale))
            self.assertEqual(self.shown(page), [])


class PagePanel(Courier):
    """The panel "Related suggestions" in the editor of a page."""

    def setUp(self) -> None:
        """Sign in as the owner of the site."""
        super().setUp()
        self.client.force_login(User.objects.create_superuser("ngai"))
        self.address = reverse("recommender_choose", args=[self.seed.pk])

    def editor(self) -> Any:
        """Return the page of the editor."""
        return self.client.get(reverse("wagtailadmin_pages:edit", args=[self.seed.pk]))

    def send(self, **form: Any) -> Any:
        """Send what a button of the panel sends."""
        return self.client.post(self.address, form)

    def key(self, title: str) -> str:
        """Return how the panel names a page."""
        row = RelatedList.objects.get(title=title)
        return f"{row.model}:{row.object_id}"

    def test_it_shows_suggestions_with_reasons(self) -> None:
        """For the page as it is published."""
        answer = self.editor()
        self.assertContains(answer, "Related suggestions")
        self.assertContains(answer, self.shown()[0])
        self.assertContains(answer, "lido, marram, swimming")
        self.assertContains(answer, "recommender_wagtail/panel.js")
        self.assertContains(answer, 'id="recommender-pin"')

    def test_it_shows_suggestions_for_the_draft(self) -> None:
        """They follow the text, though readers still see the published one."""
        other = ArticlePage.objects.live().exclude(pk=self.seed.pk).filter(
            locale=self.home.locale
        ).exclude(title__in=self.shown())[0]  # fmt: skip
        self.seed.body, self.seed.title = other.body, other.title
        self.seed.tags.clear()
        before = ArticlePage.objects.get(pk=self.seed.pk).title
        self.seed.save_revision()
        answer = self.editor()
        self.assertContains(answer, f"{self.key_of(other)}")
        self.assertNotContains(answer, "lido, marram, swimming")
        self.assertEqual(ArticlePage.objects.get(pk=self.seed.pk).title, before)

    def key_of(self, page: Page) -> str:
        """Return how the panel names a page."""
        return f"pages.articlepage:{page.pk}"

    def test_saving_the_page_with_the_panel_works(self) -> None:
        """The panel adds nothing to the form but what it ignores."""
        form = nested_form_data(
            {
                "title": "Marram Lido", "slug": self.seed.slug, "day": "2021-03-09",
                "summary": "", "recommender-pin": "", "comments": inline_formset([]),
                "body": streamfield([("paragraphs", rich_text("<p>Rye bread.</p>"))]),
            }
        )  # fmt: skip
        answer = self.client.post(
            reverse("wagtailadmin_pages:edit", args=[self.seed.pk]), form, follow=True
        )
        form = answer.context.get("form")
        self.assertEqual(form.errors if form else {}, {})
        draft = Page.objects.get(pk=self.seed.pk).get_latest_revision_as_object()
        self.assertEqual(draft.title, "Marram Lido")

    def test_buttons_pin_ban_and_undo_at_once(self) -> None:
        """The answer is the new list, and readers see the change."""
        first, second, third = self.shown()[:3]
        answer = self.send(action="pin", shown=self.key(third))
        self.assertContains(answer, "pinned")
        self.send(action="ban", shown=self.key(first))
        self.assertEqual(self.shown()[:2], [third, second])
        self.assertNotIn(first, self.shown())
        self.send(action="free", shown=self.key(first))
        self.send(action="free", shown=self.key(third))
        self.assertEqual(self.shown()[:3], [first, second, third])

    def test_a_chosen_page_is_pinned(self) -> None:
        """Any page of the setting that is live and public."""
        far = ArticlePage.objects.exclude(title__in=[SEED, *self.shown()]).first()
        self.assertEqual(self.send(action="pin", page=far.pk).status_code, 200)
        self.assertEqual(self.shown()[0], far.title)

    def test_what_cannot_be_chosen_is_refused(self) -> None:
        """With what to do instead, which the panel shows."""
        draft = article("Draft", locale=self.home.locale, live=False)
        self.home.add_child(instance=draft)
        huge = "9" * 30
        for form in (
            {"page": draft.pk}, {"page": self.home.pk}, {"page": self.seed.pk}, {"page": huge},
            {"page": "x"}, {"shown": "pages.articlepage:x"}, {"shown": "auth.user:1"}, {},
            {"shown": f"pages.articlepage:{huge}"},
        ):  # fmt: skip
            with self.subTest(form):
                answer = self.send(action="pin", **form)
                self.assertContains(answer, "Not saved: choose ", status_code=400)
        first = self.key(self.shown()[0])
        self.assertEqual(self.send(action="delete", shown=first).status_code, 400)
        self.assertEqual(self.client.get(self.address).status_code, 405)
        self.assertFalse(RelatedList.objects.filter(choices__isnull=False).exists())

    def test_only_who_may_edit_the_page_may_choose(self) -> None:
        """A permission for another part of the site does not count."""
        group = Group.objects.create(name="British")
        british = home_in("en-gb")
        names = {"group": group, "page": british}
        from django.contrib.auth.models import Permission

        change = Permission.objects.get(codename="change_page")
        GroupPagePermission.objects.create(**names, permission=change)
        user = User.objects.create_user("abara")
        user.groups.add(group)
        user.user_permissions.add(Permission.objects.get(codename="access_admin"))
        self.client.force_login(user)
        first = self.shown()[0]
        answer = self.send(action="ban", shown=self.key(first))
        self.assertIn(answer.status_code, (302, 403))
        self.assertEqual(self.shown()[0], first)
        self.client.logout()
        self.assertEqual(self.send(action="ban", shown=self.key(first)).status_code, 302)
        self.assertEqual(self.shown()[0], first)

    def test_hostile_titles_are_text(self) -> None:
        """In the panel, and in what a button returns."""
        page = Page.objects.get(title=self.shown()[0])
        Page.objects.filter(pk=page.pk).update(title=HOSTILE)
        for answer in (self.editor(), self.send(action="pin", page=page.pk)):
            self.assertNotContains(answer, "<script>alert")
            self.assertContains(answer, "&lt;script&gt;alert(")

    def test_a_new_page_says_when_there_are_suggestions(self) -> None:
        """Before it is saved, there is no text."""
        names = ("pages", "articlepage", self.home.pk)
        answer = self.client.get(reverse("wagtailadmin_pages:add", args=names))
        self.assertContains(answer, "Suggestions appear when")

    def test_without_a_model_it_says_what_to_do(self) -> None:
        """And shows the list of the last run."""
        with tempfile.TemporaryDirectory() as empty:
            setting = {**settings.RECOMMENDER, "index_dir": empty}
            with override_settings(RECOMMENDER=setting):
                answer = self.editor()
        self.assertContains(answer, "run `manage.py recommend`")
        self.assertContains(answer, self.shown()[0])

    def test_locales_are_kept_apart_in_the_chooser_too(self) -> None:
        """An editor may pin a page of another locale: that is a decision, not a mistake."""
        german = ArticlePage.objects.filter(locale=Locale.objects.get(language_code="de")).first()
        self.send(action="pin", page=german.pk)
        self.assertEqual(self.shown()[0], german.title)


def _texts(html: str) -> list[str]:
    """Return the paragraphs of HTML as the reader of the project finds them."""
    from recommender.plugins.base import read_texts

    return read_texts([html])[0]["text"].split("\n\n")
