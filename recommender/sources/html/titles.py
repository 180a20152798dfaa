"""Chooses the headline of an article among the headings and stated titles of its page.

The name of the site is never a headline if the page states another title. `find_headlines` judges
one page; `choose_title` also uses what recurs on the pages of the site.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from recommender.sources.html.frames import around, in_frame, written_names
from recommender.sources.html.text import clean

SEPARATOR = re.compile(r"\s+[|–—·•»«›/-]+\s+|\s*(?:::|\|)\s*|\s+[»›]\s*")
_STRONG = re.compile(r"\s+[|·•»«›]+\s+|\s*(?:::|\|)\s*")
_SIGNS = " |–—·•»«›:/-"
_COLON = re.compile(r":\s+")
_BRACKET = re.compile(r"(?<=\S)\s\((?=\S)")
_COUNT = r"(\d+(?:\.\d+)*|[A-Z](?:\.\d+)+)"
_NUMBERED = re.compile(rf"[^\W\d]+\s+{_COUNT}")
"""A title that only counts: Section 4.3, or Section A.2."""
_NUMBER = re.compile(rf"(?:[^\W\d]+\s+)?{_COUNT}[.:]?\s")
_NOT_WORD = re.compile(r"[\W_]+")
_TITLED = re.compile(
    r"(?:^|[\s_-])(?:(?:entry|post|article|page|story|news|blog|single)[_-]{1,2}(?:post[_-])?"
    r"(?:title|headline|heading)|headline|p-name)(?:$|[\s_])"
)
_BRAND = re.compile(
    r"(?:^|[\s_-])(?:site-?(?:title|name|logo)|logo|brand(?:ing)?|masthead)(?:$|[\s_-])"
)
MOST_STATED = 1_000
"""Maximum number of characters of a stated title; the rest of a longer one is ignored."""
LONGEST = 300
"""Maximum number of characters in a headline; a longer heading is ignored."""
OPENING = 25
"""Maximum number of words before a headline in the element of the article; a later heading begins a
section."""
_SEVERAL = 3
"""Minimum number of pages that show that a heading only begins a section."""
_OPENINGS = 3
"""Maximum number of headings that open an article."""


@dataclass(slots=True)
class Headlines:
    """The headings of a page that may be its headline."""

    texts: list[str] = field(default_factory=list)
    """Best first."""
    node: Any = None
    """The element of the first; not kept longer than the page's tree."""


def find_headlines(
    tree: Any, roots: Sequence[Any], stated: Sequence[str], names: Iterable[str]
) -> Headlines:
    """Return the headings that may be the headline of a page, best first.

    A heading that matches a stated title comes first; if none does, one that opens the article and
    matches its part before or after a colon; then an ``<h1>`` that opens the article or is above
    it. A heading that names the site, begins a section, or shares no word with any stated
    title is left out.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page.
    roots : sequence of selectolax nodes
        Elements that contain the article.
    stated : sequence of str
        Titles that the page states: JSON-LD, OpenGraph, ``<title>``.
    names : iterable of str
        Names of the site.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<h1>Globe</h1><article><h2>Rye is sown</h2></article>")
    >>> find_headlines(page, page.css("article"), ["Rye is sown - Globe"], []).texts
    ['Rye is sown']
    """
    stated = [title[:MOST_STATED] for title in stated]
    whole = {_key(title) for title in stated}
    parts = [title_parts(title) for title in stated]
    leading = {_key(part) for first, _ in parts for part in first}
    sites = {key for name in names if (key := _squeezed(name))} | _suffixes(stated, whole)
    sites |= {_squeezed(part) for _, last in parts for part in last}
    found = tree.css("h1, h2, h3, [itemprop='headline']")
    sides, numbers = _sides(stated)
    if sides and any(_key(heading_text(node)) in whole for node in found):
        sides, numbers = set(), set()
    telling = {title for title in whole if title.replace(" ", "") not in sites}
    inside = {node.mem_id for root in roots for node in root.css("h1, h2, h3")}
    inside |= {root.mem_id for root in roots}
    ends = around(roots)
    several = sum(len(root.css("h1")) for root in roots) > 1
    ranked: list[tuple[int, int, Any, str]] = []
    for order, node in enumerate(found):
        within = node.mem_id in inside or node.tag not in ("h1", "h2", "h3")
        text = heading_text(node)
        key = _key(text)
        if not key or len(text) > LONGEST or in_frame(node, ends):
            continue
        equal = key in whole or key in leading
        if not equal and (key in sides or _number(text) in numbers):
            equal = within and _opens(node, roots)
        if key not in whole and (_squeezed(text) in sites or (not equal and _is_brand(node))):
            continue
        if within and not equal and not _opens(node, roots):
            continue
        rank = _rank(node, within, equal, _shares_words(key, telling), several)
        if rank:
            ranked.append((rank, order, node, text))
    ranked.sort(key=lambda item: item[:2])
    if not ranked:
        return _any_element(roots, whole | leading)
    texts = list(dict.fromkeys(text for _, _, _, text in ranked))
    return Headlines(texts[:4], ranked[0][2])


