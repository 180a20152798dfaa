"""Finds the article on a page: the element, or elements, with most of its prose.

The result depends on the parsed page only, so reading a page and inserting a list agree on the
place. Prose is sentences outside of links. Every element gets the prose of the paragraphs in it,
less for each level between. Names like `article-body` raise this score and names like `sidebar`
lower it. No name decides alone: a comment, a card or an ad slot can be an `<article>` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from recommender.errors import ConfigError
from recommender.sources.html.elements import judge_certain, judge_element, names_of
from recommender.sources.html.markup import HEADINGS
from recommender.sources.html.text import (
    Block,
    Cut,
    Judge,
    Outline,
    PageText,
    read_outline,
)

MARKS = ("[data-pagefind-body]", "[data-recommender-body]")
"""Attributes by which a page marks its own article."""

UNSEEN = ["script", "style", "noscript", "template", "svg", "iframe"]
_NAMED = (
    "article:not([hidden], [hidden] article)",
    '[itemprop="articleBody"], .entry-content, .post-content, .article-body',
    'main, [role="main"]',
)
_BODY_NAMES = re.compile(
    r"(?<![a-z])(?:article|entry|post|story|blog|news)[-_]*(?:body|contents?|text|copy)(?![a-z])"
)
_FRAME_NAMES = re.compile(
    r"comment|side-?bar|related|recommend|promo|popular|trending|most-?read|teaser|widget|"
    r"(?<![a-z])cards?(?![a-z])|footer|(?<![a-z])rail|breaking|ticker|carousel|masthead|modal|"
    r"(?P<subject>newsletter|subscri|donat|sponsor|disclaimer|cookie|consent)"
)
"""Names of what is around an article; a `subject` may also be what the article is about."""
# With notes about the site, such an element is never the root of the article.
_FOOTER_NAMES = re.compile(r"(?<![a-z-])(?:(?:site|page|main|nav)-?)?footer(?![a-z-])")
_FOOTER_WORDS = 150
"""Maximum number of words of prose in a footer: an element that is named so may be an article."""
# A short note is a paragraph of its container.
_BOX_NAMES = re.compile(r"(?<![a-z])(?:alert|admonition|callout|notice)(?![a-z])")
_SENTENCE = re.compile(r"[.!?…:;。！？；：」』।۔؟]|[,،、，]\s?\S")
_CONTAINED = frozenset(["p", "li", "blockquote", "td", "pre", "dd"])
"""Elements that are a paragraph of their container rather than a container."""
_LISTED = frozenset(["li", "td", "th", "dd", "dt", "tr"])
_ENTRIES = frozenset(["article", "li", "div", "section"])
_HEADS = "time, h2 a[href], h3 a[href], h4 a[href], a[href] h2, a[href] h3, a[href] h4"
"""Each entry of a list has one of these: its date, or a headline that is a link."""
_LEAST_ENTRIES = 3
"""Minimum number of entries of a list."""
_ENTRY_WORDS = 50
"""Maximum number of words of prose in an entry, on average."""
_DECAY = 0.8
"""Share of its score that an element adds to that of the element around it."""
_LEAST_WORDS, _MOST_WORDS = 8, 60
"""Number of words from which a block is prose, and up to which they count."""
_FEW_WORDS = 25
"""With less prose than this, names may have cut the article."""
_GAIN = 0.15
"""Minimum prose around an element that belongs to its article, as a share of that in it."""
_PART = 0.1
"""Minimum prose in a further part of an article, as a share of that in the first."""


class Root(NamedTuple):
    """The elements that contain an article."""

    nodes: list[Any]
    """In the order of the page, none inside another."""
    prose: float
    """Words of prose in them."""
    named: bool
    """Whether the first of them is, or is inside, an element that is meant for articles."""
    marked: bool = False
    """Whether the selector or the page's own attributes mark them as the article."""
    rest: Sequence[Cut] = ()
    """The rest of the page and what was cut from them; empty if the page marks them."""
    text: PageText | None = None
    """The blocks in the only element, if they are known without reading it again."""


