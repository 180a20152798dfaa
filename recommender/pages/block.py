"""The block of HTML on a page: a labeled list of cards, and the same list as JSON-LD.

Invariant: every text is escaped, and every address is http, https or a path of the site. The
block runs no script and affects no other element: its few styles are in style attributes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from recommender.errors import ConfigError, MissingDependencyError, did_you_mean
from recommender.outputs.urls import CONTROL, safe_address
from recommender.outputs.wording import date_for, day_of, heading_for

if TYPE_CHECKING:
    from recommender.outputs.cards import Card

Size = Callable[[str], tuple[int, int] | None]
"""Return the width and height in pixels for the address of a picture, if known."""

STYLES: Mapping[str, str] = {
    "nav": "margin:2.5rem 0 1rem;clear:both",
    "list": "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));"
    "gap:1.5rem;list-style:none;margin:0;padding:0;text-align:start",
    "card": "position:relative;display:flex;flex-direction:column;gap:.4em;margin:0;padding:0;"
    "min-width:0;overflow-wrap:anywhere;container-type:inline-size",
    # 16 : 9, but no space if a picture does not load: this needs an automatic height
    "image": "display:block;width:100%;height:auto;max-height:56.25cqi;object-fit:cover;"
    "min-height:calc-size(min-content,min(size*999,56.25cqi))",
    "link": "font-weight:bold;display:-webkit-box;-webkit-box-orient:vertical;"
    "-webkit-line-clamp:4;overflow:hidden",
    "cover": "position:absolute;inset:0",
    "teaser": "margin:0;font-size:.9em;display:-webkit-box;-webkit-box-orient:vertical;"
    "-webkit-line-clamp:5;overflow:hidden",
    "reason": "margin:0;font-size:.8em",
    "date": "font-size:.8em",
}
"""Inline styles by part; fonts and colors come from the site."""

CARD_NAMES = (
    "url", "title", "teaser", "reason", "image", "width", "height", "day", "day_shown",
    "author", "id", "date", "score", "because", "origin",
)  # fmt: skip
"""The names of a card's values in a template; unknown values are an empty text, list or None."""

_UNDEFINED = re.compile(r"'(\w+)' is undefined|has no attribute '(\w+)'")
_SPACE = re.compile(r"\s+")


def plain(text: Any) -> str:
    """Return a text on one line without control and direction characters.

    Examples
    --------
    >>> plain("Rye\\x00\\u202e and\\n oats")
    'Rye and oats'
    """
    line = str(text or "")
    if line.isprintable() and "  " not in line:  # as most are
        return line.strip()
    return _SPACE.sub(" ", CONTROL.sub("", line)).strip()


def render_block(
    cards: Sequence[Card],
    *,
    lang: str = "",
    heading: str | None = None,
    template: str | None = None,
    style: bool = True,
    size: Size | None = None,
    written: Callable[[str], str] | None = None,
) -> str:
    """Return the block for one page.

    Parameters
    ----------
    cards : sequence of Card
        At least `title` and `url`; a card without a safe address or title is omitted.
        Pictures are shown if every card has one.
    lang : str
        Language of the page, for the heading.
    heading : str, optional
        The heading; default: that of `heading_for` in `lang`.
    template : str, optional
        Jinja2 source, run in a sandbox with autoescape. It gets `cards`, `heading`, `lang` and
        `styles` (`STYLES`, or empty texts); each card has the names in `CARD_NAMES`.
        ``block.html`` of this package is the default block as a template.
    style : bool
        Write style attributes; without them, only the site's own CSS for ``.recommender``
        applies.
    size : callable, optional
        Width and height of a picture by its address.
    written : callable, optional
        Returns how the page writes an address of the site.

    Returns
    -------
    str
        HTML with ``\\n`` line ends; empty if no card is left.

    Raises
    ------
    ConfigError
        If the template is wrong or uses an unknown name.
    MissingDependencyError
        If a template is given and Jinja2 is not installed.

    Examples
    --------
    >>> block = render_block([{"title": "Rye & <b>", "url": "/rye/"}], lang="de")
    >>> "Rye &amp; &lt;b&gt;" in block, "Das könnte Sie auch interessieren" in block
    (True, True)
    """
    shown = clean_cards(cards, lang, size, written)
    if not shown:
        return ""
    title = plain(heading) or heading_for(lang, shown)
    styles = STYLES if style else {}
    if template is not None:
        body = _from_template(template, shown, title, lang, styles)
    else:
        body = _markup(shown, title, styles)
    return f"{body.strip()}\n{linked_data(shown)}\n"


def clean_cards(
    cards: Sequence[Card],
    lang: str = "",
    size: Size | None = None,
    written: Callable[[str], str] | None = None,
) -> list[dict[str, Any]]:
    """Return cards as a block shows them: plain texts and safe addresses, nothing escaped.

    Parameters
    ----------
    cards, lang, size, written
        As for `render_block`.

    Returns
    -------
    list of dict
        With the names in `CARD_NAMES`, and any others unchanged.

    Examples
    --------
    >>> (card,) = clean_cards([{"title": "Rye", "url": "/rye/"}, {"title": "", "url": "/oats/"}])
    >>> card["url"], card["day_shown"]
    ('/rye/', '')
    """
    shown = [card for card in (_clean_card(card, lang, size, written) for card in cards) if card]
    if not all(card["image"] for card in shown):  # the same look for all cards of a list
        shown = [card | {"image": "", "width": None, "height": None} for card in shown]
    return shown


