"""`Recommender`: vectors, search and stages behind fit and recommend.

Only calls the other modules in order. Invariants: articles are ordered by id, so the order of the
input does not matter; an article is excluded from its own list by row, not by rank. Reads no
files, and only `save` writes some.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.articles import closed_at, row_of, validate_articles
from recommender.checks import whole_number
from recommender.config import ModelSettings, SearchSettings, VectorSettings, of_group, wrong_values
from recommender.editorial import Editorial
from recommender.errors import ConfigError, NotFittedError, SourceError, shown
from recommender.index.table import frame_of, places_of, values_at
from recommender.neighbors import ENGINES, search
from recommender.neighbors.base import Neighbors
from recommender.neighbors.postings import FEW_SEEDS, Postings
from recommender.ranking import (
    ORIGINS,
    Context,
    Encoder,
    Exposed,
    Exposure,
    MinScore,
    Ranked,
    Stage,
    apply_stages,
    decide,
    default_stages,
    exposed,
    first_of,
    fit_stages,
    lists_of,
    name_of,
    needs_site,
    padded,
    ranked,
    run_stages,
    standings,
    unit_vectors,
)
from recommender.resources import Progress, give_back, using
from recommender.text.languages import is_language, language_hint
from recommender.text.rules import check_columns, parse_rule, texts_of, wrong_rules
from recommender.text.terms import Analyzer
from recommender.text.words import read_tables
from recommender.vectors.graphs import GraphMemory
from recommender.vectors.vectorizer import FIELDS, Vectorizer

CANDIDATES = 50
"""Minimum number of neighbors per article that the search passes to the stages."""

LISTS_AT_ONCE = 16_384
"""Number of lists that the stages work on together: all lists of a large site need much memory,
and fresh memory takes more time than the stages do."""

LEAST_WEIGHT = 1e-6
"""The largest field weight must be at least this: squares of smaller ones underflow."""

COLUMNS = ("article_id", "rank", "related_id", "score", "origin")
"""The columns of the Recommendations table."""


class Stored(NamedTuple):
    """What a loaded model keeps on disk until it is used; see `recommender.index.loading`."""

    articles: Any
    """A `StoredTable`."""
    postings: Postings
    """The rows of the model by term, to search for few new articles."""
    depth: int
    """Depth of the graph of `stages`."""
    stages: list[Stage]
    """`stages_`, fitted to the site."""
    where: str
    """The file of the graph, for errors."""

    def check(self, found: Neighbors) -> None:
        """Raise unless the rows of neighbors are those of articles."""
        rows = found.indices
        if rows.size and not -1 <= rows.min() <= rows.max() < len(self.articles):
            raise SourceError(
                f"{self.where}: is damaged, a row is out of range", "fit and save again"
            )


@dataclass(kw_only=True, eq=False, repr=False)
class Recommender(ModelSettings):
    """Related articles by exact TF-IDF cosine similarity, re-ranked for readers.

    The core of [`ArticleRecommender`][recommender.ArticleRecommender], without scikit-learn, whose
    import takes most of a second. The constructor only stores the parameters; `fit` checks them
    and learns; learned attributes end with an underscore.

    Parameters
    ----------
    title_weight, text_weight, tags_weight, headings_weight, category_weight, path_weight, \
