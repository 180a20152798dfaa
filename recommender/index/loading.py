"""Read on demand a fitted recommender that `saving` wrote, in the format of `saved`.

The arrays are mapped into memory: the list of one article reads that article's rows, and the table
of articles, the terms and the texts are read when they are used. A loaded model gives the lists of
the saved one, bit for bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recommender import __version__
from recommender.config import of_group
from recommender.errors import RecommenderError, SourceError
from recommender.index.plain import unpack
from recommender.index.saved import (
    CLASSES,
    FORMAT,
    KINDS,
    VALUES,
    Facts,
    Head,
    class_of,
)
from recommender.index.store import NAME, Store
from recommender.index.table import (
    AGAIN,
    SINGLY,
    Arrays,
    StoredColumn,
    StoredTable,
    Texts,
    npy_head,
    places_of,
)
from recommender.model import Recommender, Stored, check_parameters
from recommender.neighbors.base import Neighbors
from recommender.neighbors.postings import Postings
from recommender.ranking import Ranked
from recommender.text.rules import Rule
from recommender.text.terms import Analyzer
from recommender.vectors.termspace import TermSpace, Vocabulary
from recommender.vectors.vectorizer import Vectorizer


def load(path: str | os.PathLike[str], *, verify: bool = False) -> Any:
    """Return a recommender that was saved with `ArticleRecommender.save`.

    Takes a few milliseconds whatever the number of articles: files are mapped into memory and
    read when they are used. They must stay where they are as long as the model is used; a model
    that is saved there in the meantime does not disturb it.

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


class _Read:
    """A saved model on disk."""

    def __init__(self, folder: Path, verify: bool) -> None:
        self.folder = folder
        self._store = Store(folder, cache=False)
        self._facts = self._checked_facts()
        for name in self._facts.arrays if verify else ():
            self._file(f"{name}.npy", verify=True)
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
                f"{path}: {what}, so {self.folder} is not a saved model",
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
            return dict(unpack(data))
        except ValueError as error:
            raise SourceError(f"{self._file(VALUES)}: {error}", AGAIN) from None

    def _fail(self) -> NoReturn:
        problem = self._store.problem or f"{self.folder / NAME}: a file is missing"
        raise SourceError(problem, AGAIN)

    def _file(self, name: str, verify: bool = False) -> Path:
        path = self._store.file(name, verify=verify)
        if path is None:
            self._fail()
        return path

    def _array(self, name: str) -> NDArray[Any]:
        """Return an array, mapped into memory; changes of it stay in memory."""
        dtype, shape = self._facts.arrays[name]
        path, kind = self._file(f"{name}.npy"), np.dtype(dtype)
        head = npy_head(kind, tuple(shape))
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
        kind = CLASSES[value["object"]]
        return kind(**{name: self._object(part) for name, part in value["values"].items()})

    def _model(self) -> Recommender:
        values, kind = self._values, class_of(self._facts.kind)
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
        if len(wanted) * SINGLY > len(stored):
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
