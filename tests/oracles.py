"""The formulas once more, in plain Python: slow, short, and what everything else must equal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

Row = dict[str, float]


def add_phrases(fields: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the terms per field, "" for a word left out, with the field `phrases` added."""
    pairs = [pair for field in ("title", "text") for pair in pairwise(fields.get(field, ()))]
    return {
        **{field: [term for term in terms if term] for field, terms in fields.items()},
        "phrases": [f"{first} {second}" for first, second in pairs if first and second],
    }


def tfidf_rows(
    corpus: Sequence[Mapping[str, Sequence[str]]], weights: Mapping[str, float], *,
    tf_exponent: float = 0.5, idf_exponent: float = 1.25, min_df: int = 2, max_df: float = 0.5,
) -> list[Row]:  # fmt: skip
    """Return row(a) = unit(sum over f of weight(f) * unit(count ** tf_exponent * idf))."""
    counts = [{f: Counter(terms.get(f, ())) for f in weights if weights[f]} for terms in corpus]
    df = Counter(term for fields in counts for term in set().union(*fields.values()))
    n = len(corpus)
    kept = {term for term in df if min_df <= df[term] <= max(max_df * n, 10)}
    idf = {term: (math.log((1 + n) / (1 + df[term])) + 1) ** idf_exponent for term in kept}
    rows = []
    for fields in counts:
        total: Counter[str] = Counter()
        for field, terms in fields.items():
            part = {t: c**tf_exponent * idf[t] for t, c in terms.items() if t in kept}
            total.update({t: weights[field] * value for t, value in unit(part).items()})
        rows.append(unit(total))
    return rows


def unit(row: Mapping[str, float]) -> Row:
    """Return the row divided by its Euclidean length; a row without terms stays empty."""
    length = math.sqrt(sum(value * value for value in row.values()))
    return {term: value / length for term, value in row.items()}


def cosine_top_k(
    seeds: Sequence[Mapping], candidates: Sequence[Mapping], k: int, own: Sequence[int]
) -> list[list[tuple[int, float]]]:
    """Return the k best (row, score) of each seed: whole millionths, ties to the smaller row."""
    lists = []
    for seed, own_row in zip(seeds, own, strict=True):
        millionths = [
            round(1e6 * sum(seed[t] * row[t] for t in sorted(seed) if t in row))
            for row in candidates
        ]
        order = sorted(range(len(candidates)), key=lambda row: (-millionths[row], row))
        found = [(row, millionths[row] / 1e6) for row in order if millionths[row] > 0]
        lists.append([(row, score) for row, score in found if row != own_row][:k])
    return lists
