"""The steps of action.yml: install, keys, make, compare. Standard library only.

All values come from the environment: those of the action as ``WITH_*``, those of the runner as
``GITHUB_*`` and ``RUNNER_*``. They are data: none is run by a shell, printed as a workflow
command, or shown outside a code block. Between runs, the index directory also keeps the lists, so
that a pull request can be compared with its base branch.

Usage: run.py STEP
"""

from __future__ import annotations

import glob
import json
import os
import platform
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
INDEX = ".recommender"
SETTINGS = ("recommender.toml", "pyproject.toml", "editorial.toml")
OWN_FLAGS = ("--report", "--save-lists", "--index-dir")
"""Flags that the action sets itself."""
MOST_SHOWN = 60_000
"""Characters of a comparison in a comment; GitHub allows 65,536 in all."""
MOST_PAGES = 30
"""Pages of 100 comments each in which to look for the action's own."""


class StepError(Exception):
    """Ends a step with one message."""


class Inputs(NamedTuple):
    """The inputs of the action that decide which lists are made."""

    command: str
    source: str
    output: str
    args: list[str]


def main() -> None:
    """Run a step; an error is one message, and exit code 1."""
    steps = {"install": install, "keys": keys, "make": make, "compare": compare}
    if len(sys.argv) != 2 or sys.argv[1] not in steps:
        sys.exit(__doc__)
    try:
        if sys.version_info < (3, 11):
            raise StepError("input python-version: expected 3.11 or later")
        sys.exit(steps[sys.argv[1]]())
    except StepError as error:
        tell("error", str(error))
        sys.exit(1)


def inputs() -> Inputs:
    """Return the checked inputs, and go to the working directory."""
    command, source, output = (given(name) for name in ("COMMAND", "SOURCE", "OUTPUT"))
    if command not in ("build", "site"):
        raise StepError(f"input command: expected build or site, got {command!r}")
    if command == "site" and not source:
        raise StepError("input source: with `site`, name the directory of built pages")
    if command == "site" and output:
        raise StepError("input output: only `build` writes a file; `site` changes the pages")
    try:
        args = shlex.split(given("ARGS"))
    except ValueError as error:
        raise StepError(f"input args: cannot be split into flags, {error}") from None
    for arg in args:
        if arg.partition("=")[0] in OWN_FLAGS:
            raise StepError(f"input args: the action sets {arg.partition('=')[0]} itself")
    folder = given("DIRECTORY") or "."
    try:
        os.chdir(Path(os.environ["GITHUB_WORKSPACE"], folder))
    except OSError as error:
        raise StepError(f"input working-directory: {folder!r}: {error.strerror}") from None
    return Inputs(command, source, output, args)


def given(name: str) -> str:
    """Return an input, without spaces around it."""
    return os.environ.get(f"WITH_{name}", "").strip()


# install


def install() -> int:
    """Install the package into an environment of its own; later steps find its command."""
    for name in ("CACHE", "COMMENT"):
        if given(name) not in ("true", "false"):
            raise StepError(f"input {name.lower()}: expected true or false, got {given(name)!r}")
    inputs()
    package = wanted(given("VERSION"))
    environment = place("environment")
    call(sys.executable, "-m", "venv", "--clear", "--without-pip", environment)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", environment)
    call(*pip, "install", "--quiet", package)
    shared = place("bin")
    shared.mkdir(exist_ok=True)
    shutil.copy2(command_file(), shared)
    with open(os.environ["GITHUB_PATH"], "a", encoding="utf-8") as file:
        file.write(f"{shared}\n")
    print(call(command_file(), "--version"))
    return 0


def wanted(version: str) -> str:
    """Return what pip installs for the input `version`."""
    if not version:
        return str(CHECKOUT)
    if version.endswith(".whl"):
        found = sorted(glob.glob(version))
        if len(found) != 1:
            raise StepError(f"input version: expected one wheel file, {version!r} is {len(found)}")
        return os.path.abspath(found[0])
    if not re.fullmatch(r"\d[\w.!+-]*", version):
        raise StepError(
            f"input version: expected a version or the path of a wheel file, got {version!r}"
        )
    import tomllib  # not in older versions of Python, which `main` names

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    return f"{project['project']['name']}=={version}"