def _clean_card(
    card: Card, lang: str, size: Size | None, written: Callable[[str], str] | None
) -> dict[str, Any]:
    url, title = safe_address(card.get("url")), plain(card.get("title"))
    if not url or not title:
        return {}
    image = safe_address(card.get("image"))
    found = size(image) if image and size else None
    width, height = found or (None, None)
    if written:
        url, image = written(url), written(image)
    clean = {
        name: plain(value) if isinstance(value, str) else value for name, value in card.items()
    }
    day = day_of(card)
    return dict.fromkeys(CARD_NAMES, "") | {"score": None, "because": []} | clean | {
        "url": url, "title": title, "image": image, "width": width, "height": height,
        "teaser": plain(card.get("teaser")), "reason": plain(card.get("reason")),
        "day": day, "day_shown": date_for(day, lang) if day else "",
    }  # fmt: skip


def _markup(cards: Sequence[Mapping[str, Any]], heading: str, styles: Mapping[str, str]) -> str:
    lines = [
        '<nav class="recommender" aria-labelledby="recommender-heading"'
        f' data-pagefind-ignore="all"{_style(styles, "nav")}>',
        f'<h2 id="recommender-heading">{escape(heading)}</h2>',
        f"<ul{_style(styles, 'list')}>",
    ]
    for card in cards:
        lines += [f"<li{_style(styles, 'card')}>", *_card_lines(card, styles), "</li>"]
    return "\n".join([*lines, "</ul>", "</nav>"])


def _card_lines(card: Mapping[str, Any], styles: Mapping[str, str]) -> list[str]:
    lines = []
    if card["image"]:
        box = f' width="{card["width"]}" height="{card["height"]}"' if card["width"] else ""
        lines.append(
            f'<img src="{escape(card["image"])}" alt="" loading="lazy" decoding="async"{box}'
            f"{_style(styles, 'image')} />"  # XHTML pages would break without the slash
        )
    cover = f"<span{_style(styles, 'cover')}></span>" if styles else ""
    link = f'<a href="{escape(card["url"])}"{_style(styles, "link")}>'
    lines.append(f"{link}{escape(card['title'])}{cover}</a>")
    if card["teaser"]:
        lines.append(f"<p{_style(styles, 'teaser')}>{escape(card['teaser'])}</p>")
    if card["reason"]:
        lines.append(f"<p{_style(styles, 'reason')}>{escape(card['reason'])}</p>")
    if card["day"]:
        style = _style(styles, "date")
        lines.append(f'<time datetime="{card["day"]}"{style}>{escape(card["day_shown"])}</time>')
    return lines


def _style(styles: Mapping[str, str], part: str) -> str:
    return f' style="{styles[part]}"' if part in styles else ""


def linked_data(cards: Sequence[Mapping[str, Any]]) -> str:
    """Return schema.org's relatedLink; ``<``, ``>`` and ``&`` become JSON escapes.

    Examples
    --------
    >>> "</" in linked_data([{"url": "/</script>"}]).removesuffix("</script>")
    False
    """
    data = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "relatedLink": [card["url"] for card in cards],
    }
    text = json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/ld+json">{text}</script>'


def _from_template(
    template: str,
    cards: Sequence[Mapping[str, Any]],
    heading: str,
    lang: str,
    styles: Mapping[str, str],
) -> str:
    try:
        from jinja2 import StrictUndefined, TemplateError, UndefinedError
        from jinja2.sandbox import SandboxedEnvironment
    except ImportError:
        raise MissingDependencyError("Jinja2", "templates", "a template of your own") from None
    environment = SandboxedEnvironment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    names = {"cards": cards, "heading": heading, "lang": lang,
             "styles": {**dict.fromkeys(STYLES, ""), **styles}}  # fmt: skip
    try:
        return environment.from_string(template).render(names)
    except UndefinedError as error:
        raise _unknown_name(str(error), names) from error
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise ConfigError(
            f"template{f':{line}' if line else ''}: {error}", "see block.html of the package"
        ) from error


def _unknown_name(message: str, names: Mapping[str, Any]) -> ConfigError:
    """Return the error for an unknown name in a template."""
    found = _UNDEFINED.search(message)
    name = (found[1] or found[2]) if found else ""
    known = [*names, *CARD_NAMES, *STYLES]
    what = f"unknown name {name!r}" if name else message
    return ConfigError(
        f"template: {what}, expected {', '.join(names)}; of a card {', '.join(CARD_NAMES)}; "
        f"of styles {', '.join(STYLES)}",
        did_you_mean(name, known) or "see block.html of the package",
    )
