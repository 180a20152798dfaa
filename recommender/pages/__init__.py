"""Pages: add lists to built pages, and make pages for people to look at."""

from __future__ import annotations

import os
from typing import BinaryIO

from recommender.outputs.atomic import opened_file


def write_preview(page: str, path: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a page from `preview_page` as UTF-8, completely or not at all.

    Parameters
    ----------
    page : str
        The page.
    path : path or binary file
        File to write; see `write_recommendations`.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_preview("<!doctype html>", Path(folder, "preview.html"))
    ...     Path(folder, "preview.html").read_text()
    '<!doctype html>'
    """
    with opened_file(path) as file:
        file.write(page.encode("utf-8"))
