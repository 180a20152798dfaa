"""One shard's lists: blocks of the search, stages, cards, the file.

Each function sees two shards and small facts about all; together they give exactly the lists and
cards that `ArticleRecommender` and `write_recommendations` give. Knows no cluster, see `build`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.cluster.parts import Part, write_lists
from recommender.cluster.search import Shard, merge_neighbors, search_block, search_pair
from recommender.config import MAIN_TERMS
from recommender.neighbors.base import Neighbors
from recommender.outputs.cards import cards
from recommender.ranking import (
    ORIGINS,
    Context,
    Hubness,
    MinScore,
    Ranked,
    Stage,
    apply_stages,
    first_of,
)
from recommender.ranking.base import RowLengths
from recommender.ranking.min_score import mean_scores, random_pairs
from recommender.vectors.overlap import dot_products
from recommender.vectors.reasons import name_terms
from recommender.vectors.termspace import TermSpace

STAGE_COLUMNS = (
    "id", "lang", "title", "url", "slug", "date", "series", "category", "tags", "links",
    "series_order", "adjacent", "translations", "translation_key", "unlisted",
)  # fmt: skip
"""The columns of all articles that the default stages read."""

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Rows of one shard and rows of another, pair by pair."""


class Block(NamedTuple):
    """The neighbors found for the rows of a shard."""

    found: Neighbors
    chance: NDArray[np.float64]
    """float64 of shape (pairs, 3): the two numbers and the score of the random pairs here."""


class Graph(NamedTuple):
    """The data of m articles that the stages use."""

    numbers: NDArray[np.int32]
    means: NDArray[np.float64]
    """Mean score of each article to its nearest, as many as `Hubness` counts."""
    lengths: NDArray[np.int64]
    """Terms of each article's row."""
    chance: NDArray[np.float64]
    """What `MinScore` multiplies the minimum score of each article by."""
    articles: pd.DataFrame
    """Only the columns that the default stages read."""


def pairs_by_block(numbers: list[NDArray[np.int32]]) -> dict[tuple[int, int], Pairs]:
    """Return the random pairs of rows by the shards that hold them, as rows of the shards."""
    n = sum(map(len, numbers))
    holder, place = np.empty(n, np.int32), np.empty(n, np.int32)
    for s, own in enumerate(numbers):
        holder[own], place[own] = s, np.arange(len(own))
    first, second = random_pairs(n)
    block = holder[first].astype(np.int64) * len(numbers) + holder[second]
    order = np.argsort(block, kind="stable")
    starts = np.flatnonzero(np.diff(block[order], prepend=-1))
    pairs = {}
    for at in np.split(order, starts[1:]):
        key = divmod(int(block[at[0]]), len(numbers))
        pairs[key] = place[first[at]], place[second[at]]
    return pairs


def search_shard(shard: Shard, k: int, pairs: Pairs | None = None) -> Block:
    """Search a shard in itself, and score the random pairs in it."""
    return Block(search_block(shard, shard, k, threads=1), _chance(shard, shard, pairs))


def search_two(
    first: Shard,
    second: Shard,
    known: tuple[Block, Block],
    k: int,
    forth: Pairs | None = None,
    back: Pairs | None = None,
) -> tuple[Block, Block]:
    """Search between two shards, and score the random pairs of both.

    Parameters
    ----------
    first, second : Shard
    known : pair of Block
        The k neighbors already found elsewhere for the rows of each.
    k : int
        Length of each list.
    forth, back : Pairs, optional
        The random pairs of a row of the first and one of the second, and the other way round.
    """
    lists = search_pair(first, second, k, known=(known[0].found, known[1].found), threads=1)
    chance = _chance(first, second, forth), _chance(second, first, back)
    return Block(lists[0], chance[0]), Block(lists[1], chance[1])


def _chance(first: Shard, second: Shard, pairs: Pairs | None) -> NDArray[np.float64]:
    if pairs is None:
        return np.empty((0, 3))
    scores = dot_products((first.rows, pairs[0]), (second.rows, pairs[1]))
    return np.stack([first.numbers[pairs[0]], second.numbers[pairs[1]], scores], axis=1)


def sum_rows(shard: Shard) -> NDArray[np.float64]:
    """Return the sum of the rows of a shard."""
    return np.asarray(shard.rows.sum(axis=0), np.float64)


