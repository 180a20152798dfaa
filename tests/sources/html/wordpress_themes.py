"""Sites as WordPress builds them: sixteen posts in six themes, with everything around a post.

The markup follows the habits of such themes: a classic one, a block theme, Elementor with and
without an SEO plug-in, AMP, and an old theme without any `<article>`. Every page has captions,
tags, a star rating, an old list of cards, a sidebar and comments.
"""

# ruff: noqa: E501  (the markup of themes reads best with a line to an element)
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

SITE = "Globe Ledger"
HOST = "https://globe.example"


class Post(NamedTuple):
    """A post as its author wrote it."""

    number: int
    title: str
    day: str
    """ISO 8601."""
    paragraphs: list[str]

    @property
    def slug(self) -> str:
        """Its name in addresses."""
        return self.title.lower().replace(" ", "-")

    @property
    def moment(self) -> str:
        """Late in the evening by the clock of the site, four hours behind UTC."""
        return f"{self.day}T21:30:00-04:00"

    @property
    def shown(self) -> str:
        """The day as the theme prints it."""
        months = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
        ]
        year, month, day = self.day.split("-")
        return f"{months[int(month) - 1]} {int(day)}, {year}"

    @property
    def text(self) -> str:
        """The text that the HTML source should read."""
        return "\n\n".join(self.paragraphs)


_THINGS = [
    ("ferry", "harbor", "pilots"), ("mill", "river", "bakers"), ("quarry", "ridge", "masons"),
    ("orchard", "valley", "growers"), ("archive", "cellar", "clerks"), ("tram", "hill", "drivers"),
    ("lighthouse", "reef", "keepers"), ("theater", "square", "actors"),
    ("brewery", "spring", "coopers"), ("school", "meadow", "teachers"),
    ("dairy", "pasture", "farmers"), ("foundry", "canal", "smiths"),
    ("library", "park", "readers"), ("clinic", "bridge", "nurses"),
    ("sawmill", "forest", "loggers"), ("museum", "castle", "guides"),
]  # fmt: skip


def posts() -> list[Post]:
    """Return the sixteen posts."""
    made = []
    for number, (thing, place, people) in enumerate(_THINGS):
        day = f"2022-{number % 9 + 1:02}-{number + 3:02}"
        paragraphs = [
            f"The {thing} by the {place} closed its doors on Monday, after {people} had warned of "
            f"the state of its roof for the better part of {number + 3} years.",
            f"Nobody was hurt when a beam gave way, but the council, which owns the {thing}, now "
            f"has to find the money for repairs that it put off twice.",
            f"What the {people} want",
            f"They ask that the {thing} stay open on two days of the week, and that those who work "
            f"near the {place} be heard before a contract is signed.",
            f"“We know every board of the {thing},” says one of the {people}, who has worked "
            f"beside the {place} since the flood.",
            f"A roof of slate for the {thing}, as it had before",
            f"A path from the {place} that stays dry in winter",
            f"A vote is due in spring; until then the {thing} is held up by props that were lent by "
            f"the {people} of the next town along the {place}.",
        ]
        title = f"{thing.capitalize()} at the {place} closes after {people} warn"
        made.append(Post(number, title, day, paragraphs))
    return made


def pages(theme: str, *, seo: bool, comments: int) -> dict[str, str]:
    """Return the pages of a site: its posts, and the home page and archives around them."""
    everything = posts()
    render = THEMES[theme]
    found = {
        f"{post.slug}/index.html": render(post, everything, seo, comments) for post in everything
    }
    listed = "".join(
        f'<article class="post"><h2 class="entry-title"><a href="/{post.slug}/">{post.title}</a></h2>'
        f"<p>{post.paragraphs[0]}</p></article>"
        for post in everything
    )
    typed = '<meta property="og:type" content="article">' if seo else ""
    for name, title in (
        ("index.html", SITE),
        ("tag/roofs/index.html", f"roofs – {SITE}"),
        ("category/news/page/2/index.html", f"News – {SITE}"),
        ("author/ada/index.html", f"Ada Byron, Author at {SITE}"),
    ):
        found[name] = (
            f'<!DOCTYPE html><html lang="en-US"><head><meta charset="utf-8"><title>{title}</title>'
            f"{typed}</head><body><h1>{title}</h1><main>{listed}</main></body></html>"
        )
    return found


