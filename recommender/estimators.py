"""scikit-learn estimators over the core: recommender, vectorizer, exact cosine neighbors.

Implements scikit-learn's protocol; the core relates the articles. Only these names import
scikit-learn; the command line does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import normalize
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from recommender.articles import COLUMNS, text_column, validate_articles
from recommender.checks import whole_number
from recommender.config import VectorSettings
from recommender.errors import ConfigError, SourceError, did_you_mean
from recommender.model import Recommender, check_parameters, make_vectorizer
from recommender.neighbors import search
from recommender.resources import Progress
from recommender.vectors.vectorizer import Vectorizer

__all__ = ["ArticleRecommender", "ArticleVectorizer", "ExactCosineNeighbors"]


class ArticleRecommender(Recommender, BaseEstimator):  # type: ignore[misc]
    """Related articles by exact TF-IDF cosine similarity, re-ranked for readers.

    A scikit-learn estimator for tables: it can be cloned and pickled, used in parameter searches
    and displayed in a notebook.

    Parameters
    ----------
    title_weight, text_weight, min_df, …
        See [`Recommender`][recommender.model.Recommender]. Each is also a setting.

    Attributes
    ----------
    articles_, vectors_, vectorizer_, stages_, min_score_
        See [`Recommender`][recommender.model.Recommender].

    Examples
    --------
    >>> articles = pd.DataFrame({
    ...     "id": ["ferry", "harbour", "bread", "rye"],
    ...     "title": ["Ferry sails again", "Harbour awaits the ferry", "Bread", "Rye bread"],
    ...     "text": ["The ferry left the harbour", "A harbour without a ferry",
    ...              "Bake bread from rye", "Rye flour for bread"]})
    >>> related = ArticleRecommender(min_score=0.1).fit(articles).recommend(k=1)
    >>> list(zip(related["article_id"], related["related_id"]))
    [('bread', 'rye'), ('ferry', 'harbour'), ('harbour', 'ferry'), ('rye', 'bread')]
    """

    def fit(
        self,
        articles: pd.DataFrame | Iterable[pd.DataFrame],
        y: object = None,
        *,
        columns: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Learn the terms, their weights and the rows of all articles.

        Parameters
        ----------
        articles, y, progress
            See [`Recommender.fit`][recommender.model.Recommender.fit]. Ids may have any type;
            results keep it.
        columns : mapping of str to str, optional
            The names of columns that have other names in the table, such as
            ``{"title": "headline"}``.

        Raises
        ------
        ConfigError
            If parameters are out of range (the message names all), or a key of `columns` is not
            a column of an Article table.
        SourceError
            If the table lacks a column that `columns` names or breaks a rule, or no article has
            any text.

        Examples
        --------
        >>> table = pd.DataFrame({"number": [7, 8], "headline": ["Rye", "Rye bread"],
        ...                       "body": ["Sow rye.", "Bake rye bread."]})
        >>> names = {"id": "number", "title": "headline", "text": "body"}
        >>> model = ArticleRecommender(min_score=0.0).fit(table, columns=names)
        >>> model.recommend()[["article_id", "related_id"]].values.tolist()
        [[7, 8], [8, 7]]
        """
        for name in columns or ():
            if name not in COLUMNS:
                raise ConfigError(
                    f"columns: {name!r} is not a column of an Article table",
                    did_you_mean(name, COLUMNS),
                )
        self._names = {given: name for name, given in (columns or {}).items()}
        if isinstance(articles, pd.DataFrame):
            self._check_names(articles.columns)
        self._ids: Any = {}
        if isinstance(articles, list | tuple | Iterator):
            articles = map(self._noted, articles)
        super().fit(self._noted(articles), y, progress=progress)
        return self

    def recommend(
        self,
        ids: Iterable[Any] | None = None,
        k: int = 6,
        *,
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Return up to `k` related articles for each article.

        See [`Recommender.recommend`][recommender.model.Recommender.recommend]; ids keep their type.
        """
        return self._typed(super().recommend(ids, k, progress=progress), {})

    def recommend_for(self, articles: pd.DataFrame, k: int = 6) -> pd.DataFrame:
        """Return related fitted articles for new articles.

        See [`Recommender.recommend_for`][recommender.model.Recommender.recommend_for]; the table
        has the same columns as the fitted table.
        """
        if isinstance(articles, pd.DataFrame):
            articles = articles.rename(columns=getattr(self, "_names", {}))
        return self._typed(super().recommend_for(articles, k), _given_ids(articles))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "vectors_")

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # tables of articles, as of pandas
        return tags

    def _check_names(self, present: Iterable[Any]) -> None:
        """Raise an error if `columns` names columns that the table does not have."""
        there = list(present)
        missing = [str(name) for name in self._names if name not in there]
        if missing:
            names = list(map(str, there))
            raise SourceError(
                f"columns: {', '.join(missing)} not found, got {', '.join(names) or 'none'}",
                did_you_mean(missing[0], names) or "name columns of the table",
            )

    def _noted(self, table: Any) -> Any:
        """Return a table with the usual column names, and store its original ids."""
        if isinstance(table, pd.DataFrame):
            table = table.rename(columns=self._names)
            self._ids |= _given_ids(table)
        return table

    def _typed(self, lists: pd.DataFrame, seeds: Mapping[str, Any]) -> pd.DataFrame:
        """Return lists with the ids in their original type."""
        ids = self._ids
        if not ids and not seeds:
            return lists
        if not isinstance(ids, dict):  # of a loaded model
            ids = ids.among([*lists["article_id"], *lists["related_id"]])
        return lists.assign(
            article_id=_mapped(lists["article_id"], {**ids, **seeds}),
            related_id=_mapped(lists["related_id"], ids),
        )


def _mapped(names: pd.Series, ids: Mapping[str, Any]) -> pd.Series:
    """Return the original ids of names; a name that was given as text stays."""
    known = names.isin(list(ids))
    mapped = names.map(ids)
    return mapped if known.all() else mapped.astype(object).where(known, names)


def _given_ids(table: pd.DataFrame) -> dict[str, Any]:
    """Return the ids of a table by their string form; empty if they are strings."""
    if "id" not in table or not isinstance(table["id"], pd.Series):
        return {}
    ids = table["id"]
    if pd.api.types.infer_dtype(ids) == "string":
        return {}
    return dict(zip(text_column(ids), ids.tolist(), strict=True))


@dataclass(kw_only=True, eq=False, repr=False)
class ArticleVectorizer(VectorSettings, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn articles into TF-IDF rows of unit length, field by field.

    Parameters
    ----------
    title_weight, text_weight, tags_weight, headings_weight, category_weight, path_weight, \
phrases_weight, tf_exponent, idf_exponent, min_df, max_df, language, stop_words, stemming, unscored
        See [`Recommender`][recommender.model.Recommender].
    sparse_output : bool, default True
        Return CSR rows; False returns a dense array, needed by ``set_output(transform="pandas")``.

    Attributes
    ----------
    vectorizer_ : Vectorizer
        The core, with `terms_`, `df_` and `idf_`; see
        [`Vectorizer`][recommender.vectors.vectorizer.Vectorizer].

    Examples
    --------
    >>> texts = ["The ferry sails.", "A ferry to the island.", "Rye bread"]
    >>> vectorizer = ArticleVectorizer(min_df=1, language="en")
    >>> vectorizer.fit_transform(texts).shape
    (3, 7)
    >>> vectorizer.get_feature_names_out()[:3].tolist()
    ['bread', 'ferry', 'island']
    """

    sparse_output: bool = True

    def fit(self, X: pd.DataFrame | Sequence[str], y: object = None) -> Self:  # noqa: N803
        """Learn terms and idf.

        Parameters
        ----------
        X : DataFrame of n rows, or sequence of n str
            An Article table, or only texts.
        y : ignored
            For compatibility with scikit-learn.

        Raises
        ------
        ConfigError
            If parameters are out of range; the message names all.
        """
        self.fit_transform(X)
        return self

    def fit_transform(
        self,
        X: pd.DataFrame | Sequence[str],  # noqa: N803
        y: object = None,
    ) -> sparse.csr_array | NDArray[np.float64]:
        """Learn terms and idf, and return the rows of the articles, in the order of `X`.

        Returns
        -------
        csr_array or ndarray of shape (n, terms), float64
            Rows of unit length; all zero for an article without any known term.
        """
        check_parameters({name: getattr(self, name) for name in VectorSettings.__annotations__})
        table, order = _article_table(X)
        self.vectorizer_: Vectorizer = make_vectorizer(self)
        return self._output(self.vectorizer_.fit_transform(table)[order])

    def transform(
        self,
        X: pd.DataFrame | Sequence[str],  # noqa: N803
    ) -> sparse.csr_array | NDArray[np.float64]:
        """Return the rows of articles, with the terms and idf of the fit."""
        check_is_fitted(self)
        table, order = _article_table(X)
        return self._output(self.vectorizer_.transform(table)[order])

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the term of each column, as a reader would write it."""
        check_is_fitted(self)
        return np.asarray(self.vectorizer_.terms_, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # tables of articles, or texts
        tags.input_tags.string = True
        return tags

    def _output(self, rows: sparse.csr_array) -> sparse.csr_array | NDArray[np.float64]:
        return rows if self.sparse_output else rows.toarray()


def _article_table(given: Any) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return an Article table, and the position of each given row in it."""
    if isinstance(given, pd.DataFrame):
        table = validate_articles(given)
        return table, pd.Index(table["id"]).get_indexer(pd.Index(text_column(given["id"])))
    texts = list(given)
    if not all(isinstance(text, str) for text in texts):
        raise SourceError(
            "X: expected a table of articles, or a sequence of texts",
            "pass a DataFrame with the columns id, title and text, or a list of str",
        )
    ids = [f"{row:012}" for row in range(len(texts))]
    table = validate_articles(pd.DataFrame({"id": ids, "title": "", "text": texts}))
    table = table.assign(path="")  # else the numbers of rows would be words of an address
    return table, np.arange(len(texts))


class ExactCosineNeighbors(BaseEstimator):  # type: ignore[misc]
    """Fast exact nearest neighbors by cosine, for sparse rows without negative values.

    Replaces ``NearestNeighbors(metric="cosine", algorithm="brute")`` for rows such as TF-IDF:
    the same neighbors, without the n x n products.

    Parameters
    ----------
    n_neighbors : int >= 1, default 5
        Number of neighbors per row.
    engine : {"auto", "pruned", "reference"}, default "auto"
        Search engine; every engine gives the same neighbors.
    n_jobs : int >= 1 or None, default None
        Number of threads; None or -1 means one per processor.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of the fitted rows.
    n_samples_fit_ : int
        Number of fitted rows.

    Notes
    -----
    Cosines are summed in float64 and rounded to 1e-6; a distance is 1 - cosine. Ties go to the
    smaller row number. A row that has no column in common with others, or is empty, has distance
    1 to them, as in scikit-learn.

    Examples
    --------
    >>> rows = sparse.csr_array(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]))
    >>> neighbors = ExactCosineNeighbors(n_neighbors=1).fit(rows)
    >>> distances, indices = neighbors.kneighbors()
    >>> distances.round(3).tolist(), indices.tolist()
    ([[0.293], [0.293], [0.293]], [[1], [0], [1]])
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        engine: Literal["auto", "pruned", "reference"] = "auto",
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.engine = engine
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803
        """Store the rows to search.

        Parameters
        ----------
        X : CSR matrix or array of shape (n, features)
            Finite values >= 0, rows of any length; a dense array works too.
        y : ignored
            For compatibility with scikit-learn.

        Raises
        ------
        ValueError
            If a value is negative, infinite or missing, or `n_neighbors` < 1.
        """
        whole_number("n_neighbors", self.n_neighbors)
        self._rows = self._unit_rows(X, reset=True)
        self.n_samples_fit_ = self._rows.shape[0]
        return self

    def kneighbors(
        self,
        X: Any = None,  # noqa: N803
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]] | NDArray[np.int64]:
        """Return the nearest fitted rows of each row.

        Parameters
        ----------
        X : CSR matrix or array of shape (m, features), optional
            The rows to find neighbors for; None means the fitted rows, each without itself.
        n_neighbors : int >= 1, optional
            Default: the value from the constructor.
        return_distance : bool, default True
            Return the distances too.

        Returns
        -------
        distances : ndarray of shape (m, n_neighbors), float64, in [0, 1]
            Ascending. Omitted if `return_distance` is False.
        indices : ndarray of shape (m, n_neighbors), int64
            Row numbers of fitted rows.

        Raises
        ------
        ValueError
            If there are fewer other rows than `n_neighbors`.
        """
        check_is_fitted(self)
        k = whole_number("n_neighbors", self.n_neighbors if n_neighbors is None else n_neighbors)
        n = self.n_samples_fit_
        seeds = self._rows if X is None else self._unit_rows(X, reset=False)
        own = np.arange(n, dtype=np.int32) if X is None else None
        if k > n - (X is None):
            raise ValueError(
                f"Expected n_neighbors {'<' if X is None else '<='} n_samples_fit, but "
                f"n_neighbors = {k}, n_samples_fit = {n}, n_samples = {seeds.shape[0]}"
            )
        threads = None if self.n_jobs in (None, -1) else self.n_jobs
        found = search(seeds, self._rows, k, own_rows=own, engine=self.engine, threads=threads)
        indices = _filled(found.indices.astype(np.int64), n, own)
        if not return_distance:
            return indices
        return np.round(1.0 - found.scores.astype(np.float64), 6).clip(0.0, 1.0), indices

    def kneighbors_graph(
        self,
        X: Any = None,  # noqa: N803
        n_neighbors: int | None = None,
        mode: Literal["connectivity", "distance"] = "connectivity",
    ) -> sparse.csr_matrix:
        """Return the neighbors as a CSR matrix of shape (m, n), of ones or distances.

        Parameters
        ----------
        X, n_neighbors
            As for `kneighbors`.
        mode : {"connectivity", "distance"}
            Content of the matrix: ones, or distances.
        """
        if mode not in ("connectivity", "distance"):
            raise ValueError(f"mode must be 'connectivity' or 'distance', got {mode!r}")
        distances, indices = self.kneighbors(X, n_neighbors)
        data = np.ones(indices.size) if mode == "connectivity" else distances.ravel()
        ends = np.arange(0, indices.size + 1, indices.shape[1])
        shape = (len(indices), self.n_samples_fit_)
        return sparse.csr_matrix((data, indices.ravel(), ends), shape=shape)

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags

    def _unit_rows(self, given: Any, *, reset: bool) -> sparse.csr_array:
        """Return rows of unit length, or all zero, with ascending columns."""
        rows = validate_data(
            self, given, accept_sparse="csr", dtype=np.float64, ensure_non_negative=True,
            reset=reset,
        )  # fmt: skip
        rows = sparse.csr_array(rows)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        return sparse.csr_array(normalize(rows))


def _filled(indices: NDArray[np.int64], n: int, own: NDArray[np.int32] | None) -> NDArray[np.int64]:
    """Fill positions without a neighbor with the first rows that are not in the list yet."""
    for row in np.flatnonzero((indices < 0).any(axis=1)):
        near = indices[row][indices[row] >= 0]
        taken = near if own is None else np.append(near, own[row])
        most = min(n, len(indices[row]) + len(taken))
        others = np.setdiff1d(np.arange(most), taken)
        indices[row, len(near) :] = others[: indices.shape[1] - len(near)]
    return indices
