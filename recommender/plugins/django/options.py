"""The setting ``RECOMMENDER``, read and checked.

Everything wrong is found at once, for ``manage.py check``; whoever needs the options gets one
error with all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from django.apps import apps
from django.conf import settings as project
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.utils.module_loading import import_string

from recommender.config import MOST, Settings
from recommender.errors import ConfigError, did_you_mean, shown
from recommender.plugins.base import PluginSettings, plugin_settings

SETTING = "RECOMMENDER"
COUNT = 12
"""Entries of a list that are kept: more than are shown, to take the place of removed articles."""

SEVERAL = ("text", "tags")
"""Parts that several fields may give."""
PARTS = (
    "title", "text", "date", "tags", "language", "category", "author", "description", "image",
    "unlisted",
)  # fmt: skip
"""What an article is made of, by the keys of a model."""
KEYS = (*PARTS, "queryset", "url")
OWN = ("models", "count", "settings")
NOT_HERE = ("glob", "insert")
"""Settings of other plug-ins that mean nothing here."""

Getter = str | Callable[[Any], Any]
"""The name of a field, attribute or method, dotted to go on from there; or a function."""

Defaults = Callable[[type[models.Model]], Mapping[str, Any] | None]
_defaults: list[Defaults] = []


class Problem(NamedTuple):
    """Something wrong with the setting."""

    code: str
    """``E`` and a number for an error, ``W`` and a number for a warning."""
    message: str
    hint: str = ""


class ModelOptions(NamedTuple):
    """How the objects of a model become articles."""

    model: type[models.Model]
    parts: Mapping[str, tuple[Getter, ...]]
    """The getters of each part."""
    queryset: Callable[[], models.QuerySet[Any]]
    """Returns the objects that are public."""
    url: Callable[[Any, Any], str]
    """Returns the address of an object, for a request or None."""
    more: Mapping[str, Callable[[Any], Any]]
    """Further columns of the table of articles."""
    keep_apart: str = ""
    """A column of which lists contain only articles with the same value."""
    html: Callable[[Any], str] | None = None
    """Returns a value of `text` as HTML; None for `html_of`."""
    only: Callable[[models.QuerySet[Any]], models.QuerySet[Any]] | None = None
    """Returns the objects of a queryset that may be shown; None for all of them."""

    @property
    def label(self) -> str:
        """The name of the model, such as ``news.article``."""
        return str(self.model._meta.label_lower)


@dataclass(frozen=True)
class Options:
    """The setting as a whole."""

    models: Mapping[str, ModelOptions]
    count: int
    """Maximum number of entries of a list that are kept."""
    settings: Settings
    heading: str
    index: Path | None
    """Directory of what is kept between runs."""


def add_defaults(defaults: Defaults) -> None:
    """Let another app give the default options of some models.

    Parameters
    ----------
    defaults : callable
        Returns for a model the keys of its options, and `more`, `keep_apart`, `html` and
        `only`, see `ModelOptions`; or None for models that it does not know.
    """
    if defaults not in _defaults:
        _defaults.append(defaults)
    forget()


def forget(setting: str = SETTING, **others: Any) -> None:
    """Read the setting again when it is next used, as after a change in a test."""
    if setting == SETTING:
        options.cache_clear()


@cache
def options() -> Options:
    """Return the options.

    Raises
    ------
    ImproperlyConfigured
        If the setting is wrong; names everything that is.
    """
    found, problems = read_options()
    errors = [problem for problem in problems if problem.code.startswith("E")]
    if errors or found is None:
        lines = (f"{p.message}; {p.hint}" if p.hint else p.message for p in errors)
        raise ImproperlyConfigured("\n".join(lines))
    return found


def read_options() -> tuple[Options | None, list[Problem]]:
    """Return the options, None if they are wrong, and all problems."""
    given = getattr(project, SETTING, None)
    if given is None:
        return None, [Problem("E001", f"{SETTING} is not set", 'set {"models": {…}}')]
    if not isinstance(given, Mapping):
        kind = type(given).__name__
        return None, [Problem("E001", f"{SETTING}: expected a dict, got {kind}")]
    problems: list[Problem] = []
    found = dict(_models(given.get("models"), problems))
    count = given.get("count", COUNT)
    if type(count) is not int or not 1 <= count <= MOST:
        message = f"{SETTING}: count must be a whole number from 1 to {MOST:,}, got {shown(count)}"
        problems.append(Problem("E005", message))
    try:
        shared = _shared(given)
    except ConfigError as error:
        problems.append(Problem("E006", error.message, error.hint))
        return None, problems
    if any(problem.code.startswith("E") for problem in problems):
        return None, problems
    index = shared.settings.index_dir if shared.settings.index else None
    folder = _path(index) / "django" if index else None
    return Options(found, count, shared.settings, shared.heading, folder), problems


def _shared(given: Mapping[str, Any]) -> PluginSettings:
    """Return the settings that all plug-ins have."""
    others = {name: value for name, value in given.items() if name not in OWN}
    wrong = [name for name in others if name in NOT_HERE]
    if wrong:
        raise ConfigError(f"{SETTING}: {', '.join(wrong)} has no effect in Django", "leave it out")
    file, base = given.get("settings"), _path(".")
    if file is not None and not isinstance(file, str | Path):
        raise ConfigError(f"{SETTING}: settings must name a file, got {shown(file)}")
    try:
        return plugin_settings(others, SETTING, base, _path(file) if file else None)
    except ConfigError as error:
        if "unknown setting" not in error.message:
            raise
        name = error.message.rpartition(" ")[2]
        raise ConfigError(error.message, did_you_mean(name, OWN) or error.hint) from None


def _path(name: str | Path) -> Path:
    """Return a path of the setting, which is relative to ``BASE_DIR``."""
    return Path(getattr(project, "BASE_DIR", "")) / name


def _models(given: Any, problems: list[Problem]) -> Iterator[tuple[str, ModelOptions]]:
    if not isinstance(given, Mapping) or not given:
        hint = 'such as {"models": {"news.Article": {"title": "title", "text": "body"}}}'
        problems.append(Problem("E001", f"{SETTING}: models names no model", hint))
        return
    for name, keys in given.items():
        where = f"{SETTING}: models[{name!r}]"
        model = _model(name, where, problems)
        if not isinstance(keys, Mapping):
            problems.append(Problem("E001", f"{where} must be a dict, got {shown(keys)}"))
        elif model is not None:
            found = _model_options(model, keys, where, problems)
            yield found.label, found


def _model(name: Any, where: str, problems: list[Problem]) -> type[models.Model] | None:
    try:
        model: type[models.Model] = apps.get_model(name)
        return model
    except (LookupError, ValueError, AttributeError, TypeError):
        known = [model._meta.label for model in apps.get_models()]
        hint = did_you_mean(str(name), known) or "name it APP.MODEL; is its app installed?"
        problems.append(Problem("E002", f"{where}: there is no such model", hint))
        return None


def _model_options(
    model: type[models.Model], keys: Mapping[str, Any], where: str, problems: list[Problem]
) -> ModelOptions:
    defaults: dict[str, Any] = {"title": "title", "url": "get_absolute_url"}
    for known in _defaults:
        defaults |= known(model) or {}
    for key in keys:
        if key not in KEYS:
            hint = did_you_mean(str(key), KEYS) or f"keys are {', '.join(KEYS)}"
            problems.append(Problem("E003", f"{where}: unknown key {shown(key)}", hint))
    if len(getattr(model._meta, "pk_fields", "1")) > 1:
        problems.append(Problem("E002", f"{where}: a model with a composite key has no lists"))
    chosen = defaults | {key: value for key, value in keys.items() if key in KEYS}
    parts: dict[str, tuple[Getter, ...]] = {}
    for part in PARTS:
        if part in chosen:
            parts[part] = _getters(model, part, chosen[part], where, problems)
    if not chosen.get("text"):
        problems.append(Problem("E004", f"{where}: text is missing", 'such as "text": "body"'))
    return ModelOptions(
        model,
        parts,
        _queryset(model, chosen.get("queryset"), where, problems),
        _url(model, chosen["url"], where, problems),
        chosen.get("more", {}),
        chosen.get("keep_apart", ""),
        chosen.get("html"),
        chosen.get("only"),
    )


def _getters(
    model: type[models.Model], part: str, given: Any, where: str, problems: list[Problem]
) -> tuple[Getter, ...]:
    several = isinstance(given, list | tuple)
    names: Sequence[Any] = given if several else [given]
    if several and part not in SEVERAL:
        message = f"{where}: {part} must be one field, got {shown(given)}"
        problems.append(Problem("E005", message))
        return ()
    for name in names:
        if callable(name):
            continue
        if not isinstance(name, str) or not name:
            problems.append(Problem("E005", f"{where}: {part} must name a field, got {name!r}"))
        elif unknown := _unknown(model, name):
            what, owner = unknown
            hint = did_you_mean(what, _names(owner))
            message = f"{where}: {part}: {owner._meta.label} has no field or method {what!r}"
            problems.append(Problem("E004", message, hint))
    return tuple(names)


def _unknown(model: type[models.Model], name: str) -> tuple[str, type[models.Model]] | None:
    """Return the part of a name that a model does not have, and the model."""
    first, _, rest = name.partition(".")
    try:
        field = model._meta.get_field(first)
    except FieldDoesNotExist:
        return None if hasattr(model, first) else (first, model)
    related = getattr(field, "related_model", None)
    return _unknown(related, rest) if rest and related else None


def _names(model: type[models.Model]) -> list[str]:
    fields = [field.name for field in model._meta.get_fields()]
    own = (name for name in vars(model) if not name.startswith("_"))
    return [*dict.fromkeys([*fields, *own])]


def _queryset(
    model: type[models.Model], given: Any, where: str, problems: list[Problem]
) -> Callable[[], models.QuerySet[Any]]:
    every: Callable[[], models.QuerySet[Any]] = model._default_manager.all
    if given is None:
        return every
    if callable(given):
        return cast(Callable[[], Any], given)
    name = given if isinstance(given, str) else ""
    found = _manager(model, name)
    if found is None and "." in name and not hasattr(model, name.partition(".")[0]):
        try:
            found = import_string(given)
        except ImportError as error:
            problems.append(Problem("E007", f"{where}: queryset cannot be imported, {error}"))
            return every
    if not callable(found):
        message = (
            f"{where}: queryset must name a manager of {model._meta.label}, one of its methods, "
            f"or a function by its dotted path, got {given!r}"
        )
        managers = [manager.name for manager in model._meta.managers]
        hint = did_you_mean(str(given), managers) or f"managers are {', '.join(managers)}"
        problems.append(Problem("E007", message, hint))
        return every
    return found


def _manager(model: type[models.Model], name: str) -> Callable[[], Any] | None:
    """Return what gives the objects of a manager, or of one of its methods; None if none does."""
    first, _, method = name.partition(".")
    manager = getattr(model, first, None) if first else None
    if not isinstance(manager, models.Manager):
        return None
    found: Callable[[], Any] | None = getattr(manager, method or "all", None)
    return found


def _url(
    model: type[models.Model], given: Any, where: str, problems: list[Problem]
) -> Callable[[Any, Any], str]:
    if callable(given):
        return cast(Callable[[Any, Any], str], given)
    if not isinstance(given, str) or not hasattr(model, given):
        message = f"{where}: url: {model._meta.label} has no method {given!r}"
        problems.append(Problem("E004", message, "write get_absolute_url, or name a method"))
        return lambda _, request: ""

    def address(instance: Any, request: Any) -> str:
        found = getattr(instance, given)
        return str(found() if callable(found) else found)

    return address


def options_of(instance: Any) -> ModelOptions | None:
    """Return the options for an object, by its model or the first configured one above it."""
    if not isinstance(instance, models.Model):
        return None
    kind = getattr(instance, "specific_class", None) or type(instance)  # a page of Wagtail
    known = options().models
    for model in kind.__mro__:
        label = str(getattr(getattr(model, "_meta", None), "label_lower", ""))
        if label in known:
            return known[label]
    return None