def body_of(post: Post) -> str:
    """Return the content of a post as the editor stores it, with a picture and its caption."""
    lead, second, heading, asked, quote, slate, path, last = post.paragraphs
    return (
        f"<p>{lead}</p>\n"
        f'<figure class="wp-block-image size-large"><img src="/wp-content/uploads/{post.number}.jpg" '
        f'alt="A roof" width="640" height="360"/><figcaption class="wp-element-caption">A view of the '
        f"site, seen from the road. Photo: Bo Li / Reuters</figcaption></figure>\n"
        f"<p>{second}</p>\n<h2>{heading}</h2>\n<p>{asked}</p>\n"
        f"<blockquote><p>{quote}</p></blockquote>\n"
        f"<ul><li>{slate}</li><li>{path}</li></ul>\n<p>{last}</p>\n"
    )


def _head(post: Post, seo: bool, css: str) -> str:
    tags = ""
    if seo:
        url = f"{HOST}/{post.slug}/"
        tags = (
            f'<meta name="description" content="{post.paragraphs[0][:120]}">'
            f'<link rel="canonical" href="{url}"><meta property="og:locale" content="en_US">'
            f'<meta property="og:type" content="article">'
            f'<meta property="og:title" content="{post.title} - {SITE}">'
            f'<meta property="og:url" content="{url}"><meta property="og:site_name" content="{SITE}">'
            f'<meta property="article:published_time" content="{post.moment}">'
            f'<meta property="article:modified_time" content="2023-02-01T10:00:00-05:00">'
            '<script type="application/ld+json" class="yoast-schema-graph">{"@context":'
            f'"https://schema.org","@graph":[{{"@type":"Article","headline":"{post.title}",'
            f'"datePublished":"{post.moment}","dateModified":"2023-02-01T10:00:00-05:00",'
            f'"author":{{"name":"Ada Byron","@id":"{HOST}/#ada"}},"publisher":{{"@id":"{HOST}/#org"}}}},'
            f'{{"@type":"WebSite","@id":"{HOST}/#site","name":"{SITE}"}}]}}</script>'
        )
    return (
        '<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width">'
        f"<title>{post.title} – {SITE}</title>{tags}<style>*{{box-sizing:border-box}}{css}</style></head>"
    )


def _nav() -> str:
    links = "".join(f'<li><a href="/{name}/">{name.title()}</a></li>' for name in ("news", "about"))
    return f'<nav class="main-navigation" id="site-navigation"><ul>{links}</ul></nav>'


def _footer() -> str:
    return (
        f'<footer id="colophon" class="site-footer"><p>© 2024 {SITE}. All rights reserved. '
        '<a href="/privacy/">Privacy policy</a></p></footer>'
    )


def _rating() -> str:
    return (
        '<div class="rmp-widgets-container rmp-wp-plugin"><div class="rmp-rating-widget">'
        '<h4 class="rmp-heading">How useful was this post?</h4><p>Click on a star to rate it!</p>'
        "<p>Average rating <span>4.5</span> / 5. Vote count: <span>12</span></p>"
        "<p>No votes so far! Be the first to rate this post.</p></div></div>"
    )


def _tags() -> str:
    return (
        '<span class="tags-links">Tags: <a href="/tag/roofs/" rel="tag">roofs</a>, '
        '<a href="/tag/council/" rel="tag">council</a></span>'
    )


def _others(post: Post, everything: list[Post]) -> list[Post]:
    return [everything[(post.number + step) % len(everything)] for step in range(1, 7)]


def _teaser(post: Post) -> str:
    return " ".join(post.paragraphs[0].split()[:20]) + "…"


def _old_list(post: Post, everything: list[Post], named: bool = True) -> str:
    cards = "".join(
        f'<div class="crp-card"><h3><a href="/{other.slug}/">{other.title}</a></h3>'
        f'<time datetime="{other.moment}">{other.shown}</time><p>{_teaser(other)}</p></div>'
        for other in _others(post, everything)
    )
    name = ' class="related-posts"' if named else ' class="x3"'
    return f"<div{name}><h2>You may also like</h2>{cards}</div>"


def _sidebar(post: Post, everything: list[Post], tag: str = "aside") -> str:
    recent = "".join(
        f'<li><a href="/{other.slug}/">{other.title}</a><span class="post-date">{other.shown}</span></li>'
        for other in _others(post, everything)
    )
    return (
        f'<{tag} id="secondary" class="sidebar widget-area"><section class="widget widget_text">'
        f"<h2>About the paper</h2><p>{SITE} has been printed in the valley since 1911, and is owned by "
        f"its readers, who meet once a year in the hall.</p></section>"
        f'<section class="widget widget_recent_entries"><h2>Recent Posts</h2><ul>{recent}</ul></section>'
        f"</{tag}>"
    )


