"""Self-contained HTML pages: a template, data as escaped JSON, and a policy that allows only these.

Also the values of an article that several pages show. Invariant: no text of an article can become
markup or script, and the page makes no network request.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import pandas as pd

from recommender.text.characters import CONTROL, CONTROL_C1, SURROGATES

# Characters that could end the data block or reorder the display of its source.
_RESERVED = str.maketrans(
    {
        character: f"\\u{ord(character):04x}"
        for character in "<>&\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    }
)
# Control characters have no meaning in an article, and LRO / RLO only reorder displayed text;
# a lone surrogate cannot be written as UTF-8.
_UNPRINTABLE = re.compile(rf"[{CONTROL}\r{CONTROL_C1}\u202d\u202e]")
_INCLUDE = re.compile(r'^@include "([\w.]+)";\n', re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_FILLED = b"default-src 'none'; style-src 'sha256-"
"""The start of the policy of each page, which no generator writes."""
_SURROGATE = re.compile(f"[{SURROGATES}]")


def fill_page(name: str, title: str, data: Mapping[str, Any]) -> str:
    """Return a template of this directory with its title and its data.

    Parameters
    ----------
    name : str
        File name of the template, with one ``<style>`` and one ``<script>``. A line
        ``@include "shared.js";`` is replaced by that file of this directory.
    title : str
        For ``%%TITLE%%``.
    data : mapping
        For ``%%DATA%%``; ``%%KEY%%`` becomes its hash, under which a browser may keep the state
        of the page.
    """
    template = _INCLUDE.sub(lambda line: _file(line[1]), _file(name))
    text = embeddable_json(data)
    filled = {
        "POLICY": _content_policy(template),
        "TITLE": html.escape(clean(title)),
        "KEY": hashlib.blake2b(text.encode(), digest_size=12).hexdigest(),
        "DATA": text,
    }
    # One pass, so that a placeholder in an article is not replaced.
    return re.sub(r"%%([A-Z]+)%%", lambda match: filled[match[1]], template)


def is_filled(start: bytes) -> bool:
    """Return whether a page that begins so was made by `fill_page`.

    Examples
    --------
    >>> is_filled(fill_page("preview.html", "Rye", {}).encode()), is_filled(b"<title>Rye")
    (True, False)
    """
    return _FILLED in start[:1_000]


def _file(name: str) -> str:
    return resources.files("recommender.pages").joinpath(name).read_text("utf-8")


def clean(text: str) -> str:
    """Return text without control characters, for display on a page."""
    return _SURROGATE.sub("\ufffd", _UNPRINTABLE.sub("", text.replace("\r\n", "\n")))


def text_of(record: Mapping[Any, Any], name: str) -> str:
    """Return a text of an article; empty if it has none."""
    value = record.get(name)
    return value if isinstance(value, str) else ""


def title_of(record: Mapping[Any, Any]) -> str:
    """Return the title of an article for a page, else its id."""
    return clean(text_of(record, "title")).strip() or clean(str(record["id"]))


def day_of(record: Mapping[Any, Any]) -> str:
    """Return the day of an article as ``2024-05-12``; empty if it has none."""
    date = record.get("date")
    return "" if date is None or pd.isna(date) else f"{date:%Y-%m-%d}"


def language_of(record: Mapping[Any, Any]) -> str:
    """Return the language of an article as an attribute ``lang`` has it; empty if unknown."""
    language = text_of(record, "lang").replace("_", "-")
    return language if _LANGUAGE.fullmatch(language) else ""


def first_words(text: str, words: int) -> str:
    """Return the first words of a text, with an ellipsis if the text continues."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    return f"{text[: ends[words - 1]].strip()} …" if len(ends) > words else text.strip()


def embeddable_json(data: Mapping[str, Any]) -> str:
    r"""Return JSON that cannot start or end an HTML element.

    Examples
    --------
    >>> embeddable_json({"title": "</script>"})
    '{"title":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _SURROGATE.sub("\ufffd", text.translate(_RESERVED))


def _content_policy(template: str) -> str:
    """Return the policy that allows only the template's own style and script."""
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
            "img-src data:",  # the icon; without one, browsers request /favicon.ico
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
