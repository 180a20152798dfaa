"""``manage.py recommend``: makes the lists of all objects, and writes those that changed."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError, did_you_mean
from recommender.plugins.django.building import BuiltLists, build
from recommender.plugins.django.options import ModelOptions, options
from recommender.plugins.django.writing import Changes, write

PHASES = {"read": "Reading", "text": "Reading texts", "analysis": "Counting words",
          "search": "Searching", "save": "Saving the model"}  # fmt: skip


class Command(BaseCommand):
    """The command."""

    help = "Makes the lists of related articles, and writes those that changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--model",
            action="append",
            default=[],
            metavar="APP.MODEL",
            help="Make lists of this model only, with entries of this model only; may be repeated.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Write nothing; say what would change."
        )
        parser.add_argument(
            "--allow-empty", action="store_true", help="Write even if that empties most lists."
        )

    def handle(self, *args: Any, **given: Any) -> None:
        """Run the command."""
        try:
            self._run(given["model"], given["dry_run"], given["allow_empty"], given["verbosity"])
        except (RecommenderError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error

    def _run(self, names: list[str], dry: bool, empty: bool, verbosity: int) -> None:
        started = time.perf_counter()
        known = options().models
        chosen = _chosen(names, known)
        labels = [model.label for model in chosen] if names else []

        def progress(phase: str, done: int, total: int) -> None:
            if verbosity > 1:
                of = f" of {total:,}" if total else ""
                self.stdout.write(f"{PHASES.get(phase, phase)}: {done:,}{of}")

        lists = build(chosen, not names, progress)
        if verbosity:
            self.stdout.write(_read_line(lists, [model.label for model in chosen]))
        found = write(lists, labels, dry=dry, empty=empty)
        if found.empties_most and not empty:
            raise CommandError(
                f"{found.emptied:,} of {found.filled:,} lists would be empty, so nothing is "
                "written.\nHint: check the querysets and texts of RECOMMENDER; if this is right, "
                "add --allow-empty"
            )
        if verbosity:
            self.stdout.write(_changes_line(found, dry, time.perf_counter() - started))
        self._tell_useless(lists)

    def _tell_useless(self, lists: BuiltLists) -> None:
        articles, filled = len(lists.titles), len(lists.entries)
        if articles == 0:
            advice = "there are no articles; check the querysets of RECOMMENDER"
        elif filled * 2 < articles:
            advice = (
                f"{articles - filled:,} of {articles:,} lists are empty; check that text names "
                "the fields with the text"
            )
        else:
            return
        self.stderr.write(self.style.WARNING(f"Warning: {advice}"))


def _chosen(names: list[str], known: Any) -> list[ModelOptions]:
    for name in names:
        if name.lower() not in known:
            labels = [model.model._meta.label for model in known.values()]
            advice = did_you_mean(name, labels) or f"models are {', '.join(labels)}"
            raise CommandError(f"--model: {name} is not in RECOMMENDER\nHint: {advice}")
    wanted = {name.lower() for name in names} or known
    return [model for label, model in known.items() if label in wanted]


def _read_line(lists: BuiltLists, labels: list[str]) -> str:
    line = f"Read {len(lists.titles):,} articles of {', '.join(labels)}"
    if lists.unchanged:
        return f"{line}; nothing has changed, the lists are those of the last run"
    empty = len(lists.titles) - len(lists.entries)
    return f"{line}; {empty:,} have no list" if empty else line


def _changes_line(found: Changes, dry: bool, seconds: float) -> str:
    parts = [
        f"{number:,} {what}"
        for number, what in (
            (len(found.new), "new"),
            (len(found.changed), "changed"),
            (len(found.gone), "removed"),
        )
        if number
    ]
    kept = f"{found.same:,} unchanged"
    if not parts:
        return f"Nothing to write: {kept}, in {seconds:.1f} s"
    verb = "Would write" if dry else "Wrote"
    return f"{verb} lists: {', '.join([*parts, kept])}, in {seconds:.1f} s"
