"""The steps that verbs share (settings, reading, fitting), with their reports on stderr."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from recommender.cli.console import Narrator, plural
from recommender.config import SETTINGS, WORDPRESS_OUTPUT, Settings, of_group, source_path
from recommender.configured import load_settings, unknown_variables
from recommender.errors import ConfigError, SourceError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from recommender.editorial import Editorial
    from recommender.index.cache import FileCache
    from recommender.model import Recommender
    from recommender.outputs.cards import Because
    from recommender.ranking import Exposed
    from recommender.sources import Skipped, SourceOptions, SourceResult

WARNINGS = 3
"""How many warnings of a kind are shown without --verbose."""

LARGE = 5_000
"""From this number of articles on, missing compiled code is worth a hint."""

SELDOM_USED = ("numpy.f2py", "numpy.testing")
"""Modules that SciPy's first import loads with all names of NumPy, and that no build needs.

Loaded when used, a build of 1,000 articles takes 0.12 of 1.70 CPU seconds less, and 5 MB less
(medians of 20 runs each, in turn).
"""

Invocation = tuple[Narrator, Path | None]
"""The arguments of every verb: the narrator, and the settings file named by --config."""

STDOUT = "-"
"""Name of an output that means standard output."""

ARTICLES = (".md", ".markdown", ".mdx", ".rst", ".html", ".htm")
"""Ends of the names of files in a directory that are usually articles."""


def start(obj: Invocation, flags: dict[str, Any]) -> tuple[Narrator, Settings]:
    """Return the narrator and the settings in force with these flags."""
    narrator, config_file = obj
    narrator.verbose |= flags.pop("verbose", False)
    narrator.quiet |= flags.pop("quiet", False)
    narrator.log |= flags.pop("log", False)
    flags |= {name: list(flags[name]) for name in ("glob", "post_type") if flags.get(name)}
    settings, _ = load_settings(flags, config_file=config_file)
    if settings.output is None and settings.format == "wordpress":
        settings.output = WORDPRESS_OUTPUT
    for line in unknown_variables():
        narrator.warn(line)
    return narrator, settings


def required(value: str | None, name: str, example: str, setting: str = "") -> str:
    """Return a required value; if it is missing, raise an error with an example.

    setting: what to set instead, if it is not called as the value.
    """
    if value is None:
        hint = f"add {example}, or set {setting or name} in recommender.toml"
        raise ConfigError(f"no {name} given", hint)
    if not value.strip():  # as from an unset shell variable
        raise ConfigError(f"{name}: is empty, expected a name", f"name {example}")
    return value


def source_of(settings: Settings) -> str:
    """Return the source; without one, raise an error that says how this verb takes it."""
    context = click.get_current_context(silent=True)
    given = [param.opts[0] for param in context.command.params] if context else []
    flag = "--source with " if "--source" in given else ""
    return required(settings.source, "source", f"{flag}the directory or file of the articles")


def model_parameters(settings: Settings) -> dict[str, Any]:
    """Return the settings of the group model as parameters of `ArticleRecommender`.

    Only `build` uses Dask; every other verb searches on this machine.
    """
    chosen = of_group(settings, "model")
    return chosen | {"engine": "auto"} if settings.engine == "dask" else chosen


def output_file(name: str) -> str | BinaryIO:
    """Return the path to write, or standard output for ``-``."""
    return sys.stdout.buffer if name == STDOUT else name


def page_file(name: str | None, usual: str) -> str | BinaryIO:
    """Return the path of a page to write, or standard output for ``-``.

    Raises
    ------
    ConfigError
        If there is none, or it is another kind of file, which may contain the lists.
    """
    name = required(name, "output", f"-o {usual}")
    if name != STDOUT and Path(name).suffix.lower() not in ("", ".html", ".htm"):
        raise ConfigError(
            f"output: the page is HTML, got {name}", f"name a file that ends in .html: -o {usual}"
        )
    return output_file(name)


def spare(source: str | None, *outputs: str | Path | None) -> None:
    """Raise an error if an output would replace the source, or an article in its directory.

    A page or a file of lists that this program wrote there may be replaced.

    Raises
    ------
    ConfigError
        If it would; names the file.
    """
    whole = source_path(source or "")
    for output in outputs:
        if output is None or not (whole and os.path.exists(whole) and os.path.isfile(output)):
            continue
        if os.path.samefile(output, whole):
            raise ConfigError(
                f"output: {output} is the source, and the articles in it would be lost",
                "name another file, such as -o related.json",
            )
        inside = Path(os.path.realpath(output)).is_relative_to(os.path.realpath(whole))
        if inside and str(output).lower().endswith(ARTICLES) and not _is_page_of_ours(output):
            raise ConfigError(
                f"output: {output} is a file of the source {whole}, and would be lost",
                "name another file",
            )


def _is_page_of_ours(path: str | Path) -> bool:
    from recommender.pages.selfcontained import is_filled

    with open(path, "rb") as file:
        return is_filled(file.read(1_000))


def shown_output(name: str) -> str:
    """Return the name of an output, for narration."""
    return "standard output" if name == STDOUT else name


def read(settings: Settings, narrator: Narrator, cache: FileCache | None = None) -> SourceResult:
    """Read the source of the settings; report what was read or skipped, and problems."""
    from recommender.cli.doubts import doubts_about, memory_doubt
    from recommender.resources import using
    from recommender.sources import INVALID, read_source, reason_kind
    from recommender.sources.tables.sql import is_url, shown_url

    source = source_of(settings)
    if doubt := memory_doubt(source):
        narrator.warn(doubt)
    with using(settings.threads):
        options = source_options(settings, cache)
        if is_url(source):
            options.progress = narrator.progress
        result = read_source(source, options)
    prior = click_prior_of(settings)
    result = result._replace(articles=_with_prior(result.articles, prior))
    _tell_read(shown_url(source), len(result.articles), result.skipped, narrator)
    invalid = [
        f"{where} is left out, {reason}"
        for where, reason in result.skipped
        if reason_kind(reason) == INVALID
    ]
    doubts = doubts_about(result.articles, skipped=result.skipped)
    if narrator.verbose:  # they are named among the skipped
        narrator.warnings += invalid
    else:
        _warn(invalid, narrator)
    _warn([*result.warnings, *doubts], narrator)
    if prior is not None:
        _tell_clicks(settings, prior, result.articles["id"], narrator)
    return result


def editorial_of(settings: Settings) -> Editorial | None:
    """Return the rules of the files that the setting `editorial` names, or None."""
    if settings.editorial is None:
        return None
    from recommender.sources.editorial import read_editorial

    return read_editorial(settings.editorial)


def own_vectors_of(settings: Settings) -> pd.DataFrame | None:
    """Return the vectors of the file that the setting `own_vectors` names, or None."""
    if settings.own_vectors is None:
        return None
    from recommender.sources.dense import read_vectors

    return read_vectors(settings.own_vectors)


def click_prior_of(settings: Settings) -> pd.Series | None:
    """Return the click rate of each article by id, or None if no clicks are given."""
    if settings.clicks is None:
        return None
    from recommender.evaluation.clicks import click_prior, read_clicks

    return click_prior(read_clicks(settings.clicks))


def _with_prior(articles: pd.DataFrame, prior: pd.Series | None) -> pd.DataFrame:
    if prior is None:
        return articles
    from recommender.evaluation.clicks import with_click_prior

    return with_click_prior(articles, prior)


def _tell_clicks(
    settings: Settings, prior: pd.Series, ids: Iterable[str], narrator: Narrator
) -> None:
    known = int(prior.index.isin(list(ids)).sum())
    if not known:
        raise SourceError(
            f"{settings.clicks}: shows no article of the source, got ids such as "
            f"{prior.index[0]!r}",
            "write the ids of the articles, as in the lists that `build` writes",
        )
    narrator.say(f"{settings.clicks}: click rates of {plural(known, 'article')}")


def changed_settings(obj: Invocation, flags: Mapping[str, Any], text: str, flag: str) -> Settings:
    """Return the settings with the changes of a flag such as --set, ``NAME=VALUE …``."""
    pairs = text.replace(",", " ").split()
    if not pairs or not all("=" in pair for pair in pairs):
        raise ConfigError(f"{flag}: expected NAME=VALUE, got {text!r}", f"{flag} title_weight=0.5")
    changes = {
        name.replace("-", "_"): value for name, _, value in (p.partition("=") for p in pairs)
    }
    for name in changes:
        if name not in SETTINGS:
            hint = did_you_mean(name, SETTINGS) or "`recommender config` lists all settings"
            raise ConfigError(f"{flag}: unknown setting {name}", hint)
    return load_settings({**flags, **changes}, config_file=obj[1])[0]


def _tell_read(source: str, articles: int, skipped: list[Skipped], narrator: Narrator) -> None:
    from recommender.sources import reason_kind, summarize_skipped

    left_out = ""
    if skipped:
        names = "" if narrator.verbose else "; --verbose names them"
        left_out = f" ({summarize_skipped(skipped)}{names})"
    narrator.counts["articles"] = articles
    narrator.counts["skipped"] = dict(Counter(reason_kind(reason) for _, reason in skipped))
    read = plural(articles, "article")
    narrator.say(f"Read {read} from {source}{left_out} in {narrator.lap('read'):.1f} s")
    if narrator.verbose:
        for where, reason in skipped:
            narrator.say(f"  skipped {where}: {reason}")


def _warn(lines: Sequence[str], narrator: Narrator) -> None:
    """Report problems of articles that were read nevertheless."""
    shown = lines if narrator.verbose else lines[:WARNINGS]
    for line in shown:
        narrator.warn(line)
    if len(shown) < len(lines):
        narrator.warnings += lines[len(shown) :]
        narrator.say(f"Warning: {len(lines) - len(shown):,} more like these; --verbose names them")


def source_options(settings: Settings, cache: FileCache | None = None) -> SourceOptions:
    """Return the settings of the group source as options for the readers."""
    from recommender.sources import SourceOptions

    options = of_group(settings, "source") | {"format": settings.source_format}
    given = {
        n: v
        for n, v in options.items()
        if n not in ("source", "source_format", "clicks", "editorial", "own_vectors")
    }
    if given["glob"] is None:
        del given["glob"]
    return SourceOptions(**given, cache=cache)


def fit(
    settings: Settings,
    narrator: Narrator,
    *,
    keep_texts: bool = True,
    cache: FileCache | None = None,
) -> Recommender:
    """Read the source and fit a recommender to it.

    keep_texts: if False, a large source is streamed; `articles_` then has teasers but no texts.
    cache: what files gave in the last run.
    """
    from recommender.sources.streams import is_large

    source = source_of(settings)
    if not (keep_texts or settings.skip_invalid) and is_large(source, settings.source_format):
        return fit_articles(_stream(source, settings, narrator), settings, narrator)
    return fit_articles(read(settings, narrator, cache).articles, settings, narrator)


def _stream(source: str, settings: Settings, narrator: Narrator) -> Iterator[pd.DataFrame]:
    """Yield the articles of a large source as tables; report what was read and skipped."""
    from recommender.sources.streams import stream_source

    articles, skipped = 0, []
    warnings: list[str] = []
    prior = click_prior_of(settings)
    ids: list[str] = []
    for result in stream_source(
        source, source_options(settings), settings.teaser_words, narrator.progress
    ):
        articles += len(result.articles)
        skipped += result.skipped
        warnings += result.warnings
        yield _with_prior(result.articles, prior)
        if prior is not None:
            ids += result.articles["id"].tolist()
    _tell_read(source, articles, skipped, narrator)
    _warn(warnings, narrator)
    if prior is not None:
        _tell_clicks(settings, prior, ids, narrator)


def fit_articles(
    articles: pd.DataFrame | Iterable[pd.DataFrame], settings: Settings, narrator: Narrator
) -> Recommender:
    """Fit a recommender with these settings to a table or a stream of articles."""
    _load_when_used(SELDOM_USED)
    from recommender.model import Recommender
    from recommender.ranking.editorial import unused_patterns
    from recommender.resources import missing_extensions
    from recommender.sources.tables.sql import shown_url

    editorial = editorial_of(settings)
    model = Recommender(
        **model_parameters(settings),
        editorial=editorial,
        own_vectors=own_vectors_of(settings) if settings.meaning_weight else None,
    )
    model.fit(articles, progress=narrator.progress)
    _warn(unused_patterns(editorial, model.articles_), narrator)
    n = len(model.articles_)
    if n < 2:
        raise SourceError(
            f"{shown_url(settings.source)}: contains only one article, a list needs at least two",
            "name the directory or file that contains all articles of the site",
        )
    terms = narrator.counts["terms"] = len(model.vectorizer_.df_)
    narrator.say(f"Indexed {plural(terms, 'term')} in {narrator.lap('index'):.1f} s")
    if not terms:
        narrator.warn(
            "the articles have no terms to compare: all occur in fewer articles than min_df, or in "
            "a larger share of them than max_df; look at the texts, which may be the same or empty"
        )
    missing = missing_extensions() if n >= LARGE else []
    if missing:
        narrator.say(
            f"Hint: compiled code is missing ({', '.join(missing)}), so a build takes up to ten "
            "times as long; install a C compiler, then this package again"
        )
    if settings.churn_margin:
        model.last_lists = last_lists(settings, model.articles_)
    return model


def last_lists(settings: Settings, articles: pd.DataFrame) -> pd.DataFrame | None:
    """Return the lists in the output of the last build, by the ids of the articles.

    None without such a file, and for standard output and front matter.
    """
    from recommender.outputs.reading import as_table, read_lists
    from recommender.outputs.writers import FRONT_MATTER_FORMAT

    output = settings.output
    if settings.format == FRONT_MATTER_FORMAT or output in (None, STDOUT):
        return None
    if not Path(output).is_file():
        return None
    return by_id(as_table(read_lists(output)), settings, articles)


def by_id(lists: pd.DataFrame, settings: Settings, articles: pd.DataFrame) -> pd.DataFrame:
    """Return lists by the ids of articles where the format of the settings has other keys."""
    from recommender.outputs.generators import pages
    from recommender.outputs.writers import GENERATOR_FORMATS

    if settings.format not in GENERATOR_FORMATS:
        return lists
    named = pages(articles, settings.format, settings.source)
    ids = {page.key: article_id for article_id, page in named.items()}
    known = lists[lists["article_id"].isin(list(ids))]
    return known.assign(article_id=known["article_id"].map(ids))


def _load_when_used(modules: Iterable[str]) -> None:
    """Register modules that Python loads only when they are used."""
    for name in modules:
        spec = None if name in sys.modules else importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        package, _, last = name.rpartition(".")
        setattr(sys.modules[package], last, module)


def write_lists(
    model: Recommender,
    lists: pd.DataFrame,
    because: Because,
    target: str | BinaryIO,
    settings: Settings,
) -> None:
    """Write lists as the settings say; `build` and `check` write the same bytes."""
    from recommender.outputs import write_recommendations
    from recommender.outputs.reasons import with_reasons

    if settings.reasons:
        lists = with_reasons(lists, because, model.articles_)
    write_recommendations(
        lists,
        target,
        articles=model.articles_,
        format=settings.format,
        source=settings.source,
        because=because,
        teaser_words=settings.teaser_words,
    )


def search_line(model: Recommender, narrator: Narrator) -> str:
    """Return the line that reports the finished search."""
    from recommender.cli.doubts import few_articles, score_doubt

    floor = narrator.counts["min_score"] = model.min_score_
    how = "calibrated" if model.min_score == "auto" else "as set"
    lines = [f"Searched in {narrator.lap('search'):.1f} s; minimum score {floor:.3f} ({how})"]
    doubt = score_doubt(floor) if how == "calibrated" else ""
    if doubt:
        narrator.warnings.append(doubt)
        lines.append(f"Warning: {doubt}")
    if how == "calibrated":
        lines += few_articles(len(model.articles_))
    if model.exposed_ is not None:
        lines.append(exposure_line(model.exposed_))
    return "\n".join(lines)


def count_entries(lists: pd.DataFrame, articles: int, k: int, narrator: Narrator) -> None:
    """Note the lengths of lists for the report of the run."""
    lengths = lists["article_id"].value_counts()
    full = min(k, articles - 1)
    narrator.counts |= {
        "lists": articles,
        "entries": len(lists),
        "full_lists": int((lengths >= full).sum()),
        "short_lists": int((lengths < full).sum()),
        "empty_lists": articles - len(lengths),
        "origins": {str(name): int(n) for name, n in lists["origin"].value_counts().items()},
    }


def exposure_line(exposed: Exposed) -> str:
    """Return the line that reports what `min_inbound` and `max_inbound` changed."""
    (before, after), (most_before, most) = exposed.orphans, exposed.most
    return (
        f"Exposure: {before:,} -> {after:,} articles in no list, at most {most_before:,} -> "
        f"{most:,} lists per article; mean score {exposed.before:.4f} -> {exposed.after:.4f}"
    )
