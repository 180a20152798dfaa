"""The first `recommender.toml`: which generator makes the site, and where its files are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from recommender.config import (
    SETTINGS,
    TITLES,
    WORDPRESS,
    WORDPRESS_OUTPUT,
    group_of,
    help_of,
    schema_link,
)
from recommender.configured import CONFIG_NAME, HIDDEN_CONFIG_NAME
from recommender.errors import ConfigError, did_you_mean
from recommender.outputs.eleventy import EleventySite, depends_on, read_package
from recommender.sources.hugo import HugoSite, is_hugo, own_folder, read_settings
from recommender.sources.zola import settings_file
from recommender.toml_text import toml_value


class Generator(NamedTuple):
    """A site generator, how to recognize it, and where its files are."""

    name: str
    marks: Sequence[str]
    """Files that only this generator has; glob patterns."""
    source: str
    output: str
    format: str = "json"
    """Format of the output, as for `-f`."""
    css: str = ""
    """Where its template expects the style sheet; empty if the plug-in contains the style."""
    plugin: str = ""
    """How to enable the plug-in, if there is one; `build` is not needed then."""
    config: str = CONFIG_NAME
    """Name of the settings file."""
    templates: str = ""
    """Directory of the site for the ready-made templates, if its settings name one."""
    more: Mapping[str, Any] = {}
    """Further settings."""
    folders: Mapping[str, str] = {}
    """Directories of the ready-made templates that have another name in this site."""


GENERATORS = (
    Generator("WordPress", ("wp-config.php", "wp-load.php"), f"{WORDPRESS}.", WORDPRESS_OUTPUT,
              "wordpress", config=HIDDEN_CONFIG_NAME,
              more={"reasons": True}),  # the plug-in has a place for them
    Generator("Hugo", ("hugo.*", "config/_default", "archetypes"), "content",
              "data/related.json", "hugo", "assets/css/related.css",
              more={"expired": False}),  # Hugo itself skips expired pages by default
    Generator("Zola", ("zola.toml",), "content", "data/related.json", "zola", "static/related.css"),
    Generator("Eleventy", (".eleventy.js", "eleventy.config.*"), "content",
              "_data/related.json", "eleventy", "related.css"),
    Generator("Jekyll", ("_config.yml", "_posts"), "_posts",
              "_data/related.json", "jekyll", "assets/css/related.css",
              config=HIDDEN_CONFIG_NAME),  # Jekyll publishes files without a leading dot
    Generator("Pelican", ("pelicanconf.py",), "content", "related.json",
              plugin='PLUGINS = ["recommender.plugins.pelican"] in pelicanconf.py'),
    Generator("MkDocs", ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "properdocs.yaml"), "docs",
              "related.json", plugin="plugins: [search, recommender] in mkdocs.yml"),
    Generator("Docusaurus", ("docusaurus.config.*",), ".",
              "src/related.json", "docusaurus", css="src/css/related.css"),
    Generator("Astro", ("astro.config.*",), "src/content/blog",
              "src/data/related.json", "astro", "src/styles/related.css"),
    Generator("Sphinx", ("conf.py", "source/conf.py"), ".", "related.json",
              plugin='extensions = ["recommender.plugins.sphinx"] in conf.py'),
)  # fmt: skip
"""In this order: the mark of a later generator may also exist in a site of an earlier one."""


class OtherGenerator(NamedTuple):
    """A site generator that has neither templates nor a plug-in here."""

    name: str
    command: str
    """The command that adds the lists, or that writes them for a component."""
    component: bool = False
    """Whether a component shows the lists: scripts draw its pages again, see `pages.redrawn`."""

    @property
    def step(self) -> str:
        """What to do next."""
        if self.component:
            return f"run `{self.command}`, and show the lists with a component"
        return f"build the site, then run `{self.command}`"


def guess_other(directory: Path) -> OtherGenerator | None:
    """Return the generator of a site that has neither templates nor a plug-in here, or None.

    Some have settings files with the names of those of Jekyll or Sphinx.

    Parameters
    ----------
    directory : Path
        The root of a site.
    """
    package = read_package(directory)
    if depends_on(package, "hexo"):
        return OtherGenerator("Hexo", "recommender site public")
    if (directory / "_toc.yml").is_file():
        return OtherGenerator("Jupyter Book", "recommender site _build/html")
    if (directory / "book.toml").is_file():
        return OtherGenerator("mdBook", "recommender site book")
    if re.search(r"^BLOG_TITLE\s*=", _text_of(directory / "conf.py"), re.MULTILINE):
        return OtherGenerator("Nikola", "recommender site output")
    for name in ("VitePress", "VuePress"):
        for source, own in ((".", f".{name.lower()}"), ("docs", f"docs/.{name.lower()}")):
            if (directory / own).is_dir():
                command = f"recommender build {source} -o {own}/related.json"
                return OtherGenerator(name, command, component=True)
    for name, needed in _BY_PACKAGE.items():
        if depends_on(package, needed):
            command = "recommender build POSTS -f astro -o related.json"
            return OtherGenerator(name, command, component=True)
    return None


_BY_PACKAGE = {"Gatsby": "gatsby", "Next": "next", "Nuxt": "nuxt", "SvelteKit": "@sveltejs/kit"}


def guess_generator(directory: Path) -> Generator | None:
    """Return the generator whose marks are in a directory, or None.

    Parameters
    ----------
    directory : Path
        The root of a site.
    """
    if guess_other(directory):
        return None
    site = EleventySite.find(directory)
    shared = {  # other programs use these names of settings files too
        "Eleventy": site is not None and site.root == directory.resolve(),
        "Hugo": is_hugo(directory),
        "Zola": settings_file(directory) is not None,
    }
    for generator in GENERATORS:
        if shared.get(generator.name) or any(
            next(directory.glob(mark), None) for mark in generator.marks
        ):
            return generator
    return None


def fitted(generator: Generator, directory: Path) -> Generator:
    """Return a generator with the directories and addresses from a site's own settings.

    The settings are read as text and never executed.

    Parameters
    ----------
    generator : Generator
        As from `guess_generator` or `find_generator`.
    directory : Path
        The root of the site.
    """
    fit = _FITTED.get(generator.name)
    return fit(generator, directory) if fit else generator


def find_generator(name: str) -> Generator:
    """Return a generator by its name; case does not matter.

    Raises
    ------
    ConfigError
        If no generator has that name.

    Examples
    --------
    >>> find_generator("hugo").output
    'data/related.json'
    """
    known = {generator.name.lower(): generator for generator in GENERATORS}
    if name.lower() not in known:
        raise ConfigError(
            f"generator: unknown generator {name!r}, expected {', '.join(known)}",
            did_you_mean(name.lower(), known)
            or "for any other generator, run `recommender inject` after its build",
        )
    return known[name.lower()]


_ELEVENTY_SOURCES = ("content", "posts", "blog", "articles", "src/posts", "src/blog", "src/content")
_PELICAN_FIELDS = {"{slug}": "{slug}", "{date:%Y}": "{year}", "{date:%m}": "{month}",
                   "{date:%d}": "{day}", "{path_no_ext}": "{path}"}  # fmt: skip
_SLUG = re.compile(r"^:?slug\s*:\s*\S", re.IGNORECASE | re.MULTILINE)
_SAMPLE, _HEAD = 50, 2048
_USAGE = re.compile(r"The related articles[\w ]*: (.+)")
_NO_USAGE = re.compile(r"\{% (?:end)?raw %\}|-?#\}$")


def _fit_eleventy(generator: Generator, directory: Path) -> Generator:
    """Use the directories of the settings; if the input is the root, a usual one inside it."""
    site = EleventySite.find(directory)
    root = directory.resolve()
    if site:
        output = _relative(site.data / "related.json", root)
        includes = _relative(site.includes, root)
        generator = generator._replace(output=output, folders={"_includes": includes})
        if site.input != root and site.input.is_relative_to(root):
            return generator._replace(source=site.input.relative_to(root).as_posix())
    found = (name for name in _ELEVENTY_SOURCES if (directory / name).is_dir())
    return generator._replace(source=next(found, "."))


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")  # settings have no backslashes


def _fit_hugo(generator: Generator, directory: Path) -> Generator:
    """Use the directory that contains the content of all languages."""
    settings = read_settings(directory)
    site = HugoSite.of(directory.resolve(), settings)
    folders = [mount.folder for mount in site.mounts if mount.folder.is_relative_to(site.root)]
    common = Path(os.path.commonpath(folders)) if folders else site.root / generator.source
    built = {n: True for n in ("expired", "future") if settings.get(f"build{n}") is True}
    source = common.relative_to(site.root).as_posix()
    places = {name: own_folder(settings, name) for name in ("assets", "layouts", "data")}
    return generator._replace(
        source=source,
        output=_moved(generator.output, places),
        more={**generator.more, **built},
        folders={name: own for name, own in places.items() if own != name},
    )


def _fit_pelican(generator: Generator, directory: Path) -> Generator:
    """Use the directories of the articles and the theme, and the form of addresses."""
    text = _text_of(directory / "pelicanconf.py")
    source = _python_text(text, "PATH") or generator.source
    theme = _python_text(text, "THEME")
    templates = theme if theme and (directory / theme / "templates").is_dir() else ""
    address = _python_text(text, "ARTICLE_URL") or "{slug}.html"
    for theirs, ours in _PELICAN_FIELDS.items():
        address = address.replace(theirs, ours)
    known = set(re.findall(r"\{[^}]*\}", address)) <= set(_PELICAN_FIELDS.values())
    by_name = _python_text(text, "SLUGIFY_SOURCE") == "basename"
    if "{slug}" in address and not by_name and not _have_slugs(directory / source):
        known = False  # Pelican makes them of the titles
    more = {"url_template": f"/{address.lstrip('/')}"} if known else {}
    return generator._replace(source=source, templates=templates, more=more)


def _have_slugs(articles: Path) -> bool:
    """Return whether all of some articles for Pelican say their slug."""
    files = sorted(file for end in ("md", "markdown", "rst") for file in articles.rglob(f"*.{end}"))
    return all(_SLUG.search(_text_of(file)[:_HEAD]) for file in files[:_SAMPLE])


def _fit_mkdocs(generator: Generator, directory: Path) -> Generator:
    names = (name for name in generator.marks if (directory / name).is_file())
    name = next(names, "mkdocs.yml")
    docs = re.search(
        r"^docs_dir\s*:\s*[\"']?([^\s\"'#]+)", _text_of(directory / name), re.MULTILINE
    )
    plugin = f"plugins: [search, recommender] in {name}"
    return generator._replace(source=docs[1] if docs else generator.source, plugin=plugin)


def _fit_astro(generator: Generator, directory: Path) -> Generator:
    """Use the collection of a blog, else the one of Starlight."""
    docs = "src/content/docs"
    blog = (directory / generator.source).is_dir() or not (directory / docs).is_dir()
    return generator if blog else generator._replace(source=docs)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _python_text(source: str, name: str) -> str:
    """Return a string that Python settings assign at the top level as a literal."""
    found = re.findall(rf"^{name}\s*=\s*([\"'])(.+?)\1\s*(?:#.*)?$", source, re.MULTILINE)
    return found[-1][1] if found else ""


_FITTED: Mapping[str, Callable[[Generator, Path], Generator]] = {
    "Astro": _fit_astro,
    "Eleventy": _fit_eleventy,
    "Hugo": _fit_hugo,
    "MkDocs": _fit_mkdocs,
    "Pelican": _fit_pelican,
}


def template_files(generator: Generator) -> dict[str, bytes]:
    """Return a generator's ready-made templates as path in the site to content, if it has any.

    Examples
    --------
    >>> sorted(template_files(find_generator("Hugo")))
    ['assets/css/related.css', 'layouts/_partials/related.html']
    """
    root = resources.files("recommender") / "templates"
    if not (root / generator.name.lower()).is_dir():
        return {}
    lead = f"{generator.templates}/" if generator.templates else ""
    found = dict(_files_below(root / generator.name.lower(), lead))
    if generator.css:
        found[generator.css] = (root / "related.css").read_bytes()
    return {_moved(name, generator.folders): text for name, text in found.items()}


def usage_of(template: bytes) -> str:
    """Return how a ready-made template is used, from its first comment; empty for a style sheet.

    Examples
    --------
    >>> usage_of(template_files(find_generator("Hugo"))["layouts/_partials/related.html"])
    '{{ partial "related.html" . }} in the template of a single page'
    """
    found = _USAGE.search(template.decode())
    return _NO_USAGE.sub("", found[1]).strip().rstrip(".") if found else ""


def _moved(path: str, folders: Mapping[str, str]) -> str:
    """Return the path of a file in a site that may rename its first directory."""
    first, slash, rest = path.partition("/")
    return f"{folders.get(first, first)}{slash}{rest}"


def _files_below(place: Traversable, lead: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _files_below(entry, f"{lead}{entry.name}/")
        else:
            found.append((lead + entry.name, entry.read_bytes()))
    return found


def starter_config(
    generator: Generator | None, source: str | None = None, directory: Path | None = None
) -> str:
    """Return the text of a `recommender.toml` with every setting, defaults commented out.

    Parameters
    ----------
    generator : Generator or None
        Fills in `source` and `output`; None leaves the output commented out.
    source : str, optional
        Directory or file of the articles, if known.
    directory : Path, optional
        Directory of the file; default the working directory.

    Examples
    --------
    >>> starter_config(None, "articles").splitlines()[1]
    '# Settings of recommender. A line with # in front shows the default.'
    """
    chosen: dict[str, Any] = {"source": source or (generator.source if generator else None)}
    chosen["output"] = generator.output if generator else None
    chosen["format"] = generator.format if generator and generator.format != "json" else None
    chosen |= generator.more if generator else {}
    lines = [f"#:schema {schema_link(directory or Path.cwd())}"]
    lines += ["# Settings of recommender. A line with # in front shows the default."]
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
