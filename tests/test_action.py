"""action.yml, run as GitHub would run it: its scripts for real, what it uses as stand-ins.

A stand-in of the code host keeps the comments of one pull request.
"""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from building import ROOT, Packages
from conftest import require
from integration.sites import write_files

from recommender import __version__

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
RUN = re.compile(r'"\$WITH_PYTHON" "\$GITHUB_ACTION_PATH/\.github/action/run\.py" (\w+)')
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
MORE = "The ferry crosses the harbour with rye for the bakery, twice a day in summer."
POSTS = {
    "ferry": "The ferry left the harbour at dawn, and the pilot waved from the harbour wall.",
    "harbour": "The harbour waits for the ferry at dawn, when the pilot boards the ferry.",
    "pilot": "A pilot boards each ferry at the harbour wall before dawn.",
    "rye": "Bake the bread from rye flour, salt and water, in a hot oven.",
    "wheat": "Bake the bread from wheat flour, salt and water, in a slow oven.",
    "oats": "Oat flour makes flat bread; bake it with salt in a hot oven.",
}


class Job(NamedTuple):
    """A run of the action."""

    code: int
    log: str
    ran: list[str]
    """Steps of the script, in order."""
    summary: str


class Comments(http.server.BaseHTTPRequestHandler):
    """The comments of pull request 7, as the REST interface gives and takes them."""

    found: list[dict[str, Any]]
    refuses: bool
    changes: list[str]

    def do_GET(self) -> None:
        page = int(re.search(r"&page=(\d+)$", self.path)[1])
        assert self.path.startswith("/repos/me/site/issues/7/comments?per_page=100&page=")
        self.answer(200, self.found[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        assert self.path == "/repos/me/site/issues/7/comments"
        self.change({"id": 1000 + len(self.found), "user": {"type": "Bot"}})

    def do_PATCH(self) -> None:
        number = int(re.fullmatch(r"/repos/me/site/issues/comments/(\d+)", self.path)[1])
        self.change(next(one for one in self.found if one["id"] == number))

    def change(self, one: dict[str, Any]) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        if self.refuses:
            return self.answer(403, {"message": "Resource not accessible by integration"})
        assert self.headers["Authorization"] == "Bearer secret"
        self.changes.append(self.command)
        one["body"] = body
        if one not in self.found:
            self.found.append(one)
        return self.answer(200, one)

    def answer(self, code: int, data: object) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *_: object) -> None:
        pass


class Runner:
    """A machine that runs the action in one checkout, with a cache that outlives its jobs."""

    def __init__(self, top: Path, environment: Mapping[str, str], installed: Path) -> None:
        self.site = top / "site"
        self.site.mkdir()
        self.cache: dict[str, Path] = {}
        self.environment = environment
        self._top = top
        self._installed = installed

    def job(self, *, pull_request: bool = False, installs: bool = False, **inputs: str) -> Job:
        """Run the steps of action.yml on a fresh machine: only the checkout is as it was.

        Unless it `installs`, what the first step gives is there already, to save time.
        """
        temporary = self._top / "temporary"
        for folder in (temporary, self.site / ".recommender"):
            shutil.rmtree(folder, ignore_errors=True)
        (temporary / "recommender").mkdir(parents=True)
        if not installs:
            (temporary / "recommender" / "environment").symlink_to(self._installed)
        given = {name: one["default"] for name, one in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        names = {f"inputs.{name}": value for name, value in given.items()}
        names["github.token"] = "secret"
        names["github.event_name"] = "pull_request" if pull_request else "push"
        log, ran, code = "", [], 0
        for step in STEPS:
            if not holds(step.get("if", ""), names):
                continue
            if "uses" in step:
                with_ = {name: filled(value, names) for name, value in step["with"].items()}
                self._use(step, with_, names)
                continue
            if step["name"] == "Install recommender" and not installs:
                continue
            code, printed = self._run(step, names, temporary, pull_request)
            log += printed
            ran.append(RUN.fullmatch(step["run"])[1])
            if code:
                break
        summary = temporary / "summary"
        return Job(code, log, ran, summary.read_text("utf-8") if summary.exists() else "")

    def _use(self, step: dict[str, Any], with_: dict[str, Any], names: dict[str, str]) -> None:
        kind = step["uses"].partition("@")[0]
        if kind == "actions/setup-python":
            names["steps.python.outputs.python-path"] = sys.executable
        elif kind == "actions/cache/save":
            kept = self._top / f"kept-{len(self.cache)}"
            shutil.copytree(with_["path"], kept)
            self.cache[with_["key"]] = kept
        elif kind == "actions/cache/restore":
            key = with_["key"]
            names["steps.index.outputs.cache-hit"] = str(key in self.cache).lower()
            wanted = [key, *with_["restore-keys"].splitlines()]
            found = (name for one in wanted for name in [*self.cache][::-1] if name.startswith(one))
            if best := next(found, None):
                shutil.copytree(self.cache[best], with_["path"])
        else:
            raise AssertionError(kind)

    def _run(
        self, step: dict[str, Any], names: dict[str, str], temporary: Path, pull_request: bool
    ) -> tuple[int, str]:
        event, outputs = temporary / "event.json", temporary / "outputs"
        event.write_text(json.dumps({"pull_request": {"number": 7}}))
        outputs.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.site,
            env={
                **self.environment,
                **{name: filled(value, names) for name, value in step["env"].items()},
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_BASE_REF": "main" if pull_request else "",
                "GITHUB_EVENT_PATH": str(event),
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_PATH": str(temporary / "path"),
                "GITHUB_REF_NAME": "7/merge" if pull_request else "main",
                "GITHUB_REPOSITORY": "me/site",
                "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
                "GITHUB_WORKSPACE": str(self.site),
                "RUNNER_TEMP": str(temporary),
            },
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120,
        )  # fmt: skip
        text = outputs.read_text(encoding="utf-8")
        for name, _, value in re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", text, re.M | re.S):
            names[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode, done.stdout


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value of action.yml with its expressions replaced."""
    return EXPRESSION.sub(lambda found: names[found[1]], value) if isinstance(value, str) else value


def holds(condition: str, names: Mapping[str, str]) -> bool:
    """Return whether the condition of a step holds."""
    parts = [part.split(" ") for part in condition.split(" && ") if part]
    return all((names[name] == value.strip("'")) == (sign == "==") for name, sign, value in parts)


@pytest.fixture
def host() -> Iterator[type[Comments]]:
    """A code host; 100 comments of people come first, one of them a forgery."""
    people = [{"id": n, "user": {"type": "User"}, "body": "Rye?"} for n in range(100)]

    class Own(Comments):
        found = people
        refuses = False
        changes: list[str] = []  # noqa: RUF012  # of this test only

    return Own


@pytest.fixture
def runner(
    tmp_path: Path,
    with_wheel: dict[str, str],
    installed: Path,
    host: type[Comments],
) -> Iterator[Runner]:
    """A runner whose checkout is a small site in git."""
    require("bash")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), host) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = f"http://127.0.0.1:{server.server_address[1]}"
        runner = Runner(tmp_path, {**with_wheel, "GITHUB_API_URL": api}, installed)
        write_files(runner.site, {f"posts/{name}.md": post(name) for name in POSTS})
        write_files(
            runner.site,
            {"recommender.toml": 'source = "posts"\noutput = "data/related.json"\n'},
        )
        for command in (["init", "--quiet"], ["add", "."]):
            subprocess.run([require("git"), *command], cwd=runner.site, check=True)
        yield runner
        server.shutdown()


def post(name: str, text: str = "") -> str:
    """Return an article in Markdown."""
    return f"# {name.title()}\n\n{text or POSTS[name]}\n"


def page(name: str, text: str = "") -> str:
    """Return a built page."""
    return (
        f'<!DOCTYPE html><html lang="en"><title>{name}</title><article><h1>{name.title()}</h1>'
        f"<p>{text or POSTS[name]}</p></article></html>\n"
    )


def test_second_run_starts_from_the_kept_index(runner: Runner) -> None:
    """It restores what the first one kept, finds nothing to do, and keeps nothing again."""
    first = runner.job()
    assert (first.code, first.ran) == (0, ["keys", "make"]), first.log
    assert "Wrote data/related.json: 6 lists" in first.log
    written = (runner.site / "data/related.json").read_bytes()
    second = runner.job()
    assert second.code == 0, second.log
    assert "Nothing has changed since" in second.log
    assert (runner.site / "data/related.json").read_bytes() == written
    assert len(runner.cache) == 1
    listed = [require("git"), "status", "--porcelain", "-uall", "."]
    status = subprocess.run(listed, cwd=runner.site, capture_output=True, check=True).stdout
    assert b".recommender" not in status


def test_edit_is_kept_under_another_name(runner: Runner) -> None:
    """The name of the index contains a digest of articles, settings and flags."""
    assert runner.job().code == 0
    write_files(runner.site, {"posts/rye.md": post("rye", MORE)})
    again = runner.job()
    assert "Nothing has changed" not in again.log
    assert len(runner.cache) == 2


def test_pull_request_gets_one_comment(runner: Runner, host: type[Comments]) -> None:
    """It says what changed against the base branch, is replaced, and no one else's ever is."""
    assert runner.job().code == 0
    assert runner.job(pull_request=True, cache="false").ran == ["make"]
    same = runner.job(pull_request=True)
    assert same.ran[-1] == "compare"
    assert "No list changed" in same.summary
    assert host.changes == []
    write_files(runner.site, {"posts/rye.md": post("rye", MORE)})
    first = runner.job(pull_request=True)
    own = host.found[100]["body"]
    marker, _, said = own.partition("\n")
    assert re.fullmatch("<!-- recommender [0-9a-f]{20} -->", marker)
    assert said == first.summary
    assert re.search(r"lists? changed: \d+ entries in", said)
    assert "posts/rye.md" in said or "\nrye.md" in said
    host.found[3]["body"] = own  # by a person
    runner.job(pull_request=True)
    assert host.changes == ["POST"]
    write_files(runner.site, {"posts/rye.md": post("rye")})
    runner.job(pull_request=True)
    assert host.changes == ["POST", "PATCH"]
    assert "No list changed" in host.found[100]["body"]
    assert host.found[3]["body"] == own
    assert len(runner.cache) == 1, "a pull request keeps nothing"


def test_without_rights_the_summary_says_it(runner: Runner, host: type[Comments]) -> None:
    """A refused comment is a notice: the job passes, and its summary has the comparison."""
    host.refuses = True
    assert runner.job().code == 0
    write_files(runner.site, {"posts/rye.md": post("rye", MORE)})
    done = runner.job(pull_request=True)
    assert done.code == 0
    assert "entries in" in done.summary
    refused = "^::notice::No comment, the answer was 403: .*pull-requests: write"
    assert re.search(refused, done.log, re.M)


def test_site_is_compared_too(runner: Runner, host: type[Comments]) -> None:
    """The lists of built pages are kept as well; without those of a base branch, it says so."""
    public = {f"public/{name}/index.html": page(name) for name in POSTS}
    write_files(runner.site, public)
    chosen = {"command": "site", "source": "public", "args": "--min-score 0.05"}
    early = runner.job(pull_request=True, **chosen)
    assert early.code == 0, early.log
    assert "no lists of the base branch" in early.summary
    write_files(runner.site, public)
    assert runner.job(**chosen).code == 0
    assert "recommender" in (runner.site / "public/rye/index.html").read_text(encoding="utf-8")
    write_files(runner.site, public | {"public/rye/index.html": page("rye", MORE)})
    done = runner.job(pull_request=True, **chosen)
    assert "entries in" in done.summary, done.log
    assert host.changes == ["POST"]


HOSTILE = "a; touch pwned #$(touch pwned)`touch pwned`'\"\n::error::pwned\npath=pwned"


@pytest.mark.parametrize("name", ACTION["inputs"])
def test_hostile_inputs_are_data(runner: Runner, name: str) -> None:
    """A value full of signs that mean something to a shell or a runner means nothing to either."""
    if name == "python-version":  # no script sees it
        assert "python-version" not in str([step.get("env") for step in STEPS])
        return
    early = {"installs": True} if name in ("version", "cache", "comment") else {}
    done = runner.job(**early, **{name: HOSTILE})
    assert done.code != 0
    assert [file.name for file in runner.site.parent.rglob("pwned*")] == []
    obeyed = re.sub(r"^::stop-commands::(\w+)$.*?^::\1::$", "", done.log, flags=re.M | re.S)
    assert "\n::error::pwned" not in obeyed
    assert re.search("^::error::input |^Error: |No such option", done.log, re.M), done.log


def test_hostile_names_of_real_files_are_data(runner: Runner, host: type[Comments]) -> None:
    """A directory and a title full of such signs work as any other, and show as text."""
    folder = "a; touch pwned #$(touch pwned)`'\""
    (runner.site / "posts").rename(runner.site / folder)
    for text in ("", MORE):
        write_files(
            runner.site,
            {f"{folder}/rye.md": "# ```` @everyone </details>\n\n" + (text or POSTS["rye"])},
        )
        done = runner.job(pull_request=bool(text), source=folder, output=f"{folder}.json")
        assert done.code == 0, done.log
    assert not (runner.site / "pwned").exists()
    said = host.found[100]["body"]
    assert "@everyone" in said
    fence = re.search("^(`{3,})text$", said, re.M)[1]
    assert len(fence) > 4
    assert said.count(f"\n{fence}") == 2


def test_flags_that_the_action_sets_are_refused(runner: Runner) -> None:
    """A report asked for in `args` would be lost, so it is an error."""
    done = runner.job(args="--report=run.json")
    assert (done.code, done.ran) == (1, ["keys"])
    assert "::error::input args: the action sets --report itself" in done.log


def test_failed_run_fails_the_job(runner: Runner) -> None:
    """The exit code of the command is that of the step, and nothing is kept."""
    write_files(runner.site, {"posts/rye.md": "---\ntitle: [Rye\n---\nSow it.\n"})
    done = runner.job()
    assert (done.code, done.ran[-1]) == (1, "make")
    assert runner.cache == {}


@pytest.mark.parametrize("kind", ["number", "file"])
def test_released_version_is_installed(runner: Runner, builds: list[Packages], kind: str) -> None:
    """The command is on the path of later steps, alone; without a cache, nothing is kept."""
    version = __version__ if kind == "number" else f"{builds[0].wheel.parent}/recommender-*.whl"
    done = runner.job(installs=True, cache="false", version=version)
    assert (done.code, done.ran, runner.cache) == (0, ["install", "make"], {}), done.log
    added = Path((runner.site.parent / "temporary" / "path").read_text().strip())
    assert [file.name for file in added.iterdir()] == ["recommender"]
    done = subprocess.run(
        [added / "recommender", "check", "posts"], cwd=runner.site,
        env=runner.environment, capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert done.stdout.startswith("articles: 6")


def test_every_script_is_the_file_that_is_tested_here() -> None:
    """No step has shell code of its own, and no expression is within a script."""
    scripts = [RUN.fullmatch(step["run"])[1] for step in STEPS if "run" in step]
    assert scripts == ["install", "keys", "make", "compare"]
    assert {step["shell"] for step in STEPS if "run" in step} == {"bash"}


def test_used_actions_have_a_whole_version() -> None:
    """A tag such as v6 moves; v6.2.0 is one release."""
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert [one for one in used if not re.fullmatch(r"actions/[\w/-]+@v\d+\.\d+\.\d+", one)] == []


def test_every_input_is_used_and_documented() -> None:
    """Steps use the inputs that there are, and the recipes list each of them."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8").partition("\nruns:\n")[2]
    used = set(re.findall(r"inputs\.([\w-]+)", text))
    assert used == set(ACTION["inputs"])
    recipes = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| `?(.*?)`? \|", recipes, re.M))
    assert {name: rows.get(name) for name in used} == {
        name: one["default"] or "none" for name, one in ACTION["inputs"].items()
    }
    assert all(one["description"] for one in ACTION["inputs"].values())


def test_recipes_name_this_version() -> None:
    """The tag of each recipe that uses this repository is that of this version."""
    recipes = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    tags = re.findall(r"THIS-REPOSITORY(?:/\w+@|\n +rev: )(\S+)", recipes)
    assert len(tags) > 2
    assert set(tags) == {f"v{__version__}"}


def test_variables_of_the_script_are_set_where_they_are_read() -> None:
    """Each step gives the script every input that it reads."""
    script = (ROOT / ".github/action/run.py").read_text(encoding="utf-8")
    read = set(re.findall(r'given\("(\w+)"\)', script)) | {"COMMAND", "SOURCE", "OUTPUT"}
    deciding = {f"WITH_{name}" for name in (*read, "PYTHON")} - {"WITH_VERSION"}
    missing = [deciding - {*step["env"]} for step in STEPS if "run" in step]
    assert missing == [set()] * 4
