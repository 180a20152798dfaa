"""The bundled articles as pages."""

from news.newsroom import SEED, newsroom, paragraphs
from wagtail.models import Locale, Page, Site
from wagtail.rich_text import RichText

from pages.models import ArticlePage, HomePage, NotePage

__all__ = ["SEED", "fill"]


def fill(notes: int = 0) -> HomePage:
    """Write the pages, each in its locale; the last English ones are notes."""
    homes = {code: home_in(code) for code in ("en", "de")}
    Site.objects.create(hostname="localhost", root_page=homes["en"], is_default_site=True)
    rows = newsroom().to_dict("records")
    english = [row["id"] for row in rows if row["lang"] != "de"]
    for row in rows:
        home = homes["de" if row["lang"] == "de" else "en"]
        common = {"title": row["title"], "locale": home.locale}
        if row["id"] in english[len(english) - notes :]:
            page = NotePage(**common, body=paragraphs(row["text"]))
        else:
            body = [("paragraphs", RichText(paragraphs(row["text"])))]
            day = row["date"].date()
            page = ArticlePage(**common, day=day, summary=row["description"], body=body)
            page.tags.add(*row["tags"])
        home.add_child(instance=page)
    return homes["en"]


def home_in(code: str) -> HomePage:
    """Return the new home page of a locale, a translation of the others."""
    locale, _ = Locale.objects.get_or_create(language_code=code)
    root = Page.objects.filter(depth=1).first()
    if root is None:
        root = Page.add_root(instance=Page(title="Root", slug="root", locale=locale))
    home = HomePage(title=f"Courier {code}", slug=code, locale=locale)
    first = HomePage.objects.first()
    if first is not None:
        home.translation_key = first.translation_key
    return root.add_child(instance=home)
