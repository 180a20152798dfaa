"""How Hugo reads a directory of content: languages, names of pages, and what it skips.

Reads the site's settings as data (`hugo.toml` and its like, `config/_default/`) and the front
matter that `cascade` hands down. Runs nothing, and ignores themes and modules from elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from unicodedata import category

import yaml

from recommender.errors import ConfigError, SourceError
from recommender.sources.base import read_text
from recommender.sources.markdown.front_matter import split_front_matter
from recommender.sources.zola import settings_file, several
from recommender.toml_text import read_toml, toml_problem

NAMES = ("hugo", "config")
"""Names of the settings file, without suffix; Hugo takes the first it finds."""

_PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".toml": read_toml,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
    ".json": json.loads,
}
_CONTENT = re.compile(r"\.(?:md|mdx|markdown|html?)$", re.IGNORECASE)
_INDEX = re.compile(r"(?:^|/)_?index$", re.IGNORECASE)
_UNSAFE = re.compile(r"\s")
_TOKEN = re.compile(r":(\w+(?:\[[^\]]*\])?)")
_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_NOT_IN_SLUG = re.compile(r"(?!%[0-9a-f]{2})[^\w\s./+~#@-]", re.IGNORECASE)

Table = Mapping[str, Any]


class Mount(NamedTuple):
    """A directory of content, with the language and the path of its pages."""

    folder: Path
    language: str
    """Key of its language in the settings; empty if file names decide."""
    lead: str = ""
    """Directories before the paths of its pages, such as ``docs/``."""


class Place(NamedTuple):
    """What identifies a file of content for Hugo."""

    path: str
    """Hugo's ``.Path``, such as ``/post/rye``."""
    language: str
    """Key of its language in the settings, in lower case."""


