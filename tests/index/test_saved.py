"""Saved models: loaded, they are what was saved; damaged, they are refused by name."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import recommender
from recommender import ArticleRecommender, because, explain, load, write_recommendations
from recommender.editorial import Editorial, ban, never, pin
from recommender.errors import (
    ConfigError,
    NotFittedError,
    OutputError,
    RecommenderError,
    SourceError,
    UnknownArticleError,
)
from recommender.explanation import placement
from recommender.index import loading as module
from recommender.index.inputs import digest_of_bytes
from recommender.index.plain import pack, unpack
from recommender.index.saved import VALUES, Facts
from recommender.index.store import NAME, Store
from recommender.index.table import StoredColumn, Texts
from recommender.model import Recommender
from recommender.ranking import Hubness, MinScore, NoTwins

WORDS = [
    "rye", "oats", "ferry", "harbour", "tide", "bread", "baker", "storm", "winter", "market",
    "train", "stone", "bridge", "lido", "swim", "council",
]  # fmt: skip


def corpus(n: int = 70) -> pd.DataFrame:
    """Return articles in two languages with dates, tags, links, translations and odd columns."""
    random = np.random.default_rng(7)
    ids = [f"news/{row:03}-{'ö' * (row % 3)}.md" for row in range(n)]
    texts = [" ".join(random.choice(WORDS, 30)) for _ in ids]
    texts[5] = texts[6]
    return pd.DataFrame(
        {
            "id": ids,
            "title": [f"{random.choice(WORDS)} part {row % 4 + 1}" for row in range(n)],
            "text": texts,
            "lang": ["de" if row % 9 == 0 else "en" for row in range(n)],
            "tags": [[str(tag)] for tag in random.choice(WORDS, n)],
            "links": [[ids[(row * 5) % n]] for row in range(n)],
            "url": [f"/news/{row}/" for row in range(n)],
            "date": pd.to_datetime("2024-01-01", utc=True) + pd.to_timedelta(range(n), "D"),
            "translations": [[f"/news/{row + 1}/"] if row % 9 == 0 else [] for row in range(n)],
            "prior": random.integers(0, 9, n),
            "extra": [None, 1.5, "x", {"a": (1, 2)}, datetime(2024, 1, 31, tzinfo=UTC)] * (n // 5),
        }
    )


def fitted(**settings: Any) -> ArticleRecommender:
    """Return a recommender for the corpus."""
    return ArticleRecommender(**settings).fit(corpus())


def with_whole_ids() -> ArticleRecommender:
    """Return a recommender whose user has integers as ids, and other names of columns."""
    table = corpus().assign(id=range(100, 170)).rename(columns={"title": "headline"})
    return ArticleRecommender(min_score=0.0).fit(table, columns={"title": "headline"})


def with_mixed_ids() -> ArticleRecommender:
    """Return a recommender whose user has ids of several types."""
    ids = [row if row % 2 else row + 0.5 for row in range(100, 170)]
    return ArticleRecommender(min_score=0.0).fit(corpus().assign(id=ids))


def without_texts() -> ArticleRecommender:
    """Return a recommender for several tables, whose texts were freed."""
    table = corpus()
    return ArticleRecommender(min_score=0.0).fit(iter([table[:30], table[30:]]))


def with_own_vectors() -> ArticleRecommender:
    """Return a recommender with vectors of the user's own, by id."""
    vectors = np.random.default_rng(1).random((70, 5))
    table = pd.DataFrame(vectors, index=corpus()["id"])
    return fitted(meaning_weight=0.3, own_vectors=table)


def with_last_lists() -> ArticleRecommender:
    """Return a recommender that keeps what was published."""
    return fitted(churn_margin=0.4, last_lists=fitted(min_score=0.4).recommend(k=3))


