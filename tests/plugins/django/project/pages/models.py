"""The types of pages."""

from typing import ClassVar

from django.db import models
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from recommender.plugins.wagtail.panels import RelatedPanel


class Quote(blocks.StructBlock):
    """What somebody said."""

    text = blocks.TextBlock()
    speaker = blocks.CharBlock()

    class Meta:
        template = "pages/quote.html"


class Box(blocks.StructBlock):
    """Blocks within a block."""

    note = blocks.CharBlock(search_index=False)
    points = blocks.ListBlock(blocks.RichTextBlock())


class ArticleTag(TaggedItemBase):
    """A tag of an article."""

    content_object = ParentalKey("ArticlePage", related_name="tagged_items")


class HomePage(Page):
    """The start of the site, which is not an article."""


class ArticlePage(Page):
    """An article of blocks."""

    day = models.DateField(null=True, blank=True)
    summary = models.TextField(blank=True)
    body = StreamField(
        [
            ("heading", blocks.CharBlock()),
            ("paragraphs", blocks.RichTextBlock()),
            ("quote", Quote()),
            ("layout", blocks.ChoiceBlock(choices=[("wide", "Wide column"), ("slim", "Slim")])),
            ("html", blocks.RawHTMLBlock()),
            ("points", blocks.ListBlock(blocks.CharBlock())),
            ("boxes", blocks.StreamBlock([("box", Box())])),
        ],
        blank=True,
    )
    tags = ClusterTaggableManager(through=ArticleTag, blank=True)
    template = "pages/article.html"
    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("day"),
        FieldPanel("summary"),
        FieldPanel("body"),
        RelatedPanel(),
    ]


class NotePage(Page):
    """A note of rich text."""

    body = RichTextField(blank=True)
    template = "pages/note.html"
    content_panels: ClassVar = [*Page.content_panels, FieldPanel("body"), RelatedPanel()]
