"""Hugo, Jekyll, Eleventy and Astro: a data file that the ready template reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import require

from integration.conftest import node_program, require_module
from integration.sites import (
    SEED,
    check_german,
    fingerprints,
    read_block,
    recommender,
    run,
    write_files,
    write_markdown,
)
from recommender import read_articles
from recommender.outputs.generators import pages

ROOT = Path(__file__).parents[2]
Check = Callable[..., None]
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Courier</title>'


def check_built(site: Path, output: str) -> None:
    """Let our own check find each list on its page and every link leading to a page."""
    said = recommender("check", "--built", output, cwd=site)
    assert "lists: " in said


def hugo() -> Path:
    """Return the binary itself: the command around it prints a line of its own."""
    return require_module("hugo") / "binaries" / "hugo"


def build_twice(site: Path, output: str, related: str, *command: object) -> None:
    """Make the lists and the site twice; the second time changes no byte of either."""
    for place in (related, output):
        assert not (site / place).exists()
    prints = []
    for _ in range(2):
        recommender("-q", "build", cwd=site)
        run(*command, cwd=site)
        prints.append(fingerprints(site / output, (site / related).parent))
    assert prints[0] == prints[1]


HUGO = {
    "hugo.toml": 'baseURL = "https://example.org/"\ntitle = "Courier"\n'
    'disableKinds = ["taxonomy", "term", "rss", "sitemap"]\n',
    "layouts/page.html": PAGE + "<main><h1>{{ .Title }}</h1>{{ .Content }}"
    '{{ partial "related.html" . }}</main></html>\n',
    "layouts/home.html": PAGE + "<h1>Courier</h1></html>\n",
    "layouts/section.html": PAGE + "<h1>{{ .Title }}</h1></html>\n",
}


@pytest.mark.parametrize("related", ["data/related.json", "assets/related.json"])
def test_hugo_shows_the_lists(tmp_path: Path, related: str, check_site: Check) -> None:
    """The partial reads the data file, or the one under assets, by .Path."""
    write_markdown(tmp_path / "content")
    write_files(tmp_path, HUGO)
    recommender("init", "--templates", ".", cwd=tmp_path)
    config = (tmp_path / "recommender.toml").read_text(encoding="utf-8")
    assert 'output = "data/related.json"' in config
    new = config.replace("data/related.json", related)
    (tmp_path / "recommender.toml").write_text(new, encoding="utf-8")
    build_twice(tmp_path, "public", related, hugo(), "--quiet", "--panicOnWarning")
    check_site(tmp_path / "public", f"{SEED}/index.html", picture="hugo")
    check_built(tmp_path, "public")


def test_hugo_knows_odd_names_and_translations(tmp_path: Path) -> None:
    """Every page finds its own list: upper case, blanks, dots, bundles, languages, permalinks."""
    files = ["Rye Bread", "v1.10", "Bund/index", "ä_b (x)", "two.en", "two.de", "alone.de", "a.txt"]
    names = [f"posts/{file}.md" for file in files]
    german = "Das Brot und der Roggen sind in der Stadt nicht so teuer wie auf dem Land"
    english = "The bread and the rye are not as dear in the town as they are in the country"
    for number, name in enumerate(names):
        text = german if ".de." in name else english
        write_files(
            tmp_path / "content",
            {name: f"---\ntitle: N{number}\ndate: 2022-03-02\n---\n{text} {number}.\n"},
        )
    write_files(tmp_path, HUGO | {
        "hugo.toml": 'baseURL = "https://example.org/sub/"\ndisableKinds = ["taxonomy", "term"]\n'
        'defaultContentLanguage = "en"\n[languages.en]\n[languages.de]\n'
        '[permalinks.page]\nposts = "/p/:slug/"\n'
    })  # fmt: skip
    recommender("init", "--templates", ".", cwd=tmp_path)
    recommender("-q", "build", "content/posts", "-o", "data/related.json", "-f", "hugo",
                "--min-score", "0", "--min-df", "1", "--max-df", "1", cwd=tmp_path)  # fmt: skip
    run(hugo(), "--quiet", "--panicOnWarning", cwd=tmp_path)
    pages = list((tmp_path / "public").rglob("p/*/index.html"))
    assert len(pages) == len(names)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        lead = "/sub/de/p/" if "/de/p/" in page.as_posix() else "/sub/p/"
        assert f'<a href="{lead}' in text, page
        heading, day = (
            ("Das könnte", "2. März 2022") if "/de/p/" in lead else ("You may", "March 2, 2022")
        )
        assert f'<h2 id="recommender-heading">{heading}' in text
        assert f">{day}</time>" in text
    check_built(tmp_path, "public")


@pytest.mark.parametrize("permalink", ["", "permalink: /:year/:title/\n", "permalink: pretty\n"])
def test_jekyll_shows_the_lists(tmp_path: Path, permalink: str, check_site: Check) -> None:
    """The include reads the data file by page.url, for any permalink."""
    jekyll = require("jekyll")
    write_markdown(tmp_path / "_posts", flat=True, layout="post")
    write_files(
        tmp_path,
        {
            "_config.yml": f"title: Courier\n{permalink}",
            "_layouts/post.html": PAGE + "<main><h1>{{ page.title | escape }}</h1>{{ content }}"
            "{% include related.html %}</main></html>\n",
        },
    )
    recommender("init", "--templates", ".", cwd=tmp_path)
    command = (jekyll, "build", "--quiet", "--disable-disk-cache")
    build_twice(tmp_path, "_site", "_data/related.json", *command)
    name = SEED.partition("/")[2]
    day, slug = name[:10].replace("-", "/"), name[11:]
    page = {"": f"local/{day}/{slug}.html", "permalink: pretty\n": f"local/{day}/{slug}/index.html"}
    page_of_seed = page.get(permalink, f"2021/{slug}/index.html")
    check_site(tmp_path / "_site", page_of_seed, picture="jekyll")
    check_german(tmp_path / "_site")
    check_built(tmp_path, "_site")


def test_jekyll_ignores_url_in_front_matter(tmp_path: Path) -> None:
    """Lists are stored under Jekyll's addresses, and the site does not contain our settings."""
    jekyll = require("jekyll")
    write_markdown(tmp_path / "_posts", flat=True, layout="post")
    for number, post in enumerate(sorted((tmp_path / "_posts").glob("*.md"))[:4]):
        more = f"url: /old/{number}/\n" + (f"permalink: /new/{number}/\n" if number % 2 else "")
        post.write_text(f"---\n{more}{post.read_text('utf-8')[4:]}", encoding="utf-8")
    layout = f"{PAGE}<main>{{{{ content }}}}{{% include related.html %}}</main></html>\n"
    write_files(tmp_path, {"_config.yml": "title: Courier\n", "_layouts/post.html": layout})
    recommender("init", "--templates", ".", cwd=tmp_path)
    recommender("-q", "build", cwd=tmp_path)
    run(jekyll, "build", "--quiet", "--disable-disk-cache", cwd=tmp_path)
    check_built(tmp_path, "_site")
    assert not list((tmp_path / "_site").rglob("*.toml"))