def find_root(tree: Any, selector: str | None = None, judge: Judge = judge_element) -> Root:
    """Return the elements of a parsed page that contain its article.

    The article ends with the last of them. A second parse of the same page gives the same elements,
    even if attributes were added to its tags.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page. Scripts, styles and other invisible elements are removed from it.
    selector : str, optional
        CSS selector of the elements that contain an article; if given, it alone decides.
    judge : callable
        Decides which elements are not text of an article; see `text.Judge`.

    Returns
    -------
    Root
        Without nodes if the selector matches nothing or the page has no text. An element that the
        page marks as its body for Pagefind takes precedence over the one with most prose.

    Raises
    ------
    ConfigError
        If it is not a CSS selector.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> text = "<p>Sow the rye early, in rows, and roll the ground well.</p>" * 3
    >>> page = LexborHTMLParser(f"<article>Buy oats.</article><div id=a>{text}</div><div>x</div>")
    >>> root = find_root(page)
    >>> [node.attributes for node in root.nodes], root.prose
    ([{'id': 'a'}], 33.0)
    """
    if selector:
        with selecting("article_selector", selector):
            return Root(outermost(tree.css(selector)), 0.0, True, True)
    marked = outermost([node for mark in MARKS for node in tree.css(mark)])
    if marked:
        return Root(marked, 0.0, True, True)
    if tree.body is None:
        return Root([], 0.0, False)
    tree.strip_tags(UNSEEN)
    outline = read_outline(tree.body, judge)
    root = _choose(outline)
    if root.prose < _FEW_WORDS:
        # A name may have cut the whole page.
        whole = read_outline(tree.body, judge_certain)
        other = _choose(whole)._replace(text=None)  # read by another judge
        if other.prose > max(_FEW_WORDS, 3 * root.prose):
            return other
    return root if root.nodes else _by_name(tree)


@contextmanager
def selecting(setting: str, selector: str) -> Iterator[None]:
    """Turn the exception of the parser for a wrong CSS selector into a `ConfigError`."""
    from selectolax.lexbor import SelectolaxError

    try:
        yield
    except SelectolaxError as error:
        raise ConfigError(
            f"{setting}: {selector!r} is not a CSS selector",
            "write one such as article, .post-content or #main",
        ) from error


def _by_name(tree: Any) -> Root:
    """Return the longest element that is meant for an article, on a page without sentences."""
    for names in _NAMED:
        found = [node for node in tree.css(names) if node.text().strip()]
        if found:
            return Root([max(found, key=lambda node: len(node.text()))], 0.0, True)
    return Root([tree.body] if tree.body.text().strip() else [], 0.0, False)


def prose_of(block: Block) -> float:
    """Return how many words of a block are sentences outside of links; 0 for a heading.

    Examples
    --------
    >>> prose_of(Block("Sow it early, in rows, and roll the ground well.", "p", 0.0))
    10.0
    """
    text = block.text
    words: float = block.words
    if len(text) > 12 * words and not text.isascii():
        words = len(text) / 2.5  # a script without spaces
    if block.tag in HEADINGS or block.linked > 0.4 or words < _LEAST_WORDS:
        return 0.0
    worth = min(words, _MOST_WORDS) * (1.0 - block.linked)
    if "." not in text and not _SENTENCE.search(text):  # a full stop is found in no time
        worth *= 0.3
    return worth * 0.5 if block.tag in _LISTED else worth


def outermost(nodes: Sequence[Any]) -> list[Any]:
    """Return the nodes that are not inside another of them, in the order of the page."""
    ids = {node.mem_id for node in nodes}
    kept: dict[int, Any] = {}
    for node in nodes:
        parent = node.parent
        while parent is not None and parent.mem_id not in ids:
            parent = parent.parent
        if parent is None:
            kept.setdefault(node.mem_id, node)
    return list(kept.values())


class _Elements(NamedTuple):
    """The elements of a page, with their names and the prose in them."""

    outline: Outline
    names: list[str]
    """From `names_of`."""
    sums: list[float]
    """The words of prose before each block, and in all."""

    def prose(self, scope: int) -> float:
        """Return the words of prose in an element."""
        page = self.outline.page
        return self.sums[page.ends[scope]] - self.sums[page.starts[scope]]


