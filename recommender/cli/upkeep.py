"""The verbs for the upkeep of a site: `gone`, `links` and `tags`.

`cli` registers them. Like all verbs, they are a few calls to the library.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recommender.cli.console import (
    GivenPath,
    Narrator,
    VerbCommand,
    echo,
    echo_json,
    named,
    plural,
    setting_flags,
)
from recommender.cli.steps import (
    STDOUT,
    Invocation,
    model_parameters,
    output_file,
    read,
    required,
    shown_output,
    spare,
    start,
)
from recommender.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd

    from recommender.config import Settings
    from recommender.upkeep.tags import Tags

SHOWN = 10
"""How many findings of a kind are printed without --verbose."""
SHOWN_ADDRESSES = 3
"""How many addresses that lead nowhere are named without --verbose."""
REDIRECT_FORMATS = ("netlify", "nginx", "json")
"""Names of `upkeep.gone.FORMATS`."""


@click.command(cls=VerbCommand)
@click.argument("old", type=GivenPath(path_type=Path))
@click.argument("source", required=False)
@click.option("-o", "--output", default=STDOUT, help="File to write; - is standard output.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(REDIRECT_FORMATS),
    default="netlify",
    show_default=True,
    help="netlify: _redirects, as Cloudflare Pages reads it too; nginx: entries of a map; json: "
    "also addresses that lead nowhere.",
)
@setting_flags("source", "model")
@click.pass_obj
def gone(obj: Invocation, /, old: Path, output: str, form: str, **flags: Any) -> None:
    """Redirect removed addresses of OLD to the nearest articles.

    OLD is the site as it was: a directory or file that is read as SOURCE is. Or it is a text file
    (.txt) with one address a line, such as the not-found lines of a server's log; then only the
    words of each address are compared.
    """
    from recommender.model import Recommender
    from recommender.outputs.atomic import opened_file
    from recommender.upkeep.gone import FORMATS, TITLE_WEIGHT, redirects, stages

    narrator, settings = start(obj, flags)
    target = output_file(required(output, "output", "-o _redirects"))
    spare(settings.source, output)
    spare(str(old), output)
    live = read(settings, narrator).articles
    removed = _old_articles(old, settings, narrator)
    parameters = model_parameters(settings)
    if _is_list(old):
        parameters["title_weight"] = TITLE_WEIGHT
    model = Recommender(**parameters, stages=stages(settings.min_score)).fit(live)
    found = redirects(model, removed)
    with opened_file(target) as file:
        file.write(FORMATS[form](found).encode())
    led = int((found["target"] != "").sum())
    narrator.say(
        f"Wrote {shown_output(output)}: {plural(led, 'redirect')} of "
        f"{len(found):,} removed addresses, in {narrator.lap('write'):.1f} s"
    )
    nowhere = found["address"][found["target"] == ""].tolist()
    if nowhere:
        shown = named(nowhere, SHOWN_ADDRESSES, everything=narrator.verbose)
        narrator.say(f"No article is near enough to {shown}")


def _is_list(old: Path) -> bool:
    """Return whether a file contains addresses, not articles."""
    return old.suffix.lower() == ".txt"


def _old_articles(old: Path, settings: Settings, narrator: Narrator) -> pd.DataFrame:
    """Return the articles of a site as it was, or addresses alone from a text file."""
    from recommender.sources.base import read_text
    from recommender.upkeep.gone import addresses_alone

    if not _is_list(old):
        return read(replace(settings, source=str(old)), narrator).articles
    lines = read_text(old).splitlines()
    try:
        return addresses_alone(lines)
    except SourceError as error:
        raise SourceError(f"{old}:{error.message.removeprefix('line ')}", error.hint) from None


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@click.option(
    "--per-article",
    default=3,
    show_default=True,
    type=click.IntRange(min=1),
    help="Maximum number of links to suggest in one article.",
)
@click.option(
    "--min-strength",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Length times rarity of the words, times their share of the title, times the similarity "
    "of the articles; less finds more.",
)
@click.option(
    "--host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A host that belongs to the site; may be repeated.",
)
@click.option(
    "--patch", "as_patch", is_flag=True, help="Print a patch of the Markdown files, for git apply."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all suggestions.")
@setting_flags("source", "model")
@click.pass_obj
def links(
    obj: Invocation,
    /,
    per_article: int,
    min_strength: float,
    hosts: tuple[str, ...],
    as_patch: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Print links that articles of SOURCE could have to each other.

    They name another article by words of its title that no other title contains, but do not link
    to it. The surest come first.
    """
    from recommender.cli.doubts import better_links
    from recommender.model import Recommender
    from recommender.ranking.links import count_resolved
    from recommender.upkeep.links import suggest_links

    narrator, settings = start(obj, flags)
    articles = read(settings, narrator).articles
    count = int(articles["links"].map(len).sum())
    for line in better_links(articles, hosts, count_resolved(articles, hosts), count):
        narrator.say(line)
    model = Recommender(**model_parameters(settings), stages=[]).fit(articles)
    found = suggest_links(model, hosts=hosts, per_article=per_article, min_strength=min_strength)
    if as_patch:
        _print_patch(found, model.articles_, settings, narrator)
    elif as_json:
        echo_json(found.to_dict("records"))
    else:
        echo(f"{plural(len(found), 'link')} in {plural(found['article_id'].nunique(), 'article')}")
        shown = found if narrator.verbose else found[:SHOWN]
        for row in shown.to_dict("records"):
            echo(f"\n{row['article_id']} -> {row['related_id']}")
            words = " ".join(row["anchor"].split())  # as in the sentence, on one line
            echo(f"  {row['sentence'].replace(words, f'[{words}]', 1)}")
        if len(shown) < len(found):
            echo(f"\nand {len(found) - len(shown):,} more; --verbose prints them")


