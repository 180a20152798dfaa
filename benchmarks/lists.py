"""What each ranking stage does to the lists of a site, one row per setting.

    python benchmarks/lists.py SOURCE [--judgments links|FILE] [--cutoff 10] [--set NAME=VALUE ...]

Without --set, the rows are the plain nearest articles, the defaults, and the defaults with each
stage switched off or on; the table is Markdown. Columns: nDCG against the judgments, plainly and
fairly (only articles that existed when the author wrote); the share of articles that no list
shows; the largest number of lists that show one article, and the Gini coefficient; the share of
lists with two parts of one series; entries that repeat an article of the list or the seed; entries
that the text already links; empty lists; lists shorter than the cutoff; and the mean cosine of an
entry.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd

import recommender as rec
from recommender.config import SETTINGS, of_group
from recommender.configured import load_settings
from recommender.evaluation import judgments as judging
from recommender.evaluation.compare import fitting_judgments, per_query
from recommender.evaluation.fair import fair_judgments, fair_lists
from recommender.evaluation.measures import gini, inbound_links, reach
from recommender.model import Recommender
from recommender.neighbors.base import Neighbors
from recommender.ranking import repeats
from recommender.ranking.duplicates import near_duplicate_groups
from recommender.ranking.links import LinkResolver
from recommender.ranking.series import find_series

ROWS: dict[str, dict[str, Any]] = {
    "cosine alone": {"stages": ()},
    "defaults": {},
    "across_languages = true": {"across_languages": True},
    "min_score = 0": {"min_score": 0.0},
    "hubness_exponent = 0": {"hubness_exponent": 0.0},
    "length_pivot = 0": {"length_pivot": 0.0},
    "repeated_titles = true": {"repeated_titles": True},
    "min_items = 0": {"min_items": 0},
    "duplicate_score = 0.9": {"duplicate_score": 0.9},
    "series = true": {"series": True},
    "skip_linked = true": {"skip_linked": True},
    "half_life = 1000": {"half_life": 1000.0},
    "nearness_weight = 0.2": {"nearness_weight": 0.2},
    "age = older": {"age": "older"},
    "diversity = 0.3": {"diversity": 0.3},
    "min_inbound = 1": {"min_inbound": 1},
    "max_inbound = 30": {"max_inbound": 30},
    "min_items = 10": {"min_items": 10},
}
COUNTS = ("most", "copies", "linked", "empty", "short")
"""The columns with whole numbers."""
SAME = 0.9
"""How alike near-duplicates are."""


def main() -> None:
    """Print the table for the source and the settings of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source")
    parser.add_argument("--judgments", default="links")
    parser.add_argument("--cutoff", type=int, default=10)
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    rows = {text: _changes(text) for text in given.sets} or ROWS
    articles = rec.read_articles(given.source)
    links = articles
    if given.judgments == "links":
        free = judging.judgments_from_links(articles)
        judged, articles = free.table, free.articles
        articles = articles.assign(links=links["links"])
    else:
        judged = judging.read_judgments(given.judgments, articles)
    site = Site(articles, fitting_judgments(judged, articles["id"]).table, given.cutoff)
    table = pd.DataFrame({name: site.measure(changes) for name, changes in rows.items()}).T
    print(
        f"{len(articles):,} articles, {judged['query'].nunique():,} queries, k = {given.cutoff}\n"
    )
    print(_markdown(table))


def _markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown: counts whole, other figures with three decimals."""
    lines = [["", *table.columns], ["---"] * (1 + len(table.columns))]
    for name, row in table.iterrows():
        cells = [
            f"{value:,.0f}" if column in COUNTS else f"{value:.3f}" for column, value in row.items()
        ]
        lines.append([str(name), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _changes(text: str) -> dict[str, Any]:
    """Return the settings of ``NAME=VALUE,NAME=VALUE`` in their types."""
    names = dict(pair.split("=", 1) for pair in text.split(","))
    unknown = names.keys() - SETTINGS.keys()
    if unknown:
        raise SystemExit(f"--set: unknown setting {', '.join(sorted(unknown))}")
    settings = of_group(load_settings(names, environ={})[0], "model")
    return {name: settings[name] for name in names}


class Site:
    """The articles, their judgments, and what relates them, whatever the lists are."""

    def __init__(self, articles: pd.DataFrame, judged: pd.DataFrame, k: int) -> None:
        self.articles, self.judged, self.k = articles, judged, k
        plain = Recommender(stages=()).fit(articles)
        self.ids = list(plain.articles_["id"])
        self.row_of = {name: row for row, name in enumerate(self.ids)}
        self.series = find_series(plain.articles_).labels
        self.copies = np.full(len(self.ids), -1)
        nearest = self._pairs(plain.recommend(k=20))
        graph = Neighbors(nearest[0], nearest[1])
        for number, rows in enumerate(near_duplicate_groups(graph, plain.articles_, SAME)):
            self.copies[rows] = number
        resolver = LinkResolver(plain.articles_)
        self.linked = {
            (row, self.row_of[target])
            for row, (own, links) in enumerate(zip(self.ids, plain.articles_["links"], strict=True))
            for link in links
            if (target := resolver.resolve(link, own)) is not None
        }

    def measure(self, changes: dict[str, Any]) -> dict[str, float]:
        """Return the figures of the lists that these settings give."""
        model = Recommender(**changes).fit(self.articles)
        lists = model.recommend(k=self.k)
        indices, scores = self._pairs(lists)
        found = indices >= 0
        inbound = inbound_links(lists, self.ids)
        lengths = found.sum(axis=1)
        own = np.arange(len(indices))[:, None]
        pairs = zip(*np.nonzero(found), strict=True)
        linked = sum((row, indices[row, place]) in self.linked for row, place in pairs)
        return {
            "nDCG": self._ndcg(lists, self.judged),
            "fair": self._fair(model),
            "unseen": 1 - reach(inbound),
            "most": float(inbound.max()),
            "Gini": gini(inbound),
            "series": float((_repeated(self.series, indices, own)[0]).mean()),
            "copies": float(_repeated(self.copies, indices, own)[1].sum()),
            "linked": float(linked),
            "empty": float((lengths == 0).sum()),
            "short": float((lengths < min(self.k, len(self.ids) - 1)).sum()),
            "cosine": float(scores[found].mean()),
        }

    def _ndcg(self, lists: pd.DataFrame, judged: pd.DataFrame) -> float:
        return float(per_query(lists, judged, self.k)[f"nDCG@{self.k}"].mean())

    def _fair(self, model: Recommender) -> float:
        judged = fair_judgments(self.judged, model.articles_)
        if judged.empty:
            return float("nan")
        return self._ndcg(fair_lists(model, judged["query"].unique(), self.k), judged)

    def _pairs(self, lists: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return rows and scores of shape (articles, longest list), padded with -1 and 0."""
        width = max(int(lists["rank"].max()), 1) if len(lists) else 1
        indices = np.full((len(self.ids), width), -1, np.int32)
        scores = np.zeros(indices.shape, np.float32)
        place = lists["article_id"].map(self.row_of), lists["rank"] - 1
        indices[place] = lists["related_id"].map(self.row_of)
        scores[place] = lists["score"]
        return indices, scores


def _repeated(
    labels: np.ndarray, indices: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which lists name a group twice, and which entries repeat one or the seed's."""
    groups = np.where(indices >= 0, labels[indices], -1)
    again = repeats(groups)
    return again.any(axis=1), again | ((groups == labels[own]) & (groups >= 0))


if __name__ == "__main__":
    main()
