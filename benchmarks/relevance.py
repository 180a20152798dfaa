"""nDCG@10 of the default configuration beside its peers, on any judged corpora, in one run.

    python benchmarks/relevance.py DIR [corpus ...] [--peers sklearn,bm25s] [--ablation]

DIR holds a directory per corpus with `docs.jsonl` (`id, title, text` and more) and
`judgments.jsonl` (`{"query": id, "relevant": {id: gain}}`). At most 2,000 queries, drawn with
seed 0. Seconds are whole runs from texts to lists, one after the other on this machine.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from peers import NEURAL, PEERS, lists_of

import recommender as rec
from recommender.evaluation.compare import (
    bootstrap_interval,
    fitting_judgments,
    per_query,
    randomization_test,
)
from recommender.evaluation.judgments import read_judgments

K = 10
QUERIES = 2000

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


def main() -> None:
    """Print one table per corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("corpora", nargs="*")
    parser.add_argument("--peers", default="sklearn,gensim,bm25s,minilm")
    parser.add_argument("--ablation", action="store_true", help="each ingredient off in turn")
    parser.add_argument(
        "--embed-at-most",
        type=int,
        default=2000,
        metavar="N",
        help="leave the neural peer out above N articles: it takes hours",
    )
    options = parser.parse_args()
    wanted = [name for name in options.peers.replace("sklearn", "scikit").split(",") if name]
    for corpus in options.corpora or sorted(path.name for path in options.directory.iterdir()):
        if (options.directory / corpus / "judgments.jsonl").exists():
            measure(options.directory / corpus, wanted, options.ablation, options.embed_at_most)


def measure(folder: Path, wanted: list[str], ablation: bool, embed_at_most: int) -> None:
    """Print nDCG@10 of ours and of the peers on one corpus."""
    articles = rec.read_articles(folder / "docs.jsonl")
    judgments = draw(read_judgments(folder / "judgments.jsonl", articles))
    judgments = fitting_judgments(judgments, articles["id"]).table
    print(f"\n{folder.name}: {len(articles):,} articles, {judgments['query'].nunique():,} queries")
    print(f"{'':30} nDCG@10   95 % interval     p     seconds")
    base: pd.Series | None = None
    for name, settings in (ABLATION if ablation else {"recommender, default": {}}).items():
        started = time.perf_counter()
        lists = rec.ArticleRecommender(**settings).fit(articles).recommend(k=K)
        base = report(name, lists, judgments, base, time.perf_counter() - started)
    texts = list(articles["title"] + "\n" + articles["text"])
    for peer in PEERS:
        if peer.name == NEURAL and len(articles) > embed_at_most:
            print(f"{peer.name:30} left out: {len(articles):,} articles")
        elif any(name in peer.name.lower() for name in wanted):
            started = time.perf_counter()
            try:
                lists = lists_of(peer.nearest(texts, K), articles["id"])
            except ImportError as error:
                print(f"{peer.name:30} not installed: {error}")
                continue
            report(peer.name, lists, judgments, base, time.perf_counter() - started)


def draw(judgments: pd.DataFrame) -> pd.DataFrame:
    """Return the judgments of at most `QUERIES` queries, drawn in the order of the file."""
    queries = judgments["query"].unique()
    chosen = np.random.default_rng(0).permutation(len(queries))[:QUERIES]
    return judgments[judgments["query"].isin(queries[chosen])]


def report(
    name: str, lists: pd.DataFrame, judgments: pd.DataFrame, base: pd.Series | None, seconds: float
) -> pd.Series:
    """Print one row, and return the measure by query that later rows are compared with."""
    values = per_query(lists, judgments, K).set_index("query")[f"nDCG@{K}"]
    low, high = bootstrap_interval(values.to_numpy())
    p = "" if base is None else f"{randomization_test((values - base).to_numpy()):.4f}"
    print(f"{name:30} {values.mean():7.4f}   {low:.3f} - {high:.3f}  {p:>7}  {seconds:9.1f}")
    return values if base is None else base


if __name__ == "__main__":
    main()
