"""Finds elements that do not belong to the article, by tag, role, attribute or class.

A subtree is judged without its neighbors and without the rest of the site. The words of single
blocks, and blocks that recur, are judged in `boilerplate`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from recommender.sources.html.debris import is_plain_text, reads_as_prose
from recommender.sources.html.markup import HEADINGS
from recommender.sources.html.text import Attributes, lines_of

_EMBEDDED = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "math", "object", "embed",
     "video", "audio", "canvas", "select", "textarea", "button", "input", "datalist", "map",
     "rp", "rt", "head", "dialog"}
)  # fmt: skip
_TAG_KINDS = {
    "nav": "navigation", "footer": "footer", "figcaption": "caption", "aside": "sidebar",
}  # fmt: skip
_JUDGED = _EMBEDDED | _TAG_KINDS.keys() | {"pre", "form"}
_ROLE_KINDS = {
    "navigation": "navigation", "search": "form", "contentinfo": "footer", "dialog": "embedded",
}  # fmt: skip
_CLASS_WORDS = {
    "related": r"related|relatedposts|related-?articles|yarpp|crp_related|read-?next|read-?more-"
    r"?list|you-?may|recommended|recommendations|recommender|more-?stories|more-?from|also-?like",
    "comments": r"comments?|comments-area|comment-?list|comment-?section|respond|disqus_thread|"
    r"webmentions|giscus|utterances|discussion",
    "rating": r"ratings?|rate|rmp|stars?|kksr|gdrts|votes?|voting|helpful|feedback|reactions?",
    "share": r"share|sharing|sharedaddy|addtoany|a2a|addthis|social|follow",
    "newsletter": r"newsletters?|subscribe|subscription|signup|sign-up|mc4wp|mailchimp|optin|cta",
    "tags": r"tags|tag-?links|tag-?list|taglist|post-?tag|cat-?links|taxonomy|categories|topics",
    "credit": r"credits?|caption|captions|copyright|attribution",
    "byline": r"byline|meta|metadata|author|authors|author-?box|bio|posted-on|reading-?time|"
    r"dateline|post-?date|entry-?date|published|updated",
    "navigation": r"breadcrumbs?|pagination|pager|navigation|nav|toc|table-of-contents|skip-?link|"
    r"menu|sidebar|edit-?page|edit-?link|prev-?next|back-to-top|screen-reader-text|sr-only|"
    r"visually-?hidden|headerlink|permalink",
    "notice": r"cookies?|consent|gdpr|banner|popup|modal|advert\w*|ads?|promo|paywall|"
    r"(?<!-a-)(?<!-an-)(?<!-our-)(?<!-the-)sponsor\w*",  # become-a-sponsor is a heading's anchor
}
_CLASSES = re.compile(
    "|".join(
        rf"(?P<{kind}>(?<![a-z0-9])(?:{words})(?![a-z0-9]))" for kind, words in _CLASS_WORDS.items()
    )
)
_LIMITS = {
    "related": 900, "comments": 100_000, "rating": 90, "share": 40, "newsletter": 90, "tags": 50,
    "credit": 80, "byline": 60, "navigation": 300, "notice": 120,
    "form": 150,
}  # fmt: skip
"""Maximum number of words in a subtree of each kind; a larger one may contain the article."""
_SECTIONS = re.compile(
    r"(?<![\w-])(?:(?:sub){1,3}section|sect[1-6]|refsect[1-3]|refsection|chapter|appendix|level[1-6])"
    r"(?![\w-])"
)
_NO_LETTERS = re.compile(r"[\W_]+")
_LEAST_LINKED = {"related": 0.1, "navigation": 0.1, "tags": 0.25}
"""Minimum share of words that are links in a long subtree of these kinds, and in long tags with
sentences: other sentences are text."""
_ALL_LINKED = 0.8
"""Minimum share in a table of contents or menu that is longer than its limit."""
_NO_WEIGHT = re.compile(r"\s*\+?(?:0+\.?0*|\.0+)\s*")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOTES = re.compile(
    r"note|tip|hint|warning|caution|danger|important|admonition|callout|alert|"
    r"(?<![\w-])topic(?![\w-])"
)
_LANGUAGE = re.compile(r"(?:language|lang|highlight|brush)[-:]+")
_SENTENCE_END = re.compile(r"[^\W\d_]{2}[.!?]['\")’”»]*(?:\s|\Z)")
_HOLDS_ARTICLE = (
    'h1, main, [itemprop="articleBody"], .entry-content, .post-content, .article-body, '
    ".article-content"
)
_SHORT = 12
"""Maximum number of words in a list of links that may be a line of the template."""


def judge_element(node: Any, tag: str, attributes: Attributes, code: bool = False) -> str:
    """Return an element's kind of boilerplate by its tag, role or class, or an empty string.

    ``prose`` is not boilerplate: it is text that was indented by accident and became a code block.

    Examples
    --------
    >>> from selectolax.lexbor import LexborHTMLParser
    >>> node = LexborHTMLParser("<div class='post-ratings'>Rate me</div>").css_first("div")
    >>> judge_element(node, node.tag, node.attributes)
    'rating'
    """
    kind = _tag_kind(node, tag, attributes, code) if tag in _JUDGED else None
    if kind is not None or not attributes:
        return kind or ""
    if len(attributes) == 1 and "class" in attributes:
        return _name_kind(node, tag, attributes)
    if _is_hidden(attributes):
        return "hidden"
    if "data-pagefind-ignore" in attributes or "data-recommender-ignore" in attributes:
        return "marked"
    weight = attributes.get("data-pagefind-weight")
    if weight and _NO_WEIGHT.fullmatch(weight):
        return "marked"
    return _ROLE_KINDS.get(attributes.get("role") or "") or _name_kind(node, tag, attributes)


def judge_certain(node: Any, tag: str, attributes: Attributes) -> str:
    """Return an element's kind of boilerplate by its tag, or because it is not shown."""
    if "hidden" in attributes or _HIDDEN.search(attributes.get("style") or ""):
        return "hidden"
    return "" if tag in ("form", "aside") else _tag_kind(node, tag, attributes, False) or ""


