"""Hugo's content: languages, what is not built, and links to what the build has no page of."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import recommender as rec
from integration.sites import read_block, recommender, run, target, write_files
from integration.test_site_generators import HUGO, PAGE, hugo

ENGLISH = "The bread and the rye are not as dear in the town as they are in the country"
GERMAN = "Das Brot und der Roggen sind in der Stadt nicht so teuer wie auf dem Land"
PORTUGUESE = "O pão e o centeio não são tão caros na cidade como no campo"
ALL = ("--min-score", "0", "--min-df", "1", "--max-df", "1")

LANGUAGES = """baseURL = "https://example.org/sub/"
defaultContentLanguage = "en"
disableKinds = ["taxonomy", "term", "rss", "sitemap"]
ignoreFiles = ["\\\\.draft\\\\.md$"]
[security]
allowContent = [".*"]
[permalinks.page]
post = "/:year/:slug/"
[languages.en]
contentDir = "content/english"
[languages.pt-br]
contentDir = "content/pt-br"
[languages.zh-tw]
contentDir = "content/zh-tw"
"""


def post(title: str, text: str = ENGLISH, head: str = "") -> str:
    """Return a file of content."""
    return f"---\ntitle: {title}\ndate: 2024-03-01\n{head}---\n{text} {title}.\n"


def write_site(site: Path) -> None:
    """Write a site with a directory per language, and with many files that are not pages."""
    write_files(site, HUGO | {
        "hugo.toml": LANGUAGES,
        "content/english/post/Rye Bread.md": post("Rye"),
        "content/english/post/oats.md": post("Oats"),
        "content/english/post/barley.html": post("Barley", f"<p>{ENGLISH}</p>\n\n    <p>Sown</p>"),
        "content/english/post/leaf/index.md": post("Leaf"),
        "content/english/post/leaf/recipe.md": post("Part of a bundle"),
        "content/english/post/notes.draft.md": post("Ignored"),
        "content/english/post/never.md": post("Never", head="build:\n  render: never\n"),
        "content/english/post/_index.md": post("Posts"),
        "content/english/kept/_index.md": "---\ncascade:\n  build:\n    render: never\n---\n",
        "content/english/kept/data.md": post("Kept back"),
        "content/pt-br/post/oats.md": post("Aveia", PORTUGUESE),
        "content/pt-br/post/sal.md": post("Sal", PORTUGUESE),
        "content/zh-tw/post/oats.md": post("燕麥", "城裡的麵包和黑麥不像鄉下那麼貴"),
        "content/zh-tw/post/rye.md": post("黑麥", "鄉下的麵包和黑麥不像城裡那麼貴"),
        "content/base/post/oats.md": post("Not of any language"),
    })  # fmt: skip


def test_hugo_reads_what_it_builds(tmp_path: Path) -> None:
    """Every page has its list, no link is dead, and what makes no page is named with a reason."""
    write_site(tmp_path)
    recommender("init", "--templates", ".", cwd=tmp_path)
    told = recommender("-v", "build", *ALL, cwd=tmp_path)
    for name, reason in {
        "leaf/recipe.md": "part of a bundle", "notes.draft.md": "not built",
        "never.md": "not built", "_index.md": "list page", "kept/data.md": "not built",
        "base/post/oats.md": "not built",
    }.items():  # fmt: skip
        assert f"{name}: {reason}" in told
    run(hugo(), "--quiet", "--panicOnWarning", cwd=tmp_path)
    public = tmp_path / "public"
    pages = list(public.rglob("2024/*/index.html"))
    assert len(pages) == 8
    for page in pages:
        found = read_block(page)
        assert found.links, page
        for href, _ in found.links:
            assert href.startswith("/sub/")
            assert target(public, page, href.removeprefix("/sub")).is_file(), (page, href)
        lead = next(
            (f"/sub/{code}/" for code in ("pt-br", "zh-tw") if code in str(page)), "/sub/2024"
        )
        assert all(href.startswith(lead) for href, _ in found.links)
    recommender("check", "--built", "public", cwd=tmp_path)


def test_hugo_links_across_languages_and_drops_what_is_not_built(tmp_path: Path) -> None:
    """A card leads to the page in its own language; one without a page is not shown."""
    write_site(tmp_path)
    write_files(tmp_path, {"content/english/post/soon.md": post("Soon", head="")})
    recommender("init", "--templates", ".", cwd=tmp_path)
    recommender("-q", "build", *ALL, "-k", "20", "--across-languages", cwd=tmp_path)
    (tmp_path / "content/english/post/soon.md").unlink()
    run(hugo(), "--quiet", "--panicOnWarning", cwd=tmp_path)
    found = read_block(tmp_path / "public/2024/oats/index.html")
    assert {"/sub/zh-tw/2024/黑麥/", "/sub/pt-br/2024/sal/"} <= {unquote(h) for h, _ in found.links}
    assert "Soon" not in [text for _, text in found.links]


def test_hugo_finds_the_pictures_that_pages_name(tmp_path: Path) -> None:
    """A file of the page's bundle, one below static, and a complete address."""
    images = {"leaf": "leaf.png", "oats": "img/oats.png", "rye": "/rye.png", "barley": ""}
    for name, image in images.items():
        file = tmp_path / "content/post" / name / "index.md"
        write_files(
            file.parent, {"index.md": post(name, head=f"image: {image}\n"), "leaf.png": "x"}
        )
    write_files(tmp_path, HUGO)
    settings = (tmp_path / "hugo.toml").read_text(encoding="utf-8")
    base = settings.replace("https://example.org/", "https://example.org/sub/")
    (tmp_path / "hugo.toml").write_text(base, encoding="utf-8")
    recommender("init", "--templates", ".", cwd=tmp_path)
    recommender("-q", "build", *ALL, cwd=tmp_path)
    run(hugo(), "--quiet", "--panicOnWarning", cwd=tmp_path)
    page = (tmp_path / "public/post/barley/index.html").read_text(encoding="utf-8")
    shown = set(re.findall(r'<img src="([^"]*)"', page))
    assert shown == {"/sub/post/leaf/leaf.png", "/sub/img/oats.png", "/rye.png"}


