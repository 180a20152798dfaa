"""The database of a WordPress site: its published posts, read in batches by their numbers.

Needs the extra ``wordpress``. Reads only, with a few queries for each batch, whatever its posts
have. Invariant: no message contains the password of a URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from recommender.errors import SourceError, did_you_mean
from recommender.sources.base import Records, SourceOptions
from recommender.sources.tables.sql import database, shown_url
from recommender.sources.wordpress.languages import group_members, locale_tag, php_value
from recommender.sources.wordpress.permalinks import LanguagePaths, Linked, Node, Permalinks
from recommender.sources.wordpress.posts import (
    CATEGORIES,
    HIDDEN_METAS,
    LONGEST_META,
    TAGS,
    THUMBNAIL,
    Post,
    Posts,
    Term,
    named_metas,
    wanted_types,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

AT_ONCE = 200
"""Number of posts in a batch."""
_TABLES = (
    "posts", "postmeta", "options", "terms", "term_taxonomy", "term_relationships",
)  # fmt: skip
"""The tables that every site has, without their prefix."""
_OPTIONS = (
    "home", "siteurl", "permalink_structure", "WPLANG", "default_category", "upload_url_path",
    "show_on_front", "page_on_front", "polylang", "icl_sitepress_settings", "active_plugins",
    "qtranslate_default_language",
)  # fmt: skip
_TAXONOMIES = (*CATEGORIES, *TAGS, "series", "language", "post_translations")
_BYTES = {
    ord(bytes([byte]).decode("windows-1252")): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""Characters of MySQL's latin1 beyond ISO 8859-1, and their bytes."""
_OF_SITE = re.compile(r"\d+_$")


def read_database(
    url: str, options: SourceOptions, *, where: str = "", prefix: str = "", home: str = ""
) -> Records:
    """Return the published posts of a WordPress database as records.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL, such as ``mysql+pymysql://user:password@host/blog``.
    options : SourceOptions
        Uses `post_type`, `table_prefix`, `progress`, and those that
        [`read_wordpress`][recommender.sources.wordpress.export.read_wordpress] uses.
    where : str
        Name of the source, for messages; default: the URL without its password.
    prefix : str
        Beginning of the names of tables, if the options name none and it is known.
    home : str
        Address of the site, if it is not the one in the database.

    Returns
    -------
    Records
        The id is the number of the post.

    Raises
    ------
    SourceError
        If the database does not answer, or has no tables of WordPress or those of several sites.
    MissingDependencyError
        If SQLAlchemy is not installed.
    """
    where = where or shown_url(url)
    kinds = wanted_types(options) or ("post",)
    with database(url, where, extra="wordpress") as connection:
        tables = _Tables(connection, where, options.table_prefix or prefix)
        posts = _Reading(tables, where, options, kinds, home).posts()
    return posts.records()


