"""How Zola reads a directory of content: languages, addresses, and what it skips.

Follows `path`, `slug`, dates in file names and ``[slugify]``. Letters that Zola transliterates
(``日本`` as ``ri-ben``) are kept as they are: templates link by the file, not by the address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from recommender.errors import ConfigError, SourceError
from recommender.sources.base import read_text
from recommender.toml_text import read_toml, toml_problem

NAMES = ("zola.toml", "config.toml")

_DATED = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T[\d:.]+(?:Z|[+-][\d:]+))?"
                    r"\s?[_-](?P<slug>.+)")  # fmt: skip
_UNSAFE = re.compile(r'[<>:"/\\|?*#()\[\]{}\n]')
_BASE_URL = re.compile(r"^\s*base_url\s*=", re.MULTILINE)
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})


class ZolaSite(NamedTuple):
    """The settings of a Zola site that decide its addresses.

    Examples
    --------
    >>> site = ZolaSite(Path("/site"), {"languages": {"fr": {}}})
    >>> site.address(Path("/site/content/blog/2024-03-01-Rye Bread.fr.md"), {})
    '/fr/blog/rye-bread/'
    >>> site.address(Path("/site/content/blog/rye.md"), {"path": "sown/rye"})
    '/sown/rye/'
    """

    root: Path
    settings: Mapping[str, Any]

    @classmethod
    def find(cls, source: Path | None) -> ZolaSite | None:
        """Return the site whose root or content a directory is, or None.

        Raises
        ------
        ConfigError
            If its settings cannot be read.
        """
        if source is None:
            return None
        folder = source.resolve()
        for root in (folder, *folder.parents[:6]):
            file = settings_file(root)
            if file:
                site = cls(root, _parsed(file))
                is_inside = folder == root or folder.is_relative_to(site.content)
                return site if is_inside and site.content.is_dir() else None
        return None

    @property
    def content(self) -> Path:
        """The directory of its pages."""
        return self.root / "content"

    def key(self, file: Path) -> str:
        """Return the name of a page in Zola's templates: ``page.relative_path``."""
        return file.relative_to(self.content).as_posix()

    def language(self, file: Path) -> str:
        """Return the language of a page, by its file name."""
        ending = file.stem.rpartition(".")[2] if "." in file.stem else ""
        languages = self.settings.get("languages")
        known = isinstance(languages, Mapping) and ending in languages
        return ending if known else self._default()

    def address(self, file: Path, fields: Mapping[str, Any]) -> str:
        """Return the address of a page, without host.

        Parameters
        ----------
        file : Path
            A file of the content.
        fields : mapping
            Its front matter.
        """
        own = str(fields.get("path") or "").strip()
        if own:
            return f"/{own.strip('/')}/"
        language = self.language(file)
        default = self._default()
        folders = list(file.relative_to(self.content).parts[:-1])
        name = file.stem if language == default else file.stem.removesuffix(f".{language}")
        if name == "index":
            name = folders.pop() if folders else ""
        slug = self._slug(str(fields.get("slug") or "") or self._undated(name))
        lead = [] if language == default else [language]
        return "/" + "".join(f"{part}/" for part in (*lead, *folders, slug) if part)

    def reason(self, file: Path, fields: Mapping[str, Any]) -> str:
        """Return why Zola does not publish a file as an article, or an empty string."""
        if not file.is_relative_to(self.content):
            return "not built"
        if file.name.startswith("_index."):
            return "list page"
        ignored = several(self.settings.get("ignored_content"))
        name = self.key(file)
        if fields.get("render") is False or any(fnmatch(name, str(glob)) for glob in ignored):
            return "not built"
        return ""

    def _default(self) -> str:
        return str(self.settings.get("default_language") or "en")

    def _undated(self, name: str) -> str:
        dated = None if self._slugify().get("paths_keep_dates") else _DATED.match(name)
        return dated["slug"] if dated else name

    def _slugify(self) -> Mapping[str, Any]:
        given = self.settings.get("slugify")
        return given if isinstance(given, Mapping) else {"paths": "off" if given is False else "on"}

    def _slug(self, text: str) -> str:
        how = str(self._slugify().get("paths", "on"))
        if how == "off":
            return text
        if how == "safe":
            return _UNSAFE.sub("", text).replace(" ", "_").strip(".")
        plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
        kept = "".join(c for c in plain if not unicodedata.combining(c))
        return re.sub(r"[\W_]+", "-", kept).strip("-")


def several(value: Any) -> list[Any]:
    """Return the values of a setting that should be a list: one text is one, anything else none.

    Examples
    --------
    >>> several(["*.txt"]), several("*.txt"), several(None), several(1.5)
    (['*.txt'], ['*.txt'], [], [])
    """
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def settings_file(root: Path) -> Path | None:
    """Return the settings of a Zola site: `zola.toml`, or a `config.toml` with `base_url`."""
    for name in NAMES:
        file = root / name
        if file.is_file() and (name == "zola.toml" or _BASE_URL.search(
            file.read_text(encoding="utf-8", errors="replace")
        )):  # fmt: skip
            return file
    return None


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return read_toml(read_text(file))
    except SourceError as error:
        raise ConfigError(error.message, error.hint) from error
    except ValueError as error:
        raise ConfigError(*toml_problem(error, str(file))) from error
