"""Write docs/cli.md and docs/settings.md from the code: python docs/generate.py."""

from pathlib import Path

import click

from recommender.cli.main import cli
from recommender.cli.starter import TITLES
from recommender.config import SETTINGS, group_of, help_of, toml_value

DOCS = Path(__file__).parent
WIDTH = {"terminal_width": 100}


def cli_page() -> str:
    """Return the command line's own help, verb by verb."""
    context = click.Context(cli, info_name="recommender", **WIDTH, **cli.context_settings)
    parts = ["# Command line\n\nMade from `--help` by `docs/generate.py`.\n", _help(cli, context)]
    for name, command in sorted(cli.commands.items()):
        inner = click.Context(command, context, name, **WIDTH)
        parts.append(f"## {name}\n\n{_help(command, inner)}")
    return "\n".join(parts)


def _help(command: click.Command, context: click.Context) -> str:
    return f"```text\n{command.get_help(context)}\n```\n"


def settings_page() -> str:
    """Return a table of all settings."""
    lines = [
        "# Settings\n",
        "Made from `recommender.config.Settings` by `docs/generate.py`.\n",
        "Each is a key of `recommender.toml` (or `[tool.recommender]` in `pyproject.toml`), a",
        "flag (`--title-weight`), a name in the environment (`RECOMMENDER_TITLE_WEIGHT`). A flag",
        "goes before the environment, that before the file, that before the default.",
        "`recommender config` prints what is in force and where it came from.",
    ]
    for group, title in TITLES.items():
        lines += [f"\n## {title}\n", "| setting | default | what it does |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {_default(field.default)} | {help_of(name)} |"
            for name, field in SETTINGS.items()
            if group_of(name) == group
        ]
    return "\n".join(lines) + "\n"


def _default(value: object) -> str:
    return "none" if value is None else f"`{toml_value(value)}`"


PAGES = {"cli.md": cli_page, "settings.md": settings_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
