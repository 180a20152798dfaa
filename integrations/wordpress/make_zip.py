"""Make the zip of the WordPress plug-in that Plugins > Add New > Upload Plugin takes.

python integrations/wordpress/make_zip.py [ZIP]

The same files give the same bytes: sorted, with one date and one mode, and without compression,
whose bytes depend on the version of zlib.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PLUGIN = Path(__file__).parent / "recommender"
DEFAULT = Path("build") / "recommender-wordpress.zip"
LICENSE = Path(__file__).parents[2] / "LICENSE"
DATE = (1980, 1, 1, 0, 0, 0)


def make_zip(target: Path) -> None:
    """Write the zip: every file of the plug-in below ``recommender/``, and the license."""
    files = {file.relative_to(PLUGIN.parent).as_posix(): file for file in PLUGIN.rglob("*")}
    files[f"{PLUGIN.name}/LICENSE"] = LICENSE
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(files.items()):
            if file.is_file():
                entry = zipfile.ZipInfo(name, DATE)
                entry.create_system = 3  # Unix, which the mode belongs to
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, file.read_bytes())


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    make_zip(path)
    sys.stdout.write(f"Wrote {path}\n")
