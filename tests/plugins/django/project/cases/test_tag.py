"""``{% related object %}``: what a page shows, and what it asks the database."""

from __future__ import annotations

from typing import Any

from django.template import Context, Template, TemplateSyntaxError
from django.test import TestCase, override_settings
from django.utils import translation
from news.models import Article, Desk, Note

from cases.base import BAN, PIN, Newspaper, row_of, run
from recommender.plugins.django.models import RelatedList
from recommender.plugins.django.showing import related_cards

HOSTILE = """</a><script>alert("hit")</script> & 'x' {{ 7|add:7 }}\u202e"""


def page(template: str, **names: Any) -> str:
    """Return what a template writes."""
    return Template("{% load recommender %}" + template).render(Context(names))


class Tag(Newspaper, TestCase):
    """The list of one article."""

    notes = 20

    def test_the_number_of_queries_does_not_depend_on_the_count(self) -> None:
        """One reads the list, and one each model that is in it."""
        models = {entry.model for entry in self.row.found()}
        self.assertEqual(models, {"news.article", "news.note"})
        for count in (1, 6, len(self.row.entries)):
            with self.subTest(count=count), self.assertNumQueries(3):
                block = page(f"{{% related article count={count} %}}", article=self.seed)
                self.assertEqual(block.count("<li>"), count)

    def test_pins_and_bans_need_no_further_query(self) -> None:
        """They come with the list."""
        for title in self.shown()[:2]:
            self.choose(BAN, title)
        self.choose(PIN, RelatedList.objects.exclude(pk=self.row.pk).last().title)
        with self.assertNumQueries(3):
            page("{% related article %}", article=self.seed)

    def test_a_model_without_entries_is_not_asked_for(self) -> None:
        """Two queries for a list of articles only."""
        entries = [entry for entry in self.row.entries if entry[0] == "news.article"]
        RelatedList.objects.filter(pk=self.row.pk).update(entries=entries)
        with self.assertNumQueries(2):
            page("{% related article %}", article=self.seed)

    def test_cards_go_into_a_variable(self) -> None:
        """With the object, and nothing is written."""
        template = (
            "{% related article count=2 as cards %}|{% for card in cards %}"
            "{{ card.object.pk }} {{ card.url }} {{ card.day_shown }} {{ card.score }}|{% endfor %}"
        )
        first, second = page(template, article=self.seed).strip("|").split("|")
        pk, url, *day, score = first.split()
        self.assertEqual(Article.objects.get(pk=pk).get_absolute_url(), url)
        self.assertEqual(day, Article.objects.get(pk=pk).published.strftime("%B %-d, %Y").split())
        self.assertGreater(float(score), float(second.split()[-1]))

    def test_cards_begin_with_the_first_words(self) -> None:
        """Or the description; a pinned article that no list contains has a teaser too."""
        far = RelatedList.objects.exclude(title__in=[*self.shown(12), self.seed.title])[0]
        self.choose(PIN, far.title)
        with self.assertNumQueries(3):
            cards = related_cards(self.seed, 12)
        self.assertEqual(cards[0]["title"], far.title)
        for card in cards:
            found = card["object"]
            words = card["teaser"].rstrip("…").split()
            self.assertTrue(0 < len(words) <= 20, card["teaser"])
            told = getattr(found, "summary", "") or getattr(found, "body", "") or found.text
            self.assertIn(words[0], told, found)

    def test_headings_are_no_words_of_a_teaser(self) -> None:
        """Between sentences, they are none."""
        card = next(
            card for card in related_cards(self.seed) if isinstance(card["object"], Article)
        )
        found = card["object"]
        found.summary, found.body = "", f"<p>Read it.</p><h2>Why now</h2><p>{found.body}</p>"
        found.save()
        run()
        shown = {card["object"]: card["teaser"] for card in related_cards(self.seed, 12)}
        self.assertTrue(shown[found].startswith("Read it. "), shown[found])
        self.assertNotIn("Why now", shown[found])

    def test_six_are_shown_unless_settings_or_tag_say_otherwise(self) -> None:
        """`k` counts as everywhere."""
        self.assertEqual(len(self.shown()), 6)
        with override_settings(RECOMMENDER={**_setting(), "k": 3}):
            self.assertEqual(len(self.shown()), 3)
            self.assertEqual(len(self.shown(5)), 5)

    def test_what_is_no_longer_public_is_left_out(self) -> None:
        """At once, and further entries take its place."""
        before = self.shown(12)
        Article.objects.filter(title=before[0]).update(is_public=False)
        RelatedList.objects.filter(title=before[1]).delete()
        Article.objects.filter(title=before[1]).delete()
        self.assertEqual(self.shown(), before[2:8])

    def test_a_ban_acts_at_once(self) -> None:
        """The next entry moves up; without the ban, the article is back."""
        before = self.shown(12)
        self.choose(BAN, before[0])
        self.assertEqual(self.shown(), before[1:7])
        self.row.choices.all().delete()
        self.assertEqual(self.shown(), before[:6])

    def test_pins_act_at_once_in_their_order(self) -> None:
        """Before all others, each once; an article need not be in the list."""
        before = self.shown(12)
        far = RelatedList.objects.exclude(title__in=[*before, self.seed.title])[0].title
        self.choose(PIN, before[3])
        self.choose(PIN, far)
        rest = [title for title in before if title != before[3]]
        self.assertEqual(self.shown(), [before[3], far, *rest[:4]])

    def test_a_hostile_title_is_text(self) -> None:
        """No tag of it reaches the page, and no template in it runs."""
        first = Article.objects.get(title=self.shown()[0])
        Article.objects.filter(pk=first.pk).update(
            title=HOSTILE, summary="<script>alert(1)</script>Plain <b>text</b>"
        )
        block = page("{% related article %}", article=self.seed)
        self.assertNotIn("<script>alert", block)
        self.assertNotIn("\u202e", block)
        self.assertIn("&lt;/a&gt;&lt;script&gt;alert(&quot;hit&quot;)", block)
        self.assertIn("{{ 7|add:7 }}", block)
        self.assertIn("Plain text", block)

    def test_an_unsafe_address_is_no_link(self) -> None:
        """An object without a safe address is not shown."""
        note = next(entry for entry in self.row.found() if entry.model == "news.note")
        title = Note.objects.get(pk=note.key).headline
        self.assertIn(title, self.shown(12))
        models = {**_setting()["models"], "news.Note": {
            "title": "headline", "text": "text", "url": lambda note, request: "javascript:hit()"
        }}  # fmt: skip
        with override_settings(RECOMMENDER={"models": models}):
            self.assertNotIn(title, self.shown(12))

    def test_heading_and_dates_are_in_the_language_of_the_page(self) -> None:
        """The tag's own heading goes before."""
        with translation.override("de"):
            block = page("{% related article %}", article=self.seed)
            self.assertIn("Das könnte Sie auch interessieren", block)
            self.assertRegex(block, r">\d+\. (Juni|Mai|März) 20\d\d</time>")
            own = page("{% related a heading=h %}", a=self.seed, h="Mehr & mehr")
            self.assertIn('<h2 id="recommender-heading">Mehr &amp; mehr</h2>', own)

    def test_a_note_has_a_list(self) -> None:
        """Its key is a UUID."""
        note = Note.objects.first()
        self.assertIn("<li>", page("{% related note %}", note=note))
        with self.assertNumQueries(0):
            self.assertEqual(page("{% related note %}", note=Note(headline="new", id=None)), "")

    def test_what_has_no_list_shows_nothing(self) -> None:
        """Objects of other models, and a variable that is missing."""
        with self.assertNumQueries(0):
            self.assertEqual(page("{% related desk %}", desk=Desk(pk=1)), "")
            self.assertEqual(page("{% related missing %}"), "")
        self.row.delete()
        with self.assertNumQueries(1):
            self.assertEqual(page("{% related article %}", article=self.seed), "")

    def test_a_proxy_shows_the_list_of_its_model(self) -> None:
        """The row is found by the class above."""

        class Opinion(Article):
            class Meta:
                proxy = True
                app_label = "news"

        opinion = Opinion.objects.get(pk=self.seed.pk)
        self.assertEqual(page("{% related a %}", a=opinion), page("{% related a %}", a=self.seed))

    def test_wrong_usage_is_an_error_that_says_what_is_right(self) -> None:
        """When the template is compiled."""
        for wrong in ("", "a b", "a count=1 other=2", "a as"):
            with self.subTest(wrong), self.assertRaisesMessage(TemplateSyntaxError, "expected"):
                page(f"{{% related {wrong} %}}")
        with self.assertRaisesMessage(TemplateSyntaxError, "whole number, got 'x'"):
            page("{% related a count='x' %}", a=self.seed)

    def test_a_page_shows_the_block(self) -> None:
        """Through a view, with a link that leads to a page."""
        answer = self.client.get(self.seed.get_absolute_url())
        self.assertContains(answer, 'class="recommender"', 1)
        url = Article.objects.get(title=self.shown()[0]).get_absolute_url()
        self.assertContains(answer, f'<a href="{url}">')
        self.assertEqual(self.client.get(url).status_code, 200)

    def test_a_row_of_a_note_is_found_by_its_key(self) -> None:
        """As text, as Python writes it."""
        note = Note.objects.first()
        self.assertEqual(row_of(note).title, note.headline)


def _setting() -> dict[str, Any]:
    from django.conf import settings

    return settings.RECOMMENDER
