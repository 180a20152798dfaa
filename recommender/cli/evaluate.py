"""The verbs that measure and improve lists: evaluate, tune, judge.

The table goes to stdout, narration to stderr. Importing this module loads nothing heavy.
"""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from recommender.cli.console import Narrator, VerbCommand, echo, plural, setting_flags
from recommender.cli.steps import (
    STDOUT,
    Invocation,
    by_id,
    changed_settings,
    editorial_of,
    model_parameters,
    own_vectors_of,
    page_file,
    read,
    shown_output,
    spare,
    start,
)
from recommender.config import Settings
from recommender.configured import config_path
from recommender.errors import ConfigError, did_you_mean
from recommender.toml_text import toml_value

if TYPE_CHECKING:
    import pandas as pd

    from recommender.evaluation.tuning import Tuning
    from recommender.model import Recommender

SHOWN_TRIALS = 10
"""Number of best trials that `tune` prints."""
FEW_QUERIES = 20
"""With fewer queries than this, the result hardly applies to other articles."""
HIGHER_IS_BETTER = ("nDCG", "Precision", "Recall", "MAP", "MRR", "HitRate", "reach")
"""Measures that --fail-under accepts."""
FEW_MOVED = 0.1
"""If fewer impressions than this are of entries shown at several positions, warn."""
WHOLE_NUMBERS = ("inbound maximum", "median age in days")
"""Measures printed without decimals."""

_judgments = click.option(
    "--judgments",
    "judgments_from",
    metavar="links|tags|FILE",
    help="Where the judgments come from: the articles' own links, their tags, or a file (.csv "
    "with query,related,gain; .csv of clicks; .jsonl; TREC qrels).  [required]",
)
_hosts = click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="With --judgments links: a host that belongs to the site; may be repeated.",
)
_fair = click.option(
    "--fair",
    is_flag=True,
    help="The judgments are links of the authors: also measure lists of only the articles that "
    "existed then. Always so with --judgments links.",
)
_cutoff = click.option(
    "--cutoff",
    default=10,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of positions to evaluate.",
)
_sets = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="'NAME=VALUE …'",
    help="Another configuration to compare, as changes to the settings; may be repeated.",
)


