"""Writes lists into the table: only the rows that changed, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, router, transaction

from recommender.errors import OutputError
from recommender.plugins.django.building import BuiltLists, has_model, list_for
from recommender.plugins.django.models import EditorialChoice, Entry, RelatedList, key_of
from recommender.plugins.django.options import ModelOptions, options_of
from recommender.plugins.django.records import title_of

BATCH = 500
"""Rows to a statement."""
CHUNK = 2_000
"""Rows that are read at once."""
SCORE = 0.01
"""A score that differs by at most this is not written again."""
TITLE_LENGTH = RelatedList._meta.get_field("title").max_length


class Changes(NamedTuple):
    """What differs between the lists and the table."""

    new: list[RelatedList]
    changed: list[RelatedList]
    gone: list[int]
    """Primary keys."""
    same: int
    """Number of rows that stay as they are."""
    filled: int
    """Number of lists with entries in the table."""
    emptied: int
    """How many of these have none now, or are gone."""

    @property
    def empties_most(self) -> bool:
        """Whether most articles that have a list would have none."""
        return self.emptied * 2 > self.filled


def write(lists: BuiltLists, labels: Collection[str], *, dry: bool, empty: bool) -> Changes:
    """Make the table contain lists, and return what that changes.

    Parameters
    ----------
    lists : BuiltLists
        The lists of all objects of the models.
    labels : collection of str
        These models; rows of others stay. Empty for all.
    dry : bool
        Write nothing.
    empty : bool
        Write even if that empties most lists.

    Raises
    ------
    OutputError
        If another run writes at the same time; then the table is as that leaves it.
    """
    using = router.db_for_write(RelatedList)
    try:
        with transaction.atomic(using=using):
            found = _changes(lists, labels, using)
            if not dry and (empty or not found.empties_most):
                _apply(found, using)
    except IntegrityError as error:
        raise OutputError(
            f"the table of lists has changed meanwhile: {error}", "run the command again"
        ) from error
    return found


def write_list(instance: Any) -> bool:
    """Write the list of one object, such as a new one, without a run over all of them.

    Its entries come from the model that the last run left in the index directory; lists of other
    objects do not change. A later run makes the same list again.

    Parameters
    ----------
    instance : Model
        A saved object.

    Returns
    -------
    bool
        False if it is not an object of the setting, or there is no model yet.

    Raises
    ------
    SourceError
        If the model is damaged, or from another version.
    """
    found = options_of(instance)
    if found is None or not has_model():
        return False
    title = title_of(found, instance)[:TITLE_LENGTH]
    entries = _stored(list_for(found, instance))
    RelatedList.objects.update_or_create(
        model=found.label,
        object_id=str(instance.pk),
        defaults={"title": title, "entries": entries},
    )
    return True


def row_of(found: ModelOptions, instance: Any) -> RelatedList:
    """Return the row of an object; an empty one is written if it has none."""
    row: RelatedList
    row, _ = RelatedList.objects.get_or_create(
        model=found.label,
        object_id=str(instance.pk),
        defaults={"title": title_of(found, instance)[:TITLE_LENGTH]},
    )
    return row


def _changes(lists: BuiltLists, labels: Collection[str], using: str) -> Changes:
    rows = RelatedList.objects.using(using).order_by("pk")
    if labels:
        rows = rows.filter(model__in=[*labels])
    choices = EditorialChoice.objects.using(using).values_list("list", "shown")
    chosen = {key for pair in choices for key in pair}  # a row that is chosen stays, if empty
    titles = dict(lists.titles)
    changed, gone, counts = [], [], {"same": 0, "filled": 0, "emptied": 0}
    for row in rows.iterator(chunk_size=CHUNK):
        name = key_of(row.model, row.object_id)
        is_gone = name not in titles
        title = titles.pop(name, row.title)[:TITLE_LENGTH]
        teaser = lists.teasers.get(name, row.teaser)
        entries = _stored(lists.entries.get(name, ()))
        counts["filled"] += bool(row.entries)
        counts["emptied"] += bool(row.entries) and not entries
        if is_gone and row.pk not in chosen:
            gone.append(row.pk)
        elif (row.title, row.teaser) == (title, teaser) and _is_same(row.entries, entries):
            counts["same"] += 1
        else:
            row.title, row.teaser, row.entries = title, teaser, entries
            changed.append(row)
    new = [_row(lists, name) for name in titles]
    return Changes(new, changed, gone, **counts)


def _is_same(old: list[list[Any]], new: list[list[Any]]) -> bool:
    """Return whether entries are the same, but for small differences between scores.

    Every edit moves the weight of its words, and so all scores a little.
    """
    if len(old) != len(new):
        return False
    pairs = [(Entry(*a), Entry(*b)) for a, b in zip(old, new, strict=True)]
    return all(abs(a.score - b.score) <= SCORE and a._replace(score=b.score) == b for a, b in pairs)


def _row(lists: BuiltLists, name: str) -> RelatedList:
    model, _, object_id = name.partition(":")
    return RelatedList(
        model=model,
        object_id=object_id,
        title=lists.titles[name][:TITLE_LENGTH],
        teaser=lists.teasers.get(name, ""),
        entries=_stored(lists.entries.get(name, ())),
    )


def _stored(entries: Sequence[Entry]) -> list[list[Any]]:
    """Return entries as the JSON of a row is read."""
    return [[*entry] for entry in entries]


def _apply(found: Changes, using: str) -> None:
    rows = RelatedList.objects.using(using)
    for start in range(0, len(found.gone), BATCH):
        rows.filter(pk__in=found.gone[start : start + BATCH]).delete()
    if found.changed:
        rows.bulk_update(found.changed, ["title", "teaser", "entries"], batch_size=BATCH)
    if found.new:
        rows.bulk_create(found.new, batch_size=BATCH)
