"""News that nobody wrote: articles at any size, from a seed, that cost a search what real ones do.

    python benchmarks/generator.py 100000 news.jsonl [--words 270] [--seed 0]

Words come from four sources: function words; a background vocabulary by the Zipf-Mandelbrot law,
so large that new words never end (Heaps growth); the words of the article's topic; and those of
its story. Lengths are log-normal. Every run of `CHUNK` articles has a random stream of its own:
article i is the same in every corpus of one seed, however large, and any part can be made alone.
Writes `id`, `title`, `text`, `date` and `tags`, one JSON object a line.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FUNCTION_WORDS = """
the of and to in a is that for was on with as it he by at from his are be this have an which or
had not but were one they their has her all there been we when who will more no if out so what
up said its about than into them can only other some could these two may then do first any my
now such like our over me even most made after also did many before must through back where much
your way well down should because each just those how too little state good very make would
still see own work long get here between both being under never same another know while last
might us great since against go came right used take three
""".split()  # noqa: SIM905

_FUNCTION = frozenset(FUNCTION_WORDS)

CHUNK = 10_000
"""Articles per random stream; a story lives within one."""
VOCABULARY = 4_000_000
"""Background words that there are; 100,000 articles meet about a quarter of them."""
TOPICS, TOPIC_WORDS = 150, 3_000
STORY_SIZE, STORY_WORDS = 12.0, 40
"""Articles of a story, on average; words of its own."""
WORDS, LENGTH_SIGMA = 270, 0.5
"""Median words of a text, and the deviation of their logarithm."""
TITLE_WORDS = 8
SENTENCE, CLAUSE = 18, 9
"""Mean words from one full stop, and from one comma, to the next."""
FUNCTION, BACKGROUND, TOPIC, STORY = range(4)
TEXT_SHARES = (0.44, 0.27, 0.17, 0.12)
"""Shares of the four sources in a text."""
TITLE_SHARES = (0.30, 0.10, 0.25, 0.35)
"""Shares of the four sources in a title."""
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
PLAIN, CAPITAL, STOP, CAPITAL_STOP, COMMA, CAPITAL_COMMA = range(6)
FIRST_DATE = datetime.date(2000, 1, 1)
DAYS = 9_000
"""Days that articles are dated in, 40 a day, over and over: none is in the future."""

Words = NDArray[np.int32]


class Chunk(NamedTuple):
    """A run of articles as numbers: below `len(FUNCTION_WORDS)` a function word, else a rank."""

    words: Words
    """int32: the words of all texts, one after the other."""
    starts: NDArray[np.int64]
    """int64 of shape (articles + 1,): text i is ``words[starts[i]:starts[i + 1]]``."""
    titles: Words
    """int32 of shape (articles, TITLE_WORDS)."""
    topics: NDArray[np.int64]
    """int64 of shape (articles,): the topic, a tag."""
    stops: NDArray[np.int8]
    """int8 of shape (words,): how each word is written, from `PLAIN` to `CAPITAL_COMMA`."""


def main() -> None:
    """Write a corpus."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("articles", type=int)
    parser.add_argument("output", type=Path)
    parser.add_argument("--words", type=int, default=WORDS, help="median words of a text")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write(options.output, options.articles, words=options.words, seed=options.seed)


def write(path: Path, n: int, *, words: int = WORDS, seed: int = 0) -> None:
    """Write n articles to a JSONL file."""
    with path.open("w", encoding="utf-8") as file:
        for article in articles(n, words=words, seed=seed):
            file.write(json.dumps(article) + "\n")


