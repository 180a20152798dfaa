"""The encoding of a built page: what it declares, and its bytes as text, as browsers read them.

Labels and names are those of the Encoding Standard, https://encoding.spec.whatwg.org.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

import webencodings

from recommender.errors import SourceError
from recommender.sources.html.scan import scan
from recommender.text.languages import base_language

REFUSED = "replacement"
"""Name of all encodings that browsers refuse."""
DAMAGED = 50
"""A page is in the encoding that it declares if at most one of so many characters is not."""
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16le",
    codecs.BOM_UTF16_BE: "utf-16be",
}
_READ_AS = {
    "gbk": "gb18030",
    "utf-16be": "utf-8",
    "utf-16le": "utf-8",
    "x-user-defined": "windows-1252",
}
"""The encoding to use for a page that names these in ASCII, which UTF-16 cannot be."""
_IN_CONTENT = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s;\"']+)", re.IGNORECASE)
XML_DECLARATION = re.compile(rb"<\?xml[^>]{1,200}?encoding\s*=\s*[\"']([\w.:-]+)")
_SEARCHED = 1024
"""Bytes in which browsers look for a declaration, even below the head of a page."""
_EUC_JP = re.compile(
    rb"((?:[\0-\x7f]++|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xac\xae-\xf8\xfd\xfe][\xa1-\xfe])++)"
    rb"|([\xad\xf9-\xfc][\xa1-\xfe])|([\x80-\xff])"
)
"""What is EUC-JP in Python, two bytes of its extensions, any other byte."""
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_FOREIGN = re.compile(rb"(?:([\x80-\xff])(?!\1)){3,}")
"""Bytes such as those of a word in Cyrillic or Japanese: accented letters are seldom so close, and
a line of dashes repeats one byte."""
_USUAL = {
    "big5": "zh-tw", "euc-jp": "ja", "euc-kr": "ko", "gb18030": "zh", "iso-8859-2": "hu pl sl",
    "iso-8859-7": "el", "shift_jis": "ja", "windows-874": "th", "windows-1250": "cs hr sk",
    "windows-1251": "be bg kk ky mk ru sr tg tt uk", "windows-1254": "az ku tr",
    "windows-1255": "he", "windows-1256": "ar fa", "windows-1257": "et lt lv",
    "windows-1258": "vi",
}  # fmt: skip
"""Encodings and the languages for which browsers take them, from the HTML Standard."""


def declared_encoding(page: bytes) -> str:
    """Return the encoding that a page declares, or an empty string if it declares none.

    Its byte order mark comes first, then the first ``<meta>`` in its head, then its XML
    declaration. A name that browsers do not know is ignored.

    Examples
    --------
    >>> declared_encoding(b'<!-- <meta charset="utf-8"> --><meta charset="latin1">')
    'windows-1252'
    """
    for mark, name in _BYTE_ORDER_MARKS.items():
        if page.startswith(mark):
            return name
    return next(filter(None, map(encoding_named, _labels(page))), "")


def encoding_named(label: bytes) -> str:
    """Return the encoding that a name in ASCII means to browsers; empty if they do not know it.

    Examples
    --------
    >>> encoding_named(b"latin1"), encoding_named(b"x-sjis"), encoding_named(b"klingon")
    ('windows-1252', 'shift_jis', '')
    """
    found = webencodings.lookup(label.decode("ascii", "replace"))
    return _READ_AS.get(found.name, found.name) if found else ""


def decoded(page: bytes, where: str) -> str:
    """Return the text of a page by the encoding that it declares, else as UTF-8.

    A page that declares none and is not UTF-8 is read in an encoding of its ``lang``, else as
    Windows-1252, if its text is in Latin letters. A few bytes that the encoding does not have
    become U+FFFD.

    Raises
    ------
    SourceError
        If more than one in `DAMAGED` characters is not in the encoding that the page declares, or
        if it declares none and is in none of those.

    Examples
    --------
    >>> decoded(b'<html lang="ru">\\xf0\\xee\\xe6\\xfc', "a.html")[-4:]
    'рожь'
    """
    mark = next(filter(page.startswith, _BYTE_ORDER_MARKS), b"")
    if name := declared_encoding(page):
        hint = "fix the page's <meta charset>, or leave it out with glob"
        return text_in(name, page.removeprefix(mark), where, hint)
    for name in ("utf-8", *_by_language(page)):
        with suppress(SourceError):
            return text_in(name, page, where, "")
    beyond_ascii = len(page) - len(page.translate(None, _BEYOND_ASCII))
    if sum(len(found[0]) for found in _FOREIGN.finditer(page)) * 2 > beyond_ascii:
        raise SourceError(
            f"{where}: is not UTF-8 and declares no encoding",
            "declare it with <meta charset> in the head of the page, or leave it out with glob",
        )
    return page.decode("windows-1252", "replace")


def _labels(page: bytes) -> Iterator[bytes]:
    """Yield the names of encodings in the head of a page."""
    if b"charset" in page.lower():
        below = False
        for tag in scan(page):
            below = below or tag.name == b"body" or (tag.name == b"head" and tag.closing)
            if below and tag.start > _SEARCHED:
                break
            if tag.name == b"meta":
                yield from _declared_in(tag.attributes())
    if xml := XML_DECLARATION.match(page):
        yield xml[1]


def _declared_in(meta: dict[bytes, bytes]) -> Iterator[bytes]:
    if b"charset" in meta:
        yield meta[b"charset"].strip()
    elif meta.get(b"http-equiv", b"").strip().lower() == b"content-type":
        yield from _IN_CONTENT.findall(meta.get(b"content", b""))


def _by_language(page: bytes) -> list[str]:
    """Return the usual encodings of a page that declares none, by its language."""
    html = next(scan(page, [b"html"]), None)
    lang = html.attributes().get(b"lang", b"").decode("ascii", "replace") if html else ""
    code = base_language(lang)
    return [name for name, languages in _USUAL.items() if code in languages.split()]


def text_in(name: str, data: bytes, where: str, hint: str) -> str:
    """Return bytes in an encoding as text; a few that are not in it become U+FFFD.

    Raises
    ------
    SourceError
        If browsers refuse the encoding, or more than one in `DAMAGED` characters is not in it.

    Examples
    --------
    >>> text_in("euc-jp", b"\\xad\\xea", "a.xml", "fix its encoding")
    '㈱'
    """
    if name == REFUSED:
        problem = "is in an encoding that browsers refuse"
    else:
        try:
            return _decoded(name, data, "strict")
        except UnicodeDecodeError as error:
            text = _euc_jp(data) if name == "euc-jp" else _decoded(name, data, "replace")
            foreign = len(text) - len(text.encode("ascii", "ignore"))
            if text.count("\ufffd") * DAMAGED <= foreign:
                return text
            problem = f"is not {name}, got byte 0x{data[error.start]:02x} at offset {error.start:,}"
    raise SourceError(f"{where}: {problem}", hint)


def _decoded(name: str, data: bytes, errors: str) -> str:
    text: str = webencodings.lookup(name).codec_info.decode(data, errors)[0]
    return text


def _euc_jp(data: bytes) -> str:
    """Return EUC-JP with the characters of NEC and IBM, which Python knows in Shift_JIS only."""
    return "".join(
        known.decode("euc_jp", "replace") if known else _nec_or_ibm(pair)
        for known, pair, _ in _EUC_JP.findall(data)
    )


def _nec_or_ibm(pair: bytes) -> str:
    """Return the character of two bytes in EUC-JP by those in Shift_JIS; U+FFFD for others."""
    if not pair:
        return "\ufffd"
    row, cell = pair[0] - 0xA1, pair[1] - 0xA1
    first = row // 2 + (0x81 if row < 62 else 0xC1)
    second = cell + (0x9F if row % 2 else 0x40 + (cell > 62))
    return bytes([first, second]).decode("cp932", "replace")
