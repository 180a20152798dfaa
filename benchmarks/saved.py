"""Time and memory of a saved model: loading it, one list, the list of one new article.

    python benchmarks/generator.py 100000 news.jsonl
    python benchmarks/saved.py news.jsonl model

Fits and saves a model of the file, unless the directory has one. Then new processes load it, and
the medians are printed: of the imports, of `load`, of the first and the second call of `recommend`
for one article and of `recommend_for`, of the process as a whole, and its private memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("articles", help="file or directory to read")
    parser.add_argument("model", type=Path, help="directory of the model")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measured(args.model)))
        return
    if not args.model.exists():
        save(args.articles, args.model)
    size = sum(file.stat().st_size for file in args.model.iterdir())
    print(f"{'size of the model, MB':38} {size / 1e6:10,.1f}")
    runs = [run(args.articles, args.model) for _ in range(args.runs)]
    for name in runs[0]:
        print(f"{name:38} {statistics.median(one[name] for one in runs):10,.1f}")


def save(articles: str, model: Path) -> None:
    """Fit a model and save it."""
    import recommender

    table = timed("read", lambda: recommender.read_articles(articles))
    fitted = timed("fit", lambda: recommender.ArticleRecommender().fit(table))
    timed("recommend all", fitted.recommend)
    timed("save", lambda: fitted.save(model))


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Return the result of some work, and print its time."""
    start = time.perf_counter()
    result = work()
    print(f"{name + ', s':38} {time.perf_counter() - start:10,.1f}", flush=True)
    return result


def run(articles: str, model: Path) -> dict[str, float]:
    """Return the figures of a new process."""
    command = [sys.executable, __file__, articles, str(model), "--measure"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures | {"whole process, ms": 1000 * (time.perf_counter() - start)}


def measured(path: Path) -> dict[str, float]:
    """Return the milliseconds of each step in this process, and MB of memory."""
    figures = {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        figures[name] = 1000 * (time.perf_counter() - clock)
        clock = time.perf_counter()

    import recommender.estimators
    import recommender.index.loading

    lap("imports, ms")
    model = recommender.index.loading.load(path)
    lap("load, ms")
    before = private_memory()
    ids = [model.known_articles["id"].iloc[at] for at in (4321, 87)]
    clock = time.perf_counter()
    for place, article in zip(("first", "second"), ids, strict=True):
        model.recommend([article])
        lap(f"recommend one, {place}, ms")
    figures["memory of both, MB"] = private_memory() - before
    import pandas as pd

    frame = pd.DataFrame([model.known_articles.iloc[[at]].frame.iloc[0] for at in (4321, 87)])
    clock = time.perf_counter()
    for place, at in (("first", [0]), ("second", [1])):
        model.recommend_for(frame.iloc[at].assign(id="new"))
        lap(f"recommend_for one, {place}, ms")
    figures["memory of all, MB"] = private_memory() - before
    return figures


def private_memory() -> float:
    """Return the MB of this process that are not mapped files; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    (found,) = (line.split()[1] for line in lines if line.startswith("RssAnon"))
    return int(found) / 1e3


if __name__ == "__main__":
    main()
