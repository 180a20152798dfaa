"""Width and height of pictures by the first bytes of their files: PNG, GIF, JPEG, WebP."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import unquote

_HEAD = 65_536
_NO_SIZE = frozenset({0xC4, 0xC8, 0xCC})
"""JPEG markers between C0 and CF that start no frame."""


def image_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, None for another format or broken bytes.

    Examples
    --------
    >>> image_size(b"GIF89a" + bytes([32, 3, 194, 1]))
    (800, 450)
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack(">II", data[16:24])
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            width, height = struct.unpack("<HH", data[6:10])
        elif data.startswith(b"\xff\xd8"):
            width, height = _jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            width, height = _webp(data)
        else:
            return None
    except (struct.error, IndexError):
        return None
    return (width, height) if 0 < width < 100_000 and 0 < height < 100_000 else None


def sizes_in(site: Path) -> Callable[[str], tuple[int, int] | None]:
    """Return a function from a picture's address on a site to its size; each is read once."""
    root = site.resolve()

    @cache
    def size(address: str) -> tuple[int, int] | None:
        if "//" in address:
            return None
        parts = unquote(address.partition("?")[0].partition("#")[0]).strip("/").split("/")
        # The site may stand in a directory of its host, which the files do not show.
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


def _jpeg(data: bytes) -> tuple[int, int]:
    position = 2
    while True:
        marker, length = struct.unpack(">xBH", data[position : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + length


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF
