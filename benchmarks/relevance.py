"""Plain and fair nDCG@10 of the default configuration beside its peers, on judged corpora.

    python benchmarks/relevance.py DIR [corpus ...] [--peers sklearn,bm25s] [--ablation]
    python benchmarks/relevance.py . data        # the bundled newsroom
    python benchmarks/relevance.py DIR --cache build/lists   # makes the lists of others once

DIR holds a directory per corpus with `docs.jsonl` (`id, title, text` and more) or `articles`, and
`judgments.jsonl` (`{"query": id, "relevant": {id: gain}}`: links of the authors) or
`judgments.csv` (of people, without fair figures). At most 2,000 queries, drawn with seed 0.
Prints Markdown: for each corpus the relevance, and what the lists look like.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from peers import NEURAL, PEERS, Indices, lists_of
from rules import RULES, UnusableError

import recommender as rec
from recommender.evaluation.compare import (
    bootstrap_interval,
    fitting_judgments,
    list_measures,
    per_query,
    randomization_test,
)
from recommender.evaluation.fair import days, fair_judgments, fair_lists
from recommender.evaluation.judgments import read_judgments

K = 10
QUERIES = 2000
REVISED = ("cpp-docs",)
"""Their dates are those of the last revision, and do not say which pages existed."""

ABLATION: dict[str, dict[str, Any]] = {
    "default": {},
    "no title": {"title_weight": 0},
    "no tags": {"tags_weight": 0},
    "no category": {"category_weight": 0},
    "no path": {"path_weight": 0},
    "no phrases": {"phrases_weight": 0},
    "plain tf": {"tf_exponent": 1.0},
    "plain idf": {"idf_exponent": 1.0},
    "no stop words": {"stop_words": False},
    "no stemming": {"stemming": False},
    "min_df 1": {"min_df": 1},
    "max_df 1": {"max_df": 1.0},
    "no hubness factor": {"hubness_exponent": 0},
    "no length factor": {"length_pivot": 0},
    "no minimum score": {"min_score": 0},
}


STAGES: dict[str, dict[str, Any]] = {
    "default": {},
    "min_score 0.1": {"min_score": 0.1},
    "min_items 0": {"min_items": 0},
    "nearness_weight 0.2": {"nearness_weight": 0.2},
    "half_life 365": {"half_life": 365.0},
    "age older": {"age": "older"},
    "duplicate_score 0.95": {"duplicate_score": 0.95},
    "series": {"series": True},
    "diversity 0.3": {"diversity": 0.3},
    "min_inbound 1": {"min_inbound": 1},
    "max_inbound 30": {"max_inbound": 30},
}


class Corpus(NamedTuple):
    """Articles and their judgments."""

    name: str
    articles: pd.DataFrame
    judgments: pd.DataFrame
    fair: pd.DataFrame | None
    """The judgments of articles that existed; None without fair figures."""


class Lists(NamedTuple):
    """The lists of one method."""

    name: str
    plain: pd.DataFrame
    fair: pd.DataFrame | None
    """Made from the articles that existed when each was written."""


def main() -> None:
    """Print two tables per corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("corpora", nargs="*")
    parser.add_argument("--peers", help="only those whose name contains one of these words")
    parser.add_argument("--ablation", action="store_true", help="each ingredient off in turn")
    parser.add_argument("--stages", action="store_true", help="each stage set differently in turn")
    parser.add_argument("--cache", type=Path, help="directory to keep the lists of others in")
    parser.add_argument(
        "--embed-at-most",
        type=int,
        default=2000,
        metavar="N",
        help="leave the neural peer out above N articles: it takes hours",
    )
    options = parser.parse_args()
    for name in options.corpora or sorted(path.name for path in options.directory.iterdir()):
        folder = options.directory / name
        if not any(folder.glob("judgments.*")):
            continue
        corpus = read(folder)
        print(f"\n{name}: {len(corpus.articles):,} articles, {_sizes(corpus)}\n", flush=True)
        variants = ABLATION if options.ablation else STAGES if options.stages else None
        lists = of_settings(corpus, variants) if variants else all_lists(corpus, options)
        report(corpus, lists)


def read(folder: Path) -> Corpus:
    """Return the articles of a corpus, the judgments of at most `QUERIES` queries, and the fair."""
    source = folder / "docs.jsonl"
    articles = rec.read_articles(source if source.exists() else folder / "articles")
    file = next(folder.glob("judgments.*"))
    drawn = draw(read_judgments(file, articles))
    judgments = fitting_judgments(drawn, articles["id"]).table
    links = file.suffix == ".jsonl" and folder.name not in REVISED
    dated = links and articles["date"].notna().any()
    fair = fair_judgments(judgments, articles) if dated else None
    return Corpus(folder.name, articles, judgments, fair)


def draw(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return the judgments of at most `QUERIES` queries, drawn in the order of the file."""
    queries = judgments["query"].unique()
    chosen = np.random.default_rng(0).permutation(len(queries))[:QUERIES]
    return judgments[judgments["query"].isin(queries[chosen])]


def all_lists(corpus: Corpus, options: argparse.Namespace) -> Iterator[Lists]:
    """Yield the lists of the default, of production rules and of other libraries."""
    yield from of_settings(corpus, {"recommender, default": {}})
    texts = list(corpus.articles["title"] + "\n" + corpus.articles["text"])
    methods: dict[str, Callable[[int], Indices]] = {
        rule.name: lambda k, rule=rule: rule.nearest(corpus.articles, k) for rule in RULES
    }
    methods |= {peer.name: lambda k, peer=peer: peer.nearest(texts, k) for peer in PEERS}
    wanted = [word for word in (options.peers or "").lower().split(",") if word]
    for name, nearest in methods.items():
        if options.peers is not None and not any(word in name.lower() for word in wanted):
            continue
        if name == NEURAL and len(texts) > options.embed_at_most:
            print(f"{name}: left out, {len(texts):,} articles")
            continue
        try:
            yield of_method(corpus, name, nearest, options.cache)
        except (ImportError, UnusableError) as error:
            print(f"{name}: left out, {error}")


def of_settings(corpus: Corpus, variants: dict[str, dict[str, Any]]) -> Iterator[Lists]:
    """Yield the plain and fair lists of some settings of ours."""
    for name, settings in variants.items():
        model = rec.ArticleRecommender(**settings).fit(corpus.articles)
        fair = None
        if corpus.fair is not None:
            fair = fair_lists(model, corpus.fair["query"].unique(), K)
        yield Lists(name, model.recommend(k=K), fair)


def of_method(
    corpus: Corpus, name: str, nearest: Callable[[int], Indices], cache: Path | None
) -> Lists:
    """Return the plain lists of another method and, from its lists of all articles, the fair."""
    articles = corpus.articles
    kept = cache and cache / f"{corpus.name} {name}.npy"
    if kept and kept.exists():
        deep = np.load(kept)
    else:
        deep = nearest(K if corpus.fair is None else max(K, len(articles) - 1))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, deep.astype(np.int32))
    plain = lists_of(deep[:, :K], articles["id"])
    if corpus.fair is None:
        return Lists(name, plain, None)
    day = days(articles["date"])
    existed = (deep >= 0) & ~(day[deep] > day[:, None])
    order = np.argsort(~existed, axis=1, kind="stable")[:, :K]
    fair = np.where(existed, deep, -1)[np.arange(len(deep))[:, None], order]
    return Lists(name, plain, lists_of(fair, articles["id"]))


def report(corpus: Corpus, all_lists: Iterator[Lists]) -> None:
    """Print the figures of each method, with p-values of the difference from the first."""
    vectors = rec.ArticleRecommender().fit(corpus.articles).vectors_
    base: list[pd.Series] = []
    looks = []
    print("| | nDCG@10 | fair nDCG@10 |\n|---|---|---|")
    for lists in all_lists:
        cells = []
        pairs = [(lists.plain, corpus.judgments), (lists.fair, corpus.fair)]
        for place, (made, judgments) in enumerate(pairs):
            if made is None or judgments is None:
                cells.append("–")
                continue
            values = per_query(made, judgments, K).set_index("query")[f"nDCG@{K}"]
            if place == len(base):
                base.append(values)
            cells.append(cell(values, base[place]))
        print(f"| {lists.name} | {' | '.join(cells)} |", flush=True)
        ids, dates = corpus.articles["id"], corpus.articles["date"]
        looks.append((lists.name, list_measures(lists.plain, ids, K, vectors, dates)))
    print(f"\n| | {' | '.join(looks[0][1])} |\n|---|{'---|' * len(looks[0][1])}")
    for name, figures in looks:
        shown = (f"{v:,.0f}" if v > 1 else f"{v:.3f}" for v in figures.values())
        print(f"| {name} | {' | '.join(shown)} |")


def cell(values: pd.Series, base: pd.Series) -> str:
    """Return the mean with its interval, and the p-value if it is not the base."""
    low, high = bootstrap_interval(values.to_numpy())
    text = f"{values.mean():.3f}, {low:.3f}–{high:.3f}"
    if values.equals(base):
        return text
    return f"{text}, p {randomization_test((values - base).to_numpy()):.2g}"


def _sizes(corpus: Corpus) -> str:
    plain = f"{corpus.judgments['query'].nunique():,} queries, {len(corpus.judgments):,} pairs"
    if corpus.fair is None:
        return plain
    fair = f"{corpus.fair['query'].nunique():,} queries, {len(corpus.fair):,} pairs"
    return f"{plain}; fair: {fair}"


if __name__ == "__main__":
    main()
