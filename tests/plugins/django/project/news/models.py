"""What the newspaper publishes."""

import uuid

from django.db import models
from django.urls import reverse


class Desk(models.Model):
    """A part of the newspaper."""

    name = models.CharField(max_length=50)


class Tag(models.Model):
    """A subject."""

    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class Articles(models.QuerySet):
    """Articles, and those that readers may see."""

    def public(self) -> "Articles":
        """Return what is published."""
        return self.filter(is_public=True)


class Article(models.Model):
    """An article."""

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=200, default="article")
    summary = models.TextField(blank=True)
    body = models.TextField()
    published = models.DateTimeField(null=True)
    language = models.CharField(max_length=10, blank=True)
    is_public = models.BooleanField(default=True)
    desk = models.ForeignKey(Desk, models.PROTECT, null=True)
    tags = models.ManyToManyField(Tag)

    objects = Articles.as_manager()

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("article", args=[self.pk, self.slug])


class Note(models.Model):
    """A short note, with a key that is not a number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    headline = models.CharField(max_length=200)
    text = models.TextField()
    day = models.DateField(null=True)

    def address(self) -> str:
        """Return the address of its page."""
        return f"/notes/{self.pk}/"