def test_hugo_is_known_by_a_plain_config(tmp_path: Path) -> None:
    """A site of an older Hugo has config.toml or config.yaml at its root."""
    for name, text in {"config.toml": 'title = "A"\n', "config.yaml": "title: A\n"}.items():
        site = tmp_path / name
        write_files(
            site, {name: text, "content/post/rye.md": post("Rye"), "layouts/page.html": PAGE}
        )
        recommender("init", cwd=site)
        assert 'format = "hugo"' in (site / "recommender.toml").read_text(encoding="utf-8")


def test_hugo_page_may_ask_for_no_list(tmp_path: Path) -> None:
    """`recommender: false` in front matter, params or a cascade leaves an article out."""
    write_files(tmp_path, HUGO | {
        "content/post/rye.md": post("Rye"), "content/post/oats.md": post("Oats"),
        "content/post/own.md": post("Own", head="recommender: false\n"),
        "content/post/params.md": post("Params", head="params:\n  related: false\n"),
        "content/legal/_index.md": "---\ncascade:\n  params:\n    recommender: false\n---\n",
        "content/legal/terms.md": post("Terms"),
    })  # fmt: skip
    told = recommender(
        "-v", "build", "content", "-f", "hugo", "-o", "related.json", *ALL, cwd=tmp_path
    )
    assert "Read 2 articles" in told
    for name in ("own", "params", "legal/terms"):
        assert f"{name}.md: left out by itself" in told


def test_hugo_addresses_are_those_of_the_built_pages(tmp_path: Path) -> None:
    """`permalinks`, `slug` and `url` set the address of an article, as in Hugo itself."""
    permalinks = '[permalinks]\npost = "/:year/:month/:slug/"\ndocs = "/:section/:title/"\n'
    write_files(tmp_path, HUGO | {
        "hugo.toml": HUGO["hugo.toml"] + permalinks,
        "content/post/rye.md": post("Rye & Oats - 2nd (part)"),
        "content/post/oats.md": post("Oats", head="slug: Sown Oats\n"),
        "content/post/own.md": post("Own", head="url: /my/own/\n"),
        "content/docs/grain/barley.md": post("Barley, sown"),
        "content/news/Salt Cod.md": post("Salt"),
        "content/news/cod.md": post("Cod", head="slug: cod-2\n"),
    })  # fmt: skip
    recommender("init", "--templates", ".", cwd=tmp_path)
    run(hugo(), "--quiet", "--panicOnWarning", cwd=tmp_path)
    public = tmp_path / "public"
    articles = rec.read_articles(tmp_path / "content")
    assert len(articles) == 6
    for url in articles["url"]:
        assert (public / url.strip("/") / "index.html").is_file(), url


def test_hugo_addresses_that_end_in_html_are_those_of_the_built_pages(tmp_path: Path) -> None:
    """`uglyURLs` of one section leaves the others as they are."""
    settings = '[permalinks]\npost = "/:year/:slug/"\n[uglyURLs]\npost = true\n'
    write_files(tmp_path, HUGO | {
        "hugo.toml": HUGO["hugo.toml"] + settings,
        "content/post/rye.md": post("Rye"),
        "content/post/oats.md": post("Oats", head="slug: sown\n"),
        "content/docs/barley.md": post("Barley"),
    })  # fmt: skip
    recommender("init", "--templates", ".", cwd=tmp_path)
    run(hugo(), "--quiet", cwd=tmp_path)
    urls = sorted(rec.read_articles(tmp_path / "content")["url"])
    assert urls == ["/2024/rye.html", "/2024/sown.html", "/docs/barley/"]
    for url in urls:
        assert (tmp_path / "public" / url[1:]).exists(), url


def test_addresses_of_files_with_signs_in_their_names_are_hugo_s(tmp_path: Path) -> None:
    """Hugo leaves most signs out and encodes others; so do the addresses of the articles."""
    names = ["c#", "why?", "50%", "a%20b", "it's, (2)", "rye & oats!", "x+y", "a@b~c", "über हिन्दी"]
    write_files(tmp_path, HUGO | {"layouts/page.html": "{{ .Content }}"})
    write_files(tmp_path, {f"content/post/{name}.md": post("Rye") for name in names})
    run(hugo(), "--quiet", "--panicOnWarning", cwd=tmp_path)
    built = {f"/{path.relative_to(tmp_path / 'public').parent.as_posix()}/"
             for path in tmp_path.glob("public/post/*/index.html")}  # fmt: skip
    articles = rec.read_articles(tmp_path / "content")
    assert {url.replace("%23", "#") for url in articles["url"]} == built
    assert len(built) == len(names)