def _comments(post: Post, count: int) -> str:
    written = "".join(
        f'<li id="comment-{n}" class="comment even"><article id="div-comment-{n}" class="comment-body">'
        f'<footer class="comment-meta"><div class="comment-author vcard"><b class="fn">Reader {n}</b>'
        f' says:</div><div class="comment-metadata"><time datetime="2024-0{n % 9 + 1}-1{n % 9}T08:00:00'
        f'+00:00">June {n + 1}, 2024 at 8:00 am</time></div></footer><div class="comment-content">'
        f"<p>I lived near there for {n + 2} years, and I can say that none of this was a surprise to any "
        f"of us, whatever the mayor may tell you now about post {post.number}.</p>"
        f"<p>It is a shame, number {n}, and I hope that they find the money.</p></div></article></li>"
        for n in range(count)
    )
    return (
        f'<div id="comments" class="comments-area"><h2 class="comments-title">{count} thoughts on '
        f'“{post.title}”</h2><ol class="comment-list">{written}</ol>'
        '<div id="respond" class="comment-respond"><h3>Leave a Reply</h3><form><p>Your email address '
        "will not be published. Required fields are marked *</p><textarea></textarea></form></div></div>"
    )


def _classic(post: Post, everything: list[Post], seo: bool, comments: int) -> str:
    """Twenty-something: the site's name in a <p> or <h1>, the date in the entry's footer."""
    css = (
        ".site{max-width:1100px;margin:0 auto}.site-content{display:flex;gap:40px}.content-area{"
        "width:700px}.entry-content{width:520px;margin-left:90px}.sidebar{width:300px}"
    )
    return (
        f'<!DOCTYPE html><html lang="en-US">{_head(post, seo, css)}<body class="post-template-default '
        f'single single-post postid-{post.number} single-format-standard"><div id="page" class="site">'
        f'<header id="masthead" class="site-header"><h1 class="site-title"><a href="/" rel="home">{SITE}'
        f'</a></h1>{_nav()}</header><div id="content" class="site-content"><div id="primary" '
        f'class="content-area"><main id="main" class="site-main"><article id="post-{post.number}" '
        f'class="post-{post.number} post type-post status-publish hentry category-news tag-roofs">'
        f'<header class="entry-header"><h1 class="entry-title">{post.title}</h1></header>'
        f'<div class="entry-content">{body_of(post)}{_rating()}{_old_list(post, everything)}</div>'
        f'<footer class="entry-footer"><span class="byline"><span class="author vcard">'
        f'<span class="screen-reader-text">Author </span><a class="url fn n" href="/author/ada/">Ada Byron'
        f'</a></span></span><span class="posted-on"><span class="screen-reader-text">Posted on </span>'
        f'<a href="/{post.slug}/" rel="bookmark"><time class="entry-date published" '
        f'datetime="{post.moment}">{post.shown}</time><time class="updated" '
        f'datetime="2023-02-01T10:00:00-05:00">February 1, 2023</time></a></span>{_tags()}</footer>'
        f"</article>{_comments(post, comments)}"
        f'<nav class="navigation post-navigation"><a href="/{everything[post.number - 1].slug}/">Previous '
        f"post: {everything[post.number - 1].title}</a></nav></main></div>{_sidebar(post, everything)}</div>"
        f"{_footer()}</div></body></html>"
    )


