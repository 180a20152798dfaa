"""Related articles by the rules that sites use in production: newest, tags, Hugo, Jekyll.

    python benchmarks/rules.py SOURCE RULE -o lists.csv [-k 10]
    recommender evaluate SOURCE --judgments links --run lists.csv

A rule takes the Article table and k, and returns row numbers of shape (n, k), best first, padded
with -1. `RULES` names them all. A rule that needs dates, tags or a program that is missing raises
`UnusableError`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from peers import Indices, lists_of, nearest_of_scores
from scipy import sparse

import recommender as rec
from recommender.outputs.atomic import atomic_file

HUGO_INDICES = {"keywords": 100, "date": 10, "tags": 80}
HUGO_THRESHOLD = 80
"""Hugo's defaults, as `hugo config` prints them (0.168)."""
LSI_AT_MOST = 600
"""Articles that classifier-reborn's dense decomposition is asked for: 509 take 5 minutes."""

Counts = sparse.csr_array


class UnusableError(Exception):
    """The rule cannot be used here: data or a program is missing."""


class Rule(NamedTuple):
    """A named way to make lists from the Article table."""

    name: str
    nearest: Callable[[pd.DataFrame, int], Indices]


def newest(articles: pd.DataFrame, k: int) -> Indices:
    """The newest articles of the site, the same under every article."""
    if articles["date"].nunique() < 2:
        raise UnusableError("the articles have no dates")
    order = np.lexsort((articles["id"], -_seconds(articles)))
    columns = np.broadcast_to(order, (len(order), len(order)))
    others = columns[columns != np.arange(len(order))[:, None]]
    return np.asarray(others.reshape(len(order), -1)[:, :k], np.intp)


def shared_tags(articles: pd.DataFrame, k: int) -> Indices:
    """Articles with the most common tags and authors, at least one; newest first."""
    carried = [
        [*tags, *filter(None, (f"by {name.strip()}" for name in authors.split(",") if name))]
        for tags, authors in zip(articles["tags"], articles["author"], strict=True)
    ]
    if not any(carried):
        raise UnusableError("the articles have no tags")
    common = _common(carried)
    return _best(common, lambda first, scores: scores, articles, k)


def hugo_related(articles: pd.DataFrame, k: int) -> Indices:
    """Hugo's `Related` with its defaults: keywords 100, tags 80, year 10, threshold 80, no newer.

    An article's weight is the sum over matching keywords of the weight of their index. With m
    matches and w the mean weight of a match, it is in the list if w, in per cent of the highest
    weight of an index, is at least 80 // m. Ties: newest first. Checked against Hugo 0.168: see
    docs/relevance.md.
    """
    if not any(articles["tags"].map(len)):
        raise UnusableError("the articles have no tags")
    most = max(HUGO_INDICES.values())
    years = [[str(date.year)] if not pd.isna(date) else [] for date in articles["date"]]
    tags, year = _common(list(articles["tags"])), _common(years)
    seconds = _seconds(articles)

    def weights(first: int, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = slice(first, first + len(scores))
        same = year[rows].toarray()
        matches = scores + same
        weight = HUGO_INDICES["tags"] * scores + HUGO_INDICES["date"] * same
        mean = weight // np.maximum(matches, 1)
        share = np.floor(100 * mean / most + 0.5)
        shown = (matches > 0) & (share >= HUGO_THRESHOLD // np.maximum(matches, 1))
        return np.where(shown & (seconds <= seconds[rows, None]), weight, 0.0)

    return _best(tags, weights, articles, k)


def jekyll_lsi(articles: pd.DataFrame, k: int) -> Indices:
    """Jekyll's `lsi: true`: classifier-reborn's LSI of the texts, as Jekyll calls it, with GSL."""
    if len(articles) > LSI_AT_MOST:
        raise UnusableError("its dense singular value decomposition would take hours")
    if not shutil.which("ruby"):
        raise UnusableError("Ruby is not installed")
    lines = "\n".join(json.dumps(text) for text in articles["text"])
    script = Path(__file__).with_name("scripts") / "jekyll_lsi.rb"
    command = ["ruby", str(script), str(k)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnusableError(f"classifier-reborn failed: {done.stderr.strip().splitlines()[-1]}")
    return np.array([json.loads(line) for line in done.stdout.splitlines()], np.intp)


def truncated_svd(articles: pd.DataFrame, k: int) -> Indices:
    """A re-statement of LSI with scikit-learn: TF-IDF, `TruncatedSVD` of 200 dimensions, cosine."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    rows = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(articles["text"])
    dimensions = min(200, min(rows.shape) - 1)
    dense = normalize(TruncatedSVD(dimensions, random_state=0).fit_transform(rows))
    blocks = range(0, len(dense), 1000)
    return np.vstack([nearest_of_scores(dense[at : at + 1000] @ dense.T, at, k) for at in blocks])


RULES = (
    Rule("newest", newest),
    Rule("shared tags and authors", shared_tags),
    Rule("Hugo related", hugo_related),
    Rule("Jekyll LSI", jekyll_lsi),
    Rule("TruncatedSVD 200", truncated_svd),
)


def _seconds(articles: pd.DataFrame) -> NDArray[np.float64]:
    """Return the dates as seconds; a missing one is older than all."""
    since = (articles["date"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    return np.nan_to_num(since.to_numpy(np.float64), nan=-1e18)


def _common(names: list[list[str]]) -> Counts:
    """Return how many names two articles have in common, of shape (n, n)."""
    rows = np.repeat(np.arange(len(names)), [len(set(row)) for row in names])
    flat = [name for row in names for name in dict.fromkeys(row)]
    columns, known = pd.factorize(np.array(flat, dtype=object))
    shape = (len(names), max(len(known), 1))
    carried = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    return (carried @ carried.T).tocsr()


def _best(
    counts: Counts,
    score: Callable[[int, NDArray[np.float64]], NDArray[np.float64]],
    articles: pd.DataFrame,
    k: int,
) -> Indices:
    """Return the articles with the highest scores above 0; ties newest first, then by id."""
    by_age = np.lexsort((articles["id"], -_seconds(articles)))
    out = np.full((len(articles), k), -1, np.intp)
    for first in range(0, len(articles), 1000):
        scores = score(first, counts[first : first + 1000].toarray())
        scores[np.arange(len(scores)), first + np.arange(len(scores))] = 0
        order = np.argsort(-scores[:, by_age], axis=1, kind="stable")[:, :k]
        columns = by_age[order]
        found = np.take_along_axis(scores, columns, 1) > 0
        out[first : first + len(scores), : columns.shape[1]] = np.where(found, columns, -1)
    return out


def main() -> None:
    """Write the lists of one rule as a CSV file that `recommender evaluate --run` reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("rule", choices=[rule.name for rule in RULES])
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("-k", type=int, default=10)
    options = parser.parse_args()
    articles = rec.read_articles(options.source)
    rule = next(rule for rule in RULES if rule.name == options.rule)
    lists = lists_of(rule.nearest(articles, options.k), articles["id"])
    with atomic_file(options.output) as file:
        file.write(lists.rename(columns={"related_id": "id"}).to_csv(index=False).encode())


if __name__ == "__main__":
    main()
