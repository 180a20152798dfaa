"""One stage of one method in a process of its own; `speed.py` starts these and reads the last line.

    python stage.py vectors CORPUS.jsonl ROWS.npz
    python stage.py reference ROWS.npz LISTS.npz K SEEDS
    python stage.py search METHOD ROWS.npz LISTS.npz K THREADS
    python stage.py text METHOD CORPUS.jsonl PROCESSORS

The last line is a JSON object: seconds of processor time (`cpu`, all threads) and of the clock
(`wall`), the highest memory of the process and what the stage added to it (`peak`, `extra`, MB),
and what the check found. Reading the input and a warm-up on 300 articles are not counted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from search_peers import SEARCHES, Found

WARM_UP = 300
TOLERANCE = 2e-5
"""Difference that the scores of a peer that computes in float32 may show."""


def main() -> None:
    """Run the stage named, and print what it cost."""
    name, *arguments = sys.argv[1:]
    stages: dict[str, Callable[..., dict[str, Any]]] = {
        "vectors": vectors,
        "reference": reference,
        "search": search,
        "text": text,
    }
    print(json.dumps(stages[name](*arguments)))


def vectors(corpus: str, output: str) -> dict[str, Any]:
    """Write the rows of a corpus by the default weighting."""
    import recommender as rec

    articles = rec.read_articles(corpus)
    rows = rec.ArticleRecommender().fit(articles).vectors_
    sparse.save_npz(output, rows, compressed=False)
    return {"articles": rows.shape[0], "terms": rows.shape[1], "weights": int(rows.nnz)}


def reference(source: str, output: str, k: str, seeds: str) -> dict[str, Any]:
    """Write the true lists of some articles, drawn with seed 0, or of all of them."""
    from recommender.neighbors.base import search_reference

    rows = sparse.csr_array(sparse.load_npz(source))
    n = rows.shape[0]
    chosen = np.sort(np.random.default_rng(0).permutation(n)[: int(seeds)]).astype(np.int32)
    found = search_reference(sparse.csr_array(rows[chosen]), rows, int(k), own_rows=chosen)
    np.savez(output, seeds=chosen, indices=found.indices, scores=found.scores)
    return {"seeds": len(chosen)}


def search(method: str, source: str, lists: str, k: str, threads: str) -> dict[str, Any]:
    """Search with one method, and hold its lists against the true ones."""
    rows = sparse.csr_array(sparse.load_npz(source))
    run = SEARCHES[method].run
    run(sparse.csr_array(rows[:WARM_UP]), min(int(k), 10), int(threads))
    cost, found = measured(lambda: run(rows, int(k), int(threads)))
    return cost | compared(found, lists, int(k), method)


def compared(found: Found, lists: str, k: int, method: str) -> dict[str, Any]:
    """Return whether lists are the true ones, and which share of the true neighbors they hold.

    Ours must be the same bit for bit; a peer's scores must be the same at every rank, as it may
    order equal ones as it likes.
    """
    true = np.load(lists)
    seeds, indices, scores = true["seeds"], true["indices"][:, :k], true["scores"][:, :k]
    mine, given = np.asarray(found[0])[seeds], np.asarray(found[1])[seeds]
    if method in ("recommender", "reference"):
        equal = bool((mine == indices).all() and (given == scores).all())
    else:
        equal = bool((np.abs(np.maximum(given, 0) - scores) <= TOLERANCE).all())
    hits = (mine[:, :, None] == indices[:, None, :]) & (indices[:, None, :] >= 0)
    return {"equal": equal, "recall": float(hits.sum() / (indices >= 0).sum())}


def text(method: str, corpus: str, processors: str) -> dict[str, Any]:
    """Turn the texts of a corpus into weighted rows, with one method, on some processors."""
    with Path(corpus).open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(processors)])
    run = TEXT[method]
    run(texts[:WARM_UP])
    cost, rows = measured(lambda: run(texts))
    size = sum(len(each.encode()) for each in texts) / 1e6
    return cost | {"megabytes": size, "terms": rows.shape[1], "weights": int(rows.nnz)}


def ours_as_written(texts: list[str]) -> Any:
    """Run the project's vectorizer on texts alone: no stems, no phrases, no limits of df."""
    return _ours(texts, stemming=False)


def ours_stemmed(texts: list[str]) -> Any:
    """Do the same with stems, as by default."""
    return _ours(texts, stemming=True)


def _ours(texts: list[str], *, stemming: bool) -> Any:
    import pandas as pd

    from recommender.text.terms import Analyzer
    from recommender.vectors.vectorizer import Vectorizer

    analyzer = Analyzer("en", stemming=stemming)
    vectorizer = Vectorizer({"text": 1.0}, analyzer, min_df=1, max_df=1.0)
    return vectorizer.fit_transform(pd.DataFrame({"text": texts}, dtype=object))


def ours_counts(texts: list[str]) -> Any:
    """Count the same terms as `Vectorizer` does, and stop there."""
    import pandas as pd

    from recommender.text.counting import count_blocks, frequencies
    from recommender.text.terms import Analyzer
    from recommender.text.words import read_words
    from recommender.vectors.vectorizer import _vocabulary

    analyzer = Analyzer("en", stemming=False)
    words = read_words(pd.DataFrame({"text": texts}, dtype=object), ["text"], analyzer)
    numbers, ends = words.tokens["text"]
    frequency = frequencies([(numbers, ends)], len(words.words))
    vocabulary, columns = _vocabulary(analyzer.terms(words.words, "en"), frequency, 1)
    blocks = count_blocks({"text": [(columns[numbers], ends)]}, len(vocabulary))
    return sparse.csr_array(sparse.vstack([block["text"] for block in blocks]))


def tfidf_vectorizer(texts: list[str]) -> Any:
    """Run scikit-learn's `TfidfVectorizer` with its own pattern of a word and our stop words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    from recommender.text.terms import stop_words_of

    stop_words = sorted(word for word in stop_words_of("en") if len(word) > 1)
    return TfidfVectorizer(stop_words=stop_words).fit_transform(texts)


TEXT = {
    "recommender": ours_as_written,
    "recommender counts": ours_counts,
    "recommender with stems": ours_stemmed,
    "TfidfVectorizer": tfidf_vectorizer,
}


def measured(work: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    """Return what a piece of work costs, and its result."""
    before = memory("VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = memory("VmHWM")
    return {"cpu": cpu, "wall": wall, "peak": peak, "extra": max(0.0, peak - before)}, result


def memory(field: str) -> float:
    """Return a figure of Linux' account of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1000 for line in lines if line.startswith(field))


if __name__ == "__main__":
    main()
