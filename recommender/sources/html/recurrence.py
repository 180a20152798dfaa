"""Finds lines that recur in the texts of a table, for example a cookie notice in each.

Works as for pages, but each line of a text is a block, and only a sample of a large table is read:
the texts with the smallest hashes. They do not depend on the order or the pieces in which the table
is read.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Sequence, Set
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from recommender.sources.html.boilerplate import (
    Signature,
    block_signature,
    mark_signatures,
    recurring_signatures,
)
from recommender.sources.html.text import Block, PageText

SAMPLE = 2_000
"""Maximum size of the sample; a notice on 1 % of the articles is on about twenty of its texts."""

Sampled = tuple[bytes, frozenset[Signature]]
"""The hash of a text and the signatures of its lines."""

_GAPS = re.compile(r"\n{3,}")


def sample_texts(texts: Iterable[object], known: Sequence[Sampled] = ()) -> list[Sampled]:
    """Return the sample of some texts and of the sample `known` from other pieces."""
    worst = known[-1][0] if len(known) >= SAMPLE else b"\xff" * 9
    hashed = (
        (blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), text)
        for text in texts
        if isinstance(text, str)
    )
    chosen = heapq.nsmallest(SAMPLE, (entry for entry in hashed if entry[0] < worst))
    return join_samples([known, [(key, _signatures(text)) for key, text in chosen]])


def join_samples(samples: Iterable[Sequence[Sampled]]) -> list[Sampled]:
    """Return the sample of several pieces together, smallest hash first."""
    every = (entry for sample in samples for entry in sample)
    return heapq.nsmallest(SAMPLE, every, key=itemgetter(0))


def recurring_lines(sample: Sequence[Sampled]) -> set[Signature]:
    """Return the signatures of lines that belong to the site rather than to a text."""
    return recurring_signatures([signatures for _, signatures in sample])


def judge_text(text: object, found: Set[Signature]) -> PageText:
    """Return the lines of a text as blocks; lines that recur have a kind."""
    blocks = _lines(text) if isinstance(text, str) else []
    mark_signatures(blocks, found)
    return PageText(blocks, starts=[0], ends=[len(blocks)])


def without_recurring(text: object, found: Set[Signature]) -> Any:
    """Return a text without the lines that recur, or unchanged if nothing would remain.

    Examples
    --------
    >>> notice = "We use cookies on this site, and you agree to that."
    >>> found = recurring_lines(sample_texts(f"Rye {n}.\\n{notice}" for n in range(5)))
    >>> without_recurring(f"Oats.\\n\\n{notice}\\n\\nBarley.", found)
    'Oats.\\n\\nBarley.'
    """
    if not found or not isinstance(text, str) or "\n" not in text:
        return text
    blocks = judge_text(text, found).blocks
    if not any(block.kind for block in blocks):
        return text
    kept = "\n".join(block.text for block in blocks if not block.kind)
    return _GAPS.sub("\n\n", kept).strip("\n")


def _signatures(text: str) -> frozenset[Signature]:
    return frozenset(block_signature(block) for block in _lines(text) if block.text)


def _lines(text: str) -> list[Block]:
    return [Block(line, "p", 0.0) for line in text.split("\n")]
