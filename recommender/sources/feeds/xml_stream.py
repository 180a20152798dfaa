"""XML from anywhere, read as a stream: no entity bombs, no external entities, little memory.

Owns the parser and its error messages; it knows no format. The file is not trusted: declaring an
entity is an error, and nothing that the file refers to is opened.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from recommender.errors import MissingDependencyError, SourceError
from recommender.sources.base import open_bytes
from recommender.sources.html.encodings import XML_DECLARATION, encoding_named, text_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_ROOT = re.compile(rb"(?:[\w.-]+:)?([\w.-]+)")
_MISC = {b"<?": b"?>", b"<!--": b"-->", b"<!": b">"}
"""Beginning and end of what comes before the root element."""
_SHALLOW = 2  # elements directly under <rss><channel> are dropped whole
MAX_DEPTH = 500
"""Maximum nesting of elements, far above that of any feed or export."""


def xml_events(path: Path, events: tuple[str, ...] = ("start", "end")) -> Iterator[tuple[str, Any]]:
    """Yield the events of an XML file, unpacked if its name ends in ``.gz``.

    Control characters, which WordPress writes and XML forbids, are left out. The caller clears the
    elements that it no longer needs.

    Raises
    ------
    MissingDependencyError
        If defusedxml is not installed.
    SourceError
        If the file cannot be read, is not XML, declares entities, or nests more than
        `MAX_DEPTH` elements; names the line if it is known.
    """
    try:
        from xml.etree.ElementTree import ParseError

        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import iterparse
    except ImportError as error:
        raise MissingDependencyError("defusedxml", "xml", "reading XML") from error
    depth = 0
    try:
        with open_bytes(path) as file:
            for event, element in iterparse(_Clean(file, str(path)), ("start", "end")):
                depth += 1 if event == "start" else -1
                if depth > MAX_DEPTH:
                    raise SourceError(
                        f"{path}: nests more than {MAX_DEPTH} elements",
                        "leave it out: no program writes such a feed, sitemap or export",
                    )
                if event in events:
                    yield event, element
    except ParseError as error:
        line = error.position[0]
        problem = str(error).partition(": line")[0]
        raise SourceError(f"{path}:{line}: is not valid XML: {problem}", _hint(problem)) from error
    except DefusedXmlException as error:
        raise SourceError(
            f"{path}: declares or refers to entities of its own, which is not safe to read",
            "remove the <!ENTITY …> lines from the file",
        ) from error
    except SourceError:
        raise
    except (ValueError, LookupError) as error:  # of an encoding that the parser does not know
        raise SourceError(
            f"{path}: cannot be read, got {str(error)!r}",
            "convert the file to UTF-8, and declare that in its first line",
        ) from error


def xml_items(
    path: Path, is_item: Callable[[str], bool], outside: Callable[[Element], None]
) -> Iterator[Element]:
    """Yield the elements of a kind one by one; each is emptied before the next is read.

    Parameters
    ----------
    path : Path
        The file.
    is_item : callable
        Called with an element's tag, ``{namespace}name``.
    outside : callable
        Called with every finished element that is not inside an item.
    """
    parents: list[Element] = []
    within = 0
    for event, element in xml_events(path):
        if event == "start":
            within += within > 0 or is_item(element.tag)
            parents.append(element)
            continue
        parents.pop()
        if within == 1:
            yield element
        elif not within:
            outside(element)
        within -= within > 0
        if not within and len(parents) <= _SHALLOW:
            element.clear()
            if parents:
                parents[-1].remove(element)


def root_name(path: Path) -> str:
    """Return the local name of an XML file's root element, or an empty string if none comes early.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as site:
    ...     file = pathlib.Path(site, "feed.xml")
    ...     _ = file.write_text('<?xml version="1.0"?><!-- a <b> --><rss version="2.0"></rss>')
    ...     root_name(file)
    'rss'
    """
    head, at = file_head(path), 0
    while (at := head.find(b"<", at)) >= 0:
        begin = next((mark for mark in _MISC if head.startswith(mark, at)), None)
        if begin is None:
            found = _ROOT.match(head, at + 1)
            return found[1].decode("ascii", "replace") if found else ""
        at = _end_of(head, at, begin)
        if at < 0:
            return ""
    return ""


def _end_of(head: bytes, at: int, begin: bytes) -> int:
    """Return where a comment, instruction or DOCTYPE ends, or -1."""
    start = at + len(begin)
    subset, closing = head.find(b"[", start), head.find(b">", start)
    if begin == b"<!" and 0 <= subset < closing:  # <!DOCTYPE rss [ ... ]>
        start = head.find(b"]", subset)
    end = head.find(_MISC[begin], start) if start >= 0 else -1
    return end + len(_MISC[begin]) if end >= 0 else -1


def xml_format(path: Path) -> str:
    """Return the source format of an XML file, by the beginning of the file.

    Raises
    ------
    SourceError
        If the format is not known here.
    """
    root = root_name(path)
    if root in ("urlset", "sitemapindex"):
        return "sitemap"
    if root == "rss" and b"http://wordpress.org/export/" in file_head(path):
        return "wordpress"
    if root in ("rss", "feed", "RDF"):
        return "feed"
    raise SourceError(
        f"{path}: root element {f'<{root}>' if root else '(none)'} is unknown, expected <rss>, "
        "<feed>, <rdf:RDF>, <urlset> or <sitemapindex>",
        "convert other kinds of XML to JSON or CSV first",
    )


def file_head(path: Path, size: int = 65_536) -> bytes:
    """Return the first bytes of a file without NULs, unpacked if its name ends in ``.gz``."""
    with open_bytes(path) as file:
        return file.read(size).replace(b"\0", b"")


def local(tag: str) -> str:
    """Return a tag without its namespace.

    Examples
    --------
    >>> local("{http://purl.org/dc/elements/1.1/}creator")
    'creator'
    """
    return tag.rpartition("}")[2]


def _hint(problem: str) -> str:
    if "undefined entity" in problem:
        return "HTML's names such as &nbsp; are not XML: write &#160;, or put the HTML in CDATA"
    if "no element found" in problem or "unclosed" in problem:
        return "the file breaks off: export it again"
    return "check the file with xmllint --noout"


class _Clean:
    """A file without leading blanks and without the control characters that XML forbids.

    An encoding that browsers know becomes UTF-8: the parser reads one byte for each character only.
    """

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file, self._where = file, where
        self._first = True
        self._wide = False

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if self._first:
            self._first = False
            self._wide = data.startswith(_WIDE)
            data = data if self._wide else self._begun(data)
        return data if self._wide else data.translate(None, _CONTROLS)

    def _begun(self, data: bytes) -> bytes:
        """Return the beginning of the file, and let the rest be UTF-8 too."""
        marked = data.startswith(codecs.BOM_UTF8)
        data = data.removeprefix(codecs.BOM_UTF8).lstrip()
        declared = XML_DECLARATION.match(data)
        name = encoding_named(declared[1]) if declared else ""
        if declared is None or name in ("", "utf-8"):
            return data
        rest = data[declared.end(1) :]
        if not marked:
            hint = "fix the encoding that its first line declares"
            rest = text_in(name, rest + self._file.read(), self._where, hint).encode()
        return data[: declared.start(1)] + b"utf-8" + rest