def with_rules() -> ArticleRecommender:
    """Return a recommender with pins and bans."""
    ids = corpus()["id"].tolist()
    rules = [pin(ids[3], ids[9], ids[40]), ban("news/00*", "news/01*"), never(ids[30])]
    return fitted(editorial=Editorial(rules), never_target="tags=rye")


def whole_site() -> ArticleRecommender:
    """Return a recommender whose lists depend on each other, with the lists of all."""
    model = fitted(min_inbound=2, max_inbound=9, min_score=0.0)
    model.recommend()
    return model


def core() -> Recommender:
    """Return the core, without scikit-learn."""
    return Recommender(min_score=0.1, now=datetime(2024, 2, 20, tzinfo=UTC)).fit(corpus())


MODELS: dict[str, Callable[[], Recommender]] = {
    "defaults": fitted,
    "fixed score": lambda: fitted(min_score=0.2, min_items=6),
    "whole ids": with_whole_ids,
    "mixed ids": with_mixed_ids,
    "no texts": without_texts,
    "own vectors": with_own_vectors,
    "last lists": with_last_lists,
    "rules": with_rules,
    "whole site": whole_site,
    "core": core,
    "links": lambda: fitted(skip_linked=True, min_score=0.0),
    "every stage": lambda: fitted(
        duplicate_score=0.8, series=True, half_life=90, prior_weight=0.2, diversity=0.2,
        across_languages=True, unscored="tags=rye", min_score=0.05,
    ),
    "stages": lambda: fitted(stages=[MinScore(0.1), Hubness(), NoTwins()]),
    "no stages": lambda: fitted(stages=()),
    "one article": lambda: ArticleRecommender().fit(corpus()[:1]),
    "no terms": lambda: ArticleRecommender().fit(
        pd.DataFrame({"id": ["a", "b"], "title": "", "text": ["rye", "oats"]})
    ),
}  # fmt: skip


@cache
def model_of(name: str) -> Recommender:
    """Return a fitted model of the table above."""
    return MODELS[name]()


@pytest.fixture(params=MODELS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Recommender, Recommender]:
    """Return a model, and the same model after saving and loading it."""
    model = model_of(request.param)
    model.save(tmp_path / "model")
    return model, load(tmp_path / "model")