class Run(NamedTuple):
    """Lists to measure."""

    name: str
    lists: pd.DataFrame
    model: Recommender | None


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@_judgments
@_hosts
@_fair
@_cutoff
@_sets
@click.option(
    "--run",
    "files",
    multiple=True,
    metavar="FILE",
    help="Measure lists that `build` wrote.",
)
@click.option("--per-query", metavar="FILE", help="CSV file for the measures of each query.")
@click.option(
    "--fail-under",
    "floors",
    multiple=True,
    metavar="MEASURE=VALUE",
    help="Exit with code 1 if the first run is below this, for example nDCG@10=0.4.",
)
@click.option(
    "--ab",
    "ab_file",
    metavar="FILE",
    help="CSV file of clicks: compare the two arms of a test made by `build --ab` instead.",
)
@setting_flags("source", "model", "lists")
@click.pass_obj
def evaluate(
    obj: Invocation,
    /,
    judgments_from: str | None,
    hosts: tuple[str, ...],
    fair: bool,
    cutoff: int,
    sets: tuple[str, ...],
    files: tuple[str, ...],
    per_query: str | None,
    floors: tuple[str, ...],
    ab_file: str | None,
    **flags: Any,
) -> None:
    """Measure the lists of the articles in SOURCE against judgments.

    Evaluates the lists that `build` would write with these settings, down to the cutoff.
    Compares each further run (--run, --set) with the first. With links as judgments, the fair
    measures are of lists without the articles that were written later.
    """
    from recommender.evaluation.compare import compare

    if ab_file is not None:
        _compare_arms(ab_file)
        return
    judgments_from = _given(judgments_from)
    least = dict(_floor(text, cutoff) for text in floors)
    narrator, settings, articles, changes = _read(obj, flags, sets)
    spare(settings.source, per_query)
    judged, articles = _judged(judgments_from, articles, hosts, narrator)
    if files and judgments_from in ("links", "tags"):
        narrator.say(
            f"Note: the saved lists may be made from texts that include the {judgments_from}"
        )
    runs = [_saved_run(file, settings, articles) for file in files]
    if not files:
        runs.append(_fresh_run("as set", settings, articles, cutoff, narrator))
    for text, changed in changes:
        runs.append(_fresh_run(text, changed, articles, cutoff, narrator))
    fitting = _fair_judgments(judged, articles, fair or judgments_from == "links", narrator)
    tables = [_tables(run, judged, fitting, cutoff) for run in runs]
    values = _print_run(runs[0], tables[0], articles, cutoff)
    for run, table in zip(runs[1:], tables[1:], strict=True):
        echo(f"\n{run.name} against {runs[0].name}")
        _print_differences([compare(*pair) for pair in zip(tables[0], table, strict=False)])
    if per_query:
        _write_per_query(per_query, runs, tables)
        narrator.say(f"Wrote {per_query}: {plural(len(judged['query'].unique()), 'row')} per run")
    _check_floors(values, least, narrator)


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@_judgments
@_hosts
@_fair
@_cutoff
@click.option(
    "--trials",
    default=60,
    show_default=True,
    type=click.IntRange(min=1),
    help="Total number of configurations to try.",
)
@click.option("--write", is_flag=True, help="Write the best settings into the settings file.")
@setting_flags("source", "model")
@click.pass_obj
def tune(
    obj: Invocation,
    /,
    judgments_from: str | None,
    hosts: tuple[str, ...],
    fair: bool,
    cutoff: int,
    trials: int,
    write: bool,
    **flags: Any,
) -> None:
    """Search for the best settings for SOURCE, measured by judgments.

    The reported gain is cross-validated: it is measured on queries that were not used to choose
    the settings.
    """
    from recommender.evaluation import tuning

    judgments_from = _given(judgments_from)
    narrator, settings, articles, _ = _read(obj, flags)
    judged, articles = _judged(judgments_from, articles, hosts, narrator)
    fitting = _fair_judgments(judged, articles, fair or judgments_from == "links", narrator)
    result = tuning.tune(
        articles,
        judged,
        model_parameters(settings),
        k=cutoff,
        trials=trials,
        own_vectors=own_vectors_of(settings),
        fair=fitting is not None,
        progress=narrator.progress,
    )
    tried = plural(len(result.trials), "configuration")
    narrator.say(
        f"Tried {tried} in {narrator.lap('tune'):.1f} s; the top trials are optimistic, "
        "trust the cross-validated line"
    )
    _print_trials(result)
    echo()
    for row in result.gain.to_dict("records"):
        echo(
            f"cross-validated {row['measure']}: {row['first']:.4f} as set, {row['second']:.4f} "
            f"tuned, difference {row['difference']:+.4f} ({_interval(row, '+')}), "
            f"p = {row['p']:.4f}"
        )
    if not result.significant:
        narrator.warn("no settings beat the current ones beyond chance; keep them")
        return
    for name, value in result.best.items():
        echo(f"{name} = {toml_value(value)}")
    if not write:
        narrator.say("Hint: --write puts these lines into the settings file")
    else:
        narrator.say(f"Wrote {_write_settings(obj[1], result.best)}")


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@click.option(
    "-o",
    "--output",
    "sheet",
    default="judging.html",
    show_default=True,
    help="HTML file to write; - is standard output.",
)
@_sets
@click.option(
    "--articles",
    "count",
    default=30,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of articles to judge.",
)
@click.option(
    "--depth",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Number of positions to judge in each list.",
)
@click.option(
    "--seed", default=0, show_default=True, help="Seed for the random sample and the shuffling."
)
@setting_flags("source", "model")
@click.pass_obj
def judge(
    obj: Invocation,
    /,
    sheet: str,
    sets: tuple[str, ...],
    count: int,
    depth: int,
    seed: int,
    **flags: Any,
) -> None:
    """Write an HTML page on which people grade lists of SOURCE.

    The page hides ranks. It pools the lists of the current settings and of each --set, or
    without --set the lists of the current settings and the plain nearest articles. People save
    their grades as a CSV file that `evaluate --judgments` reads.
    """
    from recommender.pages import write_preview
    from recommender.pages.judging import judging_page

    target = page_file(sheet, "judging.html")
    narrator, settings, articles, changes = _read(obj, flags, sets)
    spare(settings.source, sheet)
    runs = [_fresh_run("as set", settings, articles, depth, narrator)]
    for text, changed in changes:
        runs.append(_fresh_run(text, changed, articles, depth, narrator))
    if not sets:
        runs.append(_fresh_run("plain", settings, articles, depth, narrator, stages=()))
    lists = [run.lists for run in runs]
    page = judging_page(articles, lists, count=count, depth=depth, seed=seed)
    write_preview(page, target)
    narrator.say(f"Wrote {shown_output(sheet)}: open it in a browser, grade, save, then run")
    source = f" {shlex.quote(given)}" if (given := flags.get("source")) else ""
    narrator.say(f"  recommender evaluate{source} --judgments judgments.csv")
    if sheet != STDOUT:
        echo(str(Path(sheet).resolve()))


