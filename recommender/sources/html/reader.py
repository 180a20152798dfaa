"""A directory of built pages, from any generator: one article per page.

Decides over the whole site which pages are articles, and which of their blocks recur. Other pages
are reported with the reason, and blocks that are cut stay marked.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd

from recommender.editorial import BANS, PINS
from recommender.errors import SourceError, join_problems
from recommender.index.inputs import holds_until, moments_noted
from recommender.resources import drained, in_processes
from recommender.sources.addresses import host, parse_path, shared_name
from recommender.sources.base import (
    Records,
    Skipped,
    SourceOptions,
    find_files,
    read_bytes,
    reading,
)
from recommender.sources.html.boilerplate import (
    NEAR_TOP,
    block_signature,
    count_words,
    mark_blocks,
    mark_recurring,
)
from recommender.sources.html.elements import judge_element
from recommender.sources.html.ending import is_remembering, remember
from recommender.sources.html.kinds import FEW_WORDS, is_declared, is_stated
from recommender.sources.html.limits import beyond_limits, parse_html
from recommender.sources.html.link_lines import mark_links
from recommender.sources.html.markup import HEADINGS
from recommender.sources.html.metadata import Metadata, path_of
from recommender.sources.html.pages import (
    DEFAULT_PAGES,
    Page,
    host_of,
    is_focused,
    parse_page,
    same_page,
    self_path,
)
from recommender.sources.html.site_templates import common_place, wider_places
from recommender.sources.html.text import Block, PageText, read_blocks, same_line
from recommender.sources.html.titles import (
    choose_title,
    last_part,
    outer_parts,
    section_headings,
    usual,
)

PROCESS_PAGES = 200
"""Minimum number of pages for which a process pays, unless they are large."""
_PROCESS_BYTES = 8 << 20
"""So many bytes of large pages pay for a process too."""
_AT_ONCE = 2_000
"""Maximum number of pages whose bytes are in memory."""
_BYTES_AT_ONCE = 64 << 20
"""No further page is read when so many bytes are in memory."""

_COPIED = 0.9
"""Minimum share of the words of a page that is only a copy of others."""

_PAGINATED = re.compile(r"(.*)page/\d+/index\.html")
_SAFE = "/:@!$&'()*+,;=~-._"
"""Signs that stay as they are in the path of an address."""


class Site(NamedTuple):
    """The pages of a site as read."""

    articles: list[Page]
    """Pages that are articles, with every block judged."""
    titles: list[str]
    """Their headlines."""
    skipped: list[Skipped]
    """The other pages."""


def read_html(path: Path, options: SourceOptions) -> Records:
    """Return the articles among the built pages of a directory as records.

    Parameters
    ----------
    path : Path
        The directory that is published.
    options : SourceOptions
        `article_selector` or `glob` say which pages are articles; also uses `code` and
        `date_format`.

    Returns
    -------
    Records
        The id is the path in the directory. `skipped` contains redirects, lists and other pages
        that are not articles. Column `translations` contains the addresses of the same article in
        other languages, `adjacent` those of the previous and the next page. `unlisted` is true
        for pages with ``noindex``, unless all pages have it, as in a preview of a site.

    Raises
    ------
    SourceError
        If it is not a directory of pages, or none of them can be read; up to 20 are named.
    ConfigError
        If `article_selector` is not a CSS selector, or a pattern of `glob` is wrong.
    """
    path = Path(path)
    site = read_site(path, options)
    urls = _addresses(site.articles, site.titles)
    shared = _shared(site.articles)
    shut = all(page.meta.unlisted for page in site.articles)
    words = count_words(page.text.blocks for page in site.articles)
    skipped = list(site.skipped)
    rows: list[dict[str, Any]] = []
    places: list[str] = []
    for page, title, url in zip(drained(site.articles), site.titles, urls, strict=True):
        where = str(path / page.relative)
        if url is None:
            skipped.append(Skipped(where, "copy of another page"))
            continue
        row = _row(page, title, url, shared, shut)
        if row["text"] or _is_textless_article(page, row):
            rows.append(row)
            places.append(where)
        else:
            skipped.append(Skipped(where, "empty text"))
    table = pd.DataFrame(rows, dtype=object, columns=None if rows else ["id", "title", "text"])
    table = table.drop(columns=[n for n in (PINS, BANS) if n in table and not table[n].any()])

    def locate(row: int, name: str) -> str:
        return f"{places[row]}: {name}"

    return Records(table, places, locate, skipped, judged=True, words=words)


def _is_textless_article(page: Page, row: Mapping[str, Any]) -> bool:
    """Return whether a page without text (pictures, a video) says that it is an article."""
    declared = page.marked or is_declared(page.meta)
    return bool(row["title"]) and (declared or bool(row["date"]))


def read_site(path: Path, options: SourceOptions) -> Site:
    """Return the articles of a site with every block judged, and the other pages.

    `read_html` turns the result into the Article table.
    """
    pages, skipped = _load(path, options)
    return judge_pages(path, pages, skipped)


def judge_pages(path: Path, pages: Sequence[Page], skipped: list[Skipped]) -> Site:
    """Return the articles among the parsed pages of a site, with every block judged.

    Sets `kind` of their blocks in place: everything that only the whole site can tell.

    Parameters
    ----------
    path : Path
        The directory, for the names of skipped pages.
    pages : sequence of Page
        From `pages.parse_page`, in order of their paths.
    skipped : list of Skipped
        The files that are not among them; extended in place.
    """
    marked = [page for page in pages if page.marked]
    if marked:
        skipped += [
            Skipped(str(path / page.relative), "not marked as an article")
            for page in pages
            if not page.marked
        ]
    articles = marked or list(pages)
    titles = _titles(articles)
    for page, title in zip(articles, titles, strict=True):
        mark_title(page.text, [title, *page.meta.headlines[:1]])
        mark_blocks(page.text)
    mark_links([page.text for page in articles], [host_of(page) for page in articles])
    names = [shared_name(page.relative) for page in articles]
    mark_recurring([page.text.blocks for page in articles], names)
    return Site(articles, titles, skipped)


def read_content(content: str) -> PageText:
    """Return the blocks of an article from its own HTML, without the page around it.

    HTML that is beyond the limits of pages has none, and a warning is logged.

    Examples
    --------
    >>> [block.text for block in read_content("<h2>Rye</h2><p>Sow it <i>early</i>.").blocks]
    ['Rye', 'Sow it early.']
    """
    source = content.replace("\0", "")
    if problem := beyond_limits(source):
        logging.getLogger("recommender").warning(
            "recommender: an article has %s: not read", problem
        )
        source = ""
    return read_blocks([parse_html(source).body], judge_element)


def mark_title(text: PageText, titles: Sequence[str]) -> None:
    """Set `kind` of the lines near the top that repeat a title, in place."""
    for block in text.blocks[: NEAR_TOP + 1]:
        if any(same_line(block.text, title) for title in titles):
            block.kind = "title"


def _load(path: Path, options: SourceOptions) -> tuple[list[Page], list[Skipped]]:
    pages: list[Page] = []
    errors: list[SourceError] = []
    hint = "build the site, then name the directory of its pages, or set glob"
    files, skipped = find_files(path, options.glob, DEFAULT_PAGES, hint)
    for file, loaded in _load_files(path, [(file, "") for file in files], options):
        if isinstance(loaded, SourceError):
            errors.append(loaded)
            skipped.append(Skipped(str(file), loaded.message.removeprefix(f"{file}: ")))
            continue
        if isinstance(loaded, str):
            skipped.append(Skipped(str(file), loaded))
        else:
            pages.append(loaded)
            if loaded.end:
                remember(loaded.end)
    if errors and not pages:
        raise SourceError(join_problems([e.message for e in errors]), errors[0].hint)
    _read_odd_pages(path, pages, options)
    names = [] if is_focused(options.glob) else [f.relative_to(path).as_posix() for f in files]
    left = dict.fromkeys(_lists(path, pages, names), "list page") if names else {}
    left |= dict.fromkeys(_collections(pages), "copy of other pages") if names else {}
    skipped += [Skipped(str(path / pages[number].relative), why) for number, why in left.items()]
    return [page for number, page in enumerate(pages) if number not in left], skipped


def _load_files(
    path: Path, files: Sequence[tuple[Path, str]], options: SourceOptions
) -> Iterator[tuple[Path, Page | str | SourceError]]:
    """Yield each file with its page, why it is not an article, or why it cannot be read.

    This process reads the bytes and owns the cache; several may parse. With each file comes the
    place of its article, if the site's other pages tell it.
    """
    end = is_remembering()
    for batch, given in _batches(path, files, options, end):
        waiting = [
            (*asked, data)
            for asked, data in zip(batch, given, strict=True)
            if isinstance(data, bytes)
        ]
        least = _least_for_a_process([len(data) for *_, data in waiting])
        parsed = iter(in_processes(partial(_parse, path, options, end), waiting, least))
        for (file, place), one in zip(batch, given, strict=True):
            if not isinstance(one, bytes):
                yield file, one
                continue
            page, moments = next(parsed)
            for moment in moments:
                holds_until(moment)
            certain = not moments and not isinstance(page, SourceError)
            if certain and options.cache is not None:
                options.cache.put(str(file), _kept_as(path, file, place, end), one, page)
            yield file, page


def _batches(
    path: Path, files: Sequence[tuple[Path, str]], options: SourceOptions, end: bool
) -> Iterator[tuple[Sequence[tuple[Path, str]], list[bytes | Page | str | SourceError]]]:
    """Yield some files at a time, with the bytes of each or its result."""
    start, size = 0, 0
    given: list[bytes | Page | str | SourceError] = []
    for number, (file, place) in enumerate(files, 1):
        one = _given(path, file, options, place, end)
        given.append(one)
        size += len(one) if isinstance(one, bytes) else 0
        if len(given) >= _AT_ONCE or size >= _BYTES_AT_ONCE or number == len(files):
            yield files[start:number], given
            start, size, given = number, 0, []


def _least_for_a_process(sizes: Sequence[int]) -> int:
    """Return how many pages of these sizes pay for a process."""
    average = sum(sizes) / max(1, len(sizes))
    return max(1, min(PROCESS_PAGES, int(_PROCESS_BYTES / max(1, average))))


def _given(
    path: Path, file: Path, options: SourceOptions, place: str, end: bool
) -> bytes | Page | str | SourceError:
    """Return the bytes of a file, or its result if it need not be parsed."""
    if file.is_symlink():
        return "link to another file"
    cache, kept = options.cache, None
    try:
        with reading(str(file)):
            if cache is not None:
                kept = cache.get(str(file), _kept_as(path, file, place, end), Page | str)
            return read_bytes(file) if kept is None else kept
    except SourceError as error:
        return error


def _kept_as(path: Path, file: Path, place: str, end: bool) -> str:
    """Return the name in the cache of the result of `parse_page` for a file."""
    return f"{file.relative_to(path).as_posix()}\0{place}\0{int(end)}"


def _parse(
    path: Path, options: SourceOptions, end: bool, given: tuple[Path, str, bytes]
) -> tuple[Page | str | SourceError, list[datetime]]:
    """Return the result for the bytes of a file, and when it may become another."""
    file, place, data = given
    relative, where = file.relative_to(path).as_posix(), str(file)
    with moments_noted() as moments:
        try:
            with reading(where):
                return parse_page(data, relative, where, options, place, end), moments
        except SourceError as error:
            return error, moments


def _read_odd_pages(path: Path, pages: list[Page], options: SourceOptions) -> None:
    """Read again the pages whose article is in another place than the others', in place.

    The place where most articles are is better than a wider one, which may contain more than them.
    """
    place, odd = common_place([page.place for page in pages])
    _read_again(path, pages, dict.fromkeys(odd, place), options)
    _read_again(path, pages, wider_places([page.place for page in pages]), options)


def _read_again(
    path: Path, pages: list[Page], again: Mapping[int, str], options: SourceOptions
) -> None:
    """Read some pages again with the places of their articles, in place."""
    numbers = [number for number in sorted(again) if not pages[number].marked]
    files = [(path / pages[number].relative, again[number]) for number in numbers]
    loaded = _load_files(path, files, options)
    for number, (_, page) in zip(numbers, loaded, strict=True):
        if isinstance(page, Page):
            pages[number] = page
        if last := pages[number].end:
            remember(last)


def _lists(path: Path, pages: Sequence[Page], files: Sequence[str]) -> set[int]:
    """Return the pages that are the first page of a list, by the files beside them.

    Further pages of the list are below it, or its feed is beside it. A page does not count if its
    article is in the same place as on other pages: it is an article in several parts, or a chapter
    with a text.
    """
    paginated = {found[1] for name in files if (found := _PAGINATED.fullmatch(name))}
    doubted = {
        number
        for number, page in enumerate(pages)
        if page.is_index and not page.marked and not is_stated(page.meta)
        if (folder := page.relative.removesuffix("index.html")) in paginated
        or (folder and _is_short(page) and (path / folder / "index.xml").is_file())
    }
    places = {page.place for number, page in enumerate(pages) if number not in doubted}
    return {number for number in doubted if pages[number].place not in places}


def _collections(pages: Sequence[Page]) -> list[int]:
    """Return the pages with ``noindex`` whose text is that of pages without: a book to print."""
    asked = [number for number, page in enumerate(pages) if page.meta.unlisted and not page.marked]
    if not asked:
        return []
    listed = (page for page in pages if not page.meta.unlisted)
    known = {block_signature(block) for page in listed for block in page.text.blocks}
    return [number for number in asked if _share_in(pages[number].text.blocks, known) >= _COPIED]


def _share_in(blocks: Sequence[Block], known: set[bytes]) -> float:
    words = sum(block.words for block in blocks)
    copied = sum(block.words for block in blocks if block_signature(block) in known)
    return copied / words if words else 0.0


def _is_short(page: Page) -> bool:
    return sum(block.words for block in page.text.blocks) < FEW_WORDS


def _titles(pages: Sequence[Page]) -> list[str]:
    """Return the headlines of a site's pages; a heading that most pages share does not count."""
    count = len(pages)
    headed = Counter(text for page in pages for text in set(page.meta.headlines))
    opened = Counter(text for page in pages for text in set(page.meta.openings))
    ended = Counter(part for page in pages for part in _endings(page.meta.titles))
    sections = section_headings((page.meta.headlines, page.meta.titles) for page in pages)
    common, endings = usual(headed, count), usual(ended, count)
    shared = {text for text, number in (headed | opened).items() if number > count / 2}
    return [
        choose_title(
            [] if sections.intersection(meta.headlines) else meta.headlines,
            meta.titles,
            meta.site_names,
            common,
            endings,
            [text for text in meta.openings if count >= 3 and text not in shared],
        )
        or parse_path(page.relative).title
        for page in pages
        for meta in [page.meta]
    ]


