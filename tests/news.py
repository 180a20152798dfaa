"""A page of a news site with everything that such pages have around the article."""

from __future__ import annotations

OLD_LIST = [
    (f"Zebra {number} escapes from quagga park", f"Keepers searched hedge {number} until....")
    for number in range(12)
]


def news_page(title: str, body: list[str], *, classes: bool = True) -> str:
    """Return a page in the manner of a WordPress news site."""
    rated = ' class="rmp-widgets-container rmp-wp-plugin"' if classes else ""
    listed = ' class="related-posts"' if classes else ""
    teasers = "".join(
        f'<div class="c"><h3><a href="/z{number}/">{name}</a></h3><p>{text}</p></div>'
        for number, (name, text) in enumerate(OLD_LIST)
    )
    paragraphs = "".join(f"<p>{text}</p>" for text in body)
    return f"""<!DOCTYPE html><html lang="en-CA"><head><meta charset="utf-8">
<title>{title} - Daily Harbor</title><meta property="og:type" content="article">
<meta property="og:title" content="{title} - Daily Harbor"></head><body class="single tag-reuters">
<header><nav><a href="/">Home</a></nav></header>
<main><article class="post type-post category-newsletter">
<div><img src="/lead.jpg" alt="Not text"></div>
<p>A cadet gymnast trained on the parallel bars during a visit on February 25, 2025. REUTERS</p>
<h1>{title}</h1>
<div>March 27, 2025 Tags:</div>
<div>{paragraphs}</div>
<div{rated}><p>How useful was this post?</p><p>Click on a star to rate it!</p>
<p>Average rating <span>0</span> / 5. Vote count: <span>0</span></p>
<p>No votes so far! Be the first to rate this post.</p></div>
<p>Subscribe to our newsletter and find the news in your inbox</p>
<div class="sharedaddy"><h3>Share this:</h3><a href="https://wa.me/">WhatsApp</a></div>
<div{listed}><h2>You may also like</h2>{teasers}</div>
<div id="comments"><h3>2 Comments</h3><p>Jane says: Leave a reply, cookies.</p></div>
</article></main><footer>Cookies</footer></body></html>"""
