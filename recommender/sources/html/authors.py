"""The authors of a page's article: names that the page states, or that its byline marks.

Addresses, accounts and the name of the site are not authors. Names are never guessed from prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, product
from typing import Any

from recommender.sources.html.frames import around, in_frame, text_around
from recommender.sources.html.text import clean

MOST = 20
"""Maximum number of authors; a page with more names lists its staff."""
_MARKS = (
    '[itemprop~="author"] [itemprop~="name"], .p-author .p-name, .author.vcard .fn',
    '[itemprop~="author"], .p-author, a[rel~="author"], .author .fn, .byline .author',
    '[class*="author" i][class*="name" i], [class*="post-author" i] a, [class*="entry-author" i] a',
    '.author, [class*="author" i][class*="link" i], [class*="byline" i] a',
    ".elementor-post-info__item--type-author, .byline, .post-author, .entry-author",
)
"""Elements that name an author, the most reliable first."""
_ANY_MARK = ", ".join(_MARKS)
_BY = re.compile(
    r"^(?:(?:written|posted|published|story|words|text|article|report(?:ed)?)\s+)?"
    r"(?!(?-i:Von|Di|Par|Av) (?-i:[A-ZÀ-Þ])[\w'’-]+$)"  # a whole name: Di Cook
    r"(?:by|von|par|por|di|door|av|af|autor(?:in|e|a)?|author|авторы?|автор|作者|文)\b\s*[:：]?\s*",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(r"^[^|]{0,40}\d[^|\d]{0,12}\bby\s+(?=\S)", re.IGNORECASE)
"""What comes before a name in "Posted on 3 May 2022 by Ada Byron"."""
_AND = re.compile(r"\s*(?:[,;&|，、]|\band\b|\bund\b|\bet\b|\by\b)\s*")
_AFTER = re.compile(
    r"\s*(?:[|•·]|\s[-–—]\s|\bposted\b|\bpublished\b|\bupdated\b|\bon \d|\d{4}|\d{1,2}[/.]\d|"
    r"\d{1,2}:\d\d).*$", re.IGNORECASE,
)  # fmt: skip
_NO_NAME = re.compile(
    r"https?:|www\.|[@<>{}\[\]=_\d]|^admin\b|^(?:administrator|root|user|editor|webmaster|"
    r"unknown|none|null|undefined|anonymous|guest|author|by|staff|read more|view all.*|follow.*)$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:^|[|•·]|\b\d{4},?|\b\d{4}-\d\d-\d\d)\s*(?:(?:[Ww]ritten|[Pp]osted)\s+)?"
    r"(?:[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or)[\s:]+"
    r"([A-ZÀ-Þ][\w.'’-]*(?: (?:[A-ZÀ-Þ][\w.'’-]*|de|van|von|der|la|di)){1,3})"
    r"(?=\s*(?:[|•·–—]|,?\s*(?:[Oo]n )?\d|,?\s*[A-Z][a-z]+ \d))"
)
"""A separate line, or the text after a date: in a sentence, anybody may follow "by"."""


def read_authors(
    tree: Any,
    roots: Sequence[Any],
    headline: Any,
    stated: Iterable[Sequence[str]],
    names: Iterable[str],
    nearby: Callable[[], tuple[str, str]] | None = None,
) -> str:
    """Return the names of the authors of a page, separated by commas, or an empty string.

    Parameters
    ----------
    tree : selectolax.lexbor.LexborHTMLParser
        The whole page.
    roots : sequence of selectolax nodes
        Elements that contain the article.
    headline : selectolax node or None
        Its headline, or where its text begins.
    stated : iterable of sequences of str
        Names by source, the most reliable first: JSON-LD, then ``<meta>``.
    names : iterable of str
        Names of the site, which is not an author.
    nearby : callable, optional
        Returns the value of `text_around` for the headline.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> page = LexborHTMLParser('<article>By <a rel="author" href="/ada/">Ada Byron</a></article>')
    >>> read_authors(page, page.css("article"), None, [["https://example.org/ada"]], [])
    'Ada Byron'
    """
    sites = {name.casefold() for name in names}
    ends = around([*roots, *([] if headline is None else [headline])])
    near = _near(nearby or partial(text_around, tree.body, headline))
    for group in chain(stated, _marked(tree, roots, ends), near):
        people = [person for name in group for person in _people(name)]
        people = [one for one in dict.fromkeys(people) if one.casefold() not in sites]
        if 0 < len(people) <= MOST:
            return ", ".join(people)
    return ""


def _marked(tree: Any, roots: Sequence[Any], ends: set[int]) -> Iterator[list[str]]:
    """Yield the texts marked by each kind of mark, in the article, then on the whole page.

    Those in comments and the like are left out.
    """
    if tree.css_first(_ANY_MARK) is None:  # one search in place of ten
        return
    for scopes, selector in product((roots, [tree]), _MARKS):
        marked = (node for scope in scopes for node in scope.css(selector))
        nodes = [node for node in marked if not in_frame(node, ends)]
        texts = [
            clean(node.attributes.get("content") or node.text(separator=" ")) for node in nodes
        ]
        yield [text for text in texts if len(text) <= 120]


def _near(nearby: Callable[[], tuple[str, str]]) -> Iterator[list[str]]:
    """Yield the name after "By" in the first words after a headline, and in the last before it."""
    before, after = nearby()
    for text in (f"{after} |"[:200], f" {before} |"[-100:]):
        if found := _BYLINE.search(text):
            yield [found[1]]


def _people(text: str) -> Iterator[str]:
    """Yield the names in a byline ("By Ada Byron and Bo Li, 3 May")."""
    line = _AFTER.sub("", _BY.sub("", _DAY_BEFORE.sub("", clean(text))))
    for part in _AND.split(line):
        name = part.strip(" .,:;|·•–—-")
        if name and len(name.split()) <= 5 and len(name) <= 60 and not _NO_NAME.search(name):
            yield name
