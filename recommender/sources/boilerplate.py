"""What on a page is not the article: known blocks, and blocks that recur over the site.

Two looks: at the text of blocks (credits, "Tags:", ratings, old lists), and at how many pages
share a block. Each removal has a kind and can be counted. Whole elements are judged in `elements`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from recommender.sources.html_text import HEADINGS, Block, PageText

_RATING = re.compile(
    r"(?:how (?:useful|helpful) was this (?:post|article|page)|click on a star to rate|"
    r"average rating\b|vote count\b|no votes so far|be the first to rate|"
    r"(?:please )?rate this (?:post|article|page|recipe)|we are sorry that this post|"
    r"let us improve this post|tell us how we can improve|thanks? (?:you )?for (?:voting|"
    r"your vote|rating)|was this (?:page|post|article) helpful|rating: ?\d|wie hilfreich war|"
    r"notez cet article|valora este)",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"(?P<before>|.{0,60}?(?:\d{4}|[|·•/—–,;]))\s*\b"
    r"(?:tags?|tagged(?: with| as)?|filed under|posted in|categor(?:y|ies)|topics?|keywords|"
    r"schlagw(?:ö|oe)rter|kategorien?|étiquettes|mots-clés|catégories?|etiquetas|categorías?|categorias?|etichette|categorie|trefwoorden|taggar|tagi|метки|"
    r"теги|рубрик[аи]|标签|分类|タグ|カテゴリー|태그|ετικέτες|etiketler|"
    r"وسوم)\s*[:：](?P<after>.*)",
    re.IGNORECASE,
)
_NETWORKS = (
    r"(?:facebook|twitter|tweet|x|linkedin|whatsapp|e-?mail|pin(?:terest| it)?|reddit|telegram|"
    r"mastodon|bluesky|threads|print|copy link)"
)
_SHARE = re.compile(
    r"(?:(?:share|tweet|e-?mail|print|teilen|partager|compartir|compartilhar|condividi)"
    r"(?: (?:it|this))?(?: (?:post|article|page|story))?"
    rf"(?: (?:on|via|auf|sur|en|su)\b.{{1,40}}|(?:[\s,|·:]+{_NETWORKS})*)|"
    r"follow us\b.*|like this|loading|pin it)\s*[:.!…]*",
    re.IGNORECASE,
)
_NEWSLETTER = re.compile(
    r"(?:subscribe (?:to|now|today|for)|sign up (?:for|to|now|today)|join our (?:newsletter|"
    r"mailing)|get (?:the|our) (?:latest|newsletter|best)|enter your email|newsletter\b|"
    r"abonnieren sie|inscrivez-vous|abonnez-vous|suscríbete|iscriviti|assine)",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:leave a (?:reply|comment)|\d+ (?:comments?|replies|responses?|thoughts? on\b.*)|"
    r"join the (?:conversation|discussion)|post a comment|comments? (?:are )?closed.*|"
    r"schreiben? sie einen kommentar|kommentar verfassen|laisser un commentaire|"
    r"deja (?:un comentario|una respuesta)|lascia un commento|deixe um comentário|reacties|"
    r"добавить комментарий)\W*",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:(?:published|posted|updated|last (?:updated|modified)|written)\b.{0,80}|"
    r"\d+ min(?:ute)?s?\.? read(?:ing time)?)",
    re.IGNORECASE,
)
_AUTHOR = re.compile(r"(?i:by) [A-ZÀ-Þ][\w.'’-]*(?:,? (?:and |& )?[A-ZÀ-Þ][\w.'’-]*){0,5}")
_AGENCIES = (
    r"(?:REUTERS|Reuters|AP|AP Photo|AFP|EPA|DPA|dpa|Xinhua|ANI|PTI|UPI|TASS|Getty(?: Images)?|"
    r"Shutterstock|iStock|Unsplash|Pexels|Pixabay|Bloomberg|Alamy|Anadolu|Keystone|ANP|Belga|NASA|"
    r"WikiMedia(?: Commons)?|Wikimedia(?: Commons)?|Flickr|CC BY[\w .-]*)"
)
_CREDIT = re.compile(
    rf".*(?:[.!?\"”)]|[/|(\[—–-])\s*(?:{_AGENCIES}[\s/|,]*)+[)\]]?\.?|"
    r"(?:[\[(]?\s*(?:photos?|photograph|images?|pictures?|foto|fotos|bild|crédit|credits?|crédito|"
    r"illustration|graphic)(?: (?:by|credit|courtesy(?: of)?))?\s*[:©/]|©|\(c\)|courtesy (?:of|:)).{0,160}|"  # noqa: E501
    r".{0,400}[\s(](?:photo|image|foto|credit|picture)s?(?: by| credit| courtesy)?\s*[:/©].{0,80}|"
    r"[A-Z]{2,}(?:[ /][A-Z]+){0,3}"
)
_RELATED = re.compile(
    r"(?:you (?:may|might|could)(?: also)? (?:like|enjoy|be interested.*)|(?:related|similar|"
    r"recommended|suggested|more|further|other|latest|recent|popular|trending) (?:posts?|"
    r"articles?|stories|reading|reads|news|content|coverage|links|pages)(?: .{1,30})?|"
    r"read (?:next|also|more|this next)|more (?:from|like this|on this|in)\b.{0,40}|"
    r"recommended(?: for you)?|related|up next|what to read next|don['’]t miss|also read|"
    r"keep reading|das könnte (?:sie|dich|ihnen|dir) auch.*|(?:ähnliche|verwandte|"
    r"weitere) (?:beiträge|artikel|themen)|mehr zum thema|lesen sie auch|(?:vous aimerez|"
    r"à lire) aussi.*|cela pourrait.*|articles? (?:similaires?|connexes?|liés?)|"
    r"sur le même (?:sujet|thème)|(?:también|tambien) te puede.*|te puede interesar.*|"
    r"(?:artículos|entradas|noticias) relacionad[ao]s|(?:artigos|posts|"
    r"notícias) relacionad[ao]s|(?:você )?também (?:pode|poderá).*|leia (?:também|mais)|"
    r"(?:potrebbe|potrebbero) (?:interessarti|piacerti).*|articoli correlati|leggi anche|"
    r"gerelateerde .*|lees ook|(?:gerelateerd|"
    r"verwant)e? (?:artikelen|berichten)|relaterade? .*|läs också|læs også|les også|"
    r"relaterte? .*|lue myös|saattaisit .*|(?:podobne|powiązane) .*|(?:zobacz|"
    r"przeczytaj) także|czytaj także|mohlo by .*|související .*|(?:вам (?:также )?может .*|"
    r"похожие .*|читайте также|по теме)|вам також.*|схожі .*|ilgili (?:yazılar|haberler)|"
    r"bunlar da .*|關連文章|相关文章|相關文章|猜你喜欢|你可能.*|関連記事|こちらも.*|"
    r"あわせて.*|おすすめ(?:の)?記事|관련 (?:글|기사).*|추천 .*|مقالات ذات صلة|قد يعجبك.*|"
    r"इन्हें भी पढ़ें|संबंधित .*|σχετικά .*|διαβάστε επίσης|baca juga|artikel terkait|"
    r"có thể bạn.*|bài viết liên quan)\s*[:：…!?]*",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"(?:…|\.{3,}|\[…\]|read more|weiterlesen|lire la suite)\W*$", re.I)
_DIGITS = re.compile(r"\d+")

NEAR_TOP = 4
"""Blocks from the top in which a credit, date or author line is looked for."""
SHORT = 12
"""Words of a block that may be a title or a line of a card."""
LONG = 8
"""Words from which two equal blocks are no accident."""


def mark_blocks(page: PageText, comments: bool = True) -> None:
    """Set `kind` of the blocks whose text shows that they are not the article, in place.

    Without `comments` none are looked for: a file that its author wrote holds none.
    """
    blocks = page.blocks
    for number, block in enumerate(blocks):
        if not block.kind:
            block.kind = _text_kind(block, number)
    _mark_lists(page, comments)


def recurring(pages: Sequence[Sequence[Block]]) -> set[bytes]:
    """Return the keys of blocks that recur over so many pages that they belong to the site.

    Parameters
    ----------
    pages : sequence of sequences of Block
        Blocks of each article.

    Returns
    -------
    set of bytes
        See `block_key`. A block of 8 words or more on 5 pages and 1 % of them; a shorter one
        on 5 pages and 25 %; a heading on 8 pages and 50 %, for sections may well be named
        alike.

    Examples
    --------
    >>> pages = [[Block("Mind the gap, please, between train and platform.", "p", 0.0)]] * 5
    >>> len(recurring(pages)), len(recurring(pages[:4]))
    (1, 0)
    """
    counts: Counter[bytes] = Counter()
    shapes: dict[bytes, Block] = {}
    for blocks in pages:
        keys = {block_key(block): block for block in blocks if not block.kind}
        counts.update(keys.keys())
        shapes |= keys
    return {key for key, n in counts.items() if n >= _threshold(shapes[key], len(pages))}


def mark_recurring(blocks: Sequence[Block], keys: set[bytes]) -> None:
    """Set `kind` of recurring blocks, in place.

    A page of which they are nine tenths is left alone: it is a copy of others, not a frame.
    """
    found = [block for block in blocks if not block.kind and block_key(block) in keys]
    total = sum(block.words for block in blocks if not block.kind)
    if sum(block.words for block in found) < 0.9 * total:
        for block in found:
            block.kind = "recurring"


def block_key(block: Block) -> bytes:
    """Return what two blocks share if they say the same.

    Case, line ends and the numbers of a short line do not count.
    """
    text = " ".join(block.text.casefold().split())
    if block.words <= SHORT:
        text = _DIGITS.sub("0", text)
    return blake2b(
        f"{block.tag in HEADINGS}{text}".encode("utf-8", "replace"), digest_size=8
    ).digest()


def count_cuts(pages: Iterable[PageText]) -> list[tuple[str, int, int, int, str]]:
    """Return kind, pages, blocks, words and an example of what was cut, most words first.

    The last kind, ``article``, is what is left.
    """
    totals: dict[str, list[Any]] = {}
    for page in pages:
        cuts = [(cut.kind, cut.words, cut.text) for cut in page.cuts]
        cuts += [(b.kind or "article", b.words, b.text[:200]) for b in page.blocks]
        met: set[str] = set()
        for kind, words, text in cuts:
            if kind == "title":
                continue
            total = totals.setdefault(kind, [0, 0, 0, text])
            total[0] += kind not in met
            total[1] += 1
            total[2] += words
            met.add(kind)
    order = sorted(totals.items(), key=lambda item: (item[0] == "article", -item[1][2], item[0]))
    return [(kind, pages, blocks, words, text) for kind, (pages, blocks, words, text) in order]


def is_date_or_author(text: str) -> bool:
    """Tell whether a line is nothing but a date or the name of an author.

    Examples
    --------
    >>> is_date_or_author("By Ada Lovelace"), is_date_or_author("By the sea it is cold today.")
    (True, False)
    """
    from recommender.sources.page_dates import find_date

    found = find_date(text)
    rest = text.replace(found.text, "") if found else text
    return (found is not None and len(rest.split()) <= 3) or any(
        form.fullmatch(text.strip(" |·")) for form in (_BYLINE, _AUTHOR)
    )


def _text_kind(block: Block, number: int) -> str:
    text, words = block.text, block.words
    if words <= 40 and _RATING.match(text):
        return "rating"
    tags = _TAGS.match(text) if words <= 30 else None
    if tags and (tags["after"] == "" or block.linked > 0.3 or number < NEAR_TOP):
        return "tags"
    if words <= 6 and _SHARE.fullmatch(text):
        return "share"
    if words <= 30 and block.tag not in HEADINGS and _NEWSLETTER.match(text):
        return "newsletter"
    if block.tag in HEADINGS:
        return ""
    if words <= 80 and (block.after_image or number < 2) and _CREDIT.fullmatch(text):
        return "credit"
    if number < NEAR_TOP + 2 and words <= SHORT and is_date_or_author(text):
        return "byline"
    return ""


def _mark_lists(page: PageText, comments: bool) -> None:
    """Mark old lists of articles and comment sections, from their headings to their ends."""
    blocks = page.blocks
    number = 0
    while number < len(blocks):
        block, end = blocks[number], 0
        kind = ""
        if comments and block.words <= SHORT and _COMMENTS.fullmatch(block.text):
            kind, end = "comments", _scope_end(page, number) or len(blocks)
        elif block.words <= SHORT and not block.kind and _RELATED.fullmatch(block.text):
            kind, end = "related", max(_run_end(blocks, number + 1), _list_end(page, number))
        elif number > 1 and block.tag in HEADINGS and block.linked > 0.8:
            kind, end = "related", _unnamed_end(blocks, number)
        for marked in blocks[number : end if end > number + 1 or kind == "comments" else number]:
            marked.kind = marked.kind or kind
        number = max(end, number + 1)


def _scope_end(page: PageText, number: int) -> int:
    """Return the end of the container that a block opens, 0 if it opens none but the page."""
    scope = page.blocks[number].scope
    end = page.ends[scope]
    return end if page.starts[scope] == number and scope > 0 and number > 0 else 0


def _list_end(page: PageText, number: int) -> int:
    end = _scope_end(page, number)
    inside = page.blocks[number + 1 : end]
    linked = sum(block.linked > 0.5 for block in inside)
    return end if linked and linked >= len(inside) / 5 else 0


def _run_end(blocks: Sequence[Block], start: int) -> int:
    """Return where a run of link cards ends: titles, dates, teasers that break off."""
    end = start
    linked = False
    seen = 0
    while end < len(blocks):
        block = blocks[end]
        title = block.linked > 0.8
        card = title or bool(block.kind) or block.words <= SHORT or _ELLIPSIS.search(block.text)
        if not card and not (linked and block.words <= 60):
            break
        seen += title or bool(_ELLIPSIS.search(block.text))
        linked = title
        end += 1
    while end > start and blocks[end - 1].tag in HEADINGS and blocks[end - 1].linked < 0.5:
        end -= 1
    return end if seen else start


def _unnamed_end(blocks: Sequence[Block], start: int) -> int:
    """Return where a run of at least three linked headings with their teasers ends, else 0."""
    end, titles = start, 0
    while end < len(blocks):
        block = blocks[end]
        if block.tag in HEADINGS and block.linked > 0.8:
            titles += 1
        elif block.words > 60 or block.tag in HEADINGS:
            break
        end += 1
    return end if titles >= 3 else 0


def _threshold(block: Block, pages: int) -> float:
    if block.tag in HEADINGS:
        return max(8, 0.5 * pages)
    return max(5, (0.01 if block.words >= LONG else 0.25) * pages)
