"""Change single settings in a TOML file and leave every other byte of it, comments too, as it is.

Invariant: read back, the new text holds the old settings but for the new values. Text in and
out: touches no files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import reduce
from typing import Any

from recommender.errors import ConfigError
from recommender.toml_text import toml_value


def with_settings(text: str, values: Mapping[str, Any], section: str = "") -> str:
    """Return a TOML text in which some settings have new values, everything else untouched.

    Parameters
    ----------
    text : str
        The file.
    values : mapping
        Name to number, truth value or string.
    section : str, optional
        The table that the settings are in, such as ``tool.recommender``; made if it is missing.

    Raises
    ------
    ConfigError
        If the text is not TOML, or the settings have no place in it.

    Examples
    --------
    >>> print(with_settings("# mine\\nk = 6\\ntitle_weight = 1 # high\\n", {"title_weight": 0.6}))
    # mine
    k = 6
    title_weight = 0.6 # high
    <BLANKLINE>
    """
    # New lines are written as LF, so a file of CRLF is edited as one of LF.
    windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    source = text.replace("\r\n", "\n") if windows else text
    parts = [part for part in section.split(".") if part]
    try:
        edited = _edited(source, values, parts)
        right = tomllib.loads(edited) == _expected(tomllib.loads(source), values, parts)
    except (ValueError, TypeError, LookupError, AttributeError):  # not TOML, or no table there
        right = False
    if not right:
        raise ConfigError(
            "the settings file is written in a way that cannot be edited",
            "set by hand: " + ", ".join(f"{n} = {toml_value(v)}" for n, v in values.items()),
        )
    return edited.replace("\n", "\r\n") if windows else edited


def _edited(text: str, values: Mapping[str, Any], section: list[str]) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    try:
        table = _table(document, section)
    except LookupError:
        header = f"[{'.'.join(section)}]\n"
        document = tomlkit.parse(f"{text.rstrip()}\n\n{header}" if text.strip() else header)
        table = _table(document, section)
    for name, value in values.items():
        key = _written(table, name)
        if key in table:
            table[key] = value
        else:
            _add(table, key, value)
    return tomlkit.dumps(document)


def _table(document: Any, section: list[str]) -> Any:
    return reduce(lambda table, part: table[part], section, document)


def _add(table: Any, key: str, value: Any) -> None:
    """Add a key below the last one, above a comment that belongs to the table after this."""
    from tomlkit.items import Table, Whitespace

    entries = table.value.body if isinstance(table, Table) else []
    last = max((at for at, (name, _) in enumerate(entries) if name is not None), default=-1)
    after = range(last + 1, len(entries))
    start = next((at for at in after if isinstance(entries[at][1], Whitespace)), len(entries))
    below = entries[start:]
    del entries[start:]
    table[key] = value
    entries.extend(below)


def _written(table: Mapping[str, Any], name: str) -> str:
    """Return the key of a setting as the file has it, with ``-`` or ``_``."""
    return next((key for key in table if key.replace("-", "_") == name), name)


def _expected(
    settings: dict[str, Any], values: Mapping[str, Any], section: list[str]
) -> dict[str, Any]:
    """Return what the file should hold afterwards."""
    table = settings
    for part in section:
        table = table.setdefault(part, {})
    table.update({_written(table, name): value for name, value in values.items()})
    return settings
