"""The admin: who may see lists, and what editors change, by the test client."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import TestCase
from django.urls import reverse
from news.models import Article

from cases.base import BAN, PIN, Newspaper, run
from recommender.plugins.django.models import RelatedList

LISTS = "admin:recommender_relatedlist"
EDITOR = ("view_relatedlist", "change_relatedlist", "view_editorialchoice", "add_editorialchoice",
          "change_editorialchoice", "delete_editorialchoice")  # fmt: skip


class Admin(Newspaper, TestCase):
    """The pages of lists."""

    def sign_in(self, *rights: str) -> None:
        """Sign in as a member of the staff with some permissions."""
        user = User.objects.create_user("ngai", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        self.client.force_login(user)

    @property
    def address(self) -> str:
        """The page of the seed's list."""
        return reverse(f"{LISTS}_change", args=[self.row.pk])

    def form(self, **changes: Any) -> dict[str, Any]:
        """Return what the page's form sends."""
        choices = [*self.row.choices.all()]
        sent = {"choices-TOTAL_FORMS": len(choices) + 1, "choices-INITIAL_FORMS": len(choices)}
        for number, choice in enumerate(choices):
            values = {"id": choice.pk, "list": self.row.pk, "action": choice.action,
                      "shown": choice.shown_id, "position": choice.position}  # fmt: skip
            sent |= {f"choices-{number}-{name}": value for name, value in values.items()}
        new = len(choices)
        sent |= {f"choices-{new}-list": self.row.pk, f"choices-{new}-action": "pin",
                 f"choices-{new}-position": 0}  # fmt: skip
        return sent | changes

    def row_titled(self, title: str) -> RelatedList:
        """Return the list of an article."""
        return RelatedList.objects.get(title=title)

    def test_a_list_shows_its_reasons_and_scores(self) -> None:
        """With a link to the list of each entry."""
        self.sign_in(*EDITOR)
        answer = self.client.get(self.address)
        first = self.row.found()[0]
        self.assertContains(answer, f"<td>{first.score:.3f}</td>", html=True)
        self.assertContains(answer, "<td>lido, marram, swimming</td>", html=True)
        other = self.row_titled(self.shown()[0])
        self.assertContains(answer, reverse(f"{LISTS}_change", args=[other.pk]))

    def test_hostile_titles_are_text(self) -> None:
        """Of the list, and of an entry."""
        Article.objects.filter(title=self.shown()[0]).update(title="<script>alert(1)</script>")
        run()
        self.sign_in(*EDITOR)
        answer = self.client.get(self.address)
        self.assertNotContains(answer, "<script>alert")
        self.assertContains(answer, "&lt;script&gt;alert(1)")

    def test_lists_are_found_by_title_and_model(self) -> None:
        """As in any other list of the admin."""
        self.sign_in(*EDITOR)
        found = self.client.get(reverse(f"{LISTS}_changelist"), {"q": "lido drained"})
        self.assertContains(found, self.seed.title)
        self.assertContains(found, "1 related list")
        none = self.client.get(reverse(f"{LISTS}_changelist"), {"model": "news.note"})
        self.assertContains(none, "0 related lists")

    def test_a_button_pins_and_another_bans(self) -> None:
        """The page shows the change, and so does the tag."""
        self.sign_in(*EDITOR)
        before = self.shown()
        pinned, banned = self.row_titled(before[4]), self.row_titled(before[0])
        answer = self.client.post(self.address, self.form(_pin=pinned.pk), follow=True)
        self.assertRedirects(answer, self.address)
        self.client.post(self.address, self.form(_ban=banned.pk))
        self.assertEqual(self.shown()[:2], [before[4], before[1]])
        self.assertNotIn(before[0], self.shown())
        self.assertContains(self.client.get(self.address), "<td>banned</td>", html=True)
        self.assertEqual(
            [(c.action, c.shown.title) for c in self.row.choices.all()],
            [(BAN, before[0]), (PIN, before[4])],
        )

    def test_the_form_pins_any_article_and_takes_it_back(self) -> None:
        """The field finds articles by their titles."""
        self.sign_in(*EDITOR)
        far = RelatedList.objects.exclude(title__in=self.shown(12)).exclude(pk=self.row.pk)[0]
        names = {"app_label": "recommender", "model_name": "editorialchoice",
                 "field_name": "shown", "term": far.title}  # fmt: skip
        found = self.client.get(reverse("admin:autocomplete"), names).json()["results"]
        self.assertEqual(found, [{"id": str(far.pk), "text": far.title}])
        self.client.post(self.address, self.form(**{"choices-0-shown": far.pk}))
        self.assertEqual(self.shown()[0], far.title)
        self.client.post(self.address, self.form(**{"choices-0-DELETE": "on"}))
        self.assertNotIn(far.title, self.shown(12))

    def test_an_article_cannot_be_in_its_own_list(self) -> None:
        """Neither by the form nor by a made-up button."""
        self.sign_in(*EDITOR)
        answer = self.client.post(self.address, self.form(**{"choices-0-shown": self.row.pk}))
        self.assertContains(answer, "An article is never in its own list: choose another.")
        for key in (self.row.pk, 0, "x", "9" * 30):
            self.client.post(self.address, self.form(_pin=key))
        self.assertFalse(self.row.choices.exists())

    def test_who_may_only_look_changes_nothing(self) -> None:
        """There are no buttons, and what they would send is refused."""
        self.sign_in("view_relatedlist")
        answer = self.client.get(self.address)
        self.assertContains(answer, "lido, marram, swimming")
        self.assertNotContains(answer, 'name="_pin"')
        other = self.row_titled(self.shown()[0])
        self.assertEqual(self.client.post(self.address, self.form(_ban=other.pk)).status_code, 403)
        self.assertFalse(self.row.choices.exists())

    def test_who_may_change_lists_but_not_choose_sees_no_buttons(self) -> None:
        """A pin needs the permission for pins."""
        self.sign_in("view_relatedlist", "change_relatedlist")
        self.assertNotContains(self.client.get(self.address), 'name="_pin"')
        other = self.row_titled(self.shown()[0])
        self.client.post(self.address, {"_ban": other.pk})
        self.assertFalse(self.row.choices.exists())

    def test_others_see_nothing(self) -> None:
        """Neither a member of the staff without permission, nor a visitor."""
        self.sign_in()
        self.assertEqual(self.client.get(self.address).status_code, 403)
        self.client.logout()
        self.assertEqual(self.client.get(self.address).status_code, 302)

    def test_nobody_adds_or_removes_lists_by_hand(self) -> None:
        """A run makes and removes them."""
        self.client.force_login(User.objects.create_superuser("abara"))
        self.assertEqual(self.client.get(reverse(f"{LISTS}_add")).status_code, 403)
        gone = reverse(f"{LISTS}_delete", args=[self.row.pk])
        self.assertEqual(self.client.post(gone, {"post": "yes"}).status_code, 403)
