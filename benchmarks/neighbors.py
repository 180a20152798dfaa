"""`ExactCosineNeighbors` against scikit-learn's `NearestNeighbors`, on the rows of real articles.

    python benchmarks/neighbors.py posts.jsonl --rows 20000

Each search runs in a process of its own, in turns. Counted are `fit` and `kneighbors` (CPU of
all threads, clock, and what they add to the memory of a process that holds the rows), not the
imports, the reading of the rows and a warm-up. Before anything is printed the neighbors are
compared: distances must agree at every rank, and rows too, except among equal distances.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from stage import WARM_UP, measured

METHODS = ("ExactCosineNeighbors", "NearestNeighbors")
TOLERANCE = 2e-6
"""Difference that two distances may have: ours are rounded to 1e-6."""


def main() -> None:
    """Write the rows, take turns, compare the neighbors, print the table."""
    options = parse()
    if options.one:
        one(options.one, options.corpus, options.k)
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = vectors(options.corpus, options.rows, Path(folder, "rows.npz"))
        print(f"{rows.shape[0]:,} rows, {rows.nnz / rows.shape[0]:.0f} terms each, k = {options.k}")
        costs: dict[str, list[dict[str, float]]] = {name: [] for name in METHODS}
        for _, name in itertools.product(range(options.rounds), METHODS):
            costs[name].append(trial(name, Path(folder, "rows.npz"), options.k))
        compare(*(np.load(Path(folder, f"{name}.npz")) for name in METHODS))
    print(table(costs))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="JSON Lines: id, title, text, ...")
    parser.add_argument("--rows", type=int, default=20_000, help="articles read, from the start")
    parser.add_argument("-k", type=int, default=10, help="neighbors")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each method")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    return parser.parse_args()


def vectors(corpus: Path, count: int, output: Path) -> sparse.csr_array:
    """Write the rows of the first articles of a corpus."""
    import pandas as pd

    from recommender import ArticleVectorizer

    with corpus.open(encoding="utf-8") as file:
        articles = pd.DataFrame([json.loads(line) for line in itertools.islice(file, count)])
    rows = sparse.csr_array(ArticleVectorizer().fit_transform(articles))
    sparse.save_npz(output, rows, compressed=False)
    return rows


def trial(name: str, rows: Path, k: int) -> dict[str, float]:
    """Run one search in a process of its own."""
    line = [sys.executable, __file__, str(rows), "-k", str(k), "--one", name]
    printed = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
    cost: dict[str, float] = json.loads(printed)
    return cost


def one(name: str, source: Path, k: int) -> None:
    """Search with one method, print what it cost, keep what it found."""
    rows = sparse.csr_array(sparse.load_npz(source))

    def search(given: sparse.csr_array) -> Any:
        return estimator(name, k).fit(given).kneighbors()

    search(rows[:WARM_UP])
    cost, (distances, indices) = measured(lambda: search(rows))
    np.savez(source.with_name(f"{name}.npz"), distances=distances, indices=indices)
    print(json.dumps(cost))


def estimator(name: str, k: int) -> Any:
    """Return a search that uses all processors."""
    if name == "NearestNeighbors":
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute", n_jobs=-1)
    from recommender import ExactCosineNeighbors

    return ExactCosineNeighbors(k)


def compare(ours: Any, peers: Any) -> None:
    """Print how the neighbors agree; end the run if they do not."""
    near, far = ours["distances"], peers["distances"]
    apart = np.abs(near - far).max()
    lost = missing(ours["indices"], peers) + missing(peers["indices"], ours)
    if apart > TOLERANCE or lost:
        sys.exit(f"WRONG NEIGHBORS: distances differ by up to {apart:.1e}, {lost} rows are missing")
    same = (ours["indices"] == peers["indices"]).mean()
    print(f"the same neighbors: {same:.2%} at the same rank, the rest at an equal distance")


def missing(indices: NDArray[np.int64], other: Any) -> int:
    """Return how many neighbors nearer than the last are not in a list."""
    surely = other["distances"] < other["distances"][:, -1:] - TOLERANCE
    found = (other["indices"][:, :, None] == indices[:, None, :]).any(axis=2)
    return int((surely & ~found).sum())


def table(costs: dict[str, list[dict[str, float]]]) -> str:
    """Return the medians, and the peer's figure over ours: the median of the turns."""
    fields = {"CPU s": "cpu", "clock s": "wall", "memory MB": "extra", "peak MB": "peak"}
    lines = ["| | " + " | ".join(fields) + " |", "|---" * (len(fields) + 1) + "|"]
    for name, turns in costs.items():
        cells = [spread([turn[field] for turn in turns]) for field in fields.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    ours, peers = costs.values()
    ratios = [
        median(b[field] / a[field] for a, b in zip(ours, peers, strict=True))
        for field in fields.values()
    ]
    return "\n".join([*lines, "| × | " + " | ".join(f"{ratio:.1f}" for ratio in ratios) + " |"])


def spread(figures: list[float]) -> str:
    """Return the median with the least and the largest."""
    digits = 0 if median(figures) > 100 else 2
    middle, low, high = (f"{x:,.{digits}f}" for x in (median(figures), min(figures), max(figures)))
    return f"{middle} [{low}, {high}]"


if __name__ == "__main__":
    main()
