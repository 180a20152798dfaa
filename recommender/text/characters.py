"""Characters that nobody reads, each kind written once as a part of a pattern; line ends."""

from __future__ import annotations

CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
"""ASCII's control characters but for tab, line feed and carriage return."""

CONTROL_C1 = r"\x80-\x9f"
"""Latin-1's control characters; one of them starts a command to a terminal."""

DIRECTION = r"\u202a-\u202e\u2066-\u2069"
"""What shows text in another order than it is stored."""

UNSEEN = r"\u00ad\u200b\u2060\ufeff"
"""Soft hyphen, zero-width space, word joiner, byte order mark: in words, no part of them."""

SURROGATES = r"\ud800-\udfff"
"""Halves of pairs, which cannot be written as UTF-8."""


def with_plain_ends(text: str) -> str:
    r"""Return a text with ``\n`` as its only line end.

    Examples
    --------
    >>> with_plain_ends("Rye\r\noats\rspelt")
    'Rye\noats\nspelt'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