def find_openings(article: Sequence[Any]) -> list[str]:
    """Return the headings that open an article, else the last one before it.

    Parameters
    ----------
    article : sequence of selectolax nodes
        Elements that contain its text.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser("<h1>Globe</h1><h2>Rye</h2><article><p>Sow it.</article>")
    >>> find_openings(page.css("article"))
    ['Rye']
    """
    ends = around(article)
    inside = [node for root in article for node in root.css("h1, h2, h3")]
    found = [node for node in inside[:_OPENINGS] if _opens(node, article)]
    node = next(iter(article), None)
    while not found and node is not None and node.tag != "body":
        before = node.prev
        while not found and before is not None:
            found = [one for one in before.css("h1, h2, h3")[-1:] if not in_frame(one, ends)]
            before = before.prev
        node = node.parent
    texts = (heading_text(node) for node in found if not _is_brand(node))
    return [text for text in texts if text and len(text) <= LONGEST]


def _sides(stated: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the texts before and after the colons of titles, and numbers that are all they say."""
    sides: set[str] = set()
    numbers: set[str] = set()
    for title in stated:
        for cut in _COLON.finditer(title):
            for side in (title[: cut.start()].strip(), title[cut.end() :].strip()):
                sides.add(_key(side))
                counted = _NUMBERED.fullmatch(side)
                numbers.update([counted[1]] if counted else [])
    return sides - {""}, numbers


def _number(heading: str) -> str | None:
    """Return the number with which a heading begins, or None."""
    found = _NUMBER.match(heading)
    return found[1] if found else None


def usual(counts: Mapping[str, int], pages: int) -> frozenset[str]:
    """Return the texts that more than half of the pages of a site have, if it has at least three.

    Parameters
    ----------
    counts : mapping of str to int
        Number of pages with each text.
    pages : int
        Number of pages.

    Examples
    --------
    >>> usual({"Globe": 3, "Rye": 1}, 3), usual({"Globe": 2}, 2)
    (frozenset({'Globe'}), frozenset())
    """
    least = max(2, pages / 2)
    return frozenset(text for text, count in counts.items() if pages >= 3 and count > least)


def section_headings(pages: Iterable[tuple[Sequence[str], Sequence[str]]]) -> frozenset[str]:
    """Return the headings that begin a section on several pages, such as "1. Overview".

    Each of these pages states another title, and none states the heading.

    Parameters
    ----------
    pages : iterable of (sequence of str, sequence of str)
        For each page its headlines, and the titles that it states.

    Examples
    --------
    >>> pages = [(["1. Overview"], [title]) for title in ("Rye", "Oats", "Barley")]
    >>> section_headings(pages), section_headings(pages[:2])
    (frozenset({'1. Overview'}), frozenset())
    """
    stated: dict[str, list[str]] = {}
    for headlines, titles in pages:
        keys = [_key(title) for title in titles if title]
        for text in {text for text in headlines if keys}:
            named = any(_key(text) in key for key in keys)
            stated.setdefault(text, []).append("" if named else keys[0])
    return frozenset(
        text
        for text, keys in stated.items()
        if len(keys) >= _SEVERAL and "" not in keys and len(set(keys)) == len(keys)
    )


def choose_title(
    headlines: Sequence[str],
    stated: Sequence[str],
    names: Iterable[str],
    common: Collection[str] = (),
    endings: Collection[str] = (),
    openings: Sequence[str] = (),
) -> str:
    """Return the headline of a page of a site, or an empty string if the page has none.

    Parameters
    ----------
    headlines : sequence of str
        Its headings, as returned by `find_headlines`.
    stated : sequence of str
        Titles that it states, the most reliable first, ``<title>`` last.
    names : iterable of str
        Names of the site.
    common : collection of str
        The headlines that are `usual` on the site.
    endings : collection of str
        What is `usual` among the last parts of the titles of pages (``Globe`` in
        ``Rye | Globe``), their `outer_parts`, and the titles themselves.
    openings : sequence of str
        Headings that open the article, from `find_openings`, and few others of the site. One is
        the title if the page states the name of the site only.

    Examples
    --------
    >>> choose_title(["Globe"], ["Rye | Globe"], [], ["Globe"], ["Globe"])
    'Rye'
    """
    sites = {_squeezed(name) for name in (*names, *endings)}
    own = [text for text in headlines if text not in common and _squeezed(text) not in sites]
    titles = [_without_site(title, sites, endings) for title in stated if title]
    rest = [title for title in titles if _squeezed(title) not in sites]
    return next(iter([*own, *rest, *openings, *titles, *headlines]), "")


def title_parts(title: str) -> tuple[list[str], list[str]]:
    """Return the parts of a title that may be the headline, and those that name section or site.

    The headline is the beginning, or an end that is longer than the text before it.

    Examples
    --------
    >>> title_parts("Rye is sown | Bread | Globe")
    (['Rye is sown | Bread', 'Rye is sown'], ['Bread', 'Globe'])
    >>> title_parts("Globe | Rye is sown")
    (['Globe', 'Rye is sown'], [])
    """
    cuts = list(SEPARATOR.finditer(title))
    headlines = [title[: cut.start()].strip() for cut in reversed(cuts)]
    headlines += [title[cut.end() :].strip() for cut in cuts if 2 * cut.end() < len(title)]
    parts = [part.strip() for part in SEPARATOR.split(title)]
    return [part for part in headlines if part], [p for p in parts if p and p not in headlines]


def last_part(title: str) -> str:
    """Return the last part of a title, usually the name of the site; empty if it has one part only.

    Examples
    --------
    >>> last_part("Rye | Globe"), last_part("Rye")
    ('Globe', '')
    """
    parts = SEPARATOR.split(title)
    return parts[-1].strip() if len(parts) > 1 else ""


def outer_parts(title: str) -> list[str]:
    """Return a title's beginning and end at its colons, with them, and its ends in brackets.

    One that most titles of a site share names the site.

    Examples
    --------
    >>> outer_parts("Globe: Rye is sown"), outer_parts("Rye (Globe (2024))")
    (['Globe: ', ': Rye is sown'], [' (Globe (2024))', ' (2024))'])
    """
    cuts = list(_COLON.finditer(title))
    parts = [f"{title[: cuts[0].start()]}: ", f": {title[cuts[-1].end() :]}"] if cuts else []
    if title.endswith(")"):
        parts += [title[cut.start() :] for cut in _BRACKET.finditer(title)]
    return parts


def heading_text(node: Any) -> str:
    """Return the text of a heading without its permalink sign.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> heading_text(LexborHTMLParser('<h1>Rye <a href="#rye">#</a></h1>').css_first("h1"))
    'Rye'
    """
    text = node.text(separator=" ") if node.css_first("br") is not None else node.text()
    text = clean(text)
    for mark in node.css('a[href*="#"]'):
        sign = clean(mark.text())
        classes = mark.attributes.get("class") or ""
        if sign and (len(sign) <= 1 or "headerlink" in classes or "permalink" in classes):
            text = text.removesuffix(sign).removeprefix(sign).strip()
    return text


def _key(text: str) -> str:
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def _squeezed(text: str) -> str:
    return _NOT_WORD.sub("", text.casefold())


def _suffixes(stated: Sequence[str], whole: set[str]) -> set[str]:
    """Return last parts of titles whose rest is a stated title, or is longer and ends at a bar."""
    found: set[str] = set()
    for title in stated:
        last = last_part(title)
        rest = title[: title.rindex(last)] if last else ""
        parted = bool(_STRONG.search(title)) and len(_key(rest)) > len(last)
        if last and (parted or _key(rest) in whole):
            found.add(_squeezed(last))
    return found


def _shares_words(key: str, titles: set[str]) -> bool:
    """Return whether a heading and a title share at least a third of the shorter one's words."""
    words = set(key.split())
    for title in titles:
        other = set(title.split())
        if len(words & other) * 3 >= min(len(words), len(other)) > 0:
            return True
        if not words & other and _are_unspaced(key, title) and set(key) & set(title):
            return True
    return not any(titles)


def _are_unspaced(*texts: str) -> bool:
    return all(text.count(" ") * 12 < len(text) for text in texts)


def _rank(node: Any, within: bool, equal: bool, alike: bool, several: bool) -> int:
    """Return the rank of a heading as the headline: 1 is best, 0 is not a headline.

    several: the article has more than one ``<h1>``, so they head its sections.
    """
    first = node.tag == "h1" or node.attributes.get("itemprop") == "headline"
    titled = bool(_TITLED.search((node.attributes.get("class") or "").lower()))
    if equal and within:
        return 1 if first or titled else 3
    if equal and first:
        return 2
    if within and first:
        return (6 if several else 4) if alike else (7 if len(heading_text(node).split()) > 4 else 0)
    if alike and (first or (within and titled)):
        return 5
    return 6 if equal and titled else 0


def _opens(heading: Any, roots: Sequence[Any]) -> bool:
    """Return whether a heading comes before the prose of its root; links are not prose."""
    words = 0
    for root in roots:
        for node in root.traverse(include_text=True):
            if node.mem_id == heading.mem_id:
                return words <= OPENING
            if node.tag == "-text" and node.parent.tag != "a":
                words += len((node.text_content or "").split())
                if words > OPENING:
                    return False
    return False


def _any_element(roots: Sequence[Any], titles: set[str]) -> Headlines:
    """Return the first element, of any tag, whose text is a stated title."""
    wanted = {title for title in titles if len(title) > 12}
    for root in roots:
        for node in root.traverse(include_text=True):
            if node.tag == "-text" and _key(text := clean(node.text_content or "")) in wanted:
                return Headlines([text], node.parent)
    return Headlines()


def _is_brand(node: Any) -> bool:
    """Return whether a heading belongs to the site: by its class, or as a link to the home page."""
    for near in (node, node.parent):
        if near is not None and _BRAND.search(written_names(near)):
            return True
    links = node.css("a[href]")
    if not links:
        return False
    target = _path(links[0].attributes.get("href") or "#")
    return target in ("", "/") and heading_text(node) == heading_text(links[0])


def _path(address: str) -> str | None:
    """Return the path of an address; None for a fragment or an invalid address."""
    if address.startswith("#"):
        return None
    try:
        return urlsplit(address.strip()).path
    except ValueError:
        return None


def _without_site(title: str, sites: set[str], endings: Collection[str]) -> str:
    """Return a title without the last parts and the first part that name the site."""
    title = title.strip(_SIGNS)
    while last := last_part(title):
        rest = title[: title.rindex(last)].rstrip(_SIGNS)
        if not rest or _squeezed(last) not in sites:
            break
        title = rest
    for part in outer_parts(title):
        if part in endings and len(title) > len(part):
            title = title.removesuffix(part) if part[0] in ": " else title.removeprefix(part)
    first, *rest_of = SEPARATOR.split(title, maxsplit=1)
    if rest_of and rest_of[0] and _squeezed(first) in sites:
        title = rest_of[0].strip()
    return title