def _print_patch(
    found: pd.DataFrame, articles: pd.DataFrame, settings: Settings, narrator: Narrator
) -> None:
    """Print the suggestions as edits of the files, and say how many are left out."""
    from recommender.outputs.urls import safe_address
    from recommender.sources.base import read_text
    from recommender.upkeep.edits import patch, with_link

    urls = dict(zip(articles["id"], map(safe_address, articles["url"]), strict=True))
    if not any(urls.values()):
        raise SourceError("the articles have no addresses to link to", "set url_template")
    folder = Path(settings.source or "")
    inside = Path(os.path.abspath(folder)).is_relative_to(os.getcwd())
    start = Path() if inside else folder  # git apply takes no path with ..
    written = 0
    for name, rows in found.groupby("article_id", sort=True):
        file = folder / str(name)
        if file.suffix.lower() not in (".md", ".markdown") or not file.is_file():
            continue
        before = after = read_text(file)
        for words, target in zip(rows["anchor"], rows["related_id"].map(urls), strict=True):
            edited = with_link(after, words, target) if target else None
            written += edited is not None
            after = edited or after
        if after != before:
            path = Path(os.path.relpath(file, start)).as_posix()
            click.echo(patch(path, before, after), nl=False)
    where = "" if inside or not written else f", to apply in {start}"
    narrator.say(f"Wrote a patch with {plural(written, 'link')}{where}")
    if written < len(found):
        narrator.say(
            f"{len(found) - written:,} more are not in it: their words are in no Markdown file, or "
            "only in headings, links, tables, code or markup"
        )


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all tags.")
@setting_flags("source", "model")
@click.pass_obj
def tags(obj: Invocation, /, as_json: bool, **flags: Any) -> None:
    """Print which tags of SOURCE could be tidied.

    Tags that are spelled in several ways; tags of one article only; and tags that an article may
    lack, because most of the articles nearest to it have them.
    """
    from recommender.model import Recommender
    from recommender.upkeep.tags import stages, tidy

    narrator, settings = start(obj, flags)
    articles = read(settings, narrator).articles
    model = Recommender(**model_parameters(settings), stages=stages()).fit(articles)
    found = tidy(model)
    if as_json:
        echo_json(found._asdict() | {"missing": found.missing.to_dict("records")})
    else:
        _print_tags(found, narrator.verbose)


def _print_tags(found: Tags, everything: bool) -> None:
    """Print a heading and some lines for each kind of finding."""
    counts = found.counts
    echo(f"{plural(len(counts), 'tag')}, {sum(counts.values()):,} times used")
    parts = {
        "spelled in several ways": [
            ", ".join(f"{tag} ({counts[tag]:,})" for tag in group) for group in found.twins
        ],
        "used once": found.once,
        "perhaps missing": [
            f"{row['share']:4.0%}  {row['tag']}: {row['article_id']}"
            for row in found.missing.to_dict("records")
        ],
    }
    for heading, lines in parts.items():
        shown = lines if everything else lines[:SHOWN]
        echo(f"\n{heading}: {len(lines):,}")
        for line in shown:
            echo(f"  {line}")
        if len(shown) < len(lines):
            echo(f"  and {len(lines) - len(shown):,} more; --verbose prints them")