def new_articles() -> pd.DataFrame:
    """Return two articles that no model knows, and one that it does."""
    table = corpus().iloc[[4, 8, 5]]
    return table.assign(id=["new/1", table["id"].iloc[1], "new/2"])


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Raise unless two tables are equal in every bit, type and label."""
    pd.testing.assert_frame_equal(one, other, check_exact=True)


class TestLoadedModel:
    """Whatever a fitted model can do, the loaded one does with the same result."""

    def test_single_lists_are_the_same(self, pair: tuple[Recommender, Recommender]) -> None:
        """Before anything else was asked for."""
        model, loaded = pair
        ids = model.recommend()["article_id"].drop_duplicates().tolist()[::7]
        same(loaded.recommend(ids, k=4), model.recommend(ids, k=4))
        for one in ids[:3]:
            same(loaded.recommend([one]), model.recommend([one]))

    def test_all_lists_are_the_same(self, pair: tuple[Recommender, Recommender]) -> None:
        """Of any length, beyond the depth of the saved graph too."""
        model, loaded = pair
        for k in (6, 1, 55):
            same(loaded.recommend(k=k), model.recommend(k=k))
        assert loaded.exposed_ == model.exposed_

    def test_lists_of_new_articles_are_the_same(
        self, pair: tuple[Recommender, Recommender]
    ) -> None:
        """For one, and for several of which one is known."""
        model, loaded = pair
        new = new_articles()
        if getattr(model, "_names", None):
            new = new.rename(columns={"title": "headline"})
        same(loaded.recommend_for(new[:1]), model.recommend_for(new[:1]))
        same(loaded.recommend_for(new, k=9), model.recommend_for(new, k=9))

    def test_what_was_learned_is_the_same(self, pair: tuple[Recommender, Recommender]) -> None:
        """Articles, vectors, terms, weights, stages and parameters."""
        model, loaded = pair
        assert type(loaded) is type(model)
        same(loaded.articles_, model.articles_)
        for part in ("data", "indices", "indptr"):
            mine, other = getattr(model.vectors_, part), getattr(loaded.vectors_, part)
            assert mine.dtype == other.dtype
            assert (mine == other).all()
        assert loaded.vectors_.shape == model.vectors_.shape
        assert loaded.vectorizer_.terms_ == model.vectorizer_.terms_
        assert (loaded.vectorizer_.df_ == model.vectorizer_.df_).all()
        assert (loaded.vectorizer_.idf_ == model.vectorizer_.idf_).all()
        assert loaded.vectorizer_.languages_ == model.vectorizer_.languages_
        assert loaded.stages_ == model.stages_
        assert loaded.min_score_ == model.min_score_
        assert repr(loaded.now) == repr(model.now)
        assert loaded.editorial == model.editorial

    def test_explanations_are_the_same(self, pair: tuple[Recommender, Recommender]) -> None:
        """Reasons, contributions, steps and places."""
        model, loaded = pair
        lists = model.recommend(k=3)
        assert because(loaded, lists) == because(model, lists)
        assert because(loaded, lists[:2]) == because(model, lists[:2])
        if not len(lists):
            return
        one, other = lists.loc[len(lists) // 2, ["article_id", "related_id"]].astype(str)
        assert loaded.least_score(other) == model.least_score(other)
        assert placement(loaded, one, other) == placement(model, one, other)
        steps = zip(loaded.trace(k=3), model.trace(k=3), strict=True)
        for (name, found), (expected, before) in steps:
            assert name == expected
            assert all((a == b).all() for a, b in zip(found, before, strict=True))
        if model.articles_["text"].any():
            same(
                explain(loaded, one, other).contributions, explain(model, one, other).contributions
            )

    def test_written_lists_are_the_same(
        self, pair: tuple[Recommender, Recommender], tmp_path: Path
    ) -> None:
        """As files, with titles and teasers from the articles."""
        for number, model in enumerate(pair):
            path = tmp_path / f"{number}.json"
            lists = model.recommend()
            named = {name: lists[name].map(str) for name in ("article_id", "related_id")}
            write_recommendations(lists.assign(**named), path, articles=model.articles_)
        assert (tmp_path / "0.json").read_bytes() == (tmp_path / "1.json").read_bytes()

    def test_saving_it_again_changes_nothing(
        self, pair: tuple[Recommender, Recommender], tmp_path: Path
    ) -> None:
        """In its own directory and in another: the same bytes in the same files."""
        _, loaded = pair
        before = files(tmp_path / "model")
        loaded.save(tmp_path / "model")
        assert files(tmp_path / "model") == before
        loaded.save(tmp_path / "other")
        assert files(tmp_path / "other") == before

    def test_it_survives_pickle(self, pair: tuple[Recommender, Recommender]) -> None:
        """With all that it had not read yet."""
        model, loaded = pair
        same(pickle.loads(pickle.dumps(loaded)).recommend(), model.recommend())


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a directory."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a saved model that no test changes."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    model_of("every stage").save(folder)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """Return a copy of a saved model."""
    return Path(shutil.copytree(original, tmp_path / "model"))


def test_one_list_reads_no_column_and_searches_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Titles, texts and terms stay on disk; language and such are kept as few numbers."""
    expected = model_of("every stage").recommend([corpus()["id"][3]])
    read = []
    original_series = StoredColumn.series

    def noted(self: StoredColumn, rows: Any, index: pd.Index) -> pd.Series:
        if rows is None:
            read.append(self._column.label)
        return original_series(self, rows, index)

    monkeypatch.setattr(StoredColumn, "series", noted)
    loaded = load(folder)
    monkeypatch.setattr(Recommender, "_search", None)
    same(loaded.recommend([corpus()["id"][3]]), expected)
    assert not {"title", "text", "id", "url", "headings"} & {*read}
    assert "articles_" not in vars(loaded)


