"""The cards of one object: its row of the table, what editors decide, and the objects shown.

One query reads the row with its pins and bans, and one query for each model reads the objects. An
object that is not public any more is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import get_language

from recommender.outputs.urls import safe_address
from recommender.pages.block import clean_cards
from recommender.plugins.django.models import EditorialChoice, Entry, RelatedList
from recommender.plugins.django.options import ModelOptions, options, options_of
from recommender.plugins.django.records import day_of, line_of, objects_of, title_of, values_of

if TYPE_CHECKING:
    from recommender.outputs.cards import Card

KEY_BITS = 64
"""Numbers of more bits are not keys: databases refuse them."""
PINNED = "pinned"
"""The origin of an entry that an editor pinned, as in `recommender.ranking.ORIGINS`."""


class Kept(NamedTuple):
    """A row of the table, and what editors decide about it."""

    entries: list[Entry]
    """As the last run found them."""
    pins: list[tuple[str, str]]
    """Model and key of each pinned article, in order."""
    bans: list[tuple[str, str]]
    """Model and key of each banned article."""
    teasers: Mapping[tuple[str, str], str]
    """The teasers of pinned articles."""


def kept_list(model: str, key: str) -> Kept:
    """Return the list of an object; one query.

    Parameters
    ----------
    model : str
        Name of its model, such as ``news.article``.
    key : str
        Its primary key as text.
    """
    shown = ("model", "object_id", "teaser")
    columns = ("entries", "choices__action", *(f"choices__shown__{name}" for name in shown))
    rows = [
        *RelatedList.objects.filter(model=model, object_id=key)
        .order_by("choices__position", "choices__pk")
        .values_list(*columns)
    ]
    found = [Entry(*entry) for entry in rows[0][0]] if rows else []
    pins = {(m, k): t for _, action, m, k, t in rows if action == EditorialChoice.Action.PIN}
    bans = [(m, k) for _, action, m, k, _ in rows if action == EditorialChoice.Action.BAN]
    return Kept(found, [*pins], bans, pins)


def arranged(kept: Kept) -> list[Entry]:
    """Return the entries of a list as editors want them: pinned ones first, no banned ones."""
    known = {(entry.model, entry.key): entry for entry in kept.entries}
    unknown = {pin: Entry(*pin, 0.0, "", [], teaser=kept.teasers[pin]) for pin in kept.pins}
    first = [(unknown | known)[pin]._replace(origin=PINNED) for pin in kept.pins]
    out = {*kept.pins, *kept.bans}
    return [*first, *(entry for name, entry in known.items() if name not in out)]


def with_banned(kept: Kept) -> list[Entry]:
    """Return the entries of a list as its editors see them: banned ones last, without a score."""
    return [*arranged(kept), *(Entry(*name, 0.0, "", []) for name in kept.bans)]


def related_cards(instance: Any, count: int | None = None, request: Any = None) -> list[Card]:
    """Return what to show with an object, best first.

    Parameters
    ----------
    instance : Model
        An object of a model of the setting; any other value has no cards.
    count : int, optional
        Maximum number; default: the setting `k`. No more than the setting `count` are kept.
    request : HttpRequest, optional
        For addresses that depend on it.

    Returns
    -------
    list of Card
        With `object`, the related object, and the names of `recommender.pages.block.CARD_NAMES`:
        texts are plain, and not escaped; addresses are safe in links.
    """
    own = options_of(instance)
    if own is None or instance.pk is None:
        return []
    entries = arranged(kept_list(own.label, str(instance.pk)))
    found = public_objects(entries)
    shared = options()
    cards = []
    for entry in entries:
        related = found.get((entry.model, entry.key))
        if related is not None:
            cards.append(_card(shared.models[entry.model], related, entry, request))
    shown = clean_cards(cards, get_language() or "")
    return shown[: shared.settings.k if count is None else count]


def public_objects(entries: Iterable[Entry]) -> Mapping[tuple[str, str], Any]:
    """Return the public objects of entries; one query for each of their models."""
    keys: dict[str, list[Any]] = {}
    known = options().models
    for entry in entries:
        if entry.model in known:
            keys.setdefault(entry.model, []).append(entry.key)
    found = {}
    for label, texts in keys.items():
        public = objects_of(known[label])
        typed = [*_typed(known[label], texts)]
        for instance in public.filter(pk__in=typed):
            found[label, str(instance.pk)] = instance
    return found


def _typed(model: ModelOptions, texts: Iterable[str]) -> Iterable[Any]:
    """Yield keys in their type, without those that were of another type."""
    for text in texts:
        try:
            key = model.model._meta.pk.to_python(text)
        except ValidationError:
            continue
        if not isinstance(key, int) or key.bit_length() < KEY_BITS:
            yield key


def _card(model: ModelOptions, instance: Any, entry: Entry, request: Any) -> Card:
    day = day_of(model, instance)
    return {
        "object": instance,
        "id": entry.key,
        "url": model.url(instance, request),
        "title": title_of(model, instance),
        "teaser": line_of(model, "description", instance) or entry.teaser,
        "author": line_of(model, "author", instance),
        "image": _image(model, instance),
        "date": day.isoformat() if day else "",
        "score": entry.score,
        "origin": entry.origin,
        "because": entry.because,
        "reason": entry.reason,
    }


def _image(model: ModelOptions, instance: Any) -> str:
    for value in values_of(model.parts.get("image", ()), instance):
        url = getattr(value, "url", value) if value else ""
        return safe_address(str(url))
    return ""
