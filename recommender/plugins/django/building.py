"""The lists of all objects, and the list of one: reads objects, fits, ranks. Writes no table.

With an index directory, the fitted model is kept there for the lists of single objects, and so are
the lists, for a run for which nothing has changed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from recommender.config import MAIN_TERMS, Settings
from recommender.editorial import EditorialRule, ban
from recommender.errors import ConfigError, OutputError
from recommender.index.inputs import digest_of
from recommender.index.program import digest_of_data, program
from recommender.index.store import Store, locked
from recommender.plugins.base import fit_pages, have_lists, read_texts
from recommender.plugins.django.models import EditorialChoice, Entry, RelatedList, key_of
from recommender.plugins.django.options import ModelOptions, Options, options
from recommender.plugins.django.records import read_records, record_of

if TYPE_CHECKING:
    import pandas as pd

    from recommender.model import Recommender
    from recommender.resources import Progress

logger = logging.getLogger(__name__)

LISTS = "lists.msgpack"
BATCH = 1_000
"""How often the reader of objects reports."""


class BuiltLists(NamedTuple):
    """The lists of all objects."""

    titles: dict[str, str]
    """The title of each object by its name, see `key_of`."""
    teasers: dict[str, str]
    """The first words of each object, or its description."""
    entries: dict[str, list[Entry]]
    """The list of each object; objects without any are missing."""
    unchanged: bool
    """Whether they are those of the last run, because nothing has changed."""


class _LastRun(msgspec.Struct, frozen=True):
    """What a run keeps."""

    digest: str
    """Of all that the lists depend on."""
    titles: dict[str, str]
    teasers: dict[str, str]


def build(chosen: Sequence[ModelOptions], whole: bool, progress: Progress) -> BuiltLists:
    """Return the lists of all public objects of some models.

    Parameters
    ----------
    chosen : sequence of ModelOptions
        The models; a list contains objects of all of them.
    whole : bool
        Whether these are all models; only then is the index directory read and written.
    progress : callable
        Called with ``(phase, done, total)``; the total is 0 if it is not known.

    Raises
    ------
    ConfigError, SourceError
        If a setting or a value of an object is wrong.
    OutputError
        If the index directory cannot be written to.
    """
    shared = options()
    rows = _rows(chosen, progress)
    bans = _bans({row["id"] for row in rows})
    last = _last_lists() if shared.settings.churn_margin else []
    settings = _kept_apart(shared.settings, chosen, rows)
    index = shared.index if whole else None
    if index is None:
        entries, teasers = _made(shared, settings, rows, bans, last, None, progress)
        return BuiltLists(_titles(rows), teasers, entries, False)
    with _lock(index):
        store = Store(index)
        digest = _digest(shared, settings, rows, bans, last)
        known = store.facts(_LastRun)
        data = store.part(LISTS) if known is not None and known.digest == digest else None
        if store.problem:
            logger.warning("recommender: %s; it is made again", store.problem)
        if data is not None:
            kept = msgspec.msgpack.decode(data, type=dict[str, list[Entry]])
            return BuiltLists(known.titles, known.teasers, kept, True)
        entries, teasers = _made(shared, settings, rows, bans, last, index, progress)
        titles = _titles(rows)
        data = msgspec.msgpack.encode(entries)
        store.write(_LastRun(digest, titles, teasers), {LISTS: data})
        return BuiltLists(titles, teasers, entries, False)


def has_model() -> bool:
    """Return whether a run has left a model, for `list_for`."""
    index = options().index
    return index is not None and (index / "model").is_dir()


def list_for(found: ModelOptions, instance: Any) -> list[Entry]:
    """Return the list of one object as it is now, against the model of the last run.

    Parameters
    ----------
    found : ModelOptions
        The options of its model.
    instance : Model
        The object; it need not be saved, or may be one that the last run read.

    Raises
    ------
    ConfigError
        If there is no index directory, or no run has been there.
    SourceError
        If what is kept is damaged, or from another version.
    """
    import pandas as pd

    index = options().index
    if index is None:
        raise ConfigError("RECOMMENDER: index_dir is not set", "name a directory for the index")
    if not has_model():
        raise ConfigError(f"{index}: has no model yet", "run `manage.py recommend`")
    from recommender.index.loading import load
    from recommender.index.table import places_of, values_at

    model = load(index / "model")
    row = record_of(found, instance)
    (text,) = read_texts([row.pop("html")], [row["title"]])
    new = pd.DataFrame([row | text])
    lists = model.recommend_for(new, k=options().count)
    known = model.known_articles
    places = places_of(known, lists["related_id"].tolist())
    teasers = _teasers(known.iloc[places])
    if found.keep_apart:  # the rules of the model know only what the last run read
        kinds = values_at(known, found.keep_apart, places)
        lists = lists[[kind == row[found.keep_apart] for kind in kinds]]
    return _entries(model, lists, teasers, new).get(row["id"], [])


def _rows(chosen: Iterable[ModelOptions], progress: Progress) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for model in chosen:
        for row in read_records(model):
            rows.append(row)
            if len(rows) % BATCH == 0:
                progress("read", len(rows), 0)
    return rows


def _titles(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {row["id"]: row["title"] for row in rows}


def _bans(known: set[str]) -> list[EditorialRule]:
    """Return what editors ban among some objects.

    What they pin comes into a list when it is shown: the last step of the ranking, in any case.
    """
    names = ("list__model", "list__object_id", "shown__model", "shown__object_id")
    found = EditorialChoice.objects.filter(action=EditorialChoice.Action.BAN)
    pairs = (
        (key_of(*pair[:2]), key_of(*pair[2:])) for pair in found.order_by("pk").values_list(*names)
    )
    return [ban(on, show) for on, show in pairs if on in known and show in known]


def _last_lists() -> list[tuple[str, int, str]]:
    """Return the entries of the lists that are shown now, for `churn_margin`."""
    return [
        (key_of(own.model, own.object_id), rank, key_of(entry.model, entry.key))
        for own in RelatedList.objects.order_by("pk").iterator()
        for rank, entry in enumerate(own.found(), 1)
    ]


def _kept_apart(
    settings: Settings, chosen: Iterable[ModelOptions], rows: Iterable[Mapping[str, Any]]
) -> Settings:
    """Return the settings with rules that keep a list to the articles of one kind."""
    rules: list[str] = []
    for name in dict.fromkeys(model.keep_apart for model in chosen if model.keep_apart):
        kinds = sorted({str(row[name]) for row in rows if name in row})
        rules += [f"{name}={a} -> {name}={b}" for a in kinds for b in kinds if a != b]
    if not rules:
        return settings
    own = settings.never_pair or ()
    own = [own] if isinstance(own, str) else [*own]
    return Settings(**asdict(settings) | {"never_pair": [*own, *rules]})


def _lock(index: Path) -> Any:
    try:
        index.mkdir(parents=True, exist_ok=True)
        return locked(index, logger.info)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            f"{index}: the index cannot be written, {reason}",
            "set index_dir to another directory, or leave it out",
        ) from error


def _digest(
    shared: Options,
    settings: Settings,
    rows: Iterable[Mapping[str, Any]],
    bans: Sequence[EditorialRule],
    last: Sequence[Any],
) -> str:
    """Return a digest of all that the lists depend on."""
    named = (settings.editorial, settings.clicks, settings.own_vectors)
    files = [
        name for names in named for name in ([names] if isinstance(names, str) else names or ())
    ]
    states = [digest_of(file) for file in files if Path(file).is_file()]
    values = [program(), asdict(settings), shared.count, states, bans, last]
    hashed = blake2b(digest_of_data(values).encode(), digest_size=16)
    for row in rows:
        hashed.update(msgspec.msgpack.encode(row, enc_hook=str))
    return hashed.hexdigest()


def _made(
    shared: Options,
    settings: Settings,
    rows: list[dict[str, Any]],
    bans: Sequence[EditorialRule],
    last: Sequence[tuple[str, int, str]],
    index: Path | None,
    progress: Progress,
) -> tuple[dict[str, list[Entry]], dict[str, str]]:
    """Return the lists of rows, and the teasers of these; frees their HTML."""
    import pandas as pd

    progress("text", 0, len(rows))
    html = [row.pop("html") for row in rows]
    titles = [row["title"] for row in rows]
    texts = read_texts(html, titles, folder=index and index / "pages")
    articles = [row | text for row, text in zip(rows, texts, strict=True)]
    if not have_lists(articles):
        return {}, {}
    model = fit_pages(articles, settings, bans, progress)
    if last:
        model.last_lists = pd.DataFrame(last, columns=["article_id", "rank", "related_id"])
    teasers = _teasers(model.articles_)
    entries = _entries(model, model.recommend(k=shared.count, progress=progress), teasers)
    if index is not None:
        progress("save", 0, len(rows))
        model.save(index / "model")
    return entries, teasers


def _teasers(articles: pd.DataFrame) -> dict[str, str]:
    from recommender.teasers import teasers

    shown = teasers(articles, options().settings.teaser_words)
    return dict(zip(articles["id"], shown, strict=True))


def _entries(
    model: Recommender,
    lists: pd.DataFrame,
    teasers: Mapping[str, str],
    new: pd.DataFrame | None = None,
) -> dict[str, list[Entry]]:
    """Return a Recommendations table as entries by the name of the object."""
    import pandas as pd

    from recommender.articles import validate_articles
    from recommender.explanation import shared_terms
    from recommender.outputs.reasons import with_reasons

    because = shared_terms(model, lists, MAIN_TERMS, new_articles=new)
    reasons: Iterable[str] = [""] * len(lists)
    if options().settings.reasons:
        known = [model.articles_] if new is None else [model.articles_, validate_articles(new)]
        texts = pd.concat([table[["id", "lang", "title", "text"]] for table in known])
        reasons = with_reasons(lists, because, texts)["reason"]
    entries: dict[str, list[Entry]] = {}
    names = (lists[name] for name in ("article_id", "related_id", "score", "origin"))
    for own, related, score, origin, terms, reason in zip(*names, because, reasons, strict=True):
        label, _, key = related.partition(":")
        entry = Entry(label, key, score, origin, terms, reason, teasers[related])
        entries.setdefault(own, []).append(entry)
    return entries
