"""The pages of the newspaper."""

from django.contrib import admin
from django.urls import path
from news.views import article

urlpatterns = [
    path("admin/", admin.site.urls),
    path("<int:pk>/<slug:slug>/", article, name="article"),
]
