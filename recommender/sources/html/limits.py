"""Limits of HTML, for which a parser needs time and memory that grow much faster than the page.

Few pages come near: those are parsed in a process of their own first, which may use only so much of
both. So no page must be understood to know that it is harmless.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from recommender.index.inputs import holds_until
from recommender.sources.html import trial

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MAX_BYTES = 20_000_000
MAX_ATTRIBUTES = 1_000
"""Maximum number of attributes of an element: the parser compares each with all before it."""
MAX_DEPTH = 512
"""Maximum nesting of elements on a page of many tags; browsers nest no deeper either."""

SURE_TAGS = 30_000
"""However a page of fewer tags is nested, it is parsed in a second or two."""
SURE_ELEMENTS = 1_000_000
"""So many elements on a page of few tags are read in some seconds and half a gigabyte."""
FORMATTING = frozenset(
    ("b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u")
)
"""Elements that a parser opens again in each later paragraph until they are closed."""
COPIES = 3
"""How many formatting elements with the same attributes it opens again."""

_TOO_DEEP = f"elements nested more than {MAX_DEPTH} deep, or never closed"
_UNTRIED = "many tags, and could not be tried in another process: "
_SIGKILL = 9
_FEW_ATTRIBUTES = 50_000
"""Pages of fewer characters cannot have so many that it matters."""
_SPACE = r"[ \t\n\f\r]"
_IN_TAG = r"[^ \t\n\f\r>"
_VALUE = rf"(?:\"[^\"]*+\"|'[^']*+'|{_IN_TAG}\"']{_IN_TAG}]*+)"
_ATTRIBUTE = rf"{_SPACE}++{_IN_TAG}=\"']++(?:{_SPACE}*+={_SPACE}*+(?:{_VALUE}|{_IN_TAG}]*+))?+"
_WITHIN_LIMIT = re.compile(
    rf"(?:[^<]++|<(?![a-zA-Z])|<[a-zA-Z]{_IN_TAG}]*+"
    rf"(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+(?!{_ATTRIBUTE}))*+"
)
"""A page without an element of more than `MAX_ATTRIBUTES`. Reads no attribute twice, although one
can look like the beginning of an element."""
_FORMATTING = re.compile(
    rf"<(?:{'|'.join(sorted(FORMATTING))})(?=[ \t\n\f\r/>])"
    rf"(?:{_SPACE}++|/|(?:={_IN_TAG}/=]*+|{_IN_TAG}/=]++)(?:{_SPACE}*+={_SPACE}*+{_VALUE}?+)?+)*+"
    r">?+",
    re.IGNORECASE,
)
"""The start tag of a formatting element, or more of the page if its attributes are odd."""


def beyond_limits(source: str) -> str:
    """Return why HTML cannot be parsed in reasonable time and memory, or an empty string.

    If no other process could find that out, the reason says so, and an active watch notes that the
    next run may find another result.

    Examples
    --------
    >>> beyond_limits("<p>Rye"), beyond_limits("<div>" * 100_000)
    ('', 'elements nested more than 512 deep, or never closed')
    """
    if len(source) > _FEW_ATTRIBUTES and not _WITHIN_LIMIT.fullmatch(source):
        return f"an element with more than {MAX_ATTRIBUTES:,} attributes"
    tags = source.count("<")
    if tags <= SURE_TAGS and tags * (1 + _opened_again(source)) <= SURE_ELEMENTS:
        return ""
    return _problem_in_trial(source, tags)


def parse_html(source: str) -> LexborHTMLParser:
    """Return the tree of HTML that is within the limits.

    Raises
    ------
    MemoryError
        If there is too little memory for it: the parser refuses nothing else.
    """
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        return LexborHTMLParser(source)
    except SelectolaxError as error:
        raise MemoryError(str(error)) from error


def _opened_again(source: str) -> int:
    """Return how many formatting elements a parser can open again at one place, at most."""
    found = _FORMATTING.findall(source)
    return min(len(found), COPIES * len(set(found)))


def _problem_in_trial(source: str, tags: int) -> str:
    """Return why a page of many tags cannot be parsed, from a process of its own that tried it."""
    import subprocess

    python = sys.executable or ""
    if "py" not in os.path.basename(python):  # a server or a program that contains Python
        return _untried("the program of Python is unknown")
    seconds, megabytes = 2 + tags // 500_000, 1_000 + tags // 1_000
    most = SURE_ELEMENTS + tags
    numbers = map(str, (seconds, megabytes, MAX_DEPTH, most))
    try:
        done = subprocess.run(  # noqa: S603 - Python itself, numbers, and a directory
            [python, "-I", trial.__file__, *numbers, _packages()],
            input=source.encode("utf-8", "replace"),
            capture_output=True,
            timeout=10 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return _untried(f"it took more than {error.timeout:.0f} s")
    except OSError as error:
        return _untried((error.strerror or str(error)).lower())
    if done.stdout.endswith(trial.WITHIN):
        return ""
    ended = done.returncode < 0 and done.returncode != -_SIGKILL  # by a limit of its own
    if ended or done.stdout.endswith(trial.BEYOND):
        return _TOO_DEEP
    return _untried("it was killed" if done.returncode < 0 else f"exit code {done.returncode}")


def _packages() -> str:
    """Return the directory from which this process imports the parser."""
    spec = find_spec("selectolax")
    return os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else ""


def _untried(reason: str) -> str:
    """Return that a page was not tried; the next run may be luckier."""
    holds_until(datetime.now(UTC))
    return f"{_UNTRIED}{reason}"
