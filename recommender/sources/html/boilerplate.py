"""The parts of a page that are not the article: known blocks, and blocks that recur over the site.

Blocks are judged twice: by their text (credits, "Tags:", ratings, old lists), and by the number of
pages that share them. Each removal has a kind and can be counted. Whole elements are judged in
`elements`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from hashlib import blake2b
from typing import Any, TypeVar

from recommender.sources.addresses import host
from recommender.sources.html.formulas import alternatives, matches, opening_kind, plain_words
from recommender.sources.html.markup import HEADINGS
from recommender.sources.html.text import Block, PageText

K = TypeVar("K")

_LABELS = rf"(?P<strong>{alternatives('tags')})|(?:{alternatives('topics')})"
_TAGS = re.compile(
    rf"(?:(?P<before>.{{1,60}})[\s|·•/—–,;])?(?:{_LABELS})\s*[:：](?P<after>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ITEMS = re.compile(r"[,;|·•/\n]+")
_SENTENCE_END = re.compile(r"[.!?。！？]\W*\Z")
_INNER_END = re.compile(r"[.!?…]\s+\w")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b(?:\s?[ap]\.?m\.?\b)?(?:\s[A-Z]{2,4}\b)?", re.IGNORECASE)
_BAR = re.compile(r"[|·•—–/]")
_NAME = re.compile(r"[A-ZÀ-Þ][\w.'’-]*|and|of|the|de|von|van|&")
_AGENCIES = rf"(?:{alternatives('agencies')})(?:[\s/|,]+(?:{alternatives('agencies')}))*"
_AFTER_CAPTION = re.compile(
    rf"(?:.*[.!?\"”)|/—–-]\s*{_AGENCIES}\.?|.*\({_AGENCIES}\)|{_AGENCIES})",
    re.IGNORECASE | re.DOTALL,
)
_NAMES = 80
"""Maximum number of characters in the names of a credit."""
_CREDIT = re.compile(
    rf"(?:.*[\s(\[])?(?:(?:{alternatives('credit')})\s*[:：©/]|©|\(c\))"
    rf"(?P<names>[^:]{{1,{_NAMES}}})",
    re.IGNORECASE | re.DOTALL,
)
_CREDIT_SIGN = re.compile(r"[:：©/]|\([cC]\)")
_ELLIPSIS = re.compile(rf"(?:…|\.{{3,}}|\[…\]|{alternatives('more')})\W*$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_NUMBERED = re.compile(r"\s*\d+(?:\.\d+)*[.)]\s")
"""The number of a section, which counts no comments."""

NEAR_TOP = 4
"""Number of blocks from the top that may be a credit, a date or a line with the author."""
SHORT = 12
"""Maximum number of words in a block that may be a title or a line of a card."""
LONG = 8
"""Minimum number of words in a block that does not recur by accident."""
_THRESHOLDS = {
    b"h": (8, 8, 0.5),
    b"o": (3, 3, 0.0),
    b"l": (5, 10, 0.01),
    b"s": (5, 10, 0.25),
}
"""Minimum number of pages on which a heading, a block with an opening, a long block, and a short
block or an item of a list belongs to the site: for a small site, for one with at least four times
as many pages, and as a share of all pages."""
_FEWEST = min(few for few, _, _ in _THRESHOLDS.values())
"""Minimum number of pages on which any block recurs."""
_VARIANT = 16
"""Minimum number of runs of words in a block that may be a variant of one that recurs."""
_RUN = 4
"""Number of words in a run."""
_START = 4
"""Number of words by which most blocks are known not to recur."""
_ALIKE = 0.8
"""Minimum share of a variant's runs of words that come from blocks that recur."""
_TEASER = 60
"""Maximum number of words in a block that may be the teaser of a card."""
_CAPTION = 60
"""Maximum number of words in a caption with its credit."""