def _block(post: Post, everything: list[Post], seo: bool, comments: int) -> str:
    """A block theme: no <article>, a <main>, cards as a query loop, constrained layout."""
    css = (
        ".is-layout-constrained>*{max-width:620px;margin-left:auto!important;margin-right:auto"
        "!important}.is-layout-constrained>.alignwide{max-width:1280px}"
    )
    loop = "".join(
        f'<li class="wp-block-post post type-post"><h3 class="wp-block-post-title"><a href="/{other.slug}/">'
        f'{other.title}</a></h3><div class="wp-block-post-date"><time datetime="{other.moment}">'
        f'{other.shown}</time></div><div class="wp-block-post-excerpt"><p>{_teaser(other)}</p></div></li>'
        for other in _others(post, everything)
    )
    talk = "".join(
        f'<li class="comment"><div class="wp-block-comment-author-name">Reader {n}</div>'
        f'<div class="wp-block-comment-date"><time datetime="2024-01-1{n % 9}T08:00:00+00:00">January '
        f'1{n % 9}, 2024</time></div><div class="wp-block-comment-content"><p>I have been to all the '
        f"meetings about post {post.number}, {n + 2} of them, and nobody ever spoke of the roof at all.</p>"
        f"</div></li>"
        for n in range(comments)
    )
    return (
        f'<!DOCTYPE html><html lang="en-US">{_head(post, seo, css)}<body class="single single-post">'
        f'<div class="wp-site-blocks"><header class="wp-block-template-part"><p class="wp-block-site-title">'
        f'<a href="/" rel="home">{SITE}</a></p>{_nav()}</header><main class="wp-block-group">'
        f'<div class="wp-block-group has-global-padding is-layout-constrained">'
        f'<h1 class="wp-block-post-title">{post.title}</h1><div class="wp-block-group post-meta">'
        f'<div class="wp-block-post-date"><time datetime="{post.moment}"><a href="/{post.slug}/">'
        f'{post.shown}</a></time></div><p>by</p><div class="wp-block-post-author"><p '
        f'class="wp-block-post-author__name">Ada Byron</p></div></div></div>'
        f'<div class="entry-content wp-block-post-content has-global-padding is-layout-constrained">'
        f"{body_of(post)}{_rating()}</div>"
        f'<div class="wp-block-group is-layout-constrained"><div class="taxonomy-post_tag '
        f'wp-block-post-terms">Tags: <a href="/tag/roofs/" rel="tag">roofs</a></div>'
        f'<div class="wp-block-comments"><h2 class="wp-block-comments-title">{comments} responses to '
        f'“{post.title}”</h2><ol class="wp-block-comment-template">{talk}</ol></div></div>'
        f'<div class="wp-block-query alignwide"><h2>More posts</h2><ul class="wp-block-post-template">'
        f"{loop}</ul></div></main>{_sidebar(post, everything)}{_footer()}</div></body></html>"
    )


def _elementor(post: Post, everything: list[Post], seo: bool, comments: int) -> str:
    """Elementor: divs in divs, the title in a heading widget, cards as <article>s."""
    css = (
        ".elementor-section-boxed>.elementor-container{max-width:1140px;margin:0 auto;display:flex}"
        ".elementor-col-66{width:66%}.elementor-col-33{width:33%}.elementor-column{padding:10px}"
        ".elementor-posts{display:grid;grid-template-columns:repeat(3,1fr);gap:30px}"
    )
    cards = "".join(
        f'<article class="elementor-post elementor-grid-item post type-post"><div class="elementor-post__card">'
        f'<div class="elementor-post__text"><h3 class="elementor-post__title"><a href="/{other.slug}/">'
        f'{other.title}</a></h3><div class="elementor-post__excerpt"><p>{_teaser(other)}</p></div>'
        f'<div class="elementor-post__meta-data"><span class="elementor-post-date">{other.shown}</span></div>'
        f"</div></div></article>"
        for other in _others(post, everything)
    )

    def widget(kind: str, inner: str) -> str:
        return (
            f'<div class="elementor-element elementor-widget elementor-widget-{kind}" '
            f'data-widget_type="{kind}.default"><div class="elementor-widget-container">{inner}</div></div>'
        )

    info = (
        '<ul class="elementor-icon-list-items elementor-post-info"><li class="elementor-icon-list-item">'
        '<span class="elementor-post-info__item elementor-post-info__item--type-author">Ada Byron</span></li>'
        '<li class="elementor-icon-list-item"><span class="elementor-post-info__item '
        f'elementor-post-info__item--type-date"><time>{post.shown}</time></span></li></ul>'
    )
    main = (
        widget("theme-post-title", f'<h1 class="elementor-heading-title">{post.title}</h1>')
        + widget("post-info", info)
        + widget("theme-post-content", body_of(post))
        + widget("text-editor", f"<p>{_tags()}</p>")
        + widget("shortcode", _rating())
        + widget("heading", '<h2 class="elementor-heading-title">You may also like</h2>')
        + widget("posts", f'<div class="elementor-posts-container elementor-posts">{cards}</div>')
        + widget("post-comments", _comments(post, comments))
    )
    return (
        f'<!DOCTYPE html><html lang="en-US">{_head(post, seo, css)}<body class="elementor-default single">'
        f'<div data-elementor-type="header" class="elementor elementor-location-header"><div '
        f'class="elementor-section elementor-section-boxed"><div class="elementor-container"><h1 '
        f'class="elementor-heading-title"><a href="/">{SITE}</a></h1>{_nav()}</div></div></div>'
        f'<div data-elementor-type="single-post" class="elementor elementor-location-single post-{post.number} '
        f'post type-post"><div class="elementor-section-wrap"><div class="elementor-section '
        f'elementor-section-boxed"><div class="elementor-container"><div class="elementor-column '
        f'elementor-col-66"><div class="elementor-widget-wrap">{main}</div></div><div '
        f'class="elementor-column elementor-col-33"><div class="elementor-widget-wrap">'
        f"{widget('sidebar', _sidebar(post, everything, 'div'))}</div></div></div></div></div></div>"
        f'<div data-elementor-type="footer" class="elementor elementor-location-footer"><div '
        f'class="elementor-section elementor-section-boxed"><div class="elementor-container">'
        f"{widget('text-editor', f'<p>© 2024 {SITE}. All rights reserved.</p>')}</div></div></div>"
        f"</body></html>"
    )