def _endings(titles: Sequence[str]) -> set[str]:
    """Return the parts of a page's titles that name the site if most pages have them."""
    parts = {part for title in titles for part in outer_parts(title)}
    return {*titles, *map(last_part, titles), *parts}


def _addresses(pages: Sequence[Page], titles: Sequence[str]) -> list[str | None]:
    """Return each page's address, or None for a copy that names the address of the original.

    A copy says the same as the original. If several pages claim an address and it matches the path
    of none, it is ignored, and each page gets the address of its path.
    """
    site = _host(pages)
    claimed = [self_path(page, site) for page in pages]
    counts = Counter(claimed)
    owners = {
        url: row
        for row, (page, url) in enumerate(zip(pages, claimed, strict=True))
        if same_page(url, page.own_url)
    }
    addresses: list[str | None] = []
    for row, (page, url) in enumerate(zip(pages, claimed, strict=True)):
        owner = owners.get(url)
        own = same_page(url, page.own_url)
        if not own and owner is not None and _is_copy(row, owner, pages, titles):
            addresses.append(None)
            continue
        shown = url if own or (counts[url] == 1 and owner is None) else page.own_url
        addresses.append(quote(shown, safe=_SAFE))
    return addresses


def _host(pages: Sequence[Page]) -> str:
    """Return the most frequent host of canonical addresses that end like the path of their page."""
    own = [page for page in pages if same_page(path_of(page.meta.canonical), page.own_url)]
    hosts = Counter(host for page in own or pages if (host := host_of(page)))
    return min(hosts, key=lambda host: (-hosts[host], host), default="")


