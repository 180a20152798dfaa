"""Lists for more articles than fit on one machine: the pipeline on Dask.

Owns what runs where: the articles in pieces, tree sums over all pieces, rows that stay on the
workers, the blocks of the search, one file of lists per piece, and their assembly. The result is
byte for byte that of `recommender build`, for any pieces and workers, even if workers die:
everything on a worker can be made again from the source. This process and the scheduler see ids,
languages, scores of random pairs and the manifest, but never texts or vectors.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.articles import validate_articles
from recommender.cluster.lists import (
    fetch_related,
    graph_of,
    join_graphs,
    merge_blocks,
    pairs_by_block,
    rank,
    search_shard,
    search_two,
    shard_means,
    sum_rows,
    write_part,
)
from recommender.cluster.parts import Part, assembled_format, read_parts, write_manifest
from recommender.cluster.rows import (
    add_arrays,
    add_counts,
    add_tallies,
    count_articles,
    count_words,
    head,
    join_vocabularies,
    judge,
    keep_phrases,
    make_shard,
    open_shard,
    place,
    term_space,
    vocabulary_of,
)
from recommender.config import SETTINGS, of_group
from recommender.errors import ConfigError
from recommender.model import CANDIDATES, Recommender, check_parameters, make_vectorizer
from recommender.outputs.atomic import atomic_file
from recommender.outputs.writers import WRITERS
from recommender.ranking import MinScore, Stage, default_stages
from recommender.ranking.defaults import LOCAL
from recommender.ranking.min_score import exceeded_score, relative_chance
from recommender.ranking.translations import TRANSLATION_COLUMNS
from recommender.sources.base import Skipped, SourceOptions, SourceResult
from recommender.sources.pieces import (
    PIECE_BYTES,
    Facts,
    Raw,
    cut_table,
    find_pieces,
    join_facts,
    number_articles,
    piece_articles,
    read_piece,
    recurring_of,
)
from recommender.sources.readers import nothing_left, read_source
from recommender.sources.tables.sql import shown_url

if TYPE_CHECKING:
    from distributed import Client

    from recommender.sources.html.boilerplate import Signature
    from recommender.sources.html.recurrence import Sampled

FAN_IN = 8
"""Number of results that one task of a tree sum adds up."""
PIECES_PER_BUCKET = 4
"""Words and phrases are added up in a bucket for so many pieces: none holds them all."""


class Built(NamedTuple):
    """The result of a build."""

    articles: int
    terms: int
    recommendations: int
    empty: int
    """Number of empty lists."""
    min_score: float
    skipped: list[Skipped]
    parts: list[Part]


class _Plan(Recommender):
    """The parameters of a recommender for articles on the workers."""

    vectors_ = None

    def stages_with(self, least: float) -> list[Stage]:
        return default_stages(of_group(self, "model") | {"min_score": least})


def build_lists(
    source: Any,
    output: str | os.PathLike[str],
    *,
    client: Client,
    parameters: Mapping[str, Any] | None = None,
    options: SourceOptions | None = None,
    k: int = 6,
    format: str = "auto",
    teaser_words: int = 20,
    piece_bytes: int = PIECE_BYTES,
) -> Built:
    """Write the list of every article, made by the workers of a Dask cluster.

    Parameters
    ----------
    source : path or dask.dataframe.DataFrame
        A file of JSON Lines or Parquet, or a directory of them, is read by the workers, which
        must have it at the same path. Workers also read a Dask DataFrame with the columns of an
        Article table; it has no drafts. Any other source of `read_source` is read here and
        sent to the workers.
    output : path
        A file in one of the formats `FORMATS`; or a name without a suffix, for a directory with
        a JSON Lines file per piece and ``manifest.json``. The workers write the parts, so they
        must have it at the same path.
    client : distributed.Client
        The cluster.
    parameters : mapping, optional
        Constructor parameters of `ArticleRecommender`; `engine` and `threads` are ignored,
        `stages` must be None.
    options : SourceOptions, optional
        How to read the source.
    k, format, teaser_words
        As for `ArticleRecommender.recommend` and `write_recommendations`.
    piece_bytes : int
        Size of a piece of the source; a worker keeps the vectors of two pieces and the data
        that it does not spill to disk. The lists do not depend on it.

    Returns
    -------
    Built

    Raises
    ------
    ConfigError
        If parameters are out of range, or the format cannot be assembled from parts.
    SourceError
        If the articles cannot be read, or an id is repeated.
    OutputError
        If this process cannot read the files that the workers wrote.
    """
    plan = _Plan(**dict(parameters or {}))
    check_parameters(of_group(plan, "model"))
    if plan.stages is not None:
        raise ConfigError(
            "stages: custom stages cannot run on Dask yet, expected None",
            "leave them out, or set engine = auto",
        )
    refuse_local_settings(plan)
    target = Path(output).resolve()
    assembled = assembled_format(target, format)
    options = options or SourceOptions()
    if options.skip_invalid:
        raise ConfigError(
            "skip_invalid: needs the local engine, got engine = dask",
            "leave the setting out, or set engine = auto",
        )
    options = replace(options, now=options.now or datetime.now(UTC))
    folder = target if not assembled else target.parent / f".{target.name}.parts"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        built = _Run(client, plan, k, teaser_words).run(source, options, piece_bytes, folder)
        if assembled:
            with atomic_file(target) as file:
                WRITERS[assembled](read_parts(folder, built.parts), file)
        else:
            write_manifest(folder, built.parts, built.min_score)
    finally:
        if assembled:
            shutil.rmtree(folder, ignore_errors=True)
    return built


def refuse_local_settings(settings: object) -> None:
    """Raise a ConfigError if a setting is on whose stage needs more than a worker has.

    Parameters
    ----------
    settings : Settings, or any object with the settings of the model as attributes
    """
    local = [name for name in LOCAL if getattr(settings, name) != SETTINGS[name].default]
    if local:
        raise ConfigError(
            f"{', '.join(local)}: needs the local engine, got engine = dask",
            "leave the setting out, or set engine = auto",
        )


def refuse_translations(settings: Recommender, columns: Iterable[str]) -> None:
    """Raise a ConfigError if articles could inherit lists, which are on several workers."""
    if settings.inherit_lists and not set(TRANSLATION_COLUMNS).isdisjoint(columns):
        raise ConfigError(
            "inherit_lists: needs the local engine if articles name their translations, "
            "got engine = dask",
            "set inherit_lists = false, or engine = auto",
        )


class _Run:
    """One build: its futures, and the few facts about the whole that this process holds."""

    def __init__(self, client: Client, plan: _Plan, k: int, teaser_words: int) -> None:
        self.client: Any = client
        self.plan = plan
        self.vectorizer = make_vectorizer(plan)
        self.k = k
        self.teaser_words = teaser_words

    def run(self, source: Any, options: SourceOptions, piece_bytes: int, folder: Path) -> Built:
        """Make the lists and write the parts."""
        tables, skipped = self.read(source, options, piece_bytes)
        numbers, judged, articles = self.open(tables, shown_url(source), skipped)
        del tables
        n = sum(map(len, numbers))
        placed, vocabulary = self.place(judged)
        del judged
        space = self.weigh(placed, vocabulary, n)
        rows = [
            self.submit(make_shard, self.vectorizer, words, space, own)
            for words, own in zip(placed, numbers, strict=True)
        ]
        del placed
        terms = self.submit(len, self.submit(attrgetter("kept"), space))
        chance = self.chance(rows, numbers)
        blocks, least = self.search(rows, numbers, chance)
        lists = self.rank(blocks, rows, articles, least, chance)
        del blocks
        parts = self.write(lists, rows, articles, space, folder)
        return Built(
            n,
            self.gather([terms])[0],
            sum(part.recommendations for part in parts),
            sum(part.empty for part in parts),
            least,
            skipped,
            parts,
        )

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have a worker call a function, once its arguments are there."""
        return self.client.submit(function, *arguments, pure=False)

    def gather(self, futures: Sequence[Any]) -> list[Any]:
        """Return small results to this process."""
        return list(self.client.gather(list(futures)))

    def tree(self, add: Callable[..., Any], futures: Sequence[Any], *arguments: Any) -> Any:
        """Add up results, `FAN_IN` at a time."""
        futures = list(futures)
        while True:
            groups = [futures[at : at + FAN_IN] for at in range(0, len(futures), FAN_IN)]
            futures = [self.submit(add, group, *arguments) for group in groups]
            if len(futures) == 1:
                return futures[0]

    def read(
        self, source: Any, options: SourceOptions, piece_bytes: int
    ) -> tuple[list[Any], list[Skipped]]:
        """Return Article tables, one per piece, and what was left out of all."""
        if hasattr(source, "to_delayed"):
            refuse_translations(self.plan, source.columns)
            delayed = self.client.compute(source.to_delayed())
            return [self.submit(validate_articles, part) for part in delayed], []
        place = Path(source).resolve()  # the workers may have another working directory
        pieces = find_pieces(place, options.format, piece_bytes)
        if pieces is None:
            whole = read_source(source, options)
            refuse_translations(self.plan, whole.articles.columns)
            tables = [self.submit(_itself, part) for part in cut_table(whole.articles, piece_bytes)]
            return tables, whole.skipped
        read = [self.submit(read_piece, piece, options) for piece in pieces]
        facts = self.gather([self.submit(itemgetter(1), part) for part in read])
        columns = join_facts(facts, str(source), options)
        refuse_translations(self.plan, columns)
        samples = [self.submit(itemgetter(2), part) for part in read]
        recurring = self.submit(recurring_of, samples)
        given = (columns, str(source), options, recurring)
        results = [self.submit(_articles_of, part, *given) for part in read]
        skipped = self.gather([self.submit(attrgetter("skipped"), part) for part in results])
        tables = [self.submit(attrgetter("articles"), part) for part in results]
        return tables, [one for part in skipped for one in part]

    def open(
        self, tables: list[Any], source: str, skipped: list[Skipped]
    ) -> tuple[list[NDArray[np.int32]], list[Any], list[Any]]:
        """Return, for each shard, the numbers of its rows, its words as terms, and its articles."""
        opened = [
            self.submit(open_shard, part, self.vectorizer, self.teaser_words) for part in tables
        ]
        heads = self.gather([self.submit(head, part) for part in opened])
        opened = [part for part, facts in zip(opened, heads, strict=True) if facts.ids]
        heads = [facts for facts in heads if facts.ids]
        if not heads:
            raise nothing_left(source, skipped)
        languages = sum((facts.languages for facts in heads), Counter[str]())
        main = max(sorted(filter(None, languages)), key=languages.__getitem__, default="")
        words = [self.submit(attrgetter("words"), part) for part in opened]
        judged = [self.submit(judge, self.vectorizer, part, main) for part in words]
        articles = [self.submit(attrgetter("articles"), part) for part in opened]
        return number_articles([facts.ids for facts in heads], source), judged, articles

    def place(self, judged: list[Any]) -> tuple[list[Any], Any]:
        """Return the number of each word's term, by shards, and the vocabulary of all."""
        buckets = _buckets(judged)
        counts = [self.submit(count_words, words, buckets) for words in judged]
        totals = [
            self.tree(add_counts, [self.submit(itemgetter(b), part) for part in counts])
            for b in range(buckets)
        ]
        least = self.vectorizer.min_df
        vocabularies = [self.submit(vocabulary_of, total, least) for total in totals]
        vocabulary = self.submit(join_vocabularies, vocabularies)
        placed = [self.submit(place, words, vocabulary) for words in judged]
        return placed, vocabulary

    def weigh(self, placed: list[Any], vocabulary: Any, n: int) -> Any:
        """Return the term space of all articles."""
        buckets = _buckets(placed)
        found = [
            self.submit(count_articles, self.vectorizer, words, vocabulary, buckets)
            for words in placed
        ]
        df = self.tree(add_arrays, [self.submit(itemgetter(0), part) for part in found])
        tallies = [self.submit(itemgetter(1), part) for part in found]
        phrases = [
            self.tree(add_tallies, [self.submit(itemgetter(b), part) for part in tallies])
            for b in range(buckets)
        ]
        phrases = [self.submit(keep_phrases, self.vectorizer, part, n) for part in phrases]
        return self.submit(term_space, self.vectorizer, vocabulary, df, phrases, n)

    def chance(
        self, rows: list[Any], numbers: list[NDArray[np.int32]]
    ) -> list[NDArray[np.float64]]:
        """Return what the minimum score of every shard's articles is multiplied by."""
        n = sum(map(len, numbers))
        if not self.calibrates(n):
            return [np.ones(len(own)) for own in numbers]
        total = self.tree(add_arrays, [self.submit(sum_rows, shard) for shard in rows])
        means = self.gather([self.submit(shard_means, shard, total, n) for shard in rows])
        every = np.empty(n)
        every[np.concatenate(numbers)] = np.concatenate(means)
        chance = relative_chance(every)
        return [chance[own] for own in numbers]

    def calibrates(self, n: int) -> bool:
        """Return whether random pairs of n articles decide the minimum score."""
        stage = MinScore(self.plan.min_score)
        return stage.value == "auto" and stage.exceeded_by(n) < 1

    def search(
        self,
        rows: list[Any],
        numbers: list[NDArray[np.int32]],
        chance: list[NDArray[np.float64]],
    ) -> tuple[list[Any], float]:
        """Return the nearest neighbors of every shard's articles, and the minimum score."""
        n = sum(map(len, numbers))
        depth = min(max(self.k, CANDIDATES), n)
        stage = MinScore(self.plan.min_score)
        drawn = self.calibrates(n)
        pairs = pairs_by_block(numbers) if drawn else {}
        merged = [
            self.submit(search_shard, shard, depth, pairs.get((s, s)))
            for s, shard in enumerate(rows)
        ]
        kept = [merged]  # what a worker's death takes is made again from these, not from the start
        for group in pairs_of_shards(len(rows)):
            found = [[block] for block in merged]
            for s, t in group:
                known = merged[s], merged[t]
                drawn_pairs = pairs.get((s, t)), pairs.get((t, s))
                two = self.submit(search_two, rows[s], rows[t], known, depth, *drawn_pairs)
                found[s].append(self.submit(itemgetter(0), two))
                found[t].append(self.submit(itemgetter(1), two))
            merged = [self.tree(merge_blocks, blocks, depth) for blocks in found]
            kept.append(merged)
        if stage.value != "auto":
            return merged, float(stage.value)
        if not drawn:
            return merged, 0.0
        found = self.gather([self.submit(attrgetter("chance"), block) for block in merged])
        pairs_found = np.concatenate(found)
        factors = np.empty(n)
        factors[np.concatenate(numbers)] = np.concatenate(chance)
        sides = factors[pairs_found[:, :2].astype(np.intp)].T
        return merged, exceeded_score(pairs_found[:, 2], stage.exceeded_by(n), sides)

    def rank(
        self,
        blocks: list[Any],
        rows: list[Any],
        articles: list[Any],
        least: float,
        chance: list[NDArray[np.float64]],
    ) -> list[Any]:
        """Return every shard's lists as a reader sees them."""
        known = zip(blocks, rows, articles, chance, strict=True)
        graphs = [self.submit(graph_of, *each) for each in known]
        graph = self.submit(join_graphs, graphs)
        stages = self.plan.stages_with(least)
        return [
            self.submit(rank, block, own, part, graph, stages, self.k)
            for block, own, part in zip(blocks, articles, graphs, strict=True)
        ]

    def write(
        self,
        lists: list[Any],
        rows: list[Any],
        articles: list[Any],
        space: Any,
        folder: Path,
    ) -> list[Part]:
        """Have each shard's lists written, and return the parts in order."""
        parts = []
        for s, found in enumerate(lists):
            fetched = [
                self.submit(fetch_related, found, rows[s], candidates, known, space)
                for candidates, known in zip(rows, articles, strict=True)
            ]
            path = str(folder / f"part-{s:05}.jsonl")
            parts.append(self.submit(write_part, articles[s], fetched, path, self.teaser_words))
        return self.gather(parts)


def pairs_of_shards(count: int) -> list[list[tuple[int, int]]]:
    """Return all pairs of unlike shards, in groups to be searched one after the other.

    Each group contains all shards, and twice as many pairs as all groups before it (with the pairs
    of shards with themselves): the neighbors found by those speed up its search.

    Examples
    --------
    >>> pairs_of_shards(4)
    [[(0, 1), (1, 2), (2, 3), (3, 0)], [(0, 2), (1, 3)]]
    """
    groups, start = [], 1
    while start <= count // 2:
        apart = range(start, min(3 * start - 1, count // 2 + 1))
        groups.append(
            [(s, (s + d) % count) for d in apart for s in range(count if 2 * d != count else d)]
        )
        start = apart.stop
    return groups


def _buckets(pieces: Sequence[Any]) -> int:
    """Return in how many buckets words and phrases are added up."""
    return -(-len(pieces) // PIECES_PER_BUCKET)


def _itself(value: Any) -> Any:
    return value


def _articles_of(
    read: tuple[Raw, Facts, list[Sampled]],
    columns: list[str],
    source: str,
    options: SourceOptions,
    recurring: set[Signature],
) -> SourceResult:
    return piece_articles(read[0], columns, source, options, recurring)
