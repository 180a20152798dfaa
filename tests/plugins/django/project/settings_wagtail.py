"""The newspaper on Wagtail: pages of two types, in two locales."""

from settings import *  # noqa: F403
from settings import BASE_DIR, DATABASES, INSTALLED_APPS, MIDDLEWARE

ROOT_URLCONF = "urls_wagtail"
MIDDLEWARE = [*MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
INSTALLED_APPS = [
    "wagtail.users",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.snippets",
    "wagtail.sites",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    *(app for app in INSTALLED_APPS if app != "news"),
    "recommender.plugins.wagtail",
    "news",
    "pages",
]
# The tables are made from the models, which takes seconds less than all of Wagtail's migrations.
DATABASES = {"default": {**DATABASES["default"], "TEST": {"MIGRATE": False}}}
MIGRATION_MODULES = {app.rpartition(".")[2]: None for app in INSTALLED_APPS} | {
    f"wagtail{name}": None
    for name in ("core", "admin", "docs", "documents", "embeds", "images", "search", "users")
}
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}
}
WAGTAIL_SITE_NAME = "The Calder Bay Courier"
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAIL_I18N_ENABLED = True
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("en", "English"), ("en-gb", "British"), ("de", "German")]
RECOMMENDER = {
    "models": {
        "pages.ArticlePage": {"text": ["summary", "body"], "date": "day", "tags": "tags"},
        "pages.NotePage": {"text": "body"},
    },
    "index_dir": str(BASE_DIR / "index"),
}
