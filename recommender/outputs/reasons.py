"""Short reasons for readers, such as "Also about: venom, antivenom", one per recommendation.

Whole words, spelled as the articles write them within sentences, in the language of the article
that has the list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from recommender.outputs.cards import Because, terms_alone
from recommender.outputs.wording import reason_for
from recommender.vectors.reasons import has_pairs, is_date

MOST_TERMS = 3

_KANA = re.compile("[\u3041-\u309f]")
"""Hiragana: in pairs of characters it is endings and particles, not words."""

_WORD = re.compile(r"[^\W\d_](?:[\w’'\-]*\w)?")
_WITHIN = re.compile(rf"(?<=[\w,;:’'\-)] ){_WORD.pattern}")
"""A word that does not begin a sentence: its capital letter, if any, is its own."""


def with_reasons(
    recommendations: pd.DataFrame, because: Because, articles: pd.DataFrame
) -> pd.DataFrame:
    """Return recommendations with a column `reason`, a text for readers.

    Parameters
    ----------
    recommendations : DataFrame of n rows
        A Recommendations table.
    because : sequence of n sequences of str or of (str, float)
        The main terms of each recommendation, as returned by `shared_terms` or `because`.
    articles : DataFrame
        The Article table. Its texts show how words are spelled; without texts, words are in
        lower case.

    Returns
    -------
    DataFrame
        With `reason`: up to `MOST_TERMS` terms, without numbers and names of months, parts of
        longer terms, and what the texts never contain as a word; empty if no term is left.

    Examples
    --------
    >>> articles = pd.DataFrame({"id": ["a", "b"], "lang": ["en", "de"], "title": ["", ""],
    ...                          "text": ["To the port of Wend.", "Nach der Stadt Wend."]})
    >>> lists = pd.DataFrame({"article_id": ["a", "b"], "related_id": ["b", "a"]})
    >>> with_reasons(lists, [["wend", "port", "2024"], ["stadt"]], articles)["reason"].tolist()
    ['Also about: Wend, port', 'Auch zum Thema: Stadt']
    """
    chosen = [_chosen(terms) for terms in terms_alone(because)]
    texts = [text for name in ("title", "text") for text in articles[name]]
    known = any(articles["text"])
    spelled = _spellings({word for terms in chosen for t in terms for word in t.split()}, texts)
    languages = dict(zip(articles["id"], articles["lang"], strict=True))
    owners = recommendations["article_id"]
    reasons = [
        reason_for(_as_written(terms, spelled, known), languages.get(owner, ""))
        for terms, owner in zip(chosen, owners, strict=True)
    ]
    return recommendations.assign(reason=pd.Series(reasons, recommendations.index, dtype=object))


def _chosen(terms: Iterable[str]) -> list[str]:
    """Return the terms that are words: no dates, no parts of a longer term, no kana."""
    words = [term for term in terms if not is_date(term) and not _KANA.search(term)]
    return [
        term
        for term in words
        if not any(term != other and f" {term} " in f" {other} " for other in words)
    ]


def _spellings(words: set[str], texts: Iterable[str]) -> Mapping[str, str]:
    """Return the most frequent spelling within sentences of the words that the texts contain.

    A word that only begins sentences is in lower case.
    """
    present: set[str] = set()
    counts: Counter[str] = Counter()
    for text in texts:
        present.update(words.intersection(map(str.lower, _WORD.findall(text))))
        counts.update(word for word in _WITHIN.findall(text) if word.lower() in words)
    found: dict[str, str] = {}
    for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        found.setdefault(word.lower(), word)
    return {word: word for word in present} | found


def _as_written(terms: Iterable[str], spelled: Mapping[str, str], known: bool) -> list[str]:
    """Return the first terms whose words the texts contain as whole words, spelled as there.

    Parts of hyphenated words are not whole words. Scripts without spaces cannot be checked; nor can
    anything if the texts are not `known`.
    """
    kept = [
        " ".join(spelled.get(word, word) for word in term.split())
        for term in terms
        if not known or has_pairs(term) or all(word in spelled for word in term.split())
    ]
    return kept[:MOST_TERMS]
