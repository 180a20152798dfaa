"""Write a fitted recommender to a directory, in the format of `saved`, for `loading` to read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from recommender import __version__, ranking
from recommender.config import of_group
from recommender.errors import ConfigError, NotFittedError, OutputError
from recommender.index.inputs import TEMPORARY
from recommender.index.plain import NotPlain, pack
from recommender.index.saved import (
    CLASSES,
    FORMAT,
    KINDS,
    NUMBERS,
    VALUES,
    Facts,
    Head,
    class_of,
)
from recommender.index.store import NAME, Data, Store, locked
from recommender.index.table import Arrays, Column, column_of, npy_pieces, texts_of
from recommender.model import Recommender
from recommender.neighbors.postings import postings_of
from recommender.ranking import name_of
from recommender.ranking.links import LinkResolver
from recommender.resources import Progress
from recommender.vectors.vectorizer import Vectorizer

K = 6
"""The length of lists for which the graph is searched deep enough."""


def save(
    model: Recommender, path: str | os.PathLike[str], progress: Progress | None = None
) -> None:
    """Write a fitted recommender to a directory that `load` reads; see `Recommender.save`."""
    if not hasattr(model, "vectors_"):
        raise NotFittedError("save: the recommender has no articles yet", "call fit first")
    kind = type(model).__name__
    if type(model) is not class_of(kind):
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
    parts: dict[str, Data] = {
        f"{name}.npy": npy_pieces(array) for name, array in written.arrays.items()
    }
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


def _check_place(folder: Path) -> None:
    """Raise unless a directory is missing, empty or a saved model."""
    try:
        names = {*os.listdir(folder)}
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
                "numbers": {name: getattr(vectorizer, name) for name in NUMBERS},
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
        """Return a value, its arrays replaced by names, and objects of `CLASSES` by theirs."""
        if isinstance(value, np.ndarray):
            name = f"learned_{sum(key.startswith('learned_') for key in self.arrays)}"
            self.arrays[name] = value
            return {"array": name}
        if isinstance(value, LinkResolver):
            raise _NotKept
        kind = type(value)
        if CLASSES.get(kind.__name__) is kind:
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
