"""The verbs `inject` and `site`, and `check --built`: lists in built pages.

`cli` registers them. Like all verbs, they are a few calls to the library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from recommender.cli.console import (
    Command,
    GivenPath,
    Narrator,
    VerbCommand,
    echo,
    named,
    plural,
    setting_flags,
    terminal_safe,
)
from recommender.cli.kept import indexed
from recommender.cli.runs import report_flag, reported
from recommender.cli.steps import Invocation, count_entries, fit, search_line, spare, start
from recommender.cli.watching import Verb, repeated, watch_flag
from recommender.config import MAIN_TERMS, Settings, of_group
from recommender.errors import ConfigError, OutputError, SourceError, join_problems

if TYPE_CHECKING:
    from recommender.cli.kept import Kept
    from recommender.outputs.cards import Card
    from recommender.pages.built import BuiltReport
    from recommender.pages.inject import InjectReport


EXAMPLES = 3
"""How many problems of a kind `check --built` shows; --verbose shows all."""


class Look(NamedTuple):
    """The flags of `_place_flags` that decide what a page shows."""

    selector: str | None
    heading: str | None
    template: Path | None
    no_style: bool


def _place_flags(command: Command) -> Command:
    """Add the flags for the content and the place of the block to a command."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Change no file; print a unified diff."),
        click.option(
            "--no-style", is_flag=True, help="Add no CSS; the site styles the list itself."
        ),
        click.option(
            "--template", type=GivenPath(path_type=Path), help="Jinja2 template for the list."
        ),
        click.option(
            "--heading", help="Heading of the list; default: a heading in the page's language."
        ),
        click.option("--selector", help="CSS selector of the element to append the list to."),
    ):
        command = option(command)
    return command


@click.command(cls=VerbCommand)
@click.argument("site_dir", type=GivenPath(path_type=Path))
@click.option(
    "--lists", "lists_file", type=GivenPath(path_type=Path), help="File that `build` wrote."
)
@click.option("--remove", is_flag=True, help="Remove the lists and restore the original pages.")
@_place_flags
@setting_flags("source", "model", "lists")
@click.pass_obj
def inject(
    obj: Invocation,
    /,
    site_dir: Path,
    lists_file: Path | None,
    remove: bool,
    selector: str | None,
    heading: str | None,
    template: Path | None,
    no_style: bool,
    dry_run: bool,
    **flags: Any,
) -> None:
    """Add the lists to the built pages of SITE_DIR.

    Without --lists, makes the lists from the pages themselves.
    """
    from recommender.pages.inject import remove_lists

    narrator, settings = start(obj, flags)
    if remove:
        _tell(remove_lists(site_dir, dry_run=dry_run, progress=narrator.progress), narrator)
        return
    look = Look(selector, heading, template, no_style)
    _add_lists(narrator, settings, site_dir, flags, look, lists_file=lists_file, dry_run=dry_run)


def _add_lists(
    narrator: Narrator,
    settings: Settings,
    site_dir: Path,
    flags: Mapping[str, Any],
    look: Look,
    *,
    lists_file: Path | None = None,
    dry_run: bool,
    save_lists: Path | None = None,
    then_check: bool = False,
    kept: Kept | None = None,
) -> None:
    from recommender.pages.address import SiteAddress
    from recommender.pages.inject import inject_lists, page_paths
    from recommender.sources.html.ending import remembering

    with remembering():  # what reading the pages tells about the places of their lists
        if lists_file:
            lists = _from_file(lists_file, site_dir, narrator)
        else:
            lists = _from_pages(narrator, settings, site_dir, flags, kept)
        report = inject_lists(
            site_dir,
            lists,
            selector=look.selector,
            locate=_locator(settings.article_selector),
            heading=look.heading,
            template=_read_template(look.template),
            style=not look.no_style,
            written=None if lists_file else SiteAddress.of(site_dir, page_paths(site_dir)).written,
            dry_run=dry_run,
            progress=narrator.progress,
        )
    if save_lists and not dry_run:
        _save(lists, save_lists)
    if kept is not None:
        kept.files.lists_were_written()
    if not dry_run:
        _warn_if_redrawn(site_dir, [*report.written, *report.unchanged], narrator)
    _tell(report, narrator)
    if then_check and not dry_run:
        from recommender.pages.built import check_built

        _judge(check_built(site_dir, lists), site_dir, narrator)


