"""The bundled articles, into the tables of the newspaper."""

from html import escape
from pathlib import Path

import pandas as pd

from news.models import Article, Desk, Note, Tag
from recommender import read_articles

NEWSROOM = Path(__file__).parents[5] / "data" / "articles"
SEED = "Marram Lido drained after crack opens in the deep end"

DESKS = ("culture", "deutsch", "local", "science", "sport")


def newsroom() -> pd.DataFrame:
    """Return the articles of some desks: enough for lists, few enough for many runs."""
    return read_articles(NEWSROOM, glob=[f"{desk}/*.md" for desk in DESKS])


def fill(notes: int = 0) -> None:
    """Write the articles; the last ones become notes."""
    table = newsroom()
    rows = table.to_dict("records")
    kept = rows[: len(rows) - notes]
    desks = {name: Desk.objects.create(name=name) for name in sorted({*table["category"]})}
    tags = {name: Tag(name=name) for name in sorted({t for row in rows for t in row["tags"]})}
    Tag.objects.bulk_create(tags.values())
    articles = Article.objects.bulk_create(
        Article(
            title=row["title"],
            slug=row["id"].removesuffix(".md").rpartition("/")[2][:200],
            summary=row["description"],
            body=paragraphs(row["text"]),
            published=row["date"].to_pydatetime(),
            language=row["lang"],
            desk=desks[row["category"]],
        )
        for row in kept
    )
    through = Article.tags.through
    through.objects.bulk_create(
        through(article=article, tag=tags[name])
        for article, row in zip(articles, kept, strict=True)
        for name in row["tags"]
    )
    for row in rows[len(kept) :]:
        Note.objects.create(headline=row["title"], text=row["text"], day=row["date"].date())


def paragraphs(text: str) -> str:
    """Return a text as an editor's HTML."""
    return "\n".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
