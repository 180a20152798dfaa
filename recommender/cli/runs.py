"""The report of a run as JSON: counts, times, settings, versions, warnings, and how it ended."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from recommender.cli.console import Command, GivenPath, Narrator
from recommender.config import Settings

LIBRARIES = ("numpy", "scipy", "pandas")


def report_flag(command: Command) -> Command:
    """Add the flag for the report of the run to a command."""
    return click.option(
        "--report",
        type=GivenPath(path_type=Path),
        metavar="FILE",
        help="JSON file to write about the run: counts, times, settings, versions, warnings.",
    )(command)


@contextmanager
def reported(
    file: Path | None, verb: str, narrator: Narrator, settings: Settings
) -> Iterator[None]:
    """Write the report of what runs inside, also if it fails; without a file, do nothing.

    Parameters
    ----------
    file : Path or None
        The JSON file to write.
    verb : str
        The command, for the report.
    narrator : Narrator
        Knows the counts, times and warnings of the run.
    settings : Settings
        The settings in force.
    """
    if file is None:
        yield
        return
    started, begin = datetime.now(UTC), time.perf_counter()
    error = "interrupted"
    try:
        yield
        error = ""
    except Exception as problem:
        error = str(problem)
        raise
    finally:
        _write(
            file,
            {
                "command": verb,
                "ok": not error,
                "error": error or None,
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(time.perf_counter() - begin, 3),
                "counts": narrator.counts,
                "times": {name: round(part, 3) for name, part in narrator.times.items()},
                "warnings": narrator.warnings,
                "versions": _versions(),
                "settings": _settings(settings),
            },
        )


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    import recommender

    found = {"python": platform.python_version(), "recommender": recommender.__version__}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # vendored by a distribution
            found[name] = "unknown"
    return found


def _settings(settings: Settings) -> dict[str, Any]:
    """Return the settings; the address of a database without its password."""
    values = asdict(settings)
    if values["source"] is not None:
        from recommender.sources.tables.sql import shown_url

        values["source"] = shown_url(values["source"])
    return values


def _write(file: Path, data: dict[str, Any]) -> None:
    from recommender.outputs.atomic import atomic_file

    with atomic_file(file) as out:
        text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
        out.write(text.encode("utf-8", "replace") + b"\n")