def mark_blocks(page: PageText, built: bool = True) -> None:
    """Set `kind` of the blocks that their text shows to be boilerplate, in place.

    A block is removed only if all of it is a formula. In a file that its author wrote (not
    `built`), there are no comments, and a list of links counts as one only under a heading that
    says so.
    """
    blocks = page.blocks
    for number, block in enumerate(blocks):
        if not block.kind:
            block.kind = _text_kind(block, number, len(blocks))
    _mark_lists(page, built)


Signature = bytes
"""Equal for two blocks that say the same; the last byte is their form, see `_THRESHOLDS`."""


def mark_recurring(pages: Sequence[Sequence[Block]], names: Sequence[str] | None = None) -> None:
    """Set `kind` of the blocks that recur on so many pages that they belong to the site, in place.

    A block of 8 words or more must be on 5 pages and 1 % of all (on 10 pages from 40 pages on,
    because the parts of a series may share text). A shorter one, or an item of a list, must be on 5
    pages and 25 %, because a digest may list one event for weeks; a heading on 8 pages and 50 %,
    because sections often have the same name. A block that begins like a note of the site ("Sign up
    for …") must be on 3 pages. Variants are removed too: blocks that begin or end like one that
    recurs, and say nearly the same.

    Parameters
    ----------
    pages : sequence of sequences of Block
        Blocks of each article.
    names : sequence of str, optional
        From `shared_name`: pages with the same name count as one page. They are versions or
        translations of a page, which often repeat its text. By default, each page has its own name.

    Examples
    --------
    >>> notice = "Mind the gap between the train and the platform."
    >>> grains = ("rye", "oats", "spelt", "emmer", "barley")
    >>> pages = [[Block(f"All on {g}", "p", 0.0), Block(notice, "p", 0.0)] for g in grains]
    >>> mark_recurring(pages, ["rye"] * 5)
    >>> [block.kind for block in pages[0]]
    ['', '']
    >>> mark_recurring(pages)
    >>> [block.kind for block in pages[0]]
    ['', 'recurring']
    """
    every: Sequence[str | int] = names or range(len(pages))
    starts = [[None if block.kind else _start(block) for block in blocks] for blocks in pages]
    begun = _on_several(every, starts)
    lines = [
        [
            _line(block) if start is not None and start in begun else None
            for block, start in zip(blocks, own, strict=True)
        ]
        for blocks, own in zip(pages, starts, strict=True)
    ]
    shared = _on_several(every, lines)
    signatures = [
        [
            block_signature(block) if line is not None and line in shared else b""
            for block, line in zip(blocks, own, strict=True)
        ]
        for blocks, own in zip(pages, lines, strict=True)
    ]
    counts = _count_by_name(every, signatures)
    counts.pop(b"", None)
    found = _frequent(counts, len(set(every)))
    for blocks, own_signatures in zip(pages, signatures, strict=True):
        _mark_found(blocks, own_signatures, found)
    _mark_variants(pages)


def _on_several(names: Sequence[str | int], pages: Sequence[Sequence[K]]) -> set[K]:
    """Return the items on so many pages that they may recur."""
    return {item for item, on in _count_by_name(names, pages).items() if on >= _FEWEST}


def _count_by_name(names: Sequence[str | int], pages: Sequence[Sequence[K]]) -> Counter[K]:
    """Return for each item the number of names whose pages contain it."""
    by_name: dict[str | int, set[K]] = defaultdict(set)
    for name, items in zip(names, pages, strict=True):
        by_name[name].update(items)
    return Counter(itertools.chain.from_iterable(by_name.values()))


def recurring_signatures(pages: Sequence[Set[Signature]]) -> set[Signature]:
    """Return the signatures that recur, given those of each page; see `mark_recurring`."""
    return _frequent(Counter(itertools.chain.from_iterable(pages)), len(pages))


def _frequent(counts: Counter[Signature], n: int) -> set[Signature]:
    """Return the signatures on so many of `n` pages that they recur."""
    least = {
        form: max(few, min(more, n / 4), share * n)
        for form, (few, more, share) in _THRESHOLDS.items()
    }
    return {signature for signature, on in counts.items() if on >= least[signature[-1:]]}