ELEVENTY_PAGE = f'{PAGE}<main>{{{{ content | safe }}}}{{% include "related.njk" %}}</main></html>\n'


@pytest.mark.parametrize("folder", ["content", "posts", "src/blog"])
def test_eleventy_needs_no_settings(tmp_path: Path, folder: str) -> None:
    """Without a settings file, the input is the site's root: the key is the whole path."""
    command = (*node_program("eleventy", "@11ty/eleventy/cmd.cjs"), "--quiet")
    write_markdown(tmp_path / folder, layout="post.njk")
    first, second, *_ = sorted((tmp_path / folder / "local").glob("*.md"))
    for post, head in ((first, "url: /old/"), (second, "permalink: new/index.html")):
        post.write_text(f"---\n{head}\n{post.read_text('utf-8')[4:]}", encoding="utf-8")
    package = {"private": True, "devDependencies": {"@11ty/eleventy": "^3"}}
    write_files(tmp_path, {"package.json": json.dumps(package),
                           "_includes/post.njk": ELEVENTY_PAGE})  # fmt: skip
    recommender("init", "--templates", ".", cwd=tmp_path)
    recommender("-q", "build", cwd=tmp_path)
    run(*command, cwd=tmp_path)
    assert read_block(tmp_path / "_site" / folder / f"{SEED}/index.html").links
    check_built(tmp_path, "_site")