def _is_copy(row: int, other: int, pages: Sequence[Page], titles: Sequence[str]) -> bool:
    """Return whether two pages have the same title, or share half of their text."""
    mine, theirs = (
        {block_signature(block) for block in pages[one].text.blocks if not block.kind}
        for one in (row, other)
    )
    return same_line(titles[row], titles[other]) or 2 * len(mine & theirs) >= len(mine) > 0


def _shared(pages: Sequence[Page]) -> dict[str, set[str]]:
    """Return descriptions, pictures and tags that say nothing about a page.

    Many pages have them, or the only tag of most pages is their title.
    """
    least = max(3, len(pages) // 50)
    tagged = [page.meta for page in pages if page.meta.tags]
    echoes = {meta.tags[0] for meta in tagged if meta.tags[1:] == [] and _is_title(meta)}
    return {"tag": echoes if len(echoes) > max(2, len(tagged) / 2) else set()} | {
        name: {value for value, n in Counter(values).items() if n >= least}
        for name, values in (
            ("description", [page.meta.description for page in pages]),
            ("image", [page.meta.image for page in pages]),
            ("picture", [path_of(page.text.image, page.own_url) for page in pages]),
        )
    }


def _is_title(meta: Metadata) -> bool:
    return any(same_line(meta.tags[0], title) for title in meta.titles)


def _row(
    page: Page, title: str, url: str, shared: dict[str, set[str]], shut: bool
) -> dict[str, Any]:
    """Return the fields of a page; `shut` if all pages ask search engines not to list them."""
    meta = page.meta
    kept = [block for block in page.text.blocks if not block.kind]
    image = meta.image if meta.image not in shared["image"] else ""
    if path_of(page.text.image, page.own_url) not in shared["picture"]:
        image = image or page.text.image
    text = "\n\n".join(block.text for block in kept)
    titles = [title, *meta.titles]
    said = meta.description
    repeated = said in shared["description"] or any(same_line(said, one) for one in titles)
    if repeated or _is_glued_start(said, text):
        said = ""
    return {
        "id": page.relative,
        "title": title,
        "text": text,
        "url": url,
        "date": meta.date,
        "author": meta.author,
        "tags": [tag for tag in meta.tags if tag not in shared["tag"]],
        "category": meta.category,
        "prior": meta.rating[0],
        "votes": meta.rating[1],
        "lang": meta.lang,
        "image": _on_site(image, meta.canonical, url),
        "description": said,
        "headings": "\n".join(block.text for block in kept if block.tag in HEADINGS),
        "unlisted": meta.unlisted and not shut,
        PINS: meta.pins,
        BANS: meta.bans,
        "links": list(dict.fromkeys(link for block in kept for link in block.links)),
        "adjacent": list(dict.fromkeys(path_of(address, url) for address in meta.adjacent)),
        "translations": [
            path
            for lang, address in meta.translations.items()
            if lang != "x-default" and (path := path_of(address, url)) not in ("", url)
        ],
    }


def _is_glued_start(said: str, text: str) -> bool:
    """Return whether a summary is the start of the text with some of its spaces missing.

    Themes that cut a summary from the page lose line breaks, and so glue words.

    Examples
    --------
    >>> _is_glued_start("Sow rye earlyand deep…", "Sow rye early and deep, in rows.")
    True
    >>> _is_glued_start("Sow rye early…", "Sow rye early and deep."), _is_glued_start("", "Rye")
    (False, False)
    """
    said = said.rstrip(".… ")
    start = " ".join(text[: 2 * len(said) + 100].split())
    bare = said.replace(" ", "")
    return bool(bare) and not start.startswith(said) and start.replace(" ", "").startswith(bare)


def _on_site(image: str, canonical: str, url: str) -> str:
    """Return the address of a picture, without scheme and host if it is on the page's host."""
    if not image or path_of(image, url) == "":
        return ""
    if host(image) not in ("", host(canonical)):
        return image
    return quote(path_of(image, url), safe=_SAFE)
