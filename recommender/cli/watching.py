"""The flag --watch: runs a verb again after each change of what it reads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from recommender.cli.console import Command, Narrator, plural
from recommender.cli.steps import Invocation, shown_output
from recommender.config import Settings, source_path
from recommender.configured import EDITORIAL_NAME, config_path
from recommender.errors import ConfigError, MissingDependencyError, RecommenderError
from recommender.index.inputs import TEMPORARY

STEP_MS = 50
"""Time to wait for further changes after one: saving a file is often several."""
LOOK_MS = 200
"""Time between two looks at the settings files, which are not in the source."""


def watch_flag(command: Command) -> Command:
    """Add the flag --watch to a command."""
    text = (
        "Keep running: do it again after each change of the source or the settings. Ctrl-C ends it."
    )
    return click.option("--watch", is_flag=True, help=text)(command)


class Verb(NamedTuple):
    """A verb that can run several times."""

    read: Callable[[Invocation], Settings]
    """Returns the settings in force."""
    run: Callable[[Invocation, Settings], object]
    """Does its work with a narrator of its own."""


def repeated(
    verb: Verb,
    obj: Invocation,
    settings: Settings,
    source: str | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a verb, and again after each change, until the process is interrupted.

    The watch begins before the first run, so that no change during a run is missed.

    Parameters
    ----------
    verb : Verb
        What to run.
    obj : (Narrator, Path or None)
        For the first run.
    settings : Settings
        The settings in force.
    source : str, optional
        The directory or file to watch; default: the source in the settings.
    stop : Event, optional
        Ends the watch when it is set.

    Raises
    ------
    RecommenderError
        If the first run fails, or the source is not on this machine. The errors of later runs are
        printed.
    MissingDependencyError
        If watchfiles is not installed.
    """
    try:
        import watchfiles  # noqa: F401 - named before the first run
    except ImportError:
        raise MissingDependencyError("watchfiles", "watch", "--watch") from None
    _Repeated(verb, obj, settings, source).until(stop)


class _Repeated:
    """A verb that is watched, and the settings of its last run."""

    def __init__(self, verb: Verb, obj: Invocation, settings: Settings, source: str | None) -> None:
        self.verb, self.narrator, self.config_file = verb, *obj
        self.settings, self.source = settings, source
        self.watched = self._to_watch()
        self.versions = self._others()
        self._is_lost = False

    def until(self, stop: threading.Event | None) -> None:
        """Run until the event is set."""
        ran, due = False, False
        while stop is None or not stop.is_set():
            number = _number(self._folder())
            self._is_lost = False
            for changes in self._looks(stop):
                if not ran:
                    self.verb.run((self.narrator, self.config_file), self.settings)
                    self._say_what()
                    ran = True
                elif self._others_changed() or changes or due:
                    self._again(len(changes))
                due = False
                if self._to_watch() != self.watched:
                    self.watched = self._to_watch()
                    self._say_what()
                    break
                if self._is_lost or _number(self._folder()) != number:
                    self._wait_for_folder(stop)
                    due = True
                    break

    def _folder(self) -> Path:
        return self.watched if self.watched.is_dir() else self.watched.parent

    def _wait_for_folder(self, stop: threading.Event | None) -> None:
        """Wait until the directory is there again: many generators remove it and make it anew."""
        stop = stop or threading.Event()
        while not self.watched.exists() and not stop.wait(LOOK_MS / 1000):
            pass

    def _looks(self, stop: threading.Event | None) -> Iterator[Collection[object]]:
        """Yield, several times per second, what has changed in the source since the last time."""
        from watchfiles import Change, watch

        whole, folder = self.watched.is_dir(), self._folder()
        if not folder.is_dir():
            raise ConfigError(
                f"--watch: {self.watched} is not a directory or file on this machine",
                "name one that exists",
            )

        def counts(change: Change, path: str) -> bool:
            self._is_lost |= change == Change.deleted and Path(path) == folder
            return _counts(path, self.watched, whole, self.settings)

        return watch(
            folder,
            watch_filter=counts,
            step=STEP_MS,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
            stop_event=stop,
            recursive=whole,
        )

    def _again(self, changed: int) -> None:
        narrator = self.narrator
        if changed:
            narrator.say(f"{plural(changed, 'file')} changed")
        again = Narrator(verbose=narrator.verbose, quiet=narrator.quiet, log=narrator.log)
        again.repeats = True
        try:
            self.settings = self.verb.read((again, self.config_file))
            self.verb.run((again, self.config_file), self.settings)
        except RecommenderError as error:
            again.error(str(error))

    def _to_watch(self) -> Path:
        from recommender.sources.tables.sql import is_url, shown_url

        source = self.source or self.settings.source or "."
        path = source_path(source)
        if is_url(source) or not path:
            raise ConfigError(
                f"--watch: {shown_url(source)} is not a directory or file on this machine",
                "run the command again, for example from cron",
            )
        return Path(path).resolve()

    def _say_what(self) -> None:
        self.narrator.say(f"Watching {shown_output(str(self.watched))}; Ctrl-C ends it")

    def _others_changed(self) -> bool:
        before, self.versions = self.versions, self._others()
        return any(before.get(path, now) != now for path, now in self.versions.items())

    def _others(self) -> dict[Path, tuple[int, int] | None]:
        """Return size and time of the files besides the source that decide the lists."""
        settings = self.settings
        named: Sequence[str] = settings.editorial or ()
        named = [named] if isinstance(named, str) else named
        path = self.config_file or config_path(Path.cwd())
        given = filter(None, [*named, settings.clicks, settings.own_vectors])
        others = [path, path.with_name(EDITORIAL_NAME), *map(Path, given)]
        return {other: _version(other) for other in others}


def _counts(path: str, watched: Path, whole: bool, settings: Settings) -> bool:
    """Return whether a changed file may matter: it is not hidden and not our own output.

    whole: `watched` is a directory, of which every file counts.
    """
    if not whole:
        return Path(path) == watched
    own = settings.output is not None and os.path.realpath(settings.output) == path
    hidden = any(part.startswith(".") for part in Path(path).relative_to(watched).parts)
    return not (own or hidden or path.endswith((TEMPORARY, "~")))


def _number(folder: Path) -> int | None:
    """Return the number that a directory has as long as it is not replaced."""
    try:
        return folder.stat().st_ino
    except OSError:
        return None


def _version(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
