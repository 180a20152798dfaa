"""One built page: decodes its bytes, reads its metadata, finds its article.

Every page is parsed once; its tree is not kept. `reader` decides over the whole site which pages
count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import msgspec

from recommender.sources.addresses import host
from recommender.sources.base import SourceOptions
from recommender.sources.folders import Globs, patterns_of
from recommender.sources.html.elements import judge_element
from recommender.sources.html.encodings import decoded
from recommender.sources.html.ending import Place, place_of_end
from recommender.sources.html.kinds import (
    FEW_WORDS,
    THANKS,
    has_list_name,
    is_declared,
    is_home,
    is_named_by_date,
    is_stated,
    is_thanks,
    reason_by_name,
)
from recommender.sources.html.limits import MAX_BYTES, beyond_limits, parse_html
from recommender.sources.html.link_lines import is_index, is_list_of_a_period
from recommender.sources.html.markup import HEADINGS
from recommender.sources.html.metadata import Metadata, path_of, read_article, read_metadata
from recommender.sources.html.root import Root, find_root, outermost, prose_of
from recommender.sources.html.site_templates import element_around, find_place, place_of
from recommender.sources.html.text import Block, Judge, PageText, clean, read_blocks
from recommender.sources.selection import LEFT_OUT

DEFAULT_PAGES = ("**/*.[hH][tT][mM][lL]", "**/*.[hH][tT][mM]")
TEASER_WORDS = 40
"""With fewer words of prose under it, a headline that is a link belongs to a list."""
LEAST_PROSE = 25
"""Minimum number of words of prose in an article that is not in an element meant for one."""
LITTLE_PROSE = f"under {LEAST_PROSE} words of prose"

_RULE = re.compile(r"(?:\|\s*(?:-{3,}\s*)?)+")
"""What separates the cells and the head of a table."""
_MARK = re.compile(r"<!--\s*recommender:(start|end)\s*-->")


class Page(msgspec.Struct):
    """A page as read."""

    relative: str
    """Path in the directory, with ``/`` between parts."""
    meta: Metadata
    marked: bool
    """Whether a selector or the page itself says where the article is."""
    text: PageText
    place: str = ""
    """Where in the page its article is; see `site_templates.place_of`."""
    end: Place | None = None
    """Where its article ends, if `parse_page` was asked for it."""

    @property
    def own_url(self) -> str:
        """The address derived from the path of the file: ``/rye/`` for ``rye/index.html``."""
        folder = self.relative.removesuffix("index.html")
        return f"/{folder if self.is_index else self.relative}"

    @property
    def is_index(self) -> bool:
        """Whether the file is the index of its directory."""
        return PurePosixPath(self.relative).name == "index.html"


def decode_page(data: bytes, where: str) -> str:
    """Return the text of a page as it was built: see `decoded`, without lists inserted by `inject`.

    Raises
    ------
    SourceError
        If the bytes are not in the encoding that the page declares.

    Examples
    --------
    >>> decode_page(b'<meta charset="latin1">caf\\xe9', "a.html")[-4:]
    'café'
    >>> decode_page(b"Rye<!-- recommender:start -->Oats<!-- recommender:end -->.", "a.html")
    'Rye.'
    """
    return _without_lists(decoded(data, where))


def _without_lists(text: str) -> str:
    parts = _MARK.split(text)
    between = pairwise(["", *parts[1::2], ""])
    spans = zip(parts[::2], between, strict=True)
    return "".join(span for span, marks in spans if marks != ("start", "end"))


def parse_page(
    data: bytes,
    relative: str,
    where: str,
    options: SourceOptions,
    place: str = "",
    end: bool = False,
) -> Page | str:
    """Return a page, or why it is not an article: everything that the page alone decides.

    A pure function: the same arguments give the same result, plain data.

    Parameters
    ----------
    data : bytes
        The page as built, or with an inserted list, which is left out.
    relative : str
        Path in the directory, with ``/`` between parts.
    where : str
        The file, for messages.
    options : SourceOptions
        Uses `article_selector`, `glob`, `code` and `date_format`.
    place : str
        The place of the site's other articles, see `site_templates.place_of`: if the page has that
        place, around its article or once, its article is there. The page is known to be one.
    end : bool
        Find where its article ends, too; not with `code`, which changes where that is.

    Raises
    ------
    SourceError
        If the bytes are not in the encoding that the page names.
    """
    parsed = _parsed(data, where)
    if isinstance(parsed, str):
        return parsed
    source, tree = parsed
    meta = read_metadata(tree)
    focused = is_focused(options.glob)
    if reason := _why_none_by_head(meta, relative, focused):
        return reason
    judge: Judge = partial(judge_element, code=True) if options.code else judge_element
    root = find_root(tree, options.article_selector, judge)
    node = _at_place(tree, root, place, judge) if place else None
    if node is not None:
        root = root._replace(nodes=[node], rest=(), text=None)
    last = place_of_end(data, tree, root.nodes) if end and not options.code and root.nodes else None
    reason = "" if node is not None else _why_none(root, meta, relative, options, focused)
    found = _extract(source, tree) if reason == LITTLE_PROSE and root.nodes else []
    if reason and not found:
        return reason
    text = root.text or read_blocks(root.nodes, judge)
    given = root.marked or focused or node is not None
    if not given and (
        (not is_declared(meta) and _is_list_by_text(text, tree, meta, relative))
        or (has_list_name(relative) and _has_entries(text))
    ):
        return "list page"
    text.cuts = list(root.rest) or text.cuts
    text.blocks = found or text.blocks
    frame = _frame(root.nodes)
    text.image = text.image or _picture(frame)
    read_article(meta, tree, frame, relative, options.date_format, root.nodes)
    own = place_of(root.nodes[0]) if root.nodes else ""
    return Page(relative, meta, root.marked, text, own, last)


def _parsed(data: bytes, where: str) -> tuple[str, Any] | str:
    """Return the text of a page and its tree, or why it is not parsed."""
    if len(data) > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1_000_000} MB"
    source = decode_page(data, where).replace("\0", "")
    return beyond_limits(source) or (source, parse_html(source))


def is_focused(globs: Globs) -> bool:
    """Return whether the user's globs name the articles, rather than any page of the site."""
    chosen = [glob for glob in patterns_of(globs) if not glob.startswith("!")]
    general = {*DEFAULT_PAGES, "**/*.html", "**/*.htm", "**/*", "**", "*.html"}
    return bool(chosen) and not general.issuperset(chosen)


