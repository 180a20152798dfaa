"""The contract of every source: a new one inherits these tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recommender.errors import SourceError
from recommender.sources import SourceOptions, read_articles, read_source

ROWS: list[dict[str, Any]] = [
    {
        "id": "b",
        "title": "Oats",
        "text": "Late.",
        "date": "2020-02-01",
        "tags": "x, y",
        "desk": "farm",
    },
    {
        "id": "a",
        "title": "Rye",
        "text": "Early.",
        "date": "2020-01-01",
        "tags": "x",
        "desk": "farm",
    },
    {"id": "c", "title": "", "text": "", "date": "2020-01-01", "tags": "", "desk": "farm"},
    {
        "id": "d",
        "title": "Barley",
        "text": "Soon.",
        "date": "2099-01-01",
        "tags": "",
        "desk": "farm",
    },
]


class SourceContract:
    """The contract of every format; subclasses write rows in their format."""

    def write(self, directory: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write the rows and return what to read."""
        raise NotImplementedError

    def read(self, path: Path, **options: Any) -> pd.DataFrame:
        """Read without the rows that are left out."""
        return read_articles(path, now=datetime(2024, 1, 1, tzinfo=UTC), **options)

    def test_rows_become_a_validated_table(self, tmp_path: Path) -> None:
        """Rows come ordered by id, in the types of the Article table."""
        table = self.read(self.write(tmp_path, ROWS))
        assert list(table["title"]) == ["Rye", "Oats"]
        assert list(table["tags"]) == [["x"], ["x", "y"]]
        assert table["date"].tolist() == list(
            pd.to_datetime(["2020-01-01", "2020-02-01"], utc=True)
        )

    def test_unknown_columns_are_kept(self, tmp_path: Path) -> None:
        """A column without a meaning here is there for filters."""
        assert list(self.read(self.write(tmp_path, ROWS))["desk"]) == ["farm", "farm"]

    def test_columns_are_mapped_by_options(self, tmp_path: Path) -> None:
        """A column that the user names takes the place of its default."""
        table = self.read(self.write(tmp_path, ROWS), category_column="desk")
        assert list(table["category"]) == ["farm", "farm"]

    def test_what_is_left_out_has_a_reason(self, tmp_path: Path) -> None:
        """Rows without title and text and rows of the future are reported."""
        result = read_source(self.write(tmp_path, ROWS))
        assert sorted(s.reason for s in result.skipped) == ["empty text", "future-dated"]

    def test_a_title_without_text_is_an_article(self, tmp_path: Path) -> None:
        """A video, a gallery or a link post has a list and is in the lists of others."""
        rows = [*ROWS[:2], ROWS[2] | {"title": "Corn, filmed"}]
        table = self.read(self.write(tmp_path, rows))
        assert list(table["title"]) == ["Rye", "Oats", "Corn, filmed"]
        assert list(table["text"]) == ["Early.", "Late.", ""]

    def test_order_of_the_input_does_not_matter(self, tmp_path: Path) -> None:
        """The same rows in another order are the same table."""
        forward, backward = tmp_path / "f", tmp_path / "b"
        forward.mkdir()
        backward.mkdir()
        first = self.read(self.write(forward, ROWS))
        second = self.read(self.write(backward, ROWS[::-1]))
        assert first["id"].tolist() == second["id"].tolist()
        assert first["text"].tolist() == second["text"].tolist()

    def test_missing_mapped_column_names_what_is_there(self, tmp_path: Path) -> None:
        """A column that is not there is answered with those that are, and a guess."""
        with pytest.raises(
            SourceError, match=r"dsk not found, got .*desk.*\nHint: did you mean desk"
        ):
            self.read(self.write(tmp_path, ROWS), category_column="dsk")

    def test_a_bad_date_is_named_by_row(self, tmp_path: Path) -> None:
        """A date that cannot be read names its place and the format to set."""
        rows = [{**ROWS[0], "date": "12/31/24"}]
        with pytest.raises(
            SourceError, match=r"`date` must be ISO 8601, got '12/31/24'\n.*%m/%d/%y"
        ):
            self.read(self.write(tmp_path, rows))

    def test_date_format_reads_other_dates(self, tmp_path: Path) -> None:
        """With date_format the same date is read."""
        rows = [{**ROWS[0], "date": "12/31/21"}]
        table = self.read(self.write(tmp_path, rows), date_format="%m/%d/%y")
        assert table["date"][0] == pd.Timestamp("2021-12-31", tz="UTC")


class TableContract(SourceContract):
    """The contract of files with named columns, in addition."""

    def test_missing_text_column_is_an_error(self, tmp_path: Path) -> None:
        """Without a text column nothing can be read, and the option is named."""
        rows = [{"id": "a", "title": "Rye", "texts": "Early."}]
        with pytest.raises(
            SourceError, match=r"column text not found, got id, texts, title\n.*text_column"
        ):
            self.read(self.write(tmp_path, rows))

    @pytest.mark.parametrize("switch", ["recommender", "related"])
    @pytest.mark.parametrize(("no", "yes"), [(False, True), ("false", "true"), ("No", ""), (0, 1)])
    def test_a_row_may_ask_to_be_left_out(
        self, tmp_path: Path, switch: str, no: object, yes: object
    ) -> None:
        """`recommender` or `related` with a word for no leaves the row out, with the reason."""
        rows = [{**ROWS[0], switch: no}, {**ROWS[1], switch: yes}]
        found = read_source(self.write(tmp_path, rows), SourceOptions())
        assert list(found.articles["id"]) == [ROWS[1]["id"]]
        assert [skipped.reason for skipped in found.skipped] == ["left out by itself"]

    def test_repeated_ids_are_named_with_the_file(self, tmp_path: Path) -> None:
        """Two rows with one id are an error that names both places."""
        path = self.write(tmp_path, [ROWS[2], ROWS[0], ROWS[0]])
        with pytest.raises(
            SourceError, match=r"(row |:)[35]: id 'b' is repeated, first at .*(row |:)[23]"
        ):
            self.read(path)
