"""Lists that hypothesis makes up: few articles, frequent ties, gaps, empty lists, pins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from contracts import random_rows
from hypothesis import strategies as st

from recommender.articles import validate_articles
from recommender.neighbors.base import search_reference
from recommender.ranking import Context, Ranked, add, keep, ranked

DATES = ("2024-01-01", "2024-01-02", "2023-06-30", "2010-12-31", None)


@st.composite
def worlds(draw: Any, *, pins: bool = True) -> tuple[Ranked, Context]:
    """Return the lists of 1 to 14 articles after some filter, perhaps with pins, and a context."""
    n, seed = draw(st.integers(1, 14)), draw(st.integers(0, 10_000))
    generator = np.random.default_rng(seed)
    rows = random_rows(n, draw(st.sampled_from([3, 8])), draw(st.sampled_from([0.2, 0.6])), seed)
    own = np.arange(n, dtype=np.int32)
    found = search_reference(rows, rows, draw(st.sampled_from([1, 4, 20])), own_rows=own)
    articles = validate_articles(
        pd.DataFrame(
            {
                "id": [f"{row:02}" for row in own],
                "title": generator.choice(["Rye", "Oats", ""], n),
                "text": "",
                "date": generator.choice(np.array(DATES, object), n),
                "tags": [[tag] for tag in generator.choice(["sea", "history"], n)],
                "prior": generator.integers(0, 6, n),
                "votes": generator.integers(0, 90, n),
            }
        )
    )
    context = Context(articles, articles, rows, found, own, found, draw(st.integers(1, 5)))
    lists = keep(ranked(found), generator.random(found.indices.shape) < draw(st.floats(0, 1)))
    if pins and draw(st.booleans()):
        pinned = generator.integers(-1, n, (n, 2)).astype(np.int32)
        pinned[pinned == own[:, None]] = -1
        scores = np.where(pinned < 0, 0, 0.25).astype(np.float32)
        lists = add(lists, pinned, scores, "pinned", first=True)
    return lists, context


def entries(lists: Ranked) -> list[list[tuple[int, float, int]]]:
    """Return each list as (row, score, origin) without the padding."""
    rows = zip(lists.indices, lists.scores, lists.origins, strict=True)
    return [
        [(int(i), float(s), int(o)) for i, s, o in zip(*row, strict=True) if i >= 0] for row in rows
    ]
