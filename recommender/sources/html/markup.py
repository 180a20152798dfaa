"""HTML and JSX inside Markdown: removes the tags and keeps the text between them.

Not an HTML parser for whole pages: text indented inside block elements is moved to the
margin, so that Markdown does not take it for code. Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_QUOTE = r"\"[^\"\n]*+(?:\n(?![ \t]*+\n)[^\"\n]*+)*+\"|'[^'\n]*+(?:\n(?![ \t]*+\n)[^'\n]*+)*+'"
_STRING = r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\""
_INSIDE = rf"[^{{}}'\"]++|{_STRING}|['\"]"
_BRACES = rf"\{{(?:{_INSIDE})*+\}}"
for _ in range(7):  # objects in the attributes of components are nested as deeply
    _BRACES = rf"\{{(?:{_INSIDE}|{_BRACES})*+\}}"
# Possessive, and it also matches a tag that breaks off: no text is scanned twice.
_TAG = re.compile(rf"<(/?)([A-Za-z][\w:.-]*+)((?:[^<>\"'{{}}]++|{_QUOTE}|{_BRACES})*+)(>?)")
_DESCRIPTION = re.compile(
    r"\bdescription\s*+:\s*+(?:'((?:[^'\\\n]|\\.)*+)'|\"((?:[^\"\\\n]|\\.)*+)\")"
)
_DROPPED = re.compile(
    r"<(script|style|svg|iframe|template|object|video|audio|canvas|math|noscript|head|select"
    r"|textarea|pre|figcaption|button)\b[^<>]*+>",
    re.IGNORECASE,
)
_SIGNS = r"[\s\[\]()*†‡\d,]{0,20}"
_NOTE_MARK = re.compile(
    rf"<sup\b[^<>]{{0,200}}>{_SIGNS}(?:<a\b[^<>]{{0,2000}}>{_SIGNS}</a\s{{0,9}}>"
    rf"|\[{_SIGNS}\]\([^()\s]{{0,500}}\)){_SIGNS}</sup\s{{0,9}}>",
    re.IGNORECASE,
)
_MAIL = re.compile(r"<([\w.+-]{1,100}@[\w.-]{1,200})>")
_COMMENT = re.compile(r"<!--")
_DECLARATION = re.compile(r"<[!?][^<>]{0,500}>")
_FRAGMENT = re.compile(r"</?>")
_INDENT = re.compile(r"\n[ \t]+")
_HREF = re.compile(
    r"<a\s[^<>]{0,2000}?\bhref\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>]+))[^<>]*+>?"
    r"((?:[^<]++|<(?!/?a\b))*+)",
    re.I,
)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>", re.I)
_TITLE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|dfn|em|font|h[1-6]|i|img|ins|kbd|mark|p|q|s|samp"
    r"|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)(?:\s[^<>]*+)?/?>",
    re.IGNORECASE,
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CONTAINERS = frozenset(
    {"article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir", "div",
     "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html",
     "main", "menu", "nav", "ol", "search", "section", "table", "tbody", "tfoot", "thead", "tr",
     "ul"}
)  # fmt: skip
BLOCKS = (
    _CONTAINERS | HEADINGS | {"address", "caption", "hr", "legend", "li", "p", "pre", "summary"}
)
"""Elements that begin a paragraph of their own."""
SPACED = frozenset(["br", "button", "img", "input", "label", "option", "source", "td", "th"])
"""Elements without which two words would become one."""


def drop_spans(text: str, opener: re.Pattern[str], closer: Callable[[re.Match[str]], str]) -> str:
    """Return a text without the spans from an opener to its closer.

    An opener without a closer is kept.

    Parameters
    ----------
    text : str
        Any text.
    opener : Pattern
        What starts a span.
    closer : callable
        The pattern that ends a span, given the match of its opener; an empty one ends the
        span with the opener itself.

    Examples
    --------
    >>> drop_spans("a <!-- b --> c", re.compile("<!--"), lambda match: "-->")
    'a   c'
    """
    kept: list[str] = []
    missing: set[str] = set()
    position = 0
    while start := opener.search(text, position):
        pattern = closer(start)
        end = None
        if pattern not in missing:
            end = re.compile(pattern, re.IGNORECASE).search(text, start.end())
        if end:
            kept += [text[position : start.start()], " "]
            position = end.end()
        else:
            missing.add(pattern)
            kept.append(text[position : start.end()])
            position = start.end()
    return "".join([*kept, text[position:]])


def has_mark(text: str, mark: str) -> bool:
    """Return whether a text contains a mark whose first character is rare in prose.

    Most texts lack that character, and one character is found ten times as fast as two.

    Examples
    --------
    >>> has_mark("Rye <b>", "<!--"), has_mark("Rye <!-- oats -->", "<!--")
    (False, True)
    """
    return mark[0] in text and mark in text


def strip_comments(text: str) -> str:
    """Return a text without HTML comments.

    Examples
    --------
    >>> strip_comments("a<!-- b -->c")
    'a c'
    """
    return drop_spans(text, _COMMENT, lambda _: "-->") if has_mark(text, "<!--") else text


def strip_html(text: str, code: bool = False) -> str:
    """Return a text without tags, scripts, styles, drawings and embedded pages.

    Parameters
    ----------
    text : str
        Markdown with HTML or JSX in it.
    code : bool
        Keep the content of ``<pre>``.

    Examples
    --------
    >>> strip_html("<div>\\n    <p>Rye &amp; <b>oa</b>ts</p>\\n</div>").strip()
    'Rye &amp; oats'
    >>> strip_html("Rye<sup><a href='#fn1'>1</a></sup>, from <rye@example.org>")
    'Rye, from rye@example.org'
    """
    if "<" not in text:
        return text
    text = drop_spans(text, _DROPPED, lambda tag: _element_end(tag, code))
    if "@" in text:
        text = _MAIL.sub(r"\1", text)
    if "</sup" in text:
        text = _NOTE_MARK.sub("", text)
    text = _FRAGMENT.sub("", _DECLARATION.sub("", text))
    return _strip_tags(text)


def strip_title(text: str) -> str:
    """Return a text without the tags that a headline may contain; other angle brackets are kept.

    Examples
    --------
    >>> strip_title("Rye <em>and</em> the operator <=")
    'Rye and the operator <='
    """
    return _TITLE_TAG.sub("", text)


def html_links(text: str) -> list[tuple[str, str]]:
    """Return target and content of each ``<a href>`` and ``<https://…>`` as written.

    Examples
    --------
    >>> html_links('<a class="x" href="/rye/">rye</a> <https://example.org/>')
    [('/rye/', 'rye'), ('https://example.org/', '')]
    """
    if "<" not in text:
        return []
    tags = [(match[1] or match[2] or match[3] or "", match[4]) for match in _HREF.finditer(text)]
    links = [(target.strip(), content) for target, content in tags if target.strip()]
    return links + [(target, "") for target in _AUTOLINK.findall(text)]


def _element_end(tag: re.Match[str], code: bool) -> str:
    if tag[0].endswith("/>") or (code and tag[1].lower() == "pre"):
        return ""
    return rf"</{tag[1].lower()}\s{{0,20}}>"


def _strip_tags(text: str) -> str:
    kept: list[str] = []
    position = depth = 0
    after_block = False
    for tag in _TAG.finditer(text):
        kept.append(_to_margin(text[position : tag.start()], depth, after_block))
        position = tag.end()
        name = tag[2].lower()
        after_block = bool(tag[4]) and name in BLOCKS
        if not tag[4]:
            kept.append(tag[0])
            continue
        kept.append("\n\n" if after_block else " " if name in SPACED else "")
        if name in _CONTAINERS and not tag[3].endswith("/"):
            depth = max(0, depth - 1) if tag[1] else depth + 1
        after_block = after_block and (depth > 0 or not tag[1])
        if "description" in tag[3]:
            kept.append(_descriptions(tag[3]))
    kept.append(_to_margin(text[position:], depth, after_block))
    return "".join(kept)


def _descriptions(attributes: str) -> str:
    """Return the descriptions in the objects given to a component, such as a table of options."""
    found = (match[1] or match[2] or "" for match in _DESCRIPTION.finditer(attributes))
    texts = (re.sub(r"\\(.)", r"\1", text) for text in found)
    return "".join(f"\n\n{text}\n\n" for text in texts)


def _to_margin(text: str, depth: int, after_block: bool) -> str:
    if after_block:
        text = text.lstrip(" \t")
        if text.startswith("\n"):
            text = "\n" + text.lstrip()
    return _INDENT.sub("\n", text) if depth else text
