"""Links that a text could have: it names another article, but does not link to it.

A name is a phrase from the title of one article that no other title contains. A text that
contains the phrase means that article the more surely, the longer and rarer the phrase is, the
more of the title it is, and the more similar both articles are.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.articles import as_list
from recommender.checks import whole_number
from recommender.errors import ConfigError
from recommender.model import Recommender
from recommender.ranking.links import LinkResolver
from recommender.text.terms import stop_words_of
from recommender.vectors.overlap import dot_products
from recommender.vectors.reasons import is_date

LEAST_WORDS, MOST_WORDS = 2, 6
"""Words of a phrase: one word names a topic, and a longer phrase contains one of six words."""
MOST_TEXTS = 30
"""A phrase in more texts than these names a topic, not an article."""
PER_ARTICLE = 3
MIN_STRENGTH = 1.0
"""From this strength on, a phrase is likely to name the article, not only its topic.

docs/upkeep.md says how many of the suggestions were right on seven sites.
"""
SENTENCE = 300
"""Maximum number of characters of a sentence."""

COLUMNS = ("article_id", "related_id", "anchor", "sentence", "score", "strength")

_WORD = re.compile(r"[^\W_]+(?:['’.+#-]+[^\W_]+)*[+#]*")
_PARTS = re.compile(r"[:;,.!?()\[\]|–—/«»“”\"]|\s-\s")
_END = re.compile(r"[.!?]\s+|[。！？]|\n")
_GAP = re.compile(r"[^\S\n]+|[^\S\n]*\n[^\S\n]*")
"""What may separate the words of a phrase: space, but no empty line, which ends a paragraph."""

Phrase = tuple[str, ...]


class _Word(NamedTuple):
    text: str
    start: int
    end: int


class _Taken(NamedTuple):
    """Where an article can have no further link."""

    headings: frozenset[str]
    anchors: list[str]
    """The words of its links, wherever they lead, with a space at both ends."""

    def contains(self, phrase: Phrase, block: str) -> bool:
        """Return whether a phrase is in a block that is a heading, or in the words of a link."""
        words = f" {' '.join(phrase)} "
        return block in self.headings or any(words in anchor for anchor in self.anchors)


class _Mention(NamedTuple):
    """A phrase in the text of an article, and the article that it names."""

    row: int
    target: int
    phrase: Phrase
    start: int
    end: int


def suggest_links(
    model: Recommender,
    *,
    hosts: Iterable[str] = (),
    per_article: int = PER_ARTICLE,
    min_strength: float = MIN_STRENGTH,
) -> pd.DataFrame:
    """Return links that the fitted articles could have, the surest first.

    Parameters
    ----------
    model : Recommender
        Fitted on the articles, with their texts.
    hosts : iterable of str
        Further hosts of the site, see `LinkResolver`.
    per_article : int, >= 1, default 3
        Maximum number of links to suggest in one article.
    min_strength : float, >= 0, default 1.0
        See `strength` below; a small site has few strong suggestions.

    Returns
    -------
    DataFrame
        `article_id`, the article whose text could have the link; `related_id`, where it leads;
        `anchor`, the words to link; `sentence`, the text around them; `score`, the cosine of both
        articles; `strength`, by which the rows are ordered. Each pair is suggested once, with
        its surest mention outside headings; pairs that are linked already are left out, and so
        are unlisted targets, and words that the article links already, wherever they lead, if
        the table has a column `anchors` (see `judgments_from_links`).

    Raises
    ------
    NotFittedError
        Before `fit`.
    ConfigError
        If `per_article` < 1 or `min_strength` < 0.

    Notes
    -----
    strength = cosine * words of the phrase * log(n / texts that contain the phrase)
    * share of the title that the phrase is, both without stop words.

    Examples
    --------
    >>> articles = pd.DataFrame({
    ...     "id": ["a", "b", "c"], "title": ["The rye mill burns", "Bread prices", "Oats"],
    ...     "text": ["A fire.", "Since the rye mill burned down, bread is dear.", "Sow oats."]})
    >>> model = Recommender(min_df=1, language="en").fit(articles)
    >>> found = suggest_links(model, min_strength=0.1)
    >>> found[["article_id", "related_id", "anchor"]].values.tolist()
    [['b', 'a', 'rye mill']]
    """
    whole_number("per_article", per_article)
    if not min_strength >= 0:
        raise ConfigError(f"min_strength must be >= 0, got {min_strength!r}")
    articles = model.articles_
    ids, texts = articles["id"].tolist(), articles["text"].tolist()
    languages = [code or model.vectorizer_.main_language_ for code in model.vectorizer_.languages_]
    names = _names(articles["title"], languages)
    counts: Counter[Phrase] = Counter()
    found = [
        one
        for row, taken in enumerate(_taken(articles))
        for one in _mentions(row, texts[row], taken, names, counts)
    ]
    known = _linked(articles, hosts)
    shown = ~articles["unlisted"].to_numpy(dtype=bool)
    found = [
        one
        for one in found
        if counts[one.phrase] <= MOST_TEXTS
        and shown[one.target]
        and (one.row, one.target) not in known
    ]
    rows = np.array([(one.row, one.target) for one in found], np.int64).reshape(-1, 2)
    scores = dot_products((model.vectors_, rows[:, 0]), (model.vectors_, rows[:, 1]))
    rarity = [len(one.phrase) * math.log(len(articles) / counts[one.phrase]) for one in found]
    strength = np.round(scores * rarity * _shares(found, articles["title"], languages), 6)
    best = _surest(found, strength, per_article, min_strength)
    kept = [found[at] for at in best]
    return pd.DataFrame(
        {
            "article_id": [ids[one.row] for one in kept],
            "related_id": [ids[one.target] for one in kept],
            "anchor": [texts[one.row][one.start : one.end] for one in kept],
            "sentence": [_sentence(texts[one.row], one.start, one.end) for one in kept],
            "score": np.round(scores[best], 6),
            "strength": strength[best],
        },
        columns=list(COLUMNS),
    )


def _surest(
    found: Sequence[_Mention], strength: NDArray[np.float64], per_article: int, least: float
) -> list[int]:
    """Return the positions of the surest mentions, each pair once, and so many in an article."""
    order = sorted(range(len(found)), key=lambda at: (-strength[at], found[at]))
    best: list[int] = []
    pairs: set[tuple[int, int]] = set()
    left = dict.fromkeys((one.row for one in found), per_article)
    for at in order:
        pair = found[at].row, found[at].target
        if strength[at] >= least and left[pair[0]] and pair not in pairs:
            left[pair[0]] -= 1
            pairs.add(pair)
            best.append(at)
    return best


def _words(text: str) -> list[_Word]:
    return [_Word(found[0].lower(), *found.span()) for found in _WORD.finditer(text)]


class _Names(NamedTuple):
    """The phrases that name one article."""

    rows: dict[Phrase, int]
    """The article of each."""
    starts: set[Phrase]
    """The first `LEAST_WORDS` of each."""


def _names(titles: Iterable[str], languages: Iterable[str]) -> _Names:
    """Return the phrases that are in one title only."""
    rows: dict[Phrase, int] = {}
    for row, (title, language) in enumerate(zip(titles, languages, strict=True)):
        for phrase in set(_phrases(title, stop_words_of(language))):
            rows[phrase] = row if phrase not in rows else -1
    rows = {phrase: row for phrase, row in rows.items() if row >= 0}
    return _Names(rows, {phrase[:LEAST_WORDS] for phrase in rows})


def _phrases(title: str, stop_words: frozenset[str]) -> Iterator[Phrase]:
    """Yield the phrases of a title, but no dates, and none with a stop word at an end."""
    for part in _PARTS.split(title):
        words = [word.text for word in _words(part)]
        for start, word in enumerate(words):
            if word in stop_words:
                continue
            for end in range(start + LEAST_WORDS, min(start + MOST_WORDS, len(words)) + 1):
                phrase = words[start:end]
                if phrase[-1] not in stop_words and not is_date(" ".join(phrase)):
                    yield tuple(phrase)


def _taken(articles: pd.DataFrame) -> list[_Taken]:
    """Return what the readers know of each article's headings and links."""
    anchors: Iterable[Any] = articles["anchors"] if "anchors" in articles else [()] * len(articles)
    return [
        _Taken(
            frozenset(headings.split("\n")),
            [f" {' '.join(word.text for word in _words(one))} " for one in as_list(words)],
        )
        for headings, words in zip(articles["headings"], anchors, strict=True)
    ]


