"""Find the settings that suit a site best, by its judgments, and say honestly what they gain.

Owns the search for settings and its cross-validation. Invariant: the gain that is reported was
measured on queries that had no part in choosing, with the lists that a build would give. The
words are cut once and counted anew for each trial. Reads and writes no files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender.analysis import Analyzer
from recommender.articles import validate_articles
from recommender.config import Settings, of_group, toml_value
from recommender.errors import ConfigError, JudgmentsError
from recommender.evaluation import bootstrap_interval, compare, fitting_judgments, grade
from recommender.measures import Floats, ndcg
from recommender.model import CANDIDATES
from recommender.neighbors import search
from recommender.neighbors.base import Neighbors, Progress
from recommender.ranking import Context, Hubness, MinScore, SameLanguage, Stage, apply_stages
from recommender.vectors import FIELDS, ArticleVectorizer
from recommender.weighing import unit_rows
from recommender.words import TEXT_FIELDS, read_words

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
}
"""The settings that are searched, in this order, and the steps that each can take."""

TRIED_QUERIES = 1000
"""Queries, drawn at random, that a trial is measured on; the result is measured on all."""
LEAST_QUERIES = 20
"""Fewer queries than this can choose nothing."""
LEAST_ERRORS = 0.5
"""A step is taken if it gains more than this share of the gain's standard error."""
SIGNIFICANT = 0.05
"""The p-value below which a gain counts as one."""

Config = dict[str, Any]


class Tuning(NamedTuple):
    """What tuning found."""

    best: Config
    """The settings to change, with their new values; empty if the given ones are best."""
    gain: pd.DataFrame
    """One row as from `compare`: the given settings against those chosen on other queries."""
    trials: pd.DataFrame
    """`settings` (what was changed), `value`, `low`, `high`, `difference`; best first."""
    chosen: list[Config]
    """What each fold chose."""

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
    trials: int = 40,
    folds: int = 5,
    seed: int = 0,
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
    trials : int, >= 1, default 40
        Configurations that one search may look at; all searches share their results.
    folds : int, >= 2, default 5
        Parts of the queries for cross-validation.
    seed : int, default 0
        Of the folds, the drawn queries and the intervals.
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
    From the given settings, one setting at a time takes a step on its ladder as long as that
    gains more than `LEAST_ERRORS` standard errors, until none does (coordinate ascent, as for
    ranking in [1]_). For each fold the whole search is made again without its queries, and its
    choice is measured on them; the pooled result over all folds is the cross-validated value.

    While searching, idf counts the terms of all fields, hubness is corrected by the neighbor
    means of the given settings, and `min_score` is left out: a trial then costs the search of
    the query rows only. Whatever is reported in `gain` is exact.

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
    count = judged["query"].nunique()
    if count < LEAST_QUERIES:
        raise JudgmentsError(
            f"tune: {count} queries fit the articles, expected {LEAST_QUERIES} or more",
            "give more judgments, or keep the default settings",
        )
    bench = _Bench(table, judged, start, k, seed)
    order = np.random.default_rng(seed).permutation(count)
    fold = np.empty(count, np.int64)
    fold[order] = np.arange(count) % folds
    baseline = bench.exact(start)
    chosen: list[Config] = []
    held_out = np.empty(count)
    for number in range(folds):
        found = _climb(bench, start, fold != number, trials, _part(progress, number, folds))
        chosen.append(found)
        held_out[fold == number] = bench.exact(found)[fold == number]
    best = _climb(bench, start, fold >= 0, trials, _part(progress, folds, folds))
    gain = compare(*(_run(bench, values) for values in (baseline, held_out)), seed=seed)
    changed = [_changes(start, config) for config in (best, *chosen)]
    return Tuning(changed[0], gain, bench.table(start), changed[1:])