phrases_weight : float from 0 to 1000000
        Weight of each field; 0 ignores it. For the formula, see
        [`Vectorizer`][recommender.vectors.vectorizer.Vectorizer].
    tf_exponent : float in (0, 1], default 0.5
        Damping of the term frequency; 0.5 is the square root.
    idf_exponent : float from 0 to 100, default 1.25
        Power of the inverse document frequency.
    min_df : int >= 1, default 2
        Ignore terms that occur in fewer articles than this.
    max_df : float in (0, 1], default 0.5
        Ignore terms that occur in a larger share of the articles.
    language : str, default "auto"
        Language code for all articles, or ``"auto"``: each article's own, else detected.
    stop_words, stemming : bool, default True
        Ignore function words; reduce words to stems.
    min_score : float in [0, 1] or "auto", default "auto"
        Minimum cosine of a recommendation; ``"auto"`` calibrates it on random pairs of the site.
    hubness_exponent : float from 0 to 10, default 0.4
        How strongly to rank down articles that are close to everything; 0 turns this off.
    length_pivot : float >= 0, default 15
        Articles with this many terms get half their ranking score; 0 turns this off.
    unscored : str, sequence of str or None, default None
        Categories and tags that do not count, such as ``"category=Uncategorized"`` or
        ``"tags=featured"``; their articles stay.
    never_target, never_source, never_pair : str, sequence of str or None, default None
        Rules that leave articles or pairs out of all lists, see
        [`Filters`][recommender.ranking.Filters].
    duplicate_score : float in [0, 1], default 0
        How alike near-duplicates are, see [`NoDuplicates`][recommender.ranking.NoDuplicates]; a
        list shows one of them. 0 turns this off.
    series : bool, default False
        Show the next and the previous part of a series first, none of its others, and two parts of
        any other series; see [`Series`][recommender.ranking.Series].
    skip_linked : bool, default False
        Leave out articles to which the article links; see
        [`NoLinked`][recommender.ranking.NoLinked].
    across_languages : bool, default False
        Allow articles in other languages in a list.
    inherit_lists : bool, default True
        Give an article without entries the list of its translation; see
        [`Translated`][recommender.ranking.Translated].
    repeated_titles : bool, default False
        Allow a title more than once in a list.
    half_life, nearness_weight, max_days_apart : float >= 0, default 0
        Prefer new articles, or articles of the same time, and keep only those; 0 turns each off.
        See [`Recency`][recommender.ranking.Recency].
    age : {"any", "older", "newer"}, default "any"
        Keep only articles that are older, or newer, than the article.
    timeless_tags : str, sequence of str or None, default None
        Tags of articles whose age does not count.
    prior_weight : float >= 0, default 0
        Prefer articles with good ratings or many page views. See
        [`Prior`][recommender.ranking.Prior].
    min_inbound, max_inbound : int >= 0, default 0
        Show every article in at least, and at most, so many lists; 0 turns this off. See
        [`Exposure`][recommender.ranking.Exposure].
    min_items : int >= 0, default 3
        Fill shorter lists up to this length, never beyond `k`; see
        [`Backfill`][recommender.ranking.Backfill]. 0 turns this off.
    meaning_weight : float >= 0, default 0
        Prefer articles that are close by your own vectors; 0 turns this off. See
        [`Meaning`][recommender.ranking.Meaning].
    own_vectors : DataFrame, object with a method `encode`, or None, default None
        Your own vectors, see [`unit_vectors`][recommender.ranking.unit_vectors]; None means the
        column `vector` of the articles. An encoder gets title and text; if `fit` gets several
        tables, whose texts are freed, only the title.
    diversity : float in [0, 1], default 0
        How much likeness to the entries above counts against an article; 0 turns this off. See
        [`Diversity`][recommender.ranking.Diversity].
    churn_margin : float >= 0, default 0
        Keep entries of `last_lists`, unless others beat them by this share; 0 turns this off. See
        [`Churn`][recommender.ranking.Churn].
    last_lists : DataFrame or None, default None
        The lists that were last published, as `recommend` returned them: `article_id`, `rank`,
        `related_id`. Ids that are no longer there are ignored.
    stages : sequence of callables or None, default None
        The ranking stages, in order. None means those of
        [`default_stages`][recommender.ranking.default_stages] for the settings above; an empty
        list means the plain nearest articles.
    editorial : Editorial or None, default None
        Articles that an editor pins or bans, see [`Editorial`][recommender.editorial.Editorial].
        The columns `related` and `related_exclude` of the articles count too, unless `stages`
        are given. Bans come before `stages`, pins after them.
    now : datetime or None, default None
        Articles dated later, and those whose `expirydate` has come, count as `unlisted`, see
        [`closed_at`][recommender.articles.closed_at]. None means that dates decide nothing, so
        that the same table always gives the same lists; for the clock, pass
        ``datetime.now(UTC)``. `read_articles` has applied the rule already.
    engine : {"auto", "pruned", "reference"}, default "auto"
        Search engine; every engine gives the same lists.
    threads : int >= 1 or None, default None
        Number of threads for the search; None means one per processor.
    memory_limit : int >= 1 or None, default None
        MB that the search may use in addition to the process's memory; None means a quarter of
        what the process may use. If it is too small, a ConfigError says how much is needed.

    Attributes
    ----------
    articles_ : DataFrame of n rows
        The Article table of the fit in the order of `id`; `lang` is a code, or a tag with region.
    vectors_ : csr_array of shape (n, terms), float64
        Unit rows, in the order of `articles_`.
    vectorizer_ : Vectorizer
        Turns further articles into rows of the same terms.
    stages_ : tuple of callables
        The stages that `recommend` runs; a `MinScore` contains the calibrated number.
    min_score_ : float in [0, 1]
        The minimum score of a recommendation; if it is calibrated, an article that is close to
        many others needs more, see `least_score`.
    dense_ : ndarray of shape (n, d), float32, or None
        Your own vectors, in the order of `articles_`; None without `meaning_weight`.
    memory : GraphMemory or None
        What the search may use of an earlier run, and what it leaves for a later one; the lists
        do not depend on it. None by default; to use it, set it before `recommend`.
    exposed_ : Exposed or None
        What `min_inbound` and `max_inbound` changed in the last lists of all articles, and their
        cost; None without them, and before `recommend`.

    Examples
    --------
    >>> articles = pd.DataFrame({
    ...     "id": ["ferry", "harbour", "bread", "rye"],
    ...     "title": ["Ferry sails again", "Harbour awaits the ferry", "Bread", "Rye bread"],
    ...     "text": ["The ferry left the harbour", "A harbour without a ferry",
    ...              "Bake bread from rye", "Rye flour for bread"]})
    >>> related = Recommender(min_score=0.1).fit(articles).recommend(k=1)
    >>> list(zip(related["article_id"], related["related_id"]))
    [('bread', 'rye'), ('ferry', 'harbour'), ('harbour', 'ferry'), ('rye', 'bread')]
    """

    last_lists: pd.DataFrame | None = None
    own_vectors: pd.DataFrame | Encoder | None = None
    stages: Sequence[Stage] | None = None
    editorial: Editorial | None = None
    now: datetime | None = None

    articles_: pd.DataFrame = field(init=False)
    vectors_: Any = field(init=False)
    vectorizer_: Vectorizer = field(init=False)
    stages_: tuple[Stage, ...] = field(init=False)
    min_score_: float = field(init=False)
    dense_: NDArray[np.float32] | None = field(init=False)
    exposed_: Exposed | None = field(init=False)

    memory: GraphMemory | None = field(init=False, default=None)
    _stored: Stored | None = field(default=None, init=False)

    def __getattr__(self, name: str) -> Any:
        stored = self.__dict__.get("_stored")
        if name == "articles_" and stored is not None:  # of a loaded model: read at the first use
            self.articles_ = frame_of(stored.articles)
            return self.articles_
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name)

    @property
    def known_articles(self) -> pd.DataFrame:
        """The articles of the fit, as `articles_`; a loaded model reads only what is used.

        In a loaded model it behaves as a DataFrame where `recommend`, the stages and `explain` use
        it. Everywhere else, use `articles_`.
        """
        return self.articles_ if self._stored is None else self._stored.articles

    def fit(
        self,
        articles: pd.DataFrame | Iterable[pd.DataFrame],
        y: object = None,
        *,
        progress: Progress | None = None,
    ) -> Self:
        """Learn the terms, their weights and the rows of all articles.

        Parameters
        ----------
        articles : DataFrame of n >= 1 rows, or an iterable of them
            At least `id`, `title` and `text`; see
            [`validate_articles`][recommender.articles.validate_articles]. If there are several
            tables, as from [`stream_articles`][recommender.stream_articles], `text` and `headings`
            are freed once they are counted: they need not all fit in memory, and are empty in
            `articles_`. For teasers, the start of a text becomes the `description` if there is
            none.
        y : ignored
            For compatibility with scikit-learn.
        progress : callable, optional
            Called with ``(phase, done, total)``.

        Raises
        ------
        ConfigError
            If constructor parameters are out of range, or a rule of `editorial` names no article;
            the message names all.
        SourceError
            If the table breaks a rule, or no article has any text.
        """
        check_parameters(of_group(self, "model"))
        with using(self.threads):
            return self._fit(articles, progress)

    def _fit(
        self, articles: pd.DataFrame | Iterable[pd.DataFrame], progress: Progress | None
    ) -> Self:
        self.vectorizer_ = make_vectorizer(self)
        reader = self.vectorizer_.reader()
        table, order = read_tables(articles, reader, progress)
        decisions = decide(self.editorial, table, columns=self.stages is None)
        self.vectors_ = self.vectorizer_.fit_words(reader.words(order), use_up=True)
        give_back()  # before the search, which needs the most memory
        if self.now is not None:
            table = table.assign(unlisted=table["unlisted"] | closed_at(table, self.now))
        self.articles_ = in_languages(table, self.vectorizer_.languages_)
        given = of_group(self, "model")
        check_columns(given, table.columns)
        if self.prior_weight:
            standings(table)  # names wrong values before the search
        self.dense_ = unit_vectors(table, self.own_vectors) if self.meaning_weight else None
        if self.stages is None:
            stages = default_stages(given, self.vectors_, decisions)
        else:
            stages = [*decisions.before(), *self.stages, *decisions.after()]
        self.stages_ = tuple(
            stage.calibrated(self.vectors_) if isinstance(stage, MinScore) else stage
            for stage in stages
        )
        floors = [float(stage.value) for stage in self.stages_ if isinstance(stage, MinScore)]
        self.min_score_ = max(floors, default=0.0)
        self._graph: Neighbors | None = None
        self._site: dict[int, Ranked] = {}
        self.exposed_ = None
        self._stored = None
        return self

    def recommend(
        self,
        ids: Iterable[str] | None = None,
        k: int = 6,
        *,
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Return up to `k` related articles for each article.

        Parameters
        ----------
        ids : iterable of str, optional
            The articles to return lists for, in this order; None means all, by id.
        k : int, >= 1, default 6
            Maximum length of a list.
        progress : callable, optional
            Called with ``("search", done, total)``.

        Returns
        -------
        DataFrame
            `article_id`, `rank` (from 1), `related_id`, `score` (the cosine, 6 decimals)
            and `origin`. An article without any neighbor has no rows.

        Raises
        ------
        NotFittedError
            Before `fit`.
        UnknownArticleError
            If an id is not among the fitted articles; names the closest.
        ConfigError
            If `k` < 1.
        """
        graph = self._neighbor_graph(k, progress)
        rows = self._rows(ids)
        stages = self._fitted_stages(graph, k)
        seeds = self.known_articles.iloc[rows]
        if not needs_site(stages):
            return lists_table(self._rank(rows, graph, k, stages), seeds, self.known_articles)
        if k not in self._site:
            every = np.arange(len(self.known_articles))
            self._site = {k: self._rank_site(every, graph, k, stages)}
        lists = first_of(lists_of(self._site[k], rows), k)
        return lists_table(lists, seeds, self.known_articles)

    def least_score(self, related_id: str) -> float:
        """Return the minimum score with which an article is recommended.

        Parameters
        ----------
        related_id : str
            Id of a fitted article.

        Returns
        -------
        float in [0, 1]
            `min_score_`, or up to twice that if it is calibrated and the article is close to many
            others.

        Examples
        --------
        >>> articles = pd.DataFrame({"id": ["a", "b"], "title": "", "text": ["Tea", "Rye"]})
        >>> Recommender(min_score=0.1).fit(articles).least_score("a")
        0.1
        """
        row = row_of(self.known_articles, related_id)
        stages = [stage for stage in self.stages_ if isinstance(stage, MinScore)]
        least = [float(stage.least(len(self.known_articles))[row]) for stage in stages]
        return round(max(least, default=0.0), 6)

    def trace(self, k: int = 6, ids: Iterable[str] | None = None) -> Iterator[tuple[str, Ranked]]:
        """Yield the lists after each step, to see what each stage changes.

        Parameters
        ----------
        k : int, >= 1, default 6
            Maximum length of a list.
        ids : iterable of str, optional
            The articles to yield lists for, in this order; None means all, by id.

        Yields
        ------
        (str, Ranked)
            Name and lists of each step: ``nearest`` is what the search found, then each stage by
            its name in plain words, then ``first k``, the lists that `recommend` returns. The
            indices are rows of `articles_`.

        Raises
        ------
        NotFittedError, UnknownArticleError, ConfigError
            As for `recommend`.

        Examples
        --------
        >>> articles = pd.DataFrame({
        ...     "id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
        ...     "text": ["The boat is red", "A boat at sea", "Green"]})
        >>> model = Recommender(min_score=0.1).fit(articles)
        >>> [(name, int((lists.indices >= 0).sum())) for name, lists in model.trace()][:3]
        [('nearest', 2), ('filters', 2), ('same language', 2)]
        """
        graph = self._neighbor_graph(k, None)
        rows = self._rows(ids)
        stages = self._fitted_stages(graph, k)
        # a stage that decides over all lists needs them all
        whole = needs_site(stages)
        context = self._context(np.arange(len(self.known_articles)) if whole else rows, graph, k)
        shown = rows if whole else slice(None)
        lists = ranked(context.found)
        yield "nearest", lists_of(lists, shown)
        for stage, lists in run_stages(context.found, context, stages):
            yield name_of(stage), lists_of(lists, shown)
        yield f"first {k}", first_of(lists_of(lists, shown), k)

    def recommend_for(self, articles: pd.DataFrame, k: int = 6) -> pd.DataFrame:
        """Return related fitted articles for new articles.

        To explain or write these lists, pass the same `articles` as `new_articles` to `explain`,
        `because`, `shared_terms` and `write_recommendations`.

        Parameters
        ----------
        articles : DataFrame of m rows
            At least `id`, `title` and `text`. A fitted article with the same id is excluded
            from the list.
        k : int, >= 1, default 6
            Maximum length of a list.

        Returns
        -------
        DataFrame
            As for `recommend`; `article_id` are the ids of the new articles, ordered by id.

        Raises
        ------
        NotFittedError, ConfigError, SourceError
            As for `recommend` and `fit`.
        """
        graph = self._neighbor_graph(k, None)
        table = validate_articles(articles)
        with using(self.threads):
            rows = self.vectorizer_.transform(table)
            seeds = in_languages(table, self.vectorizer_.languages_of(table))
        own = places_of(self.known_articles, seeds["id"].tolist()).astype(np.int32)
        depth = graph.indices.shape[1]
        if self._stored is not None and self.engine == "auto" and len(seeds) <= FEW_SEEDS:
            found = self._stored.postings.search(rows, self.vectors_, depth, own_rows=own)
        else:
            found = self._search(rows, depth, own)
        fitted = [getattr(stage, "alone", stage) for stage in self._fitted_stages(graph, k)]
        stages = [stage for stage in fitted if not needs_site([stage])]
        context = Context(
            *(seeds, self.known_articles, self.vectors_, graph, own, found, k),
            rows=rows,
            last=self.last_lists,
            dense=self.dense_,
            dense_seeds=None if self.dense_ is None else unit_vectors(seeds, self.own_vectors),
        )
        with using(self.threads):
            lists = first_of(apply_stages(found, context, stages), k)
        return lists_table(lists, seeds, self.known_articles)

    def save(self, path: str | os.PathLike[str], *, progress: Progress | None = None) -> None:
        """Write the fitted recommender to a directory, for [`load`][recommender.load].

        Parameters
        ----------
        path : path
            The directory: a new one, an empty one, or a saved model, which is replaced as a
            whole. If the run is killed, the old model is kept.
        progress : callable, optional
            As for `recommend`: neighbors are searched unless they are known already.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ConfigError
            If a part of the model is code of your own: a stage, an encoder, a subclass; or a
            value of a column is not plain data. Names it.
        OutputError
            If the directory cannot be written to, or contains something else.

        Notes
        -----
        Contains the settings, the articles with their texts, vectors, terms, neighbors and what
        the stages learned: arrays as ``.npy``, texts as UTF-8, other values as MessagePack. No
        pickle: reading a model runs no code.
        """
        from recommender.index.saving import save

        save(self, path, progress)

    def _rows(self, ids: Iterable[str] | None) -> NDArray[np.int64]:
        """Return the rows of the articles with these ids; of all articles for None."""
        if ids is None:
            return np.arange(len(self.known_articles))
        ids = ids if isinstance(ids, Iterable) and not isinstance(ids, str) else [ids]
        return np.array([row_of(self.known_articles, article_id) for article_id in ids], np.int64)

    def _search(
        self, seeds: Any, k: int, own_rows: NDArray[np.int32], progress: Progress | None = None
    ) -> Neighbors:
        how = search_arguments(self)
        return search(seeds, self.vectors_, k, own_rows=own_rows, progress=progress, **how)

    def _neighbor_graph(self, k: int, progress: Progress | None) -> Neighbors:
        """Return the nearest neighbors of every article, searched once and deep enough for `k`."""
        if not hasattr(self, "vectors_"):
            raise NotFittedError("ArticleRecommender: no articles yet", "call fit(articles) first")
        k = whole_number("k", k, most=1 << 62)
        check_parameters(of_group(self, "model"))  # `set_params` may have changed them since `fit`
        n = len(self.known_articles)
        depth = min(k if not self.stages_ else max(k, CANDIDATES), n)
        if self._graph is None or self._graph.indices.shape[1] < depth:
            self._graph = self._searched(depth, progress)
        # Cut to depth: the input of the stages must not depend on earlier calls.
        return Neighbors(self._graph.indices[:, :depth], self._graph.scores[:, :depth])

    def _searched(self, depth: int, progress: Progress | None) -> Neighbors:
        """Search for the neighbors of every article, or make them from those of the last run."""
        n = len(self.known_articles)

        def search_all(k: int) -> Neighbors:
            return self._search(self.vectors_, k, np.arange(n, dtype=np.int32), progress)

        if self.memory is None or self.engine == "reference":
            return search_all(depth)
        ids, space = self.articles_["id"].tolist(), self.vectorizer_.space_
        with using(self.threads):
            found = self.memory.search(ids, space, self.vectors_, depth, search_all)
        if progress is not None:
            progress("search", n, n)
        return found

    def _fitted_stages(self, graph: Neighbors, k: int) -> list[Stage]:
        depth = graph.indices.shape[1]
        if self._stored is not None and self._stored.depth == depth:
            return self._stored.stages
        every = np.arange(len(self.known_articles))
        stages = fit_stages(self.stages_, self._context(every, graph, k))
        if self._stored is not None:
            self._stored = self._stored._replace(depth=depth, stages=stages)
        return stages

    def _rank(
        self, rows: NDArray[np.integer], graph: Neighbors, k: int, stages: Sequence[Stage]
    ) -> Ranked:
        """Return the first `k` entries of the lists of some articles."""
        starts = range(0, len(rows), LISTS_AT_ONCE) or [0]
        blocks = (rows[start : start + LISTS_AT_ONCE] for start in starts)
        with using(self.threads):
            lists = [self._rank_block(block, graph, k, stages) for block in blocks]
        width = max(block.indices.shape[1] for block in lists)
        same = (padded(block, width) for block in lists)
        return Ranked._make(map(np.concatenate, zip(*same, strict=True)))

    def _rank_block(
        self, rows: NDArray[np.integer], graph: Neighbors, k: int, stages: Sequence[Stage]
    ) -> Ranked:
        context = self._context(rows, graph, k)
        return first_of(apply_stages(context.found, context, stages), k)

    def _rank_site(
        self, every: NDArray[np.integer], graph: Neighbors, k: int, stages: Sequence[Stage]
    ) -> Ranked:
        """Return the lists of all articles, and note what `Exposure` changed."""
        context = self._context(every, graph, k)
        before = lists = ranked(context.found)
        with using(self.threads):
            for stage, lists in run_stages(context.found, context, stages):
                if isinstance(stage, Exposure):
                    self.exposed_ = exposed(before, lists, k, len(every))
                before = lists
        return lists

    def _context(self, rows: NDArray[np.integer], graph: Neighbors, k: int) -> Context:
        """Return what the stages may use for the lists of some of the articles."""
        articles, own = self.known_articles, rows.astype(np.int32)
        seeds, found = articles.iloc[rows], lists_of(graph, rows)
        if self._stored is not None:
            self._stored.check(found)
        last, dense = self.last_lists, self.dense_
        return Context(seeds, articles, self.vectors_, graph, own, found, k, last=last, dense=dense)


