"""The contracts of engines, stages and outputs: every new one inherits these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from oracles import cosine_top_k
from scipy import sparse

from recommender.articles import validate_articles
from recommender.neighbors.base import SCORE_SCALE, Neighbors
from recommender.outputs import SUFFIXES, write_recommendations
from recommender.outputs.writers import WRITERS
from recommender.ranking import Context, Ranked, Stage, apply_stages, lists_of


def random_rows(n: int, terms: int, density: float, seed: int) -> sparse.csr_array:
    """Return unit rows of few distinct weights, so that ties and empty rows are frequent."""
    generator = np.random.default_rng(seed)
    cells = generator.integers(1, 4, (n, terms)) * (generator.random((n, terms)) < density)
    lengths = np.sqrt((cells**2).sum(axis=1, keepdims=True))
    return sparse.csr_array(cells / np.maximum(lengths, 1))


def as_dicts(rows: sparse.csr_array) -> list[dict[int, float]]:
    """Return the rows as column -> weight."""
    return [
        {int(c): float(v) for c, v in zip(row.nonzero()[0], row[row.nonzero()], strict=True)}
        for row in rows.toarray()
    ]


def as_lists(found: Neighbors | Ranked) -> list[list[tuple[int, float]]]:
    """Return neighbors as lists of (row, score) without the padding."""
    return [
        [(int(i), round(float(s), 6)) for i, s in zip(*pair, strict=True) if i >= 0]
        for pair in zip(found.indices, found.scores, strict=True)
    ]


class EngineContract:
    """Whatever searches: set `search` to a callable as `search_reference`."""

    search: Callable[..., Neighbors]

    @pytest.mark.parametrize("density", [0.03, 0.2, 0.7])
    @pytest.mark.parametrize("k", [1, 5, 200])
    def test_engine_gives_the_lists_of_the_oracle(self, density: float, k: int) -> None:
        """Lists and scores are those of the plain formula, ties, gaps and k > n included."""
        rows = random_rows(120, 30, density, seed=k)
        own = np.arange(120, dtype=np.int32)
        expected = cosine_top_k(as_dicts(rows), as_dicts(rows), k, own)
        assert as_lists(self.search(rows, rows, k, own_rows=own)) == expected

    def test_engine_searches_other_rows_than_the_seeds(self) -> None:
        """Seeds may be other rows than the candidates, and some of them candidates too."""
        seeds, candidates = random_rows(20, 30, 0.3, seed=1), random_rows(70, 30, 0.3, seed=2)
        own = np.where(np.arange(20) % 2, np.arange(20), -1).astype(np.int32)
        expected = cosine_top_k(as_dicts(seeds), as_dicts(candidates), 6, own)
        assert as_lists(self.search(seeds, candidates, 6, own_rows=own)) == expected

    def test_engine_without_own_rows_leaves_nothing_out(self) -> None:
        """A seed that is not among the candidates may find an equal row at score 1."""
        rows = sparse.csr_array(np.eye(3))
        assert as_lists(self.search(rows, rows, 2)) == [[(0, 1.0)], [(1, 1.0)], [(2, 1.0)]]

    def test_engine_puts_the_smaller_row_first_on_a_tie(self) -> None:
        """Among equal scores, the smaller row comes first."""
        rows = sparse.csr_array(np.ones((4, 1)))
        own = np.arange(4, dtype=np.int32)
        found = self.search(rows, rows, 3, own_rows=own)
        assert found.indices.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]

    def test_engine_compares_whole_millionths(self) -> None:
        """Scores that differ by less than their grain are a tie."""
        angle = 1e-4
        near = [[1.0, 0.0], [np.cos(angle), np.sin(angle)], [1.0, 0.0]]
        rows = sparse.csr_array(np.array(near))
        found = self.search(rows, rows, 2, own_rows=np.arange(3, dtype=np.int32))
        assert found.indices.tolist() == [[1, 2], [0, 2], [0, 1]]

    def test_engine_masks_a_row_among_its_own_copies(self) -> None:
        """Of exact copies each finds the others and never itself."""
        rows = sparse.csr_array(np.array([[1.0, 0], [0, 1.0], [1.0, 0], [1.0, 0]]))
        found = self.search(rows, rows, 3, own_rows=np.arange(4, dtype=np.int32))
        assert as_lists(found)[2] == [(0, 1.0), (3, 1.0)]

    def test_engine_gives_an_empty_row_no_neighbors(self) -> None:
        """A row of zeros has an empty list and is in no other list."""
        rows = sparse.csr_array(np.array([[1.0, 0], [0, 0], [1.0, 0]]))
        found = self.search(rows, rows, 2, own_rows=np.arange(3, dtype=np.int32))
        assert as_lists(found) == [[(2, 1.0)], [], [(0, 1.0)]]

    @pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
    def test_engine_takes_no_seeds_and_no_candidates(self, n: int, m: int) -> None:
        """Nothing to search, or for, gives lists without neighbors."""
        found = self.search(sparse.csr_array((n, 2)), sparse.csr_array((m, 2)), 4)
        assert found.indices.shape == found.scores.shape == (n, 4)
        assert (found.indices == -1).all()

    def test_engine_returns_the_contract_types(self) -> None:
        """Rows are int32 padded with -1, scores float32 padded with 0, whole millionths."""
        rows = random_rows(50, 20, 0.1, seed=3)
        found = self.search(rows, rows, 60, own_rows=np.arange(50, dtype=np.int32))
        assert (found.indices.dtype, found.scores.dtype) == (np.int32, np.float32)
        assert ((found.scores == 0) == (found.indices == -1)).all()
        millionths = np.rint(found.scores.astype(float) * SCORE_SCALE) / SCORE_SCALE
        assert (found.scores == millionths.astype(np.float32)).all()

    def test_engine_reports_progress_to_the_end(self) -> None:
        """The last call of `progress` says that all seeds are done."""
        calls: list[tuple[str, int, int]] = []
        rows = random_rows(9, 5, 0.5, seed=4)
        self.search(rows, rows, 2, progress=lambda *call: calls.append(call))
        assert calls[-1] == ("search", 9, 9)


class StageContract:
    """The laws of the stages: set `stage`; `adds` if it may bring in candidates."""

    stage: Stage
    adds = False

    @pytest.fixture
    def before(self, neighborhood: tuple[Ranked, Context]) -> Ranked:
        """The neighbors found for the bundled articles."""
        return neighborhood[0]

    @pytest.fixture
    def context(self, neighborhood: tuple[Ranked, Context]) -> Context:
        """The data that the stage may use."""
        return neighborhood[1]

    @pytest.fixture
    def after(self, before: Ranked, context: Context) -> Ranked:
        """The result of the stage, with a list for each article, most of them not empty."""
        after = apply_stages(before, context, [type(self).stage])
        assert len(after.indices) == len(before.indices)
        assert (after.indices[:, 0] >= 0).mean() > 0.5
        return after

    def test_stage_leaves_scores_as_they_are(self, before: Ranked, after: Ranked) -> None:
        """Every candidate keeps the cosine that search gave it."""
        for old, new in zip(as_lists(before), as_lists(after), strict=True):
            assert self.adds or set(new) <= set(old)
            assert dict(old).items() >= {(i, s) for i, s in new if i in dict(old)}

    def test_stage_names_no_candidate_twice(self, after: Ranked) -> None:
        """A list holds an article once."""
        assert all(len(dict(found)) == len(found) for found in as_lists(after))

    def test_stage_never_adds_the_article_itself(self, after: Ranked, context: Context) -> None:
        """An article does not come into its own list."""
        assert (after.indices != np.arange(len(context.seeds))[:, None]).all()

    def test_stage_pads_at_the_end(self, after: Ranked) -> None:
        """There is no gap between two candidates, and a gap has score 0."""
        gaps = after.indices < 0
        assert (gaps[:, 1:] >= gaps[:, :-1]).all()
        assert (after.scores[gaps] == 0).all()

    def test_stage_is_deterministic(self, before: Ranked, after: Ranked, context: Context) -> None:
        """The same lists again give the same lists again."""
        again = type(self).stage(before, context)
        assert (again.indices == after.indices).all()
        assert (again.scores == after.scores).all()

    def test_stage_leaves_its_input_alone(self, before: Ranked, context: Context) -> None:
        """The lists that come in are not written into."""
        copy = before.indices.copy(), before.scores.copy()
        type(self).stage(before, context)
        assert (before.indices == copy[0]).all()
        assert (before.scores == copy[1]).all()

    def test_stage_takes_each_list_for_itself(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """A list depends on the other lists that are requested if the stage says so, else not."""
        some = slice(3, 30, 4)
        alone = type(self).stage(
            lists_of(before, some),
            context._replace(
                seeds=context.seeds.iloc[some],
                own=context.own[some],
                found=lists_of(context.found, some),
            ),
        )
        same = np.array_equal(alone.indices, after.indices[some])
        assert same != getattr(self.stage, "whole_site", False)

    def test_stage_skips_empty_places(
        self, before: Ranked, after: Ranked, context: Context
    ) -> None:
        """Lists with padding at their ends, as on a small site, have the same result."""
        padded = Ranked(
            np.pad(before.indices, ((0, 0), (0, 3)), constant_values=-1),
            np.pad(before.scores, ((0, 0), (0, 3))),
            np.pad(before.keys, ((0, 0), (0, 3)), constant_values=-np.inf),
            np.pad(before.origins, ((0, 0), (0, 3))),
        )
        assert as_lists(type(self).stage(padded, context)) == as_lists(after)

    def test_stage_takes_no_lists(self, before: Ranked, context: Context) -> None:
        """No seeds give no lists."""
        none = lists_of(before, slice(0))
        few = context._replace(seeds=context.seeds[:0], own=context.own[:0], found=none)
        assert len(type(self).stage(none, few).indices) == 0

    def test_stage_prints_and_compares_by_its_parameters(self) -> None:
        """A stage is a value: its text makes an equal one."""
        stage = type(self).stage
        assert eval(repr(stage), {type(stage).__name__: type(stage)}) == stage


ODD_IDS = [
    "01",
    'a "b", c',
    "line\nbreak",
    " space ",
    "NA",
    "null",
    "münchen/東京",
    "<b>&amp;",
    "é",
]


class OutputContract:
    """Whatever is written: set `format` and `suffix`, and `read` a file back."""

    format: str
    suffix: str
    keeps_empty_lists = True

    def read(self, path: Path) -> Mapping[str, list[str]]:
        """Return id -> related ids, as a user of the file would read it."""
        raise NotImplementedError

    @pytest.fixture
    def articles(self) -> pd.DataFrame:
        """Articles with the oddest ids."""
        return validate_articles(pd.DataFrame({"id": ODD_IDS, "title": ODD_IDS, "text": ODD_IDS}))

    @pytest.fixture
    def related(self) -> pd.DataFrame:
        """Each article's list: the next two in the order of `ODD_IDS`; the last has none."""
        pairs = [(a, r, b) for r in (1, 2) for a, b in zip(ODD_IDS, ODD_IDS[r:], strict=False)]
        table = pd.DataFrame(pairs, columns=["article_id", "rank", "related_id"])
        return table.assign(score=0.123456, origin="similar")

    def test_output_gives_the_ids_back(
        self, tmp_path: Path, articles: pd.DataFrame, related: pd.DataFrame
    ) -> None:
        """Every id is read back unchanged, with any characters."""
        path = tmp_path / f"related{self.suffix}"
        write_recommendations(related, path, articles=articles, format=self.format)
        expected = {a: ODD_IDS[at + 1 : at + 3] for at, a in enumerate(ODD_IDS)}
        assert self.read(path) == {a: r for a, r in expected.items() if r or self.keeps_empty_lists}

    def test_output_is_chosen_by_its_suffix(
        self, tmp_path: Path, articles: pd.DataFrame, related: pd.DataFrame
    ) -> None:
        """The suffix alone gives the same bytes as the format's name."""
        assert SUFFIXES[self.suffix] == self.format
        for name in (self.format, "auto"):
            path = tmp_path / f"{name}{self.suffix}"
            write_recommendations(related, path, articles=articles, format=name)
        named, guessed = sorted(tmp_path.iterdir())
        assert named.read_bytes() == guessed.read_bytes()

    def test_output_does_not_hang_on_the_order_of_rows(
        self, tmp_path: Path, articles: pd.DataFrame, related: pd.DataFrame
    ) -> None:
        """Rows in another order give the same bytes."""
        for name, table in (("a", related), ("b", related.iloc[::-1])):
            path = tmp_path / f"{name}{self.suffix}"
            write_recommendations(table, path, articles=articles)
        first, second = sorted(tmp_path.iterdir())
        assert first.read_bytes() == second.read_bytes()

    def test_output_that_fails_leaves_the_old_file(
        self, tmp_path: Path, articles: pd.DataFrame, related: pd.DataFrame,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        """A run that breaks off leaves the old bytes and no temporary file."""
        path = tmp_path / f"related{self.suffix}"
        path.write_bytes(b"old")
        writer = WRITERS[self.format]

        def breaks(lists: Iterator[Any], file: Any) -> None:
            writer(lists, file)
            raise RuntimeError("in the middle")

        monkeypatch.setattr("recommender.outputs.writers.WRITERS", {self.format: breaks})
        with pytest.raises(RuntimeError):
            write_recommendations(related, path, articles=articles)
        assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
            (path.name, b"old")
        ]

    def test_output_takes_half_a_surrogate_pair(self, tmp_path: Path) -> None:
        """A text cut in the middle of an emoji is written all the same."""
        broken = pd.Series(["a", "b \ud83d"], dtype=object)
        articles = validate_articles(pd.DataFrame({"id": broken, "title": broken, "text": broken}))
        first, second = articles["id"]
        related = pd.DataFrame([(first, 1, second, 0.5, "similar")])
        related.columns = pd.Index(["article_id", "rank", "related_id", "score", "origin"])
        path = tmp_path / f"related{self.suffix}"
        write_recommendations(related, path, articles=articles)
        assert self.read(path)["a"] == ["b \ufffd"]

    def test_output_takes_no_recommendations(
        self, tmp_path: Path, articles: pd.DataFrame, related: pd.DataFrame
    ) -> None:
        """Without any recommendation the file is whole and its lists are empty."""
        path = tmp_path / f"related{self.suffix}"
        write_recommendations(related[:0], path, articles=articles)
        assert self.read(path) == {name: [] for name in ODD_IDS if self.keeps_empty_lists}