def _tag_kind(node: Any, tag: str, attributes: Attributes, code: bool) -> str | None:
    """Return an element's kind by its tag, or None if the tag does not decide."""
    if tag in _EMBEDDED:
        return "embedded"
    if tag == "pre":
        return "" if code or _is_verse(attributes) else "prose" if _is_prose(node) else "code"
    if tag == "form":
        return "form" if _fits(node, "form") else None  # some sites wrap the whole page in one
    if tag == "aside" and _is_note(node, attributes):
        return None
    return _TAG_KINDS.get(tag)


def _name_kind(node: Any, tag: str, attributes: Attributes) -> str:
    if tag in HEADINGS:
        return ""
    if attributes.get("class") == "lang" and _is_label_of_code(node):
        return "code"
    names = names_of(attributes)
    kinds = _kinds(names) if names else ()
    if kinds and attributes.get("id") and _is_anchor(node, tag, attributes):
        kinds = _kinds(names_of({**attributes, "id": None}))
    if kinds and _is_whole_heading(node):
        return ""
    for kind in kinds:
        if _fits(node, kind):
            return kind
    return ""


def _is_whole_heading(node: Any) -> bool:
    """Return whether an element contains most of the text of a heading, as some links do."""
    heading = node.parent
    if heading is None or heading.tag not in HEADINGS:
        return False
    return 2 * len(node.text().strip()) > len(heading.text().strip())


def _is_anchor(node: Any, tag: str, attributes: Attributes) -> bool:
    """Return whether the id of an element says what a part of a text is about, not what it is for.

    In documentation, each section, term and anchor has an id, made from its heading: the section
    about comments is ``id="comments"``, as the comments below an article are.
    """
    if tag in ("dt", "a"):
        return tag == "dt" or "href" not in attributes
    if tag not in ("section", "div"):
        return False
    if _SECTIONS.search(attributes.get("class") or "") or _opens_with_title_page(node):
        return True
    heading = _heading_of(node)
    if heading is None:
        return False
    shared = _classes(node) == _classes(heading) != []
    return shared or _heading_of(node.parent) is not None