def _choose(outline: Outline) -> Root:
    blocks, parents = outline.page.blocks, outline.parents
    starts, ends = outline.page.starts, outline.page.ends
    prose = [prose_of(block) for block in blocks]
    names = [names_of(node.attributes) for node in outline.nodes]
    elements = _Elements(outline, names, _running(prose))
    boxes = _short(_BOX_NAMES, _MOST_WORDS, elements)
    own = [0.0] * len(parents)
    below = _framed(outline, _short(_FOOTER_NAMES, _FOOTER_WORDS, elements))
    for block, worth, apart in zip(blocks, prose, below, strict=True):
        if apart:
            continue
        inside = block.tag in _CONTAINED and outline.nodes[block.scope].tag == block.tag
        scope = parents[block.scope] if inside else block.scope
        while scope in boxes:
            scope = parents[scope]
        own[scope] += worth
    entries, frames = _entries(elements), _frames(elements)
    scores = _spread(own, elements, entries, frames)
    best = max(range(len(scores)), key=scores.__getitem__)
    if not scores[best]:
        return Root([], 0.0, False)
    best = _widen(best, elements, prose, _framed(outline, entries | frames))
    chosen = [best, *_continued(best, elements)]
    if len(chosen) == 1:
        chosen = _sections(best, elements, entries | frames)
    chosen.sort(key=lambda scope: starts[scope])
    words = sum(map(elements.prose, chosen))
    nodes = [outline.nodes[scope] for scope in chosen]
    spans = [(starts[scope], ends[scope]) for scope in chosen]
    named, rest = _is_named(best, elements), _rest(outline.page, spans)
    text = outline.text_of(chosen[0]) if len(chosen) == 1 else None
    return Root(nodes, words, named, rest=rest, text=text)


def _rest(page: PageText, spans: list[tuple[int, int]]) -> list[Cut]:
    inside = {number for start, end in spans for number in range(start, end)}
    return page.cuts + [
        Cut("outside", block.words, block.text[:200])
        for number, block in enumerate(page.blocks)
        if number not in inside
    ]


def _frames(elements: _Elements) -> set[int]:
    """Return the elements that are named like something around an article.

    A name like `donate` is ignored if elements of that name contain half of the page's prose: then
    they are its subject.
    """
    page = elements.outline.page
    named: dict[str, list[int]] = {}
    for scope, name in enumerate(elements.names):
        if scope and name and (found := _FRAME_NAMES.search(name)):
            named.setdefault(found["subject"] or "", []).append(scope)
    frames = set(named.pop("", ()))
    for scopes in named.values():
        end, prose = 0, 0.0
        for scope in scopes:  # those inside an earlier one are counted with it
            if page.starts[scope] >= end:
                end = page.ends[scope]
                prose += elements.prose(scope)
        frames.update(scopes if prose < elements.sums[-1] / 2 else ())
    return frames


def _short(pattern: re.Pattern[str], most: float, elements: _Elements) -> set[int]:
    """Return the elements with such a name and at most so many words of prose."""
    return {
        scope
        for scope, name in enumerate(elements.names)
        if scope and name and pattern.search(name) and elements.prose(scope) <= most
    }


def _spread(
    own: list[float], elements: _Elements, entries: set[int], frames: set[int]
) -> list[float]:
    """Return each element's score: its own prose and, by distance, the prose of elements in it."""
    scores, parents = list(own), elements.outline.parents
    for scope in range(len(scores) - 1, 0, -1):  # parents come before their children
        if scope in entries:
            scores[scope] *= 0.05
        elif scope in frames:
            scores[scope] *= 0.7
        scores[parents[scope]] += scores[scope] * _DECAY
    return [
        score * (1.2 if score and _BODY_NAMES.search(name) else 1.0)
        for score, name in zip(scores, elements.names, strict=True)
    ]


def _entries(elements: _Elements) -> set[int]:
    """Return the elements that are entries of a list: comments, cards, teasers.

    They are short and alike, and each has a date or a headline that is a link. Long ones may be
    parts of an article, for example the items of a gift guide.
    """
    outline = elements.outline
    page, nodes = outline.page, outline.nodes
    alike: dict[tuple[int, str, str], list[int]] = {}
    for scope, node in enumerate(nodes):
        if node.tag in _ENTRIES and page.ends[scope] > page.starts[scope]:
            shape = (outline.parents[scope], node.tag, node.attributes.get("class") or "")
            alike.setdefault(shape, []).append(scope)
    found: set[int] = set()
    for scopes in alike.values():
        prose = sum(map(elements.prose, scopes))
        if len(scopes) >= _LEAST_ENTRIES and prose <= _ENTRY_WORDS * len(scopes):
            headed = sum(nodes[scope].css_first(_HEADS) is not None for scope in scopes)
            found.update(scopes if headed == len(scopes) else ())
    return found