@dataclass(slots=True)
class HugoSite:
    """The settings of a Hugo site that decide the names of its pages.

    Examples
    --------
    >>> site = HugoSite.of(Path("/site"), {"languages": {"en": {"contentDir": "content/en"}}})
    >>> site.place(Path("/site/content/en/post/Rye Bread.md"))
    Place(path='/post/rye-bread', language='en')
    """

    root: Path
    mounts: list[Mount]
    languages: tuple[str, ...]
    """Keys of the languages that are built, in lower case."""
    default: str
    subdirectory: bool = False
    """Whether the default language too has its own directory in addresses."""
    ignored: list[re.Pattern[str]] = field(default_factory=list)
    """`ignoreFiles`: expressions searched for in whole paths."""
    cascade: Any = None
    """`cascade` of the settings."""
    permalinks: Table = field(default_factory=dict)
    """Patterns of addresses by section."""
    ugly: Any = False
    """`uglyURLs`: addresses end in ``.html``, for all pages or by section."""
    _by_folder: dict[Path, Mount] = field(default_factory=dict)
    _heads: dict[Path, Table] = field(default_factory=dict)
    _leaves: dict[Path, bool] = field(default_factory=dict)

    @classmethod
    def find(cls, source: Path | None) -> HugoSite | None:
        """Return the site whose root or content a directory is, or None.

        Raises
        ------
        ConfigError
            If the settings cannot be read.
        """
        if source is None:
            return None
        folder = source.resolve()
        for root in (folder, *folder.parents[:6]):
            if not is_hugo(root):
                continue
            site = cls.of(root, read_settings(root))
            inside = any(folder.is_relative_to(mount.folder) for mount in site.mounts)
            below = any(mount.folder.is_relative_to(folder) for mount in site.mounts)
            return site if inside or below else None
        return None

    @classmethod
    def of(cls, root: Path, settings: Table) -> HugoSite:
        """Return the site of a root directory and its settings, names in lower case."""
        settings = _lower(settings)
        languages = {
            str(key).lower(): _lower(table)
            for key, table in _lower(settings.get("languages") or {}).items()
            if isinstance(table, Mapping)
        }
        default = str(settings.get("defaultcontentlanguage") or next(iter(languages), "en")).lower()
        off = {str(key).lower() for key in several(settings.get("disablelanguages"))}
        off |= {key for key, table in languages.items() if table.get("disabled")}
        folder = str(settings.get("contentdir") or "content")
        mounts = _mounts(root, settings, off) or [
            Mount(root / str(table.get("contentdir") or folder),
                  key if table.get("contentdir") else "")
            for key, table in (languages or {default: {}}).items()
            if key not in off
        ]  # fmt: skip
        patterns = several(settings.get("ignorefiles"))
        return cls(
            root,
            sorted(dict.fromkeys(mounts), key=lambda m: (-len(m.folder.parts), m.language)),
            tuple(key for key in (languages or {default: {}}) if key not in off),
            default,
            settings.get("defaultcontentlanguageinsubdir") is True,
            [found for text in patterns if (found := _expression(str(text)))],
            settings.get("cascade"),
            _permalinks(settings.get("permalinks")),
            settings.get("uglyurls"),
        )

    def place(self, file: Path) -> Place | None:
        """Return the place of a file, or None if it is not in a directory of content."""
        mount = self._mount(file)
        if mount is None:
            return None
        path = _CONTENT.sub("", mount.lead + file.relative_to(mount.folder).as_posix())
        stem, dot, suffix = path.rpartition(".")
        language = mount.language or self.default
        if dot and suffix.lower() in self.languages:
            path, language = stem, suffix.lower()
        name = "/" + _UNSAFE.sub("-", _INDEX.sub("", path)).lower()
        return Place(name, language)

    def _mount(self, file: Path) -> Mount | None:
        """Return the innermost directory of content that contains a file."""
        if not self._by_folder:
            self._by_folder = {mount.folder: mount for mount in reversed(self.mounts)}
        inner = (self._by_folder.get(folder) for folder in file.parents)
        return next((mount for mount in inner if mount), None)

    def key(self, place: Place) -> str:
        """Return the name of a page's list: its path, with the language if there are several."""
        return f"{place.path}.{place.language}" if len(self.languages) > 1 else place.path

    def address(self, place: Place, fields: Table | None = None) -> str:
        """Return the address of a page whose front matter names none.

        Parameters
        ----------
        place : Place
            The place of the page.
        fields : mapping, optional
            Its front matter: `permalinks` are made of `slug`, `title` and `date`. If a pattern
            needs one that is missing, the address follows the path.

        Examples
        --------
        >>> site = HugoSite.of(Path("/site"), {"permalinks": {"post": "/:year/:month/:slug/"}})
        >>> site.address(Place("/post/rye", "en"), {"title": "Rye & Oats", "date": "2024-05-12"})
        '/2024/05/rye-oats/'
        >>> site.address(Place("/news/rye", "en"), {"slug": "rye-bread"})
        '/news/rye-bread/'
        >>> site = HugoSite.of(Path("/site"), {"uglyURLs": {"post": True}})
        >>> site.address(Place("/post/rye", "en")), site.address(Place("/news/rye", "en"))
        ('/post/rye.html', '/news/rye/')
        """
        fields = _lower(fields)
        lead = "" if place.language == self.default and not self.subdirectory else place.language
        section = place.path.split("/")[1]
        place = place._replace(path=_kept(place.path))
        folder, _, name = place.path.strip("/").rpartition("/")
        slug = _slug(fields.get("slug"))
        pattern = self.permalinks.get(section)
        made = _expanded(str(pattern), place, fields) if pattern else ""
        path = made or f"{folder}/{slug or name}"
        parts = [part for part in (lead, *path.split("/")) if part]
        ugly = _lower(self.ugly).get(section) if isinstance(self.ugly, Mapping) else self.ugly
        path = "/".join(["", *parts]).replace("#", "%23")
        return path + (".html" if ugly is True and parts else "/")

    def reason(self, file: Path, fields: Table) -> str:
        """Return why Hugo does not publish a file as an article, or an empty string.

        Parameters
        ----------
        file : Path
            A file of content.
        fields : mapping
            Its front matter, completed by the fields of `inherited`.
        """
        place = self.place(file)
        if place is None or any(pattern.search(file.as_posix()) for pattern in self.ignored):
            return "not built"
        stem = _CONTENT.sub("", file.name)
        bare = stem.rpartition(".")[0] if stem.lower().endswith(f".{place.language}") else stem
        if bare.lower() == "_index":
            return "list page"
        if self._in_bundle(file, bare):
            return "part of a bundle"
        fields = _lower(fields)
        build = _lower(fields.get("build") or fields.get("_build") or {})
        render = str(build.get("render", "always")).lower()
        if render in ("never", "link", "false") or fields.get("headless") is True:
            return "not built"
        return ""

    def inherited(self, file: Path) -> dict[str, Any]:
        """Return the front matter that `cascade` hands down to a file, the nearest one first.

        Raises
        ------
        SourceError
            If the front matter of a directory above it cannot be read.
        """
        place = self.place(file)
        mount = self._mount(file)
        if place is None or mount is None:
            return {}
        found = dict(_cascaded(self.cascade, place))
        depth = len(mount.folder.parts)
        inside = (folder for folder in file.parents if len(folder.parts) >= depth)
        # A list page hands down to the pages of its own language.
        own = place.language == (mount.language or self.default)
        names = (f"_index.{place.language}", *(["_index"] if own else []))
        for folder in reversed(list(inside)):
            if file.name.startswith("_index") and folder == file.parent:
                continue
            for name in names:
                found |= _cascaded(self._head(folder, name).get("cascade"), place)
        return found

    def _head(self, folder: Path, stem: str) -> Table:
        file = folder / stem
        if file not in self._heads:
            files = (file.with_name(f"{stem}.{end}") for end in ("md", "markdown", "html"))
            there = next((f for f in files if f.is_file()), None)
            found = split_front_matter(read_text(there), str(there)).fields if there else {}
            self._heads[file] = _lower(found)
        return self._heads[file]

    def _in_bundle(self, file: Path, bare: str) -> bool:
        """Return whether a file is a resource of a page: beside or below the page's ``index``."""
        roots = {mount.folder for mount in self.mounts}
        folder, own = file.parent, bare.lower() == "index"
        while folder not in roots and folder != folder.parent:
            if not own and self._is_leaf(folder):
                return True
            folder, own = folder.parent, False
        return False

    def _is_leaf(self, folder: Path) -> bool:
        if folder not in self._leaves:
            names = (file.name for file in folder.glob("index.*"))
            self._leaves[folder] = any(map(_CONTENT.search, names))
        return self._leaves[folder]


