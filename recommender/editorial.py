"""What an editor decides: articles that a list must show first, or must not show.

Owns the rules as values. `ranking.editorial` finds the articles that they name and obeys them;
`sources.editorial` reads them from files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Action = Literal["pin", "ban", "never"]

PINS = "related"
"""The column, or key of front matter, with the names of articles to pin."""
BANS = "related_exclude"
"""The column, or key of front matter, with the names of articles to ban."""
PLACE = "{}_place"
"""Column with the place of each article's own names, for messages; set by the sources."""


class EditorialRule(NamedTuple):
    """One decision; `pin`, `ban` and `never` make it."""

    action: Action
    on: str
    """Name or pattern of the articles whose lists it is about; ``*`` is all of them."""
    show: tuple[str, ...]
    """Names of the articles to pin, in order; or names and patterns of those not to show."""
    where: str = ""
    """Its place, such as ``editorial.toml:3``, for messages."""
    places: tuple[str, ...] = ()
    """The places of `show`, if they differ."""


def pin(on: str, *show: str) -> EditorialRule:
    """Show some articles first, in this order.

    Parameters
    ----------
    on : str
        Name or pattern of the articles whose lists show them.
    *show : str
        Their names: id, path or address.

    Examples
    --------
    >>> pin("posts/rye.md", "posts/oats.md").show
    ('posts/oats.md',)
    """
    return EditorialRule("pin", on, show)


def ban(on: str, *show: str) -> EditorialRule:
    """Keep some articles out of some lists.

    Parameters
    ----------
    on : str
        Name or pattern of the articles whose lists do not show them.
    *show : str
        Their names or patterns.

    Examples
    --------
    >>> ban("news/*", "sponsored/*").on
    'news/*'
    """
    return EditorialRule("ban", on, show)


def never(*show: str) -> EditorialRule:
    """Keep some articles out of all lists.

    Parameters
    ----------
    *show : str
        Their names or patterns.

    Examples
    --------
    >>> never("old.md").action
    'never'
    """
    return EditorialRule("never", "*", show)


@dataclass(frozen=True)
class Editorial:
    """The decisions of an editor.

    An article is named by its id, path or address, in any form that a link may have. In a
    pattern, ``*`` is any text, ``?`` one character, ``[ab]`` one of several; it is compared with
    ids and addresses, and case does not count.

    Parameters
    ----------
    rules : sequence of EditorialRule, default ()
        In their order: of several pins on one article, the earlier comes first.
    problems : sequence of str, default ()
        What is wrong in the file that they come from; `fit` raises it together with the names
        that fit no article.

    Examples
    --------
    >>> chosen = Editorial([pin("rye.md", "oats.md"), ban("news/*", "ads/*"), never("old.md")])
    >>> [rule.action for rule in chosen.rules]
    ['pin', 'ban', 'never']
    """

    rules: Sequence[EditorialRule] = ()
    problems: Sequence[str] = ()


def own_names(cell: Any) -> list[str]:
    """Return the names that an editor wrote in a cell; none in a list that `build` wrote.

    Examples
    --------
    >>> own_names(["a.md", "b.md"]), own_names("a.md, b.md"), own_names([{"id": "a.md"}])
    (['a.md', 'b.md'], ['a.md', 'b.md'], [])
    >>> own_names(float("nan")), own_names(True)
    ([], [])
    """
    import numpy as np

    from recommender.articles import as_list

    if isinstance(cell, bool) or (isinstance(cell, str) and cell.lower() in ("true", "false")):
        return []
    if isinstance(cell, list | tuple | np.ndarray):
        return as_list([name for name in cell if not isinstance(name, dict)])
    return [] if isinstance(cell, dict) else as_list(cell)
