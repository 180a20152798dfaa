"""The contents of a host's pages, parsed: those that have not changed are taken from an index.

Hosts render every page again at each build; most contents are those of the last one.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from recommender.errors import RecommenderError
from recommender.index.inputs import digest_of_bytes
from recommender.index.program import program
from recommender.index.store import Store, locked
from recommender.sources.html.reader import read_content
from recommender.sources.html.text import PageText

logger = logging.getLogger(__name__)

PAGES = "pages.msgpack"


class _LastBuild(msgspec.Struct, frozen=True):
    program: str


def parsed_contents(contents: Sequence[str], folder: Path | None = None) -> list[PageText]:
    """Return the blocks of contents, see `read_content`.

    Parameters
    ----------
    contents : sequence of str
        HTML of each page, without the page around it.
    folder : Path, optional
        Directory of the index; None keeps nothing.

    Examples
    --------
    >>> [page.blocks[0].text for page in parsed_contents(["<p>Sow the rye."])]
    ['Sow the rye.']
    """
    if folder is None:
        return [read_content(content) for content in contents]
    with contextlib.ExitStack() as stack:  # another build may write meanwhile
        try:
            stack.enter_context(locked(folder, logger.info))
        except OSError as error:
            _warn(folder, error)
            return [read_content(content) for content in contents]
        return _parsed(contents, Store(folder))


def _parsed(contents: Sequence[str], store: Store) -> list[PageText]:
    last = store.facts(_LastBuild)
    data = store.part(PAGES) if last is not None and last.program == program() else None
    known = msgspec.msgpack.decode(data, type=dict[str, msgspec.Raw]) if data else {}
    if store.problem:
        logger.warning("recommender: %s; the index is made again", store.problem)
    kept: dict[str, msgspec.Raw] = {}
    pages = []
    for content in contents:
        digest = digest_of_bytes(content.encode("utf-8", "surrogatepass"))
        raw = known.get(digest)
        if raw is None:
            page = read_content(content)
            raw = msgspec.Raw(msgspec.msgpack.encode(page))
        else:
            page = msgspec.msgpack.decode(raw, type=PageText)
        kept[digest] = raw
        pages.append(page)
    if kept.keys() != known.keys():
        try:
            store.write(_LastBuild(program()), {PAGES: msgspec.msgpack.encode(kept)})
        except (OSError, RecommenderError) as error:
            _warn(store.folder, error)
    return pages


def _warn(folder: Path, error: Exception) -> None:
    logger.warning("recommender: the index cannot be written to %s: %s", folder, error)
