"""WordPress's own syntax in the content of a post: Gutenberg comments and shortcodes.

A shortcode is distinguished from a word in brackets (``[sic]``) by its name, attributes or closing
tag. The text inside paired shortcodes is kept, except for captions, code and forms.
"""

from __future__ import annotations

import re

from recommender.sources.html.markup import drop_spans

_KNOWN = frozenset([
    "ads", "adrotate", "adsense", "archives", "audio", "button", "buttons", "caption", "catlist",
    "column", "columns", "contactform", "crayon", "displaycats", "dropcap", "embed", "facebook",
    "fbvideo", "form", "formidable", "gallery", "googlemaps", "gravityform", "gravityforms",
    "gist", "hr", "instagram", "kkratings", "latestposts", "login", "map", "mapsmarker",
    "newsletter", "ninja_form", "playlist", "poll", "post", "products", "product", "ratemypost",
    "ratings", "recaptcha", "recentposts", "related", "relatedposts", "row", "section",
    "separator", "share", "shortcode", "sitemap", "slider", "slideshare", "slideshow",
    "smartslider3", "soundcloud", "spacer", "spoiler", "ted", "toc", "toggle", "tweet", "twitter",
    "video", "videopress", "vimeo", "wpforms", "wpvideo", "yarpp", "youtube", "yuzo",
])  # fmt: skip
_TAG = re.compile(
    r"(?<!\[)\[(/?)([A-Za-z][\w-]{1,40})((?:\s(?:[^\[\]\"'<>]++|\"[^\"]*+\"|'[^']*+'|<[^<>]*+>)*+)?/?)"
    r"\](?!\]|\()"
)
_ATTRIBUTE = re.compile(r"\s[\w-]+=\S")
_ESCAPED = re.compile(r"\[(\[[^\[\]]{1,500}\])\]")
_EMPTIED = re.compile(
    r"\[(caption|wp_caption|code|php|css|html|javascript|js|sourcecode|crayon|highlight|gist"
    r"|contact-form|contact-form-7|embed|playlist|video|audio|poll|login|form|math|latex|tweet"
    r"|googlemaps)(?:\s[^\]\[\n]*+)?\]",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"<!--\s+wp:((?:core/)?(?:buttons|code|html-form|latest-posts|navigation|query|search"
    r"|social-links|tag-cloud|archives|categories|comments|footnotes|file|rss|page-list)"
    r"|jetpack/[\w-]+|yoast-seo/table-of-contents|rank-math/toc-block)\s[^\n]{0,4000}?(/?)-->"
)


def strip_wordpress(content: str) -> str:
    """Return the content of a post as HTML, without block comments and shortcodes.

    Examples
    --------
    >>> strip_wordpress('<!-- wp:paragraph --><p>Rye [sic] [su_note color="red"]early[/su_note]'
    ...                 '[ratings]</p><!-- /wp:paragraph -->')
    '<!-- wp:paragraph --><p>Rye [sic] early</p><!-- /wp:paragraph -->'
    >>> strip_wordpress('[caption id="a"]<img> Photo: Reuters[/caption]Rye.').strip()
    'Rye.'
    """
    if "<!--" in content:
        content = drop_spans(content, _BLOCK, _block_end)
    if "[" not in content:
        return content
    content = drop_spans(content, _EMPTIED, lambda tag: rf"\[/{tag[1]}\]")
    paired = {tag[2].lower() for tag in _TAG.finditer(content) if tag[1]}

    def instead(tag: re.Match[str]) -> str:
        return "" if tag[1] or _is_shortcode(tag[2], tag[3], paired) else tag[0]

    return _ESCAPED.sub(r"\1", _TAG.sub(instead, content))


def _is_shortcode(name: str, rest: str, paired: set[str]) -> bool:
    lower = name.lower()
    return (
        lower in paired
        or lower in _KNOWN
        or "_" in name
        or rest.endswith("/")
        or bool(_ATTRIBUTE.search(rest))
        or ("-" in name and not rest and name == lower)
    )


def _block_end(tag: re.Match[str]) -> str:
    return "" if tag[2] else rf"<!--\s+/wp:{re.escape(tag[1])}\s+-->"
