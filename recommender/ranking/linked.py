"""Leave out articles to which the article itself links already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from recommender.ranking.base import Context, Ranked, keep
from recommender.ranking.links import LinkResolver

LINK_COLUMNS = ("links", "adjacent")
"""Columns with the links of an article: those in its text, and those to the pages beside it."""


@dataclass(frozen=True)
class NoLinked:
    """Drop candidates to which the seed links.

    Parameters
    ----------
    resolver : LinkResolver, optional
        Finds the article of a link; set by `fitted`.

    Notes
    -----
    The links are those in the text (column `links`), and those to the previous and the next page
    that built pages mark with ``rel="prev"`` and ``rel="next"`` (column `adjacent`). A link that
    could lead to two articles leads to none; see `ranking.links.LinkResolver`.

    Examples
    --------
    >>> NoLinked()
    NoLinked()
    """

    resolver: LinkResolver | None = field(default=None, repr=False, compare=False)

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        resolver = self.resolver or LinkResolver(context.articles)
        row_of_id = {name: row for row, name in enumerate(context.articles["id"])}
        n = len(row_of_id)
        pairs = [
            seed * n + row_of_id[target]
            for seed, source, link in _links(context.seeds)
            if (target := resolver.resolve(link, source)) is not None
        ]
        own = np.arange(len(lists.indices), dtype=np.int64)[:, None] * n
        linked = np.isin(own + lists.indices, np.array(pairs, np.int64))
        return keep(lists, ~linked)

    def fitted(self, site: Context) -> NoLinked:
        """Return this stage with the addresses of the site."""
        return replace(self, resolver=LinkResolver(site.articles))


def _links(articles: pd.DataFrame) -> Iterator[tuple[int, str, str]]:
    """Yield position and id of each article with each of its links."""
    for name in LINK_COLUMNS:
        if name in articles:
            cells: Iterable[Any] = articles[name]
            rows = zip(articles["id"], cells, strict=True)
            for position, (source, links) in enumerate(rows):
                for link in links if isinstance(links, list | tuple) else ():
                    yield position, source, link