@pytest.mark.parametrize("include", ["related.njk", "related.liquid"])
def test_eleventy_shows_the_lists(tmp_path: Path, include: str, check_site: Check) -> None:
    """The include, in Nunjucks or Liquid, reads the data file by page.url."""
    command = (*node_program("eleventy", "@11ty/eleventy/cmd.cjs"), "--quiet")
    write_markdown(tmp_path / "content", layout=f"post.{include.partition('.')[2]}")
    call = {
        "related.njk": '{% include "related.njk" %}',
        "related.liquid": '{% render "related.liquid", related: related, page: page %}',
    }[include]
    mark = "safe" if include.endswith("njk") else "raw"
    content = "{{ content | safe }}" if mark == "safe" else "{{ content }}"
    layout = f"{PAGE}<main><h1>{{{{ title | escape }}}}</h1>{content}{call}</main></html>\n"
    write_files(
        tmp_path,
        {
            "eleventy.config.js": "module.exports = (config) => {\n"
            '  config.addPassthroughCopy("related.css");\n'
            '  return { dir: { input: "content", includes: "../_includes", data: "../_data" } };\n'
            "};\n",
            f"_includes/post.{include.partition('.')[2]}": layout,
        },
    )
    recommender("init", "--templates", ".", cwd=tmp_path)
    build_twice(tmp_path, "_site", "_data/related.json", *command)
    check_site(tmp_path / "_site", f"{SEED}/index.html", picture="eleventy")
    check_german(tmp_path / "_site")
    check_built(tmp_path, "_site")


ASTRO = {
    "astro.config.mjs": 'import { defineConfig } from "astro/config";\n'
    'export default defineConfig({ cacheDir: ".cache" });\n',
    "src/content.config.ts": 'import { defineCollection } from "astro:content";\n'
    'import { glob } from "astro/loaders";\n'
    'const files = (base: string) => glob({ pattern: "**/*.md", base });\n'
    "const from = (base: string) => defineCollection({ loader: files(base) });\n"
    "export const collections = {\n"
    '  blog: from("./src/content/blog"), odd: from("./src/content/odd") };\n',
    "src/pages/blog/[...id].astro": """---
import { getCollection, render } from "astro:content";
import Related from "../../components/Related.astro";
export async function getStaticPaths() {
  const posts = await getCollection("blog");
  return posts.map((post) => ({ params: { id: post.id }, props: { post } }));
}
const { post } = Astro.props;
const { Content } = await render(post);
---
"""
    + PAGE
    + '<main><h1>{post.data.title}</h1><Content /><Related id={post.id} base="/blog/" /></main>\n',
    "src/pages/ids.json.js": 'import { getCollection } from "astro:content";\n'
    "export const GET = async () => Response.json(\n"
    '  (await getCollection("odd")).map(({ filePath, id }) => [filePath, id]));\n',
}
ODD = {
    "Sea & Shore/It's Here.md": "", "Über_Ñandú.md": "", "v1.10 x².md": "", "index.md": "",
    "a--b  c.md": "", "日本語 記事.md": "", "rye/index.md": "", "_draft/Ⅷ.md": "",
    "oats.md": "slug: My/Own", "2024-05-06-dated.md": "",
    "2024-05-06-named.md": "slug: named", "rye/sown.md": "slug: sown",
}  # fmt: skip


def test_astro_shows_the_lists(tmp_path: Path, check_site: Check) -> None:
    """The component reads the data file by the entry's id, for any file name."""
    script = node_program("astro", "astro/astro.js")
    write_markdown(tmp_path / "src/content/blog")
    odd = tmp_path / "src/content/odd"
    for name, head in ODD.items():
        write_files(odd, {name: f"---\ntitle: {name!r}\n{head}\n---\nRye and oats.\n"})
    write_files(tmp_path, ASTRO)
    (tmp_path / "node_modules").symlink_to(script[1].parents[1])
    recommender("init", "--templates", ".", cwd=tmp_path)
    build_twice(tmp_path, "dist", "src/data/related.json", *script, "build", "--silent")
    check_site(tmp_path / "dist", f"blog/{SEED}/index.html", picture="astro")
    check_german(tmp_path / "dist")
    check_built(tmp_path, "dist")
    ids = json.loads((tmp_path / "dist" / "ids.json").read_text(encoding="utf-8"))
    ours = pages(read_articles(odd), "astro", odd)
    assert len(ids) == len(ODD)
    assert {n: ours[n.removeprefix("src/content/odd/")].key for n, _ in ids} == dict(ids)