def _why_none_by_head(meta: Metadata, relative: str, focused: bool) -> str:
    """Return why a page is not an article, by its head and its path, or an empty string."""
    if meta.redirect:
        return "redirect"
    if meta.left_out:
        return LEFT_OUT
    return "" if focused else reason_by_name(relative, meta)


def _why_none(
    root: Root, meta: Metadata, relative: str, options: SourceOptions, focused: bool
) -> str:
    """Return why a page, judged alone, is not an article; an empty string for an article."""
    if options.article_selector:
        return "" if root.nodes else "article_selector matches nothing"
    if root.marked or focused or is_stated(meta):
        return "" if root.nodes else "no text"
    own_host = host(meta.canonical)
    listed = any(_is_list(node) or _is_entry(node, relative, own_host) for node in root.nodes)
    if is_home(relative, meta.lang):
        return "home page"
    if listed:
        return "list page"
    if has_list_name(relative) and root.prose < FEW_WORDS:
        return "list page"
    if is_declared(meta):
        return "" if root.nodes else "no text"
    if len(root.nodes) == 1 and _is_teaser(root.nodes[0], relative):
        return "list page"
    if is_thanks(relative) and root.prose < FEW_WORDS:
        return THANKS
    return "" if root.named or root.prose >= LEAST_PROSE else LITTLE_PROSE


def _at_place(tree: Any, root: Root, place: str, judge: Judge) -> Any:
    """Return the element at a place, or None if there is none, or the article continues outside."""
    around = element_around(root.nodes[0], place) if root.nodes else None
    node = find_place(tree, place) if around is None else around
    return None if node is None or _holds_more(root, node, judge) else node


def _holds_more(root: Root, node: Any, judge: Judge) -> bool:
    """Return whether an article includes a place of the page and continues outside of it."""
    around = node
    while around is not None and around.mem_id != root.nodes[0].mem_id:
        around = around.parent
    if around is None or around.mem_id == node.mem_id:
        return False
    return 3 * sum(map(prose_of, read_blocks([node], judge).blocks)) >= root.prose


def _extract(source: str, tree: Any) -> list[Block]:
    """Return the blocks that trafilatura, if installed, finds on a page with little prose.

    Titles of links are not prose, although it cannot tell: a page of them is a list.
    """
    try:
        from trafilatura import extract
    except ImportError:
        return []
    text = extract(source, include_comments=False, include_tables=True, fast=True) or ""
    lines = [_RULE.sub(" ", line) if line[:1] == "|" else line for line in text.split("\n")]
    blocks = [Block(clean(line), "p", 0.0) for line in lines if line.strip()]
    titles = {clean(link.text()) for link in tree.css("a[href]")}
    prose = sum(prose_of(block) for block in blocks if block.text not in titles)
    return blocks if prose >= 2 * LEAST_PROSE else []


