"""The file formats: each writer writes lists of cards as bytes to an open file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, BinaryIO

import msgspec
import pandas as pd

from recommender.errors import ConfigError, MissingDependencyError, shown
from recommender.outputs.cards import Card, CardLists, joined
from recommender.resources import processors, startable
from recommender.text.csv_cells import csv_text

SCHEMA_VERSION = 1
"""Version of the JSON format; `schema.json` describes it."""

COLUMNS = (
    "article_id", "rank", "id", "url", "title", "teaser", "date", "author", "image", "score",
    "because", "origin",
)  # fmt: skip

LINES_AT_ONCE = 500
"""Number of lists to write at once: a megabyte or two."""

WORDPRESS_VERSION = 1
"""Version of the file that the plug-in for WordPress reads."""

_POST_ID = re.compile(r"[1-9][0-9]{0,18}")

Lists = CardLists | Iterable[tuple[str, list[Card]]]
Writer = Callable[[Lists, BinaryIO], None]


def write_json(lists: Lists, file: BinaryIO) -> None:
    """Write one JSON object, with each article's list on its own line."""
    file.write(f'{{"schema": {SCHEMA_VERSION}, "lists": {{'.encode())
    lines = (b"\n%b: %b" % (_json(owner), _json(shown)) for owner, shown in _prepared(lists))
    _write_joined(lines, b",", file)
    file.write(b"\n}}\n")


def write_jsonl(lists: Lists, file: BinaryIO) -> None:
    """Write one JSON object a line: an article's `id` and its `related` articles."""
    lines = (_json({"id": owner, "related": shown}) + b"\n" for owner, shown in _prepared(lists))
    _write_joined(lines, b"", file)


def _prepared(lists: Lists) -> Iterable[tuple[str, list[Card]]]:
    """Return lists whose cards are in part JSON already: made once per article, not per list."""
    if not isinstance(lists, CardLists):
        return lists
    ready = [{"id": _inner_json(card)} for card in lists.cards]
    return (
        (owner, [joined(ready[entry.card], entry) for entry in entries])
        for owner, entries in lists.entries
    )


def _inner_json(card: Card) -> msgspec.Raw:
    """Return the JSON of a card from its first value on, without the brace at the end.

    msgspec takes it over as it is: under the name of the first key it is the whole card.
    """
    first = next(iter(card))
    return msgspec.Raw(_json(card)[len(f'{{"{first}":') : -len("}")])


def write_csv(lists: Lists, file: BinaryIO) -> None:
    """Write one row per recommendation, in UTF-8, with a header."""
    table = _table(lists)
    table["because"] = [_in_utf8("; ".join(terms)) for terms in table["because"]]
    file.write(csv_text(table).encode("utf-8", "replace"))


def write_parquet(lists: Lists, file: BinaryIO) -> None:
    """Write one row per recommendation; needs pyarrow."""
    try:
        import pyarrow  # noqa: F401  (pandas' own message does not name our extra)
    except ImportError:
        raise MissingDependencyError("pyarrow", "parquet", "writing Parquet") from None
    _table(lists).to_parquet(file, index=False)


def write_yaml(lists: Lists, file: BinaryIO) -> None:
    """Write the same data as `write_json`, in YAML."""
    import yaml

    whole = {"schema": SCHEMA_VERSION, "lists": msgspec.json.decode(_json(dict(lists)))}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(whole, Dumper=dumper, allow_unicode=True, sort_keys=False, width=2**31 - 1)
    file.write(text.encode())


def write_wordpress(lists: Lists, file: BinaryIO) -> None:
    """Write the list of each post on a line of its own, by number, for the plug-in for WordPress.

    The plug-in finds a line without reading the others as JSON: the layout is part of the format.
    Titles and addresses are not in the file, since WordPress has them.

    Raises
    ------
    ConfigError
        If an id is not the number of a post.
    """
    lines = sorted(
        (_post_id(owner), _json([_post_entry(card) for card in shown])) for owner, shown in lists
    )
    file.write(b'{"version":%d,"lists":{\n' % WORDPRESS_VERSION)
    _write_joined((b'"%d":%b' % line for line in lines), b",\n", file)
    file.write(b"\n}}\n" if lines else b"}}\n")


def _post_entry(card: Card) -> dict[str, Any]:
    return {
        "id": _post_id(card["id"]),
        "teaser": card["teaser"],
        "reason": card.get("reason", ""),
        "score": round(float(card["score"]), 3),
    }


def _post_id(name: str) -> int:
    if not _POST_ID.fullmatch(name):
        raise ConfigError(
            f"format: wordpress needs the numbers of posts as ids, got {shown(str(name))}",
            "read the articles from WordPress (wordpress:…), or name another format",
        )
    return int(name)


WRITERS: Mapping[str, Writer] = {
    "astro": write_json,
    "csv": write_csv,
    "docusaurus": write_json,
    "eleventy": write_json,
    "hugo": write_json,
    "zola": write_json,
    "jekyll": write_json,
    "json": write_json,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "wordpress": write_wordpress,
    "yaml": write_yaml,
}
"""Writer by name of the format."""

FRONT_MATTER_FORMAT = "frontmatter"
"""Writes a key into the articles' own files instead of a file."""

GENERATOR_FORMATS = ("astro", "docusaurus", "eleventy", "hugo", "jekyll", "zola")
"""Formats with lists by the key of a generator's page."""


def _write_joined(lines: Iterable[bytes], between: bytes, file: BinaryIO) -> None:
    """Write lines in batches in a thread, if there is one, while the next ones are made."""
    lines = iter(lines)
    if processors() == 1 or startable(2) == 1:
        file.write(next(lines, b""))
        file.writelines(between + line for line in lines)
        return
    writing: Future[int] | None = None
    with ThreadPoolExecutor(1) as pool:
        while some := between.join(islice(lines, LINES_AT_ONCE)):
            if writing is not None:
                writing.result()
                some = between + some
            writing = pool.submit(file.write, some)
    if writing is not None:
        writing.result()


def _json(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=_as_text)
    except UnicodeEncodeError:
        return msgspec.json.encode(_in_utf8(value))


def _as_text(value: Any) -> str:
    """Return a string of a subclass, such as NumPy's, as a plain string."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"an output cannot contain {type(value).__name__}, got {value!r}")


def _in_utf8(value: Any) -> Any:
    """Return a value with a question mark for each half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_in_utf8(key): _in_utf8(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_in_utf8(part) for part in value]
    return value


def _table(lists: Lists) -> pd.DataFrame:
    rows = [
        {"article_id": article_id, "rank": rank, **card}
        for article_id, cards in lists
        for rank, card in enumerate(cards, 1)
    ]
    more = [name for name in ("arm", "reason") if any(name in row for row in rows)]
    return pd.DataFrame(rows, columns=[*COLUMNS, *more])