def is_hugo(root: Path) -> bool:
    """Return whether a directory is the root of a Hugo site.

    Other generators have a `config.toml` too, so it counts only beside Hugo's own directories.
    """
    if any((root / f"hugo{suffix}").is_file() for suffix in _PARSERS):
        return True
    if (root / "config" / "_default").is_dir():
        return True
    own = any((root / name).is_dir() for name in ("archetypes", "layouts", "themes", "content"))
    found = next((root / f"config{s}" for s in _PARSERS if (root / f"config{s}").is_file()), None)
    return bool(found and own and settings_file(root) is None)


def read_settings(root: Path) -> dict[str, Any]:
    """Return the settings of a Hugo site: the file at its root over those in `config/_default`.

    Raises
    ------
    ConfigError
        If one cannot be read.
    """
    found: dict[str, Any] = {}
    for file in sorted((root / "config" / "_default").glob("*")):
        if file.suffix not in _PARSERS:
            continue
        name, _, language = file.stem.lower().partition(".")
        table = _parsed(file)
        if name in NAMES:
            found |= table
        elif name == "languages" and language:
            found.setdefault("languages", {})[language] = table
        elif not language:
            found[name] = table
    for name in NAMES:
        files = (root / f"{name}{suffix}" for suffix in _PARSERS)
        file_found = next((file for file in files if file.is_file()), None)
        if file_found:
            return found | _parsed(file_found)
    return found


def _parsed(file: Path) -> dict[str, Any]:
    try:
        table = _PARSERS[file.suffix](read_text(file))
    except SourceError as error:
        raise ConfigError(error.message, error.hint) from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        if isinstance(error, ValueError) and file.suffix == ".toml":
            raise ConfigError(*toml_problem(error, str(file))) from error
        line = str(error).partition("\n")[0]
        raise ConfigError(
            f"{file}: cannot be read, {line}", "check it with `hugo config`"
        ) from error
    return _lower(table)


def _lower(table: Any) -> dict[str, Any]:
    """Return a table with its names in lower case; an empty one if it is not a table."""
    if not isinstance(table, Mapping):
        return {}
    return {str(name).lower(): value for name, value in table.items()}


def _mounts(root: Path, settings: Table, off: set[str]) -> list[Mount]:
    """Return the directories that `module.mounts` puts under ``content``."""
    found = []
    for given in several(_lower(settings.get("module")).get("mounts")):
        mount = _lower(given)
        target = PurePosixPath(str(mount.get("target") or ""))
        language = str(mount.get("lang") or "").lower()
        if target.parts[:1] == ("content",) and language not in off:
            lead = "".join(f"{part}/" for part in target.parts[1:])
            found.append(Mount(root / str(mount.get("source")), language, lead))
    return found


