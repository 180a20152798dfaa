"""TOML read within limits, and values written as TOML. Knows no settings."""

from __future__ import annotations

import json
import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any

MAX_KEY_PARTS = 64
"""Maximum number of parts of a dotted key in TOML."""

_PLACE = re.compile(r" \(at line (\d+)(?:, column \d+)?\)$")
_HINTS = {
    "Invalid value": 'put text in "quotes", and write true or false',
    "Cannot overwrite a value": "set each name once",
    "Unescaped": "in paths, write / instead of \\",
    "Invalid hex value": "in paths, write / instead of \\",
}
"""What to do, by the beginning of a message of `tomllib`."""
_HINT = "fix that line"

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


def toml_problem(error: ValueError, where: str) -> tuple[str, str]:
    """Return a message about a text that is not TOML, and a hint at what is usually the reason.

    Examples
    --------
    >>> error = ValueError("Invalid value (at line 2, column 10)")
    >>> toml_problem(error, "a.toml")[0]
    'a.toml:2: is not valid TOML, invalid value'
    """
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(error, where)
    text = str(error)
    place = _PLACE.search(text)
    line = f":{place[1]}" if place else ""
    problem = _PLACE.sub("", text)
    hint = next((hint for start, hint in _HINTS.items() if problem.startswith(start)), _HINT)
    return f"{where}{line}: is not valid TOML, {problem[:1].lower()}{problem[1:]}", hint


def _not_utf8(error: UnicodeDecodeError, where: str) -> tuple[str, str]:
    """Return the same for bytes that are not UTF-8, as editors and shells of Windows write them."""
    data, start = error.object, error.start
    line = data.count(b"\n", 0, start) + 1
    form = "UTF-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "LATIN1"
    return (
        f"{where}:{line}: is not UTF-8, got byte 0x{data[start]:02x}",
        f"save the file as UTF-8 (iconv -f {form} -t UTF-8)",
    )


def toml_value(value: Any) -> str:
    """Return a value in TOML syntax.

    Examples
    --------
    >>> toml_value(True), toml_value("auto"), toml_value(0.5)
    ('true', '"auto"', '0.5')
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML escapes DEL
