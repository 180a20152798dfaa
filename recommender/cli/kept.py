"""What the verbs `build` and `site` keep for their next run: the index of `recommender.index`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from recommender.cli.console import Narrator, terminal_safe
from recommender.config import Settings, SourceSettings, source_path
from recommender.errors import RecommenderError
from recommender.index.cache import FileCache, Results
from recommender.index.inputs import Inputs, Watch
from recommender.index.program import digest_of_data, program
from recommender.index.store import FOLDER, Data, Store, locked

if TYPE_CHECKING:
    from recommender.model import Recommender
    from recommender.vectors.graphs import GraphMemory

FILES, VALUES = "files.msgpack", "values.bin"
"""The files with `Results`."""


class LastRun(msgspec.Struct, frozen=True):
    """What a run knows of the last one."""

    key: str
    """Digest of the program and all settings."""
    reading: str
    """Digest of the program and the settings that decide what a file gives."""
    inputs: Inputs | None
    """None if a file was changed while the run read it; see `Watch.inputs`."""
    warnings: list[str]
    counts: dict[str, Any]


class Kept:
    """What the last run left for the steps of this one, and what they leave for the next.

    Parameters
    ----------
    files : FileCache
        What files gave.
    store : Store or None
        Where the last run left its neighbor graph, if it may be used.
    warn : callable
        Called with a problem of the store.
    """

    def __init__(
        self, files: FileCache, store: Store | None, warn: Callable[[str], object]
    ) -> None:
        self.files = files
        self._store = store
        self._warn = warn
        self._graph: GraphMemory | None = None
        self._is_small = False

    def remember(self, model: Recommender) -> None:
        """Let a fitted model use the graph of the last run, if that saves time."""
        from recommender.vectors.graphs import LEAST_ARTICLES, GraphMemory

        self._is_small = len(model.articles_) < LEAST_ARTICLES
        if self._is_small:
            return
        last = None
        if self._store is not None:
            from recommender.index.graph import graph_of

            last = graph_of(self._store.part)
            tell_damage(self._store, self._warn)
        self._graph = model.memory = GraphMemory(last)

    def graph_parts(self) -> tuple[Mapping[str, Data], Sequence[str]]:
        """Return the files of the graph to write, and the names of those that stay."""
        graph = self._graph
        if graph is not None and graph.now is not None and graph.now is not graph.last:
            from recommender.index.graph import parts_of

            return parts_of(graph.now), ()
        if self._store is None or self._is_small:
            return {}, ()
        from recommender.index.graph import PARTS

        return {}, PARTS


def tell_damage(store: Store, warn: Callable[[str], object]) -> None:
    """Report what the store found damaged, once."""
    if store.problem:
        warn(f"{store.problem}; the index is made again")
        store.problem = ""


def indexed(
    verb: str,
    obj: tuple[Narrator, Path | None],
    settings: Settings,
    work: Callable[[Kept | None], None],
    *,
    sources: Sequence[str | None],
    flags: Mapping[str, Any],
) -> None:
    """Do the work of a verb with its index, or without one where none can be kept.

    Parameters
    ----------
    verb : str
        The command.
    obj : (Narrator, Path or None)
        As in `steps.Invocation`.
    settings : Settings
        The settings in force.
    work : callable
        Reads, makes lists and writes them, with what the last run left.
    sources : sequence of str or None
        What the work reads; without a name or at an address there is no index.
    flags : mapping
        Flags of the verb that are not settings.
    """
    narrator, config_file = obj
    paths = [source_path(source) for source in sources if source]
    named = [path for path in paths if os.path.exists(path)]
    local = len(named) == len(sources) and settings.engine != "dask"
    if not (settings.index and local) or _is_stream(settings.output):
        work(None)
        return
    beside = config_file.parent if config_file else Path.cwd()
    Index(verb, settings, narrator, sources=named, flags=flags, beside=beside).run(work)


def _is_stream(output: str | None) -> bool:
    """Return whether an output is not a file, so that it must be written again each time."""
    return output == "-" or (
        output is not None and os.path.exists(output) and not os.path.isfile(output)
    )


class Index:
    """The index of one verb, source and output.

    Parameters
    ----------
    verb : str
        The command.
    settings : Settings
        The settings in force.
    narrator : Narrator
        Reports problems with the index; they do not end a run.
    sources : sequence of str
        What the run reads.
    flags : mapping
        Flags of the verb that are not settings.
    beside : Path
        The directory of the settings file.
    """

    def __init__(
        self,
        verb: str,
        settings: Settings,
        narrator: Narrator,
        *,
        sources: list[str],
        flags: Mapping[str, Any],
        beside: Path,
    ) -> None:
        self._narrator = narrator
        self._sources = sources
        self._told_once: list[str] = []
        values = asdict(settings)
        names = [verb, *map(os.path.abspath, sources), str(settings.output), settings.format]
        folder = Path(settings.index_dir or beside / FOLDER)
        self._store = Store(folder / f"{verb}-{digest_of_data(names)[:12]}")
        self._key = digest_of_data([program(), os.getcwd(), values, flags])
        reading = [values[name] for name in sorted(SourceSettings.__annotations__)]
        self._reading = digest_of_data([program(), *reading])

    def run(self, work: Callable[[Kept], None]) -> None:
        """Do the work of the verb, unless its result is there already."""
        with contextlib.ExitStack() as stack:
            try:
                lock = stack.enter_context(locked(self._store.folder, self._narrator.say))
            except OSError as error:
                self._tell_unwritten(error.strerror or str(error))
                work(Kept(FileCache(Watch(self._sources)), None, self._tell_once))
                return
            stack.callback(self._store.remove_if_empty)
            last: LastRun | None = self._store.facts(LastRun)
            if last is not None and not lock.left_by_dead_run and self._is_done(last):
                self._tell_done(last)
            else:
                lock.at_work()
                self._work(work, last, stack)

    def _is_done(self, last: LastRun) -> bool:
        """Return whether another run would write what is there; --verbose wants to see it."""
        if last.key != self._key or last.inputs is None or self._narrator.verbose:
            return False
        return not last.inputs.change()

    def _work(
        self, work: Callable[[Kept], None], last: LastRun | None, stack: contextlib.ExitStack
    ) -> None:
        reusable = last is not None and last.reading == self._reading
        results = self._last_results(stack) if reusable else None
        tell_damage(self._store, self._tell_once)
        states = last.inputs.files if last and last.inputs else None
        values = stack.enter_context(self._store.unnamed_file())
        with Watch(self._sources) as watch:
            kept = Kept(
                FileCache(watch, results, states, values),
                self._store if reusable else None,
                self._tell_once,
            )
            try:
                work(kept)
            except RecommenderError:
                if kept.files:  # what was read may be right all the same
                    with contextlib.suppress(RecommenderError):
                        self._keep(None, kept)
                raise
            inputs = watch.inputs()
        if not watch.flushed():
            inputs = None
        try:
            self._keep(inputs, kept)
        except RecommenderError as error:
            cause = error.__cause__
            reason = cause.strerror if isinstance(cause, OSError) else None
            self._tell_unwritten(reason or error.message)

    def _keep(self, inputs: Inputs | None, kept: Kept) -> None:
        narrator = self._narrator
        repeated = (line for line in narrator.warnings if line not in self._told_once)
        warnings = [terminal_safe(line) for line in repeated]  # UTF-8, whatever they name
        run = LastRun(self._key, self._reading, inputs, warnings, narrator.counts)
        parts, same = kept.graph_parts()
        table, values = kept.files.results()
        self._store.write(run, {FILES: table, VALUES: values, **parts}, same)

    def _last_results(self, stack: contextlib.ExitStack) -> Results | None:
        table, values = self._store.part(FILES), self._store.file(VALUES, verify=True)
        if table is None or values is None:
            return None
        return Results(table, stack.enter_context(values.open("rb")))

    def _tell_once(self, line: str) -> None:
        """Write a warning that the next run has no reason to repeat."""
        self._told_once.append(line)
        self._narrator.warn(line)

    def _tell_unwritten(self, reason: str) -> None:
        folder = self._store.folder
        self._narrator.warn(
            f"{folder}: the index cannot be written, {reason.lower()}; set index_dir to "
            "another directory, or use --no-index"
        )

    def _tell_done(self, last: LastRun) -> None:
        narrator = self._narrator
        narrator.counts |= last.counts
        if narrator.repeats:
            return
        for line in last.warnings:
            narrator.warn(line)
        when = datetime.fromtimestamp(last.inputs.at if last.inputs else 0).astimezone()
        narrator.say(
            f"Nothing has changed since {when:%Y-%m-%d %H:%M:%S}: all is up to date, checked in "
            f"{narrator.lap('check'):.2f} s"
        )
