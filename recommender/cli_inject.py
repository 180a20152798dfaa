"""The verbs `inject` and `site`: lists into built pages, in one step or from a file.

`cli` registers both. Like all verbs they are a few calls of the library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from recommender.config import Settings, of_group
from recommender.console import Narrator, plural, setting_flags
from recommender.errors import ConfigError, OutputError, SourceError, join_problems
from recommender.workflow import Invocation, fit, search_line, start

if TYPE_CHECKING:
    from recommender.outputs.inject import InjectReport

Cards = list[dict[str, Any]]
Command = Callable[..., Any]


def _place_flags(command: Command) -> Command:
    """Give a command the flags that say what the block is and where it goes."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Change nothing; print a unified diff."),
        click.option("--no-style", is_flag=True, help="Leave the looks to the site's own CSS."),
        click.option("--template", type=click.Path(path_type=Path), help="Jinja2 file."),
        click.option("--heading", help="Heading of the list; else in the page's language."),
        click.option("--selector", help="CSS selector of the element at whose end it goes."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("site_dir", type=click.Path(path_type=Path))
@click.option("--lists", "lists_file", type=click.Path(path_type=Path), help="JSON of `build`.")
@click.option("--remove", is_flag=True, help="Take the lists out: the pages as they were built.")
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
    """Put the lists into the built pages of SITE_DIR.

    Without --lists they are made from the pages themselves.
    """
    from recommender.outputs.inject import inject_lists, remove_lists

    narrator, settings = start(obj, flags)
    if remove:
        _tell(remove_lists(site_dir, dry_run=dry_run, progress=narrator.progress), narrator)
        return
    if lists_file:
        lists = _from_file(lists_file, site_dir, narrator)
    else:
        lists = _from_pages(narrator, settings, site_dir, flags)
    report = inject_lists(
        site_dir,
        lists,
        selector=selector,
        heading=heading,
        template=_read_template(template),
        style=not no_style,
        dry_run=dry_run,
        progress=narrator.progress,
    )
    _tell(report, narrator)


@click.command()
@click.argument("site_dir", type=click.Path(path_type=Path))
@_place_flags
@setting_flags("source", "model", "lists")
@click.pass_context
def site(context: click.Context, /, **given: Any) -> None:
    """Read the built pages of SITE_DIR, make everyone's list, put it in: all in one step."""
    context.invoke(inject, lists_file=None, remove=False, **given)


def lists_by_page(lists: Mapping[str, Cards], pages: Sequence[str]) -> dict[str, Cards]:
    """Return the lists under the paths of pages, whatever they are filed under.

    Parameters
    ----------
    lists : mapping of str to list of cards
        Under the path of a page, its address, or the id of its source.
    pages : sequence of str
        Paths of the site's pages.

    Returns
    -------
    dict
        Lists without a page are left out. A list whose page is not where its address or id says
        goes to the page of its name, if there is but one.

    Examples
    --------
    >>> lists_by_page({"rye.md": [], "/oats/": []}, ["rye/index.html", "oats/index.html"])
    {'rye/index.html': [], 'oats/index.html': []}
    >>> lists_by_page({"posts/2024-05-12-rye.md": []}, ["blog/bread/rye.html", "oats.html"])
    {'blog/bread/rye.html': []}
    """
    from recommender.sources.addresses import parse_path

    known = set(pages)
    addresses = {
        card["id"]: card["url"] for cards in lists.values() for card in cards if card.get("url")
    }
    found: dict[str, Cards] = {}
    homeless: dict[str, list[Cards]] = {}
    for name, cards in lists.items():
        file = parse_path(name)
        for path in _candidates(name, addresses.get(name), file.date, file.slug):
            if path in known:
                found.setdefault(path, cards)
                break
        else:
            homeless.setdefault(file.slug, []).append(cards)
    by_name: dict[str, list[str]] = {}
    for page in pages:
        by_name.setdefault(parse_path(page).slug, []).append(page)
    for slug, several in homeless.items():
        if len(several) == len(by_name.get(slug, ())) == 1:
            found.setdefault(by_name[slug][0], several[0])
    return found


def _candidates(name: str, address: str | None, date: str, slug: str) -> list[str]:
    """Return the paths that a page may have, the surest first."""
    paths = [name]
    for url in (address, name):
        if url:
            path = unquote(urlsplit(url).path).strip("/")
            stem = path.removesuffix(PurePosixPath(path).suffix)
            for part in (path, stem):
                paths += [f"{part}/index.html".lstrip("/"), f"{part}.html"]
            paths.append(path)
            paths += [f"{path.partition('/')[2]}/index.html", path.partition("/")[2]]
    if date:
        dated = f"{date.replace('-', '/')}/{slug}"
        paths += [f"{dated}/index.html", f"{dated}.html"]  # Jekyll's and Eleventy's habit
    return paths


def _from_file(file: Path, site_dir: Path, narrator: Narrator) -> dict[str, Cards]:
    from recommender.outputs.inject import page_paths

    try:
        data = json.loads(file.read_text(encoding="utf-8-sig"))
        lists = {str(name): list(cards) for name, cards in data["lists"].items()}
    except OSError as error:
        raise SourceError(f"{file}: cannot be read, {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError(
            f"{file}: is not the JSON that `recommender build` writes, {error}",
            "write it with: recommender build SOURCE -o related.json",
        ) from error
    placed = lists_by_page(lists, page_paths(site_dir))
    missing = len(lists) - len(placed)
    without = f" ({plural(missing, 'list')} without a page)" if missing else ""
    narrator.say(f"Read {plural(len(lists), 'list')} from {file}{without}")
    if lists and not placed:
        raise SourceError(
            f"{file}: none of its lists is of a page in {site_dir}",
            "leave --lists out to make them from the pages themselves",
        )
    return placed


def _from_pages(
    narrator: Narrator, settings: Settings, site_dir: Path, flags: Mapping[str, Any]
) -> dict[str, Cards]:
    from recommender.outputs import cards

    given = _source_options(settings, flags)
    defaults = of_group(Settings(), "source") | {"source": str(site_dir), "source_format": "html"}
    settings = replace(settings, **(defaults | given))
    model = fit(settings, narrator)
    lists = model.recommend(k=settings.k, progress=narrator.progress)
    narrator.say(search_line(model, narrator))
    return dict(cards(lists, model.articles_, teaser_words=settings.teaser_words))


def _source_options(settings: Settings, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options for reading pages: of the file's settings those that are no columns.

    A configured glob or column is about the sources of the site, unless it is given as a flag.
    """
    names = ("drafts", "future", "expired", "code", "date_format", "article_selector", "glob")
    return {
        name: value
        for name, value in of_group(settings, "source").items()
        if name in names and (name != "glob" or flags.get("glob"))
    }


def _read_template(template: Path | None) -> str | None:
    if template is None:
        return None
    try:
        return template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{template}: cannot be read, {error}") from error


def _tell(report: InjectReport, narrator: Narrator) -> None:
    """Narrate what was done; pages that were refused are an error at the end."""
    if report.diff:
        click.echo(report.diff, nl=False)
    counts = [
        (report.written, "written"), (report.unchanged, "unchanged"), (report.removed, "restored")
    ]  # fmt: skip
    parts = [f"{plural(len(pages), 'page')} {what}" for pages, what in counts if pages]
    narrator.say(f"{', '.join(parts) or 'Nothing to do'} in {narrator.lap():.1f} s")
    if report.stale:
        narrator.say(
            f"{len(report.stale):,} compressed copies stale, compress again: "
            f"{', '.join(report.stale[:3])}{', …' if len(report.stale) > 3 else ''}"
        )
    if report.refused:
        lines = [f"{path}: {reason}" for path, reason in report.refused]
        raise OutputError(join_problems(lines), "the other pages are done; mend or leave out these")
