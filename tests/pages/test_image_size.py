"""Sizes of pictures: those of real encoders, and no time lost on bytes that are none."""

from __future__ import annotations

import io
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.pages.image_size import image_size

Image = pytest.importorskip("PIL.Image")


def picture(form: str, **options: object) -> bytes:
    """Return a picture of 800 × 450 pixels, as Pillow writes it."""
    file = io.BytesIO()
    Image.new("RGB", (800, 450)).save(file, form, **options)
    return file.getvalue()


def turned() -> object:
    """Return the note of a camera that was held upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"icc_profile": bytes(200_000)}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": Image.Exif().tobytes()}),
        ("AVIF", {}),
    ],
)
def test_size_is_the_encoders(form: str, options: dict[str, object]) -> None:
    """Each format that browsers show, in each of its forms."""
    if form == "AVIF" and not __import__("PIL.features").features.check("avif"):
        pytest.skip("Pillow without AVIF")
    assert image_size(picture(form, **options)) == (800, 450)


def test_photographs_on_their_side_have_the_size_that_browsers_show() -> None:
    """Browsers turn a JPEG as its EXIF says."""
    assert image_size(picture("JPEG", exif=turned())) == (450, 800)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg viewBox='0 0 8 4'><rect width='10' height='20'/></svg>",
        b"<svg width='100%' height='100%'/>",
        b"P4\n" + b"1" * 262_144,
        b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + b"\xff" * 262_144,
        b"\xff\xd8" + bytes(262_144),
        b"\xff\xd8" + b"\xff\xe1\0\2" * 65_536,
        b"GIF89a" + struct.pack("<HH", 0, 450),
        b"RIFF\0\0\0\0WEBPVP8 ",
        picture("PNG")[:20],
        picture("JPEG")[:100],
    ],
)
def test_other_bytes_have_no_size(data: bytes) -> None:
    """Other formats, broken files, and files that are made to take long."""
    assert image_size(data) is None


def box(kind: bytes, payload: bytes) -> bytes:
    """Return a box of an AVIF file."""
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def test_an_avif_chooses_no_number_of_turns() -> None:
    """A table whose entries take no bytes, many billion times, is not read."""
    items = struct.pack(">HHH", 1, 0, 65_535) * 40_000
    table = box(b"iloc", bytes(6) + struct.pack(">H", 40_000) + items)
    data = box(b"ftyp", b"avif\0\0\0\0") + box(b"meta", bytes(4) + table)
    reading = threading.Thread(target=image_size, args=(data,), daemon=True)
    reading.start()
    reading.join(60)
    assert not reading.is_alive()


@given(st.sampled_from(["PNG", "GIF", "JPEG", "WEBP"]), st.data())
def test_broken_pictures_raise_nothing(form: str, drawn: st.DataObject) -> None:
    """Whatever bytes of a picture are changed, there is a size within bounds, or none."""
    data = bytearray(picture(form)[:2000])
    for at in drawn.draw(st.lists(st.integers(0, min(400, len(data) - 1)), max_size=8)):
        data[at] = drawn.draw(st.integers(0, 255))
    size = image_size(bytes(data))
    assert size is None or all(0 < side < 100_000 for side in size)
