"""Removed addresses: where each leads, and the files with which servers redirect readers.

A removed article leads to the live article that is most like it. Of an address alone, its words
are all that is known: they are compared with the articles as a very short text would be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

import pandas as pd

from recommender.articles import path_words, rows_of, validate_articles
from recommender.errors import SourceError
from recommender.model import Recommender
from recommender.outputs.urls import safe_address
from recommender.ranking import Filters, MinScore, SameLanguage, Stage
from recommender.sources.addresses import host

TITLE_WEIGHT = 3.0
"""Weight of titles for addresses alone, which often repeat a title.

Of the addresses of 2,082 and 509 posts, compared with the same posts at other addresses, 95 and
86 % led to their own post; with the usual weight, 89 and 83 %.
"""

_START = re.compile(r"/|https?://", re.IGNORECASE)

COLUMNS = ("address", "title", "related_id", "target", "related_title", "score")


def stages(min_score: float | Literal["auto"]) -> list[Stage]:
    """Return the ranking stages for `redirects`: nothing hidden, no other language, no order."""
    return [Filters(), SameLanguage(), MinScore(min_score)]


def addresses_alone(lines: Iterable[str]) -> pd.DataFrame:
    """Return an Article table of addresses of which nothing else is known: their words.

    Numbers are left out: addresses of the same day have nothing else in common.

    Parameters
    ----------
    lines : iterable of str
        One address each, complete or from ``/`` on, such as the not-found lines of a server's
        log; empty and repeated lines are left out.

    Raises
    ------
    SourceError
        If a line is not an address; names the number of the line.

    Examples
    --------
    >>> addresses_alone(["/2024/rye-bread/", "", "/2024/rye-bread/"])["path"].tolist()
    ['rye bread']
    """
    found: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        address = line.strip()
        if address and not (safe_address(address) and _START.match(address)):
            raise SourceError(
                f"line {number}: is not an address, got {address!r:.80}",
                "write one address a line: /2024/rye-bread/ or https://example.org/rye/",
            )
        if address:
            found[address] = None
    words = (path_words(address).split() for address in found)
    path = [" ".join(word for word in some if not word.isdigit()) for some in words]
    columns = {"id": [*found], "url": [*found], "path": path, "title": "", "text": ""}
    return validate_articles(pd.DataFrame(columns, dtype=object))


def redirects(model: Recommender, old: pd.DataFrame) -> pd.DataFrame:
    """Return where the removed addresses of old articles lead.

    Parameters
    ----------
    model : Recommender
        Fitted on the live articles, best with the stages of `stages`.
    old : DataFrame
        An Article table with `url`: of the site as it was, or from `addresses_alone`. Articles
        whose address is live are left out.

    Returns
    -------
    DataFrame with a row per removed address, ordered by address
        `address` from ``/`` on, the old `title`, and of the article it leads to `related_id`,
        `target`, `related_title` and `score`. An article that still has its id leads to itself,
        with score 1. If no article is near enough, or the nearest has no address, the texts are
        empty and the score is NaN.

    Raises
    ------
    SourceError
        If the live or the old articles have no addresses.
    NotFittedError
        Before `fit`.

    Examples
    --------
    >>> texts = ["The ferry sails from the port", "Ferry and port in a storm", "Rye bread"]
    >>> live = pd.DataFrame({"id": ["a", "b", "c"], "url": ["/sail/", "/storm/", "/rye/"],
    ...                      "title": "", "text": texts})
    >>> model = Recommender(stages=stages(0.1), min_df=1).fit(live)
    >>> found = redirects(model, addresses_alone(["/2019/bread-of-rye", "/sail", "/tea"]))
    >>> found[["address", "target"]].values.tolist()
    [['/2019/bread-of-rye', '/rye/'], ['/tea', '']]
    """
    live = model.articles_
    for table, which in ((live, "live"), (old, "old")):
        if not table["url"].any():
            raise SourceError(
                f"the {which} articles have no addresses",
                "set url_template, or name the built site",
            )
    known = {_key(url) for url in live["url"] if url} | {""}  # nothing leads away from the start
    gone = old[[bool(url) and _key(url) not in known for url in old["url"]]]
    gone = gone.assign(address=gone["url"].map(_path)).drop_duplicates("address")
    moved = gone["id"].isin(live["id"])
    stayed = gone[moved].assign(related_id=gone["id"][moved], score=1.0)
    lost = gone[~moved]
    found = model.recommend_for(lost, k=1).set_index("article_id")[["related_id", "score"]]
    rows = pd.concat([stayed, lost.join(found, on="id")]).sort_values("address")
    near = rows["related_id"].isin(live["id"][[bool(safe_address(url)) for url in live["url"]]])
    rows.loc[~near, ["related_id", "score"]] = "", float("nan")
    targets = live.iloc[rows_of(live, rows["related_id"][near])]
    hosts = rows["url"][near].map(host)
    rows["target"] = pd.Series(
        map(_target, targets["url"], hosts), index=rows.index[near], dtype=object
    )
    rows["related_title"] = pd.Series(
        targets["title"].tolist(), index=rows.index[near], dtype=object
    )
    texts = ["target", "related_title"]
    rows[texts] = rows[texts].astype(object).fillna("")
    return rows[[*COLUMNS]].reset_index(drop=True)


def _path(url: str) -> str:
    """Return an address from ``/`` on, percent-encoded."""
    parts = urlsplit(safe_address(url))
    return "/" + quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._").lstrip("/")


def _key(url: str) -> str:
    """Return what addresses that a server answers with one page have in common."""
    return _path(url).removesuffix("index.html").rstrip("/")


def _target(url: str, old_host: str) -> str:
    """Return an address from ``/`` on, or a complete one if it is on another host."""
    own = host(url)
    return safe_address(url) if own and old_host not in ("", own) else _path(url)


def as_netlify(found: pd.DataFrame) -> str:
    """Return redirects as a file ``_redirects``, as Netlify and Cloudflare Pages read it.

    Examples
    --------
    >>> as_netlify(pd.DataFrame({"address": ["/old/"], "target": ["/new/"]}))
    '/old/ /new/ 301\\n'
    """
    return "".join(f"{address} {target} 301\n" for address, target in _pairs(found))


def as_nginx(found: pd.DataFrame) -> str:
    """Return redirects as entries for nginx's ``map $uri $moved``, with and without last ``/``.

    nginx compares decoded addresses, so keys are decoded; in a value, ``$`` would be a variable.

    Examples
    --------
    >>> print(as_nginx(pd.DataFrame({"address": ["/o%C3%A4ts/"], "target": ["/new/"]})), end="")
    "/oäts" "/new/";
    "/oäts/" "/new/";
    """
    lines: dict[str, str] = {}
    for address, target in _pairs(found):
        bare = unquote(address).rstrip("/").replace("\\", r"\\").replace('"', r"\"")
        for key in (bare, f"{bare}/"):
            lines.setdefault(key, target.replace("$", "%24"))
    return "".join(f'"{key}" "{target}";\n' for key, target in lines.items() if key)


def as_json(found: pd.DataFrame) -> str:
    """Return all removed addresses as JSON, also those that lead nowhere: their target is null.

    Examples
    --------
    >>> row = {"address": "/old/", "title": "Old", "related_id": "a", "target": "/new/",
    ...        "related_title": "New", "score": 0.5}
    >>> json.loads(as_json(pd.DataFrame([row])))[0]["to"]
    '/new/'
    """
    rows: Any = found.to_dict("records")
    data = [
        {
            "from": row["address"],
            "title": row["title"],
            "to": row["target"] or None,
            "to_id": row["related_id"] or None,
            "to_title": row["related_title"] or None,
            "score": round(row["score"], 6) if row["target"] else None,
        }
        for row in rows
    ]
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _pairs(found: pd.DataFrame) -> Iterable[tuple[str, str]]:
    """Return the addresses that lead somewhere, with their targets."""
    return [pair for pair in zip(found["address"], found["target"], strict=True) if pair[1]]


FORMATS: Mapping[str, Callable[[pd.DataFrame], str]] = {
    "netlify": as_netlify,
    "nginx": as_nginx,
    "json": as_json,
}
"""Writer by name of the format."""