def _mentions(
    row: int,
    text: str,
    taken: _Taken,
    names: _Names,
    counts: Counter[Phrase],
) -> list[_Mention]:
    """Return the first mention of other articles by each phrase, and count its texts."""
    words, at = _words(text), 0
    first: dict[Phrase, _Mention] = {}
    phrases: set[Phrase] = set()
    while at < len(words):
        phrase, target = _name_at(words, at, text, names)
        if phrase:
            phrases.add(phrase)
            start, end = words[at].start, words[at + len(phrase) - 1].end
            if phrase not in first and not taken.contains(phrase, _block(text, start, end)):
                first[phrase] = _Mention(row, target, phrase, start, end)
        at += len(phrase) or 1
    counts.update(phrases)
    return [mention for mention in first.values() if mention.target != row]


def _name_at(words: list[_Word], at: int, text: str, names: _Names) -> tuple[Phrase, int]:
    """Return the longest name that begins at a word, and the row of its article."""
    found = words[at : at + MOST_WORDS]
    phrase = tuple(word.text for word in found)
    if phrase[:LEAST_WORDS] not in names.starts:
        return (), -1
    gaps = (_GAP.fullmatch(text, one.end, other.start) for one, other in pairwise(found))
    most = 1 + sum(1 for _ in takewhile(bool, gaps))
    for count in range(most, LEAST_WORDS - 1, -1):
        target = names.rows.get(phrase[:count])
        if target is not None:
            return phrase[:count], target
    return (), -1


