"""The verb `check`: what is read and skipped, what looks wrong, and the gates of a build.

`cli` registers it. Like all verbs, it is a few calls to the library.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from recommender.cli.console import (
    Command,
    GivenPath,
    Narrator,
    VerbCommand,
    echo,
    echo_json,
    named,
    setting_flags,
)
from recommender.cli.inject import check_site
from recommender.cli.steps import (
    STDOUT,
    Invocation,
    fit_articles,
    read,
    required,
    source_of,
    source_options,
    start,
    write_lists,
)
from recommender.config import MAIN_TERMS, Settings
from recommender.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from recommender.evaluation.gates import Gate, Limit
    from recommender.model import Recommender
    from recommender.outputs.cards import Card
    from recommender.sources import SourceOptions, SourceResult

EXAMPLE_WIDTH = 80
"""Maximum length of an example of a cut block."""

SHOWN_TERMS = 20
SHOWN_ITEMS = 3
"""How many articles of a kind are named without --verbose."""

SHORT_TEXT = 250
"""`check` counts texts with fewer characters as short."""

GATES = {
    "max_orphans": "maximum of articles in no list.",
    "min_filled": "minimum of full lists.",
    "max_empty": "maximum of empty lists.",
    "max_hub": "maximum of lists that show the same article.",
    "max_foreign": "maximum of entries in another language than their article.",
    "max_duplicates": "maximum of groups of near-duplicates.",
    "max_unreadable": "maximum of files and rows that cannot be read.",
    "max_dead": "maximum of entries of the written lists that are drafts or missing.",
    "max_stale": "maximum of written lists that a new build would change.",
    "max_shrink": "maximum of lists, and of entries, that are lost since the written lists.",
}
"""The gates, each a flag with a limit; the last three look at the lists that were written."""


def _gate_flags(command: Command) -> Command:
    """Add a flag for the limit of each gate to a command."""
    for name, text in reversed(GATES.items()):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, metavar="LIMIT", help=f"Gate: {text}")(command)
    return command


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@click.option(
    "--terms",
    default=SHOWN_TERMS,
    show_default=True,
    type=click.IntRange(min=0),
    help="Number of heaviest terms to print.",
)
@click.option(
    "--boilerplate", is_flag=True, help="Count the blocks cut from texts; with -v, print them."
)
@click.option(
    "--built",
    type=GivenPath(path_type=Path),
    metavar="DIR",
    help="Check the lists on the built pages in DIR instead; exit with code 1 if one is missing.",
)
@click.option(
    "--lists",
    "lists_file",
    type=GivenPath(path_type=Path),
    metavar="FILE",
    help="File that `build` wrote, for --built and gates; default: the output in the settings.",
)
@_gate_flags
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--github", is_flag=True, help="Print broken gates as annotations for GitHub Actions too."
)
@setting_flags("source", "model", "lists")
@click.pass_obj
def check(
    obj: Invocation,
    /,
    terms: int,
    boilerplate: bool,
    built: Path | None,
    lists_file: Path | None,
    as_json: bool,
    github: bool,
    **flags: Any,
) -> None:
    """Print which articles of SOURCE are read or skipped, and why.

    Also prints what looks wrong. With --built, prints instead whether each list is on its page
    and whether every link leads to a page.

    With limits, also checks the lists, and exits with code 1 if a limit is broken. A LIMIT is a
    count, such as 12, or a share, such as 5% or 0.05.
    """
    limits = _limits({name: flags.pop(name) for name in GATES})
    narrator, settings = start(obj, flags)
    if built is not None:
        check_site(narrator, settings, built, lists_file, flags)
        return
    if boilerplate:
        from recommender.resources import using

        source = source_of(settings)
        with using(settings.threads):
            _print_boilerplate(source, source_options(settings), narrator.verbose)
        return
    result = read(settings, narrator)
    model = fit_articles(result.articles, settings, narrator)
    gates = _gates(limits, result, model, settings, lists_file, narrator) if limits else []
    if as_json:
        echo_json(_check_data(result, model, terms, gates))
    else:
        for line in _findings(result, model, narrator.verbose):
            echo(line)
        echo(f"heaviest terms: {', '.join(_heaviest_terms(model, terms))}")
        for gate in gates:
            if gate.ok:
                echo(f"ok: {gate}")
    _report_broken(gates, narrator)
    if github:
        from recommender.evaluation.gates import github_annotations

        for line in github_annotations(gates):
            echo(line, err=as_json)  # GitHub reads both streams
    if not all(gate.ok for gate in gates):
        sys.exit(1)


def _limits(given: Mapping[str, str | None]) -> dict[str, Limit]:
    """Return the limits by the name of the gate, without ``max_`` or ``min_``."""
    texts = {name: text for name, text in given.items() if text is not None}
    if not texts:
        return {}
    from recommender.evaluation.gates import read_limit

    limits = {}
    for name, text in texts.items():
        try:
            limits[name.partition("_")[2]] = read_limit(text)
        except ConfigError as error:
            flag = f"--{name.replace('_', '-')}"
            raise ConfigError(error.message.replace("limit:", f"{flag}:"), error.hint) from None
    return limits


def _gates(
    limits: Mapping[str, Limit],
    result: SourceResult,
    model: Recommender,
    settings: Settings,
    lists_file: Path | None,
    narrator: Narrator,
) -> list[Gate]:
    from recommender.evaluation.gates import foreign_links, list_gates
    from recommender.evaluation.health import count_lists, duplicate_groups

    articles = model.articles_
    lists = model.recommend(k=settings.k, progress=narrator.progress)
    ids = articles["id"].tolist()
    gates = list_gates(count_lists(lists, ids, settings.k), ids, limits)
    if "foreign" in limits:
        found = foreign_links(lists, articles)
        gates.append(_most("entries in another language", found, len(lists), limits["foreign"]))
    if "duplicates" in limits:
        groups = [", ".join(names) for names in duplicate_groups(model)]
        gates.append(_most("groups of near-duplicates", groups, 0, limits["duplicates"]))
    if "unreadable" in limits:
        unread = [f"{where}: {reason}" for where, reason in result.skipped if _unreadable(reason)]
        total = len(result.skipped) + len(ids)
        title = "files and rows that cannot be read"
        gates.append(_most(title, unread, total, limits["unreadable"]))
    return gates + _written_gates(limits, result, model, lists, settings, lists_file)


def _most(name: str, items: Sequence[str], of: int, limit: Limit) -> Gate:
    """Return the gate on a number of items, of which there may be at most so many."""
    from recommender.evaluation.gates import Gate

    return Gate(name, len(items), of, limit, False, items)


def _unreadable(reason: str) -> bool:
    """Return whether an article was skipped because it could not be read."""
    starts = ("cannot be", "invalid", "is not", "link to nothing", "name is not", "not a regular")
    return reason.startswith(starts)


def _written_gates(
    limits: Mapping[str, Limit],
    result: SourceResult,
    model: Recommender,
    lists: pd.DataFrame,
    settings: Settings,
    lists_file: Path | None,
) -> list[Gate]:
    """Return the gates on the lists that were written before."""
    from recommender.evaluation.gates import Gate, dead_links
    from recommender.outputs.changes import changes
    from recommender.outputs.reading import read_lists

    if not limits.keys() & {"dead", "stale", "shrink"}:
        return []
    given = str(lists_file) if lists_file else settings.output
    name = required(given, "lists", "--lists FILE", "output")
    if name == STDOUT:
        raise ConfigError("lists: standard output was not kept", "name the file with --lists")
    old = read_lists(name)
    entries = sum(map(len, old.values()))
    gates = []
    if "dead" in limits:
        dead = dead_links(old, model.articles_["id"], result.skipped)
        gates.append(_most("entries that are drafts or missing", dead, entries, limits["dead"]))
    if not limits.keys() & {"stale", "shrink"}:
        return gates
    new = _rebuilt(model, lists, name, settings)
    if "stale" in limits:
        found = changes(old, new)
        names = [change.id for change in found.changed] + found.appeared + found.disappeared
        title = "written lists that a new build would change"
        gates.append(_most(title, names, len(old), limits["stale"]))
    if "shrink" in limits:
        left = [key for key in old if key not in new]
        fewer = max(len(old) - len(new), 0)
        lost = max(entries - sum(map(len, new.values())), 0)
        end, limit = "lost since the last build", limits["shrink"]
        gates.append(Gate(f"lists {end}", fewer, len(old), limit, False, left))
        gates.append(Gate(f"entries {end}", lost, entries, limit, False, []))
    return gates


def _rebuilt(
    model: Recommender, lists: pd.DataFrame, name: str, settings: Settings
) -> dict[str, list[Card]]:
    """Return lists as a new build would write them to a file."""
    from recommender.explanation import shared_terms
    from recommender.outputs import output_format
    from recommender.outputs.reading import read_lists

    settings = replace(settings, format=output_format(name, settings.format))
    with TemporaryDirectory() as folder:
        fresh = Path(folder, Path(name).name)
        write_lists(model, lists, shared_terms(model, lists, MAIN_TERMS), str(fresh), settings)
        return read_lists(fresh)


def _report_broken(gates: Iterable[Gate], narrator: Narrator) -> None:
    """Print an error for each broken gate, with the articles behind it."""
    for gate in gates:
        if gate.ok:
            continue
        shown = named(gate.items, SHOWN_ITEMS, everything=narrator.verbose)
        narrator.error(f"{gate} ({shown})" if shown else str(gate))


def _check_data(
    result: SourceResult, model: Recommender, terms: int, gates: Iterable[Gate]
) -> dict[str, Any]:
    articles, skipped, counts, languages = _counts(result, model)
    found = [
        {
            "gate": gate.name,
            "value": gate.value,
            "of": gate.of or None,
            "limit": str(gate.limit),
            "ok": gate.ok,
            "items": list(gate.items),
        }
        for gate in gates
    ]
    return {
        "ok": all(gate["ok"] for gate in found),
        "articles": articles,
        "languages": languages,
        "skipped": skipped,
        "findings": counts,
        "heaviest_terms": _heaviest_terms(model, terms),
        "gates": found,
    }


def _counts(
    result: SourceResult, model: Recommender
) -> tuple[int, dict[str, list[str]], dict[str, list[str]], dict[str, int]]:
    """Return the number of articles, the skipped by reason, the doubtful by kind, languages."""
    from recommender.text.languages import base_language

    articles = result.articles
    short = articles["text"].str.len() < SHORT_TEXT
    codes = model.articles_["lang"].map(base_language)
    languages = codes.replace("", "unknown").value_counts()
    titles = articles["title"][articles["title"].duplicated(keep=False)]
    counts: dict[str, list[str]] = {
        "without title": list(articles["id"][articles["title"] == ""]),
        "without date": list(articles["id"][articles["date"].isna()]),
        f"shorter than {SHORT_TEXT} characters": list(articles["id"][short]),
        "with the same title as another": list(articles["id"][titles.index]),
    }
    reasons: dict[str, list[str]] = {}
    for where, reason in result.skipped:
        reasons.setdefault(reason, []).append(where)
    found = {what: names for what, names in counts.items() if names}
    return len(articles), reasons, found, {str(name): int(n) for name, n in languages.items()}


def _findings(result: SourceResult, model: Recommender, verbose: bool) -> list[str]:
    n, reasons, counts, languages = _counts(result, model)
    words = result.articles["text"].map(lambda text: len(text.split()))
    lines = [f"articles: {n:,}, {words.median():.0f} words each (median)"]
    lines.append("languages: " + ", ".join(f"{n:,} {name}" for name, n in languages.items()))
    skipped = {f"skipped, {reason}": names for reason, names in reasons.items()}
    for what, names in [*skipped.items(), *counts.items()]:
        shown = named(names, SHOWN_ITEMS, everything=verbose)
        lines.append(f"{what}: {len(names):,} ({shown})")
    return lines


def _print_boilerplate(source: str, options: SourceOptions, verbose: bool) -> None:
    """Print the number of cut blocks by kind; if `verbose`, first each block with its file."""
    from recommender.sources import boilerplate_blocks, boilerplate_report

    if verbose:
        for row in boilerplate_blocks(source, options).itertuples():
            echo(f"{row.file}: {row.kind}: {row.text}")
        echo()
    table = boilerplate_report(source, options)
    examples = [shorten(text, EXAMPLE_WIDTH, placeholder=" …") for text in table["example"]]
    echo(table.assign(example=examples).to_string(index=False))


def _heaviest_terms(model: Recommender, count: int) -> list[str]:
    """Return the terms with the largest sum of weights over all articles."""
    import numpy as np

    mass = np.asarray(model.vectors_.sum(axis=0)).ravel()
    order = np.argsort(-mass, kind="stable")[:count]
    terms: list[str] = model.vectorizer_.space_.names_of(order).tolist()
    return terms
