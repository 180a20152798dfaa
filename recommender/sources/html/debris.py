"""Removes what is between the words of an article: formulas, shortcodes, code, addresses.

Pure functions from text to text.
"""

from __future__ import annotations

import html
import re

from recommender.sources.html.markup import drop_spans, has_mark

_MATH = re.compile(
    r"\$(?<!\\\$)\$[^$]{1,5000}\$\$"  # a lookbehind first would be tried at every character
    r"|\$(?<![\w\\$]\$)(?=[^\s$])(?:[^$\n]{1,3}|(?=[^$]{0,300}[\\^_=+*/<>{}|])[^$]{1,300})(?<![\s\\])"
    r"\$(?![\w$])"
    r"|\\\\?(?:\((?=[^()]{0,300}(?:\\[a-zA-Z]|[\^_]))[^$]{1,300}?\\{1,2}\)"
    r"|\[(?=[^\[\]]{0,300}(?:\\[a-zA-Z]|[\^_=]))[^$\[\]]{1,2000}?\\{1,2}\])"
)
_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|align|gather|multline|eqnarray|cases|array|[bpvV]?matrix)\*?)\}"
)
_WORDPRESS = re.compile(
    r"\[/?(?:caption|wp_caption|gallery|embed|playlist|contact-form-7|vc_\w{1,40}|et_pb_\w{1,40})"
    r"\b[^\]\[\n]*+\](?!\()"
    r"|\[(?:audio|video|youtube|vimeo|tweet|slideshare)[ :=][^\]\[\n]*+\](?!\()"
    r"|\[/(?:audio|video)\]",
    re.I,
)
_ESCAPED_TAG = re.compile(r"<[^<>]{0,300}>")
_PLAIN_WORD = re.compile(r"[\"'(\[“‘«]*[^\W\d_]++(?:['’/–-][^\W\d_]++)*+[\"')\]”’»…,;:.!?]*")

_PROMPT = re.compile(r"^[ \t]*\$ +\S", re.MULTILINE)
_STATEMENT = re.compile(
    r"^[ \t]*+(?:(?:async )?def \w+\(|class \w+[(:{]|from [\w.]+ import |import [\w.]+;?$"
    r"|@\w[\w.]*\(|\w[\w.]* ?(?::?=|<-) ?\S|[)\]}]+[;,]?$|[^\n]*(?:\{|\);)$)",
    re.MULTILINE,
)
"""A line of a program: a declaration, an assignment, or one that opens or closes a block."""
_PLAIN_TEXT = frozenset(
    {"text", "txt", "plain", "plaintext", "none", "default", "nohighlight", "highlight", "code",
     "codehilite", "chroma", "hljs", "notranslate", "literal-block", "highlighter-rouge"}
)  # fmt: skip
_NO_ADDRESS = r"\s<>\"|()\u2e80-\u9fff\uac00-\ud7af\ue000-\ufaff\uff00-\uffef"
_SIGNS = r".,;:!?'\]"
_ADDRESS = re.compile(
    r"(?<!\w)(?i:(?:https?|ftp)://|www\.(?=\w)|mailto:(?=\w))"
    rf"(?:[^{_NO_ADDRESS}{_SIGNS}]++|[{_SIGNS}]++(?=[^{_NO_ADDRESS}{_SIGNS}])"
    rf"|\([^{_NO_ADDRESS}]{{0,200}}\))++"
)
"""Ends before the signs that follow it, and where Chinese, Japanese and Korean go on unspaced."""
MIN_PROSE = 12
"""Minimum number of words in a code block that may be prose."""


def is_plain_text(language: str) -> bool:
    """Return whether a code block names no language, or only says that it is code.

    Examples
    --------
    >>> is_plain_text(""), is_plain_text("text"), is_plain_text("rust")
    (True, True, False)
    """
    return not language or language.lower() in _PLAIN_TEXT


def reads_as_prose(text: str) -> bool:
    """Return whether the text of a code block, without tags, has sentences and is not a program.

    A shell prompt is enough to be a program; else two lines and a fifth of all are needed.

    Examples
    --------
    >>> reads_as_prose("The rye was sown early this year, before the first frost came.")
    True
    >>> reads_as_prose("for field in fields: sow(field.rye, depth=2, early=True)\\n" * 3)
    False
    """
    shown = html.unescape(_ESCAPED_TAG.sub(" ", text))
    words = [] if _PROMPT.search(shown) else shown.split()
    plain_words = sum(_PLAIN_WORD.fullmatch(word) is not None for word in words)
    return len(words) >= MIN_PROSE and plain_words > 0.75 * len(words) and not _is_program(shown)


def _is_program(text: str) -> bool:
    lines = sum(not line.isspace() for line in text.splitlines() if line)
    return len(_STATEMENT.findall(text)) >= max(2, lines / 5)


def strip_math(text: str) -> str:
    r"""Return a text without LaTeX, inline or displayed; prices and variables are kept.

    Examples
    --------
    >>> strip_math(r"From $\overrightarrow{AB}$ to $x$, at $5 to $10.").split()
    ['From', 'to', ',', 'at', '$5', 'to', '$10.']
    """
    if has_mark(text, "\\begin{"):
        text = drop_spans(text, _ENVIRONMENT, lambda tag: rf"\\end\{{{re.escape(tag[1])}\}}")
    return _MATH.sub(" ", text) if "$" in text or "\\" in text else text


def strip_addresses(text: str) -> str:
    """Return a text without the addresses in it: they do not count as words.

    Examples
    --------
    >>> strip_addresses("Rye (https://example.org/rye_(plant)), and oats")
    'Rye (), and oats'
    """
    if "://" not in text and "www." not in text and "mailto:" not in text:
        return text
    return _ADDRESS.sub("", text)


def strip_shortcodes(text: str) -> str:
    """Return a text without WordPress shortcodes that were left in it when the site moved.

    A single word (``[video]``) is a label.

    Examples
    --------
    >>> strip_shortcodes("Rye [youtube https://example.org/v] and oats [1]")
    'Rye  and oats [1]'
    """
    return _WORDPRESS.sub("", text)