def _widen(scope: int, elements: _Elements, prose: list[float], frame: list[bool]) -> int:
    """Return the nearest element around one that contains more of the article, else the same.

    More of the article means that most of the added text is prose: a lead above the text, or parts
    of an article in separate boxes.
    """
    page, parents = elements.outline.page, elements.outline.parents
    best = around = scope
    while (around := parents[around]) >= 0:
        inner = range(page.starts[best], page.ends[best])
        added = [n for n in range(page.starts[around], page.ends[around]) if n not in inner]
        gained = sum(prose[n] for n in added if not frame[n])
        spent = sum(page.blocks[n].words for n in added if frame[n] or not prose[n])
        if gained > _GAIN * elements.prose(best) and gained > spent:
            best = around
    return best


def _framed(outline: Outline, around: set[int]) -> list[bool]:
    """Return for each block whether it is in one of the elements `around` the article."""
    inside = [False] * len(outline.parents)
    for scope, parent in enumerate(outline.parents):
        inside[scope] = scope in around or (parent >= 0 and inside[parent])
    return [inside[block.scope] for block in outline.page.blocks]


def _continued(best: int, elements: _Elements) -> list[int]:
    """Return the elements of the same tag and class that contain further parts of the article."""
    page, nodes, names = elements.outline.page, elements.outline.nodes, elements.names
    if not _BODY_NAMES.search(names[best]):
        return []
    prose, shape = elements.prose(best), _shape(nodes[best])
    found: list[int] = []
    end = 0
    for scope, node in enumerate(nodes):
        if names[scope] != names[best] or page.starts[scope] < end:
            continue
        apart = page.ends[scope] <= page.starts[best] or page.starts[scope] >= page.ends[best]
        if apart and elements.prose(scope) > _PART * prose and _shape(node) == shape:
            found.append(scope)
            end = page.ends[scope]
    return found


def _shape(node: Any) -> tuple[str, str | None]:
    return node.tag, node.attributes.get("class")


def _sections(best: int, elements: _Elements, around: set[int]) -> list[int]:
    """Return an element with the sections beside it, if it is, or is in, one of several sections.

    They have the same tag and class, and each opens with a heading of the same level that is not a
    link. At least one of the others contains prose; those that mostly contain links do not count.
    """
    outline = elements.outline
    nodes = outline.nodes
    children: dict[int, list[int]] = {}
    for scope, parent in enumerate(outline.parents):
        children.setdefault(parent, []).append(scope)
    scope = best
    while scope > 0:
        level = _level(scope, outline)
        if level and scope not in around:
            shape = _shape(nodes[scope])
            beside = [
                other
                for other in children[outline.parents[scope]]
                if other not in around and other != scope
                if _shape(nodes[other]) == shape
                if _level(other, outline) == level and not _links(other, outline)
            ]
            if any(map(elements.prose, beside)):
                return [scope, *beside]
        scope = outline.parents[scope]
    return [best]


def _level(scope: int, outline: Outline) -> str:
    """Return the tag of the heading with which an element opens, or an empty string."""
    page = outline.page
    first, end = page.starts[scope], page.ends[scope]
    if first + 1 >= end or page.blocks[first].linked > 0.5:
        return ""
    tag = page.blocks[first].tag
    return tag if tag in HEADINGS else ""


def _links(scope: int, outline: Outline) -> bool:
    """Return whether most words under the heading of an element are links."""
    page = outline.page
    blocks = page.blocks[page.starts[scope] + 1 : page.ends[scope]]
    return 2 * sum(block.words * block.linked for block in blocks) > sum(b.words for b in blocks)


def _running(values: list[float]) -> list[float]:
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return sums


def _is_named(scope: int, elements: _Elements) -> bool:
    """Return whether an element, or one around it except the body, is meant for articles."""
    outline = elements.outline
    while scope > 0:
        node = outline.nodes[scope]
        if (
            node.tag in ("article", "main")
            or node.attributes.get("role") == "main"
            or _BODY_NAMES.search(elements.names[scope])
        ):
            return True
        scope = outline.parents[scope]
    return False
