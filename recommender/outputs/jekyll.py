"""Where Jekyll puts the page of an article, by `_config.yml` and the article's front matter.

Follows Jekyll's order: `permalink` of the article, of `defaults`, of its collection, of the
site. Supports all named styles and placeholders. Ignores changes by plug-ins.
"""

from __future__ import annotations

import os
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from glob import glob
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pandas as pd
import yaml

from recommender.errors import ConfigError, did_you_mean

STYLES: Mapping[str, str] = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
"""Jekyll's named styles, for posts."""

_DATED = re.compile(r"^(\d{2,4}-\d{1,2}-\d{1,2})-(.+)$")
_PLACEHOLDER = re.compile(r":([a-z_]+)")
_TITLE_SIGNS = "._~!$&'()+,;=@"
_TIMES: Mapping[str, str] = {
    "year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S",
    "short_month": "%b", "long_month": "%B", "short_year": "%y", "w_year": "%G", "week": "%V",
    "w_day": "%u", "short_day": "%a", "long_day": "%A", "y_day": "%j",
}  # fmt: skip
_OLD_TYPES = {"page": "pages", "post": "posts", "draft": "drafts"}

Row = Mapping[str, Any]


class JekyllSite(NamedTuple):
    """The parts of a Jekyll site that determine addresses.

    Examples
    --------
    >>> site = JekyllSite({"permalink": "/:year/:title/"}, ("_posts",))
    >>> site.url({"id": "2024-03-01-rye.md", "date": pd.Timestamp("2024-03-01", tz="UTC")})
    '/2024/rye/'
    """

    config: Mapping[str, Any]
    """The content of `_config.yml`."""
    lead: tuple[str, ...]
    """Directories from the site's root to the start of the ids."""
    found: Mapping[str, tuple[str, ...]] = {}
    """The paths in the site that match each pattern with ``*`` in the scopes of `defaults`: below
    `collections_dir`, in order, and none that begins with another."""

    @classmethod
    def find(cls, source: Path | None) -> JekyllSite:
        """Return the site that contains a directory of articles; Jekyll's defaults if none does.

        Raises
        ------
        ConfigError
            If its `_config.yml` is not YAML.
        """
        if source is None:
            return cls({}, ("_posts",))
        folder = source.resolve()
        for root in (folder, *folder.parents[:4]):
            for file in (root / "_config.yml", root / "_config.yaml"):
                if file.is_file():
                    config = _read(file)
                    paths = (_text(scope.get("path")) for scope, _ in _sets(config))
                    lead = _container(config)
                    found = {path: _matches(path, root, lead) for path in paths if "*" in path}
                    return cls(config, folder.relative_to(root).parts, found)
        return cls({}, (folder.name,) if folder.name.startswith("_") else ())

    def url(self, row: Row) -> str:
        """Return the address of an article's page, without host and `baseurl`.

        Raises
        ------
        ConfigError
            If a permalink contains an unknown placeholder, or one for a missing date.
        """
        parts = [*self.lead, *str(row["id"]).split("/")]
        container = _text(self.config.get("collections_dir"))
        if container and parts[0] == container:
            parts = parts[1:]
        folders, stem = parts[:-1], re.sub(r"\.\w+$", "", parts[-1])
        first = folders[0] if folders else ""
        label = "posts" if "_posts" in folders else first[1:] if first.startswith("_") else ""
        defaults = self._defaults("/".join(parts), label or "pages")
        permalink = _text(row.get("permalink")) or _text(defaults.get("permalink"))
        if label:
            template = permalink or self._template(label)
            return _fill(template, self._names(label, folders, stem, row, defaults))
        usual = "/:path/" if stem == "index" else f"/:path/:basename{self._ending()}"
        names = {"path": "/".join(folders), "basename": stem}
        return _fill(permalink or usual, names, strict=False)

    def _template(self, label: str) -> str:
        collections = self.config.get("collections")
        own = collections.get(label) if isinstance(collections, Mapping) else None
        template = _text(own.get("permalink")) if isinstance(own, Mapping) else ""
        if label == "posts":
            return template or STYLES.get(self._style(), self._style())
        return template or f"/:collection/:path{self._ending()}"

    def _style(self) -> str:
        return str(self.config.get("permalink") or "date")

    def _ending(self) -> str:
        """Return the end of the addresses of pages and other collections, by the style."""
        style = self._style()
        if style == "pretty" or style.endswith("/"):
            return "/"
        whole = style in ("date", "ordinal", "none") or style.endswith(":output_ext")
        return ":output_ext" if whole else ""

    def _names(
        self, label: str, folders: list[str], stem: str, row: Row, defaults: Row
    ) -> dict[str, str]:
        """Return the values of the placeholders for a document of a collection."""
        dated = _DATED.match(stem)
        place = folders.index(f"_{label}")
        slug = _text(row.get("own_slug", row.get("slug"))) or (dated[2] if dated else stem)
        categories = _categories(folders[:place] if label == "posts" else [], row, defaults)
        lower = list(dict.fromkeys(name.lower() for name in categories))
        names = {
            "collection": label,
            "path": "/".join(["", *folders[place + 1 :], stem]),
            "name": _hyphens(stem).lower(),
            "title": _hyphens(slug, _TITLE_SIGNS),
            "slug": _hyphens(slug).lower(),
            "categories": "/".join(lower),
            "slugified_categories": "/".join(dict.fromkeys(map(_hyphens, lower))),
        }
        day = row.get("date")
        missing = day is None or pd.isna(day)
        moment = pd.Timestamp(dated[1] if dated and missing else "NaT" if missing else day)
        offset = row.get("utc_offset")
        if offset is not None and not pd.isna(offset):
            moment -= offset
        if not pd.isna(moment):
            moment = self._local(moment)
            names |= {name: moment.strftime(form) for name, form in _TIMES.items()}
            names |= {"i_month": str(moment.month), "i_day": str(moment.day)}
        return names

    def _local(self, moment: pd.Timestamp) -> pd.Timestamp:
        """Return a time in the site's time zone; midnight in UTC means a date without a time."""
        zone = _text(self.config.get("timezone"))
        if not zone or moment.tz is None or moment == moment.normalize():
            return moment
        try:
            return moment.tz_convert(zone)
        except (KeyError, OSError, ValueError) as error:
            raise ConfigError(
                f"_config.yml: timezone {zone!r} is unknown", "write a name such as Europe/Berlin"
            ) from error

    def _defaults(self, path: str, kind: str) -> dict[str, Any]:
        """Return the `defaults` for a file; the longest path wins, then a type."""
        found: dict[str, Any] = {}
        rank = (-1, False)
        for scope, values in _sets(self.config):
            if not self._applies(scope, path, kind):
                continue
            own = (len(_text(scope.get("path")).removeprefix("/")), "type" in scope)
            found = {**found, **values} if own >= rank else {**values, **found}
            rank = max(rank, own)
        return found

    def _applies(self, scope: Row, path: str, kind: str) -> bool:
        named = str(scope.get("type", kind))
        if _OLD_TYPES.get(named, named) != kind:
            return False
        start = _text(scope.get("path"))
        if "*" not in start:
            return path.startswith(start.removeprefix(_container(self.config)))
        starts = self.found.get(start, ())
        place = bisect_right(starts, path)
        return place > 0 and path.startswith(starts[place - 1])


