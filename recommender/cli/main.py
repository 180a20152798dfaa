"""The command line: verbs and flags, each a few calls to the library.

Data goes to stdout, narration to stderr. Exit codes: 0 success; 1 the data is wrong or a
threshold failed; 2 wrong usage or settings; 130 interrupted (Ctrl-C); 143 terminated (SIGTERM).
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import recommender
from recommender.cli.check import check
from recommender.cli.console import (
    LOG_HELP,
    QUIET_HELP,
    VERBOSE_HELP,
    GivenPath,
    Narrator,
    VerbGroup,
    echo,
    plural,
    setting_flags,
    stamped,
)
from recommender.cli.evaluate import evaluate, judge, tune
from recommender.cli.inject import inject, site
from recommender.cli.kept import indexed
from recommender.cli.review import diff, explain, report
from recommender.cli.runs import report_flag, reported
from recommender.cli.steps import (
    STDOUT,
    Invocation,
    changed_settings,
    count_entries,
    fit,
    model_parameters,
    output_file,
    page_file,
    required,
    search_line,
    shown_output,
    source_of,
    source_options,
    spare,
    start,
    write_lists,
)
from recommender.cli.upkeep import gone, links, tags
from recommender.cli.watching import Verb, repeated, watch_flag
from recommender.config import MAIN_TERMS, Settings
from recommender.configured import load_settings, unknown_variables
from recommender.errors import ConfigError, OutputError, RecommenderError, join_problems
from recommender.toml_text import toml_value

if TYPE_CHECKING:
    import pandas as pd

    from recommender.cli.kept import Kept
    from recommender.cli.starter import Generator, OtherGenerator
    from recommender.index.cache import FileCache

NOTHING_LEFT = "language, filters and min_score leave no other article"
"""Why a list is empty."""

FILLED = (
    ("series", "of the same series"),
    ("category", "of the same category"),
    ("tag", "with the same tag"),
    ("similar", "below the minimum score"),
    ("newest", "of the newest"),
    ("linked", "without a date"),
)
"""What is printed for the entries that fill a list, by the end of their origin, best kind first."""

MISPLACED = {
    "--config": "Write it before the verb: recommender --config FILE build",
    "--source": "Name the source without a flag: recommender build SOURCE",
}
"""What to write instead of a flag that other verbs have, or that the command has before them."""

OUT_OF_MEMORY = ("failed to map segment", "annot allocate memory")
"""Messages of other errors than `MemoryError` that mean missing memory."""

FULL_STDOUT = (
    "Error: standard output: cannot be written, no space left on device\n"
    "Hint: free space, or write to another place"
)

NO_THREAD = "can't start new thread"
"""Message of Python where the system refuses a thread."""


@click.group(
    cls=VerbGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(recommender.__version__, prog_name="recommender")
@click.option(
    "--config", "config_file", type=GivenPath(path_type=Path), help="Settings file to use."
)
@click.option("-v", "--verbose", is_flag=True, help=VERBOSE_HELP)
@click.option("-q", "--quiet", is_flag=True, help=QUIET_HELP)
@click.option("--log", is_flag=True, help=LOG_HELP)
@click.pass_context
def cli(
    context: click.Context, config_file: Path | None, verbose: bool, quiet: bool, log: bool
) -> None:
    """Related articles for every page of a site.

    Settings are flags (--title-weight 0.5), lines of recommender.toml (title_weight = 0.5) or
    variables of the environment (RECOMMENDER_TITLE_WEIGHT=0.5).
    """
    context.obj = (Narrator(verbose=verbose, quiet=quiet, log=log), config_file)


@cli.command()
@click.argument("source", required=False)
@click.option(
    "-o",
    "--output",
    help="File to write: .json, .jsonl, .csv, .yaml or .parquet; - is standard output.",
)
@click.option(
    "--ab",
    metavar="'NAME=VALUE …'",
    help="Test these changes to the settings: half of the articles get lists made with them. The "
    "arm of a list is in the output.",
)
@watch_flag
@report_flag
@setting_flags("source", "model", "lists", "output", "index")
@click.pass_obj
def build(
    obj: Invocation, /, ab: str | None, report: Path | None, watch: bool, **flags: Any
) -> None:
    """Read the articles in SOURCE and write a list for each."""

    def run(obj: Invocation, settings: Settings) -> None:
        def work(kept: Kept | None) -> None:
            _build(obj, settings, ab, flags, kept)

        with reported(report, "build", obj[0], settings):
            indexed("build", obj, settings, work, sources=[settings.source], flags={"ab": ab})

    _, settings = start(obj, flags)
    spare(settings.source, report)
    if watch:
        repeated(Verb(lambda obj: start(obj, flags)[1], run), obj, settings)
    else:
        run(obj, settings)


def _build(
    obj: Invocation,
    settings: Settings,
    ab: str | None,
    flags: Mapping[str, Any],
    kept: Kept | None,
) -> None:
    from recommender.outputs import output_format

    narrator, _ = obj
    changed = None if ab is None else changed_settings(obj, flags, ab, "--ab")
    in_place = settings.format == "frontmatter"
    source = source_of(settings)
    output = source if in_place else required(settings.output, "output", "-o related.json")
    if not in_place:
        spare(source, output)
    if settings.engine == "dask":
        _check_for_dask(settings, ab)
        _build_on_dask(settings, output, narrator)
        return
    target = output_file(output)
    if not in_place:
        output_format(target, settings.format)  # a wrong name is reported before the work
    cache = kept.files if kept is not None else None
    model = fit(settings, narrator, keep_texts=False, cache=cache)
    if kept is not None:
        kept.remember(model)
    lists = model.recommend(k=settings.k, progress=narrator.progress)
    narrator.say(search_line(model, narrator))
    reasons = recommender.shared_terms(model, lists, MAIN_TERMS)
    if changed is not None:
        lists, reasons = _with_second_arm(lists, reasons, changed, narrator, cache)
    write_lists(model, lists, reasons, target, settings)
    n = len(model.articles_)
    count_entries(lists, n, settings.k, narrator)
    narrator.say(
        f"Wrote {shown_output(output)}: {plural(n, 'list')}, {len(lists) / n:.1f} articles each, "
        f"in {narrator.lap('write'):.1f} s"
    )
    _tell_short(lists, n, narrator)


def _tell_short(lists: pd.DataFrame, articles: int, narrator: Narrator) -> None:
    """Report how many lists were filled, and how many are empty all the same."""
    added = lists["origin"].str.startswith("backfill:")
    if added.any():
        filled = plural(lists["article_id"][added].nunique(), "short list")
        kinds = lists["origin"][added].str.removeprefix("backfill:").value_counts(sort=False)
        named = ", ".join(f"{kinds[kind]:,} {words}" for kind, words in FILLED if kind in kinds)
        narrator.say(f"Filled {filled}: {named}")
    empty = articles - lists["article_id"].nunique()
    if empty:
        narrator.say(f"{plural(empty, 'list')} empty: {NOTHING_LEFT}")


def _with_second_arm(
    lists: pd.DataFrame,
    reasons: Sequence[Any],
    changed: Settings,
    narrator: Narrator,
    cache: FileCache | None,
) -> tuple[pd.DataFrame, list[Any]]:
    """Return the lists of arm a, and those of arm b made with other settings, by their articles."""
    import pandas as pd

    from recommender.evaluation.ab import arms_of

    model = fit(changed, narrator, keep_texts=False, cache=cache)
    others = model.recommend(k=changed.k, progress=narrator.progress)
    tables, kept = [], []
    for arm, table, named in (
        ("a", lists, reasons),
        ("b", others, recommender.shared_terms(model, others, MAIN_TERMS)),
    ):
        rows = (arms_of(table["article_id"]) == arm).nonzero()[0]
        tables.append(table.iloc[rows].assign(arm=arm))
        kept += [named[row] for row in rows]
    count = int((arms_of(model.articles_["id"]) == "b").sum())
    narrator.say(f"Arm b: {plural(count, 'article')}; {search_line(model, narrator)}")
    return pd.concat(tables, ignore_index=True), kept


def _check_for_dask(settings: Settings, ab: str | None) -> None:
    """Raise an error for what only this machine can do."""
    for name, given in (
        ("clicks", settings.clicks), ("--ab", ab), ("reasons", settings.reasons or None)
    ):  # fmt: skip
        if given is not None:
            raise ConfigError(
                f"{name}: needs the local engine, got engine dask",
                "use engine auto, or leave it out",
            )


def _build_on_dask(settings: Settings, output: str, narrator: Narrator) -> None:
    from recommender.cluster.build import build_lists, refuse_local_settings
    from recommender.cluster.client import cluster
    from recommender.cluster.parts import assembled_format

    if output == STDOUT:
        raise ConfigError("output: Dask workers cannot write to standard output", "-o related.json")
    assembled_format(Path(output), settings.format)  # a wrong name is reported before the work
    source = source_of(settings)
    refuse_local_settings(settings)
    with cluster(settings.scheduler) as client:
        built = build_lists(
            source,
            output,
            client=client,
            parameters=model_parameters(settings),
            options=source_options(settings),
            k=settings.k,
            format=settings.format,
            teaser_words=settings.teaser_words,
        )
    narrator.counts |= {
        "articles": built.articles,
        "entries": built.recommendations,
        "terms": built.terms,
        "min_score": built.min_score,
    }
    narrator.say(
        f"Wrote {output}: {plural(built.articles, 'list')}, "
        f"{built.recommendations / built.articles:.1f} articles each, "
        f"{plural(built.terms, 'term')}, {plural(len(built.parts), 'part')}, "
        f"in {narrator.lap('write'):.1f} s; minimum score {built.min_score:.3f}"
    )


@cli.command()
@click.argument("article_id", metavar="ID")
@click.option("--source", help="Directory or file to read.")
@setting_flags("source", "model", "lists")
@click.pass_obj
def show(obj: Invocation, /, article_id: str, **flags: Any) -> None:
    """Print the list of the article ID, with the terms it shares."""
    narrator, settings = start(obj, flags)
    model = fit(settings, narrator)
    lists = model.recommend([article_id], k=settings.k, progress=narrator.progress)
    reasons = recommender.shared_terms(model, lists, terms=4)
    articles = model.articles_.set_index("id")
    echo(f"{articles['title'][article_id]}\n{article_id}\n")
    for row, terms in zip(lists.to_dict("records"), reasons, strict=True):
        related = row["related_id"]
        how = "" if row["origin"] == "similar" else f"  [{row['origin']}]"
        echo(f"{row['rank']:3}  {row['score']:.3f}  {articles['title'][related]}{how}")
        echo(f"            {': '.join(filter(None, [related, ', '.join(terms)]))}")
    if lists.empty:
        echo(f"Empty: {NOTHING_LEFT}.")


@cli.command()
@click.argument("source", required=False)
@click.option(
    "-o", "--output", default="preview.html", help="HTML file to write; - is standard output."
)
@setting_flags("source", "model", "lists", "output")
@click.pass_obj
def preview(obj: Invocation, /, output: str, **flags: Any) -> None:
    """Write an HTML page with the articles of SOURCE and their lists."""
    target = page_file(output, "preview.html")
    narrator, settings = start(obj, flags)
    spare(settings.source, output)
    model = fit(settings, narrator)
    lists = model.recommend(k=settings.k, progress=narrator.progress)
    narrator.say(search_line(model, narrator))
    from recommender.explanation import entry_ranks
    from recommender.pages.preview import LIMIT
    from recommender.teasers import teasers

    shown = teasers(model.articles_, settings.teaser_words)
    page = recommender.preview_page(
        model.articles_,
        lists,
        title=settings.site_title,
        teasers=dict(zip(model.articles_["id"], shown, strict=True)),
        because=recommender.because(model, lists),
        steps=entry_ranks(model, settings.k),
        min_score=model.min_score_,
        limit=LIMIT,
    )
    recommender.write_preview(page, target)
    narrator.say(f"Wrote {shown_output(output)}: {len(page) / 1e6:.1f} MB, open it in a browser")
    if len(model.articles_) > LIMIT:
        narrator.say(f"Shows the newest {LIMIT:,} of {plural(len(model.articles_), 'article')}")
    if output != STDOUT:
        echo(str(Path(output).resolve()))


@cli.command()
@setting_flags("source", "model", "lists", "output", "index")
@click.pass_obj
def config(obj: Invocation, /, **flags: Any) -> None:
    """Print every setting, its value and where the value comes from."""
    given = {
        name: value for name, value in flags.items() if name not in ("verbose", "quiet", "log")
    }
    _, origins = load_settings(given, config_file=obj[1])
    for line in unknown_variables():
        obj[0].warn(line)
    from recommender.sources.tables.sql import shown_url

    for name, (value, where) in origins.items():
        value = shown_url(value) if name == "source" and value else value
        shown = "" if value is None else toml_value(value)
        echo(f"{name:20} = {shown:20}  # {where}")


@cli.command()
@click.argument(
    "directory", default=".", type=GivenPath(exists=True, file_okay=False, path_type=Path)
)
@click.option("--source", help="Directory or file of the articles.")
@click.option("--generator", help="Name of the site's generator; default: detected from its files.")
@click.option(
    "--templates",
    type=GivenPath(path_type=Path),
    metavar="DIR",
    help="Copy the ready-made templates for the generator into DIR, the root of the site.",
)
@click.option("--force", is_flag=True, help="Replace existing files.")
@click.pass_obj
def init(
    obj: Invocation,
    /,
    directory: Path,
    source: str | None,
    generator: str | None,
    templates: Path | None,
    force: bool,
) -> None:
    """Write a commented recommender.toml for the site in DIRECTORY."""
    from recommender.cli.starter import (
        find_generator,
        fitted,
        guess_generator,
        guess_other,
        starter_config,
        usage_of,
    )
    from recommender.configured import config_path

    narrator = obj[0]
    made = find_generator(generator) if generator else guess_generator(directory)
    other = None if made else guess_other(directory)
    made = fitted(made, directory) if made else None
    path = config_path(directory)
    path = directory / made.config if made and not path.exists() else path
    unedited = (
        path.is_file() and path.read_bytes() == starter_config(None, source, directory).encode()
    )
    kept = templates is not None and path.exists() and not (force or unedited)
    files = {} if kept else {path: starter_config(made, source, directory).encode()}
    if templates is not None:
        ready = _ready_templates(made, other)
        files |= {templates / name: data for name, data in ready.items()}
    _write_new(files, force, replaceable=path if unedited else None)
    if kept:
        narrator.say(f"Kept {path}; --force replaces it")
    else:
        known = made or other
        made_with = f"made with {known.name}" if known else "no site generator recognized"
        step = other.step if other else _next_step(made)
        narrator.say(f"Wrote {path}: {made_with}; {step}")
    for file, data in files.items():
        if file != path:
            usage = usage_of(data)
            narrator.say(f"Wrote {file}{f'; use it as {usage}' if usage else ''}")


def _ready_templates(made: Generator | None, other: OtherGenerator | None) -> dict[str, bytes]:
    """Return the ready-made templates for a site; without any, raise an error that says why."""
    from recommender.cli.starter import template_files

    if other:
        raise ConfigError(f"--templates: there are none for {other.name}", other.step)
    if made is None:
        raise ConfigError(
            "no site generator recognized here",
            "name it, for example --generator hugo; for any other generator, build the site, "
            "then run `recommender site` on its pages",
        )
    files = template_files(made)
    if not files:
        raise ConfigError(
            f"--templates: {made.name} needs none", "leave it out: a plug-in shows the lists"
        )
    return files


def _next_step(generator: Generator | None) -> str:
    if generator and generator.plugin:
        return f"set {generator.plugin}, then build the site"
    if generator and generator.format == "wordpress":
        return "activate the plug-in Recommender in WordPress, then run `recommender build` here"
    if generator is None:
        return "build the site, then run `recommender site` on its pages, or set source and output"
    return "edit it, then run `recommender build`"


def _write_new(files: Mapping[Path, bytes], force: bool, replaceable: Path | None = None) -> None:
    """Write all files or none; an existing file with other content is an error unless forced."""
    from recommender.outputs.atomic import atomic_file

    before = {path: path.read_bytes() if path.is_file() else None for path in files}
    taken = [
        f"{path}: already exists"
        for path, data in files.items()
        if path.exists() and not force and path != replaceable and before[path] != data
    ]
    if taken:
        raise OutputError(
            join_problems(taken), "nothing was written; --force replaces existing files"
        )
    written: list[Path] = []
    try:
        for path, data in files.items():
            with atomic_file(path) as file:
                file.write(data)
            written.append(path)
    except BaseException:
        for path in written:
            _put_back(path, before[path])
        raise


def _put_back(path: Path, data: bytes | None) -> None:
    """Restore the former content of a file, or remove the file if there was none."""
    from recommender.outputs.atomic import atomic_file

    with contextlib.suppress(OSError):
        if data is None:
            path.unlink()
            return
        with atomic_file(path) as file:
            file.write(data)


for command in (
    check,
    diff,
    evaluate,
    explain,
    gone,
    inject,
    judge,
    links,
    report,
    site,
    tags,
    tune,
):
    cli.add_command(command)


def _say(line: str) -> None:
    """Print a line on stderr, if it can be written."""
    with contextlib.suppress(OSError):
        echo(stamped(line) if "--log" in sys.argv[1:] else line, err=True)


def _refused_by_system(error: BaseException | None) -> str:
    """Return the message for an error whose cause is a limit of the system, or an empty string."""
    while error is not None:
        no_thread = NO_THREAD in str(error)
        if no_thread and not _is_space_limited():
            return (
                "Error: the system refuses to start another thread\n"
                "Hint: allow more processes (ulimit -u, pids.max), or set threads = 1"
            )
        out_of_memory = any(sign in str(error) for sign in OUT_OF_MEMORY)
        if no_thread or out_of_memory or isinstance(error, MemoryError):
            return (
                f"Error: out of memory{_allowed()}\n"
                "Hint: allow more (the container's memory, ulimit -v), or build with engine = dask"
            )
        error = error.__cause__ or error.__context__
    return ""


def _is_space_limited() -> bool:
    """Return whether a stack for a thread may be more than the address space allows."""
    from recommender.resources import address_space

    return math.isfinite(address_space())


def _allowed() -> str:
    """Return how much memory there is, if there is enough of it to find out."""
    try:
        from recommender.resources import available_memory

        return f"; this process may use {available_memory() // 1_000_000:,} MB"
    except Exception:  # anything, where the import finds too little memory
        return ""


def _with_place(error: click.ClickException) -> click.ClickException:
    """Return an error that says what to write instead of a flag that is known elsewhere."""
    if isinstance(error, click.NoSuchOption) and error.option_name in MISPLACED:
        return click.UsageError(f"{error.message} {MISPLACED[error.option_name]}", error.ctx)
    return error


class Terminated(BaseException):
    """The system asks the process to end, as when a container stops."""


_terminated = threading.Event()
"""Set by SIGTERM: `watchfiles` turns the exception of any signal into KeyboardInterrupt."""


def _end(*_: object) -> None:
    _terminated.set()
    raise Terminated


def main() -> None:
    """Run the command line and turn errors into one message and an exit code."""
    with contextlib.suppress(ValueError):  # in another thread than the first, by a host
        signal.signal(signal.SIGTERM, _end)
    verbose = any(flag in sys.argv[1:] for flag in ("-v", "--verbose"))
    try:
        cli.main(standalone_mode=False)
    except RecommenderError as error:
        if verbose:
            traceback.print_exc()
        _say(f"Error: {error}")
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            _with_place(error).show()
        sys.exit(2)
    except OSError as error:
        if verbose:
            traceback.print_exc()
        full = error.errno == errno.ENOSPC and error.filename is None
        _say(FULL_STDOUT if full else f"Error: {error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a full stdout would fail again at exit
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt, Terminated):
        what, code = ("Terminated", 143) if _terminated.is_set() else ("Interrupted", 130)
        _say(f"{what}; files already written were kept.")
        sys.exit(code)
    except (MemoryError, ImportError, RuntimeError) as error:
        if not (message := _refused_by_system(error)):
            raise
        if verbose:
            traceback.print_exc()
        _say(message)
        sys.exit(1)