def mark_signatures(blocks: Sequence[Block], found: Set[Signature]) -> None:
    """Set `kind` of the blocks of a page that have one of these signatures, in place.

    A page is not changed if nine tenths of it recur: it is a copy of others, not a frame.
    """
    if found:
        _mark_found(blocks, [block_signature(block) for block in blocks], found)


def _mark_found(
    blocks: Sequence[Block], signatures: Sequence[Signature], found: Set[Signature]
) -> None:
    pairs = zip(blocks, signatures, strict=True)
    _mark_frame(blocks, [block for block, own in pairs if own in found and not block.kind])


def _mark_variants(pages: Sequence[Sequence[Block]]) -> None:
    """Set `kind` of the blocks that differ by a few words from those that recur."""
    every = itertools.chain.from_iterable(pages)
    texts = {block.text for block in every if block.kind == "recurring"}
    runs = {run for text in texts for run in _word_runs(text)}
    for blocks in pages if runs else ():
        _mark_frame(blocks, [block for block in blocks if _is_variant(block, runs)])


def _mark_frame(blocks: Sequence[Block], recur: Sequence[Block]) -> None:
    if not recur:
        return
    total = sum(block.words for block in blocks if not block.kind)
    if sum(block.words for block in recur) < 0.9 * total:
        for block in recur:
            block.kind = "recurring"


def _is_variant(block: Block, known: Set[str]) -> bool:
    """Return whether a block repeats recurring blocks nearly, given their runs of words."""
    if block.words < _VARIANT or block.kind or block.tag in HEADINGS:
        return False
    text = block.text
    if (
        _run(text.split(None, _RUN)[:_RUN]) not in known
        and _run(text.rsplit(None, _RUN)[-_RUN:]) not in known
    ):
        return False
    runs = _word_runs(text)
    if len(runs) < _VARIANT:
        return False
    return sum(run in known for run in runs) >= _ALIKE * len(runs)


def _run(words: Sequence[str]) -> str:
    return " ".join(words).casefold()


def _word_runs(text: str) -> list[str]:
    words = text.split()
    return [_run(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)]


def block_signature(block: Block) -> Signature:
    """Return the key of a block, which ignores case, line ends and the numbers of short lines."""
    text = _line(block)
    if block.tag in HEADINGS:
        form = b"h"
    elif opening_kind(block.text):
        form = b"o"
    else:
        form = b"l" if block.words >= LONG and not block.listed else b"s"
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() + form


def _start(block: Block) -> str:
    """Return a text that blocks with the same `_line` share: it is cheaper, and sets most apart."""
    words = " ".join(block.text.split(None, _START)[:_START]).casefold()
    return _DIGITS.sub("0", words) if _DIGITS.search(words) else words


def _line(block: Block) -> str:
    text = " ".join(block.text.casefold().split())
    return _DIGITS.sub("0", text) if block.words <= SHORT else text


def count_words(pages: Iterable[Sequence[Block]]) -> tuple[int, int]:
    """Return the number of words in blocks that were cut, except titles, and in those kept.

    Examples
    --------
    >>> share = Block("Share it", "p", 0.0, kind="share")
    >>> count_words([[Block("Rye is sown early.", "p", 0.0), share]])
    (2, 4)
    """
    cut = kept = 0
    for block in itertools.chain.from_iterable(pages):
        if not block.kind:
            kept += block.words
        elif block.kind != "title":
            cut += block.words
    return cut, kept


def count_cuts(pages: Iterable[PageText]) -> list[tuple[str, int, int, int, str]]:
    """Return kind, pages, blocks, words and an example for each kind of cut, most words first.

    The last kind, ``article``, is the remaining text.
    """
    totals: dict[str, list[Any]] = {}
    for page in pages:
        kept = [
            ("article", block.words, block.text[:200]) for block in page.blocks if not block.kind
        ]
        met: set[str] = set()
        for kind, words, text in [*list_cuts(page), *kept]:
            total = totals.setdefault(kind, [0, 0, 0, text[:200]])
            total[0] += kind not in met
            total[1] += 1
            total[2] += words
            met.add(kind)
    order = sorted(totals.items(), key=lambda item: (item[0] == "article", -item[1][2], item[0]))
    return [(kind, pages, blocks, words, text) for kind, (pages, blocks, words, text) in order]


