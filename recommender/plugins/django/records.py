"""Objects as rows of an Article table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from html import escape
from typing import Any

from django.db import models
from django.db.models.manager import BaseManager
from django.utils import timezone

from recommender.errors import ConfigError
from recommender.pages.block import plain
from recommender.plugins.django.models import key_of
from recommender.plugins.django.options import Getter, ModelOptions
from recommender.sources.html.fragments import read_inline

CHUNK = 500
"""Objects that are read from the database at once."""

COLUMNS = {"language": "lang", "category": "category", "author": "author"}
"""Parts that are a line of text, and their columns."""

_TAG = re.compile(r"<[a-zA-Z!/]")
_BLANK = re.compile(r"\n\s*\n")


def objects_of(options: ModelOptions) -> models.QuerySet[Any]:
    """Return the public objects of a model.

    Raises
    ------
    ConfigError
        If `queryset` returns something else.
    """
    found = options.queryset()
    where = f"RECOMMENDER: the queryset of {options.label}"
    if not isinstance(found, models.QuerySet):
        raise ConfigError(
            f"{where} returned a {type(found).__name__}, expected a QuerySet",
            "return objects.filter(…), not a list made of it",
        )
    if not issubclass(found.model, options.model):
        raise ConfigError(
            f"{where} returned objects of {found.model._meta.label}",
            "name a queryset of the model itself",
        )
    if found.query.is_sliced:
        raise ConfigError(f"{where} is cut off", "filter it instead of [:n]")
    return found if options.only is None else options.only(found)


def read_records(options: ModelOptions) -> Iterator[dict[str, Any]]:
    """Yield a row for each public object of a model, in chunks from the database.

    `html` contains its text as HTML, for `read_texts`, which makes the column `text` of it.
    """
    names = {
        getter.partition(".")[0]
        for getters in options.parts.values()
        for getter in getters
        if isinstance(getter, str)
    }
    fields = {f.name: f for f in options.model._meta.get_fields() if f.is_relation}
    several = [n for n in names if n in fields and not _is_single(fields[n])]
    single = [n for n in names if n in fields and _is_single(fields[n])]
    found = objects_of(options)
    if single and found.query.select_related is not True:
        found = found.select_related(*single)
    if several:
        found = found.prefetch_related(*several)
    for instance in found.order_by("pk").iterator(chunk_size=CHUNK):
        yield record_of(options, instance)


def _is_single(field: Any) -> bool:
    return bool(field.many_to_one or (field.one_to_one and field.concrete))


def record_of(options: ModelOptions, instance: Any) -> dict[str, Any]:
    """Return the row of one object, with its text as `html`."""
    parts = options.parts
    row: dict[str, Any] = {
        "id": key_of(options.label, instance.pk),
        "title": title_of(options, instance),
        "html": "\n".join(map(options.html or html_of, values_of(parts["text"], instance))),
        "url": options.url(instance, None),
        "date": day_of(options, instance),
        "tags": [str(tag) for tag in values_of(parts.get("tags", ()), instance)],
        "description": line_of(options, "description", instance),
    }
    for part, column in COLUMNS.items():
        if part in parts:
            row[column] = line_of(options, part, instance)
    if "unlisted" in parts:
        row["unlisted"] = any(map(bool, values_of(parts["unlisted"], instance)))
    return row | {name: get(instance) for name, get in options.more.items()}


def title_of(options: ModelOptions, instance: Any) -> str:
    """Return the title of an object, as it is: an angle bracket in it is one."""
    return plain(" ".join(map(str, values_of(options.parts.get("title", ()), instance))))


def line_of(options: ModelOptions, part: str, instance: Any) -> str:
    """Return a part of an object as a line of text without tags."""
    values = map(str, values_of(options.parts.get(part, ()), instance))
    return plain(", ".join(read_inline(value) for value in values))


def day_of(options: ModelOptions, instance: Any) -> date | None:
    """Return the day of an object, in the current time zone."""
    for value in values_of(options.parts.get("date", ()), instance):
        if isinstance(value, datetime):
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            return local.date()
        if isinstance(value, date):
            return value
    return None


def values_of(getters: Iterable[Getter], instance: Any) -> Iterator[Any]:
    """Yield what fields, attributes, methods and functions give; the items of several values."""
    for getter in getters:
        value = getter(instance) if callable(getter) else _value(getter, instance)
        if isinstance(value, BaseManager):
            yield from value.all()
        elif isinstance(value, list | tuple | set | models.QuerySet):
            yield from value
        elif value is not None and value != "":
            yield value


def _value(name: str, instance: Any) -> Any:
    value = instance
    for part in name.split("."):
        if value is None:
            return None
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
        if callable(value) and not isinstance(value, BaseManager):
            value = value()
    return value


def html_of(value: Any) -> str:
    """Return a text as HTML; a text without tags has paragraphs where lines are blank.

    Examples
    --------
    >>> html_of("Sow < reap.\\n\\nRye."), html_of("<p>Rye.</p>")
    ('<p>Sow &lt; reap.</p>\\n<p>Rye.</p>', '<p>Rye.</p>')
    """
    text = str(value)
    if _TAG.search(text):
        return text
    return "\n".join(f"<p>{escape(part, quote=False)}</p>" for part in _BLANK.split(text) if part)
