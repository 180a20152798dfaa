"""The page of an article."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from news.models import Article


def article(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Return the page."""
    found = get_object_or_404(Article.objects.public(), pk=pk)
    return render(request, "news/article.html", {"article": found})