DOCUSAURUS = {
    "docusaurus.config.js": 'module.exports = { title: "Courier", url: "https://example.org",\n'
    '  baseUrl: "/", trailingSlash: true, onBrokenLinks: "throw", presets: [["classic",\n'
    '  { blog: { onUntruncatedBlogPosts: "ignore" } }]] };\n',
    "src/pages/index.md": "# Courier\n",
}
NUMBERED = {
    "docs/01-grain/2-rye.md": "", "docs/01-grain/index.md": "", "docs/oats/Oats.md": "id: x",
    "docs/README.md": "", "docs/a.md": "id: b", "docs/c/d.md": "slug: /e", "docs/7.0-new.md": "",
    "blog/2020-1-2-oats.md": "", "blog/2020/03/04/rye.mdx": "", "blog/2020-05-06-f/index.md": "",
    "blog/2020-07-08-named.md": "slug: named", "blog/plain.md": "date: 2020-02-02",
}  # fmt: skip


def test_docusaurus_shows_the_lists(tmp_path: Path, check_site: Check) -> None:
    """The component reads the data file by the page's source; every address is Docusaurus' own."""
    script = node_program("docusaurus", "@docusaurus/core/bin/docusaurus.mjs")
    write_markdown(tmp_path / "blog")
    for number, (name, head) in enumerate(NUMBERED.items()):
        text = f"The rye of field {number} is sown where the oats stood last year.\n"
        write_files(tmp_path, {name: f"---\ntitle: Field {number}\n{head}\n---\n{text}"})
    page = (ROOT / "docs/sites/docusaurus.md").read_text(encoding="utf-8")
    wrappers = re.findall(r"`(src/theme/[^`]+)`:\n\n```jsx\n(.*?)```", page, re.DOTALL)
    write_files(tmp_path, DOCUSAURUS | dict(wrappers))
    (tmp_path / "node_modules").symlink_to(script[1].parents[3])
    recommender("init", "--templates", ".", cwd=tmp_path)
    build_twice(tmp_path, "build", "src/related.json", *script, "build")
    seed = f"blog/2021/03/09/local/{SEED[17:]}/index.html"
    check_site(tmp_path / "build", seed, picture="docusaurus")
    check_german(tmp_path / "build")
    check_built(tmp_path, "build")
    assert read_block(tmp_path / "build/docs/grain/rye/index.html").links
    urls = dict(read_articles(tmp_path)[["id", "url"]].to_numpy())
    built = {file.parent for file in (tmp_path / "build").rglob("index.html")}
    assert {n for n, url in urls.items() if tmp_path / f"build{url}" not in built} == set()


def test_front_matter_is_what_jekyll_reads(tmp_path: Path) -> None:
    """Lists written into the front matter are shown by a template, and stay unchanged."""
    jekyll = require("jekyll")
    write_markdown(tmp_path / "_posts", flat=True, layout="post")
    write_files(
        tmp_path,
        {
            "_config.yml": "title: Courier\n",
            "_layouts/post.html": "{% for card in page.related %}"
            '<a href="{{ card.url | escape }}">{{ card.title | escape }}</a>{% endfor %}',
        },
    )
    for _ in range(2):
        recommender("-q", "build", "_posts", "-f", "frontmatter", cwd=tmp_path)
        prints = fingerprints(tmp_path / "_posts")
    recommender("-q", "build", "_posts", "-f", "frontmatter", cwd=tmp_path)
    assert fingerprints(tmp_path / "_posts") == prints
    run(jekyll, "build", "--quiet", "--disable-disk-cache", cwd=tmp_path)
    page = next((tmp_path / "_site").rglob("marram-lido-drained-after-crack.html"))
    assert "Marram Lido misses another summer" in page.read_text(encoding="utf-8")
