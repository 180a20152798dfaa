"""Where Jekyll puts the page of an article: `permalink` of `_config.yml`, or its default.

Owns Jekyll's named styles and placeholders. A `permalink` in the front matter was read with
the article and does not come here; one under `defaults` is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from recommender.errors import ConfigError, did_you_mean

STYLES: Mapping[str, str] = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
"""Jekyll's named styles; `weekdate` is left out."""

_DATED = re.compile(r"^(\d{2,4}-\d{1,2}-\d{1,2})-(.+)$")
_PLACEHOLDER = re.compile(r":([a-z_]+)")


class JekyllSite(NamedTuple):
    """The parts of a Jekyll site that decide on addresses.

    Examples
    --------
    >>> site = JekyllSite("/:year/:title/", {}, ("_posts",))
    >>> site.url({"id": "2024-03-01-rye.md", "date": pd.Timestamp("2024-03-01", tz="UTC")})
    '/2024/rye/'
    """

    permalink: str
    """Style or template."""
    collections: Mapping[str, Any]
    """Settings per collection."""
    lead: tuple[str, ...]
    """Directories from the site's root to where the ids start."""

    @classmethod
    def find(cls, source: Path | None) -> JekyllSite:
        """Return the site that a directory of articles lies in; Jekyll's defaults if none.

        Raises
        ------
        ConfigError
            If its `_config.yml` is not YAML.
        """
        if source is None:
            return cls("date", {}, ("_posts",))
        folder = source.resolve()
        for root in (folder, *folder.parents[:4]):
            file = root / "_config.yml"
            if file.is_file():
                config = _read(file)
                collections = config.get("collections")
                return cls(
                    str(config.get("permalink") or "date"),
                    collections if isinstance(collections, Mapping) else {},
                    folder.relative_to(root).parts,
                )
        return cls("date", {}, (folder.name,) if folder.name.startswith("_") else ())

    def url(self, row: Mapping[str, Any]) -> str:
        """Return the address of an article's page, without host and `baseurl`."""
        parts = [*self.lead, *str(row["id"]).split("/")]
        stem = re.sub(r"\.\w+$", "", parts.pop())
        if "_posts" in parts:
            above = parts[: parts.index("_posts")]
            return self._post(stem, above, row)
        if parts and parts[0].startswith("_"):
            name = parts[0][1:]
            own = self.collections.get(name)
            template = own.get("permalink") if isinstance(own, Mapping) else None
            path = "/".join([*parts[1:], stem])
            return _fill(
                str(template or "/:collection/:path:output_ext"),
                {"collection": name, "path": path, "name": stem, "title": stem, "slug": stem},
            )
        ending = "/" if self.permalink == "pretty" or self.permalink.endswith("/") else ".html"
        folder = "".join(f"/{part}" for part in parts)
        return f"{folder}/" if stem == "index" else f"{folder}/{stem}{ending}"

    def _post(self, stem: str, above: list[str], row: Mapping[str, Any]) -> str:
        dated = _DATED.match(stem)
        slug = dated[2] if dated else stem
        category = str(row.get("category") or "").lower()
        own = str(row.get("slug") or "")
        names = {
            "title": own or slug,
            "slug": _slugify(own or slug),
            "categories": "/".join([part.lower() for part in above] + [category] * bool(category)),
        }
        day = row.get("date")
        moment = pd.Timestamp(dated[1] if dated and (day is None or pd.isna(day)) else day or "NaT")
        if not pd.isna(moment):
            names |= {
                "year": f"{moment:%Y}", "month": f"{moment:%m}", "day": f"{moment:%d}",
                "short_year": f"{moment:%y}", "y_day": f"{moment:%j}",
                "i_month": str(moment.month), "i_day": str(moment.day),
            }  # fmt: skip
        return _fill(STYLES.get(self.permalink, self.permalink), names)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        first = str(error).partition("\n")[0]
        raise ConfigError(f"{file}: cannot be read, {first}", "mend it, or set url_template") from (
            error
        )
    return config if isinstance(config, Mapping) else {}


def _fill(template: str, names: Mapping[str, str]) -> str:
    known = dict(names) | {"output_ext": ".html"}
    for name in _PLACEHOLDER.findall(template):
        if name not in known:
            raise ConfigError(
                f"_config.yml: permalink {template!r} holds :{name}, which is not known here",
                did_you_mean(name, known) or "set url_template instead",
            )
    filled = _PLACEHOLDER.sub(lambda match: known[match[1]], template)
    return re.sub(r"/{2,}", "/", f"/{filled}")


def _slugify(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")
