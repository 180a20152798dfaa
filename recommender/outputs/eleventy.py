"""Where Eleventy puts the page of an article: by its path below the input directory.

The input directory comes from Eleventy's own settings, which are read as text and never executed.
Without settings it is the site's root. A `permalink` that is a template is not evaluated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

CONFIGS = (".eleventy.js", *(f"eleventy.config.{suffix}" for suffix in ("js", "mjs", "cjs", "ts")))
"""Names of the file with Eleventy's settings."""

PACKAGE = "@11ty/eleventy"

_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`/])//[^\n]*", re.DOTALL)
_INPUT = re.compile(r"(?:\binput[\"']?\s*:|setInputDirectory\()\s*[\"'`]([^\"'`\n]+)[\"'`]")
_DATA = re.compile(r"(?:\bdata[\"']?\s*:|setDataDirectory\()\s*[\"'`]([^\"'`\n]+)[\"'`]")
_INCLUDES = re.compile(
    r"(?:\bincludes[\"']?\s*:|setIncludesDirectory\()\s*[\"'`]([^\"'`\n]+)[\"'`]"
)
_FLAG = re.compile(r"\beleventy\b[^&|;]*?\s--input[= ][\"']?([^\s\"'&|;]+)")
_RUN = re.compile(r"(?:^|[\s/])eleventy\b")
"""A command that runs Eleventy."""
_PARENTS = 6
"""Maximum number of directories between the articles and the site's root."""


class EleventySite(NamedTuple):
    """The directories of an Eleventy site."""

    root: Path
    input: Path
    """The input directory: the path of a file below it is its address."""
    data: Path
    """The directory of global data files."""
    includes: Path
    """The directory of includes and layouts."""

    @classmethod
    def find(cls, source: Path) -> EleventySite | None:
        """Return the site that a directory of articles belongs to, or None if none is found.

        Parameters
        ----------
        source : Path
            The directory that the articles are read from, or the root of a site.
        """
        folder = source.resolve()
        for root in (folder, *folder.parents[:_PARENTS]):
            text = _settings(root)
            package = read_package(root)
            commands = _commands(package)
            if text is None and not (
                depends_on(package, PACKAGE) or any(map(_RUN.search, commands))
            ):
                continue
            flag = _FLAG.search("\n".join(commands))
            settings = _COMMENT.sub("", text or "")
            named = flag or _INPUT.search(settings)
            input_dir = (root / (named[1] if named else ".")).resolve()
            data, includes = _DATA.search(settings), _INCLUDES.search(settings)
            return cls(
                root,
                input_dir,
                input_dir / (data[1] if data else "_data"),
                input_dir / (includes[1] if includes else "_includes"),
            )
        return None

    def lead(self, source: Path) -> str | None:
        """Return the prefix of a source's article ids in their addresses.

        Returns
        -------
        str or None
            Empty, or directories that end in ``/``; None if Eleventy does not read the source.
        """
        folder = source.resolve()
        if not folder.is_relative_to(self.input):
            return None
        parts = folder.relative_to(self.input).parts
        return "".join(f"{part}/" for part in parts)


def _settings(root: Path) -> str | None:
    """Return the text of the settings file in a directory, or None."""
    for name in CONFIGS:
        try:
            return (root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return None


def read_package(root: Path) -> Mapping[str, Any]:
    """Return the package.json of a directory; empty if there is none, or it is not JSON."""
    try:
        package = json.loads((root / "package.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return package if isinstance(package, dict) else {}


def depends_on(package: Mapping[str, Any], name: str) -> bool:
    """Return whether a package.json names a package as a dependency.

    Examples
    --------
    >>> depends_on({"dependencies": {"hexo": "^7"}}, "hexo"), depends_on({}, "hexo")
    (True, False)
    """
    groups = [package.get(group) for group in ("dependencies", "devDependencies")]
    return any(isinstance(names, dict) and name in names for names in groups)


def _commands(package: Mapping[str, Any]) -> list[str]:
    """Return the scripts of a package.json."""
    scripts = package.get("scripts")
    return [str(command) for command in scripts.values()] if isinstance(scripts, dict) else []