def _sets(config: Row) -> Iterator[tuple[Row, Row]]:
    """Yield the scopes of `defaults` with their values."""
    entries = config.get("defaults")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("values"), Mapping):
            scope = entry.get("scope")
            yield scope if isinstance(scope, Mapping) else {}, entry["values"]


def _container(config: Row) -> str:
    """Return the directory of all collections with a slash, or an empty string."""
    container = _text(config.get("collections_dir"))
    return container + "/" * bool(container)


def _matches(pattern: str, root: Path, container: str) -> tuple[str, ...]:
    """Return the paths that match a pattern, without those that begin with another of them."""
    names = (name.replace(os.sep, "/") for name in glob(pattern, root_dir=root, recursive=True))
    kept: list[str] = []
    for name in sorted(name.removeprefix(container) for name in names):
        if not kept or not name.startswith(kept[-1]):
            kept.append(name)
    return tuple(kept)


def _categories(folders: Iterable[str], row: Row, defaults: Row) -> list[str]:
    """Return the categories from the path, `categories` and `category`, joined as in Jekyll."""
    last = _text(row.get("own_category", row.get("category"))) or defaults.get("category")
    last = [last] if isinstance(last, str) else last
    several = (defaults.get("categories"), row.get("categories"), last)
    return [*folders, *(name for value in several for name in _several(value))]


def _several(value: Any) -> list[str]:
    """Return a list of categories; a string is split at spaces."""
    if isinstance(value, str):
        return value.split()
    return [str(part) for part in value if part is not None] if isinstance(value, list) else []


def _text(value: Any) -> str:
    missing = value is None or isinstance(value, (list, dict)) or pd.isna(value)
    return "" if missing else str(value).strip()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        first = str(error).partition("\n")[0]
        problem = f"{file}: cannot be read, {first}"
        raise ConfigError(problem, "fix it, or set url_template") from error
    return config if isinstance(config, Mapping) else {}


def _fill(template: str, names: Mapping[str, str], strict: bool = True) -> str:
    known = dict(names) | {"output_ext": ".html"}

    def value(match: re.Match[str]) -> str:
        name = match[1] if match[1] in known else match[1].removesuffix("_")
        if name in known:
            return quote(known[name], safe="/:@!$&'()*+,;=~-._") + match[1].removeprefix(name)
        if not strict:
            return match[0]
        raise ConfigError(
            f"_config.yml: permalink {template!r} contains the unknown placeholder :{name}",
            did_you_mean(name, known) or "set url_template instead",
        )

    filled = _PLACEHOLDER.sub(value, template).replace("..", "/").replace("./", "")
    return re.sub(r"/{2,}", "/", f"/{filled}")


def _hyphens(text: str, signs: str = "") -> str:
    """Return a text with hyphens for all but letters, marks, digits and some other characters."""
    kinds = ((c, unicodedata.category(c)) for c in text)
    kept = (c if c in signs or kind[0] in "LM" or kind == "Nd" else "-" for c, kind in kinds)
    return re.sub(r"^-|-$", "", re.sub(r"-+", "-", "".join(kept)))
