"""Write docs/cli.md, docs/settings.md and the schema of the settings from the code.

python docs/generate.py
"""

import json
from pathlib import Path

import click

from recommender.cli.main import cli
from recommender.config import SETTINGS, TITLES, group_of, help_of, json_schema
from recommender.toml_text import toml_value

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
        "You can set each of them in three places: as a key in `recommender.toml` (or under",
        "`[tool.recommender]` in `pyproject.toml`), as an environment variable",
        "(`RECOMMENDER_TITLE_WEIGHT`), or as a flag (`--title-weight`). A flag overrides the",
        "environment, and the environment overrides the file.\n",
        "`recommender config` prints the settings in force and where each comes from.",
        "`recommender init` writes a settings file. Its first line names a JSON Schema, with which",
        "editors that have a TOML language server complete and check the file.",
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


def schema_file() -> str:
    """Return the JSON Schema of `recommender.toml`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "../recommender/settings.schema.json": schema_file,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