def _warn_if_redrawn(site_dir: Path, pages: list[str], narrator: Narrator) -> None:
    """Warn if browsers will not show the lists as they are in the pages, judged by one page."""
    from recommender.pages.redrawn import redrawn

    found = redrawn((site_dir / min(pages)).read_bytes()) if pages else None  # one for all
    if found:
        drawn = (
            "again in the browser: the lists disappear there, or after a click to another page"
            if found.removes
            else "in the browser: a list stays where it is after a click to another page"
        )
        narrator.warn(f"{site_dir}: {found.program} draws its pages {drawn}; use a component")


@click.command(cls=VerbCommand)
@click.argument("site_dir", type=GivenPath(path_type=Path))
@_place_flags
@click.option(
    "--save-lists",
    type=GivenPath(path_type=Path),
    metavar="FILE",
    help="JSON file to write the lists to as well, for `diff`.",
)
@watch_flag
@report_flag
@setting_flags("source", "model", "lists", "index")
@click.pass_obj
def site(
    obj: Invocation,
    /,
    site_dir: Path,
    selector: str | None,
    heading: str | None,
    template: Path | None,
    no_style: bool,
    dry_run: bool,
    save_lists: Path | None,
    report: Path | None,
    watch: bool,
    **flags: Any,
) -> None:
    """Make lists from the built pages of SITE_DIR and add them.

    Then check that each list is on its page and that every link leads to a page.
    """
    look = Look(selector, heading, template, no_style)

    def run(obj: Invocation, settings: Settings) -> None:
        def work(kept: Kept | None) -> None:
            _add_lists(
                *(obj[0], settings, site_dir, flags, look),
                dry_run=dry_run,
                save_lists=save_lists,
                then_check=True,
                kept=kept,
            )

        with reported(report, "site", obj[0], settings):
            if dry_run:
                work(None)
            else:
                given = flags | look._asdict() | {"save_lists": save_lists}
                indexed("site", obj, settings, work, sources=[str(site_dir)], flags=given)

    _, settings = start(obj, flags)
    spare(str(site_dir), save_lists, report)
    if watch:
        repeated(Verb(lambda obj: start(obj, flags)[1], run), obj, settings, str(site_dir))
    else:
        run(obj, settings)


def check_site(
    narrator: Narrator,
    settings: Settings,
    site_dir: Path,
    lists_file: Path | None,
    flags: Mapping[str, Any],
) -> None:
    """Print whether the lists and the built pages of a site match.

    The lists come from `lists_file`, else from the output in the settings. Without such a file,
    they are made again from pages that `inject` or `site` changed; on the pages of a plug-in,
    only the links are checked.

    Raises
    ------
    OutputError
        If a list is not on its page, has no page, or a link leads nowhere.
    SourceError
        If the file with the lists cannot be read.
    """
    from recommender.outputs.reading import read_lists
    from recommender.pages.built import check_built

    file = lists_file or Path(settings.output or "")
    lists = read_lists(file) if lists_file or file.is_file() else None
    report = check_built(site_dir, lists)
    if lists is None and report.injected:
        lists = _from_pages(narrator, settings, site_dir, flags)
        report = check_built(site_dir, lists)
    echo(f"pages: {report.pages:,}, {len(report.listed):,} with a list")
    if lists is not None:
        empty = sum(not cards for cards in lists.values())
        echo(f"lists: {len(lists):,}, {empty:,} empty")
    others = f", {report.elsewhere:,} more to other hosts" if report.elsewhere else ""
    echo(f"links in lists: {report.links:,}{others}")
    _judge(report, site_dir, narrator)


def _judge(report: BuiltReport, site_dir: Path, narrator: Narrator) -> None:
    """Raise an error if something is wrong with the lists on the built pages."""
    if not report.pages:
        raise OutputError(
            f"{site_dir}: contains no pages", "build the site, or name the directory of its pages"
        )
    problems = report.problems
    if not problems and report.listed:
        return
    lines = []
    for kind, found in problems.items():
        of = f" of {report.links:,}" if found is report.dead else ""
        shown = named(found, EXAMPLES, everything=narrator.verbose)
        lines.append(f"{site_dir}: {kind}: {len(found):,}{of} ({shown})")
    if not report.listed:
        lines.insert(0, f"{site_dir}: no page has a list")
    raise OutputError("\n".join(lines), _advice(report))


def _advice(report: BuiltReport) -> str:
    """Return what to do about the first kind of problem on the built pages."""
    if report.crowded and report.injected:
        return "the templates show a list too: remove it there, or ours by `inject --remove`"
    if report.crowded:
        return "show one list on each page"
    if not report.listed:
        return "if you use your own template, give its list the attribute data-recommender-list"
    if report.injected:
        return "build the pages again, and run `recommender site` on all of them"
    if report.without_page or report.dead:
        return "the lists have the wrong addresses: set url_template, or use `recommender site`"
    return "add the list to the templates of these pages, or use `recommender site`"


