"""TOML read within limits, and values written as TOML. Knows no settings."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

MAX_KEY_PARTS = 64
"""Maximum number of parts of a dotted key in TOML."""

_KEY_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:{_KEY_PART}\.[ \t]*+){{{MAX_KEY_PARTS}}}")


def read_toml(text: str) -> dict[str, Any]:
    """Return the table of a TOML text; `tomllib` alone takes minutes and gigabytes for some.

    Raises
    ------
    ValueError
        If it is not TOML, nests too deeply, or a key has more than `MAX_KEY_PARTS` parts.

    Examples
    --------
    >>> read_toml("a.b = 1")
    {'a': {'b': 1}}
    """
    found = _LONG_KEY.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"a key has more than {MAX_KEY_PARTS} parts (at line {line})")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def toml_value(value: Any) -> str:
    """Return a value in TOML syntax.

    Examples
    --------
    >>> toml_value(True), toml_value("auto"), toml_value(0.5)
    ('true', '"auto"', '0.5')
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML escapes DEL
