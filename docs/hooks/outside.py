"""MkDocs hook: the site also has the pages that lie outside docs/, and links between both work.

The files link to each other as a code host needs it; here each link is changed to where the
site has its target.
"""

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "integrations/npm/README.md": "npm.md",
    "recommender/outputs/schema.json": "schema.json",
}
"""Where the site has a file of the repository."""

LINK = re.compile(r'(\]\(|\b(?:href|src|srcset)=")([^)"#\s:]+)(?=[)"#])')


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/."""
    for source, place in OUTSIDE.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, *, page: Any, files: Files, **_: Any) -> str:
    """Point each link between files of the repository to where the site has its target."""
    place = page.file.src_uri
    source = next((path for path, name in OUTSIDE.items() if name == place), f"docs/{place}")

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(os.path.join(os.path.dirname(source), link[2]))
        found = OUTSIDE.get(target, target.removeprefix("docs/"))
        if files.get_file_from_path(found) is None:
            return link[0]
        return link[1] + os.path.relpath(found, os.path.dirname(place))

    return LINK.sub(moved, markdown)
