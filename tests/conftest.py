"""Fixtures: a corpus small enough to work out by hand, the bundled newsroom, and a full disk."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import venv
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from building import Packages, offline, two_builds
from hypothesis import settings

from recommender import ArticleRecommender, read_articles
from recommender.cli import main as cli
from recommender.neighbors.base import search_reference
from recommender.ranking import Context, Ranked, ranked

settings.register_profile("quick", max_examples=25, deadline=None, database=None)
settings.load_profile("quick")

collect_ignore = ["plugins/django/project"]
"""A project that Django's own runner tests; see `plugins/django/test_django.py`."""

ROOT = Path(__file__).parent.parent
NEWSROOM = ROOT / "data" / "articles"

TINY = pd.DataFrame(
    {
        "id": ["bakery", "ferry", "port", "rye"],
        "title": ["", "", "", ""],
        "text": [
            "harbour bread",
            "ferry ferry ferry ferry harbour",
            "ferry harbour",
            "bread rye",
        ],
    }
)
# With the plain square root of the counts (idf to the power 0, text only, no phrases):
#   bakery = (harbour 1, bread 1) / √2        ferry = (ferry √4 = 2, harbour 1) / √5
#   port   = (ferry 1, harbour 1) / √2        rye   = (bread 1, rye 1) / √2
#   ferry·port   = (2 + 1) / √10 = 0.948683   bakery·port = 1/2   bakery·rye = 1/2
#   bakery·ferry = 1 / √10 = 0.316228         ferry·rye = port·rye = 0
# port and rye are as near to bakery: the tie goes to port, which stands first.
TINY_LISTS = {
    "bakery": [("port", 0.5), ("rye", 0.5), ("ferry", 0.316228)],
    "ferry": [("port", 0.948683), ("bakery", 0.316228)],
    "port": [("ferry", 0.948683), ("bakery", 0.5)],
    "rye": [("bakery", 0.5)],
}
PLAIN = {
    "title_weight": 0, "tags_weight": 0, "category_weight": 0, "path_weight": 0,
    "phrases_weight": 0, "idf_exponent": 0, "min_df": 1, "language": "en", "stages": (),
}  # fmt: skip
"""Parameters under which `TINY` scores as worked out above."""


POSTS = {
    "ferry.md": "---\ntitle: Ferry sails\n---\nThe ferry left the harbour at dawn.",
    "harbour.md": "---\ntitle: Harbour\n---\nThe harbour waits for the ferry at dawn.",
    "rye.md": "---\ntitle: Rye bread\n---\nBake the bread from rye flour.",
    "wheat.md": "---\ntitle: Wheat bread\n---\nBake the bread from wheat flour.",
    "later.md": "---\ntitle: Later\ndraft: true\n---\nNot yet.",
}
"""Files of a site: two pairs of related articles, and a draft."""


class Run(NamedTuple):
    """The result of a run of the command line."""

    code: int
    out: str
    err: str


Command = Callable[..., Run]
"""What the fixture `run` is: the command line."""


def allow_interrupts() -> None:
    """Let Ctrl-C end a new process, its `preexec_fn`, though a shell's ``&`` has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def missing(what: str) -> Any:
    """Fail on CI, skip elsewhere."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is not installed")


def require(tool: str) -> str:
    """Return the path of a tool; without it the test fails on CI and is skipped elsewhere."""
    return shutil.which(tool) or missing(tool)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail on CI what would be skipped as a whole module: a skip is for users' machines."""
    report = yield
    return _failed_on_ci(report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail on CI what would be skipped as a test."""
    report = yield
    return _failed_on_ci(report)


def _failed_on_ci(report: Any) -> Any:
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not let pass: {report.longrepr}"
    return report


@pytest.fixture
def no_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be copied though libraries that earlier tests used have left idle threads.

    Dask and Playwright leave one each, and a process with several threads is never copied.
    """
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium. One at a time: it ends with the module, as its event loop must."""
    require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=require("chromium"), args=["--headless", "--no-sandbox"]
        )
        yield chromium
        chromium.close()


def lists_of(recommendations: pd.DataFrame) -> dict[str, list[tuple[str, float]]]:
    """Return a Recommendations table as id -> [(related id, score), ...]."""
    lists: dict[str, list[tuple[str, float]]] = {}
    for row in recommendations.itertuples():
        lists.setdefault(row.article_id, []).append((row.related_id, row.score))
    return lists


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Packages]]:
    """Two builds of wheel and source distribution."""
    top = tmp_path_factory.mktemp("packages")
    yield two_builds(top)
    shutil.rmtree(top)


@pytest.fixture(scope="session")
def with_wheel(builds: list[Packages], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of programs that install the wheel: clean, and without a network."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RECOMMENDER_", "PIP_", "PYTHON", "GITHUB_", "npm_"))
    }
    libraries = tmp_path_factory.mktemp("with_wheel") / "site-packages"
    return kept | offline(builds[0], libraries)


@pytest.fixture(scope="session")
def installed(
    builds: list[Packages], with_wheel: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A virtual environment with the wheel, which finds its libraries by `with_wheel`."""
    place = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(place, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", place, "install", "--quiet", builds[0].wheel]
    subprocess.run(pip, env=with_wheel, check=True)
    return place


@pytest.fixture(scope="session")
def newsroom() -> pd.DataFrame:
    """The bundled articles."""
    return read_articles(NEWSROOM)


@pytest.fixture(scope="session")
def newsroom_model(newsroom: pd.DataFrame) -> ArticleRecommender:
    """The default recommender, fitted on the bundled articles."""
    return ArticleRecommender().fit(newsroom)


@pytest.fixture(scope="session")
def neighborhood(newsroom_model: ArticleRecommender) -> tuple[Ranked, Context]:
    """The input of every stage: the 20 nearest of each bundled article, and the context."""
    rows, articles = newsroom_model.vectors_, newsroom_model.articles_
    own = np.arange(len(articles), dtype=np.int32)
    found = search_reference(rows, rows, 20, own_rows=own)
    assert len(articles) > 100
    assert (found.indices >= 0).all()
    return ranked(found), Context(articles, articles, rows, found, own, found, 6)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory `posts` with `POSTS`, in the directory where commands are run."""
    posts = tmp_path / "posts"
    posts.mkdir()
    for name, text in POSTS.items():
        (posts / name).write_text(text, encoding="utf-8")
    return posts


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command line, run in an empty directory with a clean environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RECOMMENDER_")]:
        monkeypatch.delenv(name)

    def run_command(*arguments: object) -> Run:
        monkeypatch.setattr("sys.argv", ["recommender", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Run(code, *capsys.readouterr())

    return run_command


@pytest.fixture
def full_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AbstractContextManager[None]]:
    """A disk that has no space for the nth file that is flushed, from 0."""

    @contextmanager
    def full(failing: int) -> Iterator[None]:
        calls = iter(range(failing + 1))

        def fail(handle: int) -> None:
            if stat.S_ISREG(os.fstat(handle).st_mode) and next(calls) == failing:
                raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", fail)
            yield

    return full
