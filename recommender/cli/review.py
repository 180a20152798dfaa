"""The verbs with which editors look at lists: `explain`, `diff`, `report`.

`cli` registers them. Like all verbs, they are a few calls to the library.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recommender.cli.console import (
    GivenPath,
    Narrator,
    VerbCommand,
    echo,
    echo_json,
    plural,
    setting_flags,
    telling_flags,
)
from recommender.cli.steps import (
    STDOUT,
    Invocation,
    fit,
    page_file,
    search_line,
    shown_output,
    spare,
    start,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from recommender.config import Settings
    from recommender.explanation import Explanation, Placement
    from recommender.model import Recommender
    from recommender.outputs.cards import Card
    from recommender.outputs.changes import Changes, ListChange

SHOWN_TERMS = 20
SHOWN_CHANGES = 10
"""How many changed lists `diff` prints without --verbose."""


@click.command(cls=VerbCommand)
@click.argument("article_id", metavar="ID")
@click.argument("other_id", metavar="OTHER")
@click.option("--source", help="Directory or file to read.")
@click.option(
    "--terms",
    default=SHOWN_TERMS,
    show_default=True,
    type=click.IntRange(min=0),
    help="Number of terms to print.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all terms and fields.")
@setting_flags("source", "model", "lists")
@click.pass_obj
def explain(
    obj: Invocation, /, article_id: str, other_id: str, terms: int, as_json: bool, **flags: Any
) -> None:
    """Explain why OTHER is, or is not, in the list of the article ID.

    Prints the parts of their score, term by term, and the place of OTHER in the list after each
    step of the ranking.
    """
    from recommender.explanation import explain as explained
    from recommender.explanation import placement

    narrator, settings = start(obj, flags)
    model = fit(settings, narrator)
    why = explained(model, article_id, other_id)
    place = placement(model, article_id, other_id, settings.k)
    if as_json:
        data = _explanation_data(model, (article_id, other_id), why, place)
        echo_json(data)
        return
    titles = model.articles_.set_index("id")["title"]
    echo(f"score {why.score:.6f}")
    for name in (article_id, other_id):
        echo(f"  {titles[name]} ({name})")
    echo()
    _print_terms(why, terms)
    echo(f"\nplace of {other_id} in the list of {article_id}")
    for step in place.steps:
        shown = f"{step.rank:3} of {step.length:<3}" if step.rank else f"not in {step.length:<3}"
        echo(f"  {shown:>10}  {step.name}")
    echo(_outcome(model, other_id, why.score, place))


def _print_terms(why: Explanation, terms: int) -> None:
    table = why.terms
    echo(f"{'part':>9}  {'share':>5}  {'term':30}  in")
    for row in table.head(terms).to_dict("records"):
        share = row["contribution"] / max(why.score, 1e-9)
        echo(f"{row['contribution']:9.6f}  {share:5.1%}  {row['term']:30}  {row['fields']}")
    rest = table["contribution"][terms:]
    if len(rest):
        share = rest.sum() / max(why.score, 1e-9)
        echo(f"{rest.sum():9.6f}  {share:5.1%}  ({plural(len(rest), 'more term')})")


def _outcome(model: Recommender, related_id: str, score: float, place: Placement) -> str:
    """Return in one line how the article came into the list, or what kept it out."""
    if place.origin:
        how = "" if place.origin == "similar" else f", {place.origin}"
        return f"in the list at rank {place.steps[-1].rank}{how}"
    if place.kept_out != "nearest":
        reason = ""
        if place.kept_out == "min score":
            reason = f": its score is below {model.least_score(related_id):.3f}"
        return f"not in the list, removed at the step {place.kept_out!r}{reason}"
    if not place.nearest_rank:
        return "not in the list: " + (
            "it shares no term" if not score else "it is the same article"
        )
    depth = plural(place.steps[0].length, "nearest article")
    return f"not in the list: by score it is number {place.nearest_rank:,}, and not of the {depth}"


def _explanation_data(
    model: Recommender, pair: tuple[str, str], why: Explanation, place: Placement
) -> dict[str, Any]:
    titles = model.articles_.set_index("id")["title"]
    first, second = ({"id": name, "title": titles[name]} for name in pair)
    terms = why.terms.rename(columns={"contribution": "part"})
    fields = why.contributions.rename(
        columns={"seed_field": "field", "related_field": "other_field", "contribution": "part"}
    )
    return {
        "article": first,
        "other": second,
        "score": why.score,
        "min_score": model.min_score_,
        "rank": place.steps[-1].rank or None,
        "origin": place.origin or None,
        "kept_out": place.kept_out or None,
        "nearest_rank": place.nearest_rank or None,
        "steps": [
            {"step": step.name, "rank": step.rank or None, "length": step.length}
            for step in place.steps
        ],
        "terms": terms.round(6).to_dict("records"),
        "fields": fields.round(6).to_dict("records"),
    }


@click.command(cls=VerbCommand)
@click.argument("old", type=GivenPath(path_type=Path))
@click.argument("new", type=GivenPath(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every change.")
@click.option("--exit-code", is_flag=True, help="Exit with code 1 if a reader would see a change.")
@telling_flags
@click.pass_obj
def diff(
    obj: Invocation, /, old: Path, new: Path, as_json: bool, exit_code: bool, **flags: Any
) -> None:
    """Compare two files of lists that `build` wrote: OLD and NEW.

    Prints the lists that changed, with the entries that came in (+), went out (-) or moved (~).
    An entry counts as moved only if its order among the entries of both lists changed. Scores
    are not compared: they change a little with every new article. As with `git diff`, the exit
    code is 0 whether or not there are changes; with --exit-code it is 1 if there are.
    """
    from recommender.outputs.changes import changes
    from recommender.outputs.reading import read_lists

    narrator, _ = obj
    before, after = read_lists(old), read_lists(new)
    found = changes(before, after)
    if before and after and not found.lists:
        narrator.warn(f"no article has a list in both {old} and {new}: are both of one format?")
    titles = _titles(before) | _titles(after)
    if as_json:
        echo_json(_changes_data(found, titles))
    else:
        _print_changes(found, titles, verbose=narrator.verbose or flags["verbose"])
    if exit_code and found.differ:
        sys.exit(1)


def _titles(lists: Mapping[str, Sequence[Card]]) -> dict[str, str]:
    return {card["id"]: card.get("title") or "" for cards in lists.values() for card in cards}


def _print_changes(found: Changes, titles: Mapping[str, str], *, verbose: bool) -> None:
    n = found.counts
    echo(f"{plural(n['lists'], 'list')} in both, {n['appeared']:,} new, {n['disappeared']:,} gone")
    echo(
        f"{plural(n['changed'], 'list')} changed: {n['in']:,} entries in, {n['out']:,} out, "
        f"{n['moved']:,} moved"
    )
    if n["rewritten"]:
        echo(f"entries with another title, teaser, address, date or picture: {n['rewritten']:,}")
    shown = found.changed if verbose else found.changed[:SHOWN_CHANGES]
    for change in shown:
        echo(f"\n{change.id}")
        for line in _change_lines(change, titles):
            echo(f"  {line}")
    if len(shown) < len(found.changed):
        echo(f"\n{plural(len(found.changed) - len(shown), 'more list')}; --verbose prints them")


def _change_lines(change: ListChange, titles: Mapping[str, str]) -> list[str]:
    """Return a line for each change of a list, by rank."""
    lines = [(rank, 0, f"- {rank:2}       ", name) for name, rank in change.left]
    lines += [(rank, 1, f"+ {rank:2}       ", name) for name, rank in change.entered]
    lines += [(new, 2, f"~ {old:2} -> {new:<2} ", name) for name, old, new in change.moved]
    return [f"{mark} {name}  {titles.get(name, '')}".rstrip() for _, _, mark, name in sorted(lines)]


def _changes_data(found: Changes, titles: Mapping[str, str]) -> dict[str, Any]:
    def entry(name: str, **ranks: int) -> dict[str, Any]:
        return {"id": name, "title": titles.get(name, ""), **ranks}

    return {
        "summary": found.counts,
        "appeared": found.appeared,
        "disappeared": found.disappeared,
        "changed": [
            {
                "id": change.id,
                "in": [entry(name, rank=rank) for name, rank in change.entered],
                "out": [entry(name, rank=rank) for name, rank in change.left],
                "moved": [entry(m.id, old_rank=m.old, rank=m.new) for m in change.moved],
            }
            for change in found.changed
        ],
    }


@click.command(cls=VerbCommand)
@click.argument("source", required=False)
@click.option(
    "-o", "--output", default="report.html", help="HTML file to write; - is standard output."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON; write no page.")
@click.option(
    "--last",
    type=GivenPath(path_type=Path),
    metavar="FILE",
    help="File of lists to compare with; default: the output in the settings, if it exists.",
)
@setting_flags("source", "model", "lists")
@click.pass_obj
def report(obj: Invocation, /, output: str, as_json: bool, last: Path | None, **flags: Any) -> None:
    """Write an HTML page about the lists of SOURCE.

    Shows which articles are in lists, what each stage changed, a map of the topics, short lists,
    near-duplicates, and what changed since the last lists. On the page, editors can pin and ban
    entries and save that as a file.
    """
    from recommender.evaluation.report import site_report, topic_map
    from recommender.pages import write_preview
    from recommender.pages.report import report_page
    from recommender.sources.tables.sql import shown_url

    narrator, settings = start(obj, flags)
    target = page_file(output, "report.html")
    spare(settings.source, output)
    model = fit(settings, narrator)
    lists = model.recommend(k=settings.k, progress=narrator.progress)
    narrator.say(search_line(model, narrator))
    figures = site_report(model, lists, settings.k)
    changed = _since(last, settings, model, lists, narrator)
    if as_json:
        echo_json(figures | {"changes": changed})
        return
    page = report_page(
        model.articles_,
        lists,
        figures,
        topic_map(model),
        title=f"Related articles: {shown_url(settings.source)}",
        changes=changed,
    )
    write_preview(page, target)
    narrator.say(
        f"Wrote {shown_output(output)}: {len(page) / 1e6:.1f} MB in {narrator.lap('write'):.1f} s, "
        "open it in a browser"
    )
    if output != STDOUT:
        echo(str(Path(output).resolve()))


def _since(
    last: Path | None,
    settings: Settings,
    model: Recommender,
    lists: pd.DataFrame,
    narrator: Narrator,
) -> dict[str, Any] | None:
    """Return what changed since the last lists; None if there are none to compare with."""
    from recommender.outputs.cards import cards
    from recommender.outputs.changes import changes
    from recommender.outputs.reading import read_lists

    file = last or Path(settings.output or "")
    if last is None and not file.is_file():
        return None
    old = read_lists(file)
    new = dict(cards(lists, model.articles_, teaser_words=settings.teaser_words))
    found = changes(old, new)
    if old and not found.lists:
        narrator.warn(f"{file}: has no list of an article, so it cannot be compared")
        return None
    return _changes_data(found, _titles(old) | _titles(new))
