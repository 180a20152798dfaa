"""Self-contained HTML pages: a template, data as escaped JSON, and a policy that allows no more.

Invariant: no article's text can become markup or script, and the page asks the network for
nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from recommender.text.characters import CONTROL, CONTROL_C1, SURROGATES

# What could end the data block, and what would show its source in another order.
_RESERVED = str.maketrans(
    {
        character: f"\\u{ord(character):04x}"
        for character in "<>&\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    }
)
# Control characters say nothing in an article, and LRO / RLO exist only to show text in
# another order than it is stored; a lone surrogate could not be written as UTF-8.
_UNPRINTABLE = re.compile(rf"[{CONTROL}\r{CONTROL_C1}\u202d\u202e]")
_SURROGATE = re.compile(f"[{SURROGATES}]")


def fill_page(name: str, parts: Mapping[str, str]) -> str:
    """Return a template of this directory with its placeholders ``%%NAME%%`` filled.

    Parameters
    ----------
    name : str
        File name of the template, with one ``<style>`` and one ``<script>``.
    parts : mapping of str to str
        Text of each placeholder, already escaped; ``%%POLICY%%`` is filled here.
    """
    template = resources.files("recommender.pages").joinpath(name).read_text("utf-8")
    filled = {"POLICY": _content_policy(template), **parts}
    # One pass: an article that contains a placeholder stays as it is.
    return re.sub(r"%%([A-Z]+)%%", lambda match: filled[match[1]], template)


def clean(text: str) -> str:
    """Return text without control characters, such as a page may show."""
    return _SURROGATE.sub("\ufffd", _UNPRINTABLE.sub("", text.replace("\r\n", "\n")))


def first_words(text: str, words: int) -> str:
    """Return the first words of a text, with an ellipsis if it goes on."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    return f"{text[: ends[words - 1]].strip()} …" if len(ends) > words else text.strip()


def embeddable_json(data: Mapping[str, Any]) -> str:
    r"""Return JSON in which nothing can end or open an HTML element.

    Examples
    --------
    >>> embeddable_json({"title": "</script>"})
    '{"title":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _SURROGATE.sub("\ufffd", text.translate(_RESERVED))


def _content_policy(template: str) -> str:
    """Return the policy that lets the template's own style and script run, and nothing else."""
    allowed = {}
    for tag in ("style", "script"):
        source = template.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        allowed[tag] = f"{tag}-src 'sha256-{digest}'"
    return "; ".join(
        (
            "default-src 'none'",
            allowed["style"],
            allowed["script"],
            "img-src data:",  # the icon; without one, a server is asked for /favicon.ico
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