class _Parts(NamedTuple):
    """The fields of all articles with plain counts, from which any weighting can be made."""

    fields: dict[str, sparse.csr_array]
    """Per field counts divided by their length, of shape (n, terms)."""
    idf: Floats
    """idf of each term, to the power 1."""

    def vectors(self, config: Config) -> sparse.csr_array:
        """Return unit rows for other weights and exponents, as `ArticleVectorizer` makes them."""
        total = sparse.csr_array(next(iter(self.fields.values())).shape)
        scale = self.idf ** config["idf_exponent"]
        for field, counts in self.fields.items():
            if weight := config[f"{field}_weight"]:
                data = counts.data ** config["tf_exponent"] * scale[counts.indices]
                rows = (data, counts.indices, counts.indptr)
                part = weight * unit_rows(sparse.csr_array(rows, shape=counts.shape))
                total = total + part
        return unit_rows(total)


class _Bench:
    """Measures configurations on one corpus and remembers the results."""

    def __init__(
        self, articles: pd.DataFrame, judged: pd.DataFrame, start: Config, k: int, seed: int
    ) -> None:
        analyzer = Analyzer(start["language"], start["stop_words"], start["stemming"])
        self.k = k
        self.words = read_words(articles, TEXT_FIELDS, analyzer)
        self.articles = articles.assign(lang=self.words.article_languages)
        self.ladders = self._ladders(start)
        nothing = pd.DataFrame({"article_id": [], "rank": [], "related_id": []})
        graded = grade(nothing, judged, k)
        self.queries, self.ideal = graded.queries, graded.ideal
        position = pd.Index(articles["id"])
        self.rows = position.get_indexer(self.queries).astype(np.int32)
        shape = (len(articles), len(articles))
        pairs = [position.get_indexer(pd.Index(judged[name])) for name in ("query", "related")]
        self.gains = sparse.csr_array((judged["gain"].to_numpy(float), tuple(pairs)), shape=shape)
        drawn = np.random.default_rng(seed).permutation(len(self.rows))[:TRIED_QUERIES]
        self.tried = np.sort(drawn)
        self._quick: dict[tuple[Any, ...], Floats] = {}
        self._exact: dict[tuple[Any, ...], Floats] = {}
        self._parts: dict[bool, _Parts] = {}
        self._graph: Neighbors | None = None

    def quick(self, config: Config) -> Floats:
        """Return nDCG@k of the tried queries, and NaN for the others."""
        key = _key(config)
        if key not in self._quick:
            vectors = self._parts_of(config).vectors(config)
            rows = self.rows[self.tried]
            found = search(vectors[rows], vectors, CANDIDATES, own_rows=rows)
            graph = self._graph or found  # the given settings' own, once `exact` has run
            for exponent in self.ladders["hubness_exponent"]:
                tried = config | {"hubness_exponent": exponent}
                values = np.full(len(self.rows), np.nan)
                values[self.tried] = self._score(tried, self.tried, vectors, found, graph)
                self._quick[_key(tried)] = values
        return self._quick[key]

    def exact(self, config: Config) -> Floats:
        """Return nDCG@k of every query, of the lists that a build would give."""
        key = _key(config)
        if key not in self._exact:
            vectors = self._vectors(config)
            own = np.arange(len(self.articles), dtype=np.int32)
            graph = search(vectors, vectors, CANDIDATES, own_rows=own)
            found = Neighbors(graph.indices[self.rows], graph.scores[self.rows])
            every = np.arange(len(self.rows))
            least = [MinScore(config["min_score"])]
            self._exact[key] = self._score(config, every, vectors, found, graph, least)
            self._graph = self._graph or graph
        return self._exact[key]

    def table(self, start: Config) -> pd.DataFrame:
        """Return what was tried, best first."""
        base = self.quick(start)[self.tried]
        rows = []
        for key, values in self._quick.items():
            mine = values[self.tried]
            changes = _changes(start, dict(key))
            low, high = bootstrap_interval(mine, samples=500)
            named = ", ".join(f"{n}={toml_value(v)}" for n, v in changes.items()) or "as set"
            rows.append((named, mine.mean(), low, high, (mine - base).mean()))
        table = pd.DataFrame(rows, columns=["settings", "value", "low", "high", "difference"])
        return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)

    def _ladders(self, start: Config) -> dict[str, tuple[Any, ...]]:
        """Return the steps of each setting that matters here, the given value among them."""
        empty = {f"{name}_weight" for name, (flat, _) in self.words.tokens.items() if not len(flat)}
        return {
            name: tuple(sorted({*steps, start[name]}))
            for name, steps in LADDERS.items()
            if name not in empty
        }

    def _vectors(self, config: Config) -> sparse.csr_array:
        return _vectorizer(config).fit_words(self.words)

    def _parts_of(self, config: Config) -> _Parts:
        stemming = config["stemming"]
        if stemming not in self._parts:
            every = {f"{field}_weight": 1.0 for field in FIELDS}
            plain = {"tf_exponent": 1.0, "idf_exponent": 1.0}
            vectorizer = _vectorizer(config | every | plain)
            vectorizer.fit_words(self.words)
            fields = vectorizer.parts(self.articles)
            for part in fields.values():
                part.data /= vectorizer.idf_[part.indices]
            self._parts[stemming] = _Parts(fields, vectorizer.idf_)
        return self._parts[stemming]

    def _score(
        self,
        config: Config,
        queries: NDArray[np.int64],
        vectors: sparse.csr_array,
        found: Neighbors,
        graph: Neighbors,
        least: Sequence[Stage] = (),
    ) -> Floats:
        rows = self.rows[queries]
        language = [] if config["across_languages"] else [SameLanguage()]
        hubness = Hubness(config["hubness_exponent"], config["length_pivot"])
        stages: list[Stage] = [*language, *least, hubness]
        context = Context(self.articles.iloc[rows], self.articles, vectors, graph)
        places = apply_stages(found, context, stages).indices[:, : self.k]
        gains = self.gains[np.repeat(rows, places.shape[1]), places.ravel()]
        gains = np.where(places >= 0, np.reshape(gains, places.shape), 0.0)
        return ndcg(gains, self.ideal[queries], self.k)