def test_loading_reads_no_texts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many articles there are."""
    monkeypatch.setattr(StoredColumn, "values", None)
    monkeypatch.setattr(Texts, "values", None)
    monkeypatch.setattr(module._Read, "_vectorizer", lambda self: None)
    assert len(load(folder).known_articles) == 70


def test_unknown_ids_are_errors_as_before(folder: Path) -> None:
    """With the closest ids."""
    with pytest.raises(UnknownArticleError, match="news/00x"):
        load(folder).recommend(["news/00x"])


def test_a_loaded_model_can_be_cloned_and_fitted_again(folder: Path) -> None:
    """Parameters come back; a fit forgets what was loaded."""
    loaded = load(folder)
    again = clone(loaded)
    assert again.get_params() == model_of("every stage").get_params()
    assert not hasattr(again, "articles_")
    table = corpus()[:20]
    expected = clone(again).fit(table)
    same(loaded.fit(table).recommend(), expected.recommend())
    same(loaded.articles_, expected.articles_)


@pytest.mark.parametrize("how", ["removed", "cut", "longer", "empty", "a directory"])
def test_a_file_of_another_size_is_named(folder: Path, how: str) -> None:
    """Each file of the model, when it is loaded."""
    for path in sorted(folder.iterdir()):
        if path.name == "lock":
            continue
        data = path.read_bytes()
        path.unlink()
        if how == "a directory":
            path.mkdir()
        elif how != "removed":
            path.write_bytes({"cut": data[:-1], "longer": data + b"\0", "empty": b""}[how])
        with pytest.raises(SourceError) as error:
            load(folder)
        assert str(path) in error.value.message
        assert error.value.hint
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        path.write_bytes(data)
    load(folder)


@pytest.mark.parametrize("at", [0.0, 0.3, 0.999])
def test_another_byte_is_noticed(folder: Path, at: float) -> None:
    """In each file of the model, if its digest is asked for."""
    for path in sorted(folder.iterdir()):
        data = bytearray(path.read_bytes())
        if not data:
            continue
        data[int(at * len(data))] ^= 16
        path.write_bytes(data)
        with pytest.raises(SourceError, match="damaged") as error:
            load(folder, verify=True)
        assert str(path) in error.value.message
        data[int(at * len(data))] ^= 16
        path.write_bytes(data)
    load(folder, verify=True)


def loaded_or_message(folder: Path) -> Any:
    """Return the verified model, or the message of the error."""
    try:
        return load(folder, verify=True)
    except SourceError as error:
        return error.message


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_random_damage_gives_an_error_or_the_same_lists(original: Path, data: Any) -> None:
    """Files cut, overwritten, exchanged or removed: never a traceback, never another list."""
    expected = model_of("every stage").recommend(k=4)
    folder = original.parent / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    paths = sorted(path for path in folder.iterdir() if path.stat().st_size)
    for _ in range(data.draw(st.integers(1, 3))):
        path, other = data.draw(st.sampled_from(paths)), data.draw(st.sampled_from(paths))
        content = bytearray(path.read_bytes() if path.exists() else b"")
        start = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(["cut", "bytes", "exchange", "remove"])):
            case "cut":
                path.write_bytes(content[:start])
            case "bytes":
                given = data.draw(st.binary(min_size=1, max_size=9))
                content[start : start + len(given)] = given
                path.write_bytes(content)
            case "exchange":
                path.write_bytes(other.read_bytes() if other.exists() else b"")
            case _:
                path.unlink(missing_ok=True)
    found = loaded_or_message(folder)
    if isinstance(found, str):
        assert str(folder) in found
    else:
        same(found.recommend(k=4), expected)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_that_keeps_the_size_ends_no_process(original: Path, data: Any) -> None:
    """Unverified, another byte may change lists, but compiled code sees only what is checked."""
    folder = original.parent / "flipped"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    kinds = ("vectors_", "postings_", "graph_indices")
    paths = sorted(path for path in folder.iterdir() if path.name.startswith(kinds))
    path = data.draw(st.sampled_from(paths))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(128, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(RecommenderError):
        loaded = load(folder)
        lists = loaded.recommend([corpus()["id"][3]])
        assert lists["related_id"].isin(loaded.articles_["id"]).all()
        loaded.recommend_for(new_articles()[:1])
        because(loaded, lists)


def replaced(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the small values of a model, with right sizes and digests."""
    store = Store(folder, cache=False)
    facts = store.facts(Facts)
    values = unpack(store.part(VALUES) or b"")
    change(values)
    parts: dict[str, Any] = {name: store.part(name) for name in store._parts if name != VALUES}
    store.write(facts, {**parts, VALUES: pack(values)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values["settings"].update(crumb=1), "unknown setting crumb"),
        (lambda values: values["settings"].update(min_df=0), "min_df must be"),
        (lambda values: values["settings"].pop("min_df"), "missing setting min_df"),
        (lambda values: values.pop("vectorizer"), "vectorizer"),
        (lambda values: values.update(stages_=({"object": "Shell", "values": {}},)), "Shell"),
        (lambda values: values.update(fitted=({"array": "none"},)), "none"),
    ],
)
def test_values_that_no_version_wrote_are_named(
    folder: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    """Settings are checked as those of a constructor."""
    replaced(folder, change)
    with pytest.raises(SourceError, match=message) as error:
        load(folder)
    assert str(folder / "model-") in error.value.message
    assert "save it again" in error.value.hint


def test_another_format_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the version that saved the model, and this one."""
    monkeypatch.setattr(module, "FORMAT", 2)
    with pytest.raises(SourceError, match=f"by version {recommender.__version__} in format 1") as e:
        load(folder)
    assert "save it again" in e.value.hint


@pytest.mark.parametrize("content", [None, "empty", "other"])
def test_other_directories_are_no_models(tmp_path: Path, content: str | None) -> None:
    """A missing one, an empty one, the index of a build."""
    folder = tmp_path / "model"
    if content:
        folder.mkdir()
    if content == "other":
        Store(folder).write({"run": 1}, {})
    with pytest.raises(SourceError, match="is not a saved model") as error:
        load(folder)
    assert str(folder / NAME) in error.value.message


def test_only_models_are_replaced(tmp_path: Path) -> None:
    """What a user keeps in a directory is not removed."""
    model = model_of("core")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="contains no saved model"):
        model.save(tmp_path)
    Store(tmp_path / "index").write({"run": 1}, {"rows.bin": b"rye"})
    with pytest.raises(OutputError, match="something else"):
        model.save(tmp_path / "index")
    with pytest.raises(OutputError, match="not a directory"):
        model.save(tmp_path / "thesis.txt")
    model.save(tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    fitted().save(tmp_path / "model")
    assert (tmp_path / "model" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert not (tmp_path / "model" / ".gitignore").exists()


def test_a_new_model_replaces_all_files_of_the_old(tmp_path: Path) -> None:
    """Also those of a killed run; a model that is in use goes on."""
    model_of("every stage").save(tmp_path / "model")
    used = load(tmp_path / "model")
    (tmp_path / "model" / "left-0123456789abcdef.npy").write_bytes(b"of a killed run")
    model_of("core").save(tmp_path / "model")
    model_of("core").save(tmp_path / "other")
    assert files(tmp_path / "model") == files(tmp_path / "other")
    same(used.recommend(), model_of("every stage").recommend())


def test_a_save_that_fails_leaves_the_old_model(
    folder: Path, full_at: Callable[[int], AbstractContextManager[None]]
) -> None:
    """At each file that cannot be written."""
    expected = model_of("every stage").recommend(k=2)
    for failing in (0, 1, 20):
        with full_at(failing), pytest.raises(OutputError, match="no space left"):
            model_of("one article").save(folder)
        same(load(folder, verify=True).recommend(k=2), expected)


KILLED = """
import os, sys
import pandas as pd
from recommender import load
model = load(sys.argv[1])
left = int(sys.argv[3])
replace = os.replace
def counted(*given):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    replace(*given)
os.replace = counted
model.save(sys.argv[2])
"""


@pytest.mark.parametrize("renames", [1, 20])
def test_a_killed_save_leaves_the_old_model(folder: Path, tmp_path: Path, renames: int) -> None:
    """The next one finishes the work, and nothing is left of the first."""
    model_of("one article").save(tmp_path / "new")
    command = [sys.executable, "-c", KILLED, str(tmp_path / "new"), str(folder), str(renames)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    same(load(folder, verify=True).recommend(), model_of("every stage").recommend())
    finish = [*command[:-1], "1000"]
    subprocess.run(finish, check=True, capture_output=True)
    assert files(folder) == files(tmp_path / "new")


def test_a_model_that_is_replaced_while_it_is_read_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader gets the old model or the new one."""
    original_facts = module._Read._checked_facts
    replacing = iter([True])

    def racing(self: module._Read) -> Facts:
        facts = original_facts(self)
        if next(replacing, False):
            model_of("core").save(folder)
        return facts

    monkeypatch.setattr(module._Read, "_checked_facts", racing)
    assert type(load(folder)) is Recommender


class _Encoder:
    """An encoder of a user's own."""

    def encode(self, texts: list[str]) -> Any:
        """Return a vector per text."""
        return np.ones((len(texts), 2))


class _Own(ArticleRecommender):
    """A subclass of a user's own."""


def only_near(lists: Any, context: Any) -> Any:
    """Return the lists as they are: a stage of a user's own."""
    return lists


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: fitted(stages=[only_near]), "stage 'only near' cannot be saved"),
        (lambda: fitted(meaning_weight=1, own_vectors=_Encoder()), "own_vectors: an encoder"),
        (lambda: _Own().fit(corpus()), "a _Own of your own"),
        (
            lambda: ArticleRecommender().fit(corpus().assign(extra=[print] * 70)),
            "articles: column 'extra', row 1: builtins.builtin_function_or_method",
        ),
    ],
)
def test_code_is_refused(tmp_path: Path, model: Callable[[], Any], message: str) -> None:
    """By name, with another way; nothing is written."""
    with pytest.raises(ConfigError, match=message) as error:
        model().save(tmp_path / "model")
    assert error.value.hint
    assert not (tmp_path / "model").exists()


def test_a_model_without_articles_cannot_be_saved(tmp_path: Path) -> None:
    """It has nothing that a constructor call has not."""
    with pytest.raises(NotFittedError, match="no articles"):
        ArticleRecommender().save(tmp_path / "model")


def test_loading_the_core_imports_no_scikit_learn(tmp_path: Path) -> None:
    """It would take most of a second."""
    model_of("core").save(tmp_path / "model")
    code = (
        "import sys, recommender; m = recommender.load(sys.argv[1]); m.recommend(); "
        "assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "model")], check=True)


def test_the_index_names_each_file_with_size_and_digest(folder: Path) -> None:
    """So anybody can check a model without this package."""
    data, _, digest = (folder / NAME).read_bytes().rpartition(b"\n")
    assert digest.decode() == digest_of_bytes(data)
    parts = msgspec.json.decode(data)["parts"]
    assert {part[0] for part in parts.values()} | {NAME, "lock"} == {*files(folder)}
    for file, size, own in parts.values():
        content = (folder / file).read_bytes()
        assert (len(content), digest_of_bytes(content)) == (size, own)