def lists_table(lists: Ranked, seeds: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Return lists as a Recommendations table.

    Parameters
    ----------
    lists : Ranked of shape (n, k)
        Its indices are rows of `articles`.
    seeds : DataFrame of n rows
        The articles that have the lists.
    articles : DataFrame
        The articles that the lists show.
    """
    rows, places = np.nonzero(lists.indices >= 0)
    columns = (
        seeds["id"].to_numpy(dtype=object)[rows],
        places + 1,
        values_at(articles, "id", lists.indices[rows, places]),
        np.round(lists.scores[rows, places].astype(np.float64), 6),
        np.array(ORIGINS, dtype=object)[lists.origins[rows, places]],
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def search_arguments(settings: SearchSettings) -> dict[str, Any]:
    """Return the settings of a search as arguments of `recommender.neighbors.search`."""
    limit = settings.memory_limit
    return {
        "engine": settings.engine,
        "threads": settings.threads,
        "memory_limit": None if limit is None else limit * 1_000_000,
    }


def make_vectorizer(settings: VectorSettings) -> Vectorizer:
    """Return the vectorizer that these settings describe."""
    return Vectorizer(
        {field: getattr(settings, f"{field}_weight") for field in FIELDS},
        Analyzer(settings.language, settings.stop_words, settings.stemming),
        tf_exponent=settings.tf_exponent,
        idf_exponent=settings.idf_exponent,
        min_df=settings.min_df,
        max_df=settings.max_df,
        unscored=map(parse_rule, texts_of(settings.unscored)),
    )


def check_parameters(params: dict[str, Any]) -> None:
    """Raise one ConfigError that names every parameter out of range."""
    problems = wrong_values(params) or wrong_rules(params)
    wrong = {line.partition(" ")[0] for line in problems}
    if "engine" not in wrong and params.get("engine", "auto") not in ENGINES:
        problems.append(f"engine must be one of {', '.join(ENGINES)}, got {params['engine']!r}")
    language = params["language"]
    hint = ""
    if "language" not in wrong and language != "auto" and not is_language(language):
        problems.append(f"language must be a language or auto, got {shown(language)}")
        hint = language_hint(language)
    if not problems and 0 < params.get("max_inbound", 0) < params["min_inbound"]:
        problems.append(
            f"min_inbound must be at most max_inbound, got {params['min_inbound']} "
            f"and {params['max_inbound']}"
        )
    if not problems and max(params[f"{field}_weight"] for field in FIELDS) < LEAST_WEIGHT:
        problems.append(f"at least one field weight must be {LEAST_WEIGHT:g} or more")
    if problems:
        raise ConfigError("; ".join(problems), hint if len(problems) == 1 else "")


def in_languages(articles: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """Return articles with their language as a code, or as their own tag if it has a region."""
    pairs = zip(articles["lang"], codes, strict=True)
    return articles.assign(
        lang=[tag if code and tag.lower().startswith(f"{code}-") else code for tag, code in pairs]
    )
