"""Width and height of pictures by the first bytes of their files: PNG, GIF, JPEG, WebP, AVIF.

imagesize reads the bytes; which files it may see, and how much of each, is decided here: it
takes the width of any element for that of an SVG, and needs seconds for a few bytes made for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import unquote

_HEAD = 262_144
"""Bytes read of a file; color profiles of JPEG may come before its size."""
_JPEG = b"\xff\xd8"
_STARTS = (b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", _JPEG, b"RIFF")


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, as shown: a photograph may be stored on its side.

    Parameters
    ----------
    data : bytes
        The start of the file.

    Returns
    -------
    (width, height) : two ints, or None
        None for another format, SVG too, and for broken bytes.

    Examples
    --------
    >>> image_size(b"GIF89a" + bytes([32, 3, 194, 1]))
    (800, 450)
    """
    if not data.startswith(_STARTS) and data[4:12] != b"ftypavif":
        return None
    from imagesize import get  # when used: it loads the HTTP client of the standard library

    # Only of JPEG: the turn of an AVIF is found by loops whose length its bytes choose.
    width, height = get(io.BytesIO(data), exif_rotation=data.startswith(_JPEG))
    return (width, height) if 0 < width < 100_000 and 0 < height < 100_000 else None


def sizes_in(site: Path) -> Callable[[str], tuple[int, int] | None]:
    """Return a function from a picture's address on a site to its size; each is read once."""
    root = site.resolve()

    @cache
    def size(address: str) -> tuple[int, int] | None:
        if "//" in address:
            return None
        parts = unquote(address.partition("?")[0].partition("#")[0]).strip("/").split("/")
        # The site may be in a directory of its host, which the files do not show.
        for names in (parts, parts[1:]):
            file = root.joinpath(*names)
            try:
                if names and file.is_file() and file.resolve().is_relative_to(root):
                    with file.open("rb") as opened:
                        return image_size(opened.read(_HEAD))
            except (OSError, ValueError):
                return None
        return None

    return size