def _amp(post: Post, everything: list[Post], seo: bool, comments: int) -> str:
    """The reader mode of the AMP plug-in."""
    css = ".amp-wp-article{max-width:600px;margin:0 auto}.amp-wp-article-content{margin:0 16px}"
    body = body_of(post).replace("<img", "<amp-img").replace("/>", "></amp-img>")
    talk = "".join(
        f'<li class="comment amp-wp-comment"><article class="comment-body"><p>Reader {n} says that post '
        f"{post.number} was overdue by {n + 2} years, and that the mayor knew of it well.</p></article></li>"
        for n in range(comments)
    )
    return (
        f'<!doctype html><html amp lang="en-US">{_head(post, seo, css)}<body class="">'
        f'<header id="top" class="amp-wp-header"><div><a href="/"><span class="amp-site-title">{SITE}</span>'
        f'</a></div></header><article class="amp-wp-article"><header class="amp-wp-article-header">'
        f'<h1 class="amp-wp-title">{post.title}</h1><div class="amp-wp-meta amp-wp-byline"><span '
        f'class="amp-wp-author author vcard">Ada Byron</span></div><div class="amp-wp-meta amp-wp-posted-on">'
        f'<time datetime="{post.moment}">{post.shown}</time></div></header>'
        f'<div class="amp-wp-article-content">{body}{_rating()}{_old_list(post, everything, False)}</div>'
        f'<footer class="amp-wp-article-footer"><div class="amp-wp-meta amp-wp-tax-tag">{_tags()}</div>'
        f'<div class="amp-wp-meta amp-wp-comments-link"><a href="/{post.slug}/#respond">Leave a Comment</a>'
        f'</div></footer></article><ol class="amp-comments">{talk}</ol>{_sidebar(post, everything)}'
        f'<footer class="amp-wp-footer"><div><h2>{SITE}</h2><p><a href="https://wordpress.org/">Powered by '
        f'WordPress</a></p><a href="#top" class="back-to-top">Back to top</a></div></footer></body></html>'
    )


def _old(post: Post, everything: list[Post], seo: bool, comments: int) -> str:
    """A theme of 2008: <div>s by id, the site's name in <h1>, the headline in <h2>, a text date."""
    css = (
        "#page{width:960px;margin:0 auto}#content{float:left;width:600px}.post{padding:0 20px}"
        "#sidebar{float:right;width:300px}#footer{clear:both}"
    )
    talk = "".join(
        f'<li class="alt" id="comment-{n}"><cite>Reader {n}</cite> Says: <small class="commentmetadata"><a '
        f'href="#comment-{n}">June {n + 1}, 2024 at 8:00 am</a></small><p>None of us who walked past in the '
        f"last {n + 2} years can be surprised by post {post.number}, to tell you the truth.</p></li>"
        for n in range(comments)
    )
    return (
        f'<!DOCTYPE html><html lang="en-US">{_head(post, seo, css)}<body><div id="page"><div id="header">'
        f'<div id="headerimg"><h1><a href="/">{SITE}</a></h1><div class="description">News from the valley'
        f'</div></div></div><div id="content" class="narrowcolumn"><div class="post" id="post-{post.number}">'
        f'<h2>{post.title}</h2><small>{post.shown} by Ada Byron</small><div class="entry">{body_of(post)}'
        f'<p class="postmetadata">{_tags()}</p></div>{_rating()}{_old_list(post, everything, False)}</div>'
        f'<h3 id="comments">{comments} Responses to “{post.title}”</h3><ol class="commentlist">{talk}</ol>'
        f'</div><div id="sidebar">{_sidebar(post, everything, "div")}</div><div id="footer"><p>{SITE} is '
        f"proudly powered by WordPress</p></div></div></body></html>"
    )


THEMES: dict[str, Callable[[Post, list[Post], bool, int], str]] = {
    "classic": _classic,
    "block": _block,
    "elementor": _elementor,
    "amp": _amp,
    "old": _old,
}
"""A page of a post by theme; Elementor counts twice, with and without `seo`."""
