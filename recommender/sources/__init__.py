"""Sources: one reader per kind of input; each returns the Article table.

To add one, write a module with a reader `read_<format>` (path, options) -> Records, and add it to
`READERS` in `readers.py` and its suffix to `SUFFIXES`. The names below are loaded when first used,
so that a module which needs no table can be imported without pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.sources.base import INVALID, Skipped, SourceOptions, SourceResult
    from recommender.sources.readers import (
        READERS,
        SUFFIXES,
        boilerplate_blocks,
        boilerplate_report,
        read_articles,
        read_source,
        reason_kind,
        summarize_skipped,
    )

__all__ = [
    "INVALID",
    "READERS",
    "SUFFIXES",
    "Skipped",
    "SourceOptions",
    "SourceResult",
    "boilerplate_blocks",
    "boilerplate_report",
    "read_articles",
    "read_source",
    "reason_kind",
    "summarize_skipped",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from recommender.sources import readers

        return getattr(readers, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
