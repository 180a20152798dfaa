"""The plug-ins for Django and Wagtail in real projects, on SQLite and PostgreSQL, and in a browser.

Django's settings are global to a process, so its own runner runs the cases of `project/cases` in
another one.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from integration.conftest import missing, require_module

PROJECT = Path(__file__).parent / "project"
SEED = "Marram Lido drained after crack opens in the deep end"

NEWSPAPER = """
from django.contrib.auth.models import User
from django.core.management import call_command
from news.newsroom import fill
call_command("migrate", run_syncdb=True, verbosity=0)
fill(20)
call_command("recommend")
User.objects.create_superuser("ngai", password="x")
"""

PAGES = """
from django.contrib.auth.models import User
from django.core.management import call_command
from pages.newsroom import fill
call_command("migrate", run_syncdb=True, verbosity=0)
fill(20)
call_command("recommend")
User.objects.create_superuser("ngai", password="x")
"""
WAGTAIL = {"DJANGO_SETTINGS_MODULE": "settings_wagtail"}

LOADED = """
import sys
from django.contrib.admin import autodiscover
from django.test import Client
autodiscover()
answer = Client().get({path!r})
print(answer.content.decode().partition('class="recommender"')[2].count("<li"), "cards")
print("heavy", sorted({{"numpy", "pandas", "scipy"}} & set(sys.modules)))
"""
"""Shows a page in a process that has shown none."""


def postgres_program(name: str) -> str:
    """Return the path of a program of PostgreSQL, which Debian does not put on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or missing("PostgreSQL")


def as_other_user() -> tuple[list[str], pwd.struct_passwd | None]:
    """Return how to start a server that refuses to run as root, and its user."""
    if os.geteuid():
        return [], None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            setpriv = shutil.which("setpriv") or missing("setpriv")
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            return [setpriv, *ids], user
    missing("a user for PostgreSQL")
    raise AssertionError


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The directory of the socket of a server with an empty database, stopped at the end."""
    require_module("psycopg")
    initdb, server = postgres_program("initdb"), postgres_program("postgres")
    prefix, user = as_other_user()
    folder = tempfile.mkdtemp(prefix="pg", dir="/tmp")  # a socket has a short name
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = f"{folder}/data"
    make = [initdb, "-D", data, "-U", "courier", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    try:
        made = subprocess.run(
            [*prefix, *make], cwd=folder, check=False, capture_output=True, text=True, timeout=120
        )
        assert made.returncode == 0, made.stdout + made.stderr
        options = [
            "-k",
            folder,
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
        ]
        with open(f"{folder}/log", "wb") as log:
            running = subprocess.Popen(
                [*prefix, server, "-D", data, *options], cwd=folder, stdout=log, stderr=log
            )
        try:
            wait_for(lambda: Path(folder, ".s.PGSQL.5432").exists(), running)
            yield folder
        finally:
            running.terminate()  # which ends its sessions first
            running.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(ready: Any, running: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was started answers."""
    for _ in range(300):
        if ready():
            return
        assert running.poll() is None, "the server has ended"
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


def manage(*arguments: str, folder: Path, **names: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT, env=environment(folder, **names), text=True, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def environment(folder: Path, **names: str) -> dict[str, str]:
    """Return the environment of a process of the project, without settings of ours."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("RECOMMENDER_", "DJANGO_"))}
    return own | {"COURIER_FOLDER": str(folder), "PYTHONPATH": str(ROOT)} | names


def check_cases(done: subprocess.CompletedProcess[str], least: int) -> None:
    """Let the test fail with what the runner says, or if it ran nothing."""
    assert done.returncode == 0, done.stdout
    ran = re.search(r"^Ran (\d+) tests", done.stdout, re.MULTILINE)
    assert ran is not None, done.stdout
    assert int(ran[1]) >= least, done.stdout
    assert "skipped" not in done.stdout, done.stdout


def test_django_on_sqlite(tmp_path: Path) -> None:
    """Command, tag, admin, checks and migrations."""
    require_module("django")
    check_cases(manage("test", "cases", folder=tmp_path), 57)


def test_django_on_postgresql(tmp_path: Path, postgres: str) -> None:
    """The same."""
    require_module("django")
    check_cases(manage("test", "cases", folder=tmp_path, COURIER_POSTGRES=postgres), 57)


def test_wagtail_on_sqlite(tmp_path: Path) -> None:
    """Lists of pages, publishing, and the panel of editors."""
    require_module("wagtail")
    check_cases(manage("test", "cases_wagtail", folder=tmp_path, **WAGTAIL), 29)


def test_wagtail_on_postgresql(tmp_path: Path, postgres: str) -> None:
    """The same, but for the panel, which asks the database nothing of its own."""
    require_module("wagtail")
    cases = [f"cases_wagtail.test_pages.{name}" for name in ("Lists", "Publishing")]
    done = manage("test", *cases, folder=tmp_path, COURIER_POSTGRES=postgres, **WAGTAIL)
    check_cases(done, 18)


@pytest.mark.parametrize(
    ("module", "fill", "path", "names"),
    [
        ("django", NEWSPAPER, "/1/x/", {}),
        ("wagtail", PAGES, "/marram-lido-drained-after-crack-opens-in-the-deep-end/", WAGTAIL),
    ],
)
def test_a_server_that_shows_lists_loads_no_table(
    tmp_path: Path, module: str, fill: str, path: str, names: dict[str, str]
) -> None:
    """Its processes would each need 80 MB more, and a reload would take twice as long."""
    require_module(module)
    made = manage("shell", "-c", fill, folder=tmp_path, **names)
    assert made.returncode == 0, made.stdout
    done = manage("shell", "-c", LOADED.format(path=path), folder=tmp_path, **names)
    assert "6 cards\nheavy []" in done.stdout, done.stdout


def test_style_sheet_is_that_of_the_templates() -> None:
    """One look for all hosts."""
    package = ROOT / "recommender"
    own = package / "plugins" / "django" / "static" / "recommender" / "related.css"
    assert own.read_bytes() == (package / "templates" / "related.css").read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running newspaper."""
    require_module("django")
    folder = tmp_path_factory.mktemp("newspaper")
    with started(folder, NEWSPAPER) as address:
        yield address


@pytest.fixture(scope="module")
def wagtail_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running newspaper on Wagtail."""
    require_module("wagtail")
    with started(tmp_path_factory.mktemp("wagtail"), PAGES, **WAGTAIL) as address:
        yield address


@contextlib.contextmanager
def started(folder: Path, fill: str, **names: str) -> Iterator[str]:
    """Fill the tables of a project, and run its server."""
    done = manage("shell", "-c", fill, folder=folder, **names)
    assert done.returncode == 0, done.stdout
    with served(folder, **names) as address:
        yield address


@contextlib.contextmanager
def served(folder: Path, **names: str) -> Iterator[str]:
    """Run the project's server on a free port."""
    with open(folder / "log", "wb") as log:
        running = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--insecure", "--noreload", "127.0.0.1:0"],
            cwd=PROJECT, stdout=log, stderr=log,
            env=environment(folder, PYTHONUNBUFFERED="1", **names),
        )  # fmt: skip
    try:
        found: list[str] = []

        def ready() -> bool:
            said = (folder / "log").read_text(encoding="utf-8", errors="replace")
            found[:] = re.findall(r"server at (http://127\.0\.0\.1:[1-9]\d*)", said)
            return bool(found) and answers(found[0])

        wait_for(ready, running)
        yield found[0]
    finally:
        running.terminate()
        running.wait(timeout=30)


