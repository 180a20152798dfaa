"""Output of the command line (narration on stderr, data on stdout) and flags for settings.

Invariants: stdout contains only the result; the progress bar is drawn on terminals only;
no text of an article reaches a terminal as an escape sequence; a command continues when its
narration cannot be written.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import click

from recommender.config import SETTINGS, TITLES, group_of, help_of, takes_several
from recommender.text.characters import CONTROL, CONTROL_C1, DIRECTION, SURROGATES

Command = Callable[..., Any]

LOG_HELP = "Begin each line of the messages with the time."
QUIET_HELP = "Print only results and errors."
VERBOSE_HELP = "List skipped articles; show tracebacks."
SOURCE_HELP = (
    "SOURCE is the directory or file of the articles, or the URL of a database; default: the "
    "setting source."
)
HELP_ORDER = ("lists", "output", "source", "model", "index")
"""Groups of settings in the help of a verb, those that are set most often first."""

_UNSAFE = re.compile(rf"[{CONTROL}\r{CONTROL_C1}{DIRECTION}{SURROGATES}]")
"""Characters that change a terminal or the order of its text, or that it cannot show."""


def echo(text: str = "", *, err: bool = False, newline: bool = True) -> None:
    """Print a text, made safe for a terminal.

    Examples
    --------
    >>> echo("Ferry\\x1b[31m sails")
    Ferry\\x1b[31m sails
    """
    click.echo(terminal_safe(text), err=err, nl=newline)


def echo_json(data: Any) -> None:
    """Print data as JSON, made safe for a terminal.

    Examples
    --------
    >>> echo_json({"title": "Fähre \x9b"})
    {
      "title": "Fähre \\u009b"
    }
    """
    text = json.dumps(data, ensure_ascii=False, indent=2)
    click.echo(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def terminal_safe(text: str) -> str:
    """Return a text with its control characters escaped, except new lines and tabs.

    Titles and file names come from anyone. Printed unescaped, they could recolor, overwrite or
    retitle the terminal of the user, or reverse the order of its text.

    Examples
    --------
    >>> terminal_safe("Ferry \\x1b]0;hit\\x07 sails \\u202e")
    'Ferry \\\\x1b]0;hit\\\\x07 sails \\\\u202e'
    """
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def telling_flags(command: Command) -> Command:
    """Accept ``-v``, ``-q`` and ``--log`` after the verb too."""
    command = click.option("--log", is_flag=True, help=LOG_HELP)(command)
    command = click.option("-q", "--quiet", is_flag=True, help=QUIET_HELP)(command)
    return click.option("-v", "--verbose", is_flag=True, help=VERBOSE_HELP)(command)


def stamped(text: str) -> str:
    """Return a text with the local time before each line."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return "\n".join(f"{now} {line}" for line in text.split("\n"))


class VerbCommand(click.Command):
    """A verb whose help explains SOURCE and lists the settings in groups, after its own flags."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the docstring, and what SOURCE is if the verb reads one."""
        super().format_help_text(ctx, formatter)
        if any(isinstance(p, click.Argument) and p.name == "source" for p in self.params):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(SOURCE_HELP)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the flags under the titles of their groups."""
        parts: dict[str, list[tuple[str, str]]] = {
            "Options": [], **{TITLES[group]: [] for group in HELP_ORDER}
        }  # fmt: skip
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record and isinstance(param, click.Option):
                known = isinstance(param, SettingOption)
                parts[TITLES[group_of(str(param.name))] if known else "Options"].append(record)
        for title, records in parts.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class VerbGroup(click.Group):
    """The command `recommender`."""

    command_class = VerbCommand


class SettingOption(click.Option):
    """The flag of a setting."""


class GivenPath(click.Path):
    """A path on the command line; an empty one, as from an unset variable, is an error."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path, or fail."""
        if value == "":
            self.fail("is empty, expected a path", param, ctx)
        return super().convert(value, param, ctx)


def setting_flags(*groups: str) -> Callable[[Command], Command]:
    """Add a flag to a command for every setting of some groups.

    Values are passed on as text, so that the check of the settings reports all errors at once.
    """

    def decorate(command: Command) -> Command:
        names = [n for n in SETTINGS if n not in ("source", "output") and group_of(n) in groups]
        # As `click.option` does, but with one object per setting for all commands: making them
        # again for each would take a fifth of the time of `--help`.
        vars(command).setdefault("__click_params__", []).extend(map(_flag_of, reversed(names)))
        return telling_flags(command)

    return decorate


@cache
def _flag_of(name: str) -> SettingOption:
    """Return the flag of a setting."""
    default = SETTINGS[name].default
    flag = "--" + name.replace("_", "-")
    text = f"{help_of(name)}  [{_default(default)}]"
    if isinstance(default, bool):
        return SettingOption([f"{flag}/--no-{flag[2:]}", name], default=None, help=text)
    short = {"format": ["-f"], "k": ["-k"]}.get(name, [])
    return SettingOption(
        [flag, *short, name], multiple=takes_several(name), help=text, metavar=_metavar(name)
    )


def _default(value: Any) -> str:
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _metavar(name: str) -> str:
    if name.endswith("_column"):
        return "NAME"
    default = SETTINGS[name].default
    return "N" if isinstance(default, int | float) else "TEXT"


class Narrator:
    """Reports progress on stderr, unless `quiet`; keeps the figures for a report of the run."""

    def __init__(self, *, verbose: bool = False, quiet: bool = False, log: bool = False) -> None:
        self.verbose = verbose
        self.quiet = quiet
        self.log = log
        self.counts: dict[str, Any] = {}
        """What the steps of the run counted, by name."""
        self.times: dict[str, float] = {}
        """Seconds of the phases, in order."""
        self.warnings: list[str] = []
        """All warnings, also those that are not printed."""
        self.repeats = False
        """Whether the verb runs again by itself, and so need not say that nothing has changed."""
        self.started = time.perf_counter()
        self._bar: Any = None
        self._phase = ""

    def say(self, line: str) -> None:
        """Write a line of narration."""
        self._close()
        if self.quiet:
            return
        try:
            echo(stamped(line) if self.log else line, err=True)
        except OSError:  # a full disk, or the reader has exited
            self.quiet = True

    def warn(self, line: str) -> None:
        """Write a warning."""
        self.warnings.append(line)
        self.say(f"Warning: {line}")

    def error(self, line: str) -> None:
        """Write an error, also if `quiet`."""
        self._close()
        line = f"Error: {line}"
        echo(stamped(line) if self.log else line, err=True)

    def lap(self, phase: str) -> float:
        """Return the seconds of a phase: since the last lap, or since the start."""
        now = time.perf_counter()
        seconds, self.started = now - self.started, now
        self.times[phase] = self.times.get(phase, 0.0) + seconds
        return seconds

    def progress(self, phase: str, done: int, total: int) -> None:
        """Draw a bar for the phase, if stderr is a terminal."""
        if self.quiet or sys.stderr is None or not sys.stderr.isatty():
            return
        if self._phase != phase:
            self._close()
            self._bar = click.progressbar(length=total, label=f"{phase:10}", file=sys.stderr)
            self._phase = phase
        self._bar.update(done - self._bar.pos)
        if done >= total:
            self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar, self._phase = None, ""


def named(names: Sequence[str], most: int, *, everything: bool = False) -> str:
    """Return the first of some names on one line, and how many more there are.

    Examples
    --------
    >>> named(["rye.md", "oats.md", "tea.md"], 2), named(["rye.md"], 2)
    ('rye.md, oats.md and 1 more', 'rye.md')
    """
    shown = names if everything else names[:most]
    more = f" and {len(names) - len(shown):,} more" if len(shown) < len(names) else ""
    return f"{', '.join(shown)}{more}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> plural(1, "article"), plural(1204, "article")
    ('1 article', '1,204 articles')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
