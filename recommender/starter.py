"""The first `recommender.toml`: which generator makes the site, and where its files lie."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from recommender.config import SETTINGS, group_of, help_of, toml_value
from recommender.errors import ConfigError, did_you_mean


class Generator(NamedTuple):
    """A site generator, how to know it, and where it reads and keeps things."""

    name: str
    marks: Sequence[str]
    """Files that only this generator has; glob patterns."""
    source: str
    output: str
    format: str = "json"
    """Of the output, as `-f` takes it."""
    css: str = ""
    """Where its template expects the style sheet; nothing if the plug-in brings the style."""


GENERATORS = (
    Generator("Hugo", ("hugo.*", "config/_default", "archetypes"), "content",
              "data/related.json", "hugo", "assets/css/related.css"),
    Generator("Jekyll", ("_config.yml", "_posts"), "_posts",
              "_data/related.json", "jekyll", "assets/css/related.css"),
    Generator("Eleventy", (".eleventy.js", "eleventy.config.*"), "content",
              "_data/related.json", "eleventy", "related.css"),
    Generator("Pelican", ("pelicanconf.py",), "content", "related.json"),
    Generator("MkDocs", ("mkdocs.yml", "properdocs.yml"), "docs", "related.json"),
    Generator("Docusaurus", ("docusaurus.config.*",), ".",
              "src/related.json", css="src/css/related.css"),
    Generator("Astro", ("astro.config.*",), "src/content/blog",
              "src/data/related.json", "astro", "src/styles/related.css"),
    Generator("Sphinx", ("conf.py", "source/conf.py"), ".", "related.json"),
)  # fmt: skip
"""Tried in this order: a mark of an earlier one may well lie in a later one's site too."""

TITLES = {
    "source": "Where the articles are, and which column or key holds what",
    "model": "How articles are compared",
    "lists": "The lists",
    "output": "What is written",
}


def guess_generator(directory: Path) -> Generator | None:
    """Return the generator whose marks lie in a directory, or None.

    Parameters
    ----------
    directory : Path
        The root of a site.
    """
    for generator in GENERATORS:
        if any(next(directory.glob(mark), None) for mark in generator.marks):
            return generator
    return None


def find_generator(name: str) -> Generator:
    """Return a generator by its name, in any case.

    Raises
    ------
    ConfigError
        If there is none of that name.

    Examples
    --------
    >>> find_generator("hugo").output
    'data/related.json'
    """
    known = {generator.name.lower(): generator for generator in GENERATORS}
    if name.lower() not in known:
        raise ConfigError(
            f"generator: unknown generator {name!r}, expected {', '.join(known)}",
            did_you_mean(name.lower(), known) or "any other: `recommender inject` after its build",
        )
    return known[name.lower()]


def template_files(generator: Generator) -> dict[str, bytes]:
    """Return a generator's ready templates: path in the site to content.

    Examples
    --------
    >>> sorted(template_files(find_generator("Hugo")))
    ['assets/css/related.css', 'layouts/_partials/related.html']
    """
    root = resources.files("recommender") / "templates"
    found = dict(_files_below(root / generator.name.lower()))
    if generator.css:
        found[generator.css] = (root / "related.css").read_bytes()
    return found


def _files_below(place: Traversable, lead: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _files_below(entry, f"{lead}{entry.name}/")
        else:
            found.append((lead + entry.name, entry.read_bytes()))
    return found


def starter_config(generator: Generator | None, source: str | None = None) -> str:
    """Return the text of a `recommender.toml` with every setting, defaults commented out.

    Parameters
    ----------
    generator : Generator or None
        Fills in `source` and `output`; None leaves the output commented out.
    source : str, optional
        Directory or file of the articles, where it is known.

    Examples
    --------
    >>> starter_config(None, "articles").splitlines()[0]
    '# Settings of recommender. A line with # in front shows the default.'
    """
    chosen: dict[str, Any] = {"source": source or (generator.source if generator else None)}
    chosen["output"] = generator.output if generator else None
    chosen["format"] = generator.format if generator and generator.format != "json" else None
    if generator and generator.name == "Hugo":
        chosen["expired"] = False  # Hugo itself builds no expired page unless told to
    lines = ["# Settings of recommender. A line with # in front shows the default."]
    if generator:
        lines.append(f"# This looks like a site made with {generator.name}.")
    for group, title in TITLES.items():
        lines += ["", f"# {title}"]
        for name, field in SETTINGS.items():
            if group_of(name) == group:
                value = chosen.get(name)
                line = f"{name} = {toml_value(field.default if value is None else value)}"
                if value is None:
                    line = "# " + line.replace("= null", '= ""')
                lines.append(f"{line:32}  # {help_of(name)}")
    return "\n".join(lines) + "\n"