def shard_means(shard: Shard, total: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the `mean_scores` of a shard's articles, from the sum of all n rows."""
    return mean_scores(shard.rows, total, n)


def merge_blocks(blocks: Sequence[Block], k: int) -> Block:
    """Return what several blocks of the same seeds found."""
    found = merge_neighbors([block.found for block in blocks], k)
    return Block(found, np.concatenate([block.chance for block in blocks]))


def graph_of(
    block: Block, shard: Shard, articles: pd.DataFrame, chance: NDArray[np.float64]
) -> Graph:
    """Return the data of one shard that the stages use."""
    scores = block.found.scores[:, : Hubness.nearest]
    return Graph(
        shard.numbers,
        scores.mean(axis=1, dtype=np.float64),
        np.diff(shard.rows.indptr).astype(np.int64),
        chance,
        articles[[name for name in STAGE_COLUMNS if name in articles]],
    )


def join_graphs(parts: Sequence[Graph]) -> Graph:
    """Return the data of all shards that the stages use, in the order of the numbers."""
    columns = [np.concatenate([part[at] for part in parts]) for at in range(4)]
    order = np.argsort(columns[0])
    numbers, means, lengths, chance = (column[order] for column in columns)
    articles = pd.concat([part.articles for part in parts], ignore_index=True).iloc[order]
    return Graph(numbers, means, lengths, chance, articles.reset_index(drop=True))


def rank(
    block: Block,
    articles: pd.DataFrame,
    part: Graph,
    graph: Graph,
    stages: Sequence[Stage],
    k: int,
) -> Ranked:
    """Run the stages over the lists of one shard, given its part of the graph and all of it.

    The context's graph has one column, the means that `Hubness` would take of it; its vectors
    are `RowLengths`. The default stages need no more; other stages might. The scores of entries
    that a stage added are 0 here; `fetch_related` computes them.
    """
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(graph.lengths)])
    means: Any = graph.means[:, None]
    nearest = Neighbors(np.full(means.shape, -1, np.int32), means)
    vectors: Any = RowLengths(indptr)
    context = Context(articles, graph.articles, vectors, nearest, part.numbers, block.found, k)
    stages = [
        replace(stage, chance=graph.chance) if isinstance(stage, MinScore) else stage
        for stage in stages
    ]
    return first_of(apply_stages(block.found, context, stages), k)


def fetch_related(
    lists: Ranked,
    seeds: Shard,
    candidates: Shard,
    articles: pd.DataFrame,
    space: TermSpace,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the recommendations that fall into a block, and the articles that they name.

    Parameters
    ----------
    lists : Ranked of shape (seeds, k)
        The lists of the seeds.
    seeds, candidates : Shard
    articles : DataFrame
        The columns of the candidates that cards need.
    space : TermSpace
        Names the columns.

    Returns
    -------
    recommendations : DataFrame
        A Recommendations table with `seed`, the row in the shard, for `article_id`, and with
        `because`.
    related : DataFrame
        Rows of `articles`.
    """
    place = np.searchsorted(candidates.numbers, lists.indices)
    place[place == len(candidates.numbers)] = 0
    here = (lists.indices >= 0) & (candidates.numbers[place] == lists.indices)
    seed, position = np.nonzero(here)
    other = place[here]
    pairs = (seeds.rows, seed), (candidates.rows, other)
    because = name_terms(*pairs, space.names_of, MAIN_TERMS)
    scores = lists.scores[here].astype(np.float64)
    added = np.flatnonzero(lists.origins[here])
    scores[added] = dot_products((seeds.rows, seed[added]), (candidates.rows, other[added]))
    recommendations = pd.DataFrame(
        {
            "seed": seed,
            "rank": position + 1,
            "related_id": articles["id"].to_numpy(dtype=object)[other],
            "score": np.round(scores, 6),
            "origin": np.array(ORIGINS, dtype=object)[lists.origins[here]],
            "because": pd.Series(because, dtype=object),
        }
    )
    return recommendations, articles.iloc[np.unique(other)]


def write_part(
    articles: pd.DataFrame,
    fetched: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
    path: str,
    teaser_words: int,
) -> Part:
    """Write the lists of a shard as JSON Lines, by id; every run writes the same bytes."""
    ids = articles["id"].to_numpy(dtype=object)
    table = pd.concat([found for found, _ in fetched], ignore_index=True)
    table = table.assign(article_id=ids[table["seed"].to_numpy(dtype=np.int64)])
    named = pd.concat([articles, *(related for _, related in fetched)])
    named = named.drop_duplicates("id", ignore_index=True)
    own = set(ids)
    lists = cards(table, named, because=table["because"].tolist(), teaser_words=teaser_words)
    own_entries = (pair for pair in lists.entries if pair[0] in own)
    return write_lists(replace(lists, entries=own_entries), Path(path))