def _given(judgments_from: str | None) -> str:
    if judgments_from is None:
        raise ConfigError("no judgments given", "add --judgments links, or name a file")
    return judgments_from


def _read(
    obj: Invocation, flags: dict[str, Any], sets: Iterable[str] = ()
) -> tuple[Narrator, Settings, pd.DataFrame, list[tuple[str, Settings]]]:
    """Read the articles, after the changes of each --set: a wrong one is found before the work."""
    narrator, settings = start(obj, flags)
    changes = [(text, changed_settings(obj, flags, text, "--set")) for text in sets]
    return narrator, settings, read(settings, narrator).articles, changes


def _judged(
    origin: str, articles: pd.DataFrame, hosts: Iterable[str], narrator: Narrator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return judgments that fit, and the articles without the data the judgments come from."""
    from recommender.errors import JudgmentsError
    from recommender.evaluation.compare import fitting_judgments

    table, articles = _judgments_of(origin, articles, hosts, narrator)
    fitting = fitting_judgments(table, articles["id"])
    if fitting.table.empty:
        raise JudgmentsError(
            f"{origin}: no judgment relates two articles of the source",
            "let people judge lists: `recommender judge` makes a page for it"
            if origin in ("links", "tags")
            else "name the articles by their ids, as in the lists that `build` writes",
        )
    queries = fitting.table["query"].nunique()
    left_out = f" ({fitting.queries_left_out:,} left out)" if fitting.queries_left_out else ""
    count = int((fitting.table["gain"] > 0).sum())
    narrator.say(f"{count:,} judgments of {queries:,} queries{left_out}")
    if queries < FEW_QUERIES:
        narrator.warn(
            f"with fewer than {FEW_QUERIES} queries the figures are unreliable; add judgments"
        )
    return fitting.table, articles


def _judgments_of(
    origin: str, articles: pd.DataFrame, hosts: Iterable[str], narrator: Narrator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all judgments from links, tags or a file, and the articles; warn of weak ones."""
    from recommender.cli.doubts import better_links
    from recommender.evaluation import judgments

    if origin == "links":
        free = judgments.judgments_from_links(articles, hosts)
        narrator.say(f"{free.resolved:,} of {plural(free.links, 'link')} lead to another article")
        for line in better_links(free.articles, hosts, free.resolved, free.links):
            narrator.say(line)
        if free.uncut:
            narrator.warn(
                f"the text still contains the words of {plural(free.uncut, 'link')}, "
                "which makes the figures too high; only Markdown sources separate links from text"
            )
        return free.table, free.articles
    if origin == "tags":
        free = judgments.judgments_from_tags(articles)
        narrator.warn(
            "shared tags are weak judgments (precision 0.76, recall 0.09 in a published "
            "blind study); use them to compare settings, do not rely on absolute values"
        )
        return free.table, free.articles
    table = judgments.read_judgments(origin, articles)
    _doubt_clicks(origin, narrator)
    return table, articles


def _doubt_clicks(file: str, narrator: Narrator) -> None:
    """Warn if a file of clicks cannot tell positions from entries."""
    from recommender.evaluation.clicks import is_clicks, read_clicks, share_moved

    if not is_clicks(file):
        return
    moved = share_moved(read_clicks(file))
    if moved < FEW_MOVED:
        narrator.warn(
            f"{file}: only {moved:.0%} of the impressions are of entries shown at several "
            "positions, so the correction takes what readers like for bias"
        )


def _compare_arms(file: str) -> None:
    """Print the two arms of a test, and the difference."""
    from recommender.evaluation.ab import ab_test
    from recommender.evaluation.clicks import read_clicks

    result = ab_test(read_clicks(file))
    rows = [["measure", "arm", "articles", "value", "95 % interval"]]
    for line in result.arms.to_dict("records"):
        figures = [f"{line['articles']:,}", f"{line['value']:.4f}", _interval(line)]
        rows.append([line["measure"], line["arm"], *figures])
    _print_table(rows)
    echo("\nb against a")
    _print_differences([result.differences])


def _fair_judgments(
    judged: pd.DataFrame, articles: pd.DataFrame, links: bool, narrator: Narrator
) -> pd.DataFrame | None:
    """Return the judgments for the fair measures; None if they are not links, or have no dates."""
    from recommender.evaluation.fair import fair_judgments

    if not links:
        return None
    dated = articles["id"][articles["date"].notna()]
    if not judged["query"].isin(dated).any():
        narrator.say("Note: the articles have no dates, so there are no fair measures")
        return None
    fitting = fair_judgments(judged, articles)
    later = len(judged) - len(fitting)
    if later:
        narrator.say(f"{plural(later, 'link')} to later articles left out of the fair measures")
    return None if fitting.empty else fitting


def _tables(
    run: Run, judged: pd.DataFrame, fitting: pd.DataFrame | None, k: int
) -> list[pd.DataFrame]:
    """Return the measures of each query; for a model with fair judgments, the fair ones too."""
    from recommender.evaluation.compare import per_query
    from recommender.evaluation.fair import fair_lists

    tables = [per_query(run.lists, judged, k)]
    if fitting is not None and run.model is not None:
        lists = fair_lists(run.model, fitting["query"].unique(), k)
        named = {n: f"fair {n}" for n in tables[0].columns if "@" in n}
        tables.append(per_query(lists, fitting, k).rename(columns=named))
    return tables


def _saved_run(file: str, settings: Settings, articles: pd.DataFrame) -> Run:
    from recommender.errors import JudgmentsError
    from recommender.evaluation.judgments import read_lists

    saved = read_lists(file)
    lists = by_id(saved, settings, articles)
    if len(saved) and not lists["article_id"].isin(articles["id"]).any():
        raise JudgmentsError(
            f"{file}: has no list of an article of the source, got {saved['article_id'].iloc[0]!r}",
            "if it is in the format of a generator, set format, and source as for `build`",
        )
    return Run(file, lists, None)


def _fresh_run(
    name: str,
    settings: Settings,
    articles: pd.DataFrame,
    k: int,
    narrator: Narrator,
    **changes: Any,
) -> Run:
    from recommender.model import Recommender

    rules = None if "stages" in changes else editorial_of(settings)
    model = Recommender(**model_parameters(settings), editorial=rules, **changes)
    model.fit(articles, progress=narrator.progress)
    lists = model.recommend(k=k, progress=narrator.progress)
    floor = f"minimum score {model.min_score_:.3f}"
    narrator.say(f"Made the lists ({name}; {floor}) in {narrator.lap('search'):.1f} s")
    return Run(name, lists, model)


def _print_run(
    run: Run, tables: Sequence[pd.DataFrame], articles: pd.DataFrame, k: int
) -> dict[str, float]:
    """Print the measures of a run and return them by name."""
    from recommender.evaluation.compare import list_measures, summarize

    rows = [["measure", "value", "95 % interval"]]
    values: dict[str, float] = {}
    for line in (line for table in tables for line in summarize(table).to_dict("records")):
        values[line["measure"]] = line["value"]
        rows.append([line["measure"], f"{line['value']:.4f}", _interval(line)])
    vectors = None
    if run.model is not None:
        articles, vectors = run.model.articles_, run.model.vectors_
    figures = list_measures(run.lists, articles["id"], k, vectors, articles["date"])
    for measure, value in figures.items():
        values[measure] = value
        shown = f"{value:,.0f}" if measure in WHOLE_NUMBERS else f"{value:.4f}"
        rows.append([measure, shown, ""])
    _print_table(rows)
    return values


def _print_differences(tables: Iterable[pd.DataFrame]) -> None:
    rows = [["measure", "first", "second", "difference", "95 % interval", "p"]]
    for line in (line for table in tables for line in table.to_dict("records")):
        figures = [f"{line['first']:.4f}", f"{line['second']:.4f}", f"{line['difference']:+.4f}"]
        rows.append([line["measure"], *figures, _interval(line, "+"), f"{line['p']:.4f}"])
    _print_table(rows)


def _print_trials(result: Tuning) -> None:
    chosen, *plain = result.gain["measure"]
    rows = [[chosen, "95 % interval", "difference", *plain, "settings"]]
    trials = result.trials
    shown = trials[(trials.index < SHOWN_TRIALS) | (trials["settings"] == "as set")]
    for line in shown.to_dict("records"):
        figures = [f"{line['value']:.4f}", _interval(line), f"{line['difference']:+.4f}"]
        rows.append([*figures, *[f"{line['plain']:.4f}" for _ in plain], line["settings"]])
    _print_table(rows)


def _interval(line: Mapping[Any, Any], sign: str = "") -> str:
    return f"{line['low']:{sign}.4f} to {line['high']:{sign}.4f}"


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        echo("  ".join(cells).rstrip())


def _write_per_query(
    path: str, runs: Sequence[Run], tables: Sequence[Sequence[pd.DataFrame]]
) -> None:
    import pandas as pd

    from recommender.outputs.atomic import atomic_file
    from recommender.text.csv_cells import csv_text

    named = [
        pd.concat([table.set_index("query") for table in measured], axis=1)
        .loc[:, lambda table: ~table.columns.duplicated()]
        .rename_axis("query")
        .reset_index()
        .assign(run=run.name)
        for run, measured in zip(runs, tables, strict=True)
    ]
    with atomic_file(path) as file:
        file.write(csv_text(pd.concat(named)).encode("utf-8"))


def _floor(text: str, k: int) -> tuple[str, float]:
    """Return the measure and the value of one --fail-under."""
    name, _, number = text.partition("=")
    at_k = [f"{n}@{k}" for n in HIGHER_IS_BETTER if n != "reach"]
    known = [*at_k, *(f"fair {n}" for n in at_k), "reach"]
    if name not in known:
        raise ConfigError(
            f"--fail-under: unknown measure {name!r}, expected {', '.join(known)}",
            did_you_mean(name, known),
        )
    try:
        least = float(number)
    except ValueError:
        least = math.nan
    if not math.isfinite(least):
        raise ConfigError(
            f"--fail-under: expected {name}=NUMBER, got {text!r}", f"--fail-under {name}=0.4"
        )
    return name, least


def _check_floors(
    values: Mapping[str, float], least: Mapping[str, float], narrator: Narrator
) -> None:
    low = [
        f"{name} is {values.get(name, float('nan')):.4f}, expected {floor:g} or more"
        for name, floor in least.items()
        if not values.get(name, float("nan")) >= floor
    ]
    if low:
        for line in low:
            narrator.error(line)
        sys.exit(1)


def _write_settings(config_file: Path | None, values: Mapping[str, Any]) -> Path:
    """Write settings into the file in use, or into a new recommender.toml."""
    from recommender.cli.toml_edit import with_settings
    from recommender.outputs.atomic import atomic_file

    path, section = config_file or config_path(Path()), ""
    project = Path("pyproject.toml")
    named = not path.is_file() and config_file is None and project.is_file()
    if named and "[tool.recommender]" in project.read_text(encoding="utf-8"):
        path, section = project, "tool.recommender"
    text = path.read_bytes().decode("utf-8-sig") if path.is_file() else ""
    edited = with_settings(text, values, section)
    with atomic_file(path) as file:
        file.write(edited.encode("utf-8"))
    return path
