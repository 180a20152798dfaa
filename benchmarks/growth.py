"""How cost grows with the corpus: fitted exponents, and a plot of time against size.

    python benchmarks/growth.py build/bench/results.jsonl [time.png]

Takes the results of generated corpora only, as those differ in size and in nothing else.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

GENERATED = "news-"
"""What the names of generated corpora begin with."""

Curves = dict[tuple[str, str], dict[int, float]]
"""Per stage and method: CPU seconds by number of articles."""


def read_results(path: Path) -> list[dict[str, Any]]:
    """Return the last of the results of each stage, corpus and method."""
    last = {}
    for result in map(json.loads, path.read_text().splitlines()):
        last[result["stage"], result["corpus"], result["method"]] = result
    return list(last.values())


def curves(results: list[dict[str, Any]]) -> Curves:
    """Return CPU seconds by size of the methods that were measured at several sizes."""
    found: Curves = defaultdict(dict)
    for result in results:
        if result["corpus"].startswith(GENERATED) and "words" not in result["corpus"]:
            found[result["stage"], result["method"]][result["articles"]] = result["cpu"]
    return {name: dict(sorted(curve.items())) for name, curve in found.items() if len(curve) > 1}


def exponent(curve: dict[int, float]) -> float:
    """Return the least-squares slope of log time over log size.

    Examples
    --------
    >>> round(exponent({10: 1.0, 100: 100.0}), 3)
    2.0
    """
    sizes, times = [log(size) for size in curve], [log(max(cpu, 1e-9)) for cpu in curve.values()]
    mean = sum(sizes) / len(sizes), sum(times) / len(times)
    over = sum((x - mean[0]) * (y - mean[1]) for x, y in zip(sizes, times, strict=True))
    return over / sum((x - mean[0]) ** 2 for x in sizes)


def print_exponents(results: list[dict[str, Any]]) -> None:
    """Print the fitted exponent of each method, over all sizes and over each step."""
    rows = curves(results)
    if not rows:
        return
    print("\n# growth: CPU seconds ~ articles ^ exponent\n")
    print("| stage | method | exponent | step by step |\n|---|---|---|---|")
    for (stage, method), curve in rows.items():
        sizes = list(curve)
        steps = [
            f"{a:,} to {b:,}: {exponent({a: curve[a], b: curve[b]}):.2f}"
            for a, b in pairwise(sizes)
        ]
        print(f"| {stage} | {method} | {exponent(curve):.2f} | {'; '.join(steps)} |")


def draw_plot(results: list[dict[str, Any]], path: Path) -> None:
    """Draw CPU seconds against articles, one panel a stage, one line a method."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = curves(results)
    stages = list(dict.fromkeys(stage for stage, _ in rows))
    if not stages:
        print("nothing to plot: one size only")
        return
    figure, panels = pyplot.subplots(1, len(stages), figsize=(4.5 * len(stages), 4), squeeze=False)
    for stage, panel in zip(stages, panels[0], strict=True):
        for (of, method), curve in rows.items():
            if of == stage:
                width = 2.5 if method.startswith("recommender") else 1.2
                panel.loglog(*zip(*curve.items(), strict=True), "o-", label=method, linewidth=width)
        panel.set(title=stage, xlabel="articles", ylabel="CPU seconds, all threads")
        panel.legend(fontsize=8)
        panel.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    kept = read_results(Path(sys.argv[1]))
    print_exponents(kept)
    for output in sys.argv[2:]:
        draw_plot(kept, Path(output))
