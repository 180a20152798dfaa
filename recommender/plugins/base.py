"""Shared code of the plug-ins: settings from the host, and lists for the host's pages.

A host passes its pages as records and gets a list of cards for each, with the host's own
addresses. Settings that the host does not set come from the environment and from the
settings file beside it, as everywhere.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from recommender.config import MAIN_TERMS, Settings, of_group
from recommender.configured import load_settings
from recommender.editorial import BANS, PINS, Editorial, EditorialRule
from recommender.errors import ConfigError, did_you_mean
from recommender.index.store import FOLDER
from recommender.outputs.wording import heading_for, in_language
from recommender.sources.folders import walk

if TYPE_CHECKING:
    import pandas as pd

    from recommender.model import Recommender
    from recommender.resources import Progress

logger = logging.getLogger(__name__)

OWN_SETTINGS = {"insert": True, "heading": ""}
"""Settings that only plug-ins have: add the block to the page; its heading."""

_WHOLE_ADDRESS = re.compile(r"[a-z][\w+.-]*:|/", re.IGNORECASE)

GROUPS = ("model", "lists")
"""Groups of settings that plug-ins have as a whole."""
SINGLE_SETTINGS = ("teaser_words", "glob", "editorial", "clicks", "index", "index_dir")
"""Settings of other groups that plug-ins have too."""


class PluginSettings(NamedTuple):
    """The settings from the host's configuration, the environment and the settings file."""

    settings: Settings
    insert: bool
    """Add the block to the page; if false, only pass the cards to the templates."""
    heading: str
    """Heading of the block; empty for "You may also like" in the page's language."""


def plugin_settings(
    given: Mapping[str, Any], where: str, directory: Path, config_file: Path | None = None
) -> PluginSettings:
    """Return the settings of a plug-in.

    Parameters
    ----------
    given : mapping
        The settings in the host's configuration.
    where : str
        Name of the host's file, for messages.
    directory : Path
        Directory that may contain a `recommender.toml`.
    config_file : Path, optional
        The settings file to read instead.

    Raises
    ------
    ConfigError
        If a setting is unknown, wrong, or has no effect in a plug-in; the message names all.

    Examples
    --------
    >>> found = plugin_settings({"k": 3, "insert": False}, "mkdocs.yml", Path("/nowhere"))
    >>> found.settings.k, found.insert
    (3, False)
    """
    known = [*OWN_SETTINGS, *SINGLE_SETTINGS, *(n for g in GROUPS for n in of_group(Settings(), g))]
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{where}: unknown setting {name}",
                did_you_mean(name, known) or f"settings are {', '.join(known)}",
            )
    own = {name: given.get(name, default) for name, default in OWN_SETTINGS.items()}
    for name, value in own.items():
        if not isinstance(value, type(OWN_SETTINGS[name])):
            expected = "true or false" if isinstance(OWN_SETTINGS[name], bool) else "text"
            raise ConfigError(f"{where}: {name} is wrong, got {value!r}, expected: {expected}")
    shared = {name: value for name, value in given.items() if name not in OWN_SETTINGS}
    try:
        settings, _ = load_settings(shared, directory=directory, config_file=config_file)
    except ConfigError as error:
        message = re.sub(r"^--([\w-]+):", f"{where}:", error.message, flags=re.MULTILINE)
        raise ConfigError(message, error.hint) from error
    return PluginSettings(settings, bool(own["insert"]), str(own["heading"]))