def list_cuts(page: PageText) -> list[tuple[str, int, str]]:
    """Return the kind, words and text of everything cut from a page except its title."""
    blocks = [(b.kind, b.words, " ".join(b.text.split())) for b in page.blocks]
    cuts = [(cut.kind, cut.words, cut.text) for cut in page.cuts]
    return [cut for cut in cuts + blocks if cut[0] not in ("", "title")]


def is_date_or_author(text: str) -> bool:
    """Return whether a line is only a date or the name of an author.

    Examples
    --------
    >>> is_date_or_author("By Ada Lovelace"), is_date_or_author("By the sea it is cold today.")
    (True, False)
    >>> is_date_or_author("Published on 21 July 2024"), is_date_or_author("Due: 21 July 2024")
    (True, False)
    >>> is_date_or_author("21 July 2024 by ada, bo-li"), is_date_or_author("By hand since 2024")
    (True, False)
    """
    from recommender.sources.html.dates import find_date

    rest, dated = text, False
    while found := find_date(rest):
        rest, dated = rest.replace(found.text, " ", 1), True
    words = plain_words(_CLOCK.sub(" ", rest)).split()
    if matches("reading time", " ".join(words)):
        return True
    if words and not dated and not matches("byline", words[0]):
        return False
    labels = [matches("byline", word) for word in words]
    if all(labels):
        return dated
    names = [word for word in rest.split() if not matches("byline", plain_words(word))]
    names = [name.strip(",;|·•—–/") for name in names]
    named = all(_NAME.fullmatch(name) for name in names if name)
    named = named or (dated and labels[0] and _are_accounts(rest))
    signed = labels[0] or (dated and _BAR.search(rest) is not None)
    return named and signed and len(words) <= 7 and not _SENTENCE_END.search(text)


def _are_accounts(text: str) -> bool:
    """Return whether a line without its date lists accounts: each name is a single word."""
    pieces = (plain_words(piece).split() for piece in re.split(r"[,;&]|\band\b", text))
    return all(sum(not matches("byline", word) for word in piece) <= 1 for piece in pieces)


def _text_kind(block: Block, number: int, total: int) -> str:
    text, words, heading = block.text, block.words, block.tag in HEADINGS
    if words > _CAPTION:
        return ""
    if words <= 40 and matches("rating", text):
        return "rating"
    if words <= 30 and _is_tag_line(block, number, total):
        return "tags"
    if words <= 8 and not (heading and words == 1) and matches("share", text):
        return "share"
    if heading:
        return ""
    if words <= 25 and matches("newsletter", text) and not _INNER_END.search(text):
        return "newsletter"
    if (block.after_image or number < 2) and _is_credit(text):
        return "credit"
    if number < NEAR_TOP + 2 and words <= SHORT and is_date_or_author(text):
        return "byline"
    return ""


def _is_tag_line(block: Block, number: int, total: int) -> bool:
    """Return whether a block is a label ("Tags:"), with or without names after it."""
    text = block.text
    if (":" not in text and "：" not in text) or _SENTENCE_END.search(text):
        return False
    found = _TAGS.fullmatch(text)
    if not found or (found["before"] and not is_date_or_author(found["before"])):
        return False
    items = [item.split() for item in _ITEMS.split(found["after"]) if item.strip()]
    if any(len(item) > 4 for item in items):
        return False
    if found["before"] or (items and block.linked > 0.5):
        return True
    near_top, near_end = number < NEAR_TOP, number >= total - 3
    return found["strong"] is not None and (near_top or (near_end and bool(items)))