def own_folder(settings: Table, component: str) -> str:
    """Return the directory with a site's own files of a component.

    Parameters
    ----------
    settings : mapping
        From `read_settings`.
    component : str
        ``assets``, ``layouts`` or ``data``. Mounts replace its usual directory.

    Examples
    --------
    >>> mounts = [{"source": "src", "target": "assets"}]
    >>> own_folder({"module": {"mounts": mounts}}, "assets"), own_folder({}, "assets")
    ('src', 'assets')
    """
    given = map(_lower, several(_lower(settings.get("module")).get("mounts")))
    sources = (
        PurePosixPath(str(mount.get("source")))
        for mount in given
        if str(mount.get("target") or "").strip("/") == component
    )
    usual = str(settings.get(f"{component.removesuffix('s')}dir") or component)
    own = (source for source in sources if _is_own(source))
    return next((str(source) for source in own), usual)


def _is_own(source: PurePosixPath) -> bool:
    """Return whether a mount is a directory of the site itself: not a file, not from elsewhere."""
    away = source.is_absolute() or source.parts[:1] in ((), ("themes",), ("node_modules",), ("..",))
    return not away and not source.suffix


def _permalinks(given: Any) -> dict[str, Any]:
    """Return the patterns of pages, which may be in a separate table `page`."""
    table = _lower(given)
    return {**table, **_lower(table.get("page"))}


def _expanded(pattern: str, place: Place, fields: Table) -> str:
    """Return the path from a pattern, or an empty string if it needs an unknown value."""
    found = _DAY.match(str(fields.get("date") or ""))
    day = found.groupdict() if found else {}
    folders, name = place.path.strip("/").split("/")[:-1], place.path.rpartition("/")[2]
    slug, title = _slug(fields.get("slug")), _slug(fields.get("title"))
    parts = {
        **day,
        "section": folders[0] if folders else "",
        "title": title,
        "slug": slug or title,
        "filename": name,
        "contentbasename": name,
        "slugorfilename": slug or name,
        "slugorcontentbasename": slug or name,
    }
    names = _TOKEN.findall(pattern)
    if not all(parts.get(name) for name in names):
        return ""
    return _TOKEN.sub(lambda token: parts[token[1]], pattern)


def _slug(text: Any) -> str:
    """Return a text as Hugo writes it in addresses.

    Examples
    --------
    >>> _slug("Rye & Oats: 2nd (part)"), _slug("A - B")
    ('rye-oats-2nd-part', 'a-b')
    """
    kept = _kept(str(text or "").strip().lower())
    return re.sub(r"\s+", "-", re.sub(r"\s+(?=-)|(?<=-)\s+", "", kept).strip())


def _kept(text: str) -> str:
    """Return a text without the characters that Hugo leaves out of addresses."""
    return _NOT_IN_SLUG.sub(lambda sign: sign[0] * category(sign[0]).startswith("M"), text)


def _expression(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except re.error:  # Go's expressions are not all Python's
        return None


def _cascaded(cascade: Any, place: Place) -> dict[str, Any]:
    """Return the fields of a `cascade` that reach a page."""
    found: dict[str, Any] = {}
    for given in cascade if isinstance(cascade, list) else [cascade]:
        table = _lower(given)
        targets = table.pop("target", None) or table.pop("_target", None) or {}
        targets = targets if isinstance(targets, list) else [targets]
        if any(_is_target(_lower(target), place) for target in targets):
            found |= _lower(table.pop("params", None)) | table
    return found


def _is_target(target: Table, place: Place) -> bool:
    if str(target.get("kind") or "page").lower() != "page":
        return False
    language = str(target.get("lang") or place.language).lower()
    path = str(target.get("path") or "")
    return language == place.language and (not path or _matches(place.path, path))


def _matches(path: str, glob: str) -> bool:
    """Return whether a path matches a pattern of `target.path`.

    Examples
    --------
    >>> [_matches("/post/rye", glob) for glob in ("/post/**", "{/post,/news}/*", "/news/**")]
    [True, True, False]
    """
    choice = re.search(r"\{([^{}]*)\}", glob)
    if choice:
        rest = (
            (glob[: choice.start()] + part + glob[choice.end() :]) for part in choice[1].split(",")
        )
        return any(_matches(path, one) for one in rest)
    return fnmatch(path, glob if glob.startswith("/") else f"/{glob}") or fnmatch(path, glob)