def lists_for(
    records: Iterable[Mapping[str, Any]],
    settings: Settings,
    last: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> dict[str, list[Any]]:
    """Return the cards of related pages for each page.

    Parameters
    ----------
    records : iterable of mappings
        Rows of an Article table.
    settings : Settings
        Groups model and lists, `teaser_words`, `editorial` and `clicks`.
    last : mapping of str to list of Card, optional
        The lists of the last build, for `churn_margin`. None if the host keeps none: with a
        `churn_margin`, this logs a warning.

    Returns
    -------
    dict of str to list of Card
        By id; empty with fewer than two pages.

    Examples
    --------
    >>> pages = [{"id": n, "title": n, "text": f"rye bread {n}", "url": n} for n in "ab"]
    >>> lists = lists_for(pages, Settings(min_score=0.0, min_df=1, max_df=1.0))
    >>> lists["a"][0]["url"]
    'b'
    """
    rows = [{**record, "date": _date(record.get("date"))} for record in records]
    if not have_lists(rows):
        logger.info("recommender: fewer than two pages, no lists")
        return {}
    from recommender.explanation import shared_terms
    from recommender.outputs.cards import cards
    from recommender.outputs.reasons import with_reasons

    model = fit_pages(rows, settings)
    model.last_lists = _last_lists(settings, last)
    lists = model.recommend(k=settings.k)
    reasons = shared_terms(model, lists, MAIN_TERMS) if settings.reasons else None
    if reasons is not None:
        lists = with_reasons(lists, reasons, model.articles_)
    words = settings.teaser_words
    return dict(cards(lists, model.articles_, because=reasons, teaser_words=words))


def have_lists(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether there are two pages, and some text.

    Examples
    --------
    >>> have_lists([{"text": "rye"}]), have_lists([{"text": "rye"}, {"text": ""}])
    (False, True)
    """
    return len(rows) > 1 and any(str(row["text"]).strip() for row in rows)


def fit_pages(
    rows: Sequence[Mapping[str, Any]],
    settings: Settings,
    rules: Sequence[EditorialRule] = (),
    progress: Progress | None = None,
) -> Recommender:
    """Return a recommender that has learned a host's pages.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of an Article table.
    settings : Settings
        Group model, `editorial` and `clicks`.
    rules : sequence of EditorialRule, default ()
        Rules of the host, in addition to those of files.
    progress : callable, optional
        See `Recommender.fit`.
    """
    import pandas as pd

    from recommender.evaluation.clicks import click_prior, read_clicks, with_click_prior
    from recommender.model import Recommender
    from recommender.sources.editorial import read_editorial

    articles = pd.DataFrame(rows)
    if settings.clicks:
        articles = with_click_prior(articles, click_prior(read_clicks(settings.clicks)))
    own = read_editorial(settings.editorial) if settings.editorial else Editorial()
    editorial = Editorial([*own.rules, *rules], own.problems)
    parameters = of_group(settings, "model")
    return Recommender(**parameters, editorial=editorial).fit(articles, progress=progress)


def _last_lists(
    settings: Settings, last: Mapping[str, Sequence[Mapping[str, Any]]] | None
) -> pd.DataFrame | None:
    from recommender.outputs.reading import as_table

    if not settings.churn_margin:
        return None
    if last is None:
        logger.warning(
            "recommender: churn_margin has no effect, because this plug-in keeps no lists of the "
            "last build; leave it out, or use `recommender build` and `recommender inject`"
        )
        return None
    return as_table(last)


def listing_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a page that say which lists it is in, and what its own shows.

    Examples
    --------
    >>> listing_fields({"noindex": True, "layout": "post"})
    {'noindex': True}
    """
    from recommender.articles import UNLISTED_FLAGS

    return {name: fields[name] for name in (*UNLISTED_FLAGS, PINS, BANS) if name in fields}


def index_folder(settings: Settings, host: str, directory: Path) -> Path | None:
    """Return the directory of a host's index; None if the setting `index` is off.

    Examples
    --------
    >>> index_folder(Settings(index=False), "mkdocs", Path("site")) is None
    True
    """
    if not settings.index:
        return None
    return Path(settings.index_dir or directory / FOLDER) / host


def read_texts(
    contents: Sequence[str],
    titles: Sequence[str] = (),
    paths: Sequence[str] = (),
    folder: Path | None = None,
) -> list[dict[str, str]]:
    """Return the columns `text` and `headings` of pages, without text that is not the article.

    Parameters
    ----------
    contents : sequence of str
        HTML of each page, rendered from its author's markup, without the theme.
    titles : sequence of str, optional
        Their titles; a line with the same words near the top is not part of the text.
    paths : sequence of str, optional
        Paths of their files; text that only translations of a page share is kept.
    folder : Path, optional
        From `index_folder`: contents of the last build are not parsed again.

    Examples
    --------
    >>> read_texts(["<h1>Oats</h1><h2>In short</h2><p>Roll them.</p>"], ["Oats"])
    [{'text': 'In short\\n\\nRoll them.', 'headings': 'In short'}]
    """
    from recommender.plugins.contents import parsed_contents
    from recommender.sources.addresses import shared_name
    from recommender.sources.html.boilerplate import mark_blocks, mark_recurring
    from recommender.sources.html.markup import HEADINGS
    from recommender.sources.html.reader import mark_title

    pages = parsed_contents(contents, folder)
    for page, title in zip(pages, titles, strict=False):
        mark_title(page, [title])
    for page in pages:
        mark_blocks(page, built=False)
    names = [shared_name(path) for path in paths] if paths else None
    mark_recurring([page.blocks for page in pages], names)
    kept = ([block for block in page.blocks if not block.kind] for page in pages)
    return [
        {
            "text": "\n\n".join(block.text for block in blocks),
            "headings": "\n".join(block.text for block in blocks if block.tag in HEADINGS),
        }
        for blocks in kept
    ]


def matching(root: Path, settings: Settings) -> set[str] | None:
    """Return the paths below a directory that match `glob`; None means all.

    Raises
    ------
    ConfigError
        If a pattern is wrong.
    """
    if settings.glob is None:
        return None
    return {path for path, problem in walk(root, settings.glob) if not problem}


def placed(
    cards: Iterable[Mapping[str, Any]],
    place: Callable[[str], str],
    lang: str = "",
    heading: str = "",
) -> list[dict[str, Any]]:
    """Return cards for a page: with addresses that work there, and texts in its language.

    Parameters
    ----------
    cards : iterable of Card
        As `lists_for` returns them.
    place : callable
        Converts an address within the site to one that works on the page.
    lang : str
        Language of the page.
    heading : str
        Heading of the list; default: that of `heading_for`.

    Examples
    --------
    >>> tide = {"url": "sea/tide/", "image": "https://example.org/a.png", "date": "2024-05-12"}
    >>> (card,) = placed([tide], "../".__add__, "de")
    >>> card["url"], card["image"], card["day_shown"]
    ('../sea/tide/', 'https://example.org/a.png', '12. Mai 2024')
    """
    cards = list(cards)
    heading = heading or heading_for(lang, cards)
    return [
        in_language(
            dict(card)
            | {"url": place(str(card["url"] or "")), "image": _image(card["image"], place)},
            lang,
            heading,
        )
        for card in cards
    ]


def _image(image: str | None, place: Callable[[str], str]) -> str | None:
    if not image or _WHOLE_ADDRESS.match(image):
        return image
    return place(image)


def _date(value: Any) -> Any:
    """Return a day or time; hosts allow any text as a date."""
    if isinstance(value, date):
        return value
    found = re.match(r"\d{4}-\d\d-\d\d(?!\d)", str(value or ""))
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None
