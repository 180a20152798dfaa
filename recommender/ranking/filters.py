"""Leave out articles, and pairs of articles, that an editor does not want in a list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.ranking.base import Context, Ranked, keep
from recommender.text.rules import any_match, check_columns, parse_pair, parse_rule


@dataclass(frozen=True)
class Filters:
    """Drop candidates that are unlisted or that a rule excludes.

    Candidates with a true value in the column `unlisted` are always dropped; such an article
    still has its own list.

    Parameters
    ----------
    never_target : tuple of str, default ()
        Rules ``COLUMN=PATTERN``: articles that come into no list.
    never_source : tuple of str, default ()
        Rules of the same form: articles whose list is empty.
    never_pair : tuple of str, default ()
        Rules ``COLUMN=PATTERN -> COLUMN=PATTERN``: articles that fit the right side do not come
        into the lists of those that fit the left side.

    Raises
    ------
    ValueError
        When called, if an entry is not a rule.
    ConfigError
        When fitted, if the articles do not have a column that a rule names.

    See Also
    --------
    recommender.text.rules.Rule : What a rule matches.

    Examples
    --------
    >>> Filters(never_target=("category=Jobs", "tags=test*"))
    Filters(never_target=('category=Jobs', 'tags=test*'), never_source=(), never_pair=())
    """

    never_target: tuple[str, ...] = ()
    never_source: tuple[str, ...] = ()
    never_pair: tuple[str, ...] = ()

    def __call__(self, lists: Ranked, context: Context) -> Ranked:
        targets = ~any_match(map(parse_rule, self.never_target), context.articles)
        if "unlisted" in context.articles:
            targets &= ~context.articles["unlisted"].to_numpy(dtype=np.bool_)
        sources = ~any_match(map(parse_rule, self.never_source), context.seeds)
        mask = targets[lists.indices] & sources[:, None]
        for first, second in map(parse_pair, self.never_pair):
            seeds, candidates = first.matches(context.seeds), second.matches(context.articles)
            mask &= ~(seeds[:, None] & candidates[lists.indices])
        return keep(lists, mask)

    def fitted(self, site: Context) -> Filters:
        """Return this stage after a check of the columns that its rules name."""
        check_columns(vars(self), site.articles.columns)
        return self
