"""Tags: spelled in several ways, used once, or missing where similar articles have them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from recommender.checks import whole_number
from recommender.errors import ConfigError
from recommender.model import Recommender
from recommender.ranking import Filters, SameLanguage, Stage
from recommender.text.terms import Analyzer, tokenize

NEAREST = 10
SHARE = 0.5
"""A tag is missing if the articles that have it hold this share of the nearest articles' scores.

Measured with every fifth tag removed at random: of the tags proposed on two sites (184 and 509
articles), 52 and 41 % were among the removed ones, which is a lower bound of those that fit; 12
and 22 % of the removed tags were found.
"""
LEAST_USES = 3
"""A tag of fewer articles is not proposed."""


class Tags(NamedTuple):
    """What could be tidied in the tags of a site."""

    counts: dict[str, int]
    """For each tag its number of articles, the most used first."""
    twins: list[list[str]]
    """Tags that are spellings of one, the most used first in each group."""
    once: list[str]
    """Tags of one article that have no twin, in alphabetical order."""
    missing: pd.DataFrame
    """`article_id`, `tag`, `share`: tags that an article may lack, the surest first."""


def stages() -> list[Stage]:
    """Return the ranking stages for `tidy`: the nearest articles of the same language."""
    return [Filters(), SameLanguage()]


def tidy(model: Recommender, *, nearest: int = NEAREST, share: float = SHARE) -> Tags:
    """Return what could be tidied in the tags of the fitted articles.

    Parameters
    ----------
    model : Recommender
        Fitted on the articles, best with the stages of `stages`.
    nearest : int, >= 1, default 10
        Number of nearest articles that decide which tags are missing.
    share : float, > 0 and <= 1, default 0.5
        Sum of the scores of those with the tag, divided by the sum of all their scores, from
        which a tag counts as missing.

    Raises
    ------
    NotFittedError
        Before `fit`.
    ConfigError
        If a number is out of range.

    Examples
    --------
    >>> articles = pd.DataFrame({
    ...     "id": ["a", "b", "c", "d"], "title": "", "text": ["rye bread", "rye flour bread",
    ...     "bread of rye", "rye and bread"], "tags": [["Baking"], ["baking"], ["Baking"], ["x"]]})
    >>> found = tidy(Recommender(stages=stages(), min_df=1).fit(articles), share=0.4)
    >>> found.twins, found.once
    ([['Baking', 'baking']], ['x'])
    """
    nearest = whole_number("nearest", nearest)
    if not 0 < share <= 1:
        raise ConfigError(f"share must be > 0 and <= 1, got {share!r}")
    lists = model.recommend(k=nearest)
    tags = {
        str(name): [*dict.fromkeys(own)]
        for name, own in zip(model.articles_["id"], model.articles_["tags"], strict=True)
    }
    counts = Counter(tag for own in tags.values() for tag in own)
    ordered = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    twins = _twins(ordered, model.vectorizer_.main_language_)
    spelled = {tag for group in twins for tag in group}
    once = sorted(tag for tag, count in counts.items() if count == 1 and tag not in spelled)
    usual = {tag: group[0] for group in twins for tag in group}
    merged = {name: {usual.get(tag, tag) for tag in own} for name, own in tags.items()}
    return Tags(ordered, twins, once, _missing(lists, merged, share))


def _twins(tags: Iterable[str], language: str) -> list[list[str]]:
    """Return groups of tags that differ in case, hyphens, spaces or endings only."""
    groups: dict[str, list[str]] = {}
    analyzer = Analyzer(stop_words=False)
    for tag in tags:
        words = tokenize(tag)
        terms = analyzer.terms(words, language)
        key = "".join(term or word for term, word in zip(terms, words, strict=True))
        groups.setdefault(key or tag, []).append(tag)
    return [group for group in groups.values() if len(group) > 1]


def _missing(lists: pd.DataFrame, tags: dict[str, set[str]], share: float) -> pd.DataFrame:
    """Return the tags that most of an article's nearest have, weighted by score."""
    uses = Counter(tag for own in tags.values() for tag in own)
    rows: list[Sequence[object]] = []
    for name, near in lists.groupby("article_id", sort=True):
        whole = near["score"].sum()
        votes: dict[str, float] = defaultdict(float)
        for other, score in zip(near["related_id"], near["score"], strict=True):
            for tag in tags[other]:
                votes[tag] += score
        rows += [
            (name, tag, round(vote / whole, 6))
            for tag, vote in votes.items()
            if vote >= share * whole and uses[tag] >= LEAST_USES and tag not in tags[str(name)]
        ]
    table = pd.DataFrame(rows, columns=["article_id", "tag", "share"])
    order = ["share", "article_id", "tag"]
    return table.sort_values(order, ascending=[False, True, True], ignore_index=True)
