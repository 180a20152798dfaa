"""For all settings and front matter, lists are stored under the address that Jekyll gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import require

from integration.sites import run, write_files
from recommender import read_articles
from recommender.outputs.generators import pages

FILES = {
    "_posts/2021-03-09-rye.md": "",
    "_posts/2021-3-9-one-digit.md": "",
    "_posts/2021-03-09-Rye & Oats, Über: 1.5².md": "",
    "_posts/2021-03-09-हिन्दी.md": "",
    "_posts/sub/2021-03-10-below.md": "",
    "sea/Tide/_posts/2021-03-11-above.md": "category: Ports",
    "sea/_posts/2021-03-11-both.md": "categories: [Sea, new york, C#]",
    "_posts/2021-03-12-words.md": "categories: Sea Ports sea",
    "_posts/2021-03-12-one.md": "category: New York",
    "_posts/2021-03-12-two.md": "category: a\ncategories: [b, A]",
    "_posts/2021-03-12-tied.md": "category: c\ncategories: [b, c]",
    "_posts/2021-03-12-other.md": "section: Culture\ncategory_name: Sea",
    "_posts/2021-03-13-slug.md": "slug: My Own_slug",
    "_posts/2021-03-13-date.md": "date: 2022-12-31",
    "_posts/2021-03-13-late.md": "date: 2022-12-31 23:30:00 -0500",
    "_posts/2021-03-14-fixed.md": "permalink: fixed/rye bread",
    "_posts/2021-03-14-template.md": "permalink: /:year/x-:i_month_:i_day/:slug/\ncategory: q",
    "_docs/a/Rye Bread.md": "",
    "_docs/index.md": "",
    "_docs/b.md": "date: 2022-02-02\npermalink: /d/:short_month/:name:output_ext",
    "about.md": "",
    "shop/index.md": "",
    "shop/open hours.md": "",
    "shop/named.md": "permalink: /n:amed/:basename/",
}
DEFAULTS = """
defaults:
  - {scope: {path: "", type: posts}, values: {permalink: "/all/:categories/:title/"}}
  - {scope: {path: /_posts}, values: {permalink: /never/}}
  - {scope: {path: sea}, values: {permalink: "/sea/:slugified_categories/:title.html"}}
  - {scope: {path: _posts/sub}, values: {category: deep, permalink: pretty}}
  - {scope: {path: "sea/*/_posts"}, values: {permalink: "/globbed/:title/"}}
  - {scope: {path: "", type: page}, values: {permalink: "/pages/:path/:basename/"}}
  - {scope: {path: shop, type: docs}, values: {permalink: /never/}}
  - {scope: {type: docs}, values: {permalink: "/d/:collection:path/", categories: [x]}}
"""
MERGED = """
permalink: /:categories/:year/:title
defaults:
  - {scope: {path: _posts/2021-03-12}, values: {categories: [first, b]}}
  - {scope: {path: "", type: posts}, values: {categories: over ruled, category: last}}
  - {scope: {path: ""}, values: {category: none}}
"""
COLLECTIONS = "collections:\n  docs: {output: true}\n"
ELSEWHERE = """
collections_dir: content
defaults:
  - {scope: {path: content/_posts}, values: {permalink: "/c/:categories/:title/"}}
  - {scope: {path: _docs}, values: {permalink: "/d/:path/"}}
  - {scope: {path: "content/_posts/s*"}, values: {permalink: "/s/:title/"}}
"""
OWN = "collections:\n  docs: {output: true, permalink: '/:collection/:title/:categories:path'}\n"
URLS = """---
permalink: /urls.txt
---
{% for list in site.collections %}{% for p in list.docs %}{{ p.relative_path }}	{{ p.url }}
{% endfor %}{% endfor %}{% for p in site.pages %}{{ p.path }}	{{ p.url }}
{% endfor %}"""


@pytest.mark.parametrize(
    "config",
    [
        COLLECTIONS,
        f"{COLLECTIONS}permalink: pretty\n",
        f"{COLLECTIONS}permalink: weekdate\ntimezone: America/New_York\n",
        f"{OWN}permalink: ordinal\n",
        f"{OWN}  posts: {{permalink: '/p/:title'}}\npermalink: /:title/\n",
        f"{COLLECTIONS}permalink: /:short_year/:w_year/:week/:w_day/:long_day/:long_month/:title\n",
        COLLECTIONS + DEFAULTS,
        COLLECTIONS + MERGED,
        COLLECTIONS + ELSEWHERE,
    ],
)
def test_addresses_are_jekylls_own(tmp_path: Path, config: str) -> None:
    """Posts, documents of a collection and pages: the key is page.url of the real build."""
    jekyll = require("jekyll")
    lead = "content/" if "collections_dir" in config else ""
    place = {name: f"{lead}{name}" if "_" in name else name for name in FILES}
    text = "---\ntitle: T\n{}\n---\nThe rye is sown where the oats stood.\n"
    write_files(tmp_path, {place[name]: text.format(head) for name, head in FILES.items()})
    write_files(tmp_path, {"_config.yml": config, "urls.txt": URLS})
    run(jekyll, "build", "--quiet", "--disable-disk-cache", cwd=tmp_path, TZ="UTC")
    lines = (tmp_path / "_site/urls.txt").read_text(encoding="utf-8").splitlines()
    real = dict(line.split("\t") for line in lines if line.partition("\t")[0] in FILES)
    named = pages(read_articles(tmp_path, glob="**/*.md"), "jekyll", tmp_path)
    assert {name: named[place[name]].key for name in FILES} == real