def command_file() -> Path:
    """Return the installed command."""
    windows = os.name == "nt"
    return place("environment").joinpath(
        "Scripts" if windows else "bin", "recommender.exe" if windows else "recommender"
    )


def place(name: str) -> Path:
    """Return a path in the runner's own directory, which is emptied after each job."""
    folder = Path(os.environ["RUNNER_TEMP"], "recommender")
    folder.mkdir(exist_ok=True)
    return folder / name


def call(*command: str | Path) -> str:
    """Run a command that must succeed; return what it printed."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, check=False, encoding="utf-8"
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-10:]
        raise StepError(
            f"{Path(command[0]).name} failed with code {done.returncode}:\n" + "\n".join(last)
        )
    return done.stdout.strip()


# keys


def keys() -> int:
    """Say where the index is, and under which names it is kept and looked for."""
    chosen = inputs()
    beginning = f"recommender-{platform.system()}-{platform.machine()}-{label(chosen)}-"
    branch = os.environ.get("GITHUB_BASE_REF") or os.environ.get("GITHUB_REF_NAME", "")
    of_branch = f"{beginning}{digest(branch)}-"
    any_branch = [] if os.environ.get("GITHUB_BASE_REF") else [beginning]
    out("path", str(Path.cwd() / INDEX))
    out("key", of_branch + digest(*content(chosen)))
    out("restore", "\n".join([of_branch, *any_branch]))
    return 0


def label(chosen: Inputs) -> str:
    """Return a name for what is made, the same for every version of the articles."""
    return digest(chosen.command, given("DIRECTORY") or ".", chosen.source, chosen.output)


def digest(*values: str) -> str:
    """Return a short digest of texts."""
    return blake2b(json.dumps(values).encode(), digest_size=10).hexdigest()


def content(chosen: Inputs) -> Iterator[str]:
    """Yield all that decides the lists: versions, flags, settings, articles."""
    yield from (platform.python_version(), call(command_file(), "--version"), *chosen.args)
    source = Path(chosen.source or source_of_settings())
    for file in (*map(Path, SETTINGS), source, *files_of(source)):
        if file.is_file():
            yield file.as_posix()
            with open(file, "rb") as opened:
                yield blake2b(opened.read(), digest_size=16).hexdigest()


def source_of_settings() -> str:
    """Return the source that the settings name, or the whole directory."""
    import tomllib

    shown = call(command_file(), "config")
    found = re.search(r'^source += ("(?:[^"\\]|\\.)*") +#', shown, re.MULTILINE)
    return str(tomllib.loads(f"source = {found[1]}")["source"]) if found else "."


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files below a directory, in order, but for hidden ones and installed packages."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != "." and name != "node_modules")
        for name in sorted(names):
            yield Path(at, name)


# make


def make() -> int:
    """Run the command; keep its lists for the next run, and those of the last for `compare`."""
    chosen = inputs()
    for name in ("base", "now"):
        place(name).unlink(missing_ok=True)
    kept = Path(INDEX, "lists", label(chosen))
    for old in kept.parent.glob(f"{kept.name}.*"):
        place("base").write_text(str(place(f"base{old.suffix}")), encoding="utf-8")
        shutil.move(old, place(f"base{old.suffix}"))
    report, saved = place("report.json"), kept.with_suffix(".json")
    kept.parent.mkdir(parents=True, exist_ok=True)
    (kept.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    report.unlink(missing_ok=True)
    own = [f"--output={chosen.output}"] if chosen.output else []
    own += [f"--report={report}"]
    own += [f"--save-lists={saved}"] if chosen.command == "site" else []
    source = ["--", chosen.source] if chosen.source else []
    code = shown(command_file(), chosen.command, *chosen.args, *own, *source)
    if code:
        return code
    if chosen.command == "build":
        written = json.loads(report.read_text(encoding="utf-8"))["settings"]["output"]
        if not written or not Path(written).is_file():  # front matter, or standard output
            return 0
        saved = kept.with_suffix(Path(written).suffix or ".json")
        shutil.copyfile(written, saved)
    place("now").write_text(str(saved.absolute()), encoding="utf-8")
    return 0


def shown(*command: str | Path) -> int:
    """Run a command; what it prints goes to the log, where no line of it is a workflow command."""
    pause = secrets.token_hex(16)
    print(f"::stop-commands::{pause}", flush=True)
    environment = {**os.environ, "RECOMMENDER_INDEX_DIR": INDEX}
    try:
        return subprocess.run(
            [str(part) for part in command], check=False, env=environment
        ).returncode
    finally:
        print(f"::{pause}::", flush=True)


# compare


def compare() -> int:
    """Write what changed to the summary of the job, and to one comment on the pull request."""
    chosen = inputs()
    changed, text = comparison()
    body = f"### Related articles\n\n{text}\n"
    with open(os.environ["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
        file.write(body)
    marker = f"<!-- recommender {label(chosen)} -->"
    try:
        comment(marker, f"{marker}\n{body}", may_begin=changed)
    except urllib.error.HTTPError as error:
        tell(
            "notice",
            f"No comment, the answer was {error.code}: to comment, the job needs the permission "
            "`pull-requests: write`, which pull requests from forks never have. "
            "The summary of the job says the same.",
        )
    except OSError as error:
        tell("notice", f"No comment, {error}. The summary of the job says the same.")
    return 0


def comparison() -> tuple[bool, str]:
    """Return whether lists changed, and what to say about it in Markdown."""
    base, now = (
        place(name).read_text(encoding="utf-8") if place(name).exists() else ""
        for name in ("base", "now")
    )
    if not now:
        return False, "This output is not a file of lists, so they cannot be compared."
    if not base:
        return False, (
            "There are no lists of the base branch to compare with. "
            "They are kept by its next run of this action, for pull requests after it."
        )
    done = subprocess.run(
        [command_file(), "diff", "--exit-code", base, now],
        capture_output=True, check=False, encoding="utf-8", errors="replace",
    )  # fmt: skip
    if not done.returncode:
        return False, "No list changed, compared with the base branch."
    if done.stdout:
        return True, f"Lists changed, compared with the base branch:\n\n{code_block(done.stdout)}"
    return False, f"The lists cannot be compared:\n\n{code_block(done.stderr)}"


def code_block(text: str) -> str:
    """Return text as a block in which nothing is markup, a mention or a control character."""
    text = re.sub(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", text)
    if len(text) > MOST_SHOWN:
        text = text[:MOST_SHOWN].rpartition("\n")[0] + "\n(shortened)"
    fence = "`" * max(3, *(len(run) + 1 for run in ["", *re.findall("`+", text)]))
    return f"{fence}text\n{text.strip()}\n{fence}"


def comment(marker: str, body: str, *, may_begin: bool) -> None:
    """Replace the action's comment; without one, write it only if there is something to say."""
    with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
        number = int(json.load(file)["pull_request"]["number"])
    own = own_comment(number, marker)
    if own is not None and own["body"] != body:
        ask("PATCH", f"/issues/comments/{int(own['id'])}", body)
    elif own is None and may_begin:
        ask("POST", f"/issues/{number}/comments", body)


def own_comment(number: int, marker: str) -> dict[str, Any] | None:
    """Return the comment that begins with the marker; one by a person is not the action's."""
    for page in range(1, MOST_PAGES + 1):
        found = ask("GET", f"/issues/{number}/comments?per_page=100&page={page}")
        for one in found:
            if one["user"]["type"] == "Bot" and (one["body"] or "").startswith(marker):
                return dict(one)
        if len(found) < 100:
            break
    return None


def ask(method: str, path: str, body: str | None = None) -> Any:
    """Return the answer of the code host."""
    address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}{path}"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "Content-Type": "application/json",
        "User-Agent": "recommender-action",
    }
    data = None if body is None else json.dumps({"body": body}).encode()
    request = urllib.request.Request(address, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


# what the runner reads


def out(name: str, value: str) -> None:
    """Set an output of the step; no value can end it early, since nobody knows its end."""
    end = secrets.token_hex(16)
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(f"{name}<<{end}\n{value}\n{end}\n")


def tell(kind: str, message: str) -> None:
    """Print an error or a notice that the run shows."""
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        message = message.replace(sign, code)
    print(f"::{kind}::{message}", flush=True)


if __name__ == "__main__":
    main()