def _heading_of(node: Any) -> Any:
    """Return the first heading in an element if the element's id repeats it, or None."""
    name = ((node.attributes or {}).get("id") or "").lower().removeprefix("s-")
    name = _NO_LETTERS.sub("", name)
    heading = node.css_first("h1, h2, h3, h4, h5, h6") if name else None
    if heading is None or name not in _NO_LETTERS.sub("", heading.text().lower()):
        return None
    return heading


def _opens_with_title_page(node: Any) -> bool:
    child = node.child
    while child is not None and (not child.tag or child.tag[0] == "-"):
        child = child.next
    return child is not None and "titlepage" in _classes(child)


@lru_cache(maxsize=8192)
def _kinds(names: str) -> tuple[str, ...]:
    """Return the kinds of boilerplate that names suggest; templates repeat their names."""
    found = {match.lastgroup or "" for match in _CLASSES.finditer(names)}
    return tuple(kind for kind in _CLASS_WORDS if kind in found)


def names_of(attributes: Attributes) -> str:
    """Return the class, id and item property of an element in lower case, as separate words.

    Examples
    --------
    >>> names_of({"class": "storyBody wide", "id": "main", "itemprop": None})
    'story-body wide main'
    """
    if not attributes:
        return ""
    get = attributes.get
    return _names(get("class") or "", get("id") or "", get("itemprop") or "")


@lru_cache(maxsize=8192)
def _names(*given: str) -> str:
    return _HUMP.sub("-", " ".join(filter(None, given))).lower()


def _is_hidden(attributes: Attributes) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and _HIDDEN.search(style) is not None


def _is_note(node: Any, attributes: Attributes) -> bool:
    """Return whether an ``<aside>`` is a note by the author, as in documentation."""
    return bool(_NOTES.search(names_of(attributes))) or node.css_first("h1") is not None


def _is_verse(attributes: Attributes) -> bool:
    classes = (attributes.get("class") or "").split()
    return "wp-block-verse" in classes or "wp-block-preformatted" in classes


def _is_prose(node: Any) -> bool:
    """Return whether a code block names no language and contains sentences.

    Without a language, a highlighter guesses one and colors words even in prose.
    """
    text = lines_of(node)
    if _names_language(node) or not reads_as_prose(text):
        return False
    return node.css_first("span[class]") is None or _SENTENCE_END.search(text) is not None


def _names_language(node: Any) -> bool:
    around = [one for one in (node.parent, node.parent and node.parent.parent) if one is not None]
    own = [name for one in (node, *node.css("code")) for name in _classes(one)]
    names = [name for one in around for name in _classes(one)] + own
    stated = [_LANGUAGE.sub("", name) for name in names if _LANGUAGE.match(name)]
    return not all(is_plain_text(name) for name in stated or own)


def _is_label_of_code(node: Any) -> bool:
    """Return whether an element is the name of a language beside a code block, as in VitePress."""
    parent = node.parent
    return (
        parent is not None
        and any(map(_LANGUAGE.match, _classes(parent)))
        and parent.css_first("pre") is not None
        and node.css_first("pre") is None
    )


def _classes(node: Any) -> list[str]:
    return ((node.attributes or {}).get("class") or "").lower().split()


def _fits(node: Any, kind: str) -> bool:
    """Return whether a subtree is small enough for its kind and does not contain an article."""
    words = len(node.text(separator=" ").split())
    is_long = words > _LIMITS[kind]
    if (is_long and kind != "navigation") or node.css_first(_HOLDS_ARTICLE) is not None:
        return False
    least = _ALL_LINKED if is_long else _LEAST_LINKED.get(kind)
    if least is None or words <= _SHORT:
        return True
    if kind == "tags" and not _SENTENCE_END.search(node.text()):
        return True
    linked = sum(len(link.text(separator=" ").split()) for link in node.css("a"))
    return linked > words * least
