"""Which addresses a link may have: http, https and paths of the site, in every interpretation.

A template, a generator's filter or a browser may resolve ``..``, decode an entity or a ``%3a``,
or treat ``\\`` as ``/``. So an address is checked in every possible interpretation, and dropped
if one of them is a script or another host. Every card passes through here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, unquote, urlsplit

from recommender.text import characters
from recommender.text.characters import CONTROL_C1, DIRECTION, SURROGATES

MAX_LENGTH = 8_000
"""Maximum length of an address; servers accept no longer ones."""

MAX_DECODED = 8
"""How often an address may be encoded, one encoding inside the other."""

CONTROL = re.compile(
    rf"[{characters.CONTROL}{CONTROL_C1}{DIRECTION}\u200e\u200f\ufeff{SURROGATES}]"
)
"""Control characters, direction marks and halves of surrogate pairs: nothing to read."""

_PLAIN = re.compile(r"(?:https?://[a-z0-9.-]+(?=/))?(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?")
_INVISIBLE = re.compile(rf"{CONTROL.pattern}|\s")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def safe_address(url: str | None) -> str:
    """Return an address that is safe in ``href`` and ``src``, else an empty string.

    Parameters
    ----------
    url : str or None
        The address from the source.

    Returns
    -------
    str
        An http or https address, or a path of the site, absolute or relative; without control
        characters, and with spaces, quotes, braces and non-ASCII letters percent-encoded.
        Empty for all others, including ``mailto:``: a list links to pages. Also empty for a
        relative path whose first part looks like a scheme, ``c:intro.html``; later parts, and
        parts that start with a digit (``10:30``), may contain colons.

    Examples
    --------
    >>> safe_address("/rye bread/"), safe_address("https://example.org"), safe_address("a/b:c")
    ('/rye%20bread/', 'https://example.org', 'a/b:c')
    >>> safe_address("a/../javascript:hit()"), safe_address("/%5cexample.org"), safe_address(None)
    ('', '', '')
    """
    text = url or ""
    if _PLAIN.fullmatch(text) and len(text) <= MAX_LENGTH:
        return text
    text = re.sub(r"[\t\r\n]", "", CONTROL.sub("", text).strip())
    if not text or len(text) > MAX_LENGTH:
        return ""
    address = quote(text, safe="/:?#[]@!$&'()*+,;=%~-._")
    return address if all(map(_is_safe, [address, *_readings(text)])) else ""


def safe_url(url: str | None) -> str | None:
    """Return the result of `safe_address`, or None if it is empty.

    Examples
    --------
    >>> safe_url("/rye/"), safe_url("javascript:alert(1)"), safe_url("//example.org"), safe_url("")
    ('/rye/', None, None, None)
    """
    return safe_address(url) or None


def web_address(url: str | None) -> str:
    """Return a complete http or https address, and an empty string for any other.

    Examples
    --------
    >>> web_address("https://example.org/a"), web_address("/a")
    ('https://example.org/a', '')
    """
    address = safe_address(url)
    return address if _WEB.match(address) else ""


def _readings(text: str) -> Iterator[str]:
    """Yield an address unchanged, then decoded once, twice and so on until it is stable."""
    for _ in range(MAX_DECODED):
        form = _INVISIBLE.sub("", text).replace("\\", "/")
        yield form
        text = unquote(unescape(form))
        if text == form:
            return
    yield ""


def _is_safe(form: str) -> bool:
    """Return whether one interpretation of an address is in the site or on the web."""
    if _WEB.match(form):
        return _is_whole(form)
    path = re.split(r"[?#]", form, maxsplit=1)[0]
    resolved = [path, posixpath.normpath(path), _resolved(path), _resolved(re.sub("/+", "/", path))]
    return bool(path) and not any(
        other.startswith("//" if path[0] == "/" else "/") or _SCHEME.match(other)
        for other in resolved
    )


def _resolved(path: str) -> str:
    """Return a path without ``.`` and ``..``, including those that lead above its start."""
    kept: list[str] = []
    for part in path.removeprefix("/").split("/"):
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    return "/" * path.startswith("/") + "/".join(kept)


def _is_whole(form: str) -> bool:
    try:
        return bool(urlsplit(form).hostname)
    except ValueError:  # http://[
        return False