def articles(n: int, *, words: int = WORDS, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yield n articles; a larger n begins with the same ones.

    Examples
    --------
    >>> [article["id"] for article in articles(2)]
    ['a0000000', 'a0000001']
    """
    topics = topic_words(np.random.default_rng([seed, 1]))
    for number, first in enumerate(range(0, n, CHUNK)):
        chunk = draw(np.random.default_rng([seed, 2, number]), topics, words)
        yield from spelled(chunk, first, min(CHUNK, n - first))


def zipf(
    random: np.random.Generator, size: int, ranks: int, exponent: float, shift: float
) -> NDArray[np.int64]:
    """Return ranks from 0 to ranks - 1, drawn with P(r) ~ (r + 1 + shift) ** -exponent.

    By the inverse of the law's integral, so it takes no table of all ranks. `exponent` is not 1.
    """
    power = 1.0 - exponent
    low, high = (1.0 + shift) ** power, (ranks + 1.0 + shift) ** power
    drawn = (low + random.random(size) * (high - low)) ** (1.0 / power) - 1.0 - shift
    return np.clip(drawn.astype(np.int64), 0, ranks - 1)


def log_uniform(random: np.random.Generator, low: int, high: int, shape: tuple[int, int]) -> Words:
    """Return background words of ranks from low to high, as many of each order of magnitude."""
    ranks = np.exp(random.uniform(np.log(low), np.log(high), shape))
    return (ranks + len(FUNCTION_WORDS)).astype(np.int32)


def topic_words(random: np.random.Generator) -> Words:
    """Return the words of every topic, shape (TOPICS, TOPIC_WORDS)."""
    return log_uniform(random, 20, 100_000, (TOPICS, TOPIC_WORDS))


def draw(random: np.random.Generator, topics: Words, median: int) -> Chunk:
    """Return `CHUNK` articles: length, story, the story's topic, then every word at once."""
    lengths = random.lognormal(np.log(median), LENGTH_SIGMA, CHUNK).astype(np.int64) + 10
    count = int(CHUNK / STORY_SIZE)
    topic_of = zipf(random, count, TOPICS, 0.7, 0.0)
    stories = log_uniform(random, 500, VOCABULARY, (count, STORY_WORDS))
    story = zipf(random, CHUNK, count, 0.6, 5.0)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    sources = topics[topic_of], stories
    words = draw_words(random, TEXT_SHARES, np.repeat(story, lengths), *sources)
    titled = np.repeat(story, TITLE_WORDS)
    titles = draw_words(random, TITLE_SHARES, titled, *sources)
    marks = punctuation(random, starts)
    return Chunk(words, starts, titles.reshape(CHUNK, TITLE_WORDS), topic_of[story], marks)


def draw_words(
    random: np.random.Generator,
    shares: tuple[float, ...],
    story: NDArray[np.int64],
    topical: Words,
    narrated: Words,
) -> Words:
    """Return one word for each entry of `story`, from the four sources by their shares.

    Parameters
    ----------
    random : Generator
        The source of all draws.
    shares : tuple of four floats
        Shares of function, background, topic and story words.
    story : ndarray of shape (n,)
        The story that each word is written for.
    topical : ndarray of shape (stories, TOPIC_WORDS)
        The words of each story's topic.
    narrated : ndarray of shape (stories, STORY_WORDS)
        The words of each story.
    """
    source = np.searchsorted(np.cumsum(shares)[:-1], random.random(len(story)), side="right")
    words = np.empty(len(story), np.int32)
    at = np.flatnonzero(source == FUNCTION)
    words[at] = zipf(random, len(at), len(FUNCTION_WORDS), 1.0001, 1.0)
    at = np.flatnonzero(source == BACKGROUND)
    words[at] = zipf(random, len(at), VOCABULARY, 1.08, 6.0) + len(FUNCTION_WORDS)
    at = np.flatnonzero(source == TOPIC)
    words[at] = topical[story[at], zipf(random, len(at), TOPIC_WORDS, 0.9, 2.0)]
    at = np.flatnonzero(source == STORY)
    words[at] = narrated[story[at], zipf(random, len(at), STORY_WORDS, 0.6, 0.0)]
    return words


def punctuation(random: np.random.Generator, starts: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return how each word is written: sentences, clauses, a full stop at the end of a text."""
    total = int(starts[-1])
    ends = random.random(total) < 1 / SENTENCE
    ends[starts[1:] - 1] = True
    commas = ~ends & (random.random(total) < 1 / CLAUSE)
    begins = np.concatenate(([True], ends[:-1]))
    return (np.where(ends, STOP, np.where(commas, COMMA, PLAIN)) + begins).astype(np.int8)


def spelled(chunk: Chunk, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield the first articles of a chunk as JSON objects; the first of them is number `first`."""
    distinct, number = np.unique(
        np.concatenate([chunk.words, chunk.titles.ravel()]), return_inverse=True
    )
    forms = written([word(int(token)) for token in distinct])
    text = number[: len(chunk.words)] + chunk.stops.astype(np.int64) * len(distinct)
    title = number[len(chunk.words) :].reshape(chunk.titles.shape)
    title[:, 0] += CAPITAL * len(distinct)
    for row in range(count):
        yield {
            "id": f"a{first + row:07d}",
            "title": " ".join(forms[title[row]]),
            "text": " ".join(forms[text[chunk.starts[row] : chunk.starts[row + 1]]]),
            "date": str(FIRST_DATE + datetime.timedelta(days=(first + row) // 40 % DAYS)),
            "tags": [f"topic-{chunk.topics[row]}"],
        }


def written(words: list[str]) -> NDArray[np.object_]:
    """Return all words in each of the six ways to write one, from `PLAIN` to `CAPITAL_COMMA`."""
    capital = [each.capitalize() for each in words]
    ends = ("", ".", ",")
    return np.array(
        [each + end for end in ends for form in (words, capital) for each in form], object
    )


def word(token: int) -> str:
    """Return the spelling of a word: unique, and to be pronounced.

    Examples
    --------
    >>> word(0), word(5_000), word(2_000_000)
    ('the', 'mulu', 'zumalisbe')
    """
    if token < len(FUNCTION_WORDS):
        return FUNCTION_WORDS[token]
    spelling, rest = "", token - len(FUNCTION_WORDS) + len(SYLLABLES)
    while rest:
        rest, syllable = divmod(rest, len(SYLLABLES))
        spelling += SYLLABLES[syllable]
    return spelling + "n" * (spelling in _FUNCTION)


if __name__ == "__main__":
    main()
