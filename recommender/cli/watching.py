"""The flag --watch: a verb stays, and runs again after each change of what it reads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from recommender.cli.console import Narrator, plural
from recommender.cli.steps import Invocation, shown_output
from recommender.config import EDITORIAL_NAME, Settings, config_path
from recommender.errors import MissingDependencyError, RecommenderError
from recommender.index.inputs import TEMPORARY

Command = Callable[..., Any]

STEP_MS = 50
"""Time to wait for further changes after one: saving a file is often several."""
LOOK_MS = 1000
"""Time between two looks at the settings files, which are not in the source."""


def watch_flag(command: Command) -> Command:
    """Add the flag --watch to a command."""
    text = "Stay, and run again after each change of the source or the settings. Ctrl-C ends it."
    return click.option("--watch", is_flag=True, help=text)(command)


def repeated(
    run: Callable[[Invocation], Settings],
    obj: Invocation,
    source: str | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a verb, and again after each change, until the process is interrupted.

    Parameters
    ----------
    run : callable
        Runs the verb with a narrator of its own and returns the settings in force.
    obj : (Narrator, Path or None)
        As for `run`.
    source : str, optional
        The directory or file to watch; default: the source in the settings.
    stop : Event, optional
        Ends the watch when it is set.

    Raises
    ------
    RecommenderError
        If the first run fails; the errors of later runs are printed.
    MissingDependencyError
        If watchfiles is not installed.
    """
    try:
        import watchfiles
    except ImportError:
        raise MissingDependencyError("watchfiles", "watch", "--watch") from None
    narrator, config_file = obj
    settings = run(obj)
    watched = Path(source or settings.source or ".").resolve()
    narrator.say(f"Watching {shown_output(str(watched))}; Ctrl-C ends it")
    others = _others(settings, config_file)
    before = [*map(_version, others)]
    for changes in watchfiles.watch(
        watched if watched.is_dir() else watched.parent,
        watch_filter=lambda _, path: _counts(path, watched, settings),
        step=STEP_MS,
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        recursive=watched.is_dir(),
    ):
        now = [*map(_version, others)]
        if not changes and now == before:
            continue
        before = now
        if changes:
            narrator.say(f"{plural(len(changes), 'file')} changed")
        again = Narrator(verbose=narrator.verbose, quiet=narrator.quiet, log=narrator.log)
        again.repeats = True
        try:
            run((again, config_file))
        except RecommenderError as error:
            again.error(str(error))


def _counts(path: str, watched: Path, settings: Settings) -> bool:
    """Return whether a changed file may matter: it is not hidden and not our own output."""
    name = os.path.basename(path)
    if watched.is_file():
        return Path(path) == watched
    own = settings.output is not None and os.path.abspath(settings.output) == path
    hidden = any(part.startswith(".") for part in Path(path).relative_to(watched).parts)
    return not (own or hidden or name.endswith((TEMPORARY, "~")))


def _others(settings: Settings, config_file: Path | None) -> list[Path]:
    """Return the files besides the source that decide the lists."""
    named: Iterable[str] = (
        [settings.editorial] if isinstance(settings.editorial, str) else settings.editorial or ()
    )
    given = [settings.clicks, settings.own_vectors]
    path = config_file or config_path(Path.cwd())
    return [
        path,
        path.with_name(EDITORIAL_NAME),
        *map(Path, named),
        *(Path(path) for path in given if path),
    ]


def _version(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
