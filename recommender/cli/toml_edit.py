"""Change single settings in a TOML file and leave every other line, and all comments, as they are.

Invariant: read back, the new text holds the old settings but for the new values. Text in and
out: touches no files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from recommender.config import toml_value
from recommender.errors import ConfigError


def with_settings(text: str, values: Mapping[str, Any], section: str = "") -> str:
    """Return a TOML text in which some settings have new values, everything else untouched.

    Parameters
    ----------
    text : str
        The file.
    values : mapping
        Name to number, truth value or string.
    section : str, optional
        The table that the settings are in, such as ``tool.recommender``.

    Raises
    ------
    ConfigError
        If the text is written in a way that cannot be edited line by line.

    Examples
    --------
    >>> print(with_settings("# mine\\nk = 6\\ntitle_weight = 1 # high\\n", {"title_weight": 0.6}))
    # mine
    k = 6
    title_weight = 0.6 # high
    <BLANKLINE>
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    first, last = _section_lines(lines, section)
    if first is None:
        lines += ([""] if lines else []) + [f"[{section}]"]
        first, last = len(lines), len(lines)
    for name, value in values.items():
        pattern = re.compile(rf"(\s*\"?{name.replace('_', '[-_]')}\"?\s*=\s*)[^#]*?(\s*#.*)?")
        matches = ((at, pattern.fullmatch(lines[at])) for at in range(first, last))
        at, found = next(((at, match) for at, match in matches if match), (0, None))
        if found:
            lines[at] = f"{found[1]}{toml_value(value)}{found[2] or ''}"
        else:
            while last > first and not lines[last - 1].strip():
                last -= 1
            lines.insert(last, f"{name} = {toml_value(value)}")
            last += 1
    edited = newline.join(lines) + newline
    if _flat(edited, section) != _flat(text, section) | dict(values):
        raise ConfigError(
            "the settings file is written in a way that cannot be edited line by line",
            "set by hand: " + ", ".join(f"{n} = {toml_value(v)}" for n, v in values.items()),
        )
    return edited


def _section_lines(lines: list[str], section: str) -> tuple[int | None, int]:
    """Return the lines that a TOML table spans; first is None where it is missing."""
    headers = [i for i, line in enumerate(lines) if re.match(r"\s*\[", line)]
    first: int | None = 0
    if section:
        same = [i for i in headers if lines[i].split("#")[0].strip() == f"[{section}]"]
        first = same[0] + 1 if same else None
    after = [i for i in headers if first is not None and i >= first]
    return first, after[0] if after else len(lines)


def _flat(text: str, section: str) -> dict[str, Any]:
    """Return the keys of a TOML table, with ``_`` for ``-``."""
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    for part in filter(None, section.split(".")):
        table = table.get(part, {})
    return {name.replace("-", "_"): value for name, value in table.items()}