def _climb(
    bench: _Bench,
    start: Config,
    among: NDArray[np.bool_],
    trials: int,
    tell: Callable[[int, int], None],
) -> Config:
    """Return the configuration that coordinate ascent finds for some of the queries."""
    looked: set[tuple[Any, ...]] = set()
    tried = among & np.isin(np.arange(len(among)), bench.tried)

    def values(config: Config) -> Floats | None:
        # Hubness costs next to nothing once the vectors are there, so it is not counted.
        key = _key(config | {"hubness_exponent": 0})
        if key not in looked and len(looked) >= trials:
            return None
        looked.add(key)
        tell(len(looked), trials)
        return bench.quick(config)[tried]

    best, moved = start, True
    reached = values(start)
    while moved:
        moved = False
        for name in bench.ladders:
            for step in (1, -1):
                while candidate := _stepped(bench, best, name, step):
                    found = values(candidate)
                    if found is None or reached is None or not _is_better(found, reached):
                        break
                    best, reached, moved = candidate, found, True
    tell(trials, trials)
    return best


def _is_better(found: Floats, reached: Floats) -> bool:
    """Tell whether a step gains more than a share of the standard error of its gain."""
    gain = found - reached
    return bool(gain.mean() > LEAST_ERRORS * gain.std() / np.sqrt(len(gain)))


def _stepped(bench: _Bench, config: Config, name: str, step: int) -> Config | None:
    ladder = bench.ladders[name]
    at = ladder.index(config[name]) + step
    return config | {name: ladder[at]} if 0 <= at < len(ladder) else None


def _vectorizer(config: Config) -> ArticleVectorizer:
    return ArticleVectorizer(
        {field: config[f"{field}_weight"] for field in FIELDS},
        Analyzer(config["language"], config["stop_words"], config["stemming"]),
        **{name: config[name] for name in ("tf_exponent", "idf_exponent", "min_df", "max_df")},
    )


def _changes(start: Config, config: Config) -> Config:
    return {name: value for name, value in config.items() if value != start[name]}


def _key(config: Config) -> tuple[Any, ...]:
    return tuple(sorted(config.items()))


def _run(bench: _Bench, values: Floats) -> pd.DataFrame:
    return pd.DataFrame({"query": bench.queries, f"nDCG@{bench.k}": values})


def _part(progress: Progress | None, number: int, folds: int) -> Callable[[int, int], None]:
    """Return the progress of one of the folds + 1 searches as a part of the whole."""

    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress("tuning", number * total + done, (folds + 1) * total)

    return tell