def _is_credit(text: str) -> bool:
    """Return whether a block names the author of a picture, alone or at the end of its caption."""
    if _AFTER_CAPTION.fullmatch(text):
        return True
    sign = _CREDIT_SIGN.search(text, max(0, len(text) - _NAMES - len("(c)")))
    found = _CREDIT.fullmatch(text) if sign else None
    names = _BAR.sub(" ", found["names"]).strip(" )].").split() if found else []
    return 0 < len(names) <= 10 and all(_NAME.fullmatch(name.strip(",()")) for name in names)


def _mark_lists(page: PageText, built: bool) -> None:
    """Mark old lists of articles and comment sections, from their headings to their ends."""
    number = 0
    while number < len(page.blocks):
        kind, end = _list_at(page, number, built)
        if end > number + 1 or kind == "comments":
            for block in page.blocks[number:end]:
                block.kind = block.kind or kind
        number = max(end, number + 1)


def _list_at(page: PageText, number: int, built: bool) -> tuple[str, int]:
    """Return the kind of list or section that a block opens, and its end; ("", 0) if it opens none.

    A list of articles that ends with its heading is empty.
    """
    blocks = page.blocks
    block = blocks[number]
    if built and _opens_comments(page, number):
        return "comments", _scope_end(page, number) or len(blocks)
    if block.words <= SHORT and not block.kind and matches("related", block.text):
        return "related", max(_run_end(blocks, number + 1, built), _list_end(page, number))
    if built and number > 1 and _is_linked_heading(block):
        return "related", _unnamed_end(blocks, number)
    return "", 0


def _opens_comments(page: PageText, number: int) -> bool:
    block = page.blocks[number]
    if block.words > SHORT or (block.tag not in HEADINGS and not _scope_end(page, number)):
        return False
    if matches("comments", block.text):
        return True
    return matches("counted comments", block.text) and not _NUMBERED.match(block.text)


def _scope_end(page: PageText, number: int) -> int:
    """Return the end of the container that a block opens, or 0 if it opens none except the page."""
    scope = page.blocks[number].scope
    if scope == 0 or number == 0 or page.starts[scope] != number:
        return 0
    return page.ends[scope]


def _list_end(page: PageText, number: int) -> int:
    """Return the end of the container that a heading opens, if it contains only cards."""
    end = _scope_end(page, number)
    inside = page.blocks[number + 1 : end]
    linked = sum(block.linked > 0.5 for block in inside)
    cards = all(block.words <= _TEASER or _breaks_off(block) for block in inside)
    return end if linked and cards and linked >= len(inside) / 5 else 0


def _run_end(blocks: Sequence[Block], start: int, built: bool) -> int:
    """Return the end of a run of link cards: after its last title or cut-off teaser.

    Between titles there may be dates, and on built pages also short lines and whole teasers.
    """
    end = start
    titled = False
    for number in range(start, len(blocks)):
        block = blocks[number]
        if block.linked > 0.8 or _breaks_off(block):
            end, titled = number + 1, True
        elif block.kind and end == number:
            end += 1
        elif built and titled and block.words <= _TEASER and number == end:
            continue
        elif not built or block.words > SHORT or number - end > 3:
            break
    return end if titled else start


def _unnamed_end(blocks: Sequence[Block], start: int) -> int:
    """Return the end of a run of cards without a heading for all, or 0.

    It has at least three linked headings, each to a page of the same site. Everything between them
    is short or cut off, and no text of the article follows.
    """
    run = []
    for block in blocks[start:]:
        card = _is_linked_heading(block) or block.words <= SHORT or _breaks_off(block)
        if not card and not block.kind:
            return 0
        run.append(block)
    titles = [block for block in run if _is_linked_heading(block)]
    hosts = {host(link) for block in titles for link in block.links[:1]}
    return len(blocks) if len(titles) >= 3 and len(hosts) == 1 else 0


def _is_linked_heading(block: Block) -> bool:
    return block.tag in HEADINGS and block.linked > 0.8


def _breaks_off(block: Block) -> bool:
    return _ELLIPSIS.search(block.text) is not None
