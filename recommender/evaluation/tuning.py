"""Find the best settings for a site by its judgments, and report their gain without bias.

Owns the search for settings and its cross-validation. Invariants: every figure measures the
lists that a build with those settings writes; the reported gain is measured on queries that were
not used to choose the settings. Texts are split into words once; each trial only counts the
words again. Reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.articles import validate_articles
from recommender.config import RankingSettings, Settings, VectorSettings, of_group
from recommender.errors import ConfigError, JudgmentsError
from recommender.evaluation.compare import bootstrap_interval, compare, fitting_judgments, grade
from recommender.evaluation.fair import fair_judgments, rank_fairly
from recommender.evaluation.measures import Floats, ndcg
from recommender.model import CANDIDATES, make_vectorizer
from recommender.neighbors import search
from recommender.neighbors.base import Neighbors
from recommender.ranking import (
    Context,
    Encoder,
    Ranked,
    Stage,
    apply_stages,
    default_stages,
    fit_stages,
    lists_of,
    needs_site,
    seeds_of,
    unit_vectors,
)
from recommender.ranking.meaning import COLUMN
from recommender.resources import Progress
from recommender.text.words import TEXT_FIELDS, read_words
from recommender.toml_text import toml_value
from recommender.vectors.vectorizer import Vectorizer

LADDERS: Mapping[str, tuple[Any, ...]] = {
    "title_weight": (0.0, 0.15, 0.3, 0.6, 1.2, 2.4),
    "phrases_weight": (0.0, 0.2, 0.4, 0.8),
    "idf_exponent": (0.75, 1.0, 1.25, 1.5, 2.0),
    "hubness_exponent": (0.0, 0.125, 0.25, 0.4, 0.6),
    "tf_exponent": (0.35, 0.5, 0.7, 1.0),
    "path_weight": (0.0, 0.1, 0.2, 0.4, 0.8),
    "tags_weight": (0.0, 0.1, 0.2, 0.4, 0.8),
    "category_weight": (0.0, 0.1, 0.2, 0.4, 0.8),
    "headings_weight": (0.0, 0.1, 0.2, 0.4),
    "stemming": (False, True),
    "min_score": (0.0, 0.05, 0.1, "auto", 0.2),
    "meaning_weight": (0.0, 0.05, 0.1, 0.2, 0.4),
    "length_pivot": (0.0, 5.0, 15.0, 40.0),
}
"""The settings to search, in this order, with the values to try for each."""
AUTO = 0.15
"""Where ``"auto"`` stands among the values of `min_score`: what it usually is."""

LEAST_QUERIES = 20
"""Fewer queries than this are not enough to choose settings."""
LEAST_ERRORS = 0.5
"""A step is accepted if its gain exceeds this share of the gain's standard error."""
SIGNIFICANT = 0.05
"""A gain with a p-value below this is significant."""

RANKING = frozenset(f.name for f in fields(RankingSettings))
"""Settings of the stages: they change neither the rows nor the search."""

AS_SET = "as set"
"""Name of the given settings in the table of trials."""

Config = dict[str, Any]


class Tuning(NamedTuple):
    """The result of tuning."""

    best: Config
    """The settings to change, with their new values; empty if the given ones are best."""
    gain: pd.DataFrame
    """Rows of `compare`: the given settings against those chosen on other queries.

    The first row is the measure that chose; with `fair`, the second is the plain one."""
    trials: pd.DataFrame
    """`settings` (the changes), `value`, `low`, `high`, `difference`, `plain`; best first.

    `plain` is the plain measure, which differs from `value` only with `fair`."""
    chosen: list[Config]
    """The settings that each fold chose."""

    @property
    def significant(self) -> bool:
        """Whether the tuned settings beat the given ones beyond chance."""
        row = self.gain.iloc[0]
        return bool(self.best) and bool(row["difference"] > 0) and bool(row["p"] < SIGNIFICANT)