def _shares(
    found: Iterable[_Mention], titles: pd.Series, languages: Sequence[str]
) -> NDArray[np.float64]:
    """Return how much of the title of its article each phrase is, without stop words."""
    stop_words = [stop_words_of(language) for language in languages]
    lengths = [
        sum(word.text not in some for word in _words(title))
        for title, some in zip(titles, stop_words, strict=True)
    ]
    return np.array(
        [
            sum(word not in stop_words[one.target] for word in one.phrase) / lengths[one.target]
            for one in found
        ]
    )


def _block(text: str, start: int, end: int) -> str:
    """Return the heading, paragraph or item around a place of a text."""
    first, last = text.rfind("\n\n", 0, start), text.find("\n\n", end)
    return text[first + 2 if first >= 0 else 0 : last if last >= 0 else len(text)]


def _linked(articles: pd.DataFrame, hosts: Iterable[str]) -> set[tuple[int, int]]:
    """Return the rows of each article and of those that it links to."""
    resolver = LinkResolver(articles, hosts)
    rows = {name: row for row, name in enumerate(articles["id"])}
    return {
        (rows[source], rows[target])
        for source, links in zip(articles["id"], articles["links"], strict=True)
        for link in links
        if (target := resolver.resolve(link, source))
    }


def _sentence(text: str, start: int, end: int) -> str:
    """Return the sentence around a place of a text, on one line, cut if it is long."""
    ends = [found.end() for found in _END.finditer(text)]
    first = max((place for place in ends if place <= start), default=0)
    last = min((place for place in ends if place >= end), default=len(text))
    room = max(SENTENCE - (end - start), 0) // 2
    cut = " ".join(text[max(first, start - room) : min(last, end + room)].split())
    before, after = "…" * (start - room > first), "…" * (end + room < last)
    return f"{before}{cut}{after}"
