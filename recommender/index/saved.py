"""A fitted recommender as a directory that is read on demand: no pickle, no code.

`save` writes arrays, texts and settings through a `Store`, so that a killed run leaves the old
model. `load` maps the arrays into memory: the list of one article reads that article's rows, and
the table of articles, the terms and the texts are read when they are used. A loaded model gives
the lists of the saved one, bit for bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender import __version__, ranking
from recommender.config import of_group
from recommender.editorial import Editorial, EditorialRule
from recommender.errors import (
    ConfigError,
    NotFittedError,
    OutputError,
    RecommenderError,
    SourceError,
)
from recommender.index.inputs import TEMPORARY
from recommender.index.plain import NotPlain, pack, unpack
from recommender.index.store import NAME, Data, Store, locked
from recommender.index.table import (
    AGAIN,
    Arrays,
    Column,
    StoredColumn,
    StoredTable,
    Texts,
    column_of,
    places_of,
    texts_of,
)
from recommender.model import Recommender, Stored, check_parameters
from recommender.neighbors.base import Neighbors
from recommender.neighbors.postings import Postings, postings_of
from recommender.ranking import Exposed, Ranked, name_of
from recommender.ranking.links import LinkResolver
from recommender.ranking.series import Chain
from recommender.resources import Progress
from recommender.text.rules import Rule
from recommender.text.terms import Analyzer
from recommender.vectors.termspace import TermSpace, Vocabulary
from recommender.vectors.vectorizer import Vectorizer

FORMAT = 1
"""Number of this layout."""

KINDS = {
    "ArticleRecommender": "recommender.estimators",
    "Recommender": "recommender.model",
}
"""The classes that can be saved, with their modules."""

VALUES = "model.msgpack"
"""The file of settings, stages and other small values."""

K = 6
"""The length of lists for which the graph is searched deep enough."""

_STAGES = {name: kind for name in ranking.__all__ if is_dataclass(kind := getattr(ranking, name))}
_CLASSES: Mapping[str, Any] = {
    **_STAGES,
    **{kind.__name__: kind for kind in (Chain, Editorial, EditorialRule, Exposed, Rule)},
}
"""The classes of values beside plain data."""


class Head(msgspec.Struct, frozen=True):
    """What every format of a saved model says about itself."""

    model: int
    """The format."""
    version: str
    """The version of this package."""


class Facts(msgspec.Struct, frozen=True):
    """What a saved model consists of; in `index.json`."""

    model: int
    version: str
    kind: str
    """Name of the class."""
    rows: int
    """Number of articles."""
    terms: int
    """Number of columns of the vectors."""
    arrays: dict[str, tuple[str, list[int]]]
    """Type and shape of each array by name."""
    tables: dict[str, tuple[int, str, list[Column]]]
    """For each table its number of rows, the type of its labels and its columns."""


def save(
    model: Recommender, path: str | os.PathLike[str], progress: Progress | None = None
) -> None:
    """Write a fitted recommender to a directory that `load` reads; see `Recommender.save`."""
    if not hasattr(model, "vectors_"):
        raise NotFittedError("save: the recommender has no articles yet", "call fit first")
    kind = type(model).__name__
    if type(model) is not _class(kind):
        raise ConfigError(
            f"save: a {kind} of your own cannot be saved, expected one of {', '.join(KINDS)}",
            "use joblib, which saves the name of the class",
        )
    folder = Path(os.path.abspath(path))
    _check_place(folder)
    written = _Written()
    written.add(model, progress)
    facts = Facts(
        FORMAT, __version__, kind, model.vectors_.shape[0], model.vectors_.shape[1],
        {name: (array.dtype.str, [*array.shape]) for name, array in written.arrays.items()},
        written.tables,
    )  # fmt: skip
    parts: dict[str, Data] = {f"{name}.npy": _npy(array) for name, array in written.arrays.items()}
    parts[VALUES] = pack(written.values)
    store = Store(folder, cache=False)
    try:
        with locked(folder, lambda _: None, cache=False):
            store.facts(Facts)  # so that files which are the same are not written again
            store.write(facts, parts)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written, {(error.strerror or str(error)).lower()}",
            "save the model to a directory that you may write to",
        ) from error


def load(path: str | os.PathLike[str], *, verify: bool = False) -> Any:
    """Return a recommender that was saved with `ArticleRecommender.save`.

    Takes a few milliseconds whatever the number of articles: files are mapped into memory and
    read when they are used. They must stay where they are as long as the model is used; a model
    that is saved there in the meantime does not disturb it, except on Windows.

    Parameters
    ----------
    path : path
        The directory.
    verify : bool, default False
        Read all files and compare their digests, to notice any change. Without it, only their
        sizes are compared.

    Returns
    -------
    ArticleRecommender or Recommender
        As it was saved, bit for bit. `articles_` is read when it is first used.

    Raises
    ------
    SourceError
        If there is no model, it was saved by a version with another format, or a file is
        missing or damaged; names the file.

    Examples
    --------
    >>> import tempfile
    >>> articles = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Red boat", "Blue boat", "Tea"],
    ...                          "text": ["The boat is red", "A boat at sea", "Green"]})
    >>> from recommender import ArticleRecommender
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ArticleRecommender(min_score=0.1, min_items=0).fit(articles).save(folder)
    ...     load(folder).recommend(["a"])["related_id"].tolist()
    ['b']
    """
    folder = Path(os.path.abspath(path))
    while True:
        before = _version(folder)
        try:
            return _Read(folder, verify).model()
        except SourceError:
            if before == _version(folder):  # else another process has saved a model meanwhile
                raise


def _version(folder: Path) -> tuple[int, int] | None:
    try:
        found = (folder / NAME).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _class(kind: str) -> Any:
    return getattr(import_module(KINDS[kind]), kind) if kind in KINDS else None


def _check_place(folder: Path) -> None:
    """Raise unless a directory is missing, empty or a saved model."""
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be read, {(error.strerror or str(error)).lower()}",
            "save the model to a directory of its own",
        ) from error
    others = {name for name in names if name != "lock" and not name.endswith(TEMPORARY)}
    if others and NAME not in names and not any(name.startswith("model-") for name in names):
        raise OutputError(
            f"{folder}: is not empty, and contains no saved model",
            "save the model to a directory of its own",
        )
    store = Store(folder, cache=False)
    if NAME in names and store.facts(Head) is None and not store.problem:
        raise OutputError(
            f"{folder / NAME}: belongs to something else than a saved model",
            "save the model to a directory of its own",
        )


def _npy(array: NDArray[Any]) -> list[bytes | memoryview]:
    """Return an array as the pieces of a ``.npy`` file."""
    array = np.ascontiguousarray(array)
    cells = memoryview(array.data).cast("B") if array.size else b""
    return [_npy_head(array.dtype, array.shape), cells]


def _npy_head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    head = BytesIO()
    known = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, known)
    return head.getvalue()


class _NotKept(Exception):  # noqa: N818 - not an error
    """A stage has learned something that is made again rather than saved."""


class _Written:
    """The arrays, tables and values of a model."""

    def __init__(self) -> None:
        self.arrays: Arrays = {}
        self.tables: dict[str, tuple[int, str, list[Column]]] = {}
        self.values: dict[str, Any] = {}

    def add(self, model: Recommender, progress: Progress | None) -> None:
        """Add everything that a loaded model needs."""
        settings = {**of_group(model, "model"), "now": model.now}
        self.values["settings"] = self._packable("settings", settings)
        self.values["editorial"] = self._object("editorial", model.editorial)
        self.values["stages"] = self._object("stages", model.stages)
        self._add_own_vectors(model.own_vectors)
        if model.last_lists is not None:
            self._add_table("last", model.last_lists.reset_index(drop=True))
        self._add_table("articles", model.articles_)
        self._add_rows(model.vectors_)
        self._add_vectorizer(model.vectorizer_)
        self._add_lists(model, progress)
        names, ids = getattr(model, "_names", {}), getattr(model, "_ids", {})
        self.values["names"] = self._packable("columns", dict(names))
        self._add_ids(ids, model.articles_["id"].tolist())

    def _add_own_vectors(self, given: Any) -> None:
        self.values["own_vectors"] = given is not None
        if given is None:
            return
        if not isinstance(given, pd.DataFrame):
            raise ConfigError(
                f"own_vectors: an encoder such as {type(given).__name__} cannot be saved",
                "pass the vectors as a DataFrame, or save the model with joblib",
            )
        ranking.unit_vectors(pd.DataFrame({"id": []}), given)  # names wrong values
        self.arrays["own_vectors"] = np.asarray(given, np.float64)
        index = pd.DataFrame({"id": given.index.to_series().astype(object).tolist()})
        self._add_table("own_vectors_of", index)

    def _add_table(self, name: str, table: pd.DataFrame) -> None:
        columns = []
        for number, (label, series) in enumerate(table.items()):
            try:
                column, arrays = column_of(label, series)
            except ConfigError as error:
                raise ConfigError(f"{name}: {error.message}", error.hint) from None
            columns.append(column)
            self._add_arrays(f"{name}_{number}", arrays)
        self.tables[name] = len(table), str(table.columns.dtype), columns

    def _add_arrays(self, name: str, arrays: Arrays) -> None:
        self.arrays |= {f"{name}_{part}": array for part, array in arrays.items()}

    def _add_rows(self, rows: sparse.csr_array) -> None:
        self._add_arrays(
            "vectors", {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr}
        )
        self._add_arrays("postings", postings_of(rows)._asdict())

    def _add_vectorizer(self, vectorizer: Vectorizer) -> None:
        space = vectorizer.space_
        vocabulary = space.vocabulary
        for name in ("phrases", "kept", "df", "idf"):
            self.arrays[f"space_{name}"] = getattr(space, name)
        self._add_arrays("terms", texts_of(vocabulary.terms))
        self._add_arrays("names", texts_of(vocabulary.names))
        self._add_table(
            "languages", pd.DataFrame({"language": vectorizer.languages_}, dtype=object)
        )
        analyzer = vectorizer.analyzer
        self.values["vectorizer"] = self._packable(
            "vectorizer",
            {
                "weights": vectorizer.weights,
                "analyzer": [analyzer.language, analyzer.stop_words, analyzer.stemming],
                "numbers": {name: getattr(vectorizer, name) for name in _NUMBERS},
                "unscored": [[*rule] for rule in vectorizer.unscored],
                "main_language": vectorizer.main_language_,
            },
        )

    def _add_lists(self, model: Recommender, progress: Progress | None) -> None:
        near = model._neighbor_graph(K, progress)
        graph = model._graph or near
        self._add_arrays("graph", graph._asdict())
        self.values["stages_"] = self._object("stages", model.stages_)
        self.values["min_score_"] = model.min_score_
        self.values["exposed_"] = self._object("exposed_", model.exposed_)
        self.values["depth"] = near.indices.shape[1]
        try:
            fitted = self._object("stages", tuple(model._fitted_stages(near, K)))
        except _NotKept:
            fitted = None
        self.values["fitted"] = fitted
        self.values["lists"] = [*model._site]
        for k, lists in model._site.items():
            self._add_arrays(f"lists_{k}", lists._asdict())
        if model.dense_ is not None:
            self.arrays["dense"] = model.dense_

    def _add_ids(self, ids: Mapping[str, Any], order: list[str]) -> None:
        """Add the ids as the user gave them; none if all were text."""
        self.values["samples"] = None
        if not ids:
            return
        given = [ids.get(name, float("nan")) for name in order]
        samples = {type(value): name for name, value in zip(order, given, strict=True)}
        self.values["samples"] = [*samples.values()]
        whole = set(samples) == {int} and all(-(1 << 63) <= value < 1 << 63 for value in given)
        series = pd.Series(given, dtype=np.int64 if whole else object)
        self._add_table("ids", pd.DataFrame({"given": series}))

    def _packable(self, where: str, value: Any) -> Any:
        """Return a value if it can be packed."""
        try:
            pack(value)
        except NotPlain as error:
            raise ConfigError(
                f"{where}: {error} cannot be saved", "use plain values, or save with joblib"
            ) from None
        return value

    def _object(self, where: str, value: Any) -> Any:
        """Return a value, its arrays replaced by names, and objects of `_CLASSES` by theirs."""
        if isinstance(value, np.ndarray):
            name = f"learned_{sum(key.startswith('learned_') for key in self.arrays)}"
            self.arrays[name] = value
            return {"array": name}
        if isinstance(value, LinkResolver):
            raise _NotKept
        kind = type(value)
        if _CLASSES.get(kind.__name__) is kind:
            names = getattr(kind, "_fields", None) or [part.name for part in fields(value)]
            parts = {name: self._object(where, getattr(value, name)) for name in names}
            return {"object": kind.__name__, "values": parts}
        if kind in (tuple, list):
            return kind(self._object(where, part) for part in value)
        if where == "stages" and callable(value):
            raise ConfigError(
                f"stages: the stage {name_of(value)!r} cannot be saved, since it is not one of "
                "recommender.ranking",
                "save the model with joblib, which saves the name of its function or class",
            )
        return self._packable(where, value)


_NUMBERS = ("tf_exponent", "idf_exponent", "min_df", "max_df")


class _Read:
    """A saved model on disk."""

    def __init__(self, folder: Path, verify: bool) -> None:
        self.folder, self._verify = folder, verify
        self._store = Store(folder, cache=False)
        self._facts = self._checked_facts()
        if verify:
            for name in [*(f"{name}.npy" for name in self._facts.arrays)]:
                self._file(name)
        self._values = self._checked_values()

    def model(self) -> Recommender:
        """Return the recommender."""
        where = self._file(VALUES)
        try:
            return self._model()
        except SourceError:
            raise
        except RecommenderError as error:
            raise SourceError(f"{where}: {error.message}", AGAIN) from error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise SourceError(f"{where}: does not fit the format, {error}", AGAIN) from error

    def _checked_facts(self) -> Facts:
        path = self.folder / NAME
        head: Head | None = self._store.facts(Head)
        if self._store.problem:
            raise SourceError(self._store.problem, AGAIN)
        if head is None:
            what = "belongs to something else" if path.exists() else "is missing"
            raise SourceError(
                f"{path}: {what}, so {self.folder} is no saved model",
                "name the directory that ArticleRecommender.save wrote, or fit and save again",
            )
        facts: Facts | None = self._store.facts(Facts) if head.model == FORMAT else None
        if facts is None:
            raise SourceError(
                f"{path}: the model was saved by version {head.version} in format {head.model}, "
                f"this is version {__version__} with format {FORMAT}",
                "fit the recommender and save it again with this version",
            )
        if facts.kind not in KINDS:
            raise SourceError(f"{path}: the class {facts.kind!r} is unknown", AGAIN)
        return facts

    def _checked_values(self) -> dict[str, Any]:
        data = self._store.part(VALUES)
        if data is None:
            self._fail()
        try:
            return dict(unpack(data or b""))
        except ValueError as error:
            raise SourceError(f"{self._file(VALUES)}: {error}", AGAIN) from None

    def _fail(self) -> None:
        problem = self._store.problem or f"{self.folder / NAME}: a file is missing"
        raise SourceError(problem, AGAIN)

    def _file(self, name: str) -> Path:
        path = self._store.file(name, verify=self._verify and name.endswith(".npy"))
        if path is None:
            self._fail()
        return path or self.folder

    def _array(self, name: str) -> NDArray[Any]:
        """Return an array, mapped into memory; changes of it stay in memory."""
        dtype, shape = self._facts.arrays[name]
        path, kind = self._store.file(f"{name}.npy"), np.dtype(dtype)
        if path is None:
            self._fail()
            raise AssertionError
        head = _npy_head(kind, tuple(shape))
        try:
            with open(path, "rb") as file:
                given = file.read(len(head))
            if given != head or kind.hasobject:
                raise SourceError(f"{path}: is damaged, its head is another", AGAIN)
            if not all(shape):
                return np.empty(shape, kind)
            mapped = np.memmap(path, kind, "c", offset=len(head), shape=tuple(shape))
        except OSError as error:
            raise SourceError(
                f"{path}: cannot be read, {(error.strerror or str(error)).lower()}", AGAIN
            ) from error
        return mapped.view(np.ndarray)

    def _arrays(self, name: str) -> Arrays:
        found = {
            key.removeprefix(f"{name}_"): self._array(key)
            for key in self._facts.arrays
            if key.rpartition("_")[0] == name
        }
        if not found:
            raise SourceError(f"{self.folder / NAME}: names no arrays {name}", AGAIN)
        return found

    def _table(self, name: str) -> StoredTable:
        count, labels, columns = self._facts.tables[name]
        stored = {}
        for number, column in enumerate(columns):
            key = f"{name}_{number}"
            stored[column.label] = StoredColumn(column, self._arrays(key), self._where(key))
        return StoredTable(stored, count, labels=labels)

    def _where(self, name: str) -> str:
        return f"{self.folder}: {name}"

    def _object(self, value: Any) -> Any:
        """Return a value with its arrays and objects; see `_Written._object`."""
        if isinstance(value, tuple | list):
            return type(value)(self._object(part) for part in value)
        if not isinstance(value, dict):
            return value
        if "array" in value:
            return self._array(value["array"])
        kind = _CLASSES[value["object"]]
        return kind(**{name: self._object(part) for name, part in value["values"].items()})

    def _model(self) -> Recommender:
        values, kind = self._values, _class(self._facts.kind)
        given = {
            **values["settings"],
            "editorial": self._object(values["editorial"]),
            "stages": self._object(values["stages"]),
            "own_vectors": self._own_vectors() if values["own_vectors"] else None,
            "last_lists": self._table("last").frame if "last" in self._facts.tables else None,
        }
        known = {field.name for field in fields(Recommender) if field.init}
        for names, what in (({*given} - known, "unknown"), (known - {*given}, "missing")):
            if names:
                where, listed = self._file(VALUES), ", ".join(sorted(names))
                raise SourceError(f"{where}: {what} setting {listed}", AGAIN)
        model: Recommender = kind(**given)
        check_parameters(of_group(model, "model"))
        self._fill(model)
        if self._facts.kind == "ArticleRecommender":
            unchecked: Any = model
            unchecked._names = values["names"]
            unchecked._ids = self._ids(model.known_articles)
        return model

    def _fill(self, model: Recommender) -> None:
        """Set what `fit` and `recommend` had learned."""
        values = self._values
        model.vectors_ = self._rows()
        model.vectorizer_ = self._vectorizer()
        model.stages_ = self._object(values["stages_"])
        model.min_score_ = values["min_score_"]
        model.exposed_ = self._object(values["exposed_"])
        model.dense_ = self._array("dense") if "dense" in self._facts.arrays else None
        model._graph = Neighbors(**self._arrays("graph"))
        model._site = {k: Ranked(**self._arrays(f"lists_{k}")) for k in values["lists"]}
        fitted = values["fitted"]
        model._stored = Stored(
            self._table("articles"),
            Postings(**self._arrays("postings")),
            values["depth"] if fitted is not None else -1,
            [] if fitted is None else [*self._object(fitted)],
            str(self._file("graph_indices.npy")),
        )

    def _rows(self) -> sparse.csr_array:
        parts = self._arrays("vectors")
        ends, cells = parts["indptr"], len(parts["data"])
        shape = self._facts.rows, self._facts.terms
        wrong = len(ends) != shape[0] + 1 or len(parts["indices"]) != cells
        if wrong or ends[0] != 0 or ends[-1] != cells or (ends[1:] < ends[:-1]).any():
            raise SourceError(f"{self._file('vectors_indptr.npy')}: is damaged", AGAIN)
        rows = sparse.csr_array(shape, dtype=np.float64)
        rows.data, rows.indices, rows.indptr = parts["data"], parts["indices"], ends
        rows.has_canonical_format = True
        return rows

    def _vectorizer(self) -> Vectorizer:
        values = self._values["vectorizer"]
        made = Vectorizer(
            values["weights"],
            Analyzer(*values["analyzer"]),
            **values["numbers"],
            unscored=[Rule(*rule) for rule in values["unscored"]],
        )
        terms, names = (Texts(self._arrays(name), self._where(name)) for name in ("terms", "names"))
        learned = self._arrays("space")
        made.space_ = TermSpace(_StoredVocabulary(terms, names), **learned)  # type: ignore[arg-type]
        made.languages_ = self._table("languages")["language"].tolist()
        made.main_language_ = values["main_language"]
        return made

    def _own_vectors(self) -> pd.DataFrame:
        ids = self._table("own_vectors_of")["id"].tolist()
        return pd.DataFrame(self._array("own_vectors"), index=ids)

    def _ids(self, articles: Any) -> Mapping[str, Any]:
        samples = self._values["samples"]
        if samples is None:
            return {}
        return StoredIds(articles, self._table("ids"), samples)


class _StoredVocabulary(Vocabulary):
    """A vocabulary on disk, in which terms are looked up one by one."""

    def numbers_of(self, terms: Any) -> NDArray[np.int32]:
        """Return the number of each term, or -1; see `Vocabulary.numbers_of`."""
        stored: Any = self.terms
        wanted = [*terms]
        if len(wanted) * 8 > len(stored):
            return super().numbers_of(wanted)
        return np.array([stored.find(term) if term else -1 for term in wanted], np.int32)


class StoredIds(Mapping[str, Any]):
    """The ids of articles as the user gave them, by their text.

    Parameters
    ----------
    articles : DataFrame
        The articles, in order of `id`.
    given : StoredTable
        With one column, `given`, of the same rows.
    samples : list of str
        Ids of all types that there are.
    """

    def __init__(self, articles: Any, given: StoredTable, samples: list[str]) -> None:
        self._articles, self._given, self._samples = articles, given, samples

    def __getitem__(self, name: str) -> Any:
        (row,) = places_of(self._articles, [name])
        if row < 0:
            raise KeyError(name)
        return self._given.values_at("given", np.array([row])).tolist()[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._articles["id"].tolist())

    def __len__(self) -> int:
        return len(self._given)

    def among(self, names: list[str]) -> dict[str, Any]:
        """Return some of the ids; and one of each type, so that a column gets the same type."""
        wanted = [*dict.fromkeys([*self._samples, *names])]
        rows = places_of(self._articles, wanted)
        known = np.flatnonzero(rows >= 0)
        given = self._given.values_at("given", rows[known]).tolist()
        return dict(zip([wanted[at] for at in known.tolist()], given, strict=True))