def tune(
    articles: pd.DataFrame,
    judgments: pd.DataFrame,
    settings: Mapping[str, Any] | None = None,
    *,
    k: int = 10,
    trials: int = 60,
    folds: int = 5,
    seed: int = 0,
    fair: bool = False,
    own_vectors: pd.DataFrame | Encoder | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Search the settings for the highest mean nDCG@k.

    Parameters
    ----------
    articles : DataFrame
        An Article table.
    judgments : DataFrame
        `query`, `related`, `gain`.
    settings : mapping, optional
        The model's settings to start from and compare with; default the package's.
    k : int, >= 1, default 10
        Cutoff.
    trials : int, >= 1, default 60
        Total number of configurations to try, including the given one.
    folds : int, >= 2, default 5
        Number of parts of the queries for cross-validation.
    seed : int, default 0
        Seed of the folds and the intervals.
    fair : bool, default False
        Choose by the fair measure, for judgments from links: for each query only the articles
        that existed when it was written are candidates; see
        [`fair_lists`][recommender.evaluation.fair.fair_lists]. Queries with links to later
        articles only are left out.
    own_vectors : DataFrame or Encoder, optional
        As for `ArticleRecommender`. With it, or with a column `vector`, `meaning_weight` is
        searched too.
    progress : callable, optional
        Called with ``("tuning", done, total)``.

    Returns
    -------
    Tuning

    Raises
    ------
    ConfigError
        If `trials` or `folds` is too small.
    JudgmentsError
        If fewer than `LEAST_QUERIES` queries fit the articles.

    Notes
    -----
    Starting from the given settings, the search changes one setting at a time to the next
    value as long as the gain exceeds `LEAST_ERRORS` standard errors, until no setting gains
    (coordinate ascent, as for ranking in [1]_). For each fold, the whole search is repeated
    without the fold's queries, and its choice is measured on them; the pooled result of all
    folds is the cross-validated value. The searches take turns and share the results of their
    trials.

    References
    ----------
    .. [1] D. Metzler and W. B. Croft (2007). Linear feature-based models for information
       retrieval. Information Retrieval 10(3), 257-274, doi:10.1007/s10791-006-9019-z.
    """
    if trials < 1 or folds < 2:
        raise ConfigError(f"tune: needs trials >= 1 and folds >= 2, got {trials} and {folds}")
    start = of_group(Settings(), "model") | dict(settings or {})
    table = validate_articles(articles)
    judged = fitting_judgments(judgments, table["id"]).table
    fitting = fair_judgments(judged, table) if fair else judged
    judged = judged[judged["query"].isin(fitting["query"])]
    count = judged["query"].nunique()
    if count < LEAST_QUERIES:
        raise JudgmentsError(
            f"tune: {count} queries fit the articles, expected {LEAST_QUERIES} or more",
            "give more judgments, or keep the default settings",
        )
    given = own_vectors is not None or COLUMN in table or start["meaning_weight"]
    dense = unit_vectors(table, own_vectors) if given else None
    bench = _Bench(table, judged, start, k, fitting if fair else None, dense)
    order = np.random.default_rng(seed).permutation(count)
    fold = np.empty(count, np.int64)
    fold[order] = np.arange(count) % folds
    climbs = [_Climb(bench, start, fold != number) for number in (*range(folds), -1)]
    _take_turns(climbs, bench, trials, progress)
    held_out = np.empty((count, len(bench.measures)))
    for number, climb in enumerate(climbs[:-1]):
        held_out[fold == number] = bench.table_of(climb.best)[fold == number]
    baseline = bench.table_of(start)
    gain = compare(*(_run(bench, values) for values in (baseline, held_out)), seed=seed)
    *chosen, best = [_changes(start, climb.best) for climb in climbs]
    return Tuning(best, gain, bench.table(start), chosen)


class _Bench:
    """Measures configurations on one corpus and remembers the results."""

    def __init__(
        self,
        articles: pd.DataFrame,
        judged: pd.DataFrame,
        start: Config,
        k: int,
        fitting: pd.DataFrame | None = None,
        dense: NDArray[np.float32] | None = None,
    ) -> None:
        """fitting: the fair judgments of the same queries, to measure fairly too."""
        self.k, self.dense = k, dense
        given = _vectorizer(start)
        self.words = read_words(articles, TEXT_FIELDS, given.analyzer, unscored=given.unscored)
        self.articles = articles.assign(lang=self.words.article_languages)
        self.ladders = self._ladders(start)
        self.measures = {f"nDCG@{k}": _Judged(articles, judged, k)}
        if fitting is not None:
            self.measures = {f"fair nDCG@{k}": _Judged(articles, fitting, k)} | self.measures
        self.queries = pd.Index(judged["query"].unique()).sort_values()
        self.rows = pd.Index(articles["id"]).get_indexer(self.queries).astype(np.int32)
        self._values: dict[tuple[Any, ...], Floats] = {}
        self._searched: tuple[Any, sparse.csr_array, Neighbors] | None = None

    @property
    def tried(self) -> int:
        """The number of configurations measured so far."""
        return len(self._values)

    def knows(self, config: Config) -> bool:
        """Return whether a configuration has been measured."""
        return _key(config) in self._values

    def values(self, config: Config) -> Floats:
        """Return the measure that chooses, of every query, for the lists of a configuration."""
        return np.asarray(self.table_of(config)[:, 0])

    def table_of(self, config: Config) -> Floats:
        """Return every measure of every query for the lists that a build would write."""
        key = _key(config)
        if key not in self._values:
            vectors, graph = self._search(config)
            own = np.arange(len(self.articles), dtype=np.int32)
            world = (self.articles, self.articles, vectors, graph, own, graph, self.k)
            site = Context(*world, dense=self.dense)
            stages = fit_stages(default_stages(config, vectors), site)
            lists = [_rank(site, self.rows, stages)]
            if len(self.measures) > 1:
                threads = config["threads"]
                lists.insert(0, rank_fairly(site, self.rows, stages, threads=threads))
            columns = zip(self.measures.values(), lists, strict=True)
            self._values[key] = np.stack([judged.ndcg(made) for judged, made in columns], axis=1)
        return self._values[key]

    def table(self, start: Config) -> pd.DataFrame:
        """Return the tried configurations, best first."""
        base = self.values(start)
        rows = []
        for key, measured in self._values.items():
            changes, values = _changes(start, dict(key)), measured[:, 0]
            low, high = bootstrap_interval(values, samples=500)
            named = ", ".join(f"{n}={toml_value(v)}" for n, v in changes.items()) or AS_SET
            difference = (values - base).mean()
            rows.append((named, values.mean(), low, high, difference, measured[:, -1].mean()))
        names = ["settings", "value", "low", "high", "difference", "plain"]
        table = pd.DataFrame(rows, columns=names)
        return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)

    def _ladders(self, start: Config) -> dict[str, tuple[Any, ...]]:
        """Return the values to try for each setting that has an effect here, with the given one."""
        empty = {f"{name}_weight" for name, (flat, _) in self.words.tokens.items() if not len(flat)}
        if self.dense is None:
            empty.add("meaning_weight")
        return {
            name: tuple(sorted({*steps, start[name]}, key=lambda v: AUTO if v == "auto" else v))
            for name, steps in LADDERS.items()
            if name not in empty
        }

    def _search(self, config: Config) -> tuple[sparse.csr_array, Neighbors]:
        """Return the rows and every article's nearest neighbors; caches the last ones."""
        key = _key({n: v for n, v in config.items() if n not in RANKING})
        if self._searched is None or self._searched[0] != key:
            vectors = _vectorizer(config).fit_words(self.words)
            own = np.arange(len(self.articles), dtype=np.int32)
            depth = min(max(self.k, CANDIDATES), len(own))
            threads = config["threads"]
            graph = search(vectors, vectors, depth, own_rows=own, threads=threads)
            self._searched = key, vectors, graph
        return self._searched[1:]


class _Judged:
    """The gains of one table of judgments, looked up by row; its queries are in order of id."""

    def __init__(self, articles: pd.DataFrame, judgments: pd.DataFrame, k: int) -> None:
        nothing = pd.DataFrame({"article_id": [], "rank": [], "related_id": []})
        graded = grade(nothing, judgments, k)
        self.k, self.ideal = k, graded.ideal
        position = pd.Index(articles["id"])
        self.rows = position.get_indexer(graded.queries)
        shape = (len(articles), len(articles))
        pairs = [position.get_indexer(pd.Index(judgments[name])) for name in ("query", "related")]
        gains = judgments["gain"].to_numpy(float)
        self.gains = sparse.csr_array((gains, tuple(pairs)), shape=shape)

    def ndcg(self, lists: Ranked) -> Floats:
        """Return nDCG@k of each query's list."""
        places = lists.indices[:, : self.k]
        gains = self.gains[np.repeat(self.rows, places.shape[1]), places.ravel()]
        gains = np.where(places >= 0, np.reshape(gains, places.shape), 0.0)
        return ndcg(gains, self.ideal, self.k)


class _Climb:
    """Coordinate ascent on some of the queries, one step at a time, in turns with others."""

    def __init__(self, bench: _Bench, start: Config, among: NDArray[np.bool_]) -> None:
        self.best = start
        self._bench = bench
        self._among = among
        self._steps = self._ascend()

    def step(self) -> Config | None:
        """Return the next configuration to measure, or None at the optimum."""
        return next(self._steps, None)

    def _ascend(self) -> Iterator[Config]:
        """Yield configurations; each must be measured before the next is requested."""
        yield self.best
        moved = True
        while moved:
            moved = False
            for name in self._bench.ladders:
                for step in (1, -1):
                    while candidate := _stepped(self._bench, self.best, name, step):
                        yield candidate
                        if not self._is_better(candidate):
                            break
                        self.best, moved = candidate, True

    def _is_better(self, candidate: Config) -> bool:
        """Return whether a step gains more than a share of the standard error of its gain."""
        found, reached = self._bench.values(candidate), self._bench.values(self.best)
        gain = (found - reached)[self._among]
        return bool(gain.mean() > LEAST_ERRORS * gain.std() / np.sqrt(len(gain)))


def _take_turns(
    climbs: Sequence[_Climb], bench: _Bench, trials: int, progress: Progress | None
) -> None:
    """Advance each climb by a step until all have ended or no trials are left."""
    waiting = list(climbs)
    while waiting:
        climb = waiting.pop(0)
        while (config := climb.step()) and bench.knows(config):
            pass
        if config is None or bench.tried >= trials:
            continue
        bench.values(config)
        waiting.append(climb)
        if progress is not None:
            progress("tuning", bench.tried, trials)
    if progress is not None:
        progress("tuning", trials, trials)


def _stepped(bench: _Bench, config: Config, name: str, step: int) -> Config | None:
    ladder = bench.ladders[name]
    at = ladder.index(config[name]) + step
    return config | {name: ladder[at]} if 0 <= at < len(ladder) else None


def _vectorizer(config: Config) -> Vectorizer:
    return make_vectorizer(
        VectorSettings(**{name: config[name] for name in VectorSettings.__annotations__})
    )


def _changes(start: Config, config: Config) -> Config:
    return {name: value for name, value in config.items() if value != start[name]}


def _key(config: Config) -> tuple[Any, ...]:
    plain = {n: tuple(v) if isinstance(v, list) else v for n, v in config.items()}
    return tuple(sorted(plain.items()))


def _rank(site: Context, rows: NDArray[np.int32], stages: Sequence[Stage]) -> Ranked:
    """Run fitted stages on the nearest articles of some rows, as `recommend` does."""
    seeds = site.own if needs_site(stages) else rows
    context = seeds_of(site, seeds)
    lists = apply_stages(context.found, context, stages)
    return lists_of(lists, rows) if needs_site(stages) else lists


def _run(bench: _Bench, values: Floats) -> pd.DataFrame:
    columns = dict(zip(bench.measures, values.T, strict=True))
    return pd.DataFrame({"query": bench.queries, **columns})