class _Tables:
    """The tables of one site, and queries of them."""

    def __init__(self, connection: sa.Connection, where: str, wanted: str) -> None:
        import sqlalchemy

        self.sql = sqlalchemy
        self.connection = connection
        self.names = set(sqlalchemy.inspect(connection).get_table_names())
        self.prefix = _prefix(self.names, wanted, where)
        self.latin1 = self._charset() == "latin1"

    def has(self, name: str) -> bool:
        """Return whether there is a table of a name, without its prefix."""
        return f"{self.prefix}{name}" in self.names

    def table(self, name: str, *columns: str, prefix: str | None = None) -> Any:
        """Return a table with these columns."""
        sql = self.sql
        full = f"{self.prefix if prefix is None else prefix}{name}"
        return sql.table(full, *map(sql.column, columns))

    def rows(self, statement: Any) -> list[tuple[str, ...]]:
        """Return the rows of a query, as text."""
        text = _text_in_latin1 if self.latin1 else _text
        return [tuple(map(text, row)) for row in self.connection.execute(statement)]

    def _charset(self) -> str:
        """Return the character set of posts in MySQL and MariaDB."""
        sql = self.sql
        if self.connection.dialect.name not in ("mysql", "mariadb"):
            return ""
        columns = sql.table(
            "COLUMNS",
            *map(sql.column, ("TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "CHARACTER_SET_NAME")),
            schema="information_schema",
        )
        statement = sql.select(columns.c.CHARACTER_SET_NAME).where(
            sql.func.database() == columns.c.TABLE_SCHEMA,
            f"{self.prefix}posts" == columns.c.TABLE_NAME,
            columns.c.COLUMN_NAME == "post_content",
        )
        return str(self.connection.execute(statement).scalar() or "")


def _prefix(names: set[str], wanted: str, where: str) -> str:
    """Return the beginning of the names of the tables of a site."""
    ends = sorted(name.removesuffix("posts") for name in names if name.endswith("posts"))
    found = [start for start in ends if all(f"{start}{name}" in names for name in _TABLES)]
    if wanted in found:
        return wanted
    if wanted:
        raise SourceError(
            f"{where}: table_prefix {wanted} does not begin the names of WordPress tables, "
            f"got {', '.join(found) or 'none'}",
            did_you_mean(wanted, found) or "leave table_prefix out, if there is one site only",
        )
    if len(found) > 1:
        raise SourceError(
            f"{where}: expected one WordPress site, got tables that begin with {', '.join(found)}",
            "set table_prefix to one of them",
        )
    if not found:
        shown = ", ".join(sorted(names)[:10]) or "none"
        raise SourceError(
            f"{where}: expected tables of WordPress such as wp_posts and wp_options, got {shown}",
            "name the database of the site, which wp-config.php has as DB_NAME",
        )
    return found[0]


class _Meta(NamedTuple):
    """What a batch of posts has beside its rows, by the number of the post."""

    fields: Mapping[str, dict[str, str]]
    terms: Mapping[str, list[tuple[str, Term]]]
    """Terms with their numbers."""
    languages: Mapping[str, tuple[str, str]]
    """Language and group of translations by WPML."""


class _Reading:
    """The posts of a site, batch by batch."""

    def __init__(
        self,
        tables: _Tables,
        where: str,
        options: SourceOptions,
        kinds: Sequence[str],
        home: str,
    ) -> None:
        self.tables, self.where, self.options, self.kinds = tables, where, options, kinds
        self.home = home
        self.authors: dict[str, tuple[str, str]] = {}

    def posts(self) -> Posts:
        """Return all posts."""
        posts = Posts(self.where, self.options, self.kinds)
        posts.lang = locale_tag(self.settings.get("WPLANG") or "en_US")
        posts.main = self.settings.get("qtranslate_default_language", "")
        posts.languages, posts.groups = self.languages, self.groups
        posts.site = self.permalinks.home
        posts.categories = {number: name for number, (name, _) in self.categories.items()}
        if not self.users:
            posts.warnings.append(f"{self.where}: has no table of users, authors are not read")
        total, done = self.count(), 0
        for batch in self.batches():
            numbers = [row[0] for row in batch]
            self.note_authors({row[1] for row in batch})
            meta = self.meta_of(numbers)
            posts.pictures |= self.pictures_of(meta)
            for row in batch:
                posts.add(self.post(row, meta), f"{self.where}: {row[-1]} {row[0]}")
            done += len(batch)
            if self.options.progress is not None:
                self.options.progress("reading", done, max(done, total))
        return posts

    @cached_property
    def settings(self) -> dict[str, str]:
        """The options of the site that matter here, by name."""
        options = self.tables.table("options", "option_name", "option_value")
        chosen = options.c.option_name.in_(_OPTIONS)
        select = self.tables.sql.select(options.c.option_name, options.c.option_value)
        return dict(self.tables.rows(select.where(chosen)))  # type: ignore[arg-type]

    @cached_property
    def categories(self) -> dict[str, tuple[str, Node]]:
        """Name and place of each category by its number."""
        terms, kinds = self._term_tables()
        statement = (
            self.tables.sql.select(terms.c.term_id, terms.c.name, terms.c.slug, kinds.c.parent)
            .select_from(kinds.join(terms, kinds.c.term_id == terms.c.term_id))
            .where(kinds.c.taxonomy == "category")
        )
        return {
            number: (name, Node(slug, parent))
            for number, name, slug, parent in self.tables.rows(statement)
        }

    @cached_property
    def pages(self) -> dict[str, Node]:
        """Each page by its number, if pages are read."""
        if "page" not in self.kinds:
            return {}
        posts = self.tables.table("posts", "ID", "post_name", "post_parent", "post_type")
        select = self.tables.sql.select(posts.c.ID, posts.c.post_name, posts.c.post_parent)
        rows = self.tables.rows(select.where(posts.c.post_type == "page"))
        return {number: Node(slug, parent) for number, slug, parent in rows}

    @cached_property
    def permalinks(self) -> Permalinks:
        """The settings that decide addresses."""
        settings = self.settings
        return Permalinks(
            self.home or settings.get("home") or settings.get("siteurl", ""),
            settings.get("permalink_structure", ""),
            {number: node for number, (_, node) in self.categories.items()},
            settings.get("default_category", ""),
            self.pages,
            settings.get("page_on_front", "") if settings.get("show_on_front") == "page" else "",
            language_paths(settings, self.wpml),
        )

    @cached_property
    def wpml(self) -> bool:
        """Whether WPML tells languages: its tables stay when another plug-in takes its place."""
        active = self.settings.get("active_plugins", "")
        replaced = "/polylang.php" in active and "/sitepress.php" not in active
        return self.tables.has("icl_translations") and not replaced

    @cached_property
    def languages(self) -> dict[str, str]:
        """The locale of each language by its code."""
        told = self._descriptions("language")
        known = {slug: php_value(text, "locale") for slug, text in told}
        if self.wpml and self.tables.has("icl_languages"):
            table = self.tables.table("icl_languages", "code", "default_locale")
            known |= dict(self.tables.rows(self.tables.sql.select(*table.c)))  # type: ignore[arg-type]
        return known

    @cached_property
    def groups(self) -> dict[str, set[str]]:
        """The numbers of the posts in each group of translations of Polylang."""
        told = self._descriptions("post_translations")
        found = {slug: group_members(text) for slug, text in told}
        return {slug: numbers for slug, numbers in found.items() if numbers}

    @cached_property
    def users(self) -> str | None:
        """The prefix of the table of users, which the sites of a network share."""
        prefix = self.tables.prefix
        found = (p for p in (prefix, _OF_SITE.sub("", prefix)) if f"{p}users" in self.tables.names)
        return next(found, None)

    def count(self) -> int:
        """Return the number of posts of the wanted types."""
        posts = self.tables.table("posts", "post_type")
        sql = self.tables.sql
        counted = sql.select(sql.func.count()).select_from(posts)
        return int(self.tables.rows(counted.where(posts.c.post_type.in_(self.kinds)))[0][0])

    def batches(self) -> Iterator[list[tuple[str, ...]]]:
        """Yield the posts of the wanted types, in order of their numbers."""
        posts = self.tables.table(
            "posts", "ID", "post_author", "post_date", "post_date_gmt", "post_title",
            "post_content", "post_excerpt", "post_status", "post_name", "post_password",
            "post_type",
        )  # fmt: skip
        select = self.tables.sql.select(*posts.c).where(posts.c.post_type.in_(self.kinds))
        last = 0
        while True:
            batch = self.tables.rows(
                select.where(last < posts.c.ID).order_by(posts.c.ID).limit(AT_ONCE)
            )
            if batch:
                yield batch
                last = int(batch[-1][0])
            if len(batch) < AT_ONCE:
                return

    def post(self, row: Sequence[str], meta: _Meta) -> Post:
        number, author, local, utc, title, content, excerpt, status, slug, password, kind = row
        name, short_name = self.authors.get(author, ("", ""))
        terms = meta.terms.get(number, [])
        fields = meta.fields.get(number, {})
        lang, group = meta.languages.get(number, ("", ""))
        lang = lang or next((term.slug for _, term in terms if term.taxonomy == "language"), "")
        categories = [of for of, term in terms if term.taxonomy == "category"]
        linked = Linked(number, kind, slug, local, short_name, categories, fields, lang)
        return Post(
            number=number,
            kind=kind,
            status=status,
            title=title,
            content=content,
            url=self.permalinks.of(linked),
            dates=(utc, local),
            slug=slug,
            excerpt=excerpt,
            author=name,
            terms=[term for _, term in terms],
            metas=fields,
            protected=bool(password),
            lang=lang,
            translation_key=group,
        )

    def note_authors(self, numbers: set[str]) -> None:
        """Read the names of authors that are not known yet."""
        new = sorted(map(int, numbers - self.authors.keys() - {""}))
        if self.users is None or not new:
            return
        users = self.tables.table("users", "ID", "display_name", "user_nicename", prefix=self.users)
        rows = self.tables.rows(self.tables.sql.select(*users.c).where(users.c.ID.in_(new)))
        self.authors |= {str(number): ("", "") for number in new}
        self.authors |= {number: (name, short_name) for number, name, short_name in rows}

    def meta_of(self, numbers: Sequence[str]) -> _Meta:
        """Return what a batch of posts has beside its rows."""
        ids = [int(number) for number in numbers]
        fields: dict[str, dict[str, str]] = {}
        for number, name, value in self._fields(ids):
            fields.setdefault(number, {})[name] = value
        terms: dict[str, list[tuple[str, Term]]] = {}
        for number, taxonomy, slug, name, of in self._terms(ids):
            terms.setdefault(number, []).append((of, Term(taxonomy, slug, name)))
        return _Meta(fields, terms, self._translations(ids))

    def pictures_of(self, meta: _Meta) -> dict[str, str]:
        """Return the addresses of the thumbnails of a batch of posts."""
        named = {fields.get(THUMBNAIL, "") for fields in meta.fields.values()}
        ids = sorted(int(name) for name in named if name.isascii() and name.isdigit())
        if not ids:
            return {}
        fields = self.tables.table("postmeta", "post_id", "meta_key", "meta_value")
        statement = self.tables.sql.select(fields.c.post_id, fields.c.meta_value).where(
            fields.c.post_id.in_(ids), fields.c.meta_key == "_wp_attached_file"
        )
        site = _OF_SITE.search(self.tables.prefix)
        part = f"/sites/{site[0].rstrip('_')}" if site else ""
        folder = self.settings.get("upload_url_path") or (
            f"{self.settings.get('siteurl', '')}/wp-content/uploads{part}"
        )
        rows = self.tables.rows(statement)
        return {number: f"{folder.rstrip('/')}/{file.lstrip('/')}" for number, file in rows}

    def _fields(self, ids: Sequence[int]) -> list[tuple[str, ...]]:
        """Return the custom fields of posts: public ones if they are short, and known ones."""
        sql = self.tables.sql
        fields = self.tables.table("postmeta", "meta_id", "post_id", "meta_key", "meta_value")
        known = sorted({*HIDDEN_METAS, *named_metas(self.options)})
        hidden = fields.c.meta_key.startswith("_", autoescape=True)
        short = sql.func.char_length(fields.c.meta_value) <= LONGEST_META
        wanted = sql.or_(
            fields.c.meta_key.in_(known),
            sql.and_(short, sql.or_(~hidden, fields.c.meta_key.contains("rating"))),
        )
        statement = (
            sql.select(fields.c.post_id, fields.c.meta_key, fields.c.meta_value)
            .where(fields.c.post_id.in_(ids), wanted)
            .order_by(fields.c.meta_id)
        )
        return self.tables.rows(statement)

    def _terms(self, ids: Sequence[int]) -> list[tuple[str, ...]]:
        terms, kinds = self._term_tables()
        links = self.tables.table("term_relationships", "object_id", "term_taxonomy_id")
        joined = links.join(kinds, links.c.term_taxonomy_id == kinds.c.term_taxonomy_id)
        statement = (
            self.tables.sql.select(
                links.c.object_id, kinds.c.taxonomy, terms.c.slug, terms.c.name, terms.c.term_id
            )
            .select_from(joined.join(terms, kinds.c.term_id == terms.c.term_id))
            .where(links.c.object_id.in_(ids), kinds.c.taxonomy.in_(_TAXONOMIES))
            .order_by(links.c.object_id, terms.c.term_id)
        )
        return self.tables.rows(statement)

    def _descriptions(self, taxonomy: str) -> list[tuple[str, ...]]:
        """Return the short name and the description of each term of a taxonomy."""
        terms, kinds = self._term_tables()
        joined = kinds.join(terms, kinds.c.term_id == terms.c.term_id)
        statement = self.tables.sql.select(terms.c.slug, kinds.c.description).select_from(joined)
        return self.tables.rows(statement.where(kinds.c.taxonomy == taxonomy))

    def _translations(self, ids: Sequence[int]) -> dict[str, tuple[str, str]]:
        if not self.wpml:
            return {}
        table = self.tables.table(
            "icl_translations", "element_id", "element_type", "language_code", "trid"
        )
        statement = self.tables.sql.select(
            table.c.element_id, table.c.language_code, table.c.trid
        ).where(
            table.c.element_id.in_(ids),
            table.c.element_type.in_([f"post_{kind}" for kind in self.kinds]),
        )
        rows = self.tables.rows(statement)
        return {number: (lang, f"wpml_{group}") for number, lang, group in rows}

    def _term_tables(self) -> tuple[Any, Any]:
        return (
            self.tables.table("terms", "term_id", "name", "slug"),
            self.tables.table(
                "term_taxonomy", "term_taxonomy_id", "term_id", "taxonomy", "parent", "description"
            ),
        )


def language_paths(settings: Mapping[str, str], wpml: bool) -> LanguagePaths:
    """Return how Polylang or WPML changes the addresses of a site.

    Parameters
    ----------
    settings : mapping
        The options `polylang` and `icl_sitepress_settings`, in PHP's notation.
    wpml : bool
        Whether the site has the table of WPML.

    Examples
    --------
    >>> language_paths({"polylang": 'a:1:{s:10:"force_lang";i:1;}'}, wpml=False)
    LanguagePaths(form='directory', default='', before='language/')
    """
    if wpml:
        told = settings.get("icl_sitepress_settings", "")
        kind = php_value(told, "language_negotiation_type")
        form = {"1": "directory", "2": "domain", "3": "parameter"}.get(kind, "")
        all_of_them = php_value(told, "directory_for_default_language") == "1"
        return LanguagePaths(form, "" if all_of_them else php_value(told, "default_language"))
    told = settings.get("polylang", "")
    kind = php_value(told, "force_lang")
    form = {"1": "directory", "2": "domain", "3": "domain"}.get(kind, "")
    hidden = php_value(told, "hide_default") == "1"
    root = "index.php/" * settings.get("permalink_structure", "").startswith("/index.php/")
    before = root + "language/" * (php_value(told, "rewrite") != "1") if form else ""
    return LanguagePaths(form, php_value(told, "default_lang") if hidden else "", before)


def _text(value: Any) -> str:
    """Return a value of a database as text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return "" if value is None else str(value)


def _text_in_latin1(value: Any) -> str:
    """Return a value of a table in latin1 as text.

    Old versions of WordPress keep UTF-8 in such tables, and the server takes each byte for a
    character.

    Examples
    --------
    >>> _text_in_latin1("Ã¼ber â€žGrÃ¼nâ€œ"), _text_in_latin1("über „Grün“")
    ('über „Grün“', 'über „Grün“')
    """
    text = _text(value)
    if text.isascii():
        return text
    try:
        return text.translate(_BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