def _from_file(file: Path, site_dir: Path, narrator: Narrator) -> dict[str, list[Card]]:
    from recommender.outputs.reading import read_lists
    from recommender.pages.built import names_by_page
    from recommender.pages.inject import page_paths

    lists = read_lists(file)
    placed = {
        page: lists[name] for page, name in names_by_page(lists, page_paths(site_dir)).items()
    }
    missing = len(lists) - len(placed)
    without = f" ({plural(missing, 'list')} without a page)" if missing else ""
    narrator.say(f"Read {plural(len(lists), 'list')} from {file}{without}")
    if lists and not placed:
        raise SourceError(
            f"{file}: none of its lists belongs to a page in {site_dir}",
            "omit --lists to make the lists from the pages themselves",
        )
    return placed


def _from_pages(
    narrator: Narrator,
    settings: Settings,
    site_dir: Path,
    flags: Mapping[str, Any],
    kept: Kept | None = None,
) -> dict[str, list[Card]]:
    from recommender.explanation import shared_terms
    from recommender.outputs.cards import cards
    from recommender.outputs.reasons import with_reasons

    given = _source_options(settings, flags)
    defaults = of_group(Settings(), "source") | {"source": str(site_dir), "source_format": "html"}
    settings = replace(settings, **(defaults | given))
    model = fit(settings, narrator, cache=kept.files if kept is not None else None)
    if kept is not None:
        kept.remember(model)
    lists = model.recommend(k=settings.k, progress=narrator.progress)
    narrator.say(search_line(model, narrator))
    count_entries(lists, len(model.articles_), settings.k, narrator)
    reasons = shared_terms(model, lists, MAIN_TERMS) if settings.reasons else None
    if reasons is not None:
        lists = with_reasons(lists, reasons, model.articles_)
    words = settings.teaser_words
    return dict(cards(lists, model.articles_, because=reasons, teaser_words=words))


def _save(lists: Mapping[str, list[Card]], file: Path) -> None:
    from recommender.outputs.atomic import atomic_file
    from recommender.outputs.writers import WRITERS

    with atomic_file(file) as out:
        WRITERS["json"](lists.items(), out)


def _source_options(settings: Settings, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options for reading pages: the settings without a configured glob or column.

    Those refer to the sources of the site, unless they are given as flags.
    """
    names = ("drafts", "future", "expired", "code", "date_format", "article_selector", "glob",
             "editorial")  # fmt: skip
    return {
        name: value
        for name, value in of_group(settings, "source").items()
        if name in names and (name != "glob" or flags.get("glob"))
    }


def _locator(selector: str | None) -> Callable[[bytes], int | None]:
    """Return the function that finds the end of an article."""
    from recommender.sources.html.end import find_end

    def locate(page: bytes) -> int | None:
        try:
            return find_end(page, selector)
        except SourceError:  # not in the encoding that it declares: the names of elements suffice
            return None

    return locate


def _read_template(template: Path | None) -> str | None:
    if template is None:
        return None
    try:
        return template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{template}: cannot be read, {error}", "name a template in UTF-8 that you may read"
        ) from error


def _tell(report: InjectReport, narrator: Narrator) -> None:
    """Narrate what was done; pages that were refused are an error at the end."""
    if report.diff:
        # When piped, it is a patch and keeps its bytes.
        click.echo(terminal_safe(report.diff) if sys.stdout.isatty() else report.diff, nl=False)
    narrator.counts["pages"] = {
        "written": len(report.written),
        "unchanged": len(report.unchanged),
        "restored": len(report.removed),
        "refused": len(report.refused),
    }
    counts = [
        (report.written, "written"), (report.unchanged, "unchanged"), (report.removed, "restored")
    ]  # fmt: skip
    parts = [f"{plural(len(pages), 'page')} {what}" for pages, what in counts if pages]
    narrator.say(f"{', '.join(parts) or 'Nothing to do'} in {narrator.lap('write'):.1f} s")
    if report.stale:
        narrator.say(
            f"out-of-date compressed copies: {len(report.stale):,}; compress again: "
            f"{', '.join(report.stale[:3])}{', …' if len(report.stale) > 3 else ''}"
        )
    if report.refused:
        lines = [f"{path}: {reason}" for path, reason in report.refused]
        raise OutputError(
            join_problems(lines), "the other pages are done; fix or exclude these pages"
        )
