"""Read an editor's rules from `editorial.toml` or a CSV; problems are collected with their lines.

The articles that the rules name are found later, by `ranking.editorial`, which raises all
problems at once.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from recommender.editorial import Action, Editorial, EditorialRule
from recommender.errors import ConfigError, RecommenderError, did_you_mean, shown
from recommender.sources.base import read_text
from recommender.text.csv_cells import as_written
from recommender.toml_text import read_toml, toml_problem

KEYS: Mapping[str, tuple[str, ...]] = {
    "pin": ("on", "show"), "ban": ("on", "never"), "never": ("show",)
}  # fmt: skip
"""The keys of each table of `editorial.toml`."""
COLUMNS = ("article", "related", "action")
"""The columns of a CSV of rules."""


def read_editorial(paths: str | Path | Iterable[str | Path]) -> Editorial:
    """Return the rules of files, in their order.

    Parameters
    ----------
    paths : path or iterable of paths
        TOML files, and CSV files with the columns `article`, `related` and `action`.

    Returns
    -------
    Editorial
        With a line in `problems` for each rule that is wrong.

    Raises
    ------
    ConfigError
        If a file cannot be read, or is not TOML or CSV at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "editorial.toml")
    ...     _ = file.write_text('[[pin]]\\non = "rye.md"\\nshow = ["oats.md"]\\n')
    ...     read_editorial(file).rules[0][:3]
    ('pin', 'rye.md', ('oats.md',))
    """
    rules: list[EditorialRule] = []
    problems: list[str] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        try:
            text = read_text(Path(path))
        except RecommenderError as error:
            raise ConfigError(f"editorial: {error.message}", error.hint) from error
        read = _read_csv if Path(path).suffix.lower() == ".csv" else _read_toml
        rules += read(text, Path(path).name, problems)
    return Editorial(tuple(rules), tuple(problems))


def _read_csv(text: str, name: str, problems: list[str]) -> Iterator[EditorialRule]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        yield from _csv_rules(reader, name, problems)
    except csv.Error as error:
        raise ConfigError(
            f"{name}:{reader.line_num}: is not CSV, {error}",
            'put cells with commas, quotes or line ends in "quotes"',
        ) from error


def _csv_rules(reader: Any, name: str, problems: list[str]) -> Iterator[EditorialRule]:
    header = [cell.strip().lower() for cell in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        raise ConfigError(
            f"{name}:1: header must be {','.join(COLUMNS)}, got {','.join(header) or 'nothing'}",
            "write these names in the first line, then one rule a line",
        )
    for cells in reader:
        where = f"{name}:{reader.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(COLUMNS):
            problems.append(f"{where}: must have {len(COLUMNS)} cells, got {len(cells)}")
            continue
        row = dict(zip(header, (as_written(cell.strip()) for cell in cells), strict=True))
        action, on, related = row["action"].lower(), row["article"], row["related"]
        if action not in get_args(Action):
            problem = f"{where}: action must be pin, ban or never, got {shown(row['action'])}"
            problems.append(_advised(problem, action, get_args(Action)))
        elif not related:
            problems.append(f"{where}: related is empty, expected the name of an article")
        elif action == "never" and on not in ("", "*"):
            problems.append(f"{where}: never is for all articles, leave article empty or write ban")
        elif action != "never" and not on:
            problems.append(f"{where}: article is empty, expected a name or a pattern")
        else:
            yield EditorialRule(action, on or "*", (related,), where)


def _read_toml(text: str, name: str, problems: list[str]) -> Iterator[EditorialRule]:
    try:
        data = read_toml(text)
    except ValueError as error:
        raise ConfigError(toml_problem(error, name)[0], _toml_hint(text)) from error
    order: list[tuple[int, str, Any]] = []
    for action, tables in data.items():
        lines = _lines_of(action, text)
        where = f"{name}:{lines[0]}"
        if action not in KEYS:
            problem = f"{where}: unknown table {action}, expected pin, ban or never"
            problems.append(_advised(problem, action, KEYS))
        elif not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            problems.append(f"{where}: {action} must be tables, write [[{action}]]")
        else:
            lines += [lines[-1]] * (len(tables) - len(lines))
            order += zip(lines, [action] * len(tables), tables, strict=False)
    order.sort(key=lambda part: part[0])
    source = text.split("\n")
    starts = [*(line for line, *_ in order), len(source) + 1]
    for line, action, table in order:
        end = starts[bisect_right(starts, line)]
        yield from _rules_of(
            action, table, _Block(name, line, source[line - 1 : end - 1]), problems
        )


def _toml_hint(text: str) -> str:
    """Return what to do about a text that is not TOML: a table like [pin] may occur only once."""
    single = re.search(rf"^[ \t]*\[({'|'.join(KEYS)})\]", text, re.MULTILINE)
    if single:
        return f"each rule begins with two brackets: write [[{single[1]}]], not [{single[1]}]"
    return 'fix that line: names are in quotes, as in show = ["posts/rye.md"]'


def _lines_of(action: str, text: str) -> list[int]:
    """Return the lines of the headers of a table, or where its key is."""
    key = rf"\"?{re.escape(action)}\"?"
    for form in (rf"\[\[?[ \t]*{key}[ \t]*\]", rf"{key}[ \t]*="):
        found = re.finditer(rf"^[ \t]*{form}", text, re.MULTILINE)
        lines = [text.count("\n", 0, match.start()) + 1 for match in found]
        if lines:
            return lines
    return [1]


class _Block:
    """The lines of one table."""

    def __init__(self, name: str, start: int, lines: list[str]) -> None:
        self.name, self.start, self.lines = name, start, lines

    def where(self, key: str = "", name: str = "") -> str:
        """Return the place of a key, or of the first line from there on with a name."""
        form = re.compile(rf"[ \t]*\"?{re.escape(key)}\"?[ \t]*=")
        at = next((at for at, line in enumerate(self.lines) if key and form.match(line)), 0)
        fitting = (at for at, line in enumerate(self.lines[at:], at) if name and name in line)
        return f"{self.name}:{self.start + next(fitting, at)}"


def _rules_of(
    action: str, table: Mapping[str, Any], block: _Block, problems: list[str]
) -> Iterator[EditorialRule]:
    """Yield the rule of a table, unless something is wrong with it."""
    keys = KEYS[action]
    before = len(problems)
    missing = [key for key in keys if key not in table]
    unknown = [key for key in table if key not in keys]
    expected = " and ".join(missing or keys)
    for key in unknown:
        problem = f"{block.where(key)}: unknown key {key} in [[{action}]], expected {expected}"
        problems.append(_advised(problem, key, keys))
    problems += [
        f"{block.where()}: [[{action}]] has no key {key}, expected {_form(key)}"
        for key in missing
        if not unknown  # which may be meant for it
    ]
    names = {key: _names(table[key], key, block, problems) for key in keys if key in table}
    if len(problems) > before:
        return
    on = names["on"][0] if "on" in names else "*"
    show = tuple(names[keys[-1]])
    places = tuple(block.where(keys[-1], name) for name in show)
    yield EditorialRule(action, on, show, block.where("on"), places)  # type: ignore[arg-type]


def _advised(problem: str, name: str, known: Iterable[str]) -> str:
    advice = did_you_mean(name, known)
    return f"{problem}, {advice}" if advice else problem


def _form(key: str) -> str:
    return "the name or pattern of articles" if key == "on" else "a list of names"


def _names(value: Any, key: str, block: _Block, problems: list[str]) -> list[str]:
    """Return the names under a key; adds a problem if there are none."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append(f"{block.where(key)}: {key} must be {_form(key)}, got {shown(value)}")
    elif key == "on" and len(names) != 1:
        problems.append(f"{block.where(key)}: on must be one name or pattern, got {shown(value)}")
    elif not names:
        problems.append(f"{block.where(key)}: {key} is empty, expected {_form(key)}")
    elif not all(name.strip() for name in names):
        problems.append(f"{block.where(key)}: {key} contains an empty name")
    return names if isinstance(names, list) else []