def answers(address: str) -> bool:
    """Return whether a server answers."""
    try:
        with urllib.request.urlopen(f"{address}/admin/login/", timeout=30) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_a_reader_sees_the_list_and_follows_it(site: str, browser: Any) -> None:
    """In a browser: cards side by side or below one another, and a link that leads to a page."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(f"{site}/admin/login/?next=/admin/recommender/relatedlist/")
    tab.get_by_label("Username").fill("ngai")
    tab.get_by_label("Password").fill("x")
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_role("link", name=SEED).click()
    first = tab.locator(".recommender-entries tbody tr").first
    title = first.get_by_role("link").inner_text()
    tab.locator("tr", has_text="Slipway swimmers").get_by_role("button", name="Pin").click()
    assert tab.locator(".recommender-entries tbody tr").first.inner_text().startswith("Slipway")
    key = tab.locator(".field-object_id .readonly").inner_text()
    tab.goto(f"{site}/{key}/x/")
    block = tab.get_by_role("navigation", name="You may also like")
    links = block.get_by_role("link")
    assert links.count() == 6
    assert links.nth(0).inner_text().startswith("Slipway swimmers")
    assert links.nth(1).inner_text() == title
    tops = {round(item["y"]) for item in (link.bounding_box() for link in links.all())}
    assert len(tops) < 6
    tab.set_viewport_size({"width": 390, "height": 800})
    lefts = {round(item["x"]) for item in (link.bounding_box() for link in links.all())}
    assert len(lefts) == 1
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    links.nth(1).click()
    assert tab.get_by_role("heading", level=1).inner_text() == title
    tab.close()


def test_an_editor_pins_a_page_in_the_panel(wagtail_site: str, browser: Any) -> None:
    """In a browser: buttons, the chooser of Wagtail, and what readers then see."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(f"{wagtail_site}/cms/login/")
    tab.locator("[name=username]").fill("ngai")
    tab.locator("[name=password]").fill("x")
    tab.locator("form [type=submit]").click()
    tab.goto(f"{wagtail_site}/marram-lido-drained-after-crack-opens-in-the-deep-end/")
    links = tab.get_by_role("navigation", name="You may also like").get_by_role("link")
    before = links.all_inner_texts()
    tab.goto(f"{wagtail_site}/admin/recommender/relatedlist/?q=lido+drained")
    tab.get_by_role("link", name=SEED).click()
    key = tab.locator(".field-object_id .readonly").inner_text()
    tab.goto(f"{wagtail_site}/cms/pages/{key}/edit/")
    panel = tab.locator("[data-recommender]")
    row = panel.locator("tr", has_text=before[3])
    row.get_by_role("button", name="Pin").click()
    panel.locator("tr", has_text=before[3]).get_by_role("button", name="Undo").wait_for()
    panel.locator("tr", has_text=before[0]).get_by_role("button", name="Ban").click()
    panel.locator("tr", has_text=before[0]).get_by_role("button", name="Undo").wait_for()
    panel.get_by_role("button", name="Choose").first.click()
    choices = tab.locator(".modal-body")
    choices.locator("a.navigate-pages").first.click()
    far = choices.locator("a.choose-page").first
    title = far.inner_text().strip()
    far.click()
    choices.wait_for(state="hidden")
    panel.get_by_role("button", name="Pin the chosen page").click()
    panel.locator("tr", has_text=title).get_by_role("button", name="Undo").wait_for()
    tab.goto(f"{wagtail_site}/marram-lido-drained-after-crack-opens-in-the-deep-end/")
    after = links.all_inner_texts()
    assert after[:3] == [before[3], title, before[1]]
    assert before[0] not in after
    tab.close()