def _is_list(node: Any) -> bool:
    """Return whether an element holds several articles, each with a headline that is a link."""
    titled = (article.css_first("h1, h2, h3, h4") for article in outermost(node.css("article")))
    return sum(title is not None and _leads_away(title) for title in titled) > 1


def _is_entry(node: Any, relative: str, own_host: str) -> bool:
    """Return whether an element is in one of several articles whose headlines lead to their pages.

    An article beside cards of others has a headline that is no link, or one to its own page or to
    another site.
    """
    while node is not None and node.tag != "article":
        node = node.parent
    heading = node.css_first("h1, h2, h3") if node is not None else None
    link = heading.css_first("a[href]") if heading is not None else None
    address = link.attributes.get("href") or "" if link is not None else ""
    target = path_of(address.partition("#")[0])
    elsewhere = bool(target) and not same_page(target, f"/{relative}")
    return elsewhere and host(address) in ("", own_host) and _is_list(node.parent)


def _is_list_by_text(text: PageText, tree: Any, meta: Metadata, relative: str) -> bool:
    """Return whether a page is a list of others, by its lines and its address."""
    own_host = host(meta.canonical)
    if _lists_others(text) or is_index(text.blocks, own_host):
        return True
    return is_named_by_date(relative) and is_list_of_a_period(
        text.blocks, own_host or _host_of_feed(tree)
    )


def _lists_others(text: PageText) -> bool:
    """Return whether a page is mostly headlines that are links, each with a few words under it."""
    titles = sum(block.tag in HEADINGS and block.linked > 0.8 for block in text.blocks)
    return titles >= 3 and sum(map(prose_of, text.blocks)) < TEASER_WORDS * titles


def _has_entries(text: PageText) -> bool:
    """Return whether more than a quarter of the lines of a page are links, as titles of entries."""
    links = sum(block.linked > 0.5 for block in text.blocks)
    return 3 * links > sum(prose_of(block) > 0 for block in text.blocks)


def _leads_away(heading: Any) -> bool:
    links = [*heading.css("a[href]"), *([heading.parent] if heading.parent.tag == "a" else [])]
    return any(not (link.attributes.get("href") or "#").startswith("#") for link in links)


def _is_teaser(article: Any, relative: str) -> bool:
    """Return whether an element's headline leads to another page, as on a list of one article."""
    heading = article.css_first("h1, h2, h3")
    link = heading.css_first("a[href]") if heading is not None else None
    if link is None:
        return False
    address = (link.attributes.get("href") or "").partition("#")[0]
    target = path_of(address, f"/{relative}") if address else ""
    return bool(target) and not same_page(target, f"/{relative}") and len(article.text()) < 1500


def _frame(roots: Sequence[Any]) -> list[Any]:
    """Return the nearest element around the article that contains an ``<h1>``, else the article."""
    node = roots[0]
    while node is not None and node.tag != "html":
        if node.css_first("h1") is not None:
            return [node]
        node = node.parent
    return list(roots)


def _picture(frame: Sequence[Any]) -> str:
    """Return the address of the first picture beside the article, not in a whole body: its logo."""
    images = (node for root in frame if root.tag != "body" for node in root.css("img[src]"))
    sources = ((node.attributes.get("src") or "").strip() for node in images)
    return next((source for source in sources if source and not source.startswith("data:")), "")


def same_page(url: str, own: str) -> bool:
    """Return whether an address ends in the path of a file; the site may be in a subdirectory.

    Examples
    --------
    >>> same_page("/blog/rye/", "/rye/index.html"), same_page("/oats/", "/rye/")
    (True, False)
    """
    short = _without_name(own)
    return bool(short) and f"/{_without_name(url)}".endswith(f"/{short}")


def _without_name(path: str) -> str:
    return path.removesuffix("/index.html").removesuffix(".html").strip("/")


def self_path(page: Page, site: str = "") -> str:
    """Return the path of the page's canonical address, else of its file.

    A canonical address on another host than `site`, that of the site, is ignored: the article was
    first published there.
    """
    if not page.meta.canonical or (site and host_of(page) not in ("", site)):
        return page.own_url
    return path_of(page.meta.canonical, page.own_url)


def host_of(page: Page) -> str:
    """Return the host of the page's canonical address, or an empty string if it has none."""
    return host(page.meta.canonical)


def _host_of_feed(tree: Any) -> str:
    """Return the host of the feed that a page names: the site's own, if no address tells it."""
    feed = tree.css_first('link[type="application/atom+xml"], link[type="application/rss+xml"]')
    return host(feed.attributes.get("href") or "") if feed is not None else ""
