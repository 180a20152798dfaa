"""What looks wrong about a whole site, and the setting that would help.

All verbs that read a source report these. Each check looks at the articles as a whole and holds
only where most of them are concerned: a run that is as it should be reports nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from recommender.text.languages import base_language

FEW = 8
"""Articles below which shares say nothing."""
HALF = 0.5
HIGH_SCORE = 0.6
"""Minimum score above which random pairs are too alike to be articles of their own."""

_LISTS = re.compile(
    r"(?:^|/)(?:tags?|categor(?:y|ies)|authors?|topics?|labels?|archives?|page)/", re.IGNORECASE
)


def doubts_about(
    articles: pd.DataFrame,
    *,
    skipped: Sequence[tuple[str, str]] = (),
) -> list[str]:
    """Return what looks wrong, each with the setting that would help.

    Parameters
    ----------
    articles : DataFrame
        An Article table; without texts, nothing is said of them.
    skipped : sequence of (where, reason)
        What the source left out.

    Returns
    -------
    list of str
        Nothing if all is well, or there are fewer than `FEW` articles.

    Examples
    --------
    >>> table = pd.DataFrame({"id": list("abcdefgh"), "title": "Globe", "url": "", "lang": "en"})
    >>> doubts_about(table)
    ["8 of 8 articles have the title 'Globe'; name the right column or key with title_column"]
    """
    checks = [
        _languages(articles["lang"]),
        _titles(articles["title"]),
        _empty(len(articles), [reason for _, reason in skipped]),
        _lists(articles["id"], articles["url"]),
    ]
    return [line for line in checks if line] if len(articles) + len(skipped) >= FEW else []


def _languages(names: Iterable[str]) -> str:
    wrong = Counter(name for name in names if name and name != "und" and not base_language(name))
    if not wrong:
        return ""
    shown = ", ".join(f"{name!r}" for name, _ in wrong.most_common(3))
    return (
        f"articles in no known language: {sum(wrong.values()):,}, got {shown}; "
        "name the right column or key with lang_column, or set language"
    )


def _titles(titles: pd.Series) -> str:
    counts = Counter(title for title in titles if title)
    title, n = next(iter(counts.most_common(1)), ("", 0))
    if n <= HALF * len(titles):
        return ""
    return (
        f"{n:,} of {len(titles):,} articles have the title {title!r}; "
        "name the right column or key with title_column"
    )


def _empty(read: int, reasons: Sequence[str]) -> str:
    n = reasons.count("empty text")
    if n <= HALF * (read + n):
        return ""
    return (
        f"{n:,} of {read + n:,} articles have no text; name the element of the article with "
        "article_selector, or the column or key of the text with text_column"
    )


def _lists(ids: pd.Series, urls: pd.Series) -> str:
    places = zip(ids, urls, strict=True)
    found = [
        match for pair in places if (match := next(filter(None, map(_LISTS.search, pair)), None))
    ]
    if len(found) <= HALF * len(ids):
        return ""
    kind, n = Counter(match[0].strip("/").lower() for match in found).most_common(1)[0]
    return (
        f"{n:,} of {len(ids):,} articles are pages of one kind, {kind!r}, which look like lists; "
        f'leave them out with glob = "!**/{kind}/**"'
    )


def score_doubt(min_score: float) -> str:
    """Return what looks wrong about a calibrated minimum score, nothing if it is as usual.

    Examples
    --------
    >>> score_doubt(0.05), score_doubt(0.992)[:35]
    ('', 'the minimum score is 0.992: article')
    """
    if min_score < HIGH_SCORE:
        return ""
    return (
        f"the minimum score is {min_score:.3f}: articles picked at random are nearly the same; "
        "see what is cut with check --boilerplate, or set article_selector or min_score"
    )
