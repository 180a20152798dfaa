"""A newspaper on Django: articles with whole numbers as keys, and notes with UUIDs."""

import os
from pathlib import Path

BASE_DIR = Path(os.environ.get("COURIER_FOLDER", Path(__file__).parent))
SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "recommender.plugins.django",
    "news",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
SOCKET = os.environ.get("COURIER_POSTGRES")
INSTALLED_APPS += ["django.contrib.postgres"] * bool(SOCKET)  # the search of Wagtail needs it
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": SOCKET,
        "USER": "courier",
        "NAME": "postgres",
    }
    if SOCKET
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "courier.sqlite3"}
}
RECOMMENDER = {
    "models": {
        "news.Article": {
            "title": "title",
            "text": ["summary", "body"],
            "date": "published",
            "tags": "tags",
            "language": "language",
            "category": "desk.name",
            "description": "summary",
            "queryset": "objects.public",
        },
        "news.Note": {"title": "headline", "text": "text", "date": "day", "url": "address"},
    },
}
